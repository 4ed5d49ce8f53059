"""What each word of the command line does: read the office, call one function, show the result."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import show
from toolkit.errors import Annex2Error
from toolkit.master.store import load
from toolkit.model import Receipt, Verdict
from toolkit.workspace import Workspace

if TYPE_CHECKING:
    from toolkit.mail.outgoing import Sent

DONE, NEEDS_A_PERSON = 0, 1


def init(options: Namespace) -> int:
    from toolkit.opening import open_workspace

    opened = open_workspace(options.folder, options.notice, options.now)
    print(f"工作区建好了：{opened.workspace.root}")
    if options.notice:
        others = opened.tasks - opened.starred
        print(f"由通知读出 {opened.tasks} 项任务，其中牵头 {opened.starred} 项、配合 {others} 项")
        if opened.rounds:
            print("报送节点：" + "、".join(f"{r.name} {r.due:%Y-%m-%d}" for r in opened.rounds))
        print(f"有 {len(opened.doubts)} 处要人核对，已列在 master.xlsx 的“待处理”里：")
        for doubt in opened.doubts:
            print(f"  {doubt.where}：{doubt.message}")
    print("下一步：打开 master.xlsx，先看“说明”，再核对“任务台账”“处室”“报送节点”")
    return NEEDS_A_PERSON if opened.doubts else DONE


def rollover(options: Namespace) -> int:
    from toolkit.rollover import roll_over

    old = Workspace.find(options.workspace)
    done = roll_over(old, options.year, options.folder, options.notice, options.now)
    print(f"{done.year} 年的工作区建好了：{done.workspace.root}")
    if options.notice:
        print(f"由通知读出 {done.tasks} 项任务，其中 {done.continued} 项与上年的对得上")
    else:
        print(f"结转 {done.tasks} 项没有完成的任务；上年已完成、已销号的 {done.finished} 项没有结转")
    print("报送节点：" + "、".join(f"{r.name} {r.due:%Y-%m-%d}" for r in done.rounds))
    print(f"办理方案结转 {done.turned.steps} 步，指标结转 {done.turned.targets} 条；上年的文字在“上年完成情况”里")
    print(f"有 {len(done.doubts)} 处要人核对，已列在 master.xlsx 的“待处理”里：")
    for doubt in done.doubts:
        print(f"  {doubt.where}：{doubt.message}")
    print(f"{old.root} 没有改动，上年的报送仍在那里收。定时任务要在新工作区另外登记：annex2 schedule install")
    return NEEDS_A_PERSON


def fanout(options: Namespace) -> int:
    from toolkit.forms.fanout import fan_out, the_round

    workspace = Workspace.find(options.workspace)
    office = load(workspace).master.office
    round_ = the_round(office, options.round)
    with workspace.writing():
        placed = fan_out(workspace, office, round_, options.division)
    if not placed:
        print(f"{round_.name}没有处室要报，没有生成表格")
        return DONE
    rows = [(p.form.division, f"{p.form.tasks}", p.state.value, p.path.name) for p in placed]
    print(show.table(("处室", "项数", "结果", "文件"), rows))
    print(f"共 {len(placed)} 份，在 {_below(placed[0].path.parent, workspace)}；请于 {round_.due:%Y-%m-%d} 前收回")
    return DONE


def collect(options: Namespace) -> int:
    from toolkit.collect import collect as run
    from toolkit.collect import held_or_returned

    workspace = Workspace.find(options.workspace)
    # PATHs are what a person wants taken in, and nothing else.
    mail = not options.no_mailbox and not options.paths
    done = run(workspace, options.paths, options.now, workers=options.workers, mail=mail, cluster=options.cluster)
    if options.json:
        files = [show.outcome_json(o) for o in done.outcomes]
        print(show.as_json({"files": files, "merged_cells": done.merged_cells}))
        return NEEDS_A_PERSON if done.needs_a_person else DONE
    for item, result in done.decided:
        print(f"待处理 第{item.no}条：{result}")
    new = [o for o in done.outcomes if o.new]
    for outcome in new:
        print(show.outcome_text(outcome))
    for line in done.unread:
        print(line)
    for answer in done.answers:
        print(f"回复 {answer.mail.to[0]}：{answer.mail.subject}，{answer.outcome.value}" + _why(answer))
    refused = len(held_or_returned(new))
    verb = "总表打不开，待写入台账" if done.busy else "写入台账"
    print(
        f"收到 {len(done.outcomes)} 份文件，新的 {len(new)} 份"
        + (f"，其中 {refused} 份没有接收" if refused else "")
        + f"；{verb} {done.merged_cells} 格"
        + ("" if done.changed or done.busy else "，总表没有变化")
    )
    if done.busy:
        print(done.busy)
    if done.open_items and not done.busy:
        more = f"（另有 {done.to_confirm} 条核对通知）" if done.to_confirm else ""
        print(f"“待处理”里有 {done.open_items} 条等着办{more}：打开 master.xlsx，选好“处理意见”，保存后再运行一次")
    if new and not done.busy:
        print("inbox 里收过的文件可以留着，也可以删掉：原件都在 archive 里")
    return NEEDS_A_PERSON if done.needs_a_person else DONE


def _why(sent: Sent) -> str:
    reason = f"（{sent.reason}）" if sent.reason else ""
    return f"{reason}。{sent.remedy}" if sent.remedy else reason


def send(options: Namespace) -> int:
    from toolkit.mail.outgoing import Outcome
    from toolkit.post import send_round

    workspace = Workspace.find(options.workspace)
    done = send_round(
        workspace,
        options.round,
        options.division,
        options.now,
        dry_run=options.dry_run,
        drafts=options.drafts,
        again=options.again,
    )
    if options.dry_run:
        for p in done.planned:
            before = f"以前已发送（{p.sent:%Y-%m-%d %H:%M}）" if p.sent else "将要发送"
            copies = f"  抄送 {'、'.join(p.mail.cc)}" if p.mail.cc else ""
            print(f"【{before}】{p.mail.division} → {'、'.join(p.mail.to)}{copies}")
            print(f"    主题：{p.mail.subject}")
            print("".join(f"    {line}\n" for line in p.mail.text.splitlines()), end="")
            print(f"    附件：{'、'.join(a.name for a in p.mail.attachments)}\n")
        print("只是看看，什么都没有发送")
    for path in done.drafts:
        print(f"草稿 {_below(path, workspace)}")
    if done.drafts:
        print("双击草稿，用 Outlook 或 Foxmail 打开，核对后发送")
    if done.results:
        rows = [(r.mail.division, r.outcome.value, "、".join(r.mail.to), _why(r)) for r in done.results]
        print(show.table(("处室", "结果", "收件人", "说明"), rows))
    for name in done.without:
        print(f"{name}没有邮箱，没有给它{'生成草稿' if options.drafts else '发'}：在“处室”表里填上邮箱")
    bad = any(r.outcome in (Outcome.FAILED, Outcome.UNCERTAIN) for r in done.results)
    return NEEDS_A_PERSON if bad or done.without else DONE


def remind(options: Namespace) -> int:
    from toolkit.mail.outgoing import Outcome
    from toolkit.post import remind as run

    workspace = Workspace.find(options.workspace)
    done = run(workspace, options.round, options.now, dry_run=options.dry_run, drafts=options.drafts)
    if done.quiet:
        print("现在不是工作时间（“设置”里的工作时间，节假日除外），不提醒，也不生成草稿：到工作时间再运行")
    elif not done.planned and not done.without:
        print("现在没有要提醒的：都报了，还没到提醒的日子，或者这一步已经提醒过")
    if options.dry_run:
        for reminder, mail in done.planned:
            copies = f"  抄送 {'、'.join(mail.cc)}" if mail.cc else ""
            print(f"【{reminder.level}】{reminder.division} → {'、'.join(mail.to)}{copies}")
            print(f"    主题：{mail.subject}")
            print("".join(f"    {line}\n" for line in mail.text.splitlines() if line.strip()))
        if done.planned:
            print("只是看看，什么都没有发送")
    for path in done.drafts:
        print(f"草稿 {_below(path, workspace)}")
    if done.drafts:
        print("双击草稿，用 Outlook 或 Foxmail 打开，核对后发送")
    if done.planned and (held := _held(load(workspace).master.receipts)):
        print(held)
    if done.results:
        rows = [(r.mail.division, r.outcome.value, "、".join(r.mail.to), _why(r)) for r in done.results]
        print(show.table(("处室", "结果", "收件人", "说明"), rows))
    for name in done.without:
        print(f"{name}没有邮箱，提醒不了：在“处室”表里填上邮箱，或打电话")
    for name in done.no_leader:
        print(f"{name}的分管领导没有邮箱，没有抄送：在“处室”的“领导邮箱”填上")
    bad = any(r.outcome in (Outcome.FAILED, Outcome.UNCERTAIN) for r in done.results)
    return NEEDS_A_PERSON if bad or done.without else DONE


def bulletin(options: Namespace) -> int:
    from toolkit.bulletins import write_bulletin

    workspace = Workspace.find(options.workspace)
    path = write_bulletin(workspace, options.round, options.now)
    print(f"已生成 {_below(path, workspace)}，请核对后印发")
    return DONE


def approval(options: Namespace) -> int:
    from toolkit.approvals import write_approvals
    from toolkit.forms.fanout import the_round
    from toolkit.standing import moment, standing

    workspace = Workspace.find(options.workspace)
    for path in write_approvals(workspace, options.round, options.now):
        print(f"已生成 {_below(path, workspace)}")
    print("请分管领导审阅、签名；签过以后，在“收件记录”的“审定”里选“已审定”")
    master = load(workspace).master
    chosen = the_round(master.office, options.round)
    rounds = standing(master, moment(options.now, master.zone))
    if waiting := show.awaiting_text([r for r in rounds if r.round.key == chosen.key]):
        print(waiting)
    return DONE


def schedule(options: Namespace) -> int:
    from toolkit.jobs import next_slot
    from toolkit.scheduled import jobs_of, logbook, runner

    workspace = Workspace.find(options.workspace)
    if options.what == "list":
        jobs, problems, zone, master = jobs_of(workspace)
        now = datetime.now(zone) if options.now is None else options.now.replace(tzinfo=zone)
        slots = [next_slot(j.when, now, zone, master.office.rounds) for j in jobs]
        rows = [
            (j.name, j.action, f"{slot:%Y-%m-%d %H:%M}" if slot else "没有了")
            for j, slot in zip(jobs, slots, strict=True)
        ]
        print(show.table(("任务", "做什么", "下次"), rows) if rows else "“定时任务”表里没有启用的任务")
        for problem in problems:
            print(problem)
        return NEEDS_A_PERSON if problems else DONE
    if options.what == "install":
        from toolkit.scheduling.install import install, registration_here

        registered = registration_here(workspace.root)
        if options.print:
            print(registered.text)
            return DONE
        install(registered, remove=options.remove)
        done = f"已登记（{registered.kind}）：到点自动运行，日志在 {logbook(workspace).path}"
        print("已取消登记" if options.remove else done)
        return DONE
    made = runner(workspace)
    if options.once:
        for o in made.once():
            print(f"{o.job}：{o.text}")
        return DONE
    print(f"定时任务开始运行，按 Ctrl+C 结束；日志在 {logbook(workspace).path}")
    made.loop()
    return DONE


def check(options: Namespace) -> int:
    from toolkit.collect import check_file, held_or_returned

    workspace = Workspace.find(options.workspace)
    outcomes = check_file(workspace, options.file, options.now)
    merged = sum(o.merged for o in outcomes)
    if options.json:
        print(show.as_json({"files": [show.outcome_json(o) for o in outcomes], "merged_cells": merged}))
    else:
        for outcome in outcomes:
            print(show.outcome_text(outcome))
        print(f"如果收取，会写入台账 {merged} 格；现在什么都没有改动")
    return NEEDS_A_PERSON if held_or_returned(outcomes) else DONE


def status(options: Namespace) -> int:
    from toolkit.closing import counts
    from toolkit.forms.fanout import the_round
    from toolkit.standing import moment, standing

    workspace = Workspace.find(options.workspace)
    master = load(workspace).master
    rounds = standing(master, moment(options.now, master.zone))
    if options.round:
        wanted = the_round(master.office, options.round)
        rounds = tuple(r for r in rounds if r.round.key == wanted.key)
    closing = counts(master)
    if options.json:
        print(show.as_json({**show.rounds_json(rounds), "closing": show.closing_json(closing)}))
    else:
        print(show.rounds_text(rounds) + (f"\n\n{closing}" if closing.any else ""))
    if not options.json and (held := _held(master.receipts)):
        print(f"\n{held}")
    for remark in () if options.json else master.remarks:
        print(f"\n{remark}")
    if options.html:
        from toolkit.scheduled import write_page

        write_page(workspace, options.now, options.html)
        print(f"网页已写到 {options.html}", file=sys.stderr)
    return NEEDS_A_PERSON if any(r.needs_a_person for r in rounds) else DONE


def _held(receipts: Iterable[Receipt]) -> str:
    """What waits in 待处理 and is counted for nobody yet."""
    held = [r for r in receipts if r.verdict is Verdict.HELD and not (r.division and r.round)]
    if not held:
        return ""
    names = "、".join(f"第 {r.no} 号收件 {r.name}" for r in held[:5]) + (" 等" if len(held) > 5 else "")
    return f"另有 {len(held)} 份收件待裁定，还没有算到哪个处室名下：{names}。先在“待处理”里裁定，再催报"


def summary(options: Namespace) -> int:
    from toolkit.summarise import summarise

    workspace = Workspace.find(options.workspace)
    year = load(workspace).master.office.year
    if options.year not in (None, year):
        raise Annex2Error(f"这个工作区是 {year} 年的，没有 {options.year} 年", remedy="用 -w 指明那一年的工作区")
    done = summarise(workspace, options.now)
    if options.json:
        print(show.as_json({"files": [str(p) for p in done.paths], "missing": done.missing}))
    else:
        for path in done.paths:
            print(f"已生成 {_below(path, workspace)}")
        if done.missing:
            print(f"到期的节点还缺 {done.missing} 份报送，缺哪些写在汇总里")
        if done.ahead:
            print(f"还没有到期：{'、'.join(done.ahead)}；这是草稿")
    return NEEDS_A_PERSON if done.missing else DONE


def trace(options: Namespace) -> int:
    from toolkit.forms.fanout import the_round
    from toolkit.intake import Archive
    from toolkit.provenance import column_of, the_task
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
            "taken": s.taken,
            "merged": s.at.isoformat() if s.at else None,
            "replaced": s.replaced,
        }
        for s in found.steps
    ]
    if options.json:
        origin = found.origin.receipt.no if found.origin else None
        print(
            show.as_json(
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
    print(f"任务台账 第{task.label}项 {column_of(round_)}：{found.text or '（空）'}")
    for s in found.steps:
        taken = f"{s.at:%Y-%m-%d %H:%M} 写入" if s.at else "写入" if s.taken else "没有写入"
        print(f"第{s.receipt.no}号收件  {s.receipt.received:%Y-%m-%d %H:%M} 收到  {taken}")
        print(f"    文件：{s.receipt.source}/{s.receipt.name}" + (f"  {s.place}" if s.place else ""))
        print(f"    归档：{s.receipt.archive}")
        print(f"    文字：{s.text if s.text is not None else '（原件读不出来了）'}")
        if s.replaced and s.replaced != s.text:
            print(f"    替换了：{s.replaced}")
    if not found.steps:
        print("没有文件报来过这一格" + ("，现在的文字是人工填写的" if found.text else ""))
    elif found.by_hand:
        print("以后由人工改过" if found.origin else "现在的文字是人工填写的")
    else:
        print("以后没有人改动过")
    return DONE


def rebuild(options: Namespace) -> int:
    from toolkit.intake import Archive
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
        told = {"cells": rebuilt.cells, "files": rebuilt.files, "differences": differences, "unrecorded": unrecorded}
        print(show.as_json(told))
    else:
        for d in rebuilt.differences:
            print(f"第{d.label}项 {d.round}（第{d.receipt}号收件）：{d.message}")
            print(f"    台账：{d.master or '（空）'}")
            if d.archive is not None:
                print(f"    原件：{d.archive}")
        different = f"有 {len(rebuilt.differences)} 处不同（人工改过的列在上面，不是错）"
        print(
            f"由 {rebuilt.files} 份原件重算了 {rebuilt.cells} 格，"
            + (different if rebuilt.differences else "与台账完全一致")
        )
        if rebuilt.unrecorded:
            names = "、".join(a.name for a in rebuilt.unrecorded[:10])
            print(f"归档里有 {len(rebuilt.unrecorded)} 份原件没有登记在收件记录里：{names}。运行 annex2 collect 补登")
    return NEEDS_A_PERSON if rebuilt.differences or rebuilt.unrecorded else DONE


def restore(options: Namespace) -> int:
    from toolkit.master.store import restore as run
    from toolkit.master.store import versions

    workspace = Workspace.find(options.workspace, even_without_master=True)
    if options.number is None:
        kept = versions(workspace)
        if not kept:
            print("还没有旧版：annex2 第一次写入总表以后才有")
            return DONE
        rows = [(f"{v.number}", f"{v.kept:%Y-%m-%d %H:%M:%S} 写入以前", f"{v.receipts}", v.path.name) for v in kept]
        print(show.table(("第几个", "是什么时候的", "收件份数", "文件"), rows))
        print("恢复其中一个：annex2 restore 第几个（现在的总表会先留一份）")
        return DONE
    had_master = workspace.master.exists()
    with workspace.writing():
        restored = run(workspace, options.number, options.now)
    print(f"已恢复{restored}，恢复以前的总表也留下了一份" if had_master else f"已恢复{restored}")
    print("这以后收到的文件在归档里都还在：运行 annex2 collect，会按原来的收到时间补登")
    return DONE


def panel(options: Namespace) -> int:
    from toolkit.panel.window import run
    from toolkit.panel.work import Desk

    return run(Desk(Workspace.find(options.workspace), options.now))


def excel(options: Namespace) -> int:
    from toolkit.excel import install, uninstall

    if options.what == "install":
        path = install(options.label, options.folder)
        print(f"已装上 {path}；重新打开 Excel，功能区里就有“{options.label}”。去掉：annex2 excel uninstall")
        return DONE
    removed = uninstall(options.folder)
    print(f"已去掉 {removed}" if removed else "本来就没有装")
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
        print(show.as_json([{"topic": c.topic, "ok": c.ok, "message": c.message, "remedy": c.remedy} for c in checks]))
    else:
        for c in checks:
            print(f"{c.sign} {c.topic}：{c.message}" + (f"\n    怎么办：{c.remedy}" if c.remedy else ""))
    if options.zip:
        options.zip.write_bytes(bundle(checks, workspace))
        print(f"已打包 {options.zip}，里面没有密码，也没有报送的内容", file=sys.stderr)
    return NEEDS_A_PERSON if any(c.ok is False for c in checks) else DONE


def demo(options: Namespace) -> int:
    from toolkit.demo import run

    return run(options.folder or Path("annex2-demo"), sys.stdout)


def _below(path: Path, workspace: Workspace) -> str:
    try:
        return path.relative_to(workspace.root).as_posix()
    except ValueError:
        return str(path)
