"""What in a worksheet applies to ranges of cells: conditional formats, validations, sparklines and the like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.xlsx.errors import WorkbookError
from toolkit.xlsx.refs import Area
from toolkit.xlsx.scan import SPREADSHEET, Edit, Node, attribute, inner

# In the main namespace the ranges are an attribute; in Excel 2010's extensions (x14) they are an <xm:sqref> child.
_HOLDERS = ("conditionalFormatting", "dataValidation", "protectedRange", "ignoredError", "sparkline")
_FORMULAS = ("formula", "formula1", "formula2", "f")


@dataclass(frozen=True, slots=True)
class Ranged:
    """An element that applies to `areas`, with its formulas (text nodes)."""

    node: Node
    areas: list[Area]
    formulas: list[Node]
    _text: Node | None

    def edit(self, xml: bytes, areas: list[Area]) -> Edit:
        """The edit that makes it apply to other areas."""
        text = " ".join(map(str, areas))
        return attribute(xml, self.node, "sqref", text) if self._text is None else inner(xml, self._text, text)


def ranged(root: Node) -> Iterator[Ranged]:
    """All such elements of a worksheet; those whose ranges cannot be read are left out."""
    for node in root.all(*_HOLDERS):
        holder = node.child("sqref")
        text = holder.text if holder is not None else node.get("sqref")
        try:
            areas = [Area.parse(part) for part in text.split()]
        except WorkbookError:
            continue
        if areas:
            yield Ranged(node, areas, [f for f in node.all(*_FORMULAS) if not f.children], holder)


def without(xml: bytes, root: Node, gone: list[Node]) -> list[Edit]:
    """The edits that remove elements, their containers when nothing is left in them, and correct the counts."""
    if not gone:
        return []
    parents = {id(child): parent for parent in _within(root) for child in parent.children}
    removed = {id(n): n for n in gone}
    level = list(gone)
    while level:
        holders = [parents[id(n)] for n in level if id(n) in parents]
        level = [h for h in {id(h): h for h in holders if h is not root}.values() if _all_in(h.children, removed)]
        removed |= {id(n): n for n in level}
    edits: list[Edit] = []
    counts: dict[int, tuple[Node, int]] = {}
    for n in removed.values():
        parent = parents.get(id(n))
        if parent is not None and id(parent) in removed:
            continue
        edits.append((n.start, n.end, b""))
        if parent is not None and "count" in parent.attrs and parent.ns in SPREADSHEET:
            counts[id(parent)] = (parent, counts.get(id(parent), (parent, len(parent.children)))[1] - 1)
    edits += [attribute(xml, parent, "count", str(left)) for parent, left in counts.values()]
    return edits


def _all_in(nodes: list[Node], removed: dict[int, Node]) -> bool:
    return all(id(n) in removed for n in nodes)


def _within(root: Node) -> Iterator[Node]:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        yield node
        nodes += node.children
