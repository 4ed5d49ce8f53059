"""The shipped template of Annex 2: placeholders, what may be typed, and the printed page."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import SHARED
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.forms.design import DESIGNS, make_template
from toolkit.kinds import KINDS
from toolkit.model import RoundKind

SHEET = "附件2"
SHIPPED = Path(__file__).parent.parent / "templates" / "annex2.xlsx"


@pytest.fixture(scope="module")
def book() -> Workbook:
    return load_workbook(io.BytesIO(make_template()))


@pytest.fixture(scope="module")
def sheet(book: Workbook) -> Worksheet:
    return book[SHEET]


def test_the_form_and_its_figures(book: Workbook) -> None:
    assert book.sheetnames == ["附件2", "指标数据"]
    assert not book.defined_names


def test_placeholders(sheet: Worksheet) -> None:
    found = {c.coordinate: c.value for row in sheet.iter_rows() for c in row if "{{" in str(c.value)}
    assert found == {
        "A2": "{{ round.title }}",
        "E2": "{{ round.deadline }}",
        "A5": "{{ loop.index }}",
        "B5": "{{ task.text }}",
        "C5": "{{ task.closing }}",
        "E5": "{{ plan.due }}",
        "F5": "{{ task.key }}",
        "B7": "{{ office.leaders }}审定：",
    }
    assert [sheet.cell(4, c).value for c in (1, 2, 3)] == ["序号", "责任事项", "完成情况"]
    assert sheet["A1"].value == "附件2"
    assert sheet.column_dimensions["F"].hidden


def test_only_what_divisions_fill_is_unlocked(sheet: Worksheet) -> None:
    unlocked = {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked}
    assert unlocked == {"C5", "C7", "C8"}
    guard = sheet.protection
    assert guard.sheet
    assert guard.password is None
    assert not guard.formatRows  # allowed
    assert not guard.formatColumns
    assert not guard.selectLockedCells
    assert not guard.selectUnlockedCells
    assert sheet["B8"].value.startswith("审定日期")
    assert "年" in sheet["C8"].number_format


def test_counter_counts_the_input_cell(sheet: Worksheet) -> None:
    assert sheet["E3"].value == '="已填 "&SUMPRODUCT(--(LEN(TRIM(C5:C5))>0))&"/"&ROWS(C5:C5)&" 项"'


def test_fonts_in_every_cell(sheet: Worksheet) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None or not cell.protection.locked:
                assert cell.font.name in ("宋体", "黑体", "仿宋_GB2312", "方正小标宋简体"), cell.coordinate
    assert (sheet["A1"].font.name, sheet["A1"].font.sz) == ("黑体", 16)
    assert sheet["A2"].font.name == "方正小标宋简体"
    assert {sheet[c].font.name for c in ("A5", "B5", "C5")} == {"仿宋_GB2312"}


def test_rows_grow_with_their_text(sheet: Worksheet) -> None:
    assert sheet.row_dimensions[5].height is None
    for cell in ("A2", "B5", "C5"):
        assert sheet[cell].alignment.wrap_text
    assert sheet["A5"].alignment.vertical == sheet["B5"].alignment.vertical == "center"
    assert sheet["C5"].alignment.vertical == "top"
    for cell in ("A4", "B4", "C4", "A5", "B5", "C5"):
        border = sheet[cell].border
        assert {border.left.style, border.right.style, border.top.style, border.bottom.style} == {"thin"}


def test_unfilled_cells_are_coloured(sheet: Worksheet) -> None:
    rules = {str(area.sqref): area.rules[0] for area in sheet.conditional_formatting}
    assert {k: r.formula for k, r in rules.items()} == {c: [f"LEN(TRIM({c}))=0"] for c in ("C5", "C7", "C8")}


def test_what_may_be_typed(sheet: Worksheet) -> None:
    rules = {str(v.sqref): v for v in sheet.data_validations.dataValidation}
    text = rules["C5"]
    assert (text.type, text.operator, text.formula1, text.errorStyle) == (
        "textLength",
        "lessThanOrEqual",
        "2000",
        "warning",
    )
    assert text.showInputMessage
    assert "2000字" in text.prompt
    assert rules["C8"].type == "date"
    for rule in rules.values():  # Excel's limits
        assert len(rule.prompt) <= 255
        assert len(rule.error) <= 225
        assert len(rule.promptTitle) <= 32


def test_printed_page(sheet: Worksheet) -> None:
    assert sheet.print_area == "'附件2'!$A$1:$C$8"
    assert sheet.print_title_rows == "$4:$4"
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("portrait", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.oddFooter.center.text == "— &P —"
    assert sheet.freeze_panes == "A5"


def test_shipped_file_is_this_design() -> None:
    """By content: another zlib packs the same parts into other bytes."""
    for kind in DESIGNS:
        shipped = SHIPPED.with_name(KINDS[kind].template)
        assert parts(shipped.read_bytes()) == parts(make_template(kind)), kind


def test_same_bytes_each_time() -> None:
    data = make_template()
    assert make_template() == data
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.namelist() == sorted(z.namelist())
        assert {i.date_time for i in z.infolist()} == {(2023, 1, 1, 0, 0, 0)}
    assert set(re.findall(rb">(\d{4}-[^<]*)<", parts(data)["docProps/core.xml"])) == {b"2023-01-01T00:00:00Z"}


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {name: z.read(name) for name in z.namelist()}


def test_made_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "toolkit.forms.design"]
    subprocess.run([*command, tmp_path], check=True, cwd=SHIPPED.parent.parent)
    for kind in DESIGNS:
        assert (tmp_path / KINDS[kind].template).read_bytes() == make_template(kind)
    done = subprocess.run(command, cwd=SHIPPED.parent.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "forms.design templates" in done.stderr


def test_valid_by_the_schemas() -> None:
    script = SHARED / "check_ooxml.py"
    if not script.exists():
        pytest.skip("no schemas here")
    for kind in DESIGNS:
        path = SHIPPED.with_name(KINDS[kind].template)
        done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=False)
        assert done.stdout + done.stderr == "", kind


def test_filled_by_the_program() -> None:
    """The whole way: one row a task, everything that refers to the input cells grown with them."""
    from datetime import date

    from toolkit.forms.fill import Template
    from toolkit.model import Office, Round, Task

    tasks = [Task(f"2023-0{n}", n, True, "类", f"第{n}件事。", None, "甲", "餐桌处") for n in (1, 2, 3)]
    round_ = Round("2023Q1", "第一季度", date(2023, 4, 5))
    office = Office("市某局", 2023, "Asia/Shanghai", tuple(tasks), (round_,), ())
    data = Template(SHIPPED.read_bytes(), "annex2.xlsx").fill(office, round_, "餐桌处", tasks, b"secret")
    sheet = load_workbook(io.BytesIO(data))[SHEET]
    assert sheet["A2"].value == "2023年市某局餐桌处第一季度工作目标完成情况"
    assert [[sheet.cell(r, c).value for c in (1, 2, 3, 6)] for r in (5, 6, 7)] == [
        [n, f"第{n}件事。", None, f"2023-0{n}"] for n in (1, 2, 3)
    ]
    assert "C5:C7" in sheet["E3"].value
    assert sheet["B9"].value.startswith("分管局领导审定")
    assert not sheet["C6"].protection.locked
    assert not sheet["C9"].protection.locked
    assert sheet.print_area == "'附件2'!$A$1:$C$10"
    covered = {str(v.sqref) for v in sheet.data_validations.dataValidation}
    assert {"C5:C7", "C9", "C10"} <= covered
    coloured = {str(a.sqref) for a in sheet.conditional_formatting}
    assert {"C5:C7", "C9", "C10"} <= coloured


def test_a_title_of_three_lines_has_room_for_them() -> None:
    """A merged cell is never fitted by Excel; a text that does not wrap needs no second line."""
    from datetime import date

    from toolkit.forms.fill import Template
    from toolkit.model import Office, Round, Task

    long = "基层政权建设和社区治理应急保障与信息化建设处（市减灾备灾办公室）"
    round_ = Round("2023Q1", "第一季度", date(2023, 4, 5))
    task = Task("2023-01", 1, True, "类", "一件事。", None, "甲", long)
    for division, height in (("餐桌处", 60), (long, 84.3)):
        office = Office("武汉市民政和退役军人事务管理局", 2023, "Asia/Shanghai", (task,), (round_,), ())
        book = load_workbook(SHIPPED)
        book[SHEET]["A3"] = "填报单位：{{ division.name }}"
        made = io.BytesIO()
        book.save(made)
        data = Template(made.getvalue(), "annex2.xlsx").fill(office, round_, division, [task], b"secret")
        sheet = load_workbook(io.BytesIO(data))[SHEET]
        assert [sheet.row_dimensions[row].height for row in (2, 3)] == [height, 20]


def test_the_supporting_form() -> None:
    """Lying, five columns, two of them to fill in, approval below the last."""
    sheet = load_workbook(io.BytesIO(make_template(RoundKind.SUPPORTING)))["配合任务"]
    found = {c.coordinate: c.value for row in sheet.iter_rows() for c in row if "{{" in str(c.value)}
    assert found == {
        "A2": "{{ round.title }}",
        "G2": "{{ round.deadline }}",
        "A5": "{{ loop.index }}",
        "B5": "{{ task.text }}",
        "C5": "{{ task.city_names or '（方案未写明）' }}",
        "E5": "{{ task.closing }}",
        "H5": "{{ task.key }}",
        "D7": "{{ office.leaders }}审定：",
    }
    headers = [str(sheet.cell(4, c).value).partition("\n")[0] for c in range(1, 6)]
    assert headers == ["序号", "配合事项", "市牵头单位", "对接情况", "落实进展"]
    unlocked = {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked}
    assert unlocked == {"D5", "E5", "E7", "E8"}
    assert {str(a.sqref) for a in sheet.conditional_formatting} == unlocked
    assert {str(v.sqref) for v in sheet.data_validations.dataValidation} == unlocked
    assert sheet["G3"].value == '="已填 "&SUMPRODUCT(--(LEN(TRIM(E5:E5))>0))&"/"&ROWS(E5:E5)&" 项"'
    assert sheet.print_area == "'配合任务'!$A$1:$E$8"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.column_dimensions["H"].hidden
    assert sheet["A1"].value is None  # no annex of the notice
