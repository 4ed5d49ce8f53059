"""Last year's master -> next year's, in place: what staff made of their workbook goes along, the results do not.

Own columns, sheets, widths, colours and drop-downs stay; what annex2 wrote is emptied; tasks and rounds get new keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from toolkit.cells import as_date, as_text
from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.edits import AddRow, Edit, WorkbookSource, apply_edits
from toolkit.master.indicators import task_of
from toolkit.master.read import Master, read_master
from toolkit.master.rows import Layout, Row, SheetReader, header_key
from toolkit.master.schema import Column, Sheet
from toolkit.master.waiting import KEY_LABEL, NOT_OWED
from toolkit.model import Rolling, Round, Task, plain
from toolkit.plans import CARRIED, step_done
from toolkit.workspace import MASTER
from toolkit.xlsx import Value, Workbook, WorkbookError, cell_name


@dataclass(frozen=True, slots=True)
class NextTask:
    """A task of the new year."""

    task: Task
    before: str = ""  # the key that it had last year, or that of last year's task that it goes on with; "" for none


@dataclass(frozen=True, slots=True)
class NextYear:
    """What the new master says that the old one does not."""

    year: int
    tasks: tuple[NextTask, ...]
    rewritten: bool  # the tasks are a new notice's, row by row; otherwise last year's rows stay where they are
    rounds: Mapping[str, Round]  # last year's key -> the round as it will be
    settings: Mapping[str, Value]
    divisions: tuple[Mapping[str, Value], ...] = ()  # rows of 处室 that it lacks
    targets: tuple[Mapping[str, Value], ...] = ()  # rows of 指标 that a new notice promises
    last_year: tuple[Mapping[str, Value], ...] = ()  # rows of 上年完成情况
    moved: Callable[[date], date] = lambda day: day  # a day of last year's plan -> the same day of this year
    more_rounds: tuple[Round, ...] = ()  # the notice's, which last year had not


@dataclass(frozen=True, slots=True)
class Turned:
    """The new master, and what became of last year's rows."""

    data: bytes = field(repr=False)
    steps: int  # of 办理方案, not done, carried over
    left: tuple[str, ...]  # 序号 and 工作内容 of last year's steps not done, whose task is not there any more
    targets: int  # rows of 指标, carried over
    own_sheets: tuple[str, ...]  # the office's own, as they were
    texts_kept: bool  # 上年完成情况 is there


def turn(data: bytes, old: Master, plan: NextYear) -> Turned:
    """Make the new master of the old one's file.  Raises MasterError where that cannot be edited safely."""
    try:
        return _Turn(data, old, plan).run()
    except WorkbookError as e:
        raise MasterError(
            e.message,
            where=f"{MASTER} {e.where}".strip(),
            remedy=tr("上年的总表没有改动。复制整个工作区，在副本的总表里改正这一处，再从副本结转"),
        ) from None


class _Turn:
    def __init__(self, data: bytes, old: Master, plan: NextYear) -> None:
        self._book, self._old, self._plan = Workbook.from_bytes(data), old, plan
        self._now_of = {t.before: t for t in plan.tasks if t.before}  # last year's key -> the task
        self._numbers = {str(t.no): t.key for t in old.office.tasks}
        self._names = [header_key(r.name) for r in old.office.rounds]

    def run(self) -> Turned:
        self._titles()
        self._empty(Sheet.RECEIPTS)
        self._empty(Sheet.ATTENTION)
        self._settings()
        self._calendar()
        self._divisions()
        self._rounds()
        self._jobs()
        steps, left = self._steps()
        targets = self._targets()
        self._tasks()
        kept = self._texts()
        self._tracker()
        ours = {header_key(s) for s in Sheet}
        own = tuple(s for s in self._book.sheet_names if header_key(s) not in ours)
        return Turned(self._book.to_bytes(), steps, left, targets, own, kept)

    # the sheets

    def _titles(self) -> None:
        """2023年 in what stands above a table is 2024年; on 说明, wherever it stands."""
        old, new = str(self._old.office.year), str(self._plan.year)
        settings, stated = self._old.office.settings, self._plan.settings
        named = (schema.SETTING_TITLE, schema.SETTING_ISSUER)
        renamed = {settings.get(item, ""): str(stated[item]) for item in named if item in stated}
        for sheet in Sheet:
            if not self._reader.has(sheet):
                continue
            layout = self._old.layouts.get(sheet)
            name = layout.sheet if layout else sheet
            last = layout.header_row - 1 if layout else 2
            for number, cells in list(self._book.sheet(name).rows()):
                for column, value in cells.items():
                    if not isinstance(value, str) or self._book.sheet(name).formula(cell_name(number, column)):
                        continue
                    if sheet is Sheet.GUIDE:
                        text = renamed.get(value) or _years_on(value, int(old), int(new))
                    elif number <= last:
                        text = _EXAMPLE.sub(lambda m: m[0].replace(old, new), value.replace(f"{old}年", f"{new}年"))
                    else:
                        text = value
                    if text != value:
                        self._book.sheet(name).set(cell_name(number, column), text)
        core, package = "docProps/core.xml", self._book.package
        if package.has(core):
            package.write(core, package.read(core).replace(f"{old}年".encode(), f"{new}年".encode()))

    def _settings(self) -> None:
        layout, rows = self._rows(Sheet.SETTINGS)
        for row in rows:
            if (item := row.text("项目")) in self._plan.settings:
                self._set(layout, row.number, "值", self._plan.settings[item])

    def _calendar(self) -> None:
        """Last year's own working days are of no use any more."""
        if self._reader.has(Sheet.CALENDAR):
            layout, rows = self._rows(Sheet.CALENDAR)
            gone = [r.number for r in rows if (day := r.date("日期")) and day < date(self._plan.year, 1, 1)]
            self._remove(layout, gone)

    def _divisions(self) -> None:
        layout, rows = self._rows(Sheet.DIVISIONS)
        for row in rows:
            for header in (schema.EXEMPT_ROUNDS, schema.EXTENSIONS):
                self._set(layout, row.number, header, None)
        self._add(Sheet.DIVISIONS, self._plan.divisions)

    def _rounds(self) -> None:
        layout, rows = self._rows(Sheet.ROUNDS)
        for row in rows:
            new = self._plan.rounds[row.text("编号")]
            self._set(layout, row.number, "编号", new.key)
            self._rename(row.text("名称"), new.name)
            self._set(layout, row.number, "名称", new.name)
            self._set(layout, row.number, "截止日期", new.due)
            self._set(layout, row.number, "上报截止", new.upstream_due)
            if new.rolling is not Rolling.NONE:  # where nobody says otherwise the cell stays as it is
                self._set(layout, row.number, "顺延规则", str(new.rolling))
            for header in (schema.ACTUAL_DUE, schema.CALENDAR_NOTE, schema.CHECKED_DUE):  # collect works them out
                self._set(layout, row.number, header, None)
        self._add(Sheet.ROUNDS, [_round_row(r) for r in self._plan.more_rounds])

    def _rename(self, old: str, new: str) -> None:
        """A round whose name has the year in it: its columns are headed by the name."""
        if old == new:
            return
        for sheet, endings in (
            (Sheet.TASKS, (schema.STATUS_SUFFIX, schema.STATE_SUFFIX)),
            (Sheet.TARGETS, (schema.FIGURE_SUFFIX,)),
            (Sheet.TRACKER, ("",)),
        ):
            layout = self._old.layouts.get(sheet)
            if layout is None:
                continue
            for ending in endings:
                if (column := layout.column(old + ending)) is not None:
                    self._book.sheet(layout.sheet).set(cell_name(layout.header_row, column), new + ending)

    def _jobs(self) -> None:
        if self._reader.has(Sheet.JOBS):
            layout, rows = self._rows(Sheet.JOBS)
            for row in rows:
                for header in (schema.JOB_LAST, schema.JOB_RESULT, schema.JOB_NEXT):
                    self._set(layout, row.number, header, None)

    def _steps(self) -> tuple[int, tuple[str, ...]]:
        """办理方案: steps that are not done go along with their task, a year later."""
        if not self._reader.has(Sheet.PLANS):
            return 0, ()
        layout, rows = self._rows(Sheet.PLANS)
        gone, left = [], []
        before = {t.key: t for t in self._old.office.tasks}
        tasks = {s.row: s.task for s in self._old.office.steps}
        for row in rows:
            progress, content = row.text("进度"), row.text("工作内容")
            was = tasks.get(row.number, "") if content else self._was(row)
            new, old = self._now_of.get(was), before.get(was)
            closed = old is not None and old.closed is not None
            if new is None or step_done(progress) or closed:
                gone.append(row.number)
                if content and not step_done(progress) and not closed:
                    left.append(f"第{old.label}项{content}" if old else content)
                continue
            self._set(layout, row.number, "序号", new.task.no)
            self._set(layout, row.number, schema.TASK_KEY, new.task.key)
            day = as_date(row.raw("完成时间节点"))
            if day is not None:
                self._set(layout, row.number, "完成时间节点", self._plan.moved(day))
            if not progress.startswith(CARRIED):  # a second time
                self._set(layout, row.number, "进度", f"{CARRIED}：{progress or '没有写进度'}")
        self._remove(layout, gone)
        return len(rows) - len(gone), tuple(dict.fromkeys(left))

    def _targets(self) -> int:
        """指标: of tasks that go on, to be confirmed again; a new notice's are proposed from its own words."""
        if not self._reader.has(Sheet.TARGETS):
            return 0
        layout, rows = self._rows(Sheet.TARGETS)
        tasks = {number: task_of(key) for key, number in self._old.layouts[Sheet.TARGETS].rows.items()}
        gone = []
        for row in rows:
            new = None if self._plan.rewritten else self._now_of.get(tasks.get(row.number, ""))
            if new is None:
                gone.append(row.number)
                continue
            self._set(layout, row.number, "序号", new.task.no)
            self._set(layout, row.number, schema.TASK_KEY, new.task.key)
            meaning = was = row.text("口径")
            meaning = schema.SHARED.sub(self._shared, meaning)
            if "待确认" not in meaning:
                meaning = f"待确认（{CARRIED}）：{meaning}"
            if meaning != was:
                self._set(layout, row.number, "口径", meaning)
            self._clear_rounds(layout, row.number, schema.COLUMNS[Sheet.TARGETS])
        self._remove(layout, gone)
        self._add(Sheet.TARGETS, self._plan.targets)
        return len(rows) - len(gone)

    def _shared(self, words: re.Match[str]) -> str:
        """Which tasks promise the same number, by this year's 序号; "" where none of them goes on."""
        keys = (self._numbers.get(label.rstrip("*★")) for label in words[1].split("、"))
        labels = [new.task.label for key in keys if (new := self._now_of.get(key or ""))]
        return schema.SAME_NUMBER.format("、".join(labels)) if labels else ""

    def _tasks(self) -> None:
        layout = self._old.layouts[Sheet.TASKS]
        columns = schema.task_columns([r.name for r in self._old.office.rounds])
        if self._plan.rewritten:
            self._rewrite(layout, columns)
            return
        for key, number in layout.rows.items():
            if (new := self._now_of.get(key)) is not None:
                self._set(layout, number, "序号", new.task.no)
                self._set(layout, number, schema.TASK_KEY, new.task.key)
                self._clear_rounds(layout, number, columns)
        self._remove(layout, [n for key, n in layout.rows.items() if key not in self._now_of])

    def _rewrite(self, layout: Layout, columns: Iterable[Column]) -> None:
        """The new notice's tasks into the rows of the old; the office's own columns go with a task that goes on."""
        ours = {header_key(c.header) for c in columns}
        rounds = tuple(self._names)
        own = {c for header, c in layout.columns.items() if header not in ours and not header.startswith(rounds)}
        sheet = self._book.sheet(layout.sheet)
        were = {key: sheet.row_values(number) for key, number in layout.rows.items()}
        numbers = sorted(layout.rows.values())
        for number, new in zip(numbers, self._plan.tasks, strict=False):
            self._clear_rounds(layout, number, columns)
            for header, value in _task_row(new.task).items():
                self._set(layout, number, header, value)
            for column in own:
                self._put(layout, number, column, were.get(new.before, {}).get(column))
        more = self._plan.tasks[len(numbers) :]
        self._remove(layout, numbers[len(self._plan.tasks) :])
        self._add(Sheet.TASKS, [_task_row(t.task) for t in more])

    def _texts(self) -> bool:
        """上年完成情况, shown from now on."""
        if not self._reader.has(Sheet.LAST_YEAR):
            return False
        self._empty(Sheet.LAST_YEAR)
        layout = self._add(Sheet.LAST_YEAR, self._plan.last_year)
        self._book.show(layout.sheet)
        return True

    def _tracker(self) -> None:
        """报送情况: nothing has been received; divisions that owe nothing any more go, new ones come with collect."""
        layout = self._old.layouts[Sheet.TRACKER]
        line = self._old.tracker_lines.get(KEY_LABEL)
        for key, new in self._plan.rounds.items():
            old = self._old.office.round(key)
            column = layout.column(old.name) if old else None
            if line is not None and column is not None:
                self._book.sheet(layout.sheet).set(cell_name(line, column), new.key)
        master = read_master(WorkbookSource(self._book), MASTER)
        owed = {r.key: master.office.owed(r) for r in master.office.rounds}
        gone = []
        layout = master.layouts[Sheet.TRACKER]
        for name, number in layout.rows.items():
            if not any(name in divisions for divisions in owed.values()):
                gone.append(number)
                continue
            for round_ in master.office.rounds:
                value = master.waiting(round_.key) if name in owed[round_.key] else NOT_OWED
                self._set(layout, number, round_.name, value, over_formulas=True)
        self._remove(layout, gone)

    # rows and cells

    @property
    def _reader(self) -> SheetReader:
        return SheetReader(WorkbookSource(self._book), MASTER)

    def _rows(self, sheet: Sheet) -> tuple[Layout, list[Row]]:
        columns = schema.TASK_COLUMNS if sheet is Sheet.TASKS else schema.COLUMNS[sheet]
        return self._reader.sheet_rows(sheet, columns)

    def _was(self, row: Row) -> str:
        """The key of last year's task that a row's 序号 speaks of, "" for none."""
        return self._numbers.get(plain(row.text("序号")).rstrip("*★"), "")

    def _clear_rounds(self, layout: Layout, number: int, columns: Iterable[Column]) -> None:
        """Empty what tells of last year in a row: what annex2 wrote, the states, columns named for a round."""
        keep = {header_key(c.header) for c in columns if not c.ours} | {header_key(schema.TASK_KEY)}
        keep -= {header_key(h) for h in (schema.TASK_STATE, schema.CLOSING, schema.CLOSED_ON)}
        ours = {header_key(c.header) for c in columns}
        for header, column in layout.columns.items():
            if header not in keep and (header in ours or header.startswith(tuple(self._names))):
                self._put(layout, number, column, None)

    def _set(self, layout: Layout, number: int, header: str, value: Value, *, over_formulas: bool = False) -> None:
        column = layout.column(header)
        if column is not None:
            self._put(layout, number, column, value, over_formulas=over_formulas)

    def _put(self, layout: Layout, number: int, column: int, value: Value, *, over_formulas: bool = False) -> None:
        """A cell; a formula is somebody's, and works on."""
        sheet, cell = self._book.sheet(layout.sheet), cell_name(number, column)
        if over_formulas or sheet.formula(cell) is None:
            day = isinstance(value, date) and not isinstance(value, datetime)
            sheet.set(cell, _moment(value) if day else value)  # type: ignore[arg-type]

    def _empty(self, name: Sheet) -> None:
        """Every row of a table but one, which is emptied: a table needs a row."""
        layout, rows = self._rows(name)
        self._remove(layout, [r.number for r in rows])

    def _remove(self, layout: Layout, numbers: Iterable[int]) -> None:
        """Take rows out; the ranges that reach far below the table go on reaching as far."""
        gone = sorted(set(numbers))
        if not gone:
            return
        sheet = self._book.sheet(layout.sheet)
        table = next((t for t in sheet.tables if t.header_row == layout.header_row), None)
        if table is not None and all(n in gone for n in range(table.first_row, table.last_row + 1)):
            gone.remove(table.first_row)
            for column in sheet.row_values(table.first_row):
                self._put(layout, table.first_row, column, None)
        sheet.remove_each(gone)
        if gone:
            below = max((number for number, _ in sheet.rows()), default=layout.header_row) + 1
            sheet.insert_rows(max(below, layout.header_row + 2), len(gone))

    def _add(self, sheet: Sheet, values: Iterable[Mapping[str, Value]]) -> Layout:
        layout, rows = self._rows(sheet)
        last = max((r.number for r in rows), default=layout.header_row)
        edits: list[Edit] = [AddRow(sheet, dict(v)) for v in values]
        apply_edits(self._book, {sheet: replace(layout, last_row=last)}, edits)
        return layout


def _round_row(round_: Round) -> dict[str, Value]:
    return {
        "编号": round_.key,
        "名称": round_.name,
        "表种": str(round_.kind),
        "截止日期": _moment(round_.due),
        "上报截止": _moment(round_.upstream_due) if round_.upstream_due else None,
        "提前提醒天数": round_.remind_days,
        "顺延规则": str(round_.rolling),
    }


def _moment(day: date) -> datetime:
    return datetime.combine(day, time())


_EXAMPLE = re.compile(r"延期至 ?\d{4}-04-10|\d{4}Q1：\d{4}-04-10")
"""Of the captions' own examples what names the year."""


def _years_on(text: str, old: int, new: int) -> str:
    """What names the old year or the one behind it names the new one, or the one behind that."""
    years = {str(old): str(new), str(old + 1): str(new + 1)}
    return re.sub("|".join(years), lambda m: years[m[0]], text)


def _task_row(task: Task) -> dict[str, Value]:
    return {
        "序号": task.no,
        "牵头(★)": schema.YES if task.starred else None,
        "类别": task.section or None,
        "工作事项": task.text,
        "市级单位": str(task.city_units) if task.city_units else None,
        "分管领导": task.leader or None,
        "牵头处室": task.division,
        "责任处室(单位)": "、".join(task.responsible) or None,
        schema.TASK_KEY: task.key,
    }


def last_year_row(
    task: Task, number: int | None, text: str, source: str, state: str, closing: str, note: str
) -> dict[str, Value]:
    """A row of 上年完成情况."""
    return {
        "序号": number,
        "上年序号": as_text(task.label),
        "工作事项": task.text,
        "牵头处室": task.division,
        "上年完成情况": text or None,
        "来源": source or None,
        schema.TASK_STATE: state or None,
        schema.CLOSING: closing or None,
        "说明": note,
    }
