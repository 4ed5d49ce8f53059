"""What comes: originals out of the mailbox, the drop folder and the archive, each kept, and every file that is in them.

A file is read only where that is needed: what is recorded already, or can be no report, is not.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.arrivals import Arrival, Key, Noted, key_of, last_met
from toolkit.collected import FROM_MAILBOX
from toolkit.errors import WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.intake.deliveries import Delivery
from toolkit.intake.folder import Original as Found
from toolkit.intake.folder import gather
from toolkit.intake.mailfile import heading
from toolkit.intake.members import MailFacts
from toolkit.language import tr
from toolkit.mail.errors import MailError
from toolkit.model import Finding, Office
from toolkit.register import Register
from toolkit.returns.cluster import Readers
from toolkit.returns.findings import finding
from toolkit.returns.formats.sniff import CONTAINERS, sniff
from toolkit.returns.known import known
from toolkit.returns.read import Reading
from toolkit.returns.sandbox import Given
from toolkit.reviewer import Reviewer
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox, ReceivedMail

CLOCK = timedelta(hours=1)
"""By how much a computer's clock may go back before somebody should know."""

_Parts = Mapping[Key, Noted]
"""What was noted."""


@dataclass(frozen=True, slots=True)
class MailMet:
    """One mail of the mailbox on its way through a run."""

    mail: ReceivedMail
    path: str
    received: datetime
    facts: MailFacts | None


@dataclass(frozen=True, slots=True)
class Met:
    """One file on its way through a run."""

    arrival: Arrival
    data: bytes = field(repr=False)
    explained: tuple[Finding, ...] | None  # what is known without reading it
    known: bool  # recorded already, or the same bytes are
    reading: Reading | Finding | None
    mail: MailFacts | None = None  # that it came in

    @property
    def must_be_read(self) -> bool:
        return self.explained is None and not self.known and self.reading is None


@dataclass(frozen=True, slots=True)
class _Original:
    """One file or mail as it came, safe in the archive."""

    name: str
    data: bytes = field(repr=False)
    received: datetime
    place: tuple[str, str]  # SHA-256, path below the workspace
    known: bool  # the same bytes are recorded already
    source: str | ReceivedMail | Noted  # a file's path, …
    within: _Parts = field(default_factory=dict, repr=False)
    """Of a container that was noted: what of it, and in it, the master lacks."""

    @property
    def must_be_opened(self) -> bool:
        if isinstance(self.source, Noted):
            return bool(self.within) or (self.source.explained is None and not self.known)
        return not self.known or sniff(self.data, self.name) in CONTAINERS


class Incoming:
    """What one run meets.

    `noted`: what earlier runs noted.  `is_known`: whether nothing new stands in a file.  `rehearsed`: `now` is not the
    clock's, and nothing comes later.
    """

    def __init__(
        self,
        office: Office,
        register: Register,
        reviewer: Reviewer,
        pool: Readers,
        archive: Archive,
        noted: Sequence[Noted],
        is_known: Callable[[Arrival], bool],
        now: datetime,
        *,
        rehearsed: bool = False,
    ) -> None:
        self._office, self._register, self._reviewer = office, register, reviewer
        self._pool, self._archive, self._noted, self._is_known = pool, archive, noted, is_known
        self._now, self._rehearsed = now, rehearsed
        self._mail_paths = {n.arrival.sha256: n.arrival for n in reversed(noted) if _is_mail_of_the_box(n.arrival)}
        """Mails of the mailbox that earlier runs noted, by SHA-256."""
        self.total = 0  # files and mails, as far as they are known of
        self.mails: list[MailMet] = []
        self.unread: list[str] = []  # what could not be had, as sentences
        self.mail_trouble: list[str] = []  # why the mailbox was not taken in to its end
        newest = max((n.arrival.received for n in noted), default=now)
        self.clock = _told_clock(newest, now)  # that it is wrong, a sentence

    def all_of(self, workspace: Workspace, paths: Sequence[Path], box: Mailbox | None) -> Iterator[Met]:
        """Every file: what was noted and the master does not know of first, then the mailbox's new mails and the drop
        folder, or `paths`.  Raises WorkspaceError for a path that does not exist."""
        return self._met(self._originals(workspace, paths, box))

    def look_at(self, found: Found) -> Iterator[Met]:
        """One file, and what is in it.  Raises WorkspaceError where it cannot be read."""
        return self._met([self._stored(found.name, found.read(), found.arrived, found.path)])

    def _met(self, originals: Iterable[_Original]) -> Iterator[Met]:
        """Every file, with what stands in it where that must be known; one in a container right behind it."""
        ahead: deque[_Original] = deque()

        def to_open() -> Iterator[Given]:
            for original in originals:
                ahead.append(original)
                if original.must_be_opened:
                    yield Given(original.data, original.name, not original.known)

        for parts in self._pool.open_many(to_open()):
            while not ahead[0].must_be_opened:
                yield from self._opened(ahead.popleft())
            yield from self._opened(ahead.popleft(), parts)
        for original in ahead:
            yield from self._opened(original)

    # originals

    def _originals(self, workspace: Workspace, paths: Sequence[Path], box: Mailbox | None) -> Iterator[_Original]:
        pending = self._lacking()
        with contextlib.suppress(OSError):  # programs that copy or pack a workspace leave out an empty folder
            workspace.inbox.mkdir(exist_ok=True)
        gathered = gather(paths or [workspace.inbox], self._now, workspace, last_met(self._noted))
        self.unread += gathered.unread
        self.total = sum(len(parts) for _, parts in pending) + len(gathered.originals)
        yield from self._once_more(pending)
        if box is not None:
            yield from self._from_mailbox(box)
        for found in gathered.originals:
            try:
                data = found.read()
            except WorkspaceError as e:
                self.unread.append(e.text)
                continue
            yield self._stored(found.name, data, found.arrived, found.path)

    def _lacking(self) -> Sequence[tuple[Noted, _Parts]]:
        """What earlier runs noted and the master does not have, with what it came in, as far as that was noted."""
        last: dict[str, Noted] = {}  # at each path
        lacking: dict[Key, tuple[Noted, dict[Key, Noted]]] = {}
        for n in self._noted:
            path = n.arrival.path
            last[path] = n
            if self._register.recorded(n.arrival) is None:
                cuts = (path[:i] for i, c in enumerate(path) if c == "!")
                whole = next((last[cut] for cut in cuts if cut in last), n)
                lacking.setdefault(key_of(whole.arrival), (whole, {}))[1][key_of(n.arrival)] = n
        return tuple(lacking.values())

    def _once_more(self, lacking: Iterable[tuple[Noted, _Parts]]) -> Iterator[_Original]:
        """From the archive.  A mail or another container is opened again: what a mail says belongs to what is in it."""
        for whole, parts in lacking:
            arrival = whole.arrival
            if (data := self._kept(arrival)) is None:
                continue
            within = parts if sniff(data, arrival.name) in CONTAINERS else {}
            place, known = (arrival.sha256, arrival.archive), self._register.twin(arrival.sha256) is not None
            yield _Original(arrival.name, data, arrival.received, place, known, whole, within)

    def _from_mailbox(self, box: Mailbox) -> Iterator[_Original]:
        """The mailbox's new mails."""
        before = self.total
        try:
            for mail in box.fetch_new():
                received = mail.received.astimezone(self._now.tzinfo).replace(microsecond=0)
                if self._rehearsed:
                    received = min(self._now, received)
                self.clock = self.clock or _told_clock(received, self._now)
                self.total = before + box.found
                yield self._stored("mail.eml", mail.raw, received, mail)
        except MailError as e:  # the rest comes the next time
            self.unread.append(e.text)
            self.mail_trouble.append(e.text)

    def _stored(self, name: str, data: bytes, received: datetime, source: str | ReceivedMail) -> _Original:
        place = self._archive.store(data, name)
        return _Original(name, data, received, place, self._register.twin(place[0]) is not None, source)

    def _kept(self, arrival: Arrival) -> bytes | None:
        """A file out of the archive; None where it is missing, which is told."""
        try:
            return self._archive.read(arrival.sha256)
        except WorkspaceError as e:
            self.unread.append(e.text)
            return None

    # what is in them

    def _opened(self, original: _Original, parts: Sequence[Delivery] = ()) -> Iterator[Met]:
        """An original and what was in it, kept; without `parts`, where it need not be opened."""
        own = parts[0] if parts else Delivery(original.name, "", None)
        source = original.source
        if isinstance(source, Noted) and not original.within:
            yield Met(source.arrival, original.data, source.explained, original.known, own.reading)
            return
        if isinstance(source, Noted):
            name, path = source.arrival.name, source.arrival.path
        elif isinstance(source, str):
            name, path = original.name, source
        else:
            name, path = self._named(source, original, own.mail)
        met = []
        for part in parts or (own,):
            data, place = original.data, original.place
            if part.data is not None:
                data, place = part.data, self._archive.store(part.data, part.name)
            shown = part.name if part.way else name
            received = part.received(original.received)
            arrival = Arrival(shown, path + part.way, *place, received, self._reviewer.sender_of(part), part.subject)
            known = self._is_known(arrival)
            met.append(Met(arrival, data, self._reviewer.letter(part), known, part.reading, part.mail))
        if original.within:
            met = list(self._of_those(met, original.within))
        rest = self._pool.read_many((m.data, m.arrival.name) for m in met if m.must_be_read)
        opened = (replace(m, reading=next(rest)) if m.must_be_read else m for m in met)
        yield from self._told_apart(list(opened)) if any(map(self._page_of, met)) else opened

    def _of_those(self, met: Iterable[Met], noted: _Parts) -> Iterator[Met]:
        """What was noted among what came out now; what does not come out any more, as it was noted."""
        there = {key_of(m.arrival): m for m in met}
        yield from (m for key, m in there.items() if key in noted)
        for n in (n for key, n in noted.items() if key not in there):
            if (data := self._kept(n.arrival)) is not None:
                yield Met(n.arrival, data, n.explained, self._is_known(n.arrival), None)

    def _page_of(self, met: Met) -> str:
        """The division that a picture's or a PDF's name speaks of, "" for none."""
        if not any(f.code == "evidence" for f in met.explained or ()):
            return ""
        return known(self._office).division_in(met.arrival.name) or ""

    def _told_apart(self, met: Sequence[Met]) -> Iterator[Met]:
        """What was delivered together; a page named for a division whose table is not among it is that one's report."""
        office = self._office
        owing = {d for r in office.rounds for d in known(office).owed(office, r)}
        tables = [self._reviewer.review(t.arrival, t.reading) for t in met if isinstance(t.reading, Reading)]
        there = {d for t in tables for d in (t.division, *(t.proposal or ()))}
        for m in met:
            if self._page_of(m) in owing - there:
                told = tuple(f for f in m.explained or () if f.code != "evidence")
                kind = sniff(m.data, m.arrival.name)
                m = replace(m, explained=(*told, finding("not_a_table", kind=kind)))
            yield m

    def _named(self, mail: ReceivedMail, original: _Original, facts: MailFacts | None) -> tuple[str, str]:
        """(name, path) of a mail, which is remembered."""
        from toolkit.post import mail_path

        if (before := self._mail_paths.get(original.place[0])) is not None:  # the server numbered its mails anew
            name, path = before.name, before.path
        else:
            head = (facts.sender, facts.subject) if facts else heading(mail.raw)
            name, path = mail_path(*head, mail.uidvalidity, mail.uid)
        self.mails.append(MailMet(mail, path, original.received, facts))
        return name, path


def _told_clock(newest: datetime, now: datetime) -> tuple[str, ...]:
    """`newest`: when the last file of earlier runs came, which is never behind its run, or the server had a mail."""
    if newest - now < CLOCK:
        return ()
    return (
        tr(
            "电脑现在的时间 {now:%Y-%m-%d %H:%M} 比以前收件的时间 {newest:%Y-%m-%d %H:%M} 还早，时钟不对"
            "（或那时不对）：校准时钟，再核对“收件记录”里这次的“收到时间”和按时、逾期",
            now=now,
            newest=newest,
        ),
    )


def _is_mail_of_the_box(arrival: Arrival) -> bool:
    return arrival.path.startswith(FROM_MAILBOX) and "!" not in arrival.path
