import time
from itertools import pairwise

from ..protocol import lead as meta_lead
from ..protocol.answer import RETRY
from ..protocol.calls import ENDLESS
from .meta_lead_submission_read import speaks_for_page

#: No further request begins so long after the run began (seconds). With the last
#: request's own time this stays below Odoo's limit for a cron of 120 s.
RUN = 45
#: Share of a rate limit (percent) from which on the rest is left to the webhooks.
BUSY = 80
#: So many pages of a list in a row with nothing but old leads: the filter is ignored.
OLD_PAGES = 2
#: So many falling times prove the order of a list that began with new leads,
FALLS = 10
#: and so many that of one that showed none at all: it may begin anywhere.
MANY_FALLS = 500


def is_endless(answer):
    """Whether a list was given up because its paging leads in circles."""
    return answer.message == ENDLESS


class CatchUpRun:
    """What one run of a Page's catch-up has met so far. Holds no lead.

    ``answer`` is the ``protocol.answer.Answer`` that stopped the run, ``words`` what
    went wrong with the Page as a whole.
    """

    def __init__(self, budget):
        #: Calls that are left of the Page's allowance.
        self.budget = budget
        self.calls = 0
        self.answer = None
        self.words = ""
        #: Whether a limit of Meta's is nearly reached.
        self.is_busy = False
        #: Whether Meta gave no answer that could be used.
        self.is_silent = False
        #: Whether no form is left to read in this pass.
        self.is_whole = False
        #: Whether leads came that a webhook should have announced.
        self.has_late = False
        self.was_unsubscribed = False
        self._began = time.monotonic()

    @property
    def is_over(self):
        """Whether the time of one run is up; the next one goes on at once."""
        return time.monotonic() > self._began + RUN

    @property
    def is_spent(self):
        return self.calls >= self.budget

    @property
    def may_go_on(self):
        stopped = self.answer or self.is_busy or self.is_silent
        return not (stopped or self.is_over or self.is_spent)

    def count(self, result):
        """Another call was made, with this ``client.Result``."""
        self.calls += 1
        self.is_busy = self.is_busy or (result.answer.usage or 0) >= BUSY

    def note(self, answer):
        """Another list could not be read.

        :return: whether that is the list's own matter, and the others may be read
        :rtype: bool
        """
        if speaks_for_page(answer):
            self.answer = answer
        elif answer.verdict == RETRY and not answer.outcome_known:
            self.is_silent = True
        return not self.answer


class ListView:
    """What the pages of one form's list, as they come, tell about the whole of it.

    Filter and paging of Meta's are not to be relied on. A list that is in order, the
    newest first, shows by its times when a filter is ignored, and where to go on when
    the paging leads in circles; of one that is not, every page must be read.

    :param since: leads submitted until then are not wanted (Unix seconds)
    """

    def __init__(self, since):
        self.since = since
        self._largest = 0
        self.begin_window(None)

    def begin_window(self, until):
        """The list is asked for anew, with what was submitted before this moment."""
        self.until = until
        #: The lead nodes of the last page that are wanted.
        self.nodes = []
        #: Unix seconds at which all leads of the last page were submitted.
        self.times = []
        self._oldest = None
        self._is_ordered = True
        self._is_in_window = True
        self._old_pages = 0
        self._falls = 0
        self._has_wanted = False

    def look_at(self, result):
        """See one page of the list, once.

        :param result: ``client.Result``
        """
        # Of the page before it is certain now that it was not the end of the list.
        self._is_ordered, self._oldest = self._add(self.times)
        self._largest = max(self._largest, len(result.rows))
        timed = [(meta_lead.created_time(node), node) for node in result.rows]
        self.times = [moment for moment, _node in timed if moment is not None]
        if self.until is not None and any(
            moment >= self.until for moment in self.times
        ):
            self._is_in_window = False
        if self.times:
            is_old = max(self.times) <= self.since
            self._old_pages = self._old_pages + 1 if is_old else 0
            self._has_wanted = self._has_wanted or not is_old
            self._falls += sum(a > b for a, b in pairwise(self._join(self.times)))
        self.nodes = [
            node for moment, node in timed if moment is None or moment > self.since
        ]

    @property
    def is_past(self):
        """Whether nothing that is wanted can follow, although the list goes on."""
        is_ordered, _oldest = self._add(self.times)
        enough = FALLS if self._has_wanted else MANY_FALLS
        return is_ordered and self._old_pages >= OLD_PAGES and self._falls >= enough

    @property
    def next_window(self):
        """Before when to ask anew, where the paging leads in circles (Unix seconds).

        None where that would bring nothing.
        """
        is_ordered, oldest = self._sum_up()
        if not is_ordered or self.has_seen_all or self._is_narrowest(oldest):
            return None
        return oldest + 1

    @property
    def has_seen_all(self):
        """Whether all that is wanted was seen, although the paging has no end."""
        is_ordered, oldest = self._sum_up()
        if not is_ordered:
            return False
        if oldest is None or oldest <= self.since:
            return True
        # A page as full as any may hide further leads of the same second.
        is_full = 1 < self._largest <= len(self.times)
        return self._is_narrowest(oldest) and not is_full

    def _is_narrowest(self, oldest):
        """Whether the list was asked for its oldest moment alone, and what follows."""
        return self.until is not None and oldest + 1 >= self.until

    def _join(self, times):
        """The times of another page behind the oldest one of those before."""
        return times if self._oldest is None else [self._oldest, *times]

    def _add(self, times):
        """Order and age of the list with one page more."""
        falling = self._join(times)
        is_falling = all(a >= b for a, b in pairwise(falling))
        return self._is_ordered and is_falling, min(falling, default=None)

    def _sum_up(self):
        """The same of a list that led in circles: its last page may be a former one."""
        is_ordered, oldest = self._add(self.times)
        if not is_ordered and self._oldest is not None:
            is_ordered, oldest = self._is_ordered, self._oldest
        return is_ordered and self._is_in_window, oldest
