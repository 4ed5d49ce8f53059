"""指标: its rows as targets with their figures to date, and what annex2 writes beside them.  Pure.

A row is known by its task and the words of 指标: rows may be moved and sorted.  One that is not confirmed, or cannot be
understood, counts for nothing and says so in its own 进度.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.edits import SetCell
from toolkit.master.rows import Layout, Row, SheetReader, placed
from toolkit.master.schema import Sheet
from toolkit.model import Indicator, Round, RoundKind, Task, digest, in_order, plain
from toolkit.pace import Standing, parse_figure
from toolkit.targets import Light, PaceLimits, ProposedFigure, Target, link_shared, propose_figures
from toolkit.targets.progress import written
from toolkit.xlsx import Value

FIGURE_BY_FORMULA = "（公式）"


Which = Callable[[str, str], str]
"""任务编号 and 序号 of a row -> 任务编号 of the task that it means, "" for none."""


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """A row of 指标."""

    key: str  # names its figures in 写入记录 and on 待处理
    target: Target | None  # None where it does not count
    why: str  # … and why, as its 进度 says
    figures: Mapping[str, str]  # round key -> the sum to date as it stands, "" for none
    shown: tuple[Value, Value, Value] = (None, None, None)  # 完成率, 进度, 提示 as they stand
    formulas: frozenset[str] = frozenset()  # headers of those three under which somebody has a formula
    named: tuple[str, str] = ("", "")  # 序号 and 任务编号 as they should stand, where they do not
    meaning: str = ""  # the same of 口径, which names the tasks that share a number


@dataclass(frozen=True)  # without slots: what is looked up often is worked out once
class Indicators:
    """The sheet; without a layout where the office has none."""

    rows: tuple[IndicatorRow, ...] = ()
    layout: Layout | None = None
    rounds: tuple[Round, ...] = ()  # progress rounds in the order of time: each has a column, or the next run adds it

    @property
    def targets(self) -> tuple[Target, ...]:
        return tuple(r.target for r in self.rows if r.target)

    @property
    def asked(self) -> dict[str, tuple[Indicator, ...]]:
        """What forms ask for, by task key; nothing where the sheet keeps no figures."""
        if not self.rounds:
            return {}
        return {
            task: tuple(
                Indicator(r.key, task, t.indicator, t.value, t.unit, t.direction) for r in rows if (t := r.target)
            )
            for task, rows in self._by_task.items()
        }

    def of(self, task: str) -> tuple[IndicatorRow, ...]:
        """The rows of a task that count."""
        return self._by_task.get(task, ())

    @property
    def doubts(self) -> Iterable[str]:
        """That what people confirmed is asked of nobody, where the sheet has no column to keep figures in."""
        if not self.rounds and (count := len(self.targets)):
            yield tr(
                "“{sheet}”里有 {count} 条核对过的指标，却没有一列“…{suffix}”，报来的数没有地方记，表里也就不问。"
                "在最右边加一列，表头写节点名称加“{suffix}”，如 第一季度{suffix}；别的节点的列由程序添",
                sheet=Sheet.TARGETS,
                count=count,
                suffix=schema.FIGURE_SUFFIX,
            )

    @cached_property
    def _by_task(self) -> Mapping[str, tuple[IndicatorRow, ...]]:
        found: dict[str, list[IndicatorRow]] = {}
        for r in self.rows:
            if r.target:
                found.setdefault(r.target.task, []).append(r)
        return {task: tuple(rows) for task, rows in found.items()}

    def keeps(self, round_key: str) -> bool:
        """Whether a round's figures have a place."""
        return any(r.key == round_key for r in self.rounds)

    def row(self, key: str) -> IndicatorRow | None:
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> Mapping[str, IndicatorRow]:
        return {r.key: r for r in self.rows}

    @property
    def figures(self) -> dict[tuple[str, str], str]:
        """(row's key, round key) -> the figure as it stands."""
        return {(r.key, round_): text for r in self.rows if r.target for round_, text in r.figures.items()}


def indicator_key(task: str, indicator: str) -> str:
    """Without colons and white space, which part the entries of 写入记录."""
    return f"{task}/{digest(plain(indicator))[:8]}"


def task_of(indicator: str) -> str:
    """The key of the task that an indicator is of; none that there is where its row is of none."""
    return indicator.partition("/")[0]


def read_indicators(
    reader: SheetReader,
    tasks: Sequence[Task],
    rounds: Sequence[Round],
    which: Which,
    moved: Callable[[], Mapping[str, str]] = dict,
) -> Indicators:
    """指标, which an office may do without, and with whatever columns it has.

    `which`: the task that a row means, by its hidden 任务编号 and its 序号.  `moved`: of renumbered tasks, 序号 as the
    master was written last -> what they are called now (3*).
    """
    if not reader.has(Sheet.TARGETS):
        return Indicators()
    progress = [r for r in rounds if r.kind is RoundKind.PROGRESS]
    layout, rows = reader.sheet_rows(Sheet.TARGETS, schema.target_columns([r.name for r in progress]))
    by_key = {t.key: t for t in tasks} if rows else {}
    numbers = {str(t.no) for t in by_key.values()}
    keyed = layout.column(schema.TASK_KEY) is not None
    collected = tuple(progress) if layout.alike(schema.FIGURE_SUFFIX) else ()
    found: list[IndicatorRow] = []
    places: dict[str, int] = {}
    for row in rows:
        if not row.text(schema.INDICATOR):
            continue  # a heading or a note of the staff's
        no, key = plain(row.text("序号")).rstrip("*★"), plain(row.text(schema.TASK_KEY))
        task = by_key.get(which(key, no))
        indicator = _indicator(row, task, collected)
        if task is None and key and no in numbers:
            why = f"{Light.GREY} 这一项任务不在台账里了；归现在第{no}项的，在新的一行里重写"
            indicator = replace(indicator, why=why)
        if task is not None and keyed and (no, key) != (str(task.no), task.key):
            indicator = replace(indicator, named=(str(task.no), task.key))
        if (shared := schema.SHARED.search(meaning := row.text(schema.MEANING))) and (now := moved()):
            labels = "、".join(now.get(label.rstrip("*★"), label) for label in shared[1].split("、"))
            meaning = meaning.replace(shared[0], schema.SAME_NUMBER.format(labels))
            indicator = replace(indicator, meaning="" if meaning == row.text(schema.MEANING) else meaning)
        if indicator.key in places:  # the same words twice: the first row counts
            key = f"{indicator.key}/{row.number}"
            indicator = replace(indicator, key=key, target=None, why=f"{Light.GREY} 与上面的一行重复")
        places[indicator.key] = row.number
        found.append(indicator)
    linked = iter(link_shared([i.target for i in found if i.target], tasks))
    found = [replace(i, target=next(linked)) if i.target else i for i in found]
    last = max((r.number for r in rows), default=layout.header_row)
    return Indicators(tuple(found), placed(layout, places, last), tuple(in_order(collected)))


def _indicator(row: Row, task: Task | None, rounds: Iterable[Round]) -> IndicatorRow:
    words = row.text(schema.INDICATOR)
    key = indicator_key(task.key if task else f"?{row.number}", words)
    goal = parse_figure(row.text(schema.GOAL))
    target, why = None, ""
    if task is None:
        why = f"{Light.GREY} 台账里没有第{row.text('序号') or '？'}项"
    elif schema.UNCONFIRMED in row.text(schema.MEANING):
        why = ""  # 口径 says so
    elif goal is None:
        why = f"{Light.GREY} 目标值不是一个数"
    else:
        direction = row.text(schema.DIRECTION)
        target = Target(
            task.key, words, goal, row.text(schema.UNIT), direction if direction in schema.DIRECTIONS else "≥"
        )
    headers = {r.key: schema.figure_column(r.name).header for r in rounds}
    figures = {k: figure_text(row.text(h)) or (FIGURE_BY_FORMULA if row.formula(h) else "") for k, h in headers.items()}
    derived = (schema.RATE, schema.PACE, schema.PACE_NOTE)
    shown = tuple(row.raw(h) for h in derived)
    return IndicatorRow(
        key, target, why, figures, (shown[0], shown[1], shown[2]), frozenset(h for h in derived if row.formula(h))
    )


def figure_text(text: str) -> str:
    """A figure as it is compared: 2,500 and 2500.0 are 2500; what is no number stays as it is."""
    value = parse_figure(text)
    return text if value is None else written(value)


def figure_value(text: str) -> Value:
    """… and as it is put into a cell."""
    value = parse_figure(text)
    if value is None:
        return text or None
    return int(value) if value == int(value) else float(value)


def figure_edits(
    indicators: Indicators, figures: Mapping[tuple[str, str], str], standings: Iterable[Standing]
) -> Iterable[SetCell]:
    """What changes on the sheet: figures, and 完成率, 进度 and 提示 of every row."""
    names = {r.key: r.name for r in indicators.rounds}
    before = indicators.figures
    for cell, text in figures.items():
        if text != before.get(cell, "") and cell[1] in names:
            header = schema.figure_column(names[cell[1]]).header
            yield SetCell(Sheet.TARGETS, cell[0], header, figure_value(text))
    said = {s.progress.target.key: s for s in standings}
    for row in indicators.rows:
        if row.named[1]:
            yield SetCell(Sheet.TARGETS, row.key, "序号", int(row.named[0]))
            yield SetCell(Sheet.TARGETS, row.key, schema.TASK_KEY, row.named[1])
        if row.meaning:
            yield SetCell(Sheet.TARGETS, row.key, schema.MEANING, row.meaning)
        standing = said.get(row.target.key) if row.target else None
        yield from _derived(row, standing)


_SHOWN_NOTE = 2000
"""Characters of 提示."""


def _derived(row: IndicatorRow, standing: Standing | None) -> Iterable[SetCell]:
    rate, pace, note = None, row.why, ""
    if standing:
        rate, pace, note = standing.rate, standing.words, "\n".join(standing.notes)[:_SHOWN_NOTE]
    was_rate, was_pace, was_note = row.shown
    same = isinstance(was_rate, (int, float)) and rate is not None and abs(float(was_rate) - rate) < 1e-6
    if not same and (rate, was_rate) != (None, None) and schema.RATE not in row.formulas:
        yield SetCell(Sheet.TARGETS, row.key, schema.RATE, rate)
    for header, was, now in ((schema.PACE, was_pace, pace), (schema.PACE_NOTE, was_note, note)):
        if (str(was or "")).strip() != now and header not in row.formulas:
            yield SetCell(Sheet.TARGETS, row.key, header, now or None)


def pace_limits(settings: Mapping[str, str], where: str) -> PaceLimits:
    """设置: 序时进度, 序时黄灯, 序时红灯; what is left out is as usual.  Raises MasterError for what is no number."""
    usual = PaceLimits()
    points: dict[str, Decimal] = {}
    for header in (schema.SETTING_YELLOW, schema.SETTING_RED):
        text = plain(settings.get(header, "")).rstrip("%个百分点")
        if text:
            value = parse_figure(text)
            if value is None or value < 0:
                raise MasterError(
                    tr("{header}“{text}”不是数", header=header, text=text), where=where, remedy=tr("填一个数，如 10")
                )
            points[header] = value * 100 if value < 1 else value  # 10% typed into a cell is 0.1 to Excel
    text = plain(settings.get(schema.SETTING_QUARTERS, "")).replace("%", "")
    quarters = usual.quarters
    if text:
        parts = [parse_figure(p) for p in text.replace("，", "、").replace(",", "、").split("、")]
        if len(parts) != 4 or None in parts or sorted(p for p in parts if p is not None) != parts:
            raise MasterError(
                tr("{setting_quarters}“{text}”看不明白", setting_quarters=schema.SETTING_QUARTERS, text=text),
                where=where,
                remedy=tr("写成 25、50、75、100 这样四个数"),
            )
        hundredths = 100 if parts[-1] == 1 else 1  # 0.25、0.5、0.75、1
        first, second, third, fourth = (p * hundredths for p in parts if p is not None)
        quarters = (first, second, third, fourth)
    return PaceLimits(
        quarters, points.get(schema.SETTING_YELLOW, usual.yellow), points.get(schema.SETTING_RED, usual.red)
    )


def proposed(indicators: Indicators, texts: Mapping[str, str], given: Mapping[str, str]) -> dict[str, ProposedFigure]:
    """What 完成情况 (by task key) seems to say of the targets that have no figure in `given`: by row's key."""
    found: dict[str, ProposedFigure] = {}
    for task, text in texts.items():
        if not (rows := indicators.of(task)):
            continue
        keys = {r.target.indicator: r.key for r in rows if r.target}
        for figure in propose_figures([r.target for r in rows if r.target], text):
            if keys[figure.indicator] not in given:
                found[keys[figure.indicator]] = figure
    return found
