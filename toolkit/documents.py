"""Documents that people go on with: what somebody has edited since annex2 wrote it is set aside, not written over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from toolkit.workspace import Workspace, cannot_read, cannot_write, write_durably

OLD = "旧版"
"""Where a file goes that another one takes the place of: somebody may have typed into it."""


def set_aside(path: Path, data: bytes) -> Path:
    """Keep what a file says (`data`) in 旧版 beside it.  Raises WorkspaceError."""
    number = 1
    while (aside := path.parent / OLD / f"{path.stem}（{number}）{path.suffix}").exists():
        number += 1
    write_durably(aside, data)
    return aside


def put(workspace: Workspace, made: Mapping[Path, bytes], stale: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Write documents; returns where those are kept that somebody had edited.

    `stale`: documents of earlier that hold no more; they go into 旧版.  Raises WorkspaceError.
    """
    known = _written(workspace)
    kept: list[Path] = []
    for path, data in made.items():
        before = _read(path)
        if before is not None and before != data and _digest(before) != known.get(_name(workspace, path)):
            kept.append(set_aside(path, before))
        write_durably(path, data)
        known[_name(workspace, path)] = _digest(data)
    for path in stale:
        if (before := _read(path)) is not None:
            set_aside(path, before)
            try:
                path.unlink()
            except OSError as e:  # on Windows, while it is open
                raise cannot_write(path, e) from None
            known.pop(_name(workspace, path), None)
    write_durably(_memory(workspace), json.dumps(known, ensure_ascii=False, indent=0).encode())
    return tuple(kept)


def _memory(workspace: Workspace) -> Path:
    return workspace.state / "documents.json"


def _written(workspace: Workspace) -> dict[str, str]:
    """What annex2 wrote last, by path below the workspace; nothing where that is not known: all is set aside then."""
    try:
        return {str(k): str(v) for k, v in json.loads(_memory(workspace).read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as e:
        raise cannot_read(path, e) from None


def _name(workspace: Workspace, path: Path) -> str:
    return path.relative_to(workspace.root).as_posix()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
