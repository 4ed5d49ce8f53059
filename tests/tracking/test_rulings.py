"""What people write into 报送情况 in their own words, and what in 处室 will not do what they meant."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from libreoffice import LibreOffice
from openpyxl import load_workbook

from toolkit.master.rulings import Said, read
from toolkit.master.schema import Sheet

DUE = date(2023, 4, 5)
CHILD, GRASSROOTS, RELIEF = "儿童福利处", "基层政权处", "社会救助处"
AFTER = "2023-04-06T09:00"


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("免报", "免报", True),
        ("免报。", "免报", True),
        ("免报（领导同意）", "免报", True),
        ("免报，邓局已同意", "免报", True),
        ("同意免报", "免报", False),
        ("免予报送", "免报", False),
        ("延期至 2023-04-10", "延期至2023-04-10", True),
        ("延期至4月10日", "延期至2023-04-10", True),
        ("延期至 2023-04-10（邓局同意）", "延期至2023-04-10", True),
        ("延期到2023.4.10", "延期至2023-04-10", False),
        ("同意延期至4月10日前报送", "延期至2023-04-10", False),
        ("4月4日", date(2023, 4, 4), False),
        ("4月4日收到纸质", date(2023, 4, 4), False),
        ("纸质版，4月4日已报", date(2023, 4, 4), False),
        ("2023-04-04（纸质）", date(2023, 4, 4), False),
        ("12月30日", date(2022, 12, 30), False),
        ("已报纸质", None, False),
        ("4月31日", None, False),
        ("延期至2月30日", None, True),
        ("免报告单", None, False),
        ("报送" * 500, None, False),
    ],
)
def test_what_words_mean(text: str, value: str | date | None, shown: bool) -> None:
    assert read(text, DUE) == Said(value, shown)


@pytest.mark.parametrize(
    "text", ["", "退回", "待裁定", "—", "✗ 逾期未报", "✓按时 7月5日，已延期（处室表）", "免报（已销号）"]
)
def test_our_own_words_are_nobodys_ruling(text: str) -> None:
    assert read(text, DUE) is None


@pytest.mark.parametrize(
    ("text", "shown", "until"),
    [
        ("2023-04-08（延期至2023-04-10）", False, date(2023, 4, 10)),
        ("4月8日纸质（邓局同意，延期到4月10日）", False, date(2023, 4, 10)),
        ("✓按时 4月8日（纸质，延期至2023-04-10）", True, date(2023, 4, 10)),
        ("✓按时 4月8日（纸质，已延期）", True, None),
        ("！逾期 2023年4月8日（纸质，已延期）", True, None),
    ],
)
def test_a_day_and_the_extension_beside_it(text: str, *, shown: bool, until: date | None) -> None:
    assert read(text, DUE) == Said(date(2023, 4, 8), shown, until)


def test_a_day_that_is_said_of_the_extension_is_no_report() -> None:
    assert read("4月8日同意延期至4月10日", DUE) == Said(None, shown=False)


def test_a_year_is_the_one_nearest_to_the_round() -> None:
    assert read("延期至1月10日", date(2024, 1, 5)) == Said("延期至2024-01-10", shown=True)
    assert read("12月30日", date(2024, 1, 5)) == Said(date(2023, 12, 30), shown=False)


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    for division, text in ((CHILD, "免报（领导同意）"), (GRASSROOTS, "同意延期至4月10日"), (RELIEF, "4月4日纸质")):
        annex2.type(Sheet.TRACKER, division, "第一季度", text)
    return annex2


def test_every_command_heeds_them(office: Annex2) -> None:
    _, out, _ = office("collect", now=AFTER)
    assert "“同意延期至4月10日”按“延期至2023-04-10”算" in out
    assert "“4月4日纸质”是文字，不是日期" in out
    assert "领导同意" not in out  # the sheet says the same
    (round_,) = office.json("status", "2023Q1", now=AFTER)["rounds"]
    states = {d["division"]: d["state"] for d in round_["divisions"]}
    assert (states[CHILD], states[GRASSROOTS], states[RELIEF]) == ("exempt", "due_soon", "on_time")
    (tracker,) = (r for r in office.cells("报送情况") if r["处室"] == GRASSROOTS)
    assert tracker["第一季度"] == "同意延期至4月10日"  # a person's words stay


def test_what_nobody_understands_is_told(office: Annex2) -> None:
    office.type(Sheet.TRACKER, CHILD, "第一季度", "领导说再等等")
    for verb in (("collect",), ("status", "2023Q1"), ("bulletin", "2023Q1")):
        _, out, _ = office(*verb, now=AFTER)
        assert "写的“领导说再等等”看不懂，没有照办" in out


def counted(libreoffice: LibreOffice, master: Path) -> str:
    """应报/已报/按时 of the first quarter, as the sheet works it out."""
    libreoffice.open(path=master)
    libreoffice.recalculate()
    (row,) = (r for r in libreoffice.rows(sheet="报送情况") if r[0] == "应报/已报/按时")
    libreoffice.close()
    return str(row[2])


def test_a_paper_report_within_an_extension_is_in_time_on_the_sheet_too(
    annex2: Annex2, libreoffice: LibreOffice
) -> None:
    annex2("collect", now=AFTER)
    owed = int(counted(libreoffice, annex2.master).split(" / ")[0])
    annex2.type(Sheet.DIVISIONS, CHILD, "延期", "2023Q1：2023-04-10")
    for division, said in (
        (CHILD, datetime(2023, 4, 8)),  # noqa: DTZ001
        (GRASSROOTS, "2023-04-08（延期至2023-04-10）"),
        (RELIEF, "2023-04-12（延期至2023-04-10）"),
    ):
        annex2.type(Sheet.TRACKER, division, "第一季度", said)  # type: ignore[arg-type]
    _, out, _ = annex2("collect", now="2023-04-13T09:00")
    assert "等 annex2 collect 改写这一格以后才算它" in out
    cells = {r["处室"]: r["第一季度"] for r in annex2.cells("报送情况")}
    assert cells[CHILD] == "✓按时 4月8日（纸质，已延期）"
    assert cells[GRASSROOTS] == "✓按时 4月8日（纸质，延期至2023-04-10）"
    assert cells[RELIEF] == "！逾期 4月12日（纸质，延期至2023-04-10）"
    (round_,) = annex2.json("status", "2023Q1", now="2023-04-13T10:00")["rounds"]
    states = {d["division"]: (d["state"], d["days_late"]) for d in round_["divisions"]}
    assert (states[CHILD], states[GRASSROOTS], states[RELIEF]) == (("on_time", 0), ("on_time", 0), ("late", 2))
    before = annex2.master.read_bytes()
    assert "改写" not in annex2("collect", now="2023-04-13T10:00")[1]
    assert annex2.master.read_bytes() == before
    assert counted(libreoffice, annex2.master) == f"{owed} / 3 / 2"

    annex2.type(Sheet.DIVISIONS, CHILD, "延期", None)
    annex2("collect", now="2023-04-13T11:00")
    cells = {r["处室"]: r["第一季度"] for r in annex2.cells("报送情况")}
    assert cells[CHILD] == datetime(2023, 4, 8)  # noqa: DTZ001  late again, as its colour says
    assert counted(libreoffice, annex2.master) == f"{owed} / 3 / 1"


def test_a_division_that_was_renamed_has_reported_on_the_sheet_too(annex2: Annex2, libreoffice: LibreOffice) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", "延期至 2023-04-10")
    annex2.deliver(RELIEF)
    annex2("collect", now="2023-04-08T09:00")
    before = counted(libreoffice, annex2.master)
    assert before.endswith(" / 1 / 1")
    for row in annex2.cells("任务台账"):
        if row["牵头处室"] == RELIEF:
            annex2.type(Sheet.TASKS, row["任务编号"], "牵头处室", "救助福利处")
    annex2.type(Sheet.DIVISIONS, RELIEF, "别名", RELIEF)
    annex2.type(Sheet.DIVISIONS, RELIEF, "名称", "救助福利处")
    annex2("collect", now="2023-04-09T09:00")
    assert [r["处室"] for r in annex2.cells("收件记录")] == ["救助福利处"]
    assert counted(libreoffice, annex2.master) == before
    settled = annex2.master.read_bytes()
    annex2("collect", now="2023-04-09T10:00")
    assert annex2.master.read_bytes() == settled


def test_of_two_rows_of_one_division_the_upper_one_counts_and_it_is_told(annex2: Annex2) -> None:
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", "免报")
    book = load_workbook(annex2.master)
    sheet = book[Sheet.TRACKER]
    (table,) = sheet.tables.values()
    first, last = table.ref.split(":")
    row = int(last.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) + 1
    sheet.cell(row, 1).value = RELIEF
    table.ref = f"{first}:{last.rstrip('0123456789')}{row}"
    book.save(annex2.master)
    for verb in (("collect",), ("status", "2023Q1")):
        _, out, _ = annex2(*verb, now="2023-04-03T09:00")
        assert "“报送情况”里社会救助处有两行" in out
    (round_,) = annex2.json("status", "2023Q1", now="2023-04-03T10:00")["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}[RELIEF] == "exempt"


def test_the_sheet_counts_an_extension_with_a_note(annex2: Annex2, libreoffice: LibreOffice, tmp_path: Path) -> None:
    """An extension with a note has run out where its day is past, like one without."""
    annex2.type(Sheet.TRACKER, CHILD, "第一季度", "延期至 2023-04-10（邓局同意）")
    annex2.type(Sheet.TRACKER, GRASSROOTS, "第一季度", "延期至2999-04-10 (邓局同意)")
    book = load_workbook(annex2.master)
    sheet = book[Sheet.TRACKER]
    rules = [r for rules in sheet.conditional_formatting for r in rules.rules]
    (expired,) = (r.formula[0] for r in rules if "DATEVALUE" in str(r.formula) and "TODAY" in str(r.formula))
    (table,) = sheet.tables.values()
    first = int(table.ref.partition(":")[0].lstrip("ABC")) + 1
    rows = {str(sheet.cell(n, 1).value): n for n in range(first, first + 4)}
    for name in (CHILD, GRASSROOTS):
        sheet.cell(rows[name], 30).value = "=" + expired.replace(f"C{first}", f"C{rows[name]}")
    book.save(tmp_path / "a.xlsx")
    libreoffice.open(path=tmp_path / "a.xlsx")
    libreoffice.save(path=tmp_path / "b.xlsx", kind="xlsx")
    libreoffice.close()
    shown = load_workbook(tmp_path / "b.xlsx", data_only=True)[Sheet.TRACKER]
    assert [shown.cell(rows[n], 30).value for n in (CHILD, GRASSROOTS)] == [True, False]


# 处室


def test_rounds_as_people_call_them(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.DIVISIONS, CHILD, "免报节点", "一季度")
    annex2.type(Sheet.DIVISIONS, GRASSROOTS, "延期", "1季度：2023-04-10")
    annex2.type(Sheet.DIVISIONS, RELIEF, "免报节点", "全部")
    rounds = annex2.json("status", now=AFTER)["rounds"]
    found = {(r["round"], d["division"]): d["state"] for r in rounds for d in r["divisions"]}
    assert found["2023Q1", CHILD] == "exempt"
    assert found["2023Q2", CHILD] == "not_due"
    assert found["2023Q1", GRASSROOTS] == "due_soon"
    assert {found[r, RELIEF] for r in ("2023Q1", "2023Q2", "2023Q3", "2023Y")} == {"exempt"}


def test_rounds_that_there_are_none_of_are_told(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, CHILD, "免报节点", "五季度")
    annex2.type(Sheet.DIVISIONS, GRASSROOTS, "延期", "年中：2023-07-10")
    _, out, _ = annex2("status", now=AFTER)
    assert f"{CHILD}的“免报节点”写的“五季度”不是哪个报送节点" in out
    assert f"{GRASSROOTS}的“延期”写的“年中”不是哪个报送节点" in out
    assert "2023Q1（第一季度）" in out


@pytest.mark.parametrize(
    ("heir", "told"), [(None, "没有填"), ("妇儿处", "写的“妇儿处”不是在用的处室"), (CHILD, "写的")]
)
def test_tasks_left_to_nobody_are_told(annex2: Annex2, heir: str | None, told: str) -> None:
    annex2.type(Sheet.DIVISIONS, CHILD, "停用日期", datetime(2023, 3, 1))  # type: ignore[arg-type]  # noqa: DTZ001
    annex2.type(Sheet.DIVISIONS, CHILD, "并入", heir)
    for verb in (("collect",), ("status",)):
        _, out, _ = annex2(*verb, now="2023-03-20T09:00")
        assert f"{CHILD}已停用，名下还有第12*" in out
        assert told in out
    annex2.type(Sheet.DIVISIONS, CHILD, "并入", GRASSROOTS)
    assert "已停用" not in annex2("status", now="2023-03-20T09:00")[1]


def test_a_number_that_two_tasks_have_is_told(annex2: Annex2) -> None:
    keys = {r["序号"]: r["任务编号"] for r in annex2.cells("任务台账")}
    annex2.type(Sheet.TASKS, keys[13], "序号", 14)  # type: ignore[arg-type]
    assert "有 2 项任务的序号都是 14" in annex2("status", now=AFTER)[1]


def test_a_note_behind_the_sheets_own_word_is_told(annex2: Annex2) -> None:
    """The cell is a person's from then on, and said 逾期未报 for ever."""
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", "✗ 逾期未报（4月6日已电话催）")
    out = annex2("status", "2023Q1", now=AFTER)[1]
    assert "这一格不再变，收到报送也不变" in out
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", None)
    assert "这一格不再变" not in annex2("collect", now=AFTER)[1]


def test_what_was_to_be_mended_is_settled_by_a_report_on_paper(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("已完成。", None))
    annex2("collect", now="2023-04-03T10:00")

    def asked(day: str | None, now: str) -> Any:
        annex2.type(Sheet.TRACKER, RELIEF, "第一季度", day)
        annex2("collect", now=now)
        (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "退回修改")
        return item["处理结果"]

    assert asked("2023-04-02", "2023-04-04T10:00") is None  # before the file: the file may be meant to correct it
    assert asked("2023-04-04", "2023-04-04T11:00") == "已另报纸质，不用再改"
    assert asked(None, "2023-04-04T12:00") is None
