"""Small workbooks written out by hand, so that a test shows the very XML that it is about."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_RELS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SML = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_TYPES = {
    "workbook": _SML + "sheet.main+xml",
    "worksheet": _SML + "worksheet+xml",
    "styles": _SML + "styles+xml",
    "sharedStrings": _SML + "sharedStrings+xml",
    "table": _SML + "table+xml",
    "calcChain": _SML + "calcChain+xml",
    "comments": _SML + "comments+xml",
    "chartsheet": _SML + "chartsheet+xml",
    "pivotCacheDefinition": _SML + "pivotCacheDefinition+xml",
    "drawing": "application/vnd.openxmlformats-officedocument.drawing+xml",
    "chart": "application/vnd.openxmlformats-officedocument.drawingml.chart+xml",
    "vmlDrawing": "application/vnd.openxmlformats-officedocument.vmlDrawing",
}

# 0 plain, 1 date, 2 date and time, 3 bold, 4 percent, 5 elapsed hours
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts count="2">\
<numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m&quot;月&quot;"/>\
<numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="等线"/></font><font><b/><sz val="11"/><name val="等线"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="22" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>\
<xf numFmtId="9" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="常规" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


def sheet(rows: str = "", before: str = "", after: str = "") -> str:
    """A worksheet: `before` and `after` are what stands around its sheetData."""
    return f'<worksheet xmlns="{MAIN}" xmlns:r="{_RELS}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def texts(*rows: tuple[int, Mapping[str, object]]) -> str:
    """Rows of inline texts and numbers; what starts with "=" is a formula."""
    out = []
    for number, cells in rows:
        inside = ""
        for column, value in cells.items():
            if isinstance(value, str) and value.startswith("="):
                inside += f'<c r="{column}{number}"><f>{value[1:]}</f></c>'
            elif isinstance(value, str):
                inside += f'<c r="{column}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
            else:
                inside += f'<c r="{column}{number}"><v>{value}</v></c>'
        out.append(f'<row r="{number}">{inside}</row>')
    return "".join(out)


def table(
    name: str,
    ref: str,
    *columns: str,
    number: int = 1,
    more: str = "",
    inside: str = "",
    bodies: Mapping[str, str] | None = None,
) -> str:
    """A table part; `more` are attributes, `inside` what stands before the columns, `bodies` what is in a column."""
    made = ""
    for i, column in enumerate(columns, 1):
        body = (bodies or {}).get(column, "")
        made += f'<tableColumn id="{i}" name="{column}">{body}</tableColumn>'
    body = f'{inside}<tableColumns count="{len(columns)}">{made}</tableColumns><tableStyleInfo showRowStripes="1"/>'
    return f'<table xmlns="{MAIN}" id="{number}" name="{name}" displayName="{name}" ref="{ref}" {more}>{body}</table>'


def book(
    *sheets: str,
    names: str = "",
    calc: str = "",
    properties: str = "",
    links: Mapping[str, Mapping[str, tuple[str, str]]] | None = None,
    related: Mapping[str, str] | None = None,
    kinds: tuple[str, ...] = (),
) -> dict[str, str | bytes]:
    """The parts of a workbook whose sheets are named 甲, 乙, 丙 …

    `links` gives parts more parts: {owner: {part: (relationship type, xml)}}; `related` those of the workbook itself:
    {relationship type: xml}; `kinds` says what each sheet is, where it is no worksheet.
    """
    kinds = (*kinds, *["worksheet"] * (len(sheets) - len(kinds)))
    files: dict[str, str | bytes] = {}
    types: dict[str, str] = {"xl/workbook.xml": "workbook", "xl/styles.xml": "styles"}
    links = {owner: dict(parts) for owner, parts in (links or {}).items()}
    inside = links.setdefault("xl/workbook.xml", {})
    listed = ""
    for i, (xml, kind) in enumerate(zip(sheets, kinds, strict=True)):
        inside[f"xl/{kind}s/sheet{i + 1}.xml"] = (kind, xml)
        listed += f'<sheet name="{"甲乙丙丁戊"[i]}" sheetId="{i + 1}" r:id="rId{len(inside)}"/>'
    inside["xl/styles.xml"] = ("styles", STYLES)
    for kind, xml in (related or {}).items():
        inside[f"xl/{kind}.xml"] = (kind, xml)
    defined = f"<definedNames>{names}</definedNames>" if names else ""
    files["xl/workbook.xml"] = (
        f'{_HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_RELS}">{properties}'
        f"<sheets>{listed}</sheets>{defined}{calc}</workbook>"
    )
    links[""] = {"xl/workbook.xml": ("officeDocument", "")}
    for owner, parts in links.items():
        rels = ""
        folder, _, name = owner.rpartition("/")
        for i, (path, (kind, xml)) in enumerate(parts.items(), 1):
            rels += f'<Relationship Id="rId{i}" Type="{_RELS}/{kind}" Target="/{path}"/>'
            if xml:
                files[path] = xml if xml.startswith("<?") else _HEAD + xml
                types[path] = kind
        files[f"{folder}/_rels/{name}.rels".lstrip("/")] = (
            f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rels}</Relationships>'
        )
    overrides = "".join(
        f'<Override PartName="/{p}" ContentType="{_TYPES[k]}"/>' for p, k in types.items() if k in _TYPES
    )
    files["[Content_Types].xml"] = (
        f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    return files


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name in sorted(files, key=lambda n: n != "[Content_Types].xml"):
            z.writestr(zipfile.ZipInfo(name, (2023, 4, 5, 8, 0, 0)), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def strict(files: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    """The same workbook in the strict namespaces of ISO 29500."""
    return {
        name: text.replace(MAIN, STRICT).replace(_RELS, _STRICT_RELS) if isinstance(text, str) else text
        for name, text in files.items()
    }


def prefixed(xml: str, prefix: str = "x") -> str:
    """A part whose elements are written with a namespace prefix."""
    xml = xml.replace(f'xmlns="{MAIN}"', f'xmlns:{prefix}="{MAIN}"')
    return re.sub(r"<(/?)(\w+)(?=[\s/>])", rf"<\1{prefix}:\2", xml)
