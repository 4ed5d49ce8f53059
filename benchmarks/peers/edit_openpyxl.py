"""python -m benchmarks.peers.edit_openpyxl WORKSPACE OUT.xlsx: write the returns into the master by openpyxl.

Load the master, set the cells, save; the returns are read by openpyxl too.
"""

from __future__ import annotations

import sys
from pathlib import Path

from openpyxl import load_workbook

DONE, STATE = "第一季度完成情况", "第一季度报送状态"


def main(workspace: Path, out: Path) -> None:
    got = {}
    for path in sorted((workspace / "inbox").glob("*.xlsx")):
        for row in load_workbook(path, read_only=True).worksheets[0].iter_rows(values_only=True):
            if len(row) > 5 and isinstance(row[0], int) and row[2]:
                got[row[5]] = row[2]
    book = load_workbook(workspace / "master.xlsx")
    sheet = book["任务台账"]
    header = [c.value for c in sheet[3]]
    key, done, state = (header.index(h) + 1 for h in ("任务编号", DONE, STATE))
    for row in range(4, sheet.max_row + 1):
        text = got.get(sheet.cell(row, key).value)
        if text:
            sheet.cell(row, done).value, sheet.cell(row, state).value = text, "按时"
    book.save(out)
    print(len(got))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
