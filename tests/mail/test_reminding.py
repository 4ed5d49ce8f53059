"""Reminders through the command line and real servers."""

from __future__ import annotations

from io import BytesIO

from conftest import Annex2, fill, input_rows
from openpyxl import load_workbook
from test_added_tasks import copy_row
from test_scheduled import Clock, at

from mail.servers import MailWorld
from mail.test_quarter import SENT, attachment, inbox_of, reply, set_up, setting
from toolkit.mail.outgoing import HALFWAY
from toolkit.master.schema import Sheet
from toolkit.scheduled import runner
from toolkit.workspace import Workspace


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


def test_a_reminder_over_which_a_run_died_silences_nobody(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2("remind", now="2023-05-05T09:00")  # T+30, the last step of the quarter
    record = annex2.root / ".annex2/sent.jsonl"
    lines = record.read_text("utf-8").splitlines(keepends=True)
    died = next(n for n, line in enumerate(lines) if '"sent"' in line and "养老服务处" in line)
    record.write_text("".join(lines[:died]), "utf-8")  # killed before the server's answer
    annex2.type(Sheet.DIVISIONS, "养老服务处", "别名", "养老服务处")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "名称", "养老服务中心")
    clock = Clock("2023-06-27T09:00")
    jobs = runner(Workspace(annex2.root), clock)
    jobs.once()
    told = []
    for day in ("06-28T09:00", "06-28T09:31", "07-03T09:00"):
        clock.now = at(f"2023-{day}")
        told += [o.message for o in jobs.once() if o.job == "提醒和催报"]
    assert f"给养老服务中心的提醒{HALFWAY}" in told[0]
    assert not any(HALFWAY in message for message in told[1:]), "it is told once"
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "提醒不知道发出没有")
    assert "养老服务中心" in item["问题"]
    assert '"former"' not in record.read_text("utf-8")
    subjects = [str(mail["Subject"]) for mail in inbox_of(world, to["养老服务处"])]
    assert [("第二季度" in s or "上半年" in s) for s in subjects] == [False, True, True]
    annex2("remind", "--again", now="2023-07-03T10:00")
    assert len(inbox_of(world, to["养老服务处"])) == 4
    (item,) = (r for r in annex2.cells("待处理") if r["事项"] == "提醒不知道发出没有")
    assert item["处理结果"] == "已再发一次"


def test_a_copy_that_cannot_be_sent_stops_no_reminder(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2.type(Sheet.DIVISIONS, "社会救助处", "抄送", f"李 四 <{user}cc@units.example>，没有@")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "领导邮箱", "deng@mzj.gov.cn。")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", f"{to['儿童福利处']}, {user}er@units.example")
    out = annex2("remind", now="2023-04-10T09:00")[1]
    assert "社会救助处的“没有@”不是邮箱地址，没有抄送" in out
    assert "社会救助处" in out[out.index("的分管领导没有能用的邮箱") - 40 :]
    (mail,) = inbox_of(world, to["社会救助处"])
    assert mail["Cc"] == f"{user}cc@units.example"
    assert len(inbox_of(world, f"{user}er@units.example")) == 1


def test_what_a_job_tells_of_others_stands_beside_a_refusal(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", "x@@")
    clock = Clock("2023-04-09T09:00")
    jobs = runner(Workspace(annex2.root), clock)
    jobs.once()
    clock.now = at("2023-04-10T09:00")
    world.post.handler.refuse.add(to["养老服务处"])
    try:
        (outcome,) = (o for o in jobs.once() if o.job == "提醒和催报")
    finally:
        world.post.handler.refuse.clear()
    assert not outcome.ok
    assert "养老服务处的邮件没有发出" in outcome.message
    assert "发出提醒 1 封：社会救助处" in outcome.message
    assert "基层政权处没有邮箱" in outcome.message
    assert "没有提醒：处室!邮箱（儿童福利处）" in outcome.message


def test_a_task_added_after_the_date_stands_on_no_form_of_before(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user, 自动回复="是")
    annex2("send", "2023Q1", now=SENT)
    annex2.deliver("养老服务处")
    annex2("collect", "--no-mailbox", now="2023-04-03T10:00")
    copy_row(annex2, "12", 序号=22, 工作事项="新建未成年人保护站3个")  # 儿童福利处's only one
    annex2("remind", now="2023-04-10T09:00")
    sent, chased = inbox_of(world, to["儿童福利处"])
    reply(world, sent, to["儿童福利处"], settings.address, 表=fill(attachment(sent)[1], [None]))
    annex2("collect", now="2023-04-10T10:00")
    back = inbox_of(world, to["儿童福利处"])[-1]
    assert len(inbox_of(world, to["儿童福利处"])) == 3
    for mail in (sent, chased, back):
        assert len(input_rows(load_workbook(BytesIO(attachment(mail)[1])).worksheets[0])) == 1


def test_what_a_closed_division_still_owes_is_asked_of_its_heir(world: MailWorld, user: str, annex2: Annex2) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user)
    annex2("send", "2023Q1", now=SENT)
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "停用日期", "2023-04-20")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "并入", "社会救助处")
    annex2("remind", now="2023-05-05T09:00")
    assert len(inbox_of(world, to["儿童福利处"])) == 1, "nobody reads it any more"
    asked = [m for m in inbox_of(world, to["社会救助处"]) if "儿童福利处" in str(m["Subject"])]
    assert [m.get_body().get_content().splitlines()[0] for m in asked] == ["社会救助处〔儿童福利处并入前应报的〕："]  # type: ignore[union-attr]
    assert "经分管局领导彭莉莉同志审定后" in asked[0].get_body().get_content()  # type: ignore[union-attr]
    assert "儿童福利处" in attachment(asked[0])[0]
    filled = fill(attachment(asked[0])[1], ["新建一个。"], "彭莉莉")
    reply(world, asked[0], to["社会救助处"], settings.address, 表=filled)
    files = annex2.json("collect", now="2023-05-05T10:00")["files"]
    (file,) = (f for f in files if f["name"] == "表.xlsx")
    assert (file["division"], file["verdict"]) == ("儿童福利处", "accepted with remarks"), file
    assert {f["code"] for f in file["findings"]} == {"late"}, file


def test_the_form_of_a_closed_division_goes_to_its_heir(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "停用日期", "2023-04-20")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "并入", "社会救助处")
    assert "儿童福利处没有" not in annex2("send", "2023Q1", now="2023-05-05T09:00")[1]
    assert inbox_of(world, to["儿童福利处"]) == [], "nobody reads it any more"
    (mail,) = (m for m in inbox_of(world, to["社会救助处"]) if "儿童福利处" in attachment(m)[0])
    text = mail.get_body().get_content()  # type: ignore[union-attr]
    assert text.splitlines()[0] == "社会救助处〔儿童福利处并入前应报的〕："
    assert "彭莉莉同志审定后" in text
    assert str(mail["Subject"]).endswith("（社会救助处〔儿童福利处并入前应报的〕）")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "邮箱", None)
    old = "社会救助处没有邮箱，它接手的儿童福利处的表发到儿童福利处原来的邮箱：在“处室”表里填上社会救助处的邮箱"
    assert old in annex2("send", "2023Q1", "--dry-run", now="2023-05-05T09:00")[1]
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", None)
    status, out, _ = annex2("send", "2023Q1", "--dry-run", now="2023-05-05T09:00")
    assert status == 1
    assert "社会救助处（接手儿童福利处）没有邮箱" in out


def test_reminder_whose_form_cannot_be_made_goes_out_and_says_so(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    to = set_up(annex2, world.settings(user), user)
    (annex2.root / "templates" / "annex2.xlsx").write_bytes(b"no workbook")
    status, out, _ = annex2("remind", now="2023-04-10T09:00")
    assert status == 1
    assert "提醒里没有附上要填的表" in out
    assert "annex2.xlsx" in out
    (mail,) = inbox_of(world, to["儿童福利处"])
    assert not list(mail.iter_attachments())


def test_two_names_that_windows_takes_for_one_cost_no_reminder_its_form(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    to = set_up(annex2, world.settings(user), user)
    for old, new in (("儿童福利处", "福利/一科"), ("社会救助处", "福利:一科")):
        annex2.type(Sheet.DIVISIONS, old, "别名", old)
        annex2.type(Sheet.DIVISIONS, old, "名称", new)
    assert "会是同一个文件" in annex2("send", "2023Q1", now=SENT)[2]
    annex2("remind", now="2023-04-10T09:00")
    for address in to.values():
        (mail,) = inbox_of(world, address)
        assert attachment(mail)[1]


def test_what_the_heir_of_a_closed_division_lacks_is_told_of_the_heirs_row(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "停用日期", "2023-04-20")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "并入", "基层政权处")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "停用日期", "2023-04-20")
    annex2.type(Sheet.DIVISIONS, "养老服务处", "并入", "社会救助处")
    annex2.type(Sheet.DIVISIONS, "社会救助处", "抄送", "bad")
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", None)
    out = annex2("remind", "--dry-run", now="2023-05-05T09:00")[1]
    assert "\n基层政权处（接手儿童福利处）没有邮箱，提醒不了" in out
    annex2.type(Sheet.DIVISIONS, "儿童福利处", "邮箱", to["儿童福利处"])
    out = annex2("remind", now="2023-05-05T09:00")[1]
    assert "基层政权处没有邮箱，它接手的儿童福利处的提醒发到儿童福利处原来的邮箱" in out
    assert "\n基层政权处没有邮箱，提醒不了" in out
    assert len(inbox_of(world, to["儿童福利处"])) == 1
    assert out.count("的“bad”不是邮箱地址") == out.count("社会救助处的“bad”不是邮箱地址") == 1
    assert "\n社会救助处（接手养老服务处）、儿童福利处、基层政权处的分管领导没有能用的邮箱" in out


def test_what_nobody_has_collected_is_told_before_anybody_is_chased(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user)
    annex2("send", "2023Q1", now=SENT)
    annex2.deliver("社会救助处", name="救助.xlsx")
    (mail,) = inbox_of(world, to["养老服务处"])
    reply(world, mail, to["养老服务处"], settings.address, 养老=fill(attachment(mail)[1]))
    file, letter = "inbox 里有 1 份文件还没有收取：救助.xlsx", "邮箱里有 1 封邮件还没有收取"
    for words in (("remind", "--dry-run"), ("bulletin", "2023Q1"), ("remind",)):
        status, out, _ = annex2(*words, now="2023-04-06T09:00")
        assert status == 1
        assert file in out
        assert letter in out
    annex2("collect", now="2023-04-06T09:30")
    assert "还没有收取" not in annex2("bulletin", "2023Q1", now="2023-04-06T10:00")[1]
    setting(annex2, "收件端口", "9")
    out = annex2("remind", "--dry-run", now="2023-04-10T09:00")[1]
    assert "看不了邮箱里有没有还没有收取的邮件：收件服务器" in out
    assert "→" in out, "it stops nothing"


def test_the_schedule_says_what_the_commands_say(world: MailWorld, user: str, annex2: Annex2) -> None:
    set_up(annex2, world.settings(user), user)
    annex2("send", "2023Q1", now=SENT)
    (annex2.root / "inbox" / "坏.xlsx").write_bytes(b"PK\x03\x04 broken")
    clock = Clock("2023-04-06T08:00")
    jobs = runner(Workspace(annex2.root), clock)
    jobs.once()
    annex2.type(Sheet.TRACKER, "社会救助处", "第一季度", "领导说可以晚几天")
    clock.now = at("2023-04-06T09:35")
    (told,) = (o.message for o in jobs.once() if o.job == "提醒和催报")
    for sentence in ("发出提醒 3 封", "另有 1 份收件待裁定，还没有算报送：第 1 号收件 坏.xlsx", "领导说可以晚几天"):
        assert sentence in told
