"""doctor: a tick or what to do, and a bundle that gives nothing away."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from conftest import Annex2
from openpyxl import load_workbook

from toolkit.cli import main


def checks(annex2: Annex2) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for c in annex2.json("doctor", "--no-mailbox"):
        found.setdefault(str(c["topic"]), []).append(c)
    return found


def test_a_sound_workspace(annex2: Annex2) -> None:
    found = checks(annex2)
    assert all(c["ok"] is not False for topic in ("程序", "工作区", "总表", "模板", "磁盘") for c in found[topic])
    assert "21 项任务" in str(found["总表"][0]["message"])
    assert annex2("doctor", "--no-mailbox")[0] in (0, 1)


def test_what_is_wrong_is_named_with_a_remedy(annex2: Annex2) -> None:
    (annex2.root / "templates" / "annex2.xlsx").write_bytes(b"broken")
    (annex2.root / "~$master.xlsx").write_bytes(b"")
    book = load_workbook(annex2.master)
    book["任务台账"]["G4"].value = "养老处"
    book.save(annex2.master)
    found = checks(annex2)
    bad = [c for topic in found.values() for c in topic if c["ok"] is False]
    said = " ".join(f"{c['message']}{c['remedy']}" for c in bad)
    assert "养老处" in said
    assert "annex2.xlsx" in said
    assert all(c["remedy"] for c in bad)
    assert any("打开" in str(c["message"]) for c in found["总表"])
    assert annex2("doctor", "--no-mailbox")[0] == 1


def test_a_master_that_cannot_be_read_does_not_stop_it(annex2: Annex2) -> None:
    annex2("collect")  # leaves the program's own folder
    annex2.master.write_bytes(b"broken")
    found = checks(annex2)
    assert found["总表"][-1]["ok"] is False
    annex2.master.unlink()
    assert checks(annex2)["总表"][-1]["ok"] is False


def test_the_bundle_holds_no_contents(annex2: Annex2, tmp_path: Path) -> None:
    book = load_workbook(annex2.master)
    book["任务台账"]["I4"].value = "绝密的完成情况"
    book.save(annex2.master)
    target = tmp_path / "诊断.zip"
    annex2("doctor", "--no-mailbox", "--zip", target)
    with zipfile.ZipFile(io.BytesIO(target.read_bytes())) as z:
        text = "".join(z.read(n).decode("utf-8-sig") for n in z.namelist())
    assert "Python" in text
    assert "绝密" not in text
    assert (annex2.root / ".annex2" / "key").read_text() not in text


def test_outside_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--no-mailbox"]) in (0, 1)
