"""通报: what a person checks and sends."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt
from openpyxl import load_workbook

from toolkit.bulletins import write_bulletins
from toolkit.master.schema import Sheet
from toolkit.summary.design import make_bulletin_template
from toolkit.workspace import Workspace, shipped
from toolkit.xlsx import Workbook


def text(path: Path) -> str:
    return "\n".join(p.text for p in Document(str(path)).paragraphs)


def test_the_shipped_template_is_the_made_one() -> None:
    assert shipped("templates/bulletin.docx").read_bytes() == make_bulletin_template()


def test_who_was_late_or_missing(annex2: Annex2, shared: Path) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2("collect", now="2023-04-03T10:00")
    annex2.deliver("儿童福利处", name="二.xlsx", texts=["已为13个中心配了社工。"])
    annex2("collect", now="2023-04-08T10:00")
    assert annex2("bulletin", "第一季度", now="2023-04-12T10:00")[0] == 0
    (path,) = (annex2.root / "summary/通报").iterdir()
    told = text(path)
    assert "应报4个处室（单位），已报2个，其中按时1个、逾期1个，未报送2个" in told
    assert "儿童福利处，4月8日报送，逾期3天" in told
    assert "三、未报送的\n养老服务处、基层政权处（2个），已逾期7天。\n" in told
    assert "武汉市民政局办公室" in told
    checked = subprocess.run(
        [sys.executable, str(shared / "check_ooxml.py"), str(path)], capture_output=True, text=True, check=False
    )
    assert checked.stdout == ""


def test_each_once_by_policy(annex2: Annex2) -> None:
    workspace = Workspace(annex2.root)
    assert write_bulletins(workspace, datetime(2023, 4, 10, 10)) == ()  # noqa: DTZ001
    (path,) = write_bulletins(workspace, datetime(2023, 4, 12, 10))  # noqa: DTZ001
    assert "第一季度" in path.name
    assert write_bulletins(workspace, datetime(2023, 4, 13, 10)) == ()  # noqa: DTZ001


def test_nobody_is_asked_for_what_is_there(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for division in ("养老服务处", "社会救助处", "儿童福利处"):
        annex2.deliver(division, name=f"{division}.xlsx")
    annex2("collect", now="2023-04-03T10:00")

    def told() -> str:
        annex2("bulletin", "2023Q1", now="2023-04-12T10:00")
        (path,) = (annex2.root / "summary/通报").iterdir()
        return text(path)

    assert "请未报送的处室（单位）查找原因，尽快补报" in told()
    annex2.deliver("基层政权处", name="四.xlsx")
    annex2("collect", now="2023-04-08T10:00")
    assert "补报" not in told()
    assert "请逾期报送的处室（单位）查找原因，今后按通知规定的时间报送。" in told()
    annex2.type(Sheet.RECEIPTS, "4", "认定时间", "2023-04-04 09:00")
    assert "查找原因" not in told()


def test_who_was_given_longer_is_not_among_those_who_did_not_report(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx")
    annex2("collect", now="2023-04-03T10:00")
    book = load_workbook(annex2.master)
    ws = book["报送情况"]
    row = next(r for r in range(1, ws.max_row + 1) if ws.cell(r, 1).value == "儿童福利处")
    ws.cell(row, next(c.column for r in ws.iter_rows() for c in r if c.value == "第一季度")).value = "延期至 2023-04-12"
    book.save(annex2.master)
    for now, waits in (("2023-04-10T10:00", True), ("2023-04-14T10:00", False)):
        annex2("bulletin", "2023Q1", now=now)
        lines = text(annex2.root / f"summary/通报/{now[:10]}关于第一季度报送情况的通报.docx").splitlines()
        said = "未报送2个，经同意延期、还没有到期的1个：儿童福利处（延期至4月12日）。" in "".join(lines)
        assert said is waits
        assert any("儿童福利处" in line and "延期至" not in line for line in lines) is not waits


@pytest.mark.parametrize(
    ("organisation", "addressees"),
    [
        ("市民政局", "局机关各相关处室，局属相关单位："),
        ("市卫健委", "委机关各相关处室，委属相关单位："),
        ("石桥镇人民政府", "各有关单位："),
    ],
)
def test_whom_it_addresses(annex2: Annex2, organisation: str, addressees: str) -> None:
    book = load_workbook(annex2.master)
    row = next(r for r in book["设置"].iter_rows() if r[0].value == "单位")
    row[1].value = organisation
    book.save(annex2.master)
    annex2("bulletin", "2023Q1", now="2023-04-12T10:00")
    (path,) = (annex2.root / "summary/通报").iterdir()
    assert addressees in text(path).splitlines()


def test_its_signature_does_not_stand_alone_on_a_page(annex2: Annex2) -> None:
    """What stands above it goes with it, to whichever page."""
    annex2("bulletin", "2023Q1", now="2023-04-12T10:00")
    (path,) = (annex2.root / "summary/通报").iterdir()
    last = Document(str(path)).paragraphs[-4:]
    assert last[0].text.startswith("请未报送的处室（单位）查找原因")
    assert [p.paragraph_format.keep_with_next for p in last[:2]] == [True, True]
    annex2("summary", now="2023-04-12T10:00")
    (path,) = (annex2.root / "summary").glob("*.docx")
    every = Document(str(path)).paragraphs
    end = next(n for n, p in enumerate(every) if p.text.startswith("附件："))
    assert every[end - 2].text.startswith("1.第一季度：至今未报，已逾期7天的4个：养老服务处（台账第1、3、")
    assert [p.paragraph_format.keep_with_next for p in every[end - 3 : end + 2]] == [None, True, True, True, True]


def test_a_title_ends_its_line_where_a_word_ends_and_the_signature_stands_over_the_date(annex2: Annex2) -> None:
    """GB/T 9704, 7.3.1 and 7.3.5.1."""
    workbook = Workbook.open(annex2.master)
    row = {"编号": "2023S1", "名称": "第一季度配合任务", "表种": "配合任务", "截止日期": date(2023, 4, 5)}
    workbook.table("报送节点").append([row])
    annex2.master.write_bytes(workbook.to_bytes())
    annex2("bulletin", "2023S1", now="2023-04-12T10:00")
    (path,) = (annex2.root / "summary/通报").iterdir()
    document = Document(str(path))
    assert document.paragraphs[0].text == "关于2023年第一季度配合任务\n报送情况的通报"
    issuer, day = document.paragraphs[-2:]
    assert (issuer.text, day.text) == ("武汉市民政局办公室", "2023年4月12日")
    assert issuer.style.name == day.style.name == "公文落款"
    paragraph = issuer.style.paragraph_format
    assert (paragraph.alignment, paragraph.left_indent) == (WD_ALIGN_PARAGRAPH.CENTER, Pt(13 * 16))
