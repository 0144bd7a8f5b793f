"""What Meta measured of a dataset's web events, and who may read it."""

from __future__ import annotations

import pytest

from .conftest import APP, DATASET, OTHER_DATASET, TOKEN, codes
from .control import ControlError

FIELDS = "web{event_name,event_match_quality{composite_score},event_coverage}"
ROW = {
    "event_name": "Purchase",
    "event_match_quality": {
        "composite_score": 6.2,
        "diagnostics": [{"name": "Phone", "solution": "Send it."}],
    },
    "event_coverage": {"percentage": 80.0, "goal_percentage": 75.0},
}


def ask(meta, token=TOKEN, **changes):
    params = {"dataset_id": DATASET, "fields": FIELDS, **changes}
    given = {key: value for key, value in params.items() if value is not None}
    return meta.get("dataset_quality", token, **given)


def test_a_dataset_of_crm_events_has_none(meta):
    assert ask(meta) == {"web": []}


def test_the_fields_that_are_asked_for_come_back_and_no_others(meta):
    meta.control.set_quality(DATASET, [ROW])
    (row,) = ask(meta)["web"]
    assert row == {**ROW, "event_match_quality": {"composite_score": 6.2}}
    (whole,) = ask(meta, fields="web")["web"]
    assert whole == ROW


def test_an_agent_has_figures_of_its_own(meta):
    meta.control.set_quality(DATASET, [ROW])
    assert ask(meta, agent_name="odoo") == {"web": []}
    meta.control.set_quality(DATASET, [ROW], "odoo")
    assert len(ask(meta, agent_name="odoo")["web"]) == 1


@pytest.mark.parametrize("left_out", ["dataset_id", "fields"])
def test_both_parameters_are_needed(meta, left_out):
    assert codes(ask(meta, **{left_out: None})) == (100, None)


@pytest.mark.parametrize(
    "fields",
    [
        "offline{event_name}",
        "web{event_names}",
        "web{event_name{id}}",
        "web{event_coverage{goal}}",
        "web{dedup_key_feedback}",
        "web{event_name",
    ],
)
def test_a_field_that_meta_has_not_refuses_the_call(meta, fields):
    assert codes(ask(meta, fields=fields)) == (100, None)


def test_it_is_a_call_of_the_marketing_api(meta):
    answer = meta.call("GET", "/dataset_quality", TOKEN, params={"fields": "web"})
    assert codes(answer) == (2635, None)


def test_a_token_that_may_only_send_reads_nothing(meta):
    meta.control.add_token("S", "send_only", dataset_ids=[DATASET])
    answer = ask(meta, "S")
    assert codes(answer) == (100, None)
    assert "Missing Permission" in answer["error"]["message"]


def test_another_s_dataset_cannot_be_read(meta):
    assert codes(ask(meta, dataset_id=OTHER_DATASET)) == (100, None)


def test_a_dataset_that_is_not_there_has_a_subcode_of_its_own(meta):
    assert codes(ask(meta, dataset_id="599999999999999")) == (100, 2044055)


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        (["ads_read", "ads_management"], True),
        (["ads_read", "business_management"], True),
        (["ads_read"], False),
        (["ads_management", "business_management"], False),
    ],
)
def test_two_permissions_are_needed(meta, scopes, may):
    meta.control.add_token(
        "T", "system_user", app_id=APP, dataset_ids=[DATASET], scopes=scopes
    )
    answer = ask(meta, "T")
    assert answer == {"web": []} if may else codes(answer) == (10, None)


@pytest.mark.parametrize(
    "row", [{}, {"event_name": "Lead", "score": 1}, {**ROW, "event_coverage": {"x": 1}}]
)
def test_figures_that_meta_could_not_answer_cannot_be_set(meta, row):
    with pytest.raises(ControlError):
        meta.control.set_quality(DATASET, [row])
