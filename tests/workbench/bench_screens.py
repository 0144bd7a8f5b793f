"""How long a screen takes from the click to the whole of it, with 100,000 events.

A real server, a real Chromium, the web client loaded. Each screen is opened once, so
that what the browser keeps is there, and then five times, each time from the pipeline.

``python -m tests.workbench.bench_screens CONFIG URL DATABASE ODOO``
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from odoo.tools import config

from tests.web.chromium import Chromium
from tests.web.firm import SignedIn
from tests.web.screen import Screen

from .bench_events import Scene
from .bench_screens_past import fill
from .layout import Layout
from .odoo_server import LOGIN, PASSWORD

ROUNDS = 5
#: In the page: click, and wait until the new screen is there and nothing is asked of
#: the server any more, in two frames one after the other. Milliseconds.
OPEN = Path(__file__).with_name("bench_screens.js").read_text()


@dataclass(frozen=True)
class Opening:
    """What is clicked on, and what is there when the screen is whole.

    :param menu: entries of the menu bar, the last one being timed
    :param before: a selector that opens a form before the clock runs; else nothing
    :param click: a selector that is clicked on and timed, after the menu was opened
    """

    whole: str
    menu: tuple[str, ...]
    before: str = ""
    click: str = ""


LIST = ".o_list_view .o_data_row"
FORM = ".o_form_view .o_form_sheet"
ROW = ".o_data_row .o_data_cell:not(.o_list_button)"
CARD = ".o_kanban_record"
PIPELINE = ("Sales", "My Pipeline")
SCREENS = {
    "overview": Opening(".o_meta_totals", ("Reporting", "Overview")),
    "reconciliation": Opening(".o_meta_form_row", ("Reporting", "Reconciliation")),
    "funnel_doctor": Opening(".o_meta_milestone", ("Reporting", "Funnel doctor")),
    "funnel_board": Opening(".o_meta_steps", ("Configuration", "Funnel board")),
    "setup": Opening(".o_meta_setup_step", ("Configuration", "Setup")),
    "connections": Opening(LIST, ("Configuration", "Connections")),
    "pages": Opening(LIST, ("Configuration", "Pages")),
    "forms": Opening(LIST, ("Configuration", "Forms")),
    "datasets": Opening(LIST, ("Configuration", "Datasets")),
    "mapping": Opening(LIST, ("Configuration", "Funnel-stage mapping")),
    "events": Opening(LIST, ("Reporting", "Events")),
    "submissions": Opening(LIST, ("Reporting", "Submissions")),
    "sync_log": Opening(LIST, ("Reporting", "Sync log")),
    "quality": Opening(LIST, ("Reporting", "Quality")),
    "chats": Opening(LIST, ("Reporting", "Chats from ads")),
    "chat_accounts": Opening(LIST, ("Configuration", "Chat accounts")),
    "past_steps": Opening(LIST, ("Reporting", "Report past steps")),
    "pipeline": Opening(CARD, PIPELINE),
    "connection_form": Opening(FORM, ("Configuration", "Connections"), click=ROW),
    "dataset_form": Opening(FORM, ("Configuration", "Datasets"), click=ROW),
    "form_form": Opening(FORM, ("Configuration", "Forms"), click=ROW),
    "event_form": Opening(FORM, ("Reporting", "Events"), click=ROW),
    "chat_account_form": Opening(FORM, ("Configuration", "Chat accounts"), click=ROW),
    "past_steps_form": Opening(
        ".o_meta_backfill tbody tr", ("Reporting", "Report past steps"), click=ROW
    ),
    "lead_form": Opening(FORM, PIPELINE, click=CARD),
    "lead_meta_tab": Opening(
        ".o_meta_steps .o_kanban_record",
        PIPELINE,
        before=CARD,
        click=".nav-link[name='meta']",
    ),
}


def main(config_file: str, url: str, database: str, odoo_url: str) -> None:
    """Measure and print one line of JSON."""
    config.parse_config(["--config", config_file, "--log-level", "error"])
    fill(Scene(database, url))
    session = SignedIn(odoo_url, database, LOGIN, PASSWORD)
    session.build_assets()
    figures = {}
    with Chromium(Layout.of_this_clone()) as chromium, chromium.tab() as tab:
        screen = Screen(tab, odoo_url, session.cookie)
        screen.go("/odoo/crm")
        screen.sees(CARD)
        for name, opening in SCREENS.items():
            # The first time the browser fetches what only this screen needs.
            times = [open_screen(screen, opening) for _round in range(1 + ROUNDS)]
            figures[f"screen_open_ms_{name}"] = statistics.median(times[1:])
            print(f"{name}: {[round(time) for time in times]}", flush=True)
        if tab.unforeseen():
            raise AssertionError(f"the console says: {tab.unforeseen()[0]}")
    print(json.dumps(figures))


def open_screen(screen: Screen, opening: Opening) -> float:
    """Open a screen once, from another one; the milliseconds that it took."""
    leave(screen, opening)
    if not opening.click:
        for entry in opening.menu[:-1]:
            screen._click("menu", entry)
        screen._find("menu", opening.menu[-1])
        return time_click(screen, "menu", opening.menu[-1], opening.whole)
    for entry in opening.menu:
        screen._click("menu", entry)
    if opening.before:
        time_click(screen, "selector", opening.before, FORM)
    screen._find("selector", opening.click)
    return time_click(screen, "selector", opening.click, opening.whole)


def leave(screen: Screen, opening: Opening) -> None:
    """Go where no screen begins that is measured: to the sales teams."""
    screen._click("menu", "Sales")
    screen._click("menu", "Teams")
    screen._find("title", "Teams")


def time_click(screen: Screen, finder: str, words: str, whole: str) -> float:
    """Click, and wait for the whole of what that opens; milliseconds."""
    return screen.tab.wait(OPEN, finder, words, whole, what=f"{words} to open")


if __name__ == "__main__":
    main(*sys.argv[1:])
