"""The office's post: its mailbox, and the answers to what came.

Joins the workspace with `mail` (what is said, and sending it once) and `intake.mailbox` (what came).  What the office
sends of itself is `sending`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from toolkit.attention import Attention
from toolkit.collected import FROM_MAILBOX
from toolkit.errors import Annex2Error
from toolkit.intake.members import MailFacts
from toolkit.language import Text, tr
from toolkit.mail.answers import GONE_BACK, HELD_BACK, Reviewed, answer, ruling, ruling_key
from toolkit.mail.compose import Attachment, Composer, Outgoing, Thread
from toolkit.mail.errors import MailError
from toolkit.mail.files import read_texts
from toolkit.mail.outgoing import Entry, Sent, SentRecord, SmtpTransport, send_all
from toolkit.mail.settings import MailSettings, mail_settings
from toolkit.master import schema
from toolkit.master.read import Master
from toolkit.master.store import load, save
from toolkit.model import Division, Office, Receipt, Round, Verdict
from toolkit.senders import Senders
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox


def no_server(remedy: Text) -> MailError:
    """That mails cannot be sent."""
    return MailError(tr("设置里没有发件服务器"), where=tr("设置!发件服务器"), remedy=remedy)


def composer(workspace: Workspace, office: Office, settings: MailSettings) -> Composer:
    """What words the office's mails.  Raises TemplateError."""
    return Composer(office, settings, read_texts(workspace.templates), workspace.secret())


def sent_record(workspace: Workspace, office: Office | None = None) -> SentRecord:
    """The record of what was sent; with an office by the names that its divisions have."""

    def now_called(name: str) -> str:
        found = office.division(name) if office else None
        return found.name if found else name

    return SentRecord(workspace.state / "sent.jsonl", now_called)


@contextmanager
def mailbox_of(workspace: Workspace, office: Office) -> Iterator[Mailbox | None]:
    """The office's mailbox for one run; None where 设置 names no 收件服务器.  Raises MailError."""
    settings = mail_settings(office.settings)
    if settings.receiving is None:
        yield None
        return
    from toolkit.intake.mailbox import Mailbox

    with Mailbox(settings, workspace.state / "mailbox.json") as box:
        yield box


_ODD = re.compile(r'[\\/:*?"<>|!\x00-\x1f]+')


def mail_path(sender: str, subject: str, uidvalidity: int, uid: int) -> tuple[str, str]:
    """(name, path) under which people meet a mail: 邮箱/jz@example.cn/报送一季度完成情况 7-12.eml."""
    name = f"{_ODD.sub(' ', subject).strip()[:60] or '无主题'} {uidvalidity}-{uid}.eml"
    return name, f"{FROM_MAILBOX}{_ODD.sub(' ', sender) or '不明发件人'}/{name}"


def answers_to(
    workspace: Workspace,
    record: SentRecord,
    office: Office,
    mails: Iterable[tuple[MailFacts, datetime, Sequence[Reviewed]]],
    now: datetime,
    failed: Callable[[Annex2Error], None],
) -> tuple[Outgoing | None, ...]:
    """The answers to mails given as (head, when the server had it, its files), one each; None for those that get none,
    which are all where 自动回复 is off.  `failed`: as of `forms_again`."""
    settings = mail_settings(office.settings)
    if not settings.answers:
        return (None,) * sum(1 for _ in mails)
    words, senders = composer(workspace, office, settings), Senders(office)
    form = forms_again(workspace, office, failed)

    def writer(facts: MailFacts, files: Sequence[Reviewed]) -> Division | None:
        """Who wrote a mail; of the divisions that share its address the one whose report it brings.

        One who is copied in by several divisions is none of them.
        """
        shared = senders.sharing(facts.sender)
        told = (f.division for f in files if f.division is not None and f.division.name in shared)
        return next(told, None if senders.copied(facts.sender) else senders.of(facts.sender))

    made = (
        answer(
            words,
            facts,
            writer(facts, files),
            received,
            files,
            form,
            lambda key: record.last([key]) is not None,
            now,
        )
        for facts, received, files in mails
    )
    return tuple(made)


def waiting_for_word(record: SentRecord) -> dict[str, Entry]:
    """Files, by SHA-256, that are being looked at or must be mended, as their senders were told by the mail given."""
    found: dict[str, Entry] = {}
    for e in record.entries:
        if e.state == "sent":
            found |= {k.partition(":")[2]: e for k in e.keys if k.startswith((HELD_BACK, GONE_BACK))}
    return found


def untold(record: SentRecord, told: Mapping[str, Entry], receipts: Iterable[Receipt]) -> list[Receipt]:
    """Of files that a person has decided on, those whose senders do not know yet: they were `told` to wait, or to mend
    them, and each decision is told once."""
    found = []
    for r in receipts:
        known = r.verdict is Verdict.RETURNED and f"{GONE_BACK}{r.sha256}" in told[r.sha256].keys
        key = ruling_key(r.sha256, r.verdict)
        if not known and record.last([key]) is None and record.failures(key) < ANSWER_TRIES:
            found.append(r)
    return found


def rulings(
    workspace: Workspace,
    office: Office,
    files: Iterable[tuple[Entry, datetime, Reviewed]],
    now: datetime,
    failed: Callable[[Annex2Error], None],
) -> Iterator[Outgoing]:
    """The mails that tell senders what a person decided about files, given with what they were told before and when
    they came.  `failed`: as of `forms_again`."""
    settings = mail_settings(office.settings)
    if not settings.answers:
        return
    words, senders = composer(workspace, office, settings), Senders(office)
    form = forms_again(workspace, office, failed)
    for told, received, file in files:
        if sender := senders.of(told.to[0]) or file.division:
            thread = Thread(told.message_id, (), told.subject)
            yield ruling(words, told.to[0], thread, sender, received, file, form, now)


def send_answers(record: SentRecord, office: Office, answers: Iterable[Outgoing], now: datetime) -> tuple[Sent, ...]:
    """Send answers, each once.  What cannot be sent now is among the results."""
    mails: Sequence[Outgoing] = list(answers)
    if not mails:
        return ()
    settings = mail_settings(office.settings)
    if settings.sending is None:
        raise no_server(tr("填上发件服务器，或把“自动回复”改为 否"))
    with SmtpTransport(settings) as transport:
        return send_all(mails, settings, transport, record, now)


ANSWER_TRIES = 5
"""How often the server may refuse an answer, before its mail is filed away without one."""
ANSWER_ITEM, REVOKED_ITEM = "answer:", "revoked:"
"""Begins the step of an answer, which is also 标识 of the item on 待处理 about one that did not go out; and 标识 of one
about an answer that is not true any more."""


def list_undone_answers(
    workspace: Workspace,
    record: SentRecord,
    master: Master,
    stands: bytes | None,
    now: datetime,
    tried: Collection[str] | None = None,
) -> tuple[int, bytes | None]:
    """Put onto 待处理 the answers that no run will send any more, and those that are not true any more, each once:
    nobody would tell the division.

    `stands`: the master as it stands on the disk.  `tried`: the answers that this run tried, where it met all mails
    that wait for one: what is not among them has lost its mail, which somebody moved.  Returns how many are new, and
    the master as it stands then.
    """
    listed = {i.key for i in master.items}
    undone = [
        (key, entry)
        for key, entry in record.undone(ANSWER_ITEM)
        if key not in listed
        and (
            record.last([key]) is not None
            or record.failures(key) >= ANSWER_TRIES
            or (tried is not None and key not in tried)
        )
    ]
    revoked = list(_revoked(record, master))
    if not undone and not revoked:
        return 0, stands
    master = load(workspace).master  # as the run left it
    revoked = list(_revoked(record, master)) if revoked else []
    items, senders = [], Senders(master.office)
    done = f"办完选“{schema.DONE}”"
    for key, entry in undone:
        whom = _whom(senders, entry)
        tell = f"自己告诉对方：{_what_became_of(entry, master.receipts)}。{done}"
        kind, problem = "回信没有发出", f"给{whom}的回信“{entry.subject}”没有发出（{entry.reason}），程序不会再发"
        if record.last([key]) is not None:
            kind, problem = "回信不知道发出没有", f"给{whom}的回信“{entry.subject}”不知道发出没有，程序不会再发"
            tell = f"问一下对方，或看邮箱的“已发送”；没有收到就{tell}"
        items.append((key, kind, whom, problem, tell))
    for key, entry, receipt in revoked:
        whom = _whom(senders, entry)
        problem = f"曾回信告诉{whom}第{receipt.no}号收件“{receipt.name}”已接收，现在的结论是“{receipt.verdict.label}”"
        items.append((key, "回信要更正", whom, problem, f"自己告诉对方。{done}"))
    return len(items), put_on_list(workspace, items, now)


def _what_became_of(entry: Entry, receipts: Iterable[Receipt]) -> str:
    """What the sender of the files that an answer is about should know of them by now."""
    about = {key.rpartition(":")[2] for key in entry.keys}
    files: dict[str, Receipt] = {}
    for r in receipts:
        if r.sha256 in about and (r.sha256 not in files or r.verdict is not Verdict.IGNORED):  # the same sent again
            files[r.sha256] = r
    words = {_TOLD[r.verdict] for r in files.values()} or {"怎么样了，见“收件记录”"}
    if len(words) == 1:
        return f"这份表{words.pop()}"
    return "；".join(f"“{r.name}”{_TOLD[r.verdict]}" for r in files.values())


_TOLD = {
    Verdict.ACCEPTED: "已接收",
    Verdict.ACCEPTED_WITH_REMARKS: "已接收",
    Verdict.RETURNED: "要修改，见“收件记录”里的“原因”",
    Verdict.HELD: "已收到，正在核对",
    Verdict.IGNORED: "不算报送，见“收件记录”里的“原因”",
}


def _whom(senders: Senders, entry: Entry) -> str:
    division = senders.of(entry.to[0])
    return f"{division.name}（{entry.to[0]}）" if division else entry.to[0]


def _revoked(record: SentRecord, master: Master) -> Iterator[tuple[str, Entry, Receipt]]:
    """Files whose senders were told that a person had accepted them, and that are not accepted any more, with the key
    of the item that is not there yet."""
    told, listed = {k: e for e in record.entries if e.state == "sent" for k in e.keys}, {i.key for i in master.items}
    for r in master.receipts:
        entry, key = told.get(ruling_key(r.sha256, Verdict.ACCEPTED)), f"{REVOKED_ITEM}{r.no}"
        if entry is not None and not r.verdict.accepted and key not in listed:
            yield key, entry, r


def put_on_list(
    workspace: Workspace,
    items: Iterable[tuple[str, str, str, str, str]],
    now: datetime,
    closed: Mapping[str, str] = MappingProxyType({}),
) -> bytes | None:
    """Put items onto 待处理, given as `Attention.add` takes them; the master as it stands then.

    `closed`: what became of items that are done, by their keys.  Raises as `load` and `save` do.
    """
    loaded = load(workspace, to_save=True)
    attention = Attention(loaded.master, now)
    for item in items:
        attention.add(*item)
    for key, result in closed.items():
        attention.close(key, result)
    return save(workspace, loaded, (*attention.cells(), *attention.rows()), now).data


def forms_again(
    workspace: Workspace, office: Office, failed: Callable[[Annex2Error], None]
) -> Callable[[Round, Division], Iterable[Attachment]]:
    """A division's form of a round, made anew for a mail; nothing where it cannot be made, and `failed` hears why."""

    def form(round_: Round, division: Division) -> Iterable[Attachment]:
        from toolkit.forms import form_file, make_forms
        from toolkit.forms.fanout import template_of

        try:
            names = {division.name: form_file(office, round_, division.name)}
            made = make_forms(office, round_, template_of(workspace, round_), workspace.secret(), names)
            return tuple(Attachment(f.file_name, data) for f, data in made)
        except Annex2Error as e:
            failed(e)
            return ()

    return form
