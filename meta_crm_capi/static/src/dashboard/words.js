import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const number = (value, digits = 0) =>
    value.toLocaleString(luxon.Settings.defaultLocale, { maximumFractionDigits: digits });

/**
 * @param {number} seconds
 * @returns {string} how long that is, in the unit that people would say
 */
export function spanWords(seconds) {
    if (seconds < 1) {
        return _t("under 1 s");
    }
    if (seconds < 2 * MINUTE) {
        return _t("%s s", number(seconds));
    }
    if (seconds < 2 * HOUR) {
        return _t("%s min", number(seconds / MINUTE));
    }
    if (seconds < 2 * DAY) {
        return _t("%s h", number(seconds / HOUR, 1));
    }
    return _t("%s days", number(seconds / DAY, 1));
}

/**
 * @param {string} since moment as the server gives it (UTC)
 * @param {string} now the same
 * @returns {string} how long it is between them
 */
export function ageWords(since, now) {
    const age = deserializeDateTime(now).diff(deserializeDateTime(since));
    return spanWords(Math.max(age.as("seconds"), 0));
}

/**
 * @param {string} moment as the server gives it (UTC)
 * @param {string} now the same
 * @returns {string} the time of day, with the day where it is another one
 */
export function momentWords(moment, now) {
    const there = deserializeDateTime(moment);
    if (there.hasSame(deserializeDateTime(now), "day")) {
        return there.toLocaleString(luxon.DateTime.TIME_SIMPLE);
    }
    return formatDateTime(there, { showSeconds: false });
}
