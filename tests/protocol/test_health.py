"""What Meta's answers say about a connection and a page, whatever shape they have."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import health, health_app, health_page
from protocol.answer import classify, json_object
from protocol.reply import Reply, Result

REVOKED = "CRM access has been revoked from Lead Access Manager"
NOW = 1_795_000_000
APP, PAGE = "1000000000000001", "110000000000001"
CALLBACK = "https://crm.example.com/meta/webhook/secret-path"
DAY = 86400
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def result(body, status=200):
    raw = json.dumps(body).encode()
    answer = classify(status, {}, raw)
    data = json_object(raw) if answer.accepted else None
    return Result(Reply(status, {}, raw), answer, data)


def refused(code, message="No.", subcode=None, status=400):
    error = {"code": code, "message": message}
    if subcode:
        error["error_subcode"] = subcode
    return result({"error": error}, status)


def no_answer():
    return Result(Reply(None, failure="timed out"), classify(None, None, None))


def info(**changes):
    scopes = [name for name, _level, _purpose in health.SCOPES]
    sound = {
        "app_id": APP,
        "type": "SYSTEM_USER",
        "is_valid": True,
        "expires_at": 0,
        "data_access_expires_at": 0,
        "scopes": scopes,
    }
    return {
        key: value for key, value in {**sound, **changes}.items() if value is not None
    }


def token(reads_leads=True, **changes):
    return health.token(info(**changes), now=NOW, app_id=APP, reads_leads=reads_leads)


# --- token ----------------------------------------------------------------------------


def test_a_system_user_s_token_for_ever_is_well_and_says_what_it_is():
    finding = token()
    assert finding.level == health.OK
    assert "system user" in finding.words
    assert "never expires" in finding.words
    assert "leads_retrieval" in finding.words
    assert not finding.cure


def test_a_dead_token_is_broken_with_meta_s_words_and_the_place_to_click():
    finding = token(is_valid=False, error={"code": 190, "message": "Session expired."})
    assert finding.level == health.BROKEN
    assert "Session expired." in finding.words
    assert "System users" in finding.cure


@pytest.mark.parametrize(
    ("key", "days", "level"),
    [
        ("expires_at", -1, health.BROKEN),
        ("expires_at", 13, health.ATTENTION),
        ("expires_at", 15, health.OK),
        ("data_access_expires_at", -1, health.BROKEN),
        ("data_access_expires_at", 13, health.ATTENTION),
        ("data_access_expires_at", 15, health.OK),
    ],
)
def test_an_end_that_is_near_needs_attention(key, days, level):
    finding = token(**{key: NOW + days * DAY})
    assert finding.level == level
    if level != health.OK:
        assert time.strftime("%Y-%m-%d", time.gmtime(NOW + days * DAY)) in finding.words


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        ("SYSTEM_USER", health.OK),
        ("USER", health.ATTENTION),
        ("PAGE", health.BROKEN),
        ("APP", health.BROKEN),
        ("SOMETHING_NEW", health.OK),
        (None, health.OK),
    ],
)
def test_the_kind_of_a_token_matters_to_who_reads_leads(kind, level):
    assert token(type=kind).level == level
    assert token(type=kind, reads_leads=False).level == health.OK


@pytest.mark.parametrize(("scope", "level", "purpose"), health.SCOPES)
def test_a_missing_permission_is_named_with_what_it_is_for(scope, level, purpose):
    scopes = [name for name, *_rest in health.SCOPES if name != scope]
    finding = token(scopes=scopes)
    assert finding.level == level
    assert f"{scope} is missing" in finding.words
    assert purpose in finding.words
    assert token(scopes=scopes, reads_leads=False).level == health.OK


@pytest.mark.parametrize("scopes", [None, [], "leads_retrieval", [7]])
def test_a_token_without_any_permission_can_only_not_be_told(scopes):
    finding = token(scopes=scopes)
    assert finding.level == health.INCONCLUSIVE
    assert "Events Manager" in finding.words


def test_a_token_of_another_app_gets_its_webhooks_elsewhere():
    assert token(app_id="1000000000000002").level == health.BROKEN
    assert token(app_id=int(APP)).level == health.OK


def test_a_permission_may_be_given_for_other_pages_only():
    rows = [
        {"scope": "ads_read", "target_ids": ["7"]},
        {"scope": "leads_retrieval", "target_ids": [int(PAGE)]},
    ]
    given_for = {"granular_scopes": rows}
    assert health.covers(given_for, "leads_retrieval", PAGE)
    assert not health.covers(given_for, "leads_retrieval", "110000000000002")
    assert health.covers({}, "leads_retrieval", PAGE)
    assert health.covers({"granular_scopes": [{"scope": "x"}, 7]}, "x", PAGE)


@given(JSON)
def test_nothing_that_meta_could_say_of_a_token_raises(body):
    told = health.token_info(result({"data": body}))
    if told is not None:
        finding = health.token(told, now=NOW, app_id=APP, reads_leads=True)
        assert finding.level in health.LEVELS
        assert health.covers(told, "leads_retrieval", PAGE) in (True, False)


# --- the app's webhook ----------------------------------------------------------------


def subscriptions(**changes):
    row = {
        "object": "page",
        "callback_url": CALLBACK,
        "active": True,
        "fields": [{"name": "leadgen", "version": "v26.0"}],
        **changes,
    }
    return result({"data": [{"object": "user", "callback_url": "x"}, row]})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"fields": ["feed", "leadgen"]},
        {"callback_url": "HTTPS://CRM.example.com:443/meta/webhook/secret-path/"},
        {"include_values": True},
    ],
)
def test_a_webhook_that_comes_to_us_is_well(changes):
    assert health.app_subscription(subscriptions(**changes), CALLBACK).level == (
        health.OK
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"object": "instagram"}, "no webhook for Pages"),
        ({"callback_url": "https://other.example.com/hook/abc"}, "other.example.com"),
        ({"callback_url": "https://crm.example.com/meta/webhook/old"}, "same host"),
        ({"callback_url": "http://[broken"}, "cannot be read"),
        ({"callback_url": None}, "no callback URL"),
        ({"callback_url": 7}, "no callback URL"),
        ({"fields": [{"name": "feed"}]}, "not subscribed to leadgen"),
        ({"fields": None}, "not subscribed to leadgen"),
        ({"active": False}, "switched the app's webhook off"),
        ({"include_values": False}, "Include values"),
    ],
)
def test_a_webhook_that_cannot_bring_leads_is_broken(changes, words):
    finding = health.app_subscription(subscriptions(**changes), CALLBACK)
    assert finding.level == health.BROKEN
    assert words in finding.words
    assert "Webhooks" in finding.cure
    for private in ("secret-path", "/old", "/abc"):
        assert private not in finding.words + finding.cure


def test_an_app_secret_that_is_wrong_is_told_as_such():
    for finding in (
        health.app_subscription(refused(190), CALLBACK),
        health_app.app(refused(190)),
    ):
        assert finding.level == health.BROKEN
        assert "app secret" in finding.cure


@pytest.mark.parametrize("code", [2, 4, 200])
def test_what_else_the_app_is_refused_says_nothing_of_its_secret(code):
    assert health_app.app(refused(code)).level == health.INCONCLUSIVE


def test_who_asks_of_another_app_s_token_has_the_right_secret():
    assert health_app.app(refused(100)).level == health.OK


@given(JSON)
def test_nothing_that_meta_could_say_of_a_webhook_raises(row):
    for body in ({"data": row}, {"data": [row]}, {"data": [{"object": "page"}, row]}):
        assert health.app_subscription(result(body), CALLBACK).level in health.LEVELS


# --- the page -------------------------------------------------------------------------


def test_a_page_is_subscribed_by_our_field_only():
    def judge(*fields):
        return health_page.page_subscription(result({"data": []}), [*fields])

    assert judge("feed", "leadgen").level == health.OK
    assert judge("feed").level == health.BROKEN
    assert "not to leadgen" in judge("feed").words
    assert judge().level == health.BROKEN
    assert health_page.page_subscription(no_answer(), []).level == health.INCONCLUSIVE


@pytest.mark.parametrize(
    ("accepted", "level"),
    [
        (True, health.OK),
        (False, health.BROKEN),
        (None, health.INCONCLUSIVE),
        ("true", health.INCONCLUSIVE),
    ],
)
def test_terms_are_accepted_or_not_or_meta_does_not_say(accepted, level):
    assert health_page.terms(result({"leadgen_tos_accepted": accepted})).level == level


@pytest.mark.parametrize(
    ("tried", "level"),
    [
        (result({"id": "1"}), health.OK),
        (refused(103, REVOKED), health.BROKEN),
        (refused(200, REVOKED), health.BROKEN),
        (refused(200, "(#200) Requires leads_retrieval permission"), "broken"),
        (refused(100, "Unsupported get request.", 33), health.INCONCLUSIVE),
        (refused(80005, "too many leadgen api calls"), health.INCONCLUSIVE),
        (refused(2, "try later", status=500), health.INCONCLUSIVE),
        (no_answer(), health.INCONCLUSIVE),
        (None, health.INCONCLUSIVE),
    ],
)
def test_leads_access_is_told_by_trying(tried, level):
    finding = health_page.lead_access(None, tried)
    assert finding.level == level
    if tried and "Access Manager" in tried.answer.message:
        assert "Leads access" in finding.cure


def test_leads_access_is_told_by_meta_where_a_person_may_ask():
    def told(**node):
        return result({"has_lead_access": node})

    shut = told(
        can_access_lead=False, failure_reason="Not listed", failure_resolution="Add"
    )
    finding = health_page.lead_access(shut, None)
    assert finding.level == health.BROKEN
    assert "Not listed" in finding.words
    assert finding.cure.startswith("Add")
    assert health_page.lead_access(told(can_access_lead=True), None).level == health.OK
    assert health_page.lead_access(refused(10), result({"id": "1"})).level == health.OK
    # What Meta says is one thing, what it does is another.
    assert health_page.lead_access(told(can_access_lead=True), refused(103)).level == (
        health.BROKEN
    )


def test_no_answer_is_no_fault():
    for judge in (health_page.page_node, health_page.terms):
        finding = judge(no_answer())
        assert finding.level == health.INCONCLUSIVE
        assert not finding.needs_person


def test_the_worst_of_several_counts():
    def found(*levels):
        return health.worst([health.Finding(level, "") for level in levels])

    assert found("ok", "inconclusive") == "inconclusive"
    assert found("attention", "inconclusive") == "attention"
    assert found("attention", "broken", "ok") == "broken"
    assert found() == "inconclusive"
