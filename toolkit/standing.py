"""The master as read -> how every division stands in every round.  Pure."""

from __future__ import annotations

from datetime import datetime, tzinfo

from toolkit.master import schema
from toolkit.master.read import Master
from toolkit.master.waiting import WAITING
from toolkit.merge import is_ours
from toolkit.model import Receipt
from toolkit.tracking import RoundStatus, Ruling, track


def standing(master: Master, now: datetime) -> tuple[RoundStatus, ...]:
    """`track` over the master's receipts, with what people wrote into 报送情况."""
    return track(master.office, master.receipts, now, master.zone, rulings(master))


def rulings(master: Master) -> dict[tuple[str, str], Ruling]:
    """What people, not annex2, wrote into the cells of 报送情况: 免报, or the day a report came on paper."""
    by_form: dict[tuple[str, str], list[Receipt]] = {}
    for r in master.receipts:
        by_form.setdefault((r.division, r.round), []).append(r)
    found: dict[tuple[str, str], Ruling] = {}
    for cell, value in master.tracker.items():
        if is_ours(value, by_form.get(cell, ()), WAITING):
            continue
        if isinstance(value, datetime):
            found[cell] = value
        elif isinstance(value, str) and value.strip() == schema.EXEMPT:
            found[cell] = schema.EXEMPT
    return found


def moment(now: datetime | None, zone: tzinfo) -> datetime:
    """The run's time in the office's zone, in whole seconds."""
    return (datetime.now(zone) if now is None else now.replace(tzinfo=zone)).replace(microsecond=0)
