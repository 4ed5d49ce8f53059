"""Rows appended to a table: it grows, with all that covers its columns; the neighbours stay whole."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from xlsx_judges import SHARED, changed_parts, differences, headers_agree, ours, part, schema_problems, wolfs
from xlsx_made import book, sheet, table, texts, zipped

from toolkit.xlsx import Formula, Reason, Table, Workbook, WorkbookError

SHEET = "xl/worksheets/sheet1.xml"
TABLE = "xl/tables/table1.xml"
PARTS = '<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'
HEAD = (1, {"A": "序号", "B": "事项", "C": "进度"})


def made(
    rows: str,
    ref: str = "A1:C3",
    before: str = "",
    after: str = "",
    *,
    parts: dict[str, str] | None = None,
    **more: object,
) -> Workbook:
    tables = parts or {TABLE: table("台账", ref, "序号", "事项", "进度", **more)}  # type: ignore[arg-type]
    links = {SHEET: {path: ("table", xml) for path, xml in tables.items()}}
    listed = "".join(f'<tablePart r:id="rId{i}"/>' for i in range(1, len(tables) + 1))
    xml = sheet(rows, before, f'{after}<tableParts count="{len(tables)}">{listed}</tableParts>')
    return Workbook.from_bytes(zipped(book(xml, sheet(texts((1, {"A": "=甲!B9"}))), links=links)))


def saved(workbook: Workbook, tmp_path: Path) -> Workbook:
    """The workbook after saving, held before the judges."""
    path = tmp_path / "saved.xlsx"
    path.write_bytes(data := workbook.to_bytes())
    again = Workbook.from_bytes(data)
    assert differences(ours(again), wolfs(path)) == []
    assert headers_agree(again)
    if (SHARED / "check_ooxml.py").is_file():
        assert schema_problems(path) == set()
    return again


TWO_ROWS = texts(HEAD, (2, {"A": 1, "B": "甲"}), (3, {"A": 2, "B": "乙", "C": 50}))


def test_appends_and_grows(tmp_path: Path) -> None:
    workbook = made(TWO_ROWS, inside='<autoFilter ref="A1:C3"/>')
    assert workbook.table("台账").append([{"序号": 3, "事项": "=丙"}, {"进度": 70.5}]) == (4, 5)
    again = saved(workbook, tmp_path)
    assert str(again.table("台账").area) == "A1:C5"
    assert b'<autoFilter ref="A1:C5"/>' in part(workbook.to_bytes(), TABLE)
    assert dict(again.sheet("甲").rows())[4] == {1: 3, 2: "=丙"}
    assert dict(again.sheet("甲").rows())[5] == {3: 70.5}
    assert again.table("台账").append([{"序号": 6}]) == (6,)


def test_finds_columns_by_header_and_says_which_there_are() -> None:
    workbook = made(TWO_ROWS)
    found = workbook.table("台账")
    assert (found.columns, found.column("进度"), found.header_row, found.first_row, found.last_row) == (
        ("序号", "事项", "进度"), 3, 1, 2, 3,
    )  # fmt: skip
    with pytest.raises(WorkbookError) as e:
        found.append([{"序号": 1}, {"没有": 2}])
    assert e.value.reason is Reason.NO_COLUMN
    assert "序号、事项、进度" in e.value.message
    with pytest.raises(WorkbookError) as e:
        workbook.table("别的")
    assert e.value.reason is Reason.NO_TABLE
    assert not workbook.changed


def test_refused_values_leave_nothing_behind() -> None:
    workbook = made(TWO_ROWS)
    before = workbook.to_bytes()
    with pytest.raises(WorkbookError) as e:
        workbook.table("台账").append([{"序号": 3}, {"事项": "长" * 40_000}])
    assert e.value.reason is Reason.BAD_VALUE
    assert workbook.to_bytes() == before


def test_blank_rows_at_the_end_are_filled_first(tmp_path: Path) -> None:
    blank = '<row r="3"><c r="A3" s="3"/></row>'
    workbook = made(texts(HEAD, (2, {"A": 1})) + blank, ref="A1:C4")
    assert workbook.table("台账").append([{"序号": n} for n in (2, 3, 4)]) == (3, 4, 5)
    assert str(saved(workbook, tmp_path).table("台账").area) == "A1:C5"
    assert b'<c r="A3" s="3">' in part(workbook.to_bytes(), SHEET)


def test_the_first_row_of_an_empty_table(tmp_path: Path) -> None:
    workbook = made(texts(HEAD), ref="A1:C2")
    assert workbook.table("台账").append([{"序号": 1}]) == (2,)
    assert str(saved(workbook, tmp_path).table("台账").area) == "A1:C2"


def test_new_rows_look_like_the_last(tmp_path: Path) -> None:
    last = (
        '<row r="3" ht="33" customHeight="1" hidden="1"><c r="A3" s="3"><v>2</v></c><c r="C3" s="4"><v>1</v></c></row>'
    )
    workbook = made(
        texts(HEAD, (2, {"A": 1})) + last, before='<cols><col min="2" max="2" width="9" style="1" hidden="1"/></cols>'
    )
    workbook.table("台账").append([{"序号": 3, "事项": date(2023, 4, 5), "进度": 0.5}])
    xml = part(saved(workbook, tmp_path).to_bytes(), SHEET).decode()
    row = re.search(r'<row r="4"[^>]*>.*?</row>', xml)
    assert row is not None
    assert row[0] == (
        '<row r="4" ht="33" customHeight="1"><c r="A4" s="3"><v>3</v></c>'
        '<c r="B4" s="1"><v>45021</v></c><c r="C4" s="4"><v>0.5</v></c></row>'
    )
    assert workbook.sheet("甲").hidden_columns == {2}


def test_calculated_columns_go_on(tmp_path: Path) -> None:
    rows = texts(HEAD, (2, {"A": 1, "C": "=A2*2"}), (3, {"A": 2, "C": "=A3*2"}))
    formula = {"进度": "<calculatedColumnFormula>A2*2</calculatedColumnFormula>"}
    workbook = made(rows, bodies=formula)
    workbook.table("台账").append([{"序号": 3}, {"序号": 4, "进度": 7}])
    target = saved(workbook, tmp_path).sheet("甲")
    assert (target.formula("C4"), target.formula("C5"), target.get("C5")) == ("A4*2", None, 7)


def test_structured_calculated_column() -> None:
    rows = texts(HEAD, (2, {"A": 1, "C": "=台账[[#This Row],[序号]]*2"}))
    formula = {"进度": "<calculatedColumnFormula>台账[[#This Row],[序号]]*2</calculatedColumnFormula>"}
    workbook = made(rows, ref="A1:C2", bodies=formula)
    workbook.table("台账").append([{"序号": 3}])
    assert workbook.sheet("甲").formula("C3") == "台账[[#This Row],[序号]]*2"


def test_formats_and_drop_downs_grow(tmp_path: Path) -> None:
    after = (
        '<conditionalFormatting sqref="C2:C3 F1"><cfRule type="cellIs" priority="1" operator="lessThan">'
        "<formula>60</formula></cfRule></conditionalFormatting>"
        '<conditionalFormatting sqref="C2"><cfRule type="cellIs" priority="2" '
        'operator="equal"><formula>1</formula></cfRule></conditionalFormatting><dataValidations count="2">'
        '<dataValidation type="list" sqref="B2:B3"><formula1>"甲,乙"</formula1></dataValidation>'
        '<dataValidation type="list" sqref="F2:F3"><formula1>"甲,乙"</formula1></dataValidation></dataValidations>'
    )
    workbook = made(TWO_ROWS, after=after)
    workbook.table("台账").append([{"序号": 3}, {"序号": 4}])
    xml = part(saved(workbook, tmp_path).to_bytes(), SHEET).decode()
    assert re.findall(r'sqref="([^"]*)"', xml) == ["C2:C5 F1", "C2", "B2:B5", "F2:F3"]


@pytest.mark.parametrize(("count", "end"), [(1, 6), (3, 6), (4, 7), (9, 12)])
def test_ranges_with_room_for_more_rows_grow_when_there_is_none_left(tmp_path: Path, count: int, end: int) -> None:
    after = (
        '<conditionalFormatting sqref="C2:C6 C8:C9"><cfRule type="cellIs" priority="1" operator="lessThan">'
        '<formula>60</formula></cfRule></conditionalFormatting><dataValidations count="1">'
        '<dataValidation type="list" sqref="B2:B6"><formula1>"甲,乙"</formula1></dataValidation></dataValidations>'
    )
    workbook = made(
        TWO_ROWS + texts((20, {"E": "=SUM(C$2:C$6)+COUNTA($A$1:$A$6)+SUM(F2:F6)"})), ref="A1:C3", after=after
    )
    workbook.table("台账").append([{"序号": n} for n in range(count)])
    again = saved(workbook, tmp_path)
    xml = part(again.to_bytes(), SHEET).decode()
    assert re.findall(r'sqref="([^"]*)"', xml) == [f"C2:C{end} C8:C9", f"B2:B{end}"]
    assert again.sheet("甲").formula("E20") == f"SUM(C$2:C${end})+COUNTA($A$1:$A${end})+SUM(F2:F6)"


def test_x14_drop_downs_grow() -> None:
    after = (
        '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}" '
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main">'
        '<x14:dataValidations count="1" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
        '<x14:dataValidation type="list"><x14:formula1><xm:f>乙!$A$1:$A$9</xm:f></x14:formula1>'
        "<xm:sqref>B2:B3</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>"
    )
    links = {SHEET: {TABLE: ("table", table("台账", "A1:C3", "序号", "事项", "进度"))}}
    workbook = Workbook.from_bytes(zipped(book(sheet(TWO_ROWS, after=PARTS + after), sheet(), links=links)))
    workbook.table("台账").append([{"序号": 3}])
    assert b"<xm:sqref>B2:B4</xm:sqref>" in part(workbook.to_bytes(), SHEET)


def test_content_below_moves_down(tmp_path: Path) -> None:
    rows = TWO_ROWS + texts((4, {"B": "填表人：", "C": "=SUM(C2:C3)"}), (6, {"A": "=C4"}))
    workbook = made(rows)
    assert workbook.table("台账").append([{"序号": 3}, {"序号": 4}]) == (4, 5)
    again = saved(workbook, tmp_path)
    target = again.sheet("甲")
    assert (target.get("B6"), target.formula("C6"), target.formula("A8")) == ("填表人：", "SUM(C2:C5)", "C6")
    assert again.sheet("乙").formula("A1") == "甲!B11"
    assert str(again.table("台账").area) == "A1:C5"


def test_what_refers_to_all_rows_goes_on_to(tmp_path: Path) -> None:
    rows = texts(
        (1, {"A": "序号", "B": "事项", "C": "进度", "E": "=SUM(C2:C3)", "F": "=SUM(C2:C2)+C3+SUM(C1:D3)+SUM(G2:G3)"}),
        (2, {"A": 1, "C": 1, "E": "=SUM(C$2:C2)", "F": "=RANK(C2,$C$2:$C$3)"}),
        (3, {"A": 2, "C": 2, "E": "=SUM(C$2:C3)", "F": "=RANK(C3,$C$2:$C$3)"}),
        (9, {"A": "=COUNTA($A$1:$A$3)&amp;SUM(乙!C2:C3)"}),
    )
    validation = (
        '<dataValidations count="1"><dataValidation type="list" sqref="B5"><formula1>甲!$B$2:$B$3</formula1>'
        "</dataValidation></dataValidations>"
    )
    shared = (
        '<row r="2"><c r="A2"><f t="shared" ref="A2:A3" si="0">SUM(甲!C$1:C2)</f></c></row>'
        '<row r="3"><c r="A3"><f t="shared" si="0"/></c><c r="B3"><f>MAX(甲!C2:C3)</f></c></row>'
    )
    links = {SHEET: {TABLE: ("table", table("台账", "A1:C3", "序号", "事项", "进度"))}}
    names = (
        '<definedName name="事项">甲!$B$2:$B$3</definedName><definedName name="别的">乙!$B$2:$B$3</definedName>'
        '<definedName name="_xlnm.Print_Area" localSheetId="0">甲!$A$1:$C$3</definedName>'
    )
    files = book(sheet(rows, after=PARTS), sheet(shared, after=validation), links=links, names=names)
    workbook = Workbook.from_bytes(zipped(files))
    workbook.table("台账").append([{"进度": 3}, {"进度": 4}])
    again = saved(workbook, tmp_path)
    here, there = again.sheet("甲"), again.sheet("乙")
    assert [here.formula(r) for r in ("E1", "F1", "E2", "E3", "F2", "F3", "A9")] == [
        "SUM(C2:C5)", "SUM(C2:C2)+C3+SUM(C1:D3)+SUM(G2:G3)", "SUM(C$2:C2)", "SUM(C$2:C3)", "RANK(C2,$C$2:$C$5)",
        "RANK(C3,$C$2:$C$5)", "COUNTA($A$1:$A$5)&SUM(乙!C2:C3)",
    ]  # fmt: skip
    assert [there.formula(r) for r in ("A2", "A3", "B3")] == ["SUM(甲!C$1:C2)", "SUM(甲!C$1:C5)", "MAX(甲!C2:C5)"]
    assert {n.name: n.text for n in again.names} == {
        "事项": "甲!$B$2:$B$5", "别的": "乙!$B$2:$B$3", "_xlnm.Print_Area": "甲!$A$1:$C$5",
    }  # fmt: skip
    assert "<formula1>甲!$B$2:$B$5</formula1>".encode() in part(again.to_bytes(), "xl/worksheets/sheet2.xml")


def test_empty_styled_cells_below_are_no_content(tmp_path: Path) -> None:
    workbook = made(TWO_ROWS + '<row r="4"><c r="A4" s="3"/></row>' + texts((5, {"A": "远"})))
    assert workbook.table("台账").append([{"序号": 3}]) == (4,)
    assert saved(workbook, tmp_path).sheet("甲").get("A5") == "远"


def test_totals_row_stays_last(tmp_path: Path) -> None:
    body = {"进度": "<totalsRowFormula>SUBTOTAL(109,C2:C3)</totalsRowFormula>"}
    rows = TWO_ROWS + texts((4, {"A": "合计", "C": "=SUBTOTAL(109,C2:C3)"}))
    workbook = made(rows, ref="A1:C4", more='totalsRowCount="1"', inside='<autoFilter ref="A1:C3"/>', bodies=body)
    assert workbook.table("台账").append([{"序号": 3, "进度": 9}, {"序号": 4}]) == (4, 5)
    again = saved(workbook, tmp_path)
    found = again.table("台账")
    assert (str(found.area), found.last_row) == ("A1:C6", 5)
    xml = part(again.to_bytes(), TABLE)
    assert b'<autoFilter ref="A1:C5"/>' in xml
    assert again.sheet("甲").formula("C6") == "SUBTOTAL(109,C2:C5)"
    assert b"<totalsRowFormula>SUBTOTAL(109,C2:C5)</totalsRowFormula>" in xml


def test_filtered_and_sorted_table(tmp_path: Path) -> None:
    inside = (
        '<autoFilter ref="A1:C3"><filterColumn colId="1"><filters><filter val="甲"/></filters></filterColumn>'
        "</autoFilter>"
        '<sortState ref="A2:C3"><sortCondition ref="A2:A3"/></sortState>'
    )
    rows = TWO_ROWS.replace('<row r="3">', '<row r="3" hidden="1">')
    workbook = made(rows, inside=inside)
    workbook.table("台账").append([{"序号": 3, "事项": "丙"}])
    xml = part(saved(workbook, tmp_path).to_bytes(), TABLE)
    assert b'<autoFilter ref="A1:C4"><filterColumn colId="1">' in xml
    assert b'<sortState ref="A2:C4"><sortCondition ref="A2:A4"/>' in xml
    assert b'<row r="4">' in part(workbook.to_bytes(), SHEET)  # shown, until the filter is applied again


def _two(below: bool) -> Workbook:
    other = table("另", "A6:B7" if below else "E1:F5", "甲列", "乙列", number=2)
    rows = texts(
        (1, {"A": "序号", "B": "事项", "C": "进度", **({} if below else {"E": "甲列", "F": "乙列"})}),
        (2, {"A": 1}), (3, {"A": 2}), (4, {"A": "占"} if not below else {}),
        (6, {"A": "甲列", "B": "乙列"} if below else {}), (7, {"A": 9}),
    )  # fmt: skip
    return made(rows, parts={TABLE: table("台账", "A1:C3", "序号", "事项", "进度"), "xl/tables/table2.xml": other})


def test_two_tables_one_below_the_other(tmp_path: Path) -> None:
    workbook = _two(below=True)
    assert workbook.tables == ("台账", "另")
    assert workbook.table("台账").append([{"序号": n} for n in (3, 4, 5)]) == (4, 5, 6)
    again = saved(workbook, tmp_path)
    assert str(again.table("另").area) == "A9:B10"
    assert again.sheet("甲").get("A10") == 9
    assert again.table("另").append([{"甲列": 10}]) == (11,)


def test_a_table_beside_is_not_cut() -> None:
    workbook = _two(below=False)
    before = workbook.to_bytes()
    with pytest.raises(WorkbookError) as e:
        workbook.table("台账").append([{"序号": 3}])
    assert e.value.reason is Reason.IMMOVABLE
    assert "另" in e.value.message
    assert workbook.to_bytes() == before
    assert workbook.table("另").append([{"甲列": 1}]) == (2,)  # its own rows are blank


def test_merged_cells_in_the_way() -> None:
    workbook = made(TWO_ROWS, after='<mergeCells count="1"><mergeCell ref="A4:C4"/></mergeCells>')
    assert workbook.table("台账").append([{"序号": 3, "进度": 1}]) == (4,)
    assert workbook.sheet("甲").merged == ("A5:C5",)


def test_table_without_a_header_row(tmp_path: Path) -> None:
    workbook = made(texts((2, {"A": 1}), (3, {"A": 2})), ref="A2:C3", more='headerRowCount="0"')
    found = workbook.table("台账")
    assert (found.header_row, found.first_row) == (None, 2)
    assert found.append([{"序号": 3}]) == (4,)
    assert str(saved(workbook, tmp_path).table("台账").area) == "A2:C4"


def test_only_what_must_is_touched() -> None:
    workbook = made(TWO_ROWS)
    before = workbook.to_bytes()
    workbook.table("台账").append([{"序号": 3}])
    assert changed_parts(before, workbook.to_bytes()) == {SHEET, TABLE, "xl/workbook.xml"}
    assert b'<calcPr fullCalcOnLoad="1"/>' in part(workbook.to_bytes(), "xl/workbook.xml")


def test_nothing_to_append_changes_nothing() -> None:
    workbook = made(TWO_ROWS)
    assert workbook.table("台账").append([]) == ()
    assert not workbook.changed


def test_a_table_object_stays_right_after_other_edits() -> None:
    workbook = made(TWO_ROWS)
    found: Table = workbook.table("台账")
    workbook.sheet("甲").insert_rows(1, 2)
    assert (found.header_row, found.last_row) == (3, 5)
    found.append([{"序号": 3, "事项": Formula("A6")}])
    assert workbook.sheet("甲").formula("B6") == "A6"


def test_the_last_row_of_the_sheet() -> None:
    workbook = made(
        texts((1_048_575, {"A": "序号", "B": "事项", "C": "进度"}), (1_048_576, {"A": 1})), ref="A1048575:C1048576"
    )
    with pytest.raises(WorkbookError) as e:
        workbook.table("台账").append([{"序号": 2}])
    assert e.value.reason is Reason.IMMOVABLE


def test_a_column_at_the_right_end(tmp_path: Path) -> None:
    """It looks like its model, and what covers the model covers it."""
    covers = (
        '<conditionalFormatting sqref="B2:C90"><cfRule type="expression" priority="1"><formula>B2=1</formula></cfRule>'
        '</conditionalFormatting><dataValidations count="1"><dataValidation type="list" sqref="C2:C90">'
        "<formula1>&quot;按时&quot;</formula1></dataValidation></dataValidations>"
    )
    cols = '<cols><col min="3" max="3" width="19.5" customWidth="1"/></cols>'
    workbook = made(TWO_ROWS, before=cols, after=covers, inside='<autoFilter ref="A1:C3"/>')
    assert workbook.table("台账").add_column("第一季度配合任务", "进度") == 4
    workbook.sheet("甲").set("D2", "已对接")
    again = saved(workbook, tmp_path)
    assert str(again.table("台账").area) == "A1:D3"
    assert again.table("台账").columns == ("序号", "事项", "进度", "第一季度配合任务")
    xml = part(workbook.to_bytes(), SHEET)
    assert b'sqref="B2:C90 D2:D90"' in xml
    assert b'sqref="C2:C90 D2:D90"' in xml
    assert b'<col min="4" max="4" width="19.5" customWidth="1"/></cols>' in xml
    assert again.table("台账").append([{"序号": 3, "第一季度配合任务": "x"}]) == (4,)


def test_the_lines_above_a_new_column_are_copied(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="B1" t="inlineStr"><is><t>编号</t></is></c><c r="C1"><f>C$2&amp;乙!$A$1&amp;A1</f></c></row>'
        + texts((2, {"C": 7}), (3, {"A": "序号", "B": "事项", "C": "进度"}), (4, {"A": 1, "C": 5}))
    )
    workbook = made(rows, ref="A3:C4")
    assert workbook.table("台账").add_column("新", "进度") == 4
    again = saved(workbook, tmp_path).sheet("甲")
    assert again.formula("D1") == "D$2&乙!$A$1&B1"
    assert (again.get("D2"), again.get("D3"), again.get("D4")) == (None, "新", None)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ((HEAD, (2, {"A": 1, "D": "旁注"})), "新"),
        ((HEAD, (2, {"A": 1})), "进度"),
        ((HEAD, (2, {"A": 1})), " "),
    ],
)
def test_a_column_that_cannot_be_added(rows: tuple[object, ...], header: str) -> None:
    workbook = made(texts(*rows), ref="A1:C2")  # type: ignore[arg-type]
    with pytest.raises(WorkbookError):
        workbook.table("台账").add_column(header, "进度")
    assert not workbook.changed


def test_a_column_of_formulas_goes_on_though_nobody_says_so(tmp_path: Path) -> None:
    """LibreOffice drops what states a calculated column; two rows of one formula are told from a single one."""
    workbook = made(texts(HEAD, (2, {"A": 1}), (3, {"A": 2})), ref="A1:C3")
    workbook.sheet("甲").set("B2", Formula("A2*2"))
    workbook.sheet("甲").set("B3", Formula("A3*2"))
    workbook.sheet("甲").set("C3", Formula("A3+1"))
    workbook.table("台账").append([{"序号": 3}])
    sheet = saved(workbook, tmp_path).sheet("甲")
    assert sheet.formula("B4") == "A4*2"
    assert sheet.formula("C4") is None
