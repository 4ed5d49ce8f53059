"""Rows that are repeated, inserted, removed: all that refers to them follows, on this sheet and elsewhere."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from xlsx_judges import SHARED, changed_parts, libreoffice, needs_libreoffice, part, schema_problems, shown
from xlsx_made import MAIN, book, sheet, table, texts, zipped

from toolkit.xlsx import Reason, Workbook, WorkbookError

SHEET, OTHER = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
FORM = texts((1, {"A": "标题"}), (2, {"A": "序号", "B": "数"}), (3, {"A": 1, "B": 2}), (4, {"A": "填表人"}))


def formula_after(edit: str, formula: str, at: str = "H20") -> str | None:
    """How a formula in 甲!H20 (or elsewhere) reads after rows of 甲 moved."""
    name, _, ref = at.rpartition("!")
    column, row = re.fullmatch(r"([A-Z]+)(\d+)", ref).groups()  # type: ignore[union-attr]
    own = texts((int(row), {column: "=" + formula.replace("&", "&amp;").replace("<", "&lt;")}))
    sheets = [sheet(own), sheet()] if name != "乙" else [sheet(), sheet(own)]
    workbook = Workbook.from_bytes(zipped(book(*sheets)))
    target = workbook.sheet("甲")
    kind, at_row, count = re.fullmatch(r"(\w+) (\d+) (\d+)", edit).groups()  # type: ignore[union-attr]
    moved = int(row)
    if name != "乙":
        moved += (int(count) - (kind == "repeat")) * (int(row) >= int(at_row) + (kind == "repeat"))
    (target.insert_rows if kind == "insert" else target.repeat_row)(int(at_row), int(count))
    again = Workbook.from_bytes(workbook.to_bytes())
    return again.sheet(name or "甲").formula(f"{column}{moved}")


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        ("insert 3 2", "A2+A3+A4", "A2+A5+A6"),
        ("insert 3 2", "$A$3+A$3+$A3", "$A$5+A$5+$A5"),
        ("insert 3 2", "SUM(A1:A2)", "SUM(A1:A2)"),
        ("insert 3 2", "SUM(A1:A3)+SUM(A3:A4)", "SUM(A1:A5)+SUM(A5:A6)"),
        ("insert 3 2", "SUM(A:A)+SUM(3:3)+SUM(1:5)", "SUM(A:A)+SUM(5:5)+SUM(1:7)"),
        ("insert 3 2", "SUM(A4:A1)", "SUM(A6:A1)"),
        ("insert 3 2", '"A3"&A3&"""A3"', '"A3"&A5&"""A3"'),
        ("insert 3 2", "甲!A3+'甲'!A3+乙!A3", "甲!A5+'甲'!A5+乙!A3"),
        ("insert 3 2", "[1]甲!A3+'[1]甲'!A3", "[1]甲!A3+'[1]甲'!A3"),
        ("insert 3 2", "LOG10(A3)+A3_x+x.A3+R3C1+TBL[A3]", "LOG10(A5)+A3_x+x.A3+R3C1+TBL[A3]"),
        ("insert 3 2", "表[[#This Row],[A3]]+A3", "表[[#This Row],[A3]]+A5"),
        ("insert 3 2", "1E3+A3*1.5E3", "1E3+A5*1.5E3"),
        ("insert 3 2", "A3#+@A3", "A5#+@A5"),
        ("insert 3 2", "INDEX(A3:B9,2):C9", "INDEX(A5:B11,2):C11"),
        ("insert 3 2", "ABCD3+XFE3", "ABCD3+XFE3"),
        ("insert 3 1048000", "A1048576", "#REF!"),
        ("repeat 3 4", "SUM(B3:B3)", "SUM(B3:B6)"),
        ("repeat 3 4", "SUM(B2:B3)+B3+B4", "SUM(B2:B6)+B3+B7"),
        ("repeat 3 4", "SUM(B3:B4)", "SUM(B3:B7)"),
        ("repeat 3 4", "SUM(B4:B5)", "SUM(B7:B8)"),
        ("repeat 3 0", "SUM(B2:B4)+B4", "SUM(B2:B3)+B3"),
        ("repeat 3 0", "B3+SUM(B3:B3)", "#REF!+SUM(#REF!)"),
    ],
)  # fmt: skip
def test_formulas_follow(edit: str, before: str, after: str) -> None:
    assert formula_after(edit, before) == after


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        ("insert 3 2", "甲!A2+甲!A3+A3", "甲!A2+甲!A5+A3"),
        ("insert 3 2", "SUM('甲'!$A$3:$B$9)+SUM(甲!3:4)", "SUM('甲'!$A$5:$B$11)+SUM(甲!5:6)"),
        ("repeat 3 4", "SUM(甲!B3:B3)+乙!B4", "SUM(甲!B3:B6)+乙!B4"),
        ("repeat 3 0", "甲!B3+甲!B4", "甲!#REF!+甲!B3"),
    ],
)
def test_formulas_on_other_sheets_follow(edit: str, before: str, after: str) -> None:
    assert formula_after(edit, before, "乙!H20") == after


def test_formulas_in_the_repeated_row_follow_each_copy() -> None:
    rows = texts((2, {"A": 5}), (3, {"A": 1, "B": "=A3*2", "C": "=SUM(A3:B3)+A$2+$A$3", "D": "=D2+A3", "E": "=A4"}))
    workbook = Workbook.from_bytes(zipped(book(sheet(rows))))
    target = workbook.sheet("甲")
    target.repeat_row(3, 3)
    assert [target.formula(f"B{r}") for r in (3, 4, 5)] == ["A3*2", "A4*2", "A5*2"]
    assert [target.formula(f"C{r}") for r in (3, 4, 5)] == [
        "SUM(A3:B3)+A$2+$A$3", "SUM(A4:B4)+A$2+$A$3", "SUM(A5:B5)+A$2+$A$3",
    ]  # fmt: skip
    assert [target.formula(f"D{r}") for r in (3, 4, 5)] == ["D2+A3", "D3+A4", "D4+A5"]
    assert target.formula("E3") == "A6"


@needs_libreoffice
def test_libreoffice_agrees_on_the_sums(tmp_path: Path) -> None:
    rows = texts((1, {"A": "=SUM(B3:B3)", "B": "=COUNTA(A2:A5)"}), *[(r, {"A": f"行{r}", "B": r}) for r in range(2, 6)],
                 (6, {"B": "=SUM(B2:B5)"}))  # fmt: skip
    workbook = Workbook.from_bytes(zipped(book(sheet(rows), sheet(texts((1, {"A": "=甲!B6", "B": "=SUM(甲!B3:B4)"}))))))
    target = workbook.sheet("甲")
    target.repeat_row(3, 3)
    target.insert_rows(2, 2)
    target.repeat_row(9, 0)
    path = tmp_path / "sums.xlsx"
    path.write_bytes(workbook.to_bytes())
    seen = libreoffice([path], tmp_path)[path]
    # rows 4 to 8 now hold 2, 3, 3, 3, 4; 5 was removed
    assert [shown(seen, "甲", *at) for at in ((1, 1), (1, 2), (9, 2))] == ["9", "5", "15"]
    assert [shown(seen, "乙", 1, c) for c in (1, 2)] == ["15", "13"]


FRAME_BEFORE = '<dimension ref="A1:C5"/><sheetViews><sheetView workbookViewId="0"/></sheetViews>'
FRAME = (
    '<autoFilter ref="A2:C4"/>'
    '<mergeCells count="3"><mergeCell ref="A1:C1"/><mergeCell ref="B3:C3"/><mergeCell ref="A4:C5"/></mergeCells>'
    '<conditionalFormatting sqref="A3:C3"><cfRule type="expression" priority="1"><formula>$B3&gt;1</formula></cfRule>'
    '</conditionalFormatting><conditionalFormatting sqref="A4"><cfRule type="expression" priority="2">'
    "<formula>A4&lt;A3</formula></cfRule></conditionalFormatting>"
    '<dataValidations count="2"><dataValidation type="list" sqref="B3"><formula1>$A$9:$A$10</formula1></dataValidation>'
    '<dataValidation type="list" sqref="C4:C5"><formula1>"a"</formula1></dataValidation></dataValidations>'
    '<hyperlinks><hyperlink ref="A3" location="乙!A1"/><hyperlink ref="A4" location="乙!A1"/></hyperlinks>'
    '<rowBreaks count="2" manualBreakCount="2"><brk id="2" max="16383" man="1"/><brk id="3" max="16383" man="1"/>'
    "</rowBreaks>"
)
NAMES = (
    '<definedName name="_xlnm.Print_Area" localSheetId="0">甲!$A$1:$C$4</definedName>'
    '<definedName name="_xlnm.Print_Titles" localSheetId="0">甲!$1:$2</definedName>'
    '<definedName name="末行">甲!$A$4</definedName><definedName name="相对">甲!A4</definedName>'
    '<definedName name="别处">乙!$A$4</definedName>'
)


def framed() -> Workbook:
    files = book(sheet(FORM, FRAME_BEFORE, FRAME), sheet(texts((1, {"A": "=甲!A4"}))), names=NAMES)
    return Workbook.from_bytes(zipped(files))


def attributes(data: bytes, element: str, name: str) -> list[str]:
    return re.findall(rf'<{element} [^>]*?\b{name}="([^"]*)"', part(data, SHEET).decode())


def check_schema(data: bytes, tmp_path: Path) -> None:
    if (SHARED / "check_ooxml.py").is_file():
        path = tmp_path / "moved.xlsx"
        path.write_bytes(data)
        assert schema_problems(path) == set()


def test_repeat_moves_the_frame(tmp_path: Path) -> None:
    workbook = framed()
    workbook.sheet("甲").repeat_row(3, 3)
    data = workbook.to_bytes()
    xml = part(data, SHEET).decode()
    assert attributes(data, "dimension", "ref") == ["A1:C7"]
    assert attributes(data, "autoFilter", "ref") == ["A2:C6"]
    assert attributes(data, "mergeCell", "ref") == ["A1:C1", "B3:C3", "B4:C4", "B5:C5", "A6:C7"]
    assert attributes(data, "mergeCells", "count") == ["5"]
    assert attributes(data, "conditionalFormatting", "sqref") == ["A3:C5", "A6"]
    assert re.findall("<formula>(.*?)</formula>", xml) == ["$B3&gt;1", "A6&lt;A3"]
    assert attributes(data, "dataValidation", "sqref") == ["B3:B5", "C6:C7"]
    assert "<formula1>$A$11:$A$12</formula1>" in xml
    assert attributes(data, "hyperlink", "ref") == ["A3", "A6"]
    assert attributes(data, "brk", "id") == ["2", "5"]
    assert {n.name: n.text for n in workbook.names} == {
        "_xlnm.Print_Area": "甲!$A$1:$C$6", "_xlnm.Print_Titles": "甲!$1:$2", "末行": "甲!$A$6", "相对": "甲!A4",
        "别处": "乙!$A$4",
    }  # fmt: skip
    assert workbook.sheet("乙").formula("A1") == "甲!A6"
    check_schema(data, tmp_path)


def test_insert_moves_the_frame(tmp_path: Path) -> None:
    workbook = framed()
    workbook.sheet("甲").insert_rows(2, 2)
    data = workbook.to_bytes()
    assert attributes(data, "autoFilter", "ref") == ["A4:C6"]
    assert attributes(data, "mergeCell", "ref") == ["A1:C1", "B5:C5", "A6:C7"]
    assert attributes(data, "conditionalFormatting", "sqref") == ["A5:C5", "A6"]
    assert re.findall("<formula>(.*?)</formula>", part(data, SHEET).decode()) == ["$B5&gt;1", "A6&lt;A5"]
    assert [n.text for n in workbook.names][:3] == ["甲!$A$1:$C$6", "甲!$1:$4", "甲!$A$6"]
    check_schema(data, tmp_path)


def test_removing_a_row_takes_what_hangs_on_it(tmp_path: Path) -> None:
    workbook = framed()
    workbook.sheet("甲").repeat_row(3, 0)
    data = workbook.to_bytes()
    assert attributes(data, "mergeCell", "ref") == ["A1:C1", "A3:C4"]
    assert attributes(data, "mergeCells", "count") == ["2"]
    assert attributes(data, "conditionalFormatting", "sqref") == ["A3"]
    assert attributes(data, "dataValidation", "sqref") == ["C3:C4"]
    assert attributes(data, "dataValidations", "count") == ["1"]
    assert attributes(data, "hyperlink", "ref") == ["A3"]
    assert dict(workbook.sheet("甲").rows())[3] == {1: "填表人"}
    assert [n.text for n in workbook.names][:3] == ["甲!$A$1:$C$3", "甲!$1:$2", "甲!$A$3"]
    check_schema(data, tmp_path)


@pytest.mark.parametrize("first", range(1, 7))
@pytest.mark.parametrize("count", range(4))
def test_removing_rows_is_removing_them_one_by_one(first: int, count: int) -> None:
    at_once, singly = framed(), framed()
    at_once.sheet("甲").remove_rows(first, count)
    for _ in range(count):
        singly.sheet("甲").repeat_row(first, 0)
    assert at_once.to_bytes() == singly.to_bytes()


@pytest.mark.parametrize("rows", [r for n in range(1, 5) for r in combinations(range(1, 8), n)])
def test_removing_rows_that_do_not_follow_each_other_is_removing_them_one_by_one(rows: tuple[int, ...]) -> None:
    at_once, singly = framed(), framed()
    at_once.sheet("甲").remove_each(rows)
    for row in reversed(rows):
        singly.sheet("甲").remove_rows(row, 1)
    assert at_once.to_bytes() == singly.to_bytes()


def test_cells_under_a_tall_merge_stay_empty_in_the_copies() -> None:
    rows = texts((1, {"A": "合并", "B": "x"}), (2, {"B": "y"}))
    merges = '<mergeCells count="1"><mergeCell ref="A1:A2"/></mergeCells>'
    workbook = Workbook.from_bytes(zipped(book(sheet(rows, after=merges))))
    target = workbook.sheet("甲")
    target.repeat_row(1, 3)
    assert dict(target.rows()) == {1: {1: "合并", 2: "x"}, 2: {2: "x"}, 3: {2: "x"}, 4: {2: "y"}}
    assert target.merged == ("A1:A4",)


def test_copies_look_like_the_row() -> None:
    row = (
        '<row r="2" ht="40" customHeight="1" spans="1:2"><c r="A2" s="3" t="inlineStr"><is><t>x</t></is></c>'
        '<c r="B2" s="1"/></row>'
    )
    workbook = Workbook.from_bytes(zipped(book(sheet(row))))
    workbook.sheet("甲").repeat_row(2, 3)
    xml = part(workbook.to_bytes(), SHEET).decode()
    expected = "".join(
        row.replace('r="2"', f'r="{n}"').replace("A2", f"A{n}").replace("B2", f"B{n}") for n in (2, 3, 4)
    )
    assert f"<sheetData>{expected}</sheetData>" in xml


def test_rows_and_cells_without_numbers() -> None:
    xml = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row><row><c><v>4</v></c></row>"
    workbook = Workbook.from_bytes(zipped(book(sheet(xml))))
    target = workbook.sheet("甲")
    target.insert_rows(2, 2)
    target.repeat_row(4, 2)
    expected = {1: {1: 1, 2: 2}, 4: {1: 3}, 5: {1: 3}, 6: {1: 4}}
    assert dict(target.rows()) == expected
    assert dict(Workbook.from_bytes(workbook.to_bytes()).sheet("甲").rows()) == expected


# what stands beside the sheet

DRAWING_NS = 'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"'
ANCHOR = (
    "<xdr:twoCellAnchor{how}><xdr:from><xdr:col>0</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{a}</xdr:row>"
    "<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{b}</xdr:row>"
    "<xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:clientData/></xdr:twoCellAnchor>"
)
CHART = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:f>甲!$B$3:$B$4</c:f>'
    "<c:f>乙!$B$3:$B$4</c:f><c:f>甲!$B$2</c:f></c:chartSpace>"
)
COMMENTS = (
    f'<comments xmlns="{MAIN}"><authors><author>某</author></authors><commentList>'
    '<comment ref="A3" authorId="0"><text><t>注三</t></text></comment>'
    '<comment ref="B4" authorId="0"><text><t>注四</t></text></comment></commentList></comments>'
)
VML = (
    '<xml xmlns:x="urn:schemas-microsoft-com:office:excel"><x:ClientData ObjectType="Note">'
    "<x:Anchor>1, 15, 3, 2, 3, 1, 7, 4</x:Anchor><x:Row>3</x:Row><x:Column>1</x:Column></x:ClientData><br></xml>"
)
PIVOT = (
    f'<pivotCacheDefinition xmlns="{MAIN}" recordCount="0"><cacheSource type="worksheet">'
    '<worksheetSource ref="A2:B4" sheet="甲"/></cacheSource><cacheFields count="0"/></pivotCacheDefinition>'
)


def beside() -> dict[str, str | bytes]:
    drawing = (
        f"<xdr:wsDr {DRAWING_NS}>"
        + ANCHOR.format(how="", a=3, b=5)
        + ANCHOR.format(how=' editAs="oneCell"', a=0, b=5)
        + ANCHOR.format(how=' editAs="absolute"', a=3, b=5)
        + "</xdr:wsDr>"
    )
    links = {
        SHEET: {
            "xl/drawings/drawing1.xml": ("drawing", drawing),
            "xl/comments1.xml": ("comments", COMMENTS),
            "xl/drawings/vmlDrawing1.vml": ("vmlDrawing", ""),
        },
        "xl/drawings/drawing1.xml": {"xl/charts/chart1.xml": ("chart", CHART)},
    }
    files = book(sheet(FORM), sheet(), links=links, related={"pivotCacheDefinition": PIVOT})
    files["xl/drawings/vmlDrawing1.vml"] = VML
    return files


def test_pictures_comments_charts_and_pivots_follow() -> None:
    data = zipped(beside())
    workbook = Workbook.from_bytes(data)
    workbook.sheet("甲").repeat_row(3, 3)
    new = workbook.to_bytes()
    drawing = part(new, "xl/drawings/drawing1.xml").decode()
    assert re.findall("<xdr:row>(.*?)</xdr:row>", drawing) == ["5", "7", "0", "5", "3", "5"]
    assert re.findall('ref="(.*?)"', part(new, "xl/comments1.xml").decode()) == ["A3", "B6"]
    vml = part(new, "xl/drawings/vmlDrawing1.vml").decode()
    assert "<x:Row>5</x:Row>" in vml
    assert "<x:Anchor>1, 15, 5, 2, 3, 1, 9, 4</x:Anchor>" in vml
    chart = part(new, "xl/charts/chart1.xml").decode()
    assert re.findall("<c:f>(.*?)</c:f>", chart) == ["甲!$B$3:$B$6", "乙!$B$3:$B$4", "甲!$B$2"]
    assert b'<worksheetSource ref="A2:B6" sheet="\xe7\x94\xb2"/>' in part(new, "xl/pivotCacheDefinition.xml")
    assert changed_parts(data, new) == {
        SHEET, "xl/drawings/drawing1.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml", "xl/charts/chart1.xml",
        "xl/pivotCacheDefinition.xml",
    }  # fmt: skip


def test_what_is_above_the_rows_stays_untouched() -> None:
    data = zipped(beside())
    workbook = Workbook.from_bytes(data)
    workbook.sheet("甲").insert_rows(9, 3)
    assert changed_parts(data, workbook.to_bytes()) <= {SHEET}


def test_a_comment_goes_with_its_row() -> None:
    workbook = Workbook.from_bytes(zipped(book(sheet(""), links={SHEET: {"xl/comments1.xml": ("comments", COMMENTS)}})))
    workbook.sheet(workbook.sheet_names[0]).remove_rows(3, 1)
    told = Workbook.from_bytes(workbook.to_bytes()).package.read("xl/comments1.xml").decode()
    assert "注三" not in told
    assert 'ref="B3"' in told
    assert "注四" in told


@pytest.mark.parametrize(
    ("rows", "after", "links"),
    [
        ('<row r="2"><c r="A2"><f t="array" ref="A2:A4">B2:B4</f></c></row>', "", {}),
        ("", "", {SHEET: {"xl/tables/table1.xml": ("table", table("T", "A3:B4", "甲列", "乙列"))}}),
        ("", "", {SHEET: {"xl/tables/table1.xml": ("table", table("T", "A2:B3", "甲列", "乙列"))}}),
    ],
    ids=["array", "header", "only row"],
)  # fmt: skip
def test_what_cannot_be_removed(rows: str, after: str, links: dict[str, dict[str, tuple[str, str]]]) -> None:
    workbook = Workbook.from_bytes(data := zipped(book(sheet(rows, after=after), links=links)))
    with pytest.raises(WorkbookError) as e:
        workbook.sheet("甲").repeat_row(3, 0)
    assert e.value.reason is Reason.IMMOVABLE
    assert workbook.to_bytes() == data
    assert not workbook.changed


def test_a_formula_over_several_sheets_is_not_torn() -> None:
    sheets = (sheet(FORM), sheet(), sheet(texts((1, {"A": "=SUM(甲:乙!B3)", "B": "=SUM(甲:乙!B1)"}))))
    workbook = Workbook.from_bytes(data := zipped(book(*sheets)))
    with pytest.raises(WorkbookError) as e:
        workbook.sheet("甲").insert_rows(2, 1)
    assert e.value.reason is Reason.IMMOVABLE
    assert workbook.to_bytes() == data
    workbook.sheet("甲").insert_rows(4, 1)


def test_the_edge_of_the_sheet() -> None:
    workbook = Workbook.from_bytes(data := zipped(book(sheet(texts((1_048_576, {"A": 1}))))))
    for edit in (lambda s: s.insert_rows(1, 1), lambda s: s.repeat_row(5, 2)):
        with pytest.raises(WorkbookError) as e:
            edit(workbook.sheet("甲"))
        assert e.value.reason is Reason.IMMOVABLE
    for edit in (lambda s: s.insert_rows(0, 1), lambda s: s.repeat_row(1_048_577, 2), lambda s: s.insert_rows(1, -1)):
        with pytest.raises(WorkbookError) as e:
            edit(workbook.sheet("甲"))
        assert e.value.reason is Reason.BAD_REFERENCE
    assert workbook.to_bytes() == data


def test_tables_grow_with_their_rows() -> None:
    links = {
        SHEET: {
            "xl/tables/table1.xml": ("table", table("T", "A2:B3", "序号", "数", inside='<autoFilter ref="A2:B3"/>'))
        }
    }
    workbook = Workbook.from_bytes(zipped(book(sheet(FORM), links=links)))
    workbook.sheet("甲").repeat_row(3, 4)
    assert str(workbook.table("T").area) == "A2:B6"
    assert b'<autoFilter ref="A2:B6"/>' in part(workbook.to_bytes(), "xl/tables/table1.xml")
    workbook.sheet("甲").insert_rows(1, 2)
    assert str(workbook.table("T").area) == "A4:B8"


def test_shared_formulas_stand_alone_after_a_move() -> None:
    rows = (
        '<row r="1"><c r="B1"><f t="shared" ref="B1:B3" si="0">A1+乙!A1</f></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="0"/></c></row><row r="3"><c r="B3"><f t="shared" si="0"/></c></row>'
    )
    workbook = Workbook.from_bytes(zipped(book(sheet(rows), sheet(rows.replace("乙", "甲")))))
    workbook.sheet("甲").insert_rows(2, 1)
    assert [workbook.sheet("甲").formula(f"B{r}") for r in (1, 3, 4)] == ["A1+乙!A1", "A3+乙!A2", "A4+乙!A3"]
    assert [workbook.sheet("乙").formula(f"B{r}") for r in (1, 2, 3)] == ["A1+甲!A1", "A2+甲!A3", "A3+甲!A4"]


def test_the_chain_of_calculation_goes_when_formulas_move() -> None:
    chain = f'<calcChain xmlns="{MAIN}"><c r="A3" i="1"/></calcChain>'
    workbook = Workbook.from_bytes(zipped(book(sheet(texts((3, {"A": "=1"}))), related={"calcChain": chain})))
    workbook.sheet("甲").set("A3", 5)
    workbook.sheet("甲").insert_rows(2, 1)
    data = workbook.to_bytes()
    assert b"calcChain" not in part(data, "[Content_Types].xml") + part(data, "xl/_rels/workbook.xml.rels")


LYING = (
    '<pageMargins left="1" right="1" top="0.5" bottom="0.5" header="0" footer="0"/>'
    '<pageSetup paperSize="8" orientation="landscape"/><headerFooter><oddFooter>x</oddFooter></headerFooter>'
)


@pytest.mark.parametrize(
    ("after", "height"),
    [
        ("", 841.9 - 108),
        ('<pageMargins left="1" right="1" top="0.5" bottom="1" header="0" footer="0"/>', 841.9 - 108),
        (LYING, 841.9 - 72),
    ],
)
def test_pages_end_where_they_are_told_to(after: str, height: float) -> None:
    workbook = Workbook.from_bytes(zipped(book(sheet(FORM, after=after))))
    form = workbook.sheet("甲")
    assert form.page_height == pytest.approx(height, abs=0.1)
    form.break_pages([])
    assert b"rowBreaks" not in part(workbook.to_bytes(), SHEET)
    form.break_pages([2, 3])
    data = workbook.to_bytes()
    breaks = b'<brk id="2" max="16383" man="1"/><brk id="3" max="16383" man="1"/></rowBreaks></worksheet>'
    assert part(data, SHEET).count(b'<rowBreaks count="2" manualBreakCount="2">' + breaks) == 1
    again = Workbook.from_bytes(data)
    again.sheet("甲").break_pages([1])  # somebody's own stay alone
    assert part(again.to_bytes(), SHEET) == part(data, SHEET)
    again.sheet("甲").insert_rows(1, 2)
    assert re.findall(rb'brk id="(\d+)"', part(again.to_bytes(), SHEET)) == [b"4", b"5"]
