"""Number format codes (ECMA-376 Part 1, 18.8.31): what kind of value a cell shows, and what people see of a number."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from toolkit.xlsx.values import Value

# Built-in numbers, with the ones that East Asian versions of Excel use for dates (ECMA-376 Part 1, 18.8.30).
_DATES = {14, 15, 16, 17, 22, *range(27, 32), 36, *range(50, 55), 57, 58}
_TIMES = {18, 19, 20, 21, 32, 33, 34, 35, 45, 47, 55, 56}
_BUILT_IN = (
    dict.fromkeys(_DATES, "yyyy-mm-dd") | dict.fromkeys(_TIMES, "h:mm:ss") | {9: "0%", 10: "0.00%", 46: "[h]:mm:ss"}
)
_NOT_CODE = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|General|G/通用格式|AM/PM|A/P|上午/下午', re.IGNORECASE
)
_SECTION = re.compile(r'(?:^|;)((?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*)')
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<digits>General|G/通用格式|[#0?][#0?,]*(?:\.[#0?]*)?,*|\.[#0?]+,*)|(?P<percent>%)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_NO_WORDS = re.compile(r"[@/]|[eE][+-]|\[(?:[<>=]|DBNum)")
"""Text, fractions, powers, conditions, Chinese numerals: what is written by such a code is not reckoned here."""
_NOT_WRITTEN = re.compile(r'"[^"]*"|\\.|G/通用格式')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MOST, _LONGEST = 10**12, 255


def built_in(number: int) -> str:
    """A code that shows what the built-in format of a number does, "" where that is the number itself."""
    return _BUILT_IN.get(number, "")


@lru_cache(256)
def format_kind(code: str) -> str:
    """What a number format code shows: "date", "time", "percent", or "" (other numbers, text, elapsed time)."""
    code = _NOT_CODE.sub("", code.split(";")[0]).lower()
    if "[" in code:
        return ""
    if "%" in code:
        return "percent"
    if re.search(r"[yd]|mmm|[eg]{1,4}(?![+-])", code):
        return "date"
    if re.search(r"[hs]", code):
        return "time"
    return "date" if "m" in code else ""


@lru_cache(256)
def says_more(code: str) -> bool:
    """Whether people see something else than the number in a cell with this format: 23%, 10:30:00, 已完成500户."""
    kind = format_kind(code)
    return kind in ("percent", "time") or (not kind and bool(_ELAPSED.search(code) or _worded(code)))


class Worded(str):
    """What people see of a number by a format with words."""

    __slots__ = ("number",)
    number: float

    def __new__(cls, text: str, number: float) -> Worded:
        made = super().__new__(cls, text)
        made.number = number
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return Worded, (str(self), self.number)


def shown(value: Value, code: str) -> Value:
    """What people see of a number by such a code; any other value, and a number that is none the less, as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        return value
    kind = format_kind(code)
    if kind == "time" or (not kind and _ELAPSED.search(code)):
        return clock(value) if value >= 0 else value
    exact = Decimal(str(value))
    if kind != "date" and _worded(code) and (text := _written(exact, code)):
        return Worded(text, value)
    return f"{_plain(exact * 100)}%" if kind == "percent" else value


def clock(days: float) -> str:
    """A time of day, or that has passed: 10:30:00."""
    seconds = round(days * 86400)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _sections(code: str) -> list[str]:
    """Of positive numbers, of negative ones, of zero; the text's left out."""
    return _SECTION.findall(code)[:3]


def _worded(code: str) -> bool:
    """Whether a code adds words to its number, and is one that can be reckoned here."""
    sections = _sections(code) if len(code) <= _LONGEST else []
    if any(_NO_WORDS.search(_NOT_WRITTEN.sub("", s)) for s in sections):
        return False
    return any(map(_has_words, sections))


def _has_words(section: str) -> bool:
    literals = (m["quoted"] or m["escaped"] or m["other"] or "" for m in _TOKEN.finditer(section))
    return any(map(str.isalpha, "".join(literals)))


def _written(value: Decimal, code: str) -> str:
    """A number by a code with words; "" where it has none for this number, or shows two numbers."""
    sections = _sections(code)
    own = 1 if value < 0 else 2 if not value else 0
    section = sections[own] if own < len(sections) else sections[0]
    tokens = list(_TOKEN.finditer(section))
    numbers, percents = (sum(bool(m[name]) for m in tokens) for name in ("digits", "percent"))
    if numbers > 1 or percents > 1 or not _has_words(section):
        return ""
    size = abs(value) * 100**percents
    pieces = (
        _digits(size, m["digits"])
        if m["digits"]
        else m["quoted"] or m["escaped"] or m["currency"] or m["percent"] or m["other"] or ""
        for m in tokens
    )
    text = "".join(pieces).strip()
    return f"-{text}" if text and value < 0 and len(sections) == 1 else text


def _digits(size: Decimal, places: str) -> str:
    """With all its decimals, be fewer shown: 1.25 by 0.0 is no 1.3."""
    whole, _, fraction = places.rstrip(",").partition(".")
    text, _, decimals = _plain(size.scaleb(-3 * (len(places) - len(places.rstrip(","))))).partition(".")
    decimals = decimals.ljust(fraction.count("0"), "0")
    if whole[:1] in "#0?":
        text = text.lstrip("0").rjust(whole.count("0"), "0")
    if "," in whole:
        text = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", text)
    return f"{text}.{decimals}" if decimals else text


def _plain(number: Decimal) -> str:
    return f"{round(number, 6).normalize():f}"
