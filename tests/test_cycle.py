"""The whole cycle through the command line: what a clerk types, and what then stands in the files."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from conftest import Annex2, fill, input_rows
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook

from toolkit.master.schema import Sheet
from toolkit.notice import read_notice
from toolkit.opening import master_of
from toolkit.workspace import shipped

# design §5, from the notice: division -> the 序号 of its starred tasks
STARRED = {
    "养老服务处": [1, 3, 4, 9, 10, 11],
    "社会救助处": [2, 13],
    "儿童福利处": [12],
    "基层政权处": [14],
}
BEFORE, AFTER = "2023-04-03T10:00", "2023-04-08T09:00"


def notice(shared: Path) -> Path:
    return shared / "seed" / "notice.docx"


# init


def test_shipped_master_is_what_init_makes_of_the_notice(shared: Path) -> None:
    made = master_of(read_notice(notice(shared)))
    assert shipped("workbooks/master.xlsx").read_bytes() == made, (
        "make it again: init a folder from the notice and copy its master.xlsx to workbooks/"
    )


def test_init_from_the_notice_equals_the_seed(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from toolkit.cli import main

    folder = tmp_path / "2023"
    assert main(["init", str(folder), "--notice", str(notice(shared))]) == 1  # a person must confirm some of it
    assert "21 项任务，其中牵头 10 项" in capsys.readouterr().out
    annex2 = Annex2(folder)
    seed = json.loads((shared / "seed" / "tasks.json").read_text("utf-8"))
    for row, task in zip(annex2.cells("任务台账"), seed["tasks"], strict=True):
        assert row["序号"] == task["no"]
        assert bool(row["牵头(★)"]) is task["starred"]
        assert row["类别"] == task["section"]
        assert row["工作事项"] == task["text"]
        assert row["分管领导"] == task["leader"]
        assert row["牵头处室"] == task["lead_division"]
        assert (row["责任处室(单位)"] or "") == "、".join(task["responsible"])
        units = [f"{role}：{'、'.join(names)}" for role, names in task["external_units"].items()]
        assert (row["市级单位"] or "") == "".join(units)
    rounds = [(r["编号"], r["名称"], r["截止日期"].date().isoformat()) for r in annex2.cells("报送节点")]
    assert rounds == [(p["key"], p["name"], p["due"]) for p in seed["periods"]]
    asked = [r["位置"] for r in annex2.cells("待处理")]
    assert any("序号21" in place for place in asked)  # units without separators: for a person to confirm
    for name in ("outbox", "inbox", "archive", "summary", "templates"):
        assert (folder / name).is_dir()


def test_init_refuses_a_document_without_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from docx import Document

    from toolkit.cli import main

    document = Document()
    document.add_paragraph("2023年关于开会的通知")
    document.add_table(2, 2).cell(0, 0).text = "姓名"
    path = tmp_path / "会议.docx"
    document.save(str(path))
    assert main(["init", str(tmp_path / "w"), "--notice", str(path)]) == 2
    message = capsys.readouterr().err
    assert "工作事项" in message
    assert "姓名" in message
    assert not (tmp_path / "w").exists()


def test_init_leaves_a_workspace_alone(annex2: Annex2) -> None:
    before = annex2.master.read_bytes()
    status, _, error = annex2("init", annex2.root)
    assert status == 2
    assert "已经有 master.xlsx" in error
    assert annex2.master.read_bytes() == before


def test_init_makes_no_second_master_beside_a_years_archive(annex2: Annex2) -> None:
    """Somebody gave the master another name: a blank one would have the year's reports merged into it once more."""
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now="2023-04-03T10:00")
    annex2.master.rename(annex2.root / "2023总表.xlsx")
    status, _, error = annex2("init", annex2.root)
    assert status == 2
    assert "是工作区，总表 master.xlsx 不在了" in error
    assert "另建" in error
    assert not annex2.master.exists()


def test_init_may_begin_again_where_nothing_was_done_yet(annex2: Annex2) -> None:
    annex2.master.unlink()
    assert annex2("init", annex2.root)[0] == 0
    assert annex2.master.exists()


# fanout


def test_forms_hold_exactly_the_starred_tasks(annex2: Annex2) -> None:
    texts = {r["序号"]: r["工作事项"] for r in annex2.cells("任务台账")}
    names = {"2023Q1": "第一季度", "2023Q2": "第二季度", "2023Q3": "第三季度", "2023Y": "全年"}
    for key, name in names.items():
        assert annex2("fanout", key)[0] == 0
        assert len(list((annex2.root / "outbox" / key).glob("*.xlsx"))) == len(STARRED)
        for division, numbers in STARRED.items():
            sheet = load_workbook(annex2.form(division, key)).worksheets[0]
            assert sheet["A2"].value == f"2023年市民政局{division}{name}工作目标完成情况"
            assert [sheet.cell(4, c).value for c in (1, 2, 3)] == ["序号", "责任事项", "完成情况"]
            rows = input_rows(sheet)
            assert [sheet.cell(r, 2).value for r in rows] == [texts[n] for n in numbers]
            assert [sheet.cell(r, 1).value for r in rows] == list(range(1, len(numbers) + 1))
            assert all(sheet.cell(r, 3).value is None and not sheet.cell(r, 3).protection.locked for r in rows)
            assert all(sheet.cell(r, 2).protection.locked for r in rows)
            assert sheet.protection.sheet
            assert sheet.protection.password is None
            assert sheet.print_area.endswith(f"$A$1:$C${rows[-1] + 3}")


def test_one_division_and_again(annex2: Annex2) -> None:
    status, out, _ = annex2("fanout", "第一季度", "--division", "社会救助处")
    assert (status, len(list((annex2.root / "outbox/2023Q1").iterdir()))) == (0, 1)
    assert "新建" in out
    form = annex2.form("社会救助处")
    first = form.read_bytes()
    assert "没有变化" in annex2("fanout", "2023Q1")[1]
    assert form.read_bytes() == first
    repacked = io.BytesIO()  # as another computer's zlib would have written it
    with zipfile.ZipFile(io.BytesIO(first)) as old, zipfile.ZipFile(repacked, "w", zipfile.ZIP_STORED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
    form.write_bytes(repacked.getvalue())
    assert "已更新" not in annex2("fanout", "2023Q1")[1]
    assert form.read_bytes() == repacked.getvalue()
    at = repacked.getvalue().index(b"<sheetData")
    for damaged in (
        repacked.getvalue()[:at] + bytes(40) + repacked.getvalue()[at + 40 :],  # a bad disk: the directory is whole
        (good := bytearray(first)).__setitem__(first.index(b"PK\x01\x02") + 6, 99) or bytes(good),  # of another version
    ):
        form.write_bytes(damaged)
        assert "已更新" in annex2("fanout", "2023Q1")[1]
        assert form.read_bytes() == first
    shutil.rmtree(form.parent / "旧版")
    form.write_bytes(fill(first))  # a clerk typed into it
    typed = form.read_bytes()
    assert "已更新" in annex2("fanout", "2023Q1")[1]
    assert form.read_bytes() == first
    (aside,) = (annex2.root / "outbox/2023Q1/旧版").iterdir()
    assert aside.read_bytes() == typed


# collect


def test_a_filled_form_comes_back_into_the_right_cells(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", texts=[f"第{n}项的进展" for n in STARRED["养老服务处"]], approver="邓永付")
    done = annex2.json("collect", now=BEFORE)
    (file,) = done["files"]
    assert (file["verdict"], file["division"], file["round"]) == ("accepted", "养老服务处", "2023Q1")
    assert done["merged_cells"] == 6
    for row in annex2.cells("任务台账"):
        expected = f"第{row['序号']}项的进展" if row["序号"] in STARRED["养老服务处"] else None
        assert row["第一季度完成情况"] == expected
        assert row["第一季度报送状态"] == ("按时" if expected else None)
        assert row["第二季度完成情况"] is None
    (receipt,) = annex2.cells("收件记录")
    assert (receipt["处室"], receipt["节点"], receipt["结论"]) == ("养老服务处", "2023Q1", "接收")
    assert receipt["收到时间"] == datetime(2023, 4, 3, 10, 0)  # noqa: DTZ001
    original = annex2.root / receipt["归档位置"]
    assert original.read_bytes() == (annex2.root / "inbox" / receipt["文件名"]).read_bytes()


def test_collecting_again_changes_nothing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    for division in STARRED:
        annex2.deliver(division)
    (annex2.root / "inbox" / "照片.txt").write_text("不是表格", "utf-8")
    (annex2.root / "inbox" / "坏.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 500)
    first = annex2.json("collect", now=BEFORE)
    assert len(first["files"]) == 6
    after = annex2.master.read_bytes()
    archived = sorted(p.name for p in (annex2.root / "archive").rglob("*.*"))
    for now in (BEFORE, AFTER):
        again = annex2.json("collect", now=now)
        assert again["merged_cells"] == 0
        assert [f["sha256"] for f in again["files"]] == [f["sha256"] for f in first["files"]]
        assert annex2.master.read_bytes() == after
    assert sorted(p.name for p in (annex2.root / "archive").rglob("*.*")) == archived


def test_every_file_gets_a_row_and_a_verdict(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处", name="一.xlsx")
    annex2.deliver("社会救助处", name="二.xlsx", texts=["已推进三成。", None])
    inbox = annex2.root / "inbox"
    (inbox / "三.xlsx").write_bytes((inbox / "一.xlsx").read_bytes())
    (inbox / "四.xlsx").write_bytes((inbox / "一.xlsx").read_bytes()[:3000])
    other = load_workbook(io.BytesIO((inbox / "一.xlsx").read_bytes()))
    other.worksheets[0]["A2"].value = "2023年市民政局养老服务处第二季度工作目标完成情况"
    other.save(inbox / "五.xlsx")
    status, _, _ = annex2("collect", now=BEFORE)
    assert status == 1
    verdicts = {r["文件名"]: r["结论"] for r in annex2.cells("收件记录")}
    assert {k: v for k, v in verdicts.items() if k != "一.xlsx"} == {
        "二.xlsx": "退回修改",
        "三.xlsx": "不处理",
        "四.xlsx": "待裁定",
        "五.xlsx": "待裁定",
    }
    assert verdicts["一.xlsx"].startswith("接收")
    items = {r["标识"].split(":")[0]: r for r in annex2.cells("待处理") if not r["标识"].startswith("confirm")}
    assert set(items) == {"file", "return"}
    assert all(r["怎么办"] for r in items.values())
    assert annex2.status_text(2) == "已推进三成。"  # what is good in a returned file is taken
    assert annex2.status_text(13) is None


def test_a_correction_settles_what_was_returned(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", name="一.xlsx", texts=["已推进三成。", None])
    annex2("collect", now=BEFORE)
    state = annex2.json("status", "2023Q1", now=BEFORE)["rounds"][0]["divisions"]
    assert {d["division"]: d["state"] for d in state}["社会救助处"] == "returned"
    annex2.deliver("社会救助处", name="二.xlsx", texts=["已推进三成。", "标准已统一。"])
    annex2("collect", now="2023-04-05T23:59")
    state = annex2.json("status", "2023Q1", now=AFTER)["rounds"][0]["divisions"]
    assert {d["division"]: d["state"] for d in state}["社会救助处"] == "on_time"
    assert annex2.status_text(13) == "标准已统一。"
    (item,) = (r for r in annex2.cells("待处理") if r["标识"].startswith("return"))
    assert item["处理结果"] == "已由第2号收件补正"


def test_check_tells_and_changes_nothing(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    path = annex2.deliver("社会救助处", texts=["已推进三成。", None])
    before = {p: p.read_bytes() for p in annex2.root.rglob("*") if p.is_file()}
    status, out, _ = annex2("check", path, now=BEFORE)
    assert status == 1
    assert "第2项“同一供养机构对城市和…”没有填写完成情况" in out
    assert annex2.json("check", path, now=BEFORE)["merged_cells"] == 1
    assert {p: p.read_bytes() for p in annex2.root.rglob("*") if p.is_file()} == before


# status


def test_status_by_the_date(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    annex2("collect", now=BEFORE)
    annex2.deliver("基层政权处", name="晚.xlsx")
    annex2("collect", now=AFTER)

    def states(now: str) -> dict[str, str]:
        (round_,) = annex2.json("status", "2023Q1", now=now)["rounds"]
        return {d["division"]: d["state"] for d in round_["divisions"]}

    assert states("2023-03-01T09:00")["社会救助处"] == "not_due"
    assert states("2023-03-29T09:00")["社会救助处"] == "due_soon"
    assert states("2023-04-05T23:59")["社会救助处"] == "due_soon"
    late = states(AFTER)
    assert late == {"养老服务处": "on_time", "社会救助处": "missing", "儿童福利处": "missing", "基层政权处": "late"}
    (round_,) = annex2.json("status", "2023Q1", now=AFTER)["rounds"]
    assert (round_["completeness"], round_["timeliness"]) == (0.5, 0.25)
    assert {d["division"]: d["days_late"] for d in round_["divisions"]}["基层政权处"] == 3
    status, out, _ = annex2("status", now=AFTER)
    assert status == 1
    assert "✗ 逾期未报" in out
    assert annex2("status", "2023Q3", now=BEFORE)[0] == 0


# bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fanout", "2023Q9"), ("没有“2023Q9”这个报送节点", "2023Q1")),
        (("fanout", "2023Q1", "--division", "保密处"), ("没有“保密处”这个处室", "养老服务处")),
        (("fanout", "2023Q1", "--division", "慈善社工处"), ("没有应报的任务", "养老服务处")),
        (("status", "第九季度"), ("没有“第九季度”这个报送节点", "第一季度")),
        (("collect", "没有的文件.xlsx"), ("没有这个文件或文件夹",)),
        (("check", "没有的文件.xlsx"), ("没有这个文件或文件夹",)),
        (("summary", "2022"), ("这个工作区是 2023 年的",)),
        (("trace", "99", "2023Q1"), ("没有任务“99”",)),
        (("restore", "7"), ("还没有旧版",)),
        (("nonsense",), ("用法有误", "没有“nonsense”这个命令，可用的是：init、")),
        (("colect",), ("没有“colect”这个命令，是不是 collect？",)),
        (("fanout",), ("缺少",)),
        (("--now", "昨天", "status"), ("不是时间",)),
    ],
)
def test_bad_words_are_told_and_change_nothing(annex2: Annex2, words: tuple[str, ...], said: tuple[str, ...]) -> None:
    before = {p: p.read_bytes() for p in annex2.root.rglob("*") if p.is_file()}
    status, out, error = annex2(*words)
    assert (status, out) == (2, "")
    assert "Traceback" not in error
    for part in said:
        assert part in error
    assert {p: p.read_bytes() for p in annex2.root.rglob("*") if p.is_file() and ".annex2" not in p.parts} == {
        p: d for p, d in before.items() if ".annex2" not in p.parts
    }


def test_not_a_workspace(tmp_path: Path) -> None:
    status, _, error = Annex2(tmp_path)("status")
    assert status == 2
    assert "不是工作区" in error


def test_a_workspace_whose_master_is_gone_is_told_to_bring_it_back(annex2: Annex2) -> None:
    annex2("collect", now="2023-04-03T10:00")
    annex2.master.rename(annex2.root / "总表.xlsx")
    status, _, error = annex2("status")
    assert status == 2
    assert "总表 master.xlsx 不在了" in error
    assert "annex2 restore" in error
    assert "init" not in error


def test_a_master_that_is_no_workbook(annex2: Annex2) -> None:
    annex2.master.write_bytes("这不是工作簿".encode())
    status, _, error = annex2("status")
    assert status == 2
    assert "master.xlsx" in error
    assert annex2.master.read_bytes() == "这不是工作簿".encode()


@pytest.mark.parametrize(
    ("sheet", "header"),
    [("任务台账", "工作事项"), ("任务台账", "第一季度完成情况"), ("报送节点", "截止日期"), ("收件记录", "结论")],
)
def test_a_master_without_a_needed_column_names_it(annex2: Annex2, sheet: str, header: str) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("养老服务处")
    book = load_workbook(annex2.master)
    for row in book[sheet].iter_rows():
        for cell in row:
            if cell.value == header:
                cell.value = "别的"
    book.save(annex2.master)
    before = annex2.master.read_bytes()
    status, _, error = annex2("collect", now=BEFORE)
    assert status == 2
    assert sheet in error
    assert header in error
    assert annex2.master.read_bytes() == before


def test_a_master_without_a_needed_sheet_names_it(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    book["收件记录"].title = "旧记录"
    book.save(annex2.master)
    status, _, error = annex2("status")
    assert status == 2
    assert "缺少工作表“收件记录”" in error


# the whole year, and other programs


def test_demo_runs_in_a_moment_and_leaves_valid_files(tmp_path: Path, shared: Path) -> None:
    folder = tmp_path / "演示"
    done = subprocess.run(
        [sys.executable, "-m", "toolkit", "demo", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line in ("逾期未报", "待裁定", "退回修改", "总表没有变化", "已保留台账的文字", "完全相同"):
        assert line in done.stdout
    assert "总表变了" not in done.stdout
    annex2 = Annex2(folder)
    receipts = annex2.cells("收件记录")
    assert len(receipts) == 30
    assert sum("签字页.jpg（archive/originals" in str(r["原因"]) for r in receipts) == 1
    assert annex2.status_text(5, "第一季度配合任务完成情况").startswith("对接情况：3月8日")
    assert "落实进展" not in annex2.status_text(6, "第一季度配合任务完成情况")
    assert annex2.status_text(14, "第二季度完成情况") is None
    assert annex2.status_text(12, "全年完成情况").startswith("截至全年末")
    files = [annex2.master, *(folder / "outbox").rglob("*.xlsx"), *(folder / "summary").glob("*.*x")]
    checked = subprocess.run(
        [sys.executable, str(shared / "check_ooxml.py"), *map(str, files)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout) == (0, "")


@needs_libreoffice
def test_a_division_fills_its_form_in_libreoffice(annex2: Annex2, libreoffice: LibreOffice) -> None:
    annex2("fanout", "2023Q1")
    form, answer = annex2.form("社会救助处"), annex2.root / "inbox" / "回复.xlsx"
    libreoffice.open(path=form)
    assert libreoffice.get(ref="A2") == "2023年市民政局社会救助处第一季度工作目标完成情况"
    assert libreoffice.get(ref="E3") == "已填 0/2 项"
    libreoffice.set(ref="C5", value="救助体系已覆盖12类对象。\n其中支出型困难家庭300户。")
    libreoffice.set(ref="C6", value="=SUM(A1:A3) 不是公式，是处室写的文字")
    libreoffice.set(ref="C8", value="李超")
    libreoffice.set(ref="C9", value="2023年4月3日")
    assert libreoffice.get(ref="E3") == "已填 2/2 项"
    libreoffice.save(path=answer)
    libreoffice.close()
    done = annex2.json("collect", now=BEFORE)
    assert [f["verdict"] for f in done["files"]] == ["accepted"], done
    libreoffice.open(path=annex2.master)
    ledger = libreoffice.rows(sheet="任务台账")
    header = next(r for r in ledger if "工作事项" in r)
    column = header.index("第一季度完成情况")
    texts = {r[0]: r[column] for r in ledger if isinstance(r[0], float)}
    tracker = [r for r in libreoffice.rows(sheet="报送情况") if r[0] == "社会救助处"]
    libreoffice.close()
    assert texts[2] == "救助体系已覆盖12类对象。\n其中支出型困难家庭300户。"
    assert texts[13] == "=SUM(A1:A3) 不是公式，是处室写的文字"
    assert tracker[0][2] == pytest.approx(45019.4167, abs=0.001)  # 2023-04-03 10:00
    assert tracker[0][3].endswith("逾期未报")  # its formula, recalculated today


def test_a_form_says_until_when_it_is_in_time(annex2: Annex2) -> None:
    """The hint beside the table: the holiday, whether the day counts, and a division's own extension."""
    annex2.type(Sheet.TRACKER, "社会救助处", "第一季度", "延期至 2023-04-10")
    annex2("fanout", "2023Q1")
    hints = {
        name: load_workbook(annex2.form(name)).worksheets[0]["E2"].value for name in ("养老服务处", "社会救助处")
    }
    assert hints == {
        "养老服务处": "请于2023年4月5日（星期三，清明节，含当天）前报送",
        "社会救助处": "请于2023年4月10日（星期一，含当天）前报送",
    }
