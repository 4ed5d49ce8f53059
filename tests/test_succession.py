"""Tasks that pass to another division in the middle of the year (停用日期 and 并入): nothing of theirs is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from conftest import Annex2, input_rows
from openpyxl import load_workbook
from test_mix_ups import decide

from toolkit.master.indicators import indicator_key
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.standing import standing
from toolkit.summary.frames import Frames, make_frames
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook, cell_name

CHILD, GRASSROOTS = "儿童福利处", "基层政权处"
NOW = "2024-01-08T09:00"


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2.deliver(CHILD, name="一季度.xlsx", texts=("儿童一",))
    annex2.json("collect", now="2023-04-03T10:00")
    annex2.type(Sheet.DIVISIONS, CHILD, "停用日期", datetime(2023, 11, 1))  # type: ignore[arg-type]  # noqa: DTZ001
    annex2.type(Sheet.DIVISIONS, CHILD, "并入", GRASSROOTS)
    annex2("fanout", "2023Y")
    return annex2


def frames(annex2: Annex2, now: str = NOW) -> Frames:
    master = load(Workspace(annex2.root)).master
    at = datetime.fromisoformat(now).replace(tzinfo=master.zone)
    return make_frames(master, standing(master, at), at)


def rows(frame: Any, **wanted: object) -> list[dict[str, Any]]:
    found = [{str(k): v for k, v in r.items()} for r in frame.to_dict("records")]
    return [r for r in found if all(r[k] == v for k, v in wanted.items())]


def test_the_heirs_report_of_an_inherited_task_is_in_the_summary(office: Annex2) -> None:
    office.deliver(GRASSROOTS, round_="2023Y", texts=("儿童全年", "基层全年"))
    office.json("collect", now="2024-01-04T10:00")
    found = frames(office)
    assert found.figures.closing_owed == 10
    (annual,) = rows(found.cells, no=12, round="2023Y")
    assert (annual["division"], annual["text"], annual["state"], annual["asked"]) == (
        GRASSROOTS, "儿童全年", "按时", True,
    )  # fmt: skip
    (first,) = rows(found.cells, no=12, round="2023Q1")
    assert (first["division"], first["text"], first["state"]) == (CHILD, "儿童一", "按时")
    assert rows(found.tasks, no=12)[0]["division"] == GRASSROOTS
    (report,) = rows(found.reports, round="2023Y", division=GRASSROOTS)
    assert (report["numbers"], report["tasks"]) == ("12、14", 2)
    assert rows(found.divisions, division=GRASSROOTS)[0]["tasks"] == 2


def test_an_inherited_task_that_nobody_reported_on_is_wanting(office: Annex2) -> None:
    office.deliver(GRASSROOTS, round_="2023Y", texts=(None, "基层全年"))
    office.json("collect", now="2024-01-04T10:00")
    office.type(Sheet.ATTENTION, "return:2", "处理意见", "接收此件")
    office.json("collect", now="2024-01-04T11:00")
    found = frames(office)
    assert found.figures.closing_owed == 10
    (cell,) = rows(found.cells, no=12, round="2023Y")
    assert (cell["asked"], cell["filled"]) == (True, False)
    assert any("12" in r["numbers"] for r in rows(found.gaps, round="2023Y", division=GRASSROOTS))


def test_the_steps_of_its_plan_are_the_heirs(office: Annex2) -> None:
    master = load(Workspace(office.root))
    layout = master.master.layouts[Sheet.PLANS]
    workbook = Workbook.from_bytes(master.data)
    sheet = workbook.sheet(layout.sheet)
    for header, value in (("序号", 12), ("工作内容", "招聘社工"), ("完成时间节点", "2023-12-15")):
        column = layout.column(header)
        assert column is not None
        sheet.set(cell_name(layout.header_row + 1, column), value)
    office.master.write_bytes(workbook.to_bytes())
    office.json("collect", now=NOW)
    (step,) = (r for r in office.cells("办理方案") if r["工作内容"])
    assert step["牵头处室"] == GRASSROOTS
    assert GRASSROOTS in office("status", now=NOW)[1].partition("办理方案的步骤")[2]


def test_its_indicators_are_told_under_the_heir(office: Annex2) -> None:
    (indicator,) = (r["指标"] for r in office.cells("指标") if r["序号"] == 12)
    office.type(Sheet.TARGETS, indicator_key("2023-12", indicator), "口径", "以市局台账为准")
    (line,) = rows(frames(office).targets, no="12*")
    assert line["division"] == GRASSROOTS
    (line,) = rows(frames(office, "2023-05-01T09:00").targets, no="12*")
    assert line["division"] == CHILD  # it was still there


# 牵头处室 changed in 任务台账

RELIEF, AFFAIRS = "社会救助处", "社会事务处"
LATER, MAY = "2023-04-04T10:00", "2023-05-05T09:00"


@pytest.fixture
def handed(annex2: Annex2) -> Annex2:
    """Task 13 goes from 社会救助处 to 社会事务处 in May, when the first quarter has been reported on."""
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2.json("collect", now="2023-04-03T10:00")
    keys = {r["序号"]: r["任务编号"] for r in annex2.cells("任务台账")}
    annex2.type(Sheet.TASKS, keys[13], "牵头处室", AFFAIRS)
    annex2.json("collect", now=MAY)
    return annex2


def states(annex2: Annex2, round_: str, now: str) -> dict[str, str]:
    (found,) = annex2.json("status", round_, now=now)["rounds"]
    return {d["division"]: d["state"] for d in found["divisions"]}


def test_what_was_reported_stays_the_formers(handed: Annex2) -> None:
    now = states(handed, "2023Q1", MAY)
    assert AFFAIRS not in now
    assert now[RELIEF] == "on_time"
    assert states(handed, "2023Q2", MAY)[AFFAIRS] == "not_due"
    (row,) = (r for r in handed.cells("报送情况") if r["处室"] == AFFAIRS)
    assert row["第一季度"] == "—"
    assert str(row["第二季度"]).startswith("=IF(")
    assert handed.status_text(13, "第一季度报送状态") == "按时"
    assert handed("rebuild")[0] == 0
    assert "没有变化" in handed("collect", now=MAY)[1]
    (cell,) = rows(frames(handed, MAY).cells, no=13, round="2023Q1")
    assert (cell["division"], cell["state"]) == (RELIEF, "按时")
    assert AFFAIRS not in handed("remind", "--dry-run", now=MAY)[1]


def test_the_next_quarter_is_the_new_ones(handed: Annex2) -> None:
    handed("fanout", "2023Q2")
    handed.deliver(RELIEF, round_="2023Q2", name="救助.xlsx", texts=("救助二",))
    handed.deliver(AFFAIRS, round_="2023Q2", name="事务.xlsx", texts=("标准二",))
    handed.json("collect", now="2023-07-03T10:00")
    assert [handed.status_text(n, "第二季度完成情况") for n in (2, 13)] == ["救助二", "标准二"]
    assert states(handed, "2023Q2", "2023-07-06T10:00")[AFFAIRS] == "on_time"
    assert handed.cells("待处理")[-1]["事项"] != "退回修改"


def test_the_new_one_may_correct_what_the_former_reported(handed: Annex2) -> None:
    """In the form of the former, which is all that there is of that quarter; whose it is a person says."""
    handed.deliver(RELIEF, name=f"{AFFAIRS}一季度.xlsx", texts=("不是它的", "标准改了"))
    handed.json("collect", now=MAY)
    decide(handed, f"接收此件 {AFFAIRS} 2023Q1")
    handed.json("collect", now="2023-05-05T10:00")
    assert [handed.status_text(n) for n in (2, 13)] == ["救助一", "标准改了"]
    assert AFFAIRS in states(handed, "2023Q1", "2023-05-05T11:00")
    before = handed.master.read_bytes()
    handed.json("collect", now="2023-05-05T11:00")
    assert handed.master.read_bytes() == before


def test_what_the_former_did_not_report_is_the_new_ones(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    keys = {r["序号"]: r["任务编号"] for r in annex2.cells("任务台账")}
    annex2.type(Sheet.TASKS, keys[13], "牵头处室", AFFAIRS)
    annex2.json("collect", now=LATER)
    assert states(annex2, "2023Q1", MAY)[AFFAIRS] == "missing"


def test_what_was_reported_before_a_division_closed_stays_its_own(annex2: Annex2) -> None:
    """Closed a day before the due date: the heir was chased for what had been reported, and its form asked for it."""
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", texts=("救助一", "标准一"))
    annex2("collect", now="2023-04-03T09:00")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "停用日期", "2023-04-04")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "并入", "儿童福利处")
    annex2("collect", now="2023-04-04T09:00")
    master = load(Workspace(annex2.root)).master
    found = {r.round.key: r for r in standing(master, datetime(2023, 4, 6, 10, tzinfo=master.zone))}
    told = {d.division: (str(d.state), d.tasks) for d in found["2023Q1"].divisions}
    assert told["社会救助处"] == ("on_time", 2)
    assert told["儿童福利处"] == ("missing", 1)
    assert {d.division: d.tasks for d in found["2023Q2"].divisions}["儿童福利处"] == 3
    assert annex2("rebuild")[0] == 0


def test_a_row_of_a_task_that_was_handed_on_behind_its_form_is_no_fault_of_the_formers(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    keys = {r["序号"]: r["任务编号"] for r in annex2.cells("任务台账")}
    annex2.type(Sheet.TASKS, keys[13], "牵头处室", AFFAIRS)
    annex2.deliver(RELIEF, texts=("救助一", "标准一"))
    (file,) = annex2.json("collect", now=LATER)["files"]
    assert [f["code"] for f in file["findings"]] == ["handed_over"]
    assert annex2.cells("收件记录")[0]["结论"] == "接收（有提示）"
    assert [annex2.status_text(n) for n in (2, 13)] == ["救助一", None]
    assert states(annex2, "2023Q1", MAY) | {RELIEF: "on_time", AFFAIRS: "missing"} == states(annex2, "2023Q1", MAY)


def test_a_form_all_of_whose_tasks_were_handed_on_is_not_the_new_ones(annex2: Annex2) -> None:
    """The new one never sent it: it would not be reminded, and then be asked to mend it."""
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TASKS, "2023-12", "牵头处室", RELIEF)
    annex2.deliver(CHILD, texts=("儿童一",))
    (file,) = annex2.json("collect", now=LATER)["files"]
    assert (file["division"], [f["code"] for f in file["findings"]]) == (None, ["all_handed_over"])
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "待裁定")
    assert "都交给社会救助处了，儿童福利处在第一季度没有要报的" in str(item["问题"])
    assert "请转给社会救助处" in str(item["怎么办"])
    assert states(annex2, "2023Q1", MAY)[RELIEF] == "missing"
    assert annex2.status_text(12) is None


def test_another_ones_texts_in_a_form_are_still_a_contradiction(annex2: Annex2) -> None:
    """The form of one that has nothing to report any more, with rows copied from another's."""
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TASKS, "2023-12", "牵头处室", RELIEF)
    form = annex2.deliver(CHILD, texts=("基层一",))
    book = load_workbook(form)
    (row,) = input_rows(book.worksheets[0])
    book.worksheets[0].cell(row, 2).value = next(r["工作事项"] for r in annex2.cells("任务台账") if r["序号"] == 14)
    book.save(form)
    (file,) = annex2.json("collect", now=LATER)["files"]
    assert [f["code"] for f in file["findings"]] == ["identity_conflict"]


def test_the_form_of_a_division_that_was_merged_since_is_taken_for_its_heirs(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.DIVISIONS, CHILD, "停用日期", "2023-03-20")
    annex2.type(Sheet.DIVISIONS, CHILD, "并入", GRASSROOTS)
    annex2.deliver(CHILD, texts=("儿童一",))
    (file,) = annex2.json("collect", now="2023-04-03T10:00")["files"]
    # All that the heir owes is its report: what its own form tells of is still wanting.
    assert [f["code"] for f in file["findings"]] == ["merged_since", "missing_task"]
    annex2.deliver(GRASSROOTS, texts=("基层一",))
    annex2.json("collect", now="2023-04-03T11:00")
    assert [annex2.status_text(n) for n in (12, 14)] == ["儿童一", "基层一"]
    assert states(annex2, "2023Q1", "2023-04-06T10:00")[GRASSROOTS] == "on_time"
    assert annex2.cells("待处理")[-1]["处理结果"] == "已由第2号收件补正"


def test_the_form_that_a_merged_division_had_does_not_stay_among_those_to_be_sent(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    folder = annex2.form(CHILD).parent
    (folder / "说明.xlsx").write_bytes(annex2.master.read_bytes())  # somebody's own
    before = {p.name for p in folder.glob("*.xlsx")}
    annex2.type(Sheet.DIVISIONS, CHILD, "停用日期", "2023-03-20")
    annex2.type(Sheet.DIVISIONS, CHILD, "并入", GRASSROOTS)
    name = annex2.form(CHILD).name
    assert f"以前的表移到了“旧版”：{name}" in annex2("fanout", "2023Q1")[1]
    assert {p.name for p in folder.glob("*.xlsx")} == before - {name}
    assert len(list((folder / "旧版").glob(f"*{CHILD}*"))) == 1
    assert "旧版" not in annex2("fanout", "2023Q1")[1]


def test_the_form_of_a_division_that_was_renamed_is_still_good(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    name = annex2.form(CHILD).name
    annex2.type(Sheet.DIVISIONS, CHILD, "别名", CHILD)
    annex2.type(Sheet.DIVISIONS, CHILD, "名称", "儿童福利中心")
    out = annex2("fanout", "2023Q1")[1]
    assert f"改名前的表移到了“旧版”，已经发出去的仍然能报：{name}" in out
    assert "现在不用单独报" not in out


def test_a_correction_of_what_the_former_reported_is_approved_by_its_own_leader(handed: Annex2) -> None:
    handed.type(Sheet.TASKS, "2023-13", "分管领导", "陈明")
    handed.deliver(RELIEF, name="更正.xlsx", texts=("救助一", "标准改了"))
    handed.json("collect", now=MAY)
    receipt = handed.cells("收件记录")[-1]
    assert (receipt["审定"], handed.status_text(13)) == ("已审定", "标准改了")
    handed.type(Sheet.RECEIPTS, "2", "审定", "未审定")
    out = handed("approval", "2023Q1", now=MAY)[1]
    assert "李超" in out
    assert "陈明" not in out
