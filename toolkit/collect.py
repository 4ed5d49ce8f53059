"""collect: files in; archived, reviewed, merged into the master, recorded.

The order of steps is what makes a kill harmless: archive each original -> review -> wait until the originals are on the
disk -> note what arrived -> write the master -> answer and file the mail.  Run again after a kill, the same files give
the same master; what is noted and not in the master (it was open elsewhere, or an older one was restored) is taken up
again with its first time of receipt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import closing
from toolkit.arrivals import key_of, last_met, note_of, noted_arrivals
from toolkit.collected import Collected, Seen, note_taken_in, remember
from toolkit.decisions import Decisions
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.filing import Filing
from toolkit.incoming import Incoming, MailMet, Met
from toolkit.intake.archive import Archive, OnlyLookedInto
from toolkit.intake.folder import gather
from toolkit.language import tr
from toolkit.ledger import Ledger, Outcome
from toolkit.lost import lost_tasks, note_tasks, told_lost
from toolkit.master.edits import Edit
from toolkit.master.live import ExcelBusy
from toolkit.master.store import Loaded, MasterBusy, MasterChanged, load, save
from toolkit.model import KnownTask
from toolkit.returns.cluster import Readers, cluster_pool
from toolkit.returns.known import forget
from toolkit.returns.sandbox import shared_pool
from toolkit.reviewer import Reviewer
from toolkit.standing import moment
from toolkit.whereabouts import elsewhere, note
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox
    from toolkit.mail.outgoing import SentRecord
    from toolkit.master.read import Master
    from toolkit.replies import Replies

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
            run = _Run(workspace, loaded, at, progress, pool, rehearsed=now is not None)
            seen = None if paths else Seen.now(workspace)
            try:
                done = run.with_mailbox(paths) if mail else run.run(paths)
            except MasterChanged:
                continue
            if run.stands is not None:
                remember(workspace, seen, done, run.stands, loaded.master.office.settings, at)
            if mail and not (done.busy or done.mailbox):
                note_taken_in(workspace, at)
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
        """`rehearsed`: see `Incoming`."""
        self._workspace, self._loaded, self._now, self._progress = workspace, loaded, now, progress
        self._pool, self._rehearsed = pool, rehearsed
        self._archive = Archive(workspace.archive)
        self._reviewer = _reviewer(workspace, loaded.master, pool)
        self.stands: bytes | None = None  # the master on the disk when `run` is through, where that is known
        self._mails: Sequence[MailMet] = ()
        self._mail_trouble: Sequence[str] = ()

    def with_mailbox(self, paths: Sequence[Path]) -> Collected:
        """`run`, with the mailbox: its mails are answered and filed away when the master is written."""
        from toolkit.post import mailbox_of
        from toolkit.replies import Replies

        with mailbox_of(self._workspace, self._loaded.master.office) as box:
            if box is None:
                return self.run(paths)
            replies = Replies(self._workspace, self._loaded.master, self._reviewer, self._archive, self._now)
            self._progress(0, 0, tr("看邮箱里有没有新邮件"))
            done = self.run(paths, box, replies)
            if not done.busy:
                done, self.stands = replies.send(done, self._mails, box, self.stands, self._mail_trouble)
            moved = elsewhere(self._workspace)
            note(self._workspace)
            return replace(done, moved=moved)

    def run(self, paths: Sequence[Path], box: Mailbox | None = None, replies: Replies | None = None) -> Collected:
        """Take in what there is and write the master.  `replies`: hears what people decided, before it is written."""
        master, before = self._loaded.master, self._loaded.known()
        edits, told = self._taken_in(paths, box, replies, before)
        try:
            saved = save(self._workspace, self._loaded, edits, self._now)
        except (MasterBusy, ExcelBusy) as e:
            return replace(told, busy=e.text)
        del edits  # they take the memory that noting the tasks needs
        note_tasks(self._workspace, master.office.tasks, before, told=True, but=master.unsettled)
        self.stands = saved.data
        return replace(told, changed=saved.changed)

    def _taken_in(
        self, paths: Sequence[Path], box: Mailbox | None, replies: Replies | None, before: Mapping[str, KnownTask]
    ) -> tuple[tuple[Edit, ...], Collected]:
        """Everything archived, reviewed, decided and noted: how the master changes, and what was done.

        `before`: the tasks as they were known.  What else it took is let go: writing the master needs the memory.
        """
        master, office = self._loaded.master, self._loaded.master.office
        ledger, noted = Ledger(master, self._now), noted_arrivals(self._archive)
        there = {key_of(n.arrival) for n in noted}
        notes: dict[int, dict[str, object]] = {}  # by 编号

        def filed(met: Met, outcome: Outcome) -> None:
            if key_of(met.arrival) not in there:
                notes[outcome.receipt.no] = note_of(met.arrival, met.explained, self._now)

        decisions = ledger.decisions()
        people = Decisions(office, ledger, self._reviewer, self._archive, self._now)
        # A 销号 is decided on what is reported: it waits for what this run brings.
        last = {i.key for i in decisions if i.key.startswith(closing.ITEM)}
        results = {i.key: people.carry_out(i) for i in decisions if i.key not in last}
        filing = Filing(office, ledger, self._reviewer, noted, filed)
        incoming = Incoming(
            office,
            ledger.register,
            self._reviewer,
            self._pool,
            self._archive,
            noted,
            filing.is_known,
            self._now,
            rehearsed=self._rehearsed,
        )
        try:
            for done, met in enumerate(incoming.all_of(self._workspace, paths, box)):
                self._progress(min(done, incoming.total), incoming.total, met.arrival.name)
                filing.add(met)
            filing.finish()
        finally:  # also what was met before an error is kept
            self._archive.settle()
        self._progress(incoming.total, incoming.total, "")
        self._archive.note(notes[no] for no in sorted(notes))  # a run that takes them up numbers them so
        notes.clear()
        forget(office)
        results |= {i.key: people.carry_out(i) for i in decisions if i.key in last}
        lost = lost_tasks(before, office)
        ledger.asking.about_lost(lost)
        ledger.asking.list_again()
        ledger.asking.settle_on_paper()
        ledger.closings.propose()
        edits = ledger.edits()
        if replies is not None:
            replies.look_for_rulings(ledger.register)
        self._mails, self._mail_trouble = incoming.mails, incoming.mail_trouble
        return edits, Collected(
            filing.outcomes,
            tuple((i, results[i.key]) for i in decisions),
            len(ledger.merged),
            changed=False,
            open_items=ledger.open_items,
            unread=tuple(incoming.unread),
            to_confirm=ledger.to_confirm,
            plans=ledger.plans,
            proposed=ledger.closings.proposed,
            remarks=(*incoming.clock, *told_lost(lost), *master.remarks),
        )


def _reviewer(workspace: Workspace, master: Master, pool: Readers) -> Reviewer:
    @cache
    def sent() -> SentRecord:
        from toolkit.post import sent_record

        return sent_record(workspace, master.office)

    return Reviewer(master, workspace.secret(), pool, sent)


def check_file(workspace: Workspace, path: Path, now: datetime | None = None) -> tuple[Outcome, ...]:
    """What `collect` would make of one file and what is in it; nothing is changed, not even the archive."""
    loaded, archive = load(workspace), OnlyLookedInto(workspace.archive)
    at, office, pool = moment(now, loaded.master.zone), loaded.master.office, shared_pool()
    noted = noted_arrivals(archive)
    originals = gather([path], at, workspace, last_met(noted)).originals
    if path.is_dir() or not originals:
        raise Annex2Error(tr("{path} 不是一个文件", path=path), remedy=tr("check 一次看一个文件；整个文件夹用 collect"))
    ledger, reviewer = Ledger(loaded.master, at), _reviewer(workspace, loaded.master, pool)
    filing = Filing(office, ledger, reviewer, noted)
    incoming = Incoming(office, ledger.register, reviewer, pool, archive, noted, filing.is_known, at)
    for met in incoming.look_at(originals[0]):
        filing.add(met)
    filing.finish()
    return filing.outcomes
