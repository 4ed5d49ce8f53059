"""Edited rows that are kept deflated are the rows that were put, in whatever order that was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsx_made import book, sheet, zipped

from toolkit.xlsx import Formula, Value, Workbook, editedrows, sheetxml
from toolkit.xlsx.editedrows import EditedRows

ROWS = 12
EDITS = st.lists(st.tuples(st.integers(1, ROWS), st.text("甲乙<x", max_size=40)), max_size=60)


def same(edited: EditedRows, wanted: Mapping[int, bytes]) -> None:
    assert bool(edited) == bool(wanted)
    assert sorted(edited) == sorted(wanted)
    assert {n: edited.get(n) for n in range(ROWS + 1)} == {n: wanted.get(n) for n in range(ROWS + 1)}
    assert sorted(edited.rows()) == sorted(wanted.values())


@pytest.mark.parametrize("block", [1, 100, 1 << 20])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=EDITS, then=EDITS, other=EDITS)
def test_rows_are_those_put_last_and_a_copy_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
    block: int,
    first: Sequence[tuple[int, str]],
    then: Sequence[tuple[int, str]],
    other: Sequence[tuple[int, str]],
) -> None:
    monkeypatch.setattr(editedrows, "_BLOCK", block)
    edited, wanted = EditedRows(), dict[int, bytes]()
    for number, text in first:
        edited.put(number, text.encode())
        wanted[number] = text.encode()
    same(edited, wanted)
    kept, had = edited.copy(), dict(wanted)
    for rows, model, more in ((edited, wanted, then), (kept, had, other)):
        for number, text in more:
            rows.put(number, text.encode())
            model[number] = text.encode()
    same(edited, wanted)
    same(kept, had)


def edited_book() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="C{n}"><f>A{n}*2</f></c></row>' for n in range(1, 31))
    workbook = Workbook.from_bytes(zipped(book(sheet(rows))))
    s = workbook.sheet(workbook.sheet_names[0])
    for n in (*range(1, 31, 2), *range(30, 0, -3), 40, 35):
        value: Value = Formula(f"A{n}+1") if n % 5 == 0 else f"第{n}行" * 9
        s.set(f"B{n}", value)
    with suppress(ZeroDivisionError), workbook.transaction():
        s.set("B2", "不会留下")
        s.insert_rows(3, 2)
        raise ZeroDivisionError
    assert s.get("B2") is None
    s.insert_rows(10, 1)
    s.set("B10", "新的一行")
    return workbook.to_bytes()


def test_a_workbook_comes_out_the_same_however_its_rows_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = edited_book()
    for block in (1, 300):
        monkeypatch.setattr(editedrows, "_BLOCK", block)
        assert edited_book() == usual


def test_a_workbook_that_rests_is_the_same_when_it_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheetxml, "_WORTH_DEFLATING", 1)
    workbook = Workbook.from_bytes(zipped(book(sheet('<row r="1"><c r="A1"><v>1</v></c></row>'), sheet())))
    first = workbook.sheet("甲")
    had = list(first.rows())
    workbook.rest()
    assert list(first.xml.rows()) == [(1, b"")]  # nothing is left of it
    workbook.rest()
    workbook.wake()
    assert list(first.rows()) == had
    assert list(workbook.sheet("乙").rows()) == []
    first.set("A2", "新的一行")
    workbook.wake()
    assert list(Workbook.from_bytes(workbook.to_bytes()).sheet("甲").rows()) == [*had, (2, {1: "新的一行"})]
