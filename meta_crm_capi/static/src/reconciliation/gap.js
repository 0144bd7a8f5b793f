import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";

const COLORS = {
    todo: "danger",
    unknown: "warning",
    wait: "info",
    over: "secondary",
    explained: "secondary",
};

/**
 * @param {Object} row as the server gives it
 * @param {number} gap 0 to 2, between number `gap` and the next one
 * @returns {{sign: string, color: string, words: string}} whether the two are equal
 */
export function judge(row, gap) {
    if (gap === 0 && row.numbers.listed === null) {
        return { sign: "?", color: "muted", words: _t("Not known: Meta was not asked") };
    }
    const [worst] = row.gaps[gap];
    if (!worst) {
        return { sign: "=", color: "success", words: _t("Equal") };
    }
    const color = COLORS[worst.level];
    const isSettled = color === "secondary";
    return {
        sign: "≠",
        color: isSettled ? "muted" : color,
        words: isSettled ? _t("Different, and explained") : _t("Different"),
    };
}

/** One difference taken apart: its causes, their records, and what heals them. */
export class MetaGap extends Component {
    static template = "meta_crm_capi.Gap";
    static props = {
        name: String,
        causes: { type: Array, element: Object },
        mayAdminister: Boolean,
        isBusy: Boolean,
        onOpen: Function,
        onHeal: Function,
    };

    count({ count, sign }) {
        return `${sign < 0 ? "−" : "+"} ${formatInteger(count)}`;
    }

    color({ level }) {
        return COLORS[level];
    }

    levelWords({ level }) {
        switch (level) {
            case "todo":
                return _t("To be mended");
            case "unknown":
                return _t("Not known");
            case "wait":
                return _t("Waits");
            case "over":
                return _t("Too late");
            default:
                return _t("Explained");
        }
    }

    /** Counting again changes nothing of Odoo's; the rest is the administrator's too. */
    heals(cause) {
        return this.props.mayAdminister ? cause.heals : [];
    }
}
