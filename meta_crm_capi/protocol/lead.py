"""A lead as Meta's Graph API gives it: answers, consents, origin, test or not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .question import (
    SECOND_CHOICE,
    Question,
    question_field,
    question_type,
    same_key,
)
from .text import meta_id, plain, scalar_text, strip_label

# Fields that hold one address or number: of several given, the first one.
_ONE_VALUE = frozenset({"email_from", "phone"})
_DUMMY_TEXT = re.compile(r"<?\s*test lead:", re.IGNORECASE)
_DUMMY_EMAILS = frozenset({"test@fb.com", "test@meta.com"})
_LAST_UNIX_TIME = 9_999_999_999
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<clock>[0-9]{2}:[0-9]{2})"
    r"(?:(?P<second>:[0-9]{2})(?:[.,][0-9]+)?)?"
    r"\s?(?P<offset>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)


@dataclass(frozen=True)
class Answer:
    """One answer. `values` is empty where the person skipped the question.

    `name` is what Meta calls it; `label` is the question as people read it, `type` its
    type ("" for a hidden field that is no question of the form), `shown` the values
    with the labels of their options, joined with a comma, and `labels` the same one by
    one.
    """

    name: str
    label: str
    type: str
    values: tuple[str, ...]
    shown: str
    labels: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Consent:
    """One check box of the form's custom disclaimer."""

    key: str
    checked: bool
    label: str


@dataclass(frozen=True)
class Lead:
    """One lead (Meta: Lead). Ids are decimal text, `created_time` is in Unix seconds.

    The ad's ids and names are None for organic leads, and where the token has no right
    to see them. `platform` is as Meta spells it ("fb", "ig"). `is_test` marks a lead of
    Meta's testing tool with its dummy values; one with values typed by hand looks like
    any other.
    """

    meta_id: str
    created_time: int
    form_id: str | None
    ad_id: str | None
    ad_name: str | None
    adset_id: str | None
    adset_name: str | None
    campaign_id: str | None
    campaign_name: str | None
    platform: str | None
    is_organic: bool | None
    answers: tuple[Answer, ...]
    consents: tuple[Consent, ...]
    is_test: bool


def parse(
    node: Mapping[str, Any],
    questions: Iterable[Question] = (),
    consent_labels: Mapping[str, str] | None = None,
) -> Lead:
    """Read the node of one lead with the questions of its form.

    `consent_labels` gives the text of each check box by its key. Answers that belong to
    no question are kept too. ValueError, with a plain message, where the node is no
    lead: no object, no id, no time.
    """
    try:
        return _lead(node, questions, consent_labels or {})
    except RecursionError:
        raise ValueError("not a lead: nested too deeply") from None


def lead_id(node: Any) -> str | None:
    """The id of what should be a lead's node; None where there is none."""
    return _id(node.get("id")) if isinstance(node, Mapping) else None


def created_time(node: Any) -> int | None:
    """When what should be a lead was submitted (Unix seconds); None if unknown."""
    return _unix_time(node.get("created_time")) if isinstance(node, Mapping) else None


def form_id(node: Any) -> str | None:
    """The id of the form that a lead's node names; None where there is none."""
    return _id(node.get("form_id")) if isinstance(node, Mapping) else None


def has_answers(node: Mapping[str, Any]) -> bool:
    """Whether the node tells what the person answered, be it nothing at all.

    Without it, it is only known that there is such a lead.
    """
    return node.get("field_data") is not None


def _lead(
    node: Mapping[str, Any], questions: Iterable[Question], labels: Mapping[str, str]
) -> Lead:
    if not isinstance(node, Mapping):
        raise ValueError("not a lead: not an object")
    if node.get("error") not in (None, False):
        raise ValueError("not a lead: an error answer")
    found_id = lead_id(node)
    if found_id is None:
        raise ValueError('not a lead: "id" is missing or no id')
    moment = created_time(node)
    if moment is None:
        raise ValueError('not a lead: "created_time" is missing or no time')
    answers = _answers(node.get("field_data"), questions)
    return Lead(
        meta_id=found_id,
        created_time=moment,
        form_id=form_id(node),
        ad_id=_id(node.get("ad_id")),
        ad_name=scalar_text(node.get("ad_name")),
        adset_id=_id(node.get("adset_id")),
        adset_name=scalar_text(node.get("adset_name")),
        campaign_id=_id(node.get("campaign_id")),
        campaign_name=scalar_text(node.get("campaign_name")),
        platform=scalar_text(node.get("platform")),
        is_organic=_flag(node.get("is_organic")),
        answers=answers,
        consents=_consents(node.get("custom_disclaimer_responses"), labels),
        is_test=any(_is_dummy(value) for answer in answers for value in answer.values),
    )


def consent_labels(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each check box of a form's custom disclaimer, by its key.

    `form` is the form's node with `legal_content` (Meta: Leadgen form).
    """
    node: Any = form
    for name in ("legal_content", "custom_disclaimer"):
        node = node.get(name) if isinstance(node, Mapping) else None
    boxes = node.get("checkboxes") if isinstance(node, Mapping) else None
    labels = {}
    for box in boxes if isinstance(boxes, list) else ():
        if isinstance(box, Mapping):
            key, text = scalar_text(box.get("key")), scalar_text(box.get("text"))
            if key and text:
                labels[key] = text
    return labels


def as_text(target: str, answer: Answer) -> tuple[str, bool]:
    """Return an answer on one line, and whether that is all of it.

    A field that holds one address or number takes the first one of several.
    """
    is_first = target in _ONE_VALUE and len(answer.values) > 1
    shown = answer.values[0] if is_first else answer.shown
    if target in _ONE_VALUE:
        # Pasted direction marks and wide letters are no part of it.
        shown = plain(shown) or shown
    return " ".join(shown.split()), not is_first


def standard_values(
    lead: Lead,
    mapping: Mapping[str, str | None] | None = None,
    hold: Callable[[str, Answer], tuple[Any, bool] | None] = as_text,
) -> tuple[dict[str, Any], list[Answer]]:
    """Return the lead's values by field of crm.lead, and the answers left for notes.

    `mapping` gives the field of an answer by its name, or None for a note; a name it
    does not hold goes where its question suggests. A first and a last name are joined
    into `contact_name`.

    `hold` gives the value that a field takes of an answer, and whether that is all of
    it; None where the answer is no such value. The country's answers come first: a
    state is looked up in its country.

    Every answer given is in the values or in the notes. Where several are meant for
    one field, the first that fits is taken, in the form's order, a person's own e-mail
    and phone before those of their work; the others go to the notes. So does an answer
    that its field cannot hold whole.
    """
    taken: dict[str, int] = {}
    values: dict[str, Any] = {}
    notes = set()
    for position, target in _wanted(lead, mapping or {}):
        held = None
        if target and target not in taken:
            held = hold(target, lead.answers[position])
        if target is None or held is None:
            notes.add(position)
            continue
        taken[target] = position
        values[target], is_whole = held
        if not is_whole:
            notes.add(position)
    parts = [values.pop(name, "") for name in ("first_name", "last_name")]
    if "contact_name" in values:
        notes |= {taken[n] for n in ("first_name", "last_name") if n in taken}
    elif any(parts):
        values["contact_name"] = " ".join(part for part in parts if part)
    return values, [lead.answers[position] for position in sorted(notes)]


def _wanted(
    lead: Lead, fields: Mapping[str, str | None]
) -> Iterator[tuple[int, str | None]]:
    """Where each answer that was given is to go, those that come first first."""
    spellings = {same_key(name): target for name, target in fields.items()}
    wanted = []
    for position, answer in enumerate(lead.answers):
        if not answer.values:
            continue
        spelling = same_key(answer.name)
        if answer.name in fields:
            target = fields[answer.name]
        elif spelling in spellings and spelling:
            target = spellings[spelling]
        else:
            target = question_field(answer.name, answer.type)
        second = question_type(answer.name, answer.type) in SECOND_CHOICE
        wanted.append((target != "country_id", second, position, target))
    for *_order, position, target in sorted(wanted, key=lambda item: item[:3]):
        yield position, target


def _answers(nodes: Any, questions: Iterable[Question]) -> tuple[Answer, ...]:
    known = list(questions)
    by_key = {question.key: question for question in known}
    by_spelling = {same_key(question.key): question for question in known}
    by_spelling.pop("", None)
    answers = []
    if nodes and not isinstance(nodes, list):
        # No form that Meta knows: kept as it reads, for a person to see.
        nodes = [{"name": "field_data", "values": [_as_it_reads(nodes)]}]
    for node in nodes or ():
        name, values = _entry(node)
        if name is None:
            continue
        question = by_key.get(name) or by_spelling.get(same_key(name))
        options = question.options if question else {}
        labels = tuple(options.get(value, value) for value in values)
        answers.append(
            Answer(
                name=name,
                label=(question.label if question else "") or name.replace("_", " "),
                type=question.type if question else "",
                values=values,
                shown=", ".join(labels),
                labels=labels,
            )
        )
    return tuple(answers)


def _entry(node: Any) -> tuple[str | None, tuple[str, ...]]:
    """Name and values of an answer; no name where there is nothing of an answer.

    What is no entry that Meta knows is kept as it reads, under the list's own name.
    """
    if not isinstance(node, Mapping):
        return ("field_data", (_as_it_reads(node),)) if node else (None, ())
    values = _values(node["values"] if "values" in node else node.get("value"))
    name = scalar_text(node.get("name"))
    return name or ("field_data" if values else None), values


def _values(given: Any) -> tuple[str, ...]:
    """A skipped question has no values at all, an empty list, or an empty text."""
    items = given if isinstance(given, list) else [given]
    texts = (_value(item) for item in items)
    return tuple(text for text in texts if text)


def _value(item: Any) -> str | None:
    # Meta says that values are texts; whatever else comes is kept as it reads.
    if item is None:
        return None
    if isinstance(item, bool):
        return str(item).lower()
    return scalar_text(item if isinstance(item, (str, int)) else str(item))


def _as_it_reads(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _consents(nodes: Any, labels: Mapping[str, str]) -> tuple[Consent, ...]:
    consents = []
    if isinstance(nodes, Mapping):
        # One alone, or in the envelope that Meta puts around its lists.
        nodes = nodes["data"] if isinstance(nodes.get("data"), list) else [nodes]
    for node in nodes if isinstance(nodes, list) else ():
        key = scalar_text(node.get("checkbox_key")) if isinstance(node, Mapping) else ""
        if key:
            # Only a clear yes is a yes: Meta writes "1" for it and "" for no.
            checked = _flag(node.get("is_checked")) is True
            consents.append(Consent(key, checked, labels.get(key, "")))
    return tuple(consents)


def _flag(value: Any) -> bool | None:
    """A boolean of the API, or 1/0 and TRUE/FALSE of the exports; None if unknown."""
    return {"true": True, "1": True, "false": False, "0": False}.get(
        str(value).strip().lower()
    )


def _id(value: Any) -> str | None:
    return meta_id(strip_label(value) if isinstance(value, str) else value)


def _unix_time(value: Any) -> int | None:
    """Seconds, or "2026-01-31T12:34:56+0000" as Meta writes it; no offset is UTC.

    Milliseconds are told by their 13 digits.
    """
    if isinstance(value, float) and 0 < value < 10**13:
        value = int(value)
    text = scalar_text(value)
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,10}|[0-9]{13}", text):
        seconds = int(text[:10])
    else:
        match = _TIME.fullmatch(text)
        if match is None:
            return None
        offset = (match["offset"] or "Z").replace(":", "").upper()
        offset = "+0000" if offset == "Z" else offset.ljust(5, "0")
        try:
            moment = datetime.strptime(
                f"{match['day']}T{match['clock']}{match['second'] or ':00'}{offset}",
                "%Y-%m-%dT%H:%M:%S%z",
            )
        except ValueError:
            return None
        seconds = int(moment.timestamp())
    return seconds if 0 < seconds <= _LAST_UNIX_TIME else None


def _is_dummy(value: str) -> bool:
    return bool(_DUMMY_TEXT.match(value)) or value.casefold() in _DUMMY_EMAILS
