"""What the window's buttons do, in a thread of its own: the command line's functions, their words as events.

Knows nothing of tkinter: events are put on a queue, which the window empties.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from toolkit.arrivals import Arrival
from toolkit.errors import Annex2Error
from toolkit.master.read import Master
from toolkit.master.store import load
from toolkit.model import Round, at_hand
from toolkit.workspace import Workspace

MOST_ASKED = 6
"""Sentences before a question: more do not fit a small screen."""


class Cancelled(Exception):
    """The person pressed 取消: raised where stopping leaves everything as it was."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line for the log."""

    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """How far the work is."""

    done: int
    total: int
    name: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The work is over: read the workspace again."""

    title: str
    trouble: str = ""  # why it could not be done, as the log says


@dataclass(frozen=True, slots=True)
class Open:
    """A file or folder that the person should see."""

    path: Path


@dataclass(frozen=True, slots=True)
class Ask:
    """A question before something leaves the house; `work` is what a yes begins."""

    title: str
    question: str
    work: Callable[[], None]


Event = Line | Step | Ended | Open | Ask


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of 待处理 that waits for a decision."""

    no: int
    kind: str
    place: str
    problem: str
    file: Path | None  # the original, where it is about one


class Desk:
    """One workspace's buttons.  One piece of work at a time."""

    def __init__(self, workspace: Workspace, now: datetime | None = None) -> None:
        self.workspace, self.events = workspace, queue.Queue[Event]()
        self._now, self._stop, self._thread = now, threading.Event(), None

    _thread: threading.Thread | None

    @property
    def busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def read(self) -> Master:
        """The master as it is now.  Raises Annex2Error."""
        return load(self.workspace).master

    def at_hand(self, master: Master) -> Round:
        """The round that is most likely being worked on."""
        from toolkit.standing import moment

        return at_hand(master.office.rounds, moment(self._now, master.zone).date())

    def waiting(self, master: Master) -> tuple[Waiting, ...]:
        """What a person must decide, the newest first."""
        from toolkit.attention import closed

        archive = {r.no: self.workspace.root / r.archive for r in master.receipts}
        rows = []
        for item in master.items:
            if closed(item.result) or not item.key:
                continue
            kind, _, number = item.key.partition(":")
            about = int(number) if kind in ("file", "return") and number.isdecimal() else 0
            rows.append(Waiting(item.no, item.kind, item.place, item.problem, archive.get(about)))
        return tuple(reversed(rows))

    def start(self, title: str, work: Callable[[], None]) -> bool:
        """Begin a piece of work; False while another is under way."""
        if self.busy:
            return False
        self._stop.clear()

        def run() -> None:
            self.events.put(Line(f"—— {title}"))
            trouble = ""
            try:
                work()
            except Cancelled:
                self.events.put(Line("已取消。总表没有改动；已经归档的文件、没有发完的邮件下次接着处理", bad=True))
            except Annex2Error as e:
                self.events.put(Line(trouble := str(e), bad=True))
            except Exception as e:  # the window must live on, whatever happens
                self.events.put(Line(f"程序出了没有料到的错：{type(e).__name__}: {e}", bad=True))
            finally:
                self.events.put(Ended(title, trouble))

        self._thread = threading.Thread(target=run, name=title, daemon=True)
        self._thread.start()
        return True

    def cancel(self) -> None:
        """Stop at the next place where nothing is left half done."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        if self._thread is not None:
            self._thread.join(seconds)

    def say(self, text: str, *, bad: bool = False) -> None:
        for line in text.splitlines():
            self.events.put(Line(line, bad))

    def _progress(self, done: int, total: int, name: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.events.put(Step(done, total, name))

    # the buttons

    def fan_out(self, round_: Round) -> None:
        from toolkit.handing_out import handing_out

        with (
            self.workspace.writing(),
            handing_out(
                self.workspace, load(self.workspace), round_.key, self._now, progress=self._progress
            ) as done,
        ):
            pass  # nothing more to look at before the forms come into their places
        for remark in done.remarks:
            self.say(remark, bad=True)
        for sentence in done.without:
            self.say(sentence)
        for p in done.placed:
            self.say(f"{p.form.division}：{p.form.tasks} 项，{p.state.value}")
        for sentence in done.doubtful:
            self.say(sentence, bad=True)
        if done.placed:
            self.say(f"共 {len(done.placed)} 份表格")
            self.events.put(Open(done.placed[0].path.parent))

    def collect(self) -> None:
        from toolkit.cli import show
        from toolkit.collect import collect
        from toolkit.collected import decided_words, nothing_new

        quiet = nothing_new(self.workspace, self._now, mail=True)
        done = quiet or collect(self.workspace, [], self._now, self._progress, mail=True)
        for item, result in done.decided:
            self.say(decided_words(item, result))
        for outcome in done.outcomes:
            if outcome.new:
                self.say(show.outcome_text(outcome), bad=not outcome.receipt.verdict.accepted)
        for line in (*done.troubles, *filter(None, [done.busy, done.moved])):
            self.say(line, bad=True)
        for remark in done.remarks:
            self.say(remark)
        for answer in done.answers:
            why = f"（{answer.reason}）。{answer.remedy}" if answer.reason else ""
            self.say(f"回复 {answer.mail.to[0]}：{answer.outcome.value}{why}", bad=bool(answer.reason))
        self.say(done.counted)
        if done.closings and not done.busy:
            self.say(done.closings)
        if done.open_items and not done.busy:
            self.say(f"有 {done.open_items} 条待处理，见下面的清单")

    def status(self, round_: Round) -> None:
        from toolkit.beforehand import beforehand
        from toolkit.cli import show
        from toolkit.pending import standing_now
        from toolkit.standing import moment

        loaded = load(self.workspace)
        master = loaded.master
        rounds, behind = standing_now(self.workspace, master, moment(self._now, master.zone))
        self.say(show.rounds_text([r for r in rounds if r.round.key == round_.key]))
        for sentence in beforehand(self.workspace, loaded, self._now, behind, uncollected=False).told:
            self.say(sentence, bad=True)

    def _say_behind(self, arrivals: Collection[Arrival]) -> None:
        """What is archived and not in the master yet."""
        from toolkit.pending import told_unwritten

        if behind := told_unwritten(arrivals):
            self.say(behind, bad=True)

    def _say_kept(self, paths: Iterable[Path]) -> None:
        """Where documents are that somebody had edited."""
        for path in paths:
            self.say(f"以前生成、可能有人改过的，留在 {path.relative_to(self.workspace.root)}")

    def remind(self) -> None:
        """Ask whether to send the reminders that are due; without a mail server, make drafts that the person sends."""
        from toolkit.beforehand import beforehand
        from toolkit.mail.settings import mail_settings
        from toolkit.sending import remind

        loaded = load(self.workspace)
        drafts = mail_settings(loaded.master.office.settings).sending is None
        done = remind(self.workspace, None, self._now, dry_run=not drafts, drafts=drafts)
        known = beforehand(self.workspace, loaded, self._now, done.unwritten, uncollected=done.anybody).told
        for line in known:
            self.say(line, bad=True)
        for reminder, mail in done.planned:
            self.say(f"{reminder.level} {reminder.division}：{mail.subject}")
        for sentence in done.told:
            self.say(sentence, bad=True)
        if done.planned and not drafts and not done.quiet:
            who = "、".join(dict.fromkeys(r.division for r, _ in done.planned))
            known = (*filter(None, [done.moved]), *known)
            first = [f"· {line}" for line in known[:MOST_ASKED]]
            first += [f"· 还有 {len(known) - MOST_ASKED} 条，见窗口里的记录"] if len(known) > MOST_ASKED else []
            first = ["发以前先看：", *first, ""] if known else []
            question = "\n".join([*first, f"要给 {len(done.planned)} 个处室发邮件：{who}。", "现在就发吗？"])
            self.events.put(Ask("发送提醒和催报", question, self.send))
        if done.quiet:
            self.say("现在不是工作时间，不发提醒")
        elif not (done.planned or done.told or done.unwritten):
            self.say("现在没有要提醒的：都报了，还没到提醒的日子，或者这一步已经提醒过")
        if done.drafts:
            self.say(f"没有设发件服务器，生成了 {len(done.drafts)} 份草稿，双击打开后发送")
            self.events.put(Open(done.drafts[0].parent))

    def send(self) -> None:
        """Send the reminders that are due."""
        from toolkit.sending import remind

        for result in remind(self.workspace, None, self._now, progress=self._progress).results:
            why = f"（{result.reason}。{result.remedy}）" if result.reason else ""
            self.say(f"{result.mail.division}：{result.outcome.value}{why}", bad=bool(result.reason))

    def fill(self, form: Path, round_: Round) -> None:
        """A form of the level above, filled in a copy."""
        from toolkit.upward import fill

        done = fill(self.workspace, form, now=self._now, otherwise=round_.key)
        columns = "”“".join(done.columns)
        self.say(f"按{done.round.name}的完成情况填了 {len(done.written)} 项（“{columns}”列），发来的那份没有动")
        self.say("报出去以前逐项核对")
        for remark in done.remarks:
            self.say(remark, bad=True)
        self._say_kept(done.kept)
        self.events.put(Open(done.path))

    def summarise(self) -> None:
        from toolkit.summarise import summarise

        done = summarise(self.workspace, self._now)
        for path in done.paths:
            self.say(f"已生成 {path.name}")
        self._say_kept(done.kept)
        self._say_behind(done.unwritten)
        if done.missing:
            self.say(f"到期的节点还缺 {done.missing} 份报送，缺哪些写在汇总里")
        self.events.put(Open(self.workspace.summary))
