"""Answers as values of Odoo's fields: what each type takes of what a person said.

A *place* is where an answer can go: a field of the lead, or a property that the lead's
team gives to its leads. Places of both kinds are described alike, and what a place
cannot hold whole and for certain is left to the notes.
"""

from typing import NamedTuple

import pytz

from odoo import fields
from odoo.tools import plaintext2html
from odoo.tools.sql import escape_psql

from ..protocol import user_data, values
from ..protocol.lead import as_text

#: The mapping's name of a property: this, and the property's own name.
PROPERTY = "lead_properties."

#: Parts of a name: :mod:`protocol.lead` joins them.
NAME_PARTS = ("first_name", "last_name")
#: What a whole number of PostgreSQL's holds.
INTEGERS = range(-(2**31), 2**31)
#: Amounts beyond this lose their cents in a float.
LARGEST = 10**15
#: Longer is no address, and PostgreSQL indexes none of any length (RFC 5321, 4.5.3.1).
SIZES = {"email_from": 254}
#: Records of a model whose names are compared one by one.
SMALL = 3000
#: The cursor's cache of records by their names, for as long as its transaction.
CACHE = "meta_crm_capi.answer_values"


class Place(NamedTuple):
    """Where an answer can go.

    :param type: type of the field or property
    :param choices: ``(value, names)`` of each choice of a selection or of tags
    :param relation: model of the records that it takes
    :param size: characters that it holds; None for any number
    """

    name: str
    label: str
    type: str
    choices: tuple = ()
    relation: str = ""
    size: int | None = None


class AnswerValues:
    """Reads the answers of one submission.

    :param env: environment with the company of the lead
    :param team: ``crm.team`` of the lead, whose properties can be filled
    """

    def __init__(self, env, team):
        self.env = env
        self.team = team
        self.country_id = None
        # The leads of a batch name the same countries.
        self._known = env.cr.cache.setdefault(CACHE, {})

    def find_place(self, target):
        """The place that a mapping names; None where there is none by that name.

        :param str target: a field of crm.lead, or ``lead_properties.`` and a name
        """
        if target.startswith(PROPERTY):
            return self._find_property(target.removeprefix(PROPERTY))
        return self._find_field(target)

    def _find_field(self, name):
        field = self.env["crm.lead"]._fields.get(name)
        if field is None:
            return None
        return Place(
            name,
            field.string,
            field.type,
            self._choices(field) if field.type == "selection" else (),
            field.comodel_name or "",
            SIZES.get(name) or getattr(field, "size", None),
        )

    def _choices(self, field):
        """Each choice of a selection with its names in all installed languages."""
        names = {}
        for lang in self._languages():
            env = self.env(context={**self.env.context, "lang": lang})
            for key, label in field._description_selection(env):
                names.setdefault(key, {str(key)}).add(label)
        return tuple((key, tuple(labels)) for key, labels in names.items())

    def _find_property(self, name):
        definition = self.team.sudo().lead_properties_definition or []
        for item in definition:
            if item.get("name") == name and item.get("type") != "separator":
                choices = item.get("selection") or item.get("tags") or ()
                return Place(
                    PROPERTY + name,
                    item.get("string") or name,
                    item["type"],
                    tuple((choice[0], tuple(choice[:2])) for choice in choices),
                    item.get("comodel") or "",
                )
        return None

    def hold(self, target, answer):
        """What a place takes of an answer.

        :param str target: as :meth:`find_place` takes it, or a part of a name
        :param answer: ``protocol.lead.Answer``
        :return: the value and whether it is all of the answer; None where the place
            cannot hold it
        """
        if target in NAME_PARTS:
            return as_text(target, answer)
        place = self.find_place(target)
        read = place and getattr(self, f"_read_{place.type}", None)
        try:
            return read(place, answer) if read else None
        except OverflowError:
            # A time zone leads from the last day of the calendar beyond it.
            return None

    # --- texts --------------------------------------------------------------

    def _read_char(self, place, answer):
        text, is_whole = as_text(place.name, answer)
        return (text, is_whole) if len(text) <= (place.size or len(text)) else None

    def _read_text(self, place, answer):
        return answer.shown, True

    def _read_html(self, place, answer):
        return plaintext2html(answer.shown), True

    # --- figures, dates, yes and no -----------------------------------------

    def _read_integer(self, place, answer):
        number = _of_one(values.number, answer)
        if number is None or number != number.to_integral_value():
            return None
        return (int(number), True) if int(number) in INTEGERS else None

    def _read_float(self, place, answer):
        number = _of_one(values.number, answer)
        return (
            None if number is None or abs(number) > LARGEST else (float(number), True)
        )

    _read_monetary = _read_float

    def _read_boolean(self, place, answer):
        said = _of_one(values.boolean, answer)
        return None if said is None else (said, True)

    def _read_date(self, place, answer):
        # Meta's own dates of birth are said to begin with the month.
        month_first = True if answer.type == "DOB" else None
        day = _of_one(lambda text: values.day(text, month_first=month_first), answer)
        if day is not None:
            return fields.Date.to_string(day.date), day.is_certain
        moment = _of_one(self._moment, answer)
        if moment is None:
            return None
        local = pytz.utc.localize(moment).astimezone(self._zone())
        # The time of day would be lost.
        return fields.Date.to_string(local.date()), False

    def _read_datetime(self, place, answer):
        moment = _of_one(self._moment, answer)
        return None if moment is None else (fields.Datetime.to_string(moment), True)

    def _moment(self, text):
        return values.moment(text, self._to_utc)

    def _to_utc(self, local):
        return self._zone().localize(local).astimezone(pytz.utc).replace(tzinfo=None)

    def _zone(self):
        """A time without an offset is one of the company's place."""
        return pytz.timezone(self.env.company.partner_id.tz or "UTC")

    # --- choices ------------------------------------------------------------

    def _read_selection(self, place, answer):
        if len(answer.values) > 1:
            return None
        chosen = values.choice((*answer.values, *answer.labels), place.choices)
        return None if chosen is None else (chosen, True)

    def _read_tags(self, place, answer):
        return self._read_each(
            answer, lambda spellings: values.choice(spellings, place.choices)
        )

    def _read_many2many(self, place, answer):
        return self._read_each(
            answer, lambda spellings: self._find_record(place, spellings)
        )

    def _read_each(self, answer, read):
        """Those of several choices that are known; all of them, or the notes too."""
        found = [
            read(spellings)
            for spellings in zip(answer.values, answer.labels, strict=True)
        ]
        known = list(dict.fromkeys(item for item in found if item is not None))
        return (known, None not in found) if known else None

    def _read_many2one(self, place, answer):
        if len(answer.values) > 1:
            return None
        record_id = self._find_record(place, (*answer.values, *answer.labels))
        if place.name == "country_id" and record_id:
            self.country_id = record_id
        return None if record_id is None else (record_id, True)

    # --- records ------------------------------------------------------------

    def _find_record(self, place, spellings):
        """The id of the only record that is called so; None where it is not clear."""
        if place.relation not in self.env:
            return None
        country_id = self.country_id if place.name == "state_id" else None
        company_id = self.env.company.id
        key = (place.relation, country_id, company_id, *spellings)
        if key not in self._known:
            found = self._look_up(place.relation, spellings, country_id)
            if found is None:
                return None
            self._known[key] = found
        return self._known[key]

    def _look_up(self, relation, spellings, country_id):
        for spelling in dict.fromkeys(spellings):
            if relation == "res.country":
                found = self._find_country(spelling)
            elif relation == "res.country.state":
                found = self._find_state(spelling, country_id)
            else:
                found = self._find_by_name(relation, [spelling])
            if len(found) == 1:
                return found.id
        return None

    def _find_country(self, text):
        countries = self.env["res.country"]
        code = user_data.normalise("country", text) or text
        return countries.search(
            [("code", "=ilike", escape_psql(code))], limit=1
        ) or self._find_by_name("res.country", [text])

    def _find_state(self, text, country_id):
        """The only state that is called so, in the country where one is known."""
        # ISO 3166-2 puts the country before the state's code.
        country_code, _dash, code = text.rpartition("-")
        domain = [("country_id", "=?", country_id)]
        names = ["code", "name"]
        states = self._find_by_name("res.country.state", [text], domain, names)
        if states or len(country_code) != 2:
            return states
        domain += [("country_id.code", "=ilike", escape_psql(country_code))]
        return self._find_by_name("res.country.state", [code], domain, names)

    def _find_by_name(self, relation, spellings, domain=(), names=None):
        """Up to two records that are called so in an installed language."""
        model = self.env[relation]
        names = names or [model._rec_name]
        found = model.browse()
        if not all(name in model._fields for name in names):
            return found
        if "company_id" in model._fields:
            domain = [*domain, ("company_id", "in", (self.env.company.id, False))]
        is_translated = any(model._fields[name].translate for name in names)
        for lang in self._languages() if is_translated else [None]:
            for spelling in spellings:
                like = escape_psql(" ".join(spelling.split()))
                named = ["|"] * (len(names) - 1)
                named += [(name, "=ilike", like) for name in names]
                found |= (
                    model.with_context(lang=lang).search([*domain, *named], limit=2)
                ).with_env(self.env)
        return found or self._find_by_spelling(model, spellings, domain, names)

    def _find_by_spelling(self, model, spellings, domain, names):
        """The only record of a small model that is called so but for its spelling.

        PostgreSQL knows no case beyond ASCII in some databases, and people leave the
        accents away.
        """
        key = ("names", model._name, str(domain), self.env.company.id)
        if key not in self._known:
            self._known[key] = self._read_names(model, domain, names)
        return model.browse(values.choice(spellings, self._known[key]))

    def _read_names(self, model, domain, names):
        """``(id, names)`` of each record in all languages; none of a large model."""
        records = model.search(domain, limit=SMALL + 1)
        if len(records) > SMALL:
            return []
        called = {record_id: set() for record_id in records.ids}
        for lang in self._languages():
            for row in records.with_context(lang=lang).read(names):
                called[row["id"]].update(row[name] for name in names if row[name])
        return list(called.items())

    def _languages(self):
        return [code for code, _name in self.env["res.lang"].get_installed()]


def _of_one(read, answer):
    """What a reader makes of the one value of an answer, as key or as label."""
    if len(answer.values) > 1:
        return None
    for text in (*answer.values, *answer.labels):
        found = read(text)
        if found is not None:
            return found
    return None
