"""A report that was taken in by mistake: 结论 is changed to 不处理 in 收件记录, and what it wrote gives way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from conftest import Annex2
from openpyxl import load_workbook
from test_mix_ups import LATER, LATEST, RELIEF, decide, new, open_items, texts

from toolkit.master.schema import Sheet

EARLY, AT_LAST = "2023-04-03T10:00", "2023-04-06T10:00"


@pytest.fixture
def reported(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2.json("collect", now=EARLY)
    return annex2


def rule(annex2: Annex2, no: int, verdict: str = "不处理") -> None:
    annex2.type(Sheet.RECEIPTS, str(no), "结论", verdict)


def receipt(annex2: Annex2, no: int) -> dict[str, Any]:
    (row,) = (r for r in annex2.cells("收件记录") if r["编号"] == no)
    return row


def office_writes(annex2: Annex2) -> None:
    """The office changes the text of task 2."""
    task = next(r["任务编号"] for r in annex2.cells("任务台账") if r["序号"] == 2)
    annex2.type(Sheet.TASKS, task, "第一季度完成情况", "办公室改过")


def conflict(annex2: Annex2) -> dict[str, Any]:
    (item,) = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("conflict:"))
    return item


def disagreement(annex2: Annex2) -> dict[str, Any]:
    """The office has changed a text, and receipt 2 says another one: the item of 待处理."""
    office_writes(annex2)
    annex2.deliver(RELIEF, name="二.xlsx", texts=("处室改过", "标准一"))
    annex2.json("collect", now=LATER)
    return conflict(annex2)


def states(annex2: Annex2) -> tuple[object, object]:
    return tuple(annex2.status_text(no, "第一季度报送状态") for no in (2, 13))  # type: ignore[return-value]


def shown(annex2: Annex2, now: str = LATEST) -> str:
    """What `status` says of the division."""
    (round_,) = annex2.json("status", "2023Q1", now=now)["rounds"]
    return str(next(d["state"] for d in round_["divisions"] if d["division"] == RELIEF))


def stands(annex2: Annex2) -> None:
    """There is nothing more to do."""
    before = annex2.master.read_bytes()
    annex2.json("collect", now=LATEST)
    assert annex2.master.read_bytes() == before


def agrees(annex2: Annex2) -> None:
    """The archive bears the master out, and there is nothing more to do."""
    assert annex2("rebuild")[0] == 0
    before = annex2.master.read_bytes()
    assert "没有变化" in annex2("collect", now=AT_LAST)[1]
    assert annex2.master.read_bytes() == before


def test_the_first_report_is_emptied_and_is_owed_again(reported: Annex2) -> None:
    rule(reported, 1)
    status, out, _ = reported("rebuild")
    assert (status, "第1号收件的结论由人改过，还没有照办" in out) == (1, True)
    _, out, _ = reported("collect", now=LATER)
    assert "收件记录 第1号：已撤回：2 处清空（2023-04-04 10:00）" in out
    assert texts(reported) == (None, None)
    assert states(reported) == (None, None)
    row = receipt(reported, 1)
    assert row["结论"] == "不处理"
    assert row["审定"] == "已审定"  # a person's word, where it was one
    assert str(row["原因"]).startswith("经人工撤回：2 处清空（2023-04-04 10:00）")
    assert shown(reported) == "due_soon"
    (tracker,) = (r for r in reported.cells("报送情况") if r["处室"] == RELIEF)
    assert str(tracker["第一季度"]).startswith("=")
    agrees(reported)


def test_trace_tells_of_it(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="缺.xlsx", texts=(None, "标准零"))
    annex2.json("collect", now=EARLY)
    whole = annex2.deliver(RELIEF, name="全.xlsx", texts=("救助一", "标准一"))
    whole.with_name("又一份.xlsx").write_bytes(whole.read_bytes())  # the same bytes once more
    annex2.json("collect", now=LATER)
    rule(annex2, 2)
    annex2.json("collect", now=LATEST)
    told = annex2.json("trace", "13", "2023Q1")
    steps = [(s["name"], s["text"], s["verdict"], s["taken"]) for s in told["steps"]]
    assert steps == [("缺.xlsx", "标准零", "returned for correction", True), ("全.xlsx", "标准一", "ignored", False)]
    assert (told["text"], told["origin"], told["changed_by_hand"]) == ("标准零", 1, False)
    assert [s["name"] for s in annex2.json("trace", "2", "2023Q1")["steps"]] == ["缺.xlsx", "全.xlsx"]
    out = annex2("trace", "13", "2023Q1")[1]
    assert "没有写入，结论是“不处理”" in out
    assert "2023-04-03 10:00 写入" in out
    assert annex2.json("trace", "3", "2023Q1")["steps"] == []  # another division's


def test_a_correction_gives_way_to_what_it_corrected(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("误", "标准一"))
    reported.json("collect", now=LATER)
    assert texts(reported) == ("误", "标准一")
    rule(reported, 2)
    _, out, _ = reported("collect", now=LATEST)
    assert "1 处改回以前报来的" in out
    assert texts(reported) == ("救助一", "标准一")
    assert states(reported) == ("按时", "按时")
    assert shown(reported) == "on_time"
    agrees(reported)


def test_the_first_of_two_leaves_the_second_as_it_is_but_it_alone_says_when(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("新", "标准一"), day=date(2023, 4, 4))
    reported.json("collect", now="2023-04-08T10:00")
    assert states(reported) == ("按时", "按时")
    rule(reported, 1)
    reported.json("collect", now="2023-04-08T11:00")
    assert texts(reported) == ("新", "标准一")
    assert states(reported) == ("逾期", "逾期")
    assert shown(reported, "2023-04-08T12:00") == "late"


def test_what_a_person_changed_since_stays(reported: Annex2) -> None:
    office_writes(reported)
    rule(reported, 1)
    _, out, _ = reported("collect", now=LATER)
    assert "1 处清空、1 处后来人改过或另有报送，没有动" in out
    assert texts(reported) == ("办公室改过", None)
    agrees(reported)


def test_a_mistaken_taking_back_is_taken_back(reported: Annex2) -> None:
    rule(reported, 1)
    reported.json("collect", now=LATER)
    rule(reported, 1, "接收")
    _, out, _ = reported("collect", now=LATEST)
    assert "收件记录 第1号：已接收，记为社会救助处第一季度，写入台账 2 格" in out
    assert texts(reported) == ("救助一", "标准一")
    assert states(reported) == ("按时", "按时")
    assert receipt(reported, 1)["审定"] == "已审定"
    agrees(reported)


def test_the_same_file_sent_again_is_asked_about(reported: Annex2) -> None:
    rule(reported, 1)
    reported.json("collect", now=LATER)
    (reported.root / "inbox/又.xlsx").write_bytes((reported.root / "inbox/一.xlsx").read_bytes())
    file = new(reported, now=LATEST)
    assert [f["code"] for f in file["findings"]] == ["duplicate_of_taken_back"]
    assert texts(reported) == (None, None)
    decide(reported, "接收此件 社会救助处 2023Q1")
    reported.json("collect", now="2023-04-05T11:00")
    assert texts(reported) == ("救助一", "标准一")
    (reported.root / "inbox/再.xlsx").write_bytes((reported.root / "inbox/一.xlsx").read_bytes())
    assert [f["code"] for f in new(reported, now="2023-04-05T12:00")["findings"]] == ["duplicate"]
    agrees(reported)


def test_what_was_asked_of_the_division_waits_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2.json("collect", now=EARLY)
    annex2.deliver(RELIEF, name="二.xlsx", texts=("另一回事", "另一个标准"))
    annex2.json("collect", now=LATER)
    (item,) = (r for r in annex2.cells("待处理") if r["标识"] == "return:1")
    assert item["处理结果"] == "已由第2号收件补正"
    rule(annex2, 2)
    annex2.json("collect", now=LATEST)
    (item,) = (r for r in annex2.cells("待处理") if r["标识"] == "return:1")
    assert item["处理结果"] is None
    assert texts(annex2) == ("救助一", None)
    assert states(annex2) == ("按时", "退回")
    assert shown(annex2) == "returned"
    assert "第 1 号收件：附件2!C6" in annex2("status", "2023Q1", now=LATEST)[1]
    agrees(annex2)


def test_a_returned_file_is_taken_back_with_what_was_asked(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2.json("collect", now=EARLY)
    rule(annex2, 1)
    annex2.json("collect", now=LATER)
    (item,) = (r for r in annex2.cells("待处理") if r["标识"] == "return:1")
    assert str(item["处理结果"]).startswith("已撤回第1号收件")
    assert texts(annex2) == (None, None)
    assert states(annex2) == (None, None)
    agrees(annex2)


def test_a_disagreement_with_it_is_over(reported: Annex2) -> None:
    disagreement(reported)
    rule(reported, 2)
    reported.json("collect", now=LATEST)
    item = conflict(reported)
    assert item["处理结果"] == "已撤回第2号收件"
    assert texts(reported) == ("办公室改过", "标准一")
    assert annex2_agrees_but_for_the_office(reported)


def annex2_agrees_but_for_the_office(annex2: Annex2) -> bool:
    found = annex2.json("rebuild")["differences"]
    return [d["kind"] for d in found] == ["changed_by_hand"]


def test_a_correction_taken_back_and_sent_in_the_same_run(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("误", "标准一"))
    reported.json("collect", now=LATER)
    rule(reported, 2)
    reported.deliver(RELIEF, name="三.xlsx", texts=("对了", "标准一"))
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("对了", "标准一")
    assert states(reported) == ("按时", "按时")
    agrees(reported)


def test_a_missing_original_changes_nothing_and_is_told(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("误", "标准一"))
    reported.json("collect", now=LATER)
    gone = reported.root / str(receipt(reported, 1)["归档位置"])
    gone.chmod(0o600)
    kept = gone.read_bytes()
    gone.unlink()
    (reported.root / "inbox/一.xlsx").unlink()
    rule(reported, 2)
    _, out, _ = reported("collect", now=LATEST)
    assert "收件记录 第2号" in out
    assert texts(reported) == ("误", "标准一")
    assert receipt(reported, 2)["结论"].startswith("接收")
    gone.write_bytes(kept)
    rule(reported, 2)
    reported.json("collect", now=AT_LAST)
    assert texts(reported) == ("救助一", "标准一")


# other 结论 that a person writes


@pytest.fixture
def held(reported: Annex2) -> Annex2:
    reported.deliver(RELIEF, name="儿童福利处.xlsx", texts=("儿童的情况", "标准一"))
    reported.json("collect", now=LATER)
    assert receipt(reported, 2)["结论"] == "待裁定"
    return reported


def test_a_held_file_accepted_in_its_own_row(held: Annex2) -> None:
    rule(held, 2, "接收")
    held.json("collect", now=LATEST)
    assert texts(held) == ("儿童的情况", "标准一")
    assert open_items(held) == []
    agrees(held)


def test_a_held_file_refused_in_its_own_row(held: Annex2) -> None:
    rule(held, 2)
    held.json("collect", now=LATEST)
    assert texts(held) == ("救助一", "标准一")
    assert open_items(held) == []
    assert str(receipt(held, 2)["原因"]).startswith("经人工裁定不接收")
    agrees(held)


def test_what_cannot_be_accepted_becomes_what_it_was(reported: Annex2) -> None:
    (reported.root / "inbox/乱.xlsx").write_bytes(b"PK\x03\x04 nothing")
    reported.json("collect", now=LATER)
    rule(reported, 2, "接收")
    reported.json("collect", now=LATEST)
    assert receipt(reported, 2)["结论"] == "待裁定"
    (item,) = open_items(reported) or [None]
    assert item is None or "没有能写入台账的内容" in str(item["处理结果"])
    assert "没有变化" in reported("collect", now=AT_LAST)[1]


def test_a_returned_file_accepted_in_its_own_row(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2.json("collect", now=EARLY)
    rule(annex2, 1, "接收")
    annex2.json("collect", now=LATER)
    (item,) = (r for r in annex2.cells("待处理") if r["标识"] == "return:1")
    assert str(item["处理结果"]).startswith("已接收")
    assert shown(annex2) == "on_time"
    agrees(annex2)


def test_a_copy_of_a_returned_file_does_not_hide_that_it_was_returned(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    path = annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2.json("collect", now=EARLY)
    (annex2.root / "inbox/又.xlsx").write_bytes(path.read_bytes())
    annex2.json("collect", now=LATER)
    assert shown(annex2) == "returned"
    (tracker,) = (r for r in annex2.cells("报送情况") if r["处室"] == RELIEF)
    assert tracker["第一季度"] == "退回"


def test_a_correction_of_a_part_is_no_report_without_the_whole(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("新", None))
    reported.json("collect", now=LATER)
    assert texts(reported) == ("新", "标准一")
    rule(reported, 1)
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("新", None)
    assert receipt(reported, 2)["结论"] == "退回修改"
    (item,) = (r for r in reported.cells("待处理") if r["标识"] == "return:2")
    assert "没有填写完成情况" in str(item["问题"])
    assert shown(reported) == "returned"
    agrees(reported)


def test_who_said_the_same_holds_it_until_taken_back_too(reported: Annex2) -> None:
    for name, given in (("二", ("救助一", "标准二")), ("三", ("又", "标准三"))):
        reported.deliver(RELIEF, name=f"{name}.xlsx", texts=given)
        reported.json("collect", now=LATER)
    for no, left in ((1, ("又", "标准三")), (3, ("救助一", "标准二")), (2, (None, None))):
        rule(reported, no)
        reported.json("collect", now=LATEST)
        assert texts(reported) == left
    agrees(reported)


def test_a_later_report_of_the_same_words_holds_them_against_the_offices_own(reported: Annex2) -> None:
    item = disagreement(reported)
    reported.type(Sheet.ATTENTION, item["标识"], "处理意见", "采用报送")
    reported.json("collect", now=LATER)
    reported.deliver(RELIEF, name="三.xlsx", texts=("处室改过", "标准三"))
    reported.json("collect", now=LATER)
    rule(reported, 2)
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("处室改过", "标准三")
    agrees(reported)
    rule(reported, 3)
    reported.json("collect", now=AT_LAST)
    assert texts(reported) == ("办公室改过", "标准一")


def test_words_of_the_office_that_the_file_said_too_stay(reported: Annex2) -> None:
    office_writes(reported)
    reported.deliver(RELIEF, name="二.xlsx", texts=("办公室改过", "误"))
    reported.json("collect", now=LATER)
    rule(reported, 2)
    assert "收件记录 第2号：已撤回：1 处改回以前报来的" in reported("collect", now=LATEST)[1]
    assert texts(reported) == ("办公室改过", "标准一")


def test_swapped_in_one_run(reported: Annex2) -> None:
    """The wrong one of two was taken back."""
    reported.deliver(RELIEF, name="二.xlsx", texts=("新", "标准二"))
    reported.json("collect", now=LATER)
    rule(reported, 1)
    reported.json("collect", now=LATER)
    rule(reported, 1, "接收")
    rule(reported, 2)
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("救助一", "标准一")
    assert states(reported) == ("按时", "按时")
    agrees(reported)


def test_accepted_again_behind_a_later_one_it_comes_to_the_fore_after_that(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("新", "标准二"))
    reported.json("collect", now="2023-04-08T10:00")
    for no, verdict in ((1, "不处理"), (1, "接收")):
        rule(reported, no, verdict)
        reported.json("collect", now="2023-04-08T11:00")
    assert (texts(reported), states(reported)) == (("新", "标准二"), ("按时", "按时"))
    rule(reported, 2)
    reported.json("collect", now="2023-04-08T12:00")
    assert (texts(reported), states(reported)) == (("救助一", "标准一"), ("按时", "按时"))


def test_a_disagreement_is_asked_again_when_it_comes_again(reported: Annex2) -> None:
    office_writes(reported)
    reported.deliver(RELIEF, name="二.xlsx", texts=("处室改过", "误"))
    reported.json("collect", now=LATER)
    rule(reported, 2)
    reported.deliver(RELIEF, name="三.xlsx", texts=("处室改过", "标准三"))
    reported.json("collect", now=LATEST)
    item = conflict(reported)
    assert item["处理结果"] is None
    assert texts(reported) == ("办公室改过", "标准三")


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
def test_one_after_the_other_what_was_asked_waits_again(annex2: Annex2, order: tuple[int, int]) -> None:
    annex2("fanout", "2023Q1")
    for name, given in (("一", ("救助一", None)), ("二", ("另", "二")), ("三", ("又", "三"))):
        annex2.deliver(RELIEF, name=f"{name}.xlsx", texts=given)
        annex2.json("collect", now=EARLY)
    for no in order:
        rule(annex2, no)
        annex2.json("collect", now=LATER)
    (item,) = (r for r in annex2.cells("待处理") if r["标识"] == "return:1")
    assert item["处理结果"] is None
    assert (texts(annex2), shown(annex2)) == (("救助一", None), "returned")


@pytest.mark.parametrize("words", ["已处理", "不接收"])
def test_an_opinion_on_what_was_asked_does_not_stop_it(annex2: Annex2, words: str) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2.json("collect", now=EARLY)
    annex2.type(Sheet.ATTENTION, "return:1", "处理意见", words)
    rule(annex2, 1)
    annex2.json("collect", now=LATER)
    assert (texts(annex2), states(annex2)) == ((None, None), (None, None))


def test_a_returned_file_taken_back_and_then_accepted_is_accepted(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2.json("collect", now=EARLY)
    for verdict in ("不处理", "接收"):
        rule(annex2, 1, verdict)
        annex2.json("collect", now=LATER)
    assert str(receipt(annex2, 1)["结论"]).startswith("接收")
    assert (texts(annex2), shown(annex2)) == (("救助一", None), "on_time")


def test_a_copy_of_what_was_taken_back_is_taken_in_its_place(reported: Annex2) -> None:
    (reported.root / "inbox/又.xlsx").write_bytes((reported.root / "inbox/一.xlsx").read_bytes())
    reported.json("collect", now=LATER)
    rule(reported, 1)
    reported.json("collect", now=LATER)
    rule(reported, 2, "接收")
    reported.json("collect", now=LATEST)
    assert (texts(reported), shown(reported)) == (("救助一", "标准一"), "on_time")


def misreported(annex2: Annex2, header: str, value: str) -> None:
    """A wrong report, then a change of task 13 in the ledger; the report is to be taken back."""
    annex2.deliver(RELIEF, name="二.xlsx", texts=("误", "误二"))
    annex2.json("collect", now=LATER)
    task = next(r["任务编号"] for r in annex2.cells("任务台账") if r["序号"] == 13)
    annex2.type(Sheet.TASKS, task, header, value)
    rule(annex2, 2)


def test_a_task_that_was_worded_anew_meanwhile(reported: Annex2) -> None:
    misreported(reported, "工作事项", "推进殡葬改革，建成公益性骨灰安放设施。")
    reported("collect", now=LATEST)
    assert texts(reported) == ("救助一", "标准一")
    agrees(reported)


def test_a_task_that_went_to_another_division_meanwhile(reported: Annex2) -> None:
    misreported(reported, "牵头处室", "儿童福利处")
    reported("collect", now=LATEST)
    assert texts(reported) == ("救助一", "标准一")
    agrees(reported)


def test_a_text_that_a_person_preferred_goes_too(reported: Annex2) -> None:
    """With 采用报送 the office gave up its own text for the file's: it comes back with the file's going."""
    item = disagreement(reported)
    reported.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "采用报送")
    reported.json("collect", now=LATER)
    assert texts(reported) == ("处室改过", "标准一")
    rule(reported, 2)
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("办公室改过", "标准一")
    assert "1 处改回办公室原来写的" in str(receipt(reported, 2)["原因"])
    stands(reported)


def test_all_of_a_division_at_once(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("误", "标准二"))
    reported.json("collect", now=LATER)
    rule(reported, 1)
    rule(reported, 2)
    reported.json("collect", now=LATEST)
    assert texts(reported) == (None, None)
    assert states(reported) == (None, None)
    agrees(reported)


def test_a_decision_about_its_words_and_its_taking_back_in_one_run(reported: Annex2) -> None:
    item = disagreement(reported)
    reported.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "采用报送")
    rule(reported, 2)
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("办公室改过", "标准一")
    assert receipt(reported, 2)["结论"] == "不处理"
    stands(reported)


def test_the_offices_text_of_a_report_on_paper_comes_back(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", "2023-04-04")
    office_writes(annex2)
    annex2.deliver(RELIEF, texts=("电子一", "标准一"))
    annex2.json("collect", now=LATER)
    annex2.type(Sheet.ATTENTION, str(conflict(annex2)["标识"]), "处理意见", "采用报送")
    annex2.json("collect", now=LATER)
    assert texts(annex2) == ("电子一", "标准一")
    rule(annex2, 1)
    annex2.json("collect", now=LATEST)
    assert texts(annex2) == ("办公室改过", None)
    stands(annex2)


def test_with_its_row_deleted_too_nothing_is_touched(reported: Annex2) -> None:
    """Without its row nobody knows what it wrote: the texts are a person's."""
    book = load_workbook(reported.master)
    sheet = book["收件记录"]
    row = next(c.row for c in sheet["A"] if c.value == 1)
    for column in range(1, sheet.max_column + 1):
        sheet.cell(row, column).value = None
    book.save(reported.master)
    (reported.root / "inbox/一.xlsx").unlink()
    assert reported("collect", now=LATER)[0] in (0, 1)
    assert texts(reported) == ("救助一", "标准一")


def test_with_a_ruling_on_its_time_and_an_approval(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"), approver=None)
    annex2.json("collect", now="2023-04-08T10:00")
    annex2.type(Sheet.RECEIPTS, "1", "认定时间", datetime(2023, 4, 4, 9))  # type: ignore[arg-type]  # noqa: DTZ001
    annex2.json("collect", now="2023-04-08T11:00")
    assert states(annex2) == ("待审定", "待审定")
    rule(annex2, 1)
    annex2.json("collect", now="2023-04-08T12:00")
    assert (texts(annex2), states(annex2)) == ((None, None), (None, None))
    assert shown(annex2, "2023-04-08T12:00") == "missing"
    assert "待审定" not in annex2("status", "2023Q1", now="2023-04-08T12:00")[1]
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-04-08T12:00")
    assert annex2.master.read_bytes() == before


def test_of_two_returned_reports_the_later_one_is_asked_about(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for name, given in (("一", ("救助一", None)), ("二", ("另", "见附件"))):
        annex2.deliver(RELIEF, name=f"{name}.xlsx", texts=given)
        annex2.json("collect", now=EARLY)
    asked = {str(r["标识"]): r["处理结果"] for r in annex2.cells("待处理") if str(r["标识"]).startswith("return:")}
    assert asked == {"return:1": "已由第2号收件代替", "return:2": None}
    rule(annex2, 2)
    annex2.json("collect", now=LATER)
    asked = {str(r["标识"]): r["处理结果"] for r in annex2.cells("待处理") if str(r["标识"]).startswith("return:")}
    assert asked["return:1"] is None
    assert str(asked["return:2"]).startswith("已撤回第2号收件")


def _not_led_any_more(annex2: Annex2, task: str) -> None:
    annex2.type(Sheet.TASKS, task, "牵头(★)", None)


def _of_a_later_day(annex2: Annex2, task: str) -> None:
    annex2.type(Sheet.TASKS, task, "加入日期", "2023-04-20")


def _in_other_words(annex2: Annex2, task: str) -> None:
    annex2.type(Sheet.TASKS, task, "工作事项", "推进惠民殡葬改革，建设公益性公墓五处。")


def _anothers(annex2: Annex2, task: str) -> None:
    annex2.type(Sheet.TASKS, task, "牵头处室", "基层政权处")
    _not_led_any_more(annex2, task)


@pytest.mark.parametrize("change", [_not_led_any_more, _of_a_later_day, _in_other_words, _anothers])
def test_a_file_says_what_it_said_whatever_became_of_its_task(
    reported: Annex2, change: Callable[[Annex2, str], None]
) -> None:
    reported.deliver(RELIEF, name="二.xlsx", texts=("新", "标准二"))
    reported.json("collect", now=LATER)
    (task,) = (r["任务编号"] for r in reported.cells("任务台账") if r["序号"] == 13)
    change(reported, task)
    reported.json("collect", now=LATEST)
    assert reported("rebuild")[0] == 0, reported("rebuild")
    out = reported("trace", "13", "2023Q1")[1]
    assert "读不出来" not in out
    assert "标准二" in out
    assert "以后由人工改过" not in out
    rule(reported, 2)
    assert "已撤回：2 处改回以前报来的" in reported("collect", now=AT_LAST)[1]
    assert texts(reported) == ("救助一", "标准一")
    assert reported("rebuild")[0] == 0
