"""Leaders' names in a cell.  Pure: lines of text -> names.

Staff pad a name of two characters to the width of three (李  超), and write two leaders below each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from toolkit.notice.names import NOTHING, SEPARATORS, split_flat, squeeze, words_of
from toolkit.notice.persons import COMPOUND_SURNAME, SURNAME

_MOST = 100  # words in one text; beyond it is prose, not names
_NO_NAME = 10**6  # what no row of names costs
_OFFICE = (
    r"[市区县局委院校厅]{0,2}(?:党[组委]成员|党?委委员|常委|(?:党[组委]|党工委|纪[工检]?委)?副?书记"
    r"|总(?:工程师|会计师|经济师|规划师)|(?:常务)?副?(?:局长|主任|院长|校长|厅长|总经理|市长|区长|县长|镇长|乡长)"
    r"|[一二三四]级(?:调研员|巡视员|主任科员))"
)
# 冯副局长 and 刘党委书记 are a surname and an office, and stay whole: no name ends in 副.
_TITLED = re.compile(
    rf"(?:{_OFFICE}兼?)*(?P<name>[\u3400-\u9fff·]{{2,12}}?)(?<![副党纪总])(?<!常务|党委|纪委|党组|工委)(?:{_OFFICE})*"
)
_TITLE = re.compile(rf"(?:{_OFFICE})+")
_TITLES = re.compile(rf"[（(〔\[【](?:{_OFFICE}[、，,兼]?)+[）)〕\]】]$")
_TWO_LEADERS = re.compile(r"([\u3400-\u9fff]{2,3})[和及与]([\u3400-\u9fff]{2,3})")
_VACANT = re.compile(r"[（(〔\[【]?(?:[待未](?:定|补|明确|确定|安排)|[暂空]缺|暂[无定]|暂未?明确)[）)〕\]】]?")


def split_leaders(lines: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    """Leaders' names without the white space that pads them: `李  超` is one name, `李超 王五一` are two.

    `known`: names that stand alone in other cells.
    """
    names: list[str] = []
    for piece in split_flat("\n".join(lines), SEPARATORS):
        whole = squeeze(piece)
        if whole and not NOTHING.fullmatch(whole) and not _VACANT.fullmatch(whole):
            names += [whole] if whole in known else _padded(piece, known)
    both = [(_TWO_LEADERS.fullmatch(name), _TITLES.sub("", name) or name) for name in names]
    names = [n for two, name in both for n in (two.groups() if two else (name,))]
    without = [m["name"] if (m := _TITLED.fullmatch(n)) else n for n in names if not _TITLE.fullmatch(n)]
    return tuple(dict.fromkeys(without or names))


def vacant(lines: Sequence[str]) -> str:
    """What a leader's cell says that names nobody yet: 待定, （空缺）."""
    whole = squeeze("".join(lines))
    return whole if _VACANT.fullmatch(whole) else ""


def _padded(piece: str, known: frozenset[str]) -> list[str]:
    """The names in a text that white space both parts and pads: the cheapest way to group its words."""
    words = words_of(piece)
    if len(words) > _MOST:
        return ["".join(words)]
    gaps = _gaps(piece)
    starts = [0, *accumulate(map(len, words))]
    best: list[tuple[float, list[str]]] = [(0, [])]
    for end in range(1, len(words) + 1):
        options = []
        for start in range(max(0, end - 4), end):
            own = words[start:end]
            cost = _name_cost(own, known, by_lines="\n" in piece) + sum(gaps[n] for n in starts[start + 1 : end])
            options.append((best[start][0] + cost, [*best[start][1], "".join(own)]))
        best.append(min(options, key=lambda o: o[0]))
    cost, names = best[-1]
    return names if cost < _NO_NAME else ["".join(words)]


def _name_cost(words: Sequence[str], known: frozenset[str], *, by_lines: bool) -> int:
    """How unlikely the words are as one person's name.  The numbers only have to rank, below _NO_NAME."""
    whole = "".join(words)
    if len(words) == 1:
        return 0 if len(whole) > 1 else _NO_NAME
    if whole in known or COMPOUND_SURNAME.fullmatch(words[0]):
        return -1 if len(whole) <= 4 else _NO_NAME
    if min(map(len, words)) > 1:
        return _NO_NAME
    surname = SURNAME.match(whole)
    if surname and (len(whole) - surname.end() in (1, 2) or _TITLE.fullmatch(whole, surname.end())):
        return 1
    return 3 if by_lines and len(whole) == 2 else _NO_NAME  # a surname that is not in the list


def _gaps(piece: str) -> list[float]:
    """How wide the white space before each character is, the white space itself left out; a new line is the widest."""
    found = []
    width = 0.0
    for char in piece:
        if squeeze(char):
            found.append(width)
            width = 0.0
        else:
            width += 0.3 if char == "\n" else 0.01
    return found
