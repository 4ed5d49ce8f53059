"""States and rates of an invented year; exemptions, extensions, divisions that were renamed or closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from toolkit.model import Division, Office, ReportState, Rolling, Verdict
from toolkit.tracking import (
    DivisionStatus,
    Rates,
    RoundStatus,
    Ruling,
    UpstreamState,
    by_division,
    by_leader,
    by_section,
    due_rounds,
    track,
)

from .office import AID, CHILDREN, CITY, DIVISIONS, ELDERLY, GRASSROOTS, PEOPLE, RECEIPTS, ZONE, at, office, receipt


def tracked(
    now: str, of: Office | None = None, rulings: dict[tuple[str, str], Ruling] | None = None
) -> dict[str, RoundStatus]:
    of = of or office()
    rounds = track(of, [r for r in RECEIPTS if r.received <= at(now)], at(now), ZONE, rulings)
    return {r.round.key: r for r in rounds}


def one(status: RoundStatus, division: str) -> DivisionStatus:
    (found,) = (d for d in status.divisions if d.division == division)
    return found


def test_states_of_the_first_quarter_day_by_day() -> None:
    def states(now: str, rolling: Rolling = Rolling.NONE) -> list[str]:
        return [d.label for d in tracked(now, office(rolling))["2023Q1"].divisions]

    assert states("2023-03-28 23:59") == ["未到期"] * 4
    assert states("2023-03-29 00:00") == ["即将到期"] * 4
    assert states("2023-04-03 16:00") == ["按时", "退回", "即将到期", "即将到期"]
    assert states("2023-04-05 23:59") == ["按时", "按时", "即将到期", "即将到期"]
    assert states("2023-04-06 00:00") == ["按时", "按时", "逾期未报", "逾期未报"]
    assert states("2023-04-06 12:00") == ["按时", "按时", "逾期", "逾期未报"]
    assert states("2023-04-06 12:00", Rolling.NEXT) == ["按时", "按时", "顺延期内", "即将到期"]
    assert states("2023-04-07 00:00", Rolling.NEXT) == ["按时", "按时", "顺延期内", "逾期未报"]
    assert states("2023-12-01 00:00", Rolling.NEXT) == ["按时", "按时", "顺延期内", "逾期"]


def test_within_the_roll_counts_as_on_time() -> None:
    status = one(tracked("2023-04-08", office(Rolling.NEXT))["2023Q1"], CHILDREN)
    assert (status.state, status.rolled, status.days_late) == (ReportState.ON_TIME, True, 0)
    assert tracked("2023-04-08", office(Rolling.NEXT))["2023Q1"].timeliness == 3 / 4
    assert tracked("2023-04-08")["2023Q1"].timeliness == 2 / 4


def test_days_late_so_far_and_for_good() -> None:
    assert one(tracked("2023-04-09 10:00")["2023Q1"], GRASSROOTS).days_late == 4
    assert one(tracked("2023-12-01 10:00")["2023Q1"], GRASSROOTS).days_late == 7
    assert one(tracked("2023-12-01 10:00")["2023Q3"], AID).days_late == 2


def test_rates_as_dhis2_counts_them() -> None:
    now = at("2023-12-01")
    rounds = tuple(tracked("2023-12-01").values())
    assert [(r.expected, r.accepted, r.on_time) for r in rounds] == [(4, 4, 2), (4, 3, 2), (4, 3, 1), (4, 0, 0)]
    judged = due_rounds(rounds, now, ZONE)
    assert [r.round.key for r in judged] == ["2023Q1", "2023Q2", "2023Q3"]
    assert by_division(judged) == (
        Rates(ELDERLY, 3, 3, 3),
        Rates(AID, 3, 3, 2),
        Rates(CHILDREN, 3, 2, 0),
        Rates(GRASSROOTS, 3, 2, 0),
    )
    assert by_leader(judged) == (Rates("贺知远", 6, 5, 3), Rates("柳如眉", 6, 5, 2))
    # a report counts in each section that it has tasks of: 养老 and 救助 in both
    assert by_section(judged) == (Rates(CITY, 6, 6, 5), Rates(PEOPLE, 12, 10, 5))
    assert Rates("", 0, 0, 0).completeness is None
    assert by_division(judged)[1].timeliness == 2 / 3


def test_resubmissions() -> None:
    rounds = tracked("2023-12-01")
    assert one(rounds["2023Q1"], AID).resubmissions == 1
    assert one(rounds["2023Q1"], ELDERLY).resubmissions == 0
    assert one(rounds["2023Q3"], CHILDREN).resubmissions == 0
    odd = track(office(), [receipt(1, "2023-04-01 10:00", AID, "2023Q1", Verdict.IGNORED),
                           receipt(2, "2023-04-02 10:00", AID, "2023Q1")], at("2023-05-01"), ZONE)  # fmt: skip
    assert one(odd[0], AID).resubmissions == 0
    assert one(odd[0], AID).state is ReportState.ON_TIME


def test_the_citys_date() -> None:
    def upstream(now: str) -> tuple[UpstreamState, tuple[str, ...]]:
        status = tracked(now)["2023Q2"].upstream
        assert status
        return status.state, status.outstanding

    assert upstream("2023-07-06 09:00") == (UpstreamState.NOT_DUE, (GRASSROOTS,))
    assert upstream("2023-07-13 09:00") == (UpstreamState.DUE_SOON, (GRASSROOTS,))
    assert upstream("2023-07-21 00:00") == (UpstreamState.MISSING, (GRASSROOTS,))
    whole = tracked("2023-04-12 10:00")["2023Q1"].upstream
    assert whole
    assert (whole.state, whole.complete_since, whole.days_left) == (UpstreamState.COMPLETE, at("2023-04-12 09:40"), 8)
    late = [*RECEIPTS, receipt(30, "2023-08-01 10:00", GRASSROOTS, "2023Q2")]
    second = track(office(), late, at("2023-08-02"), ZONE)[1].upstream
    assert second
    assert second.state is UpstreamState.COMPLETE_LATE


def test_released_by_a_person() -> None:
    in_cell = tracked("2023-12-01", rulings={(GRASSROOTS, "2023Q2"): "免报"})["2023Q2"]
    in_sheet = tracked("2023-12-01", office(divisions=(*DIVISIONS[:3], replace(DIVISIONS[3], exempt=("第二季度",)))))
    for status in (in_cell, in_sheet["2023Q2"]):
        assert one(status, GRASSROOTS).state is ReportState.EXEMPT
        assert (status.expected, status.completeness) == (3, 1.0)
    assert one(in_sheet["2023Q1"], GRASSROOTS).state is ReportState.LATE
    on_paper = {(GRASSROOTS, "2023Q2"): at("2023-07-05")}
    assert one(tracked("2023-12-01", rulings=dict(on_paper))["2023Q2"], GRASSROOTS).state is ReportState.ON_TIME


def test_given_longer() -> None:
    for of in (
        office(divisions=(*DIVISIONS[:3], replace(DIVISIONS[3], extended=(("2023q1", date(2023, 4, 12)),)))),
        replace(office(), granted={(GRASSROOTS, "2023Q1"): date(2023, 4, 12)}),
    ):
        waiting = one(tracked("2023-04-08", of)["2023Q1"], GRASSROOTS)
        assert (waiting.state, waiting.days_late, waiting.extended) == (ReportState.DUE_SOON, 0, date(2023, 4, 12))
        assert one(tracked("2023-04-13", of)["2023Q1"], GRASSROOTS).state is ReportState.ON_TIME
        assert one(tracked("2023-04-13", of)["2023Q1"], CHILDREN).state is ReportState.LATE
        assert one(tracked("2023-12-01", of)["2023Q2"], GRASSROOTS).extended is None


def test_renamed() -> None:
    renamed = office(divisions=(replace(DIVISIONS[0], name="养老服务和老龄处", aliases=(ELDERLY,)), *DIVISIONS[1:]))
    status = tracked("2023-12-01", renamed)["2023Q1"].divisions[0]
    assert (status.division, status.state, status.tasks) == ("养老服务和老龄处", ReportState.ON_TIME, 6)


def test_closed_in_the_middle_of_the_year() -> None:
    closed = replace(DIVISIONS[2], closed=date(2023, 6, 30), successor=AID)
    of = office(divisions=(*DIVISIONS[:2], closed, DIVISIONS[3]))
    rounds = tracked("2023-12-01", of)
    assert [d.division for d in rounds["2023Q1"].divisions] == [ELDERLY, AID, CHILDREN, GRASSROOTS]
    assert [d.division for d in rounds["2023Q2"].divisions] == [ELDERLY, AID, GRASSROOTS]
    assert one(rounds["2023Q2"], AID).tasks == 3
    assert [t.no for t in of.owed(of.rounds[1])[AID]] == [2, 12, 13]
    nobody = office(divisions=(*DIVISIONS[:2], replace(closed, successor=""), DIVISIONS[3]))
    assert [d.division for d in tracked("2023-12-01", nobody)["2023Q2"].divisions] == [ELDERLY, AID, GRASSROOTS]
    assert one(tracked("2023-12-01", nobody)["2023Q2"], AID).tasks == 2


def test_divisions_that_are_merged_into_each_other_owe_nothing_rather_than_hang() -> None:
    a = Division(AID, closed=date(2023, 1, 1), successor=CHILDREN)
    b = Division(CHILDREN, closed=date(2023, 1, 1), successor=AID)
    assert [d.division for d in tracked("2023-12-01", office(divisions=(a, b)))["2023Q1"].divisions] == [
        ELDERLY,
        GRASSROOTS,
    ]
