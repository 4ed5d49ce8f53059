"""What people leave in a cell besides its text: what they struck out, comments, formulas that nothing has computed."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import olefile
import pytest
from docx import Document
from libreoffice import LibreOffice
from made import OFFICE, POOR, SECRET, ZONE, codes, issued
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from toolkit.model import Finding, Verdict
from toolkit.returns.formats.biff import marks_in
from toolkit.returns.read import read_return
from toolkit.returns.review import Review, review
from toolkit.soffice import FILTERS, convert, find_soffice

TITLE = "2023年市民政局社会救助处第一季度工作目标完成情况"
KEYS = ("2023-02", "2023-13")


def workbook() -> Any:
    book = Workbook()
    sheet = book.active
    for line in ([TITLE], ["序号", "责任事项", "完成情况"], *(row[:3] for row in issued(POOR))):
        sheet.append(line)
    return book


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def seen(data: bytes, name: str = "救助处.xlsx") -> Review:
    reading = read_return(data, name)
    assert not isinstance(reading, Finding)
    received = datetime(2023, 4, 3, 10, tzinfo=ZONE)
    return review(OFFICE, reading, file_name=name, received=received, zone=ZONE, secret=SECRET)


def by_libreoffice(data: bytes, to: str = ".xlsx") -> bytes:
    program = find_soffice()
    if program is None:
        pytest.skip("LibreOffice is not installed")
    return convert(data, ".xlsx", to, program=program, seconds=60, most=1 << 24)


def told(found: Review, code: str) -> list[tuple[str, str]]:
    return [(f.where, str(f.message)) for f in found.findings if f.code == code]


@pytest.mark.parametrize("again", [False, True])
def test_what_is_struck_out_is_not_reported(again: bool) -> None:
    book = workbook()
    sheet = book.active
    sheet["C3"] = CellRichText(
        "走访", TextBlock(InlineFont(strike=True), "120户"), TextBlock(InlineFont(b=True), "130户。")
    )
    sheet["C4"].font = Font(strike=True)
    data = saved(book)
    found = seen(by_libreoffice(data) if again else data)
    assert found.verdict is Verdict.RETURNED
    assert not found.texts
    (where, part), (_, whole) = told(found, "struck_out")
    assert where == "Sheet!C3"
    assert "“120户”" in part
    assert "第13号任务" in whole


def test_what_is_struck_out_elsewhere_takes_nothing_away() -> None:
    book = workbook()
    book.active["A1"].font = Font(strike=True)
    book.active["C3"].font = Font(strike=False)
    found = seen(saved(book))
    assert set(found.texts) == set(KEYS)
    assert "struck_out" not in codes(found)


@pytest.mark.parametrize("again", [False, True])
def test_comments_are_told(again: bool) -> None:
    book = workbook()
    sheet = book.active
    sheet["C4"] = None
    sheet["C4"].comment = Comment("已统一标准，惠及3200人。", "钱七")
    data = saved(book)
    found = seen(by_libreoffice(data) if again else data)
    assert set(found.texts) == {KEYS[0]}
    ((where, message),) = told(found, "comment")
    assert where == "Sheet!C4"
    assert "惠及3200人" in message


BOX = """<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
 xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor>
 <xdr:from><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>
 <xdr:to><xdr:col>3</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>3</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>
 <xdr:sp><xdr:txBody><a:bodyPr/><a:p><a:r><a:t>另有3户尚未发放，</a:t></a:r><a:r><a:t>全年目标可能完不成。</a:t></a:r></a:p>
 </xdr:txBody></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"""
OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_a_text_box_is_told() -> None:
    """openpyxl draws none."""
    with zipfile.ZipFile(io.BytesIO(saved(workbook()))) as old:
        parts = {n: old.read(n).decode() for n in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    drawing = f'<drawing xmlns:r="{OFFICE_RELATIONS}" r:id="box"/></worksheet>'
    parts[sheet] = parts[sheet].replace("</worksheet>", drawing)
    parts["xl/drawings/drawing1.xml"] = BOX
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="box" '
        f'Type="{OFFICE_RELATIONS}/drawing" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    new = io.BytesIO()
    with zipfile.ZipFile(new, "w") as z:
        for part, content in parts.items():
            z.writestr(part, content)
    found = seen(new.getvalue())
    assert set(found.texts) == set(KEYS)
    assert told(found, "text_outside") == [
        ("Sheet!C3", "表格之外还写了“另有3户尚未发放，全年目标可能完不成。”，没有写入台账")
    ]


def test_a_formula_that_nothing_computed_is_not_called_empty() -> None:
    book = workbook()
    book.active["C3"] = '="走访"&120&"户。"'
    found = seen(saved(book))
    assert "empty_status" not in codes(found)
    assert [where for where, _ in told(found, "formula_unsaved")] == ["Sheet!C3"]
    computed = seen(by_libreoffice(saved(book)))
    assert computed.texts[KEYS[0]] == "走访120户。"


def test_in_an_xls_too(libreoffice: LibreOffice, tmp_path: Path) -> None:
    book = workbook()
    sheet = book.active
    sheet["C3"] = "走访困难群众。" * 3000  # its record goes on in others
    sheet["C3"].font = Font(strike=True)
    sheet["C4"] = CellRichText(
        "走访", TextBlock(InlineFont(strike=True), "120户"), TextBlock(InlineFont(b=True), "130户。")
    )
    sheet["A1"].comment = Comment("请领导再核", "钱七")
    book.save(tmp_path / "form.xlsx")
    libreoffice.open(path=tmp_path / "form.xlsx")
    libreoffice.box(ref="C4", text="另有3户尚未发放，全年目标可能完不成。")
    libreoffice.save(path=tmp_path / "form.xls", kind="xls")
    libreoffice.close()
    data = (tmp_path / "form.xls").read_bytes()
    found = seen(data, "救助处.xls")
    assert found.verdict is Verdict.RETURNED
    assert not found.texts
    (_, whole), (where, part) = told(found, "struck_out")
    assert "走访困难群众" in whole
    assert where == "Sheet!C4"
    assert "“120户”" in part
    assert [(where, "请领导再核" in m) for where, m in told(found, "comment")] == [("Sheet!A1", True)]
    assert [(where, "另有3户尚未发放" in m) for where, m in told(found, "text_outside")] == [("Sheet!C4", True)]
    with olefile.OleFileIO(data) as ole:
        stream = ole.openstream("Workbook").read()
    pick = random.Random(7)
    for _ in range(200):  # whatever its records say, the file is read on
        damaged = bytearray(stream)
        for _ in range(20):
            damaged[pick.randrange(len(damaged))] = pick.choice((0, 1, 0x7F, 0xFF))
        marks_in(bytes(damaged))


def test_in_a_sheet_of_libreoffice_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FILTERS, ".ods", "ods:calc8")
    book = workbook()
    sheet = book.active
    sheet["C3"] = CellRichText("走访", TextBlock(InlineFont(strike=True), "120户"), "130户。")
    sheet["C4"].comment = Comment("请领导再核", "钱七")
    sheet.insert_rows(4)
    sheet["C4"] = "隐藏草稿：实际只完成1户"
    sheet.row_dimensions[4].hidden = True
    found = seen(by_libreoffice(saved(book), ".ods"), "救助处.ods")
    assert set(found.texts) == {KEYS[1]}
    assert "“120户”" in told(found, "struck_out")[0][1]
    assert [where for where, _ in told(found, "comment")] == ["Sheet!C5"]
    assert "隐藏草稿" in told(found, "hidden_row")[0][1]


def test_in_word_too() -> None:
    document = Document()
    document.add_paragraph(TITLE)
    rows = [["序号", "责任事项", "完成情况"], *([str(c) for c in row[:3]] for row in issued(POOR))]
    table = document.add_table(3, 3)
    for n, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(n, c).text = text
    old = table.cell(1, 2).paragraphs[0].add_run("原为120户")
    old.font.strike = True
    document.add_comment(table.cell(2, 2).paragraphs[0].runs, text="请领导再核", author="钱七")
    found = seen(saved(document), "救助处.docx")
    assert set(found.texts) == {KEYS[1]}
    ((where, message),) = told(found, "struck_out")
    assert where == "表格第2行"
    assert "原为120户" in message
    assert ["请领导再核" in m for _, m in told(found, "comment")] == [True]
