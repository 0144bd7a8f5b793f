"""Makes odd bodies of sane ones, the same ones for the same seed."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable
from typing import Any

#: The largest body that the webhook takes (bytes).
LIMIT = 4 * 1024 * 1024

#: A tree with so many values is not changed further.
MANY = 500

#: What a value becomes.
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 2**31, 2**53 + 1, 2**63, 10**30, -(10**400)),
    *("", " ", "0", "null", " 330000000000001 ", "٣٣٠٠٠٠٠٠٠٠٠٠٠٠١", "１２３", "-5"),
    *("1e3", "0x10", "3" * 64, "3" * 5000, "\0", "a\0b", "\ud800", "\U0001f600", "é"),
    *("<script>", "'; DROP TABLE meta_lead_submission; --", "%s", "{}", "\r\nX: y"),
    *([], {}, [[]], [{}], {"": ""}, {"leadgen_id": {}}, [None] * 20),
    *("leadgen", "page", 1769862896, "1769862896", 1769862896000, -62135596801),
)
ODD_KEYS = (
    *("", " ", "leadgen_id ", "LEADGEN_ID", "leadgen_id\0", "\ud800", "é", "a" * 300),
    *("__proto__", "value", "field", "changes", "entry", "object", "id", "time"),
)
#: Numbers and words that JSON does not have, or that Python reads all the same.
RAW_TOKENS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-0", b"01", b"+1", b"1.", b".5"),
    *(b"undefined", b"0x1F", b"9" * 5000, b'"\\ud83d"', b'"\\u0000"', b"'x'", b"tru"),
)
ODD_BYTES = (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\0", b"\xef\xbb\xbf", b"\x1b")


class Mutator:
    """An endless, repeatable source of odd bodies."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def body(self, made: dict[str, Any]) -> bytes:
        """A body like this one, more or less."""
        chance = self.random.random()
        if chance < 0.04:
            return self._whole()
        for _number in range(self.random.choice((0, 1, 1, 2, 3, 8))):
            # What repeats itself grows fast.
            if sum(1 for _place in self._places(made)) < MANY:
                made = self._change(made)
        raw = self._written(made)
        if chance < 0.5:
            return raw
        for _number in range(self.random.choice((1, 1, 2, 5))):
            raw = self._spoilt(raw)
        return raw

    def _whole(self) -> bytes:
        """A body that was never a notification, or is one too large, too deep."""
        depth = self.random.choice((10, 500, 3000, 200_000))
        bodies: tuple[Callable[[], bytes], ...] = (
            lambda: b"",
            lambda: b" ",
            lambda: b"null",
            lambda: b"[]",
            lambda: b'"page"',
            lambda: b"[" * depth,
            lambda: b"[" * depth + b"]" * depth,
            lambda: b'{"object":' * depth,
            lambda: b'{"object":"page","entry":' + b"[" * depth + b"]" * depth + b"}",
            lambda: self.random.randbytes(self.random.randrange(2000)),
            lambda: b"9" * self.random.choice((10, 4301, 100_000)),
            lambda: b"hub.mode=subscribe&object=page",
            lambda: b"<xml/>",
        )
        return self.random.choice(bodies)()

    def oversized(self) -> bytes:
        """One byte more than the webhook takes."""
        start = b'{"object":"page","entry":[],"x":"'
        return start + b"x" * (LIMIT + 1 - len(start) - 2) + b'"}'

    def largest(self) -> bytes:
        """As much as the webhook takes."""
        return self.oversized()[:-3] + b'"}'

    # --- the tree -----------------------------------------------------------

    def _change(self, made: Any) -> Any:
        """The same with one odd thing at some place in it."""
        places = list(self._places(made))
        if not places:
            return self._odd_value()
        holder, key = self.random.choice(places)
        what = self.random.randrange(7)
        if what <= 2:
            holder[key] = self._odd_value()
        elif what == 3:
            del holder[key]
        elif what == 4 and isinstance(holder, dict):
            holder[self.random.choice(ODD_KEYS)] = holder.pop(key)
        elif what == 5:
            holder[key] = self.random.choice(
                ([holder[key]], {"value": holder[key]}, str(holder[key])[:100])
            )
        elif isinstance(holder, list):
            for _number in range(self.random.choice((1, 3, 50))):
                holder.append(copy.deepcopy(holder[key]))
        else:
            holder[self.random.choice(ODD_KEYS)] = self._odd_value()
        return made

    def _odd_value(self) -> Any:
        # A copy: what is shared would come to hold itself.
        return copy.deepcopy(self.random.choice(ODD_VALUES))

    def _places(self, made: Any) -> Any:
        waiting = [made]
        while waiting:
            holder = waiting.pop()
            if isinstance(holder, (dict, list)):
                keys = list(holder) if isinstance(holder, dict) else range(len(holder))
                for key in keys:
                    yield holder, key
                    waiting.append(holder[key])

    # --- the bytes ----------------------------------------------------------

    def _written(self, made: Any) -> bytes:
        text = json.dumps(
            made,
            ensure_ascii=self.random.random() < 0.8,
            separators=self.random.choice(((",", ":"), (", ", ": "))),
            indent=self.random.choice((None, None, None, 2)),
        )
        return text.encode("utf-8", "surrogatepass")

    def _spoilt(self, raw: bytes) -> bytes:
        """The same with some bytes added, lost, changed or said twice."""
        place = self.random.randrange(len(raw) + 1)
        end = min(len(raw), place + self.random.choice((1, 1, 2, 10, 100)))
        what = self.random.randrange(9)
        if what == 0:
            return raw[:place]
        if what == 1:
            return raw[:place] + raw[end:]
        if what == 2:
            return raw[:place] + raw[place:end] * 3 + raw[end:]
        if what == 3:
            return raw[:place] + self.random.choice(ODD_BYTES) + raw[place:]
        if what == 4:
            return raw[:place] + self.random.randbytes(end - place) + raw[end:]
        if what == 5:
            return raw.replace(b"1769862896", self.random.choice(RAW_TOKENS), 1)
        if what == 6:
            # A key that is there twice: the last one counts, or the first.
            twice = b'"leadgen_id":' + self.random.choice((*RAW_TOKENS, b"5")) + b","
            return raw.replace(b'"leadgen_id"', twice + b'"leadgen_id"', 1)
        if what == 7:
            return gzip.compress(raw, mtime=0)
        codec = self.random.choice(("utf-16", "utf-32", "utf-7"))
        return raw.decode("utf-8", "replace").encode(codec, "replace")
