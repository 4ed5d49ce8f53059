"""What a run changes in 报送情况."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from toolkit.master import schema
from toolkit.master.columns import new_tracker_columns
from toolkit.master.edits import AddRow, SetCell
from toolkit.master.read import Master
from toolkit.master.rulings import is_on_paper, on_paper
from toolkit.master.schema import Sheet
from toolkit.master.tasks import BY_FORMULA
from toolkit.master.waiting import NOT_OWED, WAITING
from toolkit.merge import granted_value, is_ours
from toolkit.model import Office, Receipt, ReportState, by_form, plain
from toolkit.xlsx import Formula, Value


def tracker_edits(master: Master, office: Office, receipts: Sequence[Receipt]) -> Iterable[SetCell]:
    """What changes in the cells of 报送情况.  `office`: with what is closed and what was added by now."""
    came = by_form(r for r in receipts if r.division and r.round)
    rounds = {r.key: r for r in office.rounds}
    names = {r.key: r.name for r in office.rounds}
    owed = {(name, r.key): tasks for r in office.rounds for name, tasks in office.owed(r).items()}
    owing = {form: came.get(form, []) for form in owed}
    for form, group in (came | owing).items():
        division, round_key = form
        if round_key not in names or form not in master.tracker:
            continue
        now = master.tracker[form]
        tasks = owed.get(form, ())
        if now == NOT_OWED and tasks:  # it owed nothing before
            now = ReportState.NOT_DUE.label
            if (formula := _waiting(master, round_key)) is not None:
                yield SetCell(Sheet.TRACKER, division, names[round_key], formula)
        if isinstance(now, datetime) and not is_ours(now, group, WAITING):
            told = on_paper(office, division, rounds[round_key], now, master.zone)
            words = master.tracker_words.get(form, "")
            if told != words and (is_on_paper(words) or (isinstance(told, str) and words != BY_FORMULA)):
                yield SetCell(Sheet.TRACKER, division, names[round_key], told)
            continue
        value = granted_value(office, division, rounds[round_key], tasks, group, master.zone)
        if is_ours(now, group, WAITING) and value is not None and now != value:
            yield SetCell(Sheet.TRACKER, division, names[round_key], value)
        elif value is None and now is not None and is_ours(now, group, WAITING):  # 未到期 as a word goes stale
            formula = _waiting(master, round_key)
            if formula is not None:
                yield SetCell(Sheet.TRACKER, division, names[round_key], formula)
    for division, (name, leader) in master.tracker_names.items():
        if name != division and office.division(division):  # renamed: its row is looked up by the sheet's own formulas
            yield SetCell(Sheet.TRACKER, division, schema.TRACKER_DIVISION, division)
        in_charge = office.leader_of(division)
        if in_charge and leader is not None and plain(leader) != plain(in_charge):
            yield SetCell(Sheet.TRACKER, division, schema.TRACKER_LEADER, in_charge)
    reporting = {name for name, _ in owed}
    for (division, round_key), now in master.tracker.items():
        form = (division, round_key)
        ours = division in reporting or office.division(division)  # else a row that people added for themselves
        if ours and form not in owed and form not in came and now in (None, "", *WAITING):
            yield SetCell(Sheet.TRACKER, division, names[round_key], NOT_OWED)


def new_divisions(master: Master, office: Office, receipts: Sequence[Receipt]) -> Iterable[AddRow]:
    """Rows of 报送情况 for divisions that owe something and have none."""
    tracker = master.tracker
    came = by_form(receipts)
    have = {division for division, _ in tracker}
    owed = {r.key: office.owed(r) for r in office.rounds}
    for name in dict.fromkeys(n for divisions in owed.values() for n in divisions):
        if name in have:
            continue
        cells: dict[str, Value] = {schema.TRACKER_DIVISION: name}
        cells[schema.TRACKER_LEADER] = office.leader_of(name) or None
        for round_ in office.rounds:
            if name not in owed[round_.key]:
                cells[round_.name] = NOT_OWED
                continue
            group = came.get((name, round_.key), [])
            value = granted_value(office, name, round_, owed[round_.key][name], group, master.zone)
            cells[round_.name] = _waiting(master, round_.key) if value is None else value
        yield AddRow(Sheet.TRACKER, cells)


def _waiting(master: Master, round_key: str) -> Formula | None:
    """The formula of a cell of 报送情况 while nothing was received."""
    new = {r.key: number for r, number in new_tracker_columns(master).items()}
    return master.waiting(round_key, new.get(round_key))
