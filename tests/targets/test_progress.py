"""Targets against figures: pace, falls, contradictions; and figures proposed from prose, or better not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from test_quantities import TEXTS

from toolkit.model import Round, Task
from toolkit.targets import (
    Light,
    PaceLimits,
    Target,
    TargetKey,
    check_figures,
    check_prose,
    link_shared,
    measure,
    propose_figures,
    propose_targets,
)

ROUNDS = tuple(
    Round(f"2023{k}", name, date(2023, 1, 1))
    for k, name in (("Q1", "第一季度"), ("Q2", "第二季度"), ("Q3", "第三季度"), ("Y", "全年"))
)
HOMES = Target("T1", "居家适老化改造", Decimal(2000), "户")
CENTRES = Target("T3", "新建社区老年人服务中心（站）", Decimal(70), "个", "=")
VILLAGE = Target("T3", "新建农村老年人互助中心（服务点）", Decimal(30), "个", "=")
DISTRICT = Target("T3", "区级养老服务中心", Decimal(7), "个", "=")
MEALS = Target("T10", "新开业老年人供餐点", Decimal(30), "个", "=")
CHILDREN = Target("T12", "区级儿童福利指导中心", Decimal(13), "个", "=")
DEVICES = Target("T21", "基本型辅助器具适配服务", Decimal("8"), "万名", "=")
ACCESS = Target("T21", "无障碍改造", Decimal(8000), "户", "=")
RAISE = Target("T21", "生活护理费标准提高", Decimal(10), "%", "=")


def at(percent: str | int, quarter: str = "Q2", direction: str = "≥", limits: PaceLimits | None = None):
    target = Target("T", "指标", Decimal(1000), "户", direction)
    figures = {target.key: {f"2023{quarter}": Decimal(percent) * 10}}
    (progress,) = measure([target], figures, f"2023{quarter}", limits)
    return progress


@pytest.mark.parametrize(
    ("percent", "quarter", "light", "state"),
    [
        ("25", "Q1", "绿", "达序时"),
        ("24.9", "Q1", "绿", "基本达序时"),
        ("15.1", "Q1", "绿", "基本达序时"),
        ("15", "Q1", "黄", "滞后"),
        ("0", "Q1", "黄", "滞后"),
        ("50", "Q2", "绿", "达序时"),
        ("60", "Q2", "绿", "超序时"),
        ("40.1", "Q2", "绿", "基本达序时"),
        ("40", "Q2", "黄", "滞后"),
        ("20", "Q2", "黄", "滞后"),
        ("19.9", "Q2", "红", "严重滞后"),
        ("45", "Q3", "黄", "滞后"),
        ("44.9", "Q3", "红", "严重滞后"),
        ("100", "Q3", "绿", "已完成"),
        ("106.8", "Q3", "绿", "超额完成"),
        ("100", "Y", "绿", "已完成"),
        ("99.9", "Y", "红", "未完成"),
    ],
)
def test_pace_against_the_time_of_year(percent, quarter, light, state):
    progress = at(percent, quarter)
    assert (progress.light, progress.state, progress.percent) == (light, state, Decimal(percent))


def test_limits_are_the_offices_own():
    assert at(45, limits=PaceLimits(yellow=Decimal(5))).light is Light.YELLOW
    assert at(45, limits=PaceLimits(yellow=Decimal(1), red=Decimal(4))).light is Light.RED
    later = PaceLimits(quarters=(Decimal(10), Decimal(25), Decimal(80), Decimal(100)))
    assert at(20, limits=later).light is Light.GREEN
    assert at(95, "Y", limits=PaceLimits(unmet_is_overdue=False)).light is Light.GREEN


def test_no_figure_is_grey_and_zero_is_not():
    assert [p.light for p in measure([HOMES], {}, "2023Q3")] == [Light.GREY]
    (none,) = measure([HOMES], {}, "2023Q3")
    assert (none.percent, none.state, none.sentence) == (None, "", "没有填报数，目标≥2000户。")
    (zero,) = measure([HOMES], {HOMES.key: {"2023Q3": Decimal(0)}}, "2023Q3")
    assert (zero.light, zero.percent) == (Light.RED, 0)


def test_overdue_is_red_whatever_the_pace():
    figures = {HOMES.key: {"2023Q1": Decimal(1900)}}
    assert [p.light for p in measure([HOMES], figures, "2023Q1")] == [Light.GREEN]
    assert [p.light for p in measure([HOMES], figures, "2023Q1", overdue={HOMES.key})] == [Light.RED]
    done = {HOMES.key: {"2023Q1": Decimal(2000)}}
    assert [p.light for p in measure([HOMES], done, "2023Q1", overdue={HOMES.key})] == [Light.GREEN]


def test_ceilings_and_odd_targets():
    assert at(99, direction="≤").light is Light.GREEN
    assert at(101, direction="≤").light is Light.RED
    assert at(100, direction="≤").sentence == "现为1000户，目标≤1000户，未超过。"
    nothing = replace(HOMES, value=Decimal(0))
    assert [p.light for p in measure([nothing], {nothing.key: {"2023Q1": Decimal(5)}}, "2023Q1")] == [Light.GREY]
    assert [p.light for p in measure([HOMES], {HOMES.key: {"旬报": Decimal(500)}}, "旬报")] == [Light.GREY]


def test_a_word_is_of_one_light():
    """Behind, far behind and missed are three words, and a level that was missed is not one that may still be met."""
    level = Target("T", "覆盖率", Decimal(90), "%")
    (spring,) = measure([level], {level.key: {"2023Q2": Decimal(80)}}, "2023Q2")
    (year,) = measure([level], {level.key: {"2023Y": Decimal(80)}}, "2023Y")
    assert ((spring.light, spring.state), (year.light, year.state)) == (("黄", "未达到目标"), ("红", "到期未达到目标"))
    states = [(p.state, p.light) for p in (at(n, q) for n in range(0, 120, 5) for q in ("Q1", "Q2", "Q3", "Y"))]
    assert len(set(states)) == len({state for state, _ in states})


def test_what_a_clerk_reads():
    assert at(26, "Q1").sentence == "累计260户，目标≥1000户，完成26%，高于序时1个百分点（序时25%）。"
    assert at("31.55", "Q2").sentence == "累计315.5户，目标≥1000户，完成31.55%，低于序时18.45个百分点（序时50%）。"
    assert at(50, "Q2").sentence.endswith("与序时持平（序时50%）。")
    assert at(99, "Y").sentence == "累计990户，目标≥1000户，完成99%，已到期未完成。"


def tasks_of(*texts: tuple[str, int, str]) -> tuple[Task, ...]:
    return tuple(Task(key, no, True, "", text, None, "", "") for key, no, text in texts)


TASKS = tasks_of(
    ("T1", 1, "完成居家适老化改造2000户以上。"),
    ("T3", 3, "推进7个区级养老服务中心建设，新建社区老年人服务中心（站）70个、农村老年人互助中心（服务点）30个。"),
    ("T9", 9, "新建社区老年人服务中心（站）70个、农村老年人互助中心（服务点）30个。"),
    ("T10", 10, "新开业老年人供餐点30个。"),
    ("T11", 11, "完成特殊困难老年人家庭居家适老化改造2000户以上。"),
)


def test_a_sum_that_fell_is_found_across_a_missing_quarter():
    figures = {HOMES.key: {"2023Q1": Decimal(520), "2023Q3": Decimal(430), "2023Y": Decimal(2100)}}
    (found,) = check_figures([HOMES], figures, ROUNDS, TASKS)
    assert (found.code, found.task, found.round) == ("fell_below", "T1", "2023Q3")
    assert found.message == "第1项“居家适老化改造”第三季度累计数430户，比第一季度的520户还少90户"
    assert "当季数" in found.remedy
    even = {HOMES.key: {"2023Q1": Decimal(520), "2023Q2": Decimal(520)}}
    assert check_figures([HOMES], even, ROUNDS, TASKS) == ()


def test_tasks_that_share_a_target_contradict_each_other_once_a_round():
    again = Target("T9", CENTRES.indicator, Decimal(70), "个", "=")
    targets = link_shared([HOMES, CENTRES, VILLAGE, again, MEALS], TASKS)
    assert [t.shared_with for t in targets] == [(), (again.key,), (), (CENTRES.key,), ()]
    figures = {
        CENTRES.key: {"2023Q1": Decimal(12), "2023Q2": Decimal(45), "2023Q3": Decimal(60)},
        again.key: {"2023Q1": Decimal(12), "2023Q2": Decimal(43)},
    }
    (found,) = check_figures(targets, figures, ROUNDS, TASKS)
    assert (found.code, found.round) == ("shared_differ", "2023Q2")
    assert found.message == (
        "第3项和第9项是同一项工作（新建社区老年人服务中心（站）），第二季度的数却不一致：第3项报45个，第9项报43个"
    )


def test_shared_figures_in_other_units_do_not_contradict():
    other = Target("T11", "特殊困难老年人家庭居家适老化改造", Decimal("0.2"), "万户")
    targets = link_shared([HOMES, other], TASKS)
    assert targets[0].shared_with == (TargetKey("T11", other.indicator),)
    figures = {HOMES.key: {"2023Q1": Decimal(520)}, other.key: {"2023Q1": Decimal("0.052")}}
    assert check_figures(targets, figures, ROUNDS, TASKS) == ()
    figures[other.key] = {"2023Q1": Decimal("0.053")}
    assert [f.code for f in check_figures(targets, figures, ROUNDS, TASKS)] == ["shared_differ"]


def test_links_that_only_one_side_knows_still_count_once():
    other = Target("T9", CENTRES.indicator, Decimal(70), "个")
    one_way = (CENTRES, replace(other, shared_with=(CENTRES.key,)))
    figures = {CENTRES.key: {"2023Q1": Decimal(1)}, other.key: {"2023Q1": Decimal(2)}}
    assert len(check_figures(one_way, figures, ROUNDS, TASKS)) == 1


HALLS = (DISTRICT, CENTRES, VILLAGE)
BUILT = "已建成社区老年人服务中心（站）45个、农村老年人互助中心（服务点）18个"
PROSE: list[tuple[tuple[Target, ...], str, dict[str, str]]] = [
    ((HOMES,), "截至3月底，累计完成居家适老化改造520户，占年度目标的26%。", {"居家适老化改造": "520"}),
    ((HOMES,), "第二季度新增改造430户，累计完成950户，其中江岸区120户。", {"居家适老化改造": "950"}),
    ((HOMES,), "全年目标2000户，目前已完工2136户，超额完成6.8%。", {"居家适老化改造": "2136"}),
    ((HOMES,), "组织专家上门评估困难老年人家庭2300户，确定改造对象2050户，已签订施工合同1500户。", {}),
    ((HOMES,), "居家适老化改造2000户以上工作正在有序推进，各区已启动摸排。", {}),
    ((HOMES,), "计划三季度完成改造600户，力争年底前完成2000户。", {}),
    ((HOMES,), "已完成适老化改造1105户，黄陂区、新洲区分别完成210户、185户。", {"居家适老化改造": "1105"}),
    ((HOMES,), "去年完成适老化改造1800户，今年改造对象正在筛选。", {}),
    ((HOMES,), "本季度完成适老化改造300户。", {}),
    ((HOMES,), "已完成改造1800余户。", {"居家适老化改造": "1800"}),
    ((HOMES,), "已走访慰问困难家庭3200户，发放宣传资料5000份。", {}),
    ((HOMES,), "各区累计上报改造对象2300户，实际完成居家适老化改造1960户。", {"居家适老化改造": "1960"}),
    ((HOMES,), "一季度完成适老化改造110户，二季度完成适老化改造320户。", {}),
    ((HOMES,), "已完成无障碍改造4215户。", {}),
    ((HOMES,), "已全部完成2000户改造任务，实际完成2058户，完成率102.9%。", {"居家适老化改造": "2058"}),
    ((HOMES,), "全年累计完成居家适老化改造将达到2100户。", {}),
    ((HOMES,), "新增改造120户，均已完成验收。", {}),
    ((HOMES,), "完成居家适老化改造50至60户。", {}),
    (HALLS, "已建成社区老年人服务中心（站）45个、农村老年人互助中心（服务点）18个。",
     {"新建社区老年人服务中心（站）": "45", "新建农村老年人互助中心（服务点）": "18"}),
    (HALLS, "已建成社区老年人服务中心（站）、农村老年人互助中心（服务点）共64个。", {}),
    (HALLS[1:2], "已建成社区老年人服务中心（站）和各类食堂，共64个。", {}),
    (HALLS, "7个区级养老服务中心已全部开工建设，其中3个主体封顶。", {}),
    (HALLS, "7个区级养老服务中心已全部建成。", {"区级养老服务中心": "7"}),
    (HALLS, "已建成38个，占全年目标的54.3%。", {}),
    (HALLS, "新建社区老年人服务中心（站）70个、农村老年人互助中心（服务点）30个工作正在有序推进。", {}),
    (HALLS, "累计走访社区45个，召开推进会3次。", {}),
    (HALLS, "现有社区老年人服务中心（站）318个，今年已新建社区老年人服务中心（站）38个。",
     {"新建社区老年人服务中心（站）": "38"}),
    ((MEALS,), "新开业老年人供餐点12个，覆盖老年人近5万名，累计供餐8.6万人次。", {"新开业老年人供餐点": "12"}),
    ((MEALS,), "全年累计开业31个，提前超额完成目标任务（30个）。", {"新开业老年人供餐点": "31"}),
    ((CHILDREN,), "已为9个区级儿童福利指导中心配备专业社工，尚有4个区正在走采购程序。", {"区级儿童福利指导中心": "9"}),
    ((CHILDREN,), "组织13个区开展自查，制定采购方案。", {}),
    ((DEVICES, ACCESS, RAISE), "适配服务已完成6.2万名，完成无障碍改造4,215户，同比增加12.3%。",
     {"基本型辅助器具适配服务": "6.2", "无障碍改造": "4215"}),
    ((RAISE,), "生活护理费标准已提高10%。", {"生活护理费标准提高": "10"}),
    ((HOMES,), "", {}),
    ((), "已完成改造520户。", {}),
]  # fmt: skip


@pytest.mark.parametrize(("targets", "text", "expected"), PROSE, ids=range(len(PROSE)))
def test_figures_proposed_from_prose(targets, text, expected):
    proposed = propose_figures(targets, text)
    assert {p.indicator: p.value for p in proposed} == {k: Decimal(v) for k, v in expected.items()}
    for p in proposed:
        assert text[p.start : p.end] in p.words
        assert p.words in text
        assert (p.task, p.unit) == next((t.task, t.unit) for t in targets if t.indicator == p.indicator)


@pytest.mark.parametrize(
    ("targets", "text", "wrong"),
    [
        ((HOMES,), "累计完成居家适老化改造520户，占年度目标的26%。", ()),
        ((HOMES,), "累计完成居家适老化改造520户，占年度目标的36%。", ("36%", "26%")),
        ((HOMES,), "累计完成居家适老化改造1333户，完成率66.6%。", ()),
        ((HOMES,), "累计完成居家适老化改造1333户，完成率66.7%。", ()),
        ((HOMES,), "累计完成居家适老化改造1333户，完成率66%。", ()),
        ((HOMES,), "累计完成居家适老化改造1333户，完成率66.9%。", ("66.9%", "66.65%")),
        ((), "累计完成居家适老化改造520户，占年度目标的36%。", ()),
        ((), "已新建38个，占全年目标70个的54.3%。", ()),
        ((), "已新建38个，占全年目标70个的64.3%。", ("64.3%", "54.29%")),
        ((HOMES,), "全年目标1800户，已完成居家适老化改造900户，完成率50%。", ()),
        (HALLS, f"{BUILT}，分别占年度目标的64.3%和60%。", ()),
        (HALLS, f"{BUILT}，分别占年度目标的64.3%和70%。", ("70%", "60%")),
        ((HOMES,), "完成居家适老化改造520户，投入资金300万元，完成年度目标的26%。", ()),
        ((HOMES,), "已完成居家适老化改造1800余户，完成率80%。", ()),
        ((HOMES,), "完成居家适老化改造520户。已完成年度目标的46%。", ()),
        ((HOMES,), "完成居家适老化改造1040户，完成率五成。", ()),
        ((DEVICES,), "适配服务已完成6.2万名，完成年度任务8万名的87.5%。", ("87.5%", "77.5%")),
    ],
)
def test_stated_percentages_follow_from_their_figures(targets, text, wrong):
    found = check_prose(targets, text, "T", "2023Q2")
    assert bool(found) == bool(wrong)
    if wrong:
        assert all(w in found[0].message for w in wrong)
        assert (found[0].code, found[0].task, found[0].round) == ("percent_differs", "T", "2023Q2")


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_prose_never_raises(text):
    for p in propose_figures((HOMES, *HALLS, DEVICES, RAISE), text):
        assert text[p.start : p.end] in p.words or p.words in text
    check_prose((HOMES, *HALLS, DEVICES, RAISE), text, "T", "2023Q1")


@pytest.mark.parametrize(
    ("key", "expected"),
    [("2023Q2", "50"), ("2023H1", "50"), ("2023H2", "100"), ("2023M1", "8.33"), ("2023M03", "25"), ("2023M12", "100")],
)
def test_the_pace_of_half_years_and_months(key: str, expected: str) -> None:
    assert PaceLimits().expected(key) == Decimal(expected)
    assert PaceLimits().expected("2023X") is None


@pytest.mark.parametrize(
    ("name", "unit", "direction", "goal", "figure", "light", "state"),
    [
        ("地区生产总值增长", "%", "≥", "6", "5.8", Light.YELLOW, "未达到目标"),
        ("空气质量优良天数比例", "%", "≥", "88", "88.4", Light.GREEN, "达到目标"),
        ("居民消费价格涨幅", "%", "≤", "3", "0.8", Light.GREEN, "控制在目标内"),
        ("调查失业率", "%", "≤", "5.5", "5.7", Light.RED, "超出控制目标"),
        ("义务教育巩固率", "%", "≥", "98.5", "98.7", Light.GREEN, "达到目标"),
        ("规模以上企业总数", "家", "≥", "400", "358", Light.YELLOW, "未达到目标"),
        ("问题整改完成率", "%", "≥", "100", "30", Light.GREEN, "达序时"),
        ("项目开工率", "%", "≥", "100", "20", Light.GREEN, "基本达序时"),
        ("新建充电桩", "个", "≥", "400", "358", Light.GREEN, "超序时"),
    ],
)
def test_levels_are_held_against_their_goals_and_work_against_the_time(
    name: str, unit: str, direction: str, goal: str, figure: str, light: Light, state: str
) -> None:
    target = Target("T1", name, Decimal(goal), unit, direction)
    (q1,) = measure([target], {target.key: {"2023Q1": Decimal(figure)}}, "2023Q1")
    assert (q1.light, q1.state) == (light, state)
    assert (q1.percent is None) is target.level
    assert "序时" in q1.sentence or target.level
    falling = {target.key: {"2023Q1": Decimal(figure), "2023Q2": Decimal(figure) - Decimal("0.5")}}
    rounds = [Round("2023Q1", "第一季度", date(2023, 4, 5)), Round("2023Q2", "第二季度", date(2023, 7, 5))]
    fell = [f for f in check_figures([target], falling, rounds, []) if f.code == "fell_below"]
    assert bool(fell) is not target.level


def test_a_rate_that_falls_is_no_mistake_in_a_text() -> None:
    from toolkit.returns.content import lower_figures

    assert lower_figures("全市调查失业率5.4%。", "全市调查失业率5.7%。") == []
    assert lower_figures("改造任务完成率40%。", "改造任务完成率50%。")


def test_money_and_measures_are_proposed_as_the_text_has_them() -> None:
    """A leader read ≥120000000000元, and a division that wrote 51 for 51亿元 stood at 0%."""
    text = "完成固定资产投资1200亿元以上；造林12万亩；新增床位2.5万张。"
    task = Task("T1", 1, True, "", text, None, "", "处")
    proposed = propose_targets([task])
    assert [(p.value, p.unit) for p in proposed] == [
        (Decimal(1200), "亿元"),
        (Decimal(12), "万亩"),
        (Decimal(25000), "张"),
    ]
    asked = proposed[0]
    invested = Target(asked.task, asked.indicator, asked.value, asked.unit, asked.direction, asked.shared_with)
    (said,) = propose_figures([invested], "一季度累计完成固定资产投资510.5亿元。")
    assert (said.value, said.unit) == (Decimal("510.5"), "亿元")
