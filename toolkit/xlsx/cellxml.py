"""Rows, cells and formulas as bytes: the patterns that find them, for one namespace prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from toolkit.language import tr
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.refs import cell_name
from toolkit.xlsx.scan import ATTRIBUTE, ATTRIBUTES, SPREADSHEET


class Patterns:
    """The regular expressions for one namespace prefix."""

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        p = re.escape(prefix)
        tag_end = ATTRIBUTES + rb"(/?)>"
        self.data = re.compile(rb"<" + p + rb"sheetData(?=[\s/>])" + tag_end)
        self.data_end = b"</" + prefix + b"sheetData"
        self.row = re.compile(rb"<" + p + rb"row(?=[\s/>])" + tag_end)
        self.usual_row = re.compile(rb"<" + p + rb"""row r="([0-9]{1,9})"(?>(?: [^<>"'/]*+"[^<>"'/]*+")*)>""")
        self.row_end = b"</" + prefix + b"row"
        self.cell = re.compile(
            rb"<" + p + rb"c(?=[\s/>])" + ATTRIBUTES + rb"(?:/>|>(.*?)</" + p + rb"c\s*>)", re.DOTALL
        )
        self.usual_cell = re.compile(
            rb"<" + p + rb'c( r="([A-Z]{1,3})[0-9]++"(?: s="([0-9]++)")?(?: t="[a-zA-Z]++")?)'
            rb"(?:/>|>((?>[^<]*+(?:<(?!/" + p + rb"c>)[^<]*+)*))</" + p + rb"c>)"
        )
        self.formula = re.compile(rb"<" + p + rb"f(?=[\s/>])" + ATTRIBUTES + rb"(?:/>|>([^<]*)</" + p + rb"f\s*>)")
        formula = rb"<" + p + rb"f>([^<]*)</" + p + rb"f>"
        self.usual_formula = re.compile(
            rb"<" + p + rb'c r="([A-Z]{1,3})[0-9]+"(?: s="[0-9]+")?(?: t="[a-z]+")?>' + formula
        )
        value = rb"<" + p + rb"v>([^<]*+)</" + p + rb"v>"
        text = rb"<" + p + rb"is><" + p + rb"t(?: [^<>]*+)?>([^<]*+)</" + p + rb"t></" + p + rb"is>"
        self.usual_filled = re.compile(
            rb"<" + p + rb'c r="([A-Z]{1,3})[0-9]++"(?: s="([0-9]++)")?(?: t="([a-zA-Z]++)")?>'
            rb"(?:" + value + rb"|" + text + rb")</" + p + rb"c>"
        )
        self.pieces = re.compile(_pieces(p))
        self.value = re.compile(rb"<" + p + rb"v(?:\s[^>]*)?(?<!/)>([^<]*)<")
        self.extension = re.compile(rb"<" + p + rb"extLst[\s>].*</" + p + rb"extLst\s*>", re.DOTALL)
        self.merge = re.compile(rb"<" + p + rb"mergeCell(?=[\s/>])" + ATTRIBUTES)
        self.column = re.compile(rb"<" + p + rb"col(?=[\s/>])" + ATTRIBUTES)
        self.formula_mark = b"<" + prefix + b"f"


def _pieces(p: bytes) -> bytes:
    """What a row is made of, no byte left out: cells as Excel, WPS, LibreOffice and openpyxl write nearly all of them,
    and other things, such as the row's tags, each with the text behind it.

    Its groups are column, style, type of a cell, whether anything is in it, its text or value; the other thing.
    """
    # (?:…|) and not (?:…)?, which Python takes nearly twice the time for.
    text = p + rb"is><" + p + rb"t(?:| [^<>]*)>([^<]*)</" + p + rb"t></" + p + rb"is>"
    formula = p + rb"f(?:| [^<>]*)(?:/>|>[^<]*</" + p + rb"f>)<"
    value = rb"(?:" + formula + rb"|)" + p + rb"v>([^<]*)</" + p + rb"v>"
    content = rb"(?:/>|>(?:(<)(?:" + text + rb"|" + value + rb")|)</" + p + rb"c>)"
    cell = rb"<" + p + rb'c r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]+)"|)(?: t="([a-zA-Z]+)"|)' + content
    return cell + rb"|(<[^<]*|[^<]+)"


@lru_cache(maxsize=16)
def patterns(prefix: bytes) -> Patterns:
    return Patterns(prefix)


_FORMULA = re.compile(rb"<(?:[^\s<>/!?:]+:)?f[\s/>]")
PLACE = re.compile(rb"""\sr\s*=\s*["']\$?([A-Za-z]{0,3})\$?([0-9]+)["']""")


def attributes(raw: bytes) -> dict[bytes, bytes]:
    """The attributes of a start tag, values as written."""
    return {name: a or b for name, a, b in ATTRIBUTE.findall(raw)}


def may_hold_formula(xml: bytes) -> bool:
    """Whether the bytes of a worksheet may have an `<f>`; a cheap look, never wrong when it says no."""
    return _FORMULA.search(xml) is not None


@dataclass(frozen=True, slots=True)
class CellFormula:
    """An `<f>`: its text (empty for a member of a shared formula) and attributes, and where it stands in the cell."""

    text: str
    kind: str  # "", "shared", "array", "dataTable"
    group: str
    ref: str
    tag: bytes  # its attributes as written
    start: int
    end: int


@dataclass(slots=True)
class Cell:
    """A cell in the bytes of its row: [start:end] with attributes and inner XML (None for `<c/>`)."""

    row: int
    column: int
    start: int
    end: int
    tag: bytes
    inner: bytes | None
    stated_style: bytes | None = None  # where finding the cell has shown it already
    _attributes: dict[bytes, bytes] | None = None

    @property
    def name(self) -> str:
        return cell_name(self.row, self.column)

    @property
    def attributes(self) -> dict[bytes, bytes]:
        if self._attributes is None:
            self._attributes = attributes(self.tag)
        return self._attributes

    @property
    def style(self) -> int:
        s = self.attributes.get(b"s", b"0") if self.stated_style is None else self.stated_style
        return int(s) if s.isdigit() else 0


_ROOT = re.compile(rb"<([^\s/>!?]+)" + ATTRIBUTES + rb"/?>")
_BOUND = re.compile(rb"""\sxmlns(?::([^\s=]+))?\s*=\s*["']([^"']*)["']""")


def root_prefix(scan: bytes, part: str) -> bytes:
    """The prefix of the worksheet's elements; UNSUPPORTED when two prefixes are used for one namespace."""
    root = _ROOT.search(scan)
    if root is None:
        raise WorkbookError(
            Reason.DAMAGED,
            tr("工作表内容已损坏（{part}：{detail}），请用 Excel 打开修复并另存后再试", part=part, detail="<"),
            part,
        )
    prefix, _, local = root[1].rpartition(b":")
    if local != b"worksheet":
        raise WorkbookError(
            Reason.UNSUPPORTED,
            tr("这张表不是普通工作表（{kind}），不能读写单元格", kind=local.decode(errors="replace")),
            part,
        )
    bound = {p: uri.decode(errors="replace") for p, uri in _BOUND.findall(root[2])}
    if bound.get(prefix) not in SPREADSHEET:
        raise WorkbookError(Reason.UNSUPPORTED, tr("工作表使用了不认识的格式，请用 Excel 打开后另存为 .xlsx"), part)
    for other, uri in bound.items():
        mark = b"<" + other + b":" if other else b"<"
        if other != prefix and uri in SPREADSHEET and re.search(re.escape(mark) + rb"(?:row|c|sheetData)[\s/>]", scan):
            raise WorkbookError(Reason.UNSUPPORTED, tr("工作表混用了两种命名空间写法，请用 Excel 打开后另存"), part)
    return prefix + b":" if prefix else b""
