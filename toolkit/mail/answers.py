"""Which answer a mail gets that brought files: a receipt, a return for correction, or none.  Pure.

RFC 3834: never to a bounce, a list or another program, never to ourselves, only to a division of the office's own,
and once per file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from toolkit.errors import Annex2Error
from toolkit.intake.letter import written_above
from toolkit.intake.members import MailFacts
from toolkit.mail.compose import RECEIPT, RETURN, Attachment, Composer, FileNote, Outgoing, Thread
from toolkit.mail.settings import MailSettings, one_address
from toolkit.model import Division, Finding, Round, Severity, Verdict
from toolkit.returns.findings import left_to_another_year

NOBODY = re.compile(r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster|bounces?)(?:[+_.-].*)?@", re.IGNORECASE)

_READ = frozenset(("no_form", "not_a_table"))
_UNREAD = frozenset(
    (
        *("unreadable", "volume", "encrypted", "cloud_attachment", "empty_container"),
        *("too_big", "bomb", "too_slow", "reader_crashed"),
    )
)
"""With `_READ` what may be said of a file that is no report: photos in a locked archive, a damaged letter."""
ASK_AGAIN = _READ | _UNREAD | {"sealed_mail", "wrong_year", "unknown_round", "unknown_division", "several_forms"}
"""What is held for a person, but what only the sender can mend: it goes back at once."""

FOR_THE_OFFICE = frozenset(
    (
        *("stamp_not_genuine", "no_stamp", "recorded", "duplicate", "supersedes", "after_upstream", "not_applied"),
        *("no_extractor", "identity_conflict", "no_such_round", "owes_nothing", "other_office", "a_master"),
        *("unknown_sender", "sender_differs", "named_for_another", "earlier_form"),
        *("duplicate_of_earlier", "duplicate_of_taken_back", "duplicate_of_put_aside", "duplicate_but_gone"),
        *("duplicate_of_refused", "came_before", "of_another_workspace", "mail_words"),
        *("quoted_table", "quoted_again", "quoted_blank"),
        *("later_form", "two_versions", "form_left_out", "letter", "letter_with_blank"),
    )
)
"""What is none of the division's business."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One file of a mail, as review left it."""

    name: str
    sha256: str
    verdict: Verdict
    round: Round | None
    findings: tuple[Finding, ...] = ()
    division: Division | None = None  # whose report it is, where that is known


def key_of(sha256: str) -> str:
    """The step of answering a file."""
    return f"answer:{sha256}"


HELD_BACK, GONE_BACK = "held:", "back:"
"""Begin the steps of telling a sender that a file is being looked at, or must be mended; its SHA-256 follows."""


def ruling_key(sha256: str, verdict: Verdict) -> str:
    """The step of telling a sender what a person decided about a file that had been answered."""
    return f"answer:{'accepted' if verdict.accepted else 'returned'}:{sha256}"


def may_answer(settings: MailSettings, mail: MailFacts) -> bool:
    """Whether a mail is one that a program may answer at all."""
    if not settings.answers or mail.bounce or mail.automatic or mail.listed:
        return False
    try:
        sender = one_address(mail.sender, "")
    except Annex2Error:
        return False
    return sender.lower() not in settings.own and not NOBODY.match(sender)


def answer(
    composer: Composer,
    mail: MailFacts,
    sender: Division | None,
    received: datetime,
    files: Sequence[Reviewed],
    form: Callable[[Round, Division], Iterable[Attachment]],
    answered: Callable[[str], bool],
    now: datetime,
) -> Outgoing | None:
    """The answer to a mail about all its files that were not answered yet, or None.

    `sender`: the division whose address wrote the mail; None for a stranger, who gets no answer.
    `received`: when the server had it.  `form`: the form of a round again, asked for where something must be mended.
    `answered`: whether a step (`key_of`) is in the record.  Raises TemplateError.
    """
    if sender is None or not may_answer(composer.settings, mail) or now - received > _OLD:
        return None
    reports = speaks_of_report(mail, [f.name for f in files])
    fresh: dict[str, Reviewed] = {}
    for file in files:
        silent = file.verdict is Verdict.IGNORED or any(f.code in _LETTERS for f in file.findings)
        silent = silent or left_to_another_year(file.findings, received) or not (_known(file) or reports)
        if not silent and not answered(key_of(file.sha256)):
            fresh.setdefault(file.sha256, file)
    if not fresh:
        return None
    reported = any(f.verdict.accepted or f.verdict is Verdict.RETURNED for f in files)

    def goes_back(file: Reviewed) -> bool:
        """Not photos, a letter or a draft beside the report: whether they matter is for the office to say."""
        return _goes_back(file) and not (reported and _beside(file))

    notes = [_note(f, sender, back=goes_back(f), reported=reported) for f in fresh.values()]
    back = any(map(goes_back, fresh.values()))
    # The round of what must be mended; a file that is held may not tell, but the others of the mail may.
    about = next((f for f in sorted(fresh.values(), key=goes_back, reverse=True) if f.round), None)
    round_ = about.round if about else None
    again = (f for f in fresh.values() if goes_back(f) or f is about) if back else ()
    forms = dict.fromkeys((f.round, f.division or sender) for f in again if f.round)
    waits = [f"{GONE_BACK if goes_back(f) else HELD_BACK}{s}" for s, f in fresh.items() if not f.verdict.accepted]
    return composer.reply(
        RETURN if back else RECEIPT,
        mail.sender,
        [*map(key_of, fresh), *waits],
        Thread(mail.message_id, mail.references, mail.subject),
        round_=round_,
        division=sender,
        owner=about.division if about else None,
        received=received,
        files=notes,
        attachments=tuple(dict.fromkeys(a for r, division in forms for a in form(r, division))),
        now=now,
    )


def ruling(
    composer: Composer,
    to: str,
    thread: Thread,
    sender: Division,
    received: datetime,
    file: Reviewed,
    form: Callable[[Round, Division], Iterable[Attachment]],
    now: datetime,
) -> Outgoing:
    """The mail that tells what a person decided about a file of which the sender was told that it is being looked at,
    or must be mended.  `thread`: the mail that said so, to `to`.  Raises TemplateError.
    """
    taken = file.verdict.accepted
    note = _note(file, sender, back=not taken, reported=False)
    owner = file.division or sender
    again = form(file.round, owner) if file.round and not taken else ()
    result = "经核对，已接收，不用再报"
    if owner.name != sender.name:
        result = f"经核对，已作为{owner.name}的报送接收；{sender.name}自己的表还没有报的，仍要报"
    return composer.reply(
        RECEIPT if taken else RETURN,
        to,
        [ruling_key(file.sha256, file.verdict)],
        thread,
        round_=file.round,
        division=sender,
        owner=owner,
        received=received,
        files=[FileNote(note.name, result, ()) if taken else note],
        attachments=tuple(again),
        now=now,
    )


def _goes_back(file: Reviewed) -> bool:
    if file.verdict is Verdict.RETURNED:
        return True
    return file.verdict is Verdict.HELD and any(f.code in ASK_AGAIN for f in file.findings)


_LETTERS = frozenset(("letter", "letter_with_blank"))
_OLD = timedelta(days=21)
"""What lay in the mailbox so long is answered by a person."""
_ABOUT_REPORTS = re.compile(
    r"报送|填报|上报|完成情况|落实情况|办理方案|附件2|[一二三四1-4]季度|上半年|全年|工作目标|报表|配合任务"
)


def speaks_of_report(mail: MailFacts, names: Iterable[str]) -> bool:
    """Whether a mail is about a report: it replies to one of ours, or says so, or its files do.

    A division mails its office much else.
    """
    return mail.answers_annex2 or any(map(_ABOUT_REPORTS.search, (mail.subject, written_above(mail.body), *names)))


def _known(file: Reviewed) -> bool:
    """Whether a file was recognised as somebody's report."""
    return file.round is not None or file.division is not None or file.verdict.accepted


_TABLE = re.compile(r"\.(?:xls[xmb]?|et|ett|ods|csv)$", re.IGNORECASE)


def _beside(file: Reviewed) -> bool:
    """Whether a file that cannot be read may lie beside the report, and is no further one by its name."""
    codes = {f.code for f in file.findings}
    return bool(codes & _READ) or (bool(codes & _UNREAD) and not _TABLE.search(file.name))


def _note(file: Reviewed, sender: Division, *, back: bool, reported: bool) -> FileNote:
    if back:
        result = "需要修改后重报"
        shown = [f for f in file.findings if f.severity in (Severity.CORRECT, Severity.HOLD)]
        shown += [f for f in file.findings if f.severity is Severity.REMARK]
    elif file.verdict is Verdict.HELD and reported and any(f.code in _UNREAD for f in file.findings):
        result, shown = "没能打开，不影响报送的表；里面有要报的，请另存为普通附件、不设密码再发", []
    elif file.verdict is Verdict.HELD:
        result, shown = "已收到，正由我们核对，需要时会与你们联系", []
    else:
        result, shown = "已接收", [f for f in file.findings if f.severity is Severity.REMARK]
    whose = file.division or sender
    name = file.name if whose.name == sender.name else f"{file.name}（{whose.name}的表）"
    return FileNote(name, result, tuple(_finding(f) for f in shown if f.code not in FOR_THE_OFFICE))


def _finding(f: Finding) -> dict[str, str]:
    remedy = f.remedy.replace("请报送单位", "请")
    return {"where": f.where, "message": f.message.rstrip("。"), "remedy": remedy.rstrip("。")}
