"""Who has reported, on time, late, missing, due soon.  Pure: tables in, states out.

Completeness and timeliness are DHIS2's data set report rates: reports received / expected, and
received on time / expected (DHIS2 user guide, "Reporting rate summary").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from toolkit.calendar import days_late, due_end
from toolkit.model import Office, Receipt, ReportState, Round, Verdict

Ruling = datetime | str
"""What a person wrote into a cell of 报送情况: the day a report came on paper, or 免报."""


@dataclass(frozen=True, slots=True)
class DivisionStatus:
    division: str
    state: ReportState
    tasks: int  # how many rows it owes
    received: datetime | None = None  # first accepted report
    days_late: int = 0  # so far, where nothing was accepted
    receipts: tuple[Receipt, ...] = ()  # all of this round, oldest first

    @property
    def accepted(self) -> bool:
        return self.state in (ReportState.ON_TIME, ReportState.LATE)


@dataclass(frozen=True, slots=True)
class RoundStatus:
    round: Round
    divisions: tuple[DivisionStatus, ...]

    @property
    def expected(self) -> int:
        return sum(d.state is not ReportState.EXEMPT for d in self.divisions)

    @property
    def accepted(self) -> int:
        return sum(d.accepted for d in self.divisions)

    @property
    def on_time(self) -> int:
        return sum(d.state is ReportState.ON_TIME for d in self.divisions)

    @property
    def completeness(self) -> float | None:
        """Accepted / owed; None where nobody owes anything."""
        return self.accepted / self.expected if self.expected else None

    @property
    def timeliness(self) -> float | None:
        """Accepted on time / owed; None where nobody owes anything."""
        return self.on_time / self.expected if self.expected else None

    @property
    def needs_a_person(self) -> bool:
        return any(
            d.state in (ReportState.MISSING, ReportState.RETURNED, ReportState.HELD) for d in self.divisions
        )


def track(
    office: Office,
    receipts: Iterable[Receipt],
    now: datetime,
    zone: tzinfo,
    rulings: Mapping[tuple[str, str], Ruling] | None = None,
) -> tuple[RoundStatus, ...]:
    """How every division stands in every round at `now`.

    `rulings`: (division, round key) -> what a person wrote into 报送情况, which wins over receipts.
    """
    rulings = rulings or {}
    by_round: dict[tuple[str, str], list[Receipt]] = {}
    for r in sorted(receipts, key=lambda r: r.no):
        by_round.setdefault((r.division, r.round), []).append(r)
    return tuple(
        RoundStatus(
            round_,
            tuple(
                _division(
                    name,
                    round_,
                    len(tasks),
                    tuple(by_round.get((name, round_.key), ())),
                    rulings.get((name, round_.key)),
                    now,
                    zone,
                )
                for name, tasks in office.owed(round_).items()
            ),
        )
        for round_ in office.rounds
    )


def _division(
    name: str,
    round_: Round,
    tasks: int,
    receipts: tuple[Receipt, ...],
    ruling: Ruling | None,
    now: datetime,
    zone: tzinfo,
) -> DivisionStatus:
    if isinstance(ruling, str):
        return DivisionStatus(name, ReportState.EXEMPT, tasks, receipts=receipts)
    received = ruling or first_accepted(receipts)
    if received is not None:
        late = days_late(received, round_, zone)
        state = ReportState.LATE if late else ReportState.ON_TIME
        return DivisionStatus(name, state, tasks, received, late, receipts)
    overdue = days_late(now, round_, zone)
    last = receipts[-1].verdict if receipts else None
    if last is Verdict.RETURNED:
        state = ReportState.RETURNED
    elif last is Verdict.HELD:
        state = ReportState.HELD
    elif now >= due_end(round_, zone):
        state = ReportState.MISSING
    elif now >= due_end(round_, zone) - timedelta(days=round_.remind_days + 1):
        state = ReportState.DUE_SOON
    else:
        state = ReportState.NOT_DUE
    return DivisionStatus(name, state, tasks, None, overdue, receipts)


def first_accepted(receipts: Iterable[Receipt]) -> datetime | None:
    """When the first accepted report counts as received: a later correction does not make it late."""
    times = [r.counts_from for r in receipts if r.verdict.accepted]
    return min(times, default=None)


def rates_by_division(rounds: Iterable[RoundStatus]) -> dict[str, tuple[int, int, int]]:
    """division -> (expected, accepted, on time) over these rounds."""
    rates: dict[str, tuple[int, int, int]] = {}
    for d in (d for r in rounds for d in r.divisions):
        expected, accepted, on_time = rates.get(d.division, (0, 0, 0))
        rates[d.division] = (
            expected + (d.state is not ReportState.EXEMPT),
            accepted + d.accepted,
            on_time + (d.state is ReportState.ON_TIME),
        )
    return rates
