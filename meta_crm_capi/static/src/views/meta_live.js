import { Component, onMounted, onWillUnmount, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const EVERY_MS = 2000;

/**
 * Reads the record again every two seconds while a scheduled action works on it, so
 * that its numbers are live. Only in the states that the view names; never while
 * somebody edits.
 */
export class MetaLive extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps, states: { type: Array } };

    setup() {
        let timer;
        const look = async () => {
            const { record, states } = this.props;
            if (
                record.resId &&
                states.includes(record.data.state) &&
                document.visibilityState === "visible" &&
                !(await record.isDirty())
            ) {
                await record.load();
            }
        };
        const next = () => {
            timer = setTimeout(async () => {
                try {
                    await look();
                } catch {
                    // The server does not answer for a moment: the next look will tell.
                }
                if (timer) {
                    next();
                }
            }, EVERY_MS);
        };
        onMounted(next);
        onWillUnmount(() => {
            clearTimeout(timer);
            timer = null;
        });
    }
}

registry.category("view_widgets").add("meta_live", {
    component: MetaLive,
    extractProps: ({ attrs }) => ({ states: attrs.while_state.split(",") }),
});
