"""A few of the inputs that benchmarks/fuzz_review.py makes by the ten thousand."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Annex2

from toolkit.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


def test_mutated_tables(annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    fuzz_review = pytest.importorskip("fuzz_review")
    outcomes, wrong = fuzz_review.fuzz(1500, 7, Workspace(annex2.root))
    assert wrong == []
    assert all(outcomes[verdict] > 50 for verdict in ("held", "returned for correction", "accepted with remarks"))
