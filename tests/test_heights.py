"""Row heights: as many lines as the text takes."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.heights import HIGHEST, _half_widths, row_height, row_heights


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


_TEXT = st.text("一二，a1 \n“…😀", max_size=120)
_LOOK = st.tuples(st.sampled_from([0.5, 3.0, 9.0, 31.0, 80.5]), st.sampled_from([5.0, 9.0, 12.0, 30.0]))


@given(
    st.lists(st.lists(_TEXT, min_size=3, max_size=3), max_size=4),
    st.tuples(_LOOK, _LOOK, _LOOK),
    st.sampled_from([0.0, 15.0, 54.0, 300.0]),
    st.sampled_from([HIGHEST, 60.0, math.inf]),
)
def test_many_rows_are_as_high_as_each_alone(
    rows: list[list[str]], looks: tuple[tuple[float, float], ...], least: float, most: float
) -> None:
    columns = [([row[n] for row in rows], *look) for n, look in enumerate(looks)]
    alone = [row_height([(text, *look) for text, look in zip(row, looks, strict=True)], least, most) for row in rows]
    assert row_heights(columns, len(rows), least, most) == alone
