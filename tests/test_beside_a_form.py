"""Reports that come in no form of their own: a table within a mail, and a signed page packed with another's report."""

from __future__ import annotations

import zipfile
from email.message import EmailMessage
from typing import Any

import pytest
from conftest import Annex2
from test_mix_ups import LATER, RELIEF, open_items, texts

from toolkit.master.schema import Sheet
from toolkit.returns.findings import KINDS

TITLE = f"2023年市民政局{RELIEF}第一季度工作目标完成情况"

TWO, THIRTEEN = "2023-02", "2023-13"


@pytest.fixture
def office(annex2: Annex2) -> Annex2:
    annex2("fanout", "2023Q1")
    return annex2


def table(annex2: Annex2, *answers: str) -> str:
    tasks = [r["工作事项"] for r in annex2.cells("任务台账") if r["序号"] in (2, 13)]
    rows = [("序号", "责任事项", "完成情况")]
    rows += [(str(n), *both) for n, both in enumerate(zip(tasks, answers, strict=True), 1)]
    cells = ("".join(f"<td>{c}</td>" for c in row) for row in rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def mail(annex2: Annex2, subject: str, text: str, page: str = "", name: str = "来信.eml") -> None:
    message = EmailMessage()
    message["From"], message["To"] = "someone@example.org", "office@example.org"
    message["Subject"], message["Date"] = subject, "Mon, 03 Apr 2023 09:00:00 +0800"
    message.set_content(text)
    if page:
        message.add_alternative(f"<html><head><meta charset='gb2312'></head><body>{page}</body></html>", subtype="html")
    (annex2.root / "inbox" / name).write_bytes(bytes(message))


def verdicts(annex2: Annex2) -> dict[str, Any]:
    return {r["文件名"]: r["结论"] for r in annex2.cells("收件记录")}


def test_a_table_in_a_mail(office: Annex2) -> None:
    mail(office, "报送", "见表", f"<p>您好：</p><p>{TITLE}</p>{table(office, '救助一', '标准一')}<p>谢谢！</p>")
    office.json("collect", now=LATER)
    assert texts(office) == ("救助一", "标准一")
    assert verdicts(office) == {"来信.eml": "不处理", "邮件正文.html": "接收（有提示）"}


def test_a_page_saved_from_a_mail(office: Annex2) -> None:
    message = EmailMessage()
    message.set_content(f"<html><body><p>{TITLE}</p>{table(office, '救助一', '标准一')}</body></html>", subtype="html")
    (office.root / "inbox" / "报送.mht").write_bytes(bytes(message))
    office.json("collect", now=LATER)
    assert texts(office) == ("救助一", "标准一")


def test_answers_written_as_lines_wait_for_a_person(office: Annex2) -> None:
    mail(office, f"{RELIEF}第一季度", "1.保障关爱。\n完成情况：已走访困难家庭430户，新纳入212户。\n")
    office.json("collect", now=LATER)
    assert texts(office) == (None, None)
    assert verdicts(office) == {"来信.eml": "待裁定"}
    (item,) = open_items(office)
    assert "someone@example.org（不在“处室”的邮箱里）来信" in str(item["问题"])
    assert "填进“任务台账”" in str(item["怎么办"])


QUOTES = (
    "<blockquote><p>{title}</p>{table}</blockquote>",
    "<div>原始邮件</div><p>{title}</p>{table}",
    "<div><b>发件人:</b> 办公室</div><p>{title}</p>{table}",
)


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("subject", ["回复：{title}", "谢谢", "转发：{title}"])
def test_a_table_that_a_mail_quotes_puts_no_older_text_back(office: Annex2, quote: str, subject: str) -> None:
    old, new = table(office, "旧的救助", "旧的标准"), table(office, "新的救助", "新的标准")
    for n, shown in enumerate((old, new)):
        mail(office, "报送", "见表", f"<p>{TITLE}</p>{shown}", name=f"{n}.eml")
        office("collect", now=LATER)
    courtesy = f"<p>好的，谢谢</p>{quote.format(title=TITLE, table=old)}"
    mail(office, subject.format(title=TITLE), "好的，谢谢", courtesy, name="来信.eml")
    office("collect", now=LATER)
    assert texts(office) == ("新的救助", "新的标准")
    assert [v for k, v in verdicts(office).items() if k.startswith(("邮件转发", "邮件所引"))] == ["不处理"]


@pytest.mark.parametrize("quote", QUOTES)
def test_a_table_that_a_mail_quotes_and_nobody_knows_waits(office: Annex2, quote: str) -> None:
    filled = quote.format(title=TITLE, table=table(office, "救助一", "标准一"))
    mail(office, f"回复：{TITLE}", "好的", f"<p>好的，填在里面了</p>{filled}")
    checked = office.json("check", office.root / "inbox" / "来信.eml", now=LATER)
    assert "quoted_table" in [f["code"] for file in checked["files"] for f in file["findings"]]
    office("collect", now=LATER)
    assert texts(office) == (None, None)
    (item,) = open_items(office)
    office.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "接收此件")
    office("collect", now=LATER)
    assert texts(office) == ("救助一", "标准一")


def test_an_older_table_that_is_wanted_back_waits(office: Annex2) -> None:
    old, new = table(office, "旧的救助", "旧的标准"), table(office, "新的救助", "新的标准")
    for n, shown in enumerate((old, new)):
        mail(office, "报送", "见表", f"<p>{TITLE}</p>{shown}", name=f"{n}.eml")
        office("collect", now=LATER)
    words = "更正件的数报错了，请改回，仍以下表为准"
    for n, subject in enumerate((f"转发：{TITLE}", f"回复：{TITLE}")):
        quoted = f"<p>{words}{n}</p>{QUOTES[0].format(title=TITLE, table=old)}"
        mail(office, subject, f"{words}{n}", quoted, name=f"来信{n}.eml")
    office("collect", now=LATER)
    assert texts(office) == ("新的救助", "新的标准")
    waiting = [str(i["问题"]) for i in open_items(office)]
    assert any(words in w and "填好的表" in w for w in waiting)


def test_an_empty_table_that_an_answer_quotes_asks_nothing(office: Annex2) -> None:
    quoted = QUOTES[0].format(title=TITLE, table=table(office, "", ""))
    mail(office, f"回复：{TITLE}", "收到，谢谢！", f"<p>收到，谢谢！</p>{quoted}")
    checked = office.json("check", office.root / "inbox" / "来信.eml", now=LATER)
    assert "quoted_blank" in [f["code"] for file in checked["files"] for f in file["findings"]]
    office("collect", now=LATER)
    assert set(verdicts(office).values()) == {"不处理"}


def test_what_is_forwarded_is_meant(office: Annex2) -> None:
    filled = QUOTES[0].format(title=TITLE, table=table(office, "救助一", "标准一"))
    mail(office, f"转发：{TITLE}", "请查收", f"<p>请查收</p>{filled}")
    office("collect", now=LATER)
    assert texts(office) == ("救助一", "标准一")
    mail(office, f"转发：{TITLE}", "请查收", f"<p>再发一次</p>{filled}", name="又.eml")
    checked = office.json("check", office.root / "inbox" / "又.eml", now=LATER)
    assert checked["files"][-1]["findings"][0]["code"] in ("quoted_again", "duplicate")


@pytest.mark.parametrize(
    "page",
    [
        '<p>好</p><blockquote style="margin:0 0 0 40px;border:none;padding:0"><p>{title}</p>{table}</blockquote>',
        '<div>办公室 写道：</div><blockquote type="cite">请报送</blockquote><p>请查收</p><p>{title}</p>{table}',
    ],
)
def test_an_answer_that_is_moved_in_or_stands_below_is_its_own(office: Annex2, page: str) -> None:
    filled = page.format(title=TITLE, table=table(office, "救助一", "标准一"))
    mail(office, f"回复：{TITLE}", "见表", filled)
    office("collect", now=LATER)
    assert texts(office) == ("救助一", "标准一")
    assert verdicts(office)["邮件正文.html"] == "接收（有提示）"


def test_a_table_in_a_mail_with_the_signed_page(office: Annex2) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "someone@example.org", "office@example.org"
    message["Subject"], message["Date"] = "报送", "Mon, 03 Apr 2023 09:00:00 +0800"
    message.set_content("见表")
    message.add_alternative(f"<p>{TITLE}</p>{table(office, '救助一', '标准一')}", subtype="html")
    message.add_attachment(b"%PDF-1.5\n" + bytes(200), maintype="application", subtype="pdf", filename="审定签字.pdf")
    (office.root / "inbox" / "来信.eml").write_bytes(bytes(message))
    office.json("collect", now=LATER)
    assert texts(office) == ("救助一", "标准一")
    assert verdicts(office)["审定签字.pdf"] == "不处理"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("收到，谢谢。\n\n----- 原始邮件 -----\n发件人：办公室\n完成情况：请于4月5日前报送。", "不处理"),
        ("好的\n> 完成情况：请于4月5日前报送，经分管局领导审定。", "不处理"),
        ("请问完成情况要写到3月底吗？", "待裁定"),  # its subject says whose and of which round: somebody must answer
    ],
)
def test_a_mail_that_only_quotes_is_no_report(office: Annex2, text: str, verdict: str) -> None:
    page = "<table><tr><td>孙志远</td><td>完成情况联系人</td></tr></table>"
    mail(office, f"回复：{RELIEF}第一季度工作目标完成情况", text, f"<p>{text}</p>{page}")
    office.json("collect", now=LATER)
    assert verdicts(office) == {"来信.eml": verdict}


def packed(annex2: Annex2, *pages: str) -> dict[str, Any]:
    form = annex2.deliver("儿童福利处", name="表.xlsx", texts=("儿童一",))
    with zipfile.ZipFile(annex2.root / "inbox" / "报送.zip", "w") as z:
        z.write(form, "表.xlsx")
        for page in pages:
            z.writestr(page, b"%PDF-1.4\n" + page.encode())
    form.unlink()
    annex2.json("collect", now=LATER)
    return verdicts(annex2)


def test_a_page_of_another_division_is_that_ones_report(office: Annex2) -> None:
    found = packed(office, f"{RELIEF}第一季度完成情况.pdf", "儿童福利处审定页.pdf", "扫描件.pdf")
    assert found[f"{RELIEF}第一季度完成情况.pdf"] == "待裁定"
    assert found["儿童福利处审定页.pdf"] == found["扫描件.pdf"] == "不处理"
    (report,) = (r for r in office.cells("收件记录") if r["文件名"] == "表.xlsx")
    assert RELIEF not in str(report["原因"])
    (item,) = (i for i in open_items(office) if f"{RELIEF}第一季度" in str(i["位置"]))
    assert "不是可以编辑的表格" in str(item["问题"])


def with_letters(annex2: Annex2, **others: bytes) -> None:
    """The office's form, filled, in an archive with other files before it."""
    form = annex2.deliver(RELIEF, name="表.xlsx", texts=("救助一", "标准一"))
    with zipfile.ZipFile(annex2.root / "inbox" / "报送.zip", "w") as z:
        for name, data in others.items():
            z.writestr(name.replace("__", "."), data)
        z.write(form, "表.xlsx")
    form.unlink()


@pytest.mark.parametrize("name", ["情况说明__txt", "关于报送第一季度完成情况的函__txt", "审批单(1)__csv"])
def test_a_letter_beside_the_form_is_kept_and_asks_nothing(office: Annex2, name: str) -> None:
    with_letters(office, **{name: "现将我处第一季度报送表报上，请审阅。\n联系人：张三".encode()})
    checked = office.json("check", office.root / "inbox" / "报送.zip", now=LATER)
    assert [f["verdict"] for f in checked["files"]] == ["ignored", "ignored", "accepted"]
    assert office("collect", now=LATER)[0] == 0
    assert verdicts(office) == {
        "报送.zip": "不处理", "表.xlsx": "接收", name.replace("__", "."): "不处理",
    }  # fmt: skip
    assert texts(office) == ("救助一", "标准一")
    (kept,) = (r for r in office.cells("收件记录") if r["文件名"] == name.replace("__", "."))
    assert kept["原因"] == KINDS["beside_a_form"].message
    assert office("collect", now=LATER)[0] == 0
    assert len(office.cells("收件记录")) == 3


@pytest.mark.parametrize(
    "name",
    [
        "第一季度进展情况说明.txt",
        "第一季度完成情况的说明.txt",
        "第一季度工作推进情况说明.txt",
        "落实情况（说明）.txt",
        "第二季度情况说明.txt",
        "儿童福利处不报送说明.txt",
        "儿童福利处情况说明.txt",
        "关于更正第一季度数据的函.txt",
    ],
)
def test_what_may_be_a_report_or_a_request_waits(office: Annex2, name: str) -> None:
    with_letters(office, **{name.replace(".", "__"): "一季度进展顺利。".encode()})
    assert office("collect", now=LATER)[0] == 1
    assert verdicts(office)[name] == "待裁定"


def test_a_page_of_another_division_beside_a_form_is_named_beside_its_own(office: Annex2) -> None:
    office.deliver("儿童福利处", name="儿童.xlsx", approver=None, day=None)
    office.json("collect", now=LATER)
    with_letters(office, 儿童福利处审定页__pdf=b"%PDF-1.5\n" + bytes(200))
    office.json("collect", now=LATER)
    (page,) = (r for r in office.cells("收件记录") if r["文件名"] == "儿童福利处审定页.pdf")
    (report,) = (r for r in office.cells("收件记录") if r["文件名"] == "儿童.xlsx")
    assert (page["结论"], page["处室"]) == ("不处理", "儿童福利处")
    assert page["归档位置"] in report["原因"]


def test_a_letter_without_a_form_waits(office: Annex2) -> None:
    with zipfile.ZipFile(office.root / "inbox" / "报送.zip", "w") as z:
        z.writestr("情况说明.txt", "现将我处第一季度报送表报上，请审阅。".encode())
    office("collect", now=LATER)
    assert verdicts(office)["情况说明.txt"] == "待裁定"


@pytest.mark.parametrize("order", [("空表", "表"), ("表", "空表")])
def test_an_empty_form_beside_the_filled_one_asks_nothing(office: Annex2, order: tuple[str, str]) -> None:
    """Mail programs forward the office's own form along: it is no report, and no correction of one."""
    files = {"空表": office.form(RELIEF).read_bytes()}
    filled = office.deliver(RELIEF, name="表.xlsx", texts=("救助一", "标准一"))
    files["表"] = filled.read_bytes()
    filled.unlink()
    with zipfile.ZipFile(office.root / "inbox" / "报送.zip", "w") as z:
        for name in order:
            z.writestr(f"{name}.xlsx", files[name])
    checked = office.json("check", office.root / "inbox" / "报送.zip", now=LATER)
    assert sorted(f["verdict"] for f in checked["files"]) == ["accepted", "ignored", "ignored"]
    assert office("collect", now=LATER)[0] == 0
    assert verdicts(office) == {"报送.zip": "不处理", "表.xlsx": "接收", "空表.xlsx": "不处理"}
    assert texts(office) == ("救助一", "标准一")
    (report,) = (r for r in office.cells("收件记录") if r["文件名"] == "表.xlsx")
    assert report["审定"] == "已审定"
    (kept,) = (f for f in checked["files"] if f["name"] == "空表.xlsx")
    assert [f["code"] for f in kept["findings"]] == ["blank_form"]
    (office.root / "inbox" / "又一份.xlsx").write_bytes(files["空表"] + b"\0")  # other bytes, later, alone
    office("collect", now=LATER)
    assert verdicts(office)["又一份.xlsx"] == "不处理"


def test_an_empty_form_alone_is_asked_for_again(office: Annex2) -> None:
    (office.root / "inbox" / "空表.xlsx").write_bytes(office.form(RELIEF).read_bytes())
    office("collect", now=LATER)
    assert verdicts(office) == {"空表.xlsx": "退回修改"}


def test_an_empty_form_mends_nothing(office: Annex2) -> None:
    office.deliver(RELIEF, name="表.xlsx", texts=("救助一", "同上"))
    office("collect", now=LATER)
    office.type(Sheet.TASKS, THIRTEEN, "第一季度完成情况", "标准一，办公室填的")
    (office.root / "inbox" / "空表.xlsx").write_bytes(office.form(RELIEF).read_bytes())
    office("collect", now=LATER)
    assert verdicts(office) == {"表.xlsx": "退回修改", "空表.xlsx": "不处理"}


def test_an_empty_form_is_no_report_of_what_the_office_typed(office: Annex2) -> None:
    for task in (TWO, THIRTEEN):
        office.type(Sheet.TASKS, task, "第一季度完成情况", "电话里报的")
    (office.root / "inbox" / "空表.xlsx").write_bytes(office.form(RELIEF).read_bytes())
    checked = office.json("check", office.root / "inbox" / "空表.xlsx", now=LATER)
    assert [f["code"] for f in checked["files"][0]["findings"]] == ["blank_but_there"]
    office("collect", now=LATER)
    (row,) = office.cells("收件记录")
    assert row["结论"] == "不处理"
    assert "是办公室填的" in str(row["原因"])


def test_a_form_of_closed_tasks_stays_accepted(office: Annex2) -> None:
    """Nothing is asked for and nothing is written: the next run took it for a 结论 that somebody had changed."""
    for task in (TWO, THIRTEEN):
        office.type(Sheet.TASKS, task, "销号状态", "已销号")
    office.deliver(RELIEF, name="表.xlsx", texts=("无", "同上"))
    office("collect", now=LATER)
    before = verdicts(office)
    assert str(before["表.xlsx"]).startswith("接收")
    stood = office.master.read_bytes()
    assert office("collect", now=LATER)[0] == 0
    assert verdicts(office) == before
    assert office.master.read_bytes() == stood
