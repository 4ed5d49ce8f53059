"""Mails of a division in which only words stand: what was asked for in a reminder must be read by somebody."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from conftest import Annex2

from toolkit.intake.letter import INSIDE, own_words
from toolkit.intake.mailfile import html_text
from toolkit.master.schema import Sheet
from toolkit.returns.findings import finding
from toolkit.xlsx import Workbook

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
    mail["From"], mail["To"] = sender, "office@mzj.example"
    mail["Subject"] = headers.pop("Subject", "回复：【催报】第一季度（社会救助处）")
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


@pytest.mark.parametrize("words", ["收到，谢谢！", "好的", "王主任您好，已收到。\n发自我的 iPhone"])
def test_a_courtesy_needs_nobody(chased: Annex2, words: str) -> None:
    reply(chased, words)
    assert chased("collect", now=LATE)[0] == 0
    assert [r["结论"] for r in chased.cells("收件记录")] == ["不处理"]


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ("news@shop.example", {"Subject": "春茶"}),
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


ON_163 = '\n在 2023-04-07 09:00:00，"市民政局办公室" <office@mzj.example> 写道：\n> 仍没有收到你们的报送\n'
ORIGINAL = "\n---------- 原始邮件 ----------\n发件人: 办公室\n主题: 催报\n\n仍没有收到你们的报送\n"


@pytest.mark.parametrize(
    "body",
    [
        "收到，谢谢。" + ON_163,
        "收到" + ORIGINAL,
        "收到，谢谢！\n\n张三\n社会救助处\n010-12345678",
        "收到\n发自我的HUAWEI Mate 40",
        "收到\n从我的 iPhone 发送",
        "收到\n\n获取 Outlook for iOS\n________________________________\n发件人: x",
        "好的，一定按时报送",
        "收到，祝工作顺利！",
        "已阅。\n发自网易邮箱大师",
        "收到，谢谢！\n张三  社会救助处\n电话：010-12345678",
        "",
    ],
)
def test_courtesies(body: str) -> None:
    assert own_words(body) == ""


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("没收到。", "没收到。"),
        ("不可以", "不可以"),
        ("无", "无"),
        ("\ufffd\ufffd\x08 4\ufffd\ufffd10", "\ufffd\ufffd  4\ufffd\ufffd10"),
        ("已从OA发送。", "已从OA发送。"),
        ("好的，从内网邮箱重新发送", "好的，从内网邮箱重新发送"),
        ("收到，下周报", "收到，下周报"),
        ("收到，能否缓几天", "收到，能否缓几天"),
        ("收到，第3项是他处牵头", "收到，第3项是他处牵头"),
        ("已填好，见附件。", "已填好，见附件。"),
        ("可以晚两天吗", "可以晚两天吗"),
        ("收到，附件打开是空白", "收到，附件打开是空白"),
        ("收到，表里少一项", "收到，表里少一项"),
        ("收到，我处撤并到慈善社工处", "收到，我处撤并到慈善社工处"),
        ("张处长已审定", "张处长已审定"),
        ("预计10日报送。" + ON_163, "预计10日报送。"),
        ("> 仍没有收到\n> 请回复\n\n系统升级，预计10日报送。", "系统升级，预计10日报送。"),
        ("收到" + ON_163 + "预计10日报送。", "预计10日报送。"),
        ("---- 外部邮件，谨防钓鱼 ----\n预计10日报送。", "预计10日报送。"),
        ("From: 2023年4月7日起系统升级", "From: 2023年4月7日起系统升级"),
        (ORIGINAL + "\n预计10日报送。", INSIDE),
    ],
)
def test_words_that_somebody_must_read(body: str, words: str) -> None:
    assert own_words(body) == words


def test_a_page_quotes_in_a_block() -> None:
    quoted = "<blockquote><div>催报<b>：</b>仍没有</div>收到</blockquote>"
    page = f"<body><div>请给<b>延期</b>到10日</div>{quoted}谢谢</body>"
    assert html_text(page).split("\n") == ["请给延期到10日", "> 催报：仍没有", "> 收到", "谢谢"]


def test_a_mail_attached_to_a_report_is_no_letter(chased: Annex2) -> None:
    reminder = EmailMessage()
    reminder["From"], reminder["To"], reminder["Subject"] = "office@mzj.example", ADDRESS, "【催报】第一季度"
    reminder.set_content("仍没有收到你们的报送。")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADDRESS, "office@mzj.example", "报送"
    mail.set_content("现将第一季度报表报上，请审阅")
    form = chased.deliver("社会救助处", texts=("救助一", "标准一"))
    mail.add_attachment(form.read_bytes(), maintype="application", subtype="octet-stream", filename="报表.xlsx")
    form.unlink()
    mail.add_attachment(reminder)
    (chased.root / "inbox" / "报送.eml").write_bytes(mail.as_bytes())
    assert chased("collect", now="2023-04-03T09:00")[0] == 0


def with_form(annex2: Annex2, name: str, sender: str, form: bytes) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "office@mzj.example", "报送第一季度"
    mail.set_content("见附件")
    mail.add_attachment(form, maintype="application", subtype="octet-stream", filename="报表.xlsx")
    (annex2.root / "inbox" / name).write_bytes(mail.as_bytes())


def test_a_report_put_aside_is_told_to_count_for_nothing_and_asked_about_when_it_comes_again(chased: Annex2) -> None:
    form = chased.deliver("社会救助处", texts=("救助一", "标准一"))
    data = form.read_bytes()
    form.unlink()
    with_form(chased, "一.eml", "zhang@qq.example", data)
    chased("collect", now="2023-04-03T10:00")
    (held,) = (r for r in chased.cells("待处理") if r["事项"] != "核对通知")
    chased.type(Sheet.ATTENTION, held["标识"], "处理意见", "已处理")
    chased("collect", now="2023-04-03T11:00")
    (held,) = (r for r in chased.cells("待处理") if r["事项"] != "核对通知")
    assert held["处理结果"] == "已处理，这份收件不算报送（2023-04-03 11:00）"
    with_form(chased, "二.eml", ADDRESS, data)
    assert chased("collect", now="2023-04-04T10:00")[0] == 1
    (again,) = (r for r in chased.cells("待处理") if r["事项"] != "核对通知" and not r["处理结果"])
    assert again["问题"] == finding("duplicate_of_put_aside", no=2).message
    chased.type(Sheet.ATTENTION, again["标识"], "处理意见", "接收此件")
    chased("collect", now="2023-04-04T11:00")
    assert chased.status_text(2) == "救助一"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("您好，现将我处第一季度完成情况报上，请查收。\n联系人：张三 010-12345678", False),
        ("附件为第一季度报表，请审阅。", False),
        ("第3项数字还在核实，请以4月6日补报的为准。", True),
        ("请忽略上一封，以这份为准", True),
        ("请查收。\n\n----- 原始邮件 -----\n发件人：办公室\n更正：以本通知为准。", False),
    ],
)
def test_words_beside_a_report_that_matter_are_told(chased: Annex2, words: str, told: bool) -> None:
    form = chased.deliver("社会救助处", texts=("救助一", "标准一"))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADDRESS, "office@mzj.example", "报送第一季度"
    mail.set_content(words)
    mail.add_attachment(form.read_bytes(), maintype="application", subtype="octet-stream", filename="报表.xlsx")
    form.unlink()
    (chased.root / "inbox" / "报送.eml").write_bytes(mail.as_bytes())
    checked = chased.json("check", chased.root / "inbox" / "报送.eml", now="2023-04-03T09:00")
    assert ["mail_words" in {x["code"] for x in f["findings"]} for f in checked["files"]] == [False, told]
    assert chased("collect", now="2023-04-03T09:00")[0] == 0
    (report,) = (r for r in chased.cells("收件记录") if r["文件名"] == "报表.xlsx")
    assert ("来信里写着" in str(report["原因"])) is told
    assert str(report["结论"]).startswith("接收")


def send_form(annex2: Annex2, sender: str, words: str, *, filled: bool, name: str = "来信.eml") -> None:
    """The form of 社会救助处 attached to a mail."""
    form = annex2.deliver("社会救助处", name="表.xlsx", texts=("救助一", "标准一"))
    data = form.read_bytes() if filled else annex2.form("社会救助处").read_bytes()
    form.unlink()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "office@mzj.example", "第一季度"
    mail.set_content(words)
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename="表.xlsx")
    (annex2.root / "inbox" / name).write_bytes(mail.as_bytes())


def verdicts(annex2: Annex2) -> dict[str, object]:
    return {r["文件名"]: (r["结论"], r["处室"]) for r in annex2.cells("收件记录")}


def state(annex2: Annex2) -> str:
    (round_,) = (r for r in annex2.json("status", now=LATE)["rounds"] if r["round"] == "2023Q1")
    return next(str(d["state"]) for d in round_["divisions"] if d["division"] == "社会救助处")


def test_an_empty_form_from_nobody_of_the_offices_is_no_report(chased: Annex2) -> None:
    send_form(chased, "fu@other.example", "", filled=False)
    checked = chased.json("check", chased.root / "inbox" / "来信.eml", now=LATE)
    assert ["blank_came_back"] in [[f["code"] for f in file["findings"]] for file in checked["files"]]
    chased("collect", now=LATE)
    assert verdicts(chased)["表.xlsx"] == ("不处理", None)
    assert state(chased) == "missing"


def test_an_empty_form_with_a_question_is_a_letter(chased: Annex2) -> None:
    send_form(chased, "fu@other.example", "请问第1项怎么填？", filled=False)
    checked = chased.json("check", chased.root / "inbox" / "来信.eml", now=LATE)
    assert ["letter_with_blank"] in [[f["code"] for f in file["findings"]] for file in checked["files"]]
    chased("collect", now=LATE)
    assert verdicts(chased)["表.xlsx"] == ("待裁定", None)
    (item,) = (r for r in chased.cells("待处理") if r["事项"] == "待裁定")
    assert item["问题"] == "fu@other.example来信，附的是空表：“请问第1项怎么填？”"
    assert state(chased) == "missing"  # and is reminded


@pytest.mark.parametrize(
    "words",
    ["能否延期到4月10日报送。", "数据还没出来，请宽限几天。", "该项已移交社会事务处。", "表打开是空白的，请重发"],
)
def test_an_empty_form_with_a_request_is_a_letter(chased: Annex2, words: str) -> None:
    send_form(chased, ADDRESS, words, filled=False)
    chased("collect", now=LATE)
    (item,) = (r for r in chased.cells("待处理") if r["事项"] == "待裁定")
    assert item["问题"] == f"社会救助处来信，附的是空表：“{words}”"


def test_what_the_office_mails_to_itself_is_as_if_it_lay_in_a_folder(chased: Annex2) -> None:
    book = Workbook.open(chased.master)
    book.table("设置").append([{"项目": "邮箱地址", "值": "office@mzj.example"}])
    chased.master.write_bytes(book.to_bytes())
    chased.type(Sheet.DIVISIONS, "社会救助处", "抄送", "office@mzj.example")  # a copy for the clerk
    send_form(chased, "office@mzj.example", "处里微信发来的", filled=True)
    chased("collect", now=LATE)
    assert verdicts(chased)["表.xlsx"] == ("接收（有提示）", "社会救助处")
    (row,) = (r for r in chased.cells("收件记录") if r["文件名"] == "表.xlsx")
    assert "发件" not in str(row["原因"])


def test_a_copy_of_what_the_office_sent_asks_nothing(chased: Annex2) -> None:
    book = Workbook.open(chased.master)
    book.table("设置").append([{"项目": "邮箱地址", "值": "office@mzj.example"}])
    chased.master.write_bytes(book.to_bytes())
    send_form(chased, "office@mzj.example", "社会救助处：\n现将第一季度表发给你们，怎么填见说明。", filled=False)
    chased("collect", now=LATE)
    assert verdicts(chased)["表.xlsx"] == ("不处理", None)
    assert not [r for r in chased.cells("待处理") if r["事项"] == "待裁定"]


@pytest.mark.parametrize(
    "words",
    [
        "表见附件，第1项还没有审定。",
        "表见附件。表里写错了，应为85名，请帮忙改一下。",
        "表见附件。第1项按85名算，附件里的58是打错的。",
        "附件先不要用，等我们处长定了再发正式的。",
        "这是初稿，请先看看行不行，还没送局领导审。",
        "发错了，请退回，不算。",
        "数还没定，先按这个报，4月10日再报准的",
        "附件里的表不是最终版，别录入",
        "刚才那份有个数弄反了，58和85，以后者准",
    ],
)
def test_what_a_division_says_of_its_report_is_told(chased: Annex2, words: str) -> None:
    send_form(chased, ADDRESS, words, filled=True)
    chased("collect", now=LATE)
    (row,) = (r for r in chased.cells("收件记录") if r["文件名"] == "表.xlsx")
    assert f"来信里写着“{words}”" in str(row["原因"])


@pytest.mark.parametrize(
    "words",
    [
        *("表见附件，请查收。", "已按要求填好，经分管局领导审定，现报上。", "还请审阅，如有错误请指出。"),
        *("按2023年工作要点要求，现将一季度完成情况报上", "报送未成年人保护审批工作情况。详见 https://mail.example/?id=3"),
    ],
)
def test_what_only_sends_it_is_not(chased: Annex2, words: str) -> None:
    send_form(chased, ADDRESS, words, filled=True)
    chased("collect", now=LATE)
    (row,) = (r for r in chased.cells("收件记录") if r["文件名"] == "表.xlsx")
    assert "来信里写着" not in str(row["原因"])


def test_a_director_who_is_copied_in_everywhere_is_no_division(chased: Annex2) -> None:
    for name in ("社会救助处", "养老服务处"):
        chased.type(Sheet.DIVISIONS, name, "抄送", "zhuren@mzj.example")
    reply(chased, "社会救助处第2项口径有变，请改为按季统计。", "zhuren@mzj.example")
    chased("collect", now=LATE)
    (item,) = (r for r in chased.cells("待处理") if r["事项"] == "待裁定")
    assert str(item["问题"]).startswith("zhuren@mzj.example（几个处室的抄送地址）来信")


def test_a_colleague_of_a_division_is_read(chased: Annex2) -> None:
    """From the division's own domain, though not an address that 处室 knows."""
    book = Workbook.open(chased.master)
    book.table("设置").append([{"项目": "邮箱地址", "值": "office@mzj.example"}])  # the office's own domain, too
    chased.master.write_bytes(book.to_bytes())
    reply(chased, "能否延期到4月10日？系统故障。", "li@mzj.example")
    chased("collect", now=LATE)
    (item,) = (r for r in chased.cells("待处理") if r["事项"] == "待裁定")
    assert "li@mzj.example（不在“处室”的邮箱里）来信" in str(item["问题"])


def test_an_empty_form_of_a_division_whose_tasks_are_closed(chased: Annex2) -> None:
    for key in ("2023-02", "2023-13"):
        chased.type(Sheet.TASKS, key, "销号状态", "已销号")
    send_form(chased, ADDRESS, "", filled=False)
    chased("collect", now=LATE)
    assert "是办公室填的" not in str([r["原因"] for r in chased.cells("收件记录")])
