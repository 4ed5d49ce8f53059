"""What different outputs say of the same thing: each was once contradicted by another."""

from __future__ import annotations

import pytest
from conftest import Annex2
from docx import Document
from openpyxl import load_workbook

from toolkit.master.schema import Sheet

RELIEF = "社会救助处"
NOW, AFTER = "2023-04-03T10:00", "2023-04-07T09:00"


def summary_rows(annex2: Annex2, sheet: str) -> list[list[object]]:
    (made,) = (annex2.root / "summary").glob("*.xlsx")
    return [[c.value for c in r] for r in load_workbook(made)[sheet].iter_rows()]


def document(path: object) -> str:
    made = Document(str(path))
    cells = (c.text for t in made.tables for r in t.rows for c in r.cells)
    return "\n".join([*(p.text for p in made.paragraphs), *cells])


def test_an_extension_that_runs_is_not_overdue_in_the_summary(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", "延期至 2023-04-10")
    annex2("summary", now=AFTER)
    (row,) = (r for r in summary_rows(annex2, "缺报与逾期") if RELIEF in r and "第一季度" in r)
    assert not any("逾期" in str(v) for v in row)
    (other,) = (r for r in summary_rows(annex2, "缺报与逾期") if "养老服务处" in r and "第一季度" in r)
    assert any("逾期未报" in str(v) for v in other)
    (made,) = (annex2.root / "summary").glob("*.docx")
    assert "3份" in document(made)
    assert "逾期0天" not in document(made).replace(" ", "")


def test_the_summary_tells_rounds_that_are_over_by_the_minute(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, texts=("救助一", None))
    annex2("collect", now="2023-03-30T10:00")
    status, out, _ = annex2("summary", now="2023-03-31T10:00")
    assert (status, "份报送" in out) == (0, False), "a report that was returned before the day is not missing yet"
    status, out, _ = annex2("summary", now=AFTER)
    assert (status, "到期的节点还缺 4 份报送" in out) == (1, True)
    assert "第一季度" not in next(line for line in out.splitlines() if "还没有到期" in line)


def test_a_bulletin_does_not_accuse_before_the_day(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    status, _, err = annex2("bulletin", "2023Q1", now="2023-03-25T09:00")
    assert status == 2
    assert "第一季度还没有到截止日期" in err
    assert annex2("bulletin", "2023Q1", now=AFTER)[0] == 0


def test_a_return_under_extension_is_not_named_as_missing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.DIVISIONS, RELIEF, "延期", "2023Q1：2023-04-20")
    annex2.deliver(RELIEF, texts=("救助一", None))
    annex2("collect", now=NOW)
    annex2("bulletin", "2023Q1", now=AFTER)
    (made,) = (annex2.root / "summary" / "通报").glob("*.docx")
    text = document(made)
    assert f"{RELIEF}（延期至4月20日）" in text
    assert f"{RELIEF}，报来的退回" not in text


def test_a_leader_is_not_told_that_an_exempt_division_is_missing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.DIVISIONS, "基层政权处", "免报节点", "2023Q1")
    annex2.deliver("儿童福利处", texts=("福利一",), approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=AFTER)
    (made,) = (annex2.root / "summary" / "送审").glob("*彭莉莉*")
    assert "基层政权处" not in document(made)


@pytest.mark.parametrize("sheet", [Sheet.DIVISIONS, Sheet.TRACKER])
def test_an_exempt_division_gets_no_form(annex2: Annex2, sheet: Sheet) -> None:
    header = {Sheet.DIVISIONS: "免报节点", Sheet.TRACKER: "第一季度"}[sheet]
    annex2.type(sheet, "基层政权处", header, "2023Q1" if sheet is Sheet.DIVISIONS else "免报")
    status, out, _ = annex2("fanout", "2023Q1")
    assert (status, "免报，没有生成表格的处室：基层政权处" in out) == (0, True)
    assert not any("基层政权处" in p.name for p in (annex2.root / "outbox").rglob("*.xlsx"))
    status, _, error = annex2("fanout", "2023Q1", "--division", "基层政权处")
    assert status
    assert "在第一季度免报" in error
    assert "基层政权处" in annex2("fanout", "2023Q2")[1]
    annex2.type(sheet, "基层政权处", header, None)
    assert annex2("fanout", "2023Q1", "--division", "基层政权处")[0] == 0


def test_a_division_that_leads_nothing_any_more_is_not_awaited(annex2: Annex2) -> None:
    for task in (r["任务编号"] for r in annex2.cells("任务台账") if r["牵头处室"] == "基层政权处" and r["牵头(★)"]):
        annex2.type(Sheet.TASKS, str(task), "牵头处室", "儿童福利处")
    annex2("collect", now=NOW)
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "基层政权处")
    assert [row[n] for n in ("第一季度", "第二季度", "第三季度", "全年")] == ["—"] * 4


def test_what_the_summary_counts_as_missing_is_missing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF)
    annex2.type(Sheet.TRACKER, "儿童福利处", "第一季度", "延期至 2023-04-20")
    annex2("collect", now=NOW)
    out = annex2("summary", now=AFTER)[1]
    assert "还缺 2 份报送" in out
    (made,) = (annex2.root / "summary").glob("*.docx")
    text = document(made)
    assert "已报送1份，其中按时1份，缺报2份，经同意延期、还没有到期的1份" in text
    assert "2份报送逾期未报" in text
    listed = [row for row in summary_rows(annex2, "缺报与逾期") if isinstance(row[0], int)]
    assert sorted(str(row[1]) for row in listed) == ["第一季度"] * 3, "what is due for nobody yet is no gap"


def test_what_is_held_or_returned_within_an_extension_is_not_missing(annex2: Annex2) -> None:
    """They are told apart: what lies with the office, what may still come, what is missing."""
    annex2("fanout", "2023Q1")
    annex2("fanout", "2023Q2")
    for division in ("儿童福利处", "基层政权处"):
        annex2.type(Sheet.TRACKER, division, "第一季度", "延期至 2023-04-20")
    held = load_workbook(annex2.deliver("儿童福利处", "2023Q2", name="儿童福利处第一季度.xlsx"))
    held.worksheets[0]["A2"] = "2023年市民政局儿童福利处第一季度工作目标完成情况"  # the second quarter's form
    held.save(annex2.root / "inbox/儿童福利处第一季度.xlsx")
    annex2.deliver("基层政权处", name="二.xlsx", texts=("",))
    annex2("collect", now=NOW)
    (round_,) = annex2.json("status", "2023Q1", now=AFTER)["rounds"]
    states = {d["division"]: d["state"] for d in round_["divisions"]}
    assert (states["儿童福利处"], states["基层政权处"]) == ("held", "returned")
    annex2("bulletin", "2023Q1", now=AFTER)
    (notice,) = (annex2.root / "summary/通报").glob("*.docx")
    told = document(notice)
    assert "未报送2个，经同意延期、还没有到期的1个：基层政权处（延期至4月20日），" in told
    assert "，已报来、正在核对的1个：儿童福利处。" in told
    status, out, _ = annex2("summary", now=AFTER)
    assert (status, "还缺 2 份报送" in out) == (1, True)
    (made,) = (annex2.root / "summary").glob("*.docx")
    text = document(made)
    assert "已报送0份，其中按时0份，缺报2份，经同意延期、还没有到期的1份，已报来、正在核对的1份；" in text
    assert "3份报送逾期未报、退回未重报或待裁定" in text


def test_the_due_date_beside_a_division_is_its_own(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.TRACKER, "儿童福利处", "第一季度", "延期至 2023-04-20")
    annex2("collect", now=NOW)
    annex2("summary", now=AFTER)
    for sheet, name in (("报送记录", 2), ("缺报与逾期", 3)):
        rows = [r for r in summary_rows(annex2, sheet) if "第一季度" in r]
        days = {r[name]: str(r[name - 1])[:10] for r in rows}
        assert (days["儿童福利处"], days[RELIEF]) == ("2023-04-20", "2023-04-05")


def test_one_due_date_everywhere(annex2: Annex2) -> None:
    annex2.type(Sheet.ROUNDS, "2023Q1", "顺延规则", "顺延至下一工作日")
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF)
    annex2("collect", now="2023-04-06T10:00")
    out = annex2("status", "2023Q1", now=AFTER)[1]
    assert "截止 2023-04-06" in out
    assert "顺延期内" in out
    annex2("summary", now=AFTER)
    (made,) = (annex2.root / "summary").glob("*.docx")
    assert "2023年4月5日" not in document(made)
    rows = [row for row in summary_rows(annex2, "报送记录") if "第一季度" in row]
    assert rows
    assert all("2023-04-06" in str(row) or "2023, 4, 6" in str(row) for row in rows)


def test_a_round_of_which_everybody_is_exempt_is_over(annex2: Annex2) -> None:
    for name in {str(r["牵头处室"]) for r in annex2.cells("任务台账")}:
        annex2.type(Sheet.DIVISIONS, name, "免报节点", "2023Q1")
    annex2("summary", now=AFTER)
    (made,) = (annex2.root / "summary").glob("*.docx")
    assert "到期的节点都免报" in document(made)
    (table,) = [t for t in Document(str(made)).tables if t.rows[0].cells[0].text.startswith("节点")]
    assert [c.text for c in table.rows[1].cells][-2:] == ["—", "—"]


def test_a_task_too_long_for_paper_is_told(annex2: Annex2) -> None:
    assert "末尾会少字" not in annex2("fanout", "2023Q1")[1]
    for times, size, told in ((50, 9, False), (80, 9, True)):
        annex2.type(Sheet.TASKS, "2023-02", "工作事项", "健全社会救助体系。" * times)
        assert ("第2*项的工作事项太长" in annex2("fanout", "2023Q1")[1]) is told
        cell = load_workbook(annex2.form("社会救助处"))["附件2"]["B5"]
        assert (cell.font.sz, cell.font.name, cell.alignment.vertical) == (size, "仿宋_GB2312", "top")
    assert "末尾会少字" not in annex2("fanout", "2023Q1", "--division", "儿童福利处")[1]


def test_what_a_released_division_reports_all_the_same_is_never_late(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for name in ("基层政权处", "儿童福利处"):
        annex2.deliver(name)
    annex2.type(Sheet.DIVISIONS, "基层政权处", "免报节点", "2023Q1")
    annex2("collect", now="2023-04-20T10:00")
    states = {r["牵头处室"]: r["第一季度报送状态"] for r in annex2.cells("任务台账") if r["第一季度报送状态"]}
    assert states == {"基层政权处": "按时", "儿童福利处": "逾期"}
