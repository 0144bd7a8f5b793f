import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol.locale import match

INSTALLED = ["en_GB", "en_US", "es_419", "es_ES", "pt_BR", "sr@latin", "sw", "zh_TW"]
CODES = st.sets(
    st.sampled_from([*INSTALLED, "de_CH", "de_DE", "es_MX", "sr@Cyrl", "zh_CN"])
)


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        ("EN_US", "en_US"),
        ("en_GB", "en_GB"),
        ("EN-GB", "en_GB"),
        (" es_ES ", "es_ES"),
        # Meta's word for all of Latin America.
        ("ES_LA", "es_419"),
    ],
)
def test_the_same_language_of_the_same_country_goes_first(locale, code):
    assert match(locale, INSTALLED) == code


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        # Meta's joke locales are English too.
        ("EN_UD", "en_US"),
        ("EN_IN", "en_US"),
        ("ES_MX", "es_ES"),
        ("PT_PT", "pt_BR"),
        ("SR_RS", "sr@latin"),
        ("SW_KE", "sw"),
        ("ZH_HK", "zh_TW"),
        ("es", "es_ES"),
    ],
)
def test_without_the_country_the_nearest_of_the_language_is_taken(locale, code):
    assert match(locale, INSTALLED) == code


def test_chinese_of_hong_kong_is_not_read_in_simplified_characters():
    assert match("ZH_HK", ["zh_CN", "zh_TW"]) == "zh_TW"
    assert match("ZH_SG", ["zh_TW", "zh_CN"]) == "zh_CN"


@pytest.mark.parametrize("locale", ["", "TR_TR", "e", "english", "EN_US_POSIX", "日本"])
def test_a_language_that_is_not_installed_is_none(locale):
    assert match(locale, INSTALLED) is None


@given(st.text(), CODES)
def test_any_text_gives_a_code_that_is_there_or_none(locale, codes):
    assert match(locale, codes) in {None, *codes}


@given(CODES, st.data())
def test_each_code_fits_its_own_locale_best_in_any_order(codes, data):
    order = data.draw(st.permutations(sorted(codes)))
    for code in codes:
        if "_" in code:
            assert match(code.upper(), order) == code


@given(CODES, st.sampled_from(["EN_CA", "de_AT", "ES_LA", "sr_RS", "zh_MO"]))
def test_where_the_language_is_there_somebody_is_never_left_without(codes, locale):
    language = locale[:2].lower()
    there = any(code.startswith(language) for code in codes)
    found = match(locale, codes)
    assert bool(found) == there
    assert not found or found.startswith(language)
