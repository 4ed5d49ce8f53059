"""What a cell of 报送情况 says while nothing was received: words that follow the date, by a formula."""

from __future__ import annotations

from toolkit.model import ReportState

MISSING, DUE_SOON, NOT_DUE = (
    f"✗ {ReportState.MISSING.label}",
    f"… {ReportState.DUE_SOON.label}",
    ReportState.NOT_DUE.label,
)
NOT_OWED = "—"
WAITING = (NOT_DUE, DUE_SOON, MISSING)
"""What the formula of a cell shows while nothing was received."""

BY_DIVISION_SHEET = "（处室表）"
"""Ends a word in 报送情况 that annex2 wrote because of what stands in 处室."""

BY_CLOSING = "（已销号）"
"""… and because the office has closed all that the division would report."""

KEY_LABEL, DUE_LABEL, REMIND_LABEL = "节点编号", "截止日期", "提前提醒天数"
END_LABEL = "实际截止"
"""The line of the last minute that is in time, after rolling; masters of earlier versions have none."""

WITHIN = "59.5/86400"
"""The rest of that minute, half a second less: receipts are in whole seconds, and Excel's days are fractions."""


def tracker_formula(column: str, due_row: int, remind_row: int, end_row: int | None = None) -> str:
    """The formula of a round cell while nothing was received.

    `column`: the round's column letter; the rows are those that read `DUE_LABEL` and `REMIND_LABEL` left of
    the rounds, wherever staff moved them.
    """
    due, remind = f"{column}${due_row}", f"{column}${remind_row}"
    over = f"TODAY()>{due}" if end_row is None else f"NOW()>{column}${end_row}+{WITHIN}"
    return f'=IF(N({due})=0,"",IF({over},"{MISSING}",IF(TODAY()>={due}-N({remind}),"{DUE_SOON}","{NOT_DUE}")))'
