"""收件记录 as it will be: one receipt for each file met, found by number, by file, by bytes and by form."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from toolkit.arrivals import Arrival
from toolkit.language import Text, tr
from toolkit.master import schema
from toolkit.master.edits import AddRow, Edit, SetCell
from toolkit.master.receipts import format_written
from toolkit.master.schema import Sheet
from toolkit.model import (
    APPROVED,
    BESIDES,
    PAGE_BESIDE,
    PAGE_LATER,
    UNAPPROVED,
    Finding,
    Receipt,
    Severity,
    Verdict,
    Written,
    plain,
    unapproved,
)
from toolkit.returns.findings import EVIDENCE, PAGE_BEHIND, UNSIGNED, verdict_of

_GRAVEST_FIRST = tuple(reversed(Severity))

SHOWN_REASON = 2000
"""Characters of 收件记录/原因."""

REFUSED, TAKEN_BACK = "经人工裁定不接收。", "经人工撤回"
DONE_WITH = "经人工处理，不算报送。"
"""Begin 收件记录/原因 of a file that a person decided on."""


class Register:
    """The receipts, those of earlier runs and those of this one."""

    def __init__(self, receipts: Iterable[Receipt]) -> None:
        self._before = {r.no: r for r in receipts}  # as the master has them
        self._receipts = dict(self._before)
        self._by_file: dict[tuple[str, str], int] = {}
        self._by_hash: dict[str, int] = {}
        self._by_path: dict[str, int] = {}  # the last that was met there
        self._by_form: dict[tuple[str, str], list[int]] = {}  # numbers, ascending
        self._latest: dict[tuple[str, str], datetime] = {}  # no file of a form came later
        for r in self._before.values():
            self._index(r)

    def __iter__(self) -> Iterator[Receipt]:
        """By number."""
        return iter([self._receipts[no] for no in sorted(self._receipts)])

    def __getitem__(self, no: int) -> Receipt:
        return self._receipts[no]

    def get(self, no: int) -> Receipt | None:
        return self._receipts.get(no)

    @property
    def last(self) -> int:
        """The highest number, 0 for none."""
        return max(self._receipts, default=0)

    def recorded(self, arrival: Arrival) -> Receipt | None:
        """The receipt that this very file at this very place has already."""
        no = self._by_file.get((arrival.sha256, _shown_path(arrival.source, arrival.name)))
        return self._receipts[no] if no is not None else None

    def met_before(self, arrival: Arrival) -> Receipt | None:
        """The same of a file as it lies there now; None where another one stood at that place since, as where it was
        overwritten and overwritten again.  Within a container several may bear one name."""
        known = self.recorded(arrival)
        if known is None or "!" in arrival.path:
            return known
        last = self._by_path.get(_shown_path(arrival.source, arrival.name), 0)
        return None if self._receipts.get(last, known).sha256 != known.sha256 else known

    def twin(self, sha256: str) -> Receipt | None:
        """The first receipt of the same bytes."""
        no = self._by_hash.get(sha256)
        return self._receipts[no] if no is not None else None

    def of_form(self, division: str, round_key: str) -> list[Receipt]:
        """A division's files of a round, by number."""
        return [self._receipts[n] for n in self._by_form.get((division, round_key), ())]

    def newest(self, division: str, round_key: str) -> Iterator[Receipt]:
        """The same from the last one on."""
        return (self._receipts[n] for n in reversed(self._by_form.get((division, round_key), ())))

    def came_later(self, division: str, round_key: str, moment: datetime) -> list[Receipt]:
        """Those that came later than a moment, by number: seldom any, as files are met in their order."""
        latest = self._latest.get((division, round_key))
        if latest is None or latest <= moment:
            return []
        return [r for r in self.of_form(division, round_key) if r.received > moment]

    def replaced_by(self, receipt: Receipt) -> Receipt | None:
        """The receipt of other bytes that stands in the place of one that wrote texts; None where it stands.

        That is one that was accepted, or one that went back for correction and yet overwrote a text.
        """
        if receipt.verdict not in (Verdict.RETURNED, Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_REMARKS):
            return None
        form = [r for r in self.of_form(receipt.division, receipt.round) if r.no >= receipt.no]
        accepted = [r for r in form if r.verdict.accepted]
        if receipt.verdict.accepted and accepted[-1].sha256 != receipt.sha256:
            return accepted[-1]
        if accepted and not receipt.verdict.accepted:
            return None  # a good one came since
        wrote = {w.task: w.digest for w in receipt.written if w.taken}
        for r in reversed([r for r in form if r.sha256 != receipt.sha256 and r.verdict is Verdict.RETURNED]):
            if any(w.taken and wrote.get(w.task, w.digest) != w.digest for w in r.written):
                return r
        return None

    def put(self, receipt: Receipt) -> None:
        """A new receipt, or what has become of one."""
        self._receipts[receipt.no] = receipt
        self._index(receipt)

    def _index(self, r: Receipt) -> None:
        shown = _shown_path(r.source, r.name)
        self._by_file[r.sha256, shown] = r.no
        self._by_path[shown] = max(r.no, self._by_path.get(shown, 0))
        twin = self._receipts.get(self._by_hash.get(r.sha256, 0))
        if twin is None or (twin.verdict is Verdict.IGNORED and r.verdict is not Verdict.IGNORED):
            self._by_hash[r.sha256] = r.no
        if r.division and r.round:
            form = (r.division, r.round)
            self._latest[form] = max(r.received, self._latest.get(form, r.received))
            nos = self._by_form.setdefault(form, [])
            at = bisect_left(nos, r.no)
            if nos[at : at + 1] != [r.no]:
                nos.insert(at, r.no)

    def name_pages(self) -> None:
        """Write into each report that waits for approval the pages that came in the same mail, or behind it.

        What they show is for a person to see: nothing is approved by a picture.
        """
        pages: dict[str, list[Receipt]] = {}
        behind: dict[int, list[Receipt]] = {}  # number of the report that waits -> pages that came later
        for r in self:
            if r.verdict is Verdict.IGNORED and r.reason.startswith(EVIDENCE):
                pages.setdefault(_sent_with(r.source), []).append(r)
            elif r.verdict is Verdict.IGNORED and r.reason.startswith(PAGE_BEHIND):
                waits = unapproved(self.of_form(r.division, r.round))
                if waits and waits.no < r.no:  # no page is signed for what came after it
                    behind.setdefault(waits.no, []).append(r)
        for r in self if pages or behind else ():
            if not r.verdict.accepted or r.approved:
                continue
            beside, later = pages.get(_sent_with(r.source), []), behind.get(r.no, [])
            if r == self._before.get(r.no) and all(p.no in self._before for p in (*beside, *later)):
                continue  # told in an earlier run
            lines = [f"{PAGE_BESIDE}{_named(p)}" for p in beside] + [f"{PAGE_LATER}{_named(p)}" for p in later]
            if told := [line for line in lines if line not in r.reason]:
                room = SHOWN_REASON - sum(len(line) + 1 for line in told)
                self._receipts[r.no] = replace(r, reason="\n".join([r.reason[:room], *told]).strip())

    def cells(self, receipts: Iterable[Receipt]) -> Iterator[Edit]:
        """What changes in the rows of 收件记录 that there are, were `receipts` to stand there."""
        for r in receipts:
            old = self._before.get(r.no)
            if old is None or (old == r and r.ruled == r.was_ruled and old.numbered and not old.called):
                continue
            was, now = _row(old, old.was_ruled), _row(r, r.ruled)
            if old.called:  # 报送情况 counts by the name of today
                was = {**was, "处室": old.called}
            if not old.numbered:
                was = {**was, "写入记录": None}
            for header, value in now.items():
                if was[header] != value:
                    yield SetCell(Sheet.RECEIPTS, str(r.no), header, value)


def new_rows(receipts: Iterable[Receipt]) -> list[AddRow]:
    """The rows of 收件记录 that receipts without one get."""
    return [AddRow(Sheet.RECEIPTS, _row(r, r.ruled)) for r in receipts if not r.row]


def receipt_of(
    no: int,
    arrival: Arrival,
    division: str,
    round_key: str,
    findings: Sequence[Finding],
    written: tuple[Written, ...],
    *,
    approves: bool,
) -> Receipt:
    """The receipt of a file: whose report of which round it is, "" where nobody's.

    `approves`: whether the office has its reports approved.
    """
    verdict = verdict_of(findings)
    return Receipt(
        no,
        arrival.received,
        arrival.source,
        arrival.name,
        arrival.sha256,
        division,
        round_key,
        verdict,
        reason_of(findings),
        arrival.archive,
        written=written,
        approval=approval_of(verdict, findings, approves=approves),
    )


def approval_of(verdict: Verdict, findings: Iterable[Finding], *, approves: bool) -> str:
    """收件记录/审定: what the form itself says, "" where nobody is asked; a person may put it right."""
    if verdict in (Verdict.HELD, Verdict.IGNORED) or not approves:
        return ""
    return UNAPPROVED if any(f.code in UNSIGNED for f in findings) else APPROVED


def reason_of(findings: Iterable[Finding]) -> str:
    """收件记录/原因: one finding a line; what decided the verdict stands before what is only worth knowing."""
    ordered = sorted(findings, key=lambda f: _GRAVEST_FIRST.index(f.severity))
    decided = any(f.severity in (Severity.HOLD, Severity.CORRECT) for f in ordered)
    begins = {Severity.REMARK: BESIDES} if decided else {}
    return "\n".join(begins.get(f.severity, "") + _sentence(f) for f in ordered)[:SHOWN_REASON]


def is_mail(name: str) -> bool:
    """Whether a file is a mail by its name: a letter, a bounce, or what reports came in; never a report itself."""
    return name.lower().endswith((".eml", ".msg"))


def taken_back(r: Receipt) -> bool:
    """Whether a person took back what the file had written."""
    return r.reason.startswith(TAKEN_BACK)


def _named(page: Receipt) -> Text:
    return tr("第{no}号收件 {name}（{archive}）", no=page.no, name=page.name, archive=page.archive)


def _sentence(f: Finding) -> str:
    return f"{f.where}：{f.message}" if f.where else f.message


def _sent_with(source: str) -> str:
    """The mail that a file came in, or else what it was packed into, or lay in."""
    parts = source.split("!")
    mails = [i for i, p in enumerate(parts, start=1) if is_mail(p)]
    return "!".join(parts[: mails[-1]]) if mails else source


def _shown_path(source: str, name: str) -> str:
    # As a cell gives it back: white space at its ends and control characters do not survive there.
    return plain(f"{source}|{name}".encode("utf-8", "replace").decode())


def _row(r: Receipt, ruled: datetime | None) -> Mapping[str, str | int | datetime | None]:
    return {
        "编号": r.no,
        "收到时间": r.received,
        "来源": r.source,
        "文件名": r.name,
        "处室": r.division or None,
        "节点": r.round or None,
        "结论": r.verdict.label,
        schema.APPROVAL: r.approval or None,
        "原因": r.reason or None,
        "归档位置": r.archive,
        "SHA-256": r.sha256,
        "写入记录": format_written(r.no, r.written, ruled),
    }


def place_of(receipt: Receipt) -> str:
    """位置 of an item about a file."""
    return f"{Sheet.RECEIPTS} 第{receipt.no}号：{receipt.name}"
