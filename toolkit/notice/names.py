"""Names in a cell: units (处室、单位) and leaders.  Pure: lines of text -> names.

The hard case is a cell such as 社会事务处养老服务处市低保中心: in its narrow column each name filled one line, so
nobody ever typed a separator.  It is cut by what is known from the rest of the table and by how names of units end;
whoever calls is told of every such cut, since a person must confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from toolkit.model import plain

SEPARATORS = "、，,；;/／|｜"
_OPEN, _CLOSE = "（(〔[【", "）)〕]】"

_NOTHING = re.compile(r"[-－—–_/／\\.。·…]*|无|空|N/A", re.IGNORECASE)
_NOTE = re.compile(r"[（(〔\[【](?:总?牵头|主办|主责|承办|配合|协办|协同|责任|负责|参与)(?:处室|单位|部门)?[）)〕\]】]")
_PREFIX = re.compile(r"^(?:(?:牵头|主办|责任|配合|协办)(?:处室|单位|部门)?[:：]|[（(]?\d{1,2}[）).．]|[①-⑳])")

# How the names of divisions and of the units under a bureau end.
_ENDS = re.compile(
    r"(?:处|室|科|中心|站|所|院|办|局|队|委|会|部|厅|馆|校|园|组|股|公司|集团|基地|学院|政府|单位|部门|街道|支部|总站|墓)$"
)
# Units outside a bureau.  A city, a county or a school stands before a unit's name too: nothing is cut behind these.
_OUTSIDE = re.compile(r"(?:小学|中学|大学|社区|[村镇乡县厂区]|[支分]行|银行|车间|专班|商会|工会)$")
_COMMON = frozenset(("办公室", "机关党委", "机关纪委"))  # in every bureau
_ATOMS = re.compile(r"办公室|处室|科室|办事处|中心|单位|机关|部门")  # no name ends inside one of these
_SHORT = frozenset(("工会", "团委", "妇联", "纪委", "党委", "党办", "残联"))
_NUMBERED = re.compile(r"第?[一二三四五六七八九十]{1,2}[处科室股组]")
# What ends like a unit but is only the tail of one: 养老服务中心 + 管理处 is one name.
_TAILS = re.compile(r"管理[处科站所局办]|服务[处站所]|办事处|(?:服务|指导)中心")
# Inside a name these nearly always mean that another name follows.
_HARD = re.compile(r"(?:处|中心|办公室)(?=..)|(?<=.)[院站所局队科室馆](?=[市各].)")
_SOFT = re.compile(r"[院站所局队科室]")

_LONGEST = 30  # characters in one name
_MOST = 240  # characters in one run; a cell beyond it is prose, not names
_COMPOUND_SURNAMES = re.compile("欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|司徒|东方|西门|南宫|端木")


@dataclass(frozen=True, slots=True)
class Units:
    """The units in one cell, and what a person must confirm about them."""

    names: tuple[str, ...] = ()
    lead: str = ""  # the one marked（牵头）
    cut: tuple[tuple[str, tuple[str, ...]], ...] = ()  # text without separators -> the names cut from it
    odd: tuple[str, ...] = ()  # names that do not look like one whole unit


def squeeze(text: str) -> str:
    """The text without white space, also not U+3000 and zero-width ones."""
    return re.sub(r"[\s\u200b\u200c\u200d\u2060\ufeff]+", "", text)


def split_flat(text: str, separators: str) -> list[str]:
    """`text` split at separators that stand outside brackets; empty pieces are kept."""
    pieces, depth, start = [], 0, 0
    for i, char in enumerate(text):
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        elif char in separators and not depth:
            pieces.append(text[start:i])
            start = i + 1
    pieces.append(text[start:])
    return pieces


def brackets(text: str) -> Iterator[tuple[int, int, bool]]:
    """Outermost brackets as (start, end, closed): text[start:end] holds both brackets; widths may be mixed."""
    depth = start = 0
    for i, char in enumerate(text):
        if char in _OPEN:
            if not depth:
                start = i
            depth += 1
        elif char in _CLOSE and depth:
            depth -= 1
            if not depth:
                yield start, i + 1, True
    if depth:
        yield start, len(text), False


def vocabulary(cells: Iterable[Sequence[str]]) -> frozenset[str]:
    """The names that the cells of a table show for certain: those between separators, and those that fill a cell."""
    certain: set[str] = set()
    alone: set[str] = set()
    for lines in cells:
        segments = _segments(lines)
        for words in segments:
            names = words if len(words) > 1 and all(map(_plausible, words)) else ["".join(words)]
            for name in names:
                if _plausible(name) and not _HARD.search(name):
                    (certain if len(segments) > 1 or len(names) > 1 else alone).add(name)
    # A cell 机关党委养老服务处 must not count as a name itself when 养老服务处 is known.
    solid = certain | {n for n in alone if not _halves(n)}
    return frozenset(
        n for n in solid if n in certain or not any(k in n and len(n) - len(k) >= 3 for k in solid if len(k) >= 4)
    )


def split_units(lines: Sequence[str], known: frozenset[str]) -> Units:
    """The units of a cell given as its lines (paragraphs and line breaks).

    、，；/ always separate.  White space and line ends separate where whole names stand on both sides; inside a name
    (社 会 事 务 处, or a name broken by hand at the column's edge) they don't.
    """
    names: list[str] = []
    cut: list[tuple[str, tuple[str, ...]]] = []
    odd: list[str] = []
    for words in _segments(lines):
        whole = "".join(words)
        if whole in known or len(words) == 1:
            runs = [[whole]]
        else:
            runs = _runs(words, known)
        for run in runs:
            if len(run) > 1 and all(map(_plausible, run)) and "".join(run) not in known:
                found = tuple(run)
            else:
                joined = "".join(run)
                found = _cut(joined, known)
                if len(found) > 1:
                    cut.append((joined, found))
            names += found
            odd += [
                n for n in found if n not in known and not _outside(n) and (_halves(n) or not _plausible(n))
            ]
    marked = re.search(rf"([^{re.escape(SEPARATORS)}\s]+)[（(〔\[【]总?牵头", " ".join(lines))
    lead = next((n for n in names if marked and plain(marked[1]).endswith(plain(n))), "")
    return Units(tuple(dict.fromkeys(names)), lead, tuple(cut), tuple(dict.fromkeys(odd)))


def split_leaders(lines: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    """Leaders' names without the white space that pads them: `李  超` is one name, `李超 王五一` are two.

    `known`: names that stand alone in other cells.
    """
    names: list[str] = []
    for piece in split_flat("\n".join(lines), SEPARATORS):
        words = [squeeze(w) for w in piece.split()]
        whole = "".join(words)
        if not whole or _NOTHING.fullmatch(whole):
            continue
        several = len(words) > 1 and all(len(w) > 1 for w in words) and not _COMPOUND_SURNAMES.fullmatch(words[0])
        names += words if several and whole not in known else [whole]
    return tuple(dict.fromkeys(names))


def _segments(lines: Sequence[str]) -> list[list[str]]:
    """A cell's text between strong separators, each as its words."""
    segments = []
    for piece in split_flat("\n".join(lines), SEPARATORS):
        # White space inside brackets does not separate: 救助站（含 安置点）.
        words = [_NOTE.sub("", squeeze(w)) for w in split_flat(re.sub(r"\s", "\n", piece), "\n")]
        words = [stripped for w in words if (stripped := _PREFIX.sub("", w).strip("。."))]
        for i in range(len(words) - 1, 0, -1):
            if words[i][:1] in tuple(_OPEN):  # 社会事务处 （救助站）
                words[i - 1 : i + 1] = [words[i - 1] + words[i]]
        words = [w for w in words if not _NOTHING.fullmatch(w) and not w.isdecimal()]
        if words:
            segments.append(words)
    return segments


def _runs(words: Sequence[str], known: frozenset[str]) -> list[list[str]]:
    """Words of a segment: each known name by itself, the words between them together."""
    runs: list[list[str]] = [[]]
    for word in words:
        if word in known:
            runs += [[word], []]
        else:
            runs[-1].append(word)
    return [r for r in runs if r]


def _plausible(name: str) -> bool:
    bare = re.sub(r"[（(〔\[【].*$", "", name)
    return bare in _SHORT or bool(_NUMBERED.fullmatch(bare)) or (len(bare) >= 3 and bool(_ENDS.search(bare)))


def _outside(name: str) -> bool:
    """Whether the name is that of one unit outside the bureau: 东湖县第一小学, 翠湖社区, but not 翠湖社区百合社区."""
    return 3 <= len(name) <= _LONGEST and bool(_OUTSIDE.search(name)) and name.count(name[-1]) == 1


def _halves(name: str) -> bool:
    """Whether the name has the end of a unit in its middle, with room for a name on both sides."""
    bare = re.sub(r"[（(〔\[【].*$", "", name)
    return any(m.end() >= 4 and len(bare) - m.end() >= 4 for m in _SOFT.finditer(bare))


def _cut(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """The cheapest way to write `text` as a row of names (dynamic programming over where a name ends)."""
    if text in known or len(text) > _MOST:
        return (text,)
    best: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    inside = {i for m in _ATOMS.finditer(text) for i in range(m.start() + 1, m.end())}
    known |= _COMMON
    for end in range(1, len(text) + 1):
        options = []
        if end in inside:
            best.append((10**6, (text[:end],)))
            continue
        for start in range(0 if end == len(text) else max(0, end - _LONGEST), end):
            if _balanced(piece := text[start:end]):
                cost, names = best[start]
                options.append((cost + _cost(piece, known), (*names, piece)))
        # Inside a bracket no name can end: a price that no other way reaches.
        best.append(min(options, key=lambda o: (o[0], len(o[1]))) if options else (10**6, (text[:end],)))
    return best[-1][1]


def _balanced(piece: str) -> bool:
    return sum(c in _OPEN for c in piece) == sum(c in _CLOSE for c in piece) and piece[0] not in _OPEN


def _cost(piece: str, known: frozenset[str]) -> int:
    """How unlikely the piece is as one name.  The numbers only have to rank: known names first, then things that end
    as units do, and any cut rather than a name with 处 in its middle or with a known name inside."""
    if piece in known:
        return 2
    bare = re.sub(r"[（(〔\[【][^（(〔\[【]*$", "", piece)
    cost = 4 + 6 * len(_HARD.findall(bare)) + len(_SOFT.findall(bare[2:-2]))
    if _TAILS.fullmatch(bare):
        cost += 8
    elif bare not in _SHORT:
        cost += (8 if len(bare) <= 2 else 0) + (0 if _ENDS.search(bare) else 5)
    return cost + 6 * any(k in bare for k in known if len(k) >= 4)
