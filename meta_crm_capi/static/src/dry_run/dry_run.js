import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { useDatasetScreen } from "../dashboard/dataset_screen";

const DEFAULT_DAYS = 7;

/**
 * The funnel board: the pipeline's steps with their lines of the mapping, and what the
 * moves of the last days would have sent by them, beside what was queued in fact. All
 * numbers and words are the server's (`meta.capi.dataset.get_dry_run`).
 */
export class MetaDryRun extends Component {
    static template = "meta_crm_capi.DryRun";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = { controlPanel: {} };
        this.screen = useDatasetScreen(this.props, "get_dry_run", DEFAULT_DAYS);
        this.state = useState({ refusals: 0 });
        this.columns = {
            sent: _t("Would be sent"),
            in_fact: _t("Queued in fact"),
            accepted: _t("Accepted of them"),
        };
    }

    get found() {
        return this.screen.state.found;
    }

    get isLocked() {
        return !this.found.can_change;
    }

    periodWords(days) {
        return _t("Last %s days", days);
    }

    /** What the switch of a step or a line does, for who does not see it. */
    reportWords(name) {
        return _t("Report %s", name);
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
        await this.screen.load();
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
                [this.screen.state.datasetId],
                step.step,
                step.stage_id,
            ])
        );
    }

    /** What a number of a step counts: submissions whose moves they are, or events. */
    async openNumber(step, kind, reason = null) {
        const { datasetId, days } = this.screen.state;
        return this.action.doAction(
            await this.orm.call("meta.capi.dataset", "open_dry_run", [
                datasetId,
                days,
                step.key,
                kind,
                reason,
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
                default_dataset_id: this.screen.state.datasetId,
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
            { onClose: () => this.screen.load() }
        );
    }

    openBackfill() {
        return this.action.doAction("meta_crm_capi.meta_capi_backfill_new_action", {
            additionalContext: { default_dataset_id: this.screen.state.datasetId },
        });
    }
}

registry.category("actions").add("meta_dry_run", MetaDryRun);
