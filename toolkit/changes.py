"""A run's draft of the master -> the cells and rows that change.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache

from toolkit.closing import Closings
from toolkit.draft import Draft
from toolkit.kinds import kind_of
from toolkit.master import schema
from toolkit.master.columns import new_columns
from toolkit.master.deadlines import deadline_edits
from toolkit.master.edits import Edit, SetCell
from toolkit.master.indicators import figure_edits
from toolkit.master.plan_edits import step_edits
from toolkit.master.schema import Sheet
from toolkit.master.titles import title_edits
from toolkit.master.tracker_edits import new_divisions, tracker_edits
from toolkit.merge import Cell, report_states
from toolkit.model import Office, Round, Task, answered
from toolkit.register import new_rows


def changes(draft: Draft, closings: Closings) -> tuple[Edit, ...]:
    """Everything that changes in the master, cells before rows."""
    master, office = draft.master, _office(draft, closings)
    rounds = [r for r in master.office.rounds if kind_of(r).in_ledger]
    names = {r.key: r.name for r in rounds}
    heard_of = {r.round for r in draft.register} | {key for _, key in draft.on_paper}
    asked = [(r, name, tasks) for r in rounds if r.key in heard_of for name, tasks in office.owed(r).items()]
    owed = [(t.key, r.key) for r, _, tasks in asked for t in tasks]
    longer = {
        (t.key, r.key): own for r, name, tasks in asked if (own := office.round_for(name, r)) is not r for t in tasks
    }
    ruled = {
        (t.key, r.key): paper
        for r, name, tasks in asked if draft.on_paper
        if (paper := draft.on_paper.get((name, r.key))) is not None
        for t in tasks if draft.text(t.key, r.key)
    }  # fmt: skip
    stood = {**master.states, **dict.fromkeys(draft.unsaid, "")} if draft.unsaid else master.states
    draft.register.name_pages()
    today = draft.now.date()
    states, receipts = report_states(
        tuple(draft.register),
        rounds,
        owed,
        stood,
        master.zone,
        longer,
        ruled,
        _answering(office, asked, today),
        {(t.key, r.key) for r, name, tasks in asked if office.exempts(name, r) for t in tasks},
    )
    cells: list[Edit] = [SetCell(Sheet.TASKS, key, schema.TASK_KEY, key) for key in master.keyless]
    cells += [SetCell(Sheet.TASKS, key, header, None) for key, came in master.brought.items() for header in came]
    midnight = datetime.combine(today, time())
    cells += [SetCell(Sheet.TASKS, key, schema.SINCE, midnight) for key in sorted(draft.master.newly_added)]
    rewritten = draft.rewritten()
    headers = {key: [c.header for c in schema.round_columns(name)] for key, name in names.items()}
    cells += [SetCell(Sheet.TASKS, task, headers[key][0], text) for (task, key), text in rewritten if key in names]
    unsaid = dict.fromkeys(sorted(c for c in draft.unsaid if c not in states and c[1] in names), "")
    for (task, key), state in (states | unsaid).items():
        cells.append(SetCell(Sheet.TASKS, task, headers[key][1], state or None))
    steps, new_steps = step_edits(master, office, rewritten, draft.now.date())
    cells += steps
    cells += closings.edits()
    cells += deadline_edits(master)
    cells += figure_edits(master.indicators, draft.figures, draft.paces())
    cells += new_columns(master)
    cells += title_edits(master)
    cells += tracker_edits(master, office, receipts)
    cells += draft.register.cells(receipts)
    cells += draft.attention.cells()
    rows: list[Edit] = [*new_rows(receipts)]
    rows += new_steps
    rows += new_divisions(master, office, receipts)
    return (*cells, *rows, *draft.attention.rows())


def _office(draft: Draft, closings: Closings) -> Office:
    """The office as the next run will read it: with what is closed, was added and was reported on by now."""
    office, today = draft.master.office, draft.now.date()
    dated = draft.master.layouts[Sheet.TASKS].column(schema.CLOSED_ON) is not None
    closed, added = closings.newly_closed() if dated else frozenset(), draft.master.newly_added
    by_others = answered(office, draft.register)
    if by_others != office.answered:
        office = replace(office, answered=by_others)
    if not closed and not added:
        return office
    tasks = (replace(t, closed=today) if t.key in closed else t for t in office.tasks)
    return replace(office, tasks=tuple(replace(t, since=today) if t.key in added else t for t in tasks))


def _answering(
    office: Office, asked: Iterable[tuple[Round, str, Iterable[Task]]], today: date
) -> Callable[[str, Cell], bool]:
    """Whether a division answers for a cell, by who is `asked` for which tasks in a round; looked up only where it is
    asked for, since it takes memory when the master is to be written."""

    @cache
    def leads(round_key: str) -> Mapping[str, str]:
        return {t.key: name for r, name, tasks in asked if r.key == round_key for t in tasks}

    def answers(division: str, cell: Cell) -> bool:
        whose = leads(cell[1]).get(cell[0], division)
        return whose in (division, office.lead_on(division, today))

    return answers
