"""What to do about a mail of ours that came back, by the record of what was sent.  Pure."""

from __future__ import annotations

from toolkit.intake.deliveries import undelivered
from toolkit.intake.members import MailFacts
from toolkit.language import Text, tr
from toolkit.mail.compose import FORMS
from toolkit.mail.outgoing import Entry, SentRecord
from toolkit.reminders import REMINDS


def remedy(mail: MailFacts, record: SentRecord) -> Text | None:
    """How to send once more what a bounce says did not arrive: `send` alone says that it went out.

    None where it was none of ours.
    """
    entries = _sent(mail, record)
    about = [key.split(":") for e in entries for key in e.keys if key.startswith((FORMS, REMINDS))]
    forms = dict.fromkeys((round_, division) for _, round_, division, *_ in about)
    if forms:
        return tr(
            "核对“处室”里{names}的邮箱，改正（是对方邮箱满了的，等它清理）后运行 {commands} 再发一次，"
            "或自己把 outbox 里的表发去，再选“已处理”",
            names=tuple(dict.fromkeys(division for _, division in forms)),
            commands=tuple(f"annex2 send {round_} --division {division} --again" for round_, division in forms),
        )
    if entries:
        return tr("这是一封回信，程序不会再发：核对“处室”里的邮箱，自己告诉对方，再选“已处理”")
    return None


def _sent(mail: MailFacts, record: SentRecord) -> list[Entry]:
    """The mails that a bounce is about: those that it answers, or else the last one to each address that it names."""
    went = [e for e in record.entries if e.state == "sent"]
    answered = {mail.in_reply_to, *mail.references} - {""}
    if found := [e for e in went if e.message_id in answered]:
        return found[-1:]
    last = {address.lower(): e for e in went for address in e.to}
    return list({e.message_id: e for a in undelivered(mail) if (e := last.get(a))}.values())
