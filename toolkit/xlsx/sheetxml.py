"""One worksheet's XML: rows and cells found by scanning its bytes, edited by splicing them.

The part is split into a *frame* (all but the content of sheetData; small, parsed into a tree) and rows, which are never
parsed into a tree: an index of their offsets, and the bytes of those that were edited.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from toolkit.xlsx.cellxml import PLACE, Cell, CellFormula, attributes, patterns, root_prefix
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.refs import MAX_COLUMN, MAX_ROW, Area, cell_name, column_of
from toolkit.xlsx.scan import (
    SPREADSHEET,
    Edit,
    Node,
    attribute,
    attribute_edit,
    check,
    insert_child,
    mask,
    parse,
    plain,
    splice,
    unescape,
)

_WIDTH = 8.43  # of a column that states none, in Excel's own default font


class SheetXml:
    """A worksheet part. Raises WorkbookError DAMAGED for XML that is not well formed or not a worksheet."""

    def __init__(self, xml: bytes, part: str) -> None:
        self.part = part
        check(xml, part)
        self._load(xml)

    def _load(self, xml: bytes) -> None:
        scan = mask(xml)
        self.prefix = root_prefix(scan, self.part)
        self.patterns = p = patterns(self.prefix)
        opened = p.data.search(scan)
        if opened is None:
            raise self._damaged("sheetData")
        self._empty = bool(opened[2])
        start = end = opened.end()
        if not self._empty:
            closed = next(iter(p.data_end.finditer(scan, start)), None)
            if closed is None:
                raise self._damaged("sheetData")
            end = closed.start()
        self._base, self._start, self._end = xml, start, end
        self.frame = xml[:start] + xml[end:]
        self._hole = start
        self._tree: Node | None = None
        self._columns: tuple[Node, dict[int, Node | None]] | None = None
        self._known_cells: dict[int, tuple[bytes, list[Cell]]] = {}
        self._merges: tuple[bytes, list[Area]] | None = None
        self._index(scan, start, end)
        self._new: dict[int, bytes] = {}
        self._grown: Area | None = None
        self._shared: dict[str, tuple[Cell, str]] | None = None
        self.touched = False

    def _damaged(self, detail: str) -> WorkbookError:
        return WorkbookError(
            Reason.DAMAGED, f"工作表内容已损坏（{self.part}：{detail}），请用 Excel 打开修复并另存后再试。", self.part
        )

    def _index(self, scan: bytes, at: int, end: int) -> None:
        numbers, starts, ends = array("l"), array("l"), array("l")
        last = 0
        row, row_end = self.patterns.row, self.patterns.row_end
        while (m := row.search(scan, at, end)) is not None:
            r = PLACE.search(m[1])
            number = int(r[2]) if r else last + 1
            if number <= last or number > MAX_ROW:
                raise self._damaged(f"第 {number} 行")
            at = m.end()
            if not m[2]:
                at = scan.find(row_end, at, end)
                if at < 0:
                    raise self._damaged(f"第 {number} 行")
                at = scan.index(b">", at) + 1
            numbers.append(number)
            starts.append(m.start())
            ends.append(at)
            last = number
        self._numbers, self._starts, self._ends = numbers, starts, ends

    # rows

    def snapshot(self) -> tuple[object, ...]:
        return tuple(dict(v) if k == "_new" else v for k, v in ((k, self.__dict__[k]) for k in sorted(self.__dict__)))

    def restore(self, snapshot: tuple[object, ...]) -> None:
        for key, value in zip(sorted(self.__dict__), snapshot, strict=True):
            self.__dict__[key] = value

    def _find(self, number: int) -> int | None:
        i = bisect_left(self._numbers, number)
        return i if i < len(self._numbers) and self._numbers[i] == number else None

    def row(self, number: int) -> bytes | None:
        """The bytes of a row, comments and CDATA resolved only if it has any; None if there is none."""
        if (new := self._new.get(number)) is not None:
            return new
        i = self._find(number)
        return None if i is None else self._base[self._starts[i] : self._ends[i]]

    def numbers(self) -> list[int]:
        """The numbers of the rows that exist, ascending."""
        return sorted({*self._numbers, *self._new}) if self._new else list(self._numbers)

    def rows(self) -> Iterator[tuple[int, bytes]]:
        for number in self.numbers():
            row = self.row(number)
            if row is not None:
                yield number, row

    def row_attributes(self, number: int) -> dict[bytes, bytes]:
        row = self.row(number)
        m = self.patterns.row.match(row) if row else None
        return attributes(m[1]) if m else {}

    def put_row(self, number: int, row: bytes) -> None:
        """Replaces a row or adds one."""
        old = self.row(number) if self._shared is not None else None
        if b"shared" in row or (old is not None and b"shared" in old):
            self._shared = None
        self._new[number] = row
        self.touched = True

    # cells

    def cells(self, number: int, row: bytes) -> Iterator[Cell]:
        """The cells of a row; offsets are within `row`."""
        last = 0
        scan = mask(row)
        masked = scan is not row
        for m in self.patterns.cell.finditer(scan):
            tag, inner = m[1], m[2]
            r = PLACE.search(tag)
            last = column_of(r[1]) if r and r[1] else last + 1
            if last > MAX_COLUMN:
                raise self._damaged(f"第 {number} 行")
            if masked and inner is not None:
                inner = row[m.start(2) : m.end(2)]
            yield Cell(number, last, m.start(), m.end(), tag, inner)

    def cell(self, number: int, column: int) -> Cell | None:
        row = self.row(number)
        return next((c for c in self.split(number, row) if c.column == column), None) if row else None

    def split(self, number: int, row: bytes) -> list[Cell]:
        """`cells`, remembered for the rows worked on last: an edit asks for the same row many times."""
        known = self._known_cells.get(number)
        if known is None or known[0] != row:
            if len(self._known_cells) >= 4:
                self._known_cells.clear()
            known = self._known_cells[number] = row, list(self.cells(number, row))
        return known[1]

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
        mark = self.patterns.formula_mark
        if not self._new and (mark not in self._base or word not in self._base):
            return
        for number, row in self.rows():
            if mark in row and word in row:
                for cell in self.cells(number, row):
                    if (f := self.formula(cell)) is not None:
                        yield cell, f

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
        return self._base.find(word, self._start, self._end) >= 0 or any(word in row for row in self._new.values())

    def has_formula(self) -> bool:
        f = self.patterns.formula
        return f.search(self._base, self._start, self._end) is not None or any(map(f.search, self._new.values()))

    def put_cell(self, number: int, column: int, kind: bytes, inner: bytes, style: int) -> None:
        """Replaces a cell or adds it; adds its row when needed. `inner` empty: the cell has a style only."""
        row = self.row(number)
        if row is None:
            row = b'<%brow r="%d"></%brow>' % (self.prefix, number, self.prefix)
        row, opened = self._open_row(row)
        after = opened.end()
        for cell in self.split(number, row):
            if cell.column == column:
                self.put_row(number, row[: cell.start] + self._recast(cell, row, kind, inner, style) + row[cell.end :])
                return
            if cell.column > column:
                after = cell.start
                break
            after = cell.end
        if not inner and not style:
            return
        tag = b'<%bc r="%b"' % (self.prefix, cell_name(number, column).encode())
        if style:
            tag += b' s="%d"' % style
        if kind:
            tag += b' t="%b"' % kind
        new = tag + (b">" + inner + b"</" + self.prefix + b"c>" if inner else b"/>")
        edits: list[Edit] = [(after, after, new)]
        spans = attributes(opened[1]).get(b"spans", b"").split()
        if len(spans) == 1 and (ends := spans[0].split(b":")) and len(ends) == 2 and all(map(bytes.isdigit, ends)):
            low, high = min(int(ends[0]), column), max(int(ends[1]), column)
            if (low, high) != (int(ends[0]), int(ends[1])):
                edits.append(attribute_edit(row, 0, opened.end() - 1, b"spans", b"%d:%d" % (low, high)))
        self.put_row(number, splice(row, edits))
        here = Area(number, column, number, column)
        self._grown = here if self._grown is None else _union(self._grown, here)

    def put_height(self, number: int, points: float) -> None:
        """States a row's height."""
        row = self.row(number)
        assert row is not None
        opened = self.patterns.row.match(row)
        assert opened is not None
        tag_end = opened.end() - (2 if opened[2] else 1)
        edits = [attribute_edit(row, 0, tag_end, b"ht", b"%g" % points)]
        self.put_row(number, splice(row, edits))

    def column_width(self, column: int) -> float:
        """The width of a column in characters; 0 for a hidden one."""
        if (col := self._column(column)) is not None:
            return 0.0 if col.get("hidden") in ("1", "true") else _points(col.get("width"))
        form = self.tree.child("sheetFormatPr")
        return _points(form.get("defaultColWidth")) if form is not None else _WIDTH

    def set_width_like(self, column: int, like: int, least: float) -> None:
        """Gives a column the width of another, but `least` at least, unless its width is stated already."""
        model, cols = self._column(like), self.tree.child("cols")
        if model is None or cols is None or self._column(column) is not None:
            return
        tag = b'<%bcol min="%d" max="%d" width="%b" customWidth="1"/>'
        new = tag % (self.prefix, column, column, b"%g" % max(least, _points(model.get("width"))))
        later = next((c for c in cols.children if c.number("min") > column), None)
        self.edit_frame([(later.start, later.start, new) if later else insert_child(self.frame, cols, new)])

    def add_row_like(self, number: int, like: int) -> None:
        """Adds an empty row with the height and format of another, unless there is one."""
        model = self.row(like)
        if model is None or self.row(number) is not None:
            return
        _, opened = self._open_row(model)
        tag = opened[0]
        for name, value in ((b"r", b"%d" % number), (b"hidden", None), (b"collapsed", None)):
            tag = splice(tag, [attribute_edit(tag, 0, len(tag) - 1, name, value)])
        self.put_row(number, tag + b"</" + self.prefix + b"row>")

    def _open_row(self, row: bytes) -> tuple[bytes, re.Match[bytes]]:
        """The row with an end tag of its own, and the match of its start tag."""
        opened = self.patterns.row.match(row)
        assert opened is not None
        if not opened[2]:
            return row, opened
        row = row[: opened.end() - 2] + b"></" + self.prefix + b"row>"
        again = self.patterns.row.match(row)
        assert again is not None
        return row, again

    def _recast(self, cell: Cell, row: bytes, kind: bytes, inner: bytes, style: int) -> bytes:
        tag_end = cell.start + 1 + len(self.prefix) + 1 + len(cell.tag)
        tag = row[cell.start : tag_end].rstrip()
        old = cell.attributes
        wanted = {b"t": kind or None, b"cm": None, b"vm": None, b"s": old.get(b"s")}
        if style != cell.style:
            wanted[b"s"] = b"%d" % style if style else None
        changes = [(name, value) for name, value in wanted.items() if old.get(name) != value]
        if changes:
            tag = splice(tag, [attribute_edit(tag, 0, len(tag), name, value) for name, value in changes])
        kept = self.patterns.extension.search(cell.inner) if cell.inner and b"extLst" in cell.inner else None
        body = inner + (kept[0] if kept else b"")
        return tag + (b">" + body + b"</" + self.prefix + b"c>" if body else b"/>")

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

    @property
    def tree(self) -> Node:
        if self._tree is None:
            self._tree = parse(self.frame, self.part)
            if self._tree.name != "worksheet" or self._tree.ns not in SPREADSHEET:
                raise self._damaged(self._tree.name)
        return self._tree

    def edit_frame(self, edits: Iterable[Edit]) -> None:
        """Splices the frame: everything around the rows."""
        edits = list(edits)
        if not edits:
            return
        shift = sum(len(new) - (end - start) for start, end, new in edits if end <= self._hole and start < self._hole)
        self.frame = splice(self.frame, edits)
        self._hole += shift
        self._tree = None
        self.touched = True

    @property
    def merges(self) -> list[Area]:
        """The merged ranges; found by scanning, as every edit asks for them."""
        if self._merges is None or self._merges[0] is not self.frame:
            tags = self.patterns.merge.findall(mask(self.frame))
            self._merges = self.frame, [Area.parse(unescape(attributes(tag).get(b"ref", b""))) for tag in tags]
        return self._merges[1]

    @property
    def dimension(self) -> Area | None:
        """The stated dimension with the cells added since; None when the sheet states none."""
        node = self.tree.child("dimension")
        if node is None or not node.get("ref"):
            return self._grown
        stated = Area.parse(node.get("ref"))
        return stated if self._grown is None else _union(stated, self._grown)

    def column_style(self, column: int) -> int:
        col = self._column(column)
        return col.number("style") if col is not None else 0

    def _column(self, column: int) -> Node | None:
        if self._columns is None or self._columns[0] is not self.tree:
            self._columns = self.tree, {}
        known = self._columns[1]
        if column not in known:
            listed = (col for cols in self.tree.children if cols.name == "cols" for col in cols.children)
            known[column] = next((c for c in listed if c.number("min") <= column <= c.number("max")), None)
        return known[column]

    def default_style(self, number: int, column: int) -> int:
        """The style of a cell that is not there: the row's, else the column's."""
        row = self.row_attributes(number)
        if row.get(b"customFormat") in (b"1", b"true") and row.get(b"s", b"").isdigit():
            return int(row[b"s"])
        return self.column_style(column)

    # the part

    def settle(self) -> None:
        """Makes the edits so far part of the base, so that offsets and the dimension are current."""
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
        frame, hole = self.frame, self._hole
        if self._grown is not None and (node := self.tree.child("dimension")) is not None:
            area = self.dimension
            edit = attribute(frame, node, "ref", str(area))
            frame = splice(frame, [edit])
            hole += len(frame) - len(self.frame)
        if self._empty:
            frame = frame[: hole - 2].rstrip() + b"></" + self.prefix + b"sheetData>" + frame[hole:]
            hole = frame.index(b"</" + self.prefix + b"sheetData>")
        return frame, hole

    def chunks(self) -> Iterator[bytes]:
        """The part's bytes as they are now."""
        if not self._new:
            yield from (self.frame[: self._hole], self._base[self._start : self._end], self.frame[self._hole :])
            return
        frame, hole = self._opened_frame()
        yield frame[:hole]
        at = self._start
        for number in sorted(self._new):
            i = bisect_left(self._numbers, number)
            known = i < len(self._numbers) and self._numbers[i] == number
            if known:
                stop = self._starts[i]
            else:
                stop = max(at, self._ends[i - 1] if i else self._start)
            yield self._base[at:stop]
            yield self._new[number]
            at = self._ends[i] if known else stop
        yield self._base[at : self._end]
        yield frame[hole:]


def _points(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return _WIDTH


def _union(a: Area, b: Area) -> Area:
    return Area(min(a.row1, b.row1), min(a.column1, b.column1), max(a.row2, b.row2), max(a.column2, b.column2))
