"""A template workbook and an Office -> one filled form.

A template is an ordinary workbook: cells hold jinja2 (`{{ round.title }}`), and the row in which a cell
mentions `task.` is repeated once a task.  On a further sheet a row may mention `target.`: it is repeated once a
confirmed target of those tasks; the sheet is hidden where there is none.  What the cells may name is in `CONTEXT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from operator import attrgetter, itemgetter
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.sandbox import SandboxedEnvironment

from toolkit.calendar import deadline, plain_date
from toolkit.errors import TemplateError
from toolkit.forms.paper import Column, Layout, Page, lay_out, page_ends
from toolkit.forms.stamp import NAME, PROPERTY, Stamp, keys_digest, write_stamp
from toolkit.heights import row_height, row_heights
from toolkit.kinds import form_title, in_title
from toolkit.language import tr
from toolkit.model import Office, Round, RoundKind, Task
from toolkit.placeholders import Unknown, why
from toolkit.plans import DUE_OF_PLAN, due_in
from toolkit.xlsx import Sheet, Value, Workbook, WorkbookError, cell_name
from toolkit.xlsx.stencil import Stencil

LEAST_HEIGHT = 54.0
"""Points of a task's row: room to write three lines into the printed form."""
LEAST_TARGET_HEIGHT = 30.0
LEAST_STEP_HEIGHT = 18.0
"""… of a row of a block: three blocks of six to the first page, four to each further one."""
_USUAL_HEIGHT = 15.0
"""… of a row that states none."""
KEY = ("task", "key")

CONTEXT = {
    "office.organisation": "单位，如 市民政局",
    "office.year": "年度",
    "office.leaders": "分管局领导；单位不是局、委、厅、署的，是分管领导；没有分管领导的单位，是空的",
    "round.key": "节点编号，如 2023Q1",
    "round.name": "节点名称，如 第一季度",
    "round.title": "表的标题",
    "round.deadline": "报送期限的提醒，如 请于2023年4月5日（星期三，清明节，含当天）前报送",
    "round.due": "截止日期",
    "division.name": "处室名称",
    "division.leader": "分管领导",
    "task.key": "任务编号（放在打印区外的隐藏列，请勿删除）",
    "task.no": "附件1的序号",
    "task.label": "附件1的序号，牵头任务带 *",
    "task.text": "工作事项",
    "task.section": "类别",
    "task.city_names": "市级单位，如 市人社局、市残联",
    "task.leader": "该任务的分管领导",
    "plan.due": "办理方案里本期到期、或已过期还没有办完的步骤；没有就空着",
    "task.closing": "已销号的任务写“已销号，不用再报”，别的任务空着",
    "loop.index": "表内序号，从 1 起",
    "target.no": "指标所属的任务在本表的序号",
    "target.task": "责任事项的开头",
    "target.name": "指标",
    "target.goal": "目标值，如 2000以上",
    "target.unit": "单位",
    "target.key": "指标编号（放在打印区外的隐藏列，请勿删除）",
}
_SHORT = 30
"""Characters of a 责任事项 beside its targets."""
_GOALS = {"≥": "{}以上", "≤": "{}以内"}


_BARE = re.compile(r"\s*\{\{\s*(\w+)\.(\w+)\s*\}\}\s*")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell that holds placeholders."""

    sheet: str
    row: int
    column: int
    path: tuple[str, str] | None  # ("task", "text") where the cell is that placeholder and nothing else
    expression: jinja2.Template
    numeric: bool  # the cell is one expression and nothing else
    alike: bool  # it names nothing but the office: all forms say the same


_Group = tuple[_Cell, range, int | None]
"""A cell to fill and its rows: in a repeated row, how many of them one task or target has; else None."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What decides the height of a row: its own texts, and the (width, font size) of the cells that are filled."""

    fixed: float  # points that its own texts take
    looks: Mapping[int, tuple[float, float]]
    height: float  # as the template has it


@dataclass(frozen=True, slots=True)
class _Needed:
    """What a stencil is made for: how many tasks and targets, and what differs where a page has no room."""

    tasks: int
    targets: int
    breaks: tuple[int, ...] = ()  # rows of tasks above each page's end
    smaller: tuple[tuple[int, int, float], ...] = ()  # task, column, points


class _Sandbox(SandboxedEnvironment):
    """Multiplication and powers are no way to fill a cell, but one to fill the memory."""

    intercepted_binops = frozenset(("*", "**"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        del context, left, right
        raise jinja2.TemplateError(tr("不能用 {operator}", operator=operator))


class Template:
    """A checked template.

    Raises TemplateError naming the cell for a placeholder that is unknown or cannot be parsed, and
    when no row mentions `task.`.
    """

    def __init__(self, data: bytes, name: str, block: int = 1) -> None:
        """`block`: how many rows a task gets; in all but the first only its key is filled in, and what the first one
        says stands in one cell over all of them.
        """
        self._data, self._name, self._block = data, name, block
        environment = _Sandbox(undefined=Unknown, autoescape=False, keep_trailing_newline=True)
        self._cells: list[_Cell] = []
        task_rows: set[tuple[str, int]] = set()
        target_rows: set[tuple[str, int]] = set()
        workbook = self._open()
        for sheet_name in workbook.sheet_names:
            for row, cells in workbook.sheet(sheet_name).rows():
                for column, value in cells.items():
                    if not isinstance(value, str) or ("{{" not in value and "{%" not in value):
                        continue
                    where = f"{name} {sheet_name}!{cell_name(row, column)}"
                    try:
                        compiled = environment.from_string(value)
                    except jinja2.TemplateSyntaxError as e:
                        raise TemplateError(
                            tr("占位符写法有误：{value}（{why}）", value=value, why=why(e)),
                            where=where,
                            remedy=tr("对照文档改正这个单元格"),
                        ) from None
                    one = value.strip()
                    numeric = one.startswith("{{") and one.endswith("}}") and one.count("{{") == 1
                    bare = _BARE.fullmatch(value)
                    path = (bare[1], bare[2]) if bare and f"{bare[1]}.{bare[2]}" in CONTEXT else None
                    alike = not path and meta.find_undeclared_variables(environment.parse(value)) <= {"office"}
                    self._cells.append(_Cell(sheet_name, row, column, path, compiled, numeric, alike))
                    if "task." in value:
                        task_rows.add((sheet_name, row))
                    if "target." in value:
                        target_rows.add((sheet_name, row))
        if len(task_rows) != 1:
            found = "、".join(f"{s} 第{r}行" for s, r in sorted(task_rows)) or "没有一行"
            raise TemplateError(
                tr("模板里应当正好有一行写着 {{{{ task.… }}}}，按任务重复；现在是：{found}", found=found),
                where=name,
                remedy=tr("对照随程序提供的 templates/annex2.xlsx 改正，或用它替换"),
            )
        self._sheet, self._row = task_rows.pop()
        if len({*target_rows, (self._sheet, 0)}) > 2 or any(s == self._sheet for s, _ in target_rows):
            found = "、".join(f"{s} 第{r}行" for s, r in sorted(target_rows))
            raise TemplateError(
                tr("模板里只能有一行写着 {{{{ target.… }}}}，并且要在另一张工作表上；现在是：{found}", found=found),
                where=name,
                remedy=tr("对照随程序提供的 templates/annex2.xlsx 改正，或用它替换"),
            )
        self._targets = next(iter(target_rows), None)
        self._line = self._fitted(workbook, self._sheet, self._row)
        self._target_line = self._fitted(workbook, *self._targets) if self._targets else None
        repeated = {(self._sheet, self._row), *target_rows}
        self._once = {
            (c.sheet, c.row): self._measure(workbook, c.sheet, c.row)
            for c in self._cells
            if (c.sheet, c.row) not in repeated
        }
        self._page = self._printed(workbook.sheet(self._sheet))
        least = LEAST_HEIGHT if block == 1 else LEAST_STEP_HEIGHT * block
        self._least = max(least, self._line.fixed) if self._line else least
        self._own_height = workbook.sheet(self._sheet).height(self._row)[0] or _USUAL_HEIGHT
        self._stencils: dict[_Needed, tuple[Stencil, list[_Group]]] = {}

    def _open(self) -> Workbook:
        try:
            return Workbook.from_bytes(self._data)
        except WorkbookError as e:
            raise TemplateError(str(e), where=self._name, remedy=tr("用随程序提供的模板替换它")) from None

    def _printed(self, form: Sheet) -> Page:
        last = max((row for row, _ in form.rows()), default=self._row)
        heights = [form.height(row)[0] or _USUAL_HEIGHT for row in range(1, last + 1)]
        above, below = heights[: self._row - 1], heights[self._row :]
        return Page(form.page_height, sum(above), above[-1] if above else 0.0, sum(below))

    def _fitted(self, workbook: Workbook, name: str, row: int) -> _Line | None:
        """None where staff have set a repeated row's height: it stays."""
        return None if workbook.sheet(name).height(row)[1] else self._measure(workbook, name, row)

    def _measure(self, workbook: Workbook, name: str, row: int) -> _Line:
        sheet = workbook.sheet(name)
        ours = {c.column for c in self._cells if (c.sheet, c.row) == (name, row)}
        looks = {c: look for c in ours if (look := _look(sheet, row, c))}
        fixed = tuple(
            (value, *look)
            for c, value in sheet.row_values(row).items()
            if c not in ours and isinstance(value, str) and (look := _look(sheet, row, c))
        )
        return _Line(row_height(fixed, most=inf), looks, sheet.height(row)[0] or _USUAL_HEIGHT)

    def _stencil(self, needed: _Needed) -> tuple[Stencil, list[_Group]]:
        """The template with its rows repeated for so many tasks and targets, and its cells to fill.

        Kept, since many forms share them.
        """
        if needed not in self._stencils:
            count, targets = needed.tasks, needed.targets
            workbook = self._open()
            form = workbook.sheet(self._sheet)
            form.repeat_row(self._row, count * self._block)
            if self._block > 1:
                self._join(form, count)
            form.break_pages([self._row + rows - 1 for rows in needed.breaks])
            for task, column, size in needed.smaller:
                form.shrink(cell_name(self._row + task * self._block, column), size)
            if self._targets:
                sheet, line = self._targets
                if targets:
                    workbook.sheet(sheet).repeat_row(line, targets)
                else:
                    for c in self._cells:
                        if c.sheet == sheet:
                            workbook.sheet(sheet).set(cell_name(c.row, c.column), None)
                workbook.show(sheet, hidden=not targets)
            cells = list(self._groups(needed))
            places = [(c.sheet, cell_name(row, c.column)) for c, rows, _ in cells for row in rows]
            rows = [(self._sheet, self._row + i) for i in range(count * self._block) if self._line]
            if self._targets and self._target_line:
                rows += [(self._targets[0], self._targets[1] + i) for i in range(targets)]
            rows += [(sheet, self._moved(sheet, row, needed)) for sheet, row in self._once_of(needed)]
            try:
                stencil = Stencil(workbook.to_bytes(), places, rows, [PROPERTY], [(NAME, self._sheet)])
            except WorkbookError as e:
                raise TemplateError(str(e), where=self._name, remedy=tr("用随程序提供的模板替换它")) from None
            self._stencils[needed] = stencil, cells
        return self._stencils[needed]

    def _once_of(self, needed: _Needed) -> Mapping[tuple[str, int], _Line]:
        """The rows that are filled once, as the template numbers them."""
        hidden = self._targets[0] if self._targets and not needed.targets else None
        return {place: line for place, line in self._once.items() if place[0] != hidden}

    def _moved(self, sheet: str, row: int, needed: _Needed) -> int:
        """Where a row that is filled once stands in the form."""
        if sheet == self._sheet:
            return row + (needed.tasks * self._block - 1 if row > self._row else 0)
        if self._targets and sheet == self._targets[0]:
            return row + (needed.targets - 1 if row > self._targets[1] else 0)
        return row

    def _layout(self, tasks: _Rows, above: float) -> Layout:
        """How the tasks stand on paper, `above`: points that the rows above them have besides their own."""
        page = replace(self._page, above=self._page.above + above)
        if self._line:
            return lay_out(page, tasks.columns, tasks.count, self._least, self._block)
        rows = [self._own_height] * tasks.count * self._block
        return Layout([], page_ends(page, rows, self._block), (), ())

    def _join(self, sheet: Sheet, count: int) -> None:
        """Make one cell of what a task's rows say together."""
        for cell in self._cells:
            if (cell.sheet, cell.row) != (self._sheet, self._row) or cell.path == KEY:
                continue
            for first in range(self._row, self._row + count * self._block, self._block):
                for row in range(first + 1, first + self._block):
                    sheet.set(cell_name(row, cell.column), None)
                last = cell_name(first + self._block - 1, cell.column)
                sheet.merge(f"{cell_name(first, cell.column)}:{last}")

    def _groups(self, needed: _Needed) -> Iterator[_Group]:
        repeated = {self._sheet: (self._row, needed.tasks, self._block)}
        if self._targets:
            repeated[self._targets[0]] = (self._targets[1], needed.targets, 1)
        for cell in self._cells:
            line, times, block = repeated.get(cell.sheet, (0, 1, 1))
            if not times:
                continue  # the sheet of targets, without one
            if cell.row == line:
                step = 1 if cell.path == KEY else block
                yield cell, range(cell.row, cell.row + times * block, step), block // step
            else:
                row = self._moved(cell.sheet, cell.row, needed)
                yield cell, range(row, row + 1), None

    def fill(self, office: Office, round_: Round, division: str, tasks: Sequence[Task], secret: bytes) -> bytes:
        """The form of one division, stamped.  `tasks` in the order of the form, at least one."""
        return self.printed(office, round_, division, tasks, secret)[0]

    def printed(
        self, office: Office, round_: Round, division: str, tasks: Sequence[Task], secret: bytes
    ) -> tuple[bytes, tuple[Task, ...]]:
        """The same, and the tasks whose words no page has room for."""
        if not tasks:
            raise ValueError("a division that owes nothing gets no form")
        count = len(tasks)
        common = _context(office, round_, division)
        asked = _asked(office, tasks) if self._targets else []
        loop = [{"index": i, "length": count} for i in range(1, count + 1)]
        once = _Lines(1, common, {})
        of_tasks = _Lines(count, common, {"task": tasks, "loop": loop, "plan": _plans(office, round_, tasks)})
        of_targets = _Lines(len(asked), common, {"target": asked})
        needed = _Needed(count, len(asked))
        parts = {(self._sheet, self._row): _Rows(self._line, of_tasks, count)}
        if self._targets:
            parts[self._targets] = _Rows(self._target_line, of_targets, len(asked))
        alone = {place: _Rows(line, once, 1) for place, line in self._once_of(needed).items()}
        parts |= alone
        values: list[Value] = []
        stencil, groups = self._stencil(needed)
        for cell, _, times in groups:
            rows = parts[cell.sheet, cell.row]
            said = self._render(cell, rows.lines)
            values += said if not times or times == 1 else (value for value in said for _ in range(times))
            rows.take(cell.column, said)
        raised = {place: rows.heights(rows.line.height)[0] for place, rows in alone.items() if rows.line}
        above = sum(raised[s, r] - self._once[s, r].height for s, r in raised if s == self._sheet and r < self._row)
        layout = self._layout(parts[self._sheet, self._row], above)
        if layout.breaks or layout.smaller:
            stencil, _ = self._stencil(replace(needed, breaks=layout.breaks, smaller=layout.smaller))
        heights = [*layout.heights, *(parts[self._targets].heights(LEAST_TARGET_HEIGHT) if self._targets else ())]
        heights += raised.values()
        stamp = Stamp(office.organisation, office.year, round_.key, division, keys_digest(t.key for t in tasks))
        line = write_stamp(stamp, secret)
        try:
            data = stencil.fill(values, heights, (line, f'"{line}"'))
        except WorkbookError as e:
            what = tr("{division}的表格填不出来：{e}", division=division, e=e.message)
            raise TemplateError(what, where=self._name, remedy=tr("检查模板和台账的文字")) from None
        return data, tuple(tasks[n] for n in layout.cut)

    def _render(self, cell: _Cell, lines: _Lines) -> list[Value]:
        """What a cell says in each of these lines."""
        try:
            texts = lines.texts(cell)
        except Exception as e:  # a template is staff's own: whatever it does wrong is told, not raised
            known = "、".join(CONTEXT)
            raise TemplateError(
                tr("占位符不认识或不能用：{why}", why=why(e)),
                where=f"{self._name} {cell.sheet}!{cell_name(cell.row, cell.column)}",
                remedy=tr("可用的占位符：{known}", known=known),
            ) from None
        if not cell.numeric:
            return [*texts]
        return [int(t) if t.isdecimal() and t == str(int(t)) else t for t in texts]


class _Lines:
    """What the cells of some lines of a form may name: the same in all of them, and what each has of its own."""

    def __init__(self, count: int, common: Mapping[str, Any], own: Mapping[str, Sequence[Any]]) -> None:
        self._count, self._common, self._own = count, common, own

    def texts(self, cell: _Cell) -> list[str]:
        """What a cell says, line by line."""
        if cell.path:
            head, name = cell.path
            if head in self._own:
                return _texts(self._own[head], name)
            if head in self._common:
                return _texts([self._common[head]], name) * self._count
        if cell.alike:
            return [_of_office(cell.expression, tuple(self._common["office"].items()))] * self._count
        render, own = cell.expression.render, self._own.items()
        return [render({**self._common, **{head: held[i] for head, held in own}}) for i in range(self._count)]


@lru_cache(64)
def _of_office(expression: jinja2.Template, office: tuple[tuple[str, object], ...]) -> str:
    return expression.render(office=dict(office))


def _texts(held: Sequence[Any], name: str) -> list[str]:
    """What each of several things of one kind says of itself by a name."""
    get = itemgetter(name) if held and isinstance(held[0], dict) else attrgetter(name)
    return [*map(str, map(get, held))]


class _Rows:
    """A row of the template, or what became of it: what its lines may name and what their cells say."""

    def __init__(self, line: _Line | None, lines: _Lines, count: int) -> None:
        self.line, self.lines, self.count = line, lines, count
        self.columns: dict[int, Column] = {}

    def take(self, column: int, said: Sequence[Value]) -> None:
        """What a cell says in each line, where that decides its height."""
        if self.line and (look := self.line.looks.get(column)):
            self.columns[column] = ([value if isinstance(value, str) else "" for value in said], *look)

    def heights(self, least: float) -> list[float]:
        """Of each line; none where staff have set them."""
        return row_heights(self.columns.values(), self.count, max(least, self.line.fixed)) if self.line else []


def _look(sheet: Sheet, row: int, column: int) -> tuple[float, float] | None:
    """How wide a cell with all that is merged with it is, and its print; None where its text goes on in one line."""
    name = cell_name(row, column)
    width = sheet.width_over(name)
    return (width, sheet.font_size(name)) if width and sheet.wraps(name) else None


def _asked(office: Office, tasks: Sequence[Task]) -> list[dict[str, object]]:
    """The targets of a form's tasks, as its second sheet may name them; those that were closed are not asked for."""
    return [
        {
            "no": number,
            "task": t.text if len(t.text) <= _SHORT else t.text[:_SHORT] + "…",
            "name": x.name,
            "goal": _GOALS.get(x.direction, "{}").format(f"{x.value.normalize():f}"),
            "unit": x.unit,
            "key": x.key,
        }
        for number, t in enumerate(tasks, start=1)
        if not t.closed
        for x in office.indicators.get(t.key, ())
    ]


def _plans(office: Office, round_: Round, tasks: Sequence[Task]) -> list[dict[str, str]]:
    """What a form says of each task's plan: in a progress round, what it must speak of."""
    if round_.kind is not RoundKind.PROGRESS or not office.plans:
        return [{"due": ""}] * len(tasks)
    owed = (due_in(office.plans.get(t.key, ()), round_, office.rounds) if not t.closing else "" for t in tasks)
    return [{"due": f"{DUE_OF_PLAN}\n{due}" if due else ""} for due in owed]


def _context(office: Office, round_: Round, division: str) -> dict[str, object]:
    found = office.division(division)
    return {
        "office": {"organisation": office.organisation, "year": office.year, "leaders": office.leaders},
        "round": {
            "key": round_.key,
            "name": in_title(office, round_),
            "title": form_title(office, round_, division),
            "deadline": f"请于{deadline(office.round_for(division, round_))}前报送",
            "due": plain_date(round_.due),
        },
        "division": {"name": division, "leader": found.leader if found else ""},
    }
