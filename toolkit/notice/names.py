"""Names of units (处室、单位) in a cell.  Pure: lines of text -> names.

The hard case is a cell such as 社会事务处养老服务处市低保中心: in its narrow column each name filled one line, so
nobody ever typed a separator.  It is cut by what is known from the rest of the table and by how names of units end;
whoever calls is told of every such cut, since a person must confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from toolkit.model import plain
from toolkit.notice.persons import without_person

SEPARATORS = "、，,；;/／|｜"
_OPEN, _CLOSE = "（(〔[【", "）)〕]】"

NOTHING = re.compile(r"[-－—–_/／\\.。·…]*|无|空|N/A", re.IGNORECASE)
_NOTE = re.compile(r"[（(〔\[【](?:总?牵头|主办|主责|承办|配合|协办|协同|责任|负责|参与)(?:处室|单位|部门)?[）)〕\]】]")
# 由县农业农村局牵头，县财政局配合: a clause for each unit.
_VERB = re.compile(
    r"(?:负责|共同|联合|具体)*(?:(?P<lead>总?牵头|主办|主责|承办|负责)|(?P<help>配合|(?<!政)协办|协同|协助|参与|参加))"
    r"(?:负责|落实|实施|推进|办理|抓总)?[。.]?$"
)
_PREFIX = re.compile(r"^(?:由|(?:牵头|主办|责任|配合|协办)(?:处室|单位|部门)?[:：]|[（(]?\d{1,2}[）).．]|[①-⑳])")

# How the names of divisions and of the units under a bureau end.
_ENDS = re.compile(
    r"(?:处|室|科|中心|站|所|院|办|局|队|委|会|部|厅|馆|校|园|组|股|公司|集团|基地|学院|政府|单位|部门|街道|支部|总站|墓)$"
)
# Units outside a bureau.  A city, a county or a school stands before a unit's name too: nothing is cut behind these.
_OUTSIDE = re.compile(r"(?:小学|中学|大学|社区|[村镇乡县厂区]|[支分]行|银行|车间|专班|商会|工会)$")
_COMMON = frozenset(("办公室", "机关党委", "机关纪委"))  # in every bureau
# No name ends inside one of these.
_ATOMS = re.compile(r"办公室|处室|科室|办事处|中心|单位|机关|部门|组织|委员|处[理置罚]")
_SHORT = frozenset(("工会", "团委", "妇联", "纪委", "党委", "党办", "残联"))
_NUMBERED = re.compile(r"第?[一二三四五六七八九十]{1,2}[处科室股组]")
# What ends like a unit but is only the tail of one: 养老服务中心 + 管理处 is one name.
_TAILS = re.compile(r"管理[处科站所局办]|服务[处站所]|办事处|(?:服务|指导)中心")
# A division's end, not the end of a word within a name (干部, 科技, 公共场所) or of what stands above the next one
# (公安局交通管理局, 市税务局稽查局, 高新区管委会财政局, 水务集团供水公司).
_PART_ENDS = {
    "部": "(?<![干支总内乐西东中南北全])部(?![门队署分位])",
    "局": "(?<!公安)(?<!税务)(?<!招商)(?<!总)局(?!机关)",
    "委": "(?<![省市区县州旗镇乡党纪工团军监常各])委(?![员会])",
    "公司": "(?<!集团)(?<!总)公司",
    "科": "(?<![学本理外内妇百])科(?![技研学普教室目])",
    "股": "(?<![控参])股(?![份权东])",
    "室": "(?<![教课])室(?![内外])",
    "站": "(?<![网总])站(?![点位])",
    "所": "(?<![场厕会])所(?![有属在])",
    "办": "(?<![主承协督交民创举代经])办(?![公事理学案证税文件])",
    "院": "(?<![国学法医])院(?!长)",
}
# Which of them follow each other as equals.
_EQUALS = (("部", "部"), ("部", "公司"), ("局", "局"), ("局", "委"), ("委", "局"), ("委", "委"), ("公司", "公司"))
_SMALL = "科股室站所办院"
_BELOW = "(?!管理|服务|建设|工作|[^局院公]{0,8}(?:稽查|直属|支付|[分子])(?:局|院|公司))"
_PLACE = "[县市区](?!场|政(?!府)|[容民域级直属长])"
_FOLLOWED = "|".join(
    (
        *(
            f"(?<=..){_PART_ENDS[left]}(?={_BELOW if left != '部' else ''}[^{left}{right}]{{2,12}}{_PART_ENDS[right]})"
            for left, right in (*_EQUALS, *((end, end) for end in _SMALL))
        ),
        f"分公司(?=[^公]{{2,12}}分公司)|(?<=..){_PART_ENDS['部']}(?={_PLACE}[^局]{{1,8}}局)",
        f"(?<=..){_PART_ENDS['局']}(?={_PLACE}.{{1,8}}(?:部|办|室|会|院)$)",
        "(?<=..)(?:[镇乡]|街道)(?=(?:[^镇乡街]{2,4}(?:[镇乡]|街道))+$)",
        "(?:工会|团委|妇联|纪委|党委|党办|残联)(?=(?:工会|团[省市区县]?委|妇联|残联|文联|科协|党办)+$)",
    )
)
# Inside a name these nearly always mean that another name follows.
# 资产处置中心 and 东湖镇中心幼儿园 are one.
_HARD = re.compile(
    r"(?:处(?![理置罚])|中心(?!卫生院|幼儿园|医院|小学|中学|学校|敬老院|福利院)|办公室)(?=..)|(?<=.)[院站所局队科室馆](?=[市各].)"
    rf"|{_FOLLOWED}"
)
_SOFT = re.compile(r"[院站所局队科室]")
# What may be the end of a name in the middle of a text: whether it is one, a person must say.
_MIDDLE = re.compile(rf"{_SOFT.pattern}|{_PART_ENDS['部']}")
_MIXED = re.compile(
    f"(?<=..)(?:{'|'.join(_PART_ENDS[e] for e in '科股站所办')})(?=[^{_SMALL}]{{2,8}}[{_SMALL}]$)(?!办公室$)"
)
# Between two names, or within one (发展和改革科): the names on both sides tell.
_BETWEEN = re.compile(r"以及|会同|[和及与\\＋+·.．－—-]")
_EACH = re.compile(r"各\w")  # 综合执法大队及各所: no name of a unit begins with it
# How a division's name ends.  养老院, 事业单位 or 民办学校 may also be what a division looks after.
_DIVISION = re.compile(r"(?:(?<!办事)处|科|股|办公室|(?<![干支])部|(?<!党)组|队|中心|局)$")
_AND_MORE = re.compile(r"等(?:[有相]关)?(?:科室|处室|股室|单位|部门)?$")

_LONGEST = 30  # characters in one name
_MOST = 240  # characters in one run; a cell beyond it is prose, not names


@dataclass(frozen=True, slots=True)
class Units:
    """The units in one cell, and what a person must confirm about them."""

    names: tuple[str, ...] = ()
    lead: str = ""  # the one marked（牵头）
    cut: tuple[tuple[str, tuple[str, ...]], ...] = ()  # text without separators -> the names cut from it
    parted: tuple[tuple[str, tuple[str, ...]], ...] = ()  # text with 和 in it -> the names on its sides
    more: str = ""  # what ends with 等
    odd: tuple[str, ...] = ()  # names that do not look like one whole unit
    whom: tuple[tuple[str, str], ...] = ()  # a unit with a person or telephone in brackets -> the unit
    helps: bool = False  # the first is said to support, and none to lead


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
            if _joint("".join(words)):
                continue
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
    segments = _segments(lines)
    parts = [(words, _parts(words, known)) for words in segments]
    parted = [("".join(words), tuple("".join(p) for p in found)) for words, found in parts if len(found) > 1]
    for words in (p for _, found in parts for p in found):
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
                n
                for n in found
                if n not in known and not _outside(n) and (_halves(n) or _joint(n) or not _plausible(n))
            ]
    pieces = [p for p in map(words_of, split_flat("\n".join(lines), SEPARATORS)) if p]
    whom = ((w, without_person(w)) for p in pieces for w in map(_bare, p))
    lead = _lead(pieces, names)
    more = next((text for p in pieces if _AND_MORE.search(text := _bare("".join(p)))), "")
    unsure = tuple((whole, pieces) for whole, pieces in parted if not known.issuperset(pieces))
    verb = _VERB.search("".join(pieces[0])) if pieces else None
    return Units(
        tuple(dict.fromkeys(names)),
        lead,
        tuple(cut),
        unsure,
        more,
        tuple(dict.fromkeys(odd)),
        tuple((word, unit) for word, unit in whom if word != unit),
        bool(verb and verb["help"] and not lead),
    )


def _lead(pieces: Sequence[Sequence[str]], names: Sequence[str]) -> str:
    """The unit that is said to lead: （牵头） behind it, or the first of those before 牵头."""
    for piece in map("".join, pieces):
        text = plain(without_person(_bare(piece)))
        if re.search(r"[（(〔\[【]总?牵头", piece):
            return next((n for n in names if text.endswith(plain(n))), "")
        if (verb := _VERB.search(piece)) and verb["lead"] and verb["lead"] != "负责":
            return next((n for n in names if plain(n) in text), "")
    return ""


def _bare(word: str) -> str:
    """What stands between separators, without what is said of the unit's part in it."""
    return _PREFIX.sub("", _VERB.sub("", _NOTE.sub("", word))).strip("。.")


def words_of(piece: str) -> list[str]:
    """What white space parts; a bracket stays with what stands before it: 社会事务处 （救助站）."""
    words: list[str] = []
    for word in map(squeeze, split_flat(re.sub(r"\s", "\n", piece), "\n")):
        if words and word.startswith(tuple(_OPEN)):
            words[-1] += word
        elif word:
            words.append(word)
    return words


def _segments(lines: Sequence[str]) -> list[list[str]]:
    """A cell's text between strong separators, each as its words."""
    segments = []
    for piece in split_flat("\n".join(lines), SEPARATORS):
        # White space inside brackets does not separate: 救助站（含 安置点）.
        words = [_AND_MORE.sub("", without_person(_bare(w))) for w in words_of(piece)]
        words = [w for w in words if w and not NOTHING.fullmatch(w) and not w.isdecimal()]
        if words:
            segments.append(words)
    return segments


def _parts(words: Sequence[str], known: frozenset[str]) -> list[list[str]]:
    """A segment parted at 和 and the like, where whole names stand on both sides of it."""
    text = "\n".join(words)
    for m in () if "".join(words) in known else _BETWEEN.finditer(text):
        left, right = text[: m.start()].strip("\n"), text[m.end() :].strip("\n")
        if _both_units(squeeze(left), squeeze(right), known):
            return [left.split("\n"), *_parts(right.split("\n"), known)]
    return [list(words)]


def _both_units(left: str, right: str, known: frozenset[str]) -> bool:
    """Whether these are two units, not one division for two matters: 救助站和福利院, but not 养老院和福利院管理科."""
    sure = left in known or _DIVISION.search(left) or not _DIVISION.search(right) or _EACH.match(right)
    return bool(sure) and _may_be_units(left, right, known)


def _may_be_units(left: str, right: str, known: frozenset[str]) -> bool:
    if not left or not right or not _balanced(left):
        return False
    first, second = (name in known or _plausible(name) for name in (left, right))
    whole = first and (second or bool(_EACH.match(right)))
    return whole and (left not in _SHORT or right in known | _SHORT)  # 党委和政府督查室 is one


def _joint(name: str) -> bool:
    """Whether the name may be two with 和 between them."""
    return any(_may_be_units(name[: m.start()], name[m.end() :], frozenset()) for m in _BETWEEN.finditer(name))


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
    middle = any(m.end() >= 4 and len(bare) - m.end() >= 4 for m in _MIDDLE.finditer(bare))
    return middle or bool(_MIXED.search(bare))


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
    cost += 6 * piece.startswith(("和", "与", "及"))  # 街道办事处与社区治理科 is not cut before 与
    if _TAILS.fullmatch(bare):
        cost += 8
    elif bare not in _SHORT:
        cost += (8 if len(bare) <= 2 else 0) + (0 if _ENDS.search(bare) or _outside(bare) else 5)
    return cost + 6 * any(k in bare for k in known if len(k) >= 4)
