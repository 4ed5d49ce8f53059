"""Numbers with their units, as they are written: 2.5万户, 1 856户, 两千余条, 百分之三十, 九成以上, 50至60个.

Finds where they are and what they are worth; what they mean is for `quantities`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

_FOLD = str.maketrans(
    "０１２３４５６７８９．％／～－();　萬億兩個戶張條項處場間隻員",
    "0123456789.%/~-（）； 万亿两个户张条项处场间只员",
)

_DIGITS = dict(zip("零〇一二三四五六七八九", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)) | {"两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_SCALE = {"": 1, "百": 100, "千": 1000, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}

# A number has at most so many digits or numerals here; longer runs are codes, not quantities.
_LONGEST = 15

_ARABIC = r"\d{1,3}(?:[,，]\d{3}){1,4}(?![\d,])(?:\.\d++)?|\d{1,3}(?: \d{3}){1,4}(?!\d)(?:\.\d++)?|\d++(?:\.\d++)?"
_CHINESE = r"[零〇一二两三四五六七八九十百千万亿]++(?:点[零〇一二三四五六七八九]++)?"
_NUMBER = re.compile(
    rf"(?:(?P<arabic>{_ARABIC}) ?(?P<more>[余多])?(?P<scale>[百千]?万|万?亿|[百千](?!分之))?(?P<odd>[余多])?"
    rf"|(?P<chinese>{_CHINESE})(?P<left>[余多来几](?P<tail>[万亿])?)?)",
)

# What may not follow a unit: then the character begins another word (10人民币, 3家庭, 5项目).
_NOT_AFTER = {
    "个": "月|工作日|小时|星期|季度|年|周|自然日|百分",
    "人": "民|均|口|才|员|大|力|事",
    "家": "庭|属|长|政|具|电|园|乡|人",
    "名": "单|称|额|誉|录",
    "处": "室|理|置|于|长|罚|级",
    "项": "目",
    "次": "日|月|年|要|级",
    "条": "件|例|款",
    "位": "于|一体|置",
    "批": "复|示|准|零",
    "组": "织|建|成|长",
    "对": "象|于|口|标|接",
    "户": "籍|口|型|主",
    "起": "来|草|步|点",
    "部": "门|分|署|长",
    "班": "子|长",
    "场": "所|地|景",
    "所": "有|属|在|需|以",
    "支": "持|付|出|部|撑",
    "元": "旦|素|月",
    "单": "位|元",
    "节": "点|日|约|能",
    "片": "区",
    "份": "额",
    "类": "似|别",
    "间": "隔|接",
    "本": "市|区|级|土|年|季|月|局|处",
    "期": "间|限|工程|项目|建设",
    "台": "账|帐",
    "门": "店",
    "通": "知|报|过|用|道|行|气|车|水|电|信|讯|告",
    "成": "立|效|果|为|员|本|功|熟|长|都|品|年|人|就|交|绩|了|套",
    "例": "如|会|行",
    "套": "餐",
    "座": "谈",
}  # fmt: skip
_LONG_UNITS = (
    "个百分点|百分点|平方公里|平方米|立方米|公里|公顷|千克|公斤|美元|人次|人天|户次|家次|车次|件次|例次|场次|班次|批次|"
    "台次|人份|课时|学时|学分|床位|%|‰"
)
_SHORT_UNITS = (
    "个户人名家所处项次条位批组对起部班场支元单节片份类间本期台门米倍件例套张座亩"
    "通吨栋幢幅册辆把盏篇块只棵株宗笔枚首盒箱副床口"
)
_UNIT = re.compile(
    f" ?(?:{_LONG_UNITS}|"
    + "|".join(f"{u}(?!{n})" if (n := _NOT_AFTER.get(u)) else u for u in _SHORT_UNITS)
    + ")"
)
_TENTHS = re.compile(f"成(?!{_NOT_AFTER['成']})")

_RANGE = re.compile(r" ?(?:至|到|-|—|~|–) ?")
_FRACTION = re.compile(r"(百|千)分之$")
# Before a number, these make it an ordinal, a name, a telephone number or a part of a code.
_NO_NUMBER = re.compile(r"(?:第|附件|附表|表|图|前|排名|位列|[A-Za-z\d.+#〔\[]|\d[-—/×x*:： ]|[-/×]) ?$")
_PHRASE = re.compile(
    r"两项补贴|[四五]个意识|四个自信|两个维护|两个确立|[四五]个全面|两个一百年|五个一|八项规定|[三四五]位一体|"
    r"[千百]家|千[家方]万"
)
# A one counts only where something was made: 一 is in too many words (一个人一个样, 一次性, 同一家, 统一).
_MADE = re.compile(r"(?:新建|建成|建好|新增|成立|开办|新开业|打造|创建|组建|设立|建立|完成)(?:了)?$")
_ONE_OF = "个所家处座支条项"
_ROUND_ABOUT = re.compile(r"(?:近|上|超|超过|逾|约|过|突破|达到?)$")
_NEIGHBOURS = ("一两", "两三", "三四", "四五", "五六", "六七", "七八", "八九")  # 两三个: two or three


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number and its unit at `start:end` of the text."""

    value: Decimal
    unit: str  # 户, 元, %, ‰, 百分点 …; never with 万 or 亿
    start: int
    end: int
    upper: Decimal | None = None  # of a range
    more: bool = False  # 余, 多: somewhat more than the value


def fold(text: str) -> str:
    """The text with full-width digits and some traditional characters as usual ones, place by place."""
    return text.translate(_FOLD)


def base_unit(unit: str) -> tuple[Decimal, str]:
    """What a unit is worth in the plain one: 万户 is 10000 户.  Persons are one unit: 名 and 位 are 人."""
    unit = fold(unit.strip())
    scale = next((s for s in ("万亿", "千万", "百万", "亿", "万") if unit.startswith(s) and unit != s), "")
    plain_unit = unit[len(scale) :]
    return Decimal(_SCALE[scale]), {"名": "人", "位": "人", "个百分点": "百分点"}.get(plain_unit, plain_unit)


def tidy(value: Decimal) -> Decimal:
    """The value without zeros after its point: 48000.0 is 48000, 64.30 is 64.3."""
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()


def parse_chinese(text: str) -> Decimal | None:
    """三千二百 -> 3200, 十 -> 10, 六点五 -> 6.5, 二〇 -> 20; None for what is no number."""
    whole, _, fraction = text.partition("点")
    if len(text) > _LONGEST or not whole:
        return None
    number = _whole(whole)
    if number is None or (fraction and any(c not in _DIGITS for c in fraction)):
        return None
    tail = "".join(str(_DIGITS[c]) for c in fraction)
    return Decimal(f"{number}.{tail}") if tail else Decimal(number)


def _whole(text: str) -> int | None:
    if all(c in _DIGITS for c in text):  # read digit by digit: 二〇二三
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = 0
    digit: int | None = None
    lowest = 10_000
    for c in text:
        if c in "零〇":
            lowest = 10_000
        elif c in _DIGITS:
            if digit is not None:
                return None
            digit = _DIGITS[c]
        elif c in _SMALL:
            if digit is None and section and c != "十":
                return None
            if _SMALL[c] >= lowest:
                return None
            section += (1 if digit is None else digit) * _SMALL[c]
            digit, lowest = None, _SMALL[c]
        else:
            scale = _SCALE[c]
            section += digit or 0
            if not section and not total:
                section = 1
            total = (total + section) * scale if c == "亿" else total + section * scale
            section, digit, lowest = 0, None, 10_000
    if digit is not None and lowest < 10_000 and text[-2] in _SMALL and _SMALL[text[-2]] > 10:
        digit *= _SMALL[text[-2]] // 10  # 三千二 is 3200
    return total + section + (digit or 0)


def numerals(text: str) -> Iterator[Numeral]:
    """Every number with a unit in a folded text, from left to right."""
    at = 0
    while (m := _NUMBER.search(text, at)) is not None:
        at = m.end()
        if m.lastgroup is None:
            continue
        if (found := _numeral(text, m)) is not None:
            yield found
            at = max(at, found.end)


def _numeral(text: str, m: re.Match[str]) -> Numeral | None:
    start = m.start()
    before = text[max(0, start - 4) : start]
    if m["chinese"] and m["chinese"].endswith(("百", "千")) and text.startswith("分之", m.end()):
        return None  # the number comes next
    if (fraction := _FRACTION.search(before)) is not None:
        value = _value(m)
        if value is None:
            return None
        return Numeral(value, "%" if fraction[1] == "百" else "‰", start - 3, m.end(), more=_more(m))
    if _NO_NUMBER.search(before) or _PHRASE.match(text, start):
        return None
    if (unit := _unit(text, m.end())) is None and (ranged := _RANGE.match(text, m.end())) is None:
        return None
    near = bool(m["chinese"]) and m["chinese"] in _NEIGHBOURS and not m["left"]
    if near and unit is not None:
        low, high = (_DIGITS[c] for c in m["chinese"])
        return Numeral(Decimal(low), unit[0], start, unit[1], upper=Decimal(high))
    value = _value(m)
    if value is None:
        return None
    stop = unit[1] if unit else m.end()
    if (ranged := _RANGE.match(text, stop)) is not None and (second := _NUMBER.match(text, ranged.end())) is not None:
        upper_unit, upper = _unit(text, second.end()), _value(second)
        if (
            upper_unit is not None
            and upper is not None
            and upper > value
            and (unit is None or unit[0] == upper_unit[0])
            and not (m["chinese"] and m["chinese"] in "二一")
        ):
            if unit is None and second["scale"] and not m["scale"] and upper > value * _SCALE[second["scale"]]:
                value *= _SCALE[second["scale"]]  # 2至3万户
            return Numeral(value, upper_unit[0], start, upper_unit[1], upper=upper, more=_more(second))
    if unit is None or not _counts(text, m, before, unit[0]):
        return None
    if unit[0] == "%" and text[stop - 1] == "成":
        if not 1 <= value <= 10:
            return None
        value *= 10
    return Numeral(value, unit[0], start, stop, more=_more(m))


def _unit(text: str, at: int) -> tuple[str, int] | None:
    """The unit at a place, and where it ends."""
    if (m := _UNIT.match(text, at)) is not None:
        unit = m[0].strip()
        return ("百分点" if unit == "个百分点" else unit), m.end()
    if (m := _TENTHS.match(text, at)) is not None:
        return "%", m.end()
    return None


def _counts(text: str, m: re.Match[str], before: str, unit: str) -> bool:
    """Whether a numeral in Chinese is a count at all, beside a unit."""
    written = m["chinese"]
    if not written:
        whole = m["arabic"]
        return not (len(whole) > 1 and whole[0] == "0" and whole[1] != ".")
    if written == "一":
        return unit in _ONE_OF and _MADE.search(before) is not None
    if written == "二":  # 二次分配, 二类: a count is 两
        return text[m.end()] == "成"
    if written[0] in "十百千万" and before.endswith(("数", "几")):
        return False  # 数十个: nobody knows how many
    if written[0] in "百千万":  # 百姓, 千家万户; but 近百名
        return bool(m["left"]) or _ROUND_ABOUT.search(before) is not None
    return True


def _value(m: re.Match[str]) -> Decimal | None:
    if m["arabic"]:
        digits = re.sub("[,， ]", "", m["arabic"])
        return None if len(digits) > _LONGEST else tidy(Decimal(digits) * _SCALE[m["scale"] or ""])
    number = parse_chinese(m["chinese"])
    return None if number is None else tidy(number * _SCALE[m["tail"] or ""])


def _more(m: re.Match[str]) -> bool:
    return bool(m["more"] or m["odd"] or m["left"])
