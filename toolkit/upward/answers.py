"""Which task each place of a form is about, its text in the round, and what a person should look at.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from toolkit.cells import as_text
from toolkit.kinds import KINDS
from toolkit.language import Text, tr
from toolkit.master.read import Master
from toolkit.model import Office, Round, RoundKind, Task, plain, unapproved
from toolkit.pace import parse_figure
from toolkit.plans import period_end
from toolkit.returns.assign import assign
from toolkit.returns.figures import FigureRow
from toolkit.returns.match import TaskIndex
from toolkit.returns.wording import fold, normalise, shorten, where_they_differ
from toolkit.tracking import RoundStatus
from toolkit.upward.asked import Place
from toolkit.upward.writing import Entry, Figure

_LEAST = 8
"""Characters of a row that is told where no task goes with it; shorter ones are headings."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to write into a place."""

    place: Place
    tasks: tuple[Task, ...]  # several where the office has parted one task among divisions
    text: str
    likely: bool  # worded otherwise than the task

    @property
    def there(self) -> bool:
        """Whether the form says so already."""
        return bool(self.text) and plain(self.place.said) == plain(self.text)

    @property
    def wanted(self) -> bool:
        return bool(self.text) and not self.place.said

    @property
    def entry(self) -> Entry:
        """What goes into the cells of its row."""
        main, kind = self.place.column, KINDS[RoundKind.SUPPORTING]
        cells: Mapping[int, str] = {main: self.text}
        if self.place.further:
            parts = kind.apart(self.text)
            columns = {main: kind.answers[0], **{column: name for name, column in self.place.further}}
            cells = {column: parts[name] for column, name in columns.items() if name in parts}
        place = self.place
        return Entry(place.sheet, place.row, place.where, cells, place.item_column, place.shown)


def answers_for(texts: Texts, places: Sequence[Place]) -> tuple[Answer, ...]:
    """An answer for each place."""
    matched, alike = _matched(places, texts.office)
    tasks = [matched.get(i, ()) for i in range(len(places))]
    return tuple(Answer(p, t, texts.of(t), i in alike) for i, (p, t) in enumerate(zip(places, tasks, strict=True)))


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
    confirmed = [i for indicators in master.office.indicators.values() for i in indicators]
    for row in asked:
        item = normalise(row.item.rstrip("…."))
        meant = [i for i in confirmed if (fold(i.name), plain(i.unit)) == (fold(row.indicator), plain(row.unit))]
        meant = [i for i in meant if tasks[i.task].startswith(item)] if len(meant) > 1 else meant
        value = parse_figure(master.indicators.figures.get((meant[0].key, round_.key), "")) if len(meant) == 1 else None
        if value is not None and not row.unsaved and not as_text(row.value):
            yield Figure(row.where, int(value) if value == value.to_integral_value() else float(value))


class Texts:
    """The round's texts, task by task; of tasks that are not reported in it, those of the same time."""

    def __init__(self, master: Master, status: RoundStatus) -> None:
        self._master, self._status = master, status
        ends = period_end(status.round)
        same = (r for r in master.office.rounds if r.kind is not RoundKind.PLAN and period_end(r) == ends)
        rounds = {r.key: r for r in (status.round, *same)}
        self._keys = tuple(rounds)
        self._owed = {t.key for r in rounds.values() for tasks in master.office.owed(r).values() for t in tasks}
        self._states = {d.division: d for d in status.divisions}

    @property
    def office(self) -> Office:
        return self._master.office

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
        return tuple(sorted(waits & set(divisions))) if self.office.approves else ()


def remarks_on(texts: Texts, answers: Sequence[Answer], refused: Sequence[str]) -> Iterator[Text]:
    """What a person should look at.  `refused`: what people call the cells that could not be written."""
    written = [a for a in answers if a.wanted and a.place.where not in refused]
    asked = {t.key for a in answers for t in a.tasks}
    if likely := [a for a in written if a.likely]:
        yield tr("文字不全一样，按相近填的，请核对：{listed}", listed=tuple(map(_told_likely, likely)))
    if lacking := texts.lacking({t.key: t for a in answers for t in a.tasks}.values()):
        yield tr("没有文字可填的：{listed}", listed=lacking)
    if waiting := texts.unapproved({t.division for a in written for t in a.tasks}):
        yield tr("填的文字还没有经分管领导审定：{listed}", listed=waiting)
    if same := sum(a.there for a in answers):
        yield tr("有 {same} 项的文字原来就在表里", same=same)
    if there := [a.place.where for a in answers if a.text and a.place.said and not a.there]:
        yield tr("格子里已经有内容、没有动的：{listed}", listed=tuple(there))
    if refused:
        yield tr("这几格写不进去，请自己填：{listed}", listed=tuple(refused))
    times = Counter(t.label for a in written for t in a.tasks)
    if often := tuple(label for label, n in times.items() if n > 1):
        yield tr("第{labels}项填了不止一处，请核对", labels=often)
    if strange := [a.place for a in answers if not a.tasks and len(a.place.item) >= _LEAST]:
        rows = tuple(tr("{where}“{item}”", where=p.where, item=shorten(p.item, 24)) for p in strange)
        yield tr("对不上台账里哪一项、没有填的：{listed}", listed=rows)
    if others := tuple(t.label for t in texts.office.tasks if t.key not in asked and not t.closed):
        yield tr("台账里有、这张表里没有的：第{labels}项", labels=others)


def _told_likely(a: Answer) -> Text:
    item, task = where_they_differ(a.place.item, a.tasks[0].text)
    labels = tuple(t.label for t in a.tasks)
    return tr("{where}“{item}”填的是第{labels}项“{task}”", where=a.place.where, item=item, labels=labels, task=task)
