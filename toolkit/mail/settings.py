"""The mail settings of an office: 设置 -> values, parsed once.  Passwords are not among them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from toolkit.language import Text, listed, tr
from toolkit.mail.errors import MailError

PASSWORD_VARIABLE = "ANNEX2_MAIL_PASSWORD"
KEYRING_SERVICE = "annex2"

E = TypeVar("E", bound=StrEnum)


class Security(StrEnum):
    SSL = "SSL"
    STARTTLS = "STARTTLS"
    NONE = "不加密"


class Filing(StrEnum):
    """收件归档: what happens in the mailbox to a mail that was taken in."""

    FLAG = "标记"  # read, or, where a person is needed, flagged
    MOVE = "移动"
    LEAVE = "不动"


SETTINGS: tuple[tuple[str, str, str], ...] = (
    ("邮箱地址", "", "收发表格用的邮箱，如 mzjbgs@163.com；空着就不用邮件"),
    ("发件人名称", "", "处室看到的发件人；空着就用单位名称"),
    ("邮箱账号", "", "登录名；与邮箱地址相同就空着。密码（授权码）不写在这里，见“说明”"),
    ("收件服务器", "", "IMAP 服务器，如 imap.163.com；空着就不收邮件"),
    ("收件端口", "", "空着就按加密方式：SSL 993，STARTTLS 143"),
    ("收件加密", Security.SSL, "SSL、STARTTLS 或 不加密（只在内网用）"),
    ("收件文件夹", "INBOX", "从哪个文件夹收，一般是 INBOX（收件箱）"),
    ("收件起始日期", "", "只收这一天以后到的邮件；空着就从年度的1月1日起"),
    ("收件归档", Filing.FLAG, "收完的邮件：标记（收下的标为已读，要人处理的加红旗）、移动（到下面两个文件夹）或 不动"),
    ("已处理文件夹", "已处理", "收件归档为“移动”时，收下的邮件放这里，没有就新建"),
    ("待处理文件夹", "待处理", "收件归档为“移动”时，要人处理的邮件放这里，没有就新建"),
    ("发件服务器", "", "SMTP 服务器，如 smtp.163.com；空着就不发邮件（可以用 --drafts 出草稿）"),
    ("发件端口", "", "空着就按加密方式：SSL 465，STARTTLS 587，不加密 25"),
    ("发件加密", Security.SSL, "SSL、STARTTLS 或 不加密（只在内网用）"),
    ("发件登录", "是", "发信是否要登录；内网不用登录的服务器写 否"),
    ("自动回复", "否", "写 是：收到报送就自动回执，有要改的就自动退回并附上表格"),
    ("邮件根证书", "", "内网邮件服务器的根证书文件（.pem）；互联网邮箱空着"),
)
"""(项目, default, 说明) of every mail setting, for a new master."""

_DEFAULTS = {item: default for item, default, _ in SETTINGS}
_PORTS = {
    "收件": {Security.SSL: 993, Security.STARTTLS: 143, Security.NONE: 143},
    "发件": {Security.SSL: 465, Security.STARTTLS: 587, Security.NONE: 25},
}
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_IN_CELL = re.compile(r"[^;,、/<>@\n]*<[^<>]*>|[^;,、/\s]+")
_YES, _NO = ("是", "开", "yes", "true", "1", "on"), ("", "否", "关", "no", "false", "0", "off")


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two servers."""

    kind: str  # 收件 or 发件
    host: str
    port: int
    security: Security
    account: str
    login: bool = True

    @property
    def protocol(self) -> str:
        return "IMAP" if self.kind == "收件" else "SMTP"

    @property
    def example(self) -> str:
        return f"{self.protocol.lower()}.163.com"

    @property
    def called(self) -> Text:
        return tr("收件服务器") if self.kind == "收件" else tr("发件服务器")

    @property
    def ports(self) -> str:
        """What port goes with what encryption, as said to people."""
        usual = ((s.value, p) for s, p in _PORTS[self.kind].items() if s is not Security.NONE)
        return listed("，", [tr("{security} 一般是 {port}", security=s, port=p) for s, p in usual])


@dataclass(frozen=True, slots=True)
class MailSettings:
    address: str = ""  # the office's own
    name: str = ""  # 发件人名称
    receiving: Server | None = None  # None: mail is not fetched
    sending: Server | None = None  # None: mail is not sent
    folder: str = "INBOX"
    filing: Filing = Filing.FLAG
    accepted_folder: str = "已处理"
    waiting_folder: str = "待处理"
    since: date | None = None  # older mails are not looked at
    answers: bool = False
    root_certificate: str = ""  # path of a PEM file
    timeout: float = 30  # seconds

    @property
    def own(self) -> frozenset[str]:
        """The office's own addresses, lower case."""
        accounts = (s.account for s in (self.receiving, self.sending) if s)
        return frozenset(a.lower() for a in (self.address, *accounts) if "@" in a)


def mail_settings(settings: Mapping[str, str]) -> MailSettings:
    """设置 (`Office.settings`) -> MailSettings; what is not there has its default.

    Raises MailError naming the setting that cannot be understood.
    """

    def value(item: str) -> str:
        return unicodedata.normalize("NFKC", settings.get(item, "")).strip() or _DEFAULTS[item]

    def folder(item: str) -> str:
        """As it is written: on the server 报送（2023） is another folder than 报送(2023)."""
        return settings.get(item, "").strip() or _DEFAULTS[item]

    address = one_address(value("邮箱地址"), "设置!邮箱地址") if value("邮箱地址") else ""
    account = value("邮箱账号") or address
    receiving = _server("收件", value, account, login=True)
    sending = _server("发件", value, account, login=_yes(value, "发件登录"))
    if (receiving or sending) and not address:
        raise MailError(
            tr("写了邮件服务器，没有写邮箱地址"), where=tr("设置!邮箱地址"), remedy=tr("填上收发表格用的邮箱")
        )
    return MailSettings(
        address=address,
        name=one_line(settings.get("发件人名称", "") or settings.get("单位", "")),
        receiving=receiving,
        sending=sending,
        folder=folder("收件文件夹"),
        filing=_choice(Filing, value, "收件归档"),
        accepted_folder=folder("已处理文件夹"),
        waiting_folder=folder("待处理文件夹"),
        since=_since(value("收件起始日期"), settings.get("年度", "")),
        answers=_yes(value, "自动回复"),
        root_certificate=settings.get("邮件根证书", "").strip(),
    )


def one_line(text: str) -> str:
    """Text as it may stand in a header: no line breaks or other control characters."""
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text).split())


def in_cell(text: str) -> tuple[str, ...]:
    """The addresses in one cell of 处室, as they are written there: parted by 、 , ; / or white space, each perhaps
    with a name before it (张三 <a@b.cn>)."""
    return tuple(piece.strip() for piece in _IN_CELL.findall(unicodedata.normalize("NFKC", text)))


def addresses_among(pieces: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the addresses, what is none) of what cells say."""
    found = {piece: _address(piece) for piece in pieces}
    return tuple(dict.fromkeys(a for a in found.values() if a)), tuple(p for p, a in found.items() if not a)


def _address(text: str) -> str:
    """The mail address of `a@b.cn` or `张三 <a@b.cn>`; "" for anything else."""
    folded = unicodedata.normalize("NFKC", text).strip()
    m = re.fullmatch(r"[^<>\r\n]*<\s*([^<>\s]+)\s*>", folded)
    address = m[1] if m else folded
    return address if _ADDRESS.fullmatch(address) and ".." not in address else ""


def one_address(text: str, where: str) -> str:
    """A mail address, `张三 <a@b.cn>` included.  Raises MailError naming `where` for anything else."""
    if not (address := _address(text)):
        raise MailError(
            tr("“{text}”不是邮箱地址", text=one_line(text)),
            where=where,
            remedy=tr("改成 zhangsan@example.cn 这样的地址"),
        )
    return address


def password_for(account: str) -> str:
    """The password (授权码) of an account: from the environment, or the system's keyring.  Raises MailError."""
    if given := os.environ.get(PASSWORD_VARIABLE, "").strip():
        return given
    import keyring
    import keyring.errors

    what = tr("不知道邮箱 {account} 的密码（授权码）", account=account)
    try:
        if stored := keyring.get_password(KEYRING_SERVICE, account):
            return stored
    except keyring.errors.KeyringError:  # a server without one
        what = tr("不知道邮箱 {account} 的密码（授权码），本机也没有可用的密码保管库", account=account)
    raise MailError(
        what,
        where=tr("邮件"),
        remedy=tr(
            "运行 keyring set {keyring_service} {account} 存入系统的密码保管库，或设环境变量 {password_variable}",
            keyring_service=KEYRING_SERVICE,
            account=account,
            password_variable=PASSWORD_VARIABLE,
        ),
    )


def _server(kind: str, value: Callable[[str], str], account: str, *, login: bool) -> Server | None:
    host = value(f"{kind}服务器")
    if not host:
        return None
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host) or host.count(":") == 1:
        raise MailError(
            tr("“{host}”不是服务器名", host=host),
            where=tr("设置!{kind}服务器", kind=kind),
            remedy=tr("只写名称，如 imap.163.com；端口写在下一项"),
        )
    security = _choice(Security, value, f"{kind}加密")
    text = value(f"{kind}端口").removesuffix(".0")
    if text and not (text.isdecimal() and 0 < int(text) < 65536):
        raise MailError(
            tr("端口“{text}”不是 1 到 65535 的数", text=text),
            where=tr("设置!{kind}端口", kind=kind),
            remedy=tr("改正，或空着用常用端口"),
        )
    return Server(kind, host, int(text) if text else _PORTS[kind][security], security, account, login)


def _choice(kind: type[E], value: Callable[[str], str], item: str) -> E:
    text = value(item)
    for member in kind:
        if text.upper() == member.value.upper():
            return member
    raise MailError(
        tr("“{text}”不认识", text=text),
        where=tr("设置!{item}", item=item),
        remedy=tr("可以写：{listed}", listed=tr("、").join(kind)),
    )


def _yes(value: Callable[[str], str], item: str) -> bool:
    text = value(item).lower()
    if text in (*_YES, *_NO):
        return text in _YES
    raise MailError(tr("“{text}”不认识", text=text), where=tr("设置!{item}", item=item), remedy=tr("写 是 或 否"))


def _since(text: str, year: str) -> date | None:
    if not text:
        m = re.match(r"\s*(\d{4})", unicodedata.normalize("NFKC", year))
        return date(int(m[1]), 1, 1) if m else None
    try:
        year, month, day = re.findall(r"\d+", text)[:3]
        return date(int(year), int(month), int(day))
    except ValueError:
        raise MailError(
            tr("“{text}”不是日期", text=text), where=tr("设置!收件起始日期"), remedy=tr("写成 2023-01-01 这样，或空着")
        ) from None
