"""A lead's Meta tab, its icon on the card, and the sync log, as people use them."""

from __future__ import annotations

from .firm import Firm
from .test_working import EXPIRED, TOO_OLD, refuse_next

ICON = ".o_field_meta_sync_icon i"


def move(firm: Firm, meta_id: str, stage: str) -> int:
    """The rep moves the lead to a stage; gives the lead's id."""
    rep = firm.session("rep")
    (lead,) = rep("crm.lead", "search", [("meta_lead_id", "=", meta_id)])
    (found,) = rep("crm.stage", "search", [("name", "=", stage)])
    rep("crm.lead", "write", [lead], {"stage_id": found})
    return lead


def open_tab(firm: Firm, role: str, lead: int):
    screen = firm.screen(role)
    screen.go(f"/odoo/crm.lead/{lead}")
    screen.turn_to("Meta")
    return screen


def test_the_tab_tells_where_a_lead_came_from_and_what_became_of_each_step(
    connected: Firm,
):
    meta_id = connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    move(connected, meta_id, "Qualified")
    refuse_next(connected, TOO_OLD)
    connected.run_cron("deliver")
    lead = move(connected, meta_id, "New")
    screen = open_tab(connected, "administrator", lead)

    screen.reads("Spring offer Sunny Roofs")
    screen.reads("Campaign one › Ad set one › Ad one")
    screen.reads("Full name Ana Acker")
    screen.reads("Raw lead initial_lead Accepted")
    screen.reads("Accepted by Meta")
    screen.reads("Event Timestamp Too Old")
    screen.reads("Trace ID: AbCdEfGhIjKlMnOp")
    screen.reads("Moved back: backward moves are not reported.")
    screen.reads("What to do: Nothing to do, if that is what you want.")
    screen.sees("a[href$='docs/errors.html#100-2804003']")


def test_a_refused_step_is_mended_and_sent_again_from_the_tab(connected: Firm):
    meta_id = connected.new_lead("Rita Roth")
    refuse_next(connected, TOO_OLD)
    connected.run_cron("deliver")
    lead = move(connected, meta_id, "New")
    screen = open_tab(connected, "administrator", lead)
    screen.click_on("details summary")
    screen.reads("What was sent: Meta lead ID, E-mail address, First name, Last name")
    screen.reads(f'"lead_id": {meta_id}')

    screen.click("Send again")
    screen.reads("It goes with the next run of the sender")
    screen.reads("What would be sent")
    connected.run_cron("deliver")
    # The tab notices by itself.
    screen.reads("Accepted by Meta")
    assert not screen.has("button[name='action_send_again']")
    assert not screen.has("button[name='action_send_now']")
    assert connected.counted() == ["initial_lead"]


def test_a_step_that_waits_says_until_when_and_is_sent_now(connected: Firm):
    meta_id = connected.new_lead("Wanda Wait")
    busy = {"status": 500, "body": {"error": {"code": 2, "message": "Busy"}}}
    connected.meta.script(f"POST */{connected.dataset_id}/events", [busy, busy])
    connected.run_cron("deliver")
    lead = move(connected, meta_id, "New")
    screen = open_tab(connected, "administrator", lead)
    screen.reads("The service is down for a moment.")
    screen.click("Send now")
    screen.reads("On its way to Meta")
    connected.run_cron("deliver")

    screen.reads("Tries: 2")
    screen.reads("Waits until")
    screen.click("Send now")
    screen.reads("On its way to Meta")
    connected.run_cron("deliver")
    screen.reads("Accepted by Meta")
    assert connected.counted() == ["initial_lead"]


def test_a_lead_of_which_nothing_was_told_says_what_to_do(connected: Firm):
    admin = connected.session("administrator")
    lead = admin.create("crm.lead", {"name": "By phone", "type": "opportunity"})
    screen = connected.screen("administrator")
    screen.go(f"/odoo/crm.lead/{lead}")
    screen.reads("By phone")
    assert not screen.has(".nav-link[name='meta']")
    meta_id = connected.meta.create_lead(connected.form_id, {"full_name": "Kim Kay"})
    admin("crm.lead", "write", [lead], {"meta_lead_id": meta_id})
    screen = open_tab(connected, "administrator", lead)
    screen.reads("Nothing so far. Move the lead to another stage")


def test_a_marketer_reads_the_tab_and_has_no_button_there(connected: Firm):
    meta_id = connected.new_lead("Quin Quist")
    refuse_next(connected, TOO_OLD)
    connected.run_cron("deliver")
    lead = move(connected, meta_id, "New")
    admin = connected.session("administrator")
    marketer, _login = connected._users["marketer"]
    admin("crm.lead", "write", [lead], {"user_id": marketer})
    screen = open_tab(connected, "marketer", lead)
    screen.reads("Full name Quin Quist")
    screen.reads("Event Timestamp Too Old")
    assert not screen.has("button[name='action_send_again']")


def test_a_card_shows_by_an_icon_what_became_of_its_lead_at_meta(connected: Firm):
    refused = connected.new_lead("Rita Roth")
    refuse_next(connected, TOO_OLD)
    connected.run_cron("deliver")
    waiting = connected.new_lead("Wanda Wait")
    accepted = connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    for meta_id, stage in (
        (refused, "Qualified"),
        (waiting, "Proposition"),
        (accepted, "New"),
    ):
        move(connected, meta_id, stage)
    rep = connected.session("rep")
    rep.create("crm.lead", {"name": "From a fair", "type": "opportunity"})
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    screen.column_holds("New", 2)

    titles = screen.tab.run(
        "(icon) => Object.fromEntries(finders.all('.o_kanban_record').map((card) =>"
        " [finders.words(card), card.querySelector(icon)?.title]))",
        ICON,
    )
    said = {
        name: next((title for card, title in titles.items() if name in card), "")
        for name in ("Rita Roth", "Wanda Wait", "Ana Acker", "From a fair")
    }
    assert said == {
        "Rita Roth": "Meta did not get every step of this lead",
        "Wanda Wait": "Waiting to be sent to Meta",
        "Ana Acker": "Meta got every step that was sent",
        "From a fair": "",
    }

    screen.drag_card("Ana Acker", "Qualified")
    screen.column_shows("Qualified", "Ana Acker")
    screen.column_holds("Qualified", 2)


def test_the_log_is_empty_then_tells_and_is_found_by_page_form_and_code(
    connected: Firm,
):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_sync_log_action")
    screen.reads("No exchange with Meta yet")
    screen.reads("press the test button for webhooks at Meta")

    connected.new_lead("Eva Endo")
    refuse_next(connected, EXPIRED)
    connected.run_cron("deliver")
    screen.open("meta_crm_capi.meta_sync_log_action")
    screen.reads("Sunny Roofs")
    screen.click_on(".o_searchview_dropdown_toggler")
    screen.click("With a code")
    screen.reads("Stopped: needs a person")
    assert len(screen.rows()) == 1
    screen.tab.press("Escape", 27)
    screen.open_row("Stopped")
    screen.reads("The access token has expired.")
    screen.reads("Make a new access token in Meta")
    screen.sees("a[href$='docs/errors.html#190-463']")

    for view in ("graph", "pivot"):
        screen.open("meta_crm_capi.meta_sync_log_action")
        screen.click_on(f".o_switch_view.o_{view}")
        screen.sees(f".o_{view}_view")
    for group in ("Page", "Form", "Code"):
        screen.open("meta_crm_capi.meta_sync_log_action")
        screen.click_on(".o_searchview_dropdown_toggler")
        screen.click(group)
        screen.sees(".o_group_header")
