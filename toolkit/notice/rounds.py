"""What a notice says of when to report -> rounds.  Pure.

A sentence's days and periods are paired where they stand together: within a clause, else between two semicolons, else
within the sentence.  What pairs nowhere is told, never silently dropped or made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise, product

from toolkit.calendar import WorkCalendar
from toolkit.language import Text, tr
from toolkit.model import Rolling, Round
from toolkit.notice.days import (
    UNTIL,
    Day,
    Every,
    Except,
    Loose,
    Period,
    Sentence,
    Since,
    Word,
    find_words,
    in_one_list,
    sentences,
)
from toolkit.notice.doubt import Doubt

_OFTENER = re.compile(
    r"(?P<often>每个?(?:月|周|星期|旬|半月)|每[两二2]个?月|(?<![\w])[次双单隔当]月|(?<=[于在])[次双单隔]月|[按逐]月|(?<![\d每])[月旬周]报(?!送)制?度?)"
    r"[^。；;季]{0,30}?报[^。；;，,]{0,12}"
)
_EACH_SECOND = re.compile("[双单隔]月|每[两二2]个?月")
_DAYS_OFF = "(?:节假日|休息日|双休日|公休日|周末|假日|假期|放假)"
_ROLLS = re.compile(rf"{_DAYS_OFF}[^。;]{{0,12}}?(?:(?<!不)(?P<later>顺延|顺推|推迟|延后)|(?<!不)提前)(?!至?到?\d)")
_OF_BEFORE = re.compile("[如若凡]?遇")  # what was said before: 。遇节假日顺延
_FIRST_MONTH = re.compile("首个?月|第[一1]个?月|头一?个月")
_IN_FIRST_MONTH = re.compile(rf"(?:{_FIRST_MONTH.pattern})[^,;()]{{0,8}}\(除?")  # （一季度除外） beside it
_BEHIND = re.compile("季后|季度?(?:结束|终了)|季度之?后")
_ASKS = re.compile(r"报送|上报|时限|期限|截止|\d日|工作日")
_REPORT = re.compile("报(?!告期|道|名|销)|送|交(?!通|易|流|付)|反馈|上传")
_SUBJECT = re.compile("情况|进展|进度|总结|小结")
# What is asked for once, beside the reports.
_OTHER = re.compile("方案|联络员|联系人|名单|责任书|任务书|清单|台账|计划|路线图|回执|自查")
_EVENT = re.compile("[会查考训]")  # days of meetings, inspections, assessments
_WORK = re.compile(
    "(?:要|须|必须|力争|确保|全面|基本|全部|按期|按时)*(?:完成(?!情况)|达到|实现|建成|开工|办结|落实到位|整改)"
)
_BEHIND_A_DAY = re.compile(r"(?:之?前)?(?:[,;:。)、和及与]|$|分别|各?[报送交]|[将把由])")
_LEADS_ON = re.compile("[并请须应均]*[于在]?")
_SUPPORTING, _LED = "配合任务", "牵头任务"
_TOPIC_BEGINS = 5
"""Characters within which one of these begins a clause: ，其中配合任务."""

_CHECK = "请在 master.xlsx 的报送节点里核对，缺的补上，错的改正"
_ADD = "要收的，在 master.xlsx 的“报送节点”里一次一行加上"

_BY_MONTH = (
    "要收的，在 master.xlsx 的“报送节点”里{unit}一行：编号 {year}M{first}、名称 {first}月、截止日期照通知填，往下类推；"
    "不按季度收的，把季度的几行删去"
)
_QUARTERS = ("1", "2", "3", "4")
_YEAR_ENDS = ("全年", "下半年", "4")
_SHOWN = 60
"""Characters of a sentence that a doubt quotes."""


@dataclass(frozen=True, slots=True)
class _Kind:
    key: str
    name: str
    month: int  # its last


_KINDS = {
    "1": _Kind("Q1", "第一季度", 3),
    "2": _Kind("Q2", "第二季度", 6),
    "上半年": _Kind("H1", "上半年", 6),
    "3": _Kind("Q3", "第三季度", 9),
    "4": _Kind("Q4", "第四季度", 12),
    "下半年": _Kind("H2", "下半年", 12),
    "全年": _Kind("Y", "全年", 12),
}
"""By what `days.Period` calls them, in the order of the year."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rounds that a notice asks for."""

    rounds: tuple[Round, ...]
    guessed: tuple[str, ...]  # keys of those whose day it does not say: the 5th behind the period stands there
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence about reports."""

    sentence: Sentence
    pairs: tuple[tuple[str, Day], ...] = ()
    names: tuple[str, ...] = ()  # periods without a day
    days: tuple[Day, ...] = ()  # days without a period
    other: tuple[Day, ...] = ()  # days for something else than reports
    every: Every | None = None
    loose: Loose | None = None
    since: int = 1
    excepted: tuple[str, ...] = ()  # quarters that need no report

    @property
    def text(self) -> str:
        return self.sentence.text


@dataclass(slots=True)
class _Found:
    """What has been understood so far."""

    year: int
    dues: dict[str, date] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)
    since: int = 1
    excepted: set[str] = field(default_factory=set)

    @property
    def quarters(self) -> list[str]:
        """Those that are reported on, where every quarter is."""
        return [q for q in _QUARTERS[self.since - 1 :] if q not in self.excepted]

    def tell(self, message: Text, remedy: str = _CHECK) -> None:
        self.doubts.append(Doubt("", tr("正文"), message, remedy))

    def guess(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.dues:
                self.dues[name] = _fifth_behind(name, self.year)
                self.guessed.add(name)

    def adopt(self, name: str, day: Day) -> None:
        due = _due(name, day, self.year)
        if due is None:
            self.tell(tr("时限“{date}”不是日历上有的日子，没有采用", date=_shown(day)))
            self.guess([name])
            return
        before = None if name in self.guessed else self.dues.get(name)
        if before is not None and before != due:
            first, second = sorted((before, due), key=lambda d: not _fits(name, d, self.year))
            self.tell(
                tr(
                    "{name}的报送时限写了两个（{first:%Y-%m-%d}、{second:%Y-%m-%d}），按前一个",
                    name=_KINDS[name].name,
                    first=first,
                    second=second,
                )
            )
            due = first
        elif before is None and day.year is None and due.year != self.year:
            self.tell(
                tr(
                    "时限{month}月{day}日没有写年份，按{year}年",
                    month=str(due.month),
                    day=str(due.day),
                    year=due.year,
                )
            )
        self.dues[name] = due
        self.guessed.discard(name)


def read_rounds(lines: Sequence[str], below: Sequence[str], year: int) -> Schedule:
    """The rounds of a notice of that `year`; `lines`: its text, `below`: what stands behind the table of tasks.

    Where neither says when to report, the usual rounds stand there, all of them guessed.
    """
    found = _Found(year)
    texts = sentences(lines)
    for text in texts:
        _tell_oftener(text, found)
    said = [_read(s, year) for s in texts]
    used = _understand(said, found)
    if not found.dues:
        _understand(list(_bare_lists(texts, year)), found)
    if not found.dues:  # a note below the table, or in Annex 2; the day on a filled form is no deadline
        _understand([s for s in (_read(b, year) for b in sentences(below)) if all(d.until for _, d in s.pairs)], found)
    if found.dues:
        _tell_oddities(found)
        _tell_missing(said, found)
    else:
        used += _stand_in(said, found)
    for s in said:
        _tell_left(s, () if s in used else s.days, found)
    named = sorted(found.dues, key=list(_KINDS).index)
    rolling = _rolling([*texts, *(b for b in sentences(below) if _REPORT.search(b.text))], found)
    rounds = tuple(Round(f"{year}{_KINDS[n].key}", _KINDS[n].name, found.dues[n], rolling=rolling) for n in named)
    guessed = tuple(f"{year}{_KINDS[n].key}" for n in named if n in found.guessed)
    return Schedule(rounds, guessed, tuple(found.doubts))


# a sentence -> its pairs


def _bare_lists(texts: Sequence[Sentence], year: int) -> Iterator[_Said]:
    """第一季度：4月8日；第二季度：7月8日: periods and their days alone, beside a sentence that speaks of reports."""
    reports = [_REPORT.search(s.text) is not None for s in texts]
    for i, text in enumerate(texts):
        if any(reports[max(i - 1, 0) : i + 2]) and not _EVENT.search(text.text):
            s = _read(text, year, beside_reports=True)
            fits = all(_fits(n, _due(n, d, year), year) for n, d in s.pairs)
            if len(s.pairs) > 1 and fits and not (s.names or s.days):
                yield s


def _read(sentence: Sentence, year: int, *, beside_reports: bool = False) -> _Said:
    text = sentence.text
    words = find_words(text, year)
    days = [w for w in words if isinstance(w, Day)]
    if not (beside_reports or _REPORT.search(text) or any(d.until for d in days)):
        return _Said(sentence)
    topic = _topics(text, words)
    aside = [w for w in words if topic(w) == _SUPPORTING]
    other = [d for d in days if d in aside or _for_something_else(d, words, text)]
    asked = _deadlines([d for d in days if d not in other], words, text)
    left: list[Word] = [w for w in words if w not in aside and (not isinstance(w, Day) or w in asked)]
    pairs: list[tuple[str, Day]] = []
    for breaks, strict in ((",;:", True), (";", True), ("", False)):
        for part in _parts(left, text, breaks):
            if zipped := _zipped(part, year, strict=strict):
                pairs += zipped
                left = [w for w in left if w not in part or not isinstance(w, Day | Period)]
    return _Said(
        sentence,
        tuple(pairs),
        tuple(dict.fromkeys(w.name for w in left if isinstance(w, Period))),
        tuple(w for w in left if isinstance(w, Day)),
        tuple(other),
        next((w for w in left if isinstance(w, Every)), None),
        min((w for w in left if isinstance(w, Loose)), key=lambda w: w.halves, default=None),
        next((w.quarter for w in left if isinstance(w, Since)), 1),
        _excepted([w for w in left if isinstance(w, Except)], text),
    )


def _excepted(words: Sequence[Except], text: str) -> tuple[str, ...]:
    """The quarters that need no report.  每季度首月5日前（一季度除外） is one that would be on the quarter before."""
    first = not _BEHIND.search(text)
    shifted = (first and w.name == "1" and _IN_FIRST_MONTH.fullmatch(text, _first_month(text), w.start) for w in words)
    return tuple(dict.fromkeys("4" if s else w.name for w, s in zip(words, shifted, strict=True)))


def _first_month(text: str) -> int:
    m = _FIRST_MONTH.search(text)
    return m.start() if m else len(text)


def _topics(text: str, words: Sequence[Word]) -> Callable[[Word], str]:
    """Whether a word stands where supporting tasks are spoken of: in its part of the sentence, or in one before.

    A comma parts, too, where days stand before it and the other tasks are spoken of right behind it.
    """
    marks = [(m.start(), m[0]) for m in re.finditer(f"{_SUPPORTING}|{_LED}", text)]
    ends = [m.start() for m in re.finditer(";", text)] + [len(text)]
    for (before, what), (at, other) in pairwise(marks):
        comma = text.rfind(",", max(before, at - _TOPIC_BEGINS), at)
        ends += [comma] if what != other and any(before <= w.start < comma for w in words) else []

    def topic(word: Word) -> str:
        end = min(e for e in ends if e >= word.start)
        start = max((e for e in ends if e < word.start), default=-1)
        spoken = [what for at, what in marks if at < end]
        part = {what for at, what in marks if start < at < end}
        return _LED if _LED in part else spoken[-1] if spoken else ""

    return topic


def _for_something_else(day: Day, words: Sequence[Word], text: str) -> bool:
    """Whether what is due that day is a plan or a list, or work: said behind the day, or else before it."""
    start, end = _clause_behind(day, words, text)
    if not any(start <= w.start < end for w in words if isinstance(w, Period | Loose)):
        clause = text[start:end]
        if not (_OTHER.search(clause) or _SUBJECT.search(clause)):
            start, end = _clause_before(day, words, text)
            if any(start <= w.start < end for w in words if isinstance(w, Period | Loose)):
                return False
            clause = text[start:end]
        if _OTHER.search(clause) and not _SUBJECT.search(_OTHER.split(clause)[0]):
            return True
    behind = text[_behind(day, text) : _next_time(day, words, text)]
    return _WORK.match(behind) is not None and not _REPORT.search(behind)


def _behind(day: Day, text: str) -> int:
    until = UNTIL.match(text, day.end)
    return until.end() if until else day.end


def _next_time(day: Day, words: Sequence[Word], text: str) -> int:
    return next((w.start for w in words if w.start > day.start and isinstance(w, Day | Every)), len(text))


def _clause_behind(day: Day, words: Sequence[Word], text: str) -> tuple[int, int]:
    """What follows a day, and its list, up to the next comma."""
    following = [w for w in words if w.start > day.start and isinstance(w, Day)]
    last = day
    for next_ in following:
        if not in_one_list(last, next_, text):
            break
        last = next_
    start, end = _behind(last, text), _next_time(last, words, text)
    while start < end and text[start] in ",)、":
        start += 1
    comma = re.compile("[,;:]").search(text, start, end)
    return start, comma.start() if comma else end


def _clause_before(day: Day, words: Sequence[Word], text: str) -> tuple[int, int]:
    """What leads to a day, from the last comma; from the one before where a day stands alone behind 并于."""
    since = max((w.end for w in words if w.end <= day.start and isinstance(w, Day | Every)), default=0)
    start = max(since, *(text.rfind(c, 0, day.start) + 1 for c in ",;:"))
    next_ = next((w for w in words if w.start > day.start and isinstance(w, Day)), None)
    alone = next_ is None or not in_one_list(day, next_, text)
    if alone and since < start and _LEADS_ON.fullmatch(text, start, day.start):
        start = max(since, *(text.rfind(c, 0, start - 1) + 1 for c in ",;:"))
    return start, day.start


def _deadlines(days: Sequence[Day], words: Sequence[Word], text: str) -> list[Day]:
    """Of a sentence's days those that are deadlines: where 前 stands, the day of a meeting is none."""
    kept: list[Day] = []
    for part in _parts(words, text, ";"):
        here = [d for d in days if d in part]
        until = any(d.until for d in here)
        for day in here:
            listed = bool(kept) and kept[-1] in here and in_one_list(kept[-1], day, text)
            kept += [day] if day.until or listed or _closes(day, text, by_verb=until) else []
    return kept


def _closes(day: Day, text: str, *, by_verb: bool) -> bool:
    if by_verb:
        return re.compile("各?[报送交]").match(text, day.end) is not None
    return _BEHIND_A_DAY.match(text, day.end) is not None


def _parts(words: Sequence[Word], text: str, breaks: str) -> list[list[Word]]:
    """The words, parted where one of `breaks` stands between two."""
    parts: list[list[Word]] = [[]]
    for word in words:
        gap = text[parts[-1][-1].end : word.start] if parts[-1] else ""
        if any(c in breaks for c in gap):
            parts.append([])
        parts[-1].append(word)
    return parts


def _zipped(words: Sequence[Word], year: int, *, strict: bool) -> list[tuple[str, Day]]:
    """As many days as periods, paired in their order.  `strict`: only where each falls to its period's end."""
    days = [w for w in words if isinstance(w, Day)]
    choices = _choices(tuple(dict.fromkeys(w.name for w in words if isinstance(w, Period))))
    fitting = [list(zip(names, days, strict=True)) for names in choices if names and len(names) == len(days)]
    sound = (pairs for pairs in fitting if all(_fits(n, _due(n, d, year), year) for n, d in pairs))
    return next(sound, [] if strict or not fitting else fitting[0])


def _choices(names: Sequence[str]) -> Iterator[list[str]]:
    """The periods as they stand, and with 第四季度及全年, or 第二季度（上半年）, as one report."""
    yield list(names)
    months = list(dict.fromkeys(_KINDS[n].month for n in names))
    same = [sorted((n for n in names if _KINDS[n].month == m), key=lambda n: n != "全年") for m in months]
    for chosen in product(*same):
        if len(chosen) < len(names):
            yield [n for n in names if n in chosen]


# all sentences -> the rounds


def _understand(said: Sequence[_Said], found: _Found) -> list[_Said]:
    """What is said outright; then days that come again, days of which only the month tells the period.

    Gives the sentences of which no day is left over.
    """
    used: list[_Said] = []
    found.since = max((found.since, *(s.since for s in said)))
    for s in said:
        _leave_out(s, found)
    for s in said:
        for name, day in s.pairs:
            found.adopt(name, day)
    for s in said:
        if s.names and s.days and not (s.loose and not set(_QUARTERS) & {*s.names, *(n for n, _ in s.pairs)}):
            used.append(s)
            _by_month_told(s, found)
    for s in said:
        if s.every is not None:
            _each(s, s.every, found)
    for s in said:
        if s.loose and s.days and s not in used and not set(_QUARTERS) & set(found.dues):
            used.append(s)
            names = _usual(s, found, halves=s.loose.halves)
            _by_month(names, s, found)
            found.guess(names)
    if not found.dues:
        used += _unnamed(said, found)
    return used


def _leave_out(s: _Said, found: _Found) -> None:
    if set(s.excepted) - found.excepted:
        names = tuple(_KINDS[n].name for n in s.excepted)
        words = _quoted(s.sentence.as_written(), _SHOWN)
        found.tell(tr("正文“{words}”，{names}按不用报处理，没有列为节点", words=words, names=names), _ADD)
        found.excepted |= {*s.excepted}


def _by_month_told(s: _Said, found: _Found) -> None:
    found.tell(
        tr(
            "报送时限有{count}个（{listed}），报送期有{count2}个（{named}），对不上",
            count=len(s.days),
            listed=tuple(_shown(d) for d in s.days),
            count2=len(s.names),
            named=tuple(_KINDS[n].name for n in s.names),
        )
    )
    names = [n for n in s.names if n not in found.dues]
    _pair_by_month(names, s.days, found)
    found.guess(names)


def _by_month(names: Sequence[str], s: _Said, found: _Found) -> None:
    free = _pair_by_month(names, s.days, found)
    _tell_order(s, found, [n for n in names if n in found.dues])
    _tell_unclaimed(s, free, found)


def _tell_unclaimed(s: _Said, days: Iterable[Day], found: _Found) -> None:
    """Days of a list of deadlines that no period has."""
    if lost := tuple(_shown(d) for d in days if _due("全年", d, found.year) not in found.dues.values()):
        words = _quoted(s.sentence.as_written(), _SHOWN)
        found.tell(tr("正文“{words}”里的{days}没有对上哪一期，没有列为节点", words=words, days=lost), _ADD)


def _pair_by_month(names: Sequence[str], days: Sequence[Day], found: _Found) -> list[Day]:
    """A period with the first day in the four months from its last one.  Gives the days that are left."""
    free = list(days)
    for name in names:
        day = next((d for d in free if _fits(name, _due(name, d, found.year), found.year)), None)
        if day is not None and name not in found.dues:
            found.adopt(name, day)
            free.remove(day)
    for day in free:
        if day.on(found.year) is None:
            found.tell(tr("时限“{date}”不是日历上有的日子，没有采用", date=_shown(day)))
    return [d for d in free if d.on(found.year) is not None]


def _each(s: _Said, every: Every, found: _Found) -> None:
    """每季度首月8日前: each period that has no day of its own."""
    named = s.names if set(_QUARTERS) & set(s.names) else _usual(s, found, halves=every.halves)
    new = [n for n in named if n not in found.dues]
    found.dues |= {n: every.on(found.year, _KINDS[n].month) for n in new}
    if new:
        _tell_order(s, found, new)
    estimated = {due.year for n in new if every.working and not WorkCalendar().day(due := found.dues[n]).published}
    if estimated:
        words = _quoted(s.sentence.as_written(), _SHOWN)
        years = tuple(f"{year}年" for year in sorted(estimated))
        found.tell(tr("正文“{words}”要按工作日推算，{years}放假安排还没有公布，是估算的", words=words, years=years))


def _tell_order(s: _Said, found: _Found, names: Sequence[str]) -> None:
    listed = tuple(f"{_KINDS[n].name}{found.dues[n]:%Y-%m-%d}" for n in names)
    words = _quoted(s.sentence.as_written(), _SHOWN)
    found.tell(tr("正文“{words}”没有逐个写明是哪一期，按时限的月份对应：{listed}", words=words, listed=listed))


def _usual(s: _Said, found: _Found, *, halves: bool) -> list[str]:
    """The year's quarters or halves; what ends it as the sentence calls it.

    That has its day where another sentence says one, unless this one has a further day for it.
    """
    names = ["上半年"] if halves else [q for q in found.quarters if q != "4"]
    ends = {found.dues[n] for n in _YEAR_ENDS if n in found.dues}
    if not ends or (len(s.days) > len(names) and _due("全年", s.days[-1], found.year) not in ends):
        last = next((n for n in _YEAR_ENDS if n in s.names), "下半年" if halves else "4")
        names += [last] if last not in found.excepted else []
    return names


def _unnamed(said: Sequence[_Said], found: _Found) -> list[_Said]:
    """Days at the quarters' ends, or two at the halves', where no sentence says of what they are.

    They are a sentence's last: before them may stand a day for something else.
    """
    quarters = tuple(found.quarters)
    for s in said:
        names = ("上半年", "全年") if len(s.days) == 2 < len(quarters) else quarters
        days = s.days[-len(names) :]
        pairs = zip(names, days, strict=False)
        if (
            len(days) == len(names)
            and _REPORT.search(s.text)
            and all(_fits(n, _due(n, d, found.year), found.year, 1) for n, d in pairs)
        ):
            _by_month(names, replace(s, days=days), found)
            _tell_unclaimed(s, s.days[: -len(names)], found)
            return [s]
    return []


def _tell_left(s: _Said, days: Sequence[Day], found: _Found) -> None:
    """Days that are no round: a plan's, or what the office itself hands on."""
    days = sorted((*days, *s.other), key=lambda d: d.start)
    requests = dict.fromkeys(_request(d, s.sentence) for d in days if d.until)
    if asked := tuple(r for r in requests if _REPORT.search(r)):
        found.tell(tr("正文要求“{words}”，没有列为节点", words=asked), _ADD)


def _request(day: Day, sentence: Sentence) -> str:
    """The words around a day: 2月20日前报送办理方案."""
    text = sentence.text
    start = max(text.rfind(c, 0, day.start) for c in ",;:") + 1
    end = re.compile("[,;]").search(text, _behind(day, text) + 1)
    return _quoted(sentence.as_written(start, end.start() if end else None), 40)


def _tell_oftener(sentence: Sentence, found: _Found) -> None:
    """Reports by the month, the week or the like, which are no round of a quarter."""
    m = _OFTENER.search(sentence.text)
    if m is None or (m["often"] == "次月" and "季" in sentence.text[: m.start()]):  # 季度结束后，于次月5日前
        return
    words = _quoted(sentence.as_written(*m.span()), 40)
    if "月" not in m["often"] or "半" in m["often"]:
        found.tell(tr("正文要求“{words}”，没有列为节点", words=words), _ADD)
        return
    second = _EACH_SECOND.search(sentence.text)
    message = tr("正文要求“{words}”，像是按月报送，没有列为节点", words=words)
    if second:
        message = tr("正文要求“{words}”，像是两个月报送一次，没有列为节点", words=words)
    first = 1 if not second or "单" in second[0] else 2
    found.tell(message, _BY_MONTH.format(unit="两个月" if second else "一个月", year=found.year, first=first))


def _rolling(texts: Iterable[Sentence], found: _Found) -> Rolling:
    """What is to become of a day off; told, since the notice may not mean week-ends, or say what the program cannot."""
    for text in texts:
        m = _ROLLS.search(text.as_written())
        if m is None or not (_ASKS.search(text.text) or _OF_BEFORE.match(text.text)):
            continue
        words = _quoted(m[0], _SHOWN)
        if m["later"]:
            found.tell(tr("正文写着“{words}”，各节点的顺延规则按“{rule}”", words=words, rule=Rolling.NEXT.value))
            return Rolling.NEXT
        remedy = "请看 master.xlsx 报送节点的“日历提示”，遇休息日的把“截止日期”改到前一个工作日"
        found.tell(tr("正文写着“{words}”，程序不会提前，截止日期照通知写的日子", words=words), remedy)
    return Rolling.NONE


def _tell_oddities(found: _Found) -> None:
    for name, due in found.dues.items():
        if not _fits(name, due, found.year):
            message = tr("{periods}的报送时限{due:%Y-%m-%d}不在这一期结束前后", periods=_KINDS[name].name, due=due)
            found.tell(message)
    in_order = [found.dues[n] for n in _KINDS if n in found.dues and n not in found.guessed]
    if any(b < a for a, b in pairwise(in_order)):
        found.tell(tr("报送时限不是从早到晚排列的"))


def _tell_missing(said: Sequence[_Said], found: _Found) -> None:
    """Periods that a sentence names, or that complete the year, and that nothing reports on."""
    wanted = {n for s in said for n in s.names}
    quarterly = any(s.loose and not s.loose.halves for s in said)
    if quarterly or set(_QUARTERS) & {*found.dues, *wanted}:
        wanted |= {*found.quarters}
    elif set(found.dues) != {"全年"}:
        wanted |= {"上半年", "全年"}
    there = {_KINDS[n].month for n in found.dues}
    lacking = {k.month: k.name for n, k in reversed(_KINDS.items()) if n in wanted and k.month not in there}
    if missing := tuple(lacking[month] for month in sorted(lacking)):
        found.tell(tr("没有读出{missing}的报送时限，没有列为节点", missing=missing))


def _stand_in(said: Sequence[_Said], found: _Found) -> list[_Said]:
    """The usual rounds, where no day was read; tells, and gives, the sentence that seems to say them."""
    hinting = [s for s in said if s.loose or s.names or s.every or "半年" in s.text]
    told = next((s for s in hinting if _REPORT.search(s.text)), None) or next((s for s in said if s.days), None)
    if told is not None:
        found.tell(tr("正文“{words}”里没有读出报送时限", words=_quoted(told.sentence.as_written(), _SHOWN)))
    else:
        found.tell(tr("正文里没有读出各季度和全年的报送时限"))
    halves = any("半年" in s.text for s in hinting) and not any("季" in s.text for s in hinting)
    found.guess(["上半年", "全年"] if halves else found.quarters)
    return [told] if told else []


# dates


def _due(name: str, day: Day, year: int) -> date | None:
    """The day; without a year 1月5日 is the next year's for a period that ends with the year."""
    due = day.on(year)
    if due and day.year is None and due.month <= 2 and _months_behind(name, due, year) < 0:
        return day.on(year + 1)
    return due


def _fits(name: str, due: date | None, year: int, months: int = 3) -> bool:
    return due is not None and 0 <= _months_behind(name, due, year) <= months


def _months_behind(name: str, due: date, year: int) -> int:
    """How many months behind the period's last month the deadline falls."""
    return due.year * 12 + due.month - (year * 12 + _KINDS[name].month)


def _fifth_behind(name: str, year: int) -> date:
    month = _KINDS[name].month
    return date(year + (month == 12), month % 12 + 1, 5)


def _quoted(text: str, most: int) -> str:
    return text.strip(";").translate(str.maketrans(",;:()", "，；：（）"))[:most]


def _shown(day: Day) -> str:
    return (f"{day.year}年" if day.year else "") + f"{day.month}月" + (f"{day.day}日" if day.day else "底")
