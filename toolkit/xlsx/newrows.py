"""Rows that are added to a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.xlsx.cellxml import attributes
from toolkit.xlsx.openrow import cell_xml, wider
from toolkit.xlsx.refs import cell_name
from toolkit.xlsx.scan import attribute_edit, splice
from toolkit.xlsx.sheetxml import SheetXml


class RowsLike:
    """Rows that are added to a sheet, with the height and the format of one that is there."""

    def __init__(self, xml: SheetXml, like: int) -> None:
        model = xml.row(like)
        assert model is not None
        opened = xml.patterns.row.match(model)
        assert opened is not None
        tag = opened[0][:-2] + b">" if opened[2] else opened[0]
        for name, value in ((b"r", b""), (b"hidden", None), (b"collapsed", None)):
            tag = splice(tag, [attribute_edit(tag, 0, len(tag) - 1, name, value)])
        self._xml, self._tag, self._spans = xml, tag, attributes(tag).get(b"spans", b"")
        self._tags: dict[tuple[int, int] | None, tuple[bytes, bytes]] = {}

    def _around_number(self, columns: tuple[int, int] | None) -> tuple[bytes, bytes]:
        """The start tag of a row with cells from one column to another, before and behind the row's number."""
        if (known := self._tags.get(columns)) is None:
            tag = self._tag
            if columns is not None and (spans := wider(self._spans, *columns)) is not None:
                tag = splice(tag, [attribute_edit(tag, 0, len(tag) - 1, b"spans", spans)])
            at, end, _ = attribute_edit(tag, 0, len(tag) - 1, b"r", b"")
            known = self._tags[columns] = tag[:at], tag[end:]
        return known

    def add(self, number: int, cells: Sequence[tuple[int, bytes, bytes, int]]) -> None:
        """Adds a row, with these cells, from the left: column, type, content, style."""
        p = self._xml.prefix
        columns = (cells[0][0], cells[-1][0]) if cells else None
        before, behind = self._around_number(columns)
        parts = [before, b"%d" % number, behind]
        for column, kind, inner, style in cells:
            tag = b' r="%b"' % cell_name(number, column).encode()
            tag += (b' s="%d"' % style if style else b"") + (b' t="%b"' % kind if kind else b"")
            parts.append(cell_xml(p, tag, inner))
        parts.append(b"</%brow>" % p)
        self._xml.add_row(number, b"".join(parts), columns)
