"""Writes what only Outlook writes: a minimal OLE file, a .msg in it, and winmail.dat."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

Tree = dict[str, Any]  # name -> bytes, or another Tree

_FREE, _END, _FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ole(tree: Tree) -> bytes:
    """A version 3 compound file: 512-byte sectors, small streams in 64-byte ones ([MS-CFB])."""
    entries: list[tuple[str, int, bytes, int, int]] = []  # name, kind, data, child, right

    def add(name: str, node: bytes | Tree, kind: int) -> int:
        index = len(entries)
        entries.append((name, kind, node if isinstance(node, bytes) else b"", -1, -1))
        if not isinstance(node, bytes):
            children = [add(n, c, 2 if isinstance(c, bytes) else 1) for n, c in node.items()]
            for left, right in pairwise(children):  # a tree that is a list
                entries[left] = (*entries[left][:4], right)
            entries[index] = (*entries[index][:3], children[0] if children else -1, -1)
        return index

    add("Root Entry", tree, 5)
    sectors: list[bytes] = []
    fat: list[int] = []
    mini, minifat = b"", list[int]()

    def store(data: bytes) -> int:
        first = len(sectors)
        count = (len(data) + 511) // 512
        for n in range(count):
            sectors.append(data[n * 512 : n * 512 + 512].ljust(512, b"\0"))
            fat.append(first + n + 1 if n + 1 < count else _END)
        return first if count else _END

    directory = b""
    starts: list[int] = []
    for _, kind, data, _, _ in entries:
        if kind != 2 or not data:
            starts.append(_END)
        elif len(data) >= 4096:
            starts.append(store(data))
        else:
            first, count = len(minifat), (len(data) + 63) // 64
            minifat += [first + n + 1 if n + 1 < count else _END for n in range(count)]
            mini += data.ljust(count * 64, b"\0")
            starts.append(first)
    starts[0] = store(mini)
    for (name, kind, data, child, right), start in zip(entries, starts, strict=True):
        raw = (name + "\0").encode("utf-16-le")
        size = len(mini) if kind == 5 else len(data)
        directory += raw.ljust(64, b"\0") + struct.pack(
            "<HBBIII", len(raw), kind, 1, _FREE, right & _FREE, child & _FREE
        )
        directory += bytes(36) + struct.pack("<IQ", start if kind != 1 else 0, size)
    directory_at = store(directory.ljust(-(-len(directory) // 512) * 512, b"\0"))
    minifat_at = store(b"".join(struct.pack("<I", n) for n in minifat).ljust(512, b"\xff"))
    fat_count = 1
    while fat_count * 128 < len(fat) + fat_count:
        fat_count += 1
    fat_at = len(sectors)
    fat += [_FAT_SECTOR] * fat_count
    table = b"".join(struct.pack("<I", n) for n in fat).ljust(fat_count * 512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    minifat_count = max(1, -(-len(minifat) // 128))
    head += struct.pack("<IIIIIIIII", 0, fat_count, directory_at, 0, 4096, minifat_at, minifat_count, _END, 0)
    head += b"".join(struct.pack("<I", fat_at + n if n < fat_count else _FREE) for n in range(109))
    return head + b"".join(sectors) + table


def properties(values: dict[int, Any], head: int, codepage: int = 0) -> Tree:
    """A storage's properties: str in UTF-16 (or 8-bit with a code page), bytes, int (fixed)."""
    tree: Tree = {}
    fixed = bytes(head)
    if codepage:
        fixed += struct.pack("<HHIQ", 0x0003, 0x3FDE, 6, codepage)
    for number, value in values.items():
        if isinstance(value, int):
            kind = 0x0040 if value > 1 << 40 else 0x0003
            fixed += struct.pack("<HHIQ", kind, number, 6, value)
        elif isinstance(value, str):
            kind = 0x001E if codepage else 0x001F
            tree[f"__substg1.0_{number:04X}{kind:04X}"] = value.encode(f"cp{codepage}" if codepage else "utf-16-le")
        elif isinstance(value, dict):
            tree[f"__substg1.0_{number:04X}000D"] = value
        else:
            tree[f"__substg1.0_{number:04X}0102"] = value
    return {"__properties_version1.0": fixed, **tree}


def attachments(*values: dict[int, Any]) -> Tree:
    return {f"__attach_version1.0_#{n:08X}": properties(v, 8) for n, v in enumerate(values)}


def tnef(subject: str, *files: tuple[str, bytes], codepage: int = 936) -> bytes:
    """A winmail.dat; the long names stand in the attachments' MAPI properties, the short ones are cut."""

    def attribute(level: int, number: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    out = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00069007, struct.pack("<Q", codepage))
    out += attribute(1, 0x00018004, subject.encode(f"cp{codepage}") + b"\0")
    for name, data in files:
        raw = (name + "\0").encode("utf-16-le")
        named = struct.pack("<HH", 0x001F, 0x8001) + bytes(16) + struct.pack("<II", 0, 5)
        values = named + struct.pack("<II", 1, 4) + b"x\0\0\0"
        values += struct.pack("<HHI", 0x0003, 0x3705, 1)
        values += struct.pack("<HHII", 0x001F, 0x3707, 1, len(raw)) + raw.ljust(-(-len(raw) // 4) * 4, b"\0")
        out += attribute(2, 0x00069002, bytes(14)) + attribute(2, 0x00018010, b"SHORT~1.XLS\0")
        out += attribute(2, 0x0006800F, data) + attribute(2, 0x00069005, struct.pack("<I", 3) + values)
    return out
