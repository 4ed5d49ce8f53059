"""The rows of Annex 1 -> tasks, and what a person must confirm about them.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from toolkit.language import Text, tr
from toolkit.model import CityUnits, Task
from toolkit.notice.doubt import Doubt
from toolkit.notice.header import Column, Line, is_header
from toolkit.notice.names import SEPARATORS, brackets, split_flat, split_leaders, split_units, squeeze, vocabulary

STARS = "*＊﹡∗⁎✱✲★☆⭐"

_IN_MASTER = "在 master.xlsx 的任务台账里改正"
_NUMBER = re.compile(r"\(?第?(\d{1,4})[)项号、.．:]*")
_NUMERAL = re.compile(
    r"(?:[（(][一二三四五六七八九十]{1,3}[）)]|[一二三四五六七八九十]{1,3}[、.．,，]|\d{1,2}(?:、|[.．](?!\d))"
    r"|第[一二三四五六七八九十]{1,3}(?:部分|大类|类|章|节))[、.．:：]?"
)
_REMARK = re.compile(r"(?:备?注|(?:填表|有关)?说明)[:：]|[*＊★]?为我局牵头")
_TOTAL = re.compile(r"(?:合计|总计|小计)\d*项?")
_ROLE = re.compile(r"((?:[省市区县]级?)?(?:责任|牵头|配合|协办)单位)[:：]")
_ALL_OF_A_KIND = re.compile(r"(?:全局|全市|全区|全县|全校|局属|所属|直属|下属|局机关|机关)?各.{1,16}")
_DITTO = {"同上", "同前", "〃", "″", "”", '"', "''"}


@dataclass(frozen=True, slots=True)
class _Raw:
    """A task's row before its names are read."""

    row: int
    no: int | None
    counted: bool  # the number is Word's automatic one
    starred: bool
    section: str
    text: str
    city: str  # of a column of its own
    cells: dict[Column, tuple[str, ...]]


def read_tasks(
    lines: Sequence[Line], year: int, stars: str = STARS, *, all_lead: bool = False
) -> tuple[tuple[Task, ...], tuple[Doubt, ...]]:
    """The tasks of Annex 1 in its order, with keys f"{year}-{no:02d}".  `stars`: characters that mark 牵头任务.

    `all_lead`: where none has such a mark the office leads them all.
    """
    raw, doubts = _rows(lines, stars)
    if all_lead and not any(r.starred for r in raw):
        raw = [replace(r, starred=True) for r in raw]
        if raw:
            doubts.append(
                Doubt(
                    "",
                    tr("附件1「序号」"),
                    tr("没有一项任务带星号（*），都按牵头任务处理"),
                    f"请核对；是配合任务的，{_IN_MASTER}，去掉「牵头」列的★",
                )
            )
    numbers, keys, more = _number(raw, year)
    doubts += more
    known = vocabulary(r.cells[c] for r in raw for c in (Column.DIVISION, Column.RESPONSIBLE))
    leaders = frozenset(
        names[0] for r in raw if len(names := split_leaders(r.cells[Column.LEADER][:1], frozenset())) == 1
    )
    leads = any(split_leaders(r.cells[Column.LEADER], frozenset()) for r in raw)
    if raw and not leads:
        message = tr("表里没有分管领导：{count}项任务都空着", count=len(raw))
        remedy = f"没有这一级的就不用填，报来的不等审定；有的请{_IN_MASTER}"
        doubts.append(Doubt("", tr("附件1「分管领导」"), message, remedy))
    tasks = []
    odd: set[str] = set()
    for row, no, key in zip(raw, numbers, keys, strict=True):
        task, found = _task(row, no, key, known, leaders if leads else None, odd)
        tasks.append(task)
        doubts += found
    return tuple(tasks), tuple(doubts)


def city_units(text: str) -> tuple[str, CityUnits | None, str]:
    """A task's text -> (text without the city units' bracket, the units, what is unclear about them or "").

    Other brackets, also within the units' names, stay as they are: 中心（站）.
    """
    found: list[CityUnits] = []
    unclear, rest, at = "", "", 0
    for start, end, closed in brackets(text):
        inner = text[start + 1 : end - closed].strip()
        if not _ROLE.match(squeeze(inner)):
            continue
        rest += text[at:start]
        at = end
        parts = _ROLE.split(squeeze(inner))[1:]
        found += [CityUnits(role, _plain_units(units)) for role, units in zip(parts[::2], parts[1::2], strict=True)]
        if not closed:
            unclear = "市级单位的括号没有右半边"
    rest += text[at:]
    if len(found) > 1:
        found.sort(key=lambda c: "牵头" not in c.role)  # stable: of equals the first
        rest = rest.rstrip() + "".join(f"（{c}）" for c in found[1:])
        unclear = tr(
            "有{count}组市级单位，「市级单位」只取了“{found}”，其余留在工作事项里", count=len(found), found=found[0]
        )
    return rest.strip(), found[0] if found else None, unclear


def _plain_units(text: str) -> tuple[str, ...]:
    units = (u.strip("。.") for u in split_flat(text, SEPARATORS))
    return tuple(dict.fromkeys(u for u in units if u))


def _rows(lines: Sequence[Line], stars: str) -> tuple[list[_Raw], list[Doubt]]:
    rows: list[_Raw] = []
    doubts: list[Doubt] = []
    section = ""
    for line in lines:
        if line.caption:
            if line.titled:
                section = line.caption
            elif _NUMERAL.match(line.caption):
                section = _heading(line.caption)
            continue
        filled = [(column, c) for column, cells in line.cells.items() for c in cells if c.text or c.number]
        if not filled or is_header(line):
            continue
        text_cells = line.cells.get(Column.TEXT, ())
        carried = bool(rows and text_cells) and all(c.carried for c in text_cells)
        if carried and not any(c.text or c.number for c in line.cells.get(Column.NO, ()) if not c.carried):
            _extend(rows[-1], line)
            continue
        if len(filled) == 1:
            column, cell = filled[0]
            text = cell.text
            if _REMARK.match(text) or _TOTAL.fullmatch(text):
                continue
            if _is_heading(column, text, line.spans, stars):
                section = _heading(text)
                continue
            if column is not Column.TEXT or len(text) < 4 or not _opens_task(rows, text):
                doubts.append(_stray(line, column, text or cell.number))
                continue
        raw = _raw(line, section, rows, stars)
        if carried and not raw.text:  # a number of its own: one of several tasks under one text
            raw = replace(raw, text=rows[-1].text)
        if not raw.text:
            doubts.append(_stray(line, None, "；".join(c.text or c.number for _, c in filled)))
            continue
        rows.append(raw)
    return rows, doubts


def _is_heading(column: Column, text: str, spans: int, stars: str) -> bool:
    """Whether the only text of a row is a section's heading."""
    if not re.search(r"[^\W\d_]", text.strip(stars)):
        return False
    if _NUMERAL.match(text):
        return True
    short = len(text) <= 60 and not text.endswith(("。", "；", ";"))
    return short and (spans > 1 or column in (Column.NO, Column.SECTION, Column.TEXT))


def _heading(text: str) -> str:
    numeral = _NUMERAL.match(text)
    return text[numeral.end() if numeral else 0 :].strip(":：")


def _opens_task(rows: Sequence[_Raw], text: str) -> bool:
    """A row with nothing but a sentence: a task of its own, unless the sentence above it had not ended (a row that
    was broken by hand at the foot of a page)."""
    return not rows or (rows[-1].text.endswith(("。", "）", ")", "；")) and text.endswith(("。", "）", ")")))


def _extend(row: _Raw, line: Line) -> None:
    """Adds a row whose 工作事项 is merged with the row above: the same task, with more units."""
    for column in (Column.LEADER, Column.DIVISION, Column.RESPONSIBLE):
        more = tuple(t for c in line.cells.get(column, ()) if not c.carried for t in c.lines)
        row.cells[column] += (f"、{more[0]}", *more[1:]) if more and row.cells[column] else more


def _stray(line: Line, column: Column | None, text: str) -> Doubt:
    shown = text if len(text) <= 40 else text[:40] + "…"
    missing = tr("没有工作事项") if column is not Column.TEXT else tr("像是上一行的后半段，或缺少序号、领导和处室")
    return Doubt(
        "",
        tr("附件1 表格第{row}行", row=line.row),
        tr("这一行只有“{shown}”，{missing}，没有列为任务", shown=shown, missing=missing),
        f"请核对通知；确是任务的，请{_IN_MASTER}，补上一行",
    )


def _raw(line: Line, section: str, above: Sequence[_Raw], stars: str) -> _Raw:
    cells = {c: tuple(t for cell in line.cells.get(c, ()) for t in cell.lines) for c in Column}
    if above:
        for column in (Column.LEADER, Column.DIVISION, Column.RESPONSIBLE):
            if squeeze("".join(cells[column])) in _DITTO:
                cells[column] = above[-1].cells[column]
    marks = f"[{re.escape(stars)}]"
    label = squeeze("".join(cells[Column.NO]))
    automatic = squeeze(next((c.number for c in line.cells.get(Column.NO, ()) if c.number), ""))
    bare = unicodedata.normalize("NFKC", re.sub(marks, "", label))
    counted = not bare and bool(automatic)
    number = _NUMBER.fullmatch(re.sub(marks, "", automatic) if counted else bare)
    text = re.sub(r"[ \t\u3000\xa0]+", " ", "".join(cells[Column.TEXT])).strip()
    text, before = re.subn(rf"^(?:{marks}\s*)+", "", text)
    text, after = re.subn(rf"(?:\s*{marks})+(?=$|\s*[（(](?:[省市区县]级?)?(?:责任|牵头)单位)", "", text)
    starred = bool(re.search(marks, label + automatic)) or before + after > 0
    return _Raw(
        line.row,
        int(number[1]) if number else None,
        counted,
        starred,
        _heading(squeeze("".join(cells[Column.SECTION]))) or section,
        text.strip(),
        "".join(cells[Column.CITY]),
        cells,
    )


def _number(raw: Sequence[_Raw], year: int) -> tuple[list[int], list[str], list[Doubt]]:
    """序号 and key of each row.  Keys are unique also where 序号 is not."""
    doubts: list[Doubt] = []
    numbers: list[int] = []
    for r in raw:
        numbers.append(r.no if r.no is not None else (numbers[-1] + 1 if numbers else 1))
    seen: Counter[int] = Counter()
    keys = []
    for no in numbers:
        seen[no] += 1
        keys.append(f"{year}-{no:02d}" + (f"-{seen[no]}" if seen[no] > 1 else ""))
    restarts = [r.section for r, no in zip(raw, numbers, strict=True) if no == 1]
    within = Counter((r.section, no) for r, no in zip(raw, numbers, strict=True))
    if len(set(restarts)) > 1 and max(within.values()) == 1:
        doubts.append(
            Doubt(
                "",
                tr("附件1「序号」"),
                tr("序号在每个类别里都从1数起，有重复"),
                f"重复的序号不影响收发；要改成连续编号，请{_IN_MASTER}",
            )
        )
    else:
        for r, no, key in zip(raw, numbers, keys, strict=True):
            if key.count("-") > 1:
                message = tr("序号{no}在表里出现了{seen}次", no=no, seen=seen[no])
                doubts.append(
                    Doubt(
                        key,
                        tr("{place}（表格第{row}行）", place=_place(no, Column.NO), row=r.row),
                        message,
                        f"请核对通知，并{_IN_MASTER}",
                    )
                )
        gaps = [(a, b) for a, b in pairwise(numbers) if b not in (a, a + 1)]
        for a, b in gaps if not any(n > 1 for n in seen.values()) else ():
            doubts.append(
                Doubt(
                    "",
                    tr("附件1「序号」"),
                    tr("序号不连续：{a}后面是{b}", a=a, b=b),
                    f"请核对通知有没有漏行；漏了的请{_IN_MASTER}，补上一行",
                )
            )
    if raw and all(r.no is None for r in raw):
        doubts.append(
            Doubt(
                "",
                tr("附件1「序号」"),
                _renumbered(raw, numbers) or tr("附件1没有写序号，按先后编为1至{count}", count=len(raw)),
                f"请对照通知核对；不对就{_IN_MASTER}",
            )
        )
        return numbers, keys, doubts
    for r, no, key in zip(raw, numbers, keys, strict=True):
        if r.no is None:
            written = squeeze("".join(r.cells[Column.NO]))
            what = tr("序号“{written}”不是数字", written=written) if written else tr("没有序号")
            doubts.append(
                Doubt(
                    key,
                    tr("附件1 表格第{row}行「序号」", row=r.row),
                    tr("{what}，暂按{no}编", what=what, no=no),
                    f"请核对；不对就{_IN_MASTER}",
                )
            )
    counted = [no for r, no in zip(raw, numbers, strict=True) if r.counted and r.no is not None]
    if counted:
        doubts.append(
            Doubt(
                "",
                tr("附件1「序号」"),
                tr(
                    "序号是 Word 自动编号，按顺序数出{first}至{last}，共{count}个",
                    first=counted[0],
                    last=counted[-1],
                    count=len(counted),
                ),
                f"请对照通知核对序号；不对就{_IN_MASTER}",
            )
        )
    return numbers, keys, doubts


def _renumbered(raw: Sequence[_Raw], numbers: Sequence[int]) -> Text | None:
    """Which number stands for which of a plan that counts otherwise (1-1, （一）), or None where it has none."""
    written = [squeeze("".join(r.cells[Column.NO])) for r in raw]
    if not any(written):
        return None
    pairs = tuple(f"{w}→{n}" for w, n in zip(written, numbers, strict=True) if w)
    return tr("序号不是一个数字，按先后编为1至{count}：{pairs}", count=len(raw), pairs=pairs)


def _task(
    raw: _Raw, no: int, key: str, known: frozenset[str], leaders: frozenset[str] | None, told: set[str]
) -> tuple[Task, list[Doubt]]:
    """`leaders`: those that stand alone in a cell; None where the notice names none at all.

    `told`: odd names that were asked about already, which it adds to.
    """
    doubts: list[Doubt] = []

    def doubt(column: Column, message: str, remedy: str = f"请对照通知核对；不对就{_IN_MASTER}") -> None:
        doubts.append(Doubt(key, _place(no, column), message, remedy))

    text, city, unclear = city_units(raw.text)
    if raw.city:
        own = city_units(f"（{raw.city}）")[1] or CityUnits("市责任单位", _plain_units(squeeze(raw.city)))
        if city is None and own.units:
            # 武政办〔2023〕1号: the city leads what the bureau does not.
            city = own if _ROLE.match(squeeze(raw.city)) or raw.starred else replace(own, role="市牵头单位")
    if unclear:
        doubt(Column.TEXT, unclear)
    names = split_leaders(raw.cells[Column.LEADER], leaders or frozenset())
    if not names and leaders is not None:
        doubt(Column.LEADER, tr("没有分管领导"), f"请问清后{_IN_MASTER}，补上分管领导")
    elif len(names) > 1:
        doubt(Column.LEADER, tr("分管领导有{count}位：{listed}", count=len(names), listed=tuple(names)))
    lead = split_units(raw.cells[Column.DIVISION], known)
    others = split_units(raw.cells[Column.RESPONSIBLE], known)
    division = lead.lead or next(iter(lead.names), "")
    also = tuple(n for n in lead.names if n != division)
    for column, units in ((Column.DIVISION, lead), (Column.RESPONSIBLE, others)):
        for whole, pieces in units.cut:
            doubt(
                column,
                tr(
                    "“{whole}”中间没有分隔，按{count}个单位拆开：{listed}",
                    whole=whole,
                    count=len(pieces),
                    listed=tuple(pieces),
                ),
            )
        for odd in (n for n in units.odd if n not in told):
            told.add(odd)
            doubt(column, tr("“{odd}”名称不完整，或是几个单位连写，暂照原样作一个单位", odd=odd))
    if _ALL_OF_A_KIND.fullmatch(division):
        doubt(
            Column.DIVISION,
            tr("“{division}”不是一个单位：现在当作一个单位收发，不会发给每一个", division=division),
            f"请{_IN_MASTER}：这一行照抄成每个单位一行，“牵头处室”各写一个，序号各用一个",
        )
    if not division:
        doubt(Column.DIVISION, tr("没有牵头处室，收发时没有人报这一项"), f"请问清后{_IN_MASTER}，补上牵头处室")
    elif also:
        doubt(
            Column.DIVISION,
            tr(
                "牵头处室有{count}个，由{division}牵头报送，{listed}列入责任处室",
                count=len(lead.names),
                division=division,
                listed=tuple(also),
            ),
        )
    responsible = tuple(dict.fromkeys((*also, *others.names)))
    return Task(key, no, raw.starred, raw.section, text, city, "、".join(names), division, responsible), doubts


def _place(no: int, column: Column) -> Text:
    return tr("附件1 序号{no}「{column}」", no=no, column=column.value)
