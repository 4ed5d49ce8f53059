"""How results look, as lines for a terminal and as values for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from toolkit.cli.console import table
from toolkit.language import recalled, said, tr
from toolkit.model import APPROVED, AWAITING, PAGE_BESIDE, PAGE_LATER, Finding, ReportState, Round
from toolkit.pace import SIGNS, Shown, tally
from toolkit.plans import Standing
from toolkit.rates import percent
from toolkit.tracking import DivisionStatus, RoundStatus, awaiting_approval

if TYPE_CHECKING:  # most commands show nothing of what these know
    from toolkit.closing import Counts
    from toolkit.ledger import Outcome
    from toolkit.reminders import Reminder

NOTHING_TO_DO = tr("不用处理")


def rounds_json(rounds: Iterable[RoundStatus]) -> Mapping[str, object]:
    """The contract of design §9."""
    return {
        "rounds": [
            {
                "round": r.round.key,
                "name": r.round.name,
                "kind": str(r.round.kind),
                "due": r.round.due.isoformat(),
                "completeness": r.completeness,
                "timeliness": r.timeliness,
                "divisions": [
                    {
                        "division": d.division,
                        "state": str(d.state),
                        "received": d.received.isoformat() if d.received else None,
                        "days_late": d.days_late,
                        "approved": d.unapproved is None if d.accepted else None,
                        "unreported": list(d.unreported),
                    }
                    for d in r.divisions
                ],
            }
            for r in rounds
        ]
    }


def closing_json(c: Counts) -> Mapping[str, int]:
    """任务状态 and 销号状态 of the whole office."""
    return {"tasks": c.tasks, "done": c.done, "closed": c.closed, "applied": c.applied, "proposed": c.proposed}


def closing_text(c: Counts) -> str:
    parts = [said("已销号 {count} 项", count=c.closed)]
    if c.applied:
        parts.append(said("申请销号 {count} 项", count=c.applied))
    if c.proposed:
        parts.append(said("提出销号、等人决定 {count} 项（“待处理”）", count=c.proposed))
    told = said("销号：任务 {tasks} 项，{parts}", tasks=c.tasks, parts=said("，").join(parts))
    return told + (said("；任务状态已完成、超额完成的 {done} 项", done=c.done) if c.done else "")


def plans_json(plans: Mapping[str, Mapping[Standing, int]]) -> list[Mapping[str, object]]:
    return [{"division": name, **{s.name.lower(): n.get(s, 0) for s in Standing}} for name, n in plans.items()]


def plans_text(plans: Mapping[str, Mapping[Standing, int]]) -> str:
    rows = [(name, *(str(n.get(s, 0)) for s in Standing)) for name, n in plans.items()]
    heads = (said("处室"), *(f"{s.sign} {said(s.word)}" for s in Standing))
    return said("办理方案的步骤：") + "\n" + table(heads, rows)


def targets_json(found: Sequence[Shown]) -> list[Mapping[str, object]]:
    return [
        {
            "task": s.task,
            "indicator": s.indicator,
            "goal": s.goal,
            "done": s.done,
            "rate": s.rate,
            "light": s.light.name.lower(),
            "pace": s.pace,
            "notes": list(s.notes),
        }
        for s in found
    ]


def targets_text(found: Sequence[Shown]) -> str:
    """How many targets of each light; "" where the office has none."""
    parts = [
        said("{sign} {light} {count} 项", sign=SIGNS[light], light=said(name), count=n)
        for light, name, n in tally((s.light, s.counted) for s in found)
    ]
    odd = sum(bool(s.notes) for s in found)
    if odd:
        parts.append(said("数字需要核对的 {count} 项（“指标”的提示）", count=odd))
    return said("指标：{parts}", parts=said("，").join(parts)) if parts else ""


def rounds_text(rounds: Sequence[RoundStatus]) -> str:
    """A table for each round; those that lie further off than the next one are named in one line."""
    blocks = []
    ahead = [r for r in rounds if all(d.state in _AHEAD for d in r.divisions)]
    next_due = min((r.round.due for r in ahead), default=None)
    further = [r for r in ahead if next_due and r.round.due > next_due]
    for r in rounds:
        if r in further:
            continue
        rows = []
        for d in r.divisions:
            notes = [said("逾期 {days} 天", days=d.days_late)] if d.days_late else []
            if d.extended:
                notes.insert(0, said("延期至 {day:%Y-%m-%d}", day=d.extended))
            if d.unapproved:
                notes.append(said(AWAITING))
            if d.unreported:
                notes.append(said("第{numbers}项没有报", numbers=said("、").join(map(str, d.unreported))))
            if d.state in (ReportState.RETURNED, ReportState.HELD) and (last := d.last) is not None:
                told = reason(last.reason.partition("\n")[0])
                notes.append(said("第 {no} 号收件：{reason}", no=last.no, reason=told))
            received = f"{d.received:{'%Y-%m-%d' if d.by_day else '%Y-%m-%d %H:%M'}}" if d.received else ""
            state = f"{d.state.sign} {said(d.label)}"
            rows.append((d.division, state, received, f"{d.tasks}", said("；").join(notes)))
        head = said(
            "{key} {name}  截止 {due:%Y-%m-%d}  应报 {expected}  已报 {accepted}（{completeness}）  "
            "按时 {on_time}（{timeliness}）",
            key=r.round.key,
            name=_named(r.round),
            due=r.round.last_day,
            expected=r.expected,
            accepted=r.accepted,
            completeness=percent(r.completeness),
            on_time=r.on_time,
            timeliness=percent(r.timeliness),
        )
        header = (said("处室"), said("状态"), said("收到"), said("项数"), said("说明"))
        body = table(header, rows) if rows else said("没有处室要报")
        blocks.append(f"{head}\n{body}")
    if further:
        names = (said("{name} {due:%Y-%m-%d}", name=_named(r.round), due=r.round.last_day) for r in further)
        far = said("往后的节点，还没到时候：{rounds}", rounds=said("、").join(names))
        blocks.append(f"{far}\n" + said("要看其中一个，写上它的编号：annex2 status {key}", key=further[0].round.key))
    if waiting := awaiting_text(rounds):
        blocks.append(waiting)
    return "\n\n".join(blocks)


_AHEAD = (ReportState.NOT_DUE, ReportState.EXEMPT)


def reason(line: str) -> str:
    """A line of 收件记录/原因 in the console's language: a finding's sentence, which may say where."""
    known = recalled(line)
    where, colon, sentence = line.partition("：")
    if known is line and colon:
        return said("{where}：", where=recalled(where)) + said(recalled(sentence))
    return said(known)


def _named(round_: Round) -> str:
    """第一季度（附件2）; a name that says its kind already does not say it twice."""
    if round_.kind in round_.name:
        return round_.name
    return said("{name}（{kind}）", name=round_.name, kind=round_.kind)


def awaiting_text(rounds: Iterable[RoundStatus]) -> str:
    """Which reports wait for whose approval, with what came beside them; "" for none."""
    waiting = awaiting_approval(rounds)
    lines = [line for who, found in waiting.items() for line in _waiting(who, found)]
    approve = said("  审定以后，在“收件记录”这一行的“审定”里选“{approved}”", approved=APPROVED)
    return "\n".join([said("等待分管领导审定："), *lines, approve]) if lines else ""


def _waiting(leader: str, found: Iterable[tuple[Round, DivisionStatus]]) -> Iterator[str]:
    waiting = [(r, d, d.unapproved) for r, d in found if d.unapproved]
    reports = [
        (said("{division} {round}（第 {no} 号收件）", division=d.division, round=r.name, no=receipt.no), receipt)
        for r, d, receipt in waiting
    ]
    names = said("、").join(name for name, _ in reports)
    yield said("  {leader}：{reports}", leader=leader or said("（没有写分管领导）"), reports=names)
    for name, receipt in reports:
        for page in receipt.pages:
            begins = PAGE_LATER if page.startswith(PAGE_LATER) else PAGE_BESIDE
            yield f"    {name}{said(begins)}{said(recalled(page.removeprefix(begins)))}"


def reminders_text(reminders: Iterable[Reminder]) -> str:
    """Who is to be reminded of what, for a person who does it without mail."""
    from toolkit.reminders import who_is_asked

    rows = [
        (name, said(r.level) if i == 0 else "", o.round.name, f"{o.round.last_day:%Y-%m-%d}", _until(o.days_left))
        for r in reminders
        for name in map(said, who_is_asked([(r.asked, r.division)]))
        for i, o in enumerate(r.owed)
    ]
    header = (said("处室"), said("提醒"), said("节点"), said("截止"), said("还有几天"))
    return said("没有发出去、要另外提醒的：") + "\n" + table(header, rows)


def _until(days: int) -> str:
    if days < 0:
        return said("逾期 {days} 天", days=-days)
    return said("{days} 天", days=days) if days else said("今天")


def outcome_json(outcome: Outcome) -> Mapping[str, object]:
    receipt = outcome.receipt
    return {
        "name": outcome.arrival.name,
        "path": outcome.arrival.path,
        "sha256": outcome.arrival.sha256,
        "verdict": str(receipt.verdict),
        "division": receipt.division or None,
        "round": receipt.round or None,
        "findings": [finding_json(f) for f in outcome.findings],
    }


def finding_json(f: Finding) -> Mapping[str, object]:
    return {
        "code": f.code,
        "severity": str(f.severity),
        "where": f.where,
        "message": f.message,
        "remedy": f.remedy,
    }


def outcome_text(outcome: Outcome) -> str:
    receipt = outcome.receipt
    whose = " ".join(filter(None, (receipt.division, receipt.round)))
    head = said("【{verdict}】{path}", verdict=said(receipt.verdict.label), path=outcome.arrival.path)
    lines = [head + (f"  →  {whose}" if whose else "")]
    for f in outcome.findings:
        place = said("{where}：", where=said(f.where)) if f.where else ""
        remedy = said("。{remedy}", remedy=recalled(f.remedy)) if f.remedy and f.remedy != NOTHING_TO_DO else ""
        lines.append(f"    {place}{said(recalled(f.message)).rstrip('。.')}{remedy}")
    return "\n".join(lines)
