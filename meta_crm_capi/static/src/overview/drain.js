import { _t } from "@web/core/l10n/translation";
import { momentWords } from "../dashboard/words";

/**
 * @param {{kind: string, at: string|false}} drain as `drain_forecast.py` has it
 * @param {string} now
 * @returns {string} when the queue will be empty, in words
 */
export function drainWords({ kind, at }, now) {
    switch (kind) {
        case "empty":
            return _t("Nothing waits.");
        case "about":
            return _t("With Meta at about: %s", momentWords(at, now));
        case "not_before":
            return _t("Not with Meta before: %s", momentWords(at, now));
        case "never":
            return _t("Not before a person resumes it.");
        default:
            return _t("Nothing went through lately: how long it takes is not known.");
    }
}
