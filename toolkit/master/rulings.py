"""What a person may write into a cell of 报送情况, in the words that people use.  Pure.

免报（领导同意）, 延期到4月10日, 4月4日纸质: what is meant is plain to anybody, and must be to every command.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from toolkit.master.schema import EXEMPT, EXTENDED
from toolkit.master.waiting import NOT_OWED, WAITING
from toolkit.merge import is_ours
from toolkit.model import plain

_ANY_DAY = r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?"
_NOTE = r"(?:\(.*\))?[。.]?"
_EXEMPT = re.compile(r"(?:已?同意|准予|予以|可)?(?:免报|免予报送|免于报送)(?:$|[(,，。;；:].*)")
_EXTENDED = re.compile(
    rf"(?:已?同意|准予|准许)?(?:延期|延迟|推迟|延长)(?:报送)?(?:至|到){_ANY_DAY}(?:以?前|止)?(?:报送)?{_NOTE}"
)
_ABOUT = r"(?:纸质|纸件|书面|版|件|稿|材料|报告|已?收到?|已?报送?|已?送达?|已?交来?|于|的|[,，。])*+"
_ARRIVED = re.compile(rf"{_ABOUT}{_ANY_DAY}{_ABOUT}{_NOTE}")
_AS_THE_SHEET = re.compile(rf"{EXEMPT}.*|{EXTENDED}{_ANY_DAY}(?:\(.*\))?")
NOTED = ("✗", "…")  # annex2's own word with somebody's note behind it


class Said(NamedTuple):
    """What a cell means.  `value`: 免报, 延期至 and the day, or the day that a report came; None where nobody knows."""

    value: str | date | None
    shown: bool  # the sheet's own colours and counts understand the words too


def read(text: str, due: date) -> Said | None:
    """What a person wrote into the cell of a round that is due on `due`; None where it is none of a person's words.

    A day without a year is the one nearest to `due`.
    """
    words = plain(text)
    if not words or text[0] in NOTED or text == NOT_OWED or is_ours(text, (), WAITING):
        return None
    shown = bool(_AS_THE_SHEET.fullmatch(words))
    if _EXEMPT.fullmatch(words):
        return Said(EXEMPT, shown)
    if m := _EXTENDED.fullmatch(words):
        until = _day(m, due)
        return Said(f"{EXTENDED}{until.isoformat()}" if until else None, shown)
    if m := _ARRIVED.fullmatch(words):
        return Said(_day(m, due), shown=False)
    return Said(None, shown=False)


def _day(m: re.Match[str], near: date) -> date | None:
    year, month, day = m.groups()
    years = [int(year)] if year else [near.year, near.year - 1, near.year + 1]
    found = []
    for known in years:
        try:
            found.append(date(known, int(month), int(day)))
        except ValueError:
            return None
    return min(found, key=lambda d: abs(d - near))
