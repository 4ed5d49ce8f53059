"""A Word file -> its paragraphs and tables, as a person sees them.

Reads the XML itself: python-docx shows neither tracked insertions nor content controls, and says nothing of
automatic numbers.  Deleted and hidden text, text boxes and fallback copies are left out; inserted text is in.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from lxml import etree

from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.notice.names import squeeze

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"  # ISO/IEC 29500 Strict, "Strict Open XML" in Word

MOST_BYTES = 64 * 1024 * 1024  # of the file, and of one part unpacked: a notice has some 100 KB
_MOST_COLUMNS = 200  # Word itself stops at 63

_ZIP_ERRORS = (zipfile.BadZipFile, KeyError, EOFError, OSError, RuntimeError, ValueError, struct.error, zlib.error)

_DAMAGED = "文件已损坏，打不开"
_REPAIR = "请用 Word 或 WPS 打开原文件，另存为新的 .docx 后再试；打不开就请对方重新发一份"

# Wrappers whose content stands in the place of the wrapper.
_WRAPPERS = {_W + n for n in ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo")}
# Runs' neighbours that hold no text of the document itself.
_SILENT = {
    _W + n
    for n in ("pPr", "rPr", "sdtPr", "del", "moveFrom", "delText", "instrText", "rt")
}
_DRAWN = {_W + n for n in ("drawing", "pict", "object")}
_TEXTS = {_W + "t", "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"}
_BREAKS = {_W + "br": "\n", _W + "cr": "\n", _W + "tab": "\t", _W + "ptab": "\t", _W + "noBreakHyphen": "-"}
_PICTURES = (
    "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic",
    "{urn:schemas-microsoft-com:vml}imagedata",
)
# The stars of Word's 插入符号, which are no characters of their own but places in a symbol font.
# LibreOffice hands them on from .doc, .rtf and .odt as characters of the private use area, in a run of that font.
_SYMBOLS = {("symbol", 0x2A): "*", ("wingdings", 0xAB): "★", ("wingdings 2", 0xF6): "*"}
_PRIVATE = re.compile("[\uf020-\uf0ff]")


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: the grid columns [start, end) and its text."""

    start: int
    end: int
    lines: tuple[str, ...]  # paragraphs and line breaks, stripped, without empty ones
    number: str = ""  # of its first automatically numbered paragraph, as Word shows it: `1.`
    carried: bool = False  # from the cell above, by a vertical merge
    picture: bool = False  # holds one
    numbered: tuple[str, ...] = ()  # `lines` with the automatic numbers before them, where there are several
    struck: str = ""  # what is struck out of its text
    comments: tuple[str, ...] = ()  # on its text

    @property
    def text(self) -> str:
        """Without any white space, for comparing."""
        return squeeze("".join(self.lines))


class Box(str):
    """What stands in a text box that is fixed to a paragraph; no part of that paragraph's own text."""

    __slots__ = ()


Row = tuple[Cell, ...]
Table = tuple[Row, ...]
Block = str | Table
"""A paragraph's text (with \\n at line breaks) or a table, in the document's order; a nested table follows its own
where the cell around it is all that its row says, and is no more than that cell's text where it is not.
"""


def read_word(data: bytes, *, boxes: bool = False) -> tuple[Block, ...]:
    """The body of a .docx given as bytes.  Raises NoticeError when it is no sound Word document.

    `boxes`: what stands in text boxes too: in a cell as a part of its text, else as a Box behind the paragraph that
    they are fixed to.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            main = _main_part(package)
            body = _parse(package, main).find(_W + "body")
            if body is None:
                raise NoticeError(_DAMAGED, remedy=_REPAIR)
            near = posixpath.dirname(main)
            numbering = _optional(package, f"{near}/numbering.xml")
            styles = _optional(package, f"{near}/styles.xml")
            comments = _comments(_optional(package, f"{near}/comments.xml"))
    except _ZIP_ERRORS as e:
        raise NoticeError(_DAMAGED, remedy=_REPAIR) from e
    return tuple(_Reader(_Numbering(numbering, styles), comments, boxes=boxes).blocks(body))


def _main_part(package: zipfile.ZipFile) -> str:
    """The name of the main document part; Word, WPS and LibreOffice all say word/document.xml, but need not."""
    if "_rels/.rels" in package.namelist():
        for relation in _parse(package, "_rels/.rels"):
            if isinstance(relation.tag, str) and str(relation.get("Type", "")).endswith("/officeDocument"):
                return str(relation.get("Target", "")).lstrip("/")
    return "word/document.xml"


def _parse(package: zipfile.ZipFile, name: str) -> etree._Element:
    entry = package.getinfo(name)
    if entry.flag_bits & 1:
        raise NoticeError(tr("文件有密码"), remedy=tr("请用 Word 或 WPS 打开，去掉密码后另存为 .docx"))
    with package.open(entry) as part:
        data = part.read(MOST_BYTES + 1)  # the size in the directory is only a claim
    if len(data) > MOST_BYTES:
        raise NoticeError(tr("文件解开后太大，不像一份通知"), remedy=_REPAIR)
    # OPC forbids DTDs (ECMA-376 part 2, 8.1.4); one here is an attack or damage.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise NoticeError(tr("文件里有不该有的内容（DOCTYPE 声明），为安全起见不读取"), remedy=_REPAIR)
        root = etree.fromstring(data.replace(_STRICT, _W[1:-1].encode()), parser)
    except (etree.XMLSyntaxError, ValueError) as e:
        raise NoticeError(_DAMAGED, remedy=_REPAIR) from e
    if root.getroottree().docinfo.internalDTD is not None:  # in UTF-16, where the search above is blind
        raise NoticeError(tr("文件里有不该有的内容（DOCTYPE 声明），为安全起见不读取"), remedy=_REPAIR)
    return root


def _optional(package: zipfile.ZipFile, name: str) -> etree._Element | None:
    return _parse(package, name) if name in package.namelist() else None


def _val(parent: etree._Element | None, *path: str) -> str | None:
    """w:val of the element at `path` below `parent`."""
    for name in path:
        parent = None if parent is None else parent.find(_W + name)
    return None if parent is None else str(parent.get(_W + "val", ""))


def _on(parent: etree._Element | None, *path: str) -> bool:
    value = _val(parent, *path)
    return value is not None and value not in ("0", "false", "off")


def _int(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,9}", text) else default


class _Numbering:
    """Counts automatic numbers as Word does, paragraph by paragraph."""

    def __init__(self, numbering: etree._Element | None, styles: etree._Element | None) -> None:
        self._abstract: dict[str, str] = {}  # numId -> abstractNumId: lists of one abstract go on counting together
        self._levels: dict[tuple[str, int], tuple[int, str]] = {}  # (abstractNumId, level) -> (start, text)
        self._restarts: dict[tuple[str, int], int] = {}  # (numId, level) -> start, once
        self._counts: dict[tuple[str, int], int] = {}
        self._styles: dict[str, etree._Element] = {}
        for style in () if styles is None else styles.findall(_W + "style"):
            self._styles[str(style.get(_W + "styleId", ""))] = style
        for abstract in () if numbering is None else numbering.findall(_W + "abstractNum"):
            name = str(abstract.get(_W + "abstractNumId", ""))
            for level in abstract.findall(_W + "lvl"):
                at = (name, _int(level.get(_W + "ilvl"), 0))
                bullet = _val(level, "numFmt") in ("bullet", "none")
                text = "" if bullet else _val(level, "lvlText")
                self._levels[at] = (_int(_val(level, "start"), 1), "%1" if text is None else text)
        for num in () if numbering is None else numbering.findall(_W + "num"):
            name = str(num.get(_W + "numId", ""))
            self._abstract[name] = _val(num, "abstractNumId") or ""
            for override in num.findall(_W + "lvlOverride"):
                if (start := _val(override, "startOverride")) is not None:
                    self._restarts[name, _int(override.get(_W + "ilvl"), 0)] = _int(start, 1)

    def number(self, paragraph: etree._Element) -> str:
        """The number that Word shows before this paragraph, "" for none.  Counts it: call once for each."""
        num, level = self._list(paragraph)
        if num not in self._abstract:
            return ""
        abstract = self._abstract[num]
        start, text = self._levels.get((abstract, level), (1, "%1"))
        if (restart := self._restarts.pop((num, level), None)) is not None:
            self._counts[abstract, level] = restart
        else:
            self._counts[abstract, level] = self._counts.get((abstract, level), start - 1) + 1
        for deeper in range(level + 1, 9):
            self._counts.pop((abstract, deeper), None)
        return re.sub(r"%([1-9])", lambda m: str(self._counts.get((abstract, int(m[1]) - 1), 1)), text)

    def _list(self, paragraph: etree._Element) -> tuple[str, int]:
        """(numId, level) from the paragraph or from its style, ("0", 0) for none."""
        properties, seen = paragraph.find(_W + "pPr"), 0
        style = _val(properties, "pStyle")
        while True:
            if (num := _val(properties, "numPr", "numId")) is not None:
                return num, _int(_val(properties, "numPr", "ilvl"), 0)
            if style not in self._styles or seen > 10:  # styles may be based on each other in a ring
                return "0", 0
            properties, seen = self._styles[style].find(_W + "pPr"), seen + 1
            style = _val(self._styles[style], "basedOn")


class _Reader:
    def __init__(self, numbering: _Numbering, comments: Mapping[str, str], *, boxes: bool) -> None:
        self._comments = comments
        self._numbering = numbering
        self._boxes = boxes

    def blocks(self, parent: etree._Element) -> Iterator[Block]:
        text, boxes = "", list[Box]()
        for child in _content(parent):
            if child.tag == _W + "p":
                pieces = list(_pieces(child))
                text += _text(pieces)
                boxes += (p for p in pieces if self._boxes and isinstance(p, Box))
                self._numbering.number(child)
                if _joined(child):
                    continue
                yield text
                yield from boxes
                text, boxes = "", []
            elif child.tag == _W + "tbl":
                yield from self._tables(child)
        if text or boxes:
            yield text
            yield from boxes

    def _tables(self, element: etree._Element) -> Iterator[Table]:
        rows: list[Row] = []
        above: dict[int, Cell] = {}  # first column -> the cell that a vertical merge goes on with
        nested: list[Table] = []
        for line in _content(element):
            if line.tag != _W + "tr" or line.find(f"{_W}trPr/{_W}del") is not None:
                continue
            row: list[Cell] = []
            inside: list[Table] = []
            column = _int(_val(line, "trPr", "gridBefore"), 0)
            for tc in _content(line):
                if tc.tag != _W + "tc":
                    continue
                properties = tc.find(_W + "tcPr")
                width = min(max(1, _int(_val(properties, "gridSpan"), 1)), _MOST_COLUMNS)
                if _val(properties, "hMerge") == "continue" and row:  # how .doc kept merged cells
                    row[-1] = replace(row[-1], end=column + width)
                elif _merge(properties) == "continue" and column in above:
                    row.append(replace(above[column], end=column + width, carried=True))
                else:
                    cell = self._cell(tc, column, column + width, inside)
                    row.append(cell)
                    above.pop(column, None)
                    if _merge(properties) == "restart":
                        above[column] = cell
                column += width
            rows.append(tuple(row))
            if sum(bool(c.lines) for c in row) < 2:
                nested += inside
        yield tuple(rows)
        yield from nested

    def _cell(self, tc: etree._Element, start: int, end: int, nested: list[Table]) -> Cell:
        lines: list[str] = []
        numbers: dict[int, str] = {}  # line -> the number before it
        number = text = ""
        for child in _content(tc):
            if child.tag == _W + "p":
                text += _text(_pieces(child), boxes=self._boxes)
                shown = self._numbering.number(child)
                number = number or shown
                if shown:
                    numbers[len(lines)] = shown
                if _joined(child):
                    continue
                lines += text.split("\n")
                text = ""
            elif child.tag == _W + "tbl":
                inner = list(self._tables(child))
                nested += inner
                said = ([" ".join(c.lines) for c in row if c.lines and not c.carried] for row in inner[0])
                lines += [" ".join(cells) for cells in said if cells]
        lines += text.split("\n")
        picture = next(tc.iter(*_PICTURES), None) is not None
        told = {i: s for i, line in enumerate(lines) if (s := line.strip())}
        numbered = [f"{numbers[i]}{s}" if i in numbers else s for i, s in told.items()]
        several = sum(i in numbers for i in told) > 1
        noted = (self._comments.get(str(r.get(_W + "id")), "") for r in tc.iter(_W + "commentReference"))
        return Cell(
            start, end, tuple(told.values()), number, picture=picture, numbered=tuple(numbered) if several else (),
            struck=_struck(tc), comments=tuple(filter(None, noted)),
        )  # fmt: skip


def _comments(part: etree._Element | None) -> dict[str, str]:
    """Id -> text of each comment."""
    if part is None:
        return {}
    texts = {str(c.get(_W + "id")): [_text(_pieces(p)) for p in c.iter(_W + "p")] for c in part}
    return {id_: "\n".join(lines).strip() for id_, lines in texts.items()}


def _struck(element: etree._Element) -> str:
    """The text of the runs that are struck out; what is deleted (tracked) is no text at all."""
    runs = (r for r in element.iter(_W + "r") if _on(r, "rPr", "strike") or _on(r, "rPr", "dstrike"))
    return "".join(_text(_pieces(r)) for r in runs).strip()


def _content(parent: etree._Element) -> Iterator[etree._Element]:
    """Children that count, through content controls and tracked insertions; of alternatives, the first choice."""
    for child in parent:
        if child.tag in _WRAPPERS:
            if not _on(child, "sdtPr", "showingPlcHdr"):  # 单击此处输入文字
                yield from _content(child)
        elif child.tag == _MC + "AlternateContent":
            choice = child.find(_MC + "Choice")
            if choice is not None:
                yield from _content(choice)
        elif isinstance(child.tag, str):
            yield child


def _text(pieces: Iterable[str], *, boxes: bool = False) -> str:
    """The text of a paragraph, that of its boxes on lines of their own."""
    return "".join(f"\n{p}\n" if isinstance(p, Box) else p for p in pieces if boxes or not isinstance(p, Box))


def _pieces(element: etree._Element) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in _TEXTS:
            yield _PRIVATE.sub(partial(_star, font=_font(element)), child.text or "")
        elif tag in _BREAKS:
            yield _BREAKS[tag]
        elif tag == _W + "sym":
            yield _symbol(child)
        elif tag == _MC + "AlternateContent":
            for choice in child.findall(_MC + "Choice")[:1]:
                yield from _pieces(choice)
        elif tag in _DRAWN:
            for box in child.iter(_W + "txbxContent"):
                lines = (_text(_pieces(p)).strip() for p in box.iter(_W + "p"))
                if text := "\n".join(filter(None, lines)):
                    yield Box(text)
        elif not isinstance(tag, str) or tag in _SILENT or _on(child, "rPr", "vanish"):
            continue
        elif not _on(child, "sdtPr", "showingPlcHdr"):
            yield from _pieces(child)


def _symbol(element: etree._Element) -> str:
    code = str(element.get(_W + "char", ""))
    if not re.fullmatch(r"[0-9A-Fa-f]{4}", code):
        return ""
    point = int(code, 16)
    if 0xF000 <= point <= 0xF0FF:  # symbol fonts are mapped into the private use area
        return _SYMBOLS.get((str(element.get(_W + "font", "")).lower(), point - 0xF000), "")
    return "" if 0xD800 <= point < 0xE000 else chr(point)


def _font(run: etree._Element) -> str:
    fonts = run.find(f"{_W}rPr/{_W}rFonts")
    return "" if fonts is None else str(fonts.get(_W + "ascii", "")).lower()


def _star(symbol: re.Match[str], font: str) -> str:
    """The character that people see for one of a symbol font, where it is a star; one without a font is Symbol's."""
    return _SYMBOLS.get((font or "symbol", ord(symbol[0]) - 0xF000), symbol[0])


def _joined(paragraph: etree._Element) -> bool:
    """Whether the paragraph's end was deleted (tracked), so that the next one goes on with it."""
    return paragraph.find(f"{_W}pPr/{_W}rPr/{_W}del") is not None


def _merge(properties: etree._Element | None) -> str:
    """restart, continue, or "" where the cell is not merged vertically; a bare w:vMerge means continue."""
    value = _val(properties, "vMerge")
    return "" if value is None else value or "continue"
