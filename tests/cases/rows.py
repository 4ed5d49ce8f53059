"""Cases: rows, columns and 责任事项 that are no longer as they were sent out."""

from __future__ import annotations

from libreoffice import LibreOffice
from making import (
    CHILDREN,
    EITHER,
    FIRST,
    GRASSROOTS,
    OLD_AGE,
    Q1,
    RELIEF,
    REMARKS,
    RETURNED,
    TASKS,
    WRITTEN,
    Change,
    Expect,
    Maker,
    returned,
    taken,
    texts,
)

LAST = {d: FIRST + len(nos) - 1 for d, nos in TASKS.items()}
FORM = "报表.xlsx"


def make(m: Maker) -> None:
    _layout(m)
    _rows(m)
    _items(m)
    _keys(m)


def _one(
    m: Maker,
    name: str,
    about: str,
    division: str,
    expected: Expect,
    change: Change,
    ledger: dict[str, dict[int, str]] | None = None,
    written: list[str | None] | None = None,
) -> None:
    """A case of one form, changed."""
    data = m.typed(division, written, change=change)
    m.case(name, about, {FORM: data}, {FORM: expected}, texts(division) if ledger is None else ledger)


def _layout(m: Maker) -> None:
    def reordered(lo: LibreOffice, last: int) -> None:
        lo.move_range(source=f"B4:B{last}", target="J4")
        lo.move_range(source=f"C4:C{last}", target="B4")
        lo.move_range(source=f"J4:J{last}", target="C4")

    _one(m, "columns-reordered", "“完成情况”一列移到了“责任事项”前面", OLD_AGE, taken(OLD_AGE), reordered)

    def remark(lo: LibreOffice, last: int) -> None:
        lo.set(ref="D4", value="备注")
        lo.set(ref=f"D{last}", value="数据由各区报送，尚未审计")

    _one(m, "extra-column", "右边加了一列“备注”", RELIEF, taken(RELIEF, Q1, "extra_columns"), remark)

    def inner_column(lo: LibreOffice, last: int) -> None:
        lo.insert_columns(at=3, count=1)
        lo.set(ref="C4", value="责任人")
        for row in range(FIRST, last + 1):
            lo.set(ref=f"C{row}", value="孙志远")

    _one(m, "extra-column-inside", "“责任事项”和“完成情况”之间加了一列“责任人”", RELIEF, taken(RELIEF), inner_column)

    def lower(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=1, count=3)
        lo.set(ref="A1", value="社会救助处文件")
        lo.set(ref="A2", value="救助函〔2023〕5号")

    _one(m, "header-further-down", "表的上面加了文头和文号", RELIEF, taken(RELIEF), lower)

    def two_headers(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=5, count=1)
        lo.set(ref="C4", value="第一季度进展")
        for ref, text in (("C5", "完成情况"), ("D5", "备注"), ("D6", "数据由各区报送"), ("D7", "尚未审计")):
            lo.set(ref=ref, value=text)
        for area in ("A4:A5", "B4:B5", "C4:D4"):
            lo.merge(area=area)

    _one(
        m,
        "two-header-rows",
        "表头改成两行：“第一季度进展”下分“完成情况”“备注”",
        RELIEF,
        Expect(EITHER, RELIEF, Q1),
        two_headers,
    )

    def repeated_header(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=8, count=1)
        for ref, text in (("A8", "序号"), ("B8", "责任事项"), ("C8", "完成情况")):
            lo.set(ref=ref, value=text)

    _one(m, "header-on-second-page", "第二页前又手工加了一行表头", OLD_AGE, taken(OLD_AGE), repeated_header)

    def renamed_headers(lo: LibreOffice, _: int) -> None:
        lo.set(ref="B4", value="事由")
        lo.set(ref="C4", value="说法")

    _one(
        m,
        "headers-renamed",
        "表头改成“事由”“说法”，别的都没动：身份标记和各行都还认得",
        RELIEF,
        Expect(EITHER, RELIEF, Q1),
        renamed_headers,
    )

    def below(lo: LibreOffice, last: int) -> None:
        lo.set(ref=f"B{last + 5}", value="填表人：孙志远")
        lo.set(ref=f"C{last + 5}", value="联系电话：027-00000000")

    _one(m, "filled-in-by-below", "表下面写了填表人和电话", RELIEF, taken(RELIEF), below)


def _rows(m: Maker) -> None:
    def by_item(lo: LibreOffice, last: int) -> None:
        lo.sort(area=f"A{FIRST}:F{last}", column=1)

    _one(m, "rows-sorted", "整行按责任事项排了序", OLD_AGE, taken(OLD_AGE), by_item)

    def reversed_and_renumbered(lo: LibreOffice, last: int) -> None:
        lo.sort(area=f"A{FIRST}:F{last}", column=0, descending=True)
        for i, row in enumerate(range(FIRST, last + 1), start=1):
            lo.set(ref=f"A{row}", value=i)
            lo.set(ref=f"F{row}", value="")

    _one(
        m,
        "rows-reversed-renumbered",
        "各行倒了过来，序号重编，隐藏列的编号也没有了",
        OLD_AGE,
        taken(OLD_AGE),
        reversed_and_renumbered,
    )

    def note(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=6, count=1)
        lo.set(ref="B6", value="注：以上数据截至3月31日。")

    _one(m, "row-inserted-with-note", "两项之间插了一行说明", RELIEF, Expect(EITHER, RELIEF, Q1), note)

    def total(lo: LibreOffice, last: int) -> None:
        lo.insert_rows(at=last + 1, count=1)
        lo.set(ref=f"B{last + 1}", value="合计")
        lo.set(ref=f"C{last + 1}", value=6)

    _one(m, "row-of-totals", "最后加了一行合计", OLD_AGE, Expect(EITHER, OLD_AGE, Q1), total)

    def section(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=8, count=1)
        lo.set(ref="A8", value="市政府民生实事")
        lo.merge(area="A8:C8")
        lo.insert_rows(at=5, count=1)
        lo.set(ref="A5", value="市《政府工作报告》任务")
        lo.merge(area="A5:C5")

    _one(m, "rows-of-sections", "按类别加了两行小标题", OLD_AGE, Expect(EITHER, OLD_AGE, Q1), section)

    def own_work(lo: LibreOffice, last: int) -> None:
        lo.insert_rows(at=last + 1, count=1)
        lo.set(ref=f"A{last + 1}", value=3)
        lo.set(ref=f"B{last + 1}", value="做好清明祭扫服务保障。")
        lo.set(ref=f"C{last + 1}", value="接待祭扫群众3.2万人次，秩序平稳。")

    _one(
        m,
        "row-of-own-work",
        "多报了一项自己的工作：其余照收，这一行退回去问",
        RELIEF,
        returned(RELIEF, "unknown_row"),
        own_work,
    )

    def foreign(lo: LibreOffice, last: int) -> None:
        lo.insert_rows(at=last + 1, count=1)
        lo.set(ref=f"A{last + 1}", value=2)
        lo.set(ref=f"B{last + 1}", value=m.item(12))
        lo.set(ref=f"C{last + 1}", value=WRITTEN[Q1][CHILDREN][0])

    _one(
        m,
        "row-of-another-division",
        "表里带了一行儿童福利处的任务：不能替它报",
        GRASSROOTS,
        returned(GRASSROOTS),
        foreign,
    )

    def shorter(lo: LibreOffice, _: int) -> None:
        lo.delete_rows(at=7, count=1)

    without_4 = [t if i != 2 else None for i, t in enumerate(WRITTEN[Q1][OLD_AGE])]
    _one(
        m,
        "row-deleted",
        "删掉了一行：其余照收，缺的要补",
        OLD_AGE,
        Expect(RETURNED, OLD_AGE, Q1, ("missing_task",), True),
        shorter,
        texts(OLD_AGE, Q1, without_4),
    )
    first, second = WRITTEN[Q1][RELIEF]
    more = "其中江边区率先为特困人员发放护理补贴。"

    def split(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=6, count=1)
        lo.set(ref="A6", value=1)
        lo.set(ref="B6", value=m.item(2))
        lo.set(ref="C6", value=more)

    both = texts(RELIEF, Q1, [f"{first}\n{more}", second])
    _one(
        m,
        "task-split-over-two-rows",
        "一项任务照抄成相连的两行，各写一段",
        RELIEF,
        Expect(EITHER, RELIEF, Q1),
        split,
        both,
    )

    def merged(lo: LibreOffice, _: int) -> None:
        lo.insert_rows(at=6, count=1)
        lo.set(ref="C6", value=more)
        lo.merge(area="A5:A6")
        lo.merge(area="B5:B6")

    _one(
        m,
        "item-merged-over-two-rows",
        "“责任事项”合并了两行，右边分两格写",
        RELIEF,
        Expect(EITHER, RELIEF, Q1),
        merged,
        both,
    )

    def one_answer(lo: LibreOffice, _: int) -> None:
        lo.set(ref="C6", value="")
        lo.merge(area="C5:C6")

    _one(
        m,
        "status-merged-over-two-tasks",
        "两项任务的完成情况合并成一格：看不出哪句答哪项，退回请分开填写",
        RELIEF,
        Expect(RETURNED, RELIEF, Q1, ("shared_status",)),
        one_answer,
        {},
    )

    def twice(lo: LibreOffice, last: int) -> None:
        lo.insert_rows(at=last + 1, count=1)
        lo.set(ref=f"A{last + 1}", value=3)
        lo.set(ref=f"B{last + 1}", value=m.item(2))
        lo.set(ref=f"C{last + 1}", value="截至3月底，走访困难妇女儿童455户。")

    _one(
        m,
        "task-twice-apart",
        "同一项任务在表的首尾各报一次，数字不同：另一项照收，这一项退回",
        RELIEF,
        returned(RELIEF, "repeated_task"),
        twice,
        texts(RELIEF, Q1, [None, second]),
    )


def _items(m: Maker) -> None:
    def items(keep_keys: bool = False, **texts_by_ref: str) -> Change:
        def change(lo: LibreOffice, last: int) -> None:
            for ref, text in texts_by_ref.items():
                lo.set(ref=ref, value=text)
            if not keep_keys:
                lo.set(ref="F4", value="")
                for row in range(FIRST, last + 1):
                    lo.set(ref=f"F{row}", value="")

        return change

    half_width = m.item(9).replace("、", ",").replace("（", "(").replace("）", ")").replace("。", ".")
    _one(
        m,
        "item-half-width",
        "责任事项重新打过，用的是半角标点；隐藏列没有了",
        OLD_AGE,
        taken(OLD_AGE),
        items(B8=half_width, B6=m.item(3).replace("，", ", ").replace("。", "")),
    )
    full = m.item(12).replace("13", "１３")
    _one(m, "item-full-width-digits", "责任事项里的数字打成了全角", CHILDREN, taken(CHILDREN), items(B5=full))
    _one(
        m,
        "item-numbered",
        "责任事项前面自己加了“1、”“（2）”",
        RELIEF,
        taken(RELIEF),
        items(B5=f"1、{m.item(2)}", B6=f"（2）{m.item(13)}"),
    )
    _one(
        m,
        "item-broken-lines",
        "责任事项里打了回车和空格，末尾也有空格",
        RELIEF,
        taken(RELIEF),
        items(
            B5="加大妇女儿童、残疾人等群体保障关爱力度，\n健全覆盖低保、特困、低保边缘和\n"
            "支出型困难家庭的 社会救助体系。　 ",
            B6=f"{m.item(13)}  ",
        ),
    )
    traditional = "同一供養機構對城市和農村特困人員實行統一供養標準。"
    _one(m, "item-traditional", "责任事项用繁体打的", RELIEF, Expect(EITHER, RELIEF, Q1), items(B6=traditional))
    _one(
        m,
        "item-with-city-units",
        "责任事项后面照附件1抄上了市责任单位",
        RELIEF,
        taken(RELIEF),
        items(B5=f"{m.item(2)}（市责任单位：市妇联、市残联）"),
    )
    _one(
        m,
        "item-shortened",
        "责任事项缩写成半句，隐藏列没有了",
        RELIEF,
        Expect(REMARKS, RELIEF, Q1, ("item_altered",)),
        items(B5="健全覆盖低保、特困、低保边缘和支出型困难家庭的社会救助体系"),
    )
    _one(
        m,
        "item-shortened-beside-its-like",
        "第3项缩写得只剩后半句，与第9项一字不差，序号和隐藏列都没有：两项都不猜，其余照收",
        OLD_AGE,
        Expect(RETURNED, OLD_AGE, Q1),
        items(B6="新建社区老年人服务中心（站）70个、农村老年人互助中心（服务点）30个。", A6="", A8=""),
        texts(OLD_AGE, Q1, [t if i not in (1, 3) else None for i, t in enumerate(WRITTEN[Q1][OLD_AGE])]),
    )
    _one(
        m,
        "number-altered",
        "责任事项里的 2000户 被改成 2200户：行是确定的，数字要提示",
        OLD_AGE,
        Expect(REMARKS, OLD_AGE, Q1, ("number_altered",)),
        items(keep_keys=True, B5="完成居家适老化改造2200户以上。"),
    )
    _one(
        m,
        "number-altered-without-keys",
        "同样把 2000户 改成 2200户，隐藏列也没有了",
        OLD_AGE,
        Expect(REMARKS, OLD_AGE, Q1, ("number_altered",)),
        items(B10="完成特殊困难老年人家庭居家适老化改造2200户以上。"),
    )
    _one(
        m,
        "item-rewritten",
        "责任事项换成了完全不同的话，隐藏列没有了",
        RELIEF,
        returned(RELIEF, "unknown_row", "missing_task"),
        items(B5="开展“寒冬送温暖”专项救助行动。"),
        texts(RELIEF, Q1, [None, WRITTEN[Q1][RELIEF][1]]),
    )


def _keys(m: Maker) -> None:
    def cleared(lo: LibreOffice, last: int) -> None:
        for row in range(4, last + 1):
            lo.set(ref=f"F{row}", value="")

    _one(m, "key-column-cleared", "隐藏列的任务编号被清掉了", OLD_AGE, taken(OLD_AGE), cleared)

    def swapped(lo: LibreOffice, _: int) -> None:
        lo.set(ref="F5", value="2023-13")
        lo.set(ref="F6", value="2023-02")

    _one(
        m,
        "keys-swapped",
        "隐藏列的两个编号对调了，看得见的文字都没动：以文字为准并提示",
        RELIEF,
        Expect(REMARKS, RELIEF, Q1),
        swapped,
    )

    def visible_sorted(lo: LibreOffice, last: int) -> None:
        lo.sort(area=f"A{FIRST}:C{last}", column=1, descending=True)

    _one(
        m,
        "rows-sorted-without-keys",
        "只选了看得见的三列排序，隐藏列没有跟着动：以文字为准并提示",
        RELIEF,
        Expect(REMARKS, RELIEF, Q1),
        visible_sorted,
    )
