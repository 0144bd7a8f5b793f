"""What a newcomer meets on the way to a connection that is well."""

from __future__ import annotations

import os
from pathlib import Path

from .firm import Firm
from .screen import Screen


def look(firm: Firm, name: str) -> None:
    if os.environ.get("SHOTS"):
        firm.photograph(Path(os.environ["SHOTS"]) / f"{name}.png")


def open_connection(firm: Firm, name: str = "Sunny Roofs") -> Screen:
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.open_row(name)
    return screen


def test_a_connection_with_nothing_entered_says_what_is_missing(firm: Firm):
    admin = firm.session("administrator")
    connection = admin.create("meta.connection", {"name": "Sunny Roofs"})
    screen = open_connection(firm)
    screen.click("Check now")

    screen.reads("No system-user token is saved: Meta can be asked for nothing.")
    screen.reads("Missing on the connection: App ID, app secret, system-user token.")
    look(firm, "nothing")

    values = {
        "app_id": firm.app_id,
        "app_secret": firm.app_secret,
        "access_token": firm.access_token,
    }
    admin("meta.connection", "write", [connection], values)
    screen = open_connection(firm)
    screen.click("Check now")

    screen.reads("No Page and no dataset yet: no lead comes in and no event goes out.")
    screen.reads("These need you: Set-up.")
    look(firm, "token_only")


def test_a_page_names_the_dead_token_of_its_connection(connected: Firm):
    connected.new_lead("Ana Acker")
    connected.meta.revoke_token(connected.access_token)
    screen = open_connection(connected)
    screen.click("Load Pages")
    screen.reads("No Page was read: Meta takes the system-user token of this")
    look(connected, "load_pages")
    screen.click("Check now")

    screen.reads("These need you: Token")
    assert "No Page was read" not in screen.words()
    look(connected, "dead_token")

    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.open_row("Sunny Roofs")
    screen.turn_to("Health")
    screen.click("Check now")
    look(connected, "page")


def test_refused_webhooks_show_on_the_connection(connected: Firm):
    admin = connected.session("administrator")
    (connection,) = admin("meta.connection", "search", [])
    secret = {"app_secret": "not-the-secret-at-meta"}
    admin("meta.connection", "write", [connection], secret)
    lead = connected.meta.create_lead(connected.form_id, {"full_name": "Ana Acker"})
    (answer,) = connected.meta.deliver(connected.callback_url, connected.app_id, [lead])
    assert answer["status"] == 403
    screen = open_connection(connected)

    screen.reads("Odoo refuses webhooks that come to this connection.")
    screen.reads("Is the app secret wrong?")
    look(connected, "refused")


def test_try_again_says_what_becomes_of_parked_leads(connected: Firm):
    lead = connected.meta.create_lead(connected.form_id, {"full_name": "Ana Acker"})
    connected.forget_page()
    connected.announce(lead)
    connected.run_cron("fetch")
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_submission_parked_action")
    screen.reads("Page not connected")
    screen.click_on("button[name='action_try_again']")

    screen.reads(f"Add the Page first: {connected.page_id}.")
    look(connected, "try_again")


def test_a_page_that_is_not_saved_is_not_called_connected(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.click("New")
    screen.reads("Subscribe to leads")

    assert not screen.has("[name='state']")
    look(connected, "new_page")


def test_leads_of_a_stopped_page_show_with_their_number(connected: Firm):
    connected.meta.revoke_token(connected.access_token)
    lead = connected.meta.create_lead(connected.form_id, {"full_name": "Ana Acker"})
    connected.announce(lead)
    connected.run_cron("fetch")
    screen = open_connection(connected)

    screen.reads("Leads wait because their Page cannot be read.")
    screen.reads("1 of “Sunny Roofs”.")
    look(connected, "waiting_connection")

    screen.open("meta_crm_capi.meta_lead_submission_action")
    screen.reads("Meta does not let us read the Page “Sunny Roofs”")
    look(connected, "waiting_list")
    screen.open_row(lead)
    screen.reads("This lead waits for its Page.")
    screen.click("Open the Page")
    screen.reads("Leads that wait until this Page can be read:")
    look(connected, "waiting_page")


def test_the_consent_box_is_chosen_by_its_words(connected: Firm):
    boxes = [
        {"key": "optin_7", "text": "May we share this with Meta?", "is_required": False}
    ]
    form_id = f"9{connected.form_id}"
    connected.meta.add_form(
        form_id,
        connected.page_id,
        "With a box",
        [{"key": "email", "label": "Email", "type": "EMAIL"}],
        custom_disclaimer={"title": "", "checkboxes": boxes},
    )
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.open_row("Sunny Roofs")
    screen.click("Load forms")
    screen.reads("With a box")
    screen.open("meta_crm_capi.meta_lead_form_action")
    screen.open_row("With a box")
    screen.click_on("[name='consent_key'] input")
    screen.click_on(".o_select_menu_item")
    screen.save()
    look(connected, "consent")

    assert screen.value("Consent box") == "May we share this with Meta?"
    (form,) = connected.session("administrator").search_read(
        "meta.lead.form", [("meta_id", "=", form_id)], ["consent_key"]
    )
    assert form["consent_key"] == "optin_7"


def test_a_meta_administrator_reaches_how_long_things_are_kept(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.click_on("[data-menu-xmlid='crm.crm_menu_config']")
    screen.click_on("[data-menu-xmlid$='meta_retention_settings_menu']")
    screen.reads("0 keeps for ever")
    screen.reads("This holds for all companies")
    look(connected, "retention")


def test_the_sync_log_names_page_and_question(connected: Firm):
    connected.meta.revoke_token(connected.access_token)
    screen = open_connection(connected)
    screen.click("Check now")
    screen.reads("These need you: Token")
    screen.open("meta_crm_capi.meta_sync_log_action")
    screen.reads("Stopped: needs a person")
    screen.reads("Page token")
    look(connected, "log")
