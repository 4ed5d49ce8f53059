"""Cell values: what a cell's XML says, and the XML that says a value."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, Union

from toolkit.language import tr
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.scan import escape, escape_printable, unescape

MAX_TEXT = 32_767
MAX_FORMULA = 8_192


class CellError(str):
    """An error value in a cell, such as '#REF!'."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula, its text without the leading '='."""

    text: str


Value = Union[None, str, int, float, Decimal, bool, date, datetime, Formula]  # noqa: UP007  (a name for annotations and isinstance-free reading)

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MUST_ESCAPE = re.compile("[\x00-\x08\x0b\x0c\r\x0e-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
CELL_ERRORS = frozenset(
    ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")
)


def decode_text(text: str) -> str:
    """Undoes `_x000D_` escapes (ECMA-376 Part 1, ST_Xstring)."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    if _SURROGATE.search(text):  # an emoji written as two escaped halves
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encode_text(text: str) -> str:
    """The reverse of `decode_text`: line ends unified, lone surrogates replaced, illegal characters escaped."""
    if "_" not in text and text.isprintable():  # nearly every text: nothing to escape
        return text
    text = text.replace("\r\n", "\n")
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _MUST_ESCAPE.sub(lambda m: f"_x{ord(m[0]):04X}_", text)


def clean_text(text: str) -> str:
    """The text as it will be read back."""
    return decode_text(encode_text(text))


def number(text: str) -> int | float:
    """A number as XML writes it; ValueError if it is none."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text)
    if "_" in text or not math.isfinite(value):  # what Python takes for a number and Excel does not
        raise ValueError(text)
    return value


def from_serial(serial: float, date1904: bool) -> datetime | None:
    """Excel's day count as a date and time; None for the day that never was (29 Feb 1900) and for what is no date."""
    days = float(serial)
    if not date1904:
        if 60 <= days < 61:
            return None
        if days < 60:
            days += 1
    epoch = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)  # noqa: DTZ001  cells know no time zone
    try:
        return epoch + timedelta(milliseconds=round(days * 86_400_000))
    except (OverflowError, ValueError):
        return None


def to_serial(value: date, date1904: bool) -> int | float:
    """Excel's day count; WorkbookError BAD_VALUE for dates before its epoch or with a time zone."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise WorkbookError(Reason.BAD_VALUE, tr("日期时间带有时区，Excel 单元格不能表示，请先换算成当地时间"))
        moment = value
    else:
        moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001
    epoch = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    delta = moment - epoch
    days = delta.days + (delta.seconds * 1_000_000 + delta.microseconds) / 86_400_000_000
    if not date1904 and days < 61:
        days -= 1
    if days < 0 or (not date1904 and days < 1):
        raise WorkbookError(Reason.BAD_VALUE, tr("Excel 不能表示日期 {value}（早于 1900 年），请改为文字", value=value))
    return int(days) if days == int(days) else days


class Content(NamedTuple):
    """What goes into a cell: its `t` attribute (empty: none), its inner XML, how it is dated."""

    kind: bytes
    inner: bytes
    dated: str = ""  # "", "date" or "moment"


def _tag(prefix: bytes, name: bytes, body: bytes) -> bytes:
    return b"<" + prefix + name + b">" + body + b"</" + prefix + name + b">"


def check_value(value: Value, date1904: bool) -> None:
    """Raises what `encode` raises for a value."""
    if not (value is None or (type(value) is str and 2 * len(value) <= MAX_TEXT)):
        encode(value, b"", date1904)


def encode(value: Value, prefix: bytes, date1904: bool) -> Content | None:
    """The content that says `value`; None for an empty cell; WorkbookError BAD_VALUE for what a cell cannot hold."""
    if value is None or value == "":
        return None
    if type(value) is str:
        return _short_text(value, prefix) if len(value) <= _SHORT else _text(value, prefix)
    if isinstance(value, Formula):
        text = value.text.replace("\r\n", "\n")
        if not text.strip() or len(text) > MAX_FORMULA:
            raise WorkbookError(Reason.BAD_VALUE, tr("公式为空或超过 8192 个字符，Excel 不能接受，请缩短公式"))
        return Content(b"", _tag(prefix, b"f", escape(text)))
    if isinstance(value, CellError):
        if value not in CELL_ERRORS:
            raise WorkbookError(Reason.BAD_VALUE, tr("“{value}”不是 Excel 的错误值", value=value))
        return Content(b"e", _tag(prefix, b"v", escape(value)))
    if isinstance(value, str):
        return _text(value, prefix)
    if isinstance(value, bool):
        return Content(b"b", _tag(prefix, b"v", b"1" if value else b"0"))
    if isinstance(value, datetime):
        dated = "moment" if value.time() != datetime.min.time() else "date"
        return Content(b"", _tag(prefix, b"v", repr(to_serial(value, date1904)).encode()), dated)
    if isinstance(value, date):
        return Content(b"", _tag(prefix, b"v", repr(to_serial(value, date1904)).encode()), "date")
    if isinstance(value, (int, float, Decimal)):
        return Content(b"", _tag(prefix, b"v", _number(value)))
    raise WorkbookError(Reason.BAD_VALUE, tr("单元格不能存放这种值（{kind}）", kind=type(value).__name__))


def _number(value: int | float | Decimal) -> bytes:
    try:
        size = abs(float(value))
    except (OverflowError, ValueError):
        size = math.inf
    if not size < 1e308:
        raise WorkbookError(Reason.BAD_VALUE, tr("“{value}”不是 Excel 能存放的数，请检查数据", value=str(value)[:40]))
    if isinstance(value, float):
        value = float(value)  # numpy's float64 has a repr of its own
        return str(int(value)).encode() if value == int(value) and size < 1e15 else repr(value).encode()
    return str(int(value) if isinstance(value, int) else value).encode()


def _text(value: str, prefix: bytes) -> Content:
    if "_" not in value and value.isprintable():  # nearly every one: nothing in it has to be escaped for Excel
        text, raw = value, escape_printable(value)
    else:
        text = encode_text(value)
        raw = escape(text)
    if 2 * len(value) > MAX_TEXT and len(clean_text(value).encode("utf-16-le")) // 2 > MAX_TEXT:
        raise WorkbookError(Reason.BAD_VALUE, tr("文字超过 32767 个字符，一个单元格放不下，请缩短或分成几格"))
    # A line break inside needs none: XML keeps it.  Excel's own schema knows no such attribute here, Excel itself does.
    space = b' xml:space="preserve"' if text != text.strip() else b""
    p = prefix
    return Content(b"inlineStr", b"<%bis><%bt%b>%b</%bt></%bis>" % (p, p, space, raw, p, p))


_SHORT = 24
_short_text = lru_cache(maxsize=1024)(_text)
"""Names, states, rounds: what is written into many rows."""


class TextReader:
    """Joins the runs of a rich text: `<t>` in `<si>` or `<is>`, phonetic guides left out."""

    def __init__(self, prefix: bytes) -> None:
        p = re.escape(prefix)
        self._phonetic = re.compile(rb"<" + p + rb"rPh[\s>].*?</" + p + rb"rPh\s*>", re.DOTALL)
        self._t = re.compile(rb"<" + p + rb"t(?:\s[^>]*)?(?<!/)>([^<]*)<")
        self._mark = b"<" + prefix + b"rPh"
        plain = rb"><" + p + rb"t(?:| [^<>]*)>([^<]*)</" + p + rb"t></" + p
        self._plain = re.compile(rb"<" + p + rb"(?:si|is)" + plain + rb"(?:si|is)>\s*")

    def __call__(self, xml: bytes) -> str:
        if (m := self._plain.fullmatch(xml)) is not None:
            return decode_text(unescape(m[1]))
        if self._mark in xml:
            xml = self._phonetic.sub(b"", xml)
        runs = self._t.findall(xml)
        if b"\r" in xml:  # a line end must not come of two runs
            return decode_text("".join([unescape(t) for t in runs]))
        return decode_text(unescape(b"".join(runs)))


@lru_cache(maxsize=16)
def text_reader(prefix: bytes) -> TextReader:
    return TextReader(prefix)
