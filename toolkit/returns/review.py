"""One returned file -> its findings, its verdict, and the texts that may be merged.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import partial
from itertools import zip_longest

from toolkit.calendar import days_late
from toolkit.kinds import kind_of
from toolkit.language import listed, tr
from toolkit.model import Finding, Office, Round, RoundKind, Severity, Task, Verdict, in_order
from toolkit.pace import parse_figure
from toolkit.plans import plan_text, steps_of
from toolkit.returns import content
from toolkit.returns.doubts import may_be_another, of_other_rounds
from toolkit.returns.figures import FigureRow, apart, percentages, read_figures
from toolkit.returns.filled import Table, read_table
from toolkit.returns.findings import finding, verdict_of
from toolkit.returns.known import known
from toolkit.returns.match import FormRow, match_rows
from toolkit.returns.read import Reading
from toolkit.returns.recognise import Identity, Post, Standing, identify, issued, pick, stamps_of
from toolkit.returns.tables import Layout, find_tables
from toolkit.returns.wording import shorten
from toolkit.xlsx import Value
from toolkit.xlsx.values import clean_text

DEFAULT_TEXT_LIMIT = 2000

_OF_A_MASTER = {"任务台账", "报送节点", "收件记录"}
"""Sheets that no form has together."""

_SHOWN_SHEETS = 200
"""Characters of what is said of a file's sheets where none is a form."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one file is and holds.  `texts`: task key -> 完成情况, only rows that are certain and filled.

    A held file is nobody's report yet: no division, no round, no texts, but what it probably is as `proposal`.  Its row
    in 收件记录 names those, so that nobody is chased for what waits at the office.
    """

    division: str | None
    round: Round | None
    findings: tuple[Finding, ...]
    texts: Mapping[str, str]
    incomplete: tuple[str, ...] = ()  # keys of owed tasks without a usable text
    proposal: tuple[str, str] | None = None
    places: Mapping[str, str] = field(default_factory=dict)  # task key -> sheet and cell of its text
    figures: Mapping[str, str] = field(default_factory=dict)  # key of a row of 指标 -> the sum to date
    likely: tuple[str, str] | None = None  # what a held file most likely is, where not `proposal`
    blank: bool = False  # it is a form, and nothing at all is filled in
    unready: frozenset[str] = frozenset()  # keys of tasks whose plan has steps that must be mended

    @property
    def verdict(self) -> Verdict:
        return verdict_of(self.findings)


def items_of(office: Office, reading: Reading, keys: Collection[str]) -> Mapping[str, str]:
    """What a file's rows of these tasks, by their hidden keys, call them (责任事项)."""
    if not keys:
        return {}
    look = known(office)
    tables = (read_table(look, layout, None) for layout in find_tables(apart(reading)[0], look.index))
    return {row.key: row.item for table in tables for row in table.rows if row.key in keys and row.item}


def review(
    office: Office,
    reading: Reading | Finding,
    *,
    file_name: str,
    received: datetime,
    zone: tzinfo,
    secret: bytes,
    forced: tuple[str, str] | None = None,
    text_limit: int = DEFAULT_TEXT_LIMIT,
    sender: str = "",
    sender_division: str | None = None,
    sender_also: tuple[str, ...] = (),
    addresses_known: bool = False,
    subject: str = "",
    previous: Mapping[str, str] = {},
    standing: Standing = {},  # noqa: B006  never written
    withdrawn: Collection[str] = (),
) -> Review:
    """Review one file as received at `received`.

    `forced`: (division, round key) that a person has decided on for a file that was held.
    `sender`: the mail address that it came from, `sender_division`: whose that is, None for nobody's;
    `sender_also`: the other divisions that share it;
    `addresses_known`: the office has addresses, so that one it does not know is a stranger's.
    `standing`: (task key, round key) -> the text in the master, and (key of a row of 指标, round key) -> the figure:
    what the round before said is taken from it; `previous` (task key -> text) states the texts outright.
    `withdrawn`: keys of tasks whose row is gone and was not to come back, as a person said.
    """
    if isinstance(reading, Finding):
        return Review(None, None, (reading,), {})
    if forced is None and {g.name for g in reading.grids} >= _OF_A_MASTER:
        return Review(None, None, (finding("a_master"),), {})
    look = known(office)
    reading, figure_rows = apart(reading)
    layouts = find_tables(reading, look.index)
    if not layouts:
        return Review(None, None, (_no_form(reading),), {})
    wanted = office.round(forced[1]) if forced else look.round_in(layouts[0].title)
    table = pick(office, [read_table(look, layout, wanted) for layout in layouts], forced, standing)
    if isinstance(table, Finding):
        return Review(None, None, (table,), {})
    blank = _nothing_in(table, figure_rows)
    post = Post(sender, sender_division, sender_also, addresses_known, subject, received.date())
    stamps = stamps_of(reading, secret)
    identity = identify(office, stamps, table, file_name, forced, post, standing)
    if identity.division is None or identity.round is None:
        return Review(None, None, identity.findings, {}, proposal=identity.proposal, blank=blank)
    if table.timed and identity.round is not wanted:
        mine = (identity.division, identity.round.key)
        table = pick(office, [read_table(look, layout, identity.round) for layout in layouts], mine, standing)
        if isinstance(table, Finding):
            return Review(None, None, (*identity.findings, table), {}, proposal=identity.proposal)
    # Without a stamp of this office's own, a hidden key is only something that somebody typed.
    trusted = any(s.genuine for s in stamps)
    if doubt := _which_column(table, identity, forced, trusted=trusted):
        return Review(None, None, (*identity.findings, doubt), {}, proposal=identity.proposal, blank=blank)
    form = kind_of(identity.round)
    owed = look.reporting(office, identity.round).get(identity.division, ())
    rows = [
        _as_merged(row, trusted=trusted, shared=row.shared or (below is not None and below.shared))
        for row, below in zip_longest(table.rows, table.rows[1:])
    ]
    # A correction replaces only what it contains: what stands already is not asked for again.
    # Nor is one that the office has closed (销号): its text is taken where it comes.
    closed = {t.key for t in owed if t.closed_for(identity.round)}
    stands = {t.key for t in owed if standing.get((t.key, identity.round.key))} | closed
    sent = partial(issued, office, stamps, table, identity.division, identity.round)
    matched = match_rows(rows, owed, look.index, stands, sent)
    findings = [*identity.findings, *matched.findings]
    if table.left:
        findings.append(finding("form_left_out", sheets=listed("；", table.left)))
    if left := _other_sheets(reading, layouts):
        findings.append(finding("sheet_left_out", sheets=left))
    findings += [finding("text_outside", where, text=shorten(text, 40)) for where, text in table.asides]
    findings += [finding("hidden_row", where, text=shorten(text, 40)) for where, text in table.unseen]
    findings += [finding("comment", where, text=shorten(text, 40)) for where, text in table.comments]
    before = previous or _round_before(office, identity.round, owed, standing)
    texts: dict[str, str] = {}
    unready: set[str] = set()
    for place, task in enumerate(owed, start=1):
        row = matched.rows.get(task.key)
        if row is None:
            continue
        name = partial(content.row_name, row, place, task)
        text = form.together(row.status, row.further)
        if identity.round.kind is RoundKind.PLAN:
            text = plan_text(steps_of(row.status, task.key))
        whole = row if text == row.status else row._replace(status=text)
        wrong = content.problem(row, name) or (None if whole is row else content.problem(whole, name))
        if wrong is not None:
            nothing = wrong.code == "empty_status" or (wrong.code == "placeholder" and task.key in closed)
            if not nothing or task.key not in stands or row.further:
                findings.append(wrong)
        else:
            texts[task.key] = whole.status
            findings += content.remarks(whole, name, before.get(task.key, ""), text_limit)
            open_points = content.steps(row, name, office.year) if row.steps else content.wanting(row, name, form)
            findings += open_points
            if row.steps and any(f.severity == Severity.CORRECT for f in open_points):
                unready.add(task.key)
            if indicators := office.indicators.get(task.key):
                findings += percentages(task, indicators, whole.status, row.where)
    lost = [row for row in matched.gone if row.former not in withdrawn]
    elsewhere = of_other_rounds(office, look, table, identity, standing, received, trusted=trusted)
    findings += [f for f in elsewhere if f.severity is not Severity.HOLD]
    if forced is None and (
        doubt := _lost(identity, lost)
        or may_be_another(office, look, identity, texts, standing, received)
        or next((f for f in elsewhere if f.severity is Severity.HOLD), None)
    ):
        told = tuple(form.worded(f) for f in (*identity.findings, doubt))
        likely = None
        reported = any(standing.get((k, identity.round.key)) for k in texts)
        meant = ""
        if doubt.code in ("earlier_form", "of_another_round") and reported:
            meant = str(doubt.message.values["round"])  # what the earlier one says is there already
        if meant and (another := office.round(meant)):
            likely = (identity.division, another.key)
        return Review(None, None, told, {}, proposal=identity.proposal, likely=likely)
    asked = [(t, x) for t in owed for x in office.indicators.get(t.key, ())]
    figures: Mapping[str, str] = {}
    if figure_rows and asked and identity.round.kind is RoundKind.PROGRESS:
        earlier = _figure_before(office, identity.round, standing)
        own = {t.key for t in owed}
        passed_on = partial(_passed_on, sent, own, look.answers_for(office, identity.round))
        read = read_figures(figure_rows, asked, texts, earlier, trusted=trusted, passed_on=passed_on)
        figures = read.values
        findings += read.findings
    division = office.division(identity.division)
    told_of = [t for t in owed if t.key in texts] or owed  # a correction is signed for what is in it
    if office.approves:
        in_charge = (office.leader_for(t, identity.division, identity.round) for t in told_of)
        findings += content.approval(table, in_charge, division.leader if division else "")
    due = office.round_for(identity.division, identity.round)
    late = days_late(received, due, zone)
    if late:
        findings.append(finding("late", days=late, due=due.last_day.isoformat()))
    asked_for = look.owed(office, identity.round).get(identity.division, ())  # not what another has answered before
    incomplete = tuple(t.key for t in asked_for if t.key not in texts and t.key not in closed)
    places = {k: matched.rows[k].where for k in texts}
    told = tuple(form.worded(f) for f in findings)
    return Review(
        identity.division,
        identity.round,
        told,
        texts,
        incomplete,
        identity.proposal,
        places,
        figures,
        blank=blank,
        unready=frozenset(unready),
    )


def _nothing_in(table: Table, figures: Iterable[FigureRow]) -> bool:
    """Whether a form came back as it was sent out; who approves it and when may be filled in."""
    if table.filled or table.asides or table.comments or table.unseen:
        return False
    return not any(r.extra or r.struck or r.unsaved for r in table.rows) and not any(f.value or f.note for f in figures)


def _which_column(
    table: Table, identity: Identity, forced: tuple[str, str] | None, *, trusted: bool
) -> Finding | None:
    """Why it is not certain which column is the answer, or that any is, or None; of several of other rounds no one
    may choose.

    In a form of our own (`trusted`) the only one left is, whatever it is called now.
    """
    assert identity.round is not None
    if table.hidden and forced is None:
        return finding("hidden_table", sheet=table.sheet)
    if table.of_others:
        return finding("column_of_others", columns=table.timed, round=identity.round.name)
    if table.doubtful and forced is None and not (trusted and len(table.doubtful) == 1):
        return finding("unknown_column", columns=table.doubtful, column=table.doubtful[0])
    return None


_ADVICE = re.compile(
    r"(?:填[报表写]?)?说明|.*(?:填[报表写]说明|须知|示例|样例|范例|参考|选项|字典|目录|封面)|附件1|通知"
)
_A_SENTENCE = 12
"""Characters from which on a text that stands alone in its row says something."""


def _other_sheets(reading: Reading, layouts: Iterable[Layout]) -> tuple[str, ...]:
    """The sheets that people see, in which something stands and which are no form."""
    forms = {layout.sheet for layout in layouts}
    others = (g for g in reading.grids if not (g.hidden or g.name in forms or _ADVICE.match(g.name)))
    return tuple(g.name for g in others if any(map(_says, g.rows.values())))


def _says(cells: Mapping[int, Value]) -> bool:
    return len(cells) > 1 or any(isinstance(v, str) and len(v.strip()) >= _A_SENTENCE for v in cells.values())


def _lost(identity: Identity, rows: Iterable[FormRow]) -> Finding | None:
    """Whether a form tells of tasks whose row is gone, perhaps by mistake: its text would have no place."""
    assert identity.round is not None
    proposal = f"{identity.division} {identity.round.name}"
    return next((finding("task_lost", r.where, text=shorten(r.item), proposal=proposal) for r in rows), None)


def _as_merged(row: FormRow, *, trusted: bool, shared: bool) -> FormRow:
    """A row with its texts as they will be read back."""
    key, status = row.key if trusted else "", clean_text(row.status).strip()
    further = {a: t for a, text in row.further.items() if (t := clean_text(text).strip())}
    if (key, status, further, shared) == (row.key, row.status, row.further, row.shared):
        return row
    return row._replace(key=key, status=status, further=further, shared=shared)


def _passed_on(
    issued: Callable[[], Collection[str]], own: Collection[str], answers: Mapping[str, str]
) -> Mapping[str, str]:
    """The tasks of a form that are not its division's any more -> who answers for them, "" for those withdrawn."""
    return {key: answers.get(key, "") for key in issued() if key not in own}


def _figure_before(
    office: Office, round_: Round, standing: Standing
) -> Callable[[str], tuple[Round, Decimal] | None]:
    """The last figure of a row of 指标 before a round."""
    earlier = _rounds_before(office, round_)

    def before(key: str) -> tuple[Round, Decimal] | None:
        found = ((r, parse_figure(standing.get((key, r.key), ""))) for r in reversed(earlier))
        return next(((r, value) for r, value in found if value is not None), None)

    return before


def _round_before(office: Office, round_: Round, tasks: Iterable[Task], standing: Standing) -> Mapping[str, str]:
    """Each task's text of the latest earlier round of the same kind."""
    if not standing:
        return {}
    earlier = _rounds_before(office, round_)
    return {t.key: standing.get((t.key, earlier[-1].key), "") for t in tasks} if earlier else {}


def _rounds_before(office: Office, round_: Round) -> list[Round]:
    order = in_order(r for r in office.rounds if r.kind is round_.kind)
    return order[: [r.key for r in order].index(round_.key)]


def _no_form(reading: Reading) -> Finding:
    found: list[str] = []
    for grid in reading.grids:
        if not grid.hidden:
            texts = (v.strip()[:20] for cells in grid.rows.values() for v in cells.values() if isinstance(v, str))
            begins = [t for t in texts if t][:3]
            found.append(tr("{sheet}（{begins}）", sheet=grid.name, begins=tuple(begins) or tr("空表")))
    while len(found) > 1 and len(listed("；", found)) > _SHOWN_SHEETS:
        found.pop()
    return finding("no_form", found=listed("；", found) if found else tr("没有工作表"))
