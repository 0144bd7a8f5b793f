import logging
from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from ..protocol import words as english
from . import queue
from .meta_lead_form_catch_up import as_unix
from .meta_lead_submission import FOREIGN_PAGE, UNKNOWN_PAGE
from .meta_lead_submission_read import is_id, speaks_for_page

_logger = logging.getLogger(__name__)

#: Leads read and created in one go.
BATCH = 50
#: Longer than reading a batch can take (seconds).
LEASE = 300
#: How long a lead that cannot be read yet is tried. Meta's own webhook retries end
#: after as long.
PATIENCE = timedelta(hours=36)
#: And how often at least, so that one bad moment after a long wait parks nothing.
MIN_TRIES = 5


class MetaLeadSubmission(models.Model):
    """From stored rows to settled ones, without asking Meta twice at a time.

    Rows are claimed by a lease, read from Meta with no transaction open
    (:mod:`.meta_lead_submission_read`) and settled by one transaction, in which leads
    are made of what was read (:mod:`.meta_lead_submission_create_lead`).
    """

    _inherit = "meta.lead.submission"

    @api.model
    def _cron_fetch(self):
        """Read what webhooks named and make leads of it. Never raises."""
        try:
            self._fetch_due()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Reading Meta leads stopped; it goes on with the next run: %s",
                queue.describe(error),
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
            batch._fetch_surely()
            time_left = commit_progress(len(batch), remaining=self._count_due())
        if self._count_due():
            # A run that is merely "partially done" would sleep for up to a minute.
            self.env.ref("meta_crm_capi.ir_cron_fetch")._trigger()
            commit_progress()

    @api.model
    def _due(self):
        """SQL: rows to settle now.

        None that Meta must be asked for while its Page rests or waits for a person.
        """
        return SQL(
            """
                  FROM meta_lead_submission submission
             LEFT JOIN meta_lead_page page
                    ON page.meta_id = submission.page_meta_id
                   AND page.connection_id = submission.connection_id
                   AND page.active
                 WHERE submission.state = 'received'
                   AND submission.next_try_at <= %(now)s
                   AND (page.id IS NULL
                        OR submission.answers IS NOT NULL
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

    def _fetch_surely(self):
        """Read the claimed submissions; where an error of ours stops that, one by one.

        Those that fail alone say so, and are tried again later.
        """
        try:
            self._fetch()
        except Exception as error:
            self.env.cr.rollback()
            if queue.is_conflict(error):
                # Others are at these rows; the lease brings back what is left.
                _logger.info("A batch of Meta leads waits: %s", type(error).__name__)
                return
            if len(self) > 1:
                for submission in self:
                    submission._fetch_surely()
                return
            _logger.error(
                "Submission %s could not be settled: %s",
                self.id,
                queue.describe(error),
            )
            queue.store(self.env, self._note_failure, error)

    def _note_failure(self, error):
        """Put a claimed row back that an error of ours keeps from being settled."""
        self._lock_received()._try_later(self._put_failure_in_words(error))

    @api.model
    def _put_failure_in_words(self, error):
        return english._lt("Odoo could not make a lead of it: %(name)s") % {
            "name": type(error).__name__
        }

    def _fetch(self):
        """Read the claimed submissions from Meta and settle each by the answer."""
        readable = queue.store(self.env, self._find_pages)
        if readable:
            reading = readable._read_from_meta()
            queue.store(self.env, readable._store_reading, reading)

    def _find_pages(self):
        """Set each row's Page and park the rows that can never be asked for.

        :return: the rows that can be read
        """
        pages = {
            page.meta_id: page
            for page in self.env["meta.lead.page"].search(
                [("meta_id", "in", self.mapped("page_meta_id"))]
            )
        }
        readable = self.browse()
        for submission in self._lock_received():
            page = pages.get(submission.page_meta_id)
            if not page:
                submission._park(UNKNOWN_PAGE, "unknown_page")
            elif page.connection_id != submission.connection_id:
                submission._park(FOREIGN_PAGE, "foreign_page")
            elif not is_id(submission.meta_id):
                submission._park(
                    english._lt("Meta knows no lead with such an ID."), "not_a_lead"
                )
            else:
                submission.page_id = page
                readable += submission
        return readable

    def _lock_received(self):
        """Keep the rows that nobody else settled meanwhile.

        Waits for whoever holds them: a webhook that Meta repeats does for a moment,
        and a row passed over for that would rest until its lease ends. Webhooks take
        them in the same order, so that the two never wait in a circle.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT id
                  FROM meta_lead_submission
                 WHERE id = ANY(%s)
              ORDER BY meta_id COLLATE "C"
                   FOR NO KEY UPDATE
                """,
                self.ids,
            ),
            log_exceptions=False,
        )
        locked = self.browse(sorted(row[0] for row in self.env.cr.fetchall()))
        locked.invalidate_recordset(["state"])
        return locked.filtered(lambda row: row.state == "received")

    def _store_reading(self, reading):
        """Settle every row by Meta's answer, and make leads of those that were read.

        :param reading: a ``meta_lead_submission_read.Reading``
        """
        reading.log(self.env["meta.sync.log"])
        for page, answer in reading.troubles.items():
            page._heed(answer)
        read = []
        for submission in self._lock_received():
            result = reading.leads.get(submission)
            if result is None:
                submission._wait_for_page(reading.troubles.get(submission.page_id))
            elif submission._settle(result):
                read.append((submission, result.data))
        self._create_leads(read, reading.forms)

    def _settle(self, result):
        """Do what Meta's answer to one read means.

        :param result: ``client.Result`` of ``read_lead``
        :return: whether the lead was read
        :rtype: bool
        """
        self.ensure_one()
        answer = result.answer
        if answer.accepted:
            words = self._check_lead(result.data or {})
            if words:
                # The next answer may be whole: Meta's servers are many.
                self._try_later(words, "not_a_lead")
            return not words
        words = self._in_words(answer)
        if speaks_for_page(answer):
            self.page_id._heed(answer)
            self._wait_for_page(answer)
        elif answer.verdict == "refuse":
            self._park(words, "refused")
        else:
            self._try_later(words, "unreadable")
        return False

    def _check_lead(self, node):
        """Why a node that Meta gave cannot be this lead, or False.

        :param dict node: gets the moment of which the webhook told where it has none
        """
        if meta_lead.created_time(node) is None and self.submitted_at:
            node["created_time"] = as_unix(self.submitted_at)
        try:
            lead = meta_lead.parse(node)
        except ValueError as error:
            return english._lt("Meta's answer is not a lead: %(error)s") % {
                "error": error
            }
        if lead.meta_id != self.meta_id:
            return english._lt("Meta's answer is another lead than asked for.")
        if not meta_lead.has_answers(node):
            return english._lt("Meta's answer leaves out what the person answered.")
        return False

    @api.model
    def _in_words(self, answer):
        return "\n".join(filter(None, [answer.message, answer.meaning, answer.cure]))

    def _wait_for_page(self, answer=None):
        """Put rows back that are not to blame themselves.

        :param answer: ``protocol.answer.Answer`` about their Page; None when Meta was
            not asked at all
        """
        stops = answer and answer.verdict in ("throttle", "pause", "refuse")
        # What stops the Page says when they go on; else a while must do.
        seconds = 0 if stops else queue.back_off(1)
        self._wait(self._in_words(answer) if answer else False, seconds, refund=True)

    def _try_later(self, words, cause="internal"):
        """Read it again after a while, or park it when that went on for too long.

        Meta answers alike for a lead that cannot be read yet, one that we may not
        read and one that is gone: only time tells.
        """
        for submission in self:
            waited = self.env.cr.now() - submission.create_date
            if waited > PATIENCE and submission.tries >= MIN_TRIES:
                submission._park(words, cause)
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
