"""Texts and figures into a form, an .xlsx or a .docx, of which nothing else changes."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from toolkit.heights import fit_height
from toolkit.notice.names import squeeze
from toolkit.notice.word import read_word
from toolkit.xlsx import Workbook, WorkbookError, cell_name


class Entry(NamedTuple):
    """What goes into one row of a form."""

    sheet: str
    row: int
    where: str
    cells: Mapping[int, str]  # column -> text
    item_column: int
    item: str  # what stands there in this row, by which it is known again


class Figure(NamedTuple):
    """A sum to date that a form asks for on its own sheet."""

    where: str  # Sheet!F5
    value: int | float


def into_workbook(data: bytes, entries: Iterable[Entry], figures: Iterable[Figure]) -> tuple[bytes, list[str]]:
    """The workbook with texts and figures, and the rows that could not be written.  Raises WorkbookError."""
    book, refused = Workbook.from_bytes(data), list[str]()
    rows: dict[tuple[str, int], None] = {}
    for e in entries:
        sheet = book.sheet(e.sheet)
        if any(sheet.formula(cell_name(e.row, column)) for column in e.cells):
            refused.append(e.where)
            continue
        try:
            for column, text in e.cells.items():
                sheet.put(e.row, column, text)
                sheet.wrap(cell_name(e.row, column))
        except WorkbookError:  # an array formula, say
            refused.append(e.where)
            continue
        rows[sheet.name, e.row] = None
    for where, value in figures:
        name, _, ref = where.rpartition("!")
        book.sheet(name).set(ref, value)
    for name, row in rows:
        sheet = book.sheet(name)
        fit_height(sheet, row, sheet.height(row)[0] or 0.0, new=True)
    return book.to_bytes(), refused


def into_word(data: bytes, entries: Iterable[Entry]) -> tuple[bytes, list[str]]:
    """The document with the texts, and the rows that could not be written."""
    from docx import Document

    document, refused = Document(io.BytesIO(data)), list[str]()
    lines = _lines_of(data, list(_tables(document.element.body)))
    for e in entries:
        row, usual = lines.get(e.row, (None, 0))
        cells = list(_within(row, "tr", "tc")) if row is not None else []
        if len(cells) != usual or max((e.item_column, *e.cells)) > usual:
            refused.append(e.where)
            continue
        wanted = {column: cells[column - 1] for column in e.cells}
        if not _is(cells[e.item_column - 1], e.item) or not all(map(_may_be_written, wanted.values())):
            refused.append(e.where)
            continue
        for column, text in e.cells.items():
            _write(wanted[column], cells, text)
        _let_grow(row)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue(), refused


def _tag(name: str) -> str:
    from docx.oxml.ns import qn

    return str(qn(f"w:{name}"))


def _within(element: Any, kind: str, wanted: str) -> Iterator[Any]:
    """The parts of an element that are its own, also within content controls: not those of a table inside."""
    for part in element.iter(_tag(wanted)):
        if next(a for a in part.iterancestors() if a.tag == _tag(kind)) is element:
            yield part


def _tables(body: Any) -> Iterator[list[Any]]:
    """The rows of each table as they are read: no deleted ones, no text boxes."""
    for table in body.iter(_tag("tbl")):
        if not any(a.tag == _tag("txbxContent") for a in table.iterancestors()):
            yield [r for r in _within(table, "tbl", "tr") if r.find(f"{_tag('trPr')}/{_tag('del')}") is None]


def _lines_of(data: bytes, tables: Sequence[Sequence[Any]]) -> Mapping[int, tuple[Any, int]]:
    """By row of the grid the table's row, and how many cells its table's rows have mostly; nothing where the document
    has other tables than were read."""
    found: dict[int, tuple[Any, int]] = {}
    row = number = 0
    for block in read_word(data, boxes=True):
        if isinstance(block, str):
            row += 1
            continue
        if number >= len(tables) or len(tables[number]) != len(block):
            return {}
        usual = Counter(len(line) for line in block).most_common(1)[0][0]
        found |= {row + n: (r, usual) for n, r in enumerate(tables[number], start=1)}
        row, number = row + len(block), number + 1
    return found if number == len(tables) else {}


def _is(cell: Any, item: str) -> bool:
    """Whether a cell holds an item, which may have an automatic number before it."""
    text = squeeze("".join(t.text or "" for t in cell.iter(_tag("t"))))
    return squeeze(item).endswith(text) if text else not item


def _may_be_written(cell: Any) -> bool:
    """Whether nothing but plain paragraphs is in a cell: a picture, a comment or a content control would be lost."""
    plain = {_tag(n) for n in ("p", "r", "t", "br", "tab", "proofErr", "bookmarkStart", "bookmarkEnd")}
    looks = {_tag(n) for n in ("tcPr", "pPr", "rPr")}
    parts = list(cell)
    while parts:
        part = parts.pop()
        if part.tag in looks:
            continue
        if part.tag not in plain:
            return False
        parts += list(part)
    return bool(cell.findall(_tag("p")))


def _write(cell: Any, beside: Iterable[Any], text: str) -> None:
    """A text into a cell, a paragraph a line, in the letters of the cell or of those beside it."""
    looks = [r for c in (cell, *beside) for r in c.iter(_tag("rPr")) if r.getparent().tag == _tag("r")]
    first, *others = cell.findall(_tag("p"))
    for paragraph in others:
        cell.remove(paragraph)
    for child in [c for c in first if c.tag != _tag("pPr")]:
        first.remove(child)
    empty, at = deepcopy(first), first
    for n, line in enumerate(text.splitlines()):
        if n:
            at.addnext(following := deepcopy(empty))
            at = following
        run = at.add_r()
        if looks:
            run.insert(0, deepcopy(looks[0]))
        run.text = line


def _let_grow(row: Any) -> None:
    """A row of a fixed height would cut the text off."""
    for height in row.iter(_tag("trHeight")):
        if height.get(_tag("hRule")) == "exact":
            height.set(_tag("hRule"), "atLeast")
