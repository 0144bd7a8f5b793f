from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import customer
from . import queue
from .crm_lead_user_data import BROWSER_FIELDS
from .meta_capi_event_chat import Chat


class Fact(NamedTuple):
    """What one event is built of, as :meth:`MetaCapiEvent._find_facts` reads it."""

    id: int
    dataset_id: int
    event_name: str
    event_time: int
    event_id: str
    value: float | None
    currency: str | None
    meta_id: str | None
    lead_id: int | None
    contact_id: int | None
    reference: str | None
    company_country: str | None
    lead: customer.Party
    contact: customer.Party
    #: In the order of :data:`BROWSER_FIELDS`.
    browser: tuple
    #: The chat that it is of; None of a form's lead.
    chat: Chat | None


class Places(NamedTuple):
    """Names and codes that many leads share, by the ids of their records."""

    countries: dict
    #: Name, code and country code.
    states: dict
    currencies: dict
    #: Country codes of companies.
    companies: dict

    def get_party(self, name, email, city, zip_code, state_id, country_id, *phones):
        """What a record says of a person, by the columns of :func:`_get_columns`.

        :rtype: protocol.customer.Party
        """
        return customer.Party(
            name,
            (email,),
            phones,
            city,
            zip_code,
            *self.states.get(state_id, _NO_STATE),
            self.countries.get(country_id),
        )


_NO_STATE = (None, None, None)
_NOBODY = customer.Party()
#: Columns of a fact before those of its lead, its contact and the browser.
_HEAD = 13


class MetaCapiEvent(models.Model):
    """What events are built of, read by one statement for many of them.

    Places and currencies are few: they are read by their ids, as to join them all
    takes longer than the rest. What persons are read by is never logged with its
    values.
    """

    _inherit = "meta.capi.event"

    def _find_facts(self):
        """What these events are built of.

        :rtype: list[Fact]
        """
        if not self:
            return []
        of_lead = self._get_columns("crm.lead", "lead", SQL("lead.contact_name"))
        of_contact = self._get_columns(
            "res.partner",
            "contact",
            SQL("CASE WHEN contact.is_company THEN NULL ELSE contact.name END"),
        )
        browser = [SQL.identifier("lead", name) for name in BROWSER_FIELDS.values()]
        self.env.cr.execute(
            SQL(
                """
                SELECT event.id, event.dataset_id, event.event_name,
                       FLOOR(EXTRACT(EPOCH FROM event.event_time))::bigint,
                       event.event_id, event.value, event.currency_id,
                       submission.meta_id, lead.id, contact.id, contact.ref,
                       COALESCE(lead.company_id, event.company_id),
                       submission.referral_id,
                       %(columns)s
                  FROM meta_capi_event event
                  JOIN meta_lead_submission submission
                    ON submission.id = event.submission_id
             LEFT JOIN crm_lead lead ON lead.id = event.lead_id
             LEFT JOIN res_partner contact ON contact.id = lead.partner_id
                 WHERE event.id = ANY(%(ids)s)
                """,
                columns=SQL(", ").join([*of_lead, *of_contact, *browser]),
                ids=queue.id_array(self.ids),
            ),
            log_exceptions=False,
        )
        contact_at = _HEAD + len(of_lead)
        browser_at = contact_at + len(of_contact)
        rows = self.env.cr.fetchall()
        places = self._find_places(rows, (_HEAD, contact_at))
        chats = self._find_chats({row[12] for row in rows} - {None})
        return [
            Fact(
                *row[:6],
                places.currencies.get(row[6]),
                *row[7:11],
                places.companies.get(row[11]),
                places.get_party(*row[_HEAD:contact_at]),
                places.get_party(*row[contact_at:browser_at]) if row[9] else _NOBODY,
                row[browser_at:],
                chats.get(row[12]),
            )
            for row in rows
        ]

    @api.model
    def _get_columns(self, model, alias, name):
        """What of a record says who and where a person is, as SQL.

        :rtype: list[SQL]
        """
        columns = [
            name,
            SQL(
                "COALESCE(NULLIF(%s, ''), %s)",
                SQL.identifier(alias, "email_normalized"),
                SQL.identifier(alias, "email" if alias == "contact" else "email_from"),
            ),
        ]
        for field in ("city", "zip", "state_id", "country_id"):
            columns.append(SQL.identifier(alias, field))
        return columns + self._get_phones(model, alias)

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
            return [SQL("COALESCE(%s, %s)", sanitised, numbers[0])]
        return [sanitised, *numbers]

    @api.model
    def _find_places(self, rows, parties_at):
        """What the ids in these rows stand for.

        :param parties_at: where the columns of a person begin in a row
        :rtype: Places
        """

        def read(statement, *columns):
            ids = {row[column] for row in rows for column in columns} - {None}
            if not ids:
                return {}
            found = self.env.execute_query(SQL(statement, list(ids)))
            return {key: values for key, *values in found}

        def read_one(statement, *columns):
            return {key: value for key, (value,) in read(statement, *columns).items()}

        return Places(
            countries=read_one(
                "SELECT id, code FROM res_country WHERE id = ANY(%s)",
                *(start + 5 for start in parties_at),
            ),
            states=read(
                """
                SELECT state.id, state.name, state.code, country.code
                  FROM res_country_state state
             LEFT JOIN res_country country ON country.id = state.country_id
                 WHERE state.id = ANY(%s)
                """,
                *(start + 4 for start in parties_at),
            ),
            currencies=read_one(
                "SELECT id, name FROM res_currency WHERE id = ANY(%s)", 6
            ),
            companies=read_one(
                """
                SELECT company.id, country.code
                  FROM res_company company
                  JOIN res_partner contact ON contact.id = company.partner_id
             LEFT JOIN res_country country ON country.id = contact.country_id
                 WHERE company.id = ANY(%s)
                """,
                11,
            ),
        )
