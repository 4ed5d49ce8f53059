"""Targets in what is shown of the year: the three shapes of the summary, the status page, `status`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from openpyxl import load_workbook

from toolkit.demo import run
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.workspace import Workspace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "targets"))
from test_indicators import CENTRES, FIGURE, HELP, MEALS, confirm, type_in

NOW = "2023-07-20T09:00"


@pytest.fixture
def shown(annex2: Annex2) -> Annex2:
    """Figures of two quarters: one fell, one differs from the other task's, one is missing."""
    confirm(annex2, 3, 9, 10, 12)
    for no, name, spring, summer in ((10, MEALS, 12, 9), (3, CENTRES, 20, 40), (9, CENTRES, 20, 38)):
        type_in(annex2, no, name, FIGURE, spring)
        type_in(annex2, no, name, "第二季度累计值", summer)
    return annex2


def test_in_all_three_shapes_of_the_summary(shown: Annex2) -> None:
    shown("summary", now=NOW)
    folder = shown.root / "summary"
    (book,) = (load_workbook(p) for p in folder.glob("*汇总.xlsx"))
    rows = [[c.value for c in r] for r in book["指标完成情况"].iter_rows() if r[1].value]
    by_name = {(r[0], r[1]): r for r in rows}
    meals = by_name["10*", MEALS]
    assert meals[3:7] == ["30个", "9个", 0.3, "！ 滞后（第二季度，序时50%）"]
    assert "比第一季度的12个还少3个" in meals[7]
    assert by_name["12*", "区级儿童福利指导中心"][4:7] == ["—", None, "－ 第二季度没有填报数"]
    document = Document(str(next(folder.glob("*汇总.docx"))))
    words = "\n".join(p.text for p in document.paragraphs)
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    page = next(folder.glob("*汇总.html")).read_text("utf-8")
    for text in (words + "\n".join(cells), page):
        for said in (
            "指标完成情况",
            "量化指标7项：跟上序时2项、滞后1项、没有填报数4项；数字需要核对的3项",
            "！ 滞后（第二季度，序时50%）",
            "比第一季度的12个还少3个",
            "第3项和第9项是同一项工作",
        ):
            assert said in text


def test_at_the_years_end_what_is_done_is_counted_as_done(annex2: Annex2) -> None:
    confirm(annex2, 3, 10)
    for no, name, value in ((10, MEALS, 30), (3, CENTRES, 80)):
        type_in(annex2, no, name, "全年累计值", value)
    type_in(annex2, 3, HELP, "全年累计值", 29)
    _, out, _ = annex2("status", now="2024-01-20T09:00")
    assert "✓ 完成（含超额） 2 项，✗ 到期未完成 1 项" in out
    annex2("summary", now="2024-01-20T09:00")
    document = Document(str(next((annex2.root / "summary").glob("*汇总.docx"))))
    assert any("完成（含超额）2项、到期未完成1项" in p.text for p in document.paragraphs)
    assert "✗ 未完成（全年，序时100%）" in [c.text for t in document.tables for r in t.rows for c in r.cells]


def test_what_is_short_of_its_target_is_not_whole(annex2: Annex2) -> None:
    confirm(annex2, 10)
    type_in(annex2, 10, MEALS, "第二季度累计值", 29.99)
    annex2("collect", now=NOW)
    annex2("summary", now=NOW)
    folder = annex2.root / "summary"
    (book,) = (load_workbook(p) for p in folder.glob("*汇总.xlsx"))
    (row,) = ([c.value for c in r] for r in book["指标完成情况"].iter_rows() if r[1].value == MEALS)
    assert row[5] == 0.999
    (cell,) = (r["完成率"] for r in annex2.cells("指标") if r["指标"] == MEALS)
    assert cell == 0.999
    page = next(folder.glob("*汇总.html")).read_text("utf-8")
    assert '<td class="n">29.99个</td><td class="n">99.9%</td>' in page


def test_on_the_status_page_and_in_status(shown: Annex2, tmp_path: Path) -> None:
    page = tmp_path / "页.html"
    _, out, _ = shown("status", "--html", page, now=NOW)
    assert "指标：✓ 跟上序时 2 项，！ 滞后 1 项，－ 没有填报数 4 项，数字需要核对的 3 项" in out
    text = page.read_text("utf-8")
    assert "四、指标进度" in text
    assert "五、收到的文件" in text
    assert "滞后（第二季度，序时50%）" in text
    meals = next(t for t in shown.json("status", now=NOW)["targets"] if t["indicator"] == MEALS)
    assert (meals["light"], meals["rate"], meals["done"]) == ("yellow", 0.3, "9个")


def test_a_supporting_task_is_shown_only_where_somebody_wrote_a_figure(annex2: Annex2) -> None:
    confirm(annex2, 10)
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    next(r for r in sheet.iter_rows(min_row=4) if r[0].value == 10)[1].value = None  # no ★: no form asks for it
    book.save(annex2.master)
    assert annex2.json("status", now=NOW)["targets"] == []
    type_in(annex2, 10, MEALS, FIGURE, 12)
    assert [t["done"] for t in annex2.json("status", now=NOW)["targets"]] == ["12个（第一季度）"]


def test_a_closed_task_stands_by_its_last_figure(annex2: Annex2) -> None:
    """Later rounds do not ask for it: that they have no figure says nothing."""
    confirm(annex2, 10, 12)
    type_in(annex2, 10, MEALS, FIGURE, 12)
    type_in(annex2, 10, MEALS, "第二季度累计值", 31)
    annex2.type(Sheet.TASKS, "2023-10", "销号状态", "已销号")
    annex2("collect", now="2023-07-20T09:00")
    year = "2024-01-20T09:00"
    lights = {t["indicator"]: (t["light"], t["done"]) for t in annex2.json("status", now=year)["targets"]}
    assert lights[MEALS] == ("green", "31个")
    assert lights["区级儿童福利指导中心"] == ("grey", "—")
    annex2("summary", now=year)
    (book,) = (load_workbook(p) for p in (annex2.root / "summary").glob("*汇总.xlsx"))
    rows = [[c.value for c in r] for r in book["指标完成情况"].iter_rows() if r[1].value == MEALS]
    assert rows[0][4:7] == ["31个", 1.0333, "✓ 超额完成（第二季度，序时50%）"]


def test_an_office_without_targets_is_told_nothing_of_them(annex2: Annex2, tmp_path: Path) -> None:
    page = tmp_path / "页.html"
    _, out, _ = annex2("status", "--html", page, now=NOW)
    assert "指标" not in out
    assert "指标进度" not in page.read_text("utf-8")
    annex2("summary", now=NOW)
    (book,) = (load_workbook(p) for p in (annex2.root / "summary").glob("*汇总.xlsx"))
    assert "指标完成情况" not in book.sheetnames


def test_the_years_figures_counted_again_from_the_originals(tmp_path: Path) -> None:
    """A naive path: openpyxl over the archive's originals, by the words of each sheet; nothing of the program's."""
    folder = tmp_path / "演示"
    run(folder, io.StringIO())
    workspace = Workspace(folder)
    master = load(workspace).master
    figures: dict[tuple[str, int, str], object] = {}
    texts: dict[tuple[str, str], str] = {}
    for receipt in master.receipts:  # in their order: a later file replaces an earlier one
        if receipt.verdict.label.startswith(("接收", "退回")) and receipt.round:
            if not (folder / receipt.archive).name.endswith(".xlsx"):
                continue
            book = load_workbook(folder / receipt.archive)
            if "附件2" not in book.sheetnames:
                continue  # another kind of form
            for row in book["附件2"].iter_rows(min_row=5, max_col=3, values_only=True):
                if isinstance(row[0], int) and row[2]:
                    texts[receipt.round, str(row[1])] = str(row[2])
            for row in book["指标数据"].iter_rows(min_row=4, max_col=6, values_only=True):
                if row[2] and row[5] is not None:
                    figures[receipt.round, row[0], f"{receipt.division}{row[2]}"] = row[5]
    shown = load_workbook(folder / "master.xlsx")["指标"]
    header = {c.value: i for i, c in enumerate(shown[3])}
    standing = [
        row[header[f"{name}累计值"]]
        for row in shown.iter_rows(min_row=4, values_only=True)
        for name in ("第一季度", "第二季度", "第三季度", "全年")
    ]
    assert sorted(v for v in standing if v is not None) == sorted(figures.values())  # type: ignore[type-var]
    (summary,) = (load_workbook(p) for p in (folder / "summary").glob("*汇总.xlsx"))
    rows = [r for r in summary["指标完成情况"].iter_rows(values_only=True) if isinstance(r[5], (int, float))]
    last = {k[1:]: v for k, v in figures.items() if k[0] == "2023Y"}
    assert len(rows) == len(last)
    assert sorted(int(str(r[4]).rstrip("个户")) for r in rows) == sorted(last.values())  # type: ignore[type-var]
    for r in rows:
        goal, done = (float(str(x).lstrip("≥").rstrip("个户")) for x in (r[3], r[4]))
        assert r[5] == pytest.approx(done / goal, abs=1e-4)
    whole = {item for round_, item in texts if round_ == "2023Y"}
    owed = [t for t in master.office.tasks if t.starred]
    tasks = summary["任务完成情况"]  # no page ends with the heading of a section
    assert [tasks.cell(b.id + 1, 1).value for b in tasks.row_breaks.brk] == ["市政府民生实事民政任务"]
    figures_shown = _key_figures(summary["总览"])
    assert f"已报全年情况{len(whole)}/{len(owed)}项" in figures_shown
    assert "已销号9项" in figures_shown
    assert "任务状态" not in figures_shown  # nobody filled it: 0项 beside nine that are closed would mislead


def _key_figures(sheet: object) -> str:
    cells = {(c.row, c.column): c.value for r in sheet.iter_rows() for c in r if c.value is not None}  # type: ignore[attr-defined]
    return "；".join(f"{v}{cells.get((r + 1, c), '')}" for (r, c), v in cells.items())
