"""Ads that open a chat, as administrator, sales rep and marketer see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench.processes import wait_until

from .chats import SAID, Chats
from .firm import Firm

PHONE = "4915112345678"


@pytest.fixture
def chats(connected: Firm) -> Chats:
    """The firm has a WhatsApp account and messaging datasets at Meta."""
    return Chats(connected)


def test_before_the_first_chat_the_screens_say_what_it_takes(chats: Chats, album: Path):
    screen = chats.firm.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_referral_action")
    screen.reads("Nobody wrote from an ad yet")
    screen.reads("“Click to WhatsApp”")
    screen.reads("messaging_referrals")
    screen.photograph(album / "chats_empty.png", 768)
    screen.open("meta_crm_capi.meta_lead_account_action")
    screen.reads("No chat account yet")
    screen.reads("what they wrote is never stored")
    screen.photograph(album / "chat_accounts_empty.png", 768)
    screen.open("meta_crm_capi.meta_setup_action")
    screen.click_on("button[data-step='dataset']")
    screen.reads("Your ads open a chat in WhatsApp, Messenger or Instagram?")
    screen.photograph(album / "chats_setup.png", 900)


def test_an_administrator_adds_a_messaging_dataset_and_maps_it(
    chats: Chats, album: Path
):
    screen = chats.firm.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.click("New")
    screen.fill("Name", "WhatsApp chats")
    screen.fill("Dataset ID", chats.dataset_id)
    screen.click_on("input.o_radio_input[data-value='messaging']")
    screen.save()
    screen.reads("Press “Map the pipeline” to add Qualified as LeadSubmitted")
    screen.turn_to("Chats")
    screen.reads("No chat account reports here.")
    screen.photograph(album / "chats_dataset_new.png", 1000)

    screen.click("Map the pipeline")
    screen.turn_to("Funnel-stage mapping")
    screen.reads("LeadSubmitted")
    screen.reads("Purchase")
    assert "Meta will complain" not in screen.words()
    first, last = screen.rows()
    assert first.startswith("Stage Qualified LeadSubmitted No value")
    assert last.startswith("Stage Won Purchase Expected revenue")
    screen.photograph(album / "chats_dataset_mapped.png", 1000)


def test_a_name_that_meta_refuses_for_chats_cannot_be_chosen(chats: Chats):
    dataset = chats.add_dataset()
    screen = chats.firm.screen("administrator")
    screen.go(f"/odoo/meta.capi.dataset/{dataset}")
    screen.edit_row("LeadSubmitted")
    offered = screen.tab.run(
        "() => [...finders.selector('.o_selected_row td[name=messaging_name]')"
        ".querySelectorAll('select option, input')].map((one) => one.value)"
    )
    if len(offered) == 1:
        # A menu, which opens at a click.
        screen.click_on(".o_selected_row td[name=messaging_name] input")
        screen.sees(".o_select_menu_item")
        offered = screen.tab.run(
            "() => finders.all('.o_select_menu_item', document).map(finders.words)"
        )
    names = " ".join(offered).replace('"', " ").split()
    assert {"LeadSubmitted", "Purchase", "QualifiedLead"} <= set(names)
    assert not {"Lead", "qualified", "won"} & set(names)
    assert not screen.has(".o_selected_row td[name=event_name]")


def test_a_whatsapp_chat_becomes_a_lead_and_its_sale_a_purchase(
    chats: Chats, album: Path
):
    firm = chats.firm
    chats.add_dataset()
    chat = chats.write(phone=PHONE)
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_account_action")
    screen.reads("Keep for later")
    screen.open_row("WhatsApp")
    screen.reads("Nothing is done yet with who wrote from an ad.")
    screen.photograph(album / "chat_account.png", 768)
    screen.click_on("input.o_radio_input[data-value='lead']")
    rep, _login = firm._users["rep"]
    name = firm.session("administrator")("res.users", "read", [rep], ["name"])
    screen.choose("Salesperson", name[0]["name"])
    screen.save()
    firm.run_cron("referral")

    mover = firm.screen("rep")
    mover.go("/odoo/crm")
    mover.open_card("WhatsApp chat from an ad")
    assert mover.value("Phone").replace(" ", "") == f"+{PHONE}"
    mover.fill("Expected Revenue", "1234.50")
    mover.save()
    mover.turn_to("Contacts")
    mover.reads("Wrote at")
    mover.photograph(album / "chat_rep_lead.png", 1300)
    mover.go("/odoo/crm")
    mover.drag_card("WhatsApp chat from an ad", "Won")
    mover.column_shows("Won", "WhatsApp chat from an ad")
    firm.run_cron("deliver")

    lead_submitted, purchase = chats.counted()
    assert lead_submitted["event_name"] == "LeadSubmitted"
    assert purchase["event_name"] == "Purchase"
    assert purchase["custom_data"] == {"value": 1234.5, "currency": "USD"}
    assert purchase["user_data"]["ctwa_clid"] == chat["person_id"]
    assert firm.counted() == []

    screen.open("meta_crm_capi.meta_lead_referral_action")
    screen.open_row("WhatsApp")
    screen.reads("Has a lead")
    screen.tab.run(
        "() => finders.selector('.o_field_widget[name=lead_id] a, "
        ".o_field_widget[name=lead_id] .o_external_button').click()"
    )
    screen.turn_to("Meta")
    screen.reads("WhatsApp chat WhatsApp Paid")
    screen.reads("What was written is not stored.")
    screen.reads(f"{chats.ad_id}")
    screen.reads("Stage: Won Purchase $ 1,234.50 Accepted")
    screen.reads("Stage: Qualified LeadSubmitted Accepted")
    screen.photograph(album / "chat_lead_tab.png", 1200)

    screen.open("meta_crm_capi.meta_sync_log_action")
    screen.click_on(".o_searchview_dropdown_toggler")
    screen.click("Events of chats")
    screen.tab.press("Escape", 27)
    screen.reads("WhatsApp c")
    wait_until(lambda: len(screen.rows()) == 1, timeout=20, what="the filtered log")
    screen.open_row("Send events")
    screen.reads("Accepted")
    for reader in (screen, mover):
        assert SAID not in reader.received()
    assert chat["person_id"] not in mover.received()


def test_instagram_and_messenger_report_to_the_dataset_of_their_account(
    chats: Chats, album: Path
):
    firm = chats.firm
    chats.add_dataset("WhatsApp chats")
    chats.add_dataset("Instagram chats", chats.instagram_dataset_id)
    lead = chats.make_lead("instagram")
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_account_action")
    screen.open_row("Instagram")
    screen.reads("Meta is told nothing of what becomes of these chats.")
    screen.photograph(album / "chat_account_nowhere.png", 768)
    screen.choose("Messaging dataset", "Instagram chats")
    screen.save()
    screen.reads("Reports to")
    assert "Meta is told nothing" not in screen.words()

    rep = firm.screen("rep")
    rep.go("/odoo/crm")
    rep.drag_card("Instagram chat from an ad", "Won")
    rep.column_shows("Won", "Instagram chat from an ad")
    firm.run_cron("deliver")
    told = chats.counted(chats.instagram_dataset_id)
    assert [event["event_name"] for event in told] == ["LeadSubmitted", "Purchase"]
    assert {event["messaging_channel"] for event in told} == {"instagram"}
    assert chats.counted() == []
    screen.go(f"/odoo/crm.lead/{lead}")
    screen.turn_to("Meta")
    screen.reads("Instagram chat Instagram Paid")

    other = chats.make_lead("messenger")
    rep.go("/odoo/crm")
    rep.drag_card("Messenger chat from an ad", "Qualified")
    rep.column_shows("Qualified", "Messenger chat from an ad")
    screen.go(f"/odoo/crm.lead/{other}")
    screen.turn_to("Meta")
    screen.reads("No messaging dataset")
    screen.reads("Add a dataset of the kind Messaging, or choose one")
    screen.photograph(album / "chat_why_not.png", 1000)


def test_a_kept_chat_is_attached_to_the_lead_of_that_person_by_a_button(
    chats: Chats, album: Path
):
    firm = chats.firm
    rep, _login = firm._users["rep"]
    lead = firm.session("administrator").create(
        "crm.lead",
        {
            "name": "Ana by phone",
            "type": "opportunity",
            "phone": f"+{PHONE}",
            "user_id": rep,
        },
    )
    chats.add_dataset()
    chats.write(phone=PHONE)
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_referral_action")
    screen.open_row("Kept for later")
    screen.photograph(album / "chat_kept.png", 768)
    screen.click("Find or make the lead")
    screen.reads("Ana by phone")
    screen.turn_to("Meta")
    screen.reads("Nothing so far. Move the lead to another stage")
    screen.reads("WhatsApp chat WhatsApp Paid")
    marketer = firm.screen("marketer")
    marketer.open("meta_crm_capi.meta_lead_referral_action")
    marketer.open_row("Ana by phone")
    assert not marketer.has("button[name='action_settle']")
    assert not marketer.has("button[name='action_erase']")
    assert PHONE not in marketer.words()
    assert lead


def test_after_a_lost_answer_a_person_reads_why_and_decides(chats: Chats, album: Path):
    firm = chats.firm
    dataset = chats.add_dataset()
    lead = chats.make_lead()
    rep = firm.session("rep")
    (won,) = rep("crm.stage", "search", [("is_won", "=", True)], limit=1)
    rep("crm.lead", "write", [lead], {"stage_id": won, "expected_revenue": 50})
    firm.meta.script_named("lost_answer", f"POST */{chats.dataset_id}/events")
    firm.run_cron("deliver")
    assert len(chats.counted()) == 2

    screen = firm.screen("administrator")
    screen.go(f"/odoo/meta.capi.dataset/{dataset}")
    screen.sees(".o_form_view")
    screen.reads("Resting: no clear answer came")
    assert "Nothing to do" not in screen.words()
    screen.photograph(album / "chat_unclear_dataset.png", 1000)
    screen.go(f"/odoo/crm.lead/{lead}")
    screen.turn_to("Meta")
    screen.reads("Stage: Won Purchase $ 50.00 No clear answer")
    screen.reads("What to do: Look into Events Manager")
    assert "Nothing to do" not in screen.words()
    screen.photograph(album / "chat_unclear.png", 1300)
    screen.click("Leave it")
    screen.reads("Send again")
    firm.run_cron("deliver")
    assert len(chats.counted()) == 2


def test_a_marketer_keeps_chats_and_leads_of_forms_apart(chats: Chats, album: Path):
    firm = chats.firm
    dataset = chats.add_dataset()
    lead = chats.make_lead()
    firm.new_lead("Ana Acker")
    rep = firm.session("rep")
    stages = rep("crm.stage", "search", [], order="sequence, id")
    rep("crm.lead", "write", [lead], {"stage_id": stages[1]})
    firm.run_cron("deliver")
    screen = firm.screen("marketer")

    screen.open("meta_crm_capi.meta_capi_event_action")
    for words, count in (("Chats from ads", 1), ("Leads of forms", 1)):
        screen.open("meta_crm_capi.meta_capi_event_action")
        screen.click_on(".o_searchview_dropdown_toggler")
        screen.click(words)
        screen.tab.press("Escape", 27)
        screen.tab.wait(
            "(count) => finders.all('tr.o_data_row').length === count",
            count,
            what=f"{count} rows",
        )
    screen.photograph(album / "chats_events.png", 768)
    screen.open("meta_crm_capi.meta_lead_submission_action")
    screen.photograph(album / "chats_submissions.png", 768)
    for action in ("meta_overview", "meta_reconciliation", "meta_funnel_doctor"):
        screen.go(f"/odoo/action-meta_crm_capi.{action}_action")
        screen.sees(".o_action_manager .o_content > *")
        screen.photograph(album / f"chats_{action}.png", 1200)
    screen.go("/odoo/action-meta_crm_capi.meta_dry_run_action")
    screen.sees(".o_action_manager .o_content > *")
    screen.photograph(album / "chats_board_crm.png", 900)
    screen.go(f"/odoo/meta.capi.dataset/{dataset}")
    screen.click("Funnel board")
    screen.sees("select.o_meta_name")
    chosen = screen.tab.run(
        "() => finders.all('select.o_meta_name').map((one) => one.value)"
    )
    assert chosen == ["LeadSubmitted", "Purchase"]
    assert not screen.has("input.o_meta_name")
    assert "Included in the raw lead" not in screen.words()
    screen.photograph(album / "chats_board.png", 900)
