"""A few of the inputs that benchmarks/fuzz_returns.py makes by the ten thousand."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_mutated_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    fuzz_returns = pytest.importorskip("fuzz_returns")
    outcomes, wrong = fuzz_returns.fuzz(600, 7, [], workers=1)
    assert wrong == []
    assert outcomes["read"] > 60
    assert outcomes["unreadable"] > 60
    assert outcomes["unpacked"] > 60
