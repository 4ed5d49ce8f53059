"""How far a long run is: a bar on a terminal; in logs and pipes a line now and then, and none of a short run.

Both go to stderr, so that what is printed stays what it is.  rich is imported only where there is a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from toolkit.language import said

Report = Callable[[int, int, str], None]
"""What a run calls: done, of how many (0 while that is not known), with which."""

SOON, LATER = 15.0, 60.0
"""Seconds: a line comes at the earliest, and at the latest, after the one before."""
TENTH = 0.1


@contextmanager
def bar(title: str, *, quiet: bool = False) -> Iterator[Report]:
    """A place to report to; `title` is a sentence of the catalogue.  The bar goes away with the run."""
    if quiet:
        yield lambda *_: None
        return
    if not sys.stderr.isatty():
        yield lines(title)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    # markup off: a file may be called “[1].xlsx”
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(said(title), total=None, name="")

        def report(done: int, total: int, name: str) -> None:
            shown.update(task, completed=done, total=total or None, name=said(name))

        yield report


def lines(title: str, clock: Callable[[], float] = time.monotonic) -> Report:
    """A line on stderr when a tenth more is done, or a minute has passed."""
    last, told = clock(), 0.0

    def report(done: int, total: int, name: str) -> None:
        nonlocal last, told
        now, share = clock(), done / total if total else 0.0
        if now - last < SOON or (told and share - told < TENTH and now - last < LATER):
            return
        last, told = now, share
        if total:
            told_of = said("{title}：已完成 {done}/{total}", title=said(title), done=done, total=total)
        else:
            told_of = said("{title}：{name}", title=said(title), name=said(name))
        print(told_of, file=sys.stderr, flush=True)

    return report
