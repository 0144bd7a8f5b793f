import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..protocol import lead as meta_lead
from . import queue
from .meta_lead_submission import FOREIGN_PAGE, UNKNOWN_PAGE

_logger = logging.getLogger(__name__)

#: Leads read and created in one go.
BATCH = 50
#: Requests side by side; each lead is one request.
PARALLEL_READS = 4
#: Longer than the longest request (seconds).
LEASE = 300
#: How long a lead that cannot be read yet is tried. Meta's own webhook retries end
#: after as long.
PATIENCE = timedelta(hours=36)
#: Rest of a Page when Meta asks to slow down without saying for how long (seconds).
DEFAULT_REST = 900


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    @api.model
    def _cron_fetch(self):
        """Read what webhooks named and make leads of it. Never raises."""
        try:
            self._fetch_due()
        except Exception:
            self.env.cr.rollback()
            _logger.exception(
                "Reading Meta leads stopped; it goes on with the next run"
            )

    @api.model
    def _fetch_due(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        time_left = commit_progress(remaining=self._count_due())
        while time_left > 0:
            batch = self._claim()
            # Before the first request the lease must be on record.
            time_left = commit_progress()
            if not batch:
                break
            batch._fetch()
            time_left = commit_progress(len(batch), remaining=self._count_due())
        if self._count_due():
            # A run that is merely "partially done" would sleep for up to a minute.
            self.env.ref("meta_crm_capi.ir_cron_fetch")._trigger()
            commit_progress()

    @api.model
    def _due(self):
        """SQL: rows to read now, none of a Page that rests or waits for a person."""
        return SQL(
            """
                  FROM meta_lead_submission submission
             LEFT JOIN meta_lead_page page
                    ON page.meta_id = submission.page_meta_id
                 WHERE submission.state = 'received'
                   AND submission.next_try_at <= %(now)s
                   AND (page.id IS NULL
                        OR (page.state = 'connected'
                            AND (page.resume_at IS NULL OR page.resume_at <= %(now)s)))
            """,
            now=queue.db_now(),
        )

    @api.model
    def _count_due(self):
        self.flush_model()
        return self.env.execute_query(SQL("SELECT COUNT(*) %s", self._due()))[0][0]

    @api.model
    def _claim(self):
        """Take some due rows for as long as their lease."""
        self.flush_model()
        try:
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE meta_lead_submission
                       SET next_try_at = %s, tries = tries + 1
                     WHERE id IN (
                        SELECT submission.id %s
                      ORDER BY submission.next_try_at, submission.id
                         LIMIT %s
                           FOR NO KEY UPDATE OF submission SKIP LOCKED)
                 RETURNING id
                    """,
                    queue.in_seconds(LEASE),
                    self._due(),
                    BATCH,
                ),
                log_exceptions=False,
            )
        except Exception as error:
            if not queue.is_conflict(error):
                raise
            self.env.cr.rollback()
            return self.browse()
        claimed = self.browse(sorted(row[0] for row in self.env.cr.fetchall()))
        claimed.invalidate_recordset()
        return claimed

    def _fetch(self):
        """Read the claimed submissions from Meta and settle each by the answer."""
        readable = self._find_pages()
        results = readable._read()
        # A derived Page token dies with the token it came from; derive it once more.
        refused = self.browse(
            row.id for row, result in results.items() if result.answer.code == 190
        )
        for page, submissions in refused.grouped("page_id").items():
            if page._get_token(renew=True):
                results.update(submissions._read())
        queue.store(self.env, self._store_results, results)

    @api.model
    def _store_results(self, results):
        """Settle every row by Meta's answer, and make leads of those that were read."""
        read = [
            (submission, result.data)
            for submission, result in results.items()
            if submission._settle(result)
        ]
        self._create_leads(read)

    def _read(self):
        """Ask Meta for each lead; rows of a Page without a token are put back.

        :return: ``{submission: client.Result}``
        """
        jobs = []
        for page, submissions in self.grouped("page_id").items():
            share = -(-len(submissions) // PARALLEL_READS)
            try:
                jobs += [
                    (page._get_client(), {row.id: row.meta_id for row in rows})
                    for rows in split_every(share, submissions)
                ]
            except UserError as error:
                page._set_reconnect(str(error))
                submissions._wait(refund=True)
        # No transaction stays open while Meta answers.
        self.env["ir.cron"]._commit_progress()
        results = {}
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            for part in pool.map(lambda job: self._read_leads(*job), jobs):
                results.update(part)
        return {self.browse(row_id): result for row_id, result in results.items()}

    @staticmethod
    def _read_leads(graph, meta_ids):
        """Read some leads over one connection; needs no cursor, runs in a thread."""
        with graph:
            return {
                row_id: graph.read_lead(meta_id) for row_id, meta_id in meta_ids.items()
            }

    def _find_pages(self):
        """Set each row's Page and park the rows that have none.

        :return: the rows that can be read
        """
        pages = {
            page.meta_id: page
            for page in self.env["meta.lead.page"].search(
                [("meta_id", "in", self.mapped("page_meta_id"))]
            )
        }
        readable = self.browse()
        for submission in self:
            page = pages.get(submission.page_meta_id)
            if not page:
                submission._park(UNKNOWN_PAGE)
            elif page.connection_id != submission.connection_id:
                submission._park(FOREIGN_PAGE)
            else:
                submission.page_id = page
                readable += submission
        return readable

    def _settle(self, result):
        """Do what Meta's answer to one read means.

        :param result: ``client.Result`` of ``read_lead``
        :return: whether the lead was read
        :rtype: bool
        """
        self.ensure_one()
        answer = result.answer
        if answer.verdict == "accepted":
            try:
                meta_lead.parse(result.data or {})
            except ValueError as error:
                self._park(self.env._("Meta's answer is not a lead: %s", error))
                return False
            return True
        self.env["meta.sync.log"]._add(
            "lead",
            result,
            connection=self.connection_id,
            company=self.company_id,
            event_count=1,
        )
        words = "\n".join(filter(None, [answer.message, answer.meaning, answer.cure]))
        if answer.verdict == "throttle":
            rest = answer.resume_after or DEFAULT_REST
            self.page_id.resume_at = self.env.cr.now() + timedelta(seconds=rest)
            self._wait(words, refund=True)
        elif answer.verdict == "pause" and (answer.code, answer.subcode) != (100, 33):
            self.page_id._set_reconnect(words)
            self._wait(words, refund=True)
        elif answer.verdict == "refuse":
            self._park(words)
        else:
            self._try_later(words)
        return False

    def _try_later(self, words):
        """Read it again after a while, or park it when that went on for too long.

        Meta answers alike for a lead that cannot be read yet, one that we may not
        read and one that is gone: only time tells.
        """
        for submission in self:
            if self.env.cr.now() - submission.create_date > PATIENCE:
                submission._park(words)
            else:
                submission._wait(words, seconds=queue.back_off(submission.tries))

    def _wait(self, words=False, seconds=0, refund=False):
        """Put claimed rows back; ``refund`` when the row itself is not to blame."""
        self.write({"reason": words})
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                """
                UPDATE meta_lead_submission
                   SET next_try_at = %s, tries = tries - %s
                 WHERE id = ANY(%s)
             RETURNING id
                """,
                queue.in_seconds(seconds),
                int(refund),
                self.ids,
            )
        )
        self.invalidate_recordset(["next_try_at", "tries"])
