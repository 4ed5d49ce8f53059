"""Titles and headings of documents, parted where a person would part them.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

WHOLE = 20
"""Characters of a title of 22 points in one line of the type area."""


LONG = 80
"""Characters of a task that still make a heading."""
_HEAD = 50
_CLAUSE = re.compile("[，。；：,;]")


def in_lines(parts: Sequence[str]) -> str:
    """A title of these parts, parted between them where it is too long: as few lines as will do, alike in length."""
    parts = [p for p in parts if p]
    return min((_rank(lines), "\n".join(lines)) for lines in _ways(parts))[1] if parts else ""


def _ways(parts: Sequence[str]) -> Iterator[list[str]]:
    """Each way to join what follows each other."""
    if len(parts) == 1:
        yield [*parts]
        return
    for rest in _ways(parts[1:]):
        yield [parts[0], *rest]
        yield [parts[0] + rest[0], *rest[1:]]


def _rank(lines: list[str]) -> tuple[int, int, int]:
    longest = max(map(len, lines))
    return max(0, longest - WHOLE), len(lines), longest


def one_line(text: str) -> str:
    """A text without its line breaks: in a justified heading each of its lines would be drawn out over the page."""
    return _BREAK.sub(lambda m: " " if m[1] and m[2] else "", text.strip())


_BREAK = re.compile(r"(?:(?<=([A-Za-z0-9])))?[ \t]*[\r\n\v\f\u2028]+\s*(?=([A-Za-z0-9])?)")


def headline(text: str) -> tuple[str, str]:
    """A task's words as a heading, and what of them follows it as plain text; "" unless it is long."""
    ends = [m.end() for m in _CLAUSE.finditer(text)] if len(text) > LONG else []
    end = max((e for e in ends if e <= _HEAD), default=min(ends, default=len(text)))
    return text[:end], text[end:]
