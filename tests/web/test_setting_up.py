"""An administrator sets everything up by hand."""

from __future__ import annotations

from .firm import Firm

SECRETS = (Firm.app_secret, Firm.access_token)
#: A part of what each screen says while it is empty.
EMPTY_SCREENS = {
    "meta_connection": "Press New and enter what your app at Meta",
    "meta_lead_page": "enter the ID of your Facebook Page",
    "meta_lead_form": "Open a Page and press Load forms",
    "meta_capi_dataset": "connect a CRM dataset, copy its ID to here",
    "meta_capi_rule": "open a dataset and press Map the pipeline",
    "meta_capi_event": "each move shows up here, with what Meta answered",
    "meta_lead_submission": "Check that the Page is subscribed to leads",
    "meta_capi_quality": "open a dataset and press Read now",
    "meta_sync_log": "open the connection and check its token",
}


def test_an_administrator_connects_meta_and_maps_the_pipeline_with_one_button(
    firm: Firm,
):
    screen = firm.screen("administrator")
    screen.go("/odoo/crm")

    screen.menu("Configuration", "Connections")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("App ID", f" {firm.app_id} ")
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", firm.access_token)
    screen.save()
    screen.click("Check now")
    screen.reads("Meta serves v26.0 and has announced no end.")
    screen.reads("No Page and no dataset yet")

    screen.menu("Configuration", "Pages")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("Page ID", firm.page_id)
    screen.save()
    screen.reads("Meta does not tell Odoo of this Page's new leads.")
    screen.click("Subscribe to leads")
    screen.reads("Meta will send this Page's leads.")
    screen.reads("Subscribe again")

    screen.menu("Configuration", "Forms")
    screen.click("New")
    screen.fill("Name", "Spring offer")
    screen.fill("Form ID", firm.form_id)
    screen.choose("Page", "Sunny Roofs")
    screen.click("Add a line")
    screen.fill_cell("label", "Your work e-mail")
    screen.fill_cell("key", "work_email")
    screen.fill_cell("type", "WORK_EMAIL")
    screen.save()

    screen.menu("Configuration", "Datasets")
    screen.click("New")
    screen.fill("Name", "CRM dataset")
    screen.fill("Dataset ID", firm.dataset_id)
    screen.save()
    screen.reads("No step is mapped yet, so Meta is told nothing.")
    screen.click("Map the pipeline")
    screen.reads("initial_lead")
    mapped = screen.rows()

    _first, *later = firm.stage_names()
    assert [row.split()[0] for row in mapped] == [
        "Raw",
        *["Stage"] * len(later),
        "Lost",
    ]
    for row, stage in zip(mapped[1:-1], later, strict=True):
        assert stage in row
    assert firm.meta.page_subscriptions(firm.page_id) == {firm.app_id: ["leadgen"]}
    admin = firm.session("administrator")
    (question,) = admin.search_read(
        "meta.lead.question",
        [("form_id.meta_id", "=", firm.form_id)],
        ["key", "label", "field_id"],
    )
    assert (question["key"], question["label"]) == ("work_email", "Your work e-mail")
    assert "Email" in question["field_id"][1]


def test_what_was_set_up_by_hand_takes_a_lead_in_and_reports_it(firm: Firm):
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("App ID", firm.app_id)
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", firm.access_token)
    screen.save()
    firm.callback_url = screen.shown("callback_url")
    handshake = firm.meta.handshake(firm.callback_url, screen.shown("verify_token"))
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("Page ID", firm.page_id)
    screen.save()
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.click("New")
    screen.fill("Name", "CRM dataset")
    screen.fill("Dataset ID", firm.dataset_id)
    screen.save()
    screen.click("Map the pipeline")
    screen.reads("initial_lead")

    meta_id = firm.new_lead("Ana Acker")
    firm.run_cron("deliver")

    assert handshake["echoed"]
    assert firm.events(meta_id) == [("initial_lead", "accepted")]
    assert firm.counted() == ["initial_lead"]


def test_secrets_are_empty_when_the_form_is_opened_again(firm: Firm):
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.click("New")
    screen.reads("To paste at Meta")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("App ID", firm.app_id)
    screen.fill("App secret", firm.app_secret)
    screen.fill("System-user token", firm.access_token)
    screen.save()
    after_saving = screen.source()

    screen.open("meta_crm_capi.meta_connection_action")
    screen.open_row("Sunny Roofs")
    screen.reads("Saved")

    assert [secret for secret in SECRETS if secret in after_saving] == []
    assert screen.value("App secret") == ""
    assert screen.value("System-user token") == ""
    assert [secret for secret in SECRETS if secret in screen.source()] == []
    received = screen.received()
    assert firm.app_id in received
    assert [secret for secret in SECRETS if secret in received] == []


def test_saving_the_form_again_keeps_the_secrets(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.open_row("Sunny Roofs")
    screen.fill("Name", "Sunnier Roofs")
    screen.save()
    screen.click("Check now")

    screen.reads("Valid, of a system user. It never expires")
    assert connected.meta.requests("*debug_token*")


def test_a_connection_says_what_is_missing(firm: Firm):
    screen = firm.screen("administrator")
    screen.open("meta_crm_capi.meta_connection_action")
    screen.click("New")
    screen.fill("Name", "Half a connection")
    screen.save()
    screen.reads("No app secret: webhooks from Meta are refused")
    screen.reads("No system-user token")
    screen.reads("No App ID")

    screen.fill("App secret", firm.app_secret)
    screen.save()
    screen.reads("Saved")

    assert "No app secret" not in screen.words()
    assert "No system-user token" in screen.words()


def test_a_wrong_id_is_explained_on_the_spot(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.click("New")
    screen.fill("Name", "Sunny Roofs")
    screen.fill("Page ID", "sunny.roofs")
    screen.click_on(".o_form_button_save")

    assert "A Page ID has digits only" in screen.refusal()


def test_a_mapping_is_changed_in_the_list_and_switched_off_with_a_toggle(
    connected: Firm,
):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.edit_row("qualified")
    screen.fill_cell("event_name", "talked_to")
    screen.save()
    screen.toggle("lost")
    screen.save()

    names = [rule["event_name"] for rule in connected.rules()]
    assert names == ["initial_lead", "talked_to", "proposition", "won"]


def test_a_line_for_one_team_is_added_on_the_dataset(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.click("Add a line")
    screen.choose_cell("stage_id", "Won")
    screen.choose_cell("team_id", "Sales")
    screen.fill_cell("event_name", "sold_by_sales")
    screen.save()

    names = [rule["event_name"] for rule in connected.rules()]
    assert sorted(names[-3:]) == ["lost", "sold_by_sales", "won"]


def test_new_leads_get_what_is_chosen_on_their_page(connected: Firm):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.open_row("Sunny Roofs")
    screen.choose("Sales Team", "Sales")
    screen.choose("Salesperson", "Administrator")
    screen.choose("Dataset", "CRM dataset")
    screen.save()

    meta_id = connected.new_lead("Gil Gross")
    (lead,) = connected.session("administrator").search_read(
        "crm.lead", [("meta_lead_id", "=", meta_id)], ["team_id", "user_id"]
    )
    assert lead["team_id"][1] == "Sales"
    assert lead["user_id"][1].startswith("Administrator")


def test_a_line_is_added_to_the_mapping_by_hand(connected: Firm):
    connected.forget_rules()
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_rule_action")
    screen.click("New")
    screen.choose("Stage", "Qualified")
    screen.fill("Event name", "Purchase")
    screen.choose("Dataset", "CRM dataset")
    screen.click_on(".o_form_button_save")
    assert "Meta refuses “Purchase” without a value" in screen.refusal()

    screen.click_on("[data-value='expected_revenue']")
    screen.save()
    assert connected.rules() == [
        {"step": "stage", "event_name": "Purchase", "value_source": "expected_revenue"}
    ]


def test_every_empty_screen_shows_what_to_do(firm: Firm):
    screen = firm.screen("administrator")
    shown = {}
    for model in EMPTY_SCREENS:
        screen.open(f"meta_crm_capi.{model}_action")
        screen.sees(".o_view_nocontent")
        shown[model] = screen.words()

    assert [
        model for model, words in EMPTY_SCREENS.items() if words not in shown[model]
    ] == []
