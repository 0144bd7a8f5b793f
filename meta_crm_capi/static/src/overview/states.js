import { Component } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { useOpenRecords } from "../dashboard/open_records";
import { momentWords, spanWords } from "../dashboard/words";
import { drainWords } from "./drain";

const GREEN = "text-bg-success";
const YELLOW = "text-bg-warning";
const RED = "text-bg-danger";
const GREY = "text-bg-secondary";

/** Rows with a state each, and buttons for those who may administer. */
class States extends Component {
    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.openRecords = useOpenRecords();
    }

    count(number) {
        return formatInteger(number);
    }

    moment(moment) {
        return momentWords(moment, this.props.now);
    }

    open(row) {
        return this.openRecords({ model: this.model, id: row.id, name: row.name });
    }

    /** Ask first, then call a method of the row and look again. */
    ask(row, method, words) {
        this.dialog.add(ConfirmationDialog, {
            ...words,
            cancelLabel: _t("Cancel"),
            confirm: async () => {
                await this.orm.call(this.model, method, [[row.id]]);
                await this.props.onChanged();
            },
            cancel: () => {},
        });
    }
}

export class MetaDatasets extends States {
    static template = "meta_crm_capi.Datasets";
    static props = {
        datasets: { type: Array, element: Object },
        latency: Object,
        mayAdminister: Boolean,
        now: String,
        onChanged: Function,
    };
    model = "meta.capi.dataset";

    badge({ status, until }) {
        switch (status) {
            case "ok":
                return { color: GREEN, words: _t("Active") };
            case "trouble":
                return { color: YELLOW, words: _t("Active, with trouble") };
            case "resting":
                return { color: YELLOW, words: _t("Throttled until: %s", this.moment(until)) };
            case "paused":
                return { color: RED, words: _t("Paused") };
            case "standstill":
                return { color: RED, words: _t("Nobody sends") };
            case "archived":
                return { color: GREY, words: _t("Archived") };
            default:
                return { color: GREY, words: _t("Stopped") };
        }
    }

    drain({ drain }) {
        return drainWords(drain, this.props.now);
    }

    latency({ id }) {
        const found = this.props.latency[id];
        if (!found?.count) {
            return "";
        }
        const [p50, p95] = [spanWords(found.p50), spanWords(found.p95)];
        return _t("%(median)s / %(p95)s", { median: p50, p95 });
    }

    openLatency(row) {
        const { domain } = this.props.latency[row.id];
        const name = _t("Accepted events");
        return this.openRecords({ model: "meta.capi.event", name, domain });
    }

    openQueue(row) {
        const name = _t("Waiting events");
        return this.openRecords({ model: "meta.capi.event", name, domain: row.queue.domain });
    }

    mayStop({ status }) {
        return this.props.mayAdminister && !["stopped", "archived"].includes(status);
    }

    mayResume({ status }) {
        return this.props.mayAdminister && ["resting", "paused", "stopped"].includes(status);
    }

    stop(row) {
        this.ask(row, "action_stop", {
            title: _t("Stop “%s”?", row.name),
            body: _t(
                "From now on Meta is told of no move, and moves made meanwhile are not reported later. What waits stays in the queue; after 7 days Meta does not take it any more."
            ),
            confirmLabel: _t("Stop sending"),
            confirmClass: "btn-danger",
        });
    }

    resume(row) {
        this.ask(row, "action_resume", {
            title: _t("Resume “%s”?", row.name),
            body:
                row.status === "resting"
                    ? _t(
                          "Meta asked for a rest. Calling it before the rest is over may make it longer."
                      )
                    : _t("What waits is sent now, the oldest first, and new moves are reported again."),
            confirmLabel: _t("Resume sending"),
        });
    }
}

export class MetaPages extends States {
    static template = "meta_crm_capi.Pages";
    static props = {
        pages: { type: Array, element: Object },
        mayAdminister: Boolean,
        now: String,
        onChanged: Function,
    };
    model = "meta.lead.page";

    badge({ status, until }) {
        switch (status) {
            case "ok":
                return { color: GREEN, words: _t("In order") };
            case "attention":
                return { color: YELLOW, words: _t("Needs attention") };
            case "resting":
                return { color: YELLOW, words: _t("Throttled until: %s", this.moment(until)) };
            case "broken":
                return { color: RED, words: _t("Broken") };
            case "paused":
                return { color: RED, words: _t("Paused: reconnect") };
            case "unchecked":
                return { color: GREY, words: _t("Not checked yet") };
            default:
                return { color: GREY, words: _t("Cannot be told") };
        }
    }

    openLeads(row, state) {
        const name = state === "parked" ? _t("Parked leads") : _t("Waiting leads");
        const { domain } = row[state];
        return this.openRecords({ model: "meta.lead.submission", name, domain });
    }

    mayResume({ status }) {
        return this.props.mayAdminister && status === "paused";
    }

    resume(row) {
        this.ask(row, "action_resume", {
            title: _t("Resume “%s”?", row.name),
            body: _t(
                "Odoo reads this Page's leads again. If Meta still refuses, it pauses again and says why."
            ),
            confirmLabel: _t("Read leads again"),
        });
    }
}
