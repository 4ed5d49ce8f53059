"""办结销号: which tasks are done, and what speaks for it.  Pure.

A task is done when a person says so (任务状态 已完成, 超额完成; 销号状态 申请) or when its latest 完成情况 says so and
no confirmed target speaks against it.  What is done is proposed for closing, once; a person closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cache, cached_property

from toolkit.attention import clip
from toolkit.draft import Draft
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.edits import SetCell
from toolkit.master.read import Master
from toolkit.master.schema import Sheet
from toolkit.master.tasks import BY_FORMULA, TaskState
from toolkit.model import UNAPPROVED, Receipt, Round, Task, digest, in_order
from toolkit.targets import Light, Progress, says_done

ITEM = "closing:"
"""Begins the 标识 of an item of 待处理 that proposes to close a task: closing:2023-01:2023Q3."""

WITHDRAWN = "已撤回"
"""Begins the 处理结果 of a proposal that what came later took back: the only one that may be made again."""

DISPUTED = "再定"
"""Stands for a round's key where a person had agreed and a report took the evidence back before it was carried out."""

REOPEN = "reopen:"
"""Begins the key of an item about a closed task whose evidence is gone."""

BY_STATE = "台账"
"""Stands for a round's key where a person said that the task is done."""

_NOTHING_SAID = TaskState()

MOST_WORDS = 120
"""Characters of a report's words that an item quotes."""


@dataclass(frozen=True, slots=True)
class Report:
    """A task's 完成情况 in one round."""

    task: str
    round: Round
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """What speaks for a task's being done."""

    basis: str  # a round's key, or BY_STATE
    evidence: tuple[str, ...]  # sentences for the person who decides


def done(
    state: TaskState,
    latest: Report | None,
    holder: Callable[[Report], Receipt | None],
    progress: Sequence[Progress] = (),
) -> Done | None:
    """Whether a task is done, and why.

    `latest`: its last report.  `holder`: the file that a report's text came from, None for a person's words.
    `progress`: the task's confirmed targets, as the latest figures have them.
    """
    said = state.progress in schema.DONE_STATES or state.closing == schema.APPLIED
    words = says_done(latest.text) if latest else ""
    if not said and not words:
        return None
    receipt = holder(latest) if latest else None
    if receipt is not None and not receipt.verdict.accepted:
        words = ""
    if not said and (not words or any(not _met(p) for p in progress)):
        return None
    evidence = []
    if state.progress in schema.DONE_STATES:
        evidence.append(f"“{schema.TASK_STATE}”由人选为“{state.progress}”。")
    if state.closing == schema.APPLIED:
        evidence.append(f"“{schema.CLOSING}”由人选为“{schema.APPLIED}”。")
    if words and latest:
        evidence.append(f"{latest.round.name}完成情况（{_source(receipt)}）写着：“{_quoted(words)}”")
    elif latest:
        evidence.append(f"最近的完成情况是{latest.round.name}的（{_source(receipt)}）：“{_quoted(latest.text)}”")
    else:
        evidence.append("还没有报过完成情况。")
    evidence += [f"指标“{p.target.indicator}”：{p.sentence}" for p in progress]
    return Done(BY_STATE if said or latest is None else latest.round.key, tuple(evidence))


def disputed(item: str) -> bool:
    """Whether this 标识 is of a proposal that stands without evidence, since a person wanted the task closed."""
    return item.removeprefix(ITEM).split(":")[1:2] == [DISPUTED]


def _met(progress: Progress) -> bool:
    """Not short of its target; one without a figure does not speak against."""
    if progress.figure is None or progress.target.value <= 0:
        return True
    if progress.target.level:
        return progress.light is Light.GREEN
    return progress.state in schema.DONE_STATES


def _source(receipt: Receipt | None) -> str:
    if receipt is None:
        return "台账里由人填写"
    waiting = "，分管领导未审定" if receipt.approval == UNAPPROVED else ""
    return f"第{receipt.no}号收件，{receipt.received:%Y-%m-%d} 收到{waiting}"


def _quoted(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_WORDS else text[:MOST_WORDS] + "……"


@dataclass(frozen=True, slots=True)
class Counts:
    """How an office's tasks stand between done and closed."""

    tasks: int
    done: int  # 任务状态 已完成 or 超额完成
    closed: int
    applied: int
    proposed: int  # on 待处理, for a person to decide

    @property
    def any(self) -> bool:
        return bool(self.done or self.closed or self.applied or self.proposed)


def undecided(master: Master) -> frozenset[str]:
    """Tasks that are proposed to be closed and that nobody has decided on: keys."""
    waiting = (i for i in master.items if i.key.startswith(ITEM) and not i.result.startswith("已"))
    return frozenset(i.key.split(":")[1] for i in waiting)


def counts(master: Master) -> Counts:
    """As the master stands."""
    states = [master.task_states.get(t.key, TaskState()) for t in master.office.tasks]
    waiting = undecided(master)
    return Counts(
        len(states),
        sum(s.progress in schema.DONE_STATES for s in states),
        sum(s.closing == schema.CLOSED_TASK for s in states),
        sum(s.closing == schema.APPLIED for s in states),
        sum(t.key in waiting for t in master.office.tasks),
    )


class Closings:
    """What one run proposes to close, and what becomes of people's decisions.  Asked when everything is filed."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._master, self._attention = draft, draft.master, draft.attention
        self._states = dict(draft.master.task_states)
        self._disputed: dict[str, str] = {}  # tasks that were to be closed -> what took back the evidence meanwhile
        self._latest_first = in_order(draft.master.office.rounds)[::-1]
        self.proposed: tuple[str, ...] = ()  # labels of the tasks that this run proposes to close

    def propose(self) -> None:
        """List the tasks that are done for a person to close: once; one that a person would not close stays open.

        Called when everything is filed.  An office without a column 销号状态 does without.
        """
        if self._master.layouts[Sheet.TASKS].column(schema.CLOSING) is None:
            return
        items: dict[str, list[str]] = {}
        for item in self._attention.of(ITEM):
            items.setdefault(item.key.removeprefix(ITEM).partition(":")[0], []).append(item.key)
        evidence = self._evidence()
        for task in self._master.office.tasks:
            key, state = task.key, self._states.get(task.key, _NOTHING_SAID)
            made = [k for k in items.get(key, ()) if not self._attention.result(k).startswith(WITHDRAWN)]
            if state.closing == schema.CLOSED_TASK:
                for made_key in made:
                    self._attention.close(made_key, "已由人在台账里销号")
                agreed = any(self._attention.result(k).startswith("已销号") for k in made)
                if agreed and key in self._touched and evidence(key) is None:
                    self._ask_to_reopen(task, self._changed(key))
                continue
            again = f":{len(items[key]) + 1}" if key in items else ""
            if changed := self._disputed.get(key):
                self._propose(
                    task,
                    f"{DISPUTED}{again}",
                    f"已同意销号，但同一次收取里{changed}，现在没有说已经完成，所以没有销号：{clip(task.text)}",
                )
                continue
            found = evidence(key)
            if found is None:
                for made_key in made:
                    if not disputed(made_key):
                        self._attention.close(made_key, f"{WITHDRAWN}：现在的情况没有说已经完成")
            elif not made and state.closing != BY_FORMULA:
                told = "\n".join((f"这一项看来已经完成，提请销号：{clip(task.text)}", *found.evidence))
                self._propose(task, f"{found.basis}{again}", told)

    def _ask_to_reopen(self, task: Task, changed: str) -> None:
        """What a closing was agreed on is gone: it stands until a person takes it back."""
        number = sum(1 for _ in self._attention.of(f"{REOPEN}{task.key}:")) + 1
        self._attention.add(
            f"{REOPEN}{task.key}:{number}",
            schema.ITEM_CLOSING,
            f"任务台账 第{task.label}项 {schema.CLOSING}",
            f"这一项已经同意销号，现在{changed}，没有说已经完成了：{clip(task.text)}",
            f"仍算办结的选“{schema.DONE}”。不算的，在“{Sheet.TASKS}”把“{schema.CLOSING}”改回“{schema.OPEN_TASK}”、"
            f"清空“{schema.CLOSED_ON}”，再选“{schema.DONE}”",
        )

    def _propose(self, task: Task, basis: str, told: str) -> None:
        self._attention.add(
            f"{ITEM}{task.key}:{basis}",
            schema.ITEM_CLOSING,
            f"任务台账 第{task.label}项 {schema.CLOSING}",
            told,
            f"同意选“{schema.CLOSE_TASK}”，“{schema.CLOSING}”改为“{schema.CLOSED_TASK}”；"
            f"不同意选“{schema.NOT_YET}”，不再提出。“{schema.TASK_STATE}”不会改动",
        )
        self.proposed = (*self.proposed, task.label)

    def _evidence(self) -> Callable[[str], Done | None]:
        """What speaks for a task's being done, as everything stands by now."""

        @cache
        def written() -> Mapping[tuple[str, str, str], Receipt]:
            return {(w.task, r.round, w.digest): r for r in self._draft.register for w in r.written if w.digest}

        def holder(report: Report) -> Receipt | None:
            return written().get((report.task, report.round.key, digest(report.text)))

        progress: dict[str, list[Progress]] = {}
        for s in self._draft.paces():
            progress.setdefault(s.target.task, []).append(s.progress)

        def found(task: str) -> Done | None:
            state = self._states.get(task, _NOTHING_SAID)
            return done(state, self._latest(task), holder, progress.get(task, ()))

        return found

    @cached_property
    def _touched(self) -> frozenset[str]:
        """The tasks of which this run changed a text or a figure.  Asked when everything is filed."""
        stood = self._master.indicators.figures
        rows = {key for (key, r), text in self._draft.figures.items() if text != stood.get((key, r), "")}
        of_rows = {r.target.task for r in self._master.indicators.rows if r.key in rows and r.target}
        return frozenset({task for (task, _), _ in self._draft.rewritten()} | of_rows)

    def _changed(self, task: str) -> str:
        """What this run changed of a task's texts and figures, in words; "" for nothing."""
        before = {**self._master.status, **self._master.indicators.figures}
        texts = {r for (t, r), text in self._draft.texts.items() if t == task and text != before.get((t, r), "")}
        own = {r.key for r in self._master.indicators.of(task)}
        now = self._draft.figures.items()
        figures = {r for (key, r), text in now if key in own and text != before.get((key, r), "")}
        if not texts and not figures:
            return ""
        rounds = [r for r in self._master.office.rounds if r.key in texts | figures]
        known = {r.no: r for r in self._master.receipts}
        came = [
            r.no for r in self._draft.register
            if r != known.get(r.no) and r.round in texts | figures and any(w.task in {task, *own} for w in r.written)
        ]  # fmt: skip
        names = tuple(r.name for r in rounds)
        if not came:
            return tr("{rounds}报来的内容变了", rounds=names)
        if texts:
            return tr("第{no}号收件改了{rounds}的完成情况", no=max(came), rounds=names)
        return tr("第{no}号收件改了{rounds}的累计值", no=max(came), rounds=names)

    def _latest(self, task: str) -> Report | None:
        """A task's last report."""
        for round_ in self._latest_first:
            text = self._draft.texts.get((task, round_.key))
            if text and text != BY_FORMULA and not text.isspace():
                return Report(task, round_, text)
        return None

    def decide(self, task: str, *, agreed: bool) -> str:
        """Carry out a person's decision on a proposal: what became of it, without the time.

        Called when everything is filed: where this run took back what it was decided on, the person is asked again.
        """
        state = self._states.get(task)
        if state is None:
            return tr("已办结：台账里没有这一项了")
        if not agreed:
            if state.closing == schema.APPLIED:
                self._states[task] = replace(state, closing=schema.OPEN_TASK)
            return tr("已按意见暂不销号")
        if state.closing == BY_FORMULA:
            return tr("“{closing}”里是公式，没有改动：请在台账里改", closing=schema.CLOSING)
        changed = self._changed(task)
        if changed and self._evidence()(task) is None:
            self._disputed[task] = changed
            return tr("已撤回，没有销号：同一次收取里{changed}，现在没有说已经完成；请看新的一条再定", changed=changed)
        self._states[task] = replace(state, closing=schema.CLOSED_TASK)
        return tr("已销号；同一次收取里{changed}，请看一眼", changed=changed) if changed else tr("已销号")

    def newly_closed(self) -> frozenset[str]:
        """Tasks that are closed and have no day yet: keys."""
        before = self._master.task_states
        closed = (
            k for k, s in self._states.items()
            if s.closing == schema.CLOSED_TASK
            and (s.closed_on is None or before[k].closing != schema.CLOSED_TASK)  # a day of an earlier closing is none
        )  # fmt: skip
        return frozenset(closed)

    def edits(self) -> Iterable[SetCell]:
        """销号状态 that a person decided on, and the day for those that have none."""
        for task, state in self._states.items():
            if state.closing != self._master.task_states[task].closing:
                yield SetCell(Sheet.TASKS, task, schema.CLOSING, state.closing)
        for task in self.newly_closed():
            yield SetCell(Sheet.TASKS, task, schema.CLOSED_ON, datetime.combine(self._draft.now.date(), time()))
