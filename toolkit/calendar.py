"""Due dates in the office's own time zone.

截止日期 "4月5日前" includes that day to its end (domain practice; the Civil Code does not settle 前).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from toolkit.errors import MasterError
from toolkit.model import Round

WEEKDAYS = "一二三四五六日"


def office_zone(name: str) -> tzinfo:
    """The zone of 设置/时区 (an IANA name).  Raises MasterError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MasterError(
            f"时区“{name}”不认识", where="设置!时区", remedy="改为 Asia/Shanghai 这样的时区名称"
        ) from None


def due_end(round_: Round, zone: tzinfo) -> datetime:
    """The first moment that is late: midnight after the due date."""
    return datetime.combine(round_.due + timedelta(days=1), time(), zone)


def days_late(received: datetime, round_: Round, zone: tzinfo) -> int:
    """Calendar days after the due date, 0 when on time."""
    return max(0, (received.astimezone(zone).date() - round_.due).days)


def long_date(day: date) -> str:
    """2023年4月5日（星期三）"""
    return f"{day.year}年{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"
