"""The questions of an instant form, and the field of a lead each one suggests."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .question_keys import KEYS_OF_TYPE
from .text import scalar_text

# Meta's question types (Meta: Page, Leadgen forms) with the crm.lead field they fill.
# None: there is no such field, the answer is kept as a note. `first_name` and
# `last_name` are no fields either: the two are joined into the contact's name.
FIELD_OF_TYPE: Mapping[str, str | None] = {
    "FULL_NAME": "contact_name",
    "FIRST_NAME": "first_name",
    "LAST_NAME": "last_name",
    "EMAIL": "email_from",
    "WORK_EMAIL": "email_from",
    "PHONE": "phone",
    "PHONE_OTP": "phone",
    "WORK_PHONE_NUMBER": "phone",
    "WHATSAPP_NUMBER": "phone",
    "USER_PROVIDED_PHONE_NUMBER": "phone",
    "STREET_ADDRESS": "street",
    "ADDRESS_LINE_TWO": "street2",
    "CITY": "city",
    "STATE": "state_id",
    "PROVINCE": "state_id",
    "COUNTRY": "country_id",
    "POST_CODE": "zip",
    "ZIP": "zip",
    "COMPANY_NAME": "partner_name",
    "JOB_TITLE": "function",
    "WEBSITE": "website",
    "DATE_TIME": None,
    "DOB": None,
    "EDUCATION_LEVEL": None,
    "EMAIL_ALIAS": None,
    "FACEBOOK_LEAD_ID": None,
    "GENDER": None,
    "ID_AR_DNI": None,
    "ID_CL_RUT": None,
    "ID_CO_CC": None,
    "ID_CPF": None,
    "ID_EC_CI": None,
    "ID_MX_RFC": None,
    "ID_PE_DNI": None,
    "JOIN_CODE": None,
    "LICENSE_PLATE": None,
    "MARITIAL_STATUS": None,
    "MESSENGER": None,
    "MILITARY_STATUS": None,
    "RELATIONSHIP_STATUS": None,
    "SLIDER": None,
    "STORE_LOOKUP": None,
    "STORE_LOOKUP_WITH_TYPEAHEAD": None,
    "THREAD_LINK": None,
    "VIN": None,
}

# These fill their field only where the person's own e-mail or phone is not given.
SECOND_CHOICE = frozenset(
    {"WORK_EMAIL", "WORK_PHONE_NUMBER", "WHATSAPP_NUMBER", "USER_PROVIDED_PHONE_NUMBER"}
)


@dataclass(frozen=True)
class Question:
    """One question of a form: the key its answers carry, and how people read it.

    `type` is Meta's, upper-case, "" where unknown. `options` gives the label of each
    choice by the key that answers carry.
    """

    key: str
    label: str
    type: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)

    @classmethod
    def from_node(cls, node: Mapping[str, Any]) -> Question:
        """Read one item of a form's `questions` (Meta: Leadgen form, questions).

        A question made over the API without a key answers under its type's name, one
        of the author's own under what Meta makes of its text. ValueError where there
        is neither.
        """
        if not isinstance(node, Mapping):
            raise ValueError("a question that is not an object")
        kind = (scalar_text(node.get("type")) or "").upper()
        label = scalar_text(node.get("label")) or ""
        # Those of the author's own all have the same type.
        is_custom = kind == "CUSTOM"
        made_up = "_".join(label.lower().split()) if is_custom else ""
        key = scalar_text(node.get("key")) or made_up or kind
        if not key:
            raise ValueError("a question without key and type")
        return cls(
            key=key,
            label=label,
            type=kind,
            options=_options(node.get("options")),
        )


def question_field(key: str, type: str | None) -> str | None:
    """Return the crm.lead field that a question suggests, or None: keep it as a note.

    The type decides where Meta gives one, else the key: an exact English key, a type's
    name, or a key in one of the languages that forms are made in. `first_name` and
    `last_name` are to be joined into `contact_name`.
    """
    return FIELD_OF_TYPE.get(question_type(key, type) or "")


def question_type(key: str, type: str | None) -> str | None:
    """Return the type that a question has or, by its key, seems to have; else None."""
    given = (scalar_text(type) or "").upper()
    if given in FIELD_OF_TYPE:
        return given
    name = scalar_text(key) or ""
    if name.upper() in FIELD_OF_TYPE:
        return name.upper()
    return _TYPE_OF_KEY.get(same_key(name))


def same_key(key: str) -> str:
    """Return a key without what differs between spellings: case, accents, separators.

    >>> same_key("E-Mail-Adresse")
    'e_mail_adresse'
    """
    text = unicodedata.normalize("NFKD", key.casefold()).replace("ı", "i")
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "_", text).strip("_")


def _options(nodes: Any) -> dict[str, str]:
    options = {}
    for node in nodes if isinstance(nodes, list) else ():
        if isinstance(node, Mapping):
            label = scalar_text(node.get("value"))
            key = scalar_text(node.get("key")) or label
            if key and label:
                options[key] = label
    return options


_TYPE_OF_KEY = {
    same_key(key): kind for kind, keys in KEYS_OF_TYPE.items() for key in keys.split()
}
