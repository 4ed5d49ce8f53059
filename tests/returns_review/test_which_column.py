"""Tables that a division made itself: which column, which table and which rows are its report, and of which round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from made import OFFICE, POOR, POOR_TEXTS, Span, codes, grid, issued, seen, stamp
from test_tables import ALSO, DONE, FIRST, HEADER, ROWS, SECOND, TITLE, sheet, texts

from toolkit.returns.findings import verdict_of
from toolkit.returns.grid import Grid
from toolkit.returns.review import Review

OLD = "上次的话，走访120户，核对3个区。"
KEYS = ("2023-02", "2023-13")
NO_ROUND = "2023年市民政局社会救助处工作目标完成情况"


def plain_file(*lines: Sequence[Any], name: str = "救助处.xlsx", merged: Sequence[Span] = (), **more: Any) -> Review:
    """A file without a stamp."""
    return seen(sheet(*lines, merged=merged), stamps=[], name=name, **more)


def said(found: Review) -> list[str | None]:
    assert found.division == POOR, found.findings
    return [found.texts.get(k) for k in KEYS]


# headers


@pytest.mark.parametrize(
    "header",
    [
        "工作开展情况",
        "落实情况及下一步打算",
        "完成情况及存在问题",
        "完成情况说明",
        "工作完成情况汇报",
        "工作成效",
        "办理结果",
        "一季度",
        "2023年一季度",
        "1-3月",
        "1-3月完成情况",
    ],
)
def test_what_an_answer_may_be_called(header: str) -> None:
    rows = [[1, FIRST, "2023年12月", "养老服务处", DONE], [2, SECOND, "2023年12月", "养老服务处", ALSO]]
    assert said(plain_file([TITLE], ["序号", "责任事项", "完成时限", "责任处室", header], *rows)) == [DONE, ALSO]


@pytest.mark.parametrize(
    "other",
    [
        "时间进度",
        "计划进度",
        "是否达到序时进度",
        "上年完成情况",
        "上季度完成情况",
        "完成情况（上季度）",
        "旧完成情况",
        "完成期限",
    ],
)
def test_what_is_no_answer(other: str) -> None:
    rows = [[1, FIRST, OLD, DONE], [2, SECOND, OLD, None]]
    found = plain_file([TITLE], ["序号", "责任事项", other, "完成情况"], *rows)
    assert said(found) == [DONE, None]
    assert "empty_status" in codes(found)


def test_a_percentage_goes_behind() -> None:
    rows = [[1, FIRST, "25%", DONE], [2, SECOND, "82%", ALSO]]
    found = plain_file([TITLE], ["序号", "责任事项", "完成进度", "完成情况"], *rows)
    assert said(found) == [f"{DONE}\n完成进度：25%", f"{ALSO}\n完成进度：82%"]


def test_an_unknown_header_is_asked_about() -> None:
    rows = [[1, FIRST, "张三", DONE], [2, SECOND, "张三", ALSO]]
    for header in (["序号", "责任事项", "责任人", "说法"], ["序号", "责任事项", "甲", "乙"]):
        found = plain_file([TITLE], header, *rows)
        assert (found.division, found.texts, found.proposal) == (None, {}, (POOR, "2023Q1"))
        (told,) = (f for f in found.findings if f.code == "unknown_column")
        assert f"“{header[-1]}" in told.message
        assert f"按“{header[-1]}”一列" in told.remedy
        taken = plain_file([TITLE], header, *rows, forced=(POOR, "2023Q1"))
        assert said(taken) == [DONE, ALSO]


def test_a_list_of_who_does_what_is_no_report() -> None:
    rows = [[1, FIRST, POOR, "2023年6月"], [2, SECOND, POOR, "2023年6月"]]
    found = plain_file([TITLE], ["序号", "责任事项", "牵头处室", "完成时限"], *rows)
    assert found.division is None
    assert codes(found) & {"no_form", "unknown_column"}
    assert said(plain_file([TITLE], [1, FIRST, POOR, DONE], [2, SECOND, POOR, ALSO])) == [DONE, ALSO]


def test_a_table_lying_on_its_side_is_none() -> None:
    found = plain_file([TITLE], ["责任事项", FIRST, SECOND], ["情况如下", DONE, ALSO])
    assert found.texts == {}


def test_what_stands_without_a_header_is_told() -> None:
    more = "另外还完成了第二部分工作"
    found = plain_file([TITLE], HEADER, [*ROWS[0], more], ROWS[1])
    assert said(found) == [DONE, ALSO]
    assert "D列" in next(f.message for f in found.findings if f.code == "extra_columns")
    wide = [Span(2, 3, 2, 4)]  # the header stands over both
    assert said(plain_file([TITLE], HEADER, [*ROWS[0], more], ROWS[1], merged=wide)) == [f"{DONE}\n{more}", ALSO]


def test_two_tables_abreast() -> None:
    header, row = [*HEADER, *HEADER], [1, FIRST, DONE, 2, SECOND, ALSO]
    assert said(plain_file([TITLE], header, row)) == [DONE, ALSO]


# columns of other rounds

QUARTERS = ["一季度完成情况", "二季度完成情况", "三季度完成情况", "四季度完成情况"]


def quarters(title: str, *headers: str, **more: Any) -> Review:
    rows = [[n, t, *(f"{h}的话：{t[:6]}" for h in headers)] for n, t in enumerate(POOR_TEXTS.values(), 1)]
    return plain_file([title], ["序号", "责任事项", *headers], *rows, **more)


def column_of(found: Review) -> str:
    """The header of the column that was taken."""
    (header,) = {str(t).split("的话")[0] for t in said(found)}
    return header


july = partial(quarters, month=7)


def test_the_column_is_that_of_the_round_wherever_that_is_said() -> None:
    title = TITLE.replace("第一季度", "第二季度")
    assert column_of(july(title, *QUARTERS)) == "二季度完成情况"
    assert column_of(july(NO_ROUND, *QUARTERS, name="救助处二季度.xlsx")) == "二季度完成情况"
    assert column_of(july(NO_ROUND, *QUARTERS, subject="社会救助处第二季度")) == "二季度完成情况"
    assert column_of(july(NO_ROUND, *QUARTERS, forced=(POOR, "2023Q2"))) == "二季度完成情况"
    assert column_of(july(title, "1-3月完成情况", "4-6月完成情况")) == "4-6月完成情况"
    assert column_of(july(title, "完成情况（第一季度）", "完成情况（第二季度）")) == "完成情况（第二季度）"
    assert column_of(july(title, "一季度完成情况", "上半年完成情况")) == "上半年完成情况"
    assert column_of(july(title, "一季度完成情况", "完成情况")) == "完成情况"


def test_no_column_is_of_the_round() -> None:
    for title in (TITLE.replace("第一季度", "全年"), TITLE.replace("第一季度", "第三季度")):
        of = replace(OFFICE, rounds=(*OFFICE.rounds, replace(OFFICE.rounds[1], key="2023Q3", name="第三季度")))
        found = quarters(title, *(QUARTERS if "全年" in title else QUARTERS[:2]), of=of)
        assert (found.division, found.texts) == (None, {})
        assert "column_of_others" in codes(found)
    forced = quarters(TITLE.replace("第一季度", "全年"), *QUARTERS, forced=(POOR, "2023Y"))
    assert (forced.texts, codes(forced) & {"column_of_others"}) == ({}, {"column_of_others"})


def test_a_title_and_a_header_that_differ() -> None:
    found = quarters(TITLE, "第二季度完成情况")
    assert (found.division, found.texts) == (None, {})
    (told,) = (f for f in found.findings if f.code == "identity_conflict")
    assert "标题是“第一季度”，表头是“第二季度”" in told.message
    assert july(NO_ROUND, "第二季度完成情况").round == OFFICE.round("2023Q2")  # it alone says so


def test_problems_and_plans_go_with_the_column_beside_them() -> None:
    header = ["序号", "责任事项", "一季度完成情况", "存在问题", "二季度完成情况", "存在问题"]
    rows = [[1, FIRST, OLD, "旧问题", DONE, "缺车"], [2, SECOND, OLD, "旧问题", ALSO, "无"]]
    title = TITLE.replace("第一季度", "第二季度")
    assert said(plain_file([title], header, *rows, month=7)) == [f"{DONE}\n存在问题：缺车", ALSO]
    header = ["序号", "责任事项", "一季度完成情况", "下一步打算"]
    alone = plain_file([TITLE], header, [1, FIRST, DONE, "争取资金"], ROWS[1])
    assert said(alone) == [f"{DONE}\n下一步打算：争取资金", ALSO]


# what people cannot see


def test_hidden_columns_and_rows() -> None:
    header = ["序号", "责任事项", "完成情况（初稿）", "完成情况"]
    rows = [[1, FIRST, "不作数", DONE], [2, SECOND, "不作数", ALSO]]
    hidden = sheet([TITLE], header, *rows, hidden_columns=frozenset((3,)))
    assert said(seen(hidden, stamps=[])) == [DONE, ALSO]
    lines = [[TITLE], HEADER, [1, FIRST, "去年的话"], ROWS[0], [None, None, "隐藏的草稿"], ROWS[1]]
    found = seen(sheet(*lines, hidden_rows=frozenset((3, 5))), stamps=[])
    assert said(found) == [DONE, ALSO]
    assert [f.where for f in found.findings if f.code == "hidden_row"] == ["附件2!C3", "附件2!C5"]
    filtered = sheet([TITLE], HEADER, *ROWS, hidden_rows=frozenset((3,)))  # a row that a filter hides is a row
    assert said(seen(filtered, stamps=[])) == [DONE, ALSO]


def test_a_hidden_sheet_alone_is_asked_about() -> None:
    old = Grid("旧", True, sheet([TITLE], HEADER, *ROWS).rows)
    shown = sheet(["情况见照片"])
    found = seen(shown, old, stamps=[])
    assert (found.division, found.texts) == (None, {})
    assert "hidden_table" in codes(found)
    assert said(seen(shown, old, stamps=[], forced=(POOR, "2023Q1"))) == [DONE, ALSO]


# titles


@pytest.mark.parametrize(
    "above",
    [
        ["根据《关于报送2022年工作目标完成情况的通知》要求，现将情况报送如下：", TITLE],
        ["2023年市民政局社会救助处第一季度", "工作目标完成情况"],
        ["工作目标完成情况", "（社会救助处2023年第一季度）"],
        ["2023年市民政局社会救助处第一季度工作目标完成情况及第二季度工作计划"],
        ["2023年市民政局社会救助处1—3月工作目标完成情况"],
        [TITLE, "（完成情况截至3月31日）"],
    ],
)
def test_titles(above: list[str]) -> None:
    found = plain_file(*([line] for line in above), HEADER, *ROWS, name="报表.xlsx")
    assert said(found) == [DONE, ALSO]
    assert found.round == OFFICE.round("2023Q1")


def test_the_first_half_is_reported_as_the_second_quarter() -> None:
    title = TITLE.replace("第一季度", "上半年")
    assert plain_file([title], HEADER, *ROWS, month=7).round == OFFICE.round("2023Q2")
    half = replace(OFFICE, rounds=(replace(OFFICE.rounds[0], key="2023H1", name="上半年"), *OFFICE.rounds[1:]))
    found = plain_file([title], HEADER, *ROWS, of=half, month=7)
    assert found.round == half.round("2023H1")
    fourth = plain_file([TITLE.replace("第一季度", "第四季度")], HEADER, *ROWS)
    assert "unknown_round" in codes(fourth)  # 全年 is more than its last quarter


# rows


@pytest.mark.parametrize(
    "below",
    [
        [[None, None, "社会救助处（盖章）"], [None, None, "2023年4月3日"]],
        [[None, None, "社会救助处\n2023年4月3日"]],
        [[None, None, "社会救助处"], [None, None, datetime(2023, 4, 3)]],  # noqa: DTZ001
        [[None, None, "同意上报。钱七 2023年4月3日"]],
        [[None, None, "以上数据截至3月31日"]],
        [[], [], [None, None, "社会救助处（公章）"]],
        [["审核意见", None, "同意上报"]],
    ],
)
def test_a_signature_is_nobodys_text(below: list[list[Any]]) -> None:
    found = plain_file([TITLE], HEADER, *ROWS, *below)
    assert said(found) == [DONE, ALSO]
    assert "unknown_row" not in codes(found)


def test_what_the_header_is_of() -> None:
    assert texts([TITLE], HEADER, [None, None, "（截至3月31日累计）"], *ROWS) == [DONE, ALSO]


@pytest.mark.parametrize("more", ["说明：因资金未到位，进度滞后。", "单位自筹资金（含福彩公益金）300万元。"])
def test_a_text_that_goes_on_like_a_note(more: str) -> None:
    assert texts([TITLE], HEADER, ROWS[0], [None, None, more], ROWS[1]) == [f"{DONE}\n{more}", ALSO]


def test_a_text_that_goes_on_behind_the_header_of_the_next_page() -> None:
    more = "（接上页）其中江边区率先发放。"
    for gap in ([], [[]]):
        lines = [ROWS[0], *gap, HEADER, [None, None, more], ROWS[1]]
        assert texts([TITLE], HEADER, *lines) == [f"{DONE}\n{more}", ALSO]


def test_number_and_item_in_one_cell() -> None:
    spans = [Span(3, 1, 3, 2)]
    assert texts([TITLE], HEADER, [f"1.{FIRST}", None, DONE], ROWS[1], merged=spans) == [DONE, ALSO]


def test_what_stands_outside_the_table_is_told() -> None:
    lines = [["补充：第1项另有资金缺口，请局里协调。"], [], ["需要说明的问题：第二项因资金未到位，请局办协调。"]]
    found = plain_file([TITLE], HEADER, ROWS[0], lines[0], ROWS[1], *lines[1:])
    assert said(found) == [DONE, ALSO]
    told = [str(f.message) for f in found.findings if f.code == "text_outside"]
    assert len(told) == 2
    assert "需要说明的问题" in told[1]
    quiet = [["一、市《政府工作报告》涉及民政的任务"], ["填报人：孙志远，联系电话：85000000"], ["注：无"]]
    assert "text_outside" not in codes(plain_file([TITLE], quiet[0], HEADER, *ROWS, *quiet[1:]))


def test_what_stands_below_the_items_is_told() -> None:
    below = [None, "另有3户因账户信息有误，尚未发放。"]
    found = plain_file([TITLE], HEADER, *ROWS, [], below)
    assert said(found) == [DONE, ALSO]
    assert "另有3户" in next(f.message for f in found.findings if f.code == "text_outside")


@pytest.mark.parametrize(
    ("first", "more"),
    [(None, "已走访困难家庭430户。"), (DONE, "第1项补充：另有3户未发放。"), (DONE, "第一项：另有3户。")],
)
def test_an_answer_below_the_last_item_may_be_another_items(first: str | None, more: str) -> None:
    found = plain_file([TITLE], HEADER, [*ROWS[0][:2], first], ROWS[1], [None, None, more])
    assert said(found) == [first, ALSO]
    assert "row_without_item" in codes(found)


def test_an_answer_beside_advice_that_the_form_gives_is_told() -> None:
    advice = "只填黄色的格子：完成情况、审定人、审定日期。\n填好保存，不改文件的行和列，发回本文件。"
    found = plain_file([TITLE], [*HEADER, None, advice], [*ROWS[0], None, "另有3户尚未发放"], ROWS[1])
    assert "E列" in next(f.message for f in found.findings if f.code == "extra_columns")
    plan = plain_file([TITLE], [*HEADER, None, advice], [*ROWS[0], None, "3月31日 走访困难家庭（已过期）"], ROWS[1])
    assert "extra_columns" not in codes(plan)


def test_another_sheet_is_told() -> None:
    details = Grid("Sheet2", False, {1: {1: "区", 2: "户数"}, 2: {1: "江岸区", 2: 200}})
    found = seen(sheet([TITLE], HEADER, *ROWS), details, stamps=[])
    assert "“Sheet2”" in next(f.message for f in found.findings if f.code == "sheet_left_out")
    for quiet in (replace(details, hidden=True), replace(details, name="填报说明"), replace(details, rows={})):
        assert "sheet_left_out" not in codes(seen(sheet([TITLE], HEADER, *ROWS), quiet, stamps=[]))


# several tables


@pytest.mark.parametrize("caption", [[], [["第二季度工作计划"]]])
def test_a_table_of_something_else_below(caption: list[list[str]]) -> None:
    plan = [["序号", "责任事项", "工作计划"], [1, FIRST, "下季度的计划"], [2, SECOND, "下季度的计划"]]
    found = plain_file([TITLE], HEADER, *ROWS, *caption, *plan)
    assert said(found) == [DONE, ALSO]
    assert not codes(found) & {"repeated_task", "unknown_row"}


def test_a_caption_parts_two_tables() -> None:
    one = [[1, FIRST, DONE]]
    rows = [[TITLE], HEADER, *one, ["第二季度工作安排"], HEADER, [1, FIRST, "下季度的话"]]
    found = plain_file(*rows)
    assert "several_forms" in codes(found)
    bare = plain_file([TITLE], HEADER, *one, ["第二季度工作安排"], [1, FIRST, "下季度的话"], ROWS[1])
    assert "repeated_task" in codes(bare)
    assert said(bare) == [None, ALSO]


def test_rows_of_two_sheets_are_never_one_text() -> None:
    draft = sheet([TITLE], HEADER, [1, FIRST, "此稿作废"], name="初稿")
    found = seen(sheet([TITLE], HEADER, [1, FIRST, DONE], name="附件2"), draft, stamps=[])
    assert "repeated_task" in codes(found)
    assert found.texts == {}
    old = sheet([TITLE.replace("2023", "2022")], HEADER, [1, FIRST, OLD], name="参考")
    told = seen(sheet([TITLE], HEADER, [1, FIRST, DONE], name="附件2"), old, stamps=[])
    assert "2022年" in next(f.message for f in told.findings if f.code == "several_forms")


def test_a_workbook_with_a_sheet_for_each_quarter() -> None:
    first = sheet([TITLE], HEADER, [1, FIRST, OLD], [2, SECOND, OLD], name="第一季度")
    second = sheet([TITLE.replace("第一季度", "第二季度")], HEADER, *ROWS, name="第二季度")
    standing = {(k, "2023Q1"): OLD for k in KEYS}
    found = seen(first, second, stamps=[stamp(POOR)], name="救助处.xlsx", standing=standing)
    assert "several_forms" in codes(seen(first, second, stamps=[], name="救助处.xlsx"))
    assert "several_forms" not in codes(found)
    plain = seen(first, second, stamps=[], name="救助处.xlsx", standing=standing)
    assert (said(plain), plain.round) == ([DONE, ALSO], OFFICE.round("2023Q2"))


def test_a_row_without_an_item_is_quoted() -> None:
    found = plain_file([TITLE], HEADER, ROWS[0], [], [None, None, "其中江边区率先发放。"], ROWS[1])
    assert said(found) == [DONE, ALSO]
    (told,) = (f for f in found.findings if f.code == "row_without_item")
    assert "其中江边区率先发放" in told.message
    assert "删去" not in told.remedy


def test_a_task_of_its_own_that_this_form_does_not_ask_for() -> None:
    text = "完善社会救助的配合事项和工作机制。"
    unstarred = replace(OFFICE.tasks[-1], key="2023-20", no=20, starred=False, text=text)
    of = replace(OFFICE, tasks=(*OFFICE.tasks, unstarred))
    found = plain_file([TITLE], HEADER, *ROWS, [3, unstarred.text, "已配合。"], of=of)
    assert said(found) == [DONE, ALSO]
    assert "not_asked_here" in codes(found)
    assert "foreign_row" not in codes(found)


# two rows of headers


@pytest.mark.parametrize("beside", ["计划", "目标"])
def test_quarters_over_a_plan_and_an_answer(beside: str) -> None:
    lines = [
        [TITLE.replace("第一季度", "第二季度")],
        ["序号", "责任事项", "第一季度", None, "第二季度", None],
        [None, None, beside, "完成情况", beside, "完成情况"],
        [1, FIRST, "计划一", OLD, "计划二", DONE],
        [2, SECOND, "计划一", OLD, "计划二", ALSO],
    ]
    spans = [Span(2, 1, 3, 1), Span(2, 2, 3, 2), Span(2, 3, 2, 4), Span(2, 5, 2, 6)]
    found = plain_file(*lines, merged=spans, month=7)
    assert found.round == OFFICE.round("2023Q2")
    assert said(found) == [DONE, ALSO]
    (others,) = (f for f in found.findings if f.code == "extra_columns")
    assert others.message.values["columns"] == (f"第一季度{beside}", f"第二季度{beside}")


def test_quarters_over_an_answer_and_its_problems() -> None:
    lines = [
        [TITLE.replace("第一季度", "第二季度")],
        ["序号", "责任事项", "第一季度", None, "第二季度", None],
        [None, None, "完成情况", "存在问题", "完成情况", "存在问题"],
        [1, FIRST, OLD, "缺资金", DONE, "缺人手"],
        [2, SECOND, OLD, "缺资金", ALSO, "缺场地"],
    ]
    spans = [Span(2, 1, 3, 1), Span(2, 2, 3, 2), Span(2, 3, 2, 4), Span(2, 5, 2, 6)]
    found = plain_file(*lines, merged=spans, month=7)
    assert said(found) == [f"{DONE}\n存在问题：缺人手", f"{ALSO}\n存在问题：缺场地"]


# what stands around


def outside(found: Review) -> list[str]:
    assert said(found) == [DONE, ALSO], found.findings
    assert verdict_of(found.findings).accepted
    return [str(f.message.values["text"]) for f in found.findings if f.code == "text_outside"]


@pytest.mark.parametrize(
    ("below", "told"),
    [
        (["备注", None, "第2项数据尚未核实"], ["备注：第2项数据尚未核实"]),
        ([None, "备注", "第2项数据尚未核实"], ["备注：第2项数据尚未核实"]),
        ([None, "存在问题：", "资金没有到位"], ["存在问题：资金没有到位"]),
        ([None, "下一步工作安排", "请局里协调资金"], ["下一步工作安排：请局里协调资金"]),
        (["第3项数据未核实"], ["第3项数据未核实"]),
        ([None, None, "以上数据为初步统计，未经核实"], ["以上数据为初步统计，未经核实"]),
        ([None, "填报人", "张三"], []),
        (["填报人", None, "张三"], []),
        (["备注", None, "无"], []),
        (["备注", "第2项数据待统计局核定后再报"], ["备注：第2项数据待统计局核定后再报"]),
        (["存在问题", "人手不足"], ["存在问题：人手不足"]),
        (["填报人：", "王芳"], []),
        (["填报人：王芳", "审核人：李强", "填报日期：4月3日"], []),
        (["填报人：王芳", "联系电话：82345678"], []),
        (["制表：王芳", "审核：李强", "日期：2023.4.3"], []),
        (["填报人签字", "王芳"], []),
        (["处室负责人", "张三"], []),
        (["填报时间", "4月3日"], []),
        (["联系方式", "13800000000"], []),
        (["填报单位（盖章）", "社会救助处", "2023年4月3日"], []),
        (["联系电话：", "82345678"], []),
        (["填报日期", "2023年4月3日"], []),
        (["填报人", "王芳", "联系电话", "12345"], []),
        (["负责人", None, "李未来"], []),
        ([None, "存在的问题", "无"], []),
        (["联系人：张三", None, "85780000"], []),
    ],
)
def test_what_stands_below_the_tasks(below: list[Any], told: list[str]) -> None:
    assert outside(plain_file([TITLE], HEADER, *ROWS, below)) == told


def test_a_note_above_the_table_is_told() -> None:
    note = "说明：第3项数据尚未核实，请暂不上报。"
    assert outside(plain_file([TITLE], [note], HEADER, *ROWS)) == [note]
    assert outside(plain_file([TITLE], ["填报说明：请于4月5日前报送。"], HEADER, *ROWS)) == []


@pytest.mark.parametrize("numbers", [[1, 2, 3], ["（1）", "（2）", "（3）"], ["甲", "乙", "1"], ["栏次", "1", "2"]])
def test_numbers_of_columns_are_no_task(numbers: list[Any]) -> None:
    assert outside(plain_file([TITLE], HEADER, numbers, *ROWS)) == []


@pytest.mark.parametrize(
    "more",
    [
        *("服务已覆盖全市所有街道", "其余资金已拨付至各区民政局", "另建成示范点十余处"),
        *("审核低保对象（300户）全部完成", "联系服务老人：300名", "报送信息：32条", "说明：其中10户为上年结转"),
        *("需要协调解决：资金", "存在的困难：人手不足", "日期：3月底完成验收"),
        *("同意建设社区养老服务中心的批复已印发", "以上数据已录入全国儿童福利信息系统", "会同市财政局", "移交市公安局"),
        *("电话回访", "负责人培训", "三项制度已印发", "12项活动已完成"),
    ],
)
def test_a_further_line_of_the_last_task_that_reads_like_a_note(more: str) -> None:
    found = plain_file([TITLE], HEADER, *ROWS, [None, None, more])
    assert said(found) == [DONE, f"{ALSO}\n{more}"]


def test_a_signature_above_who_approves_is_nobodys_text() -> None:
    rows = [*issued(POOR), [None, None, "填报人：张三"]]
    found = seen(grid(rows, title=TITLE), stamps=[stamp(POOR)])
    assert found.texts["2023-13"] == rows[1][2]


@pytest.mark.parametrize("name", ["Sheet2", "情况说明", "补充说明"])
def test_a_paragraph_on_a_further_sheet_is_told(name: str) -> None:
    more = Grid(name, False, {1: {1: "关于第2项的补充：因资金没有到位，计划推迟到下半年。"}}, ())
    found = seen(sheet([TITLE], HEADER, *ROWS), more, stamps=[], name="救助处.xlsx")
    assert "sheet_left_out" in codes(found)
    advice = Grid("填表说明", False, {1: {1: "一、请按月填报，二、只填数字，三、不要改动表头。"}}, ())
    assert "sheet_left_out" not in codes(seen(sheet([TITLE], HEADER, *ROWS), advice, stamps=[], name="救助处.xlsx"))


# what other rounds' columns say beside the one that is read


def with_column(header: str, texts: tuple[str, str] = ("新的一季话。", "新的二季话。"), **more: Any) -> Review:
    rows = [[1, FIRST, DONE, texts[0]], [2, SECOND, ALSO, texts[1]]]
    return plain_file([TITLE], ["序号", "责任事项", "完成情况", header], *rows, **more)


REPORTED = {("2023-02", "2023Q1"): DONE, ("2023-13", "2023Q1"): ALSO}


@pytest.mark.parametrize("header", ["第二季度完成情况", "二季度进展", "1-6月完成情况", "上半年完成情况"])
@pytest.mark.parametrize("standing", [REPORTED, {}])
def test_last_quarter_s_form_with_this_quarter_s_column_waits_for_a_person(
    header: str, standing: dict[tuple[str, str], str]
) -> None:
    found = with_column(header, month=7, standing=standing)
    assert (found.division, found.texts) == (None, {})
    assert "of_another_round" in codes(found)
    assert found.likely == ((POOR, "2023Q2") if standing else None)
    forced = with_column(header, month=7, standing=standing, forced=(POOR, "2023Q2"))
    assert said(forced) == ["新的一季话。", "新的二季话。"]


def test_what_another_round_s_column_says_is_told_where_it_is_not_there() -> None:
    early = with_column("第二季度完成情况", month=4)
    assert said(early) == [DONE, ALSO]
    (told,) = (f for f in early.findings if f.code == "round_left_out")
    assert "另有“第二季度完成情况”，写着 2 项，没有写入台账：第二季度还没有收到" in told.message
    there = {("2023-02", "2023Q2"): "新的一季话。", ("2023-13", "2023Q2"): "新的二季话。"}
    same = with_column("第二季度完成情况", month=7, standing=REPORTED | there)
    assert not codes(same) & {"round_left_out", "of_another_round"}
    changed = ("改过的话，走访三次。", "新的二季话。")
    other = with_column("第二季度完成情况", changed, month=7, standing=REPORTED | there)
    assert "和台账里第二季度的不同" in next(f.message for f in other.findings if f.code == "round_left_out")
    empty = with_column("第二季度完成情况", ("", ""), month=7, standing=REPORTED)
    assert not codes(empty) & {"round_left_out", "of_another_round"}
    never = with_column("第四季度完成情况", month=4)
    assert "round_left_out" in codes(never)
    earlier = july(TITLE.replace("第一季度", "第二季度"), "第一季度完成情况", "第二季度完成情况")
    assert column_of(earlier) == "第二季度完成情况"
    assert "第一季度还没有收到" in next(f.message for f in earlier.findings if f.code == "round_left_out")


@pytest.mark.parametrize(
    ("draft", "final"),
    [
        ("完成情况（初稿）", "完成情况（定稿）"),
        ("完成情况", "完成情况（修改后）"),
        ("完成情况", "完成情况（最新）"),
        ("原完成情况", "现完成情况"),
    ],
)
def test_of_a_draft_and_a_final_text_a_person_says_which_counts(draft: str, final: str) -> None:
    rows = [[1, FIRST, "改前的话，走访两次。", DONE], [2, SECOND, "改前的话，核对两区。", ALSO]]
    header = ["序号", "责任事项", draft, final]
    found = plain_file([TITLE], header, *rows)
    assert (found.division, found.texts) == (None, {})
    (told,) = (f for f in found.findings if f.code == "unknown_column")
    assert f"按“{final}”一列写入" in told.remedy.replace("(", "（").replace(")", "）")
    assert said(plain_file([TITLE], header, *rows, forced=(POOR, "2023Q1"))) == [DONE, ALSO]
    empty = [[1, FIRST, None, DONE], [2, SECOND, None, ALSO]]
    assert said(plain_file([TITLE], header, *empty)) == [DONE, ALSO]


def test_a_note_right_under_the_table_that_names_another_task_is_not_the_last_one_s() -> None:
    for words in ("补充：第1项另有300户已签约，尚未计入。", "备注：第1项数据尚未核实。"):
        found = plain_file([TITLE], HEADER, *ROWS, [None, None, words])
        assert found.texts.get("2023-13", ALSO) == ALSO
        assert codes(found) & {"row_without_item", "text_outside"}


def test_the_form_s_own_sheet_is_signed_where_the_answers_stand_beside_it() -> None:
    signed = [["分管局领导审定：钱七", None, "审定日期：2023年4月2日"]]
    form = sheet([TITLE], HEADER, [1, FIRST, None], [2, SECOND, None], *signed, name="附件2")
    answers = sheet(["责任事项", "完成情况"], [FIRST, DONE], [SECOND, ALSO], name="Sheet2")
    found = seen(form, answers, stamps=[stamp(POOR)], name="救助处.xlsx")
    assert said(found) == [DONE, ALSO]
    assert not {c for c in codes(found) if c.startswith(("no_appro", "unappro", "approv"))}, codes(found)
    bare = sheet([TITLE], HEADER, [1, FIRST, None], [2, SECOND, None], name="附件2")
    assert codes(seen(bare, answers, stamps=[stamp(POOR)], name="救助处.xlsx")) - codes(found)


def test_what_stands_beside_each_part_of_a_form_is_told() -> None:
    note = "第2项数据尚未核实，以书面为准。"
    first = sheet([TITLE], HEADER, [1, FIRST, DONE], name="附件2")
    second = sheet([TITLE], HEADER, [2, SECOND, ALSO], [], ["备注", None, note], name="附件2续")
    found = seen(first, second, stamps=[stamp(POOR)], name="救助处.xlsx")
    assert said(found) == [DONE, ALSO]
    assert any(note in f.message for f in found.findings if f.code == "text_outside")


@pytest.mark.parametrize("header", ["目标实现情况", "整改后进展", "存在问题", "新增完成情况"])
def test_a_further_answer_is_no_newer_version(header: str) -> None:
    rows = [[1, FIRST, DONE, "另有一句话的情况。"], [2, SECOND, ALSO, "另有两句话的情况。"]]
    found = plain_file([TITLE], ["序号", "责任事项", "完成情况", header], *rows)
    assert found.division == POOR
    assert "unknown_column" not in codes(found)


def test_the_form_s_own_column_beside_one_of_the_round_is_no_other_round_s() -> None:
    title = TITLE.replace("第一季度", "第二季度")
    rows = [[1, FIRST, DONE, "上半年走访三次。"], [2, SECOND, ALSO, "上半年核对两区。"]]
    header = ["序号", "责任事项", "完成情况", "上半年完成情况"]
    found = plain_file([title], header, *rows, month=7)
    (told,) = (f for f in found.findings if f.code == "column_left_out")
    assert "写入的是“上半年完成情况”一列；“完成情况”也写着 2 项" in told.message
    assert "round_left_out" not in codes(found)
    left = plain_file([title], header, *rows, month=7, standing=REPORTED)  # last quarter's form, used again
    assert "column_left_out" not in codes(left)


def test_history_that_differs_in_blanks_alone_and_forecasts_are_no_reports() -> None:
    there = {("2023-02", "2023Q2"): "新的 一季话。\n", ("2023-13", "2023Q2"): "新的二季话。"}
    same = with_column("第二季度完成情况", month=7, standing=REPORTED | there)
    assert not codes(same) & {"round_left_out", "of_another_round"}
    one = with_column("第二季度完成情况", ("改过的话。", "新的二季话。"), month=7, standing=REPORTED | there)
    assert "写着 1 项" in next(f.message for f in one.findings if f.code == "round_left_out")
    assert not codes(with_column("全年预计完成情况", month=4)) & {"round_left_out", "of_another_round"}


@pytest.mark.parametrize("header", ["制度修订完成情况", "规划修改完成情况", "政策兑现完成情况", "最新进展"])
def test_a_matter_s_own_word_is_no_version(header: str) -> None:
    rows = [[1, FIRST, DONE, "另有一句话的情况。"], [2, SECOND, ALSO, "另有两句话的情况。"]]
    assert "unknown_column" not in codes(plain_file([TITLE], ["序号", "责任事项", "完成情况", header], *rows))
