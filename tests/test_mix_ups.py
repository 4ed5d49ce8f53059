"""A report that stands is not given away to another division's file, to last quarter's form, or to an older copy."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from openpyxl import Workbook

from toolkit.master.schema import Sheet
from toolkit.opening import open_workspace

EARLY, LATER, LATEST = "2023-04-03T10:00", "2023-04-04T10:00", "2023-04-05T10:00"
SUMMER = "2023-07-04T10:00"
RELIEF = "社会救助处"  # its starred tasks: 2 and 13


@pytest.fixture
def reported(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2("fanout", "2023Q2")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救助一", "标准一"))
    annex2.json("collect", now=EARLY)
    return annex2


def new(annex2: Annex2, now: str) -> dict[str, Any]:
    """What `collect` says of the one file that it had not seen."""
    files = annex2.json("collect", now=now)["files"]
    (file,) = (f for f in files if f["findings"] == [] or f["findings"][0]["code"] != "recorded")
    return file


def open_items(annex2: Annex2) -> list[dict[str, object]]:
    return [r for r in annex2.cells("待处理") if str(r["标识"]).startswith("file:") and not r["处理结果"]]


def decide(annex2: Annex2, words: str) -> None:
    (item,) = open_items(annex2)
    annex2.type("待处理", str(item["标识"]), "处理意见", words)


def texts(annex2: Annex2, quarter: str = "第一季度") -> tuple[object, object]:
    return tuple(annex2.status_text(no, f"{quarter}完成情况") for no in (2, 13))  # type: ignore[return-value]


def test_a_file_named_for_another_division_takes_no_reports_place(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="儿童福利处.xlsx", texts=("儿童的情况", "标准一"))
    file = new(reported, now=LATER)
    assert [f["code"] for f in file["findings"]] == ["file_name_differs", "named_for_another"]
    assert texts(reported) == ("救助一", "标准一")
    (item,) = open_items(reported)
    assert "文件名是“儿童福利处”的，表是“社会救助处”的；社会救助处第一季度已经报过，照这份会改掉 1 项" in str(
        item["问题"]
    )
    decide(reported, "接收此件")
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("儿童的情况", "标准一")


def test_what_says_the_same_or_comes_first_is_no_mix_up(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="儿童福利处.xlsx", texts=("救助一", "标准一"), day=date(2023, 4, 4))
    file = new(reported, now=LATER)
    assert file["verdict"] == "accepted with remarks"


def test_last_quarters_form_with_this_quarters_texts_waits_for_a_person(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="报表.xlsx", texts=("半年救助", "半年标准"))
    file = new(reported, now=SUMMER)
    assert [f["code"] for f in file["findings"]][-1] == "earlier_form"
    assert texts(reported) == ("救助一", "标准一")
    assert texts(reported, "第二季度") == (None, None)
    for key, state in (("2023Q1", "on_time"), ("2023Q2", "held")):  # nobody is chased for what lies here
        (round_,) = reported.json("status", key, now=SUMMER)["rounds"]
        assert {d["division"]: d["state"] for d in round_["divisions"]}[RELIEF] == state
    decide(reported, "接收此件 第二季度")
    reported.json("collect", now="2023-07-04T11:00")
    assert texts(reported) == ("救助一", "标准一")
    assert texts(reported, "第二季度") == ("半年救助", "半年标准")


def test_or_is_the_correction_that_it_says_it_is(reported: Annex2) -> None:
    reported.deliver(RELIEF, name="报表.xlsx", texts=("更正", "更正二"))
    reported.json("collect", now=SUMMER)
    decide(reported, "接收此件")
    reported.json("collect", now="2023-07-04T11:00")
    assert texts(reported) == ("更正", "更正二")
    assert texts(reported, "第二季度") == (None, None)


@pytest.mark.parametrize(
    ("now", "first", "second"),
    [
        ("2023-05-04T10:00", "更正", "更正二"),  # the next quarter is far
        (SUMMER, "更正", "标准一"),  # one row of two
    ],
)
def test_a_correction_is_taken_as_ever(reported: Annex2, now: str, first: str, second: str) -> None:
    reported.deliver(RELIEF, name="报表.xlsx", texts=(first, second))
    reported.json("collect", now=now)
    assert texts(reported) == (first, second)


@pytest.mark.parametrize(
    ("now", "first", "second"),
    [
        (SUMMER, "截至6月底，救助320户。", "标准一"),  # one row of two
        ("2023-06-19T10:00", "上半年救助顺利", "上半年标准已落实"),
        ("2023-07-20T10:00", "第二季度救助320户。", "标准一"),
    ],
)
def test_a_text_that_names_a_later_time_is_no_correction(reported: Annex2, now: str, first: str, second: str) -> None:
    reported.deliver(RELIEF, name="报表.xlsx", texts=(first, second))
    file = new(reported, now=now)
    assert [f["code"] for f in file["findings"]][-1] == "earlier_form"
    assert texts(reported) == ("救助一", "标准一")


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2023-05-04T10:00", "更正：力争上半年完成，计划截至6月底建成20个。"),
        ("2023-05-04T10:00", "截至4月3日，救助320户；下一步，第二季度继续推进。"),
    ],
)
def test_a_later_time_that_is_only_planned_says_nothing(reported: Annex2, now: str, first: str) -> None:
    reported.deliver(RELIEF, name="报表.xlsx", texts=(first, "标准一"))
    reported.json("collect", now=now)
    assert texts(reported) == (first, "标准一")


def test_a_first_report_in_last_quarters_form_waits_for_a_person(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="报表.xlsx", texts=("上半年救助320户。", "标准一"))
    assert [f["code"] for f in new(annex2, now=SUMMER)["findings"]][-1] == "earlier_form"
    assert texts(annex2) == (None, None)
    annex2.deliver("养老服务处", name="补报.xlsx")  # late, and nothing says that it is another quarter's
    assert new(annex2, now=SUMMER)["round"] == "2023Q1"


def test_a_form_of_a_quarter_that_has_not_begun_waits_for_a_person(annex2: Annex2) -> None:
    annex2("fanout", "2023Q3")
    annex2.deliver(RELIEF, "2023Q3", name="报表.xlsx", texts=("救助一", "标准一"))
    file = new(annex2, now="2023-04-03T10:00")
    assert [f["code"] for f in file["findings"]][-1] == "later_form"
    (item,) = open_items(annex2)
    assert "用的是第三季度的表，还没有到报它的时候；第一季度 2023-04-05 截止" in str(item["问题"])
    decide(annex2, "接收此件 第一季度")
    annex2.json("collect", now="2023-04-03T11:00")
    assert texts(annex2) == ("救助一", "标准一")


@pytest.mark.parametrize(
    ("now", "first", "why"),
    [
        ("2023-04-16T10:00", "已救助320户。", "还没有到报它的时候"),
        ("2023-06-10T10:00", "已救助320户。", "还没有到报它的时候"),
        (SUMMER, "第一季度已救助320户。", "写着“第一季度”"),
        (SUMMER, "截至3月底，救助320户。", "写着“截至3月”"),
        (SUMMER, "第一季度救助320户，二季度救助200户。", ""),
        (SUMMER, "截至3月底救助320户，截至6月底救助520户。", ""),
        (SUMMER, "已救助320户。", ""),
        ("2023-06-10T10:00", "4至6月共救助200户。", ""),
        ("2023-06-10T10:00", "第二季度新增3户。", ""),
    ],
)
def test_what_is_overdue_sent_in_the_next_quarters_form(reported: Annex2, now: str, first: str, why: str) -> None:
    reported.deliver("儿童福利处", "2023Q2", name="报表.xlsx", texts=(first,))
    file = new(reported, now=now)
    assert ([f["code"] for f in file["findings"]][-1:] == ["later_form"]) is bool(why)
    assert reported.status_text(12, "第二季度完成情况") == (None if why else first)
    if not why:
        return
    (item,) = open_items(reported)
    assert f"用的是第二季度的表，{why}；第一季度 2023-04-05 截止，还没有收到" in str(item["问题"])
    for key, waits in (("2023Q1", False), ("2023Q2", True)):  # it is booked as what it says it is
        (round_,) = reported.json("status", key, now=now)["rounds"]
        assert ({d["division"]: d["state"] for d in round_["divisions"]}["儿童福利处"] == "held") is waits
    decide(reported, "接收此件 第一季度")
    reported.json("collect", now=now.replace("T10", "T11"))
    assert [reported.status_text(12, f"{q}完成情况") for q in ("第一季度", "第二季度")] == [first, None]


def test_what_is_overdue_may_come_with_the_next_report(reported: Annex2) -> None:
    """第三季度 sorts before 第二季度: what lies beside a form is met before anybody doubts it."""
    reported("fanout", "2023Q3")
    reported.deliver("养老服务处", "2023Q2")
    reported.json("collect", now=SUMMER)
    for round_, text in (("2023Q2", "已救助220户。"), ("2023Q3", "已救助320户。")):
        reported.deliver("儿童福利处", round_, texts=(text,))
    files = reported.json("collect", now="2023-09-12T10:00")["files"]
    taken = {f["round"]: f["verdict"] for f in files if f["division"] == "儿童福利处"}
    assert set(taken) == {"2023Q2", "2023Q3"}
    assert all(v.startswith("accepted") for v in taken.values())
    assert [reported.status_text(12, f"第{q}季度完成情况") for q in "二三"] == ["已救助220户。", "已救助320户。"]


def test_a_quarter_that_nobody_reports_here_is_not_awaited(annex2: Annex2) -> None:
    """The office began with annex2 in May."""
    """The office began with annex2 in May."""
    annex2("fanout", "2023Q2")
    annex2.deliver("儿童福利处", "2023Q2", name="报表.xlsx", texts=("已救助320户。",))
    assert new(annex2, now="2023-06-10T10:00")["verdict"] == "accepted"


def test_a_correction_is_taken_when_the_later_quarter_is_there(reported: Annex2) -> None:
    reported.deliver(RELIEF, "2023Q2", name="二季度.xlsx", texts=("半年救助", "半年标准"))
    reported.json("collect", now=SUMMER)
    reported.deliver(RELIEF, name="报表.xlsx", texts=("更正", "更正二"))
    reported.json("collect", now="2023-07-04T11:00")
    assert texts(reported) == ("更正", "更正二")


def test_the_right_version_sent_again_after_a_wrong_one_waits_for_a_person(reported: Annex2) -> None:
    first = (reported.root / "inbox/一.xlsx").read_bytes()
    reported.deliver(RELIEF, name="二.xlsx", texts=("误", "标准一"))
    reported.json("collect", now=LATER)
    (reported.root / "inbox/三.xlsx").write_bytes(first)
    file = new(reported, now=LATEST)
    assert [f["code"] for f in file["findings"]] == ["duplicate_of_earlier"]
    assert texts(reported) == ("误", "标准一")
    (item,) = open_items(reported)
    assert "与第 1 号收件内容完全相同，而第 1 号已由第 2 号代替" in str(item["问题"])
    decide(reported, "接收此件 社会救助处 2023Q1")
    reported.json("collect", now="2023-04-05T11:00")
    assert texts(reported) == ("救助一", "标准一")
    assert reported("rebuild")[0] == 0
    assert "没有变化" in reported("collect", now="2023-04-06T10:00")[1]


def test_a_report_sent_again_after_a_returned_one_that_overwrote_it_waits_for_a_person(reported: Annex2) -> None:
    first = (reported.root / "inbox/一.xlsx").read_bytes()
    reported.deliver(RELIEF, name="二.xlsx", texts=("误", "同上"))
    reported.json("collect", now=LATER)
    assert texts(reported) == ("误", "标准一")
    (reported.root / "inbox/三.xlsx").write_bytes(first)
    file = new(reported, now=LATEST)
    assert [f["code"] for f in file["findings"]] == ["duplicate_of_earlier"]
    (asked,) = open_items(reported)
    assert "第 1 号已由第 2 号代替" in str(asked["问题"])
    decide(reported, "接收此件 社会救助处 2023Q1")
    reported.json("collect", now="2023-04-05T11:00")
    assert texts(reported) == ("救助一", "标准一")
    (returned,) = (r for r in reported.cells("待处理") if r["标识"] == "return:2")
    assert returned["处理结果"] == "已由第3号收件补正"


def test_the_same_file_once_more_is_nothing_where_it_stands(reported: Annex2) -> None:
    (reported.root / "inbox/又.xlsx").write_bytes((reported.root / "inbox/一.xlsx").read_bytes())
    file = new(reported, now=LATER)
    assert [f["code"] for f in file["findings"]] == ["duplicate"]


def test_a_file_without_a_form_says_how_else_its_words_get_in(reported: Annex2) -> None:
    book = Workbook()
    book.active["A1"] = "养老服务处第二季度：已改造620户。"
    book.save(reported.root / "inbox/随笔.xlsx")
    reported.json("collect", now=LATER)
    (item,) = open_items(reported)
    assert "不用这份文件就选“不接收”；里面的内容要用，就自己填进“任务台账”" in str(item["怎么办"])


def test_a_first_report_named_for_one_that_has_yet_to_report(annex2: Annex2) -> None:
    """儿童福利处 took the form of 社会救助处, which has not reported either."""
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="儿童福利处一季度.xlsx", texts=("儿童的情况", "也是儿童的"))
    file = new(annex2, now=EARLY)
    assert [f["code"] for f in file["findings"]] == ["file_name_differs", "named_for_one_who_owes"]
    assert texts(annex2) == (None, None)
    annex2.deliver(RELIEF, name="救助.xlsx", texts=("救助一", "标准一"), day=date(2023, 4, 4))
    annex2.json("collect", now=LATER)
    assert texts(annex2) == ("救助一", "标准一")
    decide(annex2, "不接收")
    annex2.json("collect", now=LATEST)
    assert texts(annex2) == ("救助一", "标准一")
    assert open_items(annex2) == []


def test_and_one_named_for_a_division_that_has_reported_is_taken(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("儿童福利处", name="甲.xlsx", texts=("儿童一",))
    annex2.json("collect", now=EARLY)
    annex2.deliver(RELIEF, name="儿童福利处一季度.xlsx", texts=("救助一", "标准一"))
    assert new(annex2, now=LATER)["verdict"] == "accepted with remarks"
    assert texts(annex2) == ("救助一", "标准一")


def test_a_round_in_other_words_and_what_is_still_wanting_are_understood(annex2: Annex2) -> None:
    annex2("fanout", "2023Q2")
    annex2.deliver(RELIEF, round_="2023Q2", name="儿童福利处.xlsx", texts=("半年救助", None))
    annex2.json("collect", now=SUMMER)
    decide(annex2, f"接收此件 {RELIEF} 上半年")
    _, out, _ = annex2("collect", now="2023-07-04T11:00")
    assert f"已接收，记为{RELIEF}第二季度，写入台账 1 格；还有要补正的，另列了一条" in out
    assert texts(annex2, "第二季度") == ("半年救助", None)


def test_two_versions_in_one_archive_are_not_put_in_an_order(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    drop = annex2.root / "inbox"
    with zipfile.ZipFile(drop / "报送.zip", "w") as z:
        versions = {"最终稿.xlsx": ("定稿", "标准一"), "副本.xlsx": ("定稿", None), "旧稿.xlsx": ("旧稿", "标准一")}
        for name, filled in versions.items():
            form = annex2.deliver(RELIEF, name=name, texts=filled)
            z.write(form, name)
            form.unlink()
    checked = annex2.json("check", drop / "报送.zip", now=LATER)["files"]
    files = annex2.json("collect", now=LATER)["files"]
    found = {f["path"].rpartition("!")[2]: [x["code"] for x in f["findings"]] for f in files}
    assert "two_versions" in found["旧稿.xlsx"]
    assert [[x["code"] for x in f["findings"]] for f in checked] == [[x["code"] for x in f["findings"]] for f in files]
    assert "two_versions" not in found["最终稿.xlsx"] + found["副本.xlsx"]
    assert texts(annex2) == ("定稿", "标准一")
    (item,) = open_items(annex2)
    assert "“最终稿.xlsx”已经收下，这份有 1 项写得不一样" in str(item["问题"])
    decide(annex2, "接收此件")
    annex2.json("collect", now=LATEST)
    assert texts(annex2) == ("旧稿", "标准一")


def test_what_a_division_left_out_says_nothing_of_a_task_that_is_anothers_by_now(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, name="一.xlsx", texts=("救一", None))
    annex2("collect", now="2023-04-03T09:00")
    assert annex2.status_text(13, "第一季度报送状态") == "退回"
    annex2.type(Sheet.TASKS, "2023-13", "牵头处室", "基层政权处")
    annex2.type(Sheet.ATTENTION, "return:1", "处理意见", "接收此件")
    annex2("collect", now="2023-04-04T09:00")
    assert (annex2.status_text(2, "第一季度报送状态"), annex2.status_text(13, "第一季度报送状态")) == ("按时", None)
    (round_,) = annex2.json("status", "2023Q1", now="2023-04-10T09:00")["rounds"]
    states = {d["division"]: d["state"] for d in round_["divisions"]}
    assert (states[RELIEF], states["基层政权处"]) == ("on_time", "missing")


def test_a_form_of_another_workspace_takes_no_reports_place(reported: Annex2, tmp_path: Path) -> None:
    """A higher and a lower level, each with its own workspace: same office, same division, same tasks."""
    lower = Annex2(tmp_path / "下级")
    open_workspace(lower.root)
    lower("fanout", "2023Q1")
    theirs = lower.deliver(RELIEF, texts=("处内草稿", "标准一"))
    (reported.root / "inbox/下级.xlsx").write_bytes(theirs.read_bytes())
    (seen,) = reported.json("check", reported.root / "inbox/下级.xlsx", now=LATER)["files"]
    file = new(reported, now=LATER)
    assert [f["code"] for f in seen["findings"]] == ["stamp_not_genuine", "of_another_workspace"]
    assert [f["code"] for f in file["findings"]] == ["stamp_not_genuine", "of_another_workspace"]
    assert texts(reported) == ("救助一", "标准一")
    (item,) = open_items(reported)
    assert "社会救助处第一季度已经报过，照这份会改掉第 1 号收件写的 1 项" in str(item["问题"])
    decide(reported, "接收此件")
    reported.json("collect", now=LATEST)
    assert texts(reported) == ("处内草稿", "标准一")


def test_one_that_comes_first_or_where_all_are_such_is_taken(reported: Annex2) -> None:
    """The key was lost, and made anew: forms that went out before have a stamp that is not right any more."""
    (reported.root / ".annex2/key").unlink()
    reported("status")
    for first in ("儿童一", "儿童二"):
        reported.deliver("儿童福利处", name=f"{first}.xlsx", texts=(first,))
        file = new(reported, now=LATER if first == "儿童一" else LATEST)
        assert "stamp_not_genuine" in [f["code"] for f in file["findings"]]
        assert reported.status_text(12) == first
