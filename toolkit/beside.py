"""What comes beside reports: letters that came along, signed pages that came later, forms that nobody filled in.

Such a file is kept and asks for nothing, but only where it can be nothing else: a report in prose, a scan of the next
report and a request are for a person to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from toolkit.arrivals import Arrival
from toolkit.intake.deliveries import PAGES
from toolkit.intake.letter import INSIDE, own_words, words_of
from toolkit.intake.mailfile import FORWARDED, QUOTED
from toolkit.intake.members import MailFacts
from toolkit.language import tr
from toolkit.ledger import Ledger, Outcome
from toolkit.model import Finding, Office, Verdict, digest
from toolkit.returns.findings import finding, verdict_of
from toolkit.returns.formats.sniff import sniff
from toolkit.returns.known import known
from toolkit.returns.review import Review
from toolkit.returns.wording import shorten

Reports = Mapping[str, Collection[tuple[str, str]]]
"""Container -> division and round key of each report that came in it."""

_END = r"[\W\d_]*(?:\.\w{2,5})?$"
_SIGNED = re.compile(rf"(?:签[字批章]|审[批定])(?:页|表|单|件)?{_END}")
_LETTER = re.compile(rf"(?:函|佐证|佐证材料|封面|证明|照片|备注|说明){_END}")
_TELLS = re.compile(r"完成|进展|落实|推进|工作情况")  # 工作推进情况说明 may be the report
_ASKS = re.compile(r"更正|有误|错误|延期|推迟|撤回|作废|修改|改为|暂缓|批准|申请|不报|重[新报]")
_MATTERS = re.compile(
    r"为准|更正|补报|撤回|作废|暂(?:报|按|缺|未|定)|待?核实|尚未|延期|推迟|缓几?天|有误|错误|重[新报]|请(?:勿|不要|忽略)|不含|除外"
    r"|[写填打算报发]错|漏[报填写了]|应(?:该)?[为是]|改(?:一下|成|为)|帮(?:忙|我们?)?.{0,3}改[一成为]?|初稿|草稿|征求|先(?:不要|别|看)|不要用|不算|退回"
    r"|(?:还没|尚未|没有|未经|未曾).{0,6}(?:审|定下|签)|等.{0,8}(?:定|审|签)|[按当]\d[\d.]*\D{0,2}[算计报]|请问|[?？]"
    r"|没定|不准|最终|别[录用收]|弄反|反了|假的|偏[大小高低]|酌[减增]|其实|再报|更新|以后者"
)
"""What a division writes beside its report and somebody must know of, not that it sends it."""
_POLITE = re.compile(r"如有(?:错误|不妥|问题|疑问|不对|遗漏)|https?://\S+")
_QUESTION = re.compile(r"[?？]|请问|怎么|如何|是否|[吗呢]|不清楚|不明白|不会填")
_WANTS = re.compile(r"能否|可否|能不能|宽限|移交|没有.{0,6}报|无.{0,4}报|打不开|空白|重发")
_BACK = re.compile(r"改回|恢复|原来|原先|仍[以按]|之前|以前|上次")
_EARLY = timedelta(days=20)
"""How long before a due date what a division sends may be its report."""


def reports_in(outcomes: Iterable[Outcome]) -> Reports:
    """The reports among the files of a run, by what they came in."""
    found: dict[str, set[tuple[str, str]]] = {}
    for o in outcomes:
        if o.receipt.division and o.receipt.verdict is not Verdict.HELD:
            container = o.arrival.path.rpartition("!")[0]
            found.setdefault(container, set()).add((o.receipt.division, o.receipt.round))
    return found


def with_words(review: Review, mail: MailFacts | None) -> Review:
    """The review of a report, or of what may be one, with what its mail says beside it that may change what it says."""
    nobodys = review.division is None and review.proposal is None
    if mail is None or mail.automatic or nobodys or review.blank:
        return review
    words = _said(mail)
    if not _MATTERS.search(_POLITE.sub("", words)):
        return review
    return replace(review, findings=(*review.findings, finding("mail_words", text=shorten(words, 80))))


def _said(mail: MailFacts | None) -> str:
    """What somebody wrote in a mail beside what came in it, as far as it can be told."""
    words = words_of(mail.body) if mail is not None else ""
    return "" if words == INSIDE else words


def _wants_an_answer(words: str) -> bool:
    """Whether a mail's words ask or tell something that somebody must read."""
    bare = _POLITE.sub("", words)
    return any(p.search(bare) for p in (_QUESTION, _MATTERS, _ASKS, _WANTS))


def question_beside(arrival: Arrival, mail: MailFacts | None, owner: str | None) -> Finding | None:
    """What a mail says beside an empty form, where somebody must read it.  `owner`: whose address it came from."""
    words = _said(mail)
    if not words or (owner is not None and not _wants_an_answer(words)):
        return None
    return finding("letter_with_blank", division=owner or arrival.sender, text=shorten(words, 120))


def may_be_beside(arrival: Arrival, data: bytes, review: Review) -> bool:
    """Whether a file may be a letter, a page or an empty form, so that it is looked at when the run's reports are
    known."""
    quoted = arrival.name in (FORWARDED, QUOTED)
    return quoted or review.blank or _is_letter(arrival, review) or _is_page(arrival, data, review)


class Beside:
    """Tells what is kept beside the reports of one office.

    `owner`: whose address a file came from.  `own`: whether a mail is one of the office's.
    """

    def __init__(
        self, office: Office, ledger: Ledger, owner: Callable[[Arrival], str | None], own: Callable[[MailFacts], bool]
    ) -> None:
        self._office, self._ledger, self._owner, self._own = office, ledger, owner, own
        self._addresses_known = any(d.mail for d in office.divisions)

    def review(
        self, arrival: Arrival, data: bytes, mail: MailFacts | None, review: Review, reports: Reports
    ) -> Review:
        """The review, or that of a file which is kept.  `mail`: that the file came in."""
        if arrival.name in (FORWARDED, QUOTED):
            return self._quoted(arrival, mail, review)
        if review.blank:
            return self._blank(arrival, mail, review) or review
        if _is_page(arrival, data, review) and (behind := self._page_behind(arrival, data, mail)):
            return behind
        if _is_letter(arrival, review) and self._came_with(arrival, reports):
            return Review(None, None, (finding("beside_a_form"),), {})
        return review

    def _blank(self, arrival: Arrival, mail: MailFacts | None, review: Review) -> Review | None:
        """An empty form that a bounce or a receipt quotes, that came from nobody of the office's, with a question, or
        beside the filled one; None where it was sent for a report."""
        if mail is not None and (mail.bounce or mail.automatic):
            return Review(None, None, (finding("in_a_bounce"),), {})
        if mail is not None and self._own(mail):
            return Review(None, None, (finding("blank_came_back", sender=mail.sender),), {})
        division, round_ = review.division, review.round
        if division is None and review.proposal is not None:
            division, round_ = review.proposal[0], self._office.round(review.proposal[1])
        form = self._ledger.register.of_form(division, round_.key) if division and round_ else []
        packed = "!" in arrival.path
        together = (r for r in form if packed and (r.received, r.source) == (arrival.received, arrival.source))
        beside = next((r for r in together if r.verdict is not Verdict.IGNORED), None)
        owner = self._owner(arrival)
        if beside is None and (asked := question_beside(arrival, mail, owner)):
            return Review(None, None, (asked,), {})
        if mail is not None and beside is None and owner is None and self._addresses_known:
            return Review(None, None, (finding("blank_came_back", sender=arrival.sender),), {})
        if not division or round_ is None:
            return None
        told_of = (r for r in reversed(form) if r.verdict.accepted or any(w.digest for w in r.written))
        if (reported := next(told_of, beside)) is not None:
            told = finding("blank_form", division=division, round=round_.name, no=reported.no)
            return Review(division, round_, (told,), {})
        owed = known(self._office).owed(self._office, round_).get(division, ())
        still_open = any(not t.closed_for(round_) for t in owed)
        if still_open and verdict_of(review.findings).accepted and not review.texts:
            return Review(division, round_, (finding("blank_but_there", division=division, round=round_.name),), {})
        return None

    def _quoted(self, arrival: Arrival, mail: MailFacts | None, review: Review) -> Review:
        """A table in what a mail forwards or quotes: nothing where it was reported before and the mail does not want
        it back, else, where it is only quoted, for a person to decide."""
        words = _said(mail)
        wants = words and (_wants_an_answer(words) or _BACK.search(words))
        if review.blank:
            told = {"division": self._owner(arrival) or arrival.sender, "text": shorten(words, 120)}
            found = finding("letter_with_blank", **told) if wants else finding("quoted_blank")
            return Review(None, None, (found,), {})
        division, round_ = review.division, review.round
        if division is None or round_ is None or not review.texts:
            return review
        said = {
            (w.task, w.digest): r.no for r in self._ledger.register.of_form(division, round_.key) for w in r.written
        }  # fmt: skip
        before = [said.get((task, digest(text)), 0) for task, text in review.texts.items()]
        if all(before) and not wants:
            again = finding("quoted_again", division=division, round=round_.name, no=max(before))
            return Review(division, round_, (again,), {})
        if arrival.name == FORWARDED and not all(before):
            return review
        said_beside = tr("；来信写着“{text}”", text=shorten(words, 80)) if words else ""
        doubt = finding("quoted_table", words=said_beside, proposal=f"{division} {round_.name}")
        return Review(None, None, (*review.findings, doubt), {}, proposal=(division, round_.key))

    def _came_with(self, arrival: Arrival, reports: Reports) -> bool:
        """Whether a report came along of the division and the round that a letter's name speaks of, if of any."""
        index, container = known(self._office), arrival.path.rpartition("!")[0]
        division, round_ = index.division_in(arrival.name), index.round_in(arrival.name)
        there = (f for c, found in reports.items() if c == container or c.startswith(f"{container}!") for f in found)
        return any(division in (None, d) and (round_ is None or round_.key == r) for d, r in there)

    def _page_behind(self, arrival: Arrival, data: bytes, mail: MailFacts | None) -> Review | None:
        """A page that came alone, behind the report that it is signed for; None where it may be anything else."""
        index = known(self._office)
        named = {index.division_in(arrival.name), index.division_in(arrival.subject), self._owner(arrival)} - {None}
        if len(named) != 1 or (mail and _ASKS.search(own_words(mail.body))):
            return None
        division = str(*named)
        spoken = {r.key for r in map(index.round_in, (arrival.name, arrival.subject)) if r}
        reported = self._ledger.reports_of(division)
        likely = {key: waits for key, waits in reported.items() if spoken <= {key}}
        waiting = [key for key, waits in likely.items() if waits]
        signed = list(likely)[-1:] if _SIGNED.search(arrival.name) else []
        if len(waiting) != 1 and (waiting or not signed):
            return None
        if not spoken and self._may_report(division, reported, arrival.received.date()):
            return None
        round_ = self._office.round((waiting or signed)[0])
        assert round_ is not None
        told = finding("page_behind", kind=sniff(data, arrival.name), division=division, round=round_.name)
        return Review(division, round_, (told if waiting else finding("beside_a_form"),), {})

    def _may_report(self, division: str, reported: Collection[str], day: date) -> bool:
        """Whether a division has a report to make by now that has not come: what it sends may be that one."""
        office = self._office
        return any(
            day >= office.round_for(division, r).due - _EARLY
            for r in office.rounds
            if r.key not in reported and division in known(office).owed(office, r) and not office.exempts(division, r)
        )


def _is_letter(arrival: Arrival, review: Review) -> bool:
    """Whether a file that came with others is by its name what people put beside a report, and holds none."""
    if not review.findings or any(f.code not in ("no_form", "not_a_table") for f in review.findings):
        return False
    if "!" not in arrival.path or _ASKS.search(arrival.name):
        return False
    letter = _LETTER.search(arrival.name)
    reports = letter and "说明" in letter[0] and _TELLS.search(arrival.name)
    return _SIGNED.search(arrival.name) is not None or (letter is not None and not reports)


def _is_page(arrival: Arrival, data: bytes, review: Review) -> bool:
    """Whether a file is a picture or a scan, which may be the page that a leader signed."""
    return [f.code for f in review.findings] == ["not_a_table"] and sniff(data, arrival.name) in PAGES
