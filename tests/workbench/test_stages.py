"""No test is left out of ``make test``, and none is run twice."""

from __future__ import annotations

import pytest

from tests.workbench import stages, suite
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout
from tests.workbench.stages import Stage


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
    listed = [folder for stage in stages.STAGES for folder in stage.folders]
    assert len(listed) == len(set(listed))
    assert folders <= set(listed)


def test_a_stage_can_be_chosen_and_a_wrong_name_is_told_the_right_ones():
    assert [stage.name for stage in stages.chosen(["web"])] == ["web"]
    assert len(stages.chosen([])) == len(stages.STAGES)
    with pytest.raises(WorkbenchError, match="no such stage: wbe") as failure:
        stages.chosen(["wbe"])
    assert "web" in failure.value.cure


def test_only_a_stage_with_a_full_run_can_be_run_in_full():
    assert [stage.name for stage in stages.chosen(["faults", "full"])] == ["faults"]
    assert stages.chosen(["full"]) == list(stages.STAGES)
    with pytest.raises(WorkbenchError, match="web: every run is a full one") as failure:
        stages.chosen(["web", "full"])
    assert "faults" in failure.value.cure


def test_coverage_keeps_nothing_of_a_server_whose_memory_is_judged(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delenv("COVERAGE_PROCESS_START", raising=False)
    layout = Layout.of_this_clone()
    jobs = [job for stage in stages.chosen([]) for job in stage.jobs(layout)]
    measured = {
        job.name
        for job in jobs
        if "COVERAGE_PROCESS_START" in suite.environment(layout, job)
    }
    assert "fuzz" not in measured
    assert {"pure", "addon-1", "addon-2", "web-1", "web-2"} <= measured


def filled(scratch: Layout, **sizes: int) -> None:
    folder = scratch.repository / "tests" / "addon" / "deep"
    folder.mkdir(parents=True)
    for name, size in sizes.items():
        (folder / f"test_{name}.py").write_text("#" * size)
    (folder / "common.py").write_text("#" * 1000)


def test_a_stage_of_several_parts_runs_each_file_once_in_lots_of_about_one_size(
    scratch: Layout,
):
    filled(scratch, a=10, b=90, c=40, d=45)
    jobs = Stage("addon", ("addon",), parts=2).jobs(scratch)
    assert [(job.name, job.words) for job in jobs] == [
        ("addon-1", ("tests/addon/deep/test_b.py",)),
        (
            "addon-2",
            tuple(f"tests/addon/deep/test_{name}.py" for name in ("a", "c", "d")),
        ),
    ]


def test_a_stage_with_fewer_files_than_parts_has_no_empty_job(scratch: Layout):
    filled(scratch, a=10)
    assert len(Stage("addon", ("addon",), parts=2).jobs(scratch)) == 1


def test_a_stage_of_one_part_is_one_job_over_its_folders(scratch: Layout):
    filled(scratch, a=10)
    (job,) = Stage("addon", ("addon", "web")).jobs(scratch)
    assert (job.name, job.words) == ("addon", ("tests/addon",))


def test_a_stage_without_tests_has_no_job(scratch: Layout):
    assert Stage("addon", ("addon",), parts=2).jobs(scratch) == []


def test_this_clones_jobs_run_every_file_of_tests_exactly_once():
    layout = Layout.of_this_clone()
    ran = []
    for stage in stages.STAGES:
        for job in stage.jobs(layout):
            for word in job.words:
                path = layout.repository / word
                ran += [path] if path.is_file() else path.rglob("test_*.py")
    assert sorted(ran) == sorted((layout.repository / "tests").rglob("test_*.py"))
