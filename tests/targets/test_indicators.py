"""指标 in the master: who writes what, what is proposed from prose, and how each target stands."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from conftest import Annex2

from toolkit.errors import MasterError
from toolkit.master.indicators import indicator_key, pace_limits
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.pace import parse_figure
from toolkit.standing import moment, paces
from toolkit.workspace import Workspace

CENTRES, HELP, MEALS = "新建社区老年人服务中心（站）", "新建农村老年人互助中心（服务点）", "新开业老年人供餐点"
FIGURE = "第一季度累计值"
# 养老服务处: tasks 1, 3, 4, 9, 10, 11
TEXTS = [
    "截至3月底，累计完成居家适老化改造620户。",
    "截至3月底，累计建成社区老年人服务中心（站）21个、农村老年人互助中心（服务点）12个。",
    "各区均已出台养老服务清单。",
    "累计建成社区老年人服务中心（站）20个，农村老年人互助中心（服务点）12个。",
    "新开业老年人供餐点9个，占全年目标的40%。",
    "累计完成居家适老化改造620户。",
]


def row(annex2: Annex2, no: int, indicator: str) -> dict[str, object]:
    (found,) = (r for r in annex2.cells("指标") if (r["序号"], r["指标"]) == (no, indicator))
    return found


def type_in(annex2: Annex2, no: int, indicator: str, header: str, value: object) -> None:
    annex2.type(Sheet.TARGETS, indicator_key(f"2023-{no:02d}", indicator), header, value)  # type: ignore[arg-type]


def confirm(annex2: Annex2, *nos: int) -> None:
    """What a person does with 口径 of these tasks' rows."""
    for r in annex2.cells("指标"):
        if r["序号"] in nos:
            type_in(annex2, int(str(r["序号"])), str(r["指标"]), "口径", "以市局台账为准")


def report(annex2: Annex2, texts: list[str], round_: str = "2023Q1", now: str = "2023-04-03T10:00") -> None:
    annex2("fanout", round_)
    annex2.deliver("养老服务处", round_, name=f"{now[:10]}.xlsx", texts=texts, approver="邓立")
    annex2("collect", now=now)


def proposals(annex2: Annex2) -> list[dict[str, object]]:
    return [r for r in annex2.cells("待处理") if r["事项"] == "指标数"]


def decide(annex2: Annex2, item: dict[str, object], decision: str, now: str = "2023-04-04T09:00") -> str:
    annex2.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", decision)
    annex2("collect", now=now)
    return str(next(r["处理结果"] for r in annex2.cells("待处理") if r["标识"] == item["标识"]))


def test_nothing_is_proposed_or_shown_before_a_person_confirms_a_target(annex2: Annex2) -> None:
    report(annex2, TEXTS)
    assert proposals(annex2) == []
    assert {r["进度"] for r in annex2.cells("指标")} == {None}


def test_numbers_of_the_prose_are_proposed_in_one_item_and_written_only_when_adopted(annex2: Annex2) -> None:
    confirm(annex2, 1, 3, 9, 10, 11)
    report(annex2, TEXTS)
    (item,) = proposals(annex2)
    assert item["位置"] == f"指标 {FIGURE}"
    for words in ("养老服务处", f"第3*项“{CENTRES}”：21个", "原文：“", f"第10*项“{MEALS}”：9个", "620户"):
        assert words in str(item["问题"])
    assert row(annex2, 3, CENTRES)[FIGURE] is None
    assert row(annex2, 3, CENTRES)["进度"] == "灰 没有填报数"
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-04-03T11:00")
    assert annex2.master.read_bytes() == before
    assert decide(annex2, item, "采用") == "已采用 6 个数（2023-04-04 09:00）"
    assert row(annex2, 9, HELP)[FIGURE] is None  # its clause does not say that they are built
    centres = row(annex2, 3, CENTRES)
    assert (centres[FIGURE], centres["完成率"], centres["进度"]) == (21, 0.3, "绿 达序时（第一季度，序时25%）")
    assert "第3项和第9项是同一项工作" in str(centres["提示"])
    assert "第3项和第9项是同一项工作" in str(row(annex2, 9, CENTRES)["提示"])
    assert row(annex2, 9, HELP)["提示"] is None
    meals = row(annex2, 10, MEALS)
    assert (meals[FIGURE], meals["完成率"]) == (9, 0.3)
    assert "写的是40%，按9个÷30个算是30%" in str(meals["提示"])
    before = annex2.master.read_bytes()
    annex2("collect", now="2023-04-05T11:00")
    assert annex2.master.read_bytes() == before
    rebuilt = annex2.json("rebuild")
    assert (rebuilt["differences"], rebuilt["cells"]) == ([], 12)
    type_in(annex2, 10, MEALS, FIGURE, 10)
    (difference,) = annex2.json("rebuild")["differences"]
    assert difference["task"] == indicator_key("2023-10", MEALS)
    assert (difference["master"], difference["archive"]) == ("10", "9")


def test_not_adopted_stays_out_and_a_newer_file_takes_the_items_place(annex2: Annex2) -> None:
    confirm(annex2, 10)
    report(annex2, TEXTS)
    report(annex2, [*TEXTS[:4], "新开业老年人供餐点11个。", TEXTS[5]], now="2023-04-04T10:00")
    first, second = proposals(annex2)
    assert first["处理结果"] == "已由第2号收件代替"
    assert decide(annex2, second, "不采用").startswith("已按意见不采用")
    assert row(annex2, 10, MEALS)[FIGURE] is None
    assert "不适用" in decide(annex2, first, "接收此件") or first["处理结果"]


def test_a_persons_figure_is_never_overwritten(annex2: Annex2) -> None:
    confirm(annex2, 10)
    report(annex2, TEXTS)
    (item,) = proposals(annex2)
    type_in(annex2, 10, MEALS, FIGURE, 8)
    assert decide(annex2, item, "采用") == "已采用 0 个数，另有 1 个已由人填了别的数，没有改动（2023-04-04 09:00）"
    meals = row(annex2, 10, MEALS)
    assert (meals[FIGURE], meals["完成率"]) == (8, 0.2667)
    assert meals["进度"] == "绿 达序时（第一季度，序时25%）"


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (5, "绿 基本达序时"),
        (4, "黄 滞后"),
        (2, "黄 滞后"),
        (12, "绿 超序时"),
        (30, "绿 已完成"),
        ("八个", "灰 没有填报数"),
    ],
)
def test_lights_follow_the_settings(annex2: Annex2, figure: object, shown: str) -> None:
    confirm(annex2, 10)
    type_in(annex2, 10, MEALS, FIGURE, figure)
    annex2("collect", now="2023-04-03T10:00")
    meals = row(annex2, 10, MEALS)
    assert str(meals["进度"]).startswith(shown)
    assert meals["提示"] == ("第一季度累计值“八个”不是一个数" if figure == "八个" else None)


def test_fell_below_the_round_before(annex2: Annex2) -> None:
    confirm(annex2, 10)
    type_in(annex2, 10, MEALS, FIGURE, 9)
    type_in(annex2, 10, MEALS, "第二季度累计值", 7)
    annex2("collect", now="2023-07-03T10:00")
    meals = row(annex2, 10, MEALS)
    assert meals["进度"] == "黄 滞后（第二季度，序时50%）"
    assert "第二季度累计数7个，比第一季度的9个还少2个" in str(meals["提示"])


def test_figures_that_do_not_fit_are_told_until_one_of_them_is_corrected(annex2: Annex2) -> None:
    """A later report, which fits by itself, mends nothing."""
    confirm(annex2, 3, 9)
    summer, autumn = "第二季度累计值", "第三季度累计值"
    for no, *values in ((3, 20, 30, 28, 70), (9, 20, 30, 40, 70)):
        for header, value in zip((FIGURE, summer, autumn, "全年累计值"), values, strict=True):
            type_in(annex2, no, CENTRES, header, value)
    fell, differ = "第三季度累计数28个，比第二季度的30个还少2个", "第三季度的数却不一致：第3项报28个，第9项报40个"

    def notes(no: int, now: str) -> str:
        annex2("collect", now=now)
        return str(row(annex2, no, CENTRES)["提示"] or "")

    assert (fell in notes(3, "2024-01-04T09:00"), differ in notes(3, "2024-01-04T09:00")) == (True, True)
    assert differ in notes(9, "2024-01-04T10:00")
    type_in(annex2, 3, CENTRES, summer, 25)
    type_in(annex2, 3, CENTRES, FIGURE, 18)
    corrected = notes(3, "2024-01-04T11:00")
    assert fell not in corrected
    assert "第三季度的数却不一致" in corrected
    assert "第二季度的数却不一致" not in corrected  # one after the other, the newest first
    type_in(annex2, 9, CENTRES, autumn, 28)
    assert "第二季度的数却不一致：第3项报25个，第9项报30个" in notes(3, "2024-01-04T12:00")
    for header, value in ((FIGURE, 18), (summer, 25)):
        type_in(annex2, 9, CENTRES, header, value)
    assert notes(3, "2024-01-04T13:00") == notes(9, "2024-01-04T13:00") == ""


def test_a_later_round_that_is_due_without_a_figure_is_grey_where_now_counts(annex2: Annex2) -> None:
    confirm(annex2, 10)
    type_in(annex2, 10, MEALS, FIGURE, 9)
    master = load(Workspace(annex2.root)).master
    (spring,) = paces(master, moment(datetime(2023, 4, 20), master.zone))  # noqa: DTZ001
    (summer,) = paces(master, moment(datetime(2023, 7, 20), master.zone))  # noqa: DTZ001
    assert (spring.words, spring.done) == ("绿 达序时（第一季度，序时25%）", "9/30个")
    assert (summer.words, summer.done, summer.sign) == ("灰 第二季度没有填报数", "—/30个", "－")
    assert [(r.name, figure) for r, figure in summer.before] == [("第一季度", Decimal(9))]


def test_a_task_is_not_asked_for_figures_of_rounds_before_it_was_added(annex2: Annex2) -> None:
    confirm(annex2, 10)
    annex2.type(Sheet.TASKS, "2023-10", "加入日期", datetime(2023, 5, 20))  # type: ignore[arg-type]  # noqa: DTZ001
    master = load(Workspace(annex2.root)).master
    (spring,) = paces(master, moment(datetime(2023, 5, 21), master.zone))  # noqa: DTZ001
    (summer,) = paces(master, moment(datetime(2023, 7, 20), master.zone))  # noqa: DTZ001
    assert (spring.words, summer.words) == ("灰 没有填报数", "灰 第二季度没有填报数")


def test_a_formula_beside_a_target_is_somebodys_and_stays(annex2: Annex2) -> None:
    confirm(annex2, 10)
    from toolkit.xlsx import Formula

    type_in(annex2, 10, MEALS, "进度", Formula('"自己算的"'))
    type_in(annex2, 10, MEALS, FIGURE, Formula("4+5"))
    report(annex2, TEXTS)
    assert row(annex2, 10, MEALS)["进度"] == '="自己算的"'
    assert row(annex2, 10, MEALS)[FIGURE] == "=4+5"


def test_rows_that_cannot_count_say_why(annex2: Annex2) -> None:
    confirm(annex2, 10, 12, 14)
    type_in(annex2, 10, MEALS, "目标值", "三十")
    type_in(annex2, 12, "区级儿童福利指导中心", "序号", 99)
    annex2("collect", now="2023-04-03T10:00")
    said = {r["指标"]: r["进度"] for r in annex2.cells("指标")}
    assert said[MEALS] == "灰 目标值不是一个数"
    assert said["区级儿童福利指导中心"] == "灰 台账里没有第99项"


def test_a_master_without_the_columns_or_the_sheet_still_works(annex2: Annex2) -> None:
    from openpyxl import load_workbook

    confirm(annex2, 10)
    book = load_workbook(annex2.master)
    sheet = book["指标"]
    table = sheet.tables["指标"]
    for column in range(7, sheet.max_column + 1):
        for line in range(3, sheet.max_row + 1):
            sheet.cell(line, column).value = None
    table.ref = f"A3:F{sheet.max_row}"
    table.autoFilter.ref = table.ref
    del table.tableColumns[6:]
    book.save(annex2.master)
    report(annex2, TEXTS)
    assert annex2.status_text(10) == TEXTS[4]
    assert proposals(annex2) == []
    book = load_workbook(annex2.master)
    del book["指标"]
    book.save(annex2.master)
    report(annex2, [t + "（更正）" for t in TEXTS], now="2023-04-04T10:00")
    assert annex2.status_text(10) == TEXTS[4] + "（更正）"


def test_a_new_progress_round_gets_its_column(annex2: Annex2) -> None:
    from openpyxl import load_workbook

    confirm(annex2, 10)
    book = load_workbook(annex2.master)
    sheet = book["报送节点"]
    last = sheet.max_row + 1
    for column, value in enumerate(("2023M11", "十一月", "附件2", datetime(2023, 12, 5)), start=1):  # noqa: DTZ001
        sheet.cell(last, column).value = value
    sheet.tables["报送节点"].ref = sheet.tables["报送节点"].ref[:-1] + str(last)[-1]
    book.save(annex2.master)
    annex2("collect", now="2023-04-03T10:00")
    assert "十一月累计值" in annex2.cells("指标")[0]


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"序时黄灯": "十"}, "序时黄灯"),
        ({"序时进度": "25、50"}, "序时进度"),
        ({"序时进度": "50、25、75、100"}, "序时进度"),
    ],
)
def test_limits_that_make_no_sense_are_told(settings: dict[str, str], wrong: str) -> None:
    with pytest.raises(MasterError, match=wrong):
        pace_limits(settings, "master.xlsx 设置")


def test_limits_of_the_office() -> None:
    limits = pace_limits({"序时黄灯": "5", "序时红灯": "20个百分点", "序时进度": "20，45，70，100"}, "设置")
    assert (limits.yellow, limits.red, limits.quarters[1]) == (5, 20, 45)
    assert pace_limits({}, "").yellow == 10


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("2,500", 2500), ("２５００", 2500), ("64.30", Decimal("64.3"))),
        *(("－0.8", Decimal("-0.8")), ("−3", -3), ("约64", None)),
    ],
)
def test_a_figure_is_a_bare_number(text: str, value: object) -> None:
    assert parse_figure(text) == value


def test_adopted_figures_are_asked_about_again_when_their_file_counts_again(annex2: Annex2) -> None:
    confirm(annex2, 3, 10)
    report(annex2, TEXTS)
    (item,) = proposals(annex2)
    assert decide(annex2, item, "采用").startswith("已采用")
    for verdict in ("不处理", "接收"):
        annex2.type(Sheet.RECEIPTS, "1", "结论", verdict)
        annex2("collect", now="2023-04-04T10:00")
    assert row(annex2, 3, CENTRES)[FIGURE] is None
    (item,) = proposals(annex2)
    assert item["处理结果"] is None
    assert decide(annex2, item, "采用", now="2023-04-04T11:00").startswith("已采用")
    assert row(annex2, 3, CENTRES)[FIGURE] == 21
