"""Each file that was met is reviewed and recorded, once; what lies beside reports, when those are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from toolkit.arrivals import Arrival, Key, Noted, key_of
from toolkit.beside import Beside, may_be_beside, reports_in, with_words
from toolkit.incoming import Met
from toolkit.ledger import Ledger, Outcome
from toolkit.model import Office, Receipt, Verdict
from toolkit.returns.findings import finding
from toolkit.returns.review import Review
from toolkit.reviewer import Reviewer


class Filing:
    """What becomes of one run's files.

    `noted`: what earlier runs noted.  `filed`: hears of each file that was recorded in this run.
    """

    def __init__(
        self,
        office: Office,
        ledger: Ledger,
        reviewer: Reviewer,
        noted: Iterable[Noted],
        filed: Callable[[Met, Outcome], None] = lambda *_: None,
    ) -> None:
        self._office, self._ledger, self._reviewer, self._filed = office, ledger, reviewer, filed
        self._outcomes: dict[Key, Outcome | None] = {}  # in the order of arrival; None: put off
        self._put_off: list[tuple[Met, int]] = []
        self._doubtful: list[Met] = []
        self._versions = _Versions()
        self._first: dict[str, Arrival] = {}  # of the same bytes, by SHA-256
        for n in noted:
            self._first.setdefault(n.arrival.sha256, n.arrival)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """One for each file, in the order of arrival.  What a file wrote is the ledger's to keep."""
        return tuple(filter(None, self._outcomes.values()))

    def add(self, met: Met) -> None:
        """Take in one file, as soon as it is met."""
        key = key_of(met.arrival)
        if key in self._outcomes:
            return
        review = self._review(met)
        if review and may_be_beside(met.arrival, met.data, review):
            # An empty form is its division's last word until another comes; a page belongs to what is there.
            self._put_off.append((met, self._ledger.number() if review.blank else 0))
            self._outcomes[key] = None
        elif review and any(f.code == "later_form" for f in review.findings):
            self._doubtful.append(met)  # what it may be instead may lie beside it
            self._outcomes[key] = None
        else:
            self._file(met, review)

    def finish(self) -> None:
        """All files are met."""
        for met in self._doubtful:
            self._file(met, self._review(met))
        beside = Beside(self._office, self._ledger, self._reviewer.owner, self._reviewer.is_own)
        reports = reports_in(self.outcomes) if self._put_off else {}
        for met, no in self._put_off:
            review = self._review(met)
            self._file(met, review and beside.review(met.arrival, met.data, met.mail, review, reports), no)

    def is_known(self, arrival: Arrival) -> bool:
        """Whether the same bytes are recorded, so that nothing new stands in them."""
        return self._ledger.register.twin(arrival.sha256) is not None and self._overtaken(arrival) is None

    def _overtaken(self, arrival: Arrival) -> Receipt | None:
        """The same bytes, which wait as a stranger sent them, where they come from a division's address now."""
        twin = self._ledger.register.twin(arrival.sha256)
        if twin is None or twin.verdict is not Verdict.HELD or not self._reviewer.owner(arrival):
            return None
        before = self._first.get(arrival.sha256)
        return twin if before and before.sender and not self._reviewer.owner(before) else None

    def _review(self, met: Met) -> Review | None:
        """What stands in a file; None for one that is recorded already."""
        if self._ledger.register.met_before(met.arrival) is not None:
            return None
        if met.explained is not None or self.is_known(met.arrival):
            return Review(None, None, met.explained or (), {})
        assert met.reading is not None
        review = self._reviewer.review(met.arrival, met.reading, standing=self._ledger.standing)
        return with_words(review, met.mail)

    def _file(self, met: Met, review: Review | None, no: int = 0) -> None:
        key, arrival, register = key_of(met.arrival), met.arrival, self._ledger.register
        if review is None:
            known = register.met_before(arrival)
            assert known is not None
            outcome = Outcome(arrival, known, (finding("recorded", no=known.no),), new=False)
        else:
            only = self._versions.only(arrival, review)
            filed = self._ledger.file(arrival, only, instead=self._overtaken(arrival), no=no)
            outcome = replace(filed, receipt=replace(filed.receipt, written=()))
            self._filed(met, outcome)
        self._outcomes[key] = outcome
        self._first.setdefault(arrival.sha256, arrival)


class _Versions:
    """Reports that came together: of two versions of one nobody can tell which is the last."""

    def __init__(self) -> None:
        # (container, received, division, round) -> name, texts and figures of the first file that reported it
        self._first: dict[tuple[object, ...], tuple[str, Mapping[str, str]]] = {}

    def only(self, arrival: Arrival, review: Review) -> Review:
        """The review; held where another version of the report lay beside it."""
        container, packed, _ = arrival.path.partition("!")
        if not (packed and review.division and review.round and review.texts):
            return review
        form = (container, arrival.received, review.division, review.round.key)
        says = {**review.texts, **review.figures}
        other, before = self._first.setdefault(form, (arrival.name, says))
        changed = [key for key, text in says.items() if before.get(key, text) != text]
        if not changed:
            return review
        proposal = f"{review.division} {review.round.name}"
        doubt = finding("two_versions", n=len(changed), other=other, proposal=proposal)
        return Review(None, None, (*review.findings, doubt), {}, proposal=(review.division, review.round.key))
