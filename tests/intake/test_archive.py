"""Originals under their SHA-256: kept once, durable together."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from toolkit.errors import WorkspaceError
from toolkit.intake.archive import Archive


def kept(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (root / "originals").rglob("*") if p.is_file()}


def test_an_original_has_its_name_only_when_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut between name and content would leave an original that is none."""
    synced: list[int] = []
    sync = os.fsync

    def fsync(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    archive = Archive(tmp_path / "archive")
    files = [f"第{i}份".encode() for i in range(300)]  # more than wait together
    places = [archive.store(data, "报表.xlsx") for data in files]
    for inode in [p.stat().st_ino for p in (tmp_path / "archive" / "originals").rglob("[!.]*.xlsx")]:
        assert inode in synced
    archive.settle()
    for data, (sha256, path) in zip(files, places, strict=True):
        file = tmp_path / path
        assert sha256 == hashlib.sha256(data).hexdigest()
        assert file.read_bytes() == data
        assert {file.stat().st_ino, file.parent.stat().st_ino} <= set(synced)
    assert len(kept(tmp_path / "archive")) == 300
    before = len(synced)
    assert Archive(tmp_path / "archive").store(files[0], "另一个名字.xls") == places[0]
    archive.settle()
    assert len(synced) == before


def test_what_was_stored_can_be_read_at_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    sha256, _ = archive.store(b"x", "a.xlsx")
    assert archive.store(b"x", "b.bin")[0] == sha256
    assert archive.read(sha256) == b"x"
    assert kept(tmp_path / "archive") == {f"{sha256}.xlsx": b"x"}


def test_what_a_killed_run_left_is_written_over(tmp_path: Path) -> None:
    Archive(tmp_path / "archive").store(b"x", "a.xlsx")  # and killed: never settled
    archive = Archive(tmp_path / "archive")
    sha256, _ = archive.store(b"x", "a.xlsx")
    archive.settle()
    assert kept(tmp_path / "archive") == {f"{sha256}.xlsx": b"x"}


def test_a_disk_that_fails_leaves_no_half_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path / "archive")
    for i in range(5):
        archive.store(bytes([i]), "a.xlsx")

    def fsync(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(WorkspaceError):
        archive.settle()
    assert kept(tmp_path / "archive") == {}
