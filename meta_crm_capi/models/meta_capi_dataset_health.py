import hashlib

from odoo import fields, models
from odoo.tools import SQL

from ..protocol import batch as capi_batch
from ..protocol import words as english
from . import queue

#: Rests of a dataset when Meta asks to slow down without saying for how long: the
#: first one, doubled by each further one, and the longest (seconds).
FIRST_REST = 60
LONGEST_REST = 900
#: From this share of a limit on (percent) we slow down before Meta asks for it, up to
#: this long between two requests (seconds).
SLOW_FROM = 80
SLOWEST = 60
#: A batch is made no smaller than this by answers that name no event.
SMALLEST_BATCH = 50
LARGEST_BATCH = capi_batch.MAX_EVENTS
#: Meta's subcode for an event time in the future.
CLOCK_AHEAD = 2804004

#: Causes of alarms.
PAUSED = "paused"
CLOCK = "clock"
FAULT = "fault"
REFUSED = "refused"


class MetaCapiDataset(models.Model):
    """What Meta's answers, and people, mean for whether and how a dataset is called."""

    _inherit = "meta.capi.dataset"

    batch_size = fields.Integer(
        "Events in a request",
        default=LARGEST_BATCH,
        required=True,
        readonly=True,
        copy=False,
        help="Shrinks when Meta refuses a batch without naming an event or does not "
        "answer; grows with each success.",
    )
    throttle_count = fields.Integer(
        "Throttle answers in a row", readonly=True, copy=False
    )
    refused_alarm_count = fields.Integer(
        "Refused since the alarm was done", readonly=True, copy=False
    )
    state_since = fields.Datetime(
        "Since", readonly=True, copy=False, help="When the state changed last."
    )

    def write(self, vals):
        """Whoever changes the state, what it means for the rest is the same."""
        if "state" in vals or "active" in vals:
            vals = {**vals, "state_since": self.env.cr.now().replace(microsecond=0)}
        is_over = vals.get("state") in ("active", "stopped")
        if is_over:
            vals = {"trouble": False, "resume_at": False, **vals}
        result = super().write(vals)
        if is_over:
            self._clear_alarms(PAUSED)
        return result

    def _resume(self, states=("paused",)):
        """Let the datasets in one of these states send again."""
        self.filtered(lambda dataset: dataset.state in states).state = "active"

    def _is_well_with(self, answer, event_count):
        """Whether an answer changes nothing here, as nearly every one does.

        It is a good one, and nothing stands against the dataset.

        :param answer: ``protocol.answer.Answer``
        :param int event_count: size of the batch
        :rtype: bool
        """
        return (
            answer.accepted
            and (answer.usage or 0) < SLOW_FROM
            and self.state == "active"
            and not (self.trouble or self.throttle_count or self.may_have_alarms)
            and (
                event_count < self.batch_size
                or self.batch_size == self._get_largest_batch()
            )
        )

    def _heed(self, answer, event_count=0, stamp=None, is_search=False):
        """Do what one answer of Meta's means for the dataset itself.

        :param answer: ``protocol.answer.Answer``
        :param int event_count: size of the batch
        :param stamp: of the token that the request was made with
        :param bool is_search: whether the batch was part of one that went before
        """
        self.ensure_one()
        if not is_search:
            self._adapt_batch_size(answer, event_count)
        is_probing = self.state == "paused" and self.resume_at
        if self.state not in ("active", "resting") and not is_probing:
            return
        words = self.env["meta.sync.log"]._in_words(
            [answer.message, answer.meaning, answer.cure]
        )
        if answer.verdict == "throttle":
            self._throttle(answer, words)
        elif answer.verdict == "pause":
            # A token that was replaced meanwhile says nothing of the new one.
            if stamp in (None, self._get_token_stamp()):
                self._pause(words, answer.resume_after)
        elif answer.subcode == CLOCK_AHEAD:
            self.trouble = words
            told = self._for_reader()
            told._alarm(
                CLOCK, told.env._("This server's clock is ahead of Meta's"), words
            )
        elif answer.verdict == "accepted":
            self._succeed(answer, is_search)
        elif answer.verdict == "retry" and event_count and self.state == "active":
            # Nobody is called for it yet, but the screen tells why nothing goes.
            self.trouble = words

    def _succeed(self, answer, is_search):
        """Meta took a batch: what stood against the dataset is over."""
        if self.state != "active":
            self._resume(("resting", "paused"))
        # What is left of a batch that was parted is no proof that all is well.
        if not is_search:
            if self.trouble:
                self.trouble = False
            self._clear_alarms(PAUSED, CLOCK, FAULT)
        if self.throttle_count:
            self.throttle_count = 0
        usage = answer.usage or 0
        if usage >= SLOW_FROM:
            share = min((usage - SLOW_FROM) / (100 - SLOW_FROM), 1)
            self._rest(
                max(1, round(share * SLOWEST), answer.resume_after or 0),
                english._lt(
                    "%(share)s %% of a limit of Meta's is used: slowed down before Meta"
                    " asks for it."
                )
                % {"share": round(usage)},
            )

    def _adapt_batch_size(self, answer, event_count):
        """Smaller batches after trouble with one, larger ones after success."""
        size = self.batch_size
        is_nameless = answer.verdict == "refuse" and answer.culprit is None
        # A small batch says nothing of large ones.
        is_large = event_count > SMALLEST_BATCH
        if is_large and (is_nameless or not answer.outcome_known):
            size = max(min(size, event_count) // 2, SMALLEST_BATCH)
        elif answer.accepted and event_count >= size:
            size = min(size * 2, self._get_largest_batch())
        if size != self.batch_size:
            self.batch_size = size

    def _get_largest_batch(self):
        """The most events that go in one request."""
        return LARGEST_BATCH

    def _throttle(self, answer, words):
        """Rest as long as Meta says, else longer each time."""
        growing = min(FIRST_REST * 2 ** min(self.throttle_count, 10), LONGEST_REST)
        self.throttle_count += 1
        self._rest(answer.resume_after or growing, words)

    def _pause(self, words, seconds=None):
        """Stop sending until a person mends it; one activity says so.

        What an administrator has stopped stays stopped.

        :param seconds: ask Meta once more after that long all the same
        """
        for dataset in self.filtered(lambda dataset: dataset.state != "stopped"):
            dataset.write({"state": "paused", "trouble": words})
            dataset._set_resume_at(seconds)
            told = dataset._for_reader()
            told._alarm(PAUSED, told.env._("Meta refuses our events"), words)

    def _alarm_refused(self, count, words):
        """Say that events were refused; a person marks it as done.

        Until then it counts on; after that it begins anew.

        :param int count: how many were refused since it was called before
        :param str words: why, of one of them
        """
        self.ensure_one()
        if self.may_have_alarms and self._get_alarms([REFUSED]):
            count += self.refused_alarm_count
        self.refused_alarm_count = count
        told = self._for_reader()
        told._alarm(
            REFUSED,
            told.env._("Events were refused: %s", count),
            told.env._(
                "Events that were refused, so that Meta does not have them: %(count)s. "
                "They are in the list of events as “Refused”: correct what is wrong "
                "and press “Send again”, within 7 days of the move. The last "
                "reason:\n%(words)s",
                count=count,
                words=words or "",
            ),
        )

    def _fail(self):
        """Say that delivery failed by an error of ours; a success clears it."""
        words = english._lt(
            "Delivery failed by an error in Odoo: see the server log. Events wait"
            " and are tried again each minute."
        )
        self.trouble = words
        told = self._for_reader()
        told._alarm(FAULT, told.env._("Events to Meta cannot be sent"), words)

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

    def _get_token_stamp(self):
        """Changes with the token that requests are made with; tells nothing of it."""
        self.ensure_one()
        token = self._get_secret("access_token") or self.connection_id._get_secret(
            "access_token"
        )
        return hashlib.sha256((token or "").encode()).hexdigest()
