"""Taking a file back: what it wrote gives way to what stood before it.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from toolkit.attention import TAKEN_BACK_ITEM
from toolkit.draft import Draft
from toolkit.language import tr
from toolkit.merge import Cell, bases, holders, take_back
from toolkit.model import Receipt, RoundKind, Verdict, digest
from toolkit.register import SHOWN_REASON, TAKEN_BACK, taken_back


class TakingBack:
    """What gives way, and to what."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._attention, self._register = draft, draft.attention, draft.register

    def standing_before(self, receipt: Receipt) -> Mapping[Cell, str]:
        """All texts and figures as they will stand, without those that only files which came after this one brought."""
        there: set[Cell] = set()
        brought: dict[Cell, str] = {}
        for r in self._register:
            for w in r.written if r.no != receipt.no else ():
                if w.taken and w.digest and r.no < receipt.no:
                    there.add((w.task, r.round))
                elif w.taken and w.at and r.no > receipt.no:
                    brought[w.task, r.round] = w.digest
        stands = self._draft.standing
        new = {cell for cell, said in brought.items() if cell not in there and digest(stands.get(cell, "")) == said}
        return {cell: text for cell, text in stands.items() if cell not in new} if new else stands

    def holders(self, receipt: Receipt) -> dict[str, Receipt | None]:
        """Whose texts come in the place of what a file wrote, were it taken back: see `merge.holders`."""
        return holders(receipt, tuple(self._register), self._draft.standing)

    def leaning_on(self, receipt: Receipt) -> tuple[Receipt, ...]:
        """Reports of the same form that could leave out a text because a file that is taken back had brought it."""
        return tuple(
            r for r in self._register.of_form(receipt.division, receipt.round)
            if r.verdict.accepted and not r.ruled_on
            and any(not w.digest and not self._draft.text(w.task, r.round) for w in r.written)
        )  # fmt: skip

    def carry_out(self, receipt: Receipt, texts: Mapping[str, str], own: Mapping[str, str], stamp: str) -> str:
        """A person does not want what a file wrote: it gives way to what stood before it.

        That is what other files said (`texts`, by cell; see `merge.holders`), or, where somebody gave the office's text
        up for the file's, that one (`own`; see `given_up_for`).  Returns what was done, in words.
        """
        changes, kept = take_back(receipt, {**texts, **own}, self._draft.standing)
        for cell, text in changes.items():
            self._draft.write(cell, text)
        by_office = sum(task in own for task, _ in changes)
        restored = sum(map(bool, changes.values())) - by_office
        emptied = len(changes) - restored - by_office
        done = [tr("{count} 处改回以前报来的", count=restored)] if restored else []
        done += [tr("{count} 处改回办公室原来写的", count=by_office)] if by_office else []
        done += [tr("{count} 处清空", count=emptied)] if emptied else []
        done += [tr("{count} 处后来人改过或另有报送，没有动", count=len(kept))] if kept else []
        round_ = self._draft.master.office.round(receipt.round)
        plan = round_ is not None and round_.kind is RoundKind.PLAN
        stay = sum(len(self._draft.staying(task, text)) for (task, _), text in changes.items()) if plan else 0
        done += [tr("“办理方案”里 {count} 步写着进度，留着没有删", count=stay)] if stay else []
        told = tr("{done}（{stamp}）", done=tuple(done) or tr("没有要改回的"), stamp=stamp)
        reason = f"{TAKEN_BACK}：{told}。{receipt.reason}"[:SHOWN_REASON]
        self._register.put(replace(receipt, verdict=Verdict.IGNORED, reason=reason, written=()))
        self._hand_on(receipt)
        self._draft.base = bases(self._register)
        self._unsay_states(receipt)
        self._reopen(receipt, changes)
        return told

    def _hand_on(self, receipt: Receipt) -> None:
        """What a later file found as this one had written it is from now on what that one wrote."""
        later = [r.no for r in self._register if r.no > receipt.no and r.round == receipt.round]
        for w in receipt.written:
            if not (w.taken and w.at):
                continue
            found = w._replace(state="", at="")
            heirs = (n for n in later if any(o._replace(state="") == found for o in self._register[n].written))
            if (no := next(heirs, None)) is not None:
                heir = self._register[no]
                written = (o._replace(at=w.at) if o.task == w.task else o for o in heir.written)
                self._register.put(replace(heir, written=tuple(written)))

    def _unsay_states(self, receipt: Receipt) -> None:
        """Let 报送状态 of a file's tasks be found anew, where it says what annex2 wrote for it."""
        spoken = {
            w.task for w in receipt.written
            if w.state and self._draft.master.states.get((w.task, receipt.round), "") == w.state
        }  # fmt: skip
        self._draft.unsaid.update((task, receipt.round) for task in spoken)
        for r in self._register:
            if r.round == receipt.round:
                written = tuple(w._replace(state="") if w.task in spoken else w for w in r.written)
                self._register.put(replace(r, written=written))

    def _reopen(self, receipt: Receipt, changes: Iterable[Cell]) -> None:
        """What a file had closed waits again; what was asked about the file, or a cell that changes, does not."""
        withdrawn = TAKEN_BACK_ITEM.format(no=receipt.no)
        self._attention.close(f"return:{receipt.no}", withdrawn)
        if f"figures:{receipt.no}" in self._attention:  # also where they were adopted: they are gone with the file
            self._attention.answer(f"figures:{receipt.no}", withdrawn)
        form = self._register.of_form(receipt.division, receipt.round)
        gone = [r.no for r in form if taken_back(r)]  # while a later one stood, theirs stayed closed
        last = max((r.no for r in form if r.verdict.accepted), default=0)
        settled = {f"conflict:{task}:{round_key}:" for task, round_key in changes}
        for no in gone:
            later = [r for r in form if r.no > no and r.verdict is Verdict.RETURNED]  # what it says stands for theirs
            said = {f"conflict:{w.task}:{receipt.round}:" for r in later for w in r.written if w.digest}
            if last < no:
                self._attention.unclose(no, settled | said | ({"return:", "figures:"} if later else set()))
        held = {(w.task, w.digest) for r in self._register if r.round == receipt.round for w in r.written}
        for w in receipt.written:
            if (w.task, w.digest) not in held:
                self._attention.close(f"conflict:{w.task}:{receipt.round}:{w.digest}", withdrawn)
