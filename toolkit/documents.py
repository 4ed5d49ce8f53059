"""Documents that people go on with: what somebody has edited since annex2 wrote it is set aside, not written over."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from toolkit.workspace import Workspace, cannot_read, cannot_write, write_durably

OLD = "旧版"
"""Where a file goes that another one takes the place of: somebody may have typed into it."""


MEMORY = "documents.json"
"""What annex2 wrote last, by path below the workspace; where that is not known all is set aside."""


def set_aside(path: Path, data: bytes) -> Path:
    """Keep what a file says (`data`) in 旧版 beside it, once.  Raises WorkspaceError."""
    aside, kept = next((place, k) for place in _places(path) if (k := there(place)) in (None, data))
    if kept is None:
        write_durably(aside, data)
    return aside


def _places(path: Path) -> Iterator[Path]:
    """Where a file can be kept in 旧版."""
    return (path.parent / OLD / f"{path.stem}（{n}）{path.suffix}" for n in itertools.count(1))


def put(workspace: Workspace, made: Mapping[Path, bytes], stale: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Write documents; returns where those are kept that somebody had edited.

    `stale`: documents of earlier that hold no more; they go into 旧版.  Raises WorkspaceError.
    """
    stored = workspace.remembered(MEMORY)
    known: dict[str, object] = stored if isinstance(stored, dict) else {}
    kept: list[Path] = []
    try:
        for path, data in made.items():
            before = there(path)
            if before is not None and before != data and _digest(before) != known.get(_name(workspace, path)):
                kept.append(set_aside(path, before))
            write_durably(path, data)
            known[_name(workspace, path)] = _digest(data)
        for path in stale:
            digest, now = known.get(_name(workspace, path)), there(path)
            aside = _move_aside(path)
            known.pop(_name(workspace, path), None)
            kept += [aside] if aside and now and digest and _digest(now) != digest else []
    finally:  # also where one is open in Word: what was written before it is annex2's own
        workspace.remember(MEMORY, known)
    return tuple(kept)


def written(workspace: Workspace, paths: Iterable[Path]) -> list[Path]:
    """Of these documents those that annex2 wrote: a signed copy beside them, say, is somebody's own."""
    known = workspace.remembered(MEMORY)
    return [path for path in paths if isinstance(known, dict) and _name(workspace, path) in known]


def _move_aside(path: Path) -> Path | None:
    """Where it went; None where it was not there."""
    try:
        (path.parent / OLD).mkdir(exist_ok=True)
        return path.replace(next(place for place in _places(path) if not place.exists()))
    except FileNotFoundError:
        return None
    except OSError as e:
        raise cannot_write(path, e) from None


def there(path: Path) -> bytes | None:
    """What a file says, None where there is none.  Raises WorkspaceError."""
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
