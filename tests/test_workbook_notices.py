"""Tasks that come as a workbook: what stands around the table, merged cells, hidden rows, other formats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Annex2
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font

from toolkit.cli.main import main
from toolkit.errors import NoticeError
from toolkit.notice import Notice, read_notice

TITLE = "2023年市民政局重点工作任务责任分解表"
DATES = "各牵头处室于4月5日、7月5日、10月5日、2024年1月5日前报送一季度、二季度、三季度和全年完成情况。"
HEADERS = ("序号", "类别", "工作事项", "市级单位", "分管领导", "牵头处室", "责任处室（单位）")


@pytest.fixture
def seed(shared: Path) -> Notice:
    return read_notice(shared / "seed" / "notice.docx")


def listed(
    path: Path,
    seed: Notice,
    *above: str,
    merged: bool = True,
    hidden: tuple[int, ...] = (),
    headers: tuple[str, ...] = HEADERS,
) -> Path:
    """The seed's tasks as an office lists them in Excel."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for text in above:
        sheet.append([text])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=7)
    sheet.append(headers)
    first = sheet.max_row + 1
    for t in seed.tasks:
        same = merged and sheet.max_row >= first and t.section == seed.tasks[t.no - 2].section
        number: object = t.label if t.starred else t.no
        section = None if same else t.section
        city = str(t.city_units) if t.city_units else None
        sheet.append([number, section, t.text, city, t.leader, t.division, "、".join(t.responsible) or None])
        sheet.row_dimensions[sheet.max_row].hidden = t.no in hidden
    if merged:
        starts = [r for r in range(first, sheet.max_row + 1) if sheet.cell(r, 2).value]
        for start, end in zip(starts, [*(s - 1 for s in starts[1:]), sheet.max_row], strict=True):
            sheet.merge_cells(start_row=start, end_row=end, start_column=2, end_column=2)
    sheet.append(["注：序号带*的为牵头任务。"])
    book.create_sheet("说明")["A1"] = "本表由办公室汇总"
    book.save(path)
    return path


@pytest.mark.parametrize("merged", [True, False])
def test_a_list_in_excel_is_read_like_the_notice(tmp_path: Path, seed: Notice, merged: bool) -> None:
    notice = read_notice(listed(tmp_path / "分解表.xlsx", seed, TITLE, DATES, merged=merged))
    assert notice.tasks == seed.tasks
    assert (notice.title, notice.organisation, notice.year) == (TITLE, "市民政局", 2023)
    assert [(r.name, r.due) for r in notice.rounds] == [(r.name, r.due) for r in seed.rounds]


def test_the_files_name_is_the_title_where_no_cell_names_the_year(tmp_path: Path, seed: Notice) -> None:
    notice = read_notice(listed(tmp_path / "2023年重点工作.xlsx", seed))
    assert (notice.year, notice.title, len(notice.tasks)) == (2023, "2023年重点工作", 21)
    with pytest.raises(NoticeError, match="没有写明年度"):
        read_notice(listed(tmp_path / "重点工作.xlsx", seed))


def test_rows_that_were_filtered_out_are_left_out_and_told(tmp_path: Path, seed: Notice) -> None:
    notice = read_notice(listed(tmp_path / "分解表.xlsx", seed, TITLE, hidden=(5, 6)))
    assert [t.no for t in notice.tasks] == [n for n in range(1, 22) if n not in (5, 6)]
    assert any("有 2 行是隐藏的（筛选掉的），没有读" in d.message for d in notice.doubts)


@needs_libreoffice
@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_other_formats(tmp_path: Path, seed: Notice, libreoffice: LibreOffice, suffix: str) -> None:
    libreoffice.open(path=listed(tmp_path / "分解表.xlsx", seed, TITLE, DATES))
    made = tmp_path / f"分解表.{suffix}"
    libreoffice.save(path=made, kind=suffix)
    assert read_notice(made).tasks == seed.tasks


def test_a_workbook_without_a_list_of_tasks_is_told_what_is_looked_for(tmp_path: Path, seed: Notice) -> None:
    path = listed(tmp_path / "别的.xlsx", seed, TITLE, headers=("一", "二", "三", "四", "五", "六", "七"))
    with pytest.raises(NoticeError, match="没有找到任务表") as caught:
        read_notice(path)
    assert "牵头处室" in str(caught.value)


def test_a_workspace_from_a_list(tmp_path: Path, seed: Notice, capsys: pytest.CaptureFixture[str]) -> None:
    path = listed(tmp_path / "分解表.xlsx", seed, TITLE, DATES)
    assert main(["init", str(tmp_path / "区"), "--notice", str(path)]) == 1
    assert "由通知读出 21 项任务，其中牵头 10 项、配合 11 项" in capsys.readouterr().out
    office = Annex2(tmp_path / "区")
    office("fanout", "2023Q1")
    office.deliver("社会救助处", texts=("救助一", "标准一"))
    office("collect", now="2023-04-03T10:00")
    assert office.status_text(2) == "救助一"


def test_an_empty_workbook_is_told(tmp_path: Path, seed: Notice) -> None:
    with pytest.raises(NoticeError, match="没有"):
        read_notice(listed(tmp_path / "空.xlsx", replace(seed, tasks=()), TITLE, merged=False))


def test_a_sheet_that_lists_no_tasks_is_left_alone(tmp_path: Path) -> None:
    book = Workbook()
    tasks, people = book.active, book.create_sheet("联系人")
    assert tasks is not None
    for row in (("序号", "工作任务", "牵头科室"), (1, "新建公厕10座", "市容科"), (2, "植树1万株", "园林科")):
        tasks.append(row)
    for row in (("科室", "联系人", "电话"), ("市容科", "张三", "123")):
        people.append(row)
    book.save(tmp_path / "2026年任务.xlsx")
    assert [t.text for t in read_notice(tmp_path / "2026年任务.xlsx").tasks] == ["新建公厕10座", "植树1万株"]


def test_goals_of_quarters_are_not_what_is_to_be_done(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        (),
        (None, "2026年目标任务"),
        (None, "序号", "目标任务", "牵头单位", "配合单位", "一季度目标", "二季度目标"),
        (None, 1, "新建公厕10座", "市容科", "环卫站", "开工", "建成3座"),
    ):
        sheet.append(row)
    book.save(tmp_path / "任务.xlsx")
    notice = read_notice(tmp_path / "任务.xlsx")
    assert [(t.text, t.division, t.responsible) for t in notice.tasks] == [("新建公厕10座", "市容科", ("环卫站",))]
    assert any("没有写进任务台账：一季度目标、二季度目标" in d.message for d in notice.doubts)


def test_merged_cells_down_to_the_last_row(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("2026年重点工作任务清单",),
        ("单位：区商务局", None, "2026年3月"),
        ("序号", "工作内容", "分管领导", "牵头科室"),
        (1, "引进亿元项目5个", "张三", "投资科"),
        (2, "到位资金10亿元"),
        (None, "其中外资1亿元"),
        ("注：本表由办公室汇总",),
    ):
        sheet.append(row)
    for area in ("A5:A6", "C4:C6", "D4:D6"):
        sheet.merge_cells(area)
    book.save(tmp_path / "任务.xlsx")
    notice = read_notice(tmp_path / "任务.xlsx")
    assert [(t.text, t.leader, t.division) for t in notice.tasks] == [
        ("引进亿元项目5个", "张三", "投资科"),
        ("到位资金10亿元", "张三", "投资科"),
        ("其中外资1亿元", "张三", "投资科"),
    ]
    assert notice.organisation == "区商务局"


def test_the_line_above_still_names_the_office(tmp_path: Path, seed: Notice) -> None:
    assert read_notice(listed(tmp_path / "2023年任务.xlsx", seed)).title == "2023年任务"
    named = read_notice(listed(tmp_path / "2023年任务.xlsx", seed, "单位：市民政局"))
    assert (named.title, named.organisation) == ("2023年任务", "市民政局")


def test_what_is_struck_out_in_a_sheet_is_told(tmp_path: Path, seed: Notice) -> None:
    path = listed(tmp_path / "2023年任务.xlsx", seed, TITLE)
    book = load_workbook(path)
    for cell in book.active[4]:
        cell.font = Font(strike=True)
    book.save(path)
    assert [d.where for d in read_notice(path).doubts if "仍列为任务" in d.message] == ["附件1 表格第3行"]


def test_tasks_on_a_further_sheet_without_a_header(tmp_path: Path) -> None:
    book = Workbook()
    header = ["序号", "工作事项", "牵头科室"]
    for sheet, rows in (
        (book.active, [header, ["1*", "完成甲事项。", "办公室"], ["2", "完成乙事项。", "人事科"]]),
        (book.create_sheet("续"), [["3*", "完成丙事项。", "财务科"], ["4", "完成丁事项。", "财务科"]]),
        (book.create_sheet("窄"), [["5", "完成戊事项。"], ["6", "完成己事项。"]]),
        (book.create_sheet("通讯录"), [["序号", "姓名", "电话"], ["1", "张伟", "0000"]]),
    ):
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "2026年任务.xlsx")
    notice = read_notice(tmp_path / "2026年任务.xlsx")
    assert [t.no for t in notice.tasks] == [1, 2, 3, 4]
    assert [d.message for d in notice.doubts if "没有表头" in d.message] == [
        "任务表后面还有一张没有表头的表，没有读，第一行是“5｜完成戊事项。”"
    ]


def sheets_file(path: Path, *sheets: tuple[str, str, str]) -> Path:
    """A workbook of sheets (name, title, task)."""
    book = Workbook()
    book.remove(book["Sheet"])
    for name, title, task in sheets:
        sheet = book.create_sheet(name)
        sheet.append([title] if title else [])
        sheet.append(["序号", "工作任务", "牵头科室", "分管领导"])
        sheet.append([len(book.sheetnames), task, "食品科", "张伟"])
    book.save(path)
    return path


@pytest.mark.parametrize(
    "old", [("2025", "2025年重点任务清单"), ("作废", "2026年重点任务清单"), ("旧", "2026年任务（初稿）")]
)
@pytest.mark.parametrize("first", [True, False])
def test_sheets_of_another_year_and_drafts_are_left_out(tmp_path: Path, old: tuple[str, str], first: bool) -> None:
    sheets = [(*old, "旧任务。"), ("Sheet2", "2026年重点任务清单", "新任务。")]
    notice = read_notice(sheets_file(tmp_path / "任务.xlsx", *(sheets if first else sheets[::-1])))
    assert (notice.year, notice.title, [t.text for t in notice.tasks]) == (2026, "2026年重点任务清单", ["新任务。"])
    assert f"这几个工作表像是别的年度的或旧稿，没有读：{old[0]}" in [d.message for d in notice.doubts]


def test_several_sheets_of_tasks_are_read_and_told(tmp_path: Path) -> None:
    names = ("牵头", "配合")
    path = sheets_file(
        tmp_path / "2026年任务.xlsx", *((n, "", f"{n}任务。") for n in names), ("结转", "2025年未完成", "老任务。")
    )
    notice = read_notice(path)
    assert [(t.text, t.starred) for t in notice.tasks][:2] == [("牵头任务。", True), ("配合任务。", False)]
    assert len(notice.tasks) == 3
    messages = [d.message for d in notice.doubts]
    assert "有3个工作表里都有任务表：牵头、配合、结转" in messages
    assert "写着别的年度的，也一起列为任务：2025年未完成" in messages


@pytest.mark.parametrize(("name", "stars"), [("配合任务", [False, True]), ("京津冀协同任务", [True, True])])
def test_the_name_of_a_sheet_speaks_of_its_tasks_alone(tmp_path: Path, name: str, stars: list[bool]) -> None:
    path = sheets_file(tmp_path / "2026年任务.xlsx", (name, "", "甲。"), ("民生实事", "", "乙。"))
    assert [t.starred for t in read_notice(path).tasks] == stars


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("2026任务", "东湖区2026年重点任务分解表"), ("2030碳达峰", "碳达峰任务")),
        (("2026年完成", "2026年完成事项"), ("2027年完成", "2027年完成事项")),
        (("2025-2027", "2025-2027年行动计划任务"), ("2026", "2026年任务")),
        (("重点", "2026年任务"), ("规范性文件废止", "规范性文件废止任务")),
        (("重点", "2026年任务"), ("备份系统建设", "（参考2025年任务表格式）")),
        (("重点", "2026年任务"), ("新增", "2026年新增任务（在去年基础上增加）")),
        (("重点", "2026年任务"), ("巡察", "2025年度巡察反馈问题整改任务清单")),
        (("重点", "2026年任务"), ("目标", "2030年目标任务")),
    ],
)
def test_sheets_that_only_look_like_another_edition_are_read(
    tmp_path: Path, one: tuple[str, str], other: tuple[str, str]
) -> None:
    notice = read_notice(sheets_file(tmp_path / "任务.xlsx", (*one, "甲。"), (*other, "乙。")))
    assert [t.text for t in notice.tasks] == ["甲。", "乙。"]
