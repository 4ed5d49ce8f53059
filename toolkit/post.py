"""The office's post: forms out by mail, replies in, answers back.

Joins the workspace with `mail` (what is said, and sending it once) and `intake.mailbox` (what came).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.attention import Attention
from toolkit.calendar import due_end
from toolkit.collected import FROM_MAILBOX
from toolkit.documents import put
from toolkit.errors import Annex2Error
from toolkit.forms.fanout import all_closed, exempted, fan_out, the_round
from toolkit.intake.members import MailFacts
from toolkit.language import Text, tr
from toolkit.mail.answers import GONE_BACK, HELD_BACK, Reviewed, answer, ruling, ruling_key
from toolkit.mail.compose import Attachment, Composer, Outgoing, Thread, addresses_of, form_key
from toolkit.mail.errors import MailError
from toolkit.mail.files import read_texts, write_drafts
from toolkit.mail.outgoing import ASK, HALFWAY, Entry, Outcome, Sent, SentRecord, SmtpTransport, send_all
from toolkit.mail.settings import MailSettings, mail_settings
from toolkit.master import schema
from toolkit.master.read import Master
from toolkit.master.store import MasterChanged, load, save
from toolkit.model import Division, Office, Receipt, Round, Verdict
from toolkit.pending import standing_now
from toolkit.register import Arrival
from toolkit.reminders import REMINDS, Level, Reminder, due_reminders, reminder_policy, who_is_asked, working_hours
from toolkit.senders import Senders
from toolkit.standing import moment, office_of
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.intake.mailbox import Mailbox

Progress = Callable[[int, int, str], None]

CHANGED = tr("发出以后表改过，对方手里是旧表")
DRAFTS_INSTEAD = tr("填上发件服务器，或加 --drafts 生成草稿，用 Outlook、Foxmail 发送")


@dataclass(frozen=True, slots=True)
class Planned:
    """A mail to a division, and how often it went out before."""

    mail: Outgoing
    sent: datetime | None
    changed: bool = False  # the form is another one than was sent


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What a round's sending did, or would do."""

    round: Round
    planned: tuple[Planned, ...]
    without: tuple[str, ...]  # divisions that have no address
    results: tuple[Sent, ...] = ()
    drafts: tuple[Path, ...] = ()
    closed: tuple[str, ...] = ()  # divisions that have nothing left to report
    exempt: tuple[str, ...] = ()  # divisions that are released from the round
    void: tuple[str, ...] = ()  # divisions that were sent a form and owe nothing any more
    over: bool = False  # the round's due date has passed


def _no_server(remedy: Text) -> MailError:
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


def send_round(
    workspace: Workspace,
    round_key: str,
    division: str | None = None,
    now: datetime | None = None,
    *,
    dry_run: bool = False,
    drafts: bool = False,
    again: bool = False,
    progress: Progress = lambda *_: None,
) -> Dispatch:
    """Mail a round's forms (made first where they are not yet), or write them as drafts, or only say what would go.

    Raises MailError where an address or a setting is wrong, TemplateError, WorkspaceError; nothing was sent then.
    A division without an address is passed over and named.
    """
    with workspace.writing():
        loaded = load(workspace)
        at = moment(now, loaded.master.zone)
        office = office_of(loaded.master, at.date())
        round_ = the_round(office, round_key)
        settings = mail_settings(office.settings)
        record, words = sent_record(workspace, office), composer(workspace, office, settings)
        planned: list[Planned] = []
        without: list[str] = []
        for placed in fan_out(workspace, office, round_, division):
            owner = office.division(placed.form.division) or Division(placed.form.division)
            if not owner.mail:
                without.append(owner.name)
                continue
            form = Attachment(placed.form.file_name, placed.read())
            key = form_key(round_, owner)
            before, times = record.sent(key), record.times(key)
            # The domain is the office's mailbox's, and the form names the division: neither makes it another one.
            ids = {_name_of(words.form_id(round_, owner, [form], n)) for n in range(times)}
            changed = before is not None and not before.former and _name_of(before.message_id) not in ids
            thread = Thread()
            if again and before and not before.former and not set(before.to).isdisjoint(addresses_of(owner)):
                thread = Thread(before.message_id)
            mail = words.form(
                round_, owner, [form], at, nth=times if again else 0, thread=thread, changed=again and changed
            )
            planned.append(Planned(mail, before.at if before else None, changed))
        mails = [p.mail for p in planned]
        made = Dispatch(round_, tuple(planned), tuple(without), over=at >= due_end(round_, loaded.master.zone))
        if division is None:
            made = replace(made, closed=all_closed(office, round_), exempt=exempted(office, round_))
            begins = form_key(round_, Division(""))
            keys = (k for e in record.entries if e.state == "sent" for k in e.keys if k.startswith(begins))
            void = {k.removeprefix(begins) for k in keys}
            void -= {*(p.mail.division for p in planned), *without, *made.closed, *made.exempt}
            made = replace(made, void=tuple(sorted(void)))
        if dry_run:
            return made
        if drafts:
            folder = workspace.outbox / round_.key / "邮件草稿"
            paths = write_drafts(mails, settings, folder, at)
            if division is None:
                _put_away_drafts(workspace, folder, but=paths)
            return replace(made, drafts=paths)
        if mails and settings.sending is None:
            raise _no_server(DRAFTS_INSTEAD)
        with SmtpTransport(settings) as transport:
            results = send_all(mails, settings, transport, record, at, again=again, progress=progress)
        anew = {p.mail.key for p in planned if p.changed}
        return replace(made, results=tuple(_with_change(r) if r.mail.key in anew else r for r in results))


def _name_of(message_id: str) -> str:
    """A Message-ID without its domain."""
    return message_id.partition("@")[0]


def _put_away_drafts(workspace: Workspace, folder: Path, but: Collection[Path]) -> None:
    """What an earlier run drafted for others would be sent along."""
    if stale := [p for p in folder.glob("*.eml") if p not in but]:
        put(workspace, {}, stale)


def _with_change(result: Sent) -> Sent:
    """A mail that was sent before, whose form has changed since."""
    if result.outcome is not Outcome.ALREADY:
        return result
    return replace(result, reason=CHANGED, remedy=tr("要把新表发去，加 --again"))


@dataclass(frozen=True, slots=True)
class Reminded:
    """What reminding did, or would do."""

    due: tuple[Reminder, ...]  # all that are due, also those that no mail can reach
    planned: tuple[tuple[Reminder, Outgoing], ...]
    quiet: bool  # outside working hours: nothing goes out
    results: tuple[Sent, ...] = ()
    drafts: tuple[Path, ...] = ()
    refused: MailError | None = None  # why nothing could be sent
    troubles: tuple[MailError, ...] = ()  # addresses that cannot be used: those divisions are not reminded
    unreported: tuple[tuple[str, Round, tuple[int, ...]], ...] = ()
    """Divisions whose report came before a task of theirs did: (division, round, 序号)."""
    unwritten: tuple[Arrival, ...] = ()  # files that are not in the master yet: who sent them is not reminded
    cut: tuple[Entry, ...] = ()  # mails over which an earlier run died; each is told once and not sent again by itself

    @property
    def without(self) -> tuple[str, ...]:
        """Divisions that owe something and have no address."""
        return who_is_asked(r for r in self.due if not r.to)

    @property
    def no_leader(self) -> tuple[str, ...]:
        """Divisions whose leader should have a copy and has no address."""
        return who_is_asked(r for r in self.due if r.no_leader)

    @property
    def unreached(self) -> tuple[Reminder, ...]:
        """Who must be told in another way."""
        return self.due if self.refused else tuple(r for r in self.due if not r.to)

    @property
    def told(self) -> tuple[Text, ...]:
        """Who was not reminded, or not as it should be, and why: a sentence each, for a person."""
        found = []
        if self.cut:
            names = tuple(dict.fromkeys(key.split(":")[2] for e in self.cut for key in e.keys))
            found.append(tr("给{names}的提醒{halfway}：{remedy}", names=names, halfway=HALFWAY, remedy=ASK))
        if self.without:
            found.append(tr("{name}没有邮箱，提醒不了：在“处室”表里填上邮箱，或打电话", name=self.without))
        if self.no_leader:
            told = tr("{name}的分管领导没有能用的邮箱，没有抄送：在“处室”的“领导邮箱”填上", name=self.no_leader)
            found.append(told)
        found += [
            tr(
                "{name}的“{words}”不是邮箱地址，没有抄送：在“处室”的“抄送”“领导邮箱”改正",
                name=r.asked,
                words=r.unusable,
            )
            for r in self.due
            if r.unusable
        ]
        found += [
            tr(
                "{heir}没有邮箱，它接手的{name}的提醒发到{name}原来的邮箱：在“处室”表里填上{heir}的邮箱",
                heir=r.heir,
                name=r.division,
            )
            for r in self.due
            if r.heir
        ]
        found += [tr("没有提醒：{trouble}", trouble=t.text) for t in self.troubles]
        found += [
            tr(
                "{name}报了{round}，没有报后来加的第{numbers}项，不会自动催：annex2 fanout {key} --division {name} "
                "重新生成它的表（窗口里是“发放表格”），再发给它",
                name=name,
                round=round_.name,
                numbers=tuple(map(str, numbers)),
                key=round_.key,
            )
            for name, round_, numbers in self.unreported
        ]
        return tuple(dict.fromkeys(found))


def remind(
    workspace: Workspace,
    round_key: str | None = None,
    now: datetime | None = None,
    *,
    dry_run: bool = False,
    drafts: bool = False,
    again: bool = False,
    progress: Progress = lambda *_: None,
) -> Reminded:
    """Send the reminders that are due now, about one round or all; each step once, one mail a division.

    `again`: also those of which nobody knows whether they went out.  Raises as `send_round` does, but for a mail server
    that is not set up and for addresses that cannot be used: `Reminded` says so then.
    """
    with workspace.writing():
        master = load(workspace).master
        at = moment(now, master.zone)
        office = office_of(master, at.date())
        settings, policy = mail_settings(office.settings), reminder_policy(office.settings)
        record, words = sent_record(workspace, office), composer(workspace, office, settings)
        rounds, behind = standing_now(workspace, master, at)
        if round_key is not None:
            wanted = the_round(office, round_key)
            rounds = tuple(r for r in rounds if r.round.key == wanted.key)
        settled = ("sent",) if again else ("sent", "uncertain")
        cut = () if again else record.cut_off(REMINDS)
        done = {k for e in record.entries if e.state in settled or e in cut for k in e.keys}
        due = due_reminders(office, rounds, at, master.zone, policy, master.calendar, done)
        form = forms_again(workspace, office)
        planned = []
        troubles = []
        for reminder in due:
            division = office.division(reminder.division)
            if division is not None and reminder.to:
                try:
                    planned.append((reminder, _worded(words, record, reminder, division, form, at)))
                except MailError as e:  # one wrong address is no reason to let the others wait
                    troubles.append(e)
        quiet = not working_hours(at, policy, master.calendar, master.zone)
        later = tuple((d.division, r.round, d.unreported) for r in rounds for d in r.divisions if d.unreported)
        made = Reminded(
            due, tuple(planned), quiet, unreported=later, troubles=tuple(troubles), unwritten=behind, cut=cut
        )
        mails = [m for _, m in planned]
        if dry_run:
            return made
        for entry in cut:
            record.give_up(entry)
        _list_unsure(workspace, master, record, at)
        if drafts:
            folder = workspace.outbox / "提醒和催报草稿" / f"{at:%Y-%m-%d}"
            paths = write_drafts(mails, settings, folder, at)
            if round_key is None and not quiet:
                _put_away_drafts(workspace, folder, but=paths)
            return replace(made, drafts=paths)
        if not mails:
            return made
        if settings.sending is None:
            return replace(made, refused=_no_server(DRAFTS_INSTEAD))
        with SmtpTransport(settings) as transport:
            results = send_all(mails, settings, transport, record, at, again=again, progress=progress)
        _list_unsure(workspace, master, record, at)
        return replace(made, results=results)


def _list_unsure(workspace: Workspace, master: Master, record: SentRecord, now: datetime) -> None:
    """Put onto 待处理 the reminders of which nobody knows whether they went out, each once.

    Where the master cannot be written now, a later run does.
    """
    listed, items = {i.key for i in master.items}, []
    for key, entry in record.undone(REMINDS):
        if key not in listed and record.last([key]) is not None:
            whom = f"{key.split(':')[2]}（{'、'.join(entry.to)}）"
            problem = f"给{whom}的“{entry.subject}”不知道发出没有，程序不会再发这一封"
            ask = "问一下对方，或看邮箱的“已发送”；没有收到就打电话，或运行 annex2 remind --again"
            items.append((key, "提醒不知道发出没有", whom, problem, f"{ask}。办完选“{schema.DONE}”"))
    if items:
        with suppress(Annex2Error, MasterChanged):
            _put_on_list(workspace, items, now)


def _put_on_list(workspace: Workspace, items: Iterable[tuple[str, str, str, str, str]], now: datetime) -> bytes | None:
    """Put items onto 待处理; the master as it stands then."""
    loaded = load(workspace, to_save=True)
    attention = Attention(loaded.master, now)
    for item in items:
        attention.add(*item)
    return save(workspace, loaded, (*attention.cells(), *attention.rows()), now).data


def _worded(
    words: Composer,
    record: SentRecord,
    reminder: Reminder,
    division: Division,
    form: Callable[[Round, Division], Iterable[Attachment]],
    at: datetime,
) -> Outgoing:
    """The mail of a reminder: about its most pressing report, in that form's thread, with all forms owed again."""
    first = reminder.owed[0].round
    via = words.office.division(reminder.asked) or division
    entry = record.sent(form_key(first, division)) if via is division else None
    mail = words.reminder(
        first,
        division,
        tuple(a for o in reminder.owed for a in form(o.round, division)),
        at,
        thread=Thread(entry.message_id) if entry else Thread(),
        copies=reminder.cc,
        chase=reminder.level in (Level.CHASE, Level.LEADER),
        owed=[o.sentence if o is reminder.owed[0] else o.with_causes for o in reminder.owed],
        returned=reminder.owed[0].returned.splitlines(),
        steps=reminder.steps,
        via=via,
    )
    return replace(mail, key=reminder.steps[0], also=reminder.steps[1:])


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
) -> tuple[Outgoing | None, ...]:
    """The answers to mails given as (head, when the server had it, its files), one each; None for those that get none,
    which are all where 自动回复 is off."""
    settings = mail_settings(office.settings)
    if not settings.answers:
        return (None,) * sum(1 for _ in mails)
    words, form, senders = composer(workspace, office, settings), forms_again(workspace, office), Senders(office)

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
    workspace: Workspace, office: Office, files: Iterable[tuple[Entry, datetime, Reviewed]], now: datetime
) -> Iterator[Outgoing]:
    """The mails that tell senders what a person decided about files, given with what they were told before and when
    they came."""
    settings = mail_settings(office.settings)
    if not settings.answers:
        return
    words, form, senders = composer(workspace, office, settings), forms_again(workspace, office), Senders(office)
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
        raise _no_server(tr("填上发件服务器，或把“自动回复”改为 否"))
    with SmtpTransport(settings) as transport:
        return send_all(mails, settings, transport, record, now)


ANSWER_TRIES = 5
"""How often the server may refuse an answer, before its mail is filed away without one."""
ANSWER_ITEM, REVOKED_ITEM = "answer:", "revoked:"
"""Begins the step of an answer, which is also 标识 of the item on 待处理 about one that did not go out; and 标识 of one
about an answer that is not true any more."""


def list_undone_answers(
    workspace: Workspace, record: SentRecord, master: Master, stands: bytes | None, now: datetime
) -> tuple[int, bytes | None]:
    """Put onto 待处理 the answers that no run will send any more, and those that are not true any more, each once:
    nobody would tell the division.

    `stands`: the master as it stands on the disk.  Returns how many are new, and the master as it stands then.
    """
    listed = {i.key for i in master.items}
    undone = [
        (key, entry)
        for key, entry in record.undone(ANSWER_ITEM)
        if key not in listed and (record.last([key]) is not None or record.failures(key) >= ANSWER_TRIES)
    ]
    revoked = list(_revoked(record, master))
    if revoked:
        revoked = list(_revoked(record, load(workspace).master))  # as the run left it
    if not undone and not revoked:
        return 0, stands
    items, senders = [], Senders(master.office)
    done = f"办完选“{schema.DONE}”"
    for key, entry in undone:
        whom = _whom(senders, entry)
        what = "这份表已接收" if key.startswith(ruling_key("", Verdict.ACCEPTED)) else "要修改的见“收件记录”里的“原因”"
        tell = f"自己告诉对方：{what}。{done}"
        kind, problem = "回信没有发出", f"给{whom}的回信“{entry.subject}”没有发出（{entry.reason}），程序不会再发"
        if record.last([key]) is not None:
            kind, problem = "回信不知道发出没有", f"给{whom}的回信“{entry.subject}”不知道发出没有，程序不会再发"
            tell = f"问一下对方，或看邮箱的“已发送”；没有收到就{tell}"
        items.append((key, kind, whom, problem, tell))
    for key, entry, receipt in revoked:
        whom = _whom(senders, entry)
        problem = f"曾回信告诉{whom}第{receipt.no}号收件“{receipt.name}”已接收，现在的结论是“{receipt.verdict.label}”"
        items.append((key, "回信要更正", whom, problem, f"自己告诉对方。{done}"))
    return len(items), _put_on_list(workspace, items, now)


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


def forms_again(workspace: Workspace, office: Office) -> Callable[[Round, Division], Iterable[Attachment]]:
    """A division's form of a round, made anew for an answer; nothing where it cannot be made."""

    def form(round_: Round, division: Division) -> Iterable[Attachment]:
        from toolkit.forms import make_forms
        from toolkit.forms.fanout import template_of

        try:
            made = make_forms(office, round_, template_of(workspace, round_), workspace.secret(), division.name)
            return tuple(Attachment(f.file_name, data) for f, data in made)
        except Annex2Error:
            return ()

    return form
