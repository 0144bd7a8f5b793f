import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import lead
from protocol.lead import Answer, Consent, Question, standard_values

from .leads import NODE, QUESTIONS, node


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
    "field_data",
    [None, {}, "", 0, False, [], [None, [], {}, {"values": [" "]}, {"name": ""}]],
)
def test_a_lead_without_readable_answers_is_still_a_lead(field_data):
    assert lead.parse({**node(), "field_data": field_data}).answers == ()


def test_answers_that_are_no_entries_are_kept_as_they_read():
    odd = [{"values": ["x", "y"]}, {"name": None, "value": 5}, "z", ["email", "a@b"]]
    answers = lead.parse({**node(), "field_data": odd}).answers
    shown = [answer.shown for answer in answers]
    assert shown == ["x, y", "5", "z", '["email", "a@b"]']
    assert {answer.label for answer in answers} == {"field data"}


def test_one_value_without_a_list_is_an_answer():
    first = {"name": "email", "value": "a@b"}
    second = {"name": "x", "values": None, "value": 1}
    answers = lead.parse({**node(), "field_data": [first, second]}).answers
    assert [answer.values for answer in answers] == [("a@b",), ()]


@pytest.mark.parametrize("empty", [None, False])
def test_an_error_that_is_none_costs_no_lead(empty):
    assert lead.parse({**node(), "error": empty}).answers == ()


@pytest.mark.parametrize(
    "form_id", ["220000000000001", 220000000000001, " f:220000000000001"]
)
def test_the_form_is_known_however_its_id_is_written(form_id):
    assert lead.form_id({"form_id": form_id}) == "220000000000001"


@pytest.mark.parametrize("form_id", [None, "", "0", 0, {"id": "1"}, [], True, "x"])
def test_what_is_no_id_names_no_form(form_id):
    assert lead.form_id({"form_id": form_id}) is None


def test_a_check_box_is_read_in_whatever_it_comes():
    box = {"checkbox_key": "share", "is_checked": ""}
    for boxes in ([box], box, {"data": [box]}):
        read = lead.parse({**node(), "custom_disclaimer_responses": boxes})
        [consent] = read.consents
        assert (consent.key, consent.checked) == ("share", False)


@pytest.mark.parametrize("boxes", [None, {}, "x", 5, [None, "x", {}], {"data": {}}])
def test_what_is_no_check_box_is_none(boxes):
    read = lead.parse({**node(), "custom_disclaimer_responses": boxes})
    assert read.consents == ()


@pytest.mark.parametrize(
    ("field_data", "shown"),
    [
        ({"data": [{"name": "ä"}]}, '{"data": [{"name": "ä"}]}'),
        ({"a": {"b": None}}, '{"a": {"b": null}}'),
        ("Ana\ud800\x00 Test", "Ana\ufffd\ufffd Test"),
        (5, "5"),
        (True, "true"),
    ],
)
def test_answers_that_are_no_list_are_kept_for_the_notes(field_data, shown):
    read = lead.parse({**node(), "field_data": field_data})
    values, notes = lead.standard_values(read)
    assert values == {}
    assert [(answer.label, answer.shown) for answer in notes] == [("field data", shown)]


def test_answers_that_are_no_list_make_no_test_lead():
    told = {"test lead": "<test lead: dummy data for email>"}
    assert not lead.parse({**node(), "field_data": told}).is_test


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
        1769862896.0,
        1769862896789,
        "1769862896789",
        "2026-01-31T12:34:56z",
        "2026-01-31T14:34:56 +02",
    ],
)
def test_the_time_is_read_as_seconds_whatever_its_offset(time):
    assert lead.parse(node() | {"created_time": time}).created_time == 1769862896


def test_a_time_without_seconds_is_one():
    assert lead.created_time({"created_time": "2026-01-31T12:34+0000"}) == 1769862840


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
        ({**NODE, "created_time": float("nan")}, "no time"),
        ({**NODE, "created_time": float("inf")}, "no time"),
        ({**NODE, "created_time": "2026-01-31"}, "no time"),
        ({**NODE, "created_time": "２０２６-01-31T12:34:56+0000"}, "no time"),
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


def test_a_lead_nested_without_end_is_refused_in_plain_words():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        lead.parse({**node(), "field_data": [{"name": "a", "values": [deep]}]})


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
