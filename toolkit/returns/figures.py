"""The sheet 指标数据 of a returned form: where it stands, whose its figures are, what is odd about them.  Pure.

A file that has lost the sheet is a good report without figures.  Wherever its table stands, on a sheet of its own or
below another table, it is taken out before tables of 完成情况 are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from toolkit.cells import as_text
from toolkit.language import tr
from toolkit.model import Finding, Indicator, Round, Task, plain
from toolkit.pace import parse_figure
from toolkit.returns.findings import finding
from toolkit.returns.grid import Grid, Reading
from toolkit.returns.statuses import says_nothing
from toolkit.returns.wording import fold, normalise, shorten
from toolkit.targets import ProposedFigure, Target, check_prose, propose_figures, says_done, short
from toolkit.targets.progress import written
from toolkit.targets.quantities import base_unit
from toolkit.xlsx import Value
from toolkit.xlsx.numberformats import Worded

_COLUMNS = {
    "indicator": re.compile(r"指标(?:名称|内容)?"),
    "figure": re.compile(r".{0,8}累计(?:完成|值|数).{0,6}"),
    "unit": re.compile(r"(?:计量)?单位"),
    "item": re.compile(r"责任事项|工作事项|事项|任务"),
    "key": re.compile(r"指标编号"),
    "goal": re.compile(r"目标值?"),
    "note": re.compile(r"(?:情况)?说明|备注"),
}
_FAR, _VERY_FAR = {"万": 20, "亿": 20, "%": 5}, 100
"""How many times its goal a figure may be before its unit is doubted: of 万张, of a rate, and of others."""
_ABOVE = re.compile(r"指标数据|只填数字")
_WITH_UNIT = re.compile(r"([-−]?\d[\d,]*(?:\.\d+)?)(\D{1,8})")


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A row of the sheet as it came back."""

    key: str  # hidden, "" where it is gone
    indicator: str
    item: str  # 责任事项, or its beginning
    unit: str
    value: Value
    where: str
    note: str = ""  # 说明
    note_where: str = ""
    unsaved: bool = False  # the figure is a formula without a stored result
    goal: str = ""  # 目标值


@dataclass(frozen=True, slots=True)
class Figures:
    """What a file's figures come to: by key of a row of 指标, as text."""

    values: Mapping[str, str]
    findings: tuple[Finding, ...]


def apart(reading: Reading) -> tuple[Reading, tuple[FigureRow, ...]]:
    """A reading without its tables of figures, and their rows."""
    grids: list[Grid] = []
    rows: list[FigureRow] = []
    for grid in reading.grids:
        shown, own = _apart(grid)
        grids.append(shown)
        rows += own
    return replace(reading, grids=tuple(grids)), tuple(rows)


def _apart(grid: Grid) -> tuple[Grid, list[FigureRow]]:
    for header, cells in grid.rows.items():  # noqa: B007
        if columns := _columns(cells):
            break
    else:
        return grid, []
    taken = {header}
    for n in sorted((n for n in grid.rows if n < header), reverse=True):
        if not any(isinstance(v, str) and _ABOVE.search(v) for v in grid.rows[n].values()):
            break
        taken.add(n)
    found: list[FigureRow] = []
    for n in sorted(n for n in grid.rows if n > header):
        cells = grid.rows[n]
        indicator = as_text(cells.get(columns["indicator"]))
        if not indicator and columns["figure"] not in cells:
            break
        taken.add(n)
        text = {name: as_text(cells.get(c)) for name, c in columns.items()}
        place = (n, columns["figure"])
        found.append(
            FigureRow(
                text.get("key", ""), indicator, text.get("item", ""), text.get("unit", ""),
                cells.get(columns["figure"]), grid.place(*place),
                text.get("note", ""), grid.place(n, columns.get("note", 0)), place in grid.unsaved,
                text.get("goal", ""),
            )
        )  # fmt: skip
    return replace(grid, rows={n: c for n, c in grid.rows.items() if n not in taken}), found


def _columns(cells: Mapping[int, Value]) -> Mapping[str, int]:
    """The columns of a header of figures, nothing for any other row."""
    for v in cells.values():
        if isinstance(v, str) and "指标" in v:
            break
    else:
        return {}
    return _called(tuple([(c, v) for c, v in cells.items() if isinstance(v, str) and len(v) < 30]))


@lru_cache(256)
def _called(texts: tuple[tuple[int, str], ...]) -> Mapping[str, int]:
    names = {c: plain(v) for c, v in texts}
    found: dict[str, int] = {}
    for name, pattern in _COLUMNS.items():
        column = next((c for c, n in names.items() if pattern.fullmatch(n)), None)
        if column is not None:
            found[name] = column
    return found if {"indicator", "figure"} <= found.keys() else {}


def read_figures(
    rows: Iterable[FigureRow],
    asked: Sequence[tuple[Task, Indicator]],
    texts: Mapping[str, str],
    earlier: Callable[[str], tuple[Round, Decimal] | None],
    *,
    trusted: bool,
    passed_on: Callable[[], Mapping[str, str]] = dict,
) -> Figures:
    """Whose figures the rows are, checked.

    `asked`: the targets of the division's tasks.  `texts`: task key -> 完成情况 of the same file.  `earlier`: the last
    figure of a row of 指标 before this round.  `trusted`: hidden keys say something.  `passed_on`: gives the tasks that
    the form was issued with and that are not the division's by now -> whose they are, "" for nobody's.
    """
    values: dict[str, str] = {}
    findings: list[Finding] = []
    rows = tuple(rows)
    for row in rows:
        if row.note and not says_nothing(row.note):
            told = {"what": row.indicator or tr("（空）"), "text": shorten(row.note, 60)}
            findings.append(finding("figure_note", row.note_where, **told))
        if row.unsaved and not as_text(row.value):
            findings.append(finding("formula_unsaved", row.where, label=tr("“{what}”", what=row.indicator)))
        if not as_text(row.value):
            continue
        meant = _meant(row, asked, trusted=trusted) or (_put_right(row, rows, asked) if trusted else None)
        if meant is None:
            findings.append(_nobodys(row, passed_on() if trusted else {}))
            continue
        task, indicator = meant
        value = _value(row, indicator)
        if isinstance(value, Finding):
            findings.append(value)
            continue
        said = _said(task, indicator, texts, asked)
        if wrong := _in_another_unit(row, indicator, value, said):
            findings.append(wrong)
        elif indicator.key in values and values[indicator.key] != written(value):
            findings.append(finding("figure_twice", row.where, what=indicator.name))
        else:
            values[indicator.key] = written(value)
            findings += _odd(row, indicator, value, texts.get(task.key, ""), said, earlier(indicator.key))
    return Figures(values, tuple(findings))


def _nobodys(row: FigureRow, passed_on: Mapping[str, str]) -> Finding:
    """What is said of a figure that is none of those asked for."""
    what, owner = (row.indicator or row.key)[:40] or tr("（空）"), passed_on.get(row.key.partition("/")[0])
    if owner is None:
        return finding("figure_unknown", row.where, what=what)
    return finding("handed_over" if owner else "withdrawn_row", row.where, text=what, division=owner)


def _meant(row: FigureRow, asked: Sequence[tuple[Task, Indicator]], *, trusted: bool) -> tuple[Task, Indicator] | None:
    """By the words, by those of the task too where tasks share them; else by the hidden key."""
    by_key = next((a for a in asked if trusted and row.key == a[1].key), None)
    named = [a for a in asked if fold(a[1].name) == fold(row.indicator)]
    item = normalise(row.item.rstrip("…."))
    own = [a for a in named if item and normalise(a[0].text).startswith(item)]
    if by_key is not None and (by_key in own or not row.indicator or (by_key in named and not own)):
        return by_key  # a row that was moved without its hidden key is what people see
    if len(own) == 1:
        return own[0]
    if trusted and row.key and by_key is None:  # of a target that the office has dropped, whatever another is called
        named = [a for a in named if a[0].key == row.key.partition("/")[0]]
    if len(named) == 1:
        return named[0]
    return by_key if not named else None


def _put_right(
    row: FigureRow, rows: Iterable[FigureRow], asked: Sequence[tuple[Task, Indicator]]
) -> tuple[Task, Indicator] | None:
    """The target whose name the office has put right since the form went out: of its task the only row and the only
    target that nothing else goes with, with the same goal."""
    task = row.key.partition("/")[0]
    if not task:
        return None
    meant = [_meant(r, asked, trusted=True) for r in rows if r.key.partition("/")[0] == task]
    taken = {m[1].key for m in meant if m}
    left = [a for a in asked if a[0].key == task and a[1].key not in taken]
    if len(left) != 1 or meant.count(None) != 1:
        return None
    goal = re.match(r"[\d,.]+", plain(row.goal))
    same = goal is not None and parse_figure(goal[0].strip(".")) == left[0][1].value
    return left[0] if same and plain(row.unit) == plain(left[0][1].unit) else None


_SIZED = re.compile("[百千万亿%％‰]")


def _value(row: FigureRow, indicator: Indicator) -> Decimal | Finding:
    """The figure in the target's own unit, or what is wrong with it."""
    text = as_text(row.value)
    if isinstance(row.value, Worded) and not _SIZED.search(text):  # 家, 累计: the cell's own number is the figure
        text = as_text(row.value.number)
    about = {"what": indicator.name, "text": text[:30], "unit": indicator.unit}
    value, unit = parse_figure(text), ""
    if value is None:
        if (m := _WITH_UNIT.fullmatch(plain(text))) is None or (value := parse_figure(m[1])) is None:
            return finding("figure_not_number", row.where, **about)
        unit = m[2]
    issued, said = base_unit(indicator.unit), base_unit(unit or row.unit or indicator.unit)
    if said[1] != issued[1] or (not unit and row.unit and said != issued):
        return finding("figure_unit", row.where, **about | {"text": f"{text[:30]}{'' if unit else row.unit}"})
    if value < 0 and not target_of(indicator).level:
        return finding("figure_negative", row.where, **about)
    if issued[1] == "%" and not isinstance(row.value, str) and 0 < abs(value) < 1 <= abs(indicator.value) / 10:
        return finding("figure_fraction", row.where, **about)
    return value * said[0] / issued[0]


def _said(
    task: Task, indicator: Indicator, texts: Mapping[str, str], asked: Sequence[tuple[Task, Indicator]]
) -> tuple[ProposedFigure, ...]:
    """What the task's own text says of a target, in its unit."""
    own = [target_of(x) for t, x in asked if t.key == task.key]
    return tuple(f for f in propose_figures(own, texts.get(task.key, "")) if f.indicator == indicator.name)


_TIMES = {10**8: tr("一亿"), 10**4: tr("一万"), 100: tr("一百")}
_NEARLY = Decimal("0.05")


def _in_another_unit(
    row: FigureRow, indicator: Indicator, value: Decimal, figures: Iterable[ProposedFigure]
) -> Finding | None:
    """Whether a figure is the text's own in another unit: 6000 where 亿元 are asked for and the text says 6000万元."""
    for said in figures:
        larger, smaller = max(said.value, value), min(said.value, value)
        for times, word in _TIMES.items() if smaller > 0 else ():
            alike = abs(larger / smaller / times - 1) <= _NEARLY
            if alike and (times > 100 or base_unit(indicator.unit)[1] == "%"):
                now = f"{written(value)}{indicator.unit}"
                about = {"text": shorten(said.words, 40), "times": word, "unit": indicator.unit}
                return finding("figure_scale", row.where, what=indicator.name, now=now, **about)
    return None


def _odd(
    row: FigureRow,
    indicator: Indicator,
    value: Decimal,
    text: str,
    figures: Iterable[ProposedFigure],
    before: tuple[Round, Decimal] | None,
) -> Iterable[Finding]:
    now = f"{written(value)}{indicator.unit}"
    if before is not None and value < before[1] and not target_of(indicator).level:
        last = f"{written(before[1])}{indicator.unit}"
        yield finding("figure_fell", row.where, what=indicator.name, now=now, round=before[0].name, before=last)
    often = value / indicator.value if indicator.value > 0 else Decimal(0)
    if often >= _FAR.get(indicator.unit[:1], _VERY_FAR) and indicator.direction != "≤":
        about = {"what": indicator.name, "now": now, "goal": f"{written(indicator.value)}{indicator.unit}"}
        yield finding("figure_far", row.where, **about)
    for said in figures:
        if said.value != value and not said.approx:
            yield finding(
                "figure_differs", row.where, what=indicator.name, now=now, text=f"{written(said.value)}{said.unit}"
            )
    if short(target_of(indicator), value) and (words := says_done(text)):
        goal = f"{written(indicator.value)}{indicator.unit}"
        yield finding("done_short", row.where, what=indicator.name, now=now, goal=goal, text=shorten(words))


def percentages(task: Task, indicators: Iterable[Indicator], text: str, where: str) -> Iterable[Finding]:
    """Percentages in a 完成情况 that do not follow from the figures beside them."""
    for found in check_prose([target_of(x) for x in indicators], text, task.key, ""):
        yield finding("percent_differs", where, what=found.message)


def target_of(indicator: Indicator) -> Target:
    return Target(indicator.task, indicator.name, indicator.value, indicator.unit, indicator.direction)
