"""Culprits of refused batches are found, and only they, with few requests."""

from __future__ import annotations

import itertools
import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol.answer import REFUSE, Answer
from protocol.culprits import RULE_LIMIT, Group, Search

#: What a refusal names, given the positions of the culprits in the request.
Naming = Callable[[Sequence[int]], int | None]


def named(places: Sequence[int]) -> int | None:
    return places[0]


def last_named(places: Sequence[int]) -> int | None:
    return places[-1]


def nameless(places: Sequence[int]) -> int | None:
    return None


def always_first(places: Sequence[int]) -> int | None:
    return 0


def counted_from_one(places: Sequence[int]) -> int | None:
    return places[0] + 1


def one_too_low(places: Sequence[int]) -> int | None:
    return places[0] - 1


def out_of_range(places: Sequence[int]) -> int | None:
    return 999


HONEST = (named, last_named)
WRONG = (always_first, counted_from_one, one_too_low, out_of_range)


class Meta:
    """Refuses each request with a culprit in it, and keeps what it accepted."""

    def __init__(self, culprits: Sequence[int], naming: Naming) -> None:
        self.culprits, self.naming = set(culprits), naming
        self.accepted: list[int] = []
        self.requests = 0

    def answer(self, items: Sequence[int]) -> Answer | None:
        self.requests += 1
        assert items
        bad = [place for place, item in enumerate(items) if item in self.culprits]
        if not bad:
            self.accepted += items
            return None
        return Answer(REFUSE, code=100, subcode=1, culprit=self.naming(bad))


def run(
    size: int,
    culprits: Sequence[int],
    naming: Naming,
    rule_of: Callable[[int], object] = lambda item: None,
    taken_away: Mapping[int, set[int]] | None = None,
) -> tuple[Meta, list[int], set]:
    """Send ``range(size)`` until nothing is left.

    :param taken_away: what must not be sent any more, by the number of requests made
    :return: Meta, the items that were blamed, and the rules set aside
    """
    meta, search = Meta(culprits, naming), Search(rule_of)
    waiting = deque([Group(tuple(range(size)))])
    blamed: list[int] = []
    rules: set = set()
    while waiting:
        group = waiting.popleft()
        answer = meta.answer(group.items)
        finding = search.refused(group, answer) if answer else search.accepted(group)
        blamed += [suspect.item for suspect in finding.culprits]
        rules |= finding.rules
        waiting.extendleft(reversed(finding.groups))
        gone = {item for item in range(size) if rule_of(item) in rules}
        gone |= (taken_away or {}).get(meta.requests, set())
        waiting = deque(
            kept
            for other in waiting
            if (kept := other.keep(lambda item, gone=gone: item not in gone)).items
        )
    return meta, blamed, rules


sizes_and_culprits = st.integers(1, 60).flatmap(
    lambda size: st.tuples(
        st.just(size), st.sets(st.integers(0, size - 1), max_size=8).map(sorted)
    )
)


@pytest.mark.parametrize("naming", [*HONEST, nameless, *WRONG])
@given(case=sizes_and_culprits)
@settings(max_examples=300)
def test_exactly_the_culprits_are_blamed_and_all_others_are_accepted_once(
    naming: Naming, case: tuple[int, list[int]]
) -> None:
    size, culprits = case
    meta, blamed, _rules = run(size, culprits, naming)
    assert sorted(blamed) == culprits
    assert sorted(meta.accepted) == sorted(set(range(size)) - set(culprits))


@pytest.mark.parametrize("naming", [*HONEST, nameless, *WRONG])
@given(
    case=sizes_and_culprits,
    taken_away=st.dictionaries(
        st.integers(1, 20), st.sets(st.integers(0, 59), max_size=20)
    ),
)
@settings(max_examples=100)
def test_nobody_else_is_blamed_whatever_is_taken_away_between_two_requests(
    naming: Naming, case: tuple[int, list[int]], taken_away: dict[int, set[int]]
) -> None:
    size, culprits = case
    meta, blamed, _rules = run(size, culprits, naming, taken_away=taken_away)
    assert set(blamed) <= set(culprits)
    assert len(set(meta.accepted)) == len(meta.accepted)


@pytest.mark.parametrize("naming", HONEST)
@pytest.mark.parametrize("place", [0, 1, 500, 998, 999])
def test_a_named_culprit_costs_one_request_more(naming: Naming, place: int) -> None:
    meta, blamed, _rules = run(1000, [place], naming)
    assert blamed == [place]
    assert meta.requests == 2


@pytest.mark.parametrize("culprits", [(3, 500), (3, 500, 900), (500, 501), (0, 7)])
def test_each_of_a_few_named_culprits_costs_one_request_more(culprits) -> None:
    meta, _blamed, _rules = run(1000, culprits, named)
    # Neighbours are named at the same position twice: one of them is tried alone.
    neighbours = any(b - a == 1 for a, b in itertools.pairwise(culprits))
    assert meta.requests == 1 + len(culprits) + neighbours


def test_many_named_culprits_cost_little_more_than_one_request_each() -> None:
    culprits = list(range(5, 1000, 50))
    meta, _blamed, _rules = run(1000, culprits, named)
    assert meta.requests <= 1 + len(culprits) + 1


def test_a_nameless_culprit_costs_about_twice_the_logarithm() -> None:
    for place in (0, 1, 333, 999):
        meta, blamed, _rules = run(1000, [place], nameless)
        assert blamed == [place]
        assert meta.requests <= 1 + 2 * math.ceil(math.log2(1000))


@pytest.mark.parametrize("naming", WRONG)
def test_an_index_that_is_wrong_costs_little_more_than_none(naming: Naming) -> None:
    for place in (1, 333, 998):
        meta, _blamed, _rules = run(1000, [place], naming)
        # A few are tried alone before the index is given up.
        assert meta.requests <= 1 + 2 * math.ceil(math.log2(1000)) + 8


@pytest.mark.parametrize("naming", [*HONEST, nameless, *WRONG])
def test_a_rule_with_three_culprits_is_set_aside_and_the_others_go(
    naming: Naming,
) -> None:
    """Every event of the rule "bad" would be refused."""
    bad = [item for item in range(1000) if item % 3 == 1]
    rules = {item: "bad" for item in bad}
    meta, blamed, aside = run(
        1000, bad, naming, lambda item: rules.get(item, f"rule {item % 3}")
    )
    assert aside == {"bad"}
    assert len(blamed) == RULE_LIMIT
    assert set(blamed) <= set(bad)
    assert sorted(meta.accepted) == sorted(set(range(1000)) - set(bad))
    assert meta.requests <= 1 + RULE_LIMIT * 2 * math.ceil(math.log2(1000)) + 5


def test_three_culprits_with_different_errors_leave_the_rule_alone() -> None:
    meta, search = Meta([], named), Search(lambda item: "rule")
    found = [
        search.refused(Group((item,)), Answer(REFUSE, code=100, subcode=item))
        for item in range(5)
    ]
    assert [finding.rules for finding in found] == [set()] * 5
    assert meta.requests == 0


def test_culprits_without_a_rule_never_stop_the_search() -> None:
    culprits = list(range(0, 40, 2))
    meta, blamed, aside = run(40, culprits, nameless)
    assert aside == set()
    assert sorted(blamed) == culprits
    assert len(meta.accepted) == 20


def test_each_culprit_keeps_the_answer_that_named_it() -> None:
    search = Search(lambda item: None)
    first = Answer(REFUSE, code=100, subcode=1, culprit=1, message="the first")
    second = Answer(REFUSE, code=100, subcode=2, culprit=2, message="the second")
    (group,) = search.refused(Group(("a", "b", "c", "d")), first).groups
    (group,) = search.refused(group, second).groups
    finding = search.accepted(group)
    assert {s.item: s.answer.message for s in finding.culprits} == {
        "b": "the first",
        "d": "the second",
    }


def test_what_a_group_holds_back_is_never_forgotten() -> None:
    """Sent and held together are always everything that has no verdict yet."""
    for naming in (*HONEST, nameless, *WRONG):
        meta, search = Meta([2, 3, 4, 9], naming), Search(lambda item: None)
        waiting = deque([Group(tuple(range(12)))])
        settled: list[int] = []
        while waiting:
            open_items = Counter()
            for group in waiting:
                open_items.update([*group.items, *group.held])
            assert sorted([*settled, *open_items.elements()]) == list(range(12))
            group = waiting.popleft()
            answer = meta.answer(group.items)
            if answer:
                finding = search.refused(group, answer)
            else:
                finding = search.accepted(group)
                settled += group.items
            settled += [suspect.item for suspect in finding.culprits]
            waiting.extendleft(reversed(finding.groups))


def test_items_that_are_taken_away_meanwhile_leave_the_search_sound() -> None:
    search = Search(lambda item: None)
    answer = Answer(REFUSE, code=100, culprit=0)
    (group,) = search.refused(Group(("a", "b", "c")), answer).groups
    (trial,) = search.refused(group, answer).groups
    assert trial.items == ("a",)
    trial = trial.keep(lambda item: item != "b")
    finding = search.accepted(trial)
    assert [g.items for g in finding.groups] == [("c",)]
    assert finding.culprits == []


def test_the_one_that_meta_named_is_the_same_one_after_another_went_away() -> None:
    """Two were named at one position, so that the first of them is tried alone."""
    search = Search(lambda item: None)
    answer = Answer(REFUSE, code=100, culprit=1)
    (group,) = search.refused(Group(("a", "bad", "worse", "b")), answer).groups
    (trial,) = search.refused(group, answer).groups
    trial = trial.keep(lambda item: item != "a")
    (rest,) = search.refused(trial, Answer(REFUSE, code=100, culprit=0)).groups
    assert rest.items == ("b",)
    assert [suspect.item for suspect in rest.suspects] == ["worse"]


def test_a_suspect_is_tried_alone_where_another_went_away_with_it() -> None:
    search = Search(lambda item: None)
    answer = Answer(REFUSE, code=100, culprit=0)
    (group,) = search.refused(Group(("innocent", "bad", "a")), answer).groups
    finding = search.accepted(group.keep(lambda item: item != "bad"))
    assert finding.culprits == []
    assert [group.items for group in finding.groups] == [("innocent",)]


def test_the_third_culprit_of_a_rule_is_not_believed_on_metas_word_alone() -> None:
    search = Search(lambda item: "rule")
    for item in ("a", "b"):
        search.refused(Group((item,)), Answer(REFUSE, code=100))
    answer = Answer(REFUSE, code=100, culprit=0)
    finding = search.refused(Group(("innocent", "d")), answer)
    assert finding.culprits == []
    assert finding.rules == set()
