"""The master as it stands -> one round's forms in outbox/, and what a person is told of it, whoever asked for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from toolkit.calendar import due_end
from toolkit.forms.fanout import Made, Placed, PutAway, all_closed, exempted, making, put_away_stale, the_round
from toolkit.language import Text, tr
from toolkit.lost import lost_tasks, note_tasks, told_lost
from toolkit.master.store import Loaded
from toolkit.model import Round
from toolkit.standing import moment, office_of
from toolkit.workspace import Workspace


@dataclass(slots=True)
class HandedOut:
    """What became of a round's forms."""

    round: Round
    made: Made
    closed: tuple[str, ...]  # divisions without a form, since the office has closed all that they would report
    exempt: tuple[str, ...]  # … since they are released from the round
    over: bool  # whether the round's due date is past
    remarks: tuple[str, ...]  # about the master
    put_away: PutAway = field(default_factory=PutAway)  # known when the forms are in their places

    @property
    def placed(self) -> tuple[Placed, ...]:
        return self.made.placed

    @property
    def without(self) -> tuple[Text, ...]:
        """Who has no form, or not the one of before: a sentence each."""
        found = []
        if self.closed:
            found.append(tr("任务都已销号，不用再报，没有生成表格的处室：{listed}", listed=self.closed))
        if self.exempt:
            found.append(tr("免报，没有生成表格的处室：{listed}", listed=self.exempt))
        found += self.put_away.told
        if not self.placed:
            found.append(tr("{name}没有处室要报，没有生成表格", name=self.round.name))
        return tuple(found)

    @property
    def doubtful(self) -> tuple[Text, ...]:
        """What is to be considered before the forms are sent, where there are any: a sentence each."""
        found = []
        if cut := tuple(label for p in self.placed for label in p.form.cut):
            found.append(
                tr(
                    "第{labels}项的工作事项太长，用小字一页也放不下，打印出来末尾会少字（点那一格看得全）。"
                    "要打印的，先在“任务台账”里精简",
                    labels=cut,
                )
            )
        if self.over and self.placed:
            found.append(
                tr(
                    "注意：{name}的截止日期已经过了，报来的都算逾期；要改期，在“报送节点”里改“截止日期”",
                    name=self.round.name,
                )
            )
        return tuple(found)


@contextmanager
def handing_out(
    workspace: Workspace,
    loaded: Loaded,
    key: str,
    now: datetime | None,
    division: str | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Iterator[HandedOut]:
    """Make the forms of the round of this 编号 or 名称, or one division's; they come into outbox/ when the block is
    through, where it wants them (`Made.wanted`), and which tasks were asked about is remembered then.

    Forms that no division gets any more are put away, but where one division's is asked for.  Whoever calls holds the
    workspace (`Workspace.writing`).  Raises Annex2Error, and what is in outbox/ is not written over then.
    """
    master = loaded.master
    at = moment(now, master.zone)
    office = office_of(master, at.date())
    round_ = the_round(office, key)
    known = loaded.known()
    with making(workspace, office, round_, division, progress) as made:
        done = HandedOut(
            round_,
            made,
            () if division else all_closed(office, round_),
            () if division else exempted(office, round_),
            at >= due_end(round_, master.zone),
            (*told_lost(lost_tasks(known, office)), *master.remarks),
        )
        yield done
    if made.wanted:
        if not division:
            done.put_away = put_away_stale(workspace, office, round_, made.placed)
        note_tasks(workspace, office.tasks, known, told=False, but=master.unsettled)
