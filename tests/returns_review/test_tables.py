"""What divisions do to the table: other headers, other places, merged and inserted rows, notes around it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from made import OFFICE, POOR_TEXTS, Span, codes, seen, stamp

from toolkit.returns.grid import Grid
from toolkit.returns.match import TaskIndex
from toolkit.returns.read import Reading
from toolkit.returns.tables import find_tables

TITLE = "2023年市民政局社会救助处第一季度工作目标完成情况"
FIRST, SECOND = POOR_TEXTS.values()
DONE, ALSO = "已走访困难家庭430户，新纳入低保边缘家庭212户。", "11个区中9个区已统一供养标准，占82%。"
POOR_STAMP = [stamp("社会救助处")]


def sheet(*lines: Sequence[Any], merged: Sequence[Span] = (), name: str = "附件2", **more: Any) -> Grid:
    cells = {r: {c: v for c, v in enumerate(line, 1) if v not in (None, "")} for r, line in enumerate(lines, 1)}
    return Grid(name, False, {r: c for r, c in cells.items() if c}, tuple(merged), **more)


def texts(*lines: Sequence[Any], merged: Sequence[Span] = (), stamps: Sequence[str] = POOR_STAMP) -> list[str | None]:
    """What a form's two tasks are taken to say."""
    found = seen(sheet(*lines, merged=merged), stamps=stamps)
    assert found.division == "社会救助处", found.findings
    return [found.texts.get(k) for k in ("2023-02", "2023-13")]


HEADER = ["序号", "责任事项", "完成情况"]
ROWS = [[1, FIRST, DONE], [2, SECOND, ALSO]]


@pytest.mark.parametrize(
    "header",
    [
        ["序号", "责任事项", "完成情况"],
        ["序 号", "责 任 事 项", "完 成 情 况"],
        ["序号", "工作事项", "第一季度完成情况"],
        ["序号", "责任事项（附件1）", "完成情况（截至3月底）"],
        ["编号", "工作任务", "工作进展"],
        ["", "目标任务", "落实情况"],
        ["序号", "重点工作任务", "目前进展情况"],
        ["序号", "责任事项：", "完成情况："],
    ],
)
def test_headers_in_other_words(header: list[str]) -> None:
    assert texts([TITLE], header, *ROWS) == [DONE, ALSO]


def test_a_title_is_no_header_and_a_long_way_down() -> None:
    above = [["社会救助处文件"], ["救助函〔2023〕5号"], [TITLE], *[[]] * 40]
    assert texts(*above, HEADER, *ROWS) == [DONE, ALSO]


def test_columns_in_another_order() -> None:
    assert texts([TITLE], ["完成情况", "责任事项", "序号"], [DONE, FIRST, 1], [ALSO, SECOND, 2]) == [DONE, ALSO]


def test_a_header_of_two_rows() -> None:
    top, below = ["序号", "责任事项", "进展"], [None, None, "完成情况", "存在问题"]
    spans = [Span(2, 1, 3, 1), Span(2, 2, 3, 2), Span(2, 3, 2, 4)]
    rows = [[1, FIRST, DONE, "人手不足"], [2, SECOND, ALSO, "无"]]
    assert texts([TITLE], top, below, *rows, merged=spans) == [f"{DONE}\n存在问题：人手不足", ALSO]


def test_a_status_under_a_group_header() -> None:
    spans = [Span(2, 2, 3, 2), Span(2, 3, 2, 4)]
    top, below = ["序号", "责任事项", "第一季度"], [None, None, "完成情况", "备注"]
    assert texts([TITLE], top, below, *[[*r, "略"] for r in ROWS], merged=spans) == [DONE, ALSO]


def test_further_columns_are_told() -> None:
    header, row = [*HEADER, "存在问题", "补充说明"], [1, FIRST, DONE, "缺车", "见表"]
    found = seen(sheet([TITLE], header, row, ROWS[1]), stamps=POOR_STAMP)
    assert found.texts["2023-02"] == f"{DONE}\n存在问题：缺车"
    assert {"joined_columns", "extra_columns"} <= codes(found)
    assert "补充说明" in next(f.message for f in found.findings if f.code == "extra_columns")


def test_problems_without_progress_are_no_report() -> None:
    found = seen(sheet([TITLE], [*HEADER, "存在问题"], [1, FIRST, None, "缺车"], ROWS[1]), stamps=POOR_STAMP)
    assert "empty_status" in codes(found)
    assert "2023-02" not in found.texts


def test_a_column_for_each_quarter() -> None:
    header = ["序号", "责任事项", "第一季度完成情况", "第二季度完成情况"]
    title = TITLE.replace("第一季度", "第二季度")
    rows = [[1, FIRST, "一季度的话，走访120户。", DONE], [2, SECOND, "一季度的话，核对3个区。", ALSO]]
    found = seen(sheet([title], header, *rows), stamps=[stamp("社会救助处", "2023Q2")], month=7)
    assert found.round is not None
    assert found.round.key == "2023Q2"
    assert list(found.texts.values()) == [DONE, ALSO]


def test_a_header_repeated_on_the_next_page() -> None:
    assert texts([TITLE], HEADER, ROWS[0], HEADER, ROWS[1]) == [DONE, ALSO]


def test_rows_that_go_on_below() -> None:
    more = "其中江边区率先发放护理补贴。"
    both = [f"{DONE}\n{more}", ALSO]
    assert texts([TITLE], HEADER, ROWS[0], [None, None, more], ROWS[1]) == both
    spans = [Span(3, 1, 4, 1), Span(3, 2, 4, 2)]
    assert texts([TITLE], HEADER, ROWS[0], [None, None, more], ROWS[1], merged=spans) == both
    spread = [Span(3, 2, 5, 2)]  # nothing was written beside the second row
    assert texts([TITLE], HEADER, ROWS[0], [], [None, None, more], ROWS[1], merged=spread) == both


def test_a_task_cut_over_several_rows() -> None:
    pieces = [FIRST[:20], FIRST[20:37], FIRST[37:]]
    cut = [[1, pieces[0], DONE], [None, pieces[1]], [None, pieces[2]]]
    assert texts([TITLE], HEADER, *cut, ROWS[1]) == [DONE, ALSO]


def test_an_item_merged_across_columns() -> None:
    header = ["序号", "责任事项", None, "完成情况"]
    spans = [Span(r, 2, r, 3) for r in (2, 3, 4)]
    assert texts([TITLE], header, [1, FIRST, None, DONE], [2, SECOND, None, ALSO], merged=spans) == [DONE, ALSO]


@pytest.mark.parametrize(
    "row",
    [
        ["合计", None, "2项"],
        [None, "合计", "2项"],
        ["注：数据截至3月31日。"],
        ["备注：与统计口径不同。"],
        ["填报人：孙志远", None, "联系电话：85000000"],
        ["一、市《政府工作报告》民政任务"],
        [3],
        ["…"],
        [None, "单位（盖章）"],
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_rows_that_are_no_tasks(row: list[Any], place: int) -> None:
    lines = [*ROWS]
    lines.insert(place, row)
    found = seen(sheet([TITLE], HEADER, *lines), stamps=POOR_STAMP)
    assert list(found.texts.values()) == [DONE, ALSO]
    assert not {"unknown_row", "missing_task", "uncertain_row"} & codes(found)


def test_what_follows_the_approval_belongs_to_no_task() -> None:
    lines = [*ROWS, [None, "审定人：", "赵六"], [None, None, "民政局公章"]]
    assert texts([TITLE], HEADER, *lines) == [DONE, ALSO]
    assert texts([TITLE], HEADER, *ROWS, [], [], [None, None, "以上由各区报送"]) == [DONE, ALSO]


def test_a_section_heading_across_the_table() -> None:
    heading, spans = ["市政府民生实事"], [Span(3, 1, 3, 3), Span(5, 1, 5, 3)]
    lines = [heading, ROWS[0], ["省《政府工作报告》任务"], ROWS[1]]
    found = seen(sheet([TITLE], HEADER, *lines, merged=spans), stamps=POOR_STAMP)
    assert list(found.texts.values()) == [DONE, ALSO]
    assert "unknown_row" not in codes(found)


@pytest.mark.parametrize(
    ("lines", "who", "day"),
    [
        ([[None, "分管局领导审定：", "钱七"], [None, "审定日期：", "2023-04-03"]], "钱七", "2023-04-03"),
        ([[None, "分管局领导审定：", "钱七", "审定日期：", "4月3日"]], "钱七", "4月3日"),
        ([["审定人：钱七　　审定日期：2023年4月3日"]], "钱七", "2023年4月3日"),
        ([["审 定 人：钱  七"], ["审定时间:2023.4.3"]], "钱七", "2023.4.3"),
        ([["分管领导签字：", None, "钱七"]], "钱七", ""),
        ([["分 管 领 导：", None, "钱七"]], "钱七", ""),
        ([["分管局领导（签字）：钱七"]], "钱七", ""),
        ([[None, "分管局领导审定：", None, "审定日期："]], "", ""),
        ([[None, "审定人：____", "审定日期：____"]], "", ""),
    ],
)
@pytest.mark.parametrize("above", [False, True])
def test_approval_wherever_it_stands(lines: list[list[Any]], who: str, day: str, above: bool) -> None:
    form = [[TITLE], *lines, HEADER, *ROWS] if above else [[TITLE], HEADER, *ROWS, *lines]
    (table,) = find_tables(Reading((sheet(*form),), ()), TaskIndex(OFFICE))
    assert table.title == TITLE
    assert (table.approver.replace(" ", ""), table.approved_on) == (who, day)


def test_words_of_approval_in_a_report_are_a_report() -> None:
    spoken = "审定人员名单已报局领导，审定日期待定；已走访430户。"
    assert texts([TITLE], HEADER, [1, FIRST, spoken], ROWS[1]) == [spoken, ALSO]


def test_visible_sheets_before_hidden_ones() -> None:
    other = Grid("旧", True, sheet([TITLE], HEADER, [1, FIRST, "旧的话，走访100户。"], ROWS[1]).rows)
    found = seen(other, sheet([TITLE], HEADER, *ROWS), stamps=POOR_STAMP)
    assert found.texts["2023-02"] == DONE


def test_an_empty_form_beside_a_filled_one() -> None:
    empty = sheet([TITLE], HEADER, [1, FIRST], [2, SECOND], name="空表")
    found = seen(empty, sheet([TITLE], HEADER, *ROWS), stamps=POOR_STAMP)
    assert list(found.texts.values()) == [DONE, ALSO]


def test_places_are_what_people_call_them() -> None:
    places = {r: f"表格第{r}行" for r in range(1, 9)}
    found = seen(sheet([TITLE], HEADER, [1, FIRST], ROWS[1], places=places), stamps=POOR_STAMP)
    assert [f.where for f in found.findings if f.code == "empty_status"] == ["表格第3行"]


def test_nothing_that_is_no_form_is_one() -> None:
    ledger = [["序号", "工作事项", "牵头处室"], [1, FIRST, "社会救助处"], [2, SECOND, "社会救助处"]]
    budget = [["项目", "金额", "进度"], ["设备", 3, "50%"]]
    for lines in (ledger, budget, [["完成情况"], ["责任事项"]], [[datetime(2023, 4, 3)]]):  # noqa: DTZ001
        assert seen(sheet(*lines), stamps=[]).division is None


def test_a_wide_empty_sheet_with_merges_costs_little() -> None:
    spans = [Span(r, 1, r, 3) for r in range(100, 2000)]
    rows = [[1, FIRST, DONE], [2, SECOND, ALSO], *[[n, f"第{n}件不相干的事情"] for n in range(3, 1500)]]
    assert texts([TITLE], HEADER, *rows, merged=spans) == [DONE, ALSO]


