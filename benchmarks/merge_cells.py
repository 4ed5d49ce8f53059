"""python -m benchmarks.merge_cells WORKSPACE: what is in the returns into the master, by annex2's own writer alone.

Against `peers.edit_openpyxl`: the same cells, without archive, review and records, but with the kept version and fsync.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from toolkit.master.edits import SetCell
from toolkit.master.schema import Sheet, round_columns
from toolkit.master.store import load, save
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook


def main(root: Path) -> None:
    workspace = Workspace(root)
    got = {}
    for path in sorted(workspace.inbox.glob("*.xlsx")):
        for _, cells in Workbook.open(path).sheet("附件2").rows():
            if isinstance(cells.get(1), int) and cells.get(3):
                got[str(cells[6])] = cells[3]
    loaded = load(workspace, to_save=True)
    done, state = (c.header for c in round_columns("第一季度"))
    edits = [
        SetCell(Sheet.TASKS, key, header, value)
        for key, text in got.items()
        for header, value in ((done, text), (state, "按时"))
    ]
    save(workspace, loaded, edits, datetime(2023, 4, 3))  # noqa: DTZ001  the office's time
    print(len(got))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
