"""A notice that leaves out what a master needs: the workspace is made, and says what a person must fill in."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from docx.document import Document as DocumentObject
from openpyxl import load_workbook
from test_other_notices import notice_file
from test_rollover import next_notice

from toolkit.cli import main

HEADER = ["序号", "工作任务", "责任领导", "牵头科室"]
WITHOUT = [HEADER, ["1", "举办促消费活动20场。", "张伟", "市场科"], ["2", "新增外贸企业50家。", "李娜", ""]]
WITH = [HEADER, ["1", "举办促消费活动20场。", "张伟", "市场科"], ["2", "新增外贸企业50家。", "李娜", "外贸科"]]


@pytest.fixture
def document(tmp_path: Path) -> DocumentObject:
    """A notice that does not say whose it is."""
    made = Document(str(notice_file(tmp_path / "通知.docx", WITH)))
    for p in made.paragraphs:
        p.text = p.text.replace("东湖区商务局", "江城一中" if p.text == "东湖区商务局" else "")
    return made


def test_a_task_without_a_lead_is_a_doubt_and_the_master_says_so(tmp_path: Path) -> None:
    notice = notice_file(tmp_path / "通知.docx", WITHOUT)
    assert main(["init", str(tmp_path / "w"), "--notice", str(notice)]) in (0, 1)
    annex2 = Annex2(tmp_path / "w")
    assert [r["牵头处室"] for r in annex2.cells("任务台账")] == ["市场科", None]
    assert [r for r in annex2.cells("待处理") if "没有牵头处室" in str(r["问题"])]
    code, _, error = annex2("fanout", "2026Q1")
    assert code == 2
    assert "master.xlsx 任务台账!G5" in error
    book = load_workbook(annex2.master)
    book["任务台账"]["G5"].value = "外贸科"
    sheet = book["处室"]
    row = next(r for r in range(4, 40) if sheet.cell(r, 1).value == "市场科")
    sheet.cell(row + 1, 1).value = "外贸科"
    (table,) = sheet.tables.values()
    table.ref = f"{table.ref.partition(':')[0]}:{table.ref.partition(':')[2].rstrip('0123456789')}{row + 1}"
    book.save(annex2.master)
    assert annex2("fanout", "2026Q1")[0] == 0
    assert len(list((annex2.root / "outbox/2026Q1").glob("*.xlsx"))) == 2


def test_an_office_whose_name_is_not_read_is_a_doubt(tmp_path: Path, document: DocumentObject) -> None:
    document.save(str(tmp_path / "另一份.docx"))
    assert main(["init", str(tmp_path / "w"), "--notice", str(tmp_path / "另一份.docx")]) in (0, 1)
    annex2 = Annex2(tmp_path / "w")
    assert [r for r in annex2.cells("待处理") if "单位名称" in str(r["问题"])]
    assert "在“单位”一行填上" in annex2("status")[2]


def test_a_new_year_s_notice_without_a_lead_is_refused_in_its_own_words(annex2: Annex2, tmp_path: Path) -> None:
    body = "请于2024年4月10日前将第一季度完成情况报局办公室。"
    notice = notice_file(tmp_path / "通知.docx", WITHOUT, year=2024, body=body)
    code, _, error = annex2("rollover", "2024", tmp_path / "2024", "--notice", notice)
    assert code == 2
    assert "通知里第2项没有牵头处室" in error
    assert "任务台账!" not in error
    assert not (tmp_path / "2024").exists()


def test_a_leader_who_is_another_this_year_is_told(annex2: Annex2, shared: Path, tmp_path: Path) -> None:
    was = next(r["分管领导"] for r in annex2.cells("处室") if r["名称"] == "社会救助处")
    notice = next_notice(shared, tmp_path / "通知.docx", **{str(was): "王新任"})
    assert annex2("rollover", "2024", tmp_path / "2024", "--notice", notice)[0] in (0, 1)
    told = [str(r["问题"]) for r in Annex2(tmp_path / "2024").cells("待处理")]
    assert [t for t in told if f"社会救助处（上年{was}，通知里王新任" in t]
