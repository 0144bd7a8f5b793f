import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const ICONS = {
    accepted: "fa-paper-plane text-success",
    waiting: "fa-hourglass-half text-info",
    problem: "fa-exclamation-triangle text-danger",
    unclear: "fa-question-circle text-warning",
    silent: "fa-paper-plane-o text-muted",
};

/** What became of a lead's steps at Meta, as an icon with words; nothing where empty. */
export class MetaSyncIcon extends Component {
    static template = xml`
        <i t-if="icon" class="fa" t-att-class="icon" role="img" t-att-title="words" t-att-aria-label="words"/>`;
    static props = { ...standardFieldProps };

    get icon() {
        return ICONS[this.props.record.data[this.props.name]];
    }

    get words() {
        const { name, record } = this.props;
        const choices = new Map(record.fields[name].selection);
        return choices.get(record.data[name]);
    }
}

registry.category("fields").add("meta_sync_icon", {
    component: MetaSyncIcon,
    supportedTypes: ["selection"],
});
