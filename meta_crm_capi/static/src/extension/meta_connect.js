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
            this.warn(
                _t("Your browser blocked Meta's window. Allow pop-ups for Odoo, and press again.")
            );
            return;
        }
        // Meta's pages have no business with this one.
        popup.opener = null;
        this.listen(popup);
        try {
            const { record } = this.props;
            const url =
                (await record.save()) &&
                (await this.orm.call(record.resModel, "get_extension_dialog", [
                    [record.resId],
                    this.props.entry,
                ]));
            if (url && this.leadsBackHere(url)) {
                popup.location.href = url;
                return;
            }
            popup.close();
            this.stop();
        } catch (error) {
            popup.close();
            this.stop();
            throw error;
        }
    }

    /**
     * Whether the window will end in this Odoo as it is open here: elsewhere nobody is
     * signed in, and nothing that it says would be heard.
     */
    leadsBackHere(url) {
        const back = new URL(new URL(url).searchParams.get("redirect_uri"));
        const here = window.location.origin;
        if (back.origin === here) {
            return true;
        }
        this.warn(
            _t(
                "Meta would come back to %(there)s, but you use Odoo at %(here)s. Open Odoo at the first address, or let an administrator correct the system parameter web.base.url.",
                { there: back.origin, here }
            )
        );
        return false;
    }

    listen(popup) {
        this.stop();
        this.state.busy = true;
        this.channel = new BroadcastChannel(CHANNEL);
        this.channel.onmessage = ({ data }) => this.finish(data.connected);
        this.timer = setInterval(() => popup.closed && this.rest(), EVERY_MS);
    }

    stop() {
        clearInterval(this.timer);
        this.channel?.close();
        this.state.busy = false;
    }

    /**
     * Somebody closed the window, or a page of Meta's cut the bond to it: then it only
     * looks closed, so its end is still listened for.
     */
    async rest() {
        clearInterval(this.timer);
        this.state.busy = false;
        await this.show();
    }

    async finish(connected) {
        this.stop();
        await this.show();
        if (!connected) {
            return;
        }
        if (this.props.record.data.extension_missing) {
            this.notification.add(
                _t("Connected with Meta, but not everything came back: see the top of the form."),
                { type: "warning" }
            );
        } else {
            this.notification.add(_t("Connected with Meta."), { type: "success" });
        }
    }

    async show() {
        // What is being typed is worth more than the latest of it.
        if (!(await this.props.record.isDirty())) {
            await this.props.record.load();
        }
    }

    warn(words) {
        this.notification.add(words, { type: "danger", sticky: true });
    }
}

registry.category("view_widgets").add("meta_connect", {
    component: MetaConnect,
    extractProps: ({ attrs }) => ({ entry: attrs.entry, label: attrs.string }),
});
