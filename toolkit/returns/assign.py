"""Rows and tasks, one to one, so that the whole form fits best; a pair that another whole could replace is no pair.

A row by itself may resemble two tasks alike (3 and 9 share a sentence); the form's other rows tell which.  Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

FLOOR = 60.0
"""The least score of a pair."""
MARGIN = 10.0
"""How much worse the form must fit as a whole without a pair.  Both were measured: no wrong pair in 273 edited rows."""

_MOST_ROWS, _MOST_TASKS = 24, 8
"""Of rows that compete for the same tasks; more of them is no form that anybody could tell apart."""

R = TypeVar("R", bound=Hashable)
T = TypeVar("T", bound=Hashable)


def assign(scores: Mapping[R, Mapping[T, float]]) -> tuple[dict[R, T], dict[R, tuple[T, ...]]]:
    """(the pairs that are certain, the candidates of the other rows that have any).

    `scores`: row -> task -> 0 to 100 and above; pairs below FLOOR - MARGIN may be left out.
    """
    edges = {
        row: {t: s for t, s in tasks.items() if s >= FLOOR - MARGIN} for row, tasks in scores.items()
    }
    pairs: dict[R, T] = {}
    doubtful: dict[R, tuple[T, ...]] = {}
    for group in _groups(edges):
        best, chosen = _best(group)
        for row, tasks in group.items():
            task = chosen.get(row)
            sure = task is not None and tasks[task] >= FLOOR
            if task is not None and sure and best - _best(group, without=(row, task))[0] >= MARGIN:
                pairs[row] = task
            elif likely := tuple(sorted((t for t, s in tasks.items() if s >= FLOOR), key=lambda t: -tasks[t])):
                doubtful[row] = likely
    return pairs, doubtful


def _groups(edges: Mapping[R, Mapping[T, float]]) -> list[dict[R, Mapping[T, float]]]:
    """Rows that compete with each other, directly or through others."""
    groups: list[tuple[set[T], dict[R, Mapping[T, float]]]] = []
    for row, tasks in edges.items():
        if not tasks:
            continue
        joined: tuple[set[T], dict[R, Mapping[T, float]]] = (set(tasks), {row: tasks})
        apart = []
        for names, rows in groups:
            if names & joined[0]:
                joined = (names | joined[0], {**rows, **joined[1]})
            else:
                apart.append((names, rows))
        groups = [*apart, joined]
    return [rows for _, rows in groups]


def _best(group: Mapping[R, Mapping[T, float]], without: tuple[R, T] | None = None) -> tuple[float, dict[R, T]]:
    """The best sum of scores and its pairs, exactly, over subsets of the tasks; none where there are too many."""
    tasks = list(dict.fromkeys(t for row in group.values() for t in row))
    if len(tasks) > _MOST_TASKS or len(group) > _MOST_ROWS:
        return 0.0, {}
    bit = {t: 1 << i for i, t in enumerate(tasks)}
    states: dict[int, tuple[float, tuple[tuple[R, T], ...]]] = {0: (0.0, ())}
    for row, scores in group.items():
        grown = dict(states)
        for taken, (total, pairs) in states.items():
            for task, score in scores.items():
                if taken & bit[task] or (row, task) == without:
                    continue
                key, value = taken | bit[task], total + score
                if key not in grown or grown[key][0] < value:
                    grown[key] = (value, (*pairs, (row, task)))
        states = grown
    total, pairs = max(states.values(), key=lambda s: s[0])
    return total, dict(pairs)
