"""设置 -> MailSettings; passwords come from elsewhere and show up nowhere."""

from __future__ import annotations

import keyring
import keyring.backend
import pytest
from keyring.errors import NoKeyringError

from toolkit.language import CHINESE, ENGLISH, choose, said
from toolkit.mail import settings as module
from toolkit.mail.errors import MailError
from toolkit.mail.settings import PASSWORD_VARIABLE, SETTINGS, Filing, Security, mail_settings, password_for

FULL = {
    "单位": "市民政局",
    "年度": "2023",
    "邮箱地址": "bgs@mz.example",
    "收件服务器": "imap.mz.example",
    "发件服务器": "smtp.mz.example",
}


def test_what_is_not_there_has_its_default() -> None:
    s = mail_settings(FULL)
    assert s.receiving
    assert s.sending
    assert (s.receiving.host, s.receiving.port, s.receiving.security) == ("imap.mz.example", 993, Security.SSL)
    assert (s.sending.port, s.sending.account, s.sending.login) == (465, "bgs@mz.example", True)
    assert (s.name, s.folder, s.filing, s.answers) == ("市民政局", "INBOX", Filing.FLAG, False)
    assert s.since is not None
    assert s.since.isoformat() == "2023-01-01"
    # a new master's own rows say the same
    assert mail_settings({**{item: str(default) for item, default, _ in SETTINGS}, **FULL}) == s


def test_nothing_set_means_no_mail() -> None:
    s = mail_settings({"单位": "市民政局"})
    assert (s.receiving, s.sending, s.answers) == (None, None, False)


def test_as_people_and_excel_write_it() -> None:
    s = mail_settings(
        FULL
        | {"邮箱地址": "办公室 <bgs@mz.example>", "收件端口": "143.0", "收件加密": "starttls", "发件加密": "不加密"}
        | {"收件归档": "移动", "自动回复": "是", "发件登录": "否", "收件起始日期": "2023-02-01 00:00:00"}
    )
    assert s.receiving
    assert s.sending
    assert (s.address, s.receiving.port, s.receiving.security) == ("bgs@mz.example", 143, Security.STARTTLS)
    assert (s.sending.port, s.sending.security, s.sending.login) == (25, Security.NONE, False)
    assert (s.filing, s.answers, str(s.since)) == (Filing.MOVE, True, "2023-02-01")
    # full width, as an input method types it
    wide = mail_settings(FULL | {"邮箱地址": "ｂｇｓ＠ｍｚ．ｅｘａｍｐｌｅ", "收件端口": "９９３"})
    assert wide.address == "bgs@mz.example"


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("邮箱地址", "bgs"),
        ("邮箱地址", "a@b.cn, c@d.cn"),
        ("邮箱地址", "a@b.cn\nBcc: x@y.cn"),
        ("收件端口", "99999"),
        ("收件端口", "九九三"),
        ("收件加密", "TLS1"),
        ("收件服务器", "imap.163.com:993"),
        ("发件服务器", "https://smtp.163.com"),
        ("收件归档", "删除"),
        ("自动回复", "也许"),
        ("收件起始日期", "去年"),
        ("收件起始日期", "2023-02-30"),
    ],
)
def test_what_cannot_be_understood_names_its_cell(item: str, value: str) -> None:
    with pytest.raises(MailError) as e:
        mail_settings(FULL | {item: value})
    assert e.value.where == f"设置!{item}"
    assert e.value.remedy


def test_a_server_without_an_address() -> None:
    with pytest.raises(MailError, match="邮箱地址"):
        mail_settings(FULL | {"邮箱地址": ""})


class _Keyring(keyring.backend.KeyringBackend):
    priority = 1

    def __init__(self, found: str | None) -> None:
        super().__init__()
        self._found = found

    def get_password(self, service: str, username: str) -> str | None:
        assert (service, username) == ("annex2", "bgs@mz.example")
        if self._found == "none here":
            raise NoKeyringError
        return self._found

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


def test_the_password_is_the_environments_or_the_keyrings(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keyring.get_keyring()
    try:
        keyring.set_keyring(_Keyring("from the keyring"))
        monkeypatch.setenv(PASSWORD_VARIABLE, "from outside")
        assert password_for("bgs@mz.example") == "from outside"
        monkeypatch.delenv(PASSWORD_VARIABLE)
        assert password_for("bgs@mz.example") == "from the keyring"
        for found in (None, "none here"):
            keyring.set_keyring(_Keyring(found))
            with pytest.raises(MailError, match="授权码") as e:
                password_for("bgs@mz.example")
            assert PASSWORD_VARIABLE in e.value.remedy
            choose(ENGLISH)
            assert said(e.value.what).isascii()
            choose(CHINESE)
    finally:
        choose(CHINESE)
        keyring.set_keyring(before)


def test_settings_have_no_place_for_a_password() -> None:
    assert not any("密码" in item or "授权码" in item for item, _, _ in SETTINGS)
    assert "password" not in str(mail_settings(FULL)).lower()
    assert module.KEYRING_SERVICE == "annex2"
