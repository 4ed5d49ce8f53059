"""Word tables as people make them: split cells, tables in cells, text boxes, automatic numbers, equations."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from docx import Document
from docx.oxml import parse_xml

from toolkit.returns.grid import Reading
from toolkit.returns.read import read_return

ROWS = [
    ["序号", "责任事项", "完成情况"],
    ["1", "完成居家适老化改造。", "已改造620户。"],
    ["2", "新开业供餐点。", "已开业9个。"],
]
NAMES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    }.items()
)


def box(text: str) -> Any:
    """A run with a text box, and its copy for old programs, as Word writes both."""
    inside = f"<w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent>"
    return parse_xml(
        f'<w:r {NAMES}><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><a:graphic>'
        f'<a:graphicData uri="x"><wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic>'
        "</wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>"
        f"{inside}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def put(table: Any, rows: Sequence[Sequence[str]]) -> Any:
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    return table


def read(change: Callable[[Any, Any], None]) -> list[dict[int, Any]]:
    """The rows of a document with one table, changed."""
    document = Document()
    document.add_paragraph("社会救助处第一季度工作目标完成情况")
    change(document, put(document.add_table(3, 3), ROWS))
    stream = io.BytesIO()
    document.save(stream)
    reading = read_return(stream.getvalue(), "表.docx")
    assert isinstance(reading, Reading)
    return [dict(cells) for cells in reading.grids[0].rows.values()]


def answer(change: Callable[[Any, Any], None]) -> str:
    """What the first task's 完成情况 says then; nothing else has changed."""
    rows = read(change)
    assert len(rows) == 4
    assert rows[3] == dict(enumerate(ROWS[2], 1))
    return str(rows[2][3])


def test_text_boxes() -> None:
    assert answer(lambda _, t: t.cell(1, 2).paragraphs[0]._p.append(box("另有500户在建"))) == (
        "已改造620户。\n另有500户在建"
    )

    def only(_: Any, table: Any) -> None:
        table.cell(1, 2).text = ""
        table.cell(1, 2).paragraphs[0]._p.append(box("都在框里"))

    assert answer(only) == "都在框里"


def test_an_equation() -> None:
    equation = f"<m:oMath {NAMES}><m:r><m:t>完成率=35%</m:t></m:r></m:oMath>"
    assert answer(lambda _, t: t.cell(1, 2).paragraphs[0]._p.append(parse_xml(equation))) == "已改造620户。完成率=35%"


@pytest.mark.parametrize("lines", [["建中心20个"], ["建中心20个", "改造500户", "培训30人"]])
def test_automatic_numbers(lines: list[str]) -> None:
    def listed(document: Any, table: Any) -> None:
        cell = table.cell(1, 2)
        cell.text = lines[0]
        cell.paragraphs[0].style = document.styles["List Number"]
        for line in lines[1:]:
            cell.add_paragraph(line, style="List Number")

    numbered = [f"{n}.{line}" for n, line in enumerate(lines, 1)] if len(lines) > 1 else lines
    assert answer(listed) == "\n".join(numbered)


def test_a_table_in_a_cell_is_that_cells_text() -> None:
    def nested(_: Any, table: Any) -> None:
        put(table.cell(1, 2).add_table(3, 2), [["序号", "进展"], ["", "江岸"], ["", "120户"]])

    assert answer(nested) == "已改造620户。\n序号 进展\n江岸\n120户"


def test_a_form_within_a_frame_is_a_form() -> None:
    document = Document()
    put(document.add_table(1, 1).cell(0, 0).add_table(3, 3), ROWS)
    stream = io.BytesIO()
    document.save(stream)
    reading = read_return(stream.getvalue(), "表.docx")
    assert isinstance(reading, Reading)
    assert [dict(c) for c in reading.grids[0].rows.values()][-3:] == [dict(enumerate(r, 1)) for r in ROWS]


def test_a_cell_that_was_split_in_one_row() -> None:
    document = Document()
    document.add_paragraph("社会救助处第一季度工作目标完成情况")
    table = document.add_table(3, 4)
    put(table, ROWS)
    table.cell(1, 3).text = "另建9个。"
    for row in (0, 2):
        table.cell(row, 2).merge(table.cell(row, 3))
    stream = io.BytesIO()
    document.save(stream)
    reading = read_return(stream.getvalue(), "表.docx")
    assert isinstance(reading, Reading)
    rows = [dict(c) for c in reading.grids[0].rows.values()]
    assert rows[2] == {1: "1", 2: ROWS[1][1], 3: "已改造620户。\n另建9个。"}
    assert rows[3][3] == "已开业9个。"
