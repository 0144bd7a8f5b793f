"""The fast loop knows when the addon must be updated."""

from __future__ import annotations

from pathlib import Path

from tests.workbench import addon_tests


def test_the_fingerprint_of_an_addon_follows_every_change(tmp_path: Path):
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "a.xml").write_text("<odoo/>")
    before = addon_tests.fingerprint(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert addon_tests.fingerprint(tmp_path) == before
    (tmp_path / "views" / "a.xml").write_text("<odoo></odoo>")
    assert addon_tests.fingerprint(tmp_path) != before
