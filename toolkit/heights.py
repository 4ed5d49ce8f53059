"""How high a row must be for its text, estimated.

Excel fits rows that state no height when it opens a file; LibreOffice and most previews do not, so a row that a
program fills is given the height that its text will take.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from toolkit.xlsx import Sheet

LINE = 1.45  # line height of Chinese fonts, in font sizes: 宋体 takes 1.3, Noto Serif CJK 1.45
MARGIN = 6.0
HIGHEST = 409.0  # Excel's limit
PIXEL = 0.75  # points, at Excel's 96 dpi
DIGIT = 8 * PIXEL  # a column's width counts digits of the workbook's default font, and one of 宋体 11 is 8 pixels


def row_height(cells: Iterable[tuple[str, float, float]], least: float = 0.0) -> float:
    """Points for wrapped cells given as (text, column width in characters, font size in points)."""
    needed = [_lines(text, (width - 0.5) * DIGIT / (size / 2)) * size * LINE for text, width, size in cells]
    return min(HIGHEST, max(least, round(max(needed, default=0.0) + MARGIN, 1)))


def fit_height(sheet: Sheet, row: int, least: float = 0.0) -> None:
    """Give a row of a workbook that is edited in place the height of its text, unless a person has set one."""
    stated, by_hand = sheet.height(row)
    if by_hand:
        return
    looks = sheet.looks(row)
    cells = [
        (str(value), *looks[column])
        for column, value in sheet.row_values(row).items()
        if isinstance(value, str) and column in looks
    ]
    sheet.set_height(row, max(row_height(cells, least), min(stated or 0.0, least)))


def _lines(text: str, room: float) -> int:
    """Lines of `text` where a line holds `room` half-width characters."""
    room = max(room, 2.0)
    lines = 0
    for paragraph in text.split("\n"):
        if 2 * len(paragraph) <= room:
            lines += 1
            continue
        used, count = 0, 1
        for character in paragraph:
            width = 2 if unicodedata.east_asian_width(character) in "WFA" else 1
            if used + width > room:
                used, count = 0, count + 1
            used += width
        lines += count
    return lines
