"""What an .xls says once for all its sheets: where they begin, how its cell styles look, and its texts.

Record layouts: [MS-XLS] 2.4.28 BoundSheet8, 2.4.126 Format, 2.4.353 XF, 2.4.122 Font, 2.4.265 SST; a text there, with
the fonts of its parts: 2.5.293 XLUnicodeRichExtendedString.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from toolkit.xlsx.numberformats import built_in, says_more

EOF, CONTINUE = 0x000A, 0x003C
_FONT, _BOUNDSHEET, _XF, _SST, _FORMAT = 0x0031, 0x0085, 0x00E0, 0x00FC, 0x041E
_STRUCK = 0x0008  # of a font's flags
_MOST_SHEETS = 1000
DAMAGED = (struct.error, IndexError, ValueError)
"""What reading a record raises that is shorter than it says, or that says what cannot be."""


@dataclass(frozen=True, slots=True)
class RichText:
    """A text in UTF-16, by whose units its runs count, each the place where another font begins."""

    units: bytes
    runs: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return self.units.decode("utf-16-le", "replace")

    def in_fonts(self, fonts: frozenset[int], *, from_first: bool) -> str:
        """What is written in one of these fonts; `from_first`: what stands before the first run is."""
        found, start, inside = b"", 0, from_first
        for at, font in (*self.runs, (len(self.units), 0)):
            if inside:
                found += self.units[2 * start : 2 * at]
            start, inside = at, font in fonts
        return found.decode("utf-16-le", "replace").strip()


@dataclass(frozen=True, slots=True)
class Book:
    starts: tuple[int, ...]  # of the sheets, in the stream
    codes: Mapping[int, str]  # cell style -> its number format code, where people see something else than the number
    struck_fonts: frozenset[int]
    struck: frozenset[int]  # the cell styles that have one of these
    texts: Sequence[RichText]  # by number; none where nothing is struck out

    def struck_of(self, text: RichText, style: int) -> str:
        """What is struck out of a cell's text."""
        return text.in_fonts(self.struck_fonts, from_first=style in self.struck)


def records(stream: bytes, at: int) -> Iterator[tuple[int, memoryview]]:
    """The kinds and bodies of the records from a place on."""
    view = memoryview(stream)
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, view[at + 4 : at + 4 + size]
        at += 4 + size


def read_book(stream: bytes) -> Book:
    """The first part of a Workbook stream."""
    starts, formats, styles, fonts = list[int](), dict[int, str](), list[tuple[int, int]](), list[bool]()
    strings, last = list[memoryview](), 0
    for kind, data in records(stream, 0):
        if kind == EOF:
            break
        try:
            if kind == _BOUNDSHEET:
                starts.append(struct.unpack_from("<I", data)[0])
            elif kind == _FONT:
                fonts.append(bool(struct.unpack_from("<HH", data)[1] & _STRUCK))
            elif kind == _FORMAT:
                formats[data[0] | data[1] << 8] = str(RichText(Pieces([data[2:]]).string()))
            elif kind == _XF:
                styles.append(struct.unpack_from("<HH", data))
            elif kind == _SST or (kind == CONTINUE and last == _SST):
                strings.append(data)
        except DAMAGED:
            pass
        last = last if kind == CONTINUE else kind
    struck = frozenset(i + (i > 3) for i, out in enumerate(fonts) if out)  # no font has the number 4
    return Book(
        tuple(starts[:_MOST_SHEETS]),
        {i: code for i, (_, n) in enumerate(styles) if says_more(code := formats.get(n, built_in(n)))},
        struck,
        frozenset(i for i, (font, _) in enumerate(styles) if font in struck),
        tuple(_texts(strings)) if struck else (),
    )


def _texts(strings: Sequence[memoryview]) -> Iterator[RichText]:
    """The texts of the whole book, as far as they can be read."""
    pieces = Pieces(strings)
    try:
        _, count = pieces.unpack("<II")
        for _ in range(count):
            yield pieces.rich_string()
    except DAMAGED:
        return


class Pieces:
    """A record that goes on in others: a text that does begins there again with whether a character has two bytes."""

    def __init__(self, pieces: Sequence[memoryview]) -> None:
        self._pieces, self._piece, self._at = pieces, 0, 0  # behind the last one: IndexError

    def unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))

    def string(self) -> bytes:
        """A text in UTF-16 behind its length."""
        count, wide = self.unpack("<HB")
        return self._characters(count, wide=bool(wide & 1))

    def characters(self, count: int) -> bytes:
        """A text in UTF-16 of a length that stands elsewhere."""
        return self._characters(count, wide=bool(self.unpack("<B")[0] & 1))

    def rich_string(self) -> RichText:
        count, flags = self.unpack("<HB")
        runs = self.unpack("<H")[0] if flags & 8 else 0
        extra = self.unpack("<I")[0] if flags & 4 else 0
        units = self._characters(count, wide=bool(flags & 1))
        fonts = self.runs(runs)
        self._skip(extra)
        return RichText(units, fonts)

    def runs(self, count: int) -> tuple[tuple[int, int], ...]:
        return tuple(struct.iter_unpack("<HH", self._take(4 * count)))

    def _left(self) -> memoryview:
        """What is left of the piece that is read, the next one's where nothing is."""
        while self._at >= len(self._pieces[self._piece]):
            self._piece, self._at = self._piece + 1, 0
        return self._pieces[self._piece][self._at :]

    def _take(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = self._left()[: size - len(found)]
            found += part
            self._at += len(part)
        return found

    def _skip(self, size: int) -> None:
        while size:
            part = len(self._left()[:size])
            size -= part
            self._at += part

    def _characters(self, count: int, *, wide: bool) -> bytes:
        found = b""
        while count:
            if self._at >= len(self._pieces[self._piece]):
                wide = bool(self.unpack("<B")[0] & 1)
            part = bytes(self._left()[: count * (1 + wide)])
            self._at += len(part)
            found += part if wide else part.decode("latin-1").encode("utf-16-le")
            count -= len(part) // (1 + wide)
        return found
