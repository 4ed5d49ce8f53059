"""What a returned file says it is, from all evidence (design §6).  Pure.

Stamp, title and content are weighed; agreement is accepted, contradiction held with the evidence listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from toolkit.cells import as_text
from toolkit.forms.stamp import Stamp, read_stamp
from toolkit.model import Finding, Office, Round, Task, plain
from toolkit.returns.findings import finding
from toolkit.returns.match import FormRow, normalise
from toolkit.returns.read import Grid, Reading
from toolkit.xlsx import Value, cell_name

ITEM_HEADERS = ("责任事项", "工作事项", "工作任务", "任务")
STATUS_HEADERS = ("完成情况", "工作完成情况", "目标完成情况", "进展情况")
APPROVER_LABELS = ("分管局领导审定", "分管领导审定", "审定人")
APPROVED_ON_LABELS = ("审定日期", "审定时间")


@dataclass(frozen=True, slots=True)
class Table:
    """The Annex 2 table as it stands in a returned file."""

    sheet: str
    title: str  # the text above the header
    rows: tuple[FormRow, ...]
    approver: str
    approved_on: str
    status_column: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose report of which round a file is; None where that is not certain."""

    division: str | None
    round: Round | None
    findings: tuple[Finding, ...]
    proposal: tuple[str, str] | None = None  # (division, round key) if a person accepts a held file


def find_table(reading: Reading, task_keys: Iterable[str]) -> Table | Finding:
    """The first visible sheet's Annex 2 table, or the Finding that says what was there instead."""
    keys = frozenset(task_keys)
    for grid in sorted(reading.grids, key=lambda g: g.hidden):
        table = _table_in(grid, keys)
        if table is not None:
            return table
    found = [
        f"{g.name}（{'、'.join(list(_texts(g))[:3]) or '空表'}）" for g in reading.grids if not g.hidden
    ] or ["没有工作表"]
    return finding("no_form", found="；".join(found)[:200])


def identify(
    office: Office, reading: Reading, table: Table, file_name: str, secret: bytes, forced: tuple[str, str] | None
) -> Identity:
    """Weigh the evidence.  `forced`: a person's decision (division, round key) on a held file."""
    findings: list[Finding] = []
    stamps = [s for line in reading.stamps if (s := read_stamp(line, secret))]
    if forced is not None:
        return Identity(forced[0], office.round(forced[1]), ())
    stamp = next((s for s in stamps if s.genuine), stamps[0] if stamps else None)
    if stamp is not None and not stamp.genuine:
        findings.append(finding("stamp_not_genuine"))
    if stamp is None:
        findings.append(finding("no_stamp"))
    years = _years(stamp, table.title)
    wrong = [y for y in years if y != office.year]
    if wrong and len(set(years)) == 1:
        return Identity(None, None, (finding("wrong_year", found=wrong[0], year=office.year),))

    rounds = _round_evidence(office, stamp, table.title)
    divisions = _division_evidence(office, stamp, table)
    named_round, named_division = _round_in(office, file_name), _division_in(office, file_name)
    if not rounds and named_round:
        rounds["文件名"] = named_round.key
    if not divisions and named_division:
        divisions["文件名"] = named_division
    proposal_round = rounds.get("标题") or next(iter(rounds.values()), None)
    proposal_division = divisions.get("内容") or divisions.get("标题") or next(iter(divisions.values()), None)
    proposal = (proposal_division, proposal_round) if proposal_division and proposal_round else None

    names = {r.key: r.name for r in office.rounds}
    held: list[Finding] = []
    for field, evidence, unknown in (("节点", rounds, "unknown_round"), ("处室", divisions, "unknown_division")):
        shown = {k: names.get(v, v) for k, v in evidence.items()}
        listed = "，".join(f"{k}是“{v}”" for k, v in shown.items())
        if not evidence:
            held.append(finding(unknown, evidence=f"标题“{table.title or '无'}”，文件名“{file_name}”"))
        elif len(set(evidence.values())) > 1:
            guess = "；很可能沿用了以前的表" if field == "节点" else ""
            target = f"{proposal[0]} {names.get(proposal[1], proposal[1])}" if proposal else "人工指定"
            held.append(finding("identity_conflict", field=field, evidence=listed, guess=guess, proposal=target))
    if len(set(years)) > 1:
        listed = "，".join(str(y) for y in years)
        target = f"{proposal[0]} {names.get(proposal[1], proposal[1])}" if proposal else "人工指定"
        held.append(finding("identity_conflict", field="年度", evidence=listed, guess="", proposal=target))
    if held:
        return Identity(None, None, (*findings, *held), proposal)

    round_, division = office.round(next(iter(rounds.values()))), next(iter(divisions.values()))
    assert round_ is not None
    if named_round and named_round.key != round_.key:
        findings.append(finding("file_name_differs", found=named_round.name, actual=round_.name))
    if named_division and named_division != division:
        findings.append(finding("file_name_differs", found=named_division, actual=division))
    if division not in office.owed(round_):
        return Identity(None, None, (*findings, finding("owes_nothing", division=division, round=round_.name)))
    return Identity(division, round_, tuple(findings), (division, round_.key))


def _years(stamp: Stamp | None, title: str) -> list[int]:
    years = [stamp.year] if stamp else []
    if m := re.search(r"(20\d{2})\s*年", title):
        years.append(int(m[1]))
    return years


def _round_evidence(office: Office, stamp: Stamp | None, title: str) -> dict[str, str]:
    evidence: dict[str, str] = {}
    if stamp is not None and (r := office.round(stamp.round)):
        evidence["身份标记"] = r.key
    if r := _round_in(office, title):
        evidence["标题"] = r.key
    return evidence


def _division_evidence(office: Office, stamp: Stamp | None, table: Table) -> dict[str, str]:
    evidence: dict[str, str] = {}
    if stamp is not None:
        found = office.division(stamp.division)
        evidence["身份标记"] = found.name if found else stamp.division
    if name := _division_in(office, table.title):
        evidence["标题"] = name
    owners = _owners(office, table.rows)
    if len(owners) == 1:
        evidence["内容"] = next(iter(owners))
    return evidence


def _owners(office: Office, rows: Sequence[FormRow]) -> set[str]:
    """The divisions that lead the tasks whose text or key the rows hold."""
    by_key: Mapping[str, Task] = {t.key: t for t in office.tasks}
    by_text = {normalise(t.text): t for t in office.tasks}
    tasks = (by_text.get(normalise(r.item)) or by_key.get(r.key) for r in rows)
    return {(d.name if (d := office.division(t.division)) else t.division) for t in tasks if t}


def _round_in(office: Office, text: str) -> Round | None:
    """The one round whose name or key a text mentions; 第1季度 and 一季度 are 第一季度."""
    folded = plain(text).upper()
    for digit, numeral in zip("1234", "一二三四", strict=True):
        folded = re.sub(rf"第?{digit}季度", f"第{numeral}季度", folded)
        folded = re.sub(rf"(?<!第){numeral}季度", f"第{numeral}季度", folded)
    found = [r for r in office.rounds if plain(r.name).upper() in folded or r.key.upper() in folded]
    return found[0] if len(found) == 1 else None


def _division_in(office: Office, text: str) -> str | None:
    """The one division whose name or alias a text mentions; the longest name wins over its parts."""
    folded = plain(text)
    hits: dict[str, str] = {}
    for d in office.divisions:
        for name in (d.name, *d.aliases):
            if plain(name) and plain(name) in folded:
                hits[plain(name)] = d.name
    longest = {n: d for n, d in hits.items() if not any(n != o and n in o for o in hits)}
    return next(iter(longest.values())) if len(set(longest.values())) == 1 else None


def _texts(grid: Grid) -> Iterable[str]:
    for cells in grid.rows.values():
        for value in cells.values():
            if isinstance(value, str) and value.strip():
                yield value.strip()[:20]


def _table_in(grid: Grid, keys: frozenset[str]) -> Table | None:
    for number, cells in grid.rows.items():
        headers = {plain(v): c for c, v in cells.items() if isinstance(v, str)}
        item = next((headers[h] for h in ITEM_HEADERS if h in headers), None)
        status = next((headers[h] for h in STATUS_HEADERS if h in headers), None)
        if item is not None and status is not None:
            break
    else:
        return None
    above = [
        str(v).strip() for n, cs in grid.rows.items() if n < number for _, v in sorted(cs.items()) if isinstance(v, str)
    ]
    title = next((t for t in above if "完成情况" in t), max(above, key=len, default=""))
    rows: list[FormRow] = []
    approver = approved_on = ""
    for n, cs in grid.rows.items():
        if n <= number:
            continue
        label = _label(cs)
        if label:
            approver = _beside(cs, APPROVER_LABELS) or approver
            approved_on = _beside(cs, APPROVED_ON_LABELS) or approved_on
            continue
        item_text, status_text = as_text(cs.get(item)), as_text(cs.get(status))
        key = next((v for v in map(as_text, cs.values()) if v in keys), "")
        if item_text or status_text or key:
            rows.append(FormRow(f"{grid.name}!{cell_name(n, status)}", key, item_text, status_text))
    return Table(grid.name, title, tuple(rows), approver, approved_on, cell_name(1, status).rstrip("1"))


def _label(cells: Mapping[int, Value]) -> bool:
    labels = APPROVER_LABELS + APPROVED_ON_LABELS
    return any(isinstance(v, str) and plain(v).startswith(labels) for v in cells.values())


def _beside(cells: Mapping[int, Value], labels: tuple[str, ...]) -> str:
    """The text after a label: in the same cell behind the colon, or in the next filled cell to the right."""
    for column, value in sorted(cells.items()):
        if isinstance(value, str) and plain(value).startswith(labels):
            _, _, tail = value.replace(":", "：").partition("：")
            if tail.strip(" 　_"):
                return tail.strip(" 　_")
            following = [c for c in sorted(cells) if c > column]
            if following:
                text = as_text(cells[following[0]])
                others = APPROVER_LABELS + APPROVED_ON_LABELS
                return "" if plain(text).startswith(others) else text
    return ""
