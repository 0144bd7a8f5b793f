"""The Dataset Quality API: what Meta measured of a dataset's web events.

Meta: Conversions API, "Dataset Quality API". Web events alone have figures; a dataset
that got nothing but events of a CRM or of chats has an answer without any.
"""

from __future__ import annotations

from typing import Any

from .call import GraphCall
from .fields import Field, parse, pick
from .rules import Refusal
from .state import MetaState, Token

_PERCENTAGE: dict[str, Any] = {"percentage": None, "description": None}
_POTENTIAL = {"potential_aly_acr_increase": _PERCENTAGE}
#: The fields of one web event, and those below each; None has none below.
WEB_FIELDS: dict[str, Any] = {
    "event_name": None,
    "event_match_quality": {
        "composite_score": None,
        "match_key_feedback": {
            "identifier": None,
            "coverage": _PERCENTAGE,
            **_POTENTIAL,
        },
        "diagnostics": dict.fromkeys(
            (
                "name",
                "description",
                "solution",
                "percentage",
                "affected_event_count",
                "total_event_count",
            )
        ),
    },
    "event_coverage": {
        "percentage": None,
        "goal_percentage": None,
        "description": None,
        **_POTENTIAL,
    },
    "dedupe_key_feedback": {
        "dedupe_key": None,
        "browser_events_with_dedupe_key": _PERCENTAGE,
        "server_events_with_dedupe_key": _PERCENTAGE,
        "overall_browser_coverage_from_dedupe_key": _PERCENTAGE,
    },
    "data_freshness": {"upload_frequency": None, "description": None},
    "acr": _PERCENTAGE,
    "event_potential_aly_acr_increase": _PERCENTAGE,
}
#: Permissions one of which is needed besides ads_read.
_BESIDES = frozenset(("ads_management", "business_management"))


def quality(state: MetaState, call: GraphCall, token: Token) -> dict[str, Any]:
    """GET /dataset_quality?dataset_id=…&agent_name=…&fields=web{…}."""
    dataset_id = call.required("dataset_id")
    fields = parse(call.required("fields"))
    found = state.datasets.get(dataset_id)
    if found is None:
        raise Refusal("quality_no_dataset")
    if found.id not in token.dataset_ids or token.kind == "send_only":
        raise Refusal("read_refused")
    if "ads_read" not in token.scopes or not _BESIDES & token.scopes:
        raise Refusal("quality_permission")
    answer: dict[str, Any] = {}
    for asked in fields:
        if asked.name != "web":
            raise _unknown(asked.name, "AdsDatasetQuality")
        _check(asked.below, WEB_FIELDS)
        rows = found.quality.get(call.param("agent_name") or "", [])
        answer["web"] = [pick(row, asked.below) for row in rows]
    return answer


def checked_rows(rows: list[dict]) -> list[dict]:
    """Rows that Meta could answer. Raises ValueError for a field that it has not."""
    for row in rows:
        if not row.get("event_name"):
            raise ValueError(f"a row needs an event_name: {row!r}")
        _check_keys(row, WEB_FIELDS)
    return rows


def _check_keys(node: Any, known: dict[str, Any] | None) -> None:
    for item in node if isinstance(node, list) else [node]:
        for name in item if isinstance(item, dict) else ():
            if not known or name not in known:
                raise ValueError(f"the quality of an event has no field {name!r}")
            _check_keys(item[name], known[name])


def _check(asked: tuple[Field, ...] | None, known: dict[str, Any]) -> None:
    for field in asked or ():
        if field.name not in known:
            raise _unknown(field.name, "AdsDatasetQualityWeb")
        if field.below and known[field.name] is None:
            raise _unknown(field.below[0].name, field.name)
        _check(field.below, known[field.name] or {})


def _unknown(name: str, node: str) -> Refusal:
    return Refusal("unknown_field", name=name, node=node)
