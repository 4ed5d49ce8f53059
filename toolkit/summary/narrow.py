"""The table of report states on paper: what its cells say where many rounds leave each of them little room.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

BROKEN = 5
"""Columns of states from which a word of four characters takes two lines."""
SEVERAL = 7
"""… from which the page lies."""
MANY = 13
"""… from which a sign takes the word's place."""
SIGNS = {
    "按时": "√",
    "顺延期内": "√",
    "逾期": "△",
    "逾期未报": "×",
    "未报": "×",
    "未到期": "○",
    "即将到期": "○",
    "退回": "退",
    "待裁定": "裁",
    "待审定": "审",
    "免报": "免",
    "": "—",
}
_NOTHING = "没有要报的"
_BRIEF = 60
_MONTH = re.compile(r"(\d{1,2})月份?")


def brief(text: str) -> str:
    """Enough of a task to know it by."""
    return text if len(text) <= _BRIEF else text[:_BRIEF] + "……"


def marks(states: Sequence[str], columns: int) -> tuple[str, ...]:
    """States as a table with so many columns shows them."""
    if columns >= MANY:
        return tuple(SIGNS.get(s, _broken(s)) for s in states)
    return tuple(map(_broken, states)) if columns >= BROKEN else tuple(states)


def heads(columns: Sequence[str]) -> tuple[str, ...]:
    """The names above them."""
    if len(columns) < BROKEN:
        return tuple(columns)
    months = [_MONTH.fullmatch(name) if len(columns) >= MANY else None for name in columns]
    return tuple(m[1] if m else _broken(name) for m, name in zip(months, columns, strict=True))


def legend(columns: Sequence[str], states: Iterable[str]) -> str:
    """What the signs mean that are there, and the numbers above them; "" where words stand."""
    if len(columns) < MANY:
        return ""
    there, words = set(states), dict[str, list[str]]()
    for word, sign in SIGNS.items():
        if word in there:
            words.setdefault(sign, []).append(word or _NOTHING)
    told = "；".join(f"{sign} {'、'.join(w)}" for sign, w in words.items())
    return told + ("。表头的数字是月份。" if any(map(_MONTH.fullmatch, columns)) else "。")


def _broken(text: str) -> str:
    """Two characters a line, where there are more than three; digits and letters take half of one."""
    if len(text) <= 3:
        return text
    lines, room = [""], 4
    for character in text:
        width = 1 if character.isascii() else 2
        if width > room:
            lines.append("")
            room = 4
        lines[-1] += character
        room -= width
    return "\n".join(lines)
