"""Servers that the mail tests share."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from mail.servers import BELOW, FULL, NO_MOVE, NO_UIDPLUS, PASSWORD, Certificates, Dovecot, MailWorld, Post, missing
from toolkit.mail.settings import PASSWORD_VARIABLE


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """In memory where that is possible: runs are cut hundreds of times, and each writes durably."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="annex2-test-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def _world(certificates: Certificates, capability: str = "", extra: str = "") -> Iterator[MailWorld]:
    if missing():
        pytest.skip(missing())
    dovecot = Dovecot.start(certificates, capability, extra)
    post = Post(dovecot, certificates)
    yield MailWorld(dovecot, post, certificates)
    post.stop()
    dovecot.stop()


@pytest.fixture(scope="session")
def world(certificates: Certificates) -> Iterator[MailWorld]:
    """Dovecot and an SMTP server that delivers into it."""
    yield from _world(certificates)


@pytest.fixture(scope="session")
def world_without_move(certificates: Certificates) -> Iterator[MailWorld]:
    """A mailbox that cannot MOVE, as NetEase's."""
    yield from _world(certificates, NO_MOVE)


@pytest.fixture(scope="session")
def world_without_uidplus(certificates: Certificates) -> Iterator[MailWorld]:
    """A mailbox that can do as little as RFC 3501 asks for."""
    yield from _world(certificates, NO_UIDPLUS)


@pytest.fixture(scope="session")
def world_of_full_mailboxes(certificates: Certificates) -> Iterator[MailWorld]:
    """Mailboxes without MOVE that take no copy of any mail."""
    yield from _world(certificates, NO_MOVE, FULL)


@pytest.fixture(scope="session")
def world_below_a_folder(certificates: Certificates) -> Iterator[MailWorld]:
    """Mailboxes whose folders have a prefix that is not INBOX."""
    yield from _world(certificates, extra=BELOW)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)


@pytest.fixture
def user() -> str:
    """A mailbox of one's own."""
    return "u" + uuid.uuid4().hex[:12]
