"""Several edits of one row come to the same as one at a time, and so does its height where short texts are left out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsx_made import book, sheet, table, zipped

from toolkit.heights import fit_height, row_height
from toolkit.xlsx import Formula, Value, Workbook, WorkbookError, cell_name
from toolkit.xlsx.scan import attribute_edit, splice

LEAST = 24.0
CELLS = (
    '<c r="{c}5" s="3"/>',
    '<c r="{c}5"/>',
    '<c r="{c}5" s="3"></c>',
    '<c r="{c}5" t="inlineStr"><is><t>旧</t></is></c>',
    '<c r="{c}5" s="3" t="inlineStr"><is><t xml:space="preserve"> a&amp;b\n</t></is></c>',
    '<c r="{c}5" t="n"><v>7</v></c>',
    '<c s="3" r="{c}5"><v>7</v></c>',
    "<c r='{c}5' t='b'><v>1</v></c>",
    '<c r="{c}5"><f>A1+1</f><v>2</v></c>',
    '<c r="{c}5" t="str"><f>"x"</f><v>x</v><extLst><ext uri="1"/></extLst></c>',
    '<c r="{c}5" cm="1"><v>1</v></c>',
    '<c r="{c}5" t="inlineStr"><is><r><t>粗</t></r><r><t>细</t></r></is></c>',
    '<!-- <c r="B5"/> -->',
    "<c><v>3</v></c>",
    "",
)
STARTS = (
    '<row r="5">',
    '<row r="5" ht="30" spans="2:3">',
    '<row ht="20" customHeight="1" r="5">',
    "<row r='5' ht='9'>",
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.integers(-5, 5), st.booleans(), st.just(date(2023, 4, 5)), st.just(Formula("A1*2")),
    st.text("甲乙 a<&_\n\r\t\x07x0DA", max_size=60), st.text("一二三", min_size=30, max_size=90),
)  # fmt: skip
COLUMNS = "ABCDE"
WIDTHS = (
    '<cols><col min="1" max="1" width="4"/><col min="2" max="2" width="9"/>'
    '<col min="3" max="3" width="30"/><col min="4" max="4" width="12" hidden="1"/></cols>'
)


def opened(start: str, cells: Sequence[str]) -> Workbook:
    row = start + "".join(cell.format(c=c) for c, cell in zip(COLUMNS, cells, strict=True)) + "</row>"
    return Workbook.from_bytes(zipped(book(sheet(row, WIDTHS))))


@settings(max_examples=300, deadline=None)
@given(
    start=st.sampled_from(STARTS),
    cells=st.lists(st.sampled_from(CELLS), min_size=5, max_size=5),
    edits=st.lists(st.tuples(st.integers(1, 6), VALUES), max_size=8),
)
def test_edits_of_a_row_come_to_the_same_as_one_at_a_time(
    start: str, cells: Sequence[str], edits: Sequence[tuple[int, Any]]
) -> None:
    together, singly = opened(start, cells), opened(start, cells)
    for workbook in together, singly:
        s = workbook.sheet("甲")
        for column, value in edits:
            with suppress(WorkbookError):
                s.put(5, column, value)
            if workbook is singly:
                s.xml.snapshot()  # which closes the row
        wanted = row_height(s.texts(5), LEAST)
        stated, by_hand = s.height(5)
        fit_height(s, 5, LEAST)
        if not by_hand:
            assert s.height(5)[0] == max(wanted, min(stated or 0, LEAST))
    assert together.to_bytes() == singly.to_bytes()
    values = [together.sheet("甲").get(cell_name(5, c)) for c in range(1, 7)]
    assert values == [singly.sheet("甲").get(cell_name(5, c)) for c in range(1, 7)]


ROWS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>A</t></is></c><c r="B1" t="inlineStr"><is><t>B</t></is></c></row>'
    '<row {tag}><c r="A2" s="3"><v>1</v></c><c r="B2" s="1"><v>45000</v></c></row>'
)


@pytest.mark.parametrize(
    ("like", "added"),
    [
        ('r="2"', 'r="{n}"'),
        ('hidden="1" r="2" ht="30" collapsed="1" spans="1:1"', 'r="{n}" ht="30" spans="1:2"'),
        ("ht='30' r='2' spans='1:9'", "ht='30' r='{n}' spans='1:9'"),
        ('spans="2:2" x="&quot;" r="2"', 'spans="1:2" x="&quot;" r="{n}"'),
        ("""r="2" x=' spans="2:2"'""", """r="{n}" x=' spans="2:2"'"""),
    ],
)
def test_rows_are_added_with_the_start_tag_of_the_last(like: str, added: str) -> None:
    links = {"xl/worksheets/sheet1.xml": {"xl/tables/table1.xml": ("table", table("T", "A1:B2", "A", "B"))}}
    t = Workbook.from_bytes(zipped(book(sheet(ROWS.format(tag=like)), links=links))).table("T")
    assert t.append([{"A": 5, "B": date(2023, 4, 5)}, {"B": "文字"}]) == (3, 4)
    three, four = ((t.sheet.xml.row(n) or b"").decode() for n in (3, 4))
    assert three == f'<row {added.format(n=3)}><c r="A3" s="3"><v>5</v></c><c r="B3" s="1"><v>45021</v></c></row>'
    text = '<c r="B4" s="1" t="inlineStr"><is><t>文字</t></is></c>'
    assert four == f'<row {added.format(n=4)}><c r="A4" s="3"/>{text}</row>'


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        ('<row r="1" ht="30" s="2"', '<row r="1" ht="9" s="2"'),
        ('<row r="1" s="2"', '<row r="1" s="2" ht="9"'),
        ("<row r='1' ht='30'", "<row r='1' ht='9'"),
        ('<row a=" ht=" ht = "30"', '<row a=" ht=" ht = "9"'),
        ("""<row a=' ht="30"' x:ht="30" ht="3"\n""", """<row a=' ht="30"' x:ht="30" ht="9"\n"""),
        ('<row a=" ht="\n', '<row a=" ht=" ht="9"\n'),
        ('<row ht=""', '<row ht="9"'),
    ],
)
def test_an_attribute_is_told_from_the_value_of_another(tag: str, wanted: str) -> None:
    xml = tag.encode()
    assert splice(xml, [attribute_edit(xml, 0, len(xml), b"ht", b"9")]).decode() == wanted
