"""The summary as a workbook: key figures with charts, every task with its rounds, reports, what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from toolkit import rates
from toolkit.calendar import plain_date
from toolkit.heights import row_height
from toolkit.master.read import Master
from toolkit.master.schema import CLOSED_TASK
from toolkit.newbook import (
    A3,
    A4,
    HEI,
    ROUNDS_A_PAGE,
    SONG,
    WITHOUT_SONG,
    XIAOBIAO,
    CellValue,
    add_style,
    align,
    fill,
    fit_row,
    fitted,
    font,
    new_workbook,
    pages_across,
    put,
    set_page,
    thin,
    to_bytes,
)
from toolkit.plans import Standing
from toolkit.rates import percent
from toolkit.summary.breaks import Pages
from toolkit.summary.charts import MOST_COLUMNS, rate_chart
from toolkit.summary.content import NOTHING, draft_line, file_name, round_name, title
from toolkit.summary.frames import Frames, Gap, rate, records, step_label
from toolkit.targets import Light

OVERVIEW, TASKS, TARGETS, REPORTS, GAPS = "总览", "任务完成情况", "指标完成情况", "报送记录", "缺报与逾期"
PLANS = "办理方案节点"
_TABS = {
    OVERVIEW: "2E75B6",
    TASKS: "70AD47",
    TARGETS: "FFC000",
    REPORTS: "A6A6A6",
    GAPS: "C00000",
    PLANS: "7030A0",
}

LINE = "A6A6A6"
TITLE, NOTE, DRAFT = "汇总 标题", "汇总 说明", "汇总 草稿"
HEADING, HEADER, SECTION = "汇总 小标题", "汇总 表头", "汇总 类别"
TEXT, CENTRED, SMALL, TOP = "汇总 文字", "汇总 居中", "汇总 完成情况", "汇总 居中靠上"
ABSENT, FLAG = "汇总 空缺", "汇总 提醒"
RATE, DATE, MOMENT, KEY, FIGURE = "汇总 百分比", "汇总 日期", "汇总 时间", "汇总 指标名", "汇总 指标值"

LIGHTS = {Light.GREEN: "汇总 绿灯", Light.YELLOW: "汇总 黄灯", Light.RED: "汇总 红灯", Light.GREY: "汇总 灰灯"}


@dataclass(frozen=True, slots=True)
class Col:
    header: str
    width: float
    style: str = CENTRED


def summary_workbook(master: Master, frames: Frames, now: datetime) -> bytes:
    """The same arguments give the same bytes."""
    workbook = new_workbook()
    office, day = master.office, now.astimezone(master.zone).date()
    workbook.properties.title = file_name(office.year, "xlsx").removesuffix(".xlsx")
    _styles(workbook)
    draft = draft_line(frames, day)
    _overview(workbook.create_sheet(OVERVIEW), title(office.organisation, office.year), draft, frames, day)
    _tasks(workbook.create_sheet(TASKS), office.year, draft, frames)
    if len(frames.targets):
        _targets(workbook.create_sheet(TARGETS), office.year, draft, frames)
    _reports(workbook.create_sheet(REPORTS), office.year, draft, frames)
    _gaps(workbook.create_sheet(GAPS), office.year, draft, frames)
    if len(frames.plans):
        _plans(workbook.create_sheet(PLANS), office.year, draft, frames)
    for sheet in workbook.worksheets:
        sheet.sheet_properties.tabColor = _TABS[sheet.title]
        sheet.sheet_view.showGridLines = False
    workbook.active = 0
    workbook.worksheets[0].sheet_view.tabSelected = True
    return to_bytes(workbook, day)


def _styles(workbook: Workbook) -> None:
    border, centre, left = thin(LINE), align("center"), align("left")
    red = "9C0006"
    for name, face, alignment, options in (
        (TITLE, font(XIAOBIAO, 18), align("center"), {}),
        (NOTE, font(SONG, 10, colour="595959"), left, {}),
        (DRAFT, font(HEI, 11, colour=red), left, {"fill": fill("FFF2CC")}),
        (HEADING, font(HEI, 12), align(wrap=False), {}),
        (HEADER, font(HEI, 10), centre, {"fill": fill("DDEBF7"), "border": border}),
        (SECTION, font(HEI, 11), left, {"fill": fill("F2F2F2"), "border": border}),
        (TEXT, font(SONG, 10), left, {"border": border}),
        (CENTRED, font(SONG, 10), centre, {"border": border}),
        (SMALL, font(SONG, 10), align("left", "top"), {"border": border}),
        (TOP, font(SONG, 10), align("center", "top"), {"border": border}),
        (ABSENT, font(SONG, 10, colour="7F7F7F"), centre, {"border": border}),
        (FLAG, font(HEI, 10, colour=red), centre, {"border": border, "fill": fill("FCE4D6")}),
        (RATE, font(SONG, 10), centre, {"border": border, "number_format": "0.0%"}),
        (DATE, font(SONG, 10), centre, {"border": border, "number_format": "yyyy-mm-dd"}),
        (MOMENT, font(SONG, 10), centre, {"border": border, "number_format": "yyyy-mm-dd hh:mm"}),
        (KEY, font(SONG, 10, colour="595959"), centre, {"border": border, "fill": fill("F2F2F2")}),
        (FIGURE, font(HEI, 16, colour="1F3864"), centre, {"border": border}),
    ):
        add_style(workbook, name, face, alignment, **options)
    for name, colour in zip(LIGHTS.values(), ("C6EFCE", "FFEB9C", "FFC7CE", "F2F2F2"), strict=True):
        add_style(workbook, name, font(SONG, 10), centre, border=border, fill=fill(colour))


def _head(
    sheet: Worksheet, text: str, draft: str, note: str, widths: Sequence[float], over: tuple[int, int] | None = None
) -> int:
    """Title, draft line and note across the columns, or some of them (`over`); returns the next free row."""
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    row = 1
    for value, style, size in ((text, TITLE, 18), (draft, DRAFT, 11), (note, NOTE, 10)):
        if value:
            _across(sheet, row, value, style, size, widths, over)
            row += 1
    return row


def _across(
    sheet: Worksheet,
    row: int,
    text: str,
    style: str,
    size: float,
    widths: Sequence[float],
    over: tuple[int, int] | None = None,
) -> None:
    """A text across the columns, or those from the first to the last one of `over`."""
    first, last = over or (1, len(widths))
    for column in range(first, last + 1):
        put(sheet, row, column, text if column == first else None, style)
    sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)
    sheet.row_dimensions[row].height = row_height([(text, sum(widths[first - 1 : last]), size)], least=20)


# 总览 ----------------------------------------------------------------------------------------------------------

_GRID = (18.0, 12.0, 9.0, 9.0, 9.0, 9.0, 9.5, 9.5)
"""Widths of 总览's columns: they fill an A4 page upright; each of its tables uses them all."""

_SPARE = 0.97  # of a page: programs round the heights of rows
_PAGE = (29.7 - 1.6 - 1.5) / 2.54 * 72 / WITHOUT_SONG * _SPARE  # points that a page holds

_CHART_ROWS, _CHART_ROW = 14, 17.0
_MOST_CHART_ROWS = int(_PAGE / _CHART_ROW)


def _overview(sheet: Worksheet, heading: str, draft: str, frames: Frames, day: date) -> None:
    note = (
        f"截至{plain_date(day)}。报送完整率＝已接收份数÷应报份数；按时率＝按时份数÷应报份数；填报率＝已有“完成情况”÷"
        "应有“完成情况”。合计和比率只计已到期的节点，免报的不计。"
    )
    row = _key_figures(sheet, _head(sheet, heading, draft, note, _GRID), frames)
    pages = Pages(sheet, _PAGE)
    header = ("节点", "截止日期", "应报", "已报", "按时", "逾期", "完整率", "按时率")
    lines: list[Sequence[CellValue]] = [
        (
            f"{round_name(r)}{'' if r['due'] else '（未到期）'}",
            r["due_on"],
            r["owed"],
            r["accepted"],
            r["on_time"],
            r["late"],
            rate(r["completeness"]),
            rate(r["timeliness"]),
        )
        for r in records(frames.rounds)
    ]
    f = frames.figures
    total = ("已到期合计", None, f.owed, f.accepted, f.on_time, f.late, f.completeness, f.timeliness)
    styles = (TEXT, DATE, CENTRED, CENTRED, CENTRED, CENTRED, RATE, RATE)
    table = _Table("一、各节点报送情况", header, lines, styles, total)
    row = _block(sheet, pages, row, table, _Chart("各节点报送完整率和按时率", "报送节点", (7, 8)))
    header = ("处室（单位）", "分管领导", "应报", "已报", "按时", "完整率", "按时率", "填报率")
    lines = [
        (
            r["division"],
            r["leader"],
            r["owed"],
            r["accepted"],
            r["on_time"],
            *(rate(r[c]) for c in ("completeness", "timeliness", "filled")),
        )
        for r in records(frames.divisions)
    ]
    styles = (TEXT, CENTRED, CENTRED, CENTRED, CENTRED, RATE, RATE, RATE)
    table = _Table("二、各处室（单位）报送情况", header, lines, styles)
    row = _block(sheet, pages, row, table, _Chart("各处室（单位）按时率和填报率", "处室（单位）", (7, 8)))
    header = ("类别", "牵头任务", "配合任务", "应填", "已填", "应报全年", "已报全年", "填报率")
    lines = [
        (
            r["section"],
            *(r[c] for c in ("starred", "supporting", "texts_owed", "texts", "closing_owed", "closing")),
            rate(r["filled"]),
        )
        for r in records(frames.sections)
    ]
    styles = (TEXT, CENTRED, CENTRED, CENTRED, CENTRED, CENTRED, CENTRED, RATE)
    table = _Table("三、各类任务填报情况", header, lines, styles)
    row = _block(sheet, pages, row, table, _Chart("各类任务填报率", "任务类别", (8,)))
    sheet.print_area = f"A1:H{row - 1}"
    # Excel heeds no page breaks on a sheet that it fits to the page.
    set_page(sheet, landscape=False, margins=(1.5, 1.5, 1.6, 1.5), footer="第 &P 页，共 &N 页", scale=WITHOUT_SONG)


def _key_figures(sheet: Worksheet, row: int, frames: Frames) -> int:
    """Eight figures, two bands of four, each two columns wide; a third band once a task is done or closed.

    任务状态 is the office's to fill in or not: where nobody did, it counts nothing.
    """
    f = frames.figures
    shown = [
        ("目标任务", f"{f.tasks}项"),
        ("牵头任务", f"{f.starred}项"),
        ("配合任务", f"{f.supporting}项"),
        ("已报全年情况", f"{f.closing}/{f.closing_owed}项"),
        ("应报（已到期）", f"{f.owed}份"),
        ("已报", f"{f.accepted}份"),
        ("报送完整率", percent(f.completeness, NOTHING)),
        ("报送按时率", percent(f.timeliness, NOTHING)),
    ]
    if f.done or f.closed:
        shown += [("已完成（任务状态）", f"{f.done}项")] if frames.tasks["progress"].any() else []
        shown += [
            ("已销号", f"{f.closed}项"),
            ("未销号", f"{f.tasks - f.closed}项"),
            ("已销号占比", percent(f.closed / f.tasks)),
        ]
    for number, (name, value) in enumerate(shown):
        top, left = row + number // 4 * 2, number % 4 * 2 + 1
        right = len(_GRID) if number == len(shown) - 1 else left + 1
        for line, text, style in ((top, name, KEY), (top + 1, value, FIGURE)):
            for column in range(left, right + 1):
                put(sheet, line, column, text if column == left else None, style)
            sheet.merge_cells(start_row=line, end_row=line, start_column=left, end_column=right)
            sheet.row_dimensions[line].height = 18 if style == KEY else 28
    return row + -(-len(shown) // 4) * 2


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of 总览.  A rate that does not exist yet leaves its cell empty."""

    heading: str
    header: Sequence[str]
    lines: Sequence[Sequence[CellValue]]
    styles: Sequence[str]
    total: Sequence[CellValue] | None = None

    @property
    def rows(self) -> Sequence[Sequence[CellValue]]:
        return [*self.lines, self.total] if self.total else self.lines


@dataclass(frozen=True, slots=True)
class _Chart:
    """A chart over the rates of a table."""

    heading: str
    axis: str
    columns: tuple[int, ...]

    def rows(self, table: _Table) -> int:
        """How many it takes; none where there is no rate to show."""
        lines = len(table.lines)
        if all(line[c - 1] is None for line in table.lines for c in self.columns):
            return 0
        return min(_MOST_CHART_ROWS, lines + 4) if lines > MOST_COLUMNS else _CHART_ROWS


_GAP, _HEADING, _HEADER = 10.0, 22.0, 22.0  # points of the rows that a table begins with


def _block(sheet: Worksheet, pages: Pages, row: int, table: _Table, chart: _Chart) -> int:
    """A table and its chart, together on a page if they have room on one; returns the next free row.

    A longer table goes on below its header; its chart is cut nowhere.
    """
    heights = [row_height(_texts(line), 20) for line in table.rows]
    above, picture = _GAP + _HEADING + _HEADER, chart.rows(table) * _CHART_ROW
    whole = above + sum(heights) + picture
    pages.keep(row, whole if whole <= _PAGE else above + sum(heights[:2]))
    sheet.row_dimensions[row].height = _GAP
    put(sheet, row + 1, 1, table.heading, HEADING)
    sheet.row_dimensions[row + 1].height = _HEADING
    header = row = row + 2
    _table_header(sheet, row, table)
    places: list[int] = []
    for line, height in zip(table.rows, heights, strict=True):
        row += 1
        if pages.keep(row, height):
            _table_header(sheet, row, table)
            row += 1
        places.append(row)
        for column, (value, style) in enumerate(zip(line, table.styles, strict=True), start=1):
            put(sheet, row, column, rates.shown(value) if style == RATE and isinstance(value, float) else value, style)
        fit_row(sheet, row, _texts(line), least=20)
    row += 1
    if not picture:
        return row
    pages.keep(row, picture)
    return _draw(sheet, row, chart, chart.rows(table), header, places[: len(table.lines)])


def _texts(line: Sequence[CellValue]) -> list[tuple[str, float, float]]:
    return [(v, w, 10.0) for v, w in zip(line, _GRID, strict=True) if isinstance(v, str)]


def _table_header(sheet: Worksheet, row: int, table: _Table) -> None:
    for column, text in enumerate(table.header, start=1):
        put(sheet, row, column, text, HEADER)
    sheet.row_dimensions[row].height = _HEADER


def _draw(sheet: Worksheet, row: int, chart: _Chart, rows: int, header: int, lines: Sequence[int]) -> int:
    """A chart over the rows of a table whose header is in row `header`; returns the next free row."""
    end = row + rows
    for n in range(row, end):
        sheet.row_dimensions[n].height = _CHART_ROW
    drawn = rate_chart(sheet, chart.heading, chart.axis, header, lines, chart.columns)
    corners = (AnchorMarker(col=0, row=row), AnchorMarker(col=len(_GRID), row=end - 1))
    drawn.anchor = TwoCellAnchor("oneCell", _from=corners[0], to=corners[1])  # type: ignore[assignment]
    sheet.add_chart(drawn)
    return end


# 任务完成情况 ---------------------------------------------------------------------------------------------------


_TALLEST = 380.0  # points of a row: Excel stops at 409, and a row over a page's end would be cut in a line
_BESIDE = 4  # columns that each page across repeats
_A3_WIDE, _A3_HIGH = (42.0 - 1.5 - 1.5) / 2.54 * 72, (29.7 - 1.8 - 1.6) / 2.54 * 72  # points within the margins
_SENTENCE = 200  # characters; a longer sentence is parted anywhere


def _tasks(sheet: Worksheet, year: int, draft: str, frames: Frames) -> None:
    named = dict(zip(frames.cells["round"], frames.cells["name"], strict=True))
    rounds = _rounds_shown(frames)
    left_out = [named[r] for r in named if r not in rounds]
    across = pages_across(len(rounds))
    columns = [Col("序号", 6, TOP), Col("工作事项", 30, SMALL), Col("分管领导", 9, TOP), Col("牵头处室", 11, TOP)]
    columns.append(Col("责任处室\n（单位）", 11, TOP))
    columns.append(Col("任务状态\n销号状态", 10, TOP))
    fixed = [c.style for c in columns]
    columns += [Col(f"{named[r]}完成情况", 38, SMALL) for r in rounds]
    note = (
        "序号带 * 的是牵头任务。没有文字的格子写明原因：未到期、逾期未报、退回、待裁定、免报、已销号；"
        "“已报，未填”是表已报而这一项空着。文字太长的分成几行，接在标“续”的行里。"
    )
    if left_out:
        note += f"还没到时候的节点没有列：{'、'.join(left_out)}。"
    # What goes beyond the columns that each page repeats would be printed on each, cut at their edge.
    over = None if across == 1 else (1, _BESIDE)
    widths = [c.width for c in columns]
    row = header = _head(sheet, f"{year}年度工作任务完成情况", draft, note, widths, over)
    _header(sheet, row, columns)
    cells = {(c["key"], c["round"]): c for c in records(frames.cells)}
    headings: list[int] = []
    for section, tasks in frames.tasks.groupby("section", sort=False):
        row += 1
        for column in range(1, len(columns) + 1):
            put(sheet, row, column, None, SECTION)
        _across(sheet, row, f"{section}", SECTION, 11, widths, over)
        headings.append(row)
        for t in records(tasks):
            texts = [_status(cells[t["key"], r]) for r in rounds]
            words = f"{t['text']}\n（{t['city_units']}）" if t["city_units"] else t["text"]
            said = "\n".join(x for x in (t["progress"], t["closed"]) if x)
            values = [t["label"], words, t["leader"], t["division"], t["responsible"], said]
            values += (text for text, _ in texts)
            styles = [*fixed, *(style for _, style in texts)]
            row = _task_row(sheet, row + 1, values, styles, columns)
    sheet.freeze_panes = f"C{header + 1}"
    sheet.sheet_view.zoomScale = 90
    set_page(
        sheet,
        landscape=True,
        paper=A3,
        margins=(1.5, 1.5, 1.8, 1.6),
        footer="第 &P 页，共 &N 页",
        repeat=f"{header}:{header}",
        across=across,
        beside=f"A:{get_column_letter(_BESIDE)}",
    )
    scale = fitted(widths, _BESIDE, across, _A3_WIDE)
    rooms = [_A3_HIGH / min(1.0, scale * narrower) for narrower in (1.0, WITHOUT_SONG)]
    repeated, *_ = heights = [sheet.row_dimensions[n].height or 0.0 for n in range(header, row + 1)]
    pages = Pages(sheet, *rooms, repeated=repeated)
    for n in headings:  # no page ends with one, where a program heeds breaks on a sheet that it fits
        pages.keep(n, sum(heights[n - header : n - header + 2]) + rooms[0] * (1 - _SPARE))


def _rounds_shown(frames: Frames) -> list[str]:
    """The rounds that get a column: all that one page shows, of more those that have come, and the next one."""
    rounds = list(frames.cells["round"].unique())
    begun = frames.cells[frames.cells["due"] | frames.cells["filled"]]["round"]
    last = max((rounds.index(r) for r in begun.unique()), default=-1)
    return rounds[: max(last + 2, ROUNDS_A_PAGE)]


def _status(cell: dict[str, Any]) -> tuple[str, str]:
    """What stands in a task's cell of a round, and its style: the text, or why there is none."""
    if cell["filled"]:
        return cell["text"], SMALL
    if cell["closed"]:
        return CLOSED_TASK, ABSENT
    if cell["state"] in ("按时", "逾期"):
        return "已报，未填", FLAG
    wanting = cell["asked"] and cell["due"]
    return cell["state"], FLAG if wanting else ABSENT


def _task_row(sheet: Worksheet, row: int, values: Sequence[str], styles: Sequence[str], columns: Sequence[Col]) -> int:
    """One task's row, and rows that go on with what is too high for one; returns the last."""
    pieces = [_pieces(v, c.width) for v, c in zip(values, columns, strict=True)]
    for n, line in enumerate(zip_longest(*pieces, fillvalue=""), start=row):
        for column, (value, style) in enumerate(zip(line, styles, strict=True), start=1):
            put(sheet, n, column, "续" if n > row and column == 1 else value or None, style)
        fit_row(sheet, n, [(v, c.width, 10) for v, c in zip(line, columns, strict=True)], least=24)
    return row + max(map(len, pieces)) - 1


def _pieces(text: str, width: float) -> list[str]:
    """`text` in pieces that a row can show, parted after sentences; joined, they are the text."""
    pieces = [""]
    for sentence in re.findall(r"[^。；\n]*[。；\n]|[^。；\n]+", text):
        for part in (sentence[n : n + _SENTENCE] for n in range(0, len(sentence), _SENTENCE)):
            if pieces[-1] and row_height([(pieces[-1] + part, width, 10)]) > _TALLEST:
                pieces.append("")
            pieces[-1] += part
    return pieces


def _header(sheet: Worksheet, row: int, columns: Sequence[Col]) -> None:
    for number, column in enumerate(columns, start=1):
        put(sheet, row, number, column.header, HEADER)
    fit_row(sheet, row, [(c.header, c.width, 10) for c in columns], least=26)


def _targets(sheet: Worksheet, year: int, draft: str, frames: Frames) -> None:
    columns = (
        Col("序号", 7),
        Col("指标", 34, TEXT),
        Col("牵头处室", 14),
        Col("目标", 12),
        Col("累计完成", 16),
        Col("完成率", 10, RATE),
        Col("进度", 26),
        Col("数字需要核对的地方", 56, TEXT),
    )
    found = records(frames.targets)
    lines = [
        (
            r["no"],
            r["indicator"],
            r["division"],
            r["goal"],
            r["done"],
            r["rate"],
            f"{r['sign']} {r['pace']}",
            "\n".join(r["notes"]) or None,
        )
        for r in found
    ]
    note = (
        "完成率＝累计完成÷目标。✓ 跟上序时或已完成，！滞后，✗ 严重滞后、到期未完成或超出控制目标，－ 没有填报数；"
        "界限在总表“设置”里。"
    )
    row = _list(sheet, f"{year}年度指标完成情况", draft, note, columns, lines, [0] * len(lines))
    for number, r in enumerate(found, start=row - len(found) + 1):
        sheet.cell(number, 7).style = LIGHTS[Light(r["light"])]


# 报送记录, 缺报与逾期 --------------------------------------------------------------------------------------------


def _reports(sheet: Worksheet, year: int, draft: str, frames: Frames) -> None:
    columns = (
        Col("节点", 14),
        Col("截止日期", 12, DATE),
        Col("处室（单位）", 16),
        Col("分管领导", 10),
        Col("涉及任务", 16),
        Col("报送状态", 11),
        Col("收到时间", 17, MOMENT),
        Col("逾期天数", 9),
        Col("收件份数", 9),
        Col("最近一件的结论", 15),
        Col("采用的文件", 40, TEXT),
    )
    lines = [
        (
            round_name(r),
            r["due_on"],
            r["division"],
            r["leader"],
            r["numbers"],
            r["label"],
            r["received"],
            r["days_late"] if (r["due"] or r["accepted"]) and not r["exempt"] else None,
            r["files"] or None,
            r["verdict"] or ("人工登记" if r["accepted"] else None),
            r["file"] or None,
        )
        for r in records(frames.reports)
    ]
    flagged = [
        6 if r["due"] and not (r["on_time"] or r["exempt"] or r["open"]) else 0 for r in records(frames.reports)
    ]
    note = (
        "每个处室每个节点一行；经同意延期的，截止日期是延期以后的。收到时间是第一份被接收的报送；"
        "未接收的，逾期天数算到制表时。"
    )
    row = _list(sheet, f"{year}年度报送记录", draft, note, columns, lines, flagged)
    for number, r in enumerate(records(frames.reports), start=row - len(lines) + 1):
        if r["by_day"]:
            sheet.cell(number, 7).style = DATE


_REMEDIES = {
    Gap.MISSING: "催报",
    Gap.RETURNED: "请处室按退回意见改正后重报",
    Gap.HELD: "在总表“待处理”里裁定",
    Gap.LATE: "已补报，只作记录",
    Gap.BLANK: "请处室补填所列任务",
    Gap.NOT_DUE: "到截止日期前报送",
}


def _gaps(sheet: Worksheet, year: int, draft: str, frames: Frames) -> None:
    columns = (
        Col("序号", 7),
        Col("节点", 14),
        Col("截止日期", 12, DATE),
        Col("处室（单位）", 18),
        Col("分管领导", 12),
        Col("情形", 18),
        Col("逾期天数", 10),
        Col("涉及任务", 20),
        Col("怎么办", 44, TEXT),
    )
    due = set(frames.rounds.loc[frames.rounds["due"], "round"])  # what is not due yet for anybody is no gap
    gaps = [r for r in records(frames.gaps) if r["gap"] != Gap.NOT_DUE or r["round"] in due]
    lines = [
        (
            number,
            r["name"],
            r["due_on"],
            r["division"],
            r["leader"],
            r["gap"],
            r["days"] or None,
            r["numbers"],
            _REMEDIES[Gap(r["gap"])],
        )
        for number, r in enumerate(gaps, start=1)
    ]
    flagged = [0 if Gap(r["gap"]).settled or r["gap"] == Gap.NOT_DUE else 6 for r in gaps]
    note = (
        "逾期未报、退回未重报、待裁定、文字空缺的还要补齐（红字）；逾期报送的只作记录。"
        "经同意延期的，截止日期是延期以后的。"
    )
    if not lines:
        note = "没有缺报和逾期。"
    _list(sheet, f"{year}年度缺报与逾期情况", draft, note, columns, lines, flagged)


def _plans(sheet: Worksheet, year: int, draft: str, frames: Frames) -> None:
    columns = (
        Col("任务", 7),
        Col("牵头处室", 14),
        Col("工作内容", 52, TEXT),
        Col("完成时间节点", 14, DATE),
        Col("责任人", 12),
        Col("进度", 24, TEXT),
        Col("状态", 12),
    )
    steps = records(frames.plans)
    lines = [
        (r["label"], r["division"], r["text"], r["when"] or None, r["person"], r["progress"], step_label(r))
        for r in steps
    ]
    flagged = [7 if r["standing"] is Standing.OVERDUE and not r["closed"] else 0 for r in steps]
    note = "总表“办理方案”里的步骤，按任务和时间排列；状态按制表那天算，过了时间还没有办完的用红字。"
    _list(sheet, f"{year}年度办理方案节点", draft, note, columns, lines, flagged)


def _list(
    sheet: Worksheet,
    heading: str,
    draft: str,
    note: str,
    columns: Sequence[Col],
    lines: Sequence[Sequence[CellValue]],
    flagged: Sequence[int],
) -> int:
    """A sheet of rows; returns the last.  `flagged`: for each row, the column to show as a warning, or 0."""
    row = header = _head(sheet, heading, draft, note, [c.width for c in columns])
    _header(sheet, row, columns)
    for row, (line, flag) in enumerate(zip(lines, flagged, strict=True), start=header + 1):
        for number, (value, column) in enumerate(zip(line, columns, strict=True), start=1):
            put(sheet, row, number, value, FLAG if number == flag else column.style)
        texts = [(v, c.width, 10.0) for v, c in zip(line, columns, strict=True) if isinstance(v, str)]
        fit_row(sheet, row, texts, least=22)
    if lines:
        sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(columns))}{row}"
    sheet.freeze_panes = f"A{header + 1}"
    set_page(
        sheet,
        landscape=True,
        paper=A4,
        margins=(1.5, 1.5, 1.8, 1.6),
        footer="第 &P 页，共 &N 页",
        repeat=f"{header}:{header}",
    )
    return row
