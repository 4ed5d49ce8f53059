"""One row of a worksheet: its cells found in its bytes, and the row put together again when they have changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from toolkit.language import tr
from toolkit.xlsx.cellxml import PLACE, Cell, Patterns, attributes
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.refs import MAX_COLUMN, cell_name, column_of
from toolkit.xlsx.scan import Edit, attribute_edit, mask, opaque, splice

USUAL_TAG = re.compile(rb' r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]+)")?(?: t="[a-zA-Z]+")?')


def damaged(part: str, detail: str) -> WorkbookError:
    """That a worksheet cannot be read, and where."""
    return WorkbookError(
        Reason.DAMAGED,
        tr("工作表内容已损坏（{part}：{detail}），请用 Excel 打开修复并另存后再试", part=part, detail=detail),
        part,
    )


def damaged_row(part: str, number: int) -> WorkbookError:
    """The same of one of its rows."""
    return damaged(part, tr("第 {number} 行", number=number))


def cells_in(patterns: Patterns, part: str, number: int, row: bytes, at: int = 0) -> Iterator[Cell]:
    """The cells in a part of a row that begins with one at `at`."""
    last = 0
    scan = mask(row)
    masked = scan is not row
    if masked:
        at = 0
    else:
        # As nearly all cells are written, one right behind the other; what is not is left to the loop below.
        usual_cell = patterns.usual_cell.match
        while (m := usual_cell(row, at)) is not None:
            tag, letters, style, inner = m.groups()
            last = column_of(letters)
            if last > MAX_COLUMN:
                raise damaged_row(part, number)
            yield Cell(number, last, at, at := m.end(), tag, inner, style or b"0")
    for m in patterns.cell.finditer(scan, at):
        tag, inner = m[1], m[2]
        style = None
        if (usual := USUAL_TAG.fullmatch(tag)) is not None:
            last, style = column_of(usual[1]), usual[2] or b"0"
        else:
            r = PLACE.search(tag)
            last = column_of(r[1]) if r and r[1] else last + 1
        if last > MAX_COLUMN:
            raise damaged_row(part, number)
        if masked and inner is not None:
            inner = row[m.start(2) : m.end(2)]
        yield Cell(number, last, m.start(), m.end(), tag, inner, style)


def find_cell(patterns: Patterns, xml: bytes, number: int, column: int) -> re.Match[bytes] | None:
    """A cell in the bytes of its row, if it is written in the usual way; they must hold no comments and no CDATA."""
    at = xml.find(b'<%bc r="%b"' % (patterns.prefix, cell_name(number, column).encode()))
    return patterns.usual_cell.match(xml, at) if at >= 0 else None


def found_cell(number: int, column: int, m: re.Match[bytes]) -> Cell:
    """The cell that `find_cell` found."""
    return Cell(number, column, m.start(), m.end(), m[1], m[4], m[3] or b"0")


class OpenRow:
    """A row that is worked on: its start tag, what stands in it, its end tag.

    It is split into cells only where one is added, or is not written in the usual way.  Till then what is to replace
    cells is kept beside it, so that it is put together once for all of them.
    """

    __slots__ = (
        "_attributes", "_cells", "_content", "_edits", "_end", "_found", "_gaps", "_number", "_part", "_parts",
        "_patterns", "_places", "_stated", "_whole", "changed", "tag",
    )  # fmt: skip

    def __init__(self, number: int, row: bytes, patterns: Patterns, part: str) -> None:
        opened = patterns.row.match(row)
        assert opened is not None
        end = patterns.row_end
        if opened[2]:
            self.tag, self._end, tail = row[: opened.end() - 2] + b">", end + b">", opened.end()
        else:
            tail = row.rindex(end)
            self.tag, self._end = opened[0], row[tail:]
        self._number, self._patterns, self._part = number, patterns, part
        self._content: bytes | None = row[opened.end() : tail]
        self._found: dict[int, Cell] = {}  # with their places in the content
        self._edits: dict[int, Edit] = {}  # of the content, by column
        self._stated = opened[1]
        self._attributes: dict[bytes, bytes] | None = None
        self._whole: bytes | None = row
        self.changed = False
        if opaque(row):
            self._take_apart()

    def _settle(self) -> bytes | None:
        """What stands in the row now, while it is in one piece."""
        if self._edits:
            assert self._content is not None
            self._content = splice(self._content, self._edits.values())
            self._found, self._edits = {}, {}
        return self._content

    def _take_apart(self) -> None:
        """Into cells, and what stands between them."""
        row = self._settle()
        if row is None:
            return
        self._cells = list(cells_in(self._patterns, self._part, self._number, row))
        self._parts = [row[c.start : c.end] for c in self._cells]
        self._gaps = []  # one before each cell, one behind the last
        at = 0
        for c in self._cells:
            self._gaps.append(row[at : c.start])
            at = c.end
        self._gaps.append(row[at:])
        self._content, self._found = None, {}
        self._number_places()

    def _number_places(self) -> None:
        self._places = {c.column: i for i, c in reversed(list(enumerate(self._cells)))}

    @property
    def attributes(self) -> dict[bytes, bytes]:
        if self._attributes is None:
            self._attributes = attributes(self._stated)
        return self._attributes

    @property
    def cells(self) -> Sequence[Cell]:
        self._take_apart()
        return self._cells

    def cell(self, column: int) -> Cell | None:
        if self._content is not None:
            if column in self._edits:
                self._settle()
            elif (found := self._found.get(column)) is not None:
                return found
            if (m := find_cell(self._patterns, self._content, self._number, column)) is not None:
                found = self._found[column] = found_cell(self._number, column, m)
                return found
            self._take_apart()  # it may be there all the same
        i = self._places.get(column)
        return None if i is None else self._cells[i]

    def part(self, cell: Cell) -> bytes:
        """The XML of a cell that `cell` gave."""
        if self._content is not None:
            return self._content[cell.start : cell.end]
        return self._parts[self._places[cell.column]]

    def replace(self, cell: Cell, tag: bytes, inner: bytes) -> None:
        """Puts another in the place of a cell that `cell` gave."""
        part = cell_xml(self._patterns.prefix, tag, inner)
        if self._content is not None:
            self._edits[cell.column] = cell.start, cell.end, part
        else:
            i = self._places[cell.column]
            self._cells[i], self._parts[i] = Cell(cell.row, cell.column, 0, 0, tag, inner or None), part
        self._note_change()

    def insert(self, column: int, tag: bytes, inner: bytes) -> None:
        """Adds a cell."""
        self._take_apart()
        i = next((i for i, c in enumerate(self._cells) if c.column > column), len(self._cells))
        self._gaps.insert(i + 1 if i < len(self._cells) else i, b"")
        self._cells.insert(i, Cell(self._number, column, 0, 0, tag, inner or None))
        self._parts.insert(i, cell_xml(self._patterns.prefix, tag, inner))
        self._number_places()
        self._note_change()

    def set_attribute(self, name: bytes, value: bytes) -> None:
        at, end, new = attribute_edit(self.tag, 0, len(self.tag) - 1, name, value)
        self.tag = self.tag[:at] + new + self.tag[end:]
        self.attributes[name] = value
        self._note_change()

    def _note_change(self) -> None:
        self.changed, self._whole = True, None

    def joined(self) -> bytes:
        if self._whole is None:
            if (content := self._settle()) is None:
                between = chain.from_iterable(zip(self._gaps, self._parts, strict=False))
                content = b"".join((*between, self._gaps[-1]))
            self._whole = self.tag + content + self._end
        return self._whole


def cell_xml(prefix: bytes, tag: bytes, inner: bytes) -> bytes:
    """A cell with these attributes and this content."""
    return b"<%bc%b>%b</%bc>" % (prefix, tag, inner, prefix) if inner else b"<%bc%b/>" % (prefix, tag)


def wider(spans: bytes, first: int, last: int) -> bytes | None:
    """A row's `spans` with these columns in it; None where they are, or it states none."""
    ends = spans.strip().split(b":")
    if len(ends) != 2 or not all(map(bytes.isdigit, ends)):
        return None
    low, high = int(ends[0]), int(ends[1])
    wider = min(low, first), max(high, last)
    return None if wider == (low, high) else b"%d:%d" % wider
