import { registry } from "@web/core/registry";

let closeLast = () => {};

/**
 * Says the result of a button and closes what the button before it said: a trouble
 * that was mended does not stay on the screen beside the success.
 */
function showNotice(env, action) {
    const { message, next, sticky, type } = action.params;
    closeLast();
    closeLast = env.services.notification.add(message, { sticky, type });
    return next;
}

registry.category("actions").add("meta_crm_capi.notice", showNotice);
