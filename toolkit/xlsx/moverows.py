"""Moves rows of a sheet, and with them everything in the workbook that refers to those rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.language import tr
from toolkit.xlsx.calcchain import drop_chain
from toolkit.xlsx.cellxml import Cell, CellFormula
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.formula import RowMove, translate
from toolkit.xlsx.movedparts import anchor_edits, move_parts
from toolkit.xlsx.ranged import ranged, without
from toolkit.xlsx.refs import MAX_ROW, Area, RowMap
from toolkit.xlsx.rewrite import formula_xml, full_text, rewrite_formulas, unshared
from toolkit.xlsx.scan import Edit, Node, attribute, inner, prefix
from toolkit.xlsx.sheetxml import SheetXml

if TYPE_CHECKING:
    from toolkit.xlsx.sheet import Sheet
    from toolkit.xlsx.workbook import Workbook

_AREAS = ("autoFilter", "sortState", "sortCondition")
_CELLS = ("inputCells", "cellWatch")
_REF = re.compile(rb"""(\sref\s*=\s*["'])[^"']*""")


def move_rows(book: Workbook, sheet: Sheet, rows: RowMap) -> None:
    """Carries out the move. Call it within a transaction: it may refuse half way (WorkbookError IMMOVABLE)."""
    target = sheet.xml
    target.settle()
    _refuse_overflow(target, rows, sheet.name)
    move = RowMove(rows, sheet.name, book.all_sheet_names)
    move_parts(book, sheet, move)
    new_rows, formulas_move = _moved_rows(target, move)
    target.edit_frame(_frame_edits(target.frame.xml, target.frame.tree, move))
    target.replace_rows(new_rows)
    for name in book.sheet_names:
        other = book.sheet(name)
        if other is not sheet:
            _other_sheet(other.xml, move)
    if formulas_move:
        book.formulas_moved()
        drop_chain(book.package, book.part)


def _refuse_overflow(xml: SheetXml, rows: RowMap, name: str) -> None:
    last = max(xml.numbers(), default=0)
    if rows.step > 0 and last >= rows.first and last + rows.step > MAX_ROW:
        raise WorkbookError(Reason.IMMOVABLE, tr("移动后会超出工作表的最后一行，请先删除下面多余的行"), name)


def _repeated(rows: RowMap) -> int | None:
    """The row that is repeated, if the move is that."""
    return rows.grow if rows.first == rows.grow + 1 else None


# cells


def _moved_rows(xml: SheetXml, move: RowMove) -> tuple[list[tuple[int, bytes]], bool]:
    """The rows of the sheet after the move; whether there are formulas that moved or changed."""
    rows, mark = move.rows, xml.patterns.formula_mark
    repeated, formulas = _repeated(rows), False
    covered = _covered(xml, repeated)
    out: list[tuple[int, bytes]] = []
    for number, row in xml.rows():
        has_formula = mark in row
        formulas = formulas or has_formula
        if number in rows.removed:
            continue
        new = rows.row(number)
        if new is None:
            raise WorkbookError(Reason.IMMOVABLE, tr("移动后会超出工作表的最后一行，请先删除下面多余的行"), move.sheet)
        if has_formula or new != number:

            def edit(cell: Cell, inside: bool = number == repeated) -> list[Edit]:
                f = xml.formula(cell)
                return xml.formula_edit(cell, f, _moved_formula(xml, cell, f, move, inside)) if f else []

            row = xml.rename_cells(row, number, new, edit if has_formula else None)
        out.append((new, row))
        if number == repeated and rows.step > 0:
            out += [(new + k, _copy(xml, row, new, k, covered)) for k in range(1, rows.step + 1)]
    return out, formulas


def _covered(xml: SheetXml, repeated: int | None) -> set[int]:
    """The columns in which the repeated row is part of a merge over several rows, which grows over the copies."""
    areas = [a for a in xml.frame.merges if a.row1 < a.row2 and repeated and a.row1 <= repeated <= a.row2]
    return {column for a in areas for column in range(a.column1, a.column2 + 1)}


def _moved_formula(xml: SheetXml, cell: Cell, f: CellFormula, move: RowMove, inside: bool) -> bytes:
    """The new `<f>`; shared formulas become formulas of their own, as their members may now differ."""
    tag = f.tag
    if f.kind in ("array", "dataTable"):
        area = Area.parse(f.ref or cell.name)
        several = area.row1 != area.row2
        if several and area.row1 < move.rows.first and area.row2 >= move.rows.lowest:
            raise WorkbookError(
                Reason.IMMOVABLE,
                tr("数组公式或模拟运算表 {area} 跨过要移动的行，不能拆开。请先在 Excel 里改掉该公式", area=str(area)),
                f"{move.sheet}!{cell.name}",
            )
        if f.kind == "dataTable" and (area.row2 >= move.rows.lowest):
            raise WorkbookError(
                Reason.IMMOVABLE,
                tr("模拟运算表 {area} 在要移动的行下面，不能移动。请在 Excel 里操作", area=str(area)),
                f"{move.sheet}!{cell.name}",
            )
        moved = move.rows.area(area, grows=False)
        assert moved is not None
        tag = _REF.sub(lambda m: m[1] + str(moved).encode(), tag)
    elif f.kind == "shared":
        tag = unshared(tag)
    text = move.formula(full_text(xml, cell, f), True, inside=inside)
    return formula_xml(xml, tag, text)


def _copy(xml: SheetXml, row: bytes, number: int, down: int, covered: set[int]) -> bytes:
    """The row `down` rows further down, its formulas following; cells under a merge are left empty."""

    def edit(cell: Cell) -> list[Edit]:
        if cell.column in covered:
            return xml.emptied(row, cell)
        f = xml.formula(cell)
        if f is None:
            return []
        tag = f.tag
        if f.ref:
            a = Area.parse(f.ref)
            new = str(Area(a.row1 + down, a.column1, a.row2 + down, a.column2)).encode()
            tag = _REF.sub(lambda m: m[1] + new, tag)
        return xml.formula_edit(cell, f, formula_xml(xml, tag, translate(f.text, down, 0)))

    return xml.rename_cells(row, number, number + down, edit if covered or xml.patterns.formula_mark in row else None)


def _other_sheet(xml: SheetXml, move: RowMove) -> None:
    """Formulas on another sheet that refer to the moved rows."""
    xml.edit_frame(_frame_formulas(xml.frame.xml, xml.frame.tree, move))
    if xml.may_hold(b"!"):
        rewrite_formulas(xml, b"!", lambda _, text: move.formula(text, False))


# what stands around the rows


def _frame_edits(xml: bytes, root: Node, move: RowMove) -> list[Edit]:
    rows = move.rows
    gone: list[Node] = []
    edits: list[Edit] = []
    if (dimension := root.child("dimension")) is not None and dimension.get("ref"):
        moved = rows.area(Area.parse(dimension.get("ref")))
        edits.append(attribute(xml, dimension, "ref", str(moved or "A1")))
    for names, name, grows in ((_AREAS, "ref", True), (("hyperlink",), "ref", False), (_CELLS, "r", False)):
        for node in root.all(*names):
            moved = rows.area(Area.parse(node.get(name)), grows)
            if moved is None:
                gone.append(node)
            else:
                edits.append(attribute(xml, node, name, str(moved)))
    seen: set[int] = set()
    for held in ranged(root):
        areas = [a for a in (rows.area(a) for a in held.areas) if a is not None]
        if not areas:
            gone.append(held.node)
            seen |= {id(f) for f in held.formulas}
            continue
        edits.append(held.edit(xml, areas))
        several = len({r for a in held.areas for r in (a.row1, a.row2)}) > 1
        first = rows.area(held.areas[0])
        carried = first.row1 - held.areas[0].row1 if several and first is not None else None
        inside = not several and held.areas[0].row1 == _repeated(rows)
        for f in held.formulas:
            seen.add(id(f))
            edits += _formula_edit(xml, f, move.formula(f.text, True, inside=inside, carried=carried))
    edits += _loose_formulas(xml, root, move, True, seen)
    edits += _merge_edits(xml, root, rows, gone)
    edits += _break_edits(xml, root, rows, gone)
    edits += anchor_edits(xml, root, rows)
    inside_gone = [(n.start, n.end) for n in gone]
    edits = [e for e in edits if not any(a <= e[0] < b for a, b in inside_gone)]
    removals = without(xml, root, gone)
    spans = [(s, e) for s, e, new in removals if e > s and not new]
    return [e for e in edits if not any(a <= e[0] < b for a, b in spans)] + removals


def _frame_formulas(xml: bytes, root: Node, move: RowMove) -> list[Edit]:
    return _loose_formulas(xml, root, move, False, set())


def _loose_formulas(xml: bytes, root: Node, move: RowMove, on_sheet: bool, seen: set[int]) -> list[Edit]:
    """Formulas that do not hang on a range: sparkline data, thresholds of colour scales, lists on other sheets."""
    edits: list[Edit] = []
    for f in root.all("formula", "formula1", "formula2", "f"):
        if id(f) not in seen and not f.children:
            edits += _formula_edit(xml, f, move.formula(f.text, on_sheet))
    for cfvo in root.all("cfvo"):
        if cfvo.get("val"):
            new = move.formula(cfvo.get("val"), on_sheet)
            if new != cfvo.get("val"):
                edits.append(attribute(xml, cfvo, "val", new))
    return edits


def _formula_edit(xml: bytes, node: Node, new: str) -> list[Edit]:
    return [inner(xml, node, new)] if new != node.text else []


def _merge_edits(xml: bytes, root: Node, rows: RowMap, gone: list[Node]) -> list[Edit]:
    edits: list[Edit] = []
    repeated = _repeated(rows)
    for merges in root.all("mergeCells"):
        added = 0
        for node in merges.children:
            area = Area.parse(node.get("ref"))
            within = area.row1 == area.row2 == repeated
            moved = rows.area(area, grows=not within)
            if moved is None or ":" not in str(moved):
                gone.append(node)
                continue
            if moved != area:
                edits.append(attribute(xml, node, "ref", str(moved)))
            if within and rows.step > 0:
                tag = b'<%bmergeCell ref="%%b"/>' % prefix(xml, node)
                copies = [
                    tag % str(Area(area.row1 + k, area.column1, area.row2 + k, area.column2)).encode()
                    for k in range(1, rows.step + 1)
                ]
                edits.append((node.end, node.end, b"".join(copies)))
                added += len(copies)
        if added and merges.get("count"):
            edits.append(attribute(xml, merges, "count", str(len(merges.children) + added)))
    return edits


def _break_edits(xml: bytes, root: Node, rows: RowMap, gone: list[Node]) -> list[Edit]:
    """Manual page breaks: a break with id n stands below row n, and goes with row n + 1."""
    edits: list[Edit] = []
    for breaks in root.all("rowBreaks"):
        used: set[int] = set()
        for node in breaks.children:
            if not node.get("id").isdigit():
                continue
            below = rows.point(int(node.get("id")) + 1) - 1
            if below in used or below < 1:
                gone.append(node)
            elif below != int(node.get("id")):
                edits.append(attribute(xml, node, "id", str(below)))
            used.add(below)
        if (left := [n for n in breaks.children if n not in gone]) != breaks.children and breaks.get(
            "manualBreakCount"
        ):
            manual = sum(n.get("man") in ("1", "true") for n in left)
            edits.append(attribute(xml, breaks, "manualBreakCount", str(manual)))
    return edits
