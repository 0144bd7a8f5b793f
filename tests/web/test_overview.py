"""The sync overview, as a marketer and an administrator see it."""

from __future__ import annotations

from pathlib import Path

from .firm import Firm
from .past import add_past
from .screen import Screen

OVERVIEW = "/odoo/meta-overview"


def look(firm: Firm, role: str = "marketer") -> Screen:
    firm.rest_crons()
    screen = firm.screen(role)
    screen.go(OVERVIEW)
    screen.sees(".o_meta_overview .container-fluid > *")
    return screen


def is_within_width(screen: Screen) -> bool:
    return screen.tab.run(
        "() => [...document.querySelectorAll('.o_meta_overview .o_content')]"
        ".every((element) => element.scrollWidth <= element.clientWidth)"
    )


def test_who_has_no_connection_is_told_what_to_do(firm: Firm, album: Path):
    screen = look(firm, "administrator")
    screen.reads("Meta is not connected yet")
    screen.photograph(album / "overview_start.png", 900)
    screen.click("Connect Meta")
    screen.sees(".o_form_view.o_view_controller")
    assert screen.has(".o_form_view [name='app_id']")

    screen = look(firm)
    screen.reads("Ask a Meta administrator to connect it.")


def test_one_without_a_dataset_is_told_what_that_means(connected: Firm):
    admin = connected.session("administrator")
    datasets = admin("meta.capi.dataset", "search", [])
    admin("meta.capi.dataset", "write", datasets, {"active": False})
    screen = look(connected, "administrator")

    screen.reads("There is no dataset yet")
    screen.click("Go on with the setup")
    screen.sees(".o_form_view.o_view_controller")


def test_before_the_first_move_nothing_waits_and_it_says_what_is_to_come(
    connected: Firm, album: Path
):
    screen = look(connected)

    screen.reads("Nothing needs you")
    screen.reads("Nothing waits.")
    screen.reads("No lead from Meta was moved in this period.")
    screen.reads("CRM dataset")
    screen.photograph(album / "overview_empty.png", 900)


def test_numbers_open_the_records_behind_them(connected: Firm, album: Path):
    connected.new_lead("Ana Acker")
    count = add_past(connected.dataset_id)
    admin = connected.session("administrator")
    screen = look(connected)

    screen.reads("Waiting events")
    screen.reads("With Meta at about")
    screen.reads("Median; 95% within")
    assert is_within_width(screen)
    screen.photograph(album / "overview_full.png", 1500)
    for number, state in ((1, "accepted"), (2, "waiting"), (3, "refused")):
        states = ["queued"] if state == "waiting" else [state]
        expected = admin("meta.capi.event", "search_count", [("state", "in", states)])
        shown = f".o_meta_totals tr:nth-child({number}) button"
        screen.sees(shown)
        words = screen.tab.run("(shown) => finders.selector(shown).innerText", shown)
        assert words == f"{expected:,}"
    assert count > 200

    screen.click_on(".o_meta_totals tr:nth-child(3) button")
    screen.sees(".o_list_view.o_view_controller")
    refused = admin("meta.capi.event", "search_count", [("state", "=", "refused")])
    assert len(screen.rows()) == refused
    screen.tab.run("() => history.back()")
    screen.reads("Waiting events")


def test_the_chart_opens_what_a_bar_stands_for(connected: Firm):
    connected.new_lead("Ana Acker")
    add_past(connected.dataset_id)
    screen = look(connected)
    screen.sees(".o_meta_chart canvas")
    x, y = screen.tab.run(
        """() => {
            const box = document.querySelector(".o_meta_chart canvas");
            const chart = Chart.getChart(box);
            const bar = chart.getDatasetMeta(0).data.at(-2).getCenterPoint();
            const place = box.getBoundingClientRect();
            return [place.x + bar.x, place.y + bar.y];
        }"""
    )
    screen.tab.click_at(x, y)

    screen.sees(".o_list_view.o_view_controller")
    screen.reads("Accepted, ")


def test_a_period_is_kept_while_looking_at_records(connected: Firm):
    connected.new_lead("Ana Acker")
    add_past(connected.dataset_id)
    screen = look(connected)
    screen.click("30 days")
    screen.sees(".btn-group .active[aria-pressed='true']")
    screen.click_on(".o_meta_totals button")
    screen.sees(".o_list_view.o_view_controller")
    screen.click_on(".o_back_button, .breadcrumb-item a, .o_breadcrumb button")
    screen.sees(".o_meta_totals")

    words = "() => finders.selector('.btn-group .active').innerText"
    assert screen.tab.run(words) == "30 days"


def test_it_works_with_the_keyboard_alone(connected: Firm):
    connected.new_lead("Ana Acker")
    screen = look(connected)
    screen.sees(".o_meta_card_value.btn")
    screen.tab.run("() => document.querySelector('.o_meta_card_value.btn').focus()")
    names = []
    for _number in range(12):
        names.append(
            screen.tab.run(
                "() => document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.innerText"
            )
        )
        screen.tab.press("Tab", 9)
    assert "Waiting events: 1" in names
    assert "CRM dataset" in names
    assert "Numbers by day" in names

    screen.tab.run("() => document.querySelector('.o_meta_card_value.btn').focus()")
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    screen.tab.call("Input.dispatchKeyEvent", type="keyDown", text="\r", **enter)
    screen.tab.call("Input.dispatchKeyEvent", type="keyUp", **enter)
    screen.sees(".o_list_view.o_view_controller")


def test_a_paused_dataset_says_why_and_is_resumed(connected: Firm, album: Path):
    connected.new_lead("Ana Acker")
    connected.meta.script_named("bad_token", f"POST */{connected.dataset_id}/events")
    connected.run_cron("deliver")
    screen = look(connected)
    screen.reads("Paused: CRM dataset")
    screen.reads("Not before a person resumes it.")
    assert not screen.has(".o_meta_datasets .btn-secondary")

    screen = look(connected, "administrator")
    screen.reads("Paused: CRM dataset")
    screen.photograph(album / "overview_paused.png", 1500)
    screen.click_on(".o_meta_datasets .btn-secondary")
    screen.reads("What waits is sent now, the oldest first")
    screen.tab.photograph(album / "overview_resume.png")
    screen.click("Resume sending")
    screen.reads("Nothing needs you")
    connected.run_cron("deliver")
    screen.click("Refresh")

    screen.reads("Nothing waits.")
    assert connected.counted() == ["initial_lead"]


def test_all_that_needs_a_person_is_a_line_with_its_cure(connected: Firm, album: Path):
    connected.new_lead("Ana Acker")
    connected.meta.set_terms(connected.page_id, False)
    admin = connected.session("administrator")
    (connection,) = admin("meta.connection", "search", [])
    admin("meta.connection", "action_check", [connection])
    (dataset,) = admin("meta.capi.dataset", "search", [])
    admin("meta.capi.dataset", "action_stop", [dataset])
    connected.starve_crons()
    screen = connected.screen("administrator")
    screen.go(OVERVIEW)

    screen.reads("Scheduled actions do not run")
    screen.reads("“Meta: read leads” is due since")
    screen.reads("Lead Ads Terms: Sunny Roofs")
    screen.reads("Stopped: CRM dataset")
    assert is_within_width(screen)
    screen.photograph(album / "overview_alarms.png", 1700)
    opened = "[aria-label='Lead Ads Terms: Sunny Roofs']"
    screen.click_on(opened)
    screen.sees(".o_form_view.o_view_controller")
    screen.reads("Sunny Roofs")


def test_what_is_wrong_with_the_way_in_does_not_redden_the_events(connected: Firm):
    connected.new_lead("Ana Acker")
    admin = connected.session("administrator")
    (connection,) = admin("meta.connection", "search", [])
    secret = {"app_secret": "a-mistyped-secret"}
    admin("meta.connection", "write", [connection], secret)
    admin("meta.connection", "action_check", [connection])
    screen = look(connected)
    screen.reads("App ID and app secret: Sunny Roofs")
    screen.reads("Oldest waiting")

    assert not screen.has(".o_meta_card_value .text-danger")


def test_stopping_is_asked_for_first(connected: Firm):
    screen = look(connected, "administrator")
    screen.click("Stop")
    screen.reads("moves made meanwhile are not reported later")
    screen.click("Cancel")
    screen.reads("Nothing needs you")
    screen.click("Stop")
    screen.click("Stop sending")

    screen.reads("Stopped: CRM dataset")
    screen.reads("An administrator switched it off")


def test_while_the_server_does_not_answer_the_last_numbers_stay(
    connected: Firm, album: Path
):
    screen = look(connected)
    screen.reads("Nothing needs you")
    screen.tab.call("Network.enable")
    screen.tab.call("Network.setBlockedURLs", urls=["*get_overview*"])
    screen.click("Refresh")
    screen.reads("The overview could not be read.")
    screen.reads("The numbers below are older")
    screen.reads("Nothing needs you")
    screen.photograph(album / "overview_trouble.png", 900)
    screen.tab.call("Network.setBlockedURLs", urls=[])
    screen.click("Try again")

    screen.tab.wait(
        "() => !finders.selector('.o_meta_trouble')", what="the trouble to be over"
    )


def test_it_is_the_first_entry_of_the_menu(connected: Firm):
    screen = connected.screen("marketer")
    screen.go("/odoo/crm")
    reporting = screen.menus("Reporting")
    start = reporting.index("Meta sync")
    assert reporting[start + 1] == "Overview"
    screen._click("menu", "Reporting")
    screen._click("menu", "Overview")

    screen.reads("Nothing needs you")
