"""An invented office's year, read back from a master that was really built, and filled in as returns would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from toolkit.master.build import build_master
from toolkit.master.edits import WorkbookSource
from toolkit.master.read import Master, read_master
from toolkit.model import CityUnits, Division, Office, Receipt, Round, RoundKind, Task, Verdict
from toolkit.tracking import RoundStatus, Ruling, track
from toolkit.xlsx import Workbook

ZONE: tzinfo = ZoneInfo("Asia/Shanghai")
CITY, PEOPLE, PROVINCE = "市《政府工作报告》水务任务", "市政府民生实事水务任务", "省《政府工作报告》水务任务"
SUPPLY, RIVERS, FLOODS, PLANNING = "供水节水处", "河湖管理处", "防汛排涝处", "规划科技处"
GAN, WEN, ZHU = "甘若川", "闻舟", "祝晓岚"

Q1 = Round("2024Q1", "第一季度", date(2024, 4, 8))
Q2 = Round("2024Q2", "第二季度", date(2024, 7, 8))
Q3 = Round("2024Q3", "第三季度", date(2024, 10, 8))
YEAR = Round("2024Y", "全年", date(2025, 1, 8))
ROUNDS = (Q1, Q2, Q3, YEAR)


def task(
    no: int, starred: bool, section: str, text: str, leader: str, division: str, *city: str, also: tuple[str, ...] = ()
) -> Task:
    role = "市责任单位" if starred else "市牵头单位"
    units = CityUnits(role, city) if city else None
    return Task(f"2024-{no:02d}", no, starred, section, text, units, leader, division, also)


TASKS = (
    task(1, True, CITY, "完成老旧供水管网改造260公里以上。", GAN, SUPPLY, "各区人民政府"),
    task(2, True, CITY, "加强河道、湖泊、港渠等水体巡查，健全覆盖市、区、街道和社区的四级河湖长体系。", WEN, RIVERS,
         "市城管委", "市园林局", also=("市河道中心",)),
    task(3, True, CITY, "推进5个区级节水示范基地建设，新建社区直饮水点（站）60个、农村小型供水站（点）25个。", GAN,
         SUPPLY, "各区人民政府"),
    task(4, True, CITY, "坚持系统治理，统筹解决好城市内涝、雨污混流等民生关切。", GAN, SUPPLY, "市城建局", "市卫健委"),
    task(5, False, CITY, "万元地区生产总值用水量持续下降。", WEN, RIVERS, "市发改委", also=("市河道中心",)),
    task(6, False, CITY, "发展滨水经济、夜游经济、假日经济，增加城市“水韵味”。", GAN, SUPPLY, "市文旅局"),
    task(7, False, CITY, "健全人才评价体系，引进水利专业人才100人以上。", ZHU, PLANNING, "市人才办"),
    task(8, True, PEOPLE, "新建社区直饮水点（站）60个、农村小型供水站（点）25个。", GAN, SUPPLY),
    task(9, True, PEOPLE, "完成老旧供水管网改造260公里以上，惠及居民4.5万户。", GAN, SUPPLY),
    task(10, True, PEOPLE, "为11个区级排涝泵站配置备用电源。", ZHU, FLOODS),
    task(11, True, PEOPLE, "同一流域内的小型水库实行统一管护标准。", WEN, RIVERS, also=("市河道中心",)),
    task(12, False, PROVINCE, "推动灌区改造，改造大型灌区2处以上，完成高效节水灌溉2.5万亩。", ZHU, FLOODS),
)  # fmt: skip

FORMULA = '=HYPERLINK("http://127.0.0.1","点我")\n+1 <b>&amp;</b> {{ 7*7 }} {% raw %} “引号” "直引号"\x07'
"""A text that a spreadsheet, a template or a page might take for something else."""

LONG = "".join(
    f"{n}号片区召开调度会{n}次，累计改造老旧供水管网{n * 21}公里，占年度目标的{n * 8}%，惠及居民{n * 3600}户，"
    f"整改漏损点{n * 17}处，其中城中村改造点位{n * 2}个已全部开工。"
    for n in range(1, 31)
)


def office(*, supporting: bool = False) -> Office:
    """`supporting`: with a round for the supporting tasks too."""
    rounds = ROUNDS
    if supporting:
        rounds = (*ROUNDS, Round("2024P", "配合任务年中", date(2024, 7, 15), RoundKind.SUPPORTING))
    names = ((SUPPLY, GAN), (RIVERS, WEN), (FLOODS, ZHU), (PLANNING, ZHU), ("市河道中心", ""))
    divisions = tuple(Division(name, leader=leader) for name, leader in names)
    return Office("市水务局", 2024, "Asia/Shanghai", TASKS, rounds, divisions)


@cache
def empty(*, supporting: bool = False) -> Master:
    """The office's master before anything came back."""
    data = build_master(
        office(supporting=supporting),
        title="2024年省、市<政府工作报告>水务目标任务责任分解方案",
        issuer="临江市水务局办公室",
    )
    return read_master(WorkbookSource(Workbook.from_bytes(data)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def receipt(no: int, when: str, division: str, round_: str, verdict: Verdict = Verdict.ACCEPTED) -> Receipt:
    name = f"2024年市水务局{division}工作目标完成情况.xlsx"
    return Receipt(
        no, at(when), f"{no}@example.com", name, f"{no:064x}", division, round_, verdict, "", f"archive/{no}.xlsx"
    )


RECEIPTS = (
    receipt(1, "2024-04-07 09:00", SUPPLY, "2024Q1"),
    receipt(2, "2024-04-08 23:59", RIVERS, "2024Q1"),
    receipt(3, "2024-04-11 08:00", FLOODS, "2024Q1"),  # 3 days late
    receipt(4, "2024-07-05 10:00", SUPPLY, "2024Q2", Verdict.RETURNED),
    receipt(5, "2024-07-08 10:00", SUPPLY, "2024Q2", Verdict.ACCEPTED_WITH_REMARKS),
    receipt(6, "2024-07-08 15:00", RIVERS, "2024Q2", Verdict.RETURNED),  # never sent again
    receipt(7, "2024-07-01 15:00", FLOODS, "2024Q2"),
    receipt(8, "2024-10-08 15:00", SUPPLY, "2024Q3"),
    receipt(9, "2024-10-30 15:00", RIVERS, "2024Q3"),  # 22 days late
    receipt(10, "2024-12-30 15:00", FLOODS, "2024Y"),
    receipt(11, "2025-01-06 15:00", SUPPLY, "2024Y"),
    receipt(12, "2025-01-08 15:00", RIVERS, "2024Y"),
)
RULINGS: Mapping[tuple[str, str], Ruling] = {(FLOODS, "2024Q3"): "免报"}

SHARES = {"2024Q1": 20, "2024Q2": 48, "2024Q3": 76, "2024Y": 104}


def said(t: Task, round_: str) -> str:
    share = SHARES[round_]
    return (
        f"截至目前，第{t.no}项工作累计完成年度目标的{share}%，召开专题调度会{t.no + 2}次，下发督办单{t.no}份，"
        f"各区均已开工建设，较上季度增加{t.no * 7}处；下一步将加快未完工点位的施工进度，确保按时完成全年目标。"
    )


def year(
    now: str, *, supporting: bool = False, complete: bool = False
) -> tuple[Master, tuple[RoundStatus, ...], datetime]:
    """The master, states and moment at `now`; only what had come by then.  `complete`: each report on time."""
    moment = at(now)
    master = empty(supporting=supporting)
    receipts: tuple[Receipt, ...] = RECEIPTS
    rulings = RULINGS
    if complete:
        places = [(d, r) for r in ROUNDS for d in (SUPPLY, RIVERS, FLOODS)]
        receipts = tuple(receipt(n, f"{r.due} 12:00", d, r.key) for n, (d, r) in enumerate(places, start=1))
        rulings = {}
    receipts = tuple(r for r in receipts if r.received <= moment)
    accepted = {(r.division, r.round) for r in receipts if r.verdict.accepted}
    status = dict(master.status)
    for t in TASKS:
        for key in SHARES:
            if t.starred and (t.division, key) in accepted:
                status[t.key, key] = said(t, key)
    if not complete:
        for place, text in (
            (("2024-03", "2024Q1"), FORMULA),
            (("2024-01", "2024Q3"), LONG),
            (("2024-08", "2024Y"), ""),  # its division left this one empty
            (("2024-09", "2024Y"), "一是完成管网改造262公里。\n二是惠及居民4.6万户，完成全年目标。"),
        ):
            if status.get(place):
                status[place] = text
        if moment > at("2024-07-01"):
            status["2024-06", "2024Q2"] = "已与市文旅局对接，联合印发滨水夜游线路图。"
    master = replace(master, receipts=receipts, status=status)
    return master, track(master.office, receipts, moment, ZONE, rulings), moment
