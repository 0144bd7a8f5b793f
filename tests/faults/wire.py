"""A wire between Odoo and Meta that breaks: it knows which answers were lost on it."""

from __future__ import annotations

import json
import random
import socket
import struct
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

#: What may happen to an exchange.
WHOLE = "whole"
REFUSED = "refused"
REQUEST_CUT = "request cut"
ANSWER_LOST = "answer lost"
ANSWER_CUT = "answer cut"
FATES = (WHOLE, REFUSED, REQUEST_CUT, ANSWER_LOST, ANSWER_CUT)

_END_OF_HEAD = b"\r\n\r\n"


@dataclass
class Exchange:
    """One request on the wire: what happened to it, and the events that it carried."""

    fate: str
    event_ids: list[str]


def run_wire(meta_url: str, seed: int, breaking: float, *, pipe: Connection) -> None:
    """Pass requests on to Meta until told to stop; runs in a fork.

    Says its port first, and the exchanges as dictionaries in the end.

    :param breaking: the share of exchanges that break
    """
    chance = random.Random(seed)
    exchanges: list[Exchange] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.05)
        pipe.send(server.getsockname()[1])
        while not pipe.poll():
            try:
                client, _address = server.accept()
            except TimeoutError:
                continue
            breaks = chance.random() < breaking
            fate = chance.choice(FATES[1:]) if breaks else WHOLE
            # An accident of the wire's own must not end it.
            with closing(client), suppress(OSError):
                client.settimeout(30)
                exchanges.append(_pass_on(client, meta_url, fate, chance))
    pipe.send([asdict(exchange) for exchange in exchanges])


def _pass_on(
    client: socket.socket, meta_url: str, fate: str, chance: random.Random
) -> Exchange:
    if chance.random() < 0.5:
        # The end comes as a reset, not as a close.
        linger = struct.pack("ii", 1, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    if fate == REFUSED:
        return Exchange(fate, [])
    request = _read_message(client)
    exchange = Exchange(fate, _event_ids(request))
    address = urlsplit(meta_url)
    with socket.create_connection((address.hostname, address.port), 30) as meta:
        if fate == REQUEST_CUT:
            meta.sendall(request[: chance.randrange(len(request))])
            return exchange
        meta.sendall(request)
        answer = _read_message(meta)
    if fate == ANSWER_CUT:
        client.sendall(answer[: chance.randrange(1, len(answer))])
    elif fate == WHOLE:
        client.sendall(answer)
        # Let it be read before the reset.
        with suppress(OSError):
            client.recv(1)
    return exchange


def _read_message(link: socket.socket) -> bytes:
    """One HTTP message with its body."""
    data = b""
    while _END_OF_HEAD not in data:
        data += _receive(link)
    head, _end, body = data.partition(_END_OF_HEAD)
    length = next(
        (
            int(line.partition(b":")[2])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += _receive(link)
    return head + _END_OF_HEAD + body


def _receive(link: socket.socket) -> bytes:
    chunk = link.recv(65536)
    if not chunk:
        raise ConnectionError("the other side has gone")
    return chunk


def _event_ids(request: bytes) -> list[str]:
    body = request.partition(_END_OF_HEAD)[2]
    return [event["event_id"] for event in json.loads(body)["data"]]
