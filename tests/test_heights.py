"""Row heights: as many lines as the text takes."""

from __future__ import annotations

import unicodedata

import pytest

from toolkit.heights import _half_widths, row_height


@pytest.mark.parametrize(
    ("text", "width", "size", "lines"),
    [("", 10, 11, 1), ("一二三四五", 12, 11, 1), ("一" * 12, 12, 11, 2), ("a" * 12, 13, 11, 1), ("一\n二", 9, 11, 2)],
)
def test_row_height_counts_lines(text: str, width: float, size: float, lines: int) -> None:
    assert row_height([(text, width, size)]) == round(lines * size * 1.45 + 6, 1)
    assert row_height([(text, width, size)], least=300) == 300
    assert row_height([("字" * 9000, width, size)]) == 409


def test_a_text_is_as_wide_as_its_characters() -> None:
    for first in range(0x20, 0x30000, 16):
        characters = [chr(c) for c in range(first, first + 16) if not 0xD800 <= c < 0xE000]
        for text in (*characters, "".join(characters), "甲1" + "".join(characters)):
            assert _half_widths(text) == sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text), text
