import gc
import logging
import traceback
from collections import defaultdict
from contextlib import contextmanager
from typing import NamedTuple

from odoo import api, models

from ..protocol import customer
from ..protocol import words as english
from ..protocol.event_mould import Caster
from . import queue
from .crm_lead_user_data import BROWSER_FIELDS

_logger = logging.getLogger(__name__)

INTERNAL_ERROR = english._lt(
    "Internal error while building the event: see the server log."
)
WOULD_BE_REFUSED = english._lt("Not sent, as Meta would refuse it or not count it:")


@contextmanager
def _no_garbage():
    """Without a search for garbage: a thousand events at once make none.

    They are many objects that all stay for a while, and each search looks at them; it
    takes a fifth of the time that building them takes.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Telling(NamedTuple):
    """What one dataset is told, read once for all its events."""

    choice: customer.Choice
    caster: Caster
    #: Unix seconds, by PostgreSQL's clock.
    now: int
    #: See ``protocol.event.limited_data_use``.
    data_processing: dict
    #: Field of :class:`Fact`, and how the ID is made of it.
    external_id: tuple[str, str] | None


class MetaCapiEvent(models.Model):
    """The exact bytes of an event, built once, when it is first claimed.

    One statement reads all that is needed, and pure functions of ``protocol/`` build
    the events. ``crm.lead._prepare_meta_user_data`` may add to what they say.
    """

    _inherit = "meta.capi.event"

    def _build_bodies(self, now):
        """The exact text of each event; they have none yet.

        An event that Meta would refuse is refused here, and so is one that we fail to
        build: neither keeps the others waiting.

        :param int now: Unix seconds, by PostgreSQL's clock
        :return: ``{event id in Odoo: text}``, without the refused ones
        """
        self.env.flush_all()
        with _no_garbage():
            bodies, refused = self._try_to_build(self._find_facts(), now)
        for words, ids in refused.items():
            self.browse(ids)._refuse_here(words)
        return bodies

    @api.model
    def _try_to_build(self, facts, now):
        """What is sent for these facts; nothing is written.

        :param list facts: ``Fact`` items, as :meth:`_find_facts` gives them
        :param int now: Unix seconds, by PostgreSQL's clock
        :return: ``{event id in Odoo: text}``, and ``{reason: ids}`` of those that Meta
            would refuse or that we fail to build
        :rtype: tuple[dict, dict]
        """
        bodies = {}
        tellings = self._get_tellings(facts, now)
        added = self._get_added(facts)
        customer_keys = {}
        refused = defaultdict(list)
        for fact in facts:
            telling = tellings[fact.dataset_id]
            try:
                # Several events of one lead may go out together.
                key = fact.dataset_id, fact.lead_id, fact.company_country
                if key not in customer_keys:
                    customer_keys[key] = self._get_customer_keys(
                        fact, telling, added[fact.dataset_id, fact.lead_id]
                    )
                text, problems = self._cast(
                    fact,
                    telling,
                    event_name=fact.event_name,
                    event_time=fact.event_time,
                    event_id=fact.event_id,
                    user_data=customer_keys[key],
                    value=fact.value if fact.currency else None,
                    currency=fact.currency,
                )
                if problems:
                    refused["\n".join([WOULD_BE_REFUSED, *problems])].append(fact.id)
                else:
                    bodies[fact.id] = text
            except Exception as error:
                # Where and what kind of error, not its words: they may quote a person.
                _logger.error(
                    "Meta event %s could not be built: %s\n%s",
                    fact.id,
                    type(error).__name__,
                    "".join(traceback.format_tb(error.__traceback__)),
                )
                refused[INTERNAL_ERROR].append(fact.id)
        return bodies, refused

    @api.model
    def _cast(self, fact, telling, **parts):
        """An event's text, and why Meta would not take it: as ``Caster.cast``."""
        if fact.chat:
            return self._cast_chat(fact.chat, telling, **parts)
        return telling.caster.cast(lead_id=fact.meta_id, **parts)

    def _refuse_here(self, words):
        self.write({"state": "refused", "reason": words, "next_try_at": False})

    @api.model
    def _get_customer_keys(self, fact, telling, added):
        """Customer information of the lead of an event, normalised and hashed.

        :param added: what the lead's model adds, or the exception that it raised
        :rtype: dict
        """
        if isinstance(added, Exception):
            raise added
        more = added
        if known := self._get_known(fact, telling):
            more = dict(added)
            for key, value in known:
                given = added.get(key, ())
                given = given if isinstance(given, (list, tuple)) else [given]
                more[key] = [value, *given]
        return customer.customer_keys(
            fact.lead,
            fact.contact,
            company_country=fact.company_country,
            choice=telling.choice,
            more=more,
        )

    @api.model
    def _get_known(self, fact, telling):
        """Keys and raw values that the lead itself has beyond who and where."""
        known = []
        if any(fact.browser):
            known += [
                (key, value)
                for key, value in zip(BROWSER_FIELDS, fact.browser, strict=True)
                if value
            ]
        if telling.external_id:
            source, form = telling.external_id
            if value := getattr(fact, source):
                known.append(("external_id", form.format(value)))
        return known

    def _get_tellings(self, facts, now):
        """``{dataset id: Telling}`` of the datasets of these events.

        :param int now: Unix seconds, by PostgreSQL's clock
        """
        sources = {
            "contact": "contact_id",
            "reference": "reference",
            "lead": "lead_id",
        }
        datasets = self.env["meta.capi.dataset"].browse(
            {fact.dataset_id for fact in facts}
        )
        tellings = {}
        for dataset in datasets:
            processing = dataset._get_data_processing()
            tellings[dataset.id] = Telling(
                dataset._get_customer_choice(),
                Caster(now=now, data_processing=processing),
                now,
                processing,
                dataset.external_id_source
                and (
                    sources[dataset.external_id_source],
                    dataset._get_external_id_format(),
                ),
            )
        return tellings

    def _get_added(self, facts):
        """What the leads' model adds to the customer information that SQL reads.

        Asked once for all leads of a dataset, and lead by lead where that fails: an
        error of one is not the others'.

        :return: ``{(dataset id, lead id): raw values by key, or an Exception}``
        :rtype: dict
        """
        added = defaultdict(dict)
        lead_ids = defaultdict(dict)
        for fact in facts:
            if fact.lead_id:
                lead_ids[fact.dataset_id][fact.lead_id] = None
        for dataset in self.env["meta.capi.dataset"].browse(lead_ids):
            if dataset.customer_data == "lead_id":
                continue
            leads = self.env["crm.lead"].sudo().with_company(dataset.company_id)
            leads = leads.browse(lead_ids[dataset.id])
            for lead_id, values in self._ask(leads, dataset).items():
                added[dataset.id, lead_id] = values
        return added

    def _ask(self, leads, dataset):
        try:
            with self.env.cr.savepoint(flush=False):
                return dict(leads._prepare_meta_user_data(dataset))
        except Exception as error:
            if queue.is_conflict(error):
                raise
            if len(leads) == 1:
                return {leads.id: error}
        answers = {}
        for lead in leads:
            answers.update(self._ask(lead, dataset))
        return answers
