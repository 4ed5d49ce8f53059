"""Whose report of which round a returned file says it is, from all evidence (design §6).  Pure.

Stamp, title, content, the sheet's name, file name, subject and sender are weighed; agreement is accepted, contradiction
held with the evidence listed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from toolkit.forms.stamp import Stamp, keys_digest, read_stamp
from toolkit.language import listed, tr
from toolkit.model import Finding, Office, Round, RoundKind, plain
from toolkit.returns.filled import Table
from toolkit.returns.findings import finding
from toolkit.returns.grid import Reading
from toolkit.returns.known import Known, known
from toolkit.returns.match import FormRow
from toolkit.returns.wording import fold as folded

STAMP, TITLE, HEADER, CONTENT, SHEET = tr("身份标记"), tr("标题"), tr("表头"), tr("内容"), tr("工作表名")
FILE, SUBJECT, SENDER = tr("文件名"), tr("邮件主题"), tr("发件人")
ROUND, DIVISION, YEAR = tr("节点"), tr("处室"), tr("年度")

_REPLY = re.compile(r"^\s*(?:回复|答复|转发|re|fw|fwd)\s*[:：]", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\d.])(20\d{2})(?!\d|\.\d)|(?<!\d)(\d{2})年(?!\d{1,2}月)")
_DATED = re.compile(r"20\d{2}(?:年\d{1,2}月(?:\d{1,2}日?)?|[-./_]\d{1,2}(?:[-./_]\d{1,2})?)")
_CHINESE_YEAR = re.compile(r"(?<![一二三四五六七八九〇零○])((?:[一二三四五六七八九〇零○]{2}){1,2})年")
_CHINESE_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_ORGANISATION = re.compile(r"^[^0-9，。、（）()]{1,18}?(?:管理局|局|厅|委员会|街道办事处|人民政府)")
_PLANNED = re.compile(r"任务|目标|计划|要点|清单|台账")
_REPORTED = re.compile(r"情况|进展|进度|汇报|报送|总结")
_OWN = ("局", "市局", "我局", "本局", "区局", "县局")


@dataclass(frozen=True, slots=True)
class Post:
    """What is known of the mail that brought a file."""

    sender: str = ""
    division: str | None = None  # that the address belongs to
    also: tuple[str, ...] = ()  # the other divisions that it belongs to as well
    addresses_known: bool = False  # the office has addresses in 处室
    subject: str = ""
    day: date = date.max  # on which it came


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose report of which round a file is; None where that is not certain."""

    division: str | None
    round: Round | None
    findings: tuple[Finding, ...]
    proposal: tuple[str, str] | None = None  # (division, round key) if a person accepts a held file


T = TypeVar("T")


def _joined(tables: Sequence[Table]) -> Table:
    """Several tables that are parts, or copies, of one."""
    rows = list(tables[0].rows)
    for number, other in enumerate(tables[1:], 1):
        have = {(r.item, r.status) for r in rows}
        rows += [r._replace(table=number * 1000 + r.table) for r in other.rows if (r.item, r.status) not in have]
    approver = next((t.approver for t in tables if t.approver), "")
    approved_on = next((t.approved_on for t in tables if t.approved_on), "")
    return replace(
        tables[0],
        rows=tuple(rows),
        approver=approver,
        approved_on=approved_on,
        asides=_of_all(t.asides for t in tables),
        comments=_of_all(t.comments for t in tables),
        unseen=_of_all(t.unseen for t in tables),
        others=_of_all(t.others for t in tables),
    )


def _of_all(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(one for part in parts for one in part))


Standing = Mapping[tuple[str, str], str]
"""(task key, round key) -> the text that stands in the master."""


def pick(
    office: Office,
    tables: Sequence[Table],
    forced: tuple[str, str] | None,
    standing: Standing = {},  # noqa: B006  never written
) -> Table | Finding:
    """The filled table of a file; several are taken together where they are of one form, else a person
    must tell them apart.  A sheet of an earlier round that says what stands already is none of them.
    """
    filled = [t for t in tables if t.filled]
    if len(filled) < 2:
        return _signed_beside(filled[0], tables) if filled else tables[0]
    look = known(office)
    claims = [_claim(look, t) for t in filled]
    names = {r.key: r.name for r in office.rounds}
    shown = []
    for t, (r, d, y) in zip(filled, claims, strict=True):
        year = tr("{year}年", year=y) if y and y != office.year else ""
        claimed = [x for x in (d, year, names.get(r or "", "")) if x]
        title = listed("，", claimed) if claimed else tr("没有标题")
        shown.append(tr("{sheet}（{title}）", sheet=t.sheet, title=title))
    if forced is not None:
        fits = [_agree((c, (forced[1], forced[0], None))) for c in claims]
        if any(fits):
            left = [
                name
                for name, t, c, fit in zip(shown, filled, claims, fits, strict=True)
                if not fit and not _stands(look, t, c[0], standing)
            ]
            fitting = [t for t, fit in zip(filled, fits, strict=True) if fit]
            return replace(_joined(fitting), left=tuple(left))
    elif _agree(claims):
        return _joined(filled)
    else:
        both = zip(filled, claims, strict=True)
        fresh = [(t, claim) for t, claim in both if not _stands(look, t, claim[0], standing)]
        if fresh and len(fresh) < len(filled) and _agree(claim for _, claim in fresh):
            return _joined([t for t, _ in fresh])
    return finding("several_forms", n=len(filled), sheets=tuple(shown))


def _signed_beside(table: Table, tables: Sequence[Table]) -> Table:
    """The only filled table, with who approves it where that stands in the form beside it, which was left empty."""
    signed = next((t for t in tables if t.approver), None)
    if table.approver or signed is None:
        return table
    return replace(table, approver=signed.approver, approved_on=table.approved_on or signed.approved_on)


_Claim = tuple[str | None, str | None, int | None]


def _claim(look: Known, table: Table) -> _Claim:
    """(round key, division, year) that a table states."""
    round_ = look.round_in(table.title) or look.round_in(_sheet_name(table.sheet))
    owners = _owners(look.leads, look, table.rows, keys=False)
    division = look.division_in(table.title) or (owners.pop() if len(owners) == 1 else look.division_in(table.sheet))
    years = _years(table.title, look.year)
    return (round_.key if round_ else None, division, look.year if look.year in years else next(iter(years), None))


def _agree(claims: Iterable[_Claim]) -> bool:
    claims = tuple(claims)
    return all(len({c[i] for c in claims if c[i]}) < 2 for i in range(3))


def _stands(look: Known, table: Table, round_key: str | None, standing: Standing) -> bool:
    """Whether all that a table says of its round is what the master has."""
    said = [(t.key, r.status) for r in table.rows if r.status for t in look.index.exact(r.item)[:1]]
    return bool(round_key and said) and all(standing.get((key, str(round_key))) == text for key, text in said)


def identify(
    office: Office,
    stamps: Sequence[Stamp],
    table: Table,
    file_name: str,
    forced: tuple[str, str] | None,
    post: Post = Post(),
    standing: Standing = {},  # noqa: B006  never written
) -> Identity:
    """Weigh the evidence.  `stamps`: see `stamps_of`; `forced`: a person's decision (division, round key) on a held
    file."""
    if forced is not None:
        return Identity(forced[0], office.round(forced[1]), ())
    look = known(office)
    stamp = _stamp(look, stamps, table)
    case = _Case(office, look, stamp, table, file_name, post)
    if stamp is not None and not stamp.genuine:
        case.findings.append(finding("stamp_not_genuine"))
    if stamp is None:
        case.findings.append(finding("no_stamp"))
    other = _other_office(office, look, stamp, table.title)
    if other:
        return Identity(None, None, (*case.findings, finding("other_office", found=other, ours=office.organisation)))
    years = _year_evidence(office, stamp, table, file_name)
    if years and len(set(years.values())) == 1 and office.year not in years.values():
        found = next(iter(years.values()))
        return Identity(None, None, (finding("wrong_year", found=found, year=office.year),))
    return case.decide(years, standing)


def stamps_of(reading: Reading, secret: bytes) -> tuple[Stamp, ...]:
    """The stamps that a file carries, as they were found.  Only a genuine one is of this office's own."""
    return tuple(s for line in dict.fromkeys(reading.stamps) if (s := read_stamp(line, secret)))


def issued(
    office: Office, stamps: Iterable[Stamp], table: Table, division: str, round_: Round
) -> frozenset[str]:
    """The task keys that a form listed when it went out to this division: all that stand in it, or none.

    Its stamp tells whether one was added or taken away since; rows that were sorted by their numbers are no harm.
    """
    keys = tuple(dict.fromkeys(k for r in table.rows if (k := r.key or r.former)))
    digests = (keys_digest(keys), keys_digest(sorted(keys)))
    for stamp in stamps:
        if stamp.genuine and stamp.keys in digests:
            found = office.division(stamp.division)
            if division in (found.name if found else stamp.division, office.lead_on(stamp.division, round_.due)):
                return frozenset(keys)
    return frozenset()


def _stamp(look: Known, stamps: Sequence[Stamp], table: Table) -> Stamp | None:
    """The stamp that counts: a genuine one, of several the one that says what the title says."""
    if len(stamps) < 2:
        return stamps[0] if stamps else None
    titled = look.round_in(table.title)
    return min(stamps, key=lambda s: (not s.genuine, titled is None or s.round != titled.key))


@dataclass(slots=True)
class _Case:
    office: Office
    look: Known
    stamp: Stamp | None
    table: Table
    file_name: str
    post: Post
    findings: list[Finding] = field(default_factory=list)

    def decide(self, years: Mapping[str, int], standing: Standing) -> Identity:
        rounds, divisions = self._rounds(), self._divisions()
        if self.post.division and not divisions and not self.post.also:
            divisions[SENDER] = self.post.division
        proposal = self._proposal(rounds, divisions, standing)
        held = self._contradictions(rounds, divisions, years, proposal)
        held += self._sender(divisions, proposal)
        if held:
            return Identity(None, None, (*self.findings, *held), proposal)
        round_, division = self.office.round(next(iter(rounds.values()))), next(iter(divisions.values()))
        assert round_ is not None
        if division not in self.look.reporting(self.office, round_):
            return Identity(None, None, (*self.findings, self._owes_nothing(division, round_)))
        return Identity(division, round_, tuple(self.findings), (division, round_.key))

    def _rounds(self) -> dict[str, str]:
        evidence: dict[str, str] = {}
        if self.stamp is not None and (r := self.office.round(self.stamp.round)):
            evidence[STAMP] = r.key
        if r := self._meant(self.table.title, evidence):
            evidence[TITLE] = r.key
        if r := self._meant(self.table.of_one, evidence):
            evidence[HEADER] = r.key
        if r := self._meant(_sheet_name(self.table.sheet), evidence):
            self._weigh_sheet(evidence, r)
        if r := self._meant(self.file_name, evidence):
            evidence[FILE] = r.key
        elif r := self._meant(self.post.subject, evidence):
            said = {k: v for k, v in evidence.items() if v != r.key}
            inside = self.office.round(next(iter(said.values()))) if said else None
            # A new form sent as a reply in last quarter's thread; the other way round it is last quarter's form.
            if inside and inside.due > r.due and _REPLY.match(self.post.subject):
                self.findings.append(finding("subject_differs", found=r.name, actual=inside.name))
            else:
                evidence[SUBJECT] = r.key
        alone = [r for r in self.office.rounds if r.kind is self.table.kind] if not evidence else []
        if len(alone) == 1:  # the year's only round of such a table
            evidence[CONTENT] = alone[0].key
        return evidence

    def _weigh_sheet(self, evidence: dict[str, str], named: Round) -> None:
        """A sheet's name says less than stamp and title: an earlier round's is what a reused file was left with.

        A later round's is not: somebody gave that name, and then it is stamp and title that were left.
        """
        others = {v for v in evidence.values() if v != named.key}
        inside = self.office.round(next(iter(others))) if len(others) == 1 else None
        if inside and inside.due > named.due and named.key not in evidence.values():
            self.findings.append(finding("sheet_name_differs", found=named.name, actual=inside.name))
        else:
            evidence[SHEET] = named.key

    def _meant(self, text: str, evidence: Mapping[str, str]) -> Round | None:
        """The round that a text means: of several of one quarter the one known of already, or that asks these tasks."""
        rounds = self.look.rounds_in(text)
        if len(rounds) < 2:
            return next(iter(rounds), None)
        if said := [r for r in rounds if r.key in evidence.values()]:
            return said[0]
        if self.table.kind:
            rounds = tuple(r for r in rounds if r.kind is self.table.kind) or rounds
        tasks = {t.key for row in self.table.rows for t in self.look.index.exact(row.item)}
        asked = [r for r in rounds if any(t.key in tasks for ts in self.look.owed(self.office, r).values() for t in ts)]
        return (asked or rounds)[0]

    def _divisions(self) -> dict[str, str]:
        evidence: dict[str, str] = {}
        if self.stamp is not None:
            found = self.office.division(self.stamp.division)
            evidence[STAMP] = found.name if found else self.stamp.division
        if name := self.look.division_in(self.table.title):
            evidence[TITLE] = name
        round_ = self.office.round(self.stamp.round) if self.stamp else self.look.round_in(self.table.title)
        answers = self.look.answers_for(self.office, round_)
        is_genuine = self.stamp is not None and self.stamp.genuine
        owners = _owners(answers, self.look, self.table.rows, keys=is_genuine)
        if len(owners) == 1 and not self._were_handed_on(evidence, owners, round_):
            evidence[CONTENT] = owners.pop()
        if name := self.look.division_in(self.table.sheet):
            inside = set(evidence.values())
            if CONTENT in evidence and len(evidence) > 1 and len(inside) == 1 and name not in inside:
                self.findings.append(finding("sheet_name_differs", found=name, actual=inside.pop()))
            else:
                evidence[SHEET] = name
        outside = ((FILE, self.file_name), (SUBJECT, self.post.subject))
        place, name = next(((p, n) for p, t in outside if (n := self.look.division_in(t))), ("", ""))
        inside = set(evidence.values())
        if name and len(evidence) >= 3 and CONTENT in evidence and len(inside) == 1 and name not in inside:
            # Three places in the form agree, the tasks' own texts among them: no text can go to a wrong place.
            code = "file_name_differs" if place == FILE else "subject_differs"
            self.findings.append(finding(code, found=name, actual=inside.pop()))
        elif name:
            evidence[place] = name
        return self._by_heir(evidence, round_)

    def _were_handed_on(self, evidence: Mapping[str, str], owners: Collection[str], round_: Round | None) -> bool:
        """Whether the tasks became another's after the form went out with them to the one that stamp and title name."""
        former = evidence.get(STAMP)
        if round_ is None or self.stamp is None or former is None or former != evidence.get(TITLE):
            return False
        if {former, self.office.lead_on(former, round_.due)} & set(owners):
            return False
        of_text = ((r.key, self.look.index.exact(r.item)) for r in self.table.rows)
        as_issued = all(key in {t.key for t in tasks} for key, tasks in of_text if tasks)
        return as_issued and bool(issued(self.office, (self.stamp,), self.table, former, round_))

    def _owes_nothing(self, division: str, round_: Round) -> Finding:
        """What is said of a form of a division that has nothing to report: who has its tasks since it was issued."""
        stamps = () if self.stamp is None else (self.stamp,)
        had = issued(self.office, stamps, self.table, division, round_)
        answers = self.look.answers_for(self.office, round_)
        owners = tuple(dict.fromkeys(answers[key] for r in self.table.rows if (key := r.key) in had & answers.keys()))
        if owners:
            return finding("all_handed_over", division=division, round=round_.name, successor=owners)
        return finding("owes_nothing", division=division, round=round_.name)

    def _by_heir(self, evidence: dict[str, str], round_: Round | None) -> dict[str, str]:
        """The evidence, with the division that it tells the tasks' to be in the place of those merged into it since."""
        heir = evidence.get(CONTENT)
        if heir is None or round_ is None:
            return evidence

        def now(name: str) -> str:
            return heir if self.office.lead_on(name, round_.due) == heir else name

        if former := next((d for d in evidence.values() if d != heir and now(d) == heir), None):
            self.findings.append(finding("merged_since", found=former, actual=heir))
        if self.post.division:
            self.post = replace(self.post, division=now(self.post.division))
        return {place: now(d) for place, d in evidence.items()}

    def _proposal(
        self, rounds: Mapping[str, str], divisions: Mapping[str, str], standing: Standing
    ) -> tuple[str, str] | None:
        """What is probably meant.  A title or name that was changed is new; an old form resent says nothing new.

        None for a form of a kind that no round has.
        """
        if self._no_round_of_its_kind():
            return None
        round_ = rounds.get(TITLE) or next(iter(rounds.values()), None)
        inside = {v for k, v in rounds.items() if k in (STAMP, TITLE)}
        outside = (rounds[k] for k in (FILE, SUBJECT, SHEET, HEADER) if k in rounds and rounds[k] not in inside)
        named = next(outside, None)
        if named and len(inside) == 1 and not self._repeats(inside.pop(), standing):
            round_ = named
        division = divisions.get(CONTENT) or divisions.get(TITLE) or next(iter(divisions.values()), None)
        return (division, round_) if division and round_ else None

    def _no_round_of_its_kind(self) -> bool:
        return self.table.kind is not None and all(r.kind is not self.table.kind for r in self.office.rounds)

    def _repeats(self, round_key: str, standing: Standing) -> bool:
        """Whether the form's texts are those that stand for a round already."""
        texts = {t for (_, r), t in standing.items() if r == round_key and t}
        given = [r.status for r in self.table.rows if r.status]
        return bool(given) and all(t in texts for t in given)

    def _contradictions(
        self,
        rounds: Mapping[str, str],
        divisions: Mapping[str, str],
        years: Mapping[str, int],
        proposal: tuple[str, str] | None,
    ) -> list[Finding]:
        names = {r.key: r.name for r in self.office.rounds}
        held: list[Finding] = []
        for kind, evidence, unknown in (
            (ROUND, {k: names.get(v, v) for k, v in rounds.items()}, "unknown_round"),
            (DIVISION, dict(divisions), "unknown_division"),
            (YEAR, {k: str(v) for k, v in years.items()}, ""),
        ):
            if kind is ROUND and self.table.kind and self._no_round_of_its_kind():
                held.append(finding("no_such_round", kind=self.table.kind, word=self.table.kind.value))
            elif not evidence and unknown:
                title = self.table.title or tr("无")
                seen = tr("标题“{title}”，文件名“{file}”", title=title, file=self.file_name)
                held.append(finding(unknown, evidence=seen))
            elif len(set(evidence.values())) > 1:
                told = listed("，", [tr("{place}是“{value}”", place=k, value=v) for k, v in evidence.items()])
                guess = tr("；很可能沿用了以前的表") if kind is ROUND else ""
                target = f"{proposal[0]} {names.get(proposal[1], proposal[1])}" if proposal else tr("人工指定")
                held.append(finding("identity_conflict", field=kind, evidence=told, guess=guess, proposal=target))
        return held

    def _sender(self, divisions: Mapping[str, str], proposal: tuple[str, str] | None) -> list[Finding]:
        post = self.post
        if not post.sender:
            return []
        if post.division is None:
            return [finding("unknown_sender", sender=post.sender)] if post.addresses_known else []
        theirs = (post.division, *post.also)  # as is what was merged into them
        others = {d for d in divisions.values() if d not in theirs and self.office.lead_on(d, post.day) not in theirs}
        if not others:
            return []
        said = tuple(sorted(others))
        if self.stamp is not None and self.stamp.genuine:  # whoever has the form may well send it for a colleague
            self.findings.append(finding("sender_differs", sender=post.sender, owner=post.division, actual=said))
            return []
        target = listed("，", proposal) if proposal else tr("人工指定")
        told = tr("发件人是“{sender}”，表内是“{inside}”", sender=post.division, inside=said)
        return [finding("identity_conflict", field=DIVISION, evidence=told, guess="", proposal=target)]


def _owners(answers: Mapping[str, str], look: Known, rows: Iterable[FormRow], *, keys: bool) -> set[str]:
    """The divisions that answer for the tasks whose text, or else key, the rows hold."""
    found: set[str] = set()
    for row in rows:
        tasks = look.index.exact(row.item)
        if not tasks and keys and row.key in look.index.by_key:
            tasks = (look.index.by_key[row.key],)
        if len(tasks) == 1:
            found.add(answers[tasks[0].key])
            continue
        owners = {answers[t.key] for t in tasks}
        if len(owners) == 1:  # a text that two divisions share tells nothing
            found |= owners
    return found


def _sheet_name(name: str) -> str:
    """A sheet's name as far as it may name a report: 全年工作任务 is what there is to do, not what was done."""
    if plain(name) in set(RoundKind):  # as the template names it
        return ""
    return "" if _PLANNED.search(name) and not _REPORTED.search(name) else name


def _year_evidence(office: Office, stamp: Stamp | None, table: Table, file_name: str) -> dict[str, int]:
    evidence: dict[str, int] = {}
    if stamp is not None:
        evidence[STAMP] = stamp.year
    for name, text in ((TITLE, table.title), (FILE, file_name), (SHEET, table.sheet)):
        years = _years(text, office.year)
        if years and not (name == SHEET and evidence):  # it may be left of a file that was used before
            # A text that names this year and another is of this year: 2022至2023年.
            evidence[name] = office.year if office.year in years else years[0]
    return evidence


def _years(text: str, near: int) -> list[int]:
    """The years that a text names, however written; the date on which something was done is none."""
    text = _DATED.sub(" ", "".join(unicodedata.normalize("NFKC", text).split()))
    if "年" in text:
        text = _CHINESE_YEAR.sub(lambda m: m[1].translate(_CHINESE_DIGITS) + "年", text)
    found = [(int(m[1]), 10) if m[1] else (2000 + int(m[2]), 5) for m in _YEAR.finditer(text)]
    return [y for y, far in found if abs(y - near) <= far]


def _other_office(office: Office, look: Known, stamp: Stamp | None, title: str) -> str:
    """The organisation whose form this is, if it is not ours."""
    ours = folded(office.organisation)
    if stamp is not None and not stamp.genuine and not _same_office(folded(stamp.organisation), ours):
        return stamp.organisation
    words = folded(title)
    if not ours or ours in words:
        return ""
    words = re.sub(r"^附件\d*[:：]?", "", words)
    words = re.sub(r"^[\d一二三四五六七八九〇零○]{2,4}年?度?", "", words)
    division = look.name_of_division_in(words)
    if division and not words.startswith(division):
        words = words[: words.index(division)]
    elif division:
        return ""
    m = _ORGANISATION.match(words)
    if m is None or m[0] in _OWN or _same_office(m[0], ours):
        return ""
    return m[0]


def _same_office(a: str, b: str) -> bool:
    """武汉市民政局, 市民政局 and 民政局 are one."""
    return plain(a).endswith(b) or (len(a) > 2 and b.endswith(a))
