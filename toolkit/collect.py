"""collect: files in; archived, reviewed, merged into the master, recorded.

The order of steps is what makes a kill harmless: archive each original -> review -> wait until the originals are on the
disk -> note what arrived -> write the master -> answer and file the mail.  Run again after a kill, the same files give
the same master; what is noted and not in the master (it was open elsewhere, or an older one was restored) is taken up
again with its first time of receipt.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import closing
from toolkit.arrivals import Arrival, Noted, last_met, note_of, noted_arrivals
from toolkit.beside import Beside, may_be_beside, question_beside, reports_in, with_words
from toolkit.collected import FROM_MAILBOX, Collected, Seen, remember
from toolkit.decisions import Decisions
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.intake.deliveries import Delivery
from toolkit.intake.folder import gather
from toolkit.intake.mailfile import heading
from toolkit.intake.members import MailFacts
from toolkit.language import tr
from toolkit.ledger import Ledger, Outcome
from toolkit.lost import lost_tasks, note_tasks, told_lost
from toolkit.mail.errors import MailError
from toolkit.master.live import ExcelBusy
from toolkit.master.store import Loaded, MasterBusy, MasterChanged, load, save
from toolkit.model import Finding, Receipt, Verdict
from toolkit.returns.cluster import Readers, cluster_pool
from toolkit.returns.findings import finding, left_to_another_year
from toolkit.returns.formats.sniff import CONTAINERS, sniff
from toolkit.returns.known import forget, known
from toolkit.returns.read import Reading
from toolkit.returns.review import Review
from toolkit.returns.sandbox import Given, shared_pool
from toolkit.reviewer import Reviewer
from toolkit.standing import moment, office_of
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox, ReceivedMail
    from toolkit.mail.answers import Reviewed
    from toolkit.mail.outgoing import Entry, Sent, SentRecord

TRIES = 3
"""How often a run begins again because someone saved the master meanwhile."""


CLOCK = timedelta(hours=1)
"""By how much a computer's clock may go back before somebody should know."""

Progress = Callable[[int, int, str], None]
"""done, total (0 while that is not known), file name."""


def collect(
    workspace: Workspace,
    paths: Sequence[Path],
    now: datetime | None = None,
    progress: Progress = lambda *_: None,
    workers: int | None = None,
    mail: bool = False,
    cluster: str = "",
) -> Collected:
    """Take in the drop folder, or `paths` (files or folders).  `now`: naive, in the office's time zone.

    Files are read in `workers` processes that can be killed (see `returns.sandbox`); the result does not depend on
    how many.  `mail`: also take in the office's mailbox, where 设置 names one, answer and file its mails away.
    `cluster`: the address of a Dask cluster that reads them instead.

    Raises WorkspaceError for a path that does not exist or a workspace in use, MasterError for a master that cannot
    be used, Annex2Error for a cluster that cannot; nothing is changed then but the archive.
    """
    with workspace.writing(), contextlib.ExitStack() as stack:
        pool = stack.enter_context(cluster_pool(cluster)) if cluster else shared_pool(workers)
        for _ in range(TRIES):
            loaded = load(workspace, to_save=True)
            at = moment(now, loaded.master.zone)
            run = _Run(workspace, loaded, at, progress, pool, rehearsed=now is not None)
            seen = None if paths else Seen.now(workspace)
            try:
                done = run.with_mailbox(paths) if mail else run.run(paths)
            except MasterChanged:
                continue
            if run.stands is not None:
                remember(workspace, seen, done, run.stands, loaded.master.office.settings, at)
            return done
        raise WorkspaceError(
            tr("总表一直在被别人保存，没有写入"), remedy=tr("等对方存好后再运行一次；收到的文件已经归档")
        )


class _Run:
    def __init__(
        self,
        workspace: Workspace,
        loaded: Loaded,
        now: datetime,
        progress: Progress,
        pool: Readers,
        *,
        rehearsed: bool = False,
    ) -> None:
        """`rehearsed`: `now` is not the clock's, and nothing comes later."""
        self._workspace, self._loaded, self._now, self._progress = workspace, loaded, now, progress
        self._rehearsed = rehearsed
        self.stands: bytes | None = None  # the master on the disk when `run` is through, where that is known
        self._archive = Archive(workspace.archive)
        self._ledger = Ledger(loaded.master, now)
        self._pool = pool
        self._reviewer = Reviewer(loaded.master, workspace.secret(), pool)
        self._unread: list[str] = []
        self._mail_trouble: list[str] = []
        self._clock: tuple[str, ...] = ()  # that it is wrong
        self._total = 0
        self._noted: set[tuple[str, str]] = set()  # (path, sha256) of what earlier runs noted
        self._notes: dict[int, dict[str, object]] = {}  # by 编号
        self._first: dict[str, Arrival] = {}  # of the same bytes, by SHA-256
        self._mail_paths: Mapping[str, Arrival] = {}  # mails of the mailbox that earlier runs noted, by SHA-256
        self._box: Mailbox | None = None
        self._mails: list[_Mail] = []
        self._told: Mapping[str, Entry] = {}  # files that their senders were told to wait for, or to mend
        self._ruled: list[Receipt] = []  # those of them that a person has decided on
        self._versions = _Versions()
        self._failed: list[str] = []  # what is to be tried again or went out wanting, in words

    def with_mailbox(self, paths: Sequence[Path]) -> Collected:
        """`run`, with the mailbox: its mails are answered and filed away when the master is written."""
        from toolkit.post import list_undone_answers, mailbox_of, sent_record, waiting_for_word

        with mailbox_of(self._workspace, self._loaded.master.office) as self._box:
            if self._box is None:
                return self.run(paths)
            record = sent_record(self._workspace)
            self._told = waiting_for_word(record)
            self._progress(0, 0, tr("看邮箱里有没有新邮件"))
            done = self.run(paths)
            if done.busy:
                return done
            inside = _by_mail({m.path for m in self._mails}, done.outcomes)
            met = [(m, inside.get(m.path, [])) for m in self._mails]
            sent: tuple[Sent, ...] = ()
            waiting: set[str] = set()  # mails that are not filed away, so that they come again and are answered
            tried: set[str] | None = None  # answers, where all that wait were tried again
            try:
                sent, waiting = self._answer(record, met)
                tried = None if self._mail_trouble else {r.mail.key for r in sent}
            except Annex2Error as e:
                self._failed.append(e.text)
                waiting = {m.path for m, _ in met if m.facts}
            listed = 0
            try:
                listed, self.stands = list_undone_answers(
                    self._workspace, record, self._loaded.master, self.stands, self._now, tried
                )
            except (Annex2Error, MasterChanged) as e:
                self._failed.append(e.text if isinstance(e, Annex2Error) else tr("总表正在被保存"))
            for accepted in (True, False, None):
                there = [m.mail for m, o in met if _settled(o) is accepted and m.path not in waiting]
                try:
                    self._box.file_away(there, accepted=accepted)
                except Annex2Error as e:
                    self._failed.append(e.text)
            return replace(
                done,
                answers=sent,
                open_items=done.open_items + listed,
                changed=done.changed or bool(listed),
                unread=(*done.unread, *self._box.unread),
                unfinished=tuple(dict.fromkeys(self._failed)),
                mailbox=next(iter(self._mail_trouble), ""),
            )

    def _answer(
        self, record: SentRecord, met: Sequence[tuple[_Mail, Sequence[Outcome]]]
    ) -> tuple[tuple[Sent, ...], set[str]]:
        """Answer mails: what became of that, and the paths of those whose answer is to be tried again."""
        from toolkit.mail.outgoing import Outcome as MailOutcome
        from toolkit.post import ANSWER_TRIES, answers_to, rulings, send_answers, untold

        office = office_of(self._loaded.master, self._now.date())
        files = [(m.facts, m.received, self._reviewed(m, outcomes)) for m, outcomes in met if m.facts]
        answers = answers_to(self._workspace, record, office, files, self._now, self._formless)
        new = untold(record, self._told, self._ruled)
        ruled = rulings(self._workspace, office, self._told_again(new), self._now, self._formless)
        sent = send_answers(record, office, [*filter(None, answers), *ruled], self._now)
        failing = [r.mail.key for r in sent if r.outcome is MailOutcome.FAILED]
        unsent = {key for key in failing if record.failures(key) < ANSWER_TRIES}
        asked = (m for m, _ in met if m.facts)
        return sent, {m.path for m, a in zip(asked, answers, strict=True) if a is not None and a.key in unsent}

    def _formless(self, error: Annex2Error) -> None:
        """An answer that should carry the form went without."""
        self._failed.append(tr("回信里没有附上要填的表：{why}", why=error.text))

    def _told_again(self, receipts: Iterable[Receipt]) -> Iterator[tuple[Entry, datetime, Reviewed]]:
        """What their senders are to be told of files, beside what they were told."""
        for receipt in receipts:
            try:
                file = self._known_file(receipt, receipt.name, anew=True)
            except WorkspaceError as e:  # an original that is missing costs its own mail, not the others'
                self._failed.append(e.text)
                continue
            yield self._told[receipt.sha256], receipt.received, file

    def _known_file(
        self,
        receipt: Receipt,
        name: str,
        findings: tuple[Finding, ...] = (),
        *,
        anew: bool,
        came: tuple[Arrival, MailFacts | None] | None = None,
    ) -> Reviewed:
        """What an answer needs to know of a file; reviewed `anew`, from the archive, where it waits or went back.

        `came`: its arrival, and the mail that it came in.
        """
        from toolkit.mail.answers import Reviewed

        office = self._loaded.master.office
        if anew and receipt.verdict in (Verdict.HELD, Verdict.RETURNED):
            review = self._reviewer.again(receipt, self._archive)
            findings = review.findings
            if came and review.blank and receipt.verdict is Verdict.HELD:
                asked = question_beside(*came, self._reviewer.owner(came[0]))
                findings = (asked,) if asked else findings
        round_ = office.round(receipt.round) if receipt.round else None
        whose = office.division(receipt.division) if receipt.division else None
        return Reviewed(name, receipt.sha256, receipt.verdict, round_, findings, whose)

    def _reviewed(self, mail: _Mail, outcomes: Iterable[Outcome]) -> list[Reviewed]:
        """The files of a mail; one that an earlier run recorded is reviewed again."""
        files = []
        for o in outcomes:
            itself = o.arrival.path == mail.path and mail.facts is not None
            name = f"来信“{mail.facts.subject}”" if itself and mail.facts else o.arrival.name
            files.append(self._known_file(o.receipt, name, o.findings, anew=not o.new, came=(o.arrival, mail.facts)))
        return files

    def run(self, paths: Sequence[Path]) -> Collected:
        decisions = self._ledger.decisions()
        office = self._loaded.master.office
        people = Decisions(office, self._ledger, self._reviewer, self._archive, self._now)
        # A 销号 is decided on what is reported: it waits for what this run brings.
        last = {i.key for i in decisions if i.key.startswith(closing.ITEM)}
        results = {i.key: people.carry_out(i) for i in decisions if i.key not in last}
        outcomes: dict[tuple[str, str], Outcome] = {}
        put_off: dict[tuple[str, str], tuple[_Met, int]] = {}

        def keep(met: _Met, review: Review | None, no: int = 0) -> None:
            key = _key(met.arrival)
            outcome = outcomes[key] = self._file(met, review, no)
            self._first.setdefault(met.arrival.sha256, met.arrival)
            if outcome.new:  # what it wrote, cell by cell, is the ledger's to keep
                outcomes[key] = replace(outcome, receipt=replace(outcome.receipt, written=()))
                if key not in self._noted:
                    self._notes[outcome.receipt.no] = note_of(met.arrival, met.explained, self._now)

        try:
            for done, met in enumerate(self._met(paths)):
                self._progress(min(done, self._total), self._total, met.arrival.name)
                key = _key(met.arrival)
                if key in outcomes or key in put_off:
                    continue
                review = self._review(met)
                if review and may_be_beside(met.arrival, met.data, review):
                    # An empty form is its division's last word until another comes; a page belongs to what is there.
                    put_off[key] = met, self._ledger.number() if review.blank else 0
                else:
                    keep(met, review)
            beside = Beside(office, self._ledger, self._reviewer.owner, self._reviewer.is_own)
            reports = reports_in(outcomes.values()) if put_off else {}
            for met, no in put_off.values():
                review = self._review(met)
                keep(met, review and beside.review(met.arrival, met.data, met.mail, review, reports), no)
        finally:  # also what was met before an error is kept
            self._archive.settle()
        self._progress(self._total, self._total, "")
        self._archive.note(self._notes[no] for no in sorted(self._notes))  # a run that takes them up numbers them so
        self._notes.clear()
        forget(self._loaded.master.office)  # it takes the memory that writing the master needs
        results |= {i.key: people.carry_out(i) for i in decisions if i.key in last}
        before = self._loaded.known()
        lost = lost_tasks(before, office)
        self._ledger.ask_about_lost(lost)
        self._ledger.list_again()
        self._ledger.settle_on_paper()
        self._ledger.closings.propose()
        edits = self._ledger.edits()
        told = Collected(
            tuple(outcomes.values()),
            tuple((i, results[i.key]) for i in decisions),
            len(self._ledger.merged),
            changed=False,
            open_items=self._ledger.open_items,
            unread=tuple(self._unread),
            to_confirm=self._ledger.to_confirm,
            plans=self._ledger.plans,
            proposed=self._ledger.closings.proposed,
            remarks=(*self._clock, *told_lost(lost), *self._loaded.master.remarks),
        )
        waiting = (r for r in self._ledger.register if r.sha256 in self._told)
        self._ruled = [r for r in waiting if r.ruled_on and (r.verdict.accepted or r.verdict is Verdict.RETURNED)]
        del self._ledger, people  # as `forget`
        try:
            saved = save(self._workspace, self._loaded, edits, self._now)
        except (MasterBusy, ExcelBusy) as e:
            return replace(told, busy=e.text)
        del edits  # as `forget`
        note_tasks(self._workspace, office.tasks, before, told=True, but=self._loaded.master.unsettled)
        self.stands = saved.data
        return replace(told, changed=saved.changed)

    def _met(self, paths: Sequence[Path]) -> Iterator[_Met]:
        """Every file, archived, with what stands in it where that must be known; one in a container right behind it."""
        ahead: deque[_Original] = deque()

        def to_open() -> Iterator[Given]:
            for original in self._originals(paths):
                ahead.append(original)
                if original.must_be_opened:
                    yield Given(original.data, original.name, not original.known)

        for parts in self._pool.open_many(to_open()):
            while not ahead[0].must_be_opened:
                yield from self._opened(ahead.popleft())
            yield from self._opened(ahead.popleft(), parts)
        for original in ahead:
            yield from self._opened(original)

    def _originals(self, paths: Sequence[Path]) -> Iterator[_Original]:
        """Every original, archived.  What the master does not know of comes first."""
        noted = noted_arrivals(self._archive)
        self._noted = {_key(n.arrival) for n in noted}
        self._clock = _told_clock(max((n.arrival.received for n in noted), default=self._now), self._now)
        self._first = {n.arrival.sha256: n.arrival for n in reversed(noted)}
        self._mail_paths = {n.arrival.sha256: n.arrival for n in reversed(noted) if _is_mail_of_the_box(n.arrival)}
        pending = self._lacking(noted)
        with contextlib.suppress(OSError):  # programs that copy or pack a workspace leave out an empty folder
            self._workspace.inbox.mkdir(exist_ok=True)
        gathered = gather(paths or [self._workspace.inbox], self._now, self._workspace, last_met(noted))
        found = gathered.originals
        self._unread += gathered.unread
        self._total = sum(len(parts) for _, parts in pending) + len(found)
        yield from self._once_more(pending)
        yield from self._from_mailbox()
        for original in found:
            try:
                data = original.read()
            except WorkspaceError as e:
                self._unread.append(e.text)
                continue
            yield self._archived(original.name, data, original.arrived, original.path)

    def _lacking(self, noted: Iterable[Noted]) -> Sequence[tuple[Noted, _Parts]]:
        """What earlier runs noted and the master does not have, with what it came in, as far as that was noted."""
        last: dict[str, Noted] = {}  # at each path
        found: dict[tuple[str, str], tuple[Noted, dict[tuple[str, str], Noted]]] = {}
        for n in noted:
            path = n.arrival.path
            last[path] = n
            if self._ledger.register.recorded(n.arrival) is None:
                cuts = (path[:i] for i, c in enumerate(path) if c == "!")
                whole = next((last[cut] for cut in cuts if cut in last), n)
                found.setdefault(_key(whole.arrival), (whole, {}))[1][_key(n.arrival)] = n
        return tuple(found.values())

    def _once_more(self, lacking: Iterable[tuple[Noted, _Parts]]) -> Iterator[_Original]:
        """From the archive.  A mail or another container is opened again: what a mail says belongs to what is in it."""
        for whole, parts in lacking:
            arrival = whole.arrival
            if (data := self._kept(arrival)) is None:
                continue
            known = self._ledger.register.twin(arrival.sha256) is not None
            within = parts if sniff(data, arrival.name) in CONTAINERS else {}
            place = arrival.sha256, arrival.archive
            yield _Original(arrival.name, data, arrival.received, place, known, whole, within)

    def _from_mailbox(self) -> Iterator[_Original]:
        """The mailbox's new mails."""
        if self._box is None:
            return
        before = self._total
        try:
            for mail in self._box.fetch_new():
                received = mail.received.astimezone(self._now.tzinfo).replace(microsecond=0)
                if self._rehearsed:
                    received = min(self._now, received)
                self._clock = self._clock or _told_clock(received, self._now)
                self._total = before + self._box.found
                yield self._archived("mail.eml", mail.raw, received, mail)
        except MailError as e:  # the rest comes the next time
            self._unread.append(e.text)
            self._mail_trouble.append(e.text)

    def _archived(self, name: str, data: bytes, received: datetime, source: str | ReceivedMail) -> _Original:
        place = self._archive.store(data, name)
        return _Original(name, data, received, place, self._ledger.register.twin(place[0]) is not None, source)

    def _opened(self, original: _Original, parts: Sequence[Delivery] = ()) -> Iterator[_Met]:
        """An original and what was in it, archived; without `parts`, where it need not be opened."""
        own = parts[0] if parts else Delivery(original.name, "", None)
        source = original.source
        if isinstance(source, Noted) and not original.within:
            yield _Met(source.arrival, original.data, source.explained, original.known, own.reading)
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
            arrival = Arrival(shown, path + part.way, *place, received, part.sender, part.subject)
            known = self._is_known(arrival)
            met.append(_Met(arrival, data, self._reviewer.letter(part), known, part.reading, part.mail))
        if original.within:
            met = list(self._of_those(met, original.within))
        rest = self._pool.read_many((m.data, m.arrival.name) for m in met if m.must_be_read)
        opened = (replace(m, reading=next(rest)) if m.must_be_read else m for m in met)
        yield from self._told_apart(list(opened)) if any(map(self._page_of, met)) else opened

    def _of_those(self, met: Iterable[_Met], noted: _Parts) -> Iterator[_Met]:
        """What was noted among what came out now; what does not come out any more, as it was noted."""
        there = {_key(m.arrival): m for m in met}
        yield from (m for key, m in there.items() if key in noted)
        for n in (n for key, n in noted.items() if key not in there):
            if (data := self._kept(n.arrival)) is not None:
                yield _Met(n.arrival, data, n.explained, self._is_known(n.arrival), None)

    def _kept(self, arrival: Arrival) -> bytes | None:
        """A file out of the archive; None where it is missing, which is told."""
        try:
            return self._archive.read(arrival.sha256)
        except WorkspaceError as e:
            self._unread.append(e.text)
            return None

    def _page_of(self, met: _Met) -> str:
        """The division that a picture's or a PDF's name speaks of, "" for none."""
        if not any(f.code == "evidence" for f in met.explained or ()):
            return ""
        return known(self._loaded.master.office).division_in(met.arrival.name) or ""

    def _told_apart(self, met: Sequence[_Met]) -> Iterator[_Met]:
        """What was delivered together; a page named for a division whose table is not among it is that one's report."""
        office = self._loaded.master.office
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
        self._mails.append(_Mail(mail, path, original.received, facts))
        return name, path

    def _review(self, met: _Met) -> Review | None:
        """What stands in a file; None for one that is recorded already."""
        if self._ledger.register.met_before(met.arrival) is not None:
            return None
        if met.explained is not None or self._is_known(met.arrival):
            return Review(None, None, met.explained or (), {})
        assert met.reading is not None
        review = self._reviewer.review(met.arrival, met.reading, standing=self._ledger.standing)
        return with_words(review, met.mail)

    def _file(self, met: _Met, review: Review | None, no: int) -> Outcome:
        arrival = met.arrival
        if review is None:
            known = self._ledger.register.met_before(arrival)
            assert known is not None
            return Outcome(arrival, known, (finding("recorded", no=known.no),), new=False)
        return self._ledger.file(arrival, self._versions.only(arrival, review), instead=self._overtaken(arrival), no=no)

    def _is_known(self, arrival: Arrival) -> bool:
        """Whether the same bytes are recorded, so that nothing new stands in them."""
        return self._ledger.register.twin(arrival.sha256) is not None and self._overtaken(arrival) is None

    def _overtaken(self, arrival: Arrival) -> Receipt | None:
        """The same bytes, which wait as a stranger sent them, where they come from a division's address now."""
        twin = self._ledger.register.twin(arrival.sha256)
        if twin is None or twin.verdict is not Verdict.HELD or not self._reviewer.owner(arrival):
            return None
        before = self._first.get(arrival.sha256)
        return twin if before and before.sender and not self._reviewer.owner(before) else None


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


_Parts = Mapping[tuple[str, str], Noted]
"""What was noted, by `_key`."""


def _key(arrival: Arrival) -> tuple[str, str]:
    """Path and SHA-256."""
    return arrival.path, arrival.sha256


def _is_mail_of_the_box(arrival: Arrival) -> bool:
    return arrival.path.startswith(FROM_MAILBOX) and "!" not in arrival.path


class _Versions:
    """Reports that came together: of two versions of one nobody can tell which is the last."""

    def __init__(self) -> None:
        # (container, received, division, round) -> name, texts and figures of the first file that reported it
        self._first: dict[tuple[object, ...], tuple[str, Mapping[str, str]]] = {}

    def only(self, arrival: Arrival, review: Review) -> Review:
        """The review; held where another version of the report lay beside it."""
        container, packed, _ = arrival.path.partition("!")
        if not (packed and review.division and review.round and review.texts):
            return review
        form = (container, arrival.received, review.division, review.round.key)
        says = {**review.texts, **review.figures}
        other, before = self._first.setdefault(form, (arrival.name, says))
        changed = [key for key, text in says.items() if before.get(key, text) != text]
        if not changed:
            return review
        proposal = f"{review.division} {review.round.name}"
        doubt = finding("two_versions", n=len(changed), other=other, proposal=proposal)
        return Review(None, None, (*review.findings, doubt), {}, proposal=(review.division, review.round.key))


@dataclass(frozen=True, slots=True)
class _Mail:
    """One mail of the mailbox on its way through a run."""

    mail: ReceivedMail
    path: str
    received: datetime
    facts: MailFacts | None


def _by_mail(mails: Collection[str], outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """What became of each mail and of what is in it: a path goes on after its container's with a “!”."""
    found: dict[str, list[Outcome]] = {}
    for o in outcomes:
        path = o.arrival.path
        cuts = [i for i, c in enumerate(path) if c == "!"]
        for container in (path, *(path[:i] for i in cuts)):
            if container in mails:
                found.setdefault(container, []).append(o)
    return found


def _settled(outcomes: Sequence[Outcome]) -> bool | None:
    """Whether nothing of a mail waits for a person; None: another year's workspace, which may have the same mailbox,
    files it away."""
    if any(left_to_another_year(o.findings, o.arrival.received) for o in outcomes):
        return None
    return not any(o.receipt.verdict in (Verdict.HELD, Verdict.RETURNED) for o in outcomes)


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
    """Of a container that was noted: what of it, and in it, the master lacks, by path and SHA-256."""

    @property
    def must_be_opened(self) -> bool:
        if isinstance(self.source, Noted):
            return bool(self.within) or (self.source.explained is None and not self.known)
        return not self.known or sniff(self.data, self.name) in CONTAINERS


@dataclass(frozen=True, slots=True)
class _Met:
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


def check_file(workspace: Workspace, path: Path, now: datetime | None = None) -> tuple[Outcome, ...]:
    """What `collect` would make of one file and what is in it; nothing is changed, not even the archive."""
    loaded = load(workspace)
    run_at = moment(now, loaded.master.zone)
    noted = noted_arrivals(Archive(workspace.archive))
    originals = gather([path], run_at, workspace, last_met(noted)).originals
    if path.is_dir() or not originals:
        raise Annex2Error(tr("{path} 不是一个文件", path=path), remedy=tr("check 一次看一个文件；整个文件夹用 collect"))
    original = originals[0]
    pool = shared_pool()
    ledger, reviewer = Ledger(loaded.master, run_at), Reviewer(loaded.master, workspace.secret(), pool)
    outcomes: dict[int, Outcome] = {}
    put_off: dict[int, tuple[Arrival, bytes, Delivery, Review]] = {}
    versions = _Versions()
    whole = original.read()
    for place, d in enumerate(pool.open(whole, original.name)):
        data = whole if d.data is None else d.data
        sha256 = hashlib.sha256(data).hexdigest()
        arrival = Arrival(d.name, original.path + d.way, sha256, "", d.received(original.arrived), d.sender, d.subject)
        recorded = ledger.register.met_before(arrival)
        if recorded is not None:
            outcomes[place] = Outcome(arrival, recorded, (finding("recorded", no=recorded.no),), new=False)
            continue
        if d.findings is not None or ledger.register.twin(sha256) is not None:
            review = Review(None, None, reviewer.letter(d) or (), {})
        else:
            read = d.reading or pool.read(data, d.name)
            review = with_words(reviewer.review(arrival, read, standing=ledger.standing), d.mail)
        if may_be_beside(arrival, data, review):
            put_off[place] = (arrival, data, d, review)
        else:
            outcomes[place] = ledger.file(arrival, versions.only(arrival, review))
    beside = Beside(loaded.master.office, ledger, reviewer.owner, reviewer.is_own)
    reports = reports_in(outcomes.values())
    for place, (arrival, data, d, review) in put_off.items():
        outcomes[place] = ledger.file(arrival, beside.review(arrival, data, d.mail, review, reports))
    return tuple(outcomes[place] for place in sorted(outcomes))
