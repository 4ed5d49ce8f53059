"""The rows of Annex 1 -> tasks as they are written, headings and remarks told apart.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from toolkit.language import Text, tr
from toolkit.notice.doubt import Doubt
from toolkit.notice.header import Column, Line, is_header
from toolkit.notice.marks import Marks, take_bracket
from toolkit.notice.names import squeeze
from toolkit.notice.word import Cell

IN_MASTER = "在 master.xlsx 的任务台账里改正"
_CHECK = f"请核对通知；确是任务的，请{IN_MASTER}，补上一行"
_NUMBER = re.compile(r"\(?第?(\d{1,4})[)项号、.．:]*")
_NUMERAL = re.compile(
    r"(?:[（(][一二三四五六七八九十]{1,3}[）)]|[一二三四五六七八九十]{1,3}[、.．,，]|\d{1,2}(?:、|[.．](?!\d))"
    r"|第[一二三四五六七八九十]{1,3}(?:部分|大类|类|章|节))[、.．:：]?"
)
_REMARK = re.compile(r"(?:备?注|(?:填表|有关)?说明|(?:填表|制表|填报|审核|联系)人)[:：]|[*＊★]?为我局牵头")
_TOTAL = re.compile(r"(?:合计|总计|小计)\d*项?")
_LABEL = re.compile(r"(?:牵头|主办|责任|承办)\w{1,6}[:：](?!负责|各)(?!.{0,12}(?:电话|联系))")
_ITEM = re.compile(r"(?:[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:[)）、]|[.．](?!\d))|[①-⑳])")
_DITTO = {"同上", "同前", "〃", "″", "”", '"', "''"}
_SENTENCE = ("。", "；", ";")
_WHOSE = (Column.LEADER, Column.DIVISION, Column.RESPONSIBLE)


@dataclass(frozen=True, slots=True)
class Raw:
    """A task's row before its names are read."""

    row: int
    no: int | None
    counted: bool  # the number is Word's automatic one
    starred: bool
    role: bool | None  # what （牵头） or （配合） in the row says
    titled: bool | None  # what the title of its table says
    section: str
    text: str
    city: str  # of a column of its own
    cells: dict[Column, tuple[str, ...]]


def read_rows(lines: Sequence[Line], marks: Marks) -> tuple[list[Raw], list[Doubt]]:
    rows: list[Raw] = []
    doubts: list[Doubt] = []
    same: list[int] = []  # rows that stand under the leader and division of the row above
    section = ""
    headings = _headings(lines, marks)
    for at, line in enumerate(lines):
        if line.caption:
            if _is_task_outside(rows, line.caption, marks):
                doubts.append(_outside(line.caption))
            elif line.titled or _NUMERAL.match(line.caption):
                section = _heading(line.caption)
            continue
        filled = [(column, c) for column, cells in line.cells.items() for c in cells if c.text or c.number]
        if not filled or is_header(line) or line.is_sample or _TOTAL.fullmatch(line.said(Column.NO)):
            continue
        text_cells = line.cells.get(Column.TEXT, ())
        carried = bool(rows and text_cells) and all(c.carried for c in text_cells)
        if carried and not any(c.text or c.number for c in line.cells.get(Column.NO, ()) if not c.carried):
            _extend(rows[-1], line)
            continue
        if at in headings:
            section = line.said(Column.TEXT)
            continue
        above = rows[-1] if len(filled) == 1 and rows and _under_blanks(rows, line) else None
        if len(filled) == 1 and above is None:
            column, cell = filled[0]
            text = cell.text
            if _REMARK.match(text) or _TOTAL.fullmatch(text):
                continue
            if _is_heading(column, text, line.spans, marks):
                section = _heading(text)
                if column is Column.TEXT and line.spans == 1 and not _NUMERAL.match(text):
                    doubts.append(_taken_as_heading(line, text))
                continue
            if column is not Column.TEXT or len(text) < 4 or not _opens_task(rows, text):
                doubts.append(_stray(line, column, text or cell.number))
                continue
        raw = _raw(line, section, rows, marks)
        if carried and not raw.text:  # a number of its own: one of several tasks under one text
            raw = replace(raw, text=rows[-1].text)
        if not raw.text:
            doubts.append(_stray(line, None, "；".join(c.text or c.number for _, c in filled)))
            continue
        if above is not None:
            raw = replace(raw, cells={**raw.cells, **{c: above.cells[c] for c in (Column.LEADER, Column.DIVISION)}})
            same.append(line.row)
        rows.append(raw)
        doubts += _struck(line)
    if same:
        doubts.append(_taken_over(same))
    return rows, doubts


def notes(lines: Sequence[Line]) -> Iterator[str]:
    """The remarks in the table: 注：*为我局牵头任务。"""
    for line in lines:
        filled = [c.text for cells in line.cells.values() for c in cells if c.text]
        if len(filled) == 1 and _REMARK.match(filled[0]):
            yield filled[0]


def in_prose(body: Sequence[str], rows: Sequence[str]) -> Iterator[Doubt]:
    """The tasks that the notice's body names with their divisions, beside those of the table (`rows`: their texts)."""
    listed = {re.sub(r"\W", "", text) for text in rows}
    found = [line for line in map(squeeze, body) if _ITEM.match(line) and _LABEL.search(line)]
    tasks = [t for t in found if re.sub(r"\W", "", re.split("[（(。；]", _ITEM.sub("", t, count=1))[0]) not in listed]
    if tasks:
        message = tr(
            "正文里有{count}段写着牵头处室，像是任务，没有列入：“{text}”{more}",
            count=len(tasks),
            text=_shorten(tasks[0]),
            more=tr("等") if len(tasks) > 1 else "",
        )
        yield Doubt("", tr("正文"), message, f"请核对通知；确是任务的，请{IN_MASTER}，逐项补上")


def _headings(lines: Sequence[Line], marks: Marks) -> set[int]:
    """The rows 一｜党的建设 that head others: numbered in a way in which no task with a unit is numbered."""
    styles = [_style(line, marks) for line in lines]
    whose = ["".join(line.said(c) for c in _WHOSE) for line in lines]
    of_tasks = {s for s, who in zip(styles, whose, strict=True) if s and who}
    order = list(dict.fromkeys(filter(None, styles)))
    found: set[int] = set()
    followed = ""  # the style of the next row that has one
    for i in reversed(range(len(lines))):
        style, text = styles[i], lines[i].said(Column.TEXT)
        heads = style and followed and style not in of_tasks and order.index(style) < order.index(followed)
        if heads and text and not whose[i] and not text.endswith(_SENTENCE):
            found.add(i)
        followed = style or followed
    return found


def _style(line: Line, marks: Marks) -> str:
    """How the row is numbered: 12 as 1, （三） as (一), 1.2 as 1.1."""
    label = unicodedata.normalize("NFKC", re.sub(marks.any, "", line.said(Column.NO)))
    return re.sub(r"[一二三四五六七八九十百]+", "一", re.sub(r"\d+", "1", label)).strip("、.:")


def _is_heading(column: Column, text: str, spans: int, marks: Marks) -> bool:
    """Whether the only text of a row is a section's heading."""
    if not re.search(r"[^\W\d_]", re.sub(marks.any, "", text)):
        return False
    if _NUMERAL.match(text):
        return True
    short = len(text) <= 60 and not text.endswith(_SENTENCE)
    return short and (spans > 1 or column in (Column.NO, Column.SECTION, Column.TEXT))


def _heading(text: str) -> str:
    numeral = _NUMERAL.match(text)
    return text[numeral.end() if numeral else 0 :].strip(":：")


def _under_blanks(rows: Sequence[Raw], line: Line) -> bool:
    """Whether the row's leader and division stand above it: nothing is numbered, and 工作事项 is not the first column,
    where a heading would stand."""
    text = line.said(Column.TEXT)
    if Column.NO in line.cells or next(iter(line.cells)) is Column.TEXT or line.spans > 1 or _REMARK.match(text):
        return False
    return bool(text) and not _NUMERAL.match(text) and not rows[-1].text.endswith(("，", "、", ","))


def _opens_task(rows: Sequence[Raw], text: str) -> bool:
    """A row with nothing but a sentence: a task of its own, unless the sentence above it had not ended (a row that
    was broken by hand at the foot of a page)."""
    return not rows or (rows[-1].text.endswith(("。", "）", ")", "；")) and text.endswith(("。", "）", ")")))


def _is_task_outside(rows: Sequence[Raw], text: str, marks: Marks) -> bool:
    """Whether a paragraph is a task: numbered behind the last one, or numbered and with its division."""
    bare = unicodedata.normalize("NFKC", re.sub(marks.any, "", text))
    item = _ITEM.match(bare)
    if not rows or not item:
        return False
    number = re.search(r"\d+", item[0])
    follows = number and int(number[0]) == (rows[-1].no or len(rows)) + 1 and bare.endswith(("。", ";", ")"))
    return bool(follows or _LABEL.search(bare))


def _extend(row: Raw, line: Line) -> None:
    """Adds a row whose 工作事项 is merged with the row above: the same task, with more units."""
    for column in _WHOSE:
        more = tuple(t for c in line.cells.get(column, ()) if not c.carried for t in c.lines)
        row.cells[column] += (f"、{more[0]}", *more[1:]) if more and row.cells[column] else more


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _place(line: Line) -> Text:
    return tr("附件1 表格第{row}行", row=line.row)


def _stray(line: Line, column: Column | None, text: str) -> Doubt:
    missing = tr("没有工作事项") if column is not Column.TEXT else tr("像是上一行的后半段，或缺少序号、领导和处室")
    message = tr("这一行只有“{shown}”，{missing}，没有列为任务", shown=_shorten(text), missing=missing)
    return Doubt("", _place(line), message, _CHECK)


def _taken_as_heading(line: Line, text: str) -> Doubt:
    message = tr("这一行只有“{shown}”，当作后面各项的类别，没有列为任务", shown=_shorten(text))
    return Doubt("", _place(line), message, _CHECK)


def _outside(text: str) -> Doubt:
    message = tr("表格外的段落“{shown}”像是任务，没有列入", shown=_shorten(text))
    return Doubt("", tr("附件1"), message, _CHECK)


def _taken_over(rows: Sequence[int]) -> Doubt:
    message = tr(
        "第{rows}行只写了工作事项，分管领导和牵头处室按上一行填", rows=tuple(dict.fromkeys(str(row) for row in rows))
    )
    return Doubt("", tr("附件1"), message, f"请对照通知核对；不对就{IN_MASTER}")


def _struck(line: Line) -> Iterator[Doubt]:
    """What is struck out and stands in the notice's table all the same."""
    struck = [c for cells in line.cells.values() for c in cells if c.struck and not c.carried]
    if any(squeeze(c.struck) == c.text for c in line.cells.get(Column.TEXT, ()) if c.struck):
        message = tr("“{text}”画了删除线，仍列为任务", text=_shorten(line.said(Column.TEXT)))
        yield Doubt("", _place(line), message, "请核对；不要的任务，在 master.xlsx 的任务台账里删去这一行")
    elif struck:
        message = tr("“{text}”画了删除线，仍照样读入", text=_shorten("、".join(squeeze(c.struck) for c in struck)))
        yield Doubt("", _place(line), message, f"请核对；不要的字，{IN_MASTER}")


def _raw(line: Line, section: str, above: Sequence[Raw], marks: Marks) -> Raw:
    cells = {c: _lines(line.cells.get(c, ()), marks if c in _WHOSE else None) for c in Column}
    if above:
        for column in _WHOSE:
            if squeeze("".join(cells[column])) in _DITTO:
                cells[column] = above[-1].cells[column]
    label = squeeze("".join(cells[Column.NO]))
    automatic = squeeze(next((c.number for c in line.cells.get(Column.NO, ()) if c.number), ""))
    bare, said = take_bracket(unicodedata.normalize("NFKC", re.sub(marks.any, "", label)).replace("()", ""))
    counted = not bare and bool(automatic)
    number = _NUMBER.fullmatch(re.sub(marks.any, "", automatic) if counted else bare)
    text, starred = _unmarked(_joined(line.cells.get(Column.TEXT, ())), marks)
    text, also = take_bracket(text)
    beside = label + automatic + (line.said(Column.DIVISION) if len(cells[Column.DIVISION]) == 1 else "")
    return Raw(
        line.row,
        int(number[1]) if number else None,
        counted,
        starred or marks.leads(beside),
        False if line.helps or marks.supports(label + automatic) else also if said is None else said,
        line.leads,
        _heading(squeeze("".join(cells[Column.SECTION]))) or section,
        text.strip(),
        "".join(cells[Column.CITY]),
        cells,
    )


def _unmarked(text: str, marks: Marks) -> tuple[str, bool]:
    """A task's text without the stars before it, behind it or behind its own number, and whether one says 牵头."""
    found = "".join(re.findall(marks.any, text))
    bare = re.sub(rf"^([（(]?\d{{0,3}}[）)、.．]?\s*)(?:{marks.any}\s*)+", r"\1", text)
    bare = re.sub(rf"(?:\s*{marks.any})+(?=$|\s*[（(](?:[省市区县]级?)?(?:责任|牵头)单位)", "", bare)
    kept = "".join(re.findall(marks.any, bare))
    return bare, len(found) > len(kept) and marks.leads(found)


def _lines(cells: Sequence[Cell], marks: Marks | None) -> tuple[str, ...]:
    """The lines of the cells of one column; of units, without stars, and with a separator between two columns."""
    lines: list[str] = []
    for cell in cells:
        own = [re.sub(marks.any, "", t) if marks else t for t in cell.lines]
        lines += [f"、{own[0]}", *own[1:]] if marks and lines and own else own
    return tuple(lines)


def _joined(cells: Sequence[Cell]) -> str:
    """A task's text in one line: items and what would run into each other are kept apart."""
    text = ""
    for line in (t for cell in cells for t in (cell.numbered or cell.lines)):
        if text and _ITEM.match(line):
            text += "" if re.search(r"[，。；：、;:,.!?！？（(]$", text) else "；"
        elif re.search(r"[\w%％]$", text, re.ASCII) and re.match(r"\w", line, re.ASCII):
            text += " "
        text += line
    return re.sub(r"[ \t\u3000\xa0]+", " ", text).strip()
