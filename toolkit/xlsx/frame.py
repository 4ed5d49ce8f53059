"""All of a worksheet's XML but its rows (columns, merged ranges, page breaks, whatever is behind), as a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from toolkit.xlsx.cellxml import Patterns, attributes
from toolkit.xlsx.openrow import damaged
from toolkit.xlsx.refs import Area
from toolkit.xlsx.scan import (
    SPREADSHEET,
    Edit,
    Node,
    attribute,
    insert_child,
    mask,
    parse,
    prefix,
    splice,
    unescape,
)

_BEFORE_MERGES = frozenset(
    ("sheetData", "sheetCalcPr", "sheetProtection", "protectedRanges", "scenarios", "autoFilter", "sortState",
     "dataConsolidate", "customSheetViews")
)  # fmt: skip
_BEFORE_BREAKS = _BEFORE_MERGES | {
    "mergeCells", "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions",
    "pageMargins", "pageSetup", "headerFooter",
}  # fmt: skip
_PAPERS = {"8": (297, 420), "9": (210, 297), "11": (148, 210), "13": (182, 257), "1": (215.9, 279.4)}
"""paperSize -> width and height in mm: A3, A4, A5, B5, Letter."""
_WIDTH = 8.43  # of a column that states none, in Excel's own default font
_PLAIN = re.compile(rb"[0-9]{1,9}")
TRUE = (b"1", b"true")


class Frame:
    """What stands around the rows of a worksheet, as it is: an edit gives another one.

    `hole`: where in `xml` the rows go.  Raises WorkbookError DAMAGED, at the first look at its tree, for XML that is
    no worksheet.
    """

    def __init__(self, xml: bytes, hole: int, part: str, patterns: Patterns, *, masked: bool) -> None:
        self.xml, self.hole = xml, hole
        self._part, self._patterns = part, patterns
        self._masked = masked  # it has comments or CDATA, in which what looks like a tag is none
        self._columns: dict[int, Node | None] = {}
        self._widths: dict[int, float] = {}

    @cached_property
    def tree(self) -> Node:
        tree = parse(self.xml, self._part)
        if tree.name != "worksheet" or tree.ns not in SPREADSHEET:
            raise damaged(self._part, tree.name)
        return tree

    def edited(self, edits: Sequence[Edit]) -> Frame:
        """The frame with these edits made."""
        hole = self.hole
        hole += sum(len(new) - (end - start) for start, end, new in edits if end <= hole and start < hole)
        return Frame(splice(self.xml, edits), hole, self._part, self._patterns, masked=self._masked)

    # columns

    def column_width(self, column: int) -> float:
        """The width of a column in characters; 0 for a hidden one."""
        width = self._widths.get(column)
        if width is None:
            width = self._widths[column] = self._column_width(column)
        return width

    def _column_width(self, column: int) -> float:
        if (col := self._column(column)) is not None:
            return 0.0 if col.get("hidden") in ("1", "true") else _points(col.get("width"))
        form = self.tree.child("sheetFormatPr")
        return _points(form.get("defaultColWidth")) if form is not None else _WIDTH

    def column_style(self, column: int) -> int:
        col = self._column(column)
        return col.number("style") if col is not None else 0

    def _column(self, column: int) -> Node | None:
        known = self._columns
        if column not in known:
            listed = (col for cols in self.tree.children if cols.name == "cols" for col in cols.children)
            known[column] = next((c for c in listed if c.number("min") <= column <= c.number("max")), None)
        return known[column]

    def hidden_columns(self) -> Iterator[tuple[int, int]]:
        """The first and the last of each run of hidden columns."""
        if b"hidden" in self.xml:
            for tag in self._patterns.column.findall(self._scanned()):
                if b"hidden" in tag and (run := _hidden(tag)) is not None:
                    yield run

    def width_edits(self, column: int, like: int, least: float) -> list[Edit]:
        """The edits that make a column as wide as another, but `least` at least; none where its width is stated."""
        model, cols = self._column(like), self.tree.child("cols")
        if model is None or cols is None or self._column(column) is not None:
            return []
        tag, width = b'<%bcol min="%d" max="%d" width="%b" customWidth="1"/>', max(least, _points(model.get("width")))
        new = tag % (self._patterns.prefix, column, column, b"%g" % width)
        later = next((c for c in cols.children if c.number("min") > column), None)
        return [(later.start, later.start, new) if later else insert_child(self.xml, cols, new)]

    # merged ranges, pages

    @cached_property
    def merges(self) -> list[Area]:
        """The merged ranges; found by scanning, as every edit of a cell asks for them."""
        return [_merged(tag) for tag in self._patterns.merge.findall(self._scanned())]

    def merge_edits(self, area: Area) -> list[Edit]:
        """The edits that add a merged range."""
        tree = self.tree
        merges = tree.child("mergeCells")
        cell = b'mergeCell ref="' + str(area).encode() + b'"/>'
        if merges is not None and merges.children:
            last = merges.children[-1]
            edits = [(last.end, last.end, b"<" + prefix(self.xml, last) + cell)]
            if merges.get("count"):
                edits.append(attribute(self.xml, merges, "count", str(len(merges.children) + 1)))
            return edits
        at, like = self._behind(_BEFORE_MERGES)
        new = b'<%bmergeCells count="1"><%b%b</%bmergeCells>' % (like, like, cell, like)
        return [(merges.start, merges.end, new) if merges is not None else (at, at, new)]

    @property
    def has_breaks(self) -> bool:
        return self.tree.child("rowBreaks") is not None

    def break_edits(self, rows: Sequence[int]) -> list[Edit]:
        """The edits that begin a new page below each of these rows, on a sheet that has no breaks."""
        at, like = self._behind(_BEFORE_BREAKS)
        each = b"".join(b'<%bbrk id="%d" max="16383" man="1"/>' % (like, row) for row in rows)
        count = len(rows)
        new = b'<%browBreaks count="%d" manualBreakCount="%d">%b</%browBreaks>' % (like, count, count, each, like)
        return [(at, at, new)]

    def _behind(self, names: Iterable[str]) -> tuple[int, bytes]:
        """The place behind the last of these elements, and its prefix."""
        last = [n for n in self.tree.children if n.name in names][-1]
        return last.end, prefix(self.xml, last)

    @property
    def page_height(self) -> float:
        """Points between the upper and the lower margin of a printed page."""
        setup, margins = self.tree.child("pageSetup"), self.tree.child("pageMargins")
        width, height = _PAPERS.get(setup.get("paperSize") if setup else "9", _PAPERS["9"])
        lying = setup is not None and setup.get("orientation") == "landscape"
        inches = [float(margins.get(edge) or 0.75) if margins else 0.75 for edge in ("top", "bottom")]
        return (width if lying else height) / 25.4 * 72 - sum(inches) * 72

    # the cells it speaks of

    @property
    def dimension(self) -> Area | None:
        """The range of the cells, as the sheet states it; None where it does not."""
        node = self.tree.child("dimension")
        return Area.parse(node.get("ref")) if node is not None and node.get("ref") else None

    def stating(self, dimension: Area) -> Frame:
        """The frame with that range stated, if one is stated at all."""
        node = self.tree.child("dimension")
        return self if node is None else self.edited([attribute(self.xml, node, "ref", str(dimension))])

    def opened(self) -> tuple[bytes, int]:
        """Of a frame whose sheetData is an empty tag: the XML with one that can take rows, and where they go."""
        end = b"</" + self._patterns.prefix + b"sheetData>"
        xml = self.xml[: self.hole - 2].rstrip() + b">" + end + self.xml[self.hole :]
        return xml, xml.index(end)

    def _scanned(self) -> bytes:
        return mask(self.xml) if self._masked else self.xml


@lru_cache(maxsize=512)
def _merged(tag: bytes) -> Area:
    """The range of a `<mergeCell>`: the forms of a round have theirs in common."""
    return Area.parse(unescape(attributes(tag).get(b"ref", b"")))


@lru_cache(maxsize=128)
def _hidden(tag: bytes) -> tuple[int, int] | None:
    """The columns that a `<col>` hides, the first and the last."""
    given = attributes(tag)
    first, last = given.get(b"min", b""), given.get(b"max", b"")
    if given.get(b"hidden") in TRUE and _PLAIN.fullmatch(first) and _PLAIN.fullmatch(last):
        return int(first), int(last)
    return None


def _points(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return _WIDTH
