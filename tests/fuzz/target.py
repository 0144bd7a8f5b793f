"""A running Odoo with one connection, and what it stored and said."""

from __future__ import annotations

import hashlib
import hmac
import http.client
from typing import Any
from urllib.parse import urlsplit

from tests.workbench.odoo_server import LOGIN, PASSWORD, Server, last_exception
from tests.workbench.postgres import Connection
from tests.workbench.rpc import Session

SECRET = "fuzz-app-secret"
#: A POST must be answered long before Meta gives up (seconds).
TIMEOUT = 20


class Target:
    """Where the bodies go."""

    def __init__(self, server: Server, postgres: Connection) -> None:
        self._server = server
        self._postgres = postgres
        root = Session(server.url, server.database, LOGIN, PASSWORD)
        connection = root.create(
            "meta.connection",
            {"name": "Fuzz", "app_id": "1000000000000001", "app_secret": SECRET},
        )
        (shown,) = root("meta.connection", "read", [connection], ["callback_url"])
        address = urlsplit(shown["callback_url"])
        self.path = address.path
        self._http = http.client.HTTPConnection(
            "127.0.0.1", urlsplit(server.url).port, timeout=TIMEOUT
        )

    def post(self, body: bytes, headers: dict[str, str | bytes]) -> int:
        """The status of the answer, as soon as Odoo has given it."""
        try:
            self._http.putrequest("POST", self.path, skip_accept_encoding=True)
            for name, value in headers.items():
                self._http.putheader(name, value)
            self._http.putheader("Content-Length", str(len(body)))
            self._http.endheaders(body)
            answer = self._http.getresponse()
            answer.read()
        except (http.client.HTTPException, ConnectionError) as error:
            # Odoo may hang up on what it refuses before it has read it all.
            self._http.close()
            return self._after(error)
        return answer.status

    def _after(self, error: Exception) -> int:
        if not self._server.running:
            raise AssertionError("Odoo died") from error
        return 0

    def query(self, statement: str, *values: Any) -> list[tuple]:
        with self._postgres.cursor(self._server.database) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    @property
    def stored(self) -> set[str]:
        """The lead ids that there are rows of."""
        rows = self.query("SELECT meta_id FROM meta_lead_submission")
        return {meta_id for (meta_id,) in rows}

    @property
    def logged(self) -> int:
        """How many rows the sync log has of what came in."""
        return self.query("SELECT COUNT(*) FROM meta_sync_log WHERE direction = 'in'")[
            0
        ][0]

    @property
    def exception(self) -> str:
        """The last line of the last traceback in the log; empty without one."""
        return last_exception(self._server.log.read_text(errors="replace"))

    @property
    def memory(self) -> float:
        """What the server holds in memory (MiB)."""
        with open(f"/proc/{self._server.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        raise AssertionError("the kernel tells no memory of Odoo")


def signed(body: bytes, secret: str = SECRET) -> str:
    """The header that Meta sends with a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"
