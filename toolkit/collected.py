"""What a run of `collect` did, and whether another one would find anything to do.

An office with thousands of divisions looks into its inbox every hour, and mostly nothing has come.  What a run saw is
noted; where the next one, the same day, sees the same, it need not read the master.  Whatever is off about the note,
the run goes its whole way: nothing is ever taken from the note but that there is nothing to do.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import __version__
from toolkit.errors import WorkspaceError
from toolkit.language import Text, listed, tr
from toolkit.master.holders import holder_of
from toolkit.workspace import NOTEBOOK, Workspace

if TYPE_CHECKING:
    from toolkit.ledger import Outcome
    from toolkit.mail.outgoing import Sent
    from toolkit.master.read import Item

SETTLED_NS = 2_000_000_000
"""A file that was written this short a time before may be written again without its time changing (FAT: 2 s)."""

FROM_MAILBOX = "邮箱/"
"""Begins the path of a mail of the mailbox, and of all that is in it."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run did."""

    outcomes: tuple[Outcome, ...]  # every file met, in order of arrival; but see `passed`
    decided: tuple[tuple[Item, str], ...]  # what became of people's decisions
    merged_cells: int
    changed: bool  # the master was written
    open_items: int  # 待处理 that wait for a person
    unread: tuple[str, ...] = ()  # files that another program kept to itself: still to come
    mailbox: str = ""  # why the mailbox could not be taken in to the end: reports may still lie there
    busy: str = ""  # why the master could not be written; the files are pending
    answers: tuple[Sent, ...] = ()  # mails that went back
    unfinished: tuple[str, ...] = ()  # what did not work with mails that were taken in: answering, filing away
    to_confirm: int = 0  # what `init` listed to be confirmed and still is
    plans: int = 0  # of `merged_cells`, plans of tasks
    proposed: tuple[str, ...] = ()  # tasks, as 3*, that this run proposes to close
    remarks: tuple[str, ...] = ()  # what a person should mend in the master
    moved: Text | None = None  # that mail was handled elsewhere before
    passed: int = 0  # files met that are none of `outcomes`: recorded before, and nothing has changed since

    @property
    def files(self) -> int:
        """How many files were met."""
        return len(self.outcomes) + self.passed

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is tried again by the next run, as sentences."""
        return (*self.unread, *self.unfinished)

    @property
    def unsent(self) -> tuple[Sent, ...]:
        """Answers that did not go out, or may not have."""
        if not self.answers:
            return ()
        from toolkit.mail.outgoing import Outcome as MailOutcome

        return tuple(a for a in self.answers if a.outcome in (MailOutcome.FAILED, MailOutcome.UNCERTAIN))

    @property
    def needs_a_person(self) -> bool:
        return bool(self.open_items or self.troubles or self.busy or self.unsent)

    @property
    def written(self) -> str:
        """What was written, in words."""
        return written_words(self.merged_cells, self.plans)

    @property
    def counted(self) -> str:
        """How many files came, and what was written of them, as one sentence."""
        new = [o for o in self.outcomes if o.new]
        parts = [tr("收到 {all} 份文件，新的 {new} 份", all=self.files, new=len(new))]
        if refused := sum(o.refused for o in new):
            parts.append(tr("，其中 {refused} 份没有接收", refused=refused))
        if self.busy:
            parts.append(tr("；总表打不开，都还没有写进去（{written}）", written=self.written))
        else:
            parts.append(tr("；{written}", written=self.written))
            parts += [] if self.changed else [tr("，总表没有变化")]
        return listed("", parts)

    @property
    def closings(self) -> str:
        """What is proposed to be closed, in words; "" for nothing."""
        about = tr("提请销号：第{labels}项，在“待处理”里定", labels=self.proposed)
        return about if self.proposed else ""


def decided_words(item: Item, result: str) -> str:
    """What became of a person's decision."""
    from toolkit.master.schema import Sheet

    if item.kind == Sheet.RECEIPTS:  # made in 收件记录 itself
        return tr("收件记录 第{no}号：{result}", no=item.no, result=result)
    return tr("待处理 第{no}条：{result}", no=item.no, result=result)


def written_words(merged: int, plans: int) -> str:
    """写入台账 8 格: a task's plan is no cell of 任务台账, it is rows of 办理方案."""
    if not plans:
        return tr("写入台账 {cells} 格", cells=merged)
    if plans == merged:
        return tr("写入办理方案 {plans} 项", plans=plans)
    return tr("写入台账 {cells} 格、办理方案 {plans} 项", cells=merged - plans, plans=plans)


# what the last run saw


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run depends on but the master, as it was when the run began."""

    program: str
    inbox: str  # SHA-256 over names, sizes, times and numbers of the files
    notebook: str  # size and time of what the archive noted

    @classmethod
    def now(cls, workspace: Workspace) -> Seen | None:
        """None where that cannot be told, or where a file is so young that a later change may not show."""
        begun = time.time_ns()
        lines, youngest = [], 0
        try:
            for base, folders, names in os.walk(workspace.inbox, onerror=_refuse):
                folders.sort()
                lines.append(base)
                for name in sorted(names):
                    s = os.lstat(f"{base}{os.sep}{name}")  # not the entry's own, which has no inode on Windows
                    youngest = max(youngest, s.st_mtime_ns, s.st_ctime_ns)
                    lines.append(f"{name}\0{s.st_mode}\0{s.st_size}\0{s.st_mtime_ns}\0{s.st_ctime_ns}\0{s.st_ino}")
            if not lines or youngest > begun - SETTLED_NS:
                return None
            noted = _notebook(workspace)
        except OSError:
            return None
        whole = "\n".join(lines).encode("utf-8", "surrogateescape")
        return cls(__version__, hashlib.sha256(whole).hexdigest(), noted)


def _refuse(e: OSError) -> None:
    raise e


def _notebook(workspace: Workspace) -> str:
    try:
        s = (workspace.archive / NOTEBOOK).stat()
    except FileNotFoundError:
        return ""
    return f"{s.st_size} {s.st_mtime_ns}"


def _note(workspace: Workspace) -> Path:
    return workspace.state / "collected.json"


def remember(
    workspace: Workspace, seen: Seen | None, done: Collected, master: bytes, settings: Mapping[str, str], now: datetime
) -> None:
    """Note what a run saw and left: `master` is the file as it stands now, `now` the run's time with its zone.

    A run that left anything to be tried again leaves no note.
    """
    note = _note(workspace)
    if seen is None or done.busy or done.troubles or done.decided or done.answers:
        look_anew(workspace)
        return
    tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
    # Its own notes are what a run adds to the notebook.
    seen = replace(seen, notebook=_notebook(workspace))
    values = {
        "seen": asdict(seen),
        "master": hashlib.sha256(master).hexdigest(),
        "from": now.isoformat(),
        "until": tomorrow.isoformat(),
        "settings": dict(settings),
        # What came in by mail is filed away, and is not met again.
        "files": done.passed + sum(not o.arrival.path.startswith(FROM_MAILBOX) for o in done.outcomes),
        "open_items": done.open_items,
        "to_confirm": done.to_confirm,
    }
    with suppress(OSError):  # then the next run goes its whole way
        beside = note.with_suffix(".tmp")
        beside.write_text(json.dumps(values, ensure_ascii=False), "utf-8")
        beside.replace(note)


def nothing_new(workspace: Workspace, now: datetime | None, *, mail: bool) -> Collected | None:
    """What `collect` would do with the inbox, where that is nothing since nothing has changed; None: it has to look.

    `now`: naive, in the office's time zone; or with its zone.  `mail`: the office's mailbox too, which is asked.
    """
    try:
        note: dict[str, Any] = json.loads(_note(workspace).read_text("utf-8"))
        begun, until = (datetime.fromisoformat(note[k]) for k in ("from", "until"))
        at = datetime.now(UTC) if now is None else now if now.tzinfo else now.replace(tzinfo=begun.tzinfo)
        if not begun <= at < until or holder_of(workspace.master) is not None:
            return None
        seen = Seen.now(workspace)
        if seen is None or asdict(seen) != note["seen"]:
            return None
        if hashlib.sha256(workspace.master.read_bytes()).hexdigest() != note["master"]:
            return None
        passed, waiting, confirming = (int(note[k]) for k in ("files", "open_items", "to_confirm"))
        settings = dict(note["settings"].items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if mail and not _mailbox_is_quiet(workspace, settings):
        return None
    return Collected((), (), 0, changed=False, open_items=waiting, to_confirm=confirming, passed=passed)


def _mailbox_is_quiet(workspace: Workspace, settings: Mapping[str, str]) -> bool:
    from toolkit.mail.errors import MailError

    try:
        return mails_waiting(workspace, settings) == 0
    except MailError:  # the whole run says what is wrong
        return False


def mails_waiting(workspace: Workspace, settings: Mapping[str, str], seconds: float | None = None) -> int:
    """How many mails of the office's mailbox no run has taken in, 0 where it has none; none is fetched.

    `seconds`: how long the server may take to answer, where not as long as always.  Raises MailError, and
    WorkspaceError where nobody knows which were taken in.
    """
    from toolkit.mail.settings import mail_settings

    known = mail_settings(settings)
    if known.receiving is None:
        return 0
    from toolkit.intake.mailbox import Mailbox

    with Mailbox(replace(known, timeout=seconds or known.timeout), workspace.state / "mailbox.json") as box:
        return box.waiting()


# when all was taken in


_TAKEN_IN = "taken-in.json"


def note_taken_in(workspace: Workspace, now: datetime) -> None:
    """Remember that a run at `now`, with its zone, took in all that there was, in the mailbox too."""
    with suppress(WorkspaceError):  # then the schedule waits for its own run
        workspace.remember(_TAKEN_IN, now.isoformat())


def last_taken_in(workspace: Workspace) -> datetime | None:
    """When a run last did; None where nobody knows."""
    try:
        return datetime.fromisoformat(str(workspace.remembered(_TAKEN_IN)))
    except ValueError:
        return None


def look_anew(workspace: Workspace) -> None:
    """The next run goes its whole way, whatever the last one saw."""
    with suppress(OSError):
        _note(workspace).unlink(missing_ok=True)
