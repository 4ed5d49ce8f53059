"""Due dates in the office's own time zone, and the mainland's working days.

截止日期 "4月5日前" includes that day to its end, unless 设置 says otherwise (domain practice; the Civil Code,
art. 1259, does not settle 前).  A day off may roll it to the next working day (顺延): what comes until then is in time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.model import Rolling, Round

WEEKDAYS = "一二三四五六日"
UNPUBLISHED = "未公布（按周末估算）"
EXCLUSIVE = "不含当天"

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_FAR = 60
"""Days searched for a working day: no holiday is that long, whatever 工作日历 says."""


def office_zone(name: str) -> tzinfo:
    """The zone of 设置/时区 (an IANA name).  Raises MasterError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MasterError(
            tr("时区“{name}”不认识", name=name), where=tr("设置!时区"), remedy=tr("改为 Asia/Shanghai 这样的时区名称")
        ) from None


@dataclass(frozen=True, slots=True)
class Day:
    """What kind of day a date is."""

    date: date
    working: bool
    name: str  # 清明节, 星期六, 星期六，调休上班; "" for an ordinary working day
    published: bool  # False: the State Council has not said yet; weekends and what the law fixes are all that is known


@dataclass(frozen=True)
class WorkCalendar:
    """Working days: the office's own (工作日历), then the State Council's, then weekends.

    `overrides`: date -> (whether it is a working day, what the office calls it).
    """

    overrides: Mapping[date, tuple[bool, str]] = field(default_factory=dict)

    def day(self, when: date) -> Day:
        if when in self.overrides:
            working, name = self.overrides[when]
            return Day(when, working, name or ("" if working else "休息日"), True)
        return _national(when)

    def works(self, when: date) -> bool:
        return self.day(when).working

    def next_working(self, when: date) -> date:
        """The first working day at or after a date."""
        days = (when + n * _DAY for n in range(_FAR))
        return next((d for d in days if self.works(d)), when)

    def working_before(self, when: date) -> date:
        """The last working day before a date."""
        days = (when - n * _DAY for n in range(1, _FAR))
        return next((d for d in days if self.works(d)), when - _DAY)

    def working_after(self, when: date, count: int) -> date:
        """The so-many-th working day after a date, counted from 1."""
        for _ in range(count):
            when = self.next_working(when + _DAY)
        return when

    def working_days(self, after: date, until: date) -> int:
        """How many working days follow `after`, up to and including `until`."""
        return sum(self.works(after + n * _DAY) for n in range(1, (until - after).days + 1))


_STATUTORY = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节"} | {(10, day): "国庆节" for day in (1, 2, 3)}
"""Days off whatever is announced for a year, but those of the moon's calendar (国务院令第795号, since 2025)."""


@lru_cache(4096)
def _national(when: date) -> Day:
    from chinese_calendar import Holiday, get_holiday_detail

    weekend = when.weekday() >= 5
    weekday = f"星期{WEEKDAYS[when.weekday()]}"
    try:
        free, name = get_holiday_detail(when)
    except NotImplementedError:  # a year without a notice yet; never estimated silently
        festival = _STATUTORY.get((when.month, when.day), "")
        return Day(when, not weekend and not festival, festival or (weekday if weekend else ""), False)
    if not free:
        return Day(when, True, f"{weekday}，调休上班" if weekend else "", True)
    chinese = next((h.chinese for h in Holiday if h.value == name), "") if name else ""
    return Day(when, False, _festival(chinese) or weekday, True)


def _festival(name: str) -> str:
    return f"{name}节" if name in ("清明", "端午", "中秋") else name


@dataclass(frozen=True, slots=True)
class DueDate:
    """A due date seen in the calendar."""

    due: date
    last_day: date  # after rolling
    ahead: date  # the last working day not after `due`: what must be in hand before a holiday is collected by then
    holiday: str  # what kind of day off `due` is; "" for a working day
    published: bool
    note: str  # 4月5日为清明节，顺延至4月6日; "" where there is nothing to say


def due_date(due: date, rolling: Rolling, calendar: WorkCalendar) -> DueDate:
    """The facts about a due date under a rolling rule."""
    day = calendar.day(due)
    ahead = due if day.working else calendar.working_before(due)
    last = calendar.next_working(due) if rolling is Rolling.NEXT else due
    notes = []
    if not day.working:
        said = f"{short_date(due)}为{day.name}，"
        if last != due:
            odd = calendar.day(last).name
            said += f"顺延至{short_date(last, due.year)}" + (f"（{odd}）" if odd else "")
        else:
            said += f"不顺延，请于{short_date(ahead, due.year)}前收齐"
        notes.append(said)
    published = day.published and calendar.day(last).published
    if not published:
        notes.append(f"{due.year}年放假安排{UNPUBLISHED}")
    return DueDate(due, last, ahead, "" if day.working else day.name, published, "；".join(notes))


def rolled(round_: Round, calendar: WorkCalendar, day_end: time | None = None) -> Round:
    """The round with `ends` worked out: after its rolling rule, and `day_end` of its last day (None: to its end)."""
    last = due_date(round_.due, round_.rolling, calendar).last_day if round_.rolling is Rolling.NEXT else round_.due
    midnight = datetime.combine(last + _DAY, time())
    if day_end is not None:
        ends = datetime.combine(last, day_end)
        ends += _MINUTE if day_end != time() else timedelta()
    else:
        ends = midnight
    day = calendar.day(round_.due)
    off = "" if day.working else day.name
    return replace(round_, ends=None if ends == datetime.combine(round_.due + _DAY, time()) else ends, day_off=off)


def day_end(text: str) -> time | None:
    """设置/截止时刻: the last minute of the due day that counts; midnight for 不含当天, None for the whole day.

    Raises MasterError for anything else.
    """
    folded = unicodedata.normalize("NFKC", text).replace(" ", "")
    if re.fullmatch(r"0?\.\d+|1(?:\.0)?", folded):  # 17:30 typed into a cell is a part of a day to Excel
        minutes = round(float(folded) * 24 * 60)
        folded = f"{minutes // 60}:{minutes % 60:02}"
    if folded in ("", "24:00", "24:00:00", "23:59", "23:59:00", "当天24:00"):
        return None
    if folded == EXCLUSIVE:
        return time()
    m = re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", folded)
    if m and 0 < int(m[1]) < 24 and int(m[2]) < 60:
        return time(int(m[1]), int(m[2]))
    raise MasterError(
        tr("截止时刻“{text}”不认识", text=text),
        where=tr("设置!截止时刻"),
        remedy=tr("写成 24:00（当天结束）、17:30 这样的时刻，或“{exclusive}”", exclusive=EXCLUSIVE),
    )


def due_end(round_: Round, zone: tzinfo) -> datetime:
    """The first moment that is late: midnight after the due date, unless it rolls or closes earlier."""
    return _ends(round_).replace(tzinfo=zone)


def _ends(round_: Round) -> datetime:
    return round_.ends or datetime.combine(round_.due + _DAY, time())


def days_late(received: datetime, round_: Round, zone: tzinfo) -> int:
    """Calendar days after the due date (where it rolls, the rolled one), 0 when on time."""
    arrived = received.astimezone(zone).replace(tzinfo=None)
    return max(1, (arrived.date() - round_.last_day).days) if arrived >= _ends(round_) else 0


def in_roll(received: datetime, round_: Round, zone: tzinfo) -> bool:
    """顺延期内: in time only because the due date rolled."""
    return received.astimezone(zone).date() > round_.due and not days_late(received, round_, zone)


def deadline(round_: Round) -> str:
    """What stands before 前, so that nobody has to ask: whether the day itself counts, and what day it is.

    2023年4月5日（星期三，清明节，含当天）; 2023年4月6日（星期四，含当天；4月5日为清明节，顺延）;
    2023年7月5日（星期三）17:30; 2023年7月5日（星期三，不含当天，最迟7月4日）: the days are counted up to that one
    """
    ends, day, last = _ends(round_), round_.due, round_.last_day
    if ends == datetime.combine(day, time()):
        counts = f"{EXCLUSIVE}，最迟{short_date(round_.last_day, day.year)}"
    else:
        day, counts = last, "含当天" if ends.time() == time() else ""
    weekday = f"星期{WEEKDAYS[day.weekday()]}"
    off = round_.day_off if day == round_.due and round_.day_off != weekday else ""
    rolled_on = f"；{short_date(round_.due, day.year)}为{round_.day_off}，顺延" if day > round_.due else ""
    hour = "" if counts else f"{ends - _MINUTE:%H:%M}"
    return f"{plain_date(day)}（{'，'.join(filter(None, (weekday, off, counts)))}{rolled_on}）{hour}"


def long_date(day: date) -> str:
    """2023年4月5日（星期三）"""
    return f"{plain_date(day)}（星期{WEEKDAYS[day.weekday()]}）"


def plain_date(day: date) -> str:
    """2023年4月5日"""
    return f"{day.year}年{day.month}月{day.day}日"


def short_date(day: date, year: int | None = None) -> str:
    """4月5日; with the year where it is not `year`."""
    return f"{day.month}月{day.day}日" if year in (None, day.year) else plain_date(day)
