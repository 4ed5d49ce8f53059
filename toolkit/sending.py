"""What the office sends of itself: forms by mail, and reminders.

Answers to what comes are `post`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from toolkit.arrivals import Arrival
from toolkit.attention import closed
from toolkit.documents import put
from toolkit.errors import Annex2Error
from toolkit.forms.fanout import the_round
from toolkit.handing_out import HandedOut, handing_out
from toolkit.language import Text, tr
from toolkit.mail.compose import Attachment, Composer, Outgoing, Thread, addresses_of, form_key
from toolkit.mail.errors import MailError
from toolkit.mail.files import write_drafts
from toolkit.mail.outgoing import ASK, HALFWAY, Entry, Outcome, Sent, SentRecord, SmtpTransport, send_all
from toolkit.mail.settings import mail_settings
from toolkit.master import schema
from toolkit.master.read import Master
from toolkit.master.store import MasterChanged, load
from toolkit.model import Division, Round
from toolkit.pending import standing_now
from toolkit.post import composer, forms_again, no_server, put_on_list, sent_record
from toolkit.reminders import REMINDS, Level, Reminder, due_reminders, reminder_policy, who_is_asked, working_hours
from toolkit.standing import moment, office_of
from toolkit.whereabouts import elsewhere, note
from toolkit.workspace import Workspace

Progress = Callable[[int, int, str], None]

CHANGED = tr("发出以后表改过，对方手里是旧表")
DRAFTS_INSTEAD = tr("填上发件服务器，或加 --drafts 生成草稿，用 Outlook、Foxmail 发送")


@dataclass(frozen=True, slots=True)
class Planned:
    """A mail to a division, and what became of it before."""

    mail: Outgoing
    last: Entry | None  # how sending it stands; None: it was not sent
    changed: bool = False  # the form is another one than was sent

    @property
    def standing(self) -> Text:
        """What became of it before, in words."""
        if self.last is None:
            return tr("没有发过")
        if self.last.state == "sent":
            return tr("以前已发送（{sent:%Y-%m-%d %H:%M}）", sent=self.last.at)
        return tr("以前发过，不知道发出没有（{sent:%Y-%m-%d %H:%M}）", sent=self.last.at)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What a round's sending did, or would do."""

    forms: HandedOut
    planned: tuple[Planned, ...]
    without: tuple[str, ...]  # who has no address
    results: tuple[Sent, ...] = ()
    drafts: tuple[Path, ...] = ()
    not_drafted: tuple[Planned, ...] = ()  # since they went out before, or may have
    void: tuple[str, ...] = ()  # divisions that were sent a form and owe nothing any more
    moved: Text | None = None  # that mail was handled elsewhere before
    old: tuple[tuple[str, str], ...] = ()
    """Closed divisions whose own address is written to, with who took them over and has none."""

    @property
    def to_old(self) -> tuple[Text, ...]:
        """That forms go to addresses that nobody may read any more: a sentence each."""
        return tuple(
            tr(
                "{heir}没有邮箱，它接手的{name}的表发到{name}原来的邮箱：在“处室”表里填上{heir}的邮箱",
                heir=heir,
                name=name,
            )
            for name, heir in self.old
        )


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
    Who took a closed division over gets its form.  A division without an address is passed over and named.
    """
    with workspace.writing():
        loaded = load(workspace)
        at = moment(now, loaded.master.zone)
        office = office_of(loaded.master, at.date())
        settings = mail_settings(office.settings)
        record, words = sent_record(workspace, office), composer(workspace, office, settings)
        planned: list[Planned] = []
        without: dict[str, str] = {}
        old: list[tuple[str, str]] = []
        with handing_out(workspace, loaded, round_key, at, division) as forms:
            forms.made.wanted = not dry_run
            round_ = forms.round
            for placed in forms.placed:
                owner = office.division(placed.form.division) or Division(placed.form.division)
                via = office.addressee(owner.name, at.date()) or owner
                if not via.mail:
                    without[owner.name] = via.name
                    continue
                heir = office.lead_on(owner.name, at.date())
                old += [(owner.name, heir)] if heir and heir != via.name else []
                form = Attachment(placed.form.file_name, forms.made.read(placed))
                planned.append(_planned(record, words, round_, owner, via, form, at, again=again))
            if planned and settings.sending is None and not (dry_run or drafts):
                raise no_server(DRAFTS_INSTEAD)
        nobody = who_is_asked((who, name) for name, who in without.items())
        moved = None if drafts else elsewhere(workspace)
        made = Dispatch(forms, tuple(planned), nobody, old=tuple(old), moved=moved)
        if division is None:
            begins = form_key(round_, Division(""))
            void = {k.removeprefix(begins) for k in record.done() if k.startswith(begins)}
            void -= {*(p.mail.division for p in planned), *without, *forms.closed, *forms.exempt}
            made = replace(made, void=tuple(sorted(void)))
        if dry_run:
            return made
        if drafts:
            folder = workspace.outbox / round_.key / "邮件草稿"
            went_out = () if again else tuple(p for p in planned if p.last is not None)
            paths = write_drafts([p.mail for p in planned if again or p.last is None], settings, folder, at)
            if division is None:
                _put_away_drafts(workspace, folder, but=paths)
            return replace(made, drafts=paths, not_drafted=went_out)
        note(workspace)
        with SmtpTransport(settings) as transport:
            mails = [p.mail for p in planned]
            results = send_all(mails, settings, transport, record, at, again=again, progress=progress)
        anew = {p.mail.key for p in planned if p.changed}
        return replace(made, results=tuple(_with_change(r) if r.mail.key in anew else r for r in results))


def _planned(
    record: SentRecord,
    words: Composer,
    round_: Round,
    owner: Division,
    via: Division,
    form: Attachment,
    at: datetime,
    *,
    again: bool,
) -> Planned:
    """The mail that brings a division (`owner`) its form, to who is written to for it (`via`)."""
    key = form_key(round_, owner)
    before, times = record.sent(key), record.times(key)
    # The domain is the office's mailbox's, and the form names the division: neither makes it another one.
    ids = {_name_of(words.form_id(round_, owner, [form], n)) for n in range(times)}
    changed = before is not None and not before.former and _name_of(before.message_id) not in ids
    thread = Thread()
    if again and before and not before.former and not set(before.to).isdisjoint(addresses_of(via)):
        thread = Thread(before.message_id)
    mail = words.form(
        round_, owner, [form], at, nth=times if again else 0, thread=thread, changed=again and changed, via=via
    )
    return Planned(mail, record.last([key]), changed)


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
    formless: tuple[Annex2Error, ...] = ()  # why forms are not with their reminders
    unreported: tuple[tuple[str, Round, tuple[int, ...]], ...] = ()
    """Divisions whose report came before a task of theirs did: (division, round, 序号)."""
    unwritten: tuple[Arrival, ...] = ()  # files that are not in the master yet: who sent them is not reminded
    moved: Text | None = None  # that mail was handled elsewhere before
    cut: tuple[Entry, ...] = ()  # mails over which an earlier run died; each is told once and not sent again by itself

    @property
    def without(self) -> tuple[str, ...]:
        """Divisions that owe something and have no address."""
        return who_is_asked((r.asked, r.division) for r in self.due if not r.to)

    @property
    def no_leader(self) -> tuple[str, ...]:
        """Divisions whose leader should have a copy and has no address."""
        return who_is_asked((r.asked, r.division) for r in self.due if r.no_leader)

    @property
    def unreached(self) -> tuple[Reminder, ...]:
        """Who must be told in another way."""
        return self.due if self.refused else tuple(r for r in self.due if not r.to)

    @property
    def anybody(self) -> bool:
        """Whether there is somebody to be asked, or that would be if what came were in the master."""
        return bool(self.planned or self.unreached or self.without or self.unwritten)

    @property
    def told(self) -> tuple[Text, ...]:
        """Who was not reminded, or not as it should be, and why: a sentence each, for a person."""
        found = [self.moved] if self.moved else []
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
        found += [tr("提醒里没有附上要填的表：{trouble}", trouble=e.text) for e in self.formless]
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
        formless: list[Annex2Error] = []
        form = forms_again(workspace, office, formless.append)
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
            due,
            tuple(planned),
            quiet,
            unreported=later,
            troubles=tuple(troubles),
            formless=tuple(formless),
            unwritten=behind,
            cut=cut,
            moved=elsewhere(workspace) if planned and settings.sending and not drafts else None,
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
            return replace(made, refused=no_server(DRAFTS_INSTEAD))
        note(workspace)
        with SmtpTransport(settings) as transport:
            results = send_all(mails, settings, transport, record, at, again=again, progress=progress)
        _list_unsure(workspace, master, record, at)
        return replace(made, results=results)


def _list_unsure(workspace: Workspace, master: Master, record: SentRecord, now: datetime) -> None:
    """Put onto 待处理 the reminders of which nobody knows whether they went out, each once; close what went out since.

    Where the master cannot be written now, a later run does.
    """
    listed, items = {i.key for i in master.items}, []
    sent = record.done()
    waiting = (i.key for i in master.items if i.key.startswith(REMINDS) and not closed(i.result))
    anew = {key: "已再发一次" for key in waiting if key in sent}
    for key, entry in record.undone(REMINDS):
        if key not in listed and record.last([key]) is not None:
            whom = f"{key.split(':')[2]}（{'、'.join(entry.to)}）"
            problem = f"给{whom}的“{entry.subject}”不知道发出没有，程序不会再发这一封"
            ask = "问一下对方，或看邮箱的“已发送”；没有收到就打电话，或运行 annex2 remind --again"
            items.append((key, "提醒不知道发出没有", whom, problem, f"{ask}。办完选“{schema.DONE}”"))
    if items or anew:
        with suppress(Annex2Error, MasterChanged):
            put_on_list(workspace, items, now, anew)


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
