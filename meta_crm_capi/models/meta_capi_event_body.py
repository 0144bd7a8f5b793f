import logging
import traceback
from datetime import timezone

import psycopg2

from odoo import models

from ..protocol import event as capi_event
from ..protocol import user_data

_logger = logging.getLogger(__name__)

INTERNAL_ERROR = "Internal error while building the event: see the server log."
WOULD_BE_REFUSED = "Not sent, as Meta would refuse it or not count it:"


class MetaCapiEvent(models.Model):
    """The exact bytes of an event, built once, when it is first claimed."""

    _inherit = "meta.capi.event"

    def _build_bodies(self, now):
        """The exact text of each event, built for those that have none yet.

        An event that Meta would refuse is refused here, and so is one that we fail to
        build: neither keeps the others waiting.

        :param int now: Unix seconds, by PostgreSQL's clock
        :return: ``{event id in Odoo: text}``, without the refused ones
        """
        bodies = {}
        customer_keys = {}
        for event in self:
            if event.body:
                bodies[event.id] = event.body
                continue
            # Whose country a national phone number is read by.
            lead = event.lead_id.with_company(event.company_id)
            try:
                key = lead, event.company_id
                if key not in customer_keys:
                    customer_keys[key] = lead._prepare_meta_user_data()
                built = event._build(customer_keys[key])
                problems = capi_event.problems(built, now=now)
                if problems:
                    event._refuse_here("\n".join([WOULD_BE_REFUSED, *problems]))
                else:
                    bodies[event.id] = capi_event.encode(built).decode()
            except Exception as error:
                if isinstance(error, psycopg2.Error):
                    raise
                # Where and what kind of error, not its words: they may quote a person.
                _logger.error(
                    "Meta event %s could not be built: %s\n%s",
                    event.id,
                    type(error).__name__,
                    "".join(traceback.format_tb(error.__traceback__)),
                )
                event._refuse_here(INTERNAL_ERROR)
        return bodies

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
        person = self.contact_name or (not partner.is_company and partner.name)
        first_name, _, last_name = (person or "").strip().partition(" ")
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
