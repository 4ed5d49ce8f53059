"""The formulas of a sheet's cells, rewritten in place; shared ones stand alone where they come to differ."""

from __future__ import annotations

import re
from collections.abc import Callable

from toolkit.xlsx.cellxml import Cell, CellFormula
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.formula import translate
from toolkit.xlsx.scan import Edit, escape
from toolkit.xlsx.sheetxml import SheetXml

_SHARING = re.compile(rb"""\s+(?:t|si|ref)\s*=\s*(?:"[^"]*"|'[^']*')""")


def unshared(tag: bytes) -> bytes:
    """The attributes of an `<f>` without those that make it shared."""
    return _SHARING.sub(b"", tag)


def formula_xml(xml: SheetXml, tag: bytes, text: str) -> bytes:
    """An `<f>` with these attributes and this text."""
    tag = tag.rstrip()
    if not text:
        return b"<%bf%b/>" % (xml.prefix, tag)
    return b"<%bf%b>%b</%bf>" % (xml.prefix, tag, escape(text), xml.prefix)


def full_text(xml: SheetXml, cell: Cell, f: CellFormula) -> str:
    """The formula of a cell, also of a member of a shared formula."""
    if f.kind != "shared" or f.text:
        return f.text
    masters = xml.masters()
    if f.group not in masters:
        raise WorkbookError(
            Reason.DAMAGED, f"单元格 {cell.name} 的公式已损坏，请用 Excel 打开修复并另存后再试。", cell.name
        )
    master, text = masters[f.group]
    return translate(text, cell.row - master.row, cell.column - master.column)


def rewrite_formulas(xml: SheetXml, change: Callable[[Cell, str], str]) -> None:
    """Puts `change(cell, formula)` in place of every formula that it changes."""
    split = {
        f.group
        for cell, f in xml.formulas(b"shared")
        if f.kind == "shared" and change(cell, old := full_text(xml, cell, f)) != old
    }

    def edit(cell: Cell) -> list[Edit]:
        f = xml.formula(cell)
        if f is None or (f.kind == "shared" and f.group not in split):
            return []
        old = full_text(xml, cell, f)
        new = change(cell, old)
        if f.kind == "shared":
            return xml.formula_edit(cell, f, formula_xml(xml, unshared(f.tag), new))
        return [] if new == old else xml.formula_edit(cell, f, formula_xml(xml, f.tag, new))

    changed: dict[int, bytes] = {}
    for number, row in xml.rows():
        if xml.patterns.formula_mark in row and (new_row := xml.rename_cells(row, number, number, edit)) != row:
            changed[number] = new_row
    for number, row in changed.items():
        xml.put_row(number, row)
