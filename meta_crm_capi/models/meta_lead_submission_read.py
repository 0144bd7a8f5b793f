import json
import time
from concurrent.futures import ThreadPoolExecutor

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import split_every

from ..protocol import address
from ..protocol import lead as meta_lead
from ..protocol.answer import ACCEPTED, PAUSE, Answer
from ..protocol.reply import Reply, Result

#: Requests side by side; each lead is one request.
PARALLEL_READS = 4
#: No further request begins so long after the batch began (seconds). With the last
#: request's own time this stays below Odoo's limit for a cron of 120 s.
RUN = 45


class Reading:
    """What Meta answered while a batch was read.

    ``leads`` holds a ``client.Result`` for each submission that was asked for; one that
    is missing was not, because an earlier answer spoke for it too. ``troubles`` holds
    an ``answer.Answer`` for each Page that cannot be read at all. ``forms`` holds, by
    form id, the Page and the ``client.Result`` of each form that was not known.
    ``stored`` are the submissions whose answers were here before.
    """

    def __init__(self):
        self.leads = {}
        self.stored = frozenset()
        self.troubles = {}
        self.forms = {}
        #: Whether Meta did not answer at all: it is not asked again in this batch.
        self.is_silent = False
        self._began = time.monotonic()

    @property
    def is_over(self):
        return self.is_silent or time.monotonic() > self._began + RUN

    def was_read(self, submission):
        result = self.leads.get(submission)
        return bool(result and result.answer.accepted)

    def log(self, log):
        """One line for the like answers of a Page, and one for each form.

        :param log: the ``meta.sync.log`` model
        """
        alike = {}
        for submission, result in self.leads.items():
            if submission in self.stored:
                continue
            answer = result.answer
            said = (answer.verdict, answer.code, answer.subcode, answer.message)
            key = submission.page_id, submission.form_id, *said
            alike.setdefault(key, []).append(result)
        for (page, form, *_said), results in alike.items():
            log._add_for_page("lead", page, results[0], len(results), form=form)
        for meta_id, (page, result) in self.forms.items():
            log._add_for_page("form", page, result, asked=f"Form {meta_id}")


def is_id(text):
    """Whether Meta can be asked for something with this id."""
    try:
        address.checked_id(text)
    except ValueError:
        return False
    return True


def speaks_for_page(answer):
    """Whether an answer to one lead's read holds for every lead of its Page.

    An id that Meta does not know, or does not show us, is that lead's own matter.
    """
    if answer.verdict == "throttle":
        return True
    return answer.verdict == "pause" and not (
        answer.code == 803
        or (answer.code, answer.subcode) == (100, 33)
        or (answer.code == 100 and "cannot be loaded due to" in answer.message)
    )


class MetaLeadSubmission(models.Model):
    """Asking Meta: all of the way in that talks HTTP, with no transaction open."""

    _inherit = "meta.lead.submission"

    def _read_from_meta(self):
        """Ask Meta for these leads, and for their forms where we know none.

        :rtype: Reading
        """
        reading = Reading()
        reading.leads.update(self._read_stored())
        reading.stored = frozenset(reading.leads)
        wanted = self - self.browse(row.id for row in reading.stored)
        wanted._read_leads(reading)
        # A derived Page token dies with the token it came from; derive it once more.
        dead = self.browse(
            row.id for row, result in reading.leads.items() if result.answer.code == 190
        ).page_id.filtered(lambda page: page.connection_id.has_access_token)
        again = wanted.filtered(
            lambda row: row.page_id in dead and not reading.was_read(row)
        )
        if again:
            for row in again:
                reading.leads.pop(row, None)
            again._read_leads(reading, renew=True)
        self._read_forms(reading)
        return reading

    def _read_stored(self):
        """What Meta gave before, as if it were given now: ``{submission: Result}``."""
        self.fetch(["answers"])
        return {
            row: Result(Reply(200), Answer(ACCEPTED), json.loads(row.answers))
            for row in self
            if row.answers
        }

    def _read_leads(self, reading, renew=False):
        """Read each lead, with the token of its Page.

        :param Reading reading: gets the answers
        :param bool renew: derive the Pages' tokens although there are some
        """
        jobs = []
        for page, submissions in self.grouped("page_id").items():
            if reading.is_over:
                break
            try:
                trouble = None
                if renew or not page._get_secret("access_token"):
                    trouble = page._derive_token_apart()
                if not trouble:
                    share = -(-len(submissions) // PARALLEL_READS)
                    jobs += [
                        (page._get_client(), {row.id: row.meta_id for row in rows})
                        for rows in split_every(share, submissions)
                    ]
            except UserError as error:
                trouble = Answer(PAUSE, message=str(error))
            if trouble:
                reading.troubles[page] = trouble
                reading.is_silent = not trouble.outcome_known
        # No transaction stays open while Meta answers.
        self.env["ir.cron"]._commit_progress()
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            results = {
                row_id: result
                for part in pool.map(lambda job: _read_share(*job, reading), jobs)
                for row_id, result in part.items()
            }
        # Rows of one recordset are fetched together, not each by a query of its own.
        for row in self:
            if row.id in results:
                reading.leads[row] = results[row.id]

    def _read_forms(self, reading):
        """Read the forms of the leads that came, where no question of theirs is known.

        :param Reading reading: gets the answers
        """
        wanted = {
            row._get_form_meta_id(result.data): row.page_id
            for row, result in reading.leads.items()
            if result.answer.accepted and result.data
        }
        known = self.env["meta.lead.form"]._find(list(wanted)).filtered("question_ids")
        for form in known:
            wanted.pop(form.meta_id)
        jobs = []
        for meta_id, page in wanted.items():
            if is_id(meta_id) and page._may_be_asked():
                try:
                    jobs.append((meta_id, page, page._get_client()))
                except UserError:
                    # The lead came by a file: there may be no token at all.
                    continue
        # No transaction stays open while Meta answers.
        self.env["ir.cron"]._commit_progress()
        for meta_id, page, graph in jobs:
            if reading.is_over:
                # The leads need not wait: what is not known goes to their notes.
                break
            with graph:
                result = graph.read_form(meta_id)
            reading.forms[meta_id] = (page, result)
            reading.is_silent = result.reply.status is None

    def _get_form_meta_id(self, node):
        """The form of a lead node; its notification names it too."""
        return meta_lead.form_id(node) or self.form_meta_id or ""


def _read_share(graph, meta_ids, reading):
    """Read some leads over one connection; needs no cursor, runs in a thread.

    Ends at the first answer that the next ones would get too: a dead token is not
    tried fifty times, and a server that does not answer is not waited for as often.

    :param GraphClient graph: closed in the end
    :param dict meta_ids: ``{row id: Meta lead id}``
    :param Reading reading: told when Meta does not answer at all
    :return: ``{row id: client.Result}``
    """
    results = {}
    with graph:
        for row_id, meta_id in meta_ids.items():
            if reading.is_over:
                break
            results[row_id] = result = graph.read_lead(meta_id)
            if result.reply.status is None:
                reading.is_silent = True
            if speaks_for_page(result.answer):
                break
    return results
