"""Rates as people read them: nobody reads 100% where something is wanting."""

from __future__ import annotations

from decimal import Decimal

import pytest

from toolkit.rates import percent, rounded, shown


@pytest.mark.parametrize(
    ("rate", "read", "cell"),
    [
        (None, "—", None),
        (1.0, "100%", 1.0),
        (249 / 250, "99.6%", 249 / 250),
        (9999 / 10000, "99.9%", 0.999),
        (0.9995, "99.9%", 0.999),
        (1.0002, "100.1%", 1.001),
        (1 / 3, "33.3%", 1 / 3),
        (0.75, "75%", 0.75),
        (1 / 10000, "0.1%", 0.001),
        (0.0, "0%", 0.0),
        (-0.0002, "-0.1%", -0.001),
        (60.0, "6000%", 60.0),
    ],
)
def test_what_is_short_of_the_whole_is_not_the_whole(rate: float | None, read: str, cell: float | None) -> None:
    assert percent(rate) == read
    assert rate is None or shown(rate) == cell


def test_nor_with_more_decimals() -> None:
    assert rounded(Decimal("99.9995"), Decimal("0.01")) == Decimal("99.99")
    assert rounded(Decimal("99.995"), Decimal("0.01")) == Decimal("99.99")
