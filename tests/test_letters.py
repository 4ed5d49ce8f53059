"""Mails of a division in which only words stand: what was asked for in a reminder must be read by somebody."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from conftest import Annex2

from toolkit.master.schema import Sheet

LATE = "2023-04-07T09:00"
ADDRESS = "jiuzhu@mzj.example"

QUOTED = """

------------------ 原始邮件 ------------------
发件人: "办公室" <office@mzj.example>;
主题: 【催报】第一季度已过报送截止日期（社会救助处）

第一季度的报送截止日期是4月5日，仍没有收到你们的报送。有困难不能报送的，请回复说明原因和预计报送的日期。
"""


def reply(annex2: Annex2, words: str, sender: str = ADDRESS, **headers: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "office@mzj.example", "回复：【催报】第一季度（社会救助处）"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words + QUOTED)
    (annex2.root / "inbox" / "回复.eml").write_bytes(mail.as_bytes())


@pytest.fixture
def chased(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", ADDRESS)
    return annex2


def test_a_reason_and_a_date_are_read_out_and_wait(chased: Annex2) -> None:
    reply(chased, "王主任：\n因低保系统升级，数据要到周五才能导出，\n预计4月10日报送。")
    _, out, _ = chased("check", chased.root / "inbox/回复.eml", now=LATE)
    assert "社会救助处来信，没有附件" in out
    assert chased("collect", now=LATE)[0] == 1
    (item,) = (r for r in chased.cells("待处理") if r["事项"] != "核对通知")
    assert "“王主任： 因低保系统升级，数据要到周五才能导出， 预计4月10日报送。”" in item["问题"]
    assert "原始邮件" not in item["问题"]
    assert "1 份收件待裁定" in chased("remind", now=LATE)[1]
    chased.type(Sheet.ATTENTION, item["标识"], "处理意见", "已处理")
    chased("collect", now=LATE)
    (item,) = (r for r in chased.cells("待处理") if r["事项"] != "核对通知")
    assert item["处理结果"] == "已处理（2023-04-07 09:00）"
    (receipt,) = chased.cells("收件记录")
    assert receipt["结论"] == "不处理"
    assert receipt["原因"].startswith("经人工处理，不算报送。")
    assert "待裁定" not in chased("remind", now=LATE)[1]


@pytest.mark.parametrize("words", ["收到，谢谢！", "好的", "王主任您好，已收到。\n发自我的iPhone", ""])
def test_a_courtesy_needs_nobody(chased: Annex2, words: str) -> None:
    reply(chased, words.replace("王主任", "主任"))
    assert chased("collect", now=LATE)[0] == 0
    assert [r["结论"] for r in chased.cells("收件记录")] == ["不处理"]


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("news@shop.example", {}),
        (ADDRESS, {"List_Id": "<all.mzj.example>"}),
        (ADDRESS, {"Auto_Submitted": "auto-replied"}),
    ],
)
def test_what_no_division_wrote_is_passed_over(chased: Annex2, sender: str, headers: dict[str, str]) -> None:
    reply(chased, "今年的春茶上市了，预计4月10日涨价。", sender, **headers)
    assert chased("collect", now=LATE)[0] == 0


RECEIPT = """\
From: {sender}
To: office@mzj.example
Subject: {subject}
MIME-Version: 1.0
Content-Type: multipart/report; report-type={type}; boundary="=b"

--=b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{words}

--=b
Content-Type: message/{type}

{status}
--=b--
"""


@pytest.mark.parametrize(
    ("type_", "status", "verdict"),
    [
        ("disposition-notification", "Final-Recipient: rfc822; a@b\nDisposition: manual; displayed\n", "不处理"),
        ("delivery-status", "Reporting-MTA: dns; b\n\nFinal-Recipient: rfc822; a@b\nAction: delivered\n", "不处理"),
        ("delivery-status", "Reporting-MTA: dns; b\n\nFinal-Recipient: rfc822; a@b\nAction: failed\n", "待裁定"),
        ("delivery-status", "Reporting-MTA: dns; b\n\nFinal-Recipient: rfc822; a@b\n", "待裁定"),
    ],
)
def test_a_mail_that_was_read_or_came_did_not_bounce(chased: Annex2, type_: str, status: str, verdict: str) -> None:
    mail = RECEIPT.format(sender=ADDRESS, subject="已读：第一季度", type=type_, words="您的邮件", status=status)
    (chased.root / "inbox" / "已读.eml").write_bytes(mail.encode())
    chased("collect", now=LATE)
    assert [r["结论"] for r in chased.cells("收件记录")] == [verdict]
