"""What concerns the whole workbook: properties, names, transactions, and files that were not changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from xlsx_judges import SHARED, changed_parts, part, schema_problems
from xlsx_made import book, sheet, strict, table, texts, zipped

from toolkit.xlsx import DefinedName, Reason, Workbook, WorkbookError

SHEET = "xl/worksheets/sheet1.xml"
FILES = book(
    sheet(
        texts((1, {"A": "旧"}), (3, {"A": "=A1"}), (5, {"C": "甲列", "D": "乙列"})),
        after='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>',
    ),
    sheet(texts((1, {"A": "=甲!A3"}))),
    names='<definedName name="旧名">甲!$A$1</definedName>'
    '<definedName name="本表" localSheetId="1">甲!$A$3</definedName>',
    links={SHEET: {"xl/tables/table1.xml": ("table", table("T", "C5:D6", "甲列", "乙列"))}},
)


def fresh() -> Workbook:
    return Workbook.from_bytes(zipped(FILES))


def check(data: bytes, tmp_path: Path) -> openpyxl.Workbook:
    path = tmp_path / "x.xlsx"
    path.write_bytes(data)
    if (SHARED / "check_ooxml.py").is_file():
        assert schema_problems(path) == set()
    return openpyxl.load_workbook(path)


def test_properties(tmp_path: Path) -> None:
    workbook = fresh()
    assert workbook.properties == {}
    workbook.set_property("表号", '第1号 <&> "引"')
    workbook.set_property("annex2", "v1|2023Q1")
    workbook.set_property("annex2", "v2|2023Q1")
    expected = {"表号": '第1号 <&> "引"', "annex2": "v2|2023Q1"}
    assert workbook.properties == expected
    data = workbook.to_bytes()
    assert Workbook.from_bytes(data).properties == expected
    assert {p.name: p.value for p in check(data, tmp_path).custom_doc_props.props} == expected
    assert changed_parts(zipped(FILES), data) == {"docProps/custom.xml", "[Content_Types].xml", "_rels/.rels"}
    again = Workbook.from_bytes(data)
    again.set_property("annex2", "v2|2023Q1")
    assert not again.changed
    again.set_property("annex2", "v3")
    assert changed_parts(data, again.to_bytes()) == {"docProps/custom.xml"}


def test_properties_in_a_strict_file() -> None:
    workbook = Workbook.from_bytes(zipped(strict(FILES)))
    workbook.set_property("a", "b")
    again = Workbook.from_bytes(workbook.to_bytes())
    assert again.properties == {"a": "b"}
    assert b"schemas.openxmlformats.org/officeDocument" not in part(workbook.to_bytes(), "docProps/custom.xml")


def test_names(tmp_path: Path) -> None:
    workbook = fresh()
    assert workbook.names == [DefinedName("旧名", None, "甲!$A$1"), DefinedName("本表", "乙", "甲!$A$3")]
    workbook.set_name("新名", '"文字 <&>"')
    workbook.set_name("_印", "甲!$B$2", sheet="甲", hidden=True)
    workbook.set_name("旧名", "乙!$A$1")
    workbook.set_name("本表", "1", sheet="乙")
    workbook.set_name("本表", "2")
    assert {(n.name, n.sheet, n.text, n.hidden) for n in workbook.names} == {
        ("旧名", None, "乙!$A$1", False), ("本表", "乙", "1", False), ("新名", None, '"文字 <&>"', False),
        ("_印", "甲", "甲!$B$2", True), ("本表", None, "2", False),
    }  # fmt: skip
    data = workbook.to_bytes()
    assert changed_parts(zipped(FILES), data) == {"xl/workbook.xml"}
    loaded = check(data, tmp_path)
    assert loaded.defined_names["新名"].attr_text == '"文字 <&>"'
    assert loaded["甲"].defined_names["_印"].hidden
    again = Workbook.from_bytes(data)
    again.set_name("旧名", "乙!$A$1")
    again.set_name("_印", "甲!$B$2", sheet="甲", hidden=True)
    assert not again.changed


def test_the_first_name_finds_its_place(tmp_path: Path) -> None:
    files = book(sheet(), calc='<calcPr calcId="1"/>')
    workbook = Workbook.from_bytes(zipped(files))
    workbook.set_name("a", "1")
    check(workbook.to_bytes(), tmp_path)


@pytest.mark.parametrize("name", ["", "a b", "A1", "R1C1", "r", "C", "1a", "甲!a", "x" * 256, "a-b", "AB12"])
def test_what_no_name_can_be(name: str) -> None:
    workbook = fresh()
    with pytest.raises(WorkbookError) as e:
        workbook.set_name(name, "1")
    assert e.value.reason is Reason.BAD_NAME
    assert not workbook.changed


def test_a_name_on_a_sheet_that_is_not_there() -> None:
    with pytest.raises(WorkbookError) as e:
        fresh().set_name("a", "1", sheet="没有")
    assert e.value.reason is Reason.NO_SHEET


def test_sheets_are_found_by_name() -> None:
    workbook = fresh()
    assert workbook.sheet_names == ("甲", "乙")
    assert workbook.sheet("甲") is workbook.sheet("甲")
    with pytest.raises(WorkbookError, match="现有：甲、乙"):
        workbook.sheet("丁")


def test_unchanged_is_the_very_same_file() -> None:
    data = zipped(FILES)
    workbook = Workbook.from_bytes(data)
    workbook.sheet("甲").repeat_row(1, 1)
    workbook.sheet("甲").insert_rows(1, 0)
    workbook.sheet("甲").set("A1", "旧")
    workbook.table("T").append([])
    assert workbook.to_bytes() is data


def test_saving_twice_gives_the_same_and_edits_may_go_on() -> None:
    workbook = fresh()
    workbook.sheet("甲").set("A1", "新")
    first = workbook.to_bytes()
    assert workbook.to_bytes() == first
    workbook.sheet("甲").set("A2", "更新")
    assert Workbook.from_bytes(workbook.to_bytes()).sheet("甲").get("A2") == "更新"


FAILURES: dict[str, Callable[[Workbook], object]] = {
    "append": lambda w: w.table("T").append([{"甲列": 1}, {"甲列": "长" * 40_000}]),
    "unknown column": lambda w: w.table("T").append([{"甲列": 1}, {"丙列": 2}]),
    "header row": lambda w: w.sheet("甲").repeat_row(5, 2),
    "edge": lambda w: w.sheet("甲").insert_rows(1, 1_048_576),
    "value": lambda w: w.sheet("甲").set("A1", object()),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("failing", FAILURES.values(), ids=FAILURES)
def test_an_edit_that_fails_changes_nothing(failing: Callable[[Workbook], object]) -> None:
    workbook, twin = fresh(), fresh()
    for w in (workbook, twin):
        w.sheet("甲").set("A2", "先前的编辑")
        w.sheet("甲").set("A3", 5)
        w.set_property("a", "b")
    with pytest.raises(WorkbookError):
        failing(workbook)
    assert workbook.to_bytes() == twin.to_bytes()
    for w in (workbook, twin):
        w.sheet("甲").insert_rows(2, 1)
        w.table("T").append([{"乙列": 7}])
    assert workbook.to_bytes() == twin.to_bytes()


def test_a_transaction_of_several_edits_is_all_or_nothing() -> None:
    workbook = fresh()
    before = workbook.to_bytes()
    kept = workbook.sheet("甲")

    def several() -> None:
        with workbook.transaction():
            kept.set("A3", 1)
            workbook.sheet("乙").set("A1", 2)
            kept.insert_rows(1, 3)
            workbook.set_property("a", "b")
            raise KeyError

    with pytest.raises(KeyError):
        several()
    assert workbook.to_bytes() == before
    assert kept.get("A1") == "旧"
    assert kept.formula("A3") == "A1"
    assert workbook.sheet("乙").formula("A1") == "甲!A3"
    kept.set("A1", "新")
    assert Workbook.from_bytes(workbook.to_bytes()).sheet("甲").get("A1") == "新"


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "没有.xlsx", tmp_path):
        with pytest.raises(WorkbookError) as e:
            Workbook.open(path)
        assert e.value.reason is Reason.UNREADABLE
