"""Confirmed targets and the figures reported -> how each stands, and what does not fit: for every place that shows it.

Pure.  What is shown is the latest round that has a figure; a later round that is due and has none makes it grey, but
for a task that was closed (销号), of which nothing more is asked, or that was added behind that round.

Figures of any round that do not fit each other are told as long as they stand: a later report does not mend them.
What a text says is held against the figures of the round that is shown alone: the next text takes its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from toolkit import rates
from toolkit.model import Office, Round, Task, plain
from toolkit.rates import rounded
from toolkit.targets import (
    Light,
    PaceLimits,
    Progress,
    Target,
    TargetFinding,
    TargetKey,
    check_figures,
    check_prose,
    check_said,
    measure,
)
from toolkit.targets.progress import EXCEEDED, KEPT, MISSED, REACHED, SHORT, written

_FIGURE = re.compile(r"[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)")
_MOST_DIGITS = 20

_DONE, _ON_PACE, NO_FIGURE = "完成（含超额）", "跟上序时", "没有填报数"
COUNTED = {
    "超额完成": _DONE,
    "已完成": _DONE,
    REACHED: REACHED,
    KEPT: KEPT,
    "超序时": _ON_PACE,
    "达序时": _ON_PACE,
    "基本达序时": _ON_PACE,
    "滞后": "滞后",
    SHORT: SHORT,
    "严重滞后": "严重滞后",
    "未完成": "到期未完成",
    MISSED: MISSED,
    EXCEEDED: EXCEEDED,
    "推进中": "推进中",
    "算不出完成率": "算不出完成率",
    "": NO_FIGURE,
}
"""How a state is named where targets are counted, in the order of that sentence."""
SIGNS = {Light.GREEN: "✓", Light.YELLOW: "！", Light.RED: "✗", Light.GREY: "－"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One target as it stands."""

    progress: Progress
    round: Round | None  # the one whose figure is told; None where there is none yet
    before: tuple[tuple[Round, Decimal], ...] = ()  # the earlier rounds' figures
    notes: tuple[str, ...] = ()  # what does not fit

    @property
    def target(self) -> Target:
        return self.progress.target

    @property
    def rate(self) -> float | None:
        """完成率 for a cell, 1 for the whole."""
        return None if self.progress.percent is None else rates.shown(float(self.progress.percent / 100))

    @property
    def sign(self) -> str:
        """Colours are never the only sign."""
        return SIGNS[self.progress.light]

    @property
    def words(self) -> str:
        """进度: 黄 滞后（第二季度，序时50%）."""
        p = self.progress
        if self.round is None:
            return f"{p.light} {NO_FIGURE}"
        if p.figure is None:
            return f"{p.light} {self.round.name}{NO_FIGURE}"
        pace = f"，序时{written(p.expected)}%" if p.expected is not None and not p.target.level else ""
        return f"{p.light} {p.state}（{self.round.name}{pace}）"

    @property
    def done(self) -> str:
        """64/80 个; — for a figure that is not there."""
        p = self.progress
        figure = "—" if p.figure is None else written(p.figure)
        return f"{figure}/{written(p.target.value)}{p.target.unit}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A target as tables show it."""

    task: str  # task key
    no: str  # 序号, with its star
    division: str
    indicator: str
    goal: str  # ≥2000户
    done: str  # 620户; the last figure with its round where this round has none, — where there never was any
    percent: str  # 31%
    rate: float | None
    light: Light
    sign: str
    pace: str  # 达序时（第一季度，序时25%）
    notes: tuple[str, ...]
    counted: str  # one of COUNTED's names


def tally(found: Iterable[tuple[Light, str]]) -> Iterable[tuple[Light, str, int]]:
    """How many targets of each light and `counted` there are, in the order of COUNTED."""
    numbers = Counter(found)
    order = list(dict.fromkeys(COUNTED.values()))
    for light, name in sorted(numbers, key=lambda c: order.index(c[1])):
        yield light, name, numbers[light, name]


def shown(found: Iterable[Standing], office: Office, day: date) -> tuple[Shown, ...]:
    """Standings in words, in the order of the tasks, with who answers for them on `day`.

    Of a 配合任务 no form asks for figures: it is shown where somebody wrote one.
    """
    known = {t.key: (n, t) for n, t in enumerate(office.tasks)}
    rows = []
    for s in sorted(found, key=lambda s: known[s.target.task][0]):
        p, target, task = s.progress, s.target, known[s.target.task][1]
        if not task.starred and p.figure is None and not s.before:
            continue
        sign = target.direction if target.direction in ("≥", "≤") else ""
        done = f"{written(p.figure)}{target.unit}" if p.figure is not None else "—"
        if p.figure is None and s.before:
            done = f"{written(s.before[-1][1])}{target.unit}（{s.before[-1][0].name}）"
        rows.append(
            Shown(
                task.key,
                task.label,
                office.lead_on(task.division, day),
                target.indicator,
                f"{sign}{written(target.value)}{target.unit}",
                done,
                "" if p.percent is None else f"{written(rounded(p.percent))}%",
                s.rate,
                p.light,
                s.sign,
                s.words.partition(" ")[2],
                s.notes,
                COUNTED[p.state],
            )
        )
    return tuple(rows)


def parse_figure(text: str) -> Decimal | None:
    """A bare number, also below zero, with commas and in full width; None for anything else."""
    folded = plain(text)
    if not _FIGURE.fullmatch(folded) or len(folded) > _MOST_DIGITS:
        return None
    try:
        return Decimal(folded.replace(",", "").replace("−", "-"))
    except InvalidOperation:  # pragma: no cover  the pattern lets none through
        return None


def standings(
    targets: Sequence[Target],
    figures: Mapping[tuple[TargetKey, str], str],
    texts: Mapping[tuple[str, str], str],
    tasks: Sequence[Task],
    rounds: Sequence[Round],
    limits: PaceLimits,
    due: Iterable[str] = (),
) -> tuple[Standing, ...]:
    """How every target stands.

    `figures`: (target, round key) -> the sum to date as it stands; `texts`: (task key, round key) -> 完成情况.
    `rounds`: those that collect figures, in the order of time; `due`: the keys of those that are past.
    """
    numbers: dict[TargetKey, dict[str, Decimal]] = {}
    may_fall = {t.key for t in targets if t.level}
    for (key, round_key), text in figures.items():
        if (value := parse_figure(text)) is not None and (value >= 0 or key in may_fall):
            numbers.setdefault(key, {})[round_key] = value
    findings = check_figures(targets, numbers, rounds, tasks)
    by_target: dict[TargetKey, list[TargetFinding]] = {}
    for f in findings:
        for meant in (TargetKey(f.task, f.indicator), *([f.other] if f.other else [])):
            by_target.setdefault(meant, []).append(f)
    own: dict[str, list[Target]] = {}
    for t in targets:
        own.setdefault(t.task, []).append(t)
    place = {r.key: i for i, r in enumerate(rounds)}
    past = set(due)
    closed = {t.key for t in tasks if t.closed}
    since = {t.key: t.since for t in tasks if t.since}
    said: dict[tuple[str, str], tuple[TargetFinding, ...]] = {}
    found = []
    for target in targets:
        reported = numbers.get(target.key, {})
        with_figure = [r for r in rounds if r.key in reported]
        told = with_figure[-1] if with_figure else None
        asked = () if target.task in closed else [r for r in rounds if since.get(target.task, r.due) <= r.due]
        later = [r for r in asked if r.key in past and (told is None or place[r.key] > place[told.key])]
        shown = later[-1] if later else told
        (progress,) = measure([target], {target.key: reported}, shown.key if shown else "", limits)
        notes = list(by_target.get(target.key, ()))
        for round_key in dict.fromkeys(r.key for r in (told, shown) if r):
            cell = (target.task, round_key)
            if cell not in said:
                text, held = texts.get(cell, ""), own[target.task]
                sums = {t.indicator: n[round_key] for t in held if round_key in (n := numbers.get(t.key, {}))}
                said[cell] = (*check_prose(held, text, *cell), *check_said(held, text, sums, *cell))
            notes += [f for f in said[cell] if f.indicator in (target.indicator, "")]
        unclear = [
            f"{r.name}累计值“{text[:20]}”{'不是一个数' if parse_figure(text) is None else '是负数'}"
            for r in rounds
            if (text := figures.get((target.key, r.key), "")) and r.key not in reported
        ]
        notes = _latest(sorted(notes, key=lambda f: place[f.round], reverse=True))
        before = tuple((r, reported[r.key]) for r in with_figure if r is not shown)
        messages = dict.fromkeys([*unclear, *(f"{f.message}。" for f in notes)])
        found.append(Standing(progress, shown, before, tuple(messages)))
    return tuple(found)


def _latest(findings: Iterable[TargetFinding]) -> list[TargetFinding]:
    """Of what two targets do not agree on in several rounds the first finding: the next is told once it is mended."""
    kept: dict[object, TargetFinding] = {}
    for n, f in enumerate(findings):
        kept.setdefault((f.code, f.task, f.indicator, f.other) if f.other else n, f)
    return list(kept.values())
