"""What a run that took in the mailbox writes back: answers to its mails, and what people decided on earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from toolkit.arrivals import Arrival
from toolkit.beside import question_beside
from toolkit.collected import Collected
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.incoming import MailMet
from toolkit.intake.archive import Archive
from toolkit.intake.members import MailFacts
from toolkit.language import tr
from toolkit.ledger import Outcome
from toolkit.mail.answers import Reviewed
from toolkit.mail.outgoing import Entry, Sent
from toolkit.mail.outgoing import Outcome as MailOutcome
from toolkit.master.read import Master
from toolkit.master.store import MasterChanged
from toolkit.model import Finding, Receipt, Verdict
from toolkit.post import (
    ANSWER_TRIES,
    answers_to,
    list_undone_answers,
    rulings,
    send_answers,
    sent_record,
    untold,
    waiting_for_word,
)
from toolkit.returns.findings import left_to_another_year
from toolkit.reviewer import Reviewer
from toolkit.standing import office_of
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox


class Replies:
    """Made before the run, since what people decide in it is to be told; `send` is for when the master is written."""

    def __init__(
        self, workspace: Workspace, master: Master, reviewer: Reviewer, archive: Archive, now: datetime
    ) -> None:
        self._workspace, self._master, self._reviewer = workspace, master, reviewer
        self._archive, self._now = archive, now
        self._record = sent_record(workspace)
        self._told = waiting_for_word(self._record)  # files that their senders were told to wait for, or to mend
        self._ruled: list[Receipt] = []  # those of them that a person has decided on
        self._failed: list[str] = []  # what is to be tried again or went out wanting, in words

    def look_for_rulings(self, receipts: Iterable[Receipt]) -> None:
        """Which files of those that wait for word a person has decided on, as the run leaves them."""
        waiting = (r for r in receipts if r.sha256 in self._told)
        self._ruled = [r for r in waiting if r.ruled_on and (r.verdict.accepted or r.verdict is Verdict.RETURNED)]

    def send(
        self, done: Collected, mails: Sequence[MailMet], box: Mailbox, stands: bytes | None, trouble: Sequence[str]
    ) -> tuple[Collected, bytes | None]:
        """Answer the mails, list answers that no run will send, and file the mails away.

        `done`: what the run did.  `stands`: the master as it stands on the disk.  `trouble`: why the mailbox was not
        taken in to its end.  Returns what was done by now, and the master as it stands then.
        """
        inside = _by_mail({m.path for m in mails}, done.outcomes)
        met = [(m, inside.get(m.path, [])) for m in mails]
        sent: tuple[Sent, ...] = ()
        waiting: set[str] = set()  # mails that are not filed away, so that they come again and are answered
        tried: set[str] | None = None  # answers, where all that wait were tried again
        try:
            sent, waiting = self._answer(met)
            tried = None if trouble else {r.mail.key for r in sent}
        except Annex2Error as e:
            self._failed.append(e.text)
            waiting = {m.path for m, _ in met if m.facts}
        listed = 0
        try:
            listed, stands = list_undone_answers(self._workspace, self._record, self._master, stands, self._now, tried)
        except (Annex2Error, MasterChanged) as e:
            self._failed.append(e.text if isinstance(e, Annex2Error) else tr("总表正在被保存"))
        for accepted in (True, False, None):
            there = [m.mail for m, o in met if _settled(o) is accepted and m.path not in waiting]
            try:
                box.file_away(there, accepted=accepted)
            except Annex2Error as e:
                self._failed.append(e.text)
        told = replace(
            done,
            answers=sent,
            open_items=done.open_items + listed,
            changed=done.changed or bool(listed),
            unread=(*done.unread, *box.unread),
            unfinished=tuple(dict.fromkeys(self._failed)),
            mailbox=next(iter(trouble), ""),
        )
        return told, stands

    def _answer(self, met: Sequence[tuple[MailMet, Sequence[Outcome]]]) -> tuple[tuple[Sent, ...], set[str]]:
        """Answer mails: what became of that, and the paths of those whose answer is to be tried again."""
        record, office = self._record, office_of(self._master, self._now.date())
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
        office = self._master.office
        if anew and receipt.verdict in (Verdict.HELD, Verdict.RETURNED):
            review = self._reviewer.again(receipt, self._archive)
            findings = review.findings
            if came and review.blank and receipt.verdict is Verdict.HELD:
                asked = question_beside(*came, self._reviewer.owner(came[0]))
                findings = (asked,) if asked else findings
        round_ = office.round(receipt.round) if receipt.round else None
        whose = office.division(receipt.division) if receipt.division else None
        return Reviewed(name, receipt.sha256, receipt.verdict, round_, findings, whose)

    def _reviewed(self, mail: MailMet, outcomes: Iterable[Outcome]) -> list[Reviewed]:
        """The files of a mail; one that an earlier run recorded is reviewed again."""
        files = []
        for o in outcomes:
            itself = o.arrival.path == mail.path and mail.facts is not None
            name = f"来信“{mail.facts.subject}”" if itself and mail.facts else o.arrival.name
            files.append(self._known_file(o.receipt, name, o.findings, anew=not o.new, came=(o.arrival, mail.facts)))
        return files


def _by_mail(mails: Collection[str], outcomes: Iterable[Outcome]) -> Mapping[str, list[Outcome]]:
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
