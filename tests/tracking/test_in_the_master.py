"""Through a real workspace: rolled dates, exemptions and extensions in the cells of the master, run after run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from toolkit.master.store import load
from toolkit.standing import standing
from toolkit.workspace import Workspace

from .office import at


class Master:
    """What a person types into master.xlsx, by sheet, row and header."""

    def __init__(self, annex2: Any) -> None:
        self.annex2 = annex2

    def type(self, sheet: str, row: str, header: str, value: object) -> None:
        book = load_workbook(self.annex2.master)
        ws = book[sheet]
        (table,) = ws.tables.values()
        cells = list(ws[table.ref])
        column = [c.value for c in cells[0]].index(header)
        (line,) = (r for r in cells[1:] if r[0].value == row)
        line[column].value = value
        book.save(self.annex2.master)

    def cell(self, sheet: str, row: object, header: str, key: str = "") -> Any:
        rows = self.annex2.cells(sheet)
        (found,) = (r for r in rows if r[key or next(iter(r))] == row)
        return found[header]

    def states(self, now: str, round_: str = "2023Q1") -> dict[str, str]:
        master = load(Workspace(self.annex2.root)).master
        (status,) = (r for r in standing(master, at(now)) if r.round.key == round_)
        return {d.division: d.label for d in status.divisions}


@pytest.fixture
def master(annex2: Any) -> Master:
    return Master(annex2)


@pytest.fixture
def collect(annex2: Any) -> Callable[[str], str]:
    def run(now: str) -> str:
        status, out, err = annex2("collect", now=now)
        assert status in (0, 1), err
        return str(out)

    return run


def test_a_rolled_date(annex2: Any, master: Master, collect: Callable[[str], str]) -> None:
    annex2("fanout", "2023Q1")
    assert master.cell("报送节点", "2023Q1", "日历提示") == "4月5日为清明节，不顺延，请于4月4日前收齐"
    master.type("报送节点", "2023Q1", "顺延规则", "顺延至下一工作日")
    annex2.deliver("社会救助处", approver="李超")
    collect("2023-04-06T20:00")
    assert master.cell("报送节点", "2023Q1", "日历提示") == "4月5日为清明节，顺延至4月6日"
    assert master.cell("报送节点", "2023Q1", "实际截止") == datetime(2023, 4, 6, 23, 59)  # noqa: DTZ001  as Excel
    assert master.cell("任务台账", 2, "第一季度报送状态") == "顺延期内"
    assert "逾期" not in str(master.cell("收件记录", 1, "原因"))
    annex2.deliver("儿童福利处", approver="李超")
    collect("2023-04-07T00:00")
    assert master.cell("任务台账", 12, "第一季度报送状态") == "逾期"
    states = master.states("2023-04-07 09:00")
    assert (states["社会救助处"], states["儿童福利处"], states["养老服务处"]) == ("顺延期内", "逾期", "逾期未报")
    assert "总表没有变化" in collect("2023-04-07T10:00")


def test_a_date_moved_and_a_day_off_of_the_offices_own(master: Master, collect: Callable[[str], str]) -> None:
    master.type("报送节点", "2023Q2", "截止日期", date(2023, 7, 8))
    master.type("报送节点", "2023Q2", "顺延规则", "顺延至下一工作日")
    collect("2023-06-01T09:00")
    assert master.cell("报送节点", "2023Q2", "日历提示") == "7月8日为星期六，顺延至7月10日"
    assert str(master.cell("报送节点", "2023Q2", "已核日期"))[:10] == "2023-07-08"
    assert "总表没有变化" in collect("2023-06-01T09:05")
    book = load_workbook(master.annex2.master)
    book["工作日历"]["A4"].value, book["工作日历"]["B4"].value = date(2023, 7, 10), "休息"
    book.save(master.annex2.master)
    collect("2023-06-01T09:10")
    assert master.cell("报送节点", "2023Q2", "日历提示") == "7月8日为星期六，顺延至7月11日"
    assert master.states("2023-07-11 12:00", "2023Q2")["儿童福利处"] == "即将到期"


def test_given_longer_in_the_list_of_divisions(annex2: Any, master: Master, collect: Callable[[str], str]) -> None:
    annex2("fanout", "2023Q1")
    master.type("处室", "社会救助处", "延期", "2023Q1：2023-04-10")
    master.type("处室", "儿童福利处", "免报节点", "2023Q1")
    collect("2023-04-07T09:00")
    assert master.cell("报送情况", "社会救助处", "第一季度") == "延期至2023-04-10（处室表）"
    assert master.cell("报送情况", "儿童福利处", "第一季度") == "免报（处室表）"
    states = master.states("2023-04-07 09:00")
    assert (states["社会救助处"], states["儿童福利处"]) == ("即将到期", "免报")
    assert "总表没有变化" in collect("2023-04-07T09:05")
    annex2.deliver("社会救助处", approver="李超")
    collect("2023-04-09T09:00")
    assert master.cell("任务台账", 2, "第一季度报送状态") == "按时"
    assert master.cell("报送情况", "社会救助处", "第一季度") == "✓按时 4月9日，已延期（处室表）"
    assert "总表没有变化" in collect("2023-04-09T09:05")
    # taken back: the cells follow
    master.type("处室", "社会救助处", "延期", None)
    master.type("处室", "儿童福利处", "免报节点", None)
    collect("2023-04-09T10:00")
    assert isinstance(master.cell("报送情况", "社会救助处", "第一季度"), datetime)
    assert master.cell("任务台账", 2, "第一季度报送状态") == "逾期"
    assert str(master.cell("报送情况", "儿童福利处", "第一季度")).startswith("=IF(")


def test_given_longer_in_the_cell(annex2: Any, master: Master, collect: Callable[[str], str]) -> None:
    annex2("fanout", "2023Q1")
    master.type("报送情况", "社会救助处", "第一季度", "延期至 2023年4月10日")
    annex2.deliver("社会救助处", approver="李超")
    collect("2023-04-09T09:00")
    assert master.cell("报送情况", "社会救助处", "第一季度") == "延期至 2023年4月10日"  # a person's cell stays
    assert master.states("2023-04-09 10:00")["社会救助处"] == "按时"
    assert master.cell("任务台账", 2, "第一季度报送状态") == "按时"


@pytest.mark.parametrize(
    ("sheet", "row", "header", "value", "said"),
    [
        ("处室", "社会救助处", "延期", "下周", "延期“下周”看不明白"),
        ("报送节点", "2023Q1", "顺延规则", "往后推", "顺延规则“往后推”不认识"),
        ("设置", "截止时刻", "值", "下班前", "截止时刻“下班前”不认识"),
        ("处室", "社会救助处", "停用日期", "年中", "停用日期“年中”不是日期"),
    ],
)
def test_what_cannot_be_understood_is_named(
    annex2: Any, master: Master, sheet: str, row: str, header: str, value: str, said: str
) -> None:
    master.type(sheet, row, header, value)
    status, _, error = annex2("status")
    assert status == 2
    assert said in error
    assert sheet in error


def test_closed_and_merged(annex2: Any, master: Master) -> None:
    master.type("处室", "儿童福利处", "停用日期", date(2023, 6, 30))
    master.type("处室", "儿童福利处", "并入", "社会救助处")
    assert "儿童福利处" in master.states("2023-04-01 09:00")
    assert "儿童福利处" not in master.states("2023-07-01 09:00", "2023Q2")
    annex2("fanout", "2023Q2")
    assert not list((annex2.root / "outbox" / "2023Q2").glob("*儿童福利处*"))
    sheet = load_workbook(annex2.form("社会救助处", "2023Q2")).worksheets[0]
    assert len([r for r in sheet.iter_rows() if isinstance(r[0].value, int)]) == 3  # its own two and one more
