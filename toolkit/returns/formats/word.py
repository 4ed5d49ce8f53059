"""Word files: one grid from top to bottom, paragraphs and tables alike.

.docx is read as it is; .doc, .wps, .rtf, .odt and Word 2003 XML are turned into .docx by LibreOffice, where it is
installed.
"""

from __future__ import annotations

import io
import lzma
import zipfile
from collections import Counter

from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.notice.source import compound_suffix
from toolkit.notice.word import MOST_BYTES, Block, Box, Table, read_word
from toolkit.returns.formats import Unreadable
from toolkit.returns.formats.sniff import Kind
from toolkit.returns.formats.stamps import stamps_in
from toolkit.returns.grid import GridBuilder, Reading, Span
from toolkit.soffice import ConversionError, convert, find_soffice
from toolkit.xlsx import Value

CONVERT_SECONDS = 17
"""Less than a reader may take (returns/sandbox.py), so that LibreOffice never outlives the one that started it."""

_FEW_WORDS = 40
"""Characters beside a photographed page; a document with a table or with more text is worth reading."""

_SUFFIX = {Kind.RTF: ".rtf", Kind.ODT: ".odt", Kind.WORD_XML: ".xml"}


def read_docx(data: bytes) -> Reading:
    """A .docx."""
    try:
        blocks = read_word(data, boxes=True)
    except NoticeError as e:
        raise _unreadable(e) from e
    except (RecursionError, lzma.LZMAError, AttributeError) as e:
        raise Unreadable("unreadable", why=tr("Word 文件的内部结构异常")) from e
    words = sum(len(b.strip()) if isinstance(b, str) else _FEW_WORDS for b in blocks)
    if words < _FEW_WORDS and _has_pictures(data):
        raise Unreadable("not_a_table", kind=tr("只有图片、没有表格的 Word 文件"))
    builder, spans, places = _grid(blocks)
    return Reading((builder.build("文档", False, spans, places),), stamps_in(_properties(data)), builder.cut)


def read_old_word(data: bytes, kind: Kind) -> Reading:
    """A .doc, .wps, .rtf, .odt or Word 2003 XML."""
    try:
        suffix = _SUFFIX.get(kind) or compound_suffix(data)
    except NoticeError as e:
        raise _unreadable(e) from e
    program = find_soffice()
    if program is None:
        remedy = tr("请报送单位用 Word 或 WPS 另存为 .docx 后再报；或在本机安装 LibreOffice")
        raise Unreadable("no_extractor", kind=kind, tool="LibreOffice", remedy=remedy)
    try:
        converted = convert(data, suffix, ".docx", program=program, seconds=CONVERT_SECONDS, most=MOST_BYTES)
    except ConversionError as e:
        if e.slow:
            raise Unreadable("too_slow", seconds=CONVERT_SECONDS) from e
        raise Unreadable("unreadable", why=e.what) from e
    return read_docx(converted)


def _unreadable(error: NoticeError) -> Unreadable:
    if "密码" in error.what:
        return Unreadable("encrypted")
    if "太大" in error.what:
        return Unreadable("too_big", why=tr("解开后超过 {megabytes} MB", megabytes=MOST_BYTES >> 20))
    return Unreadable("unreadable", error.where, why=error.what)


def _grid(blocks: tuple[Block, ...]) -> tuple[GridBuilder, list[Span], dict[int, str]]:
    builder, spans, places = GridBuilder(), list[Span](), dict[int, str]()
    several = sum(not isinstance(b, str) for b in blocks) > 1
    row = paragraphs = tables = 0
    for block in blocks:
        if builder.full:
            builder.cut = True
            break
        if isinstance(block, str):
            row, paragraphs = row + 1, paragraphs + (not isinstance(block, Box))
            if text := block.strip():
                if isinstance(block, Box):
                    builder.boxes.append((row, 1, text))
                builder.add_row(row, {1: text})
                places[row] = tr("第{number}段", number=paragraphs)
            continue
        tables += 1
        name = tr("表格{number}", number=tables) if several else tr("表格")
        for count in range(1, len(block) + 1):
            places[row + count] = tr("{table}第{row}行", table=name, row=count)
        _table(block, row, builder, spans)
        row += len(block)
    return builder, spans, places


def _table(table: Table, above: int, builder: GridBuilder, spans: list[Span]) -> None:
    columns = _columns(table)
    started: dict[tuple[int, int], tuple[int, int]] = {}  # columns of a cell -> its rows so far
    for number, line in enumerate(table, above + 1):
        cells: dict[int, Value] = {}
        going_on: dict[tuple[int, int], tuple[int, int]] = {}
        for cell in line:
            first = columns.get(cell.start, cell.start + 1)
            last = max(first, columns.get(cell.end, cell.end + 1) - 1)
            before = started.pop((first, last), None) if cell.carried else None
            going_on[first, last] = (before[0] if before else number, number)
            if cell.carried and before:
                continue
            if text := "\n".join(cell.numbered or cell.lines) or cell.number:
                # A cell that was split in two in this row alone stands under one heading all the same.
                cells[first] = f"{cells[first]}\n{text}" if first in cells else text
            if cell.picture:
                builder.add_picture(number, first)
            if cell.struck:
                builder.struck[number, first] = cell.struck
            builder.comments += [(number, first, text) for text in cell.comments]
        _close(started, spans)
        started = going_on
        if not builder.add_row(number, cells):
            break
    _close(started, spans)


def _close(started: dict[tuple[int, int], tuple[int, int]], spans: list[Span]) -> None:
    for (first, last), (top, bottom) in started.items():
        if (top, first) != (bottom, last):
            spans.append(Span(top, first, bottom, last))


def _columns(table: Table) -> dict[int, int]:
    """Where Word's grid columns stand in the table as people see it.

    A border dragged a little in one row adds a grid column to every row.  The rows that have the usual number of
    cells agree on the columns; where they do not, Word's own grid is kept.
    """
    usual = Counter(len(line) for line in table).most_common(1)
    if not usual or usual[0][0] < 2:
        return {}
    found: dict[int, int] = {}
    widest = max((cell.end for line in table for cell in line), default=0)
    for line in table:
        if len(line) != usual[0][0]:
            continue
        for column, cell in enumerate(line, 1):
            if found.setdefault(cell.start, column) != column:
                return {}
    for start in range(widest + 1):  # what starts elsewhere belongs to the column on its left
        if start not in found:
            found[start] = usual[0][0] + 1 if start == widest else found.get(start - 1, 1)
    return found


def _properties(data: bytes) -> list[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z, z.open("docProps/custom.xml") as part:
            return [part.read(1 << 20)]
    except Exception:  # none, or damaged in one of zipfile's many ways: a file without stamps
        return []


def _has_pictures(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return any(n.startswith("word/media/") for n in z.namelist())


