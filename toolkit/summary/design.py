"""Makes the shipped Word template of the annual summary, laid out by GB/T 9704-2012.

`python -m toolkit.summary.design OUT.docx`.  The result is an ordinary document: staff may change wording, styles and
order; the program fills only its placeholders (fields of `content.Content`).

The styles are our own, since those of python-docx's default template name theme fonts, which win over East Asian ones,
and fail the schema.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.package import OpcPackage
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import OxmlElement
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from toolkit.newbook import FANG, HEI, SONG, XIAOBIAO

KAI = "楷体_GB2312"
DATED = date(2023, 1, 1)  # the file's own, the same whenever it is made

# What to show where a font is missing; Word takes the first that it has (ECMA-376 17.8.3.1, altName).
FALLBACKS = {
    FANG: "仿宋,FangSong,华文仿宋,STFangsong",
    XIAOBIAO: "小标宋,华文中宋,STZhongsong,宋体",
    KAI: "楷体,KaiTi,华文楷体,STKaiti",
    HEI: "SimHei,华文黑体,STHeiti",
    SONG: "SimSun,新宋体,STSong",
}

MARGINS = (37, 35, 28, 26)
"""mm: top, bottom, left, right."""
AREA = 156
"""mm between the margins, which each table fills."""

LINE = 579
"""28.95 pt, exact: 22 lines a page, measured.  A character grid (docGrid linesAndChars) wrecks the page elsewhere."""

TIGHT = -5
"""-0.25 pt between characters: 28 of 16 pt fit the 442 pt of a line, where 27 would."""

BODY, TITLE, NOTE, ANNEX = "公文正文", "公文标题", "公文按语", "公文附件"
SIGNED, SIGNED_LONG = "公文落款", "公文长落款"
LEVELS = ("公文一级标题", "公文二级标题", "公文三级标题")
CELL, CENTRED, HEADER, NUMBER = "表格文字", "表格居中", "表格表头", "公文页码"

_IDS = {
    name: f"annex2{n}"
    for n, name in enumerate(
        (BODY, TITLE, NOTE, SIGNED, ANNEX, *LEVELS, CELL, CENTRED, HEADER, NUMBER, SIGNED_LONG), start=1
    )
}


_MARGINS = '<w:tblCellMar {}><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'


def make_template() -> bytes:
    """The template of the annual summary; the same bytes each time."""
    return _made("年度工作目标完成情况汇总", _write)


def make_bulletin_template() -> bytes:
    """The template of a 通报; the same bytes each time."""
    return _made("报送情况通报", _write_bulletin)


def make_approval_template() -> bytes:
    """The template of a 送审 document; the same bytes each time."""
    return _made("工作目标完成情况送审", _write_approval)


def _made(title: str, write: Callable[[DocumentObject], None]) -> bytes:
    document = Document()
    _strip(document)
    _style(document)
    _set_up(document)
    _page(document.sections[0])
    write(document)
    document.core_properties.title = title
    return to_bytes(document, DATED)


def to_bytes(document: DocumentObject, day: date) -> bytes:
    """The file, dated `day` throughout: the same document gives the same bytes on the same Python."""
    properties = document.core_properties
    properties.author = properties.last_modified_by = "annex2"
    properties.comments, properties.language, properties.revision = "", "zh-CN", 1
    properties.created = properties.modified = datetime.combine(day, time())
    saved, packed = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o600 << 16  # the same on Windows
            target.writestr(entry, source.read(name))
    return packed.getvalue()


def _strip(document: DocumentObject) -> None:
    """Drop the default template's theme, numbering, custom XML and thumbnail: nothing here refers to them."""
    kept = {RT.STYLES, RT.SETTINGS, RT.FONT_TABLE, RT.CORE_PROPERTIES, RT.OFFICE_DOCUMENT}
    package: OpcPackage = document.part.package
    for rels in (document.part.rels, package.rels):
        for rid in [rid for rid, rel in rels.items() if rel.reltype not in kept]:
            del rels[rid]
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in FALLBACKS.items()
    )
    table = document.part.part_related_by(RT.FONT_TABLE)
    table._blob = (  # python-docx keeps this part as it is, and has no other way in
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>{fonts}</w:fonts>'.encode()
    )


def _fonts(name: str) -> str:
    return f'<w:rFonts w:ascii="{name}" w:hAnsi="{name}" w:eastAsia="{name}" w:cs="{name}" w:hint="eastAsia"/>'


def _style(document: DocumentObject) -> None:
    root = document.styles.element
    for child in list(root):
        root.remove(child)
    indent = '<w:ind w:firstLineChars="200" w:firstLine="640"/>'
    left = '<w:jc w:val="left"/>'
    centre = '<w:jc w:val="center"/>'
    cell = '<w:spacing w:line="360" w:lineRule="exact"/>'
    small = '<w:spacing w:val="0"/><w:sz w:val="21"/><w:szCs w:val="21"/>'
    defaults = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{_fonts(FANG)}"
        '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    normal = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/><w:qFormat/>'
        f'<w:pPr><w:widowControl w:val="0"/><w:spacing w:before="0" w:after="0" w:line="{LINE}" w:lineRule="exact"/>'
        f'<w:jc w:val="both"/></w:pPr><w:rPr>{_fonts(FANG)}<w:spacing w:val="{TIGHT}"/>'
        '<w:sz w:val="32"/><w:szCs w:val="32"/></w:rPr></w:style>'
    )
    table = (
        '<w:style w:type="table" w:default="1" w:styleId="a1"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
        f"{_MARGINS.format('')}</w:tblPr></w:style>"
    )
    styles = [
        defaults,
        normal,
        table,
        _paragraph_style(BODY, indent),
        _paragraph_style(
            TITLE,
            f'<w:keepNext/><w:spacing w:line="700" w:lineRule="exact"/>{centre}',
            f'{_fonts(XIAOBIAO)}<w:spacing w:val="0"/><w:sz w:val="44"/><w:szCs w:val="44"/>',
        ),
        _paragraph_style(NOTE, indent, _fonts(KAI)),
        # The middle of what stands here lies 7.5 or 9.5 characters from the right: a date ends 4 or 6 from it.
        _paragraph_style(SIGNED, f'<w:keepNext/><w:ind w:leftChars="1300" w:left="4160"/>{centre}'),
        _paragraph_style(SIGNED_LONG, f'<w:keepNext/><w:ind w:leftChars="900" w:left="2880"/>{centre}'),
        _paragraph_style(ANNEX, f"<w:keepNext/>{left}", _fonts(HEI)),
        _paragraph_style(LEVELS[0], f'<w:keepNext/>{indent}<w:outlineLvl w:val="0"/>', _fonts(HEI)),
        _paragraph_style(LEVELS[1], f'<w:keepNext/>{indent}<w:outlineLvl w:val="1"/>', _fonts(KAI)),
        _paragraph_style(LEVELS[2], f'<w:keepNext/>{indent}<w:outlineLvl w:val="2"/>', "<w:b/><w:bCs/>"),
        _paragraph_style(CELL, f"{cell}{left}", small),
        _paragraph_style(CENTRED, f"{cell}{centre}", small),
        _paragraph_style(HEADER, f"<w:keepNext/>{cell}{centre}", f"{_fonts(HEI)}{small}"),
        _paragraph_style(
            NUMBER,
            '<w:spacing w:line="280" w:lineRule="exact"/>',
            f'{_fonts(SONG)}<w:spacing w:val="0"/><w:sz w:val="28"/><w:szCs w:val="28"/>',
        ),
    ]
    for style in list(parse_xml(f"<w:styles {nsdecls('w')}>{''.join(styles)}</w:styles>")):
        root.append(style)


def _paragraph_style(name: str, paragraph: str = "", run: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:customStyle="1" w:styleId="{_IDS[name]}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="a"/><w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>'
    )


def _set_up(document: DocumentObject) -> None:
    root = document.settings.element
    for child in list(root):
        root.remove(child)
    settings = parse_xml(
        f'<w:settings {nsdecls("w")}><w:zoom w:percent="100"/><w:defaultTabStop w:val="640"/><w:evenAndOddHeaders/>'
        '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode"'
        ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
    )
    for child in list(settings):
        root.append(child)


def _page(section: Section) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(Mm, MARGINS)
    # The dashes of the number stand 7 mm below the type area: the line's middle 28 mm above the paper's edge.
    section.header_distance, section.footer_distance = Mm(15), Mm(25.5)
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        _into(paragraph, NUMBER)
        paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:ind {nsdecls("w")} w:{side}Chars="100" w:{side}="280"/>'))
        paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:jc {nsdecls("w")} w:val="{side}"/>'))
        _run(paragraph, "— ")
        field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>')
        paragraph._p.append(field)
        _run(paragraph, " —")


def _into(paragraph: Paragraph, style: str) -> None:
    """Give a paragraph a style by its id: python-docx looks names up with English ones in mind."""
    paragraph._p.get_or_add_pPr().get_or_add_pStyle().set(qn("w:val"), _IDS[style])


def _run(paragraph: Paragraph, text: str) -> Run:
    """Text whose quotation marks and dashes take the East Asian font."""
    run = paragraph.add_run(text)
    fonts = OxmlElement("w:rFonts")
    fonts.set(qn("w:hint"), "eastAsia")
    run._r.get_or_add_rPr().insert(0, fonts)
    return run


def _liner(document: DocumentObject) -> Callable[..., Paragraph]:
    def line(text: str, style: str = BODY) -> Paragraph:
        paragraph = document.add_paragraph()
        _into(paragraph, style)
        if text:
            _run(paragraph, text)
        return paragraph

    return line


def _write_bulletin(document: DocumentObject) -> None:
    line = _liner(document)

    def near(text: str) -> None:
        """… the signature: it does not stand alone on a page."""
        line(text).paragraph_format.keep_with_next = True

    line("{{ title }}", TITLE)
    line("")
    line("{{ addressees }}：").paragraph_format.first_line_indent = 0
    line("{{ overview }}")
    for heading, rows, sentence in (
        ("一、按时报送的", "on_time", "{{ on_time | join('、') }}。"),
        ("二、逾期报送的", "late", ""),
        ("三、未报送的", "missing", ""),
    ):
        line(heading, LEVELS[0])
        line(f"{{%p if not {rows} %}}")
        near("无。")
        line("{%p else %}")
        if sentence:
            line(sentence)
        else:
            line(f"{{%p for entry in {rows} %}}")
            line(f"{{% if {rows}|length > 1 %}}{{{{ loop.index }}}}.{{% endif %}}{{{{ entry }}}}。")
            line("{%p endfor %}")
        line("{%p endif %}")
    line("{%p if missing %}")
    near(
        "请{% if late %}逾期和{% endif %}未报送的处室（单位）查找原因，尽快补报，"
        "{% if leaders %}经{{ leaders }}审定后{% endif %}交{{ report_to }}；今后按通知规定的时间报送。"
    )
    line("{%p elif late %}")
    near("请逾期报送的处室（单位）查找原因，今后按通知规定的时间报送。")
    line("{%p endif %}")
    near("")
    _sign(line)


def _sign(line: Callable[..., Paragraph]) -> None:
    """Who issues it, in the middle above the date (GB/T 9704, 7.3.5.1); a long name in one line too."""
    for condition, style in (("{%p if issuer|length > 14 %}", SIGNED_LONG), ("{%p else %}", SIGNED)):
        line(condition)
        line("{{ issuer }}", style)
        line("{{ day }}", style)
    line("{%p endif %}")


def _heading(line: Callable[..., Paragraph], task: str) -> None:
    """A task's words; of long ones the first clause is the heading, and the rest goes on behind it."""
    line(f"{{%p if {task}.rest %}}")
    long = line("", BODY)
    _run(long, f"{{{{ {task}.number }}}}.{{{{ {task}.head }}}}").bold = True
    _run(long, f"{{{{ {task}.rest }}}}")
    long._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
    line("{%p else %}")
    line(f"{{{{ {task}.number }}}}.{{{{ {task}.text }}}}", LEVELS[2])
    line("{%p endif %}")


def _write_approval(document: DocumentObject) -> None:
    line = _liner(document)
    line("{{ title }}", TITLE)
    line("")
    line("{{ leader }}同志：").paragraph_format.first_line_indent = 0
    line("{{ overview }}")
    line("{%p for division in divisions %}")
    line("{{ division.name }}", LEVELS[0])
    line("{%p for task in division.tasks %}")
    _heading(line, "task")
    line("{%p for paragraph in task.status %}")
    line("{%p if task.last and loop.last %}")
    line("{{ paragraph }}").paragraph_format.keep_with_next = True  # nobody signs a page without text
    line("{%p else %}")
    line("{{ paragraph }}")
    line("{%p endif %}")
    line("{%p endfor %}")
    line("{%p if not task.status %}")
    line("{%p if task.last %}")
    line("（{{ task.wanting }}）", NOTE).paragraph_format.keep_with_next = True
    line("{%p else %}")
    line("（{{ task.wanting }}）", NOTE)
    line("{%p endif %}")
    line("{%p endif %}")
    line("{%p endfor %}")
    line("{%p endfor %}")
    for label in ("", "审定意见：", "签　　名：", "日　　期：　　　　年　　月　　日", ""):
        line(label).paragraph_format.keep_with_next = True
    line("（{{ day }}打印）", NOTE)


def _write(document: DocumentObject) -> None:
    line = _liner(document)
    line("{{ title }}", TITLE)
    line("")
    line("{%p if draft %}")
    line("{{ draft }}", NOTE)
    line("{%p endif %}")
    line("一、总体情况", LEVELS[0])
    line("{%p for paragraph in overview %}")
    line("{{ paragraph }}")
    line("{%p endfor %}")
    for heading, sections in (("二、牵头任务完成情况", "lead"), ("三、配合任务", "support")):
        line(heading, LEVELS[0])
        line(f"{{%p if not {sections} %}}")
        line("无。")
        line("{%p endif %}")
        line(f"{{%p for section in {sections} %}}")
        line("（{{ section.numeral }}）{{ section.name }}", LEVELS[1])
        line("{%p for entry in section.entries %}")
        _heading(line, "entry")
        line("（{{ entry.facts }}）", NOTE)
        line("{%p if entry.note %}")
        line("【{{ entry.note }}】", NOTE)
        line("{%p endif %}")
        line("{%p for paragraph in entry.status %}")
        line("{{ paragraph }}")
        line("{%p endfor %}")
        line("{%p if entry.steps %}")
        line("办理方案：{{ entry.steps }}。", NOTE)
        line("{%p endif %}")
        line("{%p endfor %}")
        line("{%p endfor %}")
    line("{%p if targets %}")
    line("四、指标完成情况", LEVELS[0])
    _table(
        document,
        (11, 43, 21, 22, 17, 42),
        ("序号", "指标", "目标", "累计完成", "完成率", "进度"),
        "target in targets",
        tuple(f"{{{{ target.{c} }}}}" for c in ("no", "indicator", "goal", "done", "percent", "pace")),
        left={1},
    )
    line("注：序号是任务台账的序号，带 * 的是牵头任务。", NOTE)
    line("{%p for target in targets %}")
    line("{%p for note in target.notes %}")
    line("台账第{{ target.no }}项“{{ target.indicator }}”：{{ note }}", NOTE)
    line("{%p endfor %}")
    line("{%p endfor %}")
    line("{%p endif %}")
    line("{% if targets %}五{% else %}四{% endif %}、报送情况", LEVELS[0])
    counts = ("owed", "accepted", "on_time", "late", "completeness", "timeliness")
    counted = tuple(f"{{{{ line.{c} }}}}" for c in counts)
    only, end = "{%tc if led %}", "{%tc endif %}"
    for heading, rows, widths, header, cells in (
        ("（一）各节点报送情况", "rounds", (32, 34), ("节点", "截止日期"), ("{{ line.detail }}",)),
        (
            "（二）各处室（单位）报送情况",
            "divisions",
            (52, 7, 20, 7),
            ("处室（单位）", only, "分管领导", end),
            (only, "{{ line.detail }}", end),
        ),
    ):
        line(heading, LEVELS[1])
        _table(
            document,
            (*widths, 14, 14, 14, 14, 14, 14) if len(widths) > 2 else (*widths, 14, 14, 14, 14, 17, 17),
            (*header, "应报", "已报", "按时", "逾期", "完整率", "按时率"),
            f"line in {rows}",
            ("{{ line.name }}", *cells, *counted),
        )
        line("")
    line("（三）缺报和逾期情况", LEVELS[1])
    line("{%p if not gaps %}")
    line("没有缺报和逾期。").paragraph_format.keep_with_next = True  # as what follows: it goes with the signature
    line("{%p endif %}")
    line("{%p for gap in gaps %}")
    for condition, last in (("if loop.last", True), ("else", False)):
        line(f"{{%p {condition} %}}")
        listed = line("{{ loop.index }}.{{ gap.line }}。")
        listed.alignment = WD_ALIGN_PARAGRAPH.LEFT  # numbers parted by 、 would be spread over the line
        listed.paragraph_format.keep_with_next = last or None
    line("{%p endif %}")
    line("{%p endfor %}")
    for text in ("", "附件：牵头任务报送状态一览表", ""):
        line(text).paragraph_format.keep_with_next = True
    _sign(line)
    _new_section(document)  # the program turns it where there are many rounds
    line("附件", ANNEX)
    line("牵头任务报送状态一览表", TITLE)
    line("{%p if legend %}")
    line("注：{{ legend }}", CELL)
    line("{%p else %}")
    line("")
    line("{%p endif %}")
    _table(
        document,
        (11, 43, 22, 20, 18, 42),
        ("序号", "工作事项", "牵头处室", "{%tc for name in heads %}", "{{ name }}", "{%tc endfor %}"),
        "row in standings",
        (
            "{{ row.no }}",
            "{{ row.brief }}",
            "{{ row.division }}",
            "{%tc for mark in row.marks %}",
            "{{ mark }}",
            "{%tc endfor %}",
        ),
        left={1},
    )


def _new_section(document: DocumentObject) -> None:
    """… on a new page.  Its paragraph, the last one of the section before, is a point high: no page for itself."""
    document.add_section(WD_SECTION.NEW_PAGE)
    end = document.paragraphs[-1]
    end.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    end.paragraph_format.line_spacing = Pt(1)


def _table(
    document: DocumentObject,
    widths: Sequence[float],
    header: Sequence[str],
    loop: str,
    cells: Sequence[str],
    left: frozenset[int] | set[int] = frozenset(),
) -> None:
    """A table whose one row repeats over `loop`.

    `widths` in mm, of which each column gets its share; `left`: columns that are not centred.
    """
    table = document.add_table(4, len(widths))
    table.autofit = False
    properties = table._tbl.tblPr
    for style in properties.findall(qn("w:tblStyle")):
        properties.remove(style)
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    width = properties.find(qn("w:tblW"))
    width.set(qn("w:type"), "dxa")
    width.set(qn("w:w"), str(Mm(AREA).twips))
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(parse_xml(f"<w:tblBorders {nsdecls('w')}>{borders}</w:tblBorders>"))
    layout.addnext(parse_xml(_MARGINS.format(nsdecls("w"))))  # LibreOffice does not take them from the style
    rows = (header, (f"{{%tr for {loop} %}}",), cells, ("{%tr endfor %}",))
    for number, (row, texts) in enumerate(zip(table.rows, rows, strict=True)):
        mark(row._tr, "w:cantSplit")
        if number == 0:
            mark(row._tr, "w:tblHeader")
        for column, (cell, width) in enumerate(zip(row.cells, widths, strict=True)):
            cell.width = Mm(width)
            cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:vAlign {nsdecls("w")} w:val="center"/>'))
            paragraph = cell.paragraphs[0]
            _into(paragraph, HEADER if number == 0 else CELL if column in left else CENTRED)
            if column < len(texts):
                _run(paragraph, texts[column])
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)


def mark(row: BaseOxmlElement, name: str) -> None:
    """Set a row's property that is on by being there."""
    row.get_or_add_trPr().append(OxmlElement(name))  # type: ignore[attr-defined]


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("用法：python -m toolkit.summary.design templates", file=sys.stderr)
        return 2
    Path(arguments[0], "summary.docx").write_bytes(make_template())
    Path(arguments[0], "bulletin.docx").write_bytes(make_bulletin_template())
    Path(arguments[0], "approval.docx").write_bytes(make_approval_template())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
