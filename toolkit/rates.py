"""Rates as people read them: what is short of the whole never reads 100%, what is more than nothing never 0%.  Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

TENTH = Decimal("0.1")
_WHOLE = Decimal(100)


def rounded(percent: Decimal, step: Decimal = TENTH) -> Decimal:
    """Per cents to the nearest `step`; 99.97 stays below 100, and 0.02 above 0."""
    near = percent.quantize(step, ROUND_HALF_UP)
    if near != percent and near in (0, _WHOLE):
        near += step if percent > near else -step
    return near


def shown(rate: float) -> float:
    """A rate for a cell that shows tenths of a per cent: as it is, unless it would read 100% or 0% and is not."""
    near = rounded(_percent(rate))
    return rate if f"{rate * 100:.1f}" == f"{near:.1f}" else float(near / _WHOLE)


def percent(rate: float | None, nothing: str = "—") -> str:
    """75%, 99.6%; `nothing` where there is no rate."""
    return nothing if rate is None else f"{rounded(_percent(rate)):.1f}".removesuffix(".0") + "%"


def _percent(rate: float) -> Decimal:
    return Decimal(str(rate)) * _WHOLE
