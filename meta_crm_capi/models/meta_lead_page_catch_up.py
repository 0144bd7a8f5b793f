import logging
import random
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..protocol import words as english
from ..protocol.answer import PAUSE, REFUSE, THROTTLE
from . import queue
from .words import Words

_logger = logging.getLogger(__name__)

#: Longer than one run of a Page can take (seconds).
LEASE = 300
#: Waiting time after Meta gave no answer at all (seconds).
SILENCE_REST = 300
#: A Page that could not be caught up for so long needs a person.
STALE = timedelta(hours=24)
#: Shortest interval (minutes): below, webhooks are the road.
MIN_INTERVAL = 5

#: Cause of the alarm that the catch-up of a Page does not work.
CATCH_UP = "catch_up"


class MetaLeadPage(models.Model):
    """The second road: what Meta lists is compared with what the webhooks brought.

    When each Page is caught up, and what came of it. The reading itself is
    :mod:`.meta_lead_page_catch_up_read`.
    """

    _inherit = "meta.lead.page"

    catch_up_interval = fields.Integer(
        "Catch up every",
        default=60,
        help="Minutes between two looks at Meta's lists for leads that no webhook "
        "announced. 0 switches it off.",
    )
    catch_up_from = fields.Datetime(
        "Catch up from",
        default=lambda self: fields.Datetime.now(),
        copy=False,
        help="Leads submitted earlier are left at Meta, unless older ones of the same "
        "form are here already. Meta keeps leads for 90 days.",
    )
    next_catch_up_at = fields.Datetime(
        "Next catch-up",
        readonly=True,
        copy=False,
        default=lambda self: fields.Datetime.now(),
        help="When Odoo compares its leads with Meta's next.",
    )
    caught_up_at = fields.Datetime(
        "Last catch-up",
        readonly=True,
        copy=False,
        help="When all forms of this Page were last compared with Meta's lists.",
    )
    catch_up_trouble = Words(
        readonly=True,
        copy=False,
        help="Why the last catch-up was not whole, in Meta's words.",
    )
    catch_up_pass = fields.Integer(
        readonly=True, copy=False, default=0, help="Number of the last pass."
    )
    is_in_pass = fields.Boolean(
        "Catch-up under way",
        readonly=True,
        copy=False,
        help="The last pass is not through yet.",
    )

    @api.constrains("catch_up_interval")
    def _check_catch_up_interval(self):
        for page in self:
            if page.catch_up_interval and page.catch_up_interval < MIN_INTERVAL:
                raise ValidationError(
                    self.env._(
                        "Catch up every %s minutes or less often; 0 switches it off.",
                        MIN_INTERVAL,
                    )
                )

    def write(self, vals):
        if vals.get("catch_up_from"):
            start = fields.Datetime.to_datetime(vals["catch_up_from"])
            earlier = self.filtered(
                lambda page: not page.catch_up_from or page.catch_up_from > start
            )
            earlier.with_context(active_test=False).form_ids.sudo()._read_from_start()
        if "catch_up_interval" in vals:
            vals = {"next_catch_up_at": fields.Datetime.now(), **vals}
        return super().write(vals)

    def action_catch_up(self):
        """Compare with Meta's lists now; the scheduled action does it."""
        self.check_access("write")
        pages = self.sudo()
        now = fields.Datetime.now()
        pages.next_catch_up_at = now
        self.env.ref("meta_crm_capi.ir_cron_catch_up").sudo()._trigger()
        notify = self.env["meta.connection"]._notify
        if pages.filtered(lambda page: page.resume_at and page.resume_at > now):
            return notify(
                self.env._(
                    "Meta asked to slow down: the catch-up begins after the rest."
                ),
                "warning",
            )
        return notify(
            self.env._("Odoo compares with Meta's lists now; it takes a moment."),
            "success",
        )

    @api.model
    def _cron_catch_up(self):
        """Catch up the Pages that are due. Never raises."""
        try:
            self._catch_up_due()
        except Exception as error:
            self.env.cr.rollback()
            _logger.error(
                "The catch-up stopped; it goes on with the next run: %s",
                queue.describe(error),
            )

    @api.model
    def _catch_up_due(self):
        commit_progress = self.env["ir.cron"]._commit_progress
        time_left = commit_progress(remaining=self._count_catch_up_due())
        while time_left > 0:
            page = queue.store(self.env, self._claim_catch_up)
            if not page:
                break
            try:
                page._catch_up()
            except Exception as error:
                self.env.cr.rollback()
                # Its lease keeps it from being tried again and again.
                _logger.error(
                    "Page %s could not be caught up: %s",
                    page.id,
                    queue.describe(error),
                )
                queue.store(self.env, page._note_failure, error)
            time_left = commit_progress(1, remaining=self._count_catch_up_due())
        if self._count_catch_up_due():
            self.env.ref("meta_crm_capi.ir_cron_catch_up")._trigger()
            commit_progress()

    @api.model
    def _is_due_for_catch_up(self):
        """SQL: Pages that are due, none that rests."""
        return SQL(
            """
            active
            AND (next_catch_up_at IS NULL OR next_catch_up_at <= %(now)s)
            AND (resume_at IS NULL OR resume_at <= %(now)s)
            """,
            now=queue.db_now(),
        )

    @api.model
    def _count_catch_up_due(self):
        self.flush_model()
        condition = self._is_due_for_catch_up()
        return self.env.execute_query(
            SQL("SELECT COUNT(*) FROM meta_lead_page WHERE %s", condition)
        )[0][0]

    @api.model
    def _claim_catch_up(self):
        """Take the Page that is longest due, for as long as its lease."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE meta_lead_page
                   SET next_catch_up_at = %s
                 WHERE id = (
                    SELECT id FROM meta_lead_page WHERE %s
                  ORDER BY next_catch_up_at NULLS FIRST, id
                     LIMIT 1
                       FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id
                """,
                queue.in_seconds(LEASE),
                self._is_due_for_catch_up(),
            )
        )
        page = self.browse(rows[0] if rows else ())
        page.invalidate_recordset()
        return page

    def _end_catch_up(self, run):
        """Note what came of a run, and when the next one is due.

        :param run: ``meta_lead_page_catch_up_run.CatchUpRun``
        """
        self._judge_catch_up(run)
        self._judge_late_leads(run)
        self._count_calls(run)
        interval = (self.catch_up_interval or 24 * 60) * 60
        wait = interval * random.uniform(0.95, 1.05)  # noqa: S311 - spreads load
        if run.answer and run.answer.verdict == THROTTLE:
            self._heed(run.answer)
            # Due again with the end of the rest.
            wait = 0
        elif run.is_silent:
            wait = min(SILENCE_REST, wait)
        elif run.is_over and not run.is_whole:
            wait = 0
        else:
            self.is_in_pass = False
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                "UPDATE meta_lead_page SET next_catch_up_at = %s WHERE id = %s "
                "RETURNING id",
                queue.in_seconds(wait),
                self.id,
            )
        )
        self.invalidate_recordset(["next_catch_up_at"])

    def _judge_catch_up(self, run):
        """Say so where the catch-up does not work, and take it back where it does."""
        words = self._describe_trouble(run)
        if run.is_whole and not words:
            self.write(
                {"caught_up_at": fields.Datetime.now(), "catch_up_trouble": False}
            )
            self._clear_alarms(CATCH_UP)
        elif words:
            needs_person = run.answer and run.answer.verdict in (PAUSE, REFUSE)
            self._note_trouble(words, needs_person)

    def _note_failure(self, error):
        """Say that a run ended by an error of our own."""
        self._note_trouble(self._put_failure_in_words(error))

    @api.model
    def _put_failure_in_words(self, error):
        return english._lt(
            "Odoo itself failed: %(name)s. It tries again by itself; the server"
            " log says where it failed."
        ) % {"name": type(error).__name__}

    def _note_trouble(self, words, needs_person=False):
        self.catch_up_trouble = words
        if needs_person or self._is_behind():
            page = self._for_reader()
            page._alarm(
                CATCH_UP,
                page.env._("The catch-up of this Page's leads does not work"),
                words,
            )

    def _is_behind(self):
        """Whether no catch-up was through for so long that a person must know."""
        since = self.caught_up_at or self.create_date
        patience = max(STALE, timedelta(minutes=2 * self.catch_up_interval))
        return since < fields.Datetime.now() - patience

    def _describe_trouble(self, run):
        """What keeps the Page from being caught up, in words; empty for nothing."""
        if run.answer:
            return self._put_in_words(run.answer)
        if run.words:
            return run.words
        if run.is_spent:
            return english._lt(
                "The catch-up has used its share of the calls that Meta allows this"
                " Page in a day. It goes on by itself; a longer interval needs fewer"
                " calls."
            )
        if run.is_busy:
            return english._lt(
                "A call limit of Meta's is nearly reached: what is left of it is kept"
                " for new leads. The catch-up goes on by itself."
            )
        forms = self.env["meta.lead.form"].with_context(active_test=False)
        troubled = forms.search(
            [
                ("page_id", "=", self.id),
                ("catch_up_trouble", "!=", False),
                ("catch_up_pass", "=", self.catch_up_pass),
            ]
        )
        words = [f"{form.name}: {form.catch_up_trouble}" for form in troubled]
        if words:
            words.append(english._lt("Archive a form here that is gone at Meta."))
        return "\n".join(words)

    @api.model
    def _put_in_words(self, answer):
        return "\n".join(filter(None, [answer.message, answer.meaning, answer.cure]))
