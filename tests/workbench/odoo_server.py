"""Odoo: its settings, its databases, its servers and scripts inside it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .failures import WorkbenchError
from .layout import ADDON, Layout
from .odoo_source import OdooSource
from .postgres import Connection
from .processes import CommandFailed, Process, answers, free_port, run, wait_until

# Of every new Odoo database.
LOGIN = PASSWORD = "admin"
# What the addon stands on; a template with these makes new databases cheap.
BASE_MODULES = ("crm", "privacy_lookup")
# The comment on every database that may be deleted without a question.
OURS = "made by the workbench of meta_crm_capi"
LOADED_BY_DEFAULT = "base,rpc,web"

_LOG_LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) \S+ \S+: "
)


def log_lines(text: str, *levels: str) -> list[str]:
    """The lines of an Odoo log that have one of these levels."""
    return [
        line
        for line in text.splitlines()
        if (found := _LOG_LINE.match(line)) and found["level"] in levels
    ]


def last_exception(text: str) -> str:
    """The line that a log's last traceback ends with; empty without traceback."""
    reason, inside = "", False
    for line in text.splitlines():
        if line.startswith("Traceback (most recent call last)"):
            inside = True
        elif inside and line and not line.startswith(" "):
            reason, inside = line, False
    return reason


def safe_name(name: str) -> str:
    """The name itself, when it can stand in SQL and in a path as it is."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
        raise WorkbenchError(
            f"{name!r} is no name for a database",
            "Take small letters, digits and underscores.",
        )
    return name


class Server:
    """A running Odoo.

    ``url`` is its address, ``log`` its log file, ``database`` what it serves.
    """

    def __init__(self, process: Process, url: str, database: str) -> None:
        self.process = process
        self.url = url
        self.database = database

    @property
    def log(self) -> Path:
        return self.process.log

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.running

    def stop(self) -> None:
        """An orderly end."""
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL to the master and every worker at once."""
        self.process.kill()


class Odoo:
    """One Odoo with its settings file; databases on one PostgreSQL.

    :param python: the interpreter to run it with, else the workbench's
    :param config: its settings file, else the workbench's
    :param addons: folders of addons beside Odoo's own, else the repository and its
        examples
    """

    def __init__(
        self,
        layout: Layout,
        source: OdooSource,
        connection: Connection,
        *,
        python: Path | None = None,
        config: Path | None = None,
        addons: Sequence[Path] | None = None,
    ) -> None:
        self.layout = layout
        self.source = source
        self.connection = connection
        self.python = python or layout.venv_python
        self.config = config or layout.odoo_config
        if addons is None:
            addons = [layout.repository] if layout.has_addon else []
            addons += [layout.examples] if layout.examples.is_dir() else []
        self.addons = addons

    # --- settings ---------------------------------------------------------

    def settings(self) -> dict[str, str]:
        """Options of the configuration file."""
        addons = [*self.source.addons_paths, *self.addons]
        return {
            "addons_path": ",".join(map(str, addons)),
            "data_dir": str(self.layout.odoo_data),
            "db_host": self.connection.host,
            "db_port": str(self.connection.port),
            "db_user": self.connection.user,
            "db_password": self.connection.password or "False",
            "admin_passwd": secrets.token_urlsafe(12),
            "http_interface": "127.0.0.1",
            "server_wide_modules": LOADED_BY_DEFAULT,
            "list_db": "False",
            # Where Odoo's browser tests leave a picture of what went wrong.
            "screenshots": str(self.layout.root / "screenshots"),
        }

    def write_config(self) -> None:
        """Write the configuration file, readable for its owner only."""
        lines = [f"{key} = {value}" for key, value in self.settings().items()]
        new = self.config.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text("\n".join(["[options]", *lines, ""]))
        new.replace(self.config)

    def command(self, *words: str | Path) -> list[str | Path]:
        """``python -m odoo <first word> --config … <the rest>``."""
        first, *rest = words
        return [*(self.python, "-m", "odoo", first, "--config", self.config), *rest]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The process environment, without what would lead Odoo elsewhere."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PG", "ODOO_")) and key != "PYTHONPATH"
        }
        return {**kept, "PYTHONUNBUFFERED": "1", **(more or {})}

    # --- databases --------------------------------------------------------

    def databases(self) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
            return [name for (name,) in cursor.fetchall()]

    def exists(self, name: str) -> bool:
        return name in self.databases()

    def installed(self, name: str) -> set[str]:
        """The modules that a database has installed; empty without database."""
        import psycopg2

        try:
            with self.connection.cursor(name) as cursor:
                cursor.execute(
                    "SELECT name FROM ir_module_module WHERE state = 'installed'"
                )
                return {module for (module,) in cursor.fetchall()}
        except (psycopg2.OperationalError, psycopg2.errors.UndefinedTable):
            return set()

    def create_database(
        self, name: str, modules: Sequence[str] = BASE_MODULES, *, demo: bool = False
    ) -> str:
        """A fresh database with these modules; an old one of that name goes.

        :return: what Odoo logged while it installed
        :raise WorkbenchError: when a module is not installed in the end
        """
        self.drop_database(name)
        below = [module for module in modules if module != ADDON]
        try:
            if ADDON in modules and set(below) <= set(BASE_MODULES) and not demo:
                self._copy(self._template(), name)
                return self.install(name, [ADDON], flag="--init")
            self._create_empty(name)
            return self.install(name, modules, flag="--init", demo=demo)
        except BaseException:
            # Half a database would look like a whole one next time.
            self.drop_database(name)
            raise

    def install(
        self, name: str, modules: Sequence[str], *, flag: str, demo: bool = False
    ) -> str:
        """Install (``--init``) or update (``--update``) modules of a database."""
        log = self.layout.logs / f"odoo-{flag.lstrip('-')}-{name}.log"
        task = f"Odoo's {flag} of {', '.join(modules)} in database {name}"
        cure = f"All of it is in {log}."
        try:
            text = run(
                self.command(
                    *("server", "--database", name, flag, ",".join(modules)),
                    *("--stop-after-init", "--no-http", "--max-cron-threads", "0"),
                    *(("--with-demo",) if demo else ()),
                ),
                log=log,
                what=task,
                env=self.environment(),
                cwd=self.layout.repository,
            )
        except CommandFailed as error:
            reason = last_exception(error.output) or error.cause
            raise WorkbenchError(f"{task} failed: {reason}", cure) from error
        if errors := log_lines(text, "ERROR", "CRITICAL"):
            raise WorkbenchError(f"{task} logged: {errors[0]}", cure)
        if missing := set(modules) - self.installed(name):
            raise WorkbenchError(
                f"{task}: {', '.join(sorted(missing))} is in no addons path", cure
            )
        return text

    def copy_database(self, source: str, name: str) -> None:
        """A copy, files included; nobody may be connected to the source."""
        self.drop_database(name)
        self._copy(source, name)

    def drop_database(self, name: str) -> None:
        """Delete a database and its files; none of that name is fine.

        :raise WorkbenchError: on a server that is not ours, for a database that the
            workbench did not make
        """
        with self.connection.cursor() as cursor:
            self._refuse_foreign(cursor, name)
            self._forget_connections(cursor, name)
            cursor.execute(f'DROP DATABASE IF EXISTS "{safe_name(name)}"')
        shutil.rmtree(self._filestore(name), ignore_errors=True)

    def _copy(self, source: str, name: str) -> None:
        with self.connection.cursor() as cursor:
            self._forget_connections(cursor, source)
            self._create(cursor, name, f'TEMPLATE "{safe_name(source)}"')
        if self._filestore(source).is_dir():
            shutil.copytree(self._filestore(source), self._filestore(name))
        with self.connection.cursor(name) as cursor:
            cursor.execute(
                "UPDATE ir_config_parameter SET value = %s WHERE key = 'database.uuid'",
                [str(uuid.uuid4())],
            )

    def _create_empty(self, name: str) -> None:
        """As Odoo itself would, but marked as ours from the first moment."""
        with self.connection.cursor() as cursor:
            self._create(
                cursor, name, "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
            )
        with self.connection.cursor(name) as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")

    def _create(self, cursor, name: str, how: str) -> None:
        cursor.execute(f'CREATE DATABASE "{safe_name(name)}" {how}')
        cursor.execute(f'COMMENT ON DATABASE "{safe_name(name)}" IS %s', [OURS])

    def _refuse_foreign(self, cursor, name: str) -> None:
        if self.connection.private:
            return
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = %s",
            [name],
        )
        if (row := cursor.fetchone()) and row[0] != OURS:
            raise WorkbenchError(
                f"the server {self.connection.host} has a database {name}"
                " that the workbench did not make, and would lose",
                "Name another server, or none.",
            )

    def _template(self) -> str:
        """The name of a database with the base modules, made when missing."""
        what = "\n".join([str(self.source.package), *BASE_MODULES])
        key = hashlib.sha256(what.encode()).hexdigest()[:8]
        name = f"template_crm_{key}"
        if not set(BASE_MODULES) <= self.installed(name):
            self.create_database(name, BASE_MODULES)
        return name

    @staticmethod
    def _forget_connections(cursor, name: str) -> None:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )

    def _filestore(self, name: str) -> Path:
        return self.layout.odoo_data / "filestore" / safe_name(name)

    # --- running ----------------------------------------------------------

    @contextlib.contextmanager
    def server(
        self,
        database: str,
        http_port: int | None = None,
        *,
        workers: int = 0,
        max_cron_threads: int = 2,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        timeout: float = 120,
    ) -> Iterator[Server]:
        """A server that answers; stopped with all its workers on leaving.

        :param http_port: a fixed port, else a free one
        :param workers: 0 is the threaded server, more is the prefork one
        :param options: more words for Odoo's command line
        :raise WorkbenchError: port taken, or no answer in time
        """
        port = free_port(http_port)
        log = self.layout.logs / f"odoo-server-{database}.log"
        log.unlink(missing_ok=True)
        process = Process(
            "Odoo",
            self.command(
                *("server", "--database", database, f"--db-filter=^{database}$"),
                *("--http-port", str(port), "--gevent-port", str(free_port())),
                *("--workers", str(workers)),
                *("--max-cron-threads", str(max_cron_threads), *options),
            ),
            log=log,
            env=self.environment(env),
            cwd=self.layout.repository,
        )
        with process:
            url = f"http://127.0.0.1:{port}"

            def answering() -> bool:
                if not process.running:
                    raise WorkbenchError(
                        f"Odoo ended with code {process.returncode}:"
                        f" {' | '.join(process.tail(3).splitlines())}",
                        f"All of it is in {log}.",
                    )
                return answers(f"{url}/web/health")

            wait_until(answering, timeout=timeout, what="Odoo's first answer")
            yield Server(process, url, database)

    def run_script(
        self,
        database: str,
        script: str | Path,
        *,
        env: Mapping[str, str] | None = None,
        what: str = "a script in Odoo",
    ) -> str:
        """Run Python with ``env`` in an Odoo shell; it must commit by itself.

        :param script: the code, or the path of a file with it
        :return: everything that it printed, log included
        """
        code = script.read_text() if isinstance(script, Path) else script
        return run(
            self.command("shell", "--database", database, "--no-http"),
            log=self.layout.logs / f"odoo-script-{database}.log",
            what=what,
            env=self.environment(env),
            cwd=self.layout.repository,
            stdin=code,
        )
