"""What ``make pot`` does to the files of translations."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from tests.workbench.layout import ADDON, Layout
from tests.workbench.words import folder, renew_from, template


def exported(*msgids: str) -> polib.POFile:
    """As Odoo exports: with the dates of the moment."""
    file = polib.POFile()
    file.metadata = {
        "POT-Creation-Date": "2026-01-01 00:00+0000",
        "Content-Type": "text/plain; charset=UTF-8",
    }
    for msgid in msgids:
        file.append(
            polib.POEntry(
                msgid=msgid,
                comment=f"module: {ADDON}\nodoo-python",
                occurrences=[(f"code:addons/{ADDON}/models/{msgid}.py", "0")],
            )
        )
    return file


@pytest.fixture
def export(scratch: Layout, tmp_path: Path):
    folder(scratch).mkdir(parents=True)

    def renew(*msgids: str) -> str:
        exported(*msgids).save(str(tmp_path / "exported.po"))
        return renew_from(scratch, tmp_path / "exported.po")

    return renew


def language(layout: Layout, code: str, *entries: polib.POEntry) -> Path:
    file = polib.POFile()
    file.metadata = {"Language": code, "Content-Type": "text/plain; charset=UTF-8"}
    file.extend(entries)
    path = folder(layout) / f"{code}.po"
    file.save(str(path))
    return path


def test_the_same_terms_give_the_same_file_at_any_time(scratch: Layout, export):
    export("Page")
    first = template(scratch).read_text()
    assert "Date" not in first
    assert export("Page") == "1"
    assert template(scratch).read_text() == first


def test_a_language_keeps_its_words_and_gets_the_new_terms_empty(
    scratch: Layout, export
):
    path = language(scratch, "fr", polib.POEntry(msgid="Form", msgstr="Formulaire"))
    assert export("Form", "Page") == "2, fr lacks 1"
    merged = polib.pofile(str(path))
    assert [(one.msgid, one.msgstr) for one in merged] == [
        ("Form", "Formulaire"),
        ("Page", ""),
    ]
    assert merged.metadata["Language"] == "fr"
    assert merged[0].occurrences == [(f"code:addons/{ADDON}/models/Form.py", "0")]


def test_a_language_loses_what_is_no_term_any_more(scratch: Layout, export):
    path = language(
        scratch,
        "fr",
        polib.POEntry(msgid="Gone", msgstr="Parti"),
        polib.POEntry(msgid="Form", msgstr="Formulaire", obsolete=True),
        polib.POEntry(msgid="Page", msgstr="Feuille", flags=["fuzzy"]),
    )
    export("Form", "Page")
    assert [(one.msgid, one.msgstr) for one in polib.pofile(str(path))] == [
        ("Form", ""),
        ("Page", ""),
    ]
