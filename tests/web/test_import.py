"""An administrator brings in the leads that were there before."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone

from .firm import Firm


def moment(days: int) -> str:
    then = datetime.now(timezone.utc) - timedelta(days=days)
    return then.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def file_of(firm: Firm, *rows: tuple[str, str, str]) -> str:
    lines = ["id\tcreated_time\tform_id\tform_name\tfull_name\temail"]
    lines += [
        f"{meta_id}\t{moment(1)}\tf:{firm.form_id}\tSpring offer\t{name}\t{email}"
        for meta_id, name, email in rows
    ]
    return base64.b64encode("\r\n".join(lines).encode("utf-16")).decode()


def test_leads_are_counted_and_then_imported_from_meta(connected: Firm):
    for name in ("Ana Acker", "Ben Baker", "Cleo Cook"):
        connected.meta.create_lead(
            connected.form_id,
            {"full_name": name, "email": f"{name.split()[0].lower()}@example.com"},
        )
    screen = connected.screen("administrator")
    screen.go("/odoo/crm")
    screen.menu("Configuration", "Import leads")
    screen.reads("Bring in the leads that were there before")
    screen.click("New")
    screen.reads("nothing is made yet")
    screen.click("Count first")
    screen.reads("It works in the background")
    connected.run_cron("import")
    # The screen notices by itself.
    screen.sees("button[name='action_start']")
    assert screen.shown("create_count") == "3"
    screen.click_on("button[name='action_open_lines'] [name='found_count']")
    screen.sees(".o_list_view")
    assert len(screen.rows()) == 3
    screen.tab.run("() => history.back()")
    screen.click("Import")
    screen.sees(".o_progressbar")
    connected.run_cron("import")
    screen.sees("[name='made_count']")
    screen.reads("100 %")
    assert screen.shown("made_count") == "3"


def test_an_administrator_chooses_among_several_leads_and_sees_what_was_unreadable(
    connected: Firm,
):
    admin = connected.session("administrator")
    for name in ("Ana from the fair", "Ana by phone"):
        admin.create("crm.lead", {"name": name, "email_from": "ana@example.com"})
    admin.create("crm.lead", {"name": "Ben", "email_from": "ben@example.com"})
    number = connected.form_id[-10:]
    content = file_of(
        connected,
        (f"l:11111{number}", "Ana Acker", "ana@example.com"),
        (f"l:22222{number}", "Ben Baker", "ben@example.com"),
        (f"l:33333{number}", "Cleo Cook", "cleo@example.com"),
        ("1.2E+15", "Dan Dale", "dan@example.com"),
    )
    run = admin.create(
        "meta.lead.import",
        {"source": "file", "file": content, "file_name": "leads.csv"},
    )
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_import_action")
    screen.open_row("From a file")
    screen.click("Count first")
    connected.run_cron("import")
    screen.sees("button[name='action_start']")
    screen.reads("Some match several leads in Odoo: 1.")
    screen.click("Choose among them")
    screen.reads("Ana by phone")
    screen.edit_row(f"11111{number}")
    screen.choose_cell("lead_id", "Ana by phone")
    screen.click_on(".o_list_button_save")
    screen.open("meta_crm_capi.meta_lead_import_action")
    screen.open_row("From a file")
    screen.click("Import")
    connected.run_cron("import")
    screen.reads("100 %")
    assert screen.shown("made_count") == "1"
    assert screen.shown("attached_count") == "2"
    screen.click_on("button.text-danger")
    screen.reads("A spreadsheet program rounded the lead ID")
    (lead,) = admin.search_read(
        "crm.lead", [("name", "=", "Ana by phone")], ["meta_lead_id"]
    )
    assert lead["meta_lead_id"] == f"11111{number}"
    assert admin("meta.lead.import", "read", [run], ["state"])[0]["state"] == "done"


def test_a_file_of_an_unknown_form_says_what_to_do(connected: Firm):
    admin = connected.session("administrator")
    content = file_of(connected, (f"l:11111{connected.form_id[-10:]}", "Ana", ""))
    connected.forget_page()
    admin.create(
        "meta.lead.page", {"name": "Moon Roofs", "meta_id": f"9{connected.page_id}"}
    )
    admin.create(
        "meta.lead.import",
        {"source": "file", "file": content, "file_name": "leads.csv"},
    )
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_lead_import_action")
    screen.open_row("From a file")
    screen.click("Count first")
    connected.run_cron("import")
    screen.reads("The import stopped.")
    screen.reads(f"The form “Spring offer” ({connected.form_id}) is not in Odoo.")
    screen.reads("Count again")
    screen.click("Change")
    screen.sees("button[name='action_count']")
