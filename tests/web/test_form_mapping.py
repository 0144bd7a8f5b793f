"""An administrator maps the answers of a form, and applies the mapping to the past."""

from __future__ import annotations

from .firm import Firm

FORM = "meta_crm_capi.meta_lead_form_action"
QUESTIONS = [
    {"key": "full_name", "label": "Full name", "type": "FULL_NAME"},
    {"key": "email", "label": "Email", "type": "EMAIL"},
    {"key": "where", "label": "Which town?", "type": "CUSTOM"},
    {
        "key": "roof",
        "label": "Which roof?",
        "type": "CUSTOM",
        "options": [{"key": "k1", "value": "Flat"}, {"key": "k2", "value": "Steep"}],
    },
    {"key": "budget", "label": "Your budget?", "type": "CUSTOM"},
]
BOXES = [{"key": "share", "text": "May be shared with Meta", "is_required": False}]


def new_form(firm: Firm) -> str:
    """A form at Meta with questions of several kinds; returns its id."""
    form_id = f"9{firm.form_id[1:]}"
    firm.meta.add_form(
        form_id,
        firm.page_id,
        "Roof check",
        QUESTIONS,
        custom_disclaimer={"title": "x", "body": "y", "checkboxes": BOXES},
    )
    return form_id


def new_lead(firm: Firm, form_id: str, **answers: str) -> None:
    """Somebody answers the form and Odoo reads it."""
    firm.announce(firm.meta.create_lead(form_id, answers))
    firm.run_cron("fetch")


def test_a_form_without_questions_says_how_to_get_them(connected: Firm):
    form_id = new_form(connected)
    screen = connected.screen("administrator")
    screen.open(FORM)
    screen.click("New")
    screen.fill("Name", "Roof check")
    screen.fill("Form ID", form_id)
    screen.choose("Page", "Sunny Roofs")
    screen.reads("No questions yet")
    screen.click("Load questions")
    screen.reads("Which roof?")
    rows = screen.rows()
    assert len(rows) == len(QUESTIONS)
    assert "Email" in rows[1]
    screen.reads("Which check box asks whether the person may be shared with Meta?")


def test_an_answer_of_the_wrong_kind_is_refused_in_words(connected: Firm):
    form_id = new_form(connected)
    new_lead(connected, form_id, full_name="Ana Acker", email="ana@example.com")
    screen = connected.screen("administrator")
    screen.open(FORM)
    screen.open_row("Roof check")
    screen.reads("ana@example.com")
    screen.edit_row("ana@example.com")
    screen.choose_cell("field_id", "Expected Closing")
    screen.click_on(".o_form_button_save")
    words = screen.refusal()
    assert "“Email” asks for EMAIL" in words
    assert "Choose a text field" in words


def test_a_changed_mapping_is_previewed_and_applied_to_past_leads(connected: Firm):
    form_id = new_form(connected)
    new_lead(connected, form_id, full_name="Ana Acker", where="Ankara", roof="k2")
    new_lead(connected, form_id, full_name="Bo Bär", where="Bonn", budget="1.500 €")
    admin = connected.session("administrator")
    (edited,) = admin.search_read("crm.lead", [("contact_name", "=", "Bo Bär")], ["id"])
    admin("crm.lead", "write", [edited["id"]], {"city": "Berlin"})
    screen = connected.screen("administrator")
    screen.open(FORM)
    screen.open_row("Roof check")
    screen.edit_row("Which town?")
    screen.choose_cell("field_id", "City")
    screen.save()
    screen.click("Apply to past leads")
    screen.reads("stays as edited (mapping: Bonn)")
    screen.reads("Ankara")
    screen.click("Apply to these leads")
    screen.reads("Changed: 1")
    leads = admin.search_read(
        "crm.lead", [("name", "like", "Roof check")], ["contact_name", "city"]
    )
    assert {lead["contact_name"]: lead["city"] for lead in leads} == {
        "Ana Acker": "Ankara",
        "Bo Bär": "Berlin",
    }


def test_a_marketer_sees_the_mapping_but_no_answer(connected: Firm):
    form_id = new_form(connected)
    new_lead(connected, form_id, full_name="Ana Acker", email="ana@example.com")
    marketer = connected.session("marketer")
    (form,) = marketer.search_read(
        "meta.lead.form", [("meta_id", "=", form_id)], ["question_ids"]
    )
    fields = marketer("meta.lead.question", "fields_get", [], ["type"])
    assert "field_id" in fields
    assert "sample" not in fields
    assert len(form["question_ids"]) == len(QUESTIONS)
