import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";
import { MetaChart, themed } from "../dashboard/chart";
import { useOpenRecords } from "../dashboard/open_records";

const { DateTime } = luxon;

/** What became of the moves of each day: a stacked chart, and the same as a table. */
export class MetaOutcomes extends Component {
    static template = "meta_crm_capi.Outcomes";
    static components = { MetaChart };
    static props = { outcomes: Object };

    setup() {
        this.openRecords = useOpenRecords();
        this.description = _t("Moves of leads by day, and what became of them");
        this.kinds = [
            { key: "accepted", label: _t("Accepted"), color: themed("#00A78D", "#1AA38C") },
            { key: "waiting", label: _t("Waiting"), color: themed("#4EA7F2", "#3C8FD8") },
            { key: "refused", label: _t("Refused"), color: themed("#CE4257", "#C7465B") },
            { key: "unclear", label: _t("No clear answer"), color: themed("#B08BD9", "#9873C7") },
            { key: "expired", label: _t("Expired"), color: themed("#F48935", "#D9772B") },
            { key: "not_sent", label: _t("Not sent"), color: themed("#A4A8B6", "#7E8290") },
            { key: "cancelled", label: _t("Cancelled"), color: themed("#DADCE3", "#545B70") },
        ];
        this.help = {
            accepted: _t("Meta took them."),
            waiting: _t("They are in the queue."),
            refused: _t("Meta, or our own check, did not take them."),
            unclear: _t("Meta may have them, and would count them again. A person decides."),
            expired: _t("They waited until they were too old for Meta."),
            not_sent: _t("Moves that are not reported; each says why."),
            cancelled: _t("Taken out of the queue, or the person said no."),
        };
    }

    get isEmpty() {
        return this.kinds.every(({ key }) => !this.props.outcomes.total[key].count);
    }

    get labels() {
        return this.props.outcomes.days.map(({ date }) => this.day(date));
    }

    get shown() {
        return this.kinds.filter(({ key }) => this.props.outcomes.total[key].count);
    }

    get series() {
        return this.shown.map(({ key, label, color }) => ({
            label,
            color,
            data: this.props.outcomes.days.map((day) => day.counts[key]),
        }));
    }

    /** Newest first, and only those on which something was moved. */
    get busyDays() {
        const days = this.props.outcomes.days.filter(({ counts }) =>
            this.kinds.some(({ key }) => counts[key])
        );
        return days.reverse();
    }

    day(date) {
        return DateTime.fromISO(date).toLocaleString({ month: "short", day: "numeric" });
    }

    count(number) {
        return formatInteger(number);
    }

    openTotal({ key, label }) {
        const { domain } = this.props.outcomes.total[key];
        return this.openRecords({ model: "meta.capi.event", name: label, domain });
    }

    openDay(day, { key, label }) {
        const name = _t("%(what)s, %(day)s", { what: label, day: this.day(day.date) });
        const domain = day.domains[key];
        return this.openRecords({ model: "meta.capi.event", name, domain });
    }

    openBar(dayIndex, seriesIndex) {
        return this.openDay(this.props.outcomes.days[dayIndex], this.shown[seriesIndex]);
    }
}
