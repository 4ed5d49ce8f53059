"""The prose of 完成情况 and a task's confirmed targets -> the sums to date that it seems to report, and what is off.

Careful before complete: where two figures could be meant, none is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from toolkit.language import tr
from toolkit.targets.done import says_done
from toolkit.targets.progress import TargetFinding, written
from toolkit.targets.quantities import Quantity, Role, base_unit, find_quantities, tidy
from toolkit.targets.targets import Target, containment

_ALIKE = 0.6  # of the bigrams of the shorter name

_FINISHED = re.compile(
    r"完成|建成|建好|已建|已改|竣工|完工|投入运营|投入使用|交付|到位|累计|开业|挂牌|入库|达到|实现|已为|已配|"
    r"已培育|已筹集|已支持|已提高|全部"
)
_MADE = re.compile(r"新建|新增|改造|配[备置]|适配|筹集|培育|提升|提高|打造|支持|创建")
_NOT_YET = re.compile(
    r"正在|推进|有序|尚未|未(?!成年)|没有|在建|开工|动工|评估|摸排|排查|确定|签订|签约|入户|立项|选址|申请|"
    r"受理|登记|上报|申报|"
    r"拟|计划|预计|力争|确保|招标|采购|设计|启动|招募|公示|评审|筛选|下达|分解|分配|覆盖|惠及|涉及|走访|培训|"
    r"发放|投入资金|"
    r"现有|原有|去年|上年|取消|注销|封顶|进场|施工|验收通过率|宣传|调研|督导|检查|整改"
)
_SUM = re.compile(r"累计|截[至止]|总计|共计|合计")
_AND = re.compile("[、和及与]")
_QUOTED = 30
"""Characters of a sentence that a note quotes."""
_SENTENCE_END = re.compile(r"[。；;！!？?\n\r]")


@dataclass(frozen=True, slots=True)
class ProposedFigure:
    """A sum to date as the prose seems to state it; counts once a person confirmed it."""

    task: str
    indicator: str
    value: Decimal  # in the target's unit
    unit: str
    approx: bool
    words: str  # the clause that it came from
    start: int  # where the number stands in the text
    end: int


def propose_figures(targets: Iterable[Target], text: str) -> tuple[ProposedFigure, ...]:
    """For each of one task's targets, the sum to date found in its 完成情况; none where that is not plain."""
    targets = tuple(targets)
    quantities = find_quantities(text)
    found: list[ProposedFigure] = []
    for target in targets:
        fitting = [q for q in quantities if _belongs(q, target, targets)]
        sums = [q for q in fitting if _SUM.search(q.clause)] or fitting
        if len({q.value for q in sums}) != 1:
            continue
        q = next((s for s in sums if not s.approx), sums[0])
        scale, unit = base_unit(target.unit)
        if not _SUM.search(q.clause) and any(
            later.role is Role.PERIOD and later.start > q.start and base_unit(later.unit)[1] == unit
            for later in quantities
        ):
            continue  # 一季度110户，二季度320户: to add up is a person's business
        found.append(
            ProposedFigure(
                target.task, target.indicator, tidy(q.value / scale), target.unit, q.approx, q.clause, q.start, q.end
            )
        )
    return tuple(found)


def check_prose(targets: Iterable[Target], text: str, task: str, round_key: str) -> tuple[TargetFinding, ...]:
    """Percentages of the target in a 完成情况 that do not follow from the figures beside them.

    Held against the target that the sentence itself restates, else against the confirmed one.  A percentage may be
    rounded or cut off: one unit of its last place is allowed.  Approximate figures are left alone.
    """
    targets = tuple(targets)
    found: list[TargetFinding] = []
    for sentence in _sentences(find_quantities(text), text):
        for stated, done, of, target in _pairs(sentence, targets):
            computed = done.value / of * 100
            if abs(computed - stated.value) <= _allowed(stated):
                continue
            message = tr(
                "“{clause}”写的是{stated}%，按{done}÷{of}算是{computed}%",
                clause=stated.clause,
                stated=written(stated.value),
                done=f"{written(done.value)}{done.unit}",
                of=f"{written(of)}{done.unit}",
                computed=written(computed.quantize(Decimal("0.01"))),
            )
            remedy = "核对完成数、目标数和百分比，改正写错的一个。"
            indicator = target.indicator if target else ""
            found.append(TargetFinding("percent_differs", task, indicator, round_key, message, remedy))
    return tuple(found)


def _belongs(q: Quantity, target: Target, targets: Sequence[Target]) -> bool:
    """Whether a number can only be this target's sum to date."""
    unit = target.plain[1]
    roles = (Role.RATE, Role.INCREASE) if unit in ("%", "‰") else (Role.VALUE,)
    if q.role not in roles or q.upper is not None or base_unit(q.unit)[1] != unit or q.op == "≤":
        return False
    clause = q.clause
    if any(m not in target.indicator for m in _NOT_YET.findall(clause)):
        return False
    if "新增" in clause and "新增" not in target.indicator and not _SUM.search(clause):
        return False  # an increase over the last report, perhaps
    same_unit = [t for t in targets if t.plain[1] == unit]
    value = target.plain[0]
    if not _FINISHED.search(clause) and not (q.value != value and _MADE.search(clause)):
        return False
    if not q.noun:
        return len(same_unit) == 1 and q.value <= 2 * value
    if sum(_is_among(t, q) for t in same_unit) > 1:
        return False  # A、B共64个
    return _names(q, target, len(same_unit) == 1) and not any(
        _names(q, t, sole=False) and _likeness(q, t) >= _likeness(q, target) for t in same_unit if t is not target
    )


def _names(q: Quantity, target: Target, sole: bool) -> bool:
    if len(q.noun) <= 3 and not sole and not target.indicator.endswith(q.noun):
        return False
    return containment(q.noun, target.indicator) >= _ALIKE


def _is_among(target: Target, q: Quantity) -> bool:
    """Whether a target is one of several things that a number counts together."""
    things = _AND.split(q.noun)
    return len(things) > 1 and any(_names(replace(q, noun=n), target, sole=False) for n in things if n)


def _likeness(q: Quantity, target: Target) -> float:
    return containment(q.indicator, target.indicator)


def _sentences(quantities: Sequence[Quantity], text: str) -> Iterable[list[Quantity]]:
    sentence: list[Quantity] = []
    for q in quantities:
        if sentence and _SENTENCE_END.search(text, sentence[-1].end, q.start):
            yield sentence
            sentence = []
        sentence.append(q)
    if sentence:
        yield sentence


def _pairs(
    sentence: Sequence[Quantity], targets: Sequence[Target]
) -> Iterable[tuple[Quantity, Quantity, Decimal, Target | None]]:
    """Each stated percentage with the figure that it is of, and what it is measured against, where that is plain."""
    at = 0
    while at < len(sentence):
        if sentence[at].role is not Role.PCT_OF_TARGET:
            at += 1
            continue
        stop = at
        while stop < len(sentence) and sentence[stop].role is Role.PCT_OF_TARGET:
            stop += 1
        begin = max((i + 1 for i in range(at) if sentence[i].role is Role.PCT_OF_TARGET), default=0)
        before, stated = sentence[begin:at], sentence[at:stop]
        at = stop
        values = [q for q in before if q.role is Role.VALUE]
        if len(stated) > 1:
            if len(values) != len(stated) or "分别" not in stated[0].clause:
                continue
            couples = list(zip(stated, values, strict=True))
        else:
            own = [q for q in values if any(_belongs(q, t, targets) for t in targets)]
            values = own if len(values) > 1 else values
            couples = [(stated[0], values[0])] if len(values) == 1 else []
        for pct, done in couples:
            if pct.approx or done.approx or pct.op != "=" or done.op != "=" or done.upper is not None:
                continue
            restated = [
                q for q in before if q.role is Role.TARGET_RESTATED and base_unit(q.unit)[1] == base_unit(done.unit)[1]
            ]
            if len(restated) == 1 and len(stated) == 1 and restated[0].value > 0:
                yield pct, done, restated[0].value, None
            elif not restated:
                own_targets = [t for t in targets if _belongs(done, t, targets) and t.plain[0] > 0]
                if len(own_targets) == 1:
                    yield pct, done, own_targets[0].plain[0], own_targets[0]


def check_said(
    targets: Iterable[Target], text: str, figures: Mapping[str, Decimal], task: str, round_key: str
) -> tuple[TargetFinding, ...]:
    """Where a 完成情况 states another sum to date than was reported, or says that all is done where that falls short.

    `figures`: the sums reported beside it, by 指标, in the targets' own units.
    """
    targets = tuple(targets)
    found: list[TargetFinding] = []
    for said in propose_figures(targets, text):
        value = figures.get(said.indicator, said.value)
        if value != said.value and not said.approx:
            message = tr(
                "完成情况里写的是{said}，填报的累计值是{value}",
                said=f"{written(said.value)}{said.unit}",
                value=f"{written(value)}{said.unit}",
            )
            remedy = "核对哪一个对，两处写成一样。"
            found.append(TargetFinding("prose_differs", task, said.indicator, round_key, message, remedy))
    if words := says_done(text):
        for target in targets:
            if short(target, figures.get(target.indicator)):
                message = tr(
                    "完成情况写着“{words}”，填报的累计值只有{value}，目标{goal}",
                    words=words if len(words) <= _QUOTED else words[:_QUOTED] + "…",
                    value=f"{written(figures[target.indicator])}{target.unit}",
                    goal=f"{written(target.value)}{target.unit}",
                )
                remedy = "核对累计值；没有完成的，完成情况照实写。"
                found.append(TargetFinding("said_done", task, target.indicator, round_key, message, remedy))
    return tuple(found)


def short(target: Target, figure: Decimal | None) -> bool:
    """Whether a sum to date is less than was promised; a ceiling (≤) cannot be fallen short of."""
    return figure is not None and target.direction != "≤" and figure < target.value


def _allowed(stated: Quantity) -> Decimal:
    if "成" in stated.words:
        return Decimal(5)
    places = re.search(r"[.．点]([\d０-９零〇一二三四五六七八九]+)", stated.words)
    return Decimal(1).scaleb(-len(places[1])) if places else Decimal(1)
