"""The dry run, as who maps the funnel reads it."""

from __future__ import annotations

from pathlib import Path

from .firm import Firm
from .screen import Screen

DRY_RUN = "/odoo/meta-funnel-board"


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
    screen.reads("would have sent 3 events (leads that came in or moved: 2).")
    screen.reads("Queued in fact: 3.")
    found = numbers(screen)
    assert ["Raw lead", "2", "2"] in found
    assert ["Qualified", "1", "1"] in found
    assert found[-1] == ["Lost (outside the funnel)", "0", "0"]
    screen.tab.photograph(album / "dry_run.png")

    screen.click("Last 30 days")
    screen.sees(".o_meta_period.active:last-child")
    assert numbers(screen) == found
    screen.click_on("tr[data-step=raw_lead-0] .o_meta_in_fact button")
    screen.sees(".o_list_view")
    assert len(screen.rows()) == 2
    screen.tab.run("() => history.back()")
    screen.click_on("tr[data-step=raw_lead-0] .o_meta_sent button")
    screen.reads("Submissions behind the number")
    assert len(screen.rows()) == 2
    screen.tab.run("() => history.back()")
    screen.click("Open the dataset")
    screen.sees(".o_form_view")


def test_a_line_is_changed_in_place_and_the_dry_run_tells_what_that_does(
    connected: Firm, album: Path
):
    connected.new_lead("Ana Acker")
    rep = connected.screen("rep")
    rep.go("/odoo/crm")
    rep.drag_card("Ana Acker", "Qualified")
    rep.column_shows("Qualified", "Ana Acker")

    screen = connected.screen("administrator")
    screen.go(DRY_RUN)
    screen.reads("the last 7 days would have sent 2 events")
    screen.click_on("[role=switch][aria-label='Report qualified']")
    screen.reads("the last 7 days would have sent 1 events")
    assert ["Qualified", "0", "1"] in numbers(screen)
    screen.reads("No rule for this step.")
    screen.reads("Meta will complain about this mapping.")
    screen.click_on("[role=switch][aria-label='Report New']")
    screen.sees("[role=switch][aria-label='Report new']")
    screen.tab.photograph(album / "funnel_board.png")

    screen = connected.screen("marketer")
    screen.go(DRY_RUN)
    screen.sees("[role=switch][aria-label='Report qualified']:disabled")


def rename(screen: Screen, name: str) -> None:
    """Type another name for the raw lead, and leave the field."""
    screen.click_on("tr[data-step=raw_lead-0] .o_meta_name")
    screen.tab.run("() => document.activeElement.select()")
    screen.tab.write(name)
    screen.click_on(".o_meta_summary")


def test_a_name_is_changed_in_place_and_one_that_is_refused_does_not_stay(
    connected: Firm,
):
    screen = connected.screen("administrator")
    screen.go(DRY_RUN)
    rename(screen, "form_filled_in")
    screen.sees("[role=switch][aria-label='Report form_filled_in']")
    assert "form_filled_in" in [rule["event_name"] for rule in connected.rules()]

    rename(screen, "Purchase")
    assert "refuses “Purchase” without a value" in screen.refusal()
    screen.sees("[role=switch][aria-label='Report form_filled_in']")
    shown = "() => document.querySelector('.o_meta_name').value"
    assert screen.tab.run(shown) == "form_filled_in"

    screen.click_on("tr[data-step=raw_lead-0] .o_meta_value")
    screen.sees(".modal [name=value_source]")
    screen.click_on(".modal .btn-close")
    screen.click_on("tr[data-step=raw_lead-0] .o_meta_add")
    screen.sees(".modal [name=team_id]")
    screen.reads("CRM dataset")
