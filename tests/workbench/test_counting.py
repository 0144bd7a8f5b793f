"""The closing line of ``make test`` tells the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench import counting
from tests.workbench.counting import Count

OUTCOMES = {
    "passed": "",
    "failed": "<failure message='x'/>",
    "error": "<error message='x'/>",
    "skipped": "<skipped message='x'/>",
}


def report(folder: Path, *outcomes: str) -> Path:
    cases = "".join(
        f"<testcase name='t'>{OUTCOMES[one]}</testcase>" for one in outcomes
    )
    path = folder / "report.xml"
    path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return path


def test_every_outcome_is_counted_as_what_it_is(tmp_path: Path):
    path = report(tmp_path, "passed", "passed", "failed", "error", "skipped")
    assert counting.counted(path) == Count(passed=2, failed=2, skipped=1)


def test_the_closing_line_has_the_plain_form():
    assert str(Count(12, 0)) == "12 passed, 0 failed"
    assert str(Count(12, 1, 2)) == "12 passed, 1 failed, 2 skipped"


@pytest.mark.parametrize(
    ("count", "code"),
    [
        (Count(passed=5), 0),
        (Count(passed=5, failed=1), 1),
        (Count(passed=5, skipped=1), 1),
        (Count(), 1),
    ],
)
def test_only_passed_tests_pass(count: Count, code: int):
    assert count.exit_code == code


def test_stages_add_up():
    assert Count(1, 2, 3) + Count(10, 20, 30) == Count(11, 22, 33)


def test_a_run_without_any_test_has_failed(tmp_path: Path):
    assert counting.verdict("web", 5, report(tmp_path)) == Count(failed=1)
    assert counting.verdict("web", 0, report(tmp_path)) == Count(failed=1)


def test_a_run_that_left_no_report_has_failed(tmp_path: Path):
    assert counting.verdict("web", -9, tmp_path / "none.xml").failed == 1


def test_a_run_that_left_half_a_report_has_failed(tmp_path: Path):
    path = tmp_path / "half.xml"
    path.write_text("<testsuites><testcase")
    assert counting.verdict("web", -9, path).failed == 1


def test_a_run_that_broke_down_after_its_tests_has_failed(tmp_path: Path):
    path = report(tmp_path, "passed")
    assert counting.verdict("web", 3, path) == Count(passed=1, failed=1)
    assert counting.verdict("web", 1, path) == Count(passed=1, failed=1)


def test_a_run_that_went_well_counts_its_tests_only(tmp_path: Path):
    assert counting.verdict("web", 0, report(tmp_path, "passed")) == Count(passed=1)


def test_a_failed_test_is_counted_once(tmp_path: Path):
    path = report(tmp_path, "passed", "failed")
    assert counting.verdict("web", 1, path) == Count(passed=1, failed=1)
