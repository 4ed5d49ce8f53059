"""Where the Annex 2 table stands in a returned file, and what its rows say.  Pure.

A division may have moved the header down, given it two rows or other words, put columns in another order or beside
each other, merged and inserted rows, written notes around the table, or put several tables into one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from toolkit.cells import as_text
from toolkit.kinds import KINDS, UNSTATED, kind_headed
from toolkit.model import RoundKind, Step, Task, plain
from toolkit.plans import plan_text, step_day
from toolkit.returns.grid import Grid, Reading
from toolkit.returns.match import FormRow, FormStep, TaskIndex, joined_answers
from toolkit.returns.statuses import is_placeholder
from toolkit.xlsx import Value

_ITEM = re.compile(
    r"(?:主要|具体|重点|责任|年度|牵头|配合|目标|工作|任务)*(?P<what>事项|任务|工作|工作内容|任务内容|任务名称|工作目标)(?:内容)?"
)
_STATUS = re.compile(r".{0,12}(?:完成情况|进展情况|落实情况|推进情况|办理情况|实施情况|工作进展|完成进度|进展|进度)")
_BESIDE = re.compile(r"(?:目前|主要)?(?:存在的?(?:主要)?问题|问题|困难|下一步|未完成原因|未达序时).{0,12}")
_NUMBER = re.compile(r"序号|编号|序|号|NO|项次")
_KNOWN = re.compile(
    r"任务编号|类别|分类|来源|.*领导|.*处室.*|.*单位.*|.*时限|.*节点|责任人|经办人|联系.*|.*电话|是否.*|备注"
)
_SOME_ITEM = re.compile("[项务作目]")
_LONGEST_HEADER = 18
_STEP_ITEM = re.compile(r"(?:主要|具体|重点|责任|年度|牵头|目标|工作)*(?:事项|任务|目标)(?:名称|内容)?")
_STEP = re.compile(r"(?:具体|主要)?(?:工作|办理|推进|落实|实施)?(?:内容|步骤|措施|举措|安排)")
_STEP_DAY = re.compile(r"(?:计划|拟)?(?:完成|办结)?(?:时间节点|时间|时限|日期|期限)|(?:时间)?节点")
_STEP_PERSON = re.compile(r"(?:具体|直接)?(?:责任人|负责人|经办人|承办人)(?:员)?")

APPROVER = re.compile(
    r"(?:分管局?领导|局领导|主管领导|领导)?(?:审定|审签|审批|签发)人?(?:签[字名])?|(?:分管)?局?领导签[字名]|分管局?领导"
)
APPROVED_ON = re.compile(r"(?:审定|审签|审批|签发)(?:日期|时间)")
_LABEL = re.compile(
    f"(?:(?P<day>{APPROVED_ON.pattern})|(?P<who>{APPROVER.pattern}))(?:[(（][^)）]*[)）])?(?=[:：_ \u3000\\n]|$)"
)
_NOTE = re.compile(
    r"(?:合计|小计|总计|备注|注|说明|附注|填报说明|填表说明)$|(?:备?注|说明|填[报表]说明)[::\d]|"
    r"(?:填[报表]|联系|经办|制表|报送|审核|负责|单位)[^::]{0,6}[::(]|(?:联系电话|电话|盖章|日期)[::]?|\((?:盖章|公章)"
)
_TITLE = re.compile(r"完成情况|办理方案|进展情况|落实情况|情况表|报送表|汇总表")


class Column(NamedTuple):
    number: int
    header: str
    beside: bool = False  # 存在问题 and the like: no 完成情况 by itself
    further: str = ""  # an answer of its own that the form asks for besides, such as 对接情况


@dataclass(frozen=True, slots=True)
class Layout:
    """One table as it stands in a grid."""

    grid: Grid
    title: str
    heading: str  # all lines above the table, the title among them
    first: int  # row of data
    last: int  # row, inclusive
    item: int  # columns; 0 where there is none
    number: int
    statuses: tuple[Column, ...]  # 完成情况, or one for each round, or also 存在问题 beside it
    others: tuple[Column, ...] = ()
    headless: bool = False  # found by its content
    approver: str = ""
    approved_on: str = ""
    kind: RoundKind | None = None  # where the header is one that only this kind's form has

    @property
    def sheet(self) -> str:
        return self.grid.name


def find_tables(reading: Reading, index: TaskIndex) -> tuple[Layout, ...]:
    """Every Annex 2 table of the visible sheets; of hidden ones where no other has any."""
    for hidden in (False, True):
        grids = [g for g in reading.grids if g.hidden is hidden]
        if found := tuple(t for g in grids for t in _with_header(g)):
            return found
        if found := tuple(t for g in grids if (t := _without_header(g, index))):
            return found
    return ()


# headers


class _Header(NamedTuple):
    row: int
    last: int  # row of the header, inclusive
    item: int
    number: int
    statuses: tuple[Column, ...]
    others: tuple[Column, ...]
    kind: RoundKind | None


@lru_cache(4096)
def _header_name(value: str) -> str:
    """A header as it is compared: without brackets and what is in them, colons and white space."""
    return re.sub(r"[(\[【].*", "", plain(value)).strip(":*★-—_.。").upper()


def _names(cells: Mapping[int, Value]) -> dict[int, str]:
    texts = {c: _header_name(v) for c, v in cells.items() if isinstance(v, str) and len(v) <= 60}
    return {c: n for c, n in texts.items() if n and len(n) <= _LONGEST_HEADER}


def _headers(grid: Grid) -> Iterator[_Header]:
    rows = grid.rows
    for row, cells in rows.items():
        if not any(isinstance(v, str) and len(v) <= 30 and _SOME_ITEM.search(v) for v in cells.values()):
            continue
        names = _names(cells)
        if planned := _plan_header(row, names):
            yield planned
            continue
        kind = kind_headed(names.values())
        items = {c: m["what"] for c, n in names.items() if (m := _ITEM.fullmatch(n))}
        if not items:
            continue
        item = next((c for c, what in items.items() if what == "事项"), min(items))
        further = [
            Column(c, n, further=answer)
            for c, n in names.items()
            if c != item and kind and (answer := KINDS[kind].further(n))
        ]
        asked = {c.number for c in further}
        statuses = [Column(c, n) for c, n in names.items() if c != item and c not in asked and _STATUS.fullmatch(n)]
        below = _names(rows.get(row + 1, {}))
        spans = {(s.row1, s.column1): s for s in grid.merged if s.row1 == row} if grid.merged else {}
        deep = item in {c for (_, c), s in spans.items() if s.row2 > row} or item not in below
        last = row
        if not statuses:  # it stands a row lower
            if deep and below and item not in below:
                statuses = [Column(c, n) for c, n in below.items() if _STATUS.fullmatch(n)]
                last = row + 1
        else:
            for column in list(statuses):
                span = spans.get((row, column.number))
                if span is None or span.column2 == span.column1:
                    continue
                inside = {c: n for c, n in below.items() if span.column1 <= c <= span.column2}
                parts = [Column(c, n) for c, n in inside.items() if not (_KNOWN.fullmatch(n) or _BESIDE.fullmatch(n))]
                if len(inside) > 1 and parts and item not in below:
                    statuses[statuses.index(column) : statuses.index(column) + 1] = parts
                    names |= {c: n for c, n in below.items() if c not in names}
                    last = row + 1
            last = max([last, *(s.row2 for s in spans.values() if s.column1 == item)])
        if not statuses:
            continue
        main = {c.number for c in statuses} | asked
        beside = [Column(c, n, True) for c, n in names.items() if c not in main and c != item and _BESIDE.fullmatch(n)]
        number = next((c for c, n in names.items() if _NUMBER.fullmatch(n) and c != item and c not in main), 0)
        known = {item, number, *main, *(b.number for b in beside)}
        others = tuple(Column(c, n) for c, n in names.items() if c not in known and not _KNOWN.fullmatch(n))
        yield _Header(row, last, item, number, (*statuses, *further, *beside), others, kind)


def _plan_header(row: int, names: Mapping[int, str]) -> _Header | None:
    """The header of a 办理方案: what is to be done for an item, and until when."""
    item = next((c for c, n in names.items() if _STEP_ITEM.fullmatch(n)), 0)
    step = next((c for c, n in names.items() if c != item and _STEP.fullmatch(n)), 0)
    day = next((c for c, n in names.items() if _STEP_DAY.fullmatch(n)), 0)
    if not (item and step and day) or any(_STATUS.fullmatch(n) for n in names.values()):
        return None
    person = next((c for c, n in names.items() if _STEP_PERSON.fullmatch(n)), 0)
    number = next((c for c, n in names.items() if _NUMBER.fullmatch(n)), 0)
    _, when, who = KINDS[RoundKind.PLAN].answers
    asked = [Column(day, names[day], further=when), *([Column(person, names[person], further=who)] if person else [])]
    return _Header(row, row, item, number, (Column(step, names[step]), *asked), (), RoundKind.PLAN)


def _with_header(grid: Grid) -> Iterator[Layout]:
    headers = list(_headers(grid))
    if not headers:
        return
    end = max(grid.rows)
    starts = [0]  # the row from which a header's table, title included, begins
    apart = [headers[0]]
    again: set[int] = set()  # headers repeated on a further page of the same table
    for header in headers[1:]:
        if header.row <= apart[-1].last:
            continue
        start = _title_row(grid, apart[-1].last + 1, header.row)
        if start:
            starts.append(start)
            apart.append(header)
        else:
            again |= set(range(header.row, header.last + 1))
    for i, header in enumerate(apart):
        last = starts[i + 1] - 1 if i + 1 < len(apart) else end
        shown = _without_rows(grid, again) if again else grid
        above = [n for n in grid.rows if starts[i] <= n < header.row]
        title, heading = _title(grid, above)
        below = [n for n in grid.rows if header.last < n <= last]
        below = [n for n in below if not _is_task(grid.rows[n], header.item, header.statuses)]
        who, day = _approval(grid, [*above, *below])
        yield Layout(
            shown, title, heading, header.last + 1, last, header.item, header.number, header.statuses, header.others,
            approver=who, approved_on=day, kind=header.kind,
        )  # fmt: skip


def _without_rows(grid: Grid, left_out: set[int]) -> Grid:
    return replace(grid, rows={n: cells for n, cells in grid.rows.items() if n not in left_out})


def _title_row(grid: Grid, first: int, header: int) -> int:
    """The row of a title between two tables, 0 where the second header only begins a new page."""
    for n, cells in grid.rows.items():
        if first <= n < header:
            texts = [v for v in cells.values() if isinstance(v, str) and v.strip()]
            if len(texts) <= 2 and any(_TITLE.search(t) and len(t) <= 80 for t in texts):
                return n
    return 0


def _title(grid: Grid, above: Iterable[int]) -> tuple[str, str]:
    """The line that names the form, and all lines above the table."""
    lines = [v.strip() for n in above for _, v in sorted(grid.rows[n].items()) if isinstance(v, str) and v.strip()]
    lines = [line for line in lines if not line.startswith("请于")]  # our own hint beside the title
    title = next((t for t in lines if _TITLE.search(t)), max(lines, key=len, default=""))
    return title, "\n".join(lines)


def _without_header(grid: Grid, index: TaskIndex) -> Layout | None:
    """A table whose header was left out: two tasks' texts, or all there are, under each other."""
    hits: dict[int, list[int]] = {}
    for n, cells in grid.rows.items():
        for c, v in cells.items():
            if isinstance(v, str) and len(v) >= 8 and (v in index.by_text or index.exact(v)):
                hits.setdefault(c, []).append(n)
    if not hits:
        return None
    item = max(hits, key=lambda c: len(hits[c]))
    tasks = {n: found for n in hits[item] if (found := index.exact(as_text(grid.rows[n].get(item))))}
    right = sorted({c for n in hits[item] for c in grid.rows[n] if c > item})
    right = [c for c in right if any(as_text(grid.rows[n].get(c)) for n in hits[item])]
    right = [c for c in right if not all(_is_city(as_text(grid.rows[n].get(c)), found) for n, found in tasks.items())]
    if not right:
        return None
    first, end = min(hits[item]), max(grid.rows)
    above = [n for n in grid.rows if n < first]
    title, heading = _title(grid, above)
    who, day = _approval(grid, [*above, *(n for n in grid.rows if n > max(hits[item]))])
    statuses: tuple[Column, ...] = (Column(right[0], "完成情况"),)
    supported = KINDS[RoundKind.SUPPORTING]
    if len(right) > 1 and tasks and not any(t.starred for found in tasks.values() for t in found):
        progress, agreed = supported.answers
        statuses = (Column(right[1], progress), Column(right[0], agreed, further=agreed))
    number = item - 1
    return Layout(grid, title, heading, first, end, item, number, statuses, (), True, who, day)


def _is_city(text: str, tasks: Iterable[Task]) -> bool:
    """Whether a cell beside a task is what the form itself says there: who leads it in the city."""
    return text in ("", UNSTATED) or any(text == t.city_names for t in tasks)


# approval


def _approval(grid: Grid, rows: Iterable[int]) -> tuple[str, str]:
    """审定人 and 审定日期, each behind its label: in the same cell, or in the next filled one to the right."""
    found = {"who": "", "day": ""}
    for n in rows:
        cells = grid.rows[n]
        if not any(isinstance(v, str) and ("审" in v or "领导" in v or "签" in v) for v in cells.values()):
            continue
        parts = _parted(cells)
        for i, (kind, text) in enumerate(parts):
            if kind:
                value = text or (parts[i + 1][1] if i + 1 < len(parts) and not parts[i + 1][0] else "")
                found[kind] = found[kind] or value
    return found["who"], found["day"]


def _labels(text: str) -> tuple[str, list[re.Match[str]]]:
    """A cell's labels, where it begins with one, and the text that they stand in."""
    if _may_be_label(text):
        for shown in (text, plain(text)):  # spaces may stand inside a label too
            if _LABEL.match(shown):
                return shown, list(_LABEL.finditer(shown))
    return text, []


def _may_be_label(text: str) -> bool:
    """A look that costs nothing: every label has one of these, and no other character stands for them."""
    return "审" in text or "领" in text or "签" in text


def _parted(cells: Mapping[int, Value]) -> list[tuple[str, str]]:
    """A row as (kind of label or "", what stands behind it) in order."""
    parts: list[tuple[str, str]] = []
    for _, value in sorted(cells.items()):
        text, at = _labels(as_text(value)) if isinstance(value, str) else (as_text(value), [])
        if not at:
            parts.append(("", text))
        for m, following in zip(at, [*at[1:], None][: len(at)], strict=True):
            tail = text[m.end() : following.start() if following else len(text)]
            parts.append(("day" if m["day"] else "who", tail.strip(" \u3000_:：\n\t")))
    return parts


def _is_task(cells: Mapping[int, Value], item: int, statuses: Iterable[Column]) -> bool:
    """Whether a row has a 责任事项, so that a label in its 完成情况 is how that begins; a label alone is one."""
    written = {c.number for c in statuses}
    labels = {
        c: v
        for c, v in cells.items()
        if c not in written
        or (isinstance(v, str) and _may_be_label(v) and _LABEL.fullmatch(plain(v).rstrip(":：_")))
    }
    return bool(as_text(cells.get(item))) and not _is_approval(labels)


def _is_approval(cells: Mapping[int, Value]) -> bool:
    return any(isinstance(v, str) and len(v) < 80 and bool(_labels(v.strip())[1]) for v in cells.values())


# rows


class _Merges:
    """Which merged range a cell lies in, for a table's few columns."""

    def __init__(self, grid: Grid) -> None:
        self._spans = [s for s in grid.merged if s.row2 - s.row1 < 500]

    def top(self, row: int, column: int) -> tuple[int, int]:
        """The first cell of the range that a cell lies in, or itself."""
        for s in self._spans:
            if s.row1 <= row <= s.row2 and s.column1 <= column <= s.column2:
                return s.row1, s.column1
        return row, column


def read_rows(table: Layout, columns: Sequence[Column], keys: Mapping[str, object]) -> tuple[FormRow, ...]:
    """The table's rows; the texts of several `columns` under each other, the later ones behind their header.

    What a form asks for besides stands apart, in `FormRow.further`.
    """
    asked = [c for c in columns if c.further]
    columns = [c for c in columns if not c.further]
    grid = table.grid
    merges = _Merges(grid) if grid.merged else None
    status_column = columns[0].number if columns else 0
    taken = {table.item, *(c.number for c in table.statuses)}
    found: list[FormRow] = []
    last = 0  # the row that `found` ends with, 0 where the next one cannot go on with it
    for n, cells in grid.rows.items():
        if not table.first <= n <= table.last:
            continue
        key = next((t for c, v in cells.items() if c not in taken and (t := as_text(v)) in keys), "")
        item, number = as_text(cells.get(table.item)), _number(cells.get(table.number))
        statuses = [as_text(cells.get(c.number)) for c in columns]
        carried = shared = False
        if merges:
            row, column = merges.top(n, table.item)
            carried = row < n and not item
            if row == n and column not in (table.number, table.item) and not item:
                item = as_text(cells.get(column))  # what begins in the column of numbers is a heading
            above, column = merges.top(n, status_column)
            if above < n and not statuses[0] and not carried:
                shared, statuses[0] = True, as_text(grid.rows.get(above, {}).get(column))
        status, joined = _together(columns, statuses)
        further = _further(asked, n, grid, merges)
        extra = tuple(c.header for c in table.others if as_text(cells.get(c.number)) and (item or key))
        if not key and not carried:
            is_task = (number.isdigit() and item) or _is_task(cells, table.item, table.statuses)
            if _is_approval(cells) and not is_task:
                last = 0
                continue
            if _is_note(cells, item):
                continue
        picture = bool(grid.pictures) and any((n, c) in grid.pictures for c in range(1, max(taken) + 1))
        says = bool(status or picture or further)
        goes_on = last == n - 1 and not (item or key or number) and says and not shared
        if found and (goes_on or (carried and key in ("", found[-1].key))):
            before = found[-1]
            text = "\n".join(t for t in (before.status, status) if t)
            more = (*before.joined, *joined)
            answers = joined_answers((before.further, further))
            found[-1] = replace(
                before, status=text, picture=before.picture or picture, joined=more, further=answers
            )
            last = n
        elif item or key or (status and not shared) or picture:
            where = grid.place(n, status_column or table.item)
            places = {c.further: grid.place(n, c.number) for c in asked}
            found.append(FormRow(where, key, item, status, number, picture, shared, joined, extra, further, places))
            last = n
    return tuple(found)


def read_plans(table: Layout, keys: Mapping[str, object], year: int) -> tuple[FormRow, ...]:
    """The rows of a 办理方案: one for each block of steps.

    One cell over several rows says the same of each: a day or a person of its steps, a 工作内容 of its days.
    """
    grid = table.grid
    merges = _Merges(grid) if grid.merged else None
    step = table.statuses[0].number
    _, when, who = KINDS[RoundKind.PLAN].answers
    at = {c.further: c.number for c in table.statuses}
    taken = {table.item, *(c.number for c in table.statuses)}

    def shown(row: int, column: int) -> Value:
        top, first = merges.top(row, column) if merges else (row, column)
        return grid.rows.get(top, {}).get(first)

    found: list[FormRow] = []
    for n, cells in grid.rows.items():
        if not table.first <= n <= table.last:
            continue
        key = next((t for c, v in cells.items() if c not in taken and (t := as_text(v)) in keys), "")
        item, number = as_text(cells.get(table.item)), _number(cells.get(table.number))
        own = {c for c in (at[when], at.get(who, 0)) if as_text(cells.get(c))}
        text = as_text(shown(n, step) if own else cells.get(step))
        inside = merges is not None and merges.top(n, table.item)[0] < n
        is_task = key or inside or (number.isdigit() and item) or _is_task(cells, table.item, table.statuses)
        if not (item or key or text or own) or (_is_approval(cells) and not is_task):
            continue
        if not (key or text) and _is_note(cells, item):
            continue
        last = found[-1] if found else None
        # A row that was copied into another block brings its hidden key along: people see where it stands.
        begins = (item and (last is None or item != last.item)) or (key and not inside and last and key != last.key)
        if last is None or begins or (number and not text and item):
            found.append(FormRow(grid.place(n, step), key, item, "", number))
            last = found[-1]
        picture = bool(grid.pictures) and any((n, c) in grid.pictures for c in taken)
        steps = last.steps
        if (text or own) and not (text and is_placeholder(text)):
            person = as_text(shown(n, at.get(who, 0)))
            steps = (*steps, FormStep(grid.place(n, step), text, step_day(shown(n, at[when]), year), person))
        found[-1] = replace(last, picture=last.picture or picture, steps=steps)
    return tuple(replace(r, status=plan_text(Step("", s.text, s.when, s.person) for s in r.steps)) for r in found)


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
    parts = [filled[0][1], *(f"{c.header}：{t}" for c, t in filled[1:])]
    return "\n".join(parts), tuple(c.header for c, _ in filled[1:])


def _is_note(cells: Mapping[int, Value], item: str) -> bool:
    """合计, 备注：…, 填报人：… and the like, in the row's first cell."""
    first = next((v for _, v in sorted(cells.items()) if as_text(v)), None)
    return isinstance(first, str) and (not item or item == first.strip()) and bool(_NOTE.match(plain(first)))
