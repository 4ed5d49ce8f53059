"""Edits cells inside an existing .xlsx/.xlsm and leaves everything else byte for byte.

In: the bytes of a workbook. Out: its cells as values, and the same bytes with a few cells changed. It knows
spreadsheets only; nothing of who owns them or what they are for. What it cannot do without harm it refuses
(`WorkbookError`).
"""

from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.package import same_content
from toolkit.xlsx.reader import Block
from toolkit.xlsx.refs import cell_name, column_letters
from toolkit.xlsx.sheet import Sheet
from toolkit.xlsx.table import Table
from toolkit.xlsx.values import CELL_ERRORS, CellError, Formula, Value
from toolkit.xlsx.workbook import DefinedName, Workbook

__all__ = [
    "CELL_ERRORS",
    "Block",
    "CellError",
    "DefinedName",
    "Formula",
    "Reason",
    "Sheet",
    "Table",
    "Value",
    "Workbook",
    "WorkbookError",
    "cell_name",
    "column_letters",
    "same_content",
]
