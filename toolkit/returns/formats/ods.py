"""OpenDocument spreadsheets, with what calamine leaves out: error values, merged ranges, pictures, text boxes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from lxml import etree

from toolkit.returns.grid import MAX_COLUMNS, MAX_SHEETS, Grid, GridBuilder, Reading, Span
from toolkit.xlsx import CellError, Value
from toolkit.xlsx.numberformats import shown
from toolkit.xlsx.values import number

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_IMAGE = _DRAW + "image"
_CALC_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_CELLS = (_TABLE + "table-cell", _TABLE + "covered-table-cell")
_REPEATED_ROWS = 1_000  # a filled row repeated more often is a fill to the sheet's end
_WORDS, _POWER = re.compile(r"[^\W\d_]"), re.compile(r"\dE[+-]?\d")  # 已完成500户; 1.5E+10 is a number
_TIME = re.compile(r"PT(\d+)H(\d+)M(\d+)")


def read_ods(data: bytes) -> Reading:
    """The sheets of an .ods, without its stamps.  Raises whatever zipfile and lxml do for a damaged one."""
    with zipfile.ZipFile(io.BytesIO(data)) as z, z.open("content.xml") as part:
        return _Sheets(part).read()


class _Sheets:
    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self._hidden: set[str] = set()  # names of table styles
        self._struck: set[str] = set()  # names of styles of cells and of pieces of text
        self._grids: list[Grid] = []
        self._cut = False

    def read(self) -> Reading:
        builder, spans, row, depth, name, hidden = GridBuilder(), list[Span](), 0, 0, "", False
        tags = (_TABLE + "table", _TABLE + "table-row", _TABLE + "shapes", _STYLE + "style")
        safe = {"no_network": True, "load_dtd": False, "resolve_entities": False, "huge_tree": False}
        events = etree.iterparse(self._part, ("start", "end"), tag=tags, **safe)
        for event, element in events:
            if element.tag == _STYLE + "style":
                if event == "end":
                    self._style(element)
            elif element.tag == _TABLE + "table":
                depth += 1 if event == "start" else -1
                if depth == 1 and event == "start":
                    builder, spans, row = GridBuilder(), [], 0
                    name = element.get(_TABLE + "name") or f"表{len(self._grids) + 1}"
                    hidden = element.get(_TABLE + "style-name") in self._hidden
                elif depth == 0:
                    self._cut = self._cut or builder.cut or len(self._grids) >= MAX_SHEETS
                    if len(self._grids) < MAX_SHEETS:
                        self._grids.append(builder.build(name, hidden, spans))
                    element.clear()
            elif event == "end" and depth == 1 and element.tag == _TABLE + "shapes":
                builder.boxes += [(1, 1, text) for text in _boxes(element)]  # fixed to the sheet, not to a cell
            elif event == "end" and depth == 1:
                row = self._row(element, row, builder, spans)
                element.clear(keep_tail=False)
        return Reading(tuple(self._grids), (), self._cut)

    def _style(self, element: etree._Element) -> None:
        properties = element.find(_STYLE + "table-properties")
        if properties is not None and properties.get(_TABLE + "display") == "false":
            self._hidden.add(element.get(_STYLE + "name") or "")
        text = element.find(_STYLE + "text-properties")
        lines = (_STYLE + f"text-line-through-{how}" for how in ("type", "style"))
        if text is not None and any(text.get(line, "none") != "none" for line in lines):
            self._struck.add(element.get(_STYLE + "name") or "")

    def _row(self, element: etree._Element, row: int, builder: GridBuilder, spans: list[Span]) -> int:
        """Takes one row element; the number of the last row that it stands for."""
        repeated = _count(element.get(_TABLE + "number-rows-repeated"))
        cells: dict[int, Value] = {}
        column = 0
        for cell in element:
            if cell.tag not in _CELLS:
                continue
            times = _count(cell.get(_TABLE + "number-columns-repeated"))
            value = _value(cell) if cell.tag == _CELLS[0] else None
            if value is not None:
                cells.update((column + 1 + n, value) for n in range(min(times, MAX_COLUMNS + 1)))
            if (note := cell.find(_OFFICE + "annotation")) is not None and (said := _text(note).strip()):
                builder.comments.append((row + 1, column + 1, said))
            if value is not None and self._struck and (out := self._struck_of(cell).strip()):
                builder.struck[row + 1, column + 1] = out
            builder.boxes += [(row + 1, column + 1, text) for text in _boxes(cell)]
            if next(cell.iter(_IMAGE), None) is not None:
                builder.add_picture(row + 1, column + 1)
            wide, tall = (_count(cell.get(_TABLE + f"number-{n}-spanned")) for n in ("columns", "rows"))
            if wide > 1 or tall > 1:
                spans.append(Span(row + 1, column + 1, row + tall, column + wide))
            column += times
        if element.get(_TABLE + "visibility") in ("collapse", "filter"):
            builder.hidden_rows.update(range(row + 1, row + 1 + min(repeated, _REPEATED_ROWS)))
        if cells:
            builder.cut = builder.cut or repeated > _REPEATED_ROWS
            for n in range(min(repeated, _REPEATED_ROWS)):
                if not builder.add_row(row + 1 + n, dict(cells)):
                    break
        return row + repeated


    def _struck_of(self, cell: etree._Element) -> str:
        if cell.get(_TABLE + "style-name") in self._struck:
            return _text(cell)
        spans = (s for p in cell.findall(_TEXT + "p") for s in p.iter(_TEXT + "span"))
        return "".join("".join(_pieces(s)) for s in spans if s.get(_TEXT + "style-name") in self._struck)


def _count(text: str | None) -> int:
    return max(1, int(text)) if text and re.fullmatch(r"\d{1,7}", text) else 1


def _value(cell: etree._Element) -> Value:
    kind = cell.get(_OFFICE + "value-type")
    if kind is None:
        return None
    if cell.get(_CALC_TYPE) == "error":
        return CellError(_text(cell))
    try:
        if kind in ("float", "percentage", "currency"):
            value = number(cell.get(_OFFICE + "value") or "")
            if _WORDS.search(_POWER.sub("", text := _text(cell).strip())):
                return text
            return shown(value, "0%") if kind == "percentage" else value
        if kind == "date":
            return datetime.fromisoformat(cell.get(_OFFICE + "date-value") or "").replace(tzinfo=None)
    except ValueError:
        return _text(cell) or None
    if kind == "boolean":
        return cell.get(_OFFICE + "boolean-value") == "true"
    if kind == "time" and (m := _TIME.match(cell.get(_OFFICE + "time-value") or "")):
        return f"{int(m[1]):02}:{int(m[2]):02}:{int(m[3]):02}"
    return _text(cell) or None


def _text(cell: etree._Element) -> str:
    """The paragraphs of a cell; its comment (office:annotation) is a child beside them."""
    return "\n".join("".join(_pieces(p)) for p in cell.findall(_TEXT + "p"))


def _boxes(parent: etree._Element) -> Iterator[str]:
    """What stands in the text boxes of a cell or a sheet."""
    for child in parent:
        if isinstance(child.tag, str) and child.tag.startswith(_DRAW):
            lines = ("".join(_pieces(p)).strip() for p in child.iter(_TEXT + "p"))
            if text := "\n".join(filter(None, lines)):
                yield text


def _pieces(element: etree._Element) -> list[str]:
    pieces = [element.text or ""]
    for child in element:
        if child.tag == _TEXT + "s":
            pieces.append(" " * min(_count(child.get(_TEXT + "c")), 1000))
        elif child.tag in (_TEXT + "tab", _TEXT + "line-break"):
            pieces.append("\t" if child.tag == _TEXT + "tab" else "\n")
        elif child.tag != _TEXT + "ruby-text" and isinstance(child.tag, str) and not child.tag.startswith(_OFFICE):
            pieces += _pieces(child)
        pieces.append(child.tail or "")
    return pieces
