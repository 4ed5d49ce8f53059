"""How a form's tasks stand on paper: rows as high as their texts, pages that end between tasks.

A text that its page has no room for is set in smaller print, and the signature keeps the last task beside it: nobody
signs a page without text.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from toolkit.heights import HIGHEST, row_height, row_heights

SMALLER = (10.5, 9.0)
"""Points of the smaller prints, the first one that will do."""

Text = tuple[str, float, float]
"""What a cell says, how wide it is (in characters), how large it is written (in points)."""
Column = tuple[Sequence[str], float, float]
"""The same of cells that stand below each other."""


@dataclass(frozen=True, slots=True)
class Page:
    """The height of a printed page, and of what stands on it besides the tasks."""

    room: float
    above: float  # on the first page
    repeated: float  # on each further one
    below: float  # behind the last task

    def rooms(self, *, first: bool, last: bool) -> Iterator[float]:
        """What a task may take, the best first: beside the signature, and not behind a page without a task."""
        tops = (self.above, self.repeated) if first else (self.repeated,)
        for behind in (self.below, 0.0) if last else (0.0,):
            yield from (self.room - top - behind for top in tops)

    @property
    def least_room(self) -> float:
        """What every task may take, wherever it stands."""
        return self.room - max(self.above, self.repeated) - max(self.below, 0.0)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the tasks of one form stand."""

    heights: list[float]  # of each row; none where staff have set them
    breaks: tuple[int, ...]  # rows of tasks above each page's end
    smaller: tuple[tuple[int, int, float], ...]  # task, column, points
    cut: tuple[int, ...]  # tasks that no page has room for


def lay_out(page: Page, columns: Mapping[int, Column], count: int, least: float, block: int) -> Layout:
    """`columns`: what the cells of `count` tasks say, by column; `least`: points of each task's row or rows, which
    `block` counts.
    """
    smaller: list[tuple[int, int, float]] = []
    cut = []
    fits = min(page.least_room, HIGHEST * block)
    of_tasks = row_heights(columns.values(), count, least, inf)
    for n in [n for n, own in enumerate(of_tasks) if own > fits]:
        rooms = [min(r, HIGHEST * block) for r in page.rooms(first=not n, last=n == count - 1)]
        if of_tasks[n] > min(rooms):
            said = {c: (texts[n], width, size) for c, (texts, width, size) in columns.items()}
            sizes = next((sizes for r in rooms if (sizes := _sizes(said, r)) is not None), None)
            if sizes is None:
                cut.append(n)
                sizes = {c: SMALLER[-1] for c, text in said.items() if row_height((text,), most=inf) > max(rooms)}
            smaller += ((n, column, size) for column, size in sizes.items())
            resized = [(t, width, sizes.get(c, size)) for c, (t, width, size) in said.items()]
            of_tasks[n] = row_height(resized, least, max(rooms))
    heights = of_tasks if block == 1 else [height / block for height in of_tasks for _ in range(block)]
    return Layout(heights, page_ends(page, heights, block), tuple(smaller), tuple(cut))


def _sizes(said: Mapping[int, Text], room: float) -> dict[int, float] | None:
    """Of each text that is too high for its room the print in which it is not; None where there is none."""
    sizes = {}
    for column, (text, width, size) in said.items():
        prints = (size, *(s for s in SMALLER if s < size))
        fitting = next((s for s in prints if row_height(((text, width, s),), most=inf) <= room), None)
        if fitting is None:
            return None
        if fitting != size:
            sizes[column] = fitting
    return sizes


def page_ends(page: Page, heights: Sequence[float], block: int) -> tuple[int, ...]:
    """The rows above each page's end that a program must ask for.

    Rows of tasks that have one each part by themselves; only the last one may have to go with the signature.
    """
    breaks = []
    at = page.above
    for first in range(0, len(heights), block):
        last = first + block >= len(heights)
        height = sum(heights[first : first + block])
        signed = height + page.below  # where no page has room for both, a break would be of no use
        alone = last and at + signed > page.room >= page.repeated + signed
        if alone or at + height > page.room:
            if alone or (first and block > 1):
                breaks.append(first)
            at = page.repeated
        at += height
    return tuple(breaks)
