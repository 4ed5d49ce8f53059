"""What people leave in a cell besides its text: what they struck out, comments, formulas that nothing has computed."""

from __future__ import annotations

import io
import random
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import olefile
import pytest
from docx import Document
from docx.oxml import parse_xml
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


def with_box(text: str, row: int = 2, around: tuple[str, str] = ("", "")) -> bytes:
    """openpyxl draws none."""
    box = BOX.replace("<xdr:row>2<", f"<xdr:row>{row}<", 1)
    box = re.sub("<a:r>.*</a:r>", f"<a:r><a:t>{text}</a:t></a:r>", box) if text else box
    begin, end = "<xdr:twoCellAnchor>", "</xdr:twoCellAnchor>"
    box = box.replace(begin, around[0] + begin).replace(end, end + around[1])
    with zipfile.ZipFile(io.BytesIO(saved(workbook()))) as old:
        parts = {n: old.read(n).decode() for n in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    drawing = f'<drawing xmlns:r="{OFFICE_RELATIONS}" r:id="box"/></worksheet>'
    parts[sheet] = parts[sheet].replace("</worksheet>", drawing)
    parts["xl/drawings/drawing1.xml"] = box
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="box" '
        f'Type="{OFFICE_RELATIONS}/drawing" Target="../drawings/drawing1.xml"/></Relationships>'
    )
    new = io.BytesIO()
    with zipfile.ZipFile(new, "w") as z:
        for part, content in parts.items():
            z.writestr(part, content)
    return new.getvalue()


def test_a_text_box_is_told() -> None:
    found = seen(with_box(""))
    assert set(found.texts) == set(KEYS)
    assert told(found, "text_outside") == [
        ("Sheet!C3", "表格之外还写了“另有3户尚未发放，全年目标可能完不成。”，没有写入台账")
    ]


@pytest.mark.parametrize(
    "text",
    ["更正：500户应为800户", "已完成改造800户", "800户", "见附件", "审定人：李五", "同意第1项改为800户", "未盖章"],
)
def test_a_text_box_is_told_however_short(text: str) -> None:
    assert told(seen(with_box(text)), "text_outside") == [("Sheet!C3", f"表格之外还写了“{text}”，没有写入台账")]


def test_the_words_of_a_check_box_are_the_forms_own() -> None:
    """Excel and LibreOffice write one beside the text boxes, for programs from 2010 on alone."""
    choice = '<mc:Choice xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" Requires="a14">'
    either = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    control = (f'<mc:AlternateContent xmlns:mc="{either}">{choice}', "</mc:Choice><mc:Fallback/></mc:AlternateContent>")
    assert "text_outside" not in codes(seen(with_box("复选框 1", around=control)))
    told_so = (control[0], control[1].replace("<mc:Fallback/>", "<mc:Fallback><xdr:absoluteAnchor/></mc:Fallback>"))
    assert len(told(seen(with_box("E=mc²，另有3户", around=told_so)), "text_outside")) == 1


def test_what_stands_below_the_last_row_is_told() -> None:
    assert [where for where, _ in told(seen(with_box("已完成改造800户", 11)), "text_outside")] == ["Sheet!C12"]
    book = workbook()
    book.active["B9"].comment = Comment("第1项应为800户", "钱七")
    assert [where for where, _ in told(seen(saved(book)), "comment")] == ["Sheet!B9"]


@pytest.mark.parametrize(
    "text",
    [
        *(TITLE, "附件2", "- 1 -", "第1页 共2页", "（盖章）", "救助处（公章）", "2023年4月3日", "审定人：", "无"),
        *("签字：", "密级：内部", "内部资料 注意保存", "单位：万元", "2023年第一季度"),
        *("样表", "返回目录", "此页无正文", "请下载后填写"),
        *("填报要求：请于4月5日前报送", "联系人：李四 电话：82345678"),
    ],
)
def test_a_text_box_that_decorates_is_not_told(text: str) -> None:
    assert "text_outside" not in codes(seen(with_box(text)))


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


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize("fixed", [True, False])
def test_text_boxes_of_each_format(libreoffice: LibreOffice, tmp_path: Path, kind: str, fixed: bool) -> None:
    (tmp_path / "form.xlsx").write_bytes(saved(workbook()))
    libreoffice.open(path=tmp_path / "form.xlsx")
    libreoffice.box(ref="C4", text="已完成改造800户", fixed=fixed)
    libreoffice.save(path=tmp_path / f"form.{kind}", kind=kind)
    libreoffice.close()
    found = seen((tmp_path / f"form.{kind}").read_bytes())
    ((where, message),) = told(found, "text_outside")
    assert where in ("Sheet!C4", "Sheet!A1" if kind == "ods" and not fixed else "")
    assert "已完成改造800户" in message


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


def in_word(*around: str) -> Any:
    """The form in Word: its title, its table, the paragraphs below."""
    document = Document()
    document.add_paragraph(TITLE)
    rows = [["序号", "责任事项", "完成情况"], *([str(c) for c in row[:3]] for row in issued(POOR))]
    table = document.add_table(3, 3)
    for n, row in enumerate(rows):
        for c, text in enumerate(row):
            table.cell(n, c).text = text
    for text in around:
        document.add_paragraph(text)
    return document


def test_in_word_too() -> None:
    document = in_word()
    (table,) = document.tables
    old = table.cell(1, 2).paragraphs[0].add_run("原为120户")
    old.font.strike = True
    document.add_comment(table.cell(2, 2).paragraphs[0].runs, text="请领导再核", author="钱七")
    found = seen(saved(document), "救助处.docx")
    assert set(found.texts) == {KEYS[1]}
    ((where, message),) = told(found, "struck_out")
    assert where == "表格第2行"
    assert "原为120户" in message
    assert ["请领导再核" in m for _, m in told(found, "comment")] == [True]


def boxed(text: str) -> Any:
    """A run with a text box."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return parse_xml(
        f'<w:r xmlns:w="{word}" xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textbox><w:txbxContent>'
        f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
    )


@pytest.mark.parametrize("text", ["更正：第1项应为800户，请以此为准", "已完成改造800户"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_text_box_in_word_is_told_wherever_it_is_fixed(place: int, text: str) -> None:
    document = in_word("分管局领导审定：钱七", "审定日期：2023年4月2日")
    document.paragraphs[place]._p.append(boxed(text))
    found = seen(saved(document), "救助处.docx")
    assert set(found.texts) == set(KEYS)
    assert "not_approved" not in codes(found)
    assert told(found, "text_outside") == [(f"第{place + 1}段", f"表格之外还写了“{text}”，没有写入台账")]


def test_what_is_read_of_a_text_box_in_word_is_not_told() -> None:
    document = in_word("")
    document.paragraphs[0].text = ""
    document.paragraphs[0]._p.append(boxed(TITLE))
    document.paragraphs[-1]._p.append(boxed("审定人：钱七 审定日期：2023年4月2日"))
    found = seen(saved(document), "救助处.docx")
    assert set(found.texts) == set(KEYS)
    assert {"not_approved", "text_outside"}.isdisjoint(codes(found))
