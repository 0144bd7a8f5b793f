"""Stored English words in another language: found by the sentences they are made of."""

import re
from collections import defaultdict
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

#: Placeholders whose value is words of ours again.
NESTED = frozenset(("what", "why", "words"))
#: A template with fewer letters of its own would be found in anything.
LEAST_LETTERS = 3
#: Words of ours end within so many sentences. What Meta or a proxy said may have
#: hundreds, and each is looked at together with those that follow it.
MOST_SENTENCES = 40
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
        self._own_parts = [part.replace("%%", "%") for part in parts[::2]]
        self.own = "".join(parts[::2])
        self.pattern = re.compile("".join(pattern), re.DOTALL)
        #: Whether a value is the last of it, so that nothing says where it ends.
        self.ends_open = not parts[-1]
        self.translation = translation

    def may_begin(self, text):
        """Whether a text may begin with it: all words of its own are there, in order.

        Costs next to nothing, unlike the pattern.
        """
        first, *others = self._own_parts
        if not text.startswith(first):
            return False
        end = len(first)
        for part in others:
            found = text.find(part, end + 1)
            if found < 0:
                return False
            end = found + len(part)
        return True

    def fill(self, values):
        """Its translation with these values.

        A translation that cannot be filled must not keep a screen from opening: then
        it is as if there was none.

        :param dict values: texts by placeholder
        :return: None where the translation is no template
        """
        try:
            return self.translation % values
        except (KeyError, TypeError, ValueError):
            return None


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
        templates = self._find_templates(text)
        for number, end in enumerate(ends if templates else ()):
            if (found := self._match(text[:end], templates)) is None:
                continue
            if found.template.ends_open:
                # Whose words these are goes on as long as they are none of ours.
                for later in ends[number + 1 :]:
                    if self._is_known(text[end:].lstrip()):
                        break
                    end = later
                found = self._match(text[:end], templates)
            return self._fill(found, text[:end]), end
        return None, 0

    def _is_known(self, text):
        """Whether a text begins with words of ours."""
        ends = _ends_of_sentences(text)
        templates = self._find_templates(text)
        return any(
            text[:end] in self.terms
            or (templates and self._match(text[:end], templates))
            for end in ends
        )

    def _find(self, text):
        """All of a text as one term, or None."""
        if text in self.terms:
            return self.terms[text]
        if "\n" not in text:
            return None
        found = self._match(text, self._find_templates(text))
        return found and self._fill(found, text)

    def _find_templates(self, text):
        """The templates that a text may begin with."""
        first = "".join(text.split(maxsplit=1)[:1])
        near = (*self._by_first_word.get(first, ()), *self._by_placeholder)
        return [template for template in near if template.may_begin(text)]

    def _match(self, text, templates):
        """The one of these that a text is made of, with its values, or None."""
        found = [
            _Match(template, values.groupdict())
            for template in templates
            if (values := template.pattern.fullmatch(text))
        ]
        return max(found, key=lambda match: len(match.template.own), default=None)

    def _fill(self, match, text):
        """The translation of a text that is made of a template."""
        filled = match.template.fill(
            {
                name: self._translate_value(value) if name in NESTED else value
                for name, value in match.values.items()
            }
        )
        return text if filled is None else filled

    def _translate_value(self, value):
        whole = self.translate(value)
        if whole != value:
            return whole
        return "".join(self.terms.get(part, part) for part in _BETWEEN.split(value))


class _Match(NamedTuple):
    template: _Template
    values: dict


def _ends_of_sentences(text):
    ends = (found.start() for found in _AFTER_SENTENCE.finditer(text))
    return list(islice((*ends, len(text)), MOST_SENTENCES))
