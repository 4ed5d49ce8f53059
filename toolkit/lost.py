"""Tasks that stood in 任务台账 when a command last looked, and do not any more: a row deleted by mistake is told.

What is deleted before the first form goes out is the office's own affair: nobody has been asked about it yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from contextlib import suppress
from pathlib import Path

from toolkit.errors import WorkspaceError
from toolkit.language import Text, tr
from toolkit.model import Office
from toolkit.returns.wording import call_row
from toolkit.workspace import Workspace, write_durably


def _note(workspace: Workspace) -> Path:
    return workspace.state / "tasks.json"


def known_tasks(workspace: Workspace) -> Mapping[str, tuple[str, str]]:
    """任务编号 -> (序号, 工作事项) of the tasks there were; empty where nothing is known."""
    try:
        noted = json.loads(_note(workspace).read_text("utf-8"))
        return {str(key): (str(no), str(text)) for key, (no, text) in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def lost_tasks(known: Mapping[str, tuple[str, str]], office: Office) -> dict[str, Text]:
    """任务编号 -> how people call a task that is not in 任务台账 any more."""
    there = {t.key for t in office.tasks}
    return {key: call_row(no, text) for key, (no, text) in known.items() if key not in there}


def note_tasks(
    workspace: Workspace,
    office: Office,
    known: Mapping[str, tuple[str, str]],
    *,
    told: bool,
    but: Set[str] = frozenset(),
) -> None:
    """Remember which tasks there are; `told`: what is lost stands on 待处理 by now and is forgotten here.

    `but`: keys of rows of which nobody can tell yet whether they are tasks.
    """
    there = {t.key: (f"{t.no}", t.text) for t in office.tasks if t.key not in but}
    # The number that a task had when the master was written last stands in other sheets, too.
    noted = there if told else {**known, **{key: (known.get(key, new)[0], new[1]) for key, new in there.items()}}
    if noted == known:
        return
    with suppress(WorkspaceError):  # then the next run compares with what was known before
        write_durably(_note(workspace), json.dumps(noted, ensure_ascii=False).encode())


def told_lost(lost: Mapping[str, Text]) -> tuple[Text, ...]:
    """One sentence about all of them, where there are any."""
    if not lost:
        return ()
    names = tuple(lost.values())
    return (tr("“任务台账”里少了 {count} 项任务：{names}。误删的请抄回来", count=len(lost), names=names),)
