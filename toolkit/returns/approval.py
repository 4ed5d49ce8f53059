"""审定人 and 审定日期 around a table: labels, and what stands behind them.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from toolkit.cells import as_text
from toolkit.model import plain
from toolkit.returns.grid import Grid
from toolkit.returns.headers import Column
from toolkit.xlsx import Value

APPROVER = re.compile(
    r"(?:分管[局委厅署]?领导|局领导|主管领导|领导)?(?:审定|审签|审批|签发)人?(?:签[字名])?|(?:分管)?局?领导签[字名]|分管[局委厅署]?领导"
)
APPROVED_ON = re.compile(r"(?:审定|审签|审批|签发)(?:日期|时间)")
_LABEL = re.compile(
    f"(?:(?P<day>{APPROVED_ON.pattern})|(?P<who>{APPROVER.pattern}))(?:[(（][^)）]*[)）])?(?=[:：_ \u3000\\n]|$)"
)

_SHORT = 80
"""Characters of a cell that has a label, and little else."""


def approval(grid: Grid, rows: Iterable[int]) -> tuple[str, str]:
    """审定人 and 审定日期, each behind its label: in the same cell, or in the next filled one to the right."""
    found = {"who": "", "day": ""}
    for n in rows:
        cells = grid.rows[n]
        if not may_be_signed(cells):
            continue
        parts = _parted(cells)
        for i, (kind, text) in enumerate(parts):
            if kind:
                value = text or (parts[i + 1][1] if i + 1 < len(parts) and not parts[i + 1][0] else "")
                found[kind] = found[kind] or value
    return found["who"], found["day"]


def labels(text: str) -> tuple[str, tuple[re.Match[str], ...]]:
    """A cell's labels, where it begins with one, and the text that they stand in."""
    if not may_be_label(text):
        return text, ()
    return _labels_in_short(text) if len(text) < _SHORT else _labels_in(text)


def _labels_in(text: str) -> tuple[str, tuple[re.Match[str], ...]]:
    for shown in (text, plain(text)):  # spaces may stand inside a label too
        if _LABEL.match(shown):
            return shown, tuple(_LABEL.finditer(shown))
    return text, ()


_labels_in_short = lru_cache(1024)(_labels_in)  # the same in all forms of a round


def may_be_label(text: str) -> bool:
    """A look that costs nothing: every label has one of these, and no other character stands for them."""
    return "审" in text or "领" in text or "签" in text


def may_be_signed(cells: Mapping[int, Value]) -> bool:
    """The same of a row: most have none."""
    for v in cells.values():  # noqa: SIM110  a generator takes twice as long
        if isinstance(v, str) and ("审" in v or "领" in v or "签" in v):
            return True
    return False


def _parted(cells: Mapping[int, Value]) -> list[tuple[str, str]]:
    """A row as (kind of label or "", what stands behind it) in order."""
    parts: list[tuple[str, str]] = []
    for _, value in sorted(cells.items()):
        text, at = labels(as_text(value)) if isinstance(value, str) else (as_text(value), ())
        if not at:
            parts.append(("", text))
        for m, following in zip(at, (*at[1:], None)[: len(at)], strict=True):
            tail = text[m.end() : following.start() if following else len(text)]
            parts.append(("day" if m["day"] else "who", tail.strip(" \u3000_:：\n\t")))
    return parts


def is_task(cells: Mapping[int, Value], item: int, statuses: Iterable[Column]) -> bool:
    """Whether a row has a 责任事项, so that a label in its 完成情况 is how that begins; a label alone is one."""
    if not as_text(cells.get(item)):
        return False
    written = {c.number for c in statuses}
    labels = {
        c: v
        for c, v in cells.items()
        if c not in written
        or (isinstance(v, str) and may_be_label(v) and _LABEL.fullmatch(plain(v).rstrip(":：_")))
    }
    return not is_approval(labels)


def is_approval(cells: Mapping[int, Value]) -> bool:
    for v in cells.values():
        if isinstance(v, str) and len(v) < _SHORT and may_be_label(v) and labels(v.strip())[1]:
            return True
    return False
