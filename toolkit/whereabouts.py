"""Where a workspace was when it last handled the office's mail.

Two copies on one mailbox each take in half of it, and remind everybody twice: as where one was moved to a new computer
and the old one still runs by schedule.  A folder that several computers share is one workspace, and keeps one note.
"""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path

from toolkit.errors import WorkspaceError
from toolkit.language import Text, tr
from toolkit.workspace import STATE, Workspace

_NOTE = "places.json"
_MOST = 20

Place = tuple[str, str]
"""A computer's name and the folder there."""


def elsewhere(workspace: Workspace) -> Text | None:
    """That mail was last handled in another place, which may go on; None where not, and once it was told (`note`)."""
    places = _noted(workspace)
    if not places or _here(workspace) in places or _is_moved(places[-1], workspace):
        return None
    computer, folder = places[-1]
    return tr(
        "这个工作区上次是在电脑“{computer}”的 {folder} 收发邮件的。搬过来的，那边的要停用：在那里取消定时任务"
        "（annex2 schedule install --remove），再把那个文件夹改名或删掉，否则邮件会各收一半、各催一遍。"
        "是同一个共享文件夹的，不用管",
        computer=computer,
        folder=folder,
    )


def note(workspace: Workspace) -> None:
    """Remember that mail is handled here."""
    places, here = _noted(workspace), _here(workspace)
    if places[-1:] != [here]:
        with suppress(WorkspaceError):  # then it is told once more
            workspace.remember(_NOTE, [*(p for p in places if p != here), here][-_MOST:])


def _here(workspace: Workspace) -> Place:
    return platform.node().partition(".")[0], str(workspace.root.resolve())


def _noted(workspace: Workspace) -> list[Place]:
    """Every place by the order in which mail was last handled there."""
    try:
        return [(str(computer), str(folder)) for computer, folder in workspace.remembered(_NOTE) or ()]
    except (TypeError, ValueError):
        return []


def _is_moved(before: Place, workspace: Workspace) -> bool:
    """Whether the workspace is the one that was there: a folder that was renamed, or has several names."""
    computer, folder = before
    if computer != _here(workspace)[0]:
        return False
    try:
        return not (Path(folder) / STATE).is_dir() or os.path.samefile(folder, workspace.root)  # noqa: PTH121
    except OSError:
        return False
