"""One run's bookkeeping: reviewed files and people's decisions in, edits to the master out.  Pure.

A `Ledger` starts from the master as it was read, files each arrival under the rules of `merge`, carries out what
people decided on 待处理, and says at the end which cells and rows of the master change.  Nothing changes twice: the
same arrivals against the master that they made give no edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime

from toolkit.arrivals import Arrival
from toolkit.asking import Asking
from toolkit.attention import closed
from toolkit.calendar import days_late
from toolkit.changes import changes
from toolkit.closing import Closings
from toolkit.disagreements import Disagreements
from toolkit.draft import Draft
from toolkit.kinds import kind_of
from toolkit.master import schema
from toolkit.master.edits import Edit
from toolkit.master.indicators import proposed
from toolkit.master.read import Item, Master
from toolkit.master.schema import Sheet
from toolkit.merge import Action, Cell, decide, merge_file
from toolkit.model import (
    APPROVED,
    RULED,
    Finding,
    Receipt,
    Round,
    RoundKind,
    Task,
    Verdict,
    Written,
    digest,
    plain,
    unapproved,
)
from toolkit.plans import steps_of, unread
from toolkit.register import (
    DONE_WITH,
    REFUSED,
    SHOWN_REASON,
    approval_of,
    is_mail,
    place_of,
    reason_of,
    receipt_of,
    taken_back,
)
from toolkit.returns.findings import MAIL_WORDS, NOT_GENUINE, finding, verdict_of
from toolkit.returns.review import Review
from toolkit.returns.wording import call_row, shorten
from toolkit.taking_back import TakingBack
from toolkit.targets.progress import written

IN_PLACE = "receipt:"
"""Begins the key of a decision that a person wrote into 收件记录 itself; no item of 待处理 has it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file (an entry of `collect --json`)."""

    arrival: Arrival
    receipt: Receipt
    findings: tuple[Finding, ...]
    new: bool  # filed in this run
    merged: int = 0  # cells of 完成情况, or plans of tasks, that it changed
    plans: int = 0  # of these, plans

    @property
    def refused(self) -> bool:
        """New, and a person or the sender has to do something about it."""
        return self.new and self.receipt.verdict in (Verdict.HELD, Verdict.RETURNED)


class Ledger:
    """The master as it will be."""

    def __init__(self, master: Master, now: datetime) -> None:
        self._master, self._draft = master, (draft := Draft(master, now))
        self.register, self._attention = draft.register, draft.attention
        self.asking, self.disagreements, self.closings = Asking(draft), Disagreements(draft), Closings(draft)
        self.taking_back = TakingBack(draft)
        # Above every number that was ever given, also where its row was deleted: old items speak of it.
        self._next_no = max(self.register.last, self._attention.last_receipt) + 1
        plans = Sheet.PLANS in master.layouts
        self._collecting = {
            r.key for r in master.office.rounds if kind_of(r).in_ledger or (r.kind is RoundKind.PLAN and plans)
        }

    # what is known

    def task(self, key: str) -> Task | None:
        """The task of this 任务编号."""
        return self._draft.tasks.get(key)

    @property
    def standing(self) -> Mapping[Cell, str]:
        """All texts and figures as they will stand."""
        return self._draft.standing

    def named(self, key: str) -> str:
        """How people call a task, or a row of 指标."""
        return self._draft.named(key)

    @property
    def merged(self) -> Set[Cell]:
        """The cells that this run changed."""
        return self._draft.merged

    # filing

    def number(self) -> int:
        """The 编号 of a file that is met now and filed later: what comes behind it is later than it."""
        self._next_no += 1
        return self._next_no - 1

    def file(self, arrival: Arrival, review: Review, *, instead: Receipt | None = None, no: int = 0) -> Outcome:
        """Record one new file: merge what is certain, list what a person must decide.

        `no`: its `number`, where it has one already.
        `instead`: the same bytes, which wait since a stranger sent them; now they come from whose report it is.
        """
        if instead is not None:
            outcome = self._file(arrival, review, None, no or self.number())
            told = f"处室的邮箱报来了同样的文件（第{outcome.receipt.no}号收件）"
            self.refuse(instead, f"{told}。")
            self._attention.close(f"file:{instead.no}", told)
            self.register.put(outcome.receipt)  # from now on the one of these bytes that counts
            return outcome
        return self._file(arrival, review, self.register.twin(arrival.sha256), no or self.number())

    def _file(self, arrival: Arrival, review: Review, twin: Receipt | None, no: int) -> Outcome:
        if twin is not None:
            findings: tuple[Finding, ...] = (finding("duplicate", no=twin.no),)
            if later := self.register.replaced_by(twin):  # somebody may want the earlier one back
                named = f"{twin.division} {twin.round}"
                findings = (finding("duplicate_of_earlier", no=twin.no, later=later.no, proposal=named),)
            elif gone := self._emptied(twin):
                named = f"{twin.division} {twin.round}"
                findings = (finding("duplicate_but_gone", no=twin.no, n=gone, proposal=named),)
            elif twin.reason.startswith(DONE_WITH) and not is_mail(twin.name):
                findings = (finding("duplicate_of_put_aside", no=twin.no),)
            elif twin.reason.startswith(REFUSED) and not is_mail(twin.name):
                findings = (finding("duplicate_of_refused", no=twin.no),)
            elif taken_back(twin):
                named = f"{twin.division} {twin.round}"
                findings = (finding("duplicate_of_taken_back", no=twin.no, proposal=named),)
            held = verdict_of(findings) is Verdict.HELD
            whose = ("", "") if held else (twin.division, twin.round)
            receipt = receipt_of(no, arrival, *whose, findings, (), approves=self._master.office.approves)
            self.register.put(receipt)
            self.asking.follow_up(receipt, findings, None)
            return Outcome(arrival, receipt, findings, new=True)
        review = self._unless_doubtful(arrival, review)
        findings, written, merged = self._merge(no, review)
        division, round_key = review.division or "", review.round.key if review.round else ""
        if review.proposal and not division and verdict_of(findings) is Verdict.HELD:
            # Whose it seems to be: that one is not asked for it meanwhile.
            division, round_key = review.likely or review.proposal
        receipt = receipt_of(no, arrival, division, round_key, findings, written, approves=self._master.office.approves)
        self.register.put(receipt)
        self.asking.follow_up(receipt, findings, review.proposal)
        self.asking.propose_figures(receipt, review)
        plans = merged if review.round and not kind_of(review.round).in_ledger else 0
        return Outcome(arrival, receipt, findings, new=True, merged=merged, plans=plans)

    def _emptied(self, receipt: Receipt) -> int:
        """How many cells that an accepted file wrote somebody has emptied since."""
        if not receipt.verdict.accepted:
            return 0
        wrote = {w.task for w in receipt.written if w.taken and w.task in self._draft.tasks}
        return sum(not self._draft.text(task, receipt.round) for task in wrote)

    def _unless_doubtful(self, arrival: Arrival, review: Review) -> Review:
        """The review; held where a report that stands would lose its place to it, and another may be meant."""
        if review.division is None or review.round is None or not (says := {**review.texts, **review.figures}):
            return review
        division, round_ = review.division, review.round
        changed = [k for k in says if self.standing.get((k, round_.key), "") != says[k]]
        doubt = self._older(arrival, division, round_, changed)
        if doubt is None and any(f.code == "stamp_not_genuine" for f in review.findings):
            doubt = self._from_elsewhere(division, round_, changed)
        if doubt is None:
            return review
        return Review(None, None, (*review.findings, doubt), {}, proposal=(division, round_.key))

    def _older(self, arrival: Arrival, division: str, round_: Round, changed: Iterable[str]) -> Finding | None:
        """Whether a report that came later was taken in before, and says something else."""
        later = self.register.came_later(division, round_.key, arrival.received)
        newer = [r for r in later if r.verdict is not Verdict.IGNORED]
        told = {w.task for r in newer for w in r.written if w.digest}
        if not (n := sum(k in told for k in changed)):
            return None
        received, proposal = f"{arrival.received:%Y-%m-%d %H:%M}", f"{division} {round_.name}"
        return finding("came_before", no=newer[-1].no, n=n, received=received, proposal=proposal)

    def _from_elsewhere(self, division: str, round_: Round, changed: Iterable[str]) -> Finding | None:
        """Whether what a form of another workspace's changes came in one that was not."""
        standing = ((k, self.standing.get((k, round_.key))) for k in changed)
        holders = [self.holder_of(k, round_.key, digest(now)) for k, now in standing if now]
        own = [r.no for r in holders if r is not None and NOT_GENUINE not in r.reason]
        if not own:
            return None
        told = {"division": division, "round": round_.name, "proposal": f"{division} {round_.name}"}
        return finding("of_another_workspace", no=max(own), n=len(own), **told)

    def _merge(
        self, no: int, review: Review, skip: frozenset[str] = frozenset(), *, as_it_is: bool = False
    ) -> tuple[tuple[Finding, ...], tuple[Written, ...], int]:
        """Merge a review's certain texts: findings with what merging adds, what was written, cells changed.

        `as_it_is`: also a plan that must be mended takes the place of a good one, as a person decided.
        """
        findings = list(review.findings)
        if review.round is None or review.division is None:
            return tuple(findings), (), 0
        if review.round.key not in self._collecting:  # it has no columns in 任务台账
            return (*findings, finding("no_column", round=review.round.name)), (), 0
        form = self.register.newest(review.division, review.round.key)
        accepted = next((r.no for r in form if r.no < no and r.verdict.accepted), None)
        paper = self._draft.on_paper.get((review.division, review.round.key))
        due = self._master.office.round_for(review.division, review.round)
        there = paper is not None and not days_late(paper, due, self._master.zone)
        if accepted is not None or there:  # a correction, good or not, does not make a report late that was in time
            findings = [f for f in findings if f.code != "late"]
        texts = {k: v for k, v in review.texts.items() if k not in skip}
        left_out = self._left_out(review.round, texts)
        for task, missing in left_out.items():
            about = {"label": call_row("", self._draft.tasks[task].text), "answer": "、".join(missing)}
            findings.append(finding("answer_missing", review.places.get(task, ""), **about))
            del texts[task]
        kept = [] if as_it_is else [k for k in texts if k in review.unready and self._good_plan(k, review.round)]
        for task in kept:
            name = call_row("", self._draft.tasks[task].text)
            findings.append(finding("plan_kept", review.places.get(task, ""), label=name))
            del texts[task]
        if accepted is not None and review.texts and verdict_of(findings).accepted:
            findings.append(finding("supersedes", no=accepted))
        merged = merge_file(no, review.round.key, texts, self._draft.texts, self._draft.base, self._draft.stamp)
        findings += self._behind_the_report(review.round, merged.texts)
        if review.round.kind is RoundKind.PLAN:
            findings += self._dropped(merged.texts, review.places)
        self._draft.texts |= merged.texts
        self._draft.merged.update(merged.texts)  # not |=: beside a view of keys it makes the set anew
        self._draft.base |= {(w.task, review.round.key): w.digest for w in merged.written if w.taken}
        written = (
            *merged.written,
            *(Written(k, "", False, "") for k in (*review.incomplete, *left_out, *kept)),
        )
        if not written and verdict_of(findings).accepted:  # all that it might tell of is closed: 销号
            owed = self._master.office.owed(review.round).get(review.division, ())
            written = tuple(Written(t.key, "", False, "") for t in owed)
        disputed = {c.key for c in merged.conflicts}
        for task in texts:
            self._attention.close_conflicts(task, review.round.key, no, disputed)
        for conflict in merged.conflicts:
            if self.disagreements.must_ask(conflict):
                findings.append(finding("not_applied", label=self._draft.label(conflict.task)))
                self.disagreements.ask(conflict)
        figures = {k: v for k, v in review.figures.items() if k not in skip}
        written = (*written, *self._merge_figures(no, review.round, figures, findings))
        return tuple(findings), written, len(merged.texts)

    def _merge_figures(
        self, no: int, round_: Round, figures: Mapping[str, str], findings: list[Finding]
    ) -> tuple[Written, ...]:
        """Merge the sums to date of a return, as texts are; adds to `findings`."""
        if not figures:
            return ()
        merged = merge_file(no, round_.key, figures, self._draft.figures, self._draft.base, self._draft.stamp)
        self._draft.figures |= merged.texts
        self._draft.base |= {(w.task, round_.key): w.digest for w in merged.written if w.taken}
        for key in figures:
            self._attention.close_conflicts(key, round_.key, no, {c.key for c in merged.conflicts})
        for c in merged.conflicts:
            if self.disagreements.must_ask(c):
                about = {"what": self._draft.indicator(c.task), "now": c.master, "returned": c.returned}
                findings.append(finding("figure_not_applied", **about))
                self.disagreements.ask(c)
        return merged.written

    def _left_out(self, round_: Round, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Tasks whose text annex2 would put in the place of one that says more, and what it leaves out."""
        found: dict[str, tuple[str, ...]] = {}
        kind = kind_of(round_)
        for task, text in texts.items() if kind.answers[1:] else ():
            now, base = self._draft.text(task, round_.key), self._draft.base.get((task, round_.key), "")
            missing = kind.leaves_out(now, text)
            if missing and decide(now, base, text) is Action.TAKE:
                found[task] = missing
        return found

    def _good_plan(self, task: str, round_: Round) -> bool:
        """Whether a plan stands whose every step says when."""
        steps = steps_of(self._draft.text(task, round_.key), task)
        return bool(steps) and all(s.when and not unread(s.when) for s in steps)

    def _behind_the_report(self, round_: Round, texts: Iterable[Cell]) -> Iterable[Finding]:
        """That texts change which the office itself has to have reported to the level above by now."""
        due = round_.upstream_due
        if due is None or self._draft.now.date() <= due:
            return
        if count := sum(bool(self._draft.text(*cell)) for cell in texts):
            yield finding("after_upstream", n=count, due=f"{due:%Y-%m-%d}")

    def _dropped(self, texts: Mapping[Cell, str], places: Mapping[str, str]) -> Iterable[Finding]:
        """The steps that a plan leaves out and that stay, since somebody has written their 进度."""
        for (task, _), text in texts.items():
            about = call_row("", self._draft.tasks[task].text)
            for s in self._draft.staying(task, text):
                told = {"label": about, "step": shorten(s.text, 16), "progress": shorten(s.progress, 16)}
                yield finding("step_dropped", places.get(task, ""), **told)

    # decisions

    def decisions(self) -> tuple[Item, ...]:
        """Items that a person has decided on and that were not carried out yet, and decisions in 收件记录 itself."""
        return (*self._attention.decisions(), *self._in_place())

    def _in_place(self) -> Iterable[Item]:
        """What people decided by changing 结论, as an item each."""
        for r in self.register:
            held = self._attention.get(f"file:{r.no}")
            item = held or self._attention.get(f"return:{r.no}")
            said = item.decision if item is not None and self._attention.is_open(item.key) else None  # None: not asked
            waits = said == ""
            changed = waits and held is not None and r.verdict is Verdict.RETURNED
            if r.verdict.accepted and not r.ruled_on:
                changed = bool(held or waits or taken_back(r) or not r.written)
            elif r.verdict is Verdict.RETURNED:
                changed = changed or taken_back(r)
            elif r.verdict is Verdict.HELD:
                changed = any(w.digest for w in r.written)  # a report that counts does not come to wait by itself
            elif r.verdict is Verdict.IGNORED:
                changed = waits or any(w.digest or w.state for w in r.written)
            if r.verdict is Verdict.IGNORED and held is None and not plain(said or "").startswith(schema.ACCEPT_FILE):
                said = None  # the file is not to count, whatever was to be done about it
            if changed and not said:
                yield Item(f"{IN_PLACE}{r.no}", r.no, r.verdict.label, kind=Sheet.RECEIPTS, place=place_of(r))

    def reports_of(self, division: str) -> dict[str, bool]:
        """The rounds that a division has reported, in their order -> whether it waits for its leader's approval."""
        held = ((r.key, self.register.of_form(division, r.key)) for r in self._master.office.rounds)
        return {key: unapproved(group) is not None for key, group in held if any(r.verdict.accepted for r in group)}

    def asked(self, receipt: Receipt) -> str:
        """What is, or was, asked about a file: file, return, or "" for nothing."""
        return next((kind for kind in ("file", "return") if f"{kind}:{receipt.no}" in self._attention), "")

    def answer(self, item: Item, result: str) -> None:
        """Write what became of a decision; one that begins with 已 closes the item.

        A 结论 that a person changed and that cannot be carried out becomes what it was.
        """
        if not item.key.startswith(IN_PLACE):
            self._attention.answer(item.key, result)
            return
        receipt = self.register[item.no]
        kind = "" if taken_back(receipt) else self.asked(receipt)
        if not closed(result):
            verdict = {"file": Verdict.HELD, "return": Verdict.RETURNED}.get(kind, Verdict.IGNORED)
            if receipt.written and (kind != "return" or receipt.ruled_on):
                verdict = Verdict.ACCEPTED_WITH_REMARKS
            self.register.put(replace(receipt, verdict=verdict))
            if receipt.written:  # what was asked about it, if anything, was not decided
                return
        if closed(result) and self.register[item.no].verdict is Verdict.RETURNED:
            if kind == "file":
                self._attention.answer(f"file:{item.no}", result)
            return  # what is still to be mended was asked just now
        if kind and (not closed(result) or self._attention.is_open(f"{kind}:{item.no}")):
            self._attention.answer(f"{kind}:{item.no}", result)

    def adopt(self, receipt: Receipt, review: Review) -> tuple[int, int]:
        """A person confirmed the figures proposed from a file's texts: how many stand now, and how many do not.

        What a person has typed meanwhile stays.
        """
        values = {
            key: written(f.value)
            for key, f in proposed(self._master.indicators, review.texts, review.figures).items()
            if (key, receipt.round) in self._draft.figures
        }
        stamp = self._draft.stamp
        merged = merge_file(receipt.no, receipt.round, values, self._draft.figures, self._draft.base, stamp)
        self._draft.figures |= merged.texts
        taken = tuple(w for w in merged.written if w.taken)
        self._draft.base |= {(w.task, receipt.round): w.digest for w in taken}
        now = self.register[receipt.no]
        others = tuple(w for w in now.written if w.task not in {t.task for t in taken})
        self.register.put(replace(now, written=(*others, *taken)))
        return len(taken), len(values) - len(taken)

    def must_be_mended(self, receipt: Receipt) -> bool:
        """Whether a division is asked to mend a file."""
        return self._attention.is_open(f"return:{receipt.no}")

    def holds(self, task: str, round_key: str) -> bool:
        """Whether the master has a cell for a task's text, or a figure, of a round."""
        return task in self._draft.tasks or (task, round_key) in self._draft.figures

    def holder_of(self, task: str, round_key: str, text_digest: str) -> Receipt | None:
        """The receipt whose file holds this text for the task."""
        for r in reversed(tuple(self.register)):
            if r.round == round_key and any((w.task, w.digest) == (task, text_digest) for w in r.written):
                return r
        return None

    def refuse(self, receipt: Receipt, why: str = REFUSED) -> None:
        """A person does not want a held file."""
        reason = f"{why}{receipt.reason}"
        self.register.put(replace(receipt, verdict=Verdict.IGNORED, reason=reason[:SHOWN_REASON]))

    def look_again(self, receipt: Receipt, review: Review) -> None:
        """Return a report for correction after all, where `review` finds now that something is missing."""
        if verdict_of(review.findings) is Verdict.RETURNED:
            updated = replace(receipt, verdict=Verdict.RETURNED, reason=reason_of(review.findings))
            self.register.put(updated)
            self.asking.follow_up(updated, review.findings, None)

    def accept_as_it_is(self, receipt: Receipt) -> None:
        """A person takes a returned file for a report although something is missing; what is good is merged."""
        updated = replace(
            receipt,
            verdict=Verdict.ACCEPTED_WITH_REMARKS,
            reason=f"{RULED}{receipt.reason.removeprefix(RULED)}"[:SHOWN_REASON],
        )
        self.register.put(updated)
        self.asking.follow_up(updated, (), None)

    def accept(self, receipt: Receipt, review: Review, *, as_it_is: bool = False) -> int:
        """A person accepts a held file as the report that `review` says; cells that a later return filled stay.

        `as_it_is`: see `_merge`.  Returns how many cells changed.
        """
        assert review.division is not None
        assert review.round is not None
        form = self.register.of_form(review.division, review.round.key)
        counting = [r for r in form if r.no > receipt.no and r.verdict is not Verdict.IGNORED]
        skip = frozenset(w.task for r in counting for w in r.written if w.digest)
        for task in review.texts:
            if not self._draft.text(task, review.round.key):  # a person wants the text, who emptied the cell
                self._draft.base.pop((task, review.round.key), None)
        findings, written, merged = self._merge(receipt.no, review, skip, as_it_is=as_it_is)
        # It stands behind a later file's text, and comes to the fore where that one is taken back.
        own = {k: t for k, t in review.figures.items() if (k, review.round.key) in self._draft.figures}
        behind = {**review.texts, **own}
        written += tuple(Written(k, digest(t), True, "", self._draft.stamp) for k, t in behind.items() if k in skip)
        verdict, approval = verdict_of(findings), receipt.approval
        if approval != APPROVED:
            approval = approval_of(verdict, findings, approves=self._master.office.approves)
        reason = reason_of(findings)
        words = [line for line in receipt.reason.splitlines() if MAIL_WORDS in line and line not in reason]
        updated = replace(
            receipt,
            division=review.division,
            round=review.round.key,
            verdict=verdict,
            approval=approval,
            reason="\n".join([f"{RULED}{reason}", *words])[:SHOWN_REASON],
            written=written,
        )
        self.register.put(updated)
        self.asking.follow_up(updated, findings, None)
        self.asking.propose_figures(updated, review)
        return merged

    # what changes

    @property
    def plans(self) -> int:
        """How many tasks' plans of `merged` changed."""
        plans = {r.key for r in self._master.office.rounds if not kind_of(r).in_ledger}
        return sum(round_key in plans for _, round_key in self._draft.merged)

    @property
    def open_items(self) -> int:
        """Items that wait for a person, what `init` asked to confirm left out."""
        return self._attention.waiting()[0]

    @property
    def to_confirm(self) -> int:
        """What `init` asked to confirm and nobody did yet."""
        return self._attention.waiting()[1]

    def edits(self) -> tuple[Edit, ...]:
        """Everything that changes in the master, cells before rows."""
        return changes(self._draft, self.closings)
