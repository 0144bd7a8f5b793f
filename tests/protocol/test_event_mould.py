"""Events that are cast in a mould: what comes out is what the long way gives."""

import hashlib
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import event, event_mould
from protocol.event_mould import Caster

from .test_event_problems import DAY, HASH, HASH_OF_NOTHING, NOW


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


OTHER = digest("other")
USUAL = {
    "event_name": "qualified_lead",
    "event_time": NOW - 60,
    "event_id": "9f0c1b7e-0000-5000-8000-000000000001",
    "lead_id": "1234567890123456",
    "user_data": {"em": [HASH], "ph": [OTHER], "country": [HASH]},
    "value": None,
    "currency": None,
}


def long_way(parts: dict, data_processing=None) -> tuple[str, list[str]]:
    """Text and problems of an event by itself."""
    made = event.build(**parts, data_processing=data_processing)
    problems = event.problems(made, now=NOW)
    return ("" if problems else event.encode(made).decode()), problems


#: Nearly hashes: what a quick look could take for one.
NEARLY_HASHES = (
    *(HASH.upper(), HASH[1:], HASH + "0", HASH[:62] + " a", f" {HASH[1:]}"),
    *(HASH[:-1] + "g", HASH[:-1] + "٣", "", HASH + OTHER, "%s", '"', None, 7),
    HASH_OF_NOTHING,
)
ODD_USERS = (
    *({"em": [odd], "ph": [OTHER]} for odd in NEARLY_HASHES),
    *({"em": [HASH, odd], "ph": [OTHER]} for odd in NEARLY_HASHES),
    *({"em": odd, "ph": [OTHER]} for odd in NEARLY_HASHES),
    *({"em": kind([HASH]), "ph": [OTHER]} for kind in (tuple, dict.fromkeys)),
    {"em": [HASH, HASH], "ph": [OTHER]},
    {"em": [], "ph": [OTHER]},
    {"em": [], "ph": []},
    {"ct": [HASH]},
    {"fn": [HASH], "ge": [HASH]},
    {"em": [HASH], "lead_id": [HASH]},
    {"em": [HASH], "fbc": [HASH]},
    {"em": [HASH], "fbc": "fb.1.1554763741205.AbCdEf"},
    {"em": [HASH], "junk": [HASH]},
    {},
)
#: Each by itself in an event that is sound otherwise.
ODD = {
    "event_name": (
        *("Purchase", "100 %s %", 'a "b" \\', "Gespräch", "", " ", "\0t", "\0n"),
        *("line\nbreak", "x" * 51, None),
    ),
    "event_time": (
        *(NOW, NOW + 1, NOW - 7 * DAY, NOW - 7 * DAY - 1, None, 1.5, NOW - 0.5, -1),
        *(str(NOW), True),
    ),
    "event_id": ("", None, " ", 'a"b', "%s", "ä", "a" * 65, "a\nb", "a-1\n"),
    "lead_id": (
        *("100000000000", "99999999999", "9" * 18, "9" * 19, "0123456789012345"),
        *("١٢٣٤٥٦٧٨٩٠١٢٣٤٥", "l:1", "", None, "123456789012345\n"),
    ),
    "value": (
        *(None, 0, 5, True, 0.0, -0.0, 0.1, -2.5, 1e300, 1e16, Decimal("12.50")),
        *(math.inf, -math.inf, math.nan),
    ),
    "currency": (None, "", "EUR", "eur", "EURO", "\0n", "€"),
    "user_data": ODD_USERS,
}
WORTH = {**USUAL, "value": 12.5, "currency": "EUR"}
BOUGHT = {**WORTH, "event_name": "Purchase"}


@pytest.mark.parametrize(
    "base", [USUAL, WORTH, BOUGHT], ids=("free", "worth", "bought")
)
@pytest.mark.parametrize(
    ("key", "odd"), [(key, odd) for key, values in ODD.items() for odd in values]
)
def test_one_odd_part_gives_what_the_long_way_gives(base, key, odd):
    parts = {**base, key: odd}
    caster = Caster(now=NOW)
    # The mould is there already, be it made of a sound event or of this one.
    if key == "user_data":
        usual = {name: [HASH] for name in odd}
        caster.cast(**{**base, "user_data": usual})
    caster.cast(**base)
    assert caster.cast(**parts) == long_way(parts)
    assert caster.cast(**parts) == long_way(parts)
    assert caster.cast(**base) == long_way(base)


def change(parts: dict, odd: list) -> dict:
    return {**parts, **dict(odd)}


ODD_PARTS = st.lists(
    st.sampled_from(tuple(ODD)).flatmap(
        lambda key: st.tuples(st.just(key), st.sampled_from(ODD[key]))
    ),
    max_size=3,
)


SOUND = st.fixed_dictionaries(
    {
        "event_name": st.sampled_from(("qualified_lead", "Purchase", "100 %s")),
        "event_time": st.integers(NOW - 7 * DAY, NOW),
        "event_id": st.uuids().map(str),
        "lead_id": st.integers(10**14, 10**17 - 1).map(str),
        "user_data": st.dictionaries(
            st.sampled_from(("em", "ph", "fn", "ln", "zp", "country")),
            st.lists(
                st.integers(1, 5).map(lambda number: digest(str(number))),
                min_size=1,
                max_size=3,
                unique=True,
            ),
            min_size=1,
        ),
        "value": st.floats(0.01, 1e12),
        "currency": st.sampled_from(("EUR", "usd")),
    }
)


SEVERAL = st.lists(st.builds(change, SOUND, ODD_PARTS), min_size=1, max_size=4)


@given(SEVERAL, st.booleans())
def test_what_is_cast_is_what_the_long_way_gives(several, is_limited):
    limits = event.limited_data_use(1, 1000) if is_limited else None
    caster = Caster(now=NOW, data_processing=limits)
    for parts in several:
        assert caster.cast(**parts) == long_way(parts, limits)


@given(st.lists(SOUND, min_size=1, max_size=4))
def test_sound_events_are_cast_as_the_long_way_makes_them(several):
    caster = Caster(now=NOW)
    for parts in several:
        text, problems = caster.cast(**parts)
        assert (text, problems) == long_way(parts)
        assert text


def test_nothing_but_the_first_of_a_kind_goes_the_long_way():
    caster = Caster(now=NOW)
    caster.cast(**USUAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_mould.event, "build", None)
        for changes in (
            {"event_time": NOW, "lead_id": "765432109876543"},
            {"user_data": {"em": [OTHER, HASH], "ph": [HASH], "country": [OTHER]}},
        ):
            text, _problems = caster.cast(**{**USUAL, **changes})
            assert text


def test_far_too_many_hashes_are_a_problem_here_too():
    many = [digest(str(number)) for number in range(11_000)]
    parts = {**USUAL, "user_data": {"em": many}}
    assert Caster(now=NOW).cast(**parts) == long_way(parts)
    assert long_way(parts)[1]
