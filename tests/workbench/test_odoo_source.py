"""Odoo 19: what is there already comes first, and only Odoo 19 will do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.workbench import odoo_source
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout


def lay_out(parent: Path, version: str = "19, 0") -> Path:
    """An Odoo as its package looks from outside."""
    (parent / "odoo" / "addons" / "base").mkdir(parents=True)
    (parent / "odoo" / "addons" / "base" / "__manifest__.py").write_text("{}")
    (parent / "odoo" / "release.py").write_text(
        f"RELEASE = 'final'\nversion_info = ({version}, 0, RELEASE, 0, '')\n"
    )
    return parent


@pytest.fixture(autouse=True)
def nothing_importable(monkeypatch: pytest.MonkeyPatch):
    """The tests themselves run where Odoo can be imported."""
    paths = [path for path in sys.path if not Path(path, "odoo").is_dir()]
    monkeypatch.setattr(sys, "path", paths)
    monkeypatch.delenv("ODOO_HOME", raising=False)


def unpacked(scratch: Layout, name: str) -> Path:
    return lay_out(scratch.root / name / "usr" / "lib" / "python3" / "dist-packages")


def test_nothing_is_found_on_a_bare_machine(scratch: Layout):
    assert odoo_source.find(scratch) is None


@pytest.mark.parametrize("inside", ["", "odoo"])
def test_odoo_home_may_be_the_package_or_the_folder_around_it(
    inside: str, tmp_path: Path, scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    home = lay_out(tmp_path / "my odoo")
    monkeypatch.setenv("ODOO_HOME", str(home / inside))
    assert odoo_source.find(scratch).parent == home


def test_odoo_home_wins_over_an_unpacked_package(
    tmp_path: Path, scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    unpacked(scratch, "odoo-19_1")
    monkeypatch.setenv("ODOO_HOME", str(lay_out(tmp_path / "home")))
    assert odoo_source.find(scratch).origin == "ODOO_HOME"


def test_an_odoo_home_without_odoo_is_named(
    tmp_path: Path, scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(WorkbenchError, match="no Odoo is there"):
        odoo_source.find(scratch)


def test_another_odoo_is_refused(
    tmp_path: Path, scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ODOO_HOME", str(lay_out(tmp_path / "old", "18, 0")))
    with pytest.raises(WorkbenchError, match=r"is 18\.0, and this addon is for 19\.0"):
        odoo_source.find(scratch)


def test_an_importable_odoo_is_taken(
    tmp_path: Path, scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    parent = lay_out(tmp_path / "site")
    monkeypatch.setattr(sys, "path", [*sys.path, str(parent)])
    assert odoo_source.find(scratch).parent == parent


def test_an_unpacked_package_is_taken(scratch: Layout):
    parent = unpacked(scratch, "odoo-19_1")
    assert odoo_source.find(scratch).parent == parent


def test_a_half_unpacked_package_is_not(scratch: Layout):
    unpacked(scratch, "odoo-19_1.part")
    assert odoo_source.find(scratch) is None


def test_a_checkout_has_two_folders_of_addons(tmp_path: Path):
    parent = lay_out(tmp_path)
    (parent / "addons" / "crm").mkdir(parents=True)
    (parent / "addons" / "crm" / "__manifest__.py").write_text("{}")
    source = odoo_source.OdooSource(parent, "")
    assert source.addons_paths == [parent / "odoo" / "addons", parent / "addons"]


def test_the_file_that_debian_leaves_out_is_stood_in_for_once(tmp_path: Path):
    source = odoo_source.OdooSource(lay_out(tmp_path), "")
    mail = tmp_path / "odoo" / "addons" / "mail"
    mail.mkdir()
    odoo_source.complete(source)
    stand_in = tmp_path / "odoo" / "addons" / odoo_source.LEFT_OUT
    assert stand_in.read_bytes() == b""
    stand_in.write_text("real")
    odoo_source.complete(source)
    assert stand_in.read_text() == "real"


def test_before_the_bring_up_the_way_to_it_is_told(scratch: Layout):
    with pytest.raises(WorkbenchError, match="not set up. Run: python3 -m"):
        odoo_source.chosen(scratch)
