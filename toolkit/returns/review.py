"""One returned file -> its findings, its verdict, and the texts that may be merged.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from toolkit.calendar import days_late
from toolkit.model import Finding, Office, Round, Severity, Verdict
from toolkit.returns.findings import finding
from toolkit.returns.match import match_rows
from toolkit.returns.read import Reading
from toolkit.returns.recognise import Table, find_table, identify
from toolkit.xlsx import CELL_ERRORS

DEFAULT_TEXT_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Review:
    """What one file is and holds.  `texts`: task key -> 完成情况, only rows that are certain and filled."""

    division: str | None
    round: Round | None
    findings: tuple[Finding, ...]
    texts: Mapping[str, str]
    incomplete: tuple[str, ...] = ()  # keys of owed tasks without a usable text
    proposal: tuple[str, str] | None = None
    places: Mapping[str, str] = field(default_factory=dict)  # task key -> sheet and cell of its text

    @property
    def verdict(self) -> Verdict:
        return verdict_of(self.findings)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The worst finding decides."""
    severities = {f.severity for f in findings}
    for severity, verdict in (
        (Severity.IGNORE, Verdict.IGNORED),
        (Severity.HOLD, Verdict.HELD),
        (Severity.CORRECT, Verdict.RETURNED),
        (Severity.REMARK, Verdict.ACCEPTED_WITH_REMARKS),
    ):
        if severity in severities:
            return verdict
    return Verdict.ACCEPTED


def review(
    office: Office,
    reading: Reading | Finding,
    *,
    file_name: str,
    received: datetime,
    zone: tzinfo,
    secret: bytes,
    forced: tuple[str, str] | None = None,
    text_limit: int = DEFAULT_TEXT_LIMIT,
) -> Review:
    """Review one file as received at `received`.

    `forced`: (division, round key) that a person has decided on for a file that was held.
    """
    if isinstance(reading, Finding):
        return Review(None, None, (reading,), {})
    table = find_table(reading, (t.key for t in office.tasks))
    if isinstance(table, Finding):
        return Review(None, None, (table,), {})
    identity = identify(office, reading, table, file_name, secret, forced)
    if identity.division is None or identity.round is None:
        return Review(None, None, identity.findings, {}, proposal=identity.proposal)
    owed = office.owed(identity.round).get(identity.division, ())
    matched = match_rows(table.rows, owed, office.tasks)
    findings = [*identity.findings, *matched.findings]
    texts: dict[str, str] = {}
    for task in owed:
        row = matched.rows.get(task.key)
        if row is None:
            continue
        if not row.status:
            findings.append(finding("empty_status", row.where, label=task.label))
        elif row.status in CELL_ERRORS:
            findings.append(finding("formula_error", row.where, value=row.status))
        else:
            texts[task.key] = row.status
            if len(row.status) > text_limit:
                findings.append(finding("too_long", row.where, length=len(row.status), limit=text_limit))
    findings += _approval(table)
    due = office.round_for(identity.division, identity.round)
    late = days_late(received, due, zone)
    if late:
        findings.append(finding("late", days=late, due=due.last_day.isoformat()))
    incomplete = tuple(t.key for t in owed if t.key not in texts)
    places = {k: matched.rows[k].where for k in texts}
    return Review(identity.division, identity.round, tuple(findings), texts, incomplete, identity.proposal, places)


def _approval(table: Table) -> list[Finding]:
    missing = [
        name for name, value in (("审定人", table.approver), ("审定日期", table.approved_on)) if not value
    ]
    return [finding("not_approved", table.sheet, what="、".join(missing))] if missing else []
