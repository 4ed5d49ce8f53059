"""报送情况 held against the other sheets: times in another's row, days without a text, texts without a day.  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from functools import cached_property

from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.master.rows import Layout
from toolkit.master.schema import Sheet
from toolkit.master.waiting import WAITING
from toolkit.merge import is_ours
from toolkit.model import Office, Receipt, Round, RoundKind
from toolkit.xlsx import Value, cell_name

_EMPTY = (None, "", *WAITING)

Form = tuple[str, str]
"""A division, or a task, and the key of a round."""


class Registered:
    """The cells of 报送情况 by form, as they were read from the sheet of this `layout` in the file `name`."""

    def __init__(
        self, office: Office, cells: Mapping[Form, Value], receipts: Iterable[Receipt], layout: Layout, name: str
    ) -> None:
        self._office, self._cells, self._layout, self._name = office, cells, layout, name
        self._receipts: dict[Form, list[Receipt]] = defaultdict(list)
        for r in receipts:
            self._receipts[r.division, r.round].append(r)
        self._rounds = {r.key: r for r in office.rounds}
        self._astray = {form: owner for form in cells if (owner := self._owner(form))}

    def _owner(self, form: Form) -> str:
        """Whose file came at the moment that stands in another's cell; "" where it is nobody's, or its own."""
        value, round_key = self._cells[form], form[1]
        if not isinstance(value, datetime) or value.time() == time() or self._is_own(form):
            return ""  # a day alone is one of a report on paper
        others = (f for f in self._receipts if f[1] == round_key and f[0] and f != form)
        return next((f[0] for f in others if is_ours(value, self._receipts[f], ())), "")

    def _is_own(self, form: Form) -> bool:
        return is_ours(self._cells.get(form), self._receipts.get(form, []), WAITING)

    def cells(self) -> Mapping[Form, Value]:
        """The cells, without the times that belong to another division: those of a row that was copied.

        Raises MasterError where times have gone from one row to another: a sort left columns behind, so that the days
        of reports on paper stand in the wrong rows, too.
        """
        moved = [(f, owner) for f, owner in self._astray.items() if self._lost_its_own((owner, f[1]))]
        if moved:
            listed = tuple(
                tr("{division}一行写的是{owner}的收到时间", division=f[0], owner=owner) for f, owner in moved[:5]
            )
            raise MasterError(
                tr("“{sheet}”里处室和收到时间对不上了：{listed}", sheet=Sheet.TRACKER, listed=listed),
                where=self._where(moved[0][0]),
                remedy=tr(
                    "多半是只选了几列排序：撤销这次排序再存，要排序就选整张表；"
                    "撤销不了的，用 annex2 restore 取回以前的总表"
                ),
            )
        return {f: None if f in self._astray else v for f, v in self._cells.items()} if self._astray else self._cells

    def _lost_its_own(self, form: Form) -> bool:
        """Whether the time at which a division's file came has left its row, and no person put a word there."""
        value = self._cells.get(form, "")
        return not self._is_own(form) if isinstance(value, datetime) else form in self._cells and value in _EMPTY

    def remarks(self, status: Mapping[Form, str]) -> Iterator[str]:
        """What a person should look at.  `status`: the texts of 任务台账 and 办理方案 by task and round."""
        for form, owner in self._astray.items():
            yield tr(
                "{where}写的是{owner}的收到时间，没有算作{division}的报送：是抄来的一行，把这一格清空",
                where=self._where(form),
                owner=owner,
                division=form[0],
            )
        for round_ in self._office.rounds:
            for division, tasks in self._office.owed(round_).items():
                form = (division, round_.key)
                if form in self._cells and form not in self._astray and form not in self._receipts:
                    open_ = [(t.key, round_.key) for t in tasks if not t.closed]
                    yield from self._on_paper(form, round_, open_, status)

    def _on_paper(
        self, form: Form, round_: Round, tasks: Sequence[Form], status: Mapping[Form, str]
    ) -> Iterator[str]:
        value = self._cells[form]
        told = (bool(status.get(task, "").strip()) for task in tasks)
        about = {"division": form[0], "round": round_.name}
        if isinstance(value, datetime) and tasks and not any(told) and self._brought.isdisjoint(tasks):
            yield tr(
                "{where}登记了{division}{round}的纸质报送，“{sheet}”里的文字却都空着："
                "把文字填上；登错了节点或处室的，改到对的那一格",
                where=self._where(form),
                sheet=Sheet.PLANS if round_.kind is RoundKind.PLAN else Sheet.TASKS,
                **about,
            )
        elif value in _EMPTY and tasks and all(told) and self._brought.isdisjoint(tasks):
            if self._office.exempts(form[0], round_):
                return
            yield tr(
                "{division}{round}的文字都填了，没有收到文件，也没有登记收到的日期，仍算没有报："
                "收到了纸质报送的，在{where}写上日期",
                where=self._where(form),
                **about,
            )

    @cached_property
    def _brought(self) -> frozenset[Form]:
        """The texts, by task and round, that files have brought, be it another division's."""
        groups = self._receipts.values()
        return frozenset((w.task, r.round) for group in groups for r in group for w in r.written)

    def _where(self, form: Form) -> str:
        column = self._layout.column(self._rounds[form[1]].name) or 1
        return f"{self._name} {self._layout.sheet}!{cell_name(self._layout.rows.get(form[0], 1), column)}"
