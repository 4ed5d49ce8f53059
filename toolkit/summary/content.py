"""What the document and the page say, in words: the frames as text, joined and never rewritten.

Everything here is plain text without control characters, ready to be put into a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

import pandas as pd

from toolkit.calendar import plain_date
from toolkit.cells import after_number
from toolkit.master.read import Master
from toolkit.master.schema import CLOSED_TASK, CLOSING, EXEMPT, OPEN_TASK, SETTING_ISSUER, SETTING_TITLE
from toolkit.model import RoundKind
from toolkit.pace import tally
from toolkit.plans import Standing as Steps
from toolkit.rates import percent
from toolkit.summary import narrow
from toolkit.summary.frames import Frames, Gap, Record, rate, records, step_label
from toolkit.targets import Light
from toolkit.titles import headline, one_line

CONTEXT = {
    "title": "标题；Word 材料里超过20字的在词尾换行",
    "organisation": "单位",
    "issuer": "发文单位",
    "plan": "方案名称",
    "year": "年度",
    "date": "日期，供计算用",
    "day": "日期，如 2024年1月8日",
    "draft": "“草稿”一行，不是草稿就空着",
    "overview": "总体情况，一段一段的列表",
    "lead": "牵头任务，按类别的列表：每类有 numeral、name、entries；每项有 number、no（台账序号）、text、"
    "head 和 rest（80字以上的，第一句作标题，其余接排）、facts、note、status、steps",
    "support": "配合任务，同上",
    "rounds": "各节点的列表：每个有 name、detail（截止日期）、owed、accepted、on_time、late、completeness、"
    "timeliness、bar",
    "divisions": "各处室，同上；detail 是分管领导",
    "led": "有没有处室写了分管领导",
    "gaps": "缺报和逾期，列表，情况相同的处室合成一条：每条有 line（一句话）、division、round、gap、sentence、settled",
    "columns": "状态表的列：各节点，有销号的再加“销号状态”",
    "heads": "状态表的表头，列多了就缩短",
    "standings": "状态表的行：每行有 no、text、brief（开头60字）、division、states（文字）、marks（列多了用符号）",
    "legend": "状态表里符号的意思；没有用符号就空着",
    "targets": "指标的列表：每个有 no、indicator、division、goal、done、percent、light、pace、notes",
}
"""What the templates of the document and the page may name: the fields of `Content`."""

NUMERALS = "一二三四五六七八九十"
NOTHING = "未到期"

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # not in XML 1.0, or of no use in it


@dataclass(frozen=True, slots=True)
class Entry:
    """A task and how it was done."""

    number: int  # within its section
    no: int  # 序号 in Annex 1
    text: str
    facts: str  # who leads, who is in charge, city units
    note: str  # says which text this is, "" for the whole year's
    status: tuple[str, ...]  # 完成情况, a paragraph each; empty where there is none
    head: str  # `text` as a heading: all of it, or of a long one the first clause
    rest: str  # what of it follows the heading
    steps: str = ""  # 办理方案 and how it stands, "" where there is none


@dataclass(frozen=True, slots=True)
class Section:
    numeral: str
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table of reports, by round or by division."""

    name: str
    detail: str  # the due date, or the leader
    owed: int
    accepted: int
    on_time: int
    late: int
    completeness: str
    timeliness: str
    bar: float  # timeliness in per cent, 0 where it has none


@dataclass(frozen=True, slots=True)
class Wanting:
    """Something late or missing, of all that have it alike; what is not due yet is told by `Content.draft`."""

    division: str  # one, or several with their tasks
    round: str
    gap: str
    sentence: str  # what became of it, of one division with its tasks
    settled: bool
    line: str  # all that in one sentence


@dataclass(frozen=True, slots=True)
class Standing:
    """A task's row in the table of report states."""

    no: int
    text: str
    division: str
    states: tuple[str, ...]  # one a column of `Content.columns`: the rounds, and 销号状态 once one has it
    brief: str  # the beginning of `text`
    marks: tuple[str, ...]  # `states` as a table with so many columns shows them


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A confirmed target: done against promised, and how that stands."""

    no: str
    indicator: str
    division: str
    goal: str
    done: str
    percent: str
    light: str  # green, yellow, red or grey
    pace: str  # the sign and the words
    notes: tuple[str, ...]  # what does not fit


@dataclass(frozen=True, slots=True)
class Content:
    title: str
    organisation: str
    issuer: str
    plan: str
    year: int
    date: date
    day: str  # 2024年11月1日
    draft: str  # "" or the line that says 草稿 and what is missing
    overview: tuple[str, ...]
    lead: tuple[Section, ...]
    support: tuple[Section, ...]
    rounds: tuple[Line, ...]
    divisions: tuple[Line, ...]
    gaps: tuple[Wanting, ...]
    columns: tuple[str, ...]
    standings: tuple[Standing, ...]
    targets: tuple[TargetLine, ...]
    led: bool  # a division has a leader
    heads: tuple[str, ...]  # `columns` as a table with so many shows them
    legend: str  # what its signs mean, "" where it has none


def make_content(master: Master, frames: Frames, now: datetime) -> Content:
    office, day = master.office, now.astimezone(master.zone).date()
    progress = frames.cells[frames.cells["round"].isin(_collecting(frames))]
    columns = tuple(clean(n) for n in progress.drop_duplicates("round")["name"])
    columns += (CLOSING,) if frames.tasks["closed"].any() else ()
    awaited = set(frames.reports.loc[frames.reports["due"], "division"])  # of the others nothing is due yet
    standings = tuple(_standings(frames, progress, len(columns)))
    divisions = tuple(
        _line(r["division"], r["leader"], r, "—" if r["division"] in awaited else NOTHING)
        for r in records(frames.divisions)
    )
    return Content(
        clean(title(office.organisation, office.year)),
        clean(office.organisation),
        clean(office.settings.get(SETTING_ISSUER, "") or office.organisation),
        clean(office.settings.get(SETTING_TITLE, "")),
        office.year,
        day,
        plain_date(day),
        draft_line(frames, day),
        tuple(_overview(master, frames, day)),
        _sections(frames, starred=True),
        _sections(frames, starred=False),
        tuple(
            _line(round_name(r), plain_date(r["due_on"]), r, "—" if r["due"] else NOTHING)
            for r in records(frames.rounds.sort_values("due_on", kind="stable"))
        ),
        divisions,
        _wantings(r for r in records(frames.gaps) if r["gap"] != Gap.NOT_DUE),
        columns,
        standings,
        tuple(_target(r) for r in records(frames.targets)),
        any(line.detail for line in divisions),
        narrow.heads(columns),
        narrow.legend(columns, (s for row in standings for s in row.states)),
    )


def title(organisation: str, year: int) -> str:
    return "".join(title_parts(organisation, year))


def title_parts(organisation: str, year: int) -> tuple[str, ...]:
    """Between which a line may end."""
    return organisation, f"{year}年度", "工作目标完成情况汇总"


def file_name(year: int, ending: str) -> str:
    """2023年度工作目标完成情况汇总.xlsx"""
    return f"{year}年度工作目标完成情况汇总.{ending}"


def clean(text: object) -> str:
    """Text as it is, without what XML refuses."""
    return _CONTROL.sub("", str(text))


def round_name(record: Record) -> str:
    """第一季度; for another kind of form than Annex 2, its kind too, unless the name says it."""
    name, kind = record["name"], record["kind"]
    return name if kind == RoundKind.PROGRESS or kind in name else f"{name}（{kind}）"


def paragraphs(text: str) -> tuple[str, ...]:
    return tuple(p for p in (clean(line).strip() for line in text.splitlines()) if p)


def draft_line(frames: Frames, day: date) -> str:
    """草稿 and what is missing, or "" when the whole year is told."""
    if not frames.draft:
        return ""
    f = frames.figures
    parts = []
    if f.closing < f.closing_owed:
        parts.append(f"{f.closing_owed}项牵头任务中{f.closing_owed - f.closing}项缺全年完成情况")
    due = frames.gaps["days"] > 0  # in the time that it was given, what was returned is not overdue
    gap = frames.gaps["gap"]
    wanting = int(((gap == Gap.MISSING) | (gap == Gap.HELD) | ((gap == Gap.RETURNED) & due)).sum())
    if wanting:
        parts.append(f"{wanting}份报送逾期未报、退回未重报或待裁定")
    coming = frames.rounds[~frames.rounds["due"]]
    parts += [f"{r['name']}尚未到期（{plain_date(r['due_on'])}截止）" for r in records(coming)]
    return clean(f"草稿（截至{plain_date(day)}）：{'；'.join(parts) or '本年度没有报送节点'}。")


def gap_sentence(record: Record) -> str:
    """What stands beside a row of `Frames.gaps`."""
    return clean("，涉及".join(filter(None, (_how(record), _tasks(record)))))


def _how(record: Record) -> str:
    gap, days = record["gap"], record["days"]
    match gap:
        case Gap.LATE:
            return f"逾期{days}天报送"
        case Gap.MISSING:
            return f"至今未报，已逾期{days}天"
        case Gap.RETURNED:
            return f"退回后未重报，已逾期{days}天" if days else "退回修改，尚未重报"
        case Gap.HELD:
            return "已收到，待裁定"
        case Gap.BLANK:
            return "已报送，但完成情况有空缺"
        case _:
            return "未到期，尚未报送"


def _tasks(record: Record) -> str:
    return f"台账第{record['numbers']}项" if record["numbers"] else ""


def latest_texts(frames: Frames) -> dict[str, tuple[str, str]]:
    """task key -> (text, its note): the whole year's text, or else that of the latest round, marked as such.

    The whole year's text has the note "".
    """
    due = dict(zip(frames.rounds["round"], frames.rounds["due_on"], strict=True))
    texts: dict[str, tuple[str, str]] = {}
    filled = frames.cells[frames.cells["filled"]]
    closing = frames.cells[frames.cells["closing"]]
    wanting = dict.fromkeys(closing.loc[closing["closed"], "key"], "已销号，")
    wanting |= dict.fromkeys(closing.loc[closing["due"] & (closing["state"] == EXEMPT), "key"], "全年免报，")
    for key, cells in _by_key(filled).items():
        last = sorted(cells, key=lambda c: (c["closing"], due[c["round"]]))[-1]
        wanted = wanting.get(key, "全年情况尚缺，" if last["starred"] else "")
        texts[key] = (last["text"], "" if last["closing"] else f"{wanted}以下为{last['name']}报送的情况")
    return texts


def _by_key(frame: pd.DataFrame) -> dict[str, list[Record]]:
    """The rows of each task.  By hand: pandas takes half of a millisecond for each group that it hands out."""
    found: dict[str, list[Record]] = {}
    for record in records(frame):
        found.setdefault(record["key"], []).append(record)
    return found


def _collecting(frames: Frames) -> set[str]:
    return set(frames.rounds.loc[frames.rounds["kind"] == RoundKind.PROGRESS, "round"])


def _overview(master: Master, frames: Frames, day: date) -> Iterable[str]:
    f, office = frames.figures, master.office
    plan = office.settings.get(SETTING_TITLE, "")
    named = f"根据《{plan.strip('《》')}》，" if plan else ""
    sections = len(frames.sections)
    parted = f"分为{sections}类，" if sections > 1 or any(t.section for t in office.tasks) else ""
    yield clean(
        f"{named}{office.organisation}{office.year}年度承担目标任务{f.tasks}项，{parted}"
        f"其中牵头任务{f.starred}项、配合任务{f.supporting}项。"
    )
    if f.owed:
        late = f"，逾期{f.late}份" if f.late else ""
        missing = f"，缺报{f.missing}份" if f.missing else ""
        missing += f"，经同意延期、还没有到期的{f.waiting}份" if f.waiting else ""
        missing += f"，已报来、正在核对的{f.held}份" if f.held else ""
        yield (
            f"截至{plain_date(day)}，各处室（单位）应报送{f.owed}份，已报送{f.accepted}份，其中按时{f.on_time}份"
            f"{late}{missing}；报送完整率{percent(f.completeness, NOTHING)}，按时率{percent(f.timeliness, NOTHING)}。"
        )
    elif frames.rounds["due"].any():
        yield f"截至{plain_date(day)}，到期的节点都免报。"
    else:
        yield f"截至{plain_date(day)}，尚无到期的报送节点。"
    if f.closing_owed:
        yield f"应报全年完成情况的牵头任务{f.closing_owed}项，已报{f.closing}项。"
    if len(frames.plans):
        stand = list(frames.plans.loc[~frames.plans["closed"].astype(bool), "standing"])
        closed = len(frames.plans) - len(stand)
        open_ = "".join(f"，{s.word}{stand.count(s)}个" for s in (Steps.OVERDUE, Steps.SOON) if s in stand)
        besides = f"（已销号任务的{closed}个不计）" if closed else ""
        yield f"办理方案共{len(stand)}个步骤{besides}，已完成{stand.count(Steps.DONE)}个{open_}。"
    if len(frames.targets):
        pairs = zip(frames.targets["light"], frames.targets["counted"], strict=True)
        told = "、".join(f"{name}{n}项" for _, name, n in tally(pairs))
        odd = int(frames.targets["notes"].map(bool).sum())
        yield f"量化指标{len(frames.targets)}项：{told}{f'；数字需要核对的{odd}项' if odd else ''}。"
    if f.done or f.closed:
        said = f"任务状态为已完成、超额完成的{f.done}项" if f.done else ""
        yield "；".join(filter(None, (said, f"已办结销号{f.closed}项"))) + "。"


def _sections(frames: Frames, *, starred: bool) -> tuple[Section, ...]:
    texts = latest_texts(frames)
    plans = {key: _steps(steps) for key, steps in _by_key(frames.plans).items()}
    tasks = frames.tasks[frames.tasks["starred"] == starred]
    asked = set(frames.cells.loc[frames.cells["asked"] & frames.cells["due"], "key"])
    exempt = set(frames.cells.loc[frames.cells["due"] & (frames.cells["state"] == EXEMPT), "key"]) - asked
    missing = dict.fromkeys(asked, "尚无报送") | dict.fromkeys(exempt, EXEMPT)
    sections = []
    for number, (name, group) in enumerate(tasks.groupby("section", sort=False)):
        numeral = NUMERALS[number] if number < len(NUMERALS) else str(number + 1)
        entries = (
            _entry(n, t, *texts.get(t["key"], ("", missing.get(t["key"], ""))), plans.get(t["key"], ""))
            for n, t in enumerate(records(group), start=1)
        )
        sections.append(Section(numeral, clean(name), tuple(entries)))
    return tuple(sections)


def _steps(steps: Iterable[Record]) -> str:
    """3月31日前制定走访方案（✓ 已完成）；…"""
    told = []
    for s in steps:
        when = f"{plain_date(s['when'])}前" if isinstance(s["when"], date) else f"{s['when']}：" if s["when"] else ""
        told.append(f"{when}{s['text'].rstrip('。；;')}（{step_label(s)}）")
    return clean("；".join(told))


def _entry(number: int, task: Record, text: str, note: str, steps: str) -> Entry:
    facts = [f"台账第{task['no']}项", f"牵头处室：{task['division']}"]
    facts += [f"责任处室（单位）：{task['responsible']}"] if task["responsible"] else []
    facts += [f"分管领导：{task['leader']}"] if task["leader"] else []
    facts += [task["city_units"]] if task["city_units"] else []
    facts += [f"任务状态：{task['progress']}"] if task["progress"] else []
    if task["closed"] == CLOSED_TASK:
        facts.append(f"{plain_date(task['closed_on'])}销号" if task["closed_on"] else CLOSED_TASK)
    if not text and not note and task["starred"]:
        note = "尚无报送"
    what = after_number(one_line(clean(task["text"])))
    status = paragraphs(text)
    return Entry(number, task["no"], what, clean("；".join(facts)), clean(note), status, *headline(what), steps)


def _line(name: str, detail: str, record: Record, nothing: str) -> Line:
    timeliness = rate(record["timeliness"])
    return Line(
        clean(name),
        clean(detail),
        record["owed"],
        record["accepted"],
        record["on_time"],
        record["late"],
        percent(rate(record["completeness"]), nothing),
        percent(timeliness, nothing),
        round((timeliness or 0) * 100, 1),
    )


def _wantings(gaps: Iterable[Record]) -> tuple[Wanting, ...]:
    """Those of one round of whom the same is to say, together."""
    alike: dict[tuple[str, str], list[Record]] = {}
    for record in gaps:
        alike.setdefault((record["round"], _how(record)), []).append(record)
    return tuple(_wanting(how, group) for (_, how), group in alike.items())


def _wanting(how: str, group: Sequence[Record]) -> Wanting:
    gap, name = Gap(group[0]["gap"]), clean(group[0]["name"])
    if len(group) == 1:
        division, sentence = clean(group[0]["division"]), gap_sentence(group[0])
        line = f"{division}{name}：{sentence}"
    else:
        named = (f"{r['division']}（{tasks}）" if (tasks := _tasks(r)) else r["division"] for r in group)
        division, sentence = clean("、".join(named)), clean(how)
        line = f"{name}：{sentence}的{len(group)}个：{division}"
    return Wanting(division, name, gap, sentence, gap.settled, line)


def _target(r: Record) -> TargetLine:
    return TargetLine(
        clean(r["no"]),
        clean(r["indicator"]),
        clean(r["division"]),
        clean(r["goal"]),
        clean(r["done"]),
        clean(r["percent"]),
        Light(r["light"]).name.lower(),
        clean(f"{r['sign']} {r['pace']}"),
        tuple(clean(_named_once(n, r["indicator"])) for n in r["notes"]),
    )


def _named_once(note: str, indicator: str) -> str:
    """A note without the target's own name, which stands before it."""
    return re.sub(rf"^第\d+项“{re.escape(indicator)}”", "", note)


def _standings(frames: Frames, progress: pd.DataFrame, columns: int) -> Iterable[Standing]:
    states = {k: tuple(clean(s) for s in g["state"]) for k, g in progress.groupby("key", sort=False)}
    closing = bool(frames.tasks["closed"].any())
    for t in records(frames.tasks[frames.tasks["starred"]]):
        own = states.get(t["key"], ()) + ((clean(t["closed"]) or OPEN_TASK,) if closing else ())
        text = clean(t["text"])
        yield Standing(t["no"], text, clean(t["division"]), own, narrow.brief(text), narrow.marks(own, columns))


def template_context(content: Content) -> dict[str, object]:
    """What templates of the document and the page may name."""
    return {f.name: getattr(content, f.name) for f in fields(content)}
