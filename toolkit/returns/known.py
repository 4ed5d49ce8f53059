"""What an office's tasks, rounds and divisions look like in returned files: worked out once for an Office."""

from __future__ import annotations

import re
import weakref
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from toolkit.kinds import KINDS, kinds_named
from toolkit.model import Office, Round, RoundKind, Task, plain
from toolkit.returns.match import TaskIndex
from toolkit.returns.wording import fold as folded

_QUARTER = re.compile(r"第([1-4一二三四])季度?|([1-4一二三四])季度")
_MONTHS = re.compile(
    r"(?<!\d)(\d{1,2}|[一四七十])月?[-~—–至到](\d{1,2}|[三六九]|十二)月份?(?:底|末)?"
)
_SPANS = {(1, 3): "第一季度", (4, 6): "第二季度", (7, 9): "第三季度", (10, 12): "第四季度", (1, 12): "全年"}
_TO_DATE = {(1, 6): "第二季度", (1, 9): "第三季度"}
"""What is reported at the end of a quarter for all of the year so far."""
_NUMBERS = {"一": 1, "三": 3, "四": 4, "六": 6, "七": 7, "九": 9, "十": 10, "十二": 12}
_PLANNED_PART = re.compile(
    r"[及和与、暨兼]?(?:下一?步|第[一二三四]季度|[上下]半年|全年|\d{1,2}月)?的?(?:主要)?(?:工作|任务)?(?:计划|打算|安排|思路|要点)"
)
"""A title may speak of what comes next as well: 第一季度完成情况及第二季度工作计划."""
_QUARTER_KEY = re.compile(r"(?<![A-Z])Q([1-4])(?!\d)")
_OF_MONTH = re.compile(r"(?:20\d\d年)?[\d一二三四五六七八九十]+月")
"""Begins the name of a month's round: 3月, 2023年3月份."""
_KEPT = 10_000
"""Texts whose meaning is remembered: headers, titles, names of sheets and files."""
_DIGITS = str.maketrans("1234", "一二三四")


@dataclass(frozen=True, slots=True)
class _Named:
    """A round as texts name it."""

    round: Round
    words: tuple[str, ...]  # its name and key
    period: str  # its name without what says its 表种

    @classmethod
    def of(cls, round_: Round) -> _Named:
        name = _quarters(folded(round_.name))
        period = re.sub(r"[()]", "", KINDS[round_.kind].named.sub("", name)) or name
        return cls(round_, (name, round_.key.upper()), period)

    def word_in(self, text: str, kinds: Collection[RoundKind]) -> str:
        """By which word, the longest one, a text that speaks of these `kinds` mentions the round, "" for none."""
        found = ""
        for w in self.words:
            if len(w) > len(found) and _speaks_of(w, text):
                found = w
        period = self.period
        if len(period) > len(found) and (not kinds or self.round.kind in kinds) and _speaks_of(period, text):
            return period
        return found


def _speaks_of(word: str, text: str) -> bool:
    return word in text and (_OF_MONTH.match(word) is None or _month(word).search(text) is not None)


@cache
def _month(word: str) -> re.Pattern[str]:
    """A month's name where a text speaks of that month: 1月 is not in 11月, and 4月8日 is when something was written.

    截至3月31日 does speak of March; 截至4月3日, soon after a month's end, may as well be said of the one before.
    """
    within = re.match(r"(?:20\d\d年)?[12一二]月", word)  # 1月 in 11月; 13月, of 表1 3月 without its space, is no month
    word = re.escape(word)
    alone = rf"{'(?<![1十])' if within else ''}(?:附件\d)?(?:20\d\d)?0?{word}"
    if not word.endswith("月"):
        return re.compile(alone)
    day = r"(?!(?:2[89]|3[01])[日号])\d{1,2}(?:[-~—–至到、]\d{1,2})?(?:[日号]|\.[A-Z]|$)"
    late = r"(?:1[1-9]|[23]\d)[日号]"
    whole = rf"0?1[日号]?[-~—–至到]+(?:20\d\d年)?(?:0?{word})?(?:2\d|3[01])(?!\d)"
    until = rf"截[至止到]{{1,2}}于?(?:[今本]年|20\d\d年)?0?{word}(?={late})"
    return re.compile(rf"{alone}(?!{day})|{alone}(?={whole})|{until}")


def _quarters(folded_text: str) -> str:
    if "月" in folded_text:
        folded_text = _MONTHS.sub(_span, folded_text)
    return _QUARTER.sub(lambda m: f"第{(m[1] or m[2]).translate(_DIGITS)}季度", folded_text)


def _span(m: re.Match[str]) -> str:
    """1-3月 is the first quarter, 1-6月 what is reported at the end of the second one."""
    first, last = (int(t) if t.isdecimal() else _NUMBERS[t] for t in (m[1], m[2]))
    return _SPANS.get((first, last)) or _TO_DATE.get((first, last), m[0])


class Known:
    """Look-ups over one office."""

    def __init__(self, office: Office) -> None:
        # What is needed, not the office: it must be free to go.
        self.year = office.year
        self.keys = frozenset(t.key for t in office.tasks)
        self.leads = {t.key: d.name if (d := office.division(t.division)) else t.division for t in office.tasks}
        self.index = TaskIndex(office)
        self._owed: dict[str, dict[str, tuple[Task, ...]]] = {}
        self._reporting: dict[str, dict[str, tuple[Task, ...]]] = {}
        self._answers: dict[str, dict[str, str]] = {}
        self._rounds = tuple(_Named.of(r) for r in office.rounds)
        self._kinds = frozenset(r.kind for r in office.rounds)
        self._halves = any("半年" in r.name for r in office.rounds)
        names = ((folded(n), d.name) for d in office.divisions for n in (d.name, *d.aliases))
        self._by_name = {n: d for n, d in names if n}
        called = [n for d in office.divisions for n in (d.name, *d.aliases) if n]
        whole = [f"{office.organisation}{n}" for n in called]
        self.units = frozenset(map(plain, (office.organisation, "办公室", *called, *whole)))
        self._meant: dict[str, tuple[Round, ...]] = {}
        self._lengths = sorted({len(n) for n in self._by_name})

    def owed(self, office: Office, round_: Round) -> dict[str, tuple[Task, ...]]:
        if round_.key not in self._owed:
            self._owed[round_.key] = office.owed(round_)
        return self._owed[round_.key]

    def reporting(self, office: Office, round_: Round) -> dict[str, tuple[Task, ...]]:
        """See `Office.reporting`."""
        if round_.key not in self._reporting:
            self._reporting[round_.key] = office.reporting(round_)
        return self._reporting[round_.key]

    def answers_for(self, office: Office, round_: Round | None) -> Mapping[str, str]:
        """Task key -> the division that answers for it, in a round where one is known."""
        if round_ is None:
            return self.leads
        if round_.key not in self._answers:
            owed = self.owed(office, round_)
            self._answers[round_.key] = self.leads | {t.key: d for d, tasks in owed.items() for t in tasks}
        return self._answers[round_.key]

    def round_in(self, text: str) -> Round | None:
        """The round that a text mentions by name or key, or None."""
        return next(iter(self.rounds_in(text)), None)

    def rounds_in(self, text: str) -> tuple[Round, ...]:
        """The rounds that a text may mean, the likeliest first; none where it speaks of several.

        第1季度 and 一季度 are 第一季度, Q1 is this year's.  The longest name wins over its parts.  A text that says no
        表种 may mean any round of its quarter; one that does means none of another 表种.
        """
        found = self._meant.get(text)
        if found is None:
            found = self._rounds_in(text) if text else ()
            if len(self._meant) < _KEPT:
                self._meant[text] = found
        return found

    def _rounds_in(self, text: str) -> tuple[Round, ...]:
        words = _quarters(folded(text))
        if not self._halves:
            words = words.replace("上半年", "第二季度")
        if "Q" in words:
            words = _QUARTER_KEY.sub(lambda m: f"{self.year}Q{m[1]}", words.replace(f"{self.year}Q", "Q"))
        return self._rounds_of(words) or self._rounds_of(_PLANNED_PART.sub("", words))

    def _rounds_of(self, words: str) -> tuple[Round, ...]:
        named = kinds_named(words) & self._kinds
        found = [(r, word) for r in self._rounds if (word := r.word_in(words, named))]
        found = [(r, w) for r, w in found if not any(w != longer and w in longer for _, longer in found)]
        if len(named) == 1:
            found = [(r, w) for r, w in found if r.round.kind in named]
        called = any(w in r.words for r, w in found)  # 上半年 alone need not mean 上半年配合任务
        if len({r.period for r, _ in found}) > 1 or not (called or named):
            return ()
        found.sort(key=lambda f: (f[1] not in f[0].words, -len(f[1])))
        return tuple(r.round for r, _ in found)

    def division_in(self, text: str) -> str | None:
        """The one division whose name or alias a text mentions; the longest name wins over its parts."""
        words = folded(text)
        hits = {n: self._by_name[n] for _, n in self._mentioned(words)}
        if len(hits) > 1:
            hits = {n: d for n, d in hits.items() if not any(n != o and n in o for o in hits)}
        found = set(hits.values())
        return found.pop() if len(found) == 1 else None

    def name_of_division_in(self, text: str) -> str:
        """The name or alias by which a folded text mentions a division first, "" for none."""
        places = [(place, -len(n), n) for place, n in self._mentioned(text)]
        return min(places)[2] if places else ""

    def _mentioned(self, text: str) -> Iterator[tuple[int, str]]:
        """(place, name) of each name in a text: its pieces are looked up, so that ten thousand names cost no more."""
        for length in self._lengths:
            for place in range(len(text) - length + 1):
                piece = text[place : place + length]
                if piece in self._by_name:
                    yield place, piece


_KNOWN: dict[int, tuple[weakref.ref[Office], Known]] = {}


def known(office: Office) -> Known:
    """The look-ups of an Office, made the first time; an Office is frozen but not hashable, hence by identity."""
    number = id(office)
    held = _KNOWN.get(number)
    if held is not None and held[0]() is office:
        return held[1]
    made = Known(office)
    _KNOWN[number] = (weakref.ref(office, lambda _: _KNOWN.pop(number, None)), made)
    return made


def forget(office: Office) -> None:
    """Let the look-ups of an Office go before it goes: of ten thousand divisions they take a tenth of a GB."""
    _KNOWN.pop(id(office), None)
