import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { GraphModel } from "@web/views/graph/graph_model";
import { graphView } from "@web/views/graph/graph_view";

/**
 * A chart of measured figures: what was not measured is a gap and not 0, and a line
 * shows the goal of the figure, where it has one.
 */
export class QualityGraphModel extends GraphModel {
    _getData(dataPoints, forceUseAllDataPoints) {
        const measured = dataPoints.filter((point) => typeof point.value === "number");
        const data = super._getData(measured, forceUseAllDataPoints);
        if (this.metaData.mode !== "line" || !data.labels.length) {
            return data;
        }
        const shown = new Set(measured.map((point) => JSON.stringify(point.domain)));
        for (const dataset of data.datasets) {
            dataset.spanGaps = true;
            dataset.data = dataset.data.map((value, index) =>
                shown.has(JSON.stringify(dataset.domains[index])) ? value : null
            );
        }
        const goal = this.metaData.fields[this.metaData.measure]?.goal;
        if (goal) {
            data.datasets.push({
                label: _t("Goal: %s", goal),
                data: data.labels.map(() => goal),
                trueLabels: [...data.labels],
                domains: data.labels.map(() => this.searchParams.domain),
                identifiers: new Set(),
                currencyIds: data.labels.map(() => undefined),
                cumulatedStart: 0,
                borderDash: [6, 4],
            });
        }
        return data;
    }
}

registry.category("views").add("meta_quality_graph", {
    ...graphView,
    Model: QualityGraphModel,
});
