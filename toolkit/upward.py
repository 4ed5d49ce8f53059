"""fill: a form that the level above sent, filled with the texts of 任务台账, in a copy: what the office itself reports.

Its rows are matched with the tasks as those of returned forms are; what is only worded alike, what says something
already and what has no text is told.  A copy in summary/上报 is filled; the form itself stays as it came.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from toolkit import documents
from toolkit.cells import as_text
from toolkit.errors import Annex2Error, WorkspaceError
from toolkit.forms.fanout import the_round
from toolkit.heights import fit_height
from toolkit.kinds import KINDS
from toolkit.language import Text, listed, tr
from toolkit.master.read import Master
from toolkit.master.store import load
from toolkit.model import Finding, Office, Round, RoundKind, Task, plain, unapproved
from toolkit.notice.word import read_word
from toolkit.pace import parse_figure
from toolkit.pending import standing_now
from toolkit.plans import period_end
from toolkit.returns.assign import assign
from toolkit.returns.figures import FigureRow, apart
from toolkit.returns.filled import columns_for
from toolkit.returns.formats.sniff import Kind, sniff
from toolkit.returns.grid import Grid, Reading
from toolkit.returns.known import Known, known
from toolkit.returns.match import TaskIndex
from toolkit.returns.rows import read_rows
from toolkit.returns.sandbox import shared_pool
from toolkit.returns.statuses import is_placeholder
from toolkit.returns.tables import Layout, find_tables
from toolkit.returns.wording import fold, normalise, shorten
from toolkit.standing import moment
from toolkit.tracking import RoundStatus
from toolkit.workspace import Workspace, cannot_read
from toolkit.xlsx import Workbook, WorkbookError, cell_name

FOLDER = "上报"
"""Below summary/."""

_YEAR = re.compile(r"(20\d\d)年")
_LEAST = 8
"""Characters of a row that is told where no task goes with it; shorter ones are headings."""


class Place(NamedTuple):
    """A row of the form: what it is about, and the cell that its text belongs in."""

    sheet: str
    row: int
    column: int
    where: str  # what people call the cell
    item: str
    said: str  # what stands there already
    covered: bool  # by a merged range that begins above
    further: tuple[tuple[str, int], ...] = ()  # other answers of a 配合任务 that it asks for, and their columns


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written into a place."""

    place: Place
    tasks: tuple[Task, ...]  # several where the office has parted one task among divisions
    text: str
    likely: bool  # worded otherwise than the task

    @property
    def cells(self) -> Mapping[int, str]:
        """What goes into the columns of its row."""
        main, kind = self.place.column, KINDS[RoundKind.SUPPORTING]
        if not self.place.further:
            return {main: self.text}
        parts = kind.apart(self.text)
        columns = {main: kind.answers[0], **{column: name for name, column in self.place.further}}
        return {column: parts[name] for column, name in columns.items() if name in parts}


class Figure(NamedTuple):
    """A sum to date that the form asks for on its own sheet."""

    where: str  # Sheet!F5
    value: int | float


@dataclass(frozen=True, slots=True)
class Filled:
    """What became of a form."""

    path: Path
    round: Round
    written: tuple[Answer, ...]
    figures: int  # that were written as well
    remarks: tuple[Text, ...]  # what a person should look at
    kept: tuple[Path, ...]  # where a copy is that somebody had edited


def fill(workspace: Workspace, form: Path, round_key: str = "", now: datetime | None = None) -> Filled:
    """Fill a copy of `form` for a round, by default the one that its title names.

    Raises Annex2Error for a file that is no .xlsx or .docx with such a table, that names another year, or no round.
    """
    try:
        data = form.read_bytes()
    except FileNotFoundError:
        raise WorkspaceError(tr("没有这个文件或文件夹：{path}", path=form), remedy=tr("检查路径")) from None
    except OSError as e:
        raise cannot_read(form, e) from None
    kind = sniff(data, form.name)
    if kind not in (Kind.XLSX, Kind.DOCX):
        raise Annex2Error(
            tr("{name} 是{kind}，填不了", name=form.name, kind=kind),
            where=str(form),
            remedy=tr("用 Excel、Word 或 WPS 另存为 .xlsx 或 .docx 再试"),
        )
    reading = shared_pool().read(data, form.name)
    if isinstance(reading, Finding):
        raise Annex2Error(reading.message, where=str(form), remedy=reading.remedy)
    with workspace.writing():
        master = load(workspace).master
        at, look = moment(now, master.zone), known(master.office)
        shown, asked = apart(reading)
        tables = _tables(shown, look)
        if not tables:
            raise Annex2Error(
                tr("没有找到要填的表：表头要有责任事项（或工作任务）和完成情况"),
                where=str(form),
                remedy=tr("换一份表再试"),
            )
        _refuse_other_year(master.office, [*(t.title for t in tables), form.stem], form)
        round_ = the_round(master.office, round_key) if round_key else _round_of(look, tables, form)
        figures = tuple(figures_for(master, round_, asked)) if kind is Kind.XLSX else ()
        places = [p for t in tables for p in _places(look, t, round_)]
        (status,) = (r for r in standing_now(workspace, master, at)[0] if r.round.key == round_.key)
        answers, remarks = answers_for(master, status, places)
        if not any(a.text for a in answers):
            raise Annex2Error(
                tr("{form} 里没有一项填得上{round}的文字", form=form.name, round=round_.name),
                where=str(form),
                remedy=listed("；", [*remarks[:3], tr("要填别的节点，用 --round 写明")]),
            )
        told = [a for a in answers if a.text]
        try:
            made, refused = _into_workbook(data, told, figures) if kind is Kind.XLSX else _into_word(data, told)
        except WorkbookError as e:
            raise Annex2Error(e.message, where=f"{form} {e.where}", remedy=tr("表没有改动；改好后再试")) from None
        path = workspace.summary / FOLDER / form.name
        kept = documents.put(workspace, {path: made})
        written = tuple(a for a in told if a.place.where not in refused)
        if refused:
            remarks = (*remarks, tr("这几格写不进去，请自己填：{listed}", listed=tuple(refused)))
        return Filled(path, round_, written, len(figures), remarks, kept)


# what the form asks for.  Pure.


def _tables(reading: Reading, look: Known) -> list[Layout]:
    """Those with a header that says where the answer belongs."""
    return [t for t in find_tables(reading, look.index) if t.item and t.headed and t.kind is not RoundKind.PLAN]


def _refuse_other_year(office: Office, said: Iterable[str], form: Path) -> None:
    years = {int(m[1]) for text in said for m in _YEAR.finditer(text)}
    if years and office.year not in years:
        named = tr("、").join(map(str, sorted(years)))
        raise Annex2Error(
            tr("这张表写的是 {years} 年，总表是 {year} 年的", years=named, year=office.year),
            where=str(form),
            remedy=tr("在那一年的工作区里填，或换一张表"),
        )


def _round_of(look: Known, tables: Sequence[Layout], form: Path) -> Round:
    """The round that the titles, the file's name or the headers name."""
    heads = (c.whole or c.header for t in tables for c in t.statuses)
    for text in (*(t.title for t in tables), form.stem, *heads):
        if (found := look.round_in(text)) is not None:
            return found
    raise Annex2Error(
        tr("看不出这张表填的是哪个节点"), where=str(form), remedy=tr("写明节点：annex2 fill 表 --round 2023Q1")
    )


def _places(look: Known, table: Layout, round_: Round) -> Iterator[Place]:
    columns = [c for c in columns_for(look, table, round_) if not c.beside]
    if not columns:
        return
    column, grid = columns[0].number, table.grid
    _, notes = read_rows(table, columns[:1], look.index.by_key, look.units)
    asked = [(c.further, c.number) for c in table.statuses if c.further]
    for n, cells in grid.rows.items():
        item = as_text(cells.get(table.item))
        if table.first <= n <= table.last and item and n not in notes and n not in grid.hidden_rows:
            said, covered = as_text(cells.get(column)), _is_covered(grid, n, column)
            further = tuple((name, c) for name, c in asked if not as_text(cells.get(c)) and not _is_covered(grid, n, c))
            yield Place(grid.name, n, column, grid.place(n, column), item, said, covered, further)


def _is_covered(grid: Grid, row: int, column: int) -> bool:
    return any(s.row1 < row <= s.row2 and s.column1 <= column <= s.column2 for s in grid.merged)


# what goes where.  Pure.


def answers_for(
    master: Master, status: RoundStatus, places: Sequence[Place]
) -> tuple[tuple[Answer, ...], tuple[Text, ...]]:
    """The text for each place that is a task's ("" where there is none, or something stands there), and remarks."""
    office, texts = master.office, _Texts(master, status)
    matched, alike = _matched(places, office)
    answers: list[Answer] = []
    remarks: list[Text] = []
    there: list[str] = []
    for i, place in enumerate(places):
        tasks = matched.get(i, ())
        text = texts.of(tasks)
        if text and not is_placeholder(place.said) and place.said and plain(place.said) != plain(text):
            there.append(place.where)
            text = ""
        answers.append(Answer(place, tasks, "" if place.covered else text, likely=i in alike))
        if text and place.covered:
            there.append(place.where)
    strange = [p for i, p in enumerate(places) if i not in matched and len(p.item) >= _LEAST]
    likely = [
        tr("{where}“{item}”填的是第{labels}项“{task}”", where=a.place.where, item=shorten(a.place.item, 24),
           labels=tuple(t.label for t in a.tasks), task=shorten(a.tasks[0].text, 24))
        for a in answers
        if a.likely and a.text
    ]  # fmt: skip
    asked = {t.key for a in answers for t in a.tasks}
    others = [t.label for t in office.tasks if t.key not in asked and not t.closed]
    if likely:
        remarks.append(tr("文字不全一样，按相近填的，请核对：{listed}", listed=tuple(likely)))
    if lacking := texts.lacking(t for a in answers for t in a.tasks):
        remarks.append(tr("没有文字可填的：{listed}", listed=lacking))
    if waiting := texts.unapproved({t.division for a in answers if a.text for t in a.tasks}):
        remarks.append(tr("填的文字还没有经分管领导审定：{listed}", listed=waiting))
    if there:
        remarks.append(tr("原来就有文字（或与上面的格合并）、没有动的：{listed}", listed=tuple(there)))
    if strange:
        rows = tuple(tr("{where}“{item}”", where=p.where, item=shorten(p.item, 24)) for p in strange)
        remarks.append(tr("对不上台账里哪一项、没有填的：{listed}", listed=rows))
    if others and asked:
        remarks.append(tr("台账里有、这张表里没有的：第{labels}项", labels=tuple(others)))
    return tuple(answers), tuple(remarks)


def _matched(places: Sequence[Place], office: Office) -> tuple[dict[int, tuple[Task, ...]], frozenset[int]]:
    """The tasks of each place that is certain: all of one text go together; and which are only worded alike."""
    index = TaskIndex(office)
    together: dict[str, list[Task]] = {}
    for task in office.tasks:
        together.setdefault(normalise(task.text), []).append(task)
    found = {i: tuple(together[t]) for i, p in enumerate(places) if (t := normalise(p.item)) in together}
    taken = {t.key for tasks in found.values() for t in tasks}
    first = {tasks[0].key: tuple(tasks) for tasks in together.values() if tasks[0].key not in taken}
    scores = {
        i: {key: score for key, score in index.resemblance(p.item).items() if key in first}
        for i, p in enumerate(places)
        if i not in found
    }
    pairs, _ = assign(scores)
    return found | {i: first[key] for i, key in pairs.items()}, frozenset(pairs)


def figures_for(master: Master, round_: Round, asked: Iterable[FigureRow]) -> Iterator[Figure]:
    """The sums to date that a form asks for and 指标 has, by the words of its rows, in the same unit."""
    tasks = {t.key: normalise(t.text) for t in master.office.tasks}
    known_ = [i for indicators in master.office.indicators.values() for i in indicators]
    for row in asked:
        item = normalise(row.item.rstrip("…."))
        meant = [i for i in known_ if (fold(i.name), plain(i.unit)) == (fold(row.indicator), plain(row.unit))]
        meant = [i for i in meant if tasks[i.task].startswith(item)] if len(meant) > 1 else meant
        value = parse_figure(master.indicators.figures.get((meant[0].key, round_.key), "")) if len(meant) == 1 else None
        if value is not None and not as_text(row.value):
            yield Figure(row.where, int(value) if value == value.to_integral_value() else float(value))


class _Texts:
    """The round's texts, task by task; of tasks that are not reported in it, those of the same time."""

    def __init__(self, master: Master, status: RoundStatus) -> None:
        self._master, self._status = master, status
        ends = period_end(status.round)
        same = (r for r in master.office.rounds if r.kind is not RoundKind.PLAN and period_end(r) == ends)
        rounds = {r.key: r for r in (status.round, *same)}
        self._keys = tuple(rounds)
        self._owed = {t.key for r in rounds.values() for tasks in master.office.owed(r).values() for t in tasks}
        self._states = {d.division: d for d in status.divisions}

    def _own(self, task: Task) -> str:
        texts = (self._master.status.get((task.key, key), "").strip() for key in self._keys)
        return next(filter(None, texts), "")

    def of(self, tasks: Sequence[Task]) -> str:
        """The text for a place; of several tasks a paragraph each, behind who reports it."""
        told = {t.key: text for t in tasks if (text := self._own(t))}
        if len(tasks) < 2:
            return next(iter(told.values()), "")
        return "\n".join(f"{t.division}：{told[t.key]}" for t in tasks if t.key in told)

    def lacking(self, tasks: Iterable[Task]) -> tuple[Text, ...]:
        """Those that have no text, by why."""
        found: dict[str, list[str]] = {}
        for t in tasks:
            if self._own(t):
                continue
            division = self._states.get(t.division)
            if t.closed:
                why: str = tr("已销号")
            elif t.key not in self._owed:
                why = tr("这个节点不用报")
            else:
                state = division.state.label if division and not division.accepted else tr("文字空缺")
                why = tr("{division}{state}", division=t.division, state=state)
            found.setdefault(why, []).append(t.label)
        return tuple(tr("第{labels}项（{why}）", labels=tuple(labels), why=why) for why, labels in found.items())

    def unapproved(self, divisions: Iterable[str]) -> tuple[str, ...]:
        waits = {d.division for d in self._status.divisions if unapproved(d.receipts) is not None}
        return tuple(sorted(waits & set(divisions))) if self._master.office.approves else ()


# into the file


def _into_workbook(data: bytes, answers: Iterable[Answer], figures: Iterable[Figure]) -> tuple[bytes, list[str]]:
    """The workbook with texts and figures, and the places that could not be written."""
    book, refused = Workbook.from_bytes(data), list[str]()
    rows: dict[tuple[str, int], None] = {}
    for a in answers:
        sheet = book.sheet(a.place.sheet)
        try:
            for column, text in a.cells.items():
                sheet.put(a.place.row, column, text)
                sheet.wrap(cell_name(a.place.row, column))
        except WorkbookError:  # an array formula, say
            refused.append(a.place.where)
            continue
        rows[sheet.name, a.place.row] = None
    for where, value in figures:
        name, _, ref = where.rpartition("!")
        book.sheet(name).set(ref, value)
    for name, row in rows:
        sheet = book.sheet(name)
        fit_height(sheet, row, sheet.height(row)[0] or 0.0, new=True)
    return book.to_bytes(), refused


def _into_word(data: bytes, answers: Iterable[Answer]) -> tuple[bytes, list[str]]:
    """The document with the texts, and the places that could not be written."""
    from docx import Document
    from docx.oxml.ns import qn

    document, refused = Document(io.BytesIO(data)), list[str]()
    tables = [t.tr_lst for t in document.element.body.iter(qn("w:tbl"))]
    lines = _lines_of(data, [len(rows) for rows in tables])
    for a in answers:
        table, row = lines.get(a.place.row, (-1, -1))
        cells = tables[table][row].tc_lst if row >= 0 else []
        usual = Counter(len(r.tc_lst) for r in tables[table]).most_common(1)[0][0] if row >= 0 else 0
        if not cells or len(cells) != usual or a.place.column > usual:
            refused.append(a.place.where)
        else:
            for column, text in a.cells.items():
                _write(cells[column - 1], cells, text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue(), refused


def _lines_of(data: bytes, lengths: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Which row of which table a row of the grid is; nothing where the document has other tables than were read."""
    found: dict[int, tuple[int, int]] = {}
    row = table = 0
    for block in read_word(data, boxes=True):
        if isinstance(block, str):
            row += 1
            continue
        if table >= len(lengths) or lengths[table] != len(block):
            return {}
        found |= {row + n: (table, n - 1) for n in range(1, len(block) + 1)}
        row, table = row + len(block), table + 1
    return found if table == len(lengths) else {}


def _write(cell: Any, beside: Iterable[Any], text: str) -> None:
    """A text into a cell of a Word table, a paragraph a line, in the letters of the cell or of those beside it."""
    from docx.oxml.ns import qn

    looks = [r for c in (cell, *beside) for r in c.iter(qn("w:rPr")) if r.getparent().tag == qn("w:r")]
    first = cell.p_lst[0]
    for paragraph in cell.p_lst[1:]:
        cell.remove(paragraph)
    for child in [c for c in first if c.tag != qn("w:pPr")]:
        first.remove(child)
    empty, at = deepcopy(first), first
    for n, line in enumerate(text.splitlines()):
        if n:
            at.addnext(following := deepcopy(empty))
            at = following
        run = at.add_r()
        if looks:
            run.insert(0, deepcopy(looks[0]))
        run.text = line
