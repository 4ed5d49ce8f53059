"""Makes the shipped templates of the forms, ordinary workbooks that staff may restyle.

`python -m toolkit.forms.design templates`.  The program reads only the placeholders in it (`CONTEXT` in
`forms/fill.py`): fonts, widths, wording and places are free.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Border, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.kinds import KINDS, UNSTATED
from toolkit.model import RoundKind
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
from toolkit.xlsx import cell_name

TEXT_LIMIT = 2000
BLACK, UNFILLED = "000000", "FFF8DC"
FIGURES_TOO = "；有“指标数据”一页的也要填"
DAY_FORMAT = 'yyyy"年"m"月"d"日"'
DATED = date(2023, 1, 1)  # the file's own, the same whenever it is made
MARK_ROW, TITLE_ROW, COUNT_ROW, HEADER_ROW, TASK_ROW = 1, 2, 3, 4, 5
APPROVED_ROW, DATE_ROW = TASK_ROW + 2, TASK_ROW + 3


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A printed column of a form."""

    header: str
    width: float
    placeholder: str = ""  # what the program fills in; "" where the division writes
    told: str = ""  # what the program writes where the division need not
    prompt: str = ""  # what a division reads there when it begins to write
    centred: bool = False
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Design:
    """What one 表种's template looks like.

    The printed columns fill the page between its margins, where a digit of 宋体 11 is 8 pixels (160 mm upright, 247 mm
    lying), so that the title fits into one line.  Behind them lie a gap, the hints and the hidden keys.
    """

    sheet: str
    title: str  # the file's own, as its properties say
    columns: tuple[FormColumn, ...]  # the last one is filled in; approval stands below the last two
    mark: str = ""  # top left: which annex it is
    landscape: bool = False
    figures: bool = False  # with a second sheet for the figures to date
    plan: bool = False  # beside each task, what its plan has due
    steps: bool = False  # a task has several rows, of which a division fills in as many as it needs

    @property
    def last(self) -> int:
        return len(self.columns)

    @property
    def hint(self) -> int:
        return self.last + 2

    @property
    def key(self) -> int:
        return self.last + 3

    @property
    def entries(self) -> tuple[tuple[int, FormColumn], ...]:
        return tuple((n, c) for n, c in enumerate(self.columns, start=1) if not c.placeholder)


NUMBER = FormColumn("序号", 8, "{{ loop.index }}", centred=True)
DESIGNS = {
    RoundKind.PLAN: Design(
        "办理方案",
        "办理方案",
        (
            NUMBER,
            FormColumn("责任事项", 30, "{{ task.text }}"),
            FormColumn(
                "工作内容",
                39,
                prompt="一行写一个步骤：做什么、做到什么程度。不够就在本项中间插入行，多余的行空着。",
            ),
            FormColumn(
                "完成时间节点", 21, prompt="写日期，如 6月30日；也可以写 6月底、第二季度、持续推进。", dated=True
            ),
            FormColumn("责任人", 14, prompt="写这一步由谁负责。", centred=True),
        ),
        landscape=True,
        steps=True,
    ),
    RoundKind.PROGRESS: Design(
        "附件2",
        "附件2 工作目标完成情况",
        (
            NUMBER,
            FormColumn("责任事项", 31, "{{ task.text }}"),
            FormColumn(
                "完成情况",
                34,
                told="{{ task.closing }}",
                prompt=f"写截至本期末的累计进展，先写数字再写做法，不超过{TEXT_LIMIT}字；换行按 Alt+回车。"
                "请不要粘贴图片。",
            ),
        ),
        mark="附件2",
        figures=True,
        plan=True,
    ),
    RoundKind.SUPPORTING: Design(
        "配合任务",
        "配合任务落实情况",
        (
            NUMBER,
            FormColumn("配合事项", 33, "{{ task.text }}"),
            FormColumn("市牵头单位", 15, f"{{{{ task.city_names or '{UNSTATED}' }}}}", centred=True),
            FormColumn(
                "对接情况\n（时间、联系人、商定事项）",
                28,
                prompt="写何时、与市牵头单位的谁联系，商定了什么；换行按 Alt+回车。还没有对接的写明原因。",
            ),
            FormColumn(
                "落实进展",
                28,
                told="{{ task.closing }}",
                prompt=f"写本处室承担部分截至本期末的进展，先写数字再写做法，不超过{TEXT_LIMIT}字；换行按 Alt+回车。",
            ),
        ),
        landscape=True,
    ),
}


def make_template(kind: RoundKind = RoundKind.PROGRESS) -> bytes:
    """The template of a 表种; the same bytes each time."""
    design = DESIGNS[kind]
    workbook = new_workbook()
    workbook.properties.title = design.title
    sheet: Worksheet = workbook.create_sheet(design.sheet)
    widths = [*(c.width for c in design.columns), 2, 40, 12]
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.column_dimensions[get_column_letter(design.key)].hidden = True
    _annex(workbook, sheet, design)
    _approval(workbook, sheet, design)
    _hints(workbook, sheet, design)
    _checks(sheet, design)
    sheet.print_area = f"A1:{get_column_letter(design.last)}{DATE_ROW}"
    set_page(
        sheet,
        landscape=design.landscape,
        margins=(2.5, 2.5, 2.0, 2.0) if design.landscape else (2.5, 2.5, 3.0, 2.8),
        footer="— &P —",
        footer_size=14,
        repeat=f"{HEADER_ROW}:{HEADER_ROW}",
    )
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"A{TASK_ROW}"
    first_input = cell_name(TASK_ROW, design.entries[0][0])
    sheet.sheet_view.selection[-1].activeCell = sheet.sheet_view.selection[-1].sqref = first_input
    # No password: it keeps the printed text from slips, not from people.
    sheet.protection.sheet = True
    sheet.protection.formatRows = sheet.protection.formatColumns = False  # False allows it
    if design.figures:
        _figures(workbook)
    sheet.protection.insertRows = not design.steps
    return to_bytes(workbook, DATED)


def _annex(workbook: Workbook, sheet: Worksheet, design: Design) -> None:
    border = thin(BLACK)
    mark = add_style(workbook, "附件 标识", font(HEI, 16), align(wrap=False))
    title = add_style(workbook, "附件 标题", font(XIAOBIAO, 18), align("center"))
    header = add_style(workbook, "附件 表头", font(HEI, 14), align("center"), border=border)
    number = add_style(workbook, "附件 序号", font(FANG, 12), align("center"), border=border)
    text = add_style(workbook, "附件 责任事项", font(FANG, 12), align("left", "center"), border=border)
    entry = add_style(workbook, "附件 完成情况", font(FANG, 12), align("left", "top"), border=border, locked=False)
    key = add_style(workbook, "附件 任务编号", font(SONG, 9), align())
    name = day = entry
    if design.steps:
        middle = align("center", "center")
        name = add_style(workbook, "附件 责任人", font(FANG, 12), middle, border=border, locked=False)
        day = add_style(
            workbook, "附件 时间节点", font(FANG, 12), middle, border=border, number_format=DAY_FORMAT, locked=False
        )
    put(sheet, MARK_ROW, 1, design.mark or None, mark)
    put(sheet, TITLE_ROW, 1, "{{ round.title }}", title)
    sheet.merge_cells(start_row=TITLE_ROW, end_row=TITLE_ROW, start_column=1, end_column=design.last)
    for column, c in enumerate(design.columns, start=1):
        put(sheet, HEADER_ROW, column, c.header, header)
    put(sheet, HEADER_ROW, design.key, "任务编号", key)
    for column, c in enumerate(design.columns, start=1):
        style = (number if c.centred else text) if c.placeholder else day if c.dated else name if c.centred else entry
        put(sheet, TASK_ROW, column, c.placeholder or c.told or None, style)
    if design.plan:
        due = add_style(workbook, "提示 节点", font(SONG, 10, colour="595959"), align("left", "center"))
        put(sheet, TASK_ROW, design.hint, "{{ plan.due }}", due)
    put(sheet, TASK_ROW, design.key, "{{ task.key }}", key)
    # The task row states no height, so that Excel fits it to its text; a merged title is never fitted: what fills the
    # form gives it more where it needs more.  A lying page has little room.
    header_height = 54 if any("\n" in c.header for c in design.columns) else 36
    mark_height, title_height = (20, 44) if design.landscape else (27, 60)
    for row, height in (
        (MARK_ROW, mark_height),
        (TITLE_ROW, title_height),
        (COUNT_ROW, 20),
        (HEADER_ROW, header_height),
        (6, 14),
    ):
        sheet.row_dimensions[row].height = height


def _approval(workbook: Workbook, sheet: Worksheet, design: Design) -> None:
    below = Border(bottom=Side("thin", BLACK))
    label = add_style(workbook, "附件 审定项", font(FANG, 14), align("right"))
    name = add_style(workbook, "附件 审定人", font(FANG, 14), align("left"), border=below, locked=False)
    day = add_style(
        workbook,
        "附件 审定日期",
        font(FANG, 14),
        align("left"),
        border=below,
        number_format=DAY_FORMAT,
        locked=False,
    )
    for row, text, style in ((APPROVED_ROW, "{{ office.leaders }}审定：", name), (DATE_ROW, "审定日期：", day)):
        put(sheet, row, design.last - 1, text, label)
        put(sheet, row, design.last, None, style)
        sheet.row_dimensions[row].height = 30


def _hints(workbook: Workbook, sheet: Worksheet, design: Design) -> None:
    """Right of the page, not printed, and not in the task row, which is repeated."""
    head = add_style(workbook, "提示 标题", font(HEI, 12, colour="1F3864"), align(wrap=False))
    deadline = add_style(workbook, "提示 期限", font(HEI, 12, colour="C00000"), align("left", "top"))
    count = add_style(workbook, "提示 计数", font(SONG, 11, bold=True), align(wrap=False))
    hint = add_style(workbook, "提示 文字", font(SONG, 10, colour="595959"), align("left"))
    column = get_column_letter(design.entries[0][0] if design.steps else design.last)
    cell = f"{column}{TASK_ROW}:{column}{TASK_ROW}"  # grows with the repeated row
    put(sheet, MARK_ROW, design.hint, "填报提示（不打印）", head)
    put(sheet, TITLE_ROW, design.hint, "{{ round.deadline }}", deadline)
    counted = f'="已填 "&SUMPRODUCT(--(LEN(TRIM({cell}))>0))&' + (
        '" 步"' if design.steps else f'"/"&ROWS({cell})&" 项"'
    )
    put_formula(sheet, COUNT_ROW, design.hint, counted, count)
    filled = "、".join(c.header.partition("\n")[0] for _, c in design.entries)
    put(
        sheet,
        HEADER_ROW,
        design.hint,
        f"填{filled}、审定人、审定日期；一行一个步骤。\n行不够就在本项中间插入行，多余的空着；填好保存，发回本文件。"
        if design.steps
        else f"只填黄色的格子：{filled}、审定人、审定日期{FIGURES_TOO if design.figures else ''}。\n"
        "填好保存，不改文件的行和列，发回本文件。",
        hint,
    )


FIGURES = "指标数据"
FIGURE_COLUMNS = (
    FormColumn("序号", 7, "{{ target.no }}", centred=True),
    FormColumn("责任事项", 34, "{{ target.task }}"),
    FormColumn("指标", 30, "{{ target.name }}"),
    FormColumn("目标值", 13, "{{ target.goal }}", centred=True),
    FormColumn("单位", 8, "{{ target.unit }}", centred=True),
    FormColumn("截至本期末\n累计完成", 15, centred=True),
    FormColumn("说明", 22),
)
FIGURE_HEADER, FIGURE_ROW, FIGURE = 3, 4, 6


def _figures(workbook: Workbook) -> None:
    """The sheet for the figures to date: a row a target, hidden in forms that have none."""
    sheet: Worksheet = workbook.create_sheet(FIGURES)
    border, last = thin(BLACK), len(FIGURE_COLUMNS)
    key = last + 1
    title = add_style(workbook, "指标 标题", font(XIAOBIAO, 16), align("center"))
    note = add_style(workbook, "指标 说明", font(FANG, 12), align("left"))
    header = add_style(workbook, "指标 表头", font(HEI, 12), align("center"), border=border)
    centred = add_style(workbook, "指标 居中", font(FANG, 12), align("center"), border=border)
    text = add_style(workbook, "指标 文字", font(FANG, 12), align("left"), border=border)
    figure = add_style(workbook, "指标 填数", font(FANG, 12), align("center"), border=border, locked=False)
    remark = add_style(workbook, "指标 填说明", font(FANG, 12), align("left"), border=border, locked=False)
    put(sheet, 1, 1, "{{ office.year }}年{{ office.organisation }}{{ division.name }}{{ round.name }}指标数据", title)
    put(sheet, 2, 1, "从年初累计到本期末的数，只填数字，按表上的单位；暂时没有数的空着，情况写在说明里。", note)
    for row, height in ((1, 36), (2, 24), (FIGURE_HEADER, 36)):
        sheet.row_dimensions[row].height = height
    for row in (1, 2):
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=last)
    for column, c in enumerate(FIGURE_COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = c.width
        put(sheet, FIGURE_HEADER, column, c.header, header)
        style = (centred if c.centred else text) if c.placeholder else figure if column == FIGURE else remark
        put(sheet, FIGURE_ROW, column, c.placeholder or None, style)
    put(sheet, FIGURE_HEADER, key, "指标编号", header)
    put(sheet, FIGURE_ROW, key, "{{ target.key }}", text)
    sheet.column_dimensions[get_column_letter(key)].hidden = True
    cell = cell_name(FIGURE_ROW, FIGURE)
    look = DifferentialStyle(fill=PatternFill(bgColor=UNFILLED))
    sheet.conditional_formatting.add(cell, Rule("expression", dxf=look, formula=[f"LEN(TRIM({cell}))=0"]))
    number = DataValidation(
        "decimal",
        operator="greaterThanOrEqual",
        formula1="-1000000000000",  # a rate may be below zero
        errorStyle="stop",
        showErrorMessage=True,
        showInputMessage=True,
        allow_blank=True,
        promptTitle="累计完成",
        prompt="从年初累计到本期末，只填数字，不写单位。",
        errorTitle="填写有误",
        error="这里只填数字，不写单位；说明写在右边一格。",
    )
    number.add(cell)
    sheet.add_data_validation(number)
    set_page(  # no print area: with one LibreOffice prints a hidden sheet too
        sheet,
        landscape=True,
        margins=(2.0, 2.0, 2.0, 2.0),
        footer="— &P —",
        footer_size=14,
        repeat=f"{FIGURE_HEADER}:{FIGURE_HEADER}",
    )
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"A{FIGURE_ROW}"
    sheet.sheet_view.selection[-1].activeCell = sheet.sheet_view.selection[-1].sqref = cell
    sheet.protection.sheet = True
    sheet.protection.formatRows = sheet.protection.formatColumns = False


def _empty(cell: str) -> str:
    return f"LEN(TRIM({cell}))=0"


def _checks(sheet: Worksheet, design: Design) -> None:
    approved, day = (cell_name(row, design.last) for row in (APPROVED_ROW, DATE_ROW))
    look = DifferentialStyle(fill=PatternFill(bgColor=UNFILLED))
    wanted: dict[str, str] = {}
    for column, _ in design.entries:
        # Of a task's steps the first one is wanted, and of each that is there all that belongs to it.
        before = 2 if column == design.entries[0][0] else design.entries[0][0]
        wanted[cell_name(TASK_ROW, column)] = f"LEN(TRIM(${cell_name(TASK_ROW, before)}))>0" if design.steps else ""
    for cell, where in {**wanted, approved: "", day: ""}.items():
        rule = Rule("expression", dxf=look, formula=[f"AND({_empty(cell)},{where})" if where else _empty(cell)])
        sheet.conditional_formatting.add(cell, rule)
    lengths = []
    for column, c in design.entries:
        length = DataValidation(
            "textLength",
            operator="lessThanOrEqual",
            formula1=str(TEXT_LIMIT),
            errorStyle="warning",
            showErrorMessage=True,
            showInputMessage=True,
            promptTitle=c.header.partition("\n")[0],
            prompt=c.prompt,
            errorTitle="文字较长",
            error=f"已超过{TEXT_LIMIT}字，建议精简。要保留吗？",
        )
        length.add(cell_name(TASK_ROW, column))
        lengths.append(length)
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
        promptTitle="审定人",
        prompt="填审定人的姓名。",
        errorTitle="文字较长",
        error="这里只填姓名。要保留吗？",
    )
    who.add(approved)
    for validation in (*lengths, when, who):
        validation.allow_blank = True
        sheet.add_data_validation(validation)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or not (folder := Path(arguments[0])).is_dir():
        print("用法：python -m toolkit.forms.design templates", file=sys.stderr)
        return 2
    for kind in DESIGNS:
        (folder / KINDS[kind].template).write_bytes(make_template(kind))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
