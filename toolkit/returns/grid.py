"""What a returned file comes down to, whatever its format: grids of cells, and the stamps that it carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

from toolkit.language import tr
from toolkit.xlsx import Value, cell_name, column_letters

MAX_ROWS, MAX_COLUMNS = 5_000, 200
"""A form has tens of rows; a used range beyond this is formatting, not content."""

MAX_SPANS = 5_000
MAX_SHEETS = 100


class Span(NamedTuple):
    """A merged range, 1-based and inclusive."""

    row1: int
    column1: int
    row2: int
    column2: int


class Carried:
    """A dataclass that goes from process to process as its values: what the standard library does takes longer."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]]

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


@dataclass(frozen=True, slots=True)
class Grid(Carried):
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
    hidden_rows: frozenset[int] = frozenset()  # known of .xlsx, .xlsm and .ods
    hidden_columns: frozenset[int] = frozenset()  # of .xlsx and .xlsm only
    comments: tuple[tuple[int, int, str], ...] = ()  # row, column, text; `struck` too: of .xlsx, .xls, .ods, Word
    boxes: tuple[tuple[int, int, str], ...] = ()  # the same of text boxes; in Word a row each, too
    struck: Mapping[tuple[int, int], str] = field(default_factory=dict)  # what is struck out of a cell's text
    unsaved: frozenset[tuple[int, int]] = frozenset()  # formulas without a stored result; known of .xlsx and .xlsm only

    def place(self, row: int, column: int) -> str:
        """What people call a cell: `Sheet1!C4`; in a document `表格第3行`."""
        if self.places is not None:
            return self.places.get(row) or tr("第{row}行", row=row)
        return f"{self.name}!{cell_name(row, column)}"

    def column(self, number: int) -> str:
        """What people call a column."""
        if self.places is not None:
            return tr("第{column}列", column=number)
        return tr("{column}列", column=column_letters(number))


@dataclass(frozen=True, slots=True)
class Reading(Carried):
    grids: tuple[Grid, ...]
    stamps: tuple[str, ...]  # stamp lines as found, workbook property first
    cut: bool = False  # there was more than MAX_ROWS x MAX_COLUMNS: it was left out


class GridBuilder:
    """Collects the cells of one grid within the limits; `cut` says whether any had to be left out."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, Value]] = {}
        self.pictures: set[tuple[int, int]] = set()
        self.comments: list[tuple[int, int, str]] = []
        self.boxes: list[tuple[int, int, str]] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.struck: dict[tuple[int, int], str] = {}
        self.unsaved: set[tuple[int, int]] = set()
        self.cut = False

    @property
    def full(self) -> bool:
        return len(self.rows) >= MAX_ROWS

    def add_row(self, number: int, cells: dict[int, Value]) -> bool:
        """Takes over a row's filled cells; False when the grid is full and reading may stop."""
        if not cells:
            return True
        if self.full:
            self.cut = True
            return False
        if max(cells) > MAX_COLUMNS:
            self.cut = True
            cells = {c: v for c, v in cells.items() if c <= MAX_COLUMNS}
            if not cells:
                return True
        self.rows[number] = cells
        return True

    def add_picture(self, row: int, column: int) -> None:
        if column <= MAX_COLUMNS and len(self.pictures) < MAX_ROWS:
            self.pictures.add((row, column))

    def build(
        self, name: str, hidden: bool = False, spans: Iterable[Span] = (), places: Mapping[int, str] | None = None
    ) -> Grid:
        """The grid; what stands under a merged range other than in its first cell is left out, as nobody sees it."""
        merged: list[Span] = []
        for span in spans:
            if (span.row1, span.column1) == (span.row2, span.column2):
                continue
            if len(merged) >= MAX_SPANS:
                self.cut = True
                break
            merged.append(span)
            for row in self._filled(span.row1, span.row2):
                cells = self.rows[row]
                for c in [c for c in cells if span.column1 <= c <= span.column2]:
                    if (row, c) != (span.row1, span.column1):
                        del cells[c]
        rows = {n: cells for n, cells in self.rows.items() if cells}
        return Grid(
            name, hidden, rows, tuple(merged), frozenset(self.pictures), places,
            hidden_rows=frozenset(self.hidden_rows), hidden_columns=frozenset(self.hidden_columns),
            comments=tuple(self.comments), boxes=tuple(self.boxes), struck=self.struck, unsaved=frozenset(self.unsaved),
        )  # fmt: skip

    def _filled(self, first: int, last: int) -> list[int]:
        if last - first < len(self.rows):
            return [r for r in range(first, last + 1) if r in self.rows]
        return [r for r in self.rows if first <= r <= last]
