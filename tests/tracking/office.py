"""An invented office with the rounds of the real notice, and what came in during its year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from toolkit.calendar import WorkCalendar, rolled
from toolkit.model import Division, Office, Receipt, Rolling, Round, RoundKind, Task, Verdict

ZONE: tzinfo = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkCalendar()
ELDERLY, AID, CHILDREN, GRASSROOTS = "养老服务处", "社会救助处", "儿童福利处", "基层政权处"
CITY, PEOPLE = "市《政府工作报告》民政任务", "市政府民生实事民政任务"

ROUNDS = (
    Round("2023Q1", "第一季度", date(2023, 4, 5), upstream_due=date(2023, 4, 20)),
    Round("2023Q2", "第二季度", date(2023, 7, 5), upstream_due=date(2023, 7, 20)),
    Round("2023Q3", "第三季度", date(2023, 10, 5), upstream_due=date(2023, 10, 20)),
    Round("2023Y", "全年", date(2024, 1, 5), upstream_due=date(2024, 1, 20)),
)
DIVISIONS = (
    Division(ELDERLY, ("老龄处",), "林小满", "yl@example.org", ("ylcc@example.org",), "贺知远", "he@example.org"),
    Division(AID, (), "罗小暑", "jz@example.org", (), "柳如眉", "liu@example.org"),
    Division(CHILDREN, (), "", "et@example.org", (), "柳如眉", "liu@example.org"),
    Division(GRASSROOTS, (), "", "jc@example.org；jc2@example.org", (), "贺知远", "he@example.org"),
)


def task(no: int, starred: bool, section: str, division: str, leader: str) -> Task:
    return Task(f"2023-{no:02d}", no, starred, section, f"第{no}项工作<任务>", None, leader, division)


TASKS = (
    *(task(n, True, CITY, ELDERLY, "贺知远") for n in (1, 3, 4)),
    task(2, True, CITY, AID, "柳如眉"),
    task(8, False, CITY, AID, "柳如眉"),
    *(task(n, True, PEOPLE, ELDERLY, "贺知远") for n in (9, 10, 11)),
    task(12, True, PEOPLE, CHILDREN, "柳如眉"),
    task(13, True, PEOPLE, AID, "柳如眉"),
    task(14, True, PEOPLE, GRASSROOTS, "贺知远"),
)


def office(
    rolling: Rolling = Rolling.NONE, *, divisions: Iterable[Division] = DIVISIONS, supporting: bool = False
) -> Office:
    rounds = tuple(rolled(replace(r, rolling=rolling), CALENDAR) for r in ROUNDS)
    if supporting:
        rounds = (*rounds, Round("2023P", "配合任务年中", date(2023, 7, 10), RoundKind.SUPPORTING))
    return Office("市民政局", 2023, "Asia/Shanghai", TASKS, rounds, tuple(divisions))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def receipt(no: int, when: str, division: str, round_: str, verdict: Verdict = Verdict.ACCEPTED) -> Receipt:
    name = f"2023年市民政局{division}工作目标完成情况.xlsx"
    return Receipt(
        no, at(when), f"{no}@example.org", name, f"{no:064x}", division, round_, verdict, "", f"archive/{no}.xlsx"
    )


RECEIPTS = (
    receipt(1, "2023-04-02 10:00", ELDERLY, "2023Q1"),
    receipt(2, "2023-04-03 15:00", AID, "2023Q1", Verdict.RETURNED),
    receipt(3, "2023-04-04 16:30", AID, "2023Q1", Verdict.ACCEPTED_WITH_REMARKS),
    receipt(4, "2023-04-06 11:00", CHILDREN, "2023Q1"),  # in time only where the date rolls
    receipt(5, "2023-04-12 09:40", GRASSROOTS, "2023Q1"),
    receipt(6, "2023-06-27 10:00", ELDERLY, "2023Q2"),  # before anyone was asked
    receipt(7, "2023-07-05 23:59", AID, "2023Q2"),
    receipt(8, "2023-07-04 10:00", CHILDREN, "2023Q2", Verdict.HELD),
    receipt(9, "2023-07-06 08:00", CHILDREN, "2023Q2"),
    receipt(10, "2023-09-27 09:00", ELDERLY, "2023Q3"),
    receipt(11, "2023-10-07 10:00", AID, "2023Q3"),
    receipt(12, "2023-10-08 10:00", GRASSROOTS, "2023Q3"),
    receipt(13, "2023-10-10 10:00", GRASSROOTS, "2023Q3"),  # once more
    receipt(14, "2024-01-02 10:00", ELDERLY, "2023Y"),
    receipt(15, "2024-01-03 10:00", AID, "2023Y"),
    receipt(16, "2024-01-05 08:00", CHILDREN, "2023Y"),
    receipt(17, "2024-01-08 08:30", GRASSROOTS, "2023Y"),
)
"""儿童福利处 never reports the third quarter, 基层政权处 never the second."""
