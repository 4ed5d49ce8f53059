"""Whatever people and divisions do in whatever order: properties of the books, over real workbooks in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.arrivals import Arrival
from toolkit.ledger import Ledger
from toolkit.master import schema
from toolkit.master.build import build_master
from toolkit.master.edits import WorkbookSource, apply_edits
from toolkit.master.read import Master, read_master
from toolkit.master.schema import Sheet
from toolkit.model import Division, Office, Round, Task, Verdict, digest
from toolkit.returns.review import Review
from toolkit.xlsx import Workbook, cell_name

ZONE = ZoneInfo("Asia/Shanghai")
ROUND = Round("2023Q1", "第一季度", date(2023, 4, 5))
TASKS = (
    Task("2023-01", 1, True, "类", "甲事。", None, "张三", "甲处"),
    Task("2023-02", 2, True, "类", "乙事。", None, "张三", "甲处"),
    Task("2023-03", 3, True, "类", "丙事。", None, "李四", "乙处"),
)
OWNERS = {t.key: t.division for t in TASKS}
HEADER = "第一季度完成情况"


@cache
def blank() -> bytes:
    office = Office("市某局", 2023, "Asia/Shanghai", TASKS, (ROUND,), (Division("甲处"), Division("乙处")))
    return build_master(office, title="方案", issuer="办公室")


@dataclass
class Desk:
    """A master in memory, edited by the program and by a person."""

    data: bytes = field(default_factory=blank)
    clock: datetime = datetime(2023, 4, 1, 9, tzinfo=ZONE)
    sent: int = 0

    @property
    def master(self) -> Master:
        return read_master(WorkbookSource(Workbook.from_bytes(self.data)))

    def texts(self) -> dict[str, str]:
        return {t: text for (t, _), text in self.master.status.items()}

    def run(self, returns: Sequence[tuple[str, Mapping[str, str], str]]) -> None:
        """One collect run over files given as (division, texts, name)."""
        master = self.master
        ledger = Ledger(master, self.clock)
        for division, texts, name in returns:
            owed = [t for t in OWNERS if OWNERS[t] == division]
            sha = hashlib.sha256(f"{division}{sorted(texts.items())}{name}".encode()).hexdigest()
            arrival = Arrival(name, f"inbox/{name}", sha, f"archive/{sha}", self.clock)
            if ledger.register.recorded(arrival) is None:
                missing = tuple(t for t in owed if t not in texts)
                ledger.file(arrival, Review(division, ROUND, (), dict(texts), missing))
        workbook = Workbook.from_bytes(self.data)
        apply_edits(workbook, master.layouts, ledger.edits())
        self.data = workbook.to_bytes()
        self.clock += timedelta(hours=1)

    def person(self, task: str, text: str) -> None:
        layout = self.master.layouts[Sheet.TASKS]
        column = layout.column(HEADER)
        assert column
        workbook = Workbook.from_bytes(self.data)
        workbook.sheet(layout.sheet).set(cell_name(layout.rows[task], column), text or None)
        self.data = workbook.to_bytes()


texts = st.sampled_from(["", "甲", "乙", "丙", "丁"])
filled = st.sampled_from(["甲", "乙", "丙", "丁"])
task_keys = st.sampled_from([t.key for t in TASKS])


@st.composite
def a_return(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    division = draw(st.sampled_from(["甲处", "乙处"]))
    owed = [t for t in OWNERS if OWNERS[t] == division]
    chosen = draw(st.lists(st.sampled_from(owed), min_size=1, unique=True))
    return division, {t: draw(filled) for t in chosen}


plays = st.lists(
    st.one_of(
        st.tuples(st.just("return"), a_return()),
        st.tuples(st.just("person"), st.tuples(task_keys, texts)),
    ),
    max_size=7,
)
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(plays)
def test_no_edit_by_hand_is_overwritten_and_no_return_is_lost(play: list[tuple[str, tuple[str, object]]]) -> None:
    desk = Desk()
    by_hand: dict[str, str] = {}
    written: dict[str, str] = {}  # what the program last put there
    sent: list[str] = []
    for kind, what in play:
        if kind == "person":
            task, text = what
            assert isinstance(text, str)
            by_hand[task] = text
            if text == written.get(task, ""):
                del by_hand[task]  # as if nobody had touched it
            desk.person(task, text)
        else:
            division, returned = what
            assert isinstance(returned, dict)
            before = desk.texts()
            name = f"{len(sent)}.xlsx"
            desk.run([(division, returned, name)])
            sent.append(name)
            after = desk.texts()
            for task, text in after.items():
                if task in by_hand:
                    if returned.get(task) == by_hand[task]:
                        del by_hand[task]  # the division says the same: from now on it may say more
                        written[task] = text
                    else:
                        assert text == by_hand[task], "an edit by hand was overwritten"
                elif task in returned:
                    assert text == returned[task]
                    written[task] = text
                else:
                    assert text == before[task]
            open_conflicts = [i for i in desk.master.items if i.key.startswith("conflict:") and not i.result]
            assert len({i.key.rsplit(":", 1)[0] for i in open_conflicts}) == len(open_conflicts)
        settled = desk.data
        desk.run([])
        assert desk.data == settled, "a run over nothing changed something"
    assert [r.name for r in desk.master.receipts] == sent
    # What the division said last and the master does not show stands on 待处理, or the person made it so later.
    last = {t: text for kind, what in play if kind == "return" for t, text in what[1].items()}  # type: ignore[union-attr]
    asked = {i.key for i in desk.master.items}
    for task, text in last.items():
        if task not in by_hand and desk.texts().get(task, "") != text:
            assert f"conflict:{task}:{ROUND.key}:{digest(text)}" in asked


@slow
@given(st.lists(a_return(), min_size=1, max_size=5))
def test_merging_is_idempotent(returns: list[tuple[str, dict[str, str]]]) -> None:
    files = [(d, t, f"{i}.xlsx") for i, (d, t) in enumerate(returns)]
    desk = Desk()
    desk.run(files)
    once = desk.data
    desk.run(files)
    assert desk.data == once
    singly = Desk()
    for f in files:
        singly.run([f])
        singly.clock -= timedelta(hours=1)
    assert singly.texts() == desk.texts()


@slow
@given(
    st.permutations([("甲处", {"2023-01": "甲", "2023-02": "乙"}), ("乙处", {"2023-03": "丙"})]),
    st.dictionaries(task_keys, filled, max_size=2),
)
def test_the_order_of_independent_returns_does_not_matter(
    returns: list[tuple[str, dict[str, str]]], edits: dict[str, str]
) -> None:
    def after(order: Sequence[tuple[str, dict[str, str]]]) -> tuple[object, ...]:
        desk = Desk()
        for task, text in edits.items():
            desk.person(task, text)
        for division, returned in order:
            desk.run([(division, returned, f"{division}.xlsx")])
        master = desk.master
        found = {(r.name, r.verdict, tuple(w.digest for w in r.written)) for r in master.receipts}
        return desk.texts(), dict(master.states), frozenset(found), {i.key for i in master.items}

    assert after(returns) == after(list(reversed(returns)))


def test_the_header_is_the_schema_s() -> None:
    assert schema.round_columns(ROUND.name)[0].header == HEADER


def take_back(desk: Desk, nos: Sequence[int], held: Mapping[int, Mapping[str, str]]) -> None:
    """A person puts 不处理 against some files, and the program carries it out in one run."""
    layout = desk.master.layouts[Sheet.RECEIPTS]
    column = layout.column("结论")
    assert column
    workbook = Workbook.from_bytes(desk.data)
    for no in nos:
        workbook.sheet(layout.sheet).set(cell_name(layout.rows[str(no)], column), Verdict.IGNORED.label)
    desk.data = workbook.to_bytes()
    master = desk.master
    ledger = Ledger(master, desk.clock)
    decisions = ledger.decisions()
    assert [i.no for i in decisions] == sorted(nos)
    for item in decisions:
        (receipt,) = (r for r in ledger.register if r.no == item.no)
        others = ledger.taking_back.holders(receipt)
        ledger.taking_back.carry_out(receipt, {t: held[r.no][t] for t, r in others.items() if r is not None}, {}, "now")
    workbook = Workbook.from_bytes(desk.data)
    apply_edits(workbook, master.layouts, ledger.edits())
    desk.data = workbook.to_bytes()


@slow
@given(st.lists(a_return(), min_size=1, max_size=5), st.data())
def test_what_is_taken_back_is_as_if_it_had_never_come(
    returns: list[tuple[str, dict[str, str]]], data: st.DataObject
) -> None:
    desk, without = Desk(), Desk()
    order = data.draw(st.permutations(range(1, len(returns) + 1)))
    gone = order[: data.draw(st.integers(1, len(order)))]
    for no, (division, returned) in enumerate(returns, start=1):
        desk.run([(division, returned, f"{no}.xlsx")])
        if no not in gone:
            without.run([(division, returned, f"{no}.xlsx")])
        desk.clock = without.clock = datetime(2023, 4, 1, 9, tzinfo=ZONE) + no * timedelta(hours=30)
    held = {no: returned for no, (_, returned) in enumerate(returns, start=1)}
    cut = data.draw(st.integers(0, len(gone)))
    for some in filter(None, (gone[:cut], gone[cut:])):
        take_back(desk, some, held)
    ours, theirs = desk.master, without.master
    assert ours.status == theirs.status
    assert ours.states == theirs.states
    assert {k: v or None for k, v in ours.tracker.items()} == {k: v or None for k, v in theirs.tracker.items()}
    settled = desk.data
    desk.run([])
    assert desk.master.status == ours.status
    assert desk.data == settled
