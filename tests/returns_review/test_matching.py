"""Edited rows find their tasks, or none; the notice's own pairs (3 and 9, 1 and 11) are the touchstone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from made import OFFICE, TEXTS

from toolkit.returns import wording
from toolkit.returns.match import FormRow, Matched, TaskIndex, match_rows
from toolkit.returns.wording import altered, fold, normalise, numbers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import matching

INDEX = TaskIndex(OFFICE)
OWED = tuple(t for t in OFFICE.tasks if t.no in TEXTS)
SHARED_SENTENCE = TEXTS[9]


@pytest.mark.parametrize("seed", [1, 2])
def test_two_thousand_edits(seed: int) -> None:
    score = matching.measure(matching.shipped_office(), 2000, seed)
    assert score.wrong == 0, [s for s in score.said if "->" in s and not s.startswith("held")]
    assert score.share("right") >= 0.98
    assert score.numbers["silent"] == 0
    assert score.numbers["told"] > 40


def rows(*lines: tuple[str, str], numbered: bool = False) -> list[FormRow]:
    """Rows of (责任事项, 完成情况) without keys."""
    return [FormRow(f"C{i}", "", item, status, str(i) if numbered else "") for i, (item, status) in enumerate(lines, 1)]


def taken(matched: Matched) -> dict[int, str]:
    return {int(key[-2:]): row.status for key, row in matched.rows.items()}


def match(*lines: tuple[str, str], numbered: bool = False) -> Matched:
    return match_rows(rows(*lines, numbered=numbered), OWED, INDEX)


def test_a_text_shortened_to_a_shared_sentence_needs_its_number() -> None:
    lines = [(TEXTS[1], "甲"), (SHARED_SENTENCE, "乙"), (TEXTS[9], "丙"), (TEXTS[10], "丁"), (TEXTS[11], "戊")]
    assert taken(match(*lines, numbered=True)) == {1: "甲", 3: "乙", 9: "丙", 10: "丁", 11: "戊"}
    without = match(*lines)
    assert taken(without) == {1: "甲", 10: "丁", 11: "戊"}
    assert "repeated_task" in {f.code for f in without.findings}


def test_numbers_that_disagree_with_certain_rows_say_nothing() -> None:
    lines = [(TEXTS[10], "丁"), (SHARED_SENTENCE, "乙"), (TEXTS[1], "甲"), (TEXTS[9], "丙"), (TEXTS[11], "戊")]
    assert taken(match(*lines, numbered=True)) == {1: "甲", 10: "丁", 11: "戊"}


def test_a_second_row_of_a_task_is_not_the_first_of_its_like() -> None:
    """11 has its row; another of nearly its text is not 1, although 1 has none and stands in it."""
    second = TEXTS[11].replace("完成", "继续完成")
    matched = match((TEXTS[11], "甲"), (second, "乙"), (TEXTS[3], "丙"))
    assert 1 not in taken(matched)
    assert taken(matched)[11] == "甲"


def test_a_row_that_says_more_than_its_task() -> None:
    note = "（责任人：王建军，联系电话：85000000，责任科室：综合科）"
    assert taken(match((TEXTS[10] + note, "甲"))) == {10: "甲"}
    assert taken(match((TEXTS[3] + note, "甲"), (TEXTS[9] + note, "乙"))) == {3: "甲", 9: "乙"}


def test_many_rows_alike_are_nobodys() -> None:
    crowd = [(f"完成居家适老化改造2000户以上第{i}批", f"第{i}批完成") for i in range(300)]
    assert taken(match(*crowd)) == {}


@pytest.mark.parametrize("item", ["", "。", "完", "完成", "新建", "工作", "2000户"])
def test_too_few_words_say_nothing(item: str) -> None:
    assert taken(match((item, "甲"))) == {}


@pytest.mark.parametrize(
    "text",
    [
        "完成居家适老化改造2000户以上（市责任单位：各区人民政府）",
        "完成居家适老化改造2000户以上。(市责任单位:各区人民政府",
        "完成居家适老化改造2000户以上。市责任单位：各区人民政府",
        "1*完成居家適老化改造２０００戶以上",
        "（一）完成居家适老化\u200b改造 2000 户以上；",
        "★ 完成居家适老化改造2000户以上",
    ],
)
def test_what_means_nothing_is_taken_away(text: str) -> None:
    assert normalise(text) == normalise(TEXTS[1])


def test_a_point_within_a_number_means_something() -> None:
    assert normalise("完成改造2.5万户") != normalise("完成改造25万户")


def test_plain_texts_are_folded_like_any_other() -> None:
    """The shorter way of plain texts: each character that goes it, beside letters, numerals and figures."""
    characters = [c for c in map(chr, range(0x10000)) if wording._PLAIN_ITEM.fullmatch(f"甲{c}")]
    assert {"，", "务", "位", "A", "9"} <= set(characters)
    assert "." not in characters
    for c in characters:
        for text in (f"甲{c}", f"{c}甲", f"甲1{c}2", f"A{c}、甲", f"市责任单{c}：乙"):
            assert normalise(text) == wording._normalise_any(text), text
    for c in filter(wording._PLAIN_NAME.fullmatch, map(chr, range(0x10000))):
        assert wording._visible(f"甲{c}1") == f"甲{c}1"


def test_names_are_folded() -> None:
    assert fold(" 養老　服務處\u200b（Ａ） ") == "养老服务处(A)"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("改造2,000户、2 000户", ("2000", "2000")),
        ("3.推进7个中心，2.5万户", ("7", "2.5")),
        ("改造２０００户（市责任单位：2个）", ("2000",)),
        ("1、2号线", ("2",)),
    ],
)
def test_numbers_as_people_write_them(text: str, found: tuple[str, ...]) -> None:
    assert numbers(text) == found


def test_leaving_a_number_out_alters_none() -> None:
    assert not altered(("70", "30"), ("70",))
    assert not altered(("7", "70", "30"), ("70", "30"))
    assert altered(("70", "30"), ("30", "70"))
    assert altered(("2000",), ("2200",))
    assert altered((), ("5",))


def test_another_divisions_row_is_named_and_not_taken() -> None:
    foreign = next(t for t in OFFICE.tasks if t.no == 13)
    matched = match(*[(t.text, f"第{t.no}项的话") for t in OWED], (foreign.text.replace("。", ""), "别处的话"))
    assert {f.code for f in matched.findings} == {"foreign_row"}
    assert "别处的话" not in taken(matched).values()
    (told,) = matched.findings
    assert foreign.division in told.message


def test_a_hidden_key_yields_to_the_text_that_people_see() -> None:
    """Sorted without the hidden column; where the number sides with the key, nobody can tell."""
    plain = FormRow("C5", "2023-10", TEXTS[1], "甲", "")
    sided = FormRow("C5", "2023-10", TEXTS[1], "甲", "4")
    assert taken(match_rows([plain], OWED, INDEX)) == {1: "甲"}
    assert "key_ignored" in {f.code for f in match_rows([plain], OWED, INDEX).findings}
    assert taken(match_rows([sided], OWED, INDEX)) == {}
    assert "key_and_text_differ" in {f.code for f in match_rows([sided], OWED, INDEX).findings}
