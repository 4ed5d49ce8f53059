"""How high a row must be for its text, estimated.

Excel fits rows that state no height when it opens a file; LibreOffice and most previews do not, so a row that a
program fills is given the height that its text will take.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from math import ceil, inf

from toolkit.xlsx import Sheet

LINE = 1.45  # line height of Chinese fonts, in font sizes: 宋体 takes 1.3, Noto Serif CJK 1.45
MARGIN = 6.0
HIGHEST = 409.0  # Excel's limit
PIXEL = 0.75  # points, at Excel's 96 dpi
DIGIT = 8 * PIXEL  # a column's width counts digits of the workbook's default font, and one of 宋体 11 is 8 pixels


def row_height(cells: Iterable[tuple[str, float, float]], least: float = 0.0, most: float = HIGHEST) -> float:
    """Points for wrapped cells given as (text, column width in characters, font size in points)."""
    return row_heights([((text,), width, size) for text, width, size in cells], 1, least, most)[0]


def row_heights(
    columns: Iterable[tuple[Sequence[str], float, float]], count: int, least: float = 0.0, most: float = HIGHEST
) -> list[float]:
    """Points for `count` rows at once; a column: what its wrapped cells say, its width, its font size."""
    columns = tuple(columns)
    usual = max([0.0, least - MARGIN, *[size * LINE for _, _, size in columns]])
    heights = [usual] * count
    for texts, width, size in columns:
        line = size * LINE
        room, full = _room(width, size)
        brief = int(usual / line) * full // 2 if full > 0 else 0  # characters that make no row higher
        for i, text in enumerate(texts):
            if len(text) > brief or "\n" in text:
                bound = line * (-(-2 * len(text) // full) + text.count("\n")) if full > 0 else inf
                if text and bound > heights[i]:
                    heights[i] = max(heights[i], _lines(text, room) * line)
    points = {height: min(most, max(least, round(height + MARGIN, 1))) for height in set(heights)}
    return [points[height] for height in heights]


def fit_height(sheet: Sheet, row: int, least: float = 0.0, *, new: bool = False) -> None:
    """Give a row of a workbook that is edited in place the height of its text, unless a person has set one.

    `new`: nobody has yet: what it states is the height of the row that it was made like.
    """
    stated, by_hand = sheet.height(row)
    if by_hand and not new:
        return
    texts = sheet.texts(row, _negligible(least))
    points = max(row_height(texts, least), 0.0 if new else min(stated or 0.0, least))
    if points != stated:
        sheet.set_height(row, points)


@lru_cache(maxsize=16)
def _negligible(least: float) -> Callable[[float, float], int]:
    """How many half-widths on one line make no row higher than `least`, by a column's width and a font size."""

    def fitting(width: float, size: float) -> int:
        return max(0, _room(width, size)[1]) if 0 < size * LINE <= least - MARGIN else 0

    return fitting


@lru_cache(maxsize=1024)
def _room(width: float, size: float) -> tuple[float, int]:
    """How many half-widths a line in a cell holds, and how many at least."""
    room = (width - 0.5) * DIGIT / (size / 2)
    return room, _full(room)


def _full(room: float) -> int:
    """Half-widths that a line of so many holds at least: it ends where a character of two at most has no room."""
    return int(room) - 1


def _lines(text: str, room: float) -> int:
    """Lines of `text` where a line holds `room` half-width characters."""
    room = max(room, 2.0)
    lines = 0
    for paragraph in text.split("\n"):
        if 2 * len(paragraph) <= room:
            lines += 1
            continue
        total = _half_widths(paragraph)
        if (few := ceil(total / room)) == -(-total // _full(room)):  # whatever stands where
            lines += few
            continue
        ends = [0, *accumulate(map(_WIDTHS.__getitem__, paragraph))]  # behind each character
        at = 0
        while at < len(paragraph):
            at = max(at + 1, bisect_right(ends, ends[at] + room) - 1)
            lines += 1
    return lines


_UNUSUAL = re.compile("[^ -~\u00b7\u2014\u2018\u2019\u201c\u201d\u2026\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]")


def _half_widths(text: str) -> int:
    if _UNUSUAL.search(text):
        return sum(map(_WIDTHS.__getitem__, text))
    return 2 * len(text) - len(text.encode("ascii", "ignore"))  # Chinese and ASCII: no need to look each one up


class _Widths(dict[str, int]):
    """Half-widths of characters, looked up once."""

    def __missing__(self, character: str) -> int:
        width = self[character] = 2 if unicodedata.east_asian_width(character) in "WFA" else 1
        return width


_WIDTHS = _Widths()
