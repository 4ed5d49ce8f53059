"""Rows to tasks, and what is said about each."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from made import AGED, OFFICE, OTHER, POOR, TEXTS, Span, codes, grid, issued, office, seen, stamp

from toolkit.model import Division, Verdict
from toolkit.returns.findings import KINDS, table

Rows = list[list[Any]]


def test_docs_list_every_finding() -> None:
    from pathlib import Path

    assert (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8") == table(), (
        "run: python -m toolkit.returns.findings"
    )
    assert all(f"`{code}`" in table() for code in KINDS)


def swapped(a: int, b: int) -> Rows:
    """The form's rows with the keys of two of them exchanged."""
    rows = issued()
    rows[a][4], rows[b][4] = rows[b][4], rows[a][4]
    return rows


@pytest.mark.parametrize(("a", "b"), [(0, 4), (1, 2), (0, 3)])
@pytest.mark.parametrize(
    "edit", [str, lambda t: t.replace("完成", "如期完成").replace("新建", "新建成"), lambda t: t[:-2]]
)
def test_swapped_keys_never_cross(a: int, b: int, edit: Any) -> None:
    rows = swapped(a, b)
    for i in (a, b):
        rows[i][1] = edit(rows[i][1])
    found = seen(grid(rows))
    right = {f"2023-{n:02}": row[2] for n, row in zip(TEXTS, rows, strict=True)}
    assert all(right[k] == t for k, t in found.texts.items())
    assert len(found.texts) == 5 or codes(found) & {"key_and_text_differ", "uncertain_row", "unknown_row"}


def test_a_key_beside_an_unrelated_text() -> None:
    rows = issued()
    rows[3][1] = "开展消防安全检查四百次并整改隐患。"
    found = seen(grid(rows))
    assert "2023-10" not in found.texts
    assert "key_and_text_differ" in codes(found)
    assert found.verdict is Verdict.RETURNED


def test_keys_without_a_genuine_stamp_say_nothing() -> None:
    rows = issued()
    rows[3][1] = ""
    for stamps in ([], [stamp(secret=OTHER)]):
        assert "2023-10" not in seen(grid(rows), stamps=stamps).texts
    found = seen(grid(rows))
    assert "2023-10" in found.texts
    assert "key_only" in codes(found)


def test_a_status_that_is_a_key_is_none() -> None:
    rows = issued()
    rows[0][2] = "2023-10"
    for row in rows:
        row[4] = None
    assert seen(grid(rows)).texts["2023-01"] == "2023-10"


@pytest.mark.parametrize(
    "text", ["审定人员已到位，改造按计划推进。", "审定日期已定，待局长办公会。", "审定人：待定，改造已过半"]
)
@pytest.mark.parametrize("numbered", [True, False])
def test_a_status_that_begins_like_a_label(text: str, numbered: bool) -> None:
    rows = issued()
    rows[1][2] = text
    if not numbered:
        rows = [[None, *r[1:4], None] for r in rows]
    found = seen(grid(rows))
    assert found.texts["2023-03"] == text
    assert len(found.texts) == 5
    assert "not_approved" not in codes(found)


def test_lengths_and_line_ends() -> None:
    rows = issued()
    rows[0][2], rows[1][2], rows[2][2] = "长" * 32_767, "长" * 32_768, "😀" * 16_384
    rows[3][2] = "一\r\n二"
    found = seen(grid(rows))
    assert {"2023-03", "2023-09"}.isdisjoint(found.texts)
    assert sum(f.code == "too_long_for_cell" for f in found.findings) == 2
    assert len(found.texts["2023-01"]) == 32_767
    assert found.texts["2023-10"] == "一\n二"


@pytest.mark.parametrize("text", ["无", "同上", "……", "已完成", "已完成。", "/", "—", "同  上", "暂无"])
def test_placeholders(text: str) -> None:
    rows = [[n, i, text, None, k] for n, i, _, _, k in issued()]
    found = seen(grid(rows))
    assert (found.verdict, dict(found.texts)) == (Verdict.RETURNED, {})
    assert sum(f.code == "placeholder" for f in found.findings) == 5


@pytest.mark.parametrize("value", [0.35, 12, "35%", "2023-04-03", "10:30:00", True, False])
def test_a_bare_number(value: object) -> None:
    rows = issued()
    rows[0][2] = value
    found = seen(grid(rows))
    assert codes(found) == {"number_only"}
    assert found.texts["2023-01"] == (str(value).upper() if isinstance(value, bool) else str(value))


def test_what_was_reported_before() -> None:
    rows = issued()
    rows[0][2] = "累计完成改造320户，其余按计划推进。"
    before = {"2023-01": "累计完成改造430户，其余按计划推进。", "2023-03": rows[1][2]}
    found = seen(grid(rows), previous=before)
    assert codes(found) == {"lower_figure", "unchanged"}
    assert "430户" in next(f.message for f in found.findings if f.code == "lower_figure")
    standing = {(k, "2023Q1"): t for k, t in before.items()}
    rows2 = grid(rows, "2023年市民政局养老服务处第二季度工作目标完成情况")
    assert codes(seen(rows2, stamps=[stamp(round_="2023Q2")], standing=standing)) == {"lower_figure", "unchanged"}


def test_approval() -> None:
    assert codes(seen(grid(issued(), approver="孙八"))) == {"approver_differs"}
    assert codes(seen(grid(issued(), approver="赵　六（已签）"))) == set()
    assert codes(seen(grid(issued(), approver=""))) == {"not_approved"}


@pytest.mark.parametrize(
    ("second", "approver", "told"),
    [
        ("钱七", "赵六", {"approver_missing"}),
        ("钱七", "赵六、钱七", set()),
        ("赵六、钱七", "钱七", {"approver_missing"}),
        ("赵　六", "赵六", set()),
        ("钱七", "孙八", {"approver_differs"}),
        ("钱七", "周九", set()),  # who answers for the division, by 处室
    ],
)
def test_each_leader_approves_the_own_tasks(second: str, approver: str, told: set[str]) -> None:
    tasks = tuple(replace(t, leader=second) if t.key == "2023-03" else t for t in OFFICE.tasks)
    of = replace(OFFICE, tasks=tasks, divisions=(Division(AGED, ("养老处",), leader="周九"), *OFFICE.divisions[1:]))
    assert codes(seen(grid(issued(), approver=approver), of=of)) == told
    alone = [row for row in issued() if row[4] == "2023-03"]  # a correction of one task
    standing = {(f"2023-{n:02}", "2023Q1"): "以前报的" for n in TEXTS}
    mended = codes(seen(grid(alone, approver=second), of=of, standing=standing))
    assert not {"approver_missing", "approver_differs"} & mended


def test_pictures() -> None:
    rows = issued()
    rows[0][2] = None
    found = seen(grid(rows, pictures=frozenset({(5, 3)})))
    assert "picture" in codes(found)
    assert found.verdict is Verdict.RETURNED


def test_one_cell_for_two_tasks_goes_to_neither() -> None:
    rows = issued()
    rows[1][2] = None
    found = seen(grid(rows, merged=[Span(5, 3, 6, 3)]))
    assert {"2023-01", "2023-03"}.isdisjoint(found.texts)
    assert found.verdict is Verdict.RETURNED


def test_a_changed_number_is_told_where_the_row_is_certain() -> None:
    rows = issued()
    rows[0][1] = rows[0][1].replace("2000", "2200")
    found = seen(grid(rows))
    assert "2023-01" in found.texts
    assert "number_altered" in codes(found)


def test_divisions_are_told_in_their_own_words() -> None:
    rows = issued(POOR)
    rows[1][2] = None
    title = "2023年市民政局社会救助处第一季度工作目标完成情况"
    found = seen(grid(rows, title, "钱七"), stamps=[stamp(POOR)])
    (told,) = found.findings
    assert told.message.startswith("第2项“同一供养机构")
    assert told.message.endswith("没有填写完成情况")


@pytest.mark.parametrize(
    "edit",
    [
        lambda t: t.replace("，", ",").replace("（", "(").replace("）", ")").replace("、", ","),
        lambda t: t.replace("2000", "２０００").replace("个", "个 "),
        lambda t: t.replace("养老", "養老").replace("服务", "服務").replace("适", "適").replace("开业", "開業"),
        lambda t: f"{t}（市责任单位：市残联）",
        lambda t: f"3、{t}",
    ],
)
def test_the_same_text_in_other_signs(edit: Any) -> None:
    rows = [[None, edit(i), s] for _, i, s, _, _ in issued()]
    found = seen(grid(rows[::-1]), stamps=[])
    assert dict(found.texts) == {r[4]: r[2] for r in issued()}


def test_a_shared_sentence_is_no_second_paragraph() -> None:
    """Task 3 split over two rows, the second of which reads as task 9, right above task 9 itself."""
    rows = [r[1:3] for r in issued()]
    rows[1:2] = [["推进7个区级养老服务中心建设，", "甲"], [TEXTS[9], "乙"]]
    rows[3][1] = "丙"
    found = seen(grid([[None, *r] for r in rows]), stamps=[])
    assert found.texts.get("2023-09", "丙") == "丙"


def test_quick_where_nothing_is_odd() -> None:
    """A clean form costs about the same in an office of 2,400 tasks more: nothing is compared with each of them."""
    small = office()
    first = small.tasks[0]
    more = [replace(first, key=f"X{i}", no=100 + i, text=f"建设第{i}处便民设施并投入使用") for i in range(2_400)]
    big = replace(small, tasks=(*small.tasks, *(replace(t, division="其他处") for t in more)))
    form = grid(issued())
    times: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(40):
        for which, of in enumerate((small, big)):
            start = time.perf_counter()
            assert seen(form, of=of).division == AGED
            times[which].append(time.perf_counter() - start)
    assert min(times[1]) < 5 * min(times[0])



def test_measured_on_edits_of_the_notices_texts() -> None:
    """A sample of benchmarks/matching.py: not one row goes to a wrong task."""
    import sys
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[2]))
    from benchmarks.matching import measure, shipped_office

    score = measure(shipped_office(), 400, 7)
    assert score.wrong == 0, score.said
    assert score.share("right") >= 0.95
