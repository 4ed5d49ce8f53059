"""What a run asks people on 待处理 about files and tasks, and what it closes there.  Pure.

What it asks about single cells is `disagreements`', about tasks that are done `closing`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from toolkit.attention import BACK, LOST, clip
from toolkit.draft import Draft
from toolkit.master import schema
from toolkit.master.indicators import proposed
from toolkit.master.schema import Sheet
from toolkit.model import Finding, Receipt, Verdict
from toolkit.register import is_mail, place_of, reason_of
from toolkit.returns.findings import NO_REPORT
from toolkit.returns.review import Review
from toolkit.targets.progress import written

ON_PAPER = "已另报纸质，不用再改"
"""处理结果 of what a division was to mend, where a person has written the day into 报送情况 since."""


class Asking:
    """What is asked."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._attention, self._register = draft, draft.attention, draft.register

    def follow_up(self, receipt: Receipt, findings: Sequence[Finding], proposal: tuple[str, str] | None) -> None:
        """List what a file that was just filed, or ruled on, leaves to do; close what it does.

        `proposal`: whose report of which round it seems to be, where it is to be decided on.
        """
        place = place_of(receipt)
        if receipt.verdict.accepted:
            if receipt.division:
                self._attention.close_earlier("return", receipt, f"已由第{receipt.no}号收件补正")
            return
        asked = [f for f in findings if f.severity in ("hold", "correct")]
        problem = reason_of([*asked, *(f for f in findings if f.code == "mail_words")])
        remedies = list(dict.fromkeys(f.remedy for f in asked))
        if receipt.verdict is Verdict.HELD:
            advice = "\n".join(remedies)
            if proposal is None and schema.ACCEPT_FILE not in advice:
                advice += f"\n不用这份文件就选“{schema.REFUSE_FILE}”"
            if NO_REPORT & {f.code for f in asked}:
                advice += "；里面的内容要用，就自己填进“任务台账”，在“报送情况”填收到的日期"
            self._attention.add(f"file:{receipt.no}", schema.ITEM_RULING, place, problem, advice)
        elif receipt.verdict is Verdict.RETURNED:
            form = self._register.of_form(receipt.division, receipt.round)
            if any(r.no > receipt.no and r.verdict.accepted for r in form):
                return  # it was mended since
            wanted = "；".join(r.removeprefix("请") for r in remedies)
            advice = f"请{receipt.division}改正后重新报送：{wanted}。收到合格的报送后这一条自动办结"
            self._attention.ask("return", receipt, schema.ITEM_RETURN, place, problem, advice)
            # What an earlier one lacks and this one has not brought, this one lacks, too.
            self._attention.close_earlier("return", receipt, f"已由第{receipt.no}号收件代替")

    def propose_figures(self, receipt: Receipt, review: Review) -> None:
        """One item for all numbers in a file's texts that look like sums to date: a person confirms them."""
        indicators, round_ = self._draft.master.indicators, review.round
        if round_ is None or not review.texts or not indicators.keeps(round_.key):
            return
        self._attention.close_earlier("figures", receipt, f"已由第{receipt.no}号收件代替")
        lines = [
            f"{self._draft.indicator(key)}：{'约' if figure.approx else ''}{written(figure.value)}{figure.unit}"
            f"（原文：“{clip(figure.words)}”）"
            for key, figure in proposed(indicators, review.texts, review.figures).items()
            if self._draft.figures.get((key, round_.key), "") != written(figure.value)
        ]
        if lines:
            header = schema.figure_column(round_.name).header
            self._attention.ask(
                "figures",
                receipt,
                schema.ITEM_FIGURES,
                f"指标 {header}",
                clip(f"{receipt.division}的完成情况里有这些数，看来是累计值：\n" + "\n".join(lines)),
                f"都对就选“{schema.ADOPT}”，写入“{header}”；有不对的，对的自己填进“指标”，再选“{schema.NOT_ADOPT}”",
            )

    def settle_on_paper(self) -> None:
        """Close what a division was to mend where its report came on paper behind it; ask again if not."""
        for item in list(self._attention.of("return:")):
            no = item.key.removeprefix("return:")
            if not no.isdecimal() or (receipt := self._register.get(int(no))) is None:
                continue
            if self._draft.came_on_paper(receipt):
                self._attention.close(item.key, ON_PAPER)
            elif item.result == ON_PAPER and receipt.verdict is Verdict.RETURNED:
                form = self._register.of_form(receipt.division, receipt.round)
                if not any(r.no > receipt.no and r.verdict.accepted for r in form):
                    self._attention.answer(item.key, "")

    def list_again(self) -> None:
        """Ask once more about files that wait for a person, where somebody deleted the row: one of which nobody decided
        would be seen by nobody.  (What went back is still asked for by reminders.)"""
        for r in self._register:
            if r.verdict is not Verdict.HELD or f"file:{r.no}" in self._attention:
                continue
            advice = (
                f"看过了就选“{schema.DONE}”"
                if is_mail(r.name)
                else f"要用就在“处理意见”写“{schema.ACCEPT_FILE}”，后面写明是哪个处室、哪个节点的；"
                f"不用选“{schema.REFUSE_FILE}”。只删掉这一行，它会再列出来"
            )
            self._attention.add(f"file:{r.no}", schema.ITEM_RULING, place_of(r), r.reason, advice)

    def about_lost(self, lost: Mapping[str, str]) -> None:
        """List the tasks whose rows are gone (任务编号 -> how people call it); close those that are back."""
        for item in list(self._attention.of(LOST)):
            if item.key.removeprefix(LOST) in self._draft.tasks and self._attention.result(item.key) != BACK:
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
