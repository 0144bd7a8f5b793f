import json
from urllib.parse import parse_qs, urlsplit
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import extension, installs, signed_state, time_zones

from tests.fake_meta.time_zones import TIME_ZONES

NOW = 1_790_000_000
KEY = "only-this-odoo"
VALUES = {"user": 7, "company": 3, "nonce": "n"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def sent(entry="measurement", **changes):
    values = {
        "business_name": "Sunny Roofs",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        **changes,
    }
    return json.loads(extension.extras(entry, "odoo-x-1", **values))


# --- what is sent ---------------------------------------------------------


def test_the_extras_name_company_place_money_and_purpose():
    assert sent() == {
        "setup": {
            "external_business_id": "odoo-x-1",
            "timezone": "Europe/Berlin",
            "currency": "EUR",
            "business_vertical": "MEASUREMENT_AND_OPTIMIZATION",
            "intent": "CONVERSIONS_API",
        },
        "business_config": {"business": {"name": "Sunny Roofs"}},
        "flow_config": {"use_minimal_onboarding": True},
        "repeat": False,
    }


def test_lead_ads_is_a_vertical_of_its_own():
    setup = sent("lead_ads", minimal_onboarding=False)["setup"]
    assert (setup["business_vertical"], setup["intent"]) == ("LEAD_ADS", "LEAD_ADS")
    flow = sent("lead_ads", minimal_onboarding=False)["flow_config"]
    assert flow == {"use_minimal_onboarding": False}


def test_the_dialog_gets_everything_in_its_address():
    url = extension.dialog_url(
        "https://www.facebook.com",
        "v26.0",
        app_id="123",
        redirect_uri="https://odoo.example.com/cb?x=1&y=2",
        state="a.b",
        extras='{"a":"ä&b"}',
    )
    parts = urlsplit(url)
    query = {key: value for key, (value,) in parse_qs(parts.query).items()}
    assert url.startswith("https://www.facebook.com/v26.0/dialog/oauth?")
    assert query["redirect_uri"] == "https://odoo.example.com/cb?x=1&y=2"
    assert query["extras"] == '{"a":"ä&b"}'
    assert query["response_type"] == "code"
    assert "manage_business_extension" in query["scope"].split(",")


@pytest.mark.parametrize(
    ("base", "app_id"),
    [
        ("http://www.facebook.com", "123"),
        ("https://www.facebook.com?x", "123"),
        ("https://www.facebook.com", "12 3"),
        ("https://www.facebook.com", ""),
    ],
)
def test_no_dialog_is_opened_anywhere_else(base, app_id):
    with pytest.raises(ValueError, match="API address|digits"):
        extension.dialog_url(
            base, "v26.0", app_id=app_id, redirect_uri="x", state="s", extras="{}"
        )


def test_the_management_view_names_the_business():
    url = extension.management_url("1", "2", "odoo-x-1", "3")
    assert parse_qs(urlsplit(url).query) == {
        "asset_id": ["3"],
        "business_id": ["2"],
        "app_id": ["1"],
        "external_business_id": ["odoo-x-1"],
    }
    assert "asset_id" not in extension.management_url("1", "2", "odoo-x-1")


# --- time zones -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("America/Sao_Paulo", "America/Sao_Paulo"),
        ("Europe/Monaco", "Europe/Amsterdam"),
        ("Asia/Calcutta", "Asia/Colombo"),
        ("+05:30", "Etc/GMT-5"),
        ("-03:30", "Etc/GMT+3"),
        ("UTC+2", "Etc/GMT-2"),
        ("UTC", "Etc/GMT+0"),
        ("Asia/Kathmandu", "Etc/GMT-5"),
        ("Nowhere/Land", "Etc/GMT+0"),
        ("../../etc/passwd", "Etc/GMT+0"),
        ("+99:99", "Etc/GMT+0"),
        ("", "Etc/GMT+0"),
        (None, "Etc/GMT+0"),
        (False, "Etc/GMT+0"),
    ],
)
def test_a_time_zone_that_meta_does_not_take_becomes_the_nearest(name, accepted):
    assert time_zones.accepted(name) == accepted


def test_every_time_zone_there_is_becomes_one_that_meta_takes():
    wrong = {
        name: time_zones.accepted(name)
        for name in available_timezones()
        if time_zones.accepted(name) not in TIME_ZONES
    }
    assert wrong == {}


@given(st.text())
def test_no_name_of_a_time_zone_is_too_odd(name):
    assert time_zones.accepted(name) in TIME_ZONES


# --- the state ------------------------------------------------------------


def test_a_state_comes_back_as_it_went():
    state = signed_state.issue(KEY, VALUES, NOW)
    assert signed_state.opened(KEY, state, NOW + 600) == VALUES


def test_a_state_is_good_for_ten_minutes():
    state = signed_state.issue(KEY, VALUES, NOW)
    for moment in (NOW + 601, NOW - 1):
        with pytest.raises(ValueError, match="10 minutes"):
            signed_state.opened(KEY, state, moment)


def test_a_state_of_another_odoo_is_forged():
    state = signed_state.issue("another key", VALUES, NOW)
    with pytest.raises(ValueError, match="does not belong"):
        signed_state.opened(KEY, state, NOW)


@given(st.integers(0, 500), st.characters(codec="ascii"))
def test_no_letter_of_a_state_can_be_changed(place, letter):
    state = signed_state.issue(KEY, VALUES, NOW)
    place %= len(state)
    changed = state[:place] + letter + state[place + 1 :]
    if changed != state:
        with pytest.raises(ValueError, match="does not belong"):
            signed_state.opened(KEY, changed, NOW)


@given(st.none() | st.text() | st.binary() | st.integers())
def test_whatever_is_no_state_is_forged(state):
    with pytest.raises(ValueError, match="does not belong"):
        signed_state.opened(KEY, state, NOW)


def test_without_a_key_nothing_is_signed():
    with pytest.raises(ValueError, match="key"):
        signed_state.issue("", VALUES, NOW)


# --- what came back -------------------------------------------------------

ROW = {
    "business_manager_id": "700",
    "ad_account_id": "800",
    "pages": ["110", "110"],
    "profiles": ["110", "990"],
    "pixel_id": "501",
    "installed_features": [
        {
            "feature_instance_id": "f1",
            "feature_name": "Conversions API",
            "feature_type": "pixel",
            "connected_assets": {"pixel_id": "502", "surprise": "1"},
        },
        {
            "feature_instance_id": "f2",
            "feature_type": "lead_ads",
            "connected_assets": {"page_id": 111},
        },
    ],
}


def test_an_install_is_read_with_what_belongs_to_its_features():
    install = installs.read({"data": [ROW]})
    assert install.business_id == "700"
    assert install.dataset_id == "502"
    assert install.page_ids == ("110", "111")
    assert [(each.kind, each.name, each.assets) for each in install.features] == [
        ("pixel", "Conversions API", {"pixel_id": "502"}),
        ("lead_ads", "lead_ads", {"page_id": "111"}),
    ]


def test_what_was_not_given_is_missing_and_not_assumed():
    install = installs.read({"data": [{"business_manager_id": "700"}]})
    assert (install.dataset_id, install.page_ids) == (None, ())
    assert installs.missing(install, ["lead_ads", "measurement"]) == ["page", "dataset"]
    assert installs.missing(install, ["lead_ads"]) == ["page"]
    assert installs.missing(installs.read({"data": [ROW]}), ["measurement"]) == []


def test_an_empty_list_is_no_install_and_no_list_is_no_answer():
    assert installs.read({"data": []}) is None
    for data in (None, {}, {"data": {}}, {"data": [None]}, []):
        with pytest.raises(ValueError, match="install"):
            installs.read(data)


@given(st.dictionaries(st.sampled_from(sorted(ROW)), JSON))
def test_an_install_of_any_shape_is_read_or_left_out(row):
    install = installs.read({"data": [row]})
    assert all(page.isdigit() for page in install.page_ids)
    assert all(feature.instance_id for feature in install.features)


# --- the webhook ----------------------------------------------------------


def webhook(*values, **more):
    changes = [{"field": "fbe_install", "value": value} for value in values]
    entry = {"id": "1", "time": NOW, "changes": changes}
    return json.dumps({"object": "user", "entry": [entry], **more}).encode()


def test_a_webhook_says_whose_installs_changed():
    raw = webhook(
        {"business_id": "odoo-x-1", "access_token": "EAA", "fbe_event": "INSTALL"},
        {"business_id": "odoo-x-2", "fbe_event": "UNINSTALL"},
        {"business_id": "odoo-x-3"},
    )
    assert installs.notices(raw) == [
        installs.Notice("odoo-x-1", False),
        installs.Notice("odoo-x-2", True),
        installs.Notice("odoo-x-3", True),
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{}}]}]}',
        b'{"object":"user","entry":[{"changes":[{"field":"fbe_install"}]}]}',
        webhook({"business_id": ""}, {"business_id": ["x"]}, "text", None),
        webhook({"business_id": "x" * 201}),
        b"[" * 100_000,
    ],
)
def test_any_other_body_has_no_notice(raw):
    assert installs.notices(raw) == []


@given(JSON)
def test_a_body_of_any_shape_is_no_error(value):
    raw = webhook(value)
    assert all(notice.external_id for notice in installs.notices(raw))
