"""The webhook side, seen from a callback that keeps every byte."""

from __future__ import annotations

import hashlib
import hmac
import json
import time

import pytest

from . import webhooks
from .conftest import (
    ANSWERS,
    APP,
    FORM,
    OTHER_PAGE,
    PAGE,
    PAGE_TOKEN,
    QUESTIONS,
    SECRET,
    TOKEN,
    codes,
)
from .control import ControlError

APP_TOKEN = f"{APP}|{SECRET}"
AD_ID = "120200000000000001"


def signature(body: bytes, name: str = "sha256", secret: str = SECRET) -> str:
    return f"{name}=" + hmac.new(secret.encode(), body, name).hexdigest()


def subscribe(meta, callback, **changes):
    """Both levels through the Graph API, as an admin's CRM does it."""
    form = {
        "object": "page",
        "callback_url": callback.url,
        "fields": "leadgen",
        "verify_token": callback.verify_token,
        "include_values": "true",
    } | changes
    answer = meta.call("POST", f"{APP}/subscriptions", APP_TOKEN, data=form)
    meta.call(
        "POST",
        f"{PAGE}/subscribed_apps",
        PAGE_TOKEN,
        params={"subscribed_fields": "leadgen"},
    )
    return answer


# -- bodies and signatures ----------------------------------------------------------


def test_the_signature_is_the_one_of_meta_s_rule_for_a_known_body():
    value = {
        "ad_id": "120200000000000001",
        "form_id": "220000000000001",
        "leadgen_id": "330000000000001",
        "created_time": 1769862896,
        "page_id": "110000000000001",
        "adgroup_id": "120200000000000001",
    }
    change = {"value": value, "field": "leadgen"}
    entry = {"id": "110000000000001", "time": 1769862897, "changes": [change]}
    raw, headers = webhooks.signed_post({"object": "page", "entry": [entry]}, SECRET)
    assert len(raw) == 288
    assert headers == {
        "X-Hub-Signature": "sha1=3562dde96dabf95d4e3bd37f243bdccf65cc86d9",
        "X-Hub-Signature-256": "sha256="
        "554331319fd8a632a6a4236b0359e7aa0032359fd468268425f3df0e42a14e89",
    }


def test_a_lead_is_announced_with_signed_ids_as_text(meta, callback):
    created = int(time.time()) - 100
    lead_id = meta.lead(created_time=created)
    (result,) = meta.control.deliver(callback.url, APP, [lead_id])
    assert (result["status"], result["body"]) == (200, "ok")
    assert result["ms"] >= 0
    ((headers, raw),) = callback.posts
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Hub-Signature-256"] == signature(raw)
    assert headers["X-Hub-Signature"] == signature(raw, "sha1")
    body = json.loads(raw)
    assert body["object"] == "page"
    (entry,) = body["entry"]
    assert entry["id"] == PAGE
    assert abs(entry["time"] - time.time()) < 60
    assert entry["changes"] == [
        {
            "value": {
                "ad_id": AD_ID,
                "form_id": FORM,
                "leadgen_id": lead_id,
                "created_time": created,
                "page_id": PAGE,
                "adgroup_id": AD_ID,
            },
            "field": "leadgen",
        }
    ]


def change_values(callback) -> list[dict]:
    return [
        change["value"]
        for _, raw in callback.posts
        for entry in json.loads(raw)["entry"]
        for change in entry["changes"]
    ]


def test_an_organic_lead_is_announced_without_ad_ids(meta, callback):
    meta.control.deliver(callback.url, APP, [meta.lead(organic=True)])
    (value,) = change_values(callback)
    assert set(value) == {"form_id", "leadgen_id", "created_time", "page_id"}


def test_ids_may_come_as_integers(meta, callback):
    lead_id = meta.lead()
    meta.control.deliver(callback.url, APP, [lead_id], ids_as="int")
    (value,) = change_values(callback)
    assert value["leadgen_id"] == int(lead_id)
    assert {type(item) for item in value.values()} == {int}
    assert json.loads(callback.posts[0][1])["entry"][0]["id"] == int(PAGE)


def test_leads_are_delivered_one_by_one_or_together(meta, callback):
    meta.control.add_form("220000000000009", OTHER_PAGE, "Elsewhere", QUESTIONS)
    ids = [meta.lead(), meta.lead()]
    ids.append(meta.control.create_lead("220000000000009", ANSWERS))

    def shape() -> list[list[int]]:
        shapes = [
            [len(entry["changes"]) for entry in json.loads(raw)["entry"]]
            for _, raw in callback.posts
        ]
        found = [value["leadgen_id"] for value in change_values(callback)]
        assert found == ids
        callback.posts.clear()
        return shapes

    assert len(meta.control.deliver(callback.url, APP, ids)) == 3
    assert shape() == [[1], [1], [1]]
    assert len(meta.control.deliver(callback.url, APP, ids, together=True)) == 1
    assert shape() == [[2, 1]]
    meta.control.deliver(callback.url, APP, ids, together="entries")
    assert shape() == [[1, 1, 1]]


def test_a_redelivery_repeats_the_same_bytes(meta, callback):
    results = meta.control.deliver(callback.url, APP, [meta.lead()], times=3)
    assert len(results) == len(callback.posts) == 3
    assert len({raw for _, raw in callback.posts}) == 1


def test_deliveries_may_arrive_side_by_side(meta, callback):
    results = meta.control.deliver(
        callback.url, APP, [meta.lead()], times=8, at_once=True
    )
    assert [result["status"] for result in results] == [200] * 8
    assert len(callback.posts) == 8


@pytest.mark.parametrize("kind", ["wrong", "missing", "sha1_only", "reserialised"])
def test_a_signature_may_be_spoilt_on_purpose(meta, callback, kind):
    meta.control.deliver(callback.url, APP, [meta.lead()], signature=kind)
    ((headers, raw),) = callback.posts
    given = headers.get("X-Hub-Signature-256")
    assert given != signature(raw)
    if kind in ("missing", "sha1_only"):
        assert given is None
    else:
        assert given.startswith("sha256=")
        assert len(given) == 71
    if kind == "reserialised":
        compact = json.dumps(json.loads(raw), separators=(",", ":")).encode()
        assert given == signature(compact)
    assert ("X-Hub-Signature" in headers) is (kind != "missing")


@pytest.mark.parametrize(("ids_as", "zero"), [("text", "0"), ("int", 0)])
def test_the_dashboard_s_ping_has_its_constants(meta, callback, ids_as, zero):
    meta.control.deliver(callback.url, APP, kind="ping", ids_as=ids_as)
    ((_, raw),) = callback.posts
    entry = json.loads(raw)["entry"][0]
    assert entry["id"] == zero
    value = entry["changes"][0]["value"]
    assert str(value["leadgen_id"]) == "444444444444"
    assert str(value["ad_id"]) == "444444444"
    assert codes(meta.get("444444444444")) == (100, 33)


def test_other_notifications_of_a_page_can_be_sent(meta, callback):
    lead_id = meta.lead()
    for kind in ("leadgen_update", "feed", "changed_fields", "user_object"):
        meta.control.deliver(callback.url, APP, [lead_id], kind=kind)
    update, feed, names, user = (json.loads(raw) for _, raw in callback.posts)
    assert update["entry"][0]["id"] == 0
    change = update["entry"][0]["changes"][0]
    assert change["field"] == "leadgen_update"
    assert change["value"]["leadgen_id"] == int(lead_id)
    assert isinstance(change["value"]["updated_time"], str)
    assert feed["entry"][0]["changes"][0]["field"] == "feed"
    assert names["entry"][0]["changed_fields"] == ["leadgen"]
    assert "changes" not in names["entry"][0]
    assert user["object"] == "user"
    for headers, raw in callback.posts:
        assert headers["X-Hub-Signature-256"] == signature(raw)


def test_any_bytes_can_be_posted_signed_or_not(meta, callback):
    raw = b'\xff{"object":'
    meta.control.post_raw(callback.url, APP, raw)
    meta.control.post_raw(callback.url, APP, raw, signed=False)
    meta.control.post_raw(
        callback.url, APP, raw, headers={"X-Hub-Signature-256": "sha256="}
    )
    sound, unsigned, replaced = callback.posts
    assert sound[1] == unsigned[1] == raw
    assert sound[0]["X-Hub-Signature-256"] == signature(raw)
    assert "X-Hub-Signature-256" not in unsigned[0]
    assert replaced[0]["X-Hub-Signature-256"] == "sha256="


def test_a_failing_callback_is_reported_with_status_or_reason(meta, callback):
    callback.statuses = [503]
    lead_id = meta.lead()
    (failed,) = meta.control.deliver(callback.url, APP, [lead_id])
    assert failed["status"] == 503
    callback.stop()
    (silent,) = meta.control.deliver(callback.url, APP, [lead_id])
    assert silent["status"] is None
    assert "Connect" in silent["body"]
    log = meta.control.report()["webhooks"]
    assert [line["status"] for line in log] == [503, None]
    assert {tuple(line["lead_ids"]) for line in log} == {(lead_id,)}


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/hook", "https://example.com/", "ftp://127.0.0.1/", "x"]
)
def test_only_loopback_callbacks_are_called(meta, url):
    with pytest.raises(ControlError, match="loopback"):
        meta.control.deliver(url, APP, [meta.lead()])
    with pytest.raises(ControlError, match="loopback"):
        meta.control.handshake(url, "t")
    with pytest.raises(ControlError, match="loopback"):
        meta.control.post_raw(url, APP, b"{}")


# -- handshake ----------------------------------------------------------------------


def test_the_handshake_sends_meta_s_three_keys(meta, callback):
    result = meta.control.handshake(callback.url, callback.verify_token, "77<b>&")
    assert callback.queries == [
        {
            "hub.mode": "subscribe",
            "hub.challenge": "77<b>&",
            "hub.verify_token": callback.verify_token,
        }
    ]
    assert (result["status"], result["body"]) == (200, "77<b>&")
    assert result["content_type"] == "text/plain"
    assert result["echoed"] is True


def test_a_handshake_can_be_incomplete_or_wrong(meta, callback):
    result = meta.control.handshake(callback.url, "wrong")
    assert (result["status"], result["echoed"]) == (403, False)
    meta.control.handshake(
        callback.url, callback.verify_token, leave_out=["hub.challenge"], mode="other"
    )
    assert "hub.challenge" not in callback.queries[-1]
    assert callback.queries[-1]["hub.mode"] == "other"


# -- subscriptions ------------------------------------------------------------------


def test_an_app_subscribes_after_a_real_handshake(meta, callback):
    assert subscribe(meta, callback).json() == {"success": True}
    assert len(callback.queries) == 1
    listed = meta.get(f"{APP}/subscriptions", APP_TOKEN)["data"]
    assert listed == [
        {
            "object": "page",
            "callback_url": callback.url,
            "active": True,
            "fields": [{"name": "leadgen", "version": "v26.0"}],
        }
    ]
    stored = meta.control.app_subscriptions(APP)["page"]
    assert stored["include_values"] is True


@pytest.mark.parametrize(
    ("token", "echo", "words"),
    [("wrong", True, "403"), ("verify-me", False, "does not match")],
)
def test_a_failed_handshake_is_2200_and_subscribes_nothing(
    meta, callback, token, echo, words
):
    callback.echo = echo
    answer = subscribe(meta, callback, verify_token=token)
    assert codes(answer) == (2200, None)
    assert words in answer.json()["error"]["message"]
    assert meta.get(f"{APP}/subscriptions", APP_TOKEN) == {"data": []}


def test_a_callback_that_is_not_on_this_machine_fails_its_handshake(meta, callback):
    answer = subscribe(meta, callback, callback_url="https://example.com/hook")
    assert codes(answer) == (2200, None)


@pytest.mark.parametrize("missing", ["object", "callback_url", "fields"])
def test_a_subscription_names_what_it_lacks(meta, callback, missing):
    answer = subscribe(meta, callback, **{missing: ""})
    assert codes(answer) == (100, None)
    assert missing in answer.json()["error"]["message"]


def test_an_app_s_subscriptions_need_the_app_s_own_token(meta, callback):
    assert codes(meta.get(f"{APP}/subscriptions", TOKEN)) == (15, None)
    meta.control.add_app("1000000000000002", "s2")
    other = "1000000000000002|s2"
    assert codes(meta.get(f"{APP}/subscriptions", other)) == (100, 33)


def test_deleting_a_field_keeps_the_others_and_without_field_all_goes(meta, callback):
    subscribe(meta, callback, fields="leadgen,messages")
    path = f"{APP}/subscriptions"
    params = {"object": "page", "fields": "leadgen"}
    assert meta.call("DELETE", path, APP_TOKEN, params=params).json()["success"]
    assert meta.control.app_subscriptions(APP)["page"]["fields"] == ["messages"]
    meta.call("DELETE", path, APP_TOKEN, params={"object": "user"})
    assert "page" in meta.control.app_subscriptions(APP)
    meta.call("DELETE", path, APP_TOKEN, params={"object": "page"})
    assert meta.control.app_subscriptions(APP) == {}


def test_a_page_subscription_is_read_replaced_and_deleted(meta):
    path = f"{PAGE}/subscribed_apps"
    assert meta.get(path) == {"data": []}
    for fields in ("feed,messages", '["leadgen"]'):
        form = {"subscribed_fields": fields}
        assert meta.call("POST", path, PAGE_TOKEN, data=form).json()["success"]
    (app,) = meta.get(path)["data"]
    assert (app["id"], app["name"]) == (APP, "Lead app")
    assert app["subscribed_fields"] == ["leadgen"]
    assert codes(meta.call("POST", path, PAGE_TOKEN)) == (100, None)
    assert codes(meta.call("POST", path, TOKEN)) == (190, 2069032)
    assert meta.call("DELETE", path, PAGE_TOKEN).json() == {"success": True}
    assert meta.get(path) == {"data": []}


# -- automatic delivery -------------------------------------------------------------


def test_a_new_lead_is_announced_when_both_levels_are_subscribed(meta, callback):
    subscribe(meta, callback)
    meta.control.set_auto_delivery(True)
    lead_id = meta.lead()
    test_lead = meta.call("POST", f"{FORM}/test_leads", PAGE_TOKEN).json()["id"]
    callback.wait_for_posts(2)
    announced = {value["leadgen_id"] for value in change_values(callback)}
    assert announced == {lead_id, test_lead}


def test_without_one_of_the_two_levels_there_is_silence(meta, callback):
    subscribe(meta, callback)
    meta.control.set_auto_delivery(True)
    meta.call("DELETE", f"{PAGE}/subscribed_apps", PAGE_TOKEN)
    meta.lead()
    meta.control.subscribe_page(PAGE, APP, ["leadgen"])
    assert meta.control.page_subscriptions(PAGE) == {APP: ["leadgen"]}
    meta.call("DELETE", f"{APP}/subscriptions", APP_TOKEN)
    meta.lead()
    subscribe(meta, callback, fields="messages")
    meta.lead()
    subscribe(meta, callback)
    meta.control.subscribe_page(PAGE, APP, ["feed"])
    meta.lead()
    subscribe(meta, callback)
    last = meta.lead()
    callback.wait_for_posts(1)
    assert [value["leadgen_id"] for value in change_values(callback)] == [last]


def test_nothing_is_announced_by_itself_unless_asked(meta, callback):
    subscribe(meta, callback)
    meta.lead()
    meta.control.set_auto_delivery(True)
    last = meta.lead()
    callback.wait_for_posts(1)
    assert [value["leadgen_id"] for value in change_values(callback)] == [last]


def test_a_refused_announcement_is_tried_again_with_the_same_bytes(meta, callback):
    subscribe(meta, callback)
    meta.control.set_auto_delivery(True, retry_after=[0.05, 0.05, 0.05])
    callback.statuses = [500, 404]
    meta.lead()
    callback.wait_for_posts(3)
    time.sleep(0.2)
    assert len(callback.posts) == 3
    assert len({hashlib.sha256(raw).hexdigest() for _, raw in callback.posts}) == 1


def test_without_include_values_only_names_are_announced(meta, callback):
    subscribe(meta, callback, include_values="false")
    meta.control.set_auto_delivery(True)
    meta.lead()
    callback.wait_for_posts(1)
    assert "changes" not in json.loads(callback.posts[0][1])["entry"][0]
