"""Originals, kept for ever under their SHA-256 (design §1)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from toolkit.errors import WorkspaceError
from toolkit.language import tr
from toolkit.workspace import NOTEBOOK, Writes, append_durably, cannot_read

_ORIGINALS = "originals"
_MOST_WAITING = 1024
"""Originals that wait for the disk together."""


@dataclass(frozen=True, slots=True)
class Archive:
    """`archive/originals/9f/9f86…a8.xlsx` below a workspace."""

    root: Path  # the workspace's archive folder
    _writes: Writes = field(default_factory=Writes, init=False, repr=False, compare=False)
    _stored: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)  # by this object
    _listed: dict[str, dict[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was there before this object stored anything: by folder, SHA-256 -> name."""

    def store(self, data: bytes, name: str) -> tuple[str, str]:
        """Keep a file: (SHA-256, path below the workspace).  Durable after `settle`; storing twice is free."""
        sha256 = hashlib.sha256(data).hexdigest()
        if (path := self._stored.get(sha256)) is None:
            path = self._stored[sha256] = self._store(data, name, sha256)
        return sha256, path

    def settle(self) -> None:
        """What was stored is durable when this returns.  Raises WorkspaceError."""
        self._writes.settle()

    def _store(self, data: bytes, name: str, sha256: str) -> str:
        suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
        if not (1 < len(suffix) <= 10 and suffix[1:].isalnum() and suffix.isascii()):
            suffix = ".bin"
        if (there := self._listed.get(sha256[:2])) is None:
            there = self._listed[sha256[:2]] = dict(self._names(self._folder(sha256)))
        file = there.get(sha256, f"{sha256}{suffix}")
        path = self._folder(sha256) / file
        if sha256 not in there or not _holds(path, data):
            self._writes.write(path, data)
            if len(self._writes) >= _MOST_WAITING:
                self.settle()
        return f"{self.root.name}/{_ORIGINALS}/{sha256[:2]}/{file}"

    def read(self, sha256: str) -> bytes:
        """The original.  Raises WorkspaceError when it is missing or no longer what was stored."""
        self.settle()
        path = self._find(sha256)
        if path is None:
            raise WorkspaceError(
                tr("归档里缺少原件 {sha256}…", sha256=sha256[:12]),
                where=str(self.root),
                remedy=tr("从备份恢复 archive 文件夹"),
            )
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise WorkspaceError(tr("归档的原件被改动过，与记录不符"), where=str(path), remedy=tr("从备份恢复这个文件"))
        return data

    @property
    def notebook(self) -> Path:
        """What arrived when and from where, a JSON line each; lines are only ever added."""
        return self.root / NOTEBOOK

    def note(self, entries: Iterable[Mapping[str, object]]) -> None:
        """Add entries; durable when this returns.  Raises WorkspaceError."""
        lines = b"".join(json.dumps(e, ensure_ascii=False).encode() + b"\n" for e in entries)
        if lines:
            append_durably(self.notebook, lines)

    def notes(self) -> Iterator[dict[str, Any]]:
        """All entries; a line that a crash cut off was never relied upon."""
        try:
            lines = self.notebook.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        except OSError as e:
            raise cannot_read(self.notebook, e) from None
        for line in lines:
            with contextlib.suppress(ValueError):
                if line.strip() and isinstance(entry := json.loads(line), dict):
                    yield entry

    def _folder(self, sha256: str) -> Path:
        return self.root / _ORIGINALS / sha256[:2]

    def _find(self, sha256: str) -> Path | None:
        folder = self._folder(sha256)
        found = dict(self._names(folder)).get(sha256)
        return folder / found if found else None

    @staticmethod
    def _names(folder: Path) -> list[tuple[str, str]]:
        """(SHA-256, name) of each original in a folder, the one that counts of several last."""
        try:
            with os.scandir(folder) as entries:  # not a glob, which would make each of many names a Path
                names = sorted((e.name for e in entries), reverse=True)
        except FileNotFoundError:
            return []
        return [(sha256, name) for name in names if (sha256 := name.partition(".")[0])]


class OnlyLookedInto(Archive):
    """An archive to which nothing is added."""

    __slots__ = ()

    def store(self, data: bytes, name: str) -> tuple[str, str]:  # noqa: ARG002
        """What it would be called: (SHA-256, "")."""
        return hashlib.sha256(data).hexdigest(), ""


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except FileNotFoundError:  # taken away meanwhile
        return False
