"""A returned file's bytes -> what stands in it.  Reads only; a file from outside is never saved again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from toolkit.forms.stamp import NAME, PROPERTY
from toolkit.model import Finding
from toolkit.returns.findings import finding
from toolkit.xlsx import Reason, Value, Workbook, WorkbookError, cell_name

MAX_ROWS, MAX_COLUMNS = 5_000, 200
"""A form has tens of rows; a used range beyond this is formatting, not content."""


class Span(NamedTuple):
    """A merged range, 1-based and inclusive."""

    row1: int
    column1: int
    row2: int
    column2: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One worksheet: non-empty cells, 1-based; the value of a merged range stands in its first cell.

    A Word document is one grid too, from top to bottom: a paragraph is a row with one cell in column 1, a table row
    a row with a cell a column; merged cells as in a sheet.
    """

    name: str
    hidden: bool
    rows: Mapping[int, Mapping[int, Value]]
    merged: tuple[Span, ...] = ()
    pictures: frozenset[tuple[int, int]] = frozenset()  # (row, column) under the top left corner of a picture
    places: Mapping[int, str] | None = None  # row -> what people call it, where it is no worksheet: 表格第3行

    def place(self, row: int, column: int) -> str:
        """What people call a cell: `Sheet1!C4`; in a document `表格第3行`."""
        if self.places is not None:
            return self.places.get(row, f"第{row}行")
        return f"{self.name}!{cell_name(row, column)}"


@dataclass(frozen=True, slots=True)
class Reading:
    grids: tuple[Grid, ...]
    stamps: tuple[str, ...]  # stamp lines as found, workbook property first
    cut: bool = False  # there was more than MAX_ROWS x MAX_COLUMNS: it was left out


def read_return(data: bytes) -> Reading | Finding:
    """What stands in a returned workbook, or the Finding that says why it cannot be read."""
    try:
        workbook = Workbook.from_bytes(data)
        stamps = [workbook.properties.get(PROPERTY, "")]
        stamps += [n.text for n in workbook.names if n.name.lower() == NAME.lower()]
        grids = tuple(_grid(workbook, name) for name in workbook.sheet_names)
    except WorkbookError as e:
        if e.reason is Reason.ENCRYPTED:
            return finding("encrypted")
        return finding("unreadable", where=e.where, why=e.message)
    return Reading(grids, tuple(dict.fromkeys(s for s in stamps if s)))


def _grid(workbook: Workbook, name: str) -> Grid:
    sheet = workbook.sheet(name)
    rows: dict[int, Mapping[int, Value]] = {}
    for number, cells in sheet.rows():
        if len(rows) >= MAX_ROWS:
            break
        rows[number] = {c: v for c, v in cells.items() if c <= MAX_COLUMNS}
    return Grid(name, sheet.hidden, rows)
