"""Files as they arrived -> reviews of them, with all that the office knows; what arrived, as it was noted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import parseaddr
from functools import cached_property
from typing import TYPE_CHECKING

from toolkit.arrivals import Arrival, Noted, noted_arrivals
from toolkit.attention import withdrawn
from toolkit.errors import debugging
from toolkit.intake.archive import Archive
from toolkit.intake.deliveries import Delivery
from toolkit.intake.letter import words_of
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.indicators import proposed
from toolkit.master.read import Master
from toolkit.merge import Cell
from toolkit.model import Finding, Office, Receipt, RoundKind, Verdict, digest
from toolkit.returns.cluster import Readers
from toolkit.returns.findings import finding
from toolkit.returns.formats.sniff import CONTAINERS, sniff
from toolkit.returns.known import known
from toolkit.returns.read import Reading
from toolkit.returns.review import DEFAULT_TEXT_LIMIT, Review, items_of, review
from toolkit.returns.sandbox import shared_pool
from toolkit.targets.progress import written

if TYPE_CHECKING:
    from toolkit.intake.members import MailFacts
    from toolkit.mail.outgoing import SentRecord
    from toolkit.senders import Senders

_BARE = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
"""An address without anything around it."""

_REPORTS = re.compile(r"(?:完成情况|落实进展|进展情况)\s*[:：]\s*\S")
"""A report in a mail's own words."""

UNPROVEN = "（服务器验证没有通过，不一定是本单位发的）"
"""Stands behind an address of the office's own from which a mail does not come, as the server found."""

MOST_OF_LETTER = 200
"""Characters of a mail without attachments that are shown on 待处理."""


class Reviewer:
    """Reviews files of one office.  `sent`: gives the record of what was sent, for what comes back."""

    def __init__(
        self,
        master: Master,
        secret: bytes,
        pool: Readers | None = None,
        sent: Callable[[], SentRecord] | None = None,
    ) -> None:
        self._sent = sent
        self._master, self._secret, self._pool = master, secret, pool or shared_pool()
        limit = master.office.settings.get(schema.SETTING_TEXT_LIMIT, "")
        self._limit = int(limit) if limit.isdecimal() and int(limit) else DEFAULT_TEXT_LIMIT
        self._noted: dict[tuple[str, str], Noted] | None = None  # by SHA-256 and name
        self._withdrawn = withdrawn(master.items)
        self._standing = {**master.status, **master.indicators.figures}
        self._addresses_known = any(d.mail or d.copies for d in master.office.divisions)

    def review(
        self,
        arrival: Arrival,
        reading: Reading | Finding,
        forced: tuple[str, str] | None = None,
        standing: Mapping[Cell, str] | None = None,
        office: Office | None = None,
    ) -> Review:
        """Review what stands in a file as it arrived.  `forced`: as whose report of which round.

        `standing`: the ledger's texts as they are by now, where a run has changed them.  `office`: as it is to be
        taken, where not as it is.
        """
        try:
            stands = self._standing if standing is None else standing
            return self._reviewed(arrival, reading, forced, stands, office or self._master.office)
        except Exception as e:  # a fault of the review, as of a reader, must cost its file, not the run
            if debugging():
                raise
            return Review(None, None, (finding("reader_crashed", why=type(e).__name__),), {})

    def _reviewed(
        self,
        arrival: Arrival,
        reading: Reading | Finding,
        forced: tuple[str, str] | None,
        standing: Mapping[Cell, str],
        office: Office,
    ) -> Review:
        sender = self._sender(arrival)
        return review(
            office,
            reading,
            file_name=arrival.name,
            received=arrival.received,
            zone=self._master.zone,
            secret=self._secret,
            forced=forced,
            text_limit=self._limit,
            sender=sender,
            sender_division=self.owner(arrival),
            sender_also=self._senders.sharing(sender)[1:] if sender else (),
            addresses_known=self._addresses_known,
            subject=arrival.subject,
            standing=standing,
            withdrawn=self._withdrawn,
        )

    def owner(self, arrival: Arrival) -> str | None:
        """The division whose address a file came from."""
        sender = self._sender(arrival)
        found = self._senders.of(sender) if sender else None
        return found.name if found else None

    def is_own(self, mail: MailFacts) -> bool:
        """Whether the office itself wrote a mail: one that its mailbox keeps a copy of."""
        return self._from_office(mail) or mail.by_annex2

    def _from_office(self, mail: MailFacts) -> bool:
        return mail.sender in self._senders.own and not mail.unproven

    def sender_of(self, part: Delivery) -> str:
        """Whose mail a delivery came in, as it is kept; who only says to be the office is a stranger."""
        if part.mail is not None and part.mail.unproven and part.sender.lower() in self._senders.own:
            return f"{part.sender}{UNPROVEN}"
        return part.sender

    def _sender(self, arrival: Arrival) -> str:
        """Whose mail a file came in, "" for what the office itself has put into a folder or its own mailbox."""
        sender = arrival.sender if arrival.sender.endswith(UNPROVEN) else _bare(arrival.sender)
        return "" if sender.lower() in self._senders.own else sender

    def letter(self, part: Delivery) -> tuple[Finding, ...] | None:
        """What is known of a delivery without reading it; a mail that is nothing but a division's words is read out."""
        mail = part.mail
        if mail is not None and mail.bounce and self._sent is not None:
            return self._bounced(part.findings, mail, self._sent())
        bare = any(f.code == "mail_without_files" for f in part.findings or ())
        if mail is None or part.way or not bare or mail.listed or mail.automatic:
            return part.findings
        owner, words = self._senders.of(mail.sender), words_of(mail.body)
        if not words or self._from_office(mail):
            return part.findings
        name = owner.name if owner else ""
        if self._senders.copied(mail.sender):
            name = tr("{sender}（几个处室的抄送地址）", sender=mail.sender)
        elif owner is None:
            index, said = known(self._master.office), f"{mail.subject}\n{words}"
            tells = _REPORTS.search(words) or (index.division_in(said) and index.round_in(said))
            leads = self._senders.led_by(mail.sender)
            if not (tells or leads or mail.answers_annex2 or self._senders.near(mail.sender)):
                return part.findings  # a stranger's
            name = tr("{sender}（不在“处室”的邮箱里）", sender=mail.sender)
            if leads:
                name = tr("{sender}（{division}的分管领导）", sender=mail.sender, division=leads)
        text = words if len(words) <= MOST_OF_LETTER else words[:MOST_OF_LETTER] + "……"
        return (finding("letter", division=name, text=text),)

    @staticmethod
    def _bounced(
        findings: tuple[Finding, ...] | None, mail: MailFacts, record: SentRecord
    ) -> tuple[Finding, ...] | None:
        """What is known of a bounce, with what to do about the very mail that came back."""
        from toolkit.bounced import remedy

        advice = remedy(mail, record)
        if advice is None or findings is None:
            return findings
        return tuple(replace(f, remedy=advice) if f.code == "bounce" else f for f in findings)

    @cached_property
    def _senders(self) -> Senders:
        from toolkit.senders import Senders

        return Senders(self._master.office)

    def first(self, arrival: Arrival, archive: Archive) -> Review:
        """Review an archived file that is not recorded yet."""
        return self.review(arrival, self._pool.read(archive.read(arrival.sha256), arrival.name))

    def again(
        self,
        receipt: Receipt,
        archive: Archive,
        forced: tuple[str, str] | None = None,
        standing: Mapping[Cell, str] | None = None,
    ) -> Review:
        """Review a recorded file from the archive.  `forced`, `standing`: see `review`.

        What is none to be read (a mail, a signed page) is what it was told to be when it came.
        """
        settled = receipt.verdict is not Verdict.HELD  # else 处室 and 节点 only say what it seems to be
        whose = (receipt.division, receipt.round) if settled and receipt.division and receipt.round else None
        data = archive.read(receipt.sha256)
        sender = subject = ""
        if forced is None and (whose is None or sniff(data, receipt.name) in CONTAINERS):
            if self._noted is None:
                self._noted = {(n.arrival.sha256, n.arrival.name): n for n in noted_arrivals(archive)}
            if (noted := self._noted.get((receipt.sha256, receipt.name))) is not None:
                if noted.explained is not None:
                    return Review(None, None, noted.explained, {})
                # what the mail said is part of the evidence, and of what was proposed
                sender, subject = noted.arrival.sender, noted.arrival.subject
        arrival = Arrival(
            receipt.name, receipt.name, receipt.sha256, receipt.archive, receipt.counts_from, sender, subject
        )
        reading = self._pool.read(data, receipt.name)
        if forced is not None or whose is None:
            return self.review(arrival, reading, forced, standing)
        office = self._then(receipt)
        found = self.review(arrival, reading, whose, standing, office)
        lacking = {w.task for w in receipt.written if w.digest and digest(found.texts.get(w.task, "")) != w.digest}
        if isinstance(reading, Reading) and (worded := items_of(office, reading, lacking)):
            was = tuple(replace(t, text=worded.get(t.key, t.text)) for t in office.tasks)
            found = self.review(arrival, reading, whose, standing, replace(office, tasks=was))
        return found

    def _then(self, receipt: Receipt) -> Office:
        """The office, with the tasks that a file wrote its division's still: they may be another's by now, not led by
        the office any more, or of a later day.  The file says what it said."""
        office = self._master.office
        if (round_ := office.round(receipt.round)) is None:
            return office
        look = known(office)
        owed = {t.key for t in look.reporting(office, round_).get(receipt.division, ())}
        moved = {w.task for w in receipt.written if w.digest and w.task in look.index.by_key} - owed
        if not moved:
            return office
        starred = round_.kind is not RoundKind.SUPPORTING
        tasks = (
            replace(t, division=receipt.division, starred=starred, since=None) if t.key in moved else t
            for t in office.tasks
        )
        return replace(office, tasks=tuple(tasks))

    def held(self, receipt: Receipt, archive: Archive) -> Mapping[str, str]:
        """What a recorded file holds for the master: texts, figures, and figures that a person may have adopted."""
        review = self.again(receipt, archive)
        adopted = proposed(self._master.indicators, review.texts, review.figures)
        return {**review.texts, **{k: written(f.value) for k, f in adopted.items()}, **review.figures}


def _bare(sender: str) -> str:
    return sender if _BARE.fullmatch(sender) else parseaddr(sender)[1]
