"""报送情况 held against the other sheets: times in another's row, days without a text, texts without a day.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time, timedelta
from functools import cached_property

from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.master.rows import Layout
from toolkit.master.schema import Sheet
from toolkit.master.waiting import WAITING
from toolkit.merge import is_ours
from toolkit.model import Office, Receipt, Round, RoundKind, by_form
from toolkit.returns.statuses import is_placeholder
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
        self._receipts = by_form(receipts)
        self._rounds = {r.key: r for r in office.rounds}
        self._astray = {form: owner for form in cells if (owner := self._owner(form))}

    def _owner(self, form: Form) -> str:
        """Whose file alone came at the moment that stands in another's cell; "" where it is nobody's, or its own."""
        value, round_key = self._cells[form], form[1]
        if not isinstance(value, datetime) or value.time() == time() or self._is_own(form):
            return ""  # a day alone is one of a report on paper
        came = {
            division
            for (division, key), receipts in self._receipts.items()
            if key == round_key and any(abs(r.received - value) < timedelta(seconds=1) for r in receipts)
        }
        return came.pop() if len(came) == 1 else ""

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
                "{where}写的和{owner}的收到时间一模一样，没有算作{division}的报送：是抄来的，把这一格清空；"
                "确是{division}报的，只写收到的日期",
                where=self._where(form),
                owner=owner,
                division=form[0],
            )
        for round_ in self._office.rounds:
            blank, undated = self._on_paper(round_, status)
            sheet = Sheet.PLANS if round_.kind is RoundKind.PLAN else Sheet.TASKS
            if blank:
                yield tr(
                    "登记了{round}的纸质报送，“{sheet}”里的文字却都空着的：{listed}。把文字填上；登错了节点或处室的，改到对的那一格",
                    round=round_.name,
                    sheet=sheet,
                    listed=tuple(f"{name}（{self._cell((name, round_.key))}）" for name in blank),
                )
            if undated:
                yield tr(
                    "{round}的文字都填了，没有收到文件，“{sheet}”里也没有登记收到的日期，仍算没有报的：{listed}。收到了纸质报送的，写上日期",
                    round=round_.name,
                    sheet=Sheet.TRACKER,
                    listed=tuple(undated),
                )

    def _on_paper(self, round_: Round, status: Mapping[Form, str]) -> tuple[list[str], list[str]]:
        """The divisions with a day and no text, and those with all texts and no day; no file came of either."""
        blank, undated = list[str](), list[str]()
        for division, tasks in self._office.owed(round_).items():
            form = (division, round_.key)
            if form not in self._cells or form in self._astray or form in self._receipts:
                continue
            value, cells = self._cells[form], [(t.key, round_.key) for t in tasks if not t.closed]
            told = (not is_placeholder(status.get(cell, "").strip()) for cell in cells)
            if isinstance(value, datetime) and cells and not any(told) and self._brought.isdisjoint(cells):
                blank.append(division)
            elif value in _EMPTY and cells and all(told) and self._brought.isdisjoint(cells):
                undated += [] if self._office.exempts(division, round_) else [division]
        return blank, undated

    @cached_property
    def _brought(self) -> frozenset[Form]:
        """The texts, by task and round, that files have brought, be it another division's."""
        groups = self._receipts.values()
        return frozenset((w.task, r.round) for group in groups for r in group for w in r.written)

    def _where(self, form: Form) -> str:
        return f"{self._name} {self._cell(form)}"

    def _cell(self, form: Form) -> str:
        column = self._layout.column(self._rounds[form[1]].name) or 1
        return f"{self._layout.sheet}!{cell_name(self._layout.rows.get(form[0], 1), column)}"
