"""PostgreSQL: how to reach it, and a server that the environment names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from .failures import WorkbenchError

ROLE = "odoo"


@dataclass(frozen=True)
class Connection:
    """How to reach a server as a role that may create databases.

    :param private: nobody else has databases there
    """

    host: str
    port: int
    user: str
    password: str
    private: bool = False

    @contextlib.contextmanager
    def cursor(self, database: str = "postgres") -> Iterator[Any]:
        """A psycopg2 cursor that commits each statement by itself."""
        import psycopg2  # not there before the environment is made

        link = psycopg2.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=database,
        )
        try:
            link.autocommit = True
            with link.cursor() as cursor:
                yield cursor
        finally:
            link.close()


def named_by_environment() -> Connection | None:
    """What ``DATABASE_URL`` or ``PGHOST`` and its family say.

    :raise WorkbenchError: for an address that cannot be meant
    """
    url = os.environ.get("DATABASE_URL")
    if url:
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("postgres", "postgresql") or not parts.hostname:
            raise WorkbenchError(
                "DATABASE_URL is not a PostgreSQL address",
                "Write postgresql://user:password@host:port/, or unset it.",
            )
        return Connection(
            parts.hostname,
            port,
            unquote(parts.username or ROLE),
            unquote(parts.password or ""),
        )
    host = os.environ.get("PGHOST")
    if not host:
        return None
    port = os.environ.get("PGPORT", "5432")
    if not port.isdigit():
        raise WorkbenchError(f"PGPORT is {port}", "Make it a number, or unset it.")
    return Connection(
        host,
        int(port),
        os.environ.get("PGUSER", ROLE),
        os.environ.get("PGPASSWORD", ""),
    )


class NamedServer:
    """A server that somebody else runs."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def ensure(self) -> str:
        """Look whether Odoo could work there.

        :raise WorkbenchError: when it cannot be reached or the role may too little
        """
        import psycopg2

        place = f"PostgreSQL at {self.connection.host}:{self.connection.port}"
        cure = "Correct PGHOST, PGPORT, PGUSER, PGPASSWORD or DATABASE_URL."
        if self.connection.user == "postgres":
            raise WorkbenchError("Odoo refuses the PostgreSQL role postgres", cure)
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT rolcreatedb OR rolsuper FROM pg_roles"
                    " WHERE rolname = current_user"
                )
                (may_create,) = cursor.fetchone()
        except psycopg2.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise WorkbenchError(f"{place}: {reason}", cure) from error
        if not may_create:
            raise WorkbenchError(
                f"{place}: role {self.connection.user} may not create databases",
                f"As its superuser: ALTER ROLE {self.connection.user} CREATEDB",
            )
        return place

    def release(self) -> None:
        """Nothing to stop: it is not ours."""
