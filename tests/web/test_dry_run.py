"""The dry run, as who maps the funnel reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.workbench import Workbench

from .firm import Firm
from .screen import Screen

DRY_RUN = "/odoo/meta-dry-run"


@pytest.fixture
def album(workbench: Workbench) -> Path:
    """Where the screens are kept as they looked."""
    folder = workbench.layout.root / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


def numbers(screen: Screen) -> list[list[str]]:
    """``[step, would be sent, queued in fact]`` of each line of the table."""
    return screen.tab.run(
        "() => [...document.querySelectorAll('.o_meta_dry_run tbody tr')].map((row) =>"
        " ['th', '.o_meta_sent', '.o_meta_in_fact'].map("
        "(part) => row.querySelector(part).innerText.trim()))"
    )


def test_without_a_dataset_it_says_what_to_add(firm: Firm):
    screen = firm.screen("administrator")
    screen.go(DRY_RUN)
    screen.reads("No dataset yet")
    screen.click("Add a dataset")
    screen.sees(".o_list_view")


def test_the_mapping_is_tried_on_the_moves_of_the_last_days(
    connected: Firm, album: Path
):
    for name in ("Ana Acker", "Ben Bauer"):
        connected.new_lead(name)
    rep = connected.screen("rep")
    rep.go("/odoo/crm")
    rep.drag_card("Ben Bauer", "Qualified")
    rep.column_shows("Qualified", "Ben Bauer")

    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.click_on("button.oe_stat_button .fa-flask")
    screen.reads("the moves of 2 leads would have sent 3 events.")
    screen.reads("In fact 3 were queued.")
    found = numbers(screen)
    assert found[:1] + found[-4:-3] == [["Raw lead", "2", "2"], ["Qualified", "1", "1"]]
    assert found[-1] == ["Lost (at the side)", "0", "0"]
    screen.tab.photograph(album / "dry_run.png")

    screen.click("Last 30 days")
    screen.sees(".o_meta_period.active:last-child")
    assert numbers(screen) == found
    screen.click("Change the mapping")
    screen.sees(".o_form_view")
