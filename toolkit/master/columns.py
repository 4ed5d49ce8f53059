"""Columns that a new row of 报送节点 needs in 任务台账, 指标 and 报送情况: made like those of another round.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from toolkit.kinds import kind_of
from toolkit.master import schema
from toolkit.master.edits import AddColumn
from toolkit.master.read import Master
from toolkit.master.rows import Layout
from toolkit.master.schema import Sheet
from toolkit.master.waiting import KEY_LABEL, NOT_OWED
from toolkit.model import Round, RoundKind
from toolkit.xlsx import Value


def new_columns(master: Master) -> Iterable[AddColumn]:
    """The columns that are missing, at the right end of their tables."""
    yield from _ledger_columns(master)
    yield from _figure_columns(master)
    tracker = master.layouts[Sheet.TRACKER]
    model = _model(tracker, [r.name for r in master.office.rounds], "")
    key = master.tracker_lines.get(KEY_LABEL)
    for round_, number in new_tracker_columns(master).items():
        above: dict[int, Value] = {key: round_.key} if key else {}
        yield AddColumn(Sheet.TRACKER, round_.name, model, number, _waiting(master, round_, number), above)


def new_tracker_columns(master: Master) -> Mapping[Round, int]:
    """Rounds without a column in 报送情况, and where it comes to stand."""
    tracker = master.layouts[Sheet.TRACKER]
    missing = [r for r in master.office.rounds if tracker.column(r.name) is None]
    return {r: number for number, r in enumerate(missing, start=_next(tracker))}


def _waiting(master: Master, round_: Round, number: int) -> dict[str, Value]:
    owed = master.office.owed(round_)
    formula = master.waiting(round_.key, number)
    return {name: formula if name in owed else NOT_OWED for name in master.layouts[Sheet.TRACKER].rows}


def _ledger_columns(master: Master) -> Iterable[AddColumn]:
    layout = master.layouts[Sheet.TASKS]
    rounds = [r for r in master.office.rounds if kind_of(r).in_ledger]
    pairs = [schema.round_columns(r.name) for r in rounds]
    suffixes = (schema.STATUS_SUFFIX, schema.STATE_SUFFIX)
    models = [_model(layout, [pair[i].header for pair in pairs], suffixes[i]) for i in (0, 1)]
    number = _next(layout)
    for pair in pairs:
        if layout.column(pair[0].header) is None:
            for column, model in zip(pair, models, strict=True):
                if model and layout.column(column.header) is None:
                    yield AddColumn(Sheet.TASKS, column.header, model, number)
                    number += 1


def _figure_columns(master: Master) -> Iterable[AddColumn]:
    """None where the office keeps no figures: its 指标 has no such column."""
    layout = master.layouts.get(Sheet.TARGETS)
    if layout is None:
        return
    headers = [schema.figure_column(r.name).header for r in master.office.rounds if r.kind is RoundKind.PROGRESS]
    model = _model(layout, headers, schema.FIGURE_SUFFIX)
    missing = [h for h in headers if layout.column(h) is None] if model else []
    for number, header in enumerate(missing, start=_next(layout)):
        yield AddColumn(Sheet.TARGETS, header, model, number)


def _model(layout: Layout, headers: Iterable[str], suffix: str) -> str:
    """The last of these columns that is there, or of those that end so; "" for none."""
    there = [h for h in headers if layout.column(h)] or layout.alike(suffix)
    return max(there, key=lambda h: layout.column(h) or 0, default="")


def _next(layout: Layout) -> int:
    return max(layout.columns.values()) + 1
