"""The rows of a worksheet as they were read, kept deflated where they are many.

A hundred thousand rows take a hundred megabytes of XML; deflated, a seventh of that.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from toolkit.xlsx.deflate import packed, unpacked
from toolkit.xlsx.scan import within

WORTH_PACKING = 4 << 20
_BLOCK = 256 << 10
"""Bytes of rows that are deflated together."""
_OPEN_BLOCKS = 4


class RowBytes:
    """The bytes from `start` to `end` of a part, by their offsets in it.  Packed, they are best asked for in order."""

    __slots__ = ("_cuts", "_found", "_low", "_now", "_open", "_packed", "_xml", "end", "start")

    def __init__(self, xml: bytes, start: int, end: int) -> None:
        self.start, self.end = start, end
        self._xml: bytes | None = xml
        self._cuts: array[int] = array("q")  # where each block begins
        self._packed: list[bytes] = []
        self._open: OrderedDict[int, bytes] = OrderedDict()
        self._low, self._now = start, b""  # the block that was asked for last
        self._found: dict[bytes, bool] = {}  # what was searched for

    def pack(self, rows: Sequence[int]) -> None:
        """Deflates what is much; `rows`: where rows begin, ascending: none is parted."""
        xml = self._xml
        if xml is None or self.end - self.start < WORTH_PACKING:
            return
        cuts, at = array("q", [self.start]), self.start + _BLOCK
        for row in rows:
            if row >= at:
                cuts.append(row)
                at = row + _BLOCK
        self._cuts = cuts
        self._packed = [packed(xml[a:b]) for a, b in zip(cuts, (*cuts[1:], self.end), strict=True)]
        self._xml = None

    @property
    def packed(self) -> bool:
        return self._xml is None

    def cut(self, start: int, end: int) -> bytes:
        """The bytes between two offsets."""
        if self._xml is not None:
            return self._xml[start:end]
        at = start - self._low
        if at >= 0 and at + end - start <= len(self._now):
            return self._now[at : at + end - start]
        return b"".join(self.pieces(start, end))

    def pieces(self, start: int, end: int) -> Iterator[bytes | memoryview]:
        """The same a part at a time."""
        if self._xml is not None:
            yield memoryview(self._xml)[start:end]
            return
        while start < end:
            i = bisect_right(self._cuts, start) - 1
            self._low, self._now = self._cuts[i], self._block(i)
            at = start - self._low
            piece = self._now[at : at + end - start]
            yield piece
            start += len(piece)

    def _block(self, i: int) -> bytes:
        if (known := self._open.get(i)) is not None:
            self._open.move_to_end(i)
            return known
        self._open[i] = block = unpacked(self._packed[i], 2 * _BLOCK)
        if len(self._open) > _OPEN_BLOCKS:
            self._open.popitem(last=False)
        return block

    def find(self, word: bytes, at: int) -> int:
        """Where `word` is from an offset on; -1 where it is not.  Of what is not packed."""
        assert self._xml is not None
        return self._xml.find(word, at, self.end)

    def holds(self, word: bytes) -> bool:
        """Whether some row has `word` in it."""
        if (known := self._found.get(word)) is None:
            if self._xml is not None:
                known = within(word, word[-1:], self._xml, self.start, self.end)
            else:
                known = any(within(word, word[-1:], p) for p in map(bytes, self.pieces(self.start, self.end)))
            self._found[word] = known
        return known

    def search(self, pattern: re.Pattern[bytes], word: bytes) -> bool:
        """Whether some row has a match.  `word` is in each: looked for alone it is found, or not, much faster."""
        if (known := self._found.get(pattern.pattern)) is None:
            if self._xml is not None:
                known = self.holds(word) and pattern.search(self._xml, self.start, self.end) is not None
            else:
                pieces = map(bytes, self.pieces(self.start, self.end))
                known = any(within(word, word[-1:], piece) and pattern.search(piece) for piece in pieces)
            self._found[pattern.pattern] = known
        return known
