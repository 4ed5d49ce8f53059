"""`annex2 doctor` for mail: each step, and what to do where one fails."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from mail.servers import HOST, Certificates, MailWorld, free_port
from toolkit.mail.connect import open_smtp
from toolkit.mail.errors import MailError
from toolkit.mail.probe import Step, probe
from toolkit.mail.settings import PASSWORD_VARIABLE, Filing, MailSettings, Security, Server


def only(settings: MailSettings, kind: str, **changes: object) -> MailSettings:
    """One of the servers, changed."""
    if kind == "收件":
        assert settings.receiving
        return replace(settings, receiving=replace(settings.receiving, **changes), sending=None)  # type: ignore[arg-type]
    assert settings.sending
    return replace(settings, sending=replace(settings.sending, **changes), receiving=None)  # type: ignore[arg-type]


def failed(steps: tuple[Step, ...]) -> Step:
    assert [s.ok for s in steps] == [True] * (len(steps) - 1) + [False], steps
    assert steps[-1].remedy
    return steps[-1]


@pytest.mark.parametrize("security", list(Security))
def test_all_well(world: MailWorld, user: str, security: Security) -> None:
    steps = probe(world.settings(user, security, filing=Filing.MOVE))
    assert all(s.ok for s in steps)
    assert [s.name for s in steps] == ["解析", "连接", "加密", "登录", "身份", "文件夹", "解析", "连接", "加密", "登录"]
    assert ("明文" in steps[2].message) is (security is Security.NONE)
    assert "表明身份（ID）" in steps[4].message
    assert "0 封" in steps[5].message
    assert probe(MailSettings()) == ()


@pytest.mark.parametrize("kind", ["收件", "发件"])
def test_what_is_wrong_is_told_at_its_step(
    world: MailWorld, user: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = world.settings(user)
    step = failed(probe(only(right, kind, host="no-such-host.invalid")))
    assert (step.name, step.server) == ("解析", kind)
    assert f"{kind}服务器" in step.remedy
    step = failed(probe(only(right, kind, port=free_port())))
    assert step.name == "连接"
    assert f"{kind}端口" in step.remedy
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrongSecret")
    steps = probe(only(right, kind))
    step = failed(steps)
    assert step.name == "登录"
    assert "授权码" in step.remedy
    assert "wrongSecret" not in repr(steps)


def test_no_password(world: MailWorld, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    step = failed(probe(only(world.settings(user), "收件")))
    assert step.name == "登录"
    assert "keyring set" in step.remedy


def test_the_wrong_kind_of_encryption(world: MailWorld, user: str) -> None:
    plain_port = world.dovecot.imap
    step = failed(probe(only(world.settings(user), "收件", port=plain_port)))  # SSL on a port of the other kind
    assert step.name == "加密"
    assert "收件加密" in step.remedy
    step = failed(probe(only(world.settings(user), "发件", port=world.post.plain.port)))
    assert "发件加密" in step.remedy
    for security in (Security.STARTTLS, Security.NONE):  # on a port of SSL: each side waits for the other to begin
        short = replace(world.settings(user, security), timeout=0.5)
        for kind, port in (("收件", world.dovecot.imaps), ("发件", world.post.ssl.port)):
            step = failed(probe(only(short, kind, port=port)))
            assert step.message == "连上了，等不到回应"
            assert step.remedy.startswith(f"“{kind}加密”可能与端口不配")
    with pytest.raises(MailError, match="连上了，等不到回应"):
        open_smtp(only(short, "发件", port=world.post.ssl.port))
    step = failed(probe(only(world.settings(user, Security.STARTTLS), "发件", port=world.post.plain.port)))
    assert "不支持 STARTTLS" in step.message
    step = failed(probe(only(world.settings(user), "发件", port=world.post.starttls.port, security=Security.NONE)))
    assert step.name == "登录"
    assert step.remedy


def test_certificates(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings = world.settings(user)
    for kind in ("收件", "发件"):
        step = failed(probe(only(replace(settings, root_certificate=""), kind)))
        assert step.name == "加密"
        assert "不是本机信任的" in step.message
        assert "邮件根证书" in step.remedy
    bad = tmp_path / "not.pem"
    bad.write_text("nothing", "utf-8")
    step = failed(probe(only(replace(settings, root_certificate=str(bad)), "收件")))
    assert "PEM" in step.remedy


def test_a_certificate_for_another_name(tmp_path: Path) -> None:
    """A server of one answer, with a certificate that is not its own."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "root.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("imap.elsewhere.example").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        import threading

        def serve() -> None:
            for _ in range(2):
                client, _ = listener.accept()
                try:
                    context.wrap_socket(client, server_side=True).close()
                except (ssl.SSLError, OSError):
                    client.close()

        threading.Thread(target=serve, daemon=True).start()
        server = Server("收件", HOST, listener.getsockname()[1], Security.SSL, "a@b.example")
        root = str(tmp_path / "root.pem")
        step = failed(probe(MailSettings(address="a@b.example", receiving=server, root_certificate=root, timeout=5)))
    assert "证书不是发给这个服务器名的" in step.message


def test_a_firewall_that_swallows_everything(certificates: Certificates) -> None:
    """A port that takes connections and never says a word, as some firewalls do."""
    del certificates
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for security in (Security.SSL, Security.NONE):
            server = Server("发件", HOST, listener.getsockname()[1], security, "a@b.example")
            step = failed(probe(MailSettings(address="a@b.example", sending=server, timeout=0.3)))
            assert "等不到回应" in step.message
            assert "防火墙" in step.remedy
