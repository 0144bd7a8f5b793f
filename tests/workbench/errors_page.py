"""``make docs``: writes the page of errors from the tables of the addon itself."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from types import ModuleType

from . import errors_html
from .layout import Layout

INTRODUCTION = """\
# What an error means, and what to do

<!-- Written by `make docs` from meta_crm_capi/protocol: answer_table.py,
     answer_refusals.py and reasons.py. Change those, not this page. -->

For whoever looks after the connection to Meta. Where to look:

- **CRM › Reporting › Meta sync › Sync log**: every exchange with Meta, with Meta's
  code, subcode, words and trace id;
- **CRM › Reporting › Meta sync › Events**: every event, with its state and the reason.

Look the code up here; the line with its subcode counts, else the one without. What Meta
says in words may be in another language: it follows the language of the token's owner.
The trace id (`fbtrace_id`) is what Meta's support asks for; it is good for a few days.

Only Meta's codes decide what happens. The HTTP status alone never does: the same error
comes under different ones, even under 200.
"""

VERDICTS = {
    "retry": (
        "By itself: sent again",
        "Nothing is wrong with the event. It goes again with the same bytes, later and"
        " later (1, 5, 15, 60 minutes, then every 6 hours) until it would be too old."
        " Some errors are not always short-lived: after the tries that the line names,"
        " the event counts as refused.",
    ),
    "throttle": (
        "By itself: Meta asks to slow down",
        "No further call is made for this dataset or Page until the time that Meta"
        " names, else for some minutes. Nothing is lost, and no try is counted.",
    ),
    "pause": (
        "Needs you: everything waits",
        "The token, a permission, an id or a setting is wrong, whatever the event. The"
        " dataset is paused, its owner gets one activity, and moves go on queueing"
        " without a try being counted. When you have mended it and pressed *Resume*, or"
        " entered a new token, the queue drains by itself. Events wait 7 days at most.",
    ),
    "refuse": (
        "Needs you: this event is refused",
        "Meta will never take this event as it is. It is set aside with Meta's words,"
        " and the other events of its request go through. When you have mended the"
        " cause, press *Send again* on the event.",
    ),
}

STATES = {
    "queued": (
        "Waiting",
        "The event waits for its turn, as a rule for less than a minute. Longer, when:",
    ),
    "accepted": (
        "Accepted, with a remark",
        "Meta took the request, and there is something to look at.",
    ),
    "not_sent": (
        "Not sent",
        "A lead of Meta's moved, and by our own rules there is nothing to tell Meta.",
    ),
    "refused": (
        "Refused before it was sent",
        "The event would have been refused, or taken and not counted.",
    ),
    "unclear": (
        "No clear answer",
        "Meta may have the event, and would count it again if it got it twice.",
    ),
    "expired": ("Expired", "The event can no longer be sent in time."),
    "cancelled": (
        "Cancelled",
        "The event was taken out of the queue: for one of these reasons, or because"
        " there is no consent any more (see above).",
    ),
}

NOTICE = """\
## Needs you, one day: an old API version

A call can be accepted and carry the remark that it "has been auto-upgraded": Meta no
longer serves the API version of the connection and used a newer one. Choose a newer
one there.
"""

RESTS = """\
## How long a rest lasts

The longest of what Meta says counts, at most a day:

| Header of the answer | What counts |
|---|---|
| `X-Business-Use-Case-Usage` | `estimated_time_to_regain_access`, in minutes |
| `X-Ad-Account-Usage` | `reset_time_duration`, in seconds |
| `Retry-After` | seconds, or a date |

A header never has us ask again with a token or a permission that Meta has rejected.
"""


def load(name: str) -> ModuleType:
    """A module of the addon's ``protocol``, by its path and without Odoo."""
    if "protocol" not in sys.modules:
        package = Layout.of_this_clone().addon / "protocol"
        spec = importlib.util.spec_from_file_location(
            "protocol",
            package / "__init__.py",
            submodule_search_locations=[str(package)],
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules["protocol"] = module
        spec.loader.exec_module(module)
    return importlib.import_module(f"protocol.{name}")


def write(layout: Layout) -> None:
    """Write the page for who reads the documents, and the one that screens link to."""
    markdown = page()
    (layout.repository / "docs" / "errors.md").write_text(markdown, encoding="utf-8")
    served = layout.addon / "static" / "docs" / "errors.html"
    served.parent.mkdir(parents=True, exist_ok=True)
    served.write_text(errors_html.convert(markdown), encoding="utf-8")


def page() -> str:
    """The whole page as Markdown."""
    table, reasons = load("answer_table"), load("reasons")
    parts = [INTRODUCTION]
    for verdict, (title, text) in VERDICTS.items():
        rules = [rule for rule in table.RULES if rule.verdict == verdict]
        rows = [_row(rule) for rule in sorted(rules, key=_order)]
        rows += [
            _row(rule, f"other {first}–{last}")
            for first, last, rule in table.FAMILIES
            if rule.verdict == verdict
        ]
        head = ("Code", "Subcode", "Meaning", "What to do")
        parts.append(f"## {title}\n\n{text}\n\n{_table(head, rows)}")
    parts.append(_without_code(table))
    parts += [NOTICE, RESTS, _own_reasons(reasons)]
    return "\n".join(parts)


def _order(rule: tuple) -> tuple:
    return rule.code, rule.subcode or 0, rule.words


def _mark(anchor: str) -> str:
    """The place on the page that a link names."""
    return f'<a id="{anchor}"></a>'


def _row(rule: tuple, code: str | None = None) -> tuple[str, ...]:
    shown = f"{_mark(load('anchors').of_rule(rule))}{code or rule.code}"
    if rule.words:
        shown += f" with “{rule.words.strip()}”"
    return shown, str(rule.subcode or ""), rule.meaning, _cure(rule)


def _cure(rule: tuple) -> str:
    if rule.tries and rule.tries > 1:
        return f"{rule.cure} After {rule.tries} tries it counts as refused."
    return rule.cure


def _without_code(table: ModuleType) -> str:
    names = {
        "no-answer": "no answer",
        "not-of-meta": "not one of Meta's",
        **{
            f"not-of-meta-{status}": f"not one of Meta's, HTTP status {status}"
            for status in table.NOT_GRAPH_BY_STATUS
        },
        "no-code": "an error without a code",
        "unknown-code": "a code that is not on this page",
    }
    text = (
        "A time-out, a connection that broke, a page of HTML or half a text from a"
        " proxy: nobody can know whether Meta took the events. They are sent again with"
        " the same bytes and the same event id, by which Meta recognises them."
    )
    head = ("What came", "Meaning", "What to do")
    named = load("anchors").NAMED
    cells = [
        (f"{_mark(anchor)}{name}", named[anchor].meaning, _cure(named[anchor]))
        for anchor, name in names.items()
    ]
    return f"## By itself: no answer of Meta's\n\n{text}\n\n{_table(head, cells)}"


def _own_reasons(reasons: ModuleType) -> str:
    of_reason = load("anchors").of_reason
    parts = [
        "## Reasons of our own\n\nWhat the reason on an event means where it is no"
        " error of Meta's.\n"
    ]
    for state, (title, text) in STATES.items():
        rows = [
            (f"{_mark(of_reason(row))}{row.opening} …", row.meaning, row.cure)
            for row in (*reasons.WAITS, *reasons.REASONS, *reasons.REMARKS)
            if row.state == state
        ]
        head = ("Reason", "Meaning", "What to do")
        parts.append(f"### {title}\n\n{text}\n\n{_table(head, rows)}")
    return "\n".join(parts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |") for line in lines)
