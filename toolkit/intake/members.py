"""What comes out of a container, and how much may."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from toolkit.language import tr
from toolkit.model import Finding
from toolkit.returns.findings import finding
from toolkit.returns.grid import Carried

MAX_DEPTH = 6
"""Containers within containers: a mail forwarded twice with a zip in a zip is 4 deep."""

MAX_MEMBERS = 2_000
MAX_BYTES = 256 << 20
_RATIO, _RATIO_FROM = 200, 16 << 20  # real offices' files shrink less than 100-fold

_JUNK = re.compile(
    r"~\$.*|\._.*|\.ds_store|thumbs\.db|desktop\.ini|ehthumbs\.db|\.~lock\..*#|~wrl\d+\.tmp", re.IGNORECASE
)
_JUNK_FOLDERS = frozenset(("__macosx", ".git", "$recycle.bin", "system volume information"))


@dataclass(frozen=True, slots=True)
class Member:
    """One file in a container.  `name` is its own, without folders, and never used as a path on disk unseen."""

    name: str
    data: bytes = field(repr=False)
    folder: str = ""  # the folders that it lay in, joined by /: they may tell whose it is
    inline: bool = False  # a picture that belongs to a mail's text: a signature's logo, a screenshot


OUR_MAIL = "<annex2."
"""Begins the Message-ID of every mail that this program writes."""


@dataclass(frozen=True, slots=True)
class MailFacts(Carried):
    """What the head and the text of a mail say; "" and None where they say nothing.  The sender wrote all of it but
    `received` and `authentication`, which are the receiving server's if it is the office's own (`authority`)."""

    sender: str = ""  # address, lower case
    sender_name: str = ""
    subject: str = ""
    date: datetime | None = None  # as the sender's clock had it, with its zone
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    received: datetime | None = None  # by the last server: the topmost Received
    to: tuple[str, ...] = ()  # addresses of To and Cc
    listed: bool = False  # sent by a mailing list or in bulk
    automatic: bool = False  # an automatic reply or notice (RFC 3834): answering it makes a loop
    bounce: bool = False  # a report that a mail was not delivered, or was read
    undelivered: tuple[str, ...] = ()  # addresses that such a report names
    authority: str = ""  # who speaks in `authentication` (authserv-id)
    authentication: Mapping[str, str] = field(default_factory=dict)  # spf, dkim, dmarc -> pass, fail, none …
    body: str = ""  # plain text; of a mail that has only HTML, its text
    cloud_links: tuple[str, ...] = ()  # large attachments that lie on the mail provider's server

    @property
    def by_annex2(self) -> bool:
        """Whether this program wrote it, for this office or another."""
        return self.message_id.startswith(OUR_MAIL)

    @property
    def unproven(self) -> bool:
        """Whether the receiving server found that it does not come from where it says (RFC 7489, or without it RFC
        7208); forwarding breaks SPF, but not a signature."""
        found = self.authentication
        return found.get("dmarc") == "fail" or (found.get("spf") == "fail" and found.get("dkim") != "pass")

    @property
    def answers_annex2(self) -> bool:
        """Whether it answers such a mail."""
        return any(i.startswith(OUR_MAIL) for i in (self.in_reply_to, *self.references))


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A container's members.  What could not be unpacked is a finding, with the member's name as its place."""

    kind: str
    members: tuple[Member, ...]
    findings: tuple[Finding, ...] = ()
    mail: MailFacts | None = None


class Bomb(Exception):  # an answer, as Unreadable is
    """More came out than may."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.finding = finding("bomb", why=why)


class Basket:
    """Collects members within the limits; `packed` is the container's own size."""

    def __init__(self, packed: int) -> None:
        self.members: list[Member] = []
        self.findings: list[Finding] = []
        self._packed, self._bytes, self._met = packed, 0, 0

    def room(self) -> int:
        """How many bytes the next member may have at most."""
        allowed = min(MAX_BYTES, max(_RATIO_FROM, self._packed * _RATIO))
        return allowed - self._bytes

    def meet(self) -> None:
        """Counts an entry before it is unpacked.  Raises Bomb."""
        self._met += 1
        if self._met > MAX_MEMBERS:
            raise Bomb(tr("里面超过 {n} 个文件", n=MAX_MEMBERS))

    def take(self, data: bytes) -> bytes:
        """Counts a member's bytes.  Raises Bomb."""
        if len(data) > self.room():
            raise self.too_much()
        self._bytes += len(data)
        return data

    def too_much(self) -> Bomb:
        most = min(MAX_BYTES, max(_RATIO_FROM, self._packed * _RATIO))
        return Bomb(tr("展开后超过 {megabytes} MB", megabytes=most >> 20))

    def add(self, path: str, data: bytes, *, inline: bool = False) -> None:
        """Takes one file.  Raises Bomb."""
        folder, name = split_path(path)
        self.members.append(Member(name, self.take(data), folder, inline))

    def complain(self, code: str, where: str = "", **details: object) -> None:
        self.findings.append(finding(code, where, **details))


def split_path(path: str) -> tuple[str, str]:
    """(folder, name) of a member's path, either slash; without drive, `..`, control and direction characters."""
    clean = path
    if not path.isprintable():
        clean = "".join(c for c in path if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    pieces = [p.strip() for p in re.split(r"[/\\]+", clean)]
    pieces = [p for p in pieces if p not in ("", ".", "..") and not re.fullmatch(r"[A-Za-z]:", p)]
    name = (pieces.pop() if pieces else "")[-200:]
    return "/".join(pieces)[-300:], re.sub(r'[:*?"<>|]', "_", name) or "未命名"


def is_junk(path: str) -> bool:
    """What a program left behind and nobody sent: Office's lock files, the Mac's and Windows' own."""
    folder, name = split_path(path)
    return bool(_JUNK.fullmatch(name)) or not _JUNK_FOLDERS.isdisjoint(folder.lower().split("/"))
