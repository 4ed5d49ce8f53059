"""Files in a drop folder -> originals, oldest first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from toolkit.errors import WorkspaceError
from toolkit.language import tr
from toolkit.workspace import Workspace

SYSTEM_FILES = ("thumbs.db", "desktop.ini", ".ds_store")
UNFINISHED = (".crdownload", ".part", ".partial", ".download", ".tmp")
"""How names of downloads end that still go on, in Chrome, Firefox, Edge, Safari and others."""


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
                tr("读不到文件（{strerror}）", strerror=e.strerror or e),
                where=self.path,
                remedy=tr("关闭打开它的程序，或检查权限后再试"),
            ) from None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What lies in a drop folder."""

    originals: tuple[Original, ...]
    unread: tuple[str, ...]  # what the system did not let us see, as sentences


def gather(paths: Iterable[Path], now: datetime, workspace: Workspace, before: Mapping[str, datetime]) -> Gathered:
    """Every file at or below `paths`, in the order in which they arrived.

    `before`: when a file was last met at a path; what stands there and is not that one was saved over it, and arrived
    since.
    Raises WorkspaceError for a path that does not exist.  Office's own lock files (`~$…`), the system's index files,
    downloads that still go on, and the workspace's own folders are not deliveries and are passed over; links are not
    followed.
    """
    met: dict[Path, tuple[tuple[datetime, float, str], Original]] = {}
    unread: list[str] = []
    root = workspace.root.resolve()
    folders: dict[Path, Path] = {}  # resolved, once for all files in them
    for path in paths:
        if not path.exists():
            raise WorkspaceError(tr("没有这个文件或文件夹：{path}", path=path), remedy=tr("检查路径"))
        walked = path.is_dir()
        for file in sorted(_files(path, workspace, unread)) if walked else [path]:
            try:
                stat = file.stat()
            except FileNotFoundError:
                continue  # moved away meanwhile, as a folder that is synchronised does
            except OSError as e:
                unread.append(tr("{file}：看不到（{why}）", file=file, why=e.strerror or e))
                continue
            base = file.parent
            if (folder := folders.get(base)) is None:
                folder = folders[base] = base.resolve()
            whole = folder / file.name
            shown = _shown(whole, root)
            arrived = _arrived(stat, now, before.get(shown))
            original = Original(_words(file.name), shown, file, arrived)
            met[whole if walked else file.resolve()] = ((arrived, stat.st_mtime, shown), original)
    return Gathered(tuple(o for _, o in sorted(met.values(), key=lambda m: m[0])), tuple(unread))


def _arrived(stat: os.stat_result, now: datetime, before: datetime | None) -> datetime:
    """As the file system saw it, not as the sender's clock did; but Windows keeps the birth of what is saved over."""
    born = getattr(stat, "st_birthtime", max(stat.st_ctime, 0))
    seconds = born if before is None else max(born, stat.st_mtime, before.timestamp())
    return min(now, datetime.fromtimestamp(seconds, UTC).astimezone(now.tzinfo).replace(microsecond=0))


def _files(folder: Path, workspace: Workspace, unread: list[str]) -> Iterator[Path]:
    def refused(e: OSError) -> None:
        unread.append(tr("{folder}：打不开这个文件夹（{why}）", folder=e.filename, why=e.strerror))

    root, inbox = workspace.root.resolve(), workspace.inbox.resolve()
    for base, folders, names in os.walk(folder, onerror=refused):
        folders[:] = [f for f in folders if not f.startswith(".")]
        if Path(base).resolve() == root:  # of a workspace, only what was dropped into its inbox
            folders[:], names = [f for f in folders if Path(base, f).resolve() == inbox], []
        for name in names:
            file = Path(base, name)
            junk = name.startswith(("~$", ".")) or name.lower() in SYSTEM_FILES or name.lower().endswith(UNFINISHED)
            if not junk and file.is_file() and not file.is_symlink():
                yield file


def _words(text: str) -> str:
    """A name that the file system gave in bytes of no encoding, as something that can be written down."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _shown(whole: Path, root: Path) -> str:
    try:
        return _words(whole.relative_to(root).as_posix())
    except ValueError:
        return _words(str(whole))
