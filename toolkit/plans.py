"""办理方案: the steps of a task's handling plan, how their days are read, and how they stand.  Pure.

A task's plan is compared, merged and recorded as one text (`plan_text`), so that all that holds for a 完成情况 holds
for it too: a person's edit wins, a later return takes the place of an earlier one, the same return changes nothing.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from itertools import combinations

from toolkit.cells import FIRST_YEAR, after_number, as_date, as_typed
from toolkit.language import tr
from toolkit.model import Office, Round, RoundKind, Step, digest
from toolkit.xlsx import Value

SOON_DAYS = 15
"""A step that is due within so many days is told."""

OVER = "— 已销号"
"""状态 of a step that is not done, of a task that is closed."""
CARRIED = "上年结转"
"""Begins the 进度 of a step that was there last year: a proposal, no plan of this year's yet."""

DONE_WORDS = ("已完成", "全部完成", "全面完成", "按期完成", "如期完成", "提前完成", "超额完成", "已办结", "全部办结",
              "已落实", "全部落实", "完结", "100%")  # fmt: skip
DONE_ALONE = ("完成", "办结", "√", "✓")
NOT_DONE_WORDS = ("未", "没有", "尚", "部分", "基本", "正在", "推进")
"""What a 进度 says of a step that is done, and of one that is not; the sheet's formula asks the same."""

_BAR = "｜"
_LASTING = re.compile(r"全年|长期|持续|常态|定期|随时|按.*(?:要求|通知|部署)|[每按][年月季周日]|同步|贯穿")
_CLOSED_BY = re.compile(r"(?:以前|之前|前|以内|之内|内|底前|完成|截止|止)+$")
_RANGE = re.compile(r"^.*?[\d一二三四][^至到\-~—–]*?(?:至|到|-|~|—|–)+(?=\d|第?[一二三四]季|年底|[上下]半年)")
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?")
_PART_OF_MONTH = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})月(?:份)?(初|上旬|中旬?|中?下旬|底|末)?")
_QUARTER = re.compile(r"(?:(\d{4})年)?第?([1-4一二三四])季度?(?:末|底)?")
_DIGITS = str.maketrans("一二三四", "1234")
_TIME = re.compile(r"(?<=\d)[ T]+\d{1,2}:\d{2}(?::\d{2})?$|\([^()]*\)$")  # behind a day, and what is said of it
_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_MONTH = re.compile(r"(?<![一二三四五六七八九十])(十[一二]?|[一二三四五六七八九])(?=月)")
_PERIOD = re.compile(r"([12]\d{3})-?(?:Q([1-4])|H([12])|M(0?[1-9]|1[0-2])|Y)", re.IGNORECASE)
"""The key of a round that names its time, as `PaceLimits.expected` reads it."""
_LATE_IN_MONTH = 20
_TENTHS = {"初": 10, "上旬": 10, "中": 20, "中旬": 20}


class Standing(Enum):
    """How a step stands: (the word, its sign; colours are never the only one)."""

    DONE = (tr("已完成"), "✓")
    OVERDUE = (tr("逾期"), "✗")
    SOON = (tr("临近"), "！")
    AHEAD = (tr("未到"), "·")
    UNDATED = (tr("未定时间"), "－")

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def sign(self) -> str:
        return self.value[1]

    @property
    def label(self) -> str:
        return f"{self.sign} {self.word}"


def step_done(progress: str) -> bool:
    """Whether a 进度 says that the step is done."""
    text = unicodedata.normalize("NFKC", progress).strip()
    if any(w in text for w in NOT_DONE_WORDS) or ("%" in text and "100%" not in text):
        return False
    return text in DONE_ALONE or any(w in text for w in DONE_WORDS)


def standing(step: Step, today: date) -> Standing:
    if step_done(step.progress):
        return Standing.DONE
    if not isinstance(step.when, date):
        return Standing.UNDATED
    if step.when < today:
        return Standing.OVERDUE
    return Standing.SOON if (step.when - today).days <= SOON_DAYS else Standing.AHEAD


def standing_formula(
    content: str, when: str, progress: str, *, read: tuple[str, date] | None = None, over: bool = False
) -> str:
    """`standing` for a cell of the sheet.  The arguments: that row's cells, such as B4.

    `read`: words that a person has typed for a day, which stay, and the day that they mean; a sheet cannot tell.
    `over`: the task is closed: what is not done is nobody's to do any more.
    """
    said = f"ASC({progress})"

    def among(words: Iterable[str]) -> str:
        listed = ",".join(f'"{w}"' for w in words)
        return f"SUMPRODUCT(--ISNUMBER(SEARCH({{{listed}}},{said})))"

    alone = ",".join(f'{said}="{w}"' for w in DONE_ALONE)
    part = f'AND(ISNUMBER(SEARCH("%",{said})),NOT(ISNUMBER(SEARCH("100%",{said}))))'
    done = f"AND({among(NOT_DONE_WORDS)}=0,NOT({part}),OR({alone},{among(DONE_WORDS)}>0))"

    def late(day: str) -> str:
        soon = f'IF({day}-TODAY()<={SOON_DAYS},"{Standing.SOON.label}","{Standing.AHEAD.label}")'
        return f'IF({day}<TODAY(),"{Standing.OVERDUE.label}",{soon})'

    undated = f'"{Standing.UNDATED.label}"'
    if read is not None:
        day = read[1]
        undated = f'IF({when}={_quoted(read[0])},{late(f"DATE({day.year},{day.month},{day.day})")},{undated})'
    dated = f'"{OVER}"' if over else f"IF(ISNUMBER({when}),{late(when)},{undated})"
    return f'=IF({content}="","",IF({done},"{Standing.DONE.label}",{dated}))'


def tells(formula: str, read: tuple[str, date] | None, *, over: bool) -> bool:
    """Whether a 状态 of ours knows what a person's words for a day mean, or rightly knows of none; and of `over`."""
    if over or OVER in formula:
        return over and OVER in formula
    return "DATE(" not in formula if read is None else f"={_quoted(read[0])}," in formula


def ours(formula: str, content: str) -> bool:
    """Whether a formula in 状态 is `standing_formula` of the row with this cell, not somebody's own."""
    return formula.startswith(f'IF({content}="","",IF(AND(SUMPRODUCT(')


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def count(steps: Iterable[Step], today: date) -> Mapping[Standing, int]:
    """How many steps stand how, in the order of `Standing`."""
    found = [standing(s, today) for s in steps]
    return {s: found.count(s) for s in Standing if s in found}


def steps_by_division(
    office: Office, today: date, order: Sequence[str]
) -> Mapping[str, Mapping[Standing, int]]:
    """How the steps of each division that leads a task stand, in `order`; divisions without any left out.

    Of a closed task nobody waits for its plan's rest.
    """
    steps: dict[str, list[Step]] = {}
    for t in office.tasks:
        if not t.closed and (name := office.lead_on(t.division, today)):
            steps.setdefault(name, []).extend(office.plans.get(t.key, ()))
    place = {name: n for n, name in enumerate(order)}
    names = sorted((name for name, own in steps.items() if own), key=lambda name: place.get(name, len(place)))
    return {name: count(steps[name], today) for name in names}


DUE_OF_PLAN = "办理方案里本期要办完的："
"""Begins what a form tells a division beside a task, of its own plan's steps."""


def step_day(value: Value, year: int) -> date | str:
    """完成时间节点 as its last day; words that name none (持续推进, …) as they are; "" for nothing.

    6月底 and 6月 are the month's last day, 上半年 is 30 June, 4月至6月 ends with June; without a year it is `year`'s.
    """
    if (day := as_date(value)) is not None and day.year >= FIRST_YEAR:
        return day
    words = as_typed(value)  # 6.3 in a cell of dates is a day of 1900 to Excel
    text = re.sub(r"\s+", "", _TIME.sub("", unicodedata.normalize("NFKC", words).strip()))
    if not text or _LASTING.search(text):
        return words
    text = _spelled_out(text, year)
    text = _CLOSED_BY.sub("", text.removesuffix("。"))
    if re.fullmatch(r"20\d{6}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif re.fullmatch(r"[34]\d{4}(?:\.0+)?", text):  # a date whose cell lost its format
        return date.fromordinal(date(1899, 12, 30).toordinal() + int(float(text)))
    elif not isinstance(value, str):  # 6.3 may be 3 June, and what is left of 6.30
        return words
    for piece in (text, _RANGE.sub("", text)):
        try:
            if (found := _last_day(piece, year)) is not None:
                return found
        except ValueError:  # no such day
            return words
    return words


def _spelled_out(text: str, year: int) -> str:
    """六月, 今年, 明年, 23年, 2023-06 as 6月, 2023年, 2024年, 2023年, 2023年6月."""
    text = _MONTH.sub(lambda m: str(_MONTHS.index(m[1]) + 1), text)
    text = re.sub(r"^[今本当]年", f"{year}年", text)
    text = re.sub(r"^明年", f"{year + 1}年", text)
    text = re.sub(r"^(\d{2})年", r"20\1年", text)
    text = re.sub(r"^(20\d\d)[-/.](\d{1,2})$", r"\1年\2月", text)
    return text.replace("年年", "年")


def _last_day(text: str, year: int) -> date | None:
    if m := _DAY.fullmatch(text):
        return date(int(m[1] or year), int(m[2]), int(m[3]))
    if m := _PART_OF_MONTH.fullmatch(text):
        of, month = int(m[1] or year), int(m[2])
        last = calendar.monthrange(of, month)[1] if 1 <= month <= 12 else 0
        return date(of, month, _TENTHS.get(m[3] or "", last))
    if m := _QUARTER.fullmatch(text):
        return _last_day(f"{m[1] or year}年{3 * int(m[2].translate(_DIGITS))}月", year)
    if re.fullmatch(r"(?:20\d\d年)?(?:度)?上半年(?:末|底)?|年中", text):
        return date(year, 6, 30)
    if re.fullmatch(r"(?:20\d\d)?年(?:度)?(?:内|底|末|终)?|(?:20\d\d年)?下半年(?:末|底)?", text):
        return date(int(text[:4]) if text[:4].isdecimal() else year, 12, 31)
    return None


def unread(when: date | str) -> bool:
    """Whether words stand where a day should and say neither when nor that it lasts."""
    return isinstance(when, str) and bool(when) and not _LASTING.search(when)


_NUMBERED = re.compile(r"[(第]?(\d{1,2}|[一二三四五六七八九]?十?[一二三四五六七八九]?)(?:[)、.,]|步)(?!\d)")
_ORDINALS = {c: n for n, c in enumerate("一二三四五六七八九", 1)}


def plan_text(steps: Iterable[Step]) -> str:
    """A task's plan as one text: a line a step, by day; 进度 is no part of the plan.

    写入记录 holds its digest: its order is for ever.
    """
    lines = {_line(s): (isinstance(s.when, str), str(s.when), s.text) for s in steps if s.text}
    return "\n".join(sorted(lines, key=lambda line: lines[line]))


def reported_plan(steps: Sequence[Step], taken: str) -> str:
    """`plan_text`; without the steps with 进度 that a revised plan left out, and whose rows stay, where that is what
    annex2 took last (its digest: `taken`)."""
    text = plan_text(steps)
    begun = [s for s in steps if s.progress]
    if not taken or digest(text) == taken or len(begun) > _MOST_LEFT:
        return text
    for count in range(1, len(begun) + 1):
        for left in combinations(begun, count):
            rest = plan_text(s for s in steps if s not in left)
            if digest(rest) == taken:
                return rest
    return text


_MOST_LEFT = 10
"""Steps with 进度 of one task of which it is tried which a revised plan left out."""


def _ordinal(text: str) -> int:
    """一、 and （二） and 10. before a step's words as a number, 0 for none."""
    m = _NUMBERED.match(unicodedata.normalize("NFKC", text).strip())
    if m is None:
        return 0
    if m[1].isdecimal():
        return int(m[1])
    tens, ten, ones = m[1].rpartition("十")
    value = _ORDINALS.get(ones, 0)
    return value + (_ORDINALS.get(tens, 1) * 10 if ten else 0)


def _line(step: Step) -> str:
    cells = (step.text, str(step.when), step.person)
    return _BAR.join(re.sub(r"\s+", " ", c.replace(_BAR, "|")).strip() for c in cells)


def steps_of(text: str, task: str) -> tuple[Step, ...]:
    """The inverse of `plan_text`."""
    steps = []
    for line in text.splitlines():
        content, when, person = [*line.split(_BAR), "", ""][:3]
        steps.append(Step(task, content, as_date(when) or when, person))
    return tuple(steps)


def placed(have: Sequence[Step], text: str, task: str) -> tuple[dict[int, Step], tuple[Step, ...], tuple[int, ...]]:
    """How the rows of a task's plan become `text`: (row -> what it says then, steps without a row, rows to empty).

    A row whose 工作内容 stays keeps its place, and with it its 进度; one that has a 进度 is nobody's to empty.
    """
    rows = {s.row: s for s in have}
    # Of one day by the numbers before them: 二、 before 十、, 2. before 10.
    wanted = sorted(steps_of(text, task), key=lambda s: (isinstance(s.when, str), str(s.when), _ordinal(s.text)))
    kept: dict[int, Step] = {}
    for same in (lambda a, b: _line(a) == _line(b), lambda a, b: a.text == b.text):
        for step in list(wanted):
            row = next((r for r, s in rows.items() if r not in kept and same(s, step)), None)
            if row is not None:
                kept[row] = step
                wanted.remove(step)
    free = [r for r, s in rows.items() if r not in kept and (not s.progress or s.progress.startswith(CARRIED))]
    for row, step in zip(free, list(wanted), strict=False):
        kept[row] = step
        wanted.remove(step)
    return kept, tuple(wanted), tuple(r for r in free if r not in kept)


def told(steps: Iterable[Step]) -> tuple[str, ...]:
    """A task's plan as sentences to read: 1.3月31日前，制定走访方案（责任人：张三）"""
    lines = []
    for n, s in enumerate(steps, start=1):
        when = f"{s.when.month}月{s.when.day}日前，" if isinstance(s.when, date) else f"{s.when}，" if s.when else ""
        person = f"（责任人：{s.person}）" if s.person else ""
        lines.append(f"{n}.{after_number(when + s.text.rstrip('。；;，'))}{person}")
    return tuple(lines)


def due_in(steps: Iterable[Step], round_: Round, rounds: Iterable[Round]) -> str:
    """The steps that a progress round must speak of, for a division to read: due in its time, or earlier and not done.

    A line each, by day; "" for none.
    """
    ends = period_end(round_)
    earlier_ones = (period_end(r) for r in rounds if r.kind is RoundKind.PROGRESS and r.due < round_.due)
    before = max((day for day in earlier_ones if day < ends), default=None)
    lines = []
    for s in sorted(steps, key=lambda s: (str(s.when), s.text)):
        if not isinstance(s.when, date) or s.progress.startswith(CARRIED) or s.when > ends:
            continue
        done, earlier = step_done(s.progress), before is not None and s.when <= before
        if not (done and earlier):
            mark = "（已完成）" if done else "（已过期）" if earlier else ""
            lines.append(f"{s.when.month}月{s.when.day}日 {s.text}{mark}")
    return "\n".join(lines)


def period_end(round_: Round) -> date:
    """The last day that a round reports on: of the time that its key names (2023H1: 30 June).

    Where it names none, of the month before its due date (5 April: 31 March); one that is due late in a month reports
    on that month.
    """
    if m := _PERIOD.fullmatch(round_.key.strip()):
        year, quarter, half, month = (int(n or 0) for n in m.groups())
        month = month or quarter * 3 or half * 6 or 12
        return date(year, month, calendar.monthrange(year, month)[1])
    if round_.due.day > _LATE_IN_MONTH:
        return round_.due
    return date.fromordinal(round_.due.replace(day=1).toordinal() - 1)
