import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useOpenRecords } from "../dashboard/open_records";
import { ageWords, momentWords } from "../dashboard/words";

/** What needs a person, one line for each cause; or that nothing does. */
export class MetaAlarms extends Component {
    static template = "meta_crm_capi.Alarms";
    static props = { alarms: { type: Array, element: Object }, now: String };

    setup() {
        this.openRecords = useOpenRecords();
    }

    icon(alarm) {
        return alarm.level === "danger" ? "fa-times-circle" : "fa-exclamation-triangle";
    }

    levelWords(alarm) {
        return alarm.level === "danger" ? _t("Broken") : _t("Needs attention");
    }

    since(alarm) {
        return _t("Duration: %s", ageWords(alarm.since, this.props.now));
    }

    until(alarm) {
        return _t("The first one: %s", momentWords(alarm.until, this.props.now));
    }

    open(alarm) {
        return this.openRecords({ name: alarm.title, ...alarm.target });
    }
}
