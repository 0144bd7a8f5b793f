"""What went wrong, from the overview to its cure."""

from __future__ import annotations

from .firm import Firm
from .screen import Screen
from .test_overview import OVERVIEW


def look(firm: Firm) -> Screen:
    firm.rest_crons()
    screen = firm.screen("administrator")
    screen.go(OVERVIEW)
    screen.sees(".o_meta_overview .container-fluid > *")
    return screen


def test_a_refused_event_is_explained_and_healed(connected: Firm):
    connected.new_lead("Rita Roth")
    events = f"POST */{connected.dataset_id}/events"
    connected.meta.script_named("purchase_without_value", events)
    connected.run_cron("deliver")
    screen = look(connected)
    screen.reads("Events were refused: CRM dataset")
    screen.click_on("[aria-label='Events were refused: CRM dataset']")
    screen.open_row("Rita Roth")
    screen.reads("Missing Value for Purchase Event")
    screen.reads("Give the mapping of this step a value and a currency")
    screen.sees("a[href='/meta_crm_capi/static/docs/errors.html#100-2804009']")

    screen.click_on(".o_field_widget[name=rule_id] a")
    screen.click_on("[data-value='expected_revenue']")
    screen.save()
    screen.tab.run("() => history.back()")
    screen.click("Send again")
    screen.reads("Waiting to be sent")
    connected.run_cron("deliver")
    # The form notices by itself.
    screen.reads("Meta accepted this event")
    assert connected.counted() == ["initial_lead"]
    screen = look(connected)
    screen.reads("Nothing needs you")


def test_a_token_that_died_is_one_line_and_a_new_one_drains_the_queue(connected: Firm):
    connected.new_lead("Noa Nagy")
    connected.meta.subscribe_app(connected.app_id, connected.callback_url)
    connected.meta.subscribe_page(connected.page_id, connected.app_id)
    connected.meta.revoke_token(connected.access_token)
    connected.run_cron("deliver")
    admin = connected.session("administrator")
    (connection,) = admin("meta.connection", "search", [])
    admin("meta.connection", "action_check", [connection])
    screen = look(connected)
    screen.reads("Token: Sunny Roofs")
    screen.reads("No event is sent to: CRM dataset.")
    lines = screen.tab.run("() => finders.all('.o_meta_alarm').map(finders.words)")
    assert len(lines) == 1

    connected.meta.add_token(
        "a-new-system-user-token",
        "system_user",
        app_id=connected.app_id,
        page_ids=[connected.page_id],
        dataset_ids=[connected.dataset_id],
    )
    screen.click("Open")
    screen.fill("System-user token", "a-new-system-user-token")
    screen.save()
    screen.click("Check now")
    screen.reads("Valid, of a system user. It never expires.")
    connected.run_cron("deliver")
    assert connected.counted() == ["initial_lead"]
    screen = look(connected)
    screen.reads("Nothing waits.")
    assert "Token: Sunny Roofs" not in screen.words()


def test_what_an_error_means_can_be_read_without_the_internet(connected: Firm):
    screen = connected.screen("administrator")
    screen.tab.go(f"{screen.url}/meta_crm_capi/static/docs/errors.html#190-463")
    row = screen.tab.wait(
        "() => document.querySelector('tr:has(:target)')?.innerText", what="the row"
    )
    assert "The access token has expired." in row
