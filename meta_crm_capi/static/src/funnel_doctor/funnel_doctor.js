import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { useDatasetScreen } from "../dashboard/dataset_screen";

const DEFAULT_DAYS = 90;

/**
 * What Meta can learn from a dataset's funnel: its six milestones, and for each step
 * how many leads reach it and how soon. All numbers and words are the server's
 * (`meta.capi.dataset.get_funnel_doctor`); this only shows them and opens what is
 * behind them.
 */
export class MetaFunnelDoctor extends Component {
    static template = "meta_crm_capi.FunnelDoctor";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.screen = useDatasetScreen(this.props, "get_funnel_doctor", DEFAULT_DAYS);
    }

    get doctor() {
        return this.screen.state.found;
    }

    periodWords(days) {
        return _t("Leads of the last %s days", days);
    }

    get statuses() {
        return {
            done: { icon: "fa-check", color: "text-bg-success", label: _t("Done") },
            now: { icon: "fa-arrow-right", color: "text-bg-info", label: _t("To do now") },
            later: { icon: "fa-circle-o", color: "text-bg-secondary", label: _t("Later") },
            falls_short: {
                icon: "fa-exclamation",
                color: "text-bg-danger",
                label: _t("Falls short"),
            },
        };
    }

    /** The milestone that data is enough: the only one with checks. */
    get data() {
        return this.doctor.milestones.find((milestone) => milestone.checks.length);
    }

    getCheckStatus(check) {
        if (check.is_met) {
            return this.statuses.done;
        }
        if (check.is_wish) {
            return this.statuses.later;
        }
        return this.data.status === "falls_short" ? this.statuses.falls_short : this.statuses.now;
    }

    open(action) {
        return this.action.doAction(action);
    }
}

registry.category("actions").add("meta_funnel_doctor", MetaFunnelDoctor);
