"""Cases: whose report of which round a file is, when its pieces do not all say the same."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from libreoffice import LibreOffice
from making import (
    ACCEPTED,
    CHILDREN,
    EITHER,
    HELD,
    IGNORED,
    IN_TIME,
    OLD_AGE,
    Q1,
    Q2,
    RELIEF,
    REMARKS,
    RETURNED,
    WRITTEN,
    YEAR,
    Change,
    Expect,
    Maker,
    held,
    taken,
    texts,
    title,
)
from openpyxl import Workbook, load_workbook

from toolkit.forms.fill import Template

JULY = IN_TIME[Q2]
OTHER_KEY = b"\x5a" * 32


def retitled(text: str, then: Change = lambda *_: None) -> Change:
    def change(lo: LibreOffice, last: int) -> None:
        lo.set(ref="A2", value=text)
        then(lo, last)

    return change


def make(m: Maker) -> None:
    _names(m)
    _sheet_names(m)
    _last_quarter(m)
    _other_years_and_offices(m)
    _several(m)
    _again(m)


def _names(m: Maker) -> None:
    clean = m.typed(RELIEF)
    m.case("named-plainly", "文件改名为“报表.xlsx”", {"报表.xlsx": clean}, {"报表.xlsx": taken(RELIEF)}, texts(RELIEF))
    name = m.name(CHILDREN)
    m.case(
        "named-for-another-division",
        "社会救助处的表，文件名却是还没有报的儿童福利处的：可能用错了表，等人核对",
        {name: clean},
        {name: held("file_name_differs", "named_for_one_who_owes")},
    )
    m.case(
        "sheet-renamed",
        "工作表改名为 Sheet1",
        {m.name(RELIEF): m.typed(RELIEF, change=renamed("Sheet1"))},
        {m.name(RELIEF): taken(RELIEF)},
        texts(RELIEF),
    )
    for slug, quarter, round_, about in (
        ("title-with-digit", "第1季度", Q1, "标题写成“第1季度”"),
        ("title-half-year", "上半年", Q2, "第二季度的表，标题改成“上半年”"),
    ):
        data = m.typed(RELIEF, round_=round_, change=retitled(title(RELIEF, quarter)))
        found = Expect(ACCEPTED if round_ == Q1 else EITHER, RELIEF, round_)
        m.case(slug, about, {"报表.xlsx": data}, {"报表.xlsx": found}, texts(RELIEF, round_), now=IN_TIME[round_])
    year = m.typed(RELIEF, round_=YEAR)
    name = m.name(RELIEF, YEAR)
    m.case(
        "title-whole-year",
        "一月份报的全年的表",
        {name: year},
        {name: taken(RELIEF, YEAR)},
        texts(RELIEF, YEAR),
        now=IN_TIME[YEAR],
    )
    m.case(
        "pasted-into-new-workbook",
        "把表的内容复制粘贴到一个新工作簿里",
        {"工作簿1.xlsx": pasted(m.typed(RELIEF))},
        {"工作簿1.xlsx": taken(RELIEF, Q1, "no_stamp")},
        texts(RELIEF),
    )
    untitled = pasted(m.typed(RELIEF), skip=range(1, 4))
    m.case(
        "no-title-no-stamp",
        "只粘贴了表格，没有标题，文件名也看不出是哪个季度",
        {"工作簿1.xlsx": untitled},
        {"工作簿1.xlsx": held("unknown_round")},
    )
    no_division = m.typed(CHILDREN, change=retitled("2023年市民政局第一季度工作目标完成情况"))
    m.case(
        "title-without-division",
        "标题里删掉了处室名称",
        {"报表.xlsx": no_division},
        {"报表.xlsx": Expect(EITHER, CHILDREN, Q1)},
        texts(CHILDREN),
    )
    typed_over = m.typed(RELIEF, change=retitled(title(CHILDREN)))
    m.case(
        "title-of-another-division",
        "社会救助处的表，标题改成了儿童福利处",
        {"报表.xlsx": typed_over},
        {"报表.xlsx": held("identity_conflict")},
    )


def pasted(data: bytes, skip: range = range(0), name: str = "Sheet") -> bytes:
    """The printed columns as values in a new workbook."""
    sheet, book = load_workbook(io.BytesIO(data)).worksheets[0], Workbook()
    new = book.active
    assert new is not None
    new.title = name
    for row in sheet.iter_rows(max_col=3):
        for cell in row:
            if cell.row not in skip and cell.value is not None:
                new.cell(cell.row, cell.column).value = cell.value
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def renamed(sheet: str) -> Change:
    return lambda lo, _: lo.rename_sheet(name=None, new=sheet)


def _sheet_names(m: Maker) -> None:
    """The name of the sheet says less than what stands on it."""
    second = f"{title(RELIEF, '第二季度')}.xlsx"
    m.case(
        "sheet-named-for-last-quarter",
        "第二季度的表，工作表名还是“一季度”：表内一致，以表内为准并提示",
        {second: m.typed(RELIEF, round_=Q2, change=renamed("一季度"))},
        {second: Expect(REMARKS, RELIEF, Q2, ("sheet_name_differs",))},
        texts(RELIEF, Q2),
        now=JULY,
    )
    m.case(
        "sheet-named-for-another-division",
        "社会救助处的表，工作表名是儿童福利处：标题、标记、内容都说是社会救助处",
        {"报表.xlsx": m.typed(RELIEF, change=renamed("儿童福利处"))},
        {"报表.xlsx": taken(RELIEF, Q1, "sheet_name_differs")},
        texts(RELIEF),
    )
    m.case(
        "sheet-named-for-the-years-tasks",
        "工作表名是“全年工作任务”：那是要做的事，不是报的哪一期",
        {"报表.xlsx": m.typed(RELIEF, change=renamed("全年工作任务"))},
        {"报表.xlsx": taken(RELIEF)},
        texts(RELIEF),
    )
    untitled = pasted(m.typed(RELIEF), range(1, 4), "救助2023年一季度完成情况")
    m.case(
        "sheet-name-alone-names-the-round",
        "只粘贴了表格，没有标题；哪个季度只写在工作表名里",
        {"工作簿1.xlsx": untitled},
        {"工作簿1.xlsx": taken(RELIEF, Q1, "no_stamp")},
        texts(RELIEF),
    )
    first = m.typed(RELIEF)
    source = m.temporary(".xlsx")
    source.write_bytes(first)
    new = list(WRITTEN[Q2][RELIEF])
    m.case(
        "last-quarters-file-with-new-sheet-name",
        "沿用上季度的文件，填了新内容，只把工作表名改成第二季度，标题忘了改：不能当作对第一季度的更正",
        {"报表.xlsx": m.typed(RELIEF, new, Q1, day=date(2023, 7, 3), source=source, change=renamed("第二季度"))},
        {"报表.xlsx": held("identity_conflict")},
        texts(RELIEF),
        now=JULY,
        before=[(m.name(RELIEF), first, IN_TIME[Q1], ACCEPTED)],
        decision="接收此件",
        decided=texts(RELIEF) | texts(RELIEF, Q2),
    )


def _last_quarter(m: Maker) -> None:
    """Last quarter's report was accepted; what comes in July was made from its file."""
    first = m.typed(RELIEF)
    before = [(m.name(RELIEF), first, IN_TIME[Q1], ACCEPTED)]
    source = m.temporary(".xlsx")
    source.write_bytes(first)
    was, new = texts(RELIEF), WRITTEN[Q2][RELIEF]

    def reused(said: list[str] | None, name: str = "第二季度") -> bytes:
        written = list(WRITTEN[Q1][RELIEF]) if said is None else said
        return m.typed(RELIEF, written, Q1, day=date(2023, 7, 3), change=retitled(title(RELIEF, name)), source=source)

    second = f"{title(RELIEF, '第二季度')}.xlsx"
    m.case(
        "last-quarters-file-retitled",
        "沿用上季度的文件，只改了标题和审定日期，完成情况还是上季度的",
        {second: reused(None)},
        {second: held("identity_conflict")},
        was,
        now=JULY,
        before=before,
    )
    m.case(
        "last-quarters-file-refilled",
        "沿用上季度的文件，标题和完成情况都换成了本季度的；人工选“接收此件”即可",
        {second: reused(list(new))},
        {second: held("identity_conflict")},
        was,
        now=JULY,
        before=before,
        decision="接收此件",
        decided=was | texts(RELIEF, Q2),
    )
    m.case(
        "last-quarters-file-renamed",
        "沿用上季度的文件，填了新内容，文件名写第二季度，标题忘了改：不能当作对第一季度的更正",
        {second: m.typed(RELIEF, new, Q1, day=date(2023, 7, 3), source=source)},
        {second: held("identity_conflict")},
        was,
        now=JULY,
        before=before,
    )
    unstamped = pasted(m.typed(RELIEF, new, Q1, change=retitled(title(RELIEF, "第二季度"))))
    m.case(
        "last-quarters-file-pasted",
        "从上季度的文件复制到新工作簿，标题和内容是本季度的，没有身份标记：内容一致，接收",
        {"报表.xlsx": unstamped},
        {"报表.xlsx": Expect(REMARKS, RELIEF, Q2, ("no_stamp",))},
        was | texts(RELIEF, Q2),
        now=JULY,
        before=before,
    )
    same = m.typed(RELIEF, [WRITTEN[Q1][RELIEF][0], new[1]], Q2)
    m.case(
        "unchanged-since-last-quarter",
        "本季度的表，一项的完成情况与上季度一字不差",
        {second: same},
        {second: Expect(REMARKS, RELIEF, Q2, ("unchanged",))},
        was | {Q2: {2: WRITTEN[Q1][RELIEF][0], 13: new[1]}},
        now=JULY,
        before=before,
    )
    lower = ["截至6月底，走访困难妇女儿童320户、残疾人家庭1310户，新纳入低保边缘460户。", new[1]]
    m.case(
        "lower-than-last-quarter",
        "累计数比上季度还小（430户变成320户）",
        {second: m.typed(RELIEF, lower, Q2)},
        {second: Expect(REMARKS, RELIEF, Q2, ("lower_figure",), True)},
        was | texts(RELIEF, Q2, lower),
        now=JULY,
        before=before,
    )


def _other_years_and_offices(m: Maker) -> None:
    template = Template((m.workspace.templates / "annex2.xlsx").read_bytes(), "annex2.xlsx")
    round_ = m.office.round(Q1)
    assert round_ is not None
    tasks = [t for t in m.office.tasks if t.starred and t.division == RELIEF]

    def form(secret: bytes, **changed: object) -> Path:
        office = replace(m.office, **changed)  # type: ignore[arg-type]
        key = f"{office.year}Q1"
        path = m.temporary(".xlsx")
        path.write_bytes(template.fill(office, replace(round_, key=key), RELIEF, tasks, secret))
        return path

    secret = m.workspace.secret()
    last_year = m.typed(RELIEF, source=form(secret, year=2022))
    name = f"{title(RELIEF, year=2022)}.xlsx"
    m.case("another-years-form", "报来的是 2022 年的表", {name: last_year}, {name: held("wrong_year")})
    slip = m.typed(RELIEF, change=retitled(title(RELIEF, year=2022)))
    m.case(
        "another-year-in-the-title",
        "本年的表，标题的年份写错了",
        {"报表.xlsx": slip},
        {"报表.xlsx": Expect(HELD, "", "")},
    )
    other = m.typed(RELIEF, source=form(OTHER_KEY, organisation="江边区民政局"))
    name = f"{title(RELIEF, organisation='江边区民政局')}.xlsx"
    m.case(
        "another-offices-form",
        "区民政局误发来的表：处室同名，任务相同，单位和密钥不同",
        {name: other},
        {name: held("other_office")},
    )
    copied = m.typed(RELIEF, source=form(OTHER_KEY))
    m.case(
        "stamp-not-genuine",
        "身份标记的校验码不是本工作区的",
        {m.name(RELIEF): copied},
        {m.name(RELIEF): Expect(REMARKS, RELIEF, Q1, ("stamp_not_genuine",), True)},
        texts(RELIEF),
    )
    owes_nothing = pasted(m.typed(RELIEF, change=retitled(title("慈善社工处"))))
    m.case(
        "division-that-owes-nothing",
        "标题是慈善社工处，它没有应报的牵头任务；内容却是社会救助处的",
        {"报表.xlsx": owes_nothing},
        {"报表.xlsx": Expect(HELD, "", "")},
    )
    supporting = next(t.text for t in m.office.tasks if t.division == "慈善社工处")
    m.case(
        "division-that-owes-nothing-reports",
        "慈善社工处没有牵头任务，却按附件2报了它的配合任务",
        {"报表.xlsx": _typed_anew(title("慈善社工处"), supporting, "已与市牵头单位对接两次。")},
        {"报表.xlsx": held("owes_nothing")},
    )
    m.case(
        "nobody-named",
        "标题没有处室名称，事项也不是下发的：看不出是谁的",
        {"报表.xlsx": _typed_anew("第一季度工作完成情况", "做好清明祭扫服务保障", "接待群众12万人次。")},
        {"报表.xlsx": held("unknown_division")},
    )


def _typed_anew(heading: str, item: str, said: str) -> bytes:
    """An Annex 2 that somebody typed into a new workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ((heading,), (), ("序号", "责任事项", "完成情况"), (1, item, said)):
        sheet.append(row)
    return saved(book)


def _several(m: Maker) -> None:
    book = load_workbook(io.BytesIO(m.typed(RELIEF)))
    second = book.create_sheet("儿童福利处")
    for row in load_workbook(io.BytesIO(m.typed(CHILDREN))).worksheets[0].iter_rows(max_col=3):
        for cell in row:
            if cell.value is not None:
                second.cell(cell.row, cell.column).value = cell.value
    both = m.converted(saved(book), ".xlsx", "xlsx")
    m.case(
        "two-divisions-in-one-workbook",
        "两个处室的表放在同一个工作簿的两张工作表里",
        {"一季度.xlsx": both},
        {"一季度.xlsx": held("several_forms")},
    )
    rounds = load_workbook(io.BytesIO(m.typed(RELIEF, round_=Q2)))
    first = rounds.create_sheet("第一季度")
    for row in load_workbook(io.BytesIO(m.typed(RELIEF))).worksheets[0].iter_rows(max_col=3):
        for cell in row:
            if cell.value is not None:
                first.cell(cell.row, cell.column).value = cell.value
    m.case(
        "two-quarters-in-one-workbook",
        "本季度的表后面还留着上季度的一张表",
        {"报表.xlsx": m.converted(saved(rounds), ".xlsx", "xlsx")},
        {"报表.xlsx": held("several_forms")},
        now=JULY,
    )


def _again(m: Maker) -> None:
    """Something came before."""
    first, name = m.typed(RELIEF), m.name(RELIEF)
    before = [(name, first, IN_TIME[Q1], ACCEPTED)]
    later = datetime(2023, 4, 4, 10)  # noqa: DTZ001
    m.case(
        "exact-duplicate",
        "同一份文件换个名字又发来一次",
        {"再发一次.xlsx": first},
        {"再发一次.xlsx": Expect(IGNORED, codes=("duplicate",), exact=True)},
        texts(RELIEF),
        now=later,
        before=before,
    )
    mended = [WRITTEN[Q1][RELIEF][0], "已核对13个区的集中供养机构，10个区实现统一供养标准，占77%。"]
    m.case(
        "correction",
        "接收以后又发来更正：换掉一项",
        {"更正.xlsx": m.typed(RELIEF, mended)},
        {"更正.xlsx": Expect(REMARKS, RELIEF, Q1, ("supersedes",), True)},
        texts(RELIEF, Q1, mended),
        now=later,
        before=before,
    )

    def only_second(lo: LibreOffice, _: int) -> None:
        lo.delete_rows(at=5, count=1)

    m.case(
        "correction-of-one-row",
        "更正的表里只留了要改的一行：只换这一项，另一项早已报过，不再要",
        {"更正.xlsx": m.typed(RELIEF, mended, change=only_second)},
        {"更正.xlsx": Expect(REMARKS, RELIEF, Q1, ("supersedes",))},
        texts(RELIEF, Q1, mended),
        now=later,
        before=before,
    )
    half = m.typed(RELIEF, [WRITTEN[Q1][RELIEF][0], None])
    m.case(
        "the-missing-rest",
        "先报了一半被退回，补来的表里只填了缺的那一项：合起来就齐了",
        {"补报.xlsx": m.typed(RELIEF, mended, change=only_second)},
        {"补报.xlsx": Expect(EITHER, RELIEF, Q1)},
        texts(RELIEF, Q1, mended),
        now=later,
        before=[(name, half, IN_TIME[Q1], RETURNED)],
    )
    late_fix = datetime(2023, 4, 10, 10)  # noqa: DTZ001
    m.case(
        "correction-after-the-date",
        "按时报过，过了截止日又来更正：不算逾期",
        {"更正.xlsx": m.typed(RELIEF, mended)},
        {"更正.xlsx": Expect(REMARKS, RELIEF, Q1, ("supersedes",), True)},
        texts(RELIEF, Q1, mended),
        now=late_fix,
        before=before,
    )
    six = m.typed(OLD_AGE, [None, *WRITTEN[Q1][OLD_AGE][1:]])
    m.case(
        "half-filled",
        "六项只填了五项",
        {m.name(OLD_AGE): six},
        {m.name(OLD_AGE): Expect(RETURNED, OLD_AGE, Q1, ("empty_status",), True)},
        texts(OLD_AGE, Q1, [None, *WRITTEN[Q1][OLD_AGE][1:]]),
    )
