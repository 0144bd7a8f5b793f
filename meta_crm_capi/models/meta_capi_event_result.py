from odoo import api, models
from odoo.tools import SQL

from ..protocol import answer as capi_answer
from ..protocol import batch as capi_batch
from ..protocol import event as capi_event
from . import queue


class MetaCapiEvent(models.Model):
    """What Meta answered, row by row."""

    _inherit = "meta.capi.event"

    @api.model
    def _apply_result(self, lease, result):
        """Give each leased row its result.

        :return: leases to send next, and whether the dataset may be called again in
            this run
        :rtype: tuple[list[Lease], bool]
        """
        answer = result.answer
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        self.env["meta.sync.log"]._add(
            "events",
            result,
            connection=dataset.connection_id,
            company=dataset.company_id,
            dataset=dataset,
            event_count=len(lease.rows),
        )
        if answer.verdict == "accepted":
            self._accept(lease, answer)
            return [], True
        if answer.verdict == "refuse":
            return self._find_culprits(lease, answer), True
        if answer.verdict == "retry":
            return self._retry(lease, answer)
        self._put_back(lease, answer, refund=True)
        return [], False

    @api.model
    def _accept(self, lease, answer):
        words = None
        if answer.events_received not in (None, len(lease.rows)):
            words = (
                f"Meta says that it received {answer.events_received} of the "
                f"{len(lease.rows)} events of this request."
            )
        self._update_leased(
            lease,
            SQL(
                """
                state = 'accepted', accepted_at = %s, reason = %s, trace_id = %s,
                code = NULL, subcode = NULL, next_try_at = NULL, lease_token = NULL
                """,
                queue.db_now(),
                words,
                answer.trace_id or None,
            ),
        )

    @api.model
    def _find_culprits(self, lease, answer):
        """Refuse the event to blame; the others of its batch are sent again.

        Meta does not document the index that its words name, so that event goes alone
        next, and only what Meta then says of it counts. The others go in halves, so
        that an index that never fits costs little more than none.

        :return: leases to send next
        :rtype: list[Lease]
        """
        rows = lease.rows
        if len(rows) == 1:
            self._refuse(lease, answer)
            return []
        index = answer.culprit
        if index in range(len(rows)):
            others = [*rows[:index], *rows[index + 1 :]]
            parts = [[rows[index]], others]
            if len(others) > 1:
                parts = [[rows[index]], *capi_batch.halves(others)]
        else:
            parts = capi_batch.halves(rows)
        return [lease._replace(rows=part) for part in parts]

    @api.model
    def _refuse(self, lease, answer):
        self._update_leased(
            lease,
            SQL(
                """
                state = 'refused', reason = %s, code = %s, subcode = %s,
                trace_id = %s, next_try_at = NULL, lease_token = NULL
                """,
                self._in_words(answer),
                answer.code,
                answer.subcode,
                answer.trace_id or None,
            ),
        )

    @api.model
    def _retry(self, lease, answer):
        """Put the rows back for later; those tried too often count as refused.

        :return: as :meth:`_apply_result`
        """
        spent = [row for row in lease.rows if answer.tries and row[2] >= answer.tries]
        rest = [row for row in lease.rows if row not in spent]
        if rest:
            self._put_back(lease._replace(rows=rest), answer)
        more = self._find_culprits(lease._replace(rows=spent), answer) if spent else []
        return more, not rest

    @api.model
    def _put_back(self, lease, answer, refund=False):
        """Queue leased rows again.

        :param bool refund: whether the try counts for nothing, as the events are not
            to blame
        """
        for tries in {row[2] for row in lease.rows}:
            seconds = 0 if refund else answer.resume_after or queue.back_off(tries)
            self._update_leased(
                lease._replace(rows=[row for row in lease.rows if row[2] == tries]),
                SQL(
                    """
                    state = 'queued', reason = %s, code = %s, subcode = %s,
                    trace_id = %s, lease_token = NULL, tries = tries - %s,
                    next_try_at = LEAST(%s, event_time + make_interval(secs => %s))
                    """,
                    self._in_words(answer),
                    answer.code,
                    answer.subcode,
                    answer.trace_id or None,
                    int(refund),
                    queue.in_seconds(seconds),
                    capi_event.MAX_AGE - capi_event.MARGIN,
                ),
            )

    @api.model
    def _in_words(self, answer: capi_answer.Answer):
        """Meta's title and words, then ours."""
        words = [answer.title, answer.message, answer.meaning, answer.cure]
        return self.env["meta.sync.log"]._in_words(words) or None
