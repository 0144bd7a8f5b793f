import { Component, onMounted, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { router } from "@web/core/browser/router";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { MetaCard } from "../dashboard/card";
import { ageWords } from "../dashboard/words";
import { judge, MetaGap } from "./gap";

const MODEL = "meta.reconciliation";
const PATH = "meta-reconciliation";
/** While Meta is asked, or what was begun goes on. */
const EVERY_MS = 3_000;
const AFTER_HEALING_MS = 90_000;

/** Leads at Meta = submissions = leads = accepted: the screen of `meta.reconciliation`. */
export class MetaReconciliation extends Component {
    static template = "meta_crm_capi.Reconciliation";
    static components = { Layout, MetaCard, MetaGap };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.newest = new KeepLast();
        this.state = useState({
            asked: this.askedBefore(),
            open: {},
            healedAt: 0,
            ...this.props.state?.reconciliation,
            data: null,
            isLoading: false,
            isBusy: false,
            trouble: "",
        });
        useSetupAction({
            getLocalState: () => ({
                reconciliation: {
                    asked: { ...this.state.asked },
                    open: { ...this.state.open },
                    healedAt: this.state.healedAt,
                },
            }),
        });
        onWillStart(() => this.load());
        onMounted(() => this.keepInAddress());
        this.followProgress();
    }

    /** What the address says, for a link and for who loads the page anew. */
    askedBefore() {
        const { action, days, first, last, page_id, form_id } = router.current;
        const given = action === PATH ? { first, last } : {};
        if (action === PATH) {
            given.days = Number(days) || undefined;
            given.page_id = Number(page_id) || undefined;
            given.form_id = Number(form_id) || undefined;
        }
        return given;
    }

    keepInAddress() {
        const { days, first, last, page_id, form_id } = this.data || {};
        this.props.updateActionState?.({
            days: days || undefined,
            first: days ? undefined : first,
            last: days ? undefined : last,
            page_id: form_id ? undefined : page_id || undefined,
            form_id: form_id || undefined,
        });
    }

    followProgress() {
        let timer;
        onMounted(() => {
            timer = setInterval(() => {
                const isRecent = Date.now() < this.state.healedAt + AFTER_HEALING_MS;
                const isMoving = this.data?.total.is_counting || isRecent;
                if (isMoving && !this.state.isLoading && document.visibilityState === "visible") {
                    this.load();
                }
            }, EVERY_MS);
        });
        onWillUnmount(() => clearInterval(timer));
    }

    async load() {
        this.state.isLoading = true;
        try {
            this.state.data = await this.newest.add(
                this.orm.silent.call(MODEL, "get_reconciliation", [this.state.asked])
            );
            this.state.trouble = "";
        } catch (error) {
            // The last numbers stay in sight.
            this.state.trouble = error.data?.message || _t("Odoo's server does not answer.");
        } finally {
            this.state.isLoading = false;
        }
    }

    async choose(values) {
        this.state.asked = { ...this.state.asked, ...values };
        await this.load();
        this.keepInAddress();
    }

    chooseDays(days) {
        return this.choose({ days, first: undefined, last: undefined });
    }

    chooseDay(name, ev) {
        const { first, last } = this.data;
        const days = { first, last, [name]: ev.target.value };
        if (!days.first || !days.last) {
            return;
        }
        if (days.first > days.last) {
            // The other end goes along.
            days.first = days.last = ev.target.value;
        }
        return this.choose({ ...days, days: undefined });
    }

    /** Of the list of Pages and forms: "page 1", "form 2" or nothing. */
    chooseForms(ev) {
        const [kind, id] = ev.target.value.split(" ");
        return this.choose({
            page_id: kind === "page" ? Number(id) : undefined,
            form_id: kind === "form" ? Number(id) : undefined,
        });
    }

    get data() {
        return this.state.data;
    }

    get total() {
        return this.data.total;
    }

    get columns() {
        return [
            {
                name: "listed",
                title: _t("Leads at Meta"),
                help: _t("What Meta's lists of the forms have, by the time that the form was sent."),
            },
            {
                name: "submissions",
                title: _t("Submissions"),
                help: _t("The Meta leads that Odoo knows of, whatever became of them."),
            },
            {
                name: "leads",
                title: _t("Leads in Odoo"),
                help: _t("Leads that began with one of these submissions; several submissions may be one lead."),
            },
            {
                name: "accepted",
                title: _t("Raw leads accepted"),
                help: _t("Meta was told that the lead is here, and accepted it. Everything that follows builds on that."),
            },
        ];
    }

    get gapNames() {
        return [
            _t("Leads at Meta and submissions"),
            _t("Submissions and leads in Odoo"),
            _t("Leads in Odoo and raw leads accepted"),
        ];
    }

    /** The differences of a row that there are, with their names. */
    gaps(row) {
        return row.gaps
            .map((causes, gap) => ({ gap, causes, name: this.gapNames[gap] }))
            .filter(({ gap, causes }) => causes.length && (gap || row.numbers.listed !== null));
    }

    judge(row, gap) {
        return judge(row, gap);
    }

    number(row, name) {
        const value = row.numbers[name];
        return value === null ? "?" : formatInteger(value);
    }

    get verdict() {
        const levels = this.total.gaps.flat().map((cause) => cause.level);
        if (levels.includes("todo")) {
            return { color: "danger", icon: "fa-exclamation-circle", words: _t("There are differences to be mended: see below.") };
        }
        if (this.total.numbers.listed === null) {
            return {
                color: "warning",
                icon: "fa-question-circle",
                words: this.total.count_trouble
                    ? _t("How many leads Meta has is not known: it did not give them. What Odoo has is below.")
                    : _t("Meta was not asked yet which leads it has in this period: press “Count at Meta”."),
            };
        }
        if (this.total.counted < this.total.forms || levels.includes("unknown")) {
            return { color: "warning", icon: "fa-question-circle", words: _t("Not everything is known: see below.") };
        }
        if (levels.includes("wait")) {
            return { color: "info", icon: "fa-clock-o", words: _t("The rest is on its way.") };
        }
        return levels.length
            ? { color: "success", icon: "fa-check-circle", words: _t("Every difference is explained; nothing is to be mended.") }
            : { color: "success", icon: "fa-check-circle", words: _t("Everything is equal.") };
    }

    get countTroubleTitle() {
        return this.total.is_counting
            ? _t("Counting at Meta waits.")
            : _t("Meta did not give its leads.");
    }

    countedWords(row) {
        if (row.is_counting) {
            return _t("Meta is being asked: %s so far", formatInteger(row.count_so_far));
        }
        if (row.numbers.listed === null) {
            return row.count_trouble ? _t("Not known") : _t("Not counted yet");
        }
        const age = ageWords(row.counted_at, this.data.now);
        return row.forms > row.counted
            ? _t("%(counted)s of %(forms)s forms counted, %(age)s ago", {
                  counted: row.counted,
                  forms: row.forms,
                  age,
              })
            : _t("Counted %s ago", age);
    }

    lifeWords(row) {
        return _t("Since the form exists: %(count)s at Meta, read %(age)s ago", {
            count: formatInteger(row.life_count),
            age: ageWords(row.life_at, this.data.now),
        });
    }

    daysWords(days) {
        return _t("%s days", days);
    }

    pageWords({ name }) {
        return _t("All forms of %s", name);
    }

    differencesWords({ name }) {
        return _t("Differences: %s", name);
    }

    isOpen(row) {
        return Boolean(this.state.open[row.form_id]);
    }

    toggle(row) {
        this.state.open[row.form_id] = !this.isOpen(row);
    }

    /** What is asked for, narrowed to the form of a row. */
    scope(row) {
        return row.form_id ? { ...this.state.asked, form_id: row.form_id } : this.state.asked;
    }

    async call(method, args) {
        this.state.isBusy = true;
        try {
            return await this.orm.call(MODEL, method, args);
        } finally {
            this.state.isBusy = false;
        }
    }

    async openNumber(row, name) {
        return this.action.doAction(await this.call("open_number", [this.scope(row), name]));
    }

    async openCause(row, gap, cause) {
        return this.action.doAction(
            await this.call("open_cause", [this.scope(row), gap, cause.sign, cause.key])
        );
    }

    async heal(row, gap, cause, heal) {
        const done = await this.call("heal", [this.scope(row), gap, cause.sign, cause.key, heal.name]);
        this.state.healedAt = Date.now();
        if (done && done !== true) {
            // Says what was begun, and shows this screen anew.
            return this.action.doAction(done);
        }
        return this.load();
    }

    async countAtMeta() {
        await this.call("count_at_meta", [this.state.asked]);
        return this.load();
    }

    openAction(xmlId) {
        return this.action.doAction(xmlId);
    }
}

registry.category("actions").add("meta_crm_capi.reconciliation", MetaReconciliation);
