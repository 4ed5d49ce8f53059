"""A returned file's bytes -> what stands in it.  Reads only; a file from outside is never saved again.

This is the one entrance.  `returns.sandbox` runs it where it can be killed: what comes from outside goes through there.
"""

from __future__ import annotations

from toolkit.language import tr
from toolkit.model import Finding
from toolkit.returns.findings import finding
from toolkit.returns.formats import Unreadable
from toolkit.returns.formats.sniff import CONTAINERS, Kind, is_volume, sniff
from toolkit.returns.grid import MAX_COLUMNS, MAX_ROWS, Grid, Reading, Span

__all__ = ["MAX_COLUMNS", "MAX_ROWS", "Grid", "Reading", "Span", "read_return"]

MOST_BYTES = 64 << 20
"""Of one file: a form has some 10 KB, one stuffed with photographs some 10 MB."""

_NO_TABLES = {
    Kind.PDF: tr("PDF 或扫描件"),
    Kind.OFD: tr("OFD 版式文件"),
    Kind.PICTURE: tr("图片"),
    Kind.SLIDES: tr("演示文稿"),
    Kind.MEDIA: tr("音频或视频"),
}


def read_return(data: bytes, name: str = "") -> Reading | Finding:
    """What stands in a returned file of any format, or the Finding that says why it cannot be read.

    `name` is the file's own, for telling what its bytes do not say; its suffix is not believed.  A container
    (`intake.unpack`) is no return: its members are.
    """
    if len(data) > MOST_BYTES:
        return finding("too_big", why=tr("超过 {megabytes} MB", megabytes=MOST_BYTES >> 20))
    kind = sniff(data, name)
    try:
        return _read(data, kind)
    except Unreadable as e:
        return finding("volume") if kind is Kind.UNKNOWN and is_volume(name) else e.finding


def _read(data: bytes, kind: Kind) -> Reading:
    if kind in _NO_TABLES:
        raise Unreadable("not_a_table", kind=_NO_TABLES[kind])
    if kind is Kind.ENCRYPTED:
        raise Unreadable("encrypted")
    if kind is Kind.EMPTY:
        raise Unreadable("unreadable", why=tr("文件是空的"))
    if kind in CONTAINERS:
        raise Unreadable("unreadable", why=tr("这是{kind}，要先解开", kind=kind))
    # Each reader brings its own libraries, which most runs do not need.
    if kind in (Kind.XLSX, Kind.XLSB, Kind.XLS, Kind.ODS):
        from toolkit.returns.formats import sheets

        readers = {Kind.XLSX: sheets.read_xlsx, Kind.XLS: sheets.read_compound, Kind.ODS: sheets.read_ods}
        return readers.get(kind, sheets.read_xlsb)(data)
    if kind in (Kind.DOCX, Kind.OLD_WORD, Kind.WORD_XML, Kind.RTF, Kind.ODT):
        from toolkit.returns.formats import word

        return word.read_docx(data) if kind is Kind.DOCX else word.read_old_word(data, kind)
    if kind in (Kind.HTML, Kind.SPREADSHEET_XML):
        from toolkit.returns.formats import markup

        return markup.read_html(data) if kind is Kind.HTML else markup.read_spreadsheet_xml(data)
    if kind is Kind.TEXT:
        from toolkit.returns.formats.text import read_text

        return read_text(data)
    program, unknown = tr("这是程序，不是表格"), tr("不认识的格式，不是 Excel、WPS 或 Word 的文件")
    raise Unreadable("unreadable", why=program if kind is Kind.PROGRAM else unknown)
