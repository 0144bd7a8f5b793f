import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from protocol import phone
from protocol.user_data import normalise


@pytest.mark.parametrize(
    ("raw", "country", "digits"),
    [
        ("(616) 954-7888", "US", "16169547888"),
        ("1 616 954 7888", "US", "16169547888"),
        ("616.954.7888", "CA", "16169547888"),
        ("0151 12345678", "DE", "4915112345678"),
        ("030/1234567", "DE", "49301234567"),
        ("07911 123456", "GB", "447911123456"),
        ("07911 123456", "UK", "447911123456"),
        ("06 6982 1234", "IT", "390669821234"),
        ("347 123 4567", "IT", "393471234567"),
        ("8 (912) 345-67-89", "RU", "79123456789"),
        ("8 (701) 234-56-78", "KZ", "77012345678"),
        ("050 123 4567", "SA", "966501234567"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "SA", "966501234567"),
        ("۰۹۱۲ ۳۴۵ ۶۷۸۹", "IR", "989123456789"),
        ("090-1234-5678", "JP", "819012345678"),
        ("0532 123 45 67", "TR", "905321234567"),
        ("098765 43210", "IN", "919876543210"),
        ("138 0013 8000", "CN", "8613800138000"),
        ("0 15 11 98765-4321", "BR", "5511987654321"),
        ("11 98765-4321", "BR", "5511987654321"),
        ("011 15-2345-6789", "AR", "5491123456789"),
        ("55 1234 5678", "MX", "525512345678"),
        ("06 30 123 4567", "HU", "36301234567"),
        ("8 612 34567", "LT", "37061234567"),
        ("01 23 45 67 89", "CI", "2250123456789"),
        ("912 345 678", "PT", "351912345678"),
        ("20 12 34 56", "DK", "4520123456"),
        ("0612345678", "NL", "31612345678"),
    ],
)
def test_a_national_number_gets_its_countrys_code(raw, country, digits):
    assert normalise("ph", raw, country=country) == digits


@pytest.mark.parametrize("country", [None, "US", "DE", "IT", "SA"])
@pytest.mark.parametrize(
    ("raw", "digits"),
    [
        ("+1 (616) 954-78 88", "16169547888"),
        ("+44 (0)20 7946 0958", "442079460958"),
        ("+44(0)2079460958", "442079460958"),
        ("+4402079460958", "442079460958"),
        ("+49 (0) 30 1234567", "49301234567"),
        ("+34 (0)91 123 45 67", "34911234567"),
        ("+39 06 6982 1234", "390669821234"),
        ("+39 (0)6 6982 1234", "390669821234"),
        ("+390669821234", "390669821234"),
        ("+7 912 345 67 89", "79123456789"),
        ("+225 01 23 45 67 89", "2250123456789"),
        ("+54 9 11 2345-6789", "5491123456789"),
        ("+52 1 55 1234 5678", "525512345678"),
        ("+52 55 1234 5678", "525512345678"),
        ("＋４９ ３０ １２３４５６７８", "493012345678"),
        ("+٩٦٦ ٥٠ ١٢٣ ٤٥٦٧", "966501234567"),
        ("966501234567+", "966501234567"),
        ("\u200e+49\u00a030\u200b12345678", "493012345678"),
        ("(+49) 30 12345678", "493012345678"),
        ("+ 49 30 12345678", "493012345678"),
        ("+0049 30 12345678", "493012345678"),
        ("tel:+1-201-555-0123;ext=102", "12015550123"),
        ("p:+15550100123", "15550100123"),
        ("Tel.: +49 30 12345678", "493012345678"),
        ("+1 616 954 7888 (mobile)", "16169547888"),
        ("+1 616 954 7888x12", "16169547888"),
        ("+1 616 954 7888 extension 12", "16169547888"),
        ("+1 616 954 7888 #12", "16169547888"),
        ("+7 912 345 67 89 доб. 12", "79123456789"),
        ("+49 30 123456 / +49 151 1234567", "4930123456"),
        ("+49 30 12345678, +49 151 1234567", "493012345678"),
        ("+49‑30‑12345678", "493012345678"),
        ("0049 30 12345678", "493012345678"),
        ("00 44 20 7946 0958", "442079460958"),
    ],
)
def test_an_international_number_is_the_same_from_every_country(raw, digits, country):
    assert normalise("ph", raw, country=country) == digits


@pytest.mark.parametrize(
    ("raw", "country", "digits"),
    [
        ("011 44 20 7946 0958", "US", "442079460958"),
        ("0011 44 20 7946 0958", "AU", "442079460958"),
        ("010 44 20 7946 0958", "JP", "442079460958"),
        ("16169547888", "DE", "16169547888"),
        ("4915112345678", "DE", "4915112345678"),
        ("33612345678", "FR", "33612345678"),
        ("447911123456", "US", "447911123456"),
        ("+0612345678", "FR", "33612345678"),
        ("6169547888.0", "US", "16169547888"),
        (6169547888, "US", "16169547888"),
        ("555-123-4567", "US", "15551234567"),
        ("0612345678 ext 5", "FR", "33612345678"),
    ],
)
def test_other_ways_to_write_a_number_are_understood(raw, country, digits):
    assert normalise("ph", raw, country=country) == digits


@pytest.mark.parametrize(
    "raw",
    ["16169547888", "447911123456", "4915112345678", "15551234567", "390669821234"],
)
def test_without_a_country_digits_are_an_international_number_without_its_plus(raw):
    assert normalise("ph", raw) == raw


@pytest.mark.parametrize(
    "raw", ["06 12 34 56 78", "(616) 954-7888", "030 1234567", "8 (912) 345-67-89"]
)
def test_without_a_country_a_national_number_cannot_be_used(raw):
    assert normalise("ph", raw) is None


def test_ten_digits_that_two_countries_could_own_are_not_guessed():
    assert normalise("ph", "+65 8812 3456") == "6588123456"
    assert normalise("ph", "+1 658 812 3456") == "16588123456"
    assert normalise("ph", "6588123456") is None


@pytest.mark.parametrize("country", [None, "US", "DE", "FR"])
@pytest.mark.parametrize(
    "raw",
    [
        "",
        "+",
        "-",
        "n/a",
        "garbage",
        "112",
        "+1",
        "+49",
        "+49 30",
        "1234",
        "0000000000",
        "1111111111",
        "+11111111111",
        "+000000000000",
        "+999123456789",
        "+1234567890123456",
        "1" * 40,
        "call 5 or 6 times",
        "A12345678901",
        "+1 616 95x 78 88 b 7",
        "ana@example.com",
        "<test lead: dummy data for phone_number>",
        "+1²34567890",
        "+1 954 7888",
    ],
)
def test_what_is_no_phone_number_is_left_out(raw, country):
    assert normalise("ph", raw, country=country) is None


def example_numbers():
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    # Two islands have numbers of their own, but no ISO code.
    for region in sorted(phonenumbers.SUPPORTED_REGIONS - {"AC", "TA"}):
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield region, number


def test_every_countrys_numbers_come_out_as_the_library_writes_them():
    numbers = list(example_numbers())
    assert len(numbers) > 400
    wrong = []
    for region, number in numbers:
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        international = phonenumbers.format_number(
            number, PhoneNumberFormat.INTERNATIONAL
        )
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        got = {
            normalise("ph", e164),
            normalise("ph", international),
            normalise("ph", national, country=region),
            normalise("ph", "00" + e164[1:]),
        }
        if got != {e164[1:]}:
            wrong.append((region, e164, international, national, got))
    assert wrong == []


def refuse(*args, **kwargs):
    raise AssertionError("the library was asked")


@pytest.mark.parametrize(
    "e164",
    [
        "+16169547888",
        "+4915112345678",
        "+447911123456",
        "+79123456789",
        "+8613800138000",
    ],
)
def test_a_number_that_odoo_sanitised_needs_no_parsing(e164, monkeypatch):
    monkeypatch.setattr(phonenumbers, "parse", refuse)
    assert normalise("ph", e164, country="FR") == e164[1:]


@given(
    code=st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)),
    rest=st.from_regex(r"[0-9]{5,13}", fullmatch=True),
)
def test_the_quick_way_agrees_with_the_library(code, rest):
    digits = f"{code}{rest}"
    if not phone.is_plain(digits):
        return
    number = phonenumbers.parse("+" + digits, None)
    if phonenumbers.is_possible_number(number):
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert phone.international_digits("+" + digits, None) == written[1:]


@given(
    raw=st.text(alphabet="+0123456789 ()-./x#;,٣３abc²", max_size=25) | st.text(),
    region=st.sampled_from([None, "US", "DE", "IT", "AR", "ZZ", ""]),
)
def test_a_number_is_seven_to_fifteen_digits_with_a_country_code_or_nothing(
    raw, region
):
    digits = phone.international_digits(raw, region)
    if digits is not None:
        assert digits.isascii()
        assert digits.isdecimal()
        assert 7 <= len(digits) <= 15
        assert digits[0] != "0"
