"""Real servers on loopback: Dovecot (IMAP, LMTP), an SMTP server that delivers into it, and a proxy that cuts."""

from __future__ import annotations

import asyncio
import imaplib
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from imap_tools.imap_utf7 import utf7_encode
from imap_tools.utils import encode_folder

from toolkit.mail.settings import Filing, MailSettings, Security, Server

PASSWORD = "ABCDEFGHSecret99"
PASSWORD_IN_CHINESE = "授权码九九"
HOST = "localhost"
NO_MOVE = "IMAP4rev1 ID ENABLE IDLE LITERAL+ UIDPLUS UNSELECT"  # as NetEase's
NO_UIDPLUS = "IMAP4rev1 ID LITERAL+"
FULL = """
protocol imap {
  mail_plugins = $mail_plugins quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=20K
}
"""
"""Mails come in and cannot be copied."""
BELOW = "namespace inbox {\n  inbox = yes\n  prefix = Mail/\n  separator = /\n}\n"
"""One's own folders lie below another."""


def missing() -> str:
    """Why there is no mail server here; empty where there is one."""
    if os.name != "posix" or not shutil.which("dovecot"):
        return "dovecot is not installed"
    if not any(Path(p, "lmtp").exists() for p in ("/usr/lib/dovecot", "/usr/libexec/dovecot")):
        return "dovecot's LMTP server is not installed"
    return ""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Certificates:
    """A test authority and a certificate for localhost."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.root, self.chain, self.key = folder / "root.pem", folder / "chain.pem", folder / "key.pem"
        authority.cert_pem.write_to_path(self.root)
        certificate = authority.issue_cert(HOST, "127.0.0.1")
        certificate.private_key_pem.write_to_path(self.key)
        for i, pem in enumerate(certificate.cert_chain_pems):
            pem.write_to_path(self.chain, append=bool(i))
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(self.chain, self.key)


@dataclass
class Dovecot:
    """A throw-away Dovecot; any user exists, all with one password."""

    folder: Path
    imap: int
    imaps: int
    lmtp: int
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, certificates: Certificates, capability: str = "", extra: str = "") -> Dovecot:
        # Not below pytest's own folder: it is closed to the unprivileged user that Dovecot runs as.  In memory where
        # that is possible: these are thousands of small files.
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        folder = Path(tempfile.mkdtemp(prefix="annex2-dovecot-", dir=memory))
        folder.chmod(0o755)
        me = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        user = "nobody" if os.getuid() == 0 else me
        mails = folder / "mails"
        mails.mkdir()
        mails.chmod(0o777)
        imap, imaps, lmtp = free_port(), free_port(), free_port()
        config = f"""
protocols = imap lmtp
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {subprocess.check_output(["id", "-gn", user], text=True).strip()}
default_login_user = {user}
disable_plaintext_auth = no
auth_mechanisms = plain
auth_username_format = %Ln
auth_failure_delay = 0
mail_max_userip_connections = 200
mail_location = maildir:{mails}/%n
mail_fsync = never
first_valid_uid = 1
lmtp_save_to_detail_mailbox = no
ssl = yes
ssl_cert = <{certificates.chain}
ssl_key = <{certificates.key}
{f"imap_capability = {capability}" if capability else ""}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
passdb {{
  driver = static
  args = password={PASSWORD_IN_CHINESE}
}}
userdb {{
  driver = static
  args = uid={user} gid={subprocess.check_output(["id", "-gn", user], text=True).strip()} home={mails}/%n
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  service_count = 0
  client_limit = 1000
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  service_count = 0
  process_min_avail = 2
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
{extra}
"""
        path = folder / "dovecot.conf"
        path.write_text(config, "utf-8")
        process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        server = cls(folder, imap, imaps, lmtp, process)
        for _ in range(200):
            try:
                for port in (imap, imaps, lmtp):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return server
            except OSError:
                time.sleep(0.02)
        server.stop()
        raise RuntimeError("Dovecot did not start")

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace") if (self.folder / "log").exists() else ""

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)  # it, and its children; asked nicely it takes seconds
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def deliver(self, user: str, *mails: bytes, sender: str = "sender@units.example") -> None:
        """Puts mails into a user's INBOX, as the last server on the way does."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            for mail in mails:
                lmtp.sendmail(sender, [f"{user}@office.example"], mail)

    def stored(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The mails of a folder, from the disk: cheap."""
        box = self.folder / "mails" / user
        if folder != "INBOX":
            box /= "." + utf7_encode(folder).decode()
        files = [p for part in ("new", "cur") for p in (box / part).glob("*")]
        return [p.read_bytes() for p in sorted(files, key=_arrival)]

    def mails(self, user: str, folder: str = "INBOX") -> dict[int, tuple[str, bytes]]:
        """uid -> (flags, raw) as another mail program sees them."""
        client = imaplib.IMAP4("127.0.0.1", self.imap)
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        kind, _ = client.select(encode_folder(folder).decode(), readonly=True)
        if kind != "OK":
            client.logout()
            return {}
        _, answer = client.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[])")
        client.logout()
        found = {}
        for piece in answer:
            if isinstance(piece, tuple):
                uid = re.search(rb"UID (\d+)", piece[0])
                flags = re.search(rb"FLAGS \(([^)]*)\)", piece[0])
                assert uid
                assert flags
                found[int(uid[1])] = (flags[1].decode(), piece[1])
        return found


def _arrival(file: Path) -> tuple[int, ...]:
    """1795611435.M7P12.host,S=…: seconds, microseconds, which are not padded."""
    seconds, rest = file.name.split(".", 2)[:2]
    return int(seconds), *map(int, re.findall(r"\d+", rest))


@dataclass
class Delivery:
    """The handler of the SMTP server: delivers each mail into Dovecot, refuses whom it is told to."""

    dovecot: Dovecot
    taken: list[Envelope] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    delivered: Callable[[], None] = lambda: None  # called when a mail is delivered and that is not answered yet

    async def handle_RCPT(  # noqa: N802, aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        del server, session, rcpt_options
        if address in self.refuse:
            return "550 5.1.1 没有这个用户"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        self.taken.append(envelope)
        for address in envelope.rcpt_tos:
            assert isinstance(envelope.original_content, bytes)
            with smtplib.LMTP("127.0.0.1", self.dovecot.lmtp) as lmtp:
                lmtp.sendmail(envelope.mail_from or "", [address], envelope.original_content)
        self.delivered()
        return "250 OK queued"


class Post:
    """Three SMTP listeners of one server: SSL, STARTTLS and plain, all with AUTH."""

    def __init__(self, dovecot: Dovecot, certificates: Certificates) -> None:
        self.handler = Delivery(dovecot)
        common: dict[str, Any] = {"authenticator": self._login, "hostname": "127.0.0.1"}
        self.ssl = Controller(
            self.handler, port=free_port(), ssl_context=certificates.context, **common, auth_require_tls=False,
            server_hostname=HOST, data_size_limit=5_000_000,
        )  # fmt: skip
        self.starttls = Controller(
            self.handler, port=free_port(), tls_context=certificates.context, require_starttls=True, auth_required=True,
            server_hostname=HOST, **common,
        )  # fmt: skip
        self.plain = Controller(
            self.handler, port=free_port(), auth_require_tls=False, server_hostname=HOST, **common
        )
        for controller in (self.ssl, self.starttls, self.plain):
            controller.start()

    @staticmethod
    def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        return AuthResult(success=data.password.decode() in (PASSWORD, PASSWORD_IN_CHINESE), handled=False)

    def settle(self) -> None:
        """Returns when the server has done all that reached it, also what came over a connection that is cut."""

        async def turns() -> None:
            for _ in range(50):  # each turn of the loop takes what lies in the sockets and carries on with it
                await asyncio.sleep(0)

        for controller in (self.ssl, self.starttls, self.plain):
            asyncio.run_coroutine_threadsafe(turns(), controller.loop).result(30)

    def stop(self) -> None:
        for controller in (self.ssl, self.starttls, self.plain):
            controller.stop()


@dataclass
class MailWorld:
    dovecot: Dovecot
    post: Post
    certificates: Certificates

    def settings(
        self,
        user: str,
        security: Security = Security.SSL,
        *,
        filing: Filing = Filing.FLAG,
        imap_port: int = 0,
        smtp_port: int = 0,
        **more: Any,
    ) -> MailSettings:
        """The office's settings for one of the users."""
        imap = self.dovecot.imaps if security is Security.SSL else self.dovecot.imap
        smtp = {Security.SSL: self.post.ssl, Security.STARTTLS: self.post.starttls, Security.NONE: self.post.plain}
        return MailSettings(
            address=f"{user}@office.example",
            name="市民政局办公室",
            receiving=Server("收件", HOST, imap_port or imap, security, f"{user}@office.example"),
            sending=Server("发件", HOST, smtp_port or smtp[security].port, security, f"{user}@office.example"),
            filing=filing,
            root_certificate=str(self.certificates.root),
            timeout=5,
            **more,
        )


class Proxy:
    """Passes bytes on to a server, until the n-th piece in either direction: that one is dropped, halved, or passed,
    and then everything is cut, for good.  Without `cut` it only counts.  A server that gets a whole piece is left the
    time to do what it was told.
    """

    PATIENCE = 2.0  # seconds for the server's answer; parts of a long mail have none

    def __init__(self, port: int, cut: int | None = None, how: str = "drop", *, comes_back: bool = False) -> None:
        self.target, self.cut, self.how, self.comes_back = port, cut, how, comes_back
        self.pieces = 0
        self.down = False
        self.last = b""
        self._answered = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._run(self._accept)

    def cut_next(self) -> None:
        self.cut = self.pieces

    def _run(self, target: Callable[..., None], *args: Any) -> None:
        threading.Thread(target=target, args=args, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self.target))
            self._open += [client, server]
            self._run(self._pump, client, server, "C")
            self._run(self._pump, server, client, "S")

    def _pump(self, source: socket.socket, sink: socket.socket, side: str) -> None:
        try:
            while piece := source.recv(1 << 16):
                if side == "S":
                    self._answered.set()
                with self._lock:
                    if self.down and not self.comes_back:
                        return
                    number, self.pieces = self.pieces, self.pieces + 1
                    if number == self.cut:
                        self.last = piece
                        if self.how == "pass":
                            self._answered.clear()
                            sink.sendall(piece)
                            if side == "C":
                                self._answered.wait(self.PATIENCE)
                            else:
                                time.sleep(0.03)  # the client is most probably at its next command
                        elif self.how == "half":
                            sink.sendall(piece[: len(piece) // 2])
                        self.down = True
                        self._close()
                        if self.comes_back:
                            self.down = False
                        return
                    sink.sendall(piece)
        except OSError:
            pass
        finally:
            for s in (source, sink):
                with suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        for s in self._open:
            with suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        self._open = []

    def stop(self) -> None:
        self.down = True
        self._listener.close()
        self._close()
