"""The summary as a Word document: the template that staff may change, filled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import jinja2
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from docx.shared import Mm, Twips
from docx.table import Table
from docxtpl import DocxTemplate
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError

from toolkit.errors import TemplateError
from toolkit.language import Text, tr
from toolkit.placeholders import FAULTS, Unknown, why
from toolkit.returns.wording import shorten
from toolkit.summary.content import Content, template_context, unknown_placeholder
from toolkit.summary.design import to_bytes

_W, _TYPE = qn("w:w"), qn("w:type")
_LEAST = Mm(8).twips
"""Of a column."""


def summary_document(content: Content, template: bytes, name: str = "summary.docx") -> bytes:
    """Fill a template; the same arguments give the same bytes.

    Raises TemplateError for a file that is no Word document and for a placeholder that is unknown or misspelt.
    """
    return fill_document(template, template_context(content), content.title, content.date, name)


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
    # Without autoescape a "<" in a text, as in the notice's own title, ends the document there, silently.
    environment = SandboxedEnvironment(undefined=Unknown, autoescape=True)
    try:
        document.render(dict(context), environment, autoescape=True)
    except XMLSyntaxError as e:
        raise TemplateError(
            tr("模板填好后不是正确的文档（{msg}）", msg=e.msg),
            where=name,
            remedy=tr("用随程序提供的 templates/{name} 替换它", name=name),
        ) from None
    except FAULTS as e:
        raise unknown_placeholder(_trouble(e), name) from None
    filled = document.docx
    for table in filled.tables:
        _fit(table)
    filled.core_properties.title = title
    return to_bytes(filled, day)


def _trouble(error: Exception) -> Text:
    """What is wrong, and of what cannot be parsed the paragraph: a document's XML has no lines that people know."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        paragraphs = list(getattr(error, "docx_context", ()))[: min(error.lineno, 4)]
        near = next((p.strip() for p in reversed(paragraphs) if p.strip()), "")
        return tr("“{near}”这一段写法有误：{why}", near=shorten(near, 60), why=why(error))
    return tr("占位符不认识或写法有误：{why}", why=why(error))


def _fit(table: Table) -> None:
    """Give a table whose columns were repeated the width that it states: each keeps its share."""
    properties, grid = table._tbl.tblPr, table._tbl.tblGrid
    stated = properties.find(qn("w:tblW"))
    cells = table._tbl.tr_lst[0].tc_lst if table._tbl.tr_lst else []
    if not cells or stated is None or stated.get(_TYPE) != "dxa" or any(c.grid_span > 1 or not c.width for c in cells):
        return
    widths = [c.width.twips for c in cells if c.width]
    shared = _shared(widths, int(stated.get(_W, "0")))
    # By lxml itself: python-docx takes ten times as long for each of the cells of thousands of rows.
    for row in table._tbl.tr_lst:
        of_row = row.findall(f"{qn('w:tc')}/{qn('w:tcPr')}/{qn('w:tcW')}")
        alike = len(of_row) == len(shared)  # else somebody has joined cells
        for n, cell in enumerate(of_row):
            if cell.get(_TYPE) == "dxa" and (twips := int(cell.get(_W, "0"))):
                cell.set(_W, str(shared[n] if alike else round(twips * sum(shared) / sum(widths))))
    for column in list(grid):
        grid.remove(column)
    for width in shared:
        grid.add_gridCol().w = Twips(width)


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
