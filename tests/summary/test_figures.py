"""The frames' figures, recomputed with plain loops over receipts and texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from summary.years import FLOODS, RIVERS, ROUNDS, RULINGS, SUPPLY, TASKS, ZONE, at, year
from toolkit.summary.content import draft_line, gap_sentence, make_content
from toolkit.summary.frames import Gap, make_frames, rate, records
from toolkit.tracking import Ruling, track

MOMENTS = (
    "2024-02-01 09:00",
    "2024-04-08 23:59",
    "2024-04-09 00:00",
    "2024-07-20 09:00",
    "2024-11-01 09:00",
    "2025-01-07 09:00",
    "2025-03-01 09:00",
)


def naive(now: str, *, complete: bool) -> dict[str, dict[str, list[int]]]:
    """by round, by division: [owed, accepted, on time, late] of rounds due; by section: [texts owed, texts]."""
    master, _, moment = year(now, complete=complete)
    found: dict[str, dict[str, list[int]]] = {"round": {}, "division": {}, "section": {}}
    for round_ in ROUNDS:
        due = moment.replace(tzinfo=None) >= at(f"{round_.due + timedelta(days=1)}").replace(tzinfo=None)
        for division in (SUPPLY, RIVERS, FLOODS):
            exempt = not complete and (division, round_.key) in RULINGS
            days = [
                r.received.date()
                for r in master.receipts
                if (r.division, r.round) == (division, round_.key) and r.verdict.label.startswith("接收")
            ]
            counts = [0, 0, 0, 0]
            if not exempt:
                accepted = bool(days)
                on_time = accepted and min(days) <= round_.due
                counts = [1, int(accepted), int(on_time), int(accepted and not on_time)]
            for kind, name in (("round", round_.key), ("division", division)):
                sums = found[kind].setdefault(name, [0, 0, 0, 0])
                if due or kind == "round":
                    for n in range(4):
                        sums[n] += counts[n]
            for task in TASKS:
                if task.starred and task.division == division and due and not exempt:
                    texts = found["section"].setdefault(task.section, [0, 0])
                    texts[0] += 1
                    texts[1] += bool(master.status.get((task.key, round_.key), ""))
    return found


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("now", MOMENTS)
def test_agree_with_a_naive_count(now: str, complete: bool) -> None:
    frames = make_frames(*year(now, complete=complete))
    wanted = naive(now, complete=complete)
    for kind, frame in (("round", frames.rounds), ("division", frames.divisions)):
        got = {r[kind]: [r["owed"], r["accepted"], r["on_time"], r["late"]] for r in records(frame)}
        assert got == wanted[kind]
        for r in records(frame):
            owed, accepted, on_time, _ = wanted[kind][r[kind]]
            counted = owed and (kind == "division" or r["due"])
            assert rate(r["completeness"]) == (accepted / owed if counted else None)
            assert rate(r["timeliness"]) == (on_time / owed if counted else None)
    got = {r["section"]: [r["texts_owed"], r["texts"]] for r in records(frames.sections) if r["texts_owed"]}
    assert got == wanted["section"]
    figures = frames.figures
    totals = [sum(d[n] for d in wanted["division"].values()) for n in range(4)]
    assert [figures.owed, figures.accepted, figures.on_time, figures.late] == totals
    assert figures.completeness == (totals[1] / totals[0] if totals[0] else None)
    assert figures.timeliness == (totals[2] / totals[0] if totals[0] else None)
    assert (figures.tasks, figures.starred, figures.supporting) == (12, 8, 4)


def test_rates_are_those_of_status() -> None:
    master, rounds, now = year("2025-03-01 09:00")
    frame = records(make_frames(master, rounds, now).rounds)
    assert [(r["completeness"], r["timeliness"]) for r in frame] == [(r.completeness, r.timeliness) for r in rounds]


def test_what_is_missing_or_late() -> None:
    frames = make_frames(*year("2025-01-10 09:00"))
    gaps = [(r["round"], r["division"], r["gap"], r["numbers"], r["days"]) for r in records(frames.gaps)]
    assert gaps == [
        ("2024Q1", FLOODS, Gap.LATE, "10", 3),
        ("2024Q2", RIVERS, Gap.RETURNED, "2、11", (date(2025, 1, 10) - date(2024, 7, 8)).days),
        ("2024Q3", RIVERS, Gap.LATE, "2、11", 22),
        ("2024Y", SUPPLY, Gap.BLANK, "8", 0),
    ]
    assert gap_sentence(records(frames.gaps)[0]) == "逾期3天报送，涉及台账第10项"


def test_states_beside_texts() -> None:
    cells = make_frames(*year("2025-01-10 09:00")).cells.set_index(["key", "round"])
    assert cells.loc[("2024-10", "2024Q3"), "state"] == "免报"
    assert not cells.loc[("2024-10", "2024Q3"), "asked"]
    assert cells.loc[("2024-02", "2024Q2"), "state"] == "退回"
    assert cells.loc[("2024-06", "2024Q2"), "state"] == ""  # a supporting task owes no progress
    assert cells.loc[("2024-06", "2024Q2"), "filled"]


@pytest.mark.parametrize(
    ("now", "complete", "says"),
    [
        ("2024-02-01 09:00", False, ("草稿（截至2024年2月1日）", "8项缺全年", "第一季度尚未到期（2024年4月8日截止）")),
        ("2024-11-01 09:00", False, ("8项缺全年", "1份报送逾期未报", "全年尚未到期（2025年1月8日截止）")),
        ("2025-01-10 09:00", False, ("8项牵头任务中1项缺全年",)),
        ("2025-01-10 09:00", True, ()),
    ],
)
def test_draft_says_what_is_missing(now: str, complete: bool, says: tuple[str, ...]) -> None:
    master, rounds, moment = year(now, complete=complete)
    line = draft_line(make_frames(master, rounds, moment), moment.date())
    assert bool(line) == bool(says)
    for words in says:
        assert words in line


def test_whole_year_text_or_the_latest_marked_as_such() -> None:
    master, rounds, now = year("2025-01-10 09:00")
    content = make_content(master, make_frames(master, rounds, now), now)
    entries = {e.no: e for s in content.lead for e in s.entries}
    assert list(entries) == [t.no for t in TASKS if t.starred]
    for no, entry in entries.items():
        key = f"2024-{no:02d}"
        if no == 8:  # left empty in the year's report
            assert entry.note == "全年情况尚缺，以下为第三季度报送的情况"
            assert "".join(entry.status) == master.status.get((key, "2024Q3"), "")
        else:
            assert entry.note == ""
            assert "\n".join(entry.status) == master.status.get((key, "2024Y"), "")
    supporting = {e.no: e for s in content.support for e in s.entries}
    assert list(supporting) == [5, 6, 7, 12]
    assert supporting[6].note == "以下为第二季度报送的情况"
    assert supporting[5].status == ()
    assert [s.numeral for s in content.lead] == ["一", "二"]


def test_a_supporting_round_asks_for_the_unstarred_tasks() -> None:
    frames = make_frames(*year("2025-01-10 09:00", supporting=True))
    last = records(frames.rounds)[-1]
    assert (last["kind"], last["owed"], last["accepted"]) == ("配合任务", 4, 0)
    asked = [r for r in records(frames.cells) if r["round"] == "2024P" and r["asked"]]
    assert [str(r["no"]) for r in asked] == ["5", "6", "7", "12"]
    missing = [r for r in records(frames.gaps) if r["round"] == "2024P"]
    assert {(r["gap"], r["numbers"]) for r in missing} == {(Gap.MISSING, n) for n in ("5", "6", "7", "12")}


def test_nothing_at_all() -> None:
    """A master without progress rounds, or without starred tasks, still makes frames."""
    from dataclasses import replace

    from toolkit.tracking import track

    master, _, now = year("2024-11-01 09:00")
    for office in (replace(master.office, rounds=()), replace(master.office, tasks=TASKS[4:7])):
        bare = replace(master, office=office, status={}, receipts=())
        rounds = track(office, (), now, bare.zone)
        frames = make_frames(bare, rounds, now)
        assert frames.figures.owed == 0
        assert frames.figures.completeness is None
        assert make_content(bare, frames, now).lead == () or office.rounds == ()


def test_a_task_that_nobody_had_to_report_says_so() -> None:
    master, _, now = year("2025-01-10 09:00")
    bare = replace(master, receipts=(), status={})
    rulings: dict[tuple[str, str], Ruling] = {(FLOODS, r.key): "免报" for r in ROUNDS}
    content = make_content(bare, make_frames(bare, track(bare.office, (), now, ZONE, rulings), now), now)
    notes = {e.no: e.note for s in content.lead for e in s.entries}
    theirs = {t.no for t in TASKS if t.starred and t.division == FLOODS}
    assert {no for no, note in notes.items() if note == "免报"} == theirs
    assert set(notes.values()) == {"免报", "尚无报送"}


def test_a_year_that_nobody_had_to_report_is_not_wanting() -> None:
    master, _, now = year("2025-01-10 09:00")
    last = ROUNDS[-1].key
    texts = {cell: t for cell, t in master.status.items() if cell[1] != last}
    bare = replace(master, receipts=(), status=texts)
    states = track(bare.office, (), now, ZONE, {(FLOODS, last): "免报"})
    content = make_content(bare, make_frames(bare, states, now), now)
    notes = {e.no: e.note for s in content.lead for e in s.entries}
    theirs = {t.no for t in TASKS if t.starred and t.division == FLOODS}
    exempt = {no for no, note in notes.items() if note.startswith("全年免报，以下为")}
    assert exempt
    assert exempt <= theirs
    assert not any(note.startswith("全年情况尚缺") for no, note in notes.items() if no in theirs)


def test_a_leader_whom_only_the_sheet_of_divisions_names() -> None:
    master, states, moment = year("2025-03-01 09:00")
    office = master.office
    bare = replace(office, tasks=tuple(replace(t, leader="") for t in office.tasks))
    frames = make_frames(replace(master, office=bare), states, moment)
    told = {r["label"]: r["leader"] for r in records(frames.tasks)}
    assert told == {t.label: office.leader_of(t.division) for t in office.tasks}
    assert all(told.values())
