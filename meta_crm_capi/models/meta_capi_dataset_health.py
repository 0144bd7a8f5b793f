import logging

from odoo import models
from odoo.tools import SQL, plaintext2html

from . import queue

_logger = logging.getLogger(__name__)

#: Rest of a dataset when Meta asks to slow down without saying for how long (seconds).
DEFAULT_REST = 300
#: Meta's subcode for an event time in the future.
CLOCK_AHEAD = 2804004


class MetaCapiDataset(models.Model):
    """What Meta's answers, and people, mean for whether a dataset is called."""

    _inherit = "meta.capi.dataset"

    def _resume(self, states=("paused",)):
        """Let the datasets in one of these states send again."""
        datasets = self.filtered(lambda dataset: dataset.state in states)
        datasets.write({"state": "active", "resume_at": False, "trouble": False})
        datasets.activity_unlink(["mail.mail_activity_data_warning"])

    def _heed(self, answer):
        """Do what one answer of Meta's means for the dataset itself.

        :param answer: ``protocol.answer.Answer``
        """
        self.ensure_one()
        is_probing = self.state == "paused" and self.resume_at
        if self.state not in ("active", "resting") and not is_probing:
            return
        words = self.env["meta.sync.log"]._in_words(
            [answer.message, answer.meaning, answer.cure]
        )
        if answer.verdict == "throttle":
            self._rest(answer.resume_after or DEFAULT_REST, words)
        elif answer.verdict == "pause":
            self._pause(words, answer.resume_after)
        elif answer.subcode == CLOCK_AHEAD:
            self._warn(self.env._("This server's clock is ahead of Meta's"), words)
        elif answer.verdict == "accepted" and self.state != "active":
            self._resume(("resting", "paused"))

    def _pause(self, words, seconds=None):
        """Stop sending until a person mends it; one activity says so.

        :param seconds: ask Meta once more after that long all the same
        """
        self.write({"state": "paused", "trouble": words})
        self._set_resume_at(seconds)
        for dataset in self:
            dataset._warn(self.env._("Meta refuses our events"), words)

    def _rest(self, seconds, words):
        """Make no call to this dataset for that long."""
        self.write({"state": "resting", "trouble": words})
        self._set_resume_at(seconds)

    def _set_resume_at(self, seconds):
        """Set when to call again, by PostgreSQL's clock; never without seconds."""
        self.flush_recordset()
        moment = queue.in_seconds(seconds) if seconds else SQL("NULL")
        self.env.execute_query(
            SQL(
                "UPDATE meta_capi_dataset SET resume_at = %s WHERE id = ANY(%s) "
                "RETURNING id",
                moment,
                self.ids,
            )
        )
        self.invalidate_recordset(["resume_at"])

    def _warn(self, summary, words):
        """One activity for the responsible person, however often it happens."""
        self.ensure_one()
        note = plaintext2html(words or "")
        try:
            with self.env.cr.savepoint():
                known = self.activity_ids.filtered(lambda row: row.summary == summary)
                if known:
                    known.note = note
                    return
                self.activity_schedule(
                    "mail.mail_activity_data_warning",
                    summary=summary,
                    note=note,
                    user_id=(self.owner_id or self.env.ref("base.user_admin")).id,
                )
        except Exception as error:
            # The dataset must be paused all the same: it says so itself.
            if queue.is_conflict(error):
                raise
            _logger.exception("No activity could be made for dataset %s", self.id)
