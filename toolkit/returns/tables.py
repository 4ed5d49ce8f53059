"""Where the Annex 2 table stands in a returned file.  Pure.

A division may have moved the header down, given it two rows or other words, put columns in another order or beside
each other, written notes around the table, or put several tables into one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from toolkit.cells import as_text
from toolkit.kinds import KINDS, UNSTATED
from toolkit.model import RoundKind, Task, plain
from toolkit.plans import step_day
from toolkit.returns.approval import approval, is_task, may_be_signed
from toolkit.returns.grid import Grid, Reading
from toolkit.returns.headers import (
    Column,
    Header,
    as_written,
    headers,
    heads_something_else,
    names_in,
    says_nothing_new,
)
from toolkit.returns.match import TaskIndex
from toolkit.xlsx import Value

TITLE = re.compile(r"完成情况|办理方案|进展情况|落实情况|情况表|报送表|汇总表")
_TIMES = re.compile(r"季度|半年|全年|年度|\d月")
CAPTION = re.compile(r"季度|半年|全年|计划|安排|打算|\d月")
_NO_TITLE = re.compile(r"^(?:根据|按照?|现将|关于|填[报表]|注|说明)|《|》|请于")


@dataclass(frozen=True, slots=True)
class Layout:
    """One table as it stands in a grid."""

    grid: Grid
    title: str
    first: int  # row of data
    last: int  # row, inclusive
    item: int  # columns; 0 where there is none
    number: int
    statuses: tuple[Column, ...]  # 完成情况, or one for each round, or also 存在问题 beside it
    others: tuple[Column, ...] = ()
    doubtful: tuple[str, ...] = ()  # where its header tells no answer: the columns that may be it, the likeliest first
    headed: frozenset[int] = frozenset()  # columns with a header; what stands in others is told
    repeated: frozenset[int] = frozenset()  # rows of its header on further pages, taken out of the grid
    approver: str = ""
    approved_on: str = ""
    kind: RoundKind | None = None  # where the header is one that only this kind's form has

    @property
    def sheet(self) -> str:
        return self.grid.name

    @property
    def sheet_hidden(self) -> bool:
        """A hidden sheet's table counts only where no visible one has any."""
        return self.grid.hidden


def find_tables(reading: Reading, index: TaskIndex) -> tuple[Layout, ...]:
    """Every Annex 2 table of the visible sheets; of hidden ones where no other has any."""
    for hidden in (False, True):
        grids = [g for g in reading.grids if g.hidden is hidden]
        if found := tuple(t for g in grids for t in _with_header(g)):
            return found
        if found := tuple(t for g in grids if (t := _without_header(g, index))):
            return found
    return ()


# tables with a header


def _with_header(grid: Grid) -> Iterator[Layout]:
    parts: list[tuple[int, list[Header]]] = []  # the row from which a table, title included, begins; headers abreast
    again: set[int] = set()  # headers repeated on a further page of the same table
    for header in headers(grid):
        before = parts[-1][1][-1] if parts else None
        if before and header.row <= before.last:
            if header.row == before.row:
                parts[-1][1].append(header)
            continue
        start = _title_row(grid, before.last + 1, header.row) if before else 0
        if before and not start and header.columns == before.columns:
            again |= set(range(header.row, header.last + 1))
        else:
            parts.append((start or (header.row if before else 0), [header]))
    if not parts:
        return
    others = [n for n, cells in grid.rows.items() if heads_something_else(cells)]
    shown = _without_rows(grid, again) if again else grid
    title = ""
    for (start, abreast), (following, _) in zip(parts, [*parts[1:], (max(grid.rows) + 1, [])], strict=True):
        row, end = abreast[0].row, max(h.last for h in abreast)
        last = min([following, *(n for n in others if n > end)]) - 1
        above = [n for n in grid.rows if start <= n < row]
        if above or not title:  # a table below another one is of the same title
            title = _title(grid, above)
        for header in abreast:
            below = [n for n, cells in grid.rows.items() if end < n < following and may_be_signed(cells)]
            below = [n for n in below if not is_task(grid.rows[n], header.item, header.statuses)]
            who, day = approval(grid, [*above, *below])
            yield Layout(
                shown, title, end + 1, last, header.item, header.number, header.statuses, header.others,
                approver=who, approved_on=day, kind=header.kind, headed=header.headed, repeated=frozenset(again),
            )  # fmt: skip


def _without_rows(grid: Grid, left_out: set[int]) -> Grid:
    return replace(grid, rows={n: cells for n, cells in grid.rows.items() if n not in left_out})


def _title_row(grid: Grid, first: int, header: int) -> int:
    """The row of a title between two tables, 0 where the second header only begins a new page."""
    for n, cells in grid.rows.items():
        if first <= n < header:
            texts = [v for v in cells.values() if isinstance(v, str) and v.strip()]
            if len(texts) <= 2 and any(TITLE.search(t) and len(t) <= 80 for t in texts):
                return n
    above = max((n for n in grid.rows if first <= n < header), default=0)
    said = [v for v in grid.rows[above].values() if isinstance(v, str)] if above else []
    return above if len(said) == 1 and len(said[0].strip()) <= 20 and CAPTION.search(said[0]) else 0


def _title(grid: Grid, above: Iterable[int]) -> str:
    """The line above a table that names the form."""
    lines = [v.strip() for n in above for _, v in sorted(grid.rows[n].items()) if isinstance(v, str) and v.strip()]
    lines = [line for line in lines if not line.startswith("请于")]  # our own hint beside the title
    titles = [i for i, t in enumerate(lines) if TITLE.search(t)]
    titles = [i for i in titles if not _NO_TITLE.search(lines[i]) and lines[i][0] not in "(（"] or titles
    if not titles:
        return max(lines, key=len, default="")
    title = lines[titles[0]]
    if not _TIMES.search(title):  # it may run over two lines
        for beside, whole in ((titles[0] - 1, "{other}{title}"), (titles[0] + 1, "{title}{other}")):
            other = lines[beside] if 0 <= beside < len(lines) else ""
            if other and len(other) <= 60 and _TIMES.search(other) and not _NO_TITLE.search(other):
                title = whole.format(other=other, title=title)
                break
    return title


def _without_header(grid: Grid, index: TaskIndex) -> Layout | None:
    """A table whose header was left out, or is one that nobody knows: two tasks' texts, or all there are, under
    each other.
    """
    hits: dict[int, list[int]] = {}
    for n, cells in grid.rows.items():
        for c, v in cells.items():
            if isinstance(v, str) and len(v) >= 8 and (v in index.by_text or index.exact(v)):
                hits.setdefault(c, []).append(n)
    if not hits:
        return None
    item = max(hits, key=lambda c: len(hits[c]))
    tasks = {n: index.exact(as_text(grid.rows[n].get(item))) for n in hits[item]}
    first, end = min(hits[item]), max(grid.rows)
    above = [n for n in grid.rows if n < first]
    headed = grid.rows[above[-1]] if above and len(names_in(grid.rows[above[-1]])) > 1 else {}
    names = names_in(headed)
    right = sorted({c for n in hits[item] for c in grid.rows[n] if c > item and c not in grid.hidden_columns})
    called = {c: (names.get(c, ""), as_written(headed.get(c))) for c in right}
    right = [c for c in right if not any(map(says_nothing_new, called[c]))]
    right = [c for c in right if any(not _is_known(grid.rows[n].get(c), found, index) for n, found in tasks.items())]
    if not right:
        return None
    title = _title(grid, above)
    who, day = approval(grid, [*above, *(n for n in grid.rows if n > max(hits[item]))])
    likeliest = sorted(right, key=lambda c: -sum(len(as_text(grid.rows[n].get(c))) for n in tasks))
    statuses: tuple[Column, ...] = (Column(likeliest[0], "完成情况"),)
    supported = KINDS[RoundKind.SUPPORTING]
    doubtful: tuple[str, ...] = ()
    if len(right) > 1 and all(not t.starred for found in tasks.values() for t in found):
        progress, agreed = supported.answers
        statuses = (Column(right[1], progress), Column(right[0], agreed, further=agreed))
    elif len(right) > 1 or likeliest[0] in names:
        doubtful = tuple(as_text(headed.get(c)) or grid.column(c) for c in likeliest)
    number = item - 1
    return Layout(
        grid, title, first, end, item, number, statuses, doubtful=doubtful, approver=who, approved_on=day,
    )  # fmt: skip


def _is_known(value: Value, tasks: Iterable[Task], index: TaskIndex) -> bool:
    """Whether a cell beside a task says nothing of it that the office does not know: who has it, or until when."""
    text = as_text(value)
    if not text or text == UNSTATED or index.exact(text) or not isinstance(step_day(value, 2000), str):
        return True
    return any(
        text == t.city_names or plain(text) in {plain(n) for n in (t.leader, t.division, *t.responsible)} for t in tasks
    )
