"""What refers to all data rows of a table goes on to do so when the table grows, as it does in Excel.

Sums below or on other sheets, defined names, drop-down lists. Charts keep the ranges that they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.xlsx.cellxml import Cell
from toolkit.xlsx.formula import TableGrowth
from toolkit.xlsx.rewrite import rewrite_formulas
from toolkit.xlsx.scan import Edit, Node, escape, inner, splice

if TYPE_CHECKING:
    from toolkit.xlsx.sheet import Sheet
    from toolkit.xlsx.sheetxml import SheetXml
    from toolkit.xlsx.workbook import Workbook

_FRAME = ("formula", "formula1", "formula2", "f")


def grow_references(book: Workbook, sheet: Sheet, growth: TableGrowth) -> None:
    """Extends such references everywhere. Call it within a transaction."""
    package = book.package
    xml, root = package.tree(book.part)
    if edits := _texts(xml, root, ("definedName",), growth, on_sheet=False):
        package.write(book.part, splice(xml, edits))
    for part in package.related(sheet.xml.part, "table"):
        xml, root = package.tree(part)
        if edits := _texts(xml, root, ("totalsRowFormula",), growth, on_sheet=True):
            package.write(part, splice(xml, edits))
    for name, part in zip(book.sheet_names, book.sheet_parts, strict=True):
        opened = book.opened(part)
        if part == sheet.xml.part:
            _grow_on(sheet.xml, growth, here=True)
        elif (opened is None or _may_grow(opened, growth)) and book.may_mention(part, escape(sheet.name)):
            _grow_on(book.sheet(name).xml, growth, here=False)


def _may_grow(xml: SheetXml, growth: TableGrowth) -> bool:
    """Whether anything on another sheet can change: the rows of one without formulas need not be looked through."""
    return xml.has_formula() or bool(_on_frame(xml, growth, here=False))


def _on_frame(xml: SheetXml, growth: TableGrowth, *, here: bool) -> list[Edit]:
    return _texts(xml.frame.xml, xml.frame.tree, _FRAME, growth, on_sheet=here, absolute=True)


def _grow_on(xml: SheetXml, growth: TableGrowth, *, here: bool) -> None:
    def grown(cell: Cell, text: str) -> str:
        # A relative end in a row of the table is that row itself: a running total must not look ahead.
        inside = here and max(growth.starts) <= cell.row <= growth.to
        return growth.formula(text, here, absolute=inside)

    if xml.has_formula():
        rewrite_formulas(xml, b":", grown)
    xml.edit_frame(_on_frame(xml, growth, here=here))


def _texts(
    xml: bytes, root: Node, names: tuple[str, ...], growth: TableGrowth, *, on_sheet: bool, absolute: bool = False
) -> list[Edit]:
    moved = ((n, growth.formula(n.text, on_sheet, absolute=absolute)) for n in root.all(*names) if not n.children)
    return [inner(xml, n, new) for n, new in moved if new != n.text]
