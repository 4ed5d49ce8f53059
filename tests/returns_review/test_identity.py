"""Whose report of which round: agreement is accepted, contradiction held, and a held file is nobody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from made import AGED, OFFICE, OTHER, POOR, codes, grid, issued, seen, stamp

from toolkit.model import Round, Verdict

Q2 = "2023年市民政局养老服务处第二季度工作目标完成情况"
POOR_TITLE = "2023年市民政局社会救助处第一季度工作目标完成情况"


def held(found: object, code: str) -> None:
    assert found.verdict is Verdict.HELD  # type: ignore[attr-defined]
    assert code in codes(found)  # type: ignore[arg-type]
    assert (found.division, found.round, dict(found.texts)) == (None, None, {})  # type: ignore[attr-defined]


def test_a_clean_form() -> None:
    found = seen(grid(issued()))
    assert (found.verdict, found.division, len(found.texts)) == (Verdict.ACCEPTED, AGED, 5)


@pytest.mark.parametrize(
    ("title", "stamps"),
    [
        ("2023年市教育局养老服务处第一季度工作目标完成情况", None),
        ("2023年江边区民政局养老服务处第一季度工作目标完成情况", []),
        ("2023年市民政局养老服务处第一季度工作目标完成情况", [stamp(organisation="市教育局", secret=OTHER)]),
    ],
)
def test_another_offices_form(title: str, stamps: list[str] | None) -> None:
    held(seen(grid(issued(), title), stamps=stamps), "other_office")


@pytest.mark.parametrize(
    "title", ["2023年江城市民政局养老服务处第一季度", "2023年民政局养老处一季度完成情况", "养老处2023年一季度"]
)
def test_our_own_name_in_other_words(title: str) -> None:
    assert seen(grid(issued(), title)).division == AGED


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("二〇二二年市民政局养老服务处第一季度工作目标完成情况", "报表.xlsx"),
        ("２０２２年市民政局养老服务处第一季度工作目标完成情况", "报表.xlsx"),
        ("2022养老服务处第一季度完成情况", "报表.xlsx"),
        ("22年养老服务处第一季度完成情况", "报表.xlsx"),
        ("养老服务处第一季度完成情况", "2022年一季度.xlsx"),
    ],
)
def test_another_year(title: str, name: str) -> None:
    held(seen(grid(issued(), title), stamps=[], name=name), "wrong_year")
    held(seen(grid(issued(), title), name=name), "identity_conflict")  # our stamp says this year


@pytest.mark.parametrize(
    "name", ["20230403.xlsx", "养老处2024年1月5日报.xlsx", "2023Q1.xlsx", "2022至2023年一季度.xlsx"]
)
def test_no_other_year(name: str) -> None:
    assert seen(grid(issued()), name=name).division == AGED


def test_last_quarters_form_with_the_new_quarter_in_its_name() -> None:
    rows = issued()
    standing = {(r[4], "2023Q1"): r[2] for r in rows}
    fresh = [[n, item, "第二季度的新进展，累计过半。", None, key] for n, item, _, _, key in rows]
    found = seen(grid(fresh), name="养老处二季度.xlsx", standing=standing)
    held(found, "identity_conflict")
    assert found.proposal == (AGED, "2023Q2")
    again = seen(grid(rows), name="养老处二季度.xlsx", standing=standing)  # nothing new in it
    held(again, "identity_conflict")
    assert again.proposal == (AGED, "2023Q1")
    assert seen(grid(fresh), name="养老处二季度.xlsx", forced=(AGED, "2023Q2")).round is OFFICE.round("2023Q2")


def test_the_subject_speaks_where_the_file_name_is_silent() -> None:
    held(seen(grid(issued()), subject="报送二季度完成情况"), "identity_conflict")
    assert seen(grid(issued()), subject="报送二季度完成情况", name="一季度.xlsx").division == AGED
    thread = seen(grid(issued(), Q2), stamps=[stamp(round_="2023Q2")], subject="回复：第一季度工作目标", month=7)
    assert thread.round is OFFICE.round("2023Q2")
    assert "subject_differs" in codes(thread)


def test_stamp_against_title() -> None:
    held(seen(grid(issued(), Q2)), "identity_conflict")
    held(seen(grid(issued(POOR), POOR_TITLE)), "identity_conflict")


def test_senders() -> None:
    form = grid(issued())
    stranger = seen(form, sender="x@else.example", addresses_known=True)
    held(stranger, "unknown_sender")
    assert stranger.proposal == (AGED, "2023Q1")
    assert seen(form, sender="x@else.example").division == AGED  # the office knows no addresses at all
    assert seen(form, sender="a@units.example", sender_division=AGED, addresses_known=True).verdict is Verdict.ACCEPTED
    colleague = seen(form, sender="b@units.example", sender_division=POOR, addresses_known=True)
    assert (colleague.division, codes(colleague)) == (AGED, {"sender_differs"})
    retyped = seen(form, stamps=[], sender="b@units.example", sender_division=POOR, addresses_known=True)
    held(retyped, "identity_conflict")
    assert seen(form, sender="x@else.example", addresses_known=True, forced=(AGED, "2023Q1")).texts


def test_several_forms_in_one_file() -> None:
    other = grid(issued(POOR), POOR_TITLE, name="救助")
    for second in (other, grid(issued(), Q2, name="二季度")):
        found = seen(grid(issued()), second)
        held(found, "several_forms")
        assert second.name in next(f.message for f in found.findings if f.code == "several_forms")
    accepted = seen(grid(issued()), other, forced=(POOR, "2023Q1"))
    assert set(accepted.texts) == {"2023-02", "2023-13"}
    left = [f.message for f in accepted.findings if f.code == "form_left_out"]
    assert len(left) == 1
    assert AGED in left[0]
    assert POOR not in left[0]
    # What the other table says stands already: somebody has taken it in by now.
    stands = {(key, "2023Q1"): text for _, item, text, _, key in issued() if key}
    assert "form_left_out" not in codes(seen(grid(issued()), other, forced=(POOR, "2023Q1"), standing=stands))
    empty = grid([[n, i, None, None, k] for n, i, _, _, k in issued(POOR)], POOR_TITLE, name="空表")
    for grids in ((grid(issued()), empty), (empty, grid(issued()))):
        assert seen(*grids).division == AGED


def test_a_second_table_below_the_first() -> None:
    first, second = grid(issued()), grid(issued(), Q2)
    below = {**first.rows, **{n + 40: cells for n, cells in second.rows.items()}}
    held(seen(type(first)("附件2", False, below)), "several_forms")


def test_the_sender_of_a_form_may_have_been_merged_since() -> None:
    gone = replace(OFFICE.divisions[1], closed=date(2023, 3, 20), successor=AGED)
    of = replace(OFFICE, divisions=(OFFICE.divisions[0], gone))
    found = seen(
        grid(issued(POOR), POOR_TITLE), stamps=[], of=of, sender="b@units.example", sender_division=POOR,
        addresses_known=True,
    )  # fmt: skip
    assert found.division == AGED
    assert "merged_since" in codes(found)


MONTHLY = replace(OFFICE, rounds=tuple(Round(f"2023M{n}", f"{n}月", date(2023, n + 1, 5)) for n in range(1, 12)))


@pytest.mark.parametrize(
    ("said", "name", "subject", "round_"),
    [
        ("（2023年4月8日）", "更正.xlsx", "", None),
        ("", "养老处更正 4月8日.xlsx", "", None),
        ("", "养老处4月8号、9号.xlsx", "", None),
        ("", "养老处更正4月8.xlsx", "", None),
        ("", "报表.xlsx", "养老处更正（4月8日）", None),
        ("（截至4月3日）", "报表.xlsx", "", None),
        ("", "养老处1月份报表（报送日期11月3日）.xlsx", "", "2023M1"),
        ("3月", "报表.xlsx", "4月3日报送", "2023M3"),
        ("（截至2023年3月31日）", "报表.xlsx", "", "2023M3"),
        ("", "附件2 3月 2.xlsx", "报送2023 03月份进展", "2023M3"),
        ("", "附件1 2月.xlsx", "", "2023M2"),
        ("1-11月", "报表.xlsx", "", "2023M11"),
        ("截止到3月31日", "报表.xlsx", "", "2023M3"),
        ("（2023年3月1日—31日）", "报表.xlsx", "", "2023M3"),
        ("3月1日至3月31日", "报表.xlsx", "", "2023M3"),
        ("", "养老处3月1日-31日.xlsx", "", "2023M3"),
        ("", "20230324 3月报送.xlsx", "", "2023M3"),
        ("", "01 3月进展.xlsx", "表1 3月", "2023M3"),
        ("", "12月.xlsx", "", None),  # which has no round of its own
    ],
)
def test_a_day_is_no_month(said: str, name: str, subject: str, round_: str | None) -> None:
    rows = [[None, *row[1:4]] for row in issued()]
    found = seen(
        grid(rows, f"2023年市民政局养老服务处{said}工作目标完成情况"),
        stamps=[], name=name, subject=subject, of=MONTHLY, month=12,
    )  # fmt: skip
    if round_ is None:
        held(found, "unknown_round")
    else:
        assert found.round == MONTHLY.round(round_)


def test_the_day_in_a_header_makes_no_column_another_months() -> None:
    header = grid(issued(), "2023年市民政局养老服务处3月工作目标完成情况")
    header.rows[4][3] = "完成情况（4月3日填）"
    found = seen(header, stamps=[], of=MONTHLY)
    assert (found.verdict, found.round) == (Verdict.ACCEPTED_WITH_REMARKS, MONTHLY.round("2023M3"))
