"""rollover: a year's workspace -> the next year's beside it; of the old one nothing changes.

The new master is the old one's copy, edited in place (`master.newyear`): staff's own columns, sheets and looks go
along.  Tasks come from the new year's notice, or are those that last year did not finish; a person confirms them.
The new workspace has a key of its own: last year's forms are strangers there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from toolkit.cells import split_names
from toolkit.closing import undecided
from toolkit.errors import NoticeError, WorkspaceError
from toolkit.language import Text, listed, tr
from toolkit.ledger import Ledger
from toolkit.master import schema
from toolkit.master.edits import AddRow, WorkbookSource, apply_edits
from toolkit.master.newyear import NextTask, NextYear, Turned, last_year_row, turn
from toolkit.master.read import Master, read_master
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.master.tasks import TaskState
from toolkit.model import Division, Office, Rolling, Round, RoundKind, Task, in_order, plain, year_round
from toolkit.notice import Doubt, Notice, read_notice
from toolkit.opening import (
    GUESSED_DOUBT,
    MAIL_DOUBT,
    SUPPORTING_DOUBT,
    attention_rows,
    divisions_of,
    doubts_of,
    only_begun,
    set_up,
    target_rows,
    with_upstream,
)
from toolkit.plans import period_end
from toolkit.returns.assign import assign
from toolkit.returns.match import TaskIndex
from toolkit.returns.wording import normalise, shorten, where_they_differ
from toolkit.standing import moment
from toolkit.workspace import MASTER, Workspace
from toolkit.xlsx import Value, Workbook

SAME_DIVISION, SAME_SECTION = 6.0, 3.0
"""What a task of another year gains in likeness, of 100, by its division and its section."""

SHOWN = 12
"""Names that an item of 待处理 lists before it says 等."""


@dataclass(frozen=True, slots=True)
class RolledOver:
    """A new year's workspace."""

    workspace: Workspace
    year: int
    tasks: int
    continued: int  # of these, how many go on from last year
    finished: int  # of last year, done or closed: not carried over
    rounds: tuple[Round, ...]
    turned: Turned
    doubts: tuple[Doubt, ...]


def roll_over(
    old: Workspace, year: int, folder: Path | None = None, notice: Path | None = None, now: datetime | None = None
) -> RolledOver:
    """Make the workspace of `year` in `folder` (None: beside the old one).

    Raises WorkspaceError where the folder is in use or the year does not follow, MasterError for an old master that
    cannot be read, NoticeError for a notice that cannot; nothing is written then.
    """
    loaded = load(old)
    data, master = loaded.data, loaded.master
    if loaded.book is not None:  # open in Excel: what was saved is what is copied
        master = read_master(WorkbookSource(Workbook.from_bytes(data)), MASTER)
    office = master.office
    if year != office.year + 1:
        raise WorkspaceError(
            tr("这个工作区是 {year} 年的，不能结转到 {wanted} 年", year=office.year, wanted=year),
            remedy=tr("写下一年，如 annex2 rollover {value}", value=office.year + 1),
        )
    new = Workspace((folder or beside(old.root, office.year, year)).resolve())
    _refuse(new, old)
    read = read_notice(notice) if notice else None
    if read is not None and read.year != year:
        raise NoticeError(
            tr("这份通知是 {year} 年的，不是 {wanted} 年的", year=read.year, wanted=year),
            where=str(notice),
            remedy=tr("换成 {year} 年的通知", year=year),
        )
    if read is not None and (nobodys := tuple(str(t.no) for t in read.tasks if not t.division)):
        raise NoticeError(
            tr("通知里第{labels}项没有牵头处室，结转不了", labels=nobodys),
            where=str(notice),
            remedy=tr("问清后在通知里补上再结转；或不加 --notice 结转，再在新的总表里照通知改"),
        )
    at = moment(now, master.zone)
    plan, doubts = next_year(master, year, read)
    turned = turn(data, master, plan)
    doubts = (*doubts, *_after(turned))
    set_up(new, _finished(turned.data, doubts, at), [t.task for t in plan.tasks], old.templates)
    done = sum(finished(master.task_states.get(t.key, TaskState())) for t in office.tasks)
    continued = sum(bool(t.before) for t in plan.tasks)
    rounds = (*plan.rounds.values(), *plan.more_rounds)
    return RolledOver(new, year, len(plan.tasks), continued, done, rounds, turned, doubts)


def beside(root: Path, old: int, new: int) -> Path:
    """2023报送 -> 2024报送, beside it; a name without the year gets the new one."""
    name = root.name.replace(str(old), str(new))
    return root.with_name(name if name != root.name else f"{root.name}-{new}")


def _refuse(new: Workspace, old: Workspace) -> None:
    if new.root.exists() and (not new.root.is_dir() or not only_begun(new)):
        raise WorkspaceError(
            tr("这里已经有文件，没有动它们"),
            where=str(new.root),
            remedy=tr("换一个文件夹：annex2 rollover 年度 文件夹"),
        )
    if new.root.is_relative_to(old.root):
        raise WorkspaceError(
            tr("新的工作区不能放在上年的工作区里面"), where=str(new.root), remedy=tr("写上年工作区旁边的文件夹，或不写")
        )


def finished(state: TaskState) -> bool:
    """Done or closed: such a task does not go on of itself."""
    return state.progress in schema.DONE_STATES or state.closing == schema.CLOSED_TASK


# what the new year is.  Pure.


def next_year(master: Master, year: int, notice: Notice | None) -> tuple[NextYear, tuple[Doubt, ...]]:
    """The new year's tasks, rounds and settings, and what a person must confirm of them."""
    office = master.office
    tasks = _from_notice(office, notice) if notice else _carried(master, year)
    rounds, more = _rounds(office, year, _stated(notice))
    title = office.settings.get(schema.SETTING_TITLE, "")
    settings: dict[str, Value] = {
        schema.SETTING_YEAR: year,
        schema.SETTING_TITLE: notice.title if notice else title.replace(str(office.year), str(year)),
        "收件起始日期": None,  # the new year's first day
    }
    if notice:
        settings[schema.SETTING_ISSUER] = notice.issuer
    named = tuple(divisions_of(t.task for t in tasks) if notice else ())
    lacking = [d for d in named if office.division(d.name) is None]
    plan = NextYear(
        year,
        tasks,
        notice is not None,
        rounds,
        settings,
        tuple({"名称": d.name, "分管领导": d.leader or None} for d in lacking),
        tuple(dict(r) for r in target_rows([t.task for t in tasks])) if notice else (),
        tuple(_last_year(master, tasks)),
        lambda day: _same_day(day, year - office.year),
        more,
    )
    doubts = [*(_about_notice(notice, rounds) if notice else _about_carried(master, tasks))]
    doubts += [*_about_pairs(office, tasks), *_about_finished(master, tasks), *_about_closings(master, tasks)]
    doubts += _about_rounds(office, rounds, more, notice)
    if lacking:
        names = _listed([d.name for d in lacking])
        remedy = tr("请在“处室”里填好联系人和邮箱；其实是改了名的，把旧名写进“别名”")
        doubts.append(Doubt("", "处室", tr("通知里有上年没有的处室（单位）：{names}", names=names), remedy))
    doubts += _about_leaders(office, named)
    doubts += _about_idle(office, tasks, named)
    return plan, tuple(doubts)


def _about_leaders(office: Office, named: Iterable[Division]) -> Iterable[Doubt]:
    """Divisions whose leader the notice gives otherwise: who reads, and gets copies, stands in 处室."""
    known = ((office.division(d.name), d) for d in named if d.leader)
    changed = tuple(
        tr("{name}（上年{before}，通知里{now}）", name=d.name, before=was.leader or tr("没有填"), now=d.leader)
        for was, d in known
        if was is not None and set(split_names(was.leader)) != set(split_names(d.leader))
    )
    if changed:
        message = tr("通知里的分管领导和“处室”里的不同：{listed}", listed=changed)
        remedy = tr("请在“处室”里改好“分管领导”和“领导邮箱”：表格、提醒和抄送按那里的来")
        yield Doubt("", "处室", message, remedy)


def _carried(master: Master, year: int) -> tuple[NextTask, ...]:
    """Last year's tasks that are neither done nor closed, numbered anew.  Raises WorkspaceError where none is left."""
    rest = [t for t in master.office.tasks if not finished(master.task_states.get(t.key, TaskState()))]
    if not rest:
        raise WorkspaceError(
            tr("{year} 年的任务都已完成或销号，没有要结转的", year=master.office.year),
            remedy=tr("用 --notice 给出 {year} 年的通知", year=year),
        )
    return tuple(
        NextTask(replace(t, key=f"{year}-{no:02d}", no=no, closed=None), t.key) for no, t in enumerate(rest, start=1)
    )


def _from_notice(office: Office, notice: Notice) -> tuple[NextTask, ...]:
    """The notice's tasks, each with last year's that it goes on with, where that is certain.

    Of others than those of the very same words figures are no evidence: 新建20个 goes on as 新建15个, not as 改造20个.
    """
    same = _of_the_same_words(office, notice)
    rest = tuple(replace(t, text=_without_figures(t.text)) for t in office.tasks if t.key not in same.values())
    index = TaskIndex(replace(office, tasks=rest))
    scores = {}
    for new in (t for t in notice.tasks if t.key not in same):
        alike = index.resemblance(_without_figures(new.text))
        scores[new.key] = {key: score + _bonus(office, new, index.by_key[key]) for key, score in alike.items()}
    pairs = same | assign(scores)[0]
    return tuple(NextTask(t, pairs.get(t.key, "")) for t in notice.tasks)


def _of_the_same_words(office: Office, notice: Notice) -> dict[str, str]:
    """The notice's tasks that one of last year's, and no other of the notice's, has the very words of."""
    before, now = _by_words(office.tasks), _by_words(notice.tasks)
    return {now[w][0]: before[w][0] for w in now if len(now[w]) == len(before.get(w, ())) == 1}


def _by_words(tasks: Iterable[Task]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for t in tasks:
        found.setdefault(normalise(t.text), []).append(t.key)
    return found


_FIGURE = re.compile(r"\d[\d,.]*")
_NAME = re.compile(
    r"\d+(?=国道|省道|县道|号|热线|路|街|期|届|批|工程)"
    r"|(?<!\d)\d{5,}(?=[^\d.,万亿户人个元平公名家套张亩吨件次%余多])"
)
"""A figure that says which one, not how many: 107国道, 12345热线."""


def _without_figures(text: str) -> str:
    return _FIGURE.sub("", unicodedata.normalize("NFKC", text))


def _what_it_is(text: str) -> tuple[str, tuple[str, ...]]:
    """A task without how many: its words, and the figures that are names."""
    return normalise(_without_figures(text)), tuple(_NAME.findall(unicodedata.normalize("NFKC", text)))


def _bonus(office: Office, new: Task, old: Task) -> float:
    found = office.division(new.division)
    same = plain(new.division) == plain(old.division) or (found is not None and found == office.division(old.division))
    return SAME_DIVISION * same + SAME_SECTION * (plain(new.section) == plain(old.section))


def _stated(notice: Notice | None) -> tuple[Round, ...]:
    """The rounds whose day the notice says; last year's day is better than a guess."""
    return tuple(r for r in notice.rounds if r.key not in notice.guessed) if notice else ()


def _rounds(office: Office, year: int, stated: Sequence[Round]) -> tuple[dict[str, Round], tuple[Round, ...]]:
    """Last year's rounds a year later, or when the notice says for the same one; and those that it adds."""
    moved = {r.key: _a_year_later(r, office.year, year) for r in office.rounds}
    said = _said_of(moved, stated)
    for key, new in said.items():
        rolling = new.rolling if new.rolling is not Rolling.NONE else moved[key].rolling
        moved[key] = replace(moved[key], due=new.due, upstream_due=with_upstream(new).upstream_due, rolling=rolling)
    return moved, tuple(with_upstream(r) for r in stated if r not in said.values())


def _a_year_later(r: Round, old: int, year: int) -> Round:
    return replace(
        r,
        key=r.key.replace(str(old), str(year)),
        name=r.name.replace(str(old), str(year)),
        due=_same_day(r.due, year - old),
        upstream_due=_same_day(r.upstream_due, year - old) if r.upstream_due else None,
        ends=None,
    )


def _said_of(rounds: Mapping[str, Round], stated: Sequence[Round]) -> dict[str, Round]:
    """What the notice says, by last year's keys: of the round of that name, and of the one that ends in its month.

    第四季度 and 全年, or 第二季度 and 上半年, are one report: where last year had the one and the notice has the other,
    last year's name stays.
    """
    said = {key: found for key, r in rounds.items() if (found := next((s for s in stated if _same_round(r, s)), None))}
    ends = {k: _last_month(r) for k, r in rounds.items() if r.kind is RoundKind.PROGRESS}
    monthly = {m for m in ends.values() if m - 1 in ends.values()}
    for month in sorted({*ends.values()} - monthly):
        ending = [k for k, m in ends.items() if m == month and k not in said]
        ended = [s for s in stated if s not in said.values() and _last_month(s) == month]
        if len(ending) == len(ended) == 1:
            said[ending[0]] = ended[0]
    return said


def _same_round(a: Round, b: Round) -> bool:
    return a.key == b.key or plain(a.name) == plain(b.name)


def _last_month(r: Round) -> int:
    return period_end(r).month


def _same_day(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _last_year(master: Master, tasks: Iterable[NextTask]) -> Iterable[Mapping[str, Value]]:
    """上年完成情况: each of last year's tasks with the last that was reported of it."""
    now_of = {t.before: t.task for t in tasks if t.before}
    year = year_round(master.office.rounds)
    order = [*([year] if year else []), *reversed(in_order(master.office.rounds))]
    for task in master.office.tasks:
        last = next((r for r in order if master.status.get((task.key, r.key), "").strip()), None)
        state = master.task_states.get(task.key, TaskState())
        new = now_of.get(task.key)
        note = f"今年第 {new.label} 项" if new else "已完成，没有结转" if finished(state) else "今年没有对应的任务"
        yield last_year_row(
            task,
            new.no if new else None,
            master.status.get((task.key, last.key), "") if last else "",
            last.name if last else "没有报过",
            state.progress,
            state.closing,
            note,
        )


# what a person must confirm


def _about_carried(master: Master, tasks: Sequence[NextTask]) -> Iterable[Doubt]:
    old, year = master.office, tasks[0].task.key[:4]
    yield Doubt(
        "",
        "任务台账",
        tr(
            "没有给出 {year} 年的通知：{old_year} 年的 {count} 项任务里，没有完成也没有销号的 {carried} 项结转过来，"
            "序号重新排过",
            year=year,
            old_year=old.year,
            count=len(old.tasks),
            carried=len(tasks),
        ),
        "逐项核对：不再做的删掉那一行，目标、处室有变的改好，新任务接着写在下面；"
        "通知来了以后，也可以用 --notice 另外结转到别的文件夹",
    )


def _about_pairs(office: Office, tasks: Iterable[NextTask]) -> Iterable[Doubt]:
    """Tasks that go on under words that are not just last year's: another matter may be worded much the same."""
    last_year = {t.key: t for t in office.tasks}
    pairs = [(t.task, last_year[t.before]) for t in tasks if t.before]
    reworded = [p for p in pairs if len({_what_it_is(t.text) for t in p}) > 1]
    if reworded:
        shown = [
            tr("第{label}项“{text}”是上年第{before}项“{was}”", label=new.label, text=now, before=old.label, was=was)
            for new, old in reworded[:SHOWN]
            for now, was in [where_they_differ(new.text, old.text)]
        ]
        yield Doubt(
            "",
            "任务台账",
            tr(
                "有 {count} 项和上年的文字不全一样，按相近算作同一项：{listed}",
                count=len(reworded),
                listed=listed("；", [*shown, tr("等")] if len(reworded) > SHOWN else shown),
            ),
            "逐项核对：不是同一件事的，把“办理方案”里结转到它名下的步骤移走或删掉，"
            "“上年完成情况”的“序号”“说明”和自己加的列也改过来",
        )


def _about_idle(office: Office, tasks: Iterable[NextTask], named: Sequence[Division]) -> Iterable[Doubt]:
    """Divisions that led tasks last year and have none by the notice: closed ones, or merged into another."""
    if not named:
        return
    leading = {office.division(t.task.division) for t in tasks}
    had = {d.name: d for t in office.tasks if (d := office.division(t.division)) and not d.closed}
    if idle := [name for name, d in had.items() if d not in leading]:
        gone = tr("今年的通知里没有任务的处室：{names}", names=_listed(idle))
        remedy = tr("撤销、并入别处的，在“处室”里填“停用日期”和“并入”；改了名的，把旧名写进新名那一行的“别名”")
        yield Doubt("", "处室", gone, remedy)


def _about_finished(master: Master, tasks: Iterable[NextTask]) -> Iterable[Doubt]:
    """Last year's tasks that are not there any more, by name: finished ones, and those that the notice drops."""
    going = {t.before for t in tasks}
    gone = [t for t in master.office.tasks if t.key not in going]
    states = {t.key: master.task_states.get(t.key, TaskState()) for t in gone}
    done = [
        tr("{task}（{state}）", task=_called(t), state=_ended(states[t.key])) for t in gone if finished(states[t.key])
    ]
    open_ = [_called(t) for t in gone if not finished(states[t.key])]
    if done:
        yield Doubt(
            "",
            "任务台账",
            tr("上年已完成、已销号，没有带过来的 {count} 项：{done}", count=len(done), done=_listed(done)),
            "今年还要做的，自己写进“任务台账”；上年的文字在“上年完成情况”里",
        )
    if open_:
        yield Doubt(
            "",
            "任务台账",
            tr("上年没有完成，今年的通知里没有对上的 {count} 项：{open}", count=len(open_), open=_listed(open_)),
            "今年还要做的，自己写进“任务台账”；其实是今年某一项的，不用管",
        )


def _about_closings(master: Master, tasks: Iterable[NextTask]) -> Iterable[Doubt]:
    """What was proposed to be closed and nobody decided: the task goes on as if nobody had said that it is done."""
    waiting = undecided(master)
    now_of = {t.before: t.task.label for t in tasks if t.before}
    names = [
        tr("{task}（今年第{label}项）", task=_called(t), label=now_of[t.key]) if t.key in now_of else _called(t)
        for t in master.office.tasks
        if t.key in waiting
    ]
    if names:
        yield Doubt(
            "",
            "任务台账",
            tr("上年提请销号、没有人决定的 {count} 项：{names}", count=len(names), names=_listed(names)),
            "上年已经办完的，在今年的“任务台账”里删去那一行；上年的总表里也请办结，选“同意销号”或“暂不销号”后收取一次",
        )


def _called(task: Task) -> Text:
    return tr("第{label}项 {text}", label=task.label, text=shorten(task.text, 24))


def _ended(state: TaskState) -> str:
    return schema.CLOSED_TASK if state.closing == schema.CLOSED_TASK else state.progress


def _about_notice(notice: Notice, rounds: Mapping[str, Round]) -> Iterable[Doubt]:
    """What `init` would ask, but for what last year's master answers."""
    answered = [MAIL_DOUBT, GUESSED_DOUBT]
    answered += [SUPPORTING_DOUBT] if any(r.kind is RoundKind.SUPPORTING for r in rounds.values()) else []
    return (d for d in doubts_of(notice) if d.where not in answered)


def _about_rounds(
    office: Office, rounds: Mapping[str, Round], more: Sequence[Round], notice: Notice | None
) -> Iterable[Doubt]:
    if more:
        names = tuple(f"{r.name}（{r.due:%Y-%m-%d}）" for r in more)
        yield Doubt("", "报送节点", tr("通知里有上年没有的节点，加在最下面：{names}", names=names), "请核对表种和日期")
    yield from _about_days(office, rounds, notice)
    left = [d.name for d in office.divisions if d.exempt or d.extended]
    in_tracker = sorted({name for name, _ in (*office.granted, *office.excused)})
    if left or in_tracker:
        who = tuple(dict.fromkeys((*left, *in_tracker)))
        yield Doubt("", "处室", tr("上年的免报、延期没有带过来：{who}", who=who), "今年还要免报、延期的，重新填写")


def _about_days(office: Office, rounds: Mapping[str, Round], notice: Notice | None) -> Iterable[Doubt]:
    """Rounds whose day is last year's, and those that the notice calls otherwise, or does not ask for at all."""
    stated = _stated(notice)
    said = _said_of(rounds, stated)
    if others := tuple(f"{s.name}（{rounds[k].name}）" for k, s in said.items() if not _same_round(s, rounds[k])):
        gist = tr("通知里的{names}就是上年括号里的节点，名称照上年的", names=others)
        yield Doubt("", "报送节点", gist, "要改名称的，在“报送节点”里改；其实是两次的，另加一行")
    named = notice.rounds if notice else ()
    silent = {k: r for k, r in rounds.items() if k not in said}
    unread = _said_of(silent, [r for r in named if r not in stated])
    gone = [k for k, r in silent.items() if stated and r.kind is RoundKind.PROGRESS and k not in unread]
    if gone:
        names = tuple(f"{rounds[k].name}（{rounds[k].due:%Y-%m-%d}）" for k in gone)
        gist = tr("今年的通知里没有读出{names}，按上年的推后一年列着", names=names)
        yield Doubt("", "报送节点", gist, "今年不报的，在“报送节点”里删掉那一行；还要报的，核对日期")
    if moved := tuple(r.name for k, r in silent.items() if k not in gone):
        yield Doubt(
            "",
            "报送节点",
            tr(
                "{rounds}的截止日期是由 {year} 年的顺延一年得来的（现在：{dates}）",
                rounds=moved,
                year=office.year,
                dates=tuple(f"{r.name} {r.due:%Y-%m-%d}" for r in rounds.values()),
            ),
            "对照今年的通知核对“截止日期”“上报截止”，不要的节点删掉；遇休息日怎样，看“日历提示”",
        )
    new = tuple(r.name for r in named if stated and r not in stated and r not in unread.values())
    if new:
        gist = tr("{listed}的报送时限没有读出来，上年也没有这个节点，没有列出", listed=new)
        yield Doubt("", "报送节点", gist, "要报的，在“报送节点”最下面加一行")


def _after(turned: Turned) -> Iterable[Doubt]:
    if turned.steps:
        yield Doubt(
            "",
            "办理方案",
            tr("上年没有完成的 {steps} 步结转过来了，“进度”以“上年结转”开头，时间节点推后了一年", steps=turned.steps),
            "逐步核对时间节点、责任人；不做的删掉",
        )
    if turned.left:
        left = tr("上年没有完成、今年没有对应任务的：{left}", left=_listed(turned.left))
        yield Doubt("", "办理方案", left, "还要做的，写进今年的“办理方案”")
    if turned.targets:
        yield Doubt(
            "",
            "指标",
            tr("结转了 {targets} 条指标，目标值是上年的，口径前面写着“待确认”", targets=turned.targets),
            "改成今年的目标值，核对过的把“待确认”去掉",
        )
    if turned.own_sheets:
        own = tr("你们自己加的工作表原样带过来了：{own_sheets}", own_sheets=_listed(turned.own_sheets))
        yield Doubt("", tr("工作表"), own, "里面上年的数，不要的清掉")
    if not turned.texts_kept:
        gone = tr("总表里没有“上年完成情况”这张表，上年的文字没有带过来")
        yield Doubt("", "上年完成情况", gone, "要对照就打开上年的总表")


def _listed(names: Sequence[str]) -> str:
    shown = [n if len(n) <= 40 else n[:40] + "……" for n in names[:SHOWN]]
    return listed("；", [*shown, tr("等")] if len(names) > SHOWN else shown)


def _finished(data: bytes, doubts: Sequence[Doubt], now: datetime) -> bytes:
    """The turned master with what any run of annex2 would write, and what is to be confirmed."""
    book = Workbook.from_bytes(data)
    master = read_master(WorkbookSource(book), MASTER)
    items = [AddRow(Sheet.ATTENTION, dict(r)) for r in attention_rows(doubts, now.replace(tzinfo=None))]
    apply_edits(book, master.layouts, [*Ledger(master, now).edits(), *items])
    made = book.to_bytes()
    read_master(WorkbookSource(Workbook.from_bytes(made)), MASTER)  # what cannot be read is not delivered
    return made
