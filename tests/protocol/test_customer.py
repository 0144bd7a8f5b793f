import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import customer, event, event_checks, user_data
from protocol.customer import Choice, Party, customer_keys, split_name

NOBODY = Party()
NOW = 1_790_000_000


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_every_key_that_a_crm_knows_is_the_hash_of_its_normal_form():
    lead = Party(
        name=" Ana María Acker",
        emails=["Ana@Example.COM"],
        phones=["(202) 555-0101"],
        city="New York",
        zip="10001-1234",
        state="New York",
        state_code="NY",
        state_country="US",
        country="US",
    )
    assert customer_keys(lead, NOBODY) == {
        "em": [sha256("ana@example.com")],
        "ph": [sha256("12025550101")],
        "fn": [sha256("ana")],
        "ln": [sha256("maríaacker")],
        "ct": [sha256("newyork")],
        "st": [sha256("ny")],
        "zp": [sha256("10001")],
        "country": [sha256("us")],
    }


def test_of_nobody_nothing_is_known():
    assert customer_keys(NOBODY, NOBODY, company_country="US") == {}


def test_addresses_of_lead_and_contact_are_all_sent_and_each_once():
    keys = customer_keys(
        Party(emails=["ana@example.com", None], phones=["+12025550101"]),
        Party(
            emails=["ANA@example.com", "ana@work.example"],
            phones=["+12025550102", "+1 202 555 0101"],
        ),
    )
    assert keys == {
        "em": [sha256("ana@example.com"), sha256("ana@work.example")],
        "ph": [sha256("12025550101"), sha256("12025550102")],
    }


def test_the_contact_speaks_where_the_lead_is_silent():
    contact = Party("Berta Bauer", city="Berlin", zip="10115", country="DE")
    keys = customer_keys(Party(city="Potsdam"), contact)
    assert keys == {
        "fn": [sha256("berta")],
        "ln": [sha256("bauer")],
        "ct": [sha256("potsdam")],
        "zp": [sha256("10115")],
        "country": [sha256("de")],
    }


def test_an_address_in_another_country_completes_nothing():
    contact = Party(city="Berlin", zip="10115", state="Berlin", country="DE")
    keys = customer_keys(Party(city="Wien", country="AT"), contact)
    assert keys == {"ct": [sha256("wien")], "country": [sha256("at")]}


@pytest.mark.parametrize(
    ("state", "normal"),
    [
        (Party(state="California", state_code="CA", state_country="US"), "ca"),
        (Party(state="Québec", state_code="QC", state_country="CA"), "qc"),
        (Party(state="Bayern", state_code="BY", state_country="DE"), "bayern"),
    ],
)
def test_a_state_is_told_by_the_rule_of_its_country_and_tells_the_country(
    state, normal
):
    assert customer_keys(state, NOBODY) == {
        "st": [sha256(normal)],
        "country": [sha256(state.state_country.lower())],
    }


@pytest.mark.parametrize(
    ("lead", "contact", "company"),
    [
        (Party(phones=["06 12 34 56 78"], country="FR"), Party(country="DE"), "US"),
        (Party(phones=["06 12 34 56 78"]), Party(country="FR"), "US"),
        (Party(phones=["06 12 34 56 78"]), NOBODY, "FR"),
        (Party(country="US"), Party(phones=["06 12 34 56 78"], country="FR"), "US"),
        (Party(country="FR"), Party(phones=["06 12 34 56 78"]), "US"),
    ],
)
def test_a_national_number_is_read_by_its_owners_country_then_the_companys(
    lead, contact, company
):
    keys = customer_keys(lead, contact, company_country=company)
    assert keys["ph"] == [sha256("33612345678")]


def test_the_companys_country_is_never_told_as_the_persons():
    keys = customer_keys(
        Party(emails=["ana@example.com"]), NOBODY, company_country="FR"
    )
    assert keys.keys() == {"em"}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ana Acker", ("Ana", "Acker")),
        ("  Jörg  von der Heide ", ("Jörg", "von der Heide ")),
        ("Madonna", ("Madonna", "")),
        ("정", ("정", "")),
        ("   ", ("", "")),
        ("", ("", "")),
        (None, ("", "")),
    ],
)
def test_a_name_is_its_first_word_and_the_rest(name, parts):
    assert split_name(name) == parts


FULL = Party(
    name="Ana Acker",
    emails=["ana@example.com"],
    phones=["+12025550101"],
    city="Reno",
    zip="89501",
    state="Nevada",
    state_code="NV",
    state_country="US",
    country="US",
)
MORE = {
    "db": "1990-12-31",
    "ge": "female",
    "external_id": "C0042",
    "fbc": "fb.1.1554763741205.AbCdEf",
    "fbp": "fb.1.1596403881668.1116446470",
    "client_ip_address": "2001:db8::1",
    "client_user_agent": "Mozilla/5.0",
}


@pytest.mark.parametrize(
    "key", ["em", "ph", "fn", "ln", "ct", "st", "zp", "country", *MORE]
)
def test_a_key_that_is_left_out_is_missing_and_no_other(key):
    everything = customer_keys(FULL, NOBODY, more=MORE)
    kept = customer_keys(
        FULL, NOBODY, more=MORE, choice=Choice(left_out=frozenset({key}))
    )
    assert everything.keys() - kept.keys() == {key}
    assert kept == {name: everything[name] for name in kept}


def test_with_the_lead_id_only_nothing_else_is_told():
    only = Choice(lead_id_only=True)
    assert customer_keys(FULL, FULL, more=MORE, choice=only) == {}


def test_a_browsers_data_goes_unhashed_and_the_rest_hashed():
    assert customer_keys(NOBODY, NOBODY, more=MORE) == {
        "db": [sha256("19901231")],
        "ge": [sha256("f")],
        "external_id": [sha256("c0042")],
        "fbc": "fb.1.1554763741205.AbCdEf",
        "fbp": "fb.1.1596403881668.1116446470",
        "client_ip_address": "2001:db8::1",
        "client_user_agent": "Mozilla/5.0",
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("db", "12/31/90"),
        ("ge", "diverse"),
        ("external_id", "  "),
        ("fbc", "AbCdEf"),
        ("fbp", "fb.1.today.1"),
        ("client_ip_address", "10.0.0.256"),
        ("client_user_agent", sha256("Mozilla/5.0")),
        ("client_user_agent", ""),
        ("em", ["nobody", None, False, 7]),
        ("ph", []),
    ],
)
def test_what_cannot_be_used_is_left_out(key, value):
    assert customer_keys(NOBODY, NOBODY, more={key: value}) == {}


def test_what_is_added_comes_after_what_the_lead_says_and_once():
    keys = customer_keys(
        FULL,
        NOBODY,
        more={
            "em": ["ana@old.example", "ana@example.com"],
            "fbp": ["bad", "fb.1.1596403881668.1", "fb.1.1596403881668.2"],
        },
    )
    assert keys["em"] == [sha256("ana@example.com"), sha256("ana@old.example")]
    assert keys["fbp"] == "fb.1.1596403881668.1"


def test_a_hash_is_not_hashed_again():
    keys = customer_keys(
        NOBODY, NOBODY, more={"em": sha256("a@b.example"), "external_id": sha256("7")}
    )
    assert keys == {"em": [sha256("a@b.example")], "external_id": [sha256("7")]}


def test_an_external_id_goes_as_it_is_where_the_pixel_sends_it_so():
    plain = Choice(plain_external_id=True)
    keys = customer_keys(NOBODY, NOBODY, more={"external_id": " C 42 "}, choice=plain)
    assert keys == {"external_id": ["C 42"]}


@pytest.mark.parametrize("value", ["ana@example.com", "  ", None])
def test_no_address_and_nothing_empty_goes_as_a_plain_external_id(value):
    plain = Choice(plain_external_id=True)
    more = {"external_id": value}
    assert customer_keys(NOBODY, NOBODY, more=more, choice=plain) == {}


def test_a_key_that_meta_does_not_know_is_an_error():
    with pytest.raises(ValueError, match="email"):
        customer_keys(NOBODY, NOBODY, more={"email": "ana@example.com"})


def test_ids_that_meta_counts_with_become_numbers():
    keys = customer_keys(NOBODY, NOBODY, more={"fb_login_id": "1234567890123456789"})
    built = event.build(
        event_name="qualified",
        event_time=NOW,
        event_id="1",
        lead_id="10000000000000001",
        user_data=keys,
    )
    assert built["user_data"] == {
        "lead_id": 10000000000000001,
        "fb_login_id": 1234567890123456789,
    }


texts = st.none() | st.text(max_size=40) | st.sampled_from(("0", "-", "e3b0" * 16))
codes = st.sampled_from((None, "US", "CA", "DE", "FR", "XX"))
parties = st.builds(
    Party,
    name=texts,
    emails=st.lists(texts, max_size=2),
    phones=st.lists(texts, max_size=2),
    city=texts,
    zip=texts,
    state=texts,
    state_code=texts,
    state_country=codes,
    country=codes,
)
additions = st.dictionaries(
    st.sampled_from(sorted(user_data.KEYS)),
    texts | st.lists(texts, max_size=3),
    max_size=4,
)
choices = st.builds(
    Choice,
    left_out=st.frozensets(st.sampled_from(sorted(user_data.KEYS))),
    lead_id_only=st.booleans(),
    plain_external_id=st.booleans(),
)


@given(parties, parties, codes, additions, choices)
def test_whatever_people_typed_the_event_is_sound_and_holds_no_hash_of_nothing(
    lead, contact, company, more, choice
):
    keys = customer_keys(
        lead, contact, company_country=company, more=more, choice=choice
    )
    assert not keys.keys() & choice.left_out
    for key, values in keys.items():
        assert values
        if key in user_data.HASHED_KEYS - {"external_id"}:
            assert len(set(values)) == len(values)
            for value in values:
                assert re.match("[0-9a-f]{64}", value)
                assert value != sha256("")
    built = event.build(
        event_name="qualified",
        event_time=NOW,
        event_id="1",
        lead_id="10000000000000001",
        user_data=keys,
    )
    assert event.problems(built, now=NOW) == []


def test_hashes_of_people_are_not_remembered():
    customer._place_hash.cache_clear()
    customer_keys(FULL, NOBODY, more=MORE)
    remembered = customer._place_hash.cache_info().currsize
    customer_keys(
        FULL._replace(name="Eve", emails=["e@f.example"], phones=["+12025550199"]),
        NOBODY,
        more={**MORE, "external_id": "C0043", "db": "1991-01-01"},
    )
    assert customer._place_hash.cache_info().currsize == remembered == 3


@pytest.mark.parametrize("state", [0, *range(1000, 1014)])
def test_limited_data_use_is_what_meta_takes(state):
    built = event.build(
        event_name="qualified",
        event_time=NOW,
        event_id="1",
        lead_id="10000000000000001",
        user_data={},
        data_processing=event.limited_data_use(1 if state else 0, state),
    )
    assert event.problems(built, now=NOW) == []
    assert state in event_checks.LDU_STATES
    assert built["data_processing_options"] == ["LDU"]
    assert built["data_processing_options_country"] == (1 if state else 0)
    assert built["data_processing_options_state"] == state


def test_without_limits_an_event_says_nothing_of_them():
    built = event.build(
        event_name="qualified",
        event_time=NOW,
        event_id="1",
        lead_id="10000000000000001",
        user_data={},
    )
    assert not [key for key in built if key.startswith("data_processing")]
