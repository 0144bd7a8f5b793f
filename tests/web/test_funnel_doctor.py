"""The funnel doctor, as a marketer reads it."""

from __future__ import annotations

from .firm import Firm
from .screen import Screen

DOCTOR = "meta_crm_capi.meta_funnel_doctor_action"


def open_doctor(firm: Firm, role: str = "marketer") -> Screen:
    screen = firm.screen(role)
    screen.go(f"/odoo/action-{DOCTOR}")
    screen.sees(".o_meta_funnel_doctor")
    return screen


def statuses(screen: Screen) -> list[str]:
    return screen.tab.run(
        "() => [...document.querySelectorAll('.o_meta_milestone')]"
        ".map((one) => one.dataset.status)"
    )


def test_without_a_dataset_the_doctor_says_what_to_add(firm: Firm):
    screen = open_doctor(firm, "administrator")
    screen.reads("No dataset yet")
    screen.click("Add a dataset")
    screen.sees(".o_list_view")


def test_before_the_first_lead_everything_is_still_to_do(connected: Firm):
    screen = open_doctor(connected)
    screen.reads("There were no Meta leads in this period.")
    screen.reads("Meta has accepted nothing yet.")
    assert statuses(screen) == ["done", "now", "later", "later", "later", "later"]


def test_each_number_opens_what_it_counts(connected: Firm):
    for name in ("Ana Acker", "Ben Bauer", "Cem Cakir"):
        connected.new_lead(name)
    rep = connected.screen("rep")
    rep.go("/odoo/crm")
    rep.drag_card("Ben Bauer", "Qualified")
    rep.column_shows("Qualified", "Ben Bauer")
    connected.run_cron("deliver")
    screen = open_doctor(connected)
    screen.reads("100 % (3 of 3)")
    screen.reads("Optimise for “qualified”")
    assert statuses(screen) == ["done", "done", "now", "later", "later", "later"]

    screen.click_on("tr[data-event=qualified] .o_meta_open")
    screen.sees(".o_list_view")
    assert len(screen.rows()) == 1


def test_the_step_that_was_chosen_at_meta_is_entered_on_the_dataset(connected: Firm):
    screen = open_doctor(connected, "administrator")
    screen.click_on(".o_meta_milestone[data-key=funnel] button")
    screen.sees(".o_form_view")
    screen.choose("Optimised for", "qualified")
    screen.save()
    screen.click_on("button.oe_stat_button .fa-stethoscope")
    screen.sees(".o_meta_funnel_doctor")
    screen.reads("Chosen at Meta")
    assert statuses(screen)[3] == "falls_short"
