"""Text in mails, as it is really written: encoded words, declared wrongly, or raw bytes where none are allowed."""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
import urllib.parse
from email.message import Message

# 8-bit bytes come as lone surrogates, which is how the email package reads headers.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(?<=\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_SAME = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030"}
_GUESSES = ("utf-8", "gb18030", "big5")


def decode_bytes(raw: bytes, charset: str = "") -> str:
    """Text of the charset declared, where it holds; else of the first that does.

    What calls itself GB2312 is GB18030 in truth: names with 镕 or 喆 have no other way to be written.
    """
    charset = charset.strip().strip("\"'").lower()
    declared = _SAME.get(charset, charset)
    if declared and declared not in ("us-ascii", "ascii", "unknown-8bit", "8bit"):
        try:
            if codecs.lookup(declared)._is_text_encoding:
                return raw.decode(declared)
        except (LookupError, UnicodeError, ValueError):
            pass
    if declared.startswith(("iso-2022", "utf-7")) or not raw.isascii():
        for guess in _GUESSES:
            try:
                return raw.decode(guess)
            except UnicodeDecodeError:
                continue
        return raw.decode("gb18030" if declared in ("", "gb18030") else "utf-8", "replace")
    return raw.decode("ascii")


def decode_header(value: str) -> str:
    """A header's value as text, on one line."""
    if value.isascii() and value.isprintable() and "=?" not in value:
        return value.strip()
    value = re.sub(r"\r?\n[ \t]*|\r", " ", value)
    out: list[str] = []
    held, charset = b"", ""  # of words that follow each other: a character may be cut in two between them
    at = 0
    value = _BETWEEN.sub("", value)
    for m in _WORD.finditer(value):
        between = value[at : m.start()]
        word_charset = m[1].partition("*")[0].lower()
        if held and (between or word_charset != charset):
            out.append(decode_bytes(held, charset))
            held = b""
        out.append(_raw(between))
        held, charset, at = held + _word_bytes(m[2], m[3]), word_charset, m.end()
    if held:
        out.append(decode_bytes(held, charset))
    out.append(_raw(value[at:]))
    return "".join(c for c in "".join(out) if c >= " " or c == "\t").strip()


def _word_bytes(kind: str, text: str) -> bytes:
    raw = text.encode("ascii", "surrogateescape")
    if kind in "qQ":
        return quopri.decodestring(raw.replace(b"_", b"=20"))
    try:
        raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def _raw(text: str) -> str:
    if not text or text.isascii():
        return text
    try:
        return decode_bytes(text.encode("ascii", "surrogateescape"))
    except UnicodeEncodeError:  # real characters already
        return text.encode("utf-8", "replace").decode("utf-8")


def file_name(part: Message) -> str:
    """A part's file name, by RFC 2231, RFC 2047 within the parameter (against the RFC, but usual), or raw bytes."""
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        if name := _parameter(str(part.get(header, "")), parameter):
            return name
    return ""


_PARAMETER = re.compile(r""";\s*([^\s=;*"]+(?:\*\d{1,3})?\*?)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)""", re.DOTALL)


def _parameter(header: str, wanted: str) -> str:
    """The value of one parameter of a header, its pieces joined.  Never raises."""
    whole: str | None = None
    pieces: dict[int, tuple[str, bool]] = {}
    for m in _PARAMETER.finditer(header):
        name, value = m[1].lower(), m[2].strip()
        if value.startswith('"'):
            # A backslash before a letter is a Windows path, not an escape.
            value = re.sub(r'\\(["\\])', r"\1", value[1:].removesuffix('"'))
        base, _, rest = name.partition("*")
        if base != wanted:
            continue
        if "*" not in name:
            whole = whole or value
        elif rest == "":
            pieces.setdefault(0, (value, True))
        elif rest.rstrip("*").isdigit():
            pieces.setdefault(int(rest.rstrip("*")), (value, rest.endswith("*")))
    if pieces:
        return _joined(pieces) or decode_header(whole or "")
    return decode_header(whole or "")


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231: pieces in order, percent-encoded where marked; the first one names the charset."""
    charset, raw = "", b""
    for position, (number, (value, encoded)) in enumerate(sorted(pieces.items())):
        if position == 0 and encoded and number == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw += (
            urllib.parse.unquote_to_bytes(value.encode("utf-8", "surrogateescape"))
            if encoded
            else value.encode("utf-8", "surrogateescape")
        )
    text = decode_bytes(raw, charset)
    return decode_header(text) if "=?" in text else "".join(c for c in text if c >= " ")
