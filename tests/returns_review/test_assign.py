"""One-to-one assignment against every assignment there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.returns.assign import FLOOR, MARGIN, assign

Scores = Mapping[int, Mapping[str, float]]

SCORES = st.dictionaries(
    st.integers(0, 4),
    st.dictionaries(st.sampled_from("ABCD"), st.integers(52, 110).map(float), max_size=4),
    max_size=5,
)


def every(scores: Scores) -> Iterator[dict[int, str]]:
    """All ways to give rows to tasks, each task once."""

    def ways(rows: list[int], taken: frozenset[str]) -> Iterator[dict[int, str]]:
        if not rows:
            yield {}
            return
        row, *rest = rows
        yield from ways(rest, taken)
        for task in scores[row].keys() - taken:
            for way in ways(rest, taken | {task}):
                yield {row: task, **way}

    yield from ways(list(scores), frozenset())


def worth(scores: Scores, way: Mapping[int, str]) -> float:
    return sum(scores[r][t] for r, t in way.items())


@settings(max_examples=200, deadline=None)
@given(SCORES)
def test_certain_pairs_are_those_without_which_the_whole_fits_worse(scores: Scores) -> None:
    pairs, doubtful = assign(scores)
    ways = list(every(scores))
    best = max(ways, key=lambda w: worth(scores, w))
    for row, tasks in scores.items():
        for task, score in tasks.items():
            others = max(worth(scores, w) for w in ways if w.get(row) != task)
            certain = score >= FLOOR and worth(scores, best) - others >= MARGIN
            assert (pairs.get(row) == task) == certain
        likely = {t for t, s in tasks.items() if s >= FLOOR}
        assert set(doubtful.get(row, ())) == (set() if row in pairs else likely)
    assert len(set(pairs.values())) == len(pairs)


def test_the_form_as_a_whole_decides() -> None:
    """Tasks 3 and 9 share a sentence: by itself the second row could be either."""
    assert assign({1: {"9": 100.0, "3": 100.0}}) == ({}, {1: ("9", "3")})
    assert assign({1: {"3": 100.0, "9": 74.0}, 2: {"9": 100.0, "3": 100.0}})[0] == {1: "3", 2: "9"}


def test_more_rivals_than_anybody_could_tell_apart() -> None:
    crowd = {row: {"A": 100.0 - row} for row in range(100)}
    pairs, doubtful = assign(crowd)
    assert pairs == {}
    assert len(doubtful) == 41  # those of FLOOR and above
