"""A stencil gives what `Workbook` gives for the same edits, byte for byte."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.workspace import shipped
from toolkit.xlsx import Reason, Workbook, WorkbookError
from toolkit.xlsx.stencil import Stencil

SHEET = "附件2"
TEMPLATE: Path = shipped("templates/annex2.xlsx")
ROWS = (5, 6, 7)
CELLS = [(SHEET, ref) for ref in ("A2", *(f"{c}{r}" for r in ROWS for c in "ABF"))]

values = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(st.characters(blacklist_characters="\ue000\ue001", blacklist_categories=["Cs"]), max_size=30),
    st.sampled_from(["=1+1", "<&>\"'", " 两端空格 ", "行一\n行二", "_x000D_", "", None, True]),
)
words = st.text("甲乙|<>&\"' ab", min_size=1, max_size=12).map(lambda t: f"x{t}")


def repeated() -> bytes:
    book = Workbook.open(TEMPLATE)
    book.sheet(SHEET).repeat_row(5, len(ROWS))
    return book.to_bytes()


DATA = repeated()
STENCIL = Stencil(DATA, CELLS, [(SHEET, r) for r in ROWS], ["stamp"], [("_stamp", SHEET)])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(values, min_size=len(CELLS), max_size=len(CELLS)),
    st.lists(st.integers(10, 800).map(lambda n: n / 2), min_size=len(ROWS), max_size=len(ROWS)),
    words,
)
def test_it_gives_what_a_workbook_gives(given_values: list[object], heights: list[float], stamp: str) -> None:
    book = Workbook.from_bytes(DATA)
    sheet = book.sheet(SHEET)
    for (_, ref), value in zip(CELLS, given_values, strict=True):
        sheet.set(ref, "~")  # the cell held a placeholder
        sheet.set(ref, value)  # type: ignore[arg-type]
    for row, height in zip(ROWS, heights, strict=True):
        sheet.set_height(row, height)
    book.set_property("stamp", stamp)
    book.set_name("_stamp", f'"{stamp}"', sheet=SHEET, hidden=True)
    filled = STENCIL.fill(given_values, heights, (stamp, f'"{stamp}"'))  # type: ignore[arg-type]
    assert filled == book.to_bytes()


def test_a_cell_that_is_none_is_refused() -> None:
    with pytest.raises(WorkbookError):
        Stencil(DATA, [("没有这张表", "A1")])


def test_more_heights_than_marks_are_refused() -> None:
    with pytest.raises(WorkbookError):
        Stencil(DATA, [], [(SHEET, 5)] * 801)


def test_a_date_is_refused_as_it_needs_a_style() -> None:
    with pytest.raises(WorkbookError) as e:
        Stencil(DATA, [(SHEET, "A5")]).fill([date(2023, 4, 5)])
    assert e.value.reason is Reason.BAD_VALUE
