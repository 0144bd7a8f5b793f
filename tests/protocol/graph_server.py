"""A real HTTP server on loopback that misbehaves the way a test tells it to."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

#: Between two drips; far below any time-out in use.
DRIP = 0.05


class Seen(NamedTuple):
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self) -> None:
        server = self.server.graph
        size = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): text for name, text in self.headers.items()}
        body = self.rfile.read(size)
        server.seen.append(Seen(self.command, self.path, headers, body))
        server.connections.add(self.client_address)
        with suppress(OSError):
            server.next_answer()(self)

    do_GET = do_POST = do_DELETE = do_CONNECT = serve

    def log_message(self, *args: object) -> None:
        """The test looks at what was seen."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken connections are what the tests are about."""


Behaviour = Callable[[Handler], None]


@dataclass
class GraphServer:
    """``answers`` are used in order; the last one stays."""

    url: str
    answers: list[Behaviour]
    seen: list[Seen] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)

    def next_answer(self) -> Behaviour:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def graph_server(*answers: Behaviour) -> Iterator[GraphServer]:
    server = Server(("127.0.0.1", 0), Handler)
    graph = GraphServer(f"http://127.0.0.1:{server.server_port}", list(answers))
    server.graph = graph
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield graph
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def unreachable_port() -> Iterator[int]:
    """A port on which nothing answers: connections are neither taken nor refused."""
    with socket.socket() as listening, ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            with suppress(BlockingIOError):
                filling.connect(listening.getsockname())
        yield listening.getsockname()[1]


def answer(data: object, status: int = 200, **headers: str) -> Behaviour:
    """A whole answer: JSON of ``data``, or bytes as they are."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()

    def behave(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            handler.send_header(name.replace("_", "-"), text)
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def raw(data: bytes) -> Behaviour:
    """These bytes and a closed connection."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return behave


def reset(handler: Handler) -> None:
    """The connection is torn down without an answer."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    for part in (handler.rfile, handler.wfile, handler.connection):
        part.close()


class Drip:
    """Bytes one by one, and after some seconds the rest at once.

    ``finished`` says whether all but the last byte has left.
    """

    def __init__(self, data: bytes, seconds: float, before: bytes = b""):
        self.finished = threading.Event()
        self._data = data
        self._seconds = seconds
        self._before = before

    def __call__(self, handler: Handler) -> None:
        end = time.monotonic() + self._seconds
        handler.close_connection = True
        handler.wfile.write(self._before)
        for position in range(len(self._data)):
            if time.monotonic() > end:
                self.finished.set()
                handler.wfile.write(self._data[position:])
                return
            if position == len(self._data) - 1:
                self.finished.set()
            handler.wfile.write(self._data[position : position + 1])
            time.sleep(DRIP)


def flood(handler: Handler) -> None:
    """A body without end."""
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    chunk = b" " * 65536
    while True:
        handler.wfile.write(chunk)
