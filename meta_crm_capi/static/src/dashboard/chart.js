import { Component, onWillStart, useEffect, useRef, xml } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getCustomColor } from "@web/core/colors/colors";
import { localization } from "@web/core/l10n/localization";

/**
 * @param {string} bright
 * @param {string} dark
 * @returns {string} the colour for the user's colour scheme
 */
export function themed(bright, dark) {
    return getCustomColor(cookie.get("color_scheme"), bright, dark);
}

/**
 * A chart of Chart.js, in Odoo's colours and the user's direction of reading.
 *
 * `series` are `{label, color, data}`. A click on what belongs to a label and a series
 * calls `onOpen(labelIndex, seriesIndex)`. For those who do not see it, `description`
 * says what it shows; the numbers must be on the screen in another form too.
 */
export class MetaChart extends Component {
    static template = xml`
        <div class="o_meta_chart position-relative" t-attf-style="height: {{ props.height }}px">
            <canvas t-ref="canvas" role="img" t-att-aria-label="props.description"/>
        </div>`;
    static props = {
        description: String,
        labels: { type: Array, element: String },
        series: { type: Array, element: Object },
        type: { type: String, optional: true },
        stacked: { type: Boolean, optional: true },
        height: { type: Number, optional: true },
        legend: { type: Boolean, optional: true },
        onOpen: { type: Function, optional: true },
    };
    static defaultProps = { type: "bar", stacked: false, height: 260, legend: true };

    setup() {
        this.canvas = useRef("canvas");
        this.chart = null;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [JSON.stringify([this.props.labels, this.props.series])]
        );
        useEffect(
            () => () => this.chart?.destroy(),
            () => []
        );
    }

    /** New numbers move the bars of the chart that is there. */
    draw() {
        const data = this.getData();
        if (this.chart) {
            this.chart.data = data;
            this.chart.update();
            return;
        }
        // The chart keeps a copy of its own: nothing of it is watched by Owl.
        this.chart = new Chart(this.canvas.el, {
            type: this.props.type,
            data,
            options: this.getOptions(),
        });
    }

    getData() {
        return {
            labels: [...this.props.labels],
            datasets: this.props.series.map(({ label, color, data }) => ({
                label,
                data: [...data],
                backgroundColor: color,
                borderColor: color,
                maxBarThickness: 48,
            })),
        };
    }

    getOptions() {
        const rtl = localization.direction === "rtl";
        const text = themed("#374151", "#E4E4E4");
        const grid = themed("#E5E7EB", "#3C3E4B");
        return {
            maintainAspectRatio: false,
            animation: false,
            interaction: { mode: "nearest", intersect: true },
            onClick: (_event, [hit]) => hit && this.props.onOpen?.(hit.index, hit.datasetIndex),
            onHover: (event, hits) => {
                event.native.target.style.cursor = hits.length && this.props.onOpen ? "pointer" : "";
            },
            plugins: {
                legend: {
                    display: this.props.legend,
                    rtl,
                    position: "bottom",
                    labels: { color: text, boxWidth: 12, boxHeight: 12 },
                },
                tooltip: { rtl, textDirection: rtl ? "rtl" : "ltr", mode: "index", intersect: false },
            },
            scales: {
                x: {
                    stacked: this.props.stacked,
                    reverse: rtl,
                    grid: { display: false },
                    border: { color: grid },
                    ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 },
                },
                y: {
                    stacked: this.props.stacked,
                    position: rtl ? "right" : "left",
                    beginAtZero: true,
                    grid: { color: grid },
                    border: { display: false },
                    ticks: { color: text, precision: 0 },
                },
            },
        };
    }
}
