"""The health of a connection and its Page, as an administrator sees it."""

from __future__ import annotations

from .firm import Firm


def open_health(firm: Firm):
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.open_row("Sunny Roofs")
    return screen


def test_a_connection_that_nobody_looked_at_says_what_to_press(connected: Firm):
    screen = open_health(connected)

    screen.reads("Nobody has looked yet. Press “Check now”")


def test_a_connection_in_order_is_green_row_by_row(connected: Firm):
    connected.meta.subscribe_app(connected.app_id, connected.callback_url)
    connected.meta.subscribe_page(connected.page_id, connected.app_id)
    connected.rest_crons()
    connected.new_lead("Ana Acker")
    connected.run_cron("catch_up")
    connected.rest_crons()
    connected.meta.deliver(connected.callback_url, connected.app_id, kind="ping")
    screen = open_health(connected)
    screen.click("Check now")

    screen.reads("Active, subscribed to leadgen, and comes to this Odoo.")
    screen.reads("The webhook works.")
    screen.reads("The Page is subscribed to leadgen.")
    screen.reads("A lead could be read.")
    screen.reads("The last webhook came soon after")
    screen.reads("Everything works: Token")


def test_what_is_broken_says_where_to_click_until_it_is_mended(connected: Firm):
    connected.meta.subscribe_app(
        connected.app_id, "https://old.example.com/hook", ["feed"]
    )
    connected.meta.set_terms(connected.page_id, False)
    connected.meta.set_lead_access(connected.page_id, True)
    screen = open_health(connected)
    screen.click("Check now")

    screen.reads("The app's webhook goes to another host: old.example.com.")
    screen.reads("paste the callback URL and the verify token")
    screen.reads("Integrations, Leads access")
    screen.reads("Nobody has accepted Meta's Lead Ads Terms for this Page.")

    connected.meta.subscribe_app(connected.app_id, connected.callback_url)
    screen.click("Check now")

    screen.reads("Active, subscribed to leadgen, and comes to this Odoo.")


def test_a_page_shows_its_own_findings(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.open_row("Sunny Roofs")
    screen.turn_to("Health")
    screen.click("Check now")

    screen.reads("The Lead Ads Terms are accepted.")
    screen.reads("The Page is not subscribed to the app: Meta announces no lead.")
    screen.reads("press “Subscribe to leads”")


def test_parked_leads_have_a_screen_and_an_empty_one_says_what_it_is(
    connected: Firm,
):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_submission_parked_action")
    screen.reads("No lead is parked")

    connected.forget_page()
    connected.announce(connected.meta.create_lead(connected.form_id, {}))
    connected.run_cron("fetch")
    screen.open("meta_crm_capi.meta_lead_submission_parked_action")

    screen.reads("Page not connected")
