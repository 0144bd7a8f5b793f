"""One HTTP answer of the Graph API, read: what happened, and what to do now.

:func:`classify` serves every call, event batches and reads alike. It looks at the
body's ``error`` first and never decides on the HTTP status alone, because the same
error arrives under different statuses, and an error may ride on a 200. What each
code means is :mod:`.answer_table`.

Sources: Graph API "Handling errors" and "Rate limits"; Conversions API "Using the
API" and "Troubleshooting".
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from . import answer_usage
from .answer_lookup import find
from .answer_table import (
    NO_ANSWER,
    NOT_GRAPH,
    NOT_GRAPH_BY_STATUS,
    TRANSIENT,
)
from .batch import MAX_EVENTS
from .redact import redact
from .text import amount, integer
from .verdict import (
    ACCEPTED,
    PAUSE,
    REFUSE,
    RETRY,
    THROTTLE,
    VERDICTS,
    Rule,
)
from .words import _lt

__all__ = [
    "ACCEPTED",
    "MAX_REST",
    "PAUSE",
    "REFUSE",
    "RETRY",
    "THROTTLE",
    "VERDICTS",
    "Answer",
    "classify",
    "json_object",
]

#: No hint of Meta's makes us rest longer (seconds); its longest window is a day.
MAX_REST = 24 * 3600

#: Most of Meta's messages are shorter; a longer one is cut for the log.
_MAX_TEXT = 1000
_MAX_WARNINGS = 20
#: Codes are kept in 32-bit columns; Meta's are far smaller.
_MAX_CODE = 2**31 - 1

#: An event's place in the batch, as in ``$['data'][3]['event_name']`` or ``data[3]``.
_INDEX = re.compile(r"""(?<!\w)data(?:['"]?\])?(?:\[['"]?|\.)(\d{1,4})(?!\d)""")
#: The same in other words.
_INDEX_IN_WORDS = re.compile(r"\bindex[\s:=#]{1,3}(\d{1,4})(?!\d)", re.IGNORECASE)
#: Meta repeats the code at the head of its message: ``(#100) Missing Permission``.
_CODE_IN_WORDS = re.compile(r"\s*\(#(\d{1,9})\)")
_INTEGER = re.compile(r"\s*([+-]?\d{1,18})(?:\.0*)?\s*", re.ASCII)
_TRACE_ID = re.compile(r"[\w+/=.:-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one answer says.

    ``title`` and ``message`` are Meta's words (localised by Meta, empty when it gave
    none), freed of secrets and personal data; ``meaning`` and ``cure`` are ours.
    ``resume_after`` is in seconds; None on a throttle means that Meta gave no time
    and the caller's own growing rest applies. A call that was taken has one where a
    limit is used up by it. ``culprit`` is the index of the event
    that Meta names; verify it, Meta does not document it. ``tries`` bounds a retry:
    after so many the call counts as refused; None is no bound. ``outcome_known`` is
    False where Meta may or may not have taken the call, so that only the same bytes
    may be sent again. ``usage`` is the highest share of a rate limit seen, percent.
    """

    verdict: str
    code: int | None = None
    subcode: int | None = None
    title: str = ""
    message: str = ""
    trace_id: str = ""
    resume_after: int | None = None
    culprit: int | None = None
    events_received: int | None = None
    warnings: tuple[str, ...] = ()
    outcome_known: bool = True
    usage: float | None = None
    tries: int | None = None
    meaning: str = ""
    cure: str = ""

    @property
    def accepted(self) -> bool:
        """Whether Meta took the call."""
        return self.verdict == ACCEPTED


def classify(
    status: int | None,
    headers: Mapping[str, str] | None,
    body: bytes | None,
) -> Answer:
    """Read one HTTP answer. Never raises, whatever comes in.

    :param status: HTTP status; None when no answer came back at all (time-out,
        DNS, TLS, connection closed)
    :param headers: the answer's headers; case does not matter. A success that does
        not come as JSON is somebody else's; an error is read however it comes
    :param body: the raw body
    """
    heads = _lower(headers)
    usage = answer_usage.used(heads)
    if not isinstance(status, int) or isinstance(status, bool):
        return _no_answer(NO_ANSWER, heads, usage)
    data = json_object(body)
    if data is None:
        return _no_answer(_not_graph(status) if body else NO_ANSWER, heads, usage)
    error = data.get("error")
    if error is not None and error is not False:
        return _failed(error, data, heads, usage)
    if not 200 <= status < 300 or not _may_be_json(heads.get("content-type")):
        return _no_answer(_not_graph(status), heads, usage)
    return Answer(
        ACCEPTED,
        trace_id=_trace_id(data, {}, heads),
        events_received=_integer(data.get("events_received")),
        warnings=_warnings(data, heads),
        resume_after=_longest(answer_usage.rests(heads, used_up=True)),
        usage=usage,
        meaning=_lt("Meta took the call."),
    )


def json_object(body: object) -> dict | None:
    """The JSON object in a body; None when it is anything else. Never raises."""
    data = _json(body)
    return data if isinstance(data, dict) else None


def _failed(
    error: object, data: dict, heads: dict[str, str], usage: float | None
) -> Answer:
    fields = error if isinstance(error, dict) else {"message": error}
    said = _text(fields.get("message"))
    code = _integer(fields.get("code"))
    if code is None and (named := _CODE_IN_WORDS.match(said)):
        code = int(named.group(1))
    subcode = _integer(fields.get("error_subcode"))
    culprit = _culprit(fields)
    rule = find(code, subcode, said, names_event=culprit is not None)
    verdict, meaning, cure = rule.verdict, rule.meaning, rule.cure
    is_transient = _is_true(fields.get("is_transient"))
    if verdict == REFUSE and is_transient:
        verdict, meaning, cure = RETRY, TRANSIENT, NO_ANSWER.cure
    return Answer(
        verdict,
        code=code,
        subcode=subcode,
        title=_shown(_text(fields.get("error_user_title"))),
        message=_shown(_joined(said, _text(fields.get("error_user_msg")))),
        trace_id=_trace_id(data, fields, heads),
        resume_after=_resume_after(verdict, rule, heads),
        culprit=culprit,
        warnings=_warnings(data, heads),
        usage=usage,
        # However long it lasts: what Meta calls temporary refuses no event.
        tries=None if is_transient else rule.tries,
        meaning=meaning,
        cure=cure,
    )


def _no_answer(rule: Rule, heads: dict[str, str], usage: float | None) -> Answer:
    return Answer(
        rule.verdict,
        trace_id=_trace_id({}, {}, heads),
        resume_after=_resume_after(rule.verdict, rule, heads),
        outcome_known=False,
        usage=usage,
        tries=rule.tries,
        meaning=rule.meaning,
        cure=rule.cure,
    )


def _not_graph(status: int) -> Rule:
    return NOT_GRAPH_BY_STATUS.get(status, NOT_GRAPH)


# --- headers ---------------------------------------------------------------------


def _lower(headers: object) -> dict[str, str]:
    try:
        pairs = dict(headers or {})
    except (TypeError, ValueError):
        return {}
    return {_text(key).lower(): _text(value) for key, value in pairs.items()}


def _resume_after(verdict: str, rule: Rule, heads: dict[str, str]) -> int | None:
    if verdict == REFUSE or (verdict == PAUSE and rule.rest is None):
        # Time alone mends neither: a header must not have us ask again and again.
        return None
    hints = [rule.rest, _retry_after(heads.get("retry-after"))]
    if verdict == THROTTLE:
        hints += answer_usage.rests(heads)
    return _longest(hints)


def _longest(hints: Iterable[float | None]) -> int | None:
    longest = max((hint for hint in hints if hint), default=None)
    return None if longest is None else math.ceil(min(longest, MAX_REST))


def _may_be_json(content_type: str | None) -> bool:
    """Whether a success may come as this; Graph has called its JSON a script too."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return not kind or "json" in kind or "javascript" in kind


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    seconds = amount(value)
    if seconds is not None:
        return seconds
    try:
        seconds = parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return max(seconds, 0.0)


# --- body ------------------------------------------------------------------------


def _json(text: object) -> object:
    if not isinstance(text, (str, bytes, bytearray)):
        return None
    try:
        return json.loads(text, parse_int=integer)
    except (ValueError, RecursionError):
        return None


def _culprit(fields: dict) -> int | None:
    texts = [_text(fields.get("message")), _text(fields.get("error_user_msg"))]
    texts += _blamed(fields.get("error_data"))
    texts += _blamed(fields)
    for text in texts:
        found = _INDEX.search(text) or _INDEX_IN_WORDS.search(text)
        if found and int(found.group(1)) < MAX_EVENTS:
            return int(found.group(1))
    return None


def _blamed(details: object) -> list[str]:
    """The fields that Meta blames, each as one text: ``[data][3][event_time]``."""
    for _time in range(2):
        # Documented as JSON inside of JSON.
        if isinstance(details, str):
            details = _json(details)
    specs = details.get("blame_field_specs") if isinstance(details, dict) else None
    return [
        "".join(f"[{_text(step)}]" for step in _steps(spec))
        for spec in (specs if isinstance(specs, list) else [specs])
        if spec is not None
    ]


def _steps(spec: object) -> list:
    """A path's steps, also of one in a list of its own."""
    steps = spec if isinstance(spec, list) else [spec]
    return steps[0] if len(steps) == 1 and isinstance(steps[0], list) else steps


def _warnings(data: dict, heads: dict[str, str]) -> tuple[str, ...]:
    messages = data.get("messages")
    if not isinstance(messages, list):
        messages = [messages]
    texts = [_text(message) for message in messages[:_MAX_WARNINGS]]
    texts.append(heads.get("x-ad-api-version-warning", ""))
    return tuple(shown for text in texts if (shown := _shown(text)))


def _trace_id(data: dict, fields: dict, heads: dict[str, str]) -> str:
    for value in (
        fields.get("fbtrace_id"),
        data.get("fbtrace_id"),
        heads.get("x-fb-trace-id"),
    ):
        if isinstance(value, str) and _TRACE_ID.fullmatch(value):
            return value
    return ""


# --- values as they come -----------------------------------------------------------


def _text(value: object) -> str:
    """A text; also of a number or a structure where a text was due."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def _shown(text: str) -> str:
    return redact(text)[:_MAX_TEXT].strip()


def _joined(message: str, user_message: str) -> str:
    if user_message in message:
        return message
    if message in user_message:
        return user_message
    return f"{message.rstrip(' .:')}: {user_message}"


def _integer(value: object) -> int | None:
    """A small whole number, also out of a float or a text; None for all else."""
    number = None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        number = value
    elif isinstance(value, float) and value.is_integer():
        number = int(value)
    elif isinstance(value, str) and (digits := _INTEGER.fullmatch(value)):
        number = int(digits.group(1))
    return number if number is not None and abs(number) <= _MAX_CODE else None


def _is_true(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1")
    return value is True or value == 1
