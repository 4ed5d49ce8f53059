"""master.xlsx while it is open in Excel on this computer: read and written there, so that the person sees it happen.

The same edits as on the closed file, through xlwings.  WPS has no such door: its users work on the closed file.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit.errors import WorkspaceError
from toolkit.language import tr
from toolkit.master.edits import AddColumn, AddRow, Edit, Retitle, naive
from toolkit.master.rows import Layout, Source
from toolkit.master.schema import Sheet
from toolkit.xlsx import Block, CellError, Formula, Value


class ExcelBusy(WorkspaceError):
    """Excel does not take edits just now (a cell is being typed into, a dialog is open)."""

    exit_status = 1


def find_open(path: Path) -> Any | None:
    """The xlwings Book of a file that Excel has open on this computer, or None."""
    if platform.system() not in ("Windows", "Darwin"):
        return None
    try:
        import xlwings

        for app in xlwings.apps:
            for book in app.books:
                if _same_file(str(book.fullname), path):
                    return book
    except Exception:  # no Excel, or one that does not answer: the closed file's way decides
        return None
    return None


def _same_file(shown: str, path: Path) -> bool:
    try:
        return Path(shown).samefile(path)
    except OSError:
        return os.path.normcase(shown) == os.path.normcase(path)


class LiveSource(Source):
    """An open workbook as `read_master` wants it."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def sheet_names(self) -> tuple[str, ...]:
        return tuple(str(s.name) for s in self._book.sheets)

    def blocks(self, sheet: str) -> Iterator[Block]:
        used = self._book.sheets[sheet].used_range
        values = used.options(ndim=2, dates=datetime, empty=None, err_to_str=True).value
        columns = ([None if v == "" else v for v in column] for column in zip(*values, strict=True))
        first = int(used.row)
        yield Block(range(first, first + len(values)), dict(enumerate(columns, int(used.column))))


    def formulas(self, sheet: str) -> Mapping[tuple[int, int], str]:
        used = self._book.sheets[sheet].used_range
        try:
            found = used.formula
        except NotImplementedError:  # xlwings' JSON engine knows values only
            return {}
        rows = found if isinstance(found, tuple | list) else ((found,),)
        rows = rows if rows and isinstance(rows[0], tuple | list) else (rows,)
        return {
            (int(used.row) + r, int(used.column) + c): text[1:]
            for r, row in enumerate(rows)
            for c, text in enumerate(row)
            if isinstance(text, str) and text.startswith("=")
        }

    def totals(self, sheet: str) -> frozenset[int]:
        tables = self._book.sheets[sheet].tables
        return frozenset(int(t.range.row) + int(t.range.shape[0]) - 1 for t in tables if t.show_totals)


def apply_live(book: Any, layouts: Mapping[Sheet, Layout], edits: Iterable[Edit]) -> None:
    """Carry out edits in the open workbook and save it.

    Raises ExcelBusy when Excel refuses; what was written by then is seen, not recorded, and taken as agreed by the
    next run.
    """
    added: dict[Sheet, list[Mapping[str, Value]]] = {}
    edits = tuple(edits)
    if new := next((e for e in edits if isinstance(e, AddColumn)), None):
        raise ExcelBusy(
            tr("新节点要在“{sheet}”里加“{header}”列，总表在 Excel 里打开着时不加", sheet=new.sheet, header=new.header),
            where=str(book.name),
            remedy=tr("在 Excel 里保存并关闭总表，再运行一次；收到的文件已经归档，不会丢"),
        )
    try:
        for edit in edits:
            if isinstance(edit, Retitle):
                _retitle(book, edit)
                continue
            layout = layouts[edit.sheet]
            if isinstance(edit, AddColumn):
                continue
            if isinstance(edit, AddRow):
                added.setdefault(edit.sheet, []).append(edit.values)
                continue
            column = layout.column(edit.column)
            if column is not None:
                _put(book.sheets[layout.sheet], layout.rows[edit.key], column, edit.value)
        for sheet, rows in added.items():
            _append(book.sheets[layouts[sheet].sheet], layouts[sheet], rows)
        book.save()
    except WorkspaceError:
        raise
    except Exception as e:
        raise ExcelBusy(
            tr("Excel 现在不接受写入（{name}）", name=type(e).__name__),
            where=str(book.name),
            remedy=tr("在 Excel 里按回车或 Esc 结束正在输入的格子、关掉对话框，再运行一次；收到的文件已经归档，不会丢"),
        ) from None


def _retitle(book: Any, edit: Retitle) -> None:
    for sheet in book.sheets:
        if (text := edit.changed(sheet.range((1, 1)).value)) is not None:
            _put(sheet, 1, 1, text)


def _put(sheet: Any, row: int, column: int, value: Value) -> None:
    cell = sheet.range((row, column))
    if value is None:
        cell.clear_contents()
    elif isinstance(value, Formula):
        cell.formula = f"={value.text}"
    elif isinstance(value, str) and not isinstance(value, CellError):
        # Excel takes text after an apostrophe as it is: no formula, no date, no number comes of it.
        cell.value = f"'{value}"
    else:
        cell.value = naive(value)


def _append(sheet: Any, layout: Layout, rows: list[Mapping[str, Value]]) -> None:
    table = next((t for t in sheet.tables if int(t.range.row) == layout.header_row), None)
    first = layout.last_row + 1
    if table is None:
        left, right, bottom = min(layout.columns.values()), max(layout.columns.values()), layout.last_row
    else:
        area = table.range
        left, right = int(area.column), int(area.column) + int(area.shape[1]) - 1
        bottom = int(area.row) + int(area.shape[0]) - 1
    last = layout.last_row + len(rows)
    if table is not None and last > bottom:
        table.resize(sheet.range((layout.header_row, left), (last, right)))
    model = max(layout.last_row, layout.header_row + 1)  # a new row looks like the last one, or the blank first one
    for number, row in enumerate(rows, start=first):
        by_column = {c: v for h, v in row.items() if (c := layout.column(h)) is not None}
        if number != model:
            looks = sheet.range((model, left), (model, right))
            looks.copy(sheet.range((number, left), (number, right)))
        for column in range(left, right + 1):
            _put(sheet, number, column, by_column.get(column))
