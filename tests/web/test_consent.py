"""A person says no to Meta, and the screens show what that means."""

from __future__ import annotations

from .firm import Firm


def test_a_rep_notes_a_no_on_the_lead_and_what_waited_is_cancelled(connected: Firm):
    meta_id = connected.new_lead("Ana Acker")
    rep = connected.screen("rep")
    rep.go("/odoo/crm")
    rep.click_on(".o_kanban_record")
    rep.sees("[name='meta_consent']")
    rep.click_on("[name='meta_consent'] input")
    rep.click("No")
    rep.save()
    assert connected.events(meta_id) == [("initial_lead", "cancelled")]
    connected.run_cron("deliver")
    assert connected.counted() == []


def test_an_administrator_switches_the_funnel_policies(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.turn_to("Funnel policies")
    screen.reads("Meta gets an event for each lost lead")
    screen.click_on("[name='report_lost'] input")
    screen.save()
    screen.turn_to("Funnel-stage mapping")
    screen.sees("tr.text-muted")
    (row,) = [words for words in screen.rows() if "Lost" in words]
    assert "lost" in row
    assert "lost" not in [rule["event_name"] for rule in connected.rules()]
