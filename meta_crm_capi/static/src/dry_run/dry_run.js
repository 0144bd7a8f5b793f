import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const DEFAULT_DAYS = 7;

/**
 * The funnel board: the pipeline's steps with their lines of the mapping, and what the
 * moves of the last days would have sent by them, beside what was queued in fact. All numbers and words are the server's
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
            refusals: 0,
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

    get isLocked() {
        return !this.state.found.can_change;
    }

    onChangeDataset(ev) {
        this.state.datasetId = parseInt(ev.target.value);
        return this.load();
    }

    choose(days) {
        this.state.days = days;
        return this.load();
    }

    /** Change the mapping, and see at once what that changes. */
    async change(call) {
        try {
            await call();
        } catch (error) {
            // What was refused must not stay in the switch or the field.
            this.state.refusals++;
            throw error;
        }
        await this.load();
    }

    onToggle(line) {
        return this.change(() =>
            this.orm.write("meta.capi.rule", [line.id], { active: !line.active })
        );
    }

    onRename(line, ev) {
        return this.change(() =>
            this.orm.write("meta.capi.rule", [line.id], { event_name: ev.target.value })
        );
    }

    map(step) {
        return this.change(() =>
            this.orm.call("meta.capi.dataset", "map_step", [
                [this.state.datasetId],
                step.step,
                step.stage_id,
            ])
        );
    }

    /** The line in a dialog: its value, its team. */
    openLine(line) {
        return this.openRule({ res_id: line.id });
    }

    addForTeam(step) {
        return this.openRule({
            context: {
                default_dataset_id: this.state.datasetId,
                default_step: step.step,
                default_stage_id: step.stage_id,
            },
        });
    }

    openRule(options) {
        return this.action.doAction(
            {
                type: "ir.actions.act_window",
                name: _t("Funnel-stage mapping"),
                res_model: "meta.capi.rule",
                views: [[false, "form"]],
                target: "new",
                ...options,
            },
            { onClose: () => this.load() }
        );
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
