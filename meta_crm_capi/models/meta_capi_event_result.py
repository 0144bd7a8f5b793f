from typing import Any, NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ..protocol import answer as capi_answer
from ..protocol import words as english
from ..protocol.answer_table import CLOCK_REST
from ..protocol.batch import halves
from ..protocol.culprits import Finding, Group, Search
from . import consent, queue
from .meta_capi_dataset_health import CLOCK_AHEAD
from .meta_capi_event_expire import TOO_OLD_AGE
from .unclear import UNCLEAR

#: From so many tries on, a batch that Meta gives no sound answer to is parted: one
#: event of it may be what Meta fails at.
PART_FROM = 3
#: After so many answers without success in a row it is not the events: Meta is down.
#: Where nothing at all went through in this run, one probe with a half must do.
HOPELESS = 12
PROBES = 1
#: What is read of the dataset for each answer; all its fields are many.
OF_DATASET = (
    "batch_size",
    "company_id",
    "connection_id",
    "kind",
    "may_have_alarms",
    "resend_unknown",
    "state",
    "throttle_count",
    "trouble",
)


class Outcome(NamedTuple):
    """What one answer means for each row of a lease."""

    finding: Finding
    accepted: tuple[Any, ...] = ()
    #: To be tried again after a back-off.
    later: tuple[Any, ...] = ()
    #: Meta may have them, and would count them again: they rest.
    unclear: tuple[Any, ...] = ()
    #: To be sent again without being charged a try: they are not to blame.
    back: tuple[Any, ...] = ()
    #: Whether the dataset may be called again in this run.
    goes_on: bool = True


class Progress:
    """What is known of the batches of one dataset in one run."""

    def __init__(self):
        self.search = Search(lambda row: row.rule_id)
        #: Batches that were accepted, and answers without success since the last one.
        self.successes = 0
        self.failures = 0
        #: Back-off by number of tries: what failed together is tried together.
        self.waits = {}

    def judge(self, lease, answer, is_unclear=False) -> Outcome:
        """What an answer means for the rows of a lease.

        Called once for each answer, however often the outcome has to be stored.

        :param answer: ``protocol.answer.Answer``
        :param bool is_unclear: Meta may have the rows, and must not get them again
        """
        group = lease.group
        if answer.verdict == "accepted":
            self.successes += 1
            self.failures = 0
            return Outcome(self.search.accepted(group), accepted=group.items)
        if answer.verdict == "refuse":
            return Outcome(self.search.refused(group, answer))
        held = tuple(group.held)
        if answer.verdict != "retry":
            return Outcome(Finding(), back=(*group.items, *held), goes_on=False)
        self.failures += 1
        if is_unclear:
            return Outcome(Finding(), unclear=group.items, back=held, goes_on=False)
        if answer.subcode == CLOCK_AHEAD:
            return self._wait_for_the_clock(group)._replace(back=held)
        return self._try_again(lease, answer)._replace(back=held)

    def _wait_for_the_clock(self, group) -> Outcome:
        """The youngest events are those that Meta takes for future ones: they wait.

        The others go at once. The rows are in the order of their times.
        """
        rows = group.items
        newest = rows[-1].event_time
        older = [row for row in rows if row.event_time < newest - CLOCK_REST]
        older = older or rows[: len(rows) // 2]
        groups = [Group(tuple(older))] if older else []
        return Outcome(
            Finding(groups=groups), later=rows[len(older) :], goes_on=bool(older)
        )

    def _try_again(self, lease, answer) -> Outcome:
        """Later; what was tried too often is parted, to find what Meta fails at.

        An event is refused for it only where it was alone from the beginning, or where
        others went through meanwhile: an outage is nobody's fault. An answer that is
        not Meta's refuses no event at all.
        """
        rows = lease.rows
        limit = answer.tries or PART_FROM
        is_spent = all(row.tries >= limit for row in rows)
        is_single = len(rows) == 1
        is_proved = not lease.is_search or self.successes
        may_refuse = answer.tries and answer.outcome_known and is_proved
        if is_spent and is_single and may_refuse:
            return Outcome(self.search.refused(Group(rows), answer))
        may_part = self.failures <= (HOPELESS if self.successes else PROBES)
        if is_single or not is_spent or not may_part:
            goes_on = lease.is_search and is_single and may_part
            return Outcome(Finding(), later=rows, goes_on=goes_on)
        parts = [Group(tuple(part)) for part in halves(rows)]
        # The other half goes first the next time, if this one fails.
        if rows[0].tries % 2 == 0:
            parts.reverse()
        return Outcome(Finding(groups=parts))


class MetaCapiEvent(models.Model):
    """What Meta answered, row by row."""

    _inherit = "meta.capi.event"

    @api.model
    def _apply_result(self, lease, result, outcome, waits):
        """Log the exchange and give each leased row what the answer means for it.

        Whoever was too slow, so that somebody else has the rows, only logs.

        :param dict waits: back-off by number of tries, filled as needed
        :return: leases of the requests to make next, and whether the answer leaves
            everything else as it is
        :rtype: tuple[list[Lease], bool]
        """
        answer = result.answer
        dataset = self.env["meta.capi.dataset"].browse(lease.dataset_id)
        dataset.fetch(OF_DATASET)
        self.env["meta.sync.log"]._add(
            "events",
            result,
            connection=dataset.connection_id,
            company=dataset.company_id,
            dataset=dataset,
            event_count=len(lease.rows),
            words=[
                *dataset._tell_known(result),
                self._tell_shortfall(answer, len(lease.rows)),
            ],
            outcome=UNCLEAR if outcome.unclear else answer.verdict,
        )
        is_well = dataset._is_well_with(answer, len(lease.rows))
        if not self.env["meta.capi.lease"]._lock(lease.id):
            self._accept_late(lease.rows, answer)
            return [], is_well
        self._accept(lease, outcome.accepted, answer)
        for culprit in outcome.finding.culprits:
            self._refuse(lease, culprit.item, culprit.answer)
        self._rest_unclear(lease, outcome.unclear, answer)
        self._put_back(lease, outcome.later, answer, waits)
        self._put_back(lease, outcome.back, answer)
        return self._lease_again(lease, outcome.finding.groups), is_well

    @api.model
    def _lease_again(self, lease, groups):
        """End a lease, and put what is searched for a culprit under new ones."""
        if lease.unwritten:
            again = [row for group in groups for row in (*group.items, *group.held)]
            self._update_leased(lease, again, SQL("reason = event.reason"))
        self.env["meta.capi.lease"]._end(lease.id)
        return [
            self._lease(lease.dataset_id, group, lease.since, is_search=True)
            for group in groups
        ]

    @api.model
    def _tell_shortfall(self, answer, count):
        """What to say where Meta counts otherwise than we do; None where it does not.

        Nothing goes out again for it: Meta does not say which events it lacks.
        """
        if not answer.accepted or answer.events_received in (None, count):
            return None
        return english._lt(
            "Meta says that it received %(received)s of the %(count)s events"
            " of this request."
        ) % {"received": answer.events_received, "count": count}

    @api.model
    def _accept(self, lease, rows, answer):
        words = self._tell_shortfall(answer, len(rows))
        changed = self._update_leased(
            lease,
            rows,
            SQL(
                """
                state = 'accepted', accepted_at = %s, reason = %s, trace_id = %s,
                code = NULL, subcode = NULL, next_try_at = NULL, tries = tries + 1
                """,
                queue.db_now(),
                words,
                answer.trace_id or None,
            ),
        )
        if changed < len(rows):
            self._note_sent(rows)

    @api.model
    def _note_sent(self, rows):
        """Rows that were cancelled in the very moment of their request say so."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE meta_capi_event
                   SET tries = 1, reason = concat_ws(' ', reason, %s)
                 WHERE id = ANY(%s)
                   AND state = 'cancelled'
                   AND tries = 0
                   AND sent_before IS NOT TRUE
                """,
                consent.TRIED_BEFORE,
                [row.id for row in rows],
            )
        )
        self.invalidate_model()

    @api.model
    def _refuse(self, lease, row, answer):
        self._update_leased(
            lease,
            [row],
            SQL(
                """
                state = 'refused', reason = %s, code = %s, subcode = %s,
                trace_id = %s, next_try_at = NULL, tries = tries + 1
                """,
                self._in_words(answer),
                answer.code,
                answer.subcode,
                answer.trace_id or None,
            ),
        )

    @api.model
    def _put_back(self, lease, rows, answer, waits=None):
        """Let leased rows wait for their next try.

        The nearer the moment when Meta finds an event too old, the sooner it is tried
        again: never later than at half of what is left.

        :param dict waits: back-off by number of tries; None when the try counts for
            nothing, as the events are not to blame
        """
        for tries in {row.tries for row in rows}:
            seconds = 0
            if waits is not None:
                wait = waits.setdefault(tries, queue.back_off(tries))
                seconds = answer.resume_after or wait
            self._update_leased(
                lease,
                [row for row in rows if row.tries == tries],
                SQL(
                    """
                    reason = %(reason)s, code = %(code)s, subcode = %(subcode)s,
                    trace_id = %(trace_id)s, tries = tries + %(charge)s,
                    next_try_at = LEAST(
                        %(then)s,
                        GREATEST(
                            %(soon)s,
                            %(now)s + (event_time + make_interval(secs => %(age)s)
                                       - %(now)s) / 2))
                    """,
                    reason=self._in_words(answer),
                    code=answer.code,
                    subcode=answer.subcode,
                    trace_id=answer.trace_id or None,
                    charge=int(waits is not None),
                    then=queue.in_seconds(seconds),
                    soon=queue.in_seconds(queue.BACK_OFF[0]),
                    now=queue.db_now(),
                    age=TOO_OLD_AGE,
                ),
            )

    @api.model
    def _in_words(self, answer: capi_answer.Answer, with_cure=True):
        """Meta's title and words, then ours.

        :param bool with_cure: say also what to do, as for an event that goes again
        """
        words = [answer.title, answer.message, answer.meaning]
        if with_cure:
            words.append(answer.cure)
        return self.env["meta.sync.log"]._in_words(words) or None
