import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

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
        this.orm = useService("orm");
        this.display = { controlPanel: {} };
        this.keepLast = new KeepLast();
        const left = this.props.state || {};
        const context = this.props.action.context || {};
        this.state = useState({
            datasetId: left.datasetId || context.active_dataset_id || false,
            days: left.days || DEFAULT_DAYS,
            doctor: null,
            isLoading: false,
        });
        useSetupAction({
            getLocalState: () => ({
                datasetId: this.state.datasetId,
                days: this.state.days,
            }),
        });
        onWillStart(() => this.load());
    }

    async load() {
        this.state.isLoading = true;
        try {
            const doctor = await this.keepLast.add(
                this.orm.call("meta.capi.dataset", "get_funnel_doctor", [
                    this.state.datasetId,
                    this.state.days,
                ])
            );
            this.state.doctor = doctor;
            this.state.datasetId = doctor.dataset && doctor.dataset.id;
        } finally {
            this.state.isLoading = false;
        }
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
        return this.state.doctor.milestones.find((milestone) => milestone.checks.length);
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

    onChangeDataset(ev) {
        this.state.datasetId = parseInt(ev.target.value);
        return this.load();
    }

    onChangeDays(ev) {
        this.state.days = parseInt(ev.target.value);
        return this.load();
    }

    open(action) {
        return this.action.doAction(action);
    }

    openDataset() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "meta.capi.dataset",
            res_id: this.state.datasetId,
            views: [[false, "form"]],
        });
    }

    openDatasets() {
        return this.action.doAction("meta_crm_capi.meta_capi_dataset_action");
    }
}

registry.category("actions").add("meta_funnel_doctor", MetaFunnelDoctor);
