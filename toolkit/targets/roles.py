"""What the words about a number make of it: done, planned, left, a share.  Pure, on short texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a figure in a report stands for."""

    VALUE = "value"  # done or there, as a sum to date
    PERIOD = "period"  # in this quarter or month alone
    BREAKDOWN = "breakdown"  # a part of another figure (其中)
    PCT_OF_TARGET = "pct_of_target"
    TARGET_RESTATED = "target_restated"  # planned or promised
    REMAINING = "remaining"  # not finished, also where under way
    CHANGE = "change"  # against another year, the plan, 序时
    INCREASE = "increase"  # 提高10%, without saying against what
    RATE = "rate"  # a share, or a figure per head, month or place


@dataclass(frozen=True, slots=True)
class Around:
    """The text about a number, cut where its sentence, its clause and its neighbours end."""

    sentence: str  # from the sentence's beginning to the number
    clause: str  # from the clause's beginning to the number
    before: str  # … from the previous number on
    after: str  # from the number to the clause's end
    lead: str  # before the bracket that the number stands in, "" where in none
    gap: str  # from the previous number of the sentence to this one


_PER = re.compile(r"(?:每|人均|户均|月均|日均|年均|季均|场均|平均)[^、）]{0,10}$")
_NOT_DONE = re.compile(
    r"(?:剩余|其余|还剩|余下|尚有|还有|另有|尚余|还差|尚差|仍差|相差|差距|缺口|欠缺|"
    r"(?:未|待|在)(?:完成|完工|开工|启动|建|建设|改造|实施|落实|整改|验收)|正在(?:建设|改造|施工|推进|实施))"
    r"[^、（）]{0,8}$"
)
_NOT_DONE_YET = re.compile(
    r"^[^，。]{0,12}?(?:正在(?!运营|使用|发挥|服务)|尚未|仍在|还在|未(?:完|开|启|到位|通过|落实)|在建|待(?:建|"
    r"改|完|开)"
    r"|(?:计划|预计|拟|将)(?:于|在))"
)
_AGAINST = re.compile(
    r"(?:同比|环比|相比|(?:较|比)(?:上|去|年初|同期|前|计划|序时|原)[^，]{0,8}|去年|上年|序时|"
    r"超额(?:完成)?(?=$))[^、]{0,10}$"
)
_CHANGED = re.compile(
    r"(?:提高|增长|增加|上调|提升|上浮|上升|增幅|涨幅|降低|下降|减少|下调|压减|递增|缩短|翻)(?:了|约|近|为|"
    r"达)*$"
)
_COMPARED = re.compile(r"同比|环比|相比|与(?:去|上)年|较(?:去|上)年|比(?:去|上)年")
_OF_TARGET = re.compile(
    r"(?:目标|任务|计划|指标)[^、，]{0,8}$|(?<!立项)(?:完成率|完成比例|完成进度|达标进度)[^、，]{0,4}$|"
    r"(?:占|完成|达)[^，]{0,4}(?:年度|全年|总任务|总目标|总量)[^、，]{0,8}$"
)
_OF_TARGET_AFTER = re.compile(
    r"^(?:以上|左右)?的?(?:年度|全年|既定|总)?(?:目标|任务|计划)"
)
_TARGET = re.compile(
    r"(?:目标|任务|计划|指标)(?:任务|目标|指标|数|量|值|总数|总量)?(?:仍?[为是共：达]|共计|合计|"
    r"：)?[^、，已的有]{0,3}$"
)
_TARGET_AFTER = re.compile(
    r"^[^，。、的已完]{0,8}任务(?![书单组])|^的?[^，。]{0,10}?的(?:年度|全年|工作|既定|总)?(?:目标|"
    r"任务|指标|计划)"
)
_FORWARD = re.compile(
    r"(?:计划|拟|预计|力争|确保|预期|有望|争取(?:在|于|年|到|[一二三四]季)|将(?:于|在|新|继续|完|再|建|对|为|"
    r"达|实现|超|增|累计)|"
    r"下一?步|下阶段|明年)"
    r"[^，已]{0,24}$"
)
_NEXT = re.compile(r"下一?步|下阶段|下一阶段|下季度|明年")
_THIS_PERIOD = re.compile(
    r"本季度?|当季|本月|当月|(?<!前)第?[二三四234]季度(?![末底])|(?<![-至到第前\d])(?:1[0-2]|"
    r"[1-9])月份?(?![\d底末前以])"
)
_TO_DATE = re.compile(
    r"累计|截至|截止|至今|目前|总计|共计|合计|全年|现已|今年以来|[1一][-至到]\d{1,2}月|前[两三二]季度|上半年"
)
_NEW = re.compile(r"新增(?!长)|新完成|新开工|新改造")
_PLACE = re.compile(
    r"^(?:其中)?[^，、]{0,2}?[一-龥]{1,4}(?<![小社地园片景城郊库校厂湾老])(?<!先行)(?<!示范)(?<!试验)(?<!功能)(?<!创新)区(?:分别)?(?:完成|"
    r""
    r"改造|建成|新建)?$"
)
_EACH = re.compile(r"[一-龥]区(?:、|和|及|分别|各)[^，]*分别")


def role_of(around: Around, unit: str) -> Role:
    """The role of a number, from the words about it alone."""
    before, clause, after, sentence = around.before, around.clause, around.after, around.sentence
    share = unit in ("%", "‰", "百分点")
    if unit == "百分点":
        return Role.CHANGE
    if _PER.search(before):
        return Role.RATE
    if _AGAINST.search(before) or (_CHANGED.search(before) and _COMPARED.search(sentence)):
        return Role.CHANGE
    if share or unit == "倍":
        if share and (_OF_TARGET.search(clause) or _OF_TARGET_AFTER.match(after)):
            return Role.PCT_OF_TARGET
        if _CHANGED.search(before):
            return Role.INCREASE
        return Role.TARGET_RESTATED if _planned(around) else Role.RATE
    if _NOT_DONE.search(before) or _NOT_DONE_YET.match(after):
        return Role.REMAINING
    if _planned(around):
        return Role.TARGET_RESTATED
    if "其中" in around.gap or _PLACE.match(before) or _EACH.search(clause):
        return Role.BREAKDOWN
    if _CHANGED.search(before):
        return Role.INCREASE
    period = _last(_THIS_PERIOD, sentence)
    return Role.PERIOD if period > _last(_TO_DATE, sentence) else Role.VALUE


def _planned(around: Around) -> bool:
    return bool(
        _TARGET.search(around.before)
        or (around.lead and not around.before.strip("（") and _TARGET.search(around.lead))
        or _TARGET_AFTER.match(around.after)
        or _FORWARD.search(around.clause)
        or _NEXT.search(around.sentence)
    )


def is_new(around: Around) -> bool:
    """Whether the figure says what was added: a sum to date beside it makes it the period's."""
    return _NEW.search(around.before) is not None


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((m.start() for m in pattern.finditer(text)), default=-1)
