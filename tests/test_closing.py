"""办结销号: what is proposed, and that only a person closes a task."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest
from conftest import Annex2, input_rows
from openpyxl import load_workbook

from toolkit.closing import says_done
from toolkit.collect import collect
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.workspace import Workspace

DONE = [
    "已完成全年目标。",
    "截至12月底，已全面完成全年目标任务。",
    "该项工作已全部完成并通过验收。",
    "全年新建社区食堂30个，超额完成年度目标任务。",
    "新增床位1200张，完成全年目标任务的120%。",
    "目标任务完成率100%，全部投入使用。",
    "截至11月底，已建成30家，提前完成全年任务。下一步将继续巩固成果，预计明年再建10家。",
    "本任务已办结。",
    "截至第三季度末，已提前完成目标任务。",
    "截至9月底，该项目已全部完工。",
    "一季度已提前完成全年目标任务。",
]
NOT_DONE = [
    "",
    "已完成全年目标的78%。",
    "已完成一季度任务。",
    "已完成第一批采购。",
    "确保全面完成全年目标任务。",
    "力争12月底前完成全年任务。",
    "改造工程已全部完成，其余5个社区正在施工。",
    "已完成50%。",
    "预计年底全面完成目标任务。",
    "验收合格率100%。",
    "已完成前期工作，为完成年度目标任务奠定基础。",
    "尚未完成全年目标。",
    "组织培训，已完成培训工作总结的初稿。",
    "培训任务已完成，建设任务尚未完成",
    "已完成全年任务数的一半。",
    "对照已完成全年目标任务的单位查找差距。",
    "一季度已完成目标任务。二季度继续做好走访工作。",
    "本季度已完成，共走访320户。",
    "截至目前，本季度任务已完成。",
    "本月已完成。",
    "1-3月已按时完成工作任务，共新建20个。",
    "一季度已全面完成各项工作任务。",
    "该项目前期工作已完成。",
    "上半年，已圆满完成各项任务。",
]


@pytest.mark.parametrize("text", DONE)
def test_words_that_say_that_the_whole_task_is_done(text: str) -> None:
    assert says_done(text) in text
    assert says_done(text)


@pytest.mark.parametrize("text", NOT_DONE)
def test_a_part_a_plan_or_a_rest_is_not_done(text: str) -> None:
    assert says_done(text) == ""


APRIL_6 = datetime(2023, 4, 6)  # noqa: DTZ001  as Excel has it
SAYS_SO = "截至3月底，新增床位520张，已提前完成全年目标任务。"
GOES_ON = "截至3月底，完成全年目标的31%，按序时推进。"


def report(annex2: Annex2, texts: list[str], round_: str = "2023Q1", now: str = "2023-04-03T10:00") -> str:
    """社会救助处 (tasks 2 and 13) reports these texts: what collect says."""
    annex2("fanout", round_)
    annex2.deliver("社会救助处", round_, name=f"{now[:10]}.xlsx", texts=texts, approver="邓立", day=date(2023, 4, 3))
    return annex2("collect", now=now)[1]


def closings(annex2: Annex2) -> list[dict[str, object]]:
    return [r for r in annex2.cells("待处理") if r["事项"] == "销号"]


def task(annex2: Annex2, no: int) -> dict[str, object]:
    (row,) = (r for r in annex2.cells("任务台账") if r["序号"] == no)
    return row


def decide(annex2: Annex2, item: dict[str, object], decision: str) -> None:
    annex2.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", decision)


def type_into(annex2: Annex2, no: int, header: str, value: str) -> None:
    annex2.type(Sheet.TASKS, f"2023-{no:02d}", header, value)


def test_a_done_task_is_proposed_once_with_its_evidence_and_changes_no_state(annex2: Annex2) -> None:
    assert "提请销号：第2*项，在“待处理”里定" in report(annex2, [SAYS_SO, GOES_ON])
    (item,) = closings(annex2)
    assert item["位置"] == "任务台账 第2*项 销号状态"
    for words in ("第一季度完成情况", "第1号收件", "已提前完成全年目标任务"):
        assert words in str(item["问题"])
    assert "同意销号" in str(item["怎么办"])
    assert (task(annex2, 2)["任务状态"], task(annex2, 2)["销号状态"]) == (None, None)
    before = annex2.master.read_bytes()
    status, out, _ = annex2("collect", now="2023-04-03T11:00")
    assert (annex2.master.read_bytes(), status) == (before, 1)
    assert "1 条等着办" in out


def test_only_the_persons_decision_closes_it_and_then_for_good(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    decide(annex2, closings(annex2)[0], "同意销号")
    _, out, _ = annex2("collect", now="2023-04-06T09:00")
    assert "已销号（2023-04-06 09:00）" in out
    row = task(annex2, 2)
    assert (row["任务状态"], row["销号状态"], row["销号日期"]) == (None, "已销号", APRIL_6)
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-04-07T09:00")
    assert annex2.master.read_bytes() == before
    assert len(closings(annex2)) == 1
    assert annex2.json("status", now="2023-04-07T09:00")["closing"] == {
        "tasks": 21, "done": 0, "closed": 1, "applied": 0, "proposed": 0
    }  # fmt: skip
    page = annex2.root / "页.html"
    assert "已销号 1 项" in annex2("status", "--html", page, now="2023-04-07T09:00")[1]
    assert "已销号任务" in page.read_text("utf-8")
    assert "1/21" in page.read_text("utf-8")


def test_refused_stays_refused_even_when_the_next_report_says_so_again(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    decide(annex2, closings(annex2)[0], "暂不销号")
    report(annex2, [SAYS_SO.replace("520", "640"), GOES_ON], "2023Q2", "2023-07-03T10:00")
    (item,) = closings(annex2)
    assert str(item["处理结果"]).startswith("已按意见暂不销号")
    assert task(annex2, 2)["销号状态"] is None


def test_a_decision_that_does_not_apply_is_told(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    decide(annex2, closings(annex2)[0], "接收此件")
    _, out, _ = annex2("collect", now="2023-04-06T09:00")
    assert "请选“同意销号”或“暂不销号”" in out
    assert task(annex2, 2)["销号状态"] is None


def test_a_correction_that_takes_it_back_withdraws_the_proposal(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    report(annex2, [GOES_ON.replace("31", "88"), GOES_ON], now="2023-04-04T10:00")
    (item,) = closings(annex2)
    assert str(item["处理结果"]).startswith("已撤回")
    report(annex2, [SAYS_SO, GOES_ON], "2023Q2", "2023-07-03T10:00")
    assert [bool(i["处理结果"]) for i in closings(annex2)] == [True, False]
    assert "第二季度" in str(closings(annex2)[1]["问题"])


def test_a_decision_waits_for_what_the_same_run_brings(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    decide(annex2, closings(annex2)[0], "同意销号")
    annex2.deliver("社会救助处", texts=[GOES_ON.replace("31", "88"), GOES_ON], name="更正.xlsx", approver="邓立")
    status, out, _ = annex2("collect", now="2023-04-04T10:00")
    assert status == 1
    assert "没有销号：同一次收取里第2号收件改了第一季度的完成情况，现在没有说已经完成" in out
    assert (task(annex2, 2)["销号状态"], task(annex2, 2)["销号日期"]) == (None, None)
    first, second = closings(annex2)
    assert str(first["处理结果"]).startswith("已撤回，没有销号")
    assert "已同意销号，但同一次收取里第2号收件" in str(second["问题"])
    before = annex2.master.read_bytes()
    _, out, _ = annex2("collect", now="2023-04-04T11:00")  # nothing becomes of it until the person says again
    assert (annex2.master.read_bytes(), "提请销号" in out) == (before, False)
    decide(annex2, second, "同意销号")
    annex2("collect", now="2023-04-04T12:00")
    assert task(annex2, 2)["销号状态"] == "已销号"


def test_a_correction_that_still_says_so_is_told_beside_the_closing(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    decide(annex2, closings(annex2)[0], "同意销号")
    annex2.deliver("社会救助处", texts=[SAYS_SO.replace("520", "530"), GOES_ON], name="更正.xlsx", approver="邓立")
    _, out, _ = annex2("collect", now="2023-04-04T10:00")
    assert "已销号；同一次收取里第2号收件改了第一季度的完成情况，请看一眼（2023-04-04 10:00）" in out
    assert task(annex2, 2)["销号状态"] == "已销号"
    assert len(closings(annex2)) == 1


def test_figures_that_fall_short_meanwhile_take_the_evidence_back(annex2: Annex2) -> None:
    confirm(annex2, None)
    annex2("fanout", "2023Q1")
    for figure, name in ((510, "一.xlsx"), (320, "更正.xlsx")):
        target = annex2.deliver("社会救助处", texts=[SAYS_SO, GOES_ON], name=name, approver="邓立")
        book = load_workbook(target)
        book["指标数据"]["F4"] = figure
        book.save(target)
        if figure == 510:
            annex2("collect", now="2023-04-03T10:00")
            decide(annex2, closings(annex2)[0], "同意销号")
    _, out, _ = annex2("collect", now="2023-04-04T10:00")
    assert "没有销号：同一次收取里第2号收件改了第一季度的累计值" in out
    assert task(annex2, 2)["销号状态"] is None


def test_what_a_returned_report_says_is_no_evidence(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, "无"])
    assert annex2.status_text(2) == SAYS_SO
    assert closings(annex2) == []


def confirm(annex2: Annex2, figure: int | None, direction: str = "≥") -> None:
    """A confirmed target of task 2 with its sum to date, typed into the first row of 指标."""
    book = load_workbook(annex2.master)
    sheet = book["指标"]
    columns = {c.value: c.column for c in sheet[3]}
    for header, value in {
        "序号": 2, "指标": "新增床位", "目标值": 500, "单位": "张", "方向": direction, "口径": "按验收数",
        "第一季度累计值": figure,
    }.items():  # fmt: skip
        sheet.cell(4, columns[header]).value = value
    book.save(annex2.master)


@pytest.mark.parametrize(
    ("figure", "direction", "done"), [(400, "≥", False), (500, "≥", True), (400, "≤", True), (510, "≤", False)]
)
def test_a_confirmed_target_that_is_not_met_speaks_against(
    annex2: Annex2, figure: int, direction: str, done: bool
) -> None:
    confirm(annex2, figure, direction)
    report(annex2, [SAYS_SO, GOES_ON])
    items = closings(annex2)
    assert bool(items) is done
    assert not done or "指标“新增床位”：" in str(items[0]["问题"])


def test_a_person_says_done_or_applies(annex2: Annex2) -> None:
    type_into(annex2, 2, "任务状态", "超额完成")
    type_into(annex2, 13, "销号状态", "申请")
    annex2("collect", now="2023-04-06T09:00")
    done, applied = closings(annex2)
    assert "“任务状态”由人选为“超额完成”" in str(done["问题"])
    assert "还没有报过完成情况" in str(done["问题"])
    assert "“销号状态”由人选为“申请”" in str(applied["问题"])
    decide(annex2, applied, "暂不销号")
    annex2("collect", now="2023-04-06T10:00")
    assert task(annex2, 13)["销号状态"] == "未销号"
    assert len(closings(annex2)) == 2


def test_a_person_closes_it_in_the_ledger(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    type_into(annex2, 2, "销号状态", "已销号")
    annex2("collect", now="2023-04-06T09:00")
    assert closings(annex2)[0]["处理结果"] == "已由人在台账里销号"
    assert task(annex2, 2)["销号日期"] == APRIL_6
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-04-08T09:00")
    assert annex2.master.read_bytes() == before


def test_until_a_run_dates_it_it_is_closed_since_today(annex2: Annex2) -> None:
    """What was owed before stays owed, whether collect has run or not."""
    before = {}
    type_into(annex2, 12, "销号状态", "已销号")  # all that 儿童福利处 reports
    for key in ("2023Q1", "2023Q2", "2023Q3"):
        (round_,) = annex2.json("status", key, now="2023-07-08T09:00")["rounds"]
        before[key] = {d["division"]: (d["state"], d["days_late"]) for d in round_["divisions"]}
    assert before["2023Q2"]["儿童福利处"] == ("missing", 3)
    assert before["2023Q3"]["儿童福利处"] == ("exempt", 0)
    assert "儿童福利处" not in annex2("fanout", "2023Q1", now="2023-07-08T09:00")[1].partition("不用再报")[2]
    annex2("summary", now="2023-07-08T09:00")
    (book,) = (load_workbook(p) for p in (annex2.root / "summary").glob("*汇总.xlsx"))
    gaps = [[c.value for c in r] for r in book["缺报与逾期"].iter_rows()]
    assert [r[5] for r in gaps if r[3] == "儿童福利处"] == ["逾期未报", "逾期未报"]
    annex2("collect", now="2023-07-08T09:00")
    for key, states in before.items():
        (round_,) = annex2.json("status", key, now="2023-07-08T10:00")["rounds"]
        assert {d["division"]: (d["state"], d["days_late"]) for d in round_["divisions"]} == states


def closed(annex2: Annex2, *numbers: int) -> None:
    for no in numbers:
        type_into(annex2, no, "销号状态", "已销号")
    annex2("collect", now="2023-05-06T09:00")


def test_a_closed_task_stays_in_the_form_and_is_not_asked_for(annex2: Annex2) -> None:
    closed(annex2, 2)
    annex2("fanout", "2023Q2")
    sheet = load_workbook(annex2.form("社会救助处", "2023Q2")).worksheets[0]
    assert [sheet.cell(r, 3).value for r in input_rows(sheet)] == ["已销号，不用再报", None]
    # left as it came, and emptied: both are no reason to return the form
    for at, texts in (("10:00", ["已销号，不用再报", GOES_ON]), ("11:00", [None, GOES_ON + "督导2次。"])):
        annex2.deliver("社会救助处", "2023Q2", name=f"{at[:2]}.xlsx", texts=texts, approver="邓立")
        done = annex2.json("collect", now=f"2023-07-03T{at}")
        assert [f["verdict"] for f in done["files"]][-1].startswith("accepted"), done["files"][-1]
    assert annex2.status_text(2, "第二季度完成情况") is None
    # what a division says of it all the same is taken
    annex2.deliver("社会救助处", "2023Q2", name="12.xlsx", texts=["巩固成果，回访12户。", None], approver="邓立")
    annex2("collect", now="2023-07-03T12:00")
    assert annex2.status_text(2, "第二季度完成情况") == "巩固成果，回访12户。"


def test_a_division_whose_tasks_are_all_closed_is_not_chased_from_then_on(annex2: Annex2) -> None:
    closed(annex2, 2, 13)
    states = {
        r["round"]: {d["division"]: d["state"] for d in r["divisions"]}["社会救助处"]
        for r in annex2.json("status", now="2023-10-20T09:00")["rounds"]
    }
    assert states == {"2023Q1": "missing", "2023Q2": "exempt", "2023Q3": "exempt", "2023Y": "exempt"}
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
    assert [row[n] for n in ("第二季度", "全年")] == ["免报（已销号）"] * 2
    # opened again: asked again, in the sheet too
    for no in (2, 13):
        type_into(annex2, no, "销号状态", "未销号")
    annex2("collect", now="2023-10-20T09:00")
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
    assert str(row["第二季度"]).startswith("=IF(")


def test_a_division_whose_tasks_are_all_closed_gets_no_form(annex2: Annex2) -> None:
    closed(annex2, 2, 13)
    status, out, _ = annex2("fanout", "2023Q2", now="2023-06-20T09:00")
    assert status == 0
    assert "任务都已销号，不用再报，没有生成表格的处室：社会救助处" in out
    assert "截止日期已经过了" not in out
    assert not list((annex2.root / "outbox" / "2023Q2").glob("*社会救助处*"))
    _, out, _ = annex2("send", "2023Q2", "--dry-run", now="2023-06-20T09:00")
    assert "没有发的处室：社会救助处" in out
    status, _, err = annex2("fanout", "2023Q2", "--division", "社会救助处")
    assert (status, "社会救助处的任务都已销号" in err, "改回“未销号”" in err) == (2, True, True)
    annex2("fanout", "2023Q1")  # due before they were closed: asked for
    assert annex2.form("社会救助处", "2023Q1").exists()


def test_forms_of_a_round_that_is_over_are_made_with_a_warning(annex2: Annex2) -> None:
    assert "截止日期已经过了" in annex2("fanout", "2023Q1", now="2023-04-06T00:00")[1]
    assert "截止日期已经过了" not in annex2("fanout", "2023Q1", now="2023-04-05T23:00")[1]


def test_summary_shows_what_is_closed_in_all_three_shapes(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    type_into(annex2, 2, "任务状态", "已完成")
    closed(annex2, 2)
    annex2("summary", now="2024-01-20T09:00")
    made = {p.suffix: p for p in (annex2.root / "summary").iterdir() if p.is_file()}
    book = load_workbook(made[".xlsx"])
    rows = [[c.value for c in r] for r in book["任务完成情况"].iter_rows()]
    (header,) = (r for r in rows if "序号" in r)
    (row,) = (r for r in rows if r[0] == "2*")
    assert row[header.index("任务状态\n销号状态")] == "已完成\n已销号"
    assert row[header.index("全年完成情况")] == "已销号"
    shown = [[c.value for c in r if c.value] for r in book["总览"].iter_rows()]
    at = shown.index(["已完成（任务状态）", "已销号", "未销号", "已销号占比"])
    assert shown[at + 1] == ["1项", "1项", "20项", "4.8%"]
    page = made[".html"].read_text("utf-8")
    from docx import Document

    document = Document(str(made[".docx"]))
    words = "\n".join(p.text for p in document.paragraphs)
    for text in (page, words):
        assert "已办结销号1项" in text
        assert "2023年5月6日销号" in text
        assert "已销号，以下为第一季度报送的情况" in text
    assert "销号状态" in page
    assert any("销号\n状态" in [c.text for c in t.rows[0].cells] for t in document.tables)


def test_an_office_without_the_column_does_without(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (cell,) = (c for c in sheet[3] if c.value == "销号状态")
    table = next(iter(sheet.tables.values()))
    next(c for c in table.tableColumns if c.name == "销号状态").name = cell.value = "办结没有"
    book.save(annex2.master)
    report(annex2, [SAYS_SO, GOES_ON])
    assert closings(annex2) == []


def test_a_formula_in_the_column_is_somebodys(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    column = next(c.column for c in sheet[3] if c.value == "销号状态")
    row = next(r for r in range(4, 30) if sheet.cell(r, 1).value == 2)
    sheet.cell(row, column).value = '=""'
    book.save(annex2.master)
    decide(annex2, closings(annex2)[0], "同意销号")
    _, out, _ = annex2("collect", now="2023-04-06T09:00")
    assert "是公式，没有改动" in out
    assert load_workbook(annex2.master)["任务台账"].cell(row, column).value == '=""'


def test_closing_survives_rebuild_and_the_json_of_collect(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    assert "differences" in json.dumps(annex2.json("rebuild"))
    done = collect(Workspace(annex2.root), [], datetime(2023, 4, 5, 9))  # noqa: DTZ001  naive by contract
    assert (done.changed, done.open_items) == (False, 1)
    assert load(Workspace(annex2.root)).master.task_states["2023-02"].closing == ""


def test_years_old_masters_without_a_day_are_read(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    (cell,) = (c for c in sheet[3] if c.value == "销号日期")
    table = next(iter(sheet.tables.values()))
    next(c for c in table.tableColumns if c.name == "销号日期").name = cell.value = "备注"
    book.save(annex2.master)
    type_into(annex2, 2, "销号状态", "已销号")
    annex2("collect", now="2023-05-06T09:00")
    task_ = next(t for t in load(Workspace(annex2.root)).master.office.tasks if t.no == 2)
    assert task_.closed == date(2023, 1, 1)
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-05-07T09:00")
    assert annex2.master.read_bytes() == before


def test_a_proposal_goes_with_the_report_that_is_taken_back(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    (item,) = closings(annex2)
    annex2.type(Sheet.RECEIPTS, "1", "结论", "不处理")
    annex2("collect", now="2023-04-04T10:00")
    (item,) = closings(annex2)
    assert str(item["处理结果"]).startswith("已撤回")
    assert task(annex2, 2)["第一季度完成情况"] is None


def test_nothing_is_closed_on_a_report_that_is_taken_back_in_the_same_run(annex2: Annex2) -> None:
    report(annex2, [SAYS_SO, GOES_ON])
    (item,) = closings(annex2)
    annex2.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "同意销号")
    annex2.type(Sheet.RECEIPTS, "1", "结论", "不处理")
    annex2("collect", now="2023-04-04T10:00")
    assert task(annex2, 2)["销号状态"] != "已销号"
