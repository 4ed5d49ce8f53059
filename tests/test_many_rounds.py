"""An office that reports every month, or has forty divisions: more rounds, and more rows, than one page can show."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT
from docx.shared import Mm
from libreoffice import LibreOffice, needs_libreoffice
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.heights import DIGIT
from toolkit.model import Round
from toolkit.newbook import WITHOUT_SONG
from toolkit.notice import read_notice
from toolkit.opening import master_of
from toolkit.xlsx import Workbook


def pages(sheet: Worksheet) -> tuple[int, str | None, str | None]:
    return sheet.page_setup.fitToWidth, sheet.print_title_rows, sheet.print_title_cols


@pytest.fixture
def monthly(annex2: Annex2, shared: Path) -> Annex2:
    notice = read_notice(shared / "seed" / "notice.docx")
    kind = notice.rounds[0].kind
    ends = [date(2023 + month // 12, month % 12 + 1, 5) for month in range(1, 13)]
    rounds = tuple(Round(f"2023-{n:02d}", f"{n}月", day, kind) for n, day in enumerate(ends, 1))
    annex2.master.write_bytes(master_of(replace(notice, rounds=rounds)))
    return annex2


@pytest.fixture
def large(annex2: Annex2, shared: Path) -> Annex2:
    """Forty divisions whose names take several lines, with a task each."""
    notice = read_notice(shared / "seed" / "notice.docx")
    names = [f"第{n}养老服务与老年人权益保障指导处（市老龄工作委员会办公室）" for n in range(1, 41)]
    one = replace(notice.tasks[0], section="民政")
    tasks = tuple(replace(one, key=f"2023-{n:02d}", no=n, division=d) for n, d in enumerate(names, 1))
    annex2.master.write_bytes(master_of(replace(notice, tasks=tasks)))
    return annex2


def test_twelve_rounds_are_printed_on_several_pages_side_by_side(monthly: Annex2) -> None:
    for key in ("2023-01", "2023-02"):
        monthly("fanout", key)
        monthly.deliver("社会救助处", key, name=f"{key}.xlsx")
    monthly("collect", now="2023-03-03T10:00")
    monthly("summary", now="2023-03-20T10:00")
    (made,) = (monthly.root / "summary").glob("*.xlsx")
    sheet = load_workbook(made)["任务完成情况"]
    (header,) = ([c.value for c in r] for r in sheet.iter_rows() if r[0].value == "序号")
    assert [h for h in header if str(h).endswith("月完成情况")] == [f"{n}月完成情况" for n in range(1, 5)]
    told = [r[0].value for r in sheet.iter_rows(max_row=4)]
    assert any("还没到时候的节点没有列：5月、6月" in str(t) for t in told)
    assert pages(sheet)[0] == 1
    monthly("summary", now="2024-01-20T10:00")
    sheet = load_workbook(made)["任务完成情况"]
    (header,) = ([c.value for c in r] for r in sheet.iter_rows() if r[0].value == "序号")
    assert sum(str(h).endswith("月完成情况") for h in header) == 12
    assert pages(sheet)[0] == 3
    assert pages(sheet)[2] == "$A:$D"
    rounds, divisions, _ = load_workbook(made)["总览"]._charts
    assert [bool(s.dLbls) for c in (rounds, divisions) for s in c.series] == [False, False, True, True]


@needs_libreoffice
def test_the_columns_of_rounds_that_are_no_more_may_be_deleted(annex2: Annex2, libreoffice: LibreOffice) -> None:
    """As the sheet 说明 says; an office put its months into the quarters' rows."""
    book = load_workbook(annex2.master)
    for line in book["报送节点"].iter_rows(min_row=4):
        if str(line[0].value).startswith("2023"):
            month = line[0].row - 3
            line[0].value, line[1].value = f"2023M{month}", f"{month}月"
    book.save(annex2.master)
    annex2("collect", now="2023-03-20T10:00")
    gone = ("第一季度", "第二季度", "第三季度", "全年")
    libreoffice.open(path=str(annex2.master))
    for sheet in ("任务台账", "报送情况", "指标"):
        lines = ([str(c.value) for c in r] for r in load_workbook(annex2.master)[sheet].iter_rows())
        headers = next(line for line in lines if line[0] in ("序号", "处室"))
        for at in reversed([i for i, h in enumerate(headers, start=1) if h.startswith(gone)]):
            libreoffice.delete_columns(at=at, count=1, sheet=sheet)
    libreoffice.save()
    libreoffice.close()
    annex2("fanout", "2023M1")
    annex2.deliver("社会救助处", "2023M1")
    _, told, err = annex2("collect", now="2023-03-30T10:00")
    assert "新的 1 份" in told, err
    row = next(r for r in annex2.cells("任务台账") if r["序号"] == 13)
    assert row["1月报送状态"] == "按时"
    assert not any(h.startswith(gone) for h in row)
    assert next(r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")["1月"]


def across(sheet: Worksheet) -> float:
    """How many pages wide a sheet is printed at its own scale, its repeated columns left out of account."""
    assert not sheet.sheet_properties.pageSetUpPr.fitToPage
    shown = sum(d.width for d in sheet.column_dimensions.values() if not d.hidden)
    paper = {8: 39.0, 9: 26.7}[int(sheet.page_setup.paperSize)] / 2.54 * 72
    return shown * DIGIT * sheet.page_setup.scale / 100 / paper


def test_four_quarters_are_printed_on_one(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    assert across(book["任务台账"]) <= 1
    assert across(book["报送情况"]) <= WITHOUT_SONG


def test_rounds_that_are_added_make_no_print_smaller(annex2: Annex2) -> None:
    """Fitted to one page of A3, 任务台账 with fourteen rounds could not be read."""
    before = {s: load_workbook(annex2.master)[s].page_setup.scale for s in ("任务台账", "报送情况")}
    book = Workbook.open(annex2.master)
    days = [date(2023, n, 25) for n in range(1, 11)]
    added = [{"编号": f"2023M{d.month}", "名称": f"{d.month}月", "表种": "附件2", "截止日期": d} for d in days]
    book.table("报送节点").append(added)
    annex2.master.write_bytes(book.to_bytes())
    annex2("collect", now="2023-01-03T10:00")
    made = load_workbook(annex2.master)
    assert {s: made[s].page_setup.scale for s in before} == before
    assert (made["任务台账"].print_title_cols, made["报送情况"].print_title_cols) == ("$A:$D", "$A:$B")
    assert across(made["任务台账"]) > 2
    assert across(made["报送情况"]) > 1
    assert min(before.values()) > 50


def test_many_divisions_are_printed_below_one_header(large: Annex2) -> None:
    """What stands above the table, twelve rows, is printed once; a long name takes two lines."""
    sheet = load_workbook(large.master)["报送情况"]
    header = next(r[0].row for r in sheet.iter_rows() if r[0].value == "处室")
    assert sheet.print_title_rows == f"${header}:${header}"
    assert sheet.column_dimensions["A"].width == 30
    assert sheet.row_dimensions[header + 1].height < 40


@pytest.mark.parametrize("order", [("2023Q4", "2023Y"), ("2023Y", "2023Q4")])
def test_the_whole_year_is_not_the_fourth_quarter(annex2: Annex2, shared: Path, order: tuple[str, str]) -> None:
    """Both are due on 5 January: what tells the year is 全年, whichever row stands first."""
    notice = read_notice(shared / "seed" / "notice.docx")
    end, names = date(2024, 1, 5), {"2023Q4": "第四季度", "2023Y": "全年"}
    rounds = tuple(Round(key, names[key], end, notice.rounds[0].kind) for key in order)
    annex2.master.write_bytes(master_of(replace(notice, rounds=rounds)))
    for key, said in (("2023Q4", "还没有完成，本季新建20个"), ("2023Y", "已完成全年目标任务，共新建102个")):
        annex2("fanout", key, now="2023-12-20T09:00")
        annex2.deliver("社会救助处", key, name=f"{key}.xlsx", texts=(said, said))
    annex2("collect", now="2024-01-04T10:00")
    assert [r["位置"] for r in annex2.cells("待处理") if str(r["标识"]).startswith("closing:")] == [
        "任务台账 第2*项 销号状态",
        "任务台账 第13*项 销号状态",
    ]
    annex2("summary", now="2024-01-08T10:00")
    (made,) = (annex2.root / "summary").glob("*.docx")
    text = "\n".join(p.text for p in Document(str(made)).paragraphs)
    assert "共新建102个" in text
    assert "本季新建20个" not in text
    following = annex2.root.parent / "2024"
    annex2("rollover", "2024", following, now="2024-01-10T10:00")
    sheet = load_workbook(following / "master.xlsx")["上年完成情况"]
    assert any("共新建102个" in str(c.value) for row in sheet.iter_rows() for c in row)


def test_a_round_that_has_the_year_in_its_name(annex2: Annex2, shared: Path) -> None:
    notice = read_notice(shared / "seed" / "notice.docx")
    rounds = (Round("2023Q1", "2023年第一季度", date(2023, 4, 5), notice.rounds[0].kind),)
    annex2.master.write_bytes(master_of(replace(notice, rounds=rounds)))
    code, out, _ = annex2("fanout", "2023Q1", "--division", "救助")  # only one division is called so
    assert (code, "2023年市民政局社会救助处第一季度工作目标完成情况.xlsx" in out) == (0, True)
    (form,) = (annex2.root / "outbox" / "2023Q1").glob("*.xlsx")
    titles = [str(r[0].value) for s in load_workbook(form) for r in s.iter_rows(max_row=2) if r[0].value]
    assert "2023年市民政局社会救助处第一季度工作目标完成情况" in titles
    assert not any(t.count("2023年") > 1 for t in titles)
    assert annex2("fanout", "2023Q1", "--division", "处")[0] == 2
    filled = load_workbook(form)
    filled.worksheets[0]["C5"] = filled.worksheets[0]["C6"] = "已走访困难家庭430户，新纳入212户。"
    filled.save(annex2.root / "inbox" / "表.xlsx")
    assert annex2.json("collect", now="2023-04-03T10:00")["files"][0]["division"] == "社会救助处"
def test_what_each_page_across_repeats_has_no_sentence_over_its_edge(monthly: Annex2) -> None:
    """A cell that reaches beyond the repeated columns would be printed cut on each page but the first."""
    monthly("summary", now="2024-01-20T10:00")
    (made,) = (monthly.root / "summary").glob("*.xlsx")
    sheet = load_workbook(made)["任务完成情况"]
    assert sheet.print_title_cols == "$A:$D"
    assert {(m.min_col, m.max_col) for m in sheet.merged_cells.ranges} == {(1, 4)}
    assert sheet["A1"].value == "2023年度工作任务完成情况"


def test_a_long_table_goes_on_below_its_header_and_its_chart_is_not_cut(large: Annex2) -> None:
    large("summary", now="2023-04-10T10:00")
    (made,) = (large.root / "summary").glob("*.xlsx")
    sheet = load_workbook(made)["总览"]
    ends = [b.id for b in sheet.row_breaks.brk]
    firsts = [sheet.cell(n + 1, 1).value for n in ends]
    assert firsts.count("处室（单位）") >= 2
    assert set(firsts) <= {"处室（单位）", None}  # None: a chart, or the space above a heading
    _, chart, _ = sheet._charts
    assert chart.anchor._from.row - 1 in ends  # one row below the break; an anchor's rows are counted from 0
    names = [c.value for c in sheet["A"] if str(c.value).startswith("第")][-40:]
    shown = "".join(chart.series[0].cat.strRef.f).replace("'总览'!$A$", "").strip("()").split(",")
    spans = [[int(n) for n in part.replace("$A$", "").split(":")] for part in shown]
    assert [sheet.cell(n, 1).value for first, last in spans for n in range(first, last + 1)] == names


def test_the_table_of_states_breaks_no_number(monthly: Annex2) -> None:
    monthly("summary", now="2024-01-20T10:00")
    (made,) = (monthly.root / "summary").glob("*.docx")
    table = Document(str(made)).tables[-1]
    widths = [cell.width.mm for cell in table.rows[0].cells if cell.width]
    assert len(widths) == 15
    assert min(widths) > 7.9
    assert 224 < sum(widths) < 226  # of a page that lies


def test_rounds_stand_in_the_order_of_time_and_divisions_as_in_the_tracker(annex2: Annex2, tmp_path: Path) -> None:
    """A round that is added below 全年 is due before it; people sort the rows of 报送情况 as their office is listed."""
    book = load_workbook(annex2.master)
    sheet = book["报送节点"]
    for column, value in enumerate(("2023P", "办理方案", "办理方案", date(2023, 3, 10)), start=1):
        sheet.cell(sheet.max_row + (column == 1), column).value = value
    sheet.tables["报送节点"].ref = f"A3:{sheet.cell(3, sheet.max_column).column_letter}{sheet.max_row}"
    rows = {r[0].value: r for r in book["报送情况"].iter_rows()}
    first, second = rows["养老服务处"], rows["社会救助处"]
    for a, b in zip(first[:2], second[:2], strict=True):
        a.value, b.value = b.value, a.value
    book.save(annex2.master)
    annex2("collect", now="2023-03-20T10:00")
    names = ["办理方案", "第一季度", "第二季度", "第三季度", "全年"]
    divisions = ["社会救助处", "养老服务处", "儿童福利处", "基层政权处"]
    told = annex2.json("status", now="2023-03-20T10:00")["rounds"]
    assert [r["name"] for r in told] == names
    assert [d["division"] for d in told[0]["divisions"]] == divisions
    page = tmp_path / "页.html"
    annex2("status", "--html", page, now="2023-03-20T10:00")
    text = page.read_text("utf-8")
    for order in ([f"<th>{n}<small>" for n in names], [f'<td class="who">{d}<' for d in divisions]):
        places = [text.index(word) for word in order]
        assert places == sorted(places)
    annex2("summary", now="2023-03-20T10:00")
    (made,) = (annex2.root / "summary").glob("*.xlsx")
    overview = [str(r[0].value) for r in load_workbook(made)["总览"].iter_rows() if r[0].value]
    for order in (names, divisions):
        places = [next(i for i, v in enumerate(overview) if v.removesuffix("（未到期）") == n) for n in order]
        assert places == sorted(places)


def sections(document: DocumentObject) -> list[tuple[bool, int]]:
    return [(s.orientation == WD_ORIENT.LANDSCAPE, round((s.page_width or Mm(0)).mm)) for s in document.sections]


def test_a_table_of_many_rounds_lies_and_says_what_its_signs_mean(monthly: Annex2) -> None:
    """Thirteen columns have no room for words; the page is turned for the table alone."""
    book = Workbook.open(monthly.master)
    row = {"编号": "2023Y", "名称": "全年", "表种": "附件2", "截止日期": date(2024, 1, 10)}
    book.table("报送节点").append([row])
    monthly.master.write_bytes(book.to_bytes())
    monthly("fanout", "2023-01")
    monthly.deliver("社会救助处", "2023-01")
    monthly("collect", now="2023-02-03T10:00")
    monthly("summary", now="2024-01-07T10:00")
    (made,) = (monthly.root / "summary").glob("*.docx")
    document = Document(str(made))
    assert sections(document) == [(False, 210), (True, 297)]
    assert "注：√ 按时；× 逾期未报；○ 即将到期。表头的数字是月份。" in [p.text for p in document.paragraphs]
    (head, *rows) = ([c.text for c in r.cells] for r in document.tables[-1].rows)
    assert head[3:] == [*map(str, range(1, 13)), "全年"]
    assert next(r for r in rows if r[0] == "2")[3:] == ["√", *["×"] * 11, "○"]
    assert all(len(r[1]) <= 62 for r in rows)
    # an office that has had its own template since before: no page is turned, and no text with it
    old = Document(str(monthly.root / "templates/summary.docx"))
    end = next(p for p in old.paragraphs if p._p.xpath("w:pPr/w:sectPr"))
    end._p.getparent().remove(end._p)
    for cell in old.tables[-1]._cells:
        for run in cell.paragraphs[0].runs:
            for new, was in (("heads", "columns"), ("row.marks", "row.states"), ("row.brief", "row.text")):
                run.text = run.text.replace(new, was)
    old.save(str(monthly.root / "templates/summary.docx"))
    monthly("summary", now="2024-01-07T10:00")
    document = Document(str(made))
    assert sections(document) == [(False, 210)]
    assert [c.text for c in document.tables[-1].rows[0].cells][3:] == [*(f"{n}月" for n in range(1, 13)), "全年"]
