"""Deflate in a third of the time: ISA-L (the package isal) where it is installed, else zlib.

Any zip program reads what either writes, but they do not write the same bytes: what is compared is the content.
Files from outside are inflated by zlib.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from types import ModuleType
from typing import Any

_fast: ModuleType = zlib
_LEVEL = 3
with suppress(ImportError):  # on a machine that it has no wheel for
    from isal import isal_zlib

    _fast, _LEVEL = isal_zlib, 2


def deflater(size: int) -> Any:
    """What deflates a part of so many bytes, of a large one at least so many, into a raw stream.

    zlib's level 3 makes a twentieth to a sixth more than the usual 6 in half of the time; ISA-L's 2 a tenth more than
    that in a quarter of it.  A window no larger than the part loses nothing, and zlib takes longer to clear its usual
    one than to deflate a few kilobytes.
    """
    window = min(15, max(10, size.bit_length()))
    return _fast.compressobj(_LEVEL, _fast.DEFLATED, -window, max(2, window - 8) if window < 15 else 8)


def packed(data: bytes) -> bytes:
    """Bytes that stay in this process, deflated."""
    deflated: bytes = _fast.compress(data, 1)
    return deflated


def unpacked(data: bytes, size: int) -> bytes:
    """What `packed` made, of about so many bytes."""
    inflated: bytes = _fast.decompress(data, bufsize=size)
    return inflated


def crc32(data: bytes | memoryview, so_far: int = 0) -> int:
    sum_: int = _fast.crc32(data, so_far)
    return sum_
