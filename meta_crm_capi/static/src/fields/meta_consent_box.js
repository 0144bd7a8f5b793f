import { registry } from "@web/core/registry";
import { SelectionField, selectionField } from "@web/views/fields/selection/selection_field";

/**
 * Chooses a check box of the form's disclaimer by its text; the record keeps its key.
 * The boxes are those of the field `consent_labels`, which the view has to load.
 */
export class MetaConsentBox extends SelectionField {
    get options() {
        const boxes = Object.entries(this.props.record.data.consent_labels || {});
        const isGone = this.value && !boxes.some(([key]) => key === this.value);
        // What was chosen and is no more must still show.
        return isGone ? [...boxes, [this.value, this.value]] : boxes;
    }

    get string() {
        const chosen = this.options.find(([key]) => key === this.value);
        return chosen ? chosen[1] : "";
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    onChange(value) {
        this.props.record.update({ [this.props.name]: value || false });
    }
}

registry.category("fields").add("meta_consent_box", {
    ...selectionField,
    component: MetaConsentBox,
    supportedTypes: ["char"],
});
