"""The summary as a Word document: the template that staff may change, filled."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import takewhile
from typing import Any

import jinja2
from docx.document import Document as DocumentObject
from docx.enum.section import WD_ORIENT
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Twips
from docx.table import Table
from docxtpl import DocxTemplate
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError

from toolkit.errors import TemplateError
from toolkit.language import Text, tr
from toolkit.placeholders import FAULTS, Unknown, unknown_placeholder, why
from toolkit.returns.wording import shorten
from toolkit.summary.content import Content, clean, template_context, title_parts
from toolkit.summary.design import to_bytes
from toolkit.summary.narrow import SEVERAL
from toolkit.titles import in_lines

_W, _TYPE = qn("w:w"), qn("w:type")
_LEAST = Mm(8).twips
"""Of a column."""


def summary_document(content: Content, template: bytes, name: str = "summary.docx") -> bytes:
    """Fill a template; the same arguments give the same bytes.

    Raises TemplateError for a file that is no Word document and for a placeholder that is unknown or misspelt.
    """
    context = template_context(content) | {"title": in_lines(title_parts(content.organisation, content.year))}
    return fill_document(template, context, content.title, content.date, name)


def fill_document(template: bytes, context: Mapping[str, Any], title: str, day: date, name: str) -> bytes:
    """Fill a Word template that staff may change.  Raises as `summary_document` does."""
    try:
        document = DocxTemplate(io.BytesIO(template))
        document.init_docx()
    except (OpcError, zipfile.BadZipFile, XMLSyntaxError, KeyError, ValueError):
        raise TemplateError(
            tr("这不是能读的 Word 文档（.docx）"),
            where=name,
            remedy=tr("用随程序提供的 templates/{name} 替换它", name=name),
        ) from None
    if words := _full_width(document.docx):
        raise unknown_placeholder(tr("“{words}”的括号是全角的，要改成半角的", words=words), name, context)
    # Without autoescape a "<" in a text, as in the notice's own title, ends the document there, silently.
    environment = SandboxedEnvironment(undefined=Unknown, autoescape=True)
    try:
        document.render(_cleaned(context), environment, autoescape=True)
    except XMLSyntaxError as e:
        raise TemplateError(
            tr("模板填好后不是正确的文档（{msg}）", msg=e.msg),
            where=name,
            remedy=tr("用随程序提供的 templates/{name} 替换它", name=name),
        ) from None
    except FAULTS as e:
        raise unknown_placeholder(_trouble(e), name, context) from None
    filled = document.docx
    for table in filled.tables:
        _fit(table, _own_section(filled, table))
    filled.core_properties.title = title
    return to_bytes(filled, day)


def _cleaned(value: Any) -> Any:
    """What a template is filled with, without the characters that XML refuses: with one of them the parser goes on as
    it can, and leaves out every < and & behind it."""
    if type(value) is str:
        return clean(value)
    if isinstance(value, Mapping):
        return {k: _cleaned(v) for k, v in value.items()}
    return [_cleaned(v) for v in value] if isinstance(value, (list, tuple)) else value


_FULL_WIDTH = re.compile(r"｛\s*[｛%％].*|.*[%％｝]\s*｝")


def _full_width(document: DocumentObject) -> str:
    """What a Chinese input method made of a placeholder's braces; "" for nothing."""
    texts = ("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in document.element.body.iter(qn("w:p")))
    return next((shorten(m[0], 30) for text in texts if (m := _FULL_WIDTH.search(text))), "")


def _trouble(error: Exception) -> Text:
    """What is wrong, and of what cannot be parsed the paragraph: a document's XML has no lines that people know."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        paragraphs = list(getattr(error, "docx_context", ()))[: min(error.lineno, 4)]
        near = next((p.strip() for p in reversed(paragraphs) if p.strip()), "")
        return tr("“{near}”这一段写法有误：{why}", near=shorten(near, 60), why=why(error))
    return tr("占位符不认识或写法有误：{why}", why=why(error))


def _own_section(document: DocumentObject, table: Table) -> Section | None:
    """The section that a table stands in, unless it is the document's first: that has the text."""
    ends = table._tbl.xpath("following::w:sectPr")
    return next((s for s in document.sections[1:] if ends and s._sectPr is ends[0]), None)


def _fit(table: Table, section: Section | None) -> None:
    """Give a table whose columns were repeated the width that it states: each keeps its share.

    Where there are many, a section of its own lies on its side, and its table takes the width of that page.
    """
    properties, grid = table._tbl.tblPr, table._tbl.tblGrid
    stated = properties.find(qn("w:tblW"))
    cells = table._tbl.tr_lst[0].tc_lst if table._tbl.tr_lst else []
    if not cells or stated is None or stated.get(_TYPE) != "dxa" or any(c.grid_span > 1 or not c.width for c in cells):
        return
    widths = own = [c.width.twips for c in cells if c.width]
    alike = len(list(takewhile(lambda w: w == own[-1], reversed(own))))
    if section is not None and SEVERAL <= alike < len(own) and section.orientation == WD_ORIENT.PORTRAIT:
        whole = _turn(section)
        stated.set(_W, str(whole))
        widths = _spread(own, alike, whole)
    shared = _shared(widths, int(stated.get(_W, "0")))
    # By lxml itself: python-docx takes ten times as long for each of the cells of thousands of rows.
    for row in table._tbl.tr_lst:
        of_row = row.findall(f"{qn('w:tc')}/{qn('w:tcPr')}/{qn('w:tcW')}")
        whole_row = len(of_row) == len(shared)  # else somebody has joined cells
        for n, cell in enumerate(of_row):
            if cell.get(_TYPE) == "dxa" and (twips := int(cell.get(_W, "0"))):
                cell.set(_W, str(shared[n] if whole_row else round(twips * sum(shared) / sum(own))))
    for column in list(grid):
        grid.remove(column)
    for width in shared:
        grid.add_gridCol().w = Twips(width)


def _turn(section: Section) -> int:
    """Lay a page on its side, its margins with it.  Returns the twips between them."""
    edges = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    top, bottom, left, right = (Twips(e.twips if e is not None else 0) for e in edges)
    width, height = section.page_width or Mm(210), section.page_height or Mm(297)
    below = bottom.twips - (section.footer_distance or bottom).twips  # from the text to the footer
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = height, width
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = left, right, bottom, top
    section.footer_distance = Twips(max(0, right.twips - below))
    return int(height.twips - bottom.twips - top.twips)


def _spread(widths: Sequence[int], alike: int, whole: int) -> list[int]:
    """Widths for a wider page: half as much again for the widest column, and the rest for those that are alike."""
    fixed = widths[:-alike]
    fixed = [w * 3 // 2 if w == max(fixed) else w for w in fixed]
    return [*fixed, *[max(1, (whole - sum(fixed)) // alike)] * alike]


def _shared(widths: Sequence[int], whole: int) -> list[int]:
    """Widths that fill the whole, each by its share, none so narrow that a number of two digits is broken."""
    least = min(_LEAST, whole // len(widths))
    narrow: set[int] = set()
    while True:
        rest = sum(w for n, w in enumerate(widths) if n not in narrow) or 1
        share = (whole - least * len(narrow)) / rest
        found = {n for n, w in enumerate(widths) if n in narrow or w * share < least}
        if found == narrow:
            return [least if n in narrow else round(w * share) for n, w in enumerate(widths)]
        narrow = found
