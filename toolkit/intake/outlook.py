"""Outlook's own containers: a mail saved as .msg, and winmail.dat (TNEF), in which it wraps attachments.

Both hold MAPI properties.  Layouts: [MS-OXMSG] for .msg, [MS-OXTNEF] for winmail.dat, [MS-OXPROPS] for the numbers.
"""

from __future__ import annotations

import email
import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from toolkit.intake.mailfile import SMALL_PICTURE, AsItCame, facts, html_text, take_body
from toolkit.intake.members import Basket, MailFacts, is_junk
from toolkit.intake.words import decode_bytes
from toolkit.language import tr

_SUBJECT, _SENDER_NAME, _SENDER, _SENDER_SMTP, _BODY, _HTML = 0x0037, 0x0C1A, 0x0C1F, 0x5D01, 0x1000, 0x1013
_HEAD, _SUBMITTED, _DELIVERED, _CODEPAGE, _MESSAGE_ID, _CLASS = 0x007D, 0x0039, 0x0E06, 0x3FDE, 0x1035, 0x001A
_IN_REPLY_TO = 0x1042
_DATA, _FILE_NAME, _LONG_NAME, _MIME, _CONTENT_ID, _METHOD, _SHOWN_NAME = (
    0x3701, 0x3704, 0x3707, 0x370E, 0x3712, 0x3705, 0x3001,
)  # fmt: skip
_TEXT8, _TEXT, _BINARY, _OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
_FIXED = {0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 2, 0x0014: 8, 0x0040: 8,
          0x0048: 16}  # fmt: skip
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MAX_NESTED, _MAX_ATTACHMENTS = 5, 1_000
_DAMAGED = tr("Outlook 邮件不完整或已损坏")

Properties = dict[int, Any]  # number -> str, bytes, int or datetime


# .msg


def read_msg(data: bytes, basket: Basket) -> MailFacts | None:
    """Puts the attachments into the basket; those of mails attached to it too, in a folder of the mail's subject.

    Raises Bomb.
    """
    import olefile

    try:
        ole = olefile.OleFileIO(data)
        msg = _Msg(ole, basket)
    except Exception:  # olefile raises whatever damaged bytes lead it to
        basket.complain("unreadable", why=_DAMAGED)
        return None
    with ole:
        return msg.message((), "", 0)


class _Msg:
    def __init__(self, ole: Any, basket: Basket) -> None:
        self._ole, self._basket = ole, basket
        self._paths = [tuple(p) for p in ole.listdir(streams=True, storages=True)]

    def message(self, at: tuple[str, ...], folder: str, depth: int) -> MailFacts:
        own = self._properties(at, 32 if depth == 0 else 24)
        storages = {p[len(at)] for p in self._paths if len(p) > len(at) and p[: len(at)] == at}
        for name in sorted(s for s in storages if s.lower().startswith("__attach_version1.0_"))[:_MAX_ATTACHMENTS]:
            self._attachment((*at, name), folder, depth)
        found = mapi_facts(own)
        if depth == 0:
            take_body(self._basket, found, _page(own))
        return found

    def _attachment(self, at: tuple[str, ...], folder: str, depth: int) -> None:
        self._basket.meet()
        p = self._properties(at, 8)
        embedded = (*at, f"__substg1.0_{_DATA:04X}{_OBJECT:04X}")
        if embedded in self._paths and not isinstance(p.get(_DATA), bytes):
            subject = _text(self._properties(embedded, 24), _SUBJECT) or _text(p, _SHOWN_NAME) or "邮件"
            if depth >= _MAX_NESTED:
                return self._basket.complain("bomb", subject, why=tr("邮件套邮件超过 {depth} 层", depth=_MAX_NESTED))
            self.message(embedded, f"{folder}/{subject.replace('/', '_')}", depth + 1)
            return None
        return put_attachment(p, self._basket, folder)

    def _properties(self, at: tuple[str, ...], head: int) -> Properties:
        """The properties of one storage; `head` is the length of its property stream's own head."""
        found: Properties = {}
        fixed = self._read((*at, "__properties_version1.0"))
        for where in range(head, len(fixed) - 15, 16):
            kind, number = struct.unpack_from("<HH", fixed, where)
            if kind in _FIXED:
                found[number] = _fixed(kind, fixed[where + 8 : where + 16])
        codepage = found.get(_CODEPAGE)
        prefix = "__substg1.0_"
        for path in self._paths:
            if len(path) != len(at) + 1 or path[: len(at)] != at or not path[-1].lower().startswith(prefix):
                continue
            try:
                number, kind = int(path[-1][12:16], 16), int(path[-1][16:20], 16)
            except ValueError:
                continue
            if kind in (_TEXT8, _TEXT, _BINARY):
                value = _variable(kind, self._read(path), codepage)
                if kind != _TEXT8 or number not in found:
                    found[number] = value
        return found

    def _read(self, path: tuple[str, ...]) -> bytes:
        try:
            if self._ole.get_type(list(path)) != 2:  # a stream
                return b""
            size = self._ole.get_size(list(path))
            if size > self._basket.room():
                raise self._basket.too_much()
            data: bytes = self._ole.openstream(list(path)).read()
            return data
        except (OSError, ValueError, IndexError, KeyError, AttributeError, struct.error, TypeError):
            return b""


# TNEF


def read_tnef(data: bytes, basket: Basket) -> MailFacts:
    """Puts the attachments into the basket.  Raises Bomb."""
    message: Properties = {}
    attachment: Properties | None = None
    codepage: int | None = None
    for number, value in _attributes(data):
        if number == 0x9007 and len(value) >= 4:  # attOemCodepage
            codepage = struct.unpack_from("<I", value)[0]
        elif number == 0x9003:  # attMsgProps
            message.update(_mapi(value, codepage))
        elif number == 0x8004:  # attSubject
            message.setdefault(_SUBJECT, decode_bytes(value.rstrip(b"\0"), _charset(codepage)))
        elif number == 0x800C:  # attBody
            message.setdefault(_BODY, decode_bytes(value.rstrip(b"\0"), _charset(codepage)))
        elif number == 0x9002:  # attAttachRendData: the next attachment begins
            if attachment is not None:
                put_attachment(attachment, basket)
            basket.meet()
            attachment = {}
        elif attachment is None:
            continue
        elif number == 0x8010:  # attAttachTitle
            attachment.setdefault(_FILE_NAME, decode_bytes(value.rstrip(b"\0"), _charset(codepage)))
        elif number == 0x800F:  # attAttachData
            attachment[_DATA] = value
        elif number == 0x9005:  # attAttachment
            attachment = {**_mapi(value, codepage), **{k: v for k, v in attachment.items() if k == _DATA}}
    if attachment is not None:
        put_attachment(attachment, basket)
    return mapi_facts(message)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6  # signature, key
    while at + 9 <= len(data):
        number, size = struct.unpack_from("<H2xI", data, at + 1)
        yield number, data[at + 9 : at + 9 + size]
        at += 9 + size + 2  # checksum


def _mapi(data: bytes, codepage: int | None) -> Properties:
    """The properties in attMsgProps or attAttachment; what stands before a damage."""
    found: Properties = {}
    try:
        for number, kind, value in _mapi_values(data):
            if kind in _FIXED:
                found[number] = _fixed(kind, value.ljust(8, b"\0"))
            elif kind == _OBJECT:
                found[number] = value[16:]  # behind the interface's id
            elif kind in (_TEXT8, _TEXT, _BINARY) and (kind != _TEXT8 or number not in found):
                found[number] = _variable(kind, value, codepage)
    except (struct.error, IndexError):
        pass
    return found


def _mapi_values(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    (count,), at = struct.unpack_from("<I", data), 4
    for _ in range(min(count, 10_000)):
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= 0x8000:  # named
            (by_name,) = struct.unpack_from("<I", data, at + 16)
            at += 20
            at += 4 if by_name == 0 else 4 + _padded(struct.unpack_from("<I", data, at)[0])
        several, kind = kind & 0x1000, kind & 0x0FFF
        values = 1
        if several or kind not in _FIXED:
            (values,) = struct.unpack_from("<I", data, at)
            at += 4
        for _ in range(min(values, 10_000)):
            if kind in _FIXED:
                size, step = _FIXED[kind], _padded(_FIXED[kind])
            else:
                (size,) = struct.unpack_from("<I", data, at)
                at, step = at + 4, _padded(size)
            if at + size > len(data):
                return
            yield number, kind, data[at : at + size]
            at += step


def _padded(size: int) -> int:
    return (size + 3) & ~3


# both


def put_attachment(p: Properties, basket: Basket, folder: str = "") -> None:
    """One attachment by its properties.  Raises Bomb."""
    name = _text(p, _LONG_NAME) or _text(p, _FILE_NAME) or _text(p, _SHOWN_NAME)
    data = p.get(_DATA)
    if is_junk(name):
        return
    if not isinstance(data, bytes):
        if p.get(_METHOD) in (2, 4, 7):  # by reference: the file lies elsewhere
            basket.complain("cloud_attachment", name, link=name or tr("未命名"))
        return
    suffix = "" if name else ".dat"
    picture = _text(p, _MIME).startswith("image/") or data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))
    inline = picture and (bool(_text(p, _CONTENT_ID)) or len(data) < SMALL_PICTURE)
    name = name.replace("\\", "/").rpartition("/")[2] or f"附件{len(basket.members) + 1}{suffix}"
    basket.add(f"{folder}/{name}", data, inline=inline)


def mapi_facts(p: Properties) -> MailFacts:
    """What a mail's properties say; its internet head, where Outlook kept it, says it best."""
    html = _page(p)
    text = _text(p, _BODY) or "".join(map(html_text, html))
    head = _text(p, _HEAD).encode("utf-8", "surrogateescape")
    message = email.message_from_bytes(head.lstrip(b"\r\n") + b"\n\n", policy=AsItCame())
    found = facts(message, text, html)
    sender = _text(p, _SENDER_SMTP) or _text(p, _SENDER)
    when = p.get(_SUBMITTED)
    kind = _text(p, _CLASS).lower()
    return replace(
        found,
        sender=found.sender or (sender.lower() if "@" in sender else ""),
        sender_name=found.sender_name or _text(p, _SENDER_NAME),
        subject=found.subject or _text(p, _SUBJECT),
        date=found.date or (when if isinstance(when, datetime) else None),
        message_id=found.message_id or _text(p, _MESSAGE_ID),
        in_reply_to=found.in_reply_to or _text(p, _IN_REPLY_TO),
        received=found.received or (d if isinstance(d := p.get(_DELIVERED), datetime) else None),
        bounce=found.bounce or (kind.startswith("report.") and not kind.endswith((".dr", ".ipnrn", ".ipnnrn"))),
        automatic=found.automatic or kind.startswith(("report.", "ipm.note.rules.ooftemplate")),
    )


def _page(p: Properties) -> list[str]:
    """A mail's text as a page, if it has one."""
    page = p.get(_HTML)
    text = decode_bytes(page, _charset(p.get(_CODEPAGE))) if isinstance(page, bytes) else _text(p, _HTML)
    return [text] if text else []


def _text(p: Properties, number: int) -> str:
    value = p.get(number)
    return value.strip() if isinstance(value, str) else ""


def _fixed(kind: int, raw: bytes) -> object:
    if kind == 0x0040:  # a FILETIME
        try:
            return _EPOCH + timedelta(microseconds=struct.unpack("<Q", raw[:8])[0] // 10)
        except OverflowError:
            return None
    return struct.unpack_from("<i", raw)[0] if kind in (0x0003, 0x000B, 0x0002) else raw


def _variable(kind: int, raw: bytes, codepage: object) -> object:
    if kind == _BINARY:
        return raw
    if kind == _TEXT:
        return raw[: len(raw) & ~1].decode("utf-16-le", "replace").rstrip("\0")
    return decode_bytes(raw, _charset(codepage)).rstrip("\0")


def _charset(codepage: object) -> str:
    if codepage in (936, 20936, 54936, 50227, 52936):
        return "gb18030"
    return "utf-8" if codepage == 65001 else f"cp{codepage}" if isinstance(codepage, int) and codepage > 0 else ""
