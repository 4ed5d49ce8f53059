"""The jobs of 定时任务: what each 做什么 does, and where its outcome is told.

Joins `jobs` (when) with the verbs (what); the outcome stands in 定时任务, in the log, and on 待处理 while it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path

from toolkit.attention import RESULT, closed
from toolkit.beforehand import beforehand
from toolkit.collect import collect
from toolkit.collected import last_taken_in, look_anew, nothing_new
from toolkit.errors import Annex2Error, MasterError, WorkspaceError
from toolkit.jobs import JOB_ITEM, Action, DoneBut, HeldBack, Job, Outcome, Runner, Setting, parse_jobs, read_memory
from toolkit.language import listed, tr
from toolkit.logbook import Logbook
from toolkit.master import schema
from toolkit.master.edits import AddRow, Edit, SetCell
from toolkit.master.read import Master, one_of_each
from toolkit.master.schema import Sheet
from toolkit.master.store import MasterChanged, load, save
from toolkit.pending import standing_now
from toolkit.reminders import who_is_asked
from toolkit.standing import moment, order_of_divisions, targets_shown
from toolkit.workspace import Workspace, write_durably
from toolkit.xlsx import Value

PAGE = "报送情况.html"
STATUS_TEMPLATE = "status.html.j2"


def logbook(workspace: Workspace) -> Logbook:
    """The log that clerks read."""
    return Logbook(workspace.root / "日志")


def runner(workspace: Workspace, now: Callable[[], datetime] | None = None) -> Runner:
    """The runner of a workspace's jobs.  `now`: an aware moment, for rehearsals."""
    log = logbook(workspace)

    def setting() -> Setting:
        jobs, problems, zone, master = jobs_of(workspace)
        for problem in problems:
            log.write_once(datetime.now(), "定时任务", problem)  # noqa: DTZ005  this computer's own time
        if idle(master):
            with suppress(Annex2Error):  # Excel has the master open: again at the next look
                tell(workspace, (), now() if now else datetime.now(zone))
        return Setting(jobs, master.office.rounds, zone)

    made = Runner(
        workspace.state,
        {name: _logged(log, name, action) for name, action in _actions(workspace).items()},
        setting,
        lambda outcomes: tell(workspace, outcomes),
        now,
        lambda *run: _mended(workspace, *run),
    )

    def trouble(sentence: str) -> None:
        log.write(datetime.now(), "定时任务", sentence)  # noqa: DTZ005  this computer's own time

    made.trouble = trouble  # type: ignore[method-assign]
    return made


def jobs_of(workspace: Workspace) -> tuple[tuple[Job, ...], tuple[str, ...], tzinfo, Master]:
    """(jobs that are on, rows that cannot be understood, zone, master)."""
    master = load(workspace).master
    jobs, problems = parse_jobs(master.jobs, schema.JOB_ACTIONS)
    return jobs, problems, master.zone, master


def _actions(workspace: Workspace) -> Mapping[str, Action]:
    def naive(now: datetime) -> datetime:
        return now.astimezone(load(workspace).master.zone).replace(tzinfo=None)

    def take_in(now: datetime) -> str:
        from toolkit.mail.outgoing import Outcome as MailOutcome

        try:
            done = nothing_new(workspace, now, mail=True) or collect(workspace, [], naive(now), mail=True)
        except Exception:
            look_anew(workspace)
            raise
        if done.busy:
            raise WorkspaceError(done.busy)
        new = [o for o in done.outcomes if o.new]
        accepted = sum(o.receipt.verdict.accepted for o in new)
        waits = tr("，待处理 {open_items} 条", open_items=done.open_items) if done.open_items else ""
        closings = tr("，{closings}", closings=done.closings) if done.closings else ""
        unsent = [r for r in done.unsent if r.outcome is MailOutcome.FAILED]
        answers = tr("；{count} 封回复没有发出（{why}）", count=len(unsent), why=unsent[0].reason) if unsent else ""
        trouble = tr("；{trouble}", trouble=done.troubles[0]) if done.troubles else ""
        text: str = tr(
            "收到新文件 {count} 份，接收 {accepted} 份，{written}{waits}{closings}{answers}{trouble}",
            count=len(new),
            accepted=accepted,
            written=done.written,
            waits=waits,
            closings=closings,
            answers=answers,
            trouble=trouble,
        )
        text = listed("；", [text, done.moved]) if done.moved else text
        # Either is tried again, and stands on 待处理 while it goes on.
        if done.mailbox:
            raise WorkspaceError(text)
        if unsent or done.unfinished:
            raise DoneBut(text, remedy=unsent[0].remedy if unsent and not trouble else "")
        return text

    def reminding(now: datetime) -> str:
        from toolkit.mail.outgoing import Outcome as MailOutcome
        from toolkit.sending import remind

        if missed := _not_collected(workspace):
            raise HeldBack(
                tr("“{job}”没有成功，先不催报：报来的可能还在邮箱里、没有写进总表", job=missed),
                remedy=tr("先解决那一项，收取成功了就接着催；急着催，用 annex2 remind"),
            )
        done = remind(workspace, None, naive(now))
        sent = [r for r in done.results if r.outcome is MailOutcome.SENT]
        failed = [r for r in done.results if r.outcome is MailOutcome.FAILED]
        names = tuple(r.mail.division for r in sent)
        told: list[str] = [tr("发出提醒 {count} 封：{names}", count=len(sent), names=names)] if sent else []
        unsure = tuple(r.mail.division for r in done.results if r.outcome is MailOutcome.UNCERTAIN)
        told += [tr("不知道发出没有的：{names}，问一下对方", names=unsure)] if unsure else []
        refused = tuple(tr("{name}（{why}）", name=r.mail.division, why=r.reason) for r in sent if r.reason)
        told += [tr("有的地址没有发到的：{names}", names=refused)] if refused else []
        told += done.told
        if done.anybody:
            told += beforehand(workspace, load(workspace), naive(now), done.unwritten).told
        if failed:
            causes = {r.reason: tuple(f.mail.division for f in failed if f.reason == r.reason) for r in failed}
            said = [tr("{division}的邮件没有发出：{reason}", division=d, reason=reason) for reason, d in causes.items()]
            raise WorkspaceError(listed("；", [*said, *told]), remedy=failed[0].remedy)
        if done.refused:
            whom = who_is_asked((r.asked, r.division) for r in done.unreached)
            said = [tr("{why}，要另外提醒的：{names}", why=done.refused.what, names=whom)]
            raise WorkspaceError(
                listed("；", [*said, *told]),
                where=done.refused.where,
                remedy=tr("填上发件服务器；没有，就运行 annex2 remind --drafts 出草稿自己发，或打电话"),
            )
        return listed("；", told) if told else tr("没有要提醒的")

    def page(now: datetime) -> str:
        missed = _not_collected(workspace)
        note = tr("“{job}”没有成功：报来的可能还在邮箱里、没有写进总表", job=missed) if missed else None
        path = write_page(workspace, naive(now), note=note or "")
        updated = tr("已更新 {path}", path=path.relative_to(workspace.root).as_posix())
        return listed("；", [updated, note]) if note else updated

    def notices(now: datetime) -> str:
        from toolkit.bulletins import write_bulletins

        def all_is_known() -> None:
            if missed := _not_collected(workspace):
                raise HeldBack(
                    tr("“{job}”没有成功，先不出通报：报来的可能还在邮箱里、没有写进总表", job=missed),
                    remedy=tr("先解决那一项，收取成功了就接着出；急着出，用 annex2 bulletin"),
                )

        made = write_bulletins(workspace, naive(now), all_is_known)
        if not made:
            return tr("没有要出的通报")
        drawn = tr("已生成 {listed}，请核对后印发", listed=tuple(p.name for p in made))
        return listed("；", [drawn, *beforehand(workspace, load(workspace), naive(now)).told])

    return {
        schema.JOB_COLLECT: take_in,
        schema.JOB_REMIND: reminding,
        schema.JOB_STATUS: page,
        schema.JOB_NOTICE: notices,
    }


def _not_collected(workspace: Workspace, jobs: Iterable[Job] | None = None) -> str | None:
    """The job that takes returns in and whose last run failed: what divisions sent is not all known.

    `jobs`: those that are on, where they are known.
    """
    memory = read_memory(workspace.state / "jobs.json")
    for job in jobs_of(workspace)[0] if jobs is None else jobs:
        last = known.last if job.action == schema.JOB_COLLECT and (known := memory.get(job.name)) else None
        if last is not None and not last.did_its_work:
            return job.name
    return None


def _mended(workspace: Workspace, job: Job, failed: Outcome, now: datetime, jobs: Iterable[Job]) -> bool:
    """Whether somebody has taken in by hand what a run could not; or what held a job back is over."""
    if job.action == schema.JOB_COLLECT:
        taken_in = None if failed.did_its_work else last_taken_in(workspace)
        return taken_in is not None and failed.ran < taken_in <= now
    return failed.held_back and _not_collected(workspace, jobs) is None


def _logged(log: Logbook, name: str, action: Action) -> Action:
    def run(now: datetime) -> str:
        try:
            result = action(now)
        except Exception as e:
            log.write(now, name, f"失败：{e}")
            raise
        log.write(now, name, result)
        return result

    return run


def write_page(
    workspace: Workspace, now: datetime | None = None, path: Path | None = None, note: str = ""
) -> Path:
    """The page of how everybody stands, into summary/ or to `path`.  Raises MasterError, TemplateError.

    `note`: why it may not be all.
    """
    from toolkit.status_page import status_page

    master = load(workspace).master
    at = moment(now, master.zone)
    template = workspace.template(STATUS_TEMPLATE)
    text = status_page(
        master.office,
        standing_now(workspace, master, at)[0],
        master.items,
        at,
        master.zone,
        template,
        calendar=master.calendar,
        targets=targets_shown(master, at),
        order=order_of_divisions(master),
        note=note,
    )
    path = path or workspace.summary / PAGE
    write_durably(path, text.encode())
    return path


def tell(workspace: Workspace, outcomes: Sequence[Outcome], now: datetime | None = None) -> None:
    """Write outcomes into 定时任务, and a job that has given up onto 待处理.  `now`: where there is none.

    Raises WorkspaceError or MasterError where the master cannot be written now.
    """
    with workspace.writing():
        loaded = load(workspace, to_save=True)
        edits = (*idle(loaded.master), *told(loaded.master, outcomes))
        latest = max((o.ran for o in outcomes), default=now)
        if latest is None:
            return
        try:
            save(workspace, loaded, edits, latest.astimezone(loaded.master.zone).replace(tzinfo=None))
        except MasterChanged:
            raise MasterError(tr("总表正在被保存"), remedy=tr("稍后再写")) from None


NOT_RUN = "没有运行："
"""Begins 结果 of a row that cannot be understood."""


def idle(master: Master) -> list[Edit]:
    """What changes in the master because of rows that do not run, or whose job failed and is no more.  Pure."""
    edits: list[Edit] = []
    for name, row in one_of_each(master.jobs).items():
        jobs, problems = parse_jobs([row], schema.JOB_ACTIONS)
        mended = "" if row.result.startswith(NOT_RUN) else row.result
        result = f"{NOT_RUN}{problems[0]}" if problems else mended
        if row.result != result:
            edits.append(SetCell(Sheet.JOBS, name, schema.JOB_RESULT, result or None))
        if row.next and not jobs:
            edits.append(SetCell(Sheet.JOBS, name, schema.JOB_NEXT, None))
    on = {row.name for row in master.jobs if row.enabled}
    gone = (i.key for i in master.items if i.key.startswith(JOB_ITEM) and not closed(i.result))
    edits += [
        SetCell(Sheet.ATTENTION, key, RESULT, "已停用或改名") for key in gone if key.removeprefix(JOB_ITEM) not in on
    ]
    return edits


def told(master: Master, outcomes: Sequence[Outcome]) -> Sequence[Edit]:
    """What changes in the master because of these outcomes.  Pure."""
    edits: list[Edit] = []
    items = {i.key: i for i in master.items}
    number = max((i.no for i in master.items), default=0) + 1
    jobs, _ = parse_jobs(master.jobs, schema.JOB_ACTIONS)
    running = {job.name for job in jobs}
    for o in (o for o in outcomes if o.job in running):  # of the others `idle` tells
        ran = o.ran.astimezone(master.zone).replace(second=0, microsecond=0)
        again = o.next.astimezone(master.zone) if o.next else None
        edits += [
            SetCell(Sheet.JOBS, o.job, schema.JOB_LAST, ran),
            SetCell(Sheet.JOBS, o.job, schema.JOB_RESULT, o.text),
            SetCell(Sheet.JOBS, o.job, schema.JOB_NEXT, again),
        ]
        item = items.get(o.item_key)
        if o.given_up and item is not None:
            reopened = closed(item.result)
            if reopened or item.problem != o.message:  # what was chosen for the one before does not count
                since: dict[str, Value] = {RESULT: None, "时间": o.ran.astimezone(master.zone)} if reopened else {}
                fresh = {**since, "处理意见": None, "问题": o.message}
                edits += (SetCell(Sheet.ATTENTION, o.item_key, header, value) for header, value in fresh.items())
        elif o.given_up:
            values: dict[str, Value] = {
                "编号": number,
                "时间": o.ran.astimezone(master.zone),
                "事项": "定时任务失败",
                "位置": f"定时任务：{o.job}",
                "问题": o.message,
                "怎么办": f"按提示处理；下次运行成功后这一条自动办结，也可以选“{schema.DONE}”",
                schema.ITEM_KEY: o.item_key,
            }
            edits.append(AddRow(Sheet.ATTENTION, values))
            number += 1
        elif o.ok and item is not None and not closed(item.result):
            edits.append(SetCell(Sheet.ATTENTION, o.item_key, RESULT, "已恢复正常"))
    return edits
