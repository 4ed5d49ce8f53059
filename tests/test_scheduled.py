"""定时任务 through the command line: what runs, what is told."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from conftest import Annex2
from openpyxl import load_workbook

from toolkit.jobs import Outcome
from toolkit.master.schema import Sheet
from toolkit.scheduled import jobs_of, logbook, runner, tell
from toolkit.workspace import Workspace

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class Clock:
    def __init__(self, text: str) -> None:
        self.now = at(text)

    def __call__(self) -> datetime:
        return self.now


def test_jobs_run_when_due_and_say_so(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    clock = Clock("2023-04-03T09:05")
    made = runner(Workspace(annex2.root), clock)
    assert made.once() == ()  # the first look is where they begin
    annex2.deliver("社会救助处")
    clock.now = at("2023-04-03T09:31")
    outcomes = {o.job: o for o in made.once()}
    assert outcomes["收取回件"].ok
    assert "写入台账 2 格" in outcomes["收取回件"].message
    assert outcomes["更新状态页"].ok
    assert (annex2.root / "summary" / "报送情况.html").is_file()
    assert annex2.status_text(2)
    rows = {r["名称"]: r for r in annex2.cells("定时任务")}
    assert "写入台账 2 格" in rows["收取回件"]["结果"]
    assert rows["收取回件"]["上次运行"].isoformat() == "2023-04-03T09:31:00"
    assert rows["收取回件"]["下次运行"].isoformat() == "2023-04-03T10:00:00"
    assert any("收取" in line for line in logbook(Workspace(annex2.root)).lines())
    clock.now = at("2023-04-03T09:40")
    assert made.once() == ()
    clock.now = at("2023-04-07T08:00")  # off for days: caught up once
    assert sum(o.job == "收取回件" for o in made.once()) == 1
    assert made.once() == ()


def test_a_rehearsal_from_the_command_line(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    assert annex2("schedule", "run", "--once", now="2023-04-03T09:05") == (0, "", "")
    annex2.deliver("社会救助处")
    _, out, _ = annex2("schedule", "run", "--once", now="2023-04-03T09:31")
    assert "写入台账 2 格" in out
    assert annex2.cells("收件记录")[0]["收到时间"].isoformat() == "2023-04-03T09:31:00"
    (annex2.root / ".~lock.master.xlsx#").write_text(",王,电脑,,;", "utf-8")
    annex2.deliver("养老服务处")
    status, out, _ = annex2("schedule", "run", "--once", now="2023-04-03T10:01")
    assert "收取回件：失败" in out
    assert status == 1
    status, _, err = annex2("schedule", "run", now="2023-04-03T09:31")
    assert status == 2
    assert "加 --once" in err


def test_a_job_that_gives_up_stands_on_the_list_until_it_works(annex2: Annex2) -> None:
    workspace = Workspace(annex2.root)
    moment = at("2023-04-03T09:00")
    tell(workspace, [Outcome("提醒和催报", moment, moment, False, "发件服务器连不上", 5, moment + timedelta(days=1))])
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "定时任务失败")
    assert "连不上" in item["问题"]
    tell(workspace, [Outcome("提醒和催报", moment, moment, False, "密码不对", 5, moment + timedelta(days=1))])
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "定时任务失败")
    assert item["问题"] == "密码不对", "what keeps it from running by now"
    tell(workspace, [Outcome("提醒和催报", moment, moment, True, "没有要提醒的", 1, moment + timedelta(days=1))])
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "定时任务失败")
    assert item["处理结果"] == "已恢复正常"


def test_what_was_ticked_for_one_failure_does_not_close_the_next(annex2: Annex2) -> None:
    workspace, moment = Workspace(annex2.root), at("2023-04-03T09:00")

    def fails(when: datetime) -> None:
        tell(workspace, [Outcome("提醒和催报", when, when, False, "发件服务器连不上", 5, when + timedelta(days=1))])

    fails(moment)
    annex2.type(Sheet.ATTENTION, "job:提醒和催报", "处理意见", "已处理")
    annex2("collect", now="2023-04-03T10:00")
    fails(moment + timedelta(days=1))
    annex2("collect", now="2023-04-04T10:00")
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "定时任务失败")
    assert not item["处理结果"]
    assert item["时间"].isoformat() == "2023-04-04T09:00:00"
    annex2.type(Sheet.JOBS, "提醒和催报", "名称", "催报")
    annex2("schedule", "run", "--once", now="2023-04-04T11:00")
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "定时任务失败")
    assert item["处理结果"] == "已停用或改名"


def test_rows_that_do_not_run_say_so(annex2: Annex2) -> None:
    def look(now: str) -> dict[str, dict[str, Any]]:
        annex2("schedule", "run", "--once", now=now)
        return {r["名称"]: r for r in annex2.cells("定时任务")}

    look("2023-04-05T09:05")
    assert look("2023-04-06T18:31")["更新状态页"]["下次运行"]
    annex2.type(Sheet.JOBS, "更新状态页", "时间", "有空的时候")
    annex2.type(Sheet.JOBS, "提醒和催报", "状态", "停用")
    for now in ("2023-04-06T18:35", "2023-04-06T18:40"):
        rows = look(now)
        page = rows["更新状态页"]
        assert page["结果"].startswith("没有运行：")
        assert "有空的时候" in page["结果"]
        assert (page["下次运行"], rows["提醒和催报"]["下次运行"]) == (None, None)
        assert rows["提醒和催报"]["结果"]
    assert sum("有空的时候" in line for line in logbook(Workspace(annex2.root)).lines()) == 1
    annex2.type(Sheet.JOBS, "更新状态页", "时间", "每30分钟")
    assert not look("2023-04-06T18:45")["更新状态页"]["结果"]


def test_the_outcome_stands_in_the_row_that_runs(annex2: Annex2) -> None:
    """A clerk turned a job off and copied its row below, with another time."""
    book = load_workbook(annex2.master)
    sheet = book["定时任务"]
    column = {c.value: c.column for c in sheet[3]}
    (old,) = (r for r in range(4, sheet.max_row + 1) if sheet.cell(r, column["名称"]).value == "更新状态页")
    new = max(r for r in range(4, sheet.max_row + 1) if sheet.cell(r, column["名称"]).value) + 1
    for c in column.values():
        sheet.cell(new, c).value = sheet.cell(old, c).value
    sheet.cell(old, column["状态"]).value = "停用"
    sheet.cell(new, column["时间"]).value = "每天 08:00"
    (table,) = sheet.tables.values()
    table.ref = f"{table.ref.rstrip('0123456789')}{new}"
    book.save(annex2.master)
    for now in ("2023-04-06T07:00", "2023-04-06T08:05"):
        annex2("schedule", "run", "--once", now=now)
    off, on = (r for r in annex2.cells("定时任务") if r["名称"] == "更新状态页")
    assert (off["结果"], off["下次运行"]) == (None, None)
    assert "已更新" in on["结果"]


def test_list_and_a_row_that_cannot_be_understood(annex2: Annex2) -> None:
    status, out, _ = annex2("schedule", "list", now="2023-04-03T09:05")
    assert status == 0
    assert "收取回件" in out
    assert "2023-04-03 09:30" in out
    book = load_workbook(annex2.master)
    sheet = book["定时任务"]
    column = next(c.column for c in sheet[3] if c.value == "时间")
    sheet.cell(4, column).value = "有空的时候"
    book.save(annex2.master)
    status, out, _ = annex2("schedule", "list", now="2023-04-03T09:05")
    assert status == 1
    assert "有空的时候" in out
    assert len(jobs_of(Workspace(annex2.root))[0]) == 3


def test_the_loop_is_one_and_dies_with_its_process(annex2: Annex2) -> None:
    first = subprocess.Popen(
        [sys.executable, "-m", "toolkit", "-w", str(annex2.root), "schedule", "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert first.stdout
        assert "开始运行" in first.stdout.readline()
        end = time.monotonic() + 20
        while not (annex2.root / ".annex2" / "jobs.json").exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        status, _, error = annex2("schedule", "run", "--once")
        assert status == 2
        assert "已经在运行" in error
    finally:
        first.kill()
        first.wait(10)
    assert annex2("schedule", "run", "--once")[0] == 0


def test_what_would_be_registered(annex2: Annex2) -> None:
    status, out, error = annex2("schedule", "install", "--print")
    assert (status == 0 and "schedule" in out) or "没有可用的任务计划程序" in error


def test_the_status_page(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处")
    annex2("collect", now="2023-04-03T10:00")
    page = annex2.root / "情况.html"
    assert annex2("status", "--html", page, now="2023-04-08T10:00")[0] == 1
    text = page.read_text("utf-8")
    assert "社会救助处" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert "<script" not in text
