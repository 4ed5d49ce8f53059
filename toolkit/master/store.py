"""master.xlsx on disk: read with what it holds, written whole or not at all, older versions kept."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from toolkit.errors import MasterError, WorkspaceError
from toolkit.language import Text, tr
from toolkit.master import schema
from toolkit.master.edits import Edit, WorkbookSource, apply_edits
from toolkit.master.holders import holder_of
from toolkit.master.live import LiveSource, apply_live, find_open
from toolkit.master.read import Master, read_master
from toolkit.master.tasks import Noted
from toolkit.model import KnownTask
from toolkit.workspace import MASTER, AccessDenied, Workspace, Writes, lost_master, write_durably
from toolkit.xlsx import Workbook, WorkbookError

DEFAULT_VERSIONS = 30


class MasterBusy(WorkspaceError):
    """Another program has the master open: it must not be written under its hands."""

    exit_status = 1


class MasterChanged(Exception):
    """The master was saved by someone between reading and writing: read it again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The master as it was read."""

    data: bytes  # the file; where it is open in Excel here, as it was saved last
    master: Master
    book: Any = None  # the open workbook in Excel, where there is one
    known: Noted = dict
    """The tasks that earlier runs knew (`toolkit.lost`)."""
    _parsed: list[Workbook] = field(default_factory=list, repr=False, compare=False)

    def workbook(self) -> Workbook:
        """The closed file to be edited: once what was parsed for reading, then parsed again."""
        if not self._parsed:
            return Workbook.from_bytes(self.data, packed=True)
        return self._parsed.pop()


def load(workspace: Workspace, *, to_save: bool = False) -> Loaded:
    """Read the workspace's master, in Excel where it is open there.

    `to_save`: what was parsed is kept for `save`, which takes memory meanwhile, and of other things as little as can
    be.  Raises MasterError for one that cannot be read or lacks something, WorkspaceError where it is gone.
    """
    known: Noted = partial(_known, workspace)
    if not to_save:
        known = lru_cache(maxsize=1)(known)
    try:
        data = workspace.master.read_bytes()
        if holder_of(workspace.master) is not None and (book := find_open(workspace.master)) is not None:
            return Loaded(data, read_master(LiveSource(book), MASTER, known), book, known)
        workbook = Workbook.from_bytes(data, packed=to_save)
        with _without_gc():
            master = read_master(WorkbookSource(workbook), MASTER, known)
        if not to_save:
            return Loaded(data, replace(master, remarks=(*master.remarks, *open_elsewhere(workspace))), known=known)
        return Loaded(data, master, known=known, _parsed=[workbook])
    except WorkbookError as e:
        raise MasterError(
            e.message,
            where=f"{MASTER} {e.where}".strip(),
            remedy=tr("用 annex2 restore 取回旧版，或换上备份"),
        ) from None
    except OSError as e:
        if isinstance(e, FileNotFoundError) and not workspace.master.exists():
            raise lost_master(workspace.root) from None
        raise MasterError(
            tr("总表读不出来（{strerror}）", strerror=e.strerror or e),
            where=str(workspace.master),
            remedy=tr("关闭打开它的程序后再试"),
        ) from None


def _known(workspace: Workspace) -> Mapping[str, KnownTask]:
    from toolkit.lost import known_tasks

    return known_tasks(workspace)


def open_elsewhere(workspace: Workspace) -> tuple[Text, ...]:
    """That what somebody typed into the master and has not saved is not known here, where it is open."""
    holder = holder_of(workspace.master)
    if holder is None:
        return ()
    return (tr("总表正由{holder}打开着：没有保存的改动这里看不到。改过的先保存，再运行一次", holder=holder.name),)


@contextmanager
def _without_gc() -> Iterator[None]:
    """Rows and tasks hold no cycles: looking for some takes a tenth of reading a big master."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the master."""

    changed: bool
    data: bytes | None = field(repr=False)  # the file as it stands now; None where Excel has it


def save(workspace: Workspace, loaded: Loaded, edits: Iterable[Edit], now: datetime) -> Saved:
    """Carry out edits on the closed master, or in Excel where it is open there.

    The version before is kept first.  Raises MasterBusy where another program has the file open, MasterChanged
    where it was saved since it was read, MasterError or WorkspaceError where the edit or the write is refused;
    the file is as it was then.
    """
    edits = tuple(edits)
    if not edits:
        return Saved(False, None if loaded.book is not None else loaded.data)
    if loaded.book is not None:
        keep_version(workspace, loaded, now)
        apply_live(loaded.book, loaded.master.layouts, edits)
        return Saved(True, None)
    workbook = loaded.workbook()
    apply_edits(workbook, loaded.master.layouts, edits)
    if not workbook.changed:
        return Saved(False, loaded.data)
    data = workbook.to_bytes()
    refuse_if_open(workspace)
    if workspace.master.read_bytes() != loaded.data:
        raise MasterChanged
    keep_version(workspace, loaded, now)
    try:
        write_durably(workspace.master, data)
    except AccessDenied as e:  # a sharing violation: a program on another computer holds it, without an owner file
        raise MasterBusy(
            e.what, where=e.where, remedy=tr("{remedy}；收到的文件已经归档，不会丢", remedy=e.remedy)
        ) from None
    return Saved(True, data)


def refuse_if_open(workspace: Workspace) -> None:
    """Raises MasterBusy where a program says that it has the master open."""
    holder = holder_of(workspace.master)
    if holder is not None:
        raise MasterBusy(
            tr("{master} 正被{holder}打开，没有写入", master=MASTER, holder=holder.name),
            where=str(workspace.master),
            remedy=tr(
                "在那里保存并关闭后再运行一次；已经收到的文件都在归档里，不会丢。如果确实没有人打开它，"
                "删除 {file} 后再试",
                file=holder.file.name,
            ),
        )


# older versions


@dataclass(frozen=True, slots=True)
class Version:
    """A master kept before it was written over; number 1 is the latest."""

    number: int
    path: Path
    kept: datetime

    @property
    def receipts(self) -> str:
        """How many files had been received by then; ? where the file cannot be read."""
        try:
            return str(len(read_master(WorkbookSource(Workbook.open(self.path))).receipts))
        except (WorkbookError, MasterError):
            return "？"

    @property
    def described(self) -> Text:
        return tr(
            " {kept:%Y-%m-%d %H:%M:%S} 写入以前的总表（收件 {receipts} 份）", kept=self.kept, receipts=self.receipts
        )

    def __str__(self) -> str:
        return self.described


_NAME = re.compile(r"master (\d{4}-\d{2}-\d{2} \d{2}\.\d{2}\.\d{2})(?: no(\d+)| \((\d+)\))?\.xlsx")


@dataclass(frozen=True, slots=True, order=True)
class _Kept:
    """A file of archive/versions.  Its serial tells the order, as the clock may have been wrong for a while."""

    serial: int  # 0: kept before there were serials
    at: datetime
    again: int  # of those, which of one second
    path: Path = field(compare=False)


def _all_kept(workspace: Workspace) -> list[_Kept]:
    """Every master kept, the last one first."""
    found = (
        _Kept(int(m[2] or 0), datetime.strptime(m[1], "%Y-%m-%d %H.%M.%S"), int(m[3] or 1), path)  # noqa: DTZ007  office's time
        for path in workspace.versions.glob("master *.xlsx")
        if (m := _NAME.fullmatch(path.name))
    )
    return sorted(found, reverse=True)


def versions(workspace: Workspace) -> tuple[Version, ...]:
    """What can be restored, the latest first.

    The master as it stands is no older one: it was kept by a run that did not come to write.
    """
    kept = _all_kept(workspace)
    with suppress(OSError):  # there is none, or it cannot be read
        if kept and kept[0].path.read_bytes() == workspace.master.read_bytes():
            del kept[0]
    return tuple(Version(i, k.path, k.at) for i, k in enumerate(kept, start=1))


def keep_version(workspace: Workspace, loaded: Loaded, now: datetime) -> None:
    """Keep the master as it is, and only as many of the older ones as 设置 says (at least one)."""
    text = loaded.master.office.settings.get(schema.SETTING_VERSIONS, "")
    _keep(workspace, loaded.data, now)
    for kept in _all_kept(workspace)[max(1, int(text)) if text.isdecimal() else DEFAULT_VERSIONS :]:
        kept.path.unlink(missing_ok=True)


def _keep(workspace: Workspace, data: bytes, now: datetime) -> Path | None:
    """The new file; None where the last one kept is the same."""
    last = next(iter(_all_kept(workspace)), None)
    if last is not None and last.path.read_bytes() == data:
        return None
    path = workspace.versions / f"master {now:%Y-%m-%d %H.%M.%S} no{last.serial + 1 if last else 1}.xlsx"
    write_durably(path, data)
    return path


def restore(workspace: Workspace, number: int, now: datetime | None) -> Version:
    """Put version `number` back; what stands there now is kept as a version too.

    `now`: in the office's time, as the other versions are named by; None for the clock's.  Raises WorkspaceError
    where there is no such version, MasterBusy where the master is open, MasterError where the version itself is not
    a master.
    """
    kept = versions(workspace)
    chosen = next((v for v in kept if v.number == number), None)
    if chosen is None:
        raise WorkspaceError(
            tr("没有第 {number} 个旧版", number=number) if kept else tr("还没有旧版"),
            where=str(workspace.versions),
            remedy=tr("用 annex2 restore 看看有哪些旧版"),
        )
    refuse_if_open(workspace)
    data = chosen.path.read_bytes()
    try:
        zone = read_master(WorkbookSource(Workbook.from_bytes(data)), chosen.path.name).zone
    except WorkbookError as e:
        raise MasterError(e.message, where=str(chosen.path), remedy=tr("换一个旧版")) from None
    _put_back(workspace, data, now or datetime.now(zone))
    return chosen


def _put_back(workspace: Workspace, data: bytes, now: datetime) -> None:
    """Where it fails no version is added: whoever says the same number again must get the same master."""
    writes, added = Writes(), None
    try:
        writes.write(workspace.master, data)
        if workspace.master.exists():
            added = _keep(workspace, workspace.master.read_bytes(), now)
        writes.settle()
    except WorkspaceError:
        if added is not None:
            with suppress(OSError):
                added.unlink()
        raise
    finally:
        writes.forget()
