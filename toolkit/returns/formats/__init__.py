"""One module a family of formats: a file's bytes come in, grids go out.  Knows nothing of forms.

`sniff` tells what a file is from its content; a reader raises `Unreadable` with the finding that says why not.
"""

from __future__ import annotations

from toolkit.model import Finding
from toolkit.returns.findings import finding

__all__ = ["Unreadable"]


class Unreadable(Exception):
    """A file, or a part of one, that cannot be read; `finding` says why and what to do."""

    def __init__(self, code: str, where: str = "", **details: object) -> None:
        self.finding: Finding = finding(code, where, **details)
        super().__init__(self.finding.message)
