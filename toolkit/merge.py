"""Accepted returns and the master -> what to write (three-way, idempotent).  Pure.

For each 完成情况 cell three texts are compared: the base (what annex2 last took from a return, known from
收件记录/写入记录), the master now, and the return.  A person's edit always wins; a disagreement is a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum, auto

from toolkit.calendar import days_late, in_roll
from toolkit.master.schema import EXEMPT, EXTENDED
from toolkit.master.waiting import BY_CLOSING, BY_DIVISION_SHEET
from toolkit.model import (
    AWAITING,
    IN_ROLL,
    Office,
    Receipt,
    ReportState,
    Round,
    Task,
    Verdict,
    Written,
    by_form,
    digest,
    last_that_counts,
    unapproved,
)

WAITS = f"，{AWAITING}"
"""Stands behind a date in 报送情况 whose report the leader in charge has not approved."""
_WAITING = re.compile(rf"[✓！]\S+ \d+月\d+日{WAITS}")

Cell = tuple[str, str]
"""(task key, round key)"""


class Action(Enum):
    TAKE = auto()  # nobody changed the cell: write the return's text
    AGREE = auto()  # the text stands there already
    KEEP = auto()  # only a person changed it
    CONFLICT = auto()  # both changed it: the person's stays, a person decides


@dataclass(frozen=True, slots=True)
class Conflict:
    task: str
    round: str
    receipt: int  # 编号 of the return
    master: str
    returned: str

    @property
    def key(self) -> str:
        """Names the item in 待处理."""
        return f"conflict:{self.task}:{self.round}:{digest(self.returned)}"


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging one file changes."""

    texts: Mapping[Cell, str]  # to write
    written: tuple[Written, ...]  # for the file's row in 收件记录
    conflicts: tuple[Conflict, ...]


def decide(now: str, base: str, returned: str) -> Action:
    """The three-way rule for one cell.  `base`: digest of what annex2 last took, "" for nothing yet."""
    if now == returned:
        return Action.AGREE
    if (digest(now) if now else "") == base:
        return Action.TAKE
    if now and digest(returned) == base:
        return Action.KEEP
    return Action.CONFLICT  # also where the cell was emptied, perhaps by accident, and the same comes again


def bases(receipts: Iterable[Receipt]) -> dict[Cell, str]:
    """Digest of the text that annex2 last took, by cell."""
    taken: dict[Cell, str] = {}
    for r in sorted(receipts, key=lambda r: r.no):
        taken.update({(w.task, r.round): w.digest for w in r.written if w.taken})
    return taken


def merge_file(
    number: int,
    round_key: str,
    texts: Mapping[str, str],
    status: Mapping[Cell, str],
    base: Mapping[Cell, str],
    at: str = "",
) -> Merged:
    """Merge the certain texts of one return (task key -> 完成情况) against the master's cells.

    `at`: this run's time, for what it changes.
    """
    changes: dict[Cell, str] = {}
    written: list[Written] = []
    conflicts: list[Conflict] = []
    for task, returned in texts.items():
        cell = (task, round_key)
        now = status.get(cell, "")
        action = decide(now, base.get(cell, ""), returned)
        if action is Action.TAKE:
            changes[cell] = returned
        elif action is Action.CONFLICT:
            conflicts.append(Conflict(task, round_key, number, now, returned))
        changed = at if action is Action.TAKE else ""
        written.append(Written(task, digest(returned), action in (Action.TAKE, Action.AGREE), "", changed))
    return Merged(changes, tuple(written), tuple(conflicts))


def holders(receipt: Receipt, receipts: Iterable[Receipt], standing: Mapping[Cell, str]) -> dict[str, Receipt | None]:
    """The cells (by task) that still say what a file wrote, and the last other file whose text was taken for each;
    None: no other."""
    wrote = {
        w.task for w in receipt.written
        if w.taken and w.at and digest(standing.get((w.task, receipt.round), "")) == w.digest
    }  # fmt: skip
    found: dict[str, Receipt | None] = dict.fromkeys(wrote)
    for r in sorted(receipts, key=lambda r: r.no):
        if r.no != receipt.no and r.round == receipt.round:
            found.update({w.task: r for w in r.written if w.taken and w.task in wrote})
    return found


def take_back(
    receipt: Receipt, texts: Mapping[str, str], standing: Mapping[Cell, str]
) -> tuple[dict[Cell, str], list[Cell]]:
    """What a file that does not count after all leaves behind: (cells to write, cells that a person changed since).

    `texts`: what the other files hold for the cells (see `holders`).  A cell that nobody else spoke of is emptied; one
    that no longer says what the file wrote is left alone, and is a person's unless another file wrote it.
    """
    changes: dict[Cell, str] = {}
    kept: list[Cell] = []
    for w in receipt.written:
        cell = (w.task, receipt.round)
        now, other = standing.get(cell, ""), texts.get(w.task, "")
        if not w.taken or not w.at or now == other:  # without `at` it said so before the file came
            continue
        if digest(now) == w.digest:
            changes[cell] = other
        else:
            kept.append(cell)
    return changes, kept


def report_states(
    receipts: Sequence[Receipt],
    rounds: Iterable[Round],
    owed: Iterable[Cell],
    states: Mapping[Cell, str],
    zone: tzinfo,
    extended: Mapping[Cell, Round] | None = None,
    ruled: Mapping[Cell, datetime] | None = None,
    answers: Callable[[str, Cell], bool] = lambda *_: True,
    released: Set[Cell] = frozenset(),
) -> tuple[dict[Cell, str], tuple[Receipt, ...]]:
    """任务台账's 报送状态 as the receipts now say: (cells to write, receipts that record them).

    `owed`: the cells that are reported.  `extended`: the round as it stands for a cell, where its division has
    longer.  `ruled`: when the report that a cell's text is from came on paper, as 报送情况 says.  `answers`: whether a
    division answers for a cell; what another left out says nothing of it.  `released`: cells that nobody owes (免报):
    what comes all the same is never late.  A state that a person typed is left alone:
    only a cell that still shows what annex2 last wrote there is changed.
    """
    by_round = {r.key: r for r in rounds}
    extended, ruled = extended or {}, ruled or {}
    known = {r.no: r for r in receipts}
    written: dict[int, list[Written]] = {}  # as it comes to be, of receipts that change
    order = sorted(known)
    entries: dict[Cell, list[tuple[int, int]]] = {}  # cell -> (receipt, index of its entry)
    for no in order:
        round_key = known[no].round
        for i, w in enumerate(known[no].written):
            entries.setdefault((w.task, round_key), []).append((no, i))
    waiting = {form for form, group in by_form(receipts).items() if unapproved(group)}
    changes: dict[Cell, str] = {}
    by_time: dict[tuple[int, datetime], str] = {}  # of a round and a moment: all tasks of a file have the same

    def state_at(first: datetime, round_: Round) -> str:
        key = (id(round_), first)
        if key not in by_time:
            by_time[key] = _state_by_time(first, round_, zone)
        return by_time[key]

    for cell in owed:
        places, paper = entries.get(cell, ()), ruled.get(cell)
        if not places and paper is None:
            continue
        shown = states.get(cell, "")
        told = [p for p in places if known[p[0]].written[p[1]].digest or answers(known[p[0]].division, cell)]
        first = _first_report(told, known, paper)
        new = ReportState.RETURNED.label if told else ""
        if first is not None:
            new = state_at(first, extended.get(cell) or by_round[cell[1]])
            new = ReportState.ON_TIME.label if cell in released else new
        if not places:  # from paper alone, of which no receipt keeps what annex2 wrote
            if new and shown in {"", *_BY_TIME} - {new}:
                changes[cell] = new
            continue
        no, i = places[-1]
        if waiting and first is not None and (known[no].division, cell[1]) in waiting:
            new = AWAITING
        last = next((state for n, j in reversed(places) if (state := known[n].written[j].state)), "")
        if new == last or shown not in (last, new):
            continue
        w = known[no].written[i]
        written.setdefault(no, list(known[no].written))[i] = Written(w.task, w.digest, w.taken, new, w.at)
        if shown != new:
            changes[cell] = new
    return changes, tuple(
        replace(known[no], written=tuple(written[no])) if no in written else known[no] for no in order
    )


_BY_TIME = (IN_ROLL, ReportState.LATE.label, ReportState.ON_TIME.label)


def _first_report(
    places: Sequence[tuple[int, int]], receipts: Mapping[int, Receipt], paper: datetime | None
) -> datetime | None:
    """When a cell's first report came, a good one or on `paper`; None where there was none."""
    first = paper
    for no, i in places:
        r = receipts[no]
        # also of what an accepted report leaves out: nothing more is wanted
        if (r.written[i].digest or r.verdict.accepted) and (first is None or r.counts_from < first):
            first = r.counts_from
    return first


def _state_by_time(first: datetime, round_: Round, zone: tzinfo) -> str:
    if in_roll(first, round_, zone):
        return IN_ROLL
    return (ReportState.LATE if days_late(first, round_, zone) else ReportState.ON_TIME).label


def tracker_value(receipts: Sequence[Receipt]) -> datetime | str | None:
    """What 报送情况 shows for one division in one round; None: nothing to show yet."""
    accepted = [r.counts_from for r in receipts if r.verdict.accepted]
    if accepted:
        return min(accepted)
    last = last_that_counts(receipts)
    if last is not None and last.verdict is Verdict.RETURNED:
        return ReportState.RETURNED.label
    if last is not None and last.verdict is Verdict.HELD:
        return ReportState.HELD.label
    return None


def granted_value(
    office: Office, division: str, round_: Round, tasks: Sequence[Task], receipts: Sequence[Receipt], zone: tzinfo
) -> datetime | str | None:
    """`tracker_value`, with what 处室 grants a division (免报, 延期) and what 销号 of all its `tasks` does.

    A date alone would be taken for late there: the sheet's colours know only the round's own due date.
    """
    value = tracker_value(receipts)
    waits = unapproved(receipts) is not None
    if office.exempts(division, round_):
        return f"{EXEMPT}{BY_DIVISION_SHEET}"
    own = office.round_for(division, round_)
    if value is None and last_that_counts(receipts) is None and tasks and all(t.closed_for(own) for t in tasks):
        return f"{EXEMPT}{BY_CLOSING}"
    if own is round_ or (division, round_.key) in office.granted:
        return f"{_arrival(value, own, zone)}{WAITS}" if waits and isinstance(value, datetime) else value
    until = f"{EXTENDED}{own.due}{BY_DIVISION_SHEET}"
    if isinstance(value, datetime):
        return f"{_arrival(value, own, zone)}，已延期{WAITS if waits else ''}{BY_DIVISION_SHEET}"
    return value or until


def _arrival(received: datetime, round_: Round, zone: tzinfo) -> str:
    """✓按时 4月3日: what the sheet's colours make of a date, in words that they take for the same."""
    return f"{arrival_word(received, round_, zone)} {received.month}月{received.day}日"


def arrival_word(received: datetime, round_: Round, zone: tzinfo) -> str:
    """✓按时, ✓顺延期内 or ！逾期."""
    if in_roll(received, round_, zone):
        return f"✓{IN_ROLL}"
    late = days_late(received, round_, zone)
    return f"！{ReportState.LATE.label}" if late else f"✓{ReportState.ON_TIME.label}"


def is_ours(value: object, receipts: Iterable[Receipt], waiting: Iterable[str]) -> bool:
    """Whether a cell of 报送情况 shows what annex2 put there (not a person's ruling).

    `waiting`: the words that the sheet's own formula shows while nothing was received.
    """
    if value is None or value in (ReportState.RETURNED.label, ReportState.HELD.label, "", *waiting):
        return True
    if isinstance(value, str) and (value.endswith((BY_DIVISION_SHEET, BY_CLOSING)) or _WAITING.fullmatch(value)):
        return True
    times = [t for r in receipts for t in (r.received, r.ruled, r.was_ruled) if t]
    return isinstance(value, datetime) and any(abs(value - t) < timedelta(seconds=1) for t in times)
