"""What ``pip install .`` gives a user who has an Odoo already."""

from __future__ import annotations

import ast
import json
import subprocess
import zipfile
from email import message_from_string
from pathlib import Path

from tests.workbench.layout import ADDON, Layout
from tests.workbench.odoo_server import BASE_MODULES, Odoo, log_lines

DATABASE = "test_packaging"


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata(wheel: Path) -> dict[str, list[str]]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith("/METADATA")]
        message = message_from_string(archive.read(name).decode())
    return {key: message.get_all(key) for key in message}


def test_the_wheel_holds_every_file_of_the_addon(wheel: Path, source: Path):
    files = {
        f"odoo/addons/{path.relative_to(source)}"
        for path in (source / ADDON).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert len(files) > 10
    assert files <= names(wheel)


def test_the_wheel_holds_nothing_else(wheel: Path):
    others = {
        name
        for name in names(wheel)
        if not name.startswith(f"odoo/addons/{ADDON}/") and ".dist-info/" not in name
    }
    assert others == set()


def test_the_wheel_holds_no_compiled_file_of_another_python(wheel: Path):
    assert not [name for name in names(wheel) if name.endswith(".pyc")]


def test_the_wheel_cannot_hide_odoo(wheel: Path):
    assert not names(wheel) & {"odoo/__init__.py", "odoo/addons/__init__.py"}


def test_the_wheel_says_what_the_manifest_says(wheel: Path, source: Path):
    manifest = ast.literal_eval((source / ADDON / "__manifest__.py").read_text())
    told = metadata(wheel)
    assert told["Name"] in ([f"odoo-addon-{ADDON}"], ["odoo-addon-meta-crm-capi"])
    assert told["Version"] == [manifest["version"]]
    assert told["Summary"] == [manifest["summary"]]
    assert told["Requires-Dist"] == manifest["external_dependencies"]["python"]
    assert told["Requires-Python"] == [">=3.10"]


def test_the_wheel_carries_the_licence(wheel: Path):
    assert any(name.endswith("licenses/LICENSE") for name in names(wheel))


def test_odoo_finds_the_installed_addon_without_an_addons_path(
    python_with_addon: Path, layout: Layout
):
    code = (
        "import json, odoo.addons.base\n"
        "from odoo.modules.module import Manifest\n"
        f"manifest = Manifest.for_addon({ADDON!r})\n"
        "print(json.dumps([manifest['name'], str(manifest.path)]))\n"
    )
    done = subprocess.run(
        [python_with_addon, "-c", code],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    name, path = json.loads(done.stdout.splitlines()[-1])
    manifest = ast.literal_eval((layout.addon / "__manifest__.py").read_text())
    assert name == manifest["name"]
    assert Path(path).is_relative_to(python_with_addon.parents[1])


def test_odoo_installs_it_on_a_fresh_database_without_a_warning(installed_odoo: Odoo):
    try:
        log = installed_odoo.create_database(DATABASE, [*BASE_MODULES, ADDON])
        assert ADDON in installed_odoo.installed(DATABASE)
    finally:
        installed_odoo.drop_database(DATABASE)
    assert log_lines(log, "INFO")
    assert log_lines(log, "WARNING", "ERROR", "CRITICAL") == []
