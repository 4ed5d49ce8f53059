"""What a form of the level above asks this office for, in one round: the cells that its texts belong in.  Pure.

A cell in doubt is left and told: a text in another unit's row, another quarter's column or another year's form would
go out in the office's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from toolkit.cells import as_text
from toolkit.errors import Annex2Error
from toolkit.language import Text, tr
from toolkit.model import Office, Round, RoundKind, plain
from toolkit.plans import period_end
from toolkit.returns.filled import columns_for
from toolkit.returns.grid import Grid, Reading
from toolkit.returns.headers import Column
from toolkit.returns.known import Known
from toolkit.returns.rows import read_rows
from toolkit.returns.tables import Layout, find_tables
from toolkit.returns.wording import normalise, shorten

_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_YEAR = re.compile(r"(20\d\d)年?[-—–~至到]+(20\d\d)年|(20\d\d)年")
_CHINESE_YEAR = re.compile("[二][〇○零][〇○零一二三四五六七八九]{2}年")
_MONTH = re.compile(r"(\d{1,2})月")
_NEVER = re.compile(
    r"灯|是否|得分|评[价估分]|核[查实验]|审[核查]|计划进"
    r"|[(\[【](?=[^)\]】]*[/、])(?=[^)\]】]*(?:[已未](?:完成|启动|办结)|推进中|正在推进|√))"
)
"""A column with such a header is for a tick, a mark, or what the level above says itself."""
_HARDLY = re.compile(r"计划|打算|安排|拟|目标(?!任务|完成)|要求|督[查办]|考[核评]|量化|指标")
"""… for a text, where no other column is."""
_UNIT = re.compile(r".{0,8}(?:单位|部门|处室|科室).{0,4}")
_PROGRESS = re.compile(r"(?:工作)?(?:完成|进展|落实|推进)(?:情况)?")
_BLANK = re.compile(r"[(\[【]?(?:请?在?此?处?填[写报入]?.{0,6}|[\W_]*)[)\]】]?")
"""What stands in a cell that is to be filled."""
_LONGEST_LABEL = 12


class Place(NamedTuple):
    """A row of the form: what it is about, and the cell that its text belongs in."""

    sheet: str
    row: int
    column: int
    where: str  # what people call the cell
    item: str
    said: str  # what stands there already, "" where it may be written over
    item_column: int
    shown: str  # what stands there in this row: nothing where the item goes over several
    further: tuple[tuple[str, int], ...] = ()  # other answers of a 配合任务 that it asks for, and their columns


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form asks for."""

    places: tuple[Place, ...]
    columns: tuple[str, ...]  # the headers of the cells
    remarks: tuple[Text, ...]  # what was left, and why


def tables_of(reading: Reading, look: Known) -> list[Layout]:
    """The tables whose header says where the answer belongs."""
    return [t for t in find_tables(reading, look.index) if t.item and t.headed and t.kind is not RoundKind.PLAN]


def other_years(office: Office, said: Iterable[str]) -> tuple[int, ...]:
    """The years that titles and names speak of where the office's is not among them."""
    found: set[int] = set()
    for text in said:
        folded = _CHINESE_YEAR.sub(lambda m: m[0].translate(_DIGITS), plain(text))
        for first, last, one in _YEAR.findall(folded):
            found |= {int(one)} if one else set(range(int(first), int(last) + 1))
    return () if office.year in found else tuple(sorted(found))


def round_asked(
    look: Known, office: Office, tables: Sequence[Layout], name: str, otherwise: Round | None = None
) -> Round:
    """The one round that the titles, the names of sheets, the file's `name` or the headers speak of.

    Of several, or where there is none, `otherwise`.  Raises Annex2Error where that does not help.
    """
    heads = [look.round_in(c.whole or c.header) for t in tables for c in t.statuses]
    for named in ([_round_of(look, t) for t in tables], [look.round_in(name)], heads):
        rounds = {r.key: r for r in named if r is not None}
        if len(rounds) == 1:
            return next(iter(rounds.values()))
        if otherwise is not None and otherwise.key in rounds:
            return otherwise
        if rounds:
            names = tuple(r.name for r in rounds.values())
            raise Annex2Error(
                tr("这张表里有几个节点的：{names}", names=names),
                remedy=tr("写明填哪一个：annex2 fill 表 --round {key}", key=next(iter(rounds))),
            )
    if otherwise is not None:
        return otherwise
    key = office.rounds[0].key
    raise Annex2Error(tr("看不出这张表填的是哪个节点"), remedy=tr("写明节点：annex2 fill 表 --round {key}", key=key))


def _round_of(look: Known, table: Layout) -> Round | None:
    return look.round_in(table.title) or look.round_in(table.sheet)


def asked_for(
    look: Known, office: Office, reading: Reading, tables: Iterable[Layout], round_: Round, column: str = ""
) -> Asked:
    """The cells for a round's texts.  `column`: the header of the one to fill, where there are several.

    Raises Annex2Error where it cannot be told which column is meant.
    """
    places: list[Place] = []
    columns: list[str] = []
    left: list[Text] = []
    for table in tables:
        named = _round_of(look, table)
        if named is not None and named.key != round_.key and period_end(named) != period_end(round_):
            left.append(tr("“{sheet}”是{round}的，没有填", sheet=table.sheet, round=named.name))
            continue
        found = _columns(look, office, table, round_, column)
        if len(found) > 1:
            raise Annex2Error(
                tr("看不出填在哪一列：{listed}", listed=tuple(_called(c) for c in found)),
                where=table.sheet,
                remedy=tr("写明一列：annex2 fill 表 --column {header}", header=_called(found[0])),
            )
        if found:
            rows = _Rows(look, office, table, round_, found[0])
            places += rows.places
            columns.append(_called(found[0]))
            left += rows.remarks
        else:
            heads = tuple(dict.fromkeys(_called(c) for c in (*table.statuses, *table.others)))
            left.append(
                tr(
                    "“{sheet}”里没有看得出是填{round}的一列，没有填（有：{heads}；是其中一列的，用 --column 写明）",
                    sheet=table.sheet,
                    round=round_.name,
                    heads=heads,
                )
            )
    if hidden := _hidden(look, reading):
        left.append(tr("隐藏的工作表没有填：{listed}", listed=hidden))
    return Asked(tuple(places), tuple(dict.fromkeys(columns)), tuple(left))


def _called(column: Column) -> str:
    return column.whole or column.header


def _hidden(look: Known, reading: Reading) -> tuple[str, ...]:
    """The hidden sheets with tasks of the office, where others are shown."""
    shown = any(not g.hidden for g in reading.grids)
    grids = [g for g in reading.grids if g.hidden and shown]
    texts = ((g.name, v) for g in grids for cells in g.rows.values() for v in cells.values() if isinstance(v, str))
    return tuple(dict.fromkeys(name for name, text in texts if len(text) > _LONGEST_LABEL and look.index.exact(text)))


def _columns(look: Known, office: Office, table: Layout, round_: Round, wanted: str) -> list[Column]:
    """The columns that may be for the texts of a round."""
    if wanted:
        of_all = (*table.statuses, *table.others)
        return [c for c in of_all if plain(wanted) in (plain(_called(c)), plain(c.header))][:1]
    found = [c for c in columns_for(look, table, round_) if not c.beside and not _NEVER.search(_called(c))]
    found = [c for c in found if not other_years(office, [_called(c)])]
    found = [c for c in found if not _HARDLY.search(_called(c))] or found
    months = {c: _MONTH.findall(_called(c))[-1:] for c in found}
    return [c for c, last in months.items() if len(found) < 2 or not last or int(last[0]) == period_end(round_).month]


class _Rows:
    """The rows of a table that ask for this office's texts."""

    def __init__(self, look: Known, office: Office, table: Layout, round_: Round, column: Column) -> None:
        self._look, self._table, self._round, self._grid = look, table, round_, table.grid
        self._column = column.number
        self.remarks: list[Text] = []
        _, notes = read_rows(table, [column], look.index.by_key, look.units)
        rows = {n: item for n in self._grid.rows if n not in notes and (item := self._item(n))}
        rows = self._of_ours(office, rows)
        groups: dict[str, list[int]] = {}
        for n, item in rows.items():
            groups.setdefault(normalise(item), []).extend(self._block(n))
        chosen = {n: group[0] for group in groups.values() if (n := self._one_of(group))}
        if hidden := [n for n in chosen if n in self._grid.hidden_rows]:
            self.remarks.append(tr("在隐藏的行里、没有填的：{listed}", listed=self._named(hidden)))
        self.places = [
            self._place(n, rows[first]) for n, first in sorted(chosen.items()) if n not in self._grid.hidden_rows
        ]

    def _item(self, n: int) -> str:
        inside = self._table.first <= n <= self._table.last
        return as_text(self._grid.rows.get(n, {}).get(self._table.item)) if inside else ""

    def _named(self, rows: Iterable[int]) -> tuple[Text, ...]:
        where = self._grid.place
        return tuple(
            tr("{where}“{item}”", where=where(n, self._column), item=shorten(self._item(n), 16)) for n in rows
        )

    def _of_ours(self, office: Office, rows: Mapping[int, str]) -> dict[int, str]:
        """Where a column says whose a row is and some are this office's: those, and the rows that say nothing."""
        heads = [n for n in self._grid.rows if self._table.first - 3 < n < self._table.first]
        said = ((c, v) for n in heads for c, v in self._grid.rows[n].items() if isinstance(v, str))
        columns = [c for c, v in said if c not in (self._table.item, self._column) and _UNIT.fullmatch(plain(v))]
        names = [plain(n) for d in office.divisions for n in (d.name, *d.aliases)]
        names += [plain(office.organisation), re.sub("^.{0,6}?[省市区县]", "", plain(office.organisation))]
        whose = {n: plain("".join(as_text(self._grid.rows[n].get(c)) for c in columns)) for n in rows}
        ours = {n for n, text in whose.items() if any(len(name) > 1 and name in text for name in names)}
        if not ours:
            return dict(rows)
        if others := [n for n, text in whose.items() if text and n not in ours and self._look.index.exact(rows[n])]:
            self.remarks.append(tr("写的是别的单位、没有填的：{listed}", listed=self._named(others)))
        return {n: item for n, item in rows.items() if n in ours or not whose[n]}

    def _block(self, n: int) -> list[int]:
        """The rows of an item whose cell goes over several: one of them, where the answers are apart."""
        item = (s.row2 for s in self._grid.merged if s.row1 == n and s.column1 <= self._table.item <= s.column2)
        answer = (s.row2 for s in self._grid.merged if s.row1 == n and s.column1 <= self._column <= s.column2)
        last = next(item, n)
        return [n] if next(answer, n) >= last else list(range(n, last + 1))

    def _one_of(self, rows: Sequence[int]) -> int:
        """Which of an item's rows is for the round's text, by what stands beside; 0 where that is not certain."""
        if len(rows) == 1:
            return rows[0]
        labels = {n: [plain(t) for t in self._beside(n)] for n in rows}
        by_round = [n for n, texts in labels.items() if any(self._names_round(t) for t in texts)]
        by_name = [n for n, texts in labels.items() if any(map(_PROGRESS.fullmatch, texts))]
        for found in (by_round, by_name):
            if len(found) == 1:
                return found[0]
        self.remarks.append(tr("一项有几行、看不出填哪一行的：{listed}", listed=self._named(rows[:1])))
        return 0

    def _names_round(self, text: str) -> bool:
        return any(r.key == self._round.key for r in self._look.rounds_in(text))

    def _beside(self, n: int) -> Iterator[str]:
        for c, v in self._grid.rows.get(n, {}).items():
            if c not in (self._table.item, self._column) and isinstance(v, str) and len(v) <= _LONGEST_LABEL:
                yield v

    def _place(self, n: int, item: str) -> Place:
        grid, column = self._grid, self._column
        asked = ((c.further, c.number) for c in self._table.statuses if c.further)
        further = tuple((name, c) for name, c in asked if not _said(grid, n, c))
        said, where = _said(grid, n, column), grid.place(n, column)
        return Place(grid.name, n, column, where, item, said, self._table.item, self._item(n), further)


def _said(grid: Grid, row: int, column: int) -> str:
    """What stands in a cell and is not to be written over: a text, a formula, a picture, the cell above it."""
    text = as_text(grid.rows.get(row, {}).get(column))
    if text and not _BLANK.fullmatch(plain(text)):
        return text
    if (row, column) in grid.unsaved:
        return "="
    covered = any(s.row1 < row <= s.row2 and s.column1 <= column <= s.column2 for s in grid.merged)
    return "合并" if covered else "图片" if (row, column) in grid.pictures else ""
