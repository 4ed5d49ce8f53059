"""What a 完成情况 says, or fails to say.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_SAME = re.compile(
    r"(?:内容|情况)?(?:同上|同前|同左|上同|同第?[一二三四1-4]季度|同上(?:季度|期|一?项|报)|如上|见上|照旧)(?:所述|内容)?"
)
_NOTHING = re.compile(
    r"暂?无|没有|暂缺|略|空|待填|待补|待报|待定|不涉及|无变化|无进展|[xX×Oo0]+|N/?A|NONE|NULL|TODO"
    r"|详?见(?:附件|附表|附后|报告|材料|另件)|附后",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?:本?(?:季度|年度|阶段|项)?(?:任务|工作|目标)?)?"
    r"(?:已全部|已基本|已|均|未|全部|基本|正在|正|正常|按计划|按序时|按进度|持续|有序|稳步|继续|序时|进行|推进|开展|办理|办结"
    r"|实施|落实|完成|进度|中|了|达)+"
)
_LONGEST = 30
_PUNCTUATION = re.compile(r"[\s\W_]+")


def is_placeholder(text: str) -> bool:
    """Whether a 完成情况 only fills its cell: 无, 同上, ……, /, 已完成 alone."""
    if len(text) > 200:
        return False
    bare = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text))
    if "%" in text or "％" in text or len(bare) > _LONGEST:
        return False
    return not bare or any(p.fullmatch(bare) for p in (_SAME, _NOTHING, _ALONE))


_FIGURE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>万?[一-鿿]|%)?")
_PARTED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_COUNTED = re.compile(r"已|共|总计|合计")
_OTHERWISE = re.compile(
    r"本[季月期年周]|当[季月期年]|新增|其中|环比|同比|比[去上]|较|剩余?|尚|未|还有|余|计划|目标|预计|拟|下一步|要求|任务|减少"
    r"|下降|降|第"
)
_NO_UNITS = frozenset("月日年号点时分季级期届第周")
_FILLERS = re.compile(r"(?:已经|已|累计|共计|共|总计|合计|达到|达|约|近|全市|完成|了|为|有|到|的|超过|超|建成|建设)+$")


def _clauses(text: str) -> Iterator[tuple[str, bool]]:
    """Each clause, and whether it counts from the year's beginning: 截至6月底 holds for its whole sentence."""
    for sentence in re.split(r"[;；。\n]", text):
        until = "截至" in sentence or "累计" in sentence
        for clause in re.split(r"[,，、(（)）]|\.(?!\d)", sentence):
            yield clause, until or bool(_COUNTED.search(clause))


def _figures(text: str) -> Iterator[tuple[str, str, float]]:
    """(what is counted, its unit, how many) of each figure that counts from the beginning of the year."""
    text = _PARTED.sub("", unicodedata.normalize("NFKC", text))
    for clause, counted in _clauses(text):
        if not counted or _OTHERWISE.search(clause):
            continue
        for m in _FIGURE.finditer(clause):
            unit = m["unit"] or ""
            if not unit or unit in _NO_UNITS:
                continue
            after = re.match(r"[一-鿿]{0,6}", clause[m.end() :])
            before = _FILLERS.sub("", re.sub(r"[^一-鿿]", "", clause[: m.start()]))
            subject = f"{before[-4:]}|{after[0][:4] if after else ''}"
            if len(subject) > 2:
                yield subject, unit, float(m["number"])


def lower_figures(now: str, before: str) -> Iterator[tuple[str, str, str]]:
    """(unit with what is counted, then, now) of figures that count from the year's beginning and became less.

    Only where both texts say the same words around the figure, once each: a figure of the quarter alone, or of a
    part, is none.
    """
    then, current = list(_figures(before)), list(_figures(now))
    for subject, unit, number in current:
        same = [n for s, u, n in then if (s, u) == (subject, unit)]
        again = [n for s, u, n in current if (s, u) == (subject, unit)]
        if len(same) == 1 and len(again) == 1 and number < same[0]:
            yield subject.replace("|", f"…{unit}").strip("…"), f"{same[0]:g}", f"{number:g}"
