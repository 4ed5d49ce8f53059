"""An original -> everything that was delivered with it: itself, and what is inside, each to be read or explained.

Pure, but for the `unpack` that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from toolkit.intake.members import MailFacts, Unpacked
from toolkit.intake.unpack import Found, unpack, walk
from toolkit.language import tr
from toolkit.model import Finding, Severity
from toolkit.returns.findings import finding
from toolkit.returns.formats.sniff import CONTAINERS, Kind, sniff

Unpack = Callable[[str, bytes], Unpacked | Finding | None]

TABLES = frozenset(
    (Kind.XLSX, Kind.XLSB, Kind.XLS, Kind.ODS, Kind.SPREADSHEET_XML, Kind.DOCX, Kind.OLD_WORD, Kind.RTF, Kind.ODT)
)
PAGES = frozenset((Kind.PDF, Kind.OFD, Kind.PICTURE))
"""What a signed page comes as; beside a table it is evidence, alone it is no report."""


PHOTOGRAPHED = 96 << 10
"""From this size on a picture within a mail's text may be a page that somebody took a photo of; a logo is smaller."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file delivered."""

    name: str
    path: str  # the way to it: inbox/回复.eml!附件.zip!养老.xlsx
    data: bytes = field(repr=False)
    received: datetime
    mail: MailFacts | None = None  # the mail that it came in, or is
    findings: tuple[Finding, ...] | None = None  # None: to be read

    @property
    def sender(self) -> str:
        return self.mail.sender if self.mail else ""

    @property
    def subject(self) -> str:
        return self.mail.subject if self.mail else ""


def deliveries(
    name: str, path: str, data: bytes, received: datetime, unpack: Unpack = unpack
) -> Iterator[Delivery]:
    """The file, then what is in it at all depths.

    `received`: when this computer or the mailbox had it.  What comes in a mail file counts from when the mail's last
    server had it, if that was earlier: the file may have lain about.
    """

    def when_needed(name: str, data: bytes) -> Unpacked | Finding | None:
        return unpack(name, data) if sniff(data, name) in CONTAINERS else None

    everything = tuple(walk(name, data, when_needed))
    mails = {f.path for f in everything if isinstance(f.unpacked, Unpacked) and f.unpacked.mail}
    tables = {_together(f.path, mails) for f in everything if sniff(f.data, f.name) in TABLES}
    for found in everything:
        here = path[: len(path) - len(name)] + found.path
        mail = found.mails[0] if found.mails else None
        if isinstance(found.unpacked, Unpacked):
            mail = mail or found.unpacked.mail
        moment = received
        if mail is not None and mail.received is not None:
            moment = min(received, mail.received.astimezone(received.tzinfo).replace(microsecond=0))
        beside = "!" in found.path and _together(found.path, mails) in tables
        yield Delivery(found.name, here, found.data, moment, mail, _explained(found, beside))


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
        return _container(found.unpacked)
    kind = sniff(found.data, found.name)
    if found.inline and not (has_table and len(found.data) >= PHOTOGRAPHED):
        return (finding("inline_picture"),)
    if has_table and kind in PAGES:
        return (finding("evidence", kind=kind),)
    return None


_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def _undelivered(mail: MailFacts) -> str:
    """The addresses that a bounce speaks of."""
    own = {mail.sender, *mail.to}
    found = dict.fromkeys(a.lower() for a in _ADDRESS.findall(mail.body[:20_000]))
    named = [a for a in found if a not in own and not a.startswith(("mailer-daemon@", "postmaster@", "annex2."))]
    return tr("（{listed}）", listed=tuple(named[:5])) if named else ""


def _with_evidence(c: Unpacked) -> str:
    """What a container is; of a mail also who sent it, and what the receiving server found of that."""
    if c.mail is None or not c.mail.sender:
        return c.kind
    about = {"kind": c.kind, "sender": c.mail.sender}
    checked = tuple(f"{name} {result}" for name, result in sorted(c.mail.authentication.items()))
    if checked:
        return tr("{kind}（发件人 {sender}，服务器验证：{checked}）", checked=checked, **about)
    return tr("{kind}（发件人 {sender}）", **about)


def _container(c: Unpacked) -> tuple[Finding, ...]:
    findings = list(c.findings)
    mail = c.mail
    if mail is not None and mail.bounce:
        findings.append(finding("bounce", subject=mail.subject or tr("无主题"), addresses=_undelivered(mail)))
    elif mail is not None and mail.automatic:
        findings.append(finding("automatic_reply", subject=mail.subject or tr("无主题")))
    elif mail is not None and mail.cloud_links:
        findings.append(finding("cloud_attachment", link=mail.cloud_links[0][:80]))
    if any(f.severity is Severity.HOLD for f in findings):
        return tuple(findings)
    files = sum(not m.inline for m in c.members)
    if files:
        findings.append(finding("container", kind=_with_evidence(c), n=files))
    elif mail is not None:
        findings.append(finding("mail_without_files", subject=mail.subject or tr("无主题")))
    else:
        findings.append(finding("empty_container", kind=c.kind))
    return tuple(findings)
