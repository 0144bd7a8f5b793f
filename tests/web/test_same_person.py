"""The same person sends two forms, and the screens show what became of it."""

from __future__ import annotations

from .firm import Firm


def test_a_form_is_told_to_add_to_the_open_lead_and_the_rep_reads_what_is_new(
    connected: Firm,
):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_form_action")
    screen.open_row("Spring offer")
    screen.turn_to("New leads")
    screen.reads("What is empty here is as on the Page.")
    screen.click_on("[name='person_policy'] input")
    screen.click("Add it to the open lead")
    screen.save()
    connected.new_lead("Ana Acker")
    connected.new_lead("Ana Baker")
    rep = connected.screen("rep")
    rep.go("/odoo/crm")
    rep.column_holds("New", 1)
    rep.click_on(".o_kanban_record")
    rep.reads("The same person sent a form at Meta: “Spring offer”")
    rep.reads("Contact Name: Ana Baker")
    rep.turn_to("Contacts")
    rep.reads("Meta ad")
    assert rep.shown("meta_platform") == "Facebook"
    assert rep.shown("meta_campaign_name") == "Campaign one"


def test_a_page_is_told_to_mark_possible_duplicates_and_the_rep_sees_it(
    connected: Firm,
):
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_page_action")
    screen.open_row("Sunny Roofs")
    screen.click_on("[name='person_policy'] input")
    screen.click("Make a new lead, marked as possible duplicate")
    screen.save()
    connected.new_lead("Ana Acker")
    connected.new_lead("Ana Baker")
    rep = connected.screen("rep")
    rep.go("/odoo/crm")
    rep.column_holds("New", 2)
    admin = connected.session("administrator")
    lead = admin("crm.lead", "search", [("name", "like", "Ana Baker")])
    rep.go(f"/odoo/crm.lead/{lead[0]}")
    rep.reads("The same person had an open lead when this one came in from Meta:")
    assert rep.shown("meta_duplicate_of_id") == "Spring offer: Ana Acker"
