"""Random edits against a model of the cells in plain Python; openpyxl reads what was saved."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.table import Table

from toolkit.xlsx import Reason, Value, Workbook, WorkbookError, cell_name

LEFT, HEADERS = 2, ("序号", "事项", "进度")  # the table stands in columns B to D
POINTED = 12  # rows of the first sheet that formulas on the second point to


@dataclass
class Model:
    """The cells of a sheet with one table; every edit says whether it may be made."""

    cells: dict[tuple[int, int], Value] = field(default_factory=dict)
    header: int = 3
    last: int = 5
    pointers: list[int | None] = field(default_factory=lambda: list(range(1, POINTED + 1)))

    def columns(self) -> range:
        return range(LEFT, LEFT + len(HEADERS))

    def set(self, row: int, column: int, value: Value) -> bool:
        if row == self.header and column in self.columns():
            if self.cells[row, column] == value:
                return True
            taken = {str(self.cells[row, c]).casefold() for c in self.columns() if c != column}
            if not isinstance(value, str) or not value.strip() or value.casefold() in taken:
                return False
        self.cells[row, column] = value
        return True

    def insert(self, before: int, count: int) -> bool:
        self._shift(before, count)
        self.header += count * (before <= self.header)
        self.last += count * (before <= self.last)
        return True

    def repeat(self, row: int, count: int) -> bool:
        if count != 1 and (row == self.header or (count == 0 and row == self.last == self.header + 1)):
            return False
        kept = {column: v for (r, column), v in self.cells.items() if r == row}
        if count == 0:
            self.cells = {at: v for at, v in self.cells.items() if at[0] != row}
            self.pointers = [None if p == row else p for p in self.pointers]
        self._shift(row + 1, count - 1)
        self.header += (count - 1) * (row < self.header)
        self.last += (count - 1) * (row <= self.last)
        for copy in range(1, count):
            self.cells |= {(row + copy, column): v for column, v in kept.items()}
        return True

    def remove(self, row: int, count: int) -> bool:
        """As many rows one by one, or none."""
        kept = dict(self.cells), list(self.pointers), self.header, self.last
        if all(self.repeat(row, 0) for _ in range(count)):
            return True
        self.cells, self.pointers, self.header, self.last = kept
        return False

    def append(self, rows: list[list[Value]]) -> bool:
        first = self.last + 1
        while first - 1 > self.header and self._blank(first - 1):
            first -= 1
        needed = first + len(rows) - 1
        if needed > self.last:
            if not all(self._blank(r) for r in range(self.last + 1, needed + 1)):
                self._shift(self.last + 1, needed - self.last)
            self.last = needed
        for row, values in enumerate(rows, first):
            self.cells |= {(row, c): v for c, v in zip(self.columns(), values, strict=True)}
        return True

    def _blank(self, row: int) -> bool:
        return all(self.cells.get((row, c)) in (None, "") for c in self.columns())

    def _shift(self, first: int, step: int) -> None:
        self.cells = {(r + step if r >= first else r, c): v for (r, c), v in self.cells.items()}
        self.pointers = [p + step if p is not None and p >= first else p for p in self.pointers]


texts = st.text(st.sampled_from("甲乙=+-@ab<&>\"' \n😀_x0041"), max_size=6)
numbers = st.one_of(st.integers(-1000, 1000), st.integers(-400, 400).map(lambda n: n / 4))
dates = st.datetimes(datetime(1950, 1, 1), datetime(2050, 1, 1)).map(lambda d: d.replace(microsecond=0))  # noqa: DTZ001
plain = st.one_of(texts, st.booleans(), st.none(), numbers)
dated = st.one_of(texts, st.booleans(), st.none(), dates)  # no numbers: where a date was, a number shows as one
edits = st.one_of(
    st.tuples(st.just("set"), st.integers(1, 14), st.sampled_from((1, 2, 3)), plain),
    st.tuples(st.just("set"), st.integers(1, 14), st.sampled_from((4, 5)), dated),
    st.tuples(st.just("append"), st.lists(st.tuples(plain, plain, dated).map(list), max_size=3)),
    st.tuples(st.just("insert"), st.integers(1, 14), st.integers(0, 3)),
    st.tuples(st.just("repeat"), st.integers(1, 14), st.integers(0, 3)),
    st.tuples(st.just("remove"), st.integers(1, 14), st.integers(0, 4)),
)


def _start() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "甲"
    for column, header in enumerate(HEADERS, LEFT):
        sheet.cell(3, column, header)
    for row in (4, 5):
        for column in range(LEFT, LEFT + 3):
            sheet.cell(row, column, f"{row}行{column}列")
    sheet.cell(1, 1, "标题")
    sheet.cell(8, 3, "下面")
    sheet.add_table(Table(displayName="台账", ref="B3:D5"))
    other = book.create_sheet("乙")
    for row in range(1, POINTED + 1):
        other.cell(row, 1, f"=甲!A{row}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


START = _start()


def _apply(book: Workbook, edit: tuple[object, ...]) -> None:
    kind, *rest = edit
    sheet = book.sheet("甲")
    if kind == "set":
        row, column, value = rest
        sheet.set(cell_name(row, column), value)  # type: ignore[arg-type]
    elif kind == "append":
        table = book.table("台账")
        table.append([dict(zip(table.columns, row, strict=True)) for row in rest[0]])  # type: ignore[attr-defined]
    else:
        moves = {"insert": sheet.insert_rows, "repeat": sheet.repeat_row, "remove": sheet.remove_rows}
        moves[str(kind)](*rest)  # type: ignore[arg-type]


def _clean(cells: dict[tuple[int, int], Value]) -> dict[tuple[int, int], Value]:
    return {at: v for at, v in cells.items() if v is not None and v != ""}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(edits, max_size=12), st.integers(0, 12))
def test_any_sequence_of_edits(sequence: list[tuple[object, ...]], reopen: int) -> None:
    model, book = Model(), Workbook.from_bytes(START)
    for row, cells in book.sheet("甲").rows():
        model.cells |= {(row, column): v for column, v in cells.items()}
    for i, edit in enumerate(sequence):
        before = book.to_bytes()
        allowed = getattr(model, str(edit[0]))(*edit[1:])
        if allowed:
            _apply(book, edit)
        else:
            with pytest.raises(WorkbookError) as e:
                _apply(book, edit)
            assert e.value.reason in (Reason.HEADER, Reason.IMMOVABLE)
            assert book.to_bytes() == before
        if i == reopen:
            book = Workbook.from_bytes(book.to_bytes())
    expected = _clean(model.cells)
    assert {(r, c): v for r, cells in book.sheet("甲").rows() for c, v in cells.items()} == expected
    assert (book.table("台账").header_row, book.table("台账").last_row) == (model.header, model.last)

    saved = openpyxl.load_workbook(io.BytesIO(book.to_bytes()))
    seen = {(c.row, c.column): c.value for row in saved["甲"].iter_rows() for c in row if c.value is not None}
    assert seen == expected
    assert all(saved["甲"].cell(*at).data_type != "f" for at in expected)
    assert saved["甲"].tables["台账"].ref == f"B{model.header}:D{model.last}"
    pointers = [f"=甲!A{p}" if p else "=甲!#REF!" for p in model.pointers]
    assert [saved["乙"].cell(r, 1).value for r in range(1, POINTED + 1)] == pointers
