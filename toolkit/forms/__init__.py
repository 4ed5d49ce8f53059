"""A template and an Office come in; one stamped form per division that owes a report goes out.

Knows nothing of mail, of what came back, or of the master's layout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from toolkit.forms.fill import Template
from toolkit.kinds import form_title
from toolkit.model import Office, Round


@dataclass(frozen=True, slots=True)
class Form:
    division: str
    file_name: str
    data: bytes
    tasks: int


def make_forms(
    office: Office, round_: Round, template: Template, secret: bytes, only: str | None = None
) -> tuple[Form, ...]:
    """The forms of a round, in the master's order; `only`: one division's."""
    return tuple(
        Form(
            division,
            safe_file_name(form_title(office, round_, division)) + ".xlsx",
            template.fill(office, round_, division, tasks, secret),
            len(tasks),
        )
        for division, tasks in office.owed(round_).items()
        if only is None or division == only
    )


def safe_file_name(text: str) -> str:
    """`text` as a file name that Windows takes too."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", text).strip(" .")[:120] or "_"
