"""What stands above the sheets of a master: the year, the office, what the sheet is.  Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from toolkit.master.edits import Retitle
from toolkit.master.read import Master
from toolkit.master.schema import Sheet

_SAID = {
    Sheet.GUIDE: "目标任务报送总表",
    Sheet.TRACKER: "目标任务报送情况",
    Sheet.TASKS: "目标任务台账",
    Sheet.ATTENTION: "待处理事项",
    Sheet.RECEIPTS: "收件记录",
    Sheet.DIVISIONS: "处室（单位）名录",
    Sheet.TARGETS: "目标任务指标",
}
_FEWEST = 3
"""Sheets whose titles must name the same other office: one alone is how somebody wants to call that sheet."""


def sheet_title(year: int, organisation: str, sheet: Sheet) -> str:
    return f"{year}年{organisation}{_SAID.get(sheet, sheet)}"


def title_edits(master: Master) -> Iterable[Retitle]:
    """Where 单位 was put right in 设置, the titles follow: those that still are as they were made."""
    office = master.office
    said = [
        m[1]
        for sheet, layout in master.layouts.items()
        if (m := re.fullmatch(f"{office.year}年(.+){re.escape(_SAID.get(sheet, sheet))}", layout.title))
    ]
    for former, sheets in Counter(said).most_common(1):
        if sheets >= _FEWEST and former != office.organisation:
            yield Retitle(f"{office.year}年{former}", f"{office.year}年{office.organisation}")
