import logging
from datetime import timedelta
from functools import partial

from odoo import fields, models
from odoo.exceptions import UserError

from ..protocol import words as english
from ..protocol.answer import PAUSE, REFUSE, Answer
from ..protocol.calls import LEAD_FIELDS
from . import queue
from .meta_lead_page_catch_up_run import CatchUpRun, ListView, is_endless

_logger = logging.getLogger(__name__)

#: The list of forms is read anew after so long.
FORMS_AGE = timedelta(hours=23)
DAY = timedelta(hours=24)
#: Meta allows a Page so many calls in 24 hours for each lead of its last 90 days
#: (lead ads, rate limits); half of them are the catch-up's.
CALLS_PER_LEAD = 4800
SHARE = 0.5
#: Leads that are counted for it: with more, nobody ever reaches the limit.
MANY_LEADS = 1000
#: What the sync log says was asked.
LEADS = english._lt("Leads of the form")


class MetaLeadPage(models.Model):
    """Reading Meta's lists for the catch-up, with no transaction open meanwhile.

    A pass goes form by form and page by page. The leads of each page are committed
    together with the place where the pass stands, so that it goes on there whatever
    happens.
    """

    _inherit = "meta.lead.page"

    forms_after = fields.Char(
        "Cursor of the list of forms",
        readonly=True,
        copy=False,
        help="Meta's cursor behind which the list of forms is to be read on.",
    )
    catch_up_calls = fields.Integer(
        "Calls of the catch-up",
        readonly=True,
        copy=False,
        help="Calls of the catch-up in these 24 hours.",
    )
    catch_up_calls_from = fields.Datetime(
        "Calls of the catch-up since",
        readonly=True,
        copy=False,
        help="When those 24 hours began.",
    )

    def _catch_up(self):
        """Read the Page's forms and leads for as long as one run may take."""
        run = queue.store(self.env, self._begin_catch_up)
        if queue.store(self.env, self._are_forms_old):
            self._refresh_forms(run)
        if queue.store(self.env, lambda: self.catch_up_interval > 0):
            self._catch_up_forms(run)
        else:
            run.is_whole = run.may_go_on
        if run.has_late:
            self._mend_lost_subscription(run)
        queue.store(self.env, self._end_catch_up, run)

    def _begin_catch_up(self):
        """Begin a pass, or go on with one that was broken off.

        :rtype: CatchUpRun
        """
        if not self.is_in_pass:
            self.write({"is_in_pass": True, "catch_up_pass": self.catch_up_pass + 1})
        return self._begin_run()

    def _begin_run(self):
        """A run that may make what is left of the calls of these 24 hours.

        :rtype: CatchUpRun
        """
        now = fields.Datetime.now()
        if not self.catch_up_calls_from or self.catch_up_calls_from < now - DAY:
            self.write({"catch_up_calls": 0, "catch_up_calls_from": now})
        return CatchUpRun(self._get_call_budget() - self.catch_up_calls)

    def _get_call_budget(self):
        """Calls that the catch-up may make in 24 hours.

        A Page without any lead computes to none at Meta; what happens then is not
        documented. It is taken for one with a single lead.
        """
        since = self.env.cr.now() - timedelta(days=90)
        leads = self.env["meta.lead.submission"].search_count(
            [("page_meta_id", "=", self.meta_id), ("submitted_at", ">", since)],
            limit=MANY_LEADS,
        )
        return int(CALLS_PER_LEAD * max(leads, 1) * SHARE)

    def _count_calls(self, run):
        self.catch_up_calls += run.calls

    def _are_forms_old(self):
        """Whether a new form may be at Meta that is not here."""
        return not self.forms_read_at or (
            self.forms_read_at < fields.Datetime.now() - FORMS_AGE
        )

    def _refresh_forms(self, run):
        trouble = self._read_list(run, self._prepare_forms, self._keep_forms)
        if trouble and run.note(trouble):
            run.words = self._put_in_words(trouble)
            # That list is large; those of the leads may come all the same.
            run.is_silent = False

    def _prepare_forms(self):
        meta_id, after = self.meta_id, self.forms_after or None
        return lambda graph: graph.forms(meta_id, after)

    def _keep_forms(self, result):
        self._store_forms(result)
        self.forms_after = result.after
        if is_endless(result.answer):
            # The forms that came are here; the next reading is tomorrow's.
            self.forms_read_at = fields.Datetime.now()
        return False

    def _catch_up_forms(self, run):
        while run.may_go_on:
            form = queue.store(self.env, self._find_form_to_catch_up)
            if not form:
                run.is_whole = True
                return
            try:
                trouble = self._catch_up_form(run, form)
            except Exception as error:
                self.env.cr.rollback()
                if queue.is_conflict(error) or isinstance(error, MemoryError):
                    # No matter of this form alone.
                    raise
                # The other forms are not to wait for it.
                _logger.error(
                    "Form %s could not be caught up: %s",
                    form.id,
                    queue.describe(error),
                )
                words = self._put_failure_in_words(error)
                queue.store(self.env, form._give_up_pass, words)
                continue
            if trouble and run.note(trouble):
                words = self._put_in_words(trouble)
                is_final = trouble.verdict in (PAUSE, REFUSE)
                queue.store(self.env, form._give_up_pass, words, is_final)

    def _find_form_to_catch_up(self):
        return self.env["meta.lead.form"]._find_to_catch_up(self)

    def _catch_up_form(self, run, form):
        """Bring in what Meta lists of a form and is not here.

        :return: what stands against it; None when nothing does
        :rtype: protocol.answer.Answer or None
        """
        return self._read_leads(run, form, partial(self._keep_leads, run, form))

    def _read_leads(self, run, place, keep, asked=LEAD_FIELDS):
        """Read a form's list of leads to its end, wherever its paging leads.

        :param place: record that knows where the reading stands, by the methods
            ``_begin_pass``, ``_narrow_pass``, ``_forget_pass`` and ``_end_pass`` of
            ``meta.lead.form``
        :param keep: called with the ``ListView`` and each result, as
            :meth:`_read_list` says
        :param str asked: the fields of each lead
        :return: what stands against it; None when nothing does
        :rtype: protocol.answer.Answer or None
        """
        view = None
        while True:
            bounds = queue.store(self.env, place._begin_pass)
            if view is None:
                view = ListView(bounds.since)
            view.begin_window(bounds.until)
            trouble = self._read_list(
                run,
                partial(self._prepare_leads, place, asked),
                partial(keep, view),
                view.look_at,
            )
            if not trouble or not is_endless(trouble):
                return trouble
            if view.next_window is not None:
                queue.store(self.env, place._narrow_pass, view.next_window)
            elif view.has_seen_all:
                queue.store(self.env, place._end_pass)
                return None
            else:
                queue.store(self.env, place._forget_pass)
                return Answer(
                    trouble.verdict,
                    message=english._lt(
                        "Meta's list of leads repeats itself without an end: some"
                        " leads may be missing."
                    ),
                )

    def _prepare_leads(self, place, asked):
        bounds = place._begin_pass()
        return lambda graph: graph.leads(*bounds, fields=asked)

    def _keep_leads(self, run, form, view, result):
        """Store one page of a form's leads together with how far the pass has come.

        :return: whether the rest need not be read
        :rtype: bool
        """
        answer = result.answer
        log = self.env["meta.sync.log"]
        if not answer.accepted:
            if not is_endless(answer):
                log._add_for_page("lead", self, result, form=form, asked=LEADS)
            if answer.code == 100:
                # Among other things, a cursor that Meta does not know any more.
                form._forget_pass()
            return False
        rows = self.env["meta.lead.submission"]
        new = rows._store_caught_up(self, form, view.nodes)
        if new:
            log._add_for_page("lead", self, result, len(new), form=form, asked=LEADS)
            self.env.ref("meta_crm_capi.ir_cron_fetch")._trigger()
            run.has_late = run.has_late or any(new.mapped("came_late"))
        form._note_page(result, view.times)
        if result.has_next and not view.is_past:
            return False
        form._end_pass()
        return True

    def _read_list(self, run, prepare, keep, see=None):
        """Read one list of Meta's, and keep it page by page.

        A dead Page token is derived anew once; the list is then read on from where its
        keeper stands.

        :param CatchUpRun run: told of each call
        :param prepare: called in a transaction of its own; returns what gives the
            results when called with a ``GraphClient``
        :param keep: called with each result in a transaction of its own; returns
            whether that was enough; again where it meets another transaction
        :param see: called once with each accepted result, before it is kept
        :return: the first answer that was not accepted; None when there was none
        :rtype: protocol.answer.Answer or None
        """
        for is_last in (False, True):
            try:
                trouble, graph = self._open_client(run, renew=is_last)
            except UserError as error:
                trouble = Answer(PAUSE, message=str(error))
            if trouble:
                self.env["ir.cron"]._commit_progress()
                return trouble
            ask = queue.store(self.env, prepare)
            with graph:
                for result in ask(graph):
                    run.count(result)
                    is_dead = result.answer.code == 190 and not is_last
                    if is_dead and queue.store(self.env, self._has_parent_token):
                        break
                    if see and result.answer.accepted:
                        see(result)
                    is_enough = queue.store(self.env, keep, result)
                    if not result.answer.accepted:
                        return result.answer
                    if is_enough or not run.may_go_on:
                        return None
                else:
                    return None
        return None

    def _open_client(self, run, renew):
        """A client with the Page's token.

        :param bool renew: derive the token although there is one
        :return: what stands against it, and the client
        """
        if renew or not self._get_secret("access_token"):
            run.calls += 1
            trouble = self._derive_token_apart()
            if trouble:
                return trouble, None
        return None, self._get_client()

    def _has_parent_token(self):
        return self.connection_id.has_access_token
