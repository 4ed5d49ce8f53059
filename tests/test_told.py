"""What the office and the divisions are told: nothing that is not so."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from openpyxl import load_workbook

from toolkit.master.schema import Sheet

BEFORE, LATE = "2023-04-03T10:00", "2023-04-06T09:30"


def with_mail(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["处室"]
    header = {c.value: c.column for row in sheet.iter_rows(max_row=8) for c in row if c.value in ("名称", "邮箱")}
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, header["名称"]).value == "社会救助处":
            sheet.cell(row, header["邮箱"]).value = "jz@office.example"
    book.save(annex2.master)


def test_a_returned_report_is_not_said_never_to_have_come(annex2: Annex2) -> None:
    with_mail(annex2)
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx", texts=["已推进三成。", None])
    annex2("collect", now=BEFORE)
    _, out, _ = annex2("remind", "2023Q1", "--dry-run", now=LATE)
    mail = out[out.index("【催报】社会救助处") :]
    assert "没有收到你们的报送" not in mail
    assert "已退回修改" in mail
    assert "没有填写完成情况" in mail


def test_leader_without_an_address_is_named(annex2: Annex2) -> None:
    with_mail(annex2)
    annex2("fanout", "2023Q1")
    _, out, _ = annex2("remind", "2023Q1", "--dry-run", now="2023-04-10T09:30")
    assert "【催报】社会救助处" in out
    assert "养老服务处、社会救助处、儿童福利处、基层政权处的分管领导没有能用的邮箱，没有抄送" in out


def test_what_goes_wrong_with_every_mail_is_said_once(annex2: Annex2) -> None:
    with closed_port() as port:
        give_everybody_mail(annex2, port)
        status, out, err = annex2("send", "2023Q1", now=BEFORE)
    assert status == 1, err
    assert out.count("未发送") == 4
    assert out.count("服务器没有开放这个端口") == 1
    assert f"以上 4 个处室：发件服务器 127.0.0.1:{port}：服务器没有开放这个端口。核对“发件端口”" in out


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of this computer that nobody listens on, and that nobody else takes."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def give_everybody_mail(annex2: Annex2, port: int) -> None:
    """An address for each division, and a server of the office's own on this computer."""
    book = load_workbook(annex2.master)
    settings = {"邮箱地址": "office@office.example", "发件服务器": "127.0.0.1", "发件端口": port}
    settings |= {"发件加密": "不加密", "发件登录": "否"}
    for sheet, name, value in (("处室", "名称", "邮箱"), ("设置", "项目", "值")):
        (table,) = book[sheet].tables.values()
        rows = list(book[sheet][table.ref])
        at = {c.value: i for i, c in enumerate(rows[0])}
        for n, row in enumerate(rows[1:]):
            named = row[at[name]].value
            if sheet == "处室" and named:
                row[at[value]].value = f"d{n}@office.example"
            elif named in settings:
                row[at[value]].value = settings[named]
    book.save(annex2.master)


def test_a_held_file_that_counts_for_nobody_is_told_beside_the_status(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    path = annex2.deliver("儿童福利处", name="三.xlsx")
    book = load_workbook(io.BytesIO(path.read_bytes()))
    book.worksheets[0]["A2"].value = "2023年市民政局儿童福利处第三季度工作目标完成情况"
    book.save(path)
    annex2("collect", now=BEFORE)
    assert "另有 1 份收件待裁定" in annex2("status", now=LATE)[1]
    for command in (["remind", "2023Q1", "--dry-run"], ["bulletin", "2023Q1"], ["summary", "2023"]):
        status, out, _ = annex2(*command, now=LATE)
        assert "另有 1 份收件待裁定" in out
        assert status == 1


def test_the_summary_asks_only_for_the_rows_that_a_returned_form_left_open(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx", texts=[None, "统一供养标准已落实。"])
    annex2("collect", now=BEFORE)
    annex2("summary", "2023", now=LATE)
    (path,) = (annex2.root / "summary").glob("*.docx")
    document = Document(str(path))
    rows = [[c.text for c in row.cells] for table in document.tables for row in table.rows]
    told = "\n".join((*(p.text for p in document.paragraphs), *map("|".join, rows)))
    assert "涉及台账第2项" in told
    assert "台账第2、13项" not in told
    states = {row[0]: row for row in rows if row[0] in ("2", "13", "2*", "13*") and "社会救助处" in row}
    assert any("退回" in c for c in states.get("2", states.get("2*", [])))
    assert not any("退回" in c for c in states.get("13", states.get("13*", [])))


def test_trace_names_the_file_that_was_returned_for_this_very_row(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx", texts=["见附件", "统一供养标准已落实。"])
    annex2("collect", now=BEFORE)
    out = annex2("trace", "2", "2023Q1")[1]
    assert "第1号收件" in out
    assert "没有写入，结论是“退回修改”" in out
    assert "没有能写入的：" in out
    assert "只写了“见附件”" in out
    assert "没有文件报来过" not in out


def test_the_status_names_rounds_that_are_far_off_in_one_line(annex2: Annex2) -> None:
    out = annex2("status", now=LATE)[1]
    assert [line.split()[0] for line in out.splitlines() if "截止" in line] == ["2023Q1", "2023Q2"]
    (line,) = [x for x in out.splitlines() if x.startswith("往后的节点")]
    assert "第三季度（附件2） 2023-10-05、全年（附件2） 2024-01-05" in line
    assert "养老服务处" in annex2("status", "2023Y", now=LATE)[1]
    annex2("fanout", "2023Y")
    annex2.deliver("社会救助处", "2023Y", texts=["甲", None])
    annex2("collect", now=LATE)
    book = load_workbook(annex2.master)
    row = next(r for r in book["待处理"].iter_rows(min_row=4) if r[2].value == "待裁定")
    header = [c.value for c in book["待处理"][3]]
    row[header.index("处理意见")].value = "接收此件"
    book.save(annex2.master)
    annex2("collect", now=LATE)
    assert "2023Y" in [line.split()[0] for line in annex2("status", now=LATE)[1].splitlines() if "截止" in line]


def test_a_faulty_correction_is_not_called_late(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2("collect", now=BEFORE)
    annex2.deliver("社会救助处", name="二.xlsx", texts=["已推进三成。", "无"])
    _, out, _ = annex2("collect", now="2023-04-09T10:00")
    assert "退回修改" in out
    assert "逾期" not in out


def test_a_wrong_choice_on_a_returned_file_names_the_right_ones(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="二.xlsx", texts=["已推进三成。", None])
    annex2("collect", now=BEFORE)
    book = load_workbook(annex2.master)
    sheet = book["待处理"]
    header = next(r for r in sheet.iter_rows(max_row=8) if any(c.value == "处理意见" for c in r))
    column = {c.value: c.column for c in header}
    for row in range(header[0].row + 1, sheet.max_row + 1):
        if sheet.cell(row, column["事项"]).value == "退回修改":
            sheet.cell(row, column["处理意见"]).value = "不接收"
    book.save(annex2.master)
    _, out, _ = annex2("collect", now=LATE)
    assert "请选“接收此件”，或清空，等处室重新报送" in out
    assert "条核对通知）" in out or not any(r["标识"].startswith("confirm") for r in annex2.cells("待处理"))


def test_a_bulletin_names_the_years(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2("collect", now="2024-02-01T10:00")
    annex2("bulletin", "2023Q1", now="2024-02-02T10:00")
    (path,) = (annex2.root / "summary/通报").iterdir()
    told = "\n".join(p.text for p in Document(str(path)).paragraphs)
    assert "关于2023年第一季度报送情况的通报" in told
    assert "截至2024年2月2日" in told
    assert "2024年2月1日报送" in told


def test_an_extension_is_told_in_the_status(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["报送情况"]
    header = next(r for r in sheet.iter_rows(max_row=12) if any(c.value == "第一季度" for c in r))
    column = next(c.column for c in header if c.value == "第一季度")
    names = {sheet.cell(r, header[0].column).value: r for r in range(header[0].row, sheet.max_row + 1)}
    sheet.cell(names["社会救助处"], column).value = "延期至 2023-04-10"
    book.save(annex2.master)
    for now, said in ((LATE, "延期至 2023-04-10"), ("2023-04-12T09:00", "延期至 2023-04-10；逾期 2 天")):
        (line,) = [x for x in annex2("status", "2023Q1", now=now)[1].splitlines() if x.startswith("社会救助处")]
        assert line.endswith(said)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="only on a system where TZ sets the zone")
def test_the_copy_that_restore_keeps_is_named_in_the_office_s_time(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    root = Path(__file__).resolve().parents[1]
    for name in ("一", "二"):
        annex2.deliver("社会救助处" if name == "一" else "儿童福利处", name=f"{name}.xlsx")
        run(annex2, root, "collect")
    run(annex2, root, "restore", "1")
    listed = run(annex2, root, "restore")
    moments = [line.split(" 写入以前")[0].split("  ", 1)[1] for line in listed.splitlines() if " 写入以前" in line]
    assert len(moments) == 3
    assert moments == sorted(moments, reverse=True)
    assert max(moments)[:13] == min(moments)[:13] or max(moments)[:10] == min(moments)[:10]


def run(annex2: Annex2, root: Path, *words: str) -> str:
    command = [sys.executable, "-m", "toolkit", "-w", str(annex2.root), *words]
    environment = {**os.environ, "TZ": "UTC", "PYTHONPATH": str(root), "PYTHONUTF8": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, encoding="utf-8")
    assert done.stderr == ""
    return done.stdout


def test_a_division_whose_file_waits_at_the_office_is_not_chased(annex2: Annex2) -> None:
    """What was sent in time and is held says who it seems to be from: neither missing nor reminded."""
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "jz@example.org")
    path = annex2.deliver("社会救助处", name="儿童福利处第一季度.xlsx")
    annex2("collect", now=BEFORE)
    (receipt,) = annex2.cells("收件记录")
    assert (receipt["结论"], receipt["处室"], receipt["节点"]) == ("待裁定", "社会救助处", "2023Q1")
    divisions = annex2.json("status", "2023Q1", now=LATE)["rounds"][0]["divisions"]
    assert {d["division"]: d["state"] for d in divisions}["社会救助处"] == "held"
    assert next(r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")["第一季度"] == "待裁定"
    out = annex2("remind", "2023Q1", "--dry-run", now="2023-04-07T10:00")[1]
    assert "社会救助处 →" not in out
    assert "1 份收件待裁定" in out
    assert path.is_file()


def test_a_correction_behind_the_office_s_own_report_is_told(annex2: Annex2) -> None:
    """What was reported to the level above says something else by then."""
    annex2("fanout", "2023Q1")
    for day, texts in (("2023-04-03", ("一稿", "甲")), ("2023-04-20", ("二稿", "甲")), ("2023-04-21", ("三稿", "甲"))):
        annex2.deliver("社会救助处", name=f"{day}.xlsx", texts=[f"已推进百分之三十，{t}。" for t in texts])
        (file,) = (f for f in annex2.json("collect", now=f"{day}T10:00")["files"] if f["name"].startswith(day))
        told = {f["code"]: f["message"] for f in file["findings"]}
        assert ("after_upstream" in told) is (day == "2023-04-21"), day
    assert told["after_upstream"] == "上报截止（2023-04-20）以后改写了 1 项文字"
    assert annex2.status_text(2) == "已推进百分之三十，三稿。"
