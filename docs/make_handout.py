"""Writes docs/给处室的说明.docx from the page of that name: what goes out with the forms, on one sheet of paper.

`python docs/make_handout.py`.  Fails where it takes more than one page, as far as LibreOffice is there to count them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from docx import Document
from docx.document import Document as Pages
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.text.paragraph import Paragraph

SOURCE = Path(__file__).with_name("给处室的说明.md")
TARGET = SOURCE.with_suffix(".docx")
BODY, HEADING = "宋体", "黑体"
PICTURE_WIDTH = Cm(7.8)
"""Two stand side by side."""


def handout() -> Pages:
    """The page as a document; its two pictures stand side by side at the end."""
    made = Document()
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(1.8)
    section.left_margin = section.right_margin = Cm(2.2)
    pictures = []
    for block in re.split(r"\n\s*\n", SOURCE.read_text("utf-8").strip()):
        if found := re.fullmatch(r"!\[([^\]]*)\]\(([^)]+)\)", block):
            pictures.append(SOURCE.parent / found[2])
        elif block.startswith("# "):
            line(made, block[2:], 16, HEADING).paragraph_format.space_after = Pt(8)
        elif block.startswith("* "):
            for item in re.split(r"\n\* ", block[2:]):
                line(made, "· " + joined(item), 11).paragraph_format.left_indent = Cm(0.6)
        else:
            line(made, joined(block), 11)
    cells = made.add_table(rows=1, cols=len(pictures)).rows[0].cells
    for cell, picture in zip(cells, pictures, strict=True):
        cell.paragraphs[0].add_run().add_picture(str(picture), width=PICTURE_WIDTH)
    zoom = made.settings.element.find(qn("w:zoom"))
    if zoom is not None:  # python-docx's own template leaves out what the standard asks for
        zoom.set(qn("w:percent"), "100")
    return made


def joined(text: str) -> str:
    """Lines of one paragraph as one: Chinese has no space between them."""
    return "".join(part.strip() for part in text.splitlines())


def line(made: Pages, text: str, size: int, font: str = BODY) -> Paragraph:
    paragraph = made.add_paragraph()
    form = paragraph.paragraph_format
    form.space_after, form.line_spacing = Pt(3), 1.15
    for i, piece in enumerate(re.split(r"\*\*(.+?)\*\*", text)):
        if piece:
            run = paragraph.add_run(piece)
            run.bold, run.font.size, run.font.name = bool(i % 2), Pt(size), font
            run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    return paragraph


def pages(path: Path) -> int:
    """How many pages a document takes; 1 where nothing can count them."""
    if not shutil.which("soffice") or not shutil.which("pdfinfo"):
        return 1
    with tempfile.TemporaryDirectory() as folder:
        profile = f"-env:UserInstallation=file://{folder}/profile"
        convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(path)]
        subprocess.run(convert, check=True, capture_output=True)
        pdf = next(Path(folder).glob("*.pdf"))
        told = subprocess.run(["pdfinfo", str(pdf)], check=True, capture_output=True, text=True).stdout
    return int(re.search(r"Pages:\s+(\d+)", told)[1])  # type: ignore[index]


if __name__ == "__main__":
    handout().save(str(TARGET))
    count = pages(TARGET)
    print(f"{TARGET.name}: {count} page(s)")
    sys.exit(count != 1)
