"""The model as pandas frames: the one place where a year is joined and summed, for all three shapes.

Rates count only rounds that are due at `now` (what is not yet owed is not missing); a report that came early shows
in its round's counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import pandas as pd

from toolkit.calendar import due_end
from toolkit.kinds import kind_of
from toolkit.master.read import Master
from toolkit.master.schema import CLOSED_TASK, DONE_STATES
from toolkit.master.tasks import TaskState
from toolkit.model import AWAITING, Office, ReportState, Round, Task, year_round
from toolkit.plans import Standing as Steps
from toolkit.plans import standing
from toolkit.standing import office_in_order, order_of_divisions, targets_shown
from toolkit.tracking import RoundStatus


class Gap(StrEnum):
    """Why a report stands on the list of what is missing or late."""

    MISSING = "逾期未报"
    RETURNED = "退回未重报"
    HELD = "待裁定"
    LATE = "逾期报送"
    BLANK = "已报，文字空缺"
    NOT_DUE = "未到期，尚未报送"

    @property
    def settled(self) -> bool:
        """It is told, but nothing is wanting any more."""
        return self is Gap.LATE


@dataclass(frozen=True, slots=True)
class Figures:
    """The year in numbers.  `owed`, `accepted`, `on_time`, `late` count reports of rounds that are due."""

    tasks: int
    starred: int
    owed: int
    accepted: int
    on_time: int
    late: int
    texts_owed: int  # 完成情况 in due rounds, exempt divisions left out
    texts: int
    closing_owed: int  # 完成情况 for the whole year, due or not
    closing: int
    waiting: int  # of `owed`, reports that were given longer and are not due yet
    held: int  # of `owed`, reports that came and wait for the office's decision
    done: int  # 任务状态 已完成 or 超额完成
    closed: int  # 销号状态 已销号

    @property
    def supporting(self) -> int:
        return self.tasks - self.starred

    @property
    def missing(self) -> int:
        return self.owed - self.accepted - self.waiting - self.held

    @property
    def completeness(self) -> float | None:
        return self.accepted / self.owed if self.owed else None

    @property
    def timeliness(self) -> float | None:
        return self.on_time / self.owed if self.owed else None


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """One office's year.  Rows keep the master's order; rounds stand in the order of time, divisions as in 报送情况.

    tasks      a row a task: key no label starred section text city_units leader division responsible progress closed
               closed_on
    cells      a row a task and round: key round name section division starred closing due text filled closed asked
               state; closed: 销号 by then, and nothing was reported any more
    reports    a row a division and round: round name kind due_on due division leader tasks numbers state label
               exempt accepted on_time late open received by_day days_late files file verdict; due_on: as the division
               was given it; due: the round's is over
    rounds     a row a round: round name kind due_on due owed accepted on_time late completeness timeliness
    divisions  a row a division that owes: division leader tasks owed accepted on_time late completeness
               timeliness texts_owed texts filled
    sections   a row a section: section starred supporting texts_owed texts filled closing_owed closing
    targets    a row a confirmed target: task no division indicator goal done percent rate light sign pace notes
               counted
    gaps       a row a thing missing or late: round name due_on division leader gap numbers days

    plans      a row a step of 办理方案: key label division text when person progress standing closed

    Rates are NaN where nothing is owed yet; `received` is the office's own time, without a zone.
    """

    tasks: pd.DataFrame
    cells: pd.DataFrame
    reports: pd.DataFrame
    rounds: pd.DataFrame
    divisions: pd.DataFrame
    sections: pd.DataFrame
    gaps: pd.DataFrame
    targets: pd.DataFrame
    plans: pd.DataFrame
    figures: Figures
    closing: str  # key of the round that tells the whole year, "" where the office collects no progress

    @property
    def draft(self) -> bool:
        """A whole-year text is still wanting."""
        return self.figures.closing < self.figures.closing_owed or not self.closing


Record = dict[str, Any]
"""A row of a frame by column."""


def records(frame: pd.DataFrame) -> list[Record]:
    return [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]


def rate(value: float) -> float | None:
    """A rate out of a frame: None where it has none."""
    return None if pd.isna(value) else float(value)


def make_frames(master: Master, rounds: tuple[RoundStatus, ...], now: datetime) -> Frames:
    """`rounds`: as `tracking.track` gives them for the same master and moment."""
    office = office_in_order(master, now.date())
    master = replace(master, office=office)
    closing = year_round(office.rounds)
    due = {r.round.key: now >= due_end(r.round, master.zone) for r in rounds}
    tasks = _tasks(master, now)
    owed = {r.key: office.owed(r) for r in office.rounds}
    reports = _reports(master, rounds, tasks, owed, due)
    cells = _cells(master, tasks, reports, owed, due, closing)
    counted = reports[reports["due"] & ~reports["exempt"]]
    wanted = cells[cells["asked"] & cells["due"]]
    closing_cells = cells[cells["asked"] & cells["closing"]]
    return Frames(
        tasks,
        cells,
        reports,
        _rounds(rounds, reports, due),
        _divisions(tasks, reports, counted, wanted, order_of_divisions(master)),
        _sections(tasks, wanted, closing_cells),
        _gaps(reports, cells),
        _targets(master, now),
        _plans(master, tasks, now),
        Figures(
            len(tasks),
            int(tasks["starred"].sum()),
            len(counted),
            int(counted["accepted"].sum()),
            int(counted["on_time"].sum()),
            int(counted["late"].sum()),
            len(wanted),
            int(wanted["filled"].sum()),
            len(closing_cells),
            int(closing_cells["filled"].sum()),
            int(counted["open"].sum()),
            int((counted["state"] == ReportState.HELD).sum()),
            int(tasks["progress"].isin(DONE_STATES).sum()),
            int((tasks["closed"] == CLOSED_TASK).sum()),
        ),
        closing.key if closing else "",
    )


def _frame(columns: str, rows: Iterable[tuple[object, ...]], **types: str) -> pd.DataFrame:
    """A frame whose columns are there, with their types, even without a row; other columns hold plain objects."""
    names = columns.split()
    return pd.DataFrame(list(rows), columns=names, dtype=object).astype(types)


def _tasks(master: Master, now: datetime) -> pd.DataFrame:
    """Every task, with who answers for it by now."""
    office = master.office
    return _frame(
        "key no label starred section text city_units leader division responsible progress closed closed_on",
        (
            (
                t.key,
                t.no,
                t.label,
                t.starred,
                t.section or "未分类",
                t.text,
                str(t.city_units or ""),
                t.leader or office.leader_of(lead),
                lead,
                "、".join(t.responsible),
                (said := master.task_states.get(t.key, TaskState())).progress,
                said.closing,
                said.closed_on,
            )
            for t in office.tasks
            for lead in (office.lead_on(t.division, now.date()),)
        ),
        starred="bool",
    )


Owed = Mapping[str, Mapping[str, Iterable[Task]]]
"""Round key -> division -> the tasks that it answers for in that round."""


def _reports(
    master: Master, rounds: tuple[RoundStatus, ...], tasks: pd.DataFrame, owed: Owed, due: Mapping[str, bool]
) -> pd.DataFrame:
    leaders = _leaders(master.office, tasks)

    def rows() -> Iterable[tuple[object, ...]]:
        for status in rounds:
            r = status.round
            for d in status.divisions:
                counted = [x for x in d.receipts if x.verdict.accepted]
                yield (
                    r.key,
                    r.name,
                    str(r.kind),
                    d.extended or r.last_day,
                    due[r.key],
                    d.division,
                    leaders.get(d.division, ""),
                    d.tasks,
                    _numbers(t.no for t in owed[r.key].get(d.division, ())),
                    d.state,
                    d.state.label,
                    d.state is ReportState.EXEMPT,
                    d.accepted,
                    d.state is ReportState.ON_TIME,
                    d.state is ReportState.LATE,
                    d.open,
                    d.received.astimezone(master.zone).replace(tzinfo=None) if d.received else None,
                    d.by_day,
                    d.days_late,
                    len(d.receipts),
                    counted[-1].name if counted else "",
                    f"{d.last.verdict.label}{f'，{AWAITING}' if d.unapproved else ''}" if d.last else "",
                )

    return _frame(
        "round name kind due_on due division leader tasks numbers state label exempt accepted on_time late"
        " open received by_day days_late files file verdict",
        rows(),
        due="bool",
        exempt="bool",
        accepted="bool",
        on_time="bool",
        late="bool",
        open="bool",
        by_day="bool",
    )


def _leaders(office: Office, tasks: pd.DataFrame) -> dict[str, str]:
    """The leader in charge of each division: the master's 处室, or else those of its tasks."""
    stated = {d.name: d.leader for d in office.divisions if d.leader}
    named = {
        str(division): "、".join(dict.fromkeys(x for x in group["leader"] if x))
        for division, group in tasks.groupby("division", sort=False)
    }
    return named | stated


def _cells(
    master: Master,
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    owed: Owed,
    due: Mapping[str, bool],
    closing: Round | None,
) -> pd.DataFrame:
    """Every task in every round whose texts 任务台账 keeps; `asked` where a division, the `division`, owes the text."""
    rounds = _frame(
        "round name closing due",
        (
            (r.key, r.name, r == closing, due.get(r.key, False))
            for r in master.office.rounds
            if kind_of(r).in_ledger
        ),
        closing="bool",
        due="bool",
    )
    owners = _frame(
        "key round owner",
        ((t.key, key, name) for key, divisions in owed.items() for name, ts in divisions.items() for t in ts),
    )
    crossed = tasks[["key", "no", "section", "division", "starred"]].merge(rounds, how="cross")
    crossed = crossed.merge(owners, on=["key", "round"], how="left")
    owes = crossed["owner"].notna()
    crossed["division"] = crossed["owner"].where(owes, crossed["division"])
    cells = crossed.merge(reports[["round", "division", "exempt", "label"]], on=["round", "division"], how="left")
    texts = [master.status.get((k, r), "") for k, r in zip(cells["key"], cells["round"], strict=True)]
    cells["text"] = pd.Series(texts, index=cells.index, dtype=object)
    cells["filled"] = cells["text"].map(lambda t: bool(t.strip())).astype("bool")
    pairs = [(t, r) for r in master.office.rounds for t in master.office.tasks]

    def among(found: Iterable[tuple[Task, Round]]) -> pd.Series[bool]:
        keys = {(t.key, r.key) for t, r in found}
        flags = [c in keys for c in zip(cells["key"], cells["round"], strict=True)]
        return pd.Series(flags, index=cells.index, dtype="bool")

    cells["closed"] = among((t, r) for t, r in pairs if t.closed_for(r)) & ~cells["filled"]
    # A task without a report row (exempt is NaN) is not asked, nor is one that was closed before.
    cells["asked"] = owes & cells["exempt"].eq(False) & ~cells["closed"]
    # A form that is returned for one of its rows was taken for the others: theirs is what 任务台账 says.
    taken = cells["filled"] & cells["label"].eq(ReportState.RETURNED.label)
    own = [master.states.get((k, r), "") for k, r in zip(cells["key"], cells["round"], strict=True)]
    stated = pd.Series(own, index=cells.index, dtype=object)
    cells["label"] = cells["label"].where(~(taken & stated.ne("")), stated)
    cells["state"] = cells["label"].where(owes & cells["label"].notna(), "")
    return cells.drop(columns=["exempt", "label", "owner"])


def _sums(reports: pd.DataFrame, by: str) -> pd.DataFrame:
    """owed accepted on_time late completeness timeliness, indexed by `by`."""
    flags = reports[[by, "accepted", "on_time", "late"]].assign(owed=1)
    sums = flags.groupby(by, sort=False)[["owed", "accepted", "on_time", "late"]].sum()
    sums["completeness"] = sums["accepted"] / sums["owed"]
    sums["timeliness"] = sums["on_time"] / sums["owed"]
    return sums


def _joined(frame: pd.DataFrame, sums: pd.DataFrame, on: str) -> pd.DataFrame:
    """`sums` beside `frame`: counts are 0 where there is nothing to count, rates stay NaN."""
    joined = frame.merge(sums, left_on=on, right_index=True, how="left")
    counts = [c for c in sums.columns if c not in ("completeness", "timeliness")]
    joined[counts] = joined[counts].fillna(0).astype("int64")
    return joined


def _rounds(rounds: tuple[RoundStatus, ...], reports: pd.DataFrame, due: Mapping[str, bool]) -> pd.DataFrame:
    frame = _frame(
        "round name kind due_on due",
        ((s.round.key, s.round.name, str(s.round.kind), s.round.last_day, due[s.round.key]) for s in rounds),
        due="bool",
    )
    joined = _joined(frame, _sums(reports[~reports["exempt"]], "round"), "round")
    joined.loc[~joined["due"], ["completeness", "timeliness"]] = float("nan")
    return joined


def _fill(cells: pd.DataFrame, by: str) -> pd.DataFrame:
    """texts_owed texts, indexed by `by`."""
    filled = cells.groupby(by, sort=False)["filled"]
    return pd.DataFrame({"texts_owed": filled.size(), "texts": filled.sum()})


def _divisions(
    tasks: pd.DataFrame, reports: pd.DataFrame, owed: pd.DataFrame, wanted: pd.DataFrame, order: Sequence[str]
) -> pd.DataFrame:
    place = {name: n for n, name in enumerate(order)}
    frame = reports[["division", "leader"]].drop_duplicates("division")
    frame = frame.sort_values("division", key=lambda c: c.map(place), kind="stable").reset_index(drop=True)
    starred = tasks[tasks["starred"]].groupby("division", sort=False).size().to_frame("tasks")
    frame = _joined(frame, starred, "division")
    frame = _joined(frame, _sums(owed, "division"), "division")
    frame = _joined(frame, _fill(wanted, "division"), "division")
    frame["filled"] = frame["texts"] / frame["texts_owed"].where(frame["texts_owed"] > 0)
    return frame


def _sections(tasks: pd.DataFrame, wanted: pd.DataFrame, closing: pd.DataFrame) -> pd.DataFrame:
    starred = tasks.groupby("section", sort=False)["starred"]
    kinds = pd.DataFrame({"starred": starred.sum(), "supporting": starred.size() - starred.sum()})
    frame = kinds.rename_axis("section").reset_index()
    frame = _joined(frame, _fill(wanted, "section"), "section")
    last = _fill(closing, "section").rename(columns={"texts_owed": "closing_owed", "texts": "closing"})
    frame = _joined(frame, last, "section")
    frame["filled"] = frame["texts"] / frame["texts_owed"].where(frame["texts_owed"] > 0)
    return frame


def _gaps(reports: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Rounds in their order, divisions within them; a report may be late and lack texts."""
    blank = cells[cells["asked"] & ~cells["filled"]].groupby(["round", "division"], sort=False)["no"]
    blanks = {place: _numbers(nos) for place, nos in blank}

    def rows() -> Iterable[tuple[object, ...]]:
        for r in reports[~reports["exempt"]].itertuples(index=False):
            place = (r.round, r.name, r.due_on, r.division, r.leader)
            gap = _gap(r.state)
            if gap:
                partly = blanks.get((r.round, r.division)) if gap is Gap.RETURNED else None
                yield *place, gap, partly or r.numbers, r.days_late
            if r.accepted and (r.round, r.division) in blanks:
                yield *place, Gap.BLANK, blanks[r.round, r.division], 0

    return _frame("round name due_on division leader gap numbers days", rows())


def _targets(master: Master, now: datetime) -> pd.DataFrame:
    columns = "task no division indicator goal done percent rate light sign pace notes counted"
    return _frame(columns, map(astuple, targets_shown(master, now)))


def _plans(master: Master, tasks: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """The steps in the order of their tasks, and by day within them."""
    today = now.astimezone(master.zone).date()
    closed = {t.key for t in master.office.tasks if t.closed}
    steps = _frame(
        "key text when person progress standing closed",
        (
            (s.task, s.text, s.when, s.person, s.progress, standing(s, today), s.task in closed)
            for s in sorted(master.office.steps, key=lambda s: (isinstance(s.when, str), str(s.when)))
        ),
    )
    joined = tasks[["key", "label", "division"]].merge(steps, on="key", how="inner")
    return joined[["key", "label", "division", "text", "when", "person", "progress", "standing", "closed"]]


def step_label(step: Record) -> str:
    """How a row of `plans` stands, in words; what is not done of a closed task is nobody's to do any more."""
    label: str = step["standing"].label
    return CLOSED_TASK if step["closed"] and step["standing"] is not Steps.DONE else label


def _numbers(nos: Iterable[object]) -> str:
    return "、".join(str(n) for n in nos)


def _gap(state: object) -> Gap | None:
    match state:
        case ReportState.MISSING:
            return Gap.MISSING
        case ReportState.LATE:
            return Gap.LATE
        case ReportState.RETURNED:
            return Gap.RETURNED
        case ReportState.HELD:
            return Gap.HELD
        case ReportState.ON_TIME | ReportState.EXEMPT:
            return None
        case _:  # also of a round that is over, where a division has longer
            return Gap.NOT_DUE
