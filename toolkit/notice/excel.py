"""A workbook that lists the tasks -> paragraphs and tables, as `word` gives them: one sheet after the other.

Rows of one cell above a table are its title and what stands around it.  Of several sheets those count that list tasks.
Hidden sheets and rows are left out: a list that was filtered shows what concerns the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from toolkit.cells import as_text
from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.model import Finding
from toolkit.notice.header import lists_tasks
from toolkit.notice.word import Block, Cell, Row
from toolkit.returns.grid import Grid, Span
from toolkit.returns.read import read_return
from toolkit.xlsx import Value

_YEAR = re.compile(r"20\d{2}年")
SAVE_AS = "请用 Excel 或 WPS 打开，另存为 .xlsx 后再试"


def read_excel(data: bytes, name: str) -> tuple[tuple[Block, ...], int]:
    """The blocks of a workbook, and how many filled rows are hidden.  Raises NoticeError where it cannot be read.

    `name`: the file's own, which is its title where no cell names the year.
    """
    reading = read_return(data, name)
    if isinstance(reading, Finding):
        raise NoticeError(reading.message, remedy=tr(SAVE_AS))
    if reading.cut:
        raise NoticeError(tr("表太大，不像一份任务表"), remedy=tr("请只留任务表，删去多余的行列，另存后再试"))
    shown = [g for g in reading.grids if not g.hidden and g.rows]
    sheets = [list(_blocks(grid)) for grid in shown]
    blocks = list(_of_tasks([g.name for g in shown], sheets)) or [b for sheet in sheets for b in sheet]
    hidden = sum(n in g.hidden_rows for g in shown for n in g.rows)
    table = next((i for i, b in enumerate(blocks) if not isinstance(b, str)), len(blocks))
    title, above = blocks[: min(table, 1)], blocks[min(table, 1) : table]
    stem = re.sub(r"\.\w{1,5}$", "", name)
    if _YEAR.search(stem) and not any(isinstance(b, str) and _YEAR.search(b) for b in title):
        title, above = [stem], [*title, *above]
    # As in a Word notice: what is said, then the annex with its title.
    return (*above, "附件1", *title, *blocks[table:]), hidden


def _of_tasks(names: Sequence[str], sheets: Sequence[Sequence[Block]]) -> Iterator[Block]:
    """The sheets that list tasks, and the tables of those behind them, which may go on without a header."""
    found = False
    for name, sheet in zip(names, sheets, strict=True):
        tables = [b for b in sheet if not isinstance(b, str)]
        if any(map(lists_tasks, tables)):
            found = True
            yield from sheet
        elif found and tables:
            yield name
            yield from tables


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
