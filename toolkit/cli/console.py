"""Printing to a terminal: lines, tables, JSON.

Imports nothing of the office, so that a run with nothing to do is short.
"""

from __future__ import annotations

import errno
import json
import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, cast

from toolkit.language import said

if TYPE_CHECKING:
    from toolkit.mail.outgoing import Sent

DONE, NEEDS_A_PERSON = 0, 1
"""Exit statuses (design §9)."""


class _Heard:
    """A stream whose reader may go away (`annex2 collect | head`): the run goes on, and so does its exit status."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._unless_gone():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._unless_gone():
            self._stream.flush()

    @contextmanager
    def _unless_gone(self) -> Iterator[None]:
        try:
            yield
        except OSError as e:
            if e.errno not in (errno.EPIPE, errno.EINVAL):  # Windows says the latter
                raise
            with suppress(OSError):  # what waits in the stream goes nowhere, now and at the end of the program
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def heard(stream: TextIO) -> TextIO:
    """The stream, which nobody has to read to the end."""
    return stream if isinstance(stream, _Heard) else cast(TextIO, _Heard(stream))


def say(text: str, /, **values: object) -> None:
    """Print a line in the console's language."""
    print(said(text, **values))


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lines whose columns stand under each other, Chinese or not."""
    rows = [header, *rows]
    each = [[width(c) for c in r] for r in rows]
    widths = [max(w) for w in zip(*each, strict=True)]
    lines = [
        "  ".join(c + " " * (most - own) for c, own, most in zip(r, of_row, widths, strict=True)).rstrip()
        for r, of_row in zip(rows, each, strict=True)
    ]
    return "\n".join([lines[0], "─" * max(map(width, lines)), *lines[1:]])


def told_of(reason: str, remedy: str) -> str:
    """Why a mail did not go out and what to do, in a place of its own."""
    why, what = said(reason).rstrip("。."), said(remedy)
    return said("{reason}。{remedy}", reason=why, remedy=what) if why and what else why or what


def because(sent: Sent) -> str:
    """The same, behind its line."""
    reason = said("（{reason}）", reason=said(sent.reason)) if sent.reason else ""
    return said("{reason}。{remedy}", reason=reason, remedy=said(sent.remedy)) if sent.remedy else reason
