"""A master, how everybody stands, and a moment come in; the annual summary goes out in three shapes of one content.

Knows nothing of files received or how they were read, and writes nothing to disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.language import tr

if TYPE_CHECKING:
    from toolkit.master.read import Master
    from toolkit.tracking import RoundStatus

DOCUMENT_TEMPLATE, PAGE_TEMPLATE = "summary.docx", "summary.html.j2"


def build_summary(
    master: Master,
    rounds: tuple[RoundStatus, ...],
    now: datetime,
    templates: Path | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Mapping[str, bytes]:
    """File name -> content, for the workbook, the document and the page: `2023年度工作目标完成情况汇总.xlsx`, ….

    `rounds` as `tracking.track` gives them for the same master and moment.  `templates`: the folder with the office's
    own templates; one that is not there is the shipped one.  The same arguments give the same bytes.  Raises
    TemplateError for a template that cannot be filled.
    """
    from toolkit.summary.content import file_name, make_content
    from toolkit.summary.document import summary_document
    from toolkit.summary.frames import make_frames
    from toolkit.summary.page import summary_page
    from toolkit.summary.workbook import summary_workbook
    from toolkit.workspace import read_template

    progress(0, 4, tr("计算"))
    frames = make_frames(master, rounds, now)
    content = make_content(master, frames, now)
    shapes: Mapping[str, Callable[[], bytes]] = {
        "xlsx": lambda: summary_workbook(master, frames, now),
        "docx": lambda: summary_document(content, read_template(templates, DOCUMENT_TEMPLATE)),
        "html": lambda: summary_page(content, read_template(templates, PAGE_TEMPLATE)),
    }
    made: dict[str, bytes] = {}
    for done, (suffix, make) in enumerate(shapes.items(), start=1):
        name = file_name(master.office.year, suffix)
        progress(done, 4, name)
        made[name] = make()
    progress(4, 4, "")
    return made
