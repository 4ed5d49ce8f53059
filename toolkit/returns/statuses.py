"""What a 完成情况 says, or fails to say.  Pure."""

from __future__ import annotations

import re
import unicodedata

_SAME = re.compile(
    r"(?:内容|情况)?(?:同上|同前|同左|上同|同第?[一二三四1-4]季度|同上(?:季度|期|一?项|报)|如上|见上|照旧)(?:所述|内容)?"
)
_NOTHING = re.compile(
    r"暂?无|没有|暂缺|略|空|待填|待补|待报|待定|不涉及|无变化|无进展|[xX×Oo0]+|N/?A|NONE|NULL|TODO"
    r"|详?见(?:附件|附表|附后|报告|材料|另件)|附后|已销号(?:不用再报)?",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:本?(?:季度|年度|阶段|项)?(?:任务|工作|目标)?)?"
    r"(?:已全部|已基本|已|均|未|全部|基本|正在|正|正常|按计划|按序时|按进度|持续|有序|稳步|继续|序时|进行|推进|开展|办理|办结"
    r"|实施|落实|完成|进度|中|了|达)+"
)
_LONGEST = 30
_PUNCTUATION = re.compile(r"[\s\W_]+")
_LONG = re.compile(f"(?:[^\u4e00-\u9fff]*+[\u4e00-\u9fff]){{{_LONGEST + 1}}}")  # which no folding makes shorter


def is_placeholder(text: str) -> bool:
    """Whether a 完成情况 only fills its cell: 无, 同上, ……, /, 已完成 alone."""
    if len(text) > 200 or _LONG.match(text):
        return False
    bare = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    if "%" in text or "％" in text or len(bare) > _LONGEST:
        return False
    return not bare or any(p.fullmatch(bare) for p in (_SAME, _NOTHING, _ALONE))
