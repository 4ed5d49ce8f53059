"""What a number counts, from the words before and after it.  Pure, on short texts."""

from __future__ import annotations

import re

from toolkit.targets.roles import Around, Role

_WHEN = re.compile(
    r"^(?:截[至止到](?:目前|今)?|今年以来|年初以来|目前|至今|现已?|上半年|下半年|本季度|本月|当月|全年|年内|"
    r"[至到]?第?[一二三四1-4]季度[末底]?|前[两三二]季度|\d{4}年(?:度)?|\d{1,2}(?:月份?)?[-至到]\d{1,2}月份?|"
    r"\d{1,2}月份?(?:\d{1,2}日)?[底末]?|"
    r"全[市区省国]|各区|我[市区局处]|我们|"
    r"已经?|累计|实际|共计?|合计|总计|仅|并|将|还|又|也|均|都|其中|另有?|尚有|还有|剩余|余下|计划|拟|预计|力争|确保|"
    r"分别|约|近|各|由|从|对(?![象口接])|为|（[^（）]*）|[）,]|"
    r"[一二三四五六七八九十]是|[、和及与了的\s“”‘’《》〈〉\"'])"
)
_PROVIDED = re.compile(r"^为(?P<whom>.{1,24}?)(?:提供|实施|配[置备]|办理|开展|发放|落实)")
_VERB = re.compile(
    r"^(?:完成(?![率度情])|注销|取消|新建|建成|建设|新增|新开业|新开办|新开工|提供|实施|推进(?!会)|推动(?!会)|"
    r"开展|培育|支持|筹集|改造提升|改造(?!对象)|提升|组织|召开|举办|发放|"
    r"惠及|覆盖|服务|走访慰问|走访|慰问|培训|受理|结对帮扶|帮扶|救助|选派|组建|成立|打造|创建|投入|落实|争取|"
    r"撬动|涉及|支出|拨付|"
    r"印发|发现|通报|整改|摸排|评估|确定|签订|配[置备]|供餐|专家|上门|达到?|实现|完工(?!率)|开工|竣工|挂牌|入库|在建|"
    r"未开工|要求)"
)
_GENERIC = ("完成", "推进", "推动", "支持", "实施", "提供", "组织", "实现", "达到", "达", "开展")
_VERBAL_NOUN = ("改造", "供餐", "救助", "培训", "走访", "慰问", "帮扶", "服务")
_TRAILING = re.compile(
    r"(?:已经?|累计|共计?|合计|总数|总量|达到?|为|是|完成了?|实现|提高到?|提升到?|增长到?|增加到?|下降到?|"
    r"降低到?|减少到?|上调|"
    r"提高至|提升至|增至|至|由|从|超过?|逾|近|约|不少于|不低于|不超过|不足|不到|至少|突破|大约|将近|接近|"
    r"每人每[月年]|每[月年户人]|"
    r"建成并投入运营|投入运营|建成|挂牌|入库|开业|分别|各|了|有|在|将|(?<![惠涉])及|调至|[：:、和与的\s（])$"
)
_STOP = re.compile(
    r"已|均|都|全部|全面|正在|尚未|仍在|开展|完成|实施|配[置备]|进入|主体|分别|投入|达到|通过|建成|计划|预计|"
    r"占|用于|作为|的|"
    r"走|并|将|拟|由|后|等|\d(?![A-Za-z])|[，。；、：！？（）“”‘’《》〔〕\[\]\s]"
)
_STOP_FIRST = re.compile(
    r"^(?:以上|以下|以内|左右|上下|及|和|与|至|到|被|在|为|是|较|比|纳入|进行|完|未|已|开|超|提高|提升|增|上|"
    r"降|减|调)"
)
_MONEY = re.compile(r"[^，、]{0,6}(?:资金|补贴|投资|经费|金|物资|款)")
_AFTER_TAIL = re.compile(r"(?:建设|工作|任务|投运|运营|开工|完工)$")


_OF_ROLE = {  # what is no noun, in a role
    Role.CHANGE: re.compile(
        r"同比|环比|[较比与][^，]{0,8}(?:同期|年初|上年|去年)|(?:超|低于|高于|超过)?(?:序时|目标)(?:进度)?|超额"
    ),
    Role.TARGET_RESTATED: re.compile(
        r"[占距]?(?:年度|全年|既定|总)?(?:工作)?(?:目标|任务|计划|指标)(?:任务|数|量|值)?$"
    ),
    Role.REMAINING: re.compile(r"距.*(?:还|尚|仍|相)差"),
    Role.RATE: re.compile(r"(?:平均)?每.{0,3}?[个名户家人位月年周天](?:每[月年])?|月?人均|月均|户均|年均|平均"),
}


def noun_of(around: Around, unit: str, role: Role) -> tuple[str, str]:
    """What a number counts, and the verb before it: (老年人供餐点, 新开业); "" where the text does not say."""
    if role is Role.PCT_OF_TARGET:
        return "", ""
    shares = unit in ("%", "‰", "百分点", "倍") or (unit == "元" and not _MONEY.match(around.after))
    following = "" if shares else _noun_after(around.after)
    before = around.before
    if (pattern := _OF_ROLE.get(role)) is not None and (left := pattern.sub("", before, count=1)) != before:
        before = left.rstrip("由从至到")
    action, noun = _noun_before(before)
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
    return ("" if action in _GENERIC else action), text.strip("“”‘’《》 ")
