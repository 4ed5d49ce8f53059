"""The words of a 完成情况 that say that the whole task is done.  Pure."""

from __future__ import annotations

import re

_QUALIFIED = r"(?:全面|全部|圆满|超额|如期|提前|按期|按时|顺利)"
_DONE = rf"(?:(?:已经?|现已|均已?){_QUALIFIED}*|{_QUALIFIED}+)完成了?"
_OF = r"(?:(?:本?年度?|全年|今年|当年|既定|预定|各项|全部|所有|总体)的?)"
_GOAL = r"(?:目标|任务|指标|工作)"
_SHARE = r"(?:的?(?:1\d\d|[2-9]\d\d)(?:\.\d+)?[%％])?"
_END = r"(?=[，,。；;！!）)\n]|$)"
_ALL_DONE = re.compile(rf"{_DONE}(?:{_OF}*{_GOAL}+)(?:数|量)?{_SHARE}{_END}")
_RATE = re.compile(
    r"(?:目标|任务|全年|年度)[^，。；]{0,8}(?:完成率|完成比例)(?:已|均)?(?:达到?|为)?(?:1\d\d)(?:\.\d+)?[%％]" + _END
)
_SHARE_DONE = re.compile(rf"完成了?{_OF}*{_GOAL}+(?:数|量)?的?(?:1\d\d)(?:\.\d+)?[%％]{_END}")
_IT_IS_DONE = re.compile(
    r"^(?:截[至止][^，,。]{1,14}[，,]|目前[，,]?)?(?:[该此本][^，。；]{0,6}|(?:任务|工作|事项))?"
    rf"(?:已经?|现已|均已?){_QUALIFIED}*(?:完成|办结|办理完毕|完工|竣工)(?:并[^，。；]{{1,20}})?{_END}"
)
_UNTIL = re.compile(r"截[至止][^，,。；;已现均]{1,14}")
_OF_A_PART = re.compile(
    r"季度(?!末)|本季|当季|[本当上]月|月份|[-—–~～至]\d{1,2}月(?![底末\d])|[上下]半年|前期|阶段|[本该此][次批轮]|首批|"
    r"第?[一二三四\d][期批](?!间)"
)
"""A time or a part of the task that is not all of it: what is done may be that."""
_OF_THE_YEAR = re.compile("年度|全年|今年|当年")
_ONLY_MEANT = re.compile(
    r"确保|力争|争取|预计|计划|拟|将|有望|为|以|努力|推动|保障|待|可|能|若|如果|未|没有|距|离|围绕|对照|按照|要求|后"
)
_AHEAD = re.compile(r"^(?:下一?步|下一?阶段|下季度|明年|来年|今后|接下来)")
_NOT_ALL = re.compile(
    r"尚未|未能?完成|没有完成|未(?:竣工|完工|开工|通过|达到|落实)|正在(?:推进|建设|施工|改造|实施|办理|进行|整改)|在建|剩余|"
    r"其余[^，。；]{0,12}(?:推进|实施|建设|改造)|滞后|按序时|有序推进|(?:仍|还)(?:在|有|需|未)|预计[^。；]{0,20}(?:完成|建成|竣工|完工)"
)
_SENTENCES = re.compile(r"[^。；;！!\n]+[。；;！!]?")
_CLAUSES = re.compile(r"[^，,]+[，,]?")
_COMPLETED = "完成"
_WORDS = (_COMPLETED, "办结", "办理完毕", "完工", "竣工")
"""Without one of these no pattern can match."""


def says_done(text: str) -> str:
    """The sentence of a 完成情况 that says that the whole task is done, "" where none does.

    Careful before complete: a part that is done, a plan, or a text that also tells of what is still to do, says no such
    thing.
    """
    if not any(word in text for word in _WORDS):  # most texts
        return ""
    told = [s for m in _SENTENCES.finditer(text) if (s := m[0].strip()) and not _AHEAD.match(s)]
    found = next((s for s in told if _is_done(s)), "")
    return "" if found and any(_NOT_ALL.search(s) for s in told) else found


def _is_done(sentence: str) -> bool:
    if not any(word in sentence for word in _WORDS):
        return False
    if (it := _IT_IS_DONE.match(sentence)) is not None:
        return not _is_of_a_part(it[0])
    for clause in (m for m in _CLAUSES.finditer(sentence) if _COMPLETED in m[0]):
        for pattern in (_ALL_DONE, _RATE, _SHARE_DONE):
            found = pattern.search(sentence, clause.start(), clause.end())
            if found and not _ONLY_MEANT.search(sentence, clause.start(), found.start()):
                return bool(_OF_THE_YEAR.search(found[0])) or not _is_of_a_part(sentence[: found.end()])
    return False


def _is_of_a_part(text: str) -> bool:
    return _OF_A_PART.search(_UNTIL.sub("", text)) is not None  # a day up to which all is done is no part
