"""A sales rep works the pipeline; an administrator looks what Meta said."""

from __future__ import annotations

from .firm import Firm

TOO_OLD = {
    "message": "Invalid parameter",
    "type": "OAuthException",
    "code": 100,
    "error_subcode": 2804003,
    "is_transient": False,
    "error_user_title": "Event Timestamp Too Old",
    "error_user_msg": "The timestamp for this event is too far in the past.",
    "fbtrace_id": "AbCdEfGhIjKlMnOp",
}
EXPIRED = {
    "message": "Error validating access token: Session has expired.",
    "type": "OAuthException",
    "code": 190,
    "error_subcode": 463,
    "fbtrace_id": "QrStUvWxYz",
}
SETTINGS = (
    "meta_connection",
    "meta_lead_page",
    "meta_lead_form",
    "meta_capi_dataset",
    "meta_capi_rule",
    "meta_capi_event",
    "meta_lead_submission",
    "meta_sync_log",
)


def refuse_next(firm: Firm, error: dict) -> None:
    """The next batch of events gets this error of Meta's."""
    answer = {"status": 400, "body": {"error": error}}
    firm.meta.script(f"POST */{firm.dataset_id}/events", [answer])


def test_a_card_dragged_to_the_next_stage_queues_exactly_its_event(connected: Firm):
    meta_id = connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    screen.drag_card("Ana Acker", "Qualified")
    screen.column_shows("Qualified", "Ana Acker")

    assert connected.events(meta_id) == [
        ("initial_lead", "accepted"),
        ("qualified", "queued"),
    ]
    connected.run_cron("deliver")
    assert connected.counted() == ["initial_lead", "qualified"]


def test_a_card_dragged_over_stages_queues_the_skipped_steps_too(connected: Firm):
    meta_id = connected.new_lead("Ben Bauer")
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    screen.drag_card("Ben Bauer", "Won")
    screen.column_shows("Won", "Ben Bauer")

    assert connected.events(meta_id) == [
        ("initial_lead", "queued"),
        ("qualified", "queued"),
        ("proposition", "queued"),
        ("won", "queued"),
    ]


def test_a_card_dragged_back_sends_nothing_and_says_so(connected: Firm):
    meta_id = connected.new_lead("Dan Dahl")
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    screen.drag_card("Dan Dahl", "Qualified")
    screen.column_shows("Qualified", "Dan Dahl")
    screen.drag_card("Dan Dahl", "New")
    screen.column_shows("New", "Dan Dahl")

    assert connected.events(meta_id) == [
        ("initial_lead", "queued"),
        ("qualified", "queued"),
        (False, "not_sent"),
    ]
    marketer = connected.screen("marketer")
    marketer.open("meta_crm_capi.meta_capi_event_action")
    marketer.open_row("Not sent")
    marketer.reads("Nothing was sent for this move")
    marketer.reads("Moved back")


def test_an_administrator_reads_in_the_log_and_on_the_event_why_meta_refused(
    connected: Firm,
):
    meta_id = connected.new_lead("Rita Roth")
    refuse_next(connected, TOO_OLD)
    connected.run_cron("deliver")
    screen = connected.screen("administrator")
    screen.go("/odoo/crm")

    screen.menu("Reporting", "Sync log")
    screen.open_row("Refused")
    screen.reads("The timestamp for this event is too far in the past.")
    screen.reads("2804003")
    screen.reads("AbCdEfGhIjKlMnOp")

    screen.menu("Reporting", "Events")
    screen.open_row("Refused")
    screen.reads("Event Timestamp Too Old")
    screen.reads("The timestamp for this event is too far in the past.")
    screen.reads(f'"lead_id":{meta_id}')

    screen.click("Send again")
    screen.reads("Waiting to be sent")
    connected.run_cron("deliver")
    screen.menu("Reporting", "Events")
    screen.open_row("Accepted")
    screen.reads("Meta accepted this event")
    assert connected.counted() == ["initial_lead"]


def test_a_lead_shows_its_meta_lead_id_and_opens_its_events(connected: Firm):
    meta_id = connected.new_lead("Eva Endo")
    connected.run_cron("deliver")
    screen = connected.screen("administrator")
    screen.open("crm.crm_lead_opportunities")
    screen.click_on(".o_switch_view.o_list")
    screen.open_row("Eva Endo")
    screen.reads(meta_id)
    screen.turn_to("Meta")
    screen.reads("Campaign one")

    screen.click_on("button[name='action_open_meta_events']")
    screen.sees(".o_list_view.o_view_controller")
    (row,) = screen.rows()
    assert "initial_lead" in row
    assert "Accepted" in row


def test_an_administrator_enters_a_meta_lead_id_and_moves_are_reported_from_then_on(
    connected: Firm,
):
    meta_id = connected.meta.create_lead(connected.form_id, {"full_name": "Kim Kay"})
    admin = connected.session("administrator")
    lead = admin.create("crm.lead", {"name": "By phone", "type": "opportunity"})
    screen = connected.screen("administrator")
    screen.go(f"/odoo/crm.lead/{lead}")
    screen.turn_to("Contacts")
    screen.fill("Meta lead ID", f"l:{meta_id}")
    screen.save()
    screen.click("Qualified")
    screen.reads("Meta events")
    screen.turn_to("Meta")
    screen.reads("Entered by hand")

    assert ("qualified", "queued") in connected.events(meta_id)


def test_a_sales_rep_finds_the_leads_that_came_from_meta(connected: Firm):
    connected.new_lead("Finn Falk")
    rep = connected.session("rep")
    rep.create("crm.lead", {"name": "From a fair", "type": "opportunity"})
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    screen.column_holds("New", 2)
    screen.click_on(".o_searchview_dropdown_toggler")
    screen.click("From Meta")
    screen.column_holds("New", 1)
    screen.column_shows("New", "Finn Falk")


def test_a_parked_lead_says_why_and_is_tried_again_at_a_click(connected: Firm):
    connected.forget_page()
    meta_id = connected.new_lead("Lea Lund")
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_submission_action")
    screen.open_row(meta_id)
    screen.reads("This lead waits for you")
    screen.reads("This Page is not connected in Odoo.")

    screen.click("Try again")
    screen.reads("Waiting to be read from Meta")
    connected.run_cron("fetch")
    screen.open("meta_crm_capi.meta_lead_submission_action")
    screen.reads("Parked")


def test_a_parked_lead_comes_in_when_its_page_is_connected(connected: Firm):
    connected.forget_page()
    meta_id = connected.new_lead("Max Moor")
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("Page ID", connected.page_id)
    screen.save()
    connected.run_cron("fetch")

    screen.open("meta_crm_capi.meta_lead_submission_action")
    screen.open_row(meta_id)
    screen.reads("Max Moor")
    assert not screen.has("button[name='action_try_again']")


def test_a_dataset_says_why_it_is_paused_and_goes_on_after_resume(connected: Firm):
    meta_id = connected.new_lead("Noa Nagy")
    refuse_next(connected, EXPIRED)
    connected.run_cron("deliver")
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.reads("Paused")
    screen.open_row("CRM dataset")
    screen.reads("Error validating access token: Session has expired.")
    assert connected.events(meta_id) == [("initial_lead", "queued")]

    screen.click("Resume")
    screen.reads("Waiting: 1")
    connected.run_cron("deliver")
    assert connected.events(meta_id) == [("initial_lead", "accepted")]


def test_a_stopped_dataset_reports_no_move_and_each_says_so(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.click("Stop")
    screen.reads("they are not made up for later")
    screen.click_on(".modal-footer .btn-primary")
    screen.reads("Stopped by an administrator.")

    connected.new_lead("Ola Olsen")
    screen.open("meta_crm_capi.meta_capi_event_action")
    screen.open_row("Not sent")
    screen.reads("The dataset was stopped by an administrator.")


def test_a_sales_rep_sees_no_settings_of_meta_and_no_secret(connected: Firm):
    meta_id = connected.new_lead("Pia Park")
    screen = connected.screen("rep")
    screen.go("/odoo/crm")
    reporting = screen.menus("Reporting")
    bar = screen.words()
    assert "Pipeline" in reporting
    assert [entry for entry in reporting if "Meta" in entry or "Sync" in entry] == []
    assert "Configuration" not in bar

    screen.click_on(".o_kanban_record")
    screen.reads(meta_id)
    assert not screen.has("button[name='action_open_meta_events']")
    assert not screen.has(".nav-link[name='meta']")
    assert not screen.has("[name='meta_lead_id'] input")

    for settings in SETTINGS:
        refusal = screen.refused_at(f"meta_crm_capi.{settings}_action")
        assert "not allowed" in refusal
    received = screen.received()
    assert meta_id in received
    secrets = (connected.app_secret, connected.access_token, connected.verify_token)
    assert [secret for secret in secrets if secret in received] == []


def test_a_marketer_reads_everything_and_can_change_nothing(connected: Firm):
    connected.new_lead("Quin Quist")
    refuse_next(connected, TOO_OLD)
    connected.run_cron("deliver")
    screen = connected.screen("marketer")
    screen.go("/odoo/crm")
    reporting = screen.menus("Reporting")
    assert {"Events", "Submissions", "Sync log"} <= set(reporting)
    assert "Configuration" not in screen.words()

    screen.menu("Reporting", "Events")
    screen.open_row("Refused")
    screen.reads("Event Timestamp Too Old")
    assert not screen.has("button[name='action_send_again']")

    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.reads("Funnel-stage mapping")
    assert not screen.has("button[name='action_stop']")
    assert not screen.has(".o_form_view input[type='text']")
    received = screen.received()
    assert connected.dataset_id in received
    secrets = (connected.app_secret, connected.access_token, connected.verify_token)
    assert [secret for secret in secrets if secret in received] == []
