"""The quality of a dataset's events as Meta measures it: an answer, read and judged.

Meta measures web events alone; for events of a CRM, of chats and of shops it has no
figures at all. A figure that is missing, or no number, is None and never 0.

Sources: Conversions API "Dataset Quality API"; Events Manager help on event match
quality (aim for 6.0) and event coverage (75 %).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from .redact import redact
from .referral import MESSENGER, WHATSAPP
from .reply import Result
from .text import scalar_text
from .verdict import RETRY, THROTTLE
from .words import _lt

#: What to ask for: ``fields`` of the call, and below each web event.
WEB_FIELDS = (
    "event_name,event_match_quality{composite_score,"
    "match_key_feedback{identifier,coverage{percentage}},"
    "diagnostics{name,description,solution,percentage}},"
    "event_coverage{percentage,goal_percentage,description},"
    "data_freshness{upload_frequency,description}"
)
#: Meta's pages spell this one in two ways: it is asked for apart, and may be refused.
DEDUPLICATION_FIELDS = (
    "dedupe_key_feedback{dedupe_key,browser_events_with_dedupe_key,"
    "server_events_with_dedupe_key,overall_browser_coverage_from_dedupe_key}"
)
#: Meta's aims: event match quality of 0 to 10, and percent.
MATCH_GOAL = 6.0
COVERAGE_GOAL = 75.0
#: Purchases that Meta wants before a campaign may optimise for them, and the channels
#: to which such a campaign can lead.
PURCHASES = 10
PURCHASE_CHANNELS = (WHATSAPP, MESSENGER)
PURCHASE = "Purchase"

#: What came of asking. WAITS settles nothing: ask again later.
MEASURED, NOT_APPLICABLE, INCONCLUSIVE, FAILED, WAITS = (
    "measured",
    "not_applicable",
    "inconclusive",
    "failed",
    "waits",
)

#: How often Meta gets events, by its own words.
FRESHNESS = {
    "real_time": _lt("In real time"),
    "hourly": _lt("Hourly"),
    "daily": _lt("Daily"),
    "weekly": _lt("Weekly"),
}

#: A percentage far beyond 100 is none.
_MOST_PERCENT = 1000
_MAX_NAME = 100
_MAX_TEXT = 500
#: Permission codes of Meta's; 200 to 299 are as well.
_PERMISSION_CODES = (3, 10)
_NO_OBJECT = 33

NOT_READABLE = _lt("Meta's answer has no quality figures that can be read.")
NONE_OF_CRM = _lt(
    "Meta measures the quality of web events only, and this dataset got none: for"
    " events of a CRM or of chats there are no figures. Nothing is missing."
)
NONE_YET = _lt(
    "Meta knows web events of this dataset, but has no figures of them yet: mostly"
    " there are too few of them."
)
READ = _lt("Meta's figures were read. Event names with figures: %(count)s.")
NOT_ALLOWED = _lt(
    "Not certain: this token may not read quality figures. Meta says “%(words)s”. A"
    " token that may only send is like that; sending events is not harmed."
)
ALLOW = _lt(
    "To see the figures, use a system user's token with the permissions ads_read, and"
    " ads_management or business_management; the system user needs at least “Use"
    " events dataset” for this dataset in Meta's Business settings."
)
REFUSED = _lt("Meta did not give the figures: %(words)s")
NOT_ASKED = _lt("Meta could not be asked: %(words)s")


class MatchKey(NamedTuple):
    """How many of the events have a customer key, percent."""

    key: str
    coverage: float | None


class Deduplication(NamedTuple):
    """What a key does for de-duplication, percent."""

    key: str
    browser: float | None
    server: float | None
    overall: float | None


@dataclass(frozen=True, slots=True)
class EventQuality:
    """What Meta measured of one event name; None for what it did not.

    ``match_quality`` is 0 to 10, shares are percent; ``advice`` is Meta's own words.
    """

    event_name: str
    match_quality: float | None = None
    match_keys: tuple[MatchKey, ...] = ()
    coverage: float | None = None
    coverage_goal: float | None = None
    freshness: str | None = None
    deduplications: tuple[Deduplication, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether Meta measured anything at all."""
        figures = (self.match_quality, self.coverage, self.deduplicated)
        return bool(self.freshness) or any(figure is not None for figure in figures)

    @property
    def deduplicated(self) -> float | None:
        """Share of browser events that the best key finds again, percent."""
        shares = [row.overall for row in self.deduplications]
        return max((share for share in shares if share is not None), default=None)


class Judgement(NamedTuple):
    """What came of asking: a state, the figures, and words for people."""

    state: str
    events: list[EventQuality]
    words: str
    cure: str = ""


def read(data: Any) -> list[EventQuality]:
    """The figures in an answer, one for each event name; empty where Meta has none.

    :param data: the JSON value of an answer that was accepted
    :raises ValueError: when it is no answer about quality
    """
    if not isinstance(data, dict) or (data and "web" not in data):
        raise ValueError(NOT_READABLE)
    rows = data.get("web")
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise ValueError(NOT_READABLE)
    found: dict[str, EventQuality] = {}
    for row in rows:
        if (event := _event(row)) and event.event_name not in found:
            found[event.event_name] = event
    if rows and not found:
        raise ValueError(NOT_READABLE)
    return list(found.values())


def judge(result: Result) -> Judgement:
    """What an answer to :meth:`.calls_health.HealthCalls.dataset_quality` means.

    Never raises: what cannot be read is FAILED, in words.
    """
    answer = result.answer
    if answer.accepted:
        try:
            events = read(result.data)
        except ValueError as error:
            return Judgement(FAILED, [], str(error))
        if not events:
            return Judgement(NOT_APPLICABLE, [], NONE_OF_CRM)
        events = [event for event in events if event.has_figures]
        if not events:
            return Judgement(NOT_APPLICABLE, [], NONE_YET)
        return Judgement(MEASURED, events, READ % {"count": len(events)})
    words = answer.message or answer.meaning
    if answer.verdict in (RETRY, THROTTLE):
        return Judgement(WAITS, [], NOT_ASKED % {"words": words}, answer.cure)
    if _is_not_allowed(answer):
        return Judgement(INCONCLUSIVE, [], NOT_ALLOWED % {"words": words}, ALLOW)
    return Judgement(FAILED, [], REFUSED % {"words": words}, answer.cure)


def hints(event: EventQuality) -> list[str]:
    """What there is to do or to know of an event's figures, a line each."""
    found = []
    if event.match_quality is not None and event.match_quality < MATCH_GOAL:
        found.append(
            _lt("Match quality below %(goal)s: send more customer keys.")
            % {"goal": f"{MATCH_GOAL:g}"}
        )
    goal = COVERAGE_GOAL if event.coverage_goal is None else event.coverage_goal
    if event.coverage is not None and event.coverage < goal:
        found.append(
            _lt(
                "Coverage below %(goal)s %%: not every event of the pixel is also sent"
                " by a server with a key in common."
            )
            % {"goal": f"{goal:g}"}
        )
    keys = ", ".join(
        f"{row.key} {row.coverage:g} %"
        for row in event.match_keys
        if row.coverage is not None
    )
    if keys:
        found.append(_lt("Events that have a key: %(keys)s") % {"keys": keys})
    found += [
        _lt(
            "De-duplication by %(key)s: in the browser's events %(browser)s, in the"
            " server's %(server)s, found again %(overall)s"
        )
        % {
            "key": row.key,
            "browser": _percent(row.browser),
            "server": _percent(row.server),
            "overall": _percent(row.overall),
        }
        for row in event.deduplications
    ]
    return [*found, *event.advice]


def _is_not_allowed(answer) -> bool:
    """Whether the token is alive and the dataset may be there, but not to be read."""
    code = answer.code or 0
    if code in _PERMISSION_CODES or 200 <= code <= 299:
        return True
    says_so = "permission" in answer.message.lower()
    return code == 100 and (answer.subcode == _NO_OBJECT or says_so)


def _event(row: Any) -> EventQuality | None:
    name = _name(row.get("event_name")) if isinstance(row, dict) else None
    if not name:
        return None
    match = _part(row, "event_match_quality")
    coverage = _part(row, "event_coverage")
    freshness = _part(row, "data_freshness")
    keys = [
        MatchKey(key, _share(part.get("coverage")))
        for part in _parts(match, "match_key_feedback")
        if (key := _name(part.get("identifier")))
    ]
    # The field table and the example of Meta's page spell it differently.
    feedback = [
        *_parts(row, "dedupe_key_feedback"),
        *_parts(row, "dedup_key_feedback"),
    ]
    deduplications = [
        Deduplication(
            key,
            _share(part.get("browser_events_with_dedupe_key")),
            _share(part.get("server_events_with_dedupe_key")),
            _share(part.get("overall_browser_coverage_from_dedupe_key")),
        )
        for part in feedback
        if (key := _name(part.get("dedupe_key")))
    ]
    advice = [_diagnosis(part) for part in _parts(match, "diagnostics")]
    advice += [_text(coverage.get("description")), _text(freshness.get("description"))]
    return EventQuality(
        event_name=name,
        match_quality=_number(match.get("composite_score"), 10),
        match_keys=tuple(keys),
        coverage=_share(coverage.get("percentage")),
        coverage_goal=_share(coverage.get("goal_percentage")),
        freshness=_freshness(freshness.get("upload_frequency")),
        deduplications=tuple(deduplications),
        advice=tuple(dict.fromkeys(filter(None, advice))),
    )


def _diagnosis(part: dict) -> str:
    said = [_text(part.get("description")), _text(part.get("solution"))]
    return " ".join(filter(None, said)) or _text(part.get("name"))


def _part(row: dict, name: str) -> dict:
    part = row.get(name)
    return part if isinstance(part, dict) else {}


def _parts(row: dict, name: str) -> Iterable[dict]:
    parts = row.get(name)
    parts = parts if isinstance(parts, list) else [parts]
    return [part for part in parts if isinstance(part, dict)]


def _share(value: Any) -> float | None:
    """A percentage, bare or as ``{"percentage": …}``."""
    if isinstance(value, dict):
        value = value.get("percentage")
    return _number(value, _MOST_PERCENT)


def _number(value: Any, most: float) -> float | None:
    """A finite number of 0 to ``most``, also out of a text; None for all else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str):
        value = value.strip().removesuffix("%").rstrip()
        # float() also reads underscores and digits of any script.
        if not value.isascii() or "_" in value:
            return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= most else None


def _name(value: Any) -> str | None:
    text = scalar_text(value) if isinstance(value, str) else None
    return redact(text)[:_MAX_NAME] if text else None


def _freshness(value: Any) -> str | None:
    name = _name(value)
    return name and FRESHNESS.get(name.lower().replace(" ", "_"), name)


def _text(value: Any) -> str:
    text = scalar_text(value) if isinstance(value, str) else None
    return redact(" ".join(text.split()))[:_MAX_TEXT] if text else ""


def _percent(value: float | None) -> str:
    return "?" if value is None else f"{value:g} %"
