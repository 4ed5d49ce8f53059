"""Each job runs once for each moment that it was due: over sleep, clock changes, failures and kill -9."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time as clock
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from toolkit import jobs
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.jobs import (
    BACK_OFF,
    AroundDue,
    Daily,
    Every,
    Job,
    Outcome,
    Runner,
    Setting,
    last_slot,
    next_slot,
    parse_jobs,
    parse_when,
    read_memory,
)
from toolkit.master.read import JobRow

from .office import ZONE, at, office

ROUNDS = office().rounds


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("每天 09:00", Daily(time(9))),
        ("每日9：30", Daily(time(9, 30))),
        ("每天9点", Daily(time(9))),
        ("每30分钟", Every(30)),
        ("每小时", Every(60)),
        ("每2个小时", Every(120)),
        ("截止日前3天 09:00", AroundDue(-3, time(9))),
        ("截止日当天 17:00", AroundDue(0, time(17))),
        ("截止日期后 1 天", AroundDue(1, time(9))),
        ("每天25:00", None),
        ("每0分钟", None),
        ("每周一", None),
        ("", None),
    ],
)
def test_times_as_people_write_them(text: str, when: object) -> None:
    assert parse_when(text) == when


def test_rows_that_cannot_be_understood_are_named() -> None:
    rows = (
        JobRow("收取", "收取", "每30分钟"),
        JobRow("停了的", "不认识", "x", enabled=False),
        JobRow("错的", "收取", "有空时", where="master.xlsx 定时任务!C5"),
        JobRow("错二", "备份", "每天", where="master.xlsx 定时任务!C6"),
        JobRow("收取", "收取", "每天", where="master.xlsx 定时任务!C7"),
    )
    found, problems = parse_jobs(rows, ("收取",))
    assert found == (Job("收取", "收取", Every(30)),)
    assert [p.split("：")[0][-2:] for p in problems] == ["C5", "C6", "C7"]


def test_moments() -> None:
    assert last_slot(Daily(time(9)), at("2023-04-04 08:59"), ZONE, ()) == at("2023-04-03 09:00")
    assert last_slot(Daily(time(9)), at("2023-04-04 09:00"), ZONE, ()) == at("2023-04-04 09:00")
    assert next_slot(Daily(time(9)), at("2023-04-04 09:00"), ZONE, ()) == at("2023-04-05 09:00")
    assert last_slot(Every(45), at("2023-04-04 23:59"), ZONE, ()) == at("2023-04-04 23:15")
    assert next_slot(Every(45), at("2023-04-04 23:59"), ZONE, ()) == at("2023-04-05 00:00")
    before = AroundDue(-3, time(9))
    assert last_slot(before, at("2023-04-02 08:59"), ZONE, ROUNDS) is None
    assert last_slot(before, at("2023-06-01 00:00"), ZONE, ROUNDS) == at("2023-04-02 09:00")
    assert next_slot(before, at("2023-06-01 00:00"), ZONE, ROUNDS) == at("2023-07-02 09:00")
    assert next_slot(before, at("2024-06-01 00:00"), ZONE, ROUNDS) is None


class Office:
    """A runner under a clock that the test sets, with actions that it watches."""

    def __init__(self, state: Path, **whens: str) -> None:
        self.now = at("2023-04-03 08:00")
        self.ran: list[tuple[str, datetime]] = []
        self.told: list[Outcome] = []
        self.fails: set[str] = set()
        self.busy = False
        found, problems = parse_jobs([JobRow(n, n, w) for n, w in whens.items()], whens)
        assert not problems
        self.setting = Setting(found, ROUNDS, ZONE)
        self.runner = self.restart(state)

    def restart(self, state: Path) -> Runner:
        actions = {j.action: self._action(j.action) for j in self.setting.jobs}
        self.runner = Runner(state, actions, lambda: self.setting, self._tell, lambda: self.now)
        return self.runner

    def _action(self, name: str) -> Callable[[datetime], str]:
        def act(now: datetime) -> str:
            self.ran.append((name, now))
            if name in self.fails:
                raise RuntimeError("坏了") if name == "坏" else Annex2Error("连不上服务器")
            return "完成"

        return act

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        if self.busy:
            raise WorkspaceError("总表开着")
        self.told += outcomes

    def look(self, now: str) -> list[str]:
        self.now = at(now)
        return [f"{o.job}{'' if o.ok else '×'}" for o in self.runner.run_due()]


def test_a_weekend_off_is_made_up_for_once(tmp_path: Path) -> None:
    o = Office(tmp_path, 日="每天 09:00", 频="每30分钟")
    assert o.look("2023-03-31 08:00") == []  # what was before the first look is not made up for
    assert o.look("2023-03-31 09:01") == ["日", "频"]
    assert o.look("2023-03-31 09:02") == []
    o.restart(tmp_path)
    assert o.look("2023-04-03 11:10") == ["日", "频"]  # three days later: once each
    assert o.look("2023-04-03 11:11") == []
    assert o.look("2023-04-03 11:30") == ["频"]
    assert len(o.ran) == 5
    assert [t.slot for t in o.told if t.job == "日"] == [at("2023-03-31 09:00"), at("2023-04-03 09:00")]


def test_a_result_that_stays_the_same_is_told_once_a_day(tmp_path: Path) -> None:
    o = Office(tmp_path, 频="每30分钟")
    o.look("2023-04-03 08:00")
    for now in ("2023-04-03 08:30", "2023-04-03 09:00", "2023-04-03 09:30", "2023-04-04 08:30", "2023-04-04 09:00"):
        assert o.look(now) == ["频"]
    assert [f"{t.ran:%d %H:%M}" for t in o.told] == ["03 08:30", "04 08:30"]
    o.fails = {"频"}
    o.look("2023-04-04 09:30")
    o.fails = set()
    o.look("2023-04-04 09:31")
    assert [t.ok for t in o.told[2:]] == [False, True]


def test_around_due_dates(tmp_path: Path) -> None:
    o = Office(tmp_path, 前="截止日前3天 09:00", 后="截止日后1天 09:00")
    days = [f"2023-{m:02d}-{d:02d} 09:05" for m in range(1, 13) for d in range(1, 29)]
    ran = [(day[:10], name) for day in days for name in o.look(day)]
    assert ran == [
        ("2023-04-02", "前"), ("2023-04-06", "后"), ("2023-07-02", "前"), ("2023-07-06", "后"),
        ("2023-10-02", "前"), ("2023-10-06", "后"),
    ]  # fmt: skip


def test_the_clock_is_set(tmp_path: Path) -> None:
    o = Office(tmp_path, 日="每天 09:00", 频="每30分钟")
    o.look("2023-04-03 08:59")
    assert o.look("2023-04-03 09:00") == ["日", "频"]
    assert o.look("2023-04-03 08:10") == []  # back by less than an hour: nothing twice
    assert o.look("2023-04-03 09:05") == []
    assert o.look("2023-04-03 09:30") == ["频"]
    assert o.look("2033-01-01 12:00") == ["日", "频"]  # the battery is dead
    assert o.look("2023-04-03 10:01") == []  # and the clock right again: no waiting for 2033
    assert o.look("2023-04-03 10:30") == ["频"]
    assert o.look("2023-04-04 09:00") == ["日", "频"]


def test_a_failing_job_backs_off_is_told_and_stops_no_other(tmp_path: Path) -> None:
    o = Office(tmp_path, 坏="每天 09:00", 好="每天 09:00")
    o.look("2023-04-03 08:00")
    o.fails = {"坏"}
    assert o.look("2023-04-03 09:00") == ["坏×", "好"]
    minutes = [m for m in range(1, 24 * 60) if o.look(str(at("2023-04-03 09:00") + timedelta(minutes=m))[:16])]
    assert minutes == [1, 6, 21, 81]  # BACK_OFF, then nothing until the next day
    assert [t.attempt for t in o.told if t.job == "坏"] == [1, 2, 3, 4, 5]
    last = o.told[-1]
    assert last.given_up
    assert last.item_key == "job:坏"
    assert last.text == "失败（不再重试，等下一次）：程序出错：RuntimeError: 坏了"
    assert last.next == at("2023-04-04 09:00")
    assert o.look("2023-04-04 09:00") == ["坏×", "好"]
    o.fails = set()
    assert o.look("2023-04-04 09:01") == ["坏"]
    assert o.told[-1].text == "完成"
    assert len(BACK_OFF) == 4


def test_back_off_survives_a_restart(tmp_path: Path) -> None:
    o = Office(tmp_path, 收="每天 09:00")
    o.look("2023-04-03 08:00")
    o.fails = {"收"}
    o.look("2023-04-03 09:00")
    o.restart(tmp_path)
    assert o.look("2023-04-03 09:00:30") == []
    assert o.look("2023-04-03 09:01") == ["收×"]
    assert "连不上服务器" in o.told[-1].text


def test_told_again_until_the_master_takes_it(tmp_path: Path) -> None:
    o = Office(tmp_path, 收="每天 09:00")
    o.look("2023-04-03 08:00")
    o.busy = True
    assert o.look("2023-04-03 09:00") == ["收"]
    assert o.told == []
    o.restart(tmp_path)
    o.busy = False
    assert o.look("2023-04-03 09:01") == []
    assert [t.job for t in o.told] == ["收"]
    o.look("2023-04-03 09:02")
    assert len(o.told) == 1


def test_a_damaged_memory_starts_afresh(tmp_path: Path) -> None:
    o = Office(tmp_path, 收="每天 09:00")
    o.look("2023-04-03 08:00")
    for damage in (b"", b"{", b"[]", b'{"jobs": {"\xe6\x94\xb6": {}}}'):
        (tmp_path / "jobs.json").write_bytes(damage)
        assert o.look("2023-04-03 12:00") == []
        assert read_memory(tmp_path / "jobs.json")["收"].slot == at("2023-04-03 09:00")


def test_settings_that_cannot_be_read_for_a_moment(tmp_path: Path) -> None:
    o = Office(tmp_path, 收="每天 09:00")
    setting, broken = o.setting, False

    def read() -> Setting:
        if broken:
            raise WorkspaceError("总表正在保存")
        return setting

    o.runner = Runner(tmp_path, {"收": lambda _: ""}, read, now=lambda: o.now)
    o.look("2023-04-03 08:00")
    broken = True
    assert o.look("2023-04-03 09:00") == ["收"]
    fresh = Runner(tmp_path, {}, read, now=lambda: o.now)
    with pytest.raises(WorkspaceError):
        fresh.run_due()


CHILD = """
import os, sys, time
from datetime import datetime
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from toolkit.jobs import Runner, Setting, last_slot, parse_jobs
from toolkit.master.read import JobRow
from zoneinfo import ZoneInfo
state, zone = Path(sys.argv[1]), ZoneInfo("Asia/Shanghai")
jobs, _ = parse_jobs([JobRow("日", "日", "每天 09:00"), JobRow("频", "频", "每30分钟")], ("日", "频"))
setting = Setting(jobs, (), zone)

def now():
    return datetime.fromisoformat((state / "clock").read_text())

def act(job):
    def run(moment):
        time.sleep(0.02)
        with (state / "runs").open("a") as f:
            f.write(f"{job.name} {last_slot(job.when, moment, zone, ()).isoformat()}\\n")
            f.flush()
            os.fsync(f.fileno())
        time.sleep(0.02)
        return "完成"
    return run

runner = Runner(state, {j.action: act(j) for j in jobs}, lambda: setting, now=now)
with runner.alone():
    while True:
        moment = now()
        runner.run_due()
        ack = state / "ack.tmp"
        ack.write_text(moment.isoformat())
        ack.replace(state / "ack")
        time.sleep(0.005)
"""


def test_killed_at_random(tmp_path: Path) -> None:
    """kill -9 while it looks, runs and writes; the clock moves over deadlines while it is dead."""
    chance = random.Random(6)
    root = Path(__file__).resolve().parents[2]
    (tmp_path / "child.py").write_text(CHILD, "utf-8")
    moment = at("2023-04-03 08:10")
    found, _ = parse_jobs([JobRow("日", "日", "每天 09:00"), JobRow("频", "频", "每30分钟")], ("日", "频"))

    def set_clock(to: datetime) -> None:
        (tmp_path / "clock.tmp").write_text(to.isoformat())
        (tmp_path / "clock.tmp").replace(tmp_path / "clock")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(tmp_path / "child.py"), str(tmp_path), str(root)])

    def acknowledged(of: datetime) -> bool:
        ack = tmp_path / "ack"
        return ack.exists() and ack.read_text() == of.isoformat()

    set_clock(moment)
    child, kills = start(), 0
    expected: dict[str, list[datetime]] = {j.name: [] for j in found}
    killed_at: dict[str, set[datetime]] = {j.name: set() for j in found}
    seen: dict[str, datetime] = {}

    def slot_of(job: Job) -> datetime:
        slot = last_slot(job.when, moment, ZONE, ())
        assert slot
        return slot

    def note() -> None:
        """A look at `moment` was whole: every job's latest moment is settled."""
        for j in found:
            if j.name in seen and seen[j.name] != slot_of(j):
                expected[j.name].append(slot_of(j))
            seen[j.name] = slot_of(j)

    try:
        deadline = clock.monotonic() + 150
        for step in range(60):
            if step:
                moment += timedelta(minutes=chance.choice((7, 13, 29, 45, 200, 1500)))
            set_clock(moment)
            if step and chance.random() < 0.3:
                clock.sleep(chance.random() * 0.15)
                child.kill()
                child.wait()
                if acknowledged(moment):
                    note()
                else:
                    for j in found:
                        killed_at[j.name].add(slot_of(j))
                kills += 1
                if chance.random() < 0.5:  # dead for longer: moments pass that nobody sees
                    moment += timedelta(minutes=chance.choice((31, 700, 4000)))
                    set_clock(moment)
                child = start()
            while not acknowledged(moment):
                assert child.poll() is None
                assert clock.monotonic() < deadline
                clock.sleep(0.005)
            note()
    finally:
        child.kill()
        child.wait()
    assert kills >= 10
    lines = [line.split() for line in (tmp_path / "runs").read_text().splitlines()]
    for name, slots in expected.items():
        ran = [datetime.fromisoformat(s) for n, s in lines if n == name]
        # A run that was cut off is run again; all that a kill met may also have been done by then.
        unseen = {s for s in ran if s not in slots}
        assert unseen <= killed_at[name]
        assert [s for s in dict.fromkeys(ran) if s not in unseen] == slots
        assert {s for s in ran if ran.count(s) > 1} <= killed_at[name]


def test_two_loops_never_at_once(tmp_path: Path) -> None:
    o = Office(tmp_path, 收="每天 09:00")
    stop = threading.Event()
    loop = threading.Thread(target=o.runner.loop, args=(stop, 0.05))
    loop.start()
    try:
        end = clock.monotonic() + 10
        while not (tmp_path / "jobs.json").exists() and clock.monotonic() < end:
            clock.sleep(0.01)
        other = "import sys; from pathlib import Path; from toolkit.jobs import Runner, Setting\n"
        other += "from toolkit.errors import WorkspaceError\nfrom datetime import timezone\n"
        other += "try: Runner(Path(sys.argv[1]), {}, lambda: Setting((), (), timezone.utc)).once()\n"
        other += "except WorkspaceError as e: print(e)\n"
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(
            [sys.executable, "-c", other, str(tmp_path)], capture_output=True, text=True, cwd=root, check=True
        )
        assert "定时任务已经在运行" in done.stdout
    finally:
        stop.set()
        loop.join(10)
    assert not loop.is_alive()
    assert o.runner.once() == ()  # the lock is free again


def test_the_loop_runs_what_falls_due_and_outlives_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    o = Office(tmp_path, 收="每天 09:00")
    troubles: list[str] = []
    monkeypatch.setattr(o.runner, "trouble", troubles.append)
    stop = threading.Event()
    loop = threading.Thread(target=o.runner.loop, args=(stop, 0.05))
    loop.start()

    def wait(until: Callable[[], object]) -> None:
        end = clock.monotonic() + 10
        while not until() and clock.monotonic() < end:
            clock.sleep(0.01)
        assert until()

    try:
        wait(lambda: (tmp_path / "jobs.json").exists())
        good, o.setting = o.setting, None  # type: ignore[assignment]
        wait(lambda: troubles)
        o.setting = good
        o.now = at("2023-04-03 09:00")
        wait(lambda: o.told)
        assert o.ran == [("收", at("2023-04-03 09:00"))]
        # The system's clock is set back by hours: `schedule` alone would now wait for them to pass.
        real = clock.time
        monkeypatch.setattr(jobs.clock, "time", lambda: real() - 7200)
        o.now = at("2023-04-04 09:00")
        wait(lambda: len(o.told) == 2)
    finally:
        stop.set()
        loop.join(10)
