"""What surrounds a number: the words that say what role it plays, and the noun that it counts.  Pure, on short texts."""

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


_PER = re.compile(r"(?:每|人均|户均|月均|日均|年均|季均|场均|平均)[^、）]{0,10}$")
_NOT_DONE = re.compile(
    r"(?:剩余|还剩|余下|尚有|还有|另有|尚余|还差|尚差|仍差|相差|差距|缺口|欠缺|"
    r"(?:未|待|在)(?:完成|完工|开工|启动|建|建设|改造|实施|落实|整改|验收)|正在(?:建设|改造|施工|推进|实施))"
    r"[^、（）]{0,8}$"
)
_NOT_DONE_YET = re.compile(
    r"^[^，。]{0,12}?(?:正在(?!运营|使用|发挥|服务)|尚未|仍在|还在|未(?:完|开|启|到位|通过|落实)|在建|待(?:建|改|完|开)"
    r"|(?:计划|预计|拟|将)(?:于|在))"
)
_AGAINST = re.compile(
    r"(?:同比|环比|相比|(?:较|比)(?:上|去|年初|同期|前|计划|序时|原)[^，]{0,8}|去年|上年|序时|超额(?:完成)?(?=$))[^、]{0,10}$"
)
_CHANGED = re.compile(r"(?:提高|增长|增加|上调|提升|上浮|上升|增幅|涨幅|降低|下降|减少|下调|压减|递增|缩短|翻)(?:了|约|近|为|达)*$")
_COMPARED = re.compile(r"同比|环比|相比|与(?:去|上)年|较(?:去|上)年|比(?:去|上)年")
_OF_TARGET = re.compile(
    r"(?:目标|任务|计划|指标)[^、，]{0,8}$|(?<!立项)(?:完成率|完成比例|完成进度|达标进度)[^、，]{0,4}$|"
    r"(?:占|完成|达)[^，]{0,4}(?:年度|全年|总任务|总目标|总量)[^、，]{0,8}$"
)
_OF_TARGET_AFTER = re.compile(r"^(?:以上|左右)?的?(?:年度|全年|既定|总)?(?:目标|任务|计划)")
_TARGET = re.compile(r"(?:目标|任务|计划|指标)(?:任务|目标|指标|数|量|值|总数|总量)?(?:仍?[为是共：达]|共计|合计|：)?[^、，已]{0,3}$")
_TARGET_AFTER = re.compile(r"^的?[^，。]{0,10}?的(?:年度|全年|工作|既定|总)?(?:目标|任务|指标|计划)")
_FORWARD = re.compile(
    r"(?:计划|拟|预计|力争|确保|预期|有望|争取(?:在|于|年|到|[一二三四]季)|将(?:于|在|新|继续|完|再|建|对|为)|下一?步|下阶段|明年)"
    r"[^，已]{0,24}$"
)
_NEXT = re.compile(r"下一?步|下阶段|下一阶段|下季度|明年")
_THIS_PERIOD = re.compile(r"本季度?|当季|本月|当月|(?<!前)第?[二三四234]季度(?![末底])|(?<![-至到第前\d])(?:1[0-2]|[1-9])月份?(?![\d底末前以])")
_TO_DATE = re.compile(r"累计|截至|截止|至今|目前|总计|共计|合计|全年|现已|今年以来|[1一][-至到]\d{1,2}月|前[两三二]季度|上半年")
_NEW = re.compile(r"新增(?!长)|新完成|新开工|新改造")
_PLACE = re.compile(r"^(?:其中)?[^，、]{0,2}?[一-龥]{1,4}(?<![小社地园片景城郊库校厂湾老])(?<!先行)(?<!示范)(?<!试验)(?<!功能)(?<!创新)区(?:分别)?(?:完成|改造|建成|新建)?$")
_EACH = re.compile(r"[一-龥]区(?:、|和|及|分别|各)[^，]*分别")
_WITHIN = re.compile(r"其中")


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
    if _WITHIN.search(sentence.rpartition("）")[2] if around.lead == "" else clause) or _PLACE.match(before):
        return Role.BREAKDOWN
    if _EACH.search(clause):
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


_WHEN = re.compile(
    r"^(?:截[至止到](?:目前|今)?|今年以来|年初以来|目前|至今|现已?|上半年|下半年|本季度|本月|当月|全年|年内|"
    r"[至到]?第?[一二三四1-4]季度[末底]?|前[两三二]季度|\d{4}年(?:度)?|\d{1,2}(?:月份?)?[-至到]\d{1,2}月份?|\d{1,2}月份?(?:\d{1,2}日)?[底末]?|"
    r"全[市区省国]|各区|我[市区局处]|我们|"
    r"已经?|累计|共计?|合计|总计|仅|并|将|还|又|也|均|都|其中|另有?|尚有|还有|剩余|余下|计划|拟|预计|力争|确保|分别|约|近|各|由|从|对|为|"
    r"[一二三四五六七八九十]是|[、和及与了的\s“”‘’《》〈〉\"'])"
)
_PROVIDED = re.compile(r"^为(?P<whom>.{1,24}?)(?:提供|实施|配[置备]|办理|开展|发放|落实)")
_VERB = re.compile(
    r"^(?:完成|新建|建成|建设|新增|新开业|新开办|新开工|提供|实施|推进|推动|开展|培育|支持|筹集|改造提升|改造|提升|组织|召开|举办|发放|"
    r"惠及|覆盖|服务|走访慰问|走访|慰问|培训|受理|结对帮扶|帮扶|救助|选派|组建|成立|打造|创建|投入|落实|争取|撬动|涉及|支出|拨付|"
    r"印发|发现|通报|整改|摸排|评估|确定|签订|配[置备]|供餐|专家|上门|达到?|实现|完工|开工|竣工|挂牌|入库|在建|未开工|要求)"
)
_GENERIC = ("完成", "推进", "推动", "支持", "实施", "提供", "组织", "实现", "达到", "达", "开展")
_VERBAL_NOUN = ("改造", "供餐", "救助", "培训", "走访", "慰问", "帮扶", "服务")
_TRAILING = re.compile(
    r"(?:已经?|累计|共计?|合计|总数|总量|达到?|为|是|完成了?|实现|提高到?|提升到?|增长到?|增加到?|下降到?|降低到?|减少到?|上调|"
    r"提高至|提升至|增至|至|由|从|超过?|逾|近|约|不少于|不低于|不超过|不足|不到|至少|突破|大约|将近|接近|每人每[月年]|每[月年户人]|"
    r"建成并投入运营|投入运营|建成|分别|各|了|有|在|[：:、和及与\s])$"
)
_STOP = re.compile(
    r"已|均|都|全部|全面|正在|尚未|仍在|开展|完成|实施|配[置备]|进入|主体|分别|投入|达到|通过|建成|计划|预计|占|用于|作为|的|"
    r"走|并|将|拟|由|后|等|[，。；、：！？（）“”‘’《》〔〕\[\]\s]"
)
_STOP_FIRST = re.compile(r"^(?:以上|以下|以内|左右|上下|及|和|与|至|到|被|在|为|是|较|比|纳入|进行|完|未|已|开|超)")
_AFTER_TAIL = re.compile(r"(?:建设|工作|任务|投运|运营|开工|完工)$")


def noun_of(around: Around, unit: str) -> tuple[str, str]:
    """What a number counts, and the verb before it: (社区老年人服务中心（站）, 新建); "" where the text does not say."""
    following = "" if unit in ("%", "‰", "百分点", "倍") else _noun_after(around.after)
    action, noun = _noun_before(around.before)
    return (following, action) if following else (noun, action)


def _noun_after(text: str) -> str:
    if _STOP_FIRST.match(text):
        return ""
    cut = _STOP.search(text)
    noun = text[: cut.start()] if cut else text
    return _AFTER_TAIL.sub("", noun) or noun


def _noun_before(text: str) -> tuple[str, str]:
    text = text.rpartition("等")[2] if text.endswith("等") else text
    action = ""
    while True:
        text = _TRAILING.sub("", text) if (shorter := _TRAILING.search(text)) else text
        if shorter:
            continue
        if (m := _PROVIDED.match(text)) or (m := _WHEN.match(text)):
            text = text[m.end() :]
        elif m := _VERB.match(text):
            if m.end() == len(text) and m[0] in _VERBAL_NOUN:
                return action, text
            action = m[0] if m[0] in _GENERIC or action in _GENERIC else action + m[0]
            text = text[m.end() :]
        else:
            break
        if not text:
            break
    return ("" if action in _GENERIC else action), text.strip("“”‘’《》（ ")
