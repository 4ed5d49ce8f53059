"""Due dates against the State Council's calendar, rolling, the end of the day, and what is not published yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from toolkit.calendar import (
    EXCLUSIVE,
    UNPUBLISHED,
    WorkCalendar,
    day_end,
    days_late,
    deadline,
    due_date,
    due_end,
    in_roll,
    long_date,
    rolled,
)
from toolkit.errors import MasterError
from toolkit.model import Rolling, Round

from .office import CALENDAR, ROUNDS, ZONE, at

Q1, Q2, Q3, YEAR = ROUNDS


# From the notices of the General Office of the State Council for 2023 to 2026 (typed, not taken from a library).
NAMED = {
    "2023-01-28": True, "2023-01-29": True, "2023-04-05": False, "2023-04-06": True, "2023-04-23": True,
    "2023-05-06": True, "2023-06-25": True, "2023-09-29": False, "2023-10-05": False, "2023-10-06": False,
    "2023-10-07": True, "2023-10-08": True, "2024-02-04": True, "2024-02-09": True, "2024-02-18": True,
    "2025-01-26": True, "2025-10-08": False, "2026-01-04": True, "2026-02-14": True, "2026-02-28": True,
    "2026-05-09": True, "2026-09-20": True, "2026-10-10": True,
}  # fmt: skip


def test_named_days() -> None:
    assert {d: CALENDAR.works(date.fromisoformat(d)) for d in NAMED} == NAMED
    assert CALENDAR.day(date(2023, 4, 5)).name == "清明节"
    assert CALENDAR.day(date(2023, 10, 7)).name == "星期六，调休上班"
    assert CALENDAR.day(date(2023, 4, 6)).name == ""


@pytest.mark.parametrize(
    ("round_", "rolling", "last_day", "ahead", "note"),
    [
        (Q1, Rolling.NEXT, "2023-04-06", "2023-04-04", "4月5日为清明节，顺延至4月6日"),
        (Q1, Rolling.NONE, "2023-04-05", "2023-04-04", "4月5日为清明节，不顺延，请于4月4日前收齐"),
        (Q2, Rolling.NEXT, "2023-07-05", "2023-07-05", ""),
        (Q3, Rolling.NEXT, "2023-10-07", "2023-09-28", "10月5日为国庆节，顺延至10月7日（星期六，调休上班）"),
        (Q3, Rolling.NONE, "2023-10-05", "2023-09-28", "10月5日为国庆节，不顺延，请于9月28日前收齐"),
        (YEAR, Rolling.NEXT, "2024-01-05", "2024-01-05", ""),
    ],
)
def test_the_notices_dates(round_: Round, rolling: Rolling, last_day: str, ahead: str, note: str) -> None:
    facts = due_date(round_.due, rolling, CALENDAR)
    assert (str(facts.last_day), str(facts.ahead), facts.note, facts.published) == (last_day, ahead, note, True)
    assert str(rolled(replace(round_, rolling=rolling), CALENDAR).last_day) == last_day


def test_an_unpublished_year_is_said_never_guessed_silently() -> None:
    facts = due_date(date(2998, 1, 5), Rolling.NEXT, CALENDAR)
    assert not facts.published
    assert UNPUBLISHED in facts.note
    saturday = date(2998, 1, 6)
    assert saturday.weekday() == 5
    facts = due_date(saturday, Rolling.NEXT, CALENDAR)
    assert facts.note == f"1月6日为星期六，顺延至1月8日；2998年放假安排{UNPUBLISHED}"
    own = WorkCalendar({saturday: (True, "")})  # 工作日历 settles it
    assert due_date(saturday, Rolling.NEXT, own).note == ""


@pytest.mark.parametrize(
    ("day", "name"), [("2091-01-01", "元旦"), ("2090-10-03", "国庆节"), ("2091-05-02", "劳动节"), ("2090-10-04", "")]
)
def test_what_the_law_fixes_is_a_day_off_before_anything_is_published(day: str, name: str) -> None:
    told = WorkCalendar().day(date.fromisoformat(day))  # none of them on a weekend
    assert (told.name, told.working, told.published) == (name, not name, False)


def test_the_offices_own_days_win() -> None:
    own = WorkCalendar({date(2023, 4, 6): (False, "建局纪念日"), date(2023, 4, 4): (False, "")})
    facts = due_date(Q1.due, Rolling.NEXT, own)
    assert (facts.last_day, facts.ahead) == (date(2023, 4, 7), date(2023, 4, 3))
    assert due_date(date(2023, 4, 6), Rolling.NEXT, own).note == "4月6日为建局纪念日，顺延至4月7日"
    assert CALENDAR.working_days(date(2023, 4, 5), date(2023, 4, 10)) == 3
    assert WorkCalendar({date(2023, 4, 8): (True, "")}).working_days(date(2023, 4, 5), date(2023, 4, 10)) == 4


@pytest.mark.parametrize(
    ("rolling", "end", "received", "late", "roll"),
    [
        (Rolling.NONE, None, "2023-04-05 23:59:59", 0, False),
        (Rolling.NONE, None, "2023-04-06 00:00:00", 1, False),
        (Rolling.NEXT, None, "2023-04-05 12:00:00", 0, False),
        (Rolling.NEXT, None, "2023-04-06 23:59:59", 0, True),
        (Rolling.NEXT, None, "2023-04-07 00:00:00", 1, False),
        (Rolling.NONE, "17:30", "2023-04-05 17:30:59", 0, False),
        (Rolling.NONE, "17:30", "2023-04-05 17:31:00", 1, False),
        (Rolling.NONE, "17:30", "2023-04-06 17:30:00", 1, False),
        (Rolling.NONE, "17:30", "2023-04-06 17:31:00", 1, False),
        (Rolling.NONE, "12:00", "2023-04-07 09:00:00", 2, False),
        (Rolling.NEXT, "17:30", "2023-04-06 17:30:00", 0, True),
        (Rolling.NONE, EXCLUSIVE, "2023-04-04 23:59:59", 0, False),
        (Rolling.NONE, EXCLUSIVE, "2023-04-05 00:00:00", 1, False),
        (Rolling.NONE, None, "2023-07-04 10:00:00", 90, False),
    ],
)
def test_on_time_or_late(rolling: Rolling, end: str | None, received: str, late: int, roll: bool) -> None:
    round_ = rolled(replace(Q1, rolling=rolling), CALENDAR, day_end(end or ""))
    assert days_late(at(received), round_, ZONE) == late
    assert in_roll(at(received), round_, ZONE) is roll
    assert (at(received) >= due_end(round_, ZONE)) is bool(late)


def test_the_offices_zone_decides() -> None:
    utc = datetime(2023, 4, 5, 16, 0, tzinfo=ZoneInfo("UTC"))  # midnight in Shanghai
    assert days_late(utc, Q1, ZONE) == 1
    assert days_late(utc - timedelta(seconds=1), Q1, ZONE) == 0


def test_settings_of_the_days_end() -> None:
    assert day_end("") is day_end("24:00") is day_end("24：00") is None
    assert day_end(EXCLUSIVE) == time()
    assert day_end("17:30:00") == time(17, 30)
    for wrong in ("下班", "25:00", "17:60", "0:00"):
        with pytest.raises(MasterError, match="截止时刻"):
            day_end(wrong)


def test_a_calendar_without_a_working_day_ends() -> None:
    free = WorkCalendar({date(2023, 1, 1) + timedelta(days=n): (False, "") for n in range(500)})
    assert free.next_working(Q1.due) == Q1.due
    assert free.working_before(Q1.due) == date(2023, 4, 4)


def test_dates_in_words() -> None:
    assert long_date(date(2023, 10, 7)) == "2023年10月7日（星期六）"


@pytest.mark.parametrize(
    ("due", "rule", "end", "said"),
    [
        ("2023-07-05", Rolling.NONE, None, "2023年7月5日（星期三，含当天）"),
        ("2023-04-05", Rolling.NONE, None, "2023年4月5日（星期三，清明节，含当天）"),
        ("2023-04-05", Rolling.NEXT, None, "2023年4月6日（星期四，含当天；4月5日为清明节，顺延）"),
        ("2023-07-08", Rolling.NONE, None, "2023年7月8日（星期六，含当天）"),
        ("2023-07-05", Rolling.NONE, time(17, 30), "2023年7月5日（星期三）17:30"),
        ("2023-07-05", Rolling.NONE, time(), "2023年7月5日（星期三，不含当天，最迟7月4日）"),
        ("2023-12-31", Rolling.NEXT, None, "2024年1月2日（星期二，含当天；2023年12月31日为元旦，顺延）"),
    ],
)
def test_a_deadline_says_whether_its_day_counts_and_what_day_it_is(
    due: str, rule: Rolling, end: time | None, said: str
) -> None:
    assert deadline(rolled(Round("Q", "季度", date.fromisoformat(due), rolling=rule), CALENDAR, end)) == said
