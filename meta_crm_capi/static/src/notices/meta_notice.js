import { registry } from "@web/core/registry";
import { followEvents } from "./meta_follow";

let closeLast = () => {};

/**
 * Says the result of a button and closes what the button before it said: a trouble
 * that was mended does not stay on the screen beside the success. `follow` are events
 * whose answer is to show by itself.
 */
function showNotice(env, action) {
    const { follow, message, next, sticky, type } = action.params;
    closeLast();
    closeLast = env.services.notification.add(message, { sticky, type });
    if (follow) {
        followEvents(follow);
    }
    return next;
}

registry.category("actions").add("meta_crm_capi.notice", showNotice);
