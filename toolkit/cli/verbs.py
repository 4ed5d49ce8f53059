"""What each word of the command line does: read the office, call one function, show the result."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import show
from toolkit.cli.console import DONE, NEEDS_A_PERSON, as_json, say, table, told_of
from toolkit.cli.progress import bar
from toolkit.errors import Annex2Error
from toolkit.language import CHINESE, choose, listed, said, tr
from toolkit.master.store import load, open_elsewhere
from toolkit.model import ReportState, at_hand
from toolkit.workspace import Workspace, write_durably

if TYPE_CHECKING:
    from toolkit.arrivals import Arrival
    from toolkit.mail.outgoing import Sent
    from toolkit.master.read import Master


def init(options: Namespace) -> int:
    from toolkit.opening import open_workspace

    opened = open_workspace(options.folder, options.notice, options.now)
    say("工作区建好了：{root}", root=opened.workspace.root)
    if options.notice:
        others = opened.tasks - opened.starred
        say(
            "由通知读出 {tasks} 项任务，其中牵头 {starred} 项、配合 {others} 项",
            tasks=opened.tasks,
            starred=opened.starred,
            others=others,
        )
        if opened.rounds:
            print(said("报送节点：") + said("、").join(f"{r.name} {r.due:%Y-%m-%d}" for r in opened.rounds))
        say("有 {count} 处要人核对，已列在 master.xlsx 的“待处理”里：", count=len(opened.doubts))
        for doubt in opened.doubts:
            say("  {where}：{message}", where=doubt.where, message=doubt.message)
    say("下一步：打开 master.xlsx，先看“说明”，再核对“任务台账”“处室”“报送节点”")
    return NEEDS_A_PERSON if opened.doubts else DONE


def rollover(options: Namespace) -> int:
    from toolkit.rollover import roll_over

    old = Workspace.find(options.workspace)
    done = roll_over(old, options.year, options.folder, options.notice, options.now)
    print(said("{year} 年的工作区建好了：{root}", year=done.year, root=done.workspace.root))
    if options.notice:
        print(
            said(
                "由通知读出 {tasks} 项任务，其中 {continued} 项与上年的对得上",
                tasks=done.tasks,
                continued=done.continued,
            )
        )
    else:
        print(
            said(
                "结转 {tasks} 项没有完成的任务；上年已完成、已销号的 {finished} 项没有结转",
                tasks=done.tasks,
                finished=done.finished,
            )
        )
    print(said("报送节点：") + said("、").join(f"{r.name} {r.due:%Y-%m-%d}" for r in done.rounds))
    print(
        said(
            "办理方案结转 {steps} 步，指标结转 {targets} 条；上年的文字在“上年完成情况”里",
            steps=done.turned.steps,
            targets=done.turned.targets,
        )
    )
    print(said("有 {count} 处要人核对，已列在 master.xlsx 的“待处理”里：", count=len(done.doubts)))
    for doubt in done.doubts:
        print(said("  {where}：{message}", where=doubt.where, message=doubt.message))
    print(
        said(
            "{root} 没有改动，上年的报送仍在那里收。定时任务要在新工作区另外登记：annex2 schedule install；"
            "上年的收齐以后取消：annex2 -w {root} schedule install --remove",
            root=old.root,
        )
    )
    _tell_still_out(old, options.now)
    return NEEDS_A_PERSON


def _tell_still_out(old: Workspace, now: datetime | None) -> None:
    """Which reports of the year that ends have not come, or wait for somebody."""
    from toolkit.pending import standing_now
    from toolkit.standing import moment

    master = load(old).master
    rounds, behind = standing_now(old, master, moment(now, master.zone))
    told_or_none = (ReportState.HELD, ReportState.EXEMPT)
    for r in rounds:
        names = [d.division for d in r.divisions if not d.accepted and d.state not in told_or_none]
        if names:
            say("  {round}还没有报的：{names}", round=r.round.name, names=said("、").join(names))
    _tell(master, behind, open_elsewhere(old))


def fanout(options: Namespace) -> int:
    from toolkit.handing_out import handing_out

    workspace = Workspace.find(options.workspace)
    asked = options.round, options.now, options.division
    with (
        workspace.writing(),
        bar(tr("生成表格")) as report,
        handing_out(workspace, load(workspace), *asked, report) as done,
    ):
        pass  # nothing more to look at before the forms come into their places
    for remark in done.remarks:
        print(said(remark), file=sys.stderr)
    for sentence in done.without:
        print(said(sentence))
    if not done.placed:
        return DONE
    rows = [(p.form.division, f"{p.form.tasks}", said(p.state), p.path.name) for p in done.placed]
    print(table((said("处室"), said("项数"), said("结果"), said("文件")), rows))
    say(
        "共 {count} 份，在 {parent}；请于 {due:%Y-%m-%d} 前收回",
        count=len(done.placed),
        parent=_below(done.placed[0].path.parent, workspace),
        due=done.round.last_day,
    )
    for sentence in done.doubtful:
        print(said(sentence))
    return DONE


def _what_became_of(results: Sequence[Sent]) -> str:
    """A row for each mail; what is the same for several is said once, below."""
    often = Counter((r.reason, r.remedy) for r in results if r.reason or r.remedy)
    rows = [
        (
            r.mail.division,
            said(r.outcome),
            said("、").join(r.mail.to),
            "" if often[r.reason, r.remedy] > 1 else told_of(r.reason, r.remedy),
        )
        for r in results
    ]
    lines = [table((said("处室"), said("结果"), said("收件人"), said("说明")), rows)]
    for (reason, remedy), count in often.items():
        if count > 1:
            lines.append(said("以上 {count} 个处室：{why}", count=count, why=told_of(reason, remedy)))
    return "\n".join(lines)


def _is_for_a_person(result: Sent) -> bool:
    """Whether somebody did not get a mail for certain; a refused address is one."""
    from toolkit.mail.outgoing import Outcome

    in_part = result.outcome is Outcome.SENT and bool(result.reason)
    return in_part or result.outcome in (Outcome.FAILED, Outcome.UNCERTAIN)


def send(options: Namespace) -> int:
    from toolkit.sending import CHANGED, send_round

    workspace = Workspace.find(options.workspace)
    with bar(tr("发送")) as report:
        done = send_round(
            workspace,
            options.round,
            options.division,
            options.now,
            dry_run=options.dry_run,
            drafts=options.drafts,
            again=options.again,
            progress=report,
        )
    for remark in (*filter(None, [done.moved]), *done.forms.remarks):
        print(said(remark), file=sys.stderr)
    if options.dry_run:
        for p in done.planned:
            before = said(p.standing) if p.last and not options.again else said("将要发送")
            if p.changed:
                before = said("{before}，{changed}", before=before, changed=said(CHANGED))
            copies = said("  抄送 {listed}", listed=said("、").join(p.mail.cc)) if p.mail.cc else ""
            say(
                "【{before}】{division} → {to}{copies}",
                before=before,
                division=p.mail.division,
                to=said("、").join(p.mail.to),
                copies=copies,
            )
            say("    主题：{subject}", subject=p.mail.subject)
            print("".join(f"    {line}\n" for line in p.mail.text.splitlines()), end="")
            say("    附件：{listed}\n", listed=said("、").join(a.name for a in p.mail.attachments))
        say("只是看看，什么都没有发送")
    for path in done.drafts:
        say("草稿 {path}", path=_below(path, workspace))
    if done.not_drafted:
        names = said("、").join(f"{p.mail.division}（{said(p.standing)}）" for p in done.not_drafted)
        say("没有再生成草稿的：{names}；要再发，加 --again", names=names)
    if done.drafts:
        say("双击草稿，用 Outlook 或 Foxmail 打开，核对后发送")
    if done.results:
        print(_what_became_of(done.results))
    if done.void:
        say("以前发过表、这次没有它要报的处室：{listed}；手里的表作废，请告诉它", listed=said("、").join(done.void))
    for sentence in (*done.to_old, *done.forms.doubtful, *done.forms.put_away.told):
        print(said(sentence))
    if done.forms.closed:
        say("任务都已销号，不用再报，没有发的处室：{listed}", listed=said("、").join(done.forms.closed))
    if done.forms.exempt:
        say("免报，没有发的处室：{listed}", listed=said("、").join(done.forms.exempt))
    for name in done.without:
        if options.drafts:
            say("{name}没有邮箱，没有给它生成草稿：在“处室”表里填上邮箱", name=name)
        else:
            say("{name}没有邮箱，没有给它发：在“处室”表里填上邮箱", name=name)
    bad = any(map(_is_for_a_person, done.results))
    return NEEDS_A_PERSON if bad or done.without else DONE


def remind(options: Namespace) -> int:
    from toolkit.sending import remind as run

    workspace = Workspace.find(options.workspace)
    with bar(tr("发送")) as report:
        done = run(
            workspace,
            options.round,
            options.now,
            dry_run=options.dry_run,
            drafts=options.drafts,
            again=options.again,
            progress=report,
        )
    if done.quiet:
        say("现在不是工作时间（“设置”里的工作时间，节假日除外），不提醒，也不生成草稿：到工作时间再运行")
    elif not done.planned and not done.told:
        say("现在没有要提醒的：都报了，还没到提醒的日子，或者这一步已经提醒过")
    if options.dry_run:
        for reminder, mail in done.planned:
            copies = said("  抄送 {listed}", listed=said("、").join(mail.cc)) if mail.cc else ""
            say(
                "【{level}】{division} → {to}{copies}",
                level=reminder.level,
                division=reminder.division,
                to=said("、").join(mail.to),
                copies=copies,
            )
            say("    主题：{subject}", subject=mail.subject)
            print("".join(f"    {line}\n" for line in mail.text.splitlines() if line.strip()))
        if done.planned:
            say("只是看看，什么都没有发送")
    for path in done.drafts:
        say("草稿 {path}", path=_below(path, workspace))
    if done.drafts:
        say("双击草稿，用 Outlook 或 Foxmail 打开，核对后发送；草稿不算已经提醒过，再运行会再出一遍")
    uncertain = done.anybody and _tell_now(workspace, options.now)
    if done.results:
        print(_what_became_of(done.results))
    if done.unreached:
        print(show.reminders_text(done.unreached))
    if done.refused:
        raise done.refused
    for sentence in done.told:
        print(said(sentence))
    bad = any(map(_is_for_a_person, done.results))
    waits = done.without or done.unreported or done.troubles or done.formless or uncertain or done.cut
    return NEEDS_A_PERSON if bad or waits else DONE


def bulletin(options: Namespace) -> int:
    from toolkit.bulletins import write_bulletin

    workspace = Workspace.find(options.workspace)
    path, kept = write_bulletin(workspace, options.round, options.now)
    say("已生成 {path}，请核对后印发", path=_below(path, workspace))
    _tell_kept(kept, workspace)
    return NEEDS_A_PERSON if _tell_now(workspace, options.now) else DONE


def _tell_kept(kept: Iterable[Path], workspace: Workspace) -> None:
    for path in kept:
        say("以前生成、可能有人改过的，留在 {path}", path=_below(path, workspace))


def approval(options: Namespace) -> int:
    from toolkit.approvals import write_approvals
    from toolkit.forms.fanout import the_round
    from toolkit.pending import standing_now
    from toolkit.standing import moment

    workspace = Workspace.find(options.workspace)
    if options.round:
        drawn = write_approvals(workspace, options.round, options.now)
        for path in drawn.paths:
            say("已生成 {path}", path=_below(path, workspace))
        for leader in drawn.settled:
            say("{leader}分管的都已审定，没有生成", leader=leader)
        for leader, awaited in drawn.awaited.items():
            if awaited.why:
                why = listed("；", awaited.why)
                say("{leader}分管的没有要送审的，没有生成：{why}", leader=leader, why=why)
            else:
                say("{leader}分管的还没有报来，没有生成", leader=leader)
        _tell_kept(drawn.kept, workspace)
        if drawn.paths:
            say("请分管领导审阅、签名；签过以后，在“收件记录”的“审定”里选“已审定”")
    master = load(workspace).master
    chosen = the_round(master.office, options.round).key if options.round else ""
    now = moment(options.now, master.zone)
    rounds, behind = standing_now(workspace, master, now)
    if waiting := show.awaiting_text([r for r in rounds if chosen in ("", r.round.key)]):
        print(waiting)
    elif not options.round:
        key = at_hand(master.office.rounds, now.date()).key
        say("没有等待审定的报送；要送审，在后面写节点，如 annex2 approval {key}", key=key)
    _tell_behind(behind, open_elsewhere(workspace))
    return NEEDS_A_PERSON if behind else DONE


def fill(options: Namespace) -> int:
    from toolkit.upward import fill as run

    workspace = Workspace.find(options.workspace)
    done = run(workspace, options.form, options.round or "", options.column or "", options.now)
    say(
        "按{round}的完成情况填了 {n} 项（“{columns}”列）：{path}",
        round=done.round.name,
        n=len(done.written),
        columns=said("”“").join(done.columns),
        path=_below(done.path, workspace),
    )
    if done.figures:
        say("指标的累计值也填了 {n} 个", n=done.figures)
    for remark in done.remarks:
        print(said(remark))
    _tell_kept(done.kept, workspace)
    say("报出去以前逐项核对；发来的那份没有动")
    return NEEDS_A_PERSON if done.remarks else DONE


def schedule(options: Namespace) -> int:
    from toolkit.jobs import next_slot
    from toolkit.scheduled import jobs_of, logbook, runner

    workspace = Workspace.find(options.workspace)
    if options.what == "list":
        jobs, problems, zone, master = jobs_of(workspace)
        now = datetime.now(zone) if options.now is None else options.now.replace(tzinfo=zone)
        slots = [next_slot(j.when, now, zone, master.office.rounds) for j in jobs]
        rows = [
            (j.name, j.action, f"{slot:%Y-%m-%d %H:%M}" if slot else said("没有了"))
            for j, slot in zip(jobs, slots, strict=True)
        ]
        print(
            table((said("任务"), said("做什么"), said("下次")), rows) if rows else said("“定时任务”表里没有启用的任务")
        )
        for problem in problems:
            print(said(problem))
        return NEEDS_A_PERSON if problems else DONE
    if options.what == "install":
        from toolkit.scheduling.install import install, registration_here
        from toolkit.whereabouts import elsewhere

        registered = registration_here(workspace.root)
        if options.print:
            print(registered.text)
            return DONE
        install(registered, remove=options.remove)
        done = said("已登记（{kind}）：到点自动运行，日志在 {path}", kind=registered.kind, path=logbook(workspace).path)
        print(said("已取消登记") if options.remove else done)
        if not options.remove and (before := elsewhere(workspace)):
            print(said(before))
        return DONE
    if options.now is not None and not options.once:
        remedy = tr("看某个时间会做什么，加 --once；要看下次什么时候，用 annex2 schedule list")
        raise Annex2Error(tr("schedule run 一直运行，不能用 --now 定在一个时间"), remedy=remedy)
    rehearsed = options.now and options.now.replace(tzinfo=load(workspace).master.zone)
    made = runner(workspace, (lambda: rehearsed) if rehearsed else None)
    if options.once:
        outcomes, problems = made.once(), jobs_of(workspace)[1]
        for o in outcomes:
            say("{job}：{text}", job=o.job, text=o.text)
        for problem in problems:
            print(said(problem))
        return NEEDS_A_PERSON if problems or not all(o.ok for o in outcomes) else DONE
    say("定时任务开始运行，按 Ctrl+C 结束；日志在 {path}", path=logbook(workspace).path)
    made.loop()
    return DONE


def check(options: Namespace) -> int:
    from toolkit.collect import check_file
    from toolkit.collected import written_words

    workspace = Workspace.find(options.workspace)
    outcomes = check_file(workspace, options.file, options.now)
    merged = sum(o.merged for o in outcomes)
    if options.json:
        print(as_json({"files": [show.outcome_json(o) for o in outcomes], "merged_cells": merged}))
    else:
        for outcome in outcomes:
            print(show.outcome_text(outcome))
        written = said(written_words(merged, sum(o.plans for o in outcomes)))
        say("如果收取，会{written}；现在什么都没有改动", written=written)
    return NEEDS_A_PERSON if any(o.refused for o in outcomes) else DONE


def status(options: Namespace) -> int:
    from toolkit.beforehand import beforehand
    from toolkit.closing import counts
    from toolkit.forms.fanout import the_round
    from toolkit.pending import standing_now
    from toolkit.plans import steps_by_division
    from toolkit.standing import moment, order_of_divisions, targets_shown

    workspace = Workspace.find(options.workspace)
    loaded = load(workspace)
    master = loaded.master
    now = moment(options.now, master.zone)
    rounds, unwritten = standing_now(workspace, master, now)
    targets = targets_shown(master, now)
    if options.round:
        wanted = the_round(master.office, options.round)
        rounds = tuple(r for r in rounds if r.round.key == wanted.key)
    closing = counts(master)
    plans = steps_by_division(master.office, now.date(), order_of_divisions(master))
    if options.json:
        more = {
            "closing": show.closing_json(closing),
            "plans": show.plans_json(plans),
            "targets": show.targets_json(targets),
        }
        print(as_json({**show.rounds_json(rounds), **more}))
    else:
        blocks = [show.rounds_text(rounds), show.closing_text(closing) if closing.any else ""]
        blocks += [show.plans_text(plans)] if plans else []
        blocks.append(show.targets_text(targets))
        print("\n\n".join(b for b in blocks if b))
        for sentence in beforehand(workspace, loaded, options.now, unwritten, uncollected=False).told:
            print(f"\n{said(sentence)}")
    if options.html:
        from toolkit.scheduled import write_page

        write_page(workspace, options.now, options.html)
        print(said("网页已写到 {html}", html=options.html), file=sys.stderr)
    return NEEDS_A_PERSON if unwritten or any(r.needs_a_person for r in rounds) else DONE


def _tell_now(workspace: Workspace, now: datetime | None) -> bool:
    """Print what a person should know before anybody is chased; whether anything may be a report and counts as none."""
    from toolkit.beforehand import beforehand

    known = beforehand(workspace, load(workspace), now)
    for sentence in known.told:
        print(said(sentence))
    return bool(known.waits)


def _tell(master: Master, unwritten: Collection[Arrival], remarks: Iterable[str]) -> None:
    """Print what waits in 待处理 or for the master, and what a person should look at."""
    from toolkit.beforehand import told_held

    if held := told_held(master.receipts):
        print(said(held))
    _tell_behind(unwritten, remarks)


def _tell_behind(unwritten: Collection[Arrival], remarks: Iterable[str]) -> None:
    """Print what is archived and not in the master yet, and remarks."""
    from toolkit.pending import told_unwritten

    for line in filter(None, (told_unwritten(unwritten), *remarks)):
        print(said(line))


def summary(options: Namespace) -> int:
    from toolkit.summarise import summarise

    workspace = Workspace.find(options.workspace)
    master = load(workspace).master
    year = master.office.year
    if options.year not in (None, year):
        raise Annex2Error(
            tr("这个工作区是 {year} 年的，没有 {wanted} 年", year=year, wanted=options.year),
            remedy=tr("用 -w 指明那一年的工作区"),
        )
    with bar(tr("汇总"), quiet=options.json) as report:
        done = summarise(workspace, options.now, report)
    if options.json:
        print(as_json({"files": [str(p) for p in done.paths], "missing": done.missing}))
    else:
        for path in done.paths:
            say("已生成 {path}", path=_below(path, workspace))
        _tell_kept(done.kept, workspace)
        if done.missing:
            say("到期的节点还缺 {missing} 份报送，缺哪些写在汇总里", missing=done.missing)
        if done.ahead:
            say("还没有到期：{listed}；这是草稿", listed=said("、").join(done.ahead))
        _tell(master, done.unwritten, open_elsewhere(workspace))
    return NEEDS_A_PERSON if done.missing or done.held or done.unwritten else DONE


def trace(options: Namespace) -> int:
    from toolkit.forms.fanout import the_round
    from toolkit.intake.archive import Archive
    from toolkit.pending import unwritten
    from toolkit.provenance import place_of, the_task
    from toolkit.provenance import trace as run

    workspace = Workspace.find(options.workspace)
    master = load(workspace).master
    round_, task = the_round(master.office, options.round), the_task(master.office, options.task)
    found = run(master, Archive(workspace.archive), workspace.secret(), task, round_)
    steps = [
        {
            "receipt": s.receipt.no,
            "received": s.receipt.received.isoformat(),
            "source": s.receipt.source,
            "name": s.receipt.name,
            "sha256": s.receipt.sha256,
            "archive": s.receipt.archive,
            "place": s.place,
            "text": s.text,
            "verdict": s.receipt.verdict.value,
            "taken": s.taken,
            "merged": s.at.isoformat() if s.at else None,
            "replaced": s.replaced,
        }
        for s in found.steps
    ]
    if options.json:
        origin = found.origin.receipt.no if found.origin else None
        print(
            as_json(
                {
                    "task": task.key,
                    "round": round_.key,
                    "text": found.text,
                    "origin": origin,
                    "changed_by_hand": found.by_hand,
                    "steps": steps,
                }
            )
        )
        return DONE
    say("{place}：{text}", place=said(place_of(task, round_)), text=found.text or said("（空）"))
    for s in found.steps:
        taken = said("当时已是这样" if s.taken else "没有写入")
        if not (s.taken or s.receipt.verdict.accepted):
            taken = said("没有写入，结论是“{verdict}”", verdict=s.receipt.verdict.label)
        if s.at:
            taken = said("{at:%Y-%m-%d %H:%M} 写入", at=s.at)
        say(
            "第{no}号收件  {received:%Y-%m-%d %H:%M} 收到  {taken}",
            no=s.receipt.no,
            received=s.receipt.received,
            taken=taken,
        )
        print(
            said("    文件：{source}/{name}", source=s.receipt.source, name=s.receipt.name)
            + (f"  {s.place}" if s.place else "")
        )
        say("    归档：{archive}", archive=s.receipt.archive)
        text = s.text
        if text is None:
            text = said("（原件读不出来了）")
        elif not text:
            text = said("（没有能写入的：{reason}）", reason=show.reason(s.receipt.reason.partition("\n")[0]))
        say("    文字：{text}", text=text)
        if s.replaced and s.replaced != s.text:
            say("    替换了：{replaced}", replaced=s.replaced)
    if not found.steps:
        print(said("没有文件报来过这一格") + (said("，现在的文字是人工填写的") if found.text else ""))
    elif found.by_hand:
        print(said("以后由人工改过") if found.origin else said("现在的文字是人工填写的"))
    else:
        say("以后没有人改动过")
    _tell_behind(unwritten(workspace, master), open_elsewhere(workspace))
    return DONE


def rebuild(options: Namespace) -> int:
    from toolkit.intake.archive import Archive
    from toolkit.provenance import rebuild as run

    workspace = Workspace.find(options.workspace)
    master = load(workspace).master
    rebuilt = run(master, Archive(workspace.archive), workspace.secret())
    if options.json:
        differences = [
            {
                "task": d.task,
                "round": d.round,
                "receipt": d.receipt,
                "kind": d.kind,
                "message": d.message,
                "master": d.master,
                "archive": d.archive,
            }
            for d in rebuilt.differences
        ]
        unrecorded = [{"name": a.name, "path": a.path, "sha256": a.sha256} for a in rebuilt.unrecorded]
        counts = {"cells": rebuilt.cells, "files": rebuilt.files}
        print(as_json({**counts, "differences": differences, "unrecorded": unrecorded, "pending": rebuilt.pending}))
    else:
        for d in rebuilt.differences:
            say(
                "第{label}项 {round}（第{receipt}号收件）：{message}",
                label=d.label,
                round=d.round,
                receipt=d.receipt,
                message=d.message,
            )
            say("    台账：{master}", master=d.master or said("（空）"))
            if d.archive is not None:
                say("    原件：{archive}", archive=d.archive)
        different = said("有 {count} 处不同（人工改过的列在上面，不是错）", count=len(rebuilt.differences))
        print(
            said("由 {files} 份原件重算了 {cells} 格，", files=rebuilt.files, cells=rebuilt.cells)
            + (different if rebuilt.differences else said("与台账完全一致"))
        )
        if rebuilt.unrecorded:
            names = said("、").join(a.name for a in rebuilt.unrecorded[:10])
            say(
                "归档里有 {count} 份原件没有登记在收件记录里：{names}。运行 annex2 collect 补登",
                count=len(rebuilt.unrecorded),
                names=names,
            )
        if rebuilt.pending:
            nos = tuple(map(str, rebuilt.pending))
            say("第{nos}号收件的结论由人改过，还没有照办。运行 annex2 collect 照办", nos=nos)
    return NEEDS_A_PERSON if rebuilt.differences or rebuilt.unrecorded or rebuilt.pending else DONE


def restore(options: Namespace) -> int:
    from toolkit.master.store import restore as run
    from toolkit.master.store import versions

    workspace = Workspace.find(options.workspace, even_without_master=True)
    if options.number is None:
        kept = versions(workspace)
        if not kept:
            say("还没有旧版：annex2 第一次写入总表以后才有")
            return DONE
        rows = [
            (f"{v.number}", said("{kept:%Y-%m-%d %H:%M:%S} 写入以前", kept=v.kept), f"{v.receipts}", v.path.name)
            for v in kept
        ]
        print(table((said("第几个"), said("是什么时候的"), said("收件份数"), said("文件")), rows))
        if any(older.kept > newer.kept for newer, older in pairwise(kept)):
            say("有的时间前后颠倒：那时或以后，电脑的时钟不对。次序是写入的先后，以次序为准")
        say("恢复其中一个：annex2 restore 第几个（现在的总表会先留一份）")
        return DONE
    had_master = workspace.master.exists()
    with workspace.writing():
        restored = run(workspace, options.number, options.now)
    print(
        said("已恢复{restored}，恢复以前的总表也留下了一份", restored=said(restored.described))
        if had_master
        else said("已恢复{restored}", restored=said(restored.described))
    )
    say("这以后收到的文件在归档里都还在：运行 annex2 collect，会按原来的收到时间补登")
    return DONE


def panel(options: Namespace) -> int:
    from toolkit.panel.window import run
    from toolkit.panel.work import Desk

    choose(CHINESE)  # a window for staff
    return run(Desk(Workspace.find(options.workspace), options.now))


def excel(options: Namespace) -> int:
    from toolkit.excel import LABEL, install, uninstall

    if options.what == "install":
        label = options.label or LABEL
        path = install(label, options.folder)
        say(
            "已装上 {path}；重新打开 Excel，功能区里就有“{label}”。去掉：annex2 excel uninstall",
            path=path,
            label=label,
        )
        return DONE
    removed = uninstall(options.folder)
    print(said("已去掉 {removed}", removed=removed) if removed else said("本来就没有装"))
    return DONE


def doctor(options: Namespace) -> int:
    from toolkit.doctor import bundle, examine
    from toolkit.errors import WorkspaceError

    try:
        workspace = Workspace.find(options.workspace, even_without_master=True)
    except WorkspaceError:
        if options.workspace is not None:
            raise
        workspace = None
    checks = examine(workspace, mail=not options.no_mailbox)
    if options.json:
        print(as_json([{"topic": c.topic, "ok": c.ok, "message": c.message, "remedy": c.remedy} for c in checks]))
    else:
        for c in checks:
            print(
                said("{sign} {topic}：{message}", sign=c.sign, topic=said(c.topic), message=said(c.message))
                + (said("\n    怎么办：{remedy}", remedy=said(c.remedy)) if c.remedy else "")
            )
    if options.zip:
        write_durably(options.zip, bundle(checks, workspace))
        print(said("已打包 {zip}，里面没有密码，也没有报送的内容", zip=options.zip), file=sys.stderr)
    return NEEDS_A_PERSON if any(c.ok is False for c in checks) else DONE


def demo(options: Namespace) -> int:
    from toolkit.demo import run

    return run(options.folder or Path("annex2-demo"), sys.stdout)


def _below(path: Path, workspace: Workspace) -> str:
    try:
        return path.relative_to(workspace.root).as_posix()
    except ValueError:
        return str(path)
