"""Usual values take a shortcut past the rules, and it must lead to the same place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import user_data

#: Letters of many scripts, composed and not, marks, other widths, odd capitals.
LETTERS = "abZé'- .İıßÅΩKñÑЖж王あقễỄʻʼ’ＡａＢ\u0301\u0323\u200d\ufe0f\u3000\xa0"

USUAL = (
    st.text(alphabet="abcXYZ019.@+-_ é\n'", max_size=70)
    | st.text(alphabet=LETTERS, max_size=12)
    | st.text(max_size=12)
    | st.from_regex(
        r"\A(?:[A-Za-z0-9.+_-]{1,20}@[a-z0-9.-]{1,20}\.[a-z]{2,5}|\+?[0-9]{4,16}"
        r"|[A-Za-z' -]{1,40}|[0-9٣]{5})\n?\Z"
    )
)


@pytest.mark.parametrize("key", user_data._SHORTCUTS)
@given(value=USUAL, country=st.sampled_from((None, "US", "DE", "MX", "GB")))
def test_the_shortcut_for_usual_values_gives_what_the_rule_gives(key, value, country):
    short = user_data._SHORTCUTS[key](value)
    assert short in (None, user_data.normalise(key, value, country=country))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("em", "Ana.Acker+x@Work.Example.com"),
        ("ph", "+12025550101"),
        ("fn", "Mary Jane"),
        ("ln", "O'Neill"),
        ("fn", "Nguyễn Thị"),
        ("ln", "Núñez-Жук 王"),
        ("zp", "89501"),
    ],
)
def test_usual_values_take_the_shortcut(key, value):
    short = user_data._SHORTCUTS[key](value)
    assert short == user_data.normalise(key, value) is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("em", "ana acker@example.com"),
        ("em", "ana@example"),
        ("em", "ana@example.com\n"),
        ("ph", "+5215512345678"),
        ("ph", "+4402079460958"),
        ("ph", "+1202555010"),
        ("ph", "+12025550101 x7"),
        ("fn", "a" * 32),
        ("ln", "deadbeef" * 8),
        ("fn", "Jose\u0301"),
        ("fn", "Ｊose"),
        ("fn", "Ｊｏｓé"),
        ("ln", "Oʻneill"),
        ("ln", "4"),
        ("zp", "٣٣٣٣٣"),
        ("zp", "89501\n"),
        ("zp", "SW1A 1AA"),
    ],
)
def test_rare_values_go_by_the_rule(key, value):
    assert user_data._SHORTCUTS[key](value) is None
