"""Wording and bytes of mails: official tone, threads, names that every mail program shows, nothing injected."""

from __future__ import annotations

import email
import email.message
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from mail.office import NOW, ROUND, composer, form, form_name, office, parsed
from toolkit.errors import TemplateError
from toolkit.intake.unpack import unpack
from toolkit.mail.compose import CONTEXT, FORM, TEMPLATES, Attachment, Composer, Outgoing, Thread
from toolkit.mail.errors import MailError
from toolkit.mail.files import read_texts, write_drafts
from toolkit.mail.message import to_message
from toolkit.mail.settings import MailSettings
from toolkit.model import Division, Indicator, RoundKind

SETTINGS = MailSettings(address="office@office.example", name="市民政局办公室")
ELDERLY = office().divisions[0]


def the_form(**changes: object) -> Outgoing:
    return composer().form(ROUND, replace(ELDERLY, **changes), [form(ELDERLY.name)], NOW)  # type: ignore[arg-type]


def test_the_covering_text() -> None:
    mail = the_form(copies=("ban@units.example", "YANGLAO@units.example"))
    assert mail.subject == "关于报送2023年市民政局第一季度工作目标完成情况的通知（养老服务处）"
    assert "经分管局领导赵六同志审定后，于2023年4月5日（星期三，含当天）前报送" in mail.text
    township = composer(of=replace(office(), organisation="青山镇"))
    assert "，经分管领导赵六同志审定后" in township.form(ROUND, township.office.divisions[0], [form("x")], NOW).text
    assert "养老服务处（钱七同志）：" in mail.text
    assert "共 2 项" in mail.text
    assert mail.text.endswith("市民政局办公室\n2023年3月27日\n")
    assert (mail.to, mail.cc) == (("yanglao@units.example",), ("ban@units.example",))
    assert mail.key == "form:2023Q1:养老服务处"
    assert mail.automatic == ""


def test_reminders_and_chasers_thread_to_the_form() -> None:
    sent = the_form()
    thread = Thread(sent.message_id)
    early = composer().reminder(ROUND, ELDERLY, [], NOW, thread=thread)
    assert early.subject.startswith("【提醒】请于2023年4月5日（星期三，含当天）前报送")
    assert "还有 9 天" in early.text
    assert early.key == "remind:2023Q1:养老服务处:2023-03-27"
    assert (early.in_reply_to, early.references, early.automatic) == (
        sent.message_id, (sent.message_id,), "auto-generated",
    )  # fmt: skip
    day, copies = NOW + timedelta(days=12), ["lead@office.example"]
    late = composer().reminder(ROUND, ELDERLY, [form("养老服务处")], day, thread=thread, copies=copies, chase=True)
    assert late.subject.startswith("【催报】")
    assert "已经超过 3 天" in late.text
    assert late.cc == ("lead@office.example",)
    assert f"附件：{form_name('养老服务处')}" in late.text
    assert late.key == "chase:2023Q1:养老服务处:2023-04-08"


def test_a_message_id_belongs_to_a_form_and_to_this_workspace() -> None:
    one = the_form()
    assert the_form().message_id == one.message_id  # again, the same
    changed = composer().form(ROUND, ELDERLY, [Attachment("表.xlsx", b"other")], NOW)
    other = composer().form(ROUND, office().divisions[1], [form(ELDERLY.name)], NOW)
    elsewhere = Composer(office(), SETTINGS, read_texts(Path("nowhere")), b"other key").form(
        ROUND, ELDERLY, [form(ELDERLY.name)], NOW
    )
    second = composer().form(ROUND, ELDERLY, [form(ELDERLY.name)], NOW, nth=1, thread=Thread(one.message_id))
    ids = {m.message_id for m in (one, changed, other, elsewhere, second)}
    assert len(ids) == 5
    assert all(re.fullmatch(r"<annex2\.[0-9a-f]{32}@office\.example>", i) for i in ids)
    # sent once more, it stands in the first one's thread
    assert second.in_reply_to == one.message_id
    assert second.key == one.key


def test_a_form_that_is_sent_again_says_what_is_true_of_it() -> None:
    words, attached, before = composer(), [form(ELDERLY.name)], Thread("<1@office.example>")
    same = words.form(ROUND, ELDERLY, attached, NOW, nth=1, thread=before)
    assert "这份表以前发过，内容没有变" in same.text
    assert "作废" not in same.text
    other = words.form(ROUND, ELDERLY, attached, NOW, nth=1, thread=before, changed=True)
    assert "以前发过的那一份作废，以这一份为准" in other.text
    moved = words.form(ROUND, ELDERLY, attached, NOW, nth=1)  # to an address that never had it
    assert "以前发过" not in moved.text
    assert moved.in_reply_to == ""
    late = words.form(ROUND, ELDERLY, attached, NOW + timedelta(days=14))
    assert "尽快报送：报送截止日期是2023年4月5日（星期三，含当天），已经过了。" in late.text
    assert "前报送" not in late.text


# templates


def with_template(text: str, name: str = FORM) -> Composer:
    return replace(composer(), texts={**read_texts(Path("nowhere")), name: text})


def test_staff_may_edit_templates(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "发放.j2").write_bytes("主题:{{ round.name }}\r\n\r\n{{ division.name }}，好！\r\n".encode("gb18030"))
    (folder / "提醒.j2").write_bytes("\ufeff主题：带标记\n正文".encode())
    texts = read_texts(tmp_path)
    mail = replace(composer(), texts=texts).form(ROUND, ELDERLY, [], NOW)
    assert (mail.subject, mail.text) == ("第一季度", "养老服务处，好！\n")
    assert replace(composer(), texts=texts).reminder(ROUND, ELDERLY, [], NOW).subject == "带标记"
    assert texts["催报"].startswith("主题：【催报】")  # as shipped


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("主题：甲\n{{ round.nmae }}", "第 2 行，占位符不认识或写法有误：没有“nmae”这一项"),
        ("主题：甲\n{% if %}", "第 2 行写法有误：没有写完"),
        ("主题：甲\n{% fro x in y %}", "不认识“fro”"),
        ("主题：甲\n{{ round.name | uper }}", "不认识“uper”"),
        ("主题：甲\n{{ round.name) }}", "“\\)”写在这里不对"),
        ("主题：甲\n{% for f in files %}{% endfor %}", "没有“files”这个占位符"),  # only answers have files
        ("正文没有主题", "第一行不是主题"),
        ("主题：\n正文", "第一行不是主题"),
        ("主题：甲\n{{ ''.__class__.__mro__[1].__subclasses__() }}", "不能用“__class__”"),
        ("主题：甲\n{{ 1 // 0 }}", "里面的式子算不出来"),
        ("主题：甲\n{% for i in range(99999999) %}{% endfor %}", "重复的次数太多"),
    ],
)
def test_a_spoilt_template_names_its_file(text: str, says: str) -> None:
    with pytest.raises(TemplateError, match=says) as e:
        with_template(text).form(ROUND, ELDERLY, [], NOW)
    assert e.value.where == "templates/mail/发放.j2"
    assert e.value.remedy
    assert not re.search("[a-z]{3,} [a-z]{3,}", e.value.what)  # jinja2's own words


def test_what_a_master_says_is_not_run_as_a_template() -> None:
    evil = Division("{{ 7*7 }}处", mail="a@units.example", contact="{% raw %}")
    mail = composer().form(ROUND, evil, [], NOW)
    assert "{{ 7*7 }}处（{% raw %}同志）" in mail.text


def test_every_placeholder_is_documented() -> None:
    context = composer()._context(ROUND, ELDERLY, [], NOW)
    named = {f"{k}.{n}" for k, v in context.items() if isinstance(v, dict) for n in v}
    plain = {k for k, v in context.items() if not isinstance(v, dict)}
    assert named | plain | {"received", "files"} == set(CONTEXT)
    for name in TEMPLATES:
        text = read_texts(Path("nowhere"))[name]
        used = set(re.findall(r"\b(?:office|round|division)\.\w+", text))
        assert used <= set(CONTEXT)


# addresses


@pytest.mark.parametrize(
    "bad",
    ["", "  ", "没有", "a@b@c.cn", "a b@c.cn", "a@c.cn\r\nBcc: evil@x.cn", "a@c.cn>\nX: y", "a@c..cn", "张三 <b@c.cn"],
)
def test_a_wrong_address_names_its_cell(bad: str) -> None:
    with pytest.raises(MailError) as e:
        the_form(mail=bad)
    assert e.value.where == "处室!邮箱（养老服务处）"
    with pytest.raises(MailError) as e:
        the_form(copies=(bad or "x",))
    assert e.value.where == "处室!抄送（养老服务处）"


def test_addresses_as_people_write_them() -> None:
    for cell in ("a@u.cn，b@u.cn", "a@u.cn, b@u.cn", "a@u.cn b@u.cn\n", "a@u.cn\nb@u.cn", "a@u.cn 李 四 <b@u.cn>",
                 "张三 <a@u.cn>；<b@u.cn>", "A处＜a@u.cn＞、b＠u.cn；a@u.cn"):  # fmt: skip
        assert the_form(mail=cell).to == ("a@u.cn", "b@u.cn"), cell


# bytes

NAMES = [
    form_name("养老服务处"),
    "报表 final.xlsx",
    'a"b\\c/d;e=f.docx',
    "名" * 110 + ".xlsx",
    "表格\r\nBcc: x@y.cn.xlsx",
    "😀镕𠮷.docx",
    "",
]


@pytest.mark.parametrize("name", NAMES)
def test_attachment_names_survive_every_reader(name: str) -> None:
    raw = to_message(replace(the_form(), attachments=(Attachment(name, b"PK\x03\x04data"),)), SETTINGS, NOW)
    wanted = re.sub(r"\s+", " ", name).replace('"', "'").replace("\\", "_").replace("/", "_") or "附件"
    (part,) = parsed(raw).iter_attachments()
    assert part.get_filename() == wanted  # RFC 2231
    assert part.get_content() == b"PK\x03\x04data"
    old = email.message_from_bytes(raw)
    old_part = old.get_payload(1)
    assert isinstance(old_part, email.message.Message)
    named = str(old_part.get_param("name", header="content-type"))
    assert str(make_header(decode_header(named))) == wanted  # RFC 2047, as old Outlooks read it
    unpacked = unpack("mail.eml", raw)
    assert unpacked is not None
    assert [m.data for m in unpacked.members] == [b"PK\x03\x04data"]
    assert max(map(len, raw.split(b"\r\n"))) < 998


def test_the_bytes_are_mail() -> None:
    mail = the_form(copies=("c@units.example",))
    mail = replace(mail, in_reply_to="<a@b>", references=("<z@b>", "<a@b>"), automatic="auto-replied")
    raw = to_message(mail, SETTINGS, NOW)
    assert raw == to_message(mail, SETTINGS, NOW)
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    message = parsed(raw)
    assert message["From"] == "市民政局办公室 <office@office.example>"
    assert message["From"].addresses[0].addr_spec == "office@office.example"
    assert (message["To"], message["Cc"]) == ("yanglao@units.example", "c@units.example")
    assert message["Subject"] == mail.subject
    assert message["Date"].datetime == NOW
    assert (message["Message-ID"], message["In-Reply-To"]) == (mail.message_id, "<a@b>")
    assert message["References"].split() == ["<z@b>", "<a@b>"]
    assert message["Auto-Submitted"] == "auto-replied"
    body = message.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == mail.text


def test_nothing_gets_into_the_head() -> None:
    mail = replace(the_form(), subject="甲\r\nBcc: evil@x.cn\r\n\r\n乙\u2028丙", division="处\r\nX-Evil: 1")
    settings = replace(SETTINGS, name='办公室"\r\nX-Evil: 1')
    raw = to_message(replace(mail, attachments=(Attachment("a\nX-Evil: 1\n\n.xlsx", b"x"),)), settings, NOW)
    head = [line.partition(b":")[0] for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] not in b" \t"]
    assert b"Bcc" not in head
    assert not re.search(rb"^X-Evil|^Bcc", raw, re.MULTILINE)
    assert parsed(raw)["Subject"] == "甲 Bcc: evil@x.cn 乙 丙"
    evil = replace(mail, in_reply_to="<a@b>\r\nBcc: x@y.cn", references=("<a@b> \r\nBcc: x@y.cn",))
    assert parsed(to_message(evil, SETTINGS, NOW))["Bcc"] is None
    for bad in ("a@b.cn\r\nBcc: x@y.cn", "a@b.cn, x@y.cn"):
        with pytest.raises(MailError):
            to_message(replace(mail, to=(bad,)), SETTINGS, NOW)
    with pytest.raises(MailError):
        to_message(replace(mail, message_id="<a@b>\r\nBcc: x@y.cn"), SETTINGS, NOW)


def test_each_draft_has_a_file_of_its_own(tmp_path: Path) -> None:
    mails = [the_form(name=name) for name in ("城区/一科", "城区:一科", "A科", "a科")]
    paths = write_drafts(mails, MailSettings(), tmp_path, NOW)
    assert [p.stem for p in paths] == ["城区_一科", "城区_一科（2）", "A科", "a科（2）"]


def test_drafts_open_ready_to_be_sent(tmp_path: Path) -> None:
    mails = [composer().form(ROUND, d, [form(d.name)], NOW) for d in office().divisions]
    paths = write_drafts(mails, MailSettings(), tmp_path / "草稿", NOW)  # no address of our own: the program's account
    assert [p.name for p in paths] == ["养老服务处.eml", "社会救助处.eml", "儿童福利处.eml"]
    draft = parsed(paths[0].read_bytes())
    assert draft["X-Unsent"] == "1"
    assert draft["From"] is None
    assert draft["To"] == "yanglao@units.example"
    assert [a.get_filename() for a in draft.iter_attachments()] == [form_name("养老服务处")]


def test_the_mail_tells_what_its_form_asks_for() -> None:
    bare = office()
    asked = replace(
        bare,
        settings={**bare.settings, "发文单位": "市民政局办公室"},
        indicators={bare.tasks[0].key: (Indicator("x/1", bare.tasks[0].key, "新建食堂", Decimal(3), "个", "≥"),)},
    )
    whose = asked.division(bare.tasks[0].division)
    assert whose is not None
    words = composer(MailSettings(address="office@office.example"), asked)
    text = words.form(ROUND, whose, [], NOW).text
    assert "请如实填写“完成情况”和“指标数据”一页的 1 个指标，" in text
    assert text.rstrip().splitlines()[-2] == "市民政局办公室"
    other = next(d for d in asked.divisions if d is not whose)
    assert "指标数据" not in words.form(ROUND, other, [], NOW).text
    supporting = words.form(replace(ROUND, key="2023S1", kind=RoundKind.SUPPORTING), whose, [], NOW).text
    assert "请如实填写“对接情况”“落实进展”，" in supporting
    assert "不要改动表格的标题、行列和配合事项，" in supporting
