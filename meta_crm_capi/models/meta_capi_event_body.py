from datetime import timezone

from odoo import models

from ..protocol import event as capi_event
from ..protocol import user_data


class MetaCapiEvent(models.Model):
    """The exact bytes of an event, built once, when it is first claimed."""

    _inherit = "meta.capi.event"

    def _freeze_bodies(self, now):
        """Build the body of each event that has none; refuse what Meta would refuse.

        :param int now: Unix seconds, by PostgreSQL's clock
        :return: the events whose body is sound
        """
        keys = {}
        for event in self.filtered(lambda event: not event.body):
            if event.lead_id not in keys:
                keys[event.lead_id] = event.lead_id._prepare_meta_user_data()
            built = event._build(keys[event.lead_id])
            problems = capi_event.problems(built, now=now)
            if problems:
                event._refuse_here("Meta would refuse it: " + "; ".join(problems))
            else:
                event.body = capi_event.encode(built).decode()
        return self.filtered("body")

    def _refuse_here(self, words):
        self.write(
            {
                "state": "refused",
                "reason": words,
                "next_try_at": False,
                "lease_token": False,
            }
        )

    def _build(self, customer_keys):
        self.ensure_one()
        event_time = self.event_time.replace(tzinfo=timezone.utc)
        return capi_event.build(
            event_name=self.event_name,
            event_time=int(event_time.timestamp()),
            event_id=self.event_id,
            lead_id=self.submission_id.meta_id,
            user_data=customer_keys,
            value=self.value if self.currency_id else None,
            currency=self.currency_id.name or None,
        )


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _prepare_meta_user_data(self):
        """Customer information of the lead, normalised and hashed as Meta wants it.

        Hashed when an event is first sent: the queue never holds raw personal data.

        :rtype: dict[str, list[str]]
        """
        partner = self.partner_id
        country = (self.country_id or partner.country_id or self._meta_country()).code
        first_name, _, last_name = (
            (self.contact_name or partner.name or "").strip().partition(" ")
        )
        given = {
            "em": [self.email_normalized or self.email_from, partner.email_normalized],
            "ph": [self.phone_sanitized or self.phone, partner.phone_sanitized],
            "fn": [first_name],
            "ln": [last_name],
            "ct": [self.city or partner.city],
            "st": [(self.state_id or partner.state_id).name],
            "zp": [self.zip or partner.zip],
            "country": [(self.country_id or partner.country_id).code],
        }
        hashed = {
            key: [user_data.hashed(key, value, country=country) for value in values]
            for key, values in given.items()
        }
        return {
            key: [value for value in dict.fromkeys(values) if value]
            for key, values in hashed.items()
            if any(values)
        }

    def _meta_country(self):
        """The country by which a national phone number is read."""
        return (self.company_id or self.env.company).country_id
