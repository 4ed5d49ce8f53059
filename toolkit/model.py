"""The vocabulary: one office's year as frozen values.

Everything in the middle of the program (recognising, reviewing, matching, merging, tracking)
takes these and returns these.  Nothing here touches a file, the clock or a workbook.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from toolkit.language import Text

STAR = "★"


class RoundKind(StrEnum):
    """表种: which form a round collects."""

    PROGRESS = "附件2"
    PLAN = "办理方案"
    SUPPORTING = "配合任务"


class Rolling(StrEnum):
    """顺延规则: what becomes of a due date on a day off."""

    NONE = "不顺延"
    NEXT = "顺延至下一工作日"


class Severity(StrEnum):
    """What a finding asks for, mildest first."""

    REMARK = "remark"  # worth knowing; the row is taken
    CORRECT = "correct"  # the division must mend it
    HOLD = "hold"  # a person in the office must decide
    IGNORE = "ignore"  # not a report at all


class Verdict(StrEnum):
    """What became of one received file (design §7)."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_REMARKS = "accepted with remarks"
    RETURNED = "returned for correction"
    HELD = "held"
    IGNORED = "ignored"

    @property
    def label(self) -> str:
        """The word that staff read in 收件记录."""
        return _VERDICT_LABELS[self]

    @property
    def accepted(self) -> bool:
        return self in (Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_REMARKS)

    @classmethod
    def from_label(cls, text: str) -> Verdict | None:
        """The verdict that a label in 收件记录 stands for, or None."""
        return next((v for v in cls if v.label == text.strip()), None)


_VERDICT_LABELS = {
    Verdict.ACCEPTED: "接收",
    Verdict.ACCEPTED_WITH_REMARKS: "接收（有提示）",
    Verdict.RETURNED: "退回修改",
    Verdict.HELD: "待裁定",
    Verdict.IGNORED: "不处理",
}


class ReportState(StrEnum):
    """报送状态: how one division stands in one round (`status --json`)."""

    NOT_DUE = "not_due"
    DUE_SOON = "due_soon"
    MISSING = "missing"
    ON_TIME = "on_time"
    LATE = "late"
    RETURNED = "returned"
    HELD = "held"
    EXEMPT = "exempt"

    @property
    def label(self) -> str:
        return _STATE_LABELS[self]

    @property
    def sign(self) -> str:
        """Colours are never the only sign."""
        return _STATE_SIGNS[self]


IN_ROLL = "顺延期内"
"""报送状态 of a report that is in time because its due date rolled over a day off."""

AWAITING = "待审定"
"""报送状态 of a report that came and that its leader has not approved, in time or not."""

_STATE_LABELS = {
    ReportState.NOT_DUE: "未到期",
    ReportState.DUE_SOON: "即将到期",
    ReportState.MISSING: "逾期未报",
    ReportState.ON_TIME: "按时",
    ReportState.LATE: "逾期",
    ReportState.RETURNED: "退回",
    ReportState.HELD: "待裁定",
    ReportState.EXEMPT: "免报",
}

_STATE_SIGNS = {
    ReportState.NOT_DUE: "·",
    ReportState.DUE_SOON: "…",
    ReportState.MISSING: "✗",
    ReportState.ON_TIME: "✓",
    ReportState.LATE: "！",
    ReportState.RETURNED: "↩",
    ReportState.HELD: "？",
    ReportState.EXEMPT: "－",
}


@dataclass(frozen=True, slots=True)
class CityUnits:
    """A bracketed city-level note of a task: （市责任单位：市妇联、市残联）."""

    role: str  # 市责任单位 or 市牵头单位
    units: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.role}：{'、'.join(self.units)}"


CLOSED_NOTE = "已销号，不用再报"


@dataclass(frozen=True, slots=True)
class Task:
    """A row of Annex 1."""

    key: str  # stable for the whole year, e.g. 2023-01; never shown as 序号
    no: int  # 序号 in Annex 1; staff may renumber
    starred: bool  # * in Annex 1: the bureau leads
    section: str  # 类别, without the heading's own numeral
    text: str  # 工作事项, without star and without the bracketed city units
    city_units: CityUnits | None
    leader: str  # 分管领导
    division: str  # 牵头处室
    responsible: tuple[str, ...] = ()  # 责任处室（单位）
    closed: date | None = None  # 销号日期, where 销号状态 says that the office has closed it
    since: date | None = None  # 加入日期 of one that was added when the year was under way

    @property
    def label(self) -> str:
        return f"{self.no}{'*' if self.starred else ''}"

    @property
    def closing(self) -> str:
        """What a form says in the place of its text: CLOSED_NOTE of one that was closed, "" of any other."""
        return CLOSED_NOTE if self.closed else ""

    def closed_for(self, round_: Round) -> bool:
        """Whether it was closed by a round's due date: forms go on listing it, its text is not asked for."""
        return self.closed is not None and self.closed <= round_.due

    @property
    def city_names(self) -> str:
        """市妇联、市残联"""
        return "、".join(self.city_units.units) if self.city_units else ""


class KnownTask(NamedTuple):
    """A task as it was when the master was written last."""

    no: str  # 序号
    text: str  # 工作事项
    missed: bool = True  # whether a person is told when it is not there any more


@dataclass(frozen=True, slots=True)
class Step:
    """A row of 办理方案."""

    task: str  # key of its task
    text: str  # 工作内容
    when: date | str  # 完成时间节点: a day, or words such as 持续推进; "" where nothing stands
    person: str = ""  # 责任人
    progress: str = ""  # 进度
    row: int = 0  # in the sheet, 0 where it has none
    no: str = ""  # 序号 as it stands there
    words: str = ""  # what stands there for the day, where a person has typed words that mean one
    division: str = ""  # 牵头处室 as it stands there
    state: str = ""  # 状态: its formula, or what stands there; "" of a row typed by a program that carries none on
    key: str = ""  # 任务编号 as it stands there


@dataclass(frozen=True, slots=True)
class Round:
    """A row of 报送节点."""

    key: str  # 2023Q1 … 2023Y
    name: str  # 第一季度 … 全年
    due: date  # 截止日期, the bureau's own; the day itself still counts
    kind: RoundKind = RoundKind.PROGRESS
    upstream_due: date | None = None  # 上报截止, the city's
    remind_days: int = 7  # 提前提醒天数
    rolling: Rolling = Rolling.NONE
    ends: datetime | None = None  # first moment that is late, office's time; None: midnight after `due`
    day_off: str = field(default="", compare=False)  # what kind of day off `due` is: 清明节; "" for a working day

    @property
    def last_day(self) -> date:
        """The last day that is in time: later than `due` where the date rolls."""
        return (self.ends - timedelta(minutes=1)).date() if self.ends else self.due

    @property
    def tells_year(self) -> bool:
        """Whether it is the one that tells the whole year (2023Y, 全年)."""
        return bool(re.fullmatch(r"\d{4}-?Y", self.key, re.IGNORECASE)) or "全年" in self.name or "年终" in self.name


@dataclass(frozen=True, slots=True)
class Indicator:
    """A row of 指标 that a person confirmed, as forms ask for it."""

    key: str  # names its figures; stable while its task and its words are
    task: str  # task key
    name: str  # 指标
    value: Decimal  # 目标值
    unit: str
    direction: str  # ≥, ≤ or =


@dataclass(frozen=True, slots=True)
class Division:
    """A row of 处室: a division of the bureau or a unit under it."""

    name: str
    aliases: tuple[str, ...] = ()
    contact: str = ""
    mail: str = ""
    copies: tuple[str, ...] = ()
    leader: str = ""
    leader_mail: str = ""  # 领导邮箱: who is copied in when a report stays away
    exempt: tuple[str, ...] = ()  # 免报节点: keys or names of rounds
    extended: tuple[tuple[str, date], ...] = ()  # 延期: (key or name of a round, the last day in time)
    closed: date | None = None  # 停用日期: from this day on it owes nothing
    successor: str = ""  # 并入: who owes it from then on


@dataclass(frozen=True)  # without slots: what is looked up often is worked out once
class Office:
    """One office's year as the master workbook states it."""

    organisation: str  # 单位, as it stands in form titles, e.g. 市民政局
    year: int
    timezone: str
    tasks: tuple[Task, ...]
    rounds: tuple[Round, ...]
    divisions: tuple[Division, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    granted: Mapping[tuple[str, str], date] = field(default_factory=dict)
    """延期 that stand in 报送情况: (division, round key) -> the last day in time."""
    excused: frozenset[tuple[str, str]] = frozenset()
    """免报 that people wrote into 报送情况: (division, round key)."""
    indicators: Mapping[str, tuple[Indicator, ...]] = field(default_factory=dict)
    """The confirmed rows of 指标, by task key."""
    steps: tuple[Step, ...] = ()
    """办理方案, in the sheet's order."""
    answered: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Round key -> task key -> the division that reported on it, where that is not the one that leads it by now."""

    def round(self, key: str) -> Round | None:
        """The round with this 编号 or 名称, as people write it (2023Q1, Q1, 第一季度, 1季度), or None."""
        wanted = _round_words(key)
        return self._by_word.get(wanted) or self._by_word.get(f"{self.year}{wanted}")

    def division(self, name: str) -> Division | None:
        """The division of this name or alias, or None."""
        return self._by_name.get(name) or self._by_name.get(plain(name))

    def round_for(self, division: str, round_: Round) -> Round:
        """The round as it stands for one division: due later where that was granted, in 报送情况 or 处室."""
        found = self.division(division)
        if not self.granted and not (found and found.extended):
            return round_
        name = found.name if found else division
        until = self.granted.get((name, round_.key)) or next(
            (until for word, until in (found.extended if found else ()) if self._names(word, round_)), None
        )
        if until is None or until <= round_.last_day:  # longer is never shorter
            return round_
        return replace(round_, due=until, rolling=Rolling.NONE, ends=None, day_off="")

    def exempts(self, division: str, round_: Round) -> bool:
        """Whether a division is released from a round, in 报送情况 or 处室 (免报节点)."""
        found = self.division(division)
        if self.excused and (found.name if found else division, round_.key) in self.excused:
            return True
        return any(self.every_round(w) or self._names(w, round_) for w in (found.exempt if found else ()))

    def _names(self, word: str, round_: Round) -> bool:
        named = self.round(word)
        return named is not None and named.key == round_.key

    def every_round(self, word: str) -> bool:
        """Whether a word in 免报节点 means all of the year's rounds."""
        return plain(word) in ("全部", "全部节点", "所有节点", "各节点", "全免") and self.round(word) is None

    @property
    def called(self) -> str:
        """局, 委, 厅, 署 by which a bureau, commission, department or administration calls itself; "" for others."""
        last = self.organisation.strip()[-1:]
        return last if last in ("局", "委", "厅", "署") else ""

    @cached_property
    def approves(self) -> bool:
        """Whether reports are approved by a leader in charge: not where 任务台账 and 处室 name none at all."""
        return any(t.leader for t in self.tasks) or any(d.leader for d in self.divisions)

    @property
    def leaders(self) -> str:
        """How the office calls who is in charge of divisions: 分管局领导, in a township 分管领导; "" without any."""
        return f"分管{self.called}领导" if self.approves else ""

    @cached_property
    def unknown_leads(self) -> Mapping[str, tuple[str, ...]]:
        """What stands as 牵头处室 and is no division, with the labels of its tasks."""
        unknown = [n for n in dict.fromkeys(t.division for t in self.tasks) if self.division(n) is None]
        return {n: tuple(t.label for t in self.tasks if t.division == n) for n in unknown}

    def leader_of(self, name: str) -> str:
        """The leader in charge of a division: as 处室 says, or else of its first task; "" where neither does."""
        found = self.division(name)
        return (found.leader if found else "") or self._leaders.get(found.name if found else name, "")

    def leader_for(self, task: Task, division: str, round_: Round) -> str:
        """The leader in charge of a task as a division reports on it in a round.

        That is the task's own; of one that has gone to another division since the round was reported, the former's.
        """
        former = self.answered.get(round_.key, {}).get(task.key)
        return self.leader_of(division) if former == division else task.leader

    @cached_property
    def _leaders(self) -> Mapping[str, str]:
        leaders: dict[str, str] = {}
        for t in self.tasks:
            found = self.division(t.division)
            leaders.setdefault(found.name if found else t.division, t.leader)
        return leaders

    @cached_property
    def plans(self) -> Mapping[str, tuple[Step, ...]]:
        """The steps of 办理方案 by task key; a task without any is not there."""
        found: dict[str, list[Step]] = {}
        for s in self.steps:
            found.setdefault(s.task, []).append(s)
        return {task: tuple(steps) for task, steps in found.items()}

    @cached_property
    def _by_word(self) -> Mapping[str, Round]:
        return {_round_words(k): r for r in reversed(self.rounds) for k in (r.key, r.name)}

    @cached_property
    def _by_name(self) -> Mapping[str, Division]:
        """Divisions by folded name and alias; the first one of a name counts."""
        found: dict[str, Division] = {}
        for d in self.divisions:
            found.setdefault(plain(d.name), d)
        for d in self.divisions:
            for alias in d.aliases:
                found.setdefault(plain(alias), d)
        return found

    def owed(self, round_: Round) -> dict[str, tuple[Task, ...]]:
        """Which tasks each division reports in a round (design §5), in the master's order.

        One that was added after the round's due date is not among them.  One that a division has reported on stays
        that one's in this round, whoever leads it by now.
        """
        led = self._unstarred if round_.kind is RoundKind.SUPPORTING else self._starred
        if self._any_later:
            known = {name: tuple(t for t in ts if not t.since or t.since <= round_.due) for name, ts in led.items()}
            led = {name: ts for name, ts in known.items() if ts}
        answered = self.answered.get(round_.key, {})
        if not answered and not any(d.closed for d in self.divisions):
            return dict(led)
        moved: dict[str, list[Task]] = {}
        for name, tasks in led.items():
            heir = self.heir(name, round_.due)
            for t in tasks:
                if owner := answered.get(t.key) or heir:
                    moved.setdefault(owner, []).append(t)
        order = {t.key: i for i, t in enumerate(self.tasks)}
        return {name: tuple(sorted(ts, key=lambda t: order[t.key])) for name, ts in moved.items()}

    def reporting(self, round_: Round) -> dict[str, tuple[Task, ...]]:
        """The tasks that each division may report on in a round: what it owes, and what it has taken over since."""
        owed = self.owed(round_)
        handed = self.answered.get(round_.key)
        if not handed:
            return owed
        order = {t.key: i for i, t in enumerate(self.tasks)}
        led = self._unstarred if round_.kind is RoundKind.SUPPORTING else self._starred
        taken = {name: [t for t in tasks if t.key in handed] for name, tasks in led.items()}
        both = {name: {*owed.get(name, ()), *taken.get(name, ())} for name in (*owed, *(n for n in taken if taken[n]))}
        return {name: tuple(sorted(tasks, key=lambda t: order[t.key])) for name, tasks in both.items()}

    def formed(self, round_: Round) -> dict[str, tuple[Task, ...]]:
        """Which tasks the form of each division lists: what it owes, in a plan without what is closed (销号).

        A division all of whose tasks are closed has nothing to report, and no form; nor has one that is exempt.
        """
        found: dict[str, tuple[Task, ...]] = {}
        for name, tasks in self.owed(round_).items():
            if self.exempts(name, round_):
                continue
            own = self.round_for(name, round_)
            if asked := tuple(t for t in tasks if not t.closed_for(own)):
                found[name] = asked if round_.kind is RoundKind.PLAN else tasks
        return found

    def lead_on(self, name: str, day: date) -> str:
        """The division, as 处室 writes it, that answers on `day` for what is led by one of this name."""
        found = self.division(self.heir(name, day) or name)
        return found.name if found else name

    def addressee(self, name: str, day: date) -> Division | None:
        """Who gets on `day` what is meant for this division: who answers for it, or itself where only it has an
        address."""
        itself, found = self.division(name), self.division(self.lead_on(name, day))
        return itself if itself and itself.mail and found and not found.mail else found

    def heir(self, name: str, day: date) -> str:
        """Who answers on `day` for what is this division's: itself, or, once closed, where it went; "" for nobody."""
        seen: set[str] = set()
        while (found := self.division(name)) and found.closed and found.closed <= day and found.name not in seen:
            seen.add(found.name)
            name = found.successor
        return found.name if found and found.name not in seen else "" if found else name

    @cached_property
    def _any_later(self) -> bool:
        return any(t.since for t in self.tasks)

    @cached_property
    def _starred(self) -> Mapping[str, tuple[Task, ...]]:
        return self._led(starred=True)

    @cached_property
    def _unstarred(self) -> Mapping[str, tuple[Task, ...]]:
        return self._led(starred=False)

    def _led(self, *, starred: bool) -> Mapping[str, tuple[Task, ...]]:
        tasks: dict[str, list[Task]] = {}
        for t in self.tasks:
            if t.starred is starred:
                found = self.division(t.division)
                tasks.setdefault(found.name if found else t.division, []).append(t)
        return {name: tuple(ts) for name, ts in tasks.items()}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that review found in one file."""

    code: str  # stable, see returns/findings.py
    severity: Severity
    message: Text  # a sentence for the division or the office
    remedy: Text  # what to do about it
    where: str = ""  # sheet and cell, or paragraph


class Written(NamedTuple):
    """What one received file did to one task's cells in its round (a piece of 收件记录/写入记录)."""

    task: str  # task key
    digest: str  # of the text that the file holds for the task, "" where it holds none
    taken: bool  # the text stands, or stood, in the master
    state: str  # the 报送状态 that annex2 wrote beside it
    at: str = ""  # when it was written, office's time: 20230404T0905; "" where it stood there already


APPROVED, UNAPPROVED = "已审定", "未审定"
"""收件记录/审定 of a report: whether the leader in charge approved it."""


PAGE_BESIDE, PAGE_LATER = "同来的图片或扫描件：", "后来的图片或扫描件："
"""Begin a line of 收件记录/原因 of a report that is not approved: a page that a person should look at."""

_UNSIGNED = re.compile(r"审定人是“(.*?)”，表里还有(\S+?)分管的任务，没有看到他们审定")
"""In 收件记录/原因, as review says it (`approver_missing`)."""

RULED = "经人工裁定接收。"
"""Begins 收件记录/原因 of a file that a person accepted."""
BESIDES = "另："
"""Begins a line of 收件记录/原因 that did not decide: a remark on a file that is held or returned for other reasons."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A row of 收件记录: one file received."""

    no: int  # 编号, counts up
    received: datetime  # when the server or folder had it, office's time zone
    source: str  # sender's address, or the folder
    name: str  # original file name
    sha256: str
    division: str  # "" where not recognised
    round: str  # round key, "" where not recognised
    verdict: Verdict
    reason: str
    archive: str  # path below the workspace
    ruled: datetime | None = None  # 认定时间: a person's ruling on when it counts as received
    written: tuple[Written, ...] = ()
    row: int = 0  # row in the sheet, 0 for a new one
    approval: str = ""  # 审定: APPROVED or UNAPPROVED; "" of a file that is no report
    was_ruled: datetime | None = None  # 认定时间 as the last run had it, and wrote it into 报送情况
    numbered: bool = True  # its hidden 写入记录 names its 编号
    called: str = ""  # its division as its row has it, where that was renamed since

    @property
    def pages(self) -> tuple[str, ...]:
        """The lines of 原因 that name pages which may bear the leader's signature."""
        return tuple(line for line in self.reason.splitlines() if line.startswith((PAGE_BESIDE, PAGE_LATER)))

    @property
    def causes(self) -> tuple[str, ...]:
        """The lines of 原因 that decided, without remarks, pages and the office's own words."""
        beside = (BESIDES, PAGE_BESIDE, PAGE_LATER)
        lines = self.reason.removeprefix(RULED).splitlines()
        return tuple(line for line in lines if line and not line.startswith(beside))

    @property
    def ruled_on(self) -> bool:
        """Whether a person accepted it, wholly or for what it holds."""
        return self.reason.startswith(RULED)

    @property
    def unsigned(self) -> tuple[str, ...]:
        """The leaders whose approval its 原因 names as wanting, where others have signed."""
        m = _UNSIGNED.search(self.reason)
        return tuple(m[2].split("、")) if m else ()

    @property
    def signed(self) -> str:
        """Who has signed, as it was written, where others' approval is wanting."""
        m = _UNSIGNED.search(self.reason)
        return plain(m[1]) if m else ""

    @property
    def approved(self) -> bool:
        """Only the word itself says so; a master of before the column has none at all."""
        return self.approval in (APPROVED, "")

    @property
    def counts_from(self) -> datetime:
        """The moment that decides between on time and late."""
        return self.ruled or self.received


def in_order(rounds: Iterable[Round]) -> list[Round]:
    """Rounds by the time that they tell of: of those due on one day, 第四季度 and 全年, the whole year comes last."""
    return sorted(rounds, key=lambda r: (r.due, r.tells_year))


def at_hand(rounds: Iterable[Round], today: date) -> Round:
    """The round that is most likely being worked on: due nearest to today, of two as near the coming one."""
    return min(rounds, key=lambda r: (abs((r.due - today).days), r.due < today))


def year_round(rounds: Iterable[Round]) -> Round | None:
    """The round of progress that tells the whole year: the one that says so, or else the last."""
    order = in_order(r for r in rounds if r.kind is RoundKind.PROGRESS)
    return next((r for r in reversed(order) if r.tells_year), order[-1] if order else None)


def by_form(receipts: Iterable[Receipt]) -> dict[tuple[str, str], list[Receipt]]:
    """The files by division and key of the round, in their order."""
    found: dict[tuple[str, str], list[Receipt]] = {}
    for r in receipts:
        found.setdefault((r.division, r.round), []).append(r)
    return found


def last_that_counts(receipts: Iterable[Receipt]) -> Receipt | None:
    """The newest file that is not ignored: a copy sent once more, or one taken back, says nothing of how it stands."""
    return max((r for r in receipts if r.verdict is not Verdict.IGNORED), key=lambda r: r.no, default=None)


def last_report(receipts: Iterable[Receipt]) -> Receipt | None:
    """Of a division's files of a round the newest whose texts stand, once one was accepted; a correction that is
    returned for one of its rows has changed the others."""
    files = tuple(receipts)
    if not any(r.verdict.accepted for r in files):
        return None
    return max((r for r in files if r.verdict.accepted or any(w.taken for w in r.written)), key=lambda r: r.no)


def unapproved(receipts: Iterable[Receipt]) -> Receipt | None:
    """The report that stands if it waits for approval."""
    last = last_report(receipts)
    return last if last is not None and not last.approved else None


def digest(text: str) -> str:
    """Names a text in 写入记录: the beginning of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _round_words(text: str) -> str:
    """A round's key or name as it is compared: 1季度, 一季度 and 第1季度 are 第一季度."""
    folded = plain(text).upper()
    return re.sub(r"^第?([1-4一二三四])季度$", lambda m: f"第{m[1].translate(_DIGITS)}季度", folded)


_DIGITS = str.maketrans("1234", "一二三四")
_SPACE = re.compile(r"[\s\u200b\ufeff]+")


def plain(text: str) -> str:
    """A name as it is compared: NFKC, no white space (`李  超` equals `李超`)."""
    if text.isascii():
        return text if text.isprintable() and " " not in text else "".join(text.split())
    return _plain_word(text) if len(text) <= _WORD else _SPACE.sub("", unicodedata.normalize("NFKC", text))


_WORD = 64


@lru_cache(maxsize=8192)
def _plain_word(text: str) -> str:
    """Names come again and again."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text))


def answered(office: Office, receipts: Iterable[Receipt]) -> dict[str, dict[str, str]]:
    """Who reported on a task that another division answers for by now: the one whose report was the last."""
    names = {n: d.name if (d := office.division(n)) else n for n in {t.division for t in office.tasks}}
    leads = {t.key: names[t.division] for t in office.tasks}
    due = {r.key: r.due for r in office.rounds} if any(d.closed for d in office.divisions) else {}
    found: dict[str, dict[str, str]] = {}
    for r in receipts:
        gone = r.round in due and office.heir(r.division, due[r.round]) != r.division  # it was merged since
        for w in r.written:
            lead = leads.get(w.task, r.division)
            own = r.division in (lead, office.heir(lead, due[r.round]) if r.round in due else lead)
            if w.digest and (gone or not own):
                found.setdefault(r.round, {})[w.task] = r.division
            elif w.digest and r.round in found:
                found[r.round].pop(w.task, None)
    return found
