import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** How each state of a step, or level of a row, looks and reads. */
const LOOK = {
    done: { icon: "fa-check", color: "success", words: _t("Done") },
    ok: { icon: "fa-check-circle", color: "success", words: _t("Works") },
    to_do: { icon: "fa-circle-o", color: "secondary", words: _t("To do") },
    inconclusive: { icon: "fa-question-circle", color: "info", words: _t("Cannot be told") },
    attention: { icon: "fa-exclamation-triangle", color: "warning", words: _t("Needs attention") },
    broken: { icon: "fa-times-circle", color: "danger", words: _t("Does not work") },
};

/** The steps as a row to click on, and what was found of the one that is shown. */
class MetaSetup extends Component {
    static props = { ...standardWidgetProps };

    get record() {
        return this.props.record;
    }

    get steps() {
        return (this.record.data.setup_steps || []).map((step, index) => ({
            ...step,
            ...LOOK[step.state],
            number: index + 1,
            isCurrent: step.key === this.record.data.setup_step,
        }));
    }
}

export class MetaSetupSteps extends MetaSetup {
    static template = "meta_crm_capi.SetupSteps";

    get progress() {
        return _t("Steps that are done: %(done)s of %(all)s.", {
            done: this.steps.filter((step) => step.state === "done").length,
            all: this.steps.length,
        });
    }

    async go(step) {
        if (step.isCurrent) {
            return;
        }
        await this.record.update({ setup_step: step.key });
        await this.record.save();
    }
}

/** Rows of findings; asks Meta anew when a step opens. */
export class MetaSetupFindings extends MetaSetup {
    static template = "meta_crm_capi.SetupFindings";

    setup() {
        this.orm = useService("orm");
        this.state = useState({ isLooking: false });
        this.isGone = false;
        onWillUnmount(() => (this.isGone = true));
        useEffect(
            (resId) => {
                if (resId) {
                    this.look(resId);
                }
            },
            () => [this.record.resId, this.record.data.setup_step, this.record.data.health_checked_at]
        );
    }

    get rows() {
        const step = this.steps.find((step) => step.isCurrent);
        return (step?.rows || []).map((row, index) => ({
            ...row,
            icon: LOOK[row.level].icon,
            color: LOOK[row.level].color,
            state: LOOK[row.level].words,
            id: index,
        }));
    }

    async look(resId) {
        this.state.isLooking = true;
        try {
            const isNew = await this.orm.silent.call(this.record.resModel, "setup_look", [[resId]]);
            const isHere = !this.isGone && this.record.resId === resId;
            if (isNew && isHere && !(await this.record.isDirty())) {
                await this.record.load();
            }
        } finally {
            this.state.isLooking = false;
        }
    }
}

registry.category("view_widgets").add("meta_setup_steps", { component: MetaSetupSteps });
registry.category("view_widgets").add("meta_setup_findings", { component: MetaSetupFindings });

class MetaSetupController extends FormController {
    /** Who only looked in has made no connection: a form without a change is not saved. */
    get isUntouched() {
        return this.model.root.isNew && !this.model.root.dirty;
    }

    async beforeUnload(ev) {
        if (!this.isUntouched) {
            await super.beforeUnload(ev);
        }
    }

    beforeVisibilityChange() {
        return this.isUntouched ? undefined : super.beforeVisibilityChange();
    }

    displayName() {
        return _t("Setup");
    }
}

registry.category("views").add("meta_setup_form", { ...formView, Controller: MetaSetupController });
