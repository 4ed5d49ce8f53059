"""Finding Annex 1 among a document's tables: by the words in its header.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import takewhile

from toolkit.errors import NoticeError
from toolkit.language import Text, listed, tr
from toolkit.notice import edition
from toolkit.notice.marks import role, role_of_title
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


_ONE = "(?:职能|业务|责任)?(?:处室|单位|部门|科室|股室|部室|院系|学院|主体|处|科|股)"
_WHO = rf"{_ONE}(?:[/、\\和及与]?{_ONE})?"
_OUR = "(?:[我本]?局|[我本][委厅院校办市区县镇])?"
_BODY = "(?:局|委|厅|院|校|区|县|市|镇|乡|街道|公司|集团)"
_CHARGE = "(?:分管|责任|牵头|包保|主管|联系|挂点|包联)"
_CHIEF = "副?(?:局长|主任|院长|校长|厅长|区长|县长|镇长|乡长|书记|总经理|总)"
_WORDS = (
    (Column.NO, r"序号?|编号|项次|项目序号|任务序号|NO\.?"),
    (Column.SECTION, r"(?:任务|事项|项目)?(?:类别|类型|分类|来源)|任务出处"),
    (Column.TEXT, r"(?:年度)?重点工作|工作要点|(?:工作|责任|年度)?目标"),
    (
        Column.TEXT,
        r"(?:主要|重点|具体|责任|目标|年度|承担|牵头|配合)?(?:工作|责任|目标|重点)?(?:事项|任务|内容)(?:[及和]?(?:要求|目标|内容|分解))?",
    ),
    (Column.TEXT, r"(?:督办|督查|办理|交办|议定|改革|整改|攻坚|民生|实事)(?:事项|任务)|(?:任务|事项)名称"),
    (Column.TEXT, r"(?:项目|实事|工程)(?:名称|内容)|建设(?:任务|内容)(?:及规模)?"),
    (Column.CITY, r"市[级直]?(?:责任|牵头|责任\(牵头\))(?:单位|部门)|市[级直]单位"),
    (Column.LEADER, rf"{_BODY}?{_CHARGE}(?:责任)?{_BODY}?(?:领导|负责人|(?:领导)?班子成员|{_CHIEF})"),
    (Column.LEADER, r"(?:局|委|厅|院|校|公司|集团)领导"),
    (Column.DIVISION, rf"{_OUR}(?:牵头|主办|主责|承办)(?:责任)?(?:{_WHO})?"),
    (Column.DIVISION, r"[省市区县]级(?:责任|牵头)(?:处室|科室|股室)"),
    (Column.RESPONSIBLE, rf"{_OUR}(?:配合|协办|协同|协作|协助|参与|参加)(?:责任)?(?:{_WHO})?|其[他它]责任{_WHO}"),
)
_NEUTRAL = re.compile(rf"{_OUR}(?:责任|落实|实施){_WHO}")  # 责任处室: leads, unless another column says 牵头
_HELPING = re.compile(rf"{_OUR}(?:配合|协办|协同|协作|协助).*")  # has the task where no column says who leads; no 参加
_LEADING = re.compile("牵头|主办|主责|主管|归口|负责|承担|承办|经办|办理|责任|职能|组织|执行|^(?:处室|科室|单位|部门)$")
_PERSON = re.compile(r"(?:主要|第一)?(?:责任人|负责人|负责同志|包联领导)")
_CONTENT = re.compile(r"(?!.*(?:季度|月|半年|阶段|节点|时限|[值数量]$)).*(?:内容|举措|措施|目标).*")
"""A header of what is to be done, where another names the matter that it belongs to (重点任务, 项目名称); no 目标值."""
_MEASURES = re.compile("措施|举措")
_PART = re.compile(r"[（(]?[一二三四五六七八九十]{1,3}[）)、.．,，]")  # 二、民生实事
_COUNTED = re.compile(r"\W*\d{1,4}\W*")  # 4*
_TASKS = re.compile("任务|事项|目标|清单|实事|项目|分解|分工")
_NO_TASKS = re.compile("情况|进展|格式|样表|样式|模板|示例|参考|上年|去年|说明")
_PEOPLE = re.compile(
    r"(?:联系(?:人|方式|电话)|联络[人员]|通讯录|电话|(?:联[系络]|[人成]员).*名[单册])(?:一览)?表?(?:[（(].*)?$"
)
_PHONE = re.compile(r"(?=.*\d{4})[\d()（）+转—－-]{7,}")
_NO_PHONES = (Column.TEXT, Column.LEADER, Column.DIVISION, Column.RESPONSIBLE)
_SAMPLE = re.compile(r"[（(]?(?:举?例如?|[示样范]例|示范|样[表行])\d*[）)]?[:：]?")
_REPORTED = re.compile(r".*(?:完成|进展|落实|办理|推进)(?:情况|进度|结果)")
_TASK = (Column.SECTION, Column.TEXT)
_DEEPEST = 8  # rows in which the header is looked for: a caption or two may stand above it

LOOKED_FOR = "「工作事项」（或 责任事项、工作任务）和「牵头处室」（或 牵头单位、责任处室）"
_IN_PROSE = tr("任务写成段落、图片或放在文本框里的，请在 Word 里做成表格，第一行写上这些表头，另存后再试")


@dataclass(frozen=True, slots=True)
class Annex:
    """Annex 1: its rows below the header, joined over the tables it was broken into."""

    lines: tuple[Line, ...]
    first: int  # its first table among the document's blocks
    used: frozenset[int]  # its tables, and the paragraphs between them that belong to it
    titles: tuple[str, ...] = ()  # of the annexes, where several list tasks under the same header
    twins: tuple[Text, ...] = ()  # other tables with such a header, left out: what they list
    unread: tuple[str, ...] = ()  # tables without a header behind it that may go on with it: how they begin
    undivided: tuple[str, ...] = ()  # tables of tasks that name no division at all: how they begin
    unused: tuple[str | Text, ...] = ()  # headers of columns that are no part of 任务台账
    helping: tuple[Helping, ...] = ()  # its tables that name no 牵头处室
    carried: tuple[str, ...] = ()  # the titles of its tables that another year left to do
    chosen: tuple[tuple[str, str], ...] = ()  # of two columns that may both be the task: the 类别, and the 工作事项


@dataclass(frozen=True, slots=True)
class Helping:
    """A table of which 配合科室 stands for the 牵头处室 that it does not have."""

    header: str
    text: str  # of its first task
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """A row, its cells by column; `caption` alone for a paragraph between two of the tables or behind them."""

    row: int  # counted from 1 in its table, as a person counts
    cells: Mapping[Column, tuple[Cell, ...]]
    spans: int = 1  # how many columns its widest cell covers
    caption: str = ""
    titled: bool = False  # the caption is the title of one annex of several
    helps: bool = False  # 牵头处室 is who helps: its table names no other
    leads: bool | None = None  # whether the title of its table says that the office leads its tasks, or supports them

    def said(self, column: Column) -> str:
        return "".join(c.text for c in self.cells.get(column, ()))

    @property
    def is_sample(self) -> bool:
        """Whether it shows how to fill in a row: 例 or 示例 stands as its number."""
        return bool(_SAMPLE.fullmatch(squeeze(self.said(Column.NO))))


@dataclass(frozen=True, slots=True)
class _Header:
    row: int
    places: tuple[tuple[Column, Cell], ...]  # in the row's order; 责任处室（单位） may be several
    width: int
    words: tuple[str, ...]  # of all its columns

    @property
    def columns(self) -> frozenset[Column]:
        return frozenset(column for column, _ in self.places)

    @property
    def helping(self) -> str:
        """配合科室, where it stands for the 牵头处室 that the table does not have."""
        return next((w for c, cell in self.places if c is Column.DIVISION and _HELPING.fullmatch(w := word(cell))), "")


@dataclass(frozen=True, slots=True)
class _Group:
    """Tables that go on with each other, within one annex."""

    header: _Header
    title: str
    lines: tuple[Line, ...]
    first: int
    tables: frozenset[int]
    used: frozenset[int]
    unread: tuple[str, ...]
    helping: tuple[Helping, ...] = ()
    carried: tuple[str, ...] = ()
    reported: bool = False  # its 完成情况 is filled in: what was done, not what is to be done

    @property
    def years(self) -> set[str]:
        return _years(self.title)

    @property
    def tasks(self) -> set[tuple[str, str]]:
        """What is to be done and who leads it, by the letters alone."""
        rows = (line for line in self.lines if not is_header(line))
        found = {(_letters(line, Column.TEXT), _letters(line, Column.DIVISION)) for line in rows}
        return {pair for pair in found if all(pair)}

    @property
    def texts(self) -> list[str]:
        """What its rows say is to be done."""
        return [t for line in self.lines if (t := line.said(Column.TEXT))]


def find_annex(blocks: Sequence[Block]) -> Annex:
    """Annex 1 of a document.  Raises NoticeError, with what was found instead, when there is none."""
    tables = [(i, b) for i, b in enumerate(blocks) if not isinstance(b, str)]
    found = {i: h for i, t in tables if (h := _header(t))}
    headers = {i: h for i, h in found.items() if not _sample(dict(tables)[i], h)}
    headers = {i: h for i, h in headers.items() if not h.helping or _helped(_above(blocks, i), h)}
    if found and all(_sample(dict(tables)[i], h) for i, h in found.items()):
        raise NoticeError(
            tr("表里只有示例，没有任务：{value}", value=_describe([t for _, t in tables])), remedy=_IN_PROSE
        )
    undivided = [row for i, t in tables if i not in headers and not _NO_TASKS.search(_title(blocks, i))
                 for row in _undivided(t)]  # fmt: skip
    # Where the tasks that the office leads cannot be read, those that it helps with are no notice.
    if not headers or (undivided and all(h.helping for h in headers.values())):
        raise NoticeError(
            tr(
                "没有找到任务表：表头里要有{looked_for}。{value}",
                looked_for=LOOKED_FOR,
                value=_describe([t for _, t in tables]),
            ),
            remedy=tr("请确认选的是带附件1（任务责任分解表）的通知；表头用词不同时，请改成上面的词再试")
            if tables
            else _IN_PROSE,
        )
    groups: list[_Group] = []
    for i in headers:
        if not any(i in g.tables for g in groups):
            groups.append(_joined(blocks, headers, i))
    # Of the notice's year, not reported on yet; then the one that says most: header words first, then length.
    latest = _latest(blocks, groups)
    best = max(
        groups,
        key=lambda g: (
            bool(g.texts),
            not g.years or latest in g.years,
            not g.reported or (latest in g.years and not _NO_TASKS.search(g.title)),
            not edition.outdated(g.title),
            not g.header.helping,
            len(g.header.columns),
            len(g.texts),
        ),
    )
    whole = [g for g in groups if g is best or _lists_more(g, best)]
    tables_of = dict(tables)
    return Annex(
        tuple(line for g in whole for line in _titled(g, several=len(whole) > 1)),
        whole[0].first,
        frozenset(i for g in whole for i in g.used),
        tuple(g.title for g in whole) if len(whole) > 1 else (),
        tuple(tr("“{text}”等{count}行", text=g.texts[0][:30], count=len(g.texts))
              for g in groups if g not in whole and g.texts),
        tuple(text for g in whole for text in g.unread),
        tuple(undivided),
        tuple(dict.fromkeys(word for g in whole for i in sorted(g.tables)
                            if i in headers for word in _unused(tables_of[i], headers[i]))),
        tuple(h for g in whole for h in g.helping),
        tuple(title for g in whole for title in g.carried),
        tuple(dict.fromkeys(pair for g in whole for i in sorted(g.tables) if i in headers
                            for pair in _chosen(headers[i]))),
    )  # fmt: skip


def _latest(blocks: Sequence[Block], groups: Sequence[_Group]) -> str:
    """The latest year in the titles of annexes; not one behind those that the notice's own title names."""
    own = _own_years(blocks)
    return max((y for g in groups for y in g.years if not own or y <= max(own)), default="")


def _own_years(blocks: Sequence[Block]) -> set[str]:
    """The years in the notice's own title."""
    spoken = "".join(squeeze(b) for b in takewhile(lambda b: isinstance(b, str) and not _opens_annex(b), blocks)
                     if isinstance(b, str))  # fmt: skip
    title = re.match(r"[^。]*?的(?:通知|函|意见)", spoken)
    return edition.years(title[0]) if title else set()


def _years(text: str) -> set[str]:
    return set(re.findall(r"20\d{2}(?=年)", unicodedata.normalize("NFKC", text)))


def _joined(blocks: Sequence[Block], headers: Mapping[int, _Header], first: int) -> _Group:
    """The table at `first` with the tables of its annex that go on with it."""
    header = headers[first]
    opening = next((i for i in range(first - 1, -1, -1) if _opens_annex(blocks[i])), first)
    said = {i: squeeze(b) for i, b in enumerate(blocks[:first]) if i >= opening and isinstance(b, str)}
    title = _title(blocks, first)
    before = [squeeze(b) for b in blocks[:first] if isinstance(b, str) and squeeze(b)][-1:]
    lines = [Line(0, {}, caption=text) for text in before]
    tables, used, unread, between = set[int](), set(said), list[str](), dict[int, str]()
    helping, carried = list[Helping](), list[str]()
    last, year = header, _own_years(blocks)
    leads = None
    for i, block in enumerate(blocks[first:], first):
        if isinstance(block, str):
            if _opens_annex(block):
                break
            between[i] = squeeze(block)
            continue
        captions = [t for t in between.values() if t]
        own = headers.get(i)
        heading = next((t for t in captions[-1:] if tables and edition.is_title(t)), "")
        another = not _PART.match(heading) and edition.another(heading, title, year)
        if own and another:
            break
        if own and not (own.columns == header.columns or own.words == header.words or _parted(header, own, captions)):
            break
        if not own and (another or not _goes_on(block, last, captions)):
            unread += _like_tasks(block, last)
            between = {}
            continue
        last = own or last
        leads = _role(_above(blocks, i), leads) if own else leads
        rows = [replace(line, leads=leads) for line in _lines(block, last, own.row + 1 if own else 0)]
        lines += (Line(0, {}, caption=text) for text in captions)
        lines += rows
        texts = [t for line in rows if (t := line.said(Column.TEXT))]
        carried += [heading] if edition.carried(heading) and edition.years(heading) - edition.years(title) else []
        helping += [Helping(last.helping, texts[0], len(texts))] if last.helping and texts else []
        tables.add(i)
        used |= {i, *between}
        between = {}
    lines += (Line(0, {}, caption=t) for t in between.values() if t)
    opened = blocks[first]
    reported = not isinstance(opened, str) and _reported(opened, header)
    return _Group(
        header, title, tuple(lines), first, frozenset(tables), frozenset(used), tuple(unread),
        tuple(helping), tuple(carried), reported,
    )  # fmt: skip


def _title(blocks: Sequence[Block], table: int) -> str:
    """What stands between the beginning of a table's annex and the table; of one behind others, what stands above it
    where this names an edition of its own."""
    opening = next((i for i in range(table - 1, -1, -1) if _opens_annex(blocks[i])), table)
    before = blocks[opening:table]
    above = _above(before, len(before))
    heading = next(filter(None, reversed(above)), "")
    if not all(isinstance(b, str) for b in before) and (edition.years(heading) or edition.outdated(heading)):
        return heading
    return re.sub(r"^附件\w[:：.、]?", "", "".join(squeeze(b) for b in before if isinstance(b, str)))


def _above(blocks: Sequence[Block], table: int) -> list[str]:
    """The paragraphs between a table and the one before it, or the beginning of its annex."""
    above: list[str] = []
    for block in reversed(blocks[:table]):
        if not isinstance(block, str) or _opens_annex(block):
            break
        above.append(squeeze(block))
    return above[::-1]


def _role(captions: Sequence[str], before: bool | None) -> bool | None:
    """What the title above a table says of its tasks; where it has none, what that of the table `before` said.

    二、配合任务 is a section's, and （续表） goes on.
    """
    titles = [t for t in captions if t and edition.is_title(t) and not (_PART.match(t) or "续" in t)]
    said = [r for t in titles if (r := role_of_title(t)) is not None]
    return said[-1] if said else None if titles else before


def _helped(captions: Sequence[str], header: _Header) -> bool:
    """Whether the table lists what the office helps with: its title or 配合事项 says so; no 需区直部门配合事项清单."""
    said = [t for t in captions if t]
    if Column.NO not in header.columns or any(re.search("[需请]|协调|支持", t) for t in said):
        return False
    titled = any((role(t) if _PART.match(t) else role_of_title(t)) is False for t in said)
    return titled or any(c is Column.TEXT and re.match("配合|协办", word(cell)) for c, cell in header.places)


def _sample(table: Table, header: _Header) -> bool:
    """Whether all that the rows say is an example of how to fill them in: 例｜做好经济普查｜普查中心."""
    lines = [line for line in _lines(table, header, header.row + 1) if line.said(Column.TEXT)]
    return bool(lines) and all(line.is_sample for line in lines)


def _reported(table: Table, header: _Header) -> bool:
    """Whether a column such as 完成情况 is filled in, in most of the rows that have a task."""
    rows = table[header.row + 1 :]
    places = [c for column, c in header.places if column is Column.TEXT]
    told = [c for c in table[header.row] if _REPORTED.fullmatch(word(c))]
    tasks = [row for row in rows if any(c.text and _overlap(c, p) > 0 for c in row for p in places)]
    filled = [row for row in tasks if any(c.text and _overlap(c, p) > 0 for c in row for p in told)]
    return len(filled) * 2 > len(tasks)


def _parted(header: _Header, own: _Header, captions: Sequence[str]) -> bool:
    """Whether a table with other columns is the annex's next part: 二、民生实事 or 配合任务清单 stands above it, and
    neither is a form to report on."""
    forms = any(re.search("情况|进展", word) for word in (*header.words, *own.words))
    return not forms and any(_PART.match(text) or role_of_title(text) is not None for text in captions)


def _goes_on(table: Table, header: _Header, captions: Sequence[str]) -> bool:
    """Whether a table without a header goes on with the one above it.

    Where paragraphs stand between, its rows must be numbered as the tasks are; of tasks without numbers the last
    paragraph must say so.
    """
    if _width(table) != header.width or (captions and _headed(table)) or _lists_people(table, header, captions):
        return False
    if not captions:
        return True
    if Column.NO not in header.columns:
        return bool(_PART.match(captions[-1]) or "续" in captions[-1])
    numbers = (c for line in _lines(table, header, 0) for c in line.cells.get(Column.NO, ()))
    return any(c.number or _COUNTED.fullmatch(c.text) for c in numbers)


def _lists_people(table: Table, header: _Header, captions: Sequence[str]) -> bool:
    """Whether it is a list of contacts: so its title says, or telephone numbers stand where tasks have none."""
    cells = (c for line in _lines(table, header, 0) for column in _NO_PHONES for c in line.cells.get(column, ()))
    return bool(captions and _PEOPLE.search(captions[-1])) or any(_PHONE.fullmatch(c.text) for c in cells)


def _headed(table: Table) -> bool:
    """Whether the first row has words of a header."""
    named = [_named(word(c)) for c in (table[0] if table else ())]
    return Column.NO in named or sum(n is not None for n in named) > 1


def _like_tasks(table: Table, header: _Header) -> Iterator[str]:
    """The first row of a table that may be more of Annex 1: numbered, where the tasks are."""
    for row in () if _headed(table) else table:
        words = [c.text or c.number for c in row if (c.text or c.number) and not c.carried]
        if len(words) > 1 and (_COUNTED.fullmatch(words[0]) or Column.NO not in header.columns):
            yield "｜".join(w[:20] for w in words)
            return


def _undivided(table: Table) -> Iterator[str]:
    """The first row of a table whose header names tasks, numbers or leaders, but nobody who has them."""
    for i, row in enumerate(table[:_DEEPEST]):
        columns = {_named(word(c)): c for c in row}
        if Column.TEXT not in columns or not columns.keys() & {Column.NO, Column.LEADER}:
            continue
        if any(re.search("情况|进展", word(c)) for c in row):
            return
        place = columns[Column.TEXT]
        tasks = (r for r in table[i + 1 :] if any(c.text and _overlap(c, place) > 0 for c in r))
        filled = (words for r in tasks if len(words := [c.text for c in r if c.text and not c.carried]) > 1)
        yield from ["｜".join(w[:20] for w in words) for words in filled][:1]
        return


def _lists_more(group: _Group, best: _Group) -> bool:
    """Whether another annex lists tasks, too: under the same header and a title that says so, of the same year; under
    any header where one title says 牵头任务 and the other 配合任务.

    The same tasks once more, in the order of the divisions, are no others.
    """
    if group.tasks and group.tasks <= best.tasks:
        return False
    says = _TASKS.search(group.title) and not (_NO_TASKS.search(group.title) or edition.outdated(group.title))
    years = group.years | best.years
    alike = group.header.words == best.header.words or {role(group.title), role(best.title)} == {True, False}
    return bool(says) and alike and len(years) < 2 and bool(group.texts)


def _letters(line: Line, column: Column) -> str:
    return re.sub(r"\W", "", line.said(column))


def _titled(group: _Group, *, several: bool) -> Iterator[Line]:
    if several:
        yield Line(0, {}, caption=group.title, titled=True)
    yield from group.lines


def _unused(table: Table, header: _Header) -> Iterator[str | Text]:
    """The columns that 任务台账 has no place for."""
    places = [c for _, c in header.places]
    for n, cell in enumerate(table[header.row], 1):
        if cell in places:
            continue
        if text := squeeze(cell.text):
            yield text
        elif any(_fills(c, cell, places) for row in table[header.row + 1 :] for c in row):
            yield tr("第{column}列（没有表头）", column=n)


def _chosen(header: _Header) -> Iterator[tuple[str, str]]:
    """The headers of what became 类别 and 工作事项, where goals or measures are among them."""
    section, text = (next((word(c) for column, c in header.places if column is wanted), "") for wanted in _TASK)
    if _named(section) is Column.TEXT and re.search("目标|措施|举措", section + text):
        yield section, text


def _fills(cell: Cell, column: Cell, places: Sequence[Cell]) -> bool:
    return bool(cell.text) and _overlap(cell, column) > 0 and not any(_overlap(cell, p) > 0 for p in places)


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


def unfolded(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks; a table of two halves beside each other (序号｜任务｜序号｜任务) is two, one behind the other."""
    return tuple(part for b in blocks for part in ([b] if isinstance(b, str) else _halves(b)))


def _halves(table: Table) -> list[Table]:
    for row in table[:_DEEPEST]:
        half, odd = divmod(len(row), 2)
        left, right = [[word(c) for c in part] for part in (row[:half], row[half + odd :])]
        if left != right or (odd and row[half].text) or not {Column.NO, Column.TEXT} <= set(map(_named, left)):
            continue
        cut = row[half + odd].start
        return [_between(table, 0, cut), _between(table, cut, _width(table))]
    return [table]


def _between(table: Table, start: int, end: int) -> Table:
    """Some columns of a table; a cell that goes beyond them, such as a heading, as far as it reaches."""
    return tuple(
        tuple(
            replace(c, start=max(c.start, start) - start, end=min(c.end, end) - start)
            for c in row
            if c.start < end and start < c.end
        )
        for row in table
    )


def _opens_annex(block: Block) -> bool:
    return isinstance(block, str) and bool(
        re.match(r"附件[\d一二三四五六七八九十]", unicodedata.normalize("NFKC", squeeze(block)))
    )


def _named(text: str) -> Column | None:
    if _NEUTRAL.fullmatch(text):
        return Column.RESPONSIBLE
    return next((c for c, words in _WORDS if re.fullmatch(words, text, re.IGNORECASE)), None)


def _header(table: Table) -> _Header | None:
    """The header row; of two rows (责任分工 above 分管领导, 牵头处室) the lower, which vertical merges complete."""
    found: _Header | None = None
    for i, row in enumerate(table[:_DEEPEST]):
        header = _Header(
            i, _places(row, table[i + 1 :]), max((c.end for c in row), default=0), tuple(squeeze(c.text) for c in row)
        )
        if {Column.TEXT, Column.DIVISION} <= header.columns:
            if found and (len(header.columns) < len(found.columns) or i > found.row + 1):
                break
            found = header
    return found


def _places(row: Row, below: Sequence[Row]) -> tuple[tuple[Column, Cell], ...]:
    places: dict[Column, Cell] = {}
    neutral: list[Cell] = []
    further: list[Cell] = []
    for cell in row:
        text = word(cell)
        column = _named(text)
        if _NEUTRAL.fullmatch(text):
            neutral.append(cell)
        elif column is Column.RESPONSIBLE:
            further.append(cell)
        elif column in (None, Column.TEXT) and Column.TEXT in places and _CONTENT.fullmatch(text):
            if (
                "目标" in word(places[Column.TEXT])
                and _MEASURES.search(text)
                and _alone(places[Column.TEXT], cell, below)
            ):
                continue  # 新建食堂2家 is what is to be done, and 选址、装修 how
            places.setdefault(Column.SECTION, places[Column.TEXT])  # what it belongs to is its 类别
            places[Column.TEXT] = cell
        elif column:
            places.setdefault(column, cell)
    if Column.LEADER not in places and (person := next((c for c in row if _PERSON.fullmatch(word(c))), None)):
        places[Column.LEADER] = person
    if neutral and Column.DIVISION not in places:
        places[Column.DIVISION] = neutral.pop(0)
    others = (c for c in row if c not in places.values() and c not in further)
    led = Column.DIVISION in places or any(_LEADING.search(word(c)) for c in others)  # 主管科室, which is no header
    if not led and (helps := next((c for c in further if _HELPING.fullmatch(word(c))), None)):
        places[Column.DIVISION] = helps
        further.remove(helps)
    found = [*places.items(), *((Column.RESPONSIBLE, c) for c in (*neutral, *further))]
    return tuple(sorted(found, key=lambda p: p[1].start))


def _alone(goal: Cell, measure: Cell, rows: Sequence[Row]) -> bool:
    """Whether each row has a goal of its own beside its measures; measures under one goal are the tasks."""
    measures = [row for row in rows if any(c.text and not c.carried and _overlap(c, measure) > 0 for c in row)]
    return all(any(c.text and not c.carried and _overlap(c, goal) > 0 for c in row) for row in measures)


def _lines(table: Table, header: _Header, start: int) -> Iterator[Line]:
    for i, row in enumerate(table[start:], start + 1):
        cells: dict[Column, tuple[Cell, ...]] = {}
        spans = 1
        for cell in row:
            over = [(_overlap(cell, place), column) for column, place in header.places]
            spans = max(spans, sum(n > 0 for n, _ in over))
            most, column = max(over, key=lambda o: o[0])
            if most > 0:
                cells[column] = (*cells.get(column, ()), cell)
        yield Line(i, cells, spans, helps=bool(header.helping))


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
