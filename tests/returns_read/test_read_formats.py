"""One form in every format that a division's program may save it in: what is read must be the same."""

# ruff: noqa: DTZ001  cells know no time zone

from __future__ import annotations

import gc
import io
import re
import shutil
import subprocess
import zipfile
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from docx.shared import Cm
from libreoffice import LibreOffice
from made_forms import ITEM, STAMP, STATUS, TITLE, form, part, png, repacked

from toolkit.model import Finding
from toolkit.returns.formats import word
from toolkit.returns.formats.markup import read_html
from toolkit.returns.grid import MAX_ROWS, Grid, Span
from toolkit.returns.read import Reading, read_return
from toolkit.xlsx import CELL_ERRORS, Value, Workbook, WorkbookError, numberformats
from toolkit.xlsx.refs import Area

needs_soffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")


def reading(data: bytes, name: str = "") -> Reading:
    found = read_return(data, name)
    assert isinstance(found, Reading), found
    return found


def refusal(data: bytes, name: str = "") -> Finding:
    found = read_return(data, name)
    assert isinstance(found, Finding), found
    return found


def grid(data: bytes) -> Grid:
    return reading(data).grids[0]


@pytest.fixture(scope="module")
def saved(libreoffice: LibreOffice, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The form as LibreOffice saves it, by suffix."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "form.xlsx").write_bytes(form())
    libreoffice.open(path=folder / "form.xlsx")
    for kind in ("xls", "ods", "xlsx"):
        libreoffice.save(path=folder / f"out.{kind}", kind=kind)
    libreoffice.close()
    return {kind: (folder / f"out.{kind}").read_bytes() for kind in ("xls", "ods", "xlsx")}


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_same_form_in_each_workbook_format(saved: dict[str, bytes], kind: str) -> None:
    # the suffix lies on purpose: only the content counts
    found = reading(saved[kind], "第一季度.doc")
    assert [(g.name, g.hidden) for g in found.grids] == [("附件2", False), ("键", True)]
    assert found.stamps == (STAMP,)
    assert not found.cut
    rows = found.grids[0].rows
    assert rows[1] == {1: TITLE}
    assert rows[3] == {1: 1, 2: ITEM, 3: STATUS, 4: datetime(2024, 4, 5), 5: 1.5}
    assert rows[4][3] == "#DIV/0!"
    assert rows[4][3] in CELL_ERRORS
    assert rows[4][4] == datetime(2024, 4, 5, 9, 30)
    assert [rows[n][4] for n in (5, 6, 7)] == ["23%", "48.5%", "48.5%"]  # as people see it
    assert set(found.grids[0].merged) == {Span(1, 1, 1, 5), Span(5, 5, 6, 5)}
    assert found.grids[0].pictures == {(6, 3)}
    assert found.grids[1].rows == {1: {1: "2024-01"}}


SHOWN = (
    (500, '"已完成改造"0"户，正在推进"', "已完成改造500户，正在推进"),
    (1250, '#,##0.0"元"', "1,250.0元"),
    (0.23, '"完成"0%', "完成23%"),
    (-3, '0"户";"减少"0"户"', "减少3户"),
    (5, 'General;"负"General', 5),
    (7, '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ', 7),
    (time(10, 30), "h:mm", "10:30:00"),
    (True, "General", True),
)
"""What stands in a cell, its number format, and what people see."""


def test_numbers_as_people_see_them(libreoffice: LibreOffice, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for n, (value, shown, _) in enumerate(SHOWN, 1):
        cell = book.active.cell(n, 1, value)
        cell.number_format = shown
    book.save(tmp_path / "first.xlsx")
    libreoffice.open(path=tmp_path / "first.xlsx")
    for kind in ("xlsx", "xls", "ods"):
        libreoffice.save(path=tmp_path / f"again.{kind}", kind=kind)
    libreoffice.close()
    for name in ("first.xlsx", "again.xlsx", "again.xls", "again.ods"):
        rows = grid((tmp_path / name).read_bytes()).rows
        assert [rows[n][1] for n in range(1, len(SHOWN) + 1)] == [seen for *_, seen in SHOWN], name


@pytest.mark.parametrize(
    ("value", "code", "seen"),
    [
        (0, '0;;"无"', "无"),
        (1.25, '0.0"万户"', "1.25万户"),  # no figure loses what its cell does not show
        (12000, '0\\.0,"万元"', 12000),
        (5, '[DBNum1][$-804]General"户"', 5),
        (1, '[=1]"是";"否"', 1),
        (5, 'G/通用格式"户"', "5户"),
        (1.0625, "[h]:mm", "25:30:00"),
        (45000, 'yyyy"年"m"月"', 45000),  # a date, and others' business
        (1e300, '0"户"', 1e300),
        (True, '"有";"有";"无"', True),
    ],
)
def test_by_number_format(value: Value, code: str, seen: Value) -> None:
    assert numberformats.shown(value, code) == seen


def test_form_as_openpyxl_writes_it() -> None:
    found = reading(form())
    assert found.stamps == (STAMP,)
    assert found.grids[0].rows[3][3] == STATUS
    assert found.grids[0].pictures == {(6, 3)}
    assert found.grids[0].place(3, 3) == "附件2!C3"


def test_text_under_a_merged_range_is_left_out() -> None:
    data = form()
    sheet = part(data, "xl/worksheets/sheet1.xml")
    unseen = rb'\1<c r="B1" t="inlineStr"><is><t>unseen</t></is></c>'
    covered = re.sub(rb'(<c r="A1".*?</c>)', unseen, sheet)
    assert covered != sheet
    assert grid(repacked(data, {"xl/worksheets/sheet1.xml": covered})).rows[1] == {1: TITLE}


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="C4" t="str"><f>_xlfn.DISPIMG("ID_0A1B",1)</f><v>=DISPIMG("ID_0A1B",1)</v></c>',
        b'<c r="C4" t="str"><f>DISPIMG("ID_0A1B",1)</f><v>=DISPIMG("ID_0A1B",1)</v></c>',
        b'<c r="C4" t="e"><f>_xlfn.DISPIMG("ID_0A1B",1)</f><v>#NAME?</v></c>',  # saved again by Excel
    ],
)
def test_picture_in_a_cell_by_wps(cell: bytes) -> None:
    data = form(pictures=False)
    sheet = re.sub(rb'<c r="C4".*?</c>', cell, part(data, "xl/worksheets/sheet1.xml"))
    found = grid(repacked(data, {"xl/worksheets/sheet1.xml": sheet}))
    assert found.rows[4][3] == ""
    assert found.pictures == {(4, 3)}


def test_picture_in_a_cell_by_excel(shared: Path) -> None:
    found = reading((shared / "corpus" / "xlsx-excel" / "embed_image04.xlsx").read_bytes()).grids
    assert any(g.pictures for g in found)
    assert all(g.rows[r][c] == "" for g in found for r, c in g.pictures if c in g.rows.get(r, {}))


def test_strict_and_damaged_workbooks_are_read_by_the_other_reader() -> None:
    data = form()
    strict = repacked(
        data,
        {
            "xl/worksheets/sheet1.xml": part(data, "xl/worksheets/sheet1.xml").replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            )
        },
    )
    assert grid(strict).rows[3][2] == ITEM
    # a sheet that holds a cell address no sheet has: ours refuses it, calamine passes it over
    sheet = part(data, "xl/worksheets/sheet1.xml").replace(b'<mergeCell ref="A1:E1"', b'<mergeCell ref="A1:ZZZZZ1"')
    damaged = repacked(data, {"xl/worksheets/sheet1.xml": sheet})
    with pytest.raises(WorkbookError):
        _ = [Area.parse(text) for text in Workbook.from_bytes(damaged).sheet("附件2").merged]
    assert grid(damaged).rows[3][2] == ITEM


def test_more_than_a_form_can_hold_is_cut() -> None:
    lines = "\n".join(f"{n},x" for n in range(MAX_ROWS + 10))
    found = reading(lines.encode())
    assert found.cut
    assert len(found.grids[0].rows) == MAX_ROWS
    assert reading((",".join("x" * 300) + "\n1,2").encode()).cut


# text


CSV = f"序号,责任事项,完成情况\r\n1,{ITEM},\"{STATUS}\"\r\n2,朱镕基故居，\"\"排水\"\",07\r\n"
ROWS = {1: {1: "序号", 2: "责任事项", 3: "完成情况"}, 2: {1: "1", 2: ITEM, 3: STATUS}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "utf-16-le", "utf-32"])
def test_csv_in_each_encoding(encoding: str) -> None:
    rows = grid(CSV.encode(encoding)).rows
    assert {n: rows[n] for n in (1, 2)} == ROWS
    assert str(rows[3][2]).startswith("朱镕基故居")
    assert rows[3][3] == "07"


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", "，"])
def test_delimiters(delimiter: str) -> None:
    text = f"序号{delimiter}责任事项{delimiter}完成情况\n1{delimiter}{ITEM}{delimiter}好\n"
    assert grid(text.encode("gb18030")).rows[2] == {1: "1", 2: ITEM, 3: "好"}


def test_excels_hint_and_stray_quotation_mark() -> None:
    assert grid("sep=;\n甲;乙,丙\n".encode()).rows[1] == {1: "甲", 2: "乙,丙"}
    assert grid('甲,"乙\n丙,丁\n'.encode()).rows[1][1] == "甲"


def test_one_bad_byte_does_not_cost_the_report() -> None:
    data = CSV.encode("gb18030").replace("已改造".encode("gb18030"), "已改造".encode("gb18030") + b"\xff")
    assert grid(data).rows[2][2] == ITEM


def test_formulas_in_text_stay_text() -> None:
    assert grid(b'a,b\n=cmd|"/c calc"!A1,+1\n').rows[2][1] == '=cmd|"/c calc"!A1'


# markup


def test_web_page_saved_as_xls() -> None:
    page = (
        '<html><head><meta charset="gb2312"></head><body><table>'
        f"<tr><td colspan=3>{TITLE}</td></tr>"
        "<tr><th rowspan=2>序号</th><th>责任事项</th><th>完成情况</th></tr>"
        f"<tr><td>{ITEM}</td><td>朱镕基<br>好<img src='http://127.0.0.1/x.png'></td></tr></table></body></html>"
    )
    found = grid(page.encode("gb18030"))
    assert found.rows == {1: {1: TITLE}, 2: {1: "序号", 2: "责任事项", 3: "完成情况"}, 3: {2: ITEM, 3: "朱镕基\n好"}}
    assert found.merged == (Span(1, 1, 1, 3), Span(2, 1, 3, 1))
    assert found.pictures == {(3, 3)}
    assert refusal(b"<html><body><p>hi</p></body></html>").code == "not_a_table"


SS = "urn:schemas-microsoft-com:office:spreadsheet"


def test_excel_2003_xml() -> None:
    xml = (
        f'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="{SS}" xmlns:ss="{SS}">'
        '<Styles><Style ss:ID="s9"><NumberFormat ss:Format="Percent"/></Style></Styles>'
        '<Worksheet ss:Name="附件2"><Table><Row ss:Index="2"><Cell ss:MergeAcross="1"><Data ss:Type="String">标题'
        '</Data></Cell><Cell><Data ss:Type="Number">7</Data></Cell></Row><Row><Cell ss:Index="3"><Data '
        'ss:Type="Error">#REF!</Data></Cell><Cell><Data ss:Type="DateTime">2024-04-05T00:00:00.000</Data></Cell>'
        '<Cell ss:StyleID="s9"><Data ss:Type="Number">0.07</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>"
    )
    found = grid(xml.encode())
    assert found.rows == {2: {1: "标题", 3: 7}, 3: {3: "#REF!", 4: datetime(2024, 4, 5), 5: "7%"}}
    assert found.merged == (Span(2, 1, 2, 2),)
    bomb = xml.replace("<Workbook", '<!DOCTYPE a [<!ENTITY b "c">]><Workbook')
    assert refusal(bomb.encode()).code == "unreadable"


# Word


def document(widths: bool = False) -> bytes:
    """The form retyped in Word."""
    doc = Document()
    doc.add_paragraph(TITLE)
    doc.add_paragraph("")
    table = doc.add_table(4, 3)
    for column, text in enumerate(("序号", "责任事项", "完成情况")):
        table.cell(0, column).text = text
    table.cell(1, 0).text, table.cell(1, 1).text, table.cell(1, 2).text = "1", ITEM, STATUS
    table.cell(2, 0).text, table.cell(2, 1).text = "2", "建设直饮水点60个。"
    table.cell(2, 2).paragraphs[0].add_run().add_picture(io.BytesIO(png()), Cm(1))
    table.cell(2, 0).merge(table.cell(3, 0))
    table.cell(3, 1).merge(table.cell(3, 2)).text = "审定人：闻舟"
    if widths:
        doc.add_table(1, 1).cell(0, 0).text = "第二张表"
    doc.add_paragraph("附注")
    out = io.BytesIO()
    doc.save(out)
    return out.getvalue()


def check_document(found: Grid) -> None:
    rows = {tuple(r.values()) for r in found.rows.values()}
    assert (TITLE,) in rows
    assert ("1", ITEM, STATUS) in rows
    at = next(n for n, r in found.rows.items() if r.get(2) == ITEM)
    assert found.rows[at - 1] == {1: "序号", 2: "责任事项", 3: "完成情况"}
    assert found.rows[at + 2] == {2: "审定人：闻舟"}
    assert set(found.merged) == {Span(at + 1, 1, at + 2, 1), Span(at + 2, 2, at + 2, 3)}
    assert found.pictures == {(at + 1, 3)}
    assert found.place(at, 3) == "表格第2行"


def test_word_document() -> None:
    found = grid(document())
    check_document(found)
    assert found.place(1, 1) == "第1段"
    assert grid(document(widths=True)).place(4, 3) == "表格1第2行"


def test_columns_survive_a_border_dragged_in_one_row() -> None:
    """Word then counts 4 grid columns, with a span of 2 in each row at another place."""
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="{0}"/></w:tcPr><w:p><w:r><w:t>{1}</w:t></w:r></w:p></w:tc>'
    rows = [[(1, "序号"), (2, "责任事项"), (1, "完成情况")], [(2, "1"), (1, ITEM), (1, "好")], [(4, "备注")]]
    table = "".join("<w:tr>" + "".join(cell.format(*c) for c in r) + "</w:tr>" for r in rows)
    main = part(document(), "word/document.xml").decode()
    body = re.sub(r"<w:body>.*</w:body>", f"<w:body><w:tbl>{table}</w:tbl></w:body>", main, flags=re.DOTALL)
    found = grid(repacked(document(), {"word/document.xml": body.encode()}))
    assert found.rows == {
        1: {1: "序号", 2: "责任事项", 3: "完成情况"}, 2: {1: "1", 2: ITEM, 3: "好"}, 3: {1: "备注"},
    }  # fmt: skip
    assert found.merged == (Span(3, 1, 3, 3),)


def test_word_document_that_is_only_a_photograph() -> None:
    doc = Document()
    doc.add_picture(io.BytesIO(png()), Cm(10))
    out = io.BytesIO()
    doc.save(out)
    assert refusal(out.getvalue()).code == "not_a_table"


@needs_soffice
def test_old_word_and_rtf(tmp_path: Path) -> None:
    (tmp_path / "form.docx").write_bytes(document())
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'p').as_uri()}", "--headless", "--convert-to", "doc"]
    subprocess.run([*command, "--outdir", tmp_path, tmp_path / "form.docx"], check=True, capture_output=True)
    check_document(grid((tmp_path / "form.doc").read_bytes()))
    command[-1] = "xml:MS Word 2003 XML"
    subprocess.run([*command, "--outdir", tmp_path, tmp_path / "form.docx"], check=True, capture_output=True)
    rows = {tuple(r.values()) for r in grid((tmp_path / "form.xml").read_bytes()).rows.values()}
    assert {(TITLE,), ("1", ITEM, STATUS)} <= rows  # LibreOffice writes no merged cells into this format
    cells = "".join(rf"\cellx{n}000" for n in (1, 4, 8))
    row = rf"\trowd{cells}\pard\intbl 1\cell Item\cell Done\cell\row"
    assert grid(rf"{{\rtf1\ansi {row}\pard End\par}}".encode()).rows[1] == {1: "1", 2: "Item", 3: "Done"}


def test_old_word_without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "find_soffice", lambda: None)
    found = refusal(b"{\\rtf1 hello}")
    assert found.code == "no_extractor"
    assert "LibreOffice" in found.message
    assert "docx" in found.remedy


# what is no table at all


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "unreadable"),
        (b"\0" * 2000, "unreadable"),
        (b"%PDF-1.7\n", "not_a_table"),
        (png(), "not_a_table"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "not_a_table"),
        (b"\0\0\0\x18ftypheic\0\0", "not_a_table"),
        (b"MZ\x90\0" + bytes(100), "unreadable"),
        (bytes(range(256)) * 8, "unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016), "unreadable"),
        (b"\x09\x08\x10\x00" + bytes(60), "unreadable"),
    ],
)
def test_no_table(data: bytes, code: str) -> None:
    found = refusal(data, "附件2.xlsx")
    assert found.code == code
    assert found.message
    assert found.remedy


def test_ofd_and_slides_and_archives() -> None:
    def packed(*names: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            for name in names:
                z.writestr(name, b"<x/>")
        return out.getvalue()

    assert "OFD" in refusal(packed("OFD.xml", "Doc_0/Document.xml")).message
    assert refusal(packed("[Content_Types].xml", "ppt/presentation.xml")).code == "not_a_table"
    assert "解开" in refusal(packed("a.xlsx")).message


def test_truncated_and_encrypted_workbooks(saved: dict[str, bytes]) -> None:
    for data in saved.values():
        for at in (10, 600, len(data) // 2):
            assert refusal(data[:at]).code == "unreadable"
    secret = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage\0".encode("utf-16-le") + bytes(600)
    assert refusal(secret).code == "encrypted"


def test_open_document_with_a_password(libreoffice: LibreOffice, tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_bytes(form())
    libreoffice.open(path=tmp_path / "form.xlsx")
    libreoffice.save(path=tmp_path / "locked.ods", kind="ods", Password="123")
    libreoffice.close()
    assert refusal((tmp_path / "locked.ods").read_bytes()).code == "encrypted"


def test_bomb_in_a_workbook() -> None:
    data = form()
    huge = part(data, "xl/worksheets/sheet1.xml").replace(b"</sheetData>", b" " * (80 << 20) + b"</sheetData>")
    found = read_return(repacked(data, {"xl/worksheets/sheet1.xml": huge}))
    assert isinstance(found, Finding)
    assert found.code == "bomb"


def test_struck_text_and_hidden_rows_of_a_page() -> None:
    page = (
        "<table><tr><td>责任事项</td><td>完成情况</td></tr><tr><td>甲</td><td>前<s>删</s>后"
        '<span style="text-decoration: line-through">也删</span></td></tr>'
        '<tr style="display:none"><td>乙</td><td>旧</td></tr></table>'
    )
    (grid,) = read_html(page.encode()).grids
    assert grid.rows[2] == {1: "甲", 2: "前删后也删"}
    assert grid.struck == {(2, 2): "删也删"}
    assert grid.hidden_rows == {3}


def test_what_was_read_is_gone_at_once() -> None:
    """A collect of thousands of forms would else hold them until the collector comes."""
    data = form()
    reading(data)  # what is learnt once
    gc.collect()
    gc.disable()
    try:
        before = _of_package()
        reading(data)
        assert _of_package() <= before
    finally:
        gc.enable()


def _of_package() -> int:
    return sum(str(type(o).__module__).startswith("toolkit.xlsx") for o in gc.get_objects())


def test_a_repeated_row_of_an_ods_that_a_merged_range_begins_in() -> None:
    ns = "urn:oasis:names:tc:opendocument:xmlns:"
    cell = '<table:table-cell office:value-type="string" table:number-rows-spanned="3"><text:p>甲</text:p>'
    content = (
        f'<office:document-content xmlns:office="{ns}office:1.0" xmlns:table="{ns}table:1.0" xmlns:text="{ns}text:1.0">'
        f'<office:body><office:spreadsheet><table:table><table:table-row table:number-rows-repeated="2">{cell}'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        z.writestr("content.xml", content)
    found = grid(out.getvalue())
    assert (found.rows, found.merged) == ({1: {1: "甲"}}, (Span(1, 1, 3, 1),))
