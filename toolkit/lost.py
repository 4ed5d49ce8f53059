"""Tasks that stood in 任务台账 when a command last looked, and do not any more: a row deleted by mistake is told.

What is deleted before the first form goes out is the office's own affair: nobody has been asked about it yet.  A task
that is gone stays known: what other sheets hold of it is nobody else's, whoever has its 序号 by now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from contextlib import suppress

from toolkit.errors import WorkspaceError
from toolkit.language import Text, tr
from toolkit.model import KnownTask, Office, Task
from toolkit.returns.wording import call_row
from toolkit.workspace import Workspace

_NOTE = "tasks.json"


def known_tasks(workspace: Workspace) -> Mapping[str, KnownTask]:
    """任务编号 -> the task, of all that there were; empty where nothing is known."""
    try:
        noted = workspace.remembered(_NOTE)
        return {str(key): KnownTask(str(no), str(text), not gone) for key, (no, text, *gone) in noted.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def lost_tasks(known: Mapping[str, KnownTask], office: Office) -> dict[str, Text]:
    """任务编号 -> how people call a task that is not in 任务台账 any more and that nobody was told of yet."""
    there = {t.key for t in office.tasks}
    return {key: call_row(t.no, t.text) for key, t in known.items() if t.missed and key not in there}


def note_tasks(
    workspace: Workspace,
    tasks: Collection[Task],
    known: Mapping[str, KnownTask],
    *,
    told: bool,
    but: Set[str] = frozenset(),
    missed: bool = True,
) -> None:
    """Remember which tasks there are; `told`: what is lost stands on 待处理 by now.

    `but`: keys of rows of which nobody can tell yet whether they are tasks.  `missed`: see `KnownTask`.
    """
    here: Set[str] = {t.key for t in tasks} if told else frozenset()
    noted = {key: t._replace(missed=False) for key, t in known.items() if t.missed and key not in here} if told else {}
    for t in tasks:
        was = known.get(t.key)
        # its number when the master was written last stands in other sheets, too
        no = was.no if was is not None and not told else f"{t.no}"
        if (was is None or (was.no, was.text, was.missed) != (no, t.text, missed)) and t.key not in but:
            noted[t.key] = KnownTask(no, t.text, missed)
    if not noted:
        return
    noted = {**known, **noted}
    values = {key: [t.no, t.text, *([] if t.missed else ["gone"])] for key, t in noted.items()}
    with suppress(WorkspaceError):  # then the next run compares with what was known before
        workspace.remember(_NOTE, values)


def told_lost(lost: Mapping[str, Text]) -> tuple[Text, ...]:
    """One sentence about all of them, where there are any."""
    if not lost:
        return ()
    names = tuple(lost.values())
    return (tr("“任务台账”里少了 {count} 项任务：{names}。误删的请抄回来", count=len(lost), names=names),)
