"""What else an answer says: time to rest, culprit, words; and that none breaks it."""

import dataclasses
import json
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol.answer import MAX_REST, VERDICTS, Answer, classify
from protocol.verdict import POLICY_REST

from .answers import HTML, accepted_body, error_body

# --- when to go on -------------------------------------------------------------------


def usage_of_business(*rows) -> dict:
    header = json.dumps({"110000000000001": list(rows)})
    return {"X-Business-Use-Case-Usage": header}


def throttled(headers, code=80004) -> Answer:
    answer = classify(400, headers, error_body(code))
    assert answer.verdict == "throttle"
    return answer


def test_a_business_limit_tells_its_time_in_minutes():
    row = {"type": "ads_management", "call_count": 100}
    headers = usage_of_business({**row, "estimated_time_to_regain_access": 7})
    assert throttled(headers).resume_after == 7 * 60


def test_a_business_limit_that_is_not_in_a_list_is_read_too():
    header = '{"11": {"call_count": 100, "estimated_time_to_regain_access": 7}}'
    answer = throttled({"X-Business-Use-Case-Usage": header})
    assert (answer.resume_after, answer.usage) == (7 * 60, 100)


@pytest.mark.parametrize(
    "header",
    [
        '[{"call_count": 100, "estimated_time_to_regain_access": 7}]',
        '{"11": {"22": [{"call_count": 100, "estimated_time_to_regain_access": 7}]}}',
        '{"1": [null, 3, [{"total_time": 100, "estimated_time_to_regain_access": 7}]]}',
    ],
)
def test_a_business_limit_is_found_however_it_is_nested(header):
    answer = throttled({"X-Business-Use-Case-Usage": header})
    assert (answer.resume_after, answer.usage) == (7 * 60, 100)


def test_a_limit_that_is_used_up_by_what_was_taken_tells_its_time():
    def rest(**row):
        headers = usage_of_business({"estimated_time_to_regain_access": 12, **row})
        return classify(200, headers, accepted_body()).resume_after

    assert rest(call_count=100) == rest(total_time=103.5) == 12 * 60
    assert rest(call_count=99) is rest() is None
    window = json.dumps({"acc_id_util_pct": 100, "reset_time_duration": 100})
    headers = {"X-Ad-Account-Usage": window}
    assert classify(200, headers, accepted_body()).resume_after is None


def test_the_longest_of_several_business_limits_counts():
    headers = usage_of_business(
        {"type": "leadgen", "estimated_time_to_regain_access": 2},
        {"type": "pages", "estimated_time_to_regain_access": "11"},
        {"type": "ads_management"},
    )
    assert throttled(headers).resume_after == 11 * 60


def test_an_ad_account_limit_tells_its_time_in_seconds():
    header = json.dumps({"acc_id_util_pct": 100, "reset_time_duration": 100})
    assert throttled({"X-Ad-Account-Usage": header}, 17).resume_after == 100


def test_retry_after_is_honoured_in_both_of_its_forms():
    assert throttled({"Retry-After": "90"}).resume_after == 90
    at = formatdate(time.time() + 7200, usegmt=True)
    assert 3600 < throttled({"Retry-After": at}).resume_after <= 7200
    past = formatdate(time.time() - 600, usegmt=True)
    assert throttled({"Retry-After": past}).resume_after is None


def test_header_names_have_no_case():
    for name in ("retry-after", "RETRY-AFTER", "Retry-after"):
        assert throttled({name: "5"}).resume_after == 5


@pytest.mark.parametrize(
    "headers", [{b"Retry-After": b"5"}, [("Retry-After", "5")], {"Retry-After": 5}]
)
def test_headers_are_read_in_any_clothes(headers):
    assert throttled(headers).resume_after == 5


@pytest.mark.parametrize(
    "headers", [None, {}, "junk", 5, [1], {5: object()}, {"Retry-After": object()}]
)
def test_headers_of_a_wrong_type_are_no_hint(headers):
    assert throttled(headers).resume_after is None


def test_a_limit_without_a_time_leaves_the_rest_to_the_caller():
    headers = {"X-App-Usage": '{"call_count": 100, "total_time": 3}'}
    assert throttled(headers, 4).resume_after is None
    zero = usage_of_business({"estimated_time_to_regain_access": 0})
    assert throttled(zero).resume_after is None


def test_no_hint_rests_longer_than_a_day():
    for minutes in (10**9, 1e300):
        headers = usage_of_business({"estimated_time_to_regain_access": minutes})
        assert throttled(headers).resume_after == MAX_REST == 86400


@pytest.mark.parametrize(
    "value",
    [
        *["", "soon", "{", "[]", "null", '{"a": 5}', '{"a": [5, null, "x"]}', "[[[["],
        '{"a": [{"estimated_time_to_regain_access": NaN}]}',
        '{"a": [{"estimated_time_to_regain_access": Infinity}]}',
        '{"a": [{"estimated_time_to_regain_access": -5}]}',
        '{"a": [{"estimated_time_to_regain_access": true}]}',
        '{"a": [{"estimated_time_to_regain_access": {}}]}',
        '{"reset_time_duration": "soon"}',
    ],
)
def test_a_malformed_header_is_no_hint(value):
    names = ("X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "Retry-After")
    headers = {name: value for name in (*names, "X-App-Usage", "X-Page-Usage")}
    assert throttled(headers).resume_after is None


def test_an_event_from_the_future_waits_five_minutes_for_the_clock():
    answer = classify(400, {}, error_body(100, 2804004))
    assert (answer.verdict, answer.resume_after) == ("retry", 300)
    assert "clock" in answer.meaning


def test_a_policy_block_rests_for_hours():
    answer = classify(400, {}, error_body(368))
    assert answer.verdict == "pause"
    assert 3 * 3600 <= answer.resume_after <= 12 * 3600


def test_a_dead_token_has_no_time_of_its_own_to_resume():
    headers = usage_of_business({"estimated_time_to_regain_access": 7})
    assert classify(401, headers, error_body(190)).resume_after is None


def test_a_header_does_not_have_us_ask_again_with_a_dead_token():
    for code in (190, 100):
        answer = classify(401, {"Retry-After": "5"}, error_body(code))
        assert answer.resume_after is None


def test_the_rest_of_a_policy_block_is_not_cut_short():
    answer = classify(400, {"Retry-After": "5"}, error_body(368))
    assert answer.resume_after == POLICY_REST
    longer = classify(400, {"Retry-After": "80000"}, error_body(368))
    assert longer.resume_after == 80000


def test_the_highest_usage_of_any_limit_is_shown_on_every_answer():
    headers = {
        "X-App-Usage": '{"call_count": 28, "total_time": 25, "total_cputime": 25}',
        "X-Ad-Account-Usage": '{"acc_id_util_pct": 9.67, "reset_time_duration": 100}',
        **usage_of_business(
            {"call_count": 95, "total_cputime": 20, "total_time": 20},
            {"call_count": "12"},
        ),
    }
    assert classify(200, headers, accepted_body()).usage == 95
    assert classify(400, headers, error_body(100)).usage == 95
    assert classify(502, headers, HTML).usage == 95
    assert classify(200, {}, accepted_body()).usage is None


# --- who is to blame -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "index"),
    [
        ({"message": "Param $['data'][0]['event_name'] is required"}, 0),
        ({"error_user_msg": "Le paramètre $['data'][3]['user_data'] manque"}, 3),
        ({"message": '(#100) $["data"][12]["event_time"] must be an integer'}, 12),
        ({"message": "(#100) data[7].user_data.lead_id is invalid"}, 7),
        ({"error_data": {"blame_field_specs": [["$['data'][5]['x']"]]}}, 5),
        ({"error_data": '{"blame_field_specs": [["data[4]"]]}'}, 4),
        ({"error_data": {"blame_field_specs": [["data", 9, "event_time"]]}}, 9),
        ({"error_data": {"blame_field_specs": [["data", "8"]]}}, 8),
        ({"blame_field_specs": ["data[2]"]}, 2),
        ({"message": "$['data'][999]"}, 999),
        ({"message": "$['data'][1000]"}, None),
        ({"message": "$['data'][99999999999]"}, None),
        ({"message": "custom_data[3] and user_data[4] are no places"}, None),
        ({"message": "Invalid parameter"}, None),
        ({"error_data": "{"}, None),
        ({"error_data": {"blame_field_specs": "data[1][event_time]"}}, 1),
        ({"error_data": {"blame_field_specs": [[["data", 6, "event_time"]]]}}, 6),
        ({"error_data": json.dumps('{"blame_field_specs": [["data", 3]]}')}, 3),
        ({"error_user_msg": "The event at index 3 is too old"}, 3),
        ({"message": "Invalid event (Index: 12)"}, 12),
        ({"message": "The search index 20041 is down"}, None),
        ({"error_data": {"blame_field_specs": [[], None, 7, {}]}}, None),
        ({"error_data": [1]}, None),
    ],
)
def test_the_event_to_blame_is_found_where_meta_names_it(fields, index):
    assert classify(400, {}, error_body(100, 2804019, **fields)).culprit == index


# --- values in other clothes ----------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "read"),
    [
        *[("190", 190), (" 190 ", 190), (190.0, 190), ("190.0", 190)],
        *[(True, None), ("x", None), (None, None), ({}, None), (1.5, None)],
        *[(2**31, None), (10**400, None), ("9" * 40, None)],
    ],
    ids=lambda value: str(value)[:12],
)
def test_codes_are_read_in_any_clothes(code, read):
    answer = classify(400, {}, error_body(code, code))
    assert (answer.code, answer.subcode) == (read, read)
    assert answer.verdict == ("pause" if read else "retry")


def test_a_code_that_stands_only_in_the_message_is_read():
    answer = classify(400, {}, error_body(None, message="(#200) Permissions error"))
    assert (answer.verdict, answer.code) == ("pause", 200)


@pytest.mark.parametrize("flag", [True, "true", "True", "1", 1])
def test_transient_is_read_in_any_clothes(flag):
    body = error_body(100, is_transient=flag)
    assert classify(400, {}, body).verdict == "retry"


@pytest.mark.parametrize("flag", [False, "false", "0", 0, None, "no", [], {}])
def test_not_transient_is_read_in_any_clothes(flag):
    body = error_body(100, is_transient=flag)
    assert classify(400, {}, body).verdict == "refuse"


@pytest.mark.parametrize("count", ["4", 4.0])
def test_events_received_is_read_in_any_clothes(count):
    assert classify(200, {}, accepted_body(count)).events_received == 4


# --- words ---------------------------------------------------------------------------


def test_both_of_metas_sentences_are_kept_once_each():
    body = error_body(100, message="Invalid parameter", error_user_msg="Too old.")
    assert classify(400, {}, body).message == "Invalid parameter: Too old."
    body = error_body(100, message="Too old.", error_user_msg="Too old.")
    assert classify(400, {}, body).message == "Too old."


def test_messages_and_a_version_notice_become_warnings():
    notice = "The call has been auto-upgraded to v26.0"
    body = accepted_body(messages=["Check your data", 7, "", None])
    answer = classify(200, {"X-Ad-Api-Version-Warning": notice}, body)
    assert answer.warnings == ("Check your data", "7", notice)
    assert classify(200, {}, accepted_body(messages="One")).warnings == ("One",)
    assert classify(200, {}, b"{}").warnings == ()


def test_no_secret_or_personal_data_stays_in_metas_words():
    said = (
        "Unsupported get request to /v26.0/1?access_token=EAAGm0PX4ZCpsBAKnZCsecret"
        " for ana.secret@example.com"
    )
    body = error_body(100, message=said, error_user_title=said)
    answer = classify(400, {}, body)
    taken = classify(200, {}, accepted_body(messages=[said]))
    for text in (answer.title, answer.message, *taken.warnings):
        assert "EAAGm0" not in text
        assert "ana.secret" not in text
        assert "Unsupported get request" in text


@pytest.mark.parametrize("length", range(985, 1000))
def test_no_part_of_a_secret_stays_where_a_message_is_cut(length):
    said = "x" * length + " EAAGm0PX4ZCpsBAKnZCsecret" + " y" * 200
    assert "EAAG" not in classify(400, {}, error_body(100, message=said)).message


def test_a_very_long_message_is_cut():
    body = error_body(100, message="word " * 10_000, error_user_msg="w " * 10_000)
    assert len(classify(400, {}, body).message) <= 1000


def test_a_trace_id_that_is_none_is_left_out():
    assert classify(400, {}, error_body(100, fbtrace_id=7)).trace_id == ""
    assert classify(400, {}, error_body(100, fbtrace_id="a b\n")).trace_id == ""
    assert classify(502, {"X-FB-Trace-ID": "Ahead"}, HTML).trace_id == "Ahead"


def test_an_answer_cannot_be_changed():
    answer = classify(200, {}, b"{}")
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.verdict = "refuse"


# --- whatever comes -------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=20), inner, max_size=4)
    ),
    max_leaves=12,
)
ERROR_KEYS = st.sampled_from(
    (
        *("code", "error_subcode", "message", "error_user_msg", "error_user_title"),
        *("is_transient", "fbtrace_id", "error_data", "blame_field_specs", "type"),
    )
)
ERRORS = st.dictionaries(ERROR_KEYS, JSON | st.sampled_from((1, 4, 100, 190, 200)))
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda data: json.dumps(data).encode()),
    ERRORS.map(lambda error: json.dumps({"error": error}).encode()),
    st.dictionaries(
        st.sampled_from(("error", "messages", "events_received")), JSON
    ).map(lambda data: json.dumps(data).encode()),
)
HEADER_NAMES = st.sampled_from(
    (
        *("X-Business-Use-Case-Usage", "x-app-usage", "X-Ad-Account-Usage"),
        *("Retry-After", "X-Ad-Api-Version-Warning", "X-FB-Trace-ID"),
    )
)
HEADERS = st.dictionaries(
    HEADER_NAMES, st.text(max_size=60) | JSON.map(json.dumps), max_size=5
)


@given(st.none() | st.integers(-1, 700), HEADERS, BODIES)
def test_any_answer_gives_a_verdict_and_never_raises(status, headers, body):
    answer = classify(status, headers, body)
    assert answer.verdict in VERDICTS
    assert answer.meaning
    rest = answer.resume_after
    assert rest is None or (isinstance(rest, int) and 0 < rest <= MAX_REST)
    assert answer.culprit is None or 0 <= answer.culprit < 1000
    assert answer.outcome_known or answer.verdict == "retry"
    assert isinstance(answer.title, str)
    assert isinstance(answer.message, str)


@given(st.integers(200, 599), ERRORS)
def test_no_body_with_an_error_is_ever_accepted(status, error):
    body = json.dumps({"error": error, "events_received": 1}).encode()
    assert classify(status, {}, body).verdict != "accepted"


@given(JSON, JSON, JSON)
def test_arguments_of_a_wrong_type_are_no_answer_but_no_crash(status, headers, body):
    assert classify(status, headers, body).verdict in VERDICTS
