"""styles.xml: what the cell styles show of a number, and new styles that show dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from toolkit.language import tr
from toolkit.xlsx.cellxml import attributes
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.numberformats import built_in, format_kind, says_more
from toolkit.xlsx.package import Package
from toolkit.xlsx.scan import ATTRIBUTES, Edit, Node, attribute, insert_child, mask, prefix, splice, unescape

_DATE, _MOMENT = "14", "22"
_CELL_STYLES = re.compile(rb"<((?:[^\s<>/!?:]+:)?)cellXfs[\s>](.*?)</\1cellXfs\s*>", re.DOTALL)
_STYLE = re.compile(rb"<(?:[^\s<>/!?:]+:)?xf(?=[\s/>])" + ATTRIBUTES)
_FORMATS = re.compile(rb"<((?:[^\s<>/!?:]+:)?)numFmts[\s>](.*?)</\1numFmts\s*>", re.DOTALL)
_FORMAT = re.compile(rb"<(?:[^\s<>/!?:]+:)?numFmt(?=[\s/>])" + ATTRIBUTES)
_NO_STYLES = tr("工作簿缺少单元格样式，请用 Excel 打开后另存")


@lru_cache(maxsize=16)
def _formats(xml: bytes) -> tuple[Sequence[str], Sequence[str]] | None:
    """The kinds of all styles, and their codes where people see something else than the number; None where there are no
    styles.  Read by scanning: every sheet with a number needs them, and a tree takes long.  The forms of a round have
    their styles in common.
    """
    xml = mask(xml)
    listed, formats = _CELL_STYLES.search(xml), _FORMATS.search(xml)
    if listed is None:
        return None
    own = {}
    for tag in _FORMAT.findall(formats[2]) if formats else ():
        a = attributes(tag)
        own[a.get(b"numFmtId")] = unescape(a.get(b"formatCode", b""))
    codes = []
    for tag in _STYLE.findall(listed[2]):
        number = attributes(tag).get(b"numFmtId", b"0")
        codes.append(own[number] if number in own else built_in(int(number)) if number.isdigit() else "")
    return tuple(map(format_kind, codes)), tuple(c if says_more(c) else "" for c in codes)


class Styles:
    """The cell styles of a workbook."""

    def __init__(self, package: Package, part: str | None) -> None:
        self._package, self._part = package, part
        self._formats: tuple[Sequence[str], Sequence[str]] | None = None
        self._sizes: list[float] | None = None
        self.version = 0
        """Another number whenever the styles have changed."""

    def forget(self) -> None:
        self._formats = self._sizes = None
        self.version += 1

    def kind(self, style: int) -> str:
        """What a number with this style shows as: "date", "time", "percent", or "" for none of them."""
        kinds = self._all()[0]
        return kinds[style] if 0 <= style < len(kinds) else ""

    def codes(self) -> Mapping[int, str]:
        """The number format codes of the styles by which people see something else than the number."""
        return {style: code for style, code in enumerate(self._all()[1]) if code}

    def _all(self) -> tuple[Sequence[str], Sequence[str]]:
        if self._formats is None:
            self._formats = self._read()
        return self._formats

    def font_size(self, style: int) -> float:
        """The font size of a cell style in points."""
        if self._sizes is None:
            self._sizes = self._read_sizes()
        return self._sizes[style] if 0 <= style < len(self._sizes) else 11.0

    def wraps(self, style: int) -> bool:
        """Whether a text with this style goes on in a second line."""
        if self._part is None or not self._package.has(self._part):
            return False
        styles = self._xfs(self._package.tree(self._part)[1]).children
        alignment = styles[style].child("alignment") if style < len(styles) else None
        return alignment is not None and alignment.get("wrapText") in ("1", "true")

    def _read_sizes(self) -> list[float]:
        if self._part is None or not self._package.has(self._part):
            return []
        root = self._package.tree(self._part)[1]
        fonts = root.child("fonts")
        sizes = []
        for font in fonts.children if fonts else ():
            stated = font.child("sz")
            try:
                sizes.append(float(stated.get("val")) if stated is not None else 11.0)
            except ValueError:
                sizes.append(11.0)
        ids = [xf.get("fontId", "0") for xf in self._xfs(root).children]
        return [sizes[int(i)] if i.isdigit() and int(i) < len(sizes) else 11.0 for i in ids]

    def _read(self) -> tuple[Sequence[str], Sequence[str]]:
        if self._part is None or not self._package.has(self._part):
            return (), ()
        formats = _formats(self._package.xml(self._part))
        if formats is None:
            raise WorkbookError(Reason.DAMAGED, _NO_STYLES, self._part)
        return formats

    def _xfs(self, root: Node) -> Node:
        found = root.child("cellXfs")
        if found is None:
            raise WorkbookError(Reason.DAMAGED, _NO_STYLES, self._part or "")
        return found

    def dated(self, style: int, moment: bool) -> int:
        """A style like this one that shows a date (and the time of day): itself, a fitting or a new one."""
        if self.kind(style) == "date":
            return style
        if self._part is None or not self._package.has(self._part):
            raise WorkbookError(Reason.UNSUPPORTED, tr("工作簿没有样式表，不能写入日期，请用 Excel 打开后另存再试"))
        xml, root = self._package.tree(self._part)
        xfs = self._xfs(root)
        if not xfs.children:
            raise WorkbookError(Reason.DAMAGED, _NO_STYLES, self._part)
        model = xfs.children[style] if style < len(xfs.children) else xfs.children[0]
        clone = xml[model.start : model.end]
        clone = _with(model, clone, applyNumberFormat="1", numFmtId=_MOMENT if moment else _DATE)
        return self._added(xml, xfs, clone)

    def smaller(self, style: int, size: float) -> int:
        """A style like this one with letters of so many points, and a text that begins at the top of its cell."""
        if self._part is None or not self._package.has(self._part):
            return style
        xml, root = self._package.tree(self._part)
        fonts, xfs = root.child("fonts"), self._xfs(root)
        number = xfs.children[style].number("fontId") if style < len(xfs.children) else 0
        if fonts is None or number >= len(fonts.children):
            return style
        font = self._added(xml, fonts, _sized(xml, fonts.children[number], size))
        xml, root = self._package.tree(self._part)
        xfs = self._xfs(root)
        model = xfs.children[style]
        clone = _aligned(xml, model, "vertical", "top")
        return self._added(xml, xfs, _with(model, clone, fontId=str(font), applyFont="1", applyAlignment="1"))

    def wrapping(self, style: int) -> int:
        """A style like this one whose text goes on in a second line."""
        if self._part is None or not self._package.has(self._part) or self.wraps(style):
            return style
        xml, root = self._package.tree(self._part)
        xfs = self._xfs(root)
        if style >= len(xfs.children):
            return style
        model = xfs.children[style]
        return self._added(xml, xfs, _with(model, _aligned(xml, model, "wrapText", "1"), applyAlignment="1"))

    def _added(self, xml: bytes, parent: Node, new: bytes) -> int:
        """Where a font or style stands in its list: the one that is the same already, or this one, added."""
        for i, child in enumerate(parent.children):
            if xml[child.start : child.end] == new:
                return i
        count = len(parent.children)
        edits: list[Edit] = [insert_child(xml, parent, new)]
        if "count" in parent.attrs:
            edits.append(attribute(xml, parent, "count", str(count + 1)))
        assert self._part is not None
        self._package.write(self._part, splice(xml, edits))
        self.forget()
        return count


def _with(model: Node, clone: bytes, **values: str) -> bytes:
    """A copied element with these attributes."""
    for name, value in values.items():
        clone = splice(clone, [attribute(clone, _rebased(model, clone), name, value)])
    return clone


def _aligned(xml: bytes, model: Node, name: str, value: str) -> bytes:
    """A copied cell style whose alignment says this."""
    if (alignment := model.child("alignment")) is not None:
        return _edited(xml, model, attribute(xml, alignment, name, value))
    new = b'<%balignment %b="%b"/>' % (prefix(xml, model), name.encode(), value.encode())
    return _edited(xml, model, insert_child(xml, model, new, ("protection", "extLst")))


def _sized(xml: bytes, font: Node, size: float) -> bytes:
    """A copied font with letters of so many points."""
    if (stated := font.child("sz")) is not None:
        return _edited(xml, font, attribute(xml, stated, "val", f"{size:g}"))
    new = b"<" + prefix(xml, font) + b'sz val="%g"/>' % size
    return _edited(xml, font, insert_child(xml, font, new, ("color", "name", "family", "charset", "scheme")))


def _edited(xml: bytes, node: Node, edit: Edit) -> bytes:
    """A copied element with an edit of its own or of what is in it."""
    start, end, value = edit
    return splice(xml[node.start : node.end], [(start - node.start, end - node.start, value)])


def _rebased(model: Node, clone: bytes) -> Node:
    """A node for the start tag of a copied element."""
    return Node(model.ns, model.name, model.attrs, clone, 0)
