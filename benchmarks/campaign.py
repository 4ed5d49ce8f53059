"""An invented office with N divisions of 12 tasks each, its master, its forms, and what came back.

    python -m benchmarks.campaign N FOLDER [--tasks 12] [--answer M]

FOLDER becomes a workspace: master.xlsx, the forms of 2023Q1 in outbox/, M of them filled (all, unless said) in inbox/.
The same arguments give the same office.
"""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks.measure import ROUND
from toolkit.forms.fanout import fan_out, the_round
from toolkit.ledger import Ledger
from toolkit.master import schema
from toolkit.master.build import build_master
from toolkit.master.edits import AddRow, apply_edits
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.model import Division, Office, Round, Task
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook

FOLDERS = ("inbox", "outbox", "archive", "summary")
_BUILT = 1000
"""Divisions that openpyxl writes; the rest is appended in place, which takes a tenth of the memory."""

_ACTS = [
    "牵头制定",
    "统筹推进",
    "组织开展",
    "持续深化",
    "督促落实",
    "建立健全",
    "优化提升",
    "加快实施",
    "动态更新",
    "分类处置",
    "试点推广",
]
_FIELDS = [
    "养老服务",
    "社会救助",
    "儿童福利",
    "基层治理",
    "社区建设",
    "殡葬管理",
    "慈善事业",
    "婚姻登记",
    "区划地名",
    "社会组织",
    "残疾人福利",
]
_THINGS = [
    "专项行动方案",
    "年度重点任务",
    "隐患排查治理",
    "考核评价机制",
    "信息化平台",
    "示范点创建",
    "服务事项清单",
    "业务培训",
    "绩效评估",
]
_AIMS = [
    "覆盖率不低于{p}%",
    "全年不少于{n}次",
    "完成投资{m}万元",
    "办结率达到{p}%",
    "新增床位{m}张",
    "改造提升{n}个点位",
]
_DONE = (
    "已召开专题会议{n}次，研究部署{f}工作",
    "印发《{f}{t}》并组织实施",
    "累计排查问题{m}个，整改率{p}%",
    "开展培训{n}场次，覆盖{m}人次",
    "下一步将继续{a}{f}{t}，力争6月底前完成",
)


def _words(rnd: random.Random, text: str) -> str:
    return text.format(
        p=rnd.randint(80, 100), n=rnd.randint(2, 60), m=rnd.randint(10, 9999), a=rnd.choice(_ACTS),
        f=rnd.choice(_FIELDS), t=rnd.choice(_THINGS),
    )  # fmt: skip


def _task_text(rnd: random.Random) -> str:
    parts = [rnd.choice(_ACTS) + rnd.choice(_FIELDS) + rnd.choice(_THINGS) for _ in range(2)]
    return "，".join((*parts, _words(rnd, rnd.choice(_AIMS)))) + "。"


def _done_text(rnd: random.Random) -> str:
    return "；".join(_words(rnd, t) for t in rnd.sample(_DONE, rnd.randint(1, 4))) + "。"


def office(n: int, tasks: int) -> Office:
    """The office with its first `n` divisions."""
    rnd = random.Random(7)
    divisions = tuple(Division(f"第{i:06d}处", leader="张三") for i in range(n))
    plan = tuple(
        Task(f"2023-{no:07d}", no, True, "重点工作", _task_text(rnd), None, "张三", divisions[i].name)
        for i in range(n)
        for no in range(i * tasks + 1, (i + 1) * tasks + 1)
    )
    rounds = (Round(ROUND, "第一季度", date(2023, 4, 5)), Round("2023Q2", "第二季度", date(2023, 7, 5)))
    return Office("市某局", 2023, "Asia/Shanghai", plan, rounds, divisions)


def make(n: int, root: Path, tasks: int = 12, answer: int | None = None) -> None:
    """The workspace at `root`, from nothing."""
    shutil.rmtree(root, ignore_errors=True)
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    shutil.copytree(Path(__file__).resolve().parents[1] / "templates", root / "templates")
    workspace = Workspace(root)
    whole = office(n, tasks)
    first = office(min(n, _BUILT), tasks)
    workspace.master.write_bytes(build_master(first, title="目标任务责任分解方案", issuer="办公室"))
    if n > _BUILT:
        _grow(workspace, whole, len(first.divisions), len(first.tasks))
    workspace.secret()
    forms = fan_out(workspace, load(workspace).master.office, the_round(whole, ROUND))
    rnd = random.Random(11)
    for form in forms[: n if answer is None else answer]:
        (workspace.inbox / form.path.name).write_bytes(filled(form.path.read_bytes(), rnd))
    shutil.rmtree(workspace.outbox)
    workspace.outbox.mkdir()


def _grow(workspace: Workspace, whole: Office, divisions: int, tasks: int) -> None:
    """Append the divisions and tasks that the master lacks; 报送情况 gets its rows as `collect` gives them."""
    book = Workbook.from_bytes(workspace.master.read_bytes())
    apply_edits(book, load(workspace).master.layouts, _rows(whole, divisions, tasks))
    workspace.master.write_bytes(book.to_bytes())
    loaded = load(workspace)
    book = Workbook.from_bytes(loaded.data)
    edits = Ledger(loaded.master, datetime(2023, 1, 1, tzinfo=UTC).astimezone(loaded.master.zone)).edits()
    apply_edits(book, loaded.master.layouts, edits)
    workspace.master.write_bytes(book.to_bytes())


def _rows(whole: Office, divisions: int, tasks: int) -> Iterator[AddRow]:
    for d in whole.divisions[divisions:]:
        yield AddRow(Sheet.DIVISIONS, {"名称": d.name, "分管领导": d.leader})
    for t in whole.tasks[tasks:]:
        values = {
            "序号": t.no,
            "牵头(★)": schema.YES,
            "类别": t.section,
            "工作事项": t.text,
            "分管领导": t.leader,
            "牵头处室": t.division,
            schema.TASK_KEY: t.key,
        }
        yield AddRow(Sheet.TASKS, values)


def filled(form: bytes, rnd: random.Random) -> bytes:
    """A form as a division fills it."""
    book = Workbook.from_bytes(form)
    sheet = book.sheet(book.sheet_names[0])
    for row, cells in list(sheet.rows()):
        if isinstance(cells.get(1), int):
            sheet.set(f"C{row}", _done_text(rnd))
        elif str(cells.get(2, "")).endswith("审定："):
            sheet.set(f"C{row}", "张三")
        elif str(cells.get(2, "")).startswith("审定日期"):
            sheet.set(f"C{row}", "2023年4月2日")
    return book.to_bytes()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--answer", type=int)
    options = parser.parse_args()
    make(options.n, options.folder, options.tasks, options.answer)
