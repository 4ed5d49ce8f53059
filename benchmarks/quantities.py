"""How well quantities are found in prose: precision and recall on hand-read sentences.

    python benchmarks/quantities.py [--misses]

A quantity counts as found where value, unit, op and role are all as a person read them; the noun is scored beside it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/targets")]

from sentences import DEVELOPMENT, HELD_OUT, PUBLISHED_STYLE, Sentence  # noqa: E402

from toolkit.targets.quantities import find_quantities  # noqa: E402


class Score(NamedTuple):
    right: int
    wrong: int  # found, and not there or not so
    missed: int
    nouns: int  # of the right ones, with the right noun
    said: list[str]

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong or 1)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed or 1)


def score(sentences: Sequence[Sentence]) -> Score:
    right = wrong = missed = nouns = 0
    said: list[str] = []
    for sentence in sentences:
        left = list(sentence.quantities)
        for found in find_quantities(sentence.text):
            same = next(
                (
                    e
                    for e in left
                    if (e.value, e.unit, e.op, e.role, e.upper)
                    == (found.value, found.unit, found.op, found.role, found.upper)
                ),
                None,
            )
            if same is None:
                wrong += 1
                said.append(f"wrong  {found.words} {found.value} {found.unit} {found.op} {found.role}: {sentence.text}")
                continue
            left.remove(same)
            right += 1
            if same.noun in found.indicator and bool(same.noun) == bool(found.noun):
                nouns += 1
            else:
                said.append(f"noun   {found.words} [{found.action}|{found.noun}] not [{same.noun}]: {sentence.text}")
        missed += len(left)
        said += [f"missed {e.value} {e.unit} {e.op} {e.role}: {sentence.text}" for e in left]
    return Score(right, wrong, missed, nouns, said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--misses", action="store_true", help="list what was wrong or missed")
    parser.add_argument("--only", choices=("development", "held-out", "published"))
    args = parser.parse_args()
    print(f"{'':12} sentences  right  wrong  missed  precision  recall  nouns")
    for name, sentences in (("development", DEVELOPMENT), ("held-out", HELD_OUT), ("published", PUBLISHED_STYLE)):
        if args.only not in (None, name):
            continue
        s = score(sentences)
        print(
            f"{name:12} {len(sentences):9} {s.right:6} {s.wrong:6} {s.missed:7} {s.precision:10.1%} {s.recall:7.1%}"
            f" {s.nouns / (s.right or 1):6.1%}"
        )
        if args.misses:
            print("\n".join(s.said))


if __name__ == "__main__":
    main()
