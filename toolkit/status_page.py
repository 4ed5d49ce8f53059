"""How every division stands, as one page that needs nothing but itself: no network, no scripts.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from typing import Any

from toolkit.calendar import WorkCalendar, due_date, long_date, short_date
from toolkit.master.read import Item
from toolkit.model import AWAITING, Office, ReportState
from toolkit.pace import Shown
from toolkit.placeholders import fill_page
from toolkit.plans import Standing, steps_by_division
from toolkit.rates import percent
from toolkit.targets import Light
from toolkit.tracking import (
    DivisionStatus,
    Rates,
    RoundStatus,
    Upstream,
    UpstreamState,
    by_division,
    by_leader,
    by_section,
    due_rounds,
)

TEMPLATE = "status.html.j2"

_STORED = re.compile(r"（archive/[^（）]*）$")
"""Where a page is kept: nobody who reads this on paper opens it there; `status` tells."""

_UPSTREAM_CLASS = {
    UpstreamState.NOT_DUE: "not_due",
    UpstreamState.DUE_SOON: "due_soon",
    UpstreamState.COMPLETE: "on_time",
    UpstreamState.COMPLETE_LATE: "late",
    UpstreamState.MISSING: "missing",
}
_FEW = 6
"""Rounds whose dates stand in one line on A4 across."""
_LIGHT_CLASS = {Light.GREEN: "on_time", Light.YELLOW: "due_soon", Light.RED: "missing", Light.GREY: "exempt"}


@dataclass(frozen=True, slots=True)
class _Trend:
    """Where the bars of the trend stand, in the picture's own units."""

    width: int
    height: int
    lines: tuple[tuple[float, str], ...]  # y and label
    bars: tuple[tuple[float, float, float, str, str], ...]  # x, y, height, label, class
    names: tuple[tuple[float, str], ...]


def status_page(
    office: Office,
    rounds: Sequence[RoundStatus],
    items: Iterable[Item],
    now: datetime,
    zone: tzinfo,
    template: bytes,
    *,
    calendar: WorkCalendar | None = None,
    targets: Iterable[Shown] = (),
    order: Sequence[str] = (),
    note: str = "",
    name: str = TEMPLATE,
) -> str:
    """Fill a template.

    `rounds`: as `track` gives them at `now`.  `items`: all of 待处理; those that are open are shown.
    `targets`: as `pace.shown` gives them.  `order`: how the divisions stand below each other, else as in 处室.
    `note`: why it may not be all.
    Raises as `fill_page` does.
    """
    return fill_page(template, _context(office, rounds, items, now, zone, calendar, targets, order, note), name)


def _context(
    office: Office,
    rounds: Sequence[RoundStatus],
    items: Iterable[Item],
    now: datetime,
    zone: tzinfo,
    calendar: WorkCalendar | None,
    targets: Iterable[Shown],
    order: Sequence[str],
    note: str,
) -> dict[str, Any]:
    calendar = calendar or WorkCalendar()
    local = now.astimezone(zone)
    place = {name: i for i, name in enumerate(order or [d.name for d in office.divisions])}
    names = sorted(
        dict.fromkeys(d.division for r in rounds for d in r.divisions), key=lambda n: place.get(n, len(place))
    )
    number = {n: i for i, n in enumerate(names, start=1)}
    judged = due_rounds(rounds, now, zone)
    rates = {r.name: r for r in by_division(judged)}
    open_items = [i for i in items if i.key and not i.result.startswith("已")]
    return {
        "title": f"{office.year}年{office.organisation}目标任务报送情况",
        "note": note,
        "made": f"{long_date(local.date())}{local:%H:%M}",
        "counts": [*_counts(rounds, len(open_items)), *_closed(office)],
        "rounds": [_column(r, calendar) for r in rounds],
        "many": len(rounds) > _FEW,
        "name_width": _name_width(names, 230 if len(rounds) <= _FEW else 150),
        "rows": [
            {
                "division": n,
                "leader": next(d.leader for r in rounds for d in r.divisions if d.division == n),
                "cells": [_cell(r, n, number[n], zone) for r in rounds],
                "rate": percent(rates[n].timeliness) if n in rates else "—",
            }
            for n in names
        ],
        "legend": [{"sign": s.sign, "label": s.label, "class": str(s)} for s in ReportState],
        "items": [
            {"no": i.no, "kind": i.kind, "place": i.place, "problem": i.problem, "advice": i.advice} for i in open_items
        ],
        "trend": _trend(judged),
        "plans": {
            "names": [s.label for s in Standing],
            "rows": [
                {"name": name, "numbers": [n.get(s, 0) for s in Standing], "late": bool(n.get(Standing.OVERDUE))}
                for name, n in steps_by_division(office, local.date(), names).items()
            ],
        },
        "targets": [{**asdict(t), "class": _LIGHT_CLASS[t.light]} for t in targets],
        "groups": [
            {"name": title, "rows": [_rate_row(r) for r in group]}
            for title, group in (("按分管领导", by_leader(judged)), ("按任务类别", by_section(judged)))
            if group
        ],
        "files": [
            {
                "id": f"f-{r.round.key}-{number[d.division]}",
                "name": f"{r.round.name}　{d.division}",
                "state": f"{d.state.sign} {d.label}",
                "class": str(d.state),
                "resubmissions": d.resubmissions,
                "files": [
                    {
                        "name": f.name,
                        "received": f"{f.received.astimezone(zone):%Y-%m-%d %H:%M}",
                        "verdict": f.verdict.label,
                        "reason": "；".join([f.reason.partition("\n")[0], *(_STORED.sub("", p) for p in f.pages)]),
                    }
                    for f in d.receipts
                ],
            }
            for r in rounds
            for d in r.divisions
            if d.receipts
        ],
    }


def _counts(rounds: Iterable[RoundStatus], open_items: int) -> list[dict[str, object]]:
    states = [d.state for r in rounds for d in r.divisions]
    return [
        {"name": s.label, "number": states.count(s), "class": str(s)}
        for s in (ReportState.MISSING, ReportState.DUE_SOON, ReportState.RETURNED, ReportState.HELD)
    ] + [{"name": "待处理事项", "number": open_items, "class": "items"}]


def _closed(office: Office) -> Iterable[dict[str, object]]:
    """How many tasks are closed (销号), once one is."""
    if closed := sum(t.closed is not None for t in office.tasks):
        yield {"name": "已销号任务", "number": f"{closed}/{len(office.tasks)}", "class": str(ReportState.ON_TIME)}


def _name_width(names: Iterable[str], most: int) -> int:
    """Pixels of the column of divisions: the longest name in two lines, if that leaves the rounds their room."""
    return max(116, min(7 * max(map(len, names), default=0) + 30, most))


def _column(r: RoundStatus, calendar: WorkCalendar) -> dict[str, object]:
    due = due_date(r.round.due, r.round.rolling, calendar)
    return {
        "key": r.round.key,
        "name": r.round.name,
        "kind": str(r.round.kind),
        "due": str(r.round.due),
        "note": due.note,
        "expected": r.expected,
        "accepted": r.accepted,
        "on_time": r.on_time,
        "upstream": _upstream(r.upstream) if r.upstream else None,
    }


def _upstream(u: Upstream) -> dict[str, str]:
    detail = f"，还差{'、'.join(u.outstanding)}" if u.outstanding and u.state is UpstreamState.MISSING else ""
    if u.state is UpstreamState.DUE_SOON:
        detail = f"，还有{u.days_left}天，差{len(u.outstanding)}个处室"
    return {"due": short_date(u.due), "label": f"{u.state}{detail}", "class": _UPSTREAM_CLASS[u.state]}


def _cell(r: RoundStatus, division: str, number: int, zone: tzinfo) -> dict[str, object] | None:
    d = next((d for d in r.divisions if d.division == division), None)
    if d is None:
        return None
    return {
        "sign": d.state.sign,
        "label": d.label,
        "class": str(d.state),
        "details": list(_details(d, zone)),
        "link": f"f-{r.round.key}-{number}" if d.receipts else "",
    }


def _details(d: DivisionStatus, zone: tzinfo) -> Iterable[str]:
    if d.received:
        yield f"{d.received.astimezone(zone):{'%m-%d' if d.by_day else '%m-%d %H:%M'}}"
    if d.days_late and d.state is not ReportState.EXEMPT:
        yield f"逾期{d.days_late}天"
    if d.unapproved:
        yield AWAITING
    if d.extended:
        yield f"延期至{short_date(d.extended)}"
    if d.unreported:
        yield f"第{'、'.join(map(str, d.unreported))}项没有报"


def _rate_row(r: Rates) -> dict[str, object]:
    return {
        "name": r.name or "（未填写）",
        "expected": r.expected,
        "accepted": r.accepted,
        "on_time": r.on_time,
        "completeness": percent(r.completeness),
        "timeliness": percent(r.timeliness),
    }


def _trend(rounds: Sequence[RoundStatus]) -> _Trend | None:
    """按时率 and 完整率 of the rounds that are due, a pair of bars each."""
    shown = [r for r in rounds if r.expected]
    if not shown:
        return None
    left, top, high, step, wide = 46, 22, 150, 110, 34
    bars: list[tuple[float, float, float, str, str]] = []
    names: list[tuple[float, str]] = []
    for i, r in enumerate(shown):
        x = left + 18 + i * step
        names.append((x + wide + 2, r.round.name))
        for offset, value, kind in ((0, r.timeliness or 0.0, "timely"), (wide + 4, r.completeness or 0.0, "complete")):
            height = round(value * high, 1)
            bars.append((x + offset, round(top + high - height, 1), height, percent(value), kind))
    lines = tuple((round(top + high * (1 - n / 4), 1), f"{n * 25}%") for n in range(5))
    return _Trend(left + 18 + len(shown) * step, top + high + 34, lines, tuple(bars), tuple(names))
