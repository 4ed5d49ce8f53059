"""Documents that the office goes on with by hand, and what stands in them."""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from docx import Document
from openpyxl import load_workbook
from test_plan_round import FIRST, KEY, SECOND, add_round, send

from toolkit.master.schema import Sheet

RELIEF, CHILD = "社会救助处", "儿童福利处"
NOW, AFTER = "2023-04-03T10:00", "2023-04-07T09:00"


def words(path: Path) -> str:
    return "\n".join(p.text for p in Document(str(path)).paragraphs)


def write_into(path: Path) -> None:
    made = Document(str(path))
    made.add_paragraph("办公室改过的话")
    made.save(str(path))


@pytest.mark.parametrize(
    ("verb", "made"),
    [
        (("summary",), "summary/*.docx"),
        (("approval", "2023Q1"), "summary/送审/*李超*.docx"),
        (("bulletin", "2023Q1"), "summary/通报/*.docx"),
    ],
)
def test_what_somebody_edited_is_kept(annex2: Annex2, verb: tuple[str, ...], made: str) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, approver=None)
    annex2("collect", now=NOW)
    annex2(*verb, now=AFTER)
    (path,) = annex2.root.glob(made)
    write_into(path)
    out = annex2(*verb, now=AFTER)[1]
    (kept,) = (path.parent / "旧版").iterdir()
    assert "办公室改过的话" in words(kept)
    assert "办公室改过的话" not in words(path)
    assert f"有人改过的，留在 {kept.relative_to(annex2.root).as_posix()}" in out
    annex2(*verb, now=AFTER)
    annex2.type(Sheet.TASKS, "2023-02", "第一季度完成情况", "改了一句。")
    assert "改过的" not in annex2(*verb, now=AFTER)[1]
    assert list((path.parent / "旧版").iterdir()) == [kept], "what nobody edited is made anew"


def test_a_document_that_holds_no_more_is_put_away(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=AFTER)
    folder = annex2.root / "summary/送审"
    assert [p.name for p in folder.glob("*.docx")] == ["第一季度送审（李超）.docx"]
    annex2.type(Sheet.RECEIPTS, "1", "审定", "已审定")
    out = annex2("approval", "2023Q1", now=AFTER)[1]
    assert "李超分管的都已审定" in out
    assert list(folder.glob("*.docx")) == []
    assert [p.name for p in (folder / "旧版").iterdir()] == ["第一季度送审（李超）（1）.docx"]


@pytest.mark.parametrize("verb", [("summary",), ("approval", "2023Q1"), ("bulletin", "2023Q1"), ("status", "--html")])
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read is not on this system")
def test_a_template_that_cannot_be_read_is_named(annex2: Annex2, verb: tuple[str, ...]) -> None:
    made = {"summary": "summary.docx", "approval": "approval.docx", "bulletin": "bulletin.docx"}
    name = made.get(verb[0], "status.html.j2")
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, approver=None)
    annex2("collect", now=NOW)
    (annex2.root / "templates" / name).unlink(missing_ok=True)
    (annex2.root / "templates" / name).symlink_to("/proc/self/mem")
    page = [annex2.root / "页.html"] if verb[0] == "status" else []
    status, _, err = annex2(*verb, *page, now=AFTER)
    assert status == 2
    assert "读不到模板" in err
    assert name in err


def test_a_slip_in_the_bulletins_template_is_told_with_its_own_words(annex2: Annex2) -> None:
    path = annex2.root / "templates/bulletin.docx"
    template = Document(str(path))
    template.add_paragraph("{{ overveiw }}")
    template.save(str(path))
    _, _, err = annex2("bulletin", "2023Q1", now=AFTER)
    assert "没有“overveiw”这个占位符" in err
    assert "可用的占位符：title、round、addressees、overview" in err


def test_a_document_open_in_word_is_said_and_copied_once(annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF, approver=None)
    annex2("collect", now=NOW)
    annex2("approval", "2023Q1", now=AFTER)
    folder = annex2.root / "summary/送审"
    open_in_word = folder / "第一季度送审（李超）.docx"
    annex2.deliver("儿童福利处", approver=None)
    annex2("collect", now=NOW)
    annex2.type(Sheet.RECEIPTS, "1", "审定", "已审定")

    def locked(remove: Any) -> Any:
        """As Windows has it while Word holds a file: nobody moves it, removes it or puts another in its place."""

        def done(path: Any, *more: Any, **named: Any) -> Any:
            if open_in_word in (Path(path), *(Path(m) for m in more if isinstance(m, str | Path))):
                raise PermissionError(13, "used by another process")
            return remove(path, *more, **named)

        return done

    with monkeypatch.context() as windows:
        for name in ("replace", "rename", "unlink"):
            windows.setattr(os, name, locked(getattr(os, name)))
        for _ in range(2):
            status, _, err = annex2("approval", "2023Q1", now=AFTER)
            assert status == 2
            assert "关闭打开它的程序" in err
    assert not (folder / "旧版").exists() or not list((folder / "旧版").iterdir())
    annex2("approval", "2023Q1", now=AFTER)
    assert len(list((folder / "旧版").iterdir())) == 1, "only what holds no more"


def test_what_lies_with_the_office_is_not_held_against_a_division(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver(RELIEF)
    annex2.type(Sheet.DIVISIONS, CHILD, "邮箱", "child@example.org")
    form = annex2.deliver(CHILD)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "stranger@elsewhere.cn", "bgs@example.org", "报送"
    mail.add_attachment(form.read_bytes(), maintype="application", subtype="octet-stream", filename=form.name)
    form.unlink()
    (annex2.root / "inbox" / "转.eml").write_bytes(mail.as_bytes())
    annex2("collect", now=NOW)
    annex2("bulletin", "2023Q1", now="2023-04-12T09:00")
    (path,) = (annex2.root / "summary/通报").glob("*.docx")
    told = words(path)
    assert f"已报来、正在核对的1个：{CHILD}" in told
    assert CHILD not in told.partition("三、未报送的")[2]
    assert "已报1个，均按时报送，未报送2个" in told


def test_no_bulletin_where_nobody_owes(annex2: Annex2) -> None:
    for name in {str(r["牵头处室"]) for r in annex2.cells("任务台账")}:
        annex2.type(Sheet.DIVISIONS, name, "免报节点", "2023Q1")
    status, _, error = annex2("bulletin", "2023Q1", now=AFTER)
    assert status == 2
    assert "没有处室要报" in error


def test_a_township_has_no_bureau(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    for row in book["设置"].iter_rows():
        if row[0].value in ("单位", "发文单位"):
            row[1].value = {"单位": "青山镇", "发文单位": "青山镇党政综合办公室"}[row[0].value]
    book.save(annex2.master)
    annex2("bulletin", "2023Q1", now=AFTER)
    (path,) = (annex2.root / "summary/通报").glob("*.docx")
    told = words(path)
    assert "经分管领导审定后交青山镇党政综合办公室" in told
    assert "局" not in told


def test_a_plan_is_put_before_a_leader_in_sentences(annex2: Annex2) -> None:
    add_round(annex2)
    annex2("fanout", KEY)
    send(annex2, "方案.xlsx", FIRST, SECOND, approver="")
    annex2("collect", now="2023-03-09T10:00")
    annex2("approval", KEY, now="2023-03-09T11:00")
    (path,) = (annex2.root / "summary/送审").glob("*李超*.docx")
    told = words(path).splitlines()
    assert "1. 3月31日前，制定走访方案（责任人：张三）" in told
    assert "2. 6月30日前，完成全部走访（责任人：张三）" in told
    assert "1.持续推进，核对供养标准（责任人：李四）" in told
    assert not any("｜" in line for line in told)
