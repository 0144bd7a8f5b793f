"""A language in which every text of the addon stands in brackets: ``[[Page]]``.

What a screen shows without brackets could not have been translated.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator
from unittest.mock import patch

import polib

from odoo.tools.misc import ReadonlyDict
from odoo.tools.translate import TranslationImporter, code_translations

from tests.workbench.layout import ADDON, Layout
from tests.workbench.words import template

LANG = "fr_FR"
_TAG = re.compile(r"<[^>]*>")
#: Where in an event a fault is: Meta's own names.
_PLACE = re.compile(r"^[a-z_]+(?:\.[\w-]+|\[\d+\])*: ", re.MULTILINE)
_BRACKETS = re.compile(r"\[\[|\]\]")
#: Three letters or more: no unit, no code of a currency in small letters.
_WORD = re.compile(r"[A-Za-z]{3,}")


def speak(case) -> None:
    """Give a test case's database that language, until the case is over."""
    case.env["res.lang"]._activate_lang(LANG)
    terms = polib.pofile(str(template(Layout.of_this_clone())))
    for term in terms:
        term.msgstr = f"[[{term.msgid}]]"
    of_code = {
        term.msgid: term.msgstr for term in terms if "odoo-python" in term.comment
    }
    translations = code_translations.python_translations
    case.startClassPatcher(
        patch.dict(translations, {(ADDON, LANG): ReadonlyDict(of_code)})
    )
    case.addClassCleanup(case.env.registry.clear_all_caches)
    with tempfile.NamedTemporaryFile(suffix=".po") as file:
        file.write(str(terms).encode())
        importer = TranslationImporter(case.env.cr, verbose=False)
        importer.load(file, "po", LANG)
        importer.save(overwrite=True)
    case.env.registry.clear_all_caches()
    case.env.invalidate_all()


def outside(text: str, *names: str) -> list[str]:
    """The words of a text that stand in no brackets.

    :param names: what nobody translates: names of records, what Meta said
    """
    depth, end, left = 0, 0, []
    text = _PLACE.sub("", _TAG.sub(" ", text))
    for found in _BRACKETS.finditer(text):
        if not depth:
            left.append(text[end : found.start()])
        depth += 1 if found[0] == "[[" else -1
        end = found.end()
    left.append(text[end:] if not depth else "")
    bare = " ".join(left)
    for name in sorted(names, key=len, reverse=True):
        bare = bare.replace(name, " ")
    return _WORD.findall(bare)


def texts(value: object, keys: frozenset[str], key: str = "") -> Iterator[tuple]:
    """``(key, text)`` of every text under one of these keys, however deep."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from texts(item, keys, name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item, keys, key)
    elif isinstance(value, str) and (key in keys or not keys):
        yield key, value


def marked_texts(*marks: str) -> set[str]:
    """Every source text in the addon's Python that one of these marks is around."""
    return {
        node.args[0].value
        for path in Layout.of_this_clone().addon.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in marks
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
