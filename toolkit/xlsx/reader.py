"""Cells as values: shared strings, styles that mean dates, cached results of formulas."""

from __future__ import annotations

import re
from array import array
from datetime import datetime

from toolkit.xlsx.cellxml import Cell
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.package import Package
from toolkit.xlsx.scan import check, mask, plain, unescape
from toolkit.xlsx.sheetxml import SheetXml
from toolkit.xlsx.styles import Styles
from toolkit.xlsx.values import CellError, TextReader, Value, decode_text, from_serial, number

_SST = re.compile(rb"<([^\s/>!?]*?)sst[\s/>]")


class SharedStrings:
    """sharedStrings.xml, each string decoded when first asked for."""

    def __init__(self, package: Package, part: str | None) -> None:
        self._package, self._part = package, part
        self._xml = b""
        self._starts: array[int] | None = None
        self._texts: dict[int, str] = {}

    def __getitem__(self, index: int) -> str:
        if self._starts is None:
            self._starts = self._load()
        text = self._texts.get(index)
        if text is None:
            if not 0 <= index < len(self._starts) - 1:
                raise WorkbookError(
                    Reason.DAMAGED, "工作簿的文字表已损坏，请用 Excel 打开修复并另存后再试。", self._part or ""
                )
            text = self._texts[index] = self._read(plain(self._xml[self._starts[index] : self._starts[index + 1]]))
        return text

    def _load(self) -> array[int]:
        if self._part is None or not self._package.has(self._part):
            return array("q", [0])
        xml = self._package.xml(self._part)
        check(xml, self._part)
        scan = mask(xml)
        root = _SST.search(scan)
        prefix = root[1] if root else b""
        self._xml, self._read = xml, TextReader(prefix)
        starts = array("q", (m.start() for m in re.finditer(rb"<" + re.escape(prefix) + rb"si(?=[\s/>])", scan)))
        starts.append(len(xml))
        return starts


class Reader:
    """Reads the cells of one workbook's sheets."""

    def __init__(self, strings: SharedStrings, styles: Styles, date1904: bool) -> None:
        self._strings, self._styles, self._date1904 = strings, styles, date1904

    def value(self, sheet: SheetXml, cell: Cell) -> Value:
        """The cell's value, for a formula the result that was stored with it; None when it is empty."""
        inner = cell.inner
        if not inner:
            return None
        a = cell.attributes
        kind = a.get(b"t", b"n")
        inner = plain(inner)
        if kind == b"inlineStr":
            return TextReader(sheet.prefix)(inner) or None
        m = sheet.patterns.value.search(inner)
        if m is None:
            return None
        raw = m[1]
        if kind == b"s":
            return self._shared(raw, cell)
        if kind == b"n":
            return self._number(unescape(raw), cell.style)
        text = unescape(raw)
        if kind == b"str":
            return decode_text(text) or None
        if kind == b"b":
            return text.strip() in ("1", "true")
        if kind == b"e":
            return CellError(text.strip())
        return self._iso_date(text) if kind == b"d" else text

    def _shared(self, raw: bytes, cell: Cell) -> str | None:
        try:
            return self._strings[int(raw)] or None
        except (ValueError, WorkbookError) as e:
            raise WorkbookError(
                Reason.DAMAGED, f"单元格 {cell.name} 的文字已损坏，请用 Excel 打开修复并另存后再试。", cell.name
            ) from e

    def _number(self, text: str, style: int) -> Value:
        try:
            value = number(text)
        except ValueError:
            return text.strip() or None
        if style and (kind := self._styles.kind(style)) and (value >= 1 or kind == "date") and value >= 0:
            return from_serial(value, self._date1904) or value
        return value

    @staticmethod
    def _iso_date(text: str) -> Value:
        try:
            return datetime.fromisoformat(text.strip())
        except ValueError:
            return text.strip() or None
