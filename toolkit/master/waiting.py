"""What a cell of 报送情况 says while nothing was received: words that follow the date, by a formula."""

from __future__ import annotations

from toolkit.model import ReportState

MISSING, DUE_SOON, NOT_DUE = (
    f"✗ {ReportState.MISSING.label}",
    f"… {ReportState.DUE_SOON.label}",
    ReportState.NOT_DUE.label,
)
WAITING = (NOT_DUE, DUE_SOON, MISSING)
"""What the formula of a cell shows while nothing was received."""

DUE_LABEL, REMIND_LABEL = "截止日期", "提前提醒天数"


def tracker_formula(column: str, due_row: int, remind_row: int) -> str:
    """The formula of a round cell while nothing was received.

    `column`: the round's column letter; the rows are those that read `DUE_LABEL` and `REMIND_LABEL` left of
    the rounds, wherever staff moved them.
    """
    due, remind = f"{column}${due_row}", f"{column}${remind_row}"
    return f'=IF(N({due})=0,"",IF(TODAY()>{due},"{MISSING}",IF(TODAY()>={due}-N({remind}),"{DUE_SOON}","{NOT_DUE}")))'
