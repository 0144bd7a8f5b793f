import logging

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from . import consent, queue
from .meta_capi_lease import IS_HELD

_logger = logging.getLogger(__name__)

#: What becomes of an event whose person may not be shared. The body goes: it holds
#: hashes of the person. ``sent`` is 1 where a try was made that is not charged yet.
_CANCEL = SQL(
    """
    state = 'cancelled', body = NULL, next_try_at = NULL,
    tries = event.tries + given.sent,
    reason = CASE WHEN event.tries + given.sent > 0 OR event.sent_before
                  THEN given.reason || ' ' || %s
                  ELSE given.reason END
    """,
    consent.TRIED_BEFORE,
)


class MetaCapiEvent(models.Model):
    """Consent is asked at the move, when it is withdrawn, and before each sending.

    The last one is the one that counts: it sees whatever was committed before, by
    whatever way it was written. The others spare the queue what it would not send.
    """

    _inherit = "meta.capi.event"

    @api.model
    def _cancel_objected(self, lead_ids, partner_ids):
        """Cancel what is queued of those among these people who now say no.

        Whoever notes the "no" never waits for the sender, nor fails because of it:
        rows that it holds, or changed meanwhile, are left to its own check.

        :param lead_ids: ids of leads that were written on
        :param partner_ids: ids of contacts that were, or of their companies
        """
        self = self.with_env(self.env(user=SUPERUSER_ID, su=True, context={}))
        # Not our errors yet: this may complete what others began.
        consent.flush(self.env)
        self.flush_model(["lead_id", "state"])
        try:
            with self.env.cr.savepoint(flush=False):
                self._cancel_queued(list(lead_ids), list(partner_ids))
        except Exception as error:
            if queue.is_conflict(error):
                _logger.info("Events of a withdrawn consent are left to the sender")
            else:
                _logger.error(
                    "Events of a withdrawn consent were not cancelled: %s",
                    queue.describe(error),
                )

    @api.model
    def _cancel_queued(self, lead_ids, partner_ids):
        """Cancel the queued events of these leads and of these partners' leads."""
        self.env.cr.execute(
            SQL(
                """
                WITH given AS (
                    SELECT event.id, %(reason)s AS reason, 0 AS sent
                      FROM meta_capi_event event
                      JOIN crm_lead lead ON lead.id = event.lead_id
                           %(join_contact)s
                     WHERE event.state = 'queued'
                       AND NOT %(is_held)s
                       AND event.lead_id IN (
                           SELECT unnest(%(leads)s::int[])
                            UNION
                           SELECT theirs.id
                             FROM res_partner partner
                             JOIN crm_lead theirs ON theirs.partner_id = partner.id
                            WHERE partner.id = ANY(%(partners)s)
                               OR partner.commercial_partner_id = ANY(%(partners)s))
                       AND %(effective)s = 'no'
                       FOR NO KEY UPDATE OF event SKIP LOCKED)
                UPDATE meta_capi_event event
                   SET %(cancel)s
                  FROM given
                 WHERE event.id = given.id
                """,
                reason=consent.SAID_NO,
                join_contact=consent.JOIN_CONTACT,
                is_held=IS_HELD,
                leads=lead_ids,
                partners=partner_ids,
                effective=consent.EFFECTIVE,
                cancel=_CANCEL,
            ),
            # A conflict is nothing to worry about, and handled by the caller.
            log_exceptions=False,
        )
        self.invalidate_model()

    @api.model
    def _drop_unsendable(self, lease):
        """Cancel what may not be shared any more, and find what is not ours any more.

        The last look before a request, one SELECT where nothing happened meanwhile.
        An event that got its bytes since the claim was sent by somebody else.

        :return: ids of the rows of this lease that must not be sent
        :rtype: set[int]
        """
        consent.flush(self.env)
        self.flush_model()
        self.env["meta.capi.dataset"].flush_model(["unknown_consent"])
        built_elsewhere = SQL("FALSE")
        if lease.unwritten:
            ids = queue.id_array(lease.unwritten)
            built_elsewhere = SQL("event.body IS NOT NULL AND event.id = ANY(%s)", ids)
        found = self.env.execute_query(
            SQL(
                """
                SELECT event.id, NOT %(is_lost)s, %(effective)s
                  FROM meta_capi_event event
             LEFT JOIN crm_lead lead ON lead.id = event.lead_id
                       %(join_contact)s
                 WHERE event.id = ANY(%(ids)s)
                   AND (%(is_lost)s
                        OR %(effective)s = 'no'
                        OR %(effective)s = 'unknown' AND %(policy)s = 'withhold')
                """,
                is_lost=SQL(
                    """
                    (event.state <> 'queued'
                     OR %s
                     OR event.id IN (
                        SELECT unnest(event_ids)
                          FROM meta_capi_lease
                         WHERE dataset_id = %s AND id <> %s))
                    """,
                    built_elsewhere,
                    lease.dataset_id,
                    lease.id,
                ),
                effective=consent.EFFECTIVE,
                policy=SQL(
                    "(SELECT unknown_consent FROM meta_capi_dataset WHERE id = %s)",
                    lease.dataset_id,
                ),
                join_contact=consent.JOIN_CONTACT,
                ids=queue.id_array(row.id for row in lease.all_rows),
            )
        )
        self._cancel_for(
            {
                event_id: consent.reason_against(said, "withhold")
                for event_id, is_ours, said in found
                if is_ours
            },
            # What is part of a search was sent with the batch that Meta refused.
            sent=int(lease.is_search),
        )
        return {event_id for event_id, *_why in found}

    @api.model
    def _cancel_for(self, reasons, sent):
        """Cancel events for the reasons given by their ids.

        :param int sent: 1 where a try was made that is not charged yet
        """
        if not reasons:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_event event
                   SET %s
                  FROM (SELECT unnest(%s::int[]) AS id, unnest(%s::text[]) AS reason,
                               %s AS sent) AS given
                 WHERE event.id = given.id
             RETURNING event.id
                """,
                _CANCEL,
                list(reasons),
                list(reasons.values()),
                sent,
            )
        )
        self.invalidate_model()
