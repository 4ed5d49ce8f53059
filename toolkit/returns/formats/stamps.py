"""Stamp lines in the raw parts of files whose properties and names nobody else reads for us."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolkit.forms.stamp import FORMAT

_LINE = re.compile(re.escape(FORMAT) + r"\|[^\x00-\x1f<>\"|]{1,60}(?:\|[^\x00-\x1f<>\"|]{1,60}){4}\|[0-9a-f]{20}")
_START = FORMAT.encode()
_START_WIDE = FORMAT.encode("utf-16-le")
_LONGEST = 2_000  # bytes


def stamps_in(parts: Iterable[bytes]) -> tuple[str, ...]:
    """Every stamp line that the parts hold, in UTF-8, GB18030 or UTF-16, each once and in order."""
    found: dict[str, None] = {}
    for data in parts:
        for start, encodings in ((_START, ("utf-8", "gb18030")), (_START_WIDE, ("utf-16-le",))):
            at = data.find(start)
            while at >= 0 and len(found) < 20:
                piece = data[at : at + _LONGEST]
                for encoding in encodings:
                    m = _LINE.match(piece.decode(encoding, "replace"))
                    if m is not None and "\ufffd" not in m[0]:
                        found.setdefault(m[0])
                        break
                at = data.find(start, at + 1)
    return tuple(found)
