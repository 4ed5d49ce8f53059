"""An invented office and returned forms as readings, for tests of review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from toolkit.forms.stamp import Stamp, keys_digest, write_stamp
from toolkit.model import Division, Office, Round, Task
from toolkit.returns.grid import Grid, Span
from toolkit.returns.read import Reading
from toolkit.returns.review import Review, review

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = b"s" * 32
OTHER = b"o" * 32
AGED, POOR = "养老服务处", "社会救助处"

# Texts of the real notice's kind: 3 holds 9 whole, 1 and 11 nearly agree.
TEXTS = {
    1: "完成居家适老化改造2000户以上。",
    3: "推进7个区级养老服务中心建设，新建社区老年人服务中心（站）70个、农村老年人互助中心（服务点）30个。",
    9: "新建社区老年人服务中心（站）70个、农村老年人互助中心（服务点）30个。",
    10: "新开业老年人供餐点30个。",
    11: "完成特殊困难老年人家庭居家适老化改造2000户以上。",
}
POOR_TEXTS = {
    2: "加大妇女儿童、残疾人等群体保障关爱力度，健全覆盖低保、特困、低保边缘和支出型困难家庭的社会救助体系。",
    13: "同一供养机构对城市和农村特困人员实行统一供养标准。",
}
ROUNDS = (
    Round("2023Q1", "第一季度", date(2023, 4, 5)),
    Round("2023Q2", "第二季度", date(2023, 7, 5)),
    Round("2023Y", "全年", date(2024, 1, 5)),
)


def office() -> Office:
    tasks = [Task(f"2023-{n:02}", n, True, "民生", t, None, "赵六", AGED) for n, t in TEXTS.items()]
    tasks += [Task(f"2023-{n:02}", n, True, "民生", t, None, "钱七", POOR) for n, t in POOR_TEXTS.items()]
    divisions = (Division(AGED, ("养老处",)), Division(POOR, ("救助处",)))
    return Office("市民政局", 2023, "Asia/Shanghai", tuple(tasks), ROUNDS, divisions)


OFFICE = office()


def stamp(division: str = AGED, round_: str = "2023Q1", secret: bytes = SECRET, organisation: str = "市民政局") -> str:
    return write_stamp(Stamp(organisation, 2023, round_, division, keys_digest([])), secret)


def issued(division: str = AGED) -> list[list[Any]]:
    """The rows of a form, filled: number, item, status, None, key."""
    texts = TEXTS if division == AGED else POOR_TEXTS
    return [
        [i, text, f"第{n}号任务已按计划推进，累计完成一部分。", None, f"2023-{n:02}"]
        for i, (n, text) in enumerate(texts.items(), 1)
    ]


def grid(
    rows: Sequence[Sequence[Any]],
    title: str = "2023年市民政局养老服务处第一季度工作目标完成情况",
    approver: str = "赵六",
    name: str = "附件2",
    **more: Any,
) -> Grid:
    lines: list[list[Any]] = [["附件2"], [title], [], ["序号", "责任事项", "完成情况"], *map(list, rows)]
    lines += [[], [None, "分管局领导审定：", approver], [None, "审定日期：", datetime(2023, 4, 3)]]  # noqa: DTZ001
    cells = {
        r: {c: v for c, v in enumerate(line, 1) if v not in (None, "")} for r, line in enumerate(lines, 1) if any(line)
    }
    return Grid(name, more.pop("hidden", False), cells, tuple(more.pop("merged", ())), **more)


def seen(
    *grids: Grid,
    stamps: Sequence[str] | None = None,
    name: str = "报表.xlsx",
    of: Office = OFFICE,
    month: int = 4,
    **more: Any,
) -> Review:
    """A file reviewed as received on the 3rd of a month."""
    reading = Reading(grids, tuple([stamp()] if stamps is None else stamps))
    received = datetime(2023, month, 3, 10, tzinfo=ZONE)
    return review(of, reading, file_name=name, received=received, zone=ZONE, secret=SECRET, **more)


def codes(found: Review) -> set[str]:
    return {f.code for f in found.findings}


__all__ = [
    "AGED", "OFFICE", "OTHER", "POOR", "POOR_TEXTS", "SECRET", "TEXTS", "Span",
    "codes", "grid", "issued", "office", "seen", "stamp",
]  # fmt: skip
