"""送审: for each 分管领导 one document with all that their divisions report, to read and sign once."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit import documents
from toolkit.calendar import long_date, plain_date, short_date
from toolkit.cells import after_number, split_names
from toolkit.errors import Annex2Error
from toolkit.forms import each_its_own, safe_file_name
from toolkit.forms.fanout import the_round
from toolkit.kinds import in_title, kind_of
from toolkit.language import Text, tr
from toolkit.master.read import Master
from toolkit.master.store import load
from toolkit.model import APPROVED, ReportState, Round, RoundKind, Task, last_report, plain
from toolkit.pending import standing_now
from toolkit.plans import steps_of, told
from toolkit.standing import moment, office_of
from toolkit.titles import headline, in_lines, one_line
from toolkit.tracking import DivisionStatus, RoundStatus
from toolkit.workspace import Workspace

TEMPLATE = "approval.docx"
FOLDER = "送审"
CONTEXT = {
    "title": "标题；超过20字的在词尾换行",
    "round.name": "节点名称",
    "round.report": "报的是什么，如 第一季度工作目标完成情况",
    "round.kind": "表种",
    "leader": "分管领导的姓名",
    "overview": "有几项、报来没有的一段",
    "divisions": "处室的列表：每个有 name、tasks",
    "division.tasks": "处室的任务：每项有 number（序号）、text（工作事项）、"
    "head 和 rest（80字以上的，第一句作标题，其余接排）、status（完成情况，一段一段的列表）、wanting（为什么没有）、"
    "last（最后一项）",
    "day": "日期",
}
UNNAMED = "没有写分管领导"
NOT_THERE = "未报"
EMPTIED = "已报，文字空缺"
WANTING = {ReportState.RETURNED: "已退回修改，尚未重报", ReportState.HELD: "已报来，正在核对"}
"""Why there is no text, by 报送状态; for any other, NOT_THERE, or EMPTIED where the task was reported."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A leader for whom there is nothing to read, though not all is approved either."""

    why: tuple[Text, ...]  # what became of each division's report; empty where nothing at all has come


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn up."""

    paths: tuple[Path, ...]
    settled: tuple[str, ...]  # leaders who have approved all that they answer for: nothing to read
    awaited: Mapping[str, Awaited]  # leaders for whom there is nothing to read yet
    kept: tuple[Path, ...] = ()  # where documents are that somebody had edited


def write_approvals(workspace: Workspace, round_key: str, now: datetime | None = None) -> Drawn:
    """Draw up a round's documents as its texts stand now.  Raises MasterError, TemplateError, WorkspaceError."""
    from toolkit.summary.document import fill_document

    with workspace.writing():
        master = load(workspace).master
        if not master.office.approves:
            raise Annex2Error(
                tr("任务台账、处室里都没有写分管领导，报来的不等审定，没有要送审的"),
                remedy=tr("要经分管领导审定的，先在“任务台账”的“分管领导”里写上"),
            )
        at, round_ = moment(now, master.zone), the_round(master.office, round_key)
        template = workspace.template(TEMPLATE)
        folder, title = workspace.summary / FOLDER, f"{kind_of(round_).report(round_.name)}送审"
        (status,) = (r for r in standing_now(workspace, master, at)[0] if r.round.key == round_.key)
        found = approvals(master, status, at)
        contexts = {leader: c for leader, c in found.items() if c is not None and not isinstance(c, Awaited)}
        names = each_its_own(safe_file_name(f"{round_.name}送审", f"（{leader}）") for leader in contexts)
        made = {
            folder / f"{name}.docx": fill_document(template, context, title, at.date(), TEMPLATE)
            for name, context in zip(names, contexts.values(), strict=True)
        }
        others = folder.glob(f"{glob.escape(safe_file_name(f'{round_.name}送审（'))}*.docx")
        stale = [path for path in documents.written(workspace, others) if path not in made]
        kept = documents.put(workspace, made, stale)
        settled = tuple(leader for leader, context in found.items() if context is None)
        awaited = {leader: context for leader, context in found.items() if isinstance(context, Awaited)}
        return Drawn(tuple(made), settled, awaited, kept)


def approvals(master: Master, status: RoundStatus, at: datetime) -> Mapping[str, Mapping[str, Any] | Awaited | None]:
    """What each leader's document is filled with, by leader in the order of their tasks.  Pure.

    What is approved, or signed on paper, is not put before a leader again; None where that is all.  Nor is a closed
    task asked of one.
    """
    round_, office = status.round, office_of(master, at.date())
    by_leader: dict[str, dict[str, list[Task]]] = {}
    exempt = {d.division for d in status.divisions if d.state is ReportState.EXEMPT}
    for division, tasks in office.owed(round_).items():
        for task in tasks if division not in exempt else ():
            if not task.closed_for(round_) or master.status.get((task.key, round_.key), "").strip():
                named = office.leader_for(task, division, round_) or office.leader_of(division)
                for leader in tuple(map(plain, split_names(named))) or (UNNAMED,):
                    by_leader.setdefault(leader, {}).setdefault(division, []).append(task)
    standings = {d.division: d for d in status.divisions}
    return {
        leader: _context(master, round_, at, leader, divisions, standings)
        for leader, divisions in sorted(by_leader.items(), key=lambda item: min(map(_first, item[1].values())))
    }


def _first(tasks: list[Task]) -> int:
    return min(t.no for t in tasks)


def _settled(status: DivisionStatus, leader: str, tasks: Sequence[Task]) -> bool:
    """Whether the report that stands is approved, in so many words; or signed by this leader, with all `tasks` that
    are the leader's in it, where another's approval is wanting yet."""
    last = last_report(status.receipts)
    if last is None or last.approval == APPROVED:
        return last is not None
    return leader in last.signed and {t.key for t in tasks} <= {w.task for w in last.written if w.digest}


def _context(
    master: Master,
    round_: Round,
    at: datetime,
    leader: str,
    divisions: Mapping[str, list[Task]],
    standings: Mapping[str, DivisionStatus],
) -> Mapping[str, Any] | Awaited | None:
    settled = [name for name in divisions if _settled(standings[name], leader, divisions[name])]
    on_paper = [name for name in divisions if standings[name].on_paper]
    shown = {name: tasks for name, tasks in divisions.items() if name not in (*settled, *on_paper)}
    if not shown:
        return None
    texts = {t.key: master.status.get((t.key, round_.key), "").strip() for tasks in shown.values() for t in tasks}
    reported = {w.task for r in master.receipts if r.round == round_.key for w in r.written if w.digest}
    if round_.kind is RoundKind.PLAN:  # steps that the office wrote itself are no report
        texts = {key: "\n".join(told(steps_of(text, key))) if key in reported else "" for key, text in texts.items()}
    if not any(texts.values()):
        emptied = [name for name, tasks in shown.items() if reported & {t.key for t in tasks}]
        return _awaited(settled, on_paper, emptied, {name: standings[name].state for name in shown})
    why = {
        t.key: WANTING.get(standings[name].state) or (EMPTIED if t.key in reported else NOT_THERE)
        for name, tasks in shown.items()
        for t in tasks
        if not texts[t.key]
    }
    asked = kind_of(round_).ending or kind_of(round_).subject
    counted = "；".join(f"{n}项{word}" for word, n in Counter(why.values()).items())
    approved, signed = (sum(len(divisions[name]) for name in names) for names in (settled, on_paper))
    today = short_date(at, round_.last_day.year)
    overview = (
        f"{'' if round_.name == asked else round_.name}您分管的处室（单位）有"
        f"{approved + signed + len(texts)}项任务要报送{asked}，"
        f"截止{long_date(round_.last_day)}。"
        + (f"{'、'.join(settled)}的{approved}项已经审定，没有再列。" if settled else "")
        + (f"{'、'.join(on_paper)}的{signed}项报的是纸质，以纸上的签字为准，没有再列。" if on_paper else "")
        + (f"截至{today}，{counted}。" if why else "其余都已报来，" if settled or on_paper else "都已报来，")
        + "请审阅；修改处请写在旁边，审定后在文末签名。"
    )
    in_order = sorted(shown.items(), key=lambda item: _first(item[1]))
    last = max(in_order[-1][1], key=lambda t: t.no)
    office = master.office
    named = in_title(office, round_)
    report = kind_of(round_).report(named)
    return {
        "title": in_lines((f"{office.year}年{office.organisation}", named, f"{report.removeprefix(named)}（送审）")),
        "round": {"name": round_.name, "report": kind_of(round_).report(round_.name), "kind": str(round_.kind)},
        "leader": leader if leader != UNNAMED else "＿＿＿＿",
        "overview": overview,
        "divisions": [
            {
                "name": division,
                "tasks": [
                    {
                        "number": t.no,
                        **_headed(after_number(t.text)),
                        "status": [line for p in texts[t.key].splitlines() if (line := p.strip())],
                        "wanting": why.get(t.key, ""),
                        "last": t is last,
                    }
                    for t in sorted(tasks, key=lambda t: t.no)
                ],
            }
            for division, tasks in in_order
        ],
        "day": plain_date(at),
    }


def _headed(text: str) -> dict[str, str]:
    text = one_line(text)
    head, rest = headline(text)
    return {"text": text, "head": head, "rest": rest}


def _awaited(
    settled: Sequence[str], on_paper: Sequence[str], emptied: Sequence[str], states: Mapping[str, ReportState]
) -> Awaited:
    """Why there is nothing to read: by division, unless nothing at all has come."""
    emptied = [name for name in emptied if states[name] not in WANTING]
    if not settled and not on_paper and not emptied and not any(state in WANTING for state in states.values()):
        return Awaited(())

    def those(*wanted: ReportState) -> tuple[str, ...]:
        return tuple(name for name, state in states.items() if state in wanted and name not in emptied)

    told = (
        tr("{divisions}已经审定", divisions=tuple(settled)),
        tr("{divisions}报的是纸质", divisions=tuple(on_paper)),
        tr("{divisions}已退回修改，尚未重报", divisions=those(ReportState.RETURNED)),
        tr("{divisions}已报来，正在核对", divisions=those(ReportState.HELD)),
        tr("{divisions}已报，文字空缺", divisions=tuple(emptied)),
        tr("{divisions}未报", divisions=those(*set(ReportState) - WANTING.keys())),
    )
    return Awaited(tuple(sentence for sentence in told if sentence.values["divisions"]))
