"""Row heights: as many lines as the text takes."""

from __future__ import annotations

import pytest

from toolkit.heights import row_height


@pytest.mark.parametrize(
    ("text", "width", "size", "lines"),
    [("", 10, 11, 1), ("一二三四五", 12, 11, 1), ("一" * 12, 12, 11, 2), ("a" * 12, 13, 11, 1), ("一\n二", 9, 11, 2)],
)
def test_row_height_counts_lines(text: str, width: float, size: float, lines: int) -> None:
    assert row_height([(text, width, size)]) == round(lines * size * 1.45 + 6, 1)
    assert row_height([(text, width, size)], least=300) == 300
    assert row_height([("字" * 9000, width, size)]) == 409
