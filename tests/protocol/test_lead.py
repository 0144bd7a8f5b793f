import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import lead
from protocol.lead import Answer, Consent, Question, standard_values

NODE = {
    "id": "330000000000001",
    "created_time": "2026-01-31T12:34:56+0000",
    "ad_id": "120200000000000001",
    "ad_name": "Ad A",
    "adset_id": "120200000000000002",
    "adset_name": "Set A",
    "campaign_id": "120200000000000003",
    "campaign_name": "Spring",
    "form_id": "220000000000001",
    "is_organic": False,
    "platform": "ig",
    "field_data": [
        {"name": "full_name", "values": ["Ana Test"]},
        {"name": "email", "values": ["ana@example.com"]},
        {"name": "phone_number", "values": ["+15550100123"]},
        {"name": "which_size?", "values": ["small_(1-5)", "large"]},
        {"name": "budget?"},
    ],
}
QUESTIONS = [
    Question("full_name", "Full name", "FULL_NAME"),
    Question("email", "E-mail", "EMAIL"),
    Question("phone_number", "Phone", "PHONE"),
    Question(
        "which_size?",
        "Which size?",
        "CUSTOM",
        {"small_(1-5)": "Small (1-5)", "large": "Large"},
    ),
    Question("budget?", "Your budget?", "CUSTOM"),
]


def node(*fields, **more):
    data = [
        {"name": name, "values": values} if values is not None else {"name": name}
        for name, values in fields
    ]
    return {"id": "1", "created_time": NODE["created_time"], "field_data": data, **more}


def values_of(*fields, questions=(), mapping=None):
    values, notes = standard_values(lead.parse(node(*fields), questions), mapping)
    return values, [answer.name for answer in notes]


def test_a_lead_from_an_ad_is_read_whole():
    read = lead.parse(NODE, QUESTIONS)
    assert (read.meta_id, read.created_time) == ("330000000000001", 1769862896)
    assert (read.ad_id, read.ad_name) == ("120200000000000001", "Ad A")
    assert (read.adset_id, read.adset_name) == ("120200000000000002", "Set A")
    assert (read.campaign_id, read.campaign_name) == ("120200000000000003", "Spring")
    assert (read.form_id, read.platform) == ("220000000000001", "ig")
    assert read.is_organic is False
    assert read.is_test is False
    assert read.consents == ()
    assert read.answers[0] == Answer(
        "full_name", "Full name", "FULL_NAME", ("Ana Test",), "Ana Test"
    )


def test_choices_are_shown_by_their_labels_and_kept_by_their_keys():
    answer = lead.parse(NODE, QUESTIONS).answers[3]
    assert answer.values == ("small_(1-5)", "large")
    assert answer.shown == "Small (1-5), Large"


def test_a_choice_that_the_form_does_not_know_is_shown_as_it_is():
    answers = lead.parse(node(("which_size?", ["huge"])), QUESTIONS).answers
    assert answers[0].shown == "huge"


@pytest.mark.parametrize("values", [None, [], [""], ["  "], "", [None]])
def test_a_skipped_question_is_an_answer_without_values(values):
    answer = lead.parse(node(("budget?", values)), QUESTIONS).answers[0]
    assert answer == Answer("budget?", "Your budget?", "CUSTOM", (), "")


def test_values_null_is_a_skipped_question():
    read = lead.parse({**node(), "field_data": [{"name": "a", "values": None}]})
    assert read.answers[0].values == ()


def test_an_answer_to_no_question_of_the_form_is_kept():
    answers = lead.parse(node(("utm_source", ["news"])), QUESTIONS).answers
    assert answers == (Answer("utm_source", "utm source", "", ("news",), "news"),)


def test_a_question_is_found_in_other_case_and_other_accents():
    questions = [Question("correo_electrónico", "Correo", "EMAIL")]
    spelled = "CORREO_ELECTRO\u0301NICO"
    assert lead.parse(node((spelled, ["a@b.co"])), questions).answers[0].type == "EMAIL"


def test_keys_of_punctuation_alone_are_not_taken_for_each_other():
    questions = [Question("??", "Two", "CUSTOM"), Question("!", "One", "EMAIL")]
    assert lead.parse(node(("?", ["x"])), questions).answers[0].label == "?"


def test_an_exact_key_wins_over_a_similar_one():
    questions = [Question("Age", "Old", "CUSTOM"), Question("age", "New", "CUSTOM")]
    assert lead.parse(node(("age", ["9"])), questions).answers[0].label == "New"


def test_a_key_of_nine_hundred_characters_is_kept():
    key = ("what_is_your_age_group?_(" + "x" * 900)[:900]
    answer = lead.parse(node((key, ["30"]))).answers[0]
    assert (answer.name, answer.values) == (key, ("30",))


def test_values_that_are_no_list_or_no_text_are_read_as_they_are():
    read = lead.parse(node(("a", "x"), ("b", [5, True, 1.5, {"c": 1}])))
    assert read.answers[0].values == ("x",)
    assert read.answers[1].values == ("5", "true", "1.5", "{'c': 1}")


@pytest.mark.parametrize(
    "field_data", [None, {}, "x", 5, [None, [], {}, {"values": ["x"]}, {"name": ""}]]
)
def test_a_lead_without_readable_answers_is_still_a_lead(field_data):
    assert lead.parse({**node(), "field_data": field_data}).answers == ()


def test_an_organic_lead_has_no_campaign():
    read = lead.parse(node(is_organic=True, platform="fb"))
    assert read.is_organic is True
    ids = (read.ad_id, read.adset_id, read.campaign_id, read.form_id)
    names = (read.ad_name, read.adset_name, read.campaign_name)
    assert ids == (None,) * 4
    assert names == (None,) * 3


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        ("1", True),
        ("0", False),
        ("TRUE", True),
        ("FALSE", False),
        (None, None),
        ("", None),
        ("maybe", None),
        ([], None),
    ],
)
def test_organic_is_read_from_the_api_and_from_exports(sent, read):
    assert lead.parse(node(is_organic=sent)).is_organic is read


def test_ids_of_exports_lose_their_labels():
    read = lead.parse(node() | {"id": "l:330", "ad_id": "ag:12", "form_id": "f:22"})
    assert (read.meta_id, read.ad_id, read.form_id) == ("330", "12", "22")


def test_integer_ids_keep_every_digit():
    assert lead.parse(node() | {"id": 55459717045641545}).meta_id == "55459717045641545"


@pytest.mark.parametrize(
    ("label", "bare"),
    [
        ("l:123", "123"),
        ("ag:123", "123"),
        ("as:123", "123"),
        ("c:123", "123"),
        ("f:123", "123"),
        ("p:+15550100123", "+15550100123"),
        ("z:01234", "01234"),
        (" L:123 ", "123"),
        ("123", "123"),
        (123, "123"),
        ("x:123", "x:123"),
        ("", ""),
        (None, ""),
        (False, ""),
    ],
)
def test_labels_of_exports_are_stripped(label, bare):
    assert lead.strip_label(label) == bare


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-31T12:34:56+0000",
        "2026-01-31T12:34:56+00:00",
        "2026-01-31T12:34:56Z",
        "2026-01-31T12:34:56",
        "2026-01-31 12:34:56",
        "2026-01-31T12:34:56.789+0000",
        "2026-01-31T13:34:56+01:00",
        "2026-01-31T07:34:56-0500",
        1769862896,
        "1769862896",
    ],
)
def test_the_time_is_read_as_seconds_whatever_its_offset(time):
    assert lead.parse(node() | {"created_time": time}).created_time == 1769862896


@pytest.mark.parametrize(
    ("given_node", "message"),
    [
        (None, "not an object"),
        ([NODE], "not an object"),
        ("lead", "not an object"),
        ({}, '"id" is missing'),
        ({**NODE, "id": None}, '"id" is missing'),
        ({**NODE, "id": "abc"}, '"id" is missing or no id'),
        ({**NODE, "id": 0}, '"id" is missing'),
        ({**NODE, "id": True}, '"id" is missing'),
        ({**NODE, "id": 1e20}, '"id" is missing'),
        ({**NODE, "created_time": None}, '"created_time" is missing'),
        ({**NODE, "created_time": "yesterday"}, "no time"),
        ({**NODE, "created_time": "2026-02-30T12:34:56+0000"}, "no time"),
        ({**NODE, "created_time": "0001-01-01T00:00:00+2359"}, "no time"),
        ({**NODE, "created_time": 17698628960000}, "no time"),
        ({**NODE, "created_time": -1}, "no time"),
        ({**NODE, "created_time": True}, "no time"),
        ({"error": {"code": 100, "message": "gone"}}, "an error answer"),
        ({**NODE, "error": {}}, "an error answer"),
    ],
)
def test_what_is_no_lead_is_refused_in_plain_words(given_node, message):
    with pytest.raises(ValueError, match="^not a lead: ") as refused:
        lead.parse(given_node)
    assert message in str(refused.value)


def test_text_that_no_database_stores_is_repaired():
    read = lead.parse(node(("full_name", ["A\x00na\ud800"])))
    assert read.answers[0].values == ("A\ufffdna\ufffd",)


@pytest.mark.parametrize(
    ("sent", "checked"),
    [
        ("1", True),
        (1, True),
        (True, True),
        ("true", True),
        ("", False),
        ("0", False),
        (None, False),
        (False, False),
        ("no", False),
        ("2", False),
        ([], False),
    ],
)
def test_only_a_clear_yes_is_consent(sent, checked):
    responses = [{"checkbox_key": "news", "is_checked": sent}]
    read = lead.parse(node(custom_disclaimer_responses=responses))
    assert read.consents == (Consent("news", checked, ""),)


def test_consents_carry_the_text_of_their_check_box():
    boxes = [
        {"id": "1", "key": "news", "text": "Send me news", "is_required": False},
        {"key": "", "text": "nothing"},
        "junk",
    ]
    form = {"legal_content": {"custom_disclaimer": {"checkboxes": boxes}}}
    labels = lead.consent_labels(form)
    responses = [
        {"checkbox_key": "news", "is_checked": "1"},
        {"checkbox_key": "calls", "is_checked": ""},
    ]
    read = lead.parse(node(custom_disclaimer_responses=responses), (), labels)
    assert read.consents == (
        Consent("news", True, "Send me news"),
        Consent("calls", False, ""),
    )


@pytest.mark.parametrize(
    "form", [{}, {"legal_content": None}, {"legal_content": {"custom_disclaimer": 5}}]
)
def test_a_form_without_check_boxes_has_no_texts_for_them(form):
    assert lead.consent_labels(form) == {}


@pytest.mark.parametrize("responses", [None, {}, "x", [None, {}, {"is_checked": "1"}]])
def test_unreadable_consents_are_no_consents(responses):
    assert lead.parse(node(custom_disclaimer_responses=responses)).consents == ()


@pytest.mark.parametrize(
    ("value", "test"),
    [
        ("<test lead: dummy data for full_name>", True),
        ("test lead: dummy data for phone_number", True),
        ("<TEST LEAD: dummy data for x>", True),
        ("test@fb.com", True),
        ("Test@Meta.com", True),
        ("my test lead: yes", False),
        ("a.test@fb.com", False),
        ("test@facebook.com", False),
        ("Ana Test", False),
    ],
)
def test_dummy_values_make_a_test_lead(value, test):
    assert lead.parse(node(("full_name", ["Ana"]), ("x", [value]))).is_test is test


def test_a_lead_without_an_ad_is_not_for_that_a_test():
    assert lead.parse(node(("email", ["ana@example.com"]))).is_test is False


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
            assert answer in notes or any(line in kept for kept in values.values())
    assert all(note.values for note in notes)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=10,
)


@given(changes=st.dictionaries(st.sampled_from([*NODE, "error", "x"]), JSON))
def test_parse_raises_nothing_but_a_plain_value_error(changes):
    try:
        read = lead.parse({**NODE, **changes}, QUESTIONS)
    except ValueError as refused:
        assert str(refused).startswith("not a lead: ")
        return
    standard_values(read)
    shown = [(answer.name, answer.shown) for answer in read.answers]
    assert json.dumps([read.meta_id, read.ad_name, shown], allow_nan=False)
