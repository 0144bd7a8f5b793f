"""Each language says all that the template has, and nothing that breaks a screen."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polib
import pytest

from tests.workbench.layout import Layout
from tests.workbench.words import folder, template

LANGUAGES = ("de", "es", "fr", "pt_BR", "tr", "vi", "zh_TW")
#: What Python, JavaScript and the web client put values into.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]|%%|\{\{?[^{}]*\}\}?")
#: With all attributes but those that are texts themselves.
TAG = re.compile(r"<[^<>]+>")
TEXT_ATTRIBUTE = re.compile(
    r'\s(?:title|aria-label|placeholder|alt|data-tooltip|string|help)="[^"]*"'
)
LAYOUT = Layout.of_this_clone()
TERMS = polib.pofile(str(template(LAYOUT)))


def entries(language: str) -> polib.POFile:
    return polib.pofile(str(folder(LAYOUT) / f"{language}.po"))


def faults(msgid: str, msgstr: str) -> list[str]:
    """What of a term is lost, or too much, in its translation."""
    checks = {
        "placeholders": lambda text: Counter(PLACEHOLDER.findall(text)),
        "tags": lambda text: Counter(
            TEXT_ATTRIBUTE.sub("", tag) for tag in TAG.findall(text)
        ),
        "space at the beginning": lambda text: re.match(r"\s*", text)[0],
        "space at the end": lambda text: re.search(r"\s*\Z", text)[0],
    }
    return [name for name, of in checks.items() if of(msgid) != of(msgstr)]


@pytest.mark.parametrize(
    ("msgid", "msgstr", "found"),
    [
        ("%(count)s of %(all)s", "%(all)s, %(count)s", []),
        ("%(count)s of %(all)s", "%(count)s", ["placeholders"]),
        ("%s leads", "%d leads", ["placeholders"]),
        ("100 %% of %s", "100 % de %s", ["placeholders"]),
        ("Use {{name}}", "Usa name", ["placeholders"]),
        ("See <b>here</b>", "<b>Ici</b>", []),
        ("See <b>here</b>", "Voir ici", ["tags"]),
        ('<a href="/x" title="Open">x</a>', '<a href="/x" title="Ouvrir">y</a>', []),
        ('<a href="/x">x</a>', '<a href="/y">x</a>', ["tags"]),
        ("Page ", "Page", ["space at the end"]),
        ("\nPage", "Page", ["space at the beginning"]),
    ],
)
def test_what_a_translation_must_keep(msgid: str, msgstr: str, found: list[str]):
    assert faults(msgid, msgstr) == found


def test_the_languages_are_those_that_are_promised():
    found = sorted(Path(path).stem for path in folder(LAYOUT).glob("*.po"))
    assert found == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_term_and_no_other(language: str):
    own, wanted = (
        {entry.msgid for entry in file if not entry.obsolete}
        for file in (entries(language), TERMS)
    )
    assert own ^ wanted == set(), "Run: make pot"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_leaves_nothing_open(language: str):
    file = entries(language)
    left = [entry.msgid for entry in file.untranslated_entries()]
    left += [entry.msgid for entry in (*file.fuzzy_entries(), *file.obsolete_entries())]
    assert left == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_keeps_placeholders_tags_and_space(language: str):
    wrong = {
        entry.msgid: found
        for entry in entries(language)
        if entry.msgstr and (found := faults(entry.msgid, entry.msgstr))
    }
    assert wrong == {}
