"""Who is to blame in a refused batch, found with as few requests as possible.

Meta refuses a whole request for one bad event. Where its words name the event's index,
the others are sent again without it, and their acceptance is the proof: one request
more for each culprit. Where they name none, halves are sent: about 2·log2(n) requests.

Meta does not document its index. So it is never believed against the evidence: a
suspect is tried alone where the same position is named again, where many are named in
a row, and before a whole rule is set aside; an index that was wrong once is not
listened to any more.

Nothing here sends; the caller sends one :class:`Group` after the other and tells
:class:`Search` what Meta answered.

Source: Conversions API "Using the API" (one invalid event rejects the request).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from .answer import Answer
from .batch import halves

#: After so many culprits of one rule with the same error the rule itself is to blame.
RULE_LIMIT = 3
#: More than so many named in a row are not believed before one of them was tried alone.
_UNPROVED = 3


class Suspect(NamedTuple):
    """An item that Meta named, at which position, and in which answer."""

    item: Any
    answer: Answer
    index: int | None


@dataclass(frozen=True)
class Group:
    """The items of one request.

    ``suspects`` are kept back: when Meta accepts the others, they are to blame, unless
    one of the others went away since (``is_less``): that one may have been.
    ``named`` is the position that Meta named last. A group with ``behind`` tries one
    suspect alone; the refused group behind it waits for that, with the one named in it.
    """

    items: tuple[Any, ...]
    suspects: tuple[Suspect, ...] = ()
    named: int | None = None
    behind: tuple[Group, Suspect] | None = None
    tried: Suspect | None = None
    is_less: bool = False

    @property
    def held(self) -> list[Any]:
        """Items that are not in the request and depend on its outcome."""
        held = [suspect.item for suspect in self.suspects]
        if self.behind:
            waiting, _named = self.behind
            held += [*waiting.items, *waiting.held]
        return held

    def keep(self, is_kept: Callable[[Any], bool]) -> Group:
        """The same group with those of its items, sent and held, that may stay."""
        behind = self.behind and (self.behind[0].keep(is_kept), self.behind[1])
        items = tuple(filter(is_kept, self.items))
        return replace(
            self,
            items=items,
            suspects=tuple(s for s in self.suspects if is_kept(s.item)),
            behind=behind,
            is_less=self.is_less or len(items) < len(self.items),
        )


@dataclass
class Finding:
    """What one answer told: who is to blame, what to send next, in this order.

    ``rules`` are those that turned out to be to blame themselves: nothing of theirs
    is worth sending.
    """

    culprits: list[Suspect] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    rules: set[Hashable] = field(default_factory=set)


class Search:
    """What is known of the batches of one dataset that Meta refused.

    :param rule_of: gives the rule that an item stems from, or None
    """

    def __init__(self, rule_of: Callable[[Any], Hashable | None]):
        self._rule_of = rule_of
        self._counts: Counter[tuple[Hashable, ...]] = Counter()
        #: Whether Meta's index is right; None as long as nothing shows it.
        self._index_is_right: bool | None = None

    def refused(self, group: Group, answer: Answer) -> Finding:
        """Meta refused this group."""
        finding = Finding()
        if answer.culprit is not None and answer.culprit >= len(group.items):
            self._index_is_right = False
        if len(group.items) > 1:
            self._narrow(finding, group, answer, answer.culprit)
            return finding
        self._blame(finding, [Suspect(group.items[0], answer, None)])
        if group.behind:
            # Position 0 is what a Meta would name that always names the same.
            if group.tried and group.tried.index and self._index_is_right is None:
                self._index_is_right = True
            self._narrow_waiting(finding, *group.behind)
        else:
            self._try_or_blame(finding, group.suspects)
        return finding

    def accepted(self, group: Group) -> Finding:
        """Meta accepted this group."""
        finding = Finding()
        if group.behind:
            self._index_is_right = False
            self._narrow_waiting(finding, *group.behind)
            return finding
        if group.is_less:
            self._try_or_blame(finding, group.suspects)
            return finding
        self._blame(finding, group.suspects)
        if len(group.suspects) == 1 and group.suspects[0].index:
            # Refused with it and accepted without it: there is no better proof.
            self._index_is_right = True
        return finding

    def _narrow_waiting(self, finding: Finding, group: Group, named: Suspect) -> None:
        """Go on with a refused group, from which something may be gone meanwhile."""
        if len(group.items) > 1 and named.item in group.items:
            place = group.items.index(named.item)
            self._narrow(finding, group, named.answer, place)
        elif group.items:
            # What it was refused for may be what is gone: it is another request now.
            finding.groups.append(group)
        else:
            self._try_or_blame(finding, group.suspects)

    def _narrow(
        self, finding: Finding, group: Group, answer: Answer, index: int | None
    ) -> None:
        """Look closer at a refused group of several items.

        :param index: position of the one that Meta named
        """
        if self._index_is_right is False or index not in range(len(group.items)):
            self._try_or_blame(finding, group.suspects)
            finding.groups += [Group(tuple(half)) for half in halves(group.items)]
            return
        suspects = [*group.suspects, Suspect(group.items[index], answer, index)]
        is_too_many = self._is_too_many(suspects)
        is_doubtful = index == group.named or len(suspects) > _UNPROVED or is_too_many
        if group.suspects and is_doubtful and not self._index_is_right:
            first, *others = group.suspects
            waiting = replace(group, suspects=tuple(others))
            finding.groups.append(
                Group((first.item,), behind=(waiting, suspects[-1]), tried=first)
            )
            return
        if is_too_many and self._index_is_right:
            self._blame(finding, suspects)
            suspects = []
        rest = (*group.items[:index], *group.items[index + 1 :])
        finding.groups.append(
            Group(rest, tuple(suspects), named=index, is_less=group.is_less)
        )

    def _is_too_many(self, suspects: Collection[Suspect]) -> bool:
        counts = self._counts + Counter(map(self._key, suspects))
        return any(
            counts[key] >= RULE_LIMIT and key[0] is not None
            for key in map(self._key, suspects)
        )

    def _try_or_blame(self, finding: Finding, suspects: Iterable[Suspect]) -> None:
        """Suspects without a proof against them are tried alone."""
        if self._index_is_right:
            self._blame(finding, suspects)
        else:
            finding.groups += [Group((suspect.item,)) for suspect in suspects]

    def _blame(self, finding: Finding, suspects: Iterable[Suspect]) -> None:
        for suspect in suspects:
            finding.culprits.append(suspect)
            key = self._key(suspect)
            self._counts[key] += 1
            if self._counts[key] >= RULE_LIMIT and key[0] is not None:
                finding.rules.add(key[0])

    def _key(self, suspect: Suspect) -> tuple[Hashable, ...]:
        """Culprits with the same key have the same thing wrong with them."""
        answer = suspect.answer
        return self._rule_of(suspect.item), answer.code, answer.subcode
