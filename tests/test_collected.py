"""A run with nothing to do tells that without reading the master, and never tells it where there is something."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import Annex2

from toolkit import collected
from toolkit.collected import nothing_new
from toolkit.master.schema import Sheet
from toolkit.workspace import Workspace

NOW, LATER = "2023-04-03T10:00", "2023-04-03T17:00"


@pytest.fixture
def quiet(annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> Annex2:
    """A workspace that has collected a good report and one that waits for a person."""
    monkeypatch.setattr(collected, "SETTLED_NS", 0)  # what the test writes is seconds old at most
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2.deliver("社会救助处", approver=None)
    (annex2.root / "inbox" / "下级").mkdir()
    shutil.copyfile(annex2.form("儿童福利处"), annex2.root / "inbox" / "下级" / "没填.xlsx")
    annex2("collect", "--no-mailbox", now=NOW)
    return annex2


def told(office: Annex2, at: str = LATER) -> bool:
    return nothing_new(Workspace(office.root), datetime.fromisoformat(at), mail=False) is not None


def note(office: Annex2) -> Path:
    return office.root / ".annex2" / "collected.json"


def test_what_it_tells_is_what_a_whole_run_tells(quiet: Annex2) -> None:
    before = {p: p.read_bytes() for p in quiet.root.rglob("*") if p.is_file()}
    assert told(quiet)
    short = quiet("collect", "--no-mailbox", now=LATER)
    assert {p: p.read_bytes() for p in quiet.root.rglob("*") if p.is_file()} == before
    note(quiet).unlink()
    assert quiet("collect", "--no-mailbox", now=LATER) == short
    status, out, _ = short
    assert status == 1
    assert "收到 3 份文件，新的 0 份；写入台账 0 格，总表没有变化" in out
    assert "条等着办" in out
    assert told(quiet), "the whole run noted it again"


def test_json_lists_every_file_all_the_same(quiet: Annex2) -> None:
    assert told(quiet)
    assert len(quiet.json("collect", "--no-mailbox", now=LATER)["files"]) == 3


def test_named_files_are_taken_in_all_the_same(quiet: Annex2) -> None:
    assert told(quiet)
    _, out, _ = quiet("collect", quiet.root / "inbox" / "下级", now=LATER)
    assert "收到 1 份文件" in out


def _same_name_size_and_time(office: Annex2) -> None:
    (path,) = (office.root / "inbox").glob("*养老服务处*")
    held, stat = path.read_bytes(), path.stat()
    path.write_bytes(bytes(len(held)))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _put_in_its_place(office: Annex2) -> None:
    (path,) = (office.root / "inbox").glob("*养老服务处*")
    other = path.with_name("另一份.xlsx")
    other.write_bytes(bytes(path.stat().st_size))
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


def _saved_again(office: Annex2) -> None:
    with office.master.open("ab") as f:
        f.write(b" ")


def _arrived_before_a_kill(office: Annex2) -> None:
    with (office.root / "archive" / "received.jsonl").open("ab") as f:
        f.write(b"{}\n")


CHANGES: dict[str, Callable[[Annex2], object]] = {
    "a file more": lambda o: o.deliver("儿童福利处"),
    "a file more, further down": lambda o: shutil.copy(o.form("基层政权处"), o.root / "inbox" / "下级"),
    "a file less": lambda o: next((o.root / "inbox").glob("*养老*")).unlink(),
    "a file renamed": lambda o: next((o.root / "inbox").glob("*养老*")).rename(o.root / "inbox" / "a.xlsx"),
    "other bytes under the old name, size and time": _same_name_size_and_time,
    "another file put in its place": _put_in_its_place,
    "the inbox is gone": lambda o: shutil.rmtree(o.root / "inbox"),
    "the master was saved": _saved_again,
    "the master is open": lambda o: (o.root / ".~lock.master.xlsx#").write_text(",王,电脑,,;", "utf-8"),
    "the archive noted more": _arrived_before_a_kill,
    "the archive is gone": lambda o: shutil.rmtree(o.root / "archive"),
    "another program": lambda o: note(o).write_text(note(o).read_text("utf-8").replace("0.1.0", "0.0.9"), "utf-8"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changed_is_looked_at(quiet: Annex2, what: str) -> None:
    assert told(quiet)
    CHANGES[what](quiet)
    assert not told(quiet)


def test_a_decision_is_carried_out(quiet: Annex2) -> None:
    (item,) = (r for r in quiet.cells("待处理") if str(r["标识"]).startswith("return:"))
    quiet.type(Sheet.ATTENTION, item["标识"], "处理意见", "接收此件")
    _, out, _ = quiet("collect", "--no-mailbox", now=LATER)
    assert "已接收" in out
    assert not told(quiet), "a run with decisions leaves no note: some may have to be tried again"
    assert "没有变化" in quiet("collect", "--no-mailbox", now=LATER)[1]
    assert told(quiet)


def test_only_the_same_day_and_no_earlier(quiet: Annex2) -> None:
    assert told(quiet, NOW)
    assert told(quiet, "2023-04-03T23:59:59")
    assert not told(quiet, "2023-04-04T00:00:00")
    assert not told(quiet, "2023-04-03T09:59:59"), "the clock was put back"
    zoned = datetime.fromisoformat("2023-04-03T16:00:00+00:00")  # the bureau's midnight
    assert nothing_new(Workspace(quiet.root), zoned, mail=False) is None
    assert nothing_new(Workspace(quiet.root), zoned - timedelta(seconds=1), mail=False) is not None


def test_a_young_file_is_looked_at_again(annex2: Annex2) -> None:
    """Written a moment ago it may be written once more without its time changing."""
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", "--no-mailbox", now=NOW)
    assert not note(annex2).exists()


def test_a_note_that_is_off_says_nothing(quiet: Annex2) -> None:
    good = note(quiet).read_text("utf-8")
    for cut in range(len(good)):
        note(quiet).write_text(good[:cut], "utf-8")
        assert not told(quiet)
    values = json.loads(good)
    for key in values:
        for other in (None, [], {}, "x", -1):
            if values[key] == other or (key == "settings" and other == {}):
                continue
            note(quiet).write_text(json.dumps({**values, key: other}), "utf-8")
            assert not told(quiet) or key in ("files", "open_items", "to_confirm")
        note(quiet).write_text(json.dumps({k: v for k, v in values.items() if k != key}), "utf-8")
        assert not told(quiet)


def test_what_is_still_to_come_leaves_no_note(quiet: Annex2) -> None:
    """Open elsewhere, the master takes nothing: the next run tries again."""
    lock = quiet.root / ".~lock.master.xlsx#"
    lock.write_text(",王,电脑,,;", "utf-8")
    quiet.deliver("儿童福利处")
    quiet("collect", "--no-mailbox", now=LATER)
    lock.unlink()
    assert not told(quiet)
    assert "写入台账" in quiet("collect", "--no-mailbox", now=LATER)[1]
    assert told(quiet)
