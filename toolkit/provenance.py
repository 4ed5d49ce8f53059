"""Where the master's texts came from, and whether the archive still says the same.

Reads the master, 收件记录 and the archive; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from toolkit.arrivals import Arrival, noted_arrivals
from toolkit.attention import ADOPTED
from toolkit.disagreements import Disagreements
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.language import tr
from toolkit.ledger import IN_PLACE, Ledger
from toolkit.master import schema
from toolkit.master.read import Item, Master
from toolkit.merge import Cell
from toolkit.model import Office, Receipt, Round, RoundKind, Task, Verdict, Written, digest, plain
from toolkit.reviewer import Reviewer


@dataclass(frozen=True, slots=True)
class Step:
    """One file that spoke of a cell, whatever became of it."""

    receipt: Receipt
    text: str | None  # what the file holds for the task, "" for nothing that may be taken; None: it cannot be read
    place: str  # sheet and cell in the file
    taken: bool  # it was written into the master
    at: datetime | None  # when
    replaced: str | None  # what stood there before: the text, or where a person had changed it, 待处理's words


@dataclass(frozen=True, slots=True)
class Trace:
    """The story of one 完成情况 cell, oldest first."""

    task: Task
    round: Round
    text: str  # as it stands in the master
    steps: tuple[Step, ...]

    @property
    def origin(self) -> Step | None:
        """The file that the last text taken came from."""
        return next((s for s in reversed(self.steps) if s.taken), None)

    @property
    def by_hand(self) -> bool:
        """Whether a person changed the cell since."""
        origin = self.origin
        if origin is None:
            return bool(self.text)
        return self.text != origin.text


def the_task(office: Office, wanted: str) -> Task:
    """The task with this 任务编号 or 序号.  Raises Annex2Error where there is none, or more than one."""
    folded = plain(wanted).rstrip("*★")
    found = [t for t in office.tasks if t.key == folded] or [t for t in office.tasks if str(t.no) == folded]
    if len(found) == 1:
        return found[0]
    if found:
        keys = "、".join(t.key for t in found)
        raise Annex2Error(
            tr("序号 {folded} 有 {count} 项任务", folded=folded, count=len(found)),
            remedy=tr("请写任务编号：{keys}", keys=keys),
        )
    raise Annex2Error(
        tr("没有任务“{wanted}”", wanted=wanted),
        remedy=tr("请写任务台账里的序号，1 至 {count}", count=len(office.tasks)),
    )


def trace(master: Master, archive: Archive, secret: bytes, task: Task, round_: Round) -> Trace:
    """Where the text of one cell came from."""
    return Trace(
        task,
        round_,
        master.status.get((task.key, round_.key), ""),
        tuple(_steps(master, archive, Reviewer(master, secret), (task.key, round_.key))),
    )


def _steps(master: Master, archive: Archive, reviewer: Reviewer, cell: Cell) -> Iterator[Step]:
    before: str | None = None
    told: set[str] = set()  # the same bytes once more say nothing new
    items = {i.key: i for i in master.items}
    for receipt in sorted(master.receipts, key=lambda r: r.no):
        entry = next((w for w in receipt.written if w.task == cell[0] and w.digest), None)
        unused = not receipt.verdict.accepted and bool(receipt.division) and receipt.sha256 not in told
        if receipt.round != cell[1] or (entry is None and not unused):
            continue
        try:
            again = reviewer.again(receipt, archive)
            text, place = again.texts.get(cell[0]), again.places.get(cell[0], "")
            if text is None and cell[0] in again.incomplete and receipt.verdict is Verdict.RETURNED:
                text = ""
        except WorkspaceError:
            text, place = None, ""
        if entry is None:
            if text is not None:
                told.add(receipt.sha256)
                yield Step(receipt, text, place, taken=False, at=None, replaced=None)
            continue
        told.add(receipt.sha256)
        chosen = items.get(f"conflict:{cell[0]}:{cell[1]}:{entry.digest}")
        replaced = before if entry.taken else None
        if entry.taken and chosen is not None and _chose(chosen, entry):  # over a text of the office's own
            replaced = Disagreements.stood(chosen.problem)
        yield Step(receipt, text, place, entry.taken, _moment(entry), replaced)
        if entry.taken:
            before = text


def _chose(item: Item, entry: Written) -> bool:
    """Whether a person chose this very text of a file, when it was written; the same words may have come before."""
    at = _moment(entry)
    return item.result.startswith(ADOPTED) and at is not None and f"{at:%Y-%m-%d %H:%M}" in item.result


def _moment(entry: Written) -> datetime | None:
    try:
        return datetime.strptime(entry.at, "%Y%m%dT%H%M")  # noqa: DTZ007  office's time, shown as it is
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Difference:
    """A merged cell that the archive does not bear out."""

    task: str
    label: str
    round: str
    receipt: int
    kind: str  # changed_by_hand, original_missing, original_differs
    message: str
    master: str
    archive: str | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What recomputing every merged cell gave."""

    cells: int
    files: int
    differences: tuple[Difference, ...]
    unrecorded: tuple[Arrival, ...] = ()  # in the archive, not in 收件记录: the next collect takes them up
    pending: tuple[int, ...] = ()  # receipts whose 结论 a person changed: the next collect carries it out


def rebuild(master: Master, archive: Archive, secret: bytes) -> Rebuilt:
    """Recompute every merged cell from the archive and compare it with the master."""
    reviewer = Reviewer(master, secret)
    sources: dict[Cell, tuple[Receipt, str]] = {}
    for receipt in sorted(master.receipts, key=lambda r: r.no):
        for w in receipt.written:
            if w.taken:
                sources[w.task, receipt.round] = (receipt, w.digest)
    texts: dict[int, Mapping[str, str] | str] = {}
    differences: list[Difference] = []
    labels = {t.key: t.label for t in master.office.tasks}
    labels |= {r.key: labels[r.target.task] for r in master.indicators.rows if r.target}
    standing = {**master.status, **master.indicators.figures}
    for (task, round_key), (receipt, wanted) in sources.items():
        if task not in labels:
            continue  # a person deleted the task
        if receipt.no not in texts:
            try:
                texts[receipt.no] = reviewer.held(receipt, archive)
            except WorkspaceError as e:
                texts[receipt.no] = e.without_remedy
        held = texts[receipt.no]
        now = standing.get((task, round_key), "")
        text = None if isinstance(held, str) else held.get(task)
        if isinstance(held, str):
            kind, message = "original_missing", tr("原件不能再读：{held}", held=held)
        elif text is None or digest(text) != wanted:
            kind, message = "original_differs", tr("原件里的文字与登记的不符")
        elif text != now:
            kind, message = "changed_by_hand", tr("台账的文字与报送的不同（人工改过）")
        else:
            continue
        differences.append(Difference(task, labels[task], round_key, receipt.no, kind, message, now, text))
    ledger = Ledger(master, datetime.now(master.zone))
    unrecorded = tuple(n.arrival for n in noted_arrivals(archive) if ledger.register.recorded(n.arrival) is None)
    pending = tuple(i.no for i in ledger.decisions() if i.key.startswith(IN_PLACE))
    return Rebuilt(len(sources), len(texts), tuple(differences), unrecorded, pending)


def place_of(task: Task, round_: Round) -> str:
    """Where people find a text: a cell of 任务台账, or the rows of 办理方案."""
    if round_.kind is RoundKind.PLAN:
        return tr("办理方案 第{label}项", label=task.label)
    return tr("任务台账 第{label}项 {column}", label=task.label, column=schema.round_columns(round_.name)[0].header)
