"""Workbooks: ours for .xlsx and .xlsm, calamine for the other formats and for what ours refuses.

Formula cells give the results stored with them; macros and external links are bytes that nobody looks at.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from toolkit.forms.stamp import NAME, PROPERTY
from toolkit.language import tr
from toolkit.returns.formats import Unreadable
from toolkit.returns.formats.biff import Marks, is_encrypted, marks_in
from toolkit.returns.formats.stamps import stamps_in
from toolkit.returns.grid import MAX_COLUMNS, MAX_SHEETS, Grid, GridBuilder, Reading, Span
from toolkit.xlsx import CellError, Reason, Value, Workbook, WorkbookError, cell_name
from toolkit.xlsx.numberformats import clock, shown
from toolkit.xlsx.scan import Node

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_DISPIMG = re.compile(r"\s*=?\s*(?:_xlfn\.)?DISPIMG\(", re.IGNORECASE)
_ANCHORS = ("oneCellAnchor", "twoCellAnchor")
_MOST_PART = 64 << 20  # of a part that is only searched for stamps
_WALKED = 2_000_000  # cells of a used range that are looked through for filled ones


# .xlsx and .xlsm


def read_xlsx(data: bytes) -> Reading:
    """By our own reader; by calamine where ours finds the file damaged or does not know its dialect."""
    try:
        return _read_ours(data)
    except WorkbookError as e:
        if e.reason is Reason.ENCRYPTED:
            raise Unreadable("encrypted") from e
        if e.reason is Reason.UNSAFE:
            if "解压后过大" in e.message:
                raise Unreadable("bomb", why=tr("工作簿内部")) from e
            raise Unreadable("unreadable", e.where, why=e.message) from e
        try:
            return read_by_calamine(data)
        except Unreadable:
            raise Unreadable("unreadable", e.where, why=e.message) from e


def _read_ours(data: bytes) -> Reading:
    with Workbook.from_bytes(data) as workbook:
        stamps = [workbook.properties.get(PROPERTY, "")]
        stamps += [n.text.strip('"') for n in workbook.names if n.name.lower() == NAME.lower()]
        names = workbook.sheet_names
        cut = len(names) > MAX_SHEETS
        grids = []
        for name in names[:MAX_SHEETS]:
            builder = GridBuilder()
            grids.append(_ours(workbook, name, builder))
            cut = cut or builder.cut
    if not grids:
        raise Unreadable("unreadable", why=tr("工作簿里没有工作表"))
    return Reading(tuple(grids), tuple(dict.fromkeys(s for s in stamps if s)), cut)


def _ours(workbook: Workbook, name: str, builder: GridBuilder) -> Grid:
    sheet = workbook.sheet(name)
    codes = sheet.codes()
    for number, cells in sheet.rows():
        for column, value in cells.items():
            if type(value) is str:
                if "(" not in value or not _DISPIMG.match(value):
                    continue
            elif isinstance(value, CellError):
                if not _error_shows_picture(workbook, name, number, column, value):
                    continue
            else:
                if (number, column) in codes:
                    cells[column] = shown(value, codes[number, column])
                continue
            cells[column] = ""
            builder.add_picture(number, column)
        if not builder.add_row(number, cells):
            break
    for row, column, text in _anchors(workbook, sheet.xml.part):
        if text:
            builder.boxes.append((row, column, text))
        else:
            builder.add_picture(row, column)
    builder.comments += [(*place, text) for place, text in sorted(sheet.comments().items())]
    builder.struck.update(sheet.struck())
    spans = [Span(*area) for area in sheet.xml.frame.merges]
    builder.hidden_rows |= sheet.hidden_rows
    builder.hidden_columns.update(c for c in sheet.hidden_columns if c <= MAX_COLUMNS)
    builder.unsaved.update(sheet.unsaved())
    return builder.build(name, sheet.hidden, spans)


def _error_shows_picture(workbook: Workbook, sheet: str, row: int, column: int, value: CellError) -> bool:
    """WPS keeps a picture in a cell as a formula, Excel as an error value with rich data behind it."""
    if value == "#VALUE!" and workbook.package.has("xl/richData/richValueRel.xml"):
        cell = workbook.sheet(sheet).xml.cell(row, column)
        return cell is not None and b"vm" in cell.attributes
    if value == "#NAME?":
        return bool(_DISPIMG.match(workbook.sheet(sheet).formula(cell_name(row, column)) or ""))
    return False


def _anchors(workbook: Workbook, part: str) -> Iterator[tuple[int, int, str]]:
    """(row, column, text) under the top left corners of a sheet's pictures, whose text is "", and of its text boxes."""
    package = workbook.package
    for drawing in package.related(part, "drawing"):
        if not package.has(drawing):
            continue
        try:
            root = package.tree(drawing)[1]
        except WorkbookError:  # a damaged drawing takes no text away
            continue
        alone = (node for node in root.all("AlternateContent") if _is_control(node))
        controls = {id(anchor) for node in alone for anchor in node.all(*_ANCHORS)}
        for anchor in root.all(*_ANCHORS):
            if id(anchor) in controls:
                continue
            corner = anchor.child("from")
            lines = ("".join(t.text for t in p.all("t")) for body in anchor.all("txBody") for p in body.all("p"))
            text = "\n".join(line for line in lines if line.strip())
            if corner is None or not (text or next(anchor.all("pic"), None)):
                continue
            row, column = (corner.child(n) for n in ("row", "col"))
            if row is not None and column is not None and row.text.strip().isdigit() and column.text.strip().isdigit():
                yield int(row.text) + 1, int(column.text) + 1, text


def _is_control(alternative: Node) -> bool:
    """Whether an alternative is a check box or a button: for programs that do not know it, it stands elsewhere."""
    fallback = alternative.child("Fallback")
    return fallback is None or not fallback.children


# .xlsb, .xls, .et, .ods


def read_by_calamine(data: bytes, stamps: tuple[str, ...] = (), marks: Sequence[Marks | None] = ()) -> Reading:
    """The sheets as calamine gives them, and the `marks` of each, in the workbook's order, where somebody read them.

    calamine shows no error values, no pictures, and merged ranges in .xls and .xlsx only: an .xlsb is read without.
    """
    import python_calamine as calamine

    try:
        with _panics():
            workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
            sheets = list(enumerate(workbook.sheets_metadata))
            sheets = [(i, m) for i, m in sheets if m.typ == calamine.SheetTypeEnum.WorkSheet]
            grids, cut = [], len(sheets) > MAX_SHEETS
            for index, meta in sheets[:MAX_SHEETS]:
                sheet = workbook.get_sheet_by_name(meta.name)
                hidden = meta.visible != calamine.SheetVisibleEnum.Visible
                builder = _by_calamine(sheet, (marks[index] if index < len(marks) else None) or Marks())
                spans = [Span(a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
                grids.append(builder.build(meta.name, hidden, spans))
                cut = cut or builder.cut
    except calamine.PasswordError as e:
        raise Unreadable("encrypted") from e
    except (calamine.CalamineError, ValueError, OSError, OverflowError, RuntimeError) as e:
        if "assword" in str(e):
            raise Unreadable("encrypted") from e
        raise Unreadable("unreadable", why=tr("文件已损坏，或不是 Excel、WPS 能打开的表格")) from e
    if not grids:
        raise Unreadable("unreadable", why=tr("工作簿里没有工作表"))
    return Reading(tuple(grids), stamps, cut)


class _panics:  # noqa: N801  reads as a phrase
    """Turns a panic of the Rust reader, which is a BaseException, into an exception that can be caught."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is not None and kind.__name__ == "PanicException":
            raise ValueError(f"panic: {error}") from None


def _by_calamine(sheet: CalamineSheet, marks: Marks) -> GridBuilder:
    builder = GridBuilder()
    for row, column in sorted(marks.pictures):
        builder.add_picture(row, column)
    builder.comments += [(*place, text) for place, text in marks.comments.items()]
    builder.boxes += [(*place, text) for place, text in marks.boxes]
    builder.struck.update(marks.struck)
    errors: dict[int, dict[int, Value]] = {}
    for (row, column), text in marks.errors.items():
        errors.setdefault(row, {})[column] = CellError(text)
    if sheet.start is None:
        return builder
    top, left = sheet.start[0] + 1, sheet.start[1] + 1
    walked = min(sheet.height, max(1, _WALKED // max(1, sheet.width)))
    builder.cut = walked < sheet.height
    rows = sheet.to_python(skip_empty_area=True, nrows=walked)
    for number, values in enumerate(rows, top):
        cells = errors.get(number, {})
        for column, raw in enumerate(values, left):
            if raw != "" and raw is not None:
                value = _value(raw)
                if (number, column) in marks.codes:
                    value = shown(value, marks.codes[number, column])
                if isinstance(value, str) and _DISPIMG.match(value):
                    builder.add_picture(number, column)
                    value = ""
                cells[column] = value
        if not builder.add_row(number, cells):
            break
    return builder


def _value(raw: Any) -> Value:
    """A cell of calamine's as ours are: whole numbers as int, days as datetime, times as text."""
    if isinstance(raw, bool | str):
        return raw
    if isinstance(raw, float):
        return int(raw) if raw.is_integer() and abs(raw) < 1e15 else raw
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return datetime(raw.year, raw.month, raw.day)  # noqa: DTZ001  cells know no time zone
    if isinstance(raw, time):
        return raw.isoformat("seconds")
    if isinstance(raw, timedelta):
        return clock(days) if (days := raw / timedelta(days=1)) >= 0 else days
    value: Value = raw
    return value


def read_xlsb(data: bytes) -> Reading:
    """An .xlsb: stamps from its parts."""
    return read_by_calamine(data, stamps_in(_parts(data)))


def read_ods(data: bytes) -> Reading:
    """An .ods: by our own reader, by calamine where the file is too damaged for it."""
    from lxml import etree

    from toolkit.returns.formats import ods

    stamps = stamps_in(_parts(data))
    try:
        reading = ods.read_ods(data)
    except (etree.LxmlError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, ValueError, EOFError,
            OSError, RuntimeError, struct.error) as e:  # fmt: skip
        if "encrypted" in str(e):
            raise Unreadable("encrypted") from e
        return read_by_calamine(data, stamps)
    return replace(reading, stamps=stamps) if reading.grids else read_by_calamine(data, stamps)


def read_compound(data: bytes) -> Reading:
    """An .xls or .et: stamps from its property streams and the workbook's names."""
    streams = _streams(data)
    book = streams.get("Workbook") or streams.get("Book") or (b"" if streams else data)
    if is_encrypted(book):
        raise Unreadable("encrypted")
    return read_by_calamine(data, stamps_in(streams.values()), marks_in(book))


def _parts(data: bytes) -> Iterator[bytes]:
    names = ("docProps/custom.xml", "meta.xml", "xl/workbook.bin", "content.xml")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            for name in names:
                if name in z.namelist():
                    with z.open(name) as part:
                        yield part.read(_MOST_PART)
    except Exception:  # damaged in one of zipfile's many ways: a file without stamps, and the reader's to complain
        return


def _streams(data: bytes) -> dict[str, bytes]:
    import olefile

    found: dict[str, bytes] = {}
    try:
        with olefile.OleFileIO(data) as ole:
            for name in ("\x05DocumentSummaryInformation", "Workbook", "Book"):
                if ole.exists(name):
                    found[name] = ole.openstream(name).read(_MOST_PART)
    except Exception:  # as above; olefile raises whatever damaged bytes lead it to
        pass
    return found
