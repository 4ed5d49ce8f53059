"""The zip file: parts as bytes, their relationships and content types.

An entry that was not edited is written back as its raw compressed bytes, with its name, time, attributes and order.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple
from urllib.parse import quote, unquote

from toolkit.language import tr
from toolkit.xlsx.deflate import crc32, deflater
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.scan import (
    Node,
    as_utf8,
    attribute,
    escape_attribute,
    insert_child,
    parse,
    prefix,
    splice,
)

MAX_PART = 512 << 20
MAX_TOTAL = 1 << 30
_RATIO, _RATIO_FROM = 500, 64 << 20  # deflate cannot exceed 1032; real sheets of that size stay far below 100
CONTENT_TYPES = "[Content_Types].xml"
_REL_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CHUNK = 1 << 18


class Relationship(NamedTuple):
    id: str
    type: str  # the last segment of the type's URI: worksheet, table, …
    target: str  # a part name; the URI as written when external
    external: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    info: zipfile.ZipInfo
    raw_name: bytes
    start: int  # of the compressed bytes
    local_extra: bytes


def _damaged(where: str = "") -> WorkbookError:
    return WorkbookError(
        Reason.DAMAGED, tr("文件不完整或已损坏（可能没有下载完），请重新获取，或用 Excel 打开修复后另存"), where
    )


def _unsafe(where: str) -> WorkbookError:
    return WorkbookError(
        Reason.UNSAFE,
        tr(
            "文件内部结构异常（{where}），可能不安全，已拒绝处理。请用 Excel 打开后另存为新文件",
            where=where if len(where) <= 80 else where[:80],
        ),
        where,
    )


def _refuse_other_formats(data: bytes) -> None:
    """WorkbookError for what is no zip file, with what it is instead."""
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise WorkbookError(Reason.ENCRYPTED, tr("工作簿设有打开密码，请用 Excel 打开，取消密码后另存再试"))
        raise WorkbookError(
            Reason.NOT_A_WORKBOOK, tr("这是旧格式（.xls）或其他 Office 文件，请用 Excel 或 WPS 另存为 .xlsx")
        )
    if not data:
        raise WorkbookError(Reason.NOT_A_WORKBOOK, tr("文件是空的（0 字节），请重新获取"))
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08") and b"PK\x05\x06" not in data[-65_557:]:
        raise WorkbookError(
            Reason.NOT_A_WORKBOOK, tr("这不是 Excel 工作簿（.xlsx），请用 Excel 或 WPS 打开后另存为 .xlsx")
        )


def _without_zip64(extra: bytes) -> bytes:
    """An extra field without the zip64 record: sizes are written as plain 32-bit numbers."""
    if not extra:
        return extra
    kept, at = [], 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind != 1:
            kept.append(extra[at : at + 4 + size])
        at += 4 + size
    return b"".join(kept)


_SMALL, _SMALL_OPEN = 4 << 10, 64 << 10


@lru_cache(maxsize=64)
def _known_small(raw: bytes) -> tuple[bytes, int] | None:
    """A small part, inflated, and its checksum: the forms of a round have most of theirs in common.  None for one that
    is no longer so small then, or damaged."""
    whole = _at_once(raw, _SMALL_OPEN)
    return None if whole is None else (whole, crc32(whole))


def _at_once(raw: bytes | memoryview, most: int) -> bytes | None:
    unpack = zlib.decompressobj(-15)
    with suppress(zlib.error):
        whole = unpack.decompress(raw, most)
        if unpack.eof:
            return whole
    return None


@lru_cache(maxsize=256)
def _absolute(part: str, target: str) -> str:
    """The name of the part that `target`, as `part` states it, is."""
    full = target if target.startswith("/") else posixpath.join("/" + posixpath.dirname(part), target)
    return posixpath.normpath(full).lstrip("/")


@lru_cache(maxsize=128)
def _part_name(name: str, original: str) -> tuple[str, str]:
    """The name of a part as an entry of the zip file states it, and in lower case; WorkbookError for an unsafe one."""
    name = name.replace("\\", "/")
    segments = name.rstrip("/").split("/")
    if ".." in segments or "." in segments or name.startswith("/") or ":" in segments[0] or "\0" in original:
        raise _unsafe(name)
    return name, name.lower()


@lru_cache(maxsize=16)
def _content_types(root: Node) -> tuple[dict[str, str], dict[str, str]]:
    """The content types by part and by extension, in lower case.  The forms of a round share the tree."""
    overrides, defaults = {}, {}
    for node in reversed(root.children):
        if node.name == "Override":
            overrides[node.get("PartName").lower()] = node.get("ContentType")
        elif node.name == "Default":
            defaults[node.get("Extension").lower()] = node.get("ContentType")
    return overrides, defaults


@lru_cache(maxsize=64)
def _stated_relationships(root: Node) -> tuple[Relationship, ...]:
    """Relationships, their targets as the part states them.  The forms of a round share the tree."""
    return tuple(
        Relationship(
            node.get("Id"),
            node.get("Type").rpartition("/")[2],
            node.get("Target"),
            node.get("TargetMode") == "External",
        )
        for node in root.children
        if node.name == "Relationship"
    )


class Package:
    """The parts of one file. Names are looked up without regard to case, as OPC has it."""

    def __init__(self, data: bytes) -> None:
        _refuse_other_formats(data)
        self._data = data
        self._entries: dict[str, _Entry] = {}  # by lower-cased part name
        self._names: dict[str, str] = {}
        self._new: dict[str, bytes | None] = {}
        self._trees: dict[str, tuple[bytes, Node]] = {}
        self._relationships: dict[str, dict[str, Relationship]] = {}  # by part; void once any part changes
        self._inflated_sizes: dict[str, int] = {}
        self._opened: dict[str, bytes] = {}  # small parts that were inflated, by lower-cased name
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as z:
                infos, self._comment = z.infolist(), z.comment
        except (
            zipfile.BadZipFile,
            struct.error,
            ValueError,
            OSError,
            NotImplementedError,
            IndexError,
            OverflowError,
        ) as e:
            raise _damaged() from e
        if sum(i.compress_size for i in infos) > len(data):
            raise _unsafe("zip")
        for info in infos:
            self._add(info)
        self._prefix = data[: min((i.header_offset for i in infos), default=0)]

    def _add(self, info: zipfile.ZipInfo) -> None:
        name, key = _part_name(info.filename, info.orig_filename)
        if info.flag_bits & 1:
            raise WorkbookError(Reason.ENCRYPTED, tr("文件里的内容加了压缩密码，请解密后再试"), name)
        if key in self._entries:
            raise _unsafe(tr("{name} 重复", name=name))
        at = info.header_offset
        if at < 0 or self._data[at : at + 4] != b"PK\x03\x04" or at + 30 > len(self._data):
            raise _damaged(name)
        name_length, extra_length = struct.unpack_from("<HH", self._data, at + 26)
        start = at + 30 + name_length + extra_length
        if start + info.compress_size > len(self._data):
            raise _damaged(name)
        plain = info.flag_bits & 0x800 or info.orig_filename.isascii()  # Python's cp437 is slow
        raw = info.orig_filename.encode("utf-8" if plain else "cp437", "replace")
        extra = self._data[at + 30 + name_length : start]
        self._entries[key] = _Entry(info, raw, start, _without_zip64(extra))
        self._names[key] = name

    # parts

    @property
    def changed(self) -> bool:
        return bool(self._new)

    @property
    def original(self) -> bytes:
        return self._data

    def snapshot(self) -> dict[str, bytes | None]:
        return dict(self._new)

    def restore(self, snapshot: dict[str, bytes | None]) -> None:
        for name in {*self._new, *snapshot}:
            if self._new.get(name) is not snapshot.get(name):
                self._trees.pop(name, None)
        self._new = snapshot
        self._relationships.clear()

    def names(self) -> list[str]:
        new = [n for n in self._new if n not in self._entries]
        return [self._names[n] for n in (*self._entries, *new) if self._new.get(n, b"") is not None]

    def has(self, name: str) -> bool:
        name = name.lower()
        return self._new[name] is not None if name in self._new else name in self._entries

    def read(self, name: str) -> bytes:
        """A part's bytes as they are now; WorkbookError DAMAGED if it is missing or does not unpack."""
        key = name.lower()
        if (new := self._new.get(key)) is not None:
            return new
        if (opened := self._opened.get(key)) is not None and key not in self._new:
            return opened
        if not self.has(name):
            raise WorkbookError(
                Reason.DAMAGED,
                tr("工作簿缺少必要的部分（{name}），请用 Excel 打开修复后另存，或重新获取", name=name),
                name,
            )
        opened = self._inflate(name, self._entries[key])
        if len(opened) <= _SMALL_OPEN:
            self._opened[key] = opened
        return opened

    def _inflate(self, name: str, entry: _Entry) -> bytes:
        info = entry.info
        raw = memoryview(self._data)[entry.start : entry.start + info.compress_size]
        if info.compress_type == zipfile.ZIP_STORED:
            out = bytes(raw)
            crc = crc32(out)
        elif info.compress_type == zipfile.ZIP_DEFLATED:
            known = _known_small(bytes(raw)) if len(raw) <= _SMALL else None
            if known is None:
                out = self._inflated(name, raw)
                crc = crc32(out)
            else:
                out, crc = known
        else:
            raise WorkbookError(Reason.UNSUPPORTED, tr("文件用了少见的压缩方式，请用 Excel 打开后另存"), name)
        if crc != info.CRC or len(out) != info.file_size:
            raise _damaged(name)
        self._inflated_sizes[name.lower()] = len(out)
        if sum(self._inflated_sizes.values()) > MAX_TOTAL:
            raise _unsafe(tr("{name} 解压后过大", name=name))
        return out

    @staticmethod
    def _inflated(name: str, raw: memoryview) -> bytes:
        unpack, out = zlib.decompressobj(-15), io.BytesIO()
        limit = min(MAX_PART, max(_RATIO_FROM, len(raw) * _RATIO))
        size = 0
        if (whole := _at_once(raw, _CHUNK)) is not None:
            return whole
        try:
            for at in range(0, len(raw), _CHUNK):
                block: bytes | memoryview = raw[at : at + _CHUNK]
                while block:
                    size += out.write(unpack.decompress(block, _CHUNK * 4))
                    if size > limit:
                        raise _unsafe(tr("{name} 解压后过大", name=name))
                    block = unpack.unconsumed_tail
            while chunk := unpack.decompress(b"", _CHUNK * 4):
                size += out.write(chunk)
        except zlib.error as e:
            raise _damaged(name) from e
        if not unpack.eof or size > limit:
            raise _damaged(name)
        return out.getvalue()

    def write(self, name: str, data: bytes) -> None:
        """Replaces a part's bytes or adds a part (at the end of the file)."""
        self._names.setdefault(name.lower(), name)
        self._new[name.lower()] = data
        self._relationships.clear()

    def remove(self, name: str) -> None:
        self._new[name.lower()] = None
        self._relationships.clear()

    def xml(self, name: str) -> bytes:
        """An XML part in UTF-8."""
        return as_utf8(self.read(name), name)

    def tree(self, name: str) -> tuple[bytes, Node]:
        """A small XML part and its tree; the tree is kept until the part changes."""
        key = name.lower()
        new, kept = self._new.get(key), self._trees.get(key)
        if kept is not None and (kept[0] is new or (new is None and key not in self._new)):
            return kept
        xml = self.xml(name)
        found = xml, parse(xml, name)
        if new is None or xml is new:
            self._trees[key] = found
        return found

    # content types and relationships

    def content_type(self, part: str) -> str:
        overrides, defaults = _content_types(self.tree(CONTENT_TYPES)[1])
        return overrides.get("/" + part.lower()) or defaults.get(part.rpartition(".")[2].lower(), "")

    def of_type(self, fragment: str) -> list[str]:
        """Parts whose content type contains `fragment`."""
        if fragment.encode() not in self.tree(CONTENT_TYPES)[0]:
            return []
        return [
            n for n in self.names() if not n.endswith("/") and n != CONTENT_TYPES and fragment in self.content_type(n)
        ]

    def set_content_type(self, part: str, content_type: str | None) -> None:
        """Adds the override for a part, or (None) takes it away."""
        xml, root = self.tree(CONTENT_TYPES)
        wanted = "/" + part.lower()
        edits = [(n.start, n.end, b"") for n in root.children if n.get("PartName").lower() == wanted]
        if content_type is not None:
            new = b'<%bOverride PartName="%b" ContentType="%b"/>' % (
                prefix(xml, root),
                escape_attribute("/" + part),
                escape_attribute(content_type),
            )
            edits.append(insert_child(xml, root, new))
        if edits:
            self.write(CONTENT_TYPES, splice(xml, edits))

    @staticmethod
    def rels_name(part: str) -> str:
        folder, _, name = part.rpartition("/")
        return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"

    def relationships(self, part: str) -> dict[str, Relationship]:
        """The relationships of a part ("" for the package) by id."""
        known = self._relationships.get(part)
        if known is None:
            rels = self.rels_name(part)
            stated = _stated_relationships(self.tree(rels)[1]) if self.has(rels) else ()
            known = self._relationships[part] = {
                i: Relationship(i, kind, target if external else self._resolve(part, target), external)
                for i, kind, target, external in stated
            }
        return known

    def related(self, part: str, *types: str) -> list[str]:
        """The parts that `part` points to by a relationship of one of these types."""
        known = self.relationships(part)
        return [r.target for r in known.values() if r.type in types and not r.external] if known else []

    def _resolve(self, part: str, target: str) -> str:
        target = target.replace("\\", "/").partition("#")[0]
        if not target:
            return part
        name = _absolute(part, target)
        if name.lower() not in self._names and (unquoted := unquote(name)).lower() in self._names:
            return unquoted
        return self._names.get(name.lower(), name)

    def add_relationship(self, part: str, type_uri: str, target: str) -> str:
        """Adds a relationship from `part` to the part `target`; returns its id."""
        rels = self.rels_name(part)
        if not self.has(rels):
            self.write(
                rels,
                b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="%b"/>'
                % _REL_NS.encode(),
            )
        xml, root = self.tree(rels)
        used = {n.get("Id") for n in root.children}
        new_id = next(i for i in (f"rId{n}" for n in range(len(used) + 1, 2 * len(used) + 3)) if i not in used)
        relative = posixpath.relpath("/" + target, "/" + posixpath.dirname(part))
        new = b'<%bRelationship Id="%b" Type="%b" Target="%b"/>' % (
            prefix(xml, root),
            new_id.encode(),
            type_uri.encode(),
            escape_attribute(quote(relative)),
        )
        self.write(rels, splice(xml, [insert_child(xml, root, new)]))
        return new_id

    def drop_part(self, owner: str, part: str) -> None:
        """Removes a part with its content type and the owner's relationships to it."""
        rels = self.rels_name(owner)
        ids = {r.id for r in self.relationships(owner).values() if r.target == part and not r.external}
        xml, root = self.tree(rels)
        self.write(rels, splice(xml, [(n.start, n.end, b"") for n in root.children if n.get("Id") in ids]))
        self.set_content_type(part, None)
        self.remove(part)

    def set_attribute(self, part: str, node: Node, name: str, value: str | None) -> None:
        """Edits one attribute of a node of the part's present tree."""
        xml, _ = self.tree(part)
        self.write(part, splice(xml, [attribute(xml, node, name, value)]))

    # the file

    def to_bytes(self, extra: Mapping[str, Iterable[bytes | memoryview]]) -> bytes:
        """The zip file with the edited parts; `extra` holds more parts, as chunks to be joined."""
        out = _Writer(self._prefix, self._comment)
        chunked = {name.lower(): chunks for name, chunks in extra.items()}
        for name, entry in self._entries.items():
            if name in chunked:
                out.add(entry.raw_name, entry.info, chunked[name], entry.local_extra)
            elif (new := self._new.get(name)) is not None:
                out.add(entry.raw_name, entry.info, [new], entry.local_extra)
            elif name not in self._new:
                info = entry.info
                raw = memoryview(self._data)[entry.start : entry.start + info.compress_size]
                out.copy(entry.raw_name, info, raw, info.CRC, info.file_size, info.compress_type, entry.local_extra)
        for name, data in self._new.items():
            if name not in self._entries and data is not None:
                out.add(self._names[name].encode(), zipfile.ZipInfo(self._names[name]), [data], b"")
        return out.finish()


_LARGE = 1 << 15


def same_content(a: bytes, b: bytes) -> bool:
    """Whether two workbooks hold the same parts, however they are deflated; never where one is damaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(a)) as one, zipfile.ZipFile(io.BytesIO(b)) as other:
            pairs = list(zip_longest(one.infolist(), other.infolist()))
            stated = all(i and k and (i.filename, i.CRC) == (k.filename, k.CRC) for i, k in pairs)
            return stated and all(one.read(i) == other.read(k) for i, k in pairs)
    except Exception:  # a file from a disk that people use can fail to unpack in many ways
        return False


class _Writer:
    """Writes a zip file without data descriptors and without zip64."""

    def __init__(self, before: bytes, comment: bytes) -> None:
        self._out, self._directory, self._count, self._comment = io.BytesIO(), io.BytesIO(), 0, comment
        self._out.write(before)

    def add(self, name: bytes, info: zipfile.ZipInfo, chunks: Iterable[bytes | memoryview], extra: bytes) -> None:
        crc, size, waiting = 0, 0, iter(chunks)
        held: list[bytes | memoryview] = []
        for chunk in waiting:
            held.append(chunk)
            size += len(chunk)
            if size >= _LARGE:
                break
        pack, size, at = deflater(size), 0, self._out.tell()
        body = self._out.seek(at + 30 + len(name) + len(extra))  # what stands before it is known when it is written
        for chunk in chain(held, waiting):
            crc, size = crc32(chunk, crc), size + len(chunk)
            self._out.write(pack.compress(chunk))
        self._out.write(pack.flush())
        end = self._out.tell()
        self._out.seek(at)
        self._head(name, info, end - body, crc, size, zipfile.ZIP_DEFLATED, extra)
        self._out.seek(end)

    def copy(
        self, name: bytes, info: zipfile.ZipInfo, raw: memoryview, crc: int, size: int, method: int, extra: bytes
    ) -> None:
        self._head(name, info, len(raw), crc, size, method, extra)
        self._out.write(raw)

    def _head(
        self, name: bytes, info: zipfile.ZipInfo, packed: int, crc: int, size: int, method: int, extra: bytes
    ) -> None:
        year, month, day, hour, minute, second = info.date_time
        stamp = hour << 11 | minute << 5 | second >> 1, (year - 1980) << 9 | month << 5 | day
        flags = info.flag_bits & ~8  # no data descriptor: the sizes are known
        if not name.isascii() and not info.flag_bits & 0x800:
            flags |= 0 if info.orig_filename.encode("cp437", "ignore") == name else 0x800
        at, central = self._out.tell(), _without_zip64(info.extra)
        if max(at + packed, size) > 0xFFFF_FFF0:
            raise WorkbookError(Reason.UNSUPPORTED, tr("工作簿超过 4 GB，不能处理，请拆分后再试"))
        head = struct.pack("<HHHHHIII", 20, flags, method, *stamp, crc, packed, size)
        self._out.write(b"PK\x03\x04" + head + struct.pack("<HH", len(name), len(extra)) + name + extra)
        self._directory.write(
            b"PK\x01\x02"
            + struct.pack("<BB", info.create_version, info.create_system)
            + head
            + struct.pack(
                "<HHHHHII", len(name), len(central), len(info.comment), 0, info.internal_attr, info.external_attr, at
            )
            + name
            + central
            + info.comment
        )
        self._count += 1

    def finish(self) -> bytes:
        if self._count > 0xFFFF:
            raise WorkbookError(Reason.UNSUPPORTED, tr("工作簿内部的部分超过 65535 个，不能处理"))
        at = self._out.tell()
        self._out.write(self._directory.getbuffer())
        size = self._out.tell() - at
        self._out.write(
            b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, self._count, self._count, size, at, len(self._comment))
        )
        self._out.write(self._comment)
        return self._out.getvalue()
