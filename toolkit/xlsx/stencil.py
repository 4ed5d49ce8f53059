"""The same cells of the same workbook, filled many times.

`Workbook` parses a file for each copy; a stencil parses it once, and a copy costs joining and deflating the parts that
differ.  What it gives is, byte for byte, what `Workbook` gives for the same edits (a test holds both together).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from toolkit.language import tr
from toolkit.xlsx.deflate import crc32, deflater
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.scan import escape
from toolkit.xlsx.values import Value, encode
from toolkit.xlsx.workbook import Workbook

MOST_HEIGHTS = 800
"""Row heights that marks can tell apart."""

# Marks of private-use characters, which nobody writes; a height's mark is a number that nobody sets.
_OPEN, _CLOSE = "\ue000", "\ue001"
_HEIGHT = 0.317
_MARK = re.compile(_OPEN.encode() + rb"(\d+)" + _CLOSE.encode())
_CELL = re.compile(
    rb'<((?:\w+:)?)c ([^<>]*?) t="inlineStr"([^<>]*)><(?:\w+:)?is><(?:\w+:)?t>'
    + _MARK.pattern
    + rb"</(?:\w+:)?t></(?:\w+:)?is></(?:\w+:)?c>"
)
_HEIGHT_MARK = re.compile(rb'(?<=ht=")(\d+)\.317(?=")')


class _Cell:
    """A cell's number, and its XML around what it says."""

    __slots__ = (
        "_after", "_empty", "_end", "_number", "_number_end", "_prefix", "_start", "_text", "_text_end", "number",
    )  # fmt: skip

    def __init__(self, number: int, prefix: bytes, before: bytes, after: bytes) -> None:
        """`before`, `after`: its attributes on either side of `t`."""
        self.number, self._prefix, self._after = number, prefix, after
        self._start, self._end = b"<" + prefix + b"c " + before, b"</" + prefix + b"c>"
        self._empty = self._start + after + b"/>"
        self._text = self._start + b' t="inlineStr"' + after + b"><" + prefix + b"is><" + prefix + b"t>"
        self._number = self._start + after + b"><" + prefix + b"v>"
        self._number_end = b"</" + prefix + b"v>" + self._end
        self._text_end = b"</" + prefix + b"t></" + prefix + b"is>" + self._end

    def render(self, value: Value, date1904: bool) -> bytes:
        if value is None or value == "":
            return self._empty
        if type(value) is str and len(value) < _SHORT and not _SPECIAL.search(value):
            return self._text + value.encode() + self._text_end
        if type(value) is int and 0 <= value < _PLAIN:
            return self._number + b"%d" % value + self._number_end
        content = encode(value, self._prefix, date1904)
        if content is None:
            return self._empty
        if content.dated:
            raise WorkbookError(Reason.BAD_VALUE, tr("批量填写不能写入日期（日期需要单元格样式），请改为文字"))
        kind = b' t="' + content.kind + b'"' if content.kind else b""
        return self._start + kind + self._after + b">" + content.inner + self._end


@dataclass(frozen=True, slots=True)
class _Height:
    number: int


@dataclass(frozen=True, slots=True)
class _Text:
    number: int  # of the texts: document properties, then defined names


_Segment = bytes | _Cell | _Height | _Text

_SHORT, _PLAIN = 4096, 10**15
_SPECIAL = re.compile(r"[^ -%'-;=?-^`-~\u00a1-\u167f\u1681-\u1fff\u3001-\ud7ff\uff01-\uffef]|^ | $")
"""What needs more than its UTF-8; characters that it lists needlessly, such as “—”, cost a little time."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A zip entry: its headers without sizes, and its content in pieces; one in which nothing changes, as it is."""

    local: bytes  # up to the CRC; without pieces all of it, and what is compressed
    local_end: bytes  # from the length of the name
    central: bytes  # up to the CRC; without pieces up to the offset
    central_end: bytes  # from the length of the name, without the offset
    name: bytes  # with what follows it in the directory
    pieces: tuple[bytes, ...]  # else: with empty ones where these come
    cells: tuple[tuple[int, _Cell], ...]
    heights: tuple[tuple[int, int], ...]
    texts: tuple[tuple[int, int], ...]


class Stencil:
    """Cells, row heights, document properties and defined names of a workbook, to be filled again and again.

    `cells` hold text in the workbook; `heights` are rows that exist.  Raises WorkbookError as `Workbook` does.
    """

    def __init__(
        self,
        data: bytes,
        cells: Sequence[tuple[str, str]],
        heights: Sequence[tuple[str, int]] = (),
        properties: Sequence[str] = (),
        names: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`cells`: (sheet, "B4"); `heights`: (sheet, row); `names`: (name, sheet it belongs to), defined hidden."""
        if len(heights) > MOST_HEIGHTS:
            raise WorkbookError(Reason.UNSUPPORTED, tr("表格超过 {most} 行，请拆分后再试", most=MOST_HEIGHTS))
        book = Workbook.from_bytes(data)
        for i, (sheet, ref) in enumerate(cells):
            book.sheet(sheet).set(ref, f"{_OPEN}{i}{_CLOSE}")
        for i, (sheet, row) in enumerate(heights):
            book.sheet(sheet).set_height(row, i + _HEIGHT)
        for i, name in enumerate((*properties, *(n for n, _ in names))):
            text = f"{_OPEN}{i}{_CLOSE}"
            if i < len(properties):
                book.set_property(name, text)
            else:
                book.set_name(name, text, sheet=names[i - len(properties)][1], hidden=True)
        self._date1904 = book.date1904
        self._entries, self._comment = _entries(book.to_bytes())
        self._check(len(cells), len(heights), len(properties) + len(names))

    def _check(self, cells: int, heights: int, texts: int) -> None:
        """A mark that was not found would be delivered: better no stencil."""
        counts = tuple(
            sum(len(found(e)) for e in self._entries) for found in map(attrgetter, ("cells", "heights", "texts"))
        )
        if counts != (cells, heights, texts):
            raise WorkbookError(Reason.UNSUPPORTED, tr("模板的结构特殊，不能批量填写，请用 Excel 另存后再试"))

    def fill(self, cells: Sequence[Value], heights: Sequence[float] = (), texts: Sequence[str] = ()) -> bytes:
        """One copy.  `texts`: of the properties, then of the names, as `Workbook.set_name` takes them."""

        out: list[bytes] = []
        directory: list[bytes] = []
        at = 0
        for e in self._entries:
            if not e.pieces:
                out.append(e.local)
                directory += (e.central, struct.pack("<I", at), e.name)
                at += len(e.local)
            else:
                pieces = list(e.pieces)
                for i, cell in e.cells:
                    pieces[i] = cell.render(cells[cell.number], self._date1904)
                for i, number in e.heights:
                    pieces[i] = b"%g" % heights[number]
                for i, number in e.texts:
                    pieces[i] = escape(texts[number])
                plain = b"".join(pieces)
                pack = deflater(len(plain))
                raw = pack.compress(plain) + pack.flush()
                sizes = struct.pack("<III", crc32(plain), len(raw), len(plain))
                out += (e.local, sizes, e.local_end, raw)
                directory += (e.central, sizes, e.central_end, struct.pack("<I", at), e.name)
                at += len(e.local) + 12 + len(e.local_end) + len(raw)
        listed = b"".join(directory)
        count = len(self._entries)
        end = struct.pack("<HHHHIIH", 0, 0, count, count, len(listed), at, len(self._comment))
        return b"".join((*out, listed, b"PK\x05\x06", end, self._comment))


def _entries(data: bytes) -> tuple[list[_Entry], bytes]:
    """The entries of a file that `Workbook.to_bytes` wrote."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        for info in z.infolist():
            at = info.header_offset
            name_length, extra_length = struct.unpack_from("<HH", data, at + 26)
            start = at + 30 + name_length + extra_length
            segments = _segments(z.read(info))
            end = start if segments else start + info.compress_size
            found.append((data[at : at + 14], data[at + 26 : start], data[at:end], segments))
        directory, comment = _directory(data, z), z.comment
    entries = []
    for (local, local_end, whole, segments), central in zip(found, directory, strict=True):
        headers = (local, local_end, central[:16], central[28:42]) if segments else (whole, b"", central[:42], b"")
        pieces = tuple(s if isinstance(s, bytes) else b"" for s in segments)
        cells = tuple((i, s) for i, s in enumerate(segments) if isinstance(s, _Cell))
        heights, texts = (
            tuple((i, s.number) for i, s in enumerate(segments) if isinstance(s, kind)) for kind in (_Height, _Text)
        )
        entries.append(_Entry(*headers, central[46:], pieces, cells, heights, texts))
    return entries, comment


def _directory(data: bytes, z: zipfile.ZipFile) -> list[bytes]:
    """The directory's records, one an entry."""
    at, records = z.start_dir, []
    for _ in z.infolist():
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        end = at + 46 + name + extra + comment
        records.append(data[at:end])
        at = end
    return records


def _segments(xml: bytes) -> tuple[_Segment, ...]:
    """A part cut at its marks; nothing where it has none."""
    cuts: list[tuple[int, int, _Segment]] = [
        (m.start(), m.end(), _Cell(int(m[4]), m[1], m[2], m[3])) for m in _CELL.finditer(xml)
    ]
    if not cuts:  # not a worksheet: the marks are texts
        cuts += [(m.start(), m.end(), _Text(int(m[1]))) for m in _MARK.finditer(xml)]
    cuts += [(m.start(), m.end(), _Height(int(m[1]))) for m in _HEIGHT_MARK.finditer(xml)]
    segments: list[_Segment] = []
    at = 0
    for start, end, segment in sorted(cuts, key=lambda c: c[0]):
        segments += (xml[at:start], segment)
        at = end
    return (*segments, xml[at:]) if segments else ()
