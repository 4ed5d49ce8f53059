"""Archives -> their members: .zip, .7z, .rar, .tar and what gzip, bzip2 and xz pack.

Everything is unpacked into memory, within a Basket's limits; nothing is written to disk under a name from inside.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import shutil
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any, Protocol

from toolkit.intake.members import Basket, Bomb, is_junk
from toolkit.language import tr
from toolkit.returns.formats.sniff import Kind

_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError, struct.error, KeyError,
    IndexError, OverflowError, UnicodeError,
)  # fmt: skip
_DAMAGED = tr("压缩包不完整或已损坏，可能没有下载完")
_CHUNK = 1 << 20
_UTF8, _SECRET = 0x800, 0x1
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_within(stream: _Stream, basket: Basket) -> bytes:
    """All of a stream.  Raises Bomb as soon as it is too much, whatever its header claimed."""
    out = io.BytesIO()
    room = basket.room()
    while chunk := stream.read(_CHUNK):
        if out.tell() + len(chunk) > room:
            raise basket.too_much()
        out.write(chunk)
    return out.getvalue()


# zip


def unzip(data: bytes, basket: Basket) -> None:
    """A .zip.  Raises Bomb."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _ZIP_ERRORS:
        basket.complain("unreadable", why=_DAMAGED)
        return
    with archive:
        for info in archive.infolist():
            basket.meet()
            path = zip_name(info)
            if path.endswith(("/", "\\")) or is_junk(path):
                continue
            if info.flag_bits & _SECRET or info.compress_type == 99:  # 99: WinZip's AES
                basket.complain("encrypted", path)
                continue
            try:
                with archive.open(info) as stream:
                    basket.add(path, read_within(stream, basket))
            except NotImplementedError:
                basket.complain("unreadable", path, why=tr("压缩包用了少见的压缩方式，请改用普通的 zip 压缩"))
            except _ZIP_ERRORS:
                basket.complain("unreadable", path, why=_DAMAGED)


def zip_name(info: zipfile.ZipInfo) -> str:
    """The name as the sender saw it: Chinese Windows writes GBK without saying so, a Mac UTF-8 without saying so."""
    stored = info.orig_filename
    if info.flag_bits & _UTF8:
        return stored
    try:
        raw = stored.encode("cp437")
    except UnicodeEncodeError:
        return stored
    if raw.isascii():
        return stored
    if (given := _unicode_path(info.extra, raw)) is not None:
        return given
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("gb18030", "replace")


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if kind == _UNICODE_PATH and len(body) > 5 and struct.unpack_from("<I", body, 1)[0] == zlib.crc32(raw):
            with contextlib.suppress(UnicodeDecodeError):
                return body[5:].decode("utf-8")
        at += 4 + size
    return None


# 7z


def un7z(data: bytes, basket: Basket) -> None:
    """A .7z, by py7zr where it is installed.  Raises Bomb."""
    try:
        import py7zr
        from py7zr.io import Py7zIO, WriterFactory
    except ImportError:
        remedy = tr("请报送单位改用 zip 压缩，或直接把表格作为附件发送；或安装 annex2[archives]")
        basket.complain("no_extractor", kind=Kind.SEVEN_ZIP, tool="py7zr", remedy=remedy)
        return

    room, written = basket.room(), 0

    class Sink(Py7zIO):
        """Takes what is unpacked, as long as there is room."""

        def __init__(self) -> None:
            self.out = io.BytesIO()

        def write(self, s: bytes | bytearray) -> int:
            nonlocal written
            written += len(s)
            if written > room:
                raise basket.too_much()
            return self.out.write(s)

        def read(self, size: int | None = None) -> bytes:
            return self.out.read(-1 if size is None else size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.out.seek(offset, whence)

        def flush(self) -> None:
            return None

        def size(self) -> int:
            return self.out.getbuffer().nbytes

    class Sinks(WriterFactory):
        def create(self, filename: str) -> Sink:
            basket.meet()
            sinks.append((filename, sink := Sink()))
            return sink

    sinks: list[tuple[str, Sink]] = []
    try:
        with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            if archive.needs_password():
                basket.complain("encrypted")
                return
            archive.extractall(factory=Sinks())
    except Bomb:
        raise
    except py7zr.exceptions.PasswordRequired:
        basket.complain("encrypted")
        return
    except py7zr.exceptions.UnsupportedCompressionMethodError:
        basket.complain("unreadable", why=tr("压缩包用了少见的压缩方式，请改用普通的 zip 压缩"))
    except Exception as e:  # damaged bytes lead py7zr to whatever Python raises for them
        if isinstance(e, MemoryError):
            raise
        basket.complain("unreadable", why=_DAMAGED)
    for path, sink in sinks:
        if not is_junk(path):
            basket.add(path, sink.out.getvalue())


# rar


def unrar(data: bytes, basket: Basket) -> None:
    """A .rar, by rarfile and whichever of unrar, unar, 7z and bsdtar is installed.  Raises Bomb."""
    import rarfile

    _find_tar(rarfile)
    try:
        with rarfile.RarFile(io.BytesIO(data)) as archive:
            if archive.needs_password() and not archive.infolist():  # the names are encrypted too
                basket.complain("encrypted")
            for info in archive.infolist():
                basket.meet()
                path = str(info.filename)
                if info.isdir() or is_junk(path):
                    continue
                if info.needs_password():
                    basket.complain("encrypted", path)
                    continue
                try:
                    with archive.open(info) as stream:
                        basket.add(path, read_within(stream, basket))
                except (rarfile.RarCannotExec, FileNotFoundError):
                    remedy = tr("请报送单位改用 zip 压缩，或直接把表格作为附件发送；或在本机安装 7-Zip 或 WinRAR")
                    basket.complain("no_extractor", kind=Kind.RAR, tool=tr("unrar、unar、7z 或 bsdtar"), remedy=remedy)
                    return
                except (rarfile.Error, *_ZIP_ERRORS):
                    basket.complain("unreadable", path, why=_DAMAGED)
    except rarfile.PasswordRequired:
        basket.complain("encrypted")
    except (rarfile.Error, *_ZIP_ERRORS, TypeError, AttributeError):
        basket.complain("unreadable", why=_DAMAGED)


def _find_tar(rarfile: Any) -> None:
    """On Windows: its own tar.exe is bsdtar, and 7-Zip and WinRAR do not put themselves on the PATH."""
    if os.name != "nt" or shutil.which("unrar"):
        return
    for variable, folder, program, setting in (
        ("PROGRAMFILES", "WinRAR", "UnRAR.exe", "UNRAR_TOOL"),
        ("PROGRAMFILES", "7-Zip", "7z.exe", "SEVENZIP_TOOL"),
        ("SYSTEMROOT", "System32", "tar.exe", "BSDTAR_TOOL"),
    ):
        path = Path(os.environ.get(variable, ""), folder, program)
        if path.is_file():
            setattr(rarfile, setting, str(path))


# tar, gzip, bzip2, xz


def untar(data: bytes, basket: Basket) -> None:
    """A .tar, packed or not; links and devices are passed over.  Raises Bomb."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*", errors="surrogateescape") as archive:
            for info in archive:
                basket.meet()
                path = _tar_name(info.name)
                if not info.isreg() or is_junk(path):
                    continue
                if info.size > basket.room():
                    raise basket.too_much()
                stream = archive.extractfile(info)
                if stream is not None:
                    basket.add(path, read_within(stream, basket))
    except (tarfile.TarError, *_ZIP_ERRORS):
        basket.complain("unreadable", why=_DAMAGED)


def _tar_name(name: str) -> str:
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def inflate(name: str, data: bytes, basket: Basket) -> None:
    """A .gz, .bz2 or .xz: a .tar's members, or the one file that it holds.  Raises Bomb."""
    opener = gzip.open if data[:2] == b"\x1f\x8b" else bz2.open if data[:3] == b"BZh" else lzma.open
    try:
        with opener(io.BytesIO(data), "rb") as stream:
            inside = read_within(stream, basket)
    except _ZIP_ERRORS:
        basket.complain("unreadable", why=_DAMAGED)
        return
    if inside[257:262] == b"ustar":
        untar(inside, basket)
        return
    stem, _, suffix = name.rpartition(".")
    basket.meet()
    basket.add(f"{stem}.tar" if suffix.lower() == "tgz" else stem or name, inside)
