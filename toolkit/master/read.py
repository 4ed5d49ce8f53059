"""master.xlsx -> Master: the office, what stands in the cells annex2 may write, and where each thing is.

Columns are found by header text on each sheet, wherever staff moved them; rows by key.
Works on any `Source` of rows, so that a closed file and a live Excel are read by the same code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from functools import lru_cache

from toolkit.calendar import WorkCalendar, day_end, office_zone, rolled
from toolkit.cells import FIRST_YEAR, as_date, as_moment, as_text, as_typed, split_names
from toolkit.errors import MasterError
from toolkit.kinds import kind_of
from toolkit.language import tr
from toolkit.master import rulings, schema
from toolkit.master.doubts import doubts
from toolkit.master.indicators import Indicators, Which, pace_limits, read_indicators
from toolkit.master.rows import Layout, Row, SheetReader, Source, missing_columns, placed, texts
from toolkit.master.schema import Column, Sheet
from toolkit.master.waiting import (
    BY_DIVISION_SHEET,
    DUE_LABEL,
    END_LABEL,
    MISSING,
    REMIND_LABEL,
    WAITING,
    tracker_formula,
)
from toolkit.model import (
    APPROVED,
    UNAPPROVED,
    CityUnits,
    Division,
    Office,
    Receipt,
    Rolling,
    Round,
    RoundKind,
    Step,
    Task,
    Verdict,
    Written,
    answered,
    digest,
    plain,
)
from toolkit.plans import CARRIED, plan_text, step_day
from toolkit.targets import PaceLimits
from toolkit.xlsx import Formula, Value, column_letters

_ROUND_KEY = re.compile(r"[\w.-]{1,40}")  # it names a folder

BY_FORMULA = "（公式）"
"""What a cell reads as whose formula, put there by a person, shows nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of 待处理."""

    key: str  # 标识: what it is about, e.g. conflict:2023-01:2023Q1:9f86d081
    no: int
    decision: str = ""  # 处理意见
    result: str = ""  # 处理结果
    kind: str = ""  # 事项
    place: str = ""  # 位置
    problem: str = ""  # 问题
    advice: str = ""  # 怎么办


@dataclass(frozen=True, slots=True)
class TaskState:
    """What people say of a task in 任务台账, apart from its reports."""

    progress: str = ""  # 任务状态
    closing: str = ""  # 销号状态; BY_FORMULA where somebody's formula shows nothing
    closed_on: date | None = None  # 销号日期


_NOTHING_SAID = TaskState()  # of nearly all tasks: one for all of them


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of 定时任务 as a person wrote it; `toolkit.jobs` understands it."""

    name: str
    action: str  # 做什么
    when: str  # 时间
    enabled: bool = True
    result: str = ""
    where: str = ""  # the cell of 时间, for messages


_UNSORT = tr(
    "多半是排序时没有带上隐藏的列：撤销这次排序再存，要排序先取消隐藏、选整张表；"
    "撤销不了的，用 annex2 restore 取回以前的总表"
)


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What stands beside a round's 截止日期."""

    actual: Value  # 实际截止
    note: Value  # 日历提示
    checked: Value  # 已核日期
    in_words: bool = False  # 截止日期 is text, by which 报送情况 cannot reckon


@dataclass(frozen=True, slots=True)
class Master:
    """Everything annex2 reads from the master."""

    office: Office
    zone: tzinfo
    status: Mapping[tuple[str, str], str]  # (task key, round key) -> 完成情况, where there is one
    states: Mapping[tuple[str, str], str]  # (task key, round key) -> 报送状态, where there is one
    tracker: Mapping[tuple[str, str], Value]  # (division, round key) -> cell, None for annex2's own formula
    receipts: tuple[Receipt, ...]
    items: tuple[Item, ...]
    layouts: Mapping[Sheet, Layout]
    keyless: Mapping[str, int] = field(default_factory=dict)  # task key given while reading -> row
    brought: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key of a row of 任务台账 that was copied from another -> the columns that still hold the other task's report."""
    recovered: frozenset[str] = frozenset()
    """Those of `keyless` that were known before: somebody emptied or deleted the column."""
    unsettled: frozenset[str] = frozenset()
    """Keys, given while reading, of rows of which nobody can tell yet whether they are a copy of another."""
    tracker_lines: Mapping[str, int] = field(default_factory=dict)  # label above the tracker's table -> row
    calendar: WorkCalendar = field(default_factory=WorkCalendar)
    jobs: tuple[JobRow, ...] = ()
    worked_out: Mapping[str, WorkedOut] = field(default_factory=dict)  # by round key
    task_states: Mapping[str, TaskState] = field(default_factory=dict)  # by task key
    remarks: tuple[str, ...] = ()  # what a person should mend, and what need not stop anything
    indicators: Indicators = field(default_factory=Indicators)
    limits: PaceLimits = field(default_factory=PaceLimits)
    tracker_names: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    """Division -> its name and its leader as 报送情况 has them; None where the leader is no plain text."""

    @property
    def newly_added(self) -> frozenset[str]:
        """Keys of tasks that somebody wrote below the others once reports were coming in, and no run has dated."""
        if not self.receipts or self.layouts[Sheet.TASKS].column(schema.SINCE) is None:
            return frozenset()
        new = self.keyless.keys() - self.recovered
        return frozenset(t.key for t in self.office.tasks if t.key in new and t.since is None)

    def waiting(self, round_key: str, column: int | None = None) -> Formula | None:
        """The formula of a 报送情况 cell while nothing was received; None where its lines cannot be found.

        `column`: where the round's column will be, if it is not there yet.
        """
        round_ = self.office.round(round_key)
        column = column or (self.layouts[Sheet.TRACKER].column(round_.name) if round_ else None)
        due, remind = self.tracker_lines.get(DUE_LABEL), self.tracker_lines.get(REMIND_LABEL)
        if column is None or due is None or remind is None:
            return None
        end = self.tracker_lines.get(END_LABEL)
        return Formula(tracker_formula(column_letters(column), due, remind, end).removeprefix("="))


Noted = Callable[[], Mapping[str, tuple[str, str]]]
"""任务编号 -> (序号, 工作事项) as an earlier run had them; asked for only where two rows
share one, or a row of another sheet does not go with its number."""


def read_master(source: Source, name: str = "master.xlsx", noted: Noted = dict) -> Master:
    """Read a master.

    Raises MasterError naming the sheet, column or cell for: a needed sheet or column that is missing
    or stands twice, a date or number that is none, a task without division, a round key used twice.
    """
    reader = _Reader(source, name, noted)
    settings = reader.settings()
    organisation = settings.get(schema.SETTING_ORGANISATION, "").strip()
    if not organisation:
        raise MasterError(
            tr("没有填写单位"), where=f"{name} {Sheet.SETTINGS}", remedy=tr("在“单位”一行填上单位名称，如 市民政局")
        )
    year_text = plain(settings.get(schema.SETTING_YEAR, ""))
    year_match = re.fullmatch(r"(\d{4})(\.0)?年?", year_text)
    if not year_match:
        raise MasterError(
            tr("年度“{year_text}”不是四位年份", year_text=year_text),
            where=f"{name} {Sheet.SETTINGS}",
            remedy=tr("填写如 2023"),
        )
    year = int(year_match[1])
    timezone = settings.get(schema.SETTING_TIMEZONE, "").strip() or "Asia/Shanghai"
    zone = office_zone(timezone)
    calendar = reader.calendar()
    rounds, round_layout, worked_out = reader.rounds(calendar, day_end(settings.get(schema.SETTING_DAY_END, "")))
    receipts, receipt_layout = reader.receipts(zone)
    reported = Counter(r.round for r in receipts if r.written)
    _refuse_lost_rounds(reported, rounds, name)
    begun = frozenset(reported)
    tasks, status, states, task_layout, keyless, task_states, brought, unsettled = reader.tasks(
        year, rounds, receipts, begun
    )
    divisions, division_layout = reader.divisions()
    office = Office(organisation, year, timezone, tasks, rounds, divisions, settings)
    tracker, tracker_layout, lines, tracker_names = reader.tracker(office, zone, begun)
    which = reader.row_of(tasks)
    steps, step_layout = reader.steps(which, year)
    excused = frozenset(cell for cell, value in tracker.items() if value == schema.EXEMPT)
    office = replace(office, granted=_granted(tracker), excused=excused, steps=steps)
    if step_layout:
        status |= _plans(office)
    reader.remarks += doubts(office)
    receipts = tuple(_renamed(r, office) for r in receipts)
    office = replace(office, answered=answered(office, receipts))
    items, item_layout = reader.items()
    jobs, job_layout = reader.jobs()
    layouts = {
        Sheet.TASKS: task_layout,
        Sheet.DIVISIONS: division_layout,
        Sheet.ROUNDS: round_layout,
        Sheet.TRACKER: tracker_layout,
        Sheet.RECEIPTS: receipt_layout,
        Sheet.ATTENTION: item_layout,
    }
    if step_layout:
        layouts[Sheet.PLANS] = step_layout
    if job_layout:
        layouts[Sheet.JOBS] = job_layout
    indicators = read_indicators(reader, tasks, rounds, which)
    reader.tell_renumbered(tasks, indicators)
    if indicators.layout:
        layouts[Sheet.TARGETS] = indicators.layout
    office = replace(office, indicators=indicators.asked)
    return Master(
        office,
        zone,
        status,
        states,
        tracker,
        receipts,
        items,
        layouts,
        keyless,
        brought,
        frozenset(reader.recovered),
        unsettled,
        lines,
        calendar,
        jobs,
        worked_out,
        task_states,
        tuple(reader.remarks),
        indicators,
        pace_limits(settings, f"{name} {Sheet.SETTINGS}"),
        tracker_names,
    )


_REPORTS = frozenset((Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_REMARKS, Verdict.RETURNED))
_NO_KEY = "\0"
_TASK_TEXTS = (
    "工作事项", "牵头处室", "序号", schema.TASK_KEY, "牵头(★)", "类别", "市级单位", "分管领导", "责任处室(单位)",
    schema.TASK_STATE, schema.CLOSING,
)  # fmt: skip


_DIVISION_TEXTS = (
    "名称", "别名", "联系人", "邮箱", "抄送", "分管领导", schema.LEADER_MAIL, schema.EXEMPT_ROUNDS, schema.EXTENSIONS,
    schema.SUCCESSOR,
)  # fmt: skip


class _Reader(SheetReader):
    def __init__(self, source: Source, name: str, noted: Noted = dict) -> None:
        super().__init__(source, name)
        self.remarks: list[str] = []
        self._noted = lru_cache(maxsize=1)(noted)
        self.recovered: set[str] = set()

    def settings(self) -> dict[str, str]:
        _, rows = self.sheet_rows(Sheet.SETTINGS, schema.COLUMNS[Sheet.SETTINGS])
        return {r.text("项目"): r.text("值") for r in rows if r.text("项目")}

    def calendar(self) -> WorkCalendar:
        """工作日历, which an office may do without."""
        days: dict[date, tuple[bool, str]] = {}
        if self.has(Sheet.CALENDAR):
            for r in self.sheet_rows(Sheet.CALENDAR, schema.COLUMNS[Sheet.CALENDAR])[1]:
                day, kind = r.date("日期"), r.text("类型")
                if day is None or not kind:
                    continue
                if kind not in schema.DAY_KINDS:
                    kinds = "、".join(schema.DAY_KINDS)
                    raise MasterError(
                        tr("类型“{kind}”不认识", kind=kind),
                        where=r.where(tr("类型")),
                        remedy=tr("从下拉列表中选：{kinds}", kinds=kinds),
                    )
                days[day] = (kind == schema.DAY_KINDS[0], r.text("说明"))
        return WorkCalendar(days)

    def jobs(self) -> tuple[tuple[JobRow, ...], Layout | None]:
        """定时任务, which an office may do without."""
        if not self.has(Sheet.JOBS):
            return (), None
        layout, rows = self.sheet_rows(Sheet.JOBS, schema.COLUMNS[Sheet.JOBS])
        jobs = [
            JobRow(
                r.text(schema.JOB_NAME),
                r.text(schema.JOB_ACTION),
                r.text(schema.JOB_WHEN),
                r.text(schema.JOB_ENABLED) != schema.JOB_OFF,
                r.text(schema.JOB_RESULT),
                r.where(schema.JOB_WHEN),
            )
            for r in rows
            if r.text(schema.JOB_NAME)
        ]
        places = {r.text(schema.JOB_NAME): r.number for r in rows}
        return tuple(jobs), placed(layout, places, max((r.number for r in rows), default=layout.header_row))

    def steps(self, which: Which, year: int) -> tuple[tuple[Step, ...], Layout | None]:
        """办理方案, which an office may do without.  A row without 序号 belongs to the task of the row above."""
        if not self.has(Sheet.PLANS):
            return (), None
        layout, rows = self.sheet_rows(Sheet.PLANS, schema.COLUMNS[Sheet.PLANS])
        steps: list[Step] = []
        task = ""
        for r in rows:
            no, key = plain(r.text("序号")).rstrip("*★"), plain(r.text(schema.TASK_KEY))
            task = which(key, no) if no or which(key, "") else task
            if task and r.text(schema.STEP_TEXT):
                when = step_day(raw := r.raw(schema.STEP_DAY), year)
                words = raw if isinstance(raw, str) and isinstance(when, date) else ""
                person, progress = r.text(schema.STEP_PERSON), r.text(schema.STEP_PROGRESS)
                state = r.formula(schema.STEP_STANDING) or r.text(schema.STEP_STANDING)
                whose = r.text(schema.STEP_DIVISION)
                steps.append(
                    Step(task, r.text(schema.STEP_TEXT), when, person, progress, r.number, no, words, whose, state)
                )
        places = {str(r.number): r.number for r in rows}
        return tuple(steps), placed(layout, places, max((r.number for r in rows), default=layout.header_row))

    def tell_renumbered(self, tasks: Sequence[Task], indicators: Indicators) -> None:
        """指标 of a master of before has no 任务编号: where tasks were renumbered its rows mean others by now."""
        if not indicators.rows or indicators.layout is None or indicators.layout.column(schema.TASK_KEY):
            return
        known = self._noted()
        moved = tuple(str(t.no) for t in tasks if t.key in known and known[t.key][0] != str(t.no))
        if moved:
            self.remarks.append(
                tr(
                    "任务改了序号（现在的第{moved}项），“{sheet}”是按序号对的：请把那里的“序号”也改过来",
                    moved=tr("、").join(moved[:10]) + (tr(" 等") if len(moved) > 10 else ""),
                    sheet=Sheet.TARGETS,
                )
            )

    def row_of(self, tasks: Sequence[Task]) -> Which:
        """Of a row's hidden 任务编号 and its 序号 the task that it means, "" for none.

        What people see counts: a row that was copied brings the hidden key of the other one along.  But where its task
        was renumbered, the number that stands there is the one that the task had.
        """
        numbers = {str(t.no): t.key for t in tasks}
        keys = {t.key: str(t.no) for t in tasks}

        def which(key: str, no: str) -> str:
            if key not in keys:
                return numbers.get(no, "")
            if no in ("", keys[key]):
                return key
            had = self._noted().get(key, (key.partition("-")[2].lstrip("0"), ""))[0]
            return key if no == had else numbers.get(no, "")

        return which

    def rounds(
        self, calendar: WorkCalendar, end: time | None
    ) -> tuple[tuple[Round, ...], Layout, dict[str, WorkedOut]]:
        layout, rows = self.sheet_rows(Sheet.ROUNDS, schema.COLUMNS[Sheet.ROUNDS])
        rounds: list[Round] = []
        worked_out: dict[str, WorkedOut] = {}
        for r in rows:
            key, name, kind = r.text("编号"), r.text("名称"), r.text("表种")
            due = r.date("截止日期")
            for header, value in (("编号", key), ("名称", name)):
                if not value:
                    raise MasterError(
                        tr("没有填写{header}", header=header),
                        where=r.where(header),
                        remedy=tr("填上{header}，或删去这一行", header=header),
                    )
            if not _ROUND_KEY.fullmatch(key) or not key.strip("."):
                raise MasterError(
                    tr("编号“{key}”不能用", key=key[:40]),
                    where=r.where(tr("编号")),
                    remedy=tr("只用字母、数字、汉字和 - _，如 2023Q1"),
                )
            if due is None:
                raise MasterError(
                    tr("{name} 没有截止日期", name=name), where=r.where(tr("截止日期")), remedy=tr("填上日期")
                )
            if kind not in schema.ROUND_KINDS:
                kinds = "、".join(schema.ROUND_KINDS)
                raise MasterError(
                    tr("表种“{kind}”不认识", kind=kind),
                    where=r.where(tr("表种")),
                    remedy=tr("从下拉列表中选：{kinds}", kinds=kinds),
                )
            if any(key.upper() == o.key.upper() or plain(name) == plain(o.name) for o in rounds):
                raise MasterError(
                    tr("编号或名称与别的节点重复：{key} {name}", key=key, name=name),
                    where=r.where(tr("编号")),
                    remedy=tr("改成不同的"),
                )
            rule = r.text("顺延规则") or Rolling.NONE
            if rule not in schema.ROLLING:
                remedy = tr("从下拉列表中选：{listed}", listed=tuple(schema.ROLLING))
                raise MasterError(tr("顺延规则“{rule}”不认识", rule=rule), where=r.where(tr("顺延规则")), remedy=remedy)
            upstream, remind = r.date("上报截止"), r.integer("提前提醒天数", default=7)
            round_ = Round(key, name, due, RoundKind(kind), upstream, remind, Rolling(rule))
            rounds.append(rolled(round_, calendar, end))
            words = isinstance(r.raw("截止日期"), str) and not r.formula("截止日期")
            worked_out[key] = WorkedOut(
                r.raw(schema.ACTUAL_DUE), r.raw(schema.CALENDAR_NOTE), r.raw(schema.CHECKED_DUE), in_words=words
            )
        if len(plans := [r for r in rounds if r.kind is RoundKind.PLAN]) > 1:
            raise MasterError(
                tr("有 {n} 个办理方案节点：{listed}", n=len(plans), listed=tuple(r.name for r in plans)),
                where=f"{self.name} {Sheet.ROUNDS}",
                remedy=tr("一年只留一个；方案修订后，请处室照原来的节点再报一次，新的代替旧的"),
            )
        if not rounds:
            raise MasterError(
                tr("没有一个报送节点"), where=f"{self.name} {Sheet.ROUNDS}", remedy=tr("至少填写一个节点")
            )
        places = {r.text("编号"): r.number for r in rows}
        return tuple(rounds), placed(layout, places, max(r.number for r in rows)), worked_out

    def tasks(
        self, year: int, rounds: tuple[Round, ...], receipts: Sequence[Receipt], begun: frozenset[str]
    ) -> tuple[
        tuple[Task, ...],
        dict[tuple[str, str], str],
        dict[tuple[str, str], str],
        Layout,
        dict[str, int],
        dict[str, TaskState],
        dict[str, tuple[str, ...]],
        frozenset[str],
    ]:
        collecting = [r for r in rounds if kind_of(r).in_ledger]
        layout, blocks = self.sheet_blocks(Sheet.TASKS, _task_columns(collecting, begun))
        self._need_one(layout, [schema.round_columns(r.name)[0] for r in collecting], schema.STATUS_SUFFIX)
        tasks: dict[str, Task] = {}
        places: dict[str, int] = {}
        standings: dict[str, TaskState] = {}
        status: dict[tuple[str, str], str] = {}
        states: dict[tuple[str, str], str] = {}
        without: list[str] = []  # tasks without a key of their own, under one that nobody can type
        models: dict[str, str] = {}  # such a task -> the key that its row brought along from another's
        last = layout.header_row
        written = [layout.column(h) for h in _TASK_TEXTS]
        day_columns = [c for h in (schema.CLOSED_ON, schema.SINCE) if (c := layout.column(h))]
        reported = [
            (r.key, column, found)
            for r in collecting
            for c, found in zip(schema.round_columns(r.name), (status, states), strict=True)
            if (column := layout.column(c.header))
        ]
        headers = {layout.column(c.header): c.header for r in collecting for c in schema.round_columns(r.name)}
        formulas = self.formulas(layout.sheet)
        closed_by_formula = {row for row, column in formulas if column == layout.column(schema.CLOSING)}
        reported_by_formula = {row for row, column in formulas if column in {c for _, c, _ in reported}}

        def rename(old: str, new: str) -> None:
            tasks[new], places[new], standings[new] = tasks.pop(old), places.pop(old), standings.pop(old)
            for round_key, _, found in reported:
                if (old, round_key) in found:
                    found[new, round_key] = found.pop((old, round_key))

        for block in blocks:
            numbers, columns = block.numbers, block.columns
            last = max((last, *numbers[-1:]))
            dated = any(c in columns for c in day_columns)
            reports = [(key, values, found) for key, c, found in reported if (values := columns.get(c)) is not None]
            said = zip(*(texts(block, c) for c in written), strict=True)
            for i, (row, line) in enumerate(zip(numbers, said, strict=True)):
                text, division, number, key, starred, section, units, leader, others, progress, closing = line
                if not text:
                    continue  # a section heading or a note of the staff's
                if not division and not number:
                    continue  # a note below the table
                if number.isascii() and number.isdigit():
                    no = int(number)
                else:
                    no = self._number(Row(self, layout, row, block.row(i)))
                if not division:
                    raise MasterError(
                        tr("第 {no} 项没有牵头处室", no=no),
                        where=Row(self, layout, row, {}).where(tr("牵头处室")),
                        remedy=tr("填上牵头处室"),
                    )
                key = plain(key)
                if key in tasks and self._above_its_model(key, tasks[key], no, text):
                    copy = _NO_KEY + str(places[key])
                    without.append(copy)
                    models[copy] = key
                    rename(key, copy)
                elif not key or key in tasks:  # a new row, or one copied from another with its hidden key
                    model, key = key, _NO_KEY + str(row)
                    without.append(key)
                    if model:
                        models[key] = model
                places[key] = row
                state, since = _NOTHING_SAID, None
                if dated or progress or closing or row in closed_by_formula:
                    r = Row(self, layout, row, block.row(i))
                    state, since = self._task_state(r, progress, closing), r.date(schema.SINCE)
                standings[key] = state
                closed = None
                if state.closing == schema.CLOSED_TASK:
                    closed = state.closed_on or date(year, 1, 1)  # nobody wrote down when: since the year began
                tasks[key] = Task(
                    key,
                    no,
                    bool(starred and plain(starred)),
                    section,
                    text,
                    parse_city_units(units) if units else None,
                    plain(leader),
                    division,
                    split_names(others) if others else (),
                    closed,
                    since,
                )
                for round_key, values, found in reports:
                    if (value := values[i]) is not None and (shown := as_text(value)):
                        found[key, round_key] = shown
                if row in reported_by_formula:
                    for round_key, column, found in reported:
                        if (row, column) in formulas:  # somebody's: never taken for an empty cell
                            found.setdefault((key, round_key), BY_FORMULA)
        if not tasks:
            raise MasterError(
                tr("没有一项任务"), where=f"{self.name} {Sheet.TASKS}", remedy=tr("填写任务，或从通知新建总表")
            )
        self._keys_belong(tasks)
        brought: dict[str, tuple[str, ...]] = {}
        undecided: set[str] = set()
        for copy, model in models.items():
            came: list[str] = []
            where = Row(self, layout, places[copy], {}).where("序号")
            if not self._copied(model, tasks[copy], tasks[model]):
                told = {"where": where, "no": tasks[model].no, "other": places[model], "sheet": Sheet.TASKS}
                self.remarks.append(
                    tr(
                        "{where} 这一行和“{sheet}”第{other}行（第{no}项）任务编号相同，看不出哪一行是抄来的，先不动。"
                        "把抄来的一行改好或删掉；两行都改过的，抄来的一行里的完成情况、销号和任务编号请自己清空",
                        **told,
                    )
                )
                undecided.add(copy)
                continue
            for round_key, column, found in reported:
                brought_text = found.get((copy, round_key))
                if brought_text and brought_text != BY_FORMULA and brought_text == found.get((model, round_key)):
                    del found[copy, round_key]
                    came.append(headers[column])
            if tasks[copy].since == tasks[model].since is not None:
                tasks[copy] = replace(tasks[copy], since=None)
                came.append(schema.SINCE)
            own, other = standings[copy], standings[model]
            closing = (own.closing, own.closed_on)
            if any(closing) and closing == (other.closing, other.closed_on) and own.closing != BY_FORMULA:
                standings[copy] = TaskState(own.progress)
                tasks[copy] = replace(tasks[copy], closed=None)
                came += (schema.CLOSING, schema.CLOSED_ON)
            if came:
                brought[copy] = tuple(h for h in came if layout.column(h))
                self.remarks.append(
                    tr(
                        "{where} 这一行是从第{no}项的行抄来的，带来的“{came}”是那一项的，不算这一项的；收取时清空",
                        where=where,
                        no=tasks[model].no,
                        came=tr("”“").join(brought[copy]),
                    )
                )
        keyless: dict[str, int] = {}
        used: dict[str, set[tuple[str, str]]] = {}  # task key -> (round, digest) of what was written for it
        for w, receipt in ((w, r) for r in receipts for w in r.written) if without else ():
            used.setdefault(w.task, set()).add((receipt.round, w.digest))
        gone = {}
        if without and len(without) == len(tasks):  # the column was emptied or deleted: its tasks are no new ones
            gone = {text: key for key, (_, text) in self._noted().items() if key not in tasks}
            if gone and layout.column(schema.TASK_KEY) is None:
                self.remarks.append(
                    tr(
                        "“{sheet}”的“{key}”（隐藏的一列）不在了，这次按工作事项认。用 annex2 restore 取回删以前的总表，"
                        "或在最右边加一列，标题写“{key}”，再收取一次",
                        sheet=Sheet.TASKS,
                        key=schema.TASK_KEY,
                    )
                )
        for old in sorted(without, key=places.__getitem__):
            if found_again := gone.pop(tasks[old].text, ""):
                keyless[found_again] = places[old]
                self.recovered.add(found_again)
                rename(old, found_again)
                tasks[found_again] = replace(tasks[found_again], key=found_again)
                continue
            key = f"{year}-{tasks[old].no:02d}"
            stands = {(r.key, digest(text)) for r in rounds if (text := status.get((old, r.key)))}
            if key in tasks or not stands & used.get(key, set()):  # else somebody emptied the column: it is that task
                key = _fresh_key(key, used.keys() | tasks.keys())
            if old in undecided:
                undecided.add(key)
            else:
                keyless[key] = places[old]
            if old in brought:
                brought[key] = brought.pop(old)
            rename(old, key)
            tasks[key] = replace(tasks[key], key=key)
        order = sorted(tasks.values(), key=lambda t: places[t.key]) if keyless else list(tasks.values())
        if len({t.no for t in order}) == len(order):  # the plan's order, however staff sorted the sheet
            order.sort(key=lambda t: t.no)
        unsettled = frozenset(undecided & tasks.keys())
        return tuple(order), status, states, placed(layout, places, last), keyless, standings, brought, unsettled

    def _keys_belong(self, tasks: Mapping[str, Task]) -> None:
        """Raises MasterError where tasks have changed their hidden keys with each other: a sort left the column behind.

        Everything that was reported would count for another task.
        """
        if sum(not _is_own(key, t.no) for key, t in tasks.items() if not key.startswith(_NO_KEY)) < 2:
            return  # nothing moved
        known = self._noted()
        owner = {text: key for key, (_, text) in known.items()}
        moved = [
            t for key, t in tasks.items() if key in known and known[key][1] != t.text and owner.get(t.text, key) != key
        ]
        if len(moved) < 2:
            return
        raise MasterError(
            tr(
                "有 {count} 项任务和它们隐藏的“{key}”对不上了：{labels}",
                count=len(moved),
                key=schema.TASK_KEY,
                labels=tr("、").join(tr("第{label}项", label=t.label) for t in moved[:10]),
            ),
            where=f"{self.name} {Sheet.TASKS}",
            remedy=_UNSORT,
        )

    def _above_its_model(self, key: str, above: Task, no: int, text: str) -> bool:
        """Of two rows with one 任务编号, whether the upper one (`above`) is the copy of the other (`no`, `text`)."""
        known = self._noted().get(key, ("", ""))[1]
        if (above.text == known) is not (text == known):
            return text == known
        return _is_own(key, no) and not _is_own(key, above.no)

    def _copied(self, key: str, copy: Task, model: Task) -> bool:
        """Whether it is plain which of two rows with one 任务编号 is the copy: it has another 工作事项 than before.

        A copy that nobody has changed yet is nothing yet.
        """
        known = self._noted().get(key, ("", ""))[1]
        if known and copy.text != known:
            return model.text == known
        changed = copy.text != model.text or copy.division != model.division
        return changed and _is_own(key, model.no) and not _is_own(key, copy.no)

    def _need_one(self, layout: Layout, columns: Sequence[Column], suffix: str = "") -> None:
        """Columns of rounds may be missing, but one of them, or of rounds that are no more, must be there: the others
        are made like it."""
        if columns and not any(layout.column(c.header) for c in columns) and not layout.alike(suffix):
            raise missing_columns([columns[0].header], layout.sheet, self.name)

    @staticmethod
    def _task_state(r: Row, progress: str, closing: str) -> TaskState:
        said = plain(closing) or (r.formula(schema.CLOSING) and BY_FORMULA)
        day = r.date(schema.CLOSED_ON)
        return TaskState(plain(progress), said, day) if progress or said or day else _NOTHING_SAID

    def _number(self, r: Row) -> int:
        if not r.text("序号"):
            raise MasterError(tr("这一行没有序号"), where=r.where(tr("序号")), remedy=tr("填上序号；不要这一行就删掉"))
        return r.integer("序号")

    def divisions(self) -> tuple[tuple[Division, ...], Layout]:
        layout, blocks = self.sheet_blocks(Sheet.DIVISIONS, schema.COLUMNS[Sheet.DIVISIONS])
        columns = [layout.column(h) for h in _DIVISION_TEXTS]
        divisions: list[Division] = []
        places: dict[str, int] = {}
        last = layout.header_row
        for block in blocks:
            last = max((last, *block.numbers[-1:]))
            dated = layout.column(schema.CLOSED) in block.columns
            said = zip(*(texts(block, c) for c in columns), strict=True)
            for i, (number, line) in enumerate(zip(block.numbers, said, strict=True)):
                name, aliases, contact, mail, copies, leader, leader_mail, exempt, extensions, successor = line
                if name:
                    r = Row(self, layout, number, block.row(i) if dated or extensions else {})
                    places[name] = number
                    divisions.append(
                        Division(
                            name,
                            split_names(aliases),
                            contact,
                            mail,
                            split_names(copies),
                            plain(leader),
                            leader_mail,
                            split_names(exempt),
                            self._extensions(r) if extensions else (),
                            r.date(schema.CLOSED),
                            successor,
                        )
                    )
        names = {plain(d.name): d for d in divisions}
        for d in divisions:
            for alias in d.aliases:
                if (other := names.get(plain(alias))) is not None and other is not d:
                    raise MasterError(
                        tr("{name}的别名“{alias}”是另一个处室的名称", name=d.name, alias=alias),
                        where=tr("{name} {divisions}!别名", name=self.name, divisions=Sheet.DIVISIONS),
                        remedy=tr("删掉这个别名；处室合并了就填那一行的“停用日期”“并入”"),
                    )
        return tuple(divisions), placed(layout, places, last)

    def _extensions(self, r: Row) -> tuple[tuple[str, date], ...]:
        """延期: `2023Q1：2023-04-10；第二季度：2023年7月12日`."""
        found: list[tuple[str, date]] = []
        for piece in re.split(r"[；;、,，\n]+", r.text(schema.EXTENSIONS)):
            if not piece.strip():
                continue
            m = re.fullmatch(r"\s*(.+?)\s*[：:至到\s]+\s*(\d{4}\D\d{1,2}\D\d{1,2}日?)\s*", piece)
            until = as_date(m[2]) if m else None
            if m is None or until is None:
                raise MasterError(
                    tr("延期“{piece}”看不明白", piece=piece.strip()),
                    where=r.where(schema.EXTENSIONS),
                    remedy=tr("写成 2023Q1：2023-04-10 这样（节点编号或名称，冒号，延到哪一天），几项用分号分开"),
                )
            found.append((m[1], until))
        return tuple(found)

    def tracker(
        self, office: Office, zone: tzinfo, begun: frozenset[str]
    ) -> tuple[dict[tuple[str, str], Value], Layout, dict[str, int], dict[str, tuple[str, str | None]]]:
        columns = [Column(schema.TRACKER_DIVISION, 0, needed=True), Column(schema.TRACKER_LEADER, 0)]
        rounds = [Column(r.name, 0, needed=r.key in begun) for r in office.rounds]
        layout, rows = self.sheet_rows(Sheet.TRACKER, [*columns, *rounds])
        self._need_one(layout, rounds)
        cells: dict[tuple[str, str], Value] = {}
        places: dict[str, int] = {}
        names: dict[str, tuple[str, str | None]] = {}
        seen = bool(self.formulas(layout.sheet))  # a source that knows of none has them nevertheless
        for r in rows:
            written = r.text(schema.TRACKER_DIVISION)
            known = office.division(written)
            name = known.name if known else written
            if not name:
                continue
            places[name] = r.number
            led = layout.column(schema.TRACKER_LEADER) and not r.formula(schema.TRACKER_LEADER)
            bare = not r.formula(schema.TRACKER_DIVISION)
            if name in names:  # of two rows of one division none is renamed
                written = name
            names[name] = (written if bare else name, r.text(schema.TRACKER_LEADER) if led else None)
            for round_ in office.rounds:
                value = r.raw(round_.name)
                formula = r.formula(round_.name)
                if MISSING in formula or layout.column(round_.name) is None or (value is None and not seen):
                    cells[name, round_.key] = None
                    continue
                if value is None and not formula:
                    value = ""
                elif formula and as_moment(value, zone) is None:
                    value = BY_FORMULA  # a person's own formula, whatever it shows
                elif isinstance(value, str) and not formula:
                    value = self._ruling(value, round_, r.where(round_.name), zone)
                elif self._no_day(value, r.where(round_.name)):
                    value = as_typed(value)
                cells[name, round_.key] = as_moment(value, zone) or value
        lines: dict[str, int] = {}
        for number, line in self.source.rows(layout.sheet):
            if number >= layout.header_row:
                break
            lines.update({as_text(v): number for v in line.values() if isinstance(v, str)})
        return cells, placed(layout, places, max((r.number for r in rows), default=layout.header_row)), lines, names

    def _no_day(self, value: Value, where: str) -> bool:
        """Whether a cell of 报送情况 holds a number where a day should stand: 7.4; it is told."""
        day = as_date(value)
        if value is None or isinstance(value, str) or (day is not None and day.year >= FIRST_YEAR):
            return False
        self.remarks.append(
            tr(
                "{where}写的“{value}”是个数，不是日期，没有照办：在这一格写 2023-04-04 这样的日期",
                where=where,
                value=as_typed(value),
            )
        )
        return True

    def _ruling(self, text: str, round_: Round, where: str, zone: tzinfo) -> Value:
        """What a person's words in 报送情况 mean, in the words that every command knows."""
        moment = as_moment(text, zone)
        said = rulings.Said(moment.date(), shown=False) if moment else rulings.read(text, round_.due)
        told = {"where": where, "value": text.strip()}
        if said is None and text[:1] in rulings.NOTED and text.strip() not in WAITING:
            self.remarks.append(
                tr(
                    "{where}写的“{value}”在程序的字后面加了字，这一格不再变，收到报送也不变。"
                    "要记的写成批注，再把这一格清空",
                    **told,
                )
            )
        if said is None:
            return text
        if said.value is None:
            self.remarks.append(
                tr(
                    "{where}写的“{value}”看不懂，没有照办。"
                    "能写的是：{exempt}、{extended} 2023-04-10、收到纸质报送的日期",
                    exempt=schema.EXEMPT,
                    extended=schema.EXTENDED,
                    **told,
                )
            )
            return text
        if isinstance(said.value, date):  # the sheet's own colours know real dates only
            self.remarks.append(
                tr(
                    "{where}写的“{value}”是文字，不是日期：这里按 {moment:%Y-%m-%d} 收到算，"
                    "表里的颜色和个数却不算它。在这一格重新键入 {moment:%Y-%m-%d}",
                    moment=said.value,
                    **told,
                )
            )
            return moment or datetime(said.value.year, said.value.month, said.value.day, tzinfo=zone)
        if not said.shown:
            self.remarks.append(
                tr(
                    "{where}写的“{value}”按“{meant}”算，表里的颜色和个数却不认。在这一格改写成 {meant}",
                    meant=said.value,
                    **told,
                )
            )
        return said.value

    def receipts(self, zone: tzinfo) -> tuple[tuple[Receipt, ...], Layout]:
        layout, rows = self.sheet_rows(Sheet.RECEIPTS, schema.COLUMNS[Sheet.RECEIPTS])
        receipts: list[Receipt] = []
        for r in rows:
            if not r.text("SHA-256") and not r.text("结论") and not r.text("编号").isdecimal():
                continue  # a note below the table
            verdict = Verdict.from_label(r.text("结论"))
            received = r.moment("收到时间", zone)
            if verdict is None or received is None:
                raise MasterError(
                    tr("收件记录的“结论”或“收到时间”被改动，不再认识"),
                    where=r.where(tr("结论")),
                    remedy=tr(
                        "结论只能是：{listed}；要改收到时间请填“认定时间”",
                        listed=tr("、").join(v.label for v in Verdict),
                    ),
                )
            receipts.append(
                Receipt(
                    r.integer("编号"),
                    received,
                    r.text("来源"),
                    r.text("文件名"),
                    plain(r.text("SHA-256")).lower(),
                    r.text("处室"),
                    r.text("节点"),
                    verdict,
                    r.text("原因"),
                    r.text("归档位置"),
                    r.moment("认定时间", zone),
                    parse_written(wrote := r.text("写入记录")),
                    r.number,
                    self._approval(r, reported=bool(wrote) and verdict in _REPORTS),
                    parse_ruled(wrote, zone) if wrote else None,
                )
            )
        places = {str(r.no): r.row for r in receipts}
        last = max((r.number for r in rows), default=layout.header_row)
        receipts.sort(key=lambda r: r.no)
        return tuple(receipts), placed(layout, places, last)

    def _approval(self, r: Row, *, reported: bool) -> str:
        """审定; a word that is neither is told, and approves nothing."""
        said = plain(r.text(schema.APPROVAL))
        if not said and reported and r.layout.column(schema.APPROVAL):
            return UNAPPROVED  # emptied: nobody has said that it is approved
        if said not in ("", APPROVED, UNAPPROVED):
            self.remarks.append(
                tr(
                    "{where}写的“{said}”不认识，按{unapproved}算。从下拉列表中选：{unapproved}、{approved}",
                    where=r.where(schema.APPROVAL),
                    said=said,
                    unapproved=UNAPPROVED,
                    approved=APPROVED,
                )
            )
        return said

    def items(self) -> tuple[tuple[Item, ...], Layout]:
        layout, rows = self.sheet_rows(Sheet.ATTENTION, schema.COLUMNS[Sheet.ATTENTION])
        items = [
            Item(
                r.text(schema.ITEM_KEY),
                r.integer("编号", default=0),
                *(r.text(h) for h in ("处理意见", "处理结果", "事项", "位置", "问题", "怎么办")),
            )
            for r in rows
        ]
        places = {i.key: r.number for i, r in zip(items, rows, strict=True) if i.key}
        return tuple(items), placed(layout, places, max((r.number for r in rows), default=layout.header_row))


def _task_columns(rounds: Sequence[Round], begun: Set[str]) -> tuple[Column, ...]:
    """The columns of 任务台账; those of a round that nothing was received for are added when they are missing."""
    optional = {schema.round_columns(r.name)[0] for r in rounds if r.key not in begun}
    columns = schema.task_columns([r.name for r in rounds])
    return tuple(replace(c, needed=False) if c in optional else c for c in columns)


def _plans(office: Office) -> dict[tuple[str, str], str]:
    """The plans as texts of the plan round; what was carried over from last year is none of this year's yet."""
    found: dict[str, list[Step]] = {}
    for s in office.steps:
        if not s.progress.startswith(CARRIED):
            found.setdefault(s.task, []).append(s)
    rounds = [r for r in office.rounds if r.kind is RoundKind.PLAN]
    return {(task, r.key): plan_text(steps) for task, steps in found.items() for r in rounds}


def _granted(tracker: Mapping[tuple[str, str], Value]) -> dict[tuple[str, str], date]:
    """What people wrote as 延期至 2023-04-10 into 报送情况."""
    found: dict[tuple[str, str], date] = {}
    for cell, value in tracker.items():
        if isinstance(value, str) and not value.endswith(BY_DIVISION_SHEET):
            word, _, rest = plain(value).partition(schema.EXTENDED)
            until = as_date(rest) if not word and rest else None
            if until:
                found[cell] = until
    return found


def _is_own(key: str, no: int) -> bool:
    """Whether a 任务编号 was made for this 序号: of rows that share one, a copy and its model, the model keeps it."""
    return key.partition("-")[2].lstrip("0") == str(no)


def _refuse_lost_rounds(reported: Mapping[str, int], rounds: Iterable[Round], name: str) -> None:
    """Where a round's 编号 was changed, or its row deleted, all its reports would look as if they had not come.

    `reported`: how many reports each round has.
    """
    if reported.get(""):
        raise MasterError(
            tr(
                "“{sheet}”里有 {count} 行没有节点，却写着写入记录：隐藏的“写入记录”和这一行对不上了",
                sheet=Sheet.RECEIPTS,
                count=reported[""],
            ),
            where=f"{name} {Sheet.RECEIPTS}",
            remedy=_UNSORT,
        )
    for key in sorted(reported.keys() - {r.key for r in rounds}):
        told = {"sheet": Sheet.ROUNDS, "key": key, "count": reported[key]}
        raise MasterError(
            tr("“{sheet}”里没有编号 {key} 了，收到的报送有 {count} 份是它的", **told),
            where=f"{name} {Sheet.ROUNDS}",
            remedy=tr("改了编号的改回 {key}（名称、日期可以改）；删了这一行的抄回来，annex2 restore 有旧版", key=key),
        )


def _renamed(receipt: Receipt, office: Office) -> Receipt:
    """A receipt under its division's present name (别名)."""
    found = office.division(receipt.division) if receipt.division else None
    return replace(receipt, division=found.name) if found and found.name != receipt.division else receipt


def _fresh_key(wanted: str, taken: Set[str]) -> str:
    key, n = wanted, 1
    while key in taken:
        n += 1
        key = f"{wanted}-{n}"
    return key


def parse_city_units(text: str) -> CityUnits | None:
    """市责任单位：市妇联、市残联"""
    role, colon, units = text.replace(":", "：").partition("：")
    if not colon:
        return CityUnits("市责任单位", split_names(text)) if text else None
    return CityUnits(role.strip(), split_names(units))


def format_written(written: Iterable[Written], ruled: datetime | None = None) -> str:
    """写入记录: `2023-01:9f86d081a2b3:+:按时:20230404T0905 2023-03:…`; + where the text was taken.

    `ruled`: 认定时间, of which 报送情况 shows the day: `认定:20230404T160000` behind the others.
    """
    pieces = [f"{w.task}:{w.digest}:{'+' if w.taken else '-'}:{w.state}:{w.at}" for w in written]
    return " ".join([*pieces, f"{_RULED}:{ruled:{_RULED_AT}}"] if ruled else pieces)


_RULED, _RULED_AT = "认定", "%Y%m%dT%H%M%S"


def parse_ruled(text: str, zone: tzinfo) -> datetime | None:
    """The 认定时间 that stands in 写入记录."""
    found = re.search(rf"(?:^|\s){_RULED}:(\d{{8}}T\d{{6}})$", text.strip())
    return datetime.strptime(found[1], _RULED_AT).replace(tzinfo=zone) if found else None


def parse_written(text: str) -> tuple[Written, ...]:
    """The inverse of `format_written`; pieces that are not of its form are passed over."""
    pieces = (entry.split(":") for entry in text.split())
    return tuple(Written(p[0], p[1], p[2] == "+", p[3], "".join(p[4:])) for p in pieces if len(p) >= 4)
