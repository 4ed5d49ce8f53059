"""Opens the two servers: encrypted, certificate checked, logged in, and (IMAP) identified."""

from __future__ import annotations

import base64
import imaplib
import smtplib
import socket
import ssl
from contextlib import suppress
from pathlib import Path

from imap_tools.errors import MailboxLoginError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from toolkit import __version__
from toolkit.language import tr
from toolkit.mail.errors import MailError
from toolkit.mail.explain import FAILURES, Stage, explain, silent
from toolkit.mail.settings import MailSettings, Security, Server, password_for

_HELLO = "annex2.local"
"""What we call ourselves; by default smtplib looks the computer's name up in DNS, which may take half a minute."""


def open_imap(settings: MailSettings) -> BaseMailBox:
    """The mailbox, logged in, nothing selected.  Raises MailError."""
    server = receiving(settings)
    password = password_for(server.account)
    box = None
    try:
        box = connect_imap(settings)
        login_imap(box, server, password)
        identify(box)
    except FAILURES as e:
        close_imap(box)
        raise explain(e, server, password, _stage(e, server, settings)) from None
    return box


def open_smtp(settings: MailSettings) -> smtplib.SMTP:
    """The sending server, logged in where it asks for it.  Raises MailError."""
    server = sending(settings)
    password = password_for(server.account) if server.login else ""
    smtp = None
    try:
        smtp = connect_smtp(settings)
        login_smtp(smtp, server, password)
    except FAILURES as e:
        if smtp is not None:
            smtp.close()
        raise explain(e, server, password, _stage(e, server, settings)) from None
    return smtp


def _stage(error: BaseException, server: Server, settings: MailSettings) -> Stage:
    """How far a connection came that could not be opened.  The libraries do not tell, so that it is tried."""
    if silent(error):
        with suppress(OSError):
            reach(server, settings)
            return Stage.CONNECTED
    return Stage.OUTSIDE


def reach(server: Server, settings: MailSettings) -> None:
    """Connects and says nothing.  Raises OSError."""
    socket.create_connection((server.host, server.port), min(settings.timeout, 10)).close()


def receiving(settings: MailSettings) -> Server:
    if settings.receiving is None:
        raise MailError(
            tr("没有填写收件服务器"), where=tr("设置!收件服务器"), remedy=tr("填上 IMAP 服务器，如 imap.163.com")
        )
    return settings.receiving


def sending(settings: MailSettings) -> Server:
    if settings.sending is None:
        raise MailError(
            tr("没有填写发件服务器"),
            where=tr("设置!发件服务器"),
            remedy=tr("填上 SMTP 服务器，如 smtp.163.com；或用 --drafts 出草稿"),
        )
    return settings.sending


# step by step, for `probe`; these raise what the libraries raise


def connect_imap(settings: MailSettings) -> BaseMailBox:
    """Connected and encrypted."""
    s, timeout = receiving(settings), settings.timeout
    if s.security is Security.SSL:
        return MailBox(s.host, s.port, timeout=timeout, ssl_context=context(settings))
    if s.security is Security.STARTTLS:
        return MailBoxStartTls(s.host, s.port, timeout=timeout, ssl_context=context(settings))
    return MailBoxUnencrypted(s.host, s.port, timeout=timeout)


def login_imap(box: BaseMailBox, server: Server, password: str) -> None:
    if server.account.isascii() and password.isascii():
        box.login(server.account, password, initial_folder=None)
    else:
        try:
            box.login_utf8(server.account, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as e:
            raise MailboxLoginError(("NO", [str(e).encode()]), "OK") from None
    # imaplib asks for them once, before the login; Dovecot for one names MOVE only after it.
    kind, answer = box.client.capability()
    if kind == "OK" and answer and answer[-1]:
        box.client.capabilities = tuple(answer[-1].decode("ascii", "replace").upper().split())


def identify(box: BaseMailBox) -> bool:
    """Says who we are (RFC 2971) where the server offers it: NetEase refuses SELECT without ("Unsafe Login")."""
    if "ID" not in box.client.capabilities:
        return False
    try:
        kind, _ = box.client.xatom("ID", f'("name" "annex2" "version" "{__version__}" "vendor" "annex2")')
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:  # BAD: it offers what it does not understand; SELECT will tell whether that matters
        return False
    return bool(kind == "OK")


def connect_smtp(settings: MailSettings) -> smtplib.SMTP:
    """Connected, greeted and encrypted."""
    s, timeout = sending(settings), settings.timeout
    if s.security is Security.SSL:
        secure = context(settings)
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(s.host, s.port, _HELLO, timeout=timeout, context=secure)
    else:
        smtp = smtplib.SMTP(s.host, s.port, _HELLO, timeout=timeout)
    try:
        if s.security is Security.STARTTLS:
            smtp.starttls(context=context(settings))
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def login_smtp(smtp: smtplib.SMTP, server: Server, password: str) -> None:
    if not server.login:
        return
    if server.account.isascii() and password.isascii():
        smtp.login(server.account, password)
        return
    # smtplib knows only ASCII (RFC 4616 has UTF-8).
    words = base64.b64encode(f"\0{server.account}\0{password}".encode()).decode()
    code, answer = smtp.docmd("AUTH", f"PLAIN {words}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, answer)


def context(settings: MailSettings) -> ssl.SSLContext:
    """Certificates are always checked, against 邮件根证书 too where one is given.  Raises MailError."""
    made = ssl.create_default_context()
    if settings.root_certificate:
        try:
            made.load_verify_locations(Path(settings.root_certificate))
        except (OSError, ssl.SSLError) as e:
            raise MailError(
                tr("读不了根证书文件（{e}）", e=e),
                where=tr("设置!邮件根证书 {root_certificate}", root_certificate=settings.root_certificate),
                remedy=tr("核对路径；文件要是 PEM 格式的证书（用记事本打开能看到 BEGIN CERTIFICATE）"),
            ) from None
    return made


def close_imap(box: BaseMailBox | None) -> None:
    """Says goodbye where somebody still listens."""
    if box is not None:
        try:
            box.client.logout()
        except FAILURES:
            box.client.shutdown()
