"""A worksheet as callers see it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from toolkit.language import tr
from toolkit.xlsx import formula as formulas
from toolkit.xlsx import margins
from toolkit.xlsx.cellxml import Cell, CellFormula
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.moverows import move_rows
from toolkit.xlsx.reader import Block
from toolkit.xlsx.refs import (
    MAX_COLUMN,
    MAX_ROW,
    Area,
    RowCuts,
    RowMap,
    cell_name,
    column_letters,
    column_of,
    parse_cell,
)
from toolkit.xlsx.rewrite import hand_on
from toolkit.xlsx.sheetxml import SheetXml
from toolkit.xlsx.styles import Styles
from toolkit.xlsx.table import Table, tables_of
from toolkit.xlsx.values import Formula, Value, clean_text, encode

if TYPE_CHECKING:
    from toolkit.xlsx.workbook import Workbook


def _nothing(*_: float) -> int:
    return 0


class Looks(dict[tuple[bytes, bytes], tuple[float, float, int]]):
    """How wide a cell is, its font size in points and what is negligible in it, by the letters of its column and its
    style as they are written; 0 in a hidden column.  A sheet of thousands of rows has few of them.
    """

    def __init__(self, xml: SheetXml, styles: Styles, negligible: Callable[[float, float], int]) -> None:
        self._xml, self._styles, self._negligible = xml, styles, negligible
        self._frame, self._version = xml.frame, styles.version

    def are_right(self, negligible: Callable[[float, float], int]) -> bool:
        """Whether columns, styles and what is negligible are still the same."""
        same = self._frame is self._xml.frame and self._version == self._styles.version
        return same and self._negligible is negligible

    def __missing__(self, place: tuple[bytes, bytes]) -> tuple[float, float, int]:
        letters, style = place
        look = 0.0, 0.0, 0
        if width := self._xml.frame.column_width(column_of(letters)):
            size = self._styles.font_size(int(style or 0))
            look = width, size, self._negligible(width, size)
        self[place] = look
        return look


class Sheet:
    """One worksheet. Edits are seen at once by all reading methods; formula results stay until Excel recalculates.

    Any method may raise WorkbookError; what raised it has changed nothing.
    """

    def __init__(self, book: Workbook, name: str, hidden: bool, sheet_id: str, xml: SheetXml) -> None:
        self._book, self.name, self.hidden, self._sheet_id, self._xml = book, name, hidden, sheet_id, xml
        self._merges: tuple[object, dict[int, list[Area]], list[Area]] | None = None
        self._arrays: list[Area] | None = None
        self._known_looks: Looks | None = None
        self._headers: dict[int, list[tuple[Area, Table]]] | None = None  # by row

    def __repr__(self) -> str:
        return f"Sheet({self.name!r})"

    # reading

    @property
    def dimension(self) -> str:
        """The used range as the file states it, with cells added since; "A1" for an empty sheet."""
        return str(self._xml.dimension or "A1")

    def rows(self) -> Iterator[tuple[int, dict[int, Value]]]:
        """Row number and {column: value}, both 1-based; only rows and cells that hold something.

        Rows are read some way ahead: no edits while this goes on.
        """
        return self._book.reader.rows(self._xml, self._singly)

    def blocks(self) -> Iterator[Block]:
        """The same in columns, some rows at a time."""
        return self._book.reader.blocks(self._xml, self._singly)

    def _singly(self, number: int, row: bytes) -> dict[int, Value]:
        values = ((cell.column, self._placed(cell)) for cell in self._xml.cells(number, row) if cell.inner)
        return {column: v for column, v in values if v is not None}

    def _placed(self, cell: Cell) -> Value:
        try:
            return self._book.reader.value(self._xml, cell)
        except WorkbookError as e:
            raise WorkbookError(e.reason, e.message, f"{self.name}!{cell.name}") from e

    def formulas(self) -> dict[tuple[int, int], str]:
        """(row, column) -> formula without '=' of every cell that has one, shared ones as they read there."""
        found = {}
        for place, formula in self._xml.usual_formulas():
            text = formula if isinstance(formula, str) else self._formula_text(formula)
            if text:
                found[place] = text
        return found

    def row_values(self, number: int) -> dict[int, Value]:
        """One row as `rows` gives it."""
        row = self._xml.row(number)
        if row is None:
            return {}
        return self._book.reader.row(self._xml, number, row, self._singly)

    def get(self, ref: str) -> Value:
        """The value of "B4"; for a formula cell the stored result."""
        cell = self._xml.cell(*parse_cell(ref))
        return self._placed(cell) if cell else None

    def formula(self, ref: str) -> str | None:
        """The formula in "B4" without '=', also where it is shared; None if there is none."""
        cell = self._xml.cell(*parse_cell(ref))
        return self._formula_text(cell) if cell else None

    def _formula_text(self, cell: Cell) -> str | None:
        f = self._xml.formula(cell)
        if f is None:
            return None
        if f.kind == "shared" and not f.text:
            if f.group not in (masters := self._xml.masters()):
                return None
            master, text = masters[f.group]
            return formulas.translate(text, cell.row - master.row, cell.column - master.column)
        return f.text or None

    def unsaved(self) -> list[tuple[int, int]]:
        """The cells with a formula whose result no program has stored: what they show when opened is in no byte."""
        cells = (c for c in self._xml.formula_cells() if c.attributes.get(b"t") != b"str")
        return [(c.row, c.column) for c in cells if self._placed(c) is None]

    def codes(self) -> dict[tuple[int, int], str]:
        """(row, column) -> the number format code where people see something else than the number: 23%, 500户."""
        codes = self._book.styles.codes()
        if not codes:
            return {}
        filled = (c for number, row in self._xml.rows() for c in self._xml.cells(number, row) if c.inner)
        return {(c.row, c.column): codes[c.style] for c in filled if c.style in codes}

    def comments(self) -> dict[tuple[int, int], str]:
        """(row, column) -> the comment on that cell, of a thread all that was said."""
        return margins.comments(self._book.package, self._xml.part)

    def struck(self) -> dict[tuple[int, int], str]:
        """(row, column) -> what is struck out of that cell's text, be it all of it."""
        return margins.struck(self._book.package, self._xml, *self._book.looks)

    @property
    def merged(self) -> tuple[str, ...]:
        """The merged ranges, such as "A1:D1"."""
        return tuple(str(a) for a in self._xml.frame.merges)

    @property
    def hidden_columns(self) -> set[int]:
        """The numbers of the columns that are hidden."""
        return {c for a, b in self._xml.frame.hidden_columns() for c in range(a, min(b, MAX_COLUMN) + 1)}

    @property
    def hidden_rows(self) -> set[int]:
        """The numbers of the rows that are hidden, be it by a filter."""
        return set(self._xml.hidden_rows())

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(tables_of(self._book, self))

    # writing

    def set(self, ref: str, value: Value, style_like: str | None = None) -> None:
        """Gives a cell a value. Its style stays, or becomes that of `style_like`; None clears the value only.

        Text is never taken for a formula: use `Formula`. Refused: cells inside a merged range other than its first,
        parts of an array formula, texts over 32,767 characters, numbers that are none, dates before 1900.
        """
        self.put(*parse_cell(ref), value, style_like)

    def put(self, row: int, column: int, value: Value, style_like: str | None = None) -> None:
        """`set` by row and column."""
        try:
            self._set(row, column, value, style_like)
        except WorkbookError as e:
            raise WorkbookError(e.reason, e.message, f"{self.name}!{cell_name(row, column)}") from e

    def _set(self, row: int, column: int, value: Value, style_like: str | None) -> None:
        self._refuse_merged(row, column)
        book, sheet = self._book, self._xml
        content = encode(value, sheet.prefix, book.date1904)
        cell = sheet.cell(row, column)
        f = sheet.formula(cell) if cell is not None and cell.inner else None
        old_style = cell.style if cell is not None else 0 if content is None else sheet.default_style(row, column)
        style = self._style_of(style_like) if style_like else old_style
        dated = content.dated if content is not None else ""
        if (not dated or book.styles.kind(style) == "date") and style == old_style and self._same(cell, f, value):
            return
        if (areas := self._array_areas()) and (reason := self._array_over(areas, row, column)) is not None:
            raise WorkbookError(
                Reason.ARRAY_FORMULA,
                tr(
                    "这个单元格属于数组公式或模拟运算表（{reason}），不能单独修改。请先在 Excel 里改掉该公式",
                    reason=reason,
                ),
            )
        if cell is None and content is None and style_like is None:
            return
        book.before_change()
        if (table := self._table_headed_by(row, column)) is not None:
            table.rename_column(column, value)
        if dated:
            style = book.styles.dated(style, dated == "moment")
        if f is not None and f.kind == "shared" and f.text and cell is not None:
            hand_on(sheet, cell, f)
        kind, inner = (content.kind, content.inner) if content is not None else (b"", b"")
        sheet.put_cell(row, column, kind, inner, style)
        if f is not None and not isinstance(value, Formula):
            book.formula_gone(self._sheet_id, cell_name(row, column))

    def _style_of(self, ref: str) -> int:
        row, column = parse_cell(ref)
        cell = self._xml.cell(row, column)
        return cell.style if cell else self._xml.default_style(row, column)

    def _same(self, cell: Cell | None, f: CellFormula | None, value: Value) -> bool:
        if cell is None or (not cell.inner and f is None):
            return value is None or value == ""
        if isinstance(value, Formula):
            return f is not None and f.kind != "array" and self._formula_text(cell) == value.text
        if f is not None:
            return False
        if cell.attributes.keys() & {b"cm", b"vm"}:
            return False
        try:
            old = self._book.reader.value(self._xml, cell)
        except WorkbookError:
            return False
        if old is None:
            return value is None or value == ""
        if isinstance(value, str):
            return (type(value) is type(old) and clean_text(value) == old) or (
                type(old) is str and clean_text(value) == old
            )
        if isinstance(value, date):
            return isinstance(old, date) and encode(value, b"", self._book.date1904) == encode(
                old, b"", self._book.date1904
            )
        if isinstance(value, bool) or isinstance(old, (bool, date, str)):
            return type(value) is type(old) and value == old
        return value == old

    def _refuse_merged(self, row: int, column: int) -> None:
        areas = self._xml.frame.merges
        if self._merges is None or self._merges[0] is not areas:
            by_row: dict[int, list[Area]] = {}
            tall = []
            for area in areas:
                if area.row2 - area.row1 > 1000:
                    tall.append(area)
                else:
                    for r in range(area.row1, area.row2 + 1):
                        by_row.setdefault(r, []).append(area)
            self._merges = (areas, by_row, tall)
        _, by_row, tall = self._merges
        for area in (*by_row.get(row, ()), *tall) if tall or row in by_row else ():
            if area.holds(row, column) and (row, column) != (area.row1, area.column1):
                first = cell_name(area.row1, area.column1)
                raise WorkbookError(
                    Reason.MERGED,
                    tr("这个单元格在合并区域 {area} 里，只能填写左上角的 {first}", area=str(area), first=first),
                )

    def _table_headed_by(self, row: int, column: int) -> Table | None:
        if self._headers is None:
            self._headers = {}
            for t in self.tables:
                if t.header_row is not None:
                    self._headers.setdefault(t.header_row, []).append((t.area, t))
        headed = self._headers.get(row)
        return next((t for area, t in headed if area.holds(row, column)), None) if headed else None

    @staticmethod
    def _array_over(areas: Sequence[Area], row: int, column: int) -> str | None:
        """The range of the array formula or data table of several cells that the cell is part of."""
        return next((str(a) for a in areas if a.holds(row, column)), None)

    def _array_areas(self) -> list[Area]:
        if self._arrays is None:
            self._arrays = [
                area
                for word in (b"array", b"dataTable")
                for _, f in self._xml.formulas(word)
                if f.kind in ("array", "dataTable") and f.ref and (area := Area.parse(f.ref)) and ":" in str(area)
            ]
        return self._arrays

    def free(self, area: Area) -> bool:
        """Whether no merged range and no array formula lies over any of these cells."""
        return not any(a.meets(area) for a in (*self._xml.frame.merges, *self._array_areas()))

    # looks

    def width(self, column: int) -> float:
        """The width of a column in characters; 0 for a hidden one."""
        return self._xml.frame.column_width(column)

    def width_over(self, ref: str) -> float:
        """The width of a cell with all columns that are merged into it."""
        row, column = parse_cell(ref)
        areas = (a for a in self._xml.frame.merges if a.holds(row, column))
        columns = next((range(a.column1, a.column2 + 1) for a in areas), (column,))
        return sum(map(self._xml.frame.column_width, columns))

    def wraps(self, ref: str) -> bool:
        """Whether the text of a cell goes on in a second line."""
        return self._book.styles.wraps(self._style_of(ref))

    def font_size(self, ref: str) -> float:
        """The font size of a cell in points."""
        return self._book.styles.font_size(self._style_of(ref))

    def shrink(self, ref: str, size: float) -> None:
        """Gives a cell that is there letters of so many points; its text begins at its top."""
        self._restyle(ref, lambda style: self._book.styles.smaller(style, size))

    def wrap(self, ref: str) -> None:
        """Lets the text of a cell that is there go on in a second line."""
        self._restyle(ref, self._book.styles.wrapping)

    def _restyle(self, ref: str, styled: Callable[[int], int]) -> None:
        row, column = parse_cell(ref)
        if (cell := self._xml.cell(row, column)) is not None:
            self._book.before_change()
            style = styled(cell.style)
            self._xml.put_cell(row, column, cell.attributes.get(b"t", b""), cell.inner or b"", style)

    def texts(self, row: int, negligible: Callable[[float, float], int] = _nothing) -> list[tuple[str, float, float]]:
        """(text, its column's width, font size in points) of each text in a row; hidden columns are left out.

        So may be texts on one line that take no more half-widths than are `negligible(width, size)`.
        """
        looks = self._looks(negligible)
        read = self._book.reader.row_texts(self._xml, row, looks)
        if read is None:
            read = [(text, *looks[place][:2]) for place, text in self._single_texts(row)]
        return read

    def _looks(self, negligible: Callable[[float, float], int]) -> Looks:
        if self._known_looks is None or not self._known_looks.are_right(negligible):
            self._known_looks = Looks(self._xml, self._book.styles, negligible)
        return self._known_looks

    def _single_texts(self, row: int) -> Iterator[tuple[tuple[bytes, bytes], str]]:
        for cell in self._xml.split(row):
            if cell.inner and self._xml.frame.column_width(cell.column):
                value = self._placed(cell)
                if isinstance(value, str):
                    yield (column_letters(cell.column).encode(), b"%d" % cell.style), str(value)

    def height(self, row: int) -> tuple[float | None, bool]:
        """The height of a row in points (None: not stated), and whether a person has set it."""
        a = self._xml.row_attributes(row)
        try:
            stated = float(a[b"ht"]) if b"ht" in a else None
        except ValueError:
            stated = None
        return stated, a.get(b"customHeight") in (b"1", b"true")

    def set_height(self, row: int, points: float) -> None:
        """States the height of a row that exists, as one that follows its text: Excel goes on fitting it."""
        if self._xml.has_row(row) and self.height(row)[0] != points:
            self._book.before_change()
            self._xml.put_height(row, points)

    # rows

    def insert_rows(self, before: int, count: int) -> None:
        """Inserts empty rows; everything from row `before` on moves down, wherever it is referred to."""
        self._check_rows(before, count, 0)
        if count:
            self._move(RowMap.insert(before, count))

    def repeat_row(self, row: int, count: int) -> None:
        """Makes a row `count` copies of itself (styles, height, relative formulas, merges within it); 0 removes it.

        What is below moves; ranges that end at the row or span it grow. Comments, pictures and links stay with the
        first.
        """
        self._check_rows(row, count, 0)
        if count != 1:
            self._move(RowMap.repeat(row, count))

    def remove_rows(self, row: int, count: int) -> None:
        """Removes `count` rows from `row` on; everything below moves up, wherever it is referred to."""
        self._check_rows(row, count, 0)
        if count:
            self._move(RowMap.remove(row, count))

    def remove_each(self, rows: Collection[int]) -> None:
        """Removes rows that need not follow each other, at once."""
        for row in rows:
            self._check_rows(row, 1, 0)
        if rows:
            self._move(RowCuts.of(rows))

    @property
    def page_height(self) -> float:
        """Points between the upper and the lower margin of a printed page."""
        return self._xml.frame.page_height

    def break_pages(self, rows: Sequence[int]) -> None:
        """Begins a new page below each of these rows; a sheet that has breaks of its own keeps those alone."""
        if rows and not self._xml.frame.has_breaks:
            self._book.before_change()
            self._xml.edit_frame(self._xml.frame.break_edits(rows))

    def merge(self, ref: str) -> None:
        """Makes one cell of a range.  Refused where it cuts another, or where all but its first cell are not empty."""
        area = Area.parse(ref)
        cells = [(r, c) for r in range(area.row1, area.row2 + 1) for c in range(area.column1, area.column2 + 1)]
        if len(cells) < 2 or any(m.meets(area) for m in self._xml.frame.merges):
            what = tr("不能合并 {ref}：与别的合并单元格重叠，或只有一格", ref=ref)
            raise WorkbookError(Reason.MERGED, what, f"{self.name}!{ref}")
        filled = {(r, c) for r in range(area.row1, area.row2 + 1) for c in self.row_values(r)}
        if filled & set(cells[1:]):
            raise WorkbookError(Reason.MERGED, tr("不能合并 {ref}：合并后会丢掉内容", ref=ref), f"{self.name}!{ref}")
        with self._book.transaction():
            self._book.before_change()
            self._xml.edit_frame(self._xml.frame.merge_edits(area))
        self.forget()

    def _check_rows(self, row: int, count: int, least: int) -> None:
        if not 1 <= row <= MAX_ROW or not least <= count <= MAX_ROW:
            raise WorkbookError(
                Reason.BAD_REFERENCE,
                tr("行号 {row} 或行数 {count} 超出了工作表的范围", row=row, count=count),
                self.name,
            )

    def _move(self, rows: RowMap) -> None:
        with self._book.transaction():
            self._book.before_change()
            move_rows(self._book, self, rows)
        self.forget()

    # for this package

    @property
    def xml(self) -> SheetXml:
        return self._xml

    @property
    def sheet_id(self) -> str:
        return self._sheet_id

    def forget(self) -> None:
        self._merges = self._arrays = self._headers = None
