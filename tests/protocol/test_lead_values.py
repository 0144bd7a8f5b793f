import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import lead
from protocol.lead import Question, standard_values
from protocol.text import plain

from .leads import NODE, QUESTIONS, node


def values_of(*fields, questions=(), mapping=None):
    values, notes = standard_values(lead.parse(node(*fields), questions), mapping)
    return values, [answer.name for answer in notes]


def test_the_answers_go_to_their_fields_and_the_rest_to_the_notes():
    values, notes = standard_values(lead.parse(NODE, QUESTIONS))
    assert values == {
        "contact_name": "Ana Test",
        "email_from": "ana@example.com",
        "phone": "+15550100123",
    }
    assert [note.label for note in notes] == ["Which size?"]


def test_first_and_last_name_are_joined_in_whatever_order_they_came():
    fields = (("nachname", ["Test"]), ("vorname", [" Ana  Maria "]))
    assert values_of(*fields) == ({"contact_name": "Ana Maria Test"}, [])
    assert values_of(fields[0]) == ({"contact_name": "Test"}, [])


def test_a_full_name_wins_and_the_parts_go_to_the_notes():
    fields = (
        ("first_name", ["Ana"]),
        ("full_name", ["Ana T."]),
        ("last_name", ["Test"]),
    )
    assert values_of(*fields) == (
        {"contact_name": "Ana T."},
        ["first_name", "last_name"],
    )


def test_a_work_address_is_used_only_without_an_own_one():
    work, own = ("work_email", ["w@b.co"]), ("email", ["o@b.co"])
    assert values_of(work, own) == ({"email_from": "o@b.co"}, ["work_email"])
    assert values_of(work) == ({"email_from": "w@b.co"}, [])
    assert values_of(work, ("email", None)) == ({"email_from": "w@b.co"}, [])


def test_further_phones_go_to_the_notes():
    fields = (
        ("whatsapp_number", ["+1"]),
        ("phone_number", ["+2"]),
        ("work_phone_number", ["+3"]),
    )
    assert values_of(*fields) == (
        {"phone": "+2"},
        ["whatsapp_number", "work_phone_number"],
    )


def test_two_numbers_in_one_answer_are_not_glued_together():
    assert values_of(("phone", ["+1", "+2"])) == ({"phone": "+1"}, ["phone"])


def test_a_second_answer_for_a_field_goes_to_the_notes():
    assert values_of(("city", ["Rome"]), ("ciudad", ["Roma"])) == (
        {"city": "Rome"},
        ["ciudad"],
    )


def test_a_mapping_of_the_form_wins_over_the_suggestion():
    mapping = {"city": None, "budget?": "x_budget", "who": "contact_name", "zip": ""}
    fields = (
        ("city", ["Rome"]),
        ("budget?", ["a", "b"]),
        ("who", ["Ana"]),
        ("zip", ["1"]),
        ("email", ["a@b.co"]),
    )
    assert values_of(*fields, mapping=mapping) == (
        {"x_budget": "a, b", "contact_name": "Ana", "email_from": "a@b.co"},
        ["city", "zip"],
    )


def test_a_mapping_holds_for_a_name_in_other_case():
    assert values_of(("FULL_NAME", ["Ana"]), mapping={"full_name": "x_who"}) == (
        {"x_who": "Ana"},
        [],
    )


def test_the_type_of_a_question_sends_its_answer_to_the_field():
    questions = [Question("q1", "¿Dónde?", "CITY"), Question("q2", "¿?", "GENDER")]
    assert values_of(("q1", ["Lima"]), ("q2", ["male"]), questions=questions) == (
        {"city": "Lima"},
        ["q2"],
    )


@pytest.mark.parametrize("country", ["US", "United States", "Estados Unidos"])
def test_a_country_comes_through_as_it_was_given(country):
    assert values_of(("country", [country])) == ({"country_id": country}, [])


def test_a_field_gets_one_line():
    assert values_of(("full_name", ["Ana\r\n Test"])) == (
        {"contact_name": "Ana Test"},
        [],
    )


@given(
    fields=st.lists(
        st.tuples(
            st.sampled_from(
                "full_name first_name last_name email work_email phone_number "
                "whatsapp_number city ciudad x? budget country".split()
            ),
            st.none() | st.lists(st.text(max_size=6), max_size=3),
        ),
        max_size=12,
    )
)
def test_no_answer_is_ever_lost(fields):
    read = lead.parse(node(*fields))
    values, notes = standard_values(read)
    for answer in read.answers:
        for value in answer.values:
            line = " ".join(value.split())
            lines = {line, " ".join((plain(line) or line).split())}
            assert answer in notes or any(
                line in kept for kept in values.values() for line in lines
            )
    assert all(note.values for note in notes)


@pytest.mark.parametrize(
    ("name", "said", "kept"),
    [
        ("email", "\u200fana@example.com\u200b", "ana@example.com"),
        ("email", "ana＠example.com", "ana@example.com"),
        ("phone_number", "\u202d+1 202 555 0101\u202c", "+1 202 555 0101"),
        ("phone_number", "＋８１９０１２３４５６７８", "+819012345678"),
        ("phone_number", "\u200f", "\u200f"),
    ],
)
def test_what_nobody_sees_is_no_part_of_an_address_or_number(name, said, kept):
    [value] = values_of((name, [said]))[0].values()
    assert value == kept


def test_the_first_answer_that_its_field_can_hold_is_written_the_others_are_noted():
    def hold(target, answer):
        return None if "no" in answer.values else (len(answer.values), True)

    read = lead.parse(
        node(("a", ["no"]), ("b", ["yes", "yes"]), ("c", ["yes"]), ("d", ["no"]))
    )
    mapping = {"a": "x_size", "b": "x_size", "c": "x_size", "d": "x_other"}
    values, notes = standard_values(read, mapping, hold)
    assert values == {"x_size": 2}
    assert [answer.name for answer in notes] == ["a", "c", "d"]


def test_what_a_field_holds_in_part_is_noted_whole():
    read = lead.parse(node(("a", ["1"]), ("b", ["2"])))
    mapping = {"a": "x_a", "b": "x_b"}
    values, notes = standard_values(read, mapping, lambda *_: ("1", False))
    assert values == {"x_a": "1", "x_b": "1"}
    assert [answer.shown for answer in notes] == ["1", "2"]


def test_the_country_is_read_before_what_is_looked_up_in_it():
    seen = []

    def hold(target, answer):
        seen.append(target)
        return answer.shown, True

    read = lead.parse(
        node(("state", ["CA"]), ("email", ["a@b.c"]), ("country", ["US"]))
    )
    standard_values(read, {}, hold)
    assert seen == ["country_id", "state_id", "email_from"]
