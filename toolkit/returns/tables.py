"""Where the Annex 2 table stands in a returned file, and what its rows say.  Pure.

A division may have moved the header down, given it two rows or other words, put columns in another order or beside
each other, merged and inserted rows, written notes around the table, or put several tables into one file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.cells import as_text
from toolkit.kinds import KINDS, UNSTATED
from toolkit.model import RoundKind, Step, Task, plain
from toolkit.plans import DUE_OF_PLAN, plan_text, step_day
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
from toolkit.returns.match import FormRow, FormStep, TaskIndex, joined_answers
from toolkit.returns.statuses import is_placeholder
from toolkit.xlsx import Value

APPROVER = re.compile(
    r"(?:分管局?领导|局领导|主管领导|领导)?(?:审定|审签|审批|签发)人?(?:签[字名])?|(?:分管)?局?领导签[字名]|分管局?领导"
)
APPROVED_ON = re.compile(r"(?:审定|审签|审批|签发)(?:日期|时间)")
_LABEL = re.compile(
    f"(?:(?P<day>{APPROVED_ON.pattern})|(?P<who>{APPROVER.pattern}))(?:[(（][^)）]*[)）])?(?=[:：_ \u3000\\n]|$)"
)
_ONLY_LABEL = re.compile(
    r"(?:填[报表]人?|联系人|经办人?|制表人?|报送人?|审核人?|负责人|联系电话|电话|盖章|(?:报送|填报)?日期)[::]?"
)
_SAYS_MORE = re.compile(
    r"(?:目前|主要)?存在的?(?:主要)?(?:问题|困难).{0,6}|下一?步(?:工作)?(?:安排|计划|打算|措施)?|需要?.{0,4}(?:协调|说明|解决).{0,8}|意见和?建议"
)
"""What a division writes below its tasks, and that is none of them; a label with its text in the next cell."""
_COLUMN_NUMBER = re.compile(r"[(]?\d{1,2}[)]?|[甲乙丙丁戊]|栏次|[A-G]")
_NOTE = re.compile(
    r"(?:合计|小计|总计|备注|注|说明|附注|填报说明|填表说明)$|(?:备?注|说明|填[报表]说明)[::\d]|"
    r"(?:填[报表]|联系|经办|制表|报送|审核|负责|单位)[^::]{0,6}[::(]|(?:审[核定批签]|领导|处室|科室|单位|负责人)意见[::]?$|(?:联系电话|电话|盖章|日期)[::]?|\((?:盖章|公章)"
)
_SIGNED = re.compile(
    r"以上(?:数据|情况|内容).{0,20}$|(?:同意|已阅|拟同意|请审|呈报)[^，,；;]{0,30}$|.{0,24}(?:\((?:盖章|公章|签章|签字)\)|公章|盖章)[:：]?$|"
    r"(?:20\d\d|二[〇○零]..)[年./-].{1,3}[月./-].{1,3}日?$|[^，,。；;、\d]{2,16}(?:处|科|局|股|室|办|办公室|中心|委员会|街道|镇|乡)$"
)
"""What a division puts below its table: no text of the last task's."""
_UNIT = re.compile(r"(?:处|科|局|股|室|办|中心|委员会|街道|镇|乡)$")
_SENTENCE = re.compile(r"[已成建全各余完达至有所共均]")  # 已覆盖所有街道 is no name of a unit
_TELLS = re.compile(r"第.{1,3}项|[未待]|有误|更正|不含|暂缓|因为?.{2,}|请(?!于)|为准|初步|列入")
"""Words, however few, that say something of a report."""
_LABELLED = re.compile(r"(?:备?注|说明|情况说明|需?要?说明.{0,6})[::]")
_ASIDE = re.compile(r".{20}|.{5,}[:，。；,;].{5}", re.DOTALL)
"""What is shorter, below or between the rows, is a heading or a signature."""
_HEADING = re.compile(r"[(]?[一二三四五六七八九十]+[)、.]|附件?[:\d]|填[报写表]|联系|经办|制表|报送|以上")
_TITLE = re.compile(r"完成情况|办理方案|进展情况|落实情况|情况表|报送表|汇总表")


_TIMES = re.compile(r"季度|半年|全年|年度|\d月")
_CAPTION = re.compile(r"季度|半年|全年|计划|安排|打算|\d月")
_NO_TITLE = re.compile(r"^(?:根据|按照?|现将|关于|填[报表]|注|说明)|《|》|请于")
_SAYS = 4
"""Characters; what is shorter is a tick or a count."""
_OF_ITEM = re.compile(r"第?[\d一二三四五六七八九十]{1,3}项")
_PLANNED = re.compile(rf"{re.escape(DUE_OF_PLAN)}|\d{{1,2}}月\d{{1,2}}日 ")
"""Begins what a form tells a division beside a task, of its own plan's steps."""


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
            below = [n for n in grid.rows if end < n < following]
            below = [n for n in below if not _is_task(grid.rows[n], header.item, header.statuses)]
            who, day = _approval(grid, [*above, *below])
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
            if len(texts) <= 2 and any(_TITLE.search(t) and len(t) <= 80 for t in texts):
                return n
    above = max((n for n in grid.rows if first <= n < header), default=0)
    said = [v for v in grid.rows[above].values() if isinstance(v, str)] if above else []
    return above if len(said) == 1 and len(said[0].strip()) <= 20 and _CAPTION.search(said[0]) else 0


def _title(grid: Grid, above: Iterable[int]) -> str:
    """The line above a table that names the form."""
    lines = [v.strip() for n in above for _, v in sorted(grid.rows[n].items()) if isinstance(v, str) and v.strip()]
    lines = [line for line in lines if not line.startswith("请于")]  # our own hint beside the title
    titles = [i for i, t in enumerate(lines) if _TITLE.search(t)]
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
    who, day = _approval(grid, [*above, *(n for n in grid.rows if n > max(hits[item]))])
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


def read_rows(
    table: Layout, columns: Sequence[Column], keys: Mapping[str, object]
) -> tuple[tuple[FormRow, ...], frozenset[int]]:
    """The table's rows, and which rows of the sheet are notes, signatures and the like.

    The texts of several `columns` stand under each other, the later ones behind their header; what a form asks for
    besides stands apart, in `FormRow.further`.
    """
    asked = [c for c in columns if c.further]
    columns = [c for c in columns if not c.further]
    grid = table.grid
    merges = _Merges(grid) if grid.merged else None
    status_column = columns[0].number if columns else 0
    taken = {table.item, *(c.number for c in table.statuses)}
    found: list[FormRow] = []
    last = 0  # the row that `found` ends with, 0 where the next one cannot go on with it
    seen = part = 0
    notes: set[int] = set()
    end = _last_item(table)
    unheaded = _unheaded(table, taken)
    spoken = _spoken_of(table) if grid.hidden_rows else frozenset()
    for n, cells in grid.rows.items():
        if not table.first <= n <= table.last:
            continue
        if spoken and n in grid.hidden_rows and plain(as_text(cells.get(table.item))) in spoken:
            continue
        if table.repeated and last and last == seen and any(last < r < n for r in table.repeated):
            last = n - 1  # only a header of a further page stands between
        seen = n
        key = next((t for c, v in cells.items() if c not in taken and (t := as_text(v)) in keys), "")
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
        further = _further(asked, n, grid, merges)
        extra = tuple(c.header for c in table.others if as_text(cells.get(c.number)) and (item or key))
        if unheaded and (item or key):
            said = {c: as_text(v) for c, v in cells.items() if c in unheaded}
            said = {c: t for c, t in said.items() if len(t) >= _SAYS and t not in keys and not _PLANNED.match(t)}
            extra += tuple(grid.column(c) for c in said)
        if not key and not carried:
            is_task = (number.isdigit() and item) or _is_task(cells, table.item, table.statuses)
            if _is_approval(cells) and not is_task:
                last = 0
                continue
            if _is_note(cells, item, taken if last == n - 1 and n <= end else (), below=n > end):
                notes.add(n)
                continue
            if not (item or number) and _is_remark(cells, status_column, first=n == table.first, below=n > end):
                notes.add(n)
                last = 0
                continue
            if n == table.first and _numbers_columns(cells, table.item):
                continue
        picture = bool(grid.pictures) and any((n, c) in grid.pictures for c in range(1, max(taken) + 1))
        struck = "\n".join(t for c in columns if (t := grid.struck.get((n, c.number), ""))) if grid.struck else ""
        unsaved = bool(grid.unsaved) and any((n, c.number) in grid.unsaved for c in columns)
        says = bool(status or picture or further)
        goes_on = last == n - 1 and not (item or key or number) and says and not shared
        if goes_on and n > end and found and (_OF_ITEM.match(status) or any(_left_empty(r) for r in found[:-1])):
            goes_on = False  # below the last item it may be any item's
        if found and (goes_on or (carried and key in ("", found[-1].key))):
            before = found[-1]
            text = "\n".join(t for t in (before.status, status) if t)
            more = (*before.joined, *joined)
            answers = joined_answers((before.further, further))
            found[-1] = replace(
                before, status=text, picture=before.picture or picture, joined=more, further=answers,
                struck="\n".join(t for t in (before.struck, struck) if t), unsaved=before.unsaved or unsaved,
            )  # fmt: skip
            last = n
        elif item or key or (status and not shared) or picture:
            where = grid.place(n, status_column or table.item)
            places = {c.further: grid.place(n, c.number) for c in asked}
            found.append(
                FormRow(
                    where, key, item, status, number, picture, shared, joined, extra, further, places, part,
                    struck, unsaved,
                )
            )  # fmt: skip
            last = n
        elif number and not number.isdigit() and len(cells) == 1 and _CAPTION.search(number):
            part += 1  # 第二季度工作安排: what follows is no part of what was above
    return tuple(found), frozenset(notes)


def _last_item(table: Layout) -> int:
    """The last row that has something in the column of 责任事项, who approves left out."""
    rows = table.grid.rows
    for n in reversed(tuple(rows)):
        cells = rows[n]
        if n > table.last or not (item := as_text(cells.get(table.item))):
            continue
        said = plain(item)
        if not (_is_approval(cells) or _ONLY_LABEL.fullmatch(said) or _SAYS_MORE.fullmatch(said.rstrip(":"))):
            return n
    return 0


def _numbers_columns(cells: Mapping[int, Value], item: int) -> bool:
    """Whether a row below the header only counts its columns: 1, 2, 3 or 甲, 乙, 丙."""
    said = [plain(t) for v in cells.values() if (t := as_text(v))]
    return bool(as_text(cells.get(item))) and len(said) > 1 and all(map(_COLUMN_NUMBER.fullmatch, said))


def _left_empty(row: FormRow) -> bool:
    return bool(row.item) and not (row.status or row.picture or row.further)


def _spoken_of(table: Layout) -> frozenset[str]:
    """The items of the rows that people see, and "": what is hidden beside one of them is a draft or an old text."""
    rows = table.grid.rows.items()
    shown = (c for n, c in rows if table.first <= n <= table.last and n not in table.grid.hidden_rows)
    return frozenset({"", *(plain(as_text(c.get(table.item))) for c in shown)})


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
    merges = _Merges(grid) if grid.merged else None
    step = table.statuses[0].number
    _, when, who = KINDS[RoundKind.PLAN].answers
    at = {c.further: c.number for c in table.statuses}
    taken = {table.item, *(c.number for c in table.statuses)}

    def shown(row: int, column: int) -> Value:
        top, first = merges.top(row, column) if merges else (row, column)
        return grid.rows.get(top, {}).get(first)

    found: list[FormRow] = []
    spoken = _spoken_of(table) if grid.hidden_rows else frozenset()
    unheaded = _unheaded(table, taken)
    for n, cells in grid.rows.items():
        if not table.first <= n <= table.last:
            continue
        if spoken and n in grid.hidden_rows and plain(as_text(cells.get(table.item))) in spoken:
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
        if text or own:
            person = as_text(shown(n, at.get(who, 0)))
            day = step_day(shown(n, at[when]), year)
            unsaved = not text and (n, step) in grid.unsaved
            whole = FormStep(
                grid.place(n, step), text, day, person, grid.place(n, at[when]), grid.struck.get((n, step), ""), unsaved
            )
            # 无 where nothing is planned; 持续推进, 办结 with a day or a person are steps.
            steps = steps if not own and is_placeholder(text) else (*steps, whole)
        extra = tuple(c.header for c in table.others if as_text(cells.get(c.number)))
        said = {c: t for c, v in cells.items() if c in unheaded and len(t := as_text(v)) >= _SAYS and t not in keys}
        extra = (*last.extra, *extra, *(grid.column(c) for c in said))
        found[-1] = replace(last, picture=last.picture or picture, steps=steps, extra=extra)
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
    head = filled[0][0].header
    parts = [filled[0][1], *(t if c.header == head else f"{c.header}：{t}" for c, t in filled[1:])]
    return "\n".join(parts), tuple(c.header for c, _ in filled[1:])


def _is_note(
    cells: Mapping[int, Value], item: str, answers: Collection[int] = (), *, below: bool = False
) -> bool:
    """合计, 备注：…, 填报人：… and the like, in the row's first cell; in one of `answers` it goes on with that.

    `below` the last task also a label alone (填报人), and what a division has to say besides (存在问题).
    """
    column, first = next(((c, v) for c, v in sorted(cells.items()) if as_text(v)), (0, None))
    if not isinstance(first, str) or (column in answers and not item):
        return False
    said = plain(first)
    if below and (_ONLY_LABEL.fullmatch(said) or _SAYS_MORE.fullmatch(said.rstrip(":"))):
        return True
    return (not item or item == first.strip()) and bool(_NOTE.match(said))


def _is_remark(cells: Mapping[int, Value], status: int, *, first: bool, below: bool) -> bool:
    """Whether a row without item and number is a signature below all items, or says what its header is of."""
    texts = {c: v for c, v in cells.items() if as_text(v)}
    if set(texts) != {status}:
        return False
    said = texts[status]
    if not isinstance(said, str):
        return below and not isinstance(said, int | float)  # the day of a signature
    lines = [plain(line) for line in said.splitlines() if line.strip()]
    signed = all(map(_signs, lines))
    return (below and signed) or (first and lines[0][0] == "(" and lines[-1][-1] == ")")


def _signs(line: str) -> bool:
    """Whether a line is a signature: a date, a unit's name, （盖章）, 同意."""
    return bool(_SIGNED.match(line)) and not (_UNIT.search(line) and _SENTENCE.search(line))


def unseen(table: Layout) -> tuple[tuple[str, str], ...]:
    """(place, text) of the answers in hidden rows that are left out."""
    if not table.grid.hidden_rows:
        return ()
    spoken, columns = _spoken_of(table), [c.number for c in table.statuses]
    found = []
    for n, cells in table.grid.rows.items():
        if n in table.grid.hidden_rows and table.first <= n <= table.last:
            texts = [t for c in columns if (t := as_text(cells.get(c)))]
            if texts and plain(as_text(cells.get(table.item))) in spoken:
                found.append((table.grid.place(n, columns[0]), "；".join(texts)))
    return tuple(found)


def comments(table: Layout) -> tuple[tuple[str, str], ...]:
    """(place, text) of the comments on a table and on what stands above it."""
    return tuple((table.grid.place(n, c), text) for n, c, text in table.grid.comments if n <= table.last)


def asides(table: Layout, index: TaskIndex, notes: Collection[int] = ()) -> tuple[tuple[str, str], ...]:
    """(place, text) of what somebody wrote above, across or below a table and that no row holds: 需要说明的问题：…

    `notes`: the rows that `read_rows` took for none of a task's.
    """
    grid = table.grid
    answers = {c.number for c in table.statuses}
    boxes = (b for b in grid.boxes if b[0] <= table.last and _ASIDE.match(b[2]))
    found = [(grid.place(n, c), text) for n, c, text in boxes]
    for n, cells in grid.rows.items():
        if n in grid.hidden_rows:
            continue
        texts = {c: v for c, v in cells.items() if isinstance(v, str) and v.strip()}
        if n < table.first:
            found += [(grid.place(n, c), v.strip()) for c, v in texts.items() if _tells_above(plain(v))]
            continue
        if n in notes:
            if texts and (text := _noted(texts)):
                found.append((grid.place(n, min(texts)), text))
            continue
        if len(cells) != 1 or not texts:
            continue
        ((column, text),) = texts.items()
        if column in answers or (column == table.item and index.resemblance(text)):
            continue
        shown = plain(text)
        if not (_ASIDE.match(shown) or _TELLS.search(shown)) or _SIGNED.match(shown) or _HEADING.match(shown):
            continue
        if not (_TITLE.search(shown) or _labels(text)[1] or index.exact(text)):
            found.append((grid.place(n, column), text.strip()))
    return tuple(found)


def _tells_above(text: str) -> bool:
    """Whether a line above a table is no title and no advice, but says something of the report."""
    return bool(_LABELLED.match(text)) and bool(_TELLS.search(text))


def _noted(texts: Mapping[int, str]) -> str:
    """What a note, or a signature, says beyond who wrote it and when: 备注 and its text, 存在问题 and its text."""
    said = [t.strip() for _, t in sorted(texts.items())]
    first = plain(said[0])
    if _ONLY_LABEL.match(first) or re.match(r"合计|小计|总计", first):
        said = [t for t in said[1:] if _TELLS.search(plain(t))]
        return "；".join(said)
    if all(map(_signs, map(plain, "\n".join(said).splitlines()))):
        return "；".join(said) if re.match("以上|同意|已阅|拟同意", first) and _TELLS.search(first) else ""
    label, rest = (said[0], said[1:]) if len(said) > 1 else ("", said)
    text = "；".join(rest)
    shown = plain(text)
    if not (_ASIDE.match(shown) or _TELLS.search(shown) or _SAYS_MORE.fullmatch(plain(label).rstrip(":"))):
        return ""
    return f"{label.rstrip(':：')}：{text}" if label else text
