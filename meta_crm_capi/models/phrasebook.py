"""Stored English words in another language: found by the sentences they are made of."""

import re
from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

#: Placeholders whose value is words of ours again.
NESTED = frozenset(("what", "why", "words"))
#: A template with fewer letters of its own would be found in anything.
LEAST_LETTERS = 3
#: So many texts are kept with their translation.
REMEMBERED = 2048

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_AFTER_SENTENCE = re.compile(r"(?<=[.:;?!”…])\s+")
_BETWEEN = re.compile(r"(, |; )")
#: The place of a fault in an event, before the words about it.
_PLACE = re.compile(r"[a-z_]+(?:\.[\w-]+|\[\d+\])*: ")
_LETTER = re.compile(r"[^\W\d_]")


class _Template:
    """A term with placeholders, and what it is in the other language."""

    def __init__(self, source, translation):
        parts = _PLACEHOLDER.split(source)
        pattern, names = [], []
        for number, part in enumerate(parts):
            if number % 2 == 0:
                pattern.append(re.escape(part.replace("%%", "%")))
            elif part in names:
                pattern.append(f"(?P={part})")
            else:
                names.append(part)
                pattern.append(f"(?P<{part}>.+?)")
        self.own = "".join(parts[::2])
        self.pattern = re.compile("".join(pattern), re.DOTALL)
        #: Whether a value is the last of it, so that nothing says where it ends.
        self.ends_open = not parts[-1]
        self.translation = translation


class Phrasebook:
    """The terms of one language, to translate texts that are put together of them.

    What is no term stays as it is: Meta's own words, names, ids.

    :param terms: translations by English source, as Odoo has them of code
    """

    def __init__(self, terms):
        self.terms = terms
        self._by_first_word = defaultdict(list)
        self._by_placeholder = []
        for source, translation in terms.items():
            if not _PLACEHOLDER.search(source):
                continue
            template = _Template(source, translation)
            if len(_LETTER.findall(template.own)) < LEAST_LETTERS:
                continue
            first = source.replace("%%", "%").split(maxsplit=1)[0]
            if _PLACEHOLDER.search(first):
                self._by_placeholder.append(template)
            else:
                self._by_first_word[first].append(template)
        self.translate = lru_cache(REMEMBERED)(self._translate)

    def _translate(self, text):
        """A text in this language, sentence by sentence."""
        known = self._find(text)
        if known is not None:
            return known
        return "\n".join(self._translate_line(line) for line in text.split("\n"))

    def _translate_line(self, line):
        place = _PLACE.match(line)
        done = [place[0]] if place else []
        rest = line[place.end() :] if place else line
        while rest:
            known, end = self._find_first(rest)
            gap = _AFTER_SENTENCE.match(rest, end)
            done += [known, gap[0] if gap else ""]
            rest = rest[gap.end() if gap else end :]
        return "".join(done)

    def _find_first(self, text):
        """The words that a text begins with, translated, and where they end."""
        ends = _ends_of_sentences(text)
        known, end = self._find_known(text, ends)
        return (text[: ends[0]], ends[0]) if known is None else (known, end)

    def _find_known(self, text, ends):
        """As :meth:`_find_first`, None where a text begins with other words."""
        for end in reversed(ends):
            if text[:end] in self.terms:
                return self.terms[text[:end]], end
        for number, end in enumerate(ends):
            if (found := self._match(text[:end])) is None:
                continue
            if found.template.ends_open:
                # Whose words these are goes on as long as they are none of ours.
                for later in ends[number + 1 :]:
                    rest = text[end:].lstrip()
                    if self._find_known(rest, _ends_of_sentences(rest))[0] is not None:
                        break
                    end = later
                found = self._match(text[:end])
            return self._fill(found), end
        return None, 0

    def _find(self, text):
        """All of a text as one term, or None."""
        if text in self.terms:
            return self.terms[text]
        found = self._match(text) if "\n" in text else None
        return found and self._fill(found)

    def _match(self, text):
        """The template that a text is made of, with its values, or None."""
        first = "".join(text.split(maxsplit=1)[:1])
        found = [
            _Match(template, values.groupdict())
            for template in (*self._by_first_word.get(first, ()), *self._by_placeholder)
            if (values := template.pattern.fullmatch(text))
        ]
        return max(found, key=lambda match: len(match.template.own), default=None)

    def _fill(self, match):
        return match.template.translation % {
            name: self._translate_value(value) if name in NESTED else value
            for name, value in match.values.items()
        }

    def _translate_value(self, value):
        whole = self.translate(value)
        if whole != value:
            return whole
        return "".join(self.terms.get(part, part) for part in _BETWEEN.split(value))


class _Match(NamedTuple):
    template: _Template
    values: dict


def _ends_of_sentences(text):
    return [*(found.start() for found in _AFTER_SENTENCE.finditer(text)), len(text)]
