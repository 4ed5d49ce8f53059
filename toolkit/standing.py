"""The master as read -> how every division stands in every round, and every target.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo

from toolkit.calendar import due_end
from toolkit.master import schema
from toolkit.master.read import Master
from toolkit.master.schema import Sheet
from toolkit.master.waiting import WAITING
from toolkit.merge import is_ours
from toolkit.model import Office, by_form, in_order
from toolkit.pace import Shown, Standing, shown, standings
from toolkit.tracking import RoundStatus, Ruling, track


def standing(master: Master, now: datetime) -> tuple[RoundStatus, ...]:
    """`track` over the master's receipts, with what people wrote into 报送情况.

    The rounds in the order of time, wherever their rows and columns came to stand; divisions as in 报送情况.
    """
    office = office_in_order(master, now.date())
    place = {name: n for n, name in enumerate(order_of_divisions(master))}
    return tuple(
        replace(r, divisions=tuple(sorted(r.divisions, key=lambda d: place.get(d.division, len(place)))))
        for r in track(office, master.receipts, now, master.zone, rulings(master), master.status)
    )


def order_of_divisions(master: Master) -> tuple[str, ...]:
    """As the rows of 报送情况 stand, which people sort; then those of 处室 that it has not."""
    rows = master.layouts[Sheet.TRACKER].rows
    return tuple(dict.fromkeys((*sorted(rows, key=lambda n: rows[n]), *(d.name for d in master.office.divisions))))


def office_of(master: Master, today: date) -> Office:
    """The office, with today as 加入日期 or 销号日期 of tasks that were added or closed and that no run has dated."""
    added, closed = master.newly_added, master.newly_closed
    if not added and not closed:
        return master.office
    tasks = (replace(t, since=today) if t.key in added else t for t in master.office.tasks)
    return replace(master.office, tasks=tuple(replace(t, closed=today) if t.key in closed else t for t in tasks))


def office_in_order(master: Master, today: date) -> Office:
    """`office_of`, with its rounds in the order of time."""
    office = office_of(master, today)
    return replace(office, rounds=tuple(in_order(office.rounds)))


def paces(
    master: Master,
    now: datetime | None = None,
    figures: Mapping[tuple[str, str], str] | None = None,
    texts: Mapping[tuple[str, str], str] | None = None,
) -> tuple[Standing, ...]:
    """How every confirmed target stands.  `now`: a round that is past and has no figure counts as one without.

    `figures` (by key of a row of 指标 and round) and `texts`: as they will stand, where not as in the master.
    """
    indicators = master.indicators
    office = master.office if now is None else office_of(master, now.date())
    targets = {r.key: r.target for r in indicators.rows if r.target}
    held = indicators.figures if figures is None else figures
    return standings(
        tuple(targets.values()),
        {(targets[key].key, round_): text for (key, round_), text in held.items() if key in targets},
        master.status if texts is None else texts,
        office.tasks,
        indicators.rounds,
        master.limits,
        (r.key for r in indicators.rounds if now is not None and now >= due_end(r, master.zone)),
    )


def targets_shown(master: Master, now: datetime) -> tuple[Shown, ...]:
    """The confirmed targets as tables show them."""
    return shown(paces(master, now), master.office, now.date())


def rulings(master: Master) -> dict[tuple[str, str], Ruling]:
    """What people, not annex2, wrote into the cells of 报送情况: 免报, or the day a report came on paper."""
    came = by_form(master.receipts)
    found: dict[tuple[str, str], Ruling] = {}
    for cell, value in master.tracker.items():
        if is_ours(value, came.get(cell, ()), WAITING):
            continue
        if isinstance(value, datetime):
            found[cell] = value
        elif isinstance(value, str) and value.strip() == schema.EXEMPT:
            found[cell] = schema.EXEMPT
    return found


def moment(now: datetime | None, zone: tzinfo) -> datetime:
    """The run's time in the office's zone, in whole seconds."""
    return (datetime.now(zone) if now is None else now.replace(tzinfo=zone)).replace(microsecond=0)
