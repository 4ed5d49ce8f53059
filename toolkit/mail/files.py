"""The mail's own files: templates in, drafts out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from toolkit.errors import TemplateError
from toolkit.forms import each_its_own, safe_file_name
from toolkit.language import tr
from toolkit.mail.compose import TEMPLATES, Outgoing
from toolkit.mail.message import to_message
from toolkit.mail.settings import MailSettings
from toolkit.workspace import shipped, write_durably


def read_texts(templates: Path) -> dict[str, str]:
    """The mail templates of a workspace's templates folder; what is not there is taken as shipped.

    Raises TemplateError for a file that is no text.
    """
    texts = {}
    for name in TEMPLATES:
        relative = f"mail/{name}.j2"
        path = templates / relative
        if not path.is_file():
            path = shipped(f"templates/{relative}")
        try:
            data = path.read_bytes()
        except OSError as e:
            raise TemplateError(
                tr("读不到邮件模板（{strerror}）", strerror=e.strerror or e),
                where=str(path),
                remedy=tr("关闭打开它的程序，或检查权限后再试"),
            ) from None
        texts[name] = _decoded(data, path)
    return texts


def write_drafts(mails: Iterable[Outgoing], settings: MailSettings, folder: Path, now: datetime) -> tuple[Path, ...]:
    """Each mail as an .eml that Outlook and Foxmail open ready to be sent; all are made before the first is written."""
    mails = tuple(mails)
    made = [to_message(mail, settings, now, draft=True) for mail in mails]
    names = each_its_own(safe_file_name(mail.division or mail.to[0]) for mail in mails)
    paths = tuple(folder / f"{name}.eml" for name in names)
    for path, data in zip(paths, made, strict=True):
        write_durably(path, data)
    return paths


def _decoded(data: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):  # 记事本 of older Windows saves as ANSI, which is GBK there
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TemplateError(
        tr("邮件模板不是文本文件"), where=str(path), remedy=tr("用记事本另存为 UTF-8，或复制随程序提供的模板")
    )
