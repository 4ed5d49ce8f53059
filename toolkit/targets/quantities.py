"""Numbers in Chinese official prose -> quantities: how many of what, and in which role.

A quantity is a number with a unit of measure that says how far work has come.  Dates, quarters, ordinals, ages,
durations, document and telephone numbers, 统一, 一是 and the like are none.  A single 一 counts only after a verb of
making (新建一个…).  The words are read as they stand: what they promise is for a person to confirm.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal

from toolkit.targets.nouns import noun_of
from toolkit.targets.numerals import Numeral, base_unit, fold, numerals, tidy
from toolkit.targets.roles import Around, Role, is_new, role_of

__all__ = ["Quantity", "Role", "base_unit", "find_quantities", "tidy"]

# As far as words are looked for before and after a number: longer clauses are cut, so that time stays linear.
_CLAUSE, _SENTENCE, _AFTER = 64, 120, 30


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text; `text[start:end] == words`."""

    value: Decimal  # 2.5万户 is 25000
    unit: str  # 户, 人次, 元, % …, never with 万 or 亿
    noun: str  # what is counted, "" where the clause leaves it out
    action: str  # the verb before it (新建), "" for one that says nothing (完成)
    op: str  # ≥, ≤ or =, as the words say
    approx: bool  # 近, 约, 余, 左右
    role: Role
    start: int
    end: int
    words: str
    clause: str  # the clause that it stands in, for people to read and for choosing among figures
    upper: Decimal | None = None  # of a range: 50至60个

    @property
    def indicator(self) -> str:
        """The noun with its verb, as an indicator is named: 新建社区老年人服务中心（站）."""
        return self.noun if self.noun.startswith(self.action) else self.action + self.noun


_PREFIXES = (
    (
        "≥",
        False,
        re.compile(
            r"(?:不少于|不低于|不小于|不下于|至少|突破|(?<!不)(?:超过|高于|多于|大于)|(?<!应)逾|(?<!赶)超) ?$"
        ),
    ),
    ("≤", False, re.compile(r"(?:不超过|不高于|不多于|不大于|至多|最多|少于|低于|不足|不到|未满|小于) ?$")),
    ("=", True, re.compile(r"(?:大约|将近|接近|(?<![附最靠邻临])近|(?<![节签预合制契特])约) ?$")),
)
_OVER_HUNDREDS = re.compile(r"(?<![以线网之])[上过]$")
_SUFFIXES = (
    ("≥", False, re.compile(r" ?及?以上")),
    ("≤", False, re.compile(r" ?(?:及?以下|以内|之内)")),
    ("=", True, re.compile(r" ?(?:左右|上下)")),
)
_BREAK = re.compile(r"(?P<sentence>[。；！!？?\n\r])|[，：\t]|:(?!\d)|(?<!\d),|,(?!\d{3})")
_GOES_ON = re.compile(r"[^，、]{0,12}?[、和及与]")  # 30个、20个; 64%和60%
_LISTED = re.compile(r"[、和及]|以及")
_SUM = re.compile(r"累计|共|合计|总")
_GOAL_AFTER = re.compile(r"的(?:年度|全年|既定|总)?(?:目标|任务)")
_CARRIED = (Role.TARGET_RESTATED, Role.REMAINING, Role.PERIOD, Role.BREAKDOWN, Role.PCT_OF_TARGET)


def find_quantities(text: str) -> tuple[Quantity, ...]:
    """The quantities of a text in their order.  Never raises; time grows with the text's length alone."""
    folded = fold(text)
    layout = _Layout(folded)
    found: list[Quantity] = []
    about: list[Around] = []
    for number in numerals(folded):
        start, end, op, approx = _widened(folded, number)
        last = found[-1] if found else None
        around = layout.around(start, end, last.end if last else 0)
        same_sentence = last is not None and layout.sentence(last.start) == layout.sentence(start)
        role = _carried(last if same_sentence else None, around, number.unit, op) or role_of(around, number.unit)
        noun, action = noun_of(around, number.unit, role)
        if not action and last is not None and _LISTED.match(around.gap) and "，" not in around.gap:
            action = last.action  # 新建…70个、…30个
        first, stop = layout.clause(start, end)
        clause = text[first:stop].strip()
        words = text[start:end]
        found.append(
            Quantity(number.value, number.unit, noun, action, op, approx, role, start, end, words, clause, number.upper)
        )
        about.append(around)
    return _settled(found, about, layout)


def _widened(text: str, number: Numeral) -> tuple[int, int, str, bool]:
    """Start and end with the words that qualify the number; its op; whether it is approximate."""
    before = text[max(0, number.start - 4) : number.start]
    start, end = number.start, number.end
    op, approx = ("≥", True) if number.more else ("=", False)
    for sign, about, pattern in _PREFIXES:
        if m := pattern.search(before):
            start, op, approx = number.start - len(m[0]), sign if sign != "=" else op, approx or about
            break
    else:
        if text[number.start] in "百千万" and _OVER_HUNDREDS.search(before):
            start, op, approx = number.start - 1, "≥", True
    for sign, about, pattern in _SUFFIXES:
        if m := pattern.match(text, number.end):
            end, op, approx = m.end(), sign if sign != "=" else op, approx or about
            break
    return start, end, op, approx


def _carried(last: Quantity | None, around: Around, unit: str, op: str) -> Role | None:
    """The role that the words and the number before in the sentence give to this one, where they do."""
    if unit == "%" and op == "≥" and _GOAL_AFTER.match(around.after):
        return Role.TARGET_RESTATED  # 55%以上的目标
    if last is None:
        return None
    if unit == "%" and last.unit != "%" and around.gap == "（" and around.after[:1] in ("", "）"):
        return Role.PCT_OF_TARGET  # 已完成3个（75%）
    if last.unit != unit or last.role not in _CARRIED:
        return None
    if last.role is Role.BREAKDOWN and not _SUM.search(around.gap) and role_of(around, unit) is Role.VALUE:
        return last.role
    return last.role if _GOES_ON.match(around.gap) and "，" not in around.gap and around.before else None


def _settled(found: list[Quantity], about: list[Around], layout: _Layout) -> tuple[Quantity, ...]:
    """What was added (新增) is the period's where the sentence goes on to the sum to date (累计)."""
    for i in range(len(found) - 1):
        now, then = found[i], found[i + 1]
        if (
            now.role is Role.VALUE
            and is_new(about[i])
            and then.unit == now.unit
            and "累计" in about[i + 1].before
            and layout.sentence(now.start) == layout.sentence(then.start)
        ):
            found[i] = replace(now, role=Role.PERIOD)
    return tuple(found)


class _Layout:
    """Where sentences, clauses and brackets of a text begin and end: one pass, then look-ups."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sentences: list[int] = []
        self._clauses: list[int] = []
        for m in _BREAK.finditer(text):
            self._clauses.append(m.start())
            if m["sentence"]:
                self._sentences.append(m.start())
        self._opens: list[int] = []  # where the innermost bracket changes …
        self._inner: list[int] = []  # … and the place of its opening from there on, -1 for none
        stack: list[int] = []
        for m in re.finditer("[（）]", text):
            if m[0] == "（":
                stack.append(m.start())
            elif stack:
                stack.pop()
            self._opens.append(m.start())
            self._inner.append(stack[-1] if stack else -1)

    def sentence(self, at: int) -> int:
        """Where the sentence of a place begins."""
        i = bisect_left(self._sentences, at)
        return self._sentences[i - 1] + 1 if i else 0

    def _bracket(self, at: int) -> int:
        i = bisect_left(self._opens, at)
        return self._inner[i - 1] if i else -1

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """The clause about a place, no longer than what is looked at."""
        i = bisect_left(self._clauses, start)
        first = max(self._clauses[i - 1] + 1 if i else 0, self._bracket(start) + 1, start - _CLAUSE)
        j = bisect_left(self._clauses, end)
        last = min(self._clauses[j] if j < len(self._clauses) else len(self._text), end + _AFTER)
        return first, last

    def around(self, start: int, end: int, previous: int) -> Around:
        text, bracket = self._text, self._bracket(start)
        first, last = self.clause(start, end)
        sentence = max(self.sentence(start), start - _SENTENCE)
        lead = text[max(sentence, bracket - 12) : bracket] if bracket >= sentence else ""
        gap = text[max(sentence, previous) : start]
        before = text[max(first, previous) : start]
        return Around(text[sentence:start], text[first:start], before, text[end:last], lead, gap)
