import { Component, onMounted, onWillStart, onWillUnmount, useState } from "@odoo/owl";
import { serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { MetaCard } from "../dashboard/card";
import { useOpenRecords } from "../dashboard/open_records";
import { ageWords, momentWords, spanWords } from "../dashboard/words";
import { MetaAlarms } from "./alarms";
import { MetaOutcomes } from "./outcomes";
import { MetaDatasets, MetaPages } from "./states";
import { drainWords } from "./drain";

const EVERY_MS = 30_000;
/** What is wrong with these keeps leads from coming in, and no event from going out. */
const WAY_IN = ["meta.connection", "meta.lead.page"];

/** What waits, what Meta got, and what needs a person: the screen of `meta.overview`. */
export class MetaOverview extends Component {
    static template = "meta_crm_capi.Overview";
    static components = { Layout, MetaAlarms, MetaCard, MetaDatasets, MetaOutcomes, MetaPages };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.openRecords = useOpenRecords();
        this.display = { controlPanel: {} };
        this.newest = new KeepLast();
        this.state = useState({
            days: 7,
            datasetId: false,
            ...this.props.state?.overview,
            data: null,
            isLoading: false,
            trouble: "",
        });
        useSetupAction({
            getLocalState: () => ({
                overview: { days: this.state.days, datasetId: this.state.datasetId },
            }),
        });
        onWillStart(() => this.load());
        this.refreshInTime();
    }

    /** Gently: only while somebody can see it. */
    refreshInTime() {
        let timer;
        onMounted(() => {
            timer = setInterval(() => {
                if (document.visibilityState === "visible") {
                    this.load();
                }
            }, EVERY_MS);
        });
        onWillUnmount(() => clearInterval(timer));
    }

    async load() {
        const { days, datasetId } = this.state;
        this.state.isLoading = true;
        try {
            this.state.data = await this.newest.add(
                this.orm.silent.call("meta.overview", "get_overview", [days, datasetId])
            );
            this.state.trouble = "";
        } catch (error) {
            // The last numbers stay in sight, with the moment that they are of.
            this.state.trouble = error.data?.message || _t("Odoo's server does not answer.");
        } finally {
            this.state.isLoading = false;
        }
    }

    choose(values) {
        Object.assign(this.state, values);
        return this.load();
    }

    get periods() {
        return this.data.periods.map((days) => ({
            days,
            name: days === 1 ? _t("Today") : _t("%s days", days),
        }));
    }

    get data() {
        return this.state.data;
    }

    get all() {
        return this.data.latency.all;
    }

    get accepted() {
        return this.data.outcomes.total.accepted;
    }

    get choices() {
        return this.data.choices;
    }

    get hasDatasets() {
        return this.data.datasets.length > 0;
    }

    count(number) {
        return formatInteger(number);
    }

    span(seconds) {
        return spanWords(seconds);
    }

    age(moment) {
        return ageWords(moment, this.data.now);
    }

    get drain() {
        return drainWords(this.data.queue.drain, this.data.now);
    }

    get oldestLevel() {
        const { oldest } = this.data.queue;
        const isLate = this.data.alarms.some(
            (alarm) => alarm.level === "danger" && !WAY_IN.includes(alarm.target?.model)
        );
        return oldest && isLate ? "danger" : undefined;
    }

    get oldestWords() {
        const { oldest } = this.data.queue;
        return oldest
            ? _t(
                  "Moved: %s. Meta takes no event older than 7 days.",
                  momentWords(oldest, this.data.now)
              )
            : _t("Every move that is reported was told to Meta.");
    }

    get latencyWords() {
        return this.all.count
            ? _t("Median; 95%% within %s.", spanWords(this.all.p95))
            : _t("Meta accepted nothing in this period.");
    }

    /** Of what was to be sent and is settled; a share is never rounded up to all. */
    get acceptedWords() {
        const { accepted, refused, expired } = this.data.outcomes.total;
        const settled = accepted.count + refused.count + expired.count;
        return settled
            ? _t(
                  "%s%% of what was to be sent in this period and is settled.",
                  Math.floor((100 * accepted.count) / settled)
              )
            : _t("Nothing was sent in this period.");
    }

    get staleWords() {
        const now = serializeDateTime(luxon.DateTime.now());
        return _t("The numbers below are older. As of: %s", momentWords(this.data.now, now));
    }

    get freshWords() {
        const moment = momentWords(this.data.now, this.data.now);
        return _t("As of: %s. Read again every half minute.", moment);
    }

    openEvents(name, domain) {
        return this.openRecords({ model: "meta.capi.event", name, domain });
    }

    openWaiting() {
        return this.openEvents(_t("Waiting events"), this.data.queue.domain);
    }

    openOldest() {
        return this.openEvents(_t("Oldest waiting event"), this.data.queue.oldest_domain);
    }

    openLatency() {
        return this.openEvents(_t("Accepted events"), this.all.domain);
    }

    openAccepted() {
        return this.openEvents(_t("Accepted events"), this.accepted.domain);
    }

    openAction(xmlId) {
        return this.action.doAction(xmlId);
    }
}

registry.category("actions").add("meta_crm_capi.overview", MetaOverview);
