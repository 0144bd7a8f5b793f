import { Component, EventBus, onMounted, onWillUnmount, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const EVERY_MS = 2000;
/** Whoever got no answer by then is not about to get one. */
const MOST_MS = 60000;

const bus = new EventBus();
/** The events whose answer somebody waits for since a button was pressed. */
let followed = { ids: [], until: 0 };

/**
 * Let the screen show what becomes of events from now on.
 *
 * @param {number[]} ids of `meta.capi.event`
 */
export function followEvents(ids) {
    followed = { ids, until: Date.now() + MOST_MS };
    bus.trigger("follow");
}

/**
 * Reads the record anew whenever something becomes of the events that a button of it
 * put on their way, until none of them waits. Never while somebody edits.
 */
export class MetaFollow extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.timer = null;
        this.seen = "";
        this.begin = this.begin.bind(this);
        onMounted(() => {
            bus.addEventListener("follow", this.begin);
            this.begin();
        });
        onWillUnmount(() => {
            bus.removeEventListener("follow", this.begin);
            clearTimeout(this.timer);
        });
    }

    begin() {
        clearTimeout(this.timer);
        this.seen = "";
        this.next();
    }

    next() {
        if (followed.ids.length && Date.now() < followed.until) {
            this.timer = setTimeout(() => this.look(), EVERY_MS);
        }
    }

    async look() {
        try {
            const events = await this.orm.silent.read("meta.capi.event", followed.ids, [
                "state",
                "tries",
                "reason",
            ]);
            const { record } = this.props;
            const found = JSON.stringify(events);
            if (found !== this.seen && !(await record.isDirty())) {
                await record.load();
                this.seen = found;
            }
            if (!events.some((event) => event.state === "queued")) {
                followed = { ids: [], until: 0 };
            }
        } catch {
            // The server does not answer for a moment: the next look will tell.
        }
        this.next();
    }
}

registry.category("view_widgets").add("meta_follow", { component: MetaFollow });
