"""任务台账 -> the tasks, what was reported on them, and which row is whose.

A task is its hidden 任务编号, whatever people do to its row: rows are copied with it, sorted without it, typed below
the others without one, and the column gets lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby

from toolkit.cells import as_text, split_names
from toolkit.errors import MasterError
from toolkit.kinds import kind_of
from toolkit.language import Text, tr
from toolkit.master import schema
from toolkit.master.rows import UNSORT, Layout, Row, SheetReader, placed, texts
from toolkit.master.schema import Column, Sheet
from toolkit.model import CityUnits, KnownTask, Receipt, Round, Task, digest, plain
from toolkit.targets.targets import containment

BY_FORMULA = "（公式）"
"""What a cell reads as whose formula, put there by a person, shows nothing."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """What people say of a task in 任务台账, apart from its reports."""

    progress: str = ""  # 任务状态
    closing: str = ""  # 销号状态; BY_FORMULA where somebody's formula shows nothing
    closed_on: date | None = None  # 销号日期


Noted = Callable[[], Mapping[str, KnownTask]]
"""任务编号 -> the task as earlier runs had it."""

_REWORDED = 0.5
"""How much of its words a task has at least where it was only put in other words."""


def reworded(text: str, other: str) -> bool:
    """Whether two texts may be of one task."""
    return containment(text, other) >= _REWORDED


_NOTHING_SAID = TaskState()  # of nearly all tasks: one for all of them
_NO_KEY = "\0"
_TEXTS = (
    "工作事项", "牵头处室", "序号", schema.TASK_KEY, "牵头(★)", "类别", "市级单位", "分管领导", "责任处室(单位)",
    schema.TASK_STATE, schema.CLOSING,
)  # fmt: skip


@dataclass(slots=True)
class TaskRows:
    """What 任务台账 says."""

    layout: Layout
    tasks: dict[str, Task] = field(default_factory=dict)  # by 任务编号, in the order of 序号 where each has its own
    standings: dict[str, TaskState] = field(default_factory=dict)
    status: dict[tuple[str, str], str] = field(default_factory=dict)  # (task key, round key) -> 完成情况
    states: dict[tuple[str, str], str] = field(default_factory=dict)  # (task key, round key) -> 报送状态
    keyless: dict[str, int] = field(default_factory=dict)  # see `Master.keyless`, and so on
    recovered: set[str] = field(default_factory=set)
    brought: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    remarks: list[str] = field(default_factory=list)


def read_tasks(
    reader: SheetReader,
    noted: Noted,
    year: int,
    rounds: Sequence[Round],
    receipts: Sequence[Receipt],
    begun: Set[str],
) -> TaskRows:
    """Read 任务台账.  `begun`: the rounds that something was received for; columns of others may be missing.

    Raises MasterError for a missing column, a row without 序号 or 牵头处室, keys that a sort left behind.
    """
    return _Reader(reader, noted, rounds, begun).read(year, receipts)


class _Reader:
    """One reading of the sheet: its rows as they stand, then whose they are."""

    def __init__(self, sheets: SheetReader, noted: Noted, rounds: Sequence[Round], begun: Set[str]) -> None:
        self._sheets, self._noted = sheets, noted
        self._collecting = [r for r in rounds if kind_of(r).in_ledger]
        layout, self._blocks = sheets.sheet_blocks(Sheet.TASKS, _columns(self._collecting, begun))
        sheets.need_one(layout, [schema.round_columns(r.name)[0] for r in self._collecting], schema.STATUS_SUFFIX)
        self._found = found = TaskRows(layout)
        self._places: dict[str, int] = {}  # task key -> row
        self._without: list[str] = []  # tasks without a key of their own, under one that nobody can type
        self._models: dict[str, str] = {}  # such a task -> the key that its row brought along from another's
        self._reported = [
            (r.key, column, texts_of)
            for r in self._collecting
            for c, texts_of in zip(schema.round_columns(r.name), (found.status, found.states), strict=True)
            if (column := layout.column(c.header))
        ]

    def read(self, year: int, receipts: Sequence[Receipt]) -> TaskRows:
        found = self._found
        last = self._rows(year)
        if not found.tasks:
            raise MasterError(
                tr("没有一项任务"),
                where=f"{self._sheets.name} {Sheet.TASKS}",
                remedy=tr("填写任务，或从通知新建总表"),
            )
        self._keys_belong(receipts)
        undecided = self._settle_copies(receipts)
        self._give_keys(year, receipts, undecided)
        order = list(found.tasks.values())
        if found.keyless:
            order.sort(key=lambda t: self._places[t.key])
        if len({t.no for t in order}) == len(order):  # the plan's order, however staff sorted the sheet
            order.sort(key=lambda t: t.no)
        found.tasks = {t.key: t for t in order}
        found.unsettled = frozenset(undecided & found.tasks.keys())
        found.layout = placed(found.layout, self._places, last)
        return found

    # rows

    def _rows(self, year: int) -> int:
        """Read every row; returns the last one."""
        found, layout = self._found, self._found.layout
        tasks, places, standings = found.tasks, self._places, found.standings
        last = layout.header_row
        written = [layout.column(h) for h in _TEXTS]
        day_columns = [c for h in (schema.CLOSED_ON, schema.SINCE) if (c := layout.column(h))]
        formulas = self._sheets.formulas(layout.sheet)
        closed_by_formula = {row for row, column in formulas if column == layout.column(schema.CLOSING)}
        reported_by_formula = {row for row, column in formulas if column in {c for _, c, _ in self._reported}}
        for block in self._blocks:
            numbers, columns = block.numbers, block.columns
            last = max((last, *numbers[-1:]))
            dated = any(c in columns for c in day_columns)
            reports = [(key, values, of) for key, c, of in self._reported if (values := columns.get(c)) is not None]
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
                    no = _number(Row(self._sheets, layout, row, block.row(i)))
                if not division:
                    raise MasterError(
                        tr("第 {no} 项没有牵头处室", no=no),
                        where=Row(self._sheets, layout, row, {}).where(tr("牵头处室")),
                        remedy=tr("填上牵头处室；合并了的单元格先取消合并，每行都填"),
                    )
                key = plain(key)
                if not key or key in tasks:
                    key = self._key_for_now(key, row, no, text)
                places[key] = row
                state, since = _NOTHING_SAID, None
                if dated or progress or closing or row in closed_by_formula:
                    r = Row(self._sheets, layout, row, block.row(i))
                    state, since = _task_state(r, progress, closing), r.date(schema.SINCE)
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
                for round_key, values, of in reports:
                    if (value := values[i]) is not None and (shown := as_text(value)):
                        of[key, round_key] = shown
                if row in reported_by_formula:
                    for round_key, column, of in self._reported:
                        if (row, column) in formulas:  # somebody's: never taken for an empty cell
                            of.setdefault((key, round_key), BY_FORMULA)
        return last

    def _key_for_now(self, key: str, row: int, no: int, text: str) -> str:
        """What a row is called until `_give_keys` that has no 任务编号, or the `key` of a row above."""
        tasks = self._found.tasks
        if key and self._above_its_model(key, tasks[key], no, text):
            copy = f"{_NO_KEY}{self._places[key]}"
            self._rename(key, copy)
            own = key
        else:  # a new row, or one copied from another with its hidden key
            copy = own = f"{_NO_KEY}{row}"
        self._without.append(copy)
        if key:
            self._models[copy] = key
        return own

    def _rename(self, old: str, new: str) -> None:
        found = self._found
        found.tasks[new], self._places[new] = found.tasks.pop(old), self._places.pop(old)
        found.standings[new] = found.standings.pop(old)
        for round_key, _, of in self._reported:
            if (old, round_key) in of:
                of[new, round_key] = of.pop((old, round_key))

    # whose they are

    def _keys_belong(self, receipts: Sequence[Receipt]) -> None:
        """Raises MasterError where tasks have changed their hidden keys with each other: a sort left the column behind.

        Everything that was reported would count for another task.
        """
        tasks, known = self._found.tasks, self._noted()  # whatever 序号 says: people number the rows anew after a sort
        changed = [t for key, t in tasks.items() if key in known and known[key].text != t.text]
        if len(changed) < 2:
            return
        owners: dict[str, list[str]] = {}
        for key, k in known.items():
            if k.missed or key in tasks:
                owners.setdefault(k.text, []).append(key)

        def came(t: Task) -> bool:
            """Whether a row has the words of another one, which has lost them."""
            had = owners.get(t.text, [])
            return bool(had) and all(k in tasks and tasks[k].text != t.text for k in had)

        moved = [t for t in changed if came(t)]
        if len(moved) < 2:
            return
        told = {w.task for r in receipts for w in r.written} | {task for task, _ in self._found.status}
        if not any(t.key in told for t in moved):
            return  # nothing was said of them yet: whichever is which
        raise MasterError(
            tr(
                "有 {count} 项任务和它们隐藏的“{key}”对不上了：{labels}",
                count=len(moved),
                key=schema.TASK_KEY,
                labels=tr("、").join(tr("第{label}项", label=t.label) for t in moved[:10]),
            ),
            where=f"{self._sheets.name} {Sheet.TASKS}",
            remedy=tr("{unsort}。只是对调几项任务的，剪切、插入整行，不要只改文字", unsort=UNSORT),
        )

    def _above_its_model(self, key: str, above: Task, no: int, text: str) -> bool:
        """Of two rows with one 任务编号, whether the upper one (`above`) is the copy of the other (`no`, `text`)."""
        known = self._noted().get(key, KnownTask("", "")).text
        if (above.text == known) is not (text == known):
            return text == known
        return _is_own(key, no) and not _is_own(key, above.no)

    def _copied(self, key: str, copy: Task, model: Task, *, reported: bool) -> bool:
        """Whether it is plain which of two rows with one 任务编号 is the copy: it has another 工作事项 than before.

        A copy that nobody has changed yet is nothing yet.  Where nothing was `reported`, nothing can go to the wrong
        one: of rows whose model is gone, or was changed like them, the first is the model.
        """
        known = self._noted().get(key, KnownTask("", "")).text
        changed = copy.text != model.text or copy.division != model.division
        if changed and not reported:
            return True
        if known and copy.text != known:
            return model.text == known
        return changed and _is_own(key, model.no) and not _is_own(key, copy.no)

    def _says_anything(self, key: str) -> bool:
        """Whether a row holds a report, or says how its task stands."""
        return self._found.standings[key] != _NOTHING_SAID or any((key, r) in of for r, _, of in self._reported)

    def _settle_copies(self, receipts: Sequence[Receipt]) -> set[str]:
        """Let what a copied row brought along from its model be the model's alone; returns the copies of which nobody
        can tell yet."""
        found, layout, tasks = self._found, self._found.layout, self._found.tasks
        headers = {
            layout.column(c.header): c.header for r in self._collecting for c in schema.round_columns(r.name)
        }  # fmt: skip
        undecided: dict[str, list[str]] = {}  # a model -> the rows that may be copies of it
        told = {w.task for r in receipts for w in r.written} if self._models else set()
        for copy, model in self._models.items():
            came: list[str] = []
            reported = model in told or self._says_anything(copy) or self._says_anything(model)
            if not self._copied(model, tasks[copy], tasks[model], reported=reported):
                undecided.setdefault(model, []).append(copy)
                continue
            for round_key, column, of in self._reported:
                text = of.get((copy, round_key))
                if text and text != BY_FORMULA and text == of.get((model, round_key)):
                    del of[copy, round_key]
                    came.append(headers[column])
            if tasks[copy].since == tasks[model].since is not None:
                tasks[copy] = replace(tasks[copy], since=None)
                came.append(schema.SINCE)
            own, other = found.standings[copy], found.standings[model]
            closing = (own.closing, own.closed_on)
            if any(closing) and closing == (other.closing, other.closed_on) and own.closing != BY_FORMULA:
                found.standings[copy] = TaskState(own.progress)
                tasks[copy] = replace(tasks[copy], closed=None)
                came += (schema.CLOSING, schema.CLOSED_ON)
            if came:
                found.brought[copy] = tuple(h for h in came if layout.column(h))
                where = Row(self._sheets, layout, self._places[copy], {}).where("序号")
                found.remarks.append(
                    tr(
                        "{where} 这一行是从第{no}项的行抄来的，带来的“{came}”是那一项的，不算这一项的；收取时清空",
                        where=where,
                        no=tasks[model].no,
                        came=tr("”“").join(found.brought[copy]),
                    )
                )
        found.remarks += [self._tell_undecided(model, copies) for model, copies in undecided.items()]
        return {copy for copies in undecided.values() for copy in copies}

    def _tell_undecided(self, model: str, copies: Sequence[str]) -> Text:
        return tr(
            "{name} “{sheet}”第{rows}行和第{other}行（第{no}项）任务编号相同，看不出哪一行是抄来的，先不动。"
            "把抄来的改好或删掉；都改过的，抄来的行里的完成情况、销号和任务编号（隐藏的一列，取消隐藏才看得到）请自己清空",
            name=self._sheets.name,
            sheet=Sheet.TASKS,
            rows=tr("、").join(_runs(sorted(self._places[c] for c in copies))),
            other=self._places[model],
            no=self._found.tasks[model].no,
        )

    def _give_keys(self, year: int, receipts: Sequence[Receipt], undecided: set[str]) -> None:
        """Give every row without one its 任务编号: the one that it had before, or a new one.

        The new keys of those `undecided` are added to them.
        """
        if not self._without:
            return
        found, tasks = self._found, self._found.tasks
        used: dict[str, set[tuple[str, str]]] = {}  # task key -> (round, digest) of what was written for it
        for receipt in receipts:
            for w in receipt.written:
                used.setdefault(w.task, set()).add((receipt.round, w.digest))
        stands: dict[str, set[tuple[str, str]]] = {}  # the same of what stands in the rows
        for (task, round_key), text in found.status.items():
            if task.startswith(_NO_KEY):
                stands.setdefault(task, set()).add((round_key, digest(text)))
        known = {key: t.text for key, t in self._noted().items() if key not in tasks}
        if len(self._without) == len(tasks):
            lost = self._known_without_row()
        else:  # rows cut and put elsewhere, or typed again, without the hidden column
            often = Counter(known.values())
            lost = {text: key for key, text in known.items() if often[text] == 1}
        for old in sorted(self._without, key=self._places.__getitem__):
            if old not in self._models and (key := lost.pop(tasks[old].text, "")):
                found.keyless[key] = self._places[old]
                found.recovered.add(key)
            else:
                key = f"{year}-{tasks[old].no:02d}"
                if key in tasks or not stands.get(old, set()) & used.get(key, set()):
                    gone = {k for k, text in known.items() if not reworded(text, tasks[old].text)}
                    key = _fresh_key(key, used.keys() | tasks.keys() | gone)
                if key in known:  # somebody emptied the column, or put its words otherwise: it is that task
                    found.recovered.add(key)
                if old in undecided:
                    undecided.add(key)
                else:
                    found.keyless[key] = self._places[old]
                if old in found.brought:
                    found.brought[key] = found.brought.pop(old)
            self._rename(old, key)
            tasks[key] = replace(tasks[key], key=key)

    def _known_without_row(self) -> dict[str, str]:
        """工作事项 -> 任务编号 of an earlier run's tasks, where no key is left: the column was emptied or deleted."""
        found = self._found
        gone = {t.text: key for key, t in self._noted().items() if key not in found.tasks}
        if gone and found.layout.column(schema.TASK_KEY) is None:
            found.remarks.append(
                tr(
                    "“{sheet}”的“{key}”（隐藏的一列）不在了，这次按工作事项认。用 annex2 restore 取回删以前的总表，"
                    "或在最右边加一列，标题写“{key}”，再收取一次",
                    sheet=Sheet.TASKS,
                    key=schema.TASK_KEY,
                )
            )
        return gone


def _columns(rounds: Sequence[Round], begun: Set[str]) -> tuple[Column, ...]:
    """The columns of 任务台账; those of a round that nothing was received for are added when they are missing."""
    optional = {schema.round_columns(r.name)[0] for r in rounds if r.key not in begun}
    columns = schema.task_columns([r.name for r in rounds])
    return tuple(replace(c, needed=False) if c in optional else c for c in columns)


def _task_state(r: Row, progress: str, closing: str) -> TaskState:
    said = plain(closing) or (r.formula(schema.CLOSING) and BY_FORMULA)
    day = r.date(schema.CLOSED_ON)
    return TaskState(plain(progress), said, day) if progress or said or day else _NOTHING_SAID


def _number(r: Row) -> int:
    if not r.text("序号"):
        raise MasterError(tr("这一行没有序号"), where=r.where(tr("序号")), remedy=tr("填上序号；不要这一行就删掉"))
    return r.integer("序号")


def _runs(numbers: Sequence[int]) -> Iterator[str]:
    """4, 7–9: numbers in order, those that follow each other as one."""
    for _, run in groupby(enumerate(numbers), lambda at: at[1] - at[0]):
        first, *others = (n for _, n in run)
        yield f"{first}–{others[-1]}" if others else str(first)


def _is_own(key: str, no: int) -> bool:
    """Whether a 任务编号 was made for this 序号: of rows that share one, a copy and its model, the model keeps it."""
    return key.partition("-")[2].lstrip("0") == str(no)


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
