"""Databases that are ours come and go; those of others are never touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.workbench import odoo_source
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout
from tests.workbench.odoo_server import Odoo, last_exception, log_lines
from tests.workbench.postgres_cluster import PrivateCluster

LOG = """\
2026-11-22 02:14:33,443 7312 INFO dev odoo.modules.loading: 90 modules loaded
2026-11-22 02:14:33,444 7312 WARNING dev odoo.fields: something odd
2026-11-22 02:14:33,445 7312 ERROR dev odoo.registry: Failed to load registry
Traceback (most recent call last):
  File "x.py", line 1, in <module>
    import y
ImportError: No module named 'y'
2026-11-22 02:14:33,447 7312 INFO dev odoo.service.server: Initiating shutdown
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateCluster]:
    layout = Layout(tmp_path_factory.mktemp("clone"))
    layout.prepare()
    own = PrivateCluster(layout)
    own.ensure()
    yield own
    own.remove()


@pytest.fixture
def odoo(cluster: PrivateCluster) -> Odoo:
    source = odoo_source.chosen(Layout.of_this_clone())
    return Odoo(cluster.layout, source, cluster.connection)


@pytest.fixture
def guest(odoo: Odoo) -> Odoo:
    """The same server, as one that belongs to somebody else."""
    connection = replace(odoo.connection, private=False)
    return Odoo(odoo.layout, odoo.source, connection)


def create(odoo: Odoo, name: str) -> None:
    with odoo.connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")


def fill(odoo: Odoo, name: str) -> None:
    """What a copy carries over: a row that must change, and a file."""
    odoo._create_empty(name)
    with odoo.connection.cursor(name) as cursor:
        cursor.execute("CREATE TABLE ir_config_parameter (key text, value text)")
        cursor.execute("INSERT INTO ir_config_parameter VALUES ('database.uuid', 'a')")
    odoo._filestore(name).mkdir(parents=True)
    (odoo._filestore(name) / "file").write_text("content")


def test_a_database_of_somebody_else_is_never_dropped(guest: Odoo):
    create(guest, "precious")
    with pytest.raises(WorkbenchError, match="has a database precious"):
        guest.drop_database("precious")
    with pytest.raises(WorkbenchError, match="has a database precious"):
        guest.create_database("precious", ["base"])
    assert guest.exists("precious")


def test_a_copy_has_its_own_files_and_its_own_identity(guest: Odoo):
    fill(guest, "original")
    guest.copy_database("original", "copy")
    assert (guest._filestore("copy") / "file").read_text() == "content"
    with guest.connection.cursor("copy") as cursor:
        cursor.execute("SELECT value FROM ir_config_parameter")
        assert cursor.fetchone() != ("a",)
    guest.drop_database("copy")
    assert not guest.exists("copy")
    assert not guest._filestore("copy").exists()
    assert guest.exists("original")


def test_a_database_in_use_can_be_dropped(guest: Odoo):
    guest._create_empty("busy")
    with guest.connection.cursor("busy"):
        guest.drop_database("busy")
    assert not guest.exists("busy")


def test_dropping_a_database_that_is_not_there_is_fine(guest: Odoo):
    guest.drop_database("never_made")
    assert not guest.exists("never_made")


@pytest.mark.parametrize("name", ["", "a b", 'x"; DROP', "../x", "Upper", "a" * 64])
def test_a_name_that_is_no_database_name_is_refused(odoo: Odoo, name: str):
    with pytest.raises(WorkbenchError, match="is no name for a database"):
        odoo.drop_database(name)


def test_a_database_without_odoo_has_no_modules_installed(odoo: Odoo):
    odoo._create_empty("blank")
    assert odoo.installed("blank") == set()
    assert odoo.installed("never_made") == set()


def test_half_a_database_is_not_left_behind(odoo: Odoo, monkeypatch):
    def break_down(*_words: object, **_options: object) -> str:
        raise WorkbenchError("the module is broken")

    monkeypatch.setattr(odoo, "install", break_down)
    with pytest.raises(WorkbenchError, match="the module is broken"):
        odoo.create_database("half", ["base"])
    assert not odoo.exists("half")


def test_the_settings_file_is_for_its_owner_only(odoo: Odoo):
    odoo.write_config()
    assert odoo.config.stat().st_mode & 0o077 == 0
    assert f"db_port = {odoo.connection.port}" in odoo.config.read_text()


def test_only_loopback_is_served(odoo: Odoo):
    assert odoo.settings()["http_interface"] == "127.0.0.1"


def test_the_addons_path_names_the_repository_only_where_the_addon_is(
    odoo: Odoo, tmp_path: Path
):
    assert str(odoo.layout.repository) not in odoo.settings()["addons_path"]
    (tmp_path / "meta_crm_capi").mkdir()
    (tmp_path / "meta_crm_capi" / "__manifest__.py").write_text("{}")
    there = Odoo(Layout(tmp_path), odoo.source, odoo.connection)
    assert there.settings()["addons_path"].endswith(f",{tmp_path}")


def test_nothing_of_the_callers_postgresql_reaches_odoo(odoo: Odoo, monkeypatch):
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("ODOO_RC", "elsewhere")
    environment = odoo.environment({"MORE": "1"})
    assert environment["MORE"] == "1"
    assert not {"PGHOST", "ODOO_RC"} & set(environment)


def test_the_lines_of_an_odoo_log_are_told_apart_by_level():
    assert len(log_lines(LOG, "INFO")) == 2
    assert [line.split()[3] for line in log_lines(LOG, "WARNING", "ERROR")] == [
        "WARNING",
        "ERROR",
    ]


def test_the_reason_in_an_odoo_log_is_the_end_of_its_last_traceback():
    assert last_exception(LOG) == "ImportError: No module named 'y'"
    assert last_exception("all is well") == ""
