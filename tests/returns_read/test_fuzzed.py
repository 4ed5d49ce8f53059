"""A few of the inputs that benchmarks/fuzz_returns.py makes by the ten thousand."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_mutated_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    fuzz_returns = pytest.importorskip("fuzz_returns")
    outcomes, wrong = fuzz_returns.fuzz(400, 7, [], lanes=1)
    assert wrong == []
    assert outcomes["read"] > 40
    assert outcomes["unreadable"] > 40
    assert outcomes["not_a_table"] > 3
