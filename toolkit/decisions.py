"""What people decided on 待处理 and in 收件记录 -> the ledger, and the words that say what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from toolkit.attention import ADOPTED, CLIPPED, closed
from toolkit.collected import written_words
from toolkit.errors import WorkspaceError
from toolkit.intake.archive import Archive
from toolkit.kinds import kind_of
from toolkit.language import Text, tr
from toolkit.ledger import IN_PLACE, Ledger
from toolkit.master import schema
from toolkit.master.read import Item
from toolkit.model import Office, Receipt, Verdict, digest, plain
from toolkit.register import DONE_WITH, is_mail, taken_back
from toolkit.returns.findings import NO_REPORT
from toolkit.returns.known import known
from toolkit.reviewer import Reviewer

_STRAY = tr(
    "这一行和它隐藏的“标识”对不上，没有照办：多半是排序时没有带上隐藏的列。撤销排序，或用 annex2 restore 取回以前的总表"
)


class Decisions:
    """Carries decisions out, one after the other."""

    def __init__(self, office: Office, ledger: Ledger, reviewer: Reviewer, archive: Archive, now: datetime) -> None:
        self._office, self._ledger, self._reviewer, self._archive = office, ledger, reviewer, archive
        self._stamp = f"{now:%Y-%m-%d %H:%M}"

    def carry_out(self, item: Item) -> str:
        """What became of a decision, which the ledger knows by now."""
        try:
            result = self._result(item) if self._belongs(item) else _STRAY
        except WorkspaceError as e:  # an original that is missing costs its own item, not the run
            result = e.on_one_line
        self._ledger.answer(item, result)
        return result

    def _belongs(self, item: Item) -> bool:
        """Whether a row of 待处理 is that of its hidden 标识: a sort may leave the column behind."""
        kind, _, rest = item.key.partition(":")
        task = rest.partition(":")[0]
        if kind in ("file", "return"):
            return f"第{rest}号：" in item.place
        if kind == "conflict":
            quoted = item.problem.rpartition("报来的是：")[2]
            same = digest(quoted) == rest.rpartition(":")[2]
            return same or self._ledger.named(task) in item.place or quoted.endswith(CLIPPED)
        if kind == "figures":
            whose = self._office.division(item.problem.partition("的完成情况里")[0])
            receipt = self._ledger.register.get(int(rest)) if rest.isdecimal() else None
            return whose is None or receipt is None or whose.name == receipt.division
        if kind == "lost":
            return task in item.place
        if kind in ("closing", "reopen"):
            known = self._ledger.task(task)
            return known is None or f"第{known.label}项" in item.place or known.text[:40] in item.problem
        return True

    def _result(self, item: Item) -> str:
        decision, stamp = item.decision.strip(), self._stamp
        kind, _, rest = item.key.partition(":")
        receipt = self._ledger.register.get(int(rest)) if rest.isdecimal() else None
        if decision == schema.DONE:
            return self._done_with(receipt if kind == "file" else None, stamp)
        if kind == "conflict":
            return self._settle(item, rest, decision, stamp)
        if kind == "closing":
            return self._close_task(rest.partition(":")[0], decision, stamp)
        if item.key.startswith(IN_PLACE) and receipt is not None:
            return self._rule_in_place(receipt, stamp)
        if kind == "figures" and receipt is not None:
            return self._adopt(receipt, decision, stamp)
        if kind not in ("file", "return") or receipt is None:
            return tr("“{decision}”在这里不适用，请选“{done}”", decision=decision, done=schema.DONE)
        if decision == schema.REFUSE_FILE and kind == "file":
            self._ledger.refuse(receipt)
            return tr("已按意见不接收（{stamp}）", stamp=stamp)
        if not plain(decision).startswith(schema.ACCEPT_FILE):
            if is_mail(receipt.name):
                return tr("“{decision}”在这里不适用，请选“{done}”", decision=decision, done=schema.DONE)
            other = (
                tr("，或清空，等处室重新报送") if kind == "return" else tr("或“{refuse}”", refuse=schema.REFUSE_FILE)
            )
            return tr(
                "“{decision}”在这里不适用，请选“{accept}”{other}",
                decision=decision,
                accept=schema.ACCEPT_FILE,
                other=other,
            )
        if kind == "return":
            division, round_key, rest = named_form(self._office, plain(decision).removeprefix(schema.ACCEPT_FILE))
            if rest or (division or receipt.division, round_key or receipt.round) != (receipt.division, receipt.round):
                return tr(
                    "看不懂“{decision}”，没有接收：这是{division}{round}的，照原样接收就只写“{accept}”",
                    decision=decision,
                    division=receipt.division,
                    round=receipt.round,
                    accept=schema.ACCEPT_FILE,
                )
            return self._accept_returned(receipt, stamp)
        return self._accept(receipt, plain(decision).removeprefix(schema.ACCEPT_FILE), stamp)

    def _done_with(self, held: Receipt | None, stamp: str) -> str:
        """A person needs nothing more of annex2; a file that waited (`held`) waits no more, and counts for nobody."""
        if held is None or held.verdict is not Verdict.HELD:
            return tr("已处理（{stamp}）", stamp=stamp)
        self._ledger.refuse(held, DONE_WITH)
        if is_mail(held.name):
            return tr("已处理（{stamp}）", stamp=stamp)
        return tr("已处理，这份收件不算报送（{stamp}）", stamp=stamp)

    def _accept_returned(self, receipt: Receipt, stamp: str) -> str:
        """Take a returned file as it is.  It is looked at again: what stood in its way may have been mended since."""
        again = self._reviewer.again(receipt, self._archive, standing=self._ledger.standing)
        held = {w.task for w in receipt.written if w.digest}
        if again.division and again.round and set(again.texts) - held:
            self._ledger.accept(receipt, again, as_it_is=True)
            receipt = self._ledger.register[receipt.no]
        return self._as_it_is(receipt, stamp)

    def _as_it_is(self, receipt: Receipt, stamp: str) -> str:
        self._ledger.accept_as_it_is(receipt)
        unwritten = sum(not w.digest for w in receipt.written)
        left = tr("，{unwritten} 项没有写入台账", unwritten=unwritten) if unwritten else ""
        return tr("已接收：缺的不再要求补正{left}（{stamp}）", left=left, stamp=stamp)

    def _rule_in_place(self, receipt: Receipt, stamp: str) -> str:
        """A person changed 结论 of a file in 收件记录."""
        asked = self._ledger.asked(receipt)
        if receipt.verdict is Verdict.IGNORED:
            if asked == "file" and not receipt.written:
                self._ledger.refuse(receipt)
                return tr("已按意见不接收（{stamp}）", stamp=stamp)
            return self._take_back(receipt, stamp)
        if taken_back(receipt) and receipt.verdict is Verdict.RETURNED:  # what it was before
            result = self._accept(receipt, "", stamp)
            back = closed(result) and self._ledger.register[receipt.no].verdict is Verdict.RETURNED
            return tr("已改回“{label}”（{stamp}）", label=Verdict.RETURNED.label, stamp=stamp) if back else result
        if receipt.verdict.accepted and asked == "return" and receipt.written:
            return self._accept_returned(receipt, stamp)
        if receipt.verdict.accepted:
            again = asked == "return"  # a person knows what is missing
            result = self._accept(receipt, "", stamp)
            now = self._ledger.register.get(receipt.no)
            if again and closed(result) and now is not None and now.verdict is Verdict.RETURNED:
                return self._as_it_is(now, stamp)
            return result
        return tr("“{decision}”在这里不适用，结论没有改", decision=receipt.verdict.label)

    def _take_back(self, receipt: Receipt, stamp: str) -> str:
        """What a file wrote gives way to what was reported before."""
        held: dict[int, Mapping[str, str]] = {}
        texts: dict[str, str] = {}
        holders = self._ledger.taking_back.holders(receipt)
        own = {
            task: text
            for task, other in holders.items()
            if (other is None or other.no < receipt.no)  # who said it again since holds it
            and (text := self._ledger.disagreements.given_up_for(task, receipt))
        }
        for task, other in holders.items():
            if other is None or task in own:
                continue
            if other.no not in held:
                held[other.no] = self._reviewer.held(other, self._archive)
            texts[task] = held[other.no].get(task, "")
            if not any((w.task, w.digest) == (task, digest(texts[task])) for w in other.written):
                return tr(
                    "没有撤回：第{no}号收件的原件里读不出{what}以前的文字，请先在总表里自己改好这一格，再改结论",
                    no=other.no,
                    what=self._ledger.named(task),
                )
        told = self._ledger.taking_back.carry_out(receipt, texts, own, stamp)
        for other in self._ledger.taking_back.leaning_on(receipt):
            again = self._reviewer.again(other, self._archive, standing=self._ledger.standing)
            self._ledger.look_again(other, again)
        return tr("已撤回：{told}", told=told)

    def _settle(self, item: Item, rest: str, decision: str, stamp: str) -> str:
        task, round_key, wanted = [*rest.split(":"), "", ""][:3]
        if not self._ledger.holds(task, round_key):
            return tr(
                "总表里已经没有这一格：任务的行删了，或指标改了名。要改的请直接在总表里改，再选“{done}”",
                done=schema.DONE,
            )
        if decision == schema.KEEP_MASTER:
            if not item.result.startswith(ADOPTED):
                return tr("已保留台账的文字（{stamp}）", stamp=stamp)
            if self._ledger.disagreements.keep_after_all(item, task, round_key, wanted):
                return tr("已保留台账的文字：改回原来写的（{stamp}）", stamp=stamp)
            return tr("已办结，改不回去了：请直接在台账里改（{stamp}）", stamp=stamp)
        if decision != schema.TAKE_RETURN:
            return _unfit(decision, schema.KEEP_MASTER, schema.TAKE_RETURN)
        if self._ledger.disagreements.changed_since_asked(item, task, round_key):
            return tr("台账这一格后来又改过，没有换：看过现在的文字，再选一次（{stamp}）", stamp=stamp)
        receipt = self._ledger.holder_of(task, round_key, wanted)
        if receipt is None:
            return tr("收件记录里找不到这份报送，请直接在台账里改")
        again = self._reviewer.again(receipt, self._archive)
        text = again.texts.get(task) or again.figures.get(task)
        if text is None:
            return tr("原件里找不到这段文字，请直接在台账里改")
        self._ledger.disagreements.take_return(task, round_key, text)
        return tr("已采用报送的文字（{stamp}）", stamp=stamp)

    def _adopt(self, receipt: Receipt, decision: str, stamp: str) -> str:
        if decision == schema.NOT_ADOPT:
            return tr("已按意见不采用（{stamp}）", stamp=stamp)
        if decision != schema.ADOPT:
            return _unfit(decision, schema.ADOPT, schema.NOT_ADOPT)
        taken, kept = self._ledger.adopt(receipt, self._reviewer.again(receipt, self._archive))
        rest = tr("，另有 {kept} 个已由人填了别的数，没有改动", kept=kept) if kept else ""
        return tr("已采用 {taken} 个数{rest}（{stamp}）", taken=taken, rest=rest, stamp=stamp)

    def _close_task(self, task: str, decision: str, stamp: str) -> str:
        if decision not in (schema.CLOSE_TASK, schema.NOT_YET):
            return _unfit(decision, schema.CLOSE_TASK, schema.NOT_YET)
        result = self._ledger.closings.decide(task, agreed=decision == schema.CLOSE_TASK)
        return tr("{result}（{stamp}）", result=result, stamp=stamp) if closed(result) else result

    def _accept(self, receipt: Receipt, named: str, stamp: str) -> str:
        """Accept a held file, as whose report of which round the person `named`, or else as review proposes."""
        # What later files brought does not make this one whole.
        before = self._ledger.taking_back.standing_before(receipt)
        review = self._reviewer.again(receipt, self._archive, standing=before)
        likely = review.proposal or (receipt.division, receipt.round)
        example = f"{schema.ACCEPT_FILE} {_example(self._office)}"
        division, round_key, rest = named_form(self._office, named)
        if rest:
            return tr("看不懂“{rest}”，没有接收；只写处室和节点，如：{example}", rest=rest, example=example)
        forced = (division or likely[0], round_key or likely[1])
        if is_mail(receipt.name) or any(f.code in NO_REPORT for f in review.findings):
            return tr("这份文件里没有能写入台账的内容，请选“{refuse}”，或请对方重报", refuse=schema.REFUSE_FILE)
        if not all(forced):
            return tr("看不出是哪个处室、哪个节点，请在处理意见里写明，如：{example}", example=example)
        accepted = self._reviewer.again(receipt, self._archive, forced, before)
        if accepted.round is None or accepted.division is None or not accepted.texts:
            return tr("这份文件里没有能写入台账的内容，请选“{refuse}”，或请对方重报", refuse=schema.REFUSE_FILE)
        cells = self._ledger.accept(receipt, accepted)
        wrote = written_words(cells, 0 if kind_of(accepted.round).in_ledger else cells)
        wanting = tr("；还有要补正的，另列了一条") if self._ledger.must_be_mended(receipt) else ""
        return tr(
            "已接收，记为{division}{name}，{wrote}{wanting}（{stamp}）",
            division=accepted.division,
            name=accepted.round.name,
            wrote=wrote,
            wanting=wanting,
            stamp=stamp,
        )


def _unfit(decision: str, one: str, other: str) -> Text:
    return tr("“{decision}”在这里不适用，请选“{one}”或“{other}”", decision=decision, one=one, other=other)


_LONGEST_ROUND = 6
"""Characters of a round in other words than its name: 上半年, 1-3月份."""


def named_form(office: Office, text: str) -> tuple[str, str, str]:
    """What a person wrote behind 接收此件: (division, round key, what was not understood), "" for what is not there."""
    rest = plain(text).upper()
    round_key = division = ""
    rounds = {plain(n).upper(): r.key for r in office.rounds for n in (r.key, r.name)}
    names = {plain(n).upper(): d.name for d in office.divisions for n in (d.name, *d.aliases) if n}
    for name in sorted(names, key=len, reverse=True):
        if name in rest and not division:
            division, rest = names[name], rest.replace(name, "", 1)
    for name in sorted(rounds, key=len, reverse=True):
        if name in rest and not round_key:
            round_key, rest = rounds[name], rest.replace(name, "", 1)
    word = rest.strip("，,。.；;：:、（）()按记为作") if rest and not round_key else ""
    found = office.round(word) or (known(office).round_in(word) if len(word) <= _LONGEST_ROUND else None)
    if found is not None:
        round_key, rest = found.key, ""
    return division, round_key, rest.strip("，,。.；;：:、（）()的记为作按")


def _example(office: Office) -> str:
    round_ = next(iter(office.rounds), None)
    division = next(iter(office.owed(round_)), "") if round_ else ""
    return f"{division} {round_.key if round_ else ''}"
