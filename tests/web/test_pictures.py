"""The screens that the documents show, walked through, and photographed when asked.

To add one: walk there, read what it is to show, and ``pictures.keep`` it. A document
that shows a picture and a picture that no document shows fail in
``tests/packaging/test_documents.py``.
"""

from __future__ import annotations

import pytest

from tests.workbench.workbench import Workbench

from .chats import LEAD, Chats
from .firm import Firm
from .history import add_history
from .pictures import Pictures
from .test_backfill import miss
from .test_form_mapping import new_form, new_lead
from .test_lead_tab import move, open_tab
from .test_reconciliation import at_meta, count_at_meta, look
from .test_setup import open_setup
from .test_working import refuse_next

#: The administrator, the marketer and the rep.
PEOPLE = ("Ada Lind", "Mara Voss", "Ben Bauer")
#: How far today's leads got.
LEADS = {
    "Ana Acker": "Qualified",
    "Chloé Costa": "Proposition",
    "Dev Diaz": "New",
    "Elif Evans": "Qualified",
    "Gil Garcia": "Won",
    "Hana Huber": "New",
}
TOO_LITTLE = {
    "message": "Invalid parameter",
    "type": "OAuthException",
    "code": 100,
    "error_subcode": 2804050,
    "is_transient": False,
    "error_user_title": "Not enough customer information",
    "error_user_msg": "This event has too little customer information, or a "
    "combination that is too broad to be matched.",
    "fbtrace_id": "AbCdEfGhIjKlMnOp",
}


@pytest.fixture
def pictures(workbench: Workbench) -> Pictures:
    return Pictures(workbench.layout)


@pytest.fixture
def at_work(connected: Firm) -> Firm:
    """A firm whose people worked some leads today."""
    connected.call_people("Sunny Roofs", *PEOPLE)
    connected.meta.subscribe_app(connected.app_id, connected.callback_url)
    connected.meta.subscribe_page(connected.page_id, connected.app_id)
    stages = {connected.fill_in(name): stage for name, stage in LEADS.items()}
    connected.run_cron("fetch")
    for meta_id, stage in stages.items():
        if stage != "New":
            move(connected, meta_id, stage)
    connected.run_cron("deliver")
    connected.run_cron("catch_up")
    return connected


def test_the_setup_assistant(firm: Firm, pictures: Pictures):
    firm.call_people("Sunny Roofs", *PEOPLE)
    firm.move_to("https://crm.sunny-roofs.example")
    screen = open_setup(firm)
    screen.fill("Name", "Sunny Roofs")
    screen.fill("App ID", firm.app_id)
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", firm.access_token)
    screen.click("Save and check")
    screen.reads("Valid, of a system user")
    screen.click("Continue")
    screen.click("Load Pages")
    screen.reads("The app has no webhook for Pages.")
    pictures.keep(screen, "setup", height=980)


def test_the_screens_of_who_sets_it_up(at_work: Firm, pictures: Pictures):
    at_work.rest_crons()
    screen = at_work.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.open_row("Sunny Roofs")
    screen.click("Check now")
    screen.reads("Valid, of a system user")
    screen.reads("Active, subscribed to leadgen")
    pictures.keep(screen, "health", height=1250)

    form_id = new_form(at_work)
    answers = {"where": "Ankara", "roof": "k2", "budget": "1.500 €"}
    new_lead(at_work, form_id, full_name="Ivo Ito", email="ivo@example.com", **answers)
    screen.open("meta_crm_capi.meta_lead_form_action")
    screen.open_row("Roof check")
    screen.reads("Which roof?")
    screen.reads("Kept in the notes")
    pictures.keep(screen, "form-mapping", height=880)

    screen.go("/odoo/meta-funnel-board")
    screen.reads("the last 7 days would have sent")
    screen.reads("Lost (outside the funnel)")
    pictures.keep(screen, "funnel-board", height=560)

    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.turn_to("Customer data")
    screen.reads("Meta lead ID only")
    screen.reads("External ID")
    pictures.keep(screen, "customer-data", height=1250)

    miss(at_work, "Jun Jansen", "Kira Keller", "Leo Lang")
    screen.open("meta_crm_capi.meta_capi_backfill_action")
    screen.click("New")
    screen.reads("nothing is sent yet")
    screen.click("Plan")
    screen.sees("button[name='action_send']")
    screen.sees(".o_meta_backfill tbody tr")
    pictures.keep(screen, "backfill", height=900)


def test_the_reconciliation(at_work: Firm, pictures: Pictures):
    for days in (2, 3, 5):
        at_meta(at_work, days)
    at_work.new_lead("Rita Roth")
    refuse_next(at_work, TOO_LITTLE)
    at_work.run_cron("deliver")
    screen = look(at_work)
    count_at_meta(at_work, screen)
    screen.reads("Not fetched")
    screen.reads("Refused by Meta: code 100")
    pictures.keep(screen, "reconciliation", height=860)


def test_the_screens_of_who_looks_what_meta_got(at_work: Firm, pictures: Pictures):
    add_history(at_work)
    admin = at_work.session("administrator")
    (rule,) = admin("meta.capi.rule", "search", [("event_name", "=", "proposition")])
    datasets = admin("meta.capi.dataset", "search", [])
    admin("meta.capi.dataset", "write", datasets, {"optimised_rule_id": rule})
    connections = admin("meta.connection", "search", [])
    admin("meta.connection", "action_check", connections)
    refused = at_work.new_lead("Rita Roth")
    refuse_next(at_work, TOO_LITTLE)
    at_work.run_cron("deliver")
    lead = move(at_work, refused, "Qualified")
    at_work.rest_crons()

    screen = at_work.screen("administrator")
    screen.go("/odoo/meta-overview")
    screen.reads("Events were refused")
    screen.reads("With Meta at about")
    pictures.keep(screen, "overview", height=1180)

    screen.go("/odoo/action-meta_crm_capi.meta_funnel_doctor_action")
    screen.reads("Optimise for “proposition”")
    screen.reads("Campaigns for conversion leads")
    pictures.keep(screen, "funnel-doctor", height=920)

    screen = open_tab(at_work, "administrator", lead)
    screen.reads("Not enough customer information")
    screen.reads("Complete the lead's e-mail, phone or Meta lead ID.")
    pictures.keep(screen, "lead-tab", height=1150)

    screen.open("meta_crm_capi.meta_sync_log_action")
    screen.open_row("Refused")
    screen.reads("Complete the lead's e-mail, phone or Meta lead ID.")
    screen.sees("a[href$='docs/errors.html#100-2804050']")
    pictures.keep(screen, "sync-log", height=840)

    rep = at_work.screen("rep")
    rep.go("/odoo/crm")
    rep.column_shows("Qualified", "Rita Roth")
    rep.sees(".o_field_meta_sync_icon i")
    pictures.keep(rep, "pipeline", height=620)


def test_the_lead_of_a_chat(at_work: Firm, pictures: Pictures):
    chats = Chats(at_work)
    chats.add_dataset()
    lead = chats.make_lead(phone="4915112345678")
    chats.choose(LEAD, name="Sunny Roofs on WhatsApp")
    rep = at_work.session("rep")
    stages = rep("crm.stage", "search", [], order="sequence, id")
    for stage, worth in ((stages[1], 0), (stages[-1], 2400)):
        values = {"stage_id": stage, "expected_revenue": worth}
        rep("crm.lead", "write", [lead], values)
        at_work.run_cron("deliver")
    at_work.rest_crons()

    screen = open_tab(at_work, "administrator", lead)
    screen.reads("Written to: Sunny Roofs on WhatsApp")
    screen.reads("Stage: Won Purchase $ 2,400.00 Accepted")
    pictures.keep(screen, "chat-lead-tab", height=990)
