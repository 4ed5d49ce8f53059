"""What master.xlsx holds: sheets and columns by header (the contract of design §4).

One list for both sides: `build` makes a new master from it, `read` finds columns by it.
The order of sheets and columns here is only how a new master starts; staff may change it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from toolkit.model import APPROVED, AWAITING, UNAPPROVED, Rolling


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
    JOBS = "定时任务"
    SETTINGS = "设置"
    LAST_YEAR = "上年完成情况"  # hidden until a year is rolled over
    CHOICES = "选项"  # hidden: what drop-downs offer


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
    kind: str = "text"  # text, number, percent, date, moment
    choices: tuple[str, ...] = ()
    strict: bool = True
    hidden: bool = False
    folded: bool = False  # grouped and folded away: a click on the + above shows it
    centred: bool = False


YES = "★"
ROUND_KINDS = ("附件2", "办理方案", "配合任务")
TASK_STATES = ("未启动", "推进中", "达序时", "超序时", "滞后", "已完成", "超额完成")
REPORT_STATES = ("未报", "按时", "顺延期内", "逾期", "退回", AWAITING)
DONE_STATES = ("已完成", "超额完成")
"""Of TASK_STATES: what a person says of a task that is done."""
OPEN_TASK, APPLIED, CLOSED_TASK = "未销号", "申请", "已销号"
CLOSING_STATES = (OPEN_TASK, APPLIED, CLOSED_TASK)
DIRECTIONS = ("≥", "≤", "=")
ROLLING = tuple(str(r) for r in Rolling)
DAY_KINDS = ("上班", "休息")

KEEP_MASTER, TAKE_RETURN = "保留台账", "采用报送"
ACCEPT_FILE, REFUSE_FILE = "接收此件", "不接收"
CLOSE_TASK, NOT_YET = "同意销号", "暂不销号"
ADOPT, NOT_ADOPT = "采用", "不采用"
DONE = "已处理"
DECISIONS = (KEEP_MASTER, TAKE_RETURN, ACCEPT_FILE, REFUSE_FILE, CLOSE_TASK, NOT_YET, ADOPT, NOT_ADOPT, DONE)

ITEM_RULING, ITEM_RETURN, ITEM_CONFLICT = "待裁定", "退回修改", "文字不一致"
ITEM_CLOSING, ITEM_NOTICE, ITEM_FIGURES, ITEM_LOST = "销号", "核对通知", "指标数", "任务少了"
"""事项 of 待处理."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    ITEM_RULING: (ACCEPT_FILE, REFUSE_FILE, DONE),
    ITEM_RETURN: (ACCEPT_FILE, DONE),
    ITEM_CONFLICT: (KEEP_MASTER, TAKE_RETURN, DONE),
    ITEM_CLOSING: (CLOSE_TASK, NOT_YET),
    ITEM_NOTICE: (DONE,),
    ITEM_FIGURES: (ADOPT, NOT_ADOPT),
    ITEM_LOST: (DONE,),
}
"""What the drop-down of 处理意见 offers, by 事项; for any other, all of DECISIONS."""

EXEMPT = "免报"
"""What a person writes into 报送情况 to release a division from a round."""

EXTENDED = "延期至"
"""… and, with a date after it (延期至 2023-04-10), to give it longer."""

APPROVAL = "审定"
"""Of an accepted report: whether the leader in charge approved it.  A person puts it right, once it is signed."""

ACTUAL_DUE, CALENDAR_NOTE, CHECKED_DUE = "实际截止", "日历提示", "已核日期"
"""What annex2 worked out from 截止日期 and the calendar; 已核日期 is the 截止日期 that it did so for."""

LEADER_MAIL, EXEMPT_ROUNDS, EXTENSIONS, CLOSED, SUCCESSOR = "领导邮箱", "免报节点", "延期", "停用日期", "并入"

JOB_COLLECT, JOB_REMIND, JOB_STATUS, JOB_NOTICE = "收取", "提醒催报", "状态页", "通报"
JOB_ACTIONS = (JOB_COLLECT, JOB_REMIND, JOB_STATUS, JOB_NOTICE)
JOB_ON, JOB_OFF = "启用", "停用"
JOB_NAME, JOB_ACTION, JOB_WHEN, JOB_ENABLED = "名称", "做什么", "时间", "状态"
JOB_LAST, JOB_RESULT, JOB_NEXT = "上次运行", "结果", "下次运行"

STEP_TEXT, STEP_DAY, STEP_PERSON = "工作内容", "完成时间节点", "责任人"
STEP_PROGRESS, STEP_STANDING, STEP_DIVISION = "进度", "状态", "牵头处室"
STEP_STATES = ("未启动", "推进中", "已完成")

TASK_KEY = "任务编号"
TASK_STATE, CLOSING, CLOSED_ON, SINCE = "任务状态", "销号状态", "销号日期", "加入日期"
ITEM_KEY = "标识"
INDICATOR, GOAL, UNIT, DIRECTION, MEANING = "指标", "目标值", "单位", "方向", "口径"
RATE, PACE, PACE_NOTE = "完成率", "进度", "提示"
UNCONFIRMED = "待确认"
"""Stands in 口径 of a proposed target until a person has confirmed it."""
SAME_NUMBER = "；与第 {} 项是同一个数"
SHARED = re.compile(re.escape(SAME_NUMBER).replace(r"\{\}", r"([\d*★、]+)"))
"""… in 口径; the group: the tasks, as 3*、11."""
"""Ends the 口径 of a proposed target that other tasks promise too, by their 序号 parted by 、."""
STATUS_SUFFIX = "完成情况"
STATE_SUFFIX = "报送状态"
FIGURE_SUFFIX = "累计值"

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
    Column(TASK_STATE, 10, choices=TASK_STATES, centred=True),
    Column(CLOSING, 10, choices=CLOSING_STATES, centred=True),
    Column(CLOSED_ON, 12, kind="date", centred=True),
    Column(SINCE, 12, ours=True, kind="date", centred=True),
    Column(TASK_KEY, 10, ours=True, hidden=True),
)


@lru_cache(maxsize=256)
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
        Column("序号", 7, needed=True, kind="number", centred=True),
        Column(INDICATOR, 36, needed=True),
        Column(GOAL, 10, needed=True, kind="number", centred=True),
        Column(UNIT, 8, centred=True),
        Column(DIRECTION, 8, choices=DIRECTIONS, centred=True),
        Column(MEANING, 36),
        Column(RATE, 9, ours=True, kind="percent", centred=True),
        Column(PACE, 20, ours=True, centred=True),
        Column(PACE_NOTE, 36, ours=True),
        Column(TASK_KEY, 10, ours=True, hidden=True),
    ),
    Sheet.PLANS: (
        Column("序号", 7, kind="number", centred=True),
        Column(STEP_TEXT, 56),
        Column(STEP_DAY, 14, kind="date", centred=True),
        Column(STEP_PERSON, 12, centred=True),
        Column(STEP_PROGRESS, 26, choices=STEP_STATES, strict=False),
        Column(STEP_STANDING, 11, ours=True, centred=True),
        Column(STEP_DIVISION, 14, ours=True, centred=True),
        Column(TASK_KEY, 10, ours=True, hidden=True),
    ),
    Sheet.LAST_YEAR: (
        Column("序号", 7, kind="number", centred=True),
        Column("上年序号", 9, ours=True, centred=True),
        Column("工作事项", 40, ours=True, needed=True),
        Column("牵头处室", 12, ours=True, centred=True),
        Column("上年完成情况", 56, ours=True),
        Column("来源", 11, ours=True, centred=True),
        Column(TASK_STATE, 10, ours=True, centred=True),
        Column(CLOSING, 10, ours=True, centred=True),
        Column("说明", 26, ours=True),
    ),
    Sheet.DIVISIONS: (
        Column("名称", 18, needed=True),
        Column("别名", 16),
        Column("联系人", 12),
        Column("邮箱", 24),
        Column("抄送", 20),
        Column("分管领导", 10, centred=True),
        Column(LEADER_MAIL, 20),
        Column(EXEMPT_ROUNDS, 14),
        Column(EXTENSIONS, 18),
        Column(CLOSED, 12, kind="date", centred=True),
        Column(SUCCESSOR, 14, centred=True),
    ),
    Sheet.ROUNDS: (
        Column("编号", 10, needed=True, centred=True),
        Column("名称", 12, needed=True, centred=True),
        Column("表种", 12, needed=True, choices=ROUND_KINDS, centred=True),
        Column("截止日期", 14, needed=True, kind="date", centred=True),
        Column("上报截止", 14, kind="date", centred=True),
        Column("提前提醒天数", 13, kind="number", centred=True),
        Column("顺延规则", 18, choices=ROLLING, centred=True),
        Column(CHECKED_DUE, 12, ours=True, kind="date", hidden=True, centred=True),
        Column(ACTUAL_DUE, 17, ours=True, kind="moment", centred=True),
        Column(CALENDAR_NOTE, 36, ours=True),
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
        Column(APPROVAL, 9, choices=(UNAPPROVED, APPROVED), centred=True),
        Column("原因", 40, ours=True, needed=True),
        Column("归档位置", 26, ours=True, needed=True, folded=True),
        Column("SHA-256", 20, ours=True, needed=True, folded=True),
        Column("写入记录", 10, ours=True, needed=True, hidden=True),
    ),
    Sheet.JOBS: (
        Column(JOB_NAME, 18, needed=True),
        Column(JOB_ACTION, 12, needed=True, choices=JOB_ACTIONS, centred=True),
        Column(JOB_WHEN, 24, needed=True),
        Column(JOB_ENABLED, 8, choices=(JOB_ON, JOB_OFF), centred=True),
        Column(JOB_LAST, 17, ours=True, kind="moment", centred=True),
        Column(JOB_RESULT, 44, ours=True),
        Column(JOB_NEXT, 17, ours=True, kind="moment", centred=True),
    ),
    Sheet.SETTINGS: (
        Column("项目", 18, needed=True),
        Column("值", 40, needed=True),
        Column("说明", 60),
    ),
}
"""Columns of the sheets whose layout is the same for every office.

任务台账, 指标 and 报送情况 depend on the rounds: see `task_columns`, `target_columns`; 报送情况 has 处室 (needed),
分管领导, and one column a round headed by the round's 名称.
"""


@lru_cache(maxsize=256)
def figure_column(name: str) -> Column:
    """The column of 指标 for the sums to date that a round of this 名称 reports."""
    return Column(name + FIGURE_SUFFIX, 11, ours=True, kind="number", centred=True)


def target_columns(rounds: Sequence[str]) -> tuple[Column, ...]:
    """All columns of a new 指标 for progress rounds of these names."""
    columns = COLUMNS[Sheet.TARGETS]
    return (*columns[:-4], *map(figure_column, rounds), *columns[-4:])


TRACKER_DIVISION, TRACKER_LEADER, TRACKER_STEPS = "处室", "分管领导", "方案进展"

SETTING_ORGANISATION, SETTING_YEAR, SETTING_TIMEZONE = "单位", "年度", "时区"
SETTING_TITLE, SETTING_ISSUER = "方案名称", "发文单位"
SETTING_TEXT_LIMIT = "完成情况字数上限"
SETTING_VERSIONS = "保留总表版本数"
SETTING_DAY_END = "截止时刻"
SETTING_HOURS, SETTING_BEFORE = "工作时间", "再次提醒"
SETTING_AFTER, SETTING_LEADER, SETTING_BULLETIN = "催报间隔", "抄送领导", "通报"
SETTING_QUARTERS, SETTING_YELLOW, SETTING_RED = "序时进度", "序时黄灯", "序时红灯"

DEADLINE_SETTINGS: tuple[tuple[str, str, str], ...] = (
    (SETTING_DAY_END, "24:00", "截止日期当天到几点为止：24:00 是当天结束，也可写 17:30 这样的时刻，或 不含当天"),
    (SETTING_HOURS, "8:30-17:30", "只在工作日的这段时间里发提醒和催报"),
    (SETTING_BEFORE, "3", "第一次提醒按“报送节点”的提前提醒天数；截止前几天再提醒一次，空着就不再提醒"),
    (SETTING_AFTER, "1、3、7、15、30", "截止后第几天催报，用顿号分开；空着就不催报"),
    (SETTING_LEADER, "3", "从截止后第几天的催报起抄送分管领导（“处室”的领导邮箱）；空着就不抄送"),
    (SETTING_BULLETIN, "7", "截止后第几天出通报（Word 文档，由人核对后印发）；空着就不通报"),
)
"""(项目, default, 说明) of what decides on deadlines and reminders, for a new master."""

PACE_SETTINGS: tuple[tuple[str, str, str], ...] = (
    (SETTING_QUARTERS, "25、50、75、100", "四个季度末各应完成百分之几，用顿号分开"),
    (SETTING_YELLOW, "10", "指标低于序时几个百分点起亮黄灯"),
    (SETTING_RED, "30", "指标低于序时超过几个百分点亮红灯；年底没有完成的都是红灯"),
)
"""(项目, default, 说明) of what decides on the lights of 指标, for a new master."""
