"""What was written to a lead, so that a person's own words are told from ours."""

import hashlib
import json

from lxml import etree, html
from markupsafe import Markup

from odoo import fields, models
from odoo.tools import html2plaintext

from ..protocol import lead as meta_lead
from ..protocol.question import FIELD_OF_TYPE
from . import consent
from .answer_values import NAME_PARTS, PROPERTY, AnswerValues

#: Fields that are kept in step with the contact of the lead, where it has one.
OF_THE_CONTACT = ("email_from", "phone")
NOTES = "description"
CONSENT = "meta_consent"
#: What every form fills, apart from what its mapping names.
ALWAYS = {"name", "lang_id", NOTES, CONSENT}
USUAL = {name for name in FIELD_OF_TYPE.values() if name} - {*NAME_PARTS}


class Change:
    """One field of a lead that the mapping would fill otherwise.

    ``now`` and ``new`` are values as they are stored; ``kept`` says that the lead stays
    as it is because a person decided otherwise.
    """

    def __init__(self, name, now, new, kept=False):
        self.name = name
        self.now = now
        self.new = new
        self.kept = kept


class MetaLeadForm(models.Model):
    _inherit = "meta.lead.form"

    def _get_written_names(self):
        """The fields of a lead that its answers, or their want, fill."""
        targets = {*self.question_ids._get_mapping().values()} - {None, *NAME_PARTS}
        fields = {target for target in targets if not target.startswith(PROPERTY)}
        return fields | USUAL | ALWAYS


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    written = fields.Json(
        readonly=True,
        copy=False,
        prefetch=False,
        groups="meta_crm_capi.group_meta_administrator",
        help="Fingerprints of what was written to the lead: what differs from them was "
        "edited since.",
    )

    def _erase(self):
        result = super()._erase()
        self.write({"written": False})
        return result

    def _remember_written(self, leads):
        """Note what these new leads hold, one lead for each submission."""
        leads_of = dict(zip(self, leads, strict=True))
        for form, submissions in self.grouped("form_id").items():
            names = form._get_written_names()
            for submission in submissions:
                lead = leads_of[submission]
                written = {name: _fingerprint(now) for name, now in _held(lead, names)}
                submission.written = {
                    "fields": written,
                    "notes": [_fingerprint(line) for line in _lines(lead.description)],
                }

    def _plan_mapping(self):
        """What the mapping of today would change on the lead of this submission.

        :rtype: list[Change]
        """
        self.ensure_one()
        lead, node = self.lead_id, json.loads(self.answers)
        values, notes = self._prepare_answers(node, team=lead.team_id)
        defaults = self._prepare_defaults()
        wanted = {
            # None of them says that the field is to be empty.
            **{name: value for name, value in defaults.items() if value},
            **{
                name: value
                for name, value in values.items()
                if name != "lead_properties"
            },
            **{
                PROPERTY + name: value
                for name, value in values.get("lead_properties", {}).items()
            },
            "name": self._prepare_title(values),
            CONSENT: self._read_consent_of_all(),
        }
        ours = dict(self.written["fields"])
        ours.pop(NOTES, None)
        changes = []
        for name in dict.fromkeys((*wanted, *ours)):
            change = self._plan_field(name, wanted.get(name), ours.get(name))
            if change:
                changes.append(change)
        kept = {change.name for change in changes if change.kept}
        if kept:
            # What a person's own words keep out of a field stays in the notes.
            _values, notes = self._prepare_answers(node, lead.team_id, without=kept)
        return changes + self._plan_notes(self._prepare_notes(notes) or "")

    def _read_consent_of_all(self):
        """What the lead's people said by the mappings of today: a "no" of any wins.

        A submission that keeps no answers says what the lead says now.
        """
        said = []
        for row in self | self.lead_id.meta_submission_ids:
            if row.answers:
                boxes = meta_lead.parse(json.loads(row.answers)).consents
                said.append(row.form_id._read_consent(boxes))
            else:
                said.append(self.lead_id.meta_consent)
        return consent.strictest(said)

    def _plan_field(self, name, value, fingerprint):
        """The change of one field, or None.

        :param value: what the mapping writes; None for nothing
        :param fingerprint: of what was written; None where nothing was
        """
        lead = self.lead_id
        if not _is_there(lead, name):
            return None
        now, new = _stored(lead, name), _as_stored(lead, name, value)
        if now == new or (_is_empty(now) and _is_empty(new)):
            return None
        if fingerprint == _fingerprint(new):
            # The mapping says what it said before: somebody edited the lead since.
            return None
        is_ours = fingerprint == _fingerprint(now)
        if value is None and not is_ours:
            return None
        if name == CONSENT and new == consent.UNKNOWN:
            # Nobody took back what was said.
            return None
        is_untouched = is_ours or (fingerprint is None and _is_default(lead, name, now))
        if name in OF_THE_CONTACT and lead.partner_id:
            is_untouched = False
        return Change(name, now, new, kept=not is_untouched)

    def _plan_notes(self, notes):
        """The change of the notes: ours are written anew, a person's get more lines."""
        now = str(self.lead_id.description or "")
        new = _as_stored(self.lead_id, NOTES, notes) or ""
        if not self._has_own_notes():
            known = {*_lines(now)}
            more = [
                line
                for line in _lines(notes)
                if line not in known and _fingerprint(line) not in self.written["notes"]
            ]
            items = _as_stored(self.lead_id, NOTES, self._prepare_items(more))
            new = now + (items or "")
        # The same words may have come to stand in other tags.
        if now == new or html2plaintext(now) == html2plaintext(new):
            return []
        return [Change(NOTES, now, new)]

    def _has_own_notes(self):
        """Whether nobody but us wrote the notes of the lead."""
        now = self.lead_id.description
        ours = self.written["fields"].get(NOTES)
        return _is_empty(now) if ours is None else ours == _fingerprint(str(now or ""))

    def _prepare_items(self, lines):
        items = Markup().join(Markup("<li>%s</li>") % line for line in lines)
        return Markup("<ul>%s</ul>") % items if items else ""

    def _apply_mapping(self):
        """Write what the mapping of today says, but nothing over a person's own.

        :return: the changes that were made, and those that were kept
        :rtype: list[Change]
        """
        changes = self._plan_mapping()
        lead, has_own_notes = self.lead_id, self._has_own_notes()
        made = [change for change in changes if not change.kept]
        if not made:
            return changes
        values, properties = {}, dict(lead.lead_properties._values)
        for change in made:
            if change.name.startswith(PROPERTY):
                properties[change.name.removeprefix(PROPERTY)] = change.new or False
                values["lead_properties"] = properties
            else:
                values[change.name] = change.new or False
        lead.write(values)
        ours = dict(self.written["fields"])
        # A person's notes stay theirs, though lines were added.
        for name in {
            change.name for change in made if has_own_notes or change.name != NOTES
        }:
            # As Odoo keeps it, which may differ from what it was given.
            now = _stored(lead, name)
            ours.pop(name, None)
            if not _is_empty(now):
                ours[name] = _fingerprint(now)
        known = [] if has_own_notes else self.written["notes"]
        lines = [_fingerprint(line) for line in _lines(lead.description)]
        self.written = {"fields": ours, "notes": [*dict.fromkeys([*known, *lines])]}
        return changes

    def _in_words_of(self, name, value):
        """A stored value of the lead as people read it."""
        if _is_empty(value):
            return ""
        if name == NOTES:
            return html2plaintext(value)
        lead = self.lead_id
        place = AnswerValues(self.env, lead.team_id).find_place(name)
        if place.type in ("many2one", "many2many") and place.relation in self.env:
            ids = value if isinstance(value, list) else [value]
            records = self.env[place.relation].browse(ids).exists()
            return ", ".join(records.mapped("display_name"))
        if place.type in ("selection", "tags"):
            names = {key: names[-1] for key, names in place.choices}
            if not name.startswith(PROPERTY):
                field = lead._fields[name]
                names = dict(field._description_selection(self.env))
            keys = value if isinstance(value, list) else [value]
            return ", ".join(str(names.get(key, key)) for key in keys)
        if place.type == "boolean":
            return self.env._("yes")
        return html2plaintext(value) if place.type == "html" else str(value)

    def _label_of(self, name):
        """The name of a field or property of the lead, in the user's language."""
        if name.startswith(PROPERTY):
            place = AnswerValues(self.env, self.lead_id.team_id).find_place(name)
            return place.label
        return self.env["ir.model.fields"]._get("crm.lead", name).field_description


def _held(lead, names):
    """``(name, value)`` of each of these fields, and of each property, with a value."""
    for name in names:
        if lead[name]:
            now = _stored(lead, name)
            if not _is_empty(now):
                yield name, now
    if lead.team_id.lead_properties_definition:
        for name, now in lead.lead_properties._values.items():
            if not _is_empty(now):
                yield PROPERTY + name, now


def _is_there(lead, name):
    """Whether the lead has such a field, or such a property of its team."""
    if name.startswith(PROPERTY):
        return bool(AnswerValues(lead.env, lead.team_id).find_place(name))
    return name in lead._fields


def _stored(lead, name):
    """The value of a field or property, in a form that JSON holds."""
    if name.startswith(PROPERTY):
        return lead.lead_properties._values.get(name.removeprefix(PROPERTY))
    if lead._fields[name].type in ("char", "text", "html"):
        # Sanitised already, which takes its time.
        return str(lead[name] or "")
    return _as_stored(lead, name, lead[name])


def _as_stored(lead, name, value):
    """A value as it will read once it is stored."""
    if name.startswith(PROPERTY):
        return value
    field = lead._fields[name]
    kept = field.convert_to_cache(value or False, lead)
    if field.type == "monetary" and kept:
        currency = lead[field.get_currency_field(lead)]
        kept = currency.round(kept) if currency else kept
    if field.type in ("date", "datetime") and kept:
        return field.to_string(kept)
    return str(kept or "") if field.type in ("char", "text", "html") else kept


def _is_empty(value):
    return value in (None, False, "", 0, [], "<p><br></p>") or value == consent.UNKNOWN


def _is_default(lead, name, value):
    """Whether a field holds what Odoo puts there when nobody says anything."""
    if _is_empty(value):
        return True
    if name.startswith(PROPERTY):
        return False
    default = lead.default_get([name]).get(name)
    return bool(default) and _as_stored(lead, name, default) == value


def _lines(notes):
    """The lines of the notes that hold an answer each."""
    if not notes or "<li" not in str(notes):
        return []
    try:
        items = html.fromstring(str(notes)).iter("li")
    except etree.ParserError:
        return []
    return [" ".join(item.text_content().split()) for item in items]


def _fingerprint(value):
    """Short: enough to see that a value is another one."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
