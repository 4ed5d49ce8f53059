"""指标数据: the second sheet of a form, and what becomes of its figures when they come back in whatever shape."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2, fill, input_rows
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from test_indicators import CENTRES, FIGURE, HELP, MEALS, TEXTS, confirm, decide, proposals, row, type_in
from test_lost_tasks import delete_row

from toolkit.master.schema import Sheet
from toolkit.model import Indicator, Task
from toolkit.returns.figures import FigureRow, read_figures
from toolkit.xlsx.numberformats import shown

TASK = Task("k", 1, True, "", "", None, "", "")
SHEET = "指标数据"
NOW = "2023-04-03T10:00"
LATER = "2023-07-03T10:00"


def figures(form: Path | bytes, values: dict[str, Any], texts: list[str] = TEXTS) -> Workbook:
    """A form of 养老服务处 filled by openpyxl; `values` by the words of 指标 (both rows of a shared one)."""
    data = form if isinstance(form, bytes) else form.read_bytes()
    book = load_workbook(io.BytesIO(fill(data, texts=texts, approver="邓立")))
    sheet = book[SHEET]
    for line in range(4, sheet.max_row + 1):
        if (name := sheet.cell(line, 3).value) in values:
            sheet.cell(line, 6).value = values[name]
    return book


def send(annex2: Annex2, book: Workbook, now: str = NOW, name: str = "养老服务处.xlsx") -> dict[str, Any]:
    out = io.BytesIO()
    book.save(out)
    (annex2.root / "inbox" / f"{now[:10]}{name}").write_bytes(out.getvalue())
    return annex2.json("collect", now=now)


def codes(collected: dict[str, Any]) -> set[str]:
    return {f["code"] for f in collected["files"][-1]["findings"]}


@pytest.fixture
def asked(annex2: Annex2) -> Annex2:
    """With confirmed targets for 养老服务处, and its form."""
    confirm(annex2, 1, 3, 9, 10, 11)
    annex2("fanout", "2023Q1")
    return annex2


def test_a_form_asks_for_the_targets_of_its_tasks(asked: Annex2) -> None:
    book = load_workbook(asked.form("养老服务处"))
    assert book.sheetnames == ["附件2", SHEET]
    sheet = book[SHEET]
    assert sheet.sheet_state == "visible"
    rows = [[c.value for c in r] for r in sheet.iter_rows(min_row=4)]
    assert [(r[0], r[2], r[3], r[4]) for r in rows] == [
        (1, "居家适老化改造", "2000以上", "户"),
        (2, "区级养老服务中心", 7, "个"),
        (2, CENTRES, 70, "个"),
        (2, HELP, 30, "个"),
        (4, CENTRES, 70, "个"),
        (4, HELP, 30, "个"),
        (5, MEALS, 30, "个"),
        (6, "特殊困难老年人家庭居家适老化改造", "2000以上", "户"),
    ]
    assert sheet.protection.sheet
    assert not sheet["F11"].protection.locked
    (rule,) = sheet.data_validations.dataValidation
    assert str(rule.sqref) == "F4:F11"
    assert sheet.column_dimensions["H"].hidden


def test_done_in_words_and_short_in_figures_is_told(asked: Annex2) -> None:
    asked("fanout", "2023Y")
    texts = ["已完成全年目标任务。", *TEXTS[1:4], "全年新开业老年人供餐点31个，超额完成年度目标任务。", TEXTS[5]]
    book = figures(asked.form("养老服务处", "2023Y"), {"居家适老化改造": 1820, MEALS: 31}, texts)
    collected = send(asked, book, now="2024-01-04T10:00")
    told = [f for f in collected["files"][-1]["findings"] if f["code"] == "done_short"]
    assert [f["message"] for f in told] == [
        "完成情况写着“已完成全年目标任务。”，“居家适老化改造”的累计完成只有 1820户，目标 2000户"
    ]
    assert str(told[0]["where"]).endswith("!F4")
    note = str(row(asked, 1, "居家适老化改造")["提示"])
    assert note == "完成情况写着“已完成全年目标任务。”，填报的累计值只有1820户，目标2000户。"
    assert row(asked, 10, MEALS)["提示"] is None
    type_in(asked, 1, "居家适老化改造", "全年累计值", 2010)  # a person's own figure
    asked("collect", now="2024-01-04T11:00")
    assert row(asked, 1, "居家适老化改造")["提示"] is None


def test_a_form_without_targets_shows_no_second_sheet(asked: Annex2) -> None:
    book = load_workbook(asked.form("社会救助处"))
    assert book[SHEET].sheet_state == "hidden"
    assert not any("{{" in str(c.value) for r in book[SHEET].iter_rows() for c in r)
    assert len(input_rows(book["附件2"])) == 2
    book = load_workbook(asked.form("社会救助处"))
    collected = send(asked, figures_free(asked.form("社会救助处")), name="社会救助处.xlsx")
    assert collected["files"][0]["verdict"].startswith("accepted")


def figures_free(form: Path) -> Workbook:
    return load_workbook(io.BytesIO(fill(form.read_bytes(), approver="邓立")))


def test_figures_come_back_into_the_rounds_column(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {"居家适老化改造": 620, CENTRES: 21, HELP: "12个", MEALS: "９"})
    collected = send(asked, book)
    assert collected["files"][0]["verdict"].startswith("accepted")
    assert row(asked, 1, "居家适老化改造")[FIGURE] == 620
    assert (row(asked, 3, CENTRES)[FIGURE], row(asked, 9, CENTRES)[FIGURE]) == (21, 21)
    assert (row(asked, 3, HELP)[FIGURE], row(asked, 10, MEALS)[FIGURE]) == (12, 9)
    assert row(asked, 3, "区级养老服务中心")[FIGURE] is None
    assert {"figure_differs", "percent_differs"} <= codes(collected)  # 20 in the text of task 9; 40% of 9/30
    assert "完成情况里写的是20个，填报的累计值是21个" in str(row(asked, 9, CENTRES)["提示"])
    assert "填报的累计值" not in str(row(asked, 3, CENTRES)["提示"])  # 21 in its text too
    (item,) = proposals(asked)  # only what the sheet left out
    assert "特殊困难老年人家庭居家适老化改造" in str(item["问题"])
    assert CENTRES not in str(item["问题"])
    before = asked.master.read_bytes()
    asked("collect", now="2023-04-03T12:00")
    assert asked.master.read_bytes() == before
    assert asked.json("rebuild")["differences"] == []


@pytest.mark.parametrize(
    ("value", "code", "verdict", "stands"),
    [
        ("约九个", "figure_not_number", "returned for correction", None),
        ("九", "figure_not_number", "returned for correction", None),
        ("9户", "figure_unit", "returned for correction", None),
        (-3, "figure_negative", "returned for correction", None),
        (6000, "figure_far", "accepted with remarks", 6000),
        (" 9 ", "", "accepted with remarks", 9),
        ("1,000个", "figure_differs", "accepted with remarks", 1000),
        (9.5, "figure_differs", "accepted with remarks", 9.5),
    ],
)
def test_a_figure_that_is_none_is_told(asked: Annex2, value: Any, code: str, verdict: str, stands: Any) -> None:
    collected = send(asked, figures(asked.form("养老服务处"), {MEALS: value}))
    assert collected["files"][0]["verdict"] == verdict
    if code:
        (found,) = (f for f in collected["files"][0]["findings"] if f["code"] == code)
        assert found["where"] == f"{SHEET}!F10"
        assert MEALS in found["message"]
    assert row(asked, 10, MEALS)[FIGURE] == stands
    assert asked.status_text(10) == TEXTS[4]  # the texts are merged all the same


def test_a_changed_unit_is_told(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {"居家适老化改造": 0.062})
    book[SHEET]["E4"].value = "万户"
    assert "figure_unit" in codes(send(asked, book))
    assert row(asked, 1, "居家适老化改造")[FIGURE] is None


def test_below_last_quarters_figure(asked: Annex2) -> None:
    send(asked, figures(asked.form("养老服务处"), {MEALS: 9}))
    asked("fanout", "2023Q2")
    texts = [t.replace("3月底", "6月底").replace("9个，占全年目标的40%", "7个") for t in TEXTS]
    collected = send(asked, figures(asked.form("养老服务处", "2023Q2"), {MEALS: 7}, texts), LATER)
    (found,) = (f for f in collected["files"][-1]["findings"] if f["code"] == "figure_fell")
    assert "7个" in found["message"]
    assert "第一季度的 9个" in found["message"]
    assert row(asked, 10, MEALS)["第二季度累计值"] == 7
    assert "还少2个" in str(row(asked, 10, MEALS)["提示"])


def test_the_persons_figure_wins_and_both_stand_on_the_attention_list(asked: Annex2) -> None:
    type_in(asked, 10, MEALS, FIGURE, 8)
    collected = send(asked, figures(asked.form("养老服务处"), {MEALS: 9}))
    assert "figure_not_applied" in codes(collected)
    assert row(asked, 10, MEALS)[FIGURE] == 8
    (item,) = (r for r in asked.cells("待处理") if r["事项"] == "文字不一致")
    assert item["位置"] == f"指标 第10*项“{MEALS}” {FIGURE}"
    assert decide(asked, item, "采用报送").startswith("已采用报送")
    assert row(asked, 10, MEALS)[FIGURE] == 9
    assert asked.json("rebuild")["differences"] == []


def test_a_correction_replaces_the_figure_that_came_before(asked: Annex2) -> None:
    send(asked, figures(asked.form("养老服务处"), {MEALS: 9}))
    send(asked, figures(asked.form("养老服务处"), {MEALS: 10}), "2023-04-04T10:00")
    assert row(asked, 10, MEALS)[FIGURE] == 10


def test_a_file_that_lost_the_sheet_is_a_good_report(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {MEALS: 9})
    del book[SHEET]
    assert send(asked, book)["files"][0]["verdict"].startswith("accepted")
    assert row(asked, 10, MEALS)[FIGURE] is None


def test_without_stamp_and_keys_the_words_tell_whose_a_figure_is(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {CENTRES: 21, MEALS: 9})
    plain = Workbook()
    for name in book.sheetnames:
        sheet = plain.create_sheet(name)
        for line in book[name].iter_rows(max_col=7 if name == SHEET else 3):
            for cell in line:
                sheet[cell.coordinate].value = cell.value
    del plain["Sheet"]
    plain[SHEET]["F8"].value = 20  # of task 9: its row is told from that of task 3 by 责任事项
    collected = send(asked, plain)
    assert "several_forms" not in codes(collected)
    assert "unknown_row" not in codes(collected)
    assert (row(asked, 3, CENTRES)[FIGURE], row(asked, 9, CENTRES)[FIGURE]) == (21, 20)
    assert row(asked, 10, MEALS)[FIGURE] == 9


def test_a_foreign_row_is_told_and_left_out(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {MEALS: 9})
    book[SHEET]["C12"].value, book[SHEET]["F12"].value = "救助站", 4
    collected = send(asked, book)
    (found,) = (f for f in collected["files"][0]["findings"] if f["code"] == "figure_unknown")
    assert "救助站" in found["message"]


def test_figures_of_tasks_that_were_withdrawn_or_handed_on_are_no_fault_of_the_forms(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {HELP: 12, MEALS: 9})
    asked.type(Sheet.TASKS, "2023-10", "牵头处室", "基层政权处")
    delete_row(asked, "9")
    asked("collect", now="2023-04-03T09:00")
    (gone,) = (r for r in asked.cells("待处理") if r["事项"] == "任务少了")
    asked.type(Sheet.ATTENTION, gone["标识"], "处理意见", "已处理")
    collected = send(asked, book)
    told = {f["where"].rpartition("!")[2]: f["code"] for f in collected["files"][0]["findings"] if SHEET in f["where"]}
    assert told == {"F9": "withdrawn_row", "F10": "handed_over"}
    assert row(asked, 3, HELP)[FIGURE] == 12


def test_a_figure_that_stands_twice_is_told(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {MEALS: 9})
    sheet = book[SHEET]
    line = next(r for r in range(4, sheet.max_row + 1) if sheet.cell(r, 3).value == MEALS)
    for column in range(1, sheet.max_column + 1):
        sheet.cell(13, column).value = sheet.cell(line, column).value
    sheet.cell(13, 6).value = 12
    assert "figure_twice" in codes(send(asked, book))


def test_a_share_typed_as_a_fraction_is_told() -> None:
    share = Indicator("k", "2023-01", "满意率", Decimal(95), "%", "≥")
    typed = FigureRow("k", "满意率", "", "%", 0.35, "指标数据!F4")
    read = read_figures([typed], [(replace(TASK, key="2023-01"), share)], {}, lambda _: None, trusted=True)
    assert [f.code for f in read.findings] == ["figure_fraction"]
    assert not read.values


@pytest.mark.parametrize(
    ("name", "goal", "unit", "text", "value", "times"),
    [
        ("供养资金支出", "1.2", "亿元", "供养资金累计支出6000万元。", 6000, "一万"),
        ("供养资金支出", "1.2", "亿元", "供养资金累计支出6012.3万元。", "6012", "一万"),
        ("供养资金支出", "1.2", "亿元", "供养资金累计支出约6000万元。", 60000000, "一亿"),
        ("发放补贴", "8000", "万元", "累计发放补贴4500万元。", 0.45, "一万"),
        ("改造", "20000", "户", "累计完成改造1.2万户。", 1.2, "一万"),
        ("资金支付率", "90", "%", "资金支付率达到45%。", "0.45", "一百"),
        ("改造", "20000", "户", "累计完成改造120户。", 12000, ""),
        ("改造", "20000", "户", "累计完成改造1.2万户。", 13000, ""),
        ("供养资金支出", "1.2", "亿元", "供养资金累计支出6000万元。", 0.6, ""),
    ],
)
def test_a_figure_in_another_unit_than_the_one_asked_for_is_not_entered(
    name: str, goal: str, unit: str, text: str, value: Any, times: str
) -> None:
    target = Indicator("k/1", "k", name, Decimal(goal), unit, "≥")
    typed = FigureRow("k/1", name, "", unit, value, "指标数据!F4")
    read = read_figures([typed], [(TASK, target)], {"k": text}, lambda _: None, trusted=True)
    assert [f.code for f in read.findings if f.code == "figure_scale"] == ["figure_scale"] * bool(times)
    assert bool(read.values) is not bool(times)
    if times:
        assert f"差{times}倍" in str(read.findings[0].message)


@pytest.mark.parametrize(
    ("number", "code", "figure"),
    [(1200, '#,##0"家"', "1200"), (3, '0"户"', "3"), (40, '"累计"0', "40"), (2, '0"万户"', "20000")],
)
def test_words_of_a_number_s_format_make_its_figure_no_other(number: float, code: str, figure: str) -> None:
    homes = Indicator("k", "2023-01", "改造", Decimal(50000), "户", "≥")
    typed = FigureRow("k", "改造", "", "户", shown(number, code), "指标数据!F4")
    read = read_figures([typed], [(replace(TASK, key="2023-01"), homes)], {}, lambda _: None, trusted=True)
    assert not [f for f in read.findings if f.code in ("figure_unit", "figure_not_number")]
    assert list(read.values.values()) == [figure]


def take_out(annex2: Annex2, *headers: str) -> None:
    """Rename columns of 指标, so that these are no more."""
    book = load_workbook(annex2.master)
    (table,) = book["指标"].tables.values()
    for header in headers:
        (cell,) = (c for r in book["指标"].iter_rows() for c in r if c.value == header)
        (column,) = (c for c in table.tableColumns if c.name == header)
        cell.value = column.name = f"{header}（旧）"
    book.save(annex2.master)


def test_a_column_that_was_taken_out_comes_back_with_the_figures(asked: Annex2) -> None:
    take_out(asked, FIGURE)
    send(asked, figures(asked.form("养老服务处"), {MEALS: 9}))
    assert row(asked, 10, MEALS)[FIGURE] == 9
    assert asked.json("rebuild")["differences"] == []


def test_a_sheet_that_keeps_no_figures_asks_for_none_and_says_so(asked: Annex2) -> None:
    take_out(asked, *(f"{name}累计值" for name in ("第一季度", "第二季度", "第三季度", "全年")))
    _, told, err = asked("fanout", "2023Q2")
    assert "“指标”里有 8 条核对过的指标，却没有一列“…累计值”" in told + err
    assert load_workbook(asked.form("养老服务处", "2023Q2"))[SHEET].sheet_state == "hidden"


def test_rounds_that_replace_all_others_have_their_figures_asked_for_and_kept(asked: Annex2) -> None:
    """An office that reports every month puts its months in the quarters' place."""
    book = load_workbook(asked.master)
    rounds = book["报送节点"]
    months = {"2023Q1": "2023M1", "2023Q2": "2023M2", "2023Q3": "2023M3", "2023Y": "2023M4"}
    for line in rounds.iter_rows(min_row=4):
        if key := months.get(str(line[0].value)):
            line[0].value, line[1].value = key, f"{key[-1]}月"
    book.save(asked.master)
    asked("fanout", "2023M1")
    form = asked.form("养老服务处", "2023M1")
    assert load_workbook(form)[SHEET].sheet_state == "visible"
    send(asked, figures(form, {MEALS: 9}))
    assert row(asked, 10, MEALS)["1月累计值"] == 9
    assert {f"{n}月累计值" for n in range(1, 5)} <= row(asked, 10, MEALS).keys()
    assert asked.json("rebuild")["differences"] == []


def test_both_tables_pasted_under_each_other(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {MEALS: 9})
    main, last = book["附件2"], book["附件2"].max_row + 2
    for line in book[SHEET].iter_rows(max_col=7):
        for cell in line:
            if cell.value is not None:
                main.cell(last + cell.row, cell.column).value = cell.value
    del book[SHEET]
    collected = send(asked, book)
    assert collected["files"][0]["verdict"].startswith("accepted"), collected["files"][0]["findings"]
    assert row(asked, 10, MEALS)[FIGURE] == 9
    assert asked.status_text(11) == TEXTS[5]


@needs_libreoffice
@pytest.mark.parametrize("kind", ["xlsx", "ods", "xls"])
def test_filled_in_libreoffice(asked: Annex2, libreoffice: LibreOffice, kind: str) -> None:
    form = asked.form("养老服务处")
    libreoffice.open(path=str(form))
    for line, text in enumerate(TEXTS, start=5):
        libreoffice.set(ref=f"C{line}", value=text)
    libreoffice.set(ref="C12", value="邓立")
    libreoffice.set(ref="C13", value="2023年4月3日")
    for line, value in ((6, 21), (8, 21), (10, 9)):
        libreoffice.set(ref=f"F{line}", value=value, sheet=SHEET)
    libreoffice.save(path=str(asked.root / "inbox" / f"养老.{kind}"), kind=kind)
    libreoffice.close()
    collected = asked.json("collect", now=NOW)
    assert collected["files"][0]["verdict"].startswith("accepted"), collected["files"][0]["findings"]
    assert (row(asked, 3, CENTRES)[FIGURE], row(asked, 10, MEALS)[FIGURE]) == (21, 9)


def take_back(annex2: Annex2, no: int, now: str) -> None:
    annex2.type(Sheet.RECEIPTS, str(no), "结论", "不处理")
    annex2("collect", now=now)
    assert annex2.json("rebuild")["differences"] == []
    before = annex2.master.read_bytes()
    annex2("collect", now=now)
    assert annex2.master.read_bytes() == before


def test_figures_of_a_report_that_is_taken_back_give_way(asked: Annex2) -> None:
    """What the sheet said, and what a person adopted from the texts."""
    send(asked, figures(asked.form("养老服务处"), {"居家适老化改造": 620, MEALS: 9}))
    (item,) = proposals(asked)
    asked.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "采用")
    asked("collect", now="2023-04-03T11:00")
    adopted = row(asked, 3, CENTRES)[FIGURE]
    assert adopted is not None
    send(asked, figures(asked.form("养老服务处"), {"居家适老化改造": 700, CENTRES: 30}), "2023-04-04T10:00")
    assert (row(asked, 1, "居家适老化改造")[FIGURE], row(asked, 3, CENTRES)[FIGURE]) == (700, 30)
    take_back(asked, 2, "2023-04-04T11:00")
    assert (row(asked, 1, "居家适老化改造")[FIGURE], row(asked, 3, CENTRES)[FIGURE]) == (620, adopted)
    assert str(row(asked, 1, "居家适老化改造")["进度"]).startswith("绿")
    take_back(asked, 1, "2023-04-04T12:00")
    for no, name in ((1, "居家适老化改造"), (3, CENTRES), (10, MEALS)):
        assert row(asked, no, name)[FIGURE] is None
        assert row(asked, no, name)["进度"] == "灰 没有填报数"
    assert all(p["处理结果"] for p in proposals(asked))


def test_what_stands_beside_a_figure_is_told(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {"居家适老化改造": 620})
    book[SHEET]["G5"] = "市里3月下旬才下达计划，一季度没有数"
    book[SHEET]["G6"] = "无"
    collected = send(asked, book)
    (note,) = (f for f in collected["files"][-1]["findings"] if f["code"] == "figure_note")
    assert note["message"] == "“区级养老服务中心”的说明写着“市里3月下旬才下达计划，一季度没有数”，没有写入台账"
    assert str(note["where"]).endswith("指标数据!G5")
    (receipt,) = asked.cells("收件记录")
    assert "3月下旬才下达计划" in str(receipt["原因"])


def test_rows_that_were_moved_without_their_hidden_key_are_what_people_see(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {})
    sheet = book[SHEET]
    sheet["F6"], sheet["F8"] = 21, 24
    for column in range(1, 8):
        upper, lower = sheet.cell(6, column), sheet.cell(8, column)
        upper.value, lower.value = lower.value, upper.value
    send(asked, book)
    assert (row(asked, 3, CENTRES)[FIGURE], row(asked, 9, CENTRES)[FIGURE]) == (21, 24)


def test_a_rate_may_be_below_zero() -> None:
    rate = Indicator("k/1", "k", "人口自然增长率", Decimal("1.5"), "%", "≥")
    row_ = FigureRow("k/1", rate.name, "", "%", -0.8, "指标数据!F4")
    read = read_figures([row_], [(TASK, rate)], {}, lambda _: None, trusted=True)
    assert (read.values, read.findings) == ({"k/1": "-0.8"}, ())
    typed = replace(row_, value="-1.2%", unit="%")
    assert read_figures([typed], [(TASK, rate)], {}, lambda _: None, trusted=True).values == {"k/1": "-1.2"}
    growth = replace(rate, name="投诉增长率", value=Decimal(10), direction="≤")
    fraction = replace(row_, indicator=growth.name, value=-0.05)  # -5% in a cell of per cents
    told = read_figures([fraction], [(TASK, growth)], {}, lambda _: None, trusted=True).findings
    assert [f.code for f in told] == ["figure_fraction"]


def test_a_figure_that_nothing_computed_is_told() -> None:
    homes = Indicator("k/1", "k", "改造", Decimal(2000), "户", "≥")
    row_ = FigureRow("k/1", homes.name, "", "户", None, "指标数据!F4", unsaved=True)
    read = read_figures([row_], [(TASK, homes)], {}, lambda _: None, trusted=True)
    assert [f.code for f in read.findings] == ["formula_unsaved"]


def test_an_older_figure_that_is_found_later_does_not_replace_the_newer_one(asked: Annex2) -> None:
    send(asked, figures(asked.form("养老服务处"), {"居家适老化改造": 620}), now="2023-04-04T10:00")
    out, mail = io.BytesIO(), EmailMessage()
    figures(asked.form("养老服务处"), {"居家适老化改造": 310}).save(out)
    mail["Subject"], mail["Received"] = "报送", "from a by b; Mon, 3 Apr 2023 09:00:00 +0800"
    mail.add_attachment(out.getvalue(), maintype="application", subtype="octet-stream", filename="表.xlsx")
    (asked.root / "inbox" / "旧邮件.eml").write_bytes(mail.as_bytes())
    asked("collect", now="2023-04-04T11:00")
    assert row(asked, 1, "居家适老化改造")[FIGURE] == 620
    (item,) = (r for r in asked.cells("待处理") if r["事项"] == "待裁定")
    assert "以前" in str(item["问题"])


def test_an_indicator_whose_name_was_put_right_is_still_meant_by_the_form_of_before(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {"居家适老化改造": 620})
    type_in(asked, 1, "居家适老化改造", "指标", "居家适老化改造户数")
    send(asked, book)
    assert row(asked, 1, "居家适老化改造户数")[FIGURE] == 620


def test_one_of_several_whose_name_was_put_right(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {CENTRES: 55, HELP: 12})
    type_in(asked, 3, CENTRES, "指标", "新建社区老年人服务中心")
    send(asked, book)
    assert (row(asked, 3, "新建社区老年人服务中心")[FIGURE], row(asked, 3, HELP)[FIGURE]) == (55, 12)


def test_a_figure_of_an_indicator_that_was_dropped_is_nobodys(asked: Annex2) -> None:
    book = figures(asked.form("养老服务处"), {CENTRES: 55})
    type_in(asked, 3, CENTRES, "口径", "待确认")
    type_in(asked, 3, "区级养老服务中心", "口径", "待确认")  # one of three is left
    collected = send(asked, book)
    assert row(asked, 3, HELP)[FIGURE] is None
    assert "figure_unknown" in codes(collected)


def test_a_share_typed_with_its_sign_is_a_number_of_per_cents(annex2: Annex2) -> None:
    """Excel keeps 23% as 0.23 in a cell that shows per cents."""
    type_in(annex2, 10, MEALS, "单位", "%")
    confirm(annex2, 10)
    annex2("fanout", "2023Q1")
    book = figures(annex2.form("养老服务处"), {MEALS: 0.23})
    book[SHEET]["F4"].number_format = "0%"
    assert "figure_fraction" not in codes(send(annex2, book))
    assert row(annex2, 10, MEALS)[FIGURE] == 23
