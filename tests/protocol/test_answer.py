"""What an answer of the Graph API means: which verdict follows from what."""

import pytest
from protocol import answer_lookup, answer_table
from protocol.answer import classify

from .answers import HTML, accepted_body, error_body

# (code, subcode) of every published or observed error, and what must follow from it.
CODES = {
    "throttle": [
        *[(code, None) for code in (4, 17, 32, 341, 613)],
        *[(4, 1504022), (4, 1504039), (17, 2446079), (17, 1885172)],
        *[(613, 1487742), (613, 5044001), (613, 1996)],
        *[(code, None) for code in range(80000, 80015)],
        (80004, 2446079),
    ],
    "pause": [
        *[(code, None) for code in (3, 10, 12, 15, 101, 102, 103, 104, 190, 368, 803)],
        *[(190, sub) for sub in (452, 458, 459, 460, 463, 464, 465, 466, 467, 492)],
        *[(190, 2069032), (190, 424242), (100, 33), (200, 1870034)],
        *[(code, None) for code in (200, 201, 230, 278, 294, 299, 2635)],
    ],
    "retry": [
        *[(code, None) for code in (1, 2, 5000, 21009)],
        (100, 2804004),
    ],
    "refuse": [
        *[(100, None), (100, 34), (100, 38), (100, 999), (1, 99)],
        *[(100, sub) for sub in (2804001, 2804003, 2804007, 2804009, 2804010)],
        *[(100, sub) for sub in (2804014, 2804016, 2804017, 2804019, 2804023)],
        *[(100, sub) for sub in (2804030, 2804043, 2804048, 2804050, 2804066)],
        *[(100, sub) for sub in (2804069, 2804072, 2804079, 2804087, 2804116)],
        *[(100, 2804117), (100, 2804199), (506, None), (2200, None), (2500, None)],
        *[(6200, None), (6202, None)],
    ],
}
ROWS = [(code, sub, verdict) for verdict, rows in CODES.items() for code, sub in rows]


@pytest.mark.parametrize(("code", "subcode", "verdict"), ROWS)
def test_each_error_code_has_its_verdict_under_any_http_status(code, subcode, verdict):
    for status in (200, 400, 401, 403, 429, 500, 503):
        answer = classify(status, {}, error_body(code, subcode))
        assert (answer.verdict, answer.code, answer.subcode) == (verdict, code, subcode)
        assert answer.outcome_known
        assert answer.meaning
        assert answer.cure


def test_the_tests_name_every_code_and_subcode_of_the_table():
    named = {(code, subcode) for code, subcode, _ in ROWS}
    table = {(rule.code, rule.subcode) for rule in answer_table.RULES}
    assert table - named == set()


def test_an_exact_subcode_has_words_of_its_own():
    expired = classify(401, {}, error_body(190, 463))
    removed = classify(401, {}, error_body(190, 458))
    assert "expired" in expired.meaning
    assert "removed" in removed.meaning


# --- answers as Meta gives them ------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "verdict", "title"),
    [
        (400, error_body(100, 2804003, error_user_title="Event Timestamp Too Old"), "refuse", "Event Timestamp Too Old"),  # noqa: E501
        (400, error_body(100, 2804014, error_user_title="Missing User Parameters"), "refuse", "Missing User Parameters"),  # noqa: E501
        (400, error_body(100, message="(#100) The parameter data is required"), "refuse", ""),  # noqa: E501
        (401, error_body(190, message="Invalid OAuth access token"), "pause", ""),
        (400, error_body(100, 33, type="GraphMethodException"), "pause", ""),
        (400, error_body(100, message="(#100) Missing Permission"), "pause", ""),
        (403, error_body(200, message="(#200) Requires leads_retrieval"), "pause", ""),
        (400, error_body(4, message="(#4) Application request limit reached"), "throttle", ""),  # noqa: E501
        (500, error_body(2, is_transient=True), "retry", ""),
        (400, error_body(21009), "retry", ""),
    ],
)  # fmt: skip
def test_documented_answers_are_read(status, body, verdict, title):
    answer = classify(status, {}, body)
    assert (answer.verdict, answer.title) == (verdict, title)
    assert answer.trace_id == "Atrace"


def test_a_batch_that_meta_took_is_accepted_with_its_count():
    answer = classify(200, {}, accepted_body(4))
    assert answer.verdict == "accepted"
    assert answer.accepted
    assert answer.events_received == 4
    assert answer.trace_id == "Aok"
    assert answer.warnings == ()
    assert answer.outcome_known
    assert (answer.code, answer.resume_after, answer.culprit) == (None, None, None)


def test_a_read_without_events_received_is_accepted():
    answer = classify(200, {}, b'{"data": []}')
    assert answer.verdict == "accepted"
    assert answer.events_received is None


@pytest.mark.parametrize("status", [200, 201, 299])
def test_an_error_inside_a_2xx_is_an_error(status):
    answer = classify(status, {}, error_body(190, 463))
    assert answer.verdict == "pause"
    assert not answer.accepted


@pytest.mark.parametrize("nothing", [b"null", b"false"])
def test_an_error_key_that_says_no_error_is_none(nothing):
    assert classify(200, {}, b'{"error": ' + nothing + b"}").accepted


@pytest.mark.parametrize(
    "error", ["{}", "[]", '""', '"invalid_token"', "7", "true", '[{"code": 190}]']
)
def test_an_error_of_an_unknown_form_is_retried_a_few_times(error):
    answer = classify(200, {}, f'{{"error": {error}}}'.encode())
    assert answer.verdict == "retry"
    assert answer.tries == 5


def test_an_unknown_code_is_retried_twice_and_keeps_its_number():
    answer = classify(400, {}, error_body(424242, 7))
    assert (answer.verdict, answer.tries) == ("retry", 2)
    assert (answer.code, answer.subcode) == (424242, 7)


def test_meta_calling_a_refusal_transient_turns_it_into_a_retry():
    answer = classify(400, {}, error_body(100, 2804050, is_transient=True))
    assert answer.verdict == "retry"
    assert "temporary" in answer.meaning


@pytest.mark.parametrize(("code", "verdict"), [(4, "throttle"), (190, "pause")])
def test_transient_does_not_outrank_a_limit_or_a_dead_token(code, verdict):
    answer = classify(400, {}, error_body(code, is_transient=True))
    assert answer.verdict == verdict


def test_an_unknown_failure_of_meta_is_not_repeated_for_ever():
    assert classify(500, {}, error_body(1)).tries == 5
    assert classify(500, {}, error_body(2)).tries is None


@pytest.mark.parametrize("code", [1, 2, 987654])
def test_what_meta_calls_temporary_refuses_no_event_however_long_it_lasts(code):
    answer = classify(500, {}, error_body(code, is_transient=True))
    assert (answer.verdict, answer.tries) == ("retry", None)


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("(#100) Missing Permission", "pause"),
        ("API calls from the server require an appsecret_proof argument", "pause"),
        ("Invalid appsecret_proof provided in the API argument", "pause"),
        (
            "(#100) Object does not exist, cannot be loaded due to missing permission"
            " or reviewable feature",
            "pause",
        ),
        ("This endpoint requires the 'pages_read_engagement' permission", "pause"),
        ("(#100) The parameter data is required", "refuse"),
        ("(#100) Tried accessing nonexisting field (leads) on node type (X)", "refuse"),
        ("(#100) Invalid parameter", "refuse"),
    ],
)
def test_code_100_without_subcode_is_told_apart_by_metas_words(message, verdict):
    assert classify(400, {}, error_body(100, message=message)).verdict == verdict


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        (100, "(#100) Param partner_agent must be shorter", "pause"),
        (100, "(#100) Param test_event_code is not valid", "pause"),
        (2500, "Unknown path components: /v99.0/1/events", "pause"),
        (2500, "An active access token must be used to query information", "pause"),
        (2500, "Syntax error 'Expected end of string'", "refuse"),
    ],
)
def test_an_error_that_no_event_is_to_blame_for_costs_no_event(code, message, verdict):
    assert classify(400, {}, error_body(code, message=message)).verdict == verdict


@pytest.mark.parametrize(
    "words",
    [
        "'asked permission' is no event name",
        "(#100) Missing Permission",
        "appsecret_proof",
        "partner_agent",
    ],
)
def test_words_that_quote_an_event_pause_nothing(words):
    named = f"Param $['data'][3]['event_name']: {words}"
    answer = classify(400, {}, error_body(100, message=named))
    assert (answer.verdict, answer.culprit) == ("refuse", 3)
    blame = {"blame_field_specs": [["data", 3, "event_name"]]}
    answer = classify(400, {}, error_body(100, message=words, error_data=blame))
    assert (answer.verdict, answer.culprit) == ("refuse", 3)
    answer = classify(400, {}, error_body(100, 2804099, message=words))
    assert answer.verdict == "refuse"


def test_what_a_log_keeps_of_such_a_refusal_is_explained_as_one():
    words = "Param $['data'][3]['event_name']: asked permission"
    meaning, _cure = answer_lookup.explain("refuse", 100, None, words)
    assert meaning == answer_lookup.find(100, None, "").meaning


def test_the_users_localised_words_decide_nothing():
    body = error_body(100, 2804009, error_user_msg="Missing Permission, dit Meta")
    assert classify(400, {}, body).verdict == "refuse"


def test_a_revoked_leads_access_points_to_the_place_to_click():
    words = "CRM access has been revoked from Lead Access Manager"
    for code in (103, 200):
        answer = classify(403, {}, error_body(code, message=words))
        assert answer.verdict == "pause"
        assert "Leads access" in answer.cure


# --- no answer, or none of Meta's ----------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (None, b""),
        (None, accepted_body()),
        (200, b""),
        (200, b"   "),
        (204, b""),
        (200, accepted_body()[:-5]),
        (200, HTML),
        (502, HTML),
        (500, b""),
        (503, b"upstream connect error"),
        (404, HTML),
        (403, HTML),
        (429, HTML),
        (302, b""),
        (200, b"true"),
        (200, b"[1]"),
        (400, b"{}"),
        (500, b'{"message": "nope"}'),
        (200, b"\xff\xfe\x00broken"),
        (200, b"[" * 100_000),
        (200, b'{"a": ' * 100_000),
    ],
)
def test_what_is_no_answer_of_meta_is_retried_with_the_outcome_unknown(status, body):
    answer = classify(status, {}, body)
    assert answer.verdict == "retry"
    assert not answer.outcome_known
    assert answer.tries is None
    assert answer.meaning


def test_a_byte_order_mark_does_not_hide_an_answer():
    assert classify(200, {}, b"\xef\xbb\xbf" + accepted_body()).accepted


@pytest.mark.parametrize("status", answer_table.NOT_GRAPH_BY_STATUS)
def test_the_status_of_a_foreign_answer_gives_words_and_no_verdict(status):
    foreign, unnamed = (classify(number, {}, HTML) for number in (status, 599))
    assert (foreign.verdict, foreign.outcome_known) == ("retry", False)
    assert foreign.meaning != unnamed.meaning
    assert foreign.meaning.startswith("The answer is not one of Meta's API (")
    ours = classify(status, {}, error_body(100, 2804003))
    assert (ours.verdict, ours.outcome_known) == ("refuse", True)


def test_a_request_too_large_to_come_through_is_not_repeated_as_it_is():
    assert classify(413, {}, HTML).tries == 1
    assert classify(414, {}, HTML).tries is None


@pytest.mark.parametrize("status", [413, 429, 503])
def test_a_foreign_answer_can_say_when_to_come_back(status):
    assert classify(status, {"Retry-After": "77"}, HTML).resume_after == 77


# --- what a log keeps is explained the same way ---------------------------------------


@pytest.mark.parametrize("rule", answer_table.RULES, ids=lambda rule: str(rule[:2]))
def test_what_a_log_keeps_of_an_answer_is_explained_as_the_answer_was(rule):
    body = error_body(rule.code, rule.subcode, message=f"Meta's {rule.words} words")
    answer = classify(400, {}, body)
    assert (answer.meaning, answer.cure) == (rule.meaning, rule.cure)
    kept = (answer.verdict, answer.code, answer.subcode)
    told = "\n".join([answer.title, answer.message, answer.meaning, answer.cure])
    for words in (answer.message, told):
        assert answer_lookup.explain(*kept, words) == (rule.meaning, rule.cure)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *[(None, b""), (200, b""), (200, b"{"), (502, HTML), (413, HTML), (599, HTML)],
        *[(400, error_body(987654)), (400, error_body(None)), (400, error_body(246))],
        (400, error_body(100, 2804050, is_transient=True)),
        (400, error_body(80007)),
    ],
)
def test_what_has_no_row_of_its_own_is_explained_as_the_answer_was(status, body):
    answer = classify(status, {}, body)
    told = f"{answer.message}\n{answer.meaning}\n{answer.cure}"
    explained = answer_lookup.explain(
        answer.verdict, answer.code or 0, answer.subcode or 0, told
    )
    assert explained == (answer.meaning, answer.cure)


def test_what_meta_took_needs_no_explanation():
    assert answer_lookup.explain("accepted", None, None, "") == ("", "")


def test_an_integer_of_thousands_of_digits_costs_nothing_else():
    body = b'{"data": [{"id": "1", "odd": ' + b"9" * 6000 + b"}]}"
    answer = classify(200, {"content-type": "application/json"}, body)
    assert answer.accepted
