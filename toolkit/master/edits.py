"""Edits to the master as values, and the one place that carries them out on a closed file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from toolkit.errors import MasterError
from toolkit.heights import fit_height
from toolkit.language import tr
from toolkit.master.rows import Layout, Source, header_key
from toolkit.master.schema import Sheet
from toolkit.xlsx import Block, Reason, Value, Workbook, WorkbookError, cell_name


@dataclass(frozen=True, slots=True)
class SetCell:
    """Put a value into the row `key` under `column` (a header)."""

    sheet: Sheet
    key: str
    column: str
    value: Value


@dataclass(frozen=True, slots=True)
class AddRow:
    """Append a row to the sheet's table; headers the sheet lacks are left out."""

    sheet: Sheet
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class AddColumn:
    """Add a column at the right end of the sheet's table, which looks like the one under the header `like`."""

    sheet: Sheet
    header: str
    like: str
    number: int  # where it comes to stand: `values` may be formulas written for that place
    values: Mapping[str, Value] = field(default_factory=dict)  # by the key of a row
    above: Mapping[int, Value] = field(default_factory=dict)  # by the number of a row above the table


@dataclass(frozen=True, slots=True)
class Retitle:
    """Every sheet's title (A1) that begins with `old` begins with `new`."""

    old: str
    new: str

    def changed(self, title: object) -> str | None:
        """What a title becomes; None where it is another one."""
        if not isinstance(title, str) or not title.startswith(self.old):
            return None
        return self.new + title.removeprefix(self.old)


Edit = SetCell | AddRow | AddColumn | Retitle


class WorkbookSource(Source):
    """A closed workbook as `read_master` wants it."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook

    @property
    def sheet_names(self) -> tuple[str, ...]:
        return self._workbook.sheet_names

    def blocks(self, sheet: str) -> Iterable[Block]:
        return self._workbook.sheet(sheet).blocks()

    def formulas(self, sheet: str) -> Mapping[tuple[int, int], str]:
        return self._workbook.sheet(sheet).formulas()

    def totals(self, sheet: str) -> frozenset[int]:
        tables = self._workbook.sheet(sheet).tables
        return frozenset(row for t in tables for row in range(t.last_row + 1, t.area.row2 + 1))


LEAST_HEIGHT = 24.0
"""Points of a master's row, as in a new one."""


def apply_edits(workbook: Workbook, layouts: Mapping[Sheet, Layout], edits: Iterable[Edit]) -> None:
    """Carry out edits, columns first, then cells.  Raises MasterError when a cell cannot be changed safely."""
    edits, layouts = tuple(edits), dict(layouts)
    for edit in edits:
        if isinstance(edit, AddColumn):
            layouts[edit.sheet] = _add_column(workbook, layouts[edit.sheet], edit)
    added: dict[Sheet, list[Mapping[str, Value]]] = {}
    changes: dict[Sheet, dict[int, list[SetCell]]] = {}  # row by row: a row is taken apart once
    for edit in edits:
        if isinstance(edit, SetCell):
            layout = layouts[edit.sheet]
            if layout.column(edit.column) is not None:  # staff may have removed a column that is not needed
                changes.setdefault(edit.sheet, {}).setdefault(layout.rows[edit.key], []).append(edit)
        elif isinstance(edit, Retitle):
            _retitle(workbook, edit)
        elif isinstance(edit, AddRow):
            added.setdefault(edit.sheet, []).append(edit.values)
    for kind, by_row in changes.items():
        layout = layouts[kind]
        sheet = workbook.sheet(layout.sheet)
        for row in sorted(by_row):
            try:
                for e in by_row[row]:
                    if (column := layout.column(e.column)) is not None:
                        sheet.put(row, column, naive(e.value))
            except WorkbookError as error:
                raise _refused(error, layout) from None
            fit_height(sheet, row, LEAST_HEIGHT)
    for kind, rows in added.items():
        for row in _append(workbook, layouts[kind], rows):
            fit_height(workbook.sheet(layouts[kind].sheet), row, LEAST_HEIGHT, new=True)


def _retitle(workbook: Workbook, edit: Retitle) -> None:
    for name in workbook.sheet_names:
        sheet = workbook.sheet(name)
        if not sheet.formula("A1") and (text := edit.changed(sheet.get("A1"))) is not None:
            sheet.set("A1", text)


def _add_column(workbook: Workbook, layout: Layout, edit: AddColumn) -> Layout:
    """Add a column; returns the sheet's layout with it."""
    by_hand = tr(
        "在“{sheet}”的表格里插入一列，表头写“{header}”（照“{like}”的样子），保存后再运行一次",
        sheet=layout.sheet,
        header=edit.header,
        like=edit.like,
    )
    sheet = workbook.sheet(layout.sheet)
    table = next((t for t in sheet.tables if t.header_row == layout.header_row), None)
    model = layout.column(edit.like)
    try:
        if table is None or model is None or table.area.column2 + 1 != edit.number:
            raise MasterError(
                tr("不能自动添加“{header}”列", header=edit.header), where=f"master.xlsx {layout.sheet}", remedy=by_hand
            )
        column = table.add_column(edit.header, table.columns[model - table.area.column1])
        for row, value in edit.above.items():
            sheet.set(cell_name(row, column), naive(value), style_like=cell_name(row, model))
        for key, value in edit.values.items():
            sheet.set(cell_name(layout.rows[key], column), naive(value))
    except WorkbookError as e:
        raise MasterError(e.message, where=f"master.xlsx {layout.sheet}", remedy=by_hand) from None
    return replace(layout, columns={**layout.columns, header_key(edit.header): column})


def _append(workbook: Workbook, layout: Layout, rows: list[Mapping[str, Value]]) -> Iterable[int]:
    """Append rows to a sheet; returns their numbers."""
    by_column = [
        {column: naive(value) for header, value in row.items() if (column := layout.column(header)) is not None}
        for row in rows
    ]
    try:
        sheet = workbook.sheet(layout.sheet)
        table = next((t for t in sheet.tables if t.header_row == layout.header_row), None)
        if table is not None:
            headers = {table.column(h): h for h in table.columns}
            outside = {c for row in by_column for c in row} - headers.keys()
            if not outside:
                return table.append([{headers[c]: v for c, v in row.items()} for row in by_column])
        for offset, row in enumerate(by_column, start=1):  # the table was turned into a plain range
            for column, value in row.items():
                like = cell_name(layout.last_row, column) if layout.last_row > layout.header_row else None
                sheet.set(cell_name(layout.last_row + offset, column), value, style_like=like)
    except WorkbookError as e:
        raise _refused(e, layout) from None
    return range(layout.last_row + 1, layout.last_row + 1 + len(rows))


def _refused(error: WorkbookError, layout: Layout) -> MasterError:
    remedy = tr("总表没有改动；改正后再运行一次")
    if error.reason is Reason.MERGED:
        remedy = tr("总表没有改动。选中那一块，取消“合并单元格”，每一格各写各的，保存、关闭后再运行一次")
    return MasterError(error.message, where=f"master.xlsx {error.where or layout.sheet}", remedy=remedy)


def naive(value: Value) -> Value:
    """Excel knows no time zones: the master shows the office's own time."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
