"""The master is somebody's: what people do to it survives, and their edits win."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, time
from pathlib import Path

import pytest
from conftest import Annex2, fill
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook
from openpyxl.styles import Border, Side
from openpyxl.utils.datetime import to_excel
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.master.edits import WorkbookSource
from toolkit.master.read import read_master
from toolkit.master.schema import Sheet
from toolkit.xlsx import Workbook, reader

BEFORE, LATER, LATEST = "2023-04-03T10:00", "2023-04-04T10:00", "2023-04-05T10:00"
SOCIAL = (2, 13)  # 社会救助处's starred tasks


def send(annex2: Annex2, name: str, *texts: str | None, now: str, division: str = "社会救助处") -> dict[str, object]:
    annex2.deliver(division, name=f"{name}.xlsx", texts=texts)
    return annex2.json("collect", now=now)


def edit(annex2: Annex2, change: Callable[[Worksheet], None], sheet: str = "任务台账") -> None:
    """What a person does in the master, saved by another program."""
    book = load_workbook(annex2.master)
    change(book[sheet])
    book.save(annex2.master)


def header(ws: Worksheet, text: str) -> int:
    return next(c.column for row in ws.iter_rows(max_row=20) for c in row if c.value == text)


def row_of(ws: Worksheet, no: int) -> int:
    return next(r for r in range(1, ws.max_row + 1) if ws.cell(r, header(ws, "序号")).value == no)


def write(annex2: Annex2, no: int, text: str | None, column: str = "第一季度完成情况") -> None:
    edit(annex2, lambda ws: ws.cell(row_of(ws, no), header(ws, column)).__setattr__("value", text))


def decide(annex2: Annex2, choice: str, kind: str) -> None:
    def change(ws: Worksheet) -> None:
        key, decision, result = (header(ws, h) for h in ("标识", "处理意见", "处理结果"))
        for r in range(4, ws.max_row + 1):
            if str(ws.cell(r, key).value or "").startswith(kind) and not ws.cell(r, result).value:
                ws.cell(r, decision).value = choice

    edit(annex2, change, "待处理")


def items(annex2: Annex2, kind: str) -> list[dict[str, object]]:
    return [r for r in annex2.cells("待处理") if str(r["标识"]).startswith(kind)]


@pytest.fixture
def sent(annex2: Annex2) -> Annex2:
    """A workspace in which 社会救助处 has reported once."""
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", "乙一", now=BEFORE)
    return annex2


# three-way


def test_untouched_cells_take_the_new_return(sent: Annex2) -> None:
    send(sent, "二", "甲二", "乙一", now=LATER)
    assert (sent.status_text(2), sent.status_text(13)) == ("甲二", "乙一")
    assert not items(sent, "conflict")


def test_a_person_alone_changed_it(sent: Annex2) -> None:
    write(sent, 2, "人改的")
    send(sent, "二", "甲一", "乙二", now=LATER)  # the division repeats its old text for task 2
    assert (sent.status_text(2), sent.status_text(13)) == ("人改的", "乙二")
    assert not items(sent, "conflict")


@pytest.mark.parametrize("emptied", [False, True])
def test_both_changed_it(sent: Annex2, emptied: bool) -> None:
    mine = None if emptied else "人改的"
    write(sent, 2, mine)
    told = send(sent, "二", "甲二", "乙二", now=LATER)
    assert "not_applied" in {f["code"] for file in told["files"] for f in file["findings"]}
    assert (sent.status_text(2), sent.status_text(13)) == (mine, "乙二")
    (item,) = items(sent, "conflict")
    assert "甲二" in str(item["问题"])
    assert ("人改的" in str(item["问题"])) is not emptied
    again = sent.master.read_bytes()
    told = sent.json("collect", now=LATEST)
    assert {f["code"] for file in told["files"] for f in file["findings"]} == {"recorded"}
    assert sent.master.read_bytes() == again


@pytest.mark.parametrize(("choice", "text"), [("采用报送", "甲二"), ("保留台账", "人改的")])
def test_the_choice_is_honoured_on_the_next_run(sent: Annex2, choice: str, text: str) -> None:
    write(sent, 2, "人改的")
    send(sent, "二", "甲二", "乙二", now=LATER)
    decide(sent, choice, "conflict")
    sent("collect", now=LATEST)
    assert sent.status_text(2) == text
    replaced = [s["replaced"] for s in sent.json("trace", "2", "2023Q1")["steps"]]
    assert replaced == [None, "人改的" if choice == "采用报送" else None]  # the words alone, not the question
    (item,) = items(sent, "conflict")
    assert str(item["处理结果"]).startswith("已")
    settled = sent.master.read_bytes()
    sent("collect", now=LATEST)
    assert sent.master.read_bytes() == settled
    # What was decided stays decided: the same text sent once more raises nothing new.
    send(sent, "三", "甲二", "乙三", now=LATEST)
    assert (sent.status_text(2), sent.status_text(13)) == (text, "乙三")
    assert len(items(sent, "conflict")) == 1


def test_a_choice_that_does_not_fit_says_so_and_stays_open(sent: Annex2) -> None:
    write(sent, 2, "人改的")
    send(sent, "二", "甲二", "乙二", now=LATER)
    decide(sent, "不接收", "conflict")
    sent("collect", now=LATEST)
    (item,) = items(sent, "conflict")
    assert "不适用" in str(item["处理结果"])

    def choose(ws: Worksheet) -> None:
        for r in range(4, ws.max_row + 1):
            if str(ws.cell(r, header(ws, "标识")).value or "").startswith("conflict"):
                ws.cell(r, header(ws, "处理意见")).value = "采用报送"

    edit(sent, choose, "待处理")
    sent("collect", now=LATEST)
    assert sent.status_text(2) == "甲二"


def test_a_newer_return_takes_the_place_of_an_open_disagreement(sent: Annex2) -> None:
    write(sent, 2, "人改的")
    send(sent, "二", "甲二", "乙二", now=LATER)
    send(sent, "三", "甲三", "乙三", now=LATEST)
    old, new = items(sent, "conflict")
    assert old["处理结果"] == "已由第3号收件代替"
    assert "甲三" in str(new["问题"])
    assert new["处理结果"] is None


def test_a_state_that_a_person_typed_stays(sent: Annex2) -> None:
    write(sent, 2, "待审定", "第一季度报送状态")
    send(sent, "二", "甲二", "乙二", now="2023-04-09T10:00")
    assert sent.status_text(2, "第一季度报送状态") == "待审定"


def test_a_ruling_on_the_time_decides_on_time(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", "乙一", now="2023-04-07T09:00")

    def states() -> dict[str, str]:
        (round_,) = annex2.json("status", "2023Q1", now="2023-04-08T09:00")["rounds"]
        return {d["division"]: d["state"] for d in round_["divisions"]}

    assert states()["社会救助处"] == "late"
    edit(annex2, lambda ws: ws.cell(4, header(ws, "认定时间")).__setattr__("value", "2023-04-05 17:00"), "收件记录")
    assert states()["社会救助处"] == "on_time"
    annex2("collect", now="2023-04-08T09:00")
    assert annex2.status_text(2, "第一季度报送状态") == "按时"
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
    assert (row["第一季度"].day, row["第一季度"].hour) == (5, 17)


def test_a_ruling_on_the_time_may_be_changed_and_taken_back(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", "乙一", now="2023-04-07T09:00")

    def rule(value: str | None) -> tuple[object, object, str]:
        edit(annex2, lambda ws: ws.cell(4, header(ws, "认定时间")).__setattr__("value", value), "收件记录")
        annex2("collect", now="2023-04-08T09:00")
        settled = annex2.master.read_bytes()
        annex2("collect", now="2023-04-08T09:00")
        assert annex2.master.read_bytes() == settled
        (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
        (round_,) = annex2.json("status", "2023Q1", now="2023-04-08T10:00")["rounds"]
        (state,) = (d["state"] for d in round_["divisions"] if d["division"] == "社会救助处")
        return row["第一季度"].isoformat(), annex2.status_text(2, "第一季度报送状态"), state

    assert rule("2023-04-04 16:00") == ("2023-04-04T16:00:00", "按时", "on_time")
    assert rule("2023-04-06 10:00") == ("2023-04-06T10:00:00", "逾期", "late")
    assert rule("2023-04-04 00:00") == ("2023-04-04T00:00:00", "按时", "on_time")
    assert rule(None) == ("2023-04-07T09:00:00", "逾期", "late")
    edit(annex2, lambda ws: ws.cell(4, header(ws, "结论")).__setattr__("value", "不处理"), "收件记录")
    annex2("collect", now="2023-04-08T11:00")
    (round_,) = annex2.json("status", "2023Q1", now="2023-04-08T12:00")["rounds"]
    assert {d["state"] for d in round_["divisions"] if d["division"] == "社会救助处"} == {"missing"}


def test_a_time_without_a_day_is_told_with_its_cell(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", "乙一", now="2023-04-07T09:00")
    edit(annex2, lambda ws: ws.cell(4, header(ws, "认定时间")).__setattr__("value", time(16)), "收件记录")
    status, _, err = annex2("collect", now="2023-04-08T09:00")
    assert status == 2
    assert "收件记录!C4" in err
    assert "2023-04-05 17:00" in err


def test_what_a_person_wrote_into_the_tracker_wins(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")

    def change(ws: Worksheet) -> None:
        column = header(ws, "第一季度")
        for r in range(1, ws.max_row + 1):
            if ws.cell(r, 1).value == "社会救助处":
                ws.cell(r, column).value = "免报"

    edit(annex2, change, "报送情况")
    send(annex2, "一", "甲一", "乙一", now="2023-04-09T10:00")
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
    assert row["第一季度"] == "免报"
    (round_,) = annex2.json("status", "2023Q1", now="2023-04-09T12:00")["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}["社会救助处"] == "exempt"
    assert annex2.status_text(2) == "甲一"


# held files


def last_quarter(annex2: Annex2) -> None:
    """社会救助处 reports the second quarter in the first quarter's file, with the new title."""
    book = load_workbook(annex2.root / "inbox" / "一.xlsx")
    sheet = book.worksheets[0]
    sheet["A2"].value = str(sheet["A2"].value).replace("第一季度", "第二季度")
    sheet["C5"].value, sheet["C6"].value = "甲半年", "乙半年"
    book.save(annex2.root / "inbox" / "半年.xlsx")
    assert annex2("collect", now="2023-07-03T10:00")[0] == 1


def test_a_held_file_that_a_person_accepts(sent: Annex2) -> None:
    last_quarter(sent)
    assert sent.status_text(2, "第二季度完成情况") is None
    decide(sent, "接收此件", "file")
    sent("collect", now="2023-07-04T10:00")
    assert sent.status_text(2, "第二季度完成情况") == "甲半年"
    assert sent.status_text(2) == "甲一"
    assert sent.cells("收件记录")[-1]["结论"].startswith("接收")
    (row,) = (r for r in sent.cells("报送情况") if r["处室"] == "社会救助处")
    assert (row["第二季度"].month, row["第二季度"].day) == (7, 3)  # when it came, not when it was decided


def test_a_held_file_that_a_person_refuses(sent: Annex2) -> None:
    last_quarter(sent)
    decide(sent, "不接收", "file")
    sent("collect", now="2023-07-04T10:00")
    assert sent.cells("收件记录")[-1]["结论"] == "不处理"
    assert sent.status_text(2, "第二季度完成情况") is None
    settled = sent.master.read_bytes()
    sent("collect", now="2023-07-04T10:00")
    assert sent.master.read_bytes() == settled


def test_accepting_an_older_file_does_not_undo_a_newer_one(sent: Annex2) -> None:
    last_quarter(sent)
    sent("fanout", "2023Q2")
    sent.deliver("社会救助处", "2023Q2", texts=["甲新", None], name="新.xlsx")
    sent("collect", now="2023-07-04T09:00")
    decide(sent, "接收此件", "file")
    sent("collect", now="2023-07-04T10:00")
    assert sent.status_text(2, "第二季度完成情况") == "甲新"
    assert sent.status_text(13, "第二季度完成情况") == "乙半年"


# people rearrange the ledger


def check_second_return(annex2: Annex2, column: str = "第一季度完成情况") -> None:
    done = send(annex2, "二", "甲二", "乙二", now=LATER)
    assert done["merged_cells"] == 2
    assert (annex2.status_text(2, column), annex2.status_text(13, column)) == ("甲二", "乙二")
    assert not items(annex2, "conflict")


def _swap_rows(ws: Worksheet, a: int, b: int) -> None:
    for c in range(1, ws.max_column + 1):
        ws.cell(a, c).value, ws.cell(b, c).value = ws.cell(b, c).value, ws.cell(a, c).value


def test_rows_moved(sent: Annex2) -> None:
    edit(sent, lambda ws: _swap_rows(ws, row_of(ws, 2), row_of(ws, 21)))
    check_second_return(sent)


def test_rows_sorted(sent: Annex2) -> None:
    def reverse(ws: Worksheet) -> None:
        first, last = row_of(ws, 1), row_of(ws, 21)
        for i in range((last - first + 1) // 2):
            _swap_rows(ws, first + i, last - i)

    edit(sent, reverse)
    check_second_return(sent)


def test_a_row_inserted_for_a_new_task(sent: Annex2) -> None:
    def insert(ws: Worksheet) -> None:
        at = row_of(ws, 2)
        (table,) = ws.tables.values()
        ws.insert_rows(at)
        table.ref = table.ref.replace("24", "25")
        values = {"序号": 22, "牵头(★)": "★", "类别": "新增", "工作事项": "新增的牵头任务。", "分管领导": "李四"}
        for h, v in {**values, "牵头处室": "社会救助处"}.items():
            ws.cell(at, header(ws, h)).value = v

    edit(sent, insert)
    check_second_return(sent)
    keys = [r["任务编号"] for r in sent.cells("任务台账")]
    assert "2023-22" in keys  # given a key of its own by that run
    sent("fanout", "2023Q1")
    sheet = load_workbook(sent.form("社会救助处")).worksheets[0]
    assert "新增的牵头任务。" in [c.value for c in sheet["B"]]


def test_columns_moved_and_added(sent: Annex2) -> None:
    def move(ws: Worksheet) -> None:
        a, b = header(ws, "第一季度完成情况"), header(ws, "任务状态")
        for r in range(3, ws.max_row + 1):
            ws.cell(r, a).value, ws.cell(r, b).value = ws.cell(r, b).value, ws.cell(r, a).value
        (table,) = ws.tables.values()
        names = {c.name: c for c in table.tableColumns}
        names["第一季度完成情况"].name, names["任务状态"].name = "任务状态", "第一季度完成情况"
        ws.cell(3, 40).value = "处长批示"
        ws.cell(row_of(ws, 2), 40).value = "抓紧"

    edit(sent, move)
    check_second_return(sent)
    ws = load_workbook(sent.master)["任务台账"]
    assert ws.cell(row_of(ws, 2), 40).value == "抓紧"


def test_a_column_renamed_is_named_and_renamed_back_goes_on(sent: Annex2) -> None:
    def rename(old: str, new: str) -> None:
        def change(ws: Worksheet) -> None:
            cell = ws.cell(3, header(ws, old))
            cell.value = new
            (table,) = ws.tables.values()
            next(c for c in table.tableColumns if c.name == old).name = new

        edit(sent, change)

    rename("第一季度完成情况", "一季度进展")
    sent.deliver("社会救助处", name="二.xlsx", texts=["甲二", "乙二"])
    before = sent.master.read_bytes()
    status, _, error = sent("collect", now=LATER)
    assert status == 2
    assert "第一季度完成情况" in error
    assert sent.master.read_bytes() == before
    rename("一季度进展", "第一季度完成情况")
    assert sent.json("collect", now=LATER)["merged_cells"] == 2
    assert sent.status_text(2) == "甲二"


def headings(annex2: Annex2) -> list[str]:
    return [str(s["A1"].value) for s in load_workbook(annex2.master).worksheets if "市" in str(s["A1"].value)]


def test_the_titles_follow_the_office_s_name(annex2: Annex2) -> None:
    """init guessed it, and somebody puts it right in 设置."""
    annex2("collect")
    before = headings(annex2)
    assert len(before) == 13
    book = load_workbook(annex2.master)
    (cell,) = (r[1] for r in book["设置"].iter_rows() if r[0].value == "单位")
    cell.value = "市民政局办公室"
    book["处室"]["A1"].value = "市民政局的处室"  # somebody's own title
    book.save(annex2.master)
    annex2("collect")
    assert headings(annex2) == [
        "市民政局的处室" if "名录" in t else t.replace("2023年市民政局", "2023年市民政局办公室") for t in before
    ]
    after = annex2.master.read_bytes()
    annex2("collect")
    assert annex2.master.read_bytes() == after


def test_one_sheet_with_a_title_of_its_own_keeps_it(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    book["报送情况"]["A1"].value = "2023年某市民政局目标任务报送情况"
    book.save(annex2.master)
    annex2("collect")
    assert "2023年某市民政局目标任务报送情况" in headings(annex2)


def test_a_round_that_has_reports_keeps_its_code(sent: Annex2) -> None:
    def rename(column: int, value: str) -> None:
        book = load_workbook(sent.master)
        book["报送节点"].cell(4, column).value = value
        book.save(sent.master)

    rename(1, "Q1")
    for command in (["collect"], ["status"], ["remind", "--dry-run"], ["summary", "2023"]):
        status, _, error = sent(*command, now=LATER)
        assert status == 2
        assert "没有编号 2023Q1 了，收到的报送有 1 份是它的" in error
    rename(1, "2023Q1")
    rename(2, "一季度")
    status, _, error = sent("collect", now=LATER)
    assert status == 2
    assert "“报送节点”里的名称改了，就改回来" in error
    rename(2, "第一季度")
    assert sent("status", "2023Q1", now=LATER)[0] in (0, 1)


def test_a_task_deleted(sent: Annex2) -> None:
    def delete(ws: Worksheet) -> None:
        at = row_of(ws, 13)
        (table,) = ws.tables.values()
        ws.delete_rows(at)
        table.ref = table.ref.replace("24", "23")

    edit(sent, delete)
    done = send(sent, "二", "甲二", "乙二", now=LATER)
    assert [f["code"] for f in done["files"][-1]["findings"]].count("task_lost") == 1  # it may come back
    decide(sent, "接收此件", "file:2")
    sent("collect", now=LATER)
    assert sent.status_text(2) == "甲二"
    assert len(sent.cells("收件记录")) == 2
    assert sent.json("rebuild")["differences"] == []


def test_tasks_renumbered(sent: Annex2) -> None:
    def renumber(ws: Worksheet) -> None:
        two, thirteen = row_of(ws, 2), row_of(ws, 13)
        column = header(ws, "序号")
        ws.cell(two, column).value, ws.cell(thirteen, column).value = 13, 2

    edit(sent, renumber)
    send(sent, "二", "甲二", "乙二", now=LATER)
    assert (sent.status_text(13), sent.status_text(2)) == ("甲二", "乙二")
    assert not items(sent, "conflict")


def test_a_copied_row_does_not_share_its_key(sent: Annex2) -> None:
    def copy(ws: Worksheet) -> None:
        (table,) = ws.tables.values()
        at = ws.max_row + 1
        for c in range(1, ws.max_column + 1):
            ws.cell(at, c).value = ws.cell(row_of(ws, 2), c).value
        ws.cell(at, header(ws, "序号")).value = 30
        ws.cell(at, header(ws, "工作事项")).value = "照抄一行再改的任务。"
        ws.cell(at, header(ws, "第一季度完成情况")).value = None
        table.ref = table.ref.replace("24", "25")

    edit(sent, copy)
    send(sent, "二", "甲二", "乙二", now=LATER)
    keys = [r["任务编号"] for r in sent.cells("任务台账")]
    assert len(set(keys)) == len(keys) == 22
    assert sent.status_text(2) == "甲二"


# trace, rebuild, restore


def test_trace_tells_the_whole_story(sent: Annex2) -> None:
    send(sent, "二", "甲二", "乙一", now=LATER)
    told = sent.json("trace", "2", "2023Q1")
    assert (told["text"], told["origin"], told["changed_by_hand"]) == ("甲二", 2, False)
    first, second = told["steps"]
    assert (first["name"], first["text"], first["place"]) == ("一.xlsx", "甲一", "附件2!C5")
    assert (second["replaced"], second["merged"]) == ("甲一", "2023-04-04T10:00:00")
    assert (sent.root / second["archive"]).read_bytes() == (sent.root / "inbox" / "二.xlsx").read_bytes()
    write(sent, 2, "人改的")
    assert sent.json("trace", "2*", "第一季度")["changed_by_hand"]
    out = sent("trace", "2", "2023Q1")[1]
    assert "以后由人工改过" in out
    assert sent.json("trace", "5", "2023Q1")["steps"] == []


def test_rebuild_agrees_and_reports_each_difference(sent: Annex2) -> None:
    done = sent.json("rebuild")
    assert (done["cells"], done["files"], done["differences"]) == (2, 1, [])
    assert sent("rebuild")[0] == 0
    write(sent, 2, "人改的")
    status, out, _ = sent("rebuild")
    assert status == 1
    assert "人工改过" in out
    (difference,) = sent.json("rebuild")["differences"]
    assert (difference["task"], difference["master"], difference["archive"]) == ("2023-02", "人改的", "甲一")
    (receipt,) = sent.cells("收件记录")
    original = sent.root / receipt["归档位置"]
    original.write_bytes(fill(original.read_bytes(), ["改", "了"]))
    kinds = {d["kind"] for d in sent.json("rebuild")["differences"]}
    assert kinds == {"original_missing"}


def test_older_masters_are_kept_and_restored(sent: Annex2) -> None:
    first = sent.master.read_bytes()
    send(sent, "二", "甲二", "乙二", now=LATER)
    second = sent.master.read_bytes()
    assert "master 2023-04-04 10.00.00 no2.xlsx" in sent("restore")[1]
    assert sent("restore", "1", now=LATEST)[0] == 0
    assert sent.master.read_bytes() == first
    assert sent("restore", "1", now=LATEST)[0] == 0  # what was there before the restoring
    assert sent.master.read_bytes() == second
    sent.master.unlink()  # a master that was lost comes back too
    assert sent("restore", "1", now=LATEST)[0] == 0
    assert sent.master.exists()


def test_only_so_many_versions_are_kept(sent: Annex2) -> None:
    def change(ws: Worksheet) -> None:
        r = next(r for r in range(1, ws.max_row + 1) if ws.cell(r, 1).value == "保留总表版本数")
        ws.cell(r, 2).value = 2

    edit(sent, change, "设置")
    for i in range(4):
        send(sent, f"第{i}次", f"甲{i + 2}", "乙一", now=f"2023-04-04T1{i}:00")
    kept = sorted(p.name for p in (sent.root / "archive" / "versions").iterdir())
    assert kept == ["master 2023-04-04 12.00.00 no4.xlsx", "master 2023-04-04 13.00.00 no5.xlsx"]


# the other parts of the workbook


def _png(path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress(b"".join(b"\0" + b"\xc0\x20\x20" * 8 for _ in range(8)))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as z:
        return {n: z.read(n) for n in z.namelist()}


@needs_libreoffice
def test_a_year_of_merges_leaves_what_people_added_alone(
    annex2: Annex2, libreoffice: LibreOffice, tmp_path: Path
) -> None:
    """A chart, a picture, comments, a pivot table, own columns and sheets, put there by LibreOffice."""
    picture = tmp_path / "章.png"
    _png(picture)
    lo = libreoffice
    lo.open(path=annex2.master)
    lo.set(sheet="任务台账", ref="AA3", value="处长批示")
    lo.set(sheet="任务台账", ref="AA5", value="抓紧办")
    lo.set(sheet="任务台账", ref="AB5", value='formula:=LEN(I5)&"字"')
    lo.comment(sheet="任务台账", ref="D5", text="请核对口径")
    lo.colour(sheet="任务台账", ref="D7", colour=0xFFCCCC)
    lo.add_sheet(name="领导看板")
    lo.set(sheet="领导看板", ref="A1", value="名称")
    lo.set(sheet="领导看板", ref="B1", value="数量")
    for i, name in enumerate(("甲", "乙", "丙"), start=2):
        lo.set(sheet="领导看板", ref=f"A{i}", value=name)
        lo.set(sheet="领导看板", ref=f"B{i}", value=i * 10)
    lo.chart(sheet="领导看板", name="数量图", area="A1:B4")
    lo.picture(sheet="领导看板", path=picture)
    fields = {"row_field": "牵头处室", "data_field": "工作事项"}
    lo.pivot(sheet="任务台账", name="按处室", area="A3:H24", target="D10", target_sheet="领导看板", **fields)
    lo.comment(sheet="领导看板", ref="A1", text="看板说明")
    lo.save(path=annex2.master)
    lo.close()
    before = _parts(annex2.master)
    kinds = ("charts/chart", "media/", "comments", "pivotTables/", "pivotCache/", "drawings/")
    for kind in kinds:
        assert any(kind in name for name in before), kind

    nows = {"2023Q1": "2023-04-03T10:00", "2023Q2": "2023-07-03T10:00", "2023Q3": "2023-10-08T10:00"}
    for key, now in {**nows, "2023Y": "2024-01-04T10:00"}.items():
        assert annex2("fanout", key)[0] == 0
        for division in ("养老服务处", "社会救助处", "儿童福利处", "基层政权处"):
            annex2.deliver(division, key)
            annex2("collect", now=now)

    after = _parts(annex2.master)
    written = Workbook.open(annex2.master)
    ours = {written.sheet(n).xml.part for n in ("任务台账", "报送情况", "收件记录", "待处理")}
    allowed = ours | {"xl/workbook.xml", "xl/styles.xml"} | {n for n in after if n.startswith("xl/tables/")}
    assert set(after) == set(before)
    changed = {n for n in before if before[n] != after[n]}
    assert changed <= allowed, changed - allowed
    assert changed & ours

    lo.open(path=annex2.master)
    assert lo.get(sheet="任务台账", ref="AA5") == "抓紧办"
    # Excel recalculates on opening; LibreOffice trusts the stored result of files that it made itself.
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    lo.recalculate()
    assert lo.get(sheet="任务台账", ref="AB5") == f"{len(annex2.status_text(2))}字"
    assert lo.get(sheet="领导看板", ref="B4") == "40"
    lo.close()
    assert annex2.json("rebuild")["differences"] == []


# what people leave around their tables


def bordered(ws: Worksheet) -> None:
    """Borders down to a row far below the table, as people draw them in advance."""
    for r in range(ws.max_row + 1, 1101):
        ws.cell(r, 1).border = Border(bottom=Side("thin"))


@pytest.mark.parametrize("sheet", ["任务台账", "处室", "报送情况", "收件记录", "待处理", "报送节点"])
def test_rows_that_are_only_drawn_are_no_rows(sent: Annex2, sheet: str) -> None:
    edit(sent, bordered, sheet)
    send(sent, "二", "甲二", "乙一", now=LATER)
    assert (sent.status_text(2), sent.status_text(13)) == ("甲二", "乙一")


def test_a_list_of_divisions_that_is_only_a_header(annex2: Annex2) -> None:
    edit(annex2, lambda ws: ws.delete_rows(4, ws.max_row), "处室")
    status, _, err = annex2("fanout", "2023Q1")
    assert status == 2
    assert "牵头处室在“处室”表里没有" in err


@pytest.mark.parametrize("sheet", ["任务台账", "报送节点"])
def test_a_needed_table_that_is_only_a_header_is_told(annex2: Annex2, sheet: str) -> None:
    edit(annex2, lambda ws: ws.delete_rows(4, ws.max_row), sheet)
    status, _, err = annex2("status")
    assert status == 2
    assert {"任务台账": "没有一项任务", "报送节点": "没有一个报送节点"}[sheet] in err


@pytest.mark.parametrize("sheet", ["定时任务", "工作日历", "办理方案", "指标"])
def test_a_sheet_that_was_emptied_altogether_is_told(annex2: Annex2, sheet: str) -> None:
    edit(annex2, lambda ws: ws.delete_rows(1, ws.max_row), sheet)
    status, _, err = annex2("status")
    assert status == 2
    assert sheet in err
    assert "找不到列" in err


@pytest.mark.parametrize("block", [1, 7])
def test_a_master_reads_the_same_however_many_rows_are_read_together(
    sent: Annex2, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    def headings(ws: Worksheet) -> None:
        ws.insert_rows(9)
        ws.cell(9, header(ws, "工作事项")).value = "二、其他工作"
        bordered(ws)

    edit(sent, headings)
    data = sent.master.read_bytes()
    usual = read_master(WorkbookSource(Workbook.from_bytes(data)))
    monkeypatch.setattr(reader, "_BLOCK", block)
    monkeypatch.setattr(reader, "_MANY", 0)
    assert read_master(WorkbookSource(Workbook.from_bytes(data))) == usual


@pytest.mark.parametrize("column", ["编号", "文件名", "收到时间"])
def test_a_note_below_the_receipts_is_no_receipt(sent: Annex2, column: str) -> None:
    def note(ws: Worksheet) -> None:
        ws.cell(ws.max_row + 2, header(ws, column)).value = "以上张三已核对"

    edit(sent, note, "收件记录")
    assert sent("status")[0] in (0, 1)
    done = send(sent, "又", "再报一", "再报二", now=LATEST)
    assert done["merged_cells"] == 2
    rows = [r for r in sent.cells("收件记录") if r["SHA-256"]]
    assert [r["编号"] for r in rows] == list(range(1, len(rows) + 1))
    sheet = load_workbook(sent.master)["收件记录"]
    assert "以上张三已核对" in [c.value for row in sheet.iter_rows() for c in row]  # moved down by the new row
    assert not send(sent, "又", "再报一", "再报二", now=LATEST)["merged_cells"]


def typed(annex2: Annex2, sheet: str, row: str, header: str, value: object) -> None:
    """What somebody types into a cell with a date's format: Excel takes 7.4 for a morning of January 1900."""
    book = load_workbook(annex2.master)
    ws = book[sheet]
    at = next(r for r in ws.iter_rows() if any(c.value == header for c in r))
    column = next(c.column for c in at if c.value == header)
    number = next(r[0].row for r in ws.iter_rows(min_row=at[0].row + 1) if row in [c.value for c in r])
    cell = ws.cell(number, column)
    cell.value, cell.number_format = value, "yyyy-mm-dd"
    book.save(annex2.master)


def test_a_number_in_place_of_a_date_is_none(annex2: Annex2) -> None:
    typed(annex2, "报送情况", "社会救助处", "第二季度", 7.4)
    status, out, _ = annex2("status", "2023Q2", now="2023-07-10T09:00")
    assert "写的“7.4”是个数，不是日期，没有照办" in out
    (round_,) = annex2.json("status", "2023Q2", now="2023-07-10T09:00")["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}["社会救助处"] == "missing"
    typed(annex2, "报送节点", "第三季度", "截止日期", 10.6)
    status, _, error = annex2("status", now="2023-07-10T09:00")
    assert status == 2
    assert "截止日期“10.6”不是日期" in error
    assert "写成 2023-04-05 这样的日期" in error


def test_a_date_in_words_becomes_one(annex2: Annex2) -> None:
    """The formulas of 报送情况 cannot reckon by words, and said 查无此节点."""
    typed(annex2, "报送节点", "第二季度", "截止日期", "2023.7.6")
    annex2("collect", now=LATER)
    (row,) = (r for r in annex2.cells("报送节点") if r["名称"] == "第二季度")
    assert row["截止日期"] == datetime(2023, 7, 6)  # noqa: DTZ001
    before = annex2.master.read_bytes()
    annex2("collect", now=LATER)
    assert annex2.master.read_bytes() == before


def columns_of(ws: Worksheet, header: str) -> tuple[int, dict[str, int]]:
    at = next(r for r in ws.iter_rows() if any(c.value == header for c in r))
    return at[0].row, {str(c.value): c.column for c in at if c.value}


def test_a_sort_that_leaves_the_hidden_keys_behind_is_refused(annex2: Annex2) -> None:
    """Reports, plans and figures of one task would count for another."""
    annex2("fanout", "2023Q1")
    send(annex2, "一", "救助一", "标准一", now=BEFORE)
    book = load_workbook(annex2.master)
    ws = book["任务台账"]
    top, columns = columns_of(ws, "任务编号")
    rows = [[c.value for c in ws[r]][: columns["任务编号"] - 1] for r in range(top + 1, top + 22)]
    for number, row in enumerate(sorted(rows, key=lambda r: str(r[columns["牵头处室"] - 1])), start=top + 1):
        for column, value in enumerate(row, start=1):
            ws.cell(number, column).value = value
    book.save(annex2.master)
    sorted_badly = annex2.master.read_bytes()
    for verb in (("status",), ("collect",), ("fanout", "2023Q2"), ("remind", "--dry-run")):
        status, _, error = annex2(*verb, now=LATER)
        assert status == 2
        assert "隐藏的“任务编号”对不上了" in error
        assert "撤销这次排序" in error
    assert annex2.master.read_bytes() == sorted_badly


@pytest.mark.parametrize("deleted", [False, True])
def test_hidden_keys_that_are_gone_make_no_new_tasks(annex2: Annex2, deleted: bool) -> None:
    annex2("fanout", "2023Q1")
    send(annex2, "一", "救助一", "标准一", now=BEFORE)
    book = load_workbook(annex2.master)
    ws = book["任务台账"]
    top, columns = columns_of(ws, "任务编号")
    keys = [ws.cell(r, columns["任务编号"]).value for r in range(top + 1, top + 22)]
    for r in range(top + 1, top + 22):
        ws.cell(r, columns["任务编号"]).value = None
        ws.cell(r, columns["序号"]).value = 22 - ws.cell(r, columns["序号"]).value  # autofilled anew
    if deleted:
        (table,) = ws.tables.values()
        table.tableColumns = [c for c in table.tableColumns if c.name != "任务编号"]
        last = next(c for c, n in zip("STUVWXYZ", range(19, 27), strict=True) if n == columns["任务编号"] - 1)
        table.ref = table.ref.partition(":")[0] + f":{last}{table.ref[-2:]}"
        table.autoFilter.ref = table.ref
        ws.cell(top, columns["任务编号"]).value = None
    book.save(annex2.master)
    _, out, _ = annex2("status", "2023Q1", now=LATER)
    assert "应报 4" in out
    assert ("隐藏的一列）不在了" in out) is deleted
    annex2("collect", now=LATER)
    (round_,) = annex2.json("status", "2023Q1", now=LATER)["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}["社会救助处"] == "on_time"
    ws = load_workbook(annex2.master)["任务台账"]
    if not deleted:
        assert [ws.cell(r, columns["任务编号"]).value for r in range(top + 1, top + 22)] == keys
    assert not any(ws.cell(r, columns["加入日期"]).value for r in range(top + 1, top + 22))


def test_a_decision_in_a_row_of_another_key_is_not_carried_out(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室写的甲")
    annex2.type(Sheet.TASKS, "2023-13", "第一季度完成情况", "办公室写的乙")
    send(annex2, "一", "报来甲", "报来乙", now=BEFORE)
    book = load_workbook(annex2.master)
    ws = book["待处理"]
    top, columns = columns_of(ws, "标识")
    rows = [r for r in range(top + 1, ws.max_row + 1) if str(ws.cell(r, columns["标识"]).value).startswith("conflict")]
    first, second = (ws.cell(r, columns["标识"]).value for r in rows)
    for r, key, choice in zip(rows, (second, first), ("保留台账", "采用报送"), strict=True):
        ws.cell(r, columns["标识"]).value, ws.cell(r, columns["处理意见"]).value = key, choice
    book.save(annex2.master)
    out = annex2("collect", now=LATER)[1]
    assert out.count("对不上，没有照办") >= 2
    assert annex2.status_text(2) == "办公室写的甲"
    assert annex2.status_text(13) == "办公室写的乙"


def test_a_sort_that_leaves_what_was_written_behind_is_refused(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    (annex2.root / "inbox" / "收据.txt").write_text("不是表", "utf-8")
    send(annex2, "一", "救助一", "标准一", now=BEFORE)
    book = load_workbook(annex2.master)
    ws = book["收件记录"]
    top, columns = columns_of(ws, "写入记录")
    one, two = (ws.cell(top + n, columns["写入记录"]) for n in (1, 2))
    one.value, two.value = two.value, one.value
    book.save(annex2.master)
    status, _, error = annex2("status", now=LATER)
    assert status == 2
    assert "和隐藏的“写入记录”对不上了" in error
    assert "收件记录" in error


def _swap(ws: Worksheet, one: int, two: int, columns: Sequence[int]) -> None:
    for c in columns:
        ws.cell(one, c).value, ws.cell(two, c).value = ws.cell(two, c).value, ws.cell(one, c).value


def test_receipts_of_two_divisions_sorted_without_the_hidden_columns(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2.deliver("儿童福利处", name="二.xlsx")
    annex2("collect", now=BEFORE)
    book = load_workbook(annex2.master)
    ws = book["收件记录"]
    top, columns = columns_of(ws, "写入记录")
    hidden = {columns[h] for h in ("归档位置", "SHA-256", "写入记录")}
    _swap(ws, top + 1, top + 2, [c for c in range(1, ws.max_column + 1) if c not in hidden])
    book.save(annex2.master)
    status, _, error = annex2("collect", now=LATER)
    assert status == 2
    assert "第1号、第2号和隐藏的“写入记录”对不上了" in error or "第2号、第1号和隐藏的“写入记录”对不上了" in error


def test_held_files_sorted_without_the_hidden_columns(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for name in ("一.txt", "二.txt"):
        (annex2.root / "inbox" / name).write_text(f"不是表{name}", "utf-8")
    annex2("collect", now=BEFORE)
    _without_numbers_and_swapped(annex2, numbers=True)
    assert annex2("collect", now=LATER)[0] == 2


def test_rows_of_before_get_their_numbers_once(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2.deliver("儿童福利处", name="二.xlsx")
    annex2("collect", now=BEFORE)
    as_now = annex2.cells("收件记录")
    _without_numbers_and_swapped(annex2, numbers=False)
    annex2("collect", now=LATER)
    assert annex2.cells("收件记录") == as_now
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATER)
    assert annex2.master.read_bytes() == settled


def _without_numbers_and_swapped(annex2: Annex2, *, numbers: bool) -> None:
    """收件记录 as it was written before rows named their numbers, or sorted without the hidden columns."""
    book = load_workbook(annex2.master)
    ws = book["收件记录"]
    top, columns = columns_of(ws, "写入记录")
    hidden = [columns[h] for h in ("归档位置", "SHA-256", "写入记录")]
    if numbers:
        _swap(ws, top + 1, top + 2, hidden)
    else:
        for r in (top + 1, top + 2):
            cell = ws.cell(r, columns["写入记录"])
            cell.value = str(cell.value).partition(" ")[2] or None
    book.save(annex2.master)


def test_words_of_two_tasks_exchanged_before_anything_is_reported(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    one, two = (str(annex2.cells("任务台账")[n]["工作事项"]) for n in (2, 3))
    keys = [str(annex2.cells("任务台账")[n]["任务编号"]) for n in (2, 3)]
    for key, words in zip(keys, (two, one), strict=True):
        annex2.type(Sheet.TASKS, key, "工作事项", words)
    assert annex2("collect", now=LATER)[0] in (0, 1)


def test_tasks_sorted_without_their_keys_and_numbered_anew(sent: Annex2) -> None:
    before = sent.master.read_bytes()

    def sort(ws: Worksheet) -> None:
        first, last = row_of(ws, 1), row_of(ws, 21)
        key, no = header(ws, "任务编号"), header(ws, "序号")
        shown = [c for c in range(1, ws.max_column + 1) if c not in (key, no)]
        for i in range((last - first + 1) // 2):
            _swap(ws, first + i, last - i, shown)

    edit(sent, sort)
    status, _, error = sent("collect", now=LATER)
    assert status == 2
    assert "和它们隐藏的“任务编号”对不上了" in error
    sent.master.write_bytes(before)
    assert sent("status", now=LATER)[0] == 0


def test_tasks_that_get_the_words_of_another_that_keeps_them(sent: Annex2) -> None:
    """Nothing was sorted: many units promise the same."""
    words = next(str(r["工作事项"]) for r in sent.cells("任务台账") if r["序号"] == 10)
    for key in ("2023-06", "2023-07"):
        sent.type(Sheet.TASKS, key, "工作事项", words)
    assert sent("collect", now=LATER)[0] in (0, 1)


def test_a_date_whose_cell_lost_its_format_is_that_date(sent: Annex2) -> None:
    """清除格式, or only values pasted: 45021 in 截止日期, 45019.4167 in 收到时间."""
    sent.deliver("社会救助处")
    sent("collect", now="2023-04-03T10:00")
    before = sent("status", now="2023-04-06T10:00")[1]

    def plain(ws: Worksheet) -> None:
        for sheet, wanted in (("报送节点", "截止日期"), ("收件记录", "收到时间")):
            rows = list(ws.parent[sheet].iter_rows(max_row=40))
            head = next(r for r in rows if wanted in [c.value for c in r])
            column = next(c.column for c in head if c.value == wanted)
            for row in rows[head[0].row :]:
                cell = row[column - 1]
                if isinstance(cell.value, datetime):
                    cell.value, cell.number_format = to_excel(cell.value), "General"

    edit(sent, plain)
    assert sent("status", now="2023-04-06T10:00")[1] == before
    assert sent("collect", now="2023-04-06T10:00")[0] in (0, 1)


def tracker_rows(ws: Worksheet) -> tuple[int, list[int]]:
    """The column of names, and the rows of divisions."""
    column = header(ws, "处室")
    first = next(r for r in range(1, ws.max_row + 1) if ws.cell(r, column).value == "处室") + 1
    return column, [r for r in range(first, ws.max_row + 1) if ws.cell(r, column).value]


def test_times_that_a_sort_left_in_other_rows_are_refused(sent: Annex2) -> None:
    """Who never reported would be praised, and who did would be chased."""
    before = sent.json("status", "2023Q1", now=LATER)

    def sort_names(ws: Worksheet) -> None:
        column, rows = tracker_rows(ws)
        names = sorted((ws.cell(r, column).value for r in rows), reverse=True)
        assert names != [ws.cell(r, column).value for r in rows]
        for row, name in zip(rows, names, strict=True):
            ws.cell(row, column).value = name

    kept = sent.master.read_bytes()
    edit(sent, sort_names, "报送情况")
    sorted_ = sent.master.read_bytes()
    for verb in ("status", "collect"):
        status, _, err = sent(verb, now=LATER)
        assert status == 2
        assert "社会救助处的收到时间" in err
        assert "撤销这次排序" in err
    assert sent.master.read_bytes() == sorted_
    sent.master.write_bytes(kept)
    assert sent.json("status", "2023Q1", now=LATER) == before


def test_a_row_of_the_tracker_that_was_copied_reports_nothing(sent: Annex2) -> None:
    def copy(ws: Worksheet) -> None:
        column, rows = tracker_rows(ws)
        (model,) = (r for r in rows if ws.cell(r, column).value == "社会救助处")
        (other,) = (r for r in rows if ws.cell(r, column).value == "养老服务处")
        first = header(ws, "第一季度")
        ws.cell(other, first).value = ws.cell(model, first).value

    edit(sent, copy, "报送情况")
    for verb in ("status", "collect"):
        _, out, err = sent(verb, now=LATER)
        assert "写的和社会救助处的收到时间一模一样，没有算作养老服务处的报送" in out + err, verb
    states = {d["division"]: d["state"] for d in sent.json("status", "2023Q1", now=LATER)["rounds"][0]["divisions"]}
    assert (states["社会救助处"], states["养老服务处"]) == ("on_time", "due_soon")
    sent.deliver("养老服务处")
    sent("collect", now=LATEST)
    _, out, err = sent("status", "2023Q1", now=LATEST)
    assert "没有算作" not in out + err
    states = {d["division"]: d["state"] for d in sent.json("status", "2023Q1", now=LATEST)["rounds"][0]["divisions"]}
    assert states["养老服务处"] == "on_time"


def test_merged_answers_and_rows_that_are_no_rows_say_what_to_do(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    edit(annex2, lambda ws: ws.cell(ws.max_row + 2, 1).__setattr__("value", "以上已阅"), "待处理")
    assert annex2("status", now=BEFORE)[0] == 0
    kept = annex2.master.read_bytes()

    def total(ws: Worksheet) -> None:
        for column, value in (("序号", "合计"), ("工作事项", "共21项")):
            ws.cell(row_of(ws, 21) + 2, header(ws, column)).value = value

    edit(annex2, total)
    _, _, err = annex2("status", now=BEFORE)
    assert "“合计”不是整数" in err
    assert "移到表外或删去" in err
    annex2.master.write_bytes(kept)

    def merge(ws: Worksheet) -> None:
        column, row = header(ws, "第一季度完成情况"), row_of(ws, 1)
        ws.merge_cells(start_row=row, end_row=row + 12, start_column=column, end_column=column)

    edit(annex2, merge)
    annex2.deliver("社会救助处", texts=("甲", "乙"))
    status, _, err = annex2("collect", now=BEFORE)
    assert status == 2
    assert "取消“合并单元格”" in err
