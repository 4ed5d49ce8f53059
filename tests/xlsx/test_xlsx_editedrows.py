"""Edited rows that are kept deflated are the rows that were put, in whatever order that was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsx_made import book, sheet, zipped

from toolkit.xlsx import Formula, Value, Workbook, editedrows, rowbytes
from toolkit.xlsx.editedrows import EditedRows

ROWS, MARK = 12, b"<x"
EDITS = st.lists(st.tuples(st.integers(1, ROWS), st.text("甲乙<x", max_size=40)), max_size=60)


def same(edited: EditedRows, wanted: Mapping[int, bytes]) -> None:
    assert bool(edited) == bool(wanted)
    assert sorted(edited) == sorted(wanted)
    assert {n: edited.get(n) for n in range(ROWS + 1)} == {n: wanted.get(n) for n in range(ROWS + 1)}
    assert sorted(edited.rows()) == sorted(wanted.values())
    marked = sorted(row for row in edited.marked() if MARK in row)
    assert marked == sorted(row for row in wanted.values() if MARK in row)


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
    edited, wanted = EditedRows(MARK), dict[int, bytes]()
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


def edited_book(*, packed: bool = False) -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="C{n}"><f>A{n}*2</f></c></row>' for n in range(1, 31))
    workbook = Workbook.from_bytes(zipped(book(sheet(rows))), packed=packed)
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


def test_a_workbook_whose_rows_are_packed_reads_and_comes_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = edited_book()
    for worth, block in ((1, 1), (1, 90), (1, 1 << 20), (1 << 20, 1)):
        monkeypatch.setattr(rowbytes, "WORTH_PACKING", worth)
        monkeypatch.setattr(rowbytes, "_BLOCK", block)
        assert edited_book(packed=True) == usual


def test_packed_rows_are_cut_and_searched_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rowbytes, "WORTH_PACKING", 1)
    monkeypatch.setattr(rowbytes, "_BLOCK", 40)
    rows = "\n ".join(f'<row r="{n}"><c r="A{n}"><f>A{n + 1}</f><v>{n}</v></c></row>' for n in range(1, 30))
    data = zipped(book(sheet(rows), sheet()))
    packed, usual = Workbook.from_bytes(data, packed=True), Workbook.from_bytes(data)
    one, other = packed.sheet("甲").xml, usual.sheet("甲").xml
    assert one._base.packed
    assert not other._base.packed
    assert list(one.rows()) == list(other.rows())
    assert [one.row(n) for n in (29, 1, 15, 3, 28, 2)] == [other.row(n) for n in (29, 1, 15, 3, 28, 2)]
    assert b"".join(one.chunks()) == b"".join(other.chunks())
    assert one.has_formula()
    assert one.may_hold(b"A17")
    assert not one.may_hold(b"A99")
    assert packed.sheet("甲").formulas() == usual.sheet("甲").formulas()
    assert list(packed.sheet("乙").rows()) == []
    for book_ in packed, usual:
        book_.sheet("甲").set("A12", "新的")
        book_.sheet("甲").insert_rows(5, 2)
    assert one._base.packed
    assert packed.to_bytes() == usual.to_bytes()
