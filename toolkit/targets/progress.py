"""Confirmed targets and the figures to date -> how far they are, against 序时, and what does not fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from toolkit.model import Round, Task
from toolkit.rates import rounded
from toolkit.targets.quantities import tidy
from toolkit.targets.targets import Target, TargetKey

Figures = Mapping[TargetKey, Mapping[str, Decimal]]
"""What was reported: target -> round key -> the sum to date, in the target's own unit."""

KEPT, EXCEEDED = "控制在目标内", "超出控制目标"
REACHED, SHORT, MISSED = "达到目标", "未达到目标", "到期未达到目标"
"""How a level stands, which no 序时 is held against."""

_HUNDRED = Decimal(100)


class Light(StrEnum):
    GREEN = "绿"
    YELLOW = "黄"
    RED = "红"
    GREY = "灰"  # no figure, or nothing to hold it against


@dataclass(frozen=True, slots=True)
class PaceLimits:
    """When a target counts as behind; offices set their own."""

    quarters: tuple[Decimal, Decimal, Decimal, Decimal] = (Decimal(25), Decimal(50), Decimal(75), Decimal(100))
    yellow: Decimal = Decimal(10)  # from so many points behind 序时
    red: Decimal = Decimal(30)  # when more than so many points behind
    ahead: Decimal = Decimal(10)  # 超序时 from so many points ahead
    unmet_is_overdue: bool = True  # short of the target when the whole year is over: red, however little is missing

    def expected(self, round_key: str) -> Decimal | None:
        """序时 at the end of a round, in per cent: 2023Q2 and 2023H1 -> 50, 2023Y -> 100, 2023M2 -> 16.67; None for a
        key that names no time."""
        m = re.fullmatch(r"\d{4}-?(?:Q([1-4])|H([12])|M(0?[1-9]|1[0-2])|Y)", round_key.strip().upper())
        if m is None:
            return None
        if m[3]:
            quarter, months = divmod(int(m[3]), 3)
            ends = (Decimal(0), *self.quarters)
            rest = (ends[min(quarter + 1, 4)] - ends[quarter]) * months / 3
            return (ends[quarter] + rest).quantize(Decimal("0.01"))
        return self.quarters[(int(m[2]) * 2 if m[2] else int(m[1] or 4)) - 1]


@dataclass(frozen=True, slots=True)
class Progress:
    """How one target stands in one round."""

    target: Target
    round: str  # key
    figure: Decimal | None
    percent: Decimal | None  # done / target, two decimals
    expected: Decimal | None  # 序时
    light: Light
    state: str  # one word, of one light; "" where there is no figure
    sentence: str


@dataclass(frozen=True, slots=True)
class TargetFinding:
    """Figures that do not fit, for a person to look at."""

    code: str  # fell_below, shared_differ, percent_differs, prose_differs, said_done
    task: str  # task key
    indicator: str  # "" where no target is meant
    round: str  # key
    message: str  # without its full stop
    remedy: str
    other: TargetKey | None = None  # the other one, where two do not agree


def measure(
    targets: Iterable[Target],
    figures: Figures,
    round_key: str,
    limits: PaceLimits | None = None,
    overdue: Collection[TargetKey] = (),
) -> tuple[Progress, ...]:
    """Every target's standing in a round.  `overdue`: targets whose own date is past."""
    limits = limits or PaceLimits()
    return tuple(
        _standing(t, figures.get(t.key, {}).get(round_key), round_key, limits, t.key in overdue) for t in targets
    )


def _standing(target: Target, figure: Decimal | None, round_key: str, limits: PaceLimits, overdue: bool) -> Progress:
    expected = limits.expected(round_key)

    def standing(percent: Decimal | None, light: Light, state: str, sentence: str) -> Progress:
        return Progress(target, round_key, figure, percent, expected, light, state, sentence)

    goal = f"目标{_sign(target)}{written(target.value)}{target.unit}"
    if figure is None:
        return standing(None, Light.GREY, "", f"没有填报数，{goal}。")
    done = f"{written(figure)}{target.unit}"
    if target.direction == "≤":
        kept = figure <= target.value
        state, light = (KEPT, Light.GREEN) if kept else (EXCEEDED, Light.RED)
        return standing(None, light, state, f"现为{done}，{goal}，{'未超过' if kept else '已超过'}。")
    if target.level:
        met = figure >= target.value
        over = overdue or (expected is not None and expected >= _HUNDRED and limits.unmet_is_overdue)
        light, state = (Light.GREEN, REACHED) if met else (Light.RED, MISSED) if over else (Light.YELLOW, SHORT)
        return standing(None, light, state, f"现为{done}，{goal}，{'已' if met else '未'}达到。")
    if target.value <= 0:
        return standing(None, Light.GREY, "算不出完成率", f"累计{done}，{goal}：目标值不是正数，算不出完成率。")
    percent = _percent(figure, target.value)
    said = f"累计{done}，{goal}，完成{written(percent)}%"
    if figure >= target.value:
        state = "已完成" if figure == target.value else "超额完成"
        return standing(percent, Light.GREEN, state, f"{said}，{state}。")
    if overdue or (expected is not None and expected >= _HUNDRED and limits.unmet_is_overdue):
        return standing(percent, Light.RED, "未完成", f"{said}，已到期未完成。")
    if expected is None:
        return standing(percent, Light.GREY, "推进中", f"{said}。")
    behind = expected - figure / target.value * _HUNDRED
    if behind > limits.red:
        light, state = Light.RED, "严重滞后"
    elif behind >= limits.yellow:
        light, state = Light.YELLOW, "滞后"
    else:  # a little behind is no 滞后, nor has it reached the pace
        light = Light.GREEN
        state = "超序时" if -behind >= limits.ahead else "达序时" if behind <= 0 else "基本达序时"
    points = written(abs(expected - percent))
    pace = "与序时持平" if behind == 0 else f"{'低' if behind > 0 else '高'}于序时{points}个百分点"
    return standing(percent, light, state, f"{said}，{pace}（序时{written(expected)}%）。")


def check_figures(
    targets: Sequence[Target], figures: Figures, rounds: Sequence[Round], tasks: Iterable[Task]
) -> tuple[TargetFinding, ...]:
    """Sums to date that fell below an earlier round's, and different figures for work that tasks share.

    `rounds` in the order of time; only those that figures name count.
    """
    labels = {t.key: f"第{t.no}项" for t in tasks}
    found: list[TargetFinding] = []
    for target in targets:
        found += _fallen(target, figures.get(target.key, {}), rounds, labels)
    found += _differing({t.key: t for t in targets}, figures, rounds, labels)
    return tuple(found)


def _fallen(
    target: Target, reported: Mapping[str, Decimal], rounds: Sequence[Round], labels: Mapping[str, str]
) -> Iterable[TargetFinding]:
    if target.level:
        return
    last: tuple[Round, Decimal] | None = None
    for r in rounds:
        figure = reported.get(r.key)
        if figure is None:
            continue
        if last is not None and figure < last[1]:
            unit = target.unit
            yield TargetFinding(
                "fell_below", target.task, target.indicator, r.key,
                f"{labels.get(target.task, target.task)}“{target.indicator}”{r.name}累计数{written(figure)}{unit}，"
                f"比{last[0].name}的{written(last[1])}{unit}还少{written(last[1] - figure)}{unit}",
                "核对这次填的是累计数还是当季数；如果上次报多了，请处室说明。",
            )  # fmt: skip
        last = (r, figure)


def _differing(
    targets: Mapping[TargetKey, Target], figures: Figures, rounds: Sequence[Round], labels: Mapping[str, str]
) -> Iterable[TargetFinding]:
    pairs = dict.fromkeys(
        (key, other)
        for key, target in targets.items()
        for other in target.shared_with
        if other in targets and (key < other or key not in targets[other].shared_with)
    )
    for r in rounds:
        for one, other in pairs:
            a, b = targets[one], targets[other]
            x, y = figures.get(one, {}).get(r.key), figures.get(other, {}).get(r.key)
            if x is None or y is None or _plain(a, x) == _plain(b, y):
                continue
            first, second = labels.get(a.task, a.task), labels.get(b.task, b.task)
            yield TargetFinding(
                "shared_differ", a.task, a.indicator, r.key,
                f"{first}和{second}是同一项工作（{a.indicator}），{r.name}的数却不一致："
                f"{first}报{written(x)}{a.unit}，{second}报{written(y)}{b.unit}",
                f"请牵头处室统一口径，{first}和{second}填同一个累计数。", other,
            )  # fmt: skip


def _plain(target: Target, figure: Decimal) -> Decimal:
    scale = target.plain[0] / target.value if target.value else Decimal(1)
    return figure * scale


def _sign(target: Target) -> str:
    return target.direction if target.direction in ("≥", "≤") else ""


def _percent(figure: Decimal, of: Decimal) -> Decimal:
    return tidy(rounded(figure / of * _HUNDRED, Decimal("0.01")))


def written(value: Decimal) -> str:
    """A number as people write it: 2500, 64.3."""
    return f"{tidy(value):f}"
