"""Answers read as numbers, dates, times, yes or no and choices: never wrongly."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from protocol import values
from protocol.text import plain


def in_berlin(local):
    moment = local.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


ANYTHING = st.one_of(
    st.text(),
    st.text("0123456789.,-/+: TZ'", max_size=40),
    st.integers(),
    st.none(),
    st.lists(st.text()),
    st.floats(),
)


@given(ANYTHING)
@example("9" * 5000)
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
@example("2026-01-31T12:00:00+99:99")
@example("٣١/٠١/٢٠٢٦")
@example("²³")
@example("\ud800")
def test_no_text_is_too_odd_to_be_read_or_left(text):
    values.boolean(text)
    values.number(text)
    values.day(text)
    values.day(text, month_first=True)
    values.moment(text)
    values.moment(text, in_berlin)
    values.choice([text], [("a", [text]), ("b", ["b"])])


# --- yes or no ---------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["yes", "YES", " Ja ", "sí", "Si", "oui", "Evet", "да", "是", "نعم", "1", "có"],
)
def test_a_yes_is_understood_in_many_languages(text):
    assert values.boolean(text) is True


@pytest.mark.parametrize(
    "text", ["no", "Nein", "NÃO", "hayır", "нет", "否", "لا", "0", "FALSE", "không"]
)
def test_a_no_is_understood_in_many_languages(text):
    assert values.boolean(text) is False


@pytest.mark.parametrize(
    "text", ["maybe", "", "  ", "2", "yes please call me", None, "?"]
)
def test_what_is_neither_yes_nor_no_is_neither(text):
    assert values.boolean(text) is None


def test_no_word_is_a_yes_and_a_no():
    yes = {values.same_key(word) for word in values._YES.split()}
    no = {values.same_key(word) for word in values._NO.split()}
    assert not yes & no
    assert "" not in yes | no


# --- numbers -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("007", "7"),
        ("1500", "1500"),
        ("1,500", "1500"),
        ("1.500", "1500"),
        ("1 500", "1500"),
        ("1\u202f500", "1500"),
        ("1'500.75", "1500.75"),
        ("1’500", "1500"),
        ("1,234,567.89", "1234567.89"),
        ("1.234.567,89", "1234567.89"),
        ("12,34,567", "1234567"),
        ("1,5", "1.5"),
        ("1.25", "1.25"),
        ("0.500", "0.5"),
        ("0,125", "0.125"),
        ("1234.567", "1234.567"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("+3", "3"),
        ("€ 1.200", "1200"),
        ("1.200 €", "1200"),
        ("$5,000.00", "5000"),
        ("USD 1500", "1500"),
        ("1500 try", "1500"),
        ("2 500 zł", "2500"),
        ("٣٥", "35"),
        ("１２３", "123"),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert values.number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "10-20",
        "10 to 20",
        "about 5",
        "5k",
        "1,2,3",
        "1.2.3",
        "1,50,0",
        "1,234,56",
        "1,234,567,8",
        "12.345.67",
        "0,500,000",
        "1e5",
        "NaN",
        "inf",
        "0x10",
        "5 %",
        "€ 5 USD",
        "+49 30 123456",
        "five",
        "",
        "-",
        ".",
    ],
)
def test_what_is_no_clear_number_is_none(text):
    assert values.number(text) is None


@given(st.decimals(-(10**12), 10**12, places=2))
def test_a_number_comes_back_from_either_way_of_writing_it(number):
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert values.number(english) == number
    assert values.number(german) == number
    assert values.number(str(number)) == number


# --- dates -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026/1/31",
        "2026.01.31",
        "31.01.2026",
        "31.1.2026",
        "31/01/2026",
        "31-01-2026",
        "01/31/2026",
        "1/31/2026",
        "2026年1月31日",
        "２０２６-０１-３１",
    ],
)
def test_dates_are_read_where_their_order_is_certain(text):
    assert values.day(text) == (date(2026, 1, 31), True)


@pytest.mark.parametrize("text", ["01/02/2026", "1-2-2026"])
def test_a_date_whose_order_is_open_is_only_guessed_when_told_how(text):
    assert values.day(text) is None
    assert values.day(text, month_first=True) == (date(2026, 1, 2), False)
    assert values.day(text, month_first=False) == (date(2026, 2, 1), False)


def test_a_date_with_dots_puts_the_day_first_whatever_is_told():
    assert values.day("01.02.2026", month_first=True) == (date(2026, 2, 1), True)


def test_day_and_month_that_are_alike_are_certain():
    assert values.day("03/03/2026") == (date(2026, 3, 3), True)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13-01",
        "31.31.2026",
        "13/13/2026",
        "0000-01-01",
        "0026-01-31",
        "1/2/26",
        "2026-01",
        "2026-1/31",
        "tomorrow",
        "20260131",
        "2026-01-31x",
    ],
)
def test_what_is_no_date_is_none(text):
    assert values.day(text, month_first=True) is None


@given(st.dates(date(1000, 1, 1)))
def test_iso_and_dotted_dates_come_back(day):
    assert values.day(day.isoformat()) == (day, True)
    assert values.day(f"{day.day}.{day.month}.{day.year}") == (day, True)


@given(st.dates(date(1000, 1, 1)))
def test_a_slashed_date_is_never_certain_of_another_day(day):
    for text in (
        f"{day.day}/{day.month}/{day.year}",
        f"{day.month}/{day.day}/{day.year}",
    ):
        found = values.day(text)
        assert found is None or found == (day, True)


# --- moments -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T12:34:56+0000", "2026-01-31 12:34:56"),
        ("2026-01-31T12:34:56+01:00", "2026-01-31 11:34:56"),
        ("2026-01-31T12:34:56.789Z", "2026-01-31 12:34:56"),
        ("2026-01-31 12:34", "2026-01-31 11:34:00"),
        ("31.01.2026 00:15", "2026-01-30 23:15:00"),
        ("07/31/2026, 2:30 PM", "2026-07-31 12:30:00"),
        ("07/31/2026 12:30 a.m.", "2026-07-30 22:30:00"),
        ("1769862896", "2026-01-31 12:34:56"),
        ("1769862896000", "2026-01-31 12:34:56"),
    ],
)
def test_moments_are_kept_in_utc(text, moment):
    assert str(values.moment(text, in_berlin)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "12:30",
        "01/02/2026 12:30",
        "2026-01-31 25:00",
        "2026-01-31 12:60",
        "2026-01-31 13:00 PM",
        "2026-01-31 0:30 AM",
        "2026-01-31 12:30+25:00",
        "soon",
        "17698628",
    ],
)
def test_what_is_no_clear_moment_is_none(text):
    assert values.moment(text) is None


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_comes_back_from_any_offset(moment, minutes):
    moment = moment.replace(microsecond=0)
    zone = timezone(timedelta(minutes=minutes))
    local = moment.replace(tzinfo=timezone.utc).astimezone(zone)
    assert values.moment(local.isoformat()) == moment


# --- choices -----------------------------------------------------------------

SIZES = [("s", ("s", "Small (1-5)")), ("l", ("l", "Large", "Groß"))]


@pytest.mark.parametrize("text", ["s", "Small (1-5)", "small_(1-5)", "SMALL 1 5"])
def test_an_option_is_found_by_key_and_by_label_however_spelled(text):
    assert values.choice([text], SIZES) == "s"


@pytest.mark.parametrize("text", ["grosz", "Medium", "", "Small", "?"])
def test_an_option_that_is_not_named_is_not_chosen(text):
    assert values.choice([text], SIZES) is None


def test_the_label_helps_where_the_key_says_nothing():
    assert values.choice(["key1", "Groß"], SIZES) == "l"


def test_names_that_differ_in_marks_alone_are_told_apart_exactly_or_not_at_all():
    options = [(1, ("< 5",)), (2, ("> 5",))]
    assert values.choice(["> 5"], options) == 2
    assert values.choice(["≥ 5"], options) is None


def test_a_name_that_two_options_share_chooses_none():
    assert values.choice(["Other"], [(1, ("Other",)), (2, ("other",))]) is None


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8, unique=True), st.data())
def test_what_is_chosen_is_called_so(names, data):
    asked = data.draw(st.sampled_from(names))
    chosen = values.choice([asked], [(name, (name,)) for name in names])
    assert chosen is None or (
        values.same_key(chosen) == values.same_key(asked)
        or plain(chosen).casefold() == plain(asked).casefold()
    )
