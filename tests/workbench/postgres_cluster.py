"""A private PostgreSQL cluster of Debian's server.

It listens on 127.0.0.1 only (a socket's path has a length limit) and runs as an
unprivileged user of its own when the workbench runs as root.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any

from . import debian
from .failures import WorkbenchError
from .layout import GIB, Layout, require_space
from .postgres import ROLE, Connection
from .processes import free_port, run, tail

SYSTEM_USER = "meta-crm-capi-pg"
# Where clusters go that their unprivileged user cannot reach in the clone.
SHARED_ROOT = Path("/var/lib/meta_crm_capi")

SETTINGS = """
# The workbench's own settings: loopback only, and no durability to wait for.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
fsync = off
synchronous_commit = off
full_page_writes = off
logging_collector = off
"""


class PrivateCluster:
    """Debian's PostgreSQL, in a data folder of the workbench.

    Commands that run at the same time share it: each holds a lock while it works,
    and the last one to go stops the server, unless it was asked to stay.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.user = SYSTEM_USER if os.geteuid() == 0 else None
        self._lock: IO[str] | None = None

    # --- what others need -------------------------------------------------

    @property
    def connection(self) -> Connection:
        """Valid while the server runs."""
        return Connection(
            "127.0.0.1", self._port(), ROLE, self._password(), private=True
        )

    def ensure(self) -> str:
        """Make the cluster if need be, start it if need be."""
        self._bin()
        self._make_user()
        self._hold()
        if not (self.data / "PG_VERSION").is_file():
            self._create()
        if self.running:
            return f"running on port {self._port()}"
        self.start()
        return f"started on port {self._port()}"

    @property
    def running(self) -> bool:
        return self._control("status", check=False).returncode == 0

    def start(self) -> None:
        """Start it on its old port, or on a new one if that was taken."""
        port_file = self.data / "workbench.port"
        try:
            port = free_port(int(port_file.read_text()))
        except (FileNotFoundError, ValueError, WorkbenchError):
            port = free_port()
        self._write(port_file, str(port))
        done = self._control("start", "-w", "-t", "60", "-o", f"-p {port}", check=False)
        if done.returncode:
            raise WorkbenchError(
                "PostgreSQL does not start:"
                f" {' | '.join(tail(self.log, 3).splitlines()) or done.stdout}",
                "If it stays so: make clean, then the same command again.",
            )
        self._ensure_role()

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``immediate`` is a crash."""
        self._control("stop", "-m", mode, "-w", "-t", "60", check=False)

    def restart(self, mode: str = "fast") -> None:
        """Down and up again on the same port."""
        self.stop(mode)
        self.start()

    def release(self) -> None:
        """Let go; stop the server when no other command uses it."""
        if self._lock is None:
            return
        alone = False
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        if alone and not self.keep.exists():
            self.stop()
        self._lock.close()
        self._lock = None

    def program(self, name: str) -> Path:
        """One of the programs of this PostgreSQL, such as pg_dump."""
        return self._bin() / name

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.keep.unlink(missing_ok=True)
        if (self.data / "PG_VERSION").is_file():
            self.stop("immediate")
        for folder in (self._home(self.layout.root), self._home(self._elsewhere)):
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._elsewhere.rmdir()
            SHARED_ROOT.rmdir()

    @property
    def keep(self) -> Path:
        """While this file exists the server stays up between commands."""
        return self.layout.root / "keep-postgresql"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    # --- how it is done ---------------------------------------------------

    @property
    def _elsewhere(self) -> Path:
        return SHARED_ROOT / self.layout.identity

    @staticmethod
    def _home(parent: Path) -> Path:
        return parent / "pg"

    @property
    def home(self) -> Path:
        """The cluster's folder: in the clone, unless its user cannot get there."""
        reachable = self._reachable(self.layout.root)
        return self._home(self.layout.root if reachable else self._elsewhere)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def _reachable(self, folder: Path) -> bool:
        if self.user is None:
            return True
        probe = subprocess.run(
            ["/usr/bin/test", "-x", str(folder)], check=False, **self._identity()
        )
        return probe.returncode == 0

    def _identity(self) -> dict[str, Any]:
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.user, "extra_groups": [], "cwd": "/"}

    def _bin(self) -> Path:
        """The folder of PostgreSQL's programs, newest version first."""
        for attempt in ("look", "install"):
            versions = sorted(
                Path("/usr/lib/postgresql").glob("*/bin/initdb"),
                key=lambda path: float(path.parts[-3]),
            )
            if versions:
                return versions[-1].parent
            initdb, server = shutil.which("initdb"), shutil.which("postgres")
            if initdb and server:
                return Path(initdb).resolve().parent
            if attempt == "look":
                debian.install(["postgresql"], what="PostgreSQL", logs=self.layout.logs)
        raise WorkbenchError("PostgreSQL was installed, but its programs are not there")

    def _make_user(self) -> None:
        if self.user is None:
            return
        with contextlib.suppress(KeyError):
            pwd.getpwnam(self.user)
            return
        run(
            [
                *("useradd", "--system", "--user-group", "--no-create-home"),
                *("--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"),
                self.user,
            ],
            log=self.layout.logs / "useradd.log",
            what=f"making the system user {self.user} for PostgreSQL",
            cure="Run as an ordinary user, or name a server with PGHOST.",
        )

    def _hold(self) -> None:
        if self._lock is None:
            self._lock = open(self.layout.root / "postgresql.lock", "w")  # noqa: SIM115
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def _create(self) -> None:
        require_space(self.layout.root, GIB, "a PostgreSQL cluster")
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True)
        secret = self.home / "password"
        self._write(secret, secrets.token_urlsafe(18), mode=0o600)
        if self.user is not None:
            shutil.chown(self.home, self.user, self.user)
        unfinished = self.home / "unfinished"
        run(
            [
                *(self._bin() / "initdb", "--pgdata", unfinished, "--encoding", "UTF8"),
                *("--no-locale", "--no-sync", "--username", "postgres"),
                *("--auth", "scram-sha-256", "--pwfile", secret),
            ],
            log=self.layout.logs / "initdb.log",
            what="making a PostgreSQL cluster",
            cure="Name a server with PGHOST instead.",
            user=self.user,
            cwd=Path("/"),
        )
        with (unfinished / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        unfinished.rename(self.data)

    def _write(self, path: Path, text: str, mode: int = 0o644) -> None:
        path.touch(mode=mode)
        path.write_text(text)
        if self.user is not None:
            shutil.chown(path, self.user, self.user)

    def _password(self) -> str:
        return (self.home / "password").read_text()

    def _port(self) -> int:
        return int((self.data / "workbench.port").read_text())

    def _control(
        self, command: str, *options: str, check: bool
    ) -> subprocess.CompletedProcess[str]:
        # The server inherits what pg_ctl has open: files, never our own pipes.
        with open(self.layout.logs / "pg_ctl.log", "w+") as output:
            done = subprocess.run(
                [
                    *(str(self._bin() / "pg_ctl"), command, "-D", str(self.data)),
                    *(("-l", str(self.log)) if command == "start" else ()),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=check,
                start_new_session=True,
                **self._identity(),
            )
            output.seek(0)
            done.stdout = output.read().strip()
        return done

    def _ensure_role(self) -> None:
        owner = Connection("127.0.0.1", self._port(), "postgres", self._password())
        with owner.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            if not cursor.fetchone():
                cursor.execute(
                    f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD %s", [self._password()]
                )
