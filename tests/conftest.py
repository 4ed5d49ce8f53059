"""Fixtures that several test modules share."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from libreoffice import LibreOffice, missing
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from toolkit.cli import main
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.opening import open_workspace
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook, cell_name

os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")  # read when xlwings is imported, whoever does so first

os.environ["ANNEX2_LANG"] = "zh"  # what tests compare is Chinese, whatever the machine's locale

os.environ["ANNEX2_DEBUG"] = "1"  # a fault of the program's own fails the test that meets it

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def libreoffice() -> Iterator[LibreOffice]:
    """A running LibreOffice (skips where there is none)."""
    if missing():
        pytest.skip(missing())
    office = LibreOffice()
    yield office
    office.quit()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of seeds, schemas and corpora, which only development machines have."""
    if not SHARED.is_dir():
        pytest.skip("the shared seed and corpus are not on this machine")
    return SHARED


LEADERS = {"养老服务处": "邓永付", "社会救助处": "李超"}
LEADERS |= dict.fromkeys(("儿童福利处", "基层政权处", "慈善社工处"), "彭莉莉")


@dataclass
class Annex2:
    """The command in a workspace, run in this process: exit status, stdout, stderr."""

    root: Path

    def __call__(self, *words: object, now: str | None = None) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        at = ["--now", now] if now else []
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(["-w", str(self.root), *at, *map(str, words)])
        return status, out.getvalue(), err.getvalue()

    def json(self, *words: object, now: str | None = None) -> Any:
        _, out, err = self(*words, "--json", now=now)
        assert out, err
        return json.loads(out)

    @property
    def master(self) -> Path:
        return self.root / "master.xlsx"

    def form(self, division: str, round_: str = "2023Q1") -> Path:
        """A division's form in the outbox."""
        (path,) = (self.root / "outbox" / round_).glob(f"*{division}*.xlsx")
        return path

    def deliver(self, division: str, round_: str = "2023Q1", name: str | None = None, **filled: Any) -> Path:
        """Fill a division's form as its own program would, approved by its leader, and put it into the inbox."""
        filled.setdefault("approver", LEADERS.get(division))
        form = self.form(division, round_)
        target = self.root / "inbox" / (name or form.name)
        target.write_bytes(fill(form.read_bytes(), **filled))
        return target

    def cells(self, sheet: str) -> list[dict[str, Any]]:
        """The rows of a master's table, by header, read by openpyxl."""
        book = load_workbook(self.master)
        ws = book[sheet]
        (table,) = ws.tables.values()
        rows = [[c.value for c in row] for row in ws[table.ref]]
        return [dict(zip(rows[0], r, strict=True)) for r in rows[1:]]

    def type(self, sheet: Sheet, key: str, header: str, value: str | None) -> None:
        """What a person types into the master, and saves."""
        loaded = load(Workspace(self.root))
        layout = loaded.master.layouts[sheet]
        column = layout.column(header)
        assert column is not None
        workbook = Workbook.from_bytes(loaded.data)
        workbook.sheet(layout.sheet).set(cell_name(layout.rows[key], column), value)
        self.master.write_bytes(workbook.to_bytes())

    def status_text(self, no: int, header: str = "第一季度完成情况") -> Any:
        (row,) = (r for r in self.cells("任务台账") if r["序号"] == no)
        return row[header]


def input_rows(sheet: Worksheet) -> list[int]:
    """The rows of a form's tasks."""
    return [r for r in range(1, sheet.max_row + 1) if isinstance(sheet.cell(r, 1).value, int)]


def fill(
    form: bytes,
    texts: Sequence[str | None] | None = None,
    approver: str | None = "张三",
    day: date | None = date(2023, 4, 3),
) -> bytes:
    """A form as a division's own program saves it: opened, typed into, saved whole by openpyxl."""
    book = load_workbook(io.BytesIO(form))
    sheet = book.worksheets[0]
    rows = input_rows(sheet)
    for i, row in enumerate(rows):
        sheet.cell(row, 3).value = texts[i] if texts is not None else f"第{i + 1}项已完成百分之{20 + i}，按计划推进。"
    for row in range(rows[-1], sheet.max_row + 1):
        label = str(sheet.cell(row, 2).value or "")
        if "审定日期" in label:
            sheet.cell(row, 3).value = day
        elif "审定" in label:
            sheet.cell(row, 3).value = approver
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def annex2(tmp_path: Path) -> Annex2:
    """A fresh workspace from the shipped master."""
    root = tmp_path / "工作区"
    open_workspace(root)
    return Annex2(root)
