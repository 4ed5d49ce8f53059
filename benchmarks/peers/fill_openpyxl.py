"""python -m benchmarks.peers.fill_openpyxl WORKSPACE OUT: the forms of a round by openpyxl: load, fill, save."""

from __future__ import annotations

import sys
from copy import copy
from pathlib import Path

from openpyxl import load_workbook


def main(workspace: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    plan = load_workbook(workspace / "master.xlsx", read_only=True)["任务台账"].iter_rows(min_row=3, values_only=True)
    header = next(plan)
    name, text, key = (header.index(h) for h in ("牵头处室", "工作事项", "任务编号"))
    owed: dict[str, list[tuple[str, str]]] = {}
    for row in plan:
        owed.setdefault(row[name], []).append((row[text], row[key]))
    for division, tasks in owed.items():
        book = load_workbook(workspace / "templates" / "annex2.xlsx")
        sheet = book.worksheets[0]
        (row,) = {c.row for line in sheet.iter_rows() for c in line if "task." in str(c.value)}
        looks = [copy(c._style) for c in sheet[row]]
        below = [[(c.value, copy(c._style)) for c in line] for line in sheet.iter_rows(min_row=row + 1)]
        title = f"2023年市某局{division}第一季度工作目标完成情况"
        for line in sheet.iter_rows(max_row=row - 1):
            for c in line:
                if "title" in str(c.value):
                    c.value = title
        for i, (task, task_key) in enumerate(tasks):
            values = (i + 1, task, None, None, None, task_key)
            for column, (value, look) in enumerate(zip(values, looks, strict=False), 1):
                c = sheet.cell(row + i, column)
                c.value, c._style = value, copy(look)
            sheet.row_dimensions[row + i].height = 54
        for i, line in enumerate(below, row + len(tasks)):
            for column, (value, look) in enumerate(line, 1):
                c = sheet.cell(i, column)
                c.value, c._style = value, look
        book.save(out / f"{title}.xlsx")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
