"""报送情况 -> what people wrote into it, in the words that every command knows."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from toolkit.cells import FIRST_YEAR, LAST_YEAR, as_date, as_moment, as_text, as_typed
from toolkit.language import tr
from toolkit.master import rulings, schema
from toolkit.master.rows import Layout, SheetReader, placed
from toolkit.master.schema import Column, Sheet
from toolkit.master.tasks import BY_FORMULA
from toolkit.master.waiting import BY_DIVISION_SHEET, MISSING, WAITING
from toolkit.model import Office, Round, plain
from toolkit.xlsx import Value

EARLY, LATE = timedelta(days=180), timedelta(days=270)
"""How far from its due date a report may come before somebody asks whether the year is mistyped."""


@dataclass(frozen=True, slots=True)
class TrackerRows:
    """What 报送情况 says."""

    layout: Layout
    cells: Mapping[tuple[str, str], Value]  # see `Master.tracker`
    lines: Mapping[str, int]  # label above the table -> row
    names: Mapping[str, tuple[str, str | None]]  # see `Master.tracker_names`
    remarks: tuple[str, ...]
    words: Mapping[tuple[str, str], str]  # see `Master.tracker_words`
    within: Mapping[tuple[str, str], date]  # 延期 that stands beside the day of a paper report

    @property
    def excused(self) -> frozenset[tuple[str, str]]:
        """The forms that need not be sent: 免报."""
        return frozenset(cell for cell, value in self.cells.items() if value == schema.EXEMPT)

    @property
    def granted(self) -> dict[tuple[str, str], date]:
        """What people wrote as 延期至 2023-04-10 into 报送情况."""
        found = dict(self.within)
        for cell, value in self.cells.items():
            if isinstance(value, str) and not value.endswith(BY_DIVISION_SHEET):
                word, _, rest = plain(value).partition(schema.EXTENDED)
                until = as_date(rest) if not word and rest else None
                until = until if until is None or until.year <= LAST_YEAR else None
                if until:
                    found[cell] = until
        return found


def read_tracker(reader: SheetReader, office: Office, zone: tzinfo, begun: Set[str]) -> TrackerRows:
    """Read 报送情况.  `begun`: the rounds that something was received for; columns of others may be missing.

    Raises MasterError for a missing column.
    """
    columns = [Column(schema.TRACKER_DIVISION, 0, needed=True), Column(schema.TRACKER_LEADER, 0)]
    rounds = [Column(r.name, 0, needed=r.key in begun) for r in office.rounds]
    layout, rows = reader.sheet_rows(Sheet.TRACKER, [*columns, *rounds])
    reader.need_one(layout, rounds)
    cells: dict[tuple[str, str], Value] = {}
    remarks: list[str] = []
    places: dict[str, int] = {}
    names: dict[str, tuple[str, str | None]] = {}
    words: dict[tuple[str, str], str] = {}
    within: dict[tuple[str, str], date] = {}
    seen = bool(reader.formulas(layout.sheet))  # a source that knows of none has them nevertheless
    for r in rows:
        written = r.text(schema.TRACKER_DIVISION)
        known = office.division(written)
        name = known.name if known else written
        if not name:
            continue
        if name in names:
            names[name] = (name, names[name][1])  # of two rows of one division none is renamed
            remarks.append(
                tr(
                    "“{sheet}”里{name}有两行（第{first}行、第{second}行），只按上面一行算：下面那行写的抄到上面，再把它删去",
                    sheet=Sheet.TRACKER,
                    name=name,
                    first=places[name],
                    second=r.number,
                )
            )
            continue
        places[name] = r.number
        led = layout.column(schema.TRACKER_LEADER) and not r.formula(schema.TRACKER_LEADER)
        bare = not r.formula(schema.TRACKER_DIVISION)
        names[name] = (written if bare else name, r.text(schema.TRACKER_LEADER) if led else None)
        for round_ in office.rounds:
            value = r.raw(round_.name)
            formula = r.formula(round_.name)
            if MISSING in formula or layout.column(round_.name) is None or (value is None and not seen):
                cells[name, round_.key] = None
                continue
            if value is None and not formula:
                value = ""
            elif formula:  # a person's own, whatever it shows
                words[name, round_.key] = BY_FORMULA
                value = value if as_moment(value, zone) else BY_FORMULA
            elif isinstance(value, str):
                words[name, round_.key] = value
                value, until = _ruling(value, round_, r.where(round_.name), zone, remarks)
                if until:
                    within[name, round_.key] = until
            elif _no_day(value, r.where(round_.name), remarks):
                value = as_typed(value)
            moment = as_moment(value, zone)
            if moment is not None and not _likely(moment.date(), round_.due, office.year):
                remarks.append(
                    tr(
                        "{where}写的 {day:%Y-%m-%d} 不像{round}的报送日期，现在仍按这一天算：请核对年份",
                        where=r.where(round_.name),
                        day=moment,
                        round=round_.name,
                    )
                )
            cells[name, round_.key] = moment or value
    lines: dict[str, int] = {}
    for number, line in reader.source.rows(layout.sheet):
        if number >= layout.header_row:
            break
        lines.update({as_text(v): number for v in line.values() if isinstance(v, str)})
    last = max((r.number for r in rows), default=layout.header_row)
    return TrackerRows(placed(layout, places, last), cells, lines, names, tuple(remarks), words, within)


def _likely(day: date, due: date, year: int) -> bool:
    """Whether a report due on a day of the office's `year` may have come on this one."""
    return day.year >= year and -EARLY <= day - due <= LATE


def _no_day(value: Value, where: str, remarks: list[str]) -> bool:
    """Whether a cell of 报送情况 holds a number where a day should stand: 7.4; it is told."""
    day = as_date(value)
    if value is None or isinstance(value, str) or (day is not None and day.year >= FIRST_YEAR):
        return False
    remarks.append(
        tr(
            "{where}写的“{value}”是个数，不是日期，没有照办：在这一格写 2023-04-04 这样的日期",
            where=where,
            value=as_typed(value),
        )
    )
    return True


def _ruling(text: str, round_: Round, where: str, zone: tzinfo, remarks: list[str]) -> tuple[Value, date | None]:
    """What a person's words in 报送情况 mean, in the words that every command knows, and the 延期 beside a day."""
    moment = as_moment(text, zone)
    said = rulings.Said(moment.date(), shown=False) if moment else rulings.read(text, round_.due)
    told = {"where": where, "value": text.strip()}
    if said is None and text[:1] in rulings.NOTED and text.strip() not in WAITING:
        remarks.append(
            tr(
                "{where}写的“{value}”在程序的字后面加了字，这一格不再变，收到报送也不变。"
                "要记的写成批注，再把这一格清空",
                **told,
            )
        )
    if said is None:
        return text, None
    if said.value is None:
        remarks.append(
            tr(
                "{where}写的“{value}”看不懂，没有照办。"
                "能写的是：{exempt}、{extended} 2023-04-10、收到纸质报送的日期",
                exempt=schema.EXEMPT,
                extended=schema.EXTENDED,
                **told,
            )
        )
        return text, None
    if isinstance(said.value, date) and said.until and not said.shown:
        remarks.append(
            tr(
                "{where}写的“{value}”按 {moment:%Y-%m-%d} 收到、延期至 {until:%Y-%m-%d} 算，"
                "表里的颜色和个数等 annex2 collect 改写这一格以后才算它",
                moment=said.value,
                until=said.until,
                **told,
            )
        )
    elif isinstance(said.value, date) and not said.shown:  # the sheet's own colours know real dates only
        remarks.append(
            tr(
                "{where}写的“{value}”是文字，不是日期：这里按 {moment:%Y-%m-%d} 收到算，"
                "表里的颜色和个数却不算它。在这一格重新键入 {moment:%Y-%m-%d}",
                moment=said.value,
                **told,
            )
        )
    elif not said.shown:
        remarks.append(
            tr(
                "{where}写的“{value}”按“{meant}”算，表里的颜色和个数却不认。在这一格改写成 {meant}",
                meant=said.value,
                **told,
            )
        )
    if isinstance(said.value, date):
        return moment or datetime(said.value.year, said.value.month, said.value.day, tzinfo=zone), said.until
    return said.value, None
