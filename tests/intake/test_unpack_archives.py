"""Archives as they come from Chinese Windows, Macs and hostile hands."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import struct
import sys
import tarfile
import zipfile
import zlib

import py7zr
import pytest
import rarfile

from toolkit.intake import members, unpack
from toolkit.intake.members import split_path
from toolkit.intake.packed import zip_name
from toolkit.intake.unpack import Unpacked, walk
from toolkit.model import Finding
from toolkit.returns.read import read_return

FORM = b"a,b\n1,2\n"


def open_up(data: bytes, name: str = "x.bin") -> Unpacked:
    found = unpack.unpack(name, data)
    assert found is not None
    return found


def names(found: Unpacked) -> list[str]:
    return [m.name for m in found.members]


def codes(found: Unpacked) -> list[str]:
    return [f.code for f in found.findings]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in files.items():
            z.writestr(name, data)
    return out.getvalue()


def renamed(data: bytes, marker: str, raw: bytes) -> bytes:
    """The name `marker`, ASCII and as long as `raw`, replaced by raw bytes, as a program without UTF-8 writes it."""
    assert len(marker) == len(raw)
    return data.replace(marker.encode(), raw)


# names


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8"])
@pytest.mark.parametrize("name", ["养老服务处附件2.xlsx", "朱镕基.csv", "誠.csv"])
def test_names_that_do_not_say_their_encoding(name: str, encoding: str) -> None:
    raw = name.encode(encoding)  # 誠 ends in 0x5C, a backslash, in GBK
    data = renamed(zipped({"M" * len(raw): FORM}), "M" * len(raw), raw)
    assert names(open_up(data)) == [name]


def test_infozips_unicode_path() -> None:
    info = zipfile.ZipInfo("M" * 4)
    raw = "處室".encode("big5")
    info.extra = struct.pack("<HHBI", 0x7075, 5 + 6, 1, zlib.crc32(raw)) + "處室".encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(info, FORM)
    with zipfile.ZipFile(io.BytesIO(renamed(out.getvalue(), "M" * 4, raw))) as z:
        assert zip_name(z.infolist()[0]) == "處室"


def test_what_nobody_sent_is_left_out() -> None:
    found = open_up(
        zipped(
            {
                "养老/附件2.csv": FORM,
                "养老/~$附件2.xlsx": b"lock",
                "__MACOSX/养老/._附件2.csv": b"fork",
                "养老/.DS_Store": b"x",
                "Thumbs.db": b"x",
                "空/": b"",
            }
        )
    )
    assert [(m.folder, m.name, m.data) for m in found.members] == [("养老", "附件2.csv", FORM)]
    assert not found.findings


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("../../etc/passwd", ("etc", "passwd")),
        ("C:\\Users\\x\\表.xlsx", ("Users/x", "表.xlsx")),
        ("/abs/表.xlsx", ("abs", "表.xlsx")),
        ("a/..", ("", "a")),
        ("..", ("", "未命名")),
        ("表\0.xlsx\n", ("", "表.xlsx")),
        ("表\u202excod.xlsx", ("", "表xcod.xlsx")),
        ("a:b*?.xlsx", ("", "a_b__.xlsx")),
        ("", ("", "未命名")),
    ],
)
def test_names_lead_nowhere(path: str, expected: tuple[str, str]) -> None:
    assert split_path(path) == expected


def test_two_files_of_one_name_are_both_kept() -> None:
    found = open_up(zipped({"甲/附件2.csv": FORM, "乙/附件2.csv": b"other"}))
    assert [(m.folder, m.data) for m in found.members] == [("甲", FORM), ("乙", b"other")]


# passwords and damage


def test_password() -> None:
    data = bytearray(zipped({"a.csv": FORM, "b.csv": FORM}))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1  # the first entry's flag, in the directory and before the data
    data[6] |= 1
    found = open_up(bytes(data))
    assert codes(found) == ["encrypted"]
    assert found.findings[0].where == "a.csv"
    assert names(found) == ["b.csv"]


def test_damaged_member_costs_only_itself() -> None:
    data = zipped({"a.csv": b"first" * 9, "b.csv": FORM}, zipfile.ZIP_STORED)
    found = open_up(data.replace(b"firstfirst", b"fistrfirst", 1))
    assert names(found) == ["b.csv"]
    assert [(f.code, f.where) for f in found.findings] == [("unreadable", "a.csv")]


def test_truncated_archives() -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as z:
        z.writestr(FORM * 100, "a.csv")
    for data in (zipped({"a.csv": FORM * 100}), out.getvalue(), gzip.compress(FORM * 100)):
        found = open_up(data[: len(data) // 2])
        assert codes(found) == ["unreadable"]
        assert not found.members
    cut = rar(("a.csv", FORM))
    found = open_up(cut[: len(cut) // 2])  # which cannot be told from an empty one
    assert not found.members


def test_workbooks_are_no_containers() -> None:
    assert unpack.unpack("a.zip", zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})) is None
    assert unpack.unpack("a.zip", FORM) is None
    assert unpack.unpack("a.zip", b"") is None


def test_stored_workbook_does_not_hide_its_archive() -> None:
    inner = zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    assert names(open_up(zipped({"附件2.xlsx": inner}, zipfile.ZIP_STORED))) == ["附件2.xlsx"]


# other formats


def test_seven_zip() -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as z:
        z.writestr(FORM, "养老/附件2.csv")
        z.writestr(b"x", "__MACOSX/x")
    found = open_up(out.getvalue())
    assert [(m.folder, m.name, m.data) for m in found.members] == [("养老", "附件2.csv", FORM)]


@pytest.mark.parametrize("names_too", [True, False])
def test_seven_zip_with_password(names_too: bool) -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password="secret", header_encryption=names_too) as z:
        z.writestr(FORM, "a.csv")
    assert codes(open_up(out.getvalue())) == ["encrypted"]


def test_seven_zip_without_py7zr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py7zr", None)
    found = open_up(b"7z\xbc\xaf\x27\x1c" + bytes(40))
    assert codes(found) == ["no_extractor"]
    assert "7z" in found.findings[0].message


def _vint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def rar(*files: tuple[str, bytes], method: int = 0) -> bytes:
    """A RAR 5 archive; with `method` other than 0, one that claims to be compressed."""

    def block(body: bytes, data: bytes = b"") -> bytes:
        body = _vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(body)) + body + data

    out = b"Rar!\x1a\x07\x01\x00" + block(_vint(1) + _vint(0) + _vint(0))
    for name, data in files:
        raw = name.encode()
        head = _vint(2) + _vint(2) + _vint(len(data)) + _vint(4) + _vint(len(data)) + _vint(0x20)
        head += struct.pack("<I", zlib.crc32(data)) + _vint(method << 7) + _vint(0) + _vint(len(raw)) + raw
        out += block(head, data)
    return out + block(_vint(5) + _vint(0) + _vint(0))


def test_rar() -> None:
    found = open_up(rar(("养老/附件2.csv", FORM), ("养老/~$x.xlsx", b"lock")))
    assert [(m.folder, m.name, m.data) for m in found.members] == [("养老", "附件2.csv", FORM)]


def test_compressed_rar_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(rarfile, "CURRENT_SETUP", None)
    found = open_up(rar(("a.csv", FORM), method=3))
    assert codes(found) == ["no_extractor"]
    assert "unrar" in found.findings[0].message
    assert "7-Zip" in found.findings[0].remedy


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_tar(pack: object) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", encoding="gbk") as t:
        info = tarfile.TarInfo("养老/附件2.csv")
        info.size = len(FORM)
        t.addfile(info, io.BytesIO(FORM))
        link = tarfile.TarInfo("链接")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        t.addfile(link)
    assert callable(pack)
    found = open_up(pack(out.getvalue()), "x.tar.gz")
    assert [(m.folder, m.name, m.data) for m in found.members] == [("养老", "附件2.csv", FORM)]


def test_one_packed_file() -> None:
    found = open_up(gzip.compress(FORM), "附件2.csv.gz")
    assert [(m.name, m.data) for m in found.members] == [("附件2.csv", FORM)]


# bombs


def test_bombs() -> None:
    huge = bytes(80 << 20)
    for data in (gzip.compress(huge), zipped({"a": huge}), gzip.compress(zipped({"a": huge}))):
        found = list(walk("x", data))
        assert [f.code for x in found if isinstance(x.unpacked, Unpacked) for f in x.unpacked.findings] == ["bomb"]
        assert all(len(x.data) < 1 << 20 for x in found)


def test_seven_zip_bomb() -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 0}]) as z:
        z.writestr(bytes(20 << 20), "a.csv")
    found = open_up(out.getvalue())
    assert codes(found) == ["bomb"]
    assert not found.members


def test_many_small_ones_together(monkeypatch: pytest.MonkeyPatch) -> None:
    found = open_up(zipped({f"{n}.csv": b"" for n in range(members.MAX_MEMBERS + 1)}))
    assert codes(found) == ["bomb"]
    monkeypatch.setattr(unpack, "MAX_BYTES", 1000)
    inner = zipped({"a.csv": bytes(600)})
    found_all = list(walk("x.zip", zipped({"1.zip": inner, "2.zip": inner})))
    assert [getattr(x.unpacked, "code", "") for x in found_all].count("bomb") == 1


def test_depth() -> None:
    data = zipped({"附件2.csv": FORM})
    for n in range(20):
        data = zipped({f"{n}.zip": data})
    found = list(walk("x.zip", data))
    assert len(found) == members.MAX_DEPTH + 2
    assert getattr(found[-1].unpacked, "code", "") == "bomb"


def test_way_to_each_file() -> None:
    data = zipped({"甲/附件.zip": zipped({"附件2.csv": FORM}), "说明.txt": b"hello there"})
    found = {x.path: x for x in walk("来件.zip", data)}
    assert list(found) == ["来件.zip", "来件.zip!甲/附件.zip", "来件.zip!甲/附件.zip!附件2.csv", "来件.zip!说明.txt"]
    assert found["来件.zip!甲/附件.zip!附件2.csv"].data == FORM
    assert found["来件.zip!说明.txt"].unpacked is None


needs_bsdtar = pytest.mark.skipif(shutil.which("bsdtar") is None, reason="no bsdtar here to read a RAR with")


@needs_bsdtar
def test_rar_by_a_program_that_finds_it_damaged() -> None:
    assert codes(open_up(rar(("a.csv", FORM), method=3))) == ["unreadable"]


def test_a_volume_of_an_archive_that_was_cut_is_called_one() -> None:
    """To send it once more would not help."""
    packed, seven = zipped({"附件2.xlsx": bytes(range(256)) * 400}, zipfile.ZIP_STORED), io.BytesIO()
    with py7zr.SevenZipFile(seven, "w") as z:
        z.writestr(bytes(range(256)) * 400, "附件2.xlsx")
    for name, part in (
        ("报送.zip.001", packed[:50_000]),
        ("报送.z01", packed[:50_000]),
        ("报送.7z.001", seven.getvalue()[: len(seven.getvalue()) // 2]),
        ("报送.part1.rar", rar(("附件2.xlsx", FORM))[:-30]),
    ):
        found = open_up(part, name)
        assert (codes(found), found.members) == (["volume"], ()), name
    behind = read_return(packed[50_000:], "报送.zip.002")
    assert isinstance(behind, Finding)
    assert behind.code == "volume"
    assert names(open_up(packed, "报送.zip.001")) == ["附件2.xlsx"]  # the only one, whole
    assert codes(open_up(packed[:50_000], "报送.zip")) == ["unreadable"]
