"""What people decide on 待处理 when the master has changed since they were asked."""

from __future__ import annotations

import os
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from openpyxl import load_workbook
from test_lost_tasks import delete_row, put_back

from toolkit.master.schema import Sheet

RELIEF = "社会救助处"
NOW, LATER, LATEST = "2023-04-03T10:00", "2023-04-04T10:00", "2023-04-05T10:00"


def item(annex2: Annex2, key: str) -> dict[str, object]:
    return next(r for r in annex2.cells("待处理") if str(r["标识"]).startswith(key))


def choose(annex2: Annex2, key: str, words: str) -> None:
    annex2.type(Sheet.ATTENTION, str(item(annex2, key)["标识"]), "处理意见", words)


@pytest.mark.parametrize(("keyed", "asked"), [(True, "file:"), (False, "return:")])
def test_a_return_that_was_judged_by_a_master_that_was_wrong_is_looked_at_again(
    annex2: Annex2, keyed: bool, asked: str
) -> None:
    annex2("fanout", "2023Q1")
    annex2("collect", now=NOW)
    values = delete_row(annex2, "2")
    sent = annex2.deliver(RELIEF, texts=("救助一", "标准一"))
    if not keyed:  # nothing tells that the row stood in the form when it went out
        book = load_workbook(sent)
        next(c for row in book.worksheets[0] for c in row if c.value == "2023-02").value = None
        book.save(sent)
    annex2("collect", now=NOW)
    put_back(annex2, values)
    annex2("collect", now=LATER)
    assert annex2.status_text(2) is None
    choose(annex2, asked, "接收此件")
    annex2("collect", now=LATEST)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助一", "标准一")
    assert str(item(annex2, asked)["处理结果"]).startswith("已接收")
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATEST)
    assert annex2.master.read_bytes() == settled


@pytest.fixture
def returned(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", None))
    annex2("collect", now=NOW)
    return annex2


@pytest.mark.parametrize("words", ["接收此件 儿童福利处 2023Q2", "接收此件？不", "接收此件，但请补第13项"])
def test_more_words_than_accept_are_not_passed_over(returned: Annex2, words: str) -> None:
    choose(returned, "return:", words)
    returned("collect", now=LATER)
    assert "没有接收" in str(item(returned, "return:")["处理结果"])


@pytest.mark.parametrize("words", ["接收此件", "接收此件 社会救助处", "接收此件 社会救助处第一季度"])
def test_what_is_accepted_as_it_is_has_its_state_by_the_time(returned: Annex2, words: str) -> None:
    choose(returned, "return:", words)
    returned("collect", now=LATER)
    states = [returned.status_text(no, "第一季度报送状态") for no in (2, 13)]
    assert states == ["按时", "按时"]
    assert returned.status_text(13) is None


def test_an_emptied_cell_is_asked_about_when_its_text_comes_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", None)
    annex2.deliver(RELIEF, name="二.xlsx", texts=("救助一", "标准二"))
    assert annex2("collect", now=LATER)[0] == 1
    assert "人工改过的：（空）" in str(item(annex2, "conflict:")["问题"])
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now=LATEST)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助一", "标准二")


def disagree(annex2: Annex2) -> None:
    """A person has changed a text, and the division sends another."""
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室改过")
    annex2.deliver(RELIEF, name="二.xlsx", texts=("救助二", "标准一"))
    annex2("collect", now=NOW)


def test_a_choice_does_not_replace_what_somebody_typed_after_it_was_asked_for(annex2: Annex2) -> None:
    disagree(annex2)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室又改，第二版")
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now=LATER)
    asked = item(annex2, "conflict:")
    assert annex2.status_text(2) == "办公室又改，第二版"
    assert str(asked["处理结果"]).startswith("台账这一格后来又改过，没有换")
    assert "人工改过的：办公室又改，第二版" in str(asked["问题"])
    assert asked["处理意见"] is None
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now=LATEST)
    assert annex2.status_text(2) == "救助二"


def test_a_dash_gives_way_when_the_division_owes_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2("collect", now=NOW)
    row = next(r for r in annex2.cells("报送情况") if r["处室"] == RELIEF)
    for day, successor in (("2023-04-01", "儿童福利处"), (None, None)):
        annex2.type(Sheet.DIVISIONS, RELIEF, "停用日期", day)
        annex2.type(Sheet.DIVISIONS, RELIEF, "并入", successor)
        annex2("collect", now=NOW)
    assert next(r for r in annex2.cells("报送情况") if r["处室"] == RELIEF) == row


@pytest.mark.parametrize("words", ["✓", "✓按时 4月4日"])
def test_a_tick_that_a_person_types_is_told_not_to_count(annex2: Annex2, words: str) -> None:
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", words)
    assert f"写的“{words}”看不懂，没有照办" in annex2("status", now=LATER)[1]


def test_a_report_set_to_wait_in_place_counts_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    verdict = annex2.cells("收件记录")[0]["结论"]
    annex2.type(Sheet.RECEIPTS, "1", "结论", "待裁定")
    assert "结论没有改" in annex2("collect", now=LATER)[1]
    assert str(annex2.cells("收件记录")[0]["结论"])[:2] == str(verdict)[:2]


def test_an_emptied_approval_approves_nothing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", "标准一"), approver=None)
    annex2("collect", now=NOW)
    annex2.type(Sheet.RECEIPTS, "1", "审定", None)
    annex2("collect", now=LATER)
    assert annex2.status_text(2, "第一季度报送状态") == "待审定"


def corrected_and_taken_back(annex2: Annex2, *order: str) -> None:
    """A whole report and a correction with an empty row, taken back one after the other; the correction is to count."""
    annex2("fanout", "2023Q1")
    for name, texts in (("一", ("救助一", "标准一")), ("二", ("救助二", None))):
        annex2.deliver(RELIEF, name=f"{name}.xlsx", texts=texts)
        annex2("collect", now=NOW)
    for no in order:
        annex2.type(Sheet.RECEIPTS, no, "结论", "不处理")
        annex2("collect", now=LATER)
    annex2.type(Sheet.RECEIPTS, "2", "结论", "接收")


def test_a_correction_that_counts_after_all_is_accepted_as_it_is(annex2: Annex2) -> None:
    corrected_and_taken_back(annex2, "1", "2")
    annex2("collect", now=LATEST)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助二", None)
    assert str(item(annex2, "return:2")["处理结果"]).startswith("已接收：缺的不再要求补正，1 项没有写入台账")


def test_a_correction_that_was_never_asked_about_is_asked_about_when_it_counts_alone(annex2: Annex2) -> None:
    corrected_and_taken_back(annex2, "2", "1")
    assert annex2("collect", now=LATEST)[0] == 1
    assert item(annex2, "return:2")["处理结果"] is None


@pytest.mark.parametrize(("upper", "lower"), [("采用报送", None), (None, "采用报送"), ("采用报送", "保留台账")])
def test_an_item_whose_row_was_copied(annex2: Annex2, upper: str | None, lower: str | None) -> None:
    disagree(annex2)
    book = load_workbook(annex2.master)
    sheet = book["待处理"]
    heads = {c.value: c.column for c in sheet[3]}
    (table,) = sheet.tables.values()
    row = next(r for r in sheet.iter_rows(min_row=4) if str(r[heads["标识"] - 1].value).startswith("conflict:"))
    below = int(table.ref.rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) + 1
    for cell in row:
        sheet.cell(below, cell.column).value = cell.value
    sheet.cell(row[0].row, heads["处理意见"]).value = upper
    sheet.cell(below, heads["处理意见"]).value = lower
    table.ref = table.ref.replace(str(below - 1), str(below))
    book.save(annex2.master)
    annex2("collect", now=LATER)
    agreed = not (upper and lower)
    assert annex2.status_text(2) == ("救助二" if agreed else "办公室改过")
    results = [str(r["处理结果"]) for r in annex2.cells("待处理") if str(r["标识"]).startswith("conflict:")]
    assert any(r.startswith("已采用报送" if agreed else "这一条有两行") for r in results)


def test_a_task_that_is_lost_again_is_asked_about_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2("collect", now=NOW)
    values = delete_row(annex2, "1")
    annex2("collect", now=NOW)
    choose(annex2, "lost:", "已处理")
    annex2("collect", now=NOW)
    put_back(annex2, values)
    annex2("collect", now=LATER)
    delete_row(annex2, "1")
    annex2("collect", now=LATEST)
    assert item(annex2, "lost:")["处理结果"] is None


def asked(annex2: Annex2) -> list[str]:
    """The disagreements that wait for a decision, by the text that was returned."""
    items = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("conflict:"))
    return [str(r["问题"]).rpartition("：")[2] for r in items if not str(r["处理结果"] or "").startswith("已")]


def send(annex2: Annex2, name: str, text: str) -> None:
    file = annex2.deliver(RELIEF, name=name, texts=(text, "标准一"))
    file.write_bytes(file.read_bytes() + name.encode())  # saved anew
    annex2("collect", now=LATER)


def test_a_text_that_comes_again_is_asked_about_again(annex2: Annex2) -> None:
    """Another return's text stood between: nobody had decided on this one."""
    annex2("fanout", "2023Q1")
    send(annex2, "一.xlsx", "救助一")
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室写的")
    send(annex2, "二.xlsx", "改成二")
    send(annex2, "三.xlsx", "改成三")
    assert asked(annex2) == ["改成三"]
    send(annex2, "四.xlsx", "改成二")
    assert asked(annex2) == ["改成二"]
    choose(annex2, "conflict", "保留台账")  # the first row: 改成二
    annex2("collect", now=LATEST)
    assert asked(annex2) == []
    send(annex2, "五.xlsx", "改成二")  # decided: the office's text has not changed
    assert asked(annex2) == []
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室又写的")
    send(annex2, "六.xlsx", "改成二")
    assert asked(annex2) == ["改成二"]
    assert item(annex2, "conflict")["处理意见"] is None


def verdicts(annex2: Annex2) -> dict[int, object]:
    return {int(str(r["编号"])): r["结论"] for r in annex2.cells("收件记录")}


def mailed(annex2: Annex2, name: str, day: str, text: str) -> None:
    form = annex2.deliver(RELIEF, name="表.xlsx", texts=(text, "标准一"))
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "x@example.org", "报送", f"{day} Apr 2023 09:00:00 +0800"
    mail["Received"] = f"from a by b; Mon, {day} Apr 2023 09:00:00 +0800"
    mail.add_attachment(form.read_bytes(), maintype="application", subtype="octet-stream", filename=form.name)
    form.unlink()
    (annex2.root / "inbox" / name).write_bytes(mail.as_bytes())


@pytest.mark.parametrize("runs", [1, 2])
def test_an_old_report_that_is_found_later_does_not_replace_the_new_one(annex2: Annex2, runs: int) -> None:
    annex2("fanout", "2023Q1")
    mailed(annex2, "1更正.eml", "4", "更正过的")
    if runs == 2:
        annex2("collect", now=LATEST)
    mailed(annex2, "2旧邮件.eml", "2", "初稿")
    done = annex2.json("collect", now=LATEST)
    (found,) = (f for f in done["files"] if "came_before" in {x["code"] for x in f["findings"]})
    assert found["verdict"] == "held"
    assert annex2.status_text(2) == "更正过的"
    choose(annex2, "file:", "接收此件")
    annex2("collect", now=LATEST)
    assert annex2.status_text(2) == "初稿"


def test_a_refused_file_that_comes_again_is_asked_about(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    wrong = annex2.deliver(RELIEF, name="儿童福利处一季度.xlsx", texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    choose(annex2, "file:", "不接收")
    annex2("collect", now=NOW)
    (annex2.root / "inbox" / f"{RELIEF}一季度.xlsx").write_bytes(wrong.read_bytes())
    done = annex2.json("collect", now=LATER)
    (file,) = (f for f in done["files"] if "duplicate_of_refused" in {x["code"] for x in f["findings"]})
    assert file["verdict"] == "held"
    annex2.type(Sheet.ATTENTION, "file:2", "处理意见", "接收此件")
    annex2("collect", now=LATER)
    assert annex2.status_text(2) == "救助一"


def test_a_returned_report_whose_withdrawal_is_undone_is_returned_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", "无"))
    annex2("collect", now=NOW)
    annex2.type(Sheet.RECEIPTS, "1", "结论", "不处理")
    annex2("collect", now=NOW)
    assert annex2.status_text(2) is None
    annex2.type(Sheet.RECEIPTS, "1", "结论", "退回修改")
    annex2("collect", now=LATER)
    assert annex2.status_text(2) == "救助一"
    assert verdicts(annex2) == {1: "退回修改"}
    assert not str(item(annex2, "return:1")["处理结果"] or "").startswith("已")
    before = annex2.master.read_bytes()
    annex2("collect", now=LATER)
    assert annex2.master.read_bytes() == before


def test_a_closing_is_asked_about_when_its_evidence_goes(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("儿童福利处", texts=("已完成全年目标任务。",))
    annex2("collect", now=NOW)
    choose(annex2, "closing:", "同意销号")
    annex2("collect", now=NOW)
    annex2.type(Sheet.RECEIPTS, "1", "结论", "不处理")
    assert annex2("collect", now=LATER)[0] == 1
    asked_now = item(annex2, "reopen:")
    assert "没有说已经完成" in str(asked_now["问题"])
    annex2.type(Sheet.ATTENTION, str(asked_now["标识"]), "处理意见", "已处理")
    annex2("collect", now=LATEST)
    assert str(item(annex2, "reopen:")["处理结果"]).startswith("已处理")


def test_a_task_that_is_closed_again_gets_a_new_day(annex2: Annex2) -> None:
    annex2.type(Sheet.TASKS, "2023-12", "销号状态", "已销号")
    annex2("collect", now="2023-03-31T09:00")
    annex2.type(Sheet.TASKS, "2023-12", "销号状态", "申请")
    annex2("collect", now=NOW)
    choose(annex2, "closing:", "同意销号")
    annex2("collect", now="2023-04-08T10:00")
    assert str(annex2.status_text(12, "销号日期")).startswith("2023-04-08")


def test_another_choice_about_a_settled_disagreement_is_carried_out(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "办公室写的")
    send(annex2, "一.xlsx", "报来一")
    for choice, stands in (("保留台账", "办公室写的"), ("采用报送", "报来一"), ("保留台账", "办公室写的")):
        choose(annex2, "conflict", choice)
        annex2("collect", now=LATEST)
        assert annex2.status_text(2) == stands
        before = annex2.master.read_bytes()
        annex2("collect", now=LATEST)
        assert annex2.master.read_bytes() == before
    choose(annex2, "conflict", "采用报送")
    annex2("collect", now=LATEST)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "后来又写的")
    choose(annex2, "conflict", "保留台账")
    annex2("collect", now=LATEST)
    assert annex2.status_text(2) == "后来又写的"
    assert "请直接在台账里改" in str(item(annex2, "conflict")["处理结果"])
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-04-06T10:00")
    assert annex2.master.read_bytes() == before


def test_the_same_file_again_for_a_cell_that_was_emptied(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    one = annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一")).read_bytes()
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-13", "第一季度完成情况", None)
    (annex2.root / "inbox" / "二.xlsx").write_bytes(one)
    file = next(f for f in annex2.json("collect", now=LATER)["files"] if f["name"] == "二.xlsx")
    assert [f["code"] for f in file["findings"]] == ["duplicate_but_gone"]
    choose(annex2, "file:", "接收此件 社会救助处 2023Q1")
    annex2("collect", now=LATEST)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助一", "标准一")
    assert annex2("collect", now=LATEST)[0] == 0


def test_an_incomplete_file_whose_withdrawal_is_undone_stays_returned_beside_the_good_one(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", None))
    annex2("collect", now=NOW)
    annex2.deliver(RELIEF, name="二.xlsx", texts=("救助二", "标准二"))
    annex2("collect", now="2023-04-10T10:00")
    for words, now in (("不处理", "2023-04-10T11:00"), ("退回修改", "2023-04-10T12:00")):
        annex2.type(Sheet.RECEIPTS, "1", "结论", words)
        out = annex2("collect", now=now)[1]
    assert "已改回“退回修改”" in out
    assert verdicts(annex2) == {1: "退回修改", 2: "接收（有提示）"}
    (round_,) = (r for r in annex2.json("status", now="2023-04-10T13:00")["rounds"] if r["round"] == "2023Q1")
    assert next(d["state"] for d in round_["divisions"] if d["division"] == RELIEF) == "late"
    assert str(item(annex2, "return:1")["处理结果"]).startswith("已")


def test_items_about_figures_sorted_without_their_hidden_keys(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    for r in book["指标"].iter_rows():
        for c in r:
            if isinstance(c.value, str) and "待确认" in c.value:
                c.value = c.value.replace("待确认", "已核对")
    book.save(annex2.master)
    annex2("fanout", "2023Q1")
    texts = ("累计完成居家适老化改造620户。", *["正在推进，已完成方案。"] * 5)
    annex2.deliver("养老服务处", name="一.xlsx", texts=texts)
    annex2.deliver("儿童福利处", name="二.xlsx", texts=None)
    annex2("collect", now=NOW)
    book = load_workbook(annex2.master)
    ws = book["待处理"]
    rows = {str(c.value): c.row for r in ws.iter_rows() for c in r if str(c.value).startswith(("figures:", "confirm:"))}
    key = next(k for k in rows if k.startswith("figures:"))
    column = next(c.column for r in ws.iter_rows() for c in r if c.value == "标识")
    decision = next(c.column for r in ws.iter_rows() for c in r if c.value == "处理意见")
    ws.cell(rows[key], column).value = "figures:2"  # the other division's
    ws.cell(rows[key], decision).value = "采用"
    book.save(annex2.master)
    annex2("collect", now=LATER)
    assert "对不上" in str(next(r for r in annex2.cells("待处理") if r["标识"] == "figures:2")["处理结果"])


def test_a_held_file_that_was_accepted_in_place_and_must_be_mended_stays_returned(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="儿童福利处.xlsx", texts=("救助一", "同上"))  # held: named for another
    annex2("collect", now=NOW)
    annex2.type(Sheet.RECEIPTS, "1", "结论", "接收")
    annex2("collect", now=LATER)
    assert verdicts(annex2) == {1: "退回修改"}
    assert str(item(annex2, "file:")["处理结果"]).startswith("已接收")
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATEST)
    assert annex2.master.read_bytes() == settled
    assert item(annex2, "return:")["处理结果"] is None


def test_a_file_that_is_overwritten_and_overwritten_again_is_noticed(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    first = annex2.deliver(RELIEF, name="报表.xlsx", texts=("一", "一")).read_bytes()
    annex2("collect", now=NOW)
    annex2.deliver(RELIEF, name="报表.xlsx", texts=("二", "二"))
    annex2("collect", now=LATER)
    (annex2.root / "inbox" / "报表.xlsx").write_bytes(first)
    for _ in range(2):
        annex2("collect", now=LATEST)
        assert list(verdicts(annex2).values()) == ["接收", "接收（有提示）", "待裁定"]
    assert "第 1 号已由第 2 号代替" in str(item(annex2, "file:3")["问题"])


def test_a_copy_of_the_master_is_known_for_one(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    (annex2.root / "inbox" / "master (1).xlsx").write_bytes(annex2.master.read_bytes())
    (file,) = annex2.json("collect", now=NOW)["files"]
    assert "a_master" in [f["code"] for f in file["findings"]]
    assert "这是总表或它的副本" in str(item(annex2, "file:1")["问题"])
    choose(annex2, "file:1", "不接收")
    annex2("collect", now=LATER)
    assert str(item(annex2, "file:1")["处理结果"]).startswith("已")
    assert list(verdicts(annex2).values()) == ["不处理"]


def test_a_late_report_saved_over_the_one_before_is_late(annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, which keeps the birth of the file that was there."""
    annex2("fanout", "2023Q1")
    path = annex2.deliver(RELIEF, name="报表.xlsx", texts=("一", None))
    ask = os.stat
    born = datetime.fromisoformat("2023-04-03T09:00+08:00").timestamp()

    class Windows:
        def __init__(self, stat: os.stat_result) -> None:
            self._stat, self.st_birthtime = stat, born

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stat, name)

    monkeypatch.setattr(Path, "stat", lambda p, **how: Windows(ask(p, **how)) if p == path else ask(p, **how))
    annex2("collect", now="2023-04-20T10:00")
    for saved, run in (("2023-04-21", "2023-04-25"), ("2023-04-02", "2023-04-28")):  # a copy keeps the sender's time
        annex2.deliver(RELIEF, name="报表.xlsx", texts=("一", saved))
        os.utime(path, (datetime.fromisoformat(saved).timestamp(),) * 2)
        annex2("collect", now=f"{run}T10:00")
    days = [str(r["收到时间"])[:10] for r in annex2.cells("收件记录")]
    assert days == ["2023-04-03", "2023-04-21", "2023-04-25"]
    assert annex2.status_text(13, "第一季度报送状态") == "逾期"


def test_a_returned_report_between_two_others_that_is_withdrawn_opens_nothing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for n, texts in enumerate(((None, "标准一"), ("救助二", None), ("救助三", "同上"))):
        annex2.deliver(RELIEF, name=f"{n}.xlsx", texts=texts)
        annex2("collect", now=f"2023-04-0{n + 1}T10:00")
    annex2.type(Sheet.RECEIPTS, "2", "结论", "不处理")
    annex2("collect", now=LATEST)
    still = [r["标识"] for r in annex2.cells("待处理") if str(r["标识"]).startswith("return:") and not r["处理结果"]]
    assert still == ["return:3"]


def test_a_division_that_was_renamed_without_its_old_name_is_told(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", "标准一"))
    annex2("collect", now=NOW)
    book = load_workbook(annex2.master)
    for sheet in ("处室", "任务台账"):
        for cells in book[sheet].iter_rows():
            for c in cells:
                c.value = "社会救助和低保处" if c.value == RELIEF else c.value
    book.save(annex2.master)
    assert "有 1 份是社会救助处报的，“处室”里没有它了" in annex2("status", now=LATER)[1]
    annex2.type(Sheet.DIVISIONS, "社会救助和低保处", "别名", RELIEF)
    assert "没有它了" not in annex2("status", now=LATER)[1]


def test_a_partial_correction_whose_withdrawal_is_undone_is_accepted_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for n, texts in enumerate((("救助一", "标准一"), ("救助二", None), ("救助三", "标准三")), 1):
        annex2.deliver(RELIEF, name=f"{n}.xlsx", texts=texts)
        annex2("collect", now=f"2023-04-0{n}T10:00")
    before = verdicts(annex2)
    annex2.type(Sheet.RECEIPTS, "2", "结论", "不处理")
    annex2("collect", now=LATER)
    annex2.type(Sheet.RECEIPTS, "2", "结论", str(before[2]))
    annex2("collect", now=LATEST)
    assert verdicts(annex2) == before
    assert (annex2.status_text(2), annex2.status_text(13)) == ("救助三", "标准三")


@pytest.mark.parametrize("runs", [1, 2])
def test_an_empty_form_before_one_that_waits_is_before_it_in_one_run_too(annex2: Annex2, runs: int) -> None:
    annex2("fanout", "2023Q1")
    blank = annex2.deliver(RELIEF, name="空表.xlsx", texts=(None, None), approver=None)
    os.utime(blank, (1_700_000_000, 1_700_000_000))
    if runs == 2:
        annex2("collect", now=NOW)
    held = annex2.deliver(RELIEF, name="儿童福利处.xlsx", texts=("救助一", "标准一"))
    os.utime(held, (1_700_000_060, 1_700_000_060))
    annex2("collect", now=NOW)
    assert [(r["编号"], r["文件名"], r["结论"]) for r in annex2.cells("收件记录")] == [
        (1, "空表.xlsx", "退回修改"),
        (2, "儿童福利处.xlsx", "待裁定"),
    ]
    (round_,) = annex2.json("status", "2023Q1", now=NOW)["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}[RELIEF] == "held"
    annex2.type(Sheet.ATTENTION, "file:2", "处理意见", "接收此件")
    annex2("collect", now=LATER)
    items = {r["标识"]: r["处理结果"] for r in annex2.cells("待处理") if r["标识"]}
    assert items["return:1"] == "已由第2号收件补正"
    assert items["file:2"].startswith("已接收")


def test_trace_tells_of_no_choice_that_was_made_about_a_later_file(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for n, words in enumerate(("儿童一", "儿童二")):
        annex2.deliver("儿童福利处", name=f"{n}.xlsx", texts=(words,))
        annex2("collect", now=f"2023-04-03T1{n}:00")
    annex2.type(Sheet.TASKS, "2023-12", "第一季度完成情况", "人写的")
    annex2.deliver("儿童福利处", name="2.xlsx", texts=("儿童一",), day=date(2023, 4, 2))
    annex2("collect", now="2023-04-03T13:00")
    steps = annex2.json("trace", "12", "2023Q1")["steps"]
    assert [s.get("replaced") for s in steps if s["taken"]] == [None, "儿童一"]
    choose(annex2, "conflict:", "采用报送")
    annex2("collect", now="2023-04-03T14:00")
    steps = annex2.json("trace", "12", "2023Q1")["steps"]
    assert [s.get("replaced") for s in steps if s["taken"]] == [None, "儿童一", "人写的"]


def test_a_conflict_whose_row_is_gone_says_so(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TASKS, "2023-12", "第一季度完成情况", "人写的")
    annex2.deliver("儿童福利处", texts=("儿童一",))
    annex2("collect", now=NOW)
    row = delete_row(annex2, "12")
    for now in (LATER, LATEST):
        choose(annex2, "conflict:", "采用报送")
        annex2("collect", now=now)
        assert str(item(annex2, "conflict:")["处理结果"]).startswith("总表里已经没有这一格")
        assert "人写的" in str(item(annex2, "conflict:")["问题"])
    put_back(annex2, row)
    annex2("collect", now="2023-04-06T10:00")
    assert str(item(annex2, "conflict:")["处理结果"]).startswith("已采用报送的文字")
    assert annex2.status_text(12) == "儿童一"


def drop_item(annex2: Annex2, key: str) -> None:
    """Delete a row of 待处理, as people do who think that it is dealt with."""
    book = load_workbook(annex2.master)
    sheet = book["待处理"]
    (table,) = sheet.tables.values()
    header = next(r for r in sheet.iter_rows() if any(c.value == "标识" for c in r))
    column = next(c.column for c in header if c.value == "标识")
    row = next(
        r for r in range(header[0].row + 1, sheet.max_row + 1) if str(sheet.cell(r, column).value).startswith(key)
    )
    sheet.delete_rows(row)
    first, last = table.ref.split(":")
    letters = last.rstrip("0123456789")
    table.ref = f"{first}:{letters}{max(int(last[len(letters) :]) - 1, header[0].row + 1)}"
    book.save(annex2.master)


def test_a_file_that_waits_is_listed_again_when_somebody_deleted_its_row(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    (annex2.root / "inbox/情况.txt").write_text("本季度已办结两件。", encoding="utf-8")
    annex2("collect", now=NOW)
    drop_item(annex2, "file:")
    assert "1 条" in annex2("collect", now=LATER)[1]
    again = item(annex2, "file:")
    assert "收件记录 第1号" in str(again["位置"])
    assert again["问题"]
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATEST)
    assert annex2.master.read_bytes() == settled
    choose(annex2, "file:", "不接收")
    annex2("collect", now=LATEST)
    assert str(item(annex2, "file:")["处理结果"]).startswith("已按意见不接收")
    drop_item(annex2, "file:")
    annex2("collect", now=LATEST)
    assert not [r for r in annex2.cells("待处理") if str(r["标识"]).startswith("file:")]


def test_what_went_back_is_not_listed_again(returned: Annex2) -> None:
    """已处理 says that nobody wants to read of it any more; reminders ask for it."""
    choose(returned, "return:", "已处理")
    returned("collect", now=LATER)
    drop_item(returned, "return:")
    returned("collect", now=LATEST)
    assert not [r for r in returned.cells("待处理") if str(r["标识"]).startswith("return:")]
