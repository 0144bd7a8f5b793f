"""Odoo's screens as a person uses them: menus, labels, buttons, rows and cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .chromium import PageError, Tab

#: As many elements of a screen, and of the menu above it, may have the focus.
MOST_TABS = 120
FINDERS = Path(__file__).with_name("finders.js").read_text()


class Screen:
    """What one signed-in user sees and does.

    Every step waits until what it needs is there, and fails at once when Odoo shows
    an error dialog.
    """

    def __init__(self, tab: Tab, url: str, session_id: str) -> None:
        self.tab = tab
        self.url = url
        self._is_open = False
        self._received = ""
        tab.call("Page.addScriptToEvaluateOnNewDocument", source=FINDERS)
        tab.set_cookie(url, "session_id", session_id)

    # --- moving about -----------------------------------------------------

    def go(self, path: str) -> None:
        """Open an address of this Odoo, such as ``/odoo/crm``."""
        self._leave_for(path)
        self._find("selector", ".o_main_navbar")

    def open(self, xml_id: str) -> None:
        """Open an action by its XML id."""
        self.go(f"/odoo/action-{xml_id}")
        self._find("selector", ".o_action_manager .o_view_controller")

    def menu(self, *path: str) -> None:
        """Choose an entry of the menu bar: ``menu("Reporting", "Events")``."""
        for entry in path:
            self._click("menu", entry)
        self._find("title", path[-1])

    def menus(self, entry: str) -> list[str]:
        """Every entry below an entry of the menu bar."""
        self._click("menu", entry)
        self._find("selector", ".o-dropdown--menu")
        found = self.tab.run(
            "() => finders.all('.o-dropdown--menu *', document)"
            ".filter((element) => !element.children.length).map(finders.words)"
        )
        self.tab.press("Escape", 27)
        return found

    def click(self, words: str) -> None:
        """Click a button by its words."""
        self._click("button", words)

    def click_on(self, selector: str) -> None:
        """Click the first element that a CSS selector finds."""
        self._click("selector", selector)

    def turn_to(self, page: str) -> None:
        """Open a page of a form's notebook."""
        self._click("tab", page)

    def open_row(self, words: str) -> None:
        """Open the form of the row that shows these words."""
        self._click("row", words)
        self._find("selector", ".o_form_view.o_view_controller")

    def edit_row(self, words: str) -> None:
        """Start editing the row of an editable list that shows these words."""
        self._click("row", words)
        self._find("selector", ".o_selected_row")

    def open_card(self, words: str) -> None:
        """Open the form of the kanban card with these words."""
        self._click("card", words)
        self._find("selector", ".o_form_view.o_view_controller")

    def drag_card(self, words: str, column: str) -> None:
        """Drag the kanban card with these words to another column."""
        target = self._place("column", column)
        self.tab.drag(self._place("card", words), target)

    def toggle(self, words: str) -> None:
        """Switch the toggle in the row of a list that shows these words."""
        self._click("toggle", words)

    # --- filling in -------------------------------------------------------

    def fill(self, label: str, value: str) -> None:
        """Type into the field with this label."""
        self._type("input", label, value)

    def fill_cell(self, column: str, value: str) -> None:
        """Type into a cell of the row that is being edited, by the column's field."""
        self._type("cell", column, value)

    def choose(self, label: str, value: str) -> None:
        """Choose a record for the field with this label."""
        self.fill(label, value)
        self._take(value)

    def choose_cell(self, column: str, value: str) -> None:
        """Choose a record in a cell of the row that is being edited."""
        self.fill_cell(column, value)
        self._take(value)

    def value(self, label: str) -> str:
        """What the input with this label holds."""
        self._find("input", label)
        return self.tab.run("(label) => finders.input(label).value", label)

    def save(self) -> None:
        """Save the form with its button and wait until that is done."""
        self._click("selector", ".o_form_button_save")
        self._await(
            "() => finders.all('.o_form_saved').length"
            " || !finders.all('.o_form_button_save').length",
            what="the form to be saved",
        )

    # --- by the keyboard --------------------------------------------------

    def tab_to(self, selector: str) -> None:
        """Press Tab until an element that a CSS selector finds has the focus.

        :raise PageError: when it is not reached
        """
        for _number in range(MOST_TABS):
            self.tab.press("Tab", 9)
            if self.tab.run(
                "(selector) => document.activeElement.matches(selector)", selector
            ):
                return
        raise PageError(f"Tab does not lead to {selector}")

    def type_into(self, selector: str, value: str) -> None:
        """Go to an input with Tab and type over what is in it."""
        self.tab_to(selector)
        self.tab.run("() => document.activeElement.select?.()")
        self.tab.write(value)

    # --- reading ----------------------------------------------------------

    def reads(self, words: str) -> None:
        """Wait until these words can be read."""
        self._await(
            "(words) => finders.says(words)",
            words,
            what=f"“{words}” to be read",
        )

    def words(self) -> str:
        """Everything that can be read now."""
        return self.tab.run("() => finders.words(document.body)")

    def shown(self, name: str) -> str:
        """What a read-only field of this name shows."""
        self._find("field", name)
        return self.tab.run("(name) => finders.words(finders.field(name))", name)

    def refused_at(self, xml_id: str) -> str:
        """Try to open an action that is not for this user; gives Odoo's words."""
        self._leave_for(f"/odoo/action-{xml_id}")
        return self.refusal()

    def refusal(self) -> str:
        """Wait for Odoo to refuse something; gives its words and closes the dialog."""
        said = self.tab.wait(
            "() => finders.refusal() && finders.words(finders.refusal())",
            what="a refusal",
        )
        self.tab.run(
            "() => finders.refusal().querySelector('.modal-footer button').click()"
        )
        self.tab.wait("() => !finders.refusal()", what="the end of the refusal")
        return said

    def received(self) -> str:
        """Everything that Odoo's server ever answered to this browser's calls."""
        self._received += self.tab.run("() => window.received.splice(0).join('\\n')")
        return self._received

    def source(self) -> str:
        """The page's whole document with what is typed in its inputs."""
        return self.tab.run(
            "() => document.documentElement.outerHTML"
            " + [...document.querySelectorAll('input, textarea')]"
            ".map((input) => input.value).join('\\n')"
        )

    def rows(self) -> list[str]:
        """The words of each row of the list."""
        return self.tab.run("() => finders.all('tr.o_data_row').map(finders.words)")

    def column_holds(self, column: str, count: int) -> None:
        """Wait until there are so many cards in this column."""
        self._await(
            "(column, count) => count ==="
            " finders.all('.o_kanban_record', finders.column(column)).length",
            column,
            count,
            what=f"{count} cards in the column {column}",
        )

    def column_shows(self, column: str, words: str) -> None:
        """Wait until a card with these words is in this column."""
        self._await(
            "(column, words) => finders.all('.o_kanban_record', finders.column(column))"
            ".some((card) => finders.words(card).includes(words))",
            column,
            words,
            what=f"“{words}” in the column {column}",
        )

    def sees(self, selector: str) -> None:
        """Wait until there is such an element."""
        self._find("selector", selector)

    def has(self, selector: str) -> bool:
        """Whether there is such an element now."""
        return self.tab.run("(selector) => !!finders.selector(selector)", selector)

    # --- how it is done ---------------------------------------------------

    def photograph(self, path: Path, height: int) -> None:
        """Save the whole screen, as on a display that is high enough for it (px)."""
        size = {"width": 1366, "deviceScaleFactor": 1, "mobile": False}
        self.tab.call("Emulation.setDeviceMetricsOverride", height=height, **size)
        self.tab.run("() => new Promise((done) => setTimeout(done, 500))")
        self.tab.photograph(path)
        self.tab.call("Emulation.setDeviceMetricsOverride", height=900, **size)

    def _leave_for(self, path: str) -> None:
        """Go to another document, which forgets what this one received."""
        if self._is_open:
            self.received()
        self.tab.go(f"{self.url}{path}")
        self._is_open = True

    def _await(self, script: str, *arguments: Any, what: str) -> Any:
        watched = f"(...words) => finders.unlessRefused(({script})(...words))"
        found = self.tab.wait(watched, *arguments, what=what)
        if "error" in found:
            raise PageError(f"waiting for {what}, Odoo said: {found['error']}")
        return found["value"]

    def _find(self, finder: str, *words: str) -> None:
        self._await(
            "(finder, words) => !!finders[finder](...words)",
            finder,
            words,
            what=f"{finder} {' '.join(words)}",
        )

    def _place(self, finder: str, *words: str) -> tuple[float, float]:
        x, y = self._await(
            "(finder, words) => finders.place(finder, words)",
            finder,
            words,
            what=f"{finder} {' '.join(words)} to click on",
        )
        return x, y

    def _click(self, finder: str, *words: str) -> None:
        self.tab.click_at(*self._place(finder, *words))

    def _take(self, suggestion: str) -> None:
        self._await("() => finders.suggested()", what="suggestions")
        self._click("suggestion", suggestion)

    def _type(self, finder: str, where: str, value: str) -> None:
        self._click(finder, where)
        self.tab.run("() => document.activeElement.select?.()")
        self.tab.write(value)
