import hashlib
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import user_data
from protocol.user_data import hashed, normalise

VECTORS = json.loads(
    Path(__file__).with_name("user_data_vectors.json").read_text(encoding="utf-8")
)
DIGEST = hashlib.sha256(b"someone").hexdigest()


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "vector", VECTORS, ids=[f"{vector['key']}-{vector['raw']}" for vector in VECTORS]
)
def test_published_examples_hold(vector):
    key, raw, country = vector["key"], vector["raw"], vector.get("country")
    assert normalise(key, raw, country=country) == vector["normalised"]
    assert hashed(key, raw, country=country) == vector["sha256"]


def test_the_hash_is_of_the_utf8_bytes_of_the_normal_form():
    assert hashed("ct", "Łódź") == sha256("łódź")


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (" JOHN@EXAMPLE.COM ", "john@example.com"),
        ("\u00a0john@example.com\u200b", "john@example.com"),
        ("jo\u200bhn@example.com", "john@example.com"),
        ("\ufeffjohn@example.com\n", "john@example.com"),
        ("ｊｏｈｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "john@example.com"),
        ("John Smith <John@Example.com>", "john@example.com"),
        ('"Smith, John" <john@example.com>', "john@example.com"),
        ("<john@example.com>", "john@example.com"),
        ("mailto:john@example.com", "john@example.com"),
        ("john@example.com.", "john@example.com"),
        ("john@example.com,", "john@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
        ("a_b-c%d@sub.example.museum", "a_b-c%d@sub.example.museum"),
        ("müller@exämple.de", "müller@exämple.de"),
        ("mu\u0308ller@example.de", "müller@example.de"),
        ("x@xn--exmple-cua.de", "x@xn--exmple-cua.de"),
        ("a..b@example.ne.jp", "a..b@example.ne.jp"),
    ],
)
def test_an_email_is_trimmed_and_lower_case_and_otherwise_kept(raw, normal):
    assert normalise("em", raw) == normal


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "@",
        "john",
        "john@",
        "@example.com",
        "john@example",
        "john@@example.com",
        "john@exa mple.com",
        "jo hn@example.com",
        "john@.com",
        "john@example..com",
        "john@-example.com",
        "john@example.c",
        "john@127.0.0.1",
        "john@[127.0.0.1]",
        "a@b.co, c@d.eu",
        "a@b.co c@d.eu",
        "john@example.com" + "m" * 300,
        "a" * 65 + "@example.com",
        "<test lead: dummy data for email>",
        "d41d8cd98f00b204e9800998ecf8427e",
    ],
)
def test_what_is_no_email_address_is_left_out(raw):
    assert normalise("em", raw) is None
    assert hashed("em", raw) is None


@pytest.mark.parametrize("key", ["fn", "ln"])
@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("O'Connor", "oconnor"),
        ("O\u2019Connor", "oconnor"),
        ("Oʼconnor", "oconnor"),
        ("Oʻahu", "oahu"),
        ("Jean-Luc", "jeanluc"),
        ("Jean\u2010Luc", "jeanluc"),
        ("Jean\u00a0Luc", "jeanluc"),
        ("Mary\tJane\n", "maryjane"),
        ("Jose\u0301", "josé"),
        ("Élodie", "élodie"),
        ("Dr. Anna", "dranna"),
        ("Anna (Ann)", "annaann"),
        ("John III.", "johniii"),
        ("Ｊｏｈｎ", "john"),
        ("ﾀﾛｳ", "タロウ"),
        ("李\u3000小龙", "李小龙"),
        ("सीता", "सीता"),
        ("สมชาย", "สมชาย"),
        ("علی\u200cرضا", "علیرضا"),
        ("Straße", "straße"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("Анна-Мария", "аннамария"),
        ("Zoë ❤️", "zoë"),
        ("Ann@", "ann"),
    ],
)
def test_a_name_is_its_letters_in_lower_case(key, raw, normal):
    assert normalise(key, raw) == normal


@pytest.mark.parametrize("raw", ["", " ", "-", "'", "…", "123", "😀", "\u200b", "\x00"])
def test_what_has_no_letter_is_no_name(raw):
    assert normalise("fn", raw) is None


TODAY = date.today()


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("1990-12-31", "19901231"),
        ("19901231", "19901231"),
        (19901231, "19901231"),
        (date(1990, 12, 31), "19901231"),
        (datetime(1990, 12, 31, 23, 59), "19901231"),
        ("1990-12-31 00:00:00", "19901231"),
        ("1990-12-31T00:00:00+0000", "19901231"),
        ("1990-1-2", "19900102"),
        ("1990/12/31", "19901231"),
        ("2/16/1997", "19970216"),
        ("12/31/1990", "19901231"),
        ("31/12/1990", "19901231"),
        ("31.12.1990", "19901231"),
        ("02.03.1990", "19900302"),
        ("02/03/1990", "19900203"),
        ("١٩٩٠-١٢-٣١", "19901231"),
        ("1900-01-01", "19000101"),
        ("2000-02-29", "20000229"),
        (TODAY, TODAY.strftime("%Y%m%d")),
        (TODAY + timedelta(days=1), None),
        ("2999-01-01", None),
        ("1899-12-31", None),
        ("0000-00-00", None),
        ("1990-02-30", None),
        ("1900-02-29", None),
        ("1990-13-01", None),
        ("13/13/1990", None),
        ("12/31/90", None),
        ("90-12-31", None),
        ("1990-12", None),
        ("1990", None),
        ("1990-12/31", None),
        ("yesterday", None),
        ("", None),
        (date(1, 1, 1), None),
    ],
)
def test_a_birth_date_is_year_month_day_or_nothing(raw, normal):
    assert normalise("db", raw) == normal


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("m", "m"),
        ("F", "f"),
        ("Male", "m"),
        (" female ", "f"),
        ("Mr.", "m"),
        ("Mrs", "f"),
        ("weiblich", "f"),
        ("MÄNNLICH", "m"),
        ("masculino", "m"),
        ("femme", "f"),
        ("kadın", "f"),
        ("other", None),
        ("diverse", None),
        ("x", None),
        ("mf", None),
        ("", None),
    ],
)
def test_a_gender_is_m_or_f_or_nothing(raw, normal):
    assert normalise("ge", raw) == normal


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        (" User 42 ", "user42"),
        (42, "42"),
        ("Ä-1", "ä-1"),
        ("a\u00a0b", "ab"),
        ("550E8400E29B41D4A716446655440000", "550e8400e29b41d4a716446655440000"),
        ("  ", None),
        ("", None),
    ],
)
def test_an_external_id_is_lower_case_without_blanks(raw, normal):
    assert normalise("external_id", raw) == normal
    assert hashed("external_id", raw) == (normal and sha256(normal))


@pytest.mark.parametrize(
    ("key", "raw", "normal"),
    [
        ("f5first", "Jean-Luc", "jeanl"),
        ("f5first", "Al", "al"),
        ("f5last", "O'Connor", "oconn"),
        ("fi", " Élodie", "é"),
        ("fi", "-", None),
        ("dobd", 5, "05"),
        ("dobd", "31", "31"),
        ("dobd", "32", None),
        ("dobd", "0", None),
        ("dobm", "2", "02"),
        ("dobm", "13", None),
        ("doby", "1990", "1990"),
        ("doby", "1899", None),
        ("doby", "2999", None),
        ("dobd", "1990-12-31", "31"),
        ("dobm", date(1990, 12, 31), "12"),
        ("doby", date(1990, 12, 31), "1990"),
        ("doby", date(1, 1, 1), None),
        ("dobd", "first", None),
    ],
)
def test_partial_keys_are_parts_of_the_whole_ones(key, raw, normal):
    assert normalise(key, raw) == normal
    assert hashed(key, raw) == (normal and sha256(normal))


@pytest.mark.parametrize("key", sorted(user_data.HASHED_KEYS))
class TestAValueThatIsAlreadyHashed:
    def test_passes_in_lower_case_and_is_not_hashed_again(self, key):
        assert normalise(key, f" {DIGEST.upper()} ") == DIGEST
        assert hashed(key, DIGEST.upper()) == DIGEST
        assert hashed(key, DIGEST, country="DE") == DIGEST

    @pytest.mark.parametrize("appendix", [".AQYCAQEA", ".AQ", ".Bg"])
    def test_keeps_the_appendix_of_metas_libraries(self, key, appendix):
        assert hashed(key, DIGEST.upper() + appendix) == DIGEST + appendix

    def test_is_left_out_where_it_is_the_hash_of_nothing(self, key):
        empty = hashlib.sha256(b"").hexdigest()
        assert hashed(key, empty) is None
        assert hashed(key, empty.upper() + ".AQYCAQEA") is None
        assert normalise(key, empty) is None


@pytest.mark.parametrize("key", sorted(user_data.HASHED_KEYS - {"external_id"}))
def test_an_md5_is_no_value_of_a_key(key):
    assert hashed(key, hashlib.md5(b"someone").hexdigest()) is None


@pytest.mark.parametrize("key", sorted(user_data.KEYS))
@pytest.mark.parametrize("value", [None, "", " ", "\u00a0\u200b", "\x00"[:0], False])
def test_nothing_is_never_hashed(key, value):
    assert normalise(key, value) is None
    assert hashed(key, value) is None


@pytest.mark.parametrize("key", sorted(user_data.KEYS))
@pytest.mark.parametrize(
    "value",
    [
        b"john@example.com",
        [],
        ["a@b.co"],
        {},
        1.5,
        float("nan"),
        True,
        object(),
        1 + 2j,
    ],
    ids=repr,
)
def test_values_of_other_types_are_left_out(key, value):
    assert normalise(key, value) is None
    assert hashed(key, value) is None


@pytest.mark.parametrize("key", sorted(user_data.KEYS - user_data._DATES))
def test_a_date_is_a_value_of_the_date_keys_only(key):
    assert normalise(key, date(1990, 12, 31)) is None


@pytest.mark.parametrize("key", sorted(user_data.KEYS))
def test_an_integer_of_thousands_of_digits_is_left_out(key):
    assert normalise(key, 10**5000) is None


@pytest.mark.parametrize("key", ["", "email", "EM", None, 5, [], "ctwa"])
def test_a_key_that_meta_does_not_know_is_an_error(key):
    with pytest.raises(ValueError, match="is no key of user_data"):
        normalise(key, "x")
    with pytest.raises(ValueError, match="is no key of user_data"):
        hashed(key, "x")


@pytest.mark.parametrize("country", ["", "ZZ", "x", 5, [], False, b"DE", "Atlantis"])
def test_an_unknown_country_is_none(country):
    assert normalise("ph", "+4930123456", country=country) == "4930123456"
    assert normalise("ph", "030 123456", country=country) is None
    assert normalise("st", "Bayern", country=country) == "bayern"


@pytest.mark.parametrize(
    ("key", "raw", "sent"),
    [
        ("lead_id", "330000000000001", "330000000000001"),
        ("lead_id", "l:330000000000001", "330000000000001"),
        ("lead_id", 33000000000000017, "33000000000000017"),
        ("lead_id", "3300000000000012345", None),
        ("lead_id", "33000000000000", None),
        ("lead_id", "33000000000000a", None),
        ("lead_id", 3.3e14, None),
        ("fbc", "fb.1.1554763741205.AbCdEf_1-2", "fb.1.1554763741205.AbCdEf_1-2"),
        ("fbc", " fb.2.1554763741205.Ab.AQYCAQEA ", "fb.2.1554763741205.Ab.AQYCAQEA"),
        ("fbc", "fb.1.1554763741.AbCd", None),
        ("fbc", "AbCdEf", None),
        ("fbc", "fb.1.1554763741205.", None),
        ("fbc", "fb.1.1554763741205.a b", None),
        ("fbp", "fb.1.1596403881668.1116446470", "fb.1.1596403881668.1116446470"),
        ("fbp", "fb.1.1596403881668.111.Bg", "fb.1.1596403881668.111.Bg"),
        ("fbp", "fb.1.1596403881668.abc", None),
        ("fbp", "fb.1.١٥٩٦٤٠٣٨٨١٦٦٨.1", None),
        ("client_ip_address", " 203.0.113.5 ", "203.0.113.5"),
        ("client_ip_address", "2001:DB8::1", "2001:DB8::1"),
        ("client_ip_address", "203.0.113.5.AQYCAQEA", "203.0.113.5.AQYCAQEA"),
        ("client_ip_address", "203.0.113", None),
        ("client_ip_address", "203.0.113.256", None),
        ("client_ip_address", "203.0.113.5, 198.51.100.7", None),
        ("client_ip_address", "localhost", None),
        ("client_ip_address", "fe80::1%eth0", None),
        ("client_user_agent", " Mozilla/5.0 (X11) ", "Mozilla/5.0 (X11)"),
        ("client_user_agent", "Mozilla\r\nX: y", "Mozilla  X: y"),
        ("subscription_id", "Sub-1", "Sub-1"),
        ("subscription_id", "Sub 1", None),
        ("fb_login_id", 1234567890, "1234567890"),
        ("fb_login_id", "12a", None),
        ("page_id", "0", None),
        ("page_scoped_user_id", "5555", "5555"),
        ("ctwa_clid", "ARAkLk", "ARAkLk"),
        ("ig_account_id", "178", "178"),
        ("ig_sid", "178", "178"),
        ("whatsapp_business_account_id", "1", "1"),
        ("instagram_business_account_id", "1", "1"),
        ("anon_id", "A-1", "A-1"),
        ("madid", "38400000-8CF0-11BD", "38400000-8CF0-11BD"),
    ],
)
def test_keys_that_are_never_hashed_are_checked_and_kept(key, raw, sent):
    assert normalise(key, raw) == sent
    assert hashed(key, raw) == sent


TEXT = st.text(max_size=30) | st.text(
    alphabet="aAéßİıΣ'’-. @+()0123456789٣３\u200b\u0301\u00a0x", max_size=20
)
HASHED_NAMES = sorted(user_data.HASHED_KEYS)


@given(
    key=st.sampled_from(HASHED_NAMES),
    value=TEXT,
    country=st.sampled_from([*"x", None, "US", "DE", "IT"]),
)
def test_normalising_again_changes_nothing(key, value, country):
    once = normalise(key, value, country=country)
    if once is not None:
        again = f"+{once}" if key == "ph" else once
        assert normalise(key, again, country=country) == once


@given(
    key=st.sampled_from(sorted(user_data.KEYS)),
    value=TEXT | st.integers() | st.binary() | st.dates() | st.floats() | st.none(),
    country=st.none() | st.text(max_size=3),
)
def test_a_hash_is_64_hex_digits_and_never_of_nothing(key, value, country):
    sent = hashed(key, value, country=country)
    if sent is not None and key in user_data.HASHED_KEYS:
        assert len(sent) == 64
        assert set(sent) <= set("0123456789abcdef")
        assert sent != hashlib.sha256(b"").hexdigest()
    assert sent != ""


@given(value=st.text(min_size=1, max_size=20))
def test_case_and_outer_blanks_make_no_difference_to_a_name(value):
    plain = value.lower()
    if plain.upper().lower() == plain:
        assert normalise("fn", f"  {plain.upper()}\n") == normalise("fn", plain)
