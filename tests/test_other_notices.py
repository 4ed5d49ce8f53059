"""Notices of other offices: other headers, merged cells, no stars, no quarters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from conftest import Annex2
from docx import Document
from openpyxl import load_workbook

from toolkit.errors import NoticeError
from toolkit.model import Rolling
from toolkit.notice import Notice, read_notice
from toolkit.opening import with_upstream

QUARTERS = (
    "请于2026年4月10日、7月10日、10月10日、2027年1月10日前，将第一、第二、第三季度及全年工作目标完成情况报局办公室。"
)
Merge = tuple[int, int, int, int]


def notice_file(
    path: Path, rows: Sequence[Sequence[str]], merges: Sequence[Merge] = (), body: str = QUARTERS, year: int = 2026
) -> Path:
    document = Document()
    heading = f"东湖区商务局关于印发{year}年重点工作任务分解表的通知"
    for text in (heading, *body.split("¶"), "东湖区商务局", f"{year}年3月2日", "附件1"):
        document.add_paragraph(text)
    table = document.add_table(len(rows), len(rows[0]))
    for r, texts in enumerate(rows):
        for c, text in enumerate(texts):
            table.cell(r, c).text = text
    for top, left, bottom, right in merges:
        kept = table.cell(top, left).text
        table.cell(top, left).merge(table.cell(bottom, right)).text = kept
    document.save(str(path))
    return path


def read(tmp_path: Path, rows: Sequence[Sequence[str]], merges: Sequence[Merge] = (), body: str = QUARTERS) -> Notice:
    return read_notice(notice_file(tmp_path / "通知.docx", rows, merges, body))


@pytest.mark.parametrize(
    ("first", "second"), [("重点任务", "工作内容"), ("重点任务", "具体举措"), ("项目名称", "建设内容")]
)
def test_what_a_task_belongs_to_and_what_is_to_be_done(tmp_path: Path, first: str, second: str) -> None:
    rows = [
        ["序号", first, second, "牵头股室", "配合股室", "责任领导"],
        ["1", "促消费", "举办促消费活动20场。", "一科", "市场科", "张伟"],
        ["2", "", "发放消费券3000万元。", "二科", "", "李娜"],
        ["3", "稳外贸", "新增外贸企业50家。", "外贸股", "", "李娜"],
    ]
    notice = read(tmp_path, rows, [(1, 1, 2, 1)])
    assert [(t.no, t.section, t.text, t.leader, t.division) for t in notice.tasks] == [
        (1, "促消费", "举办促消费活动20场。", "张伟", "一科"),
        (2, "促消费", "发放消费券3000万元。", "李娜", "二科"),
        (3, "稳外贸", "新增外贸企业50家。", "李娜", "外贸股"),
    ]
    assert not [d for d in notice.doubts if "名称不完整" in d.message]


def test_a_goal_with_its_measures_is_the_task(tmp_path: Path) -> None:
    rows = [
        ["序号", "责任领导", "责任科室", "工作目标", "工作措施"],
        ["1", "张伟", "一科", "新建老年食堂2家", "选址、装修"],
        ["2", "李娜", "二科", "发展党员10名", "制定计划"],
    ]
    notice = read(tmp_path, rows)
    assert [(t.section, t.text) for t in notice.tasks] == [("", "新建老年食堂2家"), ("", "发展党员10名")]
    assert "这几列没有写进任务台账：工作措施" in told(notice)


def test_measures_under_one_goal_are_the_tasks_and_told(tmp_path: Path) -> None:
    rows = [
        ["序号", "工作目标", "工作措施", "责任领导", "责任科室"],
        ["1", "新建老年食堂2家", "选址2处。", "张伟", "一科"],
        ["2", "", "装修2处。", "李娜", "二科"],
    ]
    notice = read(tmp_path, rows, [(1, 1, 2, 1)])
    assert [(t.section, t.text) for t in notice.tasks] == [
        ("新建老年食堂2家", "选址2处。"),
        ("新建老年食堂2家", "装修2处。"),
    ]
    assert "“工作目标”列写进了「类别」，“工作措施”列写进了「工作事项」" in told(notice)


def test_a_matter_with_its_goal_and_measures(tmp_path: Path) -> None:
    rows = [["序号", "工作事项", "工作目标", "工作措施", "责任科室"], ["1", "助老", "新建食堂2家", "选址", "一科"]]
    notice = read(tmp_path, rows)
    assert [(t.section, t.text) for t in notice.tasks] == [("助老", "新建食堂2家")]
    assert "“工作事项”列写进了「类别」，“工作目标”列写进了「工作事项」" in told(notice)


def test_one_text_over_several_numbers_is_several_tasks(tmp_path: Path) -> None:
    rows = [
        ["序号", "工作任务", "牵头单位", "责任领导"],
        ["1", "举办促消费活动20场。", "市场科", "张伟"],
        ["2", "", "外贸科", "李娜"],
    ]
    tasks = read(tmp_path, rows, [(1, 1, 2, 1)]).tasks
    assert [(t.no, t.text, t.division) for t in tasks] == [
        (1, "举办促消费活动20场。", "市场科"),
        (2, "举办促消费活动20场。", "外贸科"),
    ]


def test_lead_units_on_two_rows_of_one_task_are_two(tmp_path: Path) -> None:
    rows = [
        ["序号", "工作任务", "牵头单位", "责任领导"],
        ["1", "举办促消费活动20场。", "一科", "张伟"],
        ["", "", "二科", "李娜"],
    ]
    (task,) = read(tmp_path, rows, [(1, 0, 2, 0), (1, 1, 2, 1)]).tasks
    assert (task.division, task.responsible, task.leader) == ("一科", ("二科",), "张伟、李娜")


def test_without_stars_the_office_leads_all(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "牵头单位", "责任人"], ["1", "举办促消费活动20场。", "一科", "张伟"]]
    notice = read(tmp_path, rows)
    assert [(t.starred, t.leader) for t in notice.tasks] == [(True, "张伟")]
    assert any("都按牵头任务处理" in d.message for d in notice.doubts)


def test_columns_that_are_not_taken_are_named(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "牵头单位", "责任人", "完成时限"], ["1", "举办活动20场。", "一科", "张伟", "6月底"]]
    told = [d.message for d in read(tmp_path, rows).doubts]
    assert "这几列没有写进任务台账：完成时限" in told


def test_what_is_asked_for_each_month_is_told(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "牵头单位"], ["1-1", "举办活动20场。", "一科"], ["1-2", "新增企业50家。", "二科"]]
    body = f"各科室每月25日前将当月工作目标完成情况报局办公室，{QUARTERS}"
    notice = read(tmp_path, rows, body=body)
    told = [d.message for d in notice.doubts]
    assert "正文要求“每月25日前将当月工作目标完成情况报局办公室”，像是按月报送，没有列为节点" in told
    assert "序号不是一个数字，按先后编为1至2：1-1→1、1-2→2" in told
    assert len(notice.rounds) == 4


def test_the_city_s_date_lies_behind_the_office_s(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "牵头单位"], ["1", "举办活动20场。", "一科"]]
    body = "请于2026年3月25日、6月10日、9月25日、12月25日前，将第一、第二、第三、第四季度工作目标完成情况报局办公室。"
    dates = [str(with_upstream(r).upstream_due) for r in read(tmp_path, rows, body=body).rounds]
    assert dates == ["2026-04-20", "2026-06-20", "2026-10-20", "2027-01-20"]


@pytest.mark.parametrize(
    "dates",
    [
        "2026年4月10日（星期五）、7月10日（星期五）、10月10日（星期六，遇休息日顺延）、2027年1月10日（周日）前",
        "2026年4月10日17:00前、7月10日下午5时前、10月10日（周六）17时前、2027年1月10日24:00前",
    ],
)
def test_weekdays_and_hours_stand_behind_the_dates(tmp_path: Path, dates: str) -> None:
    rows = [["序号", "工作任务", "牵头单位"], ["1", "举办活动20场。", "一科"]]
    body = f"请于{dates}，将第一、第二、第三季度及全年工作目标完成情况报局办公室。"
    notice = read(tmp_path, rows, body=body)
    assert [r.name for r in notice.rounds] == ["第一季度", "第二季度", "第三季度", "全年"]
    assert [str(r.due) for r in notice.rounds] == ["2026-04-10", "2026-07-10", "2026-10-10", "2027-01-10"]
    assert [m for m in (d.message for d in notice.doubts if d.where == "正文") if "顺延规则" not in m] == []


ONE_TASK = [["序号", "工作任务", "牵头单位"], ["1", "举办活动20场。", "一科"]]

DEADLINES = """
one sentence, part of a sentence or line for each period
Q1 04-08 Q2 07-08 Q3 10-08 Y 12-20
  第一季度情况于4月8日前报送。第二季度于7月8日前报送。第三季度于10月8日前报送。全年于12月20日前报送。
  报送要求：¶（一）第一季度情况，4月8日前¶（二）第二季度情况，7月8日前¶3、第三季度情况，10月8日前¶4.全年情况，12月20日前
  第一季度（4月8日前）；第二季度（7月8日前）；第三季度（10月8日前）；全年（12月20日前）报送。
  第一季度：4月8日；第二季度：7月8日；第三季度：10月8日；全年：12月20日。请按时报送。
  第一季度完成情况于4月8日报送；第二季度7月8日；第三季度10月8日；年度总结12月20日。
Q1 04-05 H1 07-05 Q3 10-05 Y 01-05
  于4月5日前报送1-3月情况，7月5日前报送1-6月情况，10月5日前报送1-9月情况，次年1月5日前报送1-12月情况。
Q1 04-08 H1 07-08 Q3 10-08 Q4 12-20 Y 01-10
  第四季度于12月20日前、全年于次年1月10日前，前三季度于10月8日前、上半年于7月8日前、第一季度于4月8日前报送。

the plan's year is the period only beside a day that closes it
Y 01-10
  请于2027年1月10日前将2026年度任务完成情况报局办公室。
  于次年1月10日前，将本年度重点工作完成情况报局办公室。
Y 12-20
  请将2026年度任务完成情况于12月20日前报局办公室。
Q1 04-08 H1 07-08 Q3 10-08 Y 01-08
  4月8日、7月8日、10月8日、次年1月8日前将第一季度、上半年、第三季度和2026年度任务完成情况报局办公室。
Q1 04-08 Q2 07-08 Q3 10-08 Y 01-08
  4月8日、7月8日、10月8日前将第一、二、三季度情况，次年1月8日前将2026年度任务完成情况报局办公室。
Q1 04-05 Q2 07-05 Q3 10-05 Q4 01-05
  于4月5日、7月5日、10月5日、次年1月5日前将2026年度重点工作完成情况报局办公室。

what is asked for once stands beside it, or is due otherwise
Q1 04-10 Q2 07-10 Q3 10-10 Y 01-10
  3月15日前报送联络员名单，并于4月10日、7月10日、10月10日、次年1月10日前报送第一、二、三季度和全年情况。
  牵头任务于4月10日、7月10日、10月10日及次年1月10日前报送第一至第三季度及全年情况。配合任务于6月20日、12月20日前报送半年和全年情况。
  配合任务于6月25日、12月25日前报送，牵头任务于4月10日、7月10日、10月10日、次年1月10日前报送一、二、三季度和全年情况。
  牵头任务于4月10日、7月10日、10月10日、次年1月10日前报送一、二、三季度和全年情况，其中配合任务于6月25日、12月25日前报送。
H1 07-10 H2 01-10
  每半年报送一次进展情况，分别于7月10日、次年1月10日前报局办公室。
Q1 04-08 Q2 07-08 Q3 10-08 Q4 01-08
  请于2026年3月15日前将办理方案报局办公室，每季度首月8日前报送进展情况。
  各科室于每个季度第1个月的8日前报送上季度进展。¶附件：1.任务分解表¶2.第X季度完成情况表
  每季度首月8日前报送上一季度工作进展情况。
Q1 04-05 Q2 07-05 Q3 10-05 Q4 12-05
  任务完成情况分季度报送，4月5日、7月5日、10月5日、12月5日各报一次。
  任务完成情况分季度报送，于4月5日、7月5日、10月5日和12月5日下班时报局办公室。
Q1 04-05 Q2 07-05 Q3 10-05 Q4 01-05
  配合任务于6月25日、12月25日前报送，牵头任务于4月5日、7月5日、10月5日、次年1月5日前报送各季度情况。
  牵头任务情况，配合任务情况于4月5日、7月5日、10月5日、次年1月5日前按季度报送。
  实行一季度一报送，各科室于4月5日、7月5日、10月5日、次年1月5日前报送。
  4月5日前一季度情况，7月5日前二季度情况，10月5日前三季度情况，次年1月5日前四季度情况报办公室。
  于4月5日、7月5日、10月5日、次年1月5日前报送前一季度情况。
Q1 04-05 Q2 07-05 Q3 10-05 Q4 12-20
  明确1名联络员，于3月1日前报办公室，并于4月5日、7月5日、10月5日和12月20日前报送进展情况。
Q1 04-05 Q2 07-05 Q3 10-05 Y 12-20
  明确1名联络员，于4月1日前报办公室，各季度情况于4月5日、7月5日、10月5日前报送，全年情况于12月20日前报送。
  4月5日、7月5日、10月5日前报送上一季度工作情况和下一季度工作打算，12月20日前报送全年总结。
  各季度情况于4月5日、7月5日、10月5日、12月20日前报送，全年总结于12月20日前报送。
Q1 03-31 Q2 06-30 Q3 09-30 Q4 12-31 Y 01-10
  请于3月31日、6月30日、9月30日、12月31日前报送季度进展情况，次年1月10日前报送全年总结。
Q1 03-25 Q2 06-25 Q3 09-25 Q4 12-25
  请于2月20日前报送办理方案，每季度末月25日前报送工作进展情况。
Q2 07-10 Q3 10-10 Q4 01-10
  3月15日前报送办理方案，自第二季度起，每季度首月10日前报送上季度情况。
Q2 07-05 Q3 10-08 Q4 12-20
  自第二季度起，于7月5日、10月8日、12月20日前报送。
Q1 04-10 Q2 07-10 Q3 10-10 Y 12-20
  第一季度、第二季度、第三季度结束后10日内，全年于12月20日前报送。
  年底前完成全年任务。各科室于每季度结束后10日内报送情况，全年情况于12月20日前报送。
Q1 04-05 Q2 07-05 Q3 10-05 Y 01-10
  每季度第一个月的5日前（一季度除外）报送上季度进展情况，年度总结于次年1月10日前报送。
Q1 03-25 Q2 06-25 Q3 09-25 Y 12-20
  除第四季度外，每季度末月25日前报送进展情况，全年于12月20日前报送。
  首月报送计划，每季度末月25日前报送情况（第四季度除外），全年于12月20日前报送。
Q1 04-10 Q2 07-10 Q3 10-10 Y 12-25
  每季度首月10日前报送上一季度进展，第四季度除外，全年于12月25日前报送。
Q1 03-25 Q2 06-25 Q3 09-25 Q4 12-25
  每季度末月25日前报送情况。对第三季度不报、漏报的科室予以通报。
  每季度末月25日前报送情况。对第一季度不报送情况的科室，予以通报批评。
  每季度末月25日前报送情况。第三季度不报送数据，只报送文字情况。
  每季度末月25日前报送情况。除第一季度外，须同时填报问题清单。
  每季度末月25日前报送情况，除第四季度以外，均报电子版。

working days: 清明 took 4 to 6 April, 国庆 1 to 7 October, 10 October was worked on
Q1 04-08 Q2 07-07 Q3 10-13 Q4 01-08
  每季度结束后5个工作日内报送进展情况。
  次季度首月前五个工作日内，报送上季度情况。
Q1 04-08 H1 07-07 Q3 10-13 Y 01-08
  于第一季度、上半年、第三季度、全年结束后5个工作日内报送。
Q1 03-31 Q2 06-30 Q3 09-30 Q4 12-31
  每季度最后一个工作日前报送进展情况。
  每季度末最后5个工作日内报送进展情况。
  每季度末报名参加培训，各单位于每季度末上报工作进展。
Q1 03-31 Q2 06-30 Q3 09-30 Y 12-15
  每季度末报送工作进展，12月15日前报送全年工作总结。
Q1 04-05 Q2 07-05 Q3 10-05 Q4 01-05
  收到通知后5个工作日内报送联络员名单，每季度结束次月5日前报送进展情况。

other ways to write days and periods
H1 06-25 Y 12-25
  于6月25日、12月25日前报送半年和全年进展情况。
  附件：¶1.任务分解表¶2.第X季度完成情况表¶于6月25日前、12月25日前报送上半年、全年情况。
H1 06-30 H2 12-31
  每半年底前一并报送情况。
H1 06-30 Y 12-31
  于6月底和12月底前报送上半年、全年完成情况。
Q1 04-10 Q2 07-10 Q3 10-12 Y 01-09
  4月5日至4月10日报送第一季度，7月5日至10日报送第二季度，10月8日至12日报送第三季度，次年1月5-9日报送全年情况。
Q1 04-10 Q2 07-10 Q3 10-10 Q4 01-10
  于4月10日、7月10日、10月10日和次年1月10日前报送1—4季度情况。
  为完成全年目标，于4月、7月、10月和次年1月的10日前报送一、二、三、四季度情况，纳入全年考核。
Q1 04-05 Q2 07-05 Q3 10-05 Y 01-05
  于4.5、7.5、10.5及次年1.5前报送第一、第二、第三季度及全年情况。
  于四月五日、七月五日、十月五日、次年一月五日前报送第一、第二、第三季度及全年情况。
  于4月5日（清明节放假则提前至4月3日）、7月5日、10月5日及次年1月5日前，报送第一至第三季度及全年情况。
  4月5日前报送第一季度情况及第二季度工作计划，7月5日前报第二季度情况，10月5日前报第三季度情况，次年1月5日前报全年总结。
"""


def deadlines() -> Iterator[tuple[str, str]]:
    dates = ""
    for line in DEADLINES.splitlines():
        if line.startswith("  "):
            yield line.strip(), dates
        dates = dates if line.startswith("  ") else line


@pytest.mark.parametrize(("body", "dates"), list(deadlines()))
def test_when_reports_are_due(tmp_path: Path, body: str, dates: str) -> None:
    notice = read(tmp_path, ONE_TASK, body=body)
    assert " ".join(f"{r.key[4:]} {r.due:%m-%d}" for r in notice.rounds) == dates
    assert all(r.due.year == 2026 + (r.due.month == 1) for r in notice.rounds)
    assert not notice.guessed


@pytest.mark.parametrize(
    ("said", "rolls"),
    [
        ("，遇节假日顺延。", True),
        ("（节假日顺延）。", True),
        ("。遇法定节假日，报送时间顺延。", True),
        ("，遇节假日不顺延。", False),
        ("，10月5日国庆放假，顺延至10月8日。", False),
        ("。值班安排遇节假日顺延。", False),
        ("。工作例会每月一次，遇节假日顺延。", False),
    ],
)
def test_what_becomes_of_a_day_off(tmp_path: Path, said: str, rolls: bool) -> None:
    notice = read(tmp_path, ONE_TASK, body=f"请于每季度结束后10日内报送进展情况{said}")
    assert {r.rolling for r in notice.rounds} == {Rolling.NEXT if rolls else Rolling.NONE}
    assert any("各节点的顺延规则按“顺延至下一工作日”" in m for m in told(notice)) == rolls


def test_working_days_of_a_year_that_nobody_has_announced_are_estimated_and_told(tmp_path: Path) -> None:
    path = notice_file(tmp_path / "通知.docx", ONE_TASK, body="每季度结束后5个工作日内报送情况。", year=2090)
    notice = read_notice(path)
    assert [f"{r.due:%Y-%m-%d}" for r in notice.rounds] == ["2090-04-07", "2090-07-07", "2090-10-10", "2091-01-08"]
    assert any("要按工作日推算，2090年、2091年放假安排还没有公布，是估算的" in d.message for d in notice.doubts)


@pytest.mark.parametrize(
    "rows",
    [
        [["报送期", "第一季度", "上半年", "第三季度", "全年"], ["时间", "4月8日", "7月8日", "10月8日", "次年1月8日"]],
        [
            ["序号", "报送期", "报送时间"],
            *([str(n), p, d] for n, (p, d) in enumerate([("第一季度", "4月8日前"), ("上半年", "7月8日前")], 1)),
            *([str(n), p, d] for n, (p, d) in enumerate([("第三季度", "10月8日前"), ("全年", "2027年1月8日前")], 3)),
        ],
    ],
)
def test_a_table_of_deadlines(tmp_path: Path, rows: list[list[str]]) -> None:
    document = Document(str(notice_file(tmp_path / "通知.docx", ONE_TASK, body="请按下表报送完成情况：")))
    table = document.add_table(len(rows), len(rows[0]))
    for r, texts in enumerate(rows):
        for c, text in enumerate(texts):
            table.cell(r, c).text = text
    document.paragraphs[1]._p.addnext(table._tbl)
    document.save(str(tmp_path / "通知.docx"))
    dues = [(r.name, f"{r.due:%Y-%m-%d}") for r in read_notice(tmp_path / "通知.docx").rounds]
    days = ("2026-04-08", "2026-07-08", "2026-10-08", "2027-01-08")
    assert dues == [*zip(("第一季度", "上半年", "第三季度", "全年"), days, strict=True)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("会议时间：第一季度4月8日；第二季度7月8日。情况请按季报送。", "正文“情况请按季报送”里没有读出报送时限"),
        ("请于季度前5个工作日内报送。", "正文“请于季度前5个工作日内报送”里没有读出报送时限"),
        (
            "请于季度结束后5个工作日内报送。",
            "没有逐个写明是哪一期，按时限的月份对应：第一季度2026-04-08、第二季度2026-07-07、第三季度2026-10-13、第四季度2027-01-08",
        ),
        ("每季度末前3日报送情况。", "正文“每季度末前3日报送情况”里没有读出报送时限"),
        (
            "各季度情况于4月5日（清明放假，顺延至4月7日）、7月5日、10月8日、年底前报送。",
            "正文“各季度情况于4月5日（清明放假，顺延至4月7日）、7月5日、10月8日、年底前报送”没有逐个写明是哪一期",
        ),
        ("每季度首月8日前报送进展，三月十五日17：00前报送名单。", "正文要求“三月十五日17：00前报送名单”，没有列为节点"),
        ("3月15日前报送联络员名单，每季度首月8日前报送进展。", "正文要求“3月15日前报送联络员名单”，没有列为节点"),
        (
            "各科室于4月5日前报送第一季度情况，汇总后于4月9日前报区政府。",
            "正文要求“汇总后于4月9日前报区政府”，没有列为节点",
        ),
        ("请于次月5日前将上月情况报局办公室。", "“次月5日前将上月情况报局办公室”，像是按月报送，没有列为节点"),
        ("请于双月25日前报送情况。", "“双月25日前报送情况”，像是两个月报送一次，没有列为节点"),
        ("每季度首月5日前（一季度除外）报送上季度情况。", "报送上季度情况”，第四季度按不用报处理，没有列为节点"),
        ("每季度首月5日前报送情况，遇法定节假日提前。", "正文写着“节假日提前”，程序不会提前"),
        ("每季度报送一次。全年于12月20日前报送。", "没有读出第一季度、第二季度、第三季度的报送时限，没有列为节点"),
        ("请于4月8日前报送第一季度情况。", "没有读出第二季度、第三季度、第四季度的报送时限，没有列为节点"),
        (
            "请于7月8日前报送上半年情况。请于7月20日前报送上半年情况，次年1月8日前报送全年情况。",
            "上半年的报送时限写了两个（2026-07-08、2026-07-20），按前一个",
        ),
        ("于3月1日、4月5日、7月5日、10月5日、12月20日前报局办公室。", "里的3月1日没有对上哪一期，没有列为节点"),
        ("各季度情况于4月8日、7月8日、8月8日、10月8日、12月20日前报送。", "里的8月8日没有对上哪一期，没有列为节点"),
        (
            "各季度情况于4月8日、7月8日、10月8日、12月20日前报送。",
            "没有逐个写明是哪一期，按时限的月份对应：第一季度2026-04-08、第二季度2026-07-08、第三季度2026-10-08、第四季度2026-12-20",
        ),
    ],
)
def test_what_is_not_understood_of_the_deadlines_is_told(tmp_path: Path, body: str, told: str) -> None:
    assert any(told in d.message for d in read(tmp_path, ONE_TASK, body=body).doubts)


def test_no_quarter_is_guessed_before_the_first_that_is_asked_for(tmp_path: Path) -> None:
    assert read(tmp_path, ONE_TASK, body="自第二季度起按季报送。").guessed == ("2026Q2", "2026Q3", "2026Q4")


@pytest.mark.parametrize(
    ("title", "year", "told"),
    [
        ("2024—2026年重点工作任务分解方案", 2026, "标题里写的是2024—2026年，按2026年"),  # the year of the signature
        ("2027-2029年重点工作任务分解方案", 2027, "标题里写的是2027—2029年，按2027年"),
    ],
)
def test_a_title_of_several_years(tmp_path: Path, title: str, year: int, told: str) -> None:
    path = notice_file(tmp_path / "通知.docx", ONE_TASK)
    document = Document(str(path))
    document.paragraphs[0].text = f"东湖区商务局关于印发《{title}》的通知"
    document.save(str(path))
    notice = read_notice(path)
    assert (notice.year, notice.doubts[0].message) == (year, told)


@pytest.mark.parametrize(
    ("issuer", "office"),
    [
        ("江城城市建设投资集团有限公司", "江城城市建设投资集团有限公司"),
        ("江城大学党政办公室", "江城大学"),
        ("东湖街道党政综合办公室", "东湖街道"),
    ],
)
def test_offices_that_are_no_bureau(tmp_path: Path, issuer: str, office: str) -> None:
    document = Document(str(notice_file(tmp_path / "通知.docx", ONE_TASK)))
    document.paragraphs[0].text = "关于印发2026年重点工作任务分解表的通知"
    document.paragraphs[2].text = issuer
    document.save(str(tmp_path / "通知.docx"))
    notice = read_notice(tmp_path / "通知.docx")
    assert (notice.issuer, notice.organisation) == (issuer, office)


def test_an_office_that_reports_by_the_month(annex2: Annex2) -> None:
    rows = [
        ["序号", "工作任务", "牵头单位", "责任领导"],
        ["1", "举办促消费活动20场。", "市场科", "张伟"],
        ["2", "新增外贸企业50家。", "外贸科", "李娜"],
    ]
    path = notice_file(annex2.root / "通知.docx", rows, body="请各牵头单位每月5日前将上月进展情况报局办公室。")
    office = Annex2(annex2.root / "按月")
    status, out, err = annex2("init", str(office.root), "--notice", str(path))
    assert status in (0, 1), err
    assert "第一季度、第二季度、第三季度、第四季度的报送时限没有读出来，暂按期后5日前列出" in out
    book = load_workbook(office.master)
    sheet = book["报送节点"]
    header = [c.value for c in sheet[3]]
    for row in range(4, 8):
        month = row - 3
        for name, value in (("编号", f"2026M{month}"), ("名称", f"{month}月"), ("截止日期", f"2026-{month + 1:02}-05")):
            sheet.cell(row, header.index(name) + 1).value = value
        sheet.cell(row, header.index("上报截止") + 1).value = None
    book.save(office.master)
    status, _, err = office("fanout", "2026M3", now="2026-04-01T09:00")
    assert status == 0, err
    office.deliver("市场科", "2026M3", approver="张伟")
    status, out, err = office("collect", now="2026-04-03T09:00")
    assert status in (0, 1), out + err
    assert "3月完成情况" in office.cells("任务台账")[0]
    assert office.cells("任务台账")[0]["3月完成情况"]
    assert {d["division"]: d["state"] for r in office.json("status", "2026M3", now="2026-04-03T10:00")["rounds"]
            for d in r["divisions"]} == {"市场科": "on_time", "外贸科": "due_soon"}  # fmt: skip


def test_a_table_of_a_company_with_target_values(tmp_path: Path) -> None:
    rows = [
        ["序号", "重点任务", "目标值", "分管领导", "责任单位"],
        ["一、1.2亿元技改项目", "", "", "", ""],
        ["1", "全年实现营业收入35亿元，同比增长8%以上。", "35亿元", "张伟", "财务部"],
        ["2", "盘活闲置资产1.2亿元。", "1.2亿元", "李娜", "资产部"],
    ]
    notice = read(tmp_path, rows, [(1, 0, 1, 4)])
    assert [(t.section, t.text) for t in notice.tasks] == [
        ("1.2亿元技改项目", "全年实现营业收入35亿元，同比增长8%以上。"),
        ("1.2亿元技改项目", "盘活闲置资产1.2亿元。"),
    ]
    assert any("目标值" in d.message for d in notice.doubts)


def test_a_decimal_in_a_category_is_no_numeral(tmp_path: Path) -> None:
    rows = [
        ["序号", "类别", "工作事项", "牵头单位"],
        ["1", "盘活资产1.2亿元", "处置闲置厂房3处。", "资产部"],
        ["2", "1.5亿元以上项目", "开工建设2个。", "项目部"],
        ["3", "2.做强主业", "新签合同20份。", "市场部"],
    ]
    assert [t.section for t in read(tmp_path, rows).tasks] == ["盘活资产1.2亿元", "1.5亿元以上项目", "做强主业"]


def test_units_outside_a_bureau_and_a_notice_without_leaders(tmp_path: Path) -> None:
    rows = [
        ["序号", "工作事项", "牵头单位", "配合单位"],
        ["1", "开展安全教育活动4次。", "各学校", ""],
        ["2", "建成智慧课堂10间。", "东湖县第一小学", "翠湖社区、李家镇"],
        ["3", "新增学位900个。", "东湖县第二中学", "各社区"],
        ["4", "修缮校舍2处。", "翠湖社区百合社区", ""],
    ]
    doubts = [(d.where, d.message) for d in read(tmp_path, rows).doubts]
    assert [w for w, m in doubts if "名称不完整" in m or "没有分隔" in m] == ["附件1 序号4「牵头处室」"]
    assert [w for w, m in doubts if "不是一个单位" in m] == ["附件1 序号1「牵头处室」"]
    assert [m for _, m in doubts if "分管领导" in m] == ["表里没有分管领导：4项任务都空着"]


Parts = Sequence[str | Sequence[Sequence[str]]]
HEADER = ["序号", "工作任务", "分管领导", "牵头科室", "配合科室"]
FIRST = [HEADER, ["1*", "完成甲事项。", "张伟", "办公室", "财务科"], ["2", "完成乙事项。", "李娜", "人事科", ""]]
MORE = [["3*", "完成丙事项。", "王强", "法规科", ""], ["4", "完成丁事项。", "王强", "法规科", ""]]
FORM = ("附件2", "2026年区商务局XX科第X季度完成情况")


def read_parts(tmp_path: Path, *parts: str | Sequence[Sequence[str]], body: str = QUARTERS) -> Notice:
    """A notice whose annexes are `parts`: paragraphs and tables."""
    document = Document()
    for text in ("东湖区商务局关于印发《2026年重点工作任务分解表》的通知", body, "东湖区商务局", "2026年3月2日"):
        document.add_paragraph(text)
    for part in parts:
        if isinstance(part, str):
            document.add_paragraph(part)
            continue
        table = document.add_table(len(part), len(part[0]))
        for r, texts in enumerate(part):
            for c, text in enumerate(texts):
                table.cell(r, c).text = text
    document.save(str(tmp_path / "通知.docx"))
    return read_notice(tmp_path / "通知.docx")


def told(notice: Notice) -> list[str]:
    return [d.message for d in notice.doubts]


@pytest.mark.parametrize("between", [(), ("二、民生实事",), ("（续上页）",), ("", "说明：略")])
def test_a_table_without_a_header_goes_on_behind_a_paragraph(tmp_path: Path, between: Sequence[str]) -> None:
    notice = read_parts(tmp_path, "附件1", "一、政府工作报告", FIRST, *between, MORE, *FORM)
    assert [t.no for t in notice.tasks] == [1, 2, 3, 4]
    assert notice.tasks[3].section == ("民生实事" if between == ("二、民生实事",) else "政府工作报告")


def test_tables_behind_the_tasks_that_are_not_read(tmp_path: Path) -> None:
    narrow = [row[:4] for row in MORE]
    people = [["序号", "姓名", "职务", "电话", "备注"], ["1", "张伟", "科长", "0000", ""]]
    notice = read_parts(tmp_path, "附件1", FIRST, "联络员名单", people, narrow, *FORM)
    assert [t.no for t in notice.tasks] == [1, 2]
    assert [m for m in told(notice) if "没有表头" in m] == [
        "任务表后面还有一张没有表头的表，没有读，第一行是“3*｜完成丙事项。｜王强｜法规科”"
    ]


@pytest.mark.parametrize("title", ["三、联系方式", "各单位联络员名单（2026年）", "三、其他"])
def test_people_and_their_telephones_are_no_tasks(tmp_path: Path, title: str) -> None:
    phone = "027-82345678" if title == "三、其他" else "8234"
    people = [["1", "办公室", "李娜", "科长", phone]]
    notice = read_parts(tmp_path, "附件1", FIRST, "联系人：张伟，电话：82340000", MORE, title, people, *FORM)
    assert [t.no for t in notice.tasks] == [1, 2, 3, 4]
    assert f"任务表后面还有一张没有表头的表，没有读，第一行是“1｜办公室｜李娜｜科长｜{phone}”" in told(notice)


def test_a_table_without_numbers_behind_the_tasks_is_told(tmp_path: Path) -> None:
    first, more = ([row[1:] for row in rows] for rows in (FIRST, MORE))
    notice = read_parts(tmp_path, "附件1", first, "其他任务", more, *FORM)
    assert len(notice.tasks) == 2
    assert "任务表后面还有一张没有表头的表，没有读，第一行是“完成丙事项。｜王强｜法规科”" in told(notice)


@pytest.mark.parametrize("title", ["2025年重点工作任务分解表（供参考）", "2025年任务", "重点工作任务分解表（初稿）"])
@pytest.mark.parametrize("first", [True, False])
def test_a_table_of_another_edition_in_the_same_annex(tmp_path: Path, title: str, first: bool) -> None:
    old: Parts = (title, [HEADER, *([str(i), f"旧任务{i}。", "张伟", "办公室", ""] for i in (1, 2, 3))])
    new: Parts = ("2026年重点工作任务分解表", FIRST)
    notice = read_parts(tmp_path, "附件1", *(*old, *new) if first else (*new, *old), *FORM)
    assert (notice.year, [t.text for t in notice.tasks]) == (2026, ["完成甲事项。", "完成乙事项。"])
    assert "文件里另有1张表头相近的表，没有采用：“旧任务1。”等3行" in told(notice)


def test_what_last_year_left_to_do_is_read_and_told(tmp_path: Path) -> None:
    more = [HEADER, *MORE]
    title = "2025年未完成任务清单"
    notice = read_parts(tmp_path, "附件1", "2026年任务分解表", FIRST, title, more, *FORM)
    assert [t.no for t in notice.tasks] == [1, 2, 3, 4]
    assert f"写着别的年度的，也一起列为任务：{title}" in told(notice)


@pytest.mark.parametrize(
    "caption",
    [
        "二、2027年底前完成",
        "（二）2026年新增任务",
        "说明：2025年的另行通知",
        "二、征求意见建议整改任务",
        "规范性文件清理废止任务",
        "（二）参考先进地区经验提升任务",
        "二、2025年任务",
        "2027年任务",
        "2025年度考核反馈问题整改任务",
        "落实2024年中央经济工作会议精神任务",
        "2022年北京冬奥会遗产利用任务",
    ],
)
def test_a_year_within_a_part_s_title_is_no_other_edition(tmp_path: Path, caption: str) -> None:
    notice = read_parts(tmp_path, "附件1", "2026年任务分解表", FIRST, caption, [HEADER, *MORE], *FORM)
    assert [t.no for t in notice.tasks] == [1, 2, 3, 4]


def test_a_further_annex_of_tasks(tmp_path: Path) -> None:
    others = [HEADER, *([str(i), f"配合做好第{i}项。", "张伟", "办公室", ""] for i in (1, 2, 3))]
    notice = read_parts(tmp_path, "附件1", "2026年重点任务分解表", FIRST, *FORM, "附件3：2026年配合任务分解表", others)
    assert [(t.no, t.starred) for t in notice.tasks] == [(1, True), (2, False), (1, False), (2, False), (3, False)]
    assert {t.section for t in notice.tasks} == {"2026年重点任务分解表", "2026年配合任务分解表"}
    assert "有2个附件都是任务表，一起列为任务：2026年重点任务分解表、2026年配合任务分解表" in told(notice)
    assert notice.organisation == "区商务局"


def test_the_same_tasks_by_division_are_no_further_tasks(tmp_path: Path) -> None:
    again = [HEADER, ["一、办公室", *[""] * 4], FIRST[1], ["1", "*完成乙事项", *FIRST[2][2:]]]
    first = [*FIRST, ["3", "完成丙事项。", "王强", "法规科", ""]]
    notice = read_parts(tmp_path, "附件1", "2026年任务分解表", first, "附件2", "2026年任务分工表", again, *FORM)
    assert [t.no for t in notice.tasks] == [1, 2, 3]
    assert any("另有1张表头相近的表，没有采用" in m for m in told(notice))


def test_a_table_of_last_year_is_named_and_left_out(tmp_path: Path) -> None:
    notice = read_parts(tmp_path, "附件1", "2026年任务分解表", FIRST, "附件2", "2025年任务分解表", FIRST[:2])
    assert len(notice.tasks) == 2
    assert "文件里另有1张表头相近的表，没有采用：“完成甲事项。”等1行" in told(notice)


DONE = [[*HEADER, "完成情况"], *([str(i), f"旧任务{i}。", "张伟", "办公室", "", "已完成"] for i in (1, 2, 3))]


@pytest.mark.parametrize("title", ["2025年重点工作完成情况表", "2026年工作完成情况表", "重点工作完成情况表", ""])
def test_what_was_done_last_year_does_not_win_over_what_is_to_be_done(tmp_path: Path, title: str) -> None:
    notice = read_parts(tmp_path, "附件1", title, DONE, "附件2", "2026年重点任务分工表", FIRST)
    assert [t.text for t in notice.tasks] == ["完成甲事项。", "完成乙事项。"]
    assert any("“旧任务1。”等3行" in m for m in told(notice))


def test_the_longer_list_of_last_year_does_not_win(tmp_path: Path) -> None:
    old = [*FIRST[:1], *([str(i), f"旧任务{i}。", "张伟", "办公室", "财务科"] for i in (1, 2, 3))]
    forms = ("附件3", "2027年工作任务申报表", [HEADER, ["1", "新任务。", "张伟", "办公室", ""]])
    notice = read_parts(tmp_path, "附件1", "2025年任务分解表", old, "附件2", "2026年任务分解表", FIRST, *forms)
    assert (notice.year, len(notice.tasks)) == (2026, 2)


def test_a_list_with_reports_of_this_year_is_still_the_list(tmp_path: Path) -> None:
    other = [HEADER, ["1", "其他任务。", "张伟", "办公室", ""]]
    notice = read_parts(tmp_path, "附件1", "2026年重点工作台账", DONE, "附件2", "其他", other)
    assert [t.text for t in notice.tasks] == ["旧任务1。", "旧任务2。", "旧任务3。"]


@pytest.mark.parametrize(
    ("title", "caption", "year"),
    [
        ("2025年工作总结和2026年任务分工", "2026年任务分工表", 2026),
        ("2025年工作总结和2026年任务分工", "任务分工表", 2026),
        ("2026年任务分工和2025年工作总结", "任务分工表", 2026),
    ],
)
def test_a_title_that_looks_back_and_ahead(tmp_path: Path, title: str, caption: str, year: int) -> None:
    path = notice_file(tmp_path / "通知.docx", FIRST)
    document = Document(str(path))
    document.paragraphs[0].text = f"东湖区商务局关于印发《{title}》的通知"
    document.add_paragraph(caption)
    document.paragraphs[-1]._p.getparent().remove(last := document.paragraphs[-1]._p)
    document.tables[0]._tbl.addprevious(last)
    document.save(str(path))
    notice = read_notice(path)
    assert notice.year == year
    assert any("标题里有几个年度" in m for m in told(notice))


def test_parts_of_an_annex_with_other_columns(tmp_path: Path) -> None:
    second = [["序号", "工作任务", "责任科室", "备注"], ["1", "配合做好检查。", "法规科", ""]]
    notice = read_parts(tmp_path, "附件1", "一、牵头任务", FIRST, "二、配合任务", second, *FORM)
    assert [(t.section, t.division) for t in notice.tasks] == [
        ("牵头任务", "办公室"), ("牵头任务", "人事科"), ("配合任务", "法规科"),
    ]  # fmt: skip


HELPED = ["1", "创建文明城区。", "市场科", "张伟"]


@pytest.mark.parametrize("between", [("（二）配合任务",), ("附件2", "配合任务清单"), ()])
@pytest.mark.parametrize(
    ("who", "city"), [(("配合科室",), ""), (("我局责任科室",), ""), (("市直牵头单位", "我局配合科室"), "市文明办")]
)
def test_a_table_that_names_no_lead(tmp_path: Path, between: Sequence[str], who: Sequence[str], city: str) -> None:
    rows = [["序号", "配合事项", *who, "分管领导"], [*HELPED[:2], *filter(None, [city]), *HELPED[2:]]]
    first = [row[:4] for row in FIRST]
    notice = read_parts(tmp_path, "附件1", "牵头任务清单", first, *between, rows, *FORM)
    if len(who) == 2 and not between:  # nothing says that it goes on
        assert any("没有采用：“创建文明城区。”等1行" in m for m in told(notice))
        return
    assert [(t.division, t.leader) for t in notice.tasks][2:] == [("市场科", "张伟")]
    assert not notice.tasks[2].starred
    assert str(notice.tasks[2].city_units or "") == (f"市牵头单位：{city}" if city else "")
    doubt = f"“创建文明城区。”等1行的表里没有写由谁牵头，“{who[-1]}”暂作牵头处室"
    assert (doubt in told(notice)) == ("配合" in who[-1])


@pytest.mark.parametrize("lead", ["主管科室", "归口管理部门", "经办科室", "责任科室及责任人", "市局牵头处室", "单位"])
def test_who_helps_is_no_lead_where_another_column_names_one(tmp_path: Path, lead: str) -> None:
    with pytest.raises(NoticeError, match="没有找到任务表"):
        read(tmp_path, [["序号", "工作任务", lead, "配合科室", "分管领导"], [*HELPED[:2], "食品科", *HELPED[2:]]])


def test_what_others_are_asked_to_do_is_no_task(tmp_path: Path) -> None:
    asked = [["序号", "配合事项", "配合单位", "分管领导"], ["1", "解决场地。", "区住建局", "张伟"]]
    notice = read_parts(tmp_path, "附件1", "牵头任务清单", FIRST, "附件2", "需区直部门配合事项清单", asked)
    assert [t.division for t in notice.tasks] == ["办公室", "人事科"]
    events = [["序号", "事项", "协办单位", "时间"], ["1", "年货节", "商会", "1月"]]
    with pytest.raises(NoticeError, match="没有找到任务表"):
        read_parts(tmp_path, "附件1", "一、举办活动。（牵头科室：市场科）", "附件2", "活动安排表", events)


def test_a_table_of_tasks_that_names_no_division_is_told(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "责任人", "分管领导"], HELPED]
    notice = read_parts(tmp_path, "附件1", FIRST, "（二）配合任务", rows, *FORM)
    row = "1｜创建文明城区。｜市场科｜张伟"
    assert f"文件里还有一张表没有读，它的表头里没有牵头处室，第一行是“{row}”" in told(notice)


def test_supporting_tasks_alone_are_no_notice_where_others_cannot_be_read(tmp_path: Path) -> None:
    led = [["序号", "工作任务", "责任人", "分管领导"], ["1", "抽检6000批次。", "食品科", "张伟"]]
    helped = [["序号", "工作任务", "配合科室", "分管领导"], HELPED]
    with pytest.raises(NoticeError, match="没有找到任务表"):
        read_parts(tmp_path, "附件1", "牵头任务清单", led, "附件2", "配合任务清单", helped)
    led[0][2] = "省级责任处室"
    assert len(read_parts(tmp_path, "附件1", "牵头任务清单", led, "附件2", "配合任务清单", helped).tasks) == 2


def test_a_list_to_lead_and_a_longer_one_to_help_with(tmp_path: Path) -> None:
    rows = [["序号", "任务", "主办单位", "协办科室", "分管领导"],
            *([str(i), f"做好第{i}项。", "市文明办", "市场科", "张伟"] for i in (1, 2, 3))]  # fmt: skip
    notice = read_parts(tmp_path, "附件1", "牵头任务清单", FIRST, "附件2", "配合任务清单", rows, *FORM)
    assert [t.starred for t in notice.tasks] == [True, False, False, False, False]
    assert "有3项任务的牵头单位写的是局、委一级（市文明办），另一列才是科室" in told(notice)


@pytest.mark.parametrize(
    ("title", "between"),
    [
        ("京津冀协同发展重点任务分解表", "二、其他"),
        ("社会力量参与养老服务任务分解表", "二、其他"),
        ("重点任务分解表", "请各责任科室加强协调配合"),
        ("重点任务分解表", "（续表）由办公室牵头"),
    ],
)
def test_what_is_no_title_of_supporting_tasks(tmp_path: Path, title: str, between: str) -> None:
    rows = [[row[0].strip("*"), *row[1:]] for row in (*FIRST, *MORE)]
    notice = read_parts(tmp_path, "附件1", title, rows[:3], between, [HEADER, *rows[3:]], *FORM)
    assert [t.starred for t in notice.tasks] == [True] * 4


@pytest.mark.parametrize("annexes", [True, False])
@pytest.mark.parametrize("title", ["牵头任务清单", "重点项目清单"])
def test_a_title_s_role_ends_with_its_table(tmp_path: Path, title: str, annexes: bool) -> None:
    parts: list[str | list[list[str]]] = []
    for i, name in enumerate((title, "配合任务清单", "民生实事任务清单"), 1):
        parts += [*([f"附件{i}"] if annexes or i == 1 else []), name, [HEADER, [str(i), f"任务{i}。", *FIRST[1][2:]]]]
    assert [t.starred for t in read_parts(tmp_path, *parts).tasks] == [True, False, True]


def test_columns_that_merged_or_unnamed_headers_hide(tmp_path: Path) -> None:
    rows = [
        ["", "序号", "工作任务", "责任分工", "", "完成时限"],
        ["", "", "", "牵头科室", "责任科室", ""],
        ["党建", "1", "举办活动20场。", "一科", "二科", "6月底"],
    ]
    notice = read(tmp_path, rows, [(0, 1, 1, 1), (0, 2, 1, 2), (0, 3, 0, 4), (0, 5, 1, 5)])
    assert "这几列没有写进任务台账：第1列（没有表头）、完成时限" in told(notice)


@pytest.mark.parametrize("between", [[], [""]])
def test_a_table_of_two_halves_beside_each_other(tmp_path: Path, between: list[str]) -> None:
    header = ["序号", "工作任务", "牵头科室"]
    wide = 6 + len(between)
    rows = [
        [*header, *between, *header],
        ["一、经济", *[""] * (wide - 1)],
        ["1", "抽检6000批次。", "食品科", *between, "3", "检查200家。", "药械科"],
        ["2", "制定标准20项。", "标准科", *between, "", "", ""],
    ]
    notice = read(tmp_path, rows, [(1, 0, 1, wide - 1)])
    assert [(t.no, t.section, t.text, t.division) for t in notice.tasks] == [
        (1, "经济", "抽检6000批次。", "食品科"),
        (2, "经济", "制定标准20项。", "标准科"),
        (3, "经济", "检查200家。", "药械科"),
    ]
    assert not [m for m in told(notice) if "没有写进" in m or "没有读" in m]


def test_all_columns_of_further_units_count(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "牵头科室", "责任科室", "配合科室"], ["1", "举办活动。", "一科", "二科", "三科"]]
    assert read(tmp_path, rows).tasks[0].responsible == ("二科", "三科")


def task_rows(notice: Notice) -> list[tuple[str, str, str]]:
    return [(t.section, t.text, t.division) for t in notice.tasks]


def test_rows_under_the_leader_and_division_above(tmp_path: Path) -> None:
    rows = [
        ["分管领导", "牵头科室", "工作任务"],
        ["张伟", "办公室", "做好政务公开工作"],
        ["", "", "做好信访维稳工作"],
        ["李娜", "财务科", "做好预算绩效管理。"],
        ["", "", "做好审计整改。"],
    ]
    notice = read(tmp_path, rows)
    assert [(t.leader, t.division) for t in notice.tasks] == [("张伟", "办公室")] * 2 + [("李娜", "财务科")] * 2
    assert "第3、5行只写了工作事项，分管领导和牵头处室按上一行填" in told(notice)


def test_a_text_alone_is_told_where_it_is_taken_for_a_heading(tmp_path: Path) -> None:
    notice = read(tmp_path, [HEADER, FIRST[1], ["", "制定配套政策3项", "", "", ""], FIRST[2]])
    assert [t.section for t in notice.tasks] == ["", "制定配套政策3项"]
    assert "这一行只有“制定配套政策3项”，当作后面各项的类别，没有列为任务" in told(notice)


def test_headings_with_their_number_in_a_cell_of_its_own(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["一", "党的建设", "", "", ""],
        ["1", "开展教育。", "张伟", "办公室", ""],
        ["二", "城市建设", "", "", ""],
        ["2", "开工项目12个。", "李娜", "建设科", ""],
        ["（1）", "开工道路", "", "", ""],
        ["3", "完成投资", "", "", ""],
    ]
    notice = read(tmp_path, rows)
    assert task_rows(notice) == [
        ("党的建设", "开展教育。", "办公室"), ("城市建设", "开工项目12个。", "建设科"),
        ("城市建设", "开工道路", ""), ("城市建设", "完成投资", ""),
    ]  # fmt: skip


def test_nested_numbers_collide_with_none_and_totals_are_no_tasks(tmp_path: Path) -> None:
    rows = [HEADER, *([n, f"完成{n}。", "张伟", "办公室", ""] for n in ("1", "1.1", "1.2", "2"))]
    notice = read(tmp_path, [*rows, ["合计", "4项", "", "", ""]])
    assert [t.no for t in notice.tasks] == [1, 2, 3, 4]
    assert "序号不是一个数字，按先后编为1至4：1→1、1.1→2、1.2→3、2→4" in told(notice)


def test_a_task_written_below_the_table(tmp_path: Path) -> None:
    notice = read_parts(tmp_path, "附件1", FIRST, "3*.完成丙事项。（牵头科室：办公室）", "注：1.按季报送。", *FORM)
    assert [m for m in told(notice) if "像是任务" in m] == [
        "表格外的段落“3*.完成丙事项。（牵头科室：办公室）”像是任务，没有列入"
    ]


PROSE = "（一）完成甲事项（责任领导：张伟；牵头科室：办公室）¶（二）完成丙事项（责任领导：张伟；牵头科室：法规科）"


def test_tasks_that_only_the_body_names_are_told(tmp_path: Path) -> None:
    notice = read(tmp_path, FIRST, body=f"{PROSE}¶（三）完成丁事项（牵头科室：办公室）¶{QUARTERS}")
    assert len(notice.tasks) == 2
    assert [m for m in told(notice) if m.startswith("正文里有")] == [
        "正文里有2段写着牵头处室，像是任务，没有列入：“（二）完成丙事项（责任领导：张伟；牵头科室：法规科）”等"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "三、联系人：张三。牵头科室：办公室，电话82345678。",
        "（一）责任落实。牵头单位：各科室要细化任务。",
        "1. 牵头科室：负责汇总。",
    ],
)
def test_who_does_what_is_no_task(tmp_path: Path, line: str) -> None:
    assert not [m for m in told(read(tmp_path, FIRST, body=f"{line}¶{QUARTERS}")) if m.startswith("正文里有")]


@pytest.mark.parametrize("name", ["县政协办", "区政协办", "县政协办公室"])
def test_an_office_of_the_consultative_conference_is_no_verb(tmp_path: Path, name: str) -> None:
    rows = [FIRST[0], ["1*", "完成甲事项。", "张伟", name, "财务科"], FIRST[2]]
    assert name in [t.division for t in read(tmp_path, rows).tasks]


def test_what_the_body_says_of_the_table_s_tasks_is_not_told(tmp_path: Path) -> None:
    rows = [FIRST[0], ["1*", "完成甲事项", *FIRST[1][2:]], ["2*", "完成丙事项。", *FIRST[1][2:]]]
    assert not [m for m in told(read(tmp_path, rows, body=f"{PROSE}¶{QUARTERS}")) if m.startswith("正文里有")]


SAMPLE = [["序号", "工作任务", "责任科室", "进展情况"], ["例", "做好普查", "办公室", "已登记"], ["1", "", "", ""]]


def test_a_form_with_a_sample_row_is_no_list_of_tasks(tmp_path: Path) -> None:
    with pytest.raises(NoticeError) as raised:
        read_parts(tmp_path, "附件", "重点工作进展情况表", SAMPLE, body=PROSE)
    assert "表里只有示例，没有任务" in raised.value.what
    assert "任务写成段落" in raised.value.remedy
    first = [FIRST[0], ["示例", *FIRST[1][1:]], FIRST[2]]
    notice = read_parts(tmp_path, "附件1", "2026年任务表", first, "附件2", "进展情况表", SAMPLE)
    assert [t.text for t in notice.tasks] == ["完成乙事项。"]


def test_what_is_struck_out_is_told(tmp_path: Path) -> None:
    path = notice_file(tmp_path / "通知.docx", FIRST)
    document = Document(str(path))
    row = document.tables[0].rows[1]
    for cell in row.cells:
        for run in cell.paragraphs[0].runs:
            run.font.strike = True
    document.tables[0].cell(2, 3).paragraphs[0].add_run("、财务科").font.strike = True
    document.save(str(path))
    struck = [m for m in told(read_notice(path)) if "删除线" in m]
    assert struck == ["“完成甲事项。”画了删除线，仍列为任务", "“、财务科”画了删除线，仍照样读入"]


def test_paragraphs_of_a_text_do_not_run_into_each_other(tmp_path: Path) -> None:
    path = notice_file(tmp_path / "通知.docx", [*FIRST, ["3", "1.完成投资5\n2.新建泵站2座", "张伟", "办公室", ""]])
    document = Document(str(path))
    cell = document.tables[0].cell(1, 1)
    cell.text = "完成以下工作："
    for text in ("改造小区12个", "新增车位300个"):
        cell.add_paragraph(text, style="List Number")
    document.tables[0].cell(2, 1).text = "推进5个区级节水示\n范基地建设，GDP增长7%\n30个项目开工。"
    document.save(str(path))
    assert [t.text for t in read_notice(path).tasks] == [
        "完成以下工作：1.改造小区12个；2.新增车位300个",
        "推进5个区级节水示范基地建设，GDP增长7% 30个项目开工。",
        "1.完成投资5；2.新建泵站2座",
    ]


@pytest.mark.parametrize(
    ("numbers", "texts", "legend"),
    [
        (("1（★）", "2"), ("甲", "乙"), ""),
        (("1（牵头）", "2（配合）"), ("甲", "乙"), ""),
        (("1（牵头）", "2"), ("甲", "乙"), ""),
        (("1", "2"), ("（牵头）甲", "乙（配合）"), ""),
        (("1", "2"), ("1.*甲", "2.乙"), ""),
        (("1▲", "2"), ("甲", "乙"), "注：带▲的为我局牵头任务。"),
        (("1▲", "2"), ("甲", "乙"), "说明：标“▲”者为牵头任务，其余为配合任务。"),
        (("1★", "2"), ("甲", "乙"), "注：★为牵头任务，*为民生实事。"),
        (("1", "2*"), ("甲", "乙"), "注：*为配合任务。"),
        (("1*", "2"), ("甲", "乙"), "注：带*号的为我局任务，其余为我局配合任务。"),
        (("1*", "2"), ("甲", "乙"), "注：*为市政府重点督办事项，由我局牵头。"),
        (("1▲", "2"), ("甲", "乙"), "注：▲为省级任务，●为市级任务，均由我局牵头。"),
        (("1●", "2*"), ("甲", "乙"), "注：*为省级任务，●为市级任务，由我局负责。"),
        (("1★", "2*"), ("甲", "乙"), "注：★为牵头任务，*为非牵头任务。"),
        (("1▲", "2*"), ("甲", "乙"), "注：▲为牵头任务，*为非牵头任务。"),
        (("1", "2*"), ("甲", "乙"), "注：*为市级任务，由我局配合，其余由我局牵头。"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_what_marks_the_tasks_that_the_office_leads(
    tmp_path: Path, numbers: Sequence[str], texts: Sequence[str], legend: str, inside: bool
) -> None:
    rows = [HEADER, *([n, t, "张伟", "办公室", ""] for n, t in zip(numbers, texts, strict=True))]
    notes = [legend] if legend else []
    if inside and legend:
        rows.append([legend, "", "", "", ""])
    notice = read_parts(tmp_path, "附件1", rows, *([] if inside else notes), *FORM)
    assert [(t.no, t.starred) for t in notice.tasks] == [(1, True), (2, False)]
    assert [t.text.lstrip("12.") for t in notice.tasks] == ["甲", "乙"]
    assert not [m for m in told(notice) if "不是数字" in m]


def test_headings_and_categories_say_what_the_office_leads(tmp_path: Path) -> None:
    task = ["1", "完成甲事项。", "张伟", "办公室", ""]
    heads = [HEADER, ["一、牵头任务（1项）", *[""] * 4], task, ["二、配合任务（1项）", *[""] * 4], task]
    kinds = [["任务类型", *HEADER], ["牵头", *task], ["配合", *task]]
    for rows in (heads, kinds):
        notice = read(tmp_path, rows)
        assert [t.starred for t in notice.tasks] == [True, False]
        assert any("牵头任务1项，配合任务1项" in m for m in told(notice))


def test_a_star_with_another_meaning_marks_no_task_as_led(tmp_path: Path) -> None:
    notice = read_parts(tmp_path, "附件1", FIRST, "注：*为区政府民生实事项目。", *FORM)
    assert [t.starred for t in notice.tasks] == [True, True]
    assert "通知里“*”表示“区政府民生实事项目”，没有当作牵头任务的标记" in told(notice)


def test_a_star_with_another_meaning_is_told_beside_one_that_leads(tmp_path: Path) -> None:
    rows = [*FIRST[:2], ["2★", *FIRST[2][1:]]]
    notice = read_parts(tmp_path, "附件1", rows, "注：带“*”任务为年度绩效目标，各牵头科室负责报送。", *FORM)
    assert [t.starred for t in notice.tasks] == [False, True]
    assert "通知里“*”表示“年度绩效目标”，没有当作牵头任务的标记" in told(notice)


@pytest.mark.parametrize(
    ("cell", "names", "doubted"),
    [
        ("应急处置中心", ["应急处置中心"], False),
        ("医患纠纷处理办公室、信息处理中心", ["医患纠纷处理办公室", "信息处理中心"], False),
        ("东湖镇中心幼儿园", ["东湖镇中心幼儿园"], False),
        ("财务科及审计科", ["财务科", "审计科"], True),
        ("规划财务处和社会救助处", ["规划财务处", "社会救助处"], True),
        ("财务科和人力资源和社会保障科", ["财务科", "人力资源和社会保障科"], True),
        ("办公室\n和人事科", ["办公室", "人事科"], True),
        ("办公室+人事科", ["办公室", "人事科"], True),
        ("发展和改革科", ["发展和改革科"], False),
        ("国际交流与合作处（与港澳台办公室合署）", ["国际交流与合作处（与港澳台办公室合署）"], False),
        ("党委和政府督查室", ["党委和政府督查室"], False),
        ("事业单位和社会组织登记处", ["事业单位和社会组织登记处"], True),
        ("养老院和福利院管理科", ["养老院和福利院管理科"], True),
        ("街道办事处与社区治理科", ["街道办事处与社区治理科"], True),
        ("离退休干部和人才工作科", ["离退休干部和人才工作科"], True),
        ("财务科、民办学校和培训机构管理科", ["财务科", "民办学校和培训机构管理科"], True),
        ("救助站和福利院", ["救助站", "福利院"], True),
        ("执法大队及各所", ["执法大队", "各所"], True),
        ("食品科、药械科以及各所", ["食品科", "药械科", "各所"], True),
        ("市场部和财务部", ["市场部", "财务部"], True),
        ("办公室、法规科等", ["办公室", "法规科"], True),
        ("办公室等科室", ["办公室"], True),
    ],
)
def test_units_with_and_between_them(tmp_path: Path, cell: str, names: Sequence[str], doubted: bool) -> None:
    notice = read(tmp_path, [HEADER, ["1", "完成甲事项。", "张伟", "综合科", cell]])
    assert list(notice.tasks[0].responsible) == names
    assert bool([d for d in notice.doubts if d.where.endswith("「责任处室（单位）」")]) is doubted


def units_of(tmp_path: Path, *cells: str) -> tuple[Notice, list[str]]:
    rows = [HEADER, *([str(i), f"完成{i}。", "张伟", cell, ""] for i, cell in enumerate(cells, 1))]
    notice = read(tmp_path, rows)
    return notice, [t.division for t in notice.tasks]


def test_a_division_with_a_person_in_brackets_is_the_division(tmp_path: Path) -> None:
    several = "救助处、养老服务处（82340000）（牵头）"
    cells = ("养老服务处（赵一）", "养老服务处（钱二，027-82340000）", "养老服务处", several)
    notice, divisions = units_of(tmp_path, *cells)
    assert set(divisions) == {"养老服务处"}
    assert [m for m in told(notice) if "像是人名或电话" in m] == [
        "“养老服务处（赵一）”括号里像是人名或电话，单位按“养老服务处”",
        "“养老服务处（钱二，027-82340000）”括号里像是人名或电话，单位按“养老服务处”",
        "“养老服务处（82340000）”括号里像是人名或电话，单位按“养老服务处”",
    ]


@pytest.mark.parametrize("bracket", ["老龄办", "机关党委", "文明办", "武昌", "江北", "安全", "高新区", "党建", "管理"])
def test_what_belongs_to_a_division_s_name_stays(tmp_path: Path, bracket: str) -> None:
    notice, divisions = units_of(tmp_path, f"综合处（{bracket}）", "综合处")
    assert divisions == [f"综合处（{bracket}）", "综合处"]
    assert f"“综合处（{bracket}）”和“综合处”暂作两个单位" in told(notice)


@pytest.mark.parametrize(
    "names",
    [
        "综合管理部 人力资源部 财务管理部",
        "工程建设部 供水分公司",
        "工会 团委",
        "总工会 团县委 妇联",
        "发改局 财政局",
        "发改委 财政局",
        "县委组织部 县委宣传部",
        "县委组织部 县人社局",
        "县委办 县政府办",
        "水利站 农技站",
        "财务科 人事科",
        "党政办 经发办",
        "东湖镇 西湖乡",
        "花桥街道 新村街道",
    ],
)
def test_names_that_follow_each_other_are_parted_and_told(tmp_path: Path, names: str) -> None:
    notice, divisions = units_of(tmp_path, names.replace(" ", ""))
    assert [divisions[0], *notice.tasks[0].responsible] == names.split()
    assert any("中间没有分隔" in m for m in told(notice))


@pytest.mark.parametrize("cell", ["党群工作部纪检监察室", "财务科档案室", "水利站财政所", "市公安局交通管理局"])
def test_what_may_be_two_names_stays_one_and_is_told(tmp_path: Path, cell: str) -> None:
    notice, divisions = units_of(tmp_path, cell)
    assert divisions == [cell]
    assert any("是几个单位连写" in m for m in told(notice))


NAMES_OF_ONE = """
组织人事部 党委办公室 纪委监委 人大办公室 市委市政府督查室 党政办公室 退役军人事务部 机关党委
街道党工委组织部 局党委宣传部 市税务局稽查局 高新区管委会财政局 水务集团供水公司 水务集团有限公司
干部人事部 西部开发部 社会科学科 科技人才科 民办教育科 县委宣传部文明办 市委组织部干部科
县财政局国库科 花桥镇统筹城乡办 东湖镇农业服务中心 市政府市场监管局 党支部工作部 县委老干部局
城市管理执法局 城乡规划局 工会委员会 国有资产管理委员会 花桥街道办事处 党委组织部（人事处）
县民政局办公室
"""


def test_names_of_one_unit_are_not_parted(tmp_path: Path) -> None:
    names = NAMES_OF_ONE.split()
    notice, divisions = units_of(tmp_path, *names)
    assert divisions == names
    assert not [m for m in told(notice) if "中间没有分隔" in m or "连写" in m]


@pytest.mark.parametrize(
    ("cell", "division", "others"),
    [
        ("县人社局牵头", "县人社局", ()),
        ("县人社局 牵头", "县人社局", ()),
        ("由县农业农村局牵头，县自然资源局、县财政局配合", "县农业农村局", ("县自然资源局", "县财政局")),
        ("县财政局配合，县农业农村局牵头负责", "县农业农村局", ("县财政局",)),
        ("由规划科会同法规科牵头，人事科等部门参与", "规划科", ("法规科", "人事科")),
    ],
)
def test_clauses_of_who_leads_and_who_helps(tmp_path: Path, cell: str, division: str, others: tuple[str, ...]) -> None:
    notice = read(tmp_path, [HEADER, ["1", "完成甲事项。", "张伟", cell, ""]])
    assert (notice.tasks[0].division, notice.tasks[0].responsible) == (division, others)
    assert not [m for m in told(notice) if "名称不完整" in m]
    assert bool([m for m in told(notice) if "没有写全" in m]) is ("等" in cell)


def test_a_unit_that_only_helps_in_the_place_of_the_lead_is_told(tmp_path: Path) -> None:
    notice, divisions = units_of(tmp_path, "县财政局配合")
    assert divisions == ["县财政局"]
    assert "“县财政局”写的是配合，没有写由谁牵头，暂作牵头处室" in told(notice)


def test_whom_no_form_reaches_is_told(tmp_path: Path) -> None:
    units = ("局各科室", "有关科室", "相关单位")
    notice = read(tmp_path, [HEADER, *([str(i), f"完成{i}。", "张伟", u, ""] for i, u in enumerate(units, 1))])
    assert len([m for m in told(notice) if "不是一个单位" in m]) == 3


@pytest.mark.parametrize(
    ("cell", "leader"),
    [
        ("张三 副局长", "张三"),
        ("张三\n副局长", "张三"),
        ("副局长张三", "张三"),
        ("党组成员、副局长张三", "张三"),
        ("区委书记 阿依古丽·买买提", "阿依古丽·买买提"),
        ("张三 （主管）", "张三"),
        ("张三和李四", "张三、李四"),
        ("李和平", "李和平"),
        ("局长", "局长"),
        ("王主任", "王主任"),
        ("冯副局长", "冯副局长"),
        ("王副县长", "王副县长"),
        ("陈副书记", "陈副书记"),
        ("刘党委书记", "刘党委书记"),
        ("王常务副县长", "王常务副县长"),
        ("王建国副局长", "王建国"),
        ("王建国常务副县长", "王建国"),
        ("王建国（党组成员、副局长）", "王建国"),
        ("李  四\n张  三", "李四、张三"),
        ("张三同志", "张三"),
        ("张三（负总责）", "张三"),
        ("纪检组长张三", "张三"),
        ("张三调研员", "张三"),
        ("工会主席张三", "张三"),
        ("王董事长", "王董事长"),
        ("支队长王明", "王明"),
        ("王明支队长", "王明"),
    ],
)
def test_leaders_with_their_offices(tmp_path: Path, cell: str, leader: str) -> None:
    notice = read(tmp_path, [HEADER, ["1", "完成甲事项。", cell, "办公室", ""]])
    assert notice.tasks[0].leader == leader
    assert any("分管领导有2位" in m for m in told(notice)) is ("李四" in leader)


@pytest.mark.parametrize("cell", ["待定", "（空缺）", "暂缺", "待 明 确"])
def test_a_leader_who_is_not_named_yet_is_none(tmp_path: Path, cell: str) -> None:
    notice = read(tmp_path, [*FIRST, ["3", "完成丙事项。", cell, "法规科", ""]])
    assert notice.tasks[2].leader == ""
    assert f"分管领导写的是“{cell.replace(' ', '')}”，暂按没有" in told(notice)


@pytest.mark.parametrize(
    "cell", ["分管副局长", "局主要领导", "各分管领导", "班子成员", "局领导", "分管局领导", "分管负责人"]
)
def test_what_names_no_person_is_no_leader(tmp_path: Path, cell: str) -> None:
    row = ["3", "完成丙事项。", cell, "法规科", ""]
    assert read(tmp_path, [*FIRST, row]).tasks[2].leader == ""
    assert f"分管领导写的是“{cell}”，暂按没有" in told(read(tmp_path, [*FIRST, row]))
    assert f"分管领导写的是“{cell}”，没有写明是谁：1项任务都空着" in told(read(tmp_path, [HEADER, row]))


def test_leaders_that_run_together_are_parted_and_told(tmp_path: Path) -> None:
    cells = ["王明", "李强", "王明李强", "王明高高飞", "高飞", "王明 李强"]
    rows = [[str(i), f"完成第{i}项。", cell, "法规科", ""] for i, cell in enumerate(cells, 1)]
    notice = read(tmp_path, [HEADER, *rows])
    assert [t.leader for t in notice.tasks] == ["王明", "李强", "王明、李强", "王明高高飞", "高飞", "王明、李强"]
    assert "“王明李强”中间没有分隔，按2个人拆开：王明、李强" in told(notice)


@pytest.mark.parametrize(
    "header",
    [
        ["序号", "督办事项", "分管院领导", "责任部室", "协作科室"],
        ["序号", "改革任务", "牵头校领导", "牵头学院", "配合部室"],
        ["序号", "任务名称", "责任区领导", "责任科室/单位", "其他责任科室"],
        ["序号", "年度重点工作", "分管副总", "牵头职能部门", "协作部门"],
        ["序号", "整改任务", "分管班子成员", "落实单位", "配合单位"],
        ["序号", "工作要点", "挂点领导", "责任主体", "协办单位"],
    ],
)
def test_headers_of_other_offices(tmp_path: Path, header: Sequence[str]) -> None:
    (task,) = read(tmp_path, [header, ["1", "完成甲事项。", "张伟", "综合科", "法规科"]]).tasks
    assert (task.text, task.leader, task.division, task.responsible) == (
        "完成甲事项。", "张伟", "综合科", ("法规科",),
    )  # fmt: skip


def test_a_bureau_in_the_place_of_the_division_is_told(tmp_path: Path) -> None:
    rows = [["序号", "工作任务", "牵头单位", "责任科室"], ["1", "完成甲事项。", "区发改局", "综合科"]]
    assert any("的牵头单位写的是局、委一级" in m for m in told(read(tmp_path, rows)))
