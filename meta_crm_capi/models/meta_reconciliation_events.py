from odoo import api, models

from ..protocol import answer_lookup, funnel, reasons
from . import consent
from .meta_capi_event_enqueue import NO_DATASET, STOPPED, TEST_LEAD
from .meta_reconciliation_causes import Cause

#: What is to be mended, of the reasons why an event was not sent.
TO_MEND = (NO_DATASET, funnel.NO_RULE, "Internal error while queueing")
#: What a yes of the person heals.
CONSENT = (consent.SAID_NO, consent.NOT_ASKED)
#: And what a person may want to be otherwise.
TO_DECIDE = (STOPPED, consent.NOT_ASKED)


class MetaReconciliation(models.AbstractModel):
    """Why Meta did not accept the raw lead of a lead, in words, and what heals it."""

    _inherit = "meta.reconciliation"

    @api.model
    def _tell_event(self, state, detail, cause):
        """What became of raw leads; ``none`` where there is no row about them.

        :rtype: Cause
        """
        if state == "queued":
            return self._tell_waiting(detail, cause)
        if state == "refused":
            return self._tell_refused(detail, cause)
        if state == "none":
            return self._tell_no_event(detail, cause)
        return self._tell_not_sent(state, cause)

    @api.model
    def _tell_waiting(self, why, cause):
        now = ("send_now",) if cause["sendable"] else ()
        if why == "step":
            row = reasons.WAITS_FOR_STEP
            return Cause("todo", row.opening, f"{row.meaning} {row.cure}", ("map",))
        if why == "paused":
            row = reasons.WAITS_FOR_PERSON
            words = f"{row.meaning} {row.cure}"
            return Cause("todo", row.opening, words, ("datasets",))
        if why == "archived":
            row = reasons.WAITS_FOR_DATASET
            words = f"{row.meaning} {row.cure}"
            return Cause("todo", row.opening, words, ("datasets",))
        if why == "resting":
            row = reasons.WAITS_FOR_REST
            return Cause("wait", row.opening, f"{row.meaning} {row.cure}")
        if why == "stopped":
            words = self.env._(
                "Nothing is sent until an administrator starts it again."
            )
            return Cause(
                "todo", self.env._("Its dataset is stopped"), words, ("datasets",)
            )
        if why == "again":
            words = self.env._("A try failed; Odoo tries again by itself.")
            return Cause("wait", self.env._("To be tried again"), words, now)
        words = self.env._("They go out by themselves, mostly within a minute.")
        return Cause("wait", self.env._("Waiting to be sent"), words, now)

    @api.model
    def _tell_refused(self, detail, cause):
        reason = cause["reason"]
        code, _colon, subcode = detail.partition(":")
        if code.isdigit():
            title = self.env._("Refused by Meta: code %s", code)
            words = answer_lookup.explain("refuse", int(code), int(subcode), reason)
        else:
            title, words = reason, reasons.explain(reason)
        words = " ".join(filter(None, words)) or reason
        if cause["sendable"]:
            return Cause("todo", title, words, ("send_again",))
        gone = self.env._("They are older than 7 days: Meta no longer takes them.")
        return Cause("over", title, f"{words} {gone}")

    @api.model
    def _tell_not_sent(self, state, cause):
        reason = cause["reason"]
        if not reason:
            return Cause("unknown", self.env._("Not sent"))
        meaning, cure = reasons.explain(reason)
        heals, level = (), "explained"
        if state == "expired" or reason.startswith(funnel.TOO_OLD):
            level = "over"
        elif reason.startswith(TO_MEND):
            level = "todo"
            heals = {NO_DATASET: ("forms",), funnel.NO_RULE: ("map",)}.get(reason, ())
            heals += self._get_report(cause)
        elif cause["sendable"]:
            level = "wait" if reason in TO_DECIDE else level
            # Nobody who still says no is sent by a button.
            heals = ("send_agreed",) if reason in CONSENT else ("send_now",)
        if reason == TEST_LEAD:
            level, heals = "explained", ()
        words = " ".join(filter(None, (meaning, cure)))
        return Cause(level, reason, words, heals)

    @api.model
    def _get_report(self, cause):
        """The button of what never was in the queue and may still be reported."""
        return ("report",) if cause["reportable"] else ()

    @api.model
    def _tell_no_event(self, detail, cause):
        if detail == "attached":
            return Cause(
                "explained",
                self.env._("Only got its Meta lead ID"),
                self.env._(
                    "The lead was in Odoo before: attaching a Meta lead reports nothing"
                    " by itself. Its next step is reported, with the raw lead before"
                    " it."
                ),
                self._get_report(cause),
            )
        return Cause(
            "unknown",
            self.env._("No event"),
            self.env._(
                "There is no row about it: the lead came in while no dataset was there,"
                " or the row that said why was removed after its days."
            ),
            self._get_report(cause),
        )
