"""Finding Annex 1 among a document's tables: by the words in its header.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from toolkit.errors import NoticeError
from toolkit.language import listed, tr
from toolkit.notice.names import squeeze
from toolkit.notice.word import Block, Cell, Row, Table


class Column(StrEnum):
    """A column of Annex 1, by the name that messages give it."""

    NO = "序号"
    SECTION = "类别"
    TEXT = "工作事项"
    CITY = "市级单位"
    LEADER = "分管领导"
    DIVISION = "牵头处室"
    RESPONSIBLE = "责任处室（单位）"


_WHO = "(?:处室|单位|部门|科室|股室|处|科|股)"
_WORDS = (
    (Column.NO, r"序号?|编号|项次|项目序号|任务序号|NO\.?"),
    (Column.SECTION, r"(?:任务|事项|项目)?(?:类别|类型|分类|来源)|任务出处"),
    (Column.TEXT, r"重点工作|(?:工作|责任|年度)?目标"),
    (
        Column.TEXT,
        r"(?:主要|重点|具体|责任|目标|年度|承担)?(?:工作|责任|目标|重点)?(?:事项|任务|内容)(?:[及和]?(?:要求|目标|内容|分解))?",
    ),
    (Column.TEXT, r"(?:项目|实事|工程)(?:名称|内容)|建设(?:任务|内容)(?:及规模)?"),
    (Column.CITY, r"市级?(?:责任|牵头|责任\(牵头\))单位|市级单位"),
    (Column.LEADER, r"局?(?:分管|责任|牵头|包保|主管|局)(?:局|委|厅)?(?:领导|负责人|副局长|副主任)"),
    (Column.DIVISION, rf"局?(?:牵头|主办|主责|承办)(?:责任)?{_WHO}?"),
    (Column.RESPONSIBLE, rf"局?(?:配合|协办|协同|协助|参与|参加)(?:责任)?{_WHO}?"),
)
_NEUTRAL = re.compile(rf"责任{_WHO}")  # 责任处室: leads, unless another column says 牵头
_PERSON = re.compile(r"(?:主要|第一)?(?:责任人|负责人|负责同志|包联领导)")
_CONTENT = re.compile(r"(?!.*(?:季度|月|半年|阶段|节点|时限|[值数量]$)).*(?:内容|举措|措施|目标).*")
"""A header of what is to be done, where another names the matter that it belongs to (重点任务, 项目名称); no 目标值."""
_DEEPEST = 8  # rows in which the header is looked for: a caption or two may stand above it

LOOKED_FOR = "「工作事项」（或 责任事项、工作任务）和「牵头处室」（或 牵头单位、责任处室）"


@dataclass(frozen=True, slots=True)
class Annex:
    """Annex 1: its rows below the header, joined over the tables it was broken into."""

    lines: tuple[Line, ...]
    first: int  # its first table among the document's blocks
    last: int
    twins: int  # other tables with such a header, left out
    unused: tuple[str, ...] = ()  # headers of columns that are no part of 任务台账


@dataclass(frozen=True, slots=True)
class Line:
    """A row, its cells by column; `caption` alone for a paragraph between two of the tables."""

    row: int  # counted from 1 in its table, as a person counts
    cells: Mapping[Column, tuple[Cell, ...]]
    spans: int = 1  # how many columns its widest cell covers
    caption: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    places: Mapping[Column, Cell]
    width: int


def find_annex(blocks: Sequence[Block]) -> Annex:
    """Annex 1 of a document.  Raises NoticeError, with what was found instead, when there is none."""
    tables = [(i, b) for i, b in enumerate(blocks) if not isinstance(b, str)]
    headers = {i: h for i, t in tables if (h := _header(t))}
    if not headers:
        raise NoticeError(
            tr(
                "没有找到任务表：表头里要有{looked_for}。{value}",
                looked_for=LOOKED_FOR,
                value=_describe([t for _, t in tables]),
            ),
            remedy=tr("请确认选的是带附件1（任务责任分解表）的通知；表头用词不同时，请改成上面的词再试"),
        )
    groups: list[Annex] = []
    for i in headers:
        if not groups or i > groups[-1].last:
            groups.append(_joined(blocks, headers, i))
    # The one that says most: header words first, then length; of equals the first.
    best = max(groups, key=lambda g: (len(headers[g.first].places), len(g.lines)))
    row = dict(tables)[best.first][headers[best.first].row]
    places = headers[best.first].places.values()
    unused = tuple(dict.fromkeys(t for c in row if (t := squeeze(c.text)) and c not in places and not c.carried))
    return replace(best, twins=sum(not best.first <= i <= best.last for i in headers), unused=unused)


def _joined(blocks: Sequence[Block], headers: Mapping[int, _Header], first: int) -> Annex:
    """The table at `first` with the tables that go on with it: same header again, or no header and nothing between."""
    header = headers[first]
    before = [squeeze(b) for b in blocks[:first] if isinstance(b, str) and squeeze(b)][-1:]
    lines = [Line(0, {}, caption=text) for text in before]
    last, between = first - 1, list[str]()
    for i, block in enumerate(blocks[first:], first):
        if isinstance(block, str):
            if _opens_annex(block):
                break
            if text := squeeze(block):
                between.append(text)
            continue
        own = headers.get(i)
        if own and own.places.keys() == header.places.keys():
            lines += (Line(0, {}, caption=text) for text in between)
            lines += _lines(block, own, own.row + 1)
        elif not own and not between and _width(block) == header.width:
            lines += _lines(block, header, 0)
        else:
            break
        last, between = i, []
    return Annex(tuple(lines), first, last, 0)


def lists_tasks(table: Table) -> bool:
    """Whether a table has a header of Annex 1."""
    return _header(table) is not None


def is_header(line: Line) -> bool:
    """Whether the row repeats the header, as at the top of a page."""
    matching = sum(_named(word(c)) is not None for cells in line.cells.values() for c in cells)
    return matching >= 3 or (matching == 2 == sum(map(len, line.cells.values())))


def word(cell: Cell) -> str:
    """A header's word without white space and brackets: 责任处室（单位） is 责任处室."""
    text = unicodedata.normalize("NFKC", cell.text)
    return re.sub(r"\([^()]*\)", "", text) or text


def _opens_annex(text: str) -> bool:
    return bool(re.match(r"附件\d", unicodedata.normalize("NFKC", squeeze(text))))


def _named(text: str) -> Column | None:
    if _NEUTRAL.fullmatch(text):
        return Column.RESPONSIBLE
    return next((c for c, words in _WORDS if re.fullmatch(words, text, re.IGNORECASE)), None)


def _header(table: Table) -> _Header | None:
    """The header row; of two rows (责任分工 above 分管领导, 牵头处室) the lower, which vertical merges complete."""
    found: _Header | None = None
    for i, row in enumerate(table[:_DEEPEST]):
        places = _places(row)
        if Column.TEXT in places and Column.DIVISION in places:
            if found and (len(places) < len(found.places) or i > found.row + 1):
                break
            found = _Header(i, places, max(c.end for c in row))
    return found


def _places(row: Row) -> dict[Column, Cell]:
    places: dict[Column, Cell] = {}
    neutral: list[Cell] = []
    for cell in row:
        text = word(cell)
        column = _named(text)
        if _NEUTRAL.fullmatch(text):
            neutral.append(cell)
        elif column in (None, Column.TEXT) and Column.TEXT in places and _CONTENT.fullmatch(text):
            places.setdefault(Column.SECTION, places[Column.TEXT])  # what it belongs to is its 类别
            places[Column.TEXT] = cell
        elif column:
            places.setdefault(column, cell)
    if Column.LEADER not in places and (person := next((c for c in row if _PERSON.fullmatch(word(c))), None)):
        places[Column.LEADER] = person
    if neutral and Column.DIVISION not in places:
        places[Column.DIVISION] = neutral.pop(0)
    if neutral:
        places.setdefault(Column.RESPONSIBLE, neutral[0])
    return places


def _lines(table: Table, header: _Header, start: int) -> Iterator[Line]:
    for i, row in enumerate(table[start:], start + 1):
        cells: dict[Column, tuple[Cell, ...]] = {}
        spans = 1
        for cell in row:
            over = [(_overlap(cell, place), column) for column, place in header.places.items()]
            spans = max(spans, sum(n > 0 for n, _ in over))
            most, column = max(over, key=lambda o: o[0])
            if most > 0:
                cells[column] = (*cells.get(column, ()), cell)
        yield Line(i, cells, spans)


def _overlap(a: Cell, b: Cell) -> int:
    return min(a.end, b.end) - max(a.start, b.start)


def _width(table: Table) -> int:
    return max((c.end for row in table for c in row), default=0)


def _describe(tables: Sequence[Table]) -> str:
    if not tables:
        return tr("文件里一张表也没有")
    shown = []
    for table in tables[:5]:
        words = [c.text[:12] for c in (table[0] if table else ())]
        shown.append("｜".join(w for w in words if w)[:60] or tr("（空）"))
    more = tr("等") if len(tables) > 5 else ""
    return tr(
        "文件里有 {count} 张表，第一行分别是：{shown}{more}", count=len(tables), shown=listed("；", shown), more=more
    )
