"""A table that somebody has filled in -> its rows, with the answers of the round that it is read for.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from toolkit.cells import as_text
from toolkit.model import Round, RoundKind
from toolkit.returns.headers import Column
from toolkit.returns.known import Known
from toolkit.returns.match import FormRow
from toolkit.returns.notes import asides, comments, unseen
from toolkit.returns.rows import read_plans, read_rows
from toolkit.returns.statuses import is_placeholder
from toolkit.returns.tables import Layout

_OTHER_TIME = re.compile(r"第?[1-4一二三四]季度?|[上下]半年")


@dataclass(frozen=True, slots=True)
class OfAnother:
    """Answers that stand in columns of another round."""

    rounds: tuple[str, ...]  # keys of the rounds that the header may mean, or the words of a time that is none
    headers: tuple[str, ...]
    rows: tuple[FormRow, ...]  # those that say something
    certain: bool  # the answers that were read stand in a column that names their round


@dataclass(frozen=True, slots=True)
class Table:
    """An Annex 2 table with what its rows say."""

    sheet: str
    title: str
    rows: tuple[FormRow, ...]
    approver: str
    approved_on: str
    kind: RoundKind | None = None  # that its header tells
    timed: tuple[str, ...] = ()  # headers of its answers that name a time
    of_one: str = ""  # such a header, where all of them name that round
    of_others: bool = False  # … and none of them is the round's that it was read for
    doubtful: tuple[str, ...] = ()  # see Layout
    hidden: bool = False  # it stands in a hidden sheet
    asides: tuple[tuple[str, str], ...] = ()  # see tables.asides
    comments: tuple[tuple[str, str], ...] = ()  # … and of the comments on its cells
    unseen: tuple[tuple[str, str], ...] = ()  # … and of the answers that are hidden
    left: tuple[str, ...] = ()  # further filled tables of the file that a person's choice leaves out
    taken: str = ""  # the header of its answers
    others: tuple[OfAnother, ...] = ()  # what it says in columns of other rounds than the one that it was read for

    @property
    def filled(self) -> bool:
        return any(r.status or r.picture or r.further for r in self.rows)


def read_table(look: Known, layout: Layout, round_: Round | None = None) -> Table:
    """The table's rows; where each round has a column of its own, with those of `round_`.

    Where it is not known whose round a table is, what it says of any is good enough to find out.
    """
    if layout.kind is RoundKind.PLAN:
        rows = read_plans(layout, look.index.by_key, look.year)
        return Table(
            layout.sheet, layout.title, rows, layout.approver, layout.approved_on, layout.kind,
            asides=asides(layout, look.index), comments=comments(layout), unseen=unseen(layout),
        )  # fmt: skip
    further = [c for c in layout.statuses if c.further]
    columns = _answers(layout)
    by_round = _by_round(look, columns)
    timed = tuple(c[0].whole for key, c in by_round.items() if key)
    of_one = timed[0] if len(by_round) == len(timed) == 1 else ""
    of_others = False
    others: tuple[OfAnother, ...] = ()
    if len(by_round) > 1:
        ours = next((k for k in by_round if round_ and round_.key in k), None)
        of_others = round_ is not None and ours is None and () not in by_round
        ours = ours if ours is not None else () if () in by_round else next(iter(by_round))
        columns = by_round[ours]
        others = tuple(_of_others(look, layout, by_round, ours)) if round_ is not None else ()
    columns, versions = _one_version(layout, columns)
    rows, notes = read_rows(layout, [*columns, *further], look.index.by_key, look.units)
    return Table(
        layout.sheet, layout.title, rows, layout.approver, layout.approved_on, layout.kind, timed, of_one, of_others,
        layout.doubtful or versions, layout.sheet_hidden, asides(layout, look.index, notes), comments(layout),
        unseen(layout), taken=columns[0].whole or columns[0].header if columns else "", others=others,
    )  # fmt: skip


def columns_for(look: Known, layout: Layout, round_: Round) -> list[Column]:
    """Where a table's answers of a round belong; none where all of them are other rounds'."""
    by_round = _by_round(look, _answers(layout))
    return by_round.get(next((k for k in by_round if round_.key in k), ()), [])


def _answers(layout: Layout) -> list[Column]:
    columns = [c for c in layout.statuses if not c.further]
    return [c for c in columns if c.header not in ("备注", "说明", "附件")] or columns


_AHEAD = re.compile("预[计期测]|计划|打算|拟|安排|力争|目标(?!完成)")
"""What is planned or expected of a round is no report of it."""


def _of_others(
    look: Known, layout: Layout, by_round: Mapping[tuple[str, ...], Sequence[Column]], ours: tuple[str, ...]
) -> Iterator[OfAnother]:
    for named, columns in by_round.items():
        if named == ours or (named and _AHEAD.search("".join(c.whole for c in columns))):
            continue
        said, _ = read_rows(layout, columns, look.index.by_key, look.units)
        if filled := tuple(r for r in said if r.status and not is_placeholder(r.status)):
            yield OfAnother(named, tuple(c.whole or c.header for c in columns), filled, ours != ())


_VERSION = re.compile(
    r"(?:(?P<bracket>[(（])|^)(?:(?P<draft>[初草原旧][稿版]?|(?:修改|修订|更正)前)"
    r"|[定终新现]稿?|新版|最[终新后][稿版]?|(?:修[改订]|更正)[后稿]?)(?(bracket)[)）])"
)
"""What a header says of a version, in brackets or before all else."""


def _one_version(layout: Layout, columns: Sequence[Column]) -> tuple[list[Column], tuple[str, ...]]:
    """Of answers as they were and as they are now the newer ones, with the headers among which a person must choose,
    theirs first; else the columns as they are, and no headers."""
    told = [c for c in columns if not c.beside and _says_any(layout, c)] if len(columns) > 1 else []
    names = [c.whole or c.header for c in told]
    marks = [_VERSION.search(name) for name in names]
    if len(told) < 2 or not any(marks) or len({_VERSION.sub("", name) for name in names}) > 1:
        return [*columns], ()
    old = [m is not None and m["draft"] is not None for m in marks]
    order = sorted(range(len(told)), key=lambda n: (old[n], marks[n] is None))
    return [told[order[0]], *(c for c in columns if c.beside)], tuple(names[n] for n in order)


def _says_any(layout: Layout, column: Column) -> bool:
    rows = layout.grid.rows
    return any(as_text(rows[n].get(column.number)) for n in range(layout.first, layout.last + 1) if n in rows)


def _by_round(look: Known, columns: Iterable[Column]) -> dict[tuple[str, ...], list[Column]]:
    """The columns by the rounds that their header may mean, () for none; what stands beside one goes with it.

    A quarter that nobody has to report on by itself, such as 四季度, is a time of its own, too.
    """
    found: dict[tuple[str, ...], list[Column]] = {}
    beside: list[Column] = []
    for column in columns:
        if column.beside:
            beside.append(column)
        else:
            named = tuple(r.key for r in look.rounds_in(column.whole or column.header))
            if not named and (other := _OTHER_TIME.search(column.whole)):
                named = (other[0],)
            found.setdefault(named, []).append(column)
    for column in beside:
        left = [c for cs in found.values() for c in cs if c.number < column.number]
        nearest = max(left, key=lambda c: c.number, default=None)
        for group in found.values():
            if nearest is None or nearest in group:
                group.append(column)
                break
    return found
