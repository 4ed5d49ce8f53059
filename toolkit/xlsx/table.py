"""Tables (ListObjects): found by name, read by header, grown at the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from toolkit.language import tr
from toolkit.xlsx import formula as formulas
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.formula import TableGrowth
from toolkit.xlsx.growth import grow_references
from toolkit.xlsx.moverows import move_rows
from toolkit.xlsx.newrows import RowsLike
from toolkit.xlsx.ranged import ranged
from toolkit.xlsx.refs import MAX_COLUMN, MAX_ROW, Area, RowMap, cell_name
from toolkit.xlsx.scan import Edit, Node, attribute, escape_attribute, insert_child, prefix, splice
from toolkit.xlsx.sheetxml import SheetXml
from toolkit.xlsx.values import Formula, Value, check_value, decode_text, encode, encode_text

if TYPE_CHECKING:
    from toolkit.xlsx.sheet import Sheet
    from toolkit.xlsx.workbook import Workbook


def tables_of(book: Workbook, sheet: Sheet) -> Iterator[Table]:
    """The tables on a sheet, from the top."""
    parts = [p for p in book.package.related(sheet.xml.part, "table") if book.package.has(p)]
    yield from sorted((Table(book, sheet, p) for p in parts), key=lambda t: (t.area.row1, t.area.column1))


def _beside(areas: Sequence[Area], model: int, new: int) -> list[Area]:
    """Of areas that lie over one column, as much of another that none of them lies over."""
    over = (Area(a.row1, new, a.row2, new) for a in areas if a.column1 <= model <= a.column2)
    return [a for a in over if not any(b.meets(a) for b in areas)]


def _calculation(stated: tuple[str, int], number: int) -> Formula:
    """A calculated column's formula, stated with the row that it is written for, in another row."""
    text, written_for = stated
    return Formula(formulas.translate(text, number - written_for, 0))


class _NewRows:
    """Rows behind a table's last data row, which look like it; what they take from there is looked up once."""

    def __init__(self, book: Workbook, xml: SheetXml, like: int, columns: range) -> None:
        self._book, self._xml, self._like, self._columns = book, xml, like, columns

    @cached_property
    def _rows(self) -> RowsLike:
        return RowsLike(self._xml, self._like)

    @cached_property
    def _styles(self) -> list[tuple[int, int, int]]:
        """Of each column the style of its cells, and that which an empty one must state."""
        found = []
        for column in self._columns:
            model, default = self._xml.cell(self._like, column), self._xml.default_style(self._like, column)
            style = model.style if model else default
            found.append((column, style, style if style != default else 0))
        return found

    def add(self, number: int, values: Mapping[int, Value]) -> None:
        """Adds a row that is not there yet; `values` by column."""
        book, prefix_ = self._book, self._xml.prefix
        cells = []
        for column, style, stated in self._styles:
            content = encode(values.get(column), prefix_, book.date1904)
            if content is not None:
                if content.dated:
                    style = book.styles.dated(style, content.dated == "moment")
                cells.append((column, content.kind, content.inner, style))
            elif stated:
                cells.append((column, b"", b"", stated))
        self._rows.add(number, cells)


class Table:
    """A table as it is now: rows and columns are looked up each time, so that they are right after any edit."""

    def __init__(self, book: Workbook, sheet: Sheet, part: str) -> None:
        self._book, self._sheet, self._part = book, sheet, part
        if self._root.name != "table":
            raise WorkbookError(Reason.DAMAGED, tr("工作簿里的表格定义已损坏，请用 Excel 打开修复并另存后再试"), part)

    def __repr__(self) -> str:
        return f"Table({self.name!r}, {self.area})"

    @property
    def _root(self) -> Node:
        return self._book.package.tree(self._part)[1]

    @property
    def name(self) -> str:
        return self._root.get("displayName") or self._root.get("name")

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    @property
    def area(self) -> Area:
        return Area.parse(self._root.get("ref"))

    @property
    def header_row(self) -> int | None:
        """The row of the headers; None for a table that shows none."""
        return self.area.row1 if self._root.number("headerRowCount", 1) else None

    @property
    def first_row(self) -> int:
        """The first data row."""
        return self.area.row1 + self._root.number("headerRowCount", 1)

    @property
    def last_row(self) -> int:
        """The last data row; the totals row is not one."""
        return self.area.row2 - self._root.number("totalsRowCount")

    @property
    def columns(self) -> tuple[str, ...]:
        """The headers, from the left."""
        return tuple(decode_text(n.get("name")) for n in self._columns())

    def _columns(self) -> list[Node]:
        found = self._root.child("tableColumns")
        return [n for n in found.children if n.name == "tableColumn"] if found else []

    def column(self, header: str) -> int:
        """The sheet column (1-based) under a header; WorkbookError NO_COLUMN."""
        columns = self.columns
        if header not in columns:
            raise WorkbookError(
                Reason.NO_COLUMN,
                tr(
                    "表格“{table}”没有“{header}”这一列，现有：{columns}。请核对标题",
                    table=self.name,
                    header=header,
                    columns=tuple(columns),
                ),
                self._where(),
            )
        return self.area.column1 + columns.index(header)

    def rename_column(self, column: int, value: Value) -> None:
        """Notes that the header cell in a sheet column gets another text, as Excel wants both the same.

        WorkbookError HEADER when that text cannot be a header, or formulas know the column by its old one.
        """
        at = column - self.area.column1
        others = {decode_text(n.get("name")).casefold() for i, n in enumerate(self._columns()) if i != at}
        if type(value) is not str or not value.strip() or len(value) > 255 or value.casefold() in others:
            raise WorkbookError(
                Reason.HEADER,
                tr("这个单元格是表格“{table}”的标题，只能填写不重复、不超过 255 个字符的文字", table=self.name),
                self._where(),
            )
        old = self.columns[at]
        if self._mentioned(old):
            raise WorkbookError(
                Reason.HEADER,
                tr("有公式引用表格“{table}”的“{old}”列，不能改它的标题。请在 Excel 里改", table=self.name, old=old),
                self._where(),
            )
        text = encode_text(value).replace("\n", "_x000a_")
        self._book.package.set_attribute(self._part, self._columns()[at], "name", text)

    def _mentioned(self, header: str) -> bool:
        """Whether some formula of the workbook may refer to the column by its header."""
        mark = re.sub(r"(['\[\]#@])", r"'\1", header).casefold() + "]"
        texts = [n.text for n in self._book.names]
        for sheet in map(self._book.sheet, self._book.sheet_names):
            texts += [f.text for _, f in sheet.xml.formulas(b"[")]
            for table in tables_of(self._book, sheet):
                texts += [n.text for n in table._root.all("calculatedColumnFormula", "totalsRowFormula")]
        return any(mark in text.casefold() for text in texts)

    def _where(self) -> str:
        return f"{self._sheet.name}!{self.area}"

    def append(self, rows: Sequence[Mapping[str, Value]]) -> tuple[int, ...]:
        """Adds rows at the end and returns their numbers; blank rows at the end of the table are filled first.

        New rows look like the last data row and get its calculated columns; ranges over all data rows go on to cover
        all (formulas, names, formats, drop-downs; not charts). Where cells below the table are in the way,
        or it has a totals row, whole sheet rows are inserted; refused if that would cut another table in two.
        """
        columns = {header: self.column(header) for header in dict.fromkeys(chain.from_iterable(rows))}
        placed = [{columns[header]: value for header, value in row.items()} for row in rows]
        for row in placed:
            for value in row.values():
                check_value(value, self._book.date1904)
        if not placed:
            return ()
        self._book.before_change()
        with self._book.transaction():
            first = self._first_blank()
            last, needed = self.last_row, first + len(placed) - 1
            calculated = self._calculated(last)
            if needed > last:
                self._make_room(last, needed - last)
            new = _NewRows(self._book, self._sheet.xml, last, range(self.area.column1, self.area.column2 + 1))
            for number, row in enumerate(placed, first):
                self._fill(number, last, row, calculated, new)
            if needed > last:
                self._grow(last, needed)
        self._sheet.forget()
        return tuple(range(first, first + len(placed)))

    def add_column(self, header: str, like: str) -> int:
        """Adds a column at the right end and returns its number; it looks like the column under the header `like`.

        Formulas above that column are copied, as Excel copies them; formats, drop-downs and the like over it cover the
        new one too.  Refused where something stands right of the table.
        """
        model, area = self.column(like), self.area
        new = area.column2 + 1
        if not header.strip() or len(header) > 255 or header.casefold() in {c.casefold() for c in self.columns}:
            raise WorkbookError(
                Reason.HEADER,
                tr("表格“{table}”不能再有一列叫“{header}”", table=self.name, header=header),
                self._where(),
            )
        if new > MAX_COLUMN or self._occupied(Area(1, new, area.row2, new)):
            raise WorkbookError(
                Reason.IMMOVABLE,
                tr("表格“{table}”右边的一列不是空的，不能自动添加“{header}”列", table=self.name, header=header),
                self._where(),
            )
        self._book.before_change()
        with self._book.transaction():
            sheet = self._sheet
            for number in [n for n in sheet.xml.numbers() if n <= area.row2]:
                text = sheet.formula(cell_name(number, model)) if number < area.row1 else None
                if text or (number >= area.row1 and sheet.xml.cell(number, model) is not None):
                    value = Formula(formulas.translate(text, 0, new - model)) if text else None
                    sheet.set(cell_name(number, new), value, style_like=cell_name(number, model))
            if self.header_row is not None:
                sheet.set(cell_name(self.header_row, new), header)
            self._widen(header, new)
            frame = sheet.xml.frame
            sheet.xml.edit_frame(
                held.edit(frame.xml, [*held.areas, *more])
                for held in ranged(frame.tree)
                if held.node.name != "sparkline" and (more := _beside(held.areas, model, new))
            )
            # Wide enough for a header of Chinese characters on two lines: a set height of its row does not follow.
            sheet.xml.edit_frame(sheet.xml.frame.width_edits(new, model, len(header) + 2))
        self._sheet.forget()
        return new

    def _widen(self, header: str, new: int) -> None:
        """States the new column in the table's own part."""
        xml, root = self._book.package.tree(self._part)
        area, columns = self.area, root.child("tableColumns")
        assert columns is not None
        number = max((n.number("id") for n in self._columns()), default=0) + 1
        name = escape_attribute(header.replace("\n", "_x000a_"))
        stated = b'<%btableColumn id="%d" name="%b"/>' % (prefix(xml, columns), number, name)
        edits = [insert_child(xml, columns, stated), attribute(xml, columns, "count", str(len(self._columns()) + 1))]
        edits += (
            attribute(xml, node, "ref", str(Area(a.row1, a.column1, a.row2, new)))
            for node in (root, *root.all("autoFilter"))
            if node.get("ref") and (a := Area.parse(node.get("ref"))).column2 == area.column2
        )
        self._book.package.write(self._part, splice(xml, edits))

    def _first_blank(self) -> int:
        """The row behind the last data row that holds something."""
        area = self.area
        free = {
            area.column1 + i for i, n in enumerate(self._columns()) if n.child("calculatedColumnFormula") is not None
        }
        xml, read = self._sheet.xml, self._book.reader.value
        number = self.last_row
        if self._lone_formulas():
            return number
        while number >= self.first_row:
            row = xml.row(number)
            for cell in xml.cells(number, row) if row else ():
                if (
                    area.column1 <= cell.column <= area.column2
                    and cell.column not in free
                    and (xml.formula(cell) is not None or read(xml, cell) is not None)
                ):
                    return number + 1
            number -= 1
        return self.first_row

    def _lone_formulas(self) -> bool:
        """Whether the only data row holds formulas and nothing else, as LibreOffice leaves the row of an empty table:
        of those it forgets that their columns are calculated."""
        if self.first_row != self.last_row:
            return False
        area, xml, row = self.area, self._sheet.xml, self._sheet.xml.row(self.first_row)
        cells = [c for c in xml.cells(self.first_row, row) if area.column1 <= c.column <= area.column2] if row else []
        told = [c for c in cells if xml.formula(c) is None and self._book.reader.value(xml, c) is not None]
        return not told and any(xml.formula(c) is not None for c in cells)

    def _calculated(self, last: int) -> dict[int, tuple[str, int]]:
        """For each calculated column its formula and the row that it is written for."""
        found = {}
        alone = self._lone_formulas()
        for i, node in enumerate(self._columns()):
            column, stated = self.area.column1 + i, node.child("calculatedColumnFormula")
            if stated is not None:
                own = self._sheet.formula(cell_name(last, column))
                if own is not None:
                    found[column] = (own, last)
                elif not formulas.has_reference(stated.text):
                    found[column] = (stated.text, last)
            elif alone:
                if (own := self._sheet.formula(cell_name(last, column))) is not None:
                    found[column] = (own, last)
            elif last > self.first_row:  # LibreOffice leaves out that a column is calculated
                own, above = (self._sheet.formula(cell_name(n, column)) for n in (last, last - 1))
                if own is not None and above is not None and own == formulas.translate(above, 1, 0):
                    found[column] = (own, last)
        return found

    def _make_room(self, last: int, count: int) -> None:
        area = self.area
        if last + count > MAX_ROW:
            raise WorkbookError(
                Reason.IMMOVABLE, tr("表格增加这些行后会超出工作表的最后一行，请减少行数"), self._where()
            )
        below = Area(last + 1, area.column1, last + count, area.column2)
        if area.row2 == last and not self._occupied(below):
            return
        for other in tables_of(self._book, self._sheet):
            if other.name != self.name and other.area.row1 <= last < other.area.row2:
                raise WorkbookError(
                    Reason.IMMOVABLE,
                    tr(
                        "表格“{table}”下面没有空行，而旁边的表格“{other}”在同样的行上，插入整行会把它拆开。请把两个表格分到不同的工作表",
                        table=self.name,
                        other=other.name,
                    ),
                    self._where(),
                )
        move_rows(self._book, self._sheet, RowMap.insert(last + 1, count))

    def _occupied(self, area: Area) -> bool:
        xml = self._sheet.xml
        if any(a.meets(area) for a in xml.frame.merges):
            return True
        if any(t.area.meets(area) for t in tables_of(self._book, self._sheet) if t.name != self.name):
            return True
        for number in range(area.row1, area.row2 + 1):
            row = xml.row(number)
            for cell in xml.cells(number, row) if row else ():
                if area.column1 <= cell.column <= area.column2 and cell.inner:
                    return True
        return False

    def _fill(
        self, number: int, like: int, row: Mapping[int, Value], calculated: Mapping[int, tuple[str, int]], new: _NewRows
    ) -> None:
        area, sheet = self.area, self._sheet
        added = number > like
        if added and sheet.xml.row(number) is None and sheet.free(area._replace(row1=number, row2=number)):
            told = {c: _calculation(stated, number) for c, stated in calculated.items() if c not in row}
            new.add(number, {**row, **told} if told else row)
            return
        for column in range(area.column1, area.column2 + 1):
            name = cell_name(number, column)
            if column in row:
                value = row[column]
            elif column in calculated and sheet.formula(name) is None:
                value = _calculation(calculated[column], number)
            elif added:
                value = None
            else:
                continue
            missing = added or sheet.xml.cell(number, column) is None
            sheet.set(name, value, style_like=cell_name(like, column) if missing else None)

    def _grow(self, last: int, needed: int) -> None:
        """Extends the table's own ranges, and what covers or refers to a column down to its last row."""
        package, by = self._book.package, needed - last
        xml, root = package.tree(self._part)
        edits: list[Edit] = []
        for node in (root, *root.all("autoFilter", "sortState", "sortCondition")):
            if node.get("ref"):
                a = Area.parse(node.get("ref"))
                grown = a.row2 - self._root.number("totalsRowCount") if node is root else a.row2
                if grown == last:
                    edits.append(attribute(xml, node, "ref", str(Area(a.row1, a.column1, a.row2 + by, a.column2))))
        area, first = self.area, self.first_row
        package.write(self._part, splice(xml, edits))
        starts = frozenset((first, self.area.row1))
        columns = range(area.column1, area.column2 + 1)
        grow_references(self._book, self._sheet, TableGrowth(self._sheet.name, columns, starts, last, needed))
        frame = self._sheet.xml.frame
        held_edits: list[Edit] = []
        for held in ranged(frame.tree):
            areas = [
                Area(a.row1, a.column1, needed, a.column2)
                if last <= a.row2 < needed
                and a.column1 <= area.column2
                and area.column1 <= a.column2
                and (a.row1 < last or first == last >= a.row1)
                else a
                for a in held.areas
            ]
            if areas != held.areas and held.node.name != "sparkline":
                held_edits.append(held.edit(frame.xml, areas))
        self._sheet.xml.edit_frame(held_edits)
