"""Reported and not approved: a state that a report has beside being in time."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2, fill
from docx import Document
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook

from toolkit.master.schema import Sheet
from toolkit.returns.findings import finding
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


@pytest.mark.parametrize(
    ("leader", "day"), [("李超（待审）", date(2023, 4, 2)), ("李超", "待审"), ("李超", "/"), ("李超", "同意")]
)
def test_what_stands_in_the_place_of_a_signature_approves_nothing(annex2: Annex2, leader: str, day: Any) -> None:
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "二.xlsx", leader, day)
    annex2("collect", now=NOW)
    assert approvals(annex2) == {"二.xlsx": "未审定"}


def test_whoever_has_signed_is_not_named_as_awaited(annex2: Annex2) -> None:
    """One division's form holds tasks of two leaders, one of whom has signed."""
    (key,) = (str(r["任务编号"]) for r in annex2.cells("任务台账") if r["牵头处室"] == "儿童福利处" and r["牵头(★)"])
    annex2.type(Sheet.TASKS, key, "牵头处室", "养老服务处")
    annex2("fanout", "2023Q1")
    signed(annex2, "养老服务处", "一.xlsx", "邓永付", date(2023, 4, 2))
    annex2("collect", now=NOW)
    for verb in ("status", "approval"):
        _, out, _ = annex2(verb, *(["2023Q1"] if verb == "status" else []), now=NOW)
        listed = out[out.index("等待分管领导审定") :]
        assert "  彭莉莉：养老服务处 第一季度（第 1 号收件）" in listed.splitlines()
        assert "邓永付：" not in listed


def test_leaders_whom_only_the_list_of_divisions_names(annex2: Annex2) -> None:
    for task in annex2.cells("任务台账"):
        annex2.type(Sheet.TASKS, str(task["任务编号"]), "分管领导", None)
    for division in annex2.cells("处室"):
        annex2.type(Sheet.DIVISIONS, str(division["名称"]), "分管领导", "李超")
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "一.xlsx", "张三", date(2023, 4, 2))
    signed(annex2, "儿童福利处", "二.xlsx", "李超", date(2023, 4, 2))
    annex2("collect", now=NOW)
    assert approvals(annex2) == {"一.xlsx": "未审定", "二.xlsx": "已审定"}
    assert annex2("approval", "2023Q1", now=NOW)[0] == 0
    assert [p.stem for p in annex2.root.rglob("*送审*.docx")] == ["第一季度送审（李超）"]


def test_a_leader_whose_name_reads_like_not_yet(annex2: Annex2) -> None:
    for key in ("2023-02", "2023-13"):
        annex2.type(Sheet.TASKS, key, "分管领导", "邓未来")
    annex2("fanout", "2023Q1")
    signed(annex2, "社会救助处", "二.xlsx", "邓未来", date(2023, 4, 2))
    annex2("collect", now=NOW)
    assert approvals(annex2) == {"二.xlsx": "已审定"}


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


PAGE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 500  # as large as a photographed page
LOGO = b"\x89PNG\r\n\x1a\n" + bytes(3000)
SCAN = b"%PDF-1.5\n" + bytes(200)


def mail(*files: tuple[str, bytes, bool], subject: str = "报送", words: str = "见附件。") -> bytes:
    """A mail with files: name, content, whether it stands within the text."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", subject
    message.set_content(words)
    for name, data, inline in files:
        kind = ("image", "png") if name.endswith(("png", "jpg")) else ("application", "octet-stream")
        more = {"disposition": "inline", "cid": "<x>"} if inline else {}
        message.add_attachment(data, *kind, filename=name, **more)
    return message.as_bytes()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            z.writestr(name.replace("__", "."), data)
    return out.getvalue()


def brought(annex2: Annex2, name: str, data: bytes, now: str = NOW) -> dict[str, dict[str, Any]]:
    """What a collected file and its contents became, by name."""
    (annex2.root / "inbox" / name).write_bytes(data)
    annex2("collect", now=now)
    return {r["文件名"]: r for r in annex2.cells("收件记录")}


@pytest.fixture
def form(annex2: Annex2) -> bytes:
    """A report that nobody approved."""
    annex2("fanout", "2023Q1")
    return fill(annex2.form("社会救助处").read_bytes(), approver=None, day=None)


def test_a_signed_page_in_the_mail_is_named_and_proves_nothing(annex2: Annex2, form: bytes) -> None:
    files = (("报表.xlsx", form, False), ("签字页.jpg", PAGE, False), ("image001.png", LOGO, True))
    found = brought(annex2, "来件.eml", mail(*files, ("说明.pdf", SCAN, False)))
    report, page = found["报表.xlsx"], found["签字页.jpg"]
    assert (report["审定"], page["结论"], page["审定"]) == ("未审定", "不处理", None)
    lines = [line for line in report["原因"].splitlines() if line.startswith("同来的")]
    assert lines == [
        f"同来的图片或扫描件：第{r['编号']}号收件 {r['文件名']}（{r['归档位置']}）" for r in (page, found["说明.pdf"])
    ]
    assert (annex2.root / page["归档位置"]).read_bytes() == PAGE
    assert waiting(annex2) == ["社会救助处"]
    for words in (("status", "2023Q1"), ("approval", "2023Q1")):
        said = annex2(*words, now=NOW)[1]
        assert page["归档位置"] in said
        assert "image001" not in said
    path = annex2.root / "页.html"
    annex2("status", "--html", str(path), now=NOW)
    assert "同来的图片或扫描件：第3号收件 签字页.jpg；" in (text := path.read_text("utf-8"))
    assert "archive/" not in text  # 64 hex digits on paper tell nobody anything
    settled = annex2.master.read_bytes()
    annex2("collect", now=NOW)
    assert annex2.master.read_bytes() == settled
    approve(annex2, "报表.xlsx")
    annex2("collect", now=NOW)
    assert page["归档位置"] not in annex2("status", "2023Q1", now=NOW)[1]


@pytest.mark.parametrize("inside", ["report", "page"])
def test_one_in_a_zip_and_the_other_in_the_mail(annex2: Annex2, form: bytes, inside: str) -> None:
    report, page = ("报表.xlsx", form, False), ("签字页.png", PAGE, False)
    packed = ("附件.zip", zipped(报表__xlsx=form) if inside == "report" else zipped(签字页__png=PAGE), False)
    found = brought(annex2, "来件.eml", mail(packed, page if inside == "report" else report))
    assert found["签字页.png"]["结论"] == "不处理"
    assert found["签字页.png"]["归档位置"] in found["报表.xlsx"]["原因"]


def test_a_photo_within_the_text_is_named_and_a_logo_is_not(annex2: Annex2, form: bytes) -> None:
    files = (("报表.xlsx", form, False), ("大.jpg", PAGE, True), ("小.jpg", PAGE[:30_000], True))
    found = brought(annex2, "来件.eml", mail(*files))
    assert "大.jpg" in found["报表.xlsx"]["原因"]
    assert "小.jpg" not in found["报表.xlsx"]["原因"]


def test_pages_of_other_mails_and_of_approved_reports_are_not_named(annex2: Annex2, form: bytes) -> None:
    good = fill(annex2.form("儿童福利处").read_bytes(), approver="彭莉莉")
    annex2("fanout", "2023Q1")
    (annex2.root / "inbox" / "二.zip").write_bytes(zipped(儿童__xlsx=good, 儿童签字__jpg=PAGE))
    found = brought(annex2, "一.zip", zipped(救助__xlsx=form, 救助签字__png=PAGE[:-1]))
    assert "同来的" not in str(found["儿童.xlsx"]["原因"])
    assert "救助签字.png" in found["救助.xlsx"]["原因"]
    assert "儿童签字" not in found["救助.xlsx"]["原因"]


def test_a_page_without_a_report_is_asked_about(annex2: Annex2) -> None:
    found = brought(annex2, "来件.eml", mail(("签字页.jpg", PAGE, False)))
    assert found["签字页.jpg"]["结论"] == "待裁定"


@pytest.mark.parametrize("how", ["sender", "name"])
def test_a_page_that_comes_later_is_named_beside_what_waits(annex2: Annex2, form: bytes, how: str) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    brought(annex2, "来件.eml", mail(("报表.xlsx", form, False)))
    if how == "sender":
        found = brought(annex2, "又来.eml", mail(("扫描件0403.pdf", SCAN, False)), "2023-04-04T10:00")
        page = found["扫描件0403.pdf"]
    else:
        page = brought(annex2, "社会救助处签字页.jpg", PAGE, "2023-04-04T10:00")["社会救助处签字页.jpg"]
    assert (page["结论"], page["处室"], page["节点"]) == ("不处理", "社会救助处", "2023Q1")
    said = finding("page_behind", kind="", division="社会救助处", round="第一季度").message
    assert page["原因"].startswith(said.partition("：")[0])
    assert page["归档位置"] in annex2("status", "2023Q1", now=NOW)[1]
    assert waiting(annex2) == ["社会救助处"]  # a picture approves nothing
    settled = annex2.master.read_bytes()
    assert annex2("collect", now="2023-04-04T11:00")[0] == 0
    assert annex2.master.read_bytes() == settled


def test_a_page_with_its_report_in_the_mail_behind_it(annex2: Annex2, form: bytes) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    (annex2.root / "inbox" / "一.eml").write_bytes(mail(("扫描件.pdf", SCAN, False)))
    found = brought(annex2, "二.eml", mail(("报表.xlsx", form, False)))
    assert found["扫描件.pdf"]["归档位置"] in found["报表.xlsx"]["原因"]


@pytest.mark.parametrize("name", ["第二季度完成情况.pdf", "儿童福利处签字页.pdf"])
def test_a_page_that_may_be_another_report_waits(annex2: Annex2, form: bytes, name: str) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    brought(annex2, "来件.eml", mail(("报表.xlsx", form, False)))
    found = brought(annex2, "又来.eml", mail((name, SCAN, False)), "2023-04-04T10:00")
    assert found[name]["结论"] == "待裁定"


@pytest.mark.parametrize(
    ("subject", "words", "now"),
    [
        ("报送材料", "现将本季度报表报上", "2023-07-03T10:00"),  # the scan may be the second quarter's report
        ("转报：儿童福利处第一季度审定页", "见附件", "2023-04-04T10:00"),
        ("报送", "第1项数据有误，430户应为340户，请更正", "2023-04-04T10:00"),
    ],
)
def test_a_page_in_a_mail_that_may_mean_something_else_waits(
    annex2: Annex2, form: bytes, subject: str, words: str, now: str
) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    brought(annex2, "来件.eml", mail(("报表.xlsx", form, False)))
    found = brought(annex2, "又来.eml", mail(("扫描件.pdf", SCAN, False), subject=subject, words=words), now)
    assert found["扫描件.pdf"]["结论"] == "待裁定"


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("签字页.pdf", "2023-07-04T10:00"),  # its report may come tomorrow
        ("关于延期报送的请示.pdf", "2023-04-04T10:00"),
        ("情况说明.pdf", "2023-04-04T10:00"),
        ("关于更正第一季度数据的函.pdf", "2023-04-04T10:00"),
    ],
)
def test_what_is_no_page_of_the_approved_report_waits(annex2: Annex2, form: bytes, name: str, now: str) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    brought(annex2, "来件.eml", mail(("报表.xlsx", form, False)))
    approve(annex2, "报表.xlsx")
    found = brought(annex2, "又来.eml", mail((name, SCAN, False)), now)
    assert found[name]["结论"] == "待裁定"


def test_a_page_is_not_signed_for_a_correction_that_comes_behind_it(annex2: Annex2, form: bytes) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    brought(annex2, "来件.eml", mail(("报表.xlsx", form, False)))
    found = brought(annex2, "又来.eml", mail(("扫描件.pdf", SCAN, False)), "2023-04-04T10:00")
    assert f"后来的图片或扫描件：第{found['扫描件.pdf']['编号']}号收件" in found["报表.xlsx"]["原因"]
    changed = fill(annex2.form("社会救助处").read_bytes(), texts=("改", "又改"), approver=None, day=None)
    found = brought(annex2, "更正.eml", mail(("更正表.xlsx", changed, False)), "2023-04-04T11:00")
    assert "图片或扫描件" not in str(found["更正表.xlsx"]["原因"])


@pytest.mark.parametrize(("name", "verdict"), [("扫描件.pdf", "待裁定"), ("签字页.pdf", "不处理")])
def test_a_page_behind_an_approved_report(annex2: Annex2, form: bytes, name: str, verdict: str) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "a@example.org")
    brought(annex2, "来件.eml", mail(("报表.xlsx", form, False)))
    approve(annex2, "报表.xlsx")
    found = brought(annex2, "又来.eml", mail((name, SCAN, False)), "2023-04-04T10:00")
    assert found[name]["结论"] == verdict


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


def test_why_there_is_nothing_to_read_is_told_by_division(annex2: Annex2) -> None:
    """One is approved, one was returned: neither has not come."""
    annex2("fanout", "2023Q1")
    signed(annex2, "儿童福利处", "三.xlsx", "彭莉莉", date(2023, 4, 2))
    annex2.deliver("基层政权处", name="四.xlsx", texts=[""])
    annex2("collect", now=NOW)
    _, out, _ = annex2("approval", "2023Q1", now=NOW)
    why = "儿童福利处已经审定；基层政权处已退回修改，尚未重报"
    assert f"彭莉莉分管的没有要送审的，没有生成：{why}" in out
    assert "彭莉莉分管的还没有报来" not in out
    assert "李超分管的还没有报来，没有生成" in out


def test_its_day_has_a_year_where_the_due_date_is_of_another(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx", texts=["一", "二"], approver=None)
    annex2.deliver("儿童福利处", name="三.xlsx", approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now="2024-01-10T10:00")
    lines = paragraphs(annex2.root / "summary/送审/第一季度送审（彭莉莉）.docx")
    assert lines[:3] == ["2023年市民政局第一季度\n工作目标完成情况（送审）", "", "彭莉莉同志："]
    told = "\n".join(lines)
    assert "截至2024年1月10日，1项未报。" in told


def test_each_leader_gets_one_document_with_every_text(annex2: Annex2, shared: Path) -> None:
    annex2("fanout", "2023Q1")
    texts = ["已按 <标准> 发放 & 公示。\n第二段。", "标准已统一。"]
    annex2.deliver("社会救助处", name="二.xlsx", texts=texts, approver=None)
    # Of the other division of that leader, 基层政权处, nothing comes.
    annex2.deliver("儿童福利处", name="三.xlsx", texts=["已配社工13名。"], approver=None)
    annex2("collect", now=NOW)
    status, out, _ = annex2("approval", "第一季度", now=NOW)
    assert status == 0
    assert "邓永付分管的还没有报来，没有生成" in out
    made = {p.name: paragraphs(p) for p in (annex2.root / "summary/送审").iterdir()}
    tasks = [r for r in annex2.cells("任务台账") if r["牵头(★)"] and r["分管领导"] != "邓永付"]
    assert len(made) == 2
    assert set(made) == {f"第一季度送审（{r['分管领导']}）.docx" for r in tasks}
    for row in tasks:
        holders = [n for n, lines in made.items() if any(line == f"{row['序号']}.{row['工作事项']}" for line in lines)]
        assert holders == [f"第一季度送审（{row['分管领导']}）.docx"]
    relief = next(lines for lines in made.values() if "标准已统一。" in lines)
    assert "已按 <标准> 发放 & 公示。" in relief
    assert "第二段。" in relief
    assert sum(line == "（未报）" for lines in made.values() for line in lines) == len(tasks) - 3
    for path in (annex2.root / "summary/送审").iterdir():
        checked = subprocess.run(
            [sys.executable, str(shared / "check_ooxml.py"), str(path)], capture_output=True, text=True, check=False
        )
        assert checked.stdout == ""


def test_only_the_last_task_goes_with_the_signature(annex2: Annex2) -> None:
    """Were all that nobody reported tied together, the first page would end below the salutation."""
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    header = [c.value for c in sheet[3]]
    for row in sheet.iter_rows(min_row=4):
        row[header.index("分管领导")].value = "彭莉莉"
        if row[0].value == 14:
            row[header.index("工作事项")].value = "支持40个社区开展共同缔造社区治理项目，" + "健全长效机制，" * 12
    book.save(annex2.master)
    annex2("fanout", "2023Q1")
    annex2.deliver("儿童福利处", name="三.xlsx", texts=["已配社工13名。"], approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=NOW)
    every = Document(str(annex2.root / "summary/送审/第一季度送审（彭莉莉）.docx")).paragraphs
    unreported = [p.paragraph_format.keep_with_next for p in every if p.text == "（未报）"]
    assert unreported == [None] * 8 + [True]
    (long,) = (p for p in every if p.text.startswith("14."))
    assert [(r.text[:5], r.bold) for r in long.runs] == [("14.支持", True), ("健全长效机", None)]
    assert long.style.name == "公文正文"  # a heading of 80 characters and more would be kept with what follows


def test_what_was_signed_on_paper_is_not_put_before_the_leader_again(annex2: Annex2) -> None:
    """The office typed what came on paper; 儿童福利处 has the same leader and sent a file."""
    annex2("fanout", "2023Q1")
    annex2.deliver("儿童福利处", name="三.xlsx", texts=["已配社工13名。"], approver=None)
    annex2("collect", now=NOW)
    task = next(r["任务编号"] for r in annex2.cells("任务台账") if r["序号"] == 14)
    annex2.type(Sheet.TASKS, task, "第一季度完成情况", "纸上的情况。")
    annex2.type(Sheet.TRACKER, "基层政权处", "第一季度", datetime(2023, 4, 3))  # type: ignore[arg-type]  # noqa: DTZ001
    annex2("approval", "2023Q1", now=NOW)
    text = "\n".join(paragraphs(annex2.root / "summary/送审/第一季度送审（彭莉莉）.docx"))
    assert "有2项任务要报送完成情况" in text
    assert "基层政权处的1项报的是纸质，以纸上的签字为准，没有再列。其余都已报来，" in text
    assert "已配社工" in text
    assert "纸上的情况" not in text


def test_what_is_approved_is_not_put_before_the_leader_again(annex2: Annex2) -> None:
    """儿童福利处 and 基层政权处 have one leader, 社会救助处 another."""
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx")
    annex2.deliver("儿童福利处", name="三.xlsx", texts=["已配社工13名。"])
    annex2.deliver("基层政权处", name="四.xlsx", texts=["已支持9个社区。"], approver=None)
    texts = ["已改造620户。", "无", *["按计划推进，进展顺利。"] * 4]
    annex2.deliver("养老服务处", name="一.xlsx", texts=texts, approver=None)
    annex2("collect", now=NOW)
    _, out, _ = annex2("approval", "2023Q1", now=NOW)
    assert "李超分管的都已审定，没有生成" in out
    made = {p.name: "\n".join(paragraphs(p)) for p in (annex2.root / "summary/送审").iterdir()}
    assert set(made) == {"第一季度送审（彭莉莉）.docx", "第一季度送审（邓永付）.docx"}
    grassroots = made["第一季度送审（彭莉莉）.docx"]
    assert "有2项任务要报送完成情况" in grassroots
    assert "儿童福利处的1项已经审定，没有再列。其余都已报来，" in grassroots
    assert "已支持9个社区。" in grassroots
    assert "已配社工" not in grassroots
    elderly = made["第一季度送审（邓永付）.docx"]
    assert "，1项已退回修改，尚未重报。" in elderly
    assert "（已退回修改，尚未重报）" in elderly
    assert "未报" not in elderly


def test_a_task_of_two_leaders_is_put_before_both(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    header = [c.value for c in sheet[3]]
    row = next(r for r in sheet.iter_rows(min_row=4) if r[0].value == 12)
    row[header.index("分管领导")].value = "彭莉莉、李超"
    book.save(annex2.master)
    annex2("fanout", "2023Q1")
    annex2.deliver("儿童福利处", name="三.xlsx", texts=["已配社工13名。"], approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=NOW)
    made = {p.name: paragraphs(p) for p in (annex2.root / "summary/送审").iterdir()}
    assert set(made) == {"第一季度送审（彭莉莉）.docx", "第一季度送审（李超）.docx"}
    assert all("已配社工13名。" in lines for lines in made.values())


def test_figures_stand_before_the_leader_as_they_were_reported(annex2: Annex2) -> None:
    """Word's optional hyphen, which XML refuses, made the parser leave out every < and & behind it."""
    annex2("fanout", "2023Q1")
    said = ["甲_x001F_乙，已改造620户。", "登记失业率<5%，R&D占比>3%。", *["按计划推进，进展顺利。"] * 4]
    annex2.deliver("养老服务处", name="一.xlsx", texts=said, approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=NOW)
    lines = paragraphs(annex2.root / "summary/送审/第一季度送审（邓永付）.docx")
    assert "甲乙，已改造620户。" in lines
    assert "登记失业率<5%，R&D占比>3%。" in lines


def test_a_leader_who_has_signed_is_not_asked_again(annex2: Annex2) -> None:
    annex2.type(Sheet.TASKS, "2023-09", "分管领导", "李超")
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver="邓永付")
    annex2("collect", now=NOW)
    _, out, _ = annex2("approval", "2023Q1", now=NOW)
    assert "邓永付分管的都已审定，没有生成" in out
    assert [p.name for p in (annex2.root / "summary/送审").glob("*.docx")] == ["第一季度送审（李超）.docx"]


def test_a_correction_settles_no_leader_whose_tasks_it_does_not_hold(annex2: Annex2) -> None:
    annex2.type(Sheet.TASKS, "2023-09", "分管领导", "王乙")
    annex2.type(Sheet.TASKS, "2023-10", "分管领导", "赵丙")
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver=None)
    annex2("collect", now=NOW)
    path = annex2.deliver("养老服务处", name="二.xlsx", approver="王乙")
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for cell in [c for row in sheet.iter_rows(min_row=5) for c in row if c.value in (1, 3, 4, 11, "1*", "3*", "4*")]:
        sheet.cell(cell.row, 3).value = None
    book.save(path)
    annex2("collect", now="2023-04-04T10:00")
    _, out, _ = annex2("approval", "2023Q1", now="2023-04-04T11:00")
    assert "邓永付分管的都已审定" not in out
    assert (annex2.root / "summary/送审/第一季度送审（邓永付）.docx").exists()


def test_a_leader_who_came_since_reads_what_the_former_one_did_not_sign(annex2: Annex2) -> None:
    annex2.type(Sheet.TASKS, "2023-09", "分管领导", "王乙")
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver="邓永付")
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-09", "分管领导", "赵丙")
    _, out, _ = annex2("approval", "2023Q1", now=NOW)
    assert [p.name for p in (annex2.root / "summary/送审").glob("*.docx")] == ["第一季度送审（赵丙）.docx"]
    assert "邓永付分管的都已审定" in out


def test_the_leader_of_a_task_that_was_taken_over_reads_it(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "停用日期", "2023-02-01")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "并入", "养老服务处")
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver="邓永付")
    annex2("collect", now=NOW)
    _, out, _ = annex2("approval", "2023Q1", now=NOW)
    assert [p.name for p in (annex2.root / "summary/送审").glob("*.docx")] == ["第一季度送审（彭莉莉）.docx"]
    assert "彭莉莉分管的" not in out


def test_what_people_keep_beside_the_documents_stays(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=NOW)
    folder = annex2.root / "summary/送审"
    (made,) = folder.glob("*.docx")
    own = folder / "第一季度送审（邓永付）已签.docx"
    own.write_bytes(made.read_bytes())
    book = Document(str(made))
    book.add_paragraph("邓局批：第1项数字再核。")
    book.save(str(made))
    annex2.type(Sheet.RECEIPTS, "1", "审定", "已审定")
    annex2("collect", now=NOW)
    _, out, _ = annex2("approval", "2023Q1", now=NOW)
    assert own.exists()
    assert not made.exists()
    assert "旧版" in out
    (kept,) = (folder / "旧版").iterdir()
    assert "邓局批：第1项数字再核。" in paragraphs(kept)


def test_a_text_that_somebody_emptied_is_not_called_unreported(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver=None)
    annex2("collect", now=NOW)
    annex2.type(Sheet.TASKS, "2023-09", "第一季度完成情况", None)
    annex2("approval", "2023Q1", now=NOW)
    lines = "".join(paragraphs(annex2.root / "summary/送审/第一季度送审（邓永付）.docx"))
    assert "1项已报，文字空缺" in lines
    assert "未报" not in lines


def test_a_heading_has_no_line_breaks(annex2: Annex2) -> None:
    annex2.type(Sheet.TASKS, "2023-09", "工作事项", "新建老年食堂70个；\n（1）甲社区 \n（2）R&D\nPark")
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx", approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=NOW)
    annex2("summary", now="2024-01-10T09:00")
    for path in (annex2.root / "summary").rglob("*.docx"):
        assert any("新建老年食堂70个；（1）甲社区（2）R&D Park" in line for line in paragraphs(path)), path


def test_a_returned_correction_of_an_approved_report_waits_for_approval(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2("collect", now=NOW)
    assert waiting(annex2) == []
    annex2.deliver("社会救助处", name="二.xlsx", texts=["更正后的第一项。", "同上"], approver=None)
    annex2("collect", now="2023-04-04T10:00")
    assert annex2.status_text(2) == "更正后的第一项。"
    assert waiting(annex2) == ["社会救助处"]
    states = {r["序号"]: r["第一季度报送状态"] for r in annex2.cells("任务台账")}
    assert states[2] == "待审定"
    _, out, _ = annex2("approval", "2023Q1", now="2023-04-04T11:00")
    assert "已审定，没有生成" not in out


def test_without_a_round_what_waits_is_listed(annex2: Annex2) -> None:
    status, out, _ = annex2("approval", now=NOW)
    assert (status, "没有等待审定的报送；要送审，在后面写节点，如 annex2 approval 2023Q1" in out) == (0, True)
    assert "如 annex2 approval 2023Y" in annex2("approval", now="2024-01-03T10:00")[1]
    annex2("fanout", "2023Q1")
    annex2.deliver("基层政权处", name="四.xlsx", approver=None)
    annex2("collect", now=NOW)
    _, out, _ = annex2("approval", now=NOW)
    assert "彭莉莉：基层政权处 第一季度（第 1 号收件）" in out
    assert not (annex2.root / "summary" / "送审").exists()


@pytest.fixture
def leaderless(annex2: Annex2) -> Annex2:
    """An office that has no such level: nobody is named as 分管领导, neither in 任务台账 nor in 处室."""
    name_leader(annex2, None)
    annex2("fanout", "2023Q1")
    return annex2


def name_leader(annex2: Annex2, leader: str | None) -> None:
    book = load_workbook(annex2.master)
    for sheet in (book["任务台账"], book["处室"]):
        (column,) = (c.column for c in sheet[3] if c.value == "分管领导")
        for row in range(4, sheet.max_row + 1):
            sheet.cell(row, column).value = leader
    book.save(annex2.master)


def test_an_office_without_leaders_has_nothing_approved(leaderless: Annex2) -> None:
    signed(leaderless, "社会救助处", "a.xlsx", None, None)
    signed(leaderless, "养老服务处", "b.xlsx", "张三", date(2023, 4, 2))  # somebody may sign all the same
    collected = leaderless.json("collect", now=NOW)
    assert {f["verdict"] for f in collected["files"]} == {"accepted"}
    assert approvals(leaderless) == {"a.xlsx": None, "b.xlsx": None}
    assert leaderless.status_text(13, "第一季度报送状态") == "按时"
    assert "待审定" not in str(tracker(leaderless, "社会救助处"))
    _, out, err = leaderless("status", "2023Q1", now=NOW)
    assert "审定" not in out + err
    status, _, err = leaderless("approval", "2023Q1", now=NOW)
    assert status == 2
    assert "没有写分管领导" in err
    assert not list((leaderless.root / "summary").rglob("*.docx"))
    before = leaderless.master.read_bytes()
    leaderless("collect", now=NOW)
    assert leaderless.master.read_bytes() == before
    assert leaderless.json("rebuild")["differences"] == []


def test_what_an_office_without_leaders_sends_speaks_of_none(leaderless: Annex2) -> None:
    book = load_workbook(leaderless.form("社会救助处"))
    assert not any("领导" in str(c.value) for s in book.worksheets for r in s.iter_rows() for c in r)
    assert any(c.value == "审定：" for r in book.worksheets[0].iter_rows() for c in r)
    for division in {str(r["牵头处室"]) for r in leaderless.cells("任务台账") if r["牵头(★)"]}:
        leaderless.type(Sheet.DIVISIONS, division, "邮箱", "chu@example.com")
    for words, now in ((("send", "2023Q1"), "2023-03-20T10:00"), (("remind", "2023Q1"), "2023-04-17T10:00")):
        _, out, err = leaderless(*words, "--dry-run", now=now)
        assert "请如实填写" in out or "请立即填写" in out
        assert "领导" not in out + err
    leaderless("bulletin", "2023Q1", now="2023-04-17T10:00")
    (path,) = (leaderless.root / "summary").rglob("*通报*.docx")
    text = "\n".join(paragraphs(path))
    assert "尽快补报，交" in text
    assert "审定" not in text


def test_leaders_that_are_named_later_are_asked_for_what_came_before(leaderless: Annex2) -> None:
    signed(leaderless, "社会救助处", "a.xlsx", None, None)
    leaderless("collect", now=NOW)
    name_leader(leaderless, "李超")
    leaderless("collect", now=NOW)
    assert leaderless.status_text(13, "第一季度报送状态") == "待审定"
    name_leader(leaderless, None)
    leaderless("collect", now=NOW)
    assert leaderless.status_text(13, "第一季度报送状态") == "按时"
