"""The three shapes: the same content, nothing cut, nothing taken for a formula, a tag or a placeholder."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document
from docx.enum.section import WD_SECTION
from docx.oxml.ns import qn
from docx.shared import Mm
from openpyxl import Workbook, load_workbook

from summary.years import FORMULA, LONG, TASKS, at, year
from toolkit.errors import TemplateError
from toolkit.soffice import find_soffice
from toolkit.summary import build_summary, content, narrow
from toolkit.summary.design import make_template
from toolkit.summary.frames import Gap, make_frames, records

NAME = "2024年度工作目标完成情况汇总"
TEMPLATES = Path(__file__).parents[2] / "templates"
CLEAN = FORMULA.replace("\x07", "")
PLAIN = "鹭洲水务稳步推进完成全年目标任务"


@pytest.fixture(scope="module")
def draft() -> Mapping[str, bytes]:
    return build_summary(*year("2024-11-01 09:00"))


@pytest.fixture(scope="module")
def final() -> Mapping[str, bytes]:
    return build_summary(*year("2025-01-10 09:00"))


@pytest.fixture(scope="module")
def book(draft: Mapping[str, bytes]) -> Workbook:
    return load_workbook(io.BytesIO(draft[f"{NAME}.xlsx"]))


def lines(data: bytes) -> list[str]:
    """A document's paragraphs, those in tables too."""
    body = Document(io.BytesIO(data)).element.body
    return ["".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p"))]


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page(data: bytes) -> _Text:
    parser = _Text()
    parser.feed(data.decode("utf-8"))
    return parser


def test_three_files_and_the_same_bytes(draft: Mapping[str, bytes]) -> None:
    assert list(draft) == [f"{NAME}.xlsx", f"{NAME}.docx", f"{NAME}.html"]
    assert build_summary(*year("2024-11-01 09:00")) == draft
    for name in list(draft)[:2]:
        with zipfile.ZipFile(io.BytesIO(draft[name])) as z:
            assert {i.date_time for i in z.infolist()} == {(2024, 11, 1, 0, 0, 0)}
            core = z.read("docProps/core.xml").decode()
        assert set(re.findall(r">(\d{4}-[^<]*)<", core)) == {"2024-11-01T00:00:00Z"}


def test_valid_by_the_schemas(
    draft: Mapping[str, bytes], final: Mapping[str, bytes], tmp_path: Path, shared: Path
) -> None:
    paths = [TEMPLATES / "summary.docx"]
    for number, made in enumerate((draft, final, build_summary(*year("2024-02-01 09:00", supporting=True)))):
        for ending in ("xlsx", "docx"):
            path = tmp_path / f"{number}.{ending}"
            path.write_bytes(made[f"{NAME}.{ending}"])
            paths.append(path)
    command = [sys.executable, shared / "check_ooxml.py", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""


# the workbook


def test_sheets_and_charts(book: Workbook) -> None:
    assert book.sheetnames == ["总览", "任务完成情况", "报送记录", "缺报与逾期"]
    charts = book["总览"]._charts
    assert len(charts) == 3
    for chart in charts:
        assert chart.type == "col"
        assert chart.x_axis.delete is False
        assert chart.y_axis.delete is False
        for title in (chart.title, chart.x_axis.title, chart.y_axis.title):
            assert title.tx.rich.p[0].r[0].t
    sheet = book["总览"]
    top = next(c.row for c in sheet["A"] if c.value == "节点")
    assert [sheet.cell(top, c).value for c in (7, 8)] == ["完整率", "按时率"]
    names = ["第一季度", "第二季度", "第三季度", "全年（未到期）", "已到期合计"]
    assert [sheet.cell(top + n, 1).value for n in range(1, 6)] == names
    assert [sheet.cell(top + n, 8).value for n in range(1, 6)] == [2 / 3, 2 / 3, 1 / 2, None, 5 / 8]
    rows = f"{top + 1}:$%s${top + 4}"
    assert [s.val.numRef.f for s in charts[0].series] == [f"'总览'!${c}${rows % c}" for c in "GH"]


def test_figures_at_the_bars_have_one_format_and_room(draft: Mapping[str, bytes]) -> None:
    """Without sourceLinked LibreOffice writes 100%100.0%; with an axis that ends at 100% they stand on the title."""
    with zipfile.ZipFile(io.BytesIO(draft[f"{NAME}.xlsx"])) as packed:
        charts = [packed.read(n).decode() for n in packed.namelist() if n.startswith("xl/charts/chart")]
    for chart in charts:
        labels = re.findall(r"<dLbls>.*?</dLbls>", chart)
        assert labels
        assert all('sourceLinked="0"' in text for text in labels)
        assert '<max val="1.15"/>' in chart


def test_every_text_is_in_the_workbook_as_text(book: Workbook) -> None:
    """Long texts go on in the rows below; joined, they are what the master says."""
    master, _, _ = year("2024-11-01 09:00")
    sheet = book["任务完成情况"]
    header = next(r for r in range(1, 9) if sheet.cell(r, 1).value == "序号")
    rounds = {f"{r.name}完成情况": r.key for r in master.office.rounds}
    columns = {c: rounds[str(sheet.cell(header, c).value)] for c in range(7, 11)}
    assert len(columns) == 4
    texts: dict[tuple[str, str], str] = {}
    key = ""
    for row in range(header + 1, sheet.max_row + 1):
        label = str(sheet.cell(row, 1).value or "")
        if re.fullmatch(r"\d+\*?", label):
            key = f"2024-{int(label.rstrip('*')):02d}"
        elif label != "续":
            continue
        for column, round_ in columns.items():
            cell = sheet.cell(row, column)
            assert cell.data_type in ("s", "n")
            texts[key, round_] = texts.get((key, round_), "") + str(cell.value or "")
    for place, text in master.status.items():
        if text:
            assert texts[place] == text.replace("\x07", "")
    assert texts["2024-01", "2024Q3"] == LONG
    assert texts["2024-03", "2024Q1"] == CLEAN
    assert texts["2024-02", "2024Q2"] == "退回"
    assert texts["2024-10", "2024Q3"] == "免报"
    assert all((sheet.row_dimensions[r].height or 0) < 409 for r in range(1, sheet.max_row + 1))


def test_fonts_and_printing(book: Workbook) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    assert cell.font.name in ("宋体", "黑体", "方正小标宋简体"), cell.coordinate
        assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    tasks = book["任务完成情况"]
    assert (tasks.page_setup.orientation, int(tasks.page_setup.paperSize)) == ("landscape", 8)
    assert tasks.print_title_rows
    assert book["总览"].row_breaks.brk  # a table and its chart stay on one page


def test_draft_line_on_each_sheet_only_while_it_is_one(book: Workbook) -> None:
    assert all(str(s["A2"].value).startswith("草稿（截至2024年11月1日）") for s in book.worksheets)
    done = load_workbook(io.BytesIO(build_summary(*year("2025-01-10 09:00", complete=True))[f"{NAME}.xlsx"]))
    assert not any("草稿" in str(s["A2"].value) for s in done.worksheets)
    assert done["缺报与逾期"]["A2"].value == "没有缺报和逾期。"


def test_reports_and_gaps(book: Workbook) -> None:
    rows = [[c.value for c in row] for row in book["报送记录"].iter_rows(min_row=5)]
    frames = make_frames(*year("2024-11-01 09:00"))
    assert len(rows) == len(frames.reports) == 12
    late = next(r for r in rows if r[0] == "第三季度" and r[2] == "河湖管理处")
    assert (late[5], late[6], late[7]) == ("逾期", at("2024-10-30 15:00").replace(tzinfo=None), 22)
    gaps = [[c.value for c in row] for row in book["缺报与逾期"].iter_rows(min_row=5)]
    assert [g[5] for g in gaps] == [r["gap"] for r in records(frames.gaps) if r["gap"] != Gap.NOT_DUE]


# the document


def test_page_of_official_documents(draft: Mapping[str, bytes]) -> None:
    document = Document(io.BytesIO(draft[f"{NAME}.docx"]))
    section, annex = document.sections
    assert (annex.page_width, annex.start_type) == (section.page_width, WD_SECTION.NEW_PAGE)
    size = (section.page_width, section.page_height)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    for got, wanted in zip((*size, *margins), (210, 297, 37, 35, 28, 26), strict=True):
        assert got is not None
        assert abs(got - Mm(wanted)) < Mm(0.1)
    with zipfile.ZipFile(io.BytesIO(draft[f"{NAME}.docx"])) as z:
        parts = {n: z.read(n).decode() for n in z.namelist() if n.endswith(".xml")}
    assert not any("docGrid" in p or re.search(r"\w+Theme=", p) for p in parts.values())
    assert 'w:line="579" w:lineRule="exact"' in parts["word/styles.xml"]
    for name in ("仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"):
        assert f'w:eastAsia="{name}"' in parts["word/styles.xml"]
        assert f'w:name="{name}"><w:altName' in parts["word/fontTable.xml"]
    assert "evenAndOddHeaders" in parts["word/settings.xml"]
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    assert odd._p.xpath("string(w:pPr/w:jc/@w:val)") == "right"
    assert even._p.xpath("string(w:pPr/w:jc/@w:val)") == "left"
    for footer in (odd, even):
        assert "".join(footer._p.xpath(".//w:t/text()")) == "— 1 —"


def test_document_says_all(draft: Mapping[str, bytes], final: Mapping[str, bytes]) -> None:
    said = lines(final[f"{NAME}.docx"])
    headings = ("一、总体情况", "二、牵头任务完成情况", "三、配合任务", "四、报送情况")  # and no 指标: there are none
    for heading in (*headings, "（二）市政府民生实事水务任务"):
        assert heading in said
    master, _, _ = year("2025-01-10 09:00")
    for t in TASKS:
        assert any(line.endswith(f".{t.text}") for line in said)
        for part in master.status.get((t.key, "2024Y"), "").splitlines():
            assert part in said
    assert "草稿" not in "".join(lines(build_summary(*year("2025-01-10 09:00", complete=True))[f"{NAME}.docx"]))
    assert any(line.startswith("草稿（截至2024年11月1日）") for line in lines(draft[f"{NAME}.docx"]))
    assert any("<政府工作报告>水务目标任务" in line for line in said)  # and all after it is still there
    tables = Document(io.BytesIO(final[f"{NAME}.docx"])).tables
    assert [[c.text for c in r.cells] for r in tables[0].rows][1] == [
        "第一季度", "2024年4月8日", "3", "3", "2", "1", "100%", "66.7%",
    ]  # fmt: skip
    assert [c.text for c in tables[2].rows[0].cells][3:] == ["第一季度", "第二季度", "第三季度", "全年"]
    assert [c.text for c in tables[2].rows[2].cells][3:] == ["按时", "退回", "逾期", "按时"]
    assert len(tables[2]._tbl.tblGrid.gridCol_lst) == 7


def test_only_what_an_office_has_is_told() -> None:
    """No column of leaders where none is named, and no bold heading of a whole page."""
    master, rounds, now = year("2025-01-10 09:00")
    long = "坚持以人民为中心的发展思想，" + "健全覆盖全民的社会保障体系，" * 20 + "完成改造20处。"
    tasks = tuple(replace(t, leader="", text=long if t.no == 1 else t.text) for t in master.office.tasks)
    divisions = tuple(replace(d, leader="") for d in master.office.divisions)
    office = replace(master.office, tasks=tasks, divisions=divisions)
    document = Document(io.BytesIO(build_summary(replace(master, office=office), rounds, now)[f"{NAME}.docx"]))
    header = [c.text for c in document.tables[1].rows[0].cells]
    assert header == ["处室（单位）", "应报", "已报", "按时", "逾期", "完整率", "按时率"]
    assert sum(c.width.mm for c in document.tables[1].rows[0].cells) == pytest.approx(156, abs=0.5)
    (paragraph,) = (p for p in document.paragraphs if long in p.text)
    assert [r.text for r in paragraph.runs if r.bold] == [f"1.{long[:42]}"]
    assert document.tables[2].rows[1].cells[1].text == f"{long[:60]}……"


@pytest.mark.parametrize(
    ("columns", "shown"),
    [(4, ("按时", "逾期未报", "待裁定", "")), (5, ("按时", "逾期\n未报", "待裁定", "")), (13, ("√", "×", "裁", "—"))],
)
def test_states_where_there_is_little_room(columns: int, shown: tuple[str, ...]) -> None:
    states = ("按时", "逾期未报", "待裁定", "")
    assert narrow.marks(states, columns) == shown
    names = ("第一季度", *(f"{n}月" for n in range(1, columns)))
    heads = {4: "第一季度", 5: "第一\n季度", 13: "第一\n季度"}
    assert narrow.heads(names)[:2] == (heads[columns], "1" if columns == 13 else "1月")
    assert narrow.legend(names, states) == (
        "√ 按时；× 逾期未报；裁 待裁定；— 没有要报的。表头的数字是月份。" if columns == 13 else ""
    )


def test_texts_are_never_taken_for_markup() -> None:
    made = build_summary(*year("2024-05-01 09:00"))  # the odd text is the latest of its task
    first, second = CLEAN.split("\n")
    said = lines(made[f"{NAME}.docx"])
    assert first in said
    assert second in said
    assert "附件" in said
    shown = page(made[f"{NAME}.html"])
    assert first in shown.text
    assert second in shown.text
    assert "b" not in shown.tags


def test_shipped_template_is_this_design() -> None:
    def parts(data: bytes) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            return {name: z.read(name) for name in z.namelist()}

    data = make_template()
    assert make_template() == data
    assert parts((TEMPLATES / "summary.docx").read_bytes()) == parts(data)


def test_template_from_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "toolkit.summary.design"]
    subprocess.run([*command, tmp_path], check=True, cwd=TEMPLATES.parent)
    assert (tmp_path / "summary.docx").read_bytes() == make_template()


# templates of the staff's own


def changed(text: str, to: str) -> bytes:
    document = Document(io.BytesIO(make_template()))
    for paragraph in document.paragraphs:
        if text in paragraph.text:
            paragraph.runs[0].text = paragraph.text.replace(text, to)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_what_templates_may_name_is_documented() -> None:
    assert content.CONTEXT.keys() == {f.name for f in fields(content.Content)}


def test_staff_change_the_templates(tmp_path: Path) -> None:
    (tmp_path / "summary.docx").write_bytes(changed("三、配合任务", "三、{{ organisation }}配合的任务"))
    (tmp_path / "summary.html.j2").write_text("<p>{{ plan }}</p>", "utf-8")
    made = build_summary(*year("2025-01-10 09:00"), templates=tmp_path)
    assert "三、市水务局配合的任务" in lines(made[f"{NAME}.docx"])
    assert made[f"{NAME}.html"] == "<p>2024年省、市&lt;政府工作报告&gt;水务目标任务责任分解方案</p>".encode()
    (tmp_path / "summary.html.j2").unlink()
    assert b"<h1>" in build_summary(*year("2025-01-10 09:00"), templates=tmp_path)[f"{NAME}.html"]


@pytest.mark.parametrize(
    ("name", "template", "says"),
    [
        ("summary.docx", b"no document", "不是能读的 Word 文档"),
        ("summary.docx", changed("{{ issuer }}", "{{ isuer }}"), "没有“isuer”这个占位符"),
        ("summary.docx", changed("{{ issuer }}", "{{ 1 / 0 }}"), "里面的式子算不出来"),
        ("summary.docx", changed("{{ issuer }}", "{{ issuer"), "“.*{{ issuer.*”这一段写法有误"),
        ("summary.docx", changed("{{ issuer }}", "｛｛ issuer ｝｝"), "“｛｛ issuer ｝｝”的括号是全角的"),
        ("summary.html.j2", "\n{{ 标题 }}".encode(), "第 2 行，占位符不认识或写法有误：没有“标题”这个占位符"),
        ("summary.html.j2", "标题".encode("gbk"), "UTF-8"),
    ],
)
def test_template_that_cannot_be_filled(tmp_path: Path, name: str, template: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(template)
    with pytest.raises(TemplateError, match=says) as caught:
        build_summary(*year("2025-01-10 09:00"), templates=tmp_path)
    assert caught.value.where == name
    assert caught.value.remedy


# the page


def test_page_stands_alone(final: Mapping[str, bytes]) -> None:
    text = final[f"{NAME}.html"].decode()
    shown = page(text.encode())
    assert not {"script", "link", "img", "iframe"} & set(shown.tags)
    assert not [a for a in shown.attributes if a[0] in ("src", "href")]
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    assert not re.search(r"display:\s*(grid|flex)|\bgap:|var\(--", text)  # browsers of 2015
    assert "size: A4" in text


def test_page_says_what_the_document_says(final: Mapping[str, bytes]) -> None:
    shown = "".join(page(final[f"{NAME}.html"]).text)
    for line in lines(final[f"{NAME}.docx"]):
        # The page's list of gaps numbers itself.
        assert line in shown or re.sub(r"^\d+\.", "", line) in shown or line in ("附件", "牵头任务报送状态一览表")


# LibreOffice


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the workbook and the document as PDF, one task's text being several pages of plain characters."""
    soffice = find_soffice()
    if soffice is None or shutil.which("pdftotext") is None:
        pytest.skip("LibreOffice (soffice) or pdftotext (poppler-utils) is not installed")
    folder = tmp_path_factory.mktemp("opened")
    master, rounds, now = year("2025-01-10 09:00")
    status = {**master.status, ("2024-01", "2024Y"): PLAIN * 100}
    for name, data in build_summary(replace(master, status=status), rounds, now).items():
        (folder / f"summary{Path(name).suffix}").write_bytes(data)
    command = [soffice, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--convert-to"]
    for ending, target in ((".docx", "pdf"), (".xlsx", "pdf:calc_pdf_Export")):
        files = [str(folder / f"summary{ending}"), "--outdir", str(folder / ending[1:])]
        subprocess.run([*command, target, *files], check=True, capture_output=True, timeout=240)
    return folder


def pdf_pages(path: Path) -> list[list[str]]:
    """Lines of each page, without white space."""
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    pages = done.stdout.decode().split("\f")
    return [[re.sub(r"\s", "", line) for line in p.splitlines() if line.strip()] for p in pages if p.strip()]


def test_a_page_holds_22_lines_of_28_characters(opened: Path) -> None:
    pages = pdf_pages(opened / "docx" / "summary.pdf")
    full = [p for p in pages if all(set(line) <= set(PLAIN) for line in p[:-1])]
    assert len(full) >= 2
    for lines_ in full:
        *body, number = lines_
        assert len(body) == 22
        assert {len(line) for line in body} == {28}
        assert re.fullmatch(r"—\d+—", number)
    size = subprocess.run(["pdfinfo", opened / "docx" / "summary.pdf"], capture_output=True, text=True, check=True)
    assert "A4" in size.stdout


def test_printed_workbook_loses_nothing(opened: Path) -> None:
    """Every character of the long text and every chart's axis is on paper, one page wide."""
    pages = pdf_pages(opened / "xlsx" / "summary.pdf")
    printed = "".join(line for p in pages for line in p)
    titles = ("各节点报送完整率和按时率", "各处室（单位）按时率和填报率", "各类任务填报率")
    for words in (*titles, "报送节点", "任务类别", "75%"):
        assert words in printed
    overview = [p for p in pages if any("应报" in line for line in p) and any("完整率" in line for line in p)]
    assert len(overview) == 2  # by rounds, and by division and section: nothing went to a page beside
    assert printed.count(PLAIN[0]) == 100
