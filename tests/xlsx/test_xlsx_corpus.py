"""Every real workbook of the corpus, edited through the public interface, before four judges.

What may change is listed; all else must be the very bytes that came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest
from xlsx_judges import (
    EXCEL,
    ODD,
    changed_parts,
    differences,
    headers_agree,
    libreoffice,
    needs_corpus,
    needs_libreoffice,
    needs_schemas,
    ours,
    part,
    schema_problems,
    shown,
    wolfs,
)

from toolkit.language import Text
from toolkit.xlsx import Reason, Sheet, Value, Workbook, WorkbookError, cell_name
from toolkit.xlsx.refs import Area

pytestmark = needs_corpus

TEXT, NUMBER, DAY = "=测试 <&> 1", 70.25, date(2023, 4, 5)

# Each was looked at; the right side says what is wrong with it.
REFUSED = {
    # unzip -t: three entries fail their checksum, one has another name in its local header
    "clusterfuzz-testcase-minimized-POIXSSFFuzzer-5265527465181184.xlsx": Reason.DAMAGED,
    # the end record points behind the end of the file; no central directory where it should be
    "clusterfuzz-testcase-minimized-XLSX2CSVFuzzer-5025401116950528.xlsx": Reason.DAMAGED,
    # two entries named xl/worksheets/sheet1.xml with different contents: readers disagree on which one counts
    "duplicate-filename.xlsx": Reason.UNSAFE,
}

# Rows that cannot be moved, or a table that cannot grow, in the places that the tests try.
IMMOVABLE = {
    # A totals row below, and another table beside it on the same rows: whole rows cannot be inserted.
    "DataTableCities.xlsx-BigCity",
    "DataTableCities.xlsx-SmallCity",
}

Shown = dict[Path, dict[str, list[list[str]]]]


def _files(*patterns: str) -> list[Path]:
    return sorted(f for folder in (EXCEL, ODD) for p in patterns for f in folder.glob(p))


WORKBOOKS = [f for f in _files("*.xlsx", "*.xlsm") if f.name not in REFUSED]
each = pytest.mark.parametrize("file", WORKBOOKS, ids=lambda f: f.name)


@dataclass
class Edited:
    """A file before and after an edit, and what the edit was."""

    before: bytes
    path: Path
    sheet: str
    written: dict[tuple[int, int], Value] = field(default_factory=dict)
    part: str = ""
    rows: tuple[int, int] = (0, 0)  # the row that was repeated, then the one before which another was inserted
    merged: set[int] = field(default_factory=set)  # the columns in which the repeated row is under a taller merge

    @property
    def after(self) -> bytes:
        return self.path.read_bytes()


def refusal(edit: Callable[..., object], *arguments: object) -> WorkbookError | None:
    """Why an edit is refused; None when it is made."""
    try:
        edit(*arguments)
    except WorkbookError as e:
        return e
    return None


def _overwritable(sheet: Sheet) -> tuple[int, int] | None:
    """The first cell with a value that takes another."""
    for row, cells in sheet.rows():
        for column in cells:
            name = cell_name(row, column)
            if sheet.formula(name) is None and refusal(sheet.set, name, TEXT) is None:
                return row, column
    return None


def _set(file: Path, folder: Path) -> Edited:
    before = file.read_bytes()
    book = Workbook.from_bytes(before)
    sheet = book.sheet(book.sheet_names[0])
    last = max((row for row, _ in sheet.rows()), default=0)
    wide = max((column for _, cells in sheet.rows() for column in cells), default=0)
    written: dict[tuple[int, int], Value] = {(last + 2, 2): NUMBER, (last + 3, wide + 1): DAY}
    if (found := _overwritable(sheet)) is not None:
        written[found] = TEXT
    else:
        written[last + 4, 1] = TEXT
    for (row, column), value in written.items():
        sheet.set(cell_name(row, column), value)
    path = folder / f"{file.stem}_set{file.suffix}"
    path.write_bytes(book.to_bytes())
    return Edited(before, path, sheet.name, written, sheet.xml.part)


def _move(file: Path, folder: Path) -> Edited | WorkbookError:
    """The first data row repeated twice (elsewhere if it cannot be), and two rows inserted above the last row."""
    before = file.read_bytes()
    book = Workbook.from_bytes(before)
    sheet = book.sheet(book.sheet_names[0])
    numbers = [row for row, _ in sheet.rows()] or [1]
    merges = [Area.parse(m) for m in sheet.merged]
    for row in (numbers[len(numbers) // 2], numbers[-1], numbers[-1] + 1):
        if (refused := refusal(sheet.repeat_row, row, 3) or refusal(sheet.insert_rows, numbers[0], 1)) is None:
            path = folder / f"{file.stem}_move{file.suffix}"
            path.write_bytes(book.to_bytes())
            tall = [m for m in merges if m.row1 < m.row2 and m.row1 <= row <= m.row2]
            merged = {c for m in tall for c in range(m.column1, m.column2 + 1)}
            return Edited(before, path, sheet.name, {}, sheet.xml.part, (row, numbers[0]), merged)
        book = Workbook.from_bytes(before)
        sheet = book.sheet(book.sheet_names[0])
    return refused


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture(scope="module")
def edited(folder: Path) -> dict[Path, Edited]:
    return {f: _set(f, folder) for f in WORKBOOKS}


@pytest.fixture(scope="module")
def moved(folder: Path) -> dict[Path, Edited | WorkbookError]:
    return {f: _move(f, folder) for f in WORKBOOKS}


@pytest.fixture(scope="module")
def office(
    edited: dict[Path, Edited],
    moved: dict[Path, Edited | WorkbookError],
    appended: dict[tuple[Path, str], Edited | WorkbookError],
    folder: Path,
) -> Shown:
    every = (*edited.values(), *moved.values(), *appended.values())
    files = [e.path for e in every if isinstance(e, Edited)]
    return libreoffice(files, folder)


# setting cells


def _may_change(book: Workbook, sheet_part: str) -> set[str]:
    """The parts that setting cells has to touch, and nothing more."""
    package = book.package
    related = [*package.related(book.part, "styles", "calcChain"), *package.related(sheet_part, "table")]
    has_chain = bool(package.related(book.part, "calcChain"))
    chain = {"[Content_Types].xml", package.rels_name(book.part)} if has_chain else set()
    return {sheet_part, book.part, *related, *chain}


@each
def test_other_parts_are_byte_identical(file: Path, edited: dict[Path, Edited]) -> None:
    e = edited[file]
    assert e.part in changed_parts(e.before, e.after) <= _may_change(Workbook.from_bytes(e.before), e.part)


def _without(xml: bytes, cells: list[str]) -> bytes:
    """The sheet without these cells, rows that then are empty, and what says how far the sheet reaches."""
    for name in cells:
        cell = rb'<(\w+:)?c r="%b"(?:[^>]*/>|[^>]*(?<!/)>.*?</(?(1)\1)c>)' % name.encode()
        xml = re.sub(cell, b"", xml, flags=re.DOTALL)
    xml = re.sub(rb"<((?:\w+:)?row) [^>]*(?:/>|></\1>)", b"", xml)
    xml = re.sub(rb"<((?:\w+:)?sheetData)(?:\s*/>|>\s*</\1>)", b"", xml)
    return re.sub(rb'(<(?:\w+:)?dimension ref=)"[^"]*"| spans="[^"]*"', rb"\1", xml)


@each
def test_xml_outside_the_edited_cells_is_unchanged(file: Path, edited: dict[Path, Edited]) -> None:
    e = edited[file]
    cells = [cell_name(*at) for at in e.written]
    before, after = part(e.before, e.part), part(e.after, e.part)
    assert before != after
    assert _without(before, cells) == _without(after, cells)


@each
def test_set_reads_back(file: Path, edited: dict[Path, Edited]) -> None:
    e = edited[file]
    old, new = ours(Workbook.from_bytes(e.before)), ours(Workbook.from_bytes(e.after))
    expected = {at: datetime(v.year, v.month, v.day) if isinstance(v, date) else v for at, v in e.written.items()}  # noqa: DTZ001
    assert new == {**old, e.sheet: {**old[e.sheet], **expected}}
    assert headers_agree(Workbook.from_bytes(e.after))
    assert differences(new, wolfs(e.path)) == []


@needs_schemas
@each
def test_set_passes_the_schemas(file: Path, edited: dict[Path, Edited], tmp_path: Path) -> None:
    assert _new_problems(edited[file], tmp_path) == set()


def _new_problems(e: Edited, folder: Path) -> set[str]:
    original = folder / "before.xlsx"
    original.write_bytes(e.before)
    return schema_problems(e.path) - schema_problems(original)


@needs_libreoffice
@each
def test_libreoffice_reads_what_was_set(file: Path, edited: dict[Path, Edited], office: Shown) -> None:
    e = edited[file]
    seen = {v: shown(office[e.path], e.sheet, *at) for at, v in e.written.items()}
    assert {int(n) for n in re.findall(r"\d+", seen.pop(DAY))} - {0} in ({2023, 4, 5}, {23, 4, 5})  # by its language
    assert seen == {TEXT: TEXT, NUMBER: "70.25"}


# moving rows


@each
def test_rows_move_with_all_that_refers_to_them(file: Path, moved: dict[Path, Edited | WorkbookError]) -> None:
    e = moved[file]
    if isinstance(e, WorkbookError):
        assert e.reason is Reason.IMMOVABLE
        assert file.name in IMMOVABLE, e
        return
    allowed = re.compile(
        r"xl/(workbook\.xml|calcChain\.xml|_rels/workbook\.xml\.rels|comments\d*\.xml"
        r"|(worksheets|tables|drawings|charts|pivotTables|pivotCache|ctrlProps|threadedComments|comments)/[^/]+)"
        r"|\[Content_Types\]\.xml"
    )
    assert [name for name in changed_parts(e.before, e.after) if not allowed.fullmatch(name)] == []
    old, new = ours(Workbook.from_bytes(e.before)), ours(Workbook.from_bytes(e.after))
    expected = {at: v for (row, column), v in old[e.sheet].items() for at in _after_move(e, row, column)}
    assert new == {**old, e.sheet: expected}
    assert headers_agree(Workbook.from_bytes(e.after))
    assert differences(new, wolfs(e.path)) == []


def _after_move(e: Edited, row: int, column: int) -> list[tuple[int, int]]:
    repeated, inserted = e.rows
    copies = [row] if column in e.merged else [row, row + 1, row + 2]
    rows = [row] if row < repeated else copies if row == repeated else [row + 2]
    return [(r + (r >= inserted), column) for r in rows]


@needs_schemas
@each
def test_moved_rows_pass_the_schemas(file: Path, moved: dict[Path, Edited | WorkbookError], tmp_path: Path) -> None:
    e = moved[file]
    if isinstance(e, Edited):
        assert _new_problems(e, tmp_path) == set()


@needs_libreoffice
@each
def test_libreoffice_sees_the_rows_moved(file: Path, moved: dict[Path, Edited | WorkbookError], office: Shown) -> None:
    e = moved[file]
    if isinstance(e, WorkbookError):
        return
    texts = {at: v for at, v in ours(Workbook.from_bytes(e.before))[e.sheet].items() if type(v) is str}
    book = Workbook.from_bytes(e.before)
    for (row, column), text in texts.items():
        if book.sheet(e.sheet).formula(cell_name(row, column)) is None:
            for at in _after_move(e, row, column):
                assert shown(office[e.path], e.sheet, *at) == text.replace("\r", "")


# tables


WITH_TABLES = [(f, n) for f in WORKBOOKS for n in Workbook.open(f).tables]


@pytest.fixture(scope="module")
def appended(folder: Path) -> dict[tuple[Path, str], Edited | WorkbookError]:
    return {key: _append(*key, folder) for key in WITH_TABLES}


def _append(file: Path, name: str, folder: Path) -> Edited | WorkbookError:
    book = Workbook.open(file)
    table = book.table(name)
    area = table.area
    first = table.columns[0]
    try:
        rows = table.append([{h: f"新{i}" for i, h in enumerate(table.columns)}, {first: "=7"}])
    except WorkbookError as e:
        return e
    written: dict[tuple[int, int], Value] = {(rows[0], area.column1 + i): f"新{i}" for i in range(len(table.columns))}
    path = folder / f"{file.stem}_{name}{file.suffix}"
    path.write_bytes(book.to_bytes())
    return Edited(file.read_bytes(), path, table.sheet.name, {**written, (rows[1], area.column1): "=7"})


each_table = pytest.mark.parametrize("key", WITH_TABLES, ids=lambda key: f"{key[0].name}-{key[1]}")


@each_table
def test_table_grows(key: tuple[Path, str], appended: dict[tuple[Path, str], Edited | WorkbookError]) -> None:
    file, name = key
    e = appended[key]
    if isinstance(e, WorkbookError):
        assert e.reason is Reason.IMMOVABLE
        assert f"{file.name}-{name}" in IMMOVABLE, e
        return
    before, after = Workbook.from_bytes(e.before), Workbook.from_bytes(e.after)
    new = ours(after)
    assert {at: new[e.sheet].get(at) for at in e.written} == e.written
    assert differences(new, wolfs(e.path)) == []
    old_table, table = before.table(name), after.table(name)
    rows = {row for row, _ in e.written}
    assert table.last_row == max(old_table.last_row, *rows)
    assert table.columns == old_table.columns
    assert headers_agree(after)
    allowed = re.compile(r"xl/(workbook|calcChain)\.xml|xl/_rels/workbook\.xml\.rels|xl/(worksheets|tables)/[^/]+|\[.*")
    assert [n for n in changed_parts(e.before, e.after) if not allowed.fullmatch(n)] == []


@needs_schemas
@each_table
def test_grown_table_passes_the_schemas(
    key: tuple[Path, str], appended: dict[tuple[Path, str], Edited | WorkbookError], tmp_path: Path
) -> None:
    e = appended[key]
    if isinstance(e, Edited):
        assert _new_problems(e, tmp_path) == set()


@needs_libreoffice
@each_table
def test_libreoffice_reads_what_was_appended(
    key: tuple[Path, str], appended: dict[tuple[Path, str], Edited | WorkbookError], office: Shown
) -> None:
    e = appended[key]
    if isinstance(e, Edited):
        assert {at: shown(office[e.path], e.sheet, *at) for at in e.written} == e.written


# what is refused, and what is not a workbook at all


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_reason(name: str) -> None:
    with pytest.raises(WorkbookError) as e:
        Workbook.open(ODD / name)
    assert e.value.reason is REFUSED[name]
    assert isinstance(e.value.message, Text)


@pytest.mark.parametrize("file", _files("*.xls", "*.xlsb"), ids=lambda f: f.name)
def test_other_formats_are_refused(file: Path) -> None:
    with pytest.raises(WorkbookError) as e:
        Workbook.open(file)
    assert e.value.reason in (Reason.NOT_A_WORKBOOK, Reason.UNSUPPORTED)


@each
def test_reading_changes_nothing(file: Path) -> None:
    book = Workbook.open(file)
    ours(book)
    for sheet in map(book.sheet, book.sheet_names):
        assert isinstance(sheet.merged, tuple)
        assert isinstance(sheet.hidden_columns, set)
        sheet.repeat_row(1, 1)
        sheet.insert_rows(1, 0)
        for row, cells in sheet.rows():
            for column, value in cells.items():
                name = cell_name(row, column)
                assert sheet.get(name) == value
                if sheet.formula(name) is None and not isinstance(value, str):
                    sheet.set(name, value)
    assert not book.changed
    assert book.to_bytes() == file.read_bytes()
