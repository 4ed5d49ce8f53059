"""A whole quarter by mail, through the command line and real servers: send, fill, reply, collect, answer."""

from __future__ import annotations

import contextlib
import json
import shutil
import smtplib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2, fill
from openpyxl import load_workbook
from test_scheduled import Clock

from mail.office import parsed
from mail.servers import MailWorld, Proxy
from toolkit import collected
from toolkit.collected import nothing_new
from toolkit.mail.settings import PASSWORD_VARIABLE, MailSettings
from toolkit.master.schema import Sheet
from toolkit.scheduled import runner
from toolkit.sending import CHANGED
from toolkit.workspace import Workspace

SENT, NOW, LATER = "2023-03-27T09:30", "2023-04-03T10:00", "2023-04-04T10:00"
UNITS = {"养老服务处": "yanglao", "社会救助处": "jiuzhu", "儿童福利处": "ertong"}


def set_up(
    annex2: Annex2, settings: MailSettings, user: str, units: Mapping[str, str] = UNITS, **more: str
) -> dict[str, str]:
    """What a clerk writes into 设置 and 处室; returns the divisions' addresses."""
    addresses = {d: f"{user}{name}@units.example" for d, name in units.items()}
    assert settings.receiving
    assert settings.sending
    values = {
        "邮箱地址": settings.address,
        "收件服务器": settings.receiving.host,
        "收件端口": str(settings.receiving.port),
        "收件加密": settings.receiving.security.value,
        "发件服务器": settings.sending.host,
        "发件端口": str(settings.sending.port),
        "发件加密": settings.sending.security.value,
        "邮件根证书": settings.root_certificate,
        **more,
    }
    book = load_workbook(annex2.master)
    sheet = book["设置"]
    for row in range(1, sheet.max_row + 1):
        item = sheet.cell(row, 1).value
        if item in values:
            sheet.cell(row, 2).value = values.pop(item)
    assert not values, f"a new master has no {values}"
    sheet = book["处室"]
    column = next(c.column for c in sheet[3] if c.value == "邮箱")
    for row in range(4, sheet.max_row + 1):
        if (name := sheet.cell(row, 1).value) in addresses:
            sheet.cell(row, column).value = addresses[name]
    book.save(annex2.master)
    return addresses


def raw(world: MailWorld, address: str, folder: str = "INBOX") -> list[bytes]:
    """What lies in a mailbox."""
    return world.dovecot.stored(address.partition("@")[0], folder)


def inbox_of(world: MailWorld, address: str) -> list[EmailMessage]:
    return [parsed(mail) for mail in raw(world, address)]


def reply(world: MailWorld, to: EmailMessage, sender: str, office: str, **attached: bytes) -> None:
    """What a division's mail program sends when someone presses 回复."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, office, f"回复：{to['Subject']}"
    mail["Message-ID"] = f"<{abs(hash((sender, tuple(attached))))}@units.example>"
    mail["In-Reply-To"] = mail["References"] = str(to["Message-ID"])
    mail.set_content("已填好，见附件。")
    for name, data in attached.items():
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"{name}.xlsx")
    with smtplib.LMTP("127.0.0.1", world.dovecot.lmtp) as lmtp:
        lmtp.send_message(mail, sender, [office])


def attachment(mail: EmailMessage) -> tuple[str, bytes]:
    (part,) = mail.iter_attachments()
    return str(part.get_filename()), part.get_payload(decode=True)


def test_a_whole_quarter(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是", 收件归档="移动")

    status, out, _ = annex2("send", "2023Q1", "--dry-run", now=SENT)
    assert "将要发送" in out
    assert "经分管局领导" in out
    assert "基层政权处没有邮箱" in out
    assert not any(raw(world, a) for a in to.values())
    status, out, error = annex2("send", "2023Q1", now=SENT)
    assert (status, error) == (1, "")  # one division has no address
    assert out.count("已发送") == 3
    assert annex2("send", "2023Q1", now=SENT)[1].count("以前已发送") == 3

    forms = {d: inbox_of(world, address) for d, address in to.items()}
    assert all(len(m) == 1 for m in forms.values())
    for division, (mail,) in forms.items():
        name, data = attachment(mail)
        assert name == annex2.form(division).name
        assert data == annex2.form(division).read_bytes()
    social, elderly, children = forms["社会救助处"][0], forms["养老服务处"][0], forms["儿童福利处"][0]
    good = fill(attachment(social)[1], ["救助体系已覆盖。", "标准已统一。"], "李超")
    reply(world, social, to["社会救助处"], settings.address, 救助=good)
    half = fill(attachment(elderly)[1], [*["正在推进，已做三成。"] * 5, None])
    reply(world, elderly, to["养老服务处"], settings.address, 养老=half)
    foreign = fill(attachment(children)[1], ["配了社工。"])
    reply(world, children, "stranger@elsewhere.example", settings.address, 儿童=foreign)

    done = annex2.json("collect", now=NOW)
    verdicts = {f["name"]: f["verdict"] for f in done["files"] if f["name"].endswith(".xlsx")}
    assert verdicts["救助.xlsx"] in ("accepted", "accepted with remarks")
    assert verdicts["养老.xlsx"] == "returned for correction"
    assert verdicts["儿童.xlsx"] == "held"  # an unknown sender is not merged
    assert annex2.status_text(2) == "救助体系已覆盖。"
    assert annex2.status_text(12) is None

    receipt = inbox_of(world, to["社会救助处"])[-1]
    back = inbox_of(world, to["养老服务处"])[-1]
    assert "已接收" in receipt.get_body().get_content()  # type: ignore[union-attr]
    assert receipt["In-Reply-To"]
    assert receipt["Auto-Submitted"] == "auto-replied"
    text = back.get_body().get_content()  # type: ignore[union-attr]
    assert "附件2!C10" in text
    assert "没有填写完成情况" in text
    assert attachment(back)[1] == annex2.form("养老服务处").read_bytes()
    assert not raw(world, "stranger@elsewhere.example")
    assert raw(world, settings.address) == []
    assert len(raw(world, settings.address, "已处理")) == 1
    assert len(raw(world, settings.address, "待处理")) == 2

    settled = annex2.master.read_bytes()
    again = annex2.json("collect", now=LATER)
    assert again["files"] == []
    assert annex2.master.read_bytes() == settled
    assert len(inbox_of(world, to["养老服务处"])) == 2  # no answer twice

    mended = fill(attachment(back)[1], ["正在推进，已做三成。"] * 6, "邓永付")
    reply(world, back, to["养老服务处"], settings.address, 养老改=mended)
    assert annex2.json("collect", now=LATER)["merged_cells"] == 1
    assert len(inbox_of(world, to["养老服务处"])) == 3


@pytest.mark.parametrize("how", ["drop", "pass"])
def test_cut_anywhere_and_run_again(world: MailWorld, user: str, annex2: Annex2, how: str) -> None:
    """The mailbox's connection is cut at every n-th piece: nothing lost, merged twice, or answered twice."""
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    proxy = Proxy(world.dovecot.imaps)
    through = world.settings(user, imap_port=proxy.port)
    set_up(annex2, through, user, 自动回复="是")
    annex2("collect", now=NOW)
    pieces = proxy.pieces
    proxy.stop()
    assert pieces > 10
    for expected, cut in enumerate(range(4, pieces + 6, 3), start=1):
        form = fill(attachment(mail)[1], [f"第{cut}次", "乙"], "李超")
        reply(world, mail, to["社会救助处"], settings.address, **{f"救助{cut}": form})
        proxy = Proxy(world.dovecot.imaps, cut, how)
        set_up(annex2, world.settings(user, imap_port=proxy.port), user, 自动回复="是")
        status, _, error = annex2("collect", now=LATER)
        assert status in (0, 1), error
        assert "Traceback" not in error
        proxy.stop()
        set_up(annex2, settings, user, 自动回复="是")
        annex2("collect", now=LATER)
        assert annex2.status_text(2) == f"第{cut}次"
        names = [r["文件名"] for r in annex2.cells("收件记录") if str(r["文件名"]).startswith("救助")]
        assert len(names) == len(set(names)) == expected
        answers = len(inbox_of(world, to["社会救助处"])) - 1
        assert answers == expected


def test_a_run_with_nothing_to_do_asks_the_mailbox(
    world: MailWorld, user: str, annex2: Annex2, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It need not read the master where no mail has come, and takes in the one that has."""
    monkeypatch.setattr(collected, "SETTLED_NS", 0)
    set_up(annex2, world.settings(user), user)
    (annex2.root / "inbox" / "说明.txt").write_text("请查收", "utf-8")
    workspace, at = Workspace(annex2.root), datetime.fromisoformat("2023-04-03T17:00")
    annex2("collect", now="2023-04-03T16:00")
    assert nothing_new(workspace, at, mail=True) is not None
    world.dovecot.deliver(user, b"Subject: x\r\n\r\nx\r\n")
    assert nothing_new(workspace, at, mail=True) is None
    assert nothing_new(workspace, at, mail=False) is not None
    assert "收到 2 份文件，新的 1 份" in annex2("collect", now="2023-04-03T17:00")[1]
    assert "收到 1 份文件，新的 0 份" in annex2("collect", now="2023-04-03T17:00")[1], "the mail is put away"
    assert nothing_new(workspace, at, mail=True) is not None
    monkeypatch.setenv(PASSWORD_VARIABLE, "wrong")
    assert nothing_new(workspace, at, mail=True) is None
    assert "收件服务器" in annex2("collect", now="2023-04-03T17:00")[1], "the whole run says what is wrong"


def test_a_form_that_changed_after_it_was_sent_is_told(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user)
    annex2("send", "2023Q1", now=SENT)
    annex2.type(Sheet.TASKS, "2023-02", "工作事项", "改过的工作事项")
    dry = annex2("send", "2023Q1", "--dry-run", now=NOW)[1]
    assert dry.count("发出以后表改过") == 1
    out = annex2("send", "2023Q1", now=NOW)[1]
    (line,) = (line for line in out.splitlines() if "发出以后表改过" in line)
    assert line.startswith("社会救助处")
    assert "  发出以后表改过，对方手里是旧表。要把新表发去" in line
    assert "--again" in line
    assert len(inbox_of(world, to["社会救助处"])) == 1
    annex2("send", "2023Q1", "--division", "社会救助处", "--again", now=NOW)
    first, second = inbox_of(world, to["社会救助处"])
    assert "以前发过的那一份作废，以这一份为准" in second.get_body().get_content()  # type: ignore[union-attr]
    assert second["In-Reply-To"] == first["Message-ID"]
    assert "发出以后表改过" not in annex2("send", "2023Q1", now=NOW)[1]


def setting(annex2: Annex2, item: str, value: str) -> None:
    book = load_workbook(annex2.master)
    for row in book["设置"].iter_rows():
        if row[0].value == item:
            row[1].value = value
    book.save(annex2.master)


def test_an_answer_that_could_not_be_sent_is_sent_the_next_time(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是", 收件归档="移动")
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    half = fill(attachment(mail)[1], ["救助体系已覆盖。", None])
    reply(world, mail, to["社会救助处"], settings.address, 救助=half)
    setting(annex2, "发件端口", "9")
    runner(Workspace(annex2.root), Clock("2023-04-03T09:05")).once()
    told = {o.job: o for o in runner(Workspace(annex2.root), Clock("2023-04-03T09:31")).once()}["收取回件"]
    assert not told.ok
    assert "1 封回复没有发出" in told.message
    assert len(raw(world, settings.address)) == 1, "its mail waits in the inbox"
    assert len(inbox_of(world, to["社会救助处"])) == 1
    assert settings.sending
    setting(annex2, "发件端口", str(settings.sending.port))
    stands = annex2.cells("收件记录")
    done = annex2.json("collect", now=LATER)
    assert done["merged_cells"] == 0
    assert annex2.cells("收件记录") == stands
    back = inbox_of(world, to["社会救助处"])[-1]
    assert "没有填写完成情况" in back.get_body().get_content()  # type: ignore[union-attr]
    assert raw(world, settings.address) == []
    annex2.json("collect", now=LATER)
    assert len(inbox_of(world, to["社会救助处"])) == 2


def test_answers_outlast_a_server_that_is_down(world: MailWorld, user: str, annex2: Annex2) -> None:
    """However often it was tried; the reports are in the master, so that nobody's reminder waits for that."""
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是", 收件归档="移动")
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    reply(world, mail, to["社会救助处"], settings.address, 救助=fill(attachment(mail)[1], ["已覆盖。", None]))
    setting(annex2, "发件端口", "9")
    for minute in range(7):
        status, out, _ = annex2("collect", now=f"2023-04-03T10:0{minute}")
        assert status == 1
        assert "未发送" in out
        assert len(raw(world, settings.address)) == 1
    clock = Clock("2023-04-03T09:05")
    made = runner(Workspace(annex2.root), clock)
    made.once()
    clock.now = Clock("2023-04-03T10:35").now
    told = {o.job: o for o in made.once()}
    assert "端口）。" in told["收取回件"].message
    assert "怎么办：核对“发件端口”" in told["收取回件"].message
    assert "先不催报" not in told["提醒和催报"].message
    assert settings.sending
    setting(annex2, "发件端口", str(settings.sending.port))
    annex2("collect", now=LATER)
    back = inbox_of(world, to["社会救助处"])[-1]
    assert "没有填写完成情况" in back.get_body().get_content()  # type: ignore[union-attr]
    assert raw(world, settings.address) == []
    assert not [r for r in annex2.cells("待处理") if str(r["标识"]).startswith("answer:")]


def test_an_answer_that_is_given_up_is_left_to_a_person(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    reply(world, mail, to["社会救助处"], settings.address, 救助=fill(attachment(mail)[1], ["已覆盖。", None]))
    world.post.handler.refuse.add(to["社会救助处"])
    for minute in range(6):
        annex2("collect", now=f"2023-04-03T10:0{minute}")
    world.post.handler.refuse.clear()
    (item,) = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("answer:"))
    assert item["事项"] == "回信没有发出"
    assert item["位置"] == f"社会救助处（{to['社会救助处']}）"
    assert "没有这个用户" in item["问题"]
    assert "这份表要修改，见“收件记录”里的“原因”" in item["怎么办"]
    assert item["处理结果"] is None
    annex2.type(Sheet.ATTENTION, item["标识"], "处理意见", "已处理")
    annex2("collect", now="2023-04-03T11:00")
    annex2("collect", now="2023-04-03T11:01")
    (item,) = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("answer:"))
    assert str(item["处理结果"]).startswith("已处理")


@pytest.mark.parametrize(
    ("texts", "sender", "told"),
    [(["甲", "乙"], "社会救助处", "这份表已接收"), (None, "养老服务处", "这份表已收到，正在核对")],
)
def test_an_answer_that_a_crash_cut_off_is_told_by_what_became_of_the_file(
    world: MailWorld, user: str, annex2: Annex2, texts: list[str] | None, sender: str, told: str
) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2("send", "2023Q1", now=SENT)
    form = attachment(inbox_of(world, to["社会救助处"])[0])[1]
    mail = inbox_of(world, to[sender])[0]
    reply(world, mail, to[sender], settings.address, 表=fill(form, texts, "李超"))
    annex2("collect", now=NOW)
    record = annex2.root / ".annex2/sent.jsonl"
    lines = record.read_text("utf-8").splitlines(keepends=True)
    assert '"answer:' in lines[-1]
    record.write_text("".join(lines[:-1]), "utf-8")  # killed before the server's answer
    annex2("collect", now=LATER)
    (item,) = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("answer:"))
    assert item["事项"] == "回信不知道发出没有"
    assert told in str(item["怎么办"])


def test_what_a_person_decides_about_a_file_is_told_once(world: MailWorld, user: str, annex2: Annex2) -> None:
    """Its sender was told that it must be mended, or is being looked at."""
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2("send", "2023Q1", now=SENT)
    forms = {d: inbox_of(world, a)[0] for d, a in to.items()}
    social, elderly, children = (attachment(forms[d])[1] for d in ("社会救助处", "养老服务处", "儿童福利处"))

    def answer(division: str, form: bytes) -> None:
        reply(world, forms[division], to[division], settings.address, 表=form)

    answer("社会救助处", fill(social, ["已覆盖。", None]))  # goes back
    answer("养老服务处", fill(children, ["配了社工。"], "高原"))  # another's form, whole
    book = load_workbook(BytesIO(fill(elderly, [*["正在推进，已做三成。"] * 5, None])))  # not whole
    book.worksheets[0]["A2"] = "2023年市民政局儿童福利处第一季度工作目标完成情况"
    book.save(titled := BytesIO())
    answer("儿童福利处", titled.getvalue())  # another's form under its own title
    annex2.json("collect", now=NOW)
    before = {d: inbox_of(world, a) for d, a in to.items()}
    assert [len(m) for m in before.values()] == [2, 2, 2]
    words = {d: m[-1].get_body().get_content() for d, m in before.items()}  # type: ignore[union-attr]
    assert "需要修改" in words["社会救助处"]
    assert "正由我们核对" in words["养老服务处"]
    assert "正由我们核对" in words["儿童福利处"]

    for item in annex2.cells("待处理"):
        if str(item["标识"]).partition(":")[0] in ("file", "return"):
            annex2.type(Sheet.ATTENTION, item["标识"], "处理意见", "接收此件")
    annex2("collect", now=LATER)
    after = {d: inbox_of(world, a)[2:] for d, a in to.items()}
    texts = {d: m.get_body().get_content() for d, (m,) in after.items()}  # type: ignore[union-attr]
    assert "经核对，已接收，不用再报" in texts["社会救助处"]
    told = "（儿童福利处的表）：经核对，已作为儿童福利处的报送接收；养老服务处自己的表还没有报的，仍要报"
    assert told in texts["养老服务处"]
    assert "（养老服务处的表）：需要修改后重报" in texts["儿童福利处"]
    assert "没有填写完成情况" in texts["儿童福利处"]
    assert attachment(after["儿童福利处"][0]) == attachment(forms["养老服务处"])
    for division, (mail,) in after.items():
        assert mail["In-Reply-To"] == before[division][-1]["Message-ID"]
        assert mail["Auto-Submitted"] == "auto-replied"

    annex2("collect", now="2023-04-04T11:00")
    assert [len(inbox_of(world, a)) for a in to.values()] == [3, 3, 3]

    # what was told does not hold any more; and an original that is lost costs nobody an answer
    taken = next(r for r in annex2.cells("收件记录") if r["处室"] == "社会救助处" and r["结论"].startswith("接收"))
    annex2.type(Sheet.RECEIPTS, str(taken["编号"]), "结论", "不处理")
    for path in (annex2.root / "archive/originals").rglob("*.xlsx"):
        path.unlink()
    answer("社会救助处", fill(social, ["已全部覆盖。", "标准已统一。"], "李超"))
    annex2("collect", now="2023-04-04T12:00")
    assert len(inbox_of(world, to["社会救助处"])) == 4
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "回信要更正")
    assert f"第{taken['编号']}号收件“表.xlsx”已接收，现在的结论是“不处理”" in item["问题"]


def test_an_answer_that_may_have_gone_out_is_left_to_a_person(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    reply(world, mail, to["社会救助处"], settings.address, 救助=fill(attachment(mail)[1], ["已覆盖。", None]))
    proxy = Proxy(world.post.ssl.port)
    world.post.handler.delivered = proxy.cut_next
    setting(annex2, "发件端口", str(proxy.port))
    status, out, _ = annex2("collect", now=NOW)
    world.post.handler.delivered = lambda: None
    proxy.stop()
    assert status == 1
    assert "没有收到就自己回信" in out
    assert "--again" not in out
    (item,) = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("answer:"))
    assert item["事项"] == "回信不知道发出没有"


def test_a_full_mailbox_holds_up_no_reminder(
    world_of_full_mailboxes: MailWorld, user: str, annex2: Annex2
) -> None:
    world = world_of_full_mailboxes
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 收件归档="移动")
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    reply(world, mail, to["社会救助处"], settings.address, 救助=fill(attachment(mail)[1], ["甲", "乙"], "李超"))
    clock = Clock("2023-04-06T08:00")
    made = runner(Workspace(annex2.root), clock)
    made.once()
    clock.now = Clock("2023-04-06T09:35").now
    outcomes = {o.job: o for o in made.once()}
    assert not outcomes["收取回件"].ok
    assert "邮箱满了，收完的邮件没有移到“已处理”" in outcomes["收取回件"].message
    assert outcomes["提醒和催报"].ok
    assert annex2.status_text(2) == "甲"
    assert [len(inbox_of(world, a)) for a in to.values()] == [2, 1, 2]
    assert len(raw(world, settings.address)) == 1, "it comes again"


def test_nobody_is_reminded_while_the_mailbox_cannot_be_read(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user)
    annex2("send", "2023Q1", now=SENT)
    setting(annex2, "收件端口", "9")
    clock = Clock("2023-04-06T08:00")
    made = runner(Workspace(annex2.root), clock)
    made.once()
    clock.now = Clock("2023-04-06T09:35").now
    outcomes = {o.job: o for o in made.once()}
    assert not outcomes["收取回件"].ok
    assert not outcomes["提醒和催报"].ok
    assert "先不催报" in outcomes["提醒和催报"].message
    assert all(len(inbox_of(world, a)) == 1 for a in to.values())
    assert settings.receiving
    setting(annex2, "收件端口", str(settings.receiving.port))
    clock.now = Clock("2023-04-06T10:35").now
    assert {o.job: o.ok for o in made.once()} == {"收取回件": True, "提醒和催报": True}
    assert all(len(inbox_of(world, a)) == 2 for a in to.values())


def test_what_was_held_back_runs_once_a_person_has_collected(world: MailWorld, user: str, annex2: Annex2) -> None:
    """Neither chased nor named in a 通报 while the mailbox cannot be read; then at once, not at the next day's time."""
    settings = world.settings(user)
    to = set_up(annex2, settings, user)
    annex2("send", "2023Q1", now=SENT)
    (mail,) = inbox_of(world, to["社会救助处"])
    reply(world, mail, to["社会救助处"], settings.address, 救助=fill(attachment(mail)[1], ["甲", "乙"], "李超"))
    setting(annex2, "收件端口", "9")
    for job in ("收取回件", "提醒和催报", "更新状态页", "出通报"):
        annex2.type(Sheet.JOBS, job, "时间", "每天 09:00")
    annex2.type(Sheet.JOBS, "出通报", "状态", "启用")
    clock = Clock("2023-04-12T08:55")
    made = runner(Workspace(annex2.root), clock)

    def look(moment: str) -> dict[str, str]:
        clock.now = Clock(f"2023-04-12T{moment}").now
        return {o.job: o.message for o in made.once()}

    look("08:55")
    told = look("09:00")
    assert "先不催报" in told["提醒和催报"]
    assert "先不出通报" in told["出通报"]
    assert "“收取回件”没有成功：报来的可能还在邮箱里" in told["更新状态页"]
    assert "“收取回件”没有成功" in (annex2.root / "summary/报送情况.html").read_text("utf-8")
    for moment in ("09:01", "09:07", "09:23", "10:24"):
        assert set(look(moment)) == {"收取回件", "提醒和催报", "出通报"}
    assert look("10:30") == {}, "given up until the next day"
    assert settings.receiving
    setting(annex2, "收件端口", str(settings.receiving.port))
    annex2("collect", now="2023-04-12T10:40")
    setting(annex2, "收件端口", "9")
    assert "收件服务器" in look("10:41")["收取回件"]
    setting(annex2, "收件端口", str(settings.receiving.port))
    told = look("10:43")
    assert "发出提醒" in told["提醒和催报"]
    assert "已生成" in told["出通报"]
    assert [len(inbox_of(world, a)) for a in to.values()] == [2, 1, 2]
    results = {str(r["标识"]): r["处理结果"] for r in annex2.cells("待处理") if r["事项"] == "定时任务失败"}
    assert results == dict.fromkeys(("job:收取回件", "job:提醒和催报", "job:出通报"), "已恢复正常")
    assert look("10:50") == {}


def test_two_divisions_may_share_an_address(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", to["社会救助处"])
    annex2("send", "2023Q1", now=SENT)
    forms = inbox_of(world, to["社会救助处"])
    assert len(forms) == 2
    (mail,) = (m for m in forms if "儿童福利处" in str(m["Subject"]))
    reply(world, mail, to["社会救助处"], settings.address, 儿童=fill(attachment(mail)[1], ["福利一"], "彭莉莉"))
    done = annex2.json("collect", now=NOW)
    (file,) = (f for f in done["files"] if f["name"] == "儿童.xlsx")
    assert "sender_differs" not in {x["code"] for x in file["findings"]}
    back = inbox_of(world, to["社会救助处"])[-1]
    text = back.get_body().get_content()  # type: ignore[union-attr]
    assert text.startswith("儿童福利处：")
    assert "的表）" not in text


def test_what_send_says_of_moved_addresses_and_void_forms(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2("send", "2023Q1", now=SENT)
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", f"{user}new@units.example")
    annex2.type(Sheet.TASKS, "2023-12", "牵头处室", "养老服务处")
    out = annex2("send", "2023Q1", now=NOW)[1]
    assert f"上次发到 {to['社会救助处']}，没有发到 {user}new@units.example" in out
    assert "以前发过表、这次没有它要报的处室：儿童福利处" in out
    assert "截止日期已经过了" not in out
    again = annex2("send", "2023Q1", "--again", "--division", "社会救助处", now="2023-04-08T09:00")[1]
    assert "截止日期已经过了" in again
    (mail,) = inbox_of(world, f"{user}new@units.example")
    assert "以前发过" not in mail.get_body().get_content(), "not to this address"  # type: ignore[union-attr]
    assert mail["In-Reply-To"] is None


def test_a_division_that_was_renamed_has_had_its_form_and_reminder(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2("send", "2023Q1", now=SENT)
    annex2("remind", now="2023-04-10T09:00")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "别名", "社会救助处")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "名称", "社会救助中心")
    out = annex2("send", "2023Q1", now="2023-04-10T09:30")[1]
    assert "发给它时叫“社会救助处”，那份表仍然能报" in out
    assert "作废" not in out
    annex2("remind", now="2023-04-10T10:00")
    assert len(inbox_of(world, to["社会救助处"])) == 2
    annex2("remind", now="2023-04-13T10:00")
    form_, _, chased = inbox_of(world, to["社会救助处"])
    assert "社会救助中心" in str(chased["Subject"])
    assert chased["In-Reply-To"] == form_["Message-ID"]
    annex2("send", "2023Q1", "--again", "--division", "社会救助中心", now="2023-04-13T10:30")
    assert "作废" not in annex2("send", "2023Q1", "--dry-run", now="2023-04-13T10:40")[1]
    words = inbox_of(world, to["社会救助处"])[-1].get_body().get_content()  # type: ignore[union-attr]
    assert "以前发过" not in words, "nobody knows whether its tasks are the same"


@pytest.mark.parametrize("mailbox", ["ertong", "jiuzhu"])
def test_a_division_that_lives_on_as_an_alias_is_no_older_name(
    world: MailWorld, user: str, annex2: Annex2, mailbox: str
) -> None:
    """Its row is deleted and its name is written into another's 别名: the other's form is not the one it had."""
    set_up(annex2, world.settings(user), user, {**UNITS, "儿童福利处": mailbox})
    annex2("send", "2023Q1", now=SENT)
    annex2.type(Sheet.DIVISIONS, "社会救助处", "别名", "儿童福利处")
    book = load_workbook(annex2.master)
    for cell in next(r for r in book["处室"].iter_rows(min_row=4) if r[0].value == "儿童福利处"):
        cell.value = None
    book.save(annex2.master)
    out = annex2("send", "2023Q1", now="2023-03-30T09:30")[1]
    assert CHANGED in out
    assert "没有它要报的处室：儿童福利处；手里的表作废" in out
    assert not any(said in out for said in ("上次发到", "那份表仍然能报"))


def test_the_offices_own_new_mailbox_changes_no_form(world: MailWorld, user: str, annex2: Annex2) -> None:
    set_up(annex2, world.settings(user), user)
    annex2("send", "2023Q1", now=SENT)
    set_up(annex2, replace(world.settings(user), address=f"{user}@another.example"), user)
    assert "旧表" not in annex2("send", "2023Q1", now=NOW)[1]


def test_a_wrong_address_stops_its_own_division_only(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "李超")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "领导邮箱", "邓永付")
    status, out, _ = annex2("remind", now="2023-04-10T09:00")
    assert status == 1
    assert "没有提醒：处室!邮箱（社会救助处）" in out
    assert "养老服务处、社会救助处、儿童福利处、基层政权处的分管领导没有能用的邮箱" in out
    assert len(inbox_of(world, to["养老服务处"])) == 1
    checks = annex2("doctor", "--no-mailbox")[1] + annex2("doctor")[1]
    assert "处室!领导邮箱（养老服务处）" in checks


def test_drafts_of_divisions_that_owe_nothing_any_more_are_put_away(annex2: Annex2) -> None:
    for name in ("社会救助处", "儿童福利处"):
        annex2.type(Sheet.DIVISIONS, name, "邮箱", "a@units.example")
    annex2("send", "2023Q1", "--drafts", now=SENT)
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "免报节点", "2023Q1")
    annex2("send", "2023Q1", "--drafts", now=SENT)
    folder = annex2.root / "outbox/2023Q1/邮件草稿"
    assert [p.name for p in folder.glob("*.eml")] == ["社会救助处.eml"]
    assert [p.name for p in (folder / "旧版").iterdir()] == ["儿童福利处（1）.eml"]


def test_drafts_for_offices_without_a_server(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["处室"]
    column = next(c.column for c in sheet[3] if c.value == "邮箱")
    sheet.cell(4, column).value = "a@units.example"
    book.save(annex2.master)
    status, out, _ = annex2("send", "2023Q1", "--drafts", now=SENT)
    assert status == 1
    assert "草稿" in out
    (draft,) = (annex2.root / "outbox/2023Q1/邮件草稿").glob("*.eml")
    message: Any = parsed(draft.read_bytes())
    assert message["X-Unsent"] == "1"
    assert attachment(message)[0].endswith(".xlsx")
    status, _, error = annex2("send", "2023Q1", now=SENT)
    assert status == 2
    assert "--drafts" in error


def test_the_mail_corpus_in_the_mailbox(world: MailWorld, user: str, annex2: Annex2, shared: Path) -> None:
    """Hard mails of others: collected to the end, each accounted for, none merged."""
    set_up(annex2, world.settings(user), user, 收件起始日期="1990-01-01")
    files = sorted(p for p in (shared / "corpus" / "mail").iterdir() if p.is_file())
    for path in files:
        data = path.read_bytes().replace(b"\0", b"").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        with contextlib.suppress(smtplib.SMTPException):
            world.dovecot.deliver(user, data)
    there = len(raw(world, f"{user}@office.example"))
    assert there > 90
    done = annex2.json("collect", now=NOW)
    mails = [f for f in done["files"] if f["path"].startswith("邮箱/") and "!" not in f["path"]]
    assert len(mails) == there
    assert done["merged_cells"] == 0
    receipts = annex2.cells("收件记录")
    assert all(r["结论"] in ("待裁定", "不处理", "退回修改") and r["原因"] for r in receipts)
    assert annex2.json("collect", now=LATER)["files"] == []


def test_a_bounce_names_the_address_and_a_mail_its_evidence(world: MailWorld, user: str, annex2: Annex2) -> None:
    set_up(annex2, world.settings(user), user)
    bounce = (
        b"From: MAILER-DAEMON@mx.example\r\nTo: office@office.example\r\nSubject: Undelivered Mail\r\n"
        b"Auto-Submitted: auto-replied\r\nContent-Type: text/plain\r\n\r\n"
        b"<nobody@units.example>: host mx said: 550 5.1.1 User unknown\r\n"
    )
    reply_mail = EmailMessage()
    reply_mail["From"], reply_mail["Subject"] = "jz@units.example", "附件"
    reply_mail["Authentication-Results"] = "mx.office.example; spf=pass smtp.mailfrom=units.example; dkim=fail"
    reply_mail.set_content("见附件")
    reply_mail.add_attachment(b"%PDF-1.4 page", maintype="application", subtype="pdf", filename="扫描.pdf")
    annex2("fanout", "2023Q1")
    back = EmailMessage()
    back["From"], back["Subject"], back["Return-Path"] = "MAILER-DAEMON@mx.example", "退信", "<>"
    back.set_content("<jc@units.example>: user unknown")
    quoted = EmailMessage()
    quoted["From"], quoted["Subject"] = "office@office.example", "关于报送的通知"
    form = annex2.form("基层政权处")
    quoted.add_attachment(form.read_bytes(), maintype="application", subtype="xlsx", filename=form.name)
    back.add_attachment(quoted)
    world.dovecot.deliver(user, bounce, reply_mail.as_bytes(), back.as_bytes())
    done = annex2.json("collect", now=NOW)
    (blank,) = (f for f in done["files"] if f["name"] == form.name)
    assert [f["code"] for f in blank["findings"]] == ["in_a_bounce"]
    (round_,) = annex2.json("status", "2023Q1", now=NOW)["rounds"]
    assert {d["division"]: d["state"] for d in round_["divisions"]}["基层政权处"] == "due_soon"
    reasons = " ".join(str(r["原因"]) for r in annex2.cells("收件记录"))
    assert "nobody@units.example" in reasons
    assert "发件人 jz@units.example" in reasons
    assert "spf pass" in reasons
    assert "dkim fail" in reasons
    assert any("nobody@units.example" in str(r["问题"]) for r in annex2.cells("待处理"))


def test_a_copy_of_the_workspace_is_told_that_the_other_one_goes_on(
    world: MailWorld, user: str, annex2: Annex2, tmp_path: Path
) -> None:
    """Each would collect half of the mail, and both would chase."""
    set_up(annex2, world.settings(user), user)
    annex2("send", "2023Q1", now=SENT)
    told = f"的 {annex2.root} 收发邮件的"
    copy = Annex2(Path(shutil.copytree(annex2.root, tmp_path / "新电脑")))
    assert told in copy("doctor", "--no-mailbox")[1]
    assert told in copy("remind", "--dry-run", now="2023-03-29T10:00")[1]
    assert told in copy("collect", now="2023-03-29T10:00")[1]
    for words in (("collect",), ("remind",)):
        assert told not in "".join(map(str, copy(*words, now="2023-03-29T10:30"))), "once"
    annex2.root = annex2.root.rename(tmp_path / "改了名")
    assert "收发邮件的" not in annex2("remind", now="2023-04-04T10:00")[1]
    places = annex2.root / ".annex2/places.json"
    places.write_text(json.dumps([["OLD-PC", r"D:\2023报送"]]), "utf-8")
    assert r"“OLD-PC”的 D:\2023报送 收发邮件的" in annex2("send", "2023Q1", now=LATER)[2]
    assert "收发邮件的" not in "".join(map(str, annex2("send", "2023Q1", now=LATER)))


def test_what_came_back_can_be_sent_again_as_it_is_advised(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2("send", "2023Q1", now=SENT)
    back = EmailMessage()
    back["From"], back["Subject"], back["Return-Path"] = "MAILER-DAEMON@mx.example", "退信", "<>"
    back.set_content(f"您的邮件无法送达 {to['社会救助处']}：邮箱已满")
    world.dovecot.deliver(user, back.as_bytes())
    annex2("collect", now=NOW)
    (item,) = (r for r in annex2.cells("待处理") if "退信" in str(r["问题"]))
    assert "“处室”里社会救助处的邮箱" in item["怎么办"]
    command = str(item["怎么办"]).partition("运行 annex2 ")[2].partition(" 再发一次")[0]
    assert "已发送" in annex2(*command.split(), now=LATER)[1]
    assert [len(inbox_of(world, a)) for a in to.values()] == [1, 2, 1]


@pytest.mark.parametrize(
    ("checked", "held"),
    [
        ("", False),
        ("mx.office.example; spf=pass; dkim=none; dmarc=pass", False),
        ("mx.office.example; spf=fail; dkim=pass", False),
        ("mx.office.example; spf=softfail; dkim=none; dmarc=fail", True),
        ("mx.office.example; spf=fail; dkim=none", True),
    ],
)
def test_who_only_says_to_be_the_office_is_a_stranger(
    world: MailWorld, user: str, annex2: Annex2, checked: str, held: bool
) -> None:
    set_up(annex2, world.settings(user), user)
    annex2("fanout", "2023Q1")
    path = annex2.deliver("社会救助处", texts=("救助一", "标准一"))
    mail = EmailMessage()
    mail["From"], mail["Subject"] = f"{user}@office.example", "代社会救助处报送"
    if checked:
        mail["Authentication-Results"] = checked
    mail.set_content("见附件")
    mail.add_attachment(path.read_bytes(), maintype="application", subtype="xlsx", filename=path.name)
    path.unlink()
    world.dovecot.deliver(user, mail.as_bytes())
    annex2("collect", now=NOW)
    assert annex2.status_text(2) == (None if held else "救助一")
    (receipt,) = (r for r in annex2.cells("收件记录") if str(r["文件名"]).endswith(".xlsx"))
    assert (receipt["结论"] == "待裁定") is held
    assert ("服务器验证没有通过" in str(receipt["原因"])) is held
    assert annex2.json("collect", now=LATER)["files"] == []
