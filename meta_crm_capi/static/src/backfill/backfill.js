import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useOpenRecords } from "../dashboard/open_records";

const FAILED = ["refused", "expired", "cancelled"];
/** Which lines of the plan each number counts. */
const BEHIND = {
    send: [["kind", "in", ["send", "queued", "skipped"]]],
    reported: [["kind", "=", "reported"]],
    not_sent: [["kind", "=", "not_sent"]],
    skipped: [["kind", "=", "skipped"]],
    accepted: [
        ["kind", "=", "queued"],
        ["event_id.state", "=", "accepted"],
    ],
    waiting: [
        ["kind", "=", "queued"],
        ["event_id.state", "=", "queued"],
    ],
    failed: [
        ["kind", "=", "queued"],
        ["event_id.state", "in", FAILED],
    ],
};

/**
 * A plan step by step, and why the rest is not sent. Each number opens the leads behind
 * it. All numbers and words are the server's (`meta.capi.backfill.board`).
 */
export class MetaBackfill extends Component {
    static template = "meta_crm_capi.Backfill";
    static props = { ...standardFieldProps };

    setup() {
        this.openRecords = useOpenRecords();
    }

    get board() {
        return this.props.record.data[this.props.name] || { steps: [], reasons: [] };
    }

    /** The columns of numbers: before the sending, and from then on. */
    get columns() {
        const sent = [
            { name: "accepted", label: _t("Accepted") },
            { name: "waiting", label: _t("Waiting") },
            { name: "failed", label: _t("Came to nothing") },
            { name: "skipped", label: _t("Left out") },
        ];
        return [
            { name: "send", label: _t("To send") },
            ...(this.board.is_sent ? sent : []),
            { name: "reported", label: _t("Already reported") },
            { name: "not_sent", label: _t("Not to send") },
        ];
    }

    total(column) {
        return this.board.steps.reduce((sum, step) => sum + step[column], 0);
    }

    openStep(step, column) {
        return this.open(`${step.label}: ${column.label}`, [
            ["step", "=", step.step],
            ["stage_id", "=", step.stage_id],
            ...BEHIND[column.name],
        ]);
    }

    openReason(reason) {
        return this.open(reason.words, [
            ["kind", "=", reason.kind],
            ["reason", "=", reason.reason],
        ]);
    }

    open(name, domain) {
        return this.openRecords({
            model: "meta.capi.backfill.line",
            name,
            domain: [["backfill_id", "=", this.props.record.resId], ...domain],
        });
    }
}

registry.category("fields").add("meta_backfill", {
    component: MetaBackfill,
    supportedTypes: ["json"],
});
