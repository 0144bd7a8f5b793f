import json

from odoo import api, fields, models

from . import consent
from .words import Words

#: States in which nothing of an event is sent any more.
_OVER = ("accepted", "expired", "cancelled")


class MetaCapiEvent(models.Model):
    """The body of an event for people: what was sent, or what would be.

    What was frozen is shown as it is. For what was not, the very code that freezes it
    builds it, and nothing is stored: what is mended before the sending goes into it.
    """

    _inherit = "meta.capi.event"

    body_kind = fields.Selection(
        [
            ("sent", "What was sent"),
            ("frozen", "What will be sent"),
            ("preview", "What would be sent"),
            ("withheld", "What was not sent"),
            ("forgotten", "No longer stored"),
        ],
        "Kind of body",
        compute="_compute_shown_body",
        help="A body is built and kept when the event is first taken to be sent, so "
        "that every try sends the same bytes. Before that, this is what would be sent "
        "now. After a while bodies are forgotten, see the settings.",
    )
    shown_body = fields.Text(
        "Readable body",
        compute="_compute_shown_body",
        help="Spread over lines; what is sent is the same on one line. E-mail, phone, "
        "name and address are in it only as hashes.",
    )
    told_keys = fields.Char(
        "Customer information",
        compute="_compute_shown_body",
        help="What Meta can recognise the person by, as far as it is in the body.",
    )
    body_problems = Words(
        "What stands against it",
        compute="_compute_shown_body",
        help="Why the event would not be sent as it is, or why Meta would refuse it.",
    )

    @api.depends("state", "body", "reason", "tries", "sent_before", "lead_id")
    @api.depends_context("lang")
    def _compute_shown_body(self):
        previews, problems = self._preview_bodies()
        for event in self:
            preview = previews.get(event._origin.id)
            text = event._get_bytes() or preview
            event.body_kind = event._get_body_kind(preview)
            event.shown_body = text and _spread(text)
            event.told_keys = text and event._get_told_keys(text)
            event.body_problems = problems.get(event._origin.id)

    def _get_body_kind(self, preview):
        was_sent = self.state == "accepted" or self._was_sent()
        if self._get_bytes():
            # Of what was queued anew the body is a new one, and not sent yet.
            is_anew = self.state == "queued" and not (self.tries or self.is_sending)
            return "sent" if was_sent and not is_anew else "frozen"
        if preview:
            is_over = self.state in ("not_sent", "cancelled")
            return "withheld" if is_over else "preview"
        return "forgotten" if was_sent else False

    def _preview_bodies(self):
        """What would be sent now for those that have no body.

        :return: ``{event id: text}``, and ``{event id: reason against it}``
        :rtype: tuple[dict, dict]
        """
        events = self.filtered(
            lambda event: (
                not event.body
                and (event.state not in _OVER or event._is_held_back())
                and event.event_name
                and event.dataset_id
                and event.lead_id
            )
        ).sudo()
        # Of a chat that Meta cannot recognise there is nothing to build.
        events = events.filtered(lambda event: event.submission_id._get_identity())
        if not events:
            return {}, {}
        self.env.flush_all()
        ids = {event._origin.id: event for event in events}
        facts = [
            fact
            if fact.event_id
            else fact._replace(
                event_id=ids[fact.id]._get_event_id(ids[fact.id].dataset_id)
            )
            for fact in events._find_facts()
        ]
        bodies, refused = events._try_to_build(facts, self._get_unix_time())
        problems = {
            event_id: words for words, found in refused.items() for event_id in found
        }
        for event_id, event in ids.items():
            if against := event._get_reason_against():
                problems[event_id] = against
        return bodies, problems

    def _get_reason_against(self):
        """Why the person may not be shared with this event's dataset now, or None."""
        return consent.reason_against(
            self.lead_id.meta_effective_consent, self.dataset_id.unknown_consent
        )

    def _get_told_keys(self, text):
        """The customer keys of a body, in words."""
        labels = self._get_customer_key_labels()
        told = _read(text).get("user_data")
        names = [labels.get(key, key) for key in labels if key in (told or ())]
        return ", ".join(names)

    @api.model
    def _get_customer_key_labels(self):
        """Extension point: names of customer keys for people, the best first."""
        return {
            "lead_id": self.env._("Meta lead ID"),
            "ctwa_clid": self.env._("Click on the ad that opened WhatsApp"),
            "page_scoped_user_id": self.env._("Messenger ID of this person"),
            "ig_sid": self.env._("Instagram ID of this person"),
            "whatsapp_business_account_id": self.env._("WhatsApp business account"),
            "page_id": self.env._("Page that was written to"),
            "ig_account_id": self.env._("Instagram account that was written to"),
            "instagram_business_account_id": self.env._("Instagram business account"),
            "em": self.env._("E-mail address"),
            "ph": self.env._("Phone number"),
            "fn": self.env._("First name"),
            "ln": self.env._("Last name"),
            "ct": self.env._("City"),
            "st": self.env._("State or province"),
            "zp": self.env._("Postal code"),
            "country": self.env._("Country"),
            "db": self.env._("Date of birth"),
            "ge": self.env._("Gender"),
            "external_id": self.env._("ID of this person in Odoo"),
            "fbc": self.env._("Click ID of the ad"),
            "fbp": self.env._("Browser ID"),
            "client_ip_address": self.env._("IP address"),
            "client_user_agent": self.env._("Browser"),
        }


def _read(text):
    """A body, decoded; empty where it is none."""
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _spread(text):
    """A body over several lines; as it is where it is no JSON."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
