"""Sending, against a real SMTP server that delivers into Dovecot: each mail once, whatever is cut."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mail.office import NAMES, NOW, ROUND, composer, form, form_name, office, parsed
from mail.servers import PASSWORD, PASSWORD_IN_CHINESE, MailWorld, Proxy
from toolkit.errors import WorkspaceError
from toolkit.mail.compose import Attachment, Outgoing, Thread
from toolkit.mail.errors import MailError
from toolkit.mail.outgoing import Outcome, Sent, SentRecord, SmtpTransport, Unknown, send_all
from toolkit.mail.settings import PASSWORD_VARIABLE, MailSettings, Security


def mails_of(settings: MailSettings, user: str, **more: Any) -> list[Outgoing]:
    """A quarter's forms to three units whose mailboxes are this test's own."""
    of = office(*(f"{user}{i}@units.example" for i in range(3)), **more)
    words = composer(settings, of)
    return [words.form(ROUND, d, [form(d.name)], NOW) for d in of.divisions]


def send(settings: MailSettings, mails: list[Outgoing], record: Path, **more: Any) -> tuple[Sent, ...]:
    with SmtpTransport(settings) as transport:
        return send_all(mails, settings, transport, SentRecord(record), NOW, **more)


def outcomes(results: tuple[Sent, ...]) -> list[Outcome]:
    return [r.outcome for r in results]


def arrived(world: MailWorld, user: str) -> list[list[str]]:
    """The Message-IDs that lie in each unit's mailbox."""
    ids = re.compile(rb"^Message-ID: (.*?)\r?$", re.MULTILINE)
    return [[ids.findall(raw)[0].decode() for raw in world.dovecot.stored(f"{user}{i}")] for i in range(3)]


@pytest.mark.parametrize("security", list(Security))
def test_forms_arrive_once(world: MailWorld, user: str, tmp_path: Path, security: Security) -> None:
    settings = world.settings(user, security)
    mails, record = mails_of(settings, user), tmp_path / "state" / "sent.jsonl"
    assert outcomes(send(settings, mails, record)) == [Outcome.SENT] * 3
    assert outcomes(send(settings, mails, record)) == [Outcome.ALREADY] * 3
    assert arrived(world, user) == [[m.message_id] for m in mails]
    ((_, raw),) = world.dovecot.mails(f"{user}1").values()
    (part,) = parsed(raw).iter_attachments()
    assert part.get_filename() == form_name(NAMES[1])
    assert part.get_content() == form(NAMES[1]).data
    entry = SentRecord(record).sent("form:2023Q1:社会救助处")
    assert entry is not None
    assert (entry.at, entry.to, entry.files) == (NOW, (f"{user}1@units.example",), (form_name(NAMES[1]),))


def test_again_sends_another_in_the_same_thread(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings = world.settings(user)
    record = tmp_path / "sent.jsonl"
    of = office(*(f"{user}{i}@units.example" for i in range(3)))
    words, division = composer(settings, of), of.divisions[0]

    def mail() -> Outgoing:
        key = f"form:2023Q1:{division.name}"
        nth, before = SentRecord(record).times(key), SentRecord(record).sent(key)
        thread = Thread(before.message_id) if before else Thread()
        return words.form(ROUND, division, [form(division.name)], NOW, nth=nth, thread=thread)

    send(settings, [mail()], record)
    assert outcomes(send(settings, [mail()], record)) == [Outcome.ALREADY]
    assert outcomes(send(settings, [mail()], record, again=True)) == [Outcome.SENT]
    first, second = (parsed(raw) for _, raw in world.dovecot.mails(f"{user}0").values())
    assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]
    # twice in one list is once, also with `again`
    assert outcomes(send(settings, [mail(), mail()], record, again=True)) == [Outcome.SENT, Outcome.ALREADY]


def test_a_refused_recipient_stops_nobody_else(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings = world.settings(user)
    mails = mails_of(settings, user, copies=(f"{user}gone@units.example", f"{user}copy@units.example"))
    world.post.handler.refuse |= {f"{user}1@units.example", f"{user}gone@units.example"}
    results = send(settings, mails, tmp_path / "sent.jsonl")
    assert outcomes(results) == [Outcome.SENT, Outcome.FAILED, Outcome.SENT]
    assert "没有这个用户" in results[1].reason
    assert f"{user}gone@units.example" in results[0].reason  # a refused copy is told, and does not hold up the mail
    assert [len(a) for a in arrived(world, user)] == [1, 0, 1]
    assert len(world.dovecot.mails(f"{user}copy")) == 2
    world.post.handler.refuse.clear()
    assert outcomes(send(settings, mails, tmp_path / "sent.jsonl")) == [
        Outcome.ALREADY, Outcome.SENT, Outcome.ALREADY,
    ]  # fmt: skip
    assert [len(a) for a in arrived(world, user)] == [1, 1, 1]


def test_an_address_that_never_had_the_form_is_named(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings, record = world.settings(user), tmp_path / "sent.jsonl"

    def form_to(*units: str) -> list[Outgoing]:
        of = office("；".join(f"{user}{unit}@units.example" for unit in units), f"{user}1@x.cn", f"{user}2@x.cn")
        return [composer(settings, of).form(ROUND, of.divisions[0], [form(NAMES[0])], NOW)]

    world.post.handler.refuse.add(f"{user}bad@units.example")
    (result,) = send(settings, form_to("0", "bad"), record)
    assert result.outcome is Outcome.SENT
    (result,) = send(settings, form_to("0", "good"), record)
    assert (result.outcome, result.reason) == (
        Outcome.ALREADY,
        f"上次发到 {user}0@units.example，没有发到 {user}good@units.example",
    )
    assert not send(settings, form_to("0"), record)[0].reason


def test_a_dead_address_keeps_nothing_from_the_others(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings = world.settings(user)
    mail, good, dead, copy = mails_of(settings, user)[0], *(f"{user}{n}@units.example" for n in ("a", "b", "c"))
    mail = replace(mail, to=(dead, good), cc=(copy,))
    world.post.handler.refuse |= {dead, copy}
    (result,) = send(settings, [mail], tmp_path / "sent.jsonl")
    assert result.outcome is Outcome.SENT
    assert result.reason == f"邮箱没有被接受：{dead}（其余的已经发到）；抄送没有被接受：{copy}"
    assert len(world.dovecot.mails(f"{user}a")) == 1
    world.post.handler.refuse |= {good}
    world.post.handler.refuse -= {copy}
    (result,) = send(settings, [replace(mail, key="form:2023Q2:x")], tmp_path / "sent.jsonl")
    assert result.outcome is Outcome.FAILED, "a copy alone is no delivery"
    assert dead in result.reason
    world.post.handler.refuse.clear()


def test_a_mail_too_big_for_the_server(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings = world.settings(user)
    mails = mails_of(settings, user)
    mails[0] = replace(mails[0], attachments=(Attachment("大.xlsx", b"x" * 6_000_000),))
    results = send(settings, mails, tmp_path / "sent.jsonl")
    assert outcomes(results) == [Outcome.FAILED, Outcome.SENT, Outcome.SENT]
    assert "限额" in results[0].reason


def test_a_wrong_password_stops_all_and_is_told_nowhere(
    world: MailWorld, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(PASSWORD_VARIABLE, "WRONGSecret")
    settings = world.settings(user)
    results = send(settings, mails_of(settings, user), tmp_path / "sent.jsonl")
    assert outcomes(results) == [Outcome.FAILED] * 3
    assert "登录被拒绝" in results[0].reason
    assert "授权码" in results[0].remedy
    assert results[2].reason == results[1].reason  # not tried, for the same reason
    everything = repr(results) + (tmp_path / "sent.jsonl").read_text("utf-8") + repr(settings) + caplog.text
    assert "WRONGSecret" not in everything
    assert arrived(world, user) == [[], [], []]


def test_a_password_in_chinese(
    world: MailWorld, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD_IN_CHINESE)
    settings = world.settings(user)
    assert outcomes(send(settings, mails_of(settings, user), tmp_path / "sent.jsonl")) == [Outcome.SENT] * 3
    monkeypatch.setenv(PASSWORD_VARIABLE, "不对")
    results = send(settings, mails_of(settings, user), tmp_path / "other.jsonl")
    assert "登录被拒绝" in results[0].reason


def test_a_mail_that_cannot_be_made_lets_none_out(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings = world.settings(user)
    mails = mails_of(settings, user)
    mails[2] = replace(mails[2], to=("not an address",))
    with pytest.raises(MailError):
        send(settings, mails, tmp_path / "sent.jsonl")
    assert arrived(world, user) == [[], [], []]


def test_no_record_no_mail(world: MailWorld, user: str, tmp_path: Path) -> None:
    (tmp_path / "sent.jsonl").mkdir()
    settings = world.settings(user)
    with pytest.raises(WorkspaceError):
        send(settings, mails_of(settings, user), tmp_path / "sent.jsonl")
    record = SentRecord(tmp_path / "later.jsonl")
    (tmp_path / "later.jsonl").mkdir()  # lost between reading and writing
    with SmtpTransport(settings) as transport, pytest.raises(WorkspaceError):
        send_all(mails_of(settings, user), settings, transport, record, NOW)
    assert arrived(world, user) == [[], [], []]


# cut


@contextmanager
def cutting(port: int, cut: int | None, how: str, **more: Any) -> Iterator[Proxy]:
    proxy = Proxy(port, cut, how, **more)
    try:
        yield proxy
    finally:
        proxy.stop()


def count_pieces(port: int, world: MailWorld, user: str, security: Security, folder: Path) -> int:
    proxy = Proxy(port)
    settings = world.settings(user + "count", security, smtp_port=proxy.port)
    assert outcomes(send(settings, mails_of(settings, user + "count"), folder / "count.jsonl")) == [Outcome.SENT] * 3
    proxy.stop()
    return proxy.pieces


@pytest.mark.parametrize("security", [Security.NONE, Security.STARTTLS, Security.SSL])
def test_cut_at_every_step_then_run_again(world: MailWorld, user: str, tmp_path: Path, security: Security) -> None:
    """Plain text: every command and answer is a piece.  Under TLS, every record or so.

    How many pieces TLS makes is not the same each time, so that every third is now this one and now that: the one that
    leaves a mail uncertain, the answer to its end, is cut besides.
    """
    post = world.post
    port = {Security.SSL: post.ssl, Security.STARTTLS: post.starttls, Security.NONE: post.plain}[security].port
    pieces = count_pieces(port, world, user, security, tmp_path)
    assert pieces > 20
    seen: Counter[Outcome] = Counter()
    step = 1 if security is Security.NONE else 3
    for cut in (*range(0, pieces + 1, step), None):
        for how in ("drop", "pass", "half") if security is Security.NONE else ("drop", "pass"):
            where = "end" if cut is None else cut
            me, record = f"{user}{how[0]}{where}x", tmp_path / f"{how}{where}.jsonl"
            direct = world.settings(me, security)
            mails = mails_of(direct, me)
            with cutting(port, cut, how) as proxy:
                post.handler.delivered = proxy.cut_next if cut is None else lambda: None
                first = send(world.settings(me, security, smtp_port=proxy.port), mails, record)
            post.handler.delivered = lambda: None
            post.settle()
            if cut is None:
                wanted = Outcome.UNCERTAIN if how == "drop" else Outcome.SENT  # half of “250 OK” is enough
                assert first[0].outcome is wanted, proxy.last
            before = arrived(world, me)
            second = send(direct, mails, record)
            after = arrived(world, me)
            for i, mail in enumerate(mails):
                place = (cut, how, i, proxy.last)
                # what was said to be sent was, what was not was not
                assert len(before[i]) == 1 or first[i].outcome is not Outcome.SENT, place
                assert not before[i] or first[i].outcome in (Outcome.SENT, Outcome.UNCERTAIN), place
                # nothing twice, and nothing lost without being told
                assert len(after[i]) <= 1, place
                if first[i].outcome is Outcome.UNCERTAIN:
                    assert second[i].outcome is Outcome.UNCERTAIN, place
                    assert after[i] == before[i], place
                    assert second[i].remedy
                else:
                    assert after[i] == [mail.message_id], place
            seen.update(outcomes(first))
    assert seen[Outcome.SENT]
    assert seen[Outcome.FAILED]
    assert seen[Outcome.UNCERTAIN]


def test_what_is_uncertain_is_sent_again_only_when_told(world: MailWorld, user: str, tmp_path: Path) -> None:
    settings, record = world.settings(user), tmp_path / "sent.jsonl"
    (mail, *_) = mails_of(settings, user)

    class Cut:
        def deliver(self, *args: Any) -> tuple[str, ...]:
            args[-1]()
            raise Unknown("断了")

    (result,) = send_all([mail], settings, Cut(), SentRecord(record), NOW)
    assert result.outcome is Outcome.UNCERTAIN
    (result,) = send(settings, [mail], record)
    assert result.outcome is Outcome.UNCERTAIN
    assert SentRecord(record).times(mail.key) == 0  # so that it goes again under the same Message-ID
    (result,) = send(settings, [mail], record, again=True)
    assert result.outcome is Outcome.SENT
    assert arrived(world, user)[0] == [mail.message_id]


@pytest.mark.parametrize("state", ["begun", "uncertain"])
def test_killed_while_sending_is_uncertain_also_after_later_failures(tmp_path: Path, state: str) -> None:
    settings = MailSettings(address="office@office.example")
    (mail, *_) = mails_of(settings, "u")
    record = SentRecord(tmp_path / "sent.jsonl")
    record.write(mail, "begun", NOW)
    if state == "uncertain":
        record.write(mail, "uncertain", NOW)
    else:
        record.write(mail, "begun", NOW)  # told to send it again
    record.write(mail, "failed", NOW, "refused")
    (entry,) = [SentRecord(tmp_path / "sent.jsonl").last(mail.keys)]
    assert entry is not None
    record.write(mail, "sent", NOW)
    assert SentRecord(tmp_path / "sent.jsonl").sent(mail.key)


def test_a_line_cut_off_by_a_crash_harms_no_other(tmp_path: Path) -> None:
    path = tmp_path / "sent.jsonl"
    settings = MailSettings(address="office@office.example")
    mails = mails_of(settings, "u")
    record = SentRecord(path)
    record.write(mails[0], "begun", NOW)
    record.write(mails[0], "sent", NOW)
    whole = path.read_bytes()
    for end in {*range(0, len(whole), 5), len(whole) - 1, whole.index(b"\n"), whole.index(b"\n") + 1}:
        path.write_bytes(whole[:end])
        record = SentRecord(path)
        record.write(mails[1], "begun", NOW)
        record.write(mails[1], "sent", NOW)
        again = SentRecord(path)
        assert again.sent(mails[1].key)
        first_line = whole.index(b"\n")
        assert (again.last(mails[0].keys) is not None) == (end >= first_line)  # begun stands: at least uncertain
    assert all(json.loads(line) for line in whole.splitlines())
    assert PASSWORD.encode() not in whole
