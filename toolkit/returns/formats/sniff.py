"""What a file is, told from its content and never from its suffix: a division renames, and so do mail programs."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from enum import StrEnum

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Kind(StrEnum):
    """A family of files; the value is what people call it."""

    EMPTY = "空文件"
    XLSX = "Excel 工作簿"
    XLSB = "Excel 二进制工作簿"
    XLS = "旧格式的 Excel 或 WPS 表格"
    ODS = "ODS 表格"
    SPREADSHEET_XML = "XML 表格"
    HTML = "网页表格"
    TEXT = "文本"
    DOCX = "Word 文件"
    OLD_WORD = "旧格式的 Word 或 WPS 文字"
    WORD_XML = "Word 的 XML 文件"
    RTF = "RTF 文件"
    ODT = "ODT 文件"
    ENCRYPTED = "设有密码的 Office 文件"
    PDF = "PDF 文件"
    OFD = "OFD 文件"
    PICTURE = "图片"
    SLIDES = "演示文稿"
    MEDIA = "音频或视频"
    PROGRAM = "程序"
    ZIP = "ZIP 压缩包"
    SEVEN_ZIP = "7z 压缩包"
    RAR = "RAR 压缩包"
    TAR = "TAR 归档"
    PACKED = "单个文件的压缩"
    MAIL = "邮件"
    OUTLOOK = "Outlook 邮件"
    TNEF = "Outlook 附件包"
    UNKNOWN = "不认识的格式"


CONTAINERS = frozenset(
    (Kind.ZIP, Kind.SEVEN_ZIP, Kind.RAR, Kind.TAR, Kind.PACKED, Kind.MAIL, Kind.OUTLOOK, Kind.TNEF)
)

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"Rar!\x1a\x07", Kind.RAR),
    (b"\x1f\x8b", Kind.PACKED),
    (b"BZh", Kind.PACKED),
    (b"\xfd7zXZ\x00", Kind.PACKED),
    (b"\x78\x9f\x3e\x22", Kind.TNEF),
    (b"{\\rtf", Kind.RTF),
    (b"\x89PNG", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),
    (b"GIF8", Kind.PICTURE),
    (b"II*\x00", Kind.PICTURE),
    (b"MM\x00*", Kind.PICTURE),
    (b"\x01\x00\x00\x00\x58\x00\x00\x00", Kind.PICTURE),  # EMF
    (b"\xd7\xcd\xc6\x9a", Kind.PICTURE),  # WMF
    (b"ID3", Kind.MEDIA),
    (b"OggS", Kind.MEDIA),
    (b"\x1a\x45\xdf\xa3", Kind.MEDIA),
    (b"#!AMR", Kind.MEDIA),
    (b"MZ", Kind.PROGRAM),
    (b"\x7fELF", Kind.PROGRAM),
)
# Heads of BIFF2, 3 and 4 streams, which stand in no OLE file ([MS-XLS] 2.4.21, older versions in OpenOffice's notes).
_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")

_HEADER = re.compile(rb"(?:From \S|[!-9;-~]{1,70}[ \t]*:|[ \t]+\S)")
_MAIL_HEADER = re.compile(
    rb"^(?:received|return-path|from|subject|date|to|message-id|mime-version|content-type|delivered-to|reply-to"
    rb"|x-[a-z-]+|dkim-signature|authentication-results|sender|cc)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_BLANK = re.compile(rb"(?:\r\n|\r(?!\n)|\n)[\r\n]")
_TELLING = frozenset((b"from", b"received", b"mime-version", b"message-id", b"return-path", b"subject"))


def sniff(data: bytes, name: str = "") -> Kind:
    """The kind of a file.  `name` only decides whether doubtful text is a mail (`.eml`)."""
    if not data.strip(b"\x00 \r\n\t"):
        return Kind.EMPTY
    if data.startswith((b"PK", b"MZ")) and (packed := _packed(data)) is not None:  # MZ: an archive that unpacks itself
        return packed
    if data.startswith(OLE):
        return _compound(data)
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if b"%PDF-" in data[:1024]:
        return Kind.PDF
    if data[257:262] == b"ustar":
        return Kind.TAR
    if data[:4] == b"RIFF":
        return Kind.PICTURE if data[8:12] == b"WEBP" else Kind.MEDIA
    if data[4:8] == b"ftyp":
        return Kind.PICTURE if data[8:12] in (b"heic", b"heix", b"mif1", b"avif", b"heim", b"msf1") else Kind.MEDIA
    if data[:2] == b"BM" and data[6:10] == bytes(4):
        return Kind.PICTURE
    if data[:4] in _BIFF or data[:2] == b"\x09\x08":
        return Kind.XLS
    return _textual(data, name)


_VOLUME = re.compile(r"\.(?:(?:zip|7z|rar|tar)\.\d{3}|part\d+\.rar|[zr]\d\d)$", re.IGNORECASE)


def is_volume(name: str) -> bool:
    """Whether a file is named as one volume of an archive that was cut: 材料.part1.rar, 材料.7z.002, 材料.z01."""
    return _VOLUME.search(name.rstrip(". ")) is not None


_OFFICE_FIRST = re.compile(rb"\[Content_Types\]\.xml|_rels/|docProps/|xl/")
_OOXML = (
    (b"spreadsheetml.", "xl/", Kind.XLSX),
    (b"wordprocessingml.", "word/", Kind.DOCX),
    (b"presentationml.", "ppt/", Kind.SLIDES),
)


def _packed(data: bytes) -> Kind | None:
    """What a zip file is, from the names and the content types in it; None when it is none at all."""
    tail = data[-65_557:]
    if _OFFICE_FIRST.match(data, 30) and b"xl/workbook.xml" in tail and b"word/document.xml" not in tail:
        return Kind.XLSX  # what nearly every file is, without opening it
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            names = [i.filename.replace("\\", "/").lower().lstrip("/") for i in z.infolist()[:2000]]
            mimetype = _start_of(z, "mimetype", 100)
            types = b"" if mimetype else _start_of(z, "[Content_Types].xml", 200_000)
            locked = bool(mimetype) and b"encryption-data" in _start_of(z, "META-INF/manifest.xml", 200_000)
    except (zipfile.BadZipFile, struct.error, ValueError, OSError, NotImplementedError, IndexError, OverflowError):
        names, mimetype, types, locked = _local_names(data), b"", b"", False
        if not names and not data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00")):
            return None
    for part, kind in (
        (b"opendocument.spreadsheet", Kind.ODS),
        (b"opendocument.text", Kind.ODT),
        (b"opendocument.presentation", Kind.SLIDES),
    ):
        if part in mimetype:
            return Kind.ENCRYPTED if locked else kind
    if b"sheet.binary.macroEnabled.main" in types:
        return Kind.XLSB
    for part, folder, kind in _OOXML:
        # The type of a workbook embedded in a document may stand in its list too: the main part's folder decides.
        own = any(n.startswith(folder) for n in names) or not any(n.startswith(("xl/", "word/", "ppt/")) for n in names)
        if part in types and own:
            return kind
    if "ofd.xml" in names:
        return Kind.OFD
    if "[content_types].xml" in names or any(n.startswith("_rels/.rels") for n in names):
        for folder, kind in (("word/", Kind.DOCX), ("ppt/", Kind.SLIDES), ("visio/", Kind.UNKNOWN)):
            if any(n.startswith(folder) for n in names):
                return kind
        return Kind.XLSX if any(n.startswith("xl/") for n in names) or len(names) < 3 else Kind.UNKNOWN
    if names and all(n.startswith(("xl/", "docprops/", "_rels/", "customxml/")) for n in names):
        return Kind.XLSX
    if names and any(n == "content.xml" for n in names) and "meta-inf/manifest.xml" in names:
        return Kind.ODS
    return Kind.ZIP


def _start_of(z: zipfile.ZipFile, name: str, size: int) -> bytes:
    try:
        info = z.getinfo(name)
        if info.flag_bits & 1:
            return b""
        with z.open(info) as part:
            return part.read(size)
    except Exception:  # a damaged entry, of which zipfile and zlib have many ways to complain
        return b""


def _local_names(data: bytes) -> list[str]:
    """Names from the local headers, for a file whose directory (its end) is missing."""
    names: list[str] = []
    at = data.find(b"PK\x03\x04")
    while at >= 0 and len(names) < 50:
        if at + 30 <= len(data):
            (length,) = struct.unpack_from("<H", data, at + 26)
            names.append(data[at + 30 : at + 30 + length].decode("utf-8", "replace").lower())
        at = data.find(b"PK\x03\x04", at + 4)
    return names


_STREAMS: tuple[tuple[str, Kind], ...] = (
    ("EncryptedPackage", Kind.ENCRYPTED),  # [MS-OFFCRYPTO] 2.3
    ("__properties_version1.0", Kind.OUTLOOK),  # [MS-OXMSG] 2.2.1
    ("WordDocument", Kind.OLD_WORD),
    ("PowerPoint Document", Kind.SLIDES),
    ("Workbook", Kind.XLS),
    ("WORKBOOK", Kind.XLS),
    ("Book", Kind.XLS),
    ("BOOK", Kind.XLS),
    ("CONTENTS", Kind.OLD_WORD),  # MS Works, which also wrote .wps
)


def _compound(data: bytes) -> Kind:
    """OLE files keep their streams' names in UTF-16, 128 bytes an entry; which ones are there tells what wrote it."""
    kinds = list(dict.fromkeys(kind for name, kind in _STREAMS if _entry(data, name)))
    if len(kinds) > 1 and kinds[0] not in (Kind.ENCRYPTED, Kind.OUTLOOK):
        # A document with a workbook embedded, or the reverse: the stream at the root is the file's own.
        import olefile

        try:
            with olefile.OleFileIO(data) as ole:
                return next((kind for name, kind in _STREAMS if ole.exists(name)), kinds[0])
        except Exception:  # damaged in one of many ways; its reader will say so
            return kinds[0]
    return kinds[0] if kinds else Kind.UNKNOWN


def _entry(data: bytes, name: str) -> bool:
    wanted = (name + "\0").encode("utf-16-le")
    at = data.find(wanted)
    while at >= 0:
        if at % 128 == 0:
            return True
        at = data.find(wanted, at + 1)
    return False


def _textual(data: bytes, name: str) -> Kind:
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Kind.TEXT
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith(b"<"):
        if b"urn:schemas-microsoft-com:office:spreadsheet" in data[:65_536]:
            return Kind.SPREADSHEET_XML
        if b"http://schemas.microsoft.com/office/word/2003/wordml" in data[:65_536]:
            return Kind.WORD_XML
        if any(tag in data[:65_536].lower() for tag in (b"<html", b"<table", b"<!doctype html")):
            return Kind.HTML
        if start.startswith(b"<svg") or b"<svg" in start[:1000]:
            return Kind.PICTURE
    if _is_mail(data, name):
        return Kind.MAIL
    control = sum(c < 9 or 13 < c < 32 for c in head)
    if control == 0 or (control < len(head) // 200 and b"\0" not in head):
        return Kind.TEXT
    if _looks_wide(head):
        return Kind.TEXT
    return Kind.UNKNOWN


def _looks_wide(head: bytes) -> bool:
    """UTF-16 without a byte order mark: its line ends and commas stand beside zero bytes."""
    marks = any(w in head for w in (b"\r\0\n\0", b",\0", b"\t\0"))
    return len(head) > 8 and marks and head[0::2].count(0) < len(head) // 100


def _is_mail(data: bytes, name: str) -> bool:
    head = data[:16_384].lstrip(b"\xef\xbb\xbf\r\n")
    end = _BLANK.search(head)
    lines = (head[: end.start()] if end else head).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    block: list[bytes] = []
    for line in lines:
        if not line or not _HEADER.match(line):
            break
        block.append(line)
    known = {m[0].lower().strip(b": \t") for m in _MAIL_HEADER.finditer(b"\n".join(block))}
    if name.lower().endswith((".eml", ".msg", ".mht", ".mhtml")):
        return bool(known) or len(_MAIL_HEADER.findall(head)) >= 2
    return len(known) >= 2 and bool(known & _TELLING)
