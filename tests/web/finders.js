/**
 * What a person finds on Odoo's screens by reading, for tests/web/screen.py.
 * Each function gives an element, or undefined.
 */
window.received = [];
window.pending = 0;
XMLHttpRequest.prototype.send = new Proxy(XMLHttpRequest.prototype.send, {
    apply: (send, request, given) => {
        window.pending += 1;
        request.addEventListener("loadend", () => (window.pending -= 1));
        request.addEventListener("load", () => {
            if (["", "text"].includes(request.responseType)) {
                window.received.push(request.responseText);
            }
        });
        return Reflect.apply(send, request, given);
    },
});

window.finders = (() => {
    const seen = (element) =>
        element && element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
    const words = (element) => element.innerText.replace(/\s+/g, " ").trim();
    /** Where a person looks: the topmost dialog, else the page. */
    const front = () =>
        [...document.querySelectorAll(".o_dialog .modal-content")].filter(seen).at(-1) || document.body;
    const all = (selector, root = front()) => [...root.querySelectorAll(selector)].filter(seen);
    const reads = (text) => (element) => words(element).toLowerCase() === text.toLowerCase();

    const finders = {
        words,
        all,
        front,
        selector: (selector) => all(selector)[0],
        button: (text) => all("button, a.btn, a[role=button], .dropdown-item").find(reads(text)),
        menu: (text) =>
            all(".o_main_navbar button, .o_main_navbar a, .o-dropdown--menu a", document).find(reads(text)),
        /** The last part of the breadcrumbs, when it reads so. */
        title: (text) => all(".o_breadcrumb .o_last_breadcrumb_item").find(reads(text)),
        tab: (text) => all(".o_notebook .nav-link").find(reads(text)),
        /** The input beside a label of a form. */
        input: (label) => {
            const found = all("label.o_form_label:not(.form-check-label)").find(
                (element) => words(element).replace(/\s*\?$/, "").toLowerCase() === label.toLowerCase()
            );
            if (!found) {
                return undefined;
            }
            const byId = document.getElementById(found.htmlFor);
            if (seen(byId)) {
                return byId;
            }
            // Of two inputs with one label, only one is shown.
            const name = found.htmlFor.replace(/_\d+$/, "");
            return all(`[name='${name}'] input, [name='${name}'] textarea`)[0];
        },
        /** The cell in a column (by field name) of the row that is being edited. */
        cell: (name) => all(`.o_selected_row [name='${name}'] input, .o_selected_row [name='${name}'] select`)[0],
        suggestion: (text) =>
            all(".o-autocomplete--dropdown-item", document).find((element) => words(element).startsWith(text)),
        /** Whether the suggestions are those for what was typed: they come a while after. */
        suggested: async () => {
            const read = () => all(".o-autocomplete--dropdown-item", document).map(words).join();
            const before = read();
            await new Promise((done) => setTimeout(done, 400));
            return before && read() === before;
        },
        /** Where to click to open a row: its cell with these words. */
        row: (text) => {
            const row = all("tr.o_data_row").find((element) => words(element).includes(text));
            const cells = row && [...row.querySelectorAll("td.o_data_cell")];
            return cells && (cells.find((cell) => words(cell).includes(text)) || cells[0]);
        },
        toggle: (text) =>
            all("tr.o_data_row")
                .find((element) => words(element).includes(text))
                ?.querySelector(".o_field_boolean_toggle input"),
        field: (name) => all(`.o_field_widget[name='${name}']`)[0],
        /** The dialog in which Odoo says no. */
        refusal: () => all(".o_error_dialog", document)[0],
        card: (text) => all(".o_kanban_record").find((element) => words(element).includes(text)),
        column: (title) =>
            all(".o_kanban_group").find((element) => {
                const header = element.querySelector(".o_column_title");
                return header && words(header).startsWith(title);
            }),

        /** Whether something can be read, headings in capitals or not. */
        says: (text) => words(document.body).toLowerCase().includes(text.toLowerCase()),
        /** A value to wait for, or Odoo's words when it refuses instead. */
        unlessRefused: async (wanted) => {
            const dialog = all(".o_error_dialog", document)[0];
            const value = await wanted;
            if (dialog) {
                return { error: words(dialog) };
            }
            // While Odoo's server is asked for something, the screen is not final.
            return value && !window.pending && { value };
        },
        /** The middle of an element once it stands still and nothing covers it. */
        place: async (finder, given) => {
            const element = finders[finder](...given);
            if (!element || element.disabled) {
                return null;
            }
            element.scrollIntoView({ block: "center", inline: "center" });
            const before = element.getBoundingClientRect();
            await new Promise((done) => setTimeout(done, 50));
            const box = element.getBoundingClientRect();
            if (box.x !== before.x || box.y !== before.y) {
                return null;
            }
            const middle = [box.x + box.width / 2, box.y + box.height / 2];
            const top = document.elementFromPoint(...middle);
            return top && (element.contains(top) || top.contains(element)) ? middle : null;
        },
    };
    return finders;
})();
