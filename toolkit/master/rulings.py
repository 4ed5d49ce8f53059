"""What a person may write into a cell of 报送情况, in the words that people use.  Pure.

免报（领导同意）, 延期到4月10日, 4月4日纸质: what is meant is plain to anybody, and must be to every command.

The sheet's colours know the round's own due date only.  So the day of a paper report of a division that has longer
is written in words that say both, and read again: ✓按时 4月8日（纸质，延期至2023-04-10）.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple

from toolkit.calendar import plain_date, short_date
from toolkit.cells import LAST_YEAR
from toolkit.master.schema import EXEMPT, EXTENDED
from toolkit.master.waiting import NOT_OWED, WAITING
from toolkit.merge import arrival_word, is_ours
from toolkit.model import Office, ReportState, Round, plain

_ANY_DAY = r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})[日号]?"
_NOTE = r"(?:\(.*\))?[。.]?"
_EXEMPT = re.compile(r"(?:已?同意|准予|予以|可)?(?:免报|免予报送|免于报送)(?:$|[(,，。;；:].*)")
_UNTIL = rf"(?:已?同意|准予|准许)?(?:延期|延迟|推迟|延长)(?:报送)?(?:至|到){_ANY_DAY}(?:以?前|止)?(?:报送)?"
_EXTENDED = re.compile(rf"{_UNTIL}{_NOTE}")
_ABOUT = r"(?>(?:纸质|纸件|书面|版|件|稿|材料|报告|已?收到?|已?报送?|已?送达?|已?交来?|于|的|[,，。])*)"
_ARRIVED = re.compile(rf"{_ABOUT}{_ANY_DAY}{_ABOUT}{_NOTE}")
_ARRIVED_WITHIN = re.compile(rf"{_ABOUT}{_ANY_DAY}{_ABOUT}\((?:.*[,;、])?{_UNTIL}\)[。.]?")
_ON_PAPER, _LONGER = "纸质", "已延期"
_TIMELY = "|".join((ReportState.ON_TIME.label, ReportState.LATE.label))
_PAPER_WITHIN = re.compile(rf"[✓!](?:{_TIMELY}){_ANY_DAY}\({_ON_PAPER},(?:{_LONGER}|{EXTENDED}{_ANY_DAY})\)")
_AS_THE_SHEET = re.compile(rf"{EXEMPT}.*|{EXTENDED}{_ANY_DAY}(?:\(.*\))?")
NOTED = ("✗", "…")  # annex2's own word with somebody's note behind it


class Said(NamedTuple):
    """What a cell means.  `value`: 免报, 延期至 and the day, or the day that a report came; None where nobody knows."""

    value: str | date | None
    shown: bool  # the sheet's own colours and counts understand the words too
    until: date | None = None  # the extension that is told beside the day that a report came


def read(text: str, due: date) -> Said | None:
    """What a person wrote into the cell of a round that is due on `due`; None where it is none of a person's words.

    A day without a year is the one nearest to `due`.
    """
    words = plain(text)
    if not words or text[0] in NOTED or text == NOT_OWED or is_ours(text, (), WAITING):
        return None
    shown = bool(_AS_THE_SHEET.fullmatch(words))
    if (m := _PAPER_WITHIN.fullmatch(words)) or (m := _ARRIVED_WITHIN.fullmatch(words)):
        until = _day(m.groups()[3:], due) if m[5] else None
        return Said(_day(m.groups()[:3], due), shown=m.re is _PAPER_WITHIN, until=until)
    if _EXEMPT.fullmatch(words):
        return Said(EXEMPT, shown)
    if m := _EXTENDED.fullmatch(words):
        until = _day(m.groups(), due)
        return Said(f"{EXTENDED}{until.isoformat()}" if until else None, shown)
    if m := _ARRIVED.fullmatch(words):
        return Said(_day(m.groups(), due), shown=False)
    return Said(None, shown=False)


_LONGER_FOR = re.compile(
    rf"(.+?)\s*(?:已?同意|准予|准许)?(?:延期|延迟|推迟|延长|延)?(?:报送)?(?:\s*[:至到]+\s*|\s+){_ANY_DAY}(?:以?前|止)?(?:报送)?{_NOTE}"
)


def extensions(text: str, rounds: Office) -> tuple[list[tuple[str, date]], list[str]]:
    """延期 of 处室, such as `2023Q1：2023-04-10；第二季度延至7月12日`: (round as it is called there, the last day), and
    what cannot be read.  A day without a year is the one nearest to its round's due date.
    """
    found: list[tuple[str, date]] = []
    unread = []
    for piece in filter(None, map(str.strip, re.split(r"[；;、,，\n]+", text))):
        m = _LONGER_FOR.fullmatch(unicodedata.normalize("NFKC", piece))
        meant = rounds.round(m[1]) if m else None
        until = _day(m.groups()[1:], meant.due if meant else date(rounds.year, 6, 30)) if m else None
        if m and until:
            found.append((m[1], until))
        else:
            unread.append(piece)
    return found, unread


def on_paper(office: Office, division: str, round_: Round, received: datetime, zone: tzinfo) -> datetime | str:
    """What the cell says of a report that came on paper: the day, or words where a date alone would look late."""
    own = office.round_for(division, round_)
    if own is round_:
        return received
    day = received.astimezone(zone).date()
    until = office.granted.get((division, round_.key))
    nearest = _day((None, str(day.month), str(day.day)), round_.due)
    said = short_date(day) if nearest == day else plain_date(day)
    return f"{arrival_word(received, own, zone)} {said}（{_ON_PAPER}，{f'{EXTENDED}{until}' if until else _LONGER}）"


def is_on_paper(words: str) -> bool:
    """Whether a cell says what `on_paper` says of a report within an extension."""
    return bool(_PAPER_WITHIN.fullmatch(plain(words)))


def _day(numbers: Sequence[str | None], near: date) -> date | None:
    year, month, day = numbers
    years = [int(year)] if year else [near.year, near.year - 1, near.year + 1]
    if max(years) > LAST_YEAR:
        return None
    found = []
    for known in years:
        try:
            found.append(date(known, int(month or 0), int(day or 0)))
        except ValueError:
            return None
    return min(found, key=lambda d: abs(d - near))
