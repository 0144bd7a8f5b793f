"""Whatever is posted to the webhook: the right rows, the right status, no traceback."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from protocol import webhook

from .captures import SIGNED, UNSIGNED, capture
from .mutator import LIMIT, Mutator
from .target import SECRET, Target, signed

#: Nothing that is right or wrong with a body is worth one of Meta's retries.
STATUSES = {SIGNED: {200}, UNSIGNED: {403}}
#: Of a body beyond the limit; 0 where Odoo hangs up before it has read it all.
TOO_LARGE = {413, 0}
#: What Odoo may hold more at the end than after a tenth of the bodies (MiB). What stays
#: is some steps of 1 to 2 MiB: Python takes and returns memory by the MiB, and malloc's
#: heap is moved on where a collection of garbage has left holes. Of a hundred thousand
#: bodies not one may leave 100 bytes.
GROWTH = 8
CONTENT_TYPES = (
    *("application/json",) * 6,
    *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""),
    *("text/plain; charset=utf-16", "multipart/form-data", "application/json; é", "*"),
)


def without_signature(body: bytes, chance: random.Random) -> dict[str, str | bytes]:
    """Headers that prove nothing, in one of many ways."""
    right = signed(body)
    name = "X-Hub-Signature-256"
    return chance.choice(
        (
            {},
            {name: ""},
            {name: "sha256="},
            {name: right[:-1]},
            {name: right + "0"},
            {name: right.removeprefix("sha256=")},
            {name: right.replace("sha256", "sha1")},
            {name: "sha256=" + "0" * 64},
            {name: signed(body, SECRET + " ")},
            {name: signed(body, "")},
            {name: signed(body + b"\n")},
            {name: b"sha256=\xff\xfe" + b"0" * 62},
            {name: "sha256=" + "é" * 64},
            {"X-Hub-Signature": "sha1=" + "0" * 40},
            {"X-Hub-Signature": right},
        )
    )


def odd_headers(chance: random.Random) -> dict[str, str | bytes]:
    """What says how the body is to be read, right or wrong."""
    headers: dict[str, str | bytes] = {
        "Content-Type": chance.choice(CONTENT_TYPES).encode()
    }
    if chance.random() < 0.1:
        headers["Content-Encoding"] = chance.choice(("gzip", "br", "deflate", "x"))
    if chance.random() < 0.05:
        headers["Accept-Language"] = chance.choice((b"\xff\xfe", b"xx", b"fr;q=9"))
    if chance.random() < 0.05:
        headers["Cookie"] = chance.choice((b"session_id=x", b"session_id=\xff", b"=;"))
    return headers


def expected(body: bytes) -> set[str]:
    """The leads that a signed body announces."""
    try:
        return {item.leadgen_id for item in webhook.parse(body) if not item.is_ping}
    except ValueError:
        return set()


@pytest.fixture
def mutator(pytestconfig: pytest.Config) -> Mutator:
    return Mutator(pytestconfig.getoption("--seed"))


def test_no_body_makes_odoo_fail_or_believe_what_is_not_signed(
    target: Target,
    mutator: Mutator,
    pytestconfig: pytest.Config,
    record_testsuite_property: Callable[[str, object], None],
):
    bodies = pytestconfig.getoption("--bodies")
    chance = random.Random(pytestconfig.getoption("--seed") + 1)
    announced: set[str] = set()
    statuses: dict[str, Counter[int]] = {SIGNED: Counter(), UNSIGNED: Counter()}
    memory: list[float] = []
    for number in range(bodies):
        kind = SIGNED if chance.random() < 0.6 else UNSIGNED
        body = mutator.body(capture(number, chance.randrange(100), kind))
        headers = odd_headers(chance)
        if kind == SIGNED:
            headers["X-Hub-Signature-256"] = signed(body)
            announced |= expected(body) if len(body) <= LIMIT else set()
        else:
            headers |= without_signature(body, chance)
        status = target.post(body, headers)
        statuses[kind][status] += 1
        allowed = STATUSES[kind] if len(body) <= LIMIT else TOO_LARGE
        assert status in allowed, (number, kind, status, headers, body[:300])
        if (number + 1) % max(1, bodies // 10) == 0:
            memory.append(round(target.memory, 1))
    record_testsuite_property(
        "statuses", {kind: dict(each) for kind, each in statuses.items()}
    )
    record_testsuite_property("memory after each tenth, in MiB", memory)
    assert target.stored == announced
    assert statuses[SIGNED][200] <= target.logged <= 2 * statuses[SIGNED][200]
    assert target.exception == ""
    assert memory[-1] < memory[0] + GROWTH, memory
    # Otherwise they were not odd, or not sane, enough to mean something.
    assert len(announced) > bodies / 10


def test_a_body_is_taken_up_to_its_limit_and_refused_beyond(
    target: Target, mutator: Mutator
):
    logged = target.logged
    largest, oversized = mutator.largest(), mutator.oversized()
    assert target.post(largest, {"X-Hub-Signature-256": signed(largest)}) == 200
    assert target.logged == logged + 1
    refused = {"X-Hub-Signature-256": signed(oversized)}
    assert target.post(oversized, refused) in TOO_LARGE
    assert target.logged == logged + 1
    assert target.exception == ""
