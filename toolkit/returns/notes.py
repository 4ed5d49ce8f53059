"""What stands around an Annex 2 table, and between its rows, and is no task's text: notes, signatures, comments.  Pure.

What says nothing is passed over; what may say something of the report is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from math import inf

from toolkit.cells import as_text
from toolkit.model import plain
from toolkit.returns.approval import labels
from toolkit.returns.match import TaskIndex
from toolkit.returns.statuses import is_placeholder, says_nothing
from toolkit.returns.tables import TITLE, Layout
from toolkit.xlsx import Value

_WHO = (
    r"(?:填[报表]人?|联系人|经办人?|制表人?|报送人?|审核人?|(?:单位|处室|科室|主要)?负责人|[处科]长|联系(?:电话|方式)|电话|手机"
    r"|盖章|填报单位|(?:报送|填[报表])?(?:日期|时间))(?:签[字章名])?(?:\((?:盖章|公章|签[字章])\))?"
)
_DAY = r"(?:(?:20\d\d|二[〇○零]..)[年./-])?.{1,3}[月./-].{1,3}日?"
_VALUE = rf"(?:[::][\u4e00-\u9fff·]{{2,4}}|[::]?\d[\d-]{{5,14}}|[::]?{_DAY})"
FOOTER = re.compile(rf"{_WHO}(?:{_VALUE}|[::])?")
"""Who filled a form in, and when: a label, alone or with a name, a number or a day."""
SAYS_MORE = re.compile(
    r"(?:目前|主要)?存在的?(?:主要)?(?:问题|困难).{0,6}|下一?步(?:工作)?(?:安排|计划|打算|措施)?"
    r"|需要?.{0,4}(?:协调|说明|解决).{0,8}|意见和?建议|备?注|附注|(?:情况|补充)?说明"
)
"""What a division writes below its tasks, and that is none of them; a label with its text in the next cell."""
_SIGNER = re.compile(rf"(?:{_WHO}(?:{_VALUE}|[::])?[,，;；]?){{1,3}}")
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
_SURELY_SIGNED = re.compile(
    rf"{_DAY}|.{{0,24}}(?:\((?:盖章|公章|签章|签字)\)|公章|盖章)[:：]?(?:{_DAY})?"
    rf"|(?:同意|已阅|拟同意)(?:上报|报送|审定)?[。.!！]?(?:[\u4e00-\u9fff·]{{2,4}})?(?:{_DAY})?"
    r"|以上(?:数据|情况|内容)(?:均?截至|均?为|系|属实|真实).{0,14}"
)
"""The same right under a text, which may go on with any of these words."""
_UNIT = re.compile(r"(?:处|科|局|股|室|办|中心|委员会|街道|镇|乡)$")
_SENTENCE = re.compile(r"[已成建全各余完达至有所共均]")  # 已覆盖所有街道 is no name of a unit
_TELLS = re.compile(r"第.{1,3}项|[未待]|有误|更正|不含|暂缓|因为?.{2,}|请(?!于)|为准|初步|列入")
"""Words, however few, that say something of a report."""
_REPORTS = re.compile(
    r"[见如看]附|审[定核批]人?[:：]|完成|新[增建]|应[为是该]|改[为成]|补充|累计|达到|\d(?:户|人|件|个|家|场|所|处|次|万|[%％])"
)
"""What tells, in few words, of what was done: 已完成改造800户."""
_NAME = 4
"""Characters of a person's name, at most."""
_LABELLED = re.compile(r"(?:备?注|说明|情况说明|需?要?说明.{0,6})[::]")
_ASIDE = re.compile(r".{20}|.{5,}[:，。；,;].{5}", re.DOTALL)
"""What is shorter, below or between the rows, is a heading or a signature."""
_DECORATION = re.compile(
    r"(?:打印时)?请(?:下载|打印|勿删|删除).{0,10}|(?:联系|填[报表]|经办)人:.{2,5}(?:联系)?电话:[\d-]{5,}"
    r"|附[件表]?[一二三四五六七八九十\d]{0,3}:?|[^未待]{0,16}?\(?(?:[盖公印签]章|骑缝章)\)?"
    r"|\d{1,2}/\d{1,2}|[-—·]*(?:\d{1,2}|第[一二三四五六七八九十\d]{1,3}页)?[,/]?(?:共?\d{1,3}页)?[-—·]*"
    r"|(?:20\d\d|二[〇○零]..)[年./-].{1,3}[月./-].{1,3}日?"
)
"""What stands in a text box and is the form's own: 附件2, a seal's place, the number of a page, a day."""
_SAID = re.compile(r"\d[^年月日季\d]|[,，。；;见]")  # figures and clauses are of no title
_HEADING = re.compile(r"[(]?[一二三四五六七八九十]+[)、.]|附件?[:\d]|填[报写表]|联系|经办|制表|报送|以上")


def is_note(
    cells: Mapping[int, Value], item: str, answers: Collection[int] = (), *, below: bool = False
) -> bool:
    """合计, 备注：…, 填报人：… and the like, in the row's first cell; in one of `answers` it goes on with that.

    `below` the last task also a label alone or with a name (填报人), and what a division has to say besides (存在问题).
    """
    column, first = next(((c, v) for c, v in sorted(cells.items()) if as_text(v)), (0, None))
    if not isinstance(first, str):
        return False
    said = plain(first)
    if column in answers and not item:
        return below and bool(_SIGNER.fullmatch(said))
    if below and (FOOTER.fullmatch(said) or SAYS_MORE.fullmatch(said.rstrip(":"))):
        return True
    return (not item or item == first.strip()) and bool(_NOTE.match(said))


def is_remark(
    cells: Mapping[int, Value], status: int, units: Collection[str], *, first: bool, below: bool, goes_on: bool
) -> bool:
    """Whether a row without item and number is a signature below all items, or says what its header is of.

    Right under an answer (`goes_on`) only what can be nothing else is: it may go on with that.
    """
    texts = {c: v for c, v in cells.items() if as_text(v)}
    if set(texts) != {status}:
        return False
    said = texts[status]
    if not isinstance(said, str):
        return below and not isinstance(said, int | float)  # the day of a signature
    lines = [plain(line) for line in said.splitlines() if line.strip()]
    surely = all(_SURELY_SIGNED.fullmatch(line) or line in units for line in lines)
    signed = surely if goes_on else all(map(_signs, lines))
    return (below and signed) or (first and lines[0][0] == "(" and lines[-1][-1] == ")")


def _signs(line: str) -> bool:
    """Whether a line is a signature: a date, a unit's name, （盖章）, 同意."""
    return bool(_SIGNED.match(line)) and not (_UNIT.search(line) and _SENTENCE.search(line))


def numbers_columns(cells: Mapping[int, Value], item: int) -> bool:
    """Whether a row below the header only counts its columns: 1, 2, 3 or 甲, 乙, 丙."""
    said = [plain(t) for v in cells.values() if (t := as_text(v))]
    return bool(as_text(cells.get(item))) and len(said) > 1 and all(map(_COLUMN_NUMBER.fullmatch, said))


def spoken_of(table: Layout) -> frozenset[str]:
    """The items of the rows that people see, and "": what is hidden beside one of them is a draft or an old text."""
    rows = table.grid.rows.items()
    shown = (c for n, c in rows if table.first <= n <= table.last and n not in table.grid.hidden_rows)
    return frozenset({"", *(plain(as_text(c.get(table.item))) for c in shown)})


def unseen(table: Layout) -> tuple[tuple[str, str], ...]:
    """(place, text) of the answers in hidden rows that are left out."""
    if not table.grid.hidden_rows:
        return ()
    spoken, columns = spoken_of(table), [c.number for c in table.statuses]
    found = []
    for n, cells in table.grid.rows.items():
        if n in table.grid.hidden_rows and table.first <= n <= table.last:
            texts = [t for c in columns if (t := as_text(cells.get(c)))]
            if texts and plain(as_text(cells.get(table.item))) in spoken:
                found.append((table.grid.place(n, columns[0]), "；".join(texts)))
    return tuple(found)


def comments(table: Layout) -> tuple[tuple[str, str], ...]:
    """(place, text) of the comments on a table and on what stands above it."""
    foot = _foot(table)
    return tuple((table.grid.place(n, c), text) for n, c, text in table.grid.comments if n <= foot)


def asides(table: Layout, index: TaskIndex, notes: Collection[int] = ()) -> tuple[tuple[str, str], ...]:
    """(place, text) of what somebody wrote above, across or below a table and that no row holds: 需要说明的问题：…

    `notes`: the rows that `read_rows` took for none of a task's.
    """
    grid = table.grid
    answers = {c.number for c in table.statuses}
    foot = _foot(table)
    boxes = (b for b in grid.boxes if b[0] <= foot and not _decorates(b[2], table, index))
    found = [(grid.place(n, c), text) for n, c, text in boxes]
    for n, cells in grid.rows.items():
        if n in grid.hidden_rows or (n >= table.first and len(cells) != 1 and n not in notes):
            continue
        texts = {c: v for c, v in cells.items() if isinstance(v, str) and v.strip()}
        if n < table.first:
            found += [(grid.place(n, c), v.strip()) for c, v in texts.items() if _tells_above(plain(v))]
            continue
        if n in notes:
            if texts and (text := _noted(texts)):
                found.append((grid.place(n, min(texts)), text))
            continue
        if not texts:
            continue
        ((column, text),) = texts.items()
        if column in answers or (column == table.item and index.resemblance(text)):
            continue
        shown = plain(text)
        if not (_ASIDE.match(shown) or _TELLS.search(shown)) or _SIGNED.match(shown) or _HEADING.match(shown):
            continue
        if not (TITLE.search(shown) or labels(text)[1] or index.exact(text)):
            found.append((grid.place(n, column), text.strip()))
    return tuple(dict.fromkeys(found))


def _foot(table: Layout) -> float:
    """The last row of a table; of the last one of a sheet all rows are, be they empty."""
    return table.last if any(n > table.last for n in table.grid.rows) else inf


def _decorates(box: str, table: Layout, index: TaskIndex) -> bool:
    """Whether a text box holds nothing that its division has to say: 附件2, a title, a page's number, a seal, a day."""
    bare = plain(box)
    if not (_ASIDE.match(bare) or _TELLS.search(bare) or _REPORTS.search(bare)):
        return True
    lines = [plain(line) for line in box.splitlines() if not says_nothing(line)]
    title, signed = plain(table.title), tuple(filter(None, (plain(table.approver), plain(table.approved_on))))
    return bool(index.exact(box)) or all(line in title or _is_decoration(line, signed) for line in lines)


def _is_decoration(line: str, signed: tuple[str, ...]) -> bool:
    """`signed`: who approves a form and when, as it was read."""
    if _DECORATION.fullmatch(line) or FOOTER.fullmatch(line):
        return True
    if label := labels(line)[1]:
        return line.endswith(signed) or label[0].end() >= len(line.rstrip(":_"))
    named = TITLE.search(line) or (_UNIT.search(line) and _signs(line))
    return bool(named) and not _TELLS.search(line) and not _SAID.search(line)


def _tells_above(text: str) -> bool:
    """Whether a line above a table is no title and no advice, but says something of the report."""
    return bool(_LABELLED.match(text)) and bool(_TELLS.search(text))


def _noted(texts: Mapping[int, str]) -> str:
    """What a note, or a signature, says beyond who wrote it and when: 备注 and its text, 存在问题 and its text."""
    said = [t.strip() for _, t in sorted(texts.items())]
    first = plain(said[0])
    if FOOTER.fullmatch(first) or re.match(rf"合计|小计|总计|{_WHO}[::]", first):
        said = [t for t in said[1:] if len(plain(t)) > _NAME and _TELLS.search(plain(t))]
        return "；".join(said)
    if all(map(_signs, map(plain, "\n".join(said).splitlines()))):
        return "；".join(said) if re.match("以上|同意|已阅|拟同意", first) and _TELLS.search(first) else ""
    label, rest = (said[0], said[1:]) if len(said) > 1 else ("", said)
    text = "；".join(t for t in rest if not is_placeholder(t))
    shown = plain(text)
    if not text:
        return ""
    if not (_ASIDE.match(shown) or _TELLS.search(shown) or SAYS_MORE.fullmatch(plain(label).rstrip(":"))):
        return ""
    return f"{label.rstrip(':：')}：{text}" if label else text
