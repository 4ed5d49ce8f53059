"""What goes wrong with a mail server, in words that say what to do."""

from __future__ import annotations

import imaplib
import re
import smtplib
import socket
import ssl
from enum import Enum

from imap_tools.errors import (
    MailboxFolderSelectError,
    MailboxLoginError,
    MailboxStarttlsError,
    UnexpectedCommandStatusError,
)

from toolkit.language import tr
from toolkit.mail.errors import MailError
from toolkit.mail.settings import Security, Server

FAILURES = (imaplib.IMAP4.error, UnexpectedCommandStatusError, smtplib.SMTPException, OSError)
"""All that talking to a mail server can raise; `imaplib.IMAP4.abort` is among them."""

CUT = (imaplib.IMAP4.abort, smtplib.SMTPServerDisconnected, ConnectionError, ssl.SSLEOFError, TimeoutError)
"""The connection is gone, whatever the server may think."""

AGAIN = tr("检查网络后再运行一次，已经做完的不会重复")
_CODE = tr(
    "多数邮箱（163、QQ、企业邮箱）要用“授权码”而不是登录密码：在网页邮箱的设置里开启 {protocol} 服务、生成授权码"
)
_CERTIFICATES = {
    10: (tr("证书已过期"), tr("核对本机的日期；日期没错就请邮件服务器的管理员更换证书")),
    62: (tr("证书不是发给这个服务器名的"), tr("“{kind}服务器”要写证书上的名称，不要写 IP 地址")),
}
_UNKNOWN_CA = (
    tr("证书不是本机信任的机构签发的"),
    tr("内网邮件服务器：向管理员要根证书（.pem），在“设置”的“邮件根证书”里写上它的路径；互联网邮箱：可能有设备在中间解密，请问网管"),
)


def said(error: BaseException, secret: str = "") -> str:
    """What the server said, on one line, without `secret`."""
    parts: list[object]
    if isinstance(error, UnexpectedCommandStatusError):
        parts = list(error.command_result[1] or ()) if len(error.command_result) > 1 else []
    elif isinstance(error, smtplib.SMTPResponseException):
        parts = [error.smtp_code, error.smtp_error]
    elif isinstance(error, TimeoutError):
        parts = ["timed out"]
    elif isinstance(error, OSError) and error.strerror and not isinstance(error, ssl.SSLError):
        parts = [error.strerror]
    else:
        parts = [error]
    text = " ".join(as_words(p) for p in parts)
    if secret:
        text = text.replace(secret, "…")
    return text[:200]


def as_words(answer: object) -> str:
    """A server's answer as text; some Chinese servers speak GBK."""
    text = str(answer)
    if isinstance(answer, bytes):
        try:
            text = answer.decode("utf-8")
        except UnicodeDecodeError:
            text = answer.decode("gb18030", "replace")
    return re.sub(r"[\x00-\x1f\x7f\s]+", " ", text).strip()


class Stage(Enum):
    """How far a connection had come when it failed: what silence means depends on that."""

    OUTSIDE = "not connected"
    CONNECTED = "not one word from the server yet"
    TALKING = "logged in"


def silent(error: BaseException) -> bool:
    """Whether nothing came from the other side."""
    return "timed out" in said(error) or (isinstance(error, OSError) and error.errno in _UNREACHABLE)


def explain(error: BaseException, server: Server, secret: str = "", stage: Stage = Stage.TALKING) -> MailError:
    """A failure as a sentence with a remedy.  A MailError is given back as it is."""
    if isinstance(error, MailError):
        return error
    what, remedy = _sentence(error, server, said(error, secret), stage)
    return MailError(
        what,
        where=tr("{server} {host}:{port}", server=server.called, host=server.host, port=server.port),
        remedy=remedy,
    )


def _sentence(error: BaseException, server: Server, text: str, stage: Stage) -> tuple[str, str]:
    kind, protocol = server.kind, server.protocol
    if isinstance(error, socket.gaierror):
        return tr("找不到这个服务器"), tr(
            "核对“{kind}服务器”的写法（如 {example}）；写法没错就检查本机能否上网", kind=kind, example=server.example
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        what, remedy = _CERTIFICATES.get(error.verify_code, _UNKNOWN_CA)
        return tr(
            "服务器的{what}（{verify_message}）", what=what, verify_message=error.verify_message
        ), remedy.with_values({"kind": kind})
    if isinstance(error, ConnectionRefusedError):
        return tr("服务器没有开放这个端口"), tr(
            "核对“{kind}端口”和“{kind}加密”：{ports}", kind=kind, ports=server.ports
        )
    if stage is Stage.CONNECTED and silent(error):
        return tr("连上了，等不到回应"), tr(
            "“{kind}加密”可能与端口不配：{ports}；没有配错，可能是防火墙拦住了，请网管放行 {port} 端口",
            kind=kind,
            ports=server.ports,
            port=server.port,
        )
    if stage is Stage.OUTSIDE and silent(error):
        return tr("连不上，等不到回应"), tr(
            "可能被防火墙拦住：请网管放行 {port} 端口，或换一个端口（{ports}）", port=server.port, ports=server.ports
        )
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return tr("加密没有谈成（{text}）", text=text), tr(
            "“{kind}加密”可能与端口不配：{ports}", kind=kind, ports=server.ports
        )
    if isinstance(error, smtplib.SMTPAuthenticationError | MailboxLoginError):
        return tr("账号 {account} 登录被拒绝（{text}）", account=server.account, text=text), (
            tr("核对“邮箱账号”和密码；{code}", code=_CODE.with_values({"protocol": protocol}))
        )
    if isinstance(error, MailboxStarttlsError) or (
        isinstance(error, smtplib.SMTPNotSupportedError) and "STARTTLS" in text
    ):
        return tr("服务器不支持 STARTTLS 加密"), tr(
            "把“{kind}加密”改为 {ssl}，端口相应改（{ports}）", kind=kind, ssl=Security.SSL, ports=server.ports
        )
    if isinstance(error, smtplib.SMTPNotSupportedError | smtplib.SMTPException) and "AUTH" in text.upper():
        return tr("服务器不接受登录（{text}）", text=text), tr(
            "核对“{kind}加密”；不用登录就能发信的内网服务器，把“发件登录”改为“否”", kind=kind
        )
    if isinstance(error, MailboxFolderSelectError):
        if "unsafe login" in text.lower():
            return tr("服务器以“不安全的登录”为由不让打开邮箱"), tr(
                "{code}；仍不行请问客服", code=_CODE.with_values({"protocol": protocol})
            )
        return tr("打不开邮箱文件夹（{text}）", text=text), tr("核对“收件文件夹”的写法，一般是 INBOX")
    if isinstance(error, CUT) or not text:
        return tr("连接中断（{text}）", text=text or tr("没有说明")), AGAIN
    return tr("服务器拒绝了这一步（{text}）", text=text), tr(
        "{again}；仍然这样就把括号里的话告诉邮箱客服或网管", again=AGAIN
    )


_UNREACHABLE = (101, 110, 113, 10051, 10060, 10065)  # ENETUNREACH, ETIMEDOUT, EHOSTUNREACH, and Winsock's
