"""The window on a real display: a quarter by buttons only."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from conftest import Annex2
from openpyxl import load_workbook

from toolkit.master.schema import Sheet
from toolkit.panel.work import Desk
from toolkit.workspace import Workspace as Folder
from toolkit.xlsx import Workbook

tkinter = pytest.importorskip("tkinter", reason="this Python has no tkinter")
needs_display = pytest.mark.skipif(
    os.name == "posix" and not shutil.which("Xvfb"), reason="Xvfb is not installed, and tests open no windows on yours"
)
pytestmark = needs_display


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display of its own."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as f:
        number = f.readline().strip()
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = f":{number}"
    yield f":{number}"
    if before is None:
        del os.environ["DISPLAY"]
    else:
        os.environ["DISPLAY"] = before
    server.terminate()
    server.wait(10)


class Window:
    """A panel that is looked at and clicked."""

    def __init__(self, annex2: Annex2, now: str) -> None:
        from toolkit.panel.window import Panel

        self.opened: list[Path] = []
        self.asked: list[str] = []
        self.answer = False
        self.form: Path | None = None  # what is chosen where a file is asked for
        self.root = tkinter.Tk()
        self.desk = Desk(Folder(annex2.root), datetime.fromisoformat(now))
        self.panel = Panel(self.root, self.desk, self.opened.append, self.ask, lambda: self.form)
        self.root.update()

    def until(self, reached: Callable[[], bool], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < end, self.text
            self.root.update()
            time.sleep(0.01)

    def ask(self, _: str, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    def press(self, name: str) -> None:
        """Press a button and wait until its work is over and shown."""
        self.panel.buttons[name].invoke()
        self.until(lambda: not self.desk.busy and self.desk.events.empty() and "disabled" not in self.states())
        self.root.update()

    def states(self) -> set[str]:
        return {str(b.cget("state")) for b in self.panel.buttons.values()}

    @property
    def text(self) -> str:
        return str(self.panel.log.get("1.0", "end"))

    @property
    def rows(self) -> list[tuple[str, ...]]:
        tree = self.panel.waiting
        return [tuple(map(str, tree.item(r, "values"))) for r in tree.get_children()]

    def picture(self, path: Path) -> None:
        self.root.lift()
        self.root.update()
        subprocess.run(["import", "-window", "root", str(path)], check=True)


@pytest.fixture
def window(display: str, annex2: Annex2) -> Iterator[Window]:
    assert display
    shown = Window(annex2, "2023-04-03T10:00")
    yield shown
    shown.panel.close()
    del shown.panel, shown.root
    gc.collect()  # Tcl dies of it when another test's thread does that


@pytest.mark.parametrize(
    ("now", "name"),
    [
        ("2023-01-20T10:00", "第一季度"),
        ("2023-04-14T10:00", "第一季度"),  # what is late is chased
        ("2023-06-20T10:00", "第二季度"),
        ("2024-03-01T10:00", "全年"),
    ],
)
def test_the_round_at_hand_is_chosen(annex2: Annex2, now: str, name: str) -> None:
    desk = Desk(Folder(annex2.root), datetime.fromisoformat(now))
    assert desk.at_hand(desk.read()).name == name


def test_the_window_begins_with_the_round_at_hand_and_keeps_what_was_chosen(display: str, annex2: Annex2) -> None:
    assert display
    shown = Window(annex2, "2023-06-20T10:00")
    assert "第二季度" in shown.panel.choice.get()
    shown.panel.choice.current(0)
    shown.panel.refresh()
    assert "第一季度" in shown.panel.choice.get()
    shown.panel.close()
    del shown.panel, shown.root
    gc.collect()


def test_a_quarter_by_buttons(window: Window, annex2: Annex2, tmp_path: Path) -> None:
    assert "第一季度" in window.panel.choice.get()
    window.press("发放表格")
    assert len(list((annex2.root / "outbox/2023Q1").glob("*.xlsx"))) == 4
    assert window.opened == [annex2.root / "outbox/2023Q1"]
    annex2.deliver("社会救助处", name="一.xlsx", texts=["救助体系已覆盖。", None])
    annex2.deliver("养老服务处", name="二.xlsx")
    (annex2.root / "inbox" / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    window.press("收集回收")
    assert annex2.status_text(2) == "救助体系已覆盖。"
    assert "写入台账 7 格" in window.text
    kinds = [r[1] for r in window.rows]
    assert "退回修改" in kinds
    assert "待裁定" in kinds
    row = window.panel.waiting.get_children()[kinds.index("待裁定")]
    window.panel.waiting.selection_set(row)
    window.panel.open_selected()
    assert window.opened[-1].read_bytes() == b"PK\x03\x04 broken"
    window.press("查看情况")
    assert "应报 4" in window.text
    window.press("催报")
    assert "没有邮箱" in window.text
    window.press("填上级表")  # nothing chosen
    window.form = annex2.form("养老服务处")
    window.press("填上级表")
    assert "填了 6 项（“完成情况”列）" in window.text
    assert window.opened[-1] == annex2.root / "summary" / "上报" / window.form.name
    book = load_workbook(window.form)
    book.worksheets[0]["A2"] = str(book.worksheets[0]["A2"].value).replace("2023", "2022")
    window.form = annex2.root / "表.xlsx"
    book.save(window.form)
    window.press("填上级表")
    assert "这张表写的是 2022 年，总表是 2023 年的" in window.text
    window.form = annex2.root / "没有.xlsx"
    window.press("填上级表")
    assert "没有这个文件" in window.text
    shutil.rmtree(annex2.root / "summary" / "上报")
    window.press("生成汇总")
    assert len(list((annex2.root / "summary").iterdir())) == 3
    window.panel.buttons["打开总表"].invoke()
    assert window.opened[-1] == annex2.master
    if shutil.which("import"):
        picture = tmp_path / "panel.png"
        window.picture(picture)
        assert picture.stat().st_size > 20_000  # something is drawn


def test_no_reminder_is_sent_before_a_person_says_yes(window: Window, annex2: Annex2) -> None:
    with socket.socket() as s:  # a port where nobody answers: what is sent fails, and is seen
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    book = Workbook.open(annex2.master)
    sheet = book.sheet("设置")
    rows = {str(cells.get(1)): n for n, cells in sheet.rows()}
    for item, value in {"邮箱地址": "bgs@example.cn", "发件服务器": "127.0.0.1", "发件端口": port}.items():
        sheet.set(f"B{rows[item]}", value)
    annex2.master.write_bytes(book.to_bytes())
    annex2.type(Sheet.DIVISIONS, "养老服务处", "邮箱", "yanglao@example.cn")
    window.press("催报")
    assert window.asked == ["要给 1 个处室发邮件：养老服务处。\n现在就发吗？"]
    assert "没有发送" in window.text
    assert not (annex2.root / ".annex2/sent.jsonl").exists()
    annex2("fanout", "2023Q1")
    (annex2.root / "inbox" / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    annex2("collect", "--no-mailbox", now="2023-04-03T10:00")
    annex2.deliver("社会救助处", name="救助.xlsx")
    lock = annex2.root / ".~lock.master.xlsx#"
    lock.write_text(",王,电脑,,;", "utf-8")
    window.press("催报")
    lock.unlink()
    first = window.asked.pop()
    for sentence in ("另有 1 份收件待裁定", "inbox 里有 1 份文件还没有收取：救助.xlsx", "没有保存的改动这里看不到"):
        assert sentence in first
        assert sentence in window.text
    window.answer = True
    window.press("催报")
    window.until(lambda: "养老服务处：未发送" in window.text)
    assert len(window.asked) == 2


def test_whom_no_mail_can_reach_is_somebody_to_be_reminded(window: Window, annex2: Annex2) -> None:
    for name in ("养老服务处", "社会救助处", "儿童福利处", "基层政权处"):
        annex2.type(Sheet.DIVISIONS, name, "邮箱", "没有")
    window.press("催报")
    assert "没有提醒：处室!邮箱（养老服务处）" in window.text
    assert "现在没有要提醒的" not in window.text


def test_what_is_not_in_the_master_yet_is_said_before_anybody_is_chased(window: Window, annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    lock = annex2.root / ".~lock.master.xlsx#"
    lock.write_text(",王,电脑,,;", "utf-8")
    window.press("收集回收")
    assert "新的 1 份；总表打不开，都还没有写进去（写入台账 6 格）" in window.text
    for button in ("查看情况", "催报"):
        before = window.text.count("有 1 份收到的文件在归档里，还没有写进总表：")
        window.press(button)
        assert window.text.count("有 1 份收到的文件在归档里，还没有写进总表：") == before + 1
    assert "窗口里是“收集回收”" in window.text


def test_cancel_leaves_everything_as_it_was(window: Window, annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    filled = Workbook.open(annex2.deliver("养老服务处", name="000.xlsx"))
    for i in range(1, 400):  # enough that there is time to press a button
        filled.sheet("附件2").set("C5", f"已完成{i}户，按序时推进。")
        (annex2.root / "inbox" / f"{i:03d}.xlsx").write_bytes(filled.to_bytes())
    before = annex2.master.read_bytes()
    window.panel.buttons["收集回收"].invoke()
    window.until(lambda: int(float(window.panel.bar.cget("value"))) > 0 or not window.desk.busy)
    window.panel.cancel.invoke()
    window.until(lambda: "disabled" not in window.states())
    assert "已取消" in window.text
    assert annex2.master.read_bytes() == before
    window.press("收集回收")
    assert annex2.status_text(1) == "已完成399户，按序时推进。"


def test_a_trouble_is_told_and_the_window_lives_on(window: Window, annex2: Annex2) -> None:
    whole = annex2.master.read_bytes()
    annex2.master.write_bytes(b"broken")
    window.press("收集回收")
    assert window.text.count("master.xlsx") == 1
    annex2.master.unlink()
    for button in ("收集回收", "催报"):
        before = window.text.count("总表 master.xlsx 不在了")
        window.press(button)
        assert window.text.count("总表 master.xlsx 不在了") == before + 1
    assert "annex2 restore" in window.text
    annex2.master.write_bytes(whole)
    window.press("收集回收")
    assert "收到 0 份文件" in window.text
