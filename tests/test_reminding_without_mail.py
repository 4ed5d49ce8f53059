"""An office without a mail server, or without addresses: who is to be told by telephone, and how late."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage

from conftest import Annex2
from docx import Document

from toolkit.master.schema import Sheet

LATE = "2023-04-10T09:00"


def test_whom_and_how_late_is_listed(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, "养老服务处", "邮箱", "yanglao@example.org")
    status, out, err = annex2("remind", now=LATE)
    assert status == 2
    assert "没有发件服务器" in err
    assert "加 --drafts 生成草稿" in err
    lines = [line.split() for line in out.splitlines()]
    assert ["养老服务处", "催报", "第一季度", "2023-04-05", "逾期", "5", "天"] in lines
    assert sum(line[:1] == ["社会救助处"] for line in lines) == 1
    drafted = annex2("remind", "--drafts", now=LATE)[1]
    assert drafted.count(".eml") == 1
    lines = [line.split() for line in drafted.splitlines()]
    assert ["社会救助处", "催报", "第一季度", "2023-04-05", "逾期", "5", "天"] in lines
    assert "社会救助处、儿童福利处、基层政权处没有邮箱，提醒不了" in drafted


def test_nobody_has_an_address(annex2: Annex2) -> None:
    status, out, _ = annex2("remind", "第一季度", now="2023-03-29T09:00")
    assert status == 1
    assert "没有发出去、要另外提醒的" in out
    assert out.count("7 天") == 4


def test_a_division_that_owes_several_reports_gets_all_forms_and_is_told_in_the_subject(annex2: Annex2) -> None:
    for name in ("养老服务处", "社会救助处"):
        annex2.type(Sheet.DIVISIONS, name, "邮箱", "x@example.org")
    annex2("fanout", "2023Q1")
    annex2("fanout", "2023Q2")
    annex2.deliver("社会救助处", name="一.xlsx")
    annex2("collect", now="2023-04-03T10:00")
    annex2("remind", "--drafts", now="2023-07-06T09:00")
    drafts = [email.message_from_bytes(p.read_bytes(), policy=policy.default) for p in annex2.root.rglob("*.eml")]
    told = {("另有1份待报" in str(m["Subject"]), len(list(m.iter_attachments()))) for m in drafts}
    assert told == {(True, 2), (False, 1)}


def test_a_reminder_gives_only_what_a_report_was_returned_for(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "x@example.org")
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", texts=("救助一", None), approver=None)
    annex2("collect", now="2023-04-03T10:00")
    (reason,) = (str(r["原因"]).splitlines() for r in annex2.cells("收件记录"))
    assert [line.startswith("另：") for line in reason] == [False, True]
    assert "没有填写完成情况" in reason[0]
    assert "审定" in reason[1]
    annex2("remind", "--drafts", now=LATE)
    (draft,) = annex2.root.rglob("*.eml")
    text = email.message_from_bytes(draft.read_bytes(), policy=policy.default).get_body().get_content()
    assert "没有填写完成情况" in text
    assert "没有填写分管局领导" not in text
    assert "另：" not in text


def test_reasons_of_every_returned_report_are_given(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "x@example.org")
    annex2("fanout", "2023Q2")
    annex2.deliver("社会救助处", "2023Q2", texts=("救助一", None))
    annex2("collect", now="2023-06-30T10:00")
    annex2("remind", "--drafts", now="2023-07-05T09:00")
    (draft,) = annex2.root.rglob("*社会救助处*.eml")
    text = email.message_from_bytes(draft.read_bytes(), policy=policy.default).get_body().get_content()
    first, second = (line for line in text.splitlines() if line[:2] in ("1.", "2."))
    assert "第一季度" in first
    assert "退回" not in first
    assert "第二季度" in second
    assert re.search("上次报送已退回修改（.*没有填写完成情况）", second)


def test_what_a_person_accepted_is_no_reason_for_a_return(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", "x@example.org")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", "y@example.org")
    annex2("fanout", "2023Q1")
    form = annex2.deliver("社会救助处", texts=("救助一", None))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "mishu@elsewhere.cn", "bgs@example.org", "报送"
    mail.set_content("见附件")
    mail.add_attachment(form.read_bytes(), maintype="application", subtype="octet-stream", filename=form.name)
    form.unlink()
    (annex2.root / "inbox" / "转.eml").write_bytes(mail.as_bytes())
    annex2("collect", now="2023-04-03T10:00")
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "待裁定" and str(r["标识"]).startswith("file:"))
    annex2.type(Sheet.ATTENTION, str(item["标识"]), "处理意见", "接收此件")
    annex2("collect", now="2023-04-03T11:00")
    annex2("remind", "--drafts", now=LATE)
    (draft,) = annex2.root.rglob("*社会救助处*.eml")
    text = email.message_from_bytes(draft.read_bytes(), policy=policy.default).get_body().get_content()
    assert "没有填写完成情况" in text
    assert "人工" not in text


def test_a_report_that_is_not_in_the_master_yet_is_not_asked_for(annex2: Annex2) -> None:
    """The master is open elsewhere: what came is archived, and whose it is can be told."""
    for name in ("养老服务处", "社会救助处", "儿童福利处"):
        annex2.type(Sheet.DIVISIONS, name, "邮箱", "x@example.org")
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处")
    empty = annex2.form("儿童福利处")
    (annex2.root / "inbox" / "没填.xlsx").write_bytes(empty.read_bytes())
    lock = annex2.root / ".~lock.master.xlsx#"
    lock.write_text(",王,电脑,,;", "utf-8")
    assert "还没有写进去" in annex2("collect", now="2023-04-03T10:00")[1]
    status, out, _ = annex2("remind", "--drafts", now=LATE)
    assert status == 1
    drafts = {p.name for p in (annex2.root / "outbox/提醒和催报草稿/2023-04-10").glob("*.eml")}
    assert drafts == {"养老服务处.eml", "儿童福利处.eml"}, "an empty form is no report"
    assert "有 2 份收到的文件在归档里，还没有写进总表" in out
    assert "还没有写进总表" in annex2("status", now=LATE)[1]
    status, out, _ = annex2("bulletin", "2023Q1", now="2023-04-12T10:00")
    assert status == 1
    assert "还没有写进总表" in out
    (path,) = (annex2.root / "summary/通报").iterdir()
    told = "\n".join(p.text for p in Document(str(path)).paragraphs)
    assert "已报来、正在核对的1个：社会救助处" in told
    page = annex2.root / "状态.html"
    for words in (("summary",), ("approval", "2023Q1"), ("trace", "1", "2023Q1"), ("status", "--html", page)):
        _, out, _ = annex2(*words, now=LATE)
        assert "还没有写进总表" in out, words
        assert "打开着" in out, words
    for path in (page, annex2.root / "summary/2023年度工作目标完成情况汇总.html"):
        text = re.sub(r"<[^>]*>|\s", "", path.read_text("utf-8"))
        assert re.search("养老服务处[^处]{0,30}逾期未报", text)
        assert not re.search("社会救助处[^处]{0,30}逾期未报", text)
    assert "李超分管的没有要送审的，没有生成：社会救助处已报来，正在核对" in annex2("approval", "2023Q1", now=LATE)[1]
    out = annex2("rollover", "2024", now=LATE)[1]
    assert "还没有写进总表" in out
    assert "第一季度还没有报的：养老服务处、儿童福利处、基层政权处" in out
    lock.unlink()
    annex2("collect", now=LATE)
    assert "还没有写进总表" not in annex2("status", now=LATE)[1]


def test_the_draft_for_a_division_that_has_reported_meanwhile_is_put_away(annex2: Annex2) -> None:
    for name in ("养老服务处", "社会救助处"):
        annex2.type(Sheet.DIVISIONS, name, "邮箱", "x@example.org")
    annex2("fanout", "2023Q1")
    annex2("remind", "--drafts", now=LATE)
    folder = annex2.root / "outbox/提醒和催报草稿/2023-04-10"
    assert len(list(folder.glob("*.eml"))) == 2
    annex2.deliver("社会救助处")
    annex2("collect", now="2023-04-10T10:00")
    annex2("remind", "--drafts", now="2023-04-10T20:00")  # not in working hours: says nothing of who owes what
    assert len(list(folder.glob("*.eml"))) == 2
    annex2("remind", "--drafts", now="2023-04-10T11:00")
    assert [p.name for p in folder.glob("*.eml")] == ["养老服务处.eml"]
    annex2.deliver("养老服务处")
    annex2("collect", now="2023-04-10T12:00")
    annex2("remind", "--drafts", now="2023-04-10T13:00")
    assert not list(folder.glob("*.eml")), "nobody with an address owes anything"


def test_the_timetable_names_whom_to_call(annex2: Annex2) -> None:
    annex2.type(Sheet.DIVISIONS, "养老服务处", "邮箱", "x@example.org")
    annex2("schedule", "run", "--once", now="2023-04-10T09:05")
    status, out, _ = annex2("schedule", "run", "--once", now="2023-04-10T09:31")
    assert status == 1
    assert "设置里没有发件服务器，要另外提醒的：养老服务处、社会救助处、儿童福利处、基层政权处" in out
