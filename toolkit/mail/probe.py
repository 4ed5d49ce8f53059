"""Tries both servers step by step, for `annex2 doctor`; sends nothing and changes nothing."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from toolkit.errors import Annex2Error
from toolkit.language import tr
from toolkit.mail import connect
from toolkit.mail.explain import FAILURES, Stage, explain
from toolkit.mail.settings import Filing, MailSettings, Security, Server, password_for

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing tried."""

    server: str  # 收件 or 发件
    name: str  # 解析, 连接, 加密, 登录, 身份, 文件夹
    ok: bool
    message: str
    remedy: str = ""


def probe(settings: MailSettings) -> tuple[Step, ...]:
    """What works of receiving and sending; after a step that fails, no further one of that server is tried."""
    steps: list[Step] = []
    for server, run in ((settings.receiving, _imap), (settings.sending, _smtp)):
        if server is None:
            continue
        steps.extend(_until_failure(chain(_reach(settings, server), run(settings, server))))
    return tuple(steps)


def _until_failure(steps: Iterator[Step]) -> Iterator[Step]:
    try:
        yield from steps
    except _Failed as e:
        yield e.step


class _Failed(Exception):
    def __init__(self, step: Step) -> None:
        super().__init__(step.message)
        self.step = step


def _try(
    server: Server, name: str, run: Callable[[], T], secret: str = "", stage: Stage = Stage.TALKING
) -> T:
    try:
        return run()
    except (*FAILURES, Annex2Error) as e:
        told = e if isinstance(e, Annex2Error) else explain(e, server, secret, stage)
        raise _Failed(Step(server.kind, name, ok=False, message=told.what, remedy=told.remedy)) from None


def _reach(settings: MailSettings, server: Server) -> Iterator[Step]:
    found = _try(
        server,
        tr("解析"),
        lambda: socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM),
        stage=Stage.OUTSIDE,
    )
    addresses = tuple(dict.fromkeys(str(f[4][0]) for f in found))
    yield Step(
        server.kind,
        tr("解析"),
        ok=True,
        message=tr("{host} 的地址是 {addresses}", host=server.host, addresses=addresses),
    )
    _try(server, tr("连接"), lambda: connect.reach(server, settings), stage=Stage.OUTSIDE)
    yield Step(server.kind, tr("连接"), ok=True, message=tr("端口 {port} 连得上", port=server.port))


def _encrypted(server: Server) -> Step:
    if server.security is Security.NONE:
        remedy = tr("只能在内网这样用；互联网邮箱请把“{kind}加密”改为 SSL", kind=server.kind)
        return Step(server.kind, tr("加密"), ok=True, message=tr("没有加密，密码会在网络上明文传送"), remedy=remedy)
    return Step(server.kind, tr("加密"), ok=True, message=tr("{security} 加密，证书可信", security=server.security))


def _imap(settings: MailSettings, server: Server) -> Iterator[Step]:
    box = _try(server, tr("加密"), lambda: connect.connect_imap(settings), stage=Stage.CONNECTED)
    try:
        yield _encrypted(server)
        password = _try(server, tr("登录"), lambda: password_for(server.account))
        _try(server, tr("登录"), lambda: connect.login_imap(box, server, password), password)
        yield Step(server.kind, tr("登录"), ok=True, message=tr("{account} 登录成功", account=server.account))
        identified = _try(server, tr("身份"), lambda: connect.identify(box))
        said = tr("已向服务器表明身份（ID）") if identified else tr("服务器不要求表明身份（ID）")
        yield Step(server.kind, tr("身份"), ok=True, message=said)
        _try(server, tr("文件夹"), lambda: box.folder.set(settings.folder, readonly=True))
        count = _try(server, tr("文件夹"), lambda: box.folder.status(settings.folder, ["MESSAGES"]))
        how = tr("，收完的邮件会移动") if settings.filing is Filing.MOVE else ""
        message = tr(
            "“{folder}”打得开，里面有 {count} 封邮件{how}",
            folder=settings.folder,
            count=count.get("MESSAGES", 0),
            how=how,
        )
        yield Step(server.kind, tr("文件夹"), ok=True, message=message)
    finally:
        connect.close_imap(box)


def _smtp(settings: MailSettings, server: Server) -> Iterator[Step]:
    smtp = _try(server, tr("加密"), lambda: connect.connect_smtp(settings), stage=Stage.CONNECTED)
    try:
        yield _encrypted(server)
        if not server.login:
            yield Step(server.kind, tr("登录"), ok=True, message=tr("按设置，发信不登录"))
            return
        password = _try(server, tr("登录"), lambda: password_for(server.account))
        _try(server, tr("登录"), lambda: connect.login_smtp(smtp, server, password), password)
        yield Step(server.kind, tr("登录"), ok=True, message=tr("{account} 登录成功", account=server.account))
    finally:
        smtp.close()
