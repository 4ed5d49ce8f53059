"""The days and the periods that a notice's sentence names.  Pure: text -> tokens.

    sentences(["请于四月八日前报送第一季度情况。"])           -> "请于4月8日前报送第一季度情况", a Sentence
    find_words("请于4月8日前报送第一季度情况", 2024)         -> Day(month=4, day=8, until=True), Period("1")

Which day belongs to which period is for `rounds` to tell.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from toolkit.calendar import WorkCalendar
from toolkit.notice.names import squeeze
from toolkit.targets.numerals import parse_chinese

_NUMERAL = "一二三四五六七八九十"
_NEXT_YEAR = "次年|翌年|明年|下一?年|第二年"
_YEAR = rf"(?:\d{{4}}年|{_NEXT_YEAR}|当年|今年|同年|本年度?)?"
_LIST = "[、,和及与]{1,3}"
_MORE = "{1,11}"  # repetitions have an end: a line may be one list of thousands
_TO = r"(?:起?至|起?到|[-—–~―]+)"
UNTIL = re.compile("(?:以|之)?前(?!往|后|期)|为?止|截止|以?内(?!部)")

_MOST = 100  # days and periods in one sentence

# As people write it -> 2024年4月8日.
_CHINESE_DIGITS = re.compile(
    r"[〇○零一二三四五六七八九]{4}(?=年)|[一二三四五六七八九十廿]{1,3}(?=月|[日号])|[一二三四五六七八九十]{1,3}(?=个工作日)"
)
_WITH_STROKES = re.compile(r"(?<!\d)(20\d\d)[./-](\d{1,2})[./-](\d{1,2})(?![\d日])")
_WITH_POINTS = re.compile(
    rf"(?<![\d.第])(?:{_YEAR}\d{{1,2}}\.\d{{1,2}}{_LIST}){{0,11}}{_YEAR}\d{{1,2}}\.\d{{1,2}}(?=(?:以|之)?前)"
)
_YEAR_END = re.compile(r"(?<!半)(?:(\d{4}年)年?|[今本当]?年)底(?=(?:以|之)?前)")
_NUMBERED_DAY = re.compile(r"(月\d{1,2})号")
_SPAN_OF_DAYS = re.compile(rf"(月)\d{{1,2}}{_TO}(?=\d{{1,2}}日)")
_BARE_MONTHS = re.compile(rf"(?<![\d.月年])(?:\d{{1,2}}{_LIST}){_MORE}(?={_YEAR}\d{{1,2}}月)")
_ONE_DAY_FOR_MONTHS = re.compile(
    rf"(?<![\d~―—–至到-])((?:{_YEAR}\d{{1,2}}月份?{_LIST}){_MORE}{_YEAR}\d{{1,2}}月)份?的?各?(\d{{1,2}}日|[底末])"
)
_NOTE = re.compile(r"(?<=[日前底末])\((?![^()]*(?:季|半年|全年|年度|年终))[^()]*\)")
_HOUR = re.compile(
    r"(?<=日)(?:[上下]午|中午|晚上?)?(?:\d{1,2}(?:[:时点](?:\d{1,2}分?|半|整)?)|(?=(?:以|之)?前|[、,;和及与以]))"
)
_ITEM = re.compile(
    rf"(?:^|(?<=[;。]))(?:\((?:[{_NUMERAL}]{{1,3}}|\d{{1,2}})\)|[{_NUMERAL}]{{1,3}}、(?![一二三四])"
    r"|\d{1,2}[、.](?!\d{1,2}(?:[、.,和及与前至]|个?季)))"
)

# Days that come again: 每季度首月8日, 每季度末月25日, 季后10日内, 季后5个工作日内, 每季度末前.
_WORKING = "个?工作日"
_COUNT = rf"[\d两{_NUMERAL}]+(?:个|[日天周])"  # 季度末前3日 may be a day or the last three: not read
_UNIT = r"(?P<unit{n}>季度?|半年度?)"
_EVERY = (
    rf"(?:每一?个?|各个?|逐|[下次]一?个?)?{_UNIT.format(n=1)}的?"
    r"(?:(?P<first>首个?|第[一1]个?|头一?个|次)月份?|(?P<last>末|最后一?个?|第[三3]个?)月份?|末(?=[1-3]\d日))"
    rf"的?(?:(?P<every>\d{{1,2}})日|(?(first)前(?P<early>\d{{1,2}}){_WORKING}|(?!))|[底末](?!的?最后))"
    rf"|(?:每一?个?|各个?|逐)?{_UNIT.format(n=2)}"
    r"(?:(?:结束|终了|完结|过)?[末终]?之?后的?(?:次月|[一1]个月内?的?)?|(?:结束|终了)的?次月)的?"
    rf"(?P<after>\d{{1,2}})(?:[日天]|(?P<working1>{_WORKING}))(?=以?[内前])"
    rf"|(?:每一?个?|各个?|逐){_UNIT.format(n=3)}(?:末月?|底)?的?最后(?:\d{{1,2}}{_WORKING}以?内|[一1]{_WORKING})"
    rf"|(?:每一?个?|各个?|逐){_UNIT.format(n=4)}"
    rf"(?:(?:的?最后一[天日]|末|底)(?=(?:以|之)?前(?!{_COUNT}))|[末底](?=[各上]?报(?![名销废考价警税关表到道])))"
    rf"|(?<=季度|半年|全年)(?:结束|终了)之?后的?(?P<ended>\d{{1,2}})(?:[日天]|(?P<working2>{_WORKING}))(?=以?[内前])"
)
_DATE = (
    rf"(?:(?P<year{{n}}>\d{{{{4}}}})年|(?P<next{{n}}>{_NEXT_YEAR})|(?P<this{{n}}>当年|今年|同年|本年度?))?"
    r"(?<!\d)(?P<month{n}>\d{{1,2}})月份?的?(?:(?P<day{n}>\d{{1,2}})日|[底末])"
)
_DAY = rf"{_DATE.format(n=1)}(?:{_TO}(?:{_DATE.format(n=2)}|(?P<until>\d{{1,2}})日))?"
_SINCE = "[自从]第?(?P<since>[一二三四1-4])季度(?:开始|起)"
# 上一季度, 前一季度 and 一季度一报 are each quarter in turn; in 4月5日前一季度 the 前 belongs to the day.
_QUARTERS = (
    r"(?P<quarters>(?<![\d.上下每])(?:第?[一二三四1-4](?:个?季度)?[、,和及与以至到—–~-]{1,3}){0,8}"
    r"(?:第[一二三四1-4]个?|前[二三四2-4]个?|(?<![^日底末]前)[一二三四1-4](?!个|季度一|季度报送?一次))季度)"
)
_EXCEPT = re.compile("(?:情况)?(?:除外(?!的)|不(?:再|用|需|另行|单独)*报送?(?:情况)?(?=[,;:)]|$))")
# What is said of the other quarters is when to report: no 除第一季度外，须附清单.
_EXCEPT_FOR = re.compile(r"以?外(?:[,;)]?$|[;)]|,?[^,;]*?(?:\d日|工作日|[月季]度?[底末]))")
_BLAME = re.compile("通报|批评|扣分|取消|追责|问责|约谈")
_MONTHS = rf"(?<!\d)1月?{_TO}(?P<months>3|6|9|12)月份?(?!\d|[底末])"
_REPORT = "(?:完成|进展|落实|推进|办理|执行)?(?:情况|总结|小结|报告|进度)"
_PARTS = (
    "(?P<part>上半年|下半年|(?<![上下前每])半年(?![内一以每])|全年"
    rf"|(?<![\d本])年度(?=(?:工作|重点|目标|任务)*{_REPORT}|[、,;。)]|$)|年终|年末(?={_REPORT}|总结)"
    "|(?<![\\d每今本当次明])年报(?=[于在应,、;。)]))度?"
)
# 2024年度任务完成情况 may be the whole year's, or what the plan of that year came to by the quarter.
_WHOLE = rf"(?<!\d)(?P<whole>20\d\d|本)年度(?=(?:工作|重点|各项|目标|任务)*{_REPORT})"
# Not what is reported on: 第二季度工作计划, to reach 全年目标任务; nor the form's own title, 第X季度.
_NOT_REPORTED = re.compile(
    "(?:工作|重点|各项|主要|目标|任务)*(?:计划|安排|方案|打算|分解|考核|考评|绩效"
    "|(?:目标|任务)(?!目标|任务|[^,;。]{0,8}(?:情况|总结|小结|报告|进度|进展)))"
)
_PLACEHOLDER = r"第[^一二三四1-4,。;、第]{0,6}?季度"
_LOOSE = r"(?P<loose>季度|季报(?!告)|[每按逐]季|每半年)"
_WHOLE_YEAR = re.compile(_WHOLE)
_WORD = re.compile("|".join((_EVERY, _DAY, _SINCE, _MONTHS, _QUARTERS, _WHOLE, _PARTS, _PLACEHOLDER, _LOOSE)))

_PART_NAMES = {"半年": "上半年", "年度": "全年", "年终": "全年", "年末": "全年", "年报": "全年"}
_MONTH_NAMES = {"3": "1", "6": "上半年", "9": "3", "12": "全年"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in plain figures, and where each character of it stands in the text as written."""

    text: str
    written: str
    origin: tuple[int, ...]  # of each character, and of the end

    def part(self, start: int, end: int) -> Sentence:
        return Sentence(self.text[start:end], self.written, self.origin[start : end + 1])

    def sub(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> Sentence:
        pieces: list[str] = []
        origin: list[int] = []
        at = 0
        for m in pattern.finditer(self.text):
            made = m.expand(new) if isinstance(new, str) else new(m)
            pieces += [self.text[at : m.start()], made]
            origin += [*self.origin[at : m.start()], *[self.origin[m.start()]] * len(made)]
            at = m.end()
        return Sentence("".join((*pieces, self.text[at:])), self.written, (*origin, *self.origin[at:]))

    def as_written(self, start: int = 0, end: int | None = None) -> str:
        """What stood there; all of what was put into other figures together."""
        end = len(self.text) if end is None else end
        while start < end < len(self.text) and self.origin[end] == self.origin[end - 1]:
            end += 1
        return self.written[self.origin[start] : self.origin[end]]


@dataclass(frozen=True, slots=True)
class Word:
    """A place in a sentence."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Day(Word):
    """4月8日; `year` None: not said; `day` None: the month's last."""

    year: int | None
    month: int
    day: int | None
    until: bool = False  # 前 stands behind it, or behind the list that it is in

    def on(self, year: int) -> date | None:
        """The day, in `year` where the notice names none; None for 2月30日."""
        year = self.year or year
        try:
            return date(year, self.month, self.day or calendar.monthrange(year, self.month)[1])
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Period(Word):
    """第一季度, 上半年, 全年."""

    name: str  # 1 2 3 4 上半年 下半年 全年


@dataclass(frozen=True, slots=True)
class Except(Word):
    """第四季度除外."""

    name: str


@dataclass(frozen=True, slots=True)
class Every(Word):
    """A day that comes with each quarter, or each half of the year."""

    halves: bool
    after: int  # months behind the period's last
    day: int | None  # None: the month's last
    working: int = 0  # the so-many-th working day behind the period; -1: the period's last one

    def on(self, year: int, month: int) -> date:
        """The day for a period whose last month that is."""
        if self.working:
            end = date(year, month, calendar.monthrange(year, month)[1])
            if self.working < 0:
                return WorkCalendar().working_before(end + timedelta(days=1))
            return WorkCalendar().working_after(end, self.working)
        year, month = year + (month + self.after > 12), (month + self.after - 1) % 12 + 1
        last = calendar.monthrange(year, month)[1]
        return date(year, month, min(self.day or last, last))


@dataclass(frozen=True, slots=True)
class Loose(Word):
    """各季度, 每半年: periods, but not which."""

    halves: bool


@dataclass(frozen=True, slots=True)
class Since(Word):
    """自第二季度起."""

    quarter: int


def sentences(lines: Iterable[str]) -> list[Sentence]:
    """Paragraphs as `find_words` reads them.  A line may end within a word; an item of a list begins behind a ;."""
    text = "".join(_ITEM.sub(";", unicodedata.normalize("NFKC", squeeze(line))) for line in lines)
    plain = _in_plain_figures(Sentence(text, text, tuple(range(len(text) + 1))))
    return [plain.part(*m.span()) for m in re.finditer("[^。]+", plain.text)]


def _in_plain_figures(s: Sentence) -> Sentence:
    """Days as 4月8日, and neither hour nor note behind them."""
    s = s.sub(_CHINESE_DIGITS, lambda m: str(parse_chinese(m[0].replace("廿", "二十").replace("○", "〇"))))
    s = s.sub(_WITH_STROKES, r"\1年\2月\3日").sub(_NUMBERED_DAY, r"\1日")
    s = s.sub(_WITH_POINTS, lambda m: re.sub(r"(\d{1,2})\.(\d{1,2})", r"\1月\2日", m[0]))
    s = s.sub(_YEAR_END, r"\g<1>12月底").sub(_SPAN_OF_DAYS, r"\1")
    s = s.sub(_BARE_MONTHS, lambda m: re.sub(r"(\d+)", r"\1月", m[0]))
    s = s.sub(_ONE_DAY_FOR_MONTHS, lambda m: re.sub(rf"月份?(?={_LIST})", "月" + m[2], m[1]) + m[2])
    return s.sub(_NOTE, "").sub(_HOUR, "")


def find_words(sentence: str, year: int) -> tuple[Word, ...]:
    """What `sentence`, in plain figures, names of time; `year`: the notice's, to which 次年 is the next."""
    found = [w for m in _WORD.finditer(sentence) for w in _words(m, sentence, year)]
    return tuple(_dated(_closed(_whole_years(found[:_MOST], sentence, year), sentence), sentence))


def _words(m: re.Match[str], sentence: str, year: int) -> Iterator[Word]:
    start, end = m.span()
    if m["since"]:
        yield Since(start, end, _digit(m["since"]))
    elif unit := m["unit1"] or m["unit2"] or m["unit3"] or m["unit4"] or m["ended"]:
        after = m["after"] or m["ended"]
        day, working = m["every"] or after, 0
        if m["unit3"]:
            working = -1
        elif counted := m["early"] or (after if m["working1"] or m["working2"] else None):
            day, working = None, int(counted)
        yield Every(start, end, unit[0] == "半", int(bool(m["first"] or after)), int(day) if day else None, working)
    elif m["month1"]:
        yield _day(m, year)
    elif m["loose"]:
        yield Loose(start, end, "半" in m["loose"])
    elif m["quarters"] and _excepted(sentence, start, end):
        yield from (Except(start, end, name) for name in _quarters(m["quarters"]))
    elif not (_NOT_REPORTED.match(sentence, end) or _others_meant(sentence, start, end)):
        if m["whole"]:
            names = ["全年"] if m["whole"] in ("本", str(year)) else []
        elif m["quarters"]:
            names = _quarters(m["quarters"])
        elif m["months"]:
            names = [_MONTH_NAMES[m["months"]]]
        else:
            names = [_PART_NAMES.get(m["part"], m["part"])] if m["part"] else []
        yield from (Period(start, end, name) for name in names)


def _excepted(sentence: str, start: int, end: int) -> bool:
    """Whether the quarters that stand there are said to be left out: 第四季度除外, 除第四季度外."""
    if _BLAME.search(sentence):
        return False
    pattern = _EXCEPT_FOR if sentence[:start].endswith("除") else _EXCEPT
    return pattern.match(sentence, end) is not None


def _others_meant(sentence: str, start: int, end: int) -> bool:
    """Whether only the other quarters are spoken of: 除第一季度外，均报电子版."""
    return sentence[:start].endswith("除") and re.compile("以?外").match(sentence, end) is not None


def _day(m: re.Match[str], year: int) -> Day:
    """A day; of 4月5日至4月10日 the last."""
    last = "2" if m["month2"] else "1"
    named = next((n for n in (last, "1") if m[f"year{n}"] or m[f"next{n}"] or m[f"this{n}"]), "")
    said = (int(m[f"year{named}"]) if m[f"year{named}"] else year + bool(m[f"next{named}"])) if named else None
    day = m["until"] or m[f"day{last}"]
    return Day(*m.span(), said, int(m[f"month{last}"]), int(day) if day else None)


def _quarters(text: str) -> list[str]:
    """第一至第三季度, 1—3季度 and 第一、二、三季度 -> 1 2 3."""
    found: list[int] = []
    for m in re.finditer(r"(至|到|[-—–~])?[、,和及与以]*(?:第|前)?([一二三四1-4])", text):
        digit = _digit(m[2])
        found += range(found[-1] + 1, digit) if m[1] and found else []
        found.append(digit)
    return [str(d) for d in dict.fromkeys(found)]


def _digit(text: str) -> int:
    return int(text.translate(str.maketrans("一二三四", "1234")))


def _whole_years(words: Sequence[Word], sentence: str, year: int) -> list[Word]:
    """The words without a 2024年度 that is no period: it is one beside a single day at the year's end, or in a list."""
    kept: list[Word] = []
    for i, word in enumerate(words):
        if not _WHOLE_YEAR.match(sentence, word.start):
            kept.append(word)
            continue
        beside = [w for w in words[max(i - 1, 0) : i + 2] if w is not word and _beside(w, word, sentence)]
        alone = beside[0] if len(beside) == 1 else None
        listed = i > 1 and alone is words[i - 1] and _listed(words[i - 2], words[i - 1], sentence)
        last = isinstance(alone, Day) and not listed and _at_the_end(alone, year)
        if last or (kept and isinstance(kept[-1], Period) and _gap(kept[-1], word, sentence) in set("、和及与")):
            kept.append(word)
    return kept


def _listed(a: Word, b: Word, sentence: str) -> bool:
    return isinstance(a, Day) and isinstance(b, Day) and in_one_list(a, b, sentence)


def _beside(a: Word, b: Word, sentence: str) -> bool:
    """Whether two words stand in one clause; 于1月10日前，将… is none of its own."""
    gap = _gap(a, b, sentence)
    return not re.search("[,;:]", re.sub("^(?:(?:以|之)?前)?,(?=.{0,4}$)", "", gap))


def _gap(a: Word, b: Word, sentence: str) -> str:
    return sentence[min(a.end, b.end) : max(a.start, b.start)]


def _at_the_end(day: Day, year: int) -> bool:
    """Whether the day closes the year: in its last months, or the first ones of the next."""
    return day.year in (None, year) if day.month >= 11 else day.month <= 3 and day.year in (None, year + 1)


def _closed(words: Sequence[Word], sentence: str) -> list[Word]:
    """The days with `until`: in 4月5日、7月5日及10月5日前 it is said of all."""
    closed: list[Word] = []
    for word in reversed(words):
        if isinstance(word, Day):
            after = UNTIL.match(sentence, word.end) is not None
            if not after and closed and isinstance(closed[-1], Day) and closed[-1].until:
                after = in_one_list(word, closed[-1], sentence)
            word = replace(word, until=after)
        closed.append(word)
    return closed[::-1]


def _dated(words: Sequence[Word], sentence: str) -> Iterator[Word]:
    """The days of a list, each without a year in that of the one before: 2024年4月5日、7月5日; not 10月5日及1月5日."""
    before: Word | None = None
    for word in words:
        if isinstance(word, Day) and isinstance(before, Day) and word.year is None and word.month >= before.month:
            word = replace(word, year=before.year) if in_one_list(before, word, sentence) else word
        yield word
        before = word


def in_one_list(a: Word, b: Word, sentence: str) -> bool:
    """Whether nothing but 前、 or 及 stands between two words."""
    return re.fullmatch("(?:(?:以|之)?前)?[、,;和及与以并或]+于?", sentence[a.end : b.start]) is not None
