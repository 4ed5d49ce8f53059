"""What calamine leaves out of an .xls or .et, by a walk over the BIFF8 records: error values, pictures, number
formats that say more than a number, what is struck out, comments and text boxes.

Record layouts: [MS-XLS] 2.4.21 BOF, 2.4.24 BoolErr, 2.4.127 Formula, 2.4.181 Obj and 2.4.170 MsoDrawing; the anchor in
a drawing: [MS-XLS] 2.5.193 OfficeArtClientAnchorSheet; 2.4.180 Number, 2.4.220 RK and 2.4.175 MulRk; 2.4.149 LabelSst
and 2.4.148 Label; 2.4.179 Note and 2.4.329 TxO.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from toolkit.returns.formats.biffbook import CONTINUE, DAMAGED, EOF, Book, Pieces, RichText, read_book, records
from toolkit.xlsx.margins import NOTE_OF_EXCEL

_BOF, _FILEPASS = 0x0809, 0x002F
_BOOLERR, _FORMULA, _NUMBER, _RK, _MULRK = 0x0205, 0x0006, 0x0203, 0x027E, 0x00BD
_LABELSST, _LABEL, _RSTRING = 0x00FD, 0x0204, 0x00D6
_OBJ, _DRAWING, _NOTE, _TXO = 0x005D, 0x00EC, 0x001C, 0x01B6
_SHEET, _BIFF8 = 0x0010, 0x0600
_PICTURE, _COMMENT = 8, 0x19  # cmo.ot
_CONTROLS = {7, *range(0x0B, 0x15)}  # buttons and the like: what stands on them is the form's own
_ANCHOR = struct.pack("<HHI", 0, 0xF010, 18)
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_MOST = 100_000  # marks of one sheet

Place = tuple[int, int]
"""Row and column, 1-based."""


@dataclass(slots=True)
class Marks:
    """One worksheet's."""

    errors: dict[Place, str] = field(default_factory=dict)
    pictures: set[Place] = field(default_factory=set)
    codes: dict[Place, str] = field(default_factory=dict)  # by which people see something else than the number
    struck: dict[Place, str] = field(default_factory=dict)  # what is struck out of a cell's text
    comments: dict[Place, str] = field(default_factory=dict)
    boxes: list[tuple[Place, str]] = field(default_factory=list)  # the texts of boxes, at their top left corners


def marks_in(stream: bytes) -> tuple[Marks | None, ...]:
    """The marks of each sheet in a Workbook stream, in the workbook's order; None for what is no worksheet."""
    book = read_book(stream)
    return tuple(_marks(stream, at, book) for at in book.starts)


def is_encrypted(stream: bytes) -> bool:
    """Whether a Workbook stream asks for a password ([MS-XLS] 2.4.117 FilePass, among the first records)."""
    for n, (kind, _) in enumerate(records(stream, 0)):
        if kind == _FILEPASS:
            return True
        if kind == EOF or n > 20:
            break
    return False


def _marks(stream: bytes, at: int, book: Book) -> Marks | None:
    sheet, depth = _Sheet(book), 0
    for kind, data in records(stream, at):
        if kind == _BOF:
            if depth == 0 and (len(data) < 4 or struct.unpack_from("<HH", data) != (_BIFF8, _SHEET)):
                return None
            depth += 1  # a chart lies inside its sheet
        elif depth == 0:
            return None  # the sheet's place in the file is wrong
        elif kind == EOF:
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and len(sheet.marks.errors) <= _MOST:
            try:
                sheet.take(kind, data)
            except DAMAGED:  # one record takes nothing else away
                continue
    return sheet.done()


class _Sheet:
    """The records of one worksheet, one after another."""

    def __init__(self, book: Book) -> None:
        self.marks = Marks()
        self._book = book
        self._anchor: Place | None = None  # of the object that comes next
        self._corner: Place = (1, 1)  # of the last one: what stands in a group has none of its own
        self._object = (0, 0)  # its kind and its number
        self._length = 0  # of the text that stands in the records that follow
        self._pieces: list[memoryview] = []
        self._said: dict[int, str] = {}  # a comment's object -> its text
        self._noted: dict[Place, int] = {}  # a comment's cell -> its object

    def take(self, kind: int, data: memoryview) -> None:
        if kind == CONTINUE:
            if self._length:
                self._pieces.append(data)
            return
        self._close()
        if kind in (_NUMBER, _RK, _MULRK):
            if codes := self._book.codes:
                self.marks.codes.update((p, codes[style]) for p, style in _styled(kind, data) if style in codes)
        elif kind in (_LABELSST, _LABEL, _RSTRING):
            if self._book.struck_fonts:
                self._text(kind, data)
        elif kind == _BOOLERR:
            if data[7] == 1:
                self.marks.errors[_place(data)] = _ERRORS.get(data[6], "#VALUE!")
        elif kind == _FORMULA:
            ((place, style),) = _styled(kind, data)
            if data[6] == 2 and data[12] == data[13] == 0xFF:
                self.marks.errors[place] = _ERRORS.get(data[8], "#VALUE!")
            elif style in self._book.codes:
                self.marks.codes[place] = self._book.codes[style]
        else:
            self._drawn(kind, data)

    def _text(self, kind: int, data: memoryview) -> None:
        style = struct.unpack_from("<H", data, 4)[0]
        if kind == _LABELSST:
            text = self._book.texts[struct.unpack_from("<I", data, 6)[0]]
        else:
            pieces = Pieces([data[6:]])
            units = pieces.string()
            text = RichText(units, pieces.runs(pieces.unpack("<H")[0]) if kind == _RSTRING else ())
        if out := self._book.struck_of(text, style):
            self.marks.struck[_place(data)] = out

    def _drawn(self, kind: int, data: memoryview) -> None:
        if kind == _DRAWING:
            found = bytes(data).rfind(_ANCHOR)
            if found >= 0:
                column, _, row = struct.unpack_from("<HHH", data, found + 10)
                self._anchor = self._corner = (row + 1, column + 1)
        elif kind == _OBJ:
            self._object = struct.unpack_from("<HH", data, 4)
            if self._anchor is not None and self._object[0] == _PICTURE:
                self.marks.pictures.add(self._anchor)
            self._anchor = None
        elif kind == _TXO:
            self._length = struct.unpack_from("<H", data, 10)[0]
        elif kind == _NOTE:
            self._noted[_place(data)] = struct.unpack_from("<H", data, 6)[0]

    def _close(self) -> None:
        """What is done when the records of a text end."""
        length, pieces = self._length, self._pieces
        self._length, self._pieces = 0, []
        if not pieces:
            return
        kind, number = self._object
        try:
            text = str(RichText(Pieces(pieces).characters(length))).replace("\r", "\n").strip()
        except DAMAGED:
            return
        if kind == _COMMENT:
            self._said[number] = text
        elif text and kind not in _CONTROLS:
            self.marks.boxes.append((self._corner, text))

    def done(self) -> Marks:
        self._close()
        for place, number in sorted(self._noted.items()):
            said = self._said.get(number, "")
            # Of a thread only this is left: what it says to programs that do not know threads, then the words.
            if text := (said.partition(NOTE_OF_EXCEL)[2] or said).strip():
                self.marks.comments[place] = text
        return self.marks


def _place(data: memoryview) -> Place:
    row, column = struct.unpack_from("<HH", data)
    return row + 1, column + 1


def _styled(kind: int, data: memoryview) -> Iterator[tuple[Place, int]]:
    """The cells of a record of numbers, each with its style."""
    row, column = _place(data)
    if kind == _MULRK:
        for i in range((len(data) - 6) // 6):
            yield (row, column + i), struct.unpack_from("<H", data, 4 + 6 * i)[0]
    else:
        yield (row, column), struct.unpack_from("<H", data, 4)[0]
