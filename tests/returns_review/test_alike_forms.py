"""Forms with the same words in other places: what is remembered of one form says nothing wrong of the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from made import AGED, OFFICE, Span

from toolkit.merge import report_states
from toolkit.model import Receipt, Verdict, Written
from toolkit.register import Register
from toolkit.returns.grid import Grid
from toolkit.returns.headers import Header, headers

NOON = datetime(2023, 4, 3, 12)  # noqa: DTZ001
WORDS = {1: "序号", 2: "责任事项", 3: "完成情况", 4: "工作进展"}


def header(rows: dict[int, dict[int, str]], **more: object) -> Header:
    (found,) = headers(replace(Grid("附件2", False, rows), **more))
    return found


def test_a_header_of_the_same_words_elsewhere() -> None:
    assert (header({4: WORDS}).row, header({7: WORDS}).row) == (4, 7)
    assert header({7: {9: "主要内容", **WORDS}}).headed == {1, 2, 3, 4, 9}


def test_a_header_of_the_same_words_with_a_hidden_column() -> None:
    both, one = header({4: WORDS}), header({4: WORDS}, hidden_columns=frozenset({4}))
    assert [c.number for c in both.statuses] == [3, 4]
    assert [c.number for c in one.statuses] == [3]


def test_a_header_of_the_same_words_over_other_words() -> None:
    merged = (Span(4, 2, 5, 2), Span(4, 3, 4, 4))
    words = {1: "序号", 2: "责任事项", 3: "完成情况"}
    parted = header({4: words, 5: {3: "第一季度", 4: "第二季度"}}, merged=merged)
    whole = header({4: words, 5: {1: "1"}}, merged=merged)
    assert ([c.header for c in parted.statuses], parted.last) == (["第一季度", "第二季度"], 5)
    assert [c.header for c in whole.statuses] == ["完成情况", "完成情况"]
    assert [c.number for c in header({4: words}).statuses] == [3]


def test_answers_that_stand_a_row_lower() -> None:
    words = {1: "序号", 2: "责任事项", 3: "第三栏"}
    assert not list(headers(Grid("附件2", False, {4: words})))
    lower = header({4: words, 5: {3: "完成情况"}})
    assert (lower.row, lower.last, lower.statuses[0].number) == (4, 5, 3)


def receipt(no: int, received: datetime, round_: str = "2023Q1") -> Receipt:
    written = (Written("2023-01", "d", True, ""),)
    return Receipt(
        no, received, "inbox", f"{no}.xlsx", f"{no}", AGED, round_, Verdict.ACCEPTED, "", "", written=written
    )


def test_files_of_a_form_that_came_later_than_a_moment() -> None:
    register = Register([receipt(1, NOON)])
    assert not register.came_later(AGED, "2023Q1", NOON)
    register.put(receipt(2, NOON + timedelta(days=2)))
    register.put(receipt(3, NOON + timedelta(days=1)))
    assert [r.no for r in register.came_later(AGED, "2023Q1", NOON)] == [2, 3]
    assert [r.no for r in register.came_later(AGED, "2023Q1", NOON + timedelta(days=1))] == [2]
    assert not register.came_later(AGED, "2023Q2", NOON)
    assert [r.no for r in register.newest(AGED, "2023Q1")] == [3, 2, 1]


def test_files_of_one_moment_in_rounds_with_other_due_dates() -> None:
    zone = (NOON + timedelta(days=5)).astimezone().tzinfo
    assert zone is not None
    came = datetime(2023, 4, 8, 12, tzinfo=zone)
    owed = [("2023-01", "2023Q1"), ("2023-03", "2023Q1"), ("2023-01", "2023Q2")]
    written = tuple(Written(task, "d", True, "") for task in ("2023-01", "2023-03"))
    files = [replace(receipt(1, came), written=written), receipt(2, came, "2023Q2")]
    longer = {owed[1]: replace(OFFICE.rounds[0], due=OFFICE.rounds[1].due)}
    states, told = report_states(files, OFFICE.rounds, owed, {}, zone, longer)
    assert [states[cell] for cell in owed] == ["逾期", "按时", "按时"]
    assert [w.state for r in told for w in r.written] == ["逾期", "按时", "按时"]
