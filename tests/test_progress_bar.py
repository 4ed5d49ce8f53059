"""The bar on a real terminal, and Ctrl-C in the middle of a run."""

from __future__ import annotations

import asyncio
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from test_told import give_everybody_mail

from toolkit.cli.progress import lines
from toolkit.language import tr

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only on systems with pseudo-terminals")

NOW = "2023-04-03T10:00"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def on_a_terminal(root: Path, *words: str, stop_when: str = "") -> tuple[int, str]:
    """Run the command on a pseudo-terminal; Ctrl-C once the screen shows `stop_when`, a pattern."""
    import pty

    ours, its = pty.openpty()
    command = [sys.executable, "-m", "toolkit", "-w", str(root), "--now", NOW, *words]
    # A suite that a script runs in the background ignores SIGINT, and whom it starts inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            command, stdin=its, stdout=its, stderr=its, start_new_session=True, env={**os.environ, "TERM": "xterm"}
        )
    finally:
        signal.signal(signal.SIGINT, before)
    os.close(its)
    screen, end = "", time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                screen += os.read(ours, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                break
        elif process.poll() is not None:
            break
        if stop_when and re.search(stop_when, screen):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody in the foreground
            stop_when = ""
    status = process.wait(60)
    os.close(ours)
    return status, screen


@pytest.fixture
def inbox(annex2: Annex2) -> Annex2:
    """A round's reports, and much else."""
    annex2("fanout", "2023Q1", now=NOW)
    for division in ("养老服务处", "社会救助处", "儿童福利处", "基层政权处"):
        annex2.deliver(division)
    form = annex2.form("社会救助处").read_bytes()
    for i in range(1200):  # seconds of work, so that there is something left to break off
        (annex2.root / "inbox" / f"zz{i:04}.xlsx").write_bytes(form + b"\0" * (i + 1))
    return annex2


def test_a_bar_on_a_terminal_and_none_in_a_pipe(annex2: Annex2) -> None:
    status, screen = on_a_terminal(annex2.root, "fanout", "2023Q1")
    assert status == 0
    assert "生成表格" in screen
    assert "━" in screen
    _, out, err = annex2("fanout", "2023Q1", now=NOW)
    assert "━" not in out
    assert err == ""  # too short for a line


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """One at the earliest after some seconds, then when a tenth more is done, or a minute has passed."""
    moment = 0.0
    report = lines(tr("收取"), lambda: moment)
    for seconds, done, total in (
        (5, 0, 0), (16, 0, 0), (20, 100, 1000), (32, 100, 1000), (40, 300, 1000), (48, 300, 1000), (70, 310, 1000),
        (93, 320, 1000), (109, 330, 1000),
    ):  # fmt: skip
        moment = float(seconds)
        report(done, total, "看邮箱里有没有新邮件")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "收取：看邮箱里有没有新邮件",
        "收取：已完成 100/1000",
        "收取：已完成 300/1000",
        "收取：已完成 330/1000",
    ]


def test_ctrl_c_while_a_summary_is_made(annex2: Annex2) -> None:
    status, screen = on_a_terminal(annex2.root, "summary", stop_when="[0-3]/4")
    assert status == 130
    assert "已中断" in screen
    assert list((annex2.root / "summary").iterdir()) == []
    status, screen = on_a_terminal(annex2.root, "summary")
    assert status == 0, screen
    assert {p.suffix for p in (annex2.root / "summary").iterdir()} == {".xlsx", ".docx", ".html"}


def test_ctrl_c_while_mails_are_sent(annex2: Annex2) -> None:
    """Nobody gets a mail twice, and whoever has none gets it the next time."""
    controller = pytest.importorskip("aiosmtpd.controller")
    taken: list[str] = []

    class Slow:
        async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
            del server, session
            taken.extend(envelope.rcpt_tos)
            await asyncio.sleep(0.5)
            return "250 OK"

    post = controller.Controller(Slow(), "127.0.0.1", free_port())
    post.start()
    try:
        give_everybody_mail(annex2, post.port)
        annex2("fanout", "2023Q1", now=NOW)
        status, screen = on_a_terminal(annex2.root, "send", "2023Q1", stop_when="[12]/4")
        assert status == 130
        assert "Traceback" not in screen
        before = list(taken)
        assert before
        _, out, _ = annex2("send", "2023Q1", now=NOW)
    finally:
        post.stop()
    assert len(taken) == len(set(taken))
    # The key may fall between the record's "begun" and the server's taking it: that one is told, and sent to no more.
    assert 4 - len(taken) in (0, 1)
    assert out.count("不确定") >= 4 - len(taken)
    assert len(taken) > len(before)
    assert out.count("不知道对方收到没有") <= 1


def test_ctrl_c_in_the_middle_then_once_more(inbox: Annex2, tmp_path: Path) -> None:
    other = Annex2(Path(shutil.copytree(inbox.root, tmp_path / "不中断")))
    other("collect", now=NOW)

    status, screen = on_a_terminal(inbox.root, "collect", stop_when=r"(?<!\d)([1-9]\d?|[1-7]\d\d)/1204")
    assert status == 130
    assert "已中断" in screen
    assert "Traceback" not in screen
    inbox("collect", now=NOW)

    assert inbox.cells("任务台账") == other.cells("任务台账")
    mine, others = inbox.cells("收件记录"), other.cells("收件记录")
    seen = ("文件名", "结论", "处室", "节点", "SHA-256")
    assert {tuple(r.get(h) for h in seen) for r in mine} == {tuple(r.get(h) for h in seen) for r in others}
    assert inbox("collect", now=NOW)[1].count("总表没有变化") == 1
