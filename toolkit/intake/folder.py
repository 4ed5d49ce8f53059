"""Files in a drop folder -> originals, oldest first."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit.errors import WorkspaceError

SYSTEM_FILES = ("thumbs.db", "desktop.ini", ".ds_store")


@dataclass(frozen=True, slots=True)
class Original:
    """One file met."""

    name: str
    path: str  # as shown to people: below the workspace where it lies there
    file: Path
    arrived: datetime  # when this computer had it; never later than the run

    def read(self) -> bytes:
        """The bytes.  Raises WorkspaceError when another program keeps the file to itself."""
        try:
            return self.file.read_bytes()
        except OSError as e:
            raise WorkspaceError(
                f"读不到文件（{e.strerror or e}）", where=self.path, remedy="关闭打开它的程序，或检查权限后再试"
            ) from None


def gather(paths: Iterable[Path], now: datetime, root: Path) -> tuple[Original, ...]:
    """Every file at or below `paths`, in the order in which they arrived.

    Raises WorkspaceError for a path that does not exist.  Office's own lock files (`~$…`) and the
    system's index files are not deliveries and are passed over; links are not followed.
    """
    originals: list[Original] = []
    for path in paths:
        if not path.exists():
            raise WorkspaceError(f"没有这个文件或文件夹：{path}", remedy="检查路径")
        files = sorted(_files(path)) if path.is_dir() else [path]
        for file in files:
            # As the file system saw it, not as the sender's clock did.
            stat = file.stat()
            born = getattr(stat, "st_birthtime", max(stat.st_ctime, 0))
            arrived = min(now, datetime.fromtimestamp(born, UTC).astimezone(now.tzinfo).replace(microsecond=0))
            originals.append(Original(file.name, _shown(file, root), file, arrived))
    unique = {o.file.resolve(): o for o in originals}
    return tuple(sorted(unique.values(), key=lambda o: (o.arrived, o.file.stat().st_mtime, o.path)))


def _files(folder: Path) -> Iterable[Path]:
    for base, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".")]
        for name in names:
            file = Path(base, name)
            junk = name.startswith(("~$", ".")) or name.lower() in SYSTEM_FILES
            if not junk and file.is_file() and not file.is_symlink():
                yield file


def _shown(file: Path, root: Path) -> str:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(file)
