"""`annex2 collect`.  What a run with nothing to do does not need is imported only where there is something."""

from __future__ import annotations

from argparse import Namespace

from toolkit.cli.console import DONE, NEEDS_A_PERSON, as_json, because, say
from toolkit.cli.progress import bar
from toolkit.collected import Collected, decided_words, nothing_new
from toolkit.language import said, tr
from toolkit.workspace import Workspace


def collect(options: Namespace) -> int:
    workspace = Workspace.find(options.workspace)
    # PATHs are what a person wants taken in, and nothing else.
    mail = not options.no_mailbox and not options.paths
    if not (options.paths or options.json) and (nothing := nothing_new(workspace, options.now, mail=mail)):
        return _told(nothing)
    from toolkit.collect import collect as run

    with bar(tr("收取"), quiet=options.json) as report:
        done = run(
            workspace, options.paths, options.now, report, workers=options.workers, mail=mail, cluster=options.cluster
        )
    if options.json:
        from toolkit.cli import show

        files = [show.outcome_json(o) for o in done.outcomes]
        print(as_json({"files": files, "merged_cells": done.merged_cells}))
        return NEEDS_A_PERSON if done.needs_a_person else DONE
    return _told(done)


def _told(done: Collected) -> int:
    """Say what a run did: the exit status."""
    for item, result in done.decided:
        print(said(decided_words(item, result)))
    new = [o for o in done.outcomes if o.new]
    if new:
        from toolkit.cli.show import outcome_text

        for outcome in new:
            print(outcome_text(outcome))
    for line in (*done.troubles, *filter(None, [done.moved]), *done.remarks):
        print(said(line))
    for answer in done.answers:
        print(
            said(
                "回复 {to}：{subject}，{outcome}",
                to=answer.mail.to[0],
                subject=answer.mail.subject,
                outcome=answer.outcome,
            )
            + because(answer)
        )
    print(said(done.counted))
    if done.busy:
        print(said(done.busy))
    elif done.closings:
        print(said(done.closings))
    if done.open_items and not done.busy:
        more = said("（另有 {to_confirm} 条核对通知）", to_confirm=done.to_confirm) if done.to_confirm else ""
        say(
            "“待处理”里有 {open_items} 条等着办{more}：打开 master.xlsx，选好“处理意见”，保存后再运行一次",
            open_items=done.open_items,
            more=more,
        )
    if new and not done.busy:
        say("inbox 里收过的文件可以留着，也可以删掉：原件都在 archive 里")
    return NEEDS_A_PERSON if done.needs_a_person else DONE
