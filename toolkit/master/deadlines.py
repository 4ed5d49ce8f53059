"""What annex2 writes beside a round's 截止日期: when it really ends, and what the calendar says of the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from toolkit.calendar import WorkCalendar, due_date
from toolkit.cells import as_date, as_text
from toolkit.master import schema
from toolkit.master.edits import SetCell
from toolkit.master.read import Master
from toolkit.master.schema import Sheet
from toolkit.model import Round
from toolkit.xlsx import Value

_MINUTE = timedelta(minutes=1)


def worked_out(round_: Round, calendar: WorkCalendar) -> tuple[datetime, str, date]:
    """实际截止 (the last minute in time, naive), 日历提示 and 已核日期 of a round."""
    ends = round_.ends or datetime.combine(round_.due + timedelta(days=1), time())
    return ends - _MINUTE, due_date(round_.due, round_.rolling, calendar).note, round_.due


def deadline_edits(master: Master) -> Iterable[SetCell]:
    """What changes in 报送节点 because a date, a rule or the calendar changed; nothing where all is as it was."""
    for round_ in master.office.rounds:
        actual, note, checked = worked_out(round_, master.calendar)
        was = master.worked_out[round_.key]
        if was.in_words:
            yield SetCell(Sheet.ROUNDS, round_.key, "截止日期", _moment(round_.due))
        shown = was.actual.replace(tzinfo=None) if isinstance(was.actual, datetime) else None
        if shown is None or abs(shown - actual) > timedelta(seconds=30):
            yield SetCell(Sheet.ROUNDS, round_.key, schema.ACTUAL_DUE, actual)
        if as_text(was.note) != note:
            yield SetCell(Sheet.ROUNDS, round_.key, schema.CALENDAR_NOTE, note or None)
        if as_date(was.checked) != checked:
            yield SetCell(Sheet.ROUNDS, round_.key, schema.CHECKED_DUE, _moment(checked))


def _moment(day: date) -> Value:
    return datetime.combine(day, time())
