"""What the header of a returned table says: which column holds the item, its number, the answers, or anything else.

Pure.  A column whose header is not known is nobody's answer: a wrong column is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from toolkit.kinds import KINDS, kind_headed
from toolkit.model import RoundKind, plain
from toolkit.returns.grid import Grid, Span
from toolkit.xlsx import Value

_ITEM = re.compile(
    r"(?:主要|具体|重点|责任|年度|牵头|配合|目标|工作|任务)*(?P<what>事项|任务|工作|工作内容|任务内容|任务名称|工作目标)(?:内容)?"
)
_ANSWER = (
    "(?:完成|进展|落实|推进|办理|实施|开展|执行|工作)情况|工作进展|工作成效|工作成果|(?:完成|办理|落实)结果|进展|进度|成效"
)
_STATUS = re.compile(
    rf"(?!.*(?:时间|计划|序时|目标|要求|应达到?)进度).{{0,12}}(?:{_ANSWER})"
    r"(?:说明|汇报|报告|简述|概述|小结)?(?:[及和与、暨/].{1,12})?"
)
_PERIOD = re.compile(
    r"(?:20\d\d年?度?)?(?:第?[一二三四1-4]季度?|20\d\dQ[1-4]|Q[1-4]|\d{1,2}[-~—至到]\d{1,2}月份?|上半年|全年|本季度|本期)末?"
)
"""A column may be headed by its time alone, where no other says what it holds."""
_EARLIER = re.compile(
    r"上一?个?(?:季度?|期|次|阶段|月)|上年|上一年|去年|前期|前次|(?<![待陈守破老])旧(?:的|表)?(?:$|\)|完成|情况)"
)
"""What was reported the time before, beside what is reported now."""
_BESIDE = re.compile(
    r"(?:目前|主要)?(?:存在的?(?:主要)?(?:问题|困难)|问题|困难|下一?步|未完成的?原因|未达序时|需.{0,4}协调).{0,12}"
)
_NUMBER = re.compile(r"序号|编号|序|号|NO|项次")
_KNOWN = re.compile(
    r"任务编号|类别|分类|来源|.*领导|.*处室.*|.*单位.*|.*时限|.*期限|.*时间|.*日期|.*节点|(?:时间|序时|计划|目标)进度|"
    r"责任人|经办人|联系.*|.*电话"
)
_DONE = re.compile(_ANSWER)
_SOME_ITEM = re.compile("[项务作目]")
_BRACKET = re.compile(r"[(\[【].*")
_LONGEST_HEADER, _LONGEST_HEADING, _LONGEST_TEXT = 18, 30, 60
_KEPT = 256
"""Rows whose words are remembered: the forms of a round have the same headers."""
_STEP_ITEM = re.compile(r"(?:主要|具体|重点|责任|年度|牵头|目标|工作)*(?:事项|任务|目标)(?:名称|内容)?")
_STEP = re.compile(r"(?:具体|主要)?(?:工作|办理|推进|落实|实施)?(?:内容|步骤|措施|举措|安排)")
_STEP_DAY = re.compile(r"(?:计划|拟)?(?:完成|办结)?(?:时间节点|时间|时限|日期|期限)|(?:时间)?节点")
_STEP_PERSON = re.compile(r"(?:具体|直接)?(?:责任人|负责人|经办人|承办人)(?:员)?")


class Column(NamedTuple):
    number: int
    header: str  # without brackets and what is in them
    beside: bool = False  # 存在问题 and the like: no 完成情况 by itself
    further: str = ""  # an answer of its own that the form asks for besides, such as 对接情况
    whole: str = ""  # as it was written; its time may stand in brackets


Said = tuple[tuple[int, str], ...]
"""A row's columns with their texts, "" for what is too long for a header, or no text."""


class Header(NamedTuple):
    row: int
    last: int  # row of the header, inclusive
    item: int
    number: int
    statuses: tuple[Column, ...]
    others: tuple[Column, ...]
    kind: RoundKind | None
    headed: frozenset[int] = frozenset()  # columns that any header stands over

    @property
    def columns(self) -> tuple[int, ...]:
        """Where its table has what: the header of a further page has the same."""
        return (self.item, self.number, *(c.number for c in self.statuses))


@lru_cache(4096)
def _header_name(value: str) -> str:
    """A header as it is compared: without brackets and what is in them, colons and white space."""
    return _BRACKET.sub("", plain(value)).strip(":*★-—_.。").upper()


def names_in(cells: Mapping[int, Value]) -> dict[int, str]:
    """Column -> header of a row, as far as its cells may be headers."""
    return _names(_said(cells))


def _said(cells: Mapping[int, Value]) -> Said:
    return tuple([(c, v if isinstance(v, str) and len(v) <= _LONGEST_TEXT else "") for c, v in cells.items()])


def _names(said: Said) -> dict[int, str]:
    return {c: name for c, t in said if t and (name := _header_name(t)) and len(name) <= _LONGEST_HEADER}


def headers(grid: Grid) -> Iterator[Header]:
    """Every row that heads an item and an answer to it; two where two tables stand abreast."""
    rows, hidden = grid.rows, grid.hidden_columns
    for row, cells in rows.items():
        if not _speaks_of_item(cells, _LONGEST_HEADING):
            continue
        said = _said(cells)
        if not any(map(_SOME_ITEM.search, _names(said).values())):
            continue  # a title
        planned = _plan_header(said, hidden)
        if planned and (not _asks_for_answer(said) or _titled_plan(grid, row)):
            yield _placed(planned, grid, row)
            continue
        spans = tuple(s._replace(row1=0, row2=s.row2 - row) for s in grid.merged if s.row1 == row)
        for block in _abreast(said):
            # What stands below tells only where cells are merged, or this row has no answer: it differs in every form.
            found = None if spans else _header(block, (), (), hidden)
            if found := found or _header(block, _said(rows.get(row + 1, {})), spans, hidden):
                yield _placed(found, grid, row)


def _placed(header: Header, grid: Grid, row: int) -> Header:
    last = row + header.last
    return header._replace(row=row, last=last, headed=_headed(grid, row, last))


def _speaks_of_item(cells: Mapping[int, Value], longest: int) -> bool:
    """A look that costs little, and by which most rows are no headers."""
    for v in cells.values():  # noqa: SIM110  a generator takes twice as long
        if isinstance(v, str) and len(v) <= longest and _SOME_ITEM.search(v):
            return True
    return False


def heads_something_else(cells: Mapping[int, Value]) -> bool:
    """Whether a row heads a table of items that asks for no answer: 下一步计划, a list of who does what."""
    return _speaks_of_item(cells, _LONGEST_HEADER) and _is_without_answer(_said(cells))


@lru_cache(_KEPT)
def _is_without_answer(said: Said) -> bool:
    names = _names(said)
    items = [c for c, n in names.items() if _ITEM.fullmatch(n)]
    if not items or len(names) < 2 or _asks_for_answer(said):
        return False
    return len(names) > 2 or any(_NUMBER.fullmatch(n) for n in names.values())


def _asks_for_answer(said: Said) -> bool:
    return any(_STATUS.fullmatch(n) for n in _names(said).values())


def says_nothing_new(header: str) -> bool:
    """Whether a column is of what everybody knows (处室, 时限, …) or of the time before, and so no answer."""
    return bool(_KNOWN.fullmatch(header) or _NUMBER.fullmatch(header) or _EARLIER.search(header))


@lru_cache(_KEPT)
def _abreast(said: Said) -> tuple[Said, ...]:
    """The headers of tables that stand side by side: the same words again."""
    names, written = _names(said), dict(said)
    columns = sorted(names)
    for times in (2, 3):
        size, rest = divmod(len(columns), times)
        parts = [columns[i * size : (i + 1) * size] for i in range(times)]
        words = [[names[c] for c in part] for part in parts]
        if size > 1 and not rest and all(w == words[0] for w in words):
            return tuple(tuple((c, written[c]) for c in part) for part in parts)
    return (said,)


@lru_cache(_KEPT)
def _header(said: Said, said_below: Said, spans: tuple[Span, ...], hidden: frozenset[int]) -> Header | None:
    """The header that a row makes with what stands below it, as if it were row 0; `spans`: those that begin in it."""
    names, below = _names(said), _names(said_below)
    written, written_below = dict(said), dict(said_below)
    kind = kind_headed(names.values())
    items = {c: m["what"] for c, n in names.items() if (m := _ITEM.fullmatch(n))}
    if not items:
        return None
    item = next((c for c, what in items.items() if what == "事项"), min(items))
    further = [
        Column(c, n, further=answer)
        for c, n in names.items()
        if c != item and kind and (answer := KINDS[kind].further(n))
    ]
    asked = {c.number for c in further}
    statuses = _answers(written, {c: n for c, n in names.items() if c != item and c not in asked})
    starting = {s.column1: s for s in spans}
    ends = starting[item].row2 if item in starting else 0
    deep = item not in below or ends > 0
    last = 0
    if not statuses:  # it stands a row lower
        if deep and below and item not in below:
            statuses = _answers(written_below, below)
            last = 1
    else:
        for column in list(statuses):
            span = starting.get(column.number)
            if span is None or span.column2 == span.column1:
                continue
            inside = {c: n for c, n in below.items() if span.column1 <= c <= span.column2}
            parts = [
                Column(c, n, whole=column.whole + as_written(written_below[c]))
                for c, n in inside.items()
                if not (_KNOWN.fullmatch(n) or _BESIDE.fullmatch(n))
            ]
            if _PERIOD.fullmatch(column.header):  # 第一季度 over 计划 and 完成情况
                parts = [p for p in parts if _STATUS.fullmatch(p.header)] or parts
            at = statuses.index(column)
            if len(inside) > 1 and parts and item not in written_below:
                statuses[at : at + 1] = parts
                names |= {c: n for c, n in below.items() if c not in names}
                rest = (c for c in inside if c not in {p.number for p in parts} and not _BESIDE.fullmatch(inside[c]))
                names |= {c: f"{column.header}{inside[c]}" for c in rest}
                last = 1
            elif not inside or item in written_below:  # one header over several columns
                statuses[at : at + 1] = [column._replace(number=c) for c in range(column.number, span.column2 + 1)]
        last = max(last, ends)
    shown = [c for c in statuses if c.number not in hidden]
    statuses = shown or statuses
    if not statuses:
        return None
    main = {c.number for c in statuses} | asked
    beside = [Column(c, n, True) for c, n in names.items() if c not in main and c != item and _BESIDE.fullmatch(n)]
    number = next((c for c, n in names.items() if _NUMBER.fullmatch(n) and c != item and c not in main), 0)
    known = {item, number, *main, *(b.number for b in beside), *hidden}
    others = tuple(Column(c, n) for c, n in names.items() if c not in known and not _KNOWN.fullmatch(n))
    return Header(0, last, item, number, (*statuses, *further, *beside), others, kind)


def _answers(written: Mapping[int, str], names: Mapping[int, str]) -> list[Column]:
    """The columns that hold an answer: by what they are called, or else by the time that they speak of."""
    whole = {c: as_written(written[c]) for c in names}
    names = {c: n for c, n in names.items() if not _EARLIER.search(whole[c])}
    for called in (_STATUS, _PERIOD):
        if found := [Column(c, n, whole=whole[c]) for c, n in names.items() if called.fullmatch(n)]:
            return sorted(found, key=lambda c: "情况" not in c.header)  # a 完成进度 of 25% goes behind
    return []


def as_written(value: Value) -> str:
    """A header with what stands in brackets: 完成情况(第二季度)."""
    return plain(value) if isinstance(value, str) else ""


def _headed(grid: Grid, row: int, last: int) -> frozenset[int]:
    """The columns with a header; a form's own advice on how to fill it in is none."""
    heads = (cells for n in range(row, last + 1) if (cells := grid.rows.get(n)))
    found = {c for cells in heads for c, v in cells.items() if not isinstance(v, str) or len(v) <= _LONGEST_HEADING}
    wide: list[Span] = [s for s in grid.merged if row <= s.row1 <= last and s.column2 > s.column1]
    return frozenset(found.union(*(range(s.column1, s.column2 + 1) for s in wide)) if wide else found)


@lru_cache(_KEPT)
def _plan_header(said: Said, hidden: frozenset[int]) -> Header | None:
    """The header of a 办理方案, as if in row 0: what is to be done for an item, and until when.

    With a column 进度 or 完成情况 beside it, it is one where a title above says so.
    """
    names = _names(said)
    item = next((c for c, n in names.items() if _STEP_ITEM.fullmatch(n)), 0)
    step = next((c for c, n in names.items() if c != item and _STEP.fullmatch(n)), 0)
    day = next((c for c, n in names.items() if _STEP_DAY.fullmatch(n)), 0)
    if not (item and step and day):
        return None
    person = next((c for c, n in names.items() if _STEP_PERSON.fullmatch(n)), 0)
    number = next((c for c, n in names.items() if _NUMBER.fullmatch(n)), 0)
    _, when, who = KINDS[RoundKind.PLAN].answers
    asked = [Column(day, names[day], further=when), *([Column(person, names[person], further=who)] if person else [])]
    known = {item, step, day, person, number, *hidden}
    others = tuple(Column(c, n) for c, n in names.items() if c not in known and not _KNOWN.fullmatch(n))
    return Header(0, 0, item, number, (Column(step, names[step]), *asked), others, RoundKind.PLAN)


def _titled_plan(grid: Grid, row: int) -> bool:
    above = (plain(v) for n, cells in grid.rows.items() if n < row for v in cells.values() if isinstance(v, str))
    titles = [t for t in above if len(t) <= 60 and not t.startswith("请于")]
    named = [bool(KINDS[RoundKind.PLAN].named.search(t)) for t in titles if not _DONE.search(t)]
    return any(named) and not any(map(_DONE.search, titles))
