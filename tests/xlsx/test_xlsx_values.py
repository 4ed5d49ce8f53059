"""Values that go into cells come out the same: by us, by wolfxl, and by LibreOffice."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from xlsx_judges import differences, libreoffice, needs_libreoffice, ours, part, shown, wolfs
from xlsx_made import book, sheet, texts, zipped

from toolkit.xlsx import CellError, Formula, Reason, Value, Workbook, WorkbookError, cell_name

SHEET = "xl/worksheets/sheet1.xml"

TEXTS = {
    "equals": "=1+1",
    "plus": "+86 10 1234",
    "minus": "-1",
    "at": "@SUM(A1)",
    "apostrophe": "'01",
    "markup": "a<b>&amp;]]>\"'",
    "spaces": "  前后 空格  ",
    "only spaces": "   ",
    "tab": "\t制表\t",
    "lines": "第一行\n第二行\n",
    "emoji": "进展😀👨‍👩‍👧顺利",
    "rare": "㐂𠮷𬴊",
    "control": "响铃\x07退格\x08垂直\x0b换页\x0c",
    "nul": "a\x00b",
    "return": "a\rb",
    "literal escape": "_x000D_ 与 _x41_ 与 _x0041_",
    "not characters": "a\ufffeb\uffff",
    "number like": "007",
    "date like": "2023-04-05",
    "true": "TRUE",
    "error like": "#REF!",
    "full": "长" * 32_767,
    "full of emoji": "😀" * 16_383 + "x",
}


def _one(value: Value, style: str = "") -> bytes:
    data = zipped(book(sheet(f'<row r="1"><c r="A1"{style}/></row>')))
    workbook = Workbook.from_bytes(data)
    workbook.sheet("甲").set("A1", value)
    return workbook.to_bytes()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_round_trips(text: str, tmp_path: Path) -> None:
    data = _one(text)
    workbook = Workbook.from_bytes(data)
    assert workbook.sheet("甲").get("A1") == text
    assert workbook.sheet("甲").formula("A1") is None
    xml = part(data, SHEET)
    assert b'<c r="A1" t="inlineStr"><is><t' in xml
    assert b"<f" not in xml
    path = tmp_path / "one.xlsx"
    path.write_bytes(data)
    assert openpyxl.load_workbook(path).active["A1"].data_type != "f"
    workbook.sheet("甲").set("A1", text)
    assert not workbook.changed


@pytest.fixture(scope="module")
def every_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All the texts in one workbook, one a row."""
    workbook = Workbook.from_bytes(zipped(book(sheet())))
    for row, text in enumerate(TEXTS.values(), 1):
        workbook.sheet("甲").set(f"B{row}", text)
    path = tmp_path_factory.mktemp("texts") / "texts.xlsx"
    path.write_bytes(workbook.to_bytes())
    return path


def test_wolfxl_reads_every_text(every_text: Path) -> None:
    theirs = wolfs(every_text)["甲"]
    seen = {name: theirs.get((row, 2)) for row, name in enumerate(TEXTS, 1)}
    assert seen == TEXTS


@needs_libreoffice
def test_libreoffice_reads_every_text(every_text: Path, tmp_path: Path) -> None:
    sheets = libreoffice([every_text], tmp_path)[every_text]
    seen = {name: shown(sheets, "甲", row, 2) for row, name in enumerate(TEXTS, 1)}
    assert seen == TEXTS


def test_windows_line_ends_and_broken_surrogates_are_mended() -> None:
    workbook = Workbook.from_bytes(_one("a\r\nb\ud800c"))
    assert workbook.sheet("甲").get("A1") == "a\nb\ufffdc"


@pytest.mark.parametrize("text", ["长" * 32_768, "😀" * 16_384])
def test_too_long_a_text_is_refused(text: str) -> None:
    with pytest.raises(WorkbookError) as e:
        _one(text)
    assert (e.value.reason, e.value.where) == (Reason.BAD_VALUE, "甲!A1")


NUMBERS: list[tuple[Value, Value, bytes]] = [
    (0, 0, b"0"),
    (-7, -7, b"-7"),
    (70.0, 70, b"70"),
    (0.1, 0.1, b"0.1"),
    (1e-300, 1e-300, b"1e-300"),
    (123456789012345, 123456789012345, b"123456789012345"),
    (10**20, 1e20, b"100000000000000000000"),
    (Decimal("12.50"), 12.5, b"12.50"),
    (True, True, b"1"),
    (False, False, b"0"),
    (CellError("#N/A"), "#N/A", b"#N/A"),
]


@pytest.mark.parametrize(("value", "read", "written"), NUMBERS)
def test_numbers_and_others(value: Value, read: Value, written: bytes, tmp_path: Path) -> None:
    data = _one(value)
    assert b"<v>" + written + b"</v>" in part(data, SHEET)
    book_ = Workbook.from_bytes(data)
    assert book_.sheet("甲").get("A1") == read
    assert type(book_.sheet("甲").get("A1")) is type(read) or isinstance(value, CellError)
    path = tmp_path / "one.xlsx"
    path.write_bytes(data)
    assert differences(ours(book_), wolfs(path)) == []
    book_.sheet("甲").set("A1", value)
    assert not book_.changed


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), 10**400, CellError("#什么"), Formula(""),
     Formula("1" * 8193),
     date(1899, 12, 31), datetime(2023, 4, 5, tzinfo=timezone(timedelta(hours=8))), b"bytes", [1]],
    ids=repr,
)  # fmt: skip
def test_what_no_cell_can_hold_is_refused(value: Value) -> None:
    workbook = Workbook.from_bytes(data := zipped(book(sheet(texts((1, {"A": "旧"}))))))
    with pytest.raises(WorkbookError) as e:
        workbook.sheet("甲").set("A1", value)
    assert (e.value.reason, e.value.where) == (Reason.BAD_VALUE, "甲!A1")
    assert workbook.to_bytes() == data


DATES = [
    (date(2023, 4, 5), datetime(2023, 4, 5), b"45021"),  # noqa: DTZ001
    (datetime(2023, 4, 5, 18), datetime(2023, 4, 5, 18), b"45021.75"),  # noqa: DTZ001
    (date(1900, 1, 1), datetime(1900, 1, 1), b"1"),  # noqa: DTZ001
    (date(1900, 2, 28), datetime(1900, 2, 28), b"59"),  # noqa: DTZ001
    (date(1900, 3, 1), datetime(1900, 3, 1), b"61"),  # noqa: DTZ001
    (date(9999, 12, 31), datetime(9999, 12, 31), b"2958465"),  # noqa: DTZ001
]


@pytest.mark.parametrize(("value", "read", "written"), DATES)
def test_dates(value: date, read: datetime, written: bytes, tmp_path: Path) -> None:
    data = _one(value, ' s="1"')
    assert b'<c r="A1" s="1"><v>' + written + b"</v></c>" in part(data, SHEET)
    workbook = Workbook.from_bytes(data)
    assert workbook.sheet("甲").get("A1") == read
    path = tmp_path / "one.xlsx"
    path.write_bytes(data)
    if value > date(1900, 2, 28) if not isinstance(value, datetime) else True:  # wolfxl is a day off before
        assert wolfs(path)["甲"][1, 1] == read
    workbook.sheet("甲").set("A1", value)
    assert not workbook.changed


def test_1904_dates() -> None:
    files = book(sheet('<row r="1"><c r="A1" s="1"><v>0</v></c></row>'), properties='<workbookPr date1904="1"/>')
    workbook = Workbook.from_bytes(zipped(files))
    assert workbook.sheet("甲").get("A1") == datetime(1904, 1, 1)  # noqa: DTZ001
    workbook.sheet("甲").set("A1", date(2023, 4, 5))
    assert b"<v>43559</v>" in part(workbook.to_bytes(), SHEET)
    assert workbook.sheet("甲").get("A1") == datetime(2023, 4, 5)  # noqa: DTZ001


def test_a_date_gets_a_style_that_shows_it_and_keeps_the_rest() -> None:
    workbook = Workbook.from_bytes(data := zipped(book(sheet('<row r="1"><c r="A1" s="3"/><c r="B1" s="4"/></row>'))))
    target = workbook.sheet("甲")
    target.set("A1", date(2023, 4, 5))
    target.set("B1", datetime(2023, 4, 5, 9, 30))  # noqa: DTZ001
    target.set("C1", date(2023, 4, 6))
    target.set("D1", date(2023, 4, 7))
    new = workbook.to_bytes()
    xml, styles = part(new, SHEET), part(new, "xl/styles.xml")
    assert [c in xml for c in (b'r="A1" s="6"', b'r="B1" s="2"', b'r="C1" s="7"', b'r="D1" s="7"')] == [True] * 4
    assert b'<cellXfs count="8">' in styles
    assert (
        b'<xf numFmtId="14" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyNumberFormat="1"/>' in styles
    )
    assert b'<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>' in styles
    old = part(data, "xl/styles.xml")
    assert styles.startswith(old[: old.index(b"<cellXfs")])
    assert styles.endswith(old[old.index(b"</cellXfs>") :])


def test_which_numbers_are_dates() -> None:
    cells = "".join(f'<c r="{c}1" s="{s}"><v>45021.5</v></c>' for c, s in zip("ABCDEF", range(6), strict=True))
    found = dict(Workbook.from_bytes(zipped(book(sheet(f'<row r="1">{cells}</row>')))).sheet("甲").rows())[1]
    moment = datetime(2023, 4, 5, 12)  # noqa: DTZ001
    assert found == {1: 45021.5, 2: moment, 3: moment, 4: 45021.5, 5: 45021.5, 6: 45021.5}


def test_reads_all_kinds_of_cells() -> None:
    shared = (
        "<si><t>平</t></si><si><r><t>富</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\"> 文</t></r>"
        "<rPh sb=\"0\" eb=\"1\"><t>ふ</t></rPh></si><si/><si><t/></si><si><t>_x000D_\n😀</t></si>"
    )  # fmt: skip
    cells = [
        *(f't="s"><v>{i}</v>' for i in range(5)),
        't="str"><f>A1</f><v>果</v>', 't="b"><v>1</v>', 't="e"><v>#N/A</v>', 't="d"><v>2023-04-05T00:00:00</v>',
        "><v>1e3</v>", "><v>1E400</v>", "><v/>", 't="n"><v> 7 </v>',
        't="inlineStr"><is><r><t>一</t></r><r><t>二</t></r></is>',
        "><f>A1</f>", 't="inlineStr"><is><t><![CDATA[<b>]]></t></is>', "><!-- c --><v>8</v>",
    ]  # fmt: skip
    row = "".join(f'<c r="{cell_name(1, i)}" {c}</c>' for i, c in enumerate(cells, 1))
    xml = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{shared}</sst>'
    workbook = Workbook.from_bytes(zipped(book(sheet(f'<row r="1">{row}</row>'), related={"sharedStrings": xml})))
    assert dict(workbook.sheet("甲").rows())[1] == {
        1: "平", 2: "富 文", 5: "\r\n😀", 6: "果", 7: True, 8: "#N/A",
        9: datetime(2023, 4, 5), 10: 1000.0, 11: "1E400",  # noqa: DTZ001
        13: 7, 14: "一二", 16: "<b>", 17: 8,
    }  # fmt: skip


def test_a_text_that_is_not_in_the_table_of_texts() -> None:
    workbook = Workbook.from_bytes(zipped(book(sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>'))))
    with pytest.raises(WorkbookError) as e:
        list(workbook.sheet("甲").rows())
    assert (e.value.reason, e.value.where) == (Reason.DAMAGED, "甲!A1")
    workbook.sheet("甲").set("A1", "新")
    assert workbook.sheet("甲").get("A1") == "新"
