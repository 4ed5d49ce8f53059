"""fill: the form that the level above sent is filled with the texts of 任务台账, in a copy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font
from test_supporting_round import add_round
from test_supporting_round import fill as filled_supporting

from toolkit.master.schema import Sheet

NOW, UP = "2023-04-03T10:00", "2023-04-15T10:00"
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
    assert "填了 3 项：summary/上报/市政府表.xlsx" in out
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
    assert "没有动的：进展!D4" in out
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
