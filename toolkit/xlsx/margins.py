"""What people read in a cell besides its text: comments, and what is struck out of it."""

from __future__ import annotations

from collections.abc import Iterator

from toolkit.xlsx.errors import WorkbookError
from toolkit.xlsx.package import Package
from toolkit.xlsx.refs import parse_cell
from toolkit.xlsx.scan import Node, parse, plain, within
from toolkit.xlsx.sheetxml import SheetXml
from toolkit.xlsx.values import decode_text

NOTE_OF_EXCEL = "linkid=870924"
"""In what Excel writes into the old comment of a threaded one, for programs that do not know threads."""


def comments(package: Package, part: str) -> dict[tuple[int, int], str]:
    """(row, column) -> the comment on a cell of the sheet `part`, of a thread all that was said."""
    found: dict[tuple[int, int], list[str]] = {}
    for kind, element in (("threadedComment", "threadedComment"), ("comments", "comment")):
        for target in package.related(part, kind):
            try:
                root = package.tree(target)[1] if package.has(target) else None
            except WorkbookError:  # a damaged one takes no text away
                continue
            for node in root.all(element) if root else ():
                text = decode_text("".join(t.text for t in node.all("t", "text"))).strip()
                try:
                    place = parse_cell(node.get("ref"))
                except (ValueError, WorkbookError):
                    continue
                if text and NOTE_OF_EXCEL not in text:
                    found.setdefault(place, []).append(text)
    return {place: "\n".join(texts) for place, texts in found.items()}


def struck(package: Package, sheet: SheetXml, styles: str | None, strings: str | None) -> dict[tuple[int, int], str]:
    """(row, column) -> what is struck out of the text of a cell, be it all of it."""
    ours = _strikes(package, styles)
    shared = _strikes(package, strings)
    inline = sheet.may_hold(b"strike")
    if not (ours or shared or inline):
        return {}
    fonts = _struck_styles(package.tree(styles)[1]) if ours and styles else frozenset()
    items = [c for c in package.tree(strings)[1].children if c.name == "si"] if strings and package.has(strings) else []
    found = {}
    for number, row in sheet.rows():
        for cell in sheet.cells(number, row):
            if not cell.inner:
                continue
            kind, node = cell.attributes.get(b"t", b"n"), None
            if kind == b"s" and (m := sheet.patterns.value.search(cell.inner)) and m[1].strip().isdigit():
                node = items[int(m[1])] if int(m[1]) < len(items) else None
            elif kind == b"inlineStr" and not sheet.prefix:
                node = parse(b"<c>" + plain(cell.inner) + b"</c>", sheet.part).child("is")
            text = "".join(_struck(node, whole=cell.style in fonts)) if node is not None else ""
            if text.strip():
                found[cell.row, cell.column] = decode_text(text).strip()
    return found


def _strikes(package: Package, part: str | None) -> bool:
    return part is not None and package.has(part) and within(b"strike", b"k", package.xml(part))


def _on(properties: Node | None) -> bool:
    strike = properties.child("strike") if properties else None
    return strike is not None and strike.get("val", "1") not in ("0", "false", "off")


def _struck_styles(root: Node) -> frozenset[int]:
    fonts, formats = root.child("fonts"), root.child("cellXfs")
    out = {i for i, font in enumerate(fonts.children if fonts else ()) if _on(font)}
    used = enumerate(formats.children if formats else ())
    return frozenset(i for i, xf in used if xf.number("fontId") in out)


def _struck(text: Node, *, whole: bool) -> Iterator[str]:
    """Of a text in runs, those that are struck; `whole`: the cell's own font is."""
    for part in text.children:
        if part.name == "t" and whole:
            yield part.text
        elif part.name == "r":
            properties = part.child("rPr")
            if _on(properties) if properties is not None else whole:
                yield "".join(t.text for t in part.children if t.name == "t")
