"""Sends mails, each at most once: a record, written before and after, says what was sent when.

A mail is handed over in the moment in which the server answers to the end of its text.  `begun` is recorded just
before that end is sent, so that a run that dies earlier has sent nothing, and one that dies later left a mail of
which nobody can say whether it went out: that one is not sent again silently.
"""

from __future__ import annotations

import json
import re
import smtplib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from toolkit.language import Text, listed, tr
from toolkit.mail.compose import Outgoing
from toolkit.mail.connect import open_smtp, sending
from toolkit.mail.errors import MailError
from toolkit.mail.explain import AGAIN, CUT, FAILURES, as_words, explain
from toolkit.mail.message import to_message
from toolkit.mail.settings import MailSettings
from toolkit.workspace import append_durably, cannot_read

PATIENCE = 300
"""Seconds for the answer to the end of a mail: servers look through it for viruses first (RFC 5321, 4.5.3.2)."""


HALFWAY = tr("上次发到一半断了，不知道对方收到没有")
ASK = tr("问一下对方，或看邮箱的“已发送”；没有收到就加 --again 再发")
"""What to do about a mail that may not have gone out."""


class Outcome(StrEnum):
    SENT = "已发送"
    ALREADY = "以前已发送"
    FAILED = "未发送"
    UNCERTAIN = "不确定"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one mail."""

    mail: Outgoing
    outcome: Outcome
    at: datetime | None = None  # when it was sent, or, where that is uncertain, tried
    reason: str = ""
    remedy: str = ""


class Refused(Exception):  # an answer of the server
    """The server did not take this mail; another may pass."""

    def __init__(self, what: Text) -> None:
        super().__init__(what)
        self.what = what


class Unknown(Exception):  # likewise
    """The connection was cut after all of the mail was sent and before the server answered."""

    def __init__(self, what: Text) -> None:
        super().__init__(what)
        self.what = what


class Transport(Protocol):
    def deliver(
        self, sender: str, to: Sequence[str], cc: Sequence[str], data: bytes, committing: Callable[[], None]
    ) -> tuple[str, ...]:
        """Hands one mail over; calls `committing` just before the point of no return.  Returns refused addresses.

        Raises Refused where no address of `to` is left, Unknown, or MailError where no further mail can be sent either.
        """


# the record


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record."""

    at: datetime
    state: str  # begun, sent, failed (this mail was refused), stopped (no mail could be sent), uncertain
    keys: tuple[str, ...]
    message_id: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str = ""
    files: tuple[str, ...] = ()
    reason: str = ""
    former: str = ""  # what the division was called then, where `keys` have the name of today; not in the file


class SentRecord:
    """`.annex2/sent.jsonl`: a line is durable when `write` returns; lines are only ever added.

    `now_called`: the name of today of a division that a line may name by an older one.
    """

    def __init__(self, path: Path, now_called: Callable[[str], str] = str) -> None:
        self._path = path
        self.entries: list[Entry] = []
        try:
            lines = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            lines = []
        except OSError as e:
            raise cannot_read(path, e) from None
        for line in lines:
            # A line that was cut off by a crash was never relied upon.
            if line.strip() and (entry := _entry(line)):
                self.entries.append(entry)
        others = _side_by_side(self.entries, now_called)
        self.entries = [_renamed(e, lambda name: name if name in others else now_called(name)) for e in self.entries]
        self._places: dict[str, list[int]] = {}  # of each step, which lines tell of it
        for place, entry in enumerate(self.entries):
            self._note(place, entry)

    def _note(self, place: int, entry: Entry) -> None:
        for key in dict.fromkeys(entry.keys):
            self._places.setdefault(key, []).append(place)

    def _of(self, *keys: str) -> list[Entry]:
        """The lines that tell of one of these steps, oldest first."""
        places = {place for key in keys for place in self._places.get(key, ())}
        return [self.entries[place] for place in sorted(places)]

    def last(self, keys: Iterable[str]) -> Entry | None:
        """The line that says how the steps stand; None where none was tried or all failed."""
        sent = uncertain = begun = None
        for e in self._of(*keys):
            if e.state == "begun":
                begun, uncertain = e, begun or uncertain
                continue
            if e.state == "sent":
                sent = e
            elif e.state == "uncertain":
                uncertain = e
            begun = None
        return sent or begun or uncertain

    def sent(self, key: str) -> Entry | None:
        """When a step was last done."""
        return next((e for e in reversed(self._of(key)) if e.state == "sent"), None)

    def times(self, key: str) -> int:
        """How often a step was done for certain."""
        return sum(e.state == "sent" for e in self._of(key))

    def failures(self, key: str) -> int:
        """How often a step's mail was refused since it was last done."""
        count = 0
        for e in self._of(key):
            count = count + 1 if e.state == "failed" else 0 if e.state == "sent" else count
        return count

    def undone(self, begins: str) -> Iterator[tuple[str, Entry]]:
        """Steps, by the beginning of their keys, that were tried and not done for certain: the first key, the try."""
        tried: dict[str, Entry] = {}
        for e in self.entries:
            if e.state != "sent" and e.keys[0].startswith(begins):
                tried[e.keys[0]] = e
        done = self.done() if tried else frozenset()
        return ((key, e) for key, e in tried.items() if done.isdisjoint(e.keys))

    def done(self) -> frozenset[str]:
        """The steps whose mails were sent for certain."""
        return frozenset(k for e in self.entries if e.state == "sent" for k in e.keys)

    def cut_off(self, begins: str) -> tuple[Entry, ...]:
        """Mails, by the beginning of their first key, over which a run died: nobody was told yet that they may have
        gone out."""
        begun: dict[str, Entry] = {}
        doubtful: dict[str, Entry] = {}  # tried once more since
        for e in self.entries:
            for key in e.keys if e.keys[0].startswith(begins) else ():
                if e.state == "begun":
                    doubtful |= {key: begun[key]} if key in begun else {}
                    begun[key] = e
                    continue
                begun.pop(key, None)
                if e.state in ("sent", "uncertain"):
                    doubtful.pop(key, None)
        return tuple({e.message_id: e for e in (*doubtful.values(), *begun.values())}.values())

    def give_up(self, entry: Entry) -> None:
        """Record of a mail that was cut off that a person is told of it.  Raises WorkspaceError."""
        self._add(replace(entry, state="uncertain", reason=HALFWAY))

    def write(
        self, mail: Outgoing, state: str, at: datetime, reason: str = "", refused: Collection[str] = ()
    ) -> None:
        """Adds a line.  `refused`: addresses that the server did not take.  Raises WorkspaceError."""
        to, cc = (tuple(a for a in some if a not in refused) for some in (mail.to, mail.cc))
        files = tuple(a.name for a in mail.attachments)
        self._add(Entry(at, state, mail.keys, mail.message_id, to, cc, mail.subject, files, reason))

    def _add(self, entry: Entry) -> None:
        written = replace(_renamed(entry, lambda _: entry.former), former="") if entry.former else entry
        values = {f: getattr(written, f) for f in Entry.__dataclass_fields__} | {"at": entry.at.isoformat()}
        line = json.dumps({k: v for k, v in values.items() if v}, ensure_ascii=False).encode() + b"\n"
        append_durably(self._path, line)
        self._note(len(self.entries), entry)
        self.entries.append(entry)


def _entry(line: bytes) -> Entry | None:
    try:
        values = json.loads(line)
        values |= {f: tuple(values.get(f, ())) for f in ("keys", "to", "cc", "files")}
        return Entry(**values | {"at": datetime.fromisoformat(values["at"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


_STEP = re.compile(r"((?:form|remind):([^:]*):)([^:]*)(.*)", re.DOTALL)
"""A step about a division's report: what it is and of which round, the round, the division, and the rest."""


def _side_by_side(entries: Iterable[Entry], now_called: Callable[[str], str]) -> frozenset[str]:
    """Names of which today's was in use already: a division that was merged into that one, not an older name of it."""
    first: dict[tuple[str, str], datetime] = {}
    last: dict[tuple[str, str], datetime] = {}
    for e in entries:
        at = e.at.replace(tzinfo=None)
        for m in filter(None, map(_STEP.fullmatch, e.keys)):
            step = m[2], m[3]
            first[step], last[step] = min(at, first.get(step, at)), max(at, last.get(step, at))
    older = {step: since for step in last if (since := first.get((step[0], now_called(step[1]))))}
    return frozenset(step[1] for step, since in older.items() if now_called(step[1]) != step[1] and since <= last[step])


def _renamed(entry: Entry, now_called: Callable[[str], str]) -> Entry:
    """The entry by the names that divisions have today."""
    steps = [m.group(1, 3, 4) if (m := _STEP.fullmatch(key)) else ("", "", key) for key in entry.keys]
    former = next((name for _, name, _ in steps if name and now_called(name) != name), "")
    keys = (f"{step}{now_called(name) if name else ''}{rest}" for step, name, rest in steps)
    return replace(entry, keys=tuple(keys), former=former) if former else entry


# sending


def send_all(
    mails: Iterable[Outgoing],
    settings: MailSettings,
    transport: Transport,
    record: SentRecord,
    now: datetime,
    *,
    again: bool = False,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> tuple[Sent, ...]:
    """Send what was not sent yet; all mails are made before the first is sent.

    `again`: also what was sent, or may have been.  Raises MailError where a mail cannot be made (nothing is sent
    then) and WorkspaceError where the record cannot be written; what a server refuses is among the results.
    """
    made = [(mail, to_message(mail, settings, now)) for mail in mails]
    results: list[Sent] = []
    stopped: MailError | None = None
    met: set[str] = set()
    for done, (mail, data) in enumerate(made):
        progress(done, len(made), mail.division or mail.to[0])
        before = record.last(mail.keys)
        if before is not None and (not again or met.intersection(mail.keys)):
            results.append(_before(mail, before))
        elif stopped is not None:
            results.append(
                Sent(mail, Outcome.FAILED, reason=stopped.in_brackets, remedy=stopped.remedy)
            )  # not tried
        else:
            result, stopped = _send(mail, data, settings, transport, record, now)
            results.append(result)
        met.update(mail.keys)
    progress(len(made), len(made), "")
    return tuple(results)


def _before(mail: Outgoing, entry: Entry) -> Sent:
    reached = {a.lower() for a in entry.to}
    if entry.state == "sent" and (wanting := tuple(a for a in mail.to if a.lower() not in reached)):
        moved = tr("上次发到 {to}，没有发到 {wanting}", to=entry.to, wanting=wanting)
        return Sent(mail, Outcome.ALREADY, entry.at, moved, tr("要发到没有发到的邮箱，加 --again"))
    if entry.state == "sent" and entry.former:
        told = tr("发给它时叫“{former}”，那份表仍然能报", former=entry.former)
        return Sent(mail, Outcome.ALREADY, entry.at, told, tr("任务后来有变动的，或要再发一次，加 --again"))
    if entry.state == "sent":
        return Sent(mail, Outcome.ALREADY, entry.at, remedy=tr("要再发一次请加 --again"))
    return Sent(
        mail,
        Outcome.UNCERTAIN,
        entry.at,
        reason=HALFWAY,
        remedy=_if_not_there(mail),
    )


def _if_not_there(mail: Outgoing) -> Text:
    """What to do about a mail that may not have gone out: an answer cannot be sent once more by hand."""
    if mail.automatic == "auto-replied":
        return tr("问一下对方，或看邮箱的“已发送”；没有收到就自己回信告诉对方")
    return ASK


def _send(
    mail: Outgoing, data: bytes, settings: MailSettings, transport: Transport, record: SentRecord, now: datetime
) -> tuple[Sent, MailError | None]:
    try:
        refused = transport.deliver(settings.address, mail.to, mail.cc, data, lambda: record.write(mail, "begun", now))
    except Refused as e:
        record.write(mail, "failed", now, e.what)
        return Sent(mail, Outcome.FAILED, reason=e.what, remedy=tr("按括号里的话核对“处室”表的邮箱，改好再发")), None
    except Unknown as e:
        record.write(mail, "uncertain", now, e.what)
        return Sent(mail, Outcome.UNCERTAIN, now, e.what, _if_not_there(mail)), None
    except MailError as e:
        record.write(mail, "stopped", now, e.what)
        return Sent(mail, Outcome.FAILED, reason=e.in_brackets, remedy=e.remedy), e
    reason, remedy = _refused(mail, refused)
    record.write(mail, "sent", now, reason, refused)
    return Sent(mail, Outcome.SENT, now, reason, remedy), None


def _refused(mail: Outgoing, refused: Sequence[str]) -> tuple[str, str]:
    """(what, what to do) where a mail reached only some of its addresses."""
    to, copies = tuple(a for a in refused if a in mail.to), tuple(a for a in refused if a not in mail.to)
    told = [tr("邮箱没有被接受：{listed}（其余的已经发到）", listed=to)] if to else []
    told += [tr("抄送没有被接受：{listed}", listed=copies)] if copies else []
    if not told:
        return "", ""
    return listed("；", told), tr("核对“处室”表的邮箱") if to else tr("核对“处室”表的抄送")


class SmtpTransport:
    """The office's sending server, opened when it is first needed and again after a cut."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings, self._smtp = settings, None  # type: tuple[MailSettings, smtplib.SMTP | None]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, trace: TracebackType | None) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except FAILURES:
                self._smtp.close()

    def deliver(
        self, sender: str, to: Sequence[str], cc: Sequence[str], data: bytes, committing: Callable[[], None]
    ) -> tuple[str, ...]:
        server = sending(self._settings)
        fresh = self._smtp is None
        smtp = self._smtp = self._smtp or open_smtp(self._settings)
        body = re.sub(rb"(?m)^\.", b"..", data.removesuffix(b"\r\n")) + b"\r\n.\r\n"
        try:
            try:
                refused = self._envelope(smtp, sender, to, cc, len(data))
            except CUT:
                if fresh:
                    raise
                # The server hung up while it had nothing to do; nothing was sent on this connection.
                smtp.close()
                smtp = self._smtp = open_smtp(self._settings)
                refused = self._envelope(smtp, sender, to, cc, len(data))
            committing()
            smtp.send(body)  # an error here: the end of the mail, which comes last, was not sent
        except Refused:
            self._reset()
            raise
        except FAILURES as e:
            self._drop()
            raise explain(e, server) from None
        except BaseException:
            self._drop()
            raise
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(max(PATIENCE, self._settings.timeout))
            code, text = smtp.getreply()
        except FAILURES:
            self._drop()
            raise Unknown(tr("发完后没有等到服务器的答复就断了，不知道发出没有")) from None
        if smtp.sock is not None:
            smtp.sock.settimeout(self._settings.timeout)
        if code != 250:
            self._reset()
            raise Refused(tr("服务器没有接受（{code} {text}）", code=code, text=as_words(text)[:200]))
        return refused

    def _envelope(
        self, smtp: smtplib.SMTP, sender: str, to: Sequence[str], cc: Sequence[str], size: int
    ) -> tuple[str, ...]:
        """Up to the server's readiness for the text.  Raises Refused, MailError and what smtplib raises."""
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            raise Refused(
                tr("邮件 {size:.1f} MB，超过服务器的限额 {limit:.1f} MB", size=size / 1e6, limit=int(limit) / 1e6)
            )
        code, text = smtp.mail(sender, [f"size={size}"] if smtp.has_extn("size") else [])
        if code == 552:  # too big (RFC 1870): another mail may pass
            raise Refused(tr("服务器没有接受（{code} {text}）", code=code, text=as_words(text)[:200]))
        if code != 250:
            raise self._stop(
                code, text, tr("发件人"), tr("“邮箱地址”要与登录的账号一致；发得太快被限制时，过一会儿再运行")
            )
        refused: dict[str, Text] = {}
        for address in (*to, *cc):
            code, text = smtp.rcpt(address)
            if code == 421:
                raise self._stop(code, text, address, AGAIN)
            if code not in (250, 251):
                refused[address] = tr(
                    "服务器不接受收件人 {address}（{code} {text}）",
                    address=address,
                    code=code,
                    text=as_words(text)[:200],
                )
            if address == to[-1] and refused.keys() >= set(to):
                raise Refused(refused[to[0]])
        code, text = smtp.docmd("DATA")
        if code == 421:
            raise self._stop(code, text, tr("正文"), AGAIN)
        if code != 354:
            raise Refused(tr("服务器没有接受（{code} {text}）", code=code, text=as_words(text)[:200]))
        return tuple(refused)

    def _stop(self, code: int, text: bytes, what: str, remedy: str) -> MailError:
        server = sending(self._settings)
        self._drop()
        return MailError(
            tr("服务器不接受{what}（{code} {text}）", what=what, code=code, text=as_words(text)[:200]),
            where=tr("{server} {host}:{port}", server=server.called, host=server.host, port=server.port),
            remedy=remedy,
        )

    def _reset(self) -> None:
        try:
            if self._smtp is not None:
                self._smtp.rset()
        except FAILURES:
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None
