"""The numbers that task texts promise -> targets, for a person to confirm; and which tasks promise the same."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple, TypeVar

from toolkit.model import Task
from toolkit.targets.numerals import base_unit, fold, tidy
from toolkit.targets.quantities import Quantity, Role, find_quantities

# 1 and 11 share 100 % of the shorter indicator's bigrams, 3 and 9 all of both; the highest pair of different work
# (供餐点 and 互助中心, 30 each) 40 %.
_SAME_INDICATOR = 0.7
_SAME_TEXT = 0.5

_LONGEST_NAME = 24
_RISE = re.compile("提高|增长|增加|提升|上浮|上调|降低|下降|减少")
_NO_TARGET = (Role.PCT_OF_TARGET, Role.REMAINING)
_THRESHOLD = re.compile(r"(?:消除|杜绝|清零|取缔|严禁|整治)$")  # 消除56人以上大班额
_FROM = re.compile(r"(?:由|从)[^，。；、\d]{0,16}$")
_TO = re.compile(r"(?:提高|提升|增加|增长|扩大|上调|降低|下降|减少|缩短|调整|压减|降)(?:到|至)")
_EACH = re.compile(r"人均|户均|亩均|地均")
_HELD_AT = re.compile(r"(?:控制|稳定|保持|维持)?在?$")
_ITEM = re.compile(r"^(?:[①-⑳]|[（(]\d{1,2}[)）]|\d{1,2}(?:[.．、](?!\d)|[)）]))\s*")
_OFTEN = re.compile(r"(?:全年|年内|年度|本年)?(?P<each>每(?:个?(?:半年|季度|月|周|学期)|年)?)?")
_SAYS_NOTHING = re.compile(r"^(?:开展|组织|实施|推进|推动|完成|加强|做好)+(?=.{2})")
_SENTENCE_END = re.compile(r"[。；;！!？?\n\r]")


class TargetKey(NamedTuple):
    """Names a target: a task has several, told apart by their indicators."""

    task: str  # task key
    indicator: str


_RATES = frozenset(("%", "％", "‰", "个百分点", "百分点"))
_OF_WORK = re.compile(
    r"(?:完成|进度|开工|竣工|完工|投产|建成|支付|支出|执行|到位|办结|整改|签约|入库|交付|结案|销号|落实|改造|建设|推进|任务)(?:比例|率)?$"
)
_STOCK = re.compile(r"(?:总数|总量|存量|保有量|在册\w{0,4})$")


def of_work(name: str) -> bool:
    """Whether a percentage of this name is one of work that is done: it goes up through the year, in step with 序时."""
    return _OF_WORK.search(name) is not None


@dataclass(frozen=True, slots=True)
class Target:
    """A row of 指标 that a person confirmed."""

    task: str
    indicator: str
    value: Decimal
    unit: str  # may carry 万 or 亿; figures are then in the same
    direction: str = "≥"  # ≥, ≤ or =
    shared_with: tuple[TargetKey, ...] = ()  # the same work in other tasks

    @property
    def key(self) -> TargetKey:
        return TargetKey(self.task, self.indicator)

    @property
    def level(self) -> bool:
        """Whether its figures are levels, which rise and fall, and no sums to date: a ceiling, a rate, a stock."""
        if self.direction == "≤":
            return True
        if self.unit.strip() in _RATES:
            return not of_work(self.indicator)
        return _STOCK.search(self.indicator) is not None

    @property
    def plain(self) -> tuple[Decimal, str]:
        """Value and unit without 万 and 亿."""
        scale, unit = base_unit(self.unit)
        return self.value * scale, unit


@dataclass(frozen=True, slots=True)
class ProposedTarget:
    """A target as a task's text seems to promise it; counts once a person confirmed it."""

    task: str
    indicator: str
    value: Decimal
    unit: str
    direction: str  # as the words say: 以上 ≥, 以内 ≤, a bare number =
    words: str  # the clause it came from
    start: int  # where its number stands in the task's text
    end: int
    shared_with: tuple[TargetKey, ...] = ()

    @property
    def key(self) -> TargetKey:
        return TargetKey(self.task, self.indicator)

    @property
    def plain(self) -> tuple[Decimal, str]:
        scale, unit = base_unit(self.unit)
        return self.value * scale, unit


_T = TypeVar("_T", Target, ProposedTarget)


def propose_targets(tasks: Iterable[Task]) -> tuple[ProposedTarget, ...]:
    """What each task promises in numbers, in the tasks' order; a range counts from its lower end.

    Indicators are unique within a task.  Tasks without a number give none.
    """
    tasks = tuple(tasks)
    found: list[ProposedTarget] = []
    for task in tasks:
        names: set[str] = set()
        last: Quantity | None = None  # what the text spoke of before
        for q in find_quantities(task.text):
            before, after = task.text[: q.start], task.text[q.end :]
            spoken, last = last, q
            if q.role in _NO_TARGET or _THRESHOLD.search(before):
                continue
            if _FROM.search(before) and _TO.match(after):
                continue  # 由每月1200元提高到1400元: where it stood
            name = base = _name(q, spoken, before)
            number = 1
            while name in names:
                number += 1
                name = f"{base}（{number}）"
            names.add(name)
            direction = "≥" if q.upper is not None else q.op
            value, unit = _as_written(q)
            found.append(ProposedTarget(task.key, name, value, unit, direction, q.clause, q.start, q.end))
    return link_shared(found, tasks)


_SCALED = re.compile(r"\d[余多]?\s?(万亿|亿|万)(元|美元|亩|吨|平方米|平方公里|千瓦时?|度|立方米)")


def _as_written(q: Quantity) -> tuple[Decimal, str]:
    """Value and unit of a sum of money or a measure as the text has them: 1200亿元, not 120000000000元."""
    m = _SCALED.search(fold(q.words))
    if m is None or m[2] != q.unit:
        return q.value, q.unit
    unit = m[1] + m[2]
    return tidy(q.value / base_unit(unit)[0]), unit


def _name(q: Quantity, spoken: Quantity | None, text: str) -> str:
    """The indicator as a row of 指标 calls it: a bare 社区 with what is done there, a rise with its verb.

    `spoken`: the quantity before, of which the words may go on; `text`: all that stands before the number.
    """
    before, _, after = q.clause.partition(q.words)
    rise = _RISE.findall(before)
    said = _SENTENCE_END.split(text)[-1]
    same = spoken if spoken is not None and len(text) - spoken.end <= len(said) else None
    if 0 < len(q.noun) <= 3 and after.startswith(q.noun):
        return after[:_LONGEST_NAME]
    risen = same is not None and _TO.fullmatch(text[same.end :].strip()) is not None
    if same is not None and same.indicator and (risen or not q.indicator or _RISE.fullmatch(q.indicator)):
        own = q.indicator if _RISE.fullmatch(q.indicator) else "" if risen else _bare(before)
        return _bare(same.indicator) + (own if len(own) <= _LONGEST_NAME and not re.search(r"\d", own) else "")
    name = _bare(q.indicator)
    if (each := _EACH.search(before)) and each[0] not in name:
        name = _bare(before)
    if (q.role is Role.INCREASE or q.unit == "百分点") and rise and not name.endswith(rise[-1]):
        return name + str(rise[-1])
    name = name or _bare(before)
    if (often := _OFTEN.fullmatch(name)) and (about := _SAYS_NOTHING.sub("", _bare(_clause_before(said)))):
        return about[-_LONGEST_NAME:] + (often["each"] or "")
    return name or q.clause


def _clause_before(said: str) -> str:
    """Of what a sentence says before a number the clause before its last: 开展隐患排查，全年 -> 开展隐患排查."""
    return ("", *re.split("[，,：]", said))[-2]


def _bare(name: str) -> str:
    """A name without its item's number, and without what only says how the number follows."""
    return _HELD_AT.sub("", _ITEM.sub("", name.strip("，、：: ")).strip("，、（(：: "))


def link_shared(targets: Sequence[_T], tasks: Iterable[Task]) -> tuple[_T, ...]:
    """The same targets, each with the ones of other tasks that promise the same work (`shared_with`).

    Shared are equal values in equal units, of indicators and task texts that are alike.  What more than a few tasks
    promise, such as every unit of an office, is nobody's same work.
    """
    texts = {t.key: t.text for t in tasks}
    by_value: dict[tuple[Decimal, str], list[int]] = {}
    for i, target in enumerate(targets):
        by_value.setdefault(target.plain, []).append(i)
    alike: dict[int, list[int]] = {}
    for group in by_value.values():
        for some in _comparable(targets, group):
            for n, i in enumerate(some):
                for j in some[n + 1 :]:
                    if _same_work(targets[i], targets[j], texts):
                        alike.setdefault(i, []).append(j)
                        alike.setdefault(j, []).append(i)
    few = {i: sorted(found) for i, found in alike.items() if len(found) <= _MOST_SHARING}
    return tuple(
        replace(t, shared_with=tuple(targets[j].key for j in few.get(i, ()) if j in few)) for i, t in enumerate(targets)
    )


_MOST_SHARING = 3
"""Other tasks that may promise the same work; 38 streets with 100 beds each promise 38 times 100."""
_MANY = 60


def _comparable(targets: Sequence[_T], group: Sequence[int]) -> Iterable[Sequence[int]]:
    """The group's targets that may be alike: of many with one value (100%) those that are called the same."""
    if len(group) <= _MANY:
        return (group,)
    called: dict[str, list[int]] = {}
    for i in group:
        called.setdefault("".join(c for c in targets[i].indicator if c.isalnum()), []).append(i)
    return (some for some in called.values() if 1 < len(some) <= _MANY)


def _same_work(one: Target | ProposedTarget, other: Target | ProposedTarget, texts: Mapping[str, str]) -> bool:
    return (
        one.task != other.task
        and containment(one.indicator, other.indicator) >= _SAME_INDICATOR
        and containment(texts.get(one.task, ""), texts.get(other.task, "")) >= _SAME_TEXT
    )


def containment(one: str, other: str) -> float:
    """How much of the shorter text's bigrams the other has, 0 to 1; punctuation and space do not count."""
    a, b = _bigrams(one), _bigrams(other)
    small = min(len(a), len(b))
    return len(a & b) / small if small else 0.0


def _bigrams(text: str) -> frozenset[str]:
    letters = [c for c in text if c.isalnum()]
    return frozenset(a + b for a, b in itertools.pairwise(letters))
