"""docs/errors.md, and the tables behind it, say something about everything."""

import re

import pytest
from protocol import anchors, answer_lookup, answer_table, reasons
from protocol.verdict import REFUSE, RETRY, VERDICTS

from tests.workbench import errors_html, errors_page
from tests.workbench.layout import Layout

PAGE = Layout.of_this_clone().repository / "docs" / "errors.md"
SERVED = Layout.of_this_clone().addon / "static" / "docs" / "errors.html"
SPECIAL = (answer_table.NO_ANSWER, answer_table.NOT_GRAPH, answer_table.UNKNOWN)
ALL = (
    *answer_table.RULES,
    *(rule for _first, _last, rule in answer_table.FAMILIES),
    *answer_table.NOT_GRAPH_BY_STATUS.values(),
    *SPECIAL,
    answer_table.UNREADABLE,
)

ALL_REASONS = (*reasons.WAITS, *reasons.REASONS, *reasons.REMARKS)


def test_the_page_is_what_the_tables_say_today():
    assert PAGE.read_text() == errors_page.page(), "run: make docs"
    assert SERVED.read_text() == errors_html.convert(errors_page.page()), (
        "run: make docs"
    )


def test_the_page_is_written_by_its_command(tmp_path):
    (tmp_path / "docs").mkdir()
    errors_page.write(Layout(tmp_path))
    assert (tmp_path / "docs" / "errors.md").read_text() == errors_page.page()
    assert (Layout(tmp_path).addon / "static" / "docs" / "errors.html").exists()


def test_the_page_that_screens_link_to_has_every_row_and_no_marks_of_its_source():
    served = SERVED.read_text()
    marks = re.findall(r'<a id="([^"]*)"></a>', errors_page.page())
    assert re.findall(r'<a id="([^"]*)"></a>', served) == marks
    assert served.count("<tr>") > len(marks)
    assert "<code>X-Ad-Account-Usage</code>" in served
    assert "press <em>Send again</em>" in served
    body = served.split("<body>")[1]
    assert not re.search(r"^[#|-]|\*\*|`", body, re.MULTILINE)


def test_what_looks_like_markup_is_shown_as_it_is():
    page = errors_html.convert("# A\n\n| <b> | 5 < 6 & more |\n| --- | --- |\n")
    assert "<th>&lt;b&gt;</th><th>5 &lt; 6 &amp; more</th>" in page


def test_every_row_has_one_anchor_that_a_link_can_name():
    marks = re.findall(r'<a id="([^"]*)"></a>', errors_page.page())
    assert len(set(marks)) == len(marks)
    assert {"190-463", "100-2804003", "368", "100-missing-permission"} <= set(marks)
    assert {"no-answer", "not-of-meta-502", "no-rule-for-this-step"} <= set(marks)
    wanted = {*map(anchors.of_rule, ALL), *map(anchors.of_reason, ALL_REASONS)}
    assert wanted <= set(marks)
    assert all(re.fullmatch("[a-z0-9-]+", mark) for mark in marks)


def test_an_answer_that_meta_calls_temporary_leads_to_no_other_row():
    told = answer_lookup.find_told(RETRY, 100, 2804003, "")
    assert told.meaning == answer_table.TRANSIENT
    assert anchors.of_rule(told) == ""


def test_the_page_says_what_every_row_means_and_what_to_do():
    text = errors_page.page()
    for rule in ALL:
        assert rule.meaning in text
        assert rule.cure in text
    for row in ALL_REASONS:
        assert row.opening in text
        assert row.meaning in text
        assert row.cure in text


def test_no_line_of_a_table_has_a_cell_too_many():
    tables = re.findall(r"(?:^\|.*\|\n)+", errors_page.page(), re.MULTILINE)
    assert len(tables) > 8
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


@pytest.mark.parametrize("rule", ALL, ids=anchors.of_rule)
def test_every_row_speaks_in_whole_sentences(rule):
    assert rule.verdict in VERDICTS
    for sentence in (rule.meaning, rule.cure):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert rule.tries is None or rule.verdict == RETRY
    assert rule.words == rule.words.lower()


def test_no_row_stands_twice():
    keys = [(rule.code, rule.subcode, rule.words) for rule in answer_table.RULES]
    assert len(set(keys)) == len(keys)


def test_no_row_is_hidden_behind_the_words_of_an_earlier_one():
    for rule in answer_table.RULES:
        assert answer_lookup.find(rule.code, rule.subcode, f"x {rule.words} y") == rule


def test_what_is_refused_is_never_said_to_mend_itself():
    for rule in answer_table.RULES:
        if rule.verdict == REFUSE:
            assert "by itself" not in rule.cure


# --- reasons of our own ---------------------------------------------------------------


@pytest.mark.parametrize("row", reasons.REASONS, ids=lambda row: row.opening)
def test_a_reason_is_found_by_its_opening_words(row):
    for detail in ("", ".", ": something more.", "\nA line.\nAnother."):
        assert reasons.explain(row.opening + detail) == (row.meaning, row.cure)


def test_a_remark_after_a_reason_is_explained_with_it():
    (remark,) = reasons.REMARKS
    consent = reasons.explain("No consent: nobody noted it.")
    both = reasons.explain(f"No consent: nobody noted it. {remark.opening}.")
    assert both == (f"{consent[0]} {remark.meaning}", f"{consent[1]} {remark.cure}")


@pytest.mark.parametrize("reason", ["", "Something else.", "x No dataset."])
def test_an_unknown_reason_has_no_explanation(reason):
    assert reasons.explain(reason) == ("", "")


def test_every_reason_belongs_to_a_state_that_the_page_explains():
    assert {row.state for row in ALL_REASONS} == set(errors_page.STATES)


def test_every_reason_speaks_in_whole_sentences():
    for row in ALL_REASONS:
        for sentence in (row.meaning, row.cure):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
