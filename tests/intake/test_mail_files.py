"""Mails as Chinese mail programs write them, and as none should."""

from __future__ import annotations

import base64
import email.message
import email.policy
import io
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from openpyxl import Workbook

from toolkit.intake import mailfile
from toolkit.intake.deliveries import deliveries
from toolkit.intake.mailfile import heading
from toolkit.intake.unpack import MailFacts, Unpacked, unpack, walk
from toolkit.intake.words import decode_header

NAME = "养老服务处第一季度（朱镕基）.xlsx"
FORM = b"a,b\n1,2\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)

HEAD = (
    b"Return-Path: <zhang@example.cn>\r\n"
    b"Received: from mx (mx [10.0.0.1]) by mail.example.cn; Wed, 5 Apr 2023 09:12:30 +0800 (CST)\r\n"
    b"Received: from pc by mx; Tue, 4 Apr 2023 23:00:00 +0800\r\n"
    b"From: =?gb2312?B?" + base64.b64encode("张闻舟".encode("gbk")) + b"?= <Zhang@Example.cn>\r\n"
    b"To: office@example.cn\r\nDate: Wed, 5 Apr 2023 09:12:00 +0800\r\nMIME-Version: 1.0\r\n"
)


def mail(disposition: bytes = b"", content_type: bytes = b"application/octet-stream", more: bytes = b"") -> bytes:
    """A mail with one attachment, whose two headers are given as they are."""
    return (
        HEAD + more + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; '
        b"charset=gb2312\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + "请查收，镕".encode("gb18030")
        + b"\r\n--b\r\nContent-Type: " + content_type + b"\r\nContent-Disposition: attachment" + disposition
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(FORM) + b"\r\n--b--\r\n"
    )  # fmt: skip


def open_up(data: bytes, name: str = "x.eml") -> Unpacked:
    found = unpack(name, data)
    assert found is not None
    return found


def facts(data: bytes) -> MailFacts:
    found = open_up(data).mail
    assert found is not None
    return found


def word(text: str, charset: str, declared: str = "", kind: str = "B") -> bytes:
    raw = text.encode(charset)
    body = base64.b64encode(raw) if kind == "B" else "".join(f"={c:02X}" for c in raw).encode()
    return b"=?" + (declared or charset).encode() + b"?" + kind.encode() + b"?" + body + b"?="


def pieces(text: str, size: int = 30) -> bytes:
    quoted = quote(text.encode())
    parts = [quoted[i : i + size] for i in range(0, len(quoted), size)]
    parts[0] = f"utf-8''{parts[0]}"
    return "".join(f";\r\n filename*{i}*={p}" for i, p in enumerate(parts)).encode()


def cut_words(text: str, charset: str, size: int) -> bytes:
    """Encoded words cut in the middle of characters, as several programs do."""
    raw = text.encode(charset)
    bodies = [base64.b64encode(raw[i : i + size]) for i in range(0, len(raw), size)]
    return b"\r\n ".join(b"=?" + charset.encode() + b"?B?" + body + b"?=" for body in bodies)


NAMES = {
    "RFC 2047 in the parameter": b'; filename="' + word(NAME, "utf-8") + b'"',
    "the same without quotation marks": b"; filename=" + word(NAME, "utf-8"),
    "in Q": b'; filename="' + word(NAME, "utf-8", kind="Q") + b'"',
    "GBK that calls itself GB2312": b'; filename="' + word(NAME, "gb18030", "GB2312") + b'"',
    "words cut inside characters": b'; filename="' + cut_words(NAME, "utf-8", 16) + b'"',
    "words cut inside characters of GBK": b'; filename="' + cut_words(NAME, "gb18030", 7) + b'"',
    "RFC 2231": b"; filename*=utf-8''" + quote(NAME.encode()).encode(),
    "RFC 2231 that calls GBK GB2312": b"; filename*=gb2312''" + quote(NAME.encode("gb18030")).encode(),
    "RFC 2231 in pieces": pieces(NAME),
    "RFC 2231 beside a poor copy": b'; filename="____.xlsx"; filename*=UTF-8\'\'' + quote(NAME.encode()).encode(),
    "raw GBK": b'; filename="' + NAME.encode("gb18030") + b'"',
    "raw UTF-8": b'; filename="' + NAME.encode() + b'"',
    "raw UTF-8 without quotation marks": b"; filename=" + NAME.encode(),
}


@pytest.mark.parametrize("disposition", NAMES.values(), ids=NAMES.keys())
def test_names_of_attachments(disposition: bytes) -> None:
    found = open_up(mail(disposition))
    assert [(m.name, m.data, m.inline) for m in found.members] == [(NAME, FORM, False)]
    assert not found.findings


def test_name_in_the_content_type_alone() -> None:
    found = open_up(mail(content_type=b'application/vnd.ms-excel; name="' + word(NAME, "gbk") + b'"'))
    assert [m.name for m in found.members] == [NAME]


def test_path_as_name_and_no_name_at_all() -> None:
    assert open_up(mail(b'; filename="C:\\\\Users\\\\x\\\\a.xlsx"')).members[0].name == "a.xlsx"
    assert open_up(mail(b'; filename="..\\..\\a.xlsx"')).members[0].name == "a.xlsx"
    assert open_up(mail(content_type=b"application/pdf")).members[0].name == "附件1.pdf"
    assert not open_up(mail(b'; filename="~$a.xlsx"')).members


def test_head() -> None:
    more = (
        b"Subject: " + cut_words("第一季度报送", "gb18030", 5).replace(b"gb18030", b"gb2312") + b"\r\n"
        b"Message-ID: <a@example.cn>\r\nIn-Reply-To: <b@office>\r\nReferences: <c@office>\r\n <b@office>\r\n"
        b"Authentication-Results: mail.example.cn 1; spf=pass (ok; fine) smtp.mailfrom=x;\r\n dkim=fail; dmarc=none\r\n"
        b"Authentication-Results: liar.example; spf=pass; dkim=pass\r\n"
    )
    found = facts(mail(more=more))
    zone = timedelta(hours=8)
    assert (found.sender, found.sender_name, found.subject) == ("zhang@example.cn", "张闻舟", "第一季度报送")
    assert found.date == datetime(2023, 4, 5, 1, 12, tzinfo=UTC)
    assert found.received == datetime(2023, 4, 5, 1, 12, 30, tzinfo=UTC)
    assert found.received.utcoffset() == zone
    assert (found.message_id, found.in_reply_to) == ("<a@example.cn>", "<b@office>")
    assert found.references == ("<c@office>", "<b@office>")
    assert found.to == ("office@example.cn",)
    assert found.authority == "mail.example.cn"
    assert found.authentication == {"spf": "pass", "dkim": "fail", "dmarc": "none"}
    assert found.body.strip() == "请查收，镕"
    assert [found.automatic, found.bounce, found.listed] == [False] * 3


@pytest.mark.parametrize(
    ("head", "marks"),
    [
        (b"Auto-Submitted: auto-replied\r\n", "automatic"),
        (b"Auto-Submitted: no\r\n", ""),
        (b"X-Auto-Response-Suppress: All\r\n", "automatic"),
        (b"X-Autoreply: yes\r\n", "automatic"),
        (b"Precedence: auto_reply\r\n", "automatic"),
        (b"Precedence: bulk\r\n", "listed"),
        (b"List-Id: <x.example.cn>\r\n", "listed"),
    ],
)
def test_mails_that_must_not_be_answered(head: bytes, marks: str) -> None:
    found = facts(mail(more=head))
    assert {n for n in ("automatic", "listed", "bounce") if getattr(found, n)} == ({marks} if marks else set())


def test_bounces() -> None:
    assert facts(mail().replace(b"<zhang@example.cn>\r\nReceived", b"<>\r\nReceived")).bounce
    report = (
        HEAD + b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\n'
        b"undelivered\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; x\r\n\r\nAction: failed\r\n\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: o@x\r\nSubject: form\r\n\r\nhello\r\n--b--\r\n"
    )
    found = open_up(report)
    assert found.mail is not None
    assert found.mail.bounce
    assert found.mail.automatic
    assert [m.name for m in found.members] == ["form.eml"]


def test_a_bounce_accuses_only_the_address_that_failed() -> None:
    quoted = "From: office@office.example\r\nTo: bad@units.example, good@units.example\r\nSubject: form\r\n\r\nx\r\n"
    failed, passed = (f"Final-Recipient: rfc822; {a}@units.example\r\nAction: " for a in ("bad", "good"))
    report = (
        "From: Postmaster@163.com\r\nTo: office@office.example\r\nSubject: Undeliverable\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.163.com\r\n\r\n"
        f"{failed}failed\r\n\r\n{passed}delivered\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\n{quoted}--b--\r\n"
    )
    words = (
        "From: MAILER-DAEMON@mx.example\r\nTo: office@office.example\r\nSubject: Undelivered Mail\r\n\r\n"
        f"Delivery to the following recipient failed:\r\n\r\n    bad@units.example\r\n\r\n"
        f"----- Original message -----\r\n{quoted}"
    )
    for bounce in (report, words):
        itself = next(iter(deliveries("退信.eml", bounce.encode())))
        (told,) = (f.message for f in itself.findings or () if f.code == "bounce")
        assert "bad@units.example" in told
        assert "good@" not in told


def test_pictures_of_the_text() -> None:
    def part(kind: bytes, more: bytes, data: bytes) -> bytes:
        head = b"--r\r\nContent-Type: " + kind + b"\r\n" + more + b"Content-Transfer-Encoding: base64\r\n\r\n"
        return head + base64.b64encode(data) + b"\r\n"

    big = b"\xff\xd8\xff" + bytes(200_000)
    data = (
        HEAD + b'Content-Type: multipart/mixed; boundary="r"\r\n\r\n--r\r\nContent-Type: text/html; charset=gbk\r\n\r\n'
        + "<style>x{}</style><p>您好</p><div>附件 <b>已</b>报<br>谢谢</div>".encode("gbk") + b"\r\n"
        + part(b"image/png", b"Content-ID: <logo>\r\nContent-Disposition: inline; filename=image001.png\r\n", PNG)
        + part(b"image/png", b"Content-Disposition: attachment; filename=sign.png\r\n", PNG)
        + part(b"image/jpeg", b"Content-Disposition: attachment; filename=scan.jpg\r\n", big)
        + part(b"application/pkcs7-signature", b"Content-Disposition: attachment; filename=smime.p7s\r\n", b"x")
        + part(b"text/csv", b"Content-Disposition: attachment; filename=a.csv\r\n", FORM) + b"--r--\r\n"
    )  # fmt: skip
    found = open_up(data)
    assert [(m.name, m.inline) for m in found.members] == [
        ("image001.png", True), ("sign.png", True), ("scan.jpg", False), ("a.csv", False),
    ]  # fmt: skip
    assert found.mail is not None
    assert found.mail.body == "您好\n附件 已报\n谢谢"


@pytest.mark.parametrize(
    "link",
    [
        "https://mail.qq.com/cgi-bin/ftnExs_download?t=exs_ftn_download&k=0a1b&code=1",
        "https://wx.mail.qq.com/ftn/download?func=3&key=x",
        "https://mail.163.com/large-attachment-download/index.html?p=X-NETEASE-HUGE-ATTACHMENT&file=a",
        "https://dashi.163.com/html/cloud-attachment-download/?key=a",
        "https://pan.baidu.com/s/1abc",
    ],
)
def test_attachments_that_lie_in_the_cloud(link: str) -> None:
    text = f'附件见 <a href="{link.replace("&", "&amp;")}">养老.xlsx</a> https://www.example.cn/'
    found = facts(HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + text.encode())
    assert found.cloud_links == (link,)


def test_nested_mails() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("附件2.csv", FORM)
    inner = email.message.EmailMessage()
    inner["From"], inner["Subject"] = "甲 <jia@example.cn>", "转来/材料"
    inner.set_content("见附件")
    inner.add_attachment(out.getvalue(), "application", "zip", filename="材料.zip")
    outer = email.message.EmailMessage()
    outer["From"], outer["Subject"] = "乙 <yi@example.cn>", "转发"
    outer.set_content("转发")
    outer.add_attachment(inner)
    data = outer.as_bytes(policy=email.policy.SMTP)
    found = list(walk("来件.eml", data))
    assert [x.path for x in found] == [
        "来件.eml",
        "来件.eml!转来_材料.eml",
        "来件.eml!转来_材料.eml!材料.zip",
        "来件.eml!转来_材料.eml!材料.zip!附件2.csv",
    ]
    assert found[-1].data == FORM
    assert [m.sender for m in found[-1].mails] == ["yi@example.cn", "jia@example.cn"]


def test_mail_attached_in_base64() -> None:
    inner = base64.encodebytes(mail(b"; filename=a.csv", more=b"Subject: inside\r\n"))
    data = (
        HEAD + b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + inner + b"\r\n--o--\r\n"
    )
    assert [x.name for x in walk("x.eml", data)][-1] == "a.csv"


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_long_runs_of_base64_give_what_the_package_makes_of_them(
    end: bytes, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they stand: in attachments, in an attached mail, before and behind all parts, in a head."""
    run = b"annex2kept0\n" + base64.encodebytes(bytes(range(256)) * 4)
    inner = mail(b"; filename=a.csv", more=b"Subject: inside\r\n").replace(base64.b64encode(FORM), run)
    outer = (
        HEAD + b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n'
        + inner.replace(b"--b--", b"--b--\r\n" + run) + b"\r\n--o--\r\n"
    )  # fmt: skip
    mails = [p.read_bytes() for p in sorted((shared / "corpus" / "mail").iterdir())]
    mails += [inner, outer, *(outer[:i] + b"\n" + run + outer[i:] for i in range(0, len(outer), 97))]
    mails = [m.replace(b"\r\n", b"\n").replace(b"\n", end) for m in mails]
    kept_aside = [unpack("x.eml", m) for m in mails]
    monkeypatch.setattr(mailfile, "_KEPT_ASIDE", sys.maxsize)
    assert kept_aside == [unpack("x.eml", m) for m in mails]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?5YW76ICB?= =?utf-8?B?5pyN5Yqh?=", "养老服务"),
        ("=?UTF-8?Q?=E5=85=BB?= and =?utf-8?q?=E8=80=81?=", "养 and 老"),
        ("=?no-such-charset?B?5YW76ICB?=", "养老"),
        ("=?utf-8?B?5YW76ICB", "=?utf-8?B?5YW76ICB"),
        ("=?utf-8?B?***?=", ""),
        ("=?utf-8*zh?B?5YW76ICB?=", "养老"),
        ("plain\r\n folded", "plain folded"),
        ("=?hex?B?5YW76ICB?=", "养老"),  # a codec of Python's that is no charset
    ],
)
def test_words_in_heads(raw: str, text: str) -> None:
    assert decode_header(raw) == text


def test_no_mail_is_too_odd() -> None:
    for data in (
        b"From: \r\nSubject: \r\n\r\n",
        b"From: a@b\r\nDate: 99 Foo 99999 99:99\r\nReceived: ;;;\r\nSubject:\r\n\r\nx",
        b"From: <<<>>>@@,;:\r\nSubject: =?\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: a@b\r\nSubject: x\r\nContent-Type: ;;;=\r\nContent-Disposition: =;*0*=\r\n\r\nx",
        b"From: a@b\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\nContent-Type: "
        b"multipart/mixed; boundary=a\r\n\r\n" * 3000,
    ):
        assert open_up(data).mail is not None


def test_mails_without_known_suffix_and_text_that_is_none() -> None:
    assert unpack("x", mail()) is not None
    assert unpack("x", b"\xef\xbb\xbf\r\n" + mail()) is not None
    assert unpack("x", "序号,责任事项\n1,From: x\n".encode()) is None
    assert unpack("x", b"FROM debian\nRUN x\n") is None


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("rest", [b"", b"From: other@units.example\nSubject: other\n\n"])
def test_the_heading_is_the_head_s_alone(end: bytes, rest: bytes) -> None:
    folded = [b"Received: from a", b"\tby b; Mon, 3 Apr 2023 10:00:00 +0800", b"Subject: one", b" two"]
    head = end.join([*folded, b"From: A <A@units.example>", b"", b""])
    assert heading(head + rest) == ("a@units.example", "one two")
    assert heading(b"\xef\xbb\xbf\r\n" + head + rest) == ("a@units.example", "one two")


def test_an_invitation_or_a_visiting_card_is_no_file() -> None:
    invitation = base64.b64encode(b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")
    raw = mail(b'; filename="invite.ics"', b"text/calendar").replace(base64.b64encode(FORM), invitation)
    assert open_up(raw).members == ()
    assert [f.code for d in deliveries("x.eml", raw) for f in d.findings or ()] == ["mail_without_files"]


def test_a_sealed_mail_is_told_as_what_it_is() -> None:
    raw = HEAD + b'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n' + (
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"0\x82" + bytes(300)) + b"\r\n"
    )
    assert [f.code for d in deliveries("x.eml", raw) for f in d.findings or ()] == ["sealed_mail"]


def test_a_network_disk_beside_the_report_is_only_told() -> None:
    link = "照片在 https://pan.baidu.com/s/1abcDEF".encode("gb18030")
    form = mail(b'; filename="a.csv"').replace("请查收，镕".encode("gb18030"), link)
    alone, *_ = deliveries("x.eml", form)
    assert alone.findings is not None
    assert [f.code for f in alone.findings] == ["cloud_attachment"]  # a text is no table
    book = io.BytesIO()
    Workbook().save(book)
    beside, *_ = deliveries("x.eml", form.replace(base64.b64encode(FORM), base64.encodebytes(book.getvalue())))
    assert beside.findings is not None
    assert [f.code for f in beside.findings] == ["container"]
    assert "https://pan.baidu.com/s/1abcDEF" in beside.findings[0].message


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("Postmaster@163.com", "系统退信/Systems bounce"),
        ("PostMaster@qq.com", "来自qq.com的退信"),
        ("MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example", "未送达: 第一季度填报"),
        ("postmaster@coremail.example", "Undelivered Mail Returned to Sender"),
    ],
)
def test_a_bounce_that_only_says_so(sender: str, subject: str) -> None:
    head = f"From: <{sender}>\r\nSubject: {subject}\r\nContent-Type: text/html; charset=utf-8\r\n"
    raw = f"{head}\r\n<p>无法投递到 a@b.cn</p>"
    found = facts(raw.encode())
    assert (found.bounce, found.automatic) == (True, True)
    person = facts(raw.replace(sender, "zhang@units.example").encode())
    assert (person.bounce, person.automatic) == (False, False)


@pytest.mark.parametrize("subject", ["自动答复: 第一季度", "已读: 填报", "Automatic reply: x", "Read: x"])
def test_a_program_answers_by_its_subject(subject: str) -> None:
    raw = f"From: zhang@units.example\r\nSubject: {subject}\r\n\r\n外出\r\n".encode()
    assert facts(raw).automatic
    assert not facts(raw.replace(b": ", b" ").replace(b"From ", b"From: ").replace(b"Subject ", b"Subject: ")).automatic


def test_a_network_disk_in_what_a_mail_quotes_is_none_of_its_own() -> None:
    head = "From: zhang@units.example\r\nSubject: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    quoted = "收到，谢谢！\r\n\r\n------原始邮件------\r\n发件人: 办公室\r\n材料在 https://pan.baidu.com/s/1abc\r\n"
    assert facts((head + quoted).encode()).cloud_links == ()
    assert facts((head + "报表在 https://pan.baidu.com/s/1abc\r\n" + quoted).encode()).cloud_links
    big = quoted.replace("https://pan.baidu.com/s/1abc", "https://mail.qq.com/cgi-bin/ftnExs_download?k=1")
    assert facts((head + big).encode()).cloud_links  # an attachment of the mail program's: below the quotation


def test_an_encoding_with_a_blank_behind_it_is_the_one_that_it_names() -> None:
    data = b"PK\x03\x04" + bytes(range(256)) * 4
    raw = (
        HEAD + b'Content-Type: application/octet-stream; name="a.xlsx"\r\nContent-Transfer-Encoding: base64 \r\n'
        b'Content-Disposition: attachment; filename="a.xlsx"\r\n\r\n' + base64.encodebytes(data).replace(b"\n", b"\r\n")
    )
    assert [m.data for m in open_up(raw).members] == [data]
