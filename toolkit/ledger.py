"""One run's bookkeeping: reviewed files and people's decisions in, edits to the master out.  Pure.

A `Ledger` starts from the master as it was read, files each arrival under the rules of `merge`, carries out what
people decided on 待处理, and says at the end which cells and rows of the master change.  Nothing changes twice: the
same arrivals against the master that they made give no edit.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cached_property

from toolkit import closing
from toolkit.attention import ADOPTED, KEPT, TAKEN_BACK_ITEM, Attention, closed
from toolkit.calendar import days_late
from toolkit.kinds import kind_of
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.columns import new_columns
from toolkit.master.deadlines import deadline_edits
from toolkit.master.edits import Edit, SetCell
from toolkit.master.indicators import figure_edits, proposed
from toolkit.master.plan_edits import step_edits
from toolkit.master.read import BY_FORMULA, Item, Master, TaskState
from toolkit.master.schema import Sheet
from toolkit.master.tracker_edits import new_divisions, tracker_edits
from toolkit.merge import (
    Action,
    Cell,
    Conflict,
    bases,
    decide,
    holders,
    merge_file,
    report_states,
    take_back,
)
from toolkit.model import (
    APPROVED,
    RULED,
    Finding,
    Office,
    Receipt,
    Round,
    RoundKind,
    Step,
    Task,
    Verdict,
    Written,
    answered,
    digest,
    plain,
    unapproved,
)
from toolkit.pace import Standing
from toolkit.plans import CARRIED, placed, steps_of, unread
from toolkit.register import (
    DONE_WITH,
    REFUSED,
    SHOWN_REASON,
    TAKEN_BACK,
    Arrival,
    Register,
    approval_of,
    is_mail,
    new_rows,
    reason_of,
    receipt_of,
    taken_back,
)
from toolkit.returns.findings import NO_REPORT, finding
from toolkit.returns.review import Review, verdict_of
from toolkit.returns.wording import call_row, shorten
from toolkit.standing import paces, rulings
from toolkit.targets import Progress
from toolkit.targets.progress import written

_STOOD = "台账里是人工改过的"
SHOWN_TEXT = 3000
"""Characters of a text quoted on 待处理: both texts of a conflict fit a cell."""
EMPTY, CLIPPED = "（空）", "……（后略，全文见台账和归档的原件）"
IN_PLACE = "receipt:"
"""Begins the key of a decision that a person wrote into 收件记录 itself; no item of 待处理 has it."""
REOPEN = "reopen:"
"""Begins the key of an item about a closed task whose evidence is gone."""
LOST, BACK = "lost:", "已经抄回来了"
"""Begins the key of an item about a task whose row is gone; what became of it where the row is there again."""


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
        self._master, self._now = master, now.replace(microsecond=0)
        self._stamp = f"{now:%Y%m%dT%H%M}"
        self.register = Register(master.receipts)
        self._status = dict(master.status)
        self._unsaid: set[Cell] = set()  # whose 报送状态 does not hold any more
        self._figures = master.indicators.figures
        self._base = bases(master.receipts)
        # Above every number that was ever given, also where its row was deleted: old items speak of it.
        self._attention = Attention(master, self._now)
        self._next_no = max(self.register.last, self._attention.last_receipt) + 1
        plans = Sheet.PLANS in master.layouts
        self._collecting = {
            r.key for r in master.office.rounds if kind_of(r).in_ledger or (r.kind is RoundKind.PLAN and plans)
        }
        self._tasks = {t.key: t for t in master.office.tasks}
        self._task_states = dict(master.task_states)
        self._disputed: dict[str, str] = {}  # tasks that were to be closed -> what took back the evidence meanwhile
        self.merged: set[Cell] = set()
        self.proposed: tuple[str, ...] = ()  # labels of the tasks that this run proposes to close

    @cached_property
    def _on_paper(self) -> Mapping[tuple[str, str], datetime]:
        """When reports came on paper, by division and round: what a person wrote into 报送情况."""
        return {form: day for form, day in rulings(self._master).items() if isinstance(day, datetime)}

    # what is known

    def task(self, key: str) -> Task | None:
        """The task of this 任务编号."""
        return self._tasks.get(key)

    def text(self, task: str, round_key: str) -> str:
        """完成情况 as it will stand."""
        return self._status.get((task, round_key), "")

    @property
    def standing(self) -> Mapping[Cell, str]:
        """All texts and figures as they will stand."""
        return ChainMap(self._status, self._figures) if self._figures else self._status

    # filing

    def file(self, arrival: Arrival, review: Review) -> Outcome:
        """Record one new file: merge what is certain, list what a person must decide."""
        twin = self.register.twin(arrival.sha256)
        no = self._next_no
        self._next_no += 1
        if twin is not None:
            findings: tuple[Finding, ...] = (finding("duplicate", no=twin.no),)
            if later := self.register.replaced_by(twin):  # somebody may want the earlier one back
                named = f"{twin.division} {twin.round}"
                findings = (finding("duplicate_of_earlier", no=twin.no, later=later.no, proposal=named),)
            elif twin.reason.startswith(DONE_WITH) and not is_mail(twin.name):
                findings = (finding("duplicate_of_put_aside", no=twin.no),)
            elif twin.reason.startswith(REFUSED) and not is_mail(twin.name):
                findings = (finding("duplicate_of_refused", no=twin.no),)
            elif taken_back(twin):
                named = f"{twin.division} {twin.round}"
                findings = (finding("duplicate_of_taken_back", no=twin.no, proposal=named),)
            held = verdict_of(findings) is Verdict.HELD
            whose = ("", "") if held else (twin.division, twin.round)
            receipt = receipt_of(no, arrival, *whose, findings, ())
            self.register.put(receipt)
            self._follow_up(receipt, findings, None)
            return Outcome(arrival, receipt, findings, new=True)
        review = self._unless_older(arrival, review)
        findings, written, merged = self._merge(no, review)
        division, round_key = review.division or "", review.round.key if review.round else ""
        if review.proposal and not division and verdict_of(findings) is Verdict.HELD:
            # Whose it seems to be: that one is not asked for it meanwhile.
            division, round_key = review.likely or review.proposal
        receipt = receipt_of(no, arrival, division, round_key, findings, written)
        self.register.put(receipt)
        self._follow_up(receipt, findings, review.proposal)
        self._propose_figures(receipt, review)
        plans = merged if review.round and not kind_of(review.round).in_ledger else 0
        return Outcome(arrival, receipt, findings, new=True, merged=merged, plans=plans)

    def _unless_older(self, arrival: Arrival, review: Review) -> Review:
        """The review; held where it would take the place of a report that came later and was taken in before."""
        if review.division is None or review.round is None or not review.texts:
            return review
        form = self.register.of_form(review.division, review.round.key)
        newer = [r for r in form if r.received > arrival.received and r.verdict is not Verdict.IGNORED]
        told = {w.task for r in newer for w in r.written if w.digest}
        changed = [k for k in told & review.texts.keys() if self.text(k, review.round.key) != review.texts[k]]
        if not changed:
            return review
        doubt = finding(
            "came_before",
            no=newer[-1].no,
            n=len(changed),
            received=f"{arrival.received:%Y-%m-%d %H:%M}",
            proposal=f"{review.division} {review.round.name}",
        )
        proposal = (review.division, review.round.key)
        return Review(None, None, (*review.findings, doubt), {}, proposal=proposal)

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
        form = self.register.of_form(review.division, review.round.key)
        accepted = next((r.no for r in reversed(form) if r.no < no and r.verdict.accepted), None)
        paper = self._on_paper.get((review.division, review.round.key))
        due = self._master.office.round_for(review.division, review.round)
        there = paper is not None and not days_late(paper, due, self._master.zone)
        if accepted is not None or there:  # a correction, good or not, does not make a report late that was in time
            findings = [f for f in findings if f.code != "late"]
        texts = {k: v for k, v in review.texts.items() if k not in skip}
        left_out = self._left_out(review.round, texts)
        for task, missing in left_out.items():
            about = {"label": call_row("", self._tasks[task].text), "answer": "、".join(missing)}
            findings.append(finding("answer_missing", review.places.get(task, ""), **about))
            del texts[task]
        kept = [] if as_it_is else [k for k in texts if k in review.unready and self._good_plan(k, review.round)]
        for task in kept:
            name = call_row("", self._tasks[task].text)
            findings.append(finding("plan_kept", review.places.get(task, ""), label=name))
            del texts[task]
        if accepted is not None and review.texts and verdict_of(findings).accepted:
            findings.append(finding("supersedes", no=accepted))
        merged = merge_file(no, review.round.key, texts, self._status, self._base)
        if review.round.kind is RoundKind.PLAN:
            findings += self._dropped(merged.texts, review.places)
        self._status |= merged.texts
        self.merged.update(merged.texts)  # not |=: beside a view of keys it makes the set anew
        self._base |= {(w.task, review.round.key): w.digest for w in merged.written if w.taken}
        written = (
            *(w._replace(at=self._stamp) if (w.task, review.round.key) in merged.texts else w for w in merged.written),
            *(Written(k, "", False, "") for k in (*review.incomplete, *left_out, *kept)),
        )
        for task in texts:
            self._attention.close_conflicts(task, review.round.key, no, {c.key for c in merged.conflicts})
        for conflict in merged.conflicts:
            if self._must_ask(conflict):
                findings.append(finding("not_applied", label=self._label(conflict.task)))
                self._add_conflict(conflict)
        figures = {k: v for k, v in review.figures.items() if k not in skip}
        written = (*written, *self._merge_figures(no, review.round, figures, findings))
        return tuple(findings), written, len(merged.texts)

    def _merge_figures(
        self, no: int, round_: Round, figures: Mapping[str, str], findings: list[Finding]
    ) -> tuple[Written, ...]:
        """Merge the sums to date of a return, as texts are; adds to `findings`."""
        if figures and not self._master.indicators.keeps(round_.key):
            findings.append(finding("no_figure_column", column=schema.figure_column(round_.name).header))
            return ()
        merged = merge_file(no, round_.key, figures, self._figures, self._base)
        self._figures |= merged.texts
        self._base |= {(w.task, round_.key): w.digest for w in merged.written if w.taken}
        for key in figures:
            self._attention.close_conflicts(key, round_.key, no, {c.key for c in merged.conflicts})
        for c in merged.conflicts:
            if self._must_ask(c):
                about = {"what": self._indicator(c.task), "now": c.master, "returned": c.returned}
                findings.append(finding("figure_not_applied", **about))
                self._ask_about(
                    c,
                    f"指标 {self._indicator(c.task)} {schema.figure_column(round_.name).header}",
                    f"指标里是人填的：{c.master}\n第{c.receipt}号收件报来的是：{c.returned}",
                    f"指标没有改动。要保留原来的数选“{schema.KEEP_MASTER}”，要换成报来的选“{schema.TAKE_RETURN}”",
                )
        return tuple(w._replace(at=self._stamp) if (w.task, round_.key) in merged.texts else w for w in merged.written)

    def named(self, key: str) -> str:
        """第3*项, or of a row of 指标 第3项“新建社区老年人服务中心”."""
        return f"第{self._label(key)}项" if key in self._tasks else self._indicator(key)

    def _indicator(self, key: str) -> str:
        """第3项“新建社区老年人服务中心”, of a row of 指标."""
        row = self._master.indicators.row(key)
        return f"第{self._label(row.target.task)}项“{row.target.indicator}”" if row and row.target else key

    def _left_out(self, round_: Round, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Tasks whose text annex2 would put in the place of one that says more, and what it leaves out."""
        found: dict[str, tuple[str, ...]] = {}
        for task, text in texts.items():
            now, base = self.text(task, round_.key), self._base.get((task, round_.key), "")
            missing = kind_of(round_).leaves_out(now, text)
            if missing and decide(now, base, text) is Action.TAKE:
                found[task] = missing
        return found

    def _good_plan(self, task: str, round_: Round) -> bool:
        """Whether a plan stands whose every step says when."""
        steps = steps_of(self.text(task, round_.key), task)
        return bool(steps) and all(s.when and not unread(s.when) for s in steps)

    def _dropped(self, texts: Mapping[Cell, str], places: Mapping[str, str]) -> Iterable[Finding]:
        """The steps that a plan leaves out and that stay, since somebody has written their 进度."""
        for (task, _), text in texts.items():
            about = call_row("", self._tasks[task].text)
            for s in self._staying(task, text):
                told = {"label": about, "step": shorten(s.text, 16), "progress": shorten(s.progress, 16)}
                yield finding("step_dropped", places.get(task, ""), **told)

    def _staying(self, task: str, text: str) -> list[Step]:
        """The steps of a task's plan that stay although its `text` has them no more: nobody's to delete."""
        kept, _, emptied = placed(have := self._master.office.plans.get(task, ()), text, task)
        return [s for s in have if s.row not in kept and s.row not in emptied]

    # 待处理

    def _follow_up(self, receipt: Receipt, findings: Sequence[Finding], proposal: tuple[str, str] | None) -> None:
        place = f"收件记录 第{receipt.no}号：{receipt.name}"
        asked = [f for f in findings if f.severity in ("hold", "correct")]
        problem = reason_of(asked)
        remedies = list(dict.fromkeys(f.remedy for f in asked))
        if receipt.verdict is Verdict.HELD:
            advice = "\n".join(remedies)
            if proposal is None and schema.ACCEPT_FILE not in advice:
                advice += f"\n不用这份文件就选“{schema.REFUSE_FILE}”"
            if NO_REPORT & {f.code for f in asked}:
                advice += "；里面的内容要用，就自己填进“任务台账”，在“报送情况”填收到的日期"
            self._attention.add(f"file:{receipt.no}", schema.ITEM_RULING, place, problem, advice)
        elif receipt.verdict is Verdict.RETURNED:
            wanted = "；".join(r.removeprefix("请") for r in remedies)
            advice = f"请{receipt.division}改正后重新报送：{wanted}。收到合格的报送后这一条自动办结"
            self._attention.ask("return", receipt, schema.ITEM_RETURN, place, problem, advice)
            # What an earlier one lacks and this one has not brought, this one lacks, too.
            self._attention.close_earlier("return", receipt, f"已由第{receipt.no}号收件代替")
        elif receipt.verdict.accepted and receipt.division:
            self._attention.close_earlier("return", receipt, f"已由第{receipt.no}号收件补正")

    def _propose_figures(self, receipt: Receipt, review: Review) -> None:
        """One item for all numbers in a file's texts that look like sums to date: a person confirms them."""
        indicators, round_ = self._master.indicators, review.round
        if round_ is None or not review.texts or not indicators.keeps(round_.key):
            return
        self._attention.close_earlier("figures", receipt, f"已由第{receipt.no}号收件代替")
        lines = [
            f"{self._indicator(key)}：{'约' if figure.approx else ''}{written(figure.value)}{figure.unit}"
            f"（原文：“{_clip(figure.words)}”）"
            for key, figure in proposed(indicators, review.texts, review.figures).items()
            if self._figures.get((key, round_.key), "") != written(figure.value)
        ]
        if lines:
            header = schema.figure_column(round_.name).header
            self._attention.ask(
                "figures",
                receipt,
                schema.ITEM_FIGURES,
                f"指标 {header}",
                _clip(f"{receipt.division}的完成情况里有这些数，看来是累计值：\n" + "\n".join(lines)),
                f"都对就选“{schema.ADOPT}”，写入“{header}”；有不对的，对的自己填进“指标”，再选“{schema.NOT_ADOPT}”",
            )

    def _add_conflict(self, c: Conflict) -> None:
        round_ = self._master.office.round(c.round)
        name = round_.name if round_ else c.round
        ledger = round_ is None or kind_of(round_).in_ledger
        stands = _STOOD if ledger else "“办理方案”里有人改过，或留着已有进度的步骤，现在是"
        carried = () if ledger else self._master.office.plans.get(c.task, ())
        lines = [s.text for s in carried if s.progress.startswith(CARRIED)]
        more = f"\n另有{CARRIED}的 {len(lines)} 步，换成报来的就不留了：{_clip('；'.join(lines))}" if lines else ""
        place = f"第{self._label(c.task)}项 {name}"
        self._ask_about(
            c,
            f"{Sheet.TASKS} {place}{schema.STATUS_SUFFIX}" if ledger else f"{Sheet.PLANS} {place}",
            f"{stands}：{_clip(c.master) or EMPTY}{more}\n\n第{c.receipt}号收件报来的是：{_clip(c.returned)}",
            f"台账没有改动。要保留台账的文字选“{schema.KEEP_MASTER}”，要换成报来的选“{schema.TAKE_RETURN}”",
        )

    def _must_ask(self, c: Conflict) -> bool:
        """Whether nobody has decided on a disagreement as it is now: that the office's text stays."""
        if self._attention.may_ask(c.key):
            return True
        kept = self._attention.result(c.key).startswith((KEPT, "已处理"))
        return not kept or not _alike(self.stood(self._attention.problem(c.key)), _clip(c.master) or EMPTY)

    def _ask_about(self, c: Conflict, place: str, problem: str, advice: str) -> None:
        if c.key in self._attention and not self._attention.is_open(c.key):
            self._attention.ask_again(c.key, problem)
        else:
            self._attention.add(c.key, schema.ITEM_CONFLICT, place, problem, advice)

    def changed_since_asked(self, item: Item, task: str, round_key: str) -> bool:
        """Whether a cell that people and a return disagree over says something else than its item quotes: it is asked
        about anew."""
        was, now = self.stood(item.problem), _clip(self.standing.get((task, round_key), "")) or EMPTY
        if _alike(was, now):
            return False
        self._attention.restate(item.key, item.problem.replace(was, now, 1))
        return True

    @staticmethod
    def stood(problem: str) -> str:
        """The office's text that an item of a disagreement quotes."""
        quoted = problem.partition("：")[2]
        return re.split(rf"\n另有{CARRIED}的 \d+ 步|\n\n?第\d+号收件报来的是：", quoted, maxsplit=1)[0]

    def given_up_for(self, task: str, receipt: Receipt) -> str:
        """The office's own text of a cell that a person gave up for a file's (采用报送), "" where that is not known."""
        for w in receipt.written:
            key = f"conflict:{task}:{receipt.round}:{w.digest}"
            if w.task == task and key in self._attention and self._attention.result(key).startswith(ADOPTED):
                text = self.stood(self._attention.problem(key))
                return "" if text == EMPTY or text.endswith(CLIPPED) else text
        return ""

    def _label(self, task: str) -> str:
        return self._tasks[task].label if task in self._tasks else task

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
            if r.verdict.accepted and not r.reason.startswith(RULED):
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
                place = f"{Sheet.RECEIPTS} 第{r.no}号：{r.name}"
                yield Item(f"{IN_PLACE}{r.no}", r.no, r.verdict.label, kind=Sheet.RECEIPTS, place=place)

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
            if receipt.written and (kind != "return" or receipt.reason.startswith(RULED)):
                verdict = Verdict.ACCEPTED_WITH_REMARKS
            self.register.put(replace(receipt, verdict=verdict))
            if receipt.written:  # what was asked about it, if anything, was not decided
                return
        if closed(result) and self.register[item.no].verdict is Verdict.RETURNED:
            return  # what is still to be mended was asked just now
        if kind and (not closed(result) or self._attention.is_open(f"{kind}:{item.no}")):
            self._attention.answer(f"{kind}:{item.no}", result)

    def take_return(self, task: str, round_key: str, text: str) -> None:
        """A person chose the returned text, or figure, of a conflict."""
        cell = (task, round_key)
        self._write(cell, text)
        self._base[cell] = digest(text)
        for r in reversed(tuple(self.register)):
            if r.round != round_key:
                continue
            chosen = (task, digest(text))
            written = tuple(
                w._replace(taken=True, at=self._stamp) if (w.task, w.digest) == chosen else w for w in r.written
            )
            if written != r.written:
                self.register.put(replace(r, written=written))
                return

    def keep_after_all(self, item: Item, task: str, round_key: str, adopted: str) -> bool:
        """A person wants the office's text back that was given up for a return's (its digest: `adopted`).

        Returns whether it is known whole, and nobody has changed the cell since.
        """
        cell, text = (task, round_key), self.stood(item.problem)
        if text.endswith(CLIPPED) or digest(self.standing.get(cell, "")) != adopted:
            return False
        self._write(cell, "" if text == EMPTY else text)
        return True

    def _write(self, cell: Cell, text: str) -> None:
        """Let a text, or a figure, stand as a person decided."""
        if cell in self._figures:
            self._figures[cell] = text
        elif self._status.get(cell, "") != text:
            self._status[cell] = text
            self.merged.add(cell)

    def adopt(self, receipt: Receipt, review: Review) -> tuple[int, int]:
        """A person confirmed the figures proposed from a file's texts: how many stand now, and how many do not.

        What a person has typed meanwhile stays.
        """
        values = {
            key: written(f.value)
            for key, f in proposed(self._master.indicators, review.texts, review.figures).items()
            if (key, receipt.round) in self._figures
        }
        merged = merge_file(receipt.no, receipt.round, values, self._figures, self._base)
        self._figures |= merged.texts
        stamped = {key for key, _ in merged.texts}
        taken = tuple(w._replace(at=self._stamp if w.task in stamped else "") for w in merged.written if w.taken)
        self._base |= {(w.task, receipt.round): w.digest for w in taken}
        now = self.register[receipt.no]
        others = tuple(w for w in now.written if w.task not in {t.task for t in taken})
        self.register.put(replace(now, written=(*others, *taken)))
        return len(taken), len(values) - len(taken)

    def holders(self, receipt: Receipt) -> dict[str, Receipt | None]:
        """Whose texts come in the place of what a file wrote, were it taken back: see `merge.holders`."""
        return holders(receipt, tuple(self.register), self.standing)

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

    def take_back(self, receipt: Receipt, texts: Mapping[str, str], own: Mapping[str, str], stamp: str) -> str:
        """A person does not want what a file wrote: it gives way to what stood before it.

        That is what other files said (`texts`, by cell; see `merge.holders`), or, where somebody gave the office's text
        up for the file's, that one (`own`; see `given_up_for`).  Returns what was done, in words.
        """
        changes, kept = take_back(receipt, {**texts, **own}, self.standing)
        for cell, text in changes.items():
            self._write(cell, text)
        by_office = sum(task in own for task, _ in changes)
        restored = sum(map(bool, changes.values())) - by_office
        emptied = len(changes) - restored - by_office
        done = [tr("{count} 处改回以前报来的", count=restored)] if restored else []
        done += [tr("{count} 处改回办公室原来写的", count=by_office)] if by_office else []
        done += [tr("{count} 处清空", count=emptied)] if emptied else []
        done += [tr("{count} 处后来人改过或另有报送，没有动", count=len(kept))] if kept else []
        round_ = self._master.office.round(receipt.round)
        plan = round_ is not None and round_.kind is RoundKind.PLAN
        stay = sum(len(self._staying(task, text)) for (task, _), text in changes.items()) if plan else 0
        done += [tr("“办理方案”里 {count} 步写着进度，留着没有删", count=stay)] if stay else []
        told = tr("{done}（{stamp}）", done=tuple(done) or tr("没有要改回的"), stamp=stamp)
        reason = f"{TAKEN_BACK}：{told}。{receipt.reason}"[:SHOWN_REASON]
        self.register.put(replace(receipt, verdict=Verdict.IGNORED, reason=reason, written=()))
        self._hand_on(receipt)
        self._base = bases(self.register)
        self._unsay_states(receipt)
        self._reopen(receipt, changes)
        return told

    def leaning_on(self, receipt: Receipt) -> tuple[Receipt, ...]:
        """Reports of the same form that could leave out a text because a file that is taken back had brought it."""
        return tuple(
            r for r in self.register.of_form(receipt.division, receipt.round)
            if r.verdict.accepted and not r.reason.startswith(RULED)
            and any(not w.digest and not self.text(w.task, r.round) for w in r.written)
        )  # fmt: skip

    def look_again(self, receipt: Receipt, review: Review) -> None:
        """Return a report for correction after all, where `review` finds now that something is missing."""
        if verdict_of(review.findings) is Verdict.RETURNED:
            updated = replace(receipt, verdict=Verdict.RETURNED, reason=reason_of(review.findings))
            self.register.put(updated)
            self._follow_up(updated, review.findings, None)

    def _hand_on(self, receipt: Receipt) -> None:
        """What a later file found as this one had written it is from now on what that one wrote."""
        later = [r.no for r in self.register if r.no > receipt.no and r.round == receipt.round]
        for w in receipt.written:
            if not (w.taken and w.at):
                continue
            found = w._replace(state="", at="")
            heirs = (n for n in later if any(o._replace(state="") == found for o in self.register[n].written))
            if (no := next(heirs, None)) is not None:
                heir = self.register[no]
                written = (o._replace(at=w.at) if o.task == w.task else o for o in heir.written)
                self.register.put(replace(heir, written=tuple(written)))

    def _unsay_states(self, receipt: Receipt) -> None:
        """Let 报送状态 of a file's tasks be found anew, where it says what annex2 wrote for it."""
        spoken = {
            w.task for w in receipt.written
            if w.state and self._master.states.get((w.task, receipt.round), "") == w.state
        }  # fmt: skip
        self._unsaid.update((task, receipt.round) for task in spoken)
        for r in self.register:
            if r.round == receipt.round:
                written = tuple(w._replace(state="") if w.task in spoken else w for w in r.written)
                self.register.put(replace(r, written=written))

    def _reopen(self, receipt: Receipt, changes: Iterable[Cell]) -> None:
        """What a file had closed waits again; what was asked about the file, or a cell that changes, does not."""
        withdrawn = TAKEN_BACK_ITEM.format(no=receipt.no)
        self._attention.close(f"return:{receipt.no}", withdrawn)
        if f"figures:{receipt.no}" in self._attention:  # also where they were adopted: they are gone with the file
            self._attention.answer(f"figures:{receipt.no}", withdrawn)
        form = self.register.of_form(receipt.division, receipt.round)
        gone = [r.no for r in form if taken_back(r)]  # while a later one stood, theirs stayed closed
        last = max((r.no for r in form if r.verdict.accepted), default=0)
        settled = {f"conflict:{task}:{round_key}:" for task, round_key in changes}
        for no in gone:
            if last < no:
                self._attention.unclose(no, settled)
        held = {(w.task, w.digest) for r in self.register if r.round == receipt.round for w in r.written}
        for w in receipt.written:
            if (w.task, w.digest) not in held:
                self._attention.close(f"conflict:{w.task}:{receipt.round}:{w.digest}", withdrawn)

    def accept_as_it_is(self, receipt: Receipt) -> None:
        """A person takes a returned file for a report although something is missing; what is good is merged."""
        updated = replace(
            receipt,
            verdict=Verdict.ACCEPTED_WITH_REMARKS,
            reason=f"{RULED}{receipt.reason.removeprefix(RULED)}"[:SHOWN_REASON],
        )
        self.register.put(updated)
        self._follow_up(updated, (), None)

    def accept(self, receipt: Receipt, review: Review, *, as_it_is: bool = False) -> int:
        """A person accepts a held file as the report that `review` says; cells that a later return filled stay.

        `as_it_is`: see `_merge`.  Returns how many cells changed.
        """
        assert review.division is not None
        assert review.round is not None
        form = self.register.of_form(review.division, review.round.key)
        counting = [r for r in form if r.no > receipt.no and r.verdict is not Verdict.IGNORED]
        skip = frozenset(w.task for r in counting for w in r.written if w.digest)
        findings, written, merged = self._merge(receipt.no, review, skip, as_it_is=as_it_is)
        # It stands behind a later file's text, and comes to the fore where that one is taken back.
        behind = {**review.texts, **{k: t for k, t in review.figures.items() if (k, review.round.key) in self._figures}}
        written += tuple(Written(k, digest(t), True, "", self._stamp) for k, t in behind.items() if k in skip)
        verdict = verdict_of(findings)
        updated = replace(
            receipt,
            division=review.division,
            round=review.round.key,
            verdict=verdict,
            approval=receipt.approval if receipt.approval == APPROVED else approval_of(verdict, findings),
            reason=f"{RULED}{reason_of(findings)}"[:SHOWN_REASON],
            written=written,
        )
        self.register.put(updated)
        self._follow_up(updated, findings, None)
        self._propose_figures(updated, review)
        return merged

    # 销号

    def ask_about_lost(self, lost: Mapping[str, str]) -> None:
        """List the tasks whose rows are gone (任务编号 -> how people call it); close those that are back."""
        for item in list(self._attention.of(LOST)):
            if item.key.removeprefix(LOST) in self._tasks and self._attention.result(item.key) != BACK:
                self._attention.answer(item.key, BACK)  # also where it was not to come back: it may get lost again
        for key, name in lost.items():
            if (asked := f"{LOST}{key}") in self._attention and self._attention.result(asked) == BACK:
                self._attention.answer(asked, "")
            self._attention.add(
                asked,
                schema.ITEM_LOST,
                f"{Sheet.TASKS} {key}",
                f"{name}这一行不在“{Sheet.TASKS}”里了：不再分发、催报，汇总里也没有它和它报过的完成情况",
                f"误删的，用 annex2 restore 找到删以前的总表，把这一行抄回来，隐藏的“{schema.TASK_KEY}”填 {key}；"
                f"确实不要的选“{schema.DONE}”。办完的任务不必删行，填“{schema.CLOSING}”",
            )

    def propose_closings(self) -> None:
        """List the tasks that are done for a person to close: once; one that a person would not close stays open.

        Called when everything is filed.  An office without a column 销号状态 does without.
        """
        if self._master.layouts[Sheet.TASKS].column(schema.CLOSING) is None:
            return
        items: dict[str, list[str]] = {}
        for item in self._attention.of(closing.ITEM):
            items.setdefault(item.key.removeprefix(closing.ITEM).partition(":")[0], []).append(item.key)
        evidence = self._evidence()
        for task in self._master.office.tasks:
            key, state = task.key, self._task_states.get(task.key, TaskState())
            made = [k for k in items.get(key, ()) if not self._attention.result(k).startswith(closing.WITHDRAWN)]
            if state.closing == schema.CLOSED_TASK:
                for made_key in made:
                    self._attention.close(made_key, "已由人在台账里销号")
                agreed = any(self._attention.result(k).startswith("已销号") for k in made)
                if agreed and key in self._touched and evidence(key) is None:
                    self._ask_to_reopen(task, self._changed(key))
                continue
            again = f":{len(items[key]) + 1}" if key in items else ""
            if changed := self._disputed.get(key):
                self._propose_closing(
                    task,
                    f"{closing.DISPUTED}{again}",
                    f"已同意销号，但同一次收取里{changed}，现在没有说已经完成，所以没有销号：{_clip(task.text)}",
                )
                continue
            found = evidence(key)
            if found is None:
                for made_key in made:
                    if not closing.disputed(made_key):
                        self._attention.close(made_key, f"{closing.WITHDRAWN}：现在的情况没有说已经完成")
            elif not made and state.closing != BY_FORMULA:
                told = "\n".join((f"这一项看来已经完成，提请销号：{_clip(task.text)}", *found.evidence))
                self._propose_closing(task, f"{found.basis}{again}", told)

    def _ask_to_reopen(self, task: Task, changed: str) -> None:
        """What a closing was agreed on is gone: it stands until a person takes it back."""
        number = sum(1 for _ in self._attention.of(f"{REOPEN}{task.key}:")) + 1
        self._attention.add(
            f"{REOPEN}{task.key}:{number}",
            schema.ITEM_CLOSING,
            f"任务台账 第{task.label}项 {schema.CLOSING}",
            f"这一项已经同意销号，现在{changed}，没有说已经完成了：{_clip(task.text)}",
            f"仍算办结的选“{schema.DONE}”。不算的，在“{Sheet.TASKS}”把“{schema.CLOSING}”改回“{schema.OPEN_TASK}”、"
            f"清空“{schema.CLOSED_ON}”，再选“{schema.DONE}”",
        )

    def _propose_closing(self, task: Task, basis: str, told: str) -> None:
        self._attention.add(
            f"{closing.ITEM}{task.key}:{basis}",
            schema.ITEM_CLOSING,
            f"任务台账 第{task.label}项 {schema.CLOSING}",
            told,
            f"同意选“{schema.CLOSE_TASK}”，“{schema.CLOSING}”改为“{schema.CLOSED_TASK}”；"
            f"不同意选“{schema.NOT_YET}”，不再提出。“{schema.TASK_STATE}”不会改动",
        )
        self.proposed = (*self.proposed, task.label)

    def _evidence(self) -> Callable[[str], closing.Done | None]:
        """What speaks for a task's being done, as everything stands by now."""
        written = {(w.task, r.round, w.digest): r for r in self.register for w in r.written if w.digest}

        def holder(report: closing.Report) -> Receipt | None:
            return written.get((report.task, report.round.key, digest(report.text)))

        progress: dict[str, list[Progress]] = {}
        for s in self._paces():
            progress.setdefault(s.target.task, []).append(s.progress)

        def found(task: str) -> closing.Done | None:
            state = self._task_states.get(task, TaskState())
            return closing.done(state, self._reports(task), holder, progress.get(task, ()))

        return found

    @cached_property
    def _touched(self) -> frozenset[str]:
        """The tasks of which this run changed a text or a figure.  Asked when everything is filed."""
        stood = self._master.indicators.figures
        rows = {key for (key, r), text in self._figures.items() if text != stood.get((key, r), "")}
        of_rows = {r.target.task for r in self._master.indicators.rows if r.key in rows and r.target}
        return frozenset({task for (task, _), _ in self._rewritten()} | of_rows)

    def _changed(self, task: str) -> str:
        """What this run changed of a task's texts and figures, in words; "" for nothing."""
        before = {**self._master.status, **self._master.indicators.figures}
        texts = {r for (t, r), text in self._status.items() if t == task and text != before.get((t, r), "")}
        own = {r.key for r in self._master.indicators.of(task)}
        figures = {r for (key, r), text in self._figures.items() if key in own and text != before.get((key, r), "")}
        if not texts and not figures:
            return ""
        rounds = [r for r in self._master.office.rounds if r.key in texts | figures]
        known = {r.no: r for r in self._master.receipts}
        came = [
            r.no for r in self.register
            if r != known.get(r.no) and r.round in texts | figures and any(w.task in {task, *own} for w in r.written)
        ]  # fmt: skip
        names = tuple(r.name for r in rounds)
        if not came:
            return tr("{rounds}报来的内容变了", rounds=names)
        if texts:
            return tr("第{no}号收件改了{rounds}的完成情况", no=max(came), rounds=names)
        return tr("第{no}号收件改了{rounds}的累计值", no=max(came), rounds=names)

    def _paces(self) -> tuple[Standing, ...]:
        return paces(self._master, figures=self._figures, texts=self._status)

    def _reports(self, task: str) -> Iterable[closing.Report]:
        for round_ in self._master.office.rounds:
            text = self._status.get((task, round_.key), "")
            if text and text != BY_FORMULA:
                yield closing.Report(task, round_, text)

    def close_task(self, task: str, *, agreed: bool) -> str:
        """Carry out a person's decision on a proposal: what became of it, without the time.

        Called when everything is filed: where this run took back what it was decided on, the person is asked again.
        """
        state = self._task_states.get(task)
        if state is None:
            return tr("已办结：台账里没有这一项了")
        if not agreed:
            if state.closing == schema.APPLIED:
                self._task_states[task] = replace(state, closing=schema.OPEN_TASK)
            return tr("已按意见暂不销号")
        if state.closing == BY_FORMULA:
            return tr("“{closing}”里是公式，没有改动：请在台账里改", closing=schema.CLOSING)
        changed = self._changed(task)
        if changed and self._evidence()(task) is None:
            self._disputed[task] = changed
            return tr("已撤回，没有销号：同一次收取里{changed}，现在没有说已经完成；请看新的一条再定", changed=changed)
        self._task_states[task] = replace(state, closing=schema.CLOSED_TASK)
        return tr("已销号；同一次收取里{changed}，请看一眼", changed=changed) if changed else tr("已销号")

    def _newly_closed(self) -> frozenset[str]:
        """Tasks that are closed and have no day yet: keys."""
        before = self._master.task_states
        closed = (
            k for k, s in self._task_states.items()
            if s.closing == schema.CLOSED_TASK
            and (s.closed_on is None or before[k].closing != schema.CLOSED_TASK)  # a day of an earlier closing is none
        )  # fmt: skip
        return frozenset(closed)

    def _closing_edits(self) -> Iterable[SetCell]:
        """销号状态 that a person decided on, and the day for those that have none."""
        for task, state in self._task_states.items():
            if state.closing != self._master.task_states[task].closing:
                yield SetCell(Sheet.TASKS, task, schema.CLOSING, state.closing)
        for task in self._newly_closed():
            yield SetCell(Sheet.TASKS, task, schema.CLOSED_ON, datetime.combine(self._now.date(), time()))

    def _office(self) -> Office:
        """The office as the next run will read it: with what is closed, was added and was reported on by now."""
        office, today = self._master.office, self._now.date()
        dated = self._master.layouts[Sheet.TASKS].column(schema.CLOSED_ON) is not None
        closed, added = self._newly_closed() if dated else frozenset(), self._master.newly_added
        by_others = answered(office, self.register)
        if by_others != office.answered:
            office = replace(office, answered=by_others)
        if not closed and not added:
            return office
        tasks = (replace(t, closed=today) if t.key in closed else t for t in office.tasks)
        return replace(office, tasks=tuple(replace(t, since=today) if t.key in added else t for t in tasks))

    # what changes

    @property
    def plans(self) -> int:
        """How many tasks' plans of `merged` changed."""
        plans = {r.key for r in self._master.office.rounds if not kind_of(r).in_ledger}
        return sum(round_key in plans for _, round_key in self.merged)

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
        master, office = self._master, self._office()
        rounds = [r for r in master.office.rounds if kind_of(r).in_ledger]
        names = {r.key: r.name for r in rounds}
        asked = [(r, name, tasks) for r in rounds for name, tasks in office.owed(r).items()]
        owed = [(t.key, r.key) for r, _, tasks in asked for t in tasks]
        longer = {
            (t.key, r.key): own
            for r, name, tasks in asked
            if (own := office.round_for(name, r)) is not r
            for t in tasks
        }
        ruled = {
            (t.key, r.key): paper
            for r, name, tasks in asked if self._on_paper
            if (paper := self._on_paper.get((name, r.key))) is not None
            for t in tasks if self.text(t.key, r.key)
        }  # fmt: skip
        stood = {**master.states, **dict.fromkeys(self._unsaid, "")} if self._unsaid else master.states
        self.register.name_pages()
        states, receipts = report_states(tuple(self.register), rounds, owed, stood, master.zone, longer, ruled)
        cells: list[Edit] = [SetCell(Sheet.TASKS, key, schema.TASK_KEY, key) for key in master.keyless]
        cells += [SetCell(Sheet.TASKS, key, header, None) for key, came in master.brought.items() for header in came]
        today = datetime.combine(self._now.date(), time())
        cells += [SetCell(Sheet.TASKS, key, schema.SINCE, today) for key in sorted(self._master.newly_added)]
        rewritten = self._rewritten()
        for (task, round_key), text in rewritten:
            if round_key in names:
                cells.append(SetCell(Sheet.TASKS, task, schema.round_columns(names[round_key])[0].header, text))
        unsaid = dict.fromkeys(sorted(c for c in self._unsaid if c not in states and c[1] in names), "")
        for (task, round_key), state in (states | unsaid).items():
            cells.append(SetCell(Sheet.TASKS, task, schema.round_columns(names[round_key])[1].header, state or None))
        steps, new_steps = step_edits(master, office, rewritten, self._now.date())
        cells += steps
        cells += self._closing_edits()
        cells += deadline_edits(master)
        cells += figure_edits(master.indicators, self._figures, self._paces())
        cells += new_columns(master)
        cells += tracker_edits(master, office, receipts)
        cells += self.register.cells(receipts)
        cells += self._attention.cells()
        rows: list[Edit] = [*new_rows(receipts)]
        rows += new_steps
        rows += new_divisions(master, office, receipts)
        return (*cells, *rows, *self._attention.rows())

    def _rewritten(self) -> list[tuple[Cell, str]]:
        """The texts that are no longer what the master has, in the order of its tasks."""
        order = {t.key: i for i, t in enumerate(self._master.office.tasks)}
        stood = self._master.status
        new = [(cell, text) for cell, text in self._status.items() if text != stood.get(cell, "")]
        return sorted(new, key=lambda n: (order.get(n[0][0], len(order)), n[0][1]))

def _clip(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + CLIPPED


def _alike(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())
