"""What arrived and is archived, and is not in the master yet: that was open elsewhere, or an older one was restored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from toolkit.arrivals import Arrival, noted_arrivals
from toolkit.errors import WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.language import Text, tr
from toolkit.master.read import Master
from toolkit.model import ReportState, Verdict
from toolkit.register import Register
from toolkit.standing import standing
from toolkit.tracking import RoundStatus
from toolkit.workspace import Workspace

SHOWN = 5
"""How many names a sentence lists."""

Form = tuple[str, str]
"""Whose report of which round: a division's name, a round's key."""


def unwritten(workspace: Workspace, master: Master) -> tuple[Arrival, ...]:
    """Files that the next `collect` takes up, but for letters and what else is no report at sight."""
    register = Register(master.receipts)
    noted = noted_arrivals(Archive(workspace.archive))
    return tuple(n.arrival for n in noted if n.explained is None and register.recorded(n.arrival) is None)


def some(names: Sequence[str]) -> Text | tuple[str, ...]:
    """The first of a list, for a sentence."""
    return tuple(names) if len(names) <= SHOWN else tr("{names} 等", names=tuple(names[:SHOWN]))


def told_unwritten(arrivals: Collection[Arrival]) -> Text | None:
    """What a person should know of them before anybody is chased; None for nothing."""
    if not arrivals:
        return None
    names = some([a.name for a in arrivals])
    return tr(
        "有 {count} 份收到的文件在归档里，还没有写进总表：{names}。"
        "关上总表再收取一次（annex2 collect，窗口里是“收集回收”），然后再催报、通报",
        count=len(arrivals),
        names=names,
    )


def reported(workspace: Workspace, master: Master, arrivals: Collection[Arrival]) -> frozenset[Form]:
    """Whose reports these are, or seem to be; an empty form is nobody's."""
    if not arrivals:
        return frozenset()
    from toolkit.reviewer import Reviewer  # late: it knows all that can stand in a file

    archive, reviewer = Archive(workspace.archive), Reviewer(master, workspace.secret())
    register, found = Register(master.receipts), set()
    for arrival in arrivals:
        if register.twin(arrival.sha256) is not None:
            continue
        try:
            review = reviewer.first(arrival, archive)
        except WorkspaceError:  # the original is gone, which `collect` says
            continue
        if review.verdict is not Verdict.IGNORED and not review.blank:
            form = (review.division, review.round.key) if review.division and review.round else review.proposal
            found |= {form} if form else set()
    return frozenset(found)


def standing_now(
    workspace: Workspace, master: Master, at: datetime
) -> tuple[tuple[RoundStatus, ...], tuple[Arrival, ...]]:
    """Where everybody stands, also by what is archived and not in the master yet; and what that is.

    Nobody is called missing for what was sent.
    """
    behind = unwritten(workspace, master)
    return with_unwritten(standing(master, at), reported(workspace, master, behind)), behind


def with_unwritten(rounds: Iterable[RoundStatus], forms: Collection[Form]) -> tuple[RoundStatus, ...]:
    """Where everybody stands, with these reports in the office's hands: what comes of them is for `collect` to say."""
    waiting = (ReportState.MISSING, ReportState.RETURNED, ReportState.NOT_DUE, ReportState.DUE_SOON)
    return tuple(
        replace(
            r,
            divisions=tuple(
                replace(d, state=ReportState.HELD)
                if d.state in waiting and (d.division, r.round.key) in forms
                else d
                for d in r.divisions
            ),
        )
        for r in rounds
    )
