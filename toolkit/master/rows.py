"""A workbook's sheets as tables found by header text, wherever staff moved rows and columns.

Works on any `Source` of rows, so that a closed file and a live Excel are read by the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import lru_cache
from itertools import chain
from typing import Protocol

from toolkit.cells import FIRST_YEAR, as_date, as_moment, as_text, as_typed
from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.schema import Column, Sheet
from toolkit.model import plain
from toolkit.xlsx import Block, Value, cell_name

HEADER_SEARCH = 60
"""Rows searched for a sheet's headers: staff may put lines above a table, but not a page of them."""

UNSORT = tr(
    "多半是排序时没有带上隐藏的列：撤销这次排序再存，要排序先取消隐藏、选整张表；"
    "撤销不了的，用 annex2 restore 取回以前的总表"
)


class Source(Protocol):
    """Rows of a workbook, closed or live."""

    @property
    def sheet_names(self) -> tuple[str, ...]: ...

    def blocks(self, sheet: str) -> Iterable[Block]:
        """The rows, top to bottom."""
        ...

    def rows(self, sheet: str) -> Iterator[tuple[int, Mapping[int, Value]]]:
        """(row number, column number -> value) of the non-empty cells, top to bottom, 1-based."""
        for block in self.blocks(sheet):
            yield from block.rows()

    def formulas(self, sheet: str) -> Mapping[tuple[int, int], str]:
        """(row, column) -> formula without `=`."""
        ...

    def totals(self, sheet: str) -> frozenset[int]:
        """The rows that tables show their totals in (汇总行): no data."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sheet's columns and rows are."""

    sheet: str  # the name as the workbook spells it
    header_row: int
    columns: Mapping[str, int]  # header, as `header_key` folds it -> column number
    rows: Mapping[str, int]  # key of a row -> row number
    last_row: int
    title: str = ""  # what A1 says
    spelled: dict[str, int | None] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Headers as they were asked for -> column; never handed on by `replace`, which may change the columns."""

    def column(self, header: str) -> int | None:
        try:
            return self.spelled[header]
        except KeyError:
            return self.spelled.setdefault(header, self.columns.get(header_key(header)))

    def alike(self, suffix: str) -> list[str]:
        """The headers of rounds' columns, of rounds that are no more, too: those that end so, from left to right."""
        others = {header_key(h) for h in (schema.TRACKER_DIVISION, schema.TRACKER_LEADER, schema.TRACKER_STEPS)}
        end = header_key(suffix)
        return sorted((h for h in self.columns if h.endswith(end) and h not in others), key=lambda h: self.columns[h])


@lru_cache(maxsize=4096)
def header_key(text: str) -> str:
    """A header as it is compared: full/half width, white space and line breaks do not count."""
    return plain(text).replace("(", "").replace(")", "").upper()


@dataclass(slots=True)
class Row:
    """One data row, read by header."""

    reader: SheetReader
    layout: Layout
    number: int
    cells: Mapping[int, Value]

    def raw(self, header: str) -> Value:
        try:
            column = self.layout.spelled[header]
        except KeyError:
            column = self.layout.column(header)
        return None if column is None else self.cells.get(column)

    def text(self, header: str) -> str:
        value = self.raw(header)
        return value.strip() if type(value) is str else as_text(value)

    def where(self, header: str) -> str:
        column = self.layout.column(header) or 1
        return f"{self.reader.name} {self.layout.sheet}!{cell_name(self.number, column)}"

    def formula(self, header: str) -> str:
        """The formula of a cell, "" where it holds none."""
        formulas = self.reader.formulas(self.layout.sheet)
        column = self.layout.column(header) if formulas else None
        return formulas.get((self.number, column), "") if column else ""

    def date(self, header: str) -> date | None:
        value = self.raw(header)
        if value is None or as_text(value) == "":
            return None
        found = as_date(value)
        if found is None or found.year < FIRST_YEAR:
            raise MasterError(
                tr("{header}“{value}”不是日期", header=header, value=as_typed(value)),
                where=self.where(header),
                remedy=tr("写成 2023-04-05 这样的日期"),
            )
        return found

    def moment(self, header: str, zone: tzinfo) -> datetime | None:
        value = self.raw(header)
        if value is None or as_text(value) == "":
            return None
        found = as_moment(value, zone)
        if found is None or found.year < FIRST_YEAR:  # 16:00 alone is a time of Excel's first day
            raise MasterError(
                tr("{header}“{value}”不是时间", header=header, value=as_typed(value)),
                where=self.where(header),
                remedy=tr("写成 2023-04-05 17:00 这样的时间"),
            )
        return found

    def integer(self, header: str, default: int | None = None) -> int:
        value = self.raw(header)
        if type(value) is int and value >= 0:
            return value
        text = as_text(value)
        if text == "" and default is not None:
            return default
        match = re.fullmatch(r"(\d+)(?:\.0*)?\*?", plain(text).replace("★", "*"))
        if not match:
            raise MasterError(
                tr("{header}“{text}”不是整数", header=header, text=text),
                where=self.where(header),
                remedy=tr("填写一个整数；这一行是合计、备注的，移到表外或删去"),
            )
        return int(match[1])


class SheetReader:
    """Finds the sheets of a source; `name`: the file, for messages."""

    def __init__(self, source: Source, name: str) -> None:
        self.source, self.name = source, name
        self._formulas: dict[str, Mapping[tuple[int, int], str]] = {}
        self._sheets = {header_key(s): s for s in source.sheet_names}

    def formulas(self, spelled: str) -> Mapping[tuple[int, int], str]:
        """The formulas of a sheet, looked up once."""
        if spelled not in self._formulas:
            self._formulas[spelled] = self.source.formulas(spelled)
        return self._formulas[spelled]

    def has(self, sheet: Sheet) -> bool:
        return header_key(sheet) in self._sheets

    def sheet_rows(self, sheet: Sheet, columns: Iterable[Column]) -> tuple[Layout, list[Row]]:
        """A sheet's layout and its non-empty data rows.  `rows` of the layout is left empty."""
        layout, blocks = self.sheet_blocks(sheet, columns)
        return layout, [Row(self, layout, number, cells) for block in blocks for number, cells in block.rows()]

    def need_one(self, layout: Layout, columns: Sequence[Column], suffix: str = "") -> None:
        """Columns of rounds may be missing, but one of them, or of rounds that are no more, must be there: the others
        are made like it.  Raises MasterError."""
        if columns and not any(layout.column(c.header) for c in columns) and not layout.alike(suffix):
            raise missing_columns([columns[0].header], layout.sheet, self.name)

    def sheet_blocks(self, sheet: Sheet, columns: Iterable[Column]) -> tuple[Layout, Iterator[Block]]:
        """`sheet_rows` in columns, block by block, so that a long sheet's are never held together."""
        columns = tuple(columns)
        spelled = self._sheets.get(header_key(sheet))
        if spelled is None:
            raise MasterError(
                tr("缺少工作表“{sheet}”", sheet=sheet),
                where=self.name,
                remedy=tr("把改了名的工作表改回“{sheet}”；如被删除，用 annex2 init 新建的总表对照补上", sheet=sheet),
            )
        needed = [c.header for c in columns if c.needed]
        wanted = {header_key(c.header) for c in columns}
        blocks = iter(self.source.blocks(spelled))
        best: tuple[int, int, dict[str, int], set[str]] | None = None
        seen: list[Block] = []
        title = ""
        for number, cells in _looked_at(blocks, seen):
            title = as_text(cells.get(1)).strip() if number == 1 else title
            found: dict[str, int] = {}
            twice: set[str] = set()
            for column, value in cells.items():
                key = header_key(value) if isinstance(value, str) else ""
                if key in found and key in wanted:
                    twice.add(value if isinstance(value, str) else key)
                elif key:
                    found[key] = column
            score = len(wanted & found.keys())
            if score and (best is None or score > best[0]):
                best = (score, number, found, twice)
            if number >= HEADER_SEARCH or (best and best[0] == len(wanted)):
                break
        header = best[2] if best else {}
        missing = [h for h in needed if header_key(h) not in header]
        if missing or best is None:
            raise missing_columns(missing or [columns[0].header], spelled, self.name)
        if best[3]:
            raise MasterError(
                tr("工作表“{spelled}”里有两列都叫“{listed}”", spelled=spelled, listed=tr("”“").join(sorted(best[3]))),
                where=self.name,
                remedy=tr("把其中一列改名或删除"),
            )
        layout = Layout(spelled, best[1], header, {}, best[1], title)
        totals = self.source.totals(spelled)
        ours = [n for c in columns if (n := layout.column(c.header))]
        return layout, (_data(block, best[1], totals, ours) for block in chain(seen, blocks))


def _looked_at(blocks: Iterator[Block], seen: list[Block]) -> Iterator[tuple[int, Mapping[int, Value]]]:
    """The rows of blocks; those that were looked into are `seen`."""
    for block in blocks:
        seen.append(block)
        yield from block.rows()


def _data(block: Block, header_row: int, totals: Set[int], ours: Sequence[int]) -> Block:
    """The rows below the header that show no totals, and hold more than white space in a column of ours."""
    numbers = block.numbers
    silent = [i for i, n in enumerate(numbers) if n > header_row and n not in totals]
    data = set(silent)
    for column in ours:
        if silent and (values := block.columns.get(column)) is not None:
            silent = [i for i in silent if (v := values[i]) is None or (type(v) is str and (not v or v.isspace()))]
    data -= set(silent)
    return block.at(range(len(numbers)) if len(data) == len(numbers) else sorted(data))


def texts(block: Block, column: int | None) -> list[str]:
    """What a column's cells say; "" where they are empty, or the sheet lacks the column."""
    values = block.columns.get(column or 0)
    if values is None:
        return [""] * len(block.numbers)
    return ["" if v is None else v.strip() if type(v) is str else as_text(v) for v in values]


def missing_columns(headers: Sequence[str], sheet: str, file: str) -> MasterError:
    remedy = tr("把表头改回原来的文字（列可以移动，但不能改名或删除）")
    if any(h.endswith(schema.STATUS_SUFFIX) for h in headers):
        remedy = tr("把表头改回原来的文字；是“{rounds}”里的名称改了，就改回来，或把表头也改成新的", rounds=Sheet.ROUNDS)
    return MasterError(
        tr("工作表“{sheet}”里找不到列“{listed}”", sheet=sheet, listed=tr("”“").join(headers)),
        where=file,
        remedy=remedy,
    )


def placed(layout: Layout, rows: Mapping[str, int], last: int) -> Layout:
    return Layout(layout.sheet, layout.header_row, layout.columns, rows, last, layout.title)
