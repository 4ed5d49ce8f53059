"""指标 belongs to tasks, not to their numbers: a task that is put in between moves no figure."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Annex2
from openpyxl import load_workbook


def confirm(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["指标"]
    heads = {c.value: c.column for c in sheet[3]}
    for row in sheet.iter_rows(min_row=4):
        row[heads["口径"] - 1].value = None
    book.save(annex2.master)


def renumber(annex2: Annex2, first: int, by: int) -> None:
    book = load_workbook(annex2.master)
    sheet = book["任务台账"]
    for row in sheet.iter_rows(min_row=4):
        if isinstance(row[0].value, int) and row[0].value >= first:
            row[0].value += by
    book.save(annex2.master)


def owners(annex2: Annex2) -> dict[str, tuple[Any, Any]]:
    names = {r["任务编号"]: r["工作事项"] for r in annex2.cells("任务台账")}
    numbers = {r["任务编号"]: r["序号"] for r in annex2.cells("任务台账")}
    assert all(r["序号"] == numbers[r["任务编号"]] for r in annex2.cells("指标"))
    return {f"{r['指标']} {r['目标值']}": names[r["任务编号"]] for r in annex2.cells("指标")}


@pytest.mark.parametrize("between", [False, True])
def test_figures_stay_with_their_tasks(annex2: Annex2, between: bool) -> None:
    confirm(annex2)
    annex2("fanout", "2023Q1")
    annex2("collect", now="2023-04-03T10:00")
    before = owners(annex2)
    for _ in range(2):
        renumber(annex2, 9, 1)
        if between:  # forms that are made before anything is collected
            annex2("fanout", "2023Q2")
        annex2("collect", now="2023-04-04T10:00")
        assert owners(annex2) == before
    assert "总表没有变化" in annex2("collect", now="2023-04-04T11:00")[1]


def test_what_a_person_changes_counts(annex2: Annex2) -> None:
    confirm(annex2)
    annex2("fanout", "2023Q1")
    annex2("collect", now="2023-04-03T10:00")
    book = load_workbook(annex2.master)
    sheet = book["指标"]
    heads = {c.value: c.column for c in sheet[3]}
    name = sheet.cell(4, heads["指标"]).value
    sheet.cell(4, heads["序号"]).value = 14  # a row that was copied, or belongs elsewhere after all
    book.save(annex2.master)
    annex2("collect", now="2023-04-04T10:00")
    row = next(r for r in annex2.cells("指标") if r["指标"] == name and r["序号"] == 14)
    assert row["任务编号"] == "2023-14"


def test_a_row_that_a_person_adds_gets_its_key(annex2: Annex2) -> None:
    confirm(annex2)
    book = load_workbook(annex2.master)
    sheet = book["指标"]
    heads = {c.value: c.column for c in sheet[3]}
    sheet.cell(4, heads["任务编号"]).value = None
    book.save(annex2.master)
    annex2("collect", now="2023-04-04T10:00")
    assert annex2.cells("指标")[0]["任务编号"] == f"2023-{annex2.cells('指标')[0]['序号']:02d}"


def test_a_master_of_before_is_told(annex2: Annex2) -> None:
    confirm(annex2)
    book = load_workbook(annex2.master)
    sheet = book["指标"]
    head = next(c for c in sheet[3] if c.value == "任务编号")
    head.value = "备注"
    (table,) = sheet.tables.values()
    next(c for c in table.tableColumns if c.name == "任务编号").name = "备注"
    book.save(annex2.master)
    annex2("fanout", "2023Q1")
    annex2("collect", now="2023-04-03T10:00")
    renumber(annex2, 19, 1)
    told = "任务改了序号（现在的第20、21、22项），“指标”是按序号对的"
    assert told in annex2("status")[1]
    annex2("collect", now="2023-04-04T10:00")
    assert told not in annex2("status")[1]
