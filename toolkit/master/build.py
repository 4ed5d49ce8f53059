"""A new master workbook from an Office: every sheet of the schema, ready for a clerk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import Outline
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.calendar import WorkCalendar, day_end, office_zone, rolled
from toolkit.kinds import kind_of
from toolkit.mail.settings import SETTINGS as MAIL_SETTINGS
from toolkit.master import schema
from toolkit.master.deadlines import worked_out
from toolkit.master.guide import build_guide
from toolkit.master.schema import Column, Sheet
from toolkit.master.sheets import LAST_ROW, Growing, Styles, add_styles, add_table, set_up_print, title_rows
from toolkit.master.titles import sheet_title
from toolkit.master.tracker_sheet import build_tracker
from toolkit.model import Office, RoundKind
from toolkit.newbook import A3, A4, CellValue, fit_row, new_workbook, pages_across, put, to_bytes
from toolkit.plans import Standing, standing_formula
from toolkit.targets import Light

HEADER_ROW = 3
FIRST_ROW = HEADER_ROW + 1

ORDER = (
    Sheet.GUIDE,
    Sheet.TRACKER,
    Sheet.TASKS,
    Sheet.ATTENTION,
    Sheet.RECEIPTS,
    Sheet.DIVISIONS,
    Sheet.ROUNDS,
    Sheet.PLANS,
    Sheet.TARGETS,
    Sheet.CALENDAR,
    Sheet.JOBS,
    Sheet.SETTINGS,
    Sheet.LAST_YEAR,
)
"""The sheets of a new master, those that a clerk opens most first."""

TAB_COLOURS = {
    Sheet.GUIDE: "2E75B6",
    Sheet.TRACKER: "70AD47",
    Sheet.ATTENTION: "C00000",
    Sheet.RECEIPTS: "A6A6A6",
    Sheet.JOBS: "A6A6A6",
    Sheet.SETTINGS: "A6A6A6",
}
OTHER_TABS = "FFC000"

NOTES = {
    Sheet.TASKS: "黄色表头由人填写，灰色表头由 annex2 填写。人改过的格子 annex2 不再覆盖，有分歧会列入“待处理”。"
    "责任处室有几个时用顿号“、”分开。",
    Sheet.ATTENTION: "要由人决定的事。看“问题”和“怎么办”，在“处理意见”里选一项，保存后再运行 annex2 collect。",
    Sheet.RECEIPTS: "收到的每一份文件都有一行，由 annex2 登记。由人填写的只有两列："
    "“认定时间”代替收到时间，判断是否按时；“审定”在分管领导签过以后改成“已审定”。"
    "收错了，把“结论”改成“不处理”再收一次。原件的归档位置折叠着，点列标上面的 + 展开。",
    Sheet.DIVISIONS: "名称要与“任务台账”里的写法一致；别名、抄送有几个时用顿号“、”分开。免报节点写节点编号；"
    "延期写成“2023Q1：2023-04-10”；处室撤并的填停用日期，并入哪个处室，以后的任务就由哪个处室报。",
    Sheet.ROUNDS: "截止日期当天报送算按时。改这里的日期，“报送情况”自动跟着变。遇休息日是否顺延，在“顺延规则”里选。",
    Sheet.PLANS: "各项任务的办理方案，一行一个步骤；“序号”写它属于“任务台账”的第几项。"
    "处室报来的由 annex2 写入，可以改，也可以自己加行；“进度”由人填，“状态”跟着变。",
    Sheet.TARGETS: "一行一个可以量化的指标；“序号”写它是“任务台账”第几项的。口径里没有“待确认”的才算数：发表时带上，"
    "报来的数记在累计值里，人改过的不再覆盖。",
    Sheet.LAST_YEAR: "上年各项任务最后报的完成情况，供今年填报、核对时对照。"
    "“序号”是今年对应的第几项，可以改；改这张表不影响别的。",
    Sheet.CALENDAR: "本单位与国家公布的放假安排不同的日子才需要填写。",
    Sheet.JOBS: "annex2 schedule run 按这里的时间自动运行。时间写成：每天 09:00；每30分钟；每小时；"
    "截止日前3天 09:00；截止日当天 17:00；截止日后1天 09:00。结果没有变化的，一天只写一次。",
    Sheet.SETTINGS: "改“值”这一列；不要改“项目”的文字。密码不要写在这里。",
}

FREEZE_AFTER = {
    Sheet.TASKS: "工作事项",
    Sheet.TARGETS: schema.INDICATOR,
    Sheet.RECEIPTS: "编号",
    Sheet.ATTENTION: "编号",
}
SMALL = {"SHA-256", "归档位置"}
SMALLEST = 0.52
"""Scale of 任务台账 at which four quarters are one page of A3 wide."""

SETTING_NOTES = {
    schema.SETTING_ORGANISATION: "写进表格标题的单位名称",
    schema.SETTING_YEAR: "四位年份",
    schema.SETTING_TIMEZONE: "判断是否按时所用的时区，一般不用改",
    schema.SETTING_TITLE: "责任分解方案的名称，用于年度总结",
    schema.SETTING_ISSUER: "发出方案、汇总情况的单位",
    schema.SETTING_TEXT_LIMIT: "一项“完成情况”超过这个字数时提示处室精简",
    schema.SETTING_VERSIONS: "每次写入总表前留一份旧版，这里定留多少份",
    **{item: note for item, _, note in (*schema.DEADLINE_SETTINGS, *schema.PACE_SETTINGS, *MAIL_SETTINGS)},
}
JOBS = (
    ("收取回件", schema.JOB_COLLECT, "每30分钟"),
    ("提醒和催报", schema.JOB_REMIND, "每30分钟"),
    ("更新状态页", schema.JOB_STATUS, "每天 09:10"),
    ("出通报", schema.JOB_NOTICE, "每天 09:30"),
)
"""定时任务 of a new master; nothing runs before `annex2 schedule` is started.

What has a day of its own (a reminder, a 通报) is looked for often, and sent once: a computer that was off at the hour,
or a holiday, loses nothing.
"""
DEFAULT_TEXT_LIMIT, DEFAULT_VERSIONS = 2000, 30


def build_master(
    office: Office,
    *,
    title: str,
    issuer: str,
    attention: Sequence[Mapping[str, object]] = (),
    targets: Sequence[Mapping[str, object]] = (),
) -> bytes:
    """A new master.xlsx; the same arguments give the same bytes.

    `title`, `issuer`: name of the plan and who issued it.  `attention`, `targets`: rows of 待处理 and 指标 by header;
    moments with a time zone are shown in the office's.
    """
    workbook = new_workbook()
    workbook.properties.title = sheet_title(office.year, office.organisation, Sheet.GUIDE)
    styles = add_styles(workbook)
    rounds = [r.name for r in office.rounds if kind_of(r).in_ledger]
    progress = [r.name for r in office.rounds if r.kind is RoundKind.PROGRESS]
    columns = {
        **schema.COLUMNS,
        Sheet.TASKS: schema.task_columns(rounds),
        Sheet.TARGETS: schema.target_columns(progress),
    }
    rows: dict[Sheet, Iterable[Mapping[str, object]]] = {
        Sheet.TASKS: _tasks(office),
        Sheet.DIVISIONS: _divisions(office),
        Sheet.ROUNDS: _rounds(office),
        Sheet.SETTINGS: _settings(office, title, issuer),
        Sheet.ATTENTION: attention,
        Sheet.TARGETS: targets,
        Sheet.JOBS: _jobs(),
    }
    for name in ORDER:
        if name is Sheet.GUIDE:
            sheet = build_guide(workbook, office, title, issuer, styles)
        elif name is Sheet.TRACKER:
            sheet = build_tracker(workbook, office, styles)
        else:
            sheet = _data_sheet(workbook, name, columns[name], rows.get(name, ()), office, styles)
        if name is Sheet.LAST_YEAR:
            sheet.sheet_state = "hidden"
        sheet.sheet_properties.tabColor = TAB_COLOURS.get(name, OTHER_TABS)
    _choices(workbook.create_sheet(Sheet.CHOICES), styles)
    workbook.active = 0
    workbook.worksheets[0].sheet_view.tabSelected = True
    return to_bytes(workbook, date(office.year, 1, 1))


def _tasks(office: Office) -> Iterable[Mapping[str, object]]:
    for t in office.tasks:
        yield {
            "序号": t.no,
            "牵头(★)": schema.YES if t.starred else None,
            "类别": t.section,
            "工作事项": t.text,
            "市级单位": str(t.city_units) if t.city_units else None,
            "分管领导": t.leader,
            "牵头处室": t.division,
            "责任处室(单位)": "、".join(t.responsible),
            schema.TASK_KEY: t.key,
        }


def _divisions(office: Office) -> Iterable[Mapping[str, object]]:
    for d in office.divisions:
        yield {
            "名称": d.name,
            "别名": "、".join(d.aliases),
            "联系人": d.contact,
            "邮箱": d.mail,
            "抄送": "、".join(d.copies),
            "分管领导": d.leader,
            schema.LEADER_MAIL: d.leader_mail,
            schema.EXEMPT_ROUNDS: "、".join(d.exempt),
            schema.EXTENSIONS: "；".join(f"{r}：{until}" for r, until in d.extended),
            schema.CLOSED: d.closed,
            schema.SUCCESSOR: d.successor,
        }


def _jobs() -> Iterable[Mapping[str, object]]:
    for name, action, when in JOBS:
        yield {
            schema.JOB_NAME: name,
            schema.JOB_ACTION: action,
            schema.JOB_WHEN: when,
            schema.JOB_ENABLED: schema.JOB_ON,
        }


def _rounds(office: Office) -> Iterable[Mapping[str, object]]:
    calendar, end = WorkCalendar(), day_end(office.settings.get(schema.SETTING_DAY_END, ""))
    for r in office.rounds:
        actual, note, checked = worked_out(rolled(r, calendar, end), calendar)
        yield {
            "顺延规则": r.rolling,
            schema.ACTUAL_DUE: actual,
            schema.CALENDAR_NOTE: note,
            schema.CHECKED_DUE: checked,
            "编号": r.key,
            "名称": r.name,
            "表种": str(r.kind),
            "截止日期": r.due,
            "上报截止": r.upstream_due,
            "提前提醒天数": r.remind_days,
        }


def _settings(office: Office, title: str, issuer: str) -> Iterable[Mapping[str, object]]:
    values: dict[str, object] = {
        schema.SETTING_ORGANISATION: office.organisation,
        schema.SETTING_YEAR: office.year,
        schema.SETTING_TIMEZONE: office.timezone,
        schema.SETTING_TITLE: title,
        schema.SETTING_ISSUER: issuer,
        schema.SETTING_TEXT_LIMIT: DEFAULT_TEXT_LIMIT,
        schema.SETTING_VERSIONS: DEFAULT_VERSIONS,
        **{item: default for item, default, _ in (*schema.DEADLINE_SETTINGS, *schema.PACE_SETTINGS, *MAIL_SETTINGS)},
    }
    # What the arguments state is not overruled by a setting of the same name.
    stated = list(values)[:5]
    values |= {k: v for k, v in office.settings.items() if k not in stated}
    for item, value in values.items():
        number = isinstance(value, str) and value.isdecimal() and value == str(int(value))
        yield {"项目": item, "值": int(str(value)) if number else value, "说明": SETTING_NOTES.get(item, "")}


def _data_sheet(
    workbook: Workbook,
    name: Sheet,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, object]],
    office: Office,
    styles: Styles,
) -> Worksheet:
    sheet: Worksheet = workbook.create_sheet(name)
    title_rows(sheet, sheet_title(office.year, office.organisation, name), NOTES[name], styles)
    for number, column in enumerate(columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.width, dimension.hidden = column.width, column.hidden or column.folded
        if column.folded:
            dimension.outlineLevel = 1
            sheet.sheet_properties.outlinePr = Outline(summaryRight=False)  # the + stands left of the group
            left = sheet.column_dimensions[get_column_letter(number - 1)]
            left.collapsed = not left.outlineLevel
        put(sheet, HEADER_ROW, number, column.header, styles.header(ours=column.ours))
    sheet.row_dimensions[HEADER_ROW].height = 36
    known = {c.header for c in columns}
    last = HEADER_ROW
    for last, row in enumerate(list(rows) or [{}], start=FIRST_ROW):
        if unknown := row.keys() - known:
            raise ValueError(f"{name} has no column {sorted(unknown)}")
        for number, column in enumerate(columns, start=1):
            small = column.header in SMALL
            style = styles.cell(column.kind, ours=column.ours, centred=column.centred and not small, small=small)
            put(sheet, last, number, _value(row.get(column.header), office), style)
        shown = [c for c in columns if not c.hidden and not c.folded]
        fit_row(sheet, last, [(str(row.get(c.header) or ""), c.width, 11) for c in shown], least=24)
    headers = [c.header for c in columns]
    calculated = _step_standing(sheet, headers, last) if name is Sheet.PLANS else {}
    add_table(sheet, name, HEADER_ROW, last, len(columns), calculated)
    for number, column in enumerate(columns, start=1):
        validation = _validation(name, column)
        if validation:
            letter = get_column_letter(number)
            validation.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
            sheet.add_data_validation(validation)
    if name is Sheet.ATTENTION:
        _mark_open_items(sheet, headers)
    if name is Sheet.TASKS:
        _mark_closings(sheet, headers)
    if name is Sheet.TARGETS:
        _mark_lights(sheet, headers)
    frozen = headers.index(FREEZE_AFTER[name]) + 1 if name in FREEZE_AFTER else 0
    sheet.freeze_panes = f"{get_column_letter(frozen + 1)}{FIRST_ROW}"
    sheet.sheet_view.zoomScale = 90 if name in (Sheet.TASKS, Sheet.RECEIPTS) else 100
    # 任务台账 and 指标 have columns for each round: on A4 it would be too small to read, and a printer without A3
    # shrinks it to A4 by itself.
    wide = name in (Sheet.TASKS, Sheet.TARGETS)
    growing = None
    if name is Sheet.TASKS:
        across = pages_across(sum(kind_of(r).in_ledger for r in office.rounds))
        growing = Growing([c.width for c in columns if not c.hidden], frozen, SMALLEST, across)
    set_up_print(sheet, f"1:{HEADER_ROW}", paper=A3 if wide else A4, growing=growing)
    return sheet


def _value(value: object, office: Office) -> CellValue:
    if isinstance(value, datetime):
        return value.astimezone(office_zone(office.timezone)).replace(tzinfo=None) if value.tzinfo else value
    if value is None or value == "":
        return None
    return value if isinstance(value, (int, float, date)) else str(value)


def _validation(name: Sheet, column: Column) -> DataValidation | None:
    """The drop-down or check of a column; what annex2 writes needs none."""
    header = column.header
    if name is Sheet.ATTENTION and header == "处理意见":
        return DataValidation("list", formula1=_choices_of(), allow_blank=True, showErrorMessage=False)
    if column.choices:
        rule = DataValidation("list", formula1=f'"{",".join(column.choices)}"', showErrorMessage=column.strict)
        rule.error = f"{header}只能从下拉列表中选：{'、'.join(column.choices)}；也可以留空。"
    elif name is Sheet.TASKS and header in ("牵头处室", "分管领导"):
        source = "名称" if header == "牵头处室" else "分管领导"
        return DataValidation("list", formula1=_filled(Sheet.DIVISIONS, source), allow_blank=True)
    elif column.ours:
        return None
    elif column.kind in ("date", "moment"):
        rule = DataValidation("date", operator="greaterThan", formula1="36526", showErrorMessage=True)  # 2000-01-01
        example = "2023-04-05" if column.kind == "date" else "2023-04-05 17:00"
        rule.error = f"{header}要填日期，写成 {example} 这样。"
    elif column.kind == "number":
        whole = header != "目标值"
        rule = DataValidation(
            "whole" if whole else "decimal", operator="greaterThanOrEqual", formula1="0", showErrorMessage=True
        )
        rule.error = f"{header}要填{'整数' if whole else '数字'}。"
    else:
        return None
    rule.errorTitle, rule.errorStyle, rule.allow_blank = "填写有误", "stop", True
    if header == schema.STEP_DAY:
        rule.errorStyle, rule.error = "warning", "一般填日期，如 2023-06-30；持续推进的可以写文字。要保留吗？"
    return rule


def _choices(sheet: Worksheet, styles: Styles) -> None:
    """A column of decisions for each 事项, the last one for any other."""
    for number, (kind, decisions) in enumerate({**schema.CHOICES, "其他": schema.DECISIONS}.items(), start=1):
        for row, text in enumerate((kind, *decisions), start=1):
            put(sheet, row, number, text, styles.body)
    sheet.sheet_state = "hidden"


def _choices_of() -> str:
    """The decisions that apply to the 事项 of the drop-down's own row."""
    kind = get_column_letter([c.header for c in schema.COLUMNS[Sheet.ATTENTION]].index("事项") + 1)
    others, deepest = len(schema.CHOICES) + 1, len(schema.DECISIONS) + 1
    there, last = quote_sheetname(Sheet.CHOICES), get_column_letter(others - 1)
    across = f"IFERROR(MATCH(${kind}{FIRST_ROW},{there}!$A$1:${last}$1,0),{others})-1"
    return f"OFFSET({there}!$A$2,0,{across},COUNTA(OFFSET({there}!$A$2:$A${deepest},0,{across})),1)"


def _filled(name: Sheet, header: str) -> str:
    """The filled cells under a header of another sheet, growing with them.

    Plain references rather than INDIRECT("处室[名称]"): every spreadsheet program understands them.
    """
    letter = get_column_letter([c.header for c in schema.COLUMNS[name]].index(header) + 1)
    there = quote_sheetname(name)
    first = f"{there}!${letter}${FIRST_ROW}"
    return f"OFFSET({first},0,0,MAX(1,COUNTA({first}:${letter}${LAST_ROW})),1)"


def _step_standing(sheet: Worksheet, headers: Sequence[str], last: int) -> dict[str, str]:
    """办理方案: how each step stands, by a formula that new rows get by themselves; 红黄绿 by its sign."""
    letters = {h: get_column_letter(headers.index(h) + 1) for h in headers}
    cells = [letters[h] for h in (schema.STEP_TEXT, schema.STEP_DAY, schema.STEP_PROGRESS)]
    letter = letters[schema.STEP_STANDING]
    for row in range(FIRST_ROW, last + 1):
        cell = sheet[f"{letter}{row}"]
        cell.value, cell.data_type = standing_formula(*(f"{c}{row}" for c in cells)), "f"
    looks = ((Standing.DONE, "C6EFCE"), (Standing.SOON, "FFEB9C"), (Standing.OVERDUE, "FFC7CE"))
    for standing, colour in looks:
        look = DifferentialStyle(fill=PatternFill(bgColor=colour))
        rule = Rule("expression", dxf=look, formula=[f'LEFT(${letter}{FIRST_ROW},1)="{standing.sign}"'])
        sheet.conditional_formatting.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}", rule)
    return {schema.STEP_STANDING: standing_formula(*(f"{c}{FIRST_ROW}" for c in cells))}


def _mark_closings(sheet: Worksheet, headers: Sequence[str]) -> None:
    """任务台账: 销号状态 stands out where the office has closed a task, or is asked to."""
    letter = get_column_letter(headers.index(schema.CLOSING) + 1)
    for word, colour in ((schema.CLOSED_TASK, "C6EFCE"), (schema.APPLIED, "FFEB9C")):
        look = DifferentialStyle(fill=PatternFill(bgColor=colour))
        rule = Rule("expression", dxf=look, formula=[f'${letter}{FIRST_ROW}="{word}"'])
        sheet.conditional_formatting.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}", rule)


def _mark_lights(sheet: Worksheet, headers: Sequence[str]) -> None:
    """指标: 进度 in the colour that its first word names, and what is still to be confirmed in red."""
    pace, meaning = (get_column_letter(headers.index(h) + 1) for h in (schema.PACE, schema.MEANING))
    for light, colour in ((Light.GREEN, "C6EFCE"), (Light.YELLOW, "FFEB9C"), (Light.RED, "FFC7CE")):
        look = DifferentialStyle(fill=PatternFill(bgColor=colour))
        rule = Rule("expression", dxf=look, formula=[f'LEFT(${pace}{FIRST_ROW},1)="{light}"'])
        sheet.conditional_formatting.add(f"{pace}{FIRST_ROW}:{pace}{LAST_ROW}", rule)
    look = DifferentialStyle(font=Font(color="C00000"))
    rule = Rule("expression", dxf=look, formula=[f'LEFT(${meaning}{FIRST_ROW},3)="{schema.UNCONFIRMED}"'])
    sheet.conditional_formatting.add(f"{meaning}{FIRST_ROW}:{meaning}{LAST_ROW}", rule)


def _mark_open_items(sheet: Worksheet, headers: Sequence[str]) -> None:
    """待处理: 处理意见 is bright until someone decides, and again where the decision could not be carried out."""
    decision, item, result = (get_column_letter(headers.index(h) + 1) for h in ("处理意见", "问题", "处理结果"))
    open_row = (
        f'AND(${item}{FIRST_ROW}<>"",LEFT(${result}{FIRST_ROW},1)<>"已",'
        f'OR(${decision}{FIRST_ROW}="",${result}{FIRST_ROW}<>""))'
    )
    sheet.conditional_formatting.add(
        f"{decision}{FIRST_ROW}:{decision}{LAST_ROW}",
        Rule(
            "expression",
            dxf=DifferentialStyle(fill=PatternFill(bgColor="FFD966")),
            formula=[open_row],
        ),
    )
