"""Setting one cell: what it must take care of around that cell, and what it must refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from xlsx_judges import changed_parts, differences, libreoffice, needs_libreoffice, ours, part, shown, wolfs
from xlsx_made import MAIN, book, prefixed, sheet, strict, table, texts, zipped

from toolkit.xlsx import Formula, Reason, Value, Workbook, WorkbookError

SHEET = "xl/worksheets/sheet1.xml"


def opened(xml: str, **more: object) -> Workbook:
    return Workbook.from_bytes(zipped(book(xml, **more)))  # type: ignore[arg-type]


def rows_of(data: bytes, name: str = SHEET) -> str:
    xml = part(data, name).decode()
    return xml[xml.index("sheetData>") + 10 : xml.rindex("</")].rpartition("</")[0]


def refused(workbook: Workbook, ref: str, value: Value = "新") -> Reason:
    before = workbook.to_bytes()
    with pytest.raises(WorkbookError) as e:
        workbook.sheet("甲").set(ref, value)
    assert workbook.to_bytes() == before
    assert e.value.where.startswith("甲!") or e.value.reason is Reason.BAD_REFERENCE
    return e.value.reason


# where the cell goes


@pytest.mark.parametrize(
    ("before", "ref", "after"),
    [
        ("", "B2", '<row r="2"><c r="B2"><v>7</v></c></row>'),
        ('<row r="2"/>', "B2", '<row r="2"><c r="B2"><v>7</v></c></row>'),
        ('<row r="2" ht="30" />', "B2", '<row r="2" ht="30" ><c r="B2"><v>7</v></c></row>'),
        ('<row r="1"/><row r="3"/>', "A2", '<row r="1"/><row r="2"><c r="A2"><v>7</v></c></row><row r="3"/>'),
        ('<row r="2"><c r="A2"/><c r="C2"/></row>', "B2",
         '<row r="2"><c r="A2"/><c r="B2"><v>7</v></c><c r="C2"/></row>'),
        ('<row r="2"><c r="B2" s="3" t="s"><v>0</v></c></row>', "B2", '<row r="2"><c r="B2" s="3"><v>7</v></c></row>'),
        ("<row r='2'><c t='str' r='B2'><f>1</f><v>x</v></c></row>", "B2", "<row r='2'><c r='B2'><v>7</v></c></row>"),
        ('<row r="2" s="3" customFormat="1"/>', "B2",
         '<row r="2" s="3" customFormat="1"><c r="B2" s="3"><v>7</v></c></row>'),
        ('<row r="2" spans="3:4"/>', "B2", '<row r="2" spans="2:4"><c r="B2"><v>7</v></c></row>'),
        ('<row r="2" spans="1:1"/>', "AA2", '<row r="2" spans="1:27"><c r="AA2"><v>7</v></c></row>'),
        ("<row><c/><c/></row><row><c/><c><v>1</v></c></row>", "B2",
         "<row><c/><c/></row><row><c/><c><v>7</v></c></row>"),
        ("<row><c/></row><row><c/></row>", "B2", '<row><c/></row><row><c/><c r="B2"><v>7</v></c></row>'),
        ('<row r="2"><c r="B2"/><c/></row>', "A2", '<row r="2"><c r="A2"><v>7</v></c><c r="B2"/><c/></row>'),
        ('<!-- <row r="2"> --><row r="2"><!-- <c r="B2"/> --></row>', "B2",
         '<!-- <row r="2"> --><row r="2"><c r="B2"><v>7</v></c><!-- <c r="B2"/> --></row>'),
        ('<row r="2"><c r="B2"><v>1</v><extLst><ext uri="x"/></extLst></c></row>', "B2",
         '<row r="2"><c r="B2"><v>7</v><extLst><ext uri="x"/></extLst></c></row>'),
        ('<row r="2"><c r="B2" cm="1" vm="2" t="e"><v>#VALUE!</v></c></row>', "B2",
         '<row r="2"><c r="B2"><v>7</v></c></row>'),
    ],
)  # fmt: skip
def test_where_a_cell_goes(before: str, ref: str, after: str) -> None:
    workbook = opened(sheet(before))
    workbook.sheet("甲").set(ref, 7)
    assert rows_of(workbook.to_bytes()) == after
    assert workbook.sheet("甲").get(ref) == 7
    assert Workbook.from_bytes(workbook.to_bytes()).sheet("甲").get(ref) == 7


def test_column_style_and_style_like() -> None:
    workbook = opened(
        sheet(texts((1, {"A": "x"})), before='<cols><col min="2" max="3" width="9" style="3" customWidth="1"/></cols>')
    )
    target = workbook.sheet("甲")
    target.set("B2", "列的样式")
    target.set("D2", "像 C1", style_like="C1")
    target.set("A1", "x", style_like="B2")
    target.set("E9", None)
    xml = rows_of(workbook.to_bytes())
    assert re.findall(r'<c r="(\w+)"[^>]* s="(\d)"', xml) == [("A1", "3"), ("B2", "3"), ("D2", "3")]


def test_nothing_changes_when_nothing_is_new() -> None:
    workbook = opened(sheet(texts((1, {"A": "文", "B": 7, "C": "=1+1"}))))
    before = workbook.to_bytes()
    target = workbook.sheet("甲")
    for ref, value in {"A1": "文", "B1": 7.0, "C1": Formula("1+1"), "D1": None, "E5": ""}.items():
        target.set(ref, value)
    assert not workbook.changed
    assert workbook.to_bytes() is before
    target.set("B1", True)  # 1 and TRUE are two things
    assert workbook.changed


def test_dimension_grows() -> None:
    workbook = opened(sheet(texts((2, {"B": 1})), before='<dimension ref="B2"/>'))
    workbook.sheet("甲").set("D5", 1)
    workbook.sheet("甲").set("A1", 1)
    assert b'<dimension ref="A1:D5"/>' in part(workbook.to_bytes(), SHEET)
    assert workbook.sheet("甲").dimension == "A1:D5"


def test_clearing_keeps_the_style() -> None:
    workbook = opened(sheet('<row r="1"><c r="A1" s="3" t="str"><v>x</v></c></row>'))
    workbook.sheet("甲").set("A1", None)
    assert rows_of(workbook.to_bytes()) == '<row r="1"><c r="A1" s="3"/></row>'


@pytest.mark.parametrize("ref", ["", "A0", "1A", "A1:B2", "XFE1", "A1048577", "甲!A1", "AAAA1"])
def test_bad_references(ref: str) -> None:
    assert refused(opened(sheet()), ref) is Reason.BAD_REFERENCE


# merged cells, arrays, shared formulas


def test_merged_cells() -> None:
    merges = '<mergeCells count="2"><mergeCell ref="A1:B2"/><mergeCell ref="D1:D5000"/></mergeCells>'
    workbook = opened(sheet(texts((1, {"A": 1, "D": 2})), after=merges))
    assert {refused(workbook, r) for r in ("B1", "A2", "B2", "D2", "D5000")} == {Reason.MERGED}
    workbook.sheet("甲").set("A1", "新")
    workbook.sheet("甲").set("C1", "旁")
    assert workbook.sheet("甲").get("A1") == "新"
    assert workbook.sheet("甲").merged == ("A1:B2", "D1:D5000")


def test_array_formulas() -> None:
    xml = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A2">B1:B2*2</f><v>2</v></c>'
        '<c r="C1"><f t="array" ref="C1">SUM(B1:B2)</f><v>3</v></c></row><row r="2"><c r="A2"><v>4</v></c></row>'
        '<row r="3"><c r="E3"><f t="dataTable" ref="E3:E4" dt2D="0" dtr="0" r1="B1"/><v>1</v></c></row>'
    )
    workbook = opened(sheet(xml))
    assert {refused(workbook, r) for r in ("A1", "A2", "E3", "E4")} == {Reason.ARRAY_FORMULA}
    workbook.sheet("甲").set("C1", 5)  # an array of one cell is the cell's own
    workbook.sheet("甲").set("A3", 5)
    assert '<c r="C1"><v>5</v></c>' in rows_of(workbook.to_bytes())


SHARED = (
    '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f t="shared" ref="B1:B3" si="0">A1*$A$1</f><v>1</v></c></row>'
    '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>2</v></c></row>'
    '<row r="3"><c r="A3"><v>3</v></c><c r="B3"><f t="shared" si="0"/><v>3</v></c></row>'
)


def test_shared_formula_reads_as_its_members_have_it() -> None:
    target = opened(sheet(SHARED)).sheet("甲")
    assert [target.formula(f"B{i}") for i in (1, 2, 3)] == ["A1*$A$1", "A2*$A$1", "A3*$A$1"]


def test_shared_formula_survives_its_master() -> None:
    workbook = opened(sheet(SHARED))
    target = workbook.sheet("甲")
    target.set("B1", "手填")
    assert '<c r="B2"><f t="shared" ref="B2:B3" si="0">A2*$A$1</f><v>2</v></c>' in rows_of(workbook.to_bytes())
    assert [target.formula(f"B{i}") for i in (1, 2, 3)] == [None, "A2*$A$1", "A3*$A$1"]
    target.set("B2", 9)
    target.set("B3", 9)
    assert "shared" not in rows_of(workbook.to_bytes())


def test_shared_formula_in_a_block_survives_its_master() -> None:
    xml = (
        '<row r="1"><c r="B1"><f t="shared" ref="B1:C2" si="3">A1&amp;"x"</f></c>'
        '<c r="C1"><f t="shared" si="3"/></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="3"/></c><c r="C2"><f t="shared" si="3"/></c></row>'
    )
    workbook = opened(sheet(xml))
    target = workbook.sheet("甲")
    target.set("B1", 1)
    assert [target.formula(r) for r in ("B1", "C1", "B2", "C2")] == [None, 'B1&"x"', 'A2&"x"', 'B2&"x"']


@needs_libreoffice
def test_libreoffice_recalculates_what_depends_on_an_edit(tmp_path: Path) -> None:
    workbook = opened(sheet(SHARED + texts((4, {"A": "=SUM(B1:B3)"}))))
    workbook.sheet("甲").set("A1", 10)
    workbook.sheet("甲").set("B1", Formula('A1&"<"&A2'))
    workbook.sheet("甲").set("B2", Formula("A2*3"))
    path = tmp_path / "shared.xlsx"
    path.write_bytes(workbook.to_bytes())
    seen = libreoffice([path], tmp_path)[path]
    assert [shown(seen, "甲", r, 2) for r in (1, 2, 3)] == ["10<2", "6", "30"]


# formulas elsewhere are told to recalculate; the chain of calculation has no ghosts

CHAIN = f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/><c r="B1"/><c r="A1" i="2"/><c r="C1"/></calcChain>'
TWO = (sheet(texts((1, {"A": "=1", "B": "=2"}))), sheet(texts((1, {"A": "=3", "C": "=4"}))))


def chained() -> Workbook:
    return Workbook.from_bytes(zipped(book(*TWO, related={"calcChain": CHAIN}, calc='<calcPr calcId="191029"/>')))


def test_calc_chain_loses_only_what_is_gone() -> None:
    workbook = chained()
    workbook.sheet("乙").set("A1", 5)
    data = workbook.to_bytes()
    assert part(data, "xl/calcChain.xml").endswith(b'<c r="A1" i="1"/><c r="B1"/><c r="C1" i="2"/></calcChain>')
    assert b'<calcPr calcId="191029" fullCalcOnLoad="1"/>' in part(data, "xl/workbook.xml")
    assert changed_parts(chained().to_bytes(), data) == {
        "xl/worksheets/sheet2.xml", "xl/workbook.xml", "xl/calcChain.xml",
    }  # fmt: skip


def test_calc_chain_goes_with_its_last_entry_and_leaves_no_trace() -> None:
    workbook = chained()
    for name, refs in {"甲": ("A1", "B1"), "乙": ("A1", "C1")}.items():
        for ref in refs:
            workbook.sheet(name).set(ref, 0)
    data = workbook.to_bytes()
    assert "xl/calcChain.xml" in changed_parts(chained().to_bytes(), data)
    assert b"calcChain" not in part(data, "[Content_Types].xml") + part(data, "xl/_rels/workbook.xml.rels")


def test_a_formula_put_back_stays_in_the_chain() -> None:
    workbook = chained()
    workbook.sheet("甲").set("A1", 0)
    workbook.sheet("甲").set("A1", Formula("7"))
    assert part(workbook.to_bytes(), "xl/calcChain.xml").endswith(CHAIN.encode())


@pytest.mark.parametrize(
    ("calc", "expected"),
    [
        ("", '<calcPr fullCalcOnLoad="1"/>'),
        ('<calcPr calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'),
        ('<calcPr fullCalcOnLoad="0"/>', '<calcPr fullCalcOnLoad="1"/>'),
        ('<calcPr fullCalcOnLoad="1"/>', '<calcPr fullCalcOnLoad="1"/>'),
    ],
)
def test_excel_is_told_to_recalculate(calc: str, expected: str) -> None:
    workbook = Workbook.from_bytes(zipped(book(sheet(), sheet(texts((1, {"A": "=甲!A1"}))), calc=calc)))
    workbook.sheet("甲").set("A1", 5)
    assert expected.encode() in part(workbook.to_bytes(), "xl/workbook.xml")


def test_without_formulas_there_is_nothing_to_recalculate() -> None:
    workbook = Workbook.from_bytes(before := zipped(book(sheet(), sheet("<!-- f -->"))))
    workbook.sheet("甲").set("A1", 5)
    assert changed_parts(before, workbook.to_bytes()) == {SHEET}


# unusual clothes


def _edit(files: dict[str, str | bytes], tmp_path: Path, name: str = "甲") -> bytes:
    workbook = Workbook.from_bytes(zipped(files))
    target = workbook.sheet(name)
    target.set("A1", "=新")
    target.set("B2", 4.5)
    target.set("C3", Formula("B2*2"))
    path = tmp_path / "edited.xlsx"
    path.write_bytes(data := workbook.to_bytes())
    again = Workbook.from_bytes(data)
    assert again.sheet(name).get("A1") == "=新"
    assert again.sheet(name).get("B2") == 4.5
    assert again.sheet(name).formula("C3") == "B2*2"
    assert differences(ours(again), wolfs(path)) == []
    return data


def test_strict(tmp_path: Path) -> None:
    data = _edit(strict(book(sheet(texts((1, {"A": "旧", "D": 1}))))), tmp_path)
    assert MAIN.encode() not in part(data, SHEET)


def test_prefixed(tmp_path: Path) -> None:
    files = book(prefixed(sheet(texts((1, {"A": "旧", "D": 1})), before='<dimension ref="A1:D1"/>')))
    data = _edit(files, tmp_path)
    assert b'<x:c r="A1" t="inlineStr"><x:is><x:t>=\xe6\x96\xb0</x:t></x:is></x:c>' in part(data, SHEET)
    assert b'<x:dimension ref="A1:D3"/>' in part(data, SHEET)


def test_utf_16(tmp_path: Path) -> None:
    files = book(sheet(texts((1, {"A": "旧"}))))
    text = files[SHEET]
    assert isinstance(text, str)
    files[SHEET] = text.replace("UTF-8", "UTF-16").encode("utf-16")
    _edit(files, tmp_path)


def test_empty_sheet_data(tmp_path: Path) -> None:
    xml = sheet(after="<pageMargins left='1' right='1' top='1' bottom='1' header='1' footer='1'/>")
    for empty in ("<sheetData/>", "<sheetData />", "<sheetData></sheetData>", "<sheetData>\n</sheetData>"):
        _edit(book(xml.replace("<sheetData></sheetData>", empty)), tmp_path)


def test_chart_sheet_first() -> None:
    chart = f'<chartsheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>'
    names = '<definedName name="x" localSheetId="1">乙!$A$1</definedName>'
    files = book(chart, sheet(texts((1, {"A": "旧"}))), kinds=("chartsheet",), names=names)
    workbook = Workbook.from_bytes(zipped(files))
    assert workbook.sheet_names == ("乙",)
    assert workbook.names[0].sheet == "乙"
    with pytest.raises(WorkbookError) as e:
        workbook.sheet("甲")
    assert e.value.reason is Reason.NO_SHEET
    assert "图表" in e.value.message
    workbook.sheet("乙").set("A1", "新")
    assert changed_parts(zipped(files), workbook.to_bytes()) == {"xl/worksheets/sheet2.xml"}


def test_only_a_chart_sheet() -> None:
    chart = f'<chartsheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"/></sheetViews></chartsheet>'
    workbook = Workbook.from_bytes(zipped(book(chart, kinds=("chartsheet",))))
    assert workbook.sheet_names == ()
    with pytest.raises(WorkbookError, match="只有图表"):
        workbook.sheet("无")


# a table's header cells


def with_table(formula: str = "") -> Workbook:
    rows = texts((1, {"A": "序号", "B": "完成情况"}), (2, {"A": 1, "B": "甲", "D": formula or 0}))
    links = {SHEET: {"xl/tables/table1.xml": ("table", table("台账", "A1:B2", "序号", "完成情况"))}}
    xml = sheet(rows, after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>')
    return Workbook.from_bytes(zipped(book(xml, links=links)))


def test_header_cell_and_column_name_change_together() -> None:
    workbook = with_table()
    workbook.sheet("甲").set("B1", "完成\n情况")
    assert workbook.table("台账").columns == ("序号", "完成\n情况")
    assert b'name="\xe5\xae\x8c\xe6\x88\x90_x000a_\xe6\x83\x85\xe5\x86\xb5"' in part(
        workbook.to_bytes(), "xl/tables/table1.xml"
    )


@pytest.mark.parametrize("value", [None, "", "  ", 7, Formula("A1"), "序号", "x" * 256])
def test_what_no_header_can_be(value: Value) -> None:
    assert refused(with_table(), "B1", value) is Reason.HEADER


def test_a_header_that_formulas_use() -> None:
    assert refused(with_table("=SUM(台账[完成情况])"), "B1") is Reason.HEADER
    with_table("=SUM(台账[序号])").sheet("甲").set("B1", "新")
