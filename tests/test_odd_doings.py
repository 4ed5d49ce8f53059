"""Odd things that people, programs and clocks do: each was once handled wrongly, or nearly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Annex2
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from test_master_edits_by_people import decide, edit, header, items, last_quarter, row_of, send, write

from toolkit.master.schema import Sheet
from toolkit.xlsx import Workbook

NOW, LATER, LATEST = "2023-04-03T10:00", "2023-04-04T10:00", "2023-04-05T10:00"


@pytest.fixture
def sent(annex2: Annex2) -> Annex2:
    """A workspace in which 社会救助处 has reported once."""
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", "乙一", now=NOW)
    return annex2


# words on 待处理


@pytest.mark.parametrize(
    "words",
    [
        "不接收，社会救助处第一季度已另报",
        "不同意接收社会救助处2023Q1",
        "退回，让社会救助处按第二季度重报",
        "待核实：是社会救助处第二季度的吗？",
        "接收此件 保密处",
        "接收此件，按去年的",
    ],
)
def test_only_clear_words_accept_a_held_file(sent: Annex2, words: str) -> None:
    last_quarter(sent)
    decide(sent, words, "file")
    sent("collect", now="2023-07-04T10:00")
    assert sent.status_text(2, "第二季度完成情况") is None
    assert sent.status_text(2) == "甲一"
    (item,) = items(sent, "file")
    assert not str(item["处理结果"]).startswith("已接收")


@pytest.mark.parametrize(
    ("words", "round_"),
    [
        ("接收此件", "第二季度"),
        ("接收此件 2023Q1", "第一季度"),
        ("接收此件，按第一季度记", "第一季度"),
        ("接收此件：社会救助处 2季度", "第二季度"),
        ("接收此件 社会救助处 2023Q3", "第三季度"),
    ],
)
def test_what_is_written_behind_counts(sent: Annex2, words: str, round_: str) -> None:
    last_quarter(sent)
    decide(sent, words, "file")
    sent("collect", now="2023-07-04T10:00")
    assert sent.status_text(2, f"{round_}完成情况") == "甲半年"


def test_a_half_filled_form_can_be_accepted_as_it_is(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", None, now=NOW)
    decide(annex2, "接收此件", "return")
    annex2("collect", now=LATER)
    (item,) = items(annex2, "return")
    assert str(item["处理结果"]).startswith("已接收")
    (round_,) = annex2.json("status", "2023Q1", now=LATER)["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}["社会救助处"] == "on_time"


def test_a_decision_whose_original_is_gone_costs_its_own_item_only(sent: Annex2) -> None:
    last_quarter(sent)
    decide(sent, "接收此件", "file")
    receipt = sent.cells("收件记录")[-1]
    (sent.root / receipt["归档位置"]).unlink()
    (sent.root / "inbox" / receipt["文件名"]).unlink()
    sent.deliver("养老服务处", name="三.xlsx")
    status, out, _ = sent("collect", now=LATER)
    assert status == 1
    assert "归档里缺少原件" in out
    assert sent.status_text(1)


def test_the_number_of_a_deleted_receipt_is_not_given_again(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    (annex2.root / "inbox" / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    annex2("collect", now=NOW)
    (annex2.root / "inbox" / "坏.xlsx").unlink()
    shutil.rmtree(annex2.root / "archive")

    def clear(ws: Worksheet) -> None:
        for c in range(1, ws.max_column + 1):
            ws.cell(4, c).value = None

    edit(annex2, clear, "收件记录")
    annex2.deliver("社会救助处", name="好.xlsx")
    annex2("collect", now=LATER)
    assert [r["编号"] for r in annex2.cells("收件记录") if r["编号"]] == [2]


# what stands in the master


@pytest.mark.parametrize("shown", ["", "人算的"])
def test_a_formula_in_a_cell_is_somebodys(sent: Annex2, shown: str) -> None:
    book = Workbook.open(sent.master)
    sheet = book.sheet("任务台账")
    from toolkit.xlsx import Formula

    row = next(n for n, cells in sheet.rows() if cells.get(1) == 2)
    sheet.set(f"I{row}", Formula(f'IF(1=2,"x","{shown}")'))
    sent.master.write_bytes(book.to_bytes())
    send(sent, "二", "甲二", "乙二", now=LATER)
    assert Workbook.open(sent.master).sheet("任务台账").formula(f"I{row}") is not None
    assert items(sent, "conflict")
    assert sent.status_text(13) == "乙二"


def test_totals_and_notes_below_tables_are_no_data(sent: Annex2) -> None:
    def note(ws: Worksheet) -> None:
        at = ws.max_row + 2
        ws.cell(at, header(ws, "原因")).value = "以上已与各处室核对"

    def task_note(ws: Worksheet) -> None:
        ws.cell(ws.max_row + 2, header(ws, "工作事项")).value = "注：★为牵头任务"

    edit(sent, note, "收件记录")
    edit(sent, task_note, "任务台账")
    done = send(sent, "二", "甲二", "乙二", now=LATER)
    assert done["merged_cells"] == 2
    assert sent("status", now=LATER)[0] in (0, 1)


def test_a_new_row_without_a_number_is_named(annex2: Annex2) -> None:
    def add(ws: Worksheet) -> None:
        ws.cell(ws.max_row + 1, header(ws, "工作事项")).value = "没有写完的一行"
        ws.cell(ws.max_row, header(ws, "牵头处室")).value = "养老服务处"

    edit(annex2, add)
    status, _, error = annex2("status")
    assert status == 2
    assert "没有序号" in error
    assert "删掉" in error


def copied_above(ws: Worksheet, no: int) -> int:
    """A task's row, copied right above itself: the copy's row."""
    at = row_of(ws, no)
    (table,) = ws.tables.values()
    ws.insert_rows(at)
    for c in range(1, ws.max_column + 1):
        ws.cell(at, c).value = ws.cell(at + 1, c).value
    table.ref = table.ref.replace("24", "25")
    return at


def test_a_row_copied_above_its_model_gets_a_key_of_its_own(sent: Annex2) -> None:
    def copy(ws: Worksheet) -> None:
        at = copied_above(ws, 2)
        ws.cell(at, header(ws, "序号")).value = 30
        ws.cell(at, header(ws, "工作事项")).value = "照抄一行再改的任务。"

    edit(sent, copy)
    done = send(sent, "二", "甲二", "乙二", now=LATER)
    assert done["files"][-1]["verdict"] != "held"  # type: ignore[index]
    assert sent.status_text(2) == "甲二"


def test_a_new_row_does_not_take_the_key_of_a_row_below(sent: Annex2) -> None:
    """Task 2 was renumbered to 30, and a new task 2 stands above it."""

    def insert(ws: Worksheet) -> None:
        at = copied_above(ws, 2)
        ws.cell(at, header(ws, "任务编号")).value = None
        ws.cell(at, header(ws, "工作事项")).value = "全新的任务，与原来的毫不相干。"
        ws.cell(at, header(ws, "第一季度完成情况")).value = None
        ws.cell(at + 1, header(ws, "序号")).value = 30

    edit(sent, insert)
    send(sent, "二", "甲二", "乙二", now=LATER)
    keys = {r["工作事项"]: r["任务编号"] for r in sent.cells("任务台账")}
    assert len(set(keys.values())) == 22
    assert keys["全新的任务，与原来的毫不相干。"] == "2023-02-2"
    assert sent.status_text(30) == "甲二"
    assert sent.status_text(2) is None


def test_the_key_of_a_deleted_task_is_not_given_again(sent: Annex2) -> None:
    def replace(ws: Worksheet) -> None:
        at = row_of(ws, 13)
        ws.cell(at, header(ws, "任务编号")).value = None
        ws.cell(at, header(ws, "工作事项")).value = "全新的任务，与原来的毫不相干。"
        ws.cell(at, header(ws, "第一季度完成情况")).value = None

    edit(sent, replace)
    send(sent, "二", "甲二", "乙二", now=LATER)
    assert sent.status_text(13) is None
    keys = [r["任务编号"] for r in sent.cells("任务台账")]
    assert "2023-13-2" in keys


def test_a_slip_in_a_lead_division_stops_fanout(annex2: Annex2) -> None:
    write(annex2, 1, "养老处", "牵头处室")
    status, _, error = annex2("fanout", "2023Q1")
    assert status == 2
    assert "“养老处”（第 1* 项）" in error
    assert not list((annex2.root / "outbox").iterdir())


@pytest.mark.parametrize("names", [("城区/一科", "城区:一科"), ("A科", "a科"), ("长" * 120 + "一", "长" * 120 + "二")])
def test_two_divisions_never_share_a_form(annex2: Annex2, names: tuple[str, str]) -> None:
    def rename(ws: Worksheet, old: str, new: str) -> None:
        for cell in (c for r in ws.iter_rows() for c in r if c.value == old):
            cell.value = new

    for sheet in ("任务台账", "处室"):
        edit(annex2, lambda ws: [rename(ws, *p) for p in zip(("社会救助处", "养老服务处"), names, strict=True)], sheet)
    status, _, error = annex2("fanout", "2023Q1")
    assert status == 2
    assert "会是同一个文件" in error
    assert names[1] in error
    assert not list((annex2.root / "outbox").iterdir())


def test_a_long_office_name_is_cut_and_not_its_divisions(annex2: Annex2) -> None:
    def name(ws: Worksheet) -> None:
        next(r for r in ws.iter_rows() if r[0].value == "单位")[1].value = "某某市" * 40

    edit(annex2, name, "设置")
    assert annex2("fanout", "2023Q1")[0] == 0
    assert len({annex2.form(d).name for d in ("社会救助处", "养老服务处", "儿童福利处", "基层政权处")}) == 4
    annex2.deliver("社会救助处")
    assert annex2.json("collect", now=NOW)["files"][0]["verdict"] == "accepted"


def test_a_new_division_gets_its_row_in_the_tracker(annex2: Annex2) -> None:
    def lead(ws: Worksheet) -> None:
        ws.cell(row_of(ws, 8), header(ws, "牵头(★)")).value = "★"

    edit(annex2, lead)
    annex2("collect", now=NOW)
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "慈善社工处")
    assert str(row["第一季度"]).startswith("=")
    annex2("fanout", "2023Q1")
    annex2.deliver("慈善社工处")
    annex2("collect", now=LATER)
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "慈善社工处")
    assert row["第一季度"].day == 4


def test_an_alias_that_is_another_divisions_name_is_refused(annex2: Annex2) -> None:
    edit(annex2, lambda ws: ws.cell(4, header(ws, "别名")).__setattr__("value", "社会救助处"), "处室")
    status, _, error = annex2("status")
    assert status == 2
    assert "是另一个处室的名称" in error


def test_a_renamed_division_keeps_its_history(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    send(annex2, "一", "甲一", None, now=NOW)
    for sheet, column in (("处室", "名称"), ("任务台账", "牵头处室"), ("报送情况", "处室")):

        def rename(ws: Worksheet, column: str = column, sheet: str = sheet) -> None:
            at = header(ws, column)
            for r in range(1, ws.max_row + 1):
                if ws.cell(r, at).value == "社会救助处":
                    ws.cell(r, at).value = "救助管理处"
                    if sheet == "处室":
                        ws.cell(r, header(ws, "别名")).value = "社会救助处"

        edit(annex2, rename, sheet)
    (round_,) = annex2.json("status", "2023Q1", now=NOW)["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}["救助管理处"] == "returned"
    annex2("fanout", "2023Q1", "--division", "社会救助处")
    annex2.deliver("救助管理处", name="二.xlsx", texts=["甲一", "乙一"])
    annex2("collect", now=LATER)
    (item,) = items(annex2, "return")
    assert str(item["处理结果"]).startswith("已由")


@pytest.mark.parametrize("key", ["../../evil", "..", "a/b", "2023:Q1"])
def test_a_round_key_that_would_leave_the_outbox(annex2: Annex2, key: str) -> None:
    edit(annex2, lambda ws: ws.cell(4, header(ws, "编号")).__setattr__("value", key), "报送节点")
    status, _, error = annex2("fanout", "第一季度")
    assert status == 2
    assert "不能用" in error


# files and folders


NAMES = (" 前后有空格 .xlsx", "\u00a0报表.xlsx", "报表！|.xlsx", "a\tb.xlsx", "\u202e反转.xlsx")


@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_recorded_once(annex2: Annex2, name: str) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name=name)
    annex2("collect", now=NOW)
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATER)
    assert annex2.master.read_bytes() == settled
    assert len(annex2.cells("收件记录")) == 1


@pytest.mark.skipif(os.name != "posix", reason="file names in bytes: only on Linux and macOS")
def test_a_name_in_no_encoding(annex2: Annex2) -> None:
    folder = os.fsencode(annex2.root / "inbox")
    with open(os.path.join(folder, "报表.xlsx".encode("gbk")), "wb") as f:  # noqa: PTH118, PTH123
        f.write(b"x")
    assert annex2("collect", now=NOW)[0] == 1
    settled = annex2.master.read_bytes()
    annex2("collect", now=LATER)
    assert annex2.master.read_bytes() == settled


def test_an_inbox_that_was_left_out_when_the_workspace_was_copied(annex2: Annex2) -> None:
    (annex2.root / "inbox").rmdir()
    assert annex2("collect", now=NOW)[0] == 0
    assert (annex2.root / "inbox").is_dir()


def test_a_copy_without_the_hidden_folder_is_refused(annex2: Annex2) -> None:
    assert annex2("fanout", "2023Q1")[0] == 0
    shutil.rmtree(annex2.root / ".annex2")
    check = ("check", annex2.form("社会救助处"))
    for words in (("collect",), ("send", "2023Q1", "--drafts"), ("schedule", "run"), check):
        status, _, error = annex2(*words, now=NOW)
        assert status == 2
        assert "没有一起复制过来" in error
    assert "✗ 工作区" in annex2("doctor", "--no-mailbox")[1]
    assert not (annex2.root / ".annex2").exists()
    (annex2.root / ".annex2").mkdir()
    assert annex2("collect", now=NOW)[0] == 0


def test_the_workspace_itself_is_no_delivery(sent: Annex2) -> None:
    done = sent.json("collect", sent.root, now=LATER)
    assert [f["name"] for f in done["files"]] == ["一.xlsx"]


def test_the_same_file_by_two_ways_is_one(sent: Annex2, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outside = tmp_path / "外面"
    outside.mkdir()
    shutil.copy(sent.root / "inbox" / "一.xlsx", outside / "二.xlsx")
    monkeypatch.chdir(outside)
    sent("collect", "二.xlsx", now=LATER)
    sent("collect", outside / "二.xlsx", now=LATER)
    assert len(sent.cells("收件记录")) == 2


def test_a_clerks_forms_in_the_old_folder_are_never_written_over(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    form = annex2.form("社会救助处")
    for i in range(3):
        typed = load_workbook(form)
        typed["附件2"].cell(4, 3).value = f"第{i}稿"
        typed.save(form)
        annex2("fanout", "2023Q1")
        if i == 1:
            next((form.parent / "旧版").glob("*（1）*")).unlink()
    assert len(list((form.parent / "旧版").iterdir())) == 2


def test_a_clock_put_back_keeps_the_newest_version(sent: Annex2) -> None:
    def few(ws: Worksheet) -> None:
        r = next(r for r in range(1, ws.max_row + 1) if ws.cell(r, 1).value == "保留总表版本数")
        ws.cell(r, 2).value = 1

    edit(sent, few, "设置")
    before = sent.master.read_bytes()
    send(sent, "二", "甲二", "乙二", now="2022-01-01T10:00")
    assert before in [p.read_bytes() for p in (sent.root / "archive/versions").iterdir()]


def test_a_clock_put_back_is_told(sent: Annex2) -> None:
    assert "时钟不对" not in sent("collect", now=LATER)[1]
    assert "2022-01-02 10:00 比以前收件的时间 2023-04-03 10:00 还早" in sent("collect", now="2022-01-02T10:00")[1]


def test_a_download_that_goes_on_is_passed_over(annex2: Annex2) -> None:
    for name in ("表.xlsx.crdownload", "未确认 1.crdownload", "表.xlsx.PART", "~表.tmp"):
        (annex2.root / "inbox" / name).write_bytes(b"PK half")
    assert annex2.json("collect", now=NOW)["files"] == []


def test_a_clock_that_ran_ahead_costs_no_later_version(sent: Annex2) -> None:
    def few(ws: Worksheet) -> None:
        r = next(r for r in range(1, ws.max_row + 1) if ws.cell(r, 1).value == "保留总表版本数")
        ws.cell(r, 2).value = 3

    edit(sent, few, "设置")
    for day in ("2024-04-01", "2024-04-02", "2024-04-03", "2023-04-04", "2023-04-05", "2023-04-06"):
        last = sent.master.read_bytes()
        send(sent, day, f"甲{day}", "乙", now=f"{day}T10:00")
    _, out, _ = sent("restore")
    assert [out.count(f"2023-04-0{n} 10:00:00") for n in (4, 5, 6)] == [1, 1, 1], out
    assert "时钟不对" not in out
    sent("restore", "1", now="2022-01-01T10:00")
    assert sent.master.read_bytes() == last
    assert "时钟不对" in sent("restore")[1]  # 2022 stands above 2023


def test_what_rotted_in_the_archive_is_mended_by_the_same_file(sent: Annex2) -> None:
    (receipt,) = sent.cells("收件记录")
    original = sent.root / receipt["归档位置"]
    good = original.read_bytes()
    original.write_bytes(good[:-1] + b"!")
    sent("collect", now=LATER)
    assert original.read_bytes() == good


def test_after_a_restore_the_receipts_come_back_with_their_first_times(sent: Annex2) -> None:
    send(sent, "二", "甲二", "乙二", now=LATER)
    full = {r["文件名"]: r["收到时间"] for r in sent.cells("收件记录")}
    for path in (sent.root / "inbox").iterdir():
        path.unlink()
    assert sent("restore", "1", now=LATEST)[0] == 0
    assert len(sent.cells("收件记录")) == 1
    status, out, _ = sent("rebuild")
    assert status == 1
    assert "没有登记" in out
    sent("collect", now="2023-05-01T10:00")
    assert {r["文件名"]: r["收到时间"] for r in sent.cells("收件记录")} == full
    assert sent.status_text(2) == "甲二"
    assert sent.status_text(2, "第一季度报送状态") == "按时"


# templates and other rounds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 1/0 }}", "里面的式子算不出来"),
        ("{{ office.year + 'a' }}", "不能用"),
        ("{{ 'x' * 10 ** 9 }}", "不能用"),
        ("{{ round.titel }}", "没有“titel”这一项"),
        ("{{ round.title", "占位符写法有误：{{ round.title（没有写完"),
    ],
)
def test_a_template_that_staff_broke(annex2: Annex2, text: str, said: str) -> None:
    path = annex2.root / "templates" / "annex2.xlsx"
    book = load_workbook(path)
    book.worksheets[0]["A1"].value = text
    book.save(path)
    status, _, error = annex2("fanout", "2023Q1")
    assert status == 2
    assert said in error
    assert "附件2!A1" in error
    assert not list((annex2.root / "outbox").iterdir())


@pytest.mark.parametrize("spoil", [lambda p: p.mkdir(), lambda p: p.write_bytes(b"")])
def test_something_stands_where_a_form_should(annex2: Annex2, spoil: Callable[[Path], object]) -> None:
    annex2("fanout", "2023Q1")
    form = annex2.form("社会救助处")
    form.unlink()
    spoil(form)
    status, _, error = annex2("fanout", "2023Q1")
    assert status in (0, 2)
    assert "Traceback" not in error


def test_a_form_of_a_round_that_has_no_columns_is_held(annex2: Annex2) -> None:
    annex2("fanout", "2023Q2")
    annex2.deliver("社会救助处", "2023Q2", name="一.xlsx")
    edit(annex2, lambda ws: ws.cell(5, header(ws, "表种")).__setattr__("value", "配合任务"), "报送节点")
    status, _, error = annex2("collect", now=NOW)
    assert status == 1, error
    assert annex2.cells("收件记录")[0]["结论"] in ("待裁定", "退回修改")


def test_the_office_number_of_findings_has_an_end(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    path = annex2.deliver("社会救助处", name="一.xlsx")
    book = load_workbook(path)
    sheet = book.worksheets[0]
    sheet.protection.sheet = False
    for r in range(20, 3020):
        sheet.cell(r, 2).value, sheet.cell(r, 3).value = f"不知哪来的事项{r}", "写了些什么"
    book.save(path)
    annex2.deliver("养老服务处", name="二.xlsx")
    assert annex2("collect", now=NOW)[0] == 1
    assert annex2.status_text(1)
    assert len(annex2.cells("收件记录")) == 2


def test_two_divisions_that_are_said_to_lead_one_task_are_told(annex2: Annex2) -> None:
    annex2.type(Sheet.TASKS, "2023-12", "牵头处室", "儿童福利处、社会救助处")
    told = "“任务台账”第12*项的牵头处室“儿童福利处、社会救助处”在“处室”表里没有：写错的改正，只写一个处室"
    for verb in ("status", "collect"):
        assert told in annex2(verb, now="2023-04-03T10:00")[1]
    status, _, error = annex2("fanout", "2023Q1")
    assert status == 2
    assert "“牵头处室”只写一个，别的处室写进“责任处室(单位)”" in error
