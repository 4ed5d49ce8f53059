"""A workbook that lists the tasks -> paragraphs and tables, as `word` gives them: one sheet after the other.

Rows of one cell above a table are its title and what stands around it.  Of several sheets those count that list tasks,
and of these the latest year's.
Hidden sheets and rows are left out: a list that was filtered shows what concerns the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from toolkit.cells import as_text
from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.model import Finding
from toolkit.notice import edition
from toolkit.notice.header import lists_tasks
from toolkit.notice.marks import role_of_title
from toolkit.notice.names import squeeze
from toolkit.notice.word import Block, Cell, Row
from toolkit.returns.grid import Grid, Span
from toolkit.returns.read import read_return
from toolkit.xlsx import Value

_YEAR = re.compile(r"20\d{2}年")
SAVE_AS = "请用 Excel 或 WPS 打开，另存为 .xlsx 后再试"


@dataclass(frozen=True, slots=True)
class Content:
    """What stands in a file."""

    blocks: tuple[Block, ...]
    hidden: int = 0  # filled rows of a workbook
    several: tuple[str, ...] = ()  # its sheets that list tasks, more than one
    left: tuple[str, ...] = ()  # its sheets of tasks of another year, or a draft's


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    blocks: list[Block]

    @property
    def tables(self) -> list[Block]:
        return [b for b in self.blocks if not isinstance(b, str)]

    @property
    def lists_tasks(self) -> bool:
        return any(lists_tasks(b) for b in self.blocks if not isinstance(b, str))

    @property
    def titles(self) -> list[str]:
        """What may be its title: the lines above its table."""
        above = takewhile(lambda b: isinstance(b, str), self.blocks)
        return [t for b in above if isinstance(b, str) and edition.is_title(t := squeeze(b))]

    @property
    def years(self) -> set[str]:
        if any(map(edition.carried, (self.name, *self.titles))):
            return set()
        named = {y for t in self.titles if edition.plain(t) for y in edition.years(t)}
        bare = re.fullmatch(r"20\d{2}", self.name)
        return named or ({bare[0]} if bare else edition.years(self.name) if edition.plain(self.name) else set())

    @property
    def outdated(self) -> bool:
        return any(map(edition.outdated, (self.name, *self.titles)))

    @property
    def captions(self) -> list[str]:
        """Its name, where nothing else says that the tasks are 牵头 or 配合."""
        silent = not any(role_of_title(t) is not None for t in self.titles)
        return [self.name] if silent and role_of_title(self.name) is not None else []


def read_excel(data: bytes, name: str) -> Content:
    """The blocks of a workbook.  Raises NoticeError where it cannot be read.

    `name`: the file's own, which is its title where no cell names the year.
    """
    reading = read_return(data, name)
    if isinstance(reading, Finding):
        raise NoticeError(reading.message, remedy=tr(SAVE_AS))
    if reading.cut:
        raise NoticeError(tr("表太大，不像一份任务表"), remedy=tr("请只留任务表，删去多余的行列，另存后再试"))
    shown = [g for g in reading.grids if not g.hidden and g.rows]
    stem = re.sub(r"\.\w{1,5}$", "", name)
    sheets = [_Sheet(grid.name, list(_blocks(grid))) for grid in shown]
    tasks = [s for s in sheets if s.lists_tasks]
    left = _of_other_editions(tasks, stem)
    kept = [s for s in tasks if s not in left]
    blocks = list(_of_tasks([s for s in sheets if s not in left])) or [b for s in sheets for b in s.blocks]
    hidden = sum(n in g.hidden_rows for g in shown for n in g.rows)
    table = next((i for i, b in enumerate(blocks) if not isinstance(b, str)), len(blocks))
    title, above = blocks[: min(table, 1)], blocks[min(table, 1) : table]
    if _YEAR.search(stem) and not any(isinstance(b, str) and _YEAR.search(b) for b in title):
        title, above = [stem], [*title, *above]
    # As in a Word notice: what is said, then the annex with its title.
    of_first = kept[0].captions if len(kept) > 1 else []
    several = tuple(s.name for s in kept) if len(kept) > 1 else ()
    blocks = [*above, "附件1", *title, *of_first, *blocks[table:]]
    return Content(tuple(blocks), hidden, several, tuple(s.name for s in left))


def _of_other_editions(sheets: Sequence[_Sheet], stem: str) -> list[_Sheet]:
    """Of sheets of tasks those of another year than the file's name says, or than the latest, and drafts; not all."""
    current = [s for s in sheets if not s.outdated] or list(sheets)
    found = {y for s in current for y in s.years}
    now = max(
        edition.years(stem) & found or {y for y in found if y == min(found) or str(int(y) - 1) in found}, default=""
    )
    return [s for s in sheets if s not in current or (s.years and max(s.years) < now)]


def _of_tasks(sheets: Sequence[_Sheet]) -> Iterator[Block]:
    """The sheets that list tasks, and the tables of those behind them, which may go on without a header."""
    found = False
    spoken = any(s.captions for s in sheets)  # then each name ends what another one said
    for sheet in sheets:
        if sheet.lists_tasks:
            yield from [sheet.name] if found and spoken else ()
            yield from sheet.blocks
            found = True
        elif found and sheet.tables:
            yield sheet.name
            yield from sheet.tables


def _blocks(grid: Grid) -> Iterator[Block]:
    numbers = [n for n in sorted(grid.rows) if n not in grid.hidden_rows]
    several = [n for n in numbers if len(grid.rows[n]) > 1]
    if not several:
        yield from (_text(grid.rows[n]) for n in numbers)
        return
    # 单位：… and 2026年3月 stand in two cells above a table.  Its last rows have less where others are merged; a note
    # below it begins at its left.
    first = next((n for n in several if len(grid.rows[n]) > 2), several[0])
    left = min(grid.rows[first])
    last = max(n for n in numbers if len(grid.rows[n]) > 1 or (n > first and min(grid.rows[n]) > left))
    width = max(max(cells) for cells in grid.rows.values())
    covered = {n: [s for s in grid.merged if s.row1 <= n <= s.row2] for n in numbers}
    yield from (_text(grid.rows[n]) for n in numbers if n < first)
    yield tuple(_row(n, grid, covered[n], width) for n in numbers if first <= n <= last)
    yield from (_text(grid.rows[n]) for n in numbers if n > last)


def _text(cells: Mapping[int, Value]) -> str:
    return "".join(line for v in cells.values() for line in _lines(v))


def _row(number: int, grid: Grid, spans: list[Span], width: int) -> Row:
    cells: list[Cell] = []
    column = 1
    while column <= width:
        span = next((s for s in spans if s.column1 <= column <= s.column2), None)
        end = span.column2 if span else column
        first = (span.row1, span.column1) if span else (number, column)
        lines = _lines(grid.rows.get(first[0], {}).get(first[1]))
        cells.append(Cell(column - 1, end, lines, carried=first[0] != number, struck=grid.struck.get(first, "")))
        column = end + 1
    return tuple(cells)


def _lines(value: Value) -> tuple[str, ...]:
    return tuple(line for part in as_text(value).split("\n") if (line := part.strip()))
