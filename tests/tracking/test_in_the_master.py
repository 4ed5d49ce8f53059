"""Through a real workspace: rolled dates, exemptions and extensions in the cells of the master, run after run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import load_workbook

from toolkit.master.schema import Sheet
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
    annex2.deliver("儿童福利处", approver="彭莉莉")
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


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("2023Q1：2023-04-10", "2023-04-10"),
        ("第一季度：4月10日", "2023-04-10"),
        ("第一季度延至4月10日；2季度 7.12", "2023-04-10"),
        ("Q1 同意延期到2023年4月10日前（邓局同意）", "2023-04-10"),
        ("Q2：2023-07-12、Q1:4.10", "2023-04-10"),
        ("2023Y：1月12日", None),
        ("第一季度延期", None),
    ],
)
def test_given_longer_in_the_words_that_people_use(
    annex2: Any, master: Master, written: str, until: str | None
) -> None:
    master.type("处室", "社会救助处", "延期", written)
    office = load(Workspace(annex2.root)).master.office
    round_ = office.rounds[0]
    assert f"{office.round_for('社会救助处', round_).due}" == (until or f"{round_.due}")


@pytest.mark.parametrize(
    ("sheet", "column", "written", "said"),
    [
        ("处室", "延期", "2023Q1：2022-04-10", "延期至 2022-04-10，不比截止日期 2023-04-05 晚，不起作用：核对年份"),
        ("报送情况", "第一季度", "延期至 2023-04-02", "延期至 2023-04-02，不比截止日期 2023-04-05 晚，不起作用"),
        ("处室", "延期", "2023Q1：2032-04-10", "延期至 2032-04-10，比截止日期 2023-04-05 晚一年以上：请核对年份"),
        ("处室", "延期", "2023Q1：9999-12-31", "写的“2023Q1：9999-12-31”看不懂，没有照办"),
        ("报送情况", "第一季度", "延期至 9999-12-31", "写的“延期至 9999-12-31”看不懂，没有照办"),
    ],
)
def test_longer_that_is_none_is_told(
    annex2: Any, master: Master, sheet: str, column: str, written: str, said: str
) -> None:
    master.type(sheet, "社会救助处", column, written)
    for command in (("status",), ("remind", "--dry-run"), ("summary",), ("collect",), ("fanout", "2023Q1")):
        status, out, err = annex2(*command, now="2023-04-04T09:00")
        assert status in (0, 1), out + err
    assert said in annex2("status", now="2023-04-04T09:00")[1]
    assert master.states("2023-04-04 09:00")["社会救助处"] in ("即将到期", "未到期"), "never shorter"


@pytest.mark.parametrize(
    ("header", "value"),
    [("截止日期", date(9999, 12, 31)), ("上报截止", date(9999, 12, 31)), ("提前提醒天数", 20230628)],
)
def test_a_deadline_that_nobody_can_reckon_with_is_told_with_its_cell(
    annex2: Any, master: Master, header: str, value: object
) -> None:
    master.type("报送节点", "2023Q1", header, value)
    for command in (("status",), ("remind",), ("summary",), ("schedule", "list"), ("fanout", "2023Q1")):
        status, _, error = annex2(*command, now="2023-04-04T09:00")
        assert status == 2
        assert "报送节点!" in error


def test_longer_that_cannot_be_understood_is_told_and_stops_nothing(annex2: Any, master: Master) -> None:
    master.type("处室", "社会救助处", "延期", "Q1：下周")
    status, out, _ = annex2("status", now="2023-01-10T09:00")
    assert status == 0
    assert "master.xlsx 处室!" in out
    assert "写的“Q1：下周”看不懂，没有照办。写成 2023Q1：2023-04-10 这样" in out


def test_closed_and_merged(annex2: Any, master: Master) -> None:
    master.type("处室", "儿童福利处", "停用日期", date(2023, 6, 30))
    master.type("处室", "儿童福利处", "并入", "社会救助处")
    assert "儿童福利处" in master.states("2023-04-01 09:00")
    assert "儿童福利处" not in master.states("2023-07-01 09:00", "2023Q2")
    annex2("fanout", "2023Q2")
    assert not list((annex2.root / "outbox" / "2023Q2").glob("*儿童福利处*"))
    sheet = load_workbook(annex2.form("社会救助处", "2023Q2")).worksheets[0]
    assert len([r for r in sheet.iter_rows() if isinstance(r[0].value, int)]) == 3  # its own two and one more


def test_a_date_typed_as_text_is_counted_and_told(annex2: Any, master: Master, collect: Callable[[str], str]) -> None:
    master.type("报送情况", "社会救助处", "第一季度", "2023.4.4")
    assert master.states("2023-04-07 09:00")["社会救助处"] == "按时"
    _, out, _ = annex2("status", now="2023-04-07T09:00")
    assert "“2023.4.4”是文字，不是日期：这里按 2023-04-04 收到算" in out
    assert "报送情况!C" in out
    collect("2023-04-07T09:00")
    assert master.cell("报送情况", "社会救助处", "第一季度") == "2023.4.4"  # a person's: left alone
    master.type("报送情况", "社会救助处", "第一季度", date(2023, 4, 4))
    assert "是文字" not in annex2("status", now="2023-04-07T09:00")[1]


def add_task(master: Master, division: str) -> None:
    """A starred task typed below the last one, as the manual says."""
    book = load_workbook(master.annex2.master)
    ws = book["任务台账"]
    (table,) = ws.tables.values()
    headers = [c.value for c in ws[3]]
    for header, value in {
        "序号": 22, "牵头(★)": "★", "类别": "局党组交办", "工作事项": "年中交办：开展养老机构消防安全排查整治。",
        "分管领导": "彭莉莉", "牵头处室": division, "责任处室(单位)": None,
    }.items():  # fmt: skip
        ws.cell(25, headers.index(header) + 1).value = value
    table.ref = table.autoFilter.ref = table.ref.replace("24", "25")
    book.save(master.annex2.master)


def test_a_task_that_comes_in_the_middle_of_the_year_is_not_missing_before(
    annex2: Any, master: Master, collect: Callable[[str], str]
) -> None:
    """慈善社工处 leads no starred task until June; 养老服务处 leads others."""
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", approver="李超")
    collect("2023-04-03T10:00")
    add_task(master, "慈善社工处")
    assert "慈善社工处" not in master.states("2023-06-10 08:00")  # no run has dated it yet
    collect("2023-06-10T09:00")
    assert master.cell("任务台账", 22, "加入日期") == datetime(2023, 6, 10)  # noqa: DTZ001  as Excel has it
    assert "慈善社工处" not in master.states("2023-06-10 10:00")
    assert master.states("2023-07-08 09:00", "2023Q2")["慈善社工处"] == "逾期未报"
    assert master.cell("报送情况", "慈善社工处", "第一季度") == "—"
    assert str(master.cell("报送情况", "慈善社工处", "第二季度")).startswith("=IF(")
    assert "总表没有变化" in collect("2023-06-10T10:00")
    assert "没有应报的任务" in annex2("fanout", "2023Q1", "--division", "慈善社工处")[2]
    assert annex2("fanout", "2023Q2", "--division", "慈善社工处")[0] == 0
    # Told otherwise, it is asked for the first quarter as well.
    master.type("任务台账", 22, "加入日期", date(2023, 4, 1))
    collect("2023-06-11T09:00")
    assert master.states("2023-06-11 10:00")["慈善社工处"] == "逾期未报"
    assert str(master.cell("报送情况", "慈善社工处", "第一季度")).startswith("=IF(")


def test_a_new_task_of_a_division_that_owes_others(
    annex2: Any, master: Master, collect: Callable[[str], str]
) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", approver="李超")
    collect("2023-04-03T10:00")
    add_task(master, "社会救助处")
    collect("2023-06-10T09:00")
    annex2("summary", now="2023-06-12T09:00")
    (made,) = (annex2.root / "summary").glob("*.xlsx")
    rows = [[c.value for c in r] for r in load_workbook(made)["任务完成情况"].iter_rows()]
    (header,) = (r for r in rows if "序号" in r)
    (row,) = (r for r in rows if r[0] == "22*")
    assert row[header.index("第一季度完成情况")] is None  # neither missing nor asked for
    assert row[header.index("第二季度完成情况")] == "未到期"


def test_tasks_typed_before_anything_came_in_belong_to_the_whole_year(
    master: Master, collect: Callable[[str], str]
) -> None:
    add_task(master, "慈善社工处")
    collect("2023-06-10T09:00")
    assert master.cell("任务台账", 22, "加入日期") is None
    assert master.states("2023-06-10 10:00")["慈善社工处"] == "逾期未报"


def test_a_division_and_a_leader_of_another_name(annex2: Any, master: Master, collect: Callable[[str], str]) -> None:
    annex2("fanout", "2023Q1")
    master.type("处室", "基层政权处", "别名", "基层政权处")
    master.type("处室", "基层政权处", "名称", "基层治理处")
    master.type("处室", "社会救助处", "分管领导", None)
    for row in annex2.cells("任务台账"):
        if row["牵头处室"] == "社会救助处":
            master.type("任务台账", row["序号"], "分管领导", "王  新")
    collect("2023-03-20T09:00")
    rows = {r["处室"]: r for r in annex2.cells("报送情况")}
    assert "基层政权处" not in rows
    assert rows["基层治理处"]["分管领导"] == "彭莉莉"
    assert str(rows["社会救助处"]["分管领导"]).replace(" ", "") == "王新"
    assert "总表没有变化" in collect("2023-03-20T09:05")
    master.type("处室", "社会救助处", "分管领导", "赵云")  # what 处室 says goes before
    collect("2023-03-20T09:10")
    assert {r["处室"]: r["分管领导"] for r in annex2.cells("报送情况")}["社会救助处"] == "赵云"


@pytest.mark.parametrize("words", ["未到期", "… 即将到期", "✗ 逾期未报", None])
def test_words_that_were_pasted_over_the_formula_do_not_go_stale(
    annex2: Any, master: Master, collect: Callable[[str], str], words: str | None
) -> None:
    annex2("fanout", "2023Q1")
    before = master.cell("报送情况", "社会救助处", "第一季度")
    master.type("报送情况", "社会救助处", "第一季度", words)
    collect("2023-04-03T10:00")
    assert master.cell("报送情况", "社会救助处", "第一季度") == before
    assert "总表没有变化" in collect("2023-04-03T10:01")


def test_a_moment_of_receipt_in_another_year_is_told(annex2: Any, collect: Callable[[str], str]) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", approver="李超")
    collect("2023-04-09T09:00")
    annex2.type(Sheet.RECEIPTS, "1", "认定时间", "2032-04-05 16:00")
    assert "写的 2032-04-05 和收到时间差一年以上，现在按它算：请核对年份" in annex2("status", now="2023-04-09T10:00")[1]
    annex2.type(Sheet.RECEIPTS, "1", "认定时间", "2023-04-05 16:00")
    assert "请核对年份" not in annex2("status", now="2023-04-09T10:00")[1]
