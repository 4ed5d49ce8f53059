"""A task that was written into 任务台账 when the year was under way, most often by copying another one's row."""

from __future__ import annotations

from datetime import datetime

import pytest
from conftest import Annex2
from openpyxl import load_workbook

from toolkit.master.schema import Sheet

NOW, LATER = "2023-04-03T10:00", "2023-04-04T09:00"


def copy_row(annex2: Annex2, number: str, **changed: object) -> None:
    """A task's row copied below the others, as people do in Excel, with the cells that they then change."""
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (table,) = sheet.tables.values()
    heads = {c.value: c.column for c in sheet[3]}
    row = next(r for r in sheet.iter_rows(min_row=4) if str(r[heads["序号"] - 1].value) == number)
    first, last = table.ref.split(":")
    letters = last.rstrip("0123456789")
    below = int(last[len(letters) :]) + 1
    for cell in row:
        sheet.cell(below, cell.column).value = cell.value
    for header, value in changed.items():
        sheet.cell(below, heads[header]).value = value
    table.ref = f"{first}:{letters}{below}"
    book.save(annex2.master)


def test_a_copied_row_does_not_bring_the_other_tasks_report(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    model = next(r for r in annex2.cells("任务台账") if r["序号"] == 1)
    copy_row(annex2, "1", 序号=22, 工作事项="新建街道综合养老服务中心3家")
    told = "行是从第1项的行抄来的，带来的“第一季度完成情况”“第一季度报送状态”是那一项的"
    assert told in annex2("status", now=LATER)[1]
    annex2("collect", now=LATER)
    assert "抄来的" not in annex2("status", now=LATER)[1]
    copied = annex2.cells("任务台账")[-1]
    assert copied["工作事项"] == "新建街道综合养老服务中心3家"
    assert (copied["任务编号"], copied["第一季度完成情况"], copied["第一季度报送状态"]) == ("2023-22", None, None)
    assert next(r for r in annex2.cells("任务台账") if r["序号"] == 1) == model


def test_a_copy_of_a_closed_task_is_open(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-01", "销号状态", "已销号")
    annex2("collect", now=LATER)
    copy_row(annex2, "1", 序号=22, 工作事项="新建街道综合养老服务中心3家", 第一季度完成情况="已开工1家。")
    annex2("collect", now="2023-04-04T10:00")
    copied = annex2.cells("任务台账")[-1]
    assert (copied["销号状态"], copied["销号日期"]) == (None, None)
    assert copied["加入日期"] == datetime(2023, 4, 4)  # noqa: DTZ001  as Excel has it
    assert copied["第一季度完成情况"] == "已开工1家。"  # typed for this one
    assert "2023-22" in str(copied["任务编号"])


def test_a_task_added_behind_its_divisions_report_is_told(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    copy_row(annex2, "1", 序号=22, 工作事项="新建街道综合养老服务中心3家")
    annex2("collect", now=LATER)
    _, out, _ = annex2("status", "2023Q1", now=LATER)
    assert "第22项没有报" in out
    division = annex2.json("status", now=LATER)["rounds"][0]["divisions"][0]
    assert (division["state"], division["unreported"]) == ("on_time", [22])
    status, out, _ = annex2("remind", "2023Q1", now=LATER)
    assert status == 1
    assert "养老服务处报了第一季度，没有报后来加的第22项，不会自动催：annex2 fanout 2023Q1 --division 养老服务处" in out
    annex2("fanout", "2023Q1", "--division", "养老服务处", now=LATER)
    annex2.deliver("养老服务处", name="补报.xlsx")
    annex2("collect", now=LATER)
    assert annex2.cells("任务台账")[-1]["第一季度完成情况"]
    assert "没有报" not in annex2("status", "2023Q1", now=LATER)[1]
    assert "第22项" not in annex2("remind", "2023Q1", now=LATER)[1]


def test_a_copy_that_nobody_has_changed_yet_waits(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    copy_row(annex2, "1")
    assert "看不出哪一行是抄来的，先不动" in annex2("status", now=LATER)[1]
    annex2("collect", now=LATER)
    assert [r["任务编号"] for r in annex2.cells("任务台账")].count("2023-01") == 2
    # The upper one is the first with this number.
    annex2.type(Sheet.TASKS, "2023-01", "工作事项", "新建街道综合养老服务中心3家")
    annex2("collect", now=LATER)
    first, last = annex2.cells("任务台账")[0], annex2.cells("任务台账")[-1]
    assert (last["任务编号"], first["任务编号"]) == ("2023-01", "2023-01-2")
    assert last["第一季度完成情况"]
    assert first["第一季度完成情况"] is None
    assert not [r for r in annex2.cells("待处理") if r["事项"] == "任务少了"]


def delete_row(annex2: Annex2, number: int) -> None:
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (table,) = sheet.tables.values()
    sheet.delete_rows(next(r[0].row for r in sheet.iter_rows(min_row=4) if r[0].value == number))
    first, last = table.ref.split(":")
    letters = last.rstrip("0123456789")
    table.ref = f"{first}:{letters}{int(last[len(letters) :]) - 1}"
    book.save(annex2.master)


def test_a_task_of_all_is_copied_for_each_and_its_row_deleted(annex2: Annex2) -> None:
    """Nothing was reported yet: the first copy is the task, the others are new ones."""
    annex2("collect")
    for number, division in enumerate(("养老服务处", "社会救助处", "儿童福利处"), start=22):
        copy_row(annex2, "1", 序号=number, 牵头处室=division)
    delete_row(annex2, 1)
    assert "抄来的" not in "".join(annex2("status", now=NOW)[1:])
    annex2("collect", now=NOW)
    keys = [r["任务编号"] for r in annex2.cells("任务台账")][-3:]
    assert keys == ["2023-01", "2023-23", "2023-24"]
    assert "抄来的" not in "".join(annex2("status", now=NOW)[1:])


def test_copies_of_a_reported_task_whose_row_is_gone_are_told_in_one_sentence(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    for number in range(22, 27):
        copy_row(annex2, "1", 序号=number, 牵头处室="社会救助处")
    delete_row(annex2, 1)
    told = "".join(annex2("status", now=LATER)[1:])
    assert told.count("看不出哪一行是抄来的") == 1
    assert "“任务台账”第25–28行和第24行（第22项）任务编号相同" in told


def test_a_copy_above_its_model_with_the_numbers_moved(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    told = annex2.cells("任务台账")[0]
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (table,) = sheet.tables.values()
    heads = {c.value: c.column for c in sheet[3]}
    rows = [[c.value for c in row] for row in sheet[table.ref]][1:]
    rows.insert(0, list(rows[0]))
    rows[0][heads["工作事项"] - 1] = "新建街道综合养老服务中心3家"
    for number, row in enumerate(rows, 1):
        row[heads["序号"] - 1] = number
        for column, value in enumerate(row, 1):
            sheet.cell(3 + number, column).value = value
    table.ref = table.ref.replace("24", "25")
    book.save(annex2.master)
    annex2("collect", now=LATER)
    first, second = annex2.cells("任务台账")[:2]
    assert (second["任务编号"], second["第一季度完成情况"]) == ("2023-01", told["第一季度完成情况"])
    assert first["任务编号"] != "2023-01"
    assert first["第一季度完成情况"] is None


@pytest.mark.parametrize("formula", [False, True])
def test_a_copy_of_a_closed_task_with_its_own_state(annex2: Annex2, formula: bool) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    closed = '=IF(TRUE,"已销号","")' if formula else "已销号"
    annex2.type(Sheet.TASKS, "2023-01", "销号状态", closed)
    annex2.type(Sheet.TASKS, "2023-01", "任务状态", "已完成")
    annex2("collect", now=LATER)
    copy_row(annex2, "1", 序号=22, 工作事项="新建街道综合养老服务中心3家", 任务状态="进行中")
    annex2("collect", now="2023-04-04T10:00")
    copied = annex2.cells("任务台账")[-1]
    assert (copied["任务状态"], copied["销号状态"]) == ("进行中", closed if formula else None)


def test_a_form_that_is_made_after_the_due_date_does_not_ask_for_a_task_of_today(annex2: Annex2) -> None:
    """The next run dates the task, and would take its answer for one that nobody asked for."""
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx")
    annex2("collect", now=NOW)
    copy_row(annex2, "2", 序号=22, 工作事项="新建街道综合救助服务点3家")
    annex2("fanout", "2023Q1", now="2023-04-10T09:00")
    form = load_workbook(annex2.form("社会救助处")).worksheets[0]
    assert "新建街道综合救助服务点3家" not in [c.value for c in form["B"]]
