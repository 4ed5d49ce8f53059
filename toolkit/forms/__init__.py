"""A template and an Office come in; one stamped form per division that owes a report goes out.

Knows nothing of mail, of what came back, or of the master's layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import Annex2Error
from toolkit.kinds import form_title
from toolkit.language import tr
from toolkit.model import Office, Round

if TYPE_CHECKING:  # a process that only reads needs the stamp, not what fills forms
    from toolkit.forms.fill import Template


@dataclass(frozen=True, slots=True)
class Form:
    division: str
    file_name: str
    tasks: int
    cut: tuple[str, ...] = ()  # tasks, as 3*, whose words no page of it has room for


def make_forms(
    office: Office, round_: Round, template: Template, secret: bytes, names: Mapping[str, str]
) -> Iterator[tuple[Form, bytes]]:
    """The forms of a round with their files, made one by one in the master's order.

    `names`: of the divisions whose forms are wanted, what their files are called (`form_files`).
    """
    for division, tasks in office.formed(round_).items():
        if (name := names.get(division)) is not None:
            data, cut = template.printed(office, round_, division, tasks, secret)
            yield Form(division, name, len(tasks), tuple(t.label for t in cut)), data


def form_file(office: Office, round_: Round, division: str) -> str:
    """What a division's form is called in the outbox."""
    title = form_title(office, round_, division)
    kept = title.removeprefix(f"{office.year}年{office.organisation}")
    return safe_file_name(title.removesuffix(kept), kept) + ".xlsx"


def form_files(office: Office, round_: Round) -> dict[str, str]:
    """What the forms of a round are called in the outbox, by division.

    Raises Annex2Error for two divisions whose forms Windows would take for one file: one would be lost.
    """
    names = {division: form_file(office, round_, division) for division in office.formed(round_)}
    whose: dict[str, str] = {}
    for division, name in names.items():
        other = whose.setdefault(name.casefold(), division)
        if other != division:
            raise Annex2Error(
                tr("{other}和{division}的表会是同一个文件：{name}", other=other, division=division, name=name),
                where=tr("处室!名称"),
                remedy=tr("把其中一个的名称改得多差几个字，不只差标点、大小写；旧名写进“别名”"),
            )
    return names


_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_LONGEST, _BYTES = 120, 220
"""Characters for Windows, whose paths have an end; bytes for Linux: with what is put before and behind, 255 go."""


def safe_file_name(text: str, end: str = "") -> str:
    """`text` and `end` as a file name that Windows and Linux take; where it is too long, `text` is cut."""
    start, end = _UNSAFE.sub("_", text), _UNSAFE.sub("_", end)
    end = _cut(end, _LONGEST, _BYTES)
    start = _cut(start, _LONGEST - len(end), _BYTES - len(end.encode()))
    return f"{start}{end}".strip(" .") or "_"


def _cut(text: str, longest: int, most_bytes: int) -> str:
    return text[:longest].encode()[:most_bytes].decode(errors="ignore")


def each_its_own(stems: Iterable[str]) -> list[str]:
    """Names of files that lie in one folder: what Windows would take for one name is numbered."""
    given: set[str] = set()
    names = []
    for stem in stems:
        name, n = stem, 1
        while name.casefold() in given:
            name = f"{stem}（{(n := n + 1)}）"
        given.add(name.casefold())
        names.append(name)
    return names
