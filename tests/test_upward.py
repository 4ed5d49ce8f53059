"""fill: the form that the level above sent is filled with the texts of 任务台账, in a copy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from docx import Document
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml.ns import qn
from docx.shared import Pt
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from test_supporting_round import add_round
from test_supporting_round import fill as filled_supporting

from toolkit.master.schema import Sheet

NOW, UP = "2023-04-03T10:00", "2023-04-15T10:00"
PICTURE = Path(__file__).parents[1] / "docs" / "img" / "summary.png"
TITLE = "2023年市《政府工作报告》目标任务第一季度进展情况表"
HEADERS = ("序号", "工作任务", "责任单位", "进展情况")
RELIEF, CHILDREN = "社会救助处", "儿童福利处"
TEXTS = ("已建立三级救助体系，覆盖13个区。", "已核对13个区的集中供养机构，10个区实现统一供养标准，占77%。")


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    """A quarter in which one division has reported its two tasks (2, 13), and another waits for approval (12)."""
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="救助.xlsx", texts=TEXTS)
    annex2.deliver(CHILDREN, name="儿童.xlsx", approver=None, day=None, texts=["已为9个区配置专业社工。"])
    annex2("collect", now=NOW)
    return annex2


def tasks(annex2: Annex2) -> dict[int, str]:
    return {r["序号"]: r["工作事项"] for r in annex2.cells("任务台账")}


def workbook(path: Path, items: dict[str, str], title: str = TITLE, headers: tuple[str, ...] = HEADERS) -> Path:
    """A form as the city's office types one; `items`: what each row is about, and what stands there already."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "进展"
    sheet["A1"] = title
    sheet.merge_cells("A1:D1")
    sheet.append(["填报单位：市民政局"])
    sheet.append(headers)
    for number, (item, said) in enumerate(items.items(), start=1):
        sheet.append([number, item, "市民政局", said or None])
    sheet.append(["注：请于4月20日前报送。"])
    sheet.column_dimensions["B"].width = sheet.column_dimensions["D"].width = 30
    for row in sheet.iter_rows(min_row=4, max_col=4):
        row[1].alignment, row[3].font = Alignment(wrap_text=True), Font(name="仿宋", size=14)
    sheet.row_dimensions[4].height = 20
    book.save(path)
    return path


def test_a_workbook_is_filled_in_a_copy(office: Annex2, shared: Path, tmp_path: Path) -> None:
    all_ = tasks(office)
    reworded = all_[13].replace("同一供养机构", "同一个供养机构")
    items = [all_[2], reworded, all_[12], all_[1], all_[5], "完成市政府交办的其他工作。"]
    form = workbook(tmp_path / "市政府表.xlsx", dict.fromkeys(items, ""))
    before = form.read_bytes()
    status, out, err = office("fill", form, now=UP)
    assert status == 1, err
    assert form.read_bytes() == before
    path = office.root / "summary" / "上报" / "市政府表.xlsx"
    sheet = load_workbook(path)["进展"]
    assert [sheet.cell(r, 4).value for r in range(4, 10)] == [*TEXTS, "已为9个区配置专业社工。", None, None, None]
    assert (sheet["D4"].alignment.wrap_text, sheet["D4"].font.name, sheet["D4"].font.sz) == (True, "仿宋", 14)
    assert (sheet.row_dimensions[4].height or 0) > 30  # what somebody had set was for an empty cell
    assert "填了 3 项（“进展情况”列）：summary/上报/市政府表.xlsx" in out
    assert "按相近填的，请核对：进展!D5“同一个供养机构对城市和农村特困人员实行统一供养…”填的是第13*项" in out
    assert "第1*项（养老服务处逾期未报）" in out
    assert "第5项（这个节点不用报）" in out
    assert f"没有经分管领导审定：{CHILDREN}" in out
    assert "没有填的：进展!D9“完成市政府交办的其他工作。”" in out
    checked = subprocess.run(
        [sys.executable, str(shared / "check_ooxml.py"), str(path)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_what_stands_there_stays_and_so_does_what_a_person_made_of_it(office: Annex2, tmp_path: Path) -> None:
    all_ = tasks(office)
    form = workbook(tmp_path / "表.xlsx", {all_[2]: "市里已经写好的", all_[13]: "此处填写"})
    _, out, err = office("fill", form, now=UP)
    assert not err
    path = office.root / "summary" / "上报" / "表.xlsx"
    book = load_workbook(path)
    assert [book["进展"].cell(r, 4).value for r in (4, 5)] == ["市里已经写好的", TEXTS[1]]
    assert "格子里已经有内容、没有动的：进展!D4" in out
    book["进展"]["D5"] = "办公室润色过的"
    book.save(path)
    _, out, _ = office("fill", form, now=UP)
    (kept,) = (path.parent / "旧版").iterdir()
    assert load_workbook(kept)["进展"]["D5"].value == "办公室润色过的"
    assert "旧版" in out


def test_a_word_form(office: Annex2, tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph(TITLE)
    document.add_table(rows=1, cols=2).rows[0].cells[0].text = "联系人"
    table = document.add_table(rows=1, cols=4)
    for cell, text in zip(table.rows[0].cells, HEADERS, strict=True):
        cell.text = text
    for number in (2, 13, 1):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = str(number), tasks(office)[number]
        cells[1].paragraphs[0].runs[0].font.name = "FangSong"
    path = tmp_path / "市政府表.docx"
    document.save(str(path))
    status, out, err = office("fill", path, now=UP)
    assert status == 1, err
    assert "填了 2 项" in out
    made = Document(str(office.root / "summary" / "上报" / "市政府表.docx"))
    texts = [row.cells[3].text for row in made.tables[1].rows]
    assert texts == ["进展情况", *TEXTS, ""]
    assert made.tables[1].rows[1].cells[3].paragraphs[0].runs[0].font.name == "FangSong"


def test_one_task_that_several_divisions_report(office: Annex2, tmp_path: Path) -> None:
    """A row of the form for the whole of what the office has parted."""
    office.type(Sheet.TASKS, "2023-13", "工作事项", tasks(office)[12])
    form = workbook(tmp_path / "表.xlsx", {tasks(office)[12]: ""})
    office("fill", form, now=UP)
    sheet = load_workbook(office.root / "summary" / "上报" / "表.xlsx")["进展"]
    assert sheet["D4"].value == f"{CHILDREN}：已为9个区配置专业社工。\n{RELIEF}：{TEXTS[1]}"


def test_the_level_below_answers_the_form_of_the_level_above(office: Annex2, tmp_path: Path) -> None:
    """Both run annex2: the form, with its stamp and the figures that it asks for, is accepted above as any other."""
    upper = Annex2(tmp_path / "上级")
    assert upper("init", upper.root)[0] == 0
    for one in (upper, office):
        book = load_workbook(one.master)
        sheet = book["指标"]
        header = {c.value: c.column for row in sheet.iter_rows(max_row=6) for c in row if isinstance(c.value, str)}
        for row in range(4, sheet.max_row + 1):
            if str(sheet.cell(row, header["口径"]).value or "").startswith("待确认"):
                sheet.cell(row, header["口径"]).value = "按验收数"
        book.save(one.master)
    upper("fanout", "2023Q1")
    form = upper.form(RELIEF)
    status, out, err = office("fill", form, now=UP)
    assert status in (0, 1), err
    assert "填了 2 项" in out
    answer = office.root / "summary" / "上报" / form.name
    book = load_workbook(answer)
    for row in range(1, book.worksheets[0].max_row + 1):
        if "审定人" in str(book.worksheets[0].cell(row, 2).value or ""):
            book.worksheets[0].cell(row, 3).value = "李超"
    book.save(upper.root / "inbox" / form.name)
    (file,) = upper.json("collect", now="2023-04-04T10:00")["files"]
    assert file["verdict"].startswith("accepted"), file["findings"]
    assert not [f for f in file["findings"] if f["code"] == "stamp_not_genuine"]
    assert (upper.status_text(2), upper.status_text(13)) == TEXTS


def test_a_supporting_form_gets_both_answers(annex2: Annex2, tmp_path: Path) -> None:
    division, agreed, done = "慈善社工处", "3月2日与市人才工作局商定共同选才。", "已推荐本土人才32人。"
    for one in (annex2, upper := Annex2(tmp_path / "上级")):
        if one is upper:
            upper("init", upper.root)
        add_round(one)
        one("fanout", "2023P1")
    form = annex2.form(division, "2023P1")
    (annex2.root / "inbox" / form.name).write_bytes(filled_supporting(form, [agreed], [done]))
    annex2("collect", now=NOW)
    above = upper.form(division, "2023P1")
    _, out, err = annex2("fill", above, now=UP)
    assert "填了 1 项" in out, err
    sheet = load_workbook(annex2.root / "summary" / "上报" / above.name).worksheets[0]
    (row,) = (r for r in range(1, sheet.max_row + 1) if isinstance(sheet.cell(r, 1).value, int))
    assert (sheet.cell(row, 4).value, sheet.cell(row, 5).value) == (agreed, done)
    # a form that asks for the progress of all tasks alike gets that round's text, too
    mixed = workbook(tmp_path / "表.xlsx", {tasks(annex2)[8]: ""})
    assert annex2("fill", mixed, "--round", "2023Q1", now=UP)[0] in (0, 1)
    told = load_workbook(annex2.root / "summary" / "上报" / "表.xlsx")["进展"]["D4"].value
    assert told == f"对接情况：{agreed}\n落实进展：{done}"


def test_what_cannot_be_filled_is_said_and_writes_nothing(office: Annex2, tmp_path: Path) -> None:
    item = {tasks(office)[2]: ""}
    plain = tmp_path / "文字.xlsx"
    plain.write_text("没有表")
    last_year = workbook(tmp_path / "去年.xlsx", item, TITLE.replace("2023", "2022"))
    no_round = workbook(tmp_path / "没写节点.xlsx", item, "市《政府工作报告》目标任务进展情况表")
    for path, told in (
        (tmp_path / "没有.xlsx", "没有.xlsx"),
        (plain, "另存为 .xlsx 或 .docx"),
        (workbook(tmp_path / "无表头.xlsx", item, headers=("甲", "乙", "丙", "丁")), "没有找到要填的表"),
        (last_year, "写的是 2022 年，总表是 2023 年的"),
        (no_round, "annex2 fill 表 --round 2023Q1"),
        (workbook(tmp_path / "别的.xlsx", {"加强消防安全检查工作。": ""}), "没有一项填得上第一季度的文字"),
    ):
        status, _, err = office("fill", path, now=UP)
        assert status == 2, path
        assert told in err, path
    assert not (office.root / "summary" / "上报").exists()
    assert office("fill", no_round, "--round", "第一季度", now=UP)[0] in (0, 1)


# where a text must not go


def table(path: Path, *rows: Sequence[object], title: str = TITLE, merged: str = "") -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([title])
    for row in rows:
        sheet.append(list(row))
    if merged:
        sheet.merge_cells(merged)
    book.save(path)
    return path


def filled(office: Annex2, form: Path, *words: str) -> tuple[list[list[Any]], str]:
    """The rows of the copy below its title and header, and what was said."""
    status, out, err = office("fill", form, *words, now=UP)
    assert status in (0, 1), err
    book = load_workbook(office.root / "summary" / "上报" / form.name)
    return [[c.value for c in row] for sheet in book.worksheets for row in sheet.iter_rows(min_row=3)], out


@pytest.mark.parametrize(
    ("headers", "column"),
    [
        (("2022年完成情况", "2023年完成情况"), 3),
        (("截至2月底进展", "截至3月底进展"), 3),
        (("一季度计划进展", "一季度进展"), 3),
        (("工作进展", "完成情况（已完成/正在推进/未完成）"), 2),
        (("进展情况（红、黄、绿灯）", "进展情况"), 3),
        (("市政府督查室核查完成情况", "进展情况"), 3),
        (("量化指标完成情况", "工作进展情况"), 3),
        (("一季度进展", "二季度进展"), 2),
        (("累计完成情况", "本季度完成情况"), 0),
        (("年度目标", "工作进展情况及下一步打算"), 3),
        (("备注", "进展情况（含存在问题、下一步措施）"), 3),
        (("备注", "督办事项进展情况"), 3),
        (("备注", "年度计划完成情况"), 3),
        (("备注", "进展情况（截至4月10日）"), 3),
        (("备注", "完成情况（300字以内、文字描述）"), 3),
    ],
)
def test_of_several_columns_only_a_certain_one_is_filled(
    office: Annex2, tmp_path: Path, headers: tuple[str, str], column: int
) -> None:
    form = table(tmp_path / "表.xlsx", ["序号", "工作任务", *headers], [1, tasks(office)[2]], title=TITLE)
    if column:
        ((row,), out) = filled(office, form)
        assert (row[column], row[5 - column]) == (TEXTS[0], None)
        assert f"（“{headers[column - 2].replace('（', '(').replace('）', ')')}”列）" in out
        return
    status, _, err = office("fill", form, now=UP)
    assert status == 2
    assert "看不出填在哪一列：累计完成情况、本季度完成情况" in err
    ((row,), _) = filled(office, form, "--column", "本季度完成情况")
    assert row[2:] == [None, TEXTS[0]]


def test_columns_that_were_passed_over_are_named(office: Annex2, tmp_path: Path) -> None:
    form = table(tmp_path / "表.xlsx", ["序号", "工作任务", "核查完成情况"], [1, tasks(office)[2]])
    status, _, err = office("fill", form, now=UP)
    assert status == 2
    assert "有：核查完成情况；是其中一列的，用 --column 写明" in err
    assert filled(office, form, "--column", "核查完成情况")[0][0][2] == TEXTS[0]


def test_tables_of_other_rounds_are_left(office: Annex2, tmp_path: Path) -> None:
    book = Workbook()
    for name, title in (("一", TITLE), ("二", TITLE.replace("第一季度", "第二季度"))):
        sheet = book.create_sheet(name)
        for row in ([title], ["序号", "工作任务", "进展情况"], [1, tasks(office)[2]]):
            sheet.append(row)
    del book["Sheet"]
    book.save(form := tmp_path / "两张.xlsx")
    status, _, err = office("fill", form, now=UP)
    assert status == 2
    assert "这张表里有几个节点的：第一季度、第二季度" in err
    rows, out = filled(office, form, "--round", "2023Q1")
    assert [row[2] for row in rows] == [TEXTS[0], None]
    assert "“二”是第二季度的，没有填" in out
    headers = ["工作任务", "一季度进展", "二季度进展"]
    quarters = table(tmp_path / "各季.xlsx", headers, [tasks(office)[2]], title="进展情况表")
    assert office("fill", quarters, now=UP)[0] == 2


def test_rows_of_other_units_are_left(office: Annex2, tmp_path: Path) -> None:
    all_, header = tasks(office), ["序号", "工作任务", "责任单位", "进展情况"]
    rows = ([1, all_[2], "市财政局"], [2, all_[2], "市民政局"], [3, all_[13].replace("特困", "困难"), "市残联"])
    found, out = filled(office, table(tmp_path / "全市.xlsx", header, *rows))
    assert [row[3] for row in found] == [None, TEXTS[0], None]
    assert "写的是别的单位、没有填的：Sheet!D3" in out
    # a column that names nobody of this office says nothing
    found, _ = filled(office, table(tmp_path / "省.xlsx", header, [1, all_[2], "各市州人民政府"]))
    assert found[0][3] == TEXTS[0]


def test_of_an_item_with_a_row_for_each_quarter_the_round_s_is_filled(office: Annex2, tmp_path: Path) -> None:
    header, item = ["序号", "工作任务", "时间", "进展情况"], tasks(office)[2]
    below = (["", None, "二季度"], ["", None, "三季度"], ["", None, "四季度"])
    found, _ = filled(office, table(tmp_path / "并.xlsx", header, [1, item, "一季度"], *below, merged="B3:B6"))
    assert [row[3] for row in found] == [TEXTS[0], None, None, None]
    turned = table(tmp_path / "重.xlsx", header, [1, item, "二季度"], [1, item, "一季度"])
    assert [row[3] for row in filled(office, turned)[0]] == [None, TEXTS[0]]
    unclear = table(tmp_path / "不明.xlsx", header, [1, item, "上"], [1, item, "下"], [2, tasks(office)[13], ""])
    found, out = filled(office, unclear)
    assert [row[3] for row in found] == [None, None, TEXTS[1]]
    assert "一项有几行、看不出填哪一行的" in out


def test_states_formulas_and_hidden_rows_are_left(office: Annex2, tmp_path: Path) -> None:
    all_, header = tasks(office), ["序号", "工作任务", "进展情况"]
    form = table(tmp_path / "表.xlsx", header, [1, all_[2], "正在推进"], [2, all_[13], '=IF(1,"","")'], [3, all_[12]])
    found, out = filled(office, form)
    assert [row[2] for row in found] == ["正在推进", '=IF(1,"","")', "已为9个区配置专业社工。"]
    assert "没有动的：Sheet!C3、Sheet!C4" in out
    book = load_workbook(form)
    book["Sheet"].row_dimensions[5].hidden = True
    book["Sheet"]["C3"] = None
    book.save(form)
    found, out = filled(office, form)
    assert [row[2] for row in found] == [TEXTS[0], '=IF(1,"","")', None]
    assert "在隐藏的行里、没有填的：Sheet!C5" in out


def test_what_a_word_cell_holds_besides_is_not_lost(office: Annex2, tmp_path: Path) -> None:
    document = Document()
    document.add_paragraph(TITLE)
    form_table = document.add_table(rows=1, cols=3)
    for cell, text in zip(form_table.rows[0].cells, ("序号", "工作任务", "进展情况"), strict=True):
        cell.text = text
    for number in (2, 13, 12):
        cells = form_table.add_row().cells
        cells[1].text = tasks(office)[number]
    form_table.rows[1].cells[2].paragraphs[0].add_run().add_picture(str(PICTURE))
    form_table.rows[3].height, form_table.rows[3].height_rule = Pt(20), WD_ROW_HEIGHT_RULE.EXACTLY
    held = form_table.rows[2].cells[2]._tc
    control = held.makeelement(qn("w:sdt"))
    control.append(control.makeelement(qn("w:sdtContent")))
    control[0].append(held.p_lst[0])
    held.append(control)
    document.save(str(path := tmp_path / "表.docx"))
    status, out, err = office("fill", path, now=UP)
    assert status == 1, err
    made = Document(str(office.root / "summary" / "上报" / "表.docx"))
    assert len(made.inline_shapes) == 1
    assert [row.cells[2].text for row in made.tables[0].rows][1::2] == ["", "已为9个区配置专业社工。"]
    assert made.tables[0].rows[3].height_rule == WD_ROW_HEIGHT_RULE.AT_LEAST
    assert "写不进去，请自己填：表格第3行" in out


def test_copies_of_other_forms_are_kept(office: Annex2, tmp_path: Path) -> None:
    """Two offices call theirs the same; a form may lie where the copies go."""
    header, item = ["序号", "工作任务", "进展情况"], tasks(office)[2]
    for folder, unit in (("甲", "市政府办公厅"), ("乙", "市委督查室")):
        (tmp_path / folder).mkdir()
        filled(office, table(tmp_path / folder / "表.xlsx", header, [1, item], [unit]))
    folder = office.root / "summary" / "上报"
    assert [load_workbook(p).active["A4"].value for p in (folder / "旧版").iterdir()] == ["市政府办公厅"]
    there = table(folder / "放在这里.xlsx", header, [1, item])
    before = there.read_bytes()
    assert office("fill", there, now=UP)[0] == 1
    assert there.read_bytes() == before
    assert load_workbook(folder / "放在这里（已填）.xlsx").active["C3"].value == TEXTS[0]


@pytest.mark.parametrize(
    ("title", "told"),
    [
        ("2021—2025年规划第一季度进展情况表", ""),
        ("二〇二三年第一季度进展情况表", ""),
        ("二〇二二年第一季度进展情况表", "2022"),
        ("2022年工作报告第一季度进展情况表", "2022"),
    ],
)
def test_a_title_of_other_years_is_asked_about(office: Annex2, tmp_path: Path, title: str, told: str) -> None:
    form = table(tmp_path / "表.xlsx", ["序号", "工作任务", "进展情况"], [1, tasks(office)[2]], title=title)
    assert office("fill", form, now=UP)[0] == (2 if told else 1)
    _, out = filled(office, form, "--round", "2023Q1")
    assert ("这张表写的是 2022 年，总表是 2023 年的" in out) is bool(told)
