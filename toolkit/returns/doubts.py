"""Why a form that says whose report of which round it is may yet be another one.  Pure.

Another division's file, the last quarter's form, or the next one's: what stands in the master, what is awaited and what
the texts themselves tell of speak against it, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from toolkit.language import listed, tr
from toolkit.model import Finding, Office, Round, RoundKind, plain
from toolkit.plans import period_end
from toolkit.returns.filled import Table
from toolkit.returns.findings import finding
from toolkit.returns.known import Known
from toolkit.returns.recognise import Identity, Standing

_NAMES = {"file_name_differs": tr("文件名"), "sender_differs": tr("发件邮箱"), "subject_differs": tr("邮件主题")}

_SOON = 6
"""Within the last sixth of the time between two due dates, a quarter's last two weeks, the later one is reported."""


def may_be_another(
    office: Office, look: Known, identity: Identity, texts: Mapping[str, str], standing: Standing, received: datetime
) -> Finding | None:
    """Why a form that is whole may yet be another report than it says, where it would take the place of one.

    What a division has reported is not given away to a file with another division's name on it, nor to the last
    quarter's form at a time when this quarter's is awaited.  Nor is its first report what is named for another one that
    has yet to report: that one took the wrong form, and would lose its report by it; nor what stands in the next
    quarter's form while this quarter's is awaited.
    """
    division, round_ = identity.division, identity.round
    assert division is not None
    assert round_ is not None
    stands = {k: now for k in texts if (now := standing.get((k, round_.key)))}
    changed = [k for k, now in stands.items() if texts[k] != now]
    if named := _named_for_another(office, look, identity, texts, stands, standing):
        return named
    if round_.kind is RoundKind.PLAN or not texts or (stands and not changed):
        return None
    same = sorted((r for r in office.rounds if r.kind is round_.kind), key=lambda r: r.due)
    awaited = [r for r in same if _awaited(office, look, division, r, standing)]
    day, proposal = received.date(), f"{division} {round_.name}"
    if not stands and (later := _later_form(round_, same, awaited, texts, standing, day, proposal)):
        return later
    own = office.round_for(division, round_)  # which may have been given longer
    return _earlier_form(own, same, awaited, texts, stands, day, proposal)


def _awaited(office: Office, look: Known, division: str, round_: Round, standing: Standing) -> bool:
    """Whether a division still has to report a round, and has said nothing of it."""
    owed = () if office.exempts(division, round_) else look.owed(office, round_).get(division, ())
    return bool(owed) and not any(standing.get((t.key, round_.key)) for t in owed)


def _named_for_another(
    office: Office,
    look: Known,
    identity: Identity,
    texts: Mapping[str, str],
    stands: Mapping[str, str],
    standing: Standing,
) -> Finding | None:
    """Whether a form bears another division's name outside, and may be that one's report in the wrong form."""
    division, round_ = identity.division, identity.round
    assert division is not None
    assert round_ is not None
    proposal, n = f"{division} {round_.name}", sum(texts[k] != now for k, now in stands.items())
    for f in identity.findings:
        named = str(f.message.values.get("owner" if f.code == "sender_differs" else "found", ""))
        if f.code not in _NAMES or (other := office.division(named)) is None or other.name == division:
            continue
        told = {"place": _NAMES[f.code], "found": other.name, "actual": division, "round": round_.name}
        if n:
            return finding("named_for_another", n=n, proposal=proposal, **told)
        theirs = look.owed(office, round_).get(other.name, ())
        owes = theirs and not any(standing.get((t.key, round_.key)) for t in theirs)
        if owes and f.code != "sender_differs" and len(stands) < len(texts):
            return finding("named_for_one_who_owes", proposal=proposal, **told)
    return None


def _later_form(
    round_: Round,
    rounds: Sequence[Round],
    awaited: Collection[Round],
    texts: Mapping[str, str],
    standing: Standing,
    day: date,
    proposal: str,
) -> Finding | None:
    """Whether a first report stands in a later round's form than the one that is awaited.

    `rounds`: those of its kind, by their due dates.  So it is while that one's time has not come, above all where a
    division is reminded of what is overdue and the next form lies there already; and where its texts say so.
    """
    before = [r for r in rounds if r.due < round_.due]
    last = max((r.due for r in before if any(standing.get((key, r.key)) for key in texts)), default=date.min)
    wanted = [r for r in before if r in awaited and r.due > last]  # behind what it has reported since

    def is_asked_for(r: Round) -> bool:  # what is over and nobody has reported here is not collected here
        return day <= r.due or any(key == r.key for (_, key), text in standing.items() if text)

    if before and day < round_.due - (round_.due - before[-1].due) / _SOON:
        first = [r for r in wanted if day <= r.due] or wanted[::-1]
        earlier = next(filter(is_asked_for, first), None)
        if earlier is not None and not _speaks_of_time_between(texts, earlier, round_):
            return _instead_of(earlier, round_, tr("还没有到报它的时候"), proposal)
    for earlier in wanted:
        if (words := _names_only(texts, earlier, round_)) and is_asked_for(earlier):
            return _instead_of(earlier, round_, tr("写着“{words}”", words=words), proposal)
    return None


def _instead_of(earlier: Round, round_: Round, why: str, proposal: str) -> Finding:
    told = {"round": round_.name, "earlier": earlier.name, "due": earlier.due.isoformat()}
    return finding("later_form", why=why, proposal=proposal, **told)


def _earlier_form(
    round_: Round,
    rounds: Iterable[Round],
    awaited: Collection[Round],
    texts: Mapping[str, str],
    stands: Mapping[str, str],
    day: date,
    proposal: str,
) -> Finding | None:
    """Whether a report stands in the form of an earlier round than the one that is awaited.  `rounds`: as above."""
    changed = [k for k, now in stands.items() if texts[k] != now]
    last = round_
    for another in rounds:
        if another.due <= round_.due or day <= round_.due:
            continue
        between = another.due - last.due
        after = last.due + between / 3  # of a time that is not over yet nobody tells
        says = _names_later_time(texts, changed or texts, after, day) if another in awaited and day > after else ""
        soon = day >= another.due - between / _SOON
        if another in awaited and (says or (soon and len(changed) * 2 > len(stands))):
            why = tr("{earlier}早已到期", earlier=round_.name)
            if stands:
                why = tr("{earlier}已经报过，这份改了 {n} 项", earlier=round_.name, n=len(changed))
            if says:
                why = tr("{why}，写着“{words}”", why=why, words=says)
            return finding("earlier_form", why=why, earlier=round_.name, round=another.name, proposal=proposal)
        last = another
    return None


_AHEAD = timedelta(days=31)
"""How long before its due date a report may be made."""


def of_other_rounds(
    office: Office,
    look: Known,
    table: Table,
    identity: Identity,
    standing: Standing,
    received: datetime,
    *,
    trusted: bool,
) -> list[Finding]:
    """What a form says in columns of other rounds, but for what stands there already: a file is one round's report.

    Where that round is a later one that is awaited, and no header says that the other is reported, a person decides:
    last quarter's form to which a column was added may be the new quarter's report.
    """
    division, round_ = identity.division, identity.round
    assert division is not None
    assert round_ is not None
    found = []
    for other in table.others:
        says = {}
        for row in other.rows:
            key = (row.key if trusted else "") or next((t.key for t in look.index.exact(row.item)), "")
            says[key] = plain(row.status)
        named = [r for key in other.rounds if (r := office.round(key))]
        another = next((r for r in named if r.kind is round_.kind), None)
        columns = listed("、", dict.fromkeys(other.headers))
        if not other.rounds:  # of no round, and so of this one: where it only repeats an earlier one, it was left there
            stood = {(key, plain(text)) for (key, _), text in standing.items() if key in says}
            if n := sum(said not in stood for said in says.items()):
                found.append(finding("column_left_out", columns=columns, n=n, taken=table.taken))
            continue
        why, n = tr("没有这个节点"), len(says)
        if another is not None:
            n = sum(plain(standing.get((key, another.key), "")) != text for key, text in says.items())
            if not n:
                continue
            awaited = _awaited(office, look, division, another, standing)
            told = tr("{round}还没有收到") if awaited else tr("和台账里{round}的不同")
            why = told.with_values({"round": another.name})
            later = another.due > round_.due and received.date() >= another.due - _AHEAD
            if awaited and later and not other.certain:
                about = {"round": another.name, "actual": round_.name, "proposal": f"{division} {round_.name}"}
                found.append(finding("of_another_round", columns=columns, n=n, **about))
                continue
        found.append(finding("round_left_out", columns=columns, n=n, why=why))
    return found


_MONTHS = {"一": 3, "二": 6, "三": 9, "四": 12, "上半年": 6, "前三季度": 9, "全年": 12, "年底": 12}
_TO_DATE = re.compile(
    r"截[至止到][^，,。；;\d]{0,6}(?P<to>\d{1,2})月|(?<!\d)1月?(?:份)?[-—－–~～至到]{1,2}(?P<span>\d{1,2})月"
    r"|(?<![争划计将拟取在于到])(?P<half>上半年|前三季度)(?!前|内|计划|拟|将|力争|争取|目标|任务)"
    r"|^(?:\d+[.、．])?(?:今年|本年|\d{4}年)?第?(?P<quarter>[一二三四])季度(?!计划|将|拟|目标|力争|争取|起|前)"
)
_ANY_TIME = re.compile(r"(?P<month>\d{1,2})月|(?P<said>[一二三四](?=季度)|上半年|前三季度|全年|年底)")


def _to_date(text: str) -> Iterator[tuple[int, str]]:
    """(month, words) of each time to which a text says that it tells."""
    for m in _TO_DATE.finditer(text):
        said = m["half"] or m["quarter"]
        yield _MONTHS[said] if said else int(m["to"] or m["span"]), m[0].strip()


def _names_later_time(texts: Mapping[str, str], keys: Iterable[str], after: date, day: date) -> str:
    """The words by which a text says that it tells of a time behind `after`: 截至6月底, 上半年; "" where none does."""
    for key in keys:
        for month, words in _to_date(texts[key]):
            over = month <= day.month or day.year > after.year
            if 1 <= month <= 12 and over and after < date(after.year, month, 28):
                return words
    return ""


def _speaks_of_time_between(texts: Mapping[str, str], earlier: Round, later: Round) -> bool:
    """Whether any text speaks of a time behind the earlier round's and within the later one's."""
    first, last = period_end(earlier), period_end(later)
    months = range(first.month + 1 if first.year == last.year else 1, last.month + 1)
    spoken = (m for text in texts.values() for m in _ANY_TIME.finditer(text))
    return any((int(m["month"]) if m["month"] else _MONTHS[m["said"]]) in months for m in spoken)


def _names_only(texts: Mapping[str, str], earlier: Round, later: Round) -> str:
    """The words by which texts say that they tell of an earlier round's time; "" where none does, or any speaks of
    the later one's time as well."""
    first = period_end(earlier)
    if first.year != period_end(later).year or _speaks_of_time_between(texts, earlier, later):
        return ""
    told = (words for text in texts.values() for month, words in _to_date(text) if month == first.month)
    return next(told, "")
