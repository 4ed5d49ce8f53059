"""A .msg and a winmail.dat, made by hand to Microsoft's documents, and real winmail.dat of the corpus."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_outlook import attachments, ole, properties, tnef

from toolkit.intake.unpack import Unpacked, unpack

FORM = b"a,b\n1,2\n"
NAME = "养老服务处第一季度.xlsx"
WHEN = 133_251_307_500_000_000  # 2023-04-05 01:12:30 UTC as a FILETIME


def open_up(data: bytes, name: str = "x.msg") -> Unpacked:
    found = unpack(name, data)
    assert found is not None
    return found


@pytest.mark.parametrize("codepage", [0, 936])
def test_msg(codepage: int) -> None:
    values = {
        0x0037: "第一季度报送", 0x0C1A: "张闻舟", 0x0C1F: "/O=EX/CN=ZHANG", 0x5D01: "Zhang@Example.cn",
        0x1000: "请查收", 0x0039: WHEN, 0x1035: "<a@example.cn>",
    }  # fmt: skip
    big = FORM * 1000
    files = attachments(
        {0x3707: NAME, 0x3704: "YLFWC~1.XLS", 0x3701: FORM, 0x3705: 1},
        {0x3707: "大表.csv", 0x3701: big, 0x3705: 1},
        {0x3707: "image001.png", 0x3701: b"\x89PNG" + bytes(50), 0x3712: "image001@x", 0x370E: "image/png"},
        {0x3707: "~$x.xlsx", 0x3701: b"lock"},
        {0x3707: "网上.xlsx", 0x3705: 7},
    )
    found = open_up(ole({**properties(values, 32, codepage), **files}))
    assert [(m.name, m.data == FORM, m.inline) for m in found.members] == [
        (NAME, True, False), ("大表.csv", False, False), ("image001.png", False, True),
    ]  # fmt: skip
    assert found.members[1].data == big
    assert [(f.code, f.where) for f in found.findings] == [("cloud_attachment", "网上.xlsx")]
    mail = found.mail
    assert mail is not None
    assert (mail.sender, mail.sender_name, mail.subject) == ("zhang@example.cn", "张闻舟", "第一季度报送")
    assert (mail.body, mail.message_id) == ("请查收", "<a@example.cn>")
    assert mail.date == datetime(2023, 4, 5, 1, 12, 30, tzinfo=UTC)


def test_head_that_outlook_kept_says_it_best() -> None:
    head = "Received: by x; Wed, 5 Apr 2023 09:12:30 +0800\r\nFrom: <li@example.cn>\r\nAuto-Submitted: auto-replied\r\n"
    mail = open_up(ole(properties({0x0037: "主题", 0x007D: head, 0x1013: b"<p>hello</p>"}, 32))).mail
    assert mail is not None
    assert (mail.sender, mail.subject, mail.body) == ("li@example.cn", "主题", "hello")
    assert mail.automatic
    assert mail.received == datetime(2023, 4, 5, 1, 12, 30, tzinfo=UTC)


def test_report_written_into_the_mail_itself() -> None:
    rows = (("序号", "责任事项", "完成情况"), ("1", "新开业供餐点。", "已开业9个。"))
    table = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in rows)
    page = f"<html><body><p>您好：</p><table>{table}</table></body></html>".encode("gb18030")
    values = {0x0037: "报送", 0x1000: "您好：", 0x1013: page}
    found = open_up(ole(properties(values, 32, 936)))
    assert [m.name for m in found.members] == ["邮件正文.html"]
    assert "已开业9个" in found.members[0].data.decode("utf-8-sig")
    files = attachments({0x3707: NAME, 0x3701: FORM, 0x3705: 1})
    assert [m.name for m in open_up(ole({**properties(values, 32, 936), **files})).members] == [NAME]
    greeting = {0x0037: "报送", 0x1013: "<p>请查收</p>".encode("gb18030")}
    assert not open_up(ole(properties(greeting, 32, 936))).members


def test_mail_within_a_msg() -> None:
    inner = {**properties({0x0037: "转来/材料"}, 24), **attachments({0x3707: NAME, 0x3701: FORM})}
    outer = {**properties({0x0037: "转发"}, 32), **attachments({0x3701: inner, 0x3705: 5})}
    assert [(m.folder, m.name, m.data) for m in open_up(ole(outer)).members] == [("转来_材料", NAME, FORM)]


def test_damaged_msg() -> None:
    data = ole({**properties({0x0037: "主题"}, 32), **attachments({0x3707: NAME, 0x3701: FORM * 1000})})
    for at in range(520, len(data), 700):
        found = unpack("x.msg", data[:at])
        assert found is None or isinstance(found, Unpacked)


def test_winmail_dat() -> None:
    found = open_up(tnef("第一季度", (NAME, FORM), ("附件3.csv", b"x")), "winmail.dat")
    assert [(m.name, m.data) for m in found.members] == [(NAME, FORM), ("附件3.csv", b"x")]
    assert found.mail is not None
    assert found.mail.subject == "第一季度"


def test_real_winmail_dat(shared: Path) -> None:
    folder = shared / "corpus" / "mail"
    names = {p.name: [m.name for m in open_up(p.read_bytes(), p.name).members] for p in folder.glob("*.tnef")}
    assert names["tnefparse-long-filename.tnef"] == ["allproductsmar2000.dat"]
    assert names["tnefparse-umlaut.tnef"] == ["TBZ PARIV GmbH.jpg", "image003.jpg", "UmlautAnhang-äüö.txt"]
    assert names["tnefparse-missing-filenames.tnef"][0] == "generpts.src"
