"""Leaders' names in a cell.  Pure: lines of text -> names, and what is unclear about them.

Staff pad a name of two characters to the width of three (李  超), and write two leaders below each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from toolkit.notice.names import NOTHING, SEPARATORS, split_flat, squeeze, words_of
from toolkit.notice.persons import COMPOUND_SURNAME, SURNAME

_CHARACTERS = re.compile(r"[\u3400-\u9fff]{4,12}")  # of names that run together
_MOST = 100  # words in one text; beyond it is prose, not names
_NO_NAME = 10**6  # what no row of names costs
_OFFICE = (
    r"[市区县局委院校厅]{0,2}(?:党[组委]成员|党?委委员|常委|(?:党[组委]|党工委|纪[工检]?委)?副?书记"
    r"|总(?:工(?:程师)?|会计师|经济师|规划师|审计师)|(?:常务)?副?(?:局长|主任|院长|校长|厅长|总经理|市长|区长|县长|镇长|乡长)"
    r"|(?:[一二三四]级)?(?:副?调研员|巡视员|主任科员)|(?:派驻|驻.{1,6})?纪检(?:监察)?组组?长|工会副?主席|副?政委|教导员|副?[支大]队长"
    r"|副?(?:董事长|监事长|秘书长)|(?:安全|财务|技术)总监)"
)
_COMRADE = re.compile(r"(?<=..)同志$")
_BODY = "[市区县局委院校厅镇乡处]|政府|党委|党组|公司|街道|集团"
_CHARGE = "分管|主管|协管|主要|联系|包保|牵头|责任|党政|党组|领导|班子"
# 分管副局长, 局主要领导, 班子成员: no name.  局长 alone is one person.
_NOBODY = re.compile(
    rf"(?:各|[有相]关|全体|所有|[我本]|{_BODY})*(?:(?:{_CHARGE}|{_BODY})*(?:领导|负责)(?:班子)?(?:成员|人|同志|干部)?"
    rf"|(?:{_CHARGE})+(?:{_BODY})?(?:成员|同志|{_OFFICE}))"
)
_LABEL = re.compile(
    r"^\s*(?:主管|分管|协管|牵头|主责|负责|责任|配合|协助|协办|联系|包保)(?:局|院|校|县|市|区)?(?:领导|人|同志|负责人)?\s*[:：]"
)
_PARTS_IN_IT = re.compile(
    r"[（(〔\[【](?:负?总责|总?负责|总?牵头|抓总|主管|分管|协管|主责|配合|协助|协办|兼|挂职|主持(?:全面)?工作|[AB]角)[）)〕\]】]$"
)
# 冯副局长 and 刘党委书记 are a surname and an office, and stay whole: no name ends in 副.
_TITLED = re.compile(
    rf"(?:{_OFFICE}兼?)*(?P<name>[\u3400-\u9fff·]{{2,12}}?)(?<![副党纪总])(?<!常务|党委|纪委|党组|工委)(?:{_OFFICE})*"
)
_OFFICES = re.compile(_OFFICE)
_TITLE = re.compile(rf"(?:{_OFFICE})+")
_TITLES = re.compile(rf"[（(〔\[【](?:{_OFFICE}[、，,兼]?)+[）)〕\]】]$")
_TWO_LEADERS = re.compile(r"([\u3400-\u9fff]{2,3})[和及与]([\u3400-\u9fff]{2,3})")
_VACANT = re.compile(r"[（(〔\[【]?(?:[待未](?:定|补|明确|确定|安排)|[暂空]缺|暂[无定]|暂未?明确)[）)〕\]】]?")


@dataclass(frozen=True, slots=True)
class Leaders:
    """Who leads, as one cell says it, and what a person must confirm about that."""

    names: tuple[str, ...] = ()
    parted: tuple[tuple[str, tuple[str, ...]], ...] = ()  # names without separators -> the names cut from them
    unsure: tuple[str, ...] = ()  # names that may be several, of which nothing tells where to cut
    nobody: str = ""  # what names no person: 待定, 分管局领导


def read_leaders(lines: Sequence[str], known: frozenset[str]) -> Leaders:
    """Leaders' names without the white space that pads them: `李  超` is one name, `李超 王五一` are two.

    `known`: names that stand alone in other cells.
    """
    words: list[str] = []
    nobody: list[str] = []
    for piece in split_flat("\n".join(lines), SEPARATORS + "\\"):
        piece = _LABEL.sub("", piece)
        whole = squeeze(piece)
        if _VACANT.fullmatch(whole) or _NOBODY.fullmatch(whole):
            nobody.append(whole)
        elif whole and not NOTHING.fullmatch(whole):
            words += [whole] if whole in known else _padded(piece, known)
    both = [(_TWO_LEADERS.fullmatch(word), _without_brackets(word)) for word in words]
    words = [n for two, word in both for n in (two.groups() if two else (word,))]
    nobody += [w for w in words if _NOBODY.fullmatch(w)]
    words = [w for w in words if w not in nobody]
    persons = [w for w in words if not _TITLE.fullmatch(w)]
    without = [_COMRADE.sub("", m["name"] if (m := _TITLED.fullmatch(w)) else w) for w in persons]
    cuts = {name: _cut(name, known) for name in without or words}
    parted = {name: ways[0] for name, ways in cuts.items() if len(ways) == 1 and not known.isdisjoint(ways[0])}
    return Leaders(
        tuple(dict.fromkeys(n for name in cuts for n in parted.get(name, (name,)))),
        tuple(parted.items()),
        tuple(name for name, ways in cuts.items() if ways and name not in parted),
        "、".join(n for n in nobody if not (cuts and _TITLE.fullmatch(n))),  # 党组书记、局长王明
    )


def _without_brackets(name: str) -> str:
    """王明 of 王明（党组成员、副局长） and 王明（负总责）."""
    return _PARTS_IN_IT.sub("", _TITLES.sub("", name)) or name


def _cut(text: str, known: frozenset[str]) -> list[tuple[str, ...]]:
    """The ways to read a text as several names without separators, each a surname and one or two characters: those that
    agree best with the names that stand elsewhere.  吉狄马加 is one name."""
    if not _CHARACTERS.fullmatch(text) or text in known or COMPOUND_SURNAME.match(text) or _OFFICES.search(text):
        return []
    ways = list(_ways(text))
    score = [sum(n in known for n in way) for way in ways]
    return [way for way, n in zip(ways, score, strict=True) if n == max(score)]


def _ways(text: str) -> Iterator[tuple[str, ...]]:
    for length in (2, 3):
        name, rest = text[:length], text[length:]
        surname = SURNAME.match(name)
        if len(name) < length or not surname or surname.end() == length:
            continue
        if not rest:
            yield (name,)
        yield from ((name, *way) for way in _ways(rest) if rest)


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
