import { Component } from "@odoo/owl";

/**
 * A number with its name. With `onOpen` it is a button that opens what is behind it.
 * What is in its slot stands below the number.
 */
export class MetaCard extends Component {
    static template = "meta_crm_capi.Card";
    static props = {
        title: String,
        value: String,
        help: { type: String, optional: true },
        level: { type: String, optional: true },
        onOpen: { type: Function, optional: true },
        slots: { type: Object, optional: true },
    };
}
