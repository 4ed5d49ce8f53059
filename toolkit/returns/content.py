"""What is wrong, or odd, with one 完成情况 and with a form's approval.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolkit.model import Finding, Task, plain
from toolkit.returns.findings import finding
from toolkit.returns.match import FormRow
from toolkit.returns.recognise import Table
from toolkit.returns.statuses import is_placeholder, lower_figures
from toolkit.returns.wording import call_row
from toolkit.xlsx import CELL_ERRORS
from toolkit.xlsx.values import MAX_TEXT

_BARE = re.compile(r"[-+]?[\d,]+(?:\.\d+)?[%％‰]?|\d{4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?(?: [\d:]+)?")

SAME_LENGTH = 10
"""From this length on an unchanged text is worth a remark; shorter ones are rightly alike."""

def problem(row: FormRow, name: str) -> Finding | None:
    """Why a row's 完成情况 cannot be merged, or None.  `name`: how the division knows the row."""
    text = row.status
    if row.shared:  # which sentence answers which task is not ours to say
        return finding("shared_status", row.where, label=name)
    if not text:
        return finding("picture" if row.picture else "empty_status", row.where, label=name)
    if text in CELL_ERRORS:
        return finding("formula_error", row.where, label=name, value=text)
    if is_placeholder(text):
        return finding("placeholder", row.where, label=name, text=text[:20])
    if (units := len(text.encode("utf-16-le", "surrogatepass")) // 2) > MAX_TEXT:
        return finding("too_long_for_cell", row.where, label=name, length=units, limit=MAX_TEXT)
    return None


def remarks(row: FormRow, name: str, before: str, limit: int) -> list[Finding]:
    """What is worth saying about a text that is merged.  `before`: the task's text of the round before."""
    found: list[Finding] = []
    text = row.status
    if len(text) > limit:
        found.append(finding("too_long", row.where, label=name, length=len(text), limit=limit))
    if _BARE.fullmatch(text):
        found.append(finding("number_only", row.where, label=name, text=text))
    if row.picture:
        found.append(finding("picture_beside", row.where, label=name))
    if before and len(text) >= SAME_LENGTH and plain(text) == plain(before):
        found.append(finding("unchanged", row.where, label=name))
    elif before:
        found += [
            finding("lower_figure", row.where, label=name, what=what, before=old, now=new)
            for what, old, new in lower_figures(text, before)
        ]
    return found


def approval(table: Table, tasks: Iterable[Task], leader: str) -> list[Finding]:
    """What is missing of, or odd with, a form's approval.  `leader`: the division's, where 处室 names one."""
    given = {"审定人": table.approver, "审定日期": table.approved_on}
    missing = [name for name, value in given.items() if not value]
    found = [finding("not_approved", table.sheet, what="、".join(missing))] if missing else []
    leaders = list(dict.fromkeys(n for t in tasks if (n := plain(t.leader))))
    if leader and plain(leader) not in leaders:
        leaders.append(plain(leader))
    signed = plain(table.approver)
    if signed and leaders and not any(n in signed for n in leaders):
        found.append(
            finding("approver_differs", table.sheet, found=table.approver[:20], leaders="、".join(leaders[:5]))
        )
    return found


def row_name(row: FormRow, place: int, task: Task) -> str:
    """How the division knows a row: the number it bears in its own form, else its place, and its beginning."""
    number = row.number.rstrip(".、．") if re.fullmatch(r"\d{1,3}[.、．]?", row.number) else str(place)
    return call_row(number, row.item or task.text)
