"""The notice as a file on disk -> the bytes of a .docx or of a workbook.

The only part of `toolkit.notice` that touches the disk.

What a file is, is told from its content, never from its suffix: a .doc may be a renamed .docx, and the reverse.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from toolkit.errors import NoticeError
from toolkit.language import tr
from toolkit.notice.word import MOST_BYTES
from toolkit.returns.formats.sniff import Kind, sniff
from toolkit.soffice import ConversionError, convert, find_soffice

CONVERT_SECONDS = 120
SAVE_AS = "请用 Word 或 WPS 打开，另存为 .docx 后再试"
_RESEND = "请用 Word 或 WPS 打开看看；打不开就请对方重新发一份"

_WORKBOOKS = (Kind.XLSX, Kind.XLSB, Kind.XLS, Kind.ODS, Kind.SPREADSHEET_XML)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_file(path: Path) -> tuple[bytes, bool]:
    """The notice's bytes, and whether it is a workbook.

    A Word file comes as a .docx: .doc, .wps, .rtf and .odt are converted by LibreOffice in a temporary folder.
    Raises NoticeError for anything that is neither a readable Word file nor a workbook.
    """
    data = _read(path)
    kind = sniff(data, path.name)
    if kind in _WORKBOOKS:
        return data, True
    if kind is Kind.PICTURE:
        raise NoticeError(tr("这是图片，不是 Word 文件"), remedy=tr("请向发文处室要 Word 版（.docx）"))
    return _docx(data, path), False


def _docx(data: bytes, path: Path) -> bytes:
    if data.startswith(b"PK"):
        suffix = _packed(data, path)
    elif data.startswith(_OLE):
        suffix = compound_suffix(data)
    elif data.startswith(b"{\\rtf"):
        suffix = ".rtf"
    elif data.startswith(b"%PDF"):
        raise NoticeError(tr("这是 PDF 文件，不是 Word 文件"), remedy=tr("请向发文处室要 Word 版（.docx）"))
    elif not data:
        raise NoticeError(tr("文件是空的"), remedy=tr("请重新保存或请对方重新发一份"))
    else:
        kind = "里面只是文字" if _is_text(data) else "内容不是 Word 的格式"
        raise NoticeError(tr("这不是 Word 文件（{kind}，只改后缀名没有用）", kind=kind), remedy=SAVE_AS)
    return data if suffix == ".docx" else _convert(data, suffix)


def _read(path: Path) -> bytes:
    if path.name.startswith("~$"):
        raise NoticeError(
            tr("这是 Word 打开文件时留下的临时文件，不是通知本身"),
            remedy=tr("请选“{name}”所在的原文件", name=path.name[2:]),
        )
    try:
        if path.is_dir():
            raise NoticeError(tr("这是文件夹，不是文件"), remedy=tr("请写明通知文件的完整名称，例如 通知.docx"))
        if path.stat().st_size > MOST_BYTES:
            raise NoticeError(tr("文件太大，不像一份通知"), remedy=tr("请检查是不是选错了文件"))
        return path.read_bytes()
    except FileNotFoundError:
        raise NoticeError(tr("找不到这个文件"), remedy=tr("请检查文件名和所在文件夹")) from None
    except PermissionError:
        raise NoticeError(tr("文件打不开，没有权限或正被别的程序占用"), remedy=tr("请关闭 Word/WPS 后再试")) from None
    except (OSError, ValueError) as e:
        raise NoticeError(tr("文件读不出来（{e}）", e=e), remedy=tr("请把文件复制到本机硬盘后再试")) from None


def _packed(data: bytes, path: Path) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = set(package.namelist())
            odt = "mimetype" in names and package.getinfo("mimetype").file_size < 200 and package.read("mimetype")
    except (zipfile.BadZipFile, RuntimeError, OSError, NotImplementedError, EOFError):
        raise NoticeError(tr("文件已损坏，打不开"), remedy=_RESEND) from None
    if odt == b"application/vnd.oasis.opendocument.text":
        return ".odt"
    if any(n.startswith("word/") for n in names):
        return ".docx"
    if any(n.startswith("ppt/") for n in names):
        raise NoticeError(tr("这是演示文稿，不是 Word 文件"), remedy=tr("请选通知的 Word 文件"))
    kind = "压缩包" if path.suffix.lower() != ".docx" else "里面没有 Word 正文"
    raise NoticeError(tr("这不是 Word 文件（{kind}）", kind=kind), remedy=tr("请先解压，再选里面的 Word 文件"))


def compound_suffix(data: bytes) -> str:
    """OLE files hold their streams' names in UTF-16; which ones are there tells what wrote the file."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in data

    if holds("EncryptedPackage"):  # [MS-OFFCRYPTO] 2.3: a .docx under a password
        raise NoticeError(tr("文件有密码"), remedy=tr("请用 Word 或 WPS 打开，去掉密码后另存为 .docx"))
    if not holds("WordDocument"):
        raise NoticeError(tr("这不是 Word 文件（是别的 Office 文件）"), remedy=tr("请选通知的 Word 文件"))
    at = data.find(b"\xec\xa5", 512)  # [MS-DOC] 2.5.2: the FIB opens the stream; fEncrypted is bit 8 at offset 10
    while at != -1 and at % 512:
        at = data.find(b"\xec\xa5", at + 1)
    if at != -1 and data[at + 11 : at + 12] and data[at + 11] & 1:
        raise NoticeError(tr("文件有密码"), remedy=tr("请用 Word 或 WPS 打开，去掉密码后另存为 .docx"))
    return ".doc"


def _is_text(data: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(ord(c) < 32 and c not in "\t\r\n\f" for c in text)
    return False


def _convert(data: bytes, suffix: str) -> bytes:
    program = find_soffice()
    if program is None:
        raise NoticeError(
            tr("这是旧格式的文件（{suffix}），本机没有 LibreOffice，不能自动转换", suffix=suffix), remedy=SAVE_AS
        )
    try:
        return convert(data, suffix, ".docx", program=program, seconds=CONVERT_SECONDS, most=MOST_BYTES, remedy=SAVE_AS)
    except ConversionError as e:
        raise NoticeError(e.what, remedy=e.remedy) from e
