"""The rows of Annex 1 -> tasks, and what a person must confirm about their numbers, names and lead.  Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from toolkit.language import Text, tr
from toolkit.model import CityUnits, Task
from toolkit.notice.doubt import Doubt
from toolkit.notice.header import Column, Line
from toolkit.notice.leaders import Leaders, read_leaders
from toolkit.notice.marks import Marks, role
from toolkit.notice.names import SEPARATORS, brackets, split_flat, split_units, squeeze, vocabulary
from toolkit.notice.rows import IN_MASTER, Raw, read_rows

_CHECK_STARS = "请核对哪些是牵头任务；不对就在 master.xlsx 的任务台账里改正「牵头」列的★"
_BUREAU = re.compile(r"(?:局|委|厅|委员会|政府)$|^[省市区县].*办$")
_DIVISION = re.compile(r"(?:科|室|处|股)$")
_NESTED = re.compile(r"\d+(?:[.．\-－—]\d+)+")
_ROLE = re.compile(r"((?:[省市区县]级?)?(?:责任|牵头|配合|协办)单位)[:：]")
_LAST_BRACKET = re.compile(r"[（(〔\[【].*[）)〕\]】]$")
_ALL_OF_A_KIND = re.compile(
    r"(?:全?[局委厅市区县镇院校]|街道|公司|局属|所属|直属|下属|局?机关)?"
    r"(?:各.{1,16}|(?:[有相]关|所有|全体)(?:业务|职能|责任|直属)?(?:科室|处室|股室|部室|单位|部门|学院|社区|人员))"
)


def read_tasks(
    lines: Sequence[Line], year: int, marks: Marks | None = None, *, all_lead: bool = False
) -> tuple[tuple[Task, ...], tuple[Doubt, ...]]:
    """The tasks of Annex 1 in its order, with keys f"{year}-{no:02d}".  `marks`: what marks 牵头任务.

    `all_lead`: where nothing marks them the office leads them all.
    """
    marks = marks or Marks()
    rows, doubts = read_rows(lines, marks)
    raw, more = _led(rows, marks, all_lead=all_lead)
    doubts += more
    numbers, keys, more = _number(raw, year)
    doubts += more
    known = vocabulary(r.cells[c] for r in raw for c in (Column.DIVISION, Column.RESPONSIBLE))
    first = (read_leaders(r.cells[Column.LEADER][:1], frozenset()) for r in raw)
    leaders = frozenset(one.names[0] for one in first if len(one.names) == 1 and not one.unsure)
    doubts += _outside(raw)
    named = [read_leaders(r.cells[Column.LEADER], frozenset()) for r in raw]
    leads = any(one.names for one in named)
    if raw and not leads:
        message = tr("表里没有分管领导：{count}项任务都空着", count=len(raw))
        if said := tuple(dict.fromkeys(one.nobody for one in named if one.nobody)):
            message = tr("分管领导写的是“{text}”，没有写明是谁：{count}项任务都空着", text=said, count=len(raw))
        remedy = f"没有这一级的就不用填，报来的不等审定；有的请{IN_MASTER}"
        doubts.append(Doubt("", tr("附件1「分管领导」"), message, remedy))
    tasks = []
    odd: set[str] = set()
    for row, no, key in zip(raw, numbers, keys, strict=True):
        task, found = _task(row, no, key, known, leaders if leads else None, odd)
        tasks.append(task)
        doubts += found
    return tuple(tasks), tuple(doubts)


def _led(rows: Sequence[Raw], marks: Marks, *, all_lead: bool) -> tuple[list[Raw], list[Doubt]]:
    """Which tasks the office leads, where no star says so: by what headings, categories and brackets say."""
    doubts = [_other_meaning(char, meaning) for char, meaning in marks.other]
    if not rows or any(r.starred for r in rows):
        return list(rows), doubts
    sections = [role(r.section) for r in rows]
    own = {r.role for r in rows} - {None}
    if not own and {*sections, *(r.titled for r in rows)} == {None}:
        if not all_lead:
            return list(rows), doubts
        message, remedy = tr("没有一项任务带星号（*），都按牵头任务处理"), "请核对；是配合任务的"
        doubts += [] if marks.other else [_about_stars(message, f"{remedy}，{IN_MASTER}，去掉「牵头」列的★")]
        return [replace(r, starred=True) for r in rows], doubts
    # （牵头） beside some numbers and （配合） nowhere is as a star.
    others = own != {True} or set(sections) != {None}
    said = [
        next((x for x in (r.role, s, r.titled) if x is not None), others) for r, s in zip(rows, sections, strict=True)
    ]
    message = tr(
        "没有一项任务带星号（*），按写着的“牵头”“配合”区分：牵头任务{lead}项，配合任务{support}项",
        lead=sum(said),
        support=len(said) - sum(said),
    )
    doubts.append(_about_stars(message, _CHECK_STARS))
    return [replace(r, starred=s) for r, s in zip(rows, said, strict=True)], doubts


def _about_stars(message: Text, remedy: str) -> Doubt:
    return Doubt("", tr("附件1「序号」"), message, remedy)


def _other_meaning(char: str, meaning: str) -> Doubt:
    message = tr("通知里“{char}”表示“{meaning}”，没有当作牵头任务的标记", char=char, meaning=meaning)
    return _about_stars(message, _CHECK_STARS)


def _outside(rows: Sequence[Raw]) -> list[Doubt]:
    """牵头单位 may be the bureaus of a city or district, and the office's own divisions stand in another column."""
    columns = (Column.DIVISION, Column.RESPONSIBLE)
    named = ([split_units(r.cells[c], frozenset()).names for c in columns] for r in rows)
    outside = [(lead, own) for lead, own in named if lead and all(map(_BUREAU.search, lead))]
    if not any(own for _, own in outside) or not all(_DIVISION.search(n) for _, own in outside for n in own):
        return []
    listed = tuple(sorted({n for lead, own in outside if own for n in lead}))[:3]
    count = sum(bool(own) for _, own in outside)
    message = tr("有{count}项任务的牵头单位写的是局、委一级（{listed}），另一列才是科室", count=count, listed=listed)
    remedy = "请核对；该由科室报的，在 master.xlsx 的任务台账里把科室填到“牵头处室”列"
    return [Doubt("", tr("附件1「牵头处室」"), message, remedy)]


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


def _number(raw: Sequence[Raw], year: int) -> tuple[list[int], list[str], list[Doubt]]:
    """序号 and key of each row.  Keys are unique also where 序号 is not."""
    doubts: list[Doubt] = []
    numbers: list[int] = []
    if any(_NESTED.search(squeeze("".join(r.cells[Column.NO]))) for r in raw):  # 1, 1.1, 1.2, 2: no count of its own
        raw = [replace(r, no=None) for r in raw]
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
                f"重复的序号不影响收发；要改成连续编号，请{IN_MASTER}",
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
                        f"请核对通知，并{IN_MASTER}",
                    )
                )
        gaps = [(a, b) for a, b in pairwise(numbers) if b not in (a, a + 1)]
        for a, b in gaps if not any(n > 1 for n in seen.values()) else ():
            doubts.append(
                Doubt(
                    "",
                    tr("附件1「序号」"),
                    tr("序号不连续：{a}后面是{b}", a=a, b=b),
                    f"请核对通知有没有漏行；漏了的请{IN_MASTER}，补上一行",
                )
            )
    if raw and all(r.no is None for r in raw):
        doubts.append(
            Doubt(
                "",
                tr("附件1「序号」"),
                _renumbered(raw, numbers) or tr("附件1没有写序号，按先后编为1至{count}", count=len(raw)),
                f"请对照通知核对；不对就{IN_MASTER}",
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
                    f"请核对；不对就{IN_MASTER}",
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
                f"请对照通知核对序号；不对就{IN_MASTER}",
            )
        )
    return numbers, keys, doubts


def _renumbered(raw: Sequence[Raw], numbers: Sequence[int]) -> Text | None:
    """Which number stands for which of a plan that counts otherwise (1-1, （一）), or None where it has none."""
    written = [squeeze("".join(r.cells[Column.NO])) for r in raw]
    if not any(written):
        return None
    pairs = tuple(f"{w}→{n}" for w, n in zip(written, numbers, strict=True) if w)
    return tr("序号不是一个数字，按先后编为1至{count}：{pairs}", count=len(raw), pairs=pairs)


def _task(
    raw: Raw, no: int, key: str, known: frozenset[str], leaders: frozenset[str] | None, told: set[str]
) -> tuple[Task, list[Doubt]]:
    """`leaders`: those that stand alone in a cell; None where the notice names none at all.

    `told`: odd names that were asked about already, which it adds to.
    """
    doubts: list[Doubt] = []

    def doubt(column: Column, message: str, remedy: str = f"请对照通知核对；不对就{IN_MASTER}") -> None:
        doubts.append(Doubt(key, _place(no, column), message, remedy))

    text, city, unclear = city_units(raw.text)
    if raw.city:
        own = city_units(f"（{raw.city}）")[1] or CityUnits("市责任单位", _plain_units(squeeze(raw.city)))
        if city is None and own.units:
            # 武政办〔2023〕1号: the city leads what the bureau does not.
            city = own if _ROLE.match(squeeze(raw.city)) or raw.starred else replace(own, role="市牵头单位")
    if unclear:
        doubt(Column.TEXT, unclear)
    led = read_leaders(raw.cells[Column.LEADER], leaders or frozenset())
    for what, remedy in _about_leaders(led) if leaders is not None else ():
        doubt(Column.LEADER, what, remedy)
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
        for whole, pieces in units.parted:
            doubt(
                column,
                tr(
                    "“{whole}”按{count}个单位拆开：{listed}",
                    whole=whole,
                    count=len(pieces),
                    listed=tuple(pieces),
                ),
            )
        for whole, unit in (pair for pair in units.whom if pair[0] not in told):
            told.add(whole)
            doubt(column, tr("“{text}”括号里像是人名或电话，单位按“{unit}”", text=whole, unit=unit))
        for name in (n for n in units.names if n not in told):
            if (unit := _LAST_BRACKET.sub("", name)) != name and unit in known:
                told.add(name)
                doubt(column, tr("“{text}”和“{unit}”暂作两个单位", text=name, unit=unit))
        if units.more:
            doubt(column, tr("“{text}”没有写全是哪些单位，只读了写明的", text=units.more), f"请问清后{IN_MASTER}")
        for odd in (n for n in units.odd if n not in told):
            told.add(odd)
            doubt(column, tr("“{odd}”名称不完整，或是几个单位连写，暂照原样作一个单位", odd=odd))
    if _ALL_OF_A_KIND.fullmatch(division):
        doubt(
            Column.DIVISION,
            tr("“{division}”不是一个单位：现在当作一个单位收发，不会发给每一个", division=division),
            f"请{IN_MASTER}：这一行照抄成每个单位一行，“牵头处室”各写一个，序号各用一个",
        )
    if not division:
        doubt(Column.DIVISION, tr("没有牵头处室，补上以前不能分发、收取"), f"请问清后{IN_MASTER}，补上牵头处室")
    elif lead.helps:
        doubt(Column.DIVISION, tr("“{division}”写的是配合，没有写由谁牵头，暂作牵头处室", division=division))
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
    return Task(key, no, raw.starred, raw.section, text, city, "、".join(led.names), division, responsible), doubts


def _about_leaders(led: Leaders) -> Iterator[tuple[Text, str]]:
    """What is to be said of a task's leaders, and what to do."""
    check, ask = f"请对照通知核对；不对就{IN_MASTER}", f"请问清后{IN_MASTER}，补上分管领导"
    if led.nobody and led.names:
        yield tr("分管领导里的“{text}”没有写明是谁，没有读", text=led.nobody), ask
    elif led.nobody:
        yield tr("分管领导写的是“{text}”，暂按没有", text=led.nobody), ask
    elif not led.names:
        yield tr("没有分管领导"), ask
    for whole, names in led.parted:
        message = tr("“{whole}”中间没有分隔，按{count}个人拆开：{listed}", whole=whole, count=len(names), listed=names)
        yield message, check
    for whole in led.unsure:
        yield tr("“{whole}”像是几个人连写，暂照原样作一个人", whole=whole), check
    if len(led.names) > 1 and not led.parted:
        yield tr("分管领导有{count}位：{listed}", count=len(led.names), listed=led.names), check


def _place(no: int, column: Column) -> Text:
    return tr("附件1 序号{no}「{column}」", no=no, column=column.value)
