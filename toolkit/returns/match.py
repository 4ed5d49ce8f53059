"""The rows of a returned form -> the tasks they answer: by hidden key, text and number together.  Pure.

Rows that are plain are settled first; what remains is settled over the whole form (`assign`), and what that leaves open
is a finding: a wrong match is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from toolkit.language import Text, tr
from toolkit.model import Finding, Office, Task
from toolkit.returns.assign import assign
from toolkit.returns.findings import finding
from toolkit.returns.wording import altered, bigrams, call_row, containment, normalise, numbers, resemblance, shorten

_KEY_LEAST = 60.0
"""How much of a row must be found in the task whose hidden key it bears; with less it was written over."""
_ALIKE = 8.0
"""By how much another task must fit a row better as a whole to speak against one that merely contains it."""
_NUMBER_BONUS = 10.0
_REACH = 15.0
"""By how much a row must resemble its task more than one of the form's others that was left without a row."""
_FEW = 3  # bigrams; less says nothing
_MOST_DOUBTFUL = 200  # rows; no form has more
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FormStep:
    """A row of a 办理方案, as returned."""

    where: str  # what people call its 工作内容
    text: str
    when: date | str  # as `plans.step_day` reads it
    person: str
    day_where: str = ""  # what people call its 完成时间节点
    struck: str = ""  # what is struck out of `text`
    unsaved: bool = False  # it is a formula without a stored result


class FormRow(NamedTuple):
    """What a division wrote about one matter, be it in one row of the table or in several."""

    where: str  # what people call its 完成情况
    key: str  # hidden task key, "" where there is none
    item: str  # 责任事项 as returned
    status: str  # 完成情况 as returned
    number: str = ""  # 序号 as returned
    picture: bool = False  # a picture stands in the row
    shared: bool = False  # the 完成情况 is merged with that of the row above
    joined: tuple[str, ...] = ()  # headers of further columns whose texts stand in `status` too
    extra: tuple[str, ...] = ()  # headers of columns that nobody asked for and that say something
    further: Mapping[str, str] = _NONE  # other answers that the form asks for, filled ones only
    places: Mapping[str, str] = _NONE  # … and where each of them stands, or should
    table: int = 0  # which of the file's tables, or of what a caption parts, it is in
    struck: str = ""  # what is struck out of `status`
    unsaved: bool = False  # the answer is a formula without a stored result
    steps: tuple[FormStep, ...] = ()  # of a 办理方案; `status` is then all of them as one text
    former: str = ""  # what stands in the place of `key` and is no task's by now


@dataclass(frozen=True, slots=True)
class Matched:
    rows: Mapping[str, FormRow]  # task key -> its row
    findings: tuple[Finding, ...]
    gone: tuple[FormRow, ...] = ()  # filled rows that the form was issued with and whose task is in 任务台账 no more


class TaskIndex:
    """The office's tasks as rows are compared with them."""

    def __init__(self, office: Office) -> None:
        self.tasks = office.tasks
        self.by_key = {t.key: t for t in office.tasks}
        self.by_text: dict[str, Task] = {}
        for t in office.tasks:
            self.by_text.setdefault(t.text, t)

    @cached_property
    def normalised(self) -> Mapping[str, tuple[Task, ...]]:
        found: dict[str, tuple[Task, ...]] = {}
        for t in self.tasks:
            text = normalise(t.text)
            found[text] = (*found.get(text, ()), t)
        return found

    @cached_property
    def _as_issued(self) -> Mapping[str, tuple[Task, ...]]:
        """`normalised` by the texts as they were issued, which nearly every row still has."""
        return {t.text: tasks for tasks in self.normalised.values() for t in tasks}

    @cached_property
    def _bigrams(self) -> Mapping[str, frozenset[str]]:
        return {t.key: bigrams(normalise(t.text)) for t in self.tasks}

    def exact(self, item: str) -> tuple[Task, ...]:
        """The tasks of just this text."""
        if not item:
            return ()
        found = self._as_issued.get(item)
        return self.normalised.get(normalise(item), ()) if found is None else found

    def resemblance(self, item: str) -> dict[str, float]:
        """Task key -> 0 to 100: how much of the row stands in the task or, for a row that says more than the task, how
        much of the task stands in the row; and, with a fifth of the weight, how alike both are as wholes.
        """
        row = bigrams(normalise(item))
        found: dict[str, float] = {}
        if len(row) < _FEW:
            return found
        for key, task in self._bigrams.items():
            part, whole = containment(row, task), containment(task, row)
            if whole >= 85 and len(task) >= 10:
                part = max(part, (part + whole) / 2)
            if part >= 30:
                found[key] = 0.8 * part + 0.2 * resemblance(row, task)
        return found

    def fit(self, item: str, task: Task) -> float:
        """0 to 100: how alike a row and a task are as wholes."""
        return resemblance(bigrams(normalise(item)), self._bigrams[task.key])

    def bears_out(self, item: str, task: Task) -> bool:
        """Whether a text may be this task's, edited: much of it is there, and no other task fits better."""
        row, own = bigrams(normalise(item)), self._bigrams[task.key]
        fit = resemblance(row, own)
        if max(containment(row, own), containment(own, row), fit) < _KEY_LEAST:
            return False
        return all(resemblance(row, other) <= fit for other in self._bigrams.values())

    def shared(self, item: str) -> bool:
        """Whether several tasks have the text, or nearly all of it."""
        row = bigrams(normalise(item))
        return len(row) >= _FEW and sum(containment(row, t) >= 75 for t in self._bigrams.values()) > 1

    def likeness(self, item: str) -> float:
        """0 to 100: how nearly a text is one task's, neither more nor less."""
        row = bigrams(normalise(item))
        return max((min(containment(row, t), containment(t, row)) for t in self._bigrams.values()), default=0.0)


def match_rows(
    rows: Sequence[FormRow],
    owed: Iterable[Task],
    index: TaskIndex,
    reported: Collection[str] = (),
    issued: Callable[[], Collection[str]] = tuple,
) -> Matched:
    """Which row answers which task of this form, one row a task, with a finding for each that is not plain.

    `owed`: the tasks of this form in its order; `index`: all tasks, so that a foreign row is known as one;
    `reported`: keys of tasks that an earlier file answered, which a correction may leave out; `issued`: gives the
    keys of the rows that the form had when it went out to this division, which it is not to blame for; asked only where
    the rows are not all as they were issued.
    """
    owed = tuple(owed)
    mine = {t.key: t for t in owed}
    taken: dict[str, FormRow] = {}
    for row in rows:
        task = mine.get(row.key)
        if task is None or row.item != task.text or row.key in taken:
            matched = _Matching(owed, index, reported, issued()).match(_joined(rows, index))
            break
        taken[row.key] = row
    else:
        answered = taken.keys() | set(reported)
        missing = (_missing(t, n) for n, t in enumerate(owed, 1) if t.key not in answered)
        matched = Matched(taken, tuple(missing))
    if told := tuple(_columns(rows)):
        matched = replace(matched, findings=(*matched.findings, *told))
    return matched


def _columns(rows: Sequence[FormRow]) -> Iterator[Finding]:
    """What a form's columns say that it was not asked for."""
    for code, headers in (("joined_columns", [r.joined for r in rows]), ("extra_columns", [r.extra for r in rows])):
        if any(headers):
            where = next(r.where for r, h in zip(rows, headers, strict=True) if h)
            yield finding(code, where, columns=tuple(dict.fromkeys(c for h in headers for c in h)))


def _missing(task: Task, number: object) -> Finding:
    return finding("missing_task", label=call_row(number, task.text), text=shorten(task.text))


class _Matching:
    """One form whose rows are not all as they were issued."""

    def __init__(
        self, owed: Sequence[Task], index: TaskIndex, reported: Collection[str], issued: Collection[str]
    ) -> None:
        self._owed, self._index, self._reported = owed, index, frozenset(reported)
        self._issued = frozenset(issued)
        self._gone: list[FormRow] = []
        self._mine = {t.key: t for t in owed}
        self._numbers = {str(n): t.key for n, t in enumerate(owed, 1)}  # 序号 counts a form's own rows
        self._number_of = {key: n for n, key in self._numbers.items()}
        self._findings: list[Finding] = []
        self._claims: dict[str, list[FormRow]] = {}  # task key -> rows that are certainly its
        self._open: list[FormRow] = []
        self._order: dict[int, int] = {}  # row by identity -> its place
        self._differing: set[str] = set()  # tasks whose key stands beside another text

    def match(self, rows: Sequence[FormRow]) -> Matched:
        self._order = {id(r): i for i, r in enumerate(rows)}
        for row in rows:
            self._claim(row)
        trusted = self._numbers_hold()
        if trusted:
            self._part_doubles()
        doubtful = self._settle(trusted) | self._shared_sentences(rows, trusted)
        taken = {key: own for key, claims in self._claims.items() if (own := self._one(key, claims))}
        for key, own in taken.items():
            if key in self._mine:
                self._compare(own, self._mine[key])
            else:
                self._tell_foreign(own, self._index.by_key[key])
        found = {t.key for t in self._owed if t.key in self._claims or t.key in doubtful or t.key in self._differing}
        found |= self._reported
        self._findings += [_missing(t, n) for n, t in enumerate(self._owed, 1) if t.key not in found]
        mine = {k: r for k, r in taken.items() if k in self._mine}
        return Matched(mine, tuple(self._findings), tuple(self._gone))

    def _claim(self, row: FormRow) -> None:
        """Give the row to its task where key and text leave no doubt."""
        exact = self._index.exact(row.item)
        keyed = self._index.by_key.get(row.key)
        if keyed is not None and (keyed in exact or not normalise(row.item)):
            if not exact:
                self._findings.append(finding("key_only", row.where, label=self._name(keyed)))
            self._claims.setdefault(keyed.key, []).append(row)
        elif len(exact) == 1 and (keyed is None or self._numbers.get(row.number) != keyed.key):
            # Sorted without the hidden column, or copied between rows: people see the text, nobody sees the key.
            if keyed is not None:
                by = {"by_text": self._name(exact[0]), "by_key": self._name(keyed)}
                self._findings.append(finding("key_ignored", row.where, **by))
            self._claims.setdefault(exact[0].key, []).append(row)
        elif keyed is None:
            self._open.append(row)
        elif not exact and self._index.bears_out(row.item, keyed):
            self._claims.setdefault(keyed.key, []).append(row)
        else:
            by = {"row": call_row(row.number, row.item), "by_key": self._name(keyed)}
            self._findings.append(finding("key_and_text_differ", row.where, **by))
            self._differing.add(keyed.key)

    def _name(self, task: Task) -> Text:
        """How the division knows a task: by its place in its own form."""
        return call_row(self._number_of.get(task.key, ""), task.text)

    def _numbers_hold(self) -> bool:
        """Whether the form's own numbers agree with every row that is certain, two at least."""
        certain = [(key, rows[0]) for key, rows in self._claims.items() if key in self._mine and len(rows) == 1]
        told = [self._number_of[key] == row.number for key, row in certain if row.number]
        return len(told) >= 2 and all(told)

    def _part_doubles(self) -> None:
        """Two rows of the same text, one of which has another task's number: a text shortened to a shared sentence."""
        for key, rows in list(self._claims.items()):
            ours = [r for r in rows if self._number_of.get(key) == r.number]
            others = [r for r in rows if r.number in self._numbers and self._numbers[r.number] != key]
            if len(rows) > 1 and len(ours) == 1 and len(ours) + len(others) == len(rows):
                self._claims[key] = ours
                self._open += others

    def _settle(self, trusted: bool) -> set[str]:
        """Rows that resemble a task: over the whole form.  Returns the tasks that rows in doubt may mean."""
        texts: dict[int, dict[str, float]] = {}
        scores: dict[int, dict[str, float]] = {}
        for i, row in enumerate(self._open[:_MOST_DOUBTFUL]):
            found = self._index.resemblance(row.item)
            found = {k: s for k, s in found.items() if k not in self._claims}
            if self._lost_its_task(row):  # another division's task that it resembles is not what it was sent out for
                found = {k: s for k, s in found.items() if k in self._mine}
            numbered = self._numbers.get(row.number, "") if trusted else ""
            found = {k: s for k, s in found.items() if k == numbered or not self._fits_taken_better(row, k)}
            texts[i] = found
            scores[i] = {k: s + _NUMBER_BONUS if k == numbered else s for k, s in found.items()}
        pairs, doubtful = assign(scores)
        given = set(pairs.values())
        for i, key in list(pairs.items()):  # a task without a row, which this one may be as well
            reach = texts[i][key] - _REACH
            left = [k for k, s in texts[i].items() if s > reach and k in self._mine and k not in given]
            if left:
                del pairs[i]
                doubtful[i] = (key, *left)
        for i, row in enumerate(self._open):
            if i in pairs:
                self._claims.setdefault(pairs[i], []).append(row)
            elif i in doubtful:
                labels = tuple(self._name(self._index.by_key[k]) for k in doubtful[i][:3])
                name = call_row(row.number, row.item)
                self._findings.append(finding("uncertain_row", row.where, row=name, labels=labels))
            elif self._lost_its_task(row):
                if row.status:
                    self._gone.append(row)
                    self._findings.append(finding("withdrawn_row", row.where, text=shorten(row.item)))
            elif row.item and (row.status or row.number):
                self._findings.append(finding("unknown_row", row.where, text=shorten(row.item)))
            elif row.status:
                self._findings.append(finding("row_without_item", row.where, text=shorten(row.status)))
        return {k for i in doubtful for k in doubtful[i]}

    def _lost_its_task(self, row: FormRow) -> bool:
        return row.former in self._issued

    def _shared_sentences(self, rows: Sequence[FormRow], trusted: bool) -> set[str]:
        """Take back rows that read as one task and may be what is left of a longer one.

        So it is where the longer one has no row, and another row resembles the task too.  Returns those tasks.
        """
        doubtful: set[str] = set()
        claimed = {id(r) for claims in self._claims.values() for r in claims}
        free = [r for r in rows if id(r) not in claimed]
        for key, claims in list(self._claims.items()) if free else ():
            row = claims[0]
            told = row.key or (trusted and self._numbers.get(row.number) == key)
            if len(claims) > 1 or told or key not in self._mine:
                continue
            own = bigrams(normalise(self._mine[key].text))
            longer = [t for t in self._owed if t.key not in self._claims and t.key != key]
            longer = [t for t in longer if containment(own, bigrams(normalise(t.text))) >= _KEY_LEAST]
            if longer and any(containment(bigrams(normalise(r.item)), own) >= _KEY_LEAST for r in free):
                del self._claims[key]
                doubtful.add(key)
                labels = tuple(self._name(t) for t in (self._mine[key], *longer))
                name = call_row(row.number, row.item)
                self._findings.append(finding("uncertain_row", row.where, row=name, labels=labels))
        return doubtful

    def _fits_taken_better(self, row: FormRow, key: str) -> bool:
        """Whether a row is rather a second one of a task that has its own than the first one of `key`."""
        fit = self._index.fit(row.item, self._index.by_key[key]) + _ALIKE
        return any(self._index.fit(row.item, self._index.by_key[k]) >= fit for k in self._claims)

    def _one(self, key: str, rows: Sequence[FormRow]) -> FormRow | None:
        """The row of a task: its rows joined where one follows the other; else which is meant is not ours to say."""
        filled = [r for r in rows if r.status] or list(rows[:1])
        if len({r.status for r in filled}) == 1:
            return filled[0]._replace(further=joined_answers(r.further for r in rows))
        task = self._index.by_key[key]
        if self._are_parts(filled, task):
            status = "\n".join(dict.fromkeys(r.status for r in filled))
            return filled[0]._replace(status=status, further=joined_answers(r.further for r in rows))
        self._findings += [finding("repeated_task", r.where, label=self._name(task)) for r in filled[1:]]
        return None

    def _are_parts(self, rows: Sequence[FormRow], task: Task) -> bool:
        """Whether rows of one text stand under each other as one; what is also found in another task may be its."""
        order = sorted(self._order[id(r)] for r in rows)
        if order != list(range(order[0], order[0] + len(rows))) or len({r.number for r in rows if r.number}) > 1:
            return False
        if len({r.table for r in rows}) > 1:
            return False
        own = bigrams(normalise(task.text))
        others = (t for t in self._owed if t.key != task.key)
        return all(containment(own, bigrams(normalise(t.text))) < _KEY_LEAST for t in others)

    def _compare(self, row: FormRow, task: Task) -> None:
        if row.item == task.text:
            return
        issued, returned = numbers(task.text), numbers(row.item)
        bare = returned[1:] if row.item[:1].isdigit() and not task.text[:1].isdigit() else returned
        changed = altered(issued, returned) and altered(issued, bare)
        if changed:
            shown = {"issued": issued or tr("无"), "returned": returned or tr("无")}
            self._findings.append(finding("number_altered", row.where, label=self._name(task), **shown))
        if changed or normalise(row.item) != normalise(task.text):
            text = shorten(row.item) or tr("（空）")
            self._findings.append(finding("item_altered", row.where, label=self._name(task), text=text))

    def _tell_foreign(self, row: FormRow, task: Task) -> None:
        if row.status and any(task.division == t.division for t in self._owed):
            self._findings.append(finding("not_asked_here", row.where, text=shorten(task.text)))
        elif row.status:
            told = {"division": task.division, "text": shorten(task.text)}
            code = "handed_over" if row.key == task.key and task.key in self._issued else "foreign_row"
            self._findings.append(finding(code, row.where, **told))


def _joined(rows: Sequence[FormRow], index: TaskIndex) -> tuple[FormRow, ...]:
    """The rows, with a 责任事项 that runs over several of them put together again."""
    out: list[FormRow] = []
    i = 0
    while i < len(rows):
        count = _run(rows, i, index)
        part = rows[i : i + count]
        out.append(_one_of(part, "".join(r.item for r in part)) if count > 1 else rows[i])
        i += count
    return tuple(out)


def _one_of(part: Sequence[FormRow], item: str) -> FormRow:
    filled = [r for r in part if r.status]
    status = "\n".join(dict.fromkeys(r.status for r in filled))
    where = (filled or part)[0].where
    further = joined_answers(r.further for r in part)
    return part[0]._replace(
        where=where, item=item, status=status, picture=any(r.picture for r in part), further=further
    )


def joined_answers(answers: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    """Further answers of several rows, those of one name under each other."""
    found: dict[str, list[str]] = {}
    for row in answers:
        for name, text in row.items():
            found.setdefault(name, []).append(text)
    return {name: "\n".join(dict.fromkeys(texts)) for name, texts in found.items()}


def _run(rows: Sequence[FormRow], start: int, index: TaskIndex) -> int:
    """How many rows from `start` hold one task's text, cut into pieces."""
    first = rows[start]
    if not first.item or index.exact(first.item):
        return 1
    best, alone, text = 1, index.likeness(first.item), first.item
    apart = bool(first.status) and index.shared(first.item)
    for count, row in enumerate(rows[start + 1 : start + 5], 2):
        if row.key or row.number or not row.item or index.exact(row.item):
            break
        if row.status and (apart or (first.status and index.shared(row.item))):  # perhaps another task's own report
            break
        text += row.item
        whole = index.likeness(text)
        if whole >= 85 and whole > alone + 5 and index.likeness(row.item) < 85:
            best, alone = count, whole
    return best
