import { onWillStart, useState } from "@odoo/owl";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";

/**
 * What a screen about one dataset and a period of days stands on: what the server found
 * for the two, read again when either changes. Both are kept for when the reader comes
 * back; the action's context may name the dataset in `active_dataset_id`.
 *
 * @param {Object} props of the client action
 * @param {string} method of `meta.capi.dataset`, given the dataset's id or false, and
 *  the days; what it returns names the dataset that it chose in `dataset`
 * @param {number} days to begin with
 * @returns {Object} `state` (`datasetId`, `days`, `found`, `isLoading`) and what changes
 *  or opens it: `load`, `showDataset`, `showDays`, `openDataset`, `openDatasets`
 */
export function useDatasetScreen(props, method, days) {
    const action = useService("action");
    const orm = useService("orm");
    const keepLast = new KeepLast();
    const left = props.state || {};
    const context = props.action.context || {};
    const state = useState({
        datasetId: left.datasetId || context.active_dataset_id || false,
        days: left.days || days,
        found: null,
        isLoading: false,
    });
    useSetupAction({
        getLocalState: () => ({ datasetId: state.datasetId, days: state.days }),
    });

    async function load() {
        state.isLoading = true;
        try {
            const found = await keepLast.add(
                orm.call("meta.capi.dataset", method, [state.datasetId, state.days])
            );
            state.found = found;
            state.datasetId = found.dataset && found.dataset.id;
        } finally {
            state.isLoading = false;
        }
    }
    onWillStart(load);

    return {
        state,
        load,
        showDataset(ev) {
            state.datasetId = parseInt(ev.target.value);
            return load();
        },
        showDays(number) {
            state.days = number;
            return load();
        },
        openDataset() {
            return action.doAction({
                type: "ir.actions.act_window",
                res_model: "meta.capi.dataset",
                res_id: state.datasetId,
                views: [[false, "form"]],
            });
        },
        openDatasets() {
            return action.doAction("meta_crm_capi.meta_capi_dataset_action");
        },
    };
}
