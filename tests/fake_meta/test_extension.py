"""The business extension: dialog, exchange, installs, configuration, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from .conftest import APP, DATASET, PAGE, SECRET, codes

REDIRECT = "http://127.0.0.1:9/callback"
BUSINESS, OTHER_BUSINESS = "700000000000001", "700000000000002"
NAME = "odoo-test-1"
SCOPES = (
    "manage_business_extension,ads_management,business_management,pages_show_list,"
    "leads_retrieval"
)


@pytest.fixture
def shop(meta):
    meta.control.allow_extension(APP, [REDIRECT])
    meta.control.add_business(BUSINESS, "Sunny Roofs", [PAGE], [DATASET], "800")
    meta.control.add_business(OTHER_BUSINESS, "Other", [], [])
    return meta


def asked(intent="CONVERSIONS_API", **changes):
    verticals = {"LEAD_ADS": "LEAD_ADS"}
    setup = {
        "external_business_id": NAME,
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "business_vertical": verticals.get(intent, "MEASUREMENT_AND_OPTIMIZATION"),
        "intent": intent,
    }
    extras = {
        "setup": {**setup, **changes.pop("setup", {})},
        "business_config": {"business": {"name": "Sunny Roofs"}},
        "repeat": False,
        **changes.pop("extras", {}),
    }
    return {
        "client_id": APP,
        "redirect_uri": REDIRECT,
        "state": "s",
        "response_type": "code",
        "display": "popup",
        "scope": SCOPES,
        "extras": json.dumps(extras),
        **changes,
    }


def press(meta, button, **options):
    """What the person is sent back with."""
    page = meta.call("GET", "dialog/oauth", params=asked(**options))
    assert page.status_code == 200, page.text
    number = re.search(r"name=id value=(\S+)>", page.text)[1]
    answer = meta.call(
        "POST",
        "dialog/answer",
        data={"id": number, "press": button},
        allow_redirects=False,
    )
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def exchange(meta, code, **changes):
    params = {
        "client_id": APP,
        "redirect_uri": REDIRECT,
        "client_secret": SECRET,
        "code": code,
        **changes,
    }
    return meta.call("GET", "oauth/access_token", params=params)


def connect(meta, **options):
    """The tokens of person and system user behind a whole onboarding."""
    code = press(meta, "Continue", **options)["code"]
    person = exchange(meta, code).json()["access_token"]
    made = meta.call(
        "POST",
        f"{BUSINESS}/access_token",
        person,
        data={"app_id": APP, "scope": SCOPES, "fbe_external_business_id": NAME},
    )
    return person, made.json()["access_token"]


def installs(meta, token):
    return meta.get("fbe_business/fbe_installs", token, fbe_external_business_id=NAME)


def test_a_person_who_continues_comes_back_with_a_code_and_the_state(shop):
    answer = press(shop, "Continue")
    assert set(answer) == {"code", "state"}
    assert answer["state"] == "s"


def test_a_person_who_cancels_comes_back_with_an_error_and_the_state(shop):
    answer = press(shop, "Cancel")
    assert (answer["error"], answer["error_reason"]) == (
        "access_denied",
        "user_denied",
    )
    assert answer["state"] == "s"
    assert shop.control.installs() == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "1"},
        {"redirect_uri": "http://127.0.0.1:9/other"},
        {"response_type": "token"},
        {"state": ""},
        {"scope": "ads_management"},
        {"scope": SCOPES + ",everything"},
        {"extras": {"repeat": True}},
        {"extras": {"flow_config": {"use_minimal_onboarding": "yes"}}},
        {"setup": {"timezone": "+05:30"}},
        {"setup": {"currency": "eur"}},
        {"setup": {"business_vertical": "LEAD_ADS"}},
        {"setup": {"external_business_id": ""}},
        {"surprise": "1"},
    ],
)
def test_the_dialog_refuses_what_meta_does_not_know(shop, changes):
    page = shop.call("GET", "dialog/oauth", params=asked(**changes))
    assert page.status_code == 400
    assert "went wrong" in page.text


def test_an_app_that_is_not_on_the_list_has_no_dialog(meta):
    page = meta.call("GET", "dialog/oauth", params=asked())
    assert "not allowed to use the business extension" in page.text


def test_a_code_is_good_once(shop):
    code = press(shop, "Continue")["code"]
    assert exchange(shop, code).status_code == 200
    assert codes(exchange(shop, code)) == (100, 36009)


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"client_secret": "x"}, (1, None)),
        ({"client_id": "2"}, (101, None)),
        ({"code": "AQnone"}, (100, None)),
        ({"redirect_uri": REDIRECT + "/"}, (100, 36008)),
        ({"code": ""}, (100, None)),
    ],
)
def test_an_exchange_must_fit_its_dialog(shop, changes, answer):
    code = press(shop, "Continue")["code"]
    assert codes(exchange(shop, changes.pop("code", code), **changes)) == answer


def test_an_old_code_is_refused(shop):
    code = press(shop, "Continue")["code"]
    shop.control.set_clock_offset(601)
    assert codes(exchange(shop, code)) == (100, 36007)


def test_the_installs_name_what_was_given(shop):
    person, system = connect(shop)
    (row,) = installs(shop, system)["data"]
    assert row["business_manager_id"] == BUSINESS
    assert row["pixel_id"] == DATASET
    assert "pages" not in row
    assert [each["feature_type"] for each in row["installed_features"]] == [
        "pixel",
        "ads",
    ]
    assert row["token_type"] == "System User"
    assert installs(shop, person)["data"][0]["token_type"] == "User"


def test_a_second_vertical_adds_its_assets_to_the_same_install(shop):
    connect(shop)
    _person, system = connect(shop, intent="LEAD_ADS")
    (row,) = installs(shop, system)["data"]
    assert (row["pixel_id"], row["pages"]) == (DATASET, [PAGE])
    kinds = [each["feature_type"] for each in row["installed_features"]]
    assert sorted(kinds) == ["ads", "lead_ads", "pixel"]
    assert shop.get("me/accounts", system)["data"][0]["id"] == PAGE


def test_what_a_person_keeps_back_is_missing(shop):
    shop.control.plan_onboarding(APP, BUSINESS, gives_dataset=False)
    _person, system = connect(shop)
    assert "pixel_id" not in installs(shop, system)["data"][0]


def test_the_second_dialog_stays_on_the_first_portfolio(shop):
    _person, system = connect(shop)
    shop.control.plan_onboarding(APP, OTHER_BUSINESS)
    press(shop, "Continue")
    assert installs(shop, system)["data"][0]["business_manager_id"] == BUSINESS


def test_the_token_of_another_install_reaches_nothing(shop):
    connect(shop)
    _person, foreign = connect(shop, setup={"external_business_id": NAME})
    answer = shop.get(
        "fbe_business/fbe_installs", foreign, fbe_external_business_id="odoo-test-2"
    )
    assert codes(answer) == (100, None)


def test_a_token_without_the_permission_of_the_extension_is_refused(shop):
    connect(shop)
    assert codes(installs(shop, "system-user-token")) == (200, None)


def test_a_system_user_token_needs_the_installs_own_portfolio(shop):
    code = press(shop, "Continue")["code"]
    person = exchange(shop, code).json()["access_token"]
    answer = shop.call(
        "POST",
        f"{OTHER_BUSINESS}/access_token",
        person,
        data={"app_id": APP, "scope": SCOPES, "fbe_external_business_id": NAME},
    )
    assert codes(answer) == (100, 33)


def test_only_some_features_can_be_configured(shop):
    _person, system = connect(shop)
    config = shop.get("fbe_business", system, fbe_external_business_id=NAME)
    assert config["pixel"][0]["enabled"] is True
    answer = shop.call(
        "POST",
        "fbe_business",
        system,
        data={
            "fbe_external_business_id": NAME,
            "business_config": json.dumps({"pixel": {"enabled": False}}),
        },
    )
    assert codes(answer) == (100, None)


def test_uninstalling_takes_the_tokens_away(shop):
    _person, system = connect(shop)
    answer = shop.call(
        "DELETE",
        "fbe_business/fbe_installs",
        system,
        params={"fbe_external_business_id": NAME},
    )
    assert answer.json() == {"success": True}
    assert codes(installs(shop, system)) == (190, 458)


def test_an_uninstall_may_leave_the_tokens_and_an_empty_list(shop):
    _person, system = connect(shop)
    shop.control.uninstall(NAME, keeps_tokens=True)
    assert installs(shop, system) == {"data": []}


def test_the_webhook_of_an_install_is_signed_and_that_of_an_uninstall_has_no_token(
    shop, callback
):
    connect(shop)
    shop.control.deliver_install(callback.url, NAME)
    shop.control.deliver_install(callback.url, NAME, kind="UNINSTALL")
    for headers, raw in callback.posts:
        mac = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        assert headers["X-Hub-Signature-256"] == f"sha256={mac}"
    values = [json.loads(raw)["entry"][0]["changes"][0] for _, raw in callback.posts]
    assert [value["field"] for value in values] == ["fbe_install"] * 2
    assert values[0]["value"]["access_token"].startswith("EAAUser")
    assert not {"access_token", "profiles"} & set(values[1]["value"])


def test_a_subscribed_app_hears_of_an_install_by_itself(shop, callback):
    token = f"{APP}|{SECRET}"
    shop.call(
        "POST",
        f"{APP}/subscriptions",
        token,
        data={
            "object": "user",
            "fields": "fbe_install",
            "callback_url": callback.url,
            "verify_token": callback.verify_token,
        },
    )
    shop.control.set_auto_delivery(True)
    press(shop, "Continue")
    callback.wait_for_posts(1)
    assert json.loads(callback.posts[0][1])["object"] == "user"


def configure(meta, token, config):
    data = {"fbe_external_business_id": NAME, "business_config": json.dumps(config)}
    return meta.call("POST", "fbe_business", token, data=data)


def test_each_of_several_buttons_is_configured_by_its_instance(shop):
    _person, system = connect(shop)
    first, second = (
        shop.control.add_feature(NAME, "page_cta", cta_button_text="Book Now")
        for _number in range(2)
    )
    assert configure(shop, system, {"page_cta": {"enabled": False}}).status_code == 400

    change = {"feature_instance_id": second, "enabled": False}
    shown = configure(shop, system, {"page_ctas": [change]}).json()

    assert [row["feature_instance_id"] for row in shown["page_ctas"]] == [first, second]
    assert [row["enabled"] for row in shown["page_ctas"]] == [True, False]
    assert shown["page_cta"] == shown["page_ctas"][0]


@pytest.mark.parametrize(
    "config",
    [
        {"page_cta": {"cta_button_url": "http://plain.example"}},
        {"page_cta": {"enabled": "yes"}},
        {"page_cta": {"surprise": "x"}},
        {"page_ctas": [{"feature_instance_id": "1", "enabled": True}]},
        {"page_ctas": "x"},
        {"pixel": {"enabled": False}},
    ],
)
def test_what_cannot_be_configured_is_refused(shop, config):
    _person, system = connect(shop)
    shop.control.add_feature(NAME, "page_cta", cta_button_text="Book Now")
    assert configure(shop, system, config).status_code == 400
