"""New workbooks, made with openpyxl: fonts, named cell styles, printing, and the same bytes for the same content.

For workbooks that nobody owns yet (a new master, a template, a summary).  A workbook that a person owns is
edited in place by `toolkit.xlsx`, never saved by openpyxl.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import accumulate
from typing import Literal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Protection, Side
from openpyxl.utils.indexed_list import IndexedList
from openpyxl.worksheet.dimensions import RowDimension
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.heights import DIGIT, row_height

# The names that government computers in the mainland have; they are written into every cell, since a cell without
# one shows in whatever the reading program takes for its default.
SONG, HEI, FANG, XIAOBIAO = "宋体", "黑体", "仿宋_GB2312", "方正小标宋简体"

GB2312_CHARSET = 134

A3, A4 = 8, 9  # paperSize, ECMA-376 18.3.1.63

# openpyxl calls itself Microsoft Excel here, and readers then trust that formula results are in the file.
_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/extended-properties"><Application>annex2</Application></Properties>'
)

CellValue = str | int | float | datetime | date | None


def font(name: str, size: float, *, bold: bool = False, colour: str | None = None) -> Font:
    return Font(name=name, sz=size, b=bold, color=colour, charset=GB2312_CHARSET)


def fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def thin(colour: str, *, left: bool = True, right: bool = True) -> Border:
    side = Side("thin", colour)
    return Border(left=side if left else None, right=side if right else None, top=side, bottom=side)


def align(
    horizontal: Literal["left", "center", "right", "centerContinuous"] = "left",
    vertical: Literal["top", "center"] = "center",
    *,
    wrap: bool = True,
) -> Alignment:
    return Alignment(horizontal=horizontal, vertical=vertical, wrap_text=wrap)


def new_workbook() -> Workbook:
    """An empty workbook, without a sheet, whose Normal style is 宋体 11: cells that staff add later have it too."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    song = font(SONG, 11)
    # Font 0 decides how wide a column's "characters" are; openpyxl has no public way to change it.
    workbook._fonts = IndexedList([song])  # type: ignore[attr-defined]
    workbook._named_styles["Normal"].font = song  # type: ignore[attr-defined]
    return workbook


def add_style(
    workbook: Workbook,
    name: str,
    font: Font,
    alignment: Alignment,
    *,
    fill: PatternFill | None = None,
    border: Border | None = None,
    number_format: str = "General",
    locked: bool = True,
) -> str:
    """A named cell style, which staff can restyle in one place.  Returns its name."""
    style = NamedStyle(name, font=font, alignment=alignment, number_format=number_format)
    style.protection = Protection(locked=locked)
    if fill:
        style.fill = fill
    if border:
        style.border = border
    workbook.add_named_style(style)
    return name


class _FittedRow(RowDimension):
    """A row whose height follows its text: openpyxl itself marks every stated height as set by hand."""

    @property
    def customHeight(self) -> bool:  # noqa: N802
        return False


def fit_row(sheet: Worksheet, row: int, cells: Iterable[tuple[str, float, float]], least: float = 0.0) -> None:
    """Give a row the height of its text now; Excel goes on fitting it as the text changes."""
    sheet.row_dimensions[row] = _FittedRow(sheet, index=row, ht=row_height(cells, least))


def put(sheet: Worksheet, row: int, column: int, value: CellValue, style: str) -> Cell:
    """A value as it is: text that starts with `=` stays text, control characters that XML refuses are dropped."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # not the covered part of a merged cell
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    cell.style = style
    return cell


def put_formula(sheet: Worksheet, row: int, column: int, formula: str, style: str) -> Cell:
    cell = put(sheet, row, column, formula, style)
    cell.data_type = "f"
    return cell


def set_page(
    sheet: Worksheet,
    *,
    landscape: bool,
    margins: tuple[float, float, float, float],
    footer: str,
    repeat: str | None = None,
    paper: int = A4,
    footer_size: int = 10,
    across: int = 1,
    beside: str | None = None,
    scale: float | None = None,
) -> None:
    """Printing: `across` pages wide, as many high as it takes.  `margins` in cm: left, right, top, bottom.

    `repeat`, `beside`: the rows and the columns (A:D) that every page begins with, the columns where there are several
    pages side by side.  `scale`: prints at this scale, on as many pages as that takes: columns that are added later
    make none of them smaller.
    """
    sheet.page_setup.paperSize = paper
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    if scale is None:
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = across, 0
    else:
        sheet.page_setup.scale = int(scale * 100 + 0.01)  # rounded up it might be too wide
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=scale is None)
    sheet.print_options.horizontalCentered = True
    edges = sheet.page_margins
    edges.left, edges.right, edges.top, edges.bottom = (round(cm / 2.54, 4) for cm in margins)
    edges.header = edges.footer = round(min(margins[2], margins[3]) / 2 / 2.54, 4)
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        center=_HeaderFooterPart(text=footer, font=f"{SONG},Regular", size=footer_size)
    )
    if repeat:
        sheet.print_title_rows = repeat
    if beside and (across > 1 or scale is not None):
        sheet.print_title_cols = beside


WITHOUT_SONG = 0.85
"""Scale at which a full page still fits where there is no 宋体: programs then draw columns up to a sixth wider."""
ROUNDS_A_PAGE = 4
"""Columns of texts that can be read side by side on one page."""


def pages_across(rounds: int) -> int:
    """How many pages wide a sheet is printed that has a column of texts for each of this many rounds."""
    return max(1, -(-rounds // ROUNDS_A_PAGE))


def fitted(widths: Sequence[float], beside: int, across: int, points: float) -> float:
    """The scale at which columns are so many pages wide, each page so many points, with the first `beside` on each."""
    repeated = sum(widths[:beside])
    tried = sorted(repeated + w for n in range(beside, len(widths)) for w in accumulate(widths[n:]))
    narrowest = next(w for w in tried if _pages(widths[beside:], repeated, w) <= across)
    return points / (narrowest * DIGIT)


def _pages(widths: Sequence[float], repeated: float, page: float) -> int:
    """How many pages columns take beside those that each repeats; more than there are columns where one has no room."""
    pages, used = 1, repeated
    for width in widths:
        if repeated + width > page:
            return len(widths) + 1
        if used + width > page:
            pages, used = pages + 1, repeated
        used += width
    return pages


_REFERENCE = re.compile(rb"&#([0-9]{3,7});")
_ASCII = (b"us-ascii", b"ascii")


def _plainly(xml: bytes) -> bytes:
    """A part as Excel writes it: openpyxl writes a Chinese character in 8 bytes, and end tags of empty cells."""
    declared = re.match(rb"""<\?xml[^>]*?encoding=["']([^"']+)""", xml)
    if declared and declared[1].lower() in _ASCII:
        xml = xml[: declared.start(1)] + b"UTF-8" + xml[declared.end(1) :]
    elif not xml.startswith(b"<") or (declared and declared[1].lower() != b"utf-8"):
        return xml
    xml = xml.replace(b' t="n"></c>', b"/>")
    return _REFERENCE.sub(lambda m: m[0] if int(m[1]) < 128 else chr(int(m[1])).encode(), xml)


def to_bytes(workbook: Workbook, day: date) -> bytes:
    """The file, dated `day` throughout: the same workbook gives the same bytes on the same Python."""
    workbook.properties.creator = workbook.properties.lastModifiedBy = "annex2"
    workbook.properties.language = "zh-CN"
    workbook.properties.created = datetime.combine(day, time())
    saved, packed = io.BytesIO(), io.BytesIO()
    workbook.save(saved)
    stamp = f"{day}T00:00:00Z".encode()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):  # [Content_Types].xml sorts first, as readers like it
            data = _plainly(source.read(name))
            if name == "docProps/app.xml":
                data = _APP
            elif name == "docProps/core.xml":  # openpyxl writes the clock into it while saving
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16  # the same on Windows
            target.writestr(entry, data)
    return packed.getvalue()
