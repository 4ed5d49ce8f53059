"""The parts other than worksheets that refer to rows: names, tables, drawings, notes, charts, pivots, controls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.language import tr
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.formula import RowMove
from toolkit.xlsx.package import Package
from toolkit.xlsx.refs import Area, RowMap
from toolkit.xlsx.scan import Edit, Node, attribute, escape, inner, splice, unescape

if TYPE_CHECKING:
    from toolkit.xlsx.sheet import Sheet
    from toolkit.xlsx.workbook import Workbook

_CLIENT = re.compile(rb"<((?:\w+:)?)ClientData\b(.*?)</\1ClientData\s*>", re.DOTALL)
_SHAPE = re.compile(rb"<((?:\w+:)?)shape\b(?:(?!</\1shape\b).)*</\1shape\s*>", re.DOTALL)
_VML_ROW = re.compile(rb"(<(?:\w+:)?Row>\s*)(\d+)")
_VML_ANCHOR = re.compile(rb"(<(?:\w+:)?Anchor>)([^<]*)")
_VML_FORMULA = re.compile(rb"(<(?:\w+:)?Fmla(?:Link|Range|Txbx|Pict|Group)>)([^<]*)")
_CONTROL_FORMULAS = ("fmlaLink", "fmlaRange", "fmlaTxbx", "fmlaGroup")


def move_parts(book: Workbook, sheet: Sheet, move: RowMove) -> None:
    """Edits every such part of the workbook; WorkbookError IMMOVABLE for what cannot be moved."""
    package = book.package
    _names(package, book.part, move)
    for listed in book.sheet_parts:
        here = listed == sheet.xml.part
        for r in package.relationships(listed).values():
            if r.external or not package.has(r.target):
                continue
            if r.type == "table":
                _table(package, r.target, move, here)
            elif r.type in ("vmlDrawing", "legacyDrawing"):
                _vml(package, r.target, move, here)
            elif r.type == "ctrlProp":
                _attributes(package, r.target, move, here, "formControlPr", _CONTROL_FORMULAS)
            elif r.type == "drawing":
                _attributes(package, r.target, move, here, "sp", ("textlink",))
            if here:
                _beside(package, r.type, r.target, move)
    for part in (*package.of_type("drawingml.chart+xml"), *package.of_type("ms-office.chartex+xml")):
        xml, root = package.tree(part)
        _save(package, part, xml, _texts(xml, [f for f in root.all("f") if not f.children], move))
    for part in package.of_type("pivotCacheDefinition"):
        _pivot_source(package, part, move)


def _save(package: Package, part: str, xml: bytes, edits: list[Edit]) -> None:
    if edits and (new := splice(xml, edits)) != xml:
        package.write(part, new)


def _texts(xml: bytes, nodes: list[Node], move: RowMove, carried: int | None = None) -> list[Edit]:
    moved = ((n, move.formula(n.text, False, carried=carried)) for n in nodes)
    return [inner(xml, n, new) for n, new in moved if new != n.text]


def _names(package: Package, part: str, move: RowMove) -> None:
    xml, root = package.tree(part)
    # A name with relative rows is read from the cell that uses it: such rows stay as they are.
    _save(package, part, xml, _texts(xml, list(root.all("definedName")), move, carried=0))


def _attributes(package: Package, part: str, move: RowMove, here: bool, element: str, names: tuple[str, ...]) -> None:
    xml, root = package.tree(part)
    edits: list[Edit] = []
    for node in (root, *root.all(element)):
        if node.name == element:
            moved = ((name, old, move.formula(old, here)) for name in names if (old := node.get(name)))
            edits += [attribute(xml, node, name, new) for name, old, new in moved if new != old]
    _save(package, part, xml, edits)


def _beside(package: Package, kind: str, part: str, move: RowMove) -> None:
    """What belongs to the sheet itself and stands at its cells."""
    rows = move.rows
    if kind == "drawing":
        xml, root = package.tree(part)
        _save(package, part, xml, anchor_edits(xml, root, rows))
    elif kind in ("comments", "threadedComment"):
        _cells(package, part, move, ("comment", "threadedComment"), "ref")
    elif kind == "tableSingleCells":
        _cells(package, part, move, ("singleXmlCell",), "r", tr("XML 映射"))
    elif kind == "pivotTable":
        xml, root = package.tree(part)
        location = root.child("location")
        if location is not None:
            area = Area.parse(location.get("ref"))
            if area.row2 >= rows.lowest and area.row1 < rows.first:
                raise WorkbookError(
                    Reason.IMMOVABLE,
                    tr("数据透视表 {area} 跨过要移动的行，不能拆开。请把它移到别的工作表", area=str(area)),
                    f"{move.sheet}!{area}",
                )
            _save(package, part, xml, [attribute(xml, location, "ref", str(rows.area(area)))])


def _cells(package: Package, part: str, move: RowMove, elements: tuple[str, ...], name: str, what: str = "") -> None:
    """What stands at single cells.  Where its row is removed: refused, if it is a `what`, else gone with the row."""
    xml, root = package.tree(part)
    edits: list[Edit] = []
    for node in root.all(*elements):
        area = Area.parse(node.get(name))
        moved = move.rows.area(area, grows=False)
        if moved is None and not what:
            edits.append((node.start, node.end, b""))
            continue
        if moved is None:
            raise WorkbookError(
                Reason.IMMOVABLE,
                tr("第 {row} 行有{what}，不能删除这一行。请先在 Excel 里删掉{what}", row=area.row1, what=what),
                f"{move.sheet}!{area}",
            )
        edits.append(attribute(xml, node, name, str(moved)))
    _save(package, part, xml, edits)


def _table(package: Package, part: str, move: RowMove, here: bool) -> None:
    xml, root = package.tree(part)
    rows = move.rows
    edits: list[Edit] = []
    if here:
        area = Area.parse(root.get("ref"))
        header = root.number("headerRowCount", 1)
        totals = root.number("totalsRowCount")
        touched = rows.removed or range(rows.grow, rows.first)  # of rows that are inserted, none
        fixed = {*range(area.row1, area.row1 + header), *range(area.row2 - totals + 1, area.row2 + 1)}
        data = range(area.row1 + header, area.row2 - totals + 1)
        bare = rows.step < 0 and all(r in touched for r in data)
        if bare or not fixed.isdisjoint(touched):
            raise WorkbookError(
                Reason.IMMOVABLE,
                tr(
                    "第 {row} 行是表格“{table}”的标题行、汇总行或唯一的数据行，不能重复或删除",
                    row=min(touched),
                    table=root.get("displayName"),
                ),
                f"{move.sheet}!{area}",
            )
        for node in (root, *root.all("autoFilter", "sortState", "sortCondition")):
            if node.get("ref"):
                moved = rows.area(Area.parse(node.get("ref")))
                edits.append(attribute(xml, node, "ref", str(moved or node.get("ref"))))
    for node in root.all("calculatedColumnFormula", "totalsRowFormula"):
        new = move.formula(node.text, here)
        if new != node.text:
            edits.append(inner(xml, node, new))
    _save(package, part, xml, edits)


def _pivot_source(package: Package, part: str, move: RowMove) -> None:
    xml, root = package.tree(part)
    for node in root.all("worksheetSource"):
        mine = node.get("sheet").casefold() == move.sheet.casefold() and node.get("ref") and not node.qualified("id")
        if mine and (moved := move.rows.area(Area.parse(node.get("ref")))) is not None:
            _save(package, part, xml, [attribute(xml, node, "ref", str(moved))])


def anchor_edits(xml: bytes, root: Node, rows: RowMap) -> list[Edit]:
    """Pictures, shapes and controls: their corners go with the cells below them, unless they are told not to."""
    edits: list[Edit] = []
    for anchor in root.all("twoCellAnchor", "oneCellAnchor", "anchor"):
        first, last = anchor.child("from"), anchor.child("to")
        row = first.child("row") if first is not None else None
        if row is None or not row.text.strip().isdigit():
            continue
        how = anchor.get("editAs", "twoCell")
        if anchor.name == "anchor":
            moves, sizes = (anchor.get(n) in ("1", "true") for n in ("moveWithCells", "sizeWithCells"))
            how = "twoCell" if sizes else "oneCell" if moves else "absolute"
        if how == "absolute":
            continue
        top = int(row.text) + 1
        edits.append(inner(xml, row, str(rows.point(top) - 1)))
        end = last.child("row") if last is not None else None
        if end is not None and end.text.strip().isdigit():
            bottom = int(end.text) + 1
            new = rows.point(bottom) if how == "twoCell" else bottom + rows.point(top) - top
            edits.append(inner(xml, end, str(new - 1)))
    return edits


def _vml(package: Package, part: str, move: RowMove, here: bool) -> None:
    """Notes and old controls; VML is edited as text, since Excel's own is not always well-formed XML."""

    def client(m: re.Match[bytes]) -> bytes:
        def formula(f: re.Match[bytes]) -> bytes:
            return f[1] + escape(move.formula(unescape(f[2]), here))

        data = _VML_FORMULA.sub(formula, m[0])
        if not here:
            return data
        anchor = _VML_ANCHOR.search(data)
        corners = anchor[2].split(b",") if anchor else []
        row = _VML_ROW.search(data)
        if row is not None:
            old = int(row[2])
        elif len(corners) == 8 and corners[2].strip().isdigit():
            old = int(corners[2])
        else:
            return data
        step = move.rows.point(old + 1) - 1 - old
        if not step:
            return data
        data = _VML_ROW.sub(lambda r: r[1] + str(int(r[2]) + step).encode(), data)
        if len(corners) == 8 and all(corners[i].strip().isdigit() for i in (2, 6)):
            for i in (2, 6):
                corners[i] = b" " + str(max(0, int(corners[i]) + step)).encode()
            data = _VML_ANCHOR.sub(lambda a: a[1] + b",".join(corners), data)
        return data

    def shape(m: re.Match[bytes]) -> bytes:
        row = _VML_ROW.search(m[0]) if b'ObjectType="Note"' in m[0] else None
        return b"" if row is not None and int(row[2]) + 1 in move.rows.removed else m[0]

    xml = package.read(part)
    new = _CLIENT.sub(client, _SHAPE.sub(shape, xml) if here and move.rows.removed else xml)
    if new != xml:
        package.write(part, new)
