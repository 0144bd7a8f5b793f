import logging
import traceback

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..protocol import words as english
from ..protocol.export import ExportError
from . import queue
from .meta_lead_form_catch_up import as_moment
from .meta_lead_import import NO_LEADS, PHASES
from .meta_lead_import_source import Stop
from .meta_lead_submission_fetch import BATCH, LEASE

_logger = logging.getLogger(__name__)

#: Tries in a row at which an import stops and asks a person.
MAX_TRIES = 10


class MetaLeadImport(models.Model):
    """The work of an import: chunk by chunk, by a scheduled action that wakes itself.

    A chunk is stored by one transaction: its lines or submissions, and how far the
    source was read. New submissions are stored with a lease and made into leads here;
    where this process dies in between, the reader of the inbox does it once the lease
    has ended. So live leads never wait behind imported ones, and nothing is lost.
    """

    _inherit = "meta.lead.import"

    @api.model
    def _cron_import(self):
        """Go on with every import that is under way. Never raises."""
        try:
            self._run_due()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "The import stopped; it goes on with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _run_due(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        time_left = commit_progress(remaining=1)
        seen = self.browse()
        while time_left > 0:
            # The one that waited longest: a long import does not hold the others.
            run = self.search(
                [*self._due_domain(), ("id", "not in", seen.ids)],
                order="write_date, id",
                limit=1,
            )
            if not run:
                break
            seen += run
            time_left = run._work()
        is_waiting = bool(self.search_count(self._due_domain(), limit=1))
        if is_waiting:
            # A run that is merely "partially done" would sleep for up to a minute.
            self.env.ref("meta_crm_capi.ir_cron_import")._trigger()
        commit_progress(remaining=int(is_waiting))

    @api.model
    def _due_domain(self):
        return [
            ("state", "in", PHASES),
            "|",
            ("next_try_at", "=", False),
            ("next_try_at", "<=", fields.Datetime.now()),
            # One that cannot go on without its Page has said so, and waits for it.
            *("|", "|", ("source", "=", "file"), ("reason", "=", False)),
            ("page_id.state", "=", "connected"),
        ]

    def _work(self):
        """Go on with this import until it ends, waits, or the time is over.

        :return: seconds left for others
        :rtype: float
        """
        self.ensure_one()
        commit_progress = self.env["ir.cron"]._commit_progress
        time_left = commit_progress()
        chunks = self._read_chunks()
        try:
            for chunk in chunks:
                rows = queue.store(self.env, self._store_chunk, chunk)
                if rows is None:
                    return commit_progress()
                for ids in split_every(BATCH, rows.ids):
                    rows.browse(ids)._fetch()
                time_left = commit_progress(chunk.size or 1, remaining=1)
                if time_left <= 0:
                    return time_left
            queue.store(self.env, self._finish_pass)
        except Stop as stop:
            queue.store(self.env, self._stop_for, stop.answer)
        except (ExportError, UserError) as error:
            self.env.cr.rollback()
            queue.store(self.env, self._fail_if_at_work, str(error))
        except Exception as error:
            self.env.cr.rollback()
            if queue.is_conflict(error):
                return commit_progress()
            # Not the error's own words: they may quote what a person wrote.
            _logger.error(
                "Import %s stopped: %s\n%s",
                self.id,
                type(error).__name__,
                "".join(traceback.format_tb(error.__traceback__)),
            )
            words = english._lt(
                "Odoo failed at it (%(name)s). The server log says where. Resume it"
                " once that is mended: it goes on where it was."
            ) % {"name": type(error).__name__}
            queue.store(self.env, self._fail_if_at_work, words)
        finally:
            chunks.close()
        return commit_progress()

    def _is_at_work(self, phase=None):
        """Lock the import; whether nobody paused, cancelled or is working on it."""
        locked = self.try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset()
        return bool(locked) and locked.state in ([phase] if phase else PHASES)

    def _store_chunk(self, chunk):
        """Store one chunk and how far the source was read, together.

        :param chunk: a ``meta_lead_import_source.Chunk``
        :return: the submissions to make leads of; None when the import is not to go on
        :rtype: meta.lead.submission or None
        """
        if not self._is_at_work(chunk.phase):
            return None
        rows = self.env["meta.lead.submission"]
        self.env["meta.lead.import.line"]._list(self, chunk)
        if chunk.phase == "running" and chunk.nodes:
            rows._complete_typed(self, chunk.nodes)
            extra = {"import_id": self.id, "is_unassigned": self.is_unassigned}
            healed = rows._heal_parked(self.page_id, chunk.nodes)
            healed.write(extra)
            rows = rows._store_found(self.page_id, chunk.nodes, "import", extra)
            rows += healed
            rows._lease()
        values = {"position": chunk.position or self.position + chunk.size}
        if chunk.size:
            # A page that brings nothing new is no progress.
            values["tries"] = 0
        if chunk.phase == "counting":
            values["found_count"] = values["position"]
        self.write({**values, "reason": False, "next_try_at": False})
        if chunk.part:
            chunk.part.write(
                {
                    "until": as_moment(chunk.until),
                    "after": chunk.after,
                    "is_restarted": chunk.is_restarted,
                    "is_done": chunk.is_last,
                    "trouble": chunk.trouble,
                }
            )
        return rows

    def _finish_pass(self):
        if not self._is_at_work():
            return
        unread = self.part_ids.filtered("trouble")
        words = unread._put_in_words()
        if unread and unread == self.part_ids:
            self._fail(words)
            return
        if self.phase == "running":
            self._end("done", words)
            return
        lines = self.env["meta.lead.import.line"]
        of_run = [("import_id", "=", self.id)]
        is_lead = [*of_run, ("kind", "not in", NO_LEADS)]
        bad = lines.search(of_run, order="line_number, id", limit=3)
        if bad and not lines.search_count(is_lead, limit=1):
            # Nothing in it can be imported: most likely the wrong file or Page.
            self._fail("\n".join(bad.mapped("reason")))
        else:
            values = {"state": "ready", "reason": words or False, "next_try_at": False}
            if self.source == "meta":
                # Meta's list may have brought a lead more than once.
                values["found_count"] = lines.search_count(of_run)
            self.write(values)

    def _stop_for(self, answer):
        """Wait or stop, by what Meta answered.

        :param answer: ``protocol.answer.Answer``
        """
        if not self._is_at_work():
            return
        words = self.env["meta.lead.submission"]._in_words(answer)
        if answer.verdict in ("throttle", "pause"):
            self.page_id._heed(answer)
        if answer.verdict == "throttle":
            self.write({"reason": words, "next_try_at": self.page_id.resume_at})
        elif answer.verdict == "pause":
            # The Page, or its connection, tells who is to mend it: one cause, one
            # activity. It goes on by itself then.
            self.write({"reason": words, "next_try_at": False})
        elif answer.verdict == "retry" and self.tries + 1 < MAX_TRIES:
            reason = self.part_ids.filtered("trouble")._put_in_words() or words
            self.write({"reason": reason, "tries": self.tries + 1})
            self._wait(queue.back_off(self.tries))
        elif answer.verdict == "retry":
            self._give_up(words)
        else:
            self._fail(words)

    def _give_up(self, words):
        """Try no longer what failed so often; where only some forms did, go on.

        :param str words: Meta's last ones
        """
        failing = self.part_ids.filtered(lambda part: part.trouble and not part.is_done)
        if not failing:
            self._fail(words)
            return
        failing.is_done = True
        self.write({"tries": 0, "reason": False, "next_try_at": False})
        if all(self.part_ids.mapped("is_done")):
            self._finish_pass()

    def _wait(self, seconds):
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE meta_lead_import SET next_try_at = %s WHERE id = %s "
                "RETURNING id",
                queue.in_seconds(seconds),
                self.id,
            )
        )
        self.invalidate_recordset(["next_try_at"])

    def _fail_if_at_work(self, words):
        if self._is_at_work():
            self._fail(words)


class MetaLeadSubmission(models.Model):
    _inherit = "meta.lead.submission"

    def _lease(self):
        """Take these new rows before anybody else does, for as long as a claim."""
        if self:
            self.env.execute_query(
                SQL(
                    """
                    UPDATE meta_lead_submission
                       SET next_try_at = %s, tries = tries + 1
                     WHERE id = ANY(%s)
                 RETURNING id
                    """,
                    queue.in_seconds(LEASE),
                    self.ids,
                )
            )
            self.invalidate_recordset(["next_try_at", "tries"])
