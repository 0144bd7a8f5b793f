"""An administrator gives a dataset that Meta learned from another ID."""

from __future__ import annotations

from .firm import Firm


def test_an_administrator_is_told_and_asked_before_the_id_changes(connected: Firm):
    connected.new_lead("Ana Acker")
    connected.run_cron("deliver")
    new_id = str(int(connected.dataset_id) + 1)
    screen = connected.screen("administrator")
    screen.open("meta_crm_capi.meta_capi_dataset_action")
    screen.open_row("CRM dataset")
    screen.click("Change the dataset ID")
    screen.reads("Meta's learning starts again.")
    screen.fill("New dataset ID", new_id)
    screen.click_on("[name=is_confirmed] input")
    screen.click_on(".modal-footer button[name=action_change]")
    screen.reads(f"Takes the place of “CRM dataset ({connected.dataset_id})”")

    admin = connected.session("administrator")
    datasets = admin(
        "meta.capi.dataset",
        "search_read",
        [("active", "in", [True, False])],
        ["meta_id", "active"],
    )
    assert {row["meta_id"]: row["active"] for row in datasets} == {
        connected.dataset_id: False,
        new_id: True,
    }
