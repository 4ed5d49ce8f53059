"""An original -> everything that was delivered with it: itself, and what is inside, each to be read or explained.

Pure, but for the `unpack` that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from toolkit.intake.members import MailFacts, Unpacked
from toolkit.intake.unpack import Found, unpack, walk
from toolkit.language import tr
from toolkit.model import Finding, Severity
from toolkit.returns.findings import finding
from toolkit.returns.formats.sniff import Kind, sniff
from toolkit.returns.grid import Carried, Reading

Unpack = Callable[[str, bytes], Unpacked | Finding | None]

TABLES = frozenset(
    (
        *(Kind.XLSX, Kind.XLSB, Kind.XLS, Kind.ODS, Kind.SPREADSHEET_XML),
        *(Kind.DOCX, Kind.OLD_WORD, Kind.WORD_XML, Kind.RTF, Kind.ODT),
    )
)
PAGES = frozenset((Kind.PDF, Kind.OFD, Kind.PICTURE))
"""What a signed page comes as; beside a table it is evidence, alone it is no report."""


MOST_ALONG, MOST_BYTES_ALONG = 32, 64 << 20
"""Files of one original, and their bytes, that are read where it was unpacked; further ones are read by several."""

PHOTOGRAPHED = 96 << 10
"""From this size on a picture within a mail's text may be a page that somebody took a photo of; a logo is smaller."""


@dataclass(frozen=True, slots=True)
class Delivery(Carried):
    """One file delivered: an original, or what is inside it."""

    name: str
    way: str  # from the original on: "", or !附件.zip!养老.xlsx
    data: bytes | None = field(repr=False)  # None: the original's
    mail: MailFacts | None = None  # the mail that it came in, or is
    findings: tuple[Finding, ...] | None = None  # None: to be read
    reading: Reading | Finding | None = None  # what stands in it, where it was read already

    @property
    def sender(self) -> str:
        return self.mail.sender if self.mail else ""

    @property
    def subject(self) -> str:
        return self.mail.subject if self.mail else ""

    def received(self, original: datetime) -> datetime:
        """When it counts as received; `original`: when this computer or the mailbox had the original.

        What comes in a mail file counts from when the mail's last server had it, if that was earlier: the file may
        have lain about.
        """
        if self.mail is None or self.mail.received is None:
            return original
        return min(original, self.mail.received.astimezone(original.tzinfo).replace(microsecond=0))


def deliveries(name: str, data: bytes, unpack: Unpack = unpack) -> Iterator[Delivery]:
    """The file, then what is in it at all depths."""
    everything = tuple(walk(name, data, unpack))
    mails = {f.path for f in everything if isinstance(f.unpacked, Unpacked) and f.unpacked.mail}
    inside = (f for f in everything[1:] if not isinstance(f.unpacked, Unpacked))
    tables = {_together(f.path, mails) for f in inside if sniff(f.data, f.name) in TABLES}
    for place, found in enumerate(everything):
        mail = found.mails[0] if found.mails else None
        if isinstance(found.unpacked, Unpacked):
            mail = mail or found.unpacked.mail
        beside = (found.path if found.path in mails else place > 0 and _together(found.path, mails)) in tables
        explained = _explained(found, beside)
        yield Delivery(found.name, found.path[len(name) :], found.data if place else None, mail, explained)


def read_along(
    parts: Iterable[Delivery], data: bytes, read: Callable[[bytes, str], Reading | Finding]
) -> Iterator[Delivery]:
    """The deliveries of an original (`data`), with what stands in the first ones of those that must be read."""
    files, room = MOST_ALONG, MOST_BYTES_ALONG
    for part in parts:
        own = data if part.data is None else part.data
        if part.findings is None and files > 0 and len(own) <= room:
            files, room = files - 1, room - len(own)
            part = replace(part, reading=read(own, part.name))
        yield part


def _together(path: str, mails: Collection[str]) -> str:
    """The container that holds all that was sent with a file: the mail around it, or else what it was packed into."""
    around = path.rpartition("!")[0]
    cuts = [i for i, c in enumerate(path) if c == "!"]
    return next((path[:i] for i in reversed(cuts) if path[:i] in mails), around)


def _explained(found: Found, has_table: bool) -> tuple[Finding, ...] | None:
    """What is known of a file without reading it as a form; None where it must be read."""
    if isinstance(found.unpacked, Finding):
        return (found.unpacked,)
    if isinstance(found.unpacked, Unpacked):
        return _container(found.unpacked, has_table=has_table)
    kind = sniff(found.data, found.name)
    if found.inline and not (has_table and len(found.data) >= PHOTOGRAPHED):
        return (finding("inline_picture"),)
    if has_table and kind in PAGES:
        return (finding("evidence", kind=kind),)
    return None


_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


_QUOTED_HEAD = re.compile(
    r"^\W{0,8}(?:(?:From|To|Cc|Date|Subject|发件人|收件人|抄送|主题|日期)\s*[:：]|Original message|原(?:始)?邮件)",
    re.IGNORECASE | re.MULTILINE,
)


def undelivered(mail: MailFacts) -> tuple[str, ...]:
    """The addresses that a bounce speaks of, in lower case: those of its report, or else of its own words before those
    that it quotes."""
    own = {mail.sender, *mail.to}
    head = _QUOTED_HEAD.search(mail.body)
    for addresses in (
        mail.undelivered,
        _ADDRESS.findall(mail.body[: min(20_000, head.start() if head else 20_000)]),
        _ADDRESS.findall(mail.body[:20_000]),
    ):
        found = dict.fromkeys(a.lower() for a in addresses)
        named = [a for a in found if a not in own and not a.startswith(("mailer-daemon@", "postmaster@", "annex2."))]
        if named:
            return tuple(named)
    return ()


def _bounce(mail: MailFacts) -> Finding:
    addresses = undelivered(mail)[:5]
    told = tr("（{listed}）", listed=addresses) if addresses else ""
    return finding("bounce", subject=mail.subject or tr("无主题"), addresses=told)


def _with_evidence(c: Unpacked) -> str:
    """What a container is; of a mail also who sent it, and what the receiving server found of that."""
    if c.mail is None or not c.mail.sender:
        return c.kind
    about = {"kind": c.kind, "sender": c.mail.sender}
    checked = tuple(f"{name} {result}" for name, result in sorted(c.mail.authentication.items()))
    if checked:
        return tr("{kind}（发件人 {sender}，服务器验证：{checked}）", checked=checked, **about)
    return tr("{kind}（发件人 {sender}）", **about)


def _container(c: Unpacked, *, has_table: bool) -> tuple[Finding, ...]:
    findings = list(c.findings)
    mail = c.mail
    if mail is not None and mail.bounce:
        findings.append(_bounce(mail))
    elif mail is not None and mail.automatic:
        findings.append(finding("automatic_reply", subject=mail.subject or tr("无主题")))
    elif mail is not None and mail.cloud_links and not has_table:
        findings.append(finding("cloud_attachment", link=mail.cloud_links[0][:80]))
    if any(f.severity is Severity.HOLD for f in findings):
        return tuple(findings)
    files = sum(not m.inline for m in c.members)
    if files:
        kind = _with_evidence(c)
        if mail is not None and mail.cloud_links:  # photos, or in the mail that this one answers
            kind = tr("{kind}，另有网盘链接 {link} 没有取", kind=kind, link=mail.cloud_links[0][:80])
        findings.append(finding("container", kind=kind, n=files))
    elif mail is not None:
        findings.append(finding("mail_without_files", subject=mail.subject or tr("无主题")))
    else:
        findings.append(finding("empty_container", kind=c.kind))
    return tuple(findings)
