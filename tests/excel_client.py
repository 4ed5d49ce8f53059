"""The other end of xlwings' JSON engine: a workbook as a payload, and its list of actions carried out.

Plays what Excel does with the few actions that annex2 uses, on a workbook in openpyxl.  What a real Excel does beyond
that is seen only on Windows: see docs/windows-check.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlwings
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from toolkit.xlsx import Workbook

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")


def open_in_excel(path: Path) -> xlwings.Book:
    """The xlwings Book over a workbook's present contents."""
    book = Workbook.open(path)
    sheets = [_sheet(book, name) for name in book.sheet_names]
    payload = {
        "client": "Office.js",
        "version": xlwings.__version__,
        "book": {"name": path.name, "active_sheet_index": 0, "selection": "A1"},
        "names": [],
        "sheets": sheets,
    }
    return xlwings.Book(json=payload)


def _sheet(book: Workbook, name: str) -> dict[str, Any]:
    sheet = book.sheet(name)
    rows = dict(sheet.rows())
    columns = max((c for cells in rows.values() for c in cells), default=0)
    values = [
        [_plain(rows.get(r, {}).get(c)) for c in range(1, columns + 1)] for r in range(1, max(rows, default=0) + 1)
    ]
    tables = [
        {
            "name": t.name,
            "range_address": str(t.area),
            "header_row_range_address": None,
            "data_body_range_address": None,
            "total_row_range_address": None,
            "show_headers": True,
            "show_totals": False,
            "show_autofilter": True,
        }
        for t in sheet.tables
    ]
    return {"name": name, "values": values, "pictures": [], "tables": tables}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds") + "Z"
    return "" if value is None else value


def carry_out(path: Path, actions: list[Mapping[str, Any]]) -> int:
    """Do to the file what Excel would do; returns how often it was saved."""
    book, saved = load_workbook(path), 0
    for action in actions:
        kind = action["func"]
        if kind == "save":
            book.save(path)
            saved += 1
            continue
        sheet = book.worksheets[action["sheet_position"]]
        row, column = (action["start_row"] or 0) + 1, (action["start_column"] or 0) + 1
        if kind == "setValues":
            for r, values in enumerate(action["values"], start=row):
                for c, value in enumerate(values, start=column):
                    _set(sheet.cell(r, c), value)
        elif kind == "setFormula":
            sheet.cell(row, column).value = action["values"]
        elif kind == "rangeClearContents":
            sheet.cell(row, column).value = None
        elif kind == "copyRange":
            _copy(sheet, row, column, action)
        elif kind == "resizeTable":
            table = list(sheet.tables.values())[action["args"][0]]
            table.ref = action["args"][1].replace("$", "")
        else:
            raise AssertionError(f"an action that this client does not know: {kind}")
    return saved


def _copy(sheet: Any, row: int, column: int, action: Mapping[str, Any]) -> None:
    left, top, right, bottom = range_boundaries(action["args"][1].replace("$", ""))
    assert (right - left + 1, bottom - top + 1) == (action["column_count"], action["row_count"])
    for dr in range(action["row_count"]):
        for dc in range(action["column_count"]):
            source, target = sheet.cell(row + dr, column + dc), sheet.cell(top + dr, left + dc)
            target.value, target._style = source.value, copy(source._style)
    assert get_column_letter(left)


def _set(cell: Any, value: object) -> None:
    if isinstance(value, str) and value.startswith("'"):
        cell.value = value[1:] or None
        if value[1:]:
            cell.data_type = "s"
    elif isinstance(value, str) and _ISO.fullmatch(value):
        moment, style = datetime.fromisoformat(value), copy(cell._style)
        cell.value = moment if len(value) > 10 else date(moment.year, moment.month, moment.day)
        cell._style = style  # Excel keeps a date format that is there; openpyxl sets its own
    else:  # Excel would take '=…' for a formula, '1/2' for a date
        assert not isinstance(value, str), value
        cell.value = value
