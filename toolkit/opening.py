"""init: the notice, or the shipped master -> a workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

from toolkit.calendar import office_zone
from toolkit.cells import split_names
from toolkit.errors import WorkspaceError
from toolkit.excel import launchers
from toolkit.language import tr
from toolkit.lost import note_tasks
from toolkit.master import schema
from toolkit.master.build import build_master
from toolkit.master.edits import SetCell, WorkbookSource, apply_edits
from toolkit.master.read import read_master
from toolkit.master.schema import Sheet
from toolkit.model import Division, Office, Round, RoundKind, Task
from toolkit.notice import Doubt, Notice, read_notice
from toolkit.targets import propose_targets
from toolkit.workspace import MASTER, Workspace, lost_master, shipped, write_durably
from toolkit.xlsx import Workbook

TIMEZONE = "Asia/Shanghai"
UPSTREAM_DAY = 20
"""武政办〔2023〕1号: reports to the city by the 20th of the first month of each quarter."""

MAIL_DOUBT, SUPPORTING_DOUBT = tr("处室「邮箱」"), tr("报送节点「配合任务」")
"""Where those doubts stand that every notice leaves."""
GUESSED_DOUBT = tr("报送节点「截止日期」")
"""Where the doubt stands of rounds whose day a notice does not say."""

FOLDERS = ("outbox", "inbox", "archive", "summary")


@dataclass(frozen=True, slots=True)
class Opened:
    """A new workspace."""

    workspace: Workspace
    tasks: int
    starred: int
    rounds: tuple[Round, ...]
    doubts: tuple[Doubt, ...]


def master_of(notice: Notice, now: datetime | None = None) -> bytes:
    """The master that a notice makes; what a person must confirm stands on 待处理.

    `now`: naive, office's time; what stands on 待处理 is dated so.  None: the year's first moment, so that the same
    notice gives the same bytes.
    """
    rounds = tuple(with_upstream(r) for r in notice.rounds)
    office = Office(notice.organisation, notice.year, TIMEZONE, notice.tasks, rounds, tuple(divisions_of(notice.tasks)))
    written = now or datetime.combine(date(notice.year, 1, 1), time())
    return build_master(
        office,
        title=notice.title,
        issuer=notice.issuer,
        attention=list(attention_rows(doubts_of(notice), written)),
        targets=list(target_rows(notice.tasks)),
    )


def target_rows(tasks: Sequence[Task]) -> Iterable[Mapping[str, str | int | float]]:
    """What the tasks promise in numbers, proposed row by row: each says the words that it came from."""
    tasks = tuple(tasks)
    numbers = {t.key: t for t in tasks}
    for p in propose_targets(tasks):
        shared = "、".join(dict.fromkeys(numbers[k.task].label for k in p.shared_with))
        yield {
            "序号": numbers[p.task].no,
            "指标": p.indicator,
            "目标值": float(p.value) if p.value % 1 else int(p.value),
            "单位": p.unit,
            "方向": p.direction,
            "口径": f"待确认，原文：“{p.words}”" + (schema.SAME_NUMBER.format(shared) if shared else ""),
            schema.TASK_KEY: p.task,
        }


def with_upstream(round_: Round) -> Round:
    """A round with a date for the city: the 20th behind its own."""
    due = round_.due
    month = due if due.day < UPSTREAM_DAY else due.replace(day=28) + timedelta(days=4)
    return replace(round_, upstream_due=round_.upstream_due or month.replace(day=UPSTREAM_DAY))


def divisions_of(tasks: Iterable[Task]) -> Iterable[Division]:
    """Every division and unit that the tasks name: lead divisions first, with the leaders of their tasks."""
    tasks = tuple(tasks)
    leaders: dict[str, dict[str, None]] = {}
    for t in tasks:
        leaders.setdefault(t.division, {}).update(dict.fromkeys(split_names(t.leader)))
    for t in tasks:
        for unit in t.responsible:
            leaders.setdefault(unit, {})
    return (Division(name, leader="、".join(found)) for name, found in leaders.items() if name)


def doubts_of(notice: Notice) -> tuple[Doubt, ...]:
    upstream = Doubt(
        "",
        tr("报送节点「上报截止」"),
        tr("通知没有写向上级报送的截止日期，暂按截止以后的{upstream_day}日", upstream_day=UPSTREAM_DAY),
        "请对照上级（如市政府办公厅）的通知核对；不对就在“报送节点”里改正，不用向上级报的清空",
    )
    guessed = tuple(r.name for r in notice.rounds if r.key in notice.guessed)
    fifth = Doubt(
        "",
        GUESSED_DOUBT,
        tr("{listed}的报送时限没有读出来，暂按期后5日前列出", listed=guessed),
        "请在 master.xlsx 的报送节点里核对，缺的补上，错的改正",
    )
    supporting = Doubt(
        "",
        SUPPORTING_DOUBT,
        tr("配合任务的落实情况哪天报，通知没有写，所以没有列为节点"),
        f"要收就在“报送节点”加一行：编号如 {notice.year}S1，名称如 第一季度配合任务，表种选 {RoundKind.SUPPORTING}，"
        "填上截止日期；总表里的列由程序自动添",
    )
    mail = Doubt("", MAIL_DOUBT, tr("通知里没有各处室的联系人和邮箱"), "请在“处室”里填写，发表、催报要用")
    proposed = len(propose_targets(notice.tasks))
    numbers = Doubt(
        "",
        "指标",
        tr("按任务原文里的数字提出了 {proposed} 条指标，口径一列写着原文", proposed=proposed),
        "请逐条核对：不是指标的删掉，名称不顺的改好，核对过的把口径里的“待确认”去掉",
    )
    return (
        *notice.doubts,
        *((fifth,) if guessed else ()),
        *((upstream,) if notice.rounds else ()),
        *((supporting,) if any(not t.starred for t in notice.tasks) else ()),
        mail,
        *((numbers,) if proposed else ()),
    )


def attention_rows(doubts: Iterable[Doubt], written: datetime) -> Iterable[Mapping[str, str | int | datetime]]:
    """What a person must confirm, as rows of 待处理."""
    for no, doubt in enumerate(doubts, start=1):
        yield {
            "编号": no,
            "时间": written,
            "事项": schema.ITEM_NOTICE,
            "位置": doubt.where,
            "问题": doubt.message,
            "怎么办": f"{doubt.remedy}。核对完选“{schema.DONE}”",
            schema.ITEM_KEY: f"confirm:{no}",
        }


def open_workspace(folder: Path, notice: Path | None = None, now: datetime | None = None) -> Opened:
    """Make a workspace in `folder`: master.xlsx from the notice (or a copy of the shipped one), templates, folders.

    `now`: naive, in the office's time zone; None for the clock's.  Raises NoticeError for a notice that cannot be
    read and WorkspaceError where a workspace stands already, be it without its master; nothing is written then.
    """
    workspace = Workspace(folder.resolve())
    if workspace.master.exists():
        raise WorkspaceError(
            tr("这里已经有 {master}，没有改动它", master=MASTER),
            where=str(folder),
            remedy=tr("换一个文件夹；还没有用过、要重来的，先把它移走"),
        )
    if workspace.worked_in:
        raise lost_master(folder)
    if folder.exists() and not folder.is_dir():
        raise WorkspaceError(tr("这是一个文件，不是文件夹"), where=str(folder), remedy=tr("换一个文件夹名"))
    read = read_notice(notice) if notice else None
    at = (now or datetime.now(office_zone(TIMEZONE)).replace(tzinfo=None)).replace(microsecond=0)
    if read is None:
        set_up(workspace, *_shipped(at))
        return Opened(workspace, 0, 0, (), ())
    set_up(workspace, master_of(read, at), read.tasks)  # not read back: what it lacks is a person's to fill in
    starred = sum(t.starred for t in read.tasks)
    return Opened(workspace, len(read.tasks), starred, read.rounds, doubts_of(read))


def _shipped(now: datetime) -> tuple[bytes, Sequence[Task]]:
    """The shipped master, made at no particular time, with its 待处理 dated `now`; its tasks."""
    book = Workbook.from_bytes(shipped(f"workbooks/{MASTER}").read_bytes())
    read = read_master(WorkbookSource(book), MASTER)
    apply_edits(book, read.layouts, [SetCell(Sheet.ATTENTION, i.key, "时间", now) for i in read.items])
    return book.to_bytes(), read.office.tasks


def set_up(workspace: Workspace, master: bytes, tasks: Sequence[Task], templates: Path | None = None) -> None:
    """Make a workspace's folders and files; `tasks`: the master's; `templates`: an office's own, before the program's.

    Raises WorkspaceError where that is not possible.
    """
    try:
        for name in FOLDERS:
            (workspace.root / name).mkdir(parents=True, exist_ok=True)
        if templates is not None and templates.is_dir():
            shutil.copytree(templates, workspace.templates, dirs_exist_ok=True)
        ours = shipped("templates")
        shutil.copytree(ours, workspace.templates, dirs_exist_ok=True, ignore=_existing(workspace.templates))
    except (OSError, shutil.Error) as e:
        why = e.strerror if isinstance(e, OSError) and e.strerror else e
        raise WorkspaceError(
            tr("不能在这里建立工作区（{why}）", why=why), where=str(workspace.root), remedy=tr("换到能写的文件夹后再试")
        ) from None
    workspace.secret()
    note_tasks(workspace, tasks, {}, told=False, missed=False)
    for name, data in launchers(workspace).items():
        write_durably(workspace.root / name, data)
        if name.endswith((".command", ".desktop")):
            (workspace.root / name).chmod(0o755)
    write_durably(workspace.master, master)  # last: a folder without master.xlsx is no workspace yet


def only_begun(workspace: Workspace) -> bool:
    """Whether nothing stands here but what a `set_up` left that was killed or ran out of disk."""
    if workspace.master.exists() or workspace.worked_in:
        return False
    ours = {*FOLDERS, workspace.templates.name, workspace.state.name, *launchers(workspace)}
    return all(p.name in ours or p.name.endswith(".tmp") for p in workspace.root.iterdir())


def _existing(there: Path) -> Callable[[str, list[str]], set[str]]:
    """Templates that stand there already are the office's own: kept."""
    templates = shipped("templates")

    def ignored(source: str, names: list[str]) -> set[str]:
        target = there / Path(source).relative_to(templates)
        return {n for n in names if (target / n).is_file()}

    return ignored
