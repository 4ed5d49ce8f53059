"""summary: the year in its three shapes, written into summary/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from toolkit import documents
from toolkit.arrivals import Arrival
from toolkit.calendar import due_end
from toolkit.master.store import load
from toolkit.model import ReportState
from toolkit.pending import standing_now
from toolkit.standing import moment
from toolkit.workspace import Workspace

UNSETTLED = (ReportState.MISSING, ReportState.RETURNED)


@dataclass(frozen=True, slots=True)
class Summarised:
    """What was written, and what the year still lacks."""

    paths: tuple[Path, ...]
    missing: int  # reports that are due and not there
    ahead: tuple[str, ...]  # rounds that are not due yet: the summary is a draft
    held: int  # reports that are due and came, and wait for the office's decision
    kept: tuple[Path, ...] = ()  # where documents are that somebody had edited
    unwritten: tuple[Arrival, ...] = ()  # files that are not in the master yet


def summarise(
    workspace: Workspace, now: datetime | None = None, progress: Callable[[int, int, str], None] = lambda *_: None
) -> Summarised:
    """Write the summary as the master has it now; at any time of the year.

    Raises MasterError for a master that cannot be used, TemplateError for a template that cannot be filled.
    """
    from toolkit.summary import build_summary

    master = load(workspace).master
    at = moment(now, master.zone)
    rounds, behind = standing_now(workspace, master, at)
    made = build_summary(master, rounds, at, workspace.templates, progress)
    with workspace.writing():
        kept = documents.put(workspace, {workspace.summary / name: data for name, data in made.items()})
    over = [r for r in rounds if at >= due_end(r.round, master.zone)]
    return Summarised(
        tuple(workspace.summary / name for name in made),
        sum(d.state in UNSETTLED and not d.open for r in over for d in r.divisions),
        tuple(r.round.name for r in rounds if r not in over),
        sum(d.state is ReportState.HELD for r in over for d in r.divisions),
        kept,
        behind,
    )
