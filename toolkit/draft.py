"""The master as one run will leave it: what its parts of a run change together.  Pure."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from toolkit.attention import Attention
from toolkit.master.read import Master
from toolkit.merge import Cell, bases
from toolkit.model import Receipt, Step
from toolkit.pace import Standing
from toolkit.plans import placed
from toolkit.register import Register
from toolkit.standing import paces, rulings


class Draft:
    """Texts, figures, 收件记录 and 待处理 as they will stand.

    A cell is (任务编号, round's key), of a figure (key of a row of 指标, round's key).
    """

    def __init__(self, master: Master, now: datetime) -> None:
        self.master, self.now = master, now.replace(microsecond=0)
        self.stamp = f"{now:%Y%m%dT%H%M}"
        self.register = Register(master.receipts)
        self.attention = Attention(master, self.now)
        self.tasks = {t.key: t for t in master.office.tasks}
        self.texts = dict(master.status)
        self.figures = master.indicators.figures
        self.base = bases(master.receipts)  # the digest of what was last merged into a cell
        self.merged: set[Cell] = set()
        self.unsaid: set[Cell] = set()  # whose 报送状态 does not hold any more

    def text(self, task: str, round_key: str) -> str:
        """完成情况 as it will stand."""
        return self.texts.get((task, round_key), "")

    @property
    def standing(self) -> Mapping[Cell, str]:
        """All texts and figures as they will stand."""
        return ChainMap(self.texts, self.figures) if self.figures else self.texts

    @cached_property
    def on_paper(self) -> Mapping[tuple[str, str], datetime]:
        """When reports came on paper, by division and round: what a person wrote into 报送情况."""
        return {form: day for form, day in rulings(self.master).items() if isinstance(day, datetime)}

    def came_on_paper(self, receipt: Receipt) -> bool:
        """Whether a division's report came on paper behind a file of its."""
        paper = self.on_paper.get((receipt.division, receipt.round))
        return paper is not None and paper.date() >= receipt.received.date()

    def staying(self, task: str, text: str) -> list[Step]:
        """The steps of a task's plan that stay although its `text` has them no more: nobody's to delete."""
        kept, _, emptied = placed(have := self.master.office.plans.get(task, ()), text, task)
        return [s for s in have if s.row not in kept and s.row not in emptied]

    def paces(self) -> tuple[Standing, ...]:
        """How every confirmed target stands, with the figures as they will be."""
        return paces(self.master, figures=self.figures, texts=self.texts)

    def rewritten(self) -> list[tuple[Cell, str]]:
        """The texts that are no longer what the master has, in the order of its tasks."""
        order = {key: i for i, key in enumerate(self.tasks)}
        stood = self.master.status
        new = [(cell, text) for cell, text in self.texts.items() if text != stood.get(cell, "")]
        return sorted(new, key=lambda n: (order.get(n[0][0], len(order)), n[0][1]))

    def write(self, cell: Cell, text: str) -> None:
        """Let a text, or a figure, stand as a person decided."""
        if cell in self.figures:
            self.figures[cell] = text
        elif self.texts.get(cell, "") != text:
            self.texts[cell] = text
            self.merged.add(cell)

    # what things are called

    def label(self, task: str) -> str:
        """3*, the 任务编号 where the task is not there any more."""
        return self.tasks[task].label if task in self.tasks else task

    def indicator(self, key: str) -> str:
        """第3项“新建社区老年人服务中心”, of a row of 指标."""
        row = self.master.indicators.row(key)
        return f"第{self.label(row.target.task)}项“{row.target.indicator}”" if row and row.target else key

    def named(self, key: str) -> str:
        """第3*项, or of a row of 指标 第3项“新建社区老年人服务中心”."""
        return f"第{self.label(key)}项" if key in self.tasks else self.indicator(key)
