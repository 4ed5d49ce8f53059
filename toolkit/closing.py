"""办结销号: which tasks are done, and what speaks for it.  Pure.

A task is done when a person says so (任务状态 已完成, 超额完成; 销号状态 申请) or when its latest 完成情况 says so and
no confirmed target speaks against it.  What is done is proposed for closing, once; a person closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from toolkit.master import schema
from toolkit.master.read import Master, TaskState
from toolkit.model import UNAPPROVED, Receipt, Round
from toolkit.targets import Light, Progress, says_done

ITEM = "closing:"
"""Begins the 标识 of an item of 待处理 that proposes to close a task: closing:2023-01:2023Q3."""

WITHDRAWN = "已撤回"
"""Begins the 处理结果 of a proposal that what came later took back: the only one that may be made again."""

DISPUTED = "再定"
"""Stands for a round's key where a person had agreed and a report took the evidence back before it was carried out."""

BY_STATE = "台账"
"""Stands for a round's key where a person said that the task is done."""

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
    reports: Iterable[Report],
    holder: Callable[[Report], Receipt | None],
    progress: Sequence[Progress] = (),
) -> Done | None:
    """Whether a task is done, and why.

    `holder`: the file that a report's text came from, None for a person's words.  `progress`: the task's confirmed
    targets, as the latest figures have them.
    """
    said = state.progress in schema.DONE_STATES or state.closing == schema.APPLIED
    latest = max((r for r in reports if r.text.strip()), key=lambda r: r.round.due, default=None)
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
        evidence.append(f"{latest.round.name}完成情况（{_source(receipt)}）写着：“{_clip(words)}”")
    elif latest:
        evidence.append(f"最近的完成情况是{latest.round.name}的（{_source(receipt)}）：“{_clip(latest.text)}”")
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


def _clip(text: str) -> str:
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
