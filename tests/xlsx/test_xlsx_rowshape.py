"""Rows that are alike are taken apart by one match: what they say is what their cells say one by one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsx_made import MAIN, book, prefixed, sheet, zipped

from toolkit.xlsx import Workbook, cell_name
from toolkit.xlsx.rowshape import Kind, Shape, Shapes, cells_of, together

COLUMNS = "ABCDE"
STRINGS = f'<sst xmlns="{MAIN}"><si><t>甲</t></si><si><r><t>乙</t></r><r><t> 丙</t></r></si></sst>'
TEXTS = ("甲", "a &amp; b", "&#30002;乙", " 前后 ", "行_x000D_", "_x4E2D_", "一\n二", "")

NOTHING = st.sampled_from(("/>", "></c>", ' t="n"/>', ' t="n"></c>'))
NUMBER = st.builds(
    "{}><v>{}</v></c>".format,
    st.sampled_from(("", ' t="n"')),
    st.sampled_from(("1", "007", "1.50", "45000.5", "x", "")),
)
INLINE = st.builds(
    ' t="inlineStr"><is><t{}>{}</t></is></c>'.format,
    st.sampled_from(("", ' xml:space="preserve"')),
    st.sampled_from(TEXTS),
)
SHARED = st.builds(' t="s"><v>{}</v></c>'.format, st.sampled_from(("0", "1")))
FORMULA = st.sampled_from(
    (
        "><f>A1&amp;1</f></c>",
        "><f>A1</f><v>3</v></c>",
        ' t="str"><f>A1</f><v>甲_x000D_</v></c>',
        "><f>A1</f><v></v></c>",
        "><f>A1</f><v/></c>",
        ' t="e"><f>1/0</f><v>#DIV/0!</v></c>',
        '><f t="shared" si="0"/><v>4</v></c>',
        "><f/></c>",
        ' t="b"><v>1</v></c>',
        ' t="inlineStr"><is><r><t>两</t></r><r><t>段</t></r></is></c>',
        ">\n<v>5</v></c>",
    ),
)
CONTENT = st.one_of(NOTHING, NUMBER, INLINE, SHARED, FORMULA)


@st.composite
def sheets(draw: st.DrawFn) -> str:
    """Blocks of rows with the same cells, here and there one that is different."""
    rows = []
    number = 0
    for _ in range(draw(st.integers(1, 4))):
        columns = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True).map(sorted))
        pool = [draw(st.lists(CONTENT, min_size=len(columns), max_size=len(columns))) for _ in range(3)]
        styles = [draw(st.sampled_from(("", ' s="0"', ' s="1"'))) for _ in columns]
        gap = draw(st.sampled_from(("", "", "", "\n  ")))
        for _ in range(draw(st.integers(1, 60))):
            number += draw(st.integers(1, 2))
            row = zip(columns, styles, draw(st.sampled_from(pool)), strict=True)
            cells = "".join(f'{gap}<c r="{c}{number}"{s}{content}' for c, s, content in row)
            rows.append(f'<row r="{number}" ht="20">{cells}</row>')
    return "".join(rows)


@settings(max_examples=60, deadline=None)
@given(sheets(), st.booleans())
def test_rows_say_what_their_cells_say(rows: str, with_prefix: bool) -> None:
    xml = sheet(rows)
    files = book(prefixed(xml) if with_prefix else xml, related={"sharedStrings": STRINGS})
    target = Workbook.from_bytes(zipped(files)).sheet("甲")
    numbers = [int(n) for n in re.findall(r'<row r="(\d+)"', rows)]
    singly = {
        n: {c: v for c in range(1, len(COLUMNS) + 1) if (v := target.get(cell_name(n, c))) is not None} for n in numbers
    }
    formulas = {
        (n, c): f for n in numbers for c in range(1, len(COLUMNS) + 1) if (f := target.formula(cell_name(n, c)))
    }
    assert dict(target.rows()) == {n: cells for n, cells in singly.items() if cells}
    assert all([*cells] == sorted(cells) for _, cells in target.rows())
    assert target.formulas() == formulas
    stated = [(cell, target.get(cell.name)) for n in numbers for cell in target.xml.split(n)]
    unsaved = [(c.row, c.column) for c, v in stated if v is None and target.xml.formula(c) and b't="str"' not in c.tag]
    assert target.unsaved() == unsaved


def test_a_shape_is_learnt_and_widened() -> None:
    shapes = Shapes(b"")
    empty = b'<row r="1"><c r="A1" s="3"/><c r="B1" t="n"></c></row>'
    text = b'<row r="2"><c r="A2"><v>7</v></c><c r="B2" t="inlineStr"><is><t>x</t></is></c></row>'
    shared = b'<row r="3"><c r="A3"/><c r="B3" t="s"><v>0</v></c></row>'
    for row in (empty, text, shared):
        assert shapes.match(row) is None
        shapes.learn(row)
    assert len(shapes.known) == 1
    assert shapes.known[0].cells == ((b"A", Kind.NUMBER), (b"B", Kind.TEXT))
    assert all(shapes.match(row) for row in (empty, text, shared))
    shapes.learn(b'<row r="4"><c r="A4" t="s"><v>0</v></c><c r="B4"/></row>')
    assert len(shapes.known) == 2  # a number and a text: rows of two shapes


def test_what_has_no_shape() -> None:
    assert cells_of(b"", b'<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>') is None
    assert cells_of(b"", b'<row r="1"><c r="B1"/><c r="A1"/></row>') is None
    assert cells_of(b"", b'<row r="1"/>') is None
    assert together(((b"A", Kind.NUMBER),), ((b"B", Kind.NUMBER),)) is None
    shape = Shape(b"x:", ((b"A", Kind.INLINE),))
    assert shape.match(b'<x:row r="1"><x:c r="A1"/></x:row>')
    assert not shape.match(b'<x:row r="1"><x:c r="A1"/> </x:row>')
    assert not shape.match(b'<row r="1"><c r="A1"/></row>')


@pytest.mark.parametrize(
    "row", ['<row r="1" a="{}"><c r="A1"><f>1</f></c></row>', '<row r="1"><c r="A1"><f a="{}">1</f></c></row>']
)
def test_a_tag_beyond_all_use_is_left_to_others(row: str) -> None:
    """Attributes are looked through for one that stands twice, which takes the square of their length."""
    shape = Shape(b"", ((b"A", Kind.FORMULA),))
    assert shape.match(row.format("x" * 250).encode())
    assert not shape.match(row.format(" a=" * 10_000).encode())
