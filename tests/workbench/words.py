"""``make pot``: the template of translations anew, and each language brought to it."""

from __future__ import annotations

from pathlib import Path

from .failures import WorkbenchError
from .layout import ADDON, Layout
from .odoo_server import BASE_MODULES, log_lines
from .processes import run
from .workbench import Workbench

DATABASE = "words"
#: What a reader of Odoo's needs of a file's head; no dates, so that the same words
#: give the same file.
METADATA = {
    "Project-Id-Version": f"Odoo Server 19.0, {ADDON}",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}


def folder(layout: Layout) -> Path:
    return layout.addon / "i18n"


def template(layout: Layout) -> Path:
    """The file with every text that can be translated."""
    return folder(layout) / f"{ADDON}.pot"


def renew(workbench: Workbench) -> str:
    """Write the template and merge it into every language.

    :return: how many terms there are, and how many each language lacks
    """
    layout = workbench.layout
    folder(layout).mkdir(exist_ok=True)
    exported = layout.root / f"{ADDON}.po"
    _export(workbench, exported)
    return renew_from(layout, exported)


def renew_from(layout: Layout, exported: Path) -> str:
    """As :func:`renew`, from what Odoo exported."""
    import polib

    terms = polib.pofile(str(exported))
    terms.metadata = METADATA
    terms.save(str(template(layout)))
    said = [f"{len(terms)}"]
    for path in sorted(folder(layout).glob("*.po")):
        merged = merge(terms, polib.pofile(str(path)))
        merged.save(str(path))
        if missing := len(merged.untranslated_entries()):
            said.append(f"{path.stem} lacks {missing}")
    return ", ".join(said)


def merge(terms, translated):
    """The template's terms with the words of a language.

    What the template has not is dropped; what is new, or was fuzzy, is empty.

    :type terms: polib.POFile
    :type translated: polib.POFile
    :rtype: polib.POFile
    """
    import polib

    known = {
        entry.msgid: entry.msgstr
        for entry in translated
        if not entry.obsolete and "fuzzy" not in entry.flags
    }
    merged = polib.POFile()
    merged.header = translated.header
    merged.metadata = {**METADATA, **_of_the_language(translated.metadata)}
    for term in terms:
        merged.append(
            polib.POEntry(
                msgid=term.msgid,
                msgstr=known.get(term.msgid, ""),
                comment=term.comment,
                occurrences=term.occurrences,
            )
        )
    return merged


def _of_the_language(metadata: dict[str, str]) -> dict[str, str]:
    kept = ("Language", "Language-Team", "Last-Translator", "Plural-Forms")
    return {key: metadata[key] for key in kept if metadata.get(key)}


def _export(workbench: Workbench, target: Path) -> None:
    """Have Odoo write the terms of a database that has nothing but the addon."""
    odoo, layout = workbench.odoo, workbench.layout
    odoo.create_database(DATABASE, [*BASE_MODULES, ADDON])
    target.unlink(missing_ok=True)
    words = ("export", "--config", odoo.config, "--database", DATABASE)
    try:
        said = run(
            [
                *(odoo.python, "-m", "odoo", "i18n", *words),
                *("--languages", "pot", "--output", target, ADDON),
            ],
            log=layout.logs / "odoo-i18n-export.log",
            what="Odoo's export of the terms",
            env=odoo.environment(),
            cwd=layout.repository,
        )
    finally:
        odoo.drop_database(DATABASE)
    if errors := log_lines(said, "WARNING", "ERROR", "CRITICAL"):
        raise WorkbenchError(f"Odoo's export of the terms logged: {errors[0]}")
