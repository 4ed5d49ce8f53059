"""办理方案: a round of its own whose returns become the rows of the sheet, which people go on with."""

from __future__ import annotations

import email
import email.policy
import io
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from docx import Document
from libreoffice import LibreOffice, missing, needs_libreoffice
from openpyxl import Workbook as NewWorkbook
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet
from test_lost_tasks import delete_row, put_back

from toolkit.master.schema import Sheet
from toolkit.model import Round, Step
from toolkit.plans import (
    Standing,
    due_in,
    period_end,
    plan_text,
    standing,
    standing_formula,
    step_day,
    step_done,
    steps_of,
    unread,
)
from toolkit.xlsx import Workbook

KEY, NAME, RELIEF, ELDERLY = "2023P", "办理方案", "社会救助处", "养老服务处"
NOW, LATER, LATEST = "2023-03-08T10:00", "2023-03-09T10:00", "2023-03-09T15:00"
Steps = Sequence[tuple[str, Any, str | None]]
FIRST: Steps = (("制定走访方案", date(2023, 3, 31), "张三"), ("完成全部走访", "6月底", "张三"))
SECOND: Steps = (("核对供养标准", "持续推进", "李四"),)


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    add_round(annex2)
    assert annex2("fanout", KEY)[0] == 0
    return annex2


def add_round(annex2: Annex2, key: str = KEY, name: str = NAME) -> None:
    book = Workbook.open(annex2.master)
    row = {"编号": key, "名称": name, "表种": "办理方案", "截止日期": date(2023, 3, 10), "提前提醒天数": 5}
    book.table("报送节点").append([row])
    annex2.master.write_bytes(book.to_bytes())


def send(annex2: Annex2, name: str, *plans: Steps, approver: str = "李超") -> None:
    """Fill the form's blocks one after the other, as the division's own program does."""
    book = load_workbook(annex2.form(RELIEF, KEY))
    sheet = book.worksheets[0]
    blocks = [r for r in range(5, sheet.max_row) if isinstance(sheet.cell(r, 1).value, int)]
    for row, steps in zip(blocks, plans, strict=True):
        for n, values in enumerate(steps):
            for column, value in enumerate(values, start=3):
                sheet.cell(row + n, column).value = value
    for row in range(blocks[-1], sheet.max_row + 1):
        label = str(sheet.cell(row, 4).value or "")
        if label.endswith("："):
            sheet.cell(row, 5).value = date(2023, 3, 8) if "日期" in label else approver
    book.save(annex2.root / "inbox" / name)


def collect(annex2: Annex2, now: str = NOW) -> list[Mapping[str, Any]]:
    files: list[Mapping[str, Any]] = annex2.json("collect", now=now)["files"]
    return [f for f in files if "recorded" not in codes(f)]


def codes(file: Mapping[str, Any]) -> set[str]:
    return {f["code"] for f in file["findings"]}


def rows(annex2: Annex2) -> list[tuple[Any, ...]]:
    headers = ("序号", "工作内容", "完成时间节点", "责任人", "进度")
    return [tuple(r[h] for h in headers) for r in annex2.cells(NAME) if r["工作内容"]]


def edit(annex2: Annex2, change: Callable[[Worksheet, Mapping[str, int]], None], sheet: str = NAME) -> None:
    """What a person does in the master, saved by another program."""
    book = load_workbook(annex2.master)
    ws = book[sheet]
    headers = next(r for r in ws.iter_rows(max_row=20) if any(c.value in ("工作内容", "处理意见") for c in r))
    change(ws, {str(c.value): c.column for c in headers})
    book.save(annex2.master)


def row_of(ws: Worksheet, text: str) -> int:
    return next(c.row for r in ws.iter_rows() for c in r if c.value == text)


AS_SENT = [
    (2, "制定走访方案", datetime(2023, 3, 31), "张三", None),  # noqa: DTZ001  a day, as Excel keeps it
    (2, "完成全部走访", datetime(2023, 6, 30), "张三", None),  # noqa: DTZ001
    (13, "核对供养标准", "持续推进", "李四", None),
]


def test_a_plan_becomes_rows_and_stays_as_it_is(office: Annex2, shared: Path) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    (file,) = collect(office)
    assert (file["verdict"], file["division"], file["round"], codes(file)) == ("accepted", RELIEF, KEY, set())
    assert rows(office) == AS_SENT
    settled = office.master.read_bytes()
    assert collect(office) == []
    assert office.master.read_bytes() == settled
    command = [sys.executable, str(shared / "check_ooxml.py"), str(office.master), str(office.form(RELIEF, KEY))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert "完全一致" in office("rebuild")[1]
    assert "办理方案 第2*项：制定走访方案｜2023-03-31｜张三" in office("trace", "2", KEY)[1]
    (round_,) = (r for r in office.json("status", now=NOW)["rounds"] if r["round"] == KEY)
    assert {d["division"]: d["state"] for d in round_["divisions"]}[RELIEF] == "on_time"


def test_a_plan_is_told_apart_from_cells_of_the_ledger(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    assert "会写入办理方案 2 项" in office("check", office.root / "inbox" / "方案.xlsx", now=NOW)[1]
    office("fanout", "2023Q1")
    office.deliver(RELIEF, "2023Q1")
    assert "写入台账 2 格、办理方案 2 项" in office("collect", now=NOW)[1]


def test_what_a_plan_leaves_open_is_asked_for(office: Annex2) -> None:
    send(office, "方案.xlsx", (("制定走访方案", "待定", "张三"), ("完成走访", None, None)), ())
    (file,) = collect(office)
    assert file["verdict"] == "returned for correction"
    assert codes(file) == {"step_day_unread", "step_undated", "step_of_nobody", "empty_status"}
    columns = {f["code"]: f["where"].rpartition("!")[2][0] for f in file["findings"]}
    assert columns["step_day_unread"] == columns["step_undated"] != columns["step_of_nobody"]
    (empty,) = (f for f in file["findings"] if f["code"] == "empty_status")
    assert "工作内容" in empty["message"]
    assert "完成情况" not in empty["message"] + empty["remedy"]
    assert sorted(r[:2] for r in rows(office)) == [(2, "制定走访方案"), (2, "完成走访")]


@pytest.mark.parametrize("accepted", [False, True])
def test_a_plan_that_must_be_mended_does_not_replace_a_good_one(office: Annex2, accepted: bool) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    good = rows(office)
    send(office, "方案改.xlsx", (("制定走访方案", "待定", "张三"),), (("核对标准", "持续推进", "李四"),))
    (file,) = collect(office, LATER)
    assert file["verdict"] == "returned for correction"
    assert {"step_day_unread", "plan_kept"} <= codes(file)
    assert [r for r in rows(office) if r[0] == 2] == [r for r in good if r[0] == 2]
    assert "核对标准" in [r[1] for r in rows(office)], "the other task's plan is good, and is taken"
    if accepted:
        office.type(Sheet.ATTENTION, "return:2", "处理意见", "接收此件")
        office("collect", now=LATEST)
        assert [r[1:3] for r in rows(office) if r[0] == 2] == [("制定走访方案", "待定")]
    stands = rows(office)
    assert office("collect", now=LATEST)[0] in (0, 1)
    assert rows(office) == stands


def test_a_later_plan_takes_the_place_of_an_earlier_one(office: Annex2) -> None:
    """A step that stays keeps its row and its 进度; one with a 进度 is nobody's to delete."""
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def progress(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "制定走访方案"), at["进度"]).value = "已完成"

    edit(office, progress)
    new = (("完成入户走访", date(2023, 7, 31), "王五"), ("总结", "年底", "王五"), ("制定走访方案", "4月15日", "张三"))
    send(office, "修订.xlsx", new, SECOND)
    (file,) = collect(office, LATER)
    assert "supersedes" in codes(file)
    assert sorted(r for r in rows(office) if r[0] == 2) == sorted(
        [
            (2, "制定走访方案", datetime(2023, 4, 15), "张三", "已完成"),  # noqa: DTZ001
            (2, "完成入户走访", datetime(2023, 7, 31), "王五", None),  # noqa: DTZ001
            (2, "总结", datetime(2023, 12, 31), "王五", None),  # noqa: DTZ001
        ]
    )
    settled = office.master.read_bytes()
    assert collect(office, LATEST) == []
    assert office.master.read_bytes() == settled
    send(office, "再改.xlsx", FIRST[1:], SECOND)
    (file,) = collect(office, LATEST)
    (told,) = (f["message"] for f in file["findings"] if f["code"] == "step_dropped")
    assert "“制定走访方案”这次的方案里没有了，进度写着“已完成”" in told
    assert sorted(r[1:2] + r[4:] for r in rows(office) if r[0] == 2) == [
        ("制定走访方案", "已完成"),
        ("完成全部走访", None),
    ]


@pytest.mark.parametrize(("choice", "day"), [("采用报送", 15), ("保留台账", 20)])
def test_what_a_person_wrote_stays_until_a_person_decides(office: Annex2, choice: str, day: int) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def change(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "制定走访方案"), at["完成时间节点"]).value = datetime(2023, 4, 20)  # noqa: DTZ001

    edit(office, change)
    send(office, "修订.xlsx", (("制定走访方案", "4月15日", "张三"), FIRST[1]), SECOND)
    (file,) = collect(office, LATER)
    assert "not_applied" in codes(file)
    assert rows(office)[0][2] == datetime(2023, 4, 20)  # noqa: DTZ001
    (item,) = (r for r in office.cells("待处理") if str(r["标识"]).startswith("conflict"))
    assert item["位置"].startswith("办理方案 第2*项")

    def decide(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, item["标识"]), at["处理意见"]).value = choice

    edit(office, decide, "待处理")
    office("collect", now=LATEST)
    assert rows(office)[0][2] == datetime(2023, 4, day)  # noqa: DTZ001


def test_a_plan_that_the_office_changed_after_the_question_is_asked_about_again(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def change(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "制定走访方案"), at["责任人"]).value = "办公室定"

    def again(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "完成全部走访"), at["责任人"]).value = "办公室又定"

    edit(office, change)
    send(office, "修订.xlsx", (("制定走访方案", "4月15日", "张三"), FIRST[1]), SECOND)
    collect(office, LATER)
    (item,) = (r for r in office.cells("待处理") if str(r["标识"]).startswith("conflict"))
    edit(office, again)
    office.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "采用报送")
    out = office("collect", now=LATEST)[1]
    assert "后来又改过，没有换" in out
    assert {r[3] for r in rows(office) if r[0] == 2} == {"办公室定", "办公室又定"}
    (item,) = (r for r in office.cells("待处理") if str(r["标识"]).startswith("conflict"))
    assert "办公室又定" in str(item["问题"])
    assert item["处理意见"] is None
    office.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "采用报送")
    office("collect", now=LATEST)
    assert {r[3] for r in rows(office) if r[0] == 2} == {"张三"}


def test_a_disagreement_tells_what_was_carried_over_too(office: Annex2) -> None:
    """The office's own step beside one of last year's, before the division's plan comes."""

    def own(ws: Worksheet, at: Mapping[str, int]) -> None:
        row = row_of(ws, "工作内容") + 1
        for n, (text, progress) in enumerate((("上年的收尾", "上年结转：推进中"), ("办公室自加步骤", None))):
            for header, value in (("序号", 2), ("工作内容", text), ("进度", progress)):
                ws.cell(row + n, at[header]).value = value

    edit(office, own)
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    (item,) = (r for r in office.cells("待处理") if str(r["标识"]).startswith("conflict"))
    mine, _, theirs = str(item["问题"]).partition("\n\n")
    assert "办公室自加步骤" in mine
    assert "另有上年结转的 1 步，换成报来的就不留了：上年的收尾" in mine
    assert "制定走访方案" in theirs


def test_rows_that_people_add_and_words_they_use_are_the_plan(office: Annex2) -> None:
    """A plan typed by hand is not touched by one that says the same, and counts in the status."""
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def more(ws: Worksheet, at: Mapping[str, int]) -> None:
        row = row_of(ws, "制定走访方案")
        ws.cell(row, at["完成时间节点"]).value = "3月底前"
        ws.cell(row, at["进度"]).value = "已完成"

    edit(office, more)
    send(office, "再报.xlsx", FIRST, (("核对供养标准", "持续推进", "李四"), ("统一标准", "2023年9月", "李四")))
    (file,) = collect(office, LATER)
    assert "not_applied" not in codes(file)
    assert (2, "制定走访方案", "3月底前", "张三", "已完成") in rows(office)
    (plan,) = office.json("status", now="2023-06-20T09:00")["plans"]
    assert plan == {"division": RELIEF, "done": 1, "overdue": 0, "soon": 1, "ahead": 1, "undated": 1}


@needs_libreoffice
def test_states_are_filled_in_after_libreoffice_saved_the_empty_sheet(
    office: Annex2, libreoffice: LibreOffice
) -> None:
    """It forgets that a column is calculated, and keeps its formula in the one empty row."""
    libreoffice.open(path=office.master)
    libreoffice.save(path=office.master)
    libreoffice.close()
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    sheet = load_workbook(office.master)[NAME]
    found = [r for r in sheet.iter_rows(min_row=4, values_only=True) if r[0] or r[5]]
    assert [r[1] for r in found] == ["制定走访方案", "完成全部走访", "核对供养标准"]
    assert all(str(r[5]).startswith(f"=IF(B{n}=") for n, r in enumerate(found, start=4))


@needs_libreoffice
def test_words_that_a_person_types_for_a_day_count_in_the_sheet_too(office: Annex2, libreoffice: LibreOffice) -> None:
    """The words stay as they are; 状态 learns the day that they mean, and forgets it with them."""

    def states() -> dict[str, str]:
        libreoffice.open(path=office.master)
        table = libreoffice.rows(sheet=NAME)
        libreoffice.close()
        head = next(r for r in table if "工作内容" in r)
        return {r[head.index("工作内容")]: r[head.index("状态")] for r in table if r[0] in (2, 13)}

    def typed(words: str) -> None:
        edit(office, lambda ws, at: setattr(ws.cell(row_of(ws, "制定走访方案"), at["完成时间节点"]), "value", words))

    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    typed("3月底前")
    assert states()["制定走访方案"] == "－ 未定时间"
    office("collect", now=LATER)
    assert states() == {"制定走访方案": "✗ 逾期", "完成全部走访": "✗ 逾期", "核对供养标准": "－ 未定时间"}
    assert (2, "制定走访方案", "3月底前", "张三", None) in rows(office)
    settled = office.master.read_bytes()
    office("collect", now=LATEST)
    assert office.master.read_bytes() == settled
    typed("2099年6月底")
    office("collect", now=LATEST)
    assert states()["制定走访方案"] == "· 未到"
    typed("持续推进")
    assert states()["制定走访方案"] == "－ 未定时间"
    office("collect", now=LATEST)
    plan = load_workbook(office.master)[NAME]
    assert "DATE(" not in str(plan.cell(row_of(plan, "制定走访方案"), 6).value)
    typed("3月底前")
    edit(office, lambda ws, at: setattr(ws.cell(row_of(ws, "完成全部走访"), at["进度"]), "value", "已完成"))
    office.type(Sheet.TASKS, "2023-02", "销号状态", "已销号")
    office("collect", now=LATEST)
    assert states() == {"制定走访方案": "— 已销号", "完成全部走访": "✓ 已完成", "核对供养标准": "－ 未定时间"}
    leads = {r["工作内容"]: r["牵头处室"] for r in office.cells("办理方案")}
    assert leads == dict.fromkeys(("制定走访方案", "完成全部走访"), f"{RELIEF}（已销号）") | {"核对供养标准": RELIEF}
    office.type(Sheet.TASKS, "2023-02", "销号状态", "未销号")
    office.type(Sheet.TASKS, "2023-02", "销号日期", None)
    office("collect", now=LATEST)
    assert states()["制定走访方案"] == "✗ 逾期"


@needs_libreoffice
def test_a_finished_step_that_a_revised_plan_leaves_out_stands_in_no_later_ones_way(office: Annex2) -> None:
    send(office, "一.xlsx", FIRST, SECOND)
    collect(office)

    def done(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "制定走访方案"), at["进度"]).value = "已完成"

    edit(office, done)
    for n, month in enumerate((7, 8), start=2):
        send(office, f"{n}.xlsx", ((("完成全部走访", f"{month}月底", "张三")),), SECOND)
        (file,) = collect(office, now=f"2023-03-{8 + n:02}T10:00")
        assert file["verdict"].startswith("accepted"), file
        assert not [r for r in office.cells("待处理") if str(r["标识"]).startswith("conflict:")]
        assert [(r[1], r[4]) for r in rows(office)[:2]] == [("制定走访方案", "已完成"), ("完成全部走访", None)]
        assert rows(office)[1][2] == datetime(2023, month, 31)  # noqa: DTZ001
        assert office("rebuild")[0] == 0
        assert "人工改过" not in office("trace", "2", KEY)[1]


def test_the_steps_stand_in_the_order_of_the_tracker(office: Annex2) -> None:
    def steps(ws: Worksheet, at: Mapping[str, int]) -> None:
        row = max(row for row in range(1, 12) if "工作内容" in [c.value for c in ws[row]]) + 1
        for no in (2, 6):  # of 社会救助处, and of 养老服务处, whose first task is closed
            for header, value in (("序号", no), ("工作内容", f"第{no}项的步骤"), ("完成时间节点", "2023年底")):
                ws.cell(row, at[header]).value = value
            row += 1

    edit(office, steps)
    office.type(Sheet.TASKS, "2023-01", "销号状态", "已销号")
    order = [r["处室"] for r in office.cells("报送情况")]
    shown = office("status", now=NOW)[1].partition("办理方案的步骤")[2]
    there = sorted((ELDERLY, RELIEF), key=order.index)
    assert sorted(there, key=shown.index) == there


def test_the_tracker_shows_each_divisions_steps(office: Annex2, libreoffice: LibreOffice) -> None:
    def shown() -> dict[str, str]:
        libreoffice.open(path=office.master)
        table = libreoffice.rows(sheet="报送情况")
        libreoffice.close()
        head = next(r for r in table if "方案进展" in r)
        return {r[0]: r[head.index("方案进展")] for r in table if str(r[0]).endswith("处") and r is not head}

    assert set(shown().values()) == {""}
    send(office, "方案.xlsx", (*FIRST, ("总结", date(2099, 12, 1), "张三")), SECOND)
    collect(office)

    def more(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "制定走访方案"), at["进度"]).value = "已完成"
        row = row_of(ws, "核对供养标准") + 1
        for header, value in (("序号", 12), ("工作内容", "办公室自加步骤"), ("完成时间节点", "2023年底")):
            ws.cell(row, at[header]).value = value

    edit(office, more)
    office("collect", now=LATER)
    plan = {r[1]: r[6] for r in load_workbook(office.master)[NAME].iter_rows(min_row=4, values_only=True)}
    assert plan["制定走访方案"] == RELIEF
    assert plan["办公室自加步骤"] == "儿童福利处"
    found = shown()
    assert (found[RELIEF], found["儿童福利处"], found["养老服务处"]) == ("✗1 ！0 ✓1 共4步", "✗1 ！0 ✓0 共1步", "")
    settled = office.master.read_bytes()
    office("collect", now=LATEST)
    assert office.master.read_bytes() == settled
    office.type(Sheet.TASKS, "2023-02", "销号状态", "已销号")
    office("collect", now=LATEST)
    assert shown()[RELIEF] == "✗0 ！0 ✓0 共1步"


@pytest.mark.parametrize(
    ("key", "due", "ends"),
    [
        ("2023Q1", date(2023, 4, 5), date(2023, 3, 31)),
        ("2023Q1", date(2023, 3, 28), date(2023, 3, 31)),
        ("2023H1", date(2023, 6, 30), date(2023, 6, 30)),
        ("2023M5", date(2023, 5, 31), date(2023, 5, 31)),
        ("2023M02", date(2023, 2, 25), date(2023, 2, 28)),
        ("2023Y", date(2024, 1, 5), date(2023, 12, 31)),
        ("2023X", date(2024, 1, 15), date(2023, 12, 31)),
        ("加报", date(2023, 5, 31), date(2023, 5, 31)),
        ("加报", date(2023, 5, 8), date(2023, 4, 30)),
    ],
)
def test_the_time_that_a_round_tells_of(key: str, due: date, ends: date) -> None:
    assert period_end(Round(key, "", due)) == ends


def test_a_round_due_on_the_last_days_of_its_own_time_has_that_times_steps() -> None:
    may, half, june = (
        Round("2023M5", "五月", date(2023, 6, 5)),
        Round("2023H1", "上半年", date(2023, 6, 30)),
        Round("2023M6", "六月", date(2023, 7, 5)),
    )
    steps = [Step("1", "五月的", date(2023, 5, 28)), Step("1", "六月的", date(2023, 6, 28))]
    told = "5月28日 五月的（已过期）\n6月28日 六月的"
    assert due_in(steps, half, (may, half, june)) == told
    assert due_in(steps, june, (may, half, june)) == told  # its own time's, though another round asked for it before


def test_quarterly_forms_tell_what_the_plan_has_due(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    hints = {}
    for key in ("2023Q1", "2023Q2"):
        office("fanout", key)
        sheet = load_workbook(office.form(RELIEF, key)).worksheets[0]
        hints[key] = [str(sheet.cell(r, 5).value or "") for r in (5, 6)]
    assert hints["2023Q1"][0].splitlines() == ["办理方案里本期要办完的：", "3月31日 制定走访方案"]
    told = office.json("check", office.form(RELIEF), now=NOW)["files"][0]["findings"]
    assert "extra_columns" not in {f["code"] for f in told}  # the form's own words are no column of theirs
    assert hints["2023Q2"][0].splitlines()[1:] == ["3月31日 制定走访方案（已过期）", "6月30日 完成全部走访"]
    assert hints["2023Q1"][1] == hints["2023Q2"][1] == ""
    office.deliver(RELIEF, "2023Q1")
    (file,) = collect(office, "2023-04-03T10:00")
    assert file["round"] == "2023Q1"
    assert "办理方案" not in str(office.status_text(2))


def test_the_summary_tells_the_steps(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    office("summary", now="2023-07-10T09:00")
    (book,) = (office.root / "summary").glob("*.xlsx")
    sheet = load_workbook(book)["办理方案节点"]
    texts = [[c.value for c in r] for r in sheet.iter_rows() if r[0].value in ("2*", "13*")]
    assert [(t[2], t[6]) for t in texts] == [
        ("制定走访方案", "✗ 逾期"),
        ("完成全部走访", "✗ 逾期"),
        ("核对供养标准", "－ 未定时间"),
    ]
    (page,) = (office.root / "summary").glob("*.html")
    assert "办理方案共3个步骤，已完成0个，逾期2个。" in page.read_text("utf-8")
    (document,) = (office.root / "summary").glob("*.docx")
    assert any("2023年6月30日前完成全部走访（✗ 逾期）" in p.text for p in Document(str(document)).paragraphs)


def test_a_second_plan_round_is_refused_with_a_way_out(office: Annex2) -> None:
    add_round(office, "2023P2", "修订方案")
    status, _, err = office("collect", now=NOW)
    assert status == 2
    assert "一年只留一个" in err


def test_what_deleted_tasks_leave_is_nobodys(office: Annex2) -> None:
    """Whoever has their numbers by now; and when a row comes back, all is its own again."""
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def numbers(ws: Worksheet, _: Mapping[str, int]) -> None:
        tasks = ws.parent["任务台账"]
        for n, row in enumerate((r for r in tasks.iter_rows(min_row=4) if isinstance(r[0].value, int)), start=1):
            row[0].value = n

    relief, _ = delete_row(office, "2"), delete_row(office, "12")
    edit(office, numbers)
    _, out, _ = office("collect", now=LATER)
    assert "“办理方案”第4、5行是“任务台账”里已经没有的第2项“" in out
    steps = {r["工作内容"]: (r["序号"], r["任务编号"]) for r in office.cells(NAME) if r["工作内容"]}
    assert steps == {
        "制定走访方案": (2, "2023-02"), "完成全部走访": (2, "2023-02"), "核对供养标准": (11, "2023-13")
    }  # fmt: skip
    target = next(r for r in office.cells("指标") if r["指标"] == "区级儿童福利指导中心")
    assert (target["序号"], target["任务编号"]) == (12, "2023-12")
    assert str(target["进度"]).endswith("归现在第12项的，在新的一行里重写")
    office("fanout", "2023Q1")
    for form in (office.root / "outbox/2023Q1").glob("*.xlsx"):
        told = str([list(s.values) for s in load_workbook(form)])
        assert "走访" not in told
    settled = office.master.read_bytes()
    office("collect", now=LATER)
    assert office.master.read_bytes() == settled

    put_back(office, [31, *relief[1:]])
    _, out, _ = office("collect", now=LATEST)
    assert "办理方案" not in out
    steps = {r["工作内容"]: (r["序号"], r["任务编号"]) for r in office.cells(NAME) if r["工作内容"]}
    assert steps["完成全部走访"] == (31, "2023-02")


def test_a_row_that_somebody_added_follows_its_task(office: Annex2) -> None:
    def renumber(ws: Worksheet, _: Mapping[str, int]) -> None:
        for row in ws.parent["任务台账"].iter_rows(min_row=4, max_col=1):
            if isinstance(number := row[0].value, int):
                row[0].value = number + 1

    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    book = Workbook.open(office.master)
    book.table(NAME).append([{"序号": 2, "工作内容": "报人社局备案"}])
    office.master.write_bytes(book.to_bytes())
    office("collect", now=LATER)
    (own,) = (r for r in office.cells(NAME) if r["工作内容"] == "报人社局备案")
    assert own["任务编号"] == "2023-02"
    edit(office, renumber)
    office("collect", now=LATEST)
    (own,) = (r for r in office.cells(NAME) if r["工作内容"] == "报人社局备案")
    assert (own["序号"], own["任务编号"], own["牵头处室"]) == (3, "2023-02", RELIEF)


def test_a_step_of_the_offices_own_is_no_report(office: Annex2) -> None:
    """What is put before the leader is what divisions reported."""

    def own(ws: Worksheet, at: Mapping[str, int]) -> None:
        row = row_of(ws, "工作内容") + 1
        ws.cell(row, at["序号"]).value, ws.cell(row, at["工作内容"]).value = 2, "办公室自加步骤"

    edit(office, own)
    assert "李超分管的还没有报来，没有生成" in office("approval", KEY, now=NOW)[1]
    send(office, "方案.xlsx", (), SECOND, approver="")  # the other task's plan alone
    collect(office)
    office("approval", KEY, now=NOW)
    (path,) = (office.root / "summary" / "送审").glob("*李超*.docx")
    words = "\n".join(p.text for p in Document(str(path)).paragraphs)
    assert "办公室自加步骤" not in words
    assert "要报送办理方案" in words
    assert "1项未报" in words


def test_steps_of_a_closed_task_are_nobodys_to_chase(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    office.type(Sheet.TASKS, "2023-02", "销号状态", "已销号")
    assert office.json("status", now="2023-08-01T09:00")["plans"] == [
        {"division": RELIEF, "done": 0, "overdue": 0, "soon": 0, "ahead": 0, "undated": 1}
    ]
    office("fanout", "2023Q2", now="2023-06-20T09:00")
    sheet = load_workbook(office.form(RELIEF, "2023Q2")).worksheets[0]
    assert not sheet["E5"].value


def test_a_plan_is_not_asked_of_a_closed_task(office: Annex2) -> None:
    office.type(Sheet.TASKS, "2023-02", "销号状态", "已销号")
    office.type(Sheet.TASKS, "2023-02", "销号日期", "2023-03-01")
    office("fanout", KEY)
    sheet = load_workbook(office.form(RELIEF, KEY)).worksheets[0]
    assert [c.value for c in sheet["A"] if isinstance(c.value, int)] == [1]
    assert "供养" in str(sheet["B5"].value), sheet["B5"].value
    send(office, "方案.xlsx", SECOND)
    (file,) = collect(office)
    assert (file["verdict"], codes(file)) == ("accepted", set())
    (round_,) = (r for r in office.json("status", now=LATER)["rounds"] if r["round"] == KEY)
    assert {d["division"]: d["state"] for d in round_["divisions"]}[RELIEF] == "on_time"


def test_a_page_ends_between_two_tasks(office: Annex2, shared: Path) -> None:
    """Three blocks of six rows below the title, four below a repeated header; a long task takes more room."""
    form = office.form(ELDERLY, KEY)
    sheet = load_workbook(form).worksheets[0]
    assert [b.id for b in sheet.row_breaks.brk] == [22]
    assert [sheet.cell(b.id + 1, 1).value for b in sheet.row_breaks.brk] == [4]
    command = [sys.executable, str(shared / "check_ooxml.py"), str(form)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert load_workbook(office.form(RELIEF, KEY)).worksheets[0].row_breaks.brk == []
    long = "推进区级养老服务中心建设，完善运营机制，落实安全管理责任，提升服务质量。" * 8
    office.type(Sheet.TASKS, "2023-03", "工作事项", long)
    office("fanout", KEY)
    assert [b.id for b in load_workbook(form).worksheets[0].row_breaks.brk] == [10, 16, 34]  # the last is signed below
    # staff who have set breaks of their own keep them
    template = office.root / "templates" / "plan.xlsx"
    book = load_workbook(template)
    book.worksheets[0].row_breaks.append(Break(id=6))
    book.save(template)
    office("fanout", KEY)
    assert len(load_workbook(form).worksheets[0].row_breaks.brk) == 1


def test_an_office_without_the_sheet_is_told_where_plans_go(office: Annex2) -> None:
    book = load_workbook(office.master)
    del book[NAME]
    book.save(office.master)
    send(office, "方案.xlsx", FIRST, SECOND)
    (file,) = collect(office)
    assert (file["verdict"], "no_column" in codes(file)) == ("held", True)


def test_a_plan_typed_anew_in_word_is_read(office: Annex2) -> None:
    """Without stamp, keys or merged cells, with other headers."""
    document = Document()
    document.add_paragraph("2023年市民政局社会救助处工作方案")
    items = [t["工作事项"] for t in office.cells("任务台账") if t["序号"] in (2, 13)]
    lines = [(items[0], *FIRST[0]), (items[0], *FIRST[1]), (items[1], *SECOND[0])]
    table = document.add_table(1, 4)
    for cell, text in zip(table.rows[0].cells, ("责任事项", "具体措施", "完成时限", "负责人"), strict=True):
        cell.text = text
    for line in lines:
        for cell, value in zip(table.add_row().cells, line, strict=True):
            cell.text = f"{value:%Y年%m月%d日}" if isinstance(value, date) else str(value)
    document.add_paragraph("分管局领导审定：李超    审定日期：2023年3月8日")
    document.save(str(office.root / "inbox" / "方案.docx"))
    (file,) = collect(office)
    assert (file["verdict"], file["division"], file["round"]) == ("accepted with remarks", RELIEF, KEY)
    assert rows(office) == AS_SENT


def test_one_cell_over_several_steps_says_the_same_of_each(office: Annex2) -> None:
    """A day and a person for two steps, one 工作内容 for two days, and a row copied from another task's block."""
    book = load_workbook(office.form(RELIEF, KEY))
    sheet = book.worksheets[0]
    cells = {"C5": "制定方案", "C6": "开展培训", "D5": "3月底", "E5": "张三"}
    cells |= {"C7": "入户走访", "D7": "6月底", "D8": "年底", "E7": "李四"}
    cells |= {"C11": "核对供养标准", "D11": "9月底", "E11": "王五", "C12": "总结", "D12": "年底", "E12": "王五"}
    for ref, value in cells.items():
        sheet[ref].value = value
    for merged in ("D5:D6", "E5:E6", "C7:C8", "E7:E8"):
        sheet.merge_cells(merged)
    sheet["H12"].value = sheet["H5"].value
    sheet["E18"].value, sheet["E19"].value = "李超", date(2023, 3, 8)
    book.save(office.root / "inbox" / "方案.xlsx")
    (file,) = collect(office)
    assert (file["verdict"], codes(file)) == ("accepted", set())
    assert [(r[0], r[1], f"{r[2]:%m-%d}", r[3]) for r in rows(office)] == [
        (2, "制定方案", "03-31", "张三"),
        (2, "开展培训", "03-31", "张三"),
        (2, "入户走访", "06-30", "李四"),
        (2, "入户走访", "12-31", "李四"),
        (13, "核对供养标准", "09-30", "王五"),
        (13, "总结", "12-31", "王五"),
    ]


def test_approval_under_the_steps_is_no_step(office: Annex2) -> None:
    """A plan typed anew, whose labels stand in the column of steps; a row without words, a day of another year."""
    items = [t["工作事项"] for t in office.cells("任务台账") if t["序号"] in (2, 13)]
    book = NewWorkbook()
    sheet = book.active
    assert sheet is not None
    for line in (
        ("2023年市民政局社会救助处办理方案",),
        ("序号", "责任事项", "工作内容", "完成时间节点", "责任人"),
        (1, items[0], "制定走访方案", date(2022, 3, 31), "张三"),
        (None, None, None, "6月底", "张三"),
        (2, items[1], "核对供养标准", "持续推进", "李四"),
        (None, None, "分管局领导审定：", "李超"),
        (None, None, "审定日期：", date(2023, 3, 8)),
    ):
        sheet.append(line)
    book.save(office.root / "inbox" / "方案.xlsx")
    (file,) = collect(office)
    assert file["verdict"] == "returned for correction"
    assert codes(file) == {"no_stamp", "step_without_words", "step_of_another_year"}
    assert {f["where"] for f in file["findings"] if f["code"].startswith("step")} == {"Sheet!D3", "Sheet!C4"}
    assert [r[1] for r in rows(office)] == ["制定走访方案", "核对供养标准"]


def test_a_plan_that_no_round_asks_for_waits_for_one(annex2: Annex2, office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    with_round = office.master.read_bytes()
    book = Workbook.from_bytes(with_round)
    sheet = book.sheet("报送节点")
    sheet.remove_rows(max(n for n, cells in sheet.rows() if KEY in cells.values()), 1)
    annex2.master.write_bytes(book.to_bytes())
    (file,) = collect(annex2)
    assert (file["verdict"], codes(file)) == ("held", {"no_such_round"})
    assert "表种选“办理方案”" in file["findings"][0]["remedy"]
    add_round(annex2)

    def accept(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "file:1"), at["处理意见"]).value = f"接收此件 {RELIEF} {KEY}"

    edit(annex2, accept, "待处理")
    annex2("collect", now=LATER)
    assert rows(annex2) == AS_SENT


def test_the_mail_that_brings_the_form_speaks_of_it(office: Annex2) -> None:
    def addresses(ws: Worksheet, _: Mapping[str, int]) -> None:
        book = ws.parent
        row = row_of(book["处室"], RELIEF)
        mail = next(c.column for c in book["处室"][3] if c.value == "邮箱")
        book["处室"].cell(row, mail).value = "relief@example.cn"

    edit(office, addresses, "办理方案")
    office("send", KEY, "--drafts")
    (draft,) = (office.root / "outbox").rglob("*.eml")
    message = email.message_from_bytes(draft.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "现将办理方案表发给你们，共 2 项" in text
    assert "“工作内容”“完成时间节点”“责任人”" in text
    assert "行不够就在本项中间插入行" in text
    assert "行列" not in text


def test_rows_follow_their_task_when_it_is_renumbered(office: Annex2) -> None:
    """A number that the task had goes on naming it; a row copied to another task is that task's.  状态 is filled in."""
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def renumber(ws: Worksheet, at: Mapping[str, int]) -> None:
        plan = ws.parent[NAME]
        last = row_of(plan, "核对供养标准")
        for column in range(1, 8):
            plan.cell(last + 1, column).value = plan.cell(row_of(plan, "完成全部走访"), column).value
        plan.cell(last + 1, 1).value = 14
        plan.cell(last + 1, at["状态"]).value = None
        tasks = ws.parent["任务台账"]
        for row in tasks.iter_rows(min_row=4, max_col=1):
            if isinstance(number := row[0].value, int) and number >= 2:
                row[0].value = number + 1

    edit(office, renumber)
    office("collect", now=LATER)
    found = [r for r in load_workbook(office.master)[NAME].iter_rows(min_row=4, values_only=True) if r[1]]
    assert [r[:2] for r in found] == [
        (3, "制定走访方案"),
        (3, "完成全部走访"),
        (14, "核对供养标准"),
        (14, "完成全部走访"),
    ]
    assert str(found[-1][5]).startswith("=IF(B7=")
    assert "完成全部走访" in office("trace", "14", KEY)[1]
    settled = office.master.read_bytes()
    office("collect", now=LATEST)
    assert office.master.read_bytes() == settled


@needs_libreoffice
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_filled_in_by_another_program(office: Annex2, libreoffice: LibreOffice, kind: str) -> None:
    """With a row inserted into the first block, which is what the form asks to do when six are too few."""
    libreoffice.open(path=office.form(RELIEF, KEY))
    libreoffice.unprotect()
    libreoffice.insert_rows(at=7, count=1)
    cells = {"C5": "制定走访方案", "E5": "张三", "C7": "完成全部走访", "D7": "6月底", "E7": "张三"}
    cells |= {"C12": "核对供养标准", "D12": "持续推进", "E12": "李四", "E19": "李超"}
    for ref, value in cells.items():
        libreoffice.set(ref=ref, value=value)
    for ref, day in (("D5", date(2023, 3, 31)), ("E20", date(2023, 3, 8))):
        libreoffice.set(ref=ref, value=(day - date(1899, 12, 30)).days)
    out = office.root / "inbox" / f"方案.{kind}"
    libreoffice.save(path=out, kind=kind)
    libreoffice.close()
    (file,) = collect(office)
    assert (file["verdict"], file["round"]) in {("accepted", KEY), ("accepted with remarks", KEY)}, file
    assert rows(office) == AS_SENT


# days, words


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2023年6月30日", "2023-06-30"),
        ("6月30日前", "2023-06-30"),
        ("6.30", "2023-06-30"),
        ("20230630", "2023-06-30"),
        (45107, "2023-06-30"),
        (datetime(2023, 6, 30), "2023-06-30"),  # noqa: DTZ001
        ("2月", "2023-02-28"),
        ("6月底前", "2023-06-30"),
        ("六月底", "2023-06-30"),
        ("十二月", "2023-12-31"),
        ("6月中下旬", "2023-06-30"),
        ("23年6月底", "2023-06-30"),
        ("今年6月底", "2023-06-30"),
        ("明年1月", "2024-01-31"),
        ("2023年年底", "2023-12-31"),
        ("2023.6", "2023-06-30"),
        ("2023-06", "2023-06-30"),
        ("6月30日（含）", "2023-06-30"),
        ("2023/6/30 0:00", "2023-06-30"),
        ("2024年2月底", "2024-02-29"),
        ("6月上旬", "2023-06-10"),
        ("第二季度", "2023-06-30"),
        ("三季度末前完成", "2023-09-30"),
        ("上半年", "2023-06-30"),
        ("4月至6月", "2023-06-30"),
        ("2023年4月1日—6月30日", "2023-06-30"),
        ("一至三季度", "2023-09-30"),
        ("年底前", "2023-12-31"),
        ("持续推进", None),
        ("全年", None),
        ("按市级要求", None),
        ("按月", None),
    ],
)
def test_days_as_people_write_them(written: Any, day: str | None) -> None:
    found = step_day(written, 2023)
    assert str(found) == (day or written)
    assert not unread(found)


@pytest.mark.parametrize("written", ["待定", "尽快", "2月30日", "13月", 6.3, "六七月份", "见附件"])
def test_what_names_no_day_is_kept_and_told(written: Any) -> None:
    found = step_day(written, 2023)
    assert found == str(written)
    assert unread(found)


def test_a_plan_as_text_and_back() -> None:
    steps = (Step("k", "总结｜评估", "年底", ""), Step("k", "制定\n方案", date(2023, 3, 31), "张三"))
    text = plan_text(steps)
    assert text == "制定 方案｜2023-03-31｜张三\n总结|评估｜年底｜"
    assert plan_text(steps_of(text, "k")) == text


PROGRESSES = (
    "已完成", "完成", "未完成", "已办结", "部分完成", "正在推进，已完成50%", "100%", "完成50%", "全部完成",
    "已完成100%", "", "未启动", "推进中", "基本完成", "尚未完成", "已完成招标，正在施工", "√",
    "完 成", "１００％", "提前完成",
)  # fmt: skip
DAYS = (date(2020, 1, 1), date(2999, 1, 1), "持续推进", "")


@needs_libreoffice
def test_the_sheet_and_the_program_say_the_same(libreoffice: LibreOffice, tmp_path: Path) -> None:
    assert not missing()
    book = NewWorkbook()
    sheet = book.active
    assert sheet is not None
    cases = [(p, d) for p in PROGRESSES for d in DAYS]
    for row, (progress, day) in enumerate(cases, start=1):
        for column, value in enumerate(("做事", day or None, progress or None), start=1):
            sheet.cell(row, column).value = value
        sheet.cell(row, 4).value = standing_formula(f"A{row}", f"B{row}", f"C{row}")
    book.save(tmp_path / "a.xlsx")
    libreoffice.open(path=tmp_path / "a.xlsx")
    libreoffice.save(path=tmp_path / "b.xlsx", kind="xlsx")
    libreoffice.close()
    shown = load_workbook(io.BytesIO((tmp_path / "b.xlsx").read_bytes()), data_only=True).worksheets[0]
    today = date.today()  # noqa: DTZ011  what TODAY() is
    for row, (progress, day) in enumerate(cases, start=1):
        expected = standing(Step("k", "做事", day, "", progress), today)
        assert shown.cell(row, 4).value == expected.label, (progress, day)
    assert {standing(Step("k", "做事", d, "", p), today) for p, d in cases} >= {Standing.DONE, Standing.OVERDUE}
    assert [p for p in PROGRESSES if step_done(p)] == [
        "已完成", "完成", "已办结", "100%", "全部完成", "已完成100%", "√", "１００％", "提前完成",
    ]  # fmt: skip


def test_the_summary_counts_no_steps_of_a_closed_task(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    office.type(Sheet.TASKS, "2023-02", "销号状态", "已销号")
    office("summary", now="2023-08-01T09:00")
    (path,) = (office.root / "summary").glob("*.docx")
    words = "\n".join(p.text for p in Document(str(path)).paragraphs)
    assert "办理方案共1个步骤（已销号任务的2个不计），已完成0个。" in words
    assert "前制定走访方案（已销号）" in words
    (book,) = (office.root / "summary").glob("*.xlsx")
    states = [row[-1] for row in load_workbook(book)["办理方案节点"].iter_rows(values_only=True)]
    assert states.count("已销号") == 2


def test_steps_with_progress_stay_when_their_plan_is_taken_back_and_are_told(office: Annex2) -> None:
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)

    def progress(ws: Worksheet, at: Mapping[str, int]) -> None:
        ws.cell(row_of(ws, "制定走访方案"), at["进度"]).value = "推进中"

    edit(office, progress)
    office.type(Sheet.RECEIPTS, "1", "结论", "不处理")
    out = office("collect", now=LATER)[1]
    assert "“办理方案”里 1 步写着进度，留着没有删" in out
    assert [r[1] for r in rows(office)] == ["制定走访方案"]


def test_a_plan_that_is_taken_back_gives_way_to_the_earlier_one(office: Annex2) -> None:
    """A step that somebody has written a 进度 for is nobody's to empty."""
    send(office, "方案.xlsx", FIRST, SECOND)
    collect(office)
    send(office, "改.xlsx", (("另一回事", "6月底", "王五"),), SECOND)
    collect(office, LATER)
    assert (2, "另一回事", datetime(2023, 6, 30), "王五", None) in rows(office)  # noqa: DTZ001
    office.type(Sheet.RECEIPTS, "2", "结论", "不处理")
    collect(office, LATEST)
    assert sorted(rows(office), key=str) == sorted(AS_SENT, key=str)
    edit(office, lambda ws, at: setattr(ws.cell(row_of(ws, "制定走访方案"), at["进度"]), "value", "已完成"))
    office.type(Sheet.RECEIPTS, "1", "结论", "不处理")
    collect(office, LATEST)
    assert [r[1] for r in rows(office)] == ["制定走访方案"]
    before = office.master.read_bytes()
    collect(office, LATEST)
    assert office.master.read_bytes() == before


def plan_file(annex2: Annex2, change: Callable[[Worksheet], None], *plans: Steps) -> Mapping[str, Any]:
    send(annex2, "方案.xlsx", *plans)
    path = annex2.root / "inbox" / "方案.xlsx"
    book = load_workbook(path)
    change(book.worksheets[0])
    book.save(path)
    (file,) = collect(annex2)
    return file


def test_steps_that_read_like_a_state_are_steps(office: Annex2) -> None:
    lasting: Steps = (("调查摸底", "3月底", "张三"), ("持续推进", "全年", "张三"), ("办结", "12月底", "李四"))
    file = plan_file(office, lambda _: None, lasting, SECOND)
    assert file["verdict"] == "accepted"
    assert {r[1] for r in rows(office)} == {"调查摸底", "持续推进", "办结", "核对供养标准"}


def test_a_step_that_names_nothing_is_asked_for(office: Annex2) -> None:
    file = plan_file(office, lambda _: None, (("同上", "6月底", "张三"), *FIRST), SECOND)
    assert (file["verdict"], codes(file)) == ("returned for correction", {"step_says_nothing"})


def test_a_plan_with_a_column_of_progress_is_a_plan(office: Annex2) -> None:
    def add(ws: Worksheet) -> None:
        ws["F4"], ws["F5"] = "进度", "推进中"

    file = plan_file(office, add, FIRST, SECOND)
    assert codes(file) == {"extra_columns"}
    assert [r[1] for r in rows(office)] == [r[1] for r in AS_SENT]


def test_what_stands_beside_the_steps_is_told(office: Annex2) -> None:
    def add(ws: Worksheet) -> None:
        ws["F5"] = "需市财政支持200万元"
        ws["C5"].comment = Comment("这一步改到下半年", "张三")
        ws.cell(ws.max_row + 2, 1).value = "说明：以上方案已报市局备案，第2步尚未定。"
        ws["C6"].font = Font(strike=True)

    file = plan_file(office, add, FIRST, SECOND)
    assert codes(file) == {"extra_columns", "comment", "text_outside", "struck_out"}


def test_a_number_in_a_cell_of_dates_is_no_day_of_1900(office: Annex2) -> None:
    file = plan_file(office, lambda _: None, (("制定走访方案", 6.3, "张三"), FIRST[1]), SECOND)
    assert (file["verdict"], codes(file)) == ("returned for correction", {"step_day_unread"})
    (unread_,) = (f for f in file["findings"] if f["code"] == "step_day_unread")
    assert "6.3" in unread_["message"]


def test_steps_of_one_day_stand_by_the_numbers_before_them(office: Annex2) -> None:
    end = date(2023, 12, 31)
    first: Steps = [(f"{mark}、做事", end, "张三") for mark in ("一", "二", "三", "十")]
    second: Steps = [(f"{mark}.办事", end, "李四") for mark in (1, 2, 9, 10)]
    send(office, "方案.xlsx", first, second)
    collect(office)
    assert [r[1] for r in rows(office)] == [text for text, _, _ in (*first, *second)]
    assert "完全一致" in office("rebuild")[1]
