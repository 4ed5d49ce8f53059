"""What the sheets of a new master have in common: named styles, title lines, tables, printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.table import Table, TableFormula, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.newbook import (
    A3,
    A4,
    HEI,
    SONG,
    WITHOUT_SONG,
    XIAOBIAO,
    add_style,
    align,
    fill,
    fitted,
    font,
    put,
    set_page,
    thin,
)

LAST_ROW = 5000
"""Drop-downs, colours and counts reach down to here, so that rows added below a table have them too."""

PEOPLE, OURS = ("FFE699", "FFFDF2"), ("D0CECE", "F5F5F5")
"""Header and cell colours: what people fill in (yellow), what annex2 writes (grey)."""

LINE = "A6A6A6"
DATE, MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"

_FORMATS = {
    "text": ("文字", "General"),
    "number": ("数字", "General"),
    "percent": ("百分数", "0.0%"),
    "date": ("日期", DATE),
    "moment": ("时间", MOMENT),
    "arrival": ("收到", MOMENT),  # a round cell of 报送情况; its colours are conditional
}


@dataclass(frozen=True, slots=True)
class Styles:
    """The named cell styles of a master: staff can restyle each in one place."""

    title: str = "总表 标题"
    note: str = "总表 说明"
    label: str = "总表 行名"
    label_end: str = "总表 行名右"
    line: str = "总表 行值"
    line_date: str = "总表 行日期"
    line_moment: str = "总表 行时间"
    sample: str = "总表 图例"
    heading: str = "说明 小标题"
    body: str = "说明 正文"
    strong: str = "说明 名称"
    command: str = "说明 命令"

    @staticmethod
    def header(*, ours: bool) -> str:
        return "表头 程序" if ours else "表头 人填"

    @staticmethod
    def cell(kind: str, *, ours: bool, centred: bool, small: bool = False) -> str:
        parts = [_FORMATS[kind][0], "程序" if ours else "人填", "居中" if centred else "靠左"]
        return " ".join([*parts, "小字"] if small else parts)


def add_styles(workbook: Workbook) -> Styles:
    styles = Styles()
    border = thin(LINE)
    centre, left = align("center"), align("left")
    add_style(workbook, styles.title, font(XIAOBIAO, 18), align(wrap=False))
    add_style(workbook, styles.note, font(SONG, 10, colour="595959"), align(wrap=False))
    add_style(workbook, styles.label, font(HEI, 10), left, fill=fill("F2F2F2"), border=thin(LINE, right=False))
    add_style(workbook, styles.label_end, font(HEI, 10), left, fill=fill("F2F2F2"), border=thin(LINE, left=False))
    add_style(workbook, styles.line, font(SONG, 10), centre, border=border)
    add_style(workbook, styles.line_date, font(SONG, 10), centre, border=border, number_format=DATE)
    add_style(workbook, styles.line_moment, font(SONG, 10), centre, border=border, number_format=MOMENT)
    add_style(workbook, styles.sample, font(SONG, 9), align("center", wrap=False), border=border)
    add_style(workbook, styles.heading, font(HEI, 13), left)
    add_style(workbook, styles.body, font(SONG, 11), align("left", "center"), border=border)
    add_style(workbook, styles.strong, font(HEI, 11), centre, border=border)
    add_style(
        workbook, styles.command, font(SONG, 11, bold=True, colour="1F3864"), left, fill=fill("EAF1FB"), border=border
    )
    for ours in (False, True):
        background = OURS if ours else PEOPLE
        add_style(workbook, styles.header(ours=ours), font(HEI, 11), centre, fill=fill(background[0]), border=border)
        for kind, centred in product(_FORMATS, (False, True)):
            add_style(
                workbook,
                styles.cell(kind, ours=ours, centred=centred),
                font(SONG, 11),
                centre if centred else left,
                fill=None if kind == "arrival" else fill(background[1]),
                border=border,
                number_format=_FORMATS[kind][1],
            )
        add_style(
            workbook,
            styles.cell("text", ours=ours, centred=False, small=True),
            font(SONG, 8),
            left,
            fill=fill(background[1]),
            border=border,
        )
    return styles


def title_rows(sheet: Worksheet, title: str, note: str, styles: Styles) -> None:
    """Rows 1 and 2: not merged, so that columns can still be moved."""
    put(sheet, 1, 1, title, styles.title)
    put(sheet, 2, 1, note, styles.note)
    sheet.row_dimensions[1].height, sheet.row_dimensions[2].height = 30, 18


def add_table(
    sheet: Worksheet, name: str, header_row: int, last_row: int, columns: int, calculated: Mapping[str, str] = {},
) -> None:
    """Make the cells one Excel table; its column names are the header cells' texts.

    `calculated`: header -> the formula, as for the first row, that each new row gets by itself.
    """
    table = Table(displayName=name, name=name, ref=f"A{header_row}:{get_column_letter(columns)}{last_row}")
    # This style only draws lines: it shows where staff add rows, the named styles show in the rows made here.
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight15", showRowStripes=False, showColumnStripes=False)
    if calculated:
        table._initialise_columns()  # type: ignore[attr-defined]
        for column, cell in zip(table.tableColumns, sheet[header_row], strict=False):
            column.name = str(cell.value)
            if column.name in calculated:
                text = calculated[column.name].removeprefix("=")
                column.calculatedColumnFormula = TableFormula(attr_text=text)
    sheet.add_table(table)


_WIDE = {A3: (42.0 - 1.5 - 1.5) / 2.54 * 72, A4: (29.7 - 1.5 - 1.5) / 2.54 * 72}  # points within the margins


@dataclass(frozen=True, slots=True)
class Growing:
    """A sheet that a run adds columns to: fitted to the page, each would make the print smaller."""

    widths: Sequence[float]
    beside: int  # columns that each page begins with
    smallest: float  # scale that can still be read
    across: int = 1  # pages wide, as it is made


def set_up_print(sheet: Worksheet, repeat: str, *, paper: int = A4, growing: Growing | None = None) -> None:
    scale, beside = None, None
    if growing:
        fits = fitted(growing.widths, growing.beside, growing.across, _WIDE[paper])
        scale = min(1.0, max(growing.smallest, fits * WITHOUT_SONG))
        beside = f"A:{get_column_letter(growing.beside)}"
    set_page(
        sheet,
        landscape=True,
        margins=(1.5, 1.5, 1.8, 1.6),
        footer="第 &P 页，共 &N 页",
        repeat=repeat,
        paper=paper,
        beside=beside,
        scale=scale,
    )
