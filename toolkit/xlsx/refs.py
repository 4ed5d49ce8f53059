"""Cell references, ranges, and where rows go when rows are inserted, repeated or removed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from toolkit.language import tr
from toolkit.xlsx.errors import Reason, WorkbookError

MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([1-9]\d{0,6}):\$?([1-9]\d{0,6})")


@lru_cache(maxsize=20_000)
def column_number(letters: str) -> int:
    """A -> 1, XFD -> 16384; not bounded."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


@lru_cache(maxsize=20_000)
def column_of(letters: bytes) -> int:
    return column_number(letters.decode())


@lru_cache(maxsize=20_000)
def column_letters(number: int) -> str:
    """1 -> A."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    return f"{column_letters(column)}{row}"


def parse_cell(ref: str) -> tuple[int, int]:
    """(4, 2) for "B4"; WorkbookError BAD_REFERENCE for anything else."""
    m = _CELL.fullmatch(ref)
    if m:
        row, column = int(m[2]), column_number(m[1])
        if row <= MAX_ROW and column <= MAX_COLUMN:
            return row, column
    raise WorkbookError(Reason.BAD_REFERENCE, tr("“{ref}”不是有效的单元格地址，请使用 B4 这样的写法", ref=ref), ref)


class Area(NamedTuple):
    """A rectangle of cells, 1-based and inclusive."""

    row1: int
    column1: int
    row2: int
    column2: int

    @classmethod
    def parse(cls, text: str) -> Area:
        """The area that "B2:C9", "B2", "B:C" or "2:9" names; WorkbookError DAMAGED otherwise."""
        text = text.strip()
        first, _, last = text.partition(":")
        a, b = _CELL.fullmatch(first), _CELL.fullmatch(last or first)
        if a and b:
            rows, columns = sorted((int(a[2]), int(b[2]))), sorted((column_number(a[1]), column_number(b[1])))
        elif m := _COLUMNS.fullmatch(text):
            rows, columns = [1, MAX_ROW], sorted((column_number(m[1]), column_number(m[2])))
        elif m := _ROWS.fullmatch(text):
            rows, columns = sorted((int(m[1]), int(m[2]))), [1, MAX_COLUMN]
        else:
            raise WorkbookError(
                Reason.DAMAGED, tr("工作簿里有无法识别的区域“{text}”，请用 Excel 打开并另存后再试", text=text), text
            )
        if rows[1] > MAX_ROW or columns[1] > MAX_COLUMN:
            raise WorkbookError(
                Reason.DAMAGED, tr("工作簿里的区域“{text}”超出了工作表，请用 Excel 打开并另存后再试", text=text), text
            )
        return cls(rows[0], columns[0], rows[1], columns[1])

    def __str__(self) -> str:
        first, last = cell_name(self.row1, self.column1), cell_name(self.row2, self.column2)
        return first if first == last else f"{first}:{last}"

    def holds(self, row: int, column: int) -> bool:
        return self.row1 <= row <= self.row2 and self.column1 <= column <= self.column2

    def meets(self, other: Area) -> bool:
        return (
            self.row1 <= other.row2
            and other.row1 <= self.row2
            and self.column1 <= other.column2
            and other.column1 <= self.column2
        )


@dataclass(frozen=True, slots=True)
class RowMap:
    """Where rows go: rows from `first` on move by `step`; a range whose last row is `grow` or below has its end moved.

    Inserting before row b: first == grow == b. Repeating row r, n copies: first r + 1, grow r, step n - 1, so that a
    range that ends at r covers all copies. Removing n rows from row r on: first r + n, grow r + n - 1, step -n.
    """

    first: int
    step: int
    grow: int

    @classmethod
    def insert(cls, before: int, count: int) -> RowMap:
        return cls(before, count, before)

    @classmethod
    def repeat(cls, row: int, count: int) -> RowMap:
        return cls(row + 1, count - 1, row)

    @classmethod
    def remove(cls, row: int, count: int) -> RowMap:
        return cls(row + count, -count, row + count - 1)

    @property
    def lowest(self) -> int:
        """The first row that anything happens to."""
        return min(self.grow, self.first + min(self.step, 0))

    @property
    def removed(self) -> Collection[int]:
        return range(self.lowest, self.first) if self.step < 0 else range(0)

    def row(self, row: int) -> int | None:
        """Where a row is now; None if it is gone or was pushed over the edge."""
        if row in self.removed:
            return None
        moved = row + self.step if row >= self.first else row
        return moved if moved <= MAX_ROW else None

    def rows(self, first: int, last: int, grows: bool = True) -> tuple[int, int] | None:
        """Where a range of rows is now; None when nothing is left of it.

        `grows` False is for ranges seen from inside the repeated row: SUM(A4:C4) in row 4 must stay in row 4.
        """
        if self.step < 0:
            first, last = (self.lowest if r in self.removed else r for r in (first, last + 1))
            a = first + self.step if first >= self.first else first
            b = last - 1 + self.step if last >= self.first and last <= MAX_ROW else last - 1
            return (a, b) if a <= b else None
        threshold = self.grow if grows else self.first
        a = first + self.step if first >= self.first else first
        b = last + self.step if last >= threshold and last < MAX_ROW else last
        return (a, min(b, MAX_ROW)) if a <= b and a <= MAX_ROW else None

    def area(self, area: Area, grows: bool = True) -> Area | None:
        rows = self.rows(area.row1, area.row2, grows)
        return rows and Area(rows[0], area.column1, rows[1], area.column2)

    def point(self, row: int) -> int:
        """Where something pinned to a row is now; what was pinned to a removed row stays at its place."""
        if row in self.removed:
            return self.lowest
        return min(row + self.step, MAX_ROW) if row >= self.first else row


@dataclass(frozen=True, slots=True)
class RowCuts(RowMap):
    """Where rows go when several, which need not follow each other, are removed at once."""

    order: tuple[int, ...]
    gone: frozenset[int]

    @classmethod
    def of(cls, rows: Iterable[int]) -> RowCuts:
        gone = frozenset(rows)
        order = tuple(sorted(gone))
        return cls(order[-1] + 1, -len(order), order[-1], order, gone)

    @property
    def lowest(self) -> int:
        return self.order[0]

    @property
    def removed(self) -> Collection[int]:
        return self.gone

    def point(self, row: int) -> int:
        return row - bisect_left(self.order, row)

    def row(self, row: int) -> int | None:
        return None if row in self.gone else self.point(row)

    def rows(self, first: int, last: int, grows: bool = True) -> tuple[int, int] | None:  # noqa: ARG002  none grows
        a, b = self.point(first), last if last >= MAX_ROW else self.point(last + 1) - 1
        return (a, b) if a <= b else None
