"""What a person should know before anybody is reminded, or named in a 通报.

What may be a report and counts as none yet, and what the master does not say clearly.  Commands, the window and the
schedule say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from toolkit.arrivals import Arrival, key_of, last_met, noted_arrivals
from toolkit.collected import mails_waiting
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.intake.folder import Original, gather
from toolkit.language import Text, tr
from toolkit.lost import lost_tasks, told_lost
from toolkit.master.read import Master
from toolkit.master.store import Loaded
from toolkit.model import Receipt, Verdict
from toolkit.pending import some, told_unwritten, unwritten
from toolkit.register import Register
from toolkit.standing import moment
from toolkit.workspace import Workspace

PATIENCE = 10.0
"""Seconds for a mailbox to answer: this is asked beside the work, not for it."""


@dataclass(frozen=True, slots=True)
class Beforehand:
    """Sentences."""

    waits: tuple[Text, ...]  # about what may be a report and counts as none yet
    remarks: tuple[str, ...]  # about the master

    @property
    def told(self) -> tuple[str, ...]:
        return (*self.waits, *self.remarks)


def beforehand(
    workspace: Workspace,
    loaded: Loaded,
    now: datetime | None,
    behind: Collection[Arrival] | None = None,
    *,
    uncollected: bool = True,
) -> Beforehand:
    """What there is to know, of the master as it was loaded.

    `behind`: what is not in the master yet, where that is known.  `uncollected`: look into the inbox and the mailbox,
    too.  Raises WorkspaceError where the archive's notes are damaged.
    """
    master = loaded.master
    held = told_held(master.receipts)
    pending = told_unwritten(unwritten(workspace, master) if behind is None else behind)
    still = told_uncollected(workspace, master, now) if uncollected else ()
    lost = told_lost(lost_tasks(loaded.known(), master.office))
    return Beforehand((*filter(None, (held, pending)), *still), (*lost, *master.remarks))


def told_held(receipts: Iterable[Receipt]) -> Text | None:
    """What waits in 待处理 and counts as no report yet, whosever it seems to be; None for nothing."""
    held = [r for r in receipts if r.verdict is Verdict.HELD]
    if not held:
        return None
    return tr(
        "另有 {count} 份收件待裁定，还没有算报送：{names}。先在“待处理”里裁定，再催报、通报",
        count=len(held),
        names=some([tr("第 {no} 号收件 {name}", no=r.no, name=r.name) for r in held]),
    )


def told_uncollected(workspace: Workspace, master: Master, now: datetime | None) -> tuple[Text, ...]:
    """What no run has taken in: files of the inbox, mails of the mailbox.  A mailbox that cannot be asked stops
    nothing, and is told."""
    told = []
    if files := list(_in_inbox(workspace, master, moment(now, master.zone))):
        told.append(
            tr(
                "inbox 里有 {count} 份文件还没有收取：{names}。先收集回收（annex2 collect），再催报、通报",
                count=len(files),
                names=some([f.name for f in files]),
            )
        )
    try:
        mails = mails_waiting(workspace, master.office.settings, PATIENCE)
    except Annex2Error as e:
        return (*told, tr("看不了邮箱里有没有还没有收取的邮件：{why}", why=e.on_one_line))
    if mails:
        told.append(tr("邮箱里有 {count} 封邮件还没有收取。先收集回收（annex2 collect），再催报、通报", count=mails))
    return tuple(told)


def _in_inbox(workspace: Workspace, master: Master, now: datetime) -> Iterator[Original]:
    """Files of the inbox that no run has met."""
    if not workspace.inbox.is_dir():
        return
    noted, register = noted_arrivals(Archive(workspace.archive)), Register(master.receipts)
    pending = {key_of(n.arrival) for n in noted if register.recorded(n.arrival) is None}
    for found in gather([workspace.inbox], now, workspace, last_met(noted)).originals:
        try:
            sha256 = hashlib.sha256(found.read()).hexdigest()
        except WorkspaceError:  # another program keeps it to itself
            yield found
            continue
        arrival = Arrival(found.name, found.path, sha256, "", found.arrived)
        if register.met_before(arrival) is None and key_of(arrival) not in pending:
            yield found
