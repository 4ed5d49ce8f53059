"""A year of reminders over the real notice's dates: each one, its moment and its addressees, as written in expected/.

To make the expected files again after a deliberate change: `ANNEX2_WRITE_EXPECTED=1 pytest tests/tracking`, then read
what changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from toolkit.calendar import rolled
from toolkit.errors import MasterError
from toolkit.model import Division, Office, Receipt, ReportState, Rolling, Verdict
from toolkit.reminders import (
    Level,
    Owed,
    Policy,
    Reminder,
    due_bulletins,
    due_reminders,
    ladder,
    reminder_policy,
    working_hours,
)
from toolkit.tracking import RoundStatus, track

from .office import AID, CALENDAR, CHILDREN, DIVISIONS, ELDERLY, GRASSROOTS, RECEIPTS, ROUNDS, ZONE, at, office

EXPECTED = Path(__file__).with_name("expected")
START, END = at("2023-01-01"), at("2024-04-01")
MINUTE = timedelta(minutes=1)
POLICY = Policy()


def states(of: Office, now: datetime) -> tuple[RoundStatus, ...]:
    return track(of, [r for r in RECEIPTS if r.received <= now], now, ZONE)


def moments(of: Office) -> Iterator[datetime]:
    """Every minute of the year at which something can change: nothing else needs to be looked at."""
    found = {r.received.replace(second=0) + n * MINUTE for r in RECEIPTS for n in (0, 1)}
    day = START.date()
    while day < END.date():
        found.add(datetime.combine(day, POLICY.opens, ZONE))
        day += timedelta(days=1)
    for r in of.rounds:
        found |= {s.at + n * MINUTE for s in ladder(r, POLICY, CALENDAR, ZONE) for n in (-1, 0, 1)}
    yield from sorted(m for m in found if START <= m < END)


def simulate(of: Office, when: Iterable[datetime], done: set[str]) -> Iterator[tuple[datetime, Reminder]]:
    """Send what is due at each moment, and remember it."""
    for now in when:
        if not working_hours(now, POLICY, CALENDAR, ZONE):  # as due_reminders says itself; spares tracking
            continue
        for reminder in due_reminders(of, states(of, now), now, ZONE, POLICY, CALENDAR, done):
            done |= set(reminder.steps)
            yield now, reminder


def rounds_of(reminder: Reminder) -> tuple[str, ...]:
    return tuple(o.round.key for o in reminder.owed)


def line(now: datetime, r: Reminder) -> str:
    names = [f"{s.split(':')[1]}/{s.split(':')[4]}" for s in r.steps]
    others = [k for k in rounds_of(r) if not any(n.startswith(k) for n in names)]
    also = f" 另欠 {'、'.join(others)}" if others else ""
    whom = f"{'、'.join(r.to)}；抄送 {'、'.join(r.cc) or '无'}"
    return f"{now:%Y-%m-%d %H:%M} {r.level} {r.division} {'、'.join(names)}{also} → {whom}"


@pytest.mark.parametrize(("rolling", "name"), [(Rolling.NONE, "不顺延.txt"), (Rolling.NEXT, "顺延.txt")])
def test_a_year(rolling: Rolling, name: str) -> None:
    of = office(rolling)
    sent = list(simulate(of, moments(of), set()))
    text = "".join(line(now, r) + "\n" for now, r in sent)
    path = EXPECTED / name
    if os.environ.get("ANNEX2_WRITE_EXPECTED"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
    for now, reminder in sent:
        assert CALENDAR.works(now.date())
        assert POLICY.opens <= now.time() < POLICY.closes
        by_round = {s.round.key: {d.division: d for d in s.divisions} for s in states(of, now)}
        for key in rounds_of(reminder):
            state = by_round[key][reminder.division].state
            assert state in (ReportState.NOT_DUE, ReportState.DUE_SOON, ReportState.MISSING, ReportState.RETURNED)
    steps = [s for _, r in sent for s in r.steps]
    assert len(steps) == len(set(steps))
    assert {f"{now:%m-%d}" for now, r in sent if r.steps[0].endswith("节前")} == {"04-04", "09-28"}


SAMPLE_DAYS = (date(2023, 3, 29), date(2023, 4, 4), date(2023, 4, 5), date(2023, 4, 6), date(2023, 9, 28),
               date(2023, 10, 7), date(2023, 10, 8), date(2024, 1, 8))  # fmt: skip


@pytest.mark.parametrize("rolling", list(Rolling))
def test_jumping_misses_nothing(rolling: Rolling) -> None:
    """Each minute of sample days, looked at one by one, gives what the jumps gave."""
    of = office(rolling)
    jumped = list(simulate(of, moments(of), set()))
    for day in SAMPLE_DAYS:
        begin = datetime.combine(day, datetime.min.time(), ZONE)
        done = {s for now, r in jumped if now < begin for s in r.steps}
        stepped = list(simulate(of, (begin + n * MINUTE for n in range(24 * 60)), done))
        assert stepped == [(now, r) for now, r in jumped if now.date() == day]


@pytest.mark.skipif(
    not os.environ.get("ANNEX2_SLOW"), reason="only on request: every minute of the year (ANNEX2_SLOW=1)"
)
@pytest.mark.parametrize("rolling", list(Rolling))
def test_every_minute_of_the_year(rolling: Rolling) -> None:
    of = office(rolling)
    minutes = int((END - START) / MINUTE)
    assert list(simulate(of, (START + n * MINUTE for n in range(minutes)), set())) == list(
        simulate(of, moments(of), set())
    )


def due(of: Office, now: str, done: Iterable[str] = (), policy: Policy = POLICY) -> dict[str, Reminder]:
    moment = at(now)
    return {r.division: r for r in due_reminders(of, states(of, moment), moment, ZONE, policy, CALENDAR, set(done))}


def test_off_over_the_steps_only_the_latest_is_made_up_for() -> None:
    of = office()
    (only,) = due(of, "2023-04-11 14:00").values()
    assert only.division == GRASSROOTS
    assert [s.rpartition(":")[2] for s in only.steps] == ["T+3"]
    assert not due(of, "2023-04-11 14:00", only.steps)


def test_before_the_date_is_over_and_after_the_computer_comes_back_there_is_no_late_before_step() -> None:
    assert not due(office(Rolling.NEXT), "2023-04-07 08:29")
    assert [r.steps[0][-3:] for r in due(office(Rolling.NEXT), "2023-04-07 08:30").values()] == ["T+1"]
    # 04-06, the date not rolled: T+1; nobody gets the 节前 of the day before yesterday
    assert {s[-3:] for r in due(office(), "2023-04-06 08:30").values() for s in r.steps} == {"T+1"}


def test_all_that_is_owed_in_one_mail() -> None:
    r = due(office(), "2023-06-28 09:00")[CHILDREN]
    assert rounds_of(r) == ("2023Q2",)
    owing = due(office(), "2024-01-08 08:30", policy=replace(POLICY, after=(1, 95)))[GRASSROOTS]
    assert rounds_of(owing) == ("2023Q2",)
    r = due(office(), "2023-12-29 09:00")[CHILDREN]
    assert rounds_of(r) == ("2023Q3", "2023Y")
    assert [o.state for o in r.owed] == [ReportState.MISSING, ReportState.DUE_SOON]
    assert [o.sentence for o in r.owed] == [
        "第三季度（附件2，共1项）：截止2023年10月5日（星期四），已逾期85天",
        "全年（附件2，共1项）：截止2024年1月5日（星期五），还有7天",
    ]


def test_a_day_that_does_not_count_and_the_one_counted_up_to_are_both_named() -> None:
    last = rolled(ROUNDS[0], CALENDAR, time())
    owed = Owed(last, ReportState.DUE_SOON, 2, 0)
    day = "2023年4月5日（星期三，清明节，不含当天，最迟4月4日）"
    assert owed.sentence == f"第一季度（附件2，共2项）：截止{day}，就是今天"


def test_a_mail_is_about_the_report_whose_step_is_due() -> None:
    """What has been chased to the end stands below: 就是今天 was said of what was overdue for months."""
    both = due(office(), "2023-12-29 09:00")[CHILDREN]
    assert (rounds_of(both), both.level) == (("2023Q3", "2023Y"), Level.LEADER)
    chased = [s for s in both.steps if "2023Q3" in s]
    r = due(office(), "2023-12-29 09:00", chased)[CHILDREN]
    assert (rounds_of(r), r.level) == (("2023Y", "2023Q3"), Level.EARLY)
    assert r.owed[0].days_left > 0 > r.owed[1].days_left


def test_leader_copied_in_from_the_third_day() -> None:
    first = due(office(), "2023-04-06 08:30")[GRASSROOTS]
    assert (first.level, first.cc) == (Level.CHASE, ())
    assert first.to == ("jc@example.org", "jc2@example.org")
    third = due(office(), "2023-04-10 08:30")[GRASSROOTS]  # T+3 is Saturday 04-08
    assert (third.level, third.cc) == (Level.LEADER, ("he@example.org",))
    never = due(office(), "2023-04-10 08:30", policy=replace(POLICY, leader_from=None))[GRASSROOTS]
    assert (never.level, never.cc) == (Level.CHASE, ())


def test_an_extension_has_a_ladder_of_its_own() -> None:
    given = replace(DIVISIONS[3], extended=(("2023Q1", date(2023, 4, 10)),))
    of = office(divisions=(*DIVISIONS[:3], given))
    assert GRASSROOTS not in due(of, "2023-04-06 08:30", ["remind:2023Q1:基层政权处:2023-04-10:T-7"])
    due_day = due(of, "2023-04-10 08:30")[GRASSROOTS]
    assert due_day.steps == ("remind:2023Q1:基层政权处:2023-04-10:T",)
    assert due_day.level is Level.DUE
    assert due(of, "2023-04-11 08:30")[GRASSROOTS].level is Level.CHASE


def test_nobody_is_asked_for_what_was_released_or_waits_for_the_office() -> None:
    of = office(divisions=(*DIVISIONS[:3], replace(DIVISIONS[3], exempt=("第一季度",))))
    assert GRASSROOTS not in due(of, "2023-04-06 08:30")
    assert CHILDREN not in due(office(), "2023-07-05 08:30")  # held
    assert AID in due(office(), "2023-04-04 08:30")  # returned: it must send again
    assert ELDERLY not in due(office(), "2023-04-04 08:30")


def test_no_address_is_said_not_hidden() -> None:
    of = office(divisions=(*DIVISIONS[:3], Division(GRASSROOTS)))
    assert due(of, "2023-04-06 08:30")[GRASSROOTS].to == ()


def test_quiet_hours() -> None:
    of = office()
    for quiet in ("2023-04-06 08:29", "2023-04-06 17:30", "2023-04-05 10:00", "2023-04-08 10:00"):
        assert not due(of, quiet)
    assert working_hours(at("2023-04-23 10:00"), POLICY, CALENDAR, ZONE)  # a Sunday on which the country works


def test_bulletin_once_and_only_where_somebody_was_late() -> None:
    of = office()

    def bulletins(now: str, done: Iterable[str] = ()) -> list[str]:
        found = due_bulletins(states(of, at(now)), at(now), ZONE, POLICY, CALENDAR, set(done))
        return [b.step for b in found]

    assert not bulletins("2023-04-11 10:00")
    assert bulletins("2023-04-12 08:30") == ["bulletin:2023Q1:2023-04-05"]
    assert not bulletins("2023-04-12 08:30", ["bulletin:2023Q1:2023-04-05"])
    assert not due_bulletins(states(of, at("2023-04-12 08:30")), at("2023-04-12 08:30"), ZONE,
                             replace(POLICY, bulletin=None), CALENDAR, ())  # fmt: skip


def test_no_bulletin_is_used_up_before_somebody_is_to_blame() -> None:
    of = replace(office(), granted={(GRASSROOTS, "2023Q1"): date(2023, 4, 30)})
    punctual = [replace(r, received=at("2023-04-03 10:00"), verdict=Verdict.ACCEPTED) for r in RECEIPTS[:4]]

    def due(now: str, *more: Receipt) -> int:
        states = track(of, [*punctual, *more], at(now), ZONE)
        return len(due_bulletins(states, at(now), ZONE, POLICY, CALENDAR, ()))

    assert not due("2023-04-12 10:00"), "it has until the end of April"
    assert not due("2023-05-06 10:00"), "not missing for a week"
    assert due("2023-05-08 10:00")
    held = replace(RECEIPTS[4], verdict=Verdict.HELD)
    assert not due("2023-05-08 10:00", held), "it is the office's turn"


def test_bulletin_waits_for_a_working_day() -> None:
    of = office()
    saturday, monday = at("2023-04-15 10:00"), at("2023-04-17 08:30")
    policy = replace(POLICY, bulletin=10)
    assert not due_bulletins(states(of, saturday), saturday, ZONE, policy, CALENDAR, ())
    assert due_bulletins(states(of, monday), monday, ZONE, policy, CALENDAR, ())


def test_policy_from_settings() -> None:
    assert reminder_policy({}) == Policy()
    p = reminder_policy({"工作时间": "9：00—18:00", "再次提醒": "", "催报间隔": "2、5", "抄送领导": "5", "通报": ""})
    assert (p.opens.hour, p.closes.hour) == (9, 18)
    assert (p.again, p.after, p.leader_from, p.bulletin) == ((), (2, 5), 5, None)
    for wrong in ({"工作时间": "全天"}, {"工作时间": "18:00-9:00"}, {"催报间隔": "每天"}, {"抄送领导": "三天"}):
        with pytest.raises(MasterError) as e:
            reminder_policy(wrong)
        assert f"设置!{next(iter(wrong))}" in str(e.value)


def test_ladder_of_the_first_quarter() -> None:
    names = [(s.name, f"{s.at:%m-%d}") for s in ladder(ROUNDS[0], POLICY, CALENDAR, ZONE)]
    assert names == [("T-7", "03-29"), ("T-3", "03-31"), ("节前", "04-04"), ("T+1", "04-06"), ("T+3", "04-10"),
                     ("T+7", "04-12"), ("T+15", "04-20"), ("T+30", "05-05")]  # fmt: skip
    third = [(s.name, f"{s.at:%m-%d}") for s in ladder(office(Rolling.NEXT).rounds[2], POLICY, CALENDAR, ZONE)]
    assert third[:4] == [("节前", "09-28"), ("T", "10-07"), ("T+1", "10-08"), ("T+3", "10-10")]
