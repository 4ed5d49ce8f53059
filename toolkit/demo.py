"""A whole year on the real notice, in a scratch workspace: what every verb does, in some seconds.

The divisions fill their forms as their own program would, with openpyxl: on time, late, never, twice, with last
quarter's file, with a broken one.  Clerks' doings (a decision on 待处理, an edit by hand) are made in place.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from toolkit.cli import show
from toolkit.closing import ITEM, counts
from toolkit.collect import collect
from toolkit.collected import Collected, written_words
from toolkit.errors import WorkspaceError
from toolkit.forms.fanout import Placed, fan_out, the_round
from toolkit.language import said, tr
from toolkit.master import schema
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.model import Office, Round, RoundKind
from toolkit.opening import open_workspace
from toolkit.standing import moment, standing
from toolkit.workspace import Workspace, write_durably
from toolkit.xlsx import Value, Workbook, cell_name

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook as OpenpyxlWorkbook

MARK = ".annex2-demo"
"""Stands in a folder that a demo made: only such a folder is made anew."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file that a division sends."""

    division: int  # in the order of the forms
    sent: datetime
    how: str  # a key of _WAYS
    story: str


def run(folder: Path, out: TextIO) -> int:
    """Play the year in `folder`; what happens is written to `out`.  Returns the exit status."""
    workspace = _scratch(folder)
    year = _Year(workspace, out)
    year.say(
        said(
            "annex2 演示：用真实通知的 21 项任务，在 {root} 里走完 {year} 年\n",
            root=workspace.root,
            year=year.office.year,
        )
    )
    year.confirm_targets()
    year.plan()
    for number, round_ in enumerate(year.rounds):
        year.play(number, round_)
        if number == 0:
            year.play_supporting(round_)
    year.finish()
    return 0


def _scratch(folder: Path) -> Workspace:
    if (folder / MARK).is_file():
        shutil.rmtree(folder)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceError(
            tr("这里已经有别的文件，演示不会动它们"), where=str(folder), remedy=tr("换一个空文件夹：annex2 demo 文件夹")
        )
    workspace = open_workspace(folder, now=datetime(2023, 1, 6, 9)).workspace  # noqa: DTZ001  naive by contract
    write_durably(workspace.root / MARK, b"")
    return workspace


class _Year:
    def __init__(self, workspace: Workspace, out: TextIO) -> None:
        self.workspace, self._out = workspace, out
        self.office: Office = load(workspace).master.office
        self.rounds = [r for r in self.office.rounds if r.key[4:] in ("Q1", "Q2", "Q3", "Y")]
        self._sent = 0
        self._last: tuple[Placed, ...] = ()
        self._data = (b"", "")  # what was sent last, and its name

    def say(self, line: str = "") -> None:
        self._out.write(line + "\n")

    def confirm_targets(self) -> None:
        """The office goes through the targets that init proposed, those of the tasks that forms go out for."""
        loaded = load(self.workspace)
        owed = {t.key for ts in self.office.owed(self.rounds[0]).values() for t in ts}
        numbers = {str(t.no) for t in self.office.tasks if t.key in owed}
        layout = loaded.master.layouts[Sheet.TARGETS]
        number, meaning = layout.column("序号"), layout.column(schema.MEANING)
        assert number is not None
        assert meaning is not None
        workbook = Workbook.from_bytes(loaded.data)
        sheet = workbook.sheet(layout.sheet)
        confirmed = [r for r, cells in sheet.rows() if r > layout.header_row and str(cells.get(number)) in numbers]
        for row in confirmed:
            sheet.set(cell_name(row, meaning), "已与处室核对")
        write_durably(self.workspace.master, workbook.to_bytes())
        self.office = load(self.workspace).master.office
        self.say(said("  办公室确认了 {count} 条指标，表格带上第二张表“指标数据”", count=len(confirmed)))

    def play(self, number: int, round_: Round) -> None:
        """One round: forms out, deliveries in, a look before and after the deadline."""
        self.say(said("━━ {name}（{key}，截止 {due:%Y-%m-%d}）", name=round_.name, key=round_.key, due=round_.due))
        placed = fan_out(self.workspace, self.office, round_)
        self._say_placed(placed)
        end = _at(round_.due, 1, 0) - timedelta(seconds=1)
        deliveries = sorted(_STORY[number](round_.due), key=lambda d: d.sent)
        before = [d for d in deliveries if d.sent <= end]
        after = [d for d in deliveries if d.sent > end]
        for moment_, group in ((said("截止前"), before), (said("截止后"), after)):
            for delivery in group:
                self._deliver(placed, delivery, round_)
            if group:
                self._collected(moment_)
        if number == 0:
            self._person_edits(round_)
            self._correct_again(placed, round_)
        if number == 1:
            self._person_decides(after[-1].sent)
        if number == 3:
            self._person_closes(after[-1].sent + timedelta(hours=1))
        self._show(round_, _at(round_.due, 7, 9))
        self._last = placed

    def play_supporting(self, quarter: Round) -> None:
        """A round for the tasks that the bureau only supports: one more row in 报送节点, on a day of the office's."""
        due = quarter.due + timedelta(days=9)
        key, name = f"{self.office.year}P{quarter.key[-1]}", f"{quarter.name}{RoundKind.SUPPORTING}"
        row: dict[str, Value] = {"编号": key, "名称": name, "表种": str(RoundKind.SUPPORTING), "截止日期": due}
        workbook = Workbook.from_bytes(load(self.workspace).data)
        workbook.table(Sheet.ROUNDS).append([row])
        write_durably(self.workspace.master, workbook.to_bytes())
        self.office = load(self.workspace).master.office
        round_ = the_round(self.office, key)
        self.say(said("━━ {name}（{key}，截止 {due:%Y-%m-%d}）", name=name, key=key, due=due))
        self.say(said("  办公室在“报送节点”里加了一行，表种选“配合任务”"))
        placed = fan_out(self.workspace, self.office, round_)
        self._say_placed(placed)
        for delivery in _supporting_story(due):
            self._deliver(placed, delivery, round_)
        self._collected(said("截止后"))
        self._show(round_, _at(due, 3, 9))

    def _say_placed(self, placed: Sequence[Placed]) -> None:
        divisions = said("、").join(p.form.division for p in placed)
        self.say(said("  发放表格 {count} 份：{divisions}", count=len(placed), divisions=divisions))

    def plan(self) -> None:
        """办理方案: the office adds a round; plans come back, one with a day that nobody can read, one late."""
        due = date(self.office.year, 3, 10)
        book = Workbook.open(self.workspace.master)
        row: dict[str, Value] = {"编号": f"{self.office.year}P", "名称": "办理方案", "表种": str(RoundKind.PLAN)}
        book.table(Sheet.ROUNDS).append([{**row, "截止日期": due}])
        write_durably(self.workspace.master, book.to_bytes())
        self.office = load(self.workspace).master.office
        round_ = next(r for r in self.office.rounds if r.kind is RoundKind.PLAN)
        self.say(
            said(
                "━━ {round}（{key}，截止 {due}）：办公室在“报送节点”里加了一行",
                round=round_.name,
                key=round_.key,
                due=due,
            )
        )
        placed = fan_out(self.workspace, self.office, round_)
        self._say_placed(placed)
        for delivery in (
            Delivery(0, _at(due, -3, 10), "plan", tr("按时报送")),
            Delivery(1, _at(due, -2, 15), "vague_plan", tr("有一步的时间只写“待定”")),
            Delivery(1, _at(due, -1, 9), "plan", tr("补正后重报")),
            Delivery(2, _at(due, 0, 16, 30), "plan", tr("截止当天报送")),
            Delivery(3, _at(due, 3, 9), "plan", tr("逾期三天才报")),
        ):
            self._deliver(placed, delivery, round_)
        first = load(self.workspace).master.office.steps[0]
        self._set(Sheet.PLANS, str(first.row), schema.STEP_PROGRESS, schema.STEP_STATES[-1])
        self.say(
            said(
                "  办公室在“办理方案”里把“{step}”的进度写成{state}；到期的步骤写进各季度的表",
                step=first.text,
                state=schema.STEP_STATES[-1],
            )
        )
        self._show(round_, _at(due, 7, 9))

    def _deliver(self, placed: Sequence[Placed], d: Delivery, round_: Round) -> None:
        source = (self._last or placed)[d.division] if d.how == "last_quarter" else placed[d.division]
        self._sent += 1
        if d.how != "again":
            division = self.office.division(source.form.division)
            self._data = _WAYS[d.how](source, round_, d.sent.date(), division.leader if division else "")
        data, name = self._data
        inbox = self.workspace.inbox / f"{d.sent:%m%d}-{self._sent:02d}-{name}"
        inbox.write_bytes(data)
        self.say(
            said(
                "  {sent:%m月%d日 %H:%M}  {division}：{story}",
                sent=d.sent,
                division=placed[d.division].form.division,
                story=said(d.story),
            )
        )
        self._run(d.sent)

    def _run(self, at: datetime) -> Collected:
        self._collect = collect(self.workspace, [], at)
        for outcome in self._collect.outcomes:
            if outcome.new:
                first = next((f.message for f in outcome.findings if f.severity != "remark"), "")
                if not first:
                    first = next((f.message for f in outcome.findings), "")
                verdict, written = said(outcome.receipt.verdict.label), written_words(outcome.merged, outcome.plans)
                self.say(
                    said("      → {verdict}，{written}", verdict=verdict, written=said(written))
                    + (said("（{first}）", first=said(first)) if first else "")
                )
        return self._collect

    def _collected(self, when: str) -> None:
        again = collect(self.workspace, [], self._now)
        result = said("总表变了！") if again.changed else said("总表没有变化")
        self.say(said("  {when}再收取一遍：{result}", when=when, result=result))

    @property
    def _now(self) -> datetime:
        receipts = load(self.workspace).master.receipts
        return max(r.received for r in receipts).replace(tzinfo=None)

    def _person_edits(self, round_: Round) -> None:
        """The office mends a text in the master by hand."""
        task = self.office.tasks[0]
        header = schema.round_columns(round_.name)[0].header
        master = load(self.workspace).master
        text = master.status.get((task.key, round_.key), "")
        self._set(Sheet.TASKS, task.key, header, text + "（办公室核对：数字与市局台账一致。）")
        self.say(said("  办公室在总表里手工改了第 {label} 项的{header}", label=task.label, header=header))

    def _correct_again(self, placed: Sequence[Placed], round_: Round) -> None:
        self._deliver(placed, Delivery(0, _at(round_.due, 4, 10), "correction", tr("又发来一份更正")), round_)
        self.say(said("      人改过的那一格没有被覆盖，两段文字列在“待处理”，由人选"))

    def _person_decides(self, at: datetime) -> None:
        """The office goes through 待处理 and chooses."""
        master = load(self.workspace).master
        for item in master.items:
            if item.result or item.decision:
                continue
            if item.key.startswith("conflict:"):
                self._set(Sheet.ATTENTION, item.key, "处理意见", schema.KEEP_MASTER)
            elif item.key.startswith("file:"):
                self._set(Sheet.ATTENTION, item.key, "处理意见", schema.REFUSE_FILE)
        done = collect(self.workspace, [], at)
        self.say(said("  办公室在“待处理”里作了 {count} 个决定：", count=len(done.decided)))
        for item, result in done.decided:
            self.say(said("      第 {no} 条 → {result}", no=item.no, result=said(result)))

    def _person_closes(self, at: datetime) -> None:
        """The office goes through what is proposed for closing: all but the last, which it wants to look at."""
        items = [i for i in load(self.workspace).master.items if i.key.startswith(ITEM) and not i.result]
        self.say(said("  完成全年目标的 {count} 项列在“待处理”里，提请销号", count=len(items)))
        for item in items:
            decision = schema.NOT_YET if item is items[-1] else schema.CLOSE_TASK
            self._set(Sheet.ATTENTION, item.key, "处理意见", decision)
        done = collect(self.workspace, [], at)
        agreed = sum(result.startswith(schema.CLOSED_TASK) for _, result in done.decided)
        self.say(
            said(
                "      办公室同意销号 {agreed} 项，暂不销号 {others} 项",
                agreed=agreed,
                others=len(done.decided) - agreed,
            )
        )
        self.say(f"      {show.closing_text(counts(load(self.workspace).master))}")

    def _set(self, sheet: Sheet, key: str, header: str, value: str) -> None:
        """What a person types into the master."""
        loaded = load(self.workspace)
        layout = loaded.master.layouts[sheet]
        column = layout.column(header)
        assert column is not None
        workbook = Workbook.from_bytes(loaded.data)
        workbook.sheet(layout.sheet).set(cell_name(layout.rows[key], column), value)
        write_durably(self.workspace.master, workbook.to_bytes())

    def _show(self, round_: Round, at: datetime) -> None:
        master = load(self.workspace).master
        now = moment(at, master.zone)
        (status,) = (r for r in standing(master, now) if r.round.key == round_.key)
        self.say()
        for line in show.rounds_text([status]).splitlines():
            self.say(f"  {line}")
        self.say()

    def finish(self) -> None:
        """The annual summary, and what to open."""
        from toolkit.summarise import summarise

        made = summarise(self.workspace, datetime(self.office.year + 1, 1, 10, 9))  # noqa: DTZ001  naive by contract
        master = load(self.workspace).master
        open_items = sum(1 for i in master.items if not i.result and not i.key.startswith("confirm:"))
        self.say(
            said(
                "━━ 全年：收件 {count} 份，每一份都有结论；“待处理”里还有 {open_items} 条",
                count=len(master.receipts),
                open_items=open_items,
            )
        )
        self._roll_over()
        self.say(said("可以打开看："))
        for path in (self.workspace.master, *made.paths):
            self.say(f"  {path}")
        self.say(said("  {outbox}（发放的表格）", outbox=self.workspace.outbox))
        there = f"annex2 -w {self.workspace.root}"
        self.say(
            said(
                "自己试试：{there} --now {next_year}-01-10T09:00 status；{there} trace 1 2023Q1",
                there=there,
                next_year=self.office.year + 1,
            )
        )

    def _roll_over(self) -> None:
        """The next year's workspace, beside this one."""
        from toolkit.rollover import beside, roll_over

        year = self.office.year + 1
        folder = beside(self.workspace.root, self.office.year, year)
        if (folder / MARK).is_file():
            shutil.rmtree(folder)
        if folder.exists():
            self.say(said("  {folder} 里已经有别的文件，没有演示结转", folder=folder))
            return
        done = roll_over(self.workspace, year, folder, now=datetime(year, 1, 20, 9))  # noqa: DTZ001  naive by contract
        write_durably(folder / MARK, b"")
        self.say(
            said(
                "━━ 结转到 {year} 年：没有完成的 {tasks} 项任务、上年的文字都在 {folder}",
                year=year,
                tasks=done.tasks,
                folder=folder,
            )
        )


# what divisions do to their forms

_PROGRESS = ("一季度", "上半年", "前三季度", "全年")


def _fill(
    source: Placed,
    texts: Callable[[int], str | None],
    approved: date | None,
    leader: str,
    agreed: Callable[[int], str] | None = None,
) -> bytes:
    """Fill a form as a division's own program would: opened, typed into, saved whole."""
    from openpyxl import load_workbook

    book = load_workbook(source.path)
    sheet = book.worksheets[0]
    rows = [r for r in range(1, sheet.max_row + 1) if isinstance(sheet.cell(r, 1).value, int)]
    asked = {c: str(sheet.cell(rows[0] - 1, c).value or "").partition("\n")[0] for c in range(1, 6)}
    last = max(c for c, header in asked.items() if header in ("完成情况", "落实进展"))
    for i, row in enumerate(rows):
        sheet.cell(row, last).value = texts(i)
        if agreed and asked[last - 1] == "对接情况":
            sheet.cell(row, last - 1).value = agreed(i)
    if approved:
        _fill_figures(book, approved)
    for row in range(rows[-1], sheet.max_row + 1):
        label = str(sheet.cell(row, last - 1).value or "")
        if approved and "审定日期" in label:
            sheet.cell(row, last).value = approved
        elif approved and "审定" in label:
            sheet.cell(row, last).value = leader
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill_figures(book: OpenpyxlWorkbook, day: date) -> None:
    """指标数据 to date: on pace, but that one falls in the third quarter, and two tasks that share a target differ."""
    if "指标数据" not in book.sheetnames:
        return
    sheet = book["指标数据"]
    quarter = {4: 0, 7: 1, 9: 2, 10: 2}.get(day.month, 3)
    for row in range(4, sheet.max_row + 1):
        goal = re.match(r"\d+", str(sheet.cell(row, 4).value or ""))
        if goal is None:
            continue
        share = (0.28, 0.55, 0.5 if row == 4 else 0.8, 1.02)[quarter]
        lag = 0.6 if row == 6 and quarter < 3 else 1  # one that two tasks share: the other task says more
        sheet.cell(row, 6).value = round(int(goal[0]) * share * lag)


def _texts(round_: Round, extra: str = "") -> Callable[[int], str]:
    number = {"Q1": 0, "Q2": 1, "Q3": 2}.get(round_.key[4:], 3)
    share = (22, 51, 78, 100)[number]

    def text(i: int) -> str:
        percent = share + (i * 3) % 5 if share < 100 else 100
        done = f"截至{_PROGRESS[number]}末，累计完成全年目标的{percent}%，组织推进会{number + 1 + i}次，"
        done += f"督导{(i + 2) * (number + 1)}个点位。"
        return done + ("已完成全年目标。" if share == 100 else "按序时推进。") + extra

    return text


_Way = Callable[[Placed, Round, date, str], tuple[bytes, str]]
"""The form, its round, the day, the leader in charge -> the file that is sent, and its name."""


def _whole(extra: str = "") -> _Way:
    def way(source: Placed, round_: Round, day: date, leader: str) -> tuple[bytes, str]:
        return _fill(source, _texts(round_, extra), day, leader), source.path.name

    return way


def _partial(source: Placed, round_: Round, day: date, leader: str) -> tuple[bytes, str]:
    texts = _texts(round_)
    return _fill(source, lambda i: None if i == 1 else texts(i), day, leader), source.path.name


def _unapproved(source: Placed, round_: Round, _: date, __: str) -> tuple[bytes, str]:
    """The leader signed on paper: the form without a name, and a photo of the page, in one archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in ((source.path.name, _fill(source, _texts(round_), None, "")), ("签字页.jpg", _PHOTO)):
            z.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue(), f"{source.form.division}{round_.name}报送.zip"


_PHOTO = b"\xff\xd8\xff\xe0" + bytes(120_000)  # as large as a photographed page; nobody looks at it here


def _supporting(*, with_contact: bool) -> _Way:
    units = ("市发改委", "市商务局", "市住建局")

    def agreed(i: int) -> str:
        return f"3月{i + 8}日与{units[i % 3]}联络员电话对接，商定每季度末互相通报一次进展。"

    def way(source: Placed, _: Round, day: date, leader: str) -> tuple[bytes, str]:
        def text(i: int) -> str:
            return f"按商定的分工推进，已配合开展活动{i + 2}次，报送信息{2 * i + 1}条。"

        return _fill(source, text, day, leader, agreed if with_contact else None), source.path.name

    return way


def _last_quarter(source: Placed, round_: Round, day: date, leader: str) -> tuple[bytes, str]:
    """Last quarter's file with the new title typed over the old one."""
    from openpyxl import load_workbook

    data = _fill(source, _texts(round_), day, leader)
    book = load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=1, max_row=4):
        for cell in row:
            if isinstance(cell.value, str) and "完成情况" in cell.value and "季度" in cell.value:
                cell.value = cell.value.replace("第一季度", round_.name).replace("第二季度", round_.name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), f"{source.form.division}{round_.name}完成情况.xlsx"


def _broken(source: Placed, round_: Round, day: date, leader: str) -> tuple[bytes, str]:
    data = _fill(source, _texts(round_), day, leader)
    return data[: len(data) * 2 // 3], source.path.name


_STEPS = ("制定工作方案", "现场督导、中期评估", "总结验收")


def _plan(when: Sequence[str]) -> _Way:
    """A 办理方案: the same three steps for each task, `when` they are to be done."""

    def way(source: Placed, _: Round, day: date, leader: str) -> tuple[bytes, str]:
        from openpyxl import load_workbook

        book = load_workbook(source.path)
        sheet = book.worksheets[0]
        blocks = [r for r in range(1, sheet.max_row + 1) if isinstance(sheet.cell(r, 1).value, int)]
        for row in blocks:
            for n, step in enumerate(zip(_STEPS, when, strict=True)):
                for column, value in enumerate((*step, "经办人"), start=3):
                    sheet.cell(row + n, column).value = value
        for row in range(blocks[-1], sheet.max_row + 1):
            label = str(sheet.cell(row, 4).value or "")
            if "审定" in label:
                sheet.cell(row, 5).value = day if "日期" in label else leader
        out = io.BytesIO()
        book.save(out)
        return out.getvalue(), source.path.name

    return way


_WAYS: Mapping[str, _Way] = {
    "whole": _whole(),
    "correction": _whole("（更正：按最新统计口径。）"),
    "partial": _partial,
    "unapproved": _unapproved,
    "supporting": _supporting(with_contact=True),
    "no_contact": _supporting(with_contact=False),
    "last_quarter": _last_quarter,
    "broken": _broken,
    "plan": _plan(("3月底前", "第二季度", "12月20日")),
    "vague_plan": _plan(("3月底前", "待定", "12月20日")),
}


def _at(day: date, days: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(days=days, hours=hour, minutes=minute)


def _supporting_story(due: date) -> Sequence[Delivery]:
    return (
        Delivery(0, _at(due, -2, 9), "supporting", tr("按时报送，对接情况、落实进展都写了")),
        Delivery(1, _at(due, -1, 15), "no_contact", tr("没有写对接情况")),
        Delivery(2, _at(due, 2, 10), "supporting", tr("逾期两天才报")),
    )


_STORY: Sequence[Callable[[date], Sequence[Delivery]]] = (
    lambda due: (
        Delivery(0, _at(due, -3, 10), "whole", tr("按时报送")),
        Delivery(1, _at(due, -2, 15), "partial", tr("漏填一项")),
        Delivery(1, _at(due, -1, 9), "whole", tr("补正后重报")),
        Delivery(2, _at(due, 0, 16, 30), "unapproved", tr("截止当天报送，没有写审定人，附了领导签字页的照片")),
        Delivery(3, _at(due, 3, 9), "whole", tr("逾期三天才报")),
    ),
    lambda due: (
        Delivery(0, _at(due, -2, 11), "whole", tr("按时报送")),
        Delivery(1, _at(due, -1, 14), "last_quarter", tr("在上季度的文件里改了标题就报来")),
        Delivery(2, _at(due, 0, 9), "broken", tr("文件在传输中损坏")),
        Delivery(2, _at(due, 1, 9), "whole", tr("重发一份好的，逾期一天")),
        Delivery(1, _at(due, 2, 10), "whole", tr("换成本季度的表重报，逾期两天")),
    ),
    lambda due: (
        Delivery(0, _at(due, -6, 9), "whole", tr("节前报送")),
        Delivery(1, _at(due, -5, 10), "whole", tr("节前报送")),
        Delivery(1, _at(due, -5, 11), "correction", tr("一小时后更正一次")),
        Delivery(3, _at(due, 0, 20), "whole", tr("截止当天晚上报送")),
    ),
    lambda due: (
        Delivery(0, _at(due, -1, 9), "whole", tr("按时报送")),
        Delivery(1, _at(due, -1, 10), "whole", tr("按时报送")),
        Delivery(2, _at(due, 0, 11), "whole", tr("按时报送")),
        Delivery(3, _at(due, 0, 17), "whole", tr("按时报送")),
        Delivery(3, _at(due, 1, 9), "again", tr("同一份又发了一遍")),
    ),
)
"""What each division does in each round; in the third one of them never reports."""
