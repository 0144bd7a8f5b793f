/**
 * Clicks, and gives the milliseconds (null while there is nothing to click on) until the new screen is whole: what is to be seen is
 * there, in another element than before, and for two frames nothing is asked of Odoo.
 */
async (finder, words, whole) => {
    const MOST_MS = 15000;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const element = finders[finder](words);
    if (!element || window.pending) {
        return null;
    }
    const old = new Set(document.querySelectorAll(whole));
    // Looked at only when nothing is pending, and one element: looking costs time too.
    const isThere = () => {
        const found = [...document.querySelectorAll(whole)].find((one) => !old.has(one));
        return found && found.getClientRects().length > 0;
    };
    const isWhole = () =>
        !window.pending && !document.querySelector(".o_loading_indicator") && isThere();
    const start = performance.now();
    element.click();
    while (performance.now() - start < MOST_MS) {
        await frame();
        if (isWhole()) {
            const took = performance.now() - start;
            await frame();
            if (isWhole()) {
                return took;
            }
        }
    }
    throw new Error(`not whole within ${MOST_MS} ms: ${words}`);
}
