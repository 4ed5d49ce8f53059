"""Cases: reports on the supporting tasks, due on the same day as Annex 2."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
from libreoffice import LibreOffice
from making import FIRST, RELIEF, Change, Expect, Maker, held, taken, title

P1 = "2023P1"
AGREED = ("3月2日与市发改委就业处王岚对接，商定共用低收入人口数据。", "3月9日与市人社局对接，商定联合走访。")
DONE = ("已交换数据2批，涉及1.3万户。", "联合走访困难家庭320户，发放临时救助金。")
BOTH = {P1: {no: f"对接情况：{a}\n落实进展：{d}" for no, a, d in zip((5, 21), AGREED, DONE, strict=True)}}


def typed(
    m: Maker, agreed: Sequence[str | None] = AGREED, change: Change = lambda *_: None, kind: str = "xlsx"
) -> bytes:
    def write(lo: LibreOffice, last: int) -> None:
        for row, (contact, progress) in enumerate(zip(agreed, DONE, strict=True), start=FIRST):
            if contact:
                lo.set(ref=f"D{row}", value=contact)
            lo.set(ref=f"E{row}", value=progress)
        lo.set(ref=f"E{last + 2}", value="吴明")
        lo.set(ref=f"E{last + 3}", value=45019)
        change(lo, last)

    return m.typed(RELIEF, [None, None], P1, approver=None, day=None, change=write, kind=kind)


def retyped(m: Maker) -> bytes:
    document = docx.Document()
    document.add_paragraph("2023年市民政局社会救助处一季度配合任务落实情况")
    table = document.add_table(rows=3, cols=5)
    headers = ("序号", "配合事项", "市牵头单位", "对接情况\n时间、联系人、商定事项", "落实进展")
    lines = [headers] + [
        (str(i), m.item(no), "市发改委" if no == 5 else "", a, d)
        for i, (no, a, d) in enumerate(zip((5, 21), AGREED, DONE, strict=True), start=1)
    ]
    for row, line in zip(table.rows, lines, strict=True):
        for cell, text in zip(row.cells, line, strict=True):
            cell.text = text
    document.add_paragraph("分管局领导审定：吴明")
    document.add_paragraph("审定日期：2023年4月3日")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make(m: Maker) -> None:
    name, clean = m.name(RELIEF, P1), typed(m)
    m.case("supporting", "配合任务，用下发的表填好", {name: clean}, {name: taken(RELIEF, P1)}, BOTH)
    old = typed(m, kind="xls")
    m.case("supporting-xls", "配合任务，另存为 .xls", {"回复.xls": old}, {"回复.xls": taken(RELIEF, P1)}, BOTH)
    m.case(
        "supporting-named-for-the-quarter",
        "文件名只写一季度，同一天还有附件2要报：以表内为准",
        {"社会救助处一季度.xlsx": clean},
        {"社会救助处一季度.xlsx": taken(RELIEF, P1)},
        BOTH,
    )
    m.case(
        "supporting-retyped-in-word",
        "在 Word 里重打的配合任务表，没有身份标记",
        {"配合.docx": m.converted(retyped(m), ".docx", "MS Word 2007 XML")},
        {"配合.docx": taken(RELIEF, P1, "no_stamp")},
        BOTH,
    )
    m.case(
        "supporting-without-what-was-agreed",
        "有一项没有写对接情况：照收，提示",
        {name: typed(m, (None, AGREED[1]))},
        {name: taken(RELIEF, P1, "no_contact")},
        {P1: {5: DONE[0], 21: BOTH[P1][21]}},
    )
    m.case(
        "supporting-under-the-title-of-annex-2",
        "配合任务的表，标题改成了附件2的",
        {"报表.xlsx": typed(m, change=lambda lo, _: lo.set(ref="A2", value=title(RELIEF)))},
        {"报表.xlsx": held("identity_conflict")},
    )
    m.case(
        "supporting-without-its-header",
        "表头一行删空了：市牵头单位不是进展",
        {name: typed(m, change=lambda lo, _: [lo.set(ref=f"{c}4", value="") for c in "ABCDEFGH"])},
        {name: Expect(("accepted", "accepted with remarks"), RELIEF, P1)},
        BOTH,
    )
    m.case(
        "annex-2-named-for-supporting",
        "附件2的表，文件名写成配合任务",
        {"救助处第一季度配合任务.xlsx": m.typed(RELIEF)},
        {"救助处第一季度配合任务.xlsx": held("identity_conflict")},
    )

