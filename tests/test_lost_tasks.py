"""A task's row that was deleted: told once, asked about until somebody decides, and closed when it is back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from conftest import Annex2
from openpyxl import load_workbook

from toolkit.master.schema import Sheet
from toolkit.panel.work import Desk, Line, Open
from toolkit.workspace import Workspace

NOW, LATER = "2023-04-03T10:00", "2023-04-10T09:00"


def delete_row(annex2: Annex2, number: str = "1") -> list[Any]:
    """Take a task's row away, as people do in Excel; its values, for putting it back."""
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (table,) = sheet.tables.values()
    row = next(r for r in sheet.iter_rows(min_row=4) if str(r[0].value) == number)
    values = [c.value for c in row]
    sheet.delete_rows(row[0].row)
    first, last = table.ref.split(":")
    letters = last.rstrip("0123456789")
    table.ref = f"{first}:{letters}{int(last[len(letters) :]) - 1}"
    book.save(annex2.master)
    return values


def put_back(annex2: Annex2, values: list[Any]) -> None:
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (table,) = sheet.tables.values()
    first, last = table.ref.split(":")
    letters = last.rstrip("0123456789")
    row = int(last[len(letters) :]) + 1
    for column, value in enumerate(values, 1):
        sheet.cell(row, column).value = value
    table.ref = f"{first}:{letters}{row}"
    book.save(annex2.master)


def asked(annex2: Annex2) -> list[dict[str, Any]]:
    return [r for r in annex2.cells("待处理") if r["事项"] == "任务少了"]


def test_a_row_deleted_by_mistake_is_told_and_asked_about(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=NOW)
    values = delete_row(annex2)
    assert "少了 1 项任务" in annex2("status", now=LATER)[1]
    _, _, err = annex2("fanout", "2023Q2", now=LATER)
    assert "少了 1 项任务：第1项“完成居家适老化改造2…”" in err
    status, out, err = annex2("collect", now=LATER)
    assert status == 1
    assert "少了 1 项任务" in out + err
    (item,) = asked(annex2)
    assert "第1项“完成居家适老化改造2…”这一行不在“任务台账”里了" in item["问题"]
    assert "2023-01" in item["怎么办"]
    out = annex2("collect", now=LATER)[1]
    assert "少了" not in out  # once: the item stands
    put_back(annex2, values)
    annex2("collect", now=LATER)
    assert [r["处理结果"] for r in asked(annex2)] == ["已经抄回来了"]
    assert annex2.cells("任务台账")[-1]["第一季度完成情况"] == values[8]
    delete_row(annex2)
    annex2("collect", now=LATER)
    assert [r["处理结果"] for r in asked(annex2)] == [None]


def _by_drafts(annex2: Annex2, round_: str) -> str:
    status, out, err = annex2("send", round_, "--drafts")
    assert status == 0, out + err
    return err


def _by_the_window(annex2: Annex2, round_: str) -> str:
    desk = Desk(Workspace(annex2.root), datetime.fromisoformat("2023-01-20T10:00"))
    desk.fan_out(next(r for r in desk.read().office.rounds if r.key == round_))
    said = [desk.events.get() for _ in range(desk.events.qsize())]
    assert any(isinstance(e, Open) for e in said)
    return "\n".join(e.text for e in said if isinstance(e, Line))


@pytest.mark.parametrize("hand_out", [_by_drafts, _by_the_window])
def test_forms_that_went_out_any_way_are_what_a_deleted_row_is_missed_by(
    annex2: Annex2, hand_out: Callable[[Annex2, str], str]
) -> None:
    for division in annex2.cells("处室"):
        annex2.type(Sheet.DIVISIONS, division["名称"], "邮箱", "a@example.org")
    assert "少了" not in hand_out(annex2, "2023Q1")
    delete_row(annex2)
    assert "少了 1 项任务：第1项“完成居家适老化改造2…”" in hand_out(annex2, "2023Q2")
    annex2("collect", now=NOW)
    (item,) = asked(annex2)
    assert "第1项“完成居家适老化改造2…”这一行不在“任务台账”里了" in item["问题"]


@pytest.mark.parametrize("how", ["cut and put elsewhere", "put back when it was asked about", "another number"])
def test_a_row_without_its_hidden_number_is_the_task_that_it_was(annex2: Annex2, how: str) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("基层政权处")
    annex2("collect", now=NOW)
    (key,) = (r["任务编号"] for r in annex2.cells("任务台账") if str(r["序号"]) == "14")
    values = delete_row(annex2, "14")
    values[values.index(key)] = None
    if how == "put back when it was asked about":
        annex2("collect", now=LATER)
        assert asked(annex2)
    if how == "another number":
        values[0] = 40
    put_back(annex2, values)
    annex2("collect", now=LATER)
    (row,) = (r for r in annex2.cells("任务台账") if r["任务编号"] == key)
    assert (row["序号"], row["加入日期"], row["第一季度报送状态"]) == (values[0], None, "按时")
    assert all(r["处理结果"] for r in asked(annex2))
    (first,) = (r for r in annex2.json("status", "2023Q1", now=LATER)["rounds"])
    assert {d["division"]: d["state"] for d in first["divisions"]}["基层政权处"] == "on_time"
    assert annex2("rebuild", now=LATER)[0] == 0


def test_a_row_that_nobody_has_been_asked_about_yet_may_go(annex2: Annex2) -> None:
    delete_row(annex2)
    annex2("fanout", "2023Q1")
    annex2("collect", now=NOW)
    assert not asked(annex2)


def test_a_column_of_keys_that_somebody_emptied_is_filled_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx", texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    column = [c.value for c in sheet[3]].index("任务编号") + 1
    for row in range(4, sheet.max_row + 1):
        sheet.cell(row, column).value = None
    book.save(annex2.master)
    annex2.deliver("社会救助处", name="二.xlsx", texts=("救助二", "标准一"))
    annex2("collect", now=LATER)
    keys = {r["序号"]: r["任务编号"] for r in annex2.cells("任务台账")}
    assert (keys[2], keys[13]) == ("2023-02", "2023-13")
    assert annex2.status_text(2) == "救助二"
    assert not asked(annex2)


def test_a_task_that_was_rewritten_or_renumbered_is_not_lost(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    for cell in next(r for r in sheet.iter_rows(min_row=4) if r[0].value == 1)[:4:3]:
        cell.value = 31 if cell.column == 1 else "完成居家适老化改造3000户以上。"
    book.save(annex2.master)
    annex2("collect", now=NOW)
    assert not asked(annex2)


def withdraw(annex2: Annex2, number: str, *, settle: bool = True) -> None:
    """Take a task back when its form has gone out, and say so on 待处理."""
    delete_row(annex2, number)
    annex2("collect", now=NOW)
    if settle:
        (key,) = (r["标识"] for r in asked(annex2))
        annex2.type(Sheet.ATTENTION, key, "处理意见", "已处理")
        annex2("collect", now=NOW)


def test_a_form_sent_out_before_a_task_was_withdrawn_is_a_good_report(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2("fanout", "2023Q2")
    withdraw(annex2, "4")
    annex2.deliver("养老服务处")
    (file,) = annex2.json("collect", now=NOW)["files"]
    assert [f["code"] for f in file["findings"]] == ["withdrawn_row"]
    assert annex2.cells("收件记录")[0]["结论"] == "接收（有提示）"
    assert annex2.status_text(3) == "第2项已完成百分之21，按计划推进。"
    # … also where a person takes it for another quarter's
    annex2.deliver("养老服务处", name="养老服务处第二季度.xlsx", texts=[f"上半年完成{n}户" for n in range(6)])
    annex2.json("collect", now="2023-07-03T10:00")
    annex2.type(Sheet.ATTENTION, "file:2", "处理意见", "接收此件 第二季度")
    annex2.json("collect", now="2023-07-03T11:00")
    assert annex2.cells("收件记录")[-1]["结论"] == "接收（有提示）"
    assert annex2.status_text(3, "第二季度完成情况") == "上半年完成1户"


def test_a_form_all_of_whose_tasks_were_withdrawn_is_not_blamed_for_them(annex2: Annex2) -> None:
    """Its division leads another one by now, which is all that it is asked for."""
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TASKS, "2023-10", "牵头处室", "基层政权处")
    withdraw(annex2, "14")
    annex2.deliver("基层政权处")
    (file,) = annex2.json("collect", now=NOW)["files"]
    assert [f["code"] for f in file["findings"]] == ["withdrawn_row", "missing_task"]


def test_while_nobody_knows_whether_the_row_is_to_come_back_the_form_waits(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    values = delete_row(annex2, "4")
    annex2.deliver("养老服务处")
    (file,) = annex2.json("collect", now=NOW)["files"]
    assert [f["code"] for f in file["findings"]] == ["task_lost"]
    assert annex2.cells("收件记录")[0]["结论"] == "待裁定"
    put_back(annex2, values)
    annex2.type(Sheet.ATTENTION, "file:1", "处理意见", "接收此件")
    annex2.json("collect", now=LATER)
    assert annex2.status_text(4) == "第3项已完成百分之22，按计划推进。"


def test_a_withdrawn_row_in_a_form_that_was_not_issued_with_it_goes_back(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    withdraw(annex2, "4")
    other = load_workbook(annex2.form("养老服务处")).worksheets[0]
    form = annex2.form("社会救助处")
    book = load_workbook(form)
    sheet = book.worksheets[0]
    row, own = (next(r for r in s.iter_rows() if "2023-04" in [c.value for c in r] or "2023-13" in [c.value for c in r])
                for s in (other, sheet))  # fmt: skip
    for mine, theirs in zip(own, row, strict=False):
        mine.value = theirs.value
    book.save(form)
    annex2.deliver("社会救助处")
    annex2.json("collect", now=NOW)
    assert annex2.cells("收件记录")[0]["结论"] == "退回修改"


def test_another_task_in_its_place_is_another_task(annex2: Annex2) -> None:
    """It has its number, and none of what was kept for it: neither 任务编号 nor 指标, and 任务少了 stays open."""
    annex2("fanout", "2023Q1")
    delete_row(annex2, "9")
    relief = next(r for r in annex2.cells("任务台账") if r["序号"] == 2)
    new = {**relief, "序号": 9, "任务编号": None, "工作事项": "建设数字民政平台1个。"}
    put_back(annex2, list(new.values()))
    annex2("collect", now=NOW)
    annex2("collect", now=LATER)
    (task,) = (r for r in annex2.cells("任务台账") if r["序号"] == 9)
    assert (task["工作事项"], task["任务编号"]) == ("建设数字民政平台1个。", "2023-09-2")
    assert {r["进度"] for r in annex2.cells("指标") if r["任务编号"] == "2023-09"} == {
        "灰 这一项任务不在台账里了；归现在第9项的，在新的一行里重写"
    }
    assert [r["处理结果"] for r in asked(annex2)] == [None]


def test_targets_that_share_a_number_name_their_tasks_by_the_numbers_of_today(annex2: Annex2) -> None:
    def shared() -> dict[int, str]:
        rows = [(r["序号"], str(r["口径"]).partition("；与第 ")[2]) for r in annex2.cells("指标")]
        return {no: words.partition(" ")[0] for no, words in rows if words}

    annex2("fanout", "2023Q1")
    annex2("collect", now=NOW)
    before = shared()
    assert before
    book = load_workbook(annex2.master)
    for row in book["任务台账"].iter_rows(min_row=4):
        if isinstance(row[0].value, int):
            row[0].value += 1
    book.save(annex2.master)
    annex2("collect", now=LATER)
    later = {no + 1: "、".join(f"{int(n.rstrip('*')) + 1}{'*' if '*' in n else ''}" for n in words.split("、"))
             for no, words in before.items()}  # fmt: skip
    assert shared() == later
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATER)
    assert annex2.master.read_bytes() == settled
