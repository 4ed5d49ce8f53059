"""calcChain.xml: an entry for a cell without a formula makes Excel offer to repair the file, so it must go."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.xlsx.package import Package
from toolkit.xlsx.scan import Edit, attribute, splice


def without_calculated(package: Package, workbook: str, gone: Iterable[tuple[str, str]]) -> None:
    """Removes the entries for these (sheetId, cell) pairs, and the whole part when none is left."""
    gone = set(gone)
    part = next(iter(package.related(workbook, "calcChain")), None)
    if part is None or not gone or not package.has(part):
        return
    xml, root = package.tree(part)
    edits: list[Edit] = []
    sheet = stated = ""
    left = 0
    for c in root.children:
        if c.get("i"):  # entries without one belong to the sheet of the entry before
            sheet = stated = c.get("i")
        if (sheet, c.get("r").replace("$", "")) in gone:
            edits.append((c.start, c.end, b""))
            stated = stated if not c.get("i") else ""
            continue
        left += 1
        if not c.get("i") and not stated:
            edits.append(attribute(xml, c, "i", sheet))
        stated = sheet
    if not left:
        package.drop_part(workbook, part)
    elif edits:
        package.write(part, splice(xml, edits))


def drop_chain(package: Package, workbook: str) -> None:
    """Removes the part; Excel builds it anew."""
    for part in package.related(workbook, "calcChain"):
        package.drop_part(workbook, part)
