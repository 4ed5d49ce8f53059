"""How far a long run is: a bar on a terminal, nothing in logs and pipes, where the result's lines are enough.

The bar goes to stderr, so that what is printed stays what it is.  rich is imported only where there is a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from toolkit.language import said

Report = Callable[[int, int, str], None]
"""What a run calls: done, of how many, with which."""


@contextmanager
def bar(title: str, *, quiet: bool = False) -> Iterator[Report]:
    """A place to report to; `title` is a sentence of the catalogue.  The bar goes away with the run."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
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
            shown.update(task, completed=done, total=total, name=name)

        yield report
