"""master.xlsx -> Master: the office, what stands in the cells annex2 may write, and where each thing is.

Columns are found by header text on each sheet, wherever staff moved them; rows by key.
Works on any `Source` of rows, so that a closed file and a live Excel are read by the same code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, tzinfo
from functools import lru_cache, partial

from toolkit.calendar import WorkCalendar, day_end, office_zone, rolled
from toolkit.cells import LAST_YEAR, split_names
from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.mail.settings import in_cell
from toolkit.master import rulings, schema
from toolkit.master.doubts import doubts, lost_names
from toolkit.master.indicators import Indicators, Which, pace_limits, read_indicators
from toolkit.master.receipts import read_receipts, refuse_lost_rounds, renamed
from toolkit.master.registered import Registered
from toolkit.master.rows import Layout, Row, SheetReader, Source, header_key, placed, texts
from toolkit.master.schema import Sheet
from toolkit.master.tasks import Noted, TaskState, read_tasks, reworded
from toolkit.master.tracker_rows import read_tracker
from toolkit.master.waiting import (
    DUE_LABEL,
    END_LABEL,
    REMIND_LABEL,
    tracker_formula,
)
from toolkit.merge import bases
from toolkit.model import (
    Division,
    Office,
    Receipt,
    Rolling,
    Round,
    RoundKind,
    Step,
    Task,
    answered,
    plain,
)
from toolkit.plans import CARRIED, reported_plan, step_day
from toolkit.returns.wording import call_row
from toolkit.targets import PaceLimits
from toolkit.xlsx import Formula, Value, column_letters

_ROUND_KEY = re.compile(r"[\w.-]{1,40}")  # it names a folder
_MOST_AHEAD = 366
"""Days before a round's due date."""


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
class JobRow:
    """A row of 定时任务 as a person wrote it; `toolkit.jobs` understands it."""

    name: str
    action: str  # 做什么
    when: str  # 时间
    enabled: bool = True
    result: str = ""
    where: str = ""  # the cell of 时间, for messages
    next: str = ""  # 下次运行 as it stands there
    number: int = 0  # of its row in the sheet


def one_of_each(rows: Iterable[JobRow]) -> dict[str, JobRow]:
    """By name, the row in which the job's outcome is told: of several the first one that is on, as that one runs."""
    found: dict[str, JobRow] = {}
    for row in rows:
        if row.name not in found or (row.enabled and not found[row.name].enabled):
            found[row.name] = row
    return found


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
    tracker_words: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(division, round key) -> a cell of `tracker` as it stands there, where it is text; BY_FORMULA of a formula."""

    @property
    def newly_added(self) -> frozenset[str]:
        """Keys of tasks that somebody wrote below the others once reports were coming in, and no run has dated."""
        if not self.receipts or self.layouts[Sheet.TASKS].column(schema.SINCE) is None:
            return frozenset()
        new = self.keyless.keys() - self.recovered
        return frozenset(t.key for t in self.office.tasks if t.key in new and t.since is None)

    @property
    def newly_closed(self) -> frozenset[str]:
        """Keys of tasks that somebody closed (销号) without a day, and no run has dated."""
        if self.layouts[Sheet.TASKS].column(schema.CLOSED_ON) is None:
            return frozenset()
        said = self.task_states
        return frozenset(t.key for t in self.office.tasks if t.closed and t.key in said and not said[t.key].closed_on)

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
    receipts, receipt_layout = read_receipts(reader, zone, reader.remarks)
    reported = Counter(r.round for r in receipts if r.written)
    refuse_lost_rounds(reported, rounds, name)
    said = read_tasks(reader, reader.noted, year, rounds, receipts, reported.keys())
    reader.remarks += said.remarks
    tasks, status = tuple(said.tasks.values()), said.status
    office = Office(organisation, year, timezone, tasks, rounds, (), settings)
    divisions, division_layout = reader.divisions(office)
    office = replace(office, divisions=divisions)
    tracker = read_tracker(reader, office, zone, reported.keys())
    reader.remarks += tracker.remarks
    which = reader.row_of(tasks)
    steps, step_layout = reader.steps(which, year)
    office = replace(office, granted=tracker.granted, excused=tracker.excused, steps=steps)
    if step_layout:
        status |= _plans(office, receipts)
    reader.remarks += doubts(office)
    receipts = tuple(renamed(r, office) for r in receipts)
    reader.remarks += lost_names(office, receipts)
    if not office.approves:
        receipts = tuple(replace(r, approval="") if r.approval else r for r in receipts)
    office = replace(office, answered=answered(office, receipts))
    registered = Registered(office, tracker.cells, receipts, tracker.layout, name)
    cells = registered.cells()
    reader.remarks += registered.remarks(status)
    items, item_layout = reader.items()
    jobs, job_layout = reader.jobs()
    layouts = {
        Sheet.TASKS: said.layout,
        Sheet.DIVISIONS: division_layout,
        Sheet.ROUNDS: round_layout,
        Sheet.TRACKER: tracker.layout,
        Sheet.RECEIPTS: receipt_layout,
        Sheet.ATTENTION: item_layout,
    }
    if step_layout:
        layouts[Sheet.PLANS] = step_layout
    if job_layout:
        layouts[Sheet.JOBS] = job_layout
    indicators = read_indicators(reader, tasks, rounds, which, lru_cache(maxsize=1)(partial(reader.labels_now, tasks)))
    reader.tell_renumbered(tasks, indicators)
    reader.remarks += indicators.doubts
    if indicators.layout:
        layouts[Sheet.TARGETS] = indicators.layout
    office = replace(office, indicators=indicators.asked)
    return Master(
        office,
        zone,
        status,
        said.states,
        cells,
        receipts,
        items,
        layouts,
        said.keyless,
        said.brought,
        frozenset(said.recovered),
        said.unsettled,
        tracker.lines,
        calendar,
        jobs,
        worked_out,
        said.standings,
        tuple(reader.remarks),
        indicators,
        pace_limits(settings, f"{name} {Sheet.SETTINGS}"),
        tracker.names,
        tracker.words,
    )


_DIVISION_TEXTS = (
    "名称", "别名", "联系人", "邮箱", "抄送", "分管领导", schema.LEADER_MAIL, schema.EXEMPT_ROUNDS, schema.EXTENSIONS,
    schema.SUCCESSOR,
)  # fmt: skip


_OFF = (schema.JOB_OFF, "停", "暂停", "暂不启用", "不启用", "未启用", "禁用", "关", "关闭", "否", "不")
"""What people write for a job that is not to run."""


class _Reader(SheetReader):
    def __init__(self, source: Source, name: str, noted: Noted = dict) -> None:
        super().__init__(source, name)
        self.remarks: list[str] = []
        self.noted = lru_cache(maxsize=1)(noted)

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
                plain(r.text(schema.JOB_ENABLED)) not in _OFF,
                r.text(schema.JOB_RESULT),
                r.where(schema.JOB_WHEN),
                r.text(schema.JOB_NEXT),
                r.number,
            )
            for r in rows
            if r.text(schema.JOB_NAME)
        ]
        places = {name: row.number for name, row in one_of_each(jobs).items()}
        return tuple(jobs), placed(layout, places, max((r.number for r in rows), default=layout.header_row))

    def steps(self, which: Which, year: int) -> tuple[tuple[Step, ...], Layout | None]:
        """办理方案, which an office may do without.  A row without 序号 belongs to the task of the row above."""
        if not self.has(Sheet.PLANS):
            return (), None
        layout, rows = self.sheet_rows(Sheet.PLANS, schema.COLUMNS[Sheet.PLANS])
        steps: list[Step] = []
        left: dict[str, list[int]] = {}  # 任务编号 of a task that is gone -> its rows
        task = ""
        for r in rows:
            no, key = plain(r.text("序号")).rstrip("*★"), plain(r.text(schema.TASK_KEY))
            task = which(key, no) if no or key else task
            if key and not task and r.text(schema.STEP_TEXT):
                left.setdefault(key, []).append(r.number)
            if task and r.text(schema.STEP_TEXT):
                when = step_day(raw := r.raw(schema.STEP_DAY), year)
                words = raw if isinstance(raw, str) and isinstance(when, date) else ""
                person, progress = r.text(schema.STEP_PERSON), r.text(schema.STEP_PROGRESS)
                state = r.formula(schema.STEP_STANDING) or r.text(schema.STEP_STANDING)
                whose = r.text(schema.STEP_DIVISION)
                steps.append(
                    Step(task, r.text(schema.STEP_TEXT), when, person, progress, r.number, no, words, whose, state, key)
                )
        self._tell_left(left)
        places = {str(r.number): r.number for r in rows}
        return tuple(steps), placed(layout, places, max((r.number for r in rows), default=layout.header_row))

    def _tell_left(self, left: Mapping[str, Sequence[int]]) -> None:
        known = self.noted()
        for key, rows in left.items():
            self.remarks.append(
                tr(
                    "“{sheet}”第{rows}行是“任务台账”里已经没有的{task}的，不计入，表里也不带：任务还在的，把它那一行抄回来；"
                    "不用了的，删去这几行；归别的任务的，在新的一行里重写",
                    sheet=Sheet.PLANS,
                    rows=tr("、").join(map(str, rows)),
                    task=call_row(known[key].no, known[key].text) if key in known else tr("任务（{key}）", key=key),
                )
            )

    def tell_renumbered(self, tasks: Sequence[Task], indicators: Indicators) -> None:
        """指标 of a master of before has no 任务编号: where tasks were renumbered its rows mean others by now."""
        if not indicators.rows or indicators.layout is None or indicators.layout.column(schema.TASK_KEY):
            return
        if moved := tuple(str(t.no) for _, t in self.renumbered(tasks)):
            self.remarks.append(
                tr(
                    "任务改了序号（现在的第{moved}项），“{sheet}”是按序号对的：请把那里的“序号”也改过来",
                    moved=tr("、").join(moved[:10]) + (tr(" 等") if len(moved) > 10 else ""),
                    sheet=Sheet.TARGETS,
                )
            )

    def renumbered(self, tasks: Sequence[Task]) -> Iterator[tuple[str, Task]]:
        """Tasks that have another 序号 than when the master was written last, each with that one."""
        known = self.noted()
        return ((k.no, t) for t in tasks if (k := known.get(t.key)) is not None and k.no != str(t.no))

    def labels_now(self, tasks: Sequence[Task]) -> Mapping[str, str]:
        """… as 序号 -> what the task is called now (3*)."""
        return {no: t.label for no, t in self.renumbered(tasks)}

    def row_of(self, tasks: Sequence[Task]) -> Which:
        """Of a row's hidden 任务编号 and its 序号 the task that it means, "" for none.

        What people see counts: a row that was copied brings the hidden key of the other one along.  But where its task
        was renumbered, the number that stands there is the one that the task had; and what a task left behind that is
        gone is not another's who has its number by now, unless that one is the same in other words.
        """
        numbers = {str(t.no): t for t in tasks}
        keys = {t.key: str(t.no) for t in tasks}

        def at(no: str) -> str:
            return numbers[no].key if no in numbers else ""

        def which(key: str, no: str) -> str:
            if no == keys.get(key):
                return key
            if not no:
                return key if key in keys else ""
            if not key:
                return at(no)
            known = self.noted()
            if key in keys:
                return key if no == (known[key].no if key in known else key.partition("-")[2].lstrip("0")) else at(no)
            if key not in known or no != known[key].no or no not in numbers:
                return at(no)
            new = numbers[no]
            return new.key if new.key not in known and reworded(known[key].text, new.text) else ""

        return which

    def rounds(
        self, calendar: WorkCalendar, end: time | None
    ) -> tuple[tuple[Round, ...], Layout, dict[str, WorkedOut]]:
        layout, rows = self.sheet_rows(Sheet.ROUNDS, schema.COLUMNS[Sheet.ROUNDS])
        rounds: list[Round] = []
        worked_out: dict[str, WorkedOut] = {}
        for r in rows:
            key, name, kind = r.text("编号"), r.text("名称"), r.text("表种")
            due = _deadline(r, "截止日期")
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
            upstream, remind = _deadline(r, "上报截止"), r.integer("提前提醒天数", default=7)
            if remind > _MOST_AHEAD:
                raise MasterError(
                    tr("“提前提醒天数”{days} 太多", days=remind),
                    where=r.where("提前提醒天数"),
                    remedy=tr("写提前几天提醒，如 7"),
                )
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

    def divisions(self, rounds: Office) -> tuple[tuple[Division, ...], Layout]:
        """`rounds`: the office without divisions, which knows its rounds by all their names."""
        layout, blocks = self.sheet_blocks(Sheet.DIVISIONS, schema.COLUMNS[Sheet.DIVISIONS])
        columns = [layout.column(h) for h in _DIVISION_TEXTS]
        self._note_renamed(layout)
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
                            in_cell(copies),
                            plain(leader),
                            leader_mail,
                            split_names(exempt),
                            self._extensions(r, rounds) if extensions else (),
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

    def _note_renamed(self, layout: Layout) -> None:
        """The column of addresses may be left out; what looks like it by another name is somebody's slip."""
        ours = {header_key(c.header) for c in schema.COLUMNS[Sheet.DIVISIONS]}
        like = next((h for h in layout.columns if h not in ours and ("邮箱" in h or "MAIL" in h)), None)
        if like and layout.column("邮箱") is None:
            told = tr("“处室”里没有“邮箱”一列，邮件发不出去；“{header}”要是它，把列名改回“邮箱”", header=like)
            self.remarks.append(told)

    def _extensions(self, r: Row, rounds: Office) -> tuple[tuple[str, date], ...]:
        found, unread = rulings.extensions(r.text(schema.EXTENSIONS), rounds)
        for piece in unread:
            self.remarks.append(
                tr(
                    "{where}写的“{piece}”看不懂，没有照办。写成 2023Q1：2023-04-10 这样"
                    "（节点编号或名称，冒号，延到哪一天），几项用分号分开",
                    where=r.where(schema.EXTENSIONS),
                    piece=piece,
                )
            )
        return tuple(found)

    def items(self) -> tuple[tuple[Item, ...], Layout]:
        layout, rows = self.sheet_rows(Sheet.ATTENTION, schema.COLUMNS[Sheet.ATTENTION])
        last = max((r.number for r in rows), default=layout.header_row)
        rows = [r for r in rows if r.text(schema.ITEM_KEY) or r.text("事项")]  # a note below the table is none
        items = [
            Item(
                r.text(schema.ITEM_KEY),
                r.integer("编号", default=0),
                *(r.text(h) for h in ("处理意见", "处理结果", "事项", "位置", "问题", "怎么办")),
            )
            for r in rows
        ]
        places = {i.key: r.number for i, r in zip(items, rows, strict=True) if i.key}
        return tuple(items), placed(layout, places, last)


def _deadline(r: Row, header: str) -> date | None:
    day = r.date(header)
    if day is not None and day.year > LAST_YEAR:
        raise MasterError(
            tr("{header} {day} 太远了", header=header, day=day), where=r.where(header), remedy=tr("核对年份")
        )
    return day


def _plans(office: Office, receipts: Iterable[Receipt]) -> dict[tuple[str, str], str]:
    """The plans as texts of the plan round; what was carried over from last year is none of this year's yet."""
    found: dict[str, list[Step]] = {}
    for s in office.steps:
        if not s.progress.startswith(CARRIED):
            found.setdefault(s.task, []).append(s)
    plans = {r.key for r in office.rounds if r.kind is RoundKind.PLAN}
    taken = bases(r for r in receipts if r.round in plans)
    return {
        (task, key): reported_plan(steps, taken.get((task, key), ""))
        for task, steps in found.items()
        for key in plans
    }
