"""A quarter by mail, the parts of the post alone: forms out, replies in, answers back, killed between any two steps."""

from __future__ import annotations

import hashlib
import smtplib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr
from pathlib import Path

import pytest

from mail.office import NAMES, NOW, ROUND, composer, form, form_name, office, parsed
from mail.servers import HOST, PASSWORD, MailWorld
from toolkit.intake.mailbox import Mailbox
from toolkit.intake.unpack import unpack
from toolkit.mail.answers import Reviewed, answer, key_of
from toolkit.mail.compose import Attachment, Composer
from toolkit.mail.outgoing import Outcome, SentRecord, SmtpTransport, send_all
from toolkit.mail.settings import Filing, MailSettings
from toolkit.model import Finding, Verdict
from toolkit.returns.findings import finding


class Killed(Exception):
    pass


@dataclass
class Post:
    """What a run does with the mailbox; `kill` is the step before which it dies."""

    words: Composer
    folder: Path
    kill: int = -1
    step: int = 0
    archive: tuple[str, ...] = ()

    @property
    def settings(self) -> MailSettings:
        return self.words.settings

    def _may_die(self) -> None:
        self.step += 1
        if self.step - 1 == self.kill:
            raise Killed

    def send(self) -> list[Outcome]:
        record = SentRecord(self.folder / "sent.jsonl")
        mails = [self.words.form(ROUND, d, [form(d.name)], NOW) for d in self.words.office.divisions]
        with SmtpTransport(self.settings) as transport:
            return [s.outcome for s in send_all(mails, self.settings, transport, record, NOW)]

    def collect(self) -> int:
        """One run: fetch, (archive and review,) answer, file away.  Returns how many mails there were."""
        with Mailbox(self.settings, self.folder / "mailbox.json") as box:
            mails = list(box.fetch_new())
            self._may_die()
            for mail in mails:
                unpacked = unpack("mail.eml", mail.raw)
                assert unpacked is not None
                assert unpacked.mail is not None
                files = [_review(m.name, m.data) for m in unpacked.members]
                self.archive += tuple(f.sha256 for f in files)
                facts = unpacked.mail
                sender = next((d for d in self.words.office.divisions if d.mail == facts.sender), None)
                record = SentRecord(self.folder / "sent.jsonl")
                reply = answer(
                    self.words, facts, sender, mail.received, files,
                    lambda _, d: [form(d.name)], lambda key: record.last([key]) is not None, NOW,  # noqa: B023
                )  # fmt: skip
                self._may_die()
                if reply is not None:
                    with SmtpTransport(self.settings) as transport:
                        (sent,) = send_all([reply], self.settings, transport, record, NOW)
                    assert sent.outcome is Outcome.SENT
                self._may_die()
                box.file_away([mail], accepted=all(f.verdict.accepted for f in files) and sender is not None)
                self._may_die()
        return len(mails)


def _review(name: str, data: bytes) -> Reviewed:
    """Accepts what says so."""
    findings: tuple[Finding, ...] = () if b"done" in data else (finding("empty_status", "附件2!C5", label="1*"),)
    verdict = Verdict.ACCEPTED if b"done" in data else Verdict.RETURNED
    return Reviewed(name, hashlib.sha256(data).hexdigest(), verdict, ROUND, findings)


def reply_of(form_mail: EmailMessage, data: bytes, sender: str, **heads: str) -> EmailMessage:
    """What a division's mail program makes of 回复 and a file."""
    reply = EmailMessage()
    reply["From"] = formataddr(("钱七", sender), "gb2312")
    reply["To"] = form_mail["From"]
    reply["Subject"] = f"回复：{form_mail['Subject']}"
    reply["Message-ID"] = f"<{hashlib.sha256(data + sender.encode()).hexdigest()[:20]}@units.example>"
    reply["In-Reply-To"] = reply["References"] = form_mail["Message-ID"]
    for name, value in heads.items():
        reply[name.replace("_", "-")] = value
    reply.set_content("已填好，请查收。", charset="gb2312")
    (part,) = form_mail.iter_attachments()
    reply.add_attachment(data, maintype="application", subtype="vnd.ms-excel", filename=part.get_filename())
    return reply


def post(world: MailWorld, mails: Sequence[EmailMessage]) -> None:
    """Through the SMTP server, as divisions do."""
    import ssl

    context = ssl.create_default_context(cafile=world.certificates.root)
    with smtplib.SMTP(HOST, world.post.starttls.port) as smtp:
        smtp.starttls(context=context)
        smtp.login("anyone@units.example", PASSWORD)
        for mail in mails:
            smtp.send_message(mail)


def a_quarter(world: MailWorld, user: str, folder: Path, filing: Filing) -> Post:
    settings = world.settings(user, filing=filing, answers=True)
    return Post(composer(settings, office(*(f"{user}{i}@units.example" for i in range(3)))), folder)


def unit(world: MailWorld, user: str, number: int) -> list[EmailMessage]:
    return [parsed(raw) for raw in world.dovecot.stored(f"{user}{number}")]


def send_and_reply(world: MailWorld, user: str, quarter: Post) -> None:
    """All three divisions get their forms; two reply, one of them badly, and one's machine replies for it."""
    assert quarter.send() == [Outcome.SENT] * 3
    (good,), (bad,), (away,) = (unit(world, user, i) for i in range(3))
    automatic = reply_of(away, b"out of office", f"{user}2@units.example", Auto_Submitted="auto-replied")
    stranger = reply_of(good, b"done by a stranger", "stranger@elsewhere.example")
    post(
        world,
        [
            reply_of(good, b"done", f"{user}0@units.example"),
            reply_of(bad, b"half", f"{user}1@units.example"),
            automatic,
            stranger,
        ],
    )


def test_a_quarter_by_mail(world: MailWorld, user: str, tmp_path: Path) -> None:
    quarter = a_quarter(world, user, tmp_path, Filing.MOVE)
    send_and_reply(world, user, quarter)
    assert quarter.collect() == 4
    (form0, receipt), (form1, back), rest = (unit(world, user, i) for i in range(3))
    assert "已接收" in str(receipt.get_content())
    assert receipt["In-Reply-To"] != form0["Message-ID"]
    assert receipt["References"].split()[0] == form0["Message-ID"]
    body = back.get_body()
    assert body is not None
    assert "附件2!C5：1*没有填写完成情况" in body.get_content()
    (again,) = back.iter_attachments()
    assert again.get_filename() == form_name(NAMES[1])
    assert again.get_content() == form(NAMES[1]).data
    assert back["Subject"] == f"回复：{form1['Subject']}"
    assert len(rest) == 1  # the machine gets no answer
    assert len(world.dovecot.stored(user, "已处理")) == 1
    assert len(world.dovecot.stored(user, "待处理")) == 3
    # mended, and sent again
    post(world, [reply_of(back, b"now done", f"{user}1@units.example")])
    assert quarter.collect() == 1
    assert "已接收" in str(unit(world, user, 1)[2].get_content())
    # the same file once more, forwarded: known, no second answer
    post(world, [reply_of(back, b"now done", f"{user}1@units.example", X_Again="1")])
    assert quarter.collect() == 1
    assert len(unit(world, user, 1)) == 3
    assert quarter.collect() == 0


@pytest.mark.parametrize("filing", [Filing.MOVE, Filing.FLAG])
def test_killed_between_any_two_steps(world: MailWorld, user: str, tmp_path: Path, filing: Filing) -> None:
    counted = a_quarter(world, f"{user}c", tmp_path / "count", filing)
    send_and_reply(world, f"{user}c", counted)
    counted.collect()
    assert counted.step == 13
    for kill in range(counted.step):
        me = f"{user}{kill}x"
        quarter = a_quarter(world, me, tmp_path / str(kill), filing)
        send_and_reply(world, me, quarter)
        quarter.kill = kill
        with pytest.raises(Killed):
            quarter.collect()
        quarter.kill = -1
        quarter.collect()
        assert [len(unit(world, me, i)) for i in range(3)] == [2, 2, 1], kill  # a form and an answer; none twice
        assert len(set(quarter.archive)) == 4, kill
        record = SentRecord(tmp_path / str(kill) / "sent.jsonl")
        assert Counter(e.state for e in record.entries) == {"begun": 5, "sent": 5}
        assert record.times(key_of(hashlib.sha256(b"done").hexdigest())) == 1


def test_an_attachment_of_the_office_comes_back_as_it_went(world: MailWorld, user: str, tmp_path: Path) -> None:
    """All bytes, dots and line ends at the start of lines too."""
    settings = world.settings(user)
    words = composer(settings, office(*(f"{user}@units.example",) * 3))
    data = bytes(range(256)) * 300 + b"\r\n.\r\n..\n.\n"
    mail = words.form(ROUND, words.office.divisions[0], [Attachment("表.xlsx", data)], NOW)
    with SmtpTransport(settings) as transport:
        send_all([mail], settings, transport, SentRecord(tmp_path / "sent.jsonl"), NOW)
    with Mailbox(settings, tmp_path / "mailbox.json") as box:
        (received,) = box.fetch_new()
    (part,) = parsed(received.raw).iter_attachments()
    assert part.get_content() == data
