import logging

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from . import consent, queue

_logger = logging.getLogger(__name__)

#: What becomes of an event whose person may not be shared. The body goes: it holds
#: hashes of the person.
_CANCEL = SQL(
    """
    state = 'cancelled', body = NULL, next_try_at = NULL, lease_token = NULL,
    reason = CASE WHEN event.tries > 0 THEN given.reason || ' ' || %s
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
                _logger.exception("Events of a withdrawn consent were not cancelled")

    @api.model
    def _cancel_queued(self, lead_ids, partner_ids):
        """Cancel the queued events of these leads and of these partners' leads."""
        self.env.cr.execute(
            SQL(
                """
                WITH given AS (
                    SELECT event.id, %(reason)s AS reason
                      FROM meta_capi_event event
                      JOIN crm_lead lead ON lead.id = event.lead_id
                           %(join_contact)s
                     WHERE event.state = 'queued'
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
                leads=lead_ids,
                partners=partner_ids,
                effective=consent.EFFECTIVE,
                cancel=_CANCEL,
            ),
            # A conflict is nothing to worry about, and handled by the caller.
            log_exceptions=False,
        )
        self.invalidate_model()

    def _cancel_without_consent(self):
        """Cancel those of these events whose person may not be shared, now.

        For the sender, who holds the rows' locks; also for events that are sent again.
        One SELECT where nobody objects.

        :return: the others, in the same order
        :rtype: meta.capi.event
        """
        if not self:
            return self
        consent.flush(self.env)
        self.flush_model(["dataset_id", "lead_id", "state"])
        self.env["meta.capi.dataset"].flush_model(["unknown_consent"])
        found = self.env.execute_query(
            SQL(
                """
                SELECT event.id, %(effective)s
                  FROM meta_capi_event event
                  JOIN meta_capi_dataset dataset ON dataset.id = event.dataset_id
             LEFT JOIN crm_lead lead ON lead.id = event.lead_id
                       %(join_contact)s
                 WHERE event.id = ANY(%(ids)s)
                   AND event.state IN ('queued', 'sending')
                   AND %(effective)s != 'yes'
                   AND (%(effective)s = 'no' OR dataset.unknown_consent = 'withhold')
                """,
                effective=consent.EFFECTIVE,
                join_contact=consent.JOIN_CONTACT,
                ids=self.ids,
            )
        )
        if not found:
            return self
        reasons = {
            event_id: consent.reason_against(said, "withhold")
            for event_id, said in found
        }
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_capi_event event
                   SET %s
                  FROM unnest(%s::int[], %s::text[]) AS given (id, reason)
                 WHERE event.id = given.id
             RETURNING event.id
                """,
                _CANCEL,
                list(reasons),
                list(reasons.values()),
            )
        )
        self.browse(reasons).invalidate_recordset()
        return self.browse(id_ for id_ in self._ids if id_ not in reasons)
