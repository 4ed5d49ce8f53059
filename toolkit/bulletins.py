"""通报: who reported a round late or not at all, as a Word document to be checked and sent by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from toolkit import documents
from toolkit.calendar import deadline, due_end, plain_date, short_date
from toolkit.errors import Annex2Error
from toolkit.forms import safe_file_name
from toolkit.forms.fanout import the_round
from toolkit.kinds import in_title, kind_of
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.read import Master
from toolkit.master.store import load
from toolkit.model import ReportState
from toolkit.pending import standing_now
from toolkit.reminders import due_bulletins, reminder_policy
from toolkit.standing import moment
from toolkit.titles import in_lines
from toolkit.tracking import RoundStatus
from toolkit.workspace import Workspace

TEMPLATE = "bulletin.docx"
FOLDER = "通报"
MEMORY = "bulletins.json"
"""The steps that are done."""
CONTEXT = {
    "title": "标题；超过20字的在词尾换行",
    "round.name": "节点，如 2023年第一季度",
    "round.kind": "表种",
    "addressees": "主送，如 局机关各相关处室，局属相关单位",
    "overview": "应报多少、已报多少的一段",
    "on_time": "按时报送的处室的列表",
    "late": "逾期报送的，列表：情况相同的处室合成一句",
    "missing": "未报送的，列表：情况相同的处室合成一句",
    "leaders": "分管局领导；没有分管领导的单位，是空的",
    "report_to": "补报交到哪里",
    "issuer": "发文单位",
    "day": "日期",
}


def write_bulletins(
    workspace: Workspace, now: datetime | None = None, first: Callable[[], None] = lambda: None
) -> tuple[Path, ...]:
    """Draw up the 通报 that are due by policy, each once.  Raises MasterError, TemplateError, WorkspaceError.

    `first`: called where some are due; what it raises holds them back.
    """
    with workspace.writing():
        master = load(workspace).master
        at = moment(now, master.zone)
        stored = workspace.remembered(MEMORY)
        done = stored if isinstance(stored, list) else []  # drawn up once more: a person looks at each
        policy = reminder_policy(master.office.settings)
        due = due_bulletins(standing_now(workspace, master, at)[0], at, master.zone, policy, master.calendar, done)
        if due:
            first()
        paths = tuple(_write(workspace, master, b.status, at)[0] for b in due)
        if due:
            workspace.remember(MEMORY, [*done, *(b.step for b in due)])
        return paths


def write_bulletin(workspace: Workspace, round_key: str, now: datetime | None = None) -> tuple[Path, tuple[Path, ...]]:
    """Draw up the 通报 of one round as it stands now: (where it is, where one is that somebody had edited).

    Raises Annex2Error before the due date and where nobody owes anything, MasterError, TemplateError, WorkspaceError.
    """
    with workspace.writing():
        master = load(workspace).master
        at, wanted = moment(now, master.zone), the_round(master.office, round_key)
        (status,) = (r for r in standing_now(workspace, master, at)[0] if r.round.key == wanted.key)
        if at < due_end(wanted, master.zone):
            raise Annex2Error(
                tr("{round}还没有到截止日期，现在出通报，会把还没到日子的都写成没有报送", round=wanted.name),
                remedy=tr("过了 {day:%Y-%m-%d} 再出；现在要催，用 annex2 remind", day=wanted.last_day),
            )
        if not status.expected:
            raise Annex2Error(
                tr("{round}没有处室要报，没有可以通报的", round=wanted.name),
                remedy=tr("免报的看“报送情况”“处室”，任务看“任务台账”"),
            )
        return _write(workspace, master, status, at)


def _write(workspace: Workspace, master: Master, status: RoundStatus, at: datetime) -> tuple[Path, tuple[Path, ...]]:
    name = safe_file_name(f"{at:%Y-%m-%d}关于{status.round.name}报送情况的通报") + ".docx"
    path = workspace.summary / FOLDER / name
    document = bulletin(master, status, at, workspace.template(TEMPLATE))
    return path, documents.put(workspace, {path: document})


def bulletin(master: Master, status: RoundStatus, at: datetime, template: bytes) -> bytes:
    """The document.  Pure.  Raises TemplateError."""
    from toolkit.summary.document import fill_document

    office, round_ = master.office, status.round
    on_time: list[str] = []
    late: dict[str, list[str]] = {}  # by what is to say of them
    missing: dict[str, list[str]] = {}
    extended: list[str] = []  # not reported, and not yet due either
    held: list[str] = []  # what they sent lies with the office
    for d in status.divisions:
        if d.state is ReportState.ON_TIME:
            on_time.append(d.division)
        elif d.state is ReportState.LATE and d.received:
            how = f"{short_date(d.received, round_.due.year)}报送，逾期{d.days_late}天"
            late.setdefault(how, []).append(d.division)
        elif d.state is ReportState.HELD:
            held.append(d.division)
        elif d.extended and d.open:
            extended.append(f"{d.division}（延期至{short_date(d.extended, round_.due.year)}）")
        elif d.state is not ReportState.EXEMPT:
            returned = "已退回修改，尚未重报" if d.state is ReportState.RETURNED else ""
            days = f"已逾期{d.days_late}天" if d.days_late else ""
            missing.setdefault("，".join(filter(None, (returned, days))), []).append(d.division)
    late_ones, silent = status.accepted - status.on_time, sum(map(len, missing.values()))
    counted = [f"应报{status.expected}个处室（单位）", f"已报{status.accepted}个"]
    if status.accepted:
        counted.append(f"其中按时{status.on_time}个、逾期{late_ones}个" if late_ones else "均按时报送")
    counted += [f"未报送{silent}个"] if silent else []
    counted += [f"经同意延期、还没有到期的{len(extended)}个：{'、'.join(extended)}"] if extended else []
    counted += [f"已报来、正在核对的{len(held)}个：{'、'.join(held)}"] if held else []
    overview = (
        f"{kind_of(round_).report(round_.name)}应于{deadline(round_)}前报送。"
        f"截至{short_date(at, round_.due.year)}，{'，'.join(counted)}。现将有关情况通报如下。"
    )
    issuer = office.settings.get(schema.SETTING_ISSUER, "") or office.organisation
    name = f"{office.year}年{in_title(office, round_)}"
    context = {
        "title": in_lines((f"关于{name}", "报送情况的通报")),
        "round": {"name": name, "kind": str(round_.kind)},
        "addressees": _addressees(office.called),
        "overview": overview,
        "on_time": on_time,
        "late": list(map(_together, late.items())),
        "missing": list(map(_together, missing.items())),
        "leaders": office.leaders,
        "report_to": f"{office.called}办公室" if office.called and "办公室" in issuer else issuer,
        "issuer": issuer,
        "day": plain_date(at),
    }
    return fill_document(template, context, f"{round_.name}报送情况通报", at.date(), TEMPLATE)


def _together(group: tuple[str, list[str]]) -> str:
    """Those of whom the same is to say, in one line."""
    how, names = group
    counted = f"（{len(names)}个）" if len(names) > 1 else ""
    return "，".join(filter(None, ("、".join(names) + counted, how)))


def _addressees(called: str) -> str:
    """局机关各相关处室，局属相关单位; whoever is no bureau, commission or department writes to 各有关单位."""
    return f"{called}机关各相关处室，{called}属相关单位" if called else "各有关单位"
