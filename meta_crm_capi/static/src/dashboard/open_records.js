import { useService } from "@web/core/utils/hooks";

/**
 * Opens the records behind a number.
 *
 * @returns {function({model: string, id?: number, domain?: Array, name?: string}): Promise}
 *  with `id` the record's form, else the list of what the domain finds
 */
export function useOpenRecords() {
    const action = useService("action");
    return ({ model, id, domain, name }) => {
        const opened = { type: "ir.actions.act_window", name, res_model: model };
        if (id) {
            return action.doAction({ ...opened, res_id: id, views: [[false, "form"]] });
        }
        return action.doAction({
            ...opened,
            domain,
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    };
}
