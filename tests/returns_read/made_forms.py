"""An invented form with what tells readers apart: merges, dates, an error, a hidden sheet, a picture, stamps."""

# ruff: noqa: DTZ001  cells know no time zone

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.workbook.defined_name import DefinedName

STAMP = f"annex2/1|市水务局|2024|2024Q1|供水节水处|0123456789ab|{'a1' * 10}"
TITLE = "2024年市水务局供水节水处第一季度工作目标完成情况"
ITEM = "完成老旧供水管网改造260公里以上。"
STATUS = "已改造80公里，\n占全年目标的31%。"


def png() -> bytes:
    """A red dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def form(pictures: bool = True) -> bytes:
    """The form as openpyxl writes it."""
    book = Workbook()
    sheet = book.active
    sheet.title = "附件2"
    sheet["A1"] = TITLE
    sheet.merge_cells("A1:E1")
    sheet.append(["序号", "责任事项", "完成情况", "审定日期", "备注"])
    sheet.append([1, ITEM, STATUS, date(2024, 4, 5), 1.5])
    sheet.append([2, "建设直饮水点60个。", "=1/0", datetime(2024, 4, 5, 9, 30), True])
    sheet.merge_cells("E5:E6")
    sheet["E5"] = "两行合一"
    for place, share, shown in (("D5", 0.23, "0%"), ("D6", 0.485, "0.0%"), ("D7", "=97/200", "0.00%;[Red]-0.00%")):
        sheet[place] = share
        sheet[place].number_format = shown
    hidden = book.create_sheet("键")
    hidden.sheet_state = "hidden"
    hidden["A1"] = "2024-01"
    book.custom_doc_props.append(StringProperty(name="annex2.stamp", value=STAMP))
    book.defined_names["_annex2_stamp"] = DefinedName("_annex2_stamp", attr_text=f'"{STAMP}"', hidden=True)
    out = io.BytesIO()
    book.save(out)
    return _with_picture(out.getvalue()) if pictures else out.getvalue()


_MAIN = "http://schemas.openxmlformats.org"
_RELS = (
    f'<Relationships xmlns="{_MAIN}/package/2006/relationships">'
    '<Relationship Id="rId1" Type="{}" Target="{}"/></Relationships>'
)
_R = f"{_MAIN}/officeDocument/2006/relationships"
_DRAWING = (
    f'<xdr:wsDr xmlns:xdr="{_MAIN}/drawingml/2006/spreadsheetDrawing" xmlns:a="{_MAIN}/drawingml/2006/main">'
    "<xdr:oneCellAnchor><xdr:from><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>5</xdr:row>"
    '<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:ext cx="90000" cy="90000"/><xdr:pic><xdr:nvPicPr>'
    '<xdr:cNvPr id="2" name="p"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>'
    f'<a:blip xmlns:r="{_R}" r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr>'
    '<a:xfrm><a:off x="0" y="0"/><a:ext cx="90000" cy="90000"/></a:xfrm><a:prstGeom prst="rect"/></xdr:spPr>'
    "</xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"
)


def _with_picture(data: bytes) -> bytes:
    """A picture over C6 of the first sheet; openpyxl needs Pillow for it."""
    sheet, types = part(data, "xl/worksheets/sheet1.xml"), part(data, "[Content_Types].xml")
    drawing = f'<drawing xmlns:r="{_R}" r:id="rId1"/></worksheet>'.encode()
    added = (
        b'<Default Extension="png" ContentType="image/png"/><Override PartName="/xl/drawings/drawing1.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>'
    )
    return repacked(
        data,
        {
            "[Content_Types].xml": types.replace(b"</Types>", added),
            "xl/worksheets/sheet1.xml": sheet.replace(b"</worksheet>", drawing),
            "xl/worksheets/_rels/sheet1.xml.rels": _RELS.format(f"{_R}/drawing", "/xl/drawings/drawing1.xml").encode(),
            "xl/drawings/drawing1.xml": _DRAWING.encode(),
            "xl/drawings/_rels/drawing1.xml.rels": _RELS.format(f"{_R}/image", "/xl/media/image1.png").encode(),
            "xl/media/image1.png": png(),
        },
    )


def repacked(data: bytes, parts: dict[str, bytes | None]) -> bytes:
    """A zip file with parts replaced, added or (None) taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, body in parts.items():
            if body is not None:
                new.writestr(name, body)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return z.read(name)
