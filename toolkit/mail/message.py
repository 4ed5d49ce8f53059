"""An Outgoing -> the bytes that go over the wire or into a draft."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from datetime import datetime
from email.charset import Charset
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from urllib.parse import quote

from toolkit.language import tr
from toolkit.mail.compose import Attachment, Outgoing
from toolkit.mail.errors import MailError
from toolkit.mail.settings import MailSettings, one_address, one_line

_POLICY = compat32.clone(linesep="\r\n", max_line_length=0)  # folded here
_KINDS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_ID = re.compile(r"<[^<>\s\x00-\x1f\x7f]{1,900}>")
_UTF8 = Charset("utf-8")
_LONG = 700
"""Characters of an encoded name that still go on one line (RFC 5322 allows 998): old Outlooks do not put the pieces
of RFC 2231 together."""


def to_message(mail: Outgoing, settings: MailSettings, now: datetime, *, draft: bool = False) -> bytes:
    """A mail as bytes.  `draft`: opens in Outlook and Foxmail ready to be sent.

    Attachment names are written twice: RFC 2231 in Content-Disposition, as the standard has it, and RFC 2047 in
    Content-Type, which old Outlooks and several Chinese web mails read instead.
    Raises MailError for what would break a header; line breaks never get into one.
    """
    text = MIMEText(mail.text.replace("\r\n", "\n").replace("\n", "\r\n"), "plain", "utf-8")
    message: Message = text
    if mail.attachments:
        message = MIMEMultipart("mixed", boundary=_boundary(mail))
        message.attach(text)
        for attachment in mail.attachments:
            message.attach(_part(attachment))
    head = dict(_head(mail, settings, now, draft))
    for name, value in head.items():
        if re.search(r"[\r\n\0]", value.replace("\n ", "")):
            raise MailError(
                tr("{name} 里有换行", name=name), where=one_line(mail.subject), remedy=tr("检查“处室”表和邮件模板")
            )
        message[name] = value
    # All bodies are base64, so that a bare line feed can only be one of a folded header.
    return re.sub(rb"\r?\n", b"\r\n", message.as_bytes(policy=_POLICY))


def _head(mail: Outgoing, settings: MailSettings, now: datetime, draft: bool) -> Iterable[tuple[str, str]]:
    if settings.address or not draft:  # a draft without one is sent from the mail program's own account
        address = one_address(settings.address, "设置!邮箱地址")
        yield "From", f"{_words(settings.name)} <{address}>" if one_line(settings.name) else address
    yield "To", ",\n ".join(_checked(mail.to, mail))
    if mail.cc:
        yield "Cc", ",\n ".join(_checked(mail.cc, mail))
    yield "Subject", _words(mail.subject, "Subject")
    yield "Date", format_datetime(now)
    yield "Message-ID", mail.message_id
    if _ID.fullmatch(mail.in_reply_to):
        yield "In-Reply-To", mail.in_reply_to
    if references := [r for r in mail.references if _ID.fullmatch(r)]:
        yield "References", "\n ".join(references)
    if mail.automatic:
        yield "Auto-Submitted", mail.automatic
    if mail.automatic == "auto-replied":
        yield "X-Auto-Response-Suppress", "OOF, AutoReply"
    if draft:
        yield "X-Unsent", "1"


def _checked(addresses: Iterable[str], mail: Outgoing) -> list[str]:
    return [one_address(a, f"处室!邮箱（{mail.division}）" if mail.division else "收件人") for a in addresses]


def _words(text: str, header: str = "") -> str:
    """Unstructured text or a display name, encoded (RFC 2047) unless it is plain ASCII words."""
    text = one_line(text)
    if re.fullmatch(r"[A-Za-z0-9 _.,-]*", text) and len(text) < 60 and "=?" not in text:
        return text if header else f'"{text}"'
    return Header(_sound(text), _UTF8, header_name=header or "From").encode()


def _part(attachment: Attachment) -> MIMEBase:
    name = _sound(one_line(attachment.name).replace('"', "'").replace("\\", "_").replace("/", "_")) or "附件"
    suffix = re.sub(r".*(?=\.)", "", name).lower()
    kind = _KINDS.get(suffix) or mimetypes.guess_type("x" + suffix)[0] or "application/octet-stream"
    main, _, sub = kind.partition("/")
    part = MIMEBase(main, sub)
    part.set_payload(attachment.data)
    encode_base64(part)
    if name.isascii():
        part.replace_header("Content-Type", f'{kind}; name="{name}"')
        part["Content-Disposition"] = f'attachment; filename="{name}"'
    else:
        part.replace_header("Content-Type", f'{kind};\n name="{_encoded_words(name)}"')
        part["Content-Disposition"] = "attachment;\n " + ";\n ".join(_extended(name))
    return part


def _encoded_words(text: str) -> str:
    """RFC 2047 words of at most 75 characters, each of whole characters."""
    words, piece = [], b""
    for c in text:
        if len(piece) + len(c.encode()) > 45:
            words.append(piece)
            piece = b""
        piece += c.encode()
    words.append(piece)
    return "\n ".join(f"=?UTF-8?B?{base64.b64encode(w).decode()}?=" for w in words)


def _extended(name: str) -> list[str]:
    whole = quote(name, safe="")
    if len(whole) <= _LONG:
        return [f"filename*=UTF-8''{whole}"]
    pieces = re.findall(r"(?:%..|[^%]){1,200}", whole)
    return [f"filename*{i}*={'' if i else chr(85) + 'TF-8' + chr(39) * 2}{p}" for i, p in enumerate(pieces)]


def _boundary(mail: Outgoing) -> str:
    """The same mail gives the same bytes; base64 never holds "=_"."""
    return "=_" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:32]


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
