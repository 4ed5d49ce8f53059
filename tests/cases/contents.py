"""Cases: what stands in 完成情况 and in the approval below it, and when it came."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

from libreoffice import LibreOffice
from made_forms import png, repacked
from making import (
    CHILDREN,
    EITHER,
    GRASSROOTS,
    Q1,
    Q2,
    RELIEF,
    REMARKS,
    RETURNED,
    WRITTEN,
    Change,
    Expect,
    Maker,
    held,
    returned,
    taken,
    texts,
)

FORM = "报表.xlsx"
FIRST_TEXT, SECOND_TEXT = WRITTEN[Q1][RELIEF]


def make(m: Maker) -> None:
    _empty(m)
    _no_text(m)
    _odd_text(m)
    _approval(m)
    _moments(m)


def _one(
    m: Maker,
    name: str,
    about: str,
    expected: Expect,
    written: list[str | None],
    kept: list[str | None] | None = None,
    change: Change = lambda *_: None,
) -> None:
    """A form of 社会救助处 with these texts, of which `kept` go into 任务台账."""
    data = m.typed(RELIEF, written, change=change)
    m.case(name, about, {FORM: data}, {FORM: expected}, texts(RELIEF, Q1, written if kept is None else kept))


def _empty(m: Maker) -> None:
    blank = m.form(RELIEF).read_bytes()
    name = m.name(RELIEF)
    m.case(
        "sent-back-empty",
        "原样发回，一个字没填",
        {name: blank},
        {name: Expect(RETURNED, RELIEF, Q1, ("empty_status", "not_approved"), True)},
    )
    _one(
        m,
        "only-spaces",
        "完成情况里只敲了空格和回车",
        Expect(RETURNED, RELIEF, Q1, ("empty_status",), True),
        [FIRST_TEXT, "　 \n "],
        [FIRST_TEXT, None],
    )
    for slug, text in (
        ("none", "无"),
        ("ditto", "同上"),
        ("dots", "……"),
        ("dash", "—"),
        ("todo", "待填"),
        ("done", "已完成"),
    ):
        _one(
            m,
            f"placeholder-{slug}",
            f"完成情况只写了“{text}”",
            Expect(RETURNED, RELIEF, Q1, ("placeholder",), True),
            [FIRST_TEXT, text],
            [FIRST_TEXT, None],
        )
    short = "已全部完成，惠及1.2万人。"
    _one(m, "short-but-meant", "完成情况很短，但有内容", taken(RELIEF), [FIRST_TEXT, short])
    none_within = "无新增集中供养机构，原有11个机构中9个实现统一标准。"
    _one(m, "none-within-a-sentence", "句子以“无”开头，不是占位", taken(RELIEF), [FIRST_TEXT, none_within])


def _no_text(m: Maker) -> None:
    def broken_reference(lo: LibreOffice, last: int) -> None:
        lo.set(ref="H20", value=SECOND_TEXT)
        lo.set(ref=f"C{last}", value="formula:=H20")
        lo.delete_rows(at=20, count=1)

    _one(
        m,
        "formula-error",
        "完成情况是引用别处的公式，被引用的行删掉后成了 #REF!",
        returned(RELIEF, "formula_error"),
        [FIRST_TEXT, None],
        change=broken_reference,
    )

    def other_cell(lo: LibreOffice, _: int) -> None:
        lo.set(ref="H5", value=FIRST_TEXT)
        lo.set(ref="C5", value="formula:=H5")

    _one(
        m,
        "formula-with-text",
        "完成情况是公式，算出来的是文字",
        Expect(EITHER, RELIEF, Q1),
        [None, SECOND_TEXT],
        [FIRST_TEXT, SECOND_TEXT],
        other_cell,
    )
    floating = _pictured(m.typed(RELIEF, [FIRST_TEXT, None]), row=6)
    m.case(
        "picture-over-the-cell",
        "完成情况是一张贴在格子上的截图",
        {FORM: floating},
        {FORM: returned(RELIEF, "picture")},
        texts(RELIEF, Q1, [FIRST_TEXT, None]),
    )
    m.case(
        "picture-beside-the-text",
        "写了文字，又在格子上贴了佐证照片：文字照收",
        {FORM: _pictured(m.typed(RELIEF), row=6)},
        {FORM: taken(RELIEF, Q1, "picture_beside")},
        texts(RELIEF),
    )
    m.case(
        "picture-in-the-cell-by-wps",
        "WPS 把图片嵌进了单元格（DISPIMG）",
        {FORM: _wps_pictured(m.typed(RELIEF, [FIRST_TEXT, "图片占位"]))},
        {FORM: returned(RELIEF, "picture")},
        texts(RELIEF, Q1, [FIRST_TEXT, None]),
    )


_SCHEMAS = "http://schemas.openxmlformats.org"
_OFFICE = f"{_SCHEMAS}/officeDocument/2006/relationships"
_RELATION = (
    f'<Relationships xmlns="{_SCHEMAS}/package/2006/relationships">'
    '<Relationship Id="rId1" Type="{}" Target="{}"/></Relationships>'
)


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {n: z.read(n) for n in z.namelist()}


def _pictured(data: bytes, row: int) -> bytes:
    """A picture anchored over column C of a row (LibreOffice's driver cannot place one)."""
    drawing = (
        f'<xdr:wsDr xmlns:xdr="{_SCHEMAS}/drawingml/2006/spreadsheetDrawing" xmlns:a="{_SCHEMAS}/drawingml/2006/main">'
        "<xdr:twoCellAnchor><xdr:from><xdr:col>2</xdr:col><xdr:colOff>90000</xdr:colOff>"
        f"<xdr:row>{row - 1}</xdr:row><xdr:rowOff>90000</xdr:rowOff></xdr:from><xdr:to><xdr:col>2</xdr:col>"
        f"<xdr:colOff>900000</xdr:colOff><xdr:row>{row - 1}</xdr:row><xdr:rowOff>500000</xdr:rowOff></xdr:to><xdr:pic>"
        '<xdr:nvPicPr><xdr:cNvPr id="2" name="图片 1"/><xdr:cNvPicPr/></xdr:nvPicPr><xdr:blipFill>'
        f'<a:blip xmlns:r="{_OFFICE}" r:embed="rId1"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill><xdr:spPr>'
        '<a:xfrm><a:off x="0" y="0"/><a:ext cx="810000" cy="410000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic><xdr:clientData/></xdr:twoCellAnchor>'
        "</xdr:wsDr>"
    )
    parts = _parts(data)
    sheet, types = parts["xl/worksheets/sheet1.xml"], parts["[Content_Types].xml"]
    assert "xl/worksheets/_rels/sheet1.xml.rels" not in parts
    at = min(p for p in (sheet.find(b"<legacyDrawing"), sheet.find(b"<extLst"), sheet.find(b"</worksheet>")) if p > 0)
    named = f'<drawing xmlns:r="{_OFFICE}" r:id="rId1"/>'.encode()
    added = (
        b'<Override PartName="/xl/drawings/drawing1.xml" '
        b'ContentType="application/vnd.openxmlformats-officedocument.drawing+xml"/></Types>'
    )
    if b'Extension="png"' not in types:
        added = b'<Default Extension="png" ContentType="image/png"/>' + added
    return repacked(
        data,
        {
            "[Content_Types].xml": types.replace(b"</Types>", added),
            "xl/worksheets/sheet1.xml": sheet[:at] + named + sheet[at:],
            "xl/worksheets/_rels/sheet1.xml.rels": _RELATION.format(
                f"{_OFFICE}/drawing", "../drawings/drawing1.xml"
            ).encode(),
            "xl/drawings/drawing1.xml": drawing.encode(),
            "xl/drawings/_rels/drawing1.xml.rels": _RELATION.format(f"{_OFFICE}/image", "../media/image1.png").encode(),
            "xl/media/image1.png": png(),
        },
    )


def _wps_pictured(data: bytes) -> bytes:
    """The last task's 完成情况 as WPS writes a picture put into a cell."""
    parts = _parts(data)
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    call = 'DISPIMG("ID_5F2B8C1E9A7D4E3FA1B2C3D4E5F60718",1)'.replace('"', "&quot;")
    sheet, count = re.subn(
        r'<c r="C6"( s="\d+")? t="s"><v>\d+</v></c>',
        lambda c: f'<c r="C6"{c[1] or ""} t="str"><f>_xlfn.{call}</f><v>={call}</v></c>',
        sheet,
    )
    assert count == 1
    images = (
        '<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" '
        f'xmlns:xdr="{_SCHEMAS}/drawingml/2006/spreadsheetDrawing" xmlns:a="{_SCHEMAS}/drawingml/2006/main" '
        f'xmlns:r="{_OFFICE}"><etc:cellImage><xdr:pic><xdr:nvPicPr>'
        '<xdr:cNvPr id="2" name="ID_5F2B8C1E9A7D4E3FA1B2C3D4E5F60718"/><xdr:cNvPicPr/></xdr:nvPicPr>'
        '<xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill><xdr:spPr/></xdr:pic></etc:cellImage></etc:cellImages>'
    )
    types = parts["[Content_Types].xml"]
    added = (
        b'<Default Extension="png" ContentType="image/png"/><Override PartName="/xl/cellimages.xml" '
        b'ContentType="application/vnd.wps-officedocument.cellimage+xml"/></Types>'
    )
    rels = parts["xl/_rels/workbook.xml.rels"]
    relation = (
        b'<Relationship Id="rIdW1" Type="http://www.wps.cn/officeDocument/2020/cellImage" Target="cellimages.xml"/>'
    )
    return repacked(
        data,
        {
            "[Content_Types].xml": types.replace(b"</Types>", added),
            "xl/_rels/workbook.xml.rels": rels.replace(b"</Relationships>", relation + b"</Relationships>"),
            "xl/worksheets/sheet1.xml": sheet.encode(),
            "xl/cellimages.xml": images.encode(),
            "xl/_rels/cellimages.xml.rels": _RELATION.format(f"{_OFFICE}/image", "media/image1.png").encode(),
            "xl/media/image1.png": png(),
        },
    )


def _odd_text(m: Maker) -> None:
    sentence = "深入街道社区走访困难群众，逐户核对低保、特困和低保边缘家庭信息，建立台账并动态更新。"
    long = (sentence * 80)[:3000]
    _one(
        m,
        "text-of-3000-characters",
        "完成情况写了三千字",
        Expect(REMARKS, RELIEF, Q1, ("too_long",), True),
        [long, SECOND_TEXT],
    )
    odd = ["=1+1 项工作已完成，另有3项推进中。", "+3个区、-1个机构；@江边区已统一标准。"]
    _one(m, "text-like-formulas", "完成情况以 =、+ 开头：是文字，不是公式", taken(RELIEF), list(odd))
    other = ["-2个机构撤并后，其余9个已统一供养标准。", "@各区：已完成核对11个机构。"]
    _one(m, "text-like-formulas-more", "完成情况以 -、@ 开头", taken(RELIEF), list(other))
    commands = ['=HYPERLINK("http://example.org/","点这里")', "=cmd|' /C calc'!A0"]
    _one(
        m,
        "text-of-hostile-formulas",
        "完成情况是恶意公式的文字：照文字存，不会运行",
        Expect(EITHER, RELIEF, Q1),
        list(commands),
    )
    lines = ["一是走访困难妇女儿童430户；\n二是新纳入低保边缘212户；\n\n三是培训救助员96名。", SECOND_TEXT]
    _one(m, "text-with-line-breaks", "完成情况分行写", taken(RELIEF), lines)
    spaced = [f"  {FIRST_TEXT}　", f"{SECOND_TEXT}\n\n"]
    _one(m, "text-with-spaces-around", "完成情况前后有空格和空行", taken(RELIEF), spaced, [FIRST_TEXT, SECOND_TEXT])
    rare = ["已走访𠮷安社区等5个社区，慰问陈㛃等困难群众32名。", "“统一标准”≥95％，达到①②两档要求〔见附件〕。"]
    _one(m, "text-with-rare-characters", "人名地名里有生僻字，还有全角符号", taken(RELIEF), rare)


def _approval(m: Maker) -> None:
    form = m.name(RELIEF)

    def case(name: str, about: str, data: bytes, *codes: str) -> None:
        expected = taken(RELIEF, Q1, *codes)
        m.case(name, about, {form: data}, {form: expected}, texts(RELIEF))

    case("approver-missing", "没有填审定人", m.typed(RELIEF, approver=None), "not_approved")
    case("approval-date-missing", "没有填审定日期", m.typed(RELIEF, day=None), "not_approved")
    case("approver-differs", "审定人不是分管局领导", m.typed(RELIEF, approver="冯建国"), "approver_differs")
    case("approver-padded", "审定人写成“吴　明”，中间有全角空格", m.typed(RELIEF, approver="吴　明"))

    def in_one_cell(lo: LibreOffice, last: int) -> None:
        lo.set(ref=f"B{last + 2}", value="分管局领导审定：吴明")
        lo.set(ref=f"B{last + 3}", value="审定日期：2023年4月3日")

    one_cell = m.typed(RELIEF, approver=None, day=None, change=in_one_cell)
    case("approval-in-the-label", "审定人和日期直接写在冒号后面", one_cell)

    def as_text(lo: LibreOffice, last: int) -> None:
        lo.set(ref=f"C{last + 3}", value="2023.4.3")

    case("approval-date-as-text", "审定日期写成“2023.4.3”", m.typed(RELIEF, day=None, change=as_text))


def _moments(m: Maker) -> None:
    name = m.name(GRASSROOTS)
    data = m.typed(GRASSROOTS)
    for slug, about, now, codes in (
        ("late-by-three-days", "截止日后第三天才到", datetime(2023, 4, 8, 10), ("late",)),  # noqa: DTZ001
        ("on-the-last-evening", "截止日当天晚上十一点到：按时", datetime(2023, 4, 5, 23), ()),  # noqa: DTZ001
        ("just-after-midnight", "截止日过了零点才到：逾期", datetime(2023, 4, 6, 0, 5), ("late",)),  # noqa: DTZ001
    ):
        m.case(slug, about, {name: data}, {name: taken(GRASSROOTS, Q1, *codes)}, texts(GRASSROOTS), now=now)
    early = m.name(CHILDREN, Q2)
    m.case(
        "early-for-the-next-round",
        "四月就报来第二季度的表",
        {early: m.typed(CHILDREN, round_=Q2)},
        {early: held("later_form")},
    )
