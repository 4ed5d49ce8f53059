"""Cell values as the person who typed them means them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, tzinfo
from decimal import Decimal

from toolkit.xlsx import Value
from toolkit.xlsx.values import from_serial


def as_text(value: Value) -> str:
    """A cell's value as a person reads it: 70.0 is 70, True is TRUE, dates are ISO; surrounding white space dropped."""
    if value is None:
        return ""
    if type(value) is str:
        return value.strip()
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds") if value.time() != datetime.min.time() else value.date().isoformat()
    if isinstance(value, (float, Decimal)) and value == int(value):
        return str(int(value))
    return str(value).upper() if isinstance(value, bool) else str(value).strip()


_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


_SERIALS = 36526, 73051
"""Days of 2000 to 2099 as Excel counts them: a cell that lost its format, or into which only values were pasted."""


def _unformatted(value: Value) -> Value:
    """The moment that a bare number is, where it can only be one."""
    if type(value) in (int, float) and _SERIALS[0] <= value < _SERIALS[1]:  # type: ignore[operator]
        return from_serial(float(value), date1904=False)  # type: ignore[arg-type]
    return value


def as_date(value: Value) -> date | None:
    """A date cell, or text such as 2023-04-05, 2023/4/5, 2023年4月5日."""
    value = _unformatted(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and (m := _DATE.fullmatch(unicodedata.normalize("NFKC", value).strip())):
        try:
            return date(int(m[1]), int(m[2]), int(m[3]))
        except ValueError:
            return None
    return None


FIRST_YEAR = 1990
"""No date of an office is earlier: 7.4 that somebody typed for 4 July is a morning of January 1900 to Excel."""


LAST_YEAR = 2200
"""No deadline is later: 9999-12-31 is no day that can be reckoned with."""


def as_typed(value: Value) -> str:
    """A value as its person typed it: of a date that is none, the number that it is to Excel (7.4)."""
    if isinstance(value, date) and value.year < FIRST_YEAR:
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        days = (moment.replace(tzinfo=None) - datetime(1899, 12, 31)).total_seconds() / 86400  # noqa: DTZ001
        return as_text(round(days + (days >= 60), 4))
    return as_text(value)


_MOMENT = re.compile(r"(.+?)[ T]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?[分秒]?")


def as_moment(value: Value, zone: tzinfo) -> datetime | None:
    """A date-time cell in the office's zone; a bare date counts from its first moment."""
    value = _unformatted(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, str) and (m := _MOMENT.fullmatch(unicodedata.normalize("NFKC", value).strip())):
        day = as_date(m[1])
        try:
            if day is None:
                return None
            return datetime(day.year, day.month, day.day, int(m[2]), int(m[3]), int(m[4] or 0), tzinfo=zone)
        except ValueError:
            return None
    day = as_date(value)
    return datetime(day.year, day.month, day.day, tzinfo=zone) if day else None


def after_number(text: str) -> str:
    """A text as it stands behind 3.: where it begins with a figure, apart, or 3.8月底 would be read as 3.8."""
    return f" {text}" if text[:1].isdigit() else text


def split_names(text: str) -> tuple[str, ...]:
    """Names in one cell, parted by 、 , ; / or white space; 李　超 is one name, spaced out."""
    return tuple(n for n in _PARTING.split(_SPACED.sub("", text)) if n) if text else ()


_SPACED = re.compile(r"(?<=(?<![\u4e00-\u9fff])[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff](?![\u4e00-\u9fff]))")
_PARTING = re.compile(r"[、,，;；/\s]+")
