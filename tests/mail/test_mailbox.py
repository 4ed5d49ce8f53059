from toolkit.intake.mailbox import Mailbox
def test_try(world, user, tmp_path):
    world.dovecot.deliver(user, b"Subject: a\r\n\r\nhello\r\n", b"Subject: b\r\n\r\n.x\r\n")
    s = world.settings(user)
    with Mailbox(s, tmp_path/"mailbox.json") as box:
        got = list(box.fetch_new())
        print(got)
        assert len(got)==2
        box.file_away(got[:1], accepted=True)
        box.file_away(got[1:], accepted=False)
    print((tmp_path/"mailbox.json").read_text())
    print(world.dovecot.mails(user))
    assert 0
