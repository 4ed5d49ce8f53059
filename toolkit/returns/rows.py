"""What the rows of an Annex 2 table say.  Pure.

A division may have merged and inserted rows, gone on with a text in the row below, or answered in several columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from toolkit.cells import as_text
from toolkit.kinds import KINDS
from toolkit.model import RoundKind, Step, plain
from toolkit.plans import DUE_OF_PLAN, plan_text, step_day
from toolkit.returns.approval import is_approval, is_task
from toolkit.returns.grid import Grid, Span
from toolkit.returns.headers import Column
from toolkit.returns.match import FormRow, FormStep, joined_answers
from toolkit.returns.notes import FOOTER, SAYS_MORE, is_note, is_remark, numbers_columns, spoken_of
from toolkit.returns.statuses import is_placeholder, says_nothing
from toolkit.returns.tables import CAPTION, Layout
from toolkit.xlsx import Value

_SAYS = 4
"""Characters; what is shorter is a tick or a count."""
_OF_ITEM = re.compile(r"(?:[^\d第,，。;；]{1,6}[:：]\s*)?(?:第[\d一二三四五六七八九十]{1,3}项|\d{1,3}项[::,，])")
_PLANNED = re.compile(rf"{re.escape(DUE_OF_PLAN)}|\d{{1,2}}月\d{{1,2}}日 ")
"""Begins what a form tells a division beside a task, of its own plan's steps."""


_KEY_HEADER = "任务编号"


class _Merges:
    """Which merged range a cell lies in, for a table's few columns."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans

    @classmethod
    def of(cls, table: Layout) -> _Merges | None:
        """None where nothing is merged in the rows of a table."""
        spans = [
            s for s in table.grid.merged
            if s.row1 <= table.last and s.row2 >= table.first and s.row2 - s.row1 < 500
        ]  # fmt: skip
        return cls(spans) if spans else None

    def top(self, row: int, column: int) -> tuple[int, int]:
        """The first cell of the range that a cell lies in, or itself."""
        for s in self._spans:
            if s.row1 <= row <= s.row2 and s.column1 <= column <= s.column2:
                return s.row1, s.column1
        return row, column


class _Keys:
    """The hidden 任务编号 beside a table's rows."""

    def __init__(self, table: Layout, taken: Collection[int], keys: Mapping[str, object]) -> None:
        self._table, self._taken, self._keys = table, taken, keys

    def of(self, cells: Mapping[int, Value]) -> str:
        """The key of a task, "" where there is none."""
        for c, v in cells.items():
            if c not in self._taken and (text := as_text(v)) in self._keys:
                return text
        return ""

    def former(self, cells: Mapping[int, Value]) -> str:
        """What stands where other rows have their keys."""
        return as_text(cells.get(self._column))

    @cached_property
    def _column(self) -> int:
        table = self._table
        beside = [(n, c, v) for n, cells in table.grid.rows.items() for c, v in cells.items() if c not in self._taken]
        known = (c for n, c, v in beside if table.first <= n <= table.last and as_text(v) in self._keys)
        headed = (c for n, c, v in beside if n < table.first and v == _KEY_HEADER)  # where no task of the form is left
        return next(known, 0) or next(headed, 0)


def read_rows(
    table: Layout, columns: Sequence[Column], keys: Mapping[str, object], units: Collection[str] = ()
) -> tuple[tuple[FormRow, ...], frozenset[int]]:
    """The table's rows, and which rows of the sheet are notes, signatures and the like.

    The texts of several `columns` stand under each other, the later ones behind their header; what a form asks for
    besides stands apart, in `FormRow.further`.  `units`: what the office and its divisions are called.
    """
    asked = [c for c in columns if c.further]
    columns = [c for c in columns if not c.further]
    grid = table.grid
    merges = _Merges.of(table)
    status_column = columns[0].number if columns else 0
    taken = {table.item, *(c.number for c in table.statuses)}
    hidden = _Keys(table, taken, keys)
    found: list[FormRow] = []
    last = 0  # the row that `found` ends with, 0 where the next one cannot go on with it
    seen = part = 0
    notes: set[int] = set()
    end = _last_item(table)
    foot = next(_filled(table), 0)  # 审定 stands in that column, too
    unheaded = _unheaded(table, taken)
    spoken = spoken_of(table) if grid.hidden_rows else frozenset()
    for n, cells in grid.rows.items():
        if not table.first <= n <= table.last:
            continue
        if spoken and n in grid.hidden_rows and plain(as_text(cells.get(table.item))) in spoken:
            continue
        if table.repeated and last and last == seen and any(last < r < n for r in table.repeated):
            last = n - 1  # only a header of a further page stands between
        seen = n
        key = hidden.of(cells)
        item, number = as_text(cells.get(table.item)), _number(cells.get(table.number))
        statuses = [as_text(cells.get(c.number)) for c in columns]
        carried = shared = False
        if merges:
            row, column = merges.top(n, table.item)
            carried = row < n and not item
            across = column == table.number and merges.top(n, status_column) == (row, column)
            if row == n and column != table.item and not item and not across:
                item = as_text(cells.get(column))  # what goes from the number to the answer is a heading
            above, column = merges.top(n, status_column)
            if above < n and not statuses[0] and not carried:
                shared, statuses[0] = True, as_text(grid.rows.get(above, {}).get(column))
        status, joined = _together(columns, statuses)
        further = _further(asked, n, grid, merges) if asked else {}
        extra: tuple[str, ...] = ()
        if table.others and (item or key):
            extra = tuple(c.header for c in table.others if _says(as_text(cells.get(c.number))))
        if unheaded and (item or key):
            said = {c: as_text(v) for c, v in cells.items() if c in unheaded}
            said = {c: t for c, t in said.items() if len(t) >= _SAYS and t not in keys and not _PLANNED.match(t)}
            extra += tuple(grid.column(c) for c in said)
        if not key and not carried:
            task_row = (number.isdigit() and item) or is_task(cells, table.item, table.statuses)
            if is_approval(cells) and not task_row:
                last = 0
                continue
            if is_note(cells, item, taken if last == n - 1 else (), below=n > end):
                notes.add(n)
                continue
            if not (item or number) and is_remark(
                cells, status_column, units, first=n == table.first, below=n > end, goes_on=last == n - 1
            ):
                notes.add(n)
                last = 0
                continue
            if n == table.first and numbers_columns(cells, table.item):
                continue
        picture = bool(grid.pictures) and any((n, c) in grid.pictures for c in range(1, max(taken) + 1))
        struck = "\n".join(t for c in columns if (t := grid.struck.get((n, c.number), ""))) if grid.struck else ""
        unsaved = bool(grid.unsaved) and any((n, c.number) in grid.unsaved for c in columns)
        says = bool(status or picture or further)
        goes_on = last == n - 1 and not (item or key or number) and says and not shared
        if goes_on and n > foot and found and (_OF_ITEM.match(status) or any(_left_empty(r) for r in found[:-1])):
            goes_on = False  # below the last item it may be any item's
        if found and (goes_on or (carried and key in ("", found[-1].key))):
            before = found[-1]
            text = "\n".join(t for t in (before.status, status) if t)
            more = (*before.joined, *joined)
            answers = joined_answers((before.further, further))
            found[-1] = before._replace(
                status=text, picture=before.picture or picture, joined=more, further=answers,
                struck="\n".join(t for t in (before.struck, struck) if t), unsaved=before.unsaved or unsaved,
            )  # fmt: skip
            last = n
        elif item or key or (status and not shared) or picture:
            where = grid.place(n, status_column or table.item)
            places = {c.further: grid.place(n, c.number) for c in asked}
            found.append(
                FormRow(
                    where, key, item, status, number, picture, shared, joined, extra, further, places, part,
                    struck, unsaved, former="" if key else hidden.former(cells),
                )
            )  # fmt: skip
            last = n
        elif number and not number.isdigit() and len(cells) == 1 and CAPTION.search(number):
            part += 1  # 第二季度工作安排: what follows is no part of what was above
    return tuple(found), frozenset(notes)


def _filled(table: Layout) -> Iterator[int]:
    """The rows that have something in the column of 责任事项, from below."""
    rows = table.grid.rows
    return (n for n in reversed(tuple(rows)) if n <= table.last and as_text(rows[n].get(table.item)))


def _last_item(table: Layout) -> int:
    """The last of them; who approves, labels and the like left out."""
    for n in _filled(table):
        cells = table.grid.rows[n]
        if is_approval(cells):
            continue
        said = [t for _, v in sorted(cells.items()) if (t := as_text(v))]
        labels = (t for t in map(plain, said[:2]) if FOOTER.fullmatch(t) or SAYS_MORE.fullmatch(t.rstrip(":")))
        if not any(labels):
            return n
    return 0


def _says(text: str) -> bool:
    """Whether what stands in a column that nobody asked for says anything: not 无, 是, √."""
    return bool(text) and not says_nothing(text) and text not in ("是", "√", "✓")


def _left_empty(row: FormRow) -> bool:
    return bool(row.item) and not (row.status or row.picture or row.further)


def _unheaded(table: Layout, taken: Collection[int]) -> frozenset[int]:
    """The columns in which something stands and that have no header, where a table has any."""
    if not table.headed:
        return frozenset()
    rows = (cells for n, cells in table.grid.rows.items() if table.first <= n <= table.last)
    return frozenset[int]().union(*rows) - table.headed - table.grid.hidden_columns - {*taken}


def read_plans(table: Layout, keys: Mapping[str, object], year: int) -> tuple[FormRow, ...]:
    """The rows of a 办理方案: one for each block of steps.

    One cell over several rows says the same of each: a day or a person of its steps, a 工作内容 of its days.
    """
    grid = table.grid
    merges = _Merges.of(table)
    step = table.statuses[0].number
    _, when, who = KINDS[RoundKind.PLAN].answers
    at = {c.further: c.number for c in table.statuses}
    taken = {table.item, *(c.number for c in table.statuses)}

    def shown(row: int, column: int) -> Value:
        top, first = merges.top(row, column) if merges else (row, column)
        return grid.rows.get(top, {}).get(first)

    hidden = _Keys(table, taken, keys)
    found: list[FormRow] = []
    spoken = spoken_of(table) if grid.hidden_rows else frozenset()
    unheaded = _unheaded(table, taken)
    for n, cells in grid.rows.items():
        if not table.first <= n <= table.last:
            continue
        if spoken and n in grid.hidden_rows and plain(as_text(cells.get(table.item))) in spoken:
            continue
        key = hidden.of(cells)
        item, number = as_text(cells.get(table.item)), _number(cells.get(table.number))
        own = {c for c in (at[when], at.get(who, 0)) if as_text(cells.get(c))}
        text = as_text(shown(n, step) if own else cells.get(step))
        inside = merges is not None and merges.top(n, table.item)[0] < n
        task_row = key or inside or (number.isdigit() and item) or is_task(cells, table.item, table.statuses)
        if not (item or key or text or own) or (is_approval(cells) and not task_row):
            continue
        if not (key or text) and is_note(cells, item):
            continue
        last = found[-1] if found else None
        # A row that was copied into another block brings its hidden key along: people see where it stands.
        begins = (item and (last is None or item != last.item)) or (key and not inside and last and key != last.key)
        if last is None or begins or (number and not text and item):
            former = "" if key else hidden.former(cells)
            found.append(FormRow(grid.place(n, step), key, item, "", number, former=former))
            last = found[-1]
        picture = bool(grid.pictures) and any((n, c) in grid.pictures for c in taken)
        steps = last.steps
        if text or own:
            person = as_text(shown(n, at.get(who, 0)))
            day = step_day(shown(n, at[when]), year)
            unsaved = not text and (n, step) in grid.unsaved
            whole = FormStep(
                grid.place(n, step), text, day, person, grid.place(n, at[when]), grid.struck.get((n, step), ""), unsaved
            )
            # 无 where nothing is planned; 持续推进, 办结 with a day or a person are steps.
            steps = steps if not own and is_placeholder(text) else (*steps, whole)
        extra = tuple(c.header for c in table.others if _says(as_text(cells.get(c.number))))
        said = {c: t for c, v in cells.items() if c in unheaded and len(t := as_text(v)) >= _SAYS and t not in keys}
        extra = (*last.extra, *extra, *(grid.column(c) for c in said))
        found[-1] = last._replace(picture=last.picture or picture, steps=steps, extra=extra)
    return tuple(r._replace(status=plan_text(Step("", s.text, s.when, s.person) for s in r.steps)) for r in found)


def _further(asked: Iterable[Column], row: int, grid: Grid, merges: _Merges | None) -> dict[str, str]:
    """What stands in a row under the further answers; one cell over several rows says the same of each."""
    found: dict[str, str] = {}
    for c in asked:
        top, column = merges.top(row, c.number) if merges else (row, c.number)
        text = as_text(grid.rows.get(top, {}).get(column))
        if text and not is_placeholder(text):
            found[c.further] = text
    return found


def _number(value: Value) -> str:
    """序号 as its digits, whatever stands around them."""
    text = as_text(value)
    if text.isdigit() or not text:
        return text
    m = re.fullmatch(r"[(第]?(\d{1,3})[.、)*★项]*", plain(text))
    return m[1] if m else text


def _together(columns: Sequence[Column], texts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """One text of several columns, each after the first behind its header, and which headers those are."""
    if len(texts) == 1:
        return texts[0], ()
    filled = [(c, t) for c, t in zip(columns, texts, strict=True) if t and not (c.beside and is_placeholder(t))]
    if not filled or filled[0][0].beside:  # problems without progress are no report
        return "", ()
    head = filled[0][0].header
    parts = [filled[0][1], *(t if c.header == head else f"{c.header}：{t}" for c, t in filled[1:])]
    return "\n".join(parts), tuple(c.header for c, _ in filled[1:])
