"""An invented notice (no real office, officials or tasks) as Word files, each odd in its own way.

    write_notice(path)                       the notice, and TASKS is what must be read from it
    write_notice(path, star="superscript")   the same notice, typed by someone else

Its difficulties are those of real notices: padded names, a cell of three units without separators, brackets inside
city units, two tasks that are the same work, a division that leads only supporting tasks.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn

from toolkit.model import CityUnits, Round, Task

YEAR = 2024
TITLE = "2024年省、市<政府工作报告>水务目标任务责任分解方案"
ISSUER = "临江市水务局办公室"
ORGANISATION = "市水务局"
ROUNDS = (
    Round("2024Q1", "第一季度", date(2024, 4, 8)),
    Round("2024Q2", "第二季度", date(2024, 7, 8)),
    Round("2024Q3", "第三季度", date(2024, 10, 8)),
    Round("2024Y", "全年", date(2025, 1, 8)),
)
UNSEPARATED = 15  # 序号 of the task whose responsible units have no separators

_CITY, _PEOPLE, _PROVINCE = "市《政府工作报告》水务任务", "市政府民生实事水务任务", "省《政府工作报告》水务任务"
_GAN, _WEN, _ZHU = "甘若川", "闻舟", "祝晓岚"


def _task(
    no: int,
    starred: bool,
    section: str,
    text: str,
    leader: str,
    division: str,
    responsible: Sequence[str] = (),
    city: tuple[str, Sequence[str]] | None = None,
) -> Task:
    units = CityUnits(city[0], tuple(city[1])) if city else None
    return Task(f"{YEAR}-{no:02d}", no, starred, section, text, units, leader, division, tuple(responsible))


TASKS = (
    _task(1, True, _CITY, "完成老旧供水管网改造260公里以上。", _GAN, "供水节水处",
          city=("市责任单位", ["各区人民政府"])),
    _task(2, True, _CITY, "加强河道、湖泊、港渠等水体巡查，健全覆盖市、区、街道和社区的四级河湖长体系。", _WEN,
          "河湖管理处", ["市河道中心"], ("市责任单位", ["市城管委", "市园林局"])),
    _task(3, True, _CITY, "推进5个区级节水示范基地建设，新建社区直饮水点（站）60个、农村小型供水站（点）25个。", _GAN,
          "供水节水处", city=("市责任单位", ["各区人民政府"])),
    _task(4, True, _CITY, "坚持系统治理，统筹解决好城市内涝、雨污混流等民生关切。", _GAN, "供水节水处",
          city=("市责任单位", ["市城建局（市海绵办）", "市卫健委", "各区人民政府"])),
    _task(5, False, _CITY, "万元地区生产总值用水量持续下降。", _WEN, "河湖管理处", ["市河道中心"],
          ("市牵头单位", ["市发改委"])),
    _task(6, False, _CITY, "发展滨水经济、夜游经济、假日经济，增加城市“水韵味”。", _GAN, "供水节水处",
          city=("市牵头单位", ["市文旅局"])),
    _task(7, False, _CITY, "健全人才评价体系，引进水利专业人才100人以上。", _ZHU, "规划科技处",
          city=("市牵头单位", ["市人才办"])),
    _task(8, True, _PEOPLE, "新建社区直饮水点（站）60个、农村小型供水站（点）25个。", _GAN, "供水节水处"),
    _task(9, True, _PEOPLE, "完成老旧供水管网改造260公里以上，惠及居民4.5万户。", _GAN, "供水节水处"),
    _task(10, True, _PEOPLE, "为11个区级排涝泵站配置备用电源。", _ZHU, "防汛排涝处"),
    _task(11, True, _PEOPLE, "同一流域内的小型水库实行统一管护标准。", _WEN, "河湖管理处", ["市河道中心"]),
    _task(12, True, _PEOPLE, "支持30个社区开展亲水空间共建项目。", _ZHU, "水土保持处"),
    _task(13, False, _PROVINCE, "促进智慧水务、数字孪生流域等新型应用。", _GAN, "供水节水处"),
    _task(14, False, _PROVINCE, "推动灌区改造，改造大型灌区2处以上，完成高效节水灌溉2.5万亩。", _ZHU, "水土保持处"),
    _task(15, False, _PROVINCE,
          "加强水旱灾害防御，山洪沟治理投入提高10%。全面推行小型水库县级集中管护。完成病险水库加固80座。", _WEN,
          "河湖管理处", ["水库移民处", "供水节水处", "市河道中心"]),
)  # fmt: skip
"""What must be read, from each variant."""

_NUMERALS = "一二三四五"
_HEADER = ("序号", "工作事项", "分管领导", "牵头处室", "责任处室\n（单位）")


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How the notice is typed."""

    separator: str = ""  # between responsible units: "" none, "\n" line breaks, "¶" paragraphs, or the text itself
    star: str = "1*"  # 1*  *1  1＊  ★1  superscript  text (before 工作事项)  sym (插入符号)
    brackets: str = "（）"
    header: Sequence[str] = _HEADER
    repeat_header: int = 0  # after so many tasks
    unmerged_sections: bool = False
    merged_leaders: bool = False
    automatic: bool = False  # 序号 by Word's numbering
    tracked: bool = False  # deletions, insertions and moves that nobody accepted
    controls: bool = False  # rows, cells and runs in content controls
    text_boxes: bool = False
    extra_tables: bool = False
    split_after: int = 0  # the table goes on as a second one after so many tasks
    split_header: bool = True
    padded: bool = True  # 闻舟 as 闻  舟 in one row
    shifted: bool = False  # each row starts after a skipped column (gridBefore)
    ditto: bool = False  # 同上 for a leader as in the row above
    deadlines: str = "于2024年4月8日、7月8日、10月8日及2025年1月8日前，将第一、第二、第三季度及全年工作目标完成情况"
    counts: tuple[int, int] = (9, 6)
    heading: Sequence[str] = (
        "市水务局办公室关于印发",
        "《2024年省、市<政府工作报告>水务目标",
        "任务责任分解方案》的通知",
    )
    form_title: str = "2024年市水务局XXX（处室）第X季度工作目标完成情况"
    caption: str = "2024年省、市《政府工作报告》水务目标任务责任分解方案"
    rows: Callable[[list[list[str]]], list[list[str]]] | None = None  # last changes to the rows of text


def write_notice(path: Path, **variant: Any) -> Path:
    """Writes the notice as .docx, typed as `variant` (fields of Variant) says; returns `path`."""
    v = Variant(**variant)
    document = Document()
    for text in v.heading:
        document.add_paragraph(text)
    document.add_paragraph("局机关各处室，局属各单位：")
    document.add_paragraph(
        "根据《市人民政府办公厅关于印发2024年市〈政府工作报告〉目标任务责任分解方案的通知》精神，经局长办公会审议，"
        "现将《2024年省、市<政府工作报告>水务目标任务责任分解方案》印发给你们，请认真抓好贯彻落实。"
    )
    document.add_paragraph(
        f"关于{v.counts[0]}项牵头任务（详见附件1），请各牵头处室（单位）细化办理方案，明确完成时间节点，{v.deadlines}"
        f"经分管局领导审定后交局办公室（报送格式详见附件2）。关于{v.counts[1]}项配合任务，请主动与市牵头单位对接。"
    )
    document.add_paragraph(ISSUER)
    document.add_paragraph("2024年月日")
    if v.extra_tables:
        _plain_table(document, [["联系人", "电话"], ["办公室", "0000"]])
    document.add_paragraph("附件1")
    document.add_paragraph(v.caption)
    rows = [[*r] for r in _text_rows(v)]
    if v.rows:
        rows = v.rows(rows)
    breaks = [i for i, r in enumerate(rows) if r[0].startswith(f"{v.split_after + 1}")][:1] if v.split_after else []
    if breaks:
        _annex(document, v, rows[: breaks[0]], header=True)
        document.add_paragraph("")
        _annex(document, v, rows[breaks[0] :], header=v.split_header)
    else:
        _annex(document, v, rows, header=True)
    document.add_paragraph("注：*为我局牵头任务。")
    document.add_paragraph("附件2")
    document.add_paragraph(v.form_title)
    _plain_table(document, [["序号", "责任事项", "完成情况"], ["1", "", ""], ["2", "", ""], ["…", "", ""]])
    if v.extra_tables:
        document.add_paragraph("附件3")
        _plain_table(document, [["序号", "工作事项", "完成时限", "责任处室"], ["1", "旧任务。", "6月", "供水节水处"]])
    document.save(str(path))
    return path


def _text_rows(v: Variant) -> list[list[str]]:
    """Rows as typed: five cells, or the one of a section's heading."""
    rows: list[list[str]] = []
    section = leader = ""
    sections = list(dict.fromkeys(t.section for t in TASKS))
    for t in TASKS:
        if t.section != section:
            section, leader = t.section, ""
            rows.append([f"{_NUMERALS[sections.index(section)]}、{section}"])
        text, label = t.text, str(t.no)
        if t.city_units:
            inner = f"{t.city_units.role}：{'、'.join(t.city_units.units)}"
            if t.no == 4:
                inner = inner.replace("、各区", "，各区")  # separators are mixed in real notices too
            if v.brackets == "()":
                inner = inner.replace("：", ":")
            text += v.brackets[0] + inner + v.brackets[1]
        if t.starred:
            label = {"*1": f"*{t.no}", "1＊": f"{t.no}＊", "★1": f"★{t.no}", "text": label}.get(v.star, f"{t.no}*")
            text = "*" + text if v.star == "text" else text
        name = "闻  舟" if v.padded and t.no == 11 else t.leader
        typed = "同上" if v.ditto and leader == t.leader else name
        leader = t.leader
        rows.append([label, text, typed, t.division, v.separator.join(t.responsible)])
    return rows


def _plain_table(document: Any, rows: list[list[str]]) -> None:
    table = document.add_table(len(rows), len(rows[0]))
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text


def _annex(document: Any, v: Variant, rows: list[list[str]], *, header: bool) -> None:
    table = document.add_table(0, 5)
    table.style = "Table Grid"

    def add(texts: Sequence[str]) -> Any:
        row = table.add_row()
        for cell, text in zip(row.cells, texts, strict=False):
            _fill(cell, text)
        return row

    if header:
        add(v.header)
    tasks = 0
    for texts in rows:
        if len(texts) == 1:
            row = add(texts)
            if not v.unmerged_sections:
                row.cells[0].merge(row.cells[4])
            continue
        if v.repeat_header and tasks and tasks % v.repeat_header == 0:
            add(v.header)
        tasks += 1
        row = add(texts)
        _mark(document, v, row, texts)
    if v.merged_leaders:
        _merge_leaders(table)
    if v.tracked:
        _track(table)
    if v.controls:
        _control(table)
    if v.shifted:
        for row in table.rows:
            properties = row._tr.get_or_add_trPr()
            properties.insert(0, parse_xml(f'<w:gridBefore {nsdecls("w")} w:val="2"/>'))


def _fill(cell: Any, text: str) -> None:
    first, *more = text.split("¶")
    cell.text = first  # python-docx turns \n into w:br
    for paragraph in more:
        cell.add_paragraph(paragraph)


def _mark(document: Any, v: Variant, row: Any, texts: Sequence[str]) -> None:
    """Stars and numbers that are more than text, and what hangs in cells without belonging to their text."""
    cell = row.cells[0]
    if v.star == "superscript" and texts[0].endswith("*"):
        cell.text = texts[0][:-1]
        cell.paragraphs[0].add_run("*").font.superscript = True
    if v.star == "sym" and texts[0].endswith("*"):
        cell.text = texts[0][:-1]
        symbol = f'<w:r {nsdecls("w")}><w:sym w:font="Symbol" w:char="F02A"/></w:r>'
        cell.paragraphs[0]._p.append(parse_xml(symbol))
    if v.automatic:
        cell.text = "*" if texts[0].endswith("*") else ""
        properties = cell.paragraphs[0]._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="{_list(document)}"/></w:numPr>')
        )
    start = f'<w:bookmarkStart {nsdecls("w")} w:id="7" w:name="_GoBack"/>'
    row.cells[1].paragraphs[0]._p.insert(0, parse_xml(start))
    if v.text_boxes:
        row.cells[1].paragraphs[0]._p.append(parse_xml(_TEXT_BOX))


_TEXT_BOX = f"""<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
 xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml">
<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent><w:p><w:r><w:t>批注</w:t></w:r></w:p>
</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r>
<w:t>批注</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"""


def _list(document: Any) -> str:
    """The numId of one decimal list of the document, made when first asked for."""
    numbering = document.part.numbering_part.element
    for num in numbering.findall(qn("w:num")):
        if num.find(qn("w:abstractNumId")).get(qn("w:val")) == "900":
            return str(num.get(qn("w:numId")))
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="900"><w:multiLevelType w:val="singleLevel"/>'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
        "</w:abstractNum>"
    )
    numbering.insert(0, abstract)
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="901"><w:abstractNumId w:val="900"/></w:num>'))
    return "901"


def _merge_leaders(table: Any) -> None:
    """Merges equal leaders below each other, as staff do to save ink."""
    rows = list(table.rows)
    i = 0
    while i < len(rows):
        name = rows[i].cells[2].text.replace(" ", "")
        last = i
        if len({id(c._tc) for c in rows[i].cells}) == 5 and name and name != "分管领导":
            while last + 1 < len(rows) and rows[last + 1].cells[2].text.replace(" ", "") == name:
                last += 1
            for j in range(i + 1, last + 1):
                rows[j].cells[2].text = ""
            if last > i:
                rows[i].cells[2].merge(rows[last].cells[2])
                rows[i].cells[2].text = name
        i = last + 1


def _track(table: Any) -> None:
    """A deleted word, an inserted half, a moved-away copy, a deleted row and a hidden remark."""
    w, who = nsdecls("w"), 'w:id="9" w:author="某" w:date="2024-01-01T00:00:00Z"'
    tasks = [r for r in table.rows if r.cells[1].text.endswith(("。", "）", ")"))]
    first = tasks[0].cells[1].paragraphs[0]
    first._p.append(parse_xml(f"<w:del {w} {who}><w:r><w:delText>原来的话。</w:delText></w:r></w:del>"))
    first._p.append(parse_xml(f"<w:moveFrom {w} {who}><w:r><w:t>移走的话。</w:t></w:r></w:moveFrom>"))
    first._p.append(parse_xml(f"<w:r {w}><w:rPr><w:vanish/></w:rPr><w:t>隐藏的话。</w:t></w:r>"))
    run = tasks[1].cells[1].paragraphs[0].runs[0]
    text, half = run.text, len(run.text) // 2
    run.text = text[:half]
    run._r.addnext(parse_xml(f"<w:ins {w} {who}><w:r><w:t>{text[half:]}</w:t></w:r></w:ins>"))
    # A paragraph mark that was deleted: its two halves are one line.
    division = tasks[2].cells[3]
    name = division.text
    division.text = name[:2]
    division.add_paragraph(name[2:])
    division.paragraphs[0]._p.get_or_add_pPr().append(parse_xml(f"<w:rPr {w}><w:del {who}/></w:rPr>"))
    gone = copy.deepcopy(tasks[2]._tr)
    gone.get_or_add_trPr().append(parse_xml(f"<w:del {w} {who}/>"))
    tasks[2]._tr.addnext(gone)


def _control(table: Any) -> None:
    """Puts a row, a cell and a run into content controls, and an unfilled one into an empty cell."""
    rows = list(table.rows)
    _wrap(rows[3].cells[1].paragraphs[0].runs[0]._r)
    _wrap(rows[3].cells[2]._tc)
    _wrap(rows[4]._tr)
    hint = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:r><w:t>单击此处输入文字。</w:t>"
        "</w:r></w:sdtContent></w:sdt>"
    )
    rows[2].cells[4].paragraphs[0]._p.append(hint)


def _wrap(element: Any) -> None:
    control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
    element.addprevious(control)
    control.append(content)
    content.append(element)
