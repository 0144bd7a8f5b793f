"""A newcomer connects Meta with the setup assistant, and learns what is wrong."""

from __future__ import annotations

from .firm import Firm
from .screen import Screen


def open_setup(firm: Firm) -> Screen:
    firm.rest_crons()
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_setup_action")
    return screen


def states(screen: Screen) -> list[str]:
    """The state of each step, in order."""
    return screen.tab.run(
        "() => finders.all('.o_meta_setup_step').map((step) => step.dataset.state)"
    )


def test_a_newcomer_gets_from_nothing_to_a_first_lead_and_event(firm: Firm):
    firm.rest_crons()
    screen = firm.screen("administrator")
    screen.go("/odoo/crm")
    screen.menu("Configuration", "Setup")
    screen.reads("Connect your Meta app")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("App ID", f" {firm.app_id} ")
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", firm.access_token)
    screen.click("Save and check")
    screen.reads("Valid, of a system user")
    screen.click("Continue")

    screen.reads("Choose the Pages whose leads come in")
    screen.click("Load Pages")
    screen.reads("New: Sunny Roofs")
    screen.reads("The app has no webhook for Pages.")
    firm.callback_url = screen.shown("callback_url")
    handshake = firm.meta.handshake(firm.callback_url, screen.shown("verify_token"))
    assert handshake["echoed"]
    firm.meta.subscribe_app(firm.app_id, firm.callback_url)
    screen.click("Subscribe to leads")
    screen.reads("The Page is subscribed to leadgen.")
    screen.click("Check now")
    screen.reads("Active, subscribed to leadgen, and comes to this Odoo.")
    screen.click("Continue")

    screen.reads("Look where the answers of your forms go")
    screen.click("Load forms")
    screen.reads("Nobody has looked yet where the answers of these go: Spring offer.")
    screen.click("Mapping is right")
    screen.reads("Forms whose answers are mapped: 1.")
    screen.click("Continue")

    screen.reads("Add the dataset that gets your events")
    screen.click("Add a line")
    screen.fill_cell("meta_id", firm.dataset_id)
    screen.click("Check now")
    screen.reads("The token works for this dataset.")
    screen.click("Continue")

    screen.reads("Tell Meta which step means what")
    screen.click("Map the pipeline")
    screen.reads("Steps that Meta is told: 5.")
    screen.click("Continue")

    screen.reads("No lead has come in yet.")
    screen.click("Send a test event")
    screen.reads("Meta processes test events for real.")
    screen.fill("Test code", "TEST123")
    screen.click("Send the test event")
    screen.reads("Meta received the test event.")
    screen.click("Close")
    screen.reads("It was sent on")
    meta_id = firm.new_lead("Ana Acker")
    firm.rest_crons()
    screen.click("Check now")
    screen.reads("Everything is set up.")

    assert states(screen) == ["done"] * 6
    firm.run_cron("deliver")
    assert firm.events(meta_id) == [("initial_lead", "accepted")]
    (test, _real) = firm.meta.report()["events"]
    assert (test["test_event_code"], test["lead_id"]) == ("TEST123", None)


def test_it_is_left_and_gone_on_with_where_something_is_to_do(firm: Firm):
    screen = open_setup(firm)
    screen.fill("App ID", firm.app_id)
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", firm.access_token)
    screen.click("Save and check")
    screen.reads("Valid, of a system user")

    screen.open("meta_crm_capi.meta_capi_event_action")
    screen.click_on(".o_view_nocontent a[href*=meta_setup]")

    screen.reads("Choose the Pages whose leads come in")
    assert states(screen) == ["done", *["to_do"] * 5]


def test_who_only_looks_in_makes_no_connection(firm: Firm):
    screen = open_setup(firm)
    screen.reads("Connect your Meta app")
    screen.open("meta_crm_capi.meta_connection_action")

    screen.sees(".o_view_nocontent")
    assert (
        firm.session("administrator").search_read("meta.connection", [], ["id"]) == []
    )


def test_a_wrong_token_is_explained_on_the_spot_until_it_is_replaced(firm: Firm):
    screen = open_setup(firm)
    screen.fill("App ID", firm.app_id)
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", "mistyped-token")
    screen.click("Save and check")
    screen.reads("Not valid: Invalid OAuth access token")
    screen.reads("System users > Generate token")
    assert states(screen)[0] == "broken"

    screen.fill("System-user token", firm.access_token)
    screen.click("Check now")
    screen.reads("Valid, of a system user")
    assert states(screen)[0] == "done"
    shown = screen.source() + screen.received()
    assert firm.access_token not in shown
    assert firm.app_secret not in shown


def test_a_step_loses_its_green_when_it_is_no_longer_true(connected: Firm):
    connected.meta.subscribe_app(connected.app_id, connected.callback_url)
    connected.meta.subscribe_page(connected.page_id, connected.app_id)
    screen = open_setup(connected)
    screen.reads("Valid, of a system user")
    screen.click_on("[data-step=page]")
    screen.reads("Active, subscribed to leadgen")
    for step in ("connect", "page"):
        screen.sees(f"[data-step={step}][data-state=done]")

    connected.meta.subscribe_app(
        connected.app_id, "https://old.example.com/hook", ["feed"]
    )
    connected.meta.set_terms(connected.page_id, False)
    screen.click("Check again")
    screen.reads("The app's webhook goes to another host: old.example.com.")
    screen.reads("Nobody has accepted Meta's Lead Ads Terms for this Page.")
    assert states(screen)[:2] == ["done", "broken"]


def test_a_token_that_may_only_send_is_called_uncertain(firm: Firm):
    firm.meta.add_token("send-only", "send_only", dataset_ids=[firm.dataset_id])
    screen = open_setup(firm)
    screen.fill("Name", "Only sends")
    screen.click("Save and check")
    screen.reads("Not entered yet.")
    screen.click_on("[data-step=dataset]")
    screen.click("Add a line")
    screen.fill_cell("meta_id", firm.dataset_id)
    screen.fill_cell("access_token", "send-only")
    screen.click("Check now")

    screen.reads("Not certain: Meta says")
    assert states(screen)[3] == "inconclusive"
    assert states(screen)[0] == "done"


def test_the_steps_are_walked_with_the_keyboard(connected: Firm):
    screen = open_setup(connected)
    screen.reads("Valid, of a system user")
    screen.tab.run("() => document.querySelector('[data-step=dataset]').focus()")
    screen.tab.press("Enter", 13)

    screen.reads("Add the dataset that gets your events")


def test_a_rep_may_not_open_it(connected: Firm):
    screen = connected.screen("rep")
    said = screen.refused_at("meta_crm_capi.meta_setup_action")
    assert "access" in said.lower()


def test_a_line_of_the_mapping_is_changed_on_the_spot(connected: Firm):
    screen = open_setup(connected)
    screen.reads("Valid, of a system user")
    screen.click_on("[data-step=funnel]")
    screen.reads("Tell Meta which step means what")
    screen.click_on(".o_data_row button[name=action_change]")
    screen.fill("Event name", "new_lead")
    screen.click_on(".o_dialog .o_form_button_save")

    screen.reads("new_lead")
    assert connected.rules()[0]["event_name"] == "new_lead"


def test_the_settings_say_how_far_it_is_and_lead_to_it(connected: Firm):
    connected.let_change_settings("administrator")
    connected.rest_crons()
    screen = connected.screen("administrator")
    screen.open("crm.crm_config_settings_action")
    screen.reads("Left: Connect, Page, Dataset, Test.")
    screen.click("Open the setup assistant")

    screen.reads("Valid, of a system user")
