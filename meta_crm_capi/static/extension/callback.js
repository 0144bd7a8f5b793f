/**
 * Runs in the window that came back from Meta: tells the Odoo that opened it and closes.
 * A channel and not the opener: Meta's pages may have cut the bond between the windows.
 */
(() => {
    const connected = Boolean(document.currentScript.dataset.connected);
    new BroadcastChannel("meta_crm_capi.extension").postMessage({ connected });
    if (connected) {
        window.close();
    }
})();
