import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const DEFAULT_DAYS = 7;

/**
 * What the moves of the last days would have sent by the mapping of now, step by step,
 * beside what was queued in fact. All numbers and words are the server's
 * (`meta.capi.dataset.get_dry_run`).
 */
export class MetaDryRun extends Component {
    static template = "meta_crm_capi.DryRun";
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
            found: null,
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
            const found = await this.keepLast.add(
                this.orm.call("meta.capi.dataset", "get_dry_run", [
                    this.state.datasetId,
                    this.state.days,
                ])
            );
            this.state.found = found;
            this.state.datasetId = found.dataset && found.dataset.id;
        } finally {
            this.state.isLoading = false;
        }
    }

    onChangeDataset(ev) {
        this.state.datasetId = parseInt(ev.target.value);
        return this.load();
    }

    choose(days) {
        this.state.days = days;
        return this.load();
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

registry.category("actions").add("meta_dry_run", MetaDryRun);
