"""What calamine leaves out of an .xls or .et: error values, pictures and what is a percentage, by a walk over the BIFF8
records.

Record layouts: [MS-XLS] 2.4.21 BOF, 2.4.28 BoundSheet8, 2.4.24 BoolErr, 2.4.127 Formula, 2.4.181 Obj and 2.4.170
MsoDrawing; the anchor in a drawing: [MS-XLS] 2.5.193 OfficeArtClientAnchorSheet; 2.4.126 Format, 2.4.353 XF, 2.4.180
Number, 2.4.220 RK and 2.4.175 MulRk.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from toolkit.xlsx.styles import format_kind

_BOF, _EOF, _BOUNDSHEET, _BOOLERR, _FORMULA, _OBJ, _DRAWING = 0x0809, 0x000A, 0x0085, 0x0205, 0x0006, 0x005D, 0x00EC
_FILEPASS = 0x002F
_FORMAT, _XF, _NUMBER, _RK, _MULRK = 0x041E, 0x00E0, 0x0203, 0x027E, 0x00BD
_PERCENTS = {9, 10}  # built-in formats: 0%, 0.00%
_SHEET, _BIFF8 = 0x0010, 0x0600
_PICTURE = 8  # cmo.ot
_ANCHOR = struct.pack("<HHI", 0, 0xF010, 18)
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip
_MOST = 100_000  # marks of one sheet


@dataclass(slots=True)
class Marks:
    """One worksheet's; cells are (row, column), 1-based."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    pictures: set[tuple[int, int]] = field(default_factory=set)
    percents: set[tuple[int, int]] = field(default_factory=set)  # whose number is shown as a percentage


def marks_in(stream: bytes) -> tuple[Marks | None, ...]:
    """The marks of each sheet in a Workbook stream, in the workbook's order; None for what is no worksheet."""
    starts = []
    formats, styles = set(_PERCENTS), list[int]()
    for _, kind, data in _records(stream, 0):
        if kind == _BOUNDSHEET and len(data) >= 4:
            starts.append(struct.unpack_from("<I", data)[0])
        elif kind == _FORMAT and len(data) >= 5:
            (formats.add if format_kind(_code(data)) == "percent" else formats.discard)(data[0] | data[1] << 8)
        elif kind == _XF and len(data) >= 4:
            styles.append(struct.unpack_from("<HH", data)[1])
        elif kind == _EOF:
            break
    percents = {i for i, number in enumerate(styles) if number in formats}
    return tuple(_marks(stream, at, percents) for at in starts[:1000])


def _code(data: memoryview) -> str:
    """A number format's code ([MS-XLS] 2.5.294 XLUnicodeString): a byte a character, or two."""
    count, wide = data[2] | data[3] << 8, data[4] & 1
    return bytes(data[5 : 5 + count * (1 + wide)]).decode("utf-16-le" if wide else "latin-1", "replace")


def _styled(kind: int, data: memoryview) -> Iterator[tuple[tuple[int, int], int]]:
    """The cells of a record of numbers, each with its style."""
    row, column = struct.unpack_from("<HH", data)
    if kind == _MULRK:
        for i in range((len(data) - 6) // 6):
            yield (row + 1, column + 1 + i), struct.unpack_from("<H", data, 4 + 6 * i)[0]
    else:
        yield (row + 1, column + 1), struct.unpack_from("<H", data, 4)[0]


def is_encrypted(stream: bytes) -> bool:
    """Whether a Workbook stream asks for a password ([MS-XLS] 2.4.117 FilePass, among the first records)."""
    for n, (_, kind, _) in enumerate(_records(stream, 0)):
        if kind == _FILEPASS:
            return True
        if kind == _EOF or n > 20:
            break
    return False


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, memoryview]]:
    view = memoryview(stream)
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield at, kind, view[at + 4 : at + 4 + size]
        at += 4 + size


def _marks(stream: bytes, at: int, percents: Collection[int]) -> Marks | None:
    marks, depth, anchor = Marks(), 0, None
    for _, kind, data in _records(stream, at):
        if kind == _BOF:
            if depth == 0 and (len(data) < 4 or struct.unpack_from("<HH", data) != (_BIFF8, _SHEET)):
                return None
            depth += 1  # a chart lies inside its sheet
        elif depth == 0:
            return None  # the sheet's place in the file is wrong
        elif kind == _EOF:
            depth -= 1
            if depth == 0:
                break
        elif depth > 1 or len(marks.errors) > _MOST:
            continue
        elif kind in (_NUMBER, _RK, _MULRK) and percents and len(data) >= 10:
            marks.percents.update(place for place, style in _styled(kind, data) if style in percents)
        elif kind == _BOOLERR and len(data) >= 8 and data[7] == 1:
            row, column = struct.unpack_from("<HH", data)
            marks.errors[row + 1, column + 1] = _ERRORS.get(data[6], "#VALUE!")
        elif kind == _FORMULA and len(data) >= 14:
            ((place, style),) = _styled(kind, data)
            if data[6] == 2 and data[12] == data[13] == 0xFF:
                marks.errors[place] = _ERRORS.get(data[8], "#VALUE!")
            elif style in percents:
                marks.percents.add(place)
        elif kind == _DRAWING:
            found = bytes(data).rfind(_ANCHOR)
            if found >= 0 and found + 18 <= len(data):
                column, _, row = struct.unpack_from("<HHH", data, found + 10)
                anchor = (row + 1, column + 1)
        elif kind == _OBJ and len(data) >= 6:
            if anchor is not None and struct.unpack_from("<H", data, 4)[0] == _PICTURE:
                marks.pictures.add(anchor)
            anchor = None
    return marks
