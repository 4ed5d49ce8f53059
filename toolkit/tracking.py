"""Who has reported, on time, late, missing, due soon.  Pure: tables in, states out.

Completeness and timeliness are DHIS2's data set report rates: reports received / expected, and
received on time / expected (DHIS2 user guide, "Reporting rate summary").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from toolkit.calendar import days_late, due_end, in_roll
from toolkit.model import IN_ROLL, Office, Receipt, ReportState, Round, Task, Verdict, last_that_counts, unapproved

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
    leader: str = ""  # 分管领导
    sections: tuple[str, ...] = ()  # 类别 of the tasks that it owes
    extended: date | None = None  # the last day in time, where it was given longer
    rolled: bool = False  # in time only because the due date rolled
    open_tasks: int = 0  # of its rows those that are not closed (销号)
    by_day: bool = False  # `received` is a day that a person wrote, without an hour
    unreported: tuple[int, ...] = ()  # 序号 of tasks that its report does not tell of: those added behind it

    @property
    def accepted(self) -> bool:
        return self.state in (ReportState.ON_TIME, ReportState.LATE)

    @property
    def open(self) -> bool:
        """Nothing stands yet, and its own last day is not over: in a round that is due only where it has longer."""
        states = (ReportState.NOT_DUE, ReportState.DUE_SOON, ReportState.RETURNED)
        return self.state in states and not self.days_late

    @property
    def last(self) -> Receipt | None:
        """The file that its state is from, or else the newest."""
        return last_that_counts(self.receipts) or (self.receipts[-1] if self.receipts else None)

    @property
    def unapproved(self) -> Receipt | None:
        """The report that stands and waits for its leader's approval, if it does."""
        return unapproved(self.receipts) if self.accepted else None

    @property
    def on_paper(self) -> bool:
        """It was reported, and by no file: a person wrote the day into 报送情况."""
        return self.accepted and not any(r.verdict.accepted for r in self.receipts)

    @property
    def label(self) -> str:
        """The state as people read it: 顺延期内 is a word of its own, and on time."""
        return IN_ROLL if self.rolled else self.state.label

    @property
    def resubmissions(self) -> int:
        """How many files came after the first one."""
        return max(0, sum(r.verdict is not Verdict.IGNORED for r in self.receipts) - 1)


class UpstreamState(StrEnum):
    """How the whole of a round stands against 上报截止, the city's date."""

    NOT_DUE = "未到期"
    DUE_SOON = "即将到期"
    COMPLETE = "已收齐"
    COMPLETE_LATE = "收齐时已过上报截止"
    MISSING = "已过上报截止，未收齐"


@dataclass(frozen=True, slots=True)
class Upstream:
    due: date
    state: UpstreamState
    outstanding: tuple[str, ...]  # divisions whose report is wanting
    complete_since: datetime | None = None  # when the last report of all came
    days_left: int = 0  # negative once it is over


@dataclass(frozen=True, slots=True)
class Rates:
    """Reports of one round, division, leader or section."""

    name: str
    expected: int
    accepted: int
    on_time: int

    @property
    def completeness(self) -> float | None:
        """Accepted / owed; None where nobody owes anything."""
        return self.accepted / self.expected if self.expected else None

    @property
    def timeliness(self) -> float | None:
        """Accepted on time / owed; None where nobody owes anything."""
        return self.on_time / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class RoundStatus:
    round: Round
    divisions: tuple[DivisionStatus, ...]
    upstream: Upstream | None = None  # None: the round has no 上报截止

    @property
    def rates(self) -> Rates:
        return _rates(self.round.name, self.divisions)

    @property
    def expected(self) -> int:
        return self.rates.expected

    @property
    def accepted(self) -> int:
        return self.rates.accepted

    @property
    def on_time(self) -> int:
        return self.rates.on_time

    @property
    def completeness(self) -> float | None:
        return self.rates.completeness

    @property
    def timeliness(self) -> float | None:
        return self.rates.timeliness

    @property
    def needs_a_person(self) -> bool:
        return any(d.state in (ReportState.MISSING, ReportState.RETURNED, ReportState.HELD) for d in self.divisions)


def track(
    office: Office,
    receipts: Iterable[Receipt],
    now: datetime,
    zone: tzinfo,
    rulings: Mapping[tuple[str, str], Ruling] | None = None,
    texts: Mapping[tuple[str, str], str] | None = None,
) -> tuple[RoundStatus, ...]:
    """How every division stands in every round at `now`.

    `rulings`: (division, round key) -> what a person wrote into 报送情况, which wins over receipts; 延期 is the
    office's own (`Office.round_for`).  `texts`: (task key, round key) -> 完成情况 as it stands; without it nothing is
    said of single tasks.
    """
    rulings = rulings or {}
    by_round: dict[tuple[str, str], list[Receipt]] = {}
    for r in sorted(receipts, key=lambda r: r.no):
        found = office.division(r.division) if r.division else None
        by_round.setdefault((found.name if found else r.division, r.round), []).append(r)
    statuses = []
    for round_ in office.rounds:
        divisions = tuple(
            _division(
                office,
                name,
                round_,
                tasks,
                tuple(by_round.get((name, round_.key), ())),
                rulings.get((name, round_.key)),
                now,
                zone,
                texts,
            )
            for name, tasks in office.owed(round_).items()
        )
        statuses.append(RoundStatus(round_, divisions, _upstream(round_, divisions, now, zone)))
    return tuple(statuses)


def _division(
    office: Office,
    name: str,
    round_: Round,
    tasks: tuple[Task, ...],
    receipts: tuple[Receipt, ...],
    ruling: Ruling | None,
    now: datetime,
    zone: tzinfo,
    texts: Mapping[tuple[str, str], str] | None,
) -> DivisionStatus:
    own = office.round_for(name, round_)
    found = office.division(name)
    leader = (found.leader if found else "") or office.leader_for(tasks[0], name, round_)

    def status(
        state: ReportState, received: datetime | None = None, late: int = 0, *, rolled: bool = False
    ) -> DivisionStatus:
        sections = tuple(dict.fromkeys(t.section for t in tasks))
        until = own.due if own is not round_ else None
        still = sum(not t.closed_for(own) for t in tasks)
        by_day = received is not None and received == ruling and received.time() == time()
        return DivisionStatus(
            name, state, len(tasks), received, late, receipts, leader, sections, until, rolled, still, by_day
        )

    if isinstance(ruling, str) or (ruling is None and office.exempts(name, round_)):
        return status(ReportState.EXEMPT)
    received = ruling or first_accepted(receipts)
    if received is not None:
        late = days_late(received, own, zone)
        state = ReportState.LATE if late else ReportState.ON_TIME
        done = status(state, received, late, rolled=in_roll(received, own, zone))
        if texts is None or done.on_paper:
            return done
        told = {w.task for r in receipts for w in r.written}
        silent = (t for t in tasks if t.key not in told and not texts.get((t.key, round_.key)))
        return replace(done, unreported=tuple(t.no for t in silent if not t.closed_for(own)))
    last = last_that_counts(receipts)
    if last and last.verdict is Verdict.RETURNED:
        state = ReportState.RETURNED
    elif last and last.verdict is Verdict.HELD:
        state = ReportState.HELD
    elif now >= due_end(own, zone):
        state = ReportState.MISSING
    elif now >= datetime.combine(own.due - timedelta(days=own.remind_days), time(), zone):
        state = ReportState.DUE_SOON
    else:
        state = ReportState.NOT_DUE
    if last is None and all(t.closed_for(own) for t in tasks):  # 销号: nothing is left to report
        state = ReportState.EXEMPT
    return status(state, None, 0 if state is ReportState.EXEMPT else days_late(now, own, zone))


def first_accepted(receipts: Iterable[Receipt]) -> datetime | None:
    """When the first accepted report counts as received: a later correction does not make it late."""
    times = [r.counts_from for r in receipts if r.verdict.accepted]
    return min(times, default=None)


def _upstream(round_: Round, divisions: tuple[DivisionStatus, ...], now: datetime, zone: tzinfo) -> Upstream | None:
    due = round_.upstream_due
    if due is None:
        return None
    owing = [d for d in divisions if d.state is not ReportState.EXEMPT]
    outstanding = tuple(d.division for d in owing if not d.accepted)
    times = [d.received for d in owing if d.received]
    end = datetime.combine(due + timedelta(days=1), time(), zone)
    left = (due - now.astimezone(zone).date()).days
    if not outstanding and times:
        state = UpstreamState.COMPLETE if max(times) < end else UpstreamState.COMPLETE_LATE
        return Upstream(due, state, (), max(times), left)
    if now >= end:
        state = UpstreamState.MISSING if outstanding else UpstreamState.COMPLETE
    else:
        state = UpstreamState.DUE_SOON if left <= round_.remind_days else UpstreamState.NOT_DUE
    return Upstream(due, state, outstanding, None, left)


def _rates(name: str, divisions: Iterable[DivisionStatus]) -> Rates:
    owing = [d for d in divisions if d.state is not ReportState.EXEMPT]
    return Rates(name, len(owing), sum(d.accepted for d in owing), sum(d.state is ReportState.ON_TIME for d in owing))


def due_rounds(rounds: Iterable[RoundStatus], now: datetime, zone: tzinfo) -> tuple[RoundStatus, ...]:
    """Those whose due date is over: only they can be judged."""
    return tuple(r for r in rounds if now >= due_end(r.round, zone))


def awaiting_approval(rounds: Iterable[RoundStatus]) -> dict[str, tuple[tuple[Round, DivisionStatus], ...]]:
    """Reports that came and are not approved, by the leader whose approval is wanting."""
    waiting: dict[str, list[tuple[Round, DivisionStatus]]] = {}
    for r in rounds:
        for d in r.divisions:
            if d.unapproved is not None:
                for leader in d.unapproved.unsigned or (d.leader,):
                    waiting.setdefault(leader, []).append((r.round, d))
    return {leader: tuple(found) for leader, found in waiting.items()}


def by_division(rounds: Iterable[RoundStatus]) -> tuple[Rates, ...]:
    """Over all the rounds given, in order of first appearance."""
    return _grouped((d.division, d) for r in rounds for d in r.divisions)


def by_leader(rounds: Iterable[RoundStatus]) -> tuple[Rates, ...]:
    return _grouped((d.leader, d) for r in rounds for d in r.divisions)


def by_section(rounds: Iterable[RoundStatus]) -> tuple[Rates, ...]:
    """A report counts in every section that it has tasks of."""
    return _grouped((s, d) for r in rounds for d in r.divisions for s in d.sections)


def _grouped(pairs: Iterable[tuple[str, DivisionStatus]]) -> tuple[Rates, ...]:
    groups: dict[str, list[DivisionStatus]] = {}
    for name, status in pairs:
        groups.setdefault(name, []).append(status)
    return tuple(_rates(name, group) for name, group in groups.items())
