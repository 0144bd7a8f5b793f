"""One limit for a whole HTTP exchange, however slowly the other side drips.

The time-out of :mod:`requests` bounds each wait for the next bytes, so a server that
sends one byte now and then can hold a call for ever. A :class:`Deadline` shuts the
connection down from another thread when the time of the whole exchange is up: TLS
handshake, headers and body end then, wherever they stand. Only the look-up of the
host's name is up to the system.
"""

from __future__ import annotations

import os
import socket
import threading
from types import TracebackType

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

#: A host's addresses are tried one after the other. Each may take this share of the
#: time, so that one that leads nowhere (IPv6 without a route) leaves time for the next.
_ADDRESS_SHARE = 1 / 3

_current = threading.local()


class Deadline:
    """Guards the connections that this thread uses inside the ``with`` block.

    Only connections of a manager that went through :func:`guard` are seen.

    :param seconds: time for the whole block
    """

    def __init__(self, seconds: float):
        #: Whether the time ran out; the exchange is then broken off.
        self.passed = False
        #: Whether a connection was to be made, and whether a request was begun on one.
        #: Both stay False on a connection that is not guarded.
        self.dialled = False
        self.wrote = False
        self._twins: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._strike)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        _current.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        _current.deadline = None
        with self._lock:
            for twin in self._twins:
                twin.close()
            self._twins.clear()

    def _watch(self, sock: socket.socket) -> None:
        # A second descriptor of the same connection: TLS takes the first one over,
        # and urllib3 closes its own as soon as it likes.
        twin = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._twins.append(twin)
            if self.passed:
                _shut_down(twin)

    def _strike(self) -> None:
        with self._lock:
            self.passed = True
            for twin in self._twins:
                _shut_down(twin)


def guard(manager: PoolManager) -> None:
    """Let the manager's new connections obey the running :class:`Deadline`."""
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _shut_down(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Not connected any more: there is nothing left to wait for.
        return


def _watch(sock: socket.socket | None) -> None:
    deadline = getattr(_current, "deadline", None)
    if deadline is not None and sock is not None:
        deadline._watch(sock)


def _note(name: str) -> None:
    deadline = getattr(_current, "deadline", None)
    if deadline is not None:
        setattr(deadline, name, True)


class _Guarded:
    """Shows the deadline each connection as it opens and each time it is used."""

    #: What is written while it opens is for a proxy, and nothing of the request.
    _is_opening = False

    def connect(self) -> None:
        _note("dialled")
        self._is_opening = True
        try:
            super().connect()
        finally:
            self._is_opening = False

    def send(self, data: object) -> None:
        if not self._is_opening:
            if self.sock is None:
                self.connect()
            _note("wrote")
        super().send(data)

    def _new_conn(self) -> socket.socket:
        if isinstance(self.timeout, (int, float)):
            self.timeout *= _ADDRESS_SHARE
        sock = super()._new_conn()
        _watch(sock)
        return sock

    def request(self, *args, **kwargs) -> None:
        _watch(self.sock)
        super().request(*args, **kwargs)


class _Connection(_Guarded, HTTPConnection):
    pass


class _SecureConnection(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
