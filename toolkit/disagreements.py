"""Disagreements between what people wrote into the master and what a return says of the same cell.  Pure.

Each is one item of 待处理, `conflict:task:round:digest of the returned text`.  The master stays as it is until a person
decides; whoever decides may do so the other way round later.
"""

from __future__ import annotations

import re
from dataclasses import replace

from toolkit.attention import ADOPTED, CLIPPED, KEPT, clip
from toolkit.draft import Draft
from toolkit.kinds import kind_of
from toolkit.master import schema
from toolkit.master.read import Item
from toolkit.master.schema import Sheet
from toolkit.merge import Conflict
from toolkit.model import Receipt, digest
from toolkit.plans import CARRIED

_STOOD = "台账里是人工改过的"
EMPTY = "（空）"


class Disagreements:
    """What is asked about them, and what becomes of the answers."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._attention = draft, draft.attention

    def ask(self, c: Conflict) -> None:
        """List one, or ask about it anew as it is by now."""
        place, problem, advice = self._words(c)
        if c.key in self._attention and not self._attention.is_open(c.key):
            self._attention.ask_again(c.key, problem)
        else:
            self._attention.add(c.key, schema.ITEM_CONFLICT, place, problem, advice)

    def _words(self, c: Conflict) -> tuple[str, str, str]:
        """位置, 问题 and 怎么办."""
        office = self._draft.master.office
        round_ = office.round(c.round)
        name = round_.name if round_ else c.round
        choice = f"选“{schema.KEEP_MASTER}”，要换成报来的选“{schema.TAKE_RETURN}”"
        if (c.task, c.round) in self._draft.figures:
            return (
                f"指标 {self._draft.indicator(c.task)} {schema.figure_column(name).header}",
                f"指标里是人填的：{c.master}\n第{c.receipt}号收件报来的是：{c.returned}",
                f"指标没有改动。要保留原来的数{choice}",
            )
        ledger = round_ is None or kind_of(round_).in_ledger
        stands = _STOOD if ledger else "“办理方案”里有人改过，或留着已有进度的步骤，现在是"
        carried = () if ledger else office.plans.get(c.task, ())
        lines = [s.text for s in carried if s.progress.startswith(CARRIED)]
        more = f"\n另有{CARRIED}的 {len(lines)} 步，换成报来的就不留了：{clip('；'.join(lines))}" if lines else ""
        place = f"第{self._draft.label(c.task)}项 {name}"
        return (
            f"{Sheet.TASKS} {place}{schema.STATUS_SUFFIX}" if ledger else f"{Sheet.PLANS} {place}",
            f"{stands}：{clip(c.master) or EMPTY}{more}\n\n第{c.receipt}号收件报来的是：{clip(c.returned)}",
            f"台账没有改动。要保留台账的文字{choice}",
        )

    def must_ask(self, c: Conflict) -> bool:
        """Whether nobody has decided on a disagreement as it is now: that the office's text stays."""
        if self._attention.may_ask(c.key):
            return True
        kept = self._attention.result(c.key).startswith((KEPT, "已处理"))
        return not kept or not _alike(self.stood(self._attention.problem(c.key)), clip(c.master) or EMPTY)

    def changed_since_asked(self, item: Item, task: str, round_key: str) -> bool:
        """Whether a cell that people and a return disagree over says something else than its item quotes: it is asked
        about anew."""
        was, now = self.stood(item.problem), clip(self._draft.standing.get((task, round_key), "")) or EMPTY
        if _alike(was, now):
            return False
        self._attention.restate(item.key, item.problem.replace(was, now, 1))
        return True

    @staticmethod
    def stood(problem: str) -> str:
        """The office's text that an item of a disagreement quotes."""
        quoted = problem.partition("：")[2]
        return re.split(rf"\n另有{CARRIED}的 \d+ 步|\n\n?第\d+号收件报来的是：", quoted, maxsplit=1)[0]

    def given_up_for(self, task: str, receipt: Receipt) -> str:
        """The office's own text of a cell that a person gave up for a file's (采用报送), "" where that is not known."""
        for w in receipt.written:
            key = f"conflict:{task}:{receipt.round}:{w.digest}"
            if w.task == task and key in self._attention and self._attention.result(key).startswith(ADOPTED):
                text = self.stood(self._attention.problem(key))
                return "" if text == EMPTY or text.endswith(CLIPPED) else text
        return ""

    def take_return(self, task: str, round_key: str, text: str) -> None:
        """A person chose the returned text, or figure, of a conflict."""
        cell = (task, round_key)
        self._draft.write(cell, text)
        self._draft.base[cell] = digest(text)
        for r in reversed(tuple(self._draft.register)):
            if r.round != round_key:
                continue
            chosen = (task, digest(text))
            written = tuple(
                w._replace(taken=True, at=self._draft.stamp) if (w.task, w.digest) == chosen else w for w in r.written
            )
            if written != r.written:
                self._draft.register.put(replace(r, written=written))
                return

    def keep_after_all(self, item: Item, task: str, round_key: str, adopted: str) -> bool:
        """A person wants the office's text back that was given up for a return's (its digest: `adopted`).

        Returns whether it is known whole, and nobody has changed the cell since.
        """
        cell, text = (task, round_key), self.stood(item.problem)
        if text.endswith(CLIPPED) or digest(self._draft.standing.get(cell, "")) != adopted:
            return False
        self._draft.write(cell, "" if text == EMPTY else text)
        return True


def _alike(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())
