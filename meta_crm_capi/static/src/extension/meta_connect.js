import { Component, onWillUnmount, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const CHANNEL = "meta_crm_capi.extension";
const WINDOW = "popup,width=720,height=820";
const EVERY_MS = 500;

/**
 * A button that opens Meta's login window for one entry point and shows the connection
 * anew when the window is done.
 */
export class MetaConnect extends Component {
    static template = xml`
        <button type="button" class="btn btn-primary" t-on-click="open" t-att-disabled="state.busy" t-out="props.label"/>`;
    static props = {
        ...standardWidgetProps,
        entry: String,
        label: String,
    };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.state = useState({ busy: false });
        onWillUnmount(() => this.stop());
    }

    async open() {
        // Opened within the click, or the browser takes it for an advertisement.
        const popup = window.open("about:blank", "_blank", WINDOW);
        if (!popup) {
            this.notification.add(
                _t("Your browser blocked Meta's window. Allow pop-ups for Odoo, and press again."),
                { type: "danger" }
            );
            return;
        }
        this.state.busy = true;
        this.listen(popup);
        try {
            const { record } = this.props;
            if (!(await record.save())) {
                throw new Error("not saved");
            }
            popup.location.href = await this.orm.call(
                record.resModel,
                "get_extension_dialog",
                [[record.resId], this.props.entry]
            );
        } catch (error) {
            popup.close();
            this.stop();
            if (error.message !== "not saved") {
                throw error;
            }
        }
    }

    listen(popup) {
        this.channel = new BroadcastChannel(CHANNEL);
        this.channel.onmessage = () => this.finish();
        // Whoever closes the window by hand comes back too.
        this.timer = setInterval(() => popup.closed && this.finish(), EVERY_MS);
    }

    stop() {
        clearInterval(this.timer);
        this.channel?.close();
        this.state.busy = false;
    }

    async finish() {
        this.stop();
        await this.props.record.load();
    }
}

registry.category("view_widgets").add("meta_connect", {
    component: MetaConnect,
    extractProps: ({ attrs }) => ({ entry: attrs.entry, label: attrs.string }),
});
