import codecs
import io
import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import export, lead
from protocol.question import Question

COLUMNS = [*export.NODE_COLUMNS[:9], "form_name", "is_organic", "platform"]
LEAD = {
    "id": "l:330000000000001",
    "created_time": "2026-01-31T13:34:56+01:00",
    "ad_id": "ag:120200000000000001",
    "ad_name": "Ad A",
    "adset_id": "as:120200000000000002",
    "adset_name": "Set A",
    "campaign_id": "c:120200000000000003",
    "campaign_name": "Spring",
    "form_id": "f:220000000000001",
    "form_name": "Spring offer",
    "is_organic": "FALSE",
    "platform": "ig",
    "full_name": "Zoë Ş. Öz",
    "email": "zoe@example.com",
    "phone_number": "p:+15550100123",
    "budget?": "",
}


def file_of(*leads, delimiter="\t", encoding="utf-16", columns=None):
    """A file as Meta gives it, with the columns of the first lead."""
    columns = columns or list(leads[0] if leads else LEAD)
    lines = [columns, *([row.get(name, "") for name in columns] for row in leads)]
    text = "".join(
        delimiter.join(_quoted(field, delimiter) for field in line) + "\r\n"
        for line in lines
    )
    return io.BytesIO(text.encode(encoding))


def _quoted(field, delimiter):
    if any(mark in field for mark in (delimiter, '"', "\n")):
        return '"{}"'.format(field.replace('"', '""'))
    return field


def only(stream):
    (row,) = export.rows(stream)
    return row


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-16", "\t"),
        ("utf-16-le", "\t"),
        ("utf-16-be", ","),
        ("utf-8", ","),
        ("utf-8-sig", ","),
        ("utf-8", ";"),
        ("utf-8", "\t"),
    ],
)
def test_a_row_becomes_the_node_that_the_api_would_give(encoding, delimiter):
    row = only(file_of(LEAD, encoding=encoding, delimiter=delimiter))
    assert (row.number, row.line, row.problem) == (1, 2, "")
    assert row.form_name == "Spring offer"
    read = lead.parse(row.node)
    assert (read.meta_id, read.created_time) == ("330000000000001", 1769862896)
    assert (read.ad_id, read.adset_id, read.campaign_id, read.form_id) == (
        "120200000000000001",
        "120200000000000002",
        "120200000000000003",
        "220000000000001",
    )
    assert (read.is_organic, read.platform) == (False, "ig")
    values, notes = lead.standard_values(read)
    assert values == {
        "contact_name": "Zoë Ş. Öz",
        "email_from": "zoe@example.com",
        "phone": "+15550100123",
    }
    assert notes == []


def test_utf_16_with_the_other_byte_order_is_read_by_its_mark():
    data = codecs.BOM_UTF16_BE + file_of(LEAD, encoding="utf-16-be").read()
    assert only(io.BytesIO(data)).node["id"] == "330000000000001"


def test_labels_go_from_phones_and_post_codes_and_from_no_other_answer():
    given = {
        **LEAD,
        "phone_number": "p:555 0100",
        "post_code": "z:01067",
        "comment": "p: call me c:later",
    }
    answers = {
        a["name"]: a.get("values") for a in only(file_of(given)).node["field_data"]
    }
    assert answers["phone_number"] == ["555 0100"]
    assert answers["post_code"] == ["01067"]
    assert answers["comment"] == ["p: call me c:later"]


def test_a_skipped_question_has_no_values():
    answers = only(file_of(LEAD)).node["field_data"]
    assert {"name": "budget?"} in answers


def test_columns_of_metas_own_screens_are_no_answers():
    given = {**LEAD, "lead_status": "complete", "inbox_url": "https://example.com"}
    names = [answer["name"] for answer in only(file_of(given)).node["field_data"]]
    assert names == ["full_name", "email", "phone_number", "budget?"]


def test_names_of_columns_are_read_in_any_spelling_and_the_second_one_is_a_question():
    row = only(file_of(LEAD, columns=["ID", "Created Time", "platform", "Platform"]))
    # The values are looked up by column: none is given under these names.
    assert row.problem == "There is no lead ID in the column “id”."
    data = "ID,Created Time,Platform,platform\nl:330000000000001,1769862896,fb,web\n"
    row = only(io.BytesIO(data.encode()))
    assert row.node["platform"] == "fb"
    assert row.node["field_data"] == [{"name": "platform", "values": ["web"]}]


def test_an_answer_over_several_lines_stays_whole_and_lines_are_counted():
    second = {**LEAD, "id": "l:330000000000002"}
    stream = file_of({**LEAD, "full_name": 'Ana\n"the" Test'}, {}, second)
    first, last = export.rows(stream)
    assert first.node["field_data"][0]["values"] == ['Ana\n"the" Test']
    assert (last.number, last.line) == (2, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": ""}, "no lead ID in the column"),
        ({"id": "1.23457E+16"}, "rounded"),
        ({"id": "l:330000000000001.0"}, "rounded"),
        ({"id": "Ana"}, "digits only"),
        ({"created_time": ""}, "holds no time"),
        ({"created_time": "31.01.2026 13:34"}, "holds no time"),
        ({"created_time": "2026-13-31T13:34:56+01:00"}, "holds no time"),
        ({"form_id": "ana@example.com"}, "holds no form ID"),
        ({"form_id": "2.2E+14"}, "holds no form ID"),
    ],
)
def test_a_row_that_is_no_lead_says_why_and_the_others_are_read(changes, words):
    stream = file_of({**LEAD, **changes}, {**LEAD, "id": "l:330000000000002"})
    bad, good = export.rows(stream)
    assert (bad.line, bad.node) == (2, None)
    assert words in bad.problem
    assert "ana@" not in bad.problem
    assert good.node["id"] == "330000000000002"


def test_a_row_with_more_columns_than_the_first_line_is_not_guessed_at():
    stream = io.BytesIO(b"id,created_time,email\n330000000000001,1769862896,a,b\n")
    assert "4 columns, the first line has 3" in only(stream).problem


def test_a_row_whose_last_columns_are_left_out_is_read():
    stream = io.BytesIO(b"id,created_time,email\n330000000000001,1769862896\n")
    assert only(stream).node["field_data"] == []


HEAD = b"id,created_time,email\n"


def test_leads_behind_a_quotation_mark_that_somebody_wrote_are_read():
    lines = [b'33000000000000%d,1769862896,"a\n' % n for n in (1, 2, 3)]
    found = list(export.rows(io.BytesIO(HEAD + b"".join(lines))))
    assert [row.node["id"][-1] for row in found] == ["1", "2", "3"]
    assert [row.line for row in found] == [2, 3, 4]
    assert found[0].node["field_data"] == [{"name": "email", "values": ['"a']}]


def test_text_after_a_quoted_word_is_read():
    row = only(io.BytesIO(HEAD + b'330000000000001,1769862896,"big" house\n'))
    assert row.node["field_data"] == [{"name": "email", "values": ['"big" house']}]


def test_a_quotation_mark_that_is_never_closed_names_the_lines_it_swallows():
    lines = b'330000000000001,1769862896,"a\n330000000000002,1769862896,b,c\n'
    row = only(io.BytesIO(HEAD + lines))
    assert row.line == 2
    assert "goes on for: 1." in row.problem
    assert "other leads may be in it" in row.problem


def test_a_quotation_mark_costs_no_more_than_a_part_of_a_long_file():
    many = b"".join(b"3300000000%05d,1769862896,b\n" % n for n in range(9000))
    found = list(export.rows(io.BytesIO(HEAD + b'1,1,x,"a\n' + many)))
    assert "More lines" in found[0].problem
    assert found[-1].node["id"] == "330000000008999"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no first line"),
        (b"\r\n\r\n", "no first line"),
        (b'id,created_time,"name" x\n', "names of the columns, cannot be read"),
        (b"name,phone\nAna,1\n", "lacks “id”, “created_time”."),
        (b"id,phone\n1,1\n", "lacks “created_time”."),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "Excel workbook"),
        (b"\x1f\x8brest", "compressed"),
        ("id,created_time,name\n1,1,Zoë".encode("latin-1"), "neither UTF-8 nor"),
        (file_of(LEAD).getvalue()[:-1], "cut off"),
    ],
)
def test_a_file_that_is_no_export_says_what_to_do(data, words):
    with pytest.raises(export.ExportError, match=words):
        list(export.rows(io.BytesIO(data)))


def test_a_file_with_nothing_but_its_first_line_has_no_rows():
    assert list(export.rows(file_of())) == []


def test_reading_goes_on_after_any_row():
    leads = [{**LEAD, "id": f"l:33000000000000{n}"} for n in range(6)]
    whole = list(export.rows(file_of(*leads)))
    for skip in range(8):
        assert list(export.rows(file_of(*leads), skip)) == whole[skip:]


def test_the_file_stays_open_for_its_owner():
    stream = file_of(LEAD)
    list(export.rows(stream))
    assert not stream.closed


def test_answers_get_the_keys_of_the_forms_questions():
    questions = [
        Question("full_name", "What is your name?", "FULL_NAME"),
        Question("q1", "Which size?", "CUSTOM"),
        Question("q2", "full name", "CUSTOM"),
    ]
    names = ["Full Name", "which_size?", "budget?", ""]
    node = {"id": "1", "field_data": [{"name": name} for name in names]}
    found = export.with_keys(node, questions)["field_data"]
    assert [answer["name"] for answer in found] == ["full_name", "q1", "budget?", ""]


@given(st.binary(max_size=300))
def test_whatever_the_file_holds_nothing_but_its_own_error_comes(data):
    for start in (b"", b"id,created_time,name\n", codecs.BOM_UTF16_LE):
        try:
            found = list(export.rows(io.BytesIO(start + data)))
        except export.ExportError:
            continue
        assert all(bool(row.node) != bool(row.problem) for row in found)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_what_people_wrote_comes_back_as_they_wrote_it(texts):
    texts = [text.replace("\0", " ").replace("\r", " ").strip() for text in texts]
    texts = [text for text in texts if text and text.isprintable()]
    names = [f"question {n}" for n in range(len(texts))]
    given_lead = {**LEAD, **dict(zip(names, texts, strict=True))}
    for delimiter, encoding in itertools.product("\t,", ("utf-8", "utf-16")):
        stream = file_of(given_lead, delimiter=delimiter, encoding=encoding)
        answers = only(stream).node["field_data"][4:]
        assert [answer["values"] for answer in answers] == [
            [export._LABELLED_ZIP.sub("", export._LABELLED_PHONE.sub("", text))]
            for text in texts
        ]


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "leads.csv"
    with path.open("w", encoding="utf-16") as file:
        file.write("id\tcreated_time\tform_id\tfull_name\temail\n")
        for n in range(50_000):
            file.write(f"l:3300000000{n:05}\t1769862896\tf:1\tAna {n}\ta{n}@x.com\n")
    with path.open("rb") as stream:
        tracemalloc.start()
        try:
            count = sum(1 for row in export.rows(stream) if row.node)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert count == 50_000
    assert peak < 2_000_000
