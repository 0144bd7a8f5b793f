"""The quality of a dataset, as an administrator and a marketer see it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from odoo.sql_db import db_connect
from odoo.tests.common import get_db_name

from .firm import Firm
from .screen import Screen

QUALITY = "/odoo/meta-quality"
FIGURES = {
    "Purchase": (6.8, 81, "real_time"),
    "Lead": (5.2, 62, "hourly"),
}


def figures(change: float = 0) -> list[dict]:
    return [
        {
            "event_name": name,
            "event_match_quality": {
                "composite_score": score + change,
                "match_key_feedback": [
                    {"identifier": "email", "coverage": {"percentage": 93}}
                ],
                "diagnostics": [
                    {"description": "Few phone numbers.", "solution": "Send more."}
                ],
            },
            "event_coverage": {"percentage": coverage, "goal_percentage": 75},
            "dedupe_key_feedback": [
                {
                    "dedupe_key": "event_id",
                    "overall_browser_coverage_from_dedupe_key": {"percentage": 71},
                }
            ],
            "data_freshness": {"upload_frequency": frequency},
        }
        for name, (score, coverage, frequency) in FIGURES.items()
    ]


def measure_days(firm: Firm, days: int) -> None:
    """Meta is asked on each of the last days, the last one being today.

    On one of them Meta had no figure of one event: the chart has a gap there.
    """
    admin = firm.session("administrator")
    datasets = admin("meta.capi.dataset", "search", [])
    for day in range(days):
        rows = figures(day / 10)
        firm.meta.set_quality(firm.dataset_id, rows[:1] if day == 1 else rows)
        admin("meta.capi.dataset", "action_read_quality", datasets)
        if day < days - 1:
            with closing(db_connect(get_db_name()).cursor()) as cr:
                # Of the oldest day first, so that no two rows are of one day.
                cr.execute(
                    "SELECT id FROM meta_capi_quality WHERE dataset_id = ANY(%s)"
                    " ORDER BY day",
                    [datasets],
                )
                for (row,) in cr.fetchall():
                    cr.execute(
                        "UPDATE meta_capi_quality SET day = day - 1 WHERE id = %s",
                        [row],
                    )
                cr.commit()


def open_tab(firm: Firm, role: str = "administrator") -> Screen:
    screen = firm.screen(role)
    (dataset,) = firm.session("administrator")("meta.capi.dataset", "search", [])
    screen.go(f"/odoo/meta.capi.dataset/{dataset}")
    screen.turn_to("Quality")
    return screen


def chart(screen: Screen) -> list[list]:
    """The lines of the chart: ``[label, points]``."""
    screen.sees(".o_graph_canvas_container canvas")
    return screen.tab.wait(
        """() => {
            const canvas = document.querySelector(".o_graph_canvas_container canvas");
            const drawn = canvas && window.Chart?.getChart(canvas);
            return drawn && drawn.data.datasets.map((line) => [line.label, line.data]);
        }""",
        what="the chart",
    )


def test_before_meta_was_asked_the_screens_say_what_to_do(connected: Firm, album: Path):
    screen = connected.screen("administrator")
    for view in ("list", "graph", "pivot"):
        screen.go(QUALITY)
        screen.sees(".o_view_controller")
        if view != "list":
            screen.click_on(f".o_switch_view.o_{view}")
            screen.sees(f".o_{view}_view")
        screen.reads("Meta was not asked yet")
        screen.reads("press Read now to ask at once")
        screen.photograph(album / f"quality_empty_{view}.png", 700)

    screen = open_tab(connected)
    screen.reads("Meta was not asked yet how good the events of this dataset are.")
    screen.photograph(album / "quality_tab_empty.png", 1000)


def test_for_crm_events_the_leads_that_meta_knows_stand_in(
    connected: Firm, album: Path
):
    connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    screen = open_tab(connected)
    screen.click("Read now")
    screen.reads("Not applicable")
    screen.reads("Meta measures the quality of web events only")
    screen.reads("100 % (1 of 1 leads)")
    screen.reads("Meta needs 60 % or more")
    screen.photograph(album / "quality_tab_crm.png", 1000)

    screen.click("All days")
    screen.sees(".o_list_view .o_data_row")
    (row,) = screen.rows()
    assert "Not applicable" in row
    assert "100.0" in row
    screen.click_on(".o_switch_view.o_graph")
    (whole, goal) = chart(screen)
    assert whole[1][-1] == 100
    assert goal[0] == "Goal: 60"
    screen.photograph(album / "quality_graph_crm.png", 900)


def test_figures_of_web_events_are_drawn_by_day_with_gaps_and_the_goal(
    connected: Firm, album: Path
):
    measure_days(connected, 4)
    screen = open_tab(connected)
    screen.reads("Measured by Meta")
    screen.reads("Few phone numbers. Send more.")
    screen.photograph(album / "quality_tab_full.png", 1100)

    screen.click("All days")
    screen.sees(".o_list_view .o_data_row")
    assert len(screen.rows()) == 11
    assert "The whole dataset" in screen.rows()[0]
    screen.photograph(album / "quality_list.png", 900)
    screen.click_on(".o_switch_view.o_graph")
    lines = dict(chart(screen))
    assert lines["Lead"] == [5.2, None, 5.4, 5.5]
    assert lines["Purchase"] == [6.8, 6.9, 7.0, 7.1]
    assert lines["Goal: 6"] == [6, 6, 6, 6]
    assert len(lines) == 3
    screen.photograph(album / "quality_graph.png", 900)
    screen.click_on(".o_switch_view.o_pivot")
    screen.sees(".o_pivot table")
    screen.photograph(album / "quality_pivot.png", 900)
    screen.click_on(".o_switch_view.o_list")
    screen.open_row("Lead")
    screen.reads("Match quality below 6: send more customer keys.")
    screen.photograph(album / "quality_form.png", 900)


def test_a_token_that_may_only_send_leaves_it_open_and_says_what_it_lacks(
    connected: Firm, album: Path
):
    token = "a-send-only-token-that-nobody-may-read"
    connected.meta.add_token(token, "send_only", dataset_ids=[connected.dataset_id])
    admin = connected.session("administrator")
    datasets = admin("meta.capi.dataset", "search", [])
    admin("meta.capi.dataset", "write", datasets, {"access_token": token})
    screen = open_tab(connected)
    screen.click("Read now")
    screen.reads("Inconclusive")
    screen.reads("sending events is not harmed")
    screen.reads("ads_read")
    screen.photograph(album / "quality_tab_inconclusive.png", 1000)
    assert token not in screen.received()


def test_a_dataset_of_chats_counts_the_purchases_that_it_needs(
    connected: Firm, album: Path
):
    admin = connected.session("administrator")
    (dataset,) = admin("meta.capi.dataset", "search", [])
    chats = f"109{connected.dataset_id[3:]}"
    connected.meta.add_dataset(chats, "Chats", account_id="102290129340398")
    token = "a-token-of-chats-that-nobody-may-read"
    connected.meta.add_token(
        token, "system_user", app_id=connected.app_id, dataset_ids=[chats]
    )
    admin(
        "meta.capi.dataset",
        "create",
        {"name": "Chats", "meta_id": chats, "kind": "messaging", "access_token": token},
    )
    admin("meta.capi.dataset", "unlink", [dataset])
    screen = open_tab(connected)
    screen.reads("0 of 10 purchases to unlock purchase optimisation")
    screen.click("Read now")
    screen.reads("Not applicable")
    screen.reads("events of a CRM or of chats there are no figures")
    screen.photograph(album / "quality_tab_chats.png", 1000)


def test_a_marketer_reads_it_and_cannot_ask_meta(connected: Firm):
    measure_days(connected, 1)
    screen = open_tab(connected, "marketer")
    screen.reads("Measured by Meta")
    assert not screen.has("button[name='action_read_quality']")
    screen = connected.screen("marketer")
    screen.go("/odoo/crm")
    screen.menu("Reporting", "Quality")
    screen.sees(".o_list_view .o_data_row")
