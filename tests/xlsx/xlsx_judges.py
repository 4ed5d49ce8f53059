"""What others say of a workbook that we wrote: the schemas, LibreOffice, wolfxl, and the zip file's own bytes."""

from __future__ import annotations

import csv
import datetime
import importlib.util
import io
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from toolkit.xlsx import Value, Workbook

SHARED = Path(__file__).parents[2].parent / "shared"
EXCEL = SHARED / "corpus" / "xlsx-excel"
ODD = SHARED / "corpus" / "odd-workbooks"

needs_corpus = pytest.mark.skipif(not EXCEL.is_dir(), reason="the corpus of real workbooks is not on this computer")
needs_schemas = pytest.mark.skipif(
    not (SHARED / "check_ooxml.py").is_file(), reason="the ECMA-376 schemas are not on this computer"
)
needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed")

Cells = dict[tuple[int, int], Value]


def raw_parts(data: bytes) -> dict[str, bytes]:
    """The parts of a zip file as compressed bytes, with the method and the time that the directory states."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        for i in z.infolist():
            name_length, extra_length = struct.unpack_from("<HH", data, i.header_offset + 26)
            at = i.header_offset + 30 + name_length + extra_length
            stated = repr((i.compress_type, i.date_time, i.external_attr, i.CRC)).encode()
            parts[i.filename] = stated + data[at : at + i.compress_size]
    return parts


def changed_parts(before: bytes, after: bytes) -> set[str]:
    """The parts that were edited, added or removed."""
    a, b = raw_parts(before), raw_parts(after)
    return {name for name in a.keys() | b.keys() if a.get(name) != b.get(name)}


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.testzip() is None
        return z.read(name)


@cache
def _checker() -> object:
    spec = importlib.util.spec_from_file_location("check_ooxml", SHARED / "check_ooxml.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema_problems(path: Path) -> set[str]:
    return set(_checker().check(str(path)))  # type: ignore[attr-defined]


def ours(book: Workbook) -> dict[str, Cells]:
    return {
        name: {(row, column): v for row, cells in book.sheet(name).rows() for column, v in cells.items()}
        for name in book.sheet_names
    }


def wolfs(path: Path) -> dict[str, Cells]:
    """The same, as wolfxl reads it in modify mode; times of day as Excel stores them."""
    import wolfxl

    book = wolfxl.load_workbook(str(path), modify=True, data_only=True)
    return {sheet.title: dict(_cells(sheet)) for sheet in book.worksheets}


def _cells(sheet: object) -> Iterable[tuple[tuple[int, int], Value]]:
    for row in sheet.iter_rows():  # type: ignore[attr-defined]
        for cell in row:
            value = cell.value
            if isinstance(value, datetime.time):
                value = (value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86400
            if isinstance(value, str):  # wolfxl leaves the escapes of ST_Xstring as they are
                value = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), value)
            if value is not None and value != "":
                yield (cell.row, cell.column), value


def headers_agree(book: Workbook) -> bool:
    """Whether each table's columns are named as its header cells read: Excel repairs the file where they are not."""
    for table in map(book.table, book.tables):
        if table.header_row is not None:
            cells = dict(table.sheet.rows()).get(table.header_row, {})
            shown = [cells.get(table.area.column1 + i) for i in range(len(table.columns))]
            if [re.sub(r"\r?\n", "\n", str(v)) for v in shown] != [re.sub(r"\r?\n", "\n", c) for c in table.columns]:
                return False
    return True


def same(a: Value, b: Value) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        return isinstance(a, (int, float)) and isinstance(b, (int, float)) and abs(a - b) <= 1e-9 * max(1, abs(a))
    return a == b


def differences(a: Mapping[str, Cells], b: Mapping[str, Cells]) -> list[object]:
    """Where two readers of one file disagree."""
    found: list[object] = []
    for sheet in a.keys() | b.keys():
        one, other = a.get(sheet, {}), b.get(sheet, {})
        found += [
            (sheet, at, one.get(at), other.get(at))
            for at in one.keys() | other.keys()
            if not same(one.get(at), other.get(at))
        ]
    return found


_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def libreoffice(files: Iterable[Path], folder: Path) -> dict[Path, dict[str, list[list[str]]]]:
    """Every sheet of every file as LibreOffice shows it, from one start of it with a profile of its own."""
    files, out = list(files), folder / "csv"
    assert len({f.stem for f in files}) == len(files)
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless",
            "--convert-to", _CSV, "--outdir", str(out), *map(str, files),
        ],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    read: dict[Path, dict[str, list[list[str]]]] = {f: {} for f in files}
    stems = sorted(files, key=lambda f: -len(f.stem))
    for sheet in out.glob("*.csv"):
        file = next(f for f in stems if sheet.stem.startswith(f.stem + "-"))
        with sheet.open(encoding="utf-8", newline="") as f:
            read[file][sheet.stem[len(file.stem) + 1 :]] = list(csv.reader(f))
    return read


def shown(sheets: Mapping[str, list[list[str]]], sheet: str, row: int, column: int) -> str:
    """What LibreOffice shows in a cell; it may name an only sheet otherwise."""
    lines = sheets[sheet] if len(sheets) > 1 else next(iter(sheets.values()))
    return lines[row - 1][column - 1] if row <= len(lines) and column <= len(lines[row - 1]) else ""
