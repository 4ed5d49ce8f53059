"""The mailbox, against a real Dovecot: every mail is handed over byte for byte, filed by policy, and never lost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from imap_tools.utils import encode_folder

from mail.office import parsed
from mail.servers import NO_MOVE, NO_UIDPLUS, PASSWORD_IN_CHINESE, MailWorld, Proxy
from toolkit.errors import WorkspaceError
from toolkit.intake import mailbox as module
from toolkit.intake.mailbox import Mailbox, ReceivedMail
from toolkit.mail.connect import open_imap
from toolkit.mail.errors import MailError
from toolkit.mail.settings import PASSWORD_VARIABLE, Filing, MailSettings, Security

Worlds = Callable[[str], MailWorld]


@pytest.fixture
def worlds(request: pytest.FixtureRequest) -> Worlds:
    def get(kind: str) -> MailWorld:
        found = request.getfixturevalue(kind)
        assert isinstance(found, MailWorld)
        return found

    return get


KINDS = ["world", "world_without_move", "world_without_uidplus"]


def mail(number: int, body: bytes = b"x\r\n") -> bytes:
    return b"Subject: m%d\r\nMessage-ID: <m%d@units.example>\r\n\r\n" % (number, number) + body


def take(
    settings: MailSettings, state: Path, *, accept: Callable[[ReceivedMail], bool] = lambda _: True
) -> list[bytes]:
    """What a run does: everything new, then filed."""
    with Mailbox(settings, state) as box:
        mails = list(box.fetch_new())
        for accepted in (True, False):
            box.file_away([m for m in mails if accept(m) is accepted], accepted=accepted)
        assert box.unread == []
    return [m.raw for m in mails]


def subjects(raws: list[bytes]) -> list[str]:
    return [str(parsed(raw)["Subject"]) for raw in raws]


def here(world: MailWorld, user: str, folder: str = "INBOX") -> list[str]:
    return sorted(subjects([raw for _, raw in world.dovecot.mails(user, folder).values()]))


@pytest.mark.parametrize("security", list(Security))
def test_mails_come_byte_for_byte_and_once(world: MailWorld, user: str, tmp_path: Path, security: Security) -> None:
    odd = b"Subject: =?gb2312?B?08q8/g==?=\r\n\r\n\xc8\xd5\xb1\xa8 raw 8 bit )\r\n* 1 FETCH (UID 9)\r\n.\r\n"
    world.dovecot.deliver(user, mail(1), odd, mail(3, b"y" * 300_000 + b"\r\n"))
    settings, state = world.settings(user, security), tmp_path / "mailbox.json"
    raws = take(settings, state)
    assert raws == [raw for _, raw in world.dovecot.mails(user).values()]
    assert raws[1].endswith(odd)
    assert take(settings, state) == []
    world.dovecot.deliver(user, mail(4))
    assert subjects(take(settings, state)) == ["m4"]
    kept = json.loads(state.read_text("utf-8"))
    assert [(v["upto"], v["filed"]) for v in kept.values()] == [(4, [])]  # it does not grow


def test_looking_changes_nothing(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1))
    settings = world.settings(user)
    with Mailbox(settings, tmp_path / "mailbox.json") as box:
        (first,) = box.fetch_new()
    assert not (tmp_path / "mailbox.json").exists()
    with Mailbox(settings, tmp_path / "mailbox.json") as box:
        assert list(box.fetch_new()) == [first]  # not filed: it comes again
    assert r"\Seen" not in world.dovecot.mails(user)[1][0]


def test_the_received_time_is_the_servers(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, b"Date: Mon, 1 Jan 2001 00:00:00 +0000\r\nSubject: old\r\n\r\n")
    client = open_imap(world.settings(user))
    at = datetime(2023, 4, 5, 23, 59, 58, tzinfo=timezone(timedelta(hours=8)))
    client.append(mail(2), "INBOX", dt=at)
    client.logout()
    with Mailbox(world.settings(user), tmp_path / "mailbox.json") as box:
        first, second = box.fetch_new()
    assert abs(datetime.now(UTC) - first.received) < timedelta(minutes=1)
    assert second.received == at
    assert second.received.utcoffset() is not None


def test_flags(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1), mail(2), mail(3))
    take(world.settings(user), tmp_path / "mailbox.json", accept=lambda m: m.uid != 2)
    flags = [f.replace(r" \Recent", "").replace(r"\Recent", "") for f, _ in world.dovecot.mails(user).values()]
    assert flags == [r"\Seen", r"\Flagged", r"\Seen"]


def test_left_alone(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1))
    settings = world.settings(user, filing=Filing.LEAVE)
    assert len(take(settings, tmp_path / "mailbox.json")) == 1
    assert take(settings, tmp_path / "mailbox.json") == []
    assert r"\Seen" not in world.dovecot.mails(user)[1][0]


@pytest.mark.parametrize("kind", KINDS)
def test_moved(worlds: Worlds, kind: str, user: str, tmp_path: Path) -> None:
    world = worlds(kind)
    world.dovecot.deliver(user, mail(1), mail(2), mail(2), mail(3))  # one Message-ID twice
    settings = world.settings(user, filing=Filing.MOVE)
    client = open_imap(settings)
    assert ("MOVE" in client.client.capabilities) is (kind == "world")
    client.logout()
    assert len(take(settings, tmp_path / "mailbox.json", accept=lambda m: m.uid != 4)) == 4
    assert here(world, user) == []
    assert here(world, user, "已处理") == ["m1", "m2", "m2"]
    assert here(world, user, "待处理") == ["m3"]
    world.dovecot.deliver(user, mail(5))
    assert subjects(take(settings, tmp_path / "mailbox.json")) == ["m5"]
    assert here(world, user, "已处理") == ["m1", "m2", "m2", "m5"]


def test_folders_that_lie_below_another(world_below_a_folder: MailWorld, user: str, tmp_path: Path) -> None:
    world_below_a_folder.dovecot.deliver(user, mail(1))
    settings = world_below_a_folder.settings(user, filing=Filing.MOVE)
    assert len(take(settings, tmp_path / "mailbox.json")) == 1
    assert len(world_below_a_folder.dovecot.mails(user, "Mail/已处理")) == 1


def test_a_folder_that_cannot_be_made_is_named(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1))
    settings = world.settings(user, filing=Filing.MOVE, accepted_folder="报送/已处理")
    with pytest.raises(MailError) as e:
        take(settings, tmp_path / "mailbox.json")
    assert e.value.where == "设置!已处理文件夹"
    assert "报送/已处理" in e.value.what


@pytest.mark.parametrize("filing", [Filing.MOVE, Filing.FLAG])
def test_another_workspaces_mail_stays_for_it(world: MailWorld, user: str, filing: Filing, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1), mail(2))
    settings, state = world.settings(user, filing=filing), tmp_path / "mailbox.json"
    with Mailbox(settings, state) as box:
        first, second = box.fetch_new()
        box.file_away([first], accepted=None)
        box.file_away([second], accepted=True)
    assert take(settings, state) == []  # not once more
    assert "m1" in here(world, user)
    assert subjects(take(settings, tmp_path / "another.json"))[0] == "m1"


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_deleted_stays_theirs(worlds: Worlds, kind: str, user: str, tmp_path: Path) -> None:
    """A mail marked as deleted, not yet for good, is neither taken in nor removed with ours."""
    world = worlds(kind)
    world.dovecot.deliver(user, mail(1), mail(2))
    settings = world.settings(user, filing=Filing.MOVE)
    client = open_imap(settings)
    client.folder.set("INBOX")
    client.client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
    assert subjects(take(settings, tmp_path / "mailbox.json")) == ["m2"]
    assert "m1" in here(world, user)
    client.client.uid("STORE", "1", "-FLAGS", r"(\Deleted)")
    client.logout()
    assert subjects(take(settings, tmp_path / "mailbox.json")) == ["m1"]  # thought better of
    assert here(world, user, "已处理") == ["m1", "m2"]


def test_filing_what_is_gone_or_was_renumbered(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1), mail(2))
    settings, state = world.settings(user, filing=Filing.MOVE), tmp_path / "mailbox.json"
    with Mailbox(settings, state) as box:
        mails = list(box.fetch_new())
        client = open_imap(settings)
        client.folder.set("INBOX")
        client.delete("1")  # by somebody, meanwhile
        client.logout()
        box.file_away(mails, accepted=True)
        box.file_away(mails, accepted=True)
        other = [ReceivedMail(m.uid, m.uidvalidity + 1, m.folder, m.received, m.raw) for m in mails]
        world.dovecot.deliver(user, mail(3))
        box.file_away(other, accepted=False)
    assert here(world, user, "已处理") == ["m2"]
    assert here(world, user) == ["m3"]
    # the folder was made anew, with other numbers: everything in it is new
    client = open_imap(settings)
    client.folder.create("收件")
    client.client.append(encode_folder("收件").decode(), None, None, mail(7))
    from dataclasses import replace

    other_folder = replace(settings, folder="收件", filing=Filing.FLAG)
    assert subjects(take(other_folder, state)) == ["m7"]
    client.folder.delete("收件")
    client.folder.create("收件")
    client.client.append(encode_folder("收件").decode(), None, None, mail(8))
    client.logout()
    assert subjects(take(other_folder, state)) == ["m8"]
    assert subjects(take(settings, state)) == ["m3"]  # and INBOX is remembered by itself


def test_only_mails_from_a_day_on(world: MailWorld, user: str, tmp_path: Path) -> None:
    from dataclasses import replace

    settings, state = world.settings(user), tmp_path / "mailbox.json"
    client = open_imap(settings)
    for i, day in enumerate((datetime(2022, 12, 30, tzinfo=UTC), datetime(2023, 1, 2, tzinfo=UTC)), start=1):
        client.append(mail(i), "INBOX", dt=day)
    client.logout()
    assert subjects(take(replace(settings, since=date(2023, 1, 1)), state)) == ["m2"]
    assert take(replace(settings, since=date(2023, 1, 1)), state) == []
    # an earlier day: the older mails are new, and what comes twice the archive knows
    assert "m1" in subjects(take(replace(settings, since=date(2022, 1, 1)), state))


def test_many_come_in_batches_and_the_state_stays_small(
    world: MailWorld, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH_MAILS", 7)
    monkeypatch.setattr(module, "BATCH_BYTES", 20_000)
    world.dovecot.deliver(user, *(mail(i, b"z" * 60 * (i % 9) * 40 + b"\r\n") for i in range(1, 41)))
    settings, state = world.settings(user), tmp_path / "mailbox.json"
    with Mailbox(settings, state) as box:
        mails = []
        for m in box.fetch_new():  # filed one by one while the next are being fetched, the last first
            mails.append(m)
            if len(mails) % 2:
                box.file_away(mails[-1:], accepted=True)
        assert [m.uid for m in mails] == list(range(1, 41))
    assert [m.decode() for m in map(str.encode, subjects(take(settings, state)))] == [f"m{i}" for i in range(2, 41, 2)]
    kept = json.loads(state.read_text("utf-8"))
    assert [(v["upto"], v["filed"]) for v in kept.values()] == [(40, [])]


def test_whatever_lies_there_is_handed_over(world: MailWorld, user: str, tmp_path: Path, shared: Path) -> None:
    """Mails as they were found in the wild, malformed ones included, byte for byte."""
    files = sorted(p for p in (shared / "corpus" / "mail").iterdir() if p.is_file())
    assert len(files) > 100
    settings = world.settings(user, filing=Filing.MOVE)
    client = open_imap(settings)
    put = []
    for file in files:
        data = file.read_bytes().replace(b"\0", b"")  # which IMAP cannot carry
        kind, _ = client.client.append("INBOX", None, None, data)
        if kind == "OK":
            put.append(data)
    client.logout()
    assert len(put) > len(files) * 0.9
    raws = take(settings, tmp_path / "mailbox.json", accept=lambda m: m.uid % 2 == 0)
    assert len(raws) == len(put)
    lines = [re.sub(rb"\r\n|\r|\n", b"\n", p) for p in put]  # APPEND makes all line ends alike
    assert [re.sub(rb"\r\n|\r|\n", b"\n", r) for r in raws] == lines
    assert world.dovecot.stored(user) == []


def test_a_lost_state_means_everything_again(world: MailWorld, user: str, tmp_path: Path) -> None:
    world.dovecot.deliver(user, mail(1))
    settings, state = world.settings(user), tmp_path / "mailbox.json"
    take(settings, state)
    state.unlink()
    assert len(take(settings, state)) == 1
    state.write_text("{", "utf-8")
    with pytest.raises(WorkspaceError, match="损坏") as e:
        take(settings, state)
    assert str(state) in str(e.value)


def test_a_password_in_chinese(world: MailWorld, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD_IN_CHINESE)
    world.dovecot.deliver(user, mail(1))
    assert len(take(world.settings(user), tmp_path / "mailbox.json")) == 1
    for wrong in ("不对", "wrong"):
        monkeypatch.setenv(PASSWORD_VARIABLE, wrong)
        with pytest.raises(MailError, match="登录被拒绝") as e:
            take(world.settings(user), tmp_path / "mailbox.json")
        assert "授权码" in e.value.remedy


def test_a_missing_folder_is_named(world: MailWorld, user: str, tmp_path: Path) -> None:
    with pytest.raises(MailError, match="文件夹") as e:
        take(world.settings(user, folder="没有的"), tmp_path / "mailbox.json")
    assert "收件文件夹" in e.value.remedy


# answers as other servers write them


class _Said:
    """A client whose FETCH gives what a server said."""

    def __init__(self, *said: Any) -> None:
        self.client, self._said = self, list(said)

    def uid(self, *_: str) -> tuple[str, list[Any]]:
        return "OK", self._said


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([(b"1 (UID 5 BODY[] {2}", b"ab"), b")"], [(5, b"ab")]),
        ([(b"1 (BODY[] {2}", b"ab"), b" UID 5 FLAGS (\\Seen))"], [(5, b"ab")]),
        (
            [b"3 (FLAGS (\\Seen))", (b"1 (UID 5 BODY[] {2}", b"ab"), b")", b"2 (FLAGS ())"],
            [(None, None), (5, b"ab"), (None, None)],
        ),
        ([b'1 (UID 5 BODY[] "a\\"b")', b"2 (UID 6 BODY[] NIL)"], [(5, b'a"b'), (6, b"")]),
        ([b"1 (UID 5 RFC822.SIZE 77)", b"2 (UID 6 RFC822.SIZE 8)"], [(5, None), (6, None)]),
        ([None], []),
    ],
)
def test_answers_in_every_shape(said: list[Any], wanted: list[tuple[int | None, bytes | None]]) -> None:
    found = [(module._number(rb"UID", h), b) for h, b in module._answers(_Said(*said), "1:*", "()")]  # type: ignore[arg-type]
    assert found == wanted


# cut


@pytest.mark.parametrize("comes_back", [False, True])
@pytest.mark.parametrize(
    ("kind", "filing"),
    [("world", Filing.MOVE), ("world", Filing.FLAG), *((k, Filing.MOVE) for k in KINDS[1:])],
)
def test_cut_at_every_step_then_run_again(
    worlds: Worlds, kind: str, filing: Filing, comes_back: bool, user: str, tmp_path: Path
) -> None:
    """Every command and every answer of a run is once the last thing that gets through.

    `comes_back`: the network is there again at once, so that the same run goes on.
    """
    world = worlds(kind)
    mails = [mail(1), mail(2, b"y" * 30_000 + b"\r\n"), mail(2), mail(3)]
    proxy = Proxy(world.dovecot.imap)
    world.dovecot.deliver(f"{user}count", *mails)
    counted = world.settings(f"{user}count", Security.NONE, filing=filing, imap_port=proxy.port)
    take(counted, tmp_path / "count.json", accept=lambda m: m.uid < 4)
    pieces = proxy.pieces
    proxy.stop()
    assert pieces > 20
    finished, failures = 0, []
    for cut in range(pieces + 1):
        for each in (("drop", "half", "pass")[cut % 3],) if comes_back else ("drop", "pass"):
            me, state = f"{user}{each[0]}{cut}", tmp_path / f"{each}{cut}.json"
            world.dovecot.deliver(me, *mails)
            proxy = Proxy(world.dovecot.imap, cut, each, comes_back=comes_back)
            first: list[bytes] = []
            with Mailbox(world.settings(me, Security.NONE, filing=filing, imap_port=proxy.port), state) as box:
                try:
                    got = list(box.fetch_new())
                    first = [m.raw for m in got]
                    box.file_away([m for m in got if m.uid < 4], accepted=True)
                    box.file_away([m for m in got if m.uid >= 4], accepted=False)
                    finished += 1
                except MailError as e:
                    failures.append(e)
            proxy.stop()
            second = take(world.settings(me, Security.NONE, filing=filing), state, accept=lambda m: m.uid < 4)
            place = (cut, each, proxy.last)
            assert len(set(first + second)) == 4, place  # nothing lost
            everything = {f: world.dovecot.stored(me, f) for f in ("INBOX", "已处理", "待处理")}
            if filing is Filing.MOVE:
                assert sorted(subjects(everything["已处理"])) == ["m1", "m2", "m2"], place  # nothing twice
                assert subjects(everything["待处理"]) == ["m3"], place
                assert everything["INBOX"] == [], place
            else:
                assert len(everything["INBOX"]) == 4, place
    assert all(e.remedy for e in failures)
    assert finished >= (pieces // 4 if comes_back else 1)  # it is not the second run that does it all


def test_servers_without_move_are_what_they_claim() -> None:
    assert "MOVE" not in NO_MOVE.split()
    assert not {"MOVE", "UIDPLUS"} & set(NO_UIDPLUS.split())
