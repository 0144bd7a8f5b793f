"""PostgreSQL: a named server is respected, a private one heals and goes away."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from tests.workbench import postgres
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout
from tests.workbench.postgres import Connection, NamedServer
from tests.workbench.postgres_cluster import PrivateCluster
from tests.workbench.processes import free_port

NAMES = ("DATABASE_URL", "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD")


@pytest.fixture(autouse=True)
def unnamed(monkeypatch: pytest.MonkeyPatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A clone that only its owner can enter, in a path with a space."""
    parent = tmp_path_factory.mktemp("private")
    parent.chmod(0o700)
    layout = Layout(parent / "a clone")
    layout.root.mkdir(parents=True)
    layout.logs.mkdir()
    return layout


@pytest.fixture
def cluster(ground: Layout) -> Iterator[PrivateCluster]:
    own = PrivateCluster(ground)
    own.ensure()
    yield own
    own.release()


@pytest.fixture(scope="module", autouse=True)
def nothing_left(ground: Layout) -> Iterator[None]:
    yield
    own = PrivateCluster(ground)
    own.remove()
    assert not own.home.exists()


def role_of(connection: Connection) -> tuple[str, bool, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolcreatedb, rolsuper FROM pg_roles"
            " WHERE rolname = current_user"
        )
        return cursor.fetchone()


def test_the_role_may_create_databases_and_is_no_superuser(cluster: PrivateCluster):
    assert role_of(cluster.connection) == ("odoo", True, False)


def test_the_server_listens_on_loopback_only_and_wants_a_password(
    cluster: PrivateCluster,
):
    with cluster.connection.cursor() as cursor:
        cursor.execute("SHOW listen_addresses")
        assert cursor.fetchone() == ("127.0.0.1",)
    stranger = Connection("127.0.0.1", cluster.connection.port, "odoo", "guess")
    with pytest.raises(psycopg2.OperationalError), stranger.cursor():
        pytest.fail("a wrong password was let in")


def test_its_secret_is_readable_for_its_owner_only(cluster: PrivateCluster):
    assert (cluster.home / "password").stat().st_mode & 0o077 == 0


def test_it_does_not_run_as_root(cluster: PrivateCluster):
    pid = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
    assert Path(f"/proc/{pid}").stat().st_uid != 0


def test_it_stops_when_the_last_command_lets_go(cluster: PrivateCluster):
    other = PrivateCluster(cluster.layout)
    other.ensure()
    cluster.release()
    assert role_of(other.connection)
    other.release()
    assert not other.running


def test_it_stays_when_asked_to(cluster: PrivateCluster):
    cluster.keep.touch()
    cluster.release()
    assert cluster.running
    cluster.keep.unlink()


def test_it_comes_back_on_its_port(cluster: PrivateCluster):
    before = cluster.connection
    cluster.restart()
    assert cluster.connection == before
    assert role_of(before)


def test_it_comes_back_after_a_crash(cluster: PrivateCluster):
    cluster.stop("immediate")
    cluster.ensure()
    assert role_of(cluster.connection)


def test_it_moves_when_its_port_was_taken_meanwhile(cluster: PrivateCluster):
    port = cluster.connection.port
    cluster.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        cluster.start()
    assert cluster.connection.port != port
    assert role_of(cluster.connection)


def test_a_half_made_cluster_is_made_anew(cluster: PrivateCluster):
    cluster.stop()
    shutil.rmtree(cluster.data)
    (cluster.home / "unfinished").mkdir()
    cluster.ensure()
    assert role_of(cluster.connection)


def test_a_missing_server_is_one_line_for_an_ordinary_user(
    scratch: Layout, tools: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(Path, "glob", lambda *_args: iter(()))
    with pytest.raises(WorkbenchError, match="PostgreSQL is missing") as failure:
        PrivateCluster(scratch).ensure()
    assert failure.value.cure == "As root: apt-get install postgresql"


@pytest.mark.parametrize(
    ("environment", "meant"),
    [
        ({}, None),
        ({"PGHOST": "db"}, Connection("db", 5432, "odoo", "")),
        (
            {"PGHOST": "db", "PGPORT": "6", "PGUSER": "me", "PGPASSWORD": "p"},
            Connection("db", 6, "me", "p"),
        ),
        (
            {"DATABASE_URL": "postgresql://me:p%40ss@db:6/", "PGHOST": "other"},
            Connection("db", 6, "me", "p@ss"),
        ),
        ({"DATABASE_URL": "postgres://db"}, Connection("db", 5432, "odoo", "")),
    ],
)
def test_the_environment_names_a_server(
    environment: dict[str, str],
    meant: Connection | None,
    monkeypatch: pytest.MonkeyPatch,
):
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    assert postgres.named_by_environment() == meant


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": "mysql://db/"},
        {"DATABASE_URL": "nonsense"},
        {"DATABASE_URL": "postgresql://db:port/"},
        {"PGHOST": "db", "PGPORT": "many"},
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(WorkbenchError):
        postgres.named_by_environment()


def test_a_named_server_that_fits_is_used_as_it_is(cluster: PrivateCluster):
    named = NamedServer(cluster.connection)
    assert str(cluster.connection.port) in named.ensure()
    named.release()
    assert cluster.running


def test_a_named_server_that_does_not_answer_is_one_line():
    named = NamedServer(Connection("127.0.0.1", free_port(), "odoo", ""))
    with pytest.raises(WorkbenchError, match="Connection refused") as failure:
        named.ensure()
    assert "\n" not in str(failure.value)
    assert "PGHOST" in failure.value.cure


def test_the_role_postgres_is_refused_as_odoo_would():
    with pytest.raises(WorkbenchError, match="refuses the PostgreSQL role postgres"):
        NamedServer(Connection("127.0.0.1", free_port(), "postgres", "")).ensure()


def test_a_role_that_may_not_create_databases_is_told_what_it_lacks(
    cluster: PrivateCluster,
):
    connection = cluster.connection
    owner = Connection("127.0.0.1", connection.port, "postgres", connection.password)
    with owner.cursor() as cursor:
        cursor.execute("CREATE ROLE poor LOGIN PASSWORD 'poor'")
    poor = Connection("127.0.0.1", connection.port, "poor", "poor")
    with pytest.raises(WorkbenchError, match="may not create databases") as failure:
        NamedServer(poor).ensure()
    assert failure.value.cure == "As its superuser: ALTER ROLE poor CREATEDB"
