"""What a 完成情况 says, or fails to say.  Pure."""

from __future__ import annotations

import re
import unicodedata

_SAME = re.compile(
    r"(?:内容|情况)?(?:同上|同前|同左|上同|如上|见上|照旧)(?:所述|内容)?|同上一?(?:项|第[一二三四五六七八九十\d]{1,3}[点条项])"
    r"|(?:内容|情况)?(?:同|见)(?:第?[一二三四五六七八九十\d]{1,3}项|序号\d{1,3})(?:内容|情况)?"
    r"|[与同和]第?[一二三四五六七八九十\d]{1,3}项(?:一并|一起|合并)(?:填报?|填写|报送?|上报)?"
    r"|(?:内容|情况)?[同与和](?:上一?|第?[一二三四1-4])(?:个?季度|期|报)(?:情况|内容)?(?:相同|一致|一样|持平)?(?:无变化|没有变化)?"
)
_NOTHING = re.compile(
    r"(?:本季度?|本期|本年度?|目前|截至目前)?(?:暂?无|没有|暂未?有?)新?(?:的)?(?:进展|变化|情况|内容)?"
    r"|暂缺|略|空|(?:请?在?此处?)填[写报](?:完成情况|进展情况|内容)?|另附(?:[表页件]|材料)?|待[填补报定]|待补[充报]|(?:稍?后|随后|容后|另行?)(?:补充?|报|补报|报送)|不涉及"
    r"|已(?:另行?)?(?:报送?|上报|发(?:微信|邮件|邮箱|群))|测试|TEST|[xX×Oo0]+|N/?A|NONE|NULL|TODO|已销号(?:不用再报)?"
    r"|(?:具体|详细|有关|相关|完成|进展|报告|落实)*(?:情况|内容|材料)*(?:请|详|参|可)?[见如看](?:附[件表后页图文]|附|报告|材料|另[件附]|"
    r"右[边侧]?|左[边侧]?|下[边方]?|批注|图片?|截图|照片|文档|文件|SHEET|工作表|表)(?:第?[一二三四五六七八九十\d]{1,3})?(?:情况)?表?"
    r"|附[件表后](?:第?[一二三四五六七八九十\d]{1,3})?",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:本?(?:季度|年度|阶段|项)?(?:任务|工作|目标)?)?"
    r"(?:已全部|已基本|已|均|未|全部|基本|正在|正|正常|按计划|按时序|按序时|按进度|持续|有序|稳步|继续|序时|进行|推进|开展|办理|办结"
    r"|实施|落实|完成|进度|中|了|达)+"
)
_TITLE = re.compile("《[^《》]*》")
_LONGEST = 30
_PUNCTUATION = re.compile(r"[\s\W_]+")
_LONG = re.compile(f"(?:[^\u4e00-\u9fff]*+[\u4e00-\u9fff]){{{_LONGEST + 1}}}")  # which no folding makes shorter
_CHARACTERS = "".join(sorted({c for p in (_SAME, _NOTHING, _ALONE) for c in p.pattern if "\u4e00" <= c <= "\u9fff"}))
_SAYS_SOMETHING = re.compile(
    rf"(?>(?:[{_CHARACTERS}]|[^\u4e00-\u9fff《\ufe3d]|《[^《》]*》)*)[\u4e00-\u9fff]"
)
"""A character, outside of titles, that stands in none of the patterns: most texts have one among their first."""


def is_placeholder(text: str) -> bool:
    """Whether a 完成情况 only fills its cell: 无, 同上, ……, /, 已完成 alone."""
    return _is_one(text, _SAME, _NOTHING, _ALONE)


def is_empty_word(text: str) -> bool:
    """Whether a step of a plan names nothing to do: 无, 同上, 见附件; 持续推进 and 办结 do."""
    return _is_one(text, _SAME, _NOTHING)


def says_nothing(text: str) -> bool:
    """Whether a note is only there so that its cell is not empty: 无, /, —."""
    bare = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    return bare in ("", "无", "没有", "暂无")


def _is_one(text: str, *patterns: re.Pattern[str]) -> bool:
    if len(text) > 200 or _SAYS_SOMETHING.match(text) or _LONG.match(text):
        return False
    bare = _PUNCTUATION.sub("", _TITLE.sub("", unicodedata.normalize("NFKC", text)))
    if "%" in text or "％" in text or len(bare) > _LONGEST:
        return False
    return not bare or any(p.fullmatch(bare) for p in patterns)
