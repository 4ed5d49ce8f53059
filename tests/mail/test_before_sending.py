"""What `send` looks at before anything is changed, and what it says of mails that went out before."""

from __future__ import annotations

import hashlib

from conftest import Annex2
from test_lost_tasks import asked, delete_row

from mail.servers import MailWorld, Proxy
from mail.test_quarter import LATER, NOW, SENT, inbox_of, set_up, setting
from toolkit.master.schema import Sheet

RELIEF, CARE = "社会救助处", "养老服务处"


def files(annex2: Annex2) -> dict[str, str]:
    """All that lies in the outbox and among the notes."""
    return {
        str(p.relative_to(annex2.root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for folder in ("outbox", ".annex2")
        for p in sorted((annex2.root / folder).rglob("*"))
        if p.is_file() and p.name not in ("lock", "holder")
    }


def test_nothing_is_changed_where_a_mail_cannot_be_made(world: MailWorld, user: str, annex2: Annex2) -> None:
    to = set_up(annex2, world.settings(user), user)
    annex2("fanout", "2023Q1", now=SENT)
    annex2.type(Sheet.TASKS, "2023-12", "牵头处室", CARE)
    annex2.type(Sheet.DIVISIONS, RELIEF, "邮箱", "李超")
    before = files(annex2)
    assert annex2("send", "2023Q1", now=SENT)[0] == 2
    assert files(annex2) == before
    annex2.type(Sheet.DIVISIONS, RELIEF, "邮箱", to[RELIEF])
    _, out, _ = annex2("send", "2023Q1", now=SENT)
    assert "现在不用单独报的处室，以前的表移到了“旧版”：2023年市民政局儿童福利处" in out


def test_a_dry_run_changes_nothing(world: MailWorld, user: str, annex2: Annex2) -> None:
    set_up(annex2, world.settings(user), user)
    before = files(annex2)
    assert "将要发送" in annex2("send", "2023Q1", "--dry-run", now=SENT)[1]
    assert files(annex2) == before
    assert not (annex2.root / "outbox/2023Q1").exists()
    delete_row(annex2)
    assert "少了" not in str(annex2("send", "2023Q1", now=SENT))
    annex2("collect", now=NOW)
    assert not asked(annex2)


def test_a_mail_that_went_out_or_may_have_is_drafted_once_more_only_when_that_is_said(
    world: MailWorld, user: str, annex2: Annex2
) -> None:
    settings = world.settings(user)
    to = set_up(annex2, settings, user)
    assert settings.sending
    proxy = Proxy(world.post.ssl.port)
    world.post.handler.delivered = proxy.cut_next
    setting(annex2, "发件端口", str(proxy.port))
    assert "不确定" in annex2("send", "2023Q1", "--division", RELIEF, now=SENT)[1]
    world.post.handler.delivered = lambda: None
    proxy.stop()
    setting(annex2, "发件端口", str(settings.sending.port))
    annex2("send", "2023Q1", "--division", CARE, now=SENT)
    dry = annex2("send", "2023Q1", "--dry-run", now=LATER)[1]
    assert f"【以前发过，不知道发出没有（2023-03-27 09:30）】{RELIEF}" in dry
    assert f"【以前已发送（2023-03-27 09:30）】{CARE}" in dry
    out = annex2("send", "2023Q1", "--drafts", now=LATER)[1]
    drafts = annex2.root / "outbox/2023Q1/邮件草稿"
    assert {p.stem for p in drafts.glob("*.eml")} == {"儿童福利处"}
    assert "没有再生成草稿的：" in out
    assert f"{RELIEF}（以前发过，不知道发出没有（2023-03-27 09:30））" in out
    annex2("send", "2023Q1", "--drafts", "--again", now=LATER)
    assert {RELIEF, CARE} <= {p.stem for p in drafts.glob("*.eml")}
    assert len(inbox_of(world, to[CARE])) == 1


def test_forms_by_an_older_name_of_their_round_are_put_away(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1", now=SENT)
    folder = annex2.root / "outbox/2023Q1"
    form = annex2.form(RELIEF)
    copy = form.with_name(f"{form.stem} - 副本.xlsx")
    copy.write_bytes(form.read_bytes())
    annex2.type(Sheet.ROUNDS, "2023Q1", "名称", "一季度")
    _, out, _ = annex2("fanout", "2023Q1", now=SENT)
    assert "改名前的表移到了“旧版”，已经发出去的仍然能报：" in out
    assert len(list(folder.glob("*.xlsx"))) == 5
    assert copy.exists(), "what somebody has copied is theirs"
    assert len(list((folder / "旧版").iterdir())) == 4
