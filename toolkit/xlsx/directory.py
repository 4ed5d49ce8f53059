"""The directory of a zip file: its entries, and where the bytes of each stand."""

from __future__ import annotations

import io
import struct
import sys
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

_END, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x07"
_RECORD = struct.Struct("<4sBBHHHHHLLLHHHHHLL")
_MOST_VERSION = 63  # that `zipfile` reads
UTF8 = 0x800
"""The flag of a name that is in UTF-8 and not in the code page of MS-DOS."""


class Entry(NamedTuple):
    """What the directory says of a file; `time` and `date` as MS-DOS packs them."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    at: int  # its header
    version: int  # of what created it, on which system
    system: int
    internal: int
    external: int
    extra: bytes
    comment: bytes


def new_entry(name: str) -> Entry:
    """The entry of a file that has none, of the first day there is."""
    raw, system = name.encode(), 0 if sys.platform == "win32" else 3
    return Entry(name, raw, 0 if raw.isascii() else UTF8, 0, 0, 33, 0, 0, 0, 0, 20, system, 0, 0, b"", b"")


def read_directory(data: bytes) -> tuple[Sequence[Entry], bytes]:
    """All entries, and the comment on the file.  Raises what `zipfile.ZipFile` does for what is no zip file."""
    if (plain := _plain(data)) is not None:
        return plain, b""
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return [_entry(info) for info in z.infolist()], z.comment


def _plain(data: bytes) -> list[Entry] | None:
    """The entries of a directory as all office programs write it, read in half of the time that `zipfile` takes.

    None for one with a comment or zip64, a name that is not ASCII, an extra field, or anything wrong.
    """
    end = len(data) - 22
    if end < 20 or not data.startswith(_END, end) or data[-2:] != b"\0\0" or data.startswith(_LOCATOR64, end - 20):
        return None
    size, offset = struct.unpack_from("<LL", data, end + 12)
    at = end - size
    before = at - offset  # bytes that stand before the zip file
    if at < 0:
        return None
    entries = []
    while at < end:
        if at + 46 > end:
            return None
        (mark, version, system, needed, flags, method, time, date, crc, packed, size, name_length, extra_length,
         comment_length, _, internal, external, offset) = _RECORD.unpack_from(data, at)  # fmt: skip
        at += 46
        raw = data[at : at + name_length]
        at += name_length + comment_length
        if mark != b"PK\x01\x02" or needed & 0xFF > _MOST_VERSION or extra_length or at > end:
            return None
        if b"\0" in raw or not raw.isascii():
            return None
        entries.append(
            Entry(raw.decode(), raw, flags, method, time, date, crc, packed, size, offset + before, version, system,
                  internal, external, b"", data[at - comment_length : at])
        )  # fmt: skip
    return entries


def _entry(info: zipfile.ZipInfo) -> Entry:
    year, month, day, hour, minute, second = info.date_time
    utf8 = info.flag_bits & UTF8 or info.orig_filename.isascii()  # Python's cp437 is slow
    return Entry(
        info.filename, info.orig_filename.encode("utf-8" if utf8 else "cp437", "replace"), info.flag_bits,
        info.compress_type, hour << 11 | minute << 5 | second >> 1, (year - 1980) << 9 | month << 5 | day, info.CRC,
        info.compress_size, info.file_size, info.header_offset, info.create_version, info.create_system,
        info.internal_attr, info.external_attr, info.extra, info.comment,
    )  # fmt: skip
