"""Tokens, appsecret_proof, permissions, versions: who may call what, and how."""

from __future__ import annotations

import hashlib
import hmac
import time

import pytest

from . import rules
from .conftest import (
    APP,
    DATASET,
    FORM,
    OTHER_DATASET,
    OTHER_PAGE,
    PAGE,
    PAGE_TOKEN,
    SECRET,
    TOKEN,
    codes,
)

APP_TOKEN = f"{APP}|{SECRET}"
FIELDS = "id,name,status,locale,questions"


def proof(token: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


# -- where the token is -------------------------------------------------------------


def test_a_token_may_come_as_header_query_or_body(meta):
    meta.get("me", TOKEN)
    meta.get("me", None, access_token=TOKEN)
    meta.call(
        "POST",
        f"{DATASET}/events",
        json={"data": [meta.event()], "access_token": TOKEN},
    )
    requests = meta.control.requests()
    assert [line["token_in"] for line in requests] == ["header", "query", "body"]
    assert {line["status"] for line in requests} == {200}


@pytest.mark.parametrize("path", [FORM, PAGE, DATASET, "330000000000001"])
def test_a_call_on_an_object_without_token_is_100_33(meta, path):
    answer = meta.call("GET", path)
    assert answer.status_code == 400
    assert codes(answer) == (100, 33)
    assert answer.json()["error"]["type"] == "GraphMethodException"


@pytest.mark.parametrize("path", ["me", "me/accounts", "debug_token"])
def test_a_call_about_oneself_without_token_is_2500(meta, path):
    assert codes(meta.call("GET", path)) == (2500, None)


@pytest.mark.parametrize("token", ["nonsense", f"{APP}|wrong", "|", f"{APP}|"])
def test_an_unknown_token_is_190_without_subcode(meta, token):
    answer = meta.call("GET", "me", token)
    assert answer.status_code == 401
    assert codes(answer) == (190, None)


# -- the life of a token ------------------------------------------------------------


def test_an_expired_token_is_190_463(meta):
    meta.control.add_token(
        "T", "user", app_id=APP, page_ids=[PAGE], expires_at=int(time.time()) - 1
    )
    assert codes(meta.get("me", "T")) == (190, 463)
    meta.control.renew_token("T")
    assert meta.get("me", "T")["name"] == "Token owner"


def test_a_token_expires_when_meta_s_clock_passes_its_time(meta):
    meta.control.add_token("T", "user", app_id=APP, expires_at=int(time.time()) + 3600)
    assert "id" in meta.get("me", "T")
    meta.control.set_clock_offset(3700)
    assert codes(meta.get("me", "T")) == (190, 463)


@pytest.mark.parametrize("subcode", sorted(rules.WITHDRAWAL_RULES))
def test_a_withdrawn_token_answers_its_subcode_until_it_is_renewed(meta, subcode):
    meta.control.revoke_token(TOKEN, subcode)
    answer = meta.send(meta.event())
    assert answer.status_code == 401
    assert codes(answer) == (190, subcode)
    meta.control.renew_token(TOKEN)
    assert meta.send(meta.event()).status_code == 200


def test_a_derived_page_token_reads_leads_and_dies_with_its_parent(meta):
    lead_id = meta.lead()
    derived = meta.get(PAGE, TOKEN, fields="access_token")["access_token"]
    assert derived not in (PAGE_TOKEN, TOKEN)
    assert meta.get(PAGE, TOKEN, fields="access_token")["access_token"] == derived
    assert meta.get(lead_id, derived)["id"] == lead_id
    meta.control.expire_token(TOKEN)
    assert codes(meta.get(lead_id, derived)) == (190, 463)


def test_a_derived_page_token_has_the_permissions_of_its_parent(meta):
    lead_id = meta.lead()
    derived = meta.get(PAGE, TOKEN, fields="access_token")["access_token"]
    meta.control.set_scopes(TOKEN, ["pages_read_engagement"])
    assert codes(meta.get(lead_id, derived)) == (200, None)


# -- appsecret_proof ----------------------------------------------------------------


def test_the_proof_of_meta_s_sdk_is_the_one_that_is_wanted():
    assert (
        proof("EAATESTTOKEN123", "0123456789abcdef0123456789abcdef")
        == "02810c917b3e327d0bc6ccf57ac73ac327c135ce03a538f1a157997bb973e258"
    )


def test_a_right_proof_is_accepted_and_a_wrong_one_refused_even_if_not_required(meta):
    assert "id" in meta.get("me", TOKEN, appsecret_proof=proof(TOKEN))
    wrong = meta.call(
        "GET", "me", TOKEN, params={"appsecret_proof": proof(TOKEN, "another")}
    )
    assert codes(wrong) == (100, None)
    assert "Invalid appsecret_proof" in wrong.json()["error"]["message"]
    assert "error" in meta.get("me", TOKEN, appsecret_proof="")


def test_an_app_may_require_the_proof_of_each_of_its_tokens(meta):
    meta.control.add_app("1000000000000002", "s2", require_proof=True)
    meta.control.add_token("T", "system_user", app_id="1000000000000002")
    message = meta.get("me", "T")["error"]["message"]
    assert message == "API calls from the server require an appsecret_proof argument"
    assert "id" in meta.get("me", "T", appsecret_proof=proof("T", "s2"))
    assert "error" in meta.get("me", "T", appsecret_proof=proof("U", "s2"))
    assert "id" in meta.get("me", TOKEN)


def test_a_proof_in_the_body_does_not_count(meta):
    meta.control.add_app("1000000000000002", "s2", require_proof=True)
    meta.control.add_token(
        "T", "system_user", app_id="1000000000000002", dataset_ids=[DATASET]
    )
    answer = meta.send(meta.event(), token="T", appsecret_proof=proof("T", "s2"))
    assert codes(answer) == (100, None)
    path = f"{DATASET}/events?appsecret_proof={proof('T', 's2')}"
    answer = meta.call("POST", path, "T", json={"data": [meta.event()]})
    assert answer.status_code == 200
    assert [line["proof_in"] for line in meta.control.requests()] == ["body", "query"]


def test_a_proof_for_a_token_of_an_unknown_app_is_wrong(meta):
    meta.control.add_token("S", "send_only", dataset_ids=[DATASET])
    path = f"{DATASET}/events?appsecret_proof={proof('S')}"
    answer = meta.call("POST", path, "S", json={"data": [meta.event()]})
    assert "Invalid appsecret_proof" in answer.json()["error"]["message"]


# -- what each kind of token reaches ------------------------------------------------


def test_a_send_only_token_can_post_events_and_nothing_else(meta):
    meta.control.add_token("S", "send_only", dataset_ids=[DATASET])
    assert meta.send(meta.event(), token="S").status_code == 200
    read = meta.call("GET", DATASET, "S")
    assert (codes(read), read.status_code) == ((100, None), 400)
    assert read.json()["error"]["message"] == "(#100) Missing Permission"
    assert codes(meta.get(meta.lead(), "S")) == (100, 33)
    assert codes(meta.get(PAGE, "S")) == (100, 33)
    assert codes(meta.get("debug_token", "S", input_token=TOKEN)) == (100, None)


def test_events_need_a_dataset_that_is_assigned_to_the_token(meta):
    event = meta.event()
    assert codes(meta.send(event, dataset=OTHER_DATASET)) == (100, 33)
    assert codes(meta.send(event, dataset="599999999999999")) == (100, 33)
    for token in (PAGE_TOKEN, APP_TOKEN):
        assert codes(meta.send(event, token=token)) == (100, 33)
    assert meta.control.report()["accepted"] == 0


def test_events_need_ads_management(meta):
    meta.control.set_scopes(TOKEN, ["ads_read"])
    answer = meta.send(meta.event())
    assert (codes(answer), answer.status_code) == ((200, None), 403)


def test_a_dataset_is_read_by_whoever_has_it(meta):
    node = meta.get(DATASET, TOKEN, fields="id,name,is_crm,is_unavailable")
    assert node == {
        "id": DATASET,
        "name": "CRM dataset",
        "is_crm": True,
        "is_unavailable": False,
    }
    assert codes(meta.get(OTHER_DATASET, TOKEN)) == (100, None)
    meta.control.set_scopes(TOKEN, ["leads_retrieval"])
    assert codes(meta.get(DATASET, TOKEN)) == (100, None)


@pytest.mark.parametrize(
    "path", ["{lead}", FORM, f"{FORM}/leads", f"{PAGE}/leadgen_forms"]
)
def test_leads_and_forms_need_the_page_token_of_their_page(meta, path):
    path = path.format(lead=meta.lead())
    meta.control.add_token("U", "user", app_id=APP, page_ids=[PAGE])
    assert "error" not in meta.get(path, PAGE_TOKEN)
    assert codes(meta.get(path, TOKEN)) == (190, 2069032)
    assert codes(meta.get(path, "U")) == (190, 2069032)
    assert codes(meta.get(path, "other-page-token")) == (100, 33)
    assert codes(meta.get(path, APP_TOKEN)) == (100, 33)


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("{lead}", "leads_retrieval"),
        (f"{FORM}/leads", "leads_retrieval"),
        (f"{FORM}/leads", "pages_manage_ads"),
        (FORM, "pages_manage_ads"),
        (f"{PAGE}/leadgen_forms", "pages_manage_ads"),
        (f"{PAGE}/subscribed_apps", "pages_manage_metadata"),
    ],
)
def test_a_missing_permission_is_named(meta, path, scope):
    path = path.format(lead=meta.lead())
    assert "error" not in meta.get(path)
    meta.control.set_scopes(
        PAGE_TOKEN,
        {"leads_retrieval", "pages_manage_ads", "pages_manage_metadata"} - {scope},
    )
    answer = meta.call("GET", path, PAGE_TOKEN)
    assert (codes(answer), answer.status_code) == ((200, None), 403)
    assert scope in answer.json()["error"]["message"]


def test_leads_access_manager_shuts_out_and_lets_in_again(meta):
    lead_id = meta.lead()
    meta.control.set_lead_access(PAGE, revoked=True)
    for path in (lead_id, f"{FORM}/leads"):
        answer = meta.call("GET", path, PAGE_TOKEN)
        assert (codes(answer), answer.status_code) == ((103, None), 403)
    meta.control.set_lead_access(PAGE, revoked=False)
    assert meta.get(lead_id)["id"] == lead_id


def test_a_page_is_read_only_by_a_token_that_reaches_it(meta):
    assert meta.get(PAGE, TOKEN, fields="name")["name"] == "Page"
    assert codes(meta.get(OTHER_PAGE, TOKEN)) == (100, 33)
    meta.control.set_scopes(TOKEN, ["pages_show_list"])
    assert codes(meta.get(PAGE, TOKEN)) == (100, None)
    assert "pages_read_engagement" in meta.get(PAGE, TOKEN)["error"]["message"]


def test_has_lead_access_is_for_persons_only(meta):
    meta.control.add_token("U", "user", app_id=APP, page_ids=[PAGE])
    ask = "has_lead_access.user_id(7).app_id(1){can_access_lead,failure_reason}"
    assert meta.get(PAGE, "U", fields=ask)["has_lead_access"] == {
        "can_access_lead": True
    }
    meta.control.set_lead_access(PAGE, revoked=True)
    node = meta.get(PAGE, "U", fields=ask)["has_lead_access"]
    assert node["can_access_lead"] is False
    assert node["failure_reason"]
    assert codes(meta.get(PAGE, "U", fields="has_lead_access")) == (100, None)
    assert codes(meta.get(PAGE, TOKEN, fields=ask)) == (10, None)


# -- me, accounts, debug_token ------------------------------------------------------


def test_me_says_who_the_token_is(meta):
    assert meta.get("me", PAGE_TOKEN) == {"id": PAGE, "name": "Page"}
    assert set(meta.get("me", TOKEN)) == {"id", "name"}
    assert codes(meta.get("me", APP_TOKEN)) == (2500, None)


def test_accounts_lists_the_pages_with_their_tokens(meta):
    (account,) = meta.get("me/accounts", TOKEN)["data"]
    assert (account["id"], account["name"]) == (PAGE, "Page")
    assert meta.get("me", account["access_token"])["id"] == PAGE
    assert "ADVERTISE" in account["tasks"]


@pytest.mark.parametrize("scope", ["business_management", "pages_show_list"])
def test_accounts_is_empty_without_its_permissions(meta, scope):
    left = {"business_management", "pages_show_list", "pages_read_engagement"}
    meta.control.set_scopes(TOKEN, left - {scope})
    assert meta.get("me/accounts", TOKEN) == {"data": []}


def test_accounts_is_for_persons_and_system_users(meta):
    assert codes(meta.get("me/accounts", PAGE_TOKEN)) == (2500, None)


def test_debug_token_describes_a_sound_token(meta):
    data = meta.get("debug_token", APP_TOKEN, input_token=TOKEN)["data"]
    assert data["is_valid"] is True
    assert (data["app_id"], data["type"]) == (APP, "SYSTEM_USER")
    assert data["expires_at"] == 0
    assert "leads_retrieval" in data["scopes"]
    page = meta.get("debug_token", TOKEN, input_token=PAGE_TOKEN)["data"]
    assert page["type"] == "PAGE"


def test_debug_token_says_what_is_wrong_with_a_dead_token(meta):
    meta.control.add_token("T", "user", app_id=APP, expires_at=1_700_000_000)
    data = meta.get("debug_token", APP_TOKEN, input_token="T")["data"]
    assert data["is_valid"] is False
    assert (data["error"]["code"], data["error"]["subcode"]) == (190, 463)
    unknown = meta.get("debug_token", APP_TOKEN, input_token="nonsense")["data"]
    assert unknown["is_valid"] is False
    assert unknown["error"]["code"] == 190


def test_debug_token_wants_an_input_token_of_the_same_app(meta):
    meta.control.add_app("1000000000000002", "s2")
    assert codes(meta.get("debug_token", APP_TOKEN)) == (100, None)
    answer = meta.get("debug_token", "1000000000000002|s2", input_token=TOKEN)
    assert codes(answer) == (100, None)
    assert "app access token" in answer["error"]["message"]


# -- versions -----------------------------------------------------------------------


@pytest.mark.parametrize("number", range(21, 27))
def test_a_living_version_serves_itself(meta, number):
    answer = meta.call("GET", f"/v{number}.0/me", TOKEN)
    assert answer.headers["facebook-api-version"] == f"v{number}.0"
    assert "X-Ad-Api-Version-Warning" not in answer.headers
    sent = meta.call(
        "POST", f"/v{number}.0/{DATASET}/events", TOKEN, json={"data": [meta.event()]}
    )
    assert sent.status_code == 200
    assert "X-Ad-Api-Version-Warning" not in sent.headers


def test_an_expired_version_is_raised_and_says_so(meta):
    answer = meta.call("GET", "/v20.0/me", TOKEN)
    assert answer.headers["facebook-api-version"] == "v21.0"
    assert "v21.0" in answer.headers["X-Ad-Api-Version-Warning"]


@pytest.mark.parametrize("path", ["/v99.0/me", "/me"])
def test_an_unknown_or_missing_version_is_served_by_the_oldest(meta, path):
    answer = meta.call("GET", path, TOKEN)
    assert answer.status_code == 200
    assert answer.headers["facebook-api-version"] == "v21.0"


def test_reading_a_dataset_follows_the_shorter_marketing_schedule(meta):
    old = meta.call("GET", f"/v24.0/{DATASET}", TOKEN)
    assert old.headers["facebook-api-version"] == "v25.0"
    assert "v25.0" in old.headers["X-Ad-Api-Version-Warning"]
    new = meta.call("GET", f"/v25.0/{DATASET}", TOKEN)
    assert "X-Ad-Api-Version-Warning" not in new.headers


def test_a_marketing_call_without_version_fails(meta):
    answer = meta.call(
        "POST", f"/{DATASET}/events", TOKEN, json={"data": [meta.event()]}
    )
    assert codes(answer) == (2635, None)
    assert codes(meta.get(f"/{DATASET}", TOKEN)) == (2635, None)


def test_removed_parameters_are_refused(meta):
    assert codes(meta.get("me", TOKEN, ids="1,2")) == (100, None)
    assert codes(meta.get("me", TOKEN, date_format="U")) == (100, None)
    assert "id" in meta.get("/v25.0/me", TOKEN, date_format="U")


# -- paths --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["{leadgen_id}", "abc", "1x", "%D9%A1"])
def test_an_id_that_is_no_number_is_803(meta, path):
    answer = meta.call("GET", path, PAGE_TOKEN)
    assert (codes(answer), answer.status_code) == ((803, None), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "999999999999999"),
        ("GET", f"{FORM}/nothing"),
        ("DELETE", FORM),
        ("GET", f"{DATASET}/events"),
        ("POST", f"{PAGE}/leadgen_forms"),
        ("PUT", f"{PAGE}/subscribed_apps"),
    ],
)
def test_an_unknown_object_or_operation_is_100_33(meta, method, path):
    answer = meta.call(method, path, PAGE_TOKEN)
    assert codes(answer) == (100, 33)
    assert method.lower() in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/", "/v26.0", f"{FORM}/leads/more"])
def test_a_path_that_leads_nowhere_is_2500(meta, path):
    assert codes(meta.call("GET", path, PAGE_TOKEN)) == (2500, None)
