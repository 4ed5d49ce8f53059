"""Brings the English of the console up to date: `python docs/make_catalogue.py`.

Reads every sentence that the sources say (`tr`, `said`, `say`, and the words that enums hold), adds the new ones to
toolkit/locale/en/LC_MESSAGES/annex2.po, takes out what nobody says any more, and compiles annex2.mo.  Then write the
English of the new ones (in any editor) and run it again.  tests/test_language.py compares.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from toolkit.forms.fanout import FormState
from toolkit.language import CATALOGUE
from toolkit.mail.outgoing import Outcome
from toolkit.model import AWAITING, PAGE_BESIDE, PAGE_LATER, ReportState, RoundKind, Verdict
from toolkit.pace import COUNTED
from toolkit.reminders import Level
from toolkit.returns.findings import KINDS
from toolkit.returns.formats.sniff import Kind

ROOT = Path(__file__).resolve().parents[1]
PO = CATALOGUE.with_suffix(".po")
SPEAKERS = ("tr", "said", "say")
"""Functions whose first argument is a sentence of the catalogue."""

ENUMS: tuple[type[StrEnum], ...] = (RoundKind, FormState, Outcome, Level, Kind)
LABELS = (*(v.label for v in Verdict), *(s.label for s in ReportState), *COUNTED.values(), AWAITING)
PAGES = (PAGE_BESIDE, PAGE_LATER)


def sentences(
    file: BytesIO,
    keywords: object,  # noqa: ARG001  Babel's own
    comment_tags: object,  # noqa: ARG001
    options: object,  # noqa: ARG001
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's way to ask for what one source says: line, function, sentence, comments."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPEAKERS and node.args:
            for sentence in _literals(node.args[0]):
                yield node.lineno, "gettext", sentence, []


def _literals(node: ast.expr) -> Iterator[str]:
    """The sentences that an argument can be; one that is put together at run time cannot be looked up."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr | ast.BinOp):
        raise SyntaxError(f"line {node.lineno}: a template and its values, not an f-string: {ast.unparse(node)}")


def extracted() -> Catalog:
    """Every sentence that the program can say, with the files that say it."""
    catalogue = Catalog(
        locale="en",
        domain="annex2",
        project="annex2",
        version="1",
        copyright_holder="The annex2 authors",
        header_comment="# The console's English. Written by hand; kept in step by docs/make_catalogue.py.",
        fuzzy=False,
    )
    found = extract_from_dir(ROOT / "toolkit", method_map=[("**.py", sentences)], keywords={"gettext": None})
    for name, _line, message, _comments, _context in sorted(found, key=lambda f: f[:2]):
        catalogue.add(message, locations=[(f"toolkit/{Path(name).as_posix()}", None)])
    for enum in ENUMS:
        for word in enum:
            catalogue.add(word.value, auto_comments=[f"{enum.__name__}"])
    for label in (*LABELS, *PAGES):
        catalogue.add(label)
    for code, finding in KINDS.items():
        for sentence in (finding.message, finding.remedy):
            catalogue.add(sentence, auto_comments=[code])
    return catalogue


def kept() -> Catalog:
    """The catalogue as it stands."""
    with PO.open("rb") as file:
        return read_po(file, locale="en", domain="annex2")


def updated() -> Catalog:
    """What is said, with the English that is there."""
    catalogue = extracted()
    there = kept() if PO.exists() else Catalog()
    for message in catalogue:
        old = there.get(message.id) if message.id else None
        if old is not None and not old.fuzzy:
            message.string = old.string
    return catalogue


_OF_THE_DAY = tuple(
    b'"' + w
    for w in (b"POT-Creation", b"PO-Revision", b"Generated-By", b"Last-Translator", b"Language-Team", b"Report-Msgid")
)


def text(catalogue: Catalog) -> bytes:
    out = BytesIO()
    # without dates and versions, so that the same sources make the same file
    write_po(out, catalogue, width=110, sort_output=False, include_lineno=False, omit_header=False)
    lines = out.getvalue().split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(_OF_THE_DAY))


def compiled(catalogue: Catalog) -> bytes:
    out = BytesIO()
    catalogue.creation_date = catalogue.revision_date = datetime(2023, 1, 1, tzinfo=UTC)  # of the file, not of the day
    write_mo(out, catalogue)
    return out.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    return [str(m.id) for m in catalogue if m.id and not m.string]


def main() -> int:
    catalogue = updated()
    PO.write_bytes(text(catalogue))
    CATALOGUE.write_bytes(compiled(kept()))
    wanting = missing(catalogue)
    for sentence in wanting:
        print(f"no English yet: {sentence!r}", file=sys.stderr)
    print(f"{len(catalogue)} sentences, {len(wanting)} without English")
    return 1 if wanting else 0


if __name__ == "__main__":
    raise SystemExit(main())
