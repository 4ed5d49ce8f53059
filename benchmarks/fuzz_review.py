"""Mutated tables into review, filing and the edits they come to: none may raise.

    python benchmarks/fuzz_review.py [--inputs 20000] [--seed 1]

The seeds are the forms of the demonstration's office (all kinds of rounds, filled), as they are read; the mutations are
what people do to tables: rows and columns deleted, copied, moved and merged, cells emptied, swapped and written over.
Every hundred are filed into one ledger and written into the master.  Listed are exceptions, each with its number, so
that it can be made again.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from toolkit.arrivals import Arrival  # noqa: E402
from toolkit.forms.fanout import fan_out  # noqa: E402
from toolkit.ledger import Ledger  # noqa: E402
from toolkit.master.edits import apply_edits  # noqa: E402
from toolkit.master.read import Master  # noqa: E402
from toolkit.master.store import Loaded, load  # noqa: E402
from toolkit.model import Verdict  # noqa: E402
from toolkit.opening import open_workspace  # noqa: E402
from toolkit.returns.grid import Grid, Reading, Span  # noqa: E402
from toolkit.returns.read import read_return  # noqa: E402
from toolkit.reviewer import Reviewer  # noqa: E402
from toolkit.standing import office_of  # noqa: E402
from toolkit.workspace import Workspace  # noqa: E402
from toolkit.xlsx import CellError, Value, Workbook  # noqa: E402

TOGETHER = 100
"""Inputs that are filed into one ledger."""

Rows = dict[int, dict[int, Value]]

_WORDS: tuple[Value, ...] = (
    None, "", " ", "无", "同上", "见附件", "已完成。", "0.95", 0.95, 95, -1, 1e300, True, date(2023, 4, 2),
    datetime.fromisoformat("2023-04-02T09:30"), CellError("#REF!"), CellError("#VALUE!"), "23%", "1-5", "一、",
    "（一）", "序号", "责任事项", "完成情况", "审定：", "审定日期：",
    "张三", "2023年4月2日", "4月2日", "二〇二三年四月二日", "13月45日",
    "2023年市民政局养老服务处第二季度工作目标完成情况", "2022年第一季度", "全年", "指标", "累计完成值", "指标编号",
    "备注", "进度", "完成时间节点", "工作内容", "责任人", "已完成投资12.5万元，占年度目标的85%", "x" * 40_000, "\u200b",
    "已\x0b完成", "\ufffd", "=1+1", "1\n2\n3", "①", "Ⅳ", "１２", "养老服务处", "附件2",
)  # fmt: skip


def mutated(reading: Reading, chance: random.Random, others: list[Reading]) -> Reading:
    """One thing that somebody may do to a table, or several."""
    grids = list(reading.grids)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if not grids:
            break
        at = chance.randrange(len(grids))
        kind = chance.randrange(24)
        if kind == 0:
            del grids[at]
        elif kind == 1:
            grids.insert(at, chance.choice(chance.choice(others).grids))
        elif kind == 2:
            grids[at] = replace(grids[at], hidden=not grids[at].hidden)
        else:
            grids[at] = _changed(grids[at], chance, others)
    stamps = reading.stamps
    if chance.random() < 0.3:
        stamps = chance.choice(((), chance.choice(others).stamps, (*stamps, *chance.choice(others).stamps)))
    return Reading(tuple(grids), stamps, reading.cut)


def _changed(grid: Grid, chance: random.Random, others: list[Reading]) -> Grid:
    rows: Rows = {n: dict(cells) for n, cells in grid.rows.items()}
    last = max(rows, default=1)
    row, column = chance.randint(1, last + 1), chance.randint(1, 7)
    kind = chance.randrange(16)
    if kind == 0:
        rows = {n: cells for n, cells in rows.items() if n != row}
    elif kind == 1:
        rows = {n: cells for n, cells in rows.items() if (n < row) is chance.choice((True, True, False))}
    elif kind == 2:
        rows = {n + (n >= row): cells for n, cells in rows.items()}
    elif kind == 3:
        rows = {n: {c + (c >= column): v for c, v in cells.items()} for n, cells in rows.items()}
    elif kind == 4:
        rows = {n: {c - (c > column): v for c, v in cells.items() if c != column} for n, cells in rows.items()}
    elif kind == 5:
        a, b = chance.randint(1, last), chance.randint(1, last)
        rows[a], rows[b] = rows.get(b, {}), rows.get(a, {})
    elif kind == 6:
        rows[last + chance.randint(1, 3)] = dict(chance.choice(list(rows.values()))) if rows else {}
    elif kind == 7:
        for cells in rows.values():
            cells.pop(column, None)
    elif kind == 8:
        area = Span(row, column, row + chance.choice((0, 1, 1, 2, 30)), column + chance.choice((0, 0, 1, 2)))
        return replace(grid, merged=(*grid.merged, area))
    elif kind == 9:
        return replace(grid, hidden_rows=grid.hidden_rows | {row}, hidden_columns=grid.hidden_columns | {column})
    elif kind == 10:
        return replace(grid, unsaved=grid.unsaved | {(row, column)}, struck={**grid.struck, (row, column): "已"})
    elif kind == 11:
        other = chance.choice(chance.choice(others).grids)
        rows |= {last + 2 + n: dict(cells) for n, cells in other.rows.items()}
    elif kind == 12:
        return replace(grid, comments=(*grid.comments, (row, column, "请核对")), pictures=frozenset({(row, column)}))
    else:
        for _ in range(chance.choice((1, 1, 4, 20))):
            _write(rows, chance, chance.randint(1, last + 1), chance.randint(1, 6))
    return replace(grid, rows={n: cells for n, cells in sorted(rows.items()) if cells})


def _write(rows: Rows, chance: random.Random, row: int, column: int) -> None:
    """Another value into one cell, or a changed one."""
    cells = rows.setdefault(row, {})
    old = cells.get(column)
    value = chance.choice(_WORDS)
    if isinstance(old, str) and chance.random() < 0.5:
        at = chance.randrange(len(old) + 1)
        value = chance.choice(
            (old[:at], old[at:], old[:at] + str(value or "") + old[at:], old * 2, old.replace("，", ""))
        )
    if value is None:
        cells.pop(column, None)
    else:
        cells[column] = value
    rows[row] = dict(sorted(cells.items()))


def seeds(workspace: Workspace, master: Master, chance: random.Random) -> list[tuple[str, Reading]]:
    """(file name, what stands in it) of every form of every round, filled in."""
    office = office_of(master, date(2023, 4, 3))
    found = []
    for round_ in office.rounds:
        for placed in fan_out(workspace, office, round_):
            reading = read_return(placed.path.read_bytes(), placed.path.name)
            assert isinstance(reading, Reading)
            found.append((placed.path.name, _filled(reading, chance)))
    return found


def _filled(reading: Reading, chance: random.Random) -> Reading:
    def cells(old: Mapping[int, Value]) -> dict[int, Value]:
        new = dict(old)
        if isinstance(old.get(1), int):
            new[3] = chance.choice(("已印发方案，培训3场次。", "新增床位120张，完成率85%。", "正在推进。", 0.5))
        return dict(sorted(new.items()))

    grids = (replace(g, rows={n: cells(row) for n, row in g.rows.items()}) for g in reading.grids)
    return replace(reading, grids=tuple(grids))


def fuzz(inputs: int, seed: int, workspace: Workspace) -> tuple[Counter[str], list[str]]:
    """(verdicts, what raised) of the inputs 0 … `inputs`, against an open workspace's master."""
    loaded = load(workspace, to_save=True)
    made = seeds(workspace, loaded.master, random.Random(seed))
    outcomes, wrong = Counter[str](), list[str]()
    for start in range(0, inputs, TOGETHER):
        numbers = range(start, min(start + TOGETHER, inputs))
        outcomes.update(v.value for v in _filed(numbers, seed, made, loaded, workspace, wrong))
    return outcomes, wrong


def _filed(
    numbers: range, seed: int, made: list[tuple[str, Reading]], loaded: Loaded, workspace: Workspace, wrong: list[str]
) -> Iterable[Verdict]:
    """Reviews and files inputs into one ledger, and writes what they come to into a copy of the master."""
    now = datetime(2023, 4, 3, 10, tzinfo=loaded.master.zone)
    ledger, reviewer = Ledger(loaded.master, now), Reviewer(loaded.master, workspace.secret())
    readings = [r for _, r in made]
    verdicts = []
    for number in numbers:
        chance = random.Random(f"{seed}/{number}")
        name, reading = chance.choice(made)
        name = chance.choice((name, "报表.xlsx", f"{number}.xlsx"))
        came = now + timedelta(minutes=number, days=chance.choice((0, 0, 0, 10)))
        arrival = Arrival(name, f"inbox/{name}", f"{number:064x}", f"archive/{number}", came)
        try:
            review = reviewer.review(arrival, mutated(reading, chance, readings), standing=ledger.standing)
            verdicts.append(ledger.file(arrival, review).receipt.verdict)
        except Exception:
            wrong.append(f"input {number}: {traceback.format_exc(limit=-3)}")
    try:
        ledger.asking.settle_on_paper()
        ledger.closings.propose()
        book = Workbook.from_bytes(loaded.data)
        apply_edits(book, loaded.master.layouts, ledger.edits())
        book.to_bytes()
    except Exception:
        wrong.append(f"inputs {numbers.start} to {numbers.stop - 1}: {traceback.format_exc(limit=-3)}")
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder) / "w")
        open_workspace(workspace.root)
        began = time.monotonic()
        outcomes, wrong = fuzz(given.inputs, given.seed, workspace)
    print(f"{given.inputs} inputs in {time.monotonic() - began:.0f} s: {dict(outcomes.most_common())}")
    print("\n".join(wrong) or "nothing raised")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
