"""A template and an Office come in; one stamped form per division that owes a report goes out.

Knows nothing of mail, of what came back, or of the master's layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.kinds import form_title
from toolkit.model import Office, Round

if TYPE_CHECKING:  # a process that only reads needs the stamp, not what fills forms
    from toolkit.forms.fill import Template


@dataclass(frozen=True, slots=True)
class Form:
    division: str
    file_name: str
    tasks: int


def make_forms(
    office: Office, round_: Round, template: Template, secret: bytes, only: str | None = None
) -> Iterator[tuple[Form, bytes]]:
    """The forms of a round with their files, made one by one in the master's order; `only`: one division's."""
    for division, tasks in office.formed(round_).items():
        if only is None or division == only:
            form = Form(division, form_file(office, round_, division), len(tasks))
            yield form, template.fill(office, round_, division, tasks, secret)


def form_file(office: Office, round_: Round, division: str) -> str:
    """What a division's form is called in the outbox."""
    return safe_file_name(form_title(office, round_, division)) + ".xlsx"


def safe_file_name(text: str) -> str:
    """`text` as a file name that Windows takes too."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", text).strip(" .")[:120] or "_"
