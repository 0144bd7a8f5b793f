import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import feature_config

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["feature_instance_id", "enabled", "cta_button_url", "domains", "other"]
)


def test_what_meta_shows_is_read_by_instance():
    button = {
        "feature_instance_id": "a",
        "enabled": True,
        "cta_button_text": "Book Now",
        "cta_button_url": "https://example.com",
        "below_button_text": "Powered by us",
        "surprise": "x",
    }
    shown = {
        "page_cta": button,
        "page_ctas": [button, {"feature_instance_id": "b", "enabled": False}],
        "ads": [{"feature_instance_id": 5, "enabled": False}, {"enabled": True}],
        "messenger_chat": {"feature_instance_id": "c", "domains": ["https://x.y", 1]},
    }
    assert feature_config.read(shown) == {
        "a": {
            "enabled": True,
            "cta_button_text": "Book Now",
            "cta_button_url": "https://example.com",
            "below_button_text": "Powered by us",
        },
        "b": {"enabled": False},
        "5": {"enabled": False},
        "c": {"domains": ["https://x.y", "1"]},
    }


@given(JSON | st.dictionaries(st.text(), st.dictionaries(NAMES, JSON)))
def test_a_configuration_of_any_shape_is_read_and_can_be_stored(data):
    found = feature_config.read(data)
    assert all(isinstance(config, dict) for config in found.values())
    json.dumps(found, allow_nan=False).encode()
    assert "\0" not in str(found)


@pytest.mark.parametrize("kind", ["pixel", "lead_ads", "ads", "messaging", "catalog"])
def test_what_only_the_business_may_change_is_left_to_it(kind):
    assert not feature_config.may_change(kind, 1)


def test_the_only_one_of_its_type_is_changed_by_its_type():
    values = {"enabled": False}
    assert feature_config.may_change("page_card", 1)
    change = feature_config.change("page_card", "a", values, 1)
    assert change == {"page_card": {"enabled": False}}


def test_one_among_several_is_named_by_its_instance_or_left_alone():
    change = feature_config.change("page_cta", "b", {"enabled": False}, 2)
    assert change == {"page_ctas": [{"feature_instance_id": "b", "enabled": False}]}
    assert feature_config.may_change("page_cta", 2)
    assert not feature_config.may_change("messenger_menu", 2)


def test_every_setting_that_may_be_changed_is_read_too():
    for names in feature_config.SETTINGS.values():
        for name in names:
            value = ["https://x.y"] if name == "domains" else "https://x.y"
            shown = {"any": {"feature_instance_id": "a", name: value}}
            assert feature_config.read(shown) == {"a": {name: value}}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cta_button_url": "http://example.com"}, "https://"),
        ({"cta_button_url": "javascript:alert(1)"}, "https://"),
        ({"see_all_url": "https://"}, "https://"),
        ({"see_all_url": "https://[x"}, "https://"),
        ({"domains": ["https://ok.example", "example.com"]}, "example.com"),
        ({"domains": ["https://example.com/path"]}, "A domain looks like"),
        ({"cta_button_text": "x" * 501}, "too long"),
    ],
)
def test_what_meta_would_not_take_is_said_before_it_is_asked(values, words):
    (problem,) = feature_config.problems(values)
    assert words in str(problem)


def test_good_and_empty_settings_have_no_problem():
    values = {
        "enabled": True,
        "cta_button_text": "Book Now",
        "cta_button_url": "https://example.com/book?x=1",
        "see_all_url": "",
        "domains": ["https://example.com"],
    }
    assert feature_config.problems(values) == []
