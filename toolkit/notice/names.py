"""Names in a cell: units (处室、单位) and leaders.  Pure: lines of text -> names.

The hard case is a cell such as 社会事务处养老服务处市低保中心: in its narrow column each name filled one line, so
nobody ever typed a separator.  It is cut by what is known from the rest of the table and by how names of units end;
whoever calls is told of every such cut, since a person must confirm it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

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
_ATOMS = re.compile(r"办公室|处室|科室|办事处|中心|单位|机关|部门|处[理置罚]")  # no name ends inside one of these
_SHORT = frozenset(("工会", "团委", "妇联", "纪委", "党委", "党办", "残联"))
_NUMBERED = re.compile(r"第?[一二三四五六七八九十]{1,2}[处科室股组]")
# What ends like a unit but is only the tail of one: 养老服务中心 + 管理处 is one name.
_TAILS = re.compile(r"管理[处科站所局办]|服务[处站所]|办事处|(?:服务|指导)中心")
# Inside a name these nearly always mean that another name follows.
# 资产处置中心 and 东湖镇中心幼儿园 are one.
_HARD = re.compile(
    r"(?:处(?![理置罚])|中心(?!卫生院|幼儿园|医院|小学|中学|学校|敬老院|福利院)|办公室)(?=..)|(?<=.)[院站所局队科室馆](?=[市各].)"
)
_SOFT = re.compile(r"[院站所局队科室]")
# Between two names, or within one (发展和改革科): the names on both sides tell.
_BETWEEN = re.compile(r"以及|会同|[和及与\\＋+·.．－—-]")
# How a division's name ends.  养老院, 事业单位 or 民办学校 may also be what a division looks after.
_DIVISION = re.compile(r"(?:(?<!办事)处|科|股|办公室|(?<![干支])部|(?<!党)组|队|中心|局)$")
_AND_MORE = re.compile(r"等(?:[有相]关)?(?:科室|处室|股室|单位|部门)?$")

_LONGEST = 30  # characters in one name
_MOST = 240  # characters in one run; a cell beyond it is prose, not names
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
_VACANT = re.compile(r"[（(〔\[【]?(?:待[定明补]确?|未定|未明确|待(?:安排|确定)|[暂空]缺|暂无|暂未?(?:定|明确))[）)〕\]】]?")
_COMPOUND = "欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|司徒|东方|西门|南宫|端木"
_COMPOUND_SURNAMES = re.compile(_COMPOUND)
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗"
    "凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄穆萧肖尹姚邵湛汪祁"
    "毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊"
    "胡凌霍虞万支柯管卢莫房裘缪解应宗丁宣邓郁单杭洪包诸左石崔吉龚程嵇邢裴陆荣翁荀羊甄曲封储靳焦牧车侯全班仇宫"
    "宁甘厉祖武符刘景詹束龙叶司黎薄印白蒲邰从鄂索赖卓蔺屠蒙池乔胥闻党翟谭劳申冉桑桂牛寿通边扈燕冀尚农温庄晏柴"
    "瞿阎闫充慕连艾鱼容向古易廖庾衡步耿满匡文欧沃利蔚越师巩聂晁敖冷辛阚简饶曾沙鞠关查游权岳帅佟涂丘仝付代覃占"
)
_SURNAME = re.compile(rf"{_COMPOUND}|[{_SURNAMES}]")


@dataclass(frozen=True, slots=True)
class Units:
    """The units in one cell, and what a person must confirm about them."""

    names: tuple[str, ...] = ()
    lead: str = ""  # the one marked（牵头）
    cut: tuple[tuple[str, tuple[str, ...]], ...] = ()  # text without separators -> the names cut from it
    parted: tuple[tuple[str, tuple[str, ...]], ...] = ()  # text with 和 in it -> the names on its sides
    more: str = ""  # what ends with 等
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
    marked = re.search(rf"([^{re.escape(SEPARATORS)}\s]+)[（(〔\[【]总?牵头", " ".join(lines))
    lead = next((n for n in names if marked and plain(marked[1]).endswith(plain(n))), "")
    more = next((p for p in split_flat("".join(map(squeeze, lines)), SEPARATORS) if _AND_MORE.search(p)), "")
    unsure = tuple((whole, pieces) for whole, pieces in parted if not known.issuperset(pieces))
    return Units(tuple(dict.fromkeys(names)), lead, tuple(cut), unsure, more, tuple(dict.fromkeys(odd)))


def split_leaders(lines: Sequence[str], known: frozenset[str]) -> tuple[str, ...]:
    """Leaders' names without the white space that pads them: `李  超` is one name, `李超 王五一` are two.

    `known`: names that stand alone in other cells.
    """
    names: list[str] = []
    for piece in split_flat("\n".join(lines), SEPARATORS):
        whole = squeeze(piece)
        if whole and not _NOTHING.fullmatch(whole) and not _VACANT.fullmatch(whole):
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
    words = _words(piece)
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
    if whole in known or _COMPOUND_SURNAMES.fullmatch(words[0]):
        return -1 if len(whole) <= 4 else _NO_NAME
    if min(map(len, words)) > 1:
        return _NO_NAME
    surname = _SURNAME.match(whole)
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


def _words(piece: str) -> list[str]:
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
        words = [_PREFIX.sub("", _NOTE.sub("", w)).strip("。.") for w in _words(piece)]
        words = [_AND_MORE.sub("", w) for w in words]
        words = [w for w in words if w and not _NOTHING.fullmatch(w) and not w.isdecimal()]
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
    sure = left in known or _DIVISION.search(left) or not _DIVISION.search(right)
    return bool(sure) and _may_be_units(left, right, known)


def _may_be_units(left: str, right: str, known: frozenset[str]) -> bool:
    if not left or not right or not _balanced(left):
        return False
    whole = all(name in known or _plausible(name) for name in (left, right))
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
    cost += 6 * piece.startswith(("和", "与", "及"))  # 街道办事处与社区治理科 is not cut before 与
    if _TAILS.fullmatch(bare):
        cost += 8
    elif bare not in _SHORT:
        cost += (8 if len(bare) <= 2 else 0) + (0 if _ENDS.search(bare) else 5)
    return cost + 6 * any(k in bare for k in known if len(k) >= 4)
