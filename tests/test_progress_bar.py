"""The bar on a real terminal, and Ctrl-C in the middle of a run."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Annex2

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="only on systems with pseudo-terminals")

NOW = "2023-04-03T10:00"


def on_a_terminal(root: Path, *words: str, stop_when: str = "") -> tuple[int, str]:
    """Run the command on a pseudo-terminal; Ctrl-C once the screen shows `stop_when`, a pattern."""
    import pty

    ours, its = pty.openpty()
    command = [sys.executable, "-m", "toolkit", "-w", str(root), "--now", NOW, *words]
    process = subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, start_new_session=True, env={**os.environ, "TERM": "xterm"}
    )
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
    for i in range(300):
        (annex2.root / "inbox" / f"zz{i:03}.xlsx").write_bytes(form + b"\0" * (i + 1))
    return annex2


def test_a_bar_on_a_terminal_and_none_in_a_pipe(annex2: Annex2) -> None:
    status, screen = on_a_terminal(annex2.root, "fanout", "2023Q1")
    assert status == 0
    assert "生成表格" in screen
    assert "━" in screen
    _, out, err = annex2("fanout", "2023Q1", now=NOW)
    assert "━" not in out + err


def test_ctrl_c_in_the_middle_then_once_more(inbox: Annex2, tmp_path: Path) -> None:
    other = Annex2(Path(shutil.copytree(inbox.root, tmp_path / "不中断")))
    other("collect", now=NOW)

    status, screen = on_a_terminal(inbox.root, "collect", stop_when=r"(?<!\d)[1-9]\d?/304")
    assert status == 130
    assert "已中断" in screen
    assert "Traceback" not in screen
    inbox("collect", now=NOW)

    assert inbox.cells("任务台账") == other.cells("任务台账")
    mine, others = inbox.cells("收件记录"), other.cells("收件记录")
    seen = ("文件名", "结论", "处室", "节点", "SHA-256")
    assert {tuple(r.get(h) for h in seen) for r in mine} == {tuple(r.get(h) for h in seen) for r in others}
    assert inbox("collect", now=NOW)[1].count("总表没有变化") == 1
