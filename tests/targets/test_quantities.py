"""Numbers in prose: the notice's tasks, hand-read sentences, and any text at all."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import DEVELOPMENT, HELD_OUT, PUBLISHED_STYLE, TASKS

from toolkit.master.edits import WorkbookSource
from toolkit.master.read import read_master
from toolkit.model import Task
from toolkit.targets import Role, find_quantities, propose_targets
from toolkit.targets.numerals import base_unit, parse_chinese
from toolkit.xlsx import Workbook

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
from quantities import score  # noqa: E402


@pytest.fixture(scope="module")
def tasks():
    book = Workbook.from_bytes((ROOT / "workbooks/master.xlsx").read_bytes())
    return read_master(WorkbookSource(book), "master.xlsx").office.tasks


def test_tasks_of_the_notice_hold_what_a_person_reads(tasks):
    found = {t.no: tuple((q.value, q.unit, q.op, q.noun) for q in find_quantities(t.text)) for t in tasks}
    assert found == {no: tuple((Decimal(v), u, op, n) for v, u, op, n in rows) for no, rows in TASKS.items()}


def test_every_task_number_is_proposed_with_the_words_it_came_from(tasks):
    proposed = propose_targets(tasks)
    by_key = {t.key: t for t in tasks}
    assert [(by_key[p.task].no, p.value, p.unit, p.direction) for p in proposed] == [
        (no, Decimal(v), u, op) for no, rows in TASKS.items() for v, u, op, _ in rows
    ]
    for p in proposed:
        text = by_key[p.task].text
        assert text[p.start : p.end] in p.words
        assert p.words in text
    assert len({p.key for p in proposed}) == len(proposed)


def test_tasks_that_share_a_target_are_linked_and_no_others(tasks):
    number = {t.key: t.no for t in tasks}
    linked = {
        (number[p.task], number[other.task], p.value) for p in propose_targets(tasks) for other in p.shared_with
    }
    assert linked == {(1, 11, 2000), (11, 1, 2000), (3, 9, 70), (9, 3, 70), (3, 9, 30), (9, 3, 30)}


@pytest.mark.parametrize(
    "sentences", [DEVELOPMENT, HELD_OUT, PUBLISHED_STYLE], ids=["development", "held-out", "published"]
)
def test_quantities_of_hand_read_sentences(sentences):
    scored = score(sentences)
    assert scored.precision >= 0.95, scored.said
    assert scored.recall >= 0.90, scored.said


def test_40_sentences_are_split_as_said():
    assert (len(DEVELOPMENT), len(HELD_OUT)) == (25, 15)


def test_benchmark_prints_its_table():
    command = [sys.executable, str(ROOT / "benchmarks/quantities.py")]
    run = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert "held-out" in run.stdout
    assert "100.0%" in run.stdout


@pytest.mark.parametrize(
    ("text", "value", "unit", "op"),
    [
        ("2.5万户", "25000", "户", "="),
        ("8万名", "80000", "名", "="),
        ("１，８５６户", "1856", "户", "="),
        ("1 856户", "1856", "户", "="),
        ("1,234.5万元", "12345000", "元", "="),
        ("近百场", "100", "场", "="),
        ("上千名", "1000", "名", "≥"),
        ("十余次", "10", "次", "≥"),
        ("两千余条", "2000", "条", "≥"),
        ("10余万人次", "100000", "人次", "≥"),
        ("百余万元", "1000000", "元", "≥"),
        ("二百五十个", "250", "个", "="),
        ("一万三千张", "13000", "张", "="),
        ("三千二户", "3200", "户", "="),
        ("百分之三十", "30", "%", "="),
        ("百分之百", "100", "%", "="),
        ("九成以上", "90", "%", "≥"),
        ("超过3000人", "3000", "人", "≥"),
        ("不少于二十处", "20", "处", "≥"),
        ("不超过5%", "5", "%", "≤"),
        ("300亩以内", "300", "亩", "≤"),
        ("12個", "12", "个", "="),
        ("4,215戶", "4215", "户", "="),
        ("85支队伍", "85", "支", "="),
        ("3.5个百分点", "3.5", "百分点", "="),
        ("新建一个", "1", "个", "="),
        ("约120套", "120", "套", "="),
    ],
)
def test_ways_to_write_a_number(text, value, unit, op):
    (q,) = find_quantities(f"完成{text}。")
    assert (q.value, q.unit, q.op) == (Decimal(value), unit, op)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("50至60个", 50, 60, "个"),
        ("50个至60个", 50, 60, "个"),
        ("2—3万户", 20000, 30000, "户"),
        ("10%-15%", 10, 15, "%"),
        ("五至八家", 5, 8, "家"),
        ("两三家", 2, 3, "家"),
    ],
)
def test_ranges(text, low, high, unit):
    (q,) = find_quantities(f"拟建{text}。")
    assert (q.value, q.upper, q.unit, q.words) == (low, high, unit, text)


@pytest.mark.parametrize(
    "text",
    [
        "同一机构统一标准，唯一、一律、一致、进一步、一线、一站式、一次性",
        "一是加强领导；二是压实责任；三是强化督导。",
        "第一季度、前三季度、2023年4月5日、1-3月、十二月底、2023年度、3月10日至20日",
        "第3批、第二十条、前10名、附件2、表1、2号楼",
        "武民政〔2023〕12号、国发[2022]3号、2023年1号文件",
        "电话027-85480123、13800138000、12345热线、编号420100199001011234",
        "60岁以上老年人、80周岁及以上、3个月内、15分钟养老圈、24小时、5个工作日",
        "“十四五”规划、二十大、四个意识、两项补贴、八项规定、五位一体、三位一体、千家万户、百姓",
        "3A级、5A级景区、G20、4.0版、三级网络、二次供水、二类",
        "成立、成效显著、三成立、五个一工程",
        "二〇二三年四月、星期三、三八妇女节、六一儿童节、两会",
        "数十个、几百户、数千余人、数万名",
        "上午9点30分、11:30、8:00-12:00、1:50000",
    ],
)
def test_what_is_no_quantity(text):
    assert [q.words for q in find_quantities(text)] == []


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("截至3月底改造520户，其中江岸区120户、江夏区210户，投入资金30万元。", "value breakdown breakdown value"),
        ("6月完成30户，1-6月完成200户。", "period value"),
        ("第三季度新开业9家。", "period"),
        ("新增120户，累计800户。", "period value"),
        ("下一步，计划新建30个，改造200户。", "target_restated target_restated"),
        ("尚有30户未完成，还差12户。", "remaining remaining"),
        ("较上年同期增加45户，同比增长6%，高于序时进度5个百分点。", "change change change"),
        ("标准提高10%。", "increase"),
        ("覆盖率达到95%，每人每月补贴200元。", "rate rate"),
        ("完成年度目标任务的75%，完成率75%，占全年计划75%。", "pct_of_target pct_of_target pct_of_target"),
        ("服务未成年人300人。", "value"),
    ],
)
def test_roles(text, roles):
    assert [str(q.role) for q in find_quantities(text)] == roles.split()


def test_every_role_is_met_in_the_sentences():
    assert {e.role for s in (*DEVELOPMENT, *HELD_OUT) for e in s.quantities} | {"increase"} == {str(r) for r in Role}


def test_chinese_numbers_against_a_plain_writer():
    for n in [*range(1, 12_000, 7), 20_000, 100_000, 120_034, 10_000_001, 99_999_999, 100_000_000, 345_600_789]:
        assert parse_chinese(in_chinese(n)) == n


def in_chinese(n: int) -> str:
    """A whole number as it is read aloud, by its groups of four digits."""
    groups = []
    while n:
        n, rest = divmod(n, 10_000)
        groups.append(rest)
    out = ""
    for i in reversed(range(len(groups))):
        g = groups[i]
        if g:
            text = "".join(
                "零一二三四五六七八九"[int(d)] + unit for d, unit in zip(f"{g:04}", "千百十 ", strict=True)
            )
            for unit in "千百十":
                text = text.replace("零" + unit, "零")
            text = text.strip().rstrip("零")
            while "零零" in text:
                text = text.replace("零零", "零")
            out += (text if out else text.lstrip("零")) + ["", "万", "亿"][i]
    return out


@pytest.mark.parametrize(
    ("unit", "scale", "plain"),
    [
        ("万户", 10_000, "户"),
        ("亿元", 10**8, "元"),
        ("户", 1, "户"),
        ("名", 1, "人"),
        ("％", 1, "%"),
        ("万", 1, "万"),
        ("", 1, ""),
    ],
)
def test_units_without_wan(unit, scale, plain):
    assert base_unit(unit) == (scale, plain)


SIGNS = "0123456789０９.．,，。；、：（）()〔〕-—至到第前近约余多以上 \n\t%％一二两三十百千万亿零〇点成户个名元人次支"
WORDS = "累计 完成 年度目标 占 其中 同比 增长 百分之 第三季度 截至 已 新建 剩余 每人 江夏区 以上 \ud800 \U0001f600"
PIECES = st.sampled_from([*SIGNS, *WORDS.split(" ")])
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


@given(TEXTS)
@settings(max_examples=400, deadline=None)
def test_spans_point_at_the_words_and_nothing_raises(text):
    last = 0
    for q in find_quantities(text):
        assert text[q.start : q.end] == q.words != ""
        assert q.words.strip() in q.clause
        assert last <= q.start < q.end <= len(text)
        assert q.value >= 0
        assert q.value.is_finite()
        assert q.unit
        assert q.unit[0] not in "万亿"
        assert q.upper is None or q.upper > q.value
        last = q.end


@pytest.mark.parametrize(
    "piece",
    ["1,111", "1 111 ", "1", "一", "十", "（", "（1个", "其中", "，", "10个", "、10个", "百分之", "两三", "为提供"],
)
def test_time_grows_with_the_length_alone(piece):
    text = (piece * 30_000)[:30_000]
    best = min(_seconds(text[: 30_000 - 4] + "10户" + tail) for tail in ("", "。"))
    assert best < 0.9, f"{best:.2f} s"


def _seconds(text: str) -> float:
    start = time.process_time()
    find_quantities(text)
    return time.process_time() - start


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("全面消除56人以上大班额。", []),
        ("将孤儿基本生活保障标准由每人每月1200元提高到1400元，惠及儿童300名。", ["孤儿基本生活保障标准", "惠及儿童"]),
        ("居民人均可支配收入增长6.5%左右。", ["居民人均可支配收入增长"]),
        ("引进市外资金实际到位500亿元，增长10%。", ["引进市外资金实际到位", "引进市外资金实际到位增长"]),
        ("新增5G基站3000个，总数突破1.5万个。", ["新增5G基站", "新增5G基站总数"]),
        ("力争PM2.5年均浓度下降1个百分点。", ["PM2.5年均浓度下降"]),
        ("开展消防安全隐患排查，全年不少于12次，隐患整改率100%。", ["消防安全隐患排查", "隐患整改率"]),
        ("组织志愿服务活动，每季度不少于3场。", ["志愿服务活动每季度"]),
        ("全年不少于12次。", ["全年"]),
        ("1.整合资源3.5亿元；2.下沉医师60名。", ["整合资源", "下沉医师"]),
        ("①整合资源3.5亿元；（2）下沉医师60名。", ["整合资源", "下沉医师"]),
        ("城镇调查失业率控制在5.5%以内。", ["城镇调查失业率"]),
        ("粮食播种面积稳定在300万亩。", ["粮食播种面积"]),
        ("事故起数和死亡人数分别下降10%、8%。", ["事故起数和死亡人数下降", "事故起数和死亡人数"]),
    ],
)
def test_targets_are_named_as_people_name_them(text: str, names: list[str]) -> None:
    task = Task("2023-01", 1, True, "", text, None, "", "养老服务处")
    assert [p.indicator for p in propose_targets([task])] == names
