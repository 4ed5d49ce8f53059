"""Makes the shipped template of Annex 2, an ordinary workbook that staff may restyle.

`python -m toolkit.forms.design OUT.xlsx`.  The program reads only the placeholders in it (`CONTEXT` in
`forms/fill.py`): fonts, widths, wording and places are free.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.newbook import (
    FANG,
    HEI,
    SONG,
    XIAOBIAO,
    add_style,
    align,
    font,
    new_workbook,
    put,
    put_formula,
    set_page,
    thin,
    to_bytes,
)

SHEET = "附件2"
NUMBER, TASK, STATUS, GAP, HINT, KEY = range(1, 7)
"""Columns: the first three are the annex; the others lie right of the printed page."""
TITLE_ROW, HEADER_ROW, TASK_ROW, APPROVED_ROW, DATE_ROW = 2, 4, 5, 7, 8
WIDTHS = {NUMBER: 8, TASK: 31, STATUS: 34, GAP: 2, HINT: 40, KEY: 12}
"""The first three fill the page between its margins (160 mm), where a digit of 宋体 11 is 8 pixels: the notice's
title fits into one line."""

TEXT_LIMIT = 2000
BLACK, UNFILLED = "000000", "FFF8DC"
DATED = date(2023, 1, 1)  # the file's own, the same whenever it is made


def make_template() -> bytes:
    """The template; the same bytes each time."""
    workbook = new_workbook()
    workbook.properties.title = "附件2 工作目标完成情况"
    sheet: Worksheet = workbook.create_sheet(SHEET)
    for column, width in WIDTHS.items():
        sheet.column_dimensions["ABCDEF"[column - 1]].width = width
    sheet.column_dimensions["F"].hidden = True
    _annex(workbook, sheet)
    _approval(workbook, sheet)
    _hints(workbook, sheet)
    _checks(sheet)
    sheet.print_area = f"A1:C{DATE_ROW}"
    set_page(
        sheet,
        landscape=False,
        margins=(2.5, 2.5, 3.0, 2.8),
        footer="— &P —",
        footer_size=14,
        repeat=f"{HEADER_ROW}:{HEADER_ROW}",
    )
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"A{TASK_ROW}"
    first_input = f"C{TASK_ROW}"
    sheet.sheet_view.selection[-1].activeCell = sheet.sheet_view.selection[-1].sqref = first_input
    # No password: it keeps the printed text from slips, not from people.
    sheet.protection.sheet = True
    sheet.protection.formatRows = sheet.protection.formatColumns = False  # False allows it
    return to_bytes(workbook, DATED)


def _annex(workbook: Workbook, sheet: Worksheet) -> None:
    border = thin(BLACK)
    mark = add_style(workbook, "附件 标识", font(HEI, 16), align(wrap=False))
    title = add_style(workbook, "附件 标题", font(XIAOBIAO, 18), align("center"))
    header = add_style(workbook, "附件 表头", font(HEI, 14), align("center"), border=border)
    number = add_style(workbook, "附件 序号", font(FANG, 12), align("center"), border=border)
    text = add_style(workbook, "附件 责任事项", font(FANG, 12), align("left", "center"), border=border)
    entry = add_style(workbook, "附件 完成情况", font(FANG, 12), align("left", "top"), border=border, locked=False)
    key = add_style(workbook, "附件 任务编号", font(SONG, 9), align())
    put(sheet, 1, NUMBER, SHEET, mark)
    put(sheet, TITLE_ROW, NUMBER, "{{ round.title }}", title)
    sheet.merge_cells(start_row=TITLE_ROW, end_row=TITLE_ROW, start_column=NUMBER, end_column=STATUS)
    for column, name in ((NUMBER, "序号"), (TASK, "责任事项"), (STATUS, "完成情况")):
        put(sheet, HEADER_ROW, column, name, header)
    put(sheet, HEADER_ROW, KEY, "任务编号", key)
    put(sheet, TASK_ROW, NUMBER, "{{ loop.index }}", number)
    put(sheet, TASK_ROW, TASK, "{{ task.text }}", text)
    put(sheet, TASK_ROW, STATUS, "{{ task.closing }}", entry)
    put(sheet, TASK_ROW, KEY, "{{ task.key }}", key)
    # The task row states no height, so that Excel fits it to its text; a merged title is never fitted: two lines.
    for row, height in ((1, 27), (TITLE_ROW, 60), (3, 20), (HEADER_ROW, 36), (6, 14)):
        sheet.row_dimensions[row].height = height


def _approval(workbook: Workbook, sheet: Worksheet) -> None:
    below = Border(bottom=Side("thin", BLACK))
    label = add_style(workbook, "附件 审定项", font(FANG, 14), align("right"))
    name = add_style(workbook, "附件 审定人", font(FANG, 14), align("left"), border=below, locked=False)
    day = add_style(
        workbook,
        "附件 审定日期",
        font(FANG, 14),
        align("left"),
        border=below,
        number_format='yyyy"年"m"月"d"日"',
        locked=False,
    )
    for row, text, style in ((APPROVED_ROW, "分管局领导审定：", name), (DATE_ROW, "审定日期：", day)):
        put(sheet, row, TASK, text, label)
        put(sheet, row, STATUS, None, style)
        sheet.row_dimensions[row].height = 30


def _hints(workbook: Workbook, sheet: Worksheet) -> None:
    """Right of the page, not printed, and not in the task row, which is repeated."""
    head = add_style(workbook, "提示 标题", font(HEI, 12, colour="1F3864"), align(wrap=False))
    deadline = add_style(workbook, "提示 期限", font(HEI, 12, colour="C00000"), align("left", "top"))
    count = add_style(workbook, "提示 计数", font(SONG, 11, bold=True), align(wrap=False))
    hint = add_style(workbook, "提示 文字", font(SONG, 10, colour="595959"), align("left"))
    cell = f"C{TASK_ROW}:C{TASK_ROW}"  # grows with the repeated row
    put(sheet, 1, HINT, "填报提示（不打印）", head)
    put(sheet, TITLE_ROW, HINT, "{{ round.deadline }}", deadline)
    put_formula(sheet, 3, HINT, f'="已填 "&SUMPRODUCT(--(LEN(TRIM({cell}))>0))&"/"&ROWS({cell})&" 项"', count)
    put(
        sheet,
        HEADER_ROW,
        HINT,
        "只填黄色的格子：完成情况、审定人、审定日期。\n填好保存，不改文件的行和列，发回本文件。",
        hint,
    )


def _checks(sheet: Worksheet) -> None:
    entry, approved, day = f"C{TASK_ROW}", f"C{APPROVED_ROW}", f"C{DATE_ROW}"
    look = DifferentialStyle(fill=PatternFill(bgColor=UNFILLED))
    for cell in (entry, approved, day):
        rule = Rule("expression", dxf=look, formula=[f"LEN(TRIM({cell}))=0"])
        sheet.conditional_formatting.add(cell, rule)
    length = DataValidation(
        "textLength",
        operator="lessThanOrEqual",
        formula1=str(TEXT_LIMIT),
        errorStyle="warning",
        showErrorMessage=True,
        showInputMessage=True,
        promptTitle="完成情况",
        prompt=f"写截至本期末的累计进展，先写数字再写做法，不超过{TEXT_LIMIT}字；换行按 Alt+回车。请不要粘贴图片。",
        errorTitle="文字较长",
        error=f"已超过{TEXT_LIMIT}字，建议精简。要保留吗？",
    )
    length.add(entry)
    when = DataValidation(
        "date",
        operator="greaterThan",
        formula1="36526",  # 2000-01-01
        errorStyle="stop",
        showErrorMessage=True,
        showInputMessage=True,
        promptTitle="审定日期",
        prompt="写成 2023-4-3 这样。",
        errorTitle="填写有误",
        error="审定日期要填日期，写成 2023-4-3 这样。",
    )
    when.add(day)
    who = DataValidation(
        "textLength",
        operator="lessThanOrEqual",
        formula1="30",
        errorStyle="warning",
        showErrorMessage=True,
        showInputMessage=True,
        promptTitle="分管局领导审定",
        prompt="填审定人的姓名。",
        errorTitle="文字较长",
        error="这里只填姓名。要保留吗？",
    )
    who.add(approved)
    for validation in (length, when, who):
        validation.allow_blank = True
        sheet.add_data_validation(validation)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print("用法：python -m toolkit.forms.design OUT.xlsx", file=sys.stderr)
        return 2
    Path(arguments[0]).write_bytes(make_template())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
