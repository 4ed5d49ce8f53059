"""Which reminders are due at a moment.  Pure: states, policy and what was done before in, mails to write out.

Before the date, on it, and after it at growing intervals, then to the leader in charge; on the last working day before
it where the date is a holiday.  Only in working hours.  A division gets one mail that lists all that it owes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from toolkit.calendar import WorkCalendar, deadline, due_end, long_date
from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.mail.settings import addresses_among, in_cell
from toolkit.master import schema
from toolkit.model import Office, ReportState, Round
from toolkit.tracking import DivisionStatus, RoundStatus


class Level(StrEnum):
    """How pressing a reminder is, mildest first."""

    EARLY = "提醒"
    DUE = "到期提醒"
    CHASE = "催报"
    LEADER = "催报并抄送分管领导"


_ORDER = tuple(Level)
_SILENT = (ReportState.ON_TIME, ReportState.LATE, ReportState.EXEMPT, ReportState.HELD)
"""Nothing to ask of these: they have reported, need not, or it is the office's turn."""
_BLAMED = (ReportState.LATE, ReportState.MISSING, ReportState.RETURNED)
"""What a 通报 is drawn up for."""

REMINDS = "remind:"
"""Begins the steps of reminders; the round's key and the division's name follow."""
_LATE = re.compile(r"逾期 \d+ 天（截止")
"""Begins what 原因 says of a late file (`findings`, late) that is returned, in a master of before `BESIDES`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When to remind (设置)."""

    opens: time = time(8, 30)
    closes: time = time(17, 30)
    again: tuple[int, ...] = (3,)  # days before, besides the round's own 提前提醒天数
    after: tuple[int, ...] = (1, 3, 7, 15, 30)  # days after
    leader_from: int | None = 3  # days after, from which the leader is copied in
    bulletin: int | None = 7  # days after, when the 通报 is drawn up


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder of a round."""

    name: str  # T-7, 节前, T, T+3
    at: datetime  # the earliest moment
    level: Level


@dataclass(frozen=True, slots=True)
class Owed:
    """A report that a reminder asks for."""

    round: Round  # as it stands for the division
    state: ReportState
    tasks: int
    days_left: int  # to the last day in time; negative once it is over
    returned: str = ""  # why the last file was returned, one reason a line

    @property
    def sentence(self) -> str:
        """第一季度（附件2，共6项）：截止4月5日，还有3天"""
        if self.days_left < 0:
            when = f"已逾期{-self.days_left}天"
        else:
            when = f"还有{self.days_left}天" if self.days_left else "就是今天"
        again = "，上次报送已退回修改" if self.state is ReportState.RETURNED else ""
        what = tr("{name}（{kind}，共{tasks}项）", name=self.round.name, kind=self.round.kind, tasks=self.tasks)
        if self.round.kind in self.round.name:
            what = tr("{name}（共{tasks}项）", name=self.round.name, tasks=self.tasks)
        last = self.round.last_day
        day = deadline(self.round) if last < self.round.due else long_date(last)  # 不含当天: as the mail's own words
        return f"{what}：截止{day}，{when}{again}"

    @property
    def with_causes(self) -> str:
        """The sentence with why the report was returned."""
        causes = self.returned.splitlines()
        return f"{self.sentence}（{'；'.join(causes)}）" if causes else self.sentence


@dataclass(frozen=True, slots=True)
class Reminder:
    """One mail to one division."""

    division: str
    asked: str  # who gets it: itself, or the one that it was merged into
    level: Level
    owed: tuple[Owed, ...]  # first the one whose step is due now, and is the most pressing of these
    steps: tuple[str, ...]  # what is done once it is sent: keys for the record
    to: tuple[str, ...]  # as written in 处室; empty where there is no address
    cc: tuple[str, ...]
    no_leader: bool = False  # the leader should have a copy and has no address
    unusable: tuple[str, ...] = ()  # of 抄送 and 领导邮箱 what is no address: no copy goes there
    heir: str = ""  # the one that it was merged into, where that has no address and its own old one is used


def who_is_asked(asked: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Who answers for what divisions owe, given with them, each once: with the closed ones that it has taken over."""
    former: dict[str, list[str]] = {}
    for who, division in asked:
        former.setdefault(who, []).extend([division] if division != who else [])
    return tuple(tr("{name}（接手{former}）", name=n, former=tuple(of)) if of else n for n, of in former.items())


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A 通报 that is due: who reported a round late or not at all."""

    step: str
    status: RoundStatus


_NEVER = ("否", "不", "无", "没有", "不用", "不抄送")
"""What people write for days on which nothing is to happen."""


def reminder_policy(settings: Mapping[str, str]) -> Policy:
    """设置 -> Policy; a setting that is not there has its default, one left empty means never.

    Raises MasterError naming the setting that cannot be understood.
    """
    defaults = {item: default for item, default, _ in schema.DEADLINE_SETTINGS}

    def value(item: str) -> str:
        return unicodedata.normalize("NFKC", settings.get(item, defaults[item])).strip()

    def days(item: str) -> tuple[int, ...]:
        pieces = [p for p in re.split(r"[、,;；\s]+", value(item)) if p and p not in _NEVER]
        if not all(re.fullmatch(r"每?\d{1,3}(\.0)?天?", p) for p in pieces):
            raise MasterError(
                tr("“{item}”不是天数", item=value(item)),
                where=tr("设置!{item}", item=item),
                remedy=tr("写成 3 或 1、3、7 这样的天数；不要就空着"),
            )
        return tuple(sorted({int(re.search(r"\d+", p)[0]) for p in pieces}))  # type: ignore[index]

    def first(item: str) -> int | None:
        found = days(item)
        return found[0] if found else None

    hours = re.fullmatch(r"(\d{1,2}):(\d{2})\s*[-~—–至到]+\s*(\d{1,2}):(\d{2})", value(schema.SETTING_HOURS))
    numbers = [int(n) for n in hours.groups()] if hours else []
    if not numbers or max(numbers[0], numbers[2]) > 23 or max(numbers[1], numbers[3]) > 59:
        raise MasterError(
            tr("工作时间“{setting_hours}”不认识", setting_hours=value(schema.SETTING_HOURS))
            if value(schema.SETTING_HOURS)
            else tr("没有填写工作时间"),
            where=tr("设置!{setting_hours}", setting_hours=schema.SETTING_HOURS),
            remedy=tr("写成 8:30-17:30 这样"),
        )
    opens, closes = time(numbers[0], numbers[1]), time(numbers[2], numbers[3])
    if opens >= closes:
        raise MasterError(
            tr("工作时间的开始不早于结束"),
            where=tr("设置!{setting_hours}", setting_hours=schema.SETTING_HOURS),
            remedy=tr("写成 8:30-17:30 这样"),
        )
    return Policy(
        opens,
        closes,
        tuple(d for d in days(schema.SETTING_BEFORE) if d),
        tuple(d for d in days(schema.SETTING_AFTER) if d),
        first(schema.SETTING_LEADER),
        first(schema.SETTING_BULLETIN),
    )


def ladder(round_: Round, policy: Policy, calendar: WorkCalendar, zone: tzinfo) -> tuple[Step, ...]:
    """The steps of a round (as it stands for a division) in order; of those on one day only the last."""
    by_day: dict[date, tuple[str, Level]] = {}

    def before(day: date) -> date:
        return day if calendar.works(day) else calendar.working_before(day)

    ahead = {round_.remind_days, *(n for n in policy.again if n < round_.remind_days)}
    for n in sorted(ahead - {0}, reverse=True):
        by_day[before(round_.due - timedelta(days=n))] = (f"T-{n}", Level.EARLY)
    last = round_.last_day
    if not calendar.works(round_.due):
        by_day[calendar.working_before(round_.due)] = ("节前", Level.EARLY if last > round_.due else Level.DUE)
    if calendar.works(last):
        by_day[last] = ("T", Level.DUE)
    elif last == round_.due - timedelta(days=1):  # 不含当天
        by_day[before(last)] = ("T", Level.DUE)
    for n in policy.after:
        level = Level.LEADER if policy.leader_from is not None and n >= policy.leader_from else Level.CHASE
        by_day[calendar.next_working(last + timedelta(days=n))] = (f"T+{n}", level)
    return tuple(
        Step(name, datetime.combine(day, policy.opens, zone), level) for day, (name, level) in sorted(by_day.items())
    )


def working_hours(now: datetime, policy: Policy, calendar: WorkCalendar, zone: tzinfo) -> bool:
    """Whether mail may go out now."""
    local = now.astimezone(zone)
    return policy.opens <= local.time() < policy.closes and calendar.works(local.date())


def due_reminders(
    office: Office,
    rounds: Sequence[RoundStatus],
    now: datetime,
    zone: tzinfo,
    policy: Policy,
    calendar: WorkCalendar,
    done: Collection[str],
) -> tuple[Reminder, ...]:
    """The reminders to send at `now`: one a division, none outside working hours.

    `rounds`: as `track` gives them at `now`; `done`: keys of steps of mails that were sent.  A step that was missed
    (the computer was off) is made up for by the latest one only.
    """
    if not working_hours(now, policy, calendar, zone):
        return ()
    owing: dict[str, list[tuple[RoundStatus, DivisionStatus]]] = {}
    for status in rounds:
        for d in status.divisions:
            if d.state not in _SILENT:
                owing.setdefault(d.division, []).append((status, d))
    order = {d.name: i for i, d in enumerate(office.divisions)}
    found = []
    for name in sorted(owing, key=lambda n: order.get(n, len(order))):
        reminder = _reminder(office, name, owing[name], now, zone, policy, calendar, done)
        if reminder:
            found.append(reminder)
    return tuple(found)


def _reminder(
    office: Office,
    name: str,
    owing: Iterable[tuple[RoundStatus, DivisionStatus]],
    now: datetime,
    zone: tzinfo,
    policy: Policy,
    calendar: WorkCalendar,
    done: Collection[str],
) -> Reminder | None:
    today = now.astimezone(zone).date()
    steps: list[str] = []
    levels: list[Level] = []
    owed: list[tuple[int, Owed]] = []  # with how pressing the step is that is due of it, -1 for none
    for status, d in owing:
        own = office.round_for(name, status.round)
        pressing = -1
        step = _current(own, now, zone, policy, calendar)
        key = f"{REMINDS}{own.key}:{name}:{own.due}:{step.name}" if step else ""
        if step and key not in done:
            steps.append(key)
            levels.append(step.level)
            pressing = _ORDER.index(step.level)
        elif d.state is ReportState.NOT_DUE:
            continue  # not worth a line yet
        causes = d.last.causes if d.state is ReportState.RETURNED and d.last else ()
        returned = "\n".join(line for line in causes if not _LATE.match(line))  # as older masters say it
        owed.append((pressing, Owed(own, d.state, d.open_tasks, (own.last_day - today).days, returned)))
    if not steps:
        return None
    level = max(levels, key=_ORDER.index)
    division, lead = office.addressee(name, today), office.lead_on(name, today)
    heir = lead if division and division.name != lead else ""
    to = in_cell(division.mail) if division else ()
    cc, unusable = addresses_among(division.copies if division else ())
    leader, no_address = addresses_among(in_cell(division.leader_mail) if division else ())
    no_leader = level is Level.LEADER and not leader and office.approves
    if level is Level.LEADER:
        cc += leader
        unusable += no_address if leader else ()
        level = level if leader else Level.CHASE
    owed.sort(key=lambda o: (-o[0], o[1].days_left))  # the mail is about the first: of what its words are true
    copies = tuple(c for c in dict.fromkeys(cc) if c not in to)
    asked = division.name if division else name
    reports = tuple(o for _, o in owed)
    return Reminder(name, asked, level, reports, tuple(steps), to, copies, no_leader, unusable, heir)


def _current(round_: Round, now: datetime, zone: tzinfo, policy: Policy, calendar: WorkCalendar) -> Step | None:
    """The step that a round has reached; once its time is over, only what comes after counts."""
    passed = [s for s in ladder(round_, policy, calendar, zone) if s.at <= now]
    if not passed:
        return None
    over = now >= due_end(round_, zone)
    chasing = passed[-1].level in (Level.CHASE, Level.LEADER)
    return passed[-1] if chasing or not over else None


def due_bulletins(
    rounds: Iterable[RoundStatus],
    now: datetime,
    zone: tzinfo,
    policy: Policy,
    calendar: WorkCalendar,
    done: Collection[str],
) -> tuple[Bulletin, ...]:
    """Rounds whose 通报 is due: some days after the last day of somebody who was late or is missing; once a round."""
    after = policy.bulletin
    if after is None or not working_hours(now, policy, calendar, zone):
        return ()

    def blamed(status: RoundStatus, d: DivisionStatus) -> bool:
        day = calendar.next_working((d.extended or status.round.last_day) + timedelta(days=after))
        return d.state in _BLAMED and now >= datetime.combine(day, policy.opens, zone)

    found = []
    for status in rounds:
        step = f"bulletin:{status.round.key}:{status.round.due}"
        if step not in done and any(blamed(status, d) for d in status.divisions):
            found.append(Bulletin(step, status))
    return tuple(found)
