"""A mail that is met a second time, or taken up from the archive: all ends as where it was met once."""

from __future__ import annotations

import imaplib
import smtplib
import time
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import Annex2, fill
from imap_tools.utils import encode_folder

from mail.servers import PASSWORD, MailWorld
from mail.test_quarter import LATER, NOW, SENT, attachment, inbox_of, raw, reply, set_up, setting
from toolkit.mail.settings import MailSettings
from toolkit.master.schema import Sheet

RELIEF, CARE, CHILD = "社会救助处", "养老服务处", "儿童福利处"
LETTER = "我处申请延期到4月10日报送，请批准。"
CLOUD = "填好的表见：https://wx.mail.qq.com/ftn/download?func=3&key=abcdef"


def started(
    world: MailWorld, user: str, annex2: Annex2, **more: str
) -> tuple[MailSettings, dict[str, str], dict[str, EmailMessage]]:
    """A round whose forms are sent: settings, addresses, and what each division got."""
    settings = world.settings(user)
    to = set_up(annex2, settings, user, **more)
    annex2("send", "2023Q1", now=SENT)
    return settings, to, {d: inbox_of(world, a)[0] for d, a in to.items()}


def mail_to(
    world: MailWorld,
    office: str,
    sender: str,
    subject: str,
    body: str,
    *files: tuple[str, bytes],
    to: EmailMessage | None = None,
    head: dict[str, str] | None = None,
) -> None:
    """A mail that arrives at the office; `to`: what it answers."""
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = sender, office, subject
    m["Message-ID"] = f"<{time.monotonic_ns()}@units.example>"
    if to is not None:
        m["In-Reply-To"] = m["References"] = str(to["Message-ID"])
    for name, value in (head or {}).items():
        m[name] = value
    m.set_content(body)
    for name, data in files:
        m.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    with smtplib.LMTP("127.0.0.1", world.dovecot.lmtp) as lmtp:
        lmtp.send_message(m, "x@units.example", [office])


def report(sender: str, form: EmailMessage) -> bytes:
    """A mail with the form that came in another, filled in."""
    m = EmailMessage()
    m["From"], m["Subject"] = sender, "报送"
    m.set_content("见附件")
    good = fill(attachment(form)[1], ["甲", "乙"], "李超")
    m.add_attachment(good, maintype="application", subtype="octet-stream", filename="救助.xlsx")
    return m.as_bytes()


def imap(world: MailWorld, user: str) -> imaplib.IMAP4:
    connection = imaplib.IMAP4("127.0.0.1", world.dovecot.imap)
    connection.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
    return connection


def renumber(world: MailWorld, user: str) -> None:
    """The mailbox is made anew: every mail has another UID under another UIDVALIDITY."""
    with imap(world, user) as connection:
        connection.select("INBOX")
        old = connection.response("UIDVALIDITY")[1]
    time.sleep(1.5)  # Dovecot takes the second of the making
    for path in (world.dovecot.folder / "mails" / user).glob("dovecot*"):
        if path.is_file():
            path.unlink()
    with imap(world, user) as connection:
        connection.select("INBOX")
        assert connection.response("UIDVALIDITY")[1] != old


def items(annex2: Annex2) -> list[tuple[str, str]]:
    return [(r["事项"], str(r["问题"])) for r in annex2.cells("待处理") if r["事项"] != "核对通知"]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body()
    assert body is not None
    return str(body.get_content())  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [LETTER, CLOUD])
@pytest.mark.parametrize("how", ["once", "mailbox.json is gone", "the server was down"])
def test_answers_to_a_mail_that_is_met_again(world: MailWorld, user: str, annex2: Annex2, how: str, body: str) -> None:
    settings, to, forms = started(world, user, annex2, 自动回复="是")
    mail_to(world, settings.address, to[RELIEF], "回复：第一季度报送", body, to=forms[RELIEF])
    if how == "the server was down":
        setting(annex2, "发件端口", "9")
    annex2("collect", now=NOW)
    if how == "the server was down":
        assert settings.sending
        setting(annex2, "发件端口", str(settings.sending.port))
    elif how == "mailbox.json is gone":
        (annex2.root / ".annex2" / "mailbox.json").unlink()
    annex2("collect", now=LATER)
    answers = inbox_of(world, to[RELIEF])[1:]
    if body == LETTER:
        assert not answers, "a letter is for a person"
    else:
        (answer,) = answers
        assert "网盘" in text_of(answer)
        assert "要先解开" not in text_of(answer)


@pytest.mark.parametrize("how", ["straight", "open elsewhere", "restored"])
def test_what_a_mail_says_belongs_to_its_files_when_the_archive_gives_them(
    world: MailWorld, user: str, annex2: Annex2, how: str
) -> None:
    settings, to, forms = started(world, user, annex2, 自动回复="是" if how == "open elsewhere" else "否")
    office = settings.address
    mail_to(
        world, office, to[CARE], "回复：报送", "请问能否延期到4月10日报送？", attachment(forms[CARE]), to=forms[CARE]
    )
    away = {"Auto-Submitted": "auto-replied"}
    mail_to(world, office, to[CHILD], "自动回复：报送", "我在休假", attachment(forms[CHILD]), head=away)
    good = fill(attachment(forms[RELIEF])[1], ["甲", "乙"], "李超")
    mail_to(
        world,
        office,
        to[RELIEF],
        "回复：报送",
        "第2项数字有误，应为90，请以此为准。",
        ("救助.xlsx", good),
        to=forms[RELIEF],
    )
    if how == "open elsewhere":
        lock = annex2.root / "~$master.xlsx"
        lock.write_bytes(b"\x02LW".ljust(165, b" "))
        annex2("collect", now=NOW)
        lock.unlink()
    annex2("collect", now=LATER)
    if how == "restored":
        annex2("restore", "1", now=LATER)
        annex2("collect", now=LATER)
    rows: dict[str, dict[str, Any]] = {r["文件名"]: r for r in annex2.cells("收件记录")}
    blank, quoted, report = rows[attachment(forms[CARE])[0]], rows[attachment(forms[CHILD])[0]], rows["救助.xlsx"]
    assert (blank["结论"], "请问能否延期" in blank["原因"]) == ("待裁定", True)
    assert quoted["结论"] == "不处理"
    assert (report["结论"], "应为90" in report["原因"]) == ("接收（有提示）", True)
    assert any("请问能否延期" in problem for _, problem in items(annex2))
    answers = [len(inbox_of(world, to[d])) - 1 for d in (CARE, CHILD)]
    assert answers == [0, 0]


def test_an_answer_that_waits_goes_out_though_the_server_numbered_its_mails_anew(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    settings, to, forms = started(world, user, annex2, 自动回复="是")
    faulty = fill(attachment(forms[RELIEF])[1], ["已覆盖。", None])
    reply(world, forms[RELIEF], to[RELIEF], settings.address, 救助=faulty)
    setting(annex2, "发件端口", "9")
    assert "未发送" in annex2("collect", now=NOW)[1]
    assert settings.sending
    setting(annex2, "发件端口", str(settings.sending.port))
    renumber(world, user)
    annex2("collect", now=LATER)
    (answer,) = inbox_of(world, to[RELIEF])[1:]
    assert "需要修改后重报" in text_of(answer)
    assert [r["结论"] for r in annex2.cells("收件记录") if r["文件名"].endswith(".xlsx")] == ["退回修改"]


def test_a_strangers_copy_gives_way_to_the_divisions_own(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings, to, forms = started(world, user, annex2, 自动回复="是")
    good = "救助.xlsx", fill(attachment(forms[RELIEF])[1], ["甲", "乙"], "李超")
    mail_to(world, settings.address, "new.clerk@qq.com", "第一季度报送", "见附件", good)
    annex2("collect", now=NOW)
    assert [kind for kind, _ in items(annex2)] == ["待裁定"]
    mail_to(world, settings.address, to[RELIEF], "第一季度报送", "见附件", good, to=forms[RELIEF])
    annex2("collect", now=LATER)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("甲", "乙")
    assert [r["结论"] for r in annex2.cells("收件记录") if r["文件名"] == "救助.xlsx"] == ["不处理", "接收"]
    assert all(r["处理结果"] for r in annex2.cells("待处理") if r["事项"] != "核对通知")
    (receipt,) = inbox_of(world, to[RELIEF])[1:]
    assert "已接收" in text_of(receipt)
    mail_to(world, settings.address, to[RELIEF], "再报一次", "见附件", good, to=forms[RELIEF])
    assert "与第4号收件内容完全相同" in annex2("collect", now=LATER)[1].replace(" ", "")
    assert annex2("rebuild", now=LATER)[0] == 0


def test_letters_that_name_their_matter_in_the_subject_or_come_from_a_leader(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    settings, _, _ = started(world, user, annex2, 收件归档="移动")
    annex2.type(Sheet.DIVISIONS, RELIEF, "领导邮箱", "lichao@163.com")
    mail_to(world, settings.address, "lisi@qq.com", "社会救助处第一季度报表申请延期", "能否延期三天？李四")
    mail_to(world, settings.address, "lichao@163.com", "请看", "已审定，第2项数字不对，应为90，请改。李超")
    mail_to(world, settings.address, "shop@qq.com", "特价", "打印纸九折。")
    annex2("collect", now=NOW)
    told = [problem for _, problem in items(annex2)]
    assert len(told) == 2
    assert any("lisi@qq.com（不在“处室”的邮箱里）" in p and "能否延期三天" in p for p in told)
    assert any("lichao@163.com（社会救助处的分管领导）" in p and "应为90" in p for p in told)
    assert [len(raw(world, settings.address, f)) for f in ("INBOX", "已处理", "待处理")] == [0, 1, 2]


def test_a_display_name_is_no_address(world: MailWorld, user: str, annex2: Annex2) -> None:
    _, to, forms = started(world, user, annex2, 自动回复="是")
    stranger = "stranger@elsewhere.example"
    mail = report(stranger, forms[RELIEF]).replace(stranger.encode(), f"{to[RELIEF]} <{stranger}>".encode(), 1)
    world.dovecot.deliver(user, mail, sender=stranger)
    annex2("collect", now=NOW)
    assert annex2.status_text(2) is None
    assert len(inbox_of(world, to[RELIEF])) == 1
    assert any(stranger in problem for _, problem in items(annex2))


def test_a_mailbox_folder_is_the_one_that_was_named(world: MailWorld, user: str, annex2: Annex2) -> None:
    _, to, forms = started(world, user, annex2, 收件文件夹="报送（2023）")
    name = encode_folder("报送（2023）").decode()
    with imap(world, user) as connection:
        connection.create(name)
        connection.append(name, "", "", report(to[RELIEF], forms[RELIEF]))
    annex2("collect", now=NOW)
    assert annex2.status_text(2) == "甲"


def test_an_answer_that_has_lost_its_mail_is_left_to_a_person(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings, to, forms = started(world, user, annex2, 自动回复="是")
    faulty = fill(attachment(forms[RELIEF])[1], ["已覆盖。", None])
    reply(world, forms[RELIEF], to[RELIEF], settings.address, 救助=faulty)
    setting(annex2, "发件端口", "9")
    assert "未发送" in annex2("collect", now=NOW)[1]
    assert "回信没有发出" not in [kind for kind, _ in items(annex2)]
    assert settings.sending
    setting(annex2, "发件端口", str(settings.sending.port))
    with imap(world, user) as connection:
        connection.select("INBOX")
        connection.create("done")
        connection.uid("MOVE", "1:*", "done")
    annex2("collect", now=LATER)
    assert len(inbox_of(world, to[RELIEF])) == 1
    (told,) = (problem for kind, problem in items(annex2) if kind == "回信没有发出")
    assert RELIEF in told
    annex2("collect", now=LATER)
    assert [kind for kind, _ in items(annex2)].count("回信没有发出") == 1


def test_a_slow_clock_overrules_no_server(
    world: MailWorld, user: str, annex2: Annex2, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, to, forms = started(world, user, annex2)
    came = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0)
    with imap(world, user) as connection:
        connection.append("INBOX", "", imaplib.Time2Internaldate(came), report(to[RELIEF], forms[RELIEF]))
    # The machine's clock stays right, and the server refuses days to come: what the run reads of it is set back.
    monkeypatch.setattr("toolkit.collect.moment", lambda _, zone: datetime.now(zone) - timedelta(days=2))
    _, out, err = annex2("collect")
    (row,) = (r for r in annex2.cells("收件记录") if r["文件名"] == "救助.xlsx")
    assert row["收到时间"] == came.replace(tzinfo=None)
    assert "时钟不对" in out + err


def test_what_a_mail_says_beside_a_form_that_waits_is_told_with_it(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings, _, forms = started(world, user, annex2)
    good = "救助.xlsx", fill(attachment(forms[RELIEF])[1], ["甲", "乙"], "李超")
    words = "90个是暂定数，以4月10日补报的为准，请先不要上报。"
    mail_to(world, settings.address, "new.clerk@qq.com", "第一季度报送", words, good)
    annex2("collect", now=NOW)
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "待裁定")
    assert "来信里写着“90个是暂定数" in item["问题"]
    annex2.type(Sheet.ATTENTION, item["标识"], "处理意见", "接收此件")
    annex2("collect", now=LATER)
    (row,) = (r for r in annex2.cells("收件记录") if r["文件名"] == "救助.xlsx")
    assert row["结论"].startswith("接收")
    assert "来信里写着“90个是暂定数" in row["原因"]
    assert annex2.status_text(2) == "甲"
