"""What a run changes in 办理方案."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from toolkit.master import schema
from toolkit.master.edits import AddRow, SetCell
from toolkit.master.read import Master
from toolkit.master.schema import Sheet
from toolkit.merge import Cell
from toolkit.model import Office, RoundKind, Step, Task
from toolkit.plans import CARRIED, ours, placed, standing_formula, tells
from toolkit.xlsx import Formula, Value, column_letters


def step_edits(
    master: Master, office: Office, texts: Iterable[tuple[Cell, str]], today: date
) -> tuple[list[SetCell], list[AddRow]]:
    """办理方案 as its texts say: rows that change or are emptied, and new ones.

    `office`: with what is closed by now.  `texts`: the plans that change, by task and round.
    """
    layout = master.layouts.get(Sheet.PLANS)
    rows: list[AddRow] = []
    if layout is None:
        return [], rows
    numbers = {t.key: t.no for t in office.tasks}
    divisions = {t.key: _lead(office, t, today) for t in office.tasks}
    over_tasks = {t.key for t in office.tasks if t.closed}
    steps = master.office.steps
    cells = [
        SetCell(Sheet.PLANS, str(s.row), "序号", numbers[s.task])
        for s in steps
        if s.no and s.no != str(numbers[s.task])
    ]
    cells += [
        SetCell(Sheet.PLANS, str(s.row), schema.STEP_DIVISION, divisions[s.task] or None)
        for s in steps
        if s.division != divisions[s.task]
    ]
    if layout.column(schema.TASK_KEY):  # so that a row that somebody added follows its task, too
        cells += [SetCell(Sheet.PLANS, str(s.row), schema.TASK_KEY, s.task) for s in steps if s.key != s.task]
    at = [layout.column(h) for h in (schema.STEP_TEXT, schema.STEP_DAY, schema.STEP_PROGRESS)]
    letters = [column_letters(c) for c in at if c]
    for s in steps if len(letters) == len(at) else ():
        at_row = [f"{c}{s.row}" for c in letters]
        read = (s.words, s.when) if s.words and isinstance(s.when, date) else None
        over = s.task in over_tasks
        if not s.state or (ours(s.state, at_row[0]) and not tells(s.state, read, over=over)):
            formula = standing_formula(at_row[0], at_row[1], at_row[2], read=read, over=over).removeprefix("=")
            cells.append(SetCell(Sheet.PLANS, str(s.row), schema.STEP_STANDING, Formula(formula)))
    plan = next((r.key for r in master.office.rounds if r.kind is RoundKind.PLAN), None)
    for (task, round_key), text in texts:
        if round_key != plan:
            continue
        have = master.office.plans.get(task, ())
        kept, new, emptied = placed(have, text, task)
        before = {s.row: s for s in have}
        for row, step in kept.items():
            old, values = before[row], _step_row(step, numbers[task], divisions[task])
            if old.progress.startswith(CARRIED):
                values[schema.STEP_PROGRESS] = None
            elif (old.text, old.when, old.person) == (step.text, step.when, step.person):
                continue
            cells += [SetCell(Sheet.PLANS, str(row), column, value) for column, value in values.items()]
        for row in emptied:
            gone = dict.fromkeys((*_step_row(before[row], 0, ""), schema.STEP_PROGRESS), None)
            cells += [SetCell(Sheet.PLANS, str(row), column, None) for column in gone]
        rows += [AddRow(Sheet.PLANS, _step_row(step, numbers[task], divisions[task])) for step in new]
    return cells, rows


def _lead(office: Office, task: Task, today: date) -> str:
    """Who leads a task, as its steps say it; those of a closed one 报送情况 does not count, which goes by the name."""
    name = office.lead_on(task.division, today)
    return f"{name}（{schema.CLOSED_TASK}）" if name and task.closed else name


def _step_row(step: Step, number: int, division: str) -> dict[str, Value]:
    when: Value = datetime.combine(step.when, time()) if isinstance(step.when, date) else step.when or None
    return {
        "序号": number,
        schema.STEP_TEXT: step.text,
        schema.STEP_DAY: when,
        schema.STEP_PERSON: step.person or None,
        schema.STEP_DIVISION: division or None,
        schema.TASK_KEY: step.task,
    }
