"""The closing line of ``make test`` tells the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workbench import suite
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout
from tests.workbench.suite import Count, Stage

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
    assert suite.counted(path) == Count(passed=2, failed=2, skipped=1)


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
    assert suite.verdict("web", 5, report(tmp_path)) == Count(failed=1)
    assert suite.verdict("web", 0, report(tmp_path)) == Count(failed=1)


def test_a_run_that_left_no_report_has_failed(tmp_path: Path):
    assert suite.verdict("web", -9, tmp_path / "none.xml").failed == 1


def test_a_run_that_left_half_a_report_has_failed(tmp_path: Path):
    path = tmp_path / "half.xml"
    path.write_text("<testsuites><testcase")
    assert suite.verdict("web", -9, path).failed == 1


def test_a_run_that_broke_down_after_its_tests_has_failed(tmp_path: Path):
    path = report(tmp_path, "passed")
    assert suite.verdict("web", 3, path) == Count(passed=1, failed=1)
    assert suite.verdict("web", 1, path) == Count(passed=1, failed=1)


def test_a_run_that_went_well_counts_its_tests_only(tmp_path: Path):
    assert suite.verdict("web", 0, report(tmp_path, "passed")) == Count(passed=1)


def test_a_failed_test_is_counted_once(tmp_path: Path):
    path = report(tmp_path, "passed", "failed")
    assert suite.verdict("web", 1, path) == Count(passed=1, failed=1)


def test_a_folder_without_tests_is_no_part_of_its_stage(scratch: Layout):
    for name in ("protocol", "fake_meta"):
        (scratch.repository / "tests" / name).mkdir(parents=True)
    (scratch.repository / "tests" / "fake_meta" / "test_one.py").touch()
    stage = Stage("pure", ("protocol", "fake_meta", "web"))
    assert stage.present(scratch) == ["tests/fake_meta"]


def test_every_folder_of_tests_is_in_exactly_one_stage():
    """A folder that no stage lists would never be run."""
    tests = Layout.of_this_clone().repository / "tests"
    folders = {path.relative_to(tests).parts[0] for path in tests.rglob("test_*.py")}
    listed = [folder for stage in suite.STAGES for folder in stage.folders]
    assert len(listed) == len(set(listed))
    assert folders <= set(listed)


def test_a_stage_can_be_chosen_and_a_wrong_name_is_told_the_right_ones():
    assert [stage.name for stage in suite.chosen(["web"])] == ["web"]
    assert len(suite.chosen([])) == len(suite.STAGES)
    with pytest.raises(WorkbenchError, match="no such stage: wbe") as failure:
        suite.chosen(["wbe"])
    assert "web" in failure.value.cure


def test_only_a_stage_with_a_full_run_can_be_run_in_full():
    assert [stage.name for stage in suite.chosen(["faults", "full"])] == ["faults"]
    assert suite.chosen(["full"]) == list(suite.STAGES)
    with pytest.raises(WorkbenchError, match="web: every run is a full one") as failure:
        suite.chosen(["web", "full"])
    assert "faults" in failure.value.cure


def test_the_fingerprint_of_an_addon_follows_every_change(tmp_path: Path):
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "a.xml").write_text("<odoo/>")
    before = suite.fingerprint(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert suite.fingerprint(tmp_path) == before
    (tmp_path / "views" / "a.xml").write_text("<odoo></odoo>")
    assert suite.fingerprint(tmp_path) != before
