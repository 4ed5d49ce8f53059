"""A new master: what a clerk sees, what Excel demands, and that the tracker tells the truth on any day."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import SHARED
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.mail.settings import SETTINGS as MAIL_SETTINGS
from toolkit.master import schema
from toolkit.master.build import FIRST_ROW, HEADER_ROW, ORDER, build_master
from toolkit.master.schema import Sheet
from toolkit.master.tracker_sheet import (
    COUNT_LABEL,
    MARKS,
    NO_SUCH_ROUND,
    NOT_OWED,
    NOTE_LABEL,
    RULES,
    STALE_NOTE,
    UPSTREAM_LABEL,
)
from toolkit.master.waiting import DUE_LABEL, DUE_SOON, END_LABEL, MISSING, NOT_DUE, REMIND_LABEL, tracker_formula
from toolkit.model import CityUnits, Division, Office, Rolling, Round, RoundKind, Task

at = datetime.fromisoformat

ROUNDS = (
    Round("2023Q1", "第一季度", date(2023, 4, 5), upstream_due=date(2023, 4, 20)),
    Round("2023Q2", "第二季度", date(2023, 7, 5), remind_days=3),
    Round("2023PH", "配合上半年", date(2023, 7, 10), RoundKind.SUPPORTING),
)
TASKS = (
    Task(
        "2023-01",
        1,
        True,
        "市《政府工作报告》任务",
        "新建邻里食堂20个。",
        CityUnits("市责任单位", ("市甲局", "市乙局")),
        "甲副局长",
        "餐桌处",
    ),
    Task("2023-02", 2, False, "省任务", "=加大支持力度", None, "乙副局长", "书香处", ("市丙中心", "餐桌处")),
    Task("2023-03", 3, True, "省任务", "改造书屋7个。" * 30, None, "甲副局长", "书屋处"),
)
DIVISIONS = (
    Division("书屋处", ("书屋",), "小明", "b@example.org", ("c@example.org", "d@example.org"), "甲副局长"),
    Division("餐桌处", leader="丙副局长"),
    Division("书香处"),
    Division("无事处", leader="丁副局长"),
)


def make_office(rounds: Iterable[Round] = ROUNDS) -> Office:
    settings = {schema.SETTING_TEXT_LIMIT: "1500", "收件服务器": "imap.example.org", schema.SETTING_YEAR: "1999"}
    return Office("市某局", 2023, "Asia/Shanghai", TASKS, tuple(rounds), DIVISIONS, settings)


ATTENTION = (
    {
        "编号": 1,
        "时间": datetime(2023, 4, 4, 1, 3, tzinfo=UTC),
        "事项": "责任处室",
        "位置": "第2项",
        "问题": "写法\x0b不清",
        "怎么办": "核对",
        schema.ITEM_KEY: "units:2023-02",
    },
)


def make_master(rounds: Iterable[Round] = ROUNDS) -> bytes:
    return build_master(make_office(rounds), title="某某<方案>", issuer="某局办公室", attention=ATTENTION)


@pytest.fixture(scope="module")
def data() -> bytes:
    return make_master()


@pytest.fixture(scope="module")
def book(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def table_rows(sheet: Worksheet) -> list[dict[str, object]]:
    table = sheet.tables[sheet.title]
    left, top, right, bottom = range_boundaries(table.ref)
    headers = [sheet.cell(top, c).value for c in range(left, right + 1)]
    return [
        dict(zip(headers, (sheet.cell(r, c).value for c in range(left, right + 1)), strict=True))
        for r in range(top + 1, bottom + 1)
    ]


def columns_of(name: Sheet) -> tuple[schema.Column, ...]:
    if name is Sheet.TASKS:
        return schema.task_columns([r.name for r in ROUNDS])
    if name is Sheet.TARGETS:
        return schema.target_columns([r.name for r in ROUNDS if r.kind is RoundKind.PROGRESS])
    return schema.COLUMNS[name]


DATA_SHEETS = [s for s in ORDER if s is not Sheet.GUIDE]
SCHEMA_SHEETS = [s for s in DATA_SHEETS if s is not Sheet.TRACKER]


def test_all_sheets_of_the_schema_in_order(book: Workbook) -> None:
    assert book.sheetnames == [*ORDER, Sheet.CHOICES]
    assert {*ORDER, Sheet.CHOICES} == set(Sheet)
    assert book[Sheet.CHOICES].sheet_state == "hidden"
    assert book.active.title == Sheet.GUIDE


@pytest.mark.parametrize("name", DATA_SHEETS)
def test_one_table_named_like_its_sheet(book: Workbook, name: Sheet) -> None:
    sheet = book[name]
    assert list(sheet.tables) == [name]
    table = sheet.tables[name]
    left, top, right, bottom = range_boundaries(table.ref)
    assert (table.displayName, table.name, left) == (name, name, 1)
    assert bottom > top
    headers = [sheet.cell(top, c).value for c in range(left, right + 1)]
    assert [c.name for c in table.tableColumns] == headers
    assert table.autoFilter.ref == table.ref
    assert int(re.sub(r"\D", "", sheet.freeze_panes)) == top + 1


@pytest.mark.parametrize("name", SCHEMA_SHEETS)
def test_columns_follow_the_schema(book: Workbook, name: Sheet) -> None:
    sheet = book[name]
    columns = columns_of(name)
    assert [c.value for c in sheet[HEADER_ROW]] == [c.header for c in columns]
    formats = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm", "percent": "0.0%"}
    for number, column in enumerate(columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        assert (dimension.width, dimension.hidden) == (column.width, column.hidden or column.folded)
        assert bool(dimension.outlineLevel) is column.folded
        cell = sheet.cell(FIRST_ROW, number)
        assert cell.number_format == formats.get(column.kind, "General")
        assert cell.alignment.wrap_text
        assert cell.has_style
        assert cell.style != "Normal"


@pytest.mark.parametrize("name", ORDER)
def test_a_chinese_font_in_every_cell(book: Workbook, name: Sheet) -> None:
    for row in book[name].iter_rows():
        for cell in row:
            if cell.has_style or cell.value is not None:
                assert cell.font.name in ("宋体", "黑体", "方正小标宋简体"), cell.coordinate


def test_cells_that_staff_add_are_in_song_too(book: Workbook) -> None:
    assert Workbook()._fonts[0].name == "Calibri"
    assert book._fonts[0].name == "宋体"  # the font of Normal


@pytest.mark.parametrize("name", ORDER)
def test_prints_on_paper(book: Workbook, name: Sheet) -> None:
    sheet = book[name]
    setup = sheet.page_setup
    if name is Sheet.GUIDE:  # a program that fits pages minds no break, and this one stands before a heading
        (turn,) = sheet.row_breaks.brk
        assert str(sheet.cell(turn.id + 1, 1).value).startswith("五、")
        assert 50 < setup.scale < 100
    elif name in (Sheet.TASKS, Sheet.TRACKER):  # columns are added to them: fitted to the page they would shrink
        assert 50 < setup.scale <= 100
    else:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert setup.fitToWidth == 1
    assert setup.orientation == ("portrait" if name is Sheet.GUIDE else "landscape")
    assert int(setup.paperSize) == (8 if name in (Sheet.TASKS, Sheet.TARGETS) else 9)
    assert "&P" in sheet.oddFooter.center.text
    assert sheet.sheet_properties.tabColor is not None
    assert 90 <= (sheet.sheet_view.zoomScale or 100) <= 100
    if name is not Sheet.GUIDE:
        top = range_boundaries(sheet.tables[name].ref)[1]
        assert sheet.print_title_rows == (f"${top}:${top}" if name is Sheet.TRACKER else f"$1:${top}")


@pytest.mark.parametrize("name", SCHEMA_SHEETS)
def test_drop_downs(book: Workbook, name: Sheet) -> None:
    sheet = book[name]
    found = {str(r).split(":")[0]: v for v in sheet.data_validations.dataValidation for r in v.sqref.ranges}
    for number, column in enumerate(columns_of(name), start=1):
        rule = found.get(f"{get_column_letter(number)}{FIRST_ROW}")
        if column.header == "处理意见":
            assert rule is not None
            assert not rule.showErrorMessage
        elif column.choices:
            assert rule is not None
            assert rule.formula1 == f'"{",".join(column.choices)}"'
            assert bool(rule.showErrorMessage) is column.strict
            assert column.choices[0] in rule.error
        elif column.kind == "date" and not column.ours:
            assert rule is not None
            words_too = column.header == schema.STEP_DAY
            assert (rule.type, rule.errorStyle) == ("date", "warning" if words_too else "stop")
        if rule is not None:  # rows that are added below have it too
            assert next(iter(rule.sqref.ranges)).max_row >= 1000
            assert rule.allow_blank
            assert len(rule.error or "") <= 225  # Excel's limit
            assert len(rule.formula1) <= 255


def test_each_item_is_offered_what_applies_to_it(tmp_path: Path) -> None:
    """The drop-down of 处理意见, worked out by LibreOffice for a row of each 事项."""
    book = load_workbook(io.BytesIO(make_master(ROUNDS)))
    sheet = book[Sheet.ATTENTION]
    headers = [c.header for c in schema.COLUMNS[Sheet.ATTENTION]]
    kind, decision = (get_column_letter(headers.index(h) + 1) for h in ("事项", "处理意见"))
    (rule,) = (v for v in sheet.data_validations.dataValidation if f"{decision}{FIRST_ROW}" in v.sqref)
    offered = [*schema.CHOICES.items(), ("别的事", schema.DECISIONS)]
    rows = range(FIRST_ROW, FIRST_ROW + len(offered))
    for row, (word, _) in zip(rows, offered, strict=True):
        sheet[f"{kind}{row}"] = word
        own = rule.formula1.replace(f"${kind}{FIRST_ROW}", f"${kind}{row}")
        sheet[f"T{row}"] = f'=_xlfn.TEXTJOIN("、",TRUE,{own})'
    path = tmp_path / "下拉.xlsx"
    book.save(path)
    shown = load_workbook(convert(convert(path, "ods"), "xlsx"), data_only=True)[Sheet.ATTENTION]
    assert [shown[f"T{r}"].value for r in rows] == ["、".join(d) for _, d in offered]


def test_divisions_are_offered_in_the_ledger(book: Workbook) -> None:
    rules = {v.formula1: v for v in book[Sheet.TASKS].data_validations.dataValidation}
    rule = next(v for f, v in rules.items() if f.startswith("OFFSET('处室'!$A$4"))
    assert not rule.showErrorMessage
    assert any(f.startswith("OFFSET('处室'!$F$4") for f in rules)


def test_tasks(book: Workbook) -> None:
    rows = table_rows(book[Sheet.TASKS])
    assert [r["任务编号"] for r in rows] == ["2023-01", "2023-02", "2023-03"]
    assert [r["牵头(★)"] for r in rows] == ["★", None, "★"]
    assert rows[0]["市级单位"] == "市责任单位：市甲局、市乙局"
    assert rows[1]["责任处室(单位)"] == "市丙中心、餐桌处"
    assert {r["第二季度完成情况"] for r in rows} == {None}
    assert book[Sheet.TASKS].cell(FIRST_ROW + 1, 4).data_type == "s"  # text that starts with = is no formula
    heights = [book[Sheet.TASKS].row_dimensions[FIRST_ROW + i].height for i in range(3)]
    assert heights[2] > 3 * heights[0]


def test_a_row_that_follows_its_text_is_not_marked_as_set_by_hand(data: bytes) -> None:
    xml = sheet_xml(data, Sheet.TASKS)
    assert re.search(rf'<row r="{HEADER_ROW}" [^>]*customHeight="1"', xml)
    row = re.search(rf'<row r="{FIRST_ROW}"[^>]*>', xml)
    assert row is not None
    assert "ht=" in row[0]
    assert "customHeight" not in row[0]


def sheet_xml(data: bytes, name: Sheet) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return z.read(f"xl/worksheets/sheet{ORDER.index(name) + 1}.xml").decode()


def test_other_values(book: Workbook) -> None:
    settings = {r["项目"]: (r["值"], r["说明"]) for r in table_rows(book[Sheet.SETTINGS])}
    assert {k: v for k, (v, _) in settings.items()} == {
        **{item: default or None for item, default, _ in MAIL_SETTINGS},
        "单位": "市某局",
        "年度": 2023,
        "时区": "Asia/Shanghai",
        "方案名称": "某某<方案>",
        "发文单位": "某局办公室",
        "完成情况字数上限": 1500,
        "保留总表版本数": 30,
        "截止时刻": "24:00",
        "工作时间": "8:30-17:30",
        "再次提醒": 3,
        "催报间隔": "1、3、7、15、30",
        "抄送领导": 3,
        "通报": 7,
        "序时进度": "25、50、75、100",
        "序时黄灯": 10,
        "序时红灯": 30,
        "收件服务器": "imap.example.org",
    }
    assert settings["保留总表版本数"][1]
    rounds = table_rows(book[Sheet.ROUNDS])
    assert rounds[0]["截止日期"] == at("2023-04-05")
    assert rounds[0]["上报截止"] == at("2023-04-20")
    assert [r["提前提醒天数"] for r in rounds] == [7, 3, 7]
    assert rounds[2]["表种"] == "配合任务"
    assert table_rows(book[Sheet.DIVISIONS])[0]["抄送"] == "c@example.org、d@example.org"
    item = table_rows(book[Sheet.ATTENTION])[0]
    assert item["时间"] == at("2023-04-04 09:03")  # the office's time
    assert item["问题"] == "写法不清"
    assert table_rows(book[Sheet.RECEIPTS]) == [dict.fromkeys(c.header for c in columns_of(Sheet.RECEIPTS))]


def test_an_unknown_column_of_an_item_is_refused() -> None:
    with pytest.raises(ValueError, match="别的"):
        build_master(make_office(), title="", issuer="", attention=[{"别的": 1}])


def tracker_layout(sheet: Worksheet) -> tuple[int, dict[str, int], dict[str, int]]:
    """Header row, and the rows by the text in column A: lines above, divisions below."""
    header = range_boundaries(sheet.tables[Sheet.TRACKER].ref)[1]
    texts = {sheet.cell(r, 1).value: r for r in range(1, sheet.max_row + 1)}
    columns = {sheet.cell(header, c).value: c for c in range(1, sheet.max_column + 1)}
    return header, texts, columns


def test_tracker_lists_those_who_owe(book: Workbook) -> None:
    sheet = book[Sheet.TRACKER]
    rows = {r["处室"]: r for r in table_rows(sheet)}
    assert list(rows) == ["书屋处", "餐桌处", "书香处"]  # in the order of 处室; 无事处 owes nothing
    assert list(rows["餐桌处"]) == ["处室", "分管领导", "第一季度", "第二季度", "配合上半年", "方案进展"]
    assert [rows[n]["分管领导"] for n in rows] == ["甲副局长", "丙副局长", "乙副局长"]
    assert rows["书香处"]["第一季度"] == NOT_OWED
    assert rows["餐桌处"]["配合上半年"] == NOT_OWED
    _, texts, columns = tracker_layout(sheet)
    letter = get_column_letter(columns["第二季度"])
    assert rows["书屋处"]["第二季度"] == tracker_formula(
        letter, *(texts[t] for t in (DUE_LABEL, REMIND_LABEL, END_LABEL))
    )


def test_tracker_rules_stay_on_the_sheet_and_show_the_sign(data: bytes, book: Workbook) -> None:
    sheet = book[Sheet.TRACKER]
    rules = [(area, rule) for area in sheet.conditional_formatting for rule in area.rules]
    assert not any("!" in rule.formula[0] for _, rule in rules)
    assert {str(area.sqref)[0] for area, _ in rules} == {"C", "F"}
    rules = [(area, rule) for area, rule in rules if str(area.sqref).startswith("C")]
    assert len(rules) == len(RULES)
    for (area, rule), mark in zip(rules, RULES, strict=True):
        assert str(area.sqref).startswith("C")
        assert "!" not in rule.formula[0]
        assert rule.stopIfTrue
        assert rule.dxf.fill.bgColor.rgb.endswith(mark.background)
        assert (rule.dxf.numFmt.formatCode if rule.dxf.numFmt else "") == mark.number_format
    assert rules[3][1].dxf.numFmt.formatCode == '"✓按时 "m"月"d"日"'
    assert "extLst" not in sheet_xml(data, Sheet.TRACKER)


def test_same_input_same_bytes(data: bytes, tmp_path: Path) -> None:
    assert make_master() == data
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.namelist() == sorted(z.namelist())
        assert {i.date_time for i in z.infolist()} == {(2023, 1, 1, 0, 0, 0)}
        core = z.read("docProps/core.xml").decode()
    assert set(re.findall(r">(\d{4}-[^<]*)<", core)) == {"2023-01-01T00:00:00Z"}
    script = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_master_build as t; "
    script += f"open({str(tmp_path / 'again.xlsx')!r}, 'wb').write(t.make_master())"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parent.parent)
    assert (tmp_path / "again.xlsx").read_bytes() == data


def test_guide_names_every_sheet_and_decision(book: Workbook) -> None:
    sheet = book[Sheet.GUIDE]
    text = "\n".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value)
    for name in DATA_SHEETS:
        assert name in text
    for word in (*schema.DECISIONS, "annex2 fanout 2023Q1", "annex2 collect", "annex2 status", "annex2 summary 2023"):
        assert word in text
    links = {c.hyperlink.location for row in sheet.iter_rows() for c in row if c.hyperlink}
    assert links == {f"'{s}'!A1" for s in DATA_SHEETS}


def test_valid_by_the_schemas(data: bytes, tmp_path: Path, check_ooxml: Callable[[Path], str]) -> None:
    path = tmp_path / "master.xlsx"
    path.write_bytes(data)
    assert check_ooxml(path) == ""
    path.write_bytes(build_master(Office("某局", 2024, "Asia/Shanghai", (), (), ()), title="", issuer=""))
    assert check_ooxml(path) == ""


@pytest.fixture
def check_ooxml() -> Callable[[Path], str]:
    script = SHARED / "check_ooxml.py"
    if not script.exists():
        pytest.skip("no schemas here")

    def check(path: Path) -> str:
        done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return check


def test_read_back_as_the_same_office(book: Workbook) -> None:
    from toolkit.master.read import read_master
    from toolkit.master.rows import Source
    from toolkit.xlsx import Block

    class Opened(Source):
        sheet_names = tuple(book.sheetnames)

        def blocks(self, sheet: str) -> Iterable[Block]:
            rows = book[sheet].iter_rows()
            return [
                Block.of([(r[0].row, {c.column: None if c.data_type == "f" else c.value for c in r}) for r in rows])
            ]

        def formulas(self, sheet: str) -> Mapping[tuple[int, int], str]:
            cells = (c for row in book[sheet].iter_rows() for c in row if c.data_type == "f")
            return {(c.row, c.column): str(c.value)[1:] for c in cells}

        def totals(self, sheet: str) -> frozenset[int]:
            assert sheet in book.sheetnames
            return frozenset()

    master = read_master(Opened())  # type: ignore[arg-type]
    office = make_office()
    assert master.office.tasks == office.tasks
    assert master.office.rounds == office.rounds
    assert master.office.divisions == office.divisions
    assert master.items[0].key == "units:2023-02"
    assert master.receipts == ()


def convert(path: Path, form: str) -> Path:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice here")
    command = [soffice, f"-env:UserInstallation={(path.parent / 'profile').as_uri()}", "--headless"]
    subprocess.run(
        [*command, "--convert-to", form, "--outdir", path.parent, path], check=True, capture_output=True, timeout=240
    )
    return path.with_suffix(f".{form}")


def test_tracker_tells_the_truth_today(tmp_path: Path) -> None:
    """LibreOffice, on rounds long past, due in three days, due today, and far off."""
    today = datetime.now().date()  # noqa: DTZ005  as TODAY() sees it
    rounds = [
        Round("R1", "甲轮", date(2001, 4, 5)),
        Round("R2", "乙轮", today + timedelta(days=3)),
        Round("R3", "丙轮", today, remind_days=0),
        Round("R4", "丁轮", date(2999, 1, 1)),
        Round("R5", "戊轮", date(2001, 1, 1)),
        Round("R6", "己轮", date(2023, 4, 5), upstream_due=date(2023, 4, 20), rolling=Rolling.NEXT),
        Round("R7", "庚轮", date(2023, 10, 5)),
        Round("R8", "辛轮", date(2023, 10, 5)),
    ]
    book = load_workbook(io.BytesIO(make_master(rounds)))
    nodes = book[Sheet.ROUNDS]
    assert nodes.cell(FIRST_ROW, 1).value == "R1"
    nodes.cell(FIRST_ROW, 4).value = date(2002, 4, 5)  # staff change a date: the tracker follows
    nodes.cell(FIRST_ROW + 4, 1).value = "R99"  # and drop a round
    sheet = book[Sheet.TRACKER]
    header, texts, columns = tracker_layout(sheet)
    assert [sheet.cell(r, 1).value for r in (header + 1, header + 2)] == ["书屋处", "餐桌处"]
    sheet.cell(texts["餐桌处"], columns["甲轮"]).value = at("2002-04-05 23:59")
    sheet.cell(texts["餐桌处"], columns["乙轮"]).value = "退回"
    sheet.cell(texts["餐桌处"], columns["丙轮"]).value = "免报"
    sheet.cell(texts["餐桌处"], columns["丁轮"]).value = at("2999-01-02 00:00")
    sheet.cell(texts["书屋处"], columns["丁轮"]).value = None
    sheet.cell(texts["餐桌处"], columns["己轮"]).value = at("2023-04-06 23:59:59")  # in the roll
    sheet.cell(texts["书屋处"], columns["己轮"]).value = at("2023-04-07 00:00:00")  # after it
    sheet.cell(texts["餐桌处"], columns["庚轮"]).value = "延期至 2023-10-09"  # reported within it
    sheet.cell(texts["书屋处"], columns["庚轮"]).value = "延期至 2023年10月9日"  # never reported
    sheet.cell(texts["书屋处"], columns["戊轮"]).value = "！逾期 1月3日，待审定"
    sheet.cell(texts["餐桌处"], columns["辛轮"]).value = "延期至 2023-10-09（邓局同意）"  # reported after it
    sheet.cell(texts["书屋处"], columns["辛轮"]).value = "延期至 2023-10-09"  # put in the inbox late, and ruled on
    ruled = next(c.column for c in book[Sheet.RECEIPTS][FIRST_ROW - 1] if c.value == "认定时间")
    for row, name, key, received, ruling in (
        (0, "餐桌处", "R7", "2023-10-09 10:00", None),
        (1, "餐桌处", "R8", "2023-10-10 10:00", None),
        (2, "书屋处", "R8", "2023-10-10 10:00", "2023-10-09 16:00"),
    ):
        values = {2: at(received), 6: name, 7: key, 8: "接收（有提示）", ruled: at(ruling) if ruling else None}
        for column, value in values.items():
            book[Sheet.RECEIPTS].cell(FIRST_ROW + row, column).value = value
    for other in book.sheetnames:  # only the tracker is wanted in the output
        if other not in (Sheet.TRACKER, Sheet.ROUNDS, Sheet.RECEIPTS):
            del book[other]
    path = tmp_path / "master.xlsx"
    book.save(path)
    cells = html_rows(convert(path, "html").read_text("utf-8"))
    colour = {m.sample: f"#{m.background}" for m in MARKS}
    waiting, on_time, in_roll, late, missing, extended, soon, returned, exempt = colour.values()
    assert cells[DUE_LABEL][2:-1] == [
        ("2002-04-05", ""),
        (f"{today + timedelta(days=3)}", ""),
        (f"{today}", ""),
        ("2999-01-01", ""),
        (NO_SUCH_ROUND, ""),
        ("2023-04-05", ""),
        ("2023-10-05", ""),
        ("2023-10-05", ""),
    ]
    ends = [text for text, _ in cells[END_LABEL][2:-1]]
    assert ends[0] == "2002-04-05 23:59"  # the new date's, though annex2 did not see it yet
    assert ends[5:] == ["2023-04-06 23:59", "2023-10-05 23:59", "2023-10-05 23:59"]
    notes = [text.replace("\n", "") for text, _ in cells[NOTE_LABEL][2:-1]]
    assert notes[0] == STALE_NOTE
    assert notes[3] == "1月1日为元旦，不顺延，请于2998年12月31日前收齐；2999年放假安排未公布（按周末估算）"
    national_day = "10月5日为国庆节，不顺延，请于9月28日前收齐"
    assert notes[5:] == ["4月5日为清明节，顺延至4月6日", national_day, national_day]
    assert cells[UPSTREAM_LABEL][7] == ("2023-04-20", "")
    assert [text for text, _ in cells[REMIND_LABEL][2:-1]] == ["7", "7", "0", "7", "7", "7", "7", "7"]
    counts = [text for text, _ in cells[COUNT_LABEL][2:-1]]
    assert counts[:4] == ["2 / 1 / 1", "2 / 0 / 0", "1 / 0 / 0", "2 / 1 / 0"]
    assert counts[5:] == ["2 / 2 / 1", "2 / 1 / 1", "2 / 2 / 1"]
    assert cells["书屋处"][7:9] == [("2023-04-07 00:00", late), ("延期至 2023年10月9日", extended)]
    assert cells["餐桌处"][7:9] == [("2023-04-06 23:59", in_roll), ("延期至 2023-10-09", on_time)]
    assert [cells[n][9][1] for n in ("书屋处", "餐桌处")] == [on_time, late]
    not_approved = ("！逾期 1月3日，待审定", waiting)
    assert cells["书屋处"][2:7] == [(MISSING, missing), (DUE_SOON, soon), (DUE_SOON, soon), ("", ""), not_approved]
    assert cells["餐桌处"][2:6] == [
        ("2002-04-05 23:59", on_time),
        ("退回", returned),
        ("免报", exempt),
        ("2999-01-02 00:00", late),
    ]


def html_rows(html: str) -> dict[str, list[tuple[str, str]]]:
    """Rows by their first cell's text: (text, background)."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.S):
        cells = [
            (re.sub(r"<[^>]+>", "", c[1]).strip(), (re.search(r'bgcolor="([^"]+)"', c[0]) or ["", ""])[1])
            for c in re.findall(r"<td([^>]*)>(.*?)</td>", row, re.S)
        ]
        if cells and cells[0][0]:
            rows.setdefault(cells[0][0], cells)
    return rows


def test_waiting_words() -> None:
    formula = tracker_formula("D", 6, 7)
    assert formula.startswith("=IF(")
    for word in (MISSING, DUE_SOON, NOT_DUE, "TODAY()>D$6", "D$6-N(D$7)"):
        assert word in formula
    assert "NOW()>D$9+" in tracker_formula("D", 6, 7, 9)
