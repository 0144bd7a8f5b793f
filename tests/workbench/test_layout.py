"""Clear words, up front, about a folder or a disk that will not do."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import GIB, Layout, require_space

Usage = namedtuple("Usage", "total used free")


def test_everything_lies_below_one_ignored_folder(scratch: Layout):
    made = (scratch.venv, scratch.logs, scratch.odoo_config, scratch.odoo_data)
    assert {path.parent for path in made} == {scratch.root}
    ignored = (Layout.of_this_clone().repository / ".gitignore").read_text()
    assert ".workbench/" in ignored.splitlines()


def test_a_path_with_a_comma_is_refused_with_the_reason(tmp_path: Path):
    with pytest.raises(WorkbenchError, match="holds a comma") as failure:
        Layout(tmp_path / "a,b").prepare()
    assert failure.value.cure == "Move the clone to another folder."


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / ".workbench").write_text("in the way")
    with pytest.raises(WorkbenchError, match="cannot write to .*workbench"):
        Layout(tmp_path).prepare()


def test_two_clones_have_two_identities(tmp_path: Path):
    assert Layout(tmp_path / "a").identity != Layout(tmp_path / "b").identity


def test_a_full_disk_stops_a_long_step_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 99, GIB))
    with pytest.raises(WorkbenchError, match="unpacking Odoo needs 1.5 GiB below"):
        require_space(tmp_path / "not" / "there yet", GIB * 3 // 2, "unpacking Odoo")
    require_space(tmp_path, GIB, "something smaller")
