"""A mail as a file (.eml) -> its attachments, and what its head and text say.

Uses the email package with the headers left as they came: its own decoding raises on malformed ones, and takes
GB2312 at its word.
"""

from __future__ import annotations

import email
import email.parser
import email.policy
import email.utils
import mimetypes
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from typing import TYPE_CHECKING

from toolkit.intake.letter import begins_quotation, introduces_quotation, written_above
from toolkit.intake.members import Basket, MailFacts, is_junk
from toolkit.intake.words import decode_bytes, decode_header, file_name
from toolkit.language import tr
from toolkit.returns.formats.sniff import Kind, sniff

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SMALL_PICTURE = 16 << 10
"""A picture below this is a logo, whatever its headers say: a photographed page has some 100 KB."""

_MAX_PARTS, _MAX_NESTED = 500, 20
_MAX_BODY = 200_000  # characters
_HEAD_END = re.compile(rb"\n\r?\n|\r\r")
_SIGNATURES = frozenset(("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"))
_SEALED = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))  # S/MIME: encrypted, or signed as a whole
_INVITATIONS = (b"BEGIN:VCALENDAR", b"BEGIN:VCARD")  # a meeting, a visiting card
_REPORTS = frozenset(("message/delivery-status", "message/disposition-notification", "text/rfc822-headers"))
# 超大附件: QQ, 163/126/yeah, 腾讯企业邮, Sina, 139, Aliyun, Coremail and the network disks.
_CLOUD = re.compile(
    r"""https?://[^\s"'<>）】]{0,300}?(?:cgi-bin/ftnExs|ftn_handler|ftn\.qq\.com|large-attachment|filehub|cloud-?attach"""
    r"""|/netdisk|fs\.163\.com|wx\.mail\.qq\.com/ftn|drive\.weixin|pan\.baidu\.com|aliyundrive|alipan\.com"""
    r"""|cloud\.189\.cn|caiyun\.139\.com|mail\.sina\.com\.cn/filecenter|mail\.10086\.cn/[^\s"'<>]{0,80}attach"""
    r"""|lanzou|weiyun\.com|/coremail/[^\s"'<>]{0,80}(?:netfolder|largeattach|nf/))[^\s"'<>）】]{0,500}""",
    re.IGNORECASE,
)
_DISK = re.compile(r"pan\.baidu|aliyundrive|alipan|cloud\.189|caiyun\.139|lanzou|weiyun", re.IGNORECASE)
"""Where people put files themselves; the others are links that a mail program made of an attachment."""
_BOUNCED = re.compile(
    r"退信|未送达|无法(?:投递|送达)|投递失败|Undeliver|Delivery (?:Status|has failed|Failure)|Returned mail"
    r"|delivery failed",
    re.IGNORECASE,
)
_SENT_BY_ITSELF = re.compile(
    r"\s*(?:自动(?:答复|回复)|已读(?:回执)?|Auto(?:matic)?[- ]?(?:reply|response)|Out of office|Read)\s*[:：]",
    re.IGNORECASE,
)
_PROGRAMS = re.compile(r"(?:mailer-daemon|postmaster|microsoftexchange[0-9a-f]*)@")

_CHARSET = re.compile(r"<meta[^>]*charset[^>]*>", re.IGNORECASE)  # of the mail's bytes, not of the text's
_FORWARD = re.compile(r"\s*(?:转发|轉寄|Fwd?|Fw)\s*[:：]", re.IGNORECASE)
_INDENTED = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)", re.IGNORECASE)  # what a person moved in is no quotation
_PAGES = frozenset((Kind.PDF, Kind.OFD, Kind.PICTURE))  # what a leader signed


class AsItCame(email.policy.Compat32):
    """Headers as the strings that the parser made of them, 8-bit bytes as surrogates."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        del name
        return value


_POLICY = AsItCame()


def read_mail(data: bytes, basket: Basket) -> MailFacts:
    """Puts the attachments into the basket.  Raises Bomb."""
    # A mail saved by hand may begin with a byte order mark or blank lines, which would end its head at once.
    message = _parsed(data.lstrip(b"\xef\xbb\xbf\r\n"))
    parts = _Parts(basket)
    parts.take(message, related=False, depth=0)
    text = "\n".join(parts.plain) or "\n".join(html_text(h) for h in parts.html)
    told = facts(message, text, parts.html, report=parts.report, arrived=parts.arrived)
    found = replace(told, undelivered=tuple(dict.fromkeys(parts.failed)))
    take_body(basket, found, parts.html)
    return found


BODY, FORWARDED, QUOTED = "邮件正文.html", "邮件转发的表.html", "邮件所引的表.html"
"""A report that stands in a mail: its sender's own, in what is forwarded, in what an answer quotes."""


def take_body(basket: Basket, mail: MailFacts, html: Iterable[str]) -> None:
    """A report that was written into the mail itself, with no table attached, is a file like others."""
    whole = [_CHARSET.sub("", source) for source in html if "<table" in source.lower()]
    if mail.automatic or not whole:
        return
    if any(sniff(m.data, m.name) not in _PAGES for m in basket.members if not m.inline):
        return
    own = [unquoted(source) for source in whole]
    others = [source for source, shown in zip(whole, own, strict=True) if shown != source]
    for name, pages in ((BODY, own), (FORWARDED if _FORWARD.match(mail.subject) else QUOTED, others)):
        page = next((p for p in map(_as_file, pages) if _has_form(p)), None)
        if page is not None:
            basket.add(name, page)
            return


def _as_file(text: str) -> bytes:
    return text.encode("utf-8-sig", "replace")


def _has_form(page: bytes) -> bool:
    from toolkit.returns.formats import Unreadable
    from toolkit.returns.formats.markup import read_html
    from toolkit.returns.headers import headers

    try:
        reading = read_html(page)
    except Unreadable:
        return False
    return any(True for grid in reading.grids for _ in headers(grid))


def heading(data: bytes) -> tuple[str, str]:
    """(sender's address, subject) of a mail, from its head alone."""
    data = data.lstrip(b"\xef\xbb\xbf\r\n")
    end = _HEAD_END.search(data)
    head = email.parser.BytesHeaderParser(policy=_POLICY).parsebytes(data[: end.end()] if end else data)
    sender = str(head.get("from", "")) or str(head.get("sender", ""))
    return address(sender)[1], decode_header(str(head.get("subject", "")))


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_KEPT_ASIDE = 512
"""Bytes from which on a part's content is kept aside while its mail is parsed."""


def _parsed(data: bytes) -> Message:
    """A mail in its parts.  The package looks at each line, of which an attachment has hundreds: lines of base64, which
    are neither headers nor boundaries, are one such line while it does.
    """
    mark = b"annex2kept"
    while mark in data:
        mark += b"0x"
    rest, kept = _aside(data, mark)
    message = email.message_from_bytes(rest, policy=_POLICY)
    if not kept:
        return message
    shown = mark.decode()
    standing = re.compile(rf"{shown}(\d+)")
    waiting: list[object] = [message]
    while waiting:
        part = waiting.pop()
        for place in ("_payload", "preamble", "epilogue"):  # not `get_payload`, which would decode
            held = getattr(part, place, None)
            if isinstance(held, list):
                waiting += held
            elif isinstance(held, str) and shown in held:
                setattr(part, place, standing.sub(lambda m: kept[int(m[1])].decode("ascii"), held))
    return message


def _aside(data: bytes, mark: bytes) -> tuple[bytes, list[bytes]]:
    """A mail with a line (`mark` and a number) for what follows a blank line, up to a line that begins with --, where
    that is nothing but lines of base64; and these, by number.
    """
    end = b"\r\n" if b"\r\n" in data else b"\n"
    pieces: list[bytes] = []
    kept: list[bytes] = []
    copied = at = 0
    while (blank := data.find(end + end, at)) >= 0:
        start = blank + 2 * len(end)
        stop = data.find(b"\n--", start)
        lines = data[start : stop if stop >= 0 else len(data)].rstrip(b"\r\n")
        at = start
        if len(lines) < _KEPT_ASIDE or end + end in lines:
            continue
        breaks = lines.translate(None, _BASE64)
        if breaks == end * (len(breaks) // len(end)):
            pieces += data[copied:start], b"%s%d" % (mark, len(kept))
            kept.append(lines)
            copied = at = start + len(lines)
    return b"".join((*pieces, data[copied:])), kept


class _Parts:
    """Walks the parts of one mail; mails attached to it are members, not walked."""

    def __init__(self, basket: Basket) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.report = False  # a program tells of a mail
        self.arrived = False  # that it was read, or came where it should
        self.failed: list[str] = []  # addresses to which it did not come
        self._basket, self._met = basket, 0

    def take(self, part: Message, related: bool, depth: int) -> None:
        self._met += 1
        kind = _kind(part)
        if depth > _MAX_NESTED or self._met > _MAX_PARTS:
            return self._basket.complain("unreadable", why=tr("邮件里超过 {n} 个部分", n=_MAX_PARTS))
        payload = _payload(part)
        if kind in _REPORTS:
            self.report = True
            self.arrived |= kind == "message/disposition-notification" or _came_through(payload)
            self.failed += _failed(payload)
            return None
        if kind == "message/rfc822" or (kind.startswith("message/") and isinstance(payload, list)):
            return self._nested(part, payload)
        if isinstance(payload, list):
            for child in payload:
                if isinstance(child, Message):
                    self.take(child, related or kind == "multipart/related", depth + 1)
            return None
        return self._leaf(part, kind, related)

    def _nested(self, part: Message, payload: object) -> None:
        self._basket.meet()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if isinstance(inner, Message):
            encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
            if encoding == "base64" and not inner.keys():  # against RFC 2046, but Exchange does it
                inner.add_header("content-transfer-encoding", "base64")
                data, subject = _content(inner), ""
            else:
                data, subject = _bytes_of(inner), decode_header(str(inner.get("subject", "")))
        else:
            data, subject = _content(part), ""
        self._basket.add((file_name(part) or subject or "邮件").removesuffix(".eml").replace("/", "_") + ".eml", data)

    def _leaf(self, part: Message, kind: str, related: bool) -> None:
        name = file_name(part)
        disposition = str(part.get("content-disposition", "")).partition(";")[0].strip().lower()
        if kind.startswith("text/") and not name and disposition != "attachment":
            text = decode_bytes(_content(part), _charset(part))
            if kind == "text/html":
                self.html.append(text)
            elif kind != "text/calendar":
                self.plain.append(text)
            return None
        if kind in _SIGNATURES or is_junk(name):
            return None
        self._basket.meet()
        data = _content(part)
        if (not data and not name) or data[:64].lstrip(b"\xef\xbb\xbf\r\n").startswith(_INVITATIONS):
            return None
        if kind in _SEALED:
            return self._basket.complain("sealed_mail")
        picture = kind.startswith("image/") or (kind == "application/octet-stream" and _is_picture(data))
        inline = picture and (
            related or bool(part.get("content-id")) or disposition == "inline" or len(data) < SMALL_PICTURE
        )
        suffix = mimetypes.guess_extension(kind) or ".bin"
        return self._basket.add(name or f"附件{len(self._basket.members) + 1}{suffix}", data, inline=inline)


def _kind(part: Message) -> str:
    try:
        return part.get_content_type()
    except Exception:  # the email package's parser of parameters, on what is none
        return "application/octet-stream"


def _charset(part: Message) -> str:
    m = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", str(part.get("content-type", "")), re.IGNORECASE)
    return m[1] if m else ""


def _payload(part: Message) -> object:
    try:
        return part.get_payload()
    except ValueError:  # a charset whose name no codec can have: the package looks it up for 8-bit text
        return getattr(part, "_payload", "")


def _content(part: Message) -> bytes:
    encoding = str(part.get("content-transfer-encoding", ""))
    if encoding != (bare := encoding.strip(" \t;")):  # the package knows none with a blank behind it
        part.replace_header("content-transfer-encoding", bare)
    try:
        content = part.get_payload(decode=True)
    except Exception:  # as above: damaged encodings have many ways to fail
        content = None
    if isinstance(content, bytes):
        return content
    raw = _payload(part)
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def _bytes_of(message: Message) -> bytes:
    try:
        return message.as_bytes(policy=_POLICY)
    except Exception:  # a head that can be read but not written again
        head = "".join(f"{k}: {v}\n" for k, v in message.items())
        return head.encode("utf-8", "surrogateescape") + b"\n" + _content(message)


def _is_picture(data: bytes) -> bool:
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"))


# the head


def facts(
    message: Message, text: str, html: Sequence[str], *, report: bool = False, arrived: bool = False
) -> MailFacts:
    """What a head says, with the body's text.

    `report`: a program tells of a mail, and, where that `arrived`, nothing but that.
    """

    def header(name: str) -> str:
        return decode_header(str(message.get(name, "")))

    sender_name, sender = address(str(message.get("from", "")) or str(message.get("sender", "")))
    authority, results = _authentication(str(message.get("authentication-results", "")))
    kind = _kind(message)
    return_path = str(message.get("return-path", "")).strip()
    automatic = header("auto-submitted").partition(";")[0].strip().lower()
    suppress = header("x-auto-response-suppress").lower()
    bulk = header("precedence").lower()
    subject = header("subject")
    failed = bool(_PROGRAMS.match(sender)) and bool(_BOUNCED.search(subject))  # some servers mark it as nothing
    failed = failed or return_path == "<>" or sender.startswith("mailer-daemon@")
    report = report or failed or kind == "multipart/report"
    bounce = report and not arrived
    return MailFacts(
        sender=sender,
        sender_name=sender_name,
        subject=subject,
        date=moment(str(message.get("date", ""))),
        message_id=_ids(str(message.get("message-id", "")))[0],
        in_reply_to=_ids(str(message.get("in-reply-to", "")))[0],
        references=tuple(i for i in _ids(str(message.get("references", ""))) if i),
        received=moment(str(message.get("received", "")).rpartition(";")[2]),
        to=tuple(_recipients(message)),
        listed=bool(message.get("list-id") or message.get("list-unsubscribe")) or bulk in ("list", "bulk", "junk"),
        automatic=(
            automatic not in ("", "no")
            or bulk == "auto_reply"
            or bool(message.get("x-autoreply") or message.get("x-autorespond"))
            or "oof" in suppress
            or "all" in suppress
            or report
            or _SENT_BY_ITSELF.match(subject) is not None
        ),
        bounce=bounce,
        authority=authority,
        authentication=results,
        body=text.replace("\r\n", "\n")[:_MAX_BODY],
        cloud_links=_cloud_links(text, *html),
    )


def _came_through(status: object) -> bool:
    """Whether a delivery status (RFC 3464) says of every address that the mail came through, or is on its way."""
    blocks = status if isinstance(status, list) else []
    actions = [str(b.get("action", "")).strip().lower() for b in blocks if isinstance(b, Message) and "action" in b]
    return bool(actions) and all(a in ("delivered", "relayed", "expanded", "delayed") for a in actions)


def _failed(status: object) -> Iterator[str]:
    """The addresses that a delivery status (RFC 3464) says a mail did not come to, in lower case."""
    for block in status if isinstance(status, list) else []:
        if isinstance(block, Message) and str(block.get("action", "")).strip().lower() == "failed":
            said = str(block.get("original-recipient", "")) or str(block.get("final-recipient", ""))
            found = said.rpartition(";")[2].strip(" <>\t").lower()
            if "@" in found:
                yield found


_IN_BRACKETS = re.compile(r"([^<>]*)<\s*([^<>\s]+@[^<>\s]+)\s*>[^<>]*")


def address(value: str) -> tuple[str, str]:
    """(name, address) of a From header; the address in lower case."""
    value = re.sub(r"\s*\r?\n\s*", " ", value)
    try:
        name, found = email.utils.parseaddr(value)
    except Exception:  # the package's parser, on what is no address
        name, found = "", ""
    if (m := _IN_BRACKETS.fullmatch(value)) and m[2] != found:  # a name that looks like an address, and is none
        name, found = m[1], m[2]
    if "@" not in found and (m := re.search(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", value)):
        name, found = value[: m.start()].rstrip(' <"'), m[0]
    return decode_header(name).strip("\"' "), decode_header(found).strip("<> ").lower()


def _recipients(message: Message) -> Iterator[str]:
    for name in ("to", "cc"):
        for value in message.get_all(name, [])[:20]:
            try:
                pairs = email.utils.getaddresses([str(value)])
            except Exception:  # as above
                continue
            yield from (a.lower() for _, a in pairs[:200] if "@" in a)


def moment(text: str) -> datetime | None:
    """A date in a header; without a zone it counts as UTC, as RFC 5322 has it."""
    try:
        found = email.utils.parsedate_to_datetime(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return found


def _ids(value: str) -> list[str]:
    return re.findall(r"<[^<>\s]{1,900}>", value)[:200] or [value.strip()[:900] if " " not in value.strip() else ""]


def _authentication(value: str) -> tuple[str, dict[str, str]]:
    """RFC 8601: who says so, and each method's result."""
    value = re.sub(r"\([^()]*\)", " ", decode_header(value))
    authority, _, rest = value.partition(";")
    results: dict[str, str] = {}
    for method, result in re.findall(r"(?:^|;)\s*([A-Za-z0-9-]+)(?:/\d+)?\s*=\s*([A-Za-z]+)", rest):
        results.setdefault(method.lower(), result.lower())
    return authority.strip().partition(" ")[0].lower(), results


def _cloud_links(text: str, *html: str) -> tuple[str, ...]:
    """The links to files that lie elsewhere, but for what somebody put on a network disk in a mail that is quoted."""
    found = (m[0].replace("&amp;", "&") for source in (text, *html) for m in _CLOUD.finditer(source[:1_000_000]))
    links = list(dict.fromkeys(found))[:50]
    above = written_above(text) if any(map(_DISK.search, links)) else ""
    return tuple(link for link in links if link in above or link not in text or not _DISK.search(link))


_BLOCKS = frozenset(("p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote"))
_BREAK = ("\n", "\n> ")


def _root(source: str) -> HtmlElement | None:
    """The tree of an HTML body, None for what is none."""
    from lxml import etree, html

    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", source.replace("\0", ""))
    try:
        return html.document_fromstring(source, parser=html.HTMLParser(no_network=True))
    except (etree.LxmlError, ValueError, AssertionError, TypeError):
        return None


def unquoted(source: str) -> str:
    """An HTML body without the tables that it quotes: in blockquotes, and behind a quoted mail's head.

    One that quotes nothing is left as it is.
    """
    from lxml import etree, html

    if (root := _root(source)) is None:
        return ""
    quoted: list[html.HtmlElement] = []
    quoting = next_only = False  # all that follows; the quotation that follows (…写道：)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element, html.HtmlElement):
            continue
        if event == "start" and element.tag == "blockquote" and (next_only or not _indents(element)):
            quoted.append(element)
            next_only = False
        elif event == "start" and element.tag == "table" and (quoting or next_only):
            quoted.append(element)
        line = (element.text if event == "start" else element.tail) or ""
        if begins_quotation(line):
            introduces = introduces_quotation(line)
            quoting, next_only = quoting or not introduces, next_only or introduces
    if not quoted:
        return source
    for part in quoted:
        if part.getparent() is not None:
            part.drop_tree()
    return str(html.tostring(root, encoding="unicode"))


def _indents(element: HtmlElement) -> bool:
    """Whether a blockquote only stands further in, as QQ and Apple Mail do it."""
    return element.get("type") != "cite" and bool(_INDENTED.search(element.get("style") or ""))


def html_text(source: str) -> str:
    """The text of an HTML body, a line a block; what stands in a blockquote begins with >."""
    from lxml import etree

    if (root := _root(source)) is None:
        return ""
    pieces: list[str] = []
    deep = skipped = 0  # blockquotes, and elements that show no text, around
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        silent = not isinstance(element.tag, str) or element.tag in ("script", "style", "head", "title")
        if event == "start":
            skipped += silent
            deep += element.tag == "blockquote"
            if not skipped and element.tag in _BLOCKS:
                pieces.append(_BREAK[deep > 0])
            pieces.append("" if skipped else (element.text or "").replace("\n", _BREAK[deep > 0]))
            continue
        if event == "end":
            skipped -= silent
            deep -= element.tag == "blockquote"
            pieces += [_BREAK[deep > 0]] if element.tag in _BLOCKS and not skipped else []
        pieces.append("" if skipped else (element.tail or "").replace("\n", _BREAK[deep > 0]))
    lines = (re.sub(r"\s+", " ", line).strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line.strip("> "))
