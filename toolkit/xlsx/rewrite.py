"""The formulas of a sheet's cells, rewritten in place; shared ones stand alone where they come to differ."""

from __future__ import annotations

import re
from collections.abc import Callable

from toolkit.language import tr
from toolkit.xlsx.cellxml import Cell, CellFormula
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.formula import translate
from toolkit.xlsx.refs import Area
from toolkit.xlsx.scan import Edit, escape, splice
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
            Reason.DAMAGED, tr("单元格 {cell} 的公式已损坏，请用 Excel 打开修复并另存后再试", cell=cell.name), cell.name
        )
    master, text = masters[f.group]
    return translate(text, cell.row - master.row, cell.column - master.column)


def rewrite_formulas(xml: SheetXml, word: bytes, change: Callable[[Cell, str], str]) -> None:
    """Puts `change(cell, formula)` in place of every formula that it changes; only ones with `word` in them may be."""
    worth = re.compile(xml.patterns.formula_mark + rb"(?:\s[^<>]*)?>[^<]*" + re.escape(word))
    groups = {group for group, (_, text) in xml.masters().items() if word.decode() in text}
    split = {
        f.group
        for cell, f in (xml.formulas(b"shared") if groups else ())
        if f.kind == "shared" and f.group in groups and change(cell, old := full_text(xml, cell, f)) != old
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
        if worth.search(row) or b"<!" in row or (split and b"shared" in row):
            new_row = xml.rename_cells(row, number, number, edit)
            if new_row != row:
                changed[number] = new_row
    for number, row in changed.items():
        xml.put_row(number, row)


def hand_on(xml: SheetXml, master: Cell, f: CellFormula) -> None:
    """Makes the next member of a shared formula its master, or (in a block) gives each member its own formula."""
    try:
        area = Area.parse(f.ref)
    except WorkbookError:
        area = None
    if area is not None and area.column1 == area.column2 and (area.row1, area.column1) == (master.row, master.column):
        for number in range(master.row + 1, area.row2 + 1):  # nearly always: one column, from the top
            if _is_member(xml, cell := xml.cell(number, area.column1), f.group) and cell is not None:
                _promote(xml, cell, master, f, Area(number, area.column1, area.row2, area.column1))
                return
    members = [
        c
        for c, g in xml.formulas(b"shared")
        if g.kind == "shared" and g.group == f.group and (c.row, c.column) != (master.row, master.column)
    ]
    if not members:
        return
    rest = Area(
        min(c.row for c in members),
        min(c.column for c in members),
        max(c.row for c in members),
        max(c.column for c in members),
    )
    if (members[0].row, members[0].column) == (rest.row1, rest.column1):
        _promote(xml, members[0], master, f, rest)
        return
    for member in members:
        _promote(xml, member, master, f, None)


def _is_member(xml: SheetXml, cell: Cell | None, group: str) -> bool:
    g = xml.formula(cell) if cell is not None else None
    return g is not None and g.kind == "shared" and g.group == group


def _promote(xml: SheetXml, member: Cell, master: Cell, f: CellFormula, area: Area | None) -> None:
    """Writes a member's formula out: as the master of those in `area`, or (None) as its own."""
    row = xml.row(member.row)
    assert row is not None
    cell = next(c for c in xml.cells(member.row, row) if c.column == member.column)
    old = xml.formula(cell)
    assert old is not None
    tag = b"" if area is None else b' t="shared" ref="%b" si="%b"' % (str(area).encode(), f.group.encode())
    new = formula_xml(xml, tag, translate(f.text, cell.row - master.row, cell.column - master.column))
    xml.put_row(cell.row, splice(row, xml.formula_edit(cell, old, new)))
