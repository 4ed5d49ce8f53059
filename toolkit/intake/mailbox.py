"""The office's mailbox -> mails as they came, byte for byte; and, once they are safe, filed away there.

What was filed is remembered by UID, in a file that is written only after the server did its part: cut off anywhere, a
mail comes again rather than never.  A mail that was already moved, flagged or deleted is no error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from imap_tools.errors import (
    MailboxCopyError,
    MailboxDeleteError,
    MailboxExpungeError,
    MailboxFetchError,
    MailboxFlagError,
    MailboxFolderCreateError,
    MailboxMoveError,
    UnexpectedCommandStatusError,
)
from imap_tools.imap_utf7 import utf7_decode
from imap_tools.mailbox import BaseMailBox
from imap_tools.utils import check_command_status, encode_folder

from toolkit.errors import WorkspaceError
from toolkit.language import tr
from toolkit.mail.connect import close_imap, open_imap, receiving
from toolkit.mail.errors import MailError
from toolkit.mail.explain import CUT, FAILURES, explain, said
from toolkit.mail.settings import Filing, MailSettings
from toolkit.workspace import write_durably

BATCH_MAILS, BATCH_BYTES = 50, 32 << 20
"""What one FETCH asks for at most: the answer is held in memory."""

T = TypeVar("T")

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DATE = re.compile(
    rb'INTERNALDATE "\s?(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One mail as it lies in the mailbox."""

    uid: int
    uidvalidity: int
    folder: str
    received: datetime  # INTERNALDATE: when the server had it, with its zone
    raw: bytes = field(repr=False)  # RFC 822


@dataclass
class _Memory:
    """What is remembered about one folder of one account."""

    uidvalidity: int = 0
    since: str = ""
    upto: int = 0  # every mail up to here is filed
    filed: set[int] = field(default_factory=set)  # and these beyond it
    copying: set[int] = field(default_factory=set)  # COPY was begun: a copy may be there


class Mailbox:
    """The mailbox of one run; use it as a context manager.  Everything raises MailError with a remedy.

    `state`: the file that remembers, `.annex2/mailbox.json`.  A cut connection is opened again once.
    """

    def __init__(self, settings: MailSettings, state: Path) -> None:
        self._settings, self._path = settings, state
        self._server = receiving(settings)
        self._box: BaseMailBox | None = None
        self._selected = ""
        self._folders: dict[str, str] = {}
        self._validity = 0
        self._known: set[int] = set()
        self.found = 0
        """How many new mails there are, once `fetch_new` has looked."""
        self.unread: list[str] = []
        """Mails that the server would not hand over: they are asked for again the next time."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        close_imap(self._box)
        self._box = None

    def waiting(self) -> int:
        """How many mails were not filed yet; none is fetched."""
        return len(self._run(self._look)[1])

    def fetch_new(self) -> Iterator[ReceivedMail]:
        """Every mail that was not filed yet, oldest first; none is changed, not even marked as read."""
        validity, uids, sizes = self._run(self._look)
        self.found = len(uids)
        for batch in _batches(uids, sizes):
            yield from self._run(partial(self._fetch, validity, batch))

    def file_away(self, mails: Iterable[ReceivedMail], *, accepted: bool | None) -> None:
        """Flags or moves mails by policy, then remembers them.  Call it when they are archived and in the master.

        `accepted`: whether nothing of them waits for a person; None: they are another workspace's that has the same
        mailbox, and are remembered alone.  Doing it again is harmless.
        """
        waiting = list(mails)
        for start in range(0, len(waiting), 100):
            chunk = waiting[start : start + 100]
            self._run(partial(self._file, chunk, accepted))

    # the connection

    def _run(self, step: Callable[[], T]) -> T:
        for last in (False, True):
            fresh = self._box is None
            try:
                return step()
            except FAILURES as e:
                if not isinstance(e, UnexpectedCommandStatusError):
                    self._drop()
                if last or fresh or not isinstance(e, CUT):
                    raise explain(e, self._server) from None
        raise AssertionError

    def _drop(self) -> None:
        if self._box is not None:
            with suppress(OSError):
                self._box.client.shutdown()
        self._box, self._selected = None, ""

    def _open(self) -> BaseMailBox:
        if self._box is None:
            self._box = open_imap(self._settings)
        return self._box

    def _select(self, folder: str) -> tuple[BaseMailBox, int]:
        """The folder, selected, and its UIDVALIDITY."""
        box = self._open()
        if self._selected != folder:
            self._selected = ""
            box.folder.set(folder)
            self._selected = folder
        _, answer = box.client.response("UIDVALIDITY")
        if answer and answer[-1]:
            self._validity = int(answer[-1])
        return box, self._validity

    # fetching

    def _look(self) -> tuple[int, list[int], dict[int, int]]:
        """UIDVALIDITY, the UIDs that are new, and their sizes."""
        box, validity = self._select(self._settings.folder)
        memory = self._recall(validity)
        since = self._settings.since
        criteria = f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year} " if since else ""
        found = box.uids(f"{criteria}UID {memory.upto + 1}:*", charset=None)
        self._known = {int(u) for u in found}
        new = sorted(u for u in self._known if u > memory.upto and u not in memory.filed)
        sizes: dict[int, int] = {}
        deleted: set[int] = set()
        for start in range(0, len(new), 500):
            ask = ",".join(map(str, new[start : start + 500]))
            for head, _ in _answers(box, ask, "(UID RFC822.SIZE FLAGS)"):
                uid, size = _number(rb"UID", head), _number(rb"RFC822\.SIZE", head)
                if uid:
                    sizes[uid] = size or 0
                    # thrown away by a person, not yet for good; or by us, when a move without MOVE was cut short
                    if rb"\DELETED" in head.upper() and uid not in memory.copying:
                        deleted.add(uid)
        return validity, [u for u in new if u in sizes and u not in deleted], sizes

    def _fetch(self, validity: int, uids: Sequence[int]) -> list[ReceivedMail]:
        box, now_valid = self._select(self._settings.folder)
        if now_valid != validity:  # the server renumbered its mails while we were reading: the next run sees them
            return []
        try:
            return self._received(box, validity, uids)
        except UnexpectedCommandStatusError as e:
            if len(uids) == 1:
                self._miss(uids[0], said(e))
                return []
        return [mail for uid in uids for mail in self._fetch(validity, [uid])]

    def _received(self, box: BaseMailBox, validity: int, uids: Sequence[int]) -> list[ReceivedMail]:
        mails = []
        for head, body in _answers(box, ",".join(map(str, uids)), "(UID INTERNALDATE BODY.PEEK[])"):
            uid, received = _number(rb"UID", head), _moment(head)
            if uid is None or uid not in uids:
                continue
            if received is None or body is None:
                self._miss(uid, tr("答复里缺少正文或收到时间"))
            else:
                mails.append(ReceivedMail(uid, validity, self._settings.folder, received, body))
        return sorted(mails, key=lambda m: m.uid)

    def _miss(self, uid: int, why: str) -> None:
        self.unread.append(
            tr("{folder} 里编号 {uid} 的邮件没有取到（{why}）", folder=self._settings.folder, uid=uid, why=why)
        )

    # filing

    def _file(self, mails: Sequence[ReceivedMail], accepted: bool | None) -> None:
        settings = self._settings
        box, validity = self._select(settings.folder)
        # Under another UIDVALIDITY these numbers are other mails'.
        uids = [m.uid for m in mails if m.uidvalidity == validity and m.folder == settings.folder]
        if not uids:
            return
        memory = self._recall(validity)
        box.client.noop()  # learn what others removed meanwhile: Dovecot refuses to MOVE it
        still = [int(u) for u in box.uids(f"UID {_set(uids)}", charset=None)]
        if accepted is None:
            still = []
        if still and settings.filing is Filing.FLAG:
            _store(box, still, r"(\Seen)" if accepted else r"(\Flagged)", MailboxFlagError)
        elif still and settings.filing is Filing.MOVE:
            self._move(still, settings.accepted_folder if accepted else settings.waiting_folder, memory)
        memory.filed.update(uids)
        memory.copying.difference_update(uids)
        if self._known:
            unfiled = {u for u in self._known if u > memory.upto} - memory.filed
            memory.upto = max(memory.upto, min(unfiled) - 1 if unfiled else max(self._known))
            memory.filed = {u for u in memory.filed if u > memory.upto}
        self._remember(memory)

    def _move(self, uids: Sequence[int], folder: str, memory: _Memory) -> None:
        target = self._folder(folder)
        try:
            self._move_to(uids, target, memory)
        except (MailboxMoveError, MailboxCopyError) as e:
            raise _not_moved(folder, said(e)) from None

    def _move_to(self, uids: Sequence[int], target: str, memory: _Memory) -> None:
        box, _ = self._select(self._settings.folder)
        if "MOVE" in box.client.capabilities:
            check_command_status(box.client.uid("MOVE", _set(uids), _quoted(target)), MailboxMoveError)
            return
        # NetEase has no MOVE.  COPY, then delete; a copy whose answer was lost must not be made twice.
        there = self._copied([u for u in uids if u in memory.copying], target)
        box, _ = self._select(self._settings.folder)
        if copy := [u for u in uids if u not in there]:
            memory.copying.update(copy)
            self._remember(memory)
            check_command_status(box.client.uid("COPY", _set(copy), _quoted(target)), MailboxCopyError)
        _store(box, uids, r"(\Deleted)", MailboxDeleteError)
        _expunge(box, set(uids))

    def _copied(self, uids: Sequence[int], target: str) -> set[int]:
        """Those whose copy already lies in the target: the same size and the same head, Received lines included."""
        if not uids:
            return set()
        ours = self._heads(self._settings.folder, uids)
        box, _ = self._select(target)
        newest = sorted(int(u) for u in box.uids("ALL", charset=None))[-1000:]
        theirs = set(self._heads(target, newest, {size for size, _ in ours.values()}).values()) if newest else set()
        return {uid for uid, head in ours.items() if head in theirs}

    def _heads(self, folder: str, uids: Sequence[int], sizes: set[int] | None = None) -> dict[int, tuple[int, bytes]]:
        box, _ = self._select(folder)
        answers = _answers(box, _set(uids), "(UID RFC822.SIZE)")
        found = {_number(rb"UID", head): _number(rb"RFC822\.SIZE", head) for head, _ in answers}
        alike = [u for u, size in found.items() if u and size and (sizes is None or size in sizes)]
        if not alike:
            return {}
        heads = _answers(box, _set(alike), "(UID BODY.PEEK[HEADER])")
        return {u: (found[u] or 0, body or b"") for h, body in heads if (u := _number(rb"UID", h))}

    def _folder(self, name: str) -> str:
        """The folder by that name, made where it is missing; some servers keep all folders below another."""
        if name not in self._folders:
            box = self._open()
            existing = box.folder.list()
            below = next((f"INBOX{f.delim}{name}" for f in existing if f.delim and f.delim != "NIL"), name)
            places = tuple(dict.fromkeys((name, f"{_personal(box)}{name}", below)))
            found = next((want for want in places for f in existing if f.name == want), "")
            self._folders[name] = found or self._make_folder(box, name, places)
        return self._folders[name]

    def _make_folder(self, box: BaseMailBox, name: str, places: Sequence[str]) -> str:
        why = ""
        for place in places:
            try:
                box.folder.create(place)
            except MailboxFolderCreateError as e:
                why = why or said(e)
                if "ALREADYEXISTS" not in said(e).upper():
                    continue
            with suppress(UnexpectedCommandStatusError):
                box.folder.subscribe(place, value=True)  # so that mail programs show it
            return place
        setting = "已处理文件夹" if name == self._settings.accepted_folder else "待处理文件夹"
        raise MailError(
            tr("邮件服务器不让建“{folder}”这个文件夹（{text}）", folder=name, text=why),
            where=tr("设置!{item}", item=setting),
            remedy=tr("换一个名称，不要带点和斜杠；或先在网页邮箱里建好；或把“收件归档”改为“标记”"),
        )

    # the memory

    @property
    def _place(self) -> str:
        return f"{self._server.account}@{self._server.host}/{self._settings.folder}"

    def _all(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
            return found if isinstance(found, dict) else {}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            raise WorkspaceError(
                tr("收信的记录损坏"),
                where=str(self._path),
                remedy=tr("删除这个文件再运行：邮件会重新收一遍，收过的不会重复登记"),
            ) from None

    def _recall(self, validity: int) -> _Memory:
        kept = self._all().get(self._place, {})
        since = self._settings.since.isoformat() if self._settings.since else ""
        memory = _Memory(validity, since)
        if kept.get("uidvalidity") == validity:
            memory.copying = set(kept.get("copying", ()))
            if since >= kept.get("since", ""):  # from an earlier day on, older mails are new
                memory.upto, memory.filed = int(kept.get("upto", 0)), set(kept.get("filed", ()))
        return memory

    def _remember(self, memory: _Memory) -> None:
        everything = self._all()
        everything[self._place] = {
            "uidvalidity": memory.uidvalidity,
            "since": memory.since,
            "upto": memory.upto,
            "filed": sorted(memory.filed),
            "copying": sorted(memory.copying),
        }
        write_durably(self._path, json.dumps(everything, ensure_ascii=False, indent=1).encode())


# the protocol


def _personal(box: BaseMailBox) -> str:
    """What the names of one's own folders begin with (RFC 2342)."""
    if "NAMESPACE" not in box.client.capabilities:
        return ""
    kind, answer = box.client.namespace()
    m = re.match(rb'\(\("((?:[^"\\]|\\.)*)"', answer[0] or b"") if kind == "OK" and answer else None
    return utf7_decode(re.sub(rb"\\(.)", rb"\1", m[1])) if m else ""


def _not_moved(folder: str, why: str) -> MailError:
    """Mails that are taken in and cannot be put away: they lie where they are, and nothing of them is lost."""
    what = tr("收完的邮件没有移到“{folder}”，留在原处（{text}）", folder=folder, text=why)
    if "QUOTA" in why.upper():
        what = tr("邮箱满了，收完的邮件没有移到“{folder}”，留在原处（{text}）", folder=folder, text=why)
        return MailError(what, remedy=tr("清理邮箱里的旧邮件；或把“设置”的“收件归档”改为“标记”，只标不移"))
    return MailError(what, remedy=tr("下次再移；总是这样，就把“设置”的“收件归档”改为“标记”，只标不移"))


def _answers(box: BaseMailBox, uids: str, items: str) -> Iterator[tuple[bytes, bytes | None]]:
    """Each FETCH answer as (all but the literal, the literal or None).

    Servers put in answers that nobody asked for (changed flags), and order the items as they like.
    """
    result = box.client.uid("FETCH", uids, items)
    check_command_status(result, MailboxFetchError)
    head, body = b"", None
    for piece in result[1]:
        if isinstance(piece, tuple):
            if head:
                yield head, body
            head, body = bytes(piece[0]), bytes(piece[1])
        elif isinstance(piece, bytes):
            if body is not None and (piece.startswith((b" ", b")"))):
                head += piece  # what comes behind the literal
                continue
            if head:
                yield head, body
            head, body = piece, None
            if m := re.search(rb'BODY\[[^\]]*\] (?:NIL|"((?:[^"\\]|\\.)*)")', piece):
                body = re.sub(rb"\\(.)", rb"\1", m[1] or b"")
    if head:
        yield head, body


def _number(item: bytes, head: bytes) -> int | None:
    m = re.search(rb"(?:^|[\s(])" + item + rb" (\d+)", head, re.IGNORECASE)
    return int(m[1]) if m else None


def _moment(head: bytes) -> datetime | None:
    m = _DATE.search(head)
    if m is None:
        return None
    day, month, year, hour, minute, second, sign, zh, zm = m.groups()
    offset = timedelta(hours=int(zh), minutes=int(zm))
    zone = timezone(offset if sign == b"+" else -offset)
    at = (int(year), _MONTHS.index(month.decode().title()) + 1, int(day), int(hour), int(minute), int(second))
    return datetime(*at, tzinfo=zone)


def _set(uids: Iterable[int]) -> str:
    return ",".join(map(str, uids))


def _quoted(folder: str) -> str:
    """A folder's name in a command: modified UTF-7, quoted."""
    return encode_folder(folder).decode("ascii")


def _store(box: BaseMailBox, uids: Sequence[int], flags: str, error: type[UnexpectedCommandStatusError]) -> None:
    # Not imap-tools' `flag` and `delete`: they end with EXPUNGE, which removes what other people marked as deleted.
    check_command_status(box.client.uid("STORE", _set(uids), "+FLAGS.SILENT", flags), error)


def _expunge(box: BaseMailBox, uids: set[int]) -> None:
    """Removes these for good, and nothing else: where the server cannot do that, they stay, marked as deleted."""
    if "UIDPLUS" in box.client.capabilities:
        check_command_status(box.client.uid("EXPUNGE", _set(sorted(uids))), MailboxExpungeError)
    elif {int(u) for u in box.uids("DELETED", charset=None)} <= uids:
        check_command_status(box.client.expunge(), MailboxExpungeError)


def _batches(uids: Iterable[int], sizes: dict[int, int]) -> Iterator[list[int]]:
    batch: list[int] = []
    room = BATCH_BYTES
    for uid in uids:
        if batch and (len(batch) >= BATCH_MAILS or sizes[uid] > room):
            yield batch
            batch, room = [], BATCH_BYTES
        batch.append(uid)
        room -= sizes[uid]
    if batch:
        yield batch
