"""The file of leads that people download from Meta (CSV, or TSV named ``.xls``).

Each row becomes the node that the Graph API would give for that lead, so that one way
in serves both. Files are read row by row: memory does not grow with them.

What such files look like is described by Meta's help pages on downloading leads and by
files of many versions: UTF-16 with tabs or UTF-8 with commas; ids with a label before
them ("l:123"); the questions as the last columns.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from . import lead as meta_lead
from .question import Question, same_key
from .text import meta_id, scalar_text, storable, strip_label
from .words import _lt

#: Columns that the Graph API has too, by the same name.
NODE_COLUMNS = (
    "id",
    "created_time",
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
    "form_id",
    "is_organic",
    "platform",
    "partner_name",
    "retailer_item_id",
)
#: Columns about Meta's own screens, which are no answers of the person.
OTHER_COLUMNS = ("form_name", "lead_status", "inbox_url")
_IDS = frozenset({"id", "ad_id", "adset_id", "campaign_id", "form_id"})
_NEEDED = ("id", "created_time")
_DELIMITERS = "\t,;"
_SAMPLE = 4096
_BLOCK = 1 << 16

_LABELLED_PHONE = re.compile(r"p:(?=\s*[+(\d][\d\s().+/-]*$)")
_LABELLED_ZIP = re.compile(r"z:(?=\S)")
# How the line of a lead begins, in a file whose first column is the id.
_LEAD_LINE = re.compile(r'"?(?:l:)?[0-9]{14,17}"?[\t,;]')
_ROUNDED = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+|[0-9]{4,}[.,]0+")

# How files begin that are no text, with what they are.
_MAGIC = {
    b"PK\x03\x04": _lt("an Excel workbook or a ZIP archive"),
    b"\xd0\xcf\x11\xe0": _lt("an Excel workbook"),
    b"%PDF": _lt("a PDF"),
    b"\x1f\x8b": _lt("a compressed file"),
}


class ExportError(ValueError):
    """The file as a whole cannot be read; says why and what to do."""


@dataclass(frozen=True)
class Row:
    """One row: a lead's node, or the problem that stands against it.

    `number` counts the rows of leads from 1; `line` is where the row begins in the
    file, as text editors count.
    """

    number: int
    line: int
    node: dict[str, Any] | None
    problem: str = ""
    form_name: str = ""


def rows(stream: BinaryIO, skip: int = 0) -> Iterator[Row]:
    """Read an export row by row, from the row after number `skip` on.

    `stream` is a seekable binary file; it is neither kept nor closed. ExportError, at
    the first row, where the file is no export of leads. A row that cannot be read is
    given with its problem, and reading goes on.
    """
    encoding = _encoding(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield from _rows(text, skip)
    finally:
        text.detach()


def with_keys(node: dict[str, Any], questions: Iterable[Question]) -> dict[str, Any]:
    """Return a node whose answers carry the keys of the form's questions.

    Exports have a question's key or its text as the name of the column, in whatever
    spelling; a column that belongs to no question keeps its name.
    """
    names: dict[str, str] = {}
    for question in questions:
        names.setdefault(same_key(question.label), question.key)
    for question in questions:
        names[same_key(question.key)] = question.key
    names.pop("", None)
    return {
        **node,
        "field_data": [
            {**answer, "name": names.get(same_key(answer["name"]), answer["name"])}
            for answer in node["field_data"]
        ],
    }


def _rows(text: io.TextIOWrapper, skip: int) -> Iterator[Row]:
    delimiter = _delimiter(text)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
    except csv.Error:
        raise ExportError(
            _lt(
                "The first line, with the names of the columns, cannot be read: import "
                "the file as Meta gave it."
            )
        ) from None
    columns = _columns(header)
    number = 0
    while True:
        line = lines.count + 1
        lines.taken.clear()
        try:
            records = [(line, next(reader))]
            problem = _shape_problem(records[0][1], header, lines.taken)
        except StopIteration:
            return
        except csv.Error:
            problem = _lt("The row cannot be read.") + _swallowed(lines.taken)
        if problem:
            # A quotation mark may be what somebody wrote, and not the file's own.
            single = [raw.rstrip("\r\n").split(delimiter) for raw in lines.taken]
            if all(len(fields) == len(header) for fields in single):
                records = list(enumerate(single, line))
                problem = ""
            else:
                records = [(line, [])]
        for at, fields in records:
            if problem or any(field.strip() for field in fields):
                number += 1
                if number > skip:
                    yield _row(number, at, columns, fields, problem)


class _Lines:
    """The lines of a text, with how many there were and those of the row at hand."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.count = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.count += 1
        self.taken.append(line)
        return line


def _row(
    number: int, line: int, columns: list[tuple[str, bool]], fields: list, problem: str
) -> Row:
    if problem:
        return Row(number, line, None, problem)
    node: dict[str, Any] = {}
    answers = []
    others: dict[str, str] = {}
    for (name, is_question), field in zip(columns, fields, strict=False):
        value = scalar_text(storable(field)) or ""
        if is_question:
            value = _LABELLED_ZIP.sub("", _LABELLED_PHONE.sub("", value, 1), 1)
            answers.append({"name": name, **({"values": [value]} if value else {})})
        elif name in OTHER_COLUMNS:
            others[name] = value
        elif value:
            node[name] = strip_label(value) if name in _IDS else value
    node["field_data"] = answers
    form_name = others.get("form_name", "")
    problem = _problem(node)
    return Row(number, line, None if problem else node, problem, form_name)


def _problem(node: dict[str, Any]) -> str:
    """Why a row is no lead, in words for whoever has the file; "" where it is one."""
    given = node.get("id", "")
    if not given:
        return _lt("There is no lead ID in the column “id”.")
    if _ROUNDED.fullmatch(given):
        return _lt(
            "A spreadsheet program rounded the lead ID. Download the file from Meta "
            "again and import it without opening and saving it."
        )
    if not meta_id(given):
        return _lt("The column “id” holds no lead ID: that has digits only.")
    try:
        meta_lead.parse(node)
    except ValueError:
        return _lt(
            "The column “created_time” holds no time such as "
            "2026-01-31T12:34:56+01:00. A spreadsheet program may have changed it: "
            "import the file as Meta gave it."
        )
    form_id = node.get("form_id")
    if form_id and not meta_id(form_id):
        # Not what it holds: in a row that slipped that is somebody's answer.
        return _lt(
            "The column “form_id” holds no form ID: that has digits only. Import the "
            "file as Meta gave it."
        )
    return ""


def _shape_problem(fields: list[str], header: list[str], taken: list[str]) -> str:
    too_many = any(field.strip() for field in fields[len(header) :])
    too_few = len(fields) < len(header) and len(taken) > 1
    if too_many or too_few:
        words = _lt(
            "The row has %(count)s columns, the first line has %(expected)s."
        ) % {"count": len(fields), "expected": len(header)}
        return words + _swallowed(taken)
    if any(_LEAD_LINE.match(line) for line in taken[1:]):
        return _lt("The row cannot be read.") + _swallowed(taken)
    return ""


def _swallowed(taken: list[str]) -> str:
    if len(taken) < 2:
        return ""
    return " " + _lt(
        "More lines that it goes on for: %(lines)s. A quotation mark may be missing,"
        " and other leads may be in it."
    ) % {"lines": len(taken) - 1}


def _columns(header: list[str]) -> list[tuple[str, bool]]:
    """``(name, is a question)`` of each column; a name counts once as Meta's own."""
    own = {*NODE_COLUMNS, *OTHER_COLUMNS}
    columns = []
    for name in header:
        plain = re.sub(r"\s+", "_", name.lower())
        if plain in own:
            own.discard(plain)
            columns.append((plain, False))
        else:
            columns.append((name, True))
    missing = [name for name in _NEEDED if name in own]
    if missing:
        raise ExportError(
            _lt(
                "This is no export of leads: its first line lacks %(columns)s. Download"
                " the leads of the form from Meta as CSV and import that file."
            )
            % {"columns": ", ".join(f"“{name}”" for name in missing)}
        )
    return columns


def _delimiter(text: io.TextIOWrapper) -> str:
    """What parts the columns of the first line; leaves the file at its beginning."""
    first = text.readline()
    if not first.strip():
        raise ExportError(
            _lt(
                "The file has no first line with the names of the columns. Download"
                " the leads of the form from Meta as CSV and import that file."
            )
        )
    text.seek(0)
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=unquoted.count)


def _encoding(stream: BinaryIO) -> str:
    """The file's encoding, after a look at the whole of it."""
    stream.seek(0)
    start = stream.read(_SAMPLE)
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            raise ExportError(
                _lt(
                    "This is %(what)s. Save it as “CSV UTF-8”, or download the leads"
                    " from Meta as CSV."
                )
                % {"what": kind}
            )
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in start:
        # Latin letters have their zero byte last in one order, first in the other.
        encoding = "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while block := stream.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        raise ExportError(
            _lt(
                "The file is neither UTF-8 nor UTF-16, or it is cut off: names would"
                " be spoilt. Import the file as Meta gave it, or save it as “CSV"
                " UTF-8”."
            )
        ) from None
    return encoding
