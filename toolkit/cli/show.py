"""How results look: tables for a terminal, values for JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from toolkit.closing import Counts
from toolkit.ledger import Outcome
from toolkit.model import APPROVED, AWAITING, PAGE_BESIDE, Finding, ReportState, Round
from toolkit.tracking import DivisionStatus, RoundStatus, awaiting_approval, percent

APPROVE = f"  审定以后，在“收件记录”这一行的“审定”里选“{APPROVED}”"


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines whose columns stand under each other, Chinese or not."""
    rows = [header, *rows]
    widths = [max(width(r[i]) for r in rows) for i in range(len(header))]
    lines = ["  ".join(c + " " * (w - width(c)) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
    return "\n".join([lines[0], "─" * max(map(width, lines)), *lines[1:]])


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


def rounds_text(rounds: Sequence[RoundStatus]) -> str:
    blocks = []
    for r in rounds:
        rows = []
        for d in r.divisions:
            notes = [f"逾期 {d.days_late} 天"] if d.days_late else []
            if d.extended:
                notes.insert(0, f"延期至 {d.extended:%Y-%m-%d}")
            if d.unapproved:
                notes.append(AWAITING)
            if d.state in (ReportState.RETURNED, ReportState.HELD) and d.receipts:
                last = d.receipts[-1]
                notes.append(f"第 {last.no} 号收件：{last.reason.partition(chr(10))[0]}")
            received = f"{d.received:%Y-%m-%d %H:%M}".removesuffix(" 00:00") if d.received else ""  # on paper: a day
            rows.append((d.division, f"{d.state.sign} {d.state.label}", received, f"{d.tasks}", "；".join(notes)))
        head = (
            f"{r.round.key} {r.round.name}（{r.round.kind}）  截止 {r.round.due:%Y-%m-%d}  "
            f"应报 {r.expected}  已报 {r.accepted}（{percent(r.completeness)}）  "
            f"按时 {r.on_time}（{percent(r.timeliness)}）"
        )
        body = table(("处室", "状态", "收到", "项数", "说明"), rows) if rows else "没有处室要报"
        blocks.append(f"{head}\n{body}")
    if waiting := awaiting_text(rounds):
        blocks.append(waiting)
    return "\n\n".join(blocks)


def awaiting_text(rounds: Iterable[RoundStatus]) -> str:
    """Which reports wait for whose approval, with what came beside them; "" for none."""
    waiting = awaiting_approval(rounds)
    lines = [line for who, found in waiting.items() for line in _waiting(who, found)]
    return "\n".join(["等待分管领导审定：", *lines, APPROVE]) if lines else ""


def _waiting(leader: str, found: Iterable[tuple[Round, DivisionStatus]]) -> Iterator[str]:
    waiting = [(r, d, d.unapproved) for r, d in found if d.unapproved]
    reports = [(f"{d.division} {r.name}（第 {receipt.no} 号收件）", receipt) for r, d, receipt in waiting]
    yield f"  {leader or '（没有写分管领导）'}：{'、'.join(name for name, _ in reports)}"
    for name, receipt in reports:
        yield from (f"    {name}{PAGE_BESIDE}{page}" for page in receipt.pages)


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
    lines = [f"【{receipt.verdict.label}】{outcome.arrival.path}" + (f"  →  {whose}" if whose else "")]
    for f in outcome.findings:
        place = f"{f.where}：" if f.where else ""
        remedy = f"。{f.remedy}" if f.remedy and f.remedy != "不用处理" else ""
        lines.append(f"    {place}{f.message.rstrip('。')}{remedy}")
    return "\n".join(lines)
