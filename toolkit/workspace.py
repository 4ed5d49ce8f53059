"""The folders of one office's year, and the only place that writes into them durably."""

from __future__ import annotations

import getpass
import io
import json
import os
import platform
import secrets
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import TemplateError, WorkspaceError
from toolkit.language import recalled, tr

T = TypeVar("T")

MASTER = "master.xlsx"
STATE = ".annex2"
NOTEBOOK = "received.jsonl"
"""In the archive: what arrived when and from where."""
KEY_BYTES = 32
PAUSES = (0.1, 0.2, 0.4)
"""Seconds between tries of what the system refuses: longer than a virus scanner or a synchroniser holds a file."""


def shipped(relative: str) -> Path:
    """A file that travels with the program: `templates/annex2.xlsx`, `workbooks/master.xlsx`."""
    here = Path(__file__).resolve().parent
    for base in (here / "data", here.parent):  # installed wheel, then a checkout
        if (base / relative).exists():
            return base / relative
    raise WorkspaceError(tr("程序不完整，缺少 {relative}", relative=relative), remedy=tr("重新安装 annex2"))


def template_in(folder: Path | None, name: str) -> Path:
    """A folder's own template of this name, else the program's."""
    own = folder / name if folder else None
    return own if own and own.is_file() else shipped(f"templates/{name}")


def read_template(folder: Path | None, name: str) -> bytes:
    """What the template of this name says, a folder's own or the program's.  Raises TemplateError."""
    path = template_in(folder, name)
    try:
        return path.read_bytes()
    except OSError as e:
        raise TemplateError(
            tr("读不到模板（{strerror}）", strerror=e.strerror or e),
            where=str(path),
            remedy=tr("从随程序提供的 templates 里复制一份过来"),
        ) from None


def lost_master(folder: Path) -> WorkspaceError:
    """A workspace whose master is gone: a new one beside its archive would begin at nothing."""
    return WorkspaceError(
        tr("{folder} 是工作区，总表 {master} 不在了", folder=folder, master=MASTER),
        remedy=tr(
            "改了名、挪走了的放回来；删了的用 annex2 restore 看有哪些旧版，再取回一个；要另建一个工作区就换一个文件夹"
        ),
    )


class AccessDenied(WorkspaceError):
    """The system refuses: open elsewhere (on Windows), read-only, or another user's."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder that holds master.xlsx."""

    root: Path

    @property
    def master(self) -> Path:
        return self.root / MASTER

    @property
    def templates(self) -> Path:
        return self.root / "templates"

    def template(self, name: str) -> bytes:
        """The workspace's own template of this name, else the program's.  Raises TemplateError."""
        return read_template(self.templates, name)

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def versions(self) -> Path:
        """Masters as they were before annex2 wrote over them."""
        return self.archive / "versions"

    @property
    def summary(self) -> Path:
        return self.root / "summary"

    @property
    def state(self) -> Path:
        """What the program keeps for itself: key, lock."""
        return self.root / STATE

    @property
    def worked_in(self) -> bool:
        """Whether files have come in here, or a master was written over."""
        return (self.archive / NOTEBOOK).exists() or self.versions.exists()

    def refuse_a_part(self) -> None:
        """Raises WorkspaceError for a copy without what annex2 keeps for itself: it would send everything once more,
        and doubt every form, with a key of its own."""
        if self.state.exists() or not (self.worked_in or any(self.outbox.glob("*/*.xlsx"))):
            return
        raise WorkspaceError(
            tr(
                "这个工作区里没有 {state} 文件夹（隐藏的），密钥和发送记录都在那里面，看来没有一起复制过来",
                state=STATE,
            ),
            where=str(self.root),
            remedy=tr(
                "从原来的电脑或备份里把它复制到这里；确实找不回来了，自己建一个空的 {state} 文件夹再运行："
                "那样已发表格的校验码都会不符，发过的邮件会再发一次",
                state=STATE,
            ),
        )

    @classmethod
    def find(cls, start: Path | None, *, even_without_master: bool = False) -> Workspace:
        """The workspace at `start`, or, without one, upwards from the current folder.

        `even_without_master`: one whose master.xlsx or .annex2 was lost, but that annex2 has worked in.
        """
        found = cls._find(start, even_without_master)
        if not even_without_master:
            found.refuse_a_part()
        return found

    @classmethod
    def _find(cls, start: Path | None, even_without_master: bool) -> Workspace:
        if start is not None:
            if (start / MASTER).is_file() or (even_without_master and (start / STATE).is_dir()):
                return cls(start.resolve())
            if (start / STATE).is_dir():
                raise lost_master(start)
            raise WorkspaceError(
                tr("{start} 不是工作区，里面没有 {master}", start=start, master=MASTER),
                remedy=tr("用 annex2 init 文件夹 新建，或用 -w 指明工作区"),
            )
        here = Path.cwd()
        for folder in (here, *here.parents):
            if (folder / MASTER).is_file() or (even_without_master and (folder / STATE).is_dir()):
                return cls(folder)
            if (folder / STATE).is_dir():
                raise lost_master(folder)
        raise WorkspaceError(
            tr("从 {here} 往上都没有 {master}，不在工作区里", here=here, master=MASTER),
            remedy=tr("先 cd 到工作区，或用 -w 指明，或用 annex2 init 新建"),
        )

    def secret(self) -> bytes:
        """The workspace's own key, under which stamps are signed; made when first asked for."""
        path = self.state / "key"
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
            if len(key) < KEY_BYTES:
                raise ValueError
            return key
        except FileNotFoundError:
            self.refuse_a_part()
            key = secrets.token_bytes(KEY_BYTES)
            write_durably(path, key.hex().encode())
            return key
        except OSError as e:
            raise cannot_read(path, e) from None
        except ValueError:
            raise WorkspaceError(
                tr("工作区的密钥文件损坏"),
                where=str(path),
                remedy=tr("从备份恢复；没有备份就删除它，已发表格的校验会失效"),
            ) from None

    def remembered(self, name: str) -> Any:
        """What `remember` kept under a name; None where there is nothing, or nothing that can be read."""
        try:
            return json.loads((self.state / name).read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def remember(self, name: str, value: Any) -> None:
        """Keep a value of JSON.  Raises WorkspaceError."""
        write_durably(self.state / name, _as_json(value))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time: raises WorkspaceError naming the holder when another run is under way.

        The lock is the operating system's, so that it is gone when its holder dies.
        """
        from filelock import FileLock, Timeout

        self.refuse_a_part()
        holder = self.state / "holder"
        try:
            self.state.mkdir(exist_ok=True)
            lock = FileLock(self.state / "lock")
            lock.acquire(timeout=0)
        except Timeout:
            who = ""
            with suppress(OSError):
                who = recalled(holder.read_text("utf-8"))
            raise WorkspaceError(
                tr("{who} 正在处理这个工作区", who=who or tr("另一个 annex2")),
                where=str(self.root),
                remedy=tr("等它结束后再试"),
            ) from None
        except OSError as e:
            raise cannot_write(self.state, e) from None
        try:
            with suppress(OSError):  # a full disk: the lock holds, and what must be written says so itself
                who = f"{_user()}@{platform.node()}"
                holder.write_text(tr("{who}（进程 {pid}）", who=who, pid=os.getpid()), "utf-8")
            yield
        finally:
            with suppress(OSError):  # read by a virus scanner or a synchroniser: the next run writes over it
                holder.unlink(missing_ok=True)
            lock.release()


def _user() -> str:
    try:
        return getpass.getuser()
    except Exception:  # what it raises where nobody knows is another thing in each system and Python
        return "?"


def _as_json(value: Any) -> bytes:
    """JSON in UTF-8; of an object a thousand members at a time: all at once take several times the memory."""
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False).encode()
    out, members, begins = io.BytesIO(), iter(value.items()), b"{"
    while some := dict(islice(members, 1000)):
        out.write(begins + json.dumps(some, ensure_ascii=False)[1:-1].encode())
        begins = b",\n"
    out.write(b"}" if value else b"{}")
    return out.getvalue()


def write_durably(path: Path, data: bytes) -> None:
    """Write all of a file or nothing: temporary file, fsync, atomic replace, fsync of the folder.

    Raises WorkspaceError when the disk is full, the folder is read-only, or the file is open elsewhere.
    """
    writes = Writes()
    writes.write(path, data)
    writes.settle()


class Writes:
    """Files that wait beside their places, under temporary names, and are put there together.

    So the disk is waited for once and not for each.  Raises as `write_durably` does.
    """

    def __init__(self) -> None:
        # As texts: thousands of files are written in a second, and pathlib would take a tenth of it.
        self._waiting: dict[str, str] = {}  # path -> its temporary file
        self._folders: set[str] = set()
        self._new: set[str] = set()  # folders that were made for what waits

    def __len__(self) -> int:
        return len(self._waiting)

    def write(self, path: Path, data: bytes) -> None:
        place = os.fspath(path)
        folder, name = os.path.split(place)
        folder = folder or os.curdir
        # One name for all tries, so that what a killed run left is written over by the next; there is one writer at
        # a time.
        temporary = os.path.join(folder, f".{name}.tmp")  # noqa: PTH118
        try:
            if folder not in self._folders:
                if not path.parent.is_dir():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._new.add(folder)
                self._folders.add(folder)
            with open(temporary, "wb") as f:  # noqa: PTH123  not unbuffered: a disk nearly full would take a part
                f.write(data)
        except OSError as e:
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            raise cannot_write(path, e) from None
        self._waiting[place] = temporary

    def read(self, path: Path) -> bytes:
        """What will stand at a path.  Raises WorkspaceError."""
        place = os.fspath(path)
        try:
            return Path(self._waiting.get(place, place)).read_bytes()
        except OSError as e:
            raise cannot_read(path, e) from None

    def settle(self, *, wait: bool = True) -> None:
        """Everything that was written is under its name, and durable, when this returns.

        Without `wait` a file is whole or not there, unless the power is cut right behind.
        """
        at = next(iter(self._waiting), None)
        try:
            if wait:
                _at_once(_sync_file, self._waiting.values())
            for at, temporary in self._waiting.items():
                _patiently(partial(os.replace, temporary, at))
            _at_once(_sync_folder, self._folders if self._waiting else ())
            self._waiting.clear()
        except OSError as e:
            assert at is not None
            raise cannot_write(Path(at), e) from None
        finally:
            self.forget()

    def forget(self) -> None:
        """What waits is not wanted."""
        for temporary in self._waiting.values():
            with suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
        for folder in self._new:
            with suppress(OSError):  # something stands in it by now
                os.rmdir(folder)  # noqa: PTH106
        self._waiting.clear()
        self._folders.clear()
        self._new.clear()


@contextmanager
def together() -> Iterator[Writes]:
    """Many files that can be made again: all are written, then each is put in its place; none where the block raises.

    The disk is not waited for with each, so that one written right before a power cut may have to be made again.
    """
    files = Writes()
    try:
        yield files
        files.settle(wait=False)
    finally:
        files.forget()


def _patiently(do: Callable[[], T]) -> T:
    """On Windows a file that another program just reads cannot be replaced: it mostly can a moment later."""
    for pause in PAUSES:
        try:
            return do()
        except PermissionError:
            time.sleep(pause)
    return do()


def _at_once(sync: Callable[[str], None], paths: Collection[str]) -> None:
    """A file system writes its journal once for all who wait for it at the same time."""
    if len(paths) < 2:
        for path in paths:
            sync(path)
        return
    from concurrent.futures import ThreadPoolExecutor

    several, threads = list(paths), min(len(paths), 8)

    def some(first: int) -> None:
        for path in several[first::threads]:
            sync(path)

    with ThreadPoolExecutor(threads) as pool:
        deque(pool.map(some, range(threads)), maxlen=0)


def append_durably(path: Path, data: bytes) -> None:
    """Add to the end of a file, on a line of its own; durable when this returns.  Raises as `write_durably` does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _patiently(lambda: path.open("ab+")) as f:
            if f.seek(0, os.SEEK_END):
                f.seek(-1, os.SEEK_END)
                data = data if f.read(1) == b"\n" else b"\n" + data  # behind a line that a crash cut off
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
    except OSError as e:
        raise cannot_write(path, e) from None


def cannot_read(path: Path, error: OSError) -> WorkspaceError:
    return WorkspaceError(
        tr("读不出来（{strerror}）", strerror=error.strerror or error),
        where=str(path),
        remedy=tr("检查磁盘和权限后再试"),
    )


def _sync_file(path: str) -> None:
    handle = os.open(path, os.O_RDWR)  # Windows flushes only what is open for writing
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: str) -> None:
    if os.name == "nt":  # Windows cannot open a folder for fsync; NTFS journals the rename
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot_write(path: Path, error: OSError) -> WorkspaceError:
    import errno

    if error.errno == errno.ENOSPC:
        return WorkspaceError(tr("磁盘已满，没有写入"), where=str(path), remedy=tr("清理磁盘后再试，什么都没有丢失"))
    if isinstance(error, PermissionError):
        return AccessDenied(
            tr("不能写入：文件正在别处打开，或没有权限"),
            where=str(path),
            remedy=tr("关闭打开它的程序，或换到能写的文件夹后再试"),
        )
    return WorkspaceError(
        tr("不能写入（{strerror}）", strerror=error.strerror or error),
        where=str(path),
        remedy=tr("检查磁盘和文件夹后再试"),
    )
