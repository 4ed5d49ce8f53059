"""What master.xlsx holds: sheets and columns by header (the contract of design §4).

One list for both sides: `build` makes a new master from it, `read` finds columns by it.
The order of sheets and columns here is only how a new master starts; staff may change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Sheet(StrEnum):
    GUIDE = "说明"
    TASKS = "任务台账"
    TARGETS = "指标"
    PLANS = "办理方案"
    DIVISIONS = "处室"
    ROUNDS = "报送节点"
    CALENDAR = "工作日历"
    TRACKER = "报送情况"
    ATTENTION = "待处理"
    RECEIPTS = "收件记录"
    SETTINGS = "设置"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a data sheet.

    `needed`: reading stops with a message that names it when it is missing.
    `choices`: a drop-down; `strict` choices refuse anything else.
    """

    header: str
    width: float  # characters, as Excel counts them
    ours: bool = False  # annex2 writes it; otherwise people do
    needed: bool = False
    kind: str = "text"  # text, number, date, moment
    choices: tuple[str, ...] = ()
    strict: bool = True
    hidden: bool = False
    centred: bool = False


YES = "★"
ROUND_KINDS = ("附件2", "办理方案", "配合任务")
TASK_STATES = ("未启动", "推进中", "达序时", "超序时", "滞后", "已完成", "超额完成")
REPORT_STATES = ("未报", "按时", "顺延期内", "逾期", "退回", "待审定")
CLOSING_STATES = ("未销号", "申请", "已销号")
DIRECTIONS = ("≥", "≤", "=")
ROLLING = ("不顺延",)
DAY_KINDS = ("上班", "休息")

KEEP_MASTER, TAKE_RETURN = "保留台账", "采用报送"
ACCEPT_FILE, REFUSE_FILE = "接收此件", "不接收"
DONE = "已处理"
DECISIONS = (KEEP_MASTER, TAKE_RETURN, ACCEPT_FILE, REFUSE_FILE, DONE)

EXEMPT = "免报"
"""What a person writes into 报送情况 to release a division from a round."""

TASK_KEY = "任务编号"
ITEM_KEY = "标识"
STATUS_SUFFIX = "完成情况"
STATE_SUFFIX = "报送状态"

TASK_COLUMNS = (
    Column("序号", 7, needed=True, kind="number", centred=True),
    Column("牵头(★)", 9, needed=True, choices=(YES,), centred=True),
    Column("类别", 13, needed=True),
    Column("工作事项", 42, needed=True),
    Column("市级单位", 16),
    Column("分管领导", 10, needed=True, centred=True),
    Column("牵头处室", 12, needed=True, centred=True),
    Column("责任处室(单位)", 14, needed=True, centred=True),
)
TASK_COLUMNS_AFTER_ROUNDS = (
    Column("任务状态", 10, choices=TASK_STATES, centred=True),
    Column("销号状态", 10, choices=CLOSING_STATES, centred=True),
    Column(TASK_KEY, 10, ours=True, hidden=True),
)


def round_columns(name: str) -> tuple[Column, Column]:
    """The two columns of 任务台账 that annex2 fills for a round of this 名称."""
    return (
        Column(name + STATUS_SUFFIX, 36, ours=True, needed=True),
        Column(name + STATE_SUFFIX, 9, ours=True, choices=REPORT_STATES, centred=True),
    )


def task_columns(rounds: Sequence[str]) -> tuple[Column, ...]:
    """All columns of a new 任务台账 for rounds of these names."""
    middle = tuple(c for name in rounds for c in round_columns(name))
    return TASK_COLUMNS + middle + TASK_COLUMNS_AFTER_ROUNDS


COLUMNS: dict[Sheet, tuple[Column, ...]] = {
    Sheet.TARGETS: (
        Column("序号", 7, kind="number", centred=True),
        Column("指标", 36),
        Column("目标值", 10, kind="number", centred=True),
        Column("单位", 8, centred=True),
        Column("方向", 8, choices=DIRECTIONS, centred=True),
        Column("口径", 36),
    ),
    Sheet.PLANS: (
        Column("序号", 7, kind="number", centred=True),
        Column("工作内容", 56),
        Column("完成时间节点", 14, kind="date", centred=True),
        Column("责任人", 12, centred=True),
        Column("进度", 30),
    ),
    Sheet.DIVISIONS: (
        Column("名称", 18, needed=True),
        Column("别名", 22),
        Column("联系人", 12),
        Column("邮箱", 28),
        Column("抄送", 28),
        Column("分管领导", 10, centred=True),
    ),
    Sheet.ROUNDS: (
        Column("编号", 10, needed=True, centred=True),
        Column("名称", 12, needed=True, centred=True),
        Column("表种", 12, needed=True, choices=ROUND_KINDS, centred=True),
        Column("截止日期", 14, needed=True, kind="date", centred=True),
        Column("上报截止", 14, kind="date", centred=True),
        Column("提前提醒天数", 13, kind="number", centred=True),
        Column("顺延规则", 14, choices=ROLLING, centred=True),
    ),
    Sheet.CALENDAR: (
        Column("日期", 14, kind="date", centred=True),
        Column("类型", 10, choices=DAY_KINDS, centred=True),
        Column("说明", 40),
    ),
    Sheet.ATTENTION: (
        Column("编号", 7, ours=True, kind="number", centred=True),
        Column("时间", 17, ours=True, kind="moment", centred=True),
        Column("事项", 14, ours=True, centred=True),
        Column("位置", 22, ours=True),
        Column("问题", 44, ours=True),
        Column("怎么办", 40, ours=True),
        Column("处理意见", 12, needed=True, choices=DECISIONS, strict=False, centred=True),
        Column("处理结果", 20, ours=True),
        Column(ITEM_KEY, 10, ours=True, needed=True, hidden=True),
    ),
    Sheet.RECEIPTS: (
        Column("编号", 7, ours=True, needed=True, kind="number", centred=True),
        Column("收到时间", 17, ours=True, needed=True, kind="moment", centred=True),
        Column("认定时间", 17, kind="moment", centred=True),
        Column("来源", 20, ours=True),
        Column("文件名", 30, ours=True, needed=True),
        Column("处室", 14, ours=True, needed=True, centred=True),
        Column("节点", 10, ours=True, needed=True, centred=True),
        Column("结论", 14, ours=True, needed=True, centred=True),
        Column("原因", 40, ours=True, needed=True),
        Column("归档位置", 26, ours=True, needed=True),
        Column("SHA-256", 20, ours=True, needed=True),
        Column("写入记录", 10, ours=True, needed=True, hidden=True),
    ),
    Sheet.SETTINGS: (
        Column("项目", 18, needed=True),
        Column("值", 40, needed=True),
        Column("说明", 60),
    ),
}
"""Columns of the sheets whose layout is the same for every office.

任务台账 and 报送情况 depend on the rounds: see `task_columns`; 报送情况 has 处室 (needed),
分管领导, and one column a round headed by the round's 名称.
"""

TRACKER_DIVISION, TRACKER_LEADER = "处室", "分管领导"

SETTING_ORGANISATION, SETTING_YEAR, SETTING_TIMEZONE = "单位", "年度", "时区"
SETTING_TITLE, SETTING_ISSUER = "方案名称", "发文单位"
SETTING_TEXT_LIMIT = "完成情况字数上限"
SETTING_VERSIONS = "保留总表版本数"
