import logging

from odoo import api, models
from odoo.tools import SQL

from ..protocol import lead as meta_lead
from ..protocol import words as english
from ..protocol.answer import RETRY, THROTTLE
from ..protocol.calls import LISTED_FIELDS
from . import queue
from .meta_lead_page_catch_up import LEASE
from .meta_lead_page_catch_up_run import is_endless

_logger = logging.getLogger(__name__)

#: Tries in a row after which a count fails.
MAX_TRIES = 4
#: Waiting time where a limit of Meta's is nearly reached (seconds).
BUSY_REST = 900
#: What the sync log says was asked.
ASKED = english._lt("Which leads of the form there are")

# Why a count waits or failed; shown in the reader's language.
TO_RECONNECT = english._lt("The Page “%(name)s” is to be reconnected first.")
RESTS = english._lt("Meta asked for a rest of this Page's calls.")
NEARLY_SPENT = english._lt(
    "A call limit of Meta's is nearly reached: what is left of it is kept for new "
    "leads. Counting goes on by itself."
)
OWN_FAILURE = english._lt("Odoo itself failed: %(error)s. The server log says where.")


class MetaLeadCount(models.Model):
    """Asking Meta, by a scheduled action and with no transaction open meanwhile."""

    _inherit = "meta.lead.count"

    @api.model
    def _cron_count(self):
        """Go on with every count that is due. Never raises."""
        try:
            self._count_due()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "Counting stopped; it goes on with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _count_due(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        time_left = commit_progress(remaining=self._count_left())
        while time_left > 0:
            count = queue.store(self.env, self._claim)
            if not count:
                break
            try:
                count._ask_meta()
            except Exception as error:
                self.env.cr.rollback()
                if not count.exists():
                    # Asked for anew meanwhile.
                    continue
                # Its lease keeps it from being tried again and again.
                _logger.error(
                    "Count %s could not be made: %s", count.id, queue.describe(error)
                )
                queue.store(self.env, count._note_failure, error)
            time_left = commit_progress(1, remaining=self._count_left())
        if self._count_left():
            self.env.ref("meta_crm_capi.ir_cron_count")._trigger()
            commit_progress()

    @api.model
    def _is_due(self):
        return SQL(
            "state = 'counting' AND (next_try_at IS NULL OR next_try_at <= %s)",
            queue.db_now(),
        )

    @api.model
    def _count_left(self):
        self.flush_model()
        return self.env.execute_query(
            SQL("SELECT COUNT(*) FROM meta_lead_count WHERE %s", self._is_due())
        )[0][0]

    @api.model
    def _claim(self):
        """Take the count that waits longest, for as long as its lease."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE meta_lead_count SET next_try_at = %s
                 WHERE id = (
                    SELECT id FROM meta_lead_count WHERE %s
                  ORDER BY next_try_at NULLS FIRST, id
                     LIMIT 1
                       FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id
                """,
                queue.in_seconds(LEASE),
                self._is_due(),
            )
        )
        count = self.browse(rows[0] if rows else ())
        count.invalidate_recordset()
        return count

    def _ask_meta(self):
        page = self.form_id.page_id
        run = queue.store(self.env, self._begin_run)
        if not run:
            return
        trouble = None
        if not run.is_spent:
            trouble = page._read_leads(run, self, self._keep, LISTED_FIELDS)
        queue.store(self.env, self._end_run, run, trouble)

    def _begin_run(self):
        """A run, or None where the Page cannot be asked now.

        :rtype: CatchUpRun or None
        """
        page = self.form_id.page_id
        if page.state != "connected" or not page.active:
            words = TO_RECONNECT % {"name": page.name}
            self._fail(f"{words}\n{page.trouble or ''}".strip())
            return None
        if page.resume_at and page.resume_at > self.env.cr.now():
            self.write(
                {
                    "reason": RESTS,
                    "next_try_at": page.resume_at,
                }
            )
            return None
        return page._begin_run()

    def _keep(self, view, result):
        """Keep one page of the list together with how far the reading has come.

        :param ListView view: what the list shows so far
        :param result: ``client.Result``
        :return: whether the rest need not be read
        :rtype: bool
        """
        answer = result.answer
        if not answer.accepted:
            if not is_endless(answer):
                self._log(result)
            if answer.code == 100:
                # Among other things, a cursor that Meta does not know any more.
                self._forget_pass()
            return False
        listed = {}
        for node in view.nodes:
            if meta_id := meta_lead.lead_id(node):
                listed[meta_id] = meta_lead.created_time(node)
        self._list(listed)
        self.write({"after": result.after, "reason": False, "tries": 0})
        if result.has_next and not view.is_past:
            return False
        self._log(result)
        self._end_pass()
        return True

    def _log(self, result):
        self.env["meta.sync.log"]._add_for_page(
            "lead",
            self.form_id.page_id,
            result,
            self.listed_count,
            form=self.form_id,
            asked=ASKED,
        )

    def _end_run(self, run, trouble):
        """Say what came of a run, and when the next one is due.

        :param run: ``meta_lead_page_catch_up_run.CatchUpRun``
        :param trouble: ``protocol.answer.Answer`` that stopped the reading, or None
        """
        page = self.form_id.page_id
        page._count_calls(run)
        if self.state != "counting":
            return
        words = trouble and self.env["meta.lead.submission"]._in_words(trouble)
        if trouble and trouble.verdict == THROTTLE:
            page._heed(trouble)
            self.write({"reason": words, "next_try_at": page.resume_at})
        elif trouble and trouble.verdict == RETRY and self.tries + 1 < MAX_TRIES:
            self.write({"reason": words, "tries": self.tries + 1})
            self._wait(queue.back_off(self.tries))
        elif trouble:
            self._fail(words)
        elif run.is_busy or run.is_spent:
            self.reason = NEARLY_SPENT
            self._wait(BUSY_REST)
        else:
            self._wait(0)

    def _wait(self, seconds):
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE meta_lead_count SET next_try_at = %s WHERE id = %s "
                "RETURNING id",
                queue.in_seconds(seconds),
                self.id,
            )
        )
        self.invalidate_recordset(["next_try_at"])

    def _fail(self, words):
        self.write({"state": "failed", "reason": words, "next_try_at": False})

    def _note_failure(self, error):
        """Say that a run ended by an error of our own."""
        self._fail(OWN_FAILURE % {"error": type(error).__name__})
