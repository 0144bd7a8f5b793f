"""What a health check looks at, and how a test breaks it."""

from __future__ import annotations

import time

from .conftest import ANSWERS, APP, FORM, OTHER_PAGE, PAGE, PAGE_TOKEN, SECRET

APP_TOKEN = f"{APP}|{SECRET}"


def debug(meta, token):
    return meta.get("debug_token", APP_TOKEN, input_token=token)["data"]


def test_a_permission_may_be_given_for_some_pages_only(meta):
    meta.control.add_token(
        "T",
        "system_user",
        app_id=APP,
        scopes=["leads_retrieval", "ads_read"],
        granular={"leads_retrieval": [OTHER_PAGE]},
    )
    assert debug(meta, "T")["granular_scopes"] == [
        {"scope": "ads_read"},
        {"scope": "leads_retrieval", "target_ids": [OTHER_PAGE]},
    ]


def test_access_to_data_may_end_before_the_token(meta):
    end = int(time.time()) + 3600
    meta.control.add_token("T", "user", app_id=APP, data_access_expires_at=end)
    data = debug(meta, "T")
    assert (data["data_access_expires_at"], data["expires_at"]) == (end, 0)


def test_terms_that_nobody_accepted_show_on_the_page(meta):
    ask = {"fields": "leadgen_tos_accepted"}
    assert meta.get(PAGE, **ask)["leadgen_tos_accepted"] is True
    meta.control.set_terms(PAGE, False)
    assert meta.get(PAGE, **ask)["leadgen_tos_accepted"] is False


def test_an_app_s_webhook_that_is_off_announces_nothing(meta, callback):
    meta.control.subscribe_page(PAGE, APP)
    meta.control.subscribe_app(APP, callback.url, active=False)
    (row,) = meta.get(f"{APP}/subscriptions", APP_TOKEN)["data"]
    assert row["active"] is False
    assert row["callback_url"] == callback.url
    meta.control.set_auto_delivery(True)
    meta.control.create_lead(FORM, ANSWERS)
    meta.control.subscribe_app(APP, callback.url, ["feed", "leadgen"])
    meta.control.create_lead(FORM, ANSWERS)
    callback.wait_for_posts(1)
    assert len(callback.posts) == 1
    (row,) = meta.get(f"{APP}/subscriptions", APP_TOKEN)["data"]
    assert row["active"] is True
    assert [field["name"] for field in row["fields"]] == ["feed", "leadgen"]


def test_a_page_s_subscription_may_get_lost(meta):
    meta.control.subscribe_page(PAGE, APP, ["leadgen", "feed"])
    (row,) = meta.get(f"{PAGE}/subscribed_apps", PAGE_TOKEN)["data"]
    assert row["subscribed_fields"] == ["leadgen", "feed"]
    meta.control.unsubscribe_page(PAGE, APP)
    assert meta.get(f"{PAGE}/subscribed_apps", PAGE_TOKEN) == {"data": []}
