"""Killed anywhere, out of disk, read-only, open elsewhere, two at once: nothing is lost and nothing is half-written."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Annex2
from openpyxl import load_workbook

from toolkit.cli import main

NOW, LATER = "2023-04-03T10:00", "2023-04-04T10:00"
posix = pytest.mark.skipif(os.name != "posix", reason="forks: only on Linux and macOS")


@pytest.fixture
def campaign(annex2: Annex2) -> Annex2:
    """A workspace where two files were collected, one is held, a decision and four new files wait."""
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx", texts=["甲一", "乙一"], approver="李超")
    annex2.deliver("养老服务处", name="半截.xlsx")
    broken = annex2.root / "inbox" / "半截.xlsx"
    broken.write_bytes(broken.read_bytes()[:4000])
    annex2("collect", now=NOW)
    book = load_workbook(annex2.master)
    ledger, items = book["任务台账"], book["待处理"]
    for row in ledger.iter_rows():
        for cell in row:
            if cell.value == "甲一":
                cell.value = "人改的"
    for row in range(4, items.max_row + 1):
        if str(items.cell(row, 9).value).startswith("file:"):
            items.cell(row, 7).value = "不接收"
    book.save(annex2.master)
    annex2.deliver("社会救助处", name="二.xlsx", texts=["甲二", "乙二"], approver="李超")
    annex2.deliver("养老服务处", name="三.xlsx")
    annex2.deliver("儿童福利处", name="四.xlsx", texts=[None])
    (annex2.root / "inbox" / "五.txt").write_text("说明", "utf-8")
    return annex2


def in_a_process(root: Path, kill_at: int | None) -> tuple[int, int]:
    """`annex2 collect` in a forked process that SIGKILLs itself just before its n-th write step.

    Write steps: opening a file for writing, fsync, rename, remove, mkdir.  Returns (wait status, steps seen).
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        counted = b""
        while piece := os.read(reader, 4096):
            counted += piece
        os.close(reader)
        return os.waitpid(child, 0)[1], len(counted)
    status = 99
    try:
        os.close(reader)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        seen, one_at_a_time = 0, threading.Lock()

        def step() -> None:
            nonlocal seen
            with one_at_a_time:  # several files are waited for at once
                seen += 1
                os.write(writer, b".")
                if seen == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if writes and not str(arguments[0]).startswith(str(root)):
                return
            if writes or event in ("os.rename", "os.remove", "os.mkdir"):
                step()

        sync = os.fsync

        def fsync(handle: int) -> None:
            step()
            sync(handle)

        os.fsync = fsync
        sys.addaudithook(hook)
        status = main(["-w", str(root), "--now", LATER, "collect", "--workers", "0"])
    finally:
        os._exit(status)


def state(root: Path) -> dict[str, bytes]:
    """What counts: the master and the archived originals."""
    files = [root / "master.xlsx", *(root / "archive" / "originals").rglob("*.*")]
    return {str(p.relative_to(root)): p.read_bytes() for p in files}


@posix
def test_killed_at_every_write_step_and_run_again(campaign: Annex2, tmp_path: Path) -> None:
    base = campaign.root
    before = (base / "master.xlsx").read_bytes()

    def copy(name: str) -> Path:
        # hard copies with their times, so that the same arrivals are seen
        return Path(shutil.copytree(base, tmp_path / name, copy_function=shutil.copy2))

    calm = copy("calm")
    status, steps = in_a_process(calm, None)
    assert os.WEXITSTATUS(status) == 1  # something needs a person
    expected = state(calm)
    assert steps > 25
    assert expected["master.xlsx"] != before
    inbox = {p.read_bytes() for p in (base / "inbox").iterdir()}
    assert inbox <= set(expected.values())
    for step in range(1, steps + 1):
        root = copy("killed")
        status, _ = in_a_process(root, step)
        assert os.WIFSIGNALED(status), step
        assert os.WTERMSIG(status) == signal.SIGKILL
        # whatever the moment, the master is whole: the old one or the new one
        assert (root / "master.xlsx").read_bytes() in (before, expected["master.xlsx"]), step
        status, _ = in_a_process(root, None)
        assert os.WEXITSTATUS(status) == 1
        assert state(root) == expected, step
        left = [p.name for p in root.rglob("*.tmp")]
        assert not left, (step, left)
        shutil.rmtree(root)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1.2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = sys.platform == "linux" and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(folder)], capture_output=True, check=False
    ).returncode
    if not mounted:
        pytest.skip("a small file system can be mounted by root on Linux only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_nothing_is_half_written(campaign: Annex2, small_disk: Path) -> None:
    root = Path(shutil.copytree(campaign.root, small_disk / "w", copy_function=shutil.copy2))
    filler = small_disk / "filler"
    before = (root / "master.xlsx").read_bytes()
    filler.write_bytes(b"")
    with filler.open("ab") as f:  # all but some 20 KiB
        size = os.statvfs(small_disk)
        f.write(b"\0" * max(0, size.f_bavail * size.f_frsize - 20_000))
    status, out, error = Annex2(root)("collect", now=LATER)
    assert status == 2
    assert out == ""
    assert "磁盘已满" in error
    assert (root / "master.xlsx").read_bytes() == before
    assert not list(root.rglob("*.tmp"))
    filler.unlink()
    assert Annex2(root)("collect", now=LATER)[0] == 1
    assert state(root)["master.xlsx"] != before


def test_a_disk_without_a_byte_left_is_told(annex2: Annex2, small_disk: Path) -> None:
    annex2("fanout", "2023Q1")
    there = Annex2(Path(shutil.copytree(annex2.root, small_disk / "w", copy_function=shutil.copy2)))
    with (small_disk / "filler").open("wb", buffering=0) as f:
        size = os.statvfs(small_disk)
        f.write(b"\0" * (size.f_bavail * size.f_frsize))
    bundle = small_disk / "问题.zip"
    alone = ("summary",), ("remind",), ("schedule", "run", "--once")
    for words in (("fanout", "2023Q2"), *alone, ("doctor", "--zip", bundle)):
        status, _, error = there(*words, now=LATER)
        assert "没有料到" not in error, words
        assert status in (1, 2), (words, error)
    assert "磁盘已满" in error
    assert not bundle.exists()
    assert not (there.root / ".annex2/doctor.probe").exists()


def test_nobody_knows_who_runs_it_and_the_note_cannot_be_deleted(
    campaign: Annex2, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows without USERNAME, while a virus scanner reads the note of who holds the workspace."""

    def unknown() -> str:
        raise ImportError("No module named 'pwd'")

    monkeypatch.setattr("getpass.getuser", unknown)
    note = campaign.root / ".annex2" / "holder"
    note.mkdir()  # can be neither written nor unlinked
    assert campaign("collect", now=LATER)[0] == 1
    assert campaign.status_text(13) == "乙二"
    assert campaign("collect", now=LATER)[0] == 1


def test_a_master_that_a_scanner_reads_for_a_moment(campaign: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, refused = os.replace, []

    def busy(source: str, target: str) -> None:
        if Path(target) == campaign.master and len(refused) < 2:
            refused.append(target)
            raise PermissionError(13, "used by another process")
        replace(source, target)

    monkeypatch.setattr(os, "replace", busy)
    status, out, _ = campaign("collect", now=LATER)
    assert len(refused) == 2
    assert "不会丢" not in out
    assert status == 1
    assert campaign.status_text(13) == "乙二"


def test_without_a_window(campaign: Annex2) -> None:
    """As pythonw, which scheduled tasks on Windows run: there are no streams."""
    words = ["-w", str(campaign.root), "--now", LATER, "collect"]
    code = f"import sys; sys.stdout = sys.stderr = None; from toolkit.cli import main; sys.exit(main({words!r}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 1
    assert campaign.status_text(13) == "乙二"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_nobody_reads_what_is_said(campaign: Annex2, stream: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = ["-w", str(campaign.root), "--now", LATER, "collect"]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: writer}
    run = subprocess.run([sys.executable, "-m", "toolkit", *words], **given, check=False)  # type: ignore[call-overload]
    os.close(writer)
    assert run.returncode == 1
    assert not run.stderr
    assert campaign.status_text(13) == "乙二"


@pytest.mark.parametrize(("code", "status"), [(errno.EINVAL, 1), (errno.ENOSPC, 70)])
def test_only_a_closed_pipe_goes_without_a_word(
    campaign: Annex2, code: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANNEX2_DEBUG")

    class Refuses(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(code, os.strerror(code))

    with contextlib.redirect_stdout(Refuses()), contextlib.redirect_stderr(io.StringIO()):
        assert main(["-w", str(campaign.root), "--now", LATER, "collect"]) == status


def test_a_restore_that_failed_can_be_said_again(campaign: Annex2, small_disk: Path) -> None:
    there = Annex2(Path(shutil.copytree(campaign.root, small_disk / "w", copy_function=shutil.copy2)))
    (oldest,) = (there.root / "archive/versions").iterdir()
    wanted, present = oldest.read_bytes(), there.master.read_bytes()
    filler, size = small_disk / "filler", os.statvfs(small_disk)
    room = (len(wanted) + len(present)) // 4096 * 4096  # for one of the two that are written, not for both
    filler.write_bytes(b"\0" * (size.f_bavail * size.f_frsize - room))
    assert there("restore", "1")[0] == 2
    assert there.master.read_bytes() == present
    filler.unlink()
    assert there("restore", "1")[0] == 0
    assert there.master.read_bytes() == wanted
    # killed right before its last step: what stands is kept already, and is no older master
    (there.root / "archive/versions/master 2023-05-01 10.00.00 no9.xlsx").write_bytes(wanted)
    assert there("restore", "1")[0] == 0
    assert there.master.read_bytes() == present


@posix
def test_a_read_only_workspace_is_told(campaign: Annex2) -> None:
    if os.getuid():
        pytest.skip("another user can be played by root only")
    for folder in (campaign.root, *campaign.root.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    before = state(campaign.root)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.dup2(writer, 2)
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
            os.setgid(65534)
            os.setuid(65534)
            status = main(["-w", str(campaign.root), "--now", LATER, "collect"])
            sys.stderr.flush()
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as f:
        said = f.read()
    assert os.WEXITSTATUS(os.waitpid(child, 0)[1]) == 2
    assert "没有权限" in said, said
    assert state(campaign.root) == before


# open elsewhere


def owner_file(name: str) -> bytes:
    """What Excel puts beside an open workbook: the user's name in the code page, then in UTF-16."""
    narrow, wide = name.encode("gb18030"), name.encode("utf-16-le")
    head = bytes([len(narrow)]) + narrow.ljust(54, b" ")
    return head + len(name).to_bytes(2, "little") + wide.ljust(108, b" \0"[:1])


@pytest.mark.parametrize(
    ("file", "data", "who"),
    [
        ("~$master.xlsx", owner_file("王小明"), "王小明"),
        ("~$master.xlsx", b"\x05Lili!".ljust(55, b" "), "Lili!"),
        (".~lock.master.xlsx#", "李四,lisi,PC-07,03.04.2023 09:00,file:///home/lisi;".encode(), "李四"),
        ("~$master.xlsx", b"", "Excel 或 WPS"),
    ],
)
def test_a_master_that_is_open_elsewhere(campaign: Annex2, file: str, data: bytes, who: str) -> None:
    before = campaign.master.read_bytes()
    (campaign.root / file).write_bytes(data)
    status, out, _ = campaign("collect", now=LATER)
    assert status == 1
    assert who in out
    assert campaign.master.read_bytes() == before
    archived = state(campaign.root)
    for path in (campaign.root / "inbox").iterdir():
        assert path.read_bytes() in archived.values()
        path.unlink()  # somebody tidies up meanwhile: what was taken in is pending, not lost
    (campaign.root / file).unlink()
    done = campaign.json("collect", now="2023-04-09T10:00")
    assert done["merged_cells"] == 7
    assert campaign.status_text(13) == "乙二"
    assert campaign.status_text(13, "第一季度报送状态") == "按时"  # it counts from when it came, not from now
    assert campaign.json("rebuild")["unrecorded"] == []


def test_two_runs_at_once(campaign: Annex2) -> None:
    from toolkit.workspace import Workspace

    before = campaign.master.read_bytes()
    said: list[tuple[int, str, str]] = []
    with Workspace(campaign.root).writing():
        second = threading.Thread(target=lambda: said.append(campaign("collect", now=LATER)))
        second.start()
        second.join()
    ((status, _, error),) = said
    assert status == 2
    assert "正在处理这个工作区" in error
    assert str(os.getpid()) in error
    assert campaign.master.read_bytes() == before


@posix
def test_the_lock_of_a_dead_process_is_no_lock(campaign: Annex2) -> None:
    child = os.fork()
    if not child:
        from toolkit.workspace import Workspace

        with Workspace(campaign.root).writing():
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert campaign("collect", now=LATER)[0] == 1
    assert campaign.status_text(13) == "乙二"


def test_the_master_is_saved_by_someone_during_the_run(campaign: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person saves between our reading and our writing is not overwritten."""
    from toolkit import collect as module

    real, saved = module.load, []

    def load(workspace: object, **how: bool) -> object:
        loaded = real(workspace, **how)  # type: ignore[arg-type]
        if not saved:
            saved.append(True)
            book = load_workbook(campaign.master)
            book["任务台账"].cell(5, 30).value = "刚刚存的批示"
            book.save(campaign.master)
        return loaded

    monkeypatch.setattr(module, "load", load)
    assert campaign("collect", now=LATER)[0] == 1
    assert load_workbook(campaign.master)["任务台账"].cell(5, 30).value == "刚刚存的批示"
    assert campaign.status_text(13) == "乙二"


@posix
def test_a_master_that_the_system_refuses_to_replace_is_pending(campaign: Annex2) -> None:
    """As a sharing violation on Windows: the archive can be written, the master cannot."""
    if os.getuid():
        pytest.skip("an immutable file can be made by root only")
    made = subprocess.run(["chattr", "+i", str(campaign.master)], capture_output=True, check=False).returncode
    if made:
        pytest.skip("this file system knows no immutable files: only on Windows is the same thing common")
    try:
        status, out, _ = campaign("collect", now=LATER)
        assert status == 1
        assert "不会丢" in out
    finally:
        subprocess.run(["chattr", "-i", str(campaign.master)], check=True)
    assert campaign.json("collect", now=LATER)["merged_cells"] == 7
