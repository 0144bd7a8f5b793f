"""Scripted answers: what a test lets the stand-in say or do instead of its own answer.

Ready-made answers have names: every rule of rules.py that answers something, and the
accidents below.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from .call import split_path
from .rules import RULES, Refusal

HTML = (
    "<!DOCTYPE html><html><head><title>Error</title></head><body>"
    "<h1>Sorry, something went wrong.</h1></body></html>"
)


@dataclass
class ScriptedAnswer:
    """One answer of a script.

    With a status or a body of its own it replaces the normal answer: the call is not
    processed. Without, the call goes through and the answer only gets the headers, the
    delay or the accident.

    status     HTTP status (alone: with an empty body)
    body       JSON value; raw: text as it is; html: text as text/html; empty: nothing
    truncate_at  so many bytes of the answer are sent, then the connection closes
    headers    added to the answer
    delay_ms   waits after the call was processed, before the answer
    hang       the call is not processed and never answered
    close_before           the connection closes, nothing is processed
    close_after_accepting  the call is processed, then the connection closes
    times      how often it is used; None = until the scripts are cleared
    """

    status: int | None = None
    body: Any = None
    raw: str | None = None
    html: str | None = None
    empty: bool = False
    truncate_at: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_ms: int = 0
    hang: bool = False
    close_before: bool = False
    close_after_accepting: bool = False
    times: int | None = 1

    @classmethod
    def of(cls, given: dict[str, Any]) -> ScriptedAnswer:
        """Raises ValueError for a key that does not exist."""
        names = [item.name for item in fields(cls)]
        unknown = [key for key in given if key not in names]
        if unknown:
            raise ValueError(f"a scripted answer has no {unknown[0]!r}: {names}")
        made = cls(**given)
        if made.times is not None and made.times < 1:
            raise ValueError("times must be 1 or more, or null for without end")
        return made

    @property
    def replaces(self) -> bool:
        """Whether it answers itself instead of letting the call through."""
        own = (self.status, self.body, self.raw, self.html)
        return self.empty or any(value is not None for value in own)

    def content(self) -> tuple[bytes, str]:
        """The bytes and the content type of an answer that replaces."""
        if self.html is not None:
            return self.html.encode(), "text/html"
        if self.raw is not None:
            return self.raw.encode(), "application/json"
        if self.body is not None:
            return json.dumps(self.body).encode(), "application/json"
        return b"", "application/json"


@dataclass
class Script:
    pattern: str
    answers: list[ScriptedAnswer]


class Scripts:
    """The scripts in the order they were given; each answer is used up in turn."""

    def __init__(self) -> None:
        self._scripts: list[Script] = []

    def add(self, pattern: str, answers: list[dict[str, Any]]) -> None:
        made = [ScriptedAnswer.of(answer) for answer in answers]
        self._scripts.append(Script(pattern, made))

    def clear(self) -> None:
        self._scripts.clear()

    def left(self) -> int:
        """How many answers wait to be used; one without end counts once."""
        return sum(
            1 if answer.times is None else answer.times
            for script in self._scripts
            for answer in script.answers
        )

    def take(self, method: str, path: str) -> ScriptedAnswer | None:
        """The next answer for this request, if any script is for it."""
        for script in self._scripts:
            if script.answers and matches(script.pattern, method, path):
                answer = script.answers[0]
                if answer.times is not None:
                    answer.times -= 1
                    if answer.times <= 0:
                        script.answers.pop(0)
                return answer
        return None


def matches(pattern: str, method: str, path: str) -> bool:
    """Shell-style pattern for a path with or without version, or "METHOD path"."""
    bare = "/" + "/".join(split_path(path)[1])
    return any(
        fnmatchcase(text, pattern)
        for text in (path, bare, f"{method} {path}", f"{method} {bare}")
    )


def _use_case(kind: str) -> dict[str, str]:
    usage = {
        "type": kind,
        "call_count": 100,
        "total_cputime": 20,
        "total_time": 20,
        "estimated_time_to_regain_access": 7,  # minutes
        "ads_api_access_tier": "development_access",
    }
    return {"X-Business-Use-Case-Usage": json.dumps({"1000000000000001": [usage]})}


_APP_USAGE = {"call_count": 100, "total_time": 25, "total_cputime": 25}
_ACCOUNT_USAGE = {
    "acc_id_util_pct": 100,
    "reset_time_duration": 100,  # seconds
    "ads_api_access_tier": "development_access",
}
_LIMIT_HEADERS = {
    "throttle_app": {"X-App-Usage": json.dumps(_APP_USAGE)},
    "throttle_user": {"X-Ad-Account-Usage": json.dumps(_ACCOUNT_USAGE)},
    "throttle_account": _use_case("ads_management"),
    "throttle_leads": _use_case("leadgen"),
}
# Fillings for the texts of rules, where the real call is not at hand.
_BLANKS = {
    "path": "$['data'][0]['event_name']",
    "key": "unknown",
    "expected": "of type text",
    "method": "get",
    "id": "1000000000000001",
    "name": "data",
    "node": "UserLeadGenInfo",
    "what": "Invalid parameter",
    "scope": "leads_retrieval",
    "app_id": "1000000000000001",
    "expired": "Sunday, 01-Nov-26 00:00:00 UTC",
    "now": "Sunday, 22-Nov-26 00:00:00 UTC",
    "why": "HTTP Status Code = 403; HTTP Message = Forbidden",
}
_ACCIDENTS: dict[str, dict[str, Any]] = {
    "ok": {},
    "html": {"status": 502, "html": HTML},
    "empty": {"status": 200, "empty": True},
    "half_answer": {"truncate_at": 12},
    "lost_answer": {"close_after_accepting": True},
    "no_answer": {"close_before": True},
    "hang": {"hang": True},
    "version_notice": {
        "headers": {
            "X-Ad-Api-Version-Warning": "The call has been auto-upgraded to v25.0 as "
            "v24.0 has been deprecated."
        }
    },
    "error_in_200": {
        "status": 200,
        "body": {"error": Refusal("bad_token").error()},
    },
}
_ALIASES = {"permission": "events_refused"}


def names() -> list[str]:
    """Every name that :func:`named` knows."""
    return sorted([*_ACCIDENTS, *_ALIASES, *(r.name for r in RULES.values() if r.code)])


def named(name: str) -> dict[str, Any]:
    """A ready-made answer. Raises ValueError for an unknown name."""
    if name in _ACCIDENTS:
        return dict(_ACCIDENTS[name])
    rule = RULES.get(_ALIASES.get(name, name))
    if rule is None or not rule.code:
        raise ValueError(f"no ready-made answer {name!r}: {names()}")
    return {
        "status": rule.status,
        "body": {"error": Refusal(rule.name, **_BLANKS).error()},
        "headers": _LIMIT_HEADERS.get(rule.name, {}),
    }
