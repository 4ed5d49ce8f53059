"""What an English console may still say in Chinese: what workbooks, files and people themselves say, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from toolkit.language import CHINESE, ENGLISH, choose
from toolkit.master.store import load
from toolkit.workspace import Workspace

HAN = re.compile("[\u3400-\u9fff]")
_QUOTED = re.compile("“[^“”]*”")


@contextmanager
def in_english() -> Iterator[None]:
    choose(ENGLISH)
    try:
        yield
    finally:
        choose(CHINESE)


def names_of(workspace: Workspace) -> set[str]:
    """What the office calls its divisions, rounds and leaders, and its files."""
    office = load(workspace).master.office
    names = {office.organisation, *(r.name for r in office.rounds), *(t.leader for t in office.tasks)}
    names |= {n for d in office.divisions for n in (d.name, *d.aliases, d.leader)}
    return names | {t.division for t in office.tasks} | {str(workspace.root), workspace.root.name}


def not_english(text: str, data: Iterable[str] = ()) -> list[str]:
    """Lines with Chinese that is neither `data` nor quoted, as texts and names of sheets and columns are."""
    for name in sorted(data, key=len, reverse=True):
        text = text.replace(name, "")
    told = text
    while told != (told := _QUOTED.sub("", told)):
        pass
    return [line for line in told.splitlines() if HAN.search(line)]
