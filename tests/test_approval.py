"""Reported and not approved: a state that a report has beside being in time."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from conftest import Annex2
from docx import Document
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook

from toolkit.summary.design import make_approval_template
from toolkit.workspace import shipped
from toolkit.xlsx import Workbook, cell_name

NOW = "2023-04-03T10:00"


def approvals(annex2: Annex2) -> dict[str, str | None]:
    return {r["文件名"]: r["审定"] for r in annex2.cells("收件记录")}


def waiting(annex2: Annex2) -> list[str]:
    (round_,) = annex2.json("status", "2023Q1", now=NOW)["rounds"]
    return [d["division"] for d in round_["divisions"] if d["approved"] is False]


def signed(annex2: Annex2, division: str, name: str, leader: str | None, day: date | None) -> None:
    annex2.deliver(division, name=name, approver=leader, day=day)


def test_what_is_not_approved_waits_and_is_listed_by_leader(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    leaders = {str(r["牵头处室"]): str(r["分管领导"]) for r in annex2.cells("任务台账") if r["牵头(★)"]}
    signed(annex2, "养老服务处", "一.xlsx", leaders["养老服务处"], date(2023, 4, 2))
    signed(annex2, "社会救助处", "二.xlsx", None, None)
    signed(annex2, "儿童福利处", "三.xlsx", "王大明", date(2023, 4, 2))
    (annex2.root / "inbox" / "坏.xlsx").write_bytes(b"PK")
    annex2("collect", now=NOW)
    assert approvals(annex2) == {"一.xlsx": "已审定", "二.xlsx": "未审定", "三.xlsx": "未审定", "坏.xlsx": None}
    assert waiting(annex2) == ["社会救助处", "儿童福利处"]
    _, out, _ = annex2("status", "2023Q1", now=NOW)
    listed = out[out.index("等待分管领导审定") :]
    for leader, division in ((leaders["社会救助处"], "社会救助处"), (leaders["儿童福利处"], "儿童福利处")):
        assert any(leader in line and division in line for line in listed.splitlines())
    assert "养老服务处" not in listed
    page = annex2.root / "页.html"
    annex2("status", "--html", str(page), now=NOW)
    assert page.read_text("utf-8").count("待审定") >= 2


def test_a_new_report_or_a_person_settles_it(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    leader = next(r["分管领导"] for r in annex2.cells("任务台账") if r["牵头处室"] == "社会救助处")
    signed(annex2, "社会救助处", "二.xlsx", None, None)
    signed(annex2, "儿童福利处", "三.xlsx", None, date(2023, 4, 2))
    annex2("collect", now=NOW)
    assert waiting(annex2) == ["社会救助处", "儿童福利处"]
    signed(annex2, "社会救助处", "二补.xlsx", leader, date(2023, 4, 3))
    annex2("collect", now=NOW)
    assert waiting(annex2) == ["儿童福利处"]
    path = annex2.master
    workbook = load_workbook(path)
    sheet = workbook["收件记录"]
    header = next(r for r in sheet.iter_rows(max_row=10) if any(c.value == "审定" for c in r))
    column = {c.value: c.column for c in header}
    for row in range(header[0].row + 1, sheet.max_row + 1):
        if sheet.cell(row, column["文件名"]).value == "三.xlsx":
            sheet.cell(row, column["审定"]).value = "已审定"
    workbook.save(path)
    assert waiting(annex2) == []
    annex2("collect", now=NOW)  # what a person wrote stays
    assert approvals(annex2)["三.xlsx"] == "已审定"


def approve(annex2: Annex2, name: str, column: str = "审定", value: object = "已审定") -> None:
    """What a person chooses in 收件记录."""
    book = Workbook.open(annex2.master)
    sheet, table = book.sheet("收件记录"), book.table("收件记录")
    (row,) = (n for n, cells in sheet.rows() if cells.get(table.column("文件名")) == name)
    sheet.set(cell_name(row, table.column(column)), value)  # type: ignore[arg-type]
    annex2.master.write_bytes(book.to_bytes())


def tracker(annex2: Annex2, division: str) -> Any:
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == division)
    return row["第一季度"]


def test_both_sheets_say_that_a_report_waits_for_approval(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "二.xlsx", None, None)
    annex2("collect", now=NOW)
    signed(annex2, "儿童福利处", "三.xlsx", None, None)
    annex2("collect", now="2023-04-09T10:00")
    assert (tracker(annex2, "社会救助处"), tracker(annex2, "儿童福利处")) == (
        "✓按时 4月3日，待审定",
        "！逾期 4月9日，待审定",
    )
    state = "第一季度报送状态"
    assert [annex2.status_text(n, state) for n in (2, 13, 12)] == ["待审定"] * 3
    (round_,) = annex2.json("status", "2023Q1", now=NOW)["rounds"]
    assert [d["state"] for d in round_["divisions"] if d["approved"] is False] == ["on_time", "late"]
    assert (round_["completeness"], round_["timeliness"]) == (0.5, 0.25)
    settled = annex2.master.read_bytes()
    annex2("collect", now="2023-04-10T10:00")
    assert annex2.master.read_bytes() == settled
    for name in ("二.xlsx", "三.xlsx"):
        approve(annex2, name)
    annex2("collect", now="2023-04-10T10:00")
    assert tracker(annex2, "社会救助处").isoformat() == "2023-04-03T10:00:00"
    assert [annex2.status_text(n, state) for n in (2, 13, 12)] == ["按时", "按时", "逾期"]


def test_what_a_person_wrote_stays(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "二.xlsx", None, None)
    annex2("collect", now=NOW)
    book = load_workbook(annex2.master)
    for sheet, find, header, value in (
        ("任务台账", 2, "第一季度报送状态", "按时"),
        ("报送情况", "社会救助处", "第一季度", "已交纸质"),
    ):
        (table,) = book[sheet].tables.values()
        cells = list(book[sheet][table.ref])
        column = [c.value for c in cells[0]].index(header)
        next(r for r in cells if r[0].value == find)[column].value = value
    book.save(annex2.master)
    approve(annex2, "二.xlsx", "认定时间", datetime(2023, 4, 2, 9))  # noqa: DTZ001
    annex2("collect", now=NOW)
    assert tracker(annex2, "社会救助处") == "已交纸质"
    assert [annex2.status_text(n, "第一季度报送状态") for n in (2, 13)] == ["按时", "待审定"]


@needs_libreoffice
def test_the_sheets_own_counts_and_colours_take_it_for_received(annex2: Annex2, libreoffice: LibreOffice) -> None:
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "二.xlsx", None, None)
    annex2("collect", now=NOW)
    signed(annex2, "儿童福利处", "三.xlsx", None, None)
    annex2.deliver("基层政权处", name="四.xlsx")
    annex2("collect", now="2023-04-09T10:00")
    libreoffice.open(path=annex2.master)
    rows = libreoffice.rows(sheet="报送情况")
    libreoffice.close()
    (count,) = (r for r in rows if r[0] == "应报/已报/按时")
    assert count[2] == "4 / 3 / 1"


def test_a_master_of_before_has_no_such_column_and_works(annex2: Annex2) -> None:
    path = annex2.master
    workbook = load_workbook(path)
    sheet = workbook["收件记录"]
    header = next(r for r in sheet.iter_rows(max_row=10) if any(c.value == "审定" for c in r))
    next(c for c in header if c.value == "审定").value = "备注"
    for table in sheet.tables.values():
        next(c for c in table.tableColumns if c.name == "审定").name = "备注"
    workbook.save(path)
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "二.xlsx", None, None)
    assert annex2("collect", now=NOW)[2] == ""
    assert waiting(annex2) == []
    assert annex2.status_text(2)


def paragraphs(path: Path) -> list[str]:
    return [p.text for p in Document(str(path)).paragraphs]


def test_the_shipped_template_is_the_made_one() -> None:
    assert shipped("templates/approval.docx").read_bytes() == make_approval_template()


def test_each_leader_gets_one_document_with_every_text(annex2: Annex2, shared: Path) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx", texts=["已按 <标准> 发放 & 公示。\n第二段。", "标准已统一。"])
    annex2("collect", now=NOW)
    assert annex2("approval", "第一季度", now=NOW)[0] == 0
    made = {p.name: paragraphs(p) for p in (annex2.root / "summary/送审").iterdir()}
    tasks = [r for r in annex2.cells("任务台账") if r["牵头(★)"]]
    assert set(made) == {f"第一季度送审（{r['分管领导']}）.docx" for r in tasks}
    for row in tasks:
        holders = [n for n, lines in made.items() if any(line == f"{row['序号']}.{row['工作事项']}" for line in lines)]
        assert holders == [f"第一季度送审（{row['分管领导']}）.docx"]
    relief = next(lines for lines in made.values() if "标准已统一。" in lines)
    assert "已按 <标准> 发放 & 公示。" in relief
    assert "第二段。" in relief
    assert sum(line == "（还没有报来）" for lines in made.values() for line in lines) == len(tasks) - 2
    for path in (annex2.root / "summary/送审").iterdir():
        checked = subprocess.run(
            [sys.executable, str(shared / "check_ooxml.py"), str(path)], capture_output=True, text=True, check=False
        )
        assert checked.stdout == ""
