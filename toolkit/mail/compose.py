"""An Office, a round and a division -> a mail, worded by the templates in templates/mail.  Pure.

A template is plain text with jinja2 in it; its first line is `主题：…`.  What it may name is listed in `CONTEXT`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from toolkit.calendar import deadline, plain_date
from toolkit.errors import TemplateError
from toolkit.intake.members import OUR_MAIL
from toolkit.kinds import KINDS, kind_of
from toolkit.language import tr
from toolkit.mail.errors import MailError
from toolkit.mail.settings import MailSettings, in_cell, one_address, one_line
from toolkit.master.schema import SETTING_ISSUER
from toolkit.model import Division, Office, Round, RoundKind, Task

FORM, REMIND, CHASE, RECEIPT, RETURN = "发放", "提醒", "催报", "回执", "退回"
TEMPLATES = (FORM, REMIND, CHASE, RECEIPT, RETURN)
SUBJECT = "主题："
_TAG_ALONE = re.compile(r"^[ \t]*(\{%(?:(?!%\}).)*%\})[ \t]*\r?\n", re.MULTILINE)
"""A tag on a line of its own leaves no line behind, and one at the end of a sentence does not eat its line's end, as
jinja2's own `trim_blocks` would; the line break goes into a comment, so that errors still name the right line."""

CONTEXT = {
    "office.organisation": "单位，如 市民政局",
    "office.year": "年度",
    "office.sender": "发件人名称",
    "office.leaders": "分管局领导；单位不是局、委、厅、署的，是分管领导；没有分管领导的单位，是空的",
    "round.key": "节点编号，如 2023Q1",
    "round.name": "节点名称，如 第一季度",
    "round.kind": "表种，如 附件2",
    "round.report": "报什么，如 第一季度工作目标完成情况",
    "round.answers": "表里要填的几列（列表），如 完成情况",
    "round.item": "表里写明做什么的一列，如 责任事项",
    "round.due": "截止日期，如 2023年4月5日（星期三，清明节，含当天）；后面可以接“前”",
    "round.days_left": "离截止还有几天；过了截止是负数",
    "round.days_late": "过了截止几天；没过是 0",
    "division.name": "处室名称",
    "division.contact": "联系人，可能是空的",
    "division.leader": "分管领导，可能是空的",
    "division.tasks": "应报几项",
    "division.figures": "表里“指标数据”一页要填几个指标；没有这一页是 0",
    "owed": "提醒、催报里还应报送的各项（几句话的列表）",
    "returned": "提醒、催报里，报来的表为什么退回（几句话的列表）；没有退回是空的",
    "again": "发放：这张表以前发到过这个邮箱，这次是再发",
    "changed": "发放：以前发过，这张表与那时的不同，旧的作废",
    "today": "发信日期",
    "attachments": "附件名称的列表",
    "received": "收到时间（回执、退回）",
    "files": "收到的文件（回执、退回）：每件有 name、result、findings；每条 finding 有 where、message、remedy",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to be sent, as a value."""

    key: str  # the step that it is: form:2023Q1:养老服务处; a step is done once
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    attachments: tuple[Attachment, ...]
    message_id: str  # stable, so that replies thread to it and the same mail twice is known for one
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    division: str = ""
    round: str = ""
    automatic: str = ""  # Auto-Submitted (RFC 3834): auto-generated, auto-replied, or "" for one that a person sends
    also: tuple[str, ...] = ()  # further steps that this mail does: one answer may be about several files

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, *self.also)


@dataclass(frozen=True, slots=True)
class FileNote:
    """What an answer says about one file."""

    name: str
    result: str
    findings: tuple[Mapping[str, str], ...] = ()  # where, message, remedy


@dataclass(frozen=True, slots=True)
class Thread:
    """The mail that a mail replies to."""

    message_id: str = ""
    references: tuple[str, ...] = ()
    subject: str = ""


FORMS = "form:"
"""Begins the steps of sending forms; the round's key and the division's name follow."""


def form_key(round_: Round, division: Division) -> str:
    """The step of sending a division its form of a round."""
    return f"{FORMS}{round_.key}:{division.name}"


@dataclass(frozen=True, slots=True)
class Composer:
    """Words the mails of one office.  `texts`: template name -> source; `secret`: the workspace's own key."""

    office: Office
    settings: MailSettings
    texts: Mapping[str, str]
    secret: bytes = field(repr=False)

    def form(
        self,
        round_: Round,
        division: Division,
        attachments: Sequence[Attachment],
        now: datetime,
        *,
        nth: int = 0,
        thread: Thread = Thread(),
        changed: bool = False,
        via: Division | None = None,
    ) -> Outgoing:
        """The mail that brings a division its form.  `nth`: how often it was sent before, for sending again: servers
        drop a second mail with the same Message-ID.

        `thread`: the mail that brought it before, none where these addresses never had one.  `changed`: that was
        another form, which is void.  `via`: who gets it, where the division was merged into another one.  Raises
        MailError naming the cell of 处室 whose address is missing or wrong, TemplateError.
        """
        key = form_key(round_, division)
        own = self.form_id(round_, division, attachments, nth)
        again = {"again": bool(thread.message_id), "changed": changed}
        via = via or division
        copies = [one_address(a, f"处室!抄送（{via.name}）") for a in via.copies]
        return self._to_division(
            FORM, key, own, round_, division, attachments, now, thread, copies, more=again, via=via
        )

    def form_id(self, round_: Round, division: Division, attachments: Sequence[Attachment], nth: int) -> str:
        """The Message-ID of the mail that brings these very forms for the `nth` time, from 0."""
        version = hashlib.sha256(b"\0".join(a.data for a in attachments)).hexdigest()[:16]
        return self.message_id(form_key(round_, division), version, *([str(nth)] if nth else []))

    def reminder(
        self,
        round_: Round,
        division: Division,
        attachments: Sequence[Attachment],
        now: datetime,
        *,
        thread: Thread = Thread(),
        copies: Iterable[str] = (),
        chase: bool = False,
        owed: Sequence[str] = (),
        returned: Sequence[str] = (),
        steps: Sequence[str] = (),
        via: Division | None = None,
    ) -> Outgoing:
        """提醒 before the date, 催报 (`chase`) after it.  `thread`: the form's mail; `steps`: what it does, by which
        one mail is told from another of the same day.

        `copies`: the addresses that get a copy.  `owed`: a sentence for each report that is owed, this one
        first.  `returned`: why this one was returned, where it was.  `via`: who gets it, where the division was
        merged into another one.  Raises as `form` does.
        """
        name, word = (CHASE, "chase") if chase else (REMIND, "remind")
        key = f"{word}:{round_.key}:{division.name}:{now:%Y-%m-%d}"
        return self._to_division(
            name,
            key,
            self.message_id(key, *steps),
            round_,
            division,
            attachments,
            now,
            thread,
            copies,
            "auto-generated",
            owed,
            returned,
            via=via,
        )

    def reply(
        self,
        name: str,
        to: str,
        keys: Sequence[str],
        thread: Thread,
        *,
        round_: Round | None,
        division: Division,
        owner: Division | None = None,
        received: datetime,
        files: Sequence[FileNote],
        attachments: Sequence[Attachment],
        now: datetime,
    ) -> Outgoing:
        """An answer to a mail (`answers` decides which): 回执 or 退回.  Raises TemplateError.

        `division`: who wrote it; `owner`: whose report it is about, by whose date it is due.
        """
        context = self._context(round_, division, attachments, now, owner)
        context |= {"received": f"{received:%Y-%m-%d %H:%M}", "files": list(files)}
        subject, text = render(self.texts, name, context)
        theirs = one_line(thread.subject)
        if theirs:
            subject = theirs if theirs.lower().startswith(("re:", "回复：", "回复:", "答复")) else f"回复：{theirs}"
        return Outgoing(
            keys[0],
            (to,),
            (),
            subject,
            text,
            tuple(attachments),
            self.message_id(*keys),
            thread.message_id,
            _references(thread),
            division.name,
            round_.key if round_ else "",
            "auto-replied",
            tuple(keys[1:]),
        )

    def message_id(self, *words: str) -> str:
        """Names a mail; only this workspace can make it, and makes the same one again."""
        line = "|".join((self.office.organisation, str(self.office.year), *words))
        mac = hmac.new(self.secret, line.encode(), hashlib.sha256).hexdigest()[:32]
        return f"{OUR_MAIL}{mac}@{self.settings.address.rpartition('@')[2] or 'annex2.invalid'}>"

    def _to_division(
        self,
        name: str,
        key: str,
        message_id: str,
        round_: Round,
        division: Division,
        attachments: Sequence[Attachment],
        now: datetime,
        thread: Thread,
        copies: Iterable[str] = (),
        automatic: str = "",
        owed: Sequence[str] = (),
        returned: Sequence[str] = (),
        *,
        more: Mapping[str, bool] = MappingProxyType({}),
        via: Division | None = None,
    ) -> Outgoing:
        via = via or division
        to = addresses_of(via)
        context = self._context(round_, division, attachments, now)
        if via.name != division.name:
            whom = f"{via.name}〔{division.name}并入前应报的〕"  # subjects put it in round brackets
            context["division"] |= {"name": whom, "contact": via.contact}  # its own leader approves
        context |= {"owed": list(owed), "returned": list(returned), **more}
        subject, text = render(self.texts, name, context)
        return Outgoing(
            key,
            to,
            tuple(dict.fromkeys(a for a in copies if a.lower() not in {t.lower() for t in to})),
            subject,
            text,
            tuple(attachments),
            message_id,
            thread.message_id,
            _references(thread),
            division.name,
            round_.key,
            automatic,
        )

    def _context(
        self,
        round_: Round | None,
        division: Division,
        attachments: Sequence[Attachment],
        now: datetime,
        owner: Division | None = None,
    ) -> dict[str, Any]:
        kind = kind_of(round_) if round_ else KINDS[RoundKind.PROGRESS]
        own = self.office.round_for((owner or division).name, round_) if round_ else None
        left = (own.last_day - now.date()).days if own else 0
        issuer = self.office.settings.get(SETTING_ISSUER, "").strip()
        tasks = self._open_tasks(round_, division) if round_ else ()
        figures = tasks if round_ and round_.kind is RoundKind.PROGRESS else ()
        return {
            "office": {
                "organisation": self.office.organisation,
                "year": self.office.year,
                "sender": self.settings.name or issuer or self.office.organisation,
                "leaders": self.office.leaders,
            },
            "round": {
                "key": round_.key if round_ else "",
                "name": round_.name if round_ else "",
                "kind": str(round_.kind) if round_ else "",
                "report": kind.report(round_.name if round_ else ""),
                "answers": list(kind.asked),
                "item": kind.item,
                "due": deadline(own) if own else "",
                "days_left": left,
                "days_late": max(0, -left),
            },
            "division": {
                "name": division.name,
                "contact": division.contact,
                "leader": division.leader,
                "tasks": len(tasks),
                "figures": sum(len(self.office.indicators.get(t.key, ())) for t in figures),
            },
            "owed": [],
            "returned": [],
            "again": False,
            "changed": False,
            "today": plain_date(now),
            "attachments": [a.name for a in attachments],
        }

    def _open_tasks(self, round_: Round, division: Division) -> tuple[Task, ...]:
        """The tasks of a form that are still to be reported on."""
        own = self.office.round_for(division.name, round_)
        return tuple(t for t in self.office.formed(round_).get(division.name, ()) if not t.closed_for(own))


def addresses_of(division: Division) -> tuple[str, ...]:
    """Where a division's mail goes.  Raises MailError naming the cell."""
    where = f"处室!邮箱（{division.name}）"
    texts = in_cell(division.mail)
    if not texts:
        raise MailError(tr("没有填写邮箱"), where=where, remedy=tr("在“处室”表里填上{name}的邮箱", name=division.name))
    return tuple(dict.fromkeys(one_address(t, where) for t in texts))


def render(texts: Mapping[str, str], name: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """(subject, text) of a template.  Raises TemplateError naming the file, and the line where it is known."""
    from jinja2.sandbox import SandboxedEnvironment  # late: a mailbox is mostly collected without a word to anybody

    from toolkit.placeholders import FAULTS, Unknown, trouble

    file = f"templates/mail/{name}.j2"
    # Plain text: nothing to escape.  Sandboxed, as anybody who can write into the folder can write templates.
    environment = SandboxedEnvironment(undefined=Unknown)
    if name not in texts:
        missing = tr("缺少邮件模板")
        raise TemplateError(missing, where=file, remedy=tr("从随程序提供的 {file} 复制一份过来", file=file))
    try:
        filled = environment.from_string(_TAG_ALONE.sub(r"\1{#\n#}", texts[name])).render(context)
    except FAULTS as e:
        raise TemplateError(trouble(e), where=file, remedy=_remedy(file)) from None
    head, _, body = filled.lstrip("\ufeff\r\n ").partition("\n")
    subject = one_line(head.replace("主题:", SUBJECT, 1))
    if not subject.startswith(SUBJECT) or not subject.removeprefix(SUBJECT).strip():
        raise TemplateError(
            tr("第一行不是主题"), where=file, remedy=tr("第一行写成“{subject}…”，从第二行起是正文", subject=SUBJECT)
        )
    lines = [line.rstrip() for line in body.strip("\r\n").splitlines()]
    return subject.removeprefix(SUBJECT).strip(), "\n".join(lines) + "\n"


def _remedy(file: str) -> str:
    return tr("对照随程序提供的 {file} 改正；可用的占位符：{known}", file=file, known=tuple(CONTEXT))


def _references(thread: Thread) -> tuple[str, ...]:
    """RFC 5322, 3.6.4: the parent's references, then the parent.  The first and the last ones are what matters."""
    if not thread.message_id:
        return ()
    before = [r for r in thread.references if r != thread.message_id]
    return (*before[:1], *before[1:][-8:], thread.message_id)
