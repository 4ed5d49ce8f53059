"""配合任务: a clerk adds a row to 报送节点; forms, returns, ledger, tracking and reminders follow."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2, input_rows
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook

from toolkit.master.schema import Sheet
from toolkit.xlsx import Workbook, cell_name

NOW, LATER, AFTER = "2023-04-03T10:00", "2023-04-04T10:00", "2023-04-10T10:00"
KEY, NAME = "2023P1", "第一季度配合任务"
COLUMNS = (f"{NAME}完成情况", f"{NAME}报送状态")
ELDERLY = "养老服务处"
AGREED = "3月2日与市商务局流通处李四联系，商定共同办老年用品展。"
PROGRESS = "已筹备展会1场，参展企业32家。"
WHOLE = f"对接情况：{AGREED}\n落实进展：{PROGRESS}"


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    """With a supporting round on the very day of the first quarter's, its forms in the outbox."""
    add_round(annex2)
    assert annex2("fanout", KEY)[0] == 0
    return annex2


def add_round(annex2: Annex2, key: str = KEY, name: str = NAME, kind: str = "配合任务") -> None:
    book = Workbook.open(annex2.master)
    row = {"编号": key, "名称": name, "表种": kind, "截止日期": date(2023, 4, 5), "提前提醒天数": 7}
    book.table("报送节点").append([row])
    annex2.master.write_bytes(book.to_bytes())


def fill(
    form: Path, contact: Sequence[str | None], progress: Sequence[str | None], approver: str | None = "王五"
) -> bytes:
    book = load_workbook(form)
    sheet = book.worksheets[0]
    rows = input_rows(sheet)
    for row, agreed, done in zip(rows, contact, progress, strict=True):
        sheet.cell(row, 4).value, sheet.cell(row, 5).value = agreed, done
    if approver:
        sheet.cell(rows[-1] + 2, 5).value = approver
        sheet.cell(rows[-1] + 3, 5).value = date(2023, 4, 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def send(office: Annex2, name: str, contact: Sequence[str | None], progress: Sequence[str | None], **more: Any) -> None:
    data = fill(office.form(ELDERLY, KEY), contact, progress, **more)
    (office.root / "inbox" / name).write_bytes(data)


def collected(office: Annex2, now: str = NOW) -> list[Mapping[str, Any]]:
    """What came since the last time."""
    files: list[Mapping[str, Any]] = office.json("collect", now=now)["files"]
    return [f for f in files if "recorded" not in codes(f)]


def codes(file: Mapping[str, Any]) -> set[str]:
    return {f["code"] for f in file["findings"]}


def text(office: Annex2, no: int, column: str = COLUMNS[0]) -> Any:
    return office.status_text(no, column)


def test_the_round_gets_its_columns_and_its_forms(office: Annex2, shared: Path) -> None:
    forms = sorted(p.stem for p in (office.root / "outbox" / KEY).glob("*.xlsx"))
    divisions = ("养老服务处", "儿童福利处", "基层政权处", "慈善社工处", "社会救助处")
    assert forms == sorted(f"2023年市民政局{d}{NAME.removesuffix('配合任务')}配合任务落实情况" for d in divisions)
    form = load_workbook(office.form(ELDERLY, KEY)).worksheets[0]
    assert [form.cell(5, c).value for c in (1, 3, 8)] == [1, "市商务局", "2023-06"]
    assert form.cell(7, 3).value == "（方案未写明）"
    before = office.cells("任务台账")
    assert collected(office) == []
    ledger = office.cells("任务台账")
    assert [{k: v for k, v in r.items() if k not in COLUMNS} for r in ledger] == before
    assert all(r[c] is None for r in ledger for c in COLUMNS)
    tracker = load_workbook(office.master)["报送情况"]
    header = next(r for r in tracker.iter_rows(max_row=20) if r[0].value == "处室")
    (place,) = (c for c in header if c.value == NAME)
    letter = place.column_letter
    lines = {tracker.cell(r, 1).value: tracker.cell(r, place.column).value for r in range(1, place.row)}
    assert lines["节点编号"] == KEY
    assert f"MATCH({letter}$" in str(lines["截止日期"])
    cells = {tracker.cell(r, 1).value: tracker.cell(r, place.column) for r in range(place.row + 1, tracker.max_row + 1)}
    assert {str(cells[d].value)[:4] for d in divisions} == {"=IF("}
    assert "慈善社工处" in cells  # which owes nothing else
    assert any(letter in str(a.sqref) for a in tracker.conditional_formatting)
    settled = office.master.read_bytes()
    assert collected(office) == []
    assert office.master.read_bytes() == settled
    command = [sys.executable, str(shared / "check_ooxml.py"), str(office.master)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


def test_a_report_beside_annex_2_of_the_same_day(office: Annex2) -> None:
    office("fanout", "2023Q1")
    office.deliver(ELDERLY)
    send(office, "养老处一季度.xlsx", [AGREED] * 5, [PROGRESS] * 5)
    found = {f["name"]: f for f in collected(office)}
    mine = found["养老处一季度.xlsx"]
    assert (mine["verdict"], mine["round"], mine["division"]) == ("accepted with remarks", KEY, ELDERLY)
    assert codes(mine) == {"approver_differs"}
    assert text(office, 6) == WHOLE
    assert text(office, 6, COLUMNS[1]) in ("按时", "待审定")
    assert text(office, 1) is None
    assert office.status_text(1).startswith("第1项")
    states = {r["round"]: {d["division"]: d["state"] for d in r["divisions"]} for r in office.json("status")["rounds"]}
    assert states[KEY][ELDERLY] == states["2023Q1"][ELDERLY] == "on_time"
    settled = office.master.read_bytes()
    collected(office, LATER)
    assert office.master.read_bytes() == settled
    assert office.json("rebuild")["differences"] == []
    told = office("trace", "6", NAME)[1]
    assert PROGRESS in told


def test_that_there_was_no_contact_yet_is_an_answer_with_its_reason(office: Annex2) -> None:
    contact = [
        "尚未对接，因市商务局的方案还没有印发。",
        "因机构调整，目前暂未与市发改委联系。",
        "尚未对接。",
        "未来城项目与市人社局对接过。",
        "无需对接，市里没有安排。",
    ]
    send(office, "一.xlsx", contact, [PROGRESS] * 5, approver="邓永付")
    (file,) = collected(office)
    found = [(f["code"], f["where"].rpartition("!")[2]) for f in file["findings"] if "contact" in f["code"]]
    assert found == [("contact_unexplained", "D7"), ("contact_undated", "D8")]


def test_what_is_left_out_is_told_and_nothing_is_lost(office: Annex2) -> None:
    some: list[str | None] = [AGREED, None, "与市发改委联系过", "无", AGREED]
    send(office, "一.xlsx", some, [PROGRESS] * 4 + [None])
    (first,) = collected(office)
    assert first["verdict"] == "returned for correction"
    told = [(f["code"], f["message"]) for f in first["findings"] if f["code"] not in ("approver_differs",)]
    assert [c for c, _ in told] == ["no_contact", "contact_undated", "no_contact", "empty_status"]
    assert [f["where"].rpartition("!")[2] for f in first["findings"] if f["code"] in dict(told)] == [
        "D6", "D7", "D8", "E9"
    ]  # fmt: skip
    assert "没有填写落实进展" in told[-1][1]
    assert "完成情况" not in " ".join(m for _, m in told)
    assert text(office, 6) == WHOLE
    assert text(office, 7) == PROGRESS
    # One column alone does not take the place of both.
    send(office, "二.xlsx", [None] * 5, ["又办展会2场。"] * 5)
    (second,) = collected(office, LATER)
    assert second["verdict"] == "returned for correction"
    (missing,) = (f for f in second["findings"] if f["code"] == "answer_missing" and "E5" in f["where"])
    assert "对接情况" in missing["message"]
    assert text(office, 6) == WHOLE
    assert text(office, 7) == "又办展会2场。"
    send(office, "三.xlsx", ["4月4日又与市商务局商定分工。"] * 5, [None] * 5)
    (third,) = collected(office, LATER)
    assert codes(third) >= {"empty_status"}
    assert text(office, 6) == WHOLE
    send(office, "四.xlsx", [AGREED] * 5, ["又办展会2场。"] * 5)
    (fourth,) = collected(office, LATER)
    assert fourth["verdict"] == "accepted with remarks"
    assert text(office, 6) == f"对接情况：{AGREED}\n落实进展：又办展会2场。"
    assert office.json("rebuild")["differences"] == []


def test_a_persons_edit_stays(office: Annex2) -> None:
    send(office, "一.xlsx", [AGREED] * 5, [PROGRESS] * 5)
    collected(office)
    book = Workbook.open(office.master)
    column = book.table("任务台账").column(COLUMNS[0])
    row = next(n for n, cells in book.sheet("任务台账").rows() if cells.get(1) == 6)

    book.sheet("任务台账").set(cell_name(row, column), "办公室改过。")
    office.master.write_bytes(book.to_bytes())
    send(office, "二.xlsx", [AGREED] * 5, ["又办展会2场。"] * 5)
    (found,) = collected(office, LATER)
    assert "not_applied" in codes(found)
    assert text(office, 6) == "办公室改过。"


def test_owed_reminded_and_summed_up(office: Annex2) -> None:
    book = Workbook.open(office.master)
    sheet, table = book.sheet("处室"), book.table("处室")
    for number, cells in sheet.rows():
        if number >= table.first_row and cells.get(table.column("名称")) == "慈善社工处":

            sheet.set(cell_name(number, table.column("邮箱")), "cs@example.org")
    office.master.write_bytes(book.to_bytes())
    office("collect", now=NOW)
    said = office("status", NAME, now=AFTER)[1]
    assert "配合任务" in said
    assert "慈善社工处" in said
    asked = office("remind", KEY, "--dry-run", now=AFTER)[1]
    assert "第一季度配合任务落实情况" in asked
    assert "慈善社工处" in asked
    assert office("bulletin", KEY, now=AFTER)[0] == 0
    assert office("approval", KEY, now=AFTER)[0] == 0
    assert office("summary", now="2024-01-10T09:00")[0] in (0, 1)


def test_a_round_of_annex_2_mid_year_needs_no_columns_by_hand(annex2: Annex2) -> None:
    add_round(annex2, "2023M5", "五月加报", "附件2")
    annex2("fanout", "2023M5")
    annex2.deliver("社会救助处", "2023M5", name="一.xlsx", texts=["甲", "乙"], approver="李超")
    (found,) = collected(annex2)
    assert found["round"] == "2023M5"
    assert annex2.status_text(2, "五月加报完成情况") == "甲"
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
    assert row["五月加报"] == datetime(2023, 4, 3, 10)  # noqa: DTZ001


def test_where_a_column_has_no_room_it_is_told_what_to_add(annex2: Annex2) -> None:
    add_round(annex2)
    book = Workbook.open(annex2.master)
    table = book.table("任务台账")

    book.sheet("任务台账").set(cell_name(table.first_row, table.area.column2 + 1), "旁注")
    annex2.master.write_bytes(book.to_bytes())
    before = annex2.master.read_bytes()
    status, _, error = annex2("collect", now=NOW)
    assert status == 2
    assert f"插入一列，表头写“{COLUMNS[0]}”" in error
    assert annex2.master.read_bytes() == before


@needs_libreoffice
def test_filled_in_libreoffice_and_sent_as_word_and_ods(office: Annex2, libreoffice: LibreOffice) -> None:
    form = office.form("社会救助处", KEY)
    libreoffice.open(path=form)
    assert libreoffice.get(ref="A2") == "2023年市民政局社会救助处第一季度配合任务落实情况"
    assert libreoffice.get(ref="G3") == "已填 0/2 项"
    for row in (5, 6):
        libreoffice.set(ref=f"D{row}", value=AGREED)
        libreoffice.set(ref=f"E{row}", value=PROGRESS)
    libreoffice.set(ref="E8", value="李超")
    libreoffice.set(ref="E9", value="2023年4月3日")
    assert libreoffice.get(ref="G3") == "已填 2/2 项"
    answer = office.root / "inbox" / "回复.ods"
    libreoffice.save(path=answer)
    libreoffice.close()
    (found,) = collected(office)
    assert (found["verdict"], found["round"], found["division"]) == ("accepted", KEY, "社会救助处")
    libreoffice.open(path=office.master)
    rows = libreoffice.rows(sheet="任务台账")
    header = next(r for r in rows if "工作事项" in r)
    texts = [r[header.index(COLUMNS[0])] for r in rows if isinstance(r[0], float)]
    tracker = libreoffice.rows(sheet="报送情况")
    names = next(r for r in tracker if r[0] == "处室")
    (own,) = (r for r in tracker if r[0] == "社会救助处")
    (count,) = (r for r in tracker if r[0] == "应报/已报/按时")
    libreoffice.close()
    assert texts.count(WHOLE) == 2
    assert own[names.index(NAME)] == pytest.approx(45019.4167, abs=0.001)
    assert count[names.index(NAME)] == "5 / 1 / 1"


@needs_libreoffice
@pytest.mark.parametrize(("length", "pages"), [(300, 1), (380, 1), (480, 2)])
def test_a_long_task_stands_above_its_signature(
    annex2: Annex2, libreoffice: LibreOffice, tmp_path: Path, length: int, pages: int
) -> None:
    """No page has a title or a signature alone where smaller print puts all on one."""
    annex2.type(Sheet.TASKS, "2023-08", "工作事项", ("完善养老服务体系，推进老年大学建设向下延伸，" * 30)[:length])
    add_round(annex2)
    assert annex2("fanout", KEY)[0] == 0
    libreoffice.open(path=annex2.form("慈善社工处", KEY))
    libreoffice.save(path=tmp_path / "表.pdf", kind="pdf")
    libreoffice.close()
    assert (tmp_path / "表.pdf").read_bytes().count(b"/Type/Page/") == pages


def test_a_form_of_a_round_that_was_taken_out_is_no_annex_2(office: Annex2) -> None:
    send(office, "养老配合.xlsx", [AGREED] * 5, [PROGRESS] * 5)
    book = Workbook.open(office.master)
    sheet = book.sheet("报送节点")
    sheet.remove_rows(max(n for n, cells in sheet.rows() if KEY in cells.values()), 1)
    office.master.write_bytes(book.to_bytes())
    (file,) = collected(office)
    assert (file["verdict"], codes(file)) == ("held", {"no_such_round"})
    (row,) = office.cells("收件记录")
    assert (row["处室"], row["节点"]) == (None, None)
    (first,) = office.json("status", "2023Q1", now=AFTER)["rounds"]
    assert {d["division"]: d["state"] for d in first["divisions"]}[ELDERLY] == "missing"
