import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import webhook

VALUE = {
    "ad_id": "120200000000000001",
    "form_id": "220000000000001",
    "leadgen_id": "330000000000001",
    "created_time": 1769862896,
    "page_id": "110000000000001",
    "adgroup_id": "120200000000000001",
}


def change(**changes):
    return {"value": {**VALUE, **changes}, "field": "leadgen"}


def entry(*changes, **more):
    return {
        "id": "110000000000001",
        "time": 1769862897,
        "changes": list(changes),
        **more,
    }


def body(*entries, **more):
    return json.dumps({"object": "page", "entry": list(entries), **more}).encode()


def one(**changes):
    (notification,) = webhook.parse(body(entry(change(**changes))))
    return notification


def test_a_lead_from_an_ad_is_read_with_all_its_ids():
    assert one() == webhook.Notification(
        leadgen_id="330000000000001",
        page_id="110000000000001",
        form_id="220000000000001",
        ad_id="120200000000000001",
        created_time=1769862896,
        is_ping=False,
        value=VALUE,
    )


def test_an_organic_lead_has_no_ad():
    value = {k: v for k, v in VALUE.items() if k not in ("ad_id", "adgroup_id")}
    (lead,) = webhook.parse(body(entry({"value": value, "field": "leadgen"})))
    assert lead.ad_id is None
    assert lead.leadgen_id == "330000000000001"
    assert lead.value == value


@pytest.mark.parametrize("absent", [None, "", "  ", "0", 0, "00", False, [], {}])
def test_an_ad_id_that_says_nothing_is_absent(absent):
    assert one(ad_id=absent).ad_id is None


def test_integer_ids_keep_every_digit():
    lead = one(leadgen_id=55459717045641545, ad_id=9007199254740993, form_id=12)
    assert lead.leadgen_id == "55459717045641545"
    assert lead.ad_id == "9007199254740993"
    assert lead.form_id == "12"


def test_an_id_in_spaces_is_trimmed():
    assert one(leadgen_id=" 330000000000001\n").leadgen_id == "330000000000001"


@pytest.mark.parametrize("given_id", [None, "", 0])
def test_the_entry_names_the_page_where_the_value_does_not(given_id):
    assert one(page_id=given_id).page_id == "110000000000001"


def test_the_page_of_the_value_wins_over_the_entrys():
    (lead,) = webhook.parse(body(entry(change(page_id="7"), id="8")))
    assert lead.page_id == "7"


def test_every_change_of_every_entry_is_read_in_order():
    ids = [str(330000000000000 + n) for n in range(5)]
    first = entry(*(change(leadgen_id=i) for i in ids[:3]))
    second = entry(*(change(leadgen_id=i, page_id="2") for i in ids[3:]), id="2")
    leads = webhook.parse(body(first, second))
    assert [lead.leadgen_id for lead in leads] == ids
    assert [lead.page_id for lead in leads] == ["110000000000001"] * 3 + ["2"] * 2


def test_a_thousand_changes_in_one_post_are_read():
    leads = webhook.parse(body(entry(*(change(leadgen_id=n + 1) for n in range(1000)))))
    assert [lead.leadgen_id for lead in leads] == [str(n + 1) for n in range(1000)]


def test_the_same_lead_twice_is_announced_twice():
    assert len(webhook.parse(body(entry(change(), change())))) == 2


@pytest.mark.parametrize("sender", ["0", 0])
def test_the_dashboards_test_button_is_a_ping(sender):
    value = {
        "ad_id": "444444444",
        "form_id": "444444444444",
        "leadgen_id": "444444444444",
        "created_time": 1769862896,
        "page_id": "444444444444",
        "adgroup_id": "44444444444",
    }
    (lead,) = webhook.parse(
        body(entry({"field": "leadgen", "value": value}, id=sender))
    )
    assert lead.is_ping
    assert lead.leadgen_id == "444444444444"


def test_a_lead_of_fours_or_from_entry_zero_is_a_ping_and_others_are_not():
    assert one(leadgen_id=444444444444).is_ping
    assert not one(leadgen_id="444444444445").is_ping
    (lead,) = webhook.parse(body(entry(change(), id=0)))
    assert lead.is_ping
    (lead,) = webhook.parse(body(entry(change(), id=None)))
    assert not lead.is_ping


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (1769862896, 1769862896),
        ("1769862896", 1769862896),
        (1769862896.0, 1769862896),
        (" 1769862896 ", 1769862896),
        ("2026-01-31T12:34:56+0000", None),
        ("soon", None),
        ("", None),
        (None, None),
        (0, None),
        (-5, None),
        (True, None),
        (1769862896.5, None),
        (1769862896000, None),
        (10**400, None),
        ([1769862896], None),
        ({}, None),
    ],
)
def test_the_time_is_whole_seconds_or_nothing(sent, read):
    assert one(created_time=sent).created_time == read


@pytest.mark.parametrize(
    ("leadgen_id", "why"),
    [
        (None, "the ID is missing"),
        ("", "the ID is missing"),
        ("0", "the ID is missing"),
        (0, "the ID is missing"),
        ("12a", "this text is no ID"),
        ("-12", "this text is no ID"),
        ("1e17", "this text is no ID"),
        ("１２", "this text is no ID"),
        ("9" * 65, "this text is no ID"),
        (-12, "the type is int"),
        (1e17, "the number is too large to be exact"),
        (1.5, "the number is too large to be exact"),
        (True, "the type is bool"),
        (False, "the type is bool"),
        (["330000000000001"], "the type is list"),
        ({"id": 1}, "the type is dict"),
    ],
)
def test_a_lead_without_a_usable_id_is_passed_over_in_words(leadgen_id, why):
    delivery = webhook.read(body(entry(change(leadgen_id=leadgen_id), change())))
    assert [lead.leadgen_id for lead in delivery.notifications] == ["330000000000001"]
    expected = f"a leadgen change without a usable leadgen_id ({why})"
    assert delivery.passed_over == (expected,)


def test_a_float_that_is_still_exact_is_an_id():
    assert one(leadgen_id=330000000000001.0).leadgen_id == "330000000000001"


def test_an_integer_of_thousands_of_digits_costs_only_its_own_change():
    huge = body(entry(change(leadgen_id=1), change())).replace(
        b'"leadgen_id": 1,', b'"leadgen_id": ' + b"9" * 10_000 + b","
    )
    delivery = webhook.read(huge)
    assert len(delivery.notifications) == 1
    assert len(delivery.passed_over) == 1


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry({"field": "feed", "value": {"item": "post"}})], 'field "feed"'),
        (
            [entry({"field": "leadgen_update", "value": {"leadgen_id": 1}})],
            'field "leadgen_update": an update by Meta\'s lead agent, not a new lead',
        ),
        ([entry({"field": "Leadgen", "value": VALUE})], 'field "Leadgen"'),
        ([entry({"field": 5, "value": VALUE})], "field of type int"),
        ([entry({"value": VALUE})], "a change without field"),
        ([entry({"field": "leadgen"})], "a leadgen change without a value"),
        ([entry({"field": "leadgen", "value": [1]})], "leadgen change without a value"),
        ([entry("leadgen", change())], "a change that is not an object"),
        (["x"], "an entry that is not an object"),
        ([None], "an entry that is not an object"),
        ([{"id": "1", "changes": {}}], "an entry whose changes are not a list"),
        ([{"id": "1", "changes": None}], "an entry whose changes are not a list"),
        ([{"id": "1", "time": 2}], "an entry without changes"),
        ([{"id": "1", "messaging": []}], 'an entry without changes: "messaging"'),
    ],
)
def test_what_is_no_lead_is_passed_over_in_words(entries, said):
    delivery = webhook.read(body(*entries, entry(change())))
    assert said in delivery.passed_over[0]
    assert delivery.notifications[-1].leadgen_id == "330000000000001"


def test_names_without_values_say_which_setting_is_off():
    delivery = webhook.read(
        body({"id": "1", "time": 2, "changed_fields": ["leadgen", "feed"]})
    )
    assert delivery.notifications == ()
    assert delivery.passed_over == (
        'changed_fields without values ("leadgen", "feed"): '
        "Include Values is off for the app's page subscription",
    )


def test_an_object_other_than_page_is_passed_over():
    raw = json.dumps({"object": "user", "entry": [entry(change())]}).encode()
    assert webhook.read(raw) == webhook.Delivery(
        (), ('object "user": it has neither leads nor messages',)
    )


def test_things_of_one_kind_are_said_once_with_their_number():
    feed = {"field": "feed", "value": {}}
    assert webhook.read(body(entry(feed, feed, feed))).passed_over == (
        'a change of field "feed" (how often: 3)',
    )


def test_what_is_said_stays_short_and_on_one_line():
    strange = [{"field": f"f{n}" + "x" * 50, "value": {}} for n in range(300)]
    said = webhook.read(body(entry(*strange))).passed_over
    assert len(said) == 21
    assert said[-1] == "other kinds of things: 280"
    assert all(len(line) < 100 and "\n" not in line for line in said)


@pytest.mark.parametrize("text", ["Call me at 5", "two\nlines", "x" * 61, "é", ""])
def test_what_stands_for_a_name_and_is_none_is_not_repeated(text):
    said = [
        *webhook.read(body(entry({"field": text, "value": {}}))).passed_over,
        *webhook.read(body({"id": "1", text: 1})).passed_over,
        *webhook.read(json.dumps({"object": text, "entry": []}).encode()).passed_over,
    ]
    assert len(said) == 3
    assert all("that is no name" in line for line in said)
    assert not text or text not in str(said)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"hello", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"<html></html>", "the body is not JSON"),
        (b'{"object":"page","entry":[]} x', "the body is not JSON"),
        (b"[]", "the body is not a JSON object"),
        (b"null", "the body is not a JSON object"),
        (b'"page"', "the body is not a JSON object"),
        (b"17", "the body is not a JSON object"),
        (b"\xff\xfe\x00", "the body is not UTF-8 text"),
        ('{"object":"page","entry":[]}'.encode("utf-16"), "the body is not UTF-8"),
        (b"{}", 'not a notification: "object" is missing'),
        (b'{"object":null,"entry":[]}', 'not a notification: "object" is missing'),
        (b'{"object":"page"}', 'not a notification: the list "entry" is missing'),
        (b'{"object":"user"}', 'not a notification: the list "entry" is missing'),
        (b'{"object":"page","entry":{}}', 'the list "entry" is missing'),
        (b'{"object":"page","entry":null}', 'the list "entry" is missing'),
        (b"[" * 200_000, "the body is nested too deeply"),
        (b'{"a":' * 200_000, "the body is nested too deeply"),
        (None, "the body is not bytes"),
        ("{}", "the body is not bytes"),
        (7, "the body is not bytes"),
    ],
)
def test_what_is_no_notification_is_refused_in_plain_words(raw, message):
    with pytest.raises(ValueError, match="^") as refused:
        webhook.parse(raw)
    assert message in str(refused.value)


def test_a_notification_without_entries_announces_nothing():
    assert webhook.read(body()) == webhook.Delivery((), ())


def test_a_byte_order_mark_and_unknown_keys_are_tolerated():
    raw = b"\xef\xbb\xbf" + body(entry(change(new_key={"a": [1]}), extra=1), more=2)
    (lead,) = webhook.parse(raw)
    assert lead.value["new_key"] == {"a": [1]}


def test_of_a_key_written_twice_the_last_one_counts():
    raw = body(entry(change())).replace(
        b'"leadgen_id":', b'"leadgen_id": "5", "leadgen_id":'
    )
    assert webhook.parse(raw)[0].leadgen_id == "330000000000001"


def test_the_kept_value_can_be_stored_in_a_database():
    raw = body(entry(change(note="a\x00b\ud800c", odd="ODD"))).replace(
        b'"ODD"', b"[NaN, Infinity, 1e999]"
    )
    value = webhook.parse(raw)[0].value
    assert value["note"] == "a\ufffdb\ufffdc"
    assert value["odd"] == [None, None, None]
    assert json.dumps(value, allow_nan=False).encode("utf-8")


def test_escaped_unicode_is_read():
    raw = body(entry(change(note="ä"))).replace(b"leadgen_id", b"leadgen\\u005fid")
    assert webhook.parse(raw)[0].leadgen_id == "330000000000001"


def test_notifications_can_be_counted_in_a_set():
    assert len({one(), one(), one(leadgen_id="5")}) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=12,
)
LIKE_A_BODY = st.fixed_dictionaries(
    {
        "object": st.sampled_from(["page", "page", "page", "user", None]),
        "entry": st.lists(
            st.fixed_dictionaries(
                {"id": JSON},
                optional={
                    "changes": JSON
                    | st.lists(
                        st.fixed_dictionaries(
                            {"field": st.just("leadgen") | JSON},
                            optional={
                                "value": JSON
                                | st.fixed_dictionaries(
                                    {"leadgen_id": JSON | st.integers(1, 10**18)},
                                    optional={"created_time": JSON, "page_id": JSON},
                                )
                            },
                        ),
                        max_size=3,
                    ),
                    "changed_fields": JSON,
                },
            ),
            max_size=3,
        )
        | JSON,
    }
)


@given(raw=st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_parse_raises_nothing_but_a_value_error(raw):
    try:
        assert isinstance(webhook.parse(raw), list)
    except ValueError as refused:
        assert not isinstance(refused, UnicodeError)
        assert str(refused).startswith(("the body is", "not a notification"))


@given(content=LIKE_A_BODY)
def test_whatever_is_announced_has_a_usable_id_and_the_rest_is_named(content):
    try:
        delivery = webhook.read(json.dumps(content).encode())
    except ValueError as refused:
        assert str(refused).startswith("not a notification")
        return
    for lead in delivery.notifications:
        assert lead.leadgen_id.isascii()
        assert lead.leadgen_id.isdecimal()
        assert lead.leadgen_id.strip("0")
        assert lead.created_time is None or lead.created_time > 0
    entries = content["entry"] if content["object"] == "page" else []
    if entries and not delivery.notifications:
        changes = [e.get("changes", 1) if isinstance(e, dict) else 1 for e in entries]
        assert delivery.passed_over or not any(changes)


def test_a_body_that_names_fields_only_is_told_from_one_with_values():
    bare = {"id": "1", "time": 1, "changed_fields": ["leadgen"]}
    for entries in ([bare], [{"id": "1", "changes": []}, bare]):
        raw = json.dumps({"object": "page", "entry": entries}).encode()
        assert webhook.read(raw).lacks_values is True
    for entries in ([], [7, None], [{"id": "1", "changes": []}]):
        raw = json.dumps({"object": "page", "entry": entries}).encode()
        assert webhook.read(raw).lacks_values is False
