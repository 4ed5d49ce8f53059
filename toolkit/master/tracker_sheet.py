"""报送情况 of a new master: who has reported, on any day it is opened.

A round cell is one of: the formula of `tracker_formula` while nothing was received; the moment of receipt;
a word (退回, 待裁定, 免报, 延期至 2023-04-10); `NOT_OWED`.  Colours follow the dates by conditional formatting, and
each colour comes with a sign or a word of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.heights import row_height
from toolkit.master import schema
from toolkit.master.schema import Sheet
from toolkit.master.sheets import LAST_ROW, Growing, Styles, add_table, set_up_print, title_rows
from toolkit.master.titles import sheet_title
from toolkit.master.waiting import (
    DUE_LABEL,
    DUE_SOON,
    END_LABEL,
    KEY_LABEL,
    MISSING,
    NOT_DUE,
    NOT_OWED,
    REMIND_LABEL,
    WITHIN,
    tracker_formula,
)
from toolkit.model import APPROVED, AWAITING, Office, ReportState, Verdict
from toolkit.newbook import SONG, fill, font, put, put_formula
from toolkit.plans import Standing

NO_SUCH_ROUND = "查无此节点"

COUNT_LABEL = "应报/已报/按时"
NOTE_LABEL, UPSTREAM_LABEL = "日历提示", "上报截止"
STALE_NOTE = "截止日期改过，下次运行 annex2 时核对日历"
RECEIVED = {
    "收件_处室": "处室",
    "收件_节点": "节点",
    "收件_结论": "结论",
    "收件_时间": "收到时间",
    "收件_认定": "认定时间",
}
"""Names of columns of 收件记录: a conditional format may refer to another sheet only by a name (Excel 2007)."""
STEPS = {"方案_处室": schema.STEP_DIVISION, "方案_状态": schema.STEP_STANDING}
"""… and of 办理方案."""
LEGEND_LABEL = "图例"
DEFAULT_REMIND_DAYS = 7
SMALLEST = 0.6
"""Scale at which the sheet can still be read on A4."""
FIRST_DATA_ROW = 4  # of 收件记录


@dataclass(frozen=True, slots=True)
class Mark:
    """One look of a round cell."""

    sample: str
    meaning: str
    background: str
    colour: str
    condition: str  # of the cell {c}, its division {d}, the round's {key}, {due} date and the {end} of its last minute
    number_format: str = ""


_IS_EXTENDED = f'LEFT({{c}},{len(schema.EXTENDED)})="{schema.EXTENDED}"'
_BARE = 'SUBSTITUTE(SUBSTITUTE({c}," ",""),"(","（")'
_EXTENDED_TO = f'DATEVALUE(MID(LEFT({_BARE},FIND("（",{_BARE}&"（")-1),{len(schema.EXTENDED) + 1},11))'
"""… up to what is said of it in brackets."""
_ACCEPTED = f'COUNTIFS(收件_处室,{{d}},收件_节点,{{key}},收件_结论,"{Verdict.ACCEPTED.label}*"'
_BEFORE = f'"<"&(IFERROR({_EXTENDED_TO},99999)+1)'
_IN_TIME = f'({_ACCEPTED},收件_认定,"=",收件_时间,{_BEFORE})+{_ACCEPTED},收件_认定,{_BEFORE}))'
"""… of a division whose cell a person holds with 延期至, before the end of that day."""

MARKS = (
    Mark(
        AWAITING,
        f"写在日期后面：收到了，分管领导还没有审定；审定以后在“{Sheet.RECEIPTS}”的“{schema.APPROVAL}”里选“{APPROVED}”",
        "E2EFDA",
        "7F6000",
        f'ISNUMBER(SEARCH("{AWAITING}",{{c}}))',
    ),
    Mark(
        "✓按时 4月3日",
        "在截止日期当天或以前收到，后面是收到的日期",
        "C6EFCE",
        "00612E",
        "IF(ISNUMBER({c}),AND({c}<{due}+1,{c}<{end}+" + WITHIN + '),LEFT({c},1)="✓")',
        '"✓按时 "m"月"d"日"',
    ),
    Mark(
        "✓顺延期内 4月6日",
        "截止日期是休息日，顺延以后按时收到，不算逾期",
        "DDF2D5",
        "375623",
        "AND(ISNUMBER({c}),{c}>={due}+1,{c}<{end}+" + WITHIN + ")",
        '"✓顺延期内 "m"月"d"日"',
    ),
    Mark(
        "！逾期 4月9日",
        "收到了，但在截止日期以后",
        "FCD5B4",
        "974706",
        "IF(ISNUMBER({c}),{c}>={end}+" + WITHIN + ',LEFT({c},1)="！")',
        '"！逾期 "m"月"d"日"',
    ),
    Mark(
        MISSING,
        "截止日期已过，还没有收到",
        "FFC7CE",
        "9C0006",
        'OR(LEFT({c},1)="✗",AND({c}="",{d}<>"",N({due})>0,NOW()>{end}+' + WITHIN + "))",
    ),
    Mark(
        f"{schema.EXTENDED}4月10日",
        f"同意延期，还没有收到（在格里写“{schema.EXTENDED} 2023-04-10”，或在“{Sheet.DIVISIONS}”的延期列填写）",
        "DDEBF7",
        "1F4E79",
        _IS_EXTENDED,
    ),
    Mark(DUE_SOON, "离截止日期不远了，还没有收到（提前几天在“报送节点”里定）", "FFEB9C", "7F6000", 'LEFT({c},1)="…"'),
    Mark(
        f"{ReportState.RETURNED.label} / {ReportState.HELD.label}",
        "收到过，但退回修改了，或者要由人裁定（看“待处理”）",
        "E4DFEC",
        "5F497A",
        f'OR(LEFT({{c}},2)="{ReportState.RETURNED.label}",LEFT({{c}},3)="{ReportState.HELD.label}")',
    ),
    Mark(
        f"{schema.EXEMPT} / {NOT_OWED}",
        f"“{schema.EXEMPT}”：这一次不用报（由人填写）；“{NOT_OWED}”：这一次没有要报的任务",
        "E7E6E6",
        "595959",
        f'OR(LEFT({{c}},{len(schema.EXEMPT)})="{schema.EXEMPT}",{{c}}="{NOT_OWED}")',
    ),
)
"""In the order of their rules; what none of them fits is 未到期 and stays white."""

_MISSING = next(m for m in MARKS if m.sample == MISSING)
_EXPIRED = replace(
    _MISSING,
    condition="IF(" + _IS_EXTENDED + ",IFERROR(TODAY()>" + _EXTENDED_TO + ",FALSE),FALSE)",
    number_format='General;General;General;"✗ "@',
)
_WITHIN, _BEYOND = (
    replace(
        next(m for m in MARKS if m.sample.startswith(sign)),
        condition=f"IF({_IS_EXTENDED},{told},FALSE)",
        number_format=f'General;General;General;"{sign} "@',
    )
    for sign, told in (("✓", f"{_IN_TIME}>0"), ("！", f"{_ACCEPTED})>0"))
)
_AT = MARKS.index(_MISSING)
RULES = (*MARKS[:1], _WITHIN, _BEYOND, *MARKS[1:_AT], _EXPIRED, *MARKS[_AT:])
"""With an extension that a person wrote: its words stay, and a sign says how it ended: in time, late, not at all."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where the lines of a new sheet are."""

    legend: int  # first row of the legend
    key: int

    @property
    def due(self) -> int:
        return self.key + 1

    @property
    def note(self) -> int:
        return self.key + 2

    @property
    def end(self) -> int:
        return self.key + 3

    @property
    def upstream(self) -> int:
        return self.key + 4

    @property
    def remind(self) -> int:
        return self.key + 5

    @property
    def count(self) -> int:
        return self.key + 6

    @property
    def header(self) -> int:
        return self.key + 7


def build_tracker(workbook: Workbook, office: Office, styles: Styles) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(Sheet.TRACKER)
    rounds_end = 2 + len(office.rounds)
    headers = [schema.TRACKER_DIVISION, schema.TRACKER_LEADER, *(r.name for r in office.rounds), schema.TRACKER_STEPS]
    across = max(rounds_end - 1, 3)  # legend samples in a row
    rows = _Rows(3, 3 + -(-(len(MARKS) + 1) // across))
    title_rows(
        sheet,
        sheet_title(office.year, office.organisation, Sheet.TRACKER),
        "颜色和文字随日期自动变化，打开即是当天的情况。纸质报送可直接填收到的日期；"
        f"免予报送填“{schema.EXEMPT}”，同意延期填“{schema.EXTENDED} 2023-04-10”。改截止日期请到“报送节点”。",
        styles,
    )
    owed = [(r, office.owed(r)) for r in office.rounds]
    divisions = _owing(office, [tasks for _, tasks in owed])
    widths = (_name_width(divisions), 11, *(19 for _ in office.rounds), 22)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    _legend(sheet, rows.legend, across, styles)
    _round_lines(sheet, office, rows, styles)
    for column, header in enumerate(headers, start=1):
        put(sheet, rows.header, column, header, styles.header(ours=column > 2))
    sheet.row_dimensions[rows.header].height = 30
    first = rows.header + 1
    for row, (name, leader) in enumerate(divisions.items(), start=first):
        put(sheet, row, 1, name, styles.cell("text", ours=False, centred=True))
        put(sheet, row, 2, leader, styles.cell("text", ours=False, centred=True))
        sheet.row_dimensions[row].height = row_height(((name, widths[0], 11.0), (leader or "", 11, 11.0)), 27)
        for column, (_, tasks) in enumerate(owed, start=3):
            style = styles.cell("arrival", ours=False, centred=True)
            if name in tasks:
                waiting = tracker_formula(get_column_letter(column), rows.due, rows.remind, rows.end)
                put_formula(sheet, row, column, waiting, style)
            else:
                put(sheet, row, column, NOT_OWED, style)
        put_formula(sheet, row, len(headers), _steps(row), styles.cell("arrival", ours=False, centred=True))
    last = first + len(divisions) - 1
    if not divisions:  # a table needs a row
        last = first
        for column in range(1, len(headers) + 1):
            put(sheet, first, column, None, styles.cell("text", ours=False, centred=True))
    add_table(sheet, Sheet.TRACKER, rows.header, last, len(headers), {schema.TRACKER_STEPS: _steps(first)})
    for other, names in ((Sheet.RECEIPTS, RECEIVED), (Sheet.PLANS, STEPS)):
        columns = [c.header for c in schema.COLUMNS[other]]
        for name, header in names.items():
            letter = get_column_letter(columns.index(header) + 1)
            there = f"{quote_sheetname(other)}!${letter}${FIRST_DATA_ROW}:${letter}${LAST_ROW}"
            workbook.defined_names[name] = DefinedName(name, attr_text=there)
    _steps_rules(sheet, first, get_column_letter(len(headers)))
    if office.rounds:
        _rules(sheet, first, rounds_end, rows)
        exempt = DataValidation("list", formula1=f'"{schema.EXEMPT}"', allow_blank=True, showErrorMessage=False)
        exempt.add(f"C{first}:{get_column_letter(rounds_end)}{LAST_ROW}")
        sheet.add_data_validation(exempt)
    sheet.freeze_panes = f"C{first}"
    # What stands above the table is printed once; the header, and who it is, on every page.
    set_up_print(sheet, f"{rows.header}:{rows.header}", growing=Growing(widths, 2, SMALLEST))
    return sheet


def _name_width(names: Iterable[str]) -> float:
    """Of the column of divisions: the longest name in one line, unless that takes the room of the rounds."""
    return max([16.0, *(min(30.0, 2 * len(n) + 2) for n in names)])


def _owing(office: Office, owed: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """Divisions that report anything in the year, in the order of 处室, with their 分管领导."""
    order = {d.name: i for i, d in enumerate(office.divisions)}
    names = dict.fromkeys(name for tasks in owed for name in tasks)
    return {name: office.leader_of(name) for name in sorted(names, key=lambda n: order.get(n, len(order)))}


def _legend(sheet: Worksheet, row: int, across: int, styles: Styles) -> None:
    put(sheet, row, 1, LEGEND_LABEL, styles.note)
    samples = [(m.sample, m.background, m.colour) for m in MARKS] + [(NOT_DUE, "FFFFFF", "000000")]
    for i, (text, background, colour) in enumerate(samples):
        cell = put(sheet, row + i // across, 2 + i % across, text, styles.sample)
        cell.fill, cell.font = fill(background), font(SONG, 10, colour=colour)
        sheet.row_dimensions[cell.row].height = 20


def _round_lines(sheet: Worksheet, office: Office, rows: _Rows, styles: Styles) -> None:
    for row, label in (
        (rows.key, KEY_LABEL),
        (rows.due, DUE_LABEL),
        (rows.note, NOTE_LABEL),
        (rows.end, END_LABEL),
        (rows.upstream, UPSTREAM_LABEL),
        (rows.remind, REMIND_LABEL),
        (rows.count, COUNT_LABEL),
    ):
        put(sheet, row, 1, label, styles.label)
        put(sheet, row, 2, None, styles.label_end)
        sheet.row_dimensions[row].height = 42 if row == rows.note else 18
    for column, round_ in enumerate(office.rounds, start=3):
        letter = get_column_letter(column)
        key = f"{letter}${rows.key}"
        put(sheet, rows.key, column, round_.key, styles.line)
        # "+0" takes a date that was typed as text for the date it means.
        put_formula(
            sheet, rows.due, column, f'=IFERROR({_look_up("截止日期", key)}+0,"{NO_SUCH_ROUND}")', styles.line_date
        )
        due = f"{letter}${rows.due}"
        checked = _look_up(schema.CHECKED_DUE, key)
        note, actual = _look_up(schema.CALENDAR_NOTE, key), _look_up(schema.ACTUAL_DUE, key)
        put_formula(sheet, rows.note, column, f'=IFERROR(IF({checked}={due},{note}&"","{STALE_NOTE}"),"")', styles.line)
        # What annex2 worked out counts only for the date that it did so for.
        whole_day = f'IFERROR({due}+1439/1440,"")'
        put_formula(
            sheet,
            rows.end,
            column,
            f"=IFERROR(IF(AND({checked}={due},ISNUMBER({actual})),{actual},{whole_day}),{whole_day})",
            styles.line_moment,
        )
        upstream = _look_up("上报截止", key)
        put_formula(sheet, rows.upstream, column, f'=IFERROR(IF({upstream}="","",{upstream}+0),"")', styles.line_date)
        days = _look_up("提前提醒天数", key)
        put_formula(
            sheet,
            rows.remind,
            column,
            f'=IFERROR(IF({days}="",{DEFAULT_REMIND_DAYS},{days}+0),{DEFAULT_REMIND_DAYS})',
            styles.line,
        )
        cells = f"{letter}${rows.header + 1}:{letter}${LAST_ROW}"
        names = f"$A${rows.header + 1}:$A${LAST_ROW}"
        put_formula(sheet, rows.count, column, _count(cells, names, key, f"{letter}${rows.end}"), styles.line)


def _count(cells: str, names: str, key: str, end: str) -> str:
    """应报/已报/按时 of a round."""
    exempt, extended = schema.EXEMPT, schema.EXTENDED
    owed = f'SUMPRODUCT(({names}<>"")*({cells}<>"{NOT_OWED}")*(LEFT({cells},{len(exempt)})<>"{exempt}"))'
    on_time, late = f'COUNTIF({cells},"✓*")', f'COUNTIF({cells},"！*")'
    # Reports of divisions whose cell a person holds with 延期至; looked up only where there is such a cell.
    is_extended, accepted = _IS_EXTENDED.format(c=cells), _ACCEPTED.format(d=names, key=key)
    ours, in_time = (
        f'IF(COUNTIF({cells},"{extended}*")=0,0,SUMPRODUCT(({is_extended})*({count}>0)))'
        for count in (f"{accepted})", _IN_TIME.format(c=cells, d=names, key=key))
    )
    return (
        f'={owed}&" / "&(COUNT({cells})+{on_time}+{late}+{ours})'
        f'&" / "&(COUNTIF({cells},"<"&(N({end})+{WITHIN}))+{on_time}+{in_time})'
    )


def _look_up(header: str, key: str) -> str:
    """The value of 报送节点 under `header` for the round in cell `key`; whole columns, so that the table may grow."""
    columns = [c.header for c in schema.COLUMNS[Sheet.ROUNDS]]
    wanted, keys = (get_column_letter(columns.index(h) + 1) for h in (header, "编号"))
    there = quote_sheetname(Sheet.ROUNDS)
    return f"INDEX({there}!${wanted}:${wanted},MATCH({key},{there}!${keys}:${keys},0))"


def _counted(row: int, standing: Standing) -> str:
    """How many steps of the plans that the division of a row leads stand so, today."""
    return f'COUNTIFS(方案_处室,$A{row},方案_状态,"{standing.sign}*")'


def _steps(row: int) -> str:
    """方案进展: ✗1 ！2 ✓3，共10步; nothing for a division without any."""
    parts = "&".join(f'"{s.sign}"&{_counted(row, s)}&" "' for s in (Standing.OVERDUE, Standing.SOON, Standing.DONE))
    every = f"COUNTIF(方案_处室,$A{row})"
    return f'=IF($A{row}="","",IF({every}=0,"",{parts}&"共"&{every}&"步"))'


def _steps_rules(sheet: Worksheet, first: int, letter: str) -> None:
    """Red while a step is overdue, yellow while one is due soon, green when all are done."""
    every = f"COUNTIF(方案_处室,$A{first})"
    looks = (
        ("FFC7CE", "9C0006", f"{_counted(first, Standing.OVERDUE)}>0"),
        ("FFEB9C", "7F6000", f"{_counted(first, Standing.SOON)}>0"),
        ("C6EFCE", "00612E", f"AND({every}>0,{_counted(first, Standing.DONE)}={every})"),
    )
    for background, colour, condition in looks:
        look = DifferentialStyle(font=Font(color=colour), fill=PatternFill(bgColor=background))
        rule = Rule("expression", dxf=look, stopIfTrue=True, formula=[condition])
        sheet.conditional_formatting.add(f"{letter}{first}:{letter}{LAST_ROW}", rule)


def _rules(sheet: Worksheet, first: int, columns: int, rows: _Rows) -> None:
    area = f"C{first}:{get_column_letter(columns)}{LAST_ROW}"
    for i, mark in enumerate(RULES):
        look = DifferentialStyle(
            font=Font(color=mark.colour),
            numFmt=NumberFormat(numFmtId=190 + i, formatCode=mark.number_format) if mark.number_format else None,
            fill=PatternFill(bgColor=mark.background),
        )
        condition = mark.condition.format(
            c=f"C{first}", d=f"$A{first}", key=f"C${rows.key}", due=f"C${rows.due}", end=f"C${rows.end}"
        )
        sheet.conditional_formatting.add(area, Rule("expression", dxf=look, stopIfTrue=True, formula=[condition]))
