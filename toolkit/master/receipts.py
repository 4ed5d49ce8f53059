"""收件记录 -> receipts, and 写入记录, what a file wrote, as its hidden column notes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from toolkit.errors import MasterError
from toolkit.language import tr
from toolkit.master import schema
from toolkit.master.rows import UNSORT, Layout, Row, SheetReader, placed
from toolkit.master.schema import Sheet
from toolkit.model import APPROVED, UNAPPROVED, Office, Receipt, Round, Verdict, Written, plain

_OWNER = re.compile(r"号:(\d{1,9})(?:\s|$)")
_RULED, _RULED_AT = "认定", "%Y%m%dT%H%M%S"
_REPORTS = frozenset((Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_REMARKS, Verdict.RETURNED))


_FAR = timedelta(days=366)
"""Between when a file came and when a person says that it came; what is further away is mistyped."""


def read_receipts(reader: SheetReader, zone: tzinfo, remarks: list[str]) -> tuple[tuple[Receipt, ...], Layout]:
    """Read 收件记录, in the order of 编号.

    Raises MasterError for a 结论 or a time that is none.  What a person should mend is added to `remarks`.
    """
    layout, rows = reader.sheet_rows(Sheet.RECEIPTS, schema.COLUMNS[Sheet.RECEIPTS])
    receipts: list[Receipt] = []
    astray: list[int] = []  # whose hidden columns are another row's
    for r in rows:
        if not r.text("SHA-256") and not r.text("结论") and not r.text("编号").isdecimal():
            continue  # a note below the table
        verdict = Verdict.from_label(r.text("结论"))
        received = r.moment("收到时间", zone)
        if verdict is None or received is None:
            raise MasterError(
                tr("收件记录的“结论”或“收到时间”被改动，不再认识"),
                where=r.where(tr("结论")),
                remedy=tr(
                    "结论只能是：{listed}；要改收到时间请填“认定时间”",
                    listed=tr("、").join(v.label for v in Verdict),
                ),
            )
        ruled = r.moment("认定时间", zone)
        if ruled is not None and abs(ruled - received) > _FAR:
            remarks.append(
                tr(
                    "{where}写的 {ruled:%Y-%m-%d} 和收到时间差一年以上，现在按它算：请核对年份",
                    where=r.where("认定时间"),
                    ruled=ruled,
                )
            )
        no, wrote = r.integer("编号"), r.text("写入记录")
        owner, written = _OWNER.match(wrote), parse_written(wrote)
        if owner and int(owner[1]) != no:
            astray.append(no)
        receipts.append(
            Receipt(
                no,
                received,
                r.text("来源"),
                r.text("文件名"),
                plain(r.text("SHA-256")).lower(),
                r.text("处室"),
                r.text("节点"),
                verdict,
                r.text("原因"),
                r.text("归档位置"),
                ruled,
                written,
                r.number,
                _approval(r, remarks, reported=bool(written) and verdict in _REPORTS),
                parse_ruled(wrote, zone) if wrote else None,
                owner is not None,
            )
        )
    if astray:
        told = {"sheet": Sheet.RECEIPTS, "numbers": tr("、").join(tr("第{no}号", no=n) for n in astray[:10])}
        raise MasterError(
            tr("“{sheet}”里{numbers}和隐藏的“写入记录”对不上了", **told),
            where=f"{reader.name} {Sheet.RECEIPTS}",
            remedy=tr("改过“编号”的改回原来的。{unsort}", unsort=UNSORT),
        )
    places = {str(r.no): r.row for r in receipts}
    last = max((r.number for r in rows), default=layout.header_row)
    receipts.sort(key=lambda r: r.no)
    return tuple(receipts), placed(layout, places, last)


def _approval(r: Row, remarks: list[str], *, reported: bool) -> str:
    """审定; a word that is neither is told, and approves nothing."""
    said = plain(r.text(schema.APPROVAL))
    if not said and reported and r.layout.column(schema.APPROVAL):
        return UNAPPROVED  # emptied: nobody has said that it is approved
    if said not in ("", APPROVED, UNAPPROVED):
        remarks.append(
            tr(
                "{where}写的“{said}”不认识，按{unapproved}算。从下拉列表中选：{unapproved}、{approved}",
                where=r.where(schema.APPROVAL),
                said=said,
                unapproved=UNAPPROVED,
                approved=APPROVED,
            )
        )
    return said


def refuse_lost_rounds(reported: Mapping[str, int], rounds: Iterable[Round], name: str) -> None:
    """Where a round's 编号 was changed, or its row deleted, all its reports would look as if they had not come.

    `reported`: how many reports each round has.
    """
    if reported.get(""):
        raise MasterError(
            tr(
                "“{sheet}”里有 {count} 行没有节点，却写着写入记录：隐藏的“写入记录”和这一行对不上了",
                sheet=Sheet.RECEIPTS,
                count=reported[""],
            ),
            where=f"{name} {Sheet.RECEIPTS}",
            remedy=UNSORT,
        )
    for key in sorted(reported.keys() - {r.key for r in rounds}):
        told = {"sheet": Sheet.ROUNDS, "key": key, "count": reported[key]}
        raise MasterError(
            tr("“{sheet}”里没有编号 {key} 了，收到的报送有 {count} 份是它的", **told),
            where=f"{name} {Sheet.ROUNDS}",
            remedy=tr("改了编号的改回 {key}（名称、日期可以改）；删了这一行的抄回来，annex2 restore 有旧版", key=key),
        )


def renamed(receipt: Receipt, office: Office) -> Receipt:
    """A receipt under its division's present name (别名)."""
    found = office.division(receipt.division) if receipt.division else None
    if found is None or found.name == receipt.division:
        return receipt
    return replace(receipt, division=found.name, called=receipt.division)


def format_written(no: int, written: Iterable[Written], ruled: datetime | None = None) -> str:
    """写入记录: `号:12 2023-01:9f86d081a2b3:+:按时:20230404T0905 2023-03:…`; + where the text was taken.

    It begins with its row's 编号, so that a sort that leaves it behind is noticed.  `ruled`: 认定时间, of which
    报送情况 shows the day: `认定:20230404T160000` behind the others.
    """
    pieces = [f"{w.task}:{w.digest}:{'+' if w.taken else '-'}:{w.state}:{w.at}" for w in written]
    pieces += [f"{_RULED}:{ruled:{_RULED_AT}}"] if ruled else []
    return " ".join([f"号:{no}", *pieces])


def parse_ruled(text: str, zone: tzinfo) -> datetime | None:
    """The 认定时间 that stands in 写入记录."""
    found = re.search(rf"(?:^|\s){_RULED}:(\d{{8}}T\d{{6}})$", text.strip())
    return datetime.strptime(found[1], _RULED_AT).replace(tzinfo=zone) if found else None


def parse_written(text: str) -> tuple[Written, ...]:
    """The inverse of `format_written`; pieces that are not of its form are passed over."""
    pieces = (entry.split(":") for entry in text.split())
    return tuple(Written(p[0], p[1], p[2] == "+", p[3], "".join(p[4:])) for p in pieces if len(p) >= 4)
