"""The recurring runs: rows of 定时任务 in, each job run once for each moment that it was due.

`schedule` wakes the loop up; what is due is decided by what the clock says and by `.annex2/jobs.json`, as `schedule`
keeps nothing between starts and skips what it slept through.  A job's moment that was missed (computer off, asleep,
loop killed) is caught up once, however many there were.  Actions may be run again after a kill, so they must be such
that twice is once; those of annex2 are.
"""

from __future__ import annotations

import json
import re
import threading
import time as clock
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path

from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.language import tr
from toolkit.master.read import JobRow
from toolkit.model import Round
from toolkit.workspace import cannot_write, write_durably

BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""After a failure; then the job waits for its next moment."""

TICK = 20.0
"""Seconds between looks at the clock: sleep and clock changes are noticed by looking, not by being told."""

JOB_ITEM = "job:"
"""Begins 标识 of the item on 待处理 about a job that fails."""

_FUTURE = timedelta(hours=25)
"""A run recorded later than this after now was made under a clock that was wrong: it does not hold jobs up."""


@dataclass(frozen=True, slots=True)
class Daily:
    at: time


@dataclass(frozen=True, slots=True)
class Every:
    minutes: int


@dataclass(frozen=True, slots=True)
class AroundDue:
    """So many days after each round's last day in time (negative: before it)."""

    days: int
    at: time


When = Daily | Every | AroundDue


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    action: str
    when: When


def parse_when(text: str) -> When | None:
    """每天 09:00, 每30分钟, 每2小时, 截止日前3天 09:00, 截止日当天 17:00, 截止日后1天; None for anything else."""
    folded = unicodedata.normalize("NFKC", text).replace(" ", "")
    at = r"(?:(\d{1,2})[:时点](\d{2})?分?)?"
    if m := re.fullmatch(r"每[天日]" + at, folded):
        moment = _at(m[1], m[2], time(9))
        return Daily(moment) if moment else None
    if m := re.fullmatch(r"每隔?(\d{1,4})?个?(分钟|小时)", folded):
        minutes = int(m[1] or 1) * (60 if m[2] == "小时" else 1)
        return Every(minutes) if 1 <= minutes <= 24 * 60 else None
    if m := re.fullmatch(r"截止(?:日期?)?(?:(前|后)(\d{1,3})天|当天)" + at, folded):
        days = int(m[2] or 0) * (-1 if m[1] == "前" else 1)
        moment = _at(m[3], m[4], time(9))
        return AroundDue(days, moment) if moment else None
    return None


def _at(hour: str | None, minute: str | None, default: time) -> time | None:
    if hour is None:
        return default
    return time(int(hour), int(minute or 0)) if int(hour) < 24 and int(minute or 0) < 60 else None


def parse_jobs(rows: Iterable[JobRow], actions: Iterable[str]) -> tuple[tuple[Job, ...], tuple[str, ...]]:
    """(jobs that are on, sentences about rows that cannot be understood)."""
    known, jobs, problems = tuple(actions), [], []
    seen: set[str] = set()
    for row in rows:
        if not row.enabled:
            continue
        when = parse_when(row.when)
        if row.action not in known:
            problems.append(
                tr(
                    "{where}：定时任务“{name}”要做的“{action}”不认识。可以写：{listed}",
                    where=row.where,
                    name=row.name,
                    action=row.action,
                    listed=tuple(known),
                )
            )
        elif when is None:
            problems.append(
                tr(
                    "{where}：定时任务“{name}”的时间“{when}”看不明白。"
                    "写成 每天 09:00、每30分钟、截止日前3天 09:00 这样",
                    where=row.where,
                    name=row.name,
                    when=row.when,
                )
            )
        elif row.name in seen:
            problems.append(tr("{where}：有两个定时任务都叫“{name}”，只运行第一个", where=row.where, name=row.name))
        else:
            seen.add(row.name)
            jobs.append(Job(row.name, row.action, when))
    return tuple(jobs), tuple(problems)


# when a job is due


def last_slot(when: When, now: datetime, zone: tzinfo, rounds: Sequence[Round]) -> datetime | None:
    """The latest moment, not after `now`, at which the job was due; None where there was none yet."""
    return max((s for s in _slots(when, now, zone, rounds) if s <= now), default=None)


def next_slot(when: When, now: datetime, zone: tzinfo, rounds: Sequence[Round]) -> datetime | None:
    """The first moment after `now`; None where there will be none."""
    return min((s for s in _slots(when, now, zone, rounds) if s > now), default=None)


def _slots(when: When, now: datetime, zone: tzinfo, rounds: Sequence[Round]) -> Iterator[datetime]:
    """Moments around `now`, and all those of due dates."""
    today = now.astimezone(zone).date()
    match when:
        case Daily(at):
            for n in (-1, 0, 1):
                yield _moment(today + timedelta(days=n), at, zone)
        case Every(minutes):  # counted from midnight, so that a restart does not shift them
            local = now.astimezone(zone)
            step = (local.hour * 60 + local.minute) // minutes
            yield _moment(today, time(*divmod(step * minutes, 60)), zone)
            after = (step + 1) * minutes
            yield (
                _moment(today, time(*divmod(after, 60)), zone)
                if after < 24 * 60
                else _moment(today + timedelta(days=1), time(), zone)
            )
        case AroundDue(days, at):
            for r in rounds:
                yield _moment(r.last_day + timedelta(days=days), at, zone)


def _moment(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, zone)


# what is remembered


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of one job."""

    slot: datetime | None = None  # the last moment that is settled: run well, or given up
    failures: int = 0  # of the moment after it
    retry: datetime | None = None
    last: Outcome | None = None
    told: bool = True  # `last` is in the master


def _nothing_new(known: Memory, outcome: Outcome, zone: tzinfo) -> bool:
    """Whether the master says the same already, of the same day.

    A job that runs every half an hour must not write the master, and put an old version of it by, each time.
    """
    before = known.last
    if before is None or not known.told or not before.ok or not outcome.ok:
        return False
    day = before.ran.astimezone(zone).date() == outcome.ran.astimezone(zone).date()
    return day and before.message == outcome.message


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of a job, for 定时任务 and 待处理."""

    job: str
    slot: datetime  # the moment that it was due
    ran: datetime
    ok: bool
    message: str
    attempt: int = 1
    next: datetime | None = None  # when it runs again
    did_its_work: bool = True  # False: others must not build on it; it may have failed in what comes after (`DoneBut`)
    held_back: bool = False  # it did not begin (`HeldBack`)

    @property
    def given_up(self) -> bool:
        return not self.ok and self.attempt > len(BACK_OFF)

    @property
    def item_key(self) -> str:
        """标识 of the item on 待处理 while it fails."""
        return f"{JOB_ITEM}{self.job}"

    @property
    def text(self) -> str:
        """结果 as it stands in 定时任务."""
        if self.ok:
            return self.message or tr("完成")
        again = (
            tr("不再重试，等下一次") if self.given_up else tr("第{attempt}次没有成功，稍后重试", attempt=self.attempt)
        )
        return tr("失败（{again}）：{message}", again=again, message=self.message)


def read_memory(path: Path) -> dict[str, Memory]:
    """jobs.json; empty where there is none or it cannot be read: jobs then start afresh."""
    try:
        stored = json.loads(path.read_text("utf-8"))
        return {name: _from_json(value) for name, value in stored["jobs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return {}


def write_memory(path: Path, memory: Mapping[str, Memory]) -> None:
    stored = {"jobs": {name: asdict(m) for name, m in memory.items()}}
    write_durably(path, json.dumps(stored, ensure_ascii=False, indent=1, default=datetime.isoformat).encode())


def _from_json(value: Mapping[str, object]) -> Memory:
    def moment(text: object) -> datetime | None:
        return datetime.fromisoformat(str(text)) if text else None

    last = value["last"]
    outcome = None
    if isinstance(last, dict):
        slot, ran = moment(last["slot"]), moment(last["ran"])
        assert slot is not None
        assert ran is not None
        again, attempt, ok = moment(last["next"]), int(last["attempt"]), bool(last["ok"])
        did, held = bool(last.get("did_its_work", ok)), bool(last.get("held_back"))
        outcome = Outcome(str(last["job"]), slot, ran, ok, str(last["message"]), attempt, again, did, held)
    return Memory(
        moment(value["slot"]), int(str(value["failures"])), moment(value["retry"]), outcome, bool(value["told"])
    )


# running


class DoneBut(Annex2Error):
    """A job did what others build on; something that comes after it did not work, and is tried again."""


class HeldBack(Annex2Error):
    """A job did not begin, since another one that it builds on has not done its work."""


Action = Callable[[datetime], str]
"""now -> what to say in 结果.  Raises Annex2Error, or anything, when it failed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the loop reads anew before each look: people change 定时任务 while it runs."""

    jobs: tuple[Job, ...]
    rounds: tuple[Round, ...]
    zone: tzinfo


class Runner:
    """Runs what is due.  `state`: the workspace's own folder; `actions`: 做什么 -> what does it.

    `setting`: read before each look; when it fails (the master is being saved), the last one holds.
    `tell`: writes outcomes into the master; when it raises, they are told again at the next look.  A result that stays
    the same is told once a day.
    `mended`: whether what a failed run of a job says is over by now, so that it runs again at once.
    """

    def __init__(
        self,
        state: Path,
        actions: Mapping[str, Action],
        setting: Callable[[], Setting],
        tell: Callable[[Sequence[Outcome]], None] = lambda _: None,
        now: Callable[[], datetime] | None = None,
        mended: Callable[[Job, Outcome, datetime, Sequence[Job]], bool] = lambda *_: False,
    ) -> None:
        self._path, self._actions, self._read, self._tell = state / "jobs.json", actions, setting, tell
        self._mended = mended
        self._now = now or (lambda: datetime.now().astimezone())
        self._setting: Setting | None = None
        self._state = state

    def run_due(self) -> tuple[Outcome, ...]:
        """Run every job whose moment has come, each once; a failing one stops no other.

        Raises what `setting` raises where it never succeeded, and WorkspaceError when the memory cannot be written.
        """
        try:
            self._setting = self._read()
        except Annex2Error:
            if self._setting is None:
                raise
        setting = self._setting
        memory = read_memory(self._path)
        outcomes = []
        for job in setting.jobs:
            now = self._now()
            known = memory.get(job.name)
            slot = last_slot(job.when, now, setting.zone, setting.rounds)
            if known is None or (known.slot and known.slot > now + _FUTURE):
                # A new job does not make up for what was before it; the first look is where it begins.
                memory[job.name] = replace(known or Memory(), slot=slot, failures=0, retry=None)
                write_memory(self._path, memory)
                continue
            if slot is None:
                continue
            if not self._is_due(known, slot, now):
                if not self._may_again(job, known, now, setting):
                    continue
                known = replace(known, slot=None)  # its moment is not settled any more
            outcome = self._run(job, slot, known, setting)
            same = _nothing_new(known, outcome, setting.zone)
            settled = outcome.ok or outcome.given_up
            memory[job.name] = Memory(
                slot if settled else known.slot, 0 if settled else outcome.attempt, outcome.next, outcome, same
            )
            if settled:
                memory[job.name] = replace(memory[job.name], retry=None)
            write_memory(self._path, memory)
            outcomes.append(outcome)
        self._report(memory)
        return tuple(outcomes)

    @staticmethod
    def _is_due(known: Memory, slot: datetime, now: datetime) -> bool:
        """Whether a moment is not settled, nor to be waited for after a failure."""
        if known.slot and slot <= known.slot:
            return False
        return not (known.retry and now < known.retry and known.retry - now <= BACK_OFF[-1])

    def _may_again(self, job: Job, known: Memory, now: datetime, setting: Setting) -> bool:
        last = known.last
        return last is not None and not last.ok and self._mended(job, last, now, setting.jobs)

    def _run(self, job: Job, slot: datetime, known: Memory, setting: Setting) -> Outcome:
        attempt, ok, did, held = known.failures + 1, False, False, False
        try:
            message = self._actions[job.action](self._now())
            ok = did = True
        except Annex2Error as e:
            message, did, held = e.text, isinstance(e, DoneBut), isinstance(e, HeldBack)
        except Exception as e:
            message = tr("程序出错：{kind}: {error}", kind=type(e).__name__, error=e)
        ran = self._now()
        again = None if ok or attempt > len(BACK_OFF) else ran + BACK_OFF[attempt - 1]
        if again is None:
            again = next_slot(job.when, ran, setting.zone, setting.rounds)
        return Outcome(job.name, slot, ran, ok, message, attempt, again, did, held)

    def _report(self, memory: dict[str, Memory]) -> None:
        untold = [m.last for m in memory.values() if m.last and not m.told]
        if not untold:
            return
        try:
            self._tell(untold)
        except Annex2Error:  # Excel has the master open: again at the next look
            return
        for name, m in memory.items():
            memory[name] = replace(m, told=True)
        write_memory(self._path, memory)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One loop at a time: raises WorkspaceError where another one runs.  The lock dies with its holder."""
        from filelock import FileLock, Timeout

        lock = FileLock(self._state / "schedule.lock")
        try:
            self._state.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout:
            raise WorkspaceError(
                tr("定时任务已经在运行"),
                where=str(self._state.parent),
                remedy=tr("不用再启动一个；要重新启动，先关掉那一个"),
            ) from None
        except OSError as e:
            raise cannot_write(self._state, e) from None
        try:
            yield
        finally:
            lock.release()

    def once(self) -> tuple[Outcome, ...]:
        """One look, for a timer of the system's.  Raises WorkspaceError where a loop runs."""
        with self.alone():
            return self.run_due()

    def loop(self, stop: threading.Event | None = None, tick: float = TICK) -> None:
        """Run until `stop` is set.  Raises WorkspaceError where another loop runs."""
        import schedule

        stop = stop or threading.Event()
        with self.alone():
            self._look()
            scheduler = schedule.Scheduler()
            scheduler.every(max(1, round(tick))).seconds.do(self._look)
            wall, steady = clock.time(), clock.monotonic()
            while not stop.wait(min(1.0, tick)):
                drift = (clock.time() - wall) - (clock.monotonic() - steady)
                if abs(drift) > tick:  # set, or slept: `schedule` would wait for the old clock's moment
                    wall, steady = clock.time(), clock.monotonic()
                    scheduler.clear()
                    scheduler.every(max(1, round(tick))).seconds.do(self._look)
                    self._look()
                scheduler.run_pending()

    def _look(self) -> None:
        try:
            self.run_due()
        except Exception as e:  # a full disk, a master that is gone for the moment: the loop outlives it
            self.trouble(str(e) if isinstance(e, Annex2Error) else f"程序出错：{type(e).__name__}: {e}")

    def trouble(self, sentence: str) -> None:
        """Called with what kept a whole look from happening; the command line replaces it by its log."""
