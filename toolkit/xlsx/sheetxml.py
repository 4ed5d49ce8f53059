"""One worksheet's XML: rows and cells found by scanning its bytes, edited by splicing them.

The part is split into a *frame* (all but the content of sheetData; small, parsed into a tree) and rows, which are never
parsed into a tree: an index of their offsets, and the bytes of those that were edited.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from toolkit.xlsx.cellxml import PLACE, Cell, CellFormula, attributes, patterns, root_prefix
from toolkit.xlsx.editedrows import EditedRows
from toolkit.xlsx.errors import WorkbookError
from toolkit.xlsx.frame import TRUE, Frame
from toolkit.xlsx.openrow import (
    USUAL_TAG,
    OpenRow,
    cells_in,
    damaged,
    damaged_row,
    find_cell,
    found_cell,
    wider,
)
from toolkit.xlsx.refs import MAX_ROW, Area, cell_name, column_of
from toolkit.xlsx.rowbytes import RowBytes
from toolkit.xlsx.scan import (
    Edit,
    attribute_edit,
    check,
    check_all,
    mask,
    opaque,
    plain,
    plainly_written,
    splice,
    unescape,
    unescape_all,
)

_OPEN_ROWS = 4
_CHECKED_AT_ONCE = 1 << 20


class SheetXml:
    """A worksheet part. Raises WorkbookError DAMAGED for XML that is not well formed or not a worksheet.

    The rows of a large one may be `checked` as late as something is asked of them.
    """

    def __init__(self, xml: bytes, part: str) -> None:
        self.part = part
        self._packed = self._opaque = False
        self.checked = len(xml) < _CHECKED_AT_ONCE or not self._check_around(xml)
        if self.checked:
            self._opaque = check(xml, part)
        self._load(xml)
        if not self.checked and not self._only_rows(xml):
            self._check_rows()

    def _check_around(self, xml: bytes) -> bool:
        """Checks all but the rows, if that can be done without looking at every byte of these."""
        try:
            p = patterns(root_prefix(xml, self.part))
            opened = p.data.search(xml)
            end = xml.find(p.data_end, opened.end()) if opened is not None else -1
            if opened is None or end < 0 or not plainly_written(xml, opened.end(), end):
                return False
            return not check_all((xml[: opened.end()], xml[end:]), self.part)
        except WorkbookError:
            return False  # `check` says what is the matter

    def _only_rows(self, xml: bytes) -> bool:
        """Whether there is nothing but white space between the rows."""
        befores = (self._base.start, *self._ends)
        behinds = (*self._starts, self._base.end)
        return all(a == b or xml[a:b].isspace() for a, b in zip(befores, behinds, strict=True))

    def _check_rows(self) -> None:
        if not self.checked:
            rows = self._base.pieces(self._base.start, self._base.end)
            check_all((b"<rows>", *rows, b"</rows>"), self.part)
            self.checked = True

    def _load(self, xml: bytes) -> None:
        scan = mask(xml) if self._opaque else xml
        self.prefix = root_prefix(scan, self.part)
        self.patterns = p = patterns(self.prefix)
        opened = p.data.search(scan)
        if opened is None:
            raise damaged(self.part, "sheetData")
        self._empty = bool(opened[2])
        start = end = opened.end()
        if not self._empty:
            end = scan.find(p.data_end, start)
            if end < 0:
                raise damaged(self.part, "sheetData")
        self._base = RowBytes(xml, start, end)
        self.frame = Frame(xml[:start] + xml[end:], start, self.part, p, masked=self._opaque)
        self._open: dict[int, OpenRow] = {}  # the rows worked on last: an edit asks for the same row many times
        self._index(scan, start, end)
        self._new = EditedRows(self.patterns.formula_mark)
        self._grown: Area | None = None
        self._shared: dict[str, tuple[Cell, str]] | None = None
        self.touched = False
        if self._packed:
            self.pack()

    def _index(self, scan: bytes, at: int, end: int) -> None:
        numbers, starts, ends = array("l"), array("l"), array("l")
        last = 0
        row, usual = self.patterns.row.search, self.patterns.usual_row.match
        row_end = self.patterns.row_end
        whole_end, length = row_end + b">", len(row_end) + 1
        while True:
            if (m := usual(scan, at, end)) is not None:
                number, empty = int(m[1]), b""
            elif (m := row(scan, at, end)) is not None:
                r = PLACE.search(m[1])
                number, empty = int(r[2]) if r else last + 1, m[2]
            else:
                break
            if not last < number <= MAX_ROW:
                raise damaged_row(self.part, number)
            start, at = m.span()
            if not empty:
                at = scan.find(row_end, at, end)
                if at < 0:
                    raise damaged_row(self.part, number)
                at = at + length if scan.startswith(whole_end, at) else scan.index(b">", at) + 1
            numbers.append(number)
            starts.append(start)
            ends.append(at)
            last = number
        self._numbers, self._starts, self._ends = numbers, starts, ends

    def pack(self) -> None:
        """Keeps many rows deflated from now on."""
        self._packed = True
        # Asked for when the part is written: no need to inflate all for it.
        self._base.search(self.patterns.formula, self.patterns.formula_mark)
        self._base.pack(self._starts)

    # rows

    def _opened(self, number: int) -> OpenRow | None:
        """A row in pieces; None if there is none."""
        if (known := self._open.get(number)) is not None:
            return known
        row = self.row(number)
        if row is None:
            return None
        if len(self._open) >= _OPEN_ROWS:
            self._close_rows()
        known = self._open[number] = OpenRow(number, row, self.patterns, self.part)
        return known

    def _close_rows(self) -> None:
        for number, row in self._open.items():
            if row.changed:
                self._new.put(number, row.joined())
        self._open = {}

    def snapshot(self) -> tuple[object, ...]:
        self._close_rows()
        return tuple(v.copy() if k == "_new" else v for k, v in ((k, self.__dict__[k]) for k in sorted(self.__dict__)))

    def restore(self, snapshot: tuple[object, ...]) -> None:
        for key, value in zip(sorted(self.__dict__), snapshot, strict=True):
            self.__dict__[key] = value
        self._open = {}

    def _find(self, number: int) -> int | None:
        i = bisect_left(self._numbers, number)
        return i if i < len(self._numbers) and self._numbers[i] == number else None

    def row(self, number: int) -> bytes | None:
        """The bytes of a row, comments and CDATA resolved only if it has any; None if there is none."""
        if (known := self._open.get(number)) is not None:
            return known.joined()
        if (new := self._new.get(number)) is not None:
            return new
        i = self._find(number)
        self._check_rows()
        return None if i is None else self._base.cut(self._starts[i], self._ends[i])

    def numbers(self) -> list[int]:
        """The numbers of the rows that exist, ascending."""
        self._close_rows()
        return sorted({*self._numbers, *self._new}) if self._new else list(self._numbers)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each row."""
        self._check_rows()
        return self.rows_as_they_are()

    def rows_as_they_are(self) -> Iterator[tuple[int, bytes]]:
        """The same for one who checks each row that no `Shape` matches, and notes then that all are `checked`."""
        if not self._open and not self._new:
            cut = self._base.cut
            for number, start, end in zip(self._numbers, self._starts, self._ends, strict=True):
                yield number, cut(start, end)
            return
        for number in self.numbers():
            row = self.row(number)
            if row is not None:
                yield number, row

    def _rows_with(self, word: bytes) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each row that has `word` in its XML, as they are."""
        if self._open or self._new or self._base.packed:
            yield from (found for found in self.rows_as_they_are() if word in found[1])
            return
        base, numbers, starts, ends = self._base, self._numbers, self._starts, self._ends
        at = base.start
        while (at := base.find(word, at)) >= 0:
            i = bisect_right(starts, at) - 1
            if i >= 0 and at < ends[i]:
                at = ends[i]
                yield numbers[i], base.cut(starts[i], at)
            else:  # between rows
                at += 1

    def has_row(self, number: int) -> bool:
        return self._opened(number) is not None

    def row_attributes(self, number: int) -> dict[bytes, bytes]:
        row = self._opened(number)
        return row.attributes if row else {}

    def put_row(self, number: int, row: bytes) -> None:
        """Replaces a row or adds one."""
        self._forget_shared(row, self.row(number) or b"")
        self._open.pop(number, None)
        self._new.put(number, row)
        self.touched = True

    def _forget_shared(self, *changed: bytes) -> None:
        if self._shared is not None and any(b"shared" in xml for xml in changed):
            self._shared = None

    # cells

    def cells(self, number: int, row: bytes) -> Iterator[Cell]:
        """The cells of a row; offsets are within `row`."""
        return cells_in(self.patterns, self.part, number, row, row.find(b">") + 1)

    def cell(self, number: int, column: int) -> Cell | None:
        """A cell as it is now; its offsets are void once its row was edited."""
        row = self._opened(number)
        return row.cell(column) if row else None

    def split(self, number: int) -> Sequence[Cell]:
        """The cells of a row as they are now; their offsets are void once it was edited."""
        row = self._opened(number)
        return row.cells if row else ()

    def formula(self, cell: Cell) -> CellFormula | None:
        """The cell's own `<f>`; None if it has none."""
        if cell.inner is None or self.patterns.formula_mark not in cell.inner:
            return None
        inner = plain(cell.inner)
        m = self.patterns.formula.search(inner)
        if m is None:
            return None
        a = attributes(m[1])
        return CellFormula(
            unescape(m[2] or b""),
            a.get(b"t", b"").decode().replace("normal", ""),
            a.get(b"si", b"").decode(),
            a.get(b"ref", b"").decode(),
            m[1],
            m.start(),
            m.end(),
        )

    def formulas(self, word: bytes = b"") -> Iterator[tuple[Cell, CellFormula]]:
        """All cells with an `<f>` (whose row has `word` in its XML)."""
        self._close_rows()
        if not self._new and not (self.has_formula() and self.may_hold(word)):
            return
        self._check_rows()
        for number, row in self._rows_with(self.patterns.formula_mark):
            if word in row:
                for cell in self.cells(number, row):
                    if (f := self.formula(cell)) is not None:
                        yield cell, f

    def _rows_with_formulas(self) -> Iterator[tuple[int, bytes, list[tuple[bytes, bytes]]]]:
        """Number and bytes of each row with an `<f>`, and column and formula of its cells that have one, as written.

        None of these where one of them is not so simple.
        """
        self._close_rows()
        if not self._new and not self.has_formula():
            return
        self._check_rows()
        mark, usual = self.patterns.formula_mark, self.patterns.usual_formula
        for number, row in self._rows_with(mark):
            simple = usual.findall(row)
            yield number, row, simple if len(simple) == row.count(mark) and b"<!" not in row else []

    def usual_formulas(self) -> Iterator[tuple[tuple[int, int], str | Cell]]:
        """Row and column of each cell with an `<f>`, and its formula; the cell where it is shared, or not so simple."""
        for number, row, simple in self._rows_with_formulas():
            if simple:
                texts = unescape_all([text for _, text in simple])
                for (letters, _), text in zip(simple, texts, strict=True):
                    yield (number, column_of(letters)), text
            else:
                for cell in self.cells(number, row):
                    if self.formula(cell) is not None:
                        yield (cell.row, cell.column), cell

    def formula_cells(self) -> Iterator[Cell]:
        """Each cell with an `<f>`, be it the first of its column in a row; their offsets are void."""
        for number, row, simple in self._rows_with_formulas():
            whole = not opaque(row)
            columns = [column_of(letters) for letters, _ in simple]
            for column in columns or [c.column for c in self.cells(number, row) if self.formula(c) is not None]:
                if whole and (m := find_cell(self.patterns, row, number, column)) is not None:
                    yield found_cell(number, column, m)
                elif (cell := self.cell(number, column)) is not None:
                    yield cell

    def masters(self) -> dict[str, tuple[Cell, str]]:
        """For each group of a shared formula the cell that states it, and its text."""
        if self._shared is None:
            states = re.compile(self.patterns.formula_mark + rb"\s[^<>]*shared[^<>]*>[^<]")
            self._shared = {}
            for number, row in self.rows() if self.may_hold(b"shared") else ():
                if states.search(row) or b"<!" in row:
                    for cell in self.cells(number, row):
                        if (f := self.formula(cell)) is not None and f.kind == "shared" and f.text:
                            self._shared[f.group] = (cell, f.text)
        return self._shared

    def may_hold(self, word: bytes) -> bool:
        """Whether the rows may have `word` in their XML."""
        self._close_rows()
        return self._base.holds(word) or any(word in row for row in self._new.rows())

    def has_formula(self) -> bool:
        self._close_rows()
        f = self.patterns.formula
        return self._base.search(f, self.patterns.formula_mark) or any(map(f.search, self._new.marked()))

    def put_cell(self, number: int, column: int, kind: bytes, inner: bytes, style: int) -> None:
        """Replaces a cell or adds it; adds its row when needed. `inner` empty: the cell has a style only."""
        row = self._opened(number)
        if row is not None and (cell := row.cell(column)) is not None:
            if self._shared is not None:
                self._forget_shared(row.part(cell), inner)
            row.replace(cell, *self._recast(cell, kind, inner, style))
            self.touched = True
            return
        if not inner and not style:
            return
        if row is None:
            self.put_row(number, b'<%brow r="%d"></%brow>' % (self.prefix, number, self.prefix))
            row = self._opened(number)
            assert row is not None
        tag = b' r="%b"' % cell_name(number, column).encode()
        if style:
            tag += b' s="%d"' % style
        if kind:
            tag += b' t="%b"' % kind
        self._forget_shared(inner)
        row.insert(column, tag, inner)
        if (spans := wider(row.attributes.get(b"spans", b""), column, column)) is not None:
            row.set_attribute(b"spans", spans)
        self.touched = True
        self._note_growth(Area(number, column, number, column))

    def put_height(self, number: int, points: float) -> None:
        """States a row's height."""
        row = self._opened(number)
        assert row is not None
        row.set_attribute(b"ht", b"%g" % points)
        self.touched = True

    def add_row(self, number: int, row: bytes, columns: tuple[int, int] | None) -> None:
        """Adds a row, with the first and the last column of its cells."""
        self.put_row(number, row)
        if columns is not None:
            self._note_growth(Area(number, columns[0], number, columns[1]))

    def _note_growth(self, here: Area) -> None:
        self._grown = _union(self._grown, here)

    def _recast(self, cell: Cell, kind: bytes, inner: bytes, style: int) -> tuple[bytes, bytes]:
        """Attributes and content of a cell that gets another type, content and style."""
        tag = cell.tag
        usual = cell.stated_style is not None or USUAL_TAG.fullmatch(tag) is not None
        if usual and not (cell.inner and b"extLst" in cell.inner):
            at = tag.find(b' t="')
            tag = tag if at < 0 else tag[:at]
            same = style == cell.style
            if same or at < 0 or b' s="' in tag:
                if not same:
                    place = tag[: tag.index(b'"', len(b' r="')) + 1]
                    tag = place + b' s="%d"' % style if style else place
                return tag + b' t="%b"' % kind if kind else tag, inner
        tag = cell.tag.rstrip()
        old = cell.attributes
        wanted = {b"t": kind or None, b"cm": None, b"vm": None, b"s": old.get(b"s")}
        if style != cell.style:
            wanted[b"s"] = b"%d" % style if style else None
        changes = [(name, value) for name, value in wanted.items() if old.get(name) != value]
        if changes:
            start = b"<c" + tag
            tag = splice(start, [attribute_edit(start, 0, len(start), name, value) for name, value in changes])[2:]
        kept = self.patterns.extension.search(cell.inner) if cell.inner and b"extLst" in cell.inner else None
        return tag, inner + (kept[0] if kept else b"")

    def emptied(self, row: bytes, cell: Cell) -> list[Edit]:
        """The edits that leave nothing of a cell but its style."""
        tag_end = cell.start + 2 + len(self.prefix) + len(cell.tag)
        edits = [attribute_edit(row, cell.start, tag_end, name, None) for name in (b"t", b"cm", b"vm")]
        if cell.inner:
            edits.append((tag_end + 1, tag_end + 1 + len(cell.inner), b""))
        return [e for e in edits if e[0] < e[1]]

    def rename_cells(self, row: bytes, old: int, new: int, edit: Callable[[Cell], list[Edit]] | None = None) -> bytes:
        """The row under another number, with more edits made to its cells (offsets within the row)."""
        opened = self.patterns.row.match(row)
        assert opened is not None
        tag_end = opened.end() - (2 if opened[2] else 1)
        edits: list[Edit] = []
        if new != old or b"r" not in attributes(opened[1]):
            edits.append(attribute_edit(row, 0, tag_end, b"r", b"%d" % new))
        number = b"%d" % new
        base = 2 + len(self.prefix)
        for cell in self.cells(old, row):
            if new != old and (r := PLACE.search(cell.tag)):
                edits.append((cell.start + base + r.start(2), cell.start + base + r.end(2), number))
            if edit is not None:
                edits += edit(cell)
        return splice(row, edits)

    def formula_edit(self, cell: Cell, f: CellFormula, new: bytes) -> list[Edit]:
        """The edits that replace the `<f>` of a cell."""
        assert cell.inner is not None
        inner = plain(cell.inner)
        begin = cell.start + 2 + len(self.prefix) + len(cell.tag) + 1
        if inner is cell.inner:
            return [(begin + f.start, begin + f.end, new)]
        return [(begin, begin + len(cell.inner), inner[: f.start] + new + inner[f.end :])]

    # the frame

    def edit_frame(self, edits: Iterable[Edit]) -> None:
        """Splices what stands around the rows."""
        if edits := list(edits):
            self.frame = self.frame.edited(edits)
            self.touched = True

    def hidden_rows(self) -> Iterator[int]:
        self._close_rows()
        if not (self._base.search(_HIDES, b"hidden") or any(map(_HIDES.search, self._new.rows()))):
            return  # LibreOffice says of each row that it is not
        for number, row in self._rows_with(b"hidden"):
            tag = row[: row.find(b">")]
            if _HIDES.search(tag) and attributes(tag).get(b"hidden") in TRUE:
                yield number

    @property
    def dimension(self) -> Area | None:
        """The stated dimension with the cells added since; None when the sheet states none."""
        stated = self.frame.dimension
        return stated if self._grown is None else _union(stated, self._grown)

    def default_style(self, number: int, column: int) -> int:
        """The style of a cell that is not there: the row's, else the column's."""
        row = self.row_attributes(number)
        if row.get(b"customFormat") in (b"1", b"true") and row.get(b"s", b"").isdigit():
            return int(row[b"s"])
        return self.frame.column_style(column)

    # the part

    def settle(self) -> None:
        """Makes the edits so far part of the base, so that offsets and the dimension are current."""
        self._close_rows()
        if self._new:
            self._load(b"".join(self.chunks()))
            self.touched = True

    def replace_rows(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Puts these rows in place of all; what stood between rows (white space) is dropped."""
        frame, hole = self._opened_frame()
        self._load(b"".join((frame[:hole], *(row for _, row in rows), frame[hole:])))
        self.touched = True

    def _opened_frame(self) -> tuple[bytes, int]:
        """The frame with dimension up to date and a sheetData that can take rows; where rows go."""
        frame = self.frame
        if self._grown is not None:
            frame = frame.stating(_union(frame.dimension, self._grown))
        return frame.opened() if self._empty else (frame.xml, frame.hole)

    def chunks(self) -> Iterator[bytes | memoryview]:
        """The part's bytes as they are now."""
        self._close_rows()
        self._check_rows()
        base = self._base
        if not self._new:
            yield self.frame.xml[: self.frame.hole]
            yield from base.pieces(base.start, base.end)
            yield self.frame.xml[self.frame.hole :]
            return
        frame, hole = self._opened_frame()
        yield frame[:hole]
        at = base.start
        for number in sorted(self._new):
            i = bisect_left(self._numbers, number)
            known = i < len(self._numbers) and self._numbers[i] == number
            if known:
                stop = self._starts[i]
            else:
                stop = max(at, self._ends[i - 1] if i else base.start)
            yield from base.pieces(at, stop)
            row = self._new.get(number)
            assert row is not None
            yield row
            at = self._ends[i] if known else stop
        yield from base.pieces(at, base.end)
        yield frame[hole:]


_HIDES = re.compile(rb"""hidden\s*=\s*["'](?:1|true)["']""")
def _union(a: Area | None, b: Area) -> Area:
    if a is None:
        return b
    return Area(min(a.row1, b.row1), min(a.column1, b.column1), max(a.row2, b.row2), max(a.column2, b.column2))
