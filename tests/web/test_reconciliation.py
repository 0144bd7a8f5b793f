"""The reconciliation, as a marketer and an administrator see it."""

from __future__ import annotations

import time
from pathlib import Path

from .firm import Firm
from .screen import Screen

RECONCILIATION = "/odoo/meta-reconciliation"


def look(firm: Firm, role: str = "administrator") -> Screen:
    firm.rest_crons()
    screen = firm.screen(role)
    screen.go(RECONCILIATION)
    screen.sees(".o_meta_reconciliation .container-fluid > *")
    return screen


def photograph(screen: Screen, path: Path, height: int = 1000) -> None:
    screen.photograph(path, height)
    assert screen.tab.run(
        "() => [...document.querySelectorAll('.o_meta_reconciliation .o_content')]"
        ".every((element) => element.scrollWidth <= element.clientWidth)"
    )


def numbers(screen: Screen) -> list[str]:
    """The four numbers, with what stands between them."""
    return screen.tab.run(
        "() => finders.all('.o_meta_numbers .o_meta_card_value,"
        " .o_meta_numbers .o_meta_sign').map(finders.words)"
    )


def count_at_meta(firm: Firm, screen: Screen) -> None:
    screen.click("Count at Meta")
    screen.reads("Meta is being asked")
    firm.run_cron("count")
    screen.reads("Counted")


def at_meta(firm: Firm, days: float = 1) -> str:
    """A lead that Meta has and Odoo was never told of."""
    return firm.meta.create_lead(
        firm.form_id,
        {"full_name": "Ben Bauer", "email": "ben@example.com"},
        created_time=int(time.time() - days * 86400),
    )


def test_who_has_no_connection_is_told_what_to_do(firm: Firm, album: Path):
    screen = look(firm)
    screen.reads("Meta is not connected yet")
    photograph(screen, album / "reconciliation_start.png", 700)
    screen.click("Connect Meta")
    screen.sees(".o_form_view.o_view_controller")

    screen = look(firm, "marketer")
    screen.reads("Ask a Meta administrator to connect it.")


def test_before_meta_is_asked_its_number_is_not_guessed(connected: Firm, album: Path):
    screen = look(connected)

    screen.reads("Not counted yet")
    screen.reads("Meta was not asked yet which leads it has in this period: press")
    assert numbers(screen) == ["?", "?", "0", "=", "0", "=", "0"]
    photograph(screen, album / "reconciliation_empty.png", 700)


def test_all_is_equal_once_everything_was_told(connected: Firm, album: Path):
    connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    screen = look(connected)
    count_at_meta(connected, screen)

    screen.reads("Everything is equal.")
    assert numbers(screen) == ["1", "=", "1", "=", "1", "=", "1"]
    photograph(screen, album / "reconciliation_equal.png", 700)


def test_a_difference_is_opened_and_healed_by_its_button(connected: Firm, album: Path):
    connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    missing = at_meta(connected, days=3)
    screen = look(connected)
    count_at_meta(connected, screen)

    screen.reads("There are differences to be mended")
    assert numbers(screen) == ["2", "≠", "1", "=", "1", "=", "1"]
    photograph(screen, album / "reconciliation_missing.png")
    screen.click_on("[data-key='missing'] .o_meta_cause_count")
    screen.sees(".o_list_view.o_view_controller")
    assert missing in screen.rows()[0]
    screen.tab.run("() => history.back()")
    screen.sees("[data-key='missing']")

    screen.click("Fetch them")
    screen.reads("Leads to be read from Meta within a minute: 1.")
    screen.reads("Waiting to be read")
    connected.run_cron("fetch")
    screen.click("Refresh")
    screen.reads("Waiting to be sent")
    photograph(screen, album / "reconciliation_waiting.png")
    connected.run_cron("deliver")
    screen.click("Refresh")
    screen.reads("Everything is equal.")
    assert numbers(screen) == ["2", "=", "2", "=", "2", "=", "2"]


def test_a_marketer_sees_the_causes_without_the_buttons(connected: Firm, album: Path):
    connected.new_lead("Ana Acker")
    screen = look(connected, "marketer")

    screen.reads("Waiting to be sent")
    screen.reads("A Meta administrator has a button here")
    assert not screen.has(".o_meta_count")
    assert not screen.has(".o_meta_cause .btn-secondary, .o_meta_cause .btn-primary")
    photograph(screen, album / "reconciliation_marketer.png")


def test_what_meta_refuses_is_said_and_the_number_stays_unknown(
    connected: Firm, album: Path
):
    connected.meta.script_named("bad_token", f"GET /{connected.form_id}/leads")
    connected.meta.script_named("bad_token", f"GET /{connected.form_id}/leads")
    screen = look(connected)
    screen.click("Count at Meta")
    screen.reads("Meta is being asked")
    connected.run_cron("count")

    screen.reads("Meta did not give its leads.")
    assert numbers(screen)[0] == "?"
    photograph(screen, album / "reconciliation_refused.png", 800)
    count_at_meta(connected, screen)
    assert numbers(screen)[0] == "0"


def test_a_form_shows_its_own_causes(connected: Firm):
    connected.new_lead("Ana Acker")
    screen = look(connected)
    screen.click_on("[aria-label='Differences: Spring offer']")
    screen.sees(".o_meta_by_form .o_meta_cause[data-key='queued']")
    screen.click_on(".o_meta_by_form .o_meta_cause_count")
    screen.sees(".o_list_view.o_view_controller")

    assert "initial_lead" in screen.rows()[0]


def test_period_and_form_are_kept_in_the_address(connected: Firm):
    connected.new_lead("Ana Acker")
    screen = look(connected)
    screen.click("90 days")
    screen.sees(".btn-group .active[aria-pressed='true']")
    screen.tab.wait(
        "() => location.search.includes('days=90')", what="the period in the address"
    )
    screen.tab.run(
        """() => {
            const select = document.querySelector(".o_meta_forms");
            select.value = [...select.options].at(-1).value;
            select.dispatchEvent(new Event("change"));
        }"""
    )
    screen.tab.wait(
        "() => location.search.includes('form_id=')", what="the form in the address"
    )
    screen.tab.run("() => { window.isOld = true; location.reload(); }")
    screen.tab.wait(
        "() => !window.isOld && finders.selector('.btn-group .active')"
        ".innerText === '90 days'",
        what="the period after the page was loaded anew",
    )
    assert "form" in screen.tab.run("() => finders.selector('.o_meta_forms').value")


def test_two_days_can_be_chosen(connected: Firm):
    connected.new_lead("Ana Acker")
    screen = look(connected)
    screen.reads("Waiting to be sent")
    screen.tab.run(
        """() => {
            const input = document.querySelector(".o_meta_first");
            input.value = "2026-01-05";
            input.dispatchEvent(new Event("change"));
        }"""
    )
    screen.tab.wait(
        "() => location.search.includes('first=2026-01-05')", what="the chosen day"
    )
    assert not screen.has(".o_meta_reconciliation .btn-group .active")


def test_a_rep_has_no_menu_of_it(connected: Firm):
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    assert "Reconciliation" not in screen.menus("Reporting")
