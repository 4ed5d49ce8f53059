"""A report on paper: the office types its texts into 任务台账 and the day it came into 报送情况."""

from __future__ import annotations

from datetime import datetime

import pytest
from conftest import Annex2
from openpyxl import load_workbook
from test_mix_ups import RELIEF
from test_taken_back import receipt, shown, states

from toolkit.master.schema import Sheet

TYPED, LATE = "2023-04-04T10:00", "2023-04-08T10:00"


def typed(annex2: Annex2, day: datetime, *texts: str) -> None:
    keys = {r["序号"]: r["任务编号"] for r in annex2.cells("任务台账")}
    for no, text in zip((2, 13), texts, strict=False):
        annex2.type(Sheet.TASKS, keys[no], "第一季度完成情况", text)
    annex2.type(Sheet.TRACKER, RELIEF, "第一季度", day)  # type: ignore[arg-type]


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    return annex2


def test_its_texts_have_a_state(office: Annex2) -> None:
    typed(office, datetime(2023, 4, 4), "纸上的情况")  # noqa: DTZ001
    office("collect", now=TYPED)
    assert states(office) == ("按时", None)  # nobody has typed the other yet
    assert shown(office) == "on_time"
    typed(office, datetime(2023, 4, 7), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    office("collect", now=LATE)
    assert states(office) == ("逾期", "逾期")
    assert shown(office, LATE) == "late"
    before = office.master.read_bytes()
    office("collect", now=LATE)
    assert office.master.read_bytes() == before


def test_a_file_that_follows_it_is_not_late(office: Annex2) -> None:
    typed(office, datetime(2023, 4, 4), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    office("collect", now=TYPED)
    office.deliver(RELIEF, texts=("纸上的情况", "纸上的标准"))
    office("collect", now=LATE)
    assert receipt(office, 1)["结论"] == "接收"
    assert states(office) == ("按时", "按时")
    assert shown(office, LATE) == "on_time"
    (tracker,) = (r for r in office.cells("报送情况") if r["处室"] == RELIEF)
    assert tracker["第一季度"] == datetime(2023, 4, 4)  # noqa: DTZ001


def test_and_what_differs_waits_for_a_person(office: Annex2) -> None:
    typed(office, datetime(2023, 4, 4), "纸上的情况")  # noqa: DTZ001
    office.deliver(RELIEF, texts=("另写的", "标准"))
    office("collect", now=LATE)
    assert states(office) == ("按时", "按时")
    (item,) = (r for r in office.cells("待处理") if str(r["标识"]).startswith("conflict:"))
    assert "纸上的情况" in str(item["问题"])


def test_a_file_that_follows_a_late_one_is_late(office: Annex2) -> None:
    typed(office, datetime(2023, 4, 7), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    office.deliver(RELIEF, texts=("纸上的情况", "纸上的标准"))
    office("collect", now=LATE)
    assert receipt(office, 1)["结论"] == "接收（有提示）"
    assert states(office) == ("逾期", "逾期")


def test_a_state_that_a_person_typed_stays(office: Annex2) -> None:
    typed(office, datetime(2023, 4, 7), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    keys = {r["序号"]: r["任务编号"] for r in office.cells("任务台账")}
    office.type(Sheet.TASKS, keys[2], "第一季度报送状态", "口头报告")
    office("collect", now=LATE)
    assert states(office) == ("口头报告", "逾期")


def test_its_day_has_no_hour(office: Annex2) -> None:
    """Nobody typed 00:00; a file that came at midnight has its hour."""
    office.type(Sheet.TRACKER, RELIEF, "第一季度", datetime(2023, 4, 4))  # type: ignore[arg-type]  # noqa: DTZ001
    office.deliver("儿童福利处", name="三.xlsx")
    office("collect", now="2023-04-05T00:00")
    page = office.root / "页.html"
    out = office("status", "2023Q1", now=LATE)[1]
    office("status", "--html", str(page), now=LATE)
    office("summary", now=LATE)
    assert "2023-04-04 00:00" not in out
    assert "2023-04-04" in out
    assert "2023-04-05 00:00" in out
    told = page.read_text("utf-8")
    assert '<small><span class="keep">04-04</span></small>' in told
    assert '<small><span class="keep">04-05 00:00</span>' in told
    (book,) = (load_workbook(p) for p in (office.root / "summary").glob("*汇总.xlsx"))
    cells = {r[2].value: r[6] for r in book["报送记录"].iter_rows() if r[0].value == "第一季度"}
    assert (cells[RELIEF].number_format, cells["儿童福利处"].number_format) == ("yyyy-mm-dd", "yyyy-mm-dd hh:mm")


@pytest.mark.parametrize("year", [2022, 2024, 2032])
def test_a_day_of_another_year_is_told(office: Annex2, year: int) -> None:
    typed(office, datetime(year, 4, 4), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    _, out, err = office("collect", now=TYPED)
    assert f"写的 {year}-04-04 不像第一季度的报送日期" in out + err
    typed(office, datetime(2023, 4, 4), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    assert "不像" not in "".join(map(str, office("collect", now=TYPED)))


def test_a_day_in_the_wrong_column_is_told(office: Annex2) -> None:
    """It counts for a round that nothing was written of, and the division is asked for the one that it reported."""
    typed(office, datetime(2023, 4, 4), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    assert "纸质报送" not in "".join(map(str, office("collect", now=TYPED)))
    office.type(Sheet.TRACKER, RELIEF, "第二季度", datetime(2023, 4, 4))  # type: ignore[arg-type]  # noqa: DTZ001
    office.type(Sheet.TRACKER, RELIEF, "第一季度", None)
    for verb in ("collect", "status"):
        _, out, err = office(verb, now=LATE)
        assert f"登记了第二季度的纸质报送，“任务台账”里的文字却都空着的：{RELIEF}（报送情况!D14）" in out + err, verb
        assert f"第一季度的文字都填了，没有收到文件，“报送情况”里也没有登记收到的日期，仍算没有报的：{RELIEF}" in (
            out + err
        )
    office.deliver(RELIEF, texts=("纸上的情况", "纸上的标准"))
    office("collect", now=LATE)
    assert "都填了" not in "".join(map(str, office("status", now=LATE)))


def test_words_that_only_fill_a_cell_are_no_report(office: Annex2) -> None:
    keys = {r["序号"]: r["任务编号"] for r in office.cells("任务台账")}
    office.type(Sheet.TASKS, keys[12], "第一季度完成情况", "（待报）")
    assert "都填了" not in "".join(map(str, office("status", now=TYPED)))


def test_an_hour_that_is_anothers_too_by_ruling_is_a_day_on_paper(office: Annex2) -> None:
    """16:00 is an hour that people type."""
    office.deliver("儿童福利处")
    office("collect", now=TYPED)
    office.type(Sheet.RECEIPTS, "1", "认定时间", datetime(2023, 4, 4, 16))  # type: ignore[arg-type]  # noqa: DTZ001
    office("collect", now=TYPED)
    typed(office, datetime(2023, 4, 4, 16), "纸上的情况", "纸上的标准")  # noqa: DTZ001
    assert "没有算作" not in "".join(map(str, office("collect", now=LATE)))
    assert shown(office, LATE) == "on_time"


def test_one_moment_of_several_divisions_is_nobodys(office: Annex2) -> None:
    """Their files came in one archive; the name of one was changed since, without its old one as 别名."""
    for division in (RELIEF, "儿童福利处", "养老服务处"):
        office.deliver(division)
    office("collect", now=TYPED)
    book = load_workbook(office.master)
    for sheet in ("任务台账", "处室", "报送情况"):
        for row in book[sheet].iter_rows():
            for cell in row:
                if cell.value == "儿童福利处":
                    cell.value = "儿童处"
    book.save(office.master)
    told = "".join(map(str, office("status", now=LATE)))
    assert "把旧名写进新名那一行的“别名”" in told
    assert "一模一样" not in told
