"""How a lead comes to be: answers to the questions of a form become ``field_data``.

Meta: lead ads, retrieving leads; instant forms; testing and troubleshooting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .state import Form, Lead, MetaState
from .vocabulary import LEAD_AD_FIELDS

TEST_EMAIL = "test@meta.com"
# 18 digits, as Meta's ads have; the texts are ours.
DEFAULT_AD = {
    "ad_id": "120200000000000001",
    "ad_name": "Ad one",
    "adset_id": "120200000000000002",
    "adset_name": "Ad set one",
    "campaign_id": "120200000000000003",
    "campaign_name": "Campaign one",
}


def _options(question: dict) -> list[str]:
    return [option["key"] for option in question.get("options") or ()]


def _answer(question: dict, given: Any) -> dict[str, Any]:
    """One entry of field_data. A skipped question has no ``values`` at all."""
    key = question["key"]
    if given is None:
        return {"name": key}
    values = list(given) if isinstance(given, (list, tuple)) else [given]
    if not all(isinstance(value, str) for value in values):
        raise ValueError(f"answers to {key!r} must be text; Meta sends only text")
    options = _options(question)
    strange = [value for value in values if options and value not in options]
    if strange:
        raise ValueError(f"{strange[0]!r} is no option key of {key!r}: {options}")
    return {"name": key, "values": values}


def field_data(form: Form, answers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries in the order of the questions, then the tracking parameters.

    ``answers``: key -> text, list of texts (multiple choice; may be empty) or None
    (skipped, as is a question that is not mentioned). Raises ValueError for a key the
    form has not, a value that is no option key, a value that is no text.
    """
    keys = [question["key"] for question in form.questions]
    known = {*keys, *form.tracking_parameters}
    unknown = [key for key in answers if key not in known]
    if unknown:
        raise ValueError(f"form {form.id} has no question {unknown[0]!r}: {keys}")
    entries = [
        _answer(question, answers.get(question["key"])) for question in form.questions
    ]
    for key, value in form.tracking_parameters.items():
        if key not in keys:
            entries.append(_answer({"key": key}, answers.get(key, value)))
    return entries


def test_answers(form: Form) -> dict[str, Any]:
    """What Meta's testing tool fills in: dummy texts, one constant e-mail address."""
    answers: dict[str, Any] = {}
    for question in form.questions:
        key, options = question["key"], _options(question)
        if question["type"] in ("EMAIL", "WORK_EMAIL"):
            answers[key] = TEST_EMAIL
        elif options:
            answers[key] = options[0]
        else:
            answers[key] = f"<test lead: dummy data for {key}>"
    return answers


def consent_answers(form: Form, consents: Mapping[str, bool] | None) -> list[dict]:
    """``custom_disclaimer_responses``: is_checked is the text "1" or "".

    Raises ValueError for a check box that the form has not.
    """
    boxes = (form.custom_disclaimer or {}).get("checkboxes") or []
    keys = [box["key"] for box in boxes]
    unknown = [key for key in consents or {} if key not in keys]
    if unknown:
        raise ValueError(f"form {form.id} has no check box {unknown[0]!r}: {keys}")
    return [
        {"checkbox_key": key, "is_checked": "1" if (consents or {}).get(key) else ""}
        for key in keys
    ]


def ad_of(ad: bool | Mapping[str, str], organic: bool) -> dict[str, str]:
    """The ad's ids and names; none for an organic lead or ``ad=False``."""
    if organic or ad is False:
        return {}
    if ad is True:
        return dict(DEFAULT_AD)
    unknown = [key for key in ad if key not in LEAD_AD_FIELDS]
    if unknown:
        raise ValueError(f"an ad has no {unknown[0]!r}: {list(LEAD_AD_FIELDS)}")
    return dict(ad)


def new_lead(
    state: MetaState,
    form: Form,
    answers: Mapping[str, Any] | None,
    *,
    lead_id: str | None = None,
    organic: bool = False,
    ad: bool | Mapping[str, str] = True,
    platform: str = "fb",
    created_time: int | None = None,
    consents: Mapping[str, bool] | None = None,
    test: bool = False,
) -> Lead:
    """Create and remember a lead. Raises ValueError for what the form has not."""
    if test and answers is None:
        answers = test_answers(form)
    lead = Lead(
        id=lead_id or state.new_id(),
        form_id=form.id,
        page_id=form.page_id,
        created_time=int(state.now()) - 5 if created_time is None else created_time,
        field_data=field_data(form, answers or {}),
        ad={} if test else ad_of(ad, organic),
        is_organic=organic or test,
        platform=platform,
        consents=consent_answers(form, consents),
        is_test=test,
    )
    if lead.id in state.leads:
        raise ValueError(f"lead {lead.id} exists already")
    state.leads[lead.id] = lead
    return lead


def new_test_lead(
    state: MetaState, form: Form, entries: list | None, boxes: list | None
) -> Lead:
    """POST /{form_id}/test_leads with its optional values. Raises ValueError."""
    answers = None
    if entries is not None:
        if not all(isinstance(entry, dict) and "name" in entry for entry in entries):
            raise ValueError("Param field_data must hold name and values")
        answers = {entry["name"]: entry.get("values") for entry in entries}
    if not all(isinstance(box, dict) and "checkbox_key" in box for box in boxes or ()):
        raise ValueError("Param custom_disclaimer_responses must hold checkbox_key")
    consents = {
        box["checkbox_key"]: str(box.get("is_checked", "")).lower() in ("1", "true")
        for box in boxes or ()
    }
    return new_lead(
        state,
        form,
        answers,
        created_time=int(state.now()),
        consents=consents,
        test=True,
    )
