"""How 责任事项 and names are compared: what may differ without meaning anything is taken away.  Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from toolkit.language import Text, tr

if TYPE_CHECKING:
    from opencc import OpenCC

_CITY_NOTE = re.compile(
    r"[(\[{〔【<]市(?:责任|牵头|配合)单位:?[^()\[\]{}〔〕【】<>]*(?:[)\]}〕】>]|$)|市(?:责任|牵头)单位:.*$"
)
_LEADING_NUMBER = re.compile(r"^\(?\d{1,3}[*★)]{0,2}[.、)]?(?=\D)|^\(?[一二三四五六七八九十]{1,3}[、.)]+")
_SPACE = re.compile(r"\s+")
_PARTED = re.compile(r"(?<=\d)[\s,](?=\d{3}(?!\d))")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_UNIT = "单位"
"""Without it there is no city's bracket."""
_PLAIN_NAME = re.compile("[!-~\u4e00-\u9fff]*")
"""Characters that NFKC leaves as they are, and none of them is dropped."""
_PLAIN_ITEM = re.compile(
    "(?![一二三四五六七八九十])[A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff，。、；：（）《》“”％%/]*"
)
"""No leading number, no point within one, and characters that fold to themselves or are dropped, each by itself."""
_LETTERS_IN_ITEM = re.compile("[0-9A-Za-z\u4e00-\u9fff]+")


def simplified(text: str) -> str:
    """`text` in simplified characters; one that has no rare character is returned as it is."""
    if not _is_common(text) and any("\u3400" <= c <= "\u9fff" for c in text):
        return str(_converter().convert(text))
    return text


def _is_common(text: str) -> bool:
    """Whether all of its characters are common ones, among which none is traditional."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # read only where traditional characters are met

    return OpenCC("t2s")


@lru_cache(1024)
def fold(text: str) -> str:
    """A name or title as it is compared: NFKC, simplified, capital letters, no white space or zero-width sign."""
    return simplified(text if _PLAIN_NAME.fullmatch(text) else _visible(text)).upper()


def _visible(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_VISIBLE)


def normalise(text: str) -> str:
    """A 责任事项 as it is compared: folded, without the city's bracket, leading number and star, punctuation, space."""
    if _PLAIN_ITEM.fullmatch(text) and _UNIT not in text and _is_common(text):  # most: only punctuation to leave out
        return "".join(_LETTERS_IN_ITEM.findall(text))
    return _normalise_any(text)


@lru_cache(4096)
def _normalise_any(text: str) -> str:
    text = _SPACE.sub("", unicodedata.normalize("NFKC", text)).lstrip("*★·•-—")
    text = _LEADING_NUMBER.sub("", _CITY_NOTE.sub("", simplified(text)))
    return _POINT.sub("点", text).translate(_LETTERS)


class _Kept(dict[int, int | None]):
    """For `str.translate`: a character itself, or None where its category begins with one of these letters."""

    def __init__(self, dropped: str) -> None:
        super().__init__()
        self._dropped = dropped

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.category(chr(code))[0] in self._dropped else code
        self[code] = kept
        return kept


_LETTERS, _VISIBLE = _Kept("PZSC"), _Kept("ZC")


def numbers(text: str) -> tuple[str, ...]:
    """The figures of a text in order; 2,000 and 2 000 are 2000."""
    folded = _CITY_NOTE.sub("", unicodedata.normalize("NFKC", text)).strip()
    folded = _LEADING_NUMBER.sub("", folded) if re.match(r"\(?\d{1,3}[*★]*[.、)]", folded) else folded
    return tuple(_NUMBER.findall(_PARTED.sub("", folded)))


def altered(issued: Sequence[str], returned: Sequence[str]) -> bool:
    """Whether figures were changed, added or put in another order; leaving some out is shortening."""
    rest = iter(issued)
    return not all(any(n == i for i in rest) for n in returned)


def bigrams(normalised: str) -> frozenset[str]:
    return frozenset(normalised[i : i + 2] for i in range(len(normalised) - 1))


def containment(part: frozenset[str], whole: frozenset[str]) -> float:
    """How much of `part` stands in `whole`, 0 to 100."""
    return 100 * len(part & whole) / len(part) if part else 0.0


def shorten(text: str, width: int = 30) -> str:
    """The beginning of a text, on one line."""
    text = _SPACE.sub(" ", text).strip()
    return text if len(text) <= width else text[: width - 1] + "…"


def where_they_differ(one: str, other: str) -> tuple[str, str]:
    """Both texts from shortly before the place where they part, on one line."""
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, same - 8)
    one, other = (shorten(text[start:], 24) for text in (one, other))
    return (f"…{one}", f"…{other}") if start else (one, other)


def resemblance(a: frozenset[str], b: frozenset[str]) -> float:
    """0 to 100: how alike two texts are as wholes (Dice)."""
    return 200 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def call_row(number: object, text: str) -> Text:
    """How a division knows a row: its running number and how it begins."""
    begins = _SPACE.sub("", text)
    begins = begins if len(begins) <= 12 else begins[:10] + "…"
    return tr("第{number}项“{begins}”", number=number, begins=begins) if number else tr("“{begins}”", begins=begins)
