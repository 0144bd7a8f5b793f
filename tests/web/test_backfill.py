"""An administrator tells Meta what it missed in the last days."""

from __future__ import annotations

from pathlib import Path

from .firm import Firm

LIST = "meta_crm_capi.meta_capi_backfill_action"


def switch_dataset(firm: Firm, *, active: bool) -> None:
    admin = firm.session("administrator")
    found = admin(
        "meta.capi.dataset",
        "search",
        [("meta_id", "=", firm.dataset_id), ("active", "!=", active)],
    )
    admin("meta.capi.dataset", "write", found, {"active": active})


def miss(firm: Firm, *names: str) -> None:
    """Leads that came in and, but for the first one, were qualified, unheard of."""
    switch_dataset(firm, active=False)
    for name in names:
        firm.new_lead(name)
    rep = firm.session("rep")
    leads = rep("crm.lead", "search", [("contact_name", "in", names[1:])])
    (stage,) = rep("crm.stage", "search", [("name", "=", "Qualified")])
    for lead in leads:
        rep("crm.lead", "write", [lead], {"stage_id": stage})
    switch_dataset(firm, active=True)


def numbers(screen) -> list[list[str]]:
    """The table: the step and its numbers, row by row."""
    return screen.tab.run(
        "() => [...document.querySelectorAll('.o_meta_backfill tbody tr')].map((row) =>"
        " [...row.querySelectorAll('th, td')].map((cell) => cell.innerText.trim()))"
    )


def test_the_empty_list_says_what_it_is_for(firm: Firm, album: Path):
    screen = firm.screen("administrator")
    screen.go("/odoo/crm")
    screen.menu("Reporting", "Report past steps")
    screen.reads("Tell Meta what it missed in the last 7 days")
    screen.tab.photograph(album / "backfill_empty.png")


def test_it_is_planned_looked_at_and_sent_while_the_screen_tells_how_far(
    connected: Firm, album: Path
):
    miss(connected, "Ana Acker", "Ben Bauer", "Cleo Cook")
    admin = connected.session("administrator")
    (refusing,) = admin("crm.lead", "search", [("contact_name", "=", "Cleo Cook")])
    admin("crm.lead", "write", [refusing], {"meta_consent": "no"})

    screen = connected.screen("administrator")
    screen.open(LIST)
    screen.click("New")
    screen.reads("nothing is sent yet")
    screen.tab.photograph(album / "backfill_choose.png")
    screen.click("Plan")
    screen.sees("button[name='action_send']")
    assert screen.shown("send_count") == "3"
    assert numbers(screen) == [
        ["Raw lead", "2", "0", "1"],
        ["Qualified", "1", "0", "1"],
    ]
    screen.reads("the person does not want to be shared")
    screen.tab.photograph(album / "backfill_plan.png")
    assert connected.counted() == []

    screen.click_on(".o_meta_reasons button")
    screen.reads("Cleo Cook")
    screen.tab.photograph(album / "backfill_steps.png")
    screen.click_on(".o_data_row .o_data_cell")
    screen.sees(".o_form_view .o_lead_opportunity_form, .o_form_view [name=stage_id]")

    screen.open(LIST)
    screen.open_row("Planned")
    screen.click("Send")
    screen.reads("It works in the background")
    connected.run_cron("backfill")
    # The screen notices by itself.
    screen.sees(".o_meta_backfill .o_meta_waiting")
    screen.tab.photograph(album / "backfill_sending.png")
    connected.run_cron("deliver")
    connected.run_cron("backfill")
    screen.reads("100 %")
    screen.reads("Done at")
    assert numbers(screen) == [
        ["Raw lead", "2", "2", "0", "0", "0", "0", "1"],
        ["Qualified", "1", "1", "0", "0", "0", "0", "1"],
    ]
    screen.tab.photograph(album / "backfill_done.png")
    assert sorted(connected.counted()) == [
        "initial_lead",
        "initial_lead",
        "qualified",
    ]


def test_leads_are_chosen_in_their_list(connected: Firm):
    miss(connected, "Ana Acker", "Ben Bauer")
    screen = connected.screen("administrator")
    screen.open("crm.crm_lead_action_pipeline")
    screen.click_on(".o_facet_remove")
    screen.click_on(".o_switch_view.o_list")
    screen.sees(".o_list_view .o_data_row")
    screen.click_on("thead .o_list_record_selector input")
    screen.click("Actions")
    screen.click("Report past steps to Meta")
    screen.sees("button[name='action_send']")
    assert screen.shown("chosen_count") == "2"
    assert numbers(screen) == [
        ["Raw lead", "2", "0", "0"],
        ["Qualified", "1", "0", "0"],
    ]


def test_the_funnel_board_leads_to_a_plan(connected: Firm):
    screen = connected.screen("administrator")
    screen.go("/odoo/meta-funnel-board")
    screen.click_on(".o_meta_backfill_open")
    screen.reads("nothing is sent yet")
    assert screen.value("Dataset") == "CRM dataset"
    screen.click("Plan")
    screen.reads("There is nothing to send.")


def test_a_dataset_leads_to_a_plan_of_its_own_leads(connected: Firm):
    miss(connected, "Ana Acker")
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.click("More")
    screen.click("Report past steps")
    screen.reads("nothing is sent yet")
    assert screen.value("Dataset") == "CRM dataset"
    screen.click("Plan")
    screen.sees("button[name='action_send']")
    assert numbers(screen) == [["Raw lead", "1", "0", "0"]]


def test_a_rep_finds_none_of_it(connected: Firm):
    screen = connected.screen("rep")
    assert "access" in screen.refused_at(LIST).lower()
