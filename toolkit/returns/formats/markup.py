"""Tables written as markup: web pages saved as .xls by reporting systems, and Excel 2003's XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from lxml import etree, html

from toolkit.language import tr
from toolkit.returns.formats import Unreadable
from toolkit.returns.formats.text import decode
from toolkit.returns.grid import MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Grid, GridBuilder, Reading, Span
from toolkit.xlsx import CellError, Value
from toolkit.xlsx.numberformats import says_more, shown
from toolkit.xlsx.values import number

_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_BLOCKS = frozenset(("p", "div", "br", "li", "h1", "h2", "h3", "h4"))
_ABOVE = 8
"""Lines above a table, its title among them."""
_SPACE = re.compile(r"[ \t\r\f\v\n]+")


def read_html(data: bytes) -> Reading:
    """Each outer table of a page is a grid, with the last lines above it."""
    try:
        root = html.document_fromstring(_page(data), parser=html.HTMLParser(no_network=True, huge_tree=False))
    except (etree.LxmlError, ValueError, AssertionError, RecursionError) as e:
        if "memory" in str(e).lower():  # libxml2's way to say so
            raise MemoryError from e
        raise Unreadable("unreadable", why=tr("网页内容已损坏")) from e
    tables = [t for t in root.iter("table") if next(t.iterancestors("table"), None) is None][:MAX_SHEETS]
    if not tables:
        raise Unreadable("not_a_table", kind=tr("没有表格的网页"))
    builders = []
    grids: list[Grid] = []
    above = _lines_above(root)
    for count, table in enumerate(tables, 1):
        builder, spans = _html_table(table, above.get(table, ())[-_ABOVE:])
        builders.append(builder)
        grids.append(builder.build(f"表{count}", False, spans))
    return Reading(tuple(grids), (), any(b.cut for b in builders))


def _page(data: bytes) -> str:
    if m := _CHARSET.search(data[:2048]):
        encoding = m[1].decode("ascii").lower()
        encoding = "gb18030" if encoding in ("gb2312", "gbk", "gb_2312-80", "x-gbk") else encoding
        try:
            return data.decode(encoding).lstrip("\ufeff").replace("\0", "")
        except (UnicodeDecodeError, LookupError):
            pass
    text = decode(data)
    if text is None:
        raise Unreadable("unreadable", why=tr("看不出文字的编码"))
    # lxml refuses text that declares an encoding of its own.
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text.replace("\0", ""))


def _lines_above(root: etree._Element) -> dict[etree._Element, list[str]]:
    """The lines of text that stand before each outer table, behind the one before it."""
    found: dict[etree._Element, list[str]] = {}
    pieces: list[str] = []
    inside = 0  # tables, and what nobody sees
    for event, node in etree.iterwalk(root, events=("start", "end")):
        silent = not isinstance(node.tag, str) or node.tag in ("table", "script", "style", "head", "title")
        if event == "start":
            if node.tag == "table" and not inside:
                lines = (_SPACE.sub(" ", line).strip() for line in "".join(pieces).split("\n"))
                found[node] = [line for line in lines if line]
                pieces.clear()
            inside += silent
            if not inside:
                pieces += ["\n"] if node.tag in _BLOCKS else []
                pieces.append(_SPACE.sub(" ", node.text or ""))
        else:
            inside -= silent
            if not inside:
                pieces += ["\n"] if node.tag in _BLOCKS else []
                pieces.append(_SPACE.sub(" ", node.tail or ""))
    return found


def _html_table(table: etree._Element, above: Sequence[str]) -> tuple[GridBuilder, list[Span]]:
    builder, spans = GridBuilder(), []
    reserved: dict[int, int] = {}  # column -> the last row that a cell from above reaches
    row = 0
    for text_above in above:
        row += 1
        builder.add_row(row, {1: text_above})
    for line in table.iter("tr"):
        if next(line.iterancestors("table"), None) is not table:
            continue
        row += 1
        if _UNSEEN.search(line.get("style") or ""):
            builder.hidden_rows.add(row)
        column, cells = 0, {}
        for td in line:
            if td.tag not in ("td", "th"):
                continue
            column += 1
            while reserved.get(column, 0) >= row:
                column += 1
            wide = min(_count(td.get("colspan")), MAX_COLUMNS)
            tall = min(_count(td.get("rowspan")), MAX_ROWS)
            text, struck = _shown(td)
            if text:
                cells[column] = text
            if struck:
                builder.struck[row, column] = struck
            if next(td.iter("img"), None) is not None:
                builder.add_picture(row, column)
            if wide > 1 or tall > 1:
                spans.append(Span(row, column, row + tall - 1, column + wide - 1))
            for c in range(column, column + wide):
                reserved[c] = row + tall - 1
            column += wide - 1
            if column > MAX_COLUMNS:
                builder.cut = True
                break
        values: dict[int, Value] = dict(cells)
        if not builder.add_row(row, values):
            break
    return builder, spans


def _count(text: str | None) -> int:
    return max(1, int(text)) if text and re.fullmatch(r"[ ]*\d{1,6}[ ]*", text) else 1


_UNSEEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_STRUCK = re.compile(r"line-through", re.IGNORECASE)


def _shown(element: etree._Element) -> tuple[str, str]:
    """A cell's text, and what of it is struck out."""
    pieces: list[str] = []
    struck: list[str] = []
    within = 0  # elements that strike out

    def add(text: str) -> None:
        pieces.append(text)
        if within:
            struck.append(text)

    for event, node in etree.iterwalk(element, events=("start", "end")):
        if not isinstance(node.tag, str):
            if event == "end":
                add(node.tail or "")
            continue
        strikes = node.tag in ("s", "strike", "del") or bool(_STRUCK.search(node.get("style") or ""))
        if event == "start":
            within += strikes
            add(_SPACE.sub(" ", node.text or "") if node.tag not in ("script", "style") else "")
            pieces += ["\n"] if node.tag == "br" else []
        else:
            within -= strikes
            pieces += ["\n"] if node.tag in ("p", "div", "li") else []
            if node is not element:
                add(_SPACE.sub(" ", node.tail or ""))
    lines = (line.strip() for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line), "".join(struck).strip()


def read_spreadsheet_xml(data: bytes) -> Reading:
    """Excel 2003's "XML 表格" ([MS-OI29500] calls it SpreadsheetML 2003)."""
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as e:
        raise Unreadable("unreadable", why=tr("XML 表格已损坏")) from e
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("unreadable", why=tr("文件里有外部实体声明（DOCTYPE），为安全起见不读取"))
    builders: list[GridBuilder] = []
    grids: list[Grid] = []
    codes = dict(_codes(root))
    for sheet in root.findall(_SS + "Worksheet")[:MAX_SHEETS]:
        hidden = sheet.findtext(".//{*}Visible", "").strip() in ("SheetHidden", "SheetVeryHidden")
        builder, spans = GridBuilder(), []
        row = 0
        for line in sheet.iterfind(f"{_SS}Table/{_SS}Row"):
            row = _index(line, row + 1)
            cells: dict[int, Value] = {}
            column = 0
            for td in line.findall(_SS + "Cell"):
                column = _index(td, column + 1)
                across, down = (_count0(td.get(_SS + n)) for n in ("MergeAcross", "MergeDown"))
                if across or down:
                    spans.append(Span(row, column, row + down, column + across))
                if (value := _data(td)) is not None:
                    cells[column] = shown(value, codes.get(td.get(_SS + "StyleID") or "", ""))
                column += across
            if not builder.add_row(row, cells):
                break
        builders.append(builder)
        grids.append(builder.build(sheet.get(_SS + "Name") or f"表{len(grids) + 1}", hidden, spans))
    if not grids:
        raise Unreadable("unreadable", why=tr("工作簿里没有工作表"))
    return Reading(tuple(grids), (), any(b.cut for b in builders))


def _codes(root: etree._Element) -> Iterator[tuple[str, str]]:
    """(ID, number format code) of the styles by which people see something else than the number."""
    for style in root.iterfind(f"{_SS}Styles/{_SS}Style"):
        stated = style.find(_SS + "NumberFormat")
        code = "" if stated is None else stated.get(_SS + "Format") or ""
        code = "0%" if code == "Percent" else code
        if says_more(code):
            yield style.get(_SS + "ID") or "", code


def _index(element: etree._Element, otherwise: int) -> int:
    text = element.get(_SS + "Index") or ""
    return max(int(text), otherwise) if re.fullmatch(r"\d{1,7}", text) else otherwise


def _count0(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,7}", text) else 0


def _data(cell: etree._Element) -> Value:
    data = cell.find(_SS + "Data")
    if data is None:
        return None
    text = "".join(_texts(data))
    kind = data.get(_SS + "Type")
    try:
        if kind == "Number":
            return number(text)
        if kind == "DateTime":
            return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return text or None
    if kind == "Boolean":
        return text.strip() == "1"
    return CellError(text.strip()) if kind == "Error" else text or None


def _texts(element: etree._Element) -> Iterator[str]:
    for text in element.itertext():
        yield str(text)
