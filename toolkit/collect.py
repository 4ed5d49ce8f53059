"""collect: files in; archived, reviewed, merged into the master, recorded.

The order of steps is what makes a kill harmless: archive each original -> review -> wait until the originals are on the
disk -> note what arrived -> write the master -> answer and file the mail.  Run again after a kill, the same files give
the same master; what is noted and not in the master (it was open elsewhere, or an older one was restored) is taken up
again with its first time of receipt.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import closing
from toolkit.attention import closed
from toolkit.collected import Collected, Seen, remember, written_words
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.intake.deliveries import PAGES, Delivery
from toolkit.intake.folder import gather
from toolkit.intake.mailfile import heading
from toolkit.intake.members import MailFacts
from toolkit.kinds import kind_of
from toolkit.language import Text, tr
from toolkit.ledger import DONE_WITH, IN_PLACE, Arrival, Ledger, Outcome
from toolkit.lost import known_tasks, lost_tasks, note_tasks, told_lost
from toolkit.mail.errors import MailError
from toolkit.master import schema
from toolkit.master.indicators import proposed
from toolkit.master.live import ExcelBusy
from toolkit.master.read import Item, Master
from toolkit.master.store import Loaded, MasterBusy, MasterChanged, load, save
from toolkit.merge import Cell
from toolkit.model import Finding, Office, Receipt, Severity, Verdict, digest, plain
from toolkit.returns.cluster import Readers, cluster_pool
from toolkit.returns.findings import NO_REPORT, finding, left_to_another_year
from toolkit.returns.formats.sniff import CONTAINERS, sniff
from toolkit.returns.known import forget, known
from toolkit.returns.read import Reading
from toolkit.returns.review import DEFAULT_TEXT_LIMIT, Review, review
from toolkit.returns.sandbox import Given, shared_pool
from toolkit.standing import moment
from toolkit.targets.progress import written
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox, ReceivedMail
    from toolkit.mail.answers import Reviewed
    from toolkit.mail.outgoing import Sent
    from toolkit.post import Senders

_BARE = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
"""An address without anything around it."""

TRIES = 3
"""How often a run begins again because someone saved the master meanwhile."""


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
            run = _Run(workspace, loaded, at, progress, pool)
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
    def __init__(self, workspace: Workspace, loaded: Loaded, now: datetime, progress: Progress, pool: Readers) -> None:
        self._workspace, self._loaded, self._now, self._progress = workspace, loaded, now, progress
        self.stands: bytes | None = None  # the master on the disk when `run` is through, where that is known
        self._archive = Archive(workspace.archive)
        self._ledger = Ledger(loaded.master, now)
        self._pool = pool
        self._reviewer = Reviewer(loaded.master, workspace.secret(), pool)
        self._unread: list[str] = []
        self._total = 0
        self._noted: set[tuple[str, str]] = set()  # (path, sha256) of what earlier runs noted
        self._notes: list[dict[str, object]] = []
        self._box: Mailbox | None = None
        self._mails: list[_Mail] = []
        # (container, received, division, round) -> name and texts of the first file that reported it
        self._versions: dict[tuple[str, datetime, str, str], tuple[str, Mapping[str, str]]] = {}

    def with_mailbox(self, paths: Sequence[Path]) -> Collected:
        """`run`, with the mailbox: its mails are answered and filed away when the master is written."""
        from toolkit.post import answers_to, mailbox_of, send_answers

        office = self._loaded.master.office
        with mailbox_of(self._workspace, office) as self._box:
            if self._box is not None:
                self._progress(0, 0, tr("看邮箱里有没有新邮件"))
            done = self.run(paths)
            if self._box is None or done.busy:
                return done
            inside = _by_mail({m.path for m in self._mails}, done.outcomes)
            met = [(m, inside.get(m.path, [])) for m in self._mails]
            failed: list[str] = []
            sent: tuple[Sent, ...] = ()
            try:
                # Before the mails are filed away: a mail that was not answered yet comes again.
                files = [(m.facts, m.received, self._reviewed(outcomes)) for m, outcomes in met if m.facts]
                answers = answers_to(self._workspace, office, files, self._now)
                sent = send_answers(self._workspace, office, answers, self._now)
            except Annex2Error as e:
                failed.append(e.text)
            try:
                for accepted in (True, False, None):
                    mails = [m.mail for m, outcomes in met if _settled(outcomes) is accepted]
                    self._box.file_away(mails, accepted=accepted)
            except Annex2Error as e:
                failed.append(e.text)
            return replace(done, answers=sent, unread=(*done.unread, *self._box.unread, *failed))

    def _reviewed(self, outcomes: Iterable[Outcome]) -> list[Reviewed]:
        """What an answer needs to know; a file that an earlier run recorded is reviewed again from the archive."""
        from toolkit.mail.answers import Reviewed

        files = []
        for o in outcomes:
            findings = o.findings
            if not o.new and o.receipt.verdict in (Verdict.HELD, Verdict.RETURNED):
                findings = self._reviewer.again(o.receipt, self._archive).findings
            round_ = self._loaded.master.office.round(o.receipt.round) if o.receipt.round else None
            whose = self._loaded.master.office.division(o.receipt.division) if o.receipt.division else None
            files.append(Reviewed(o.arrival.name, o.arrival.sha256, o.receipt.verdict, round_, findings, whose))
        return files

    def run(self, paths: Sequence[Path]) -> Collected:
        decisions = self._ledger.decisions()
        # A 销号 is decided on what is reported: it waits for what this run brings.
        last = {i.key for i in decisions if i.key.startswith(closing.ITEM)}
        results = {i.key: self._decide(i) for i in decisions if i.key not in last}
        outcomes: dict[tuple[str, str], Outcome] = {}
        put_off: dict[tuple[str, str], _Met] = {}

        def keep(met: _Met, review: Review | None) -> None:
            key = (met.arrival.path, met.arrival.sha256)
            outcome = outcomes[key] = self._file(met, review)
            if outcome.new:  # what it wrote, cell by cell, is the ledger's to keep
                outcomes[key] = replace(outcome, receipt=replace(outcome.receipt, written=()))
                if key not in self._noted:
                    self._notes.append(_note(met))

        try:
            for done, met in enumerate(self._met(paths)):
                self._progress(min(done, self._total), self._total, met.arrival.name)
                key = (met.arrival.path, met.arrival.sha256)
                if key in outcomes or key in put_off:
                    continue
                review = self._review(met)
                if review and (_is_letter(met, review) or _is_page(met, review)):
                    put_off[key] = met
                else:
                    keep(met, review)
            reports = (o.arrival.path for o in outcomes.values() if o.receipt.division) if put_off else ()
            forms = {path.rpartition("!")[0] for path in reports}
            for met in put_off.values():  # which reports there are is known by now
                keep(met, self._beside_a_report(met, self._review(met), forms))
        finally:  # also what was met before an error is kept
            self._archive.settle()
        self._progress(self._total, self._total, "")
        self._archive.note(self._notes)
        self._notes.clear()
        forget(self._loaded.master.office)  # it takes the memory that writing the master needs
        results |= {i.key: self._decide(i) for i in decisions if i.key in last}
        office, before = self._loaded.master.office, known_tasks(self._workspace)
        lost = lost_tasks(before, office)
        self._ledger.ask_about_lost(lost)
        self._ledger.propose_closings()
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
            proposed=self._ledger.proposed,
            remarks=(*told_lost(lost), *self._loaded.master.remarks),
        )
        del self._ledger  # as `forget`
        try:
            saved = save(self._workspace, self._loaded, edits, self._now)
        except (MasterBusy, ExcelBusy) as e:
            return replace(told, busy=e.text)
        note_tasks(self._workspace, office, before, told=True)
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
        self._noted = {(a.path, a.sha256) for a, _ in noted}
        pending = [(a, known) for a, known in noted if self._ledger.recorded(a) is None]
        gathered = gather(paths or [self._workspace.inbox], self._now, self._workspace)
        found = gathered.originals
        self._unread += gathered.unread
        self._total = len(pending) + len(found)
        for arrival, explained in pending:
            try:
                data = self._archive.read(arrival.sha256)
            except WorkspaceError as e:
                self._unread.append(e.text)
                continue
            known = self._ledger.twin(arrival.sha256) is not None
            place = arrival.sha256, arrival.archive
            yield _Original(arrival.name, data, arrival.received, place, known, (arrival, explained))
        yield from self._from_mailbox()
        for original in found:
            try:
                data = original.read()
            except WorkspaceError as e:
                self._unread.append(e.text)
                continue
            yield self._archived(original.name, data, original.arrived, original.path)

    def _from_mailbox(self) -> Iterator[_Original]:
        """The mailbox's new mails."""
        if self._box is None:
            return
        before = self._total
        try:
            for mail in self._box.fetch_new():
                received = min(self._now, mail.received.astimezone(self._now.tzinfo).replace(microsecond=0))
                self._total = before + self._box.found
                yield self._archived("mail.eml", mail.raw, received, mail)
        except MailError as e:  # the rest comes the next time
            self._unread.append(e.text)

    def _archived(self, name: str, data: bytes, received: datetime, source: str | ReceivedMail) -> _Original:
        place = self._archive.store(data, name)
        return _Original(name, data, received, place, self._ledger.twin(place[0]) is not None, source)

    def _opened(self, original: _Original, parts: Sequence[Delivery] = ()) -> Iterator[_Met]:
        """An original and what was in it, archived; without `parts`, where it need not be opened."""
        own = parts[0] if parts else Delivery(original.name, "", None)
        source = original.source
        if isinstance(source, tuple):
            yield _Met(source[0], original.data, source[1], original.known, own.reading)
            return
        name, path = (original.name, source) if isinstance(source, str) else self._named(source, original, own.mail)
        met = []
        for part in parts or (own,):
            data, place = original.data, original.place
            if part.data is not None:
                data, place = part.data, self._archive.store(part.data, part.name)
            shown = part.name if part.way else name
            received = part.received(original.received)
            arrival = Arrival(shown, path + part.way, *place, received, part.sender, part.subject)
            explained, twin = self._reviewer.letter(part), self._ledger.twin(place[0])
            met.append(_Met(arrival, data, explained, twin is not None, part.reading))
        rest = self._pool.read_many((m.data, m.arrival.name) for m in met if m.must_be_read)
        opened = (replace(m, reading=next(rest)) if m.must_be_read else m for m in met)
        yield from self._told_apart(list(opened)) if any(map(self._page_of, met)) else opened

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

        head = (facts.sender, facts.subject) if facts else heading(mail.raw)
        name, path = mail_path(*head, mail.uidvalidity, mail.uid)
        self._mails.append(_Mail(mail, path, original.received, facts))
        return name, path

    def _review(self, met: _Met) -> Review | None:
        """What stands in a file; None for one that is recorded already."""
        if self._ledger.recorded(met.arrival) is not None:
            return None
        if met.explained is not None or self._ledger.twin(met.arrival.sha256) is not None:
            return Review(None, None, met.explained or (), {})
        assert met.reading is not None
        return self._reviewer.review(met.arrival, met.reading, standing=self._ledger.standing)

    def _beside_a_report(self, met: _Met, review: Review | None, forms: Collection[str]) -> Review | None:
        """A letter that came with a report, and a page that came behind one which waits for its leader, are kept.

        `forms`: the containers that reports came in.
        """
        beside = met.arrival.path.rpartition("!")[0]
        if review is None or not (_is_letter(met, review) or _is_page(met, review)):
            return review
        if _is_letter(met, review) and any(f == beside or f.startswith(f"{beside}!") for f in forms):
            return Review(None, None, (finding("beside_a_form"),), {})
        return self._page_behind(met) or review if _is_page(met, review) else review

    def _page_behind(self, met: _Met) -> Review | None:
        """A page that came alone, behind the report that it is signed for; None where it may be a report itself."""
        office, arrival = self._loaded.master.office, met.arrival
        index = known(office)
        named = {d for d in (index.division_in(arrival.name), self._reviewer.owner(arrival)) if d}
        if len(named) != 1:
            return None
        (division,) = named
        spoken = {r.key for r in map(index.round_in, (arrival.name, arrival.subject)) if r}
        standing = {key: waits for key, waits in self._ledger.reports_of(division).items() if spoken <= {key}}
        waiting = [key for key, waits in standing.items() if waits]
        signed = list(standing)[-1:] if _LETTER.search(arrival.name) else []
        if len(waiting) != 1 and (waiting or not signed):
            return None
        round_ = office.round((waiting or signed)[0])
        assert round_ is not None
        told = finding("page_behind", kind=sniff(met.data, arrival.name), division=division, round=round_.name)
        return Review(division, round_, (told if waiting else finding("beside_a_form"),), {})

    def _file(self, met: _Met, review: Review | None) -> Outcome:
        arrival = met.arrival
        if review is None:
            known = self._ledger.recorded(arrival)
            assert known is not None
            return Outcome(arrival, known, (finding("recorded", no=known.no),), new=False)
        return self._ledger.file(arrival, self._only_version(arrival, review))

    def _only_version(self, arrival: Arrival, review: Review) -> Review:
        """The review; held where another version of the report lay beside it: which is the last one nobody can tell."""
        container, packed, _ = arrival.path.partition("!")
        if not (packed and review.division and review.round and review.texts):
            return review
        form = (container, arrival.received, review.division, review.round.key)
        before = self._versions.setdefault(form, (arrival.name, review.texts))
        changed = [t for t, text in review.texts.items() if before[1].get(t, text) != text]
        if not changed:
            return review
        proposal = f"{review.division} {review.round.name}"
        doubt = finding("two_versions", n=len(changed), other=before[0], proposal=proposal)
        return Review(None, None, (*review.findings, doubt), {}, proposal=(review.division, review.round.key))

    # what people decided

    def _decide(self, item: Item) -> str:
        try:
            result = self._result(item)
        except WorkspaceError as e:  # an original that is missing costs its own item, not the run
            result = e.on_one_line
        self._ledger.answer(item, result)
        return result

    def _result(self, item: Item) -> str:
        decision, stamp = item.decision.strip(), f"{self._now:%Y-%m-%d %H:%M}"
        kind, _, rest = item.key.partition(":")
        if decision == schema.DONE:
            return self._done_with(item, stamp)
        if kind == "conflict":
            return self._settle(rest, decision, stamp)
        if kind == "closing":
            return self._close_task(rest.partition(":")[0], decision, stamp)
        receipt = next((r for r in self._ledger.receipts if f"{kind}:{r.no}" == item.key), None)
        if item.key.startswith(IN_PLACE) and receipt is not None:
            return self._rule_in_place(receipt, stamp)
        if kind == "figures" and receipt is not None:
            return self._adopt(receipt, decision, stamp)
        if kind not in ("file", "return") or receipt is None:
            return tr("“{decision}”在这里不适用，请选“{done}”", decision=decision, done=schema.DONE)
        if decision == schema.REFUSE_FILE and kind == "file":
            self._ledger.refuse(receipt)
            return tr("已按意见不接收（{stamp}）", stamp=stamp)
        if not plain(decision).startswith(schema.ACCEPT_FILE):
            other = (
                tr("，或清空，等处室重新报送") if kind == "return" else tr("或“{refuse}”", refuse=schema.REFUSE_FILE)
            )
            return tr(
                "“{decision}”在这里不适用，请选“{accept}”{other}",
                decision=decision,
                accept=schema.ACCEPT_FILE,
                other=other,
            )
        if kind == "return":
            self._ledger.accept_as_it_is(receipt)
            unwritten = sum(not w.digest for w in receipt.written)
            left = tr("，{unwritten} 项没有写入台账", unwritten=unwritten) if unwritten else ""
            return tr("已接收：缺的不再要求补正{left}（{stamp}）", left=left, stamp=stamp)
        return self._accept(receipt, plain(decision).removeprefix(schema.ACCEPT_FILE), stamp)

    def _done_with(self, item: Item, stamp: str) -> str:
        """A person needs nothing more of annex2; a file that waited waits no more, and counts for nobody."""
        held = next((r for r in self._ledger.receipts if item.key == f"file:{r.no}"), None)
        if held is None or held.verdict is not Verdict.HELD:
            return tr("已处理（{stamp}）", stamp=stamp)
        self._ledger.refuse(held, DONE_WITH)
        if not (held.division and held.round):
            return tr("已处理（{stamp}）", stamp=stamp)
        return tr("已处理，这份收件不算报送（{stamp}）", stamp=stamp)

    def _rule_in_place(self, receipt: Receipt, stamp: str) -> str:
        """A person changed 结论 of a file in 收件记录."""
        asked = self._ledger.asked(receipt)
        if receipt.verdict is Verdict.IGNORED:
            if asked == "file" and not receipt.written:
                self._ledger.refuse(receipt)
                return tr("已按意见不接收（{stamp}）", stamp=stamp)
            return self._take_back(receipt, stamp)
        if receipt.verdict.accepted and asked == "return" and receipt.written:
            self._ledger.accept_as_it_is(receipt)
            return tr("已接收：缺的不再要求补正（{stamp}）", stamp=stamp)
        if receipt.verdict.accepted:
            again = asked == "return"  # a person knows what is missing
            result = self._accept(receipt, "", stamp)
            now = self._ledger.receipt(receipt.no)
            if again and closed(result) and now is not None and now.verdict is Verdict.RETURNED:
                self._ledger.accept_as_it_is(now)
            return result
        return tr("“{decision}”在这里不适用，结论没有改", decision=receipt.verdict.label)

    def _take_back(self, receipt: Receipt, stamp: str) -> str:
        """What a file wrote gives way to what was reported before."""
        held: dict[int, Mapping[str, str]] = {}
        texts: dict[str, str] = {}
        for task, other in self._ledger.holders(receipt).items():
            if other is None:
                continue
            if other.no not in held:
                held[other.no] = self._reviewer.held(other, self._archive)
            texts[task] = held[other.no].get(task, "")
            if not any((w.task, w.digest) == (task, digest(texts[task])) for w in other.written):
                return tr(
                    "没有撤回：第{no}号收件的原件里读不出{what}以前的文字，请先在总表里自己改好这一格，再改结论",
                    no=other.no,
                    what=self._ledger.named(task),
                )
        told = self._ledger.take_back(receipt, texts, stamp)
        for other in self._ledger.leaning_on(receipt):
            again = self._reviewer.again(other, self._archive, standing=self._ledger.standing)
            self._ledger.look_again(other, again)
        return tr("已撤回：{told}", told=told)

    def _settle(self, rest: str, decision: str, stamp: str) -> str:
        task, round_key, wanted = [*rest.split(":"), "", ""][:3]
        if decision == schema.KEEP_MASTER:
            return tr("已保留台账的文字（{stamp}）", stamp=stamp)
        if decision != schema.TAKE_RETURN:
            return tr(
                "“{decision}”在这里不适用，请选“{keep}”或“{take}”",
                decision=decision,
                keep=schema.KEEP_MASTER,
                take=schema.TAKE_RETURN,
            )
        receipt = self._ledger.holder_of(task, round_key, wanted)
        if receipt is None:
            return tr("收件记录里找不到这份报送，请直接在台账里改")
        again = self._reviewer.again(receipt, self._archive)
        text = again.texts.get(task) or again.figures.get(task)
        if text is None:
            return tr("原件里找不到这段文字，请直接在台账里改")
        self._ledger.take_return(task, round_key, text)
        return tr("已采用报送的文字（{stamp}）", stamp=stamp)

    def _adopt(self, receipt: Receipt, decision: str, stamp: str) -> str:
        if decision == schema.NOT_ADOPT:
            return tr("已按意见不采用（{stamp}）", stamp=stamp)
        if decision != schema.ADOPT:
            return tr(
                "“{decision}”在这里不适用，请选“{adopt}”或“{not_adopt}”",
                decision=decision,
                adopt=schema.ADOPT,
                not_adopt=schema.NOT_ADOPT,
            )
        taken, kept = self._ledger.adopt(receipt, self._reviewer.again(receipt, self._archive))
        rest = tr("，另有 {kept} 个已由人填了别的数，没有改动", kept=kept) if kept else ""
        return tr("已采用 {taken} 个数{rest}（{stamp}）", taken=taken, rest=rest, stamp=stamp)

    def _close_task(self, task: str, decision: str, stamp: str) -> str:
        if decision not in (schema.CLOSE_TASK, schema.NOT_YET):
            return tr(
                "“{decision}”在这里不适用，请选“{close_task}”或“{not_yet}”",
                decision=decision,
                close_task=schema.CLOSE_TASK,
                not_yet=schema.NOT_YET,
            )
        result = self._ledger.close_task(task, agreed=decision == schema.CLOSE_TASK)
        return tr("{result}（{stamp}）", result=result, stamp=stamp) if closed(result) else result

    def _accept(self, receipt: Receipt, named: str, stamp: str) -> str:
        """Accept a held file, as whose report of which round the person `named`, or else as review proposes."""
        office = self._loaded.master.office
        review = self._reviewer.again(receipt, self._archive)
        likely = review.proposal or (receipt.division, receipt.round)
        example = f"{schema.ACCEPT_FILE} {_example(office)}"
        division, round_key, rest = named_form(office, named)
        if rest:
            return tr("看不懂“{rest}”，没有接收；只写处室和节点，如：{example}", rest=rest, example=example)
        forced = (division or likely[0], round_key or likely[1])
        if any(f.code in NO_REPORT for f in review.findings):
            return tr("这份文件里没有能写入台账的内容，请选“{refuse}”，或请对方重报", refuse=schema.REFUSE_FILE)
        if not all(forced):
            return tr("看不出是哪个处室、哪个节点，请在处理意见里写明，如：{example}", example=example)
        accepted = self._reviewer.again(receipt, self._archive, forced)
        if accepted.round is None or accepted.division is None or not accepted.texts:
            return tr("这份文件里没有能写入台账的内容，请选“{refuse}”，或请对方重报", refuse=schema.REFUSE_FILE)
        cells = self._ledger.accept(receipt, accepted)
        wrote = written_words(cells, 0 if kind_of(accepted.round).in_ledger else cells)
        wanting = tr("；还有要补正的，另列了一条") if accepted.verdict is Verdict.RETURNED else ""
        return tr(
            "已接收，记为{division}{name}，{wrote}{wanting}（{stamp}）",
            division=accepted.division,
            name=accepted.round.name,
            wrote=wrote,
            wanting=wanting,
            stamp=stamp,
        )


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


Noted = tuple[Arrival, tuple[Finding, ...] | None]
"""What an earlier run noted, and what was known of it without reading it."""


@dataclass(frozen=True, slots=True)
class _Original:
    """One file or mail as it came, safe in the archive."""

    name: str
    data: bytes = field(repr=False)
    received: datetime
    place: tuple[str, str]  # SHA-256, path below the workspace
    known: bool  # the same bytes are recorded already
    source: str | ReceivedMail | Noted  # a file's path, …

    @property
    def must_be_opened(self) -> bool:
        if isinstance(self.source, tuple):
            return self.source[1] is None and not self.known
        return not self.known or sniff(self.data, self.name) in CONTAINERS


@dataclass(frozen=True, slots=True)
class _Met:
    """One file on its way through a run."""

    arrival: Arrival
    data: bytes = field(repr=False)
    explained: tuple[Finding, ...] | None  # what is known without reading it
    known: bool  # recorded already, or the same bytes are
    reading: Reading | Finding | None

    @property
    def must_be_read(self) -> bool:
        return self.explained is None and not self.known and self.reading is None


class Reviewer:
    """Reviews files of one office."""

    def __init__(self, master: Master, secret: bytes, pool: Readers | None = None) -> None:
        self._master, self._secret, self._pool = master, secret, pool or shared_pool()
        limit = master.office.settings.get(schema.SETTING_TEXT_LIMIT, "")
        self._limit = int(limit) if limit.isdecimal() and int(limit) else DEFAULT_TEXT_LIMIT
        self._mails: dict[tuple[str, str], tuple[str, str]] | None = None  # file -> sender, subject
        self._standing = {**master.status, **master.indicators.figures}
        self._addresses_known = any(d.mail or d.copies for d in master.office.divisions)

    def review(
        self,
        arrival: Arrival,
        reading: Reading | Finding,
        forced: tuple[str, str] | None = None,
        standing: Mapping[Cell, str] | None = None,
    ) -> Review:
        """Review what stands in a file as it arrived.  `forced`: as whose report of which round.

        `standing`: the ledger's texts as they are by now, where a run has changed them.
        """
        sender = _bare(arrival.sender)
        return review(
            self._master.office,
            reading,
            file_name=arrival.name,
            received=arrival.received,
            zone=self._master.zone,
            secret=self._secret,
            forced=forced,
            text_limit=self._limit,
            sender=sender,
            sender_division=self.owner(arrival),
            addresses_known=self._addresses_known,
            subject=arrival.subject,
            standing=self._standing if standing is None else standing,
        )

    def owner(self, arrival: Arrival) -> str | None:
        """The division whose address a file came from."""
        sender = _bare(arrival.sender)
        found = self._senders.of(sender) if sender else None
        return found.name if found else None

    def letter(self, part: Delivery) -> tuple[Finding, ...] | None:
        """What is known of a delivery without reading it; a mail that is nothing but a division's words is read out."""
        mail = part.mail
        bare = any(f.code == "mail_without_files" for f in part.findings or ())
        if mail is None or not bare or mail.listed or mail.automatic:
            return part.findings
        from toolkit.intake.mailfile import own_words

        owner, words = self._senders.of(mail.sender), " ".join(own_words(mail).split())
        if owner is None or not words:
            return part.findings
        text = words if len(words) <= MOST_OF_LETTER else words[:MOST_OF_LETTER] + "……"
        return (finding("letter", division=owner.name, text=text),)

    @cached_property
    def _senders(self) -> Senders:
        from toolkit.post import Senders

        return Senders(self._master.office)

    def again(
        self,
        receipt: Receipt,
        archive: Archive,
        forced: tuple[str, str] | None = None,
        standing: Mapping[Cell, str] | None = None,
    ) -> Review:
        """Review a recorded file from the archive.  `forced`, `standing`: see `review`."""
        if forced is None and receipt.division and receipt.round:
            forced = (receipt.division, receipt.round)
        sender = subject = ""
        if forced is None:  # what the mail said is part of the evidence, and of what was proposed
            if self._mails is None:
                self._mails = {(a.sha256, a.name): (a.sender, a.subject) for a, _ in noted_arrivals(archive)}
            sender, subject = self._mails.get((receipt.sha256, receipt.name), ("", ""))
        arrival = Arrival(
            receipt.name, receipt.name, receipt.sha256, receipt.archive, receipt.counts_from, sender, subject
        )
        return self.review(arrival, self._pool.read(archive.read(receipt.sha256), receipt.name), forced, standing)


    def held(self, receipt: Receipt, archive: Archive) -> Mapping[str, str]:
        """What a recorded file holds for the master: texts, figures, and figures that a person may have adopted."""
        review = self.again(receipt, archive)
        adopted = proposed(self._master.indicators, review.texts, review.figures)
        return {**review.texts, **{k: written(f.value) for k, f in adopted.items()}, **review.figures}


def check_file(workspace: Workspace, path: Path, now: datetime | None = None) -> tuple[Outcome, ...]:
    """What `collect` would make of one file and what is in it; nothing is changed, not even the archive."""
    loaded = load(workspace)
    run_at = moment(now, loaded.master.zone)
    originals = gather([path], run_at, workspace).originals
    if path.is_dir() or not originals:
        raise Annex2Error(tr("{path} 不是一个文件", path=path), remedy=tr("check 一次看一个文件；整个文件夹用 collect"))
    original = originals[0]
    pool = shared_pool()
    ledger, reviewer = Ledger(loaded.master, run_at), Reviewer(loaded.master, workspace.secret(), pool)
    outcomes = []
    whole = original.read()
    parts = pool.open(whole, original.name)
    for d in parts:
        data = whole if d.data is None else d.data
        sha256 = hashlib.sha256(data).hexdigest()
        arrival = Arrival(d.name, original.path + d.way, sha256, "", d.received(original.arrived), d.sender, d.subject)
        known = ledger.recorded(arrival)
        if known is not None:
            outcomes.append(Outcome(arrival, known, (finding("recorded", no=known.no),), new=False))
        elif d.findings is not None or ledger.twin(sha256) is not None:
            outcomes.append(ledger.file(arrival, Review(None, None, reviewer.letter(d) or (), {})))
        else:
            outcomes.append(ledger.file(arrival, reviewer.review(arrival, d.reading or pool.read(data, d.name))))
    return tuple(outcomes)


MOST_OF_LETTER = 200
"""Characters of a mail without attachments that are shown on 待处理."""

_LETTER = re.compile(
    r"(?:函|佐证|佐证材料|签[字批]页?|审[批定](?:页|表|单)|封面|证明|照片|请示|备注"
    r"|(?<!进展)(?<!进展情况)(?<!完成情况)(?<!落实情况)说明)[\W\d_]*(?:\.\w{2,5})?$"
)


def _is_letter(met: _Met, review: Review) -> bool:
    """Whether a file that came with others is by its name what people put beside a report, and holds none."""
    if not review.findings or any(f.code not in ("no_form", "not_a_table") for f in review.findings):
        return False
    return "!" in met.arrival.path and _LETTER.search(met.arrival.name) is not None


def _is_page(met: _Met, review: Review) -> bool:
    """Whether a file is a picture or a scan, which may be the page that a leader signed."""
    codes = [f.code for f in review.findings]
    return codes == ["not_a_table"] and sniff(met.data, met.arrival.name) in PAGES


def _bare(sender: str) -> str:
    return sender if _BARE.fullmatch(sender) else parseaddr(sender)[1]


_LONGEST_ROUND = 6
"""Characters of a round in other words than its name: 上半年, 1-3月份."""


def named_form(office: Office, text: str) -> tuple[str, str, str]:
    """What a person wrote behind 接收此件: (division, round key, what was not understood), "" for what is not there."""
    rest = plain(text).upper()
    round_key = division = ""
    rounds = {plain(n).upper(): r.key for r in office.rounds for n in (r.key, r.name)}
    names = {plain(n).upper(): d.name for d in office.divisions for n in (d.name, *d.aliases) if n}
    for name in sorted(names, key=len, reverse=True):
        if name in rest and not division:
            division, rest = names[name], rest.replace(name, "", 1)
    for name in sorted(rounds, key=len, reverse=True):
        if name in rest and not round_key:
            round_key, rest = rounds[name], rest.replace(name, "", 1)
    word = rest.strip("，,。.；;：:、（）()按记为作") if rest and not round_key else ""
    found = office.round(word) or (known(office).round_in(word) if len(word) <= _LONGEST_ROUND else None)
    if found is not None:
        round_key, rest = found.key, ""
    return division, round_key, rest.strip("，,。.；;：:、（）()的记为作按")


def _example(office: Office) -> str:
    round_ = next(iter(office.rounds), None)
    division = next(iter(office.owed(round_)), "") if round_ else ""
    return f"{division} {round_.key if round_ else ''}"


# what arrived, as it arrived: the master may forget it (restored, lost, open elsewhere), the archive does not


def noted_arrivals(archive: Archive) -> tuple[Noted, ...]:
    """Every arrival that any run noted, in their order, with what was known of it without reading it."""
    found = []
    for entry in archive.notes():
        explained = entry.pop("explained", None)
        try:
            arrival = Arrival(**{**entry, "received": datetime.fromisoformat(str(entry["received"]))})
            known = None if explained is None else tuple(_finding(f) for f in explained)
        except (TypeError, ValueError, KeyError):
            raise WorkspaceError(
                tr("收件的原始登记损坏"), where=str(archive.notebook), remedy=tr("从备份恢复这个文件，或把它移走再运行")
            ) from None
        found.append((arrival, known))
    return tuple(found)


def _finding(values: Mapping[str, str]) -> Finding:
    message, remedy = Text(values["message"], {}), Text(values["remedy"], {})
    return Finding(values["code"], Severity(values["severity"]), message, remedy, values["where"])


def _note(met: _Met) -> dict[str, object]:
    a = met.arrival
    entry: dict[str, object] = {f: getattr(a, f) for f in ("name", "path", "sha256", "archive", "sender", "subject")}
    entry["received"] = a.received.isoformat()
    if met.explained is not None:
        entry["explained"] = [
            {"code": f.code, "severity": str(f.severity), "message": f.message, "remedy": f.remedy, "where": f.where}
            for f in met.explained
        ]
    return entry
