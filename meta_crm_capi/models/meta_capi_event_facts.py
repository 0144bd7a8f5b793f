from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import customer
from . import queue
from .crm_lead_user_data import BROWSER_FIELDS


class Fact(NamedTuple):
    """What one event is built of, as :meth:`MetaCapiEvent._find_facts` reads it."""

    id: int
    dataset_id: int
    event_name: str
    event_time: int
    event_id: str
    value: float | None
    currency: str | None
    meta_id: str
    lead_id: int | None
    contact_id: int | None
    reference: str | None
    company_country: str | None
    lead: customer.Party
    contact: customer.Party
    #: In the order of :data:`BROWSER_FIELDS`.
    browser: tuple


class MetaCapiEvent(models.Model):
    """What events are built of, read by one statement for many of them.

    The statements hold personal data and are never logged with their values.
    """

    _inherit = "meta.capi.event"

    def _find_facts(self):
        """What these events are built of, by one statement.

        :rtype: list[Fact]
        """
        if not self:
            return []
        party = len(customer.Party._fields)
        start = Fact._fields.index("lead")
        self.env.cr.execute(
            SQL(
                """
                SELECT event.id, event.dataset_id, event.event_name,
                       FLOOR(EXTRACT(EPOCH FROM event.event_time))::bigint,
                       event.event_id, event.value, currency.name,
                       submission.meta_id, lead.id, contact.id, contact.ref,
                       company_country.code,
                       lead.contact_name,
                       ARRAY[COALESCE(NULLIF(lead.email_normalized, ''),
                                      lead.email_from)],
                       %(lead_phones)s,
                       lead.city, lead.zip, lead_state.name, lead_state.code,
                       lead_state_country.code, lead_country.code,
                       CASE WHEN contact.is_company THEN NULL ELSE contact.name END,
                       ARRAY[COALESCE(NULLIF(contact.email_normalized, ''),
                                      contact.email)],
                       %(contact_phones)s,
                       contact.city, contact.zip, contact_state.name,
                       contact_state.code, contact_state_country.code,
                       contact_country.code,
                       %(browser)s
                  FROM meta_capi_event event
                  JOIN meta_lead_submission submission
                    ON submission.id = event.submission_id
             LEFT JOIN crm_lead lead ON lead.id = event.lead_id
             LEFT JOIN res_partner contact ON contact.id = lead.partner_id
             LEFT JOIN res_currency currency ON currency.id = event.currency_id
             LEFT JOIN res_country lead_country ON lead_country.id = lead.country_id
             LEFT JOIN res_country_state lead_state ON lead_state.id = lead.state_id
             LEFT JOIN res_country lead_state_country
                    ON lead_state_country.id = lead_state.country_id
             LEFT JOIN res_country contact_country
                    ON contact_country.id = contact.country_id
             LEFT JOIN res_country_state contact_state
                    ON contact_state.id = contact.state_id
             LEFT JOIN res_country contact_state_country
                    ON contact_state_country.id = contact_state.country_id
             LEFT JOIN res_company company
                    ON company.id = COALESCE(lead.company_id, event.company_id)
             LEFT JOIN res_partner company_contact
                    ON company_contact.id = company.partner_id
             LEFT JOIN res_country company_country
                    ON company_country.id = company_contact.country_id
                 WHERE event.id = ANY(%(ids)s)
                """,
                lead_phones=self._get_phones("crm.lead", "lead"),
                contact_phones=self._get_phones("res.partner", "contact"),
                browser=SQL(", ").join(
                    SQL.identifier("lead", name) for name in BROWSER_FIELDS.values()
                ),
                ids=queue.id_array(self.ids),
            ),
            log_exceptions=False,
        )
        return [
            Fact(
                *row[:start],
                customer.Party(*row[start : start + party]),
                customer.Party(*row[start + party : start + 2 * party]),
                row[start + 2 * party :],
            )
            for row in self.env.cr.fetchall()
        ]

    @api.model
    def _get_phones(self, model, alias):
        """The numbers of a record as SQL, Odoo's sanitised one first.

        That one is made of the first usable number: where there is but one number, it
        does not have to be read again.
        """
        names = [
            name
            for name in self.env[model]._phone_get_number_fields()
            if self.env[model]._fields[name].store
        ]
        numbers = [SQL.identifier(alias, name) for name in names]
        sanitised = SQL("NULLIF(%s, '')", SQL.identifier(alias, "phone_sanitized"))
        if len(numbers) == 1:
            return SQL("ARRAY[COALESCE(%s, %s)]", sanitised, numbers[0])
        return SQL("ARRAY[%s]", SQL(", ").join([sanitised, *numbers]))
