"""Reminders through the command line and real servers."""

from __future__ import annotations

from conftest import Annex2
from openpyxl import load_workbook

from mail.servers import MailWorld
from mail.test_quarter import SENT, inbox_of, set_up


def leader_mails(annex2: Annex2, address: str) -> None:
    book = load_workbook(annex2.master)
    sheet = book["处室"]
    column = next(c.column for c in sheet[3] if c.value == "领导邮箱")
    for row in range(4, sheet.max_row + 1):
        if sheet.cell(row, 1).value == "儿童福利处":
            sheet.cell(row, column).value = address
    book.save(annex2.master)


def test_the_ladder(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    leader = f"{user}leader@units.example"
    leader_mails(annex2, leader)
    annex2("send", "2023Q1", now=SENT)

    def remind(now: str, *words: str) -> str:
        status, out, error = annex2("remind", *words, now=now)
        assert status in (0, 1), error
        return out

    def count(division: str) -> int:
        return len(inbox_of(world, to[division])) - 1  # the form's own mail

    assert "不是工作时间" in remind("2023-03-29T07:00")
    assert "没有邮箱" in remind("2023-03-29T09:00", "--dry-run")  # 基层政权处 has none
    assert count("社会救助处") == 0
    remind("2023-03-29T09:00")
    assert (count("社会救助处"), count("儿童福利处")) == (1, 1)
    reminder = inbox_of(world, to["社会救助处"])[-1]
    assert "提醒" in str(reminder["Subject"])
    assert reminder["In-Reply-To"] == inbox_of(world, to["社会救助处"])[0]["Message-ID"]
    remind("2023-03-29T09:30")
    assert count("社会救助处") == 1  # the step is done

    annex2.deliver("社会救助处")
    annex2("collect", "--no-mailbox", now="2023-03-30T10:00")
    remind("2023-04-04T09:00")  # the last working day before 清明
    assert (count("社会救助处"), count("儿童福利处")) == (1, 2)
    assert "不是工作时间" in remind("2023-04-05T09:00")  # 清明 itself
    remind("2023-04-06T09:00")
    assert count("儿童福利处") == 3
    assert "催报" in str(inbox_of(world, to["儿童福利处"])[-1]["Subject"])
    assert not world.dovecot.stored(leader.partition("@")[0])
    remind("2023-04-10T09:00")
    assert count("儿童福利处") == 4
    assert len(world.dovecot.stored(leader.partition("@")[0])) == 1  # the leader is copied in
    assert count("社会救助处") == 1


def test_drafts_of_reminders(world: MailWorld, user: str, annex2: Annex2) -> None:
    set_up(annex2, world.settings(user), user)
    out = annex2("remind", "第一季度", "--drafts", now="2023-03-29T09:00")[1]
    assert out.count(".eml") == 3
    assert len(list((annex2.root / "outbox/提醒和催报草稿/2023-03-29").glob("*.eml"))) == 3
