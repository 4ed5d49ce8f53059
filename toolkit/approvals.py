"""送审: for each 分管领导 one document with all that their divisions report, to read and sign once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from toolkit.calendar import long_date, plain_date, short_date
from toolkit.forms import safe_file_name
from toolkit.forms.fanout import the_round
from toolkit.kinds import kind_of
from toolkit.master.read import Master
from toolkit.master.store import load
from toolkit.model import Round, RoundKind, Task, plain
from toolkit.standing import moment
from toolkit.workspace import Workspace, write_durably

TEMPLATE = "approval.docx"
FOLDER = "送审"
UNNAMED = "没有写分管领导"


def write_approvals(workspace: Workspace, round_key: str, now: datetime | None = None) -> tuple[Path, ...]:
    """Draw up a round's documents as its texts stand now.  Raises MasterError, TemplateError, WorkspaceError."""
    from toolkit.summary.document import fill_document

    with workspace.writing():
        master = load(workspace).master
        at, round_ = moment(now, master.zone), the_round(master.office, round_key)
        template = workspace.template(TEMPLATE).read_bytes()
        made: list[tuple[Path, bytes]] = []
        for leader, context in approvals(master, round_, at).items():
            name = safe_file_name(f"{round_.name}送审（{leader}）") + ".docx"
            title = f"{kind_of(round_).report(round_.name)}送审"
            document = fill_document(template, context, title, at.date(), TEMPLATE)
            made.append((workspace.summary / FOLDER / name, document))
        for path, data in made:
            write_durably(path, data)
        return tuple(path for path, _ in made)


def approvals(master: Master, round_: Round, at: datetime) -> Mapping[str, Mapping[str, Any]]:
    """What each leader's document is filled with, by leader in the order of their tasks.  Pure."""
    by_leader: dict[str, dict[str, list[Task]]] = {}
    for division, tasks in master.office.owed(round_).items():
        for task in tasks:
            by_leader.setdefault(plain(task.leader) or UNNAMED, {}).setdefault(division, []).append(task)
    return {
        leader: _context(master, round_, at, leader, divisions)
        for leader, divisions in sorted(by_leader.items(), key=lambda item: min(map(_first, item[1].values())))
    }


def _first(tasks: list[Task]) -> int:
    return min(t.no for t in tasks)


def _context(
    master: Master, round_: Round, at: datetime, leader: str, divisions: Mapping[str, list[Task]]
) -> Mapping[str, Any]:
    texts = {t.key: master.status.get((t.key, round_.key), "").strip() for tasks in divisions.values() for t in tasks}
    if round_.kind is RoundKind.PLAN:  # steps that the office wrote itself are no report
        reported = {w.task for r in master.receipts if r.round == round_.key for w in r.written if w.digest}
        texts = {key: text if key in reported else "" for key, text in texts.items()}
    wanting = sum(not t for t in texts.values())
    asked = "完成情况" if round_.kind is RoundKind.PROGRESS else kind_of(round_).subject
    overview = (
        f"{round_.name}您分管的处室（单位）有{len(texts)}项任务要报送{asked}，截止{long_date(round_.last_day)}。"
        + (f"截至{short_date(at)}还有{wanting}项没有报来。" if wanting else "都已报来，")
        + "请审阅；修改处请写在旁边，审定后在文末签名。"
    )
    return {
        "round": {"name": round_.name, "report": kind_of(round_).report(round_.name), "kind": str(round_.kind)},
        "leader": leader,
        "overview": overview,
        "divisions": [
            {
                "name": division,
                "tasks": [
                    {
                        "number": t.no,
                        "text": t.text,
                        "status": [line for p in texts[t.key].splitlines() if (line := p.strip())],
                    }
                    for t in sorted(tasks, key=lambda t: t.no)
                ],
            }
            for division, tasks in sorted(divisions.items(), key=lambda item: _first(item[1]))
        ],
        "day": plain_date(at),
    }
