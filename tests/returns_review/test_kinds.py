"""Two rounds of one quarter, 附件2 and 配合任务: a title or file name means the right one, a contradiction is held."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from made import AGED, OFFICE, codes, grid, issued, seen, stamp

from toolkit.kinds import form_title
from toolkit.model import Round, RoundKind, Task, Verdict
from toolkit.returns.known import known

SUPPORTING = Round("2023P1", "第一季度配合任务", date(2023, 4, 5), RoundKind.SUPPORTING)
HALF = Round("2023P2", "上半年配合任务", date(2023, 7, 5), RoundKind.SUPPORTING)
PLAN = Round("2023F", "办理方案", date(2023, 2, 28), RoundKind.PLAN)
HELPED = Task("2023-20", 20, False, "省任务", "支持养老机构开展医养结合服务。", None, "赵六", AGED)
BOTH = replace(OFFICE, rounds=(*OFFICE.rounds, SUPPORTING, HALF, PLAN), tasks=(*OFFICE.tasks, HELPED))


@pytest.mark.parametrize(
    ("round_", "title"),
    [
        (OFFICE.rounds[0], "2023年市民政局养老服务处第一季度工作目标完成情况"),
        (SUPPORTING, "2023年市民政局养老服务处第一季度配合任务落实情况"),
        (replace(SUPPORTING, name="配合年中"), "2023年市民政局养老服务处配合年中配合任务落实情况"),
        (PLAN, "2023年市民政局养老服务处办理方案"),
        (replace(PLAN, name="年初"), "2023年市民政局养老服务处年初办理方案"),
    ],
)
def test_titles(round_: Round, title: str) -> None:
    assert form_title(OFFICE, round_, AGED) == title


@pytest.mark.parametrize(
    ("text", "rounds"),
    [
        ("2023年市民政局养老服务处第一季度工作目标完成情况", ["2023Q1"]),
        ("2023年市民政局养老服务处第一季度配合任务落实情况", ["2023P1"]),
        ("养老处1季度配合工作.xlsx", ["2023P1"]),
        ("配合任务（一季度）", ["2023P1"]),
        ("养老处一季度.xlsx", ["2023Q1", "2023P1"]),
        ("2023Q1", ["2023Q1"]),
        ("2023P1", ["2023P1"]),
        ("2023Q1第一季度", ["2023Q1", "2023P1"]),
        ("2023P1第一季度", ["2023P1", "2023Q1"]),
        ("第一季度工作目标及配合任务", ["2023Q1", "2023P1"]),
        ("第一季度、第二季度", []),
        ("第一季度配合任务、第二季度", ["2023P1"]),
        ("第二季度配合任务落实情况", []),  # there is no such round
        ("上半年工作总结", []),
        ("上半年配合任务", ["2023P2"]),
        ("2023年市民政局养老服务处办理方案", ["2023F"]),
        ("第一季度办理方案", ["2023F"]),
        ("季度", []),
    ],
)
def test_the_rounds_that_a_text_means(text: str, rounds: list[str]) -> None:
    assert [r.key for r in known(BOTH).rounds_in(text)] == rounds


def test_an_office_without_such_rounds_reads_as_before() -> None:
    found = known(OFFICE).round_in("第一季度工作目标完成情况（含配合任务）")
    assert found is not None
    assert found.key == "2023Q1"


@pytest.mark.parametrize("name", ["报表.xlsx", "一季度.xlsx", "养老处第一季度工作目标.xlsx", "2023Q1.xlsx"])
def test_annex_2_beside_a_supporting_round(name: str) -> None:
    found = seen(grid(issued()), of=BOTH, name=name)
    assert (found.verdict, found.round) == (Verdict.ACCEPTED, BOTH.rounds[0])


@pytest.mark.parametrize(
    ("title", "name", "stamps"),
    [
        ("养老服务处第一季度工作目标完成情况", "第一季度配合任务.xlsx", None),
        ("养老服务处第一季度配合任务落实情况", "报表.xlsx", None),
        ("养老服务处第一季度工作目标完成情况", "报表.xlsx", [stamp(round_="2023P1")]),
    ],
)
def test_one_round_under_the_name_of_the_other_is_held(title: str, name: str, stamps: list[str] | None) -> None:
    found = seen(grid(issued(), title), of=BOTH, name=name, stamps=stamps)
    assert found.verdict is Verdict.HELD
    assert "identity_conflict" in codes(found)


@pytest.mark.parametrize("name", ["养老处一季度.xlsx", "第一季度配合任务.xlsx", "报表.xlsx"])
@pytest.mark.parametrize("stamps", [[stamp(round_="2023P1")], []])
@pytest.mark.parametrize("title", ["养老服务处第一季度配合任务落实情况", "养老服务处第一季度落实情况"])
def test_a_supporting_form_by_title_or_by_its_tasks(title: str, stamps: list[str], name: str) -> None:
    rows = [[1, HELPED.text, "与市卫健委商定试点两家。", None, "2023-20" if stamps else None]]
    found = seen(grid(rows, title), of=BOTH, name=name, stamps=stamps)
    assert (found.division, found.round, list(found.texts)) == (AGED, SUPPORTING, ["2023-20"])
