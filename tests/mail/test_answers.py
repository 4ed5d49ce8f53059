"""Which mails are answered, and with what; pure, but for the words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mail.office import NOW, ROUND, composer, form, form_name, office, parsed
from toolkit.intake.members import MailFacts
from toolkit.intake.unpack import unpack
from toolkit.mail.answers import FOR_THE_OFFICE, GONE_BACK, Reviewed, answer, key_of, may_answer
from toolkit.mail.compose import Attachment, Outgoing
from toolkit.mail.message import to_message
from toolkit.mail.outgoing import SentRecord
from toolkit.mail.settings import MailSettings
from toolkit.model import Division, Finding, Round, Severity, Verdict
from toolkit.returns.findings import KINDS, finding, left_to_another_year

SETTINGS = MailSettings(address="office@office.example", name="市民政局办公室", answers=True)
ELDERLY = office().divisions[0]
MAIL = MailFacts(
    sender="yanglao@units.example",
    subject="第一季度报送",
    message_id="<their@units.example>",
    references=("<form@office.example>",),
    to=("office@office.example",),
)
EMPTY = finding("empty_status", "附件2!C5", label="1*")
LATE = finding("late", days=1, due="2023-04-05")


def reviewed(verdict: Verdict, *findings: Finding, sha: str = "a" * 64, round_: Round | None = ROUND) -> Reviewed:
    return Reviewed(f"{sha[0]}.xlsx", sha, verdict, round_, findings)


def answer_to(
    *files: Reviewed,
    mail: MailFacts = MAIL,
    sender: Division | None = ELDERLY,
    settings: MailSettings = SETTINGS,
    answered: Iterable[str] = (),
) -> Outgoing | None:
    done = set(answered)

    def again(round_: Round, division: Division) -> list[Attachment]:
        assert round_ is ROUND
        return [form(division.name)]

    return answer(composer(settings), mail, sender, NOW, files, again, done.__contains__, NOW)


def test_a_receipt() -> None:
    mail = answer_to(reviewed(Verdict.ACCEPTED_WITH_REMARKS, LATE, finding("no_stamp")))
    assert mail is not None
    assert mail.subject == "回复：第一季度报送"
    assert "已收到" not in mail.subject
    assert "a.xlsx：已接收" in mail.text
    assert "2023-03-27 09:30 收到" in mail.text
    assert "提示：逾期 1 天（截止 2023-04-05）。下次请按时报送。" in mail.text
    assert "身份标记" not in mail.text  # the office's business
    assert mail.attachments == ()
    assert (mail.to, mail.cc) == (("yanglao@units.example",), ())
    assert (mail.in_reply_to, mail.references) == (
        "<their@units.example>", ("<form@office.example>", "<their@units.example>"),
    )  # fmt: skip
    assert mail.key == key_of("a" * 64)
    message = parsed(to_message(mail, SETTINGS, NOW))
    assert message["Auto-Submitted"] == "auto-replied"


def test_a_return_lists_what_to_mend_and_carries_the_form() -> None:
    second = finding("unknown_row", "附件2!B9", text="别的事")
    mail = answer_to(reviewed(Verdict.RETURNED, LATE, EMPTY, second))
    assert mail is not None
    lines = ("（1）附件2!C5：1*没有填写完成情况。请填写后重新报送", "（2）附件2!B9：", "（3）逾期")
    places = [mail.text.index(line) for line in lines]
    assert places == sorted(places)
    assert [a.name for a in mail.attachments] == [form_name("养老服务处")]
    assert "请于2023年4月5日（星期三，含当天）前修改，并直接回复本邮件重新报送" in mail.text
    assert "。。" not in mail.text


def test_what_only_the_sender_can_mend_goes_back() -> None:
    cloud = finding("cloud_attachment", link="pan.example/x")
    mail = answer_to(reviewed(Verdict.HELD, cloud, round_=None))
    assert mail is not None
    assert "请把表格作为普通附件发送" in mail.text
    assert "报送单位" not in mail.text
    assert mail.attachments == ()  # nobody can tell which form
    with_round = answer_to(reviewed(Verdict.HELD, finding("encrypted")))
    assert with_round is not None
    assert len(with_round.attachments) == 1


def test_what_a_person_decides_is_only_acknowledged() -> None:
    held = finding("identity_conflict", field="处室", evidence="甲、乙", guess="", proposal="甲")
    mail = answer_to(reviewed(Verdict.HELD, held))
    assert mail is not None
    assert "正由我们核对" in mail.text
    assert "处理意见" not in mail.text
    assert not mail.attachments


def test_one_answer_for_all_files_of_a_mail_and_one_for_each_file() -> None:
    good, bad = reviewed(Verdict.ACCEPTED), reviewed(Verdict.RETURNED, EMPTY, sha="b" * 64)
    logo = reviewed(Verdict.IGNORED, sha="c" * 64)
    mail = answer_to(good, bad, logo, good)
    assert mail is not None
    assert mail.keys == (key_of("a" * 64), key_of("b" * 64), GONE_BACK + "b" * 64)
    assert "a.xlsx：已接收" in mail.text
    assert "b.xlsx：需要修改后重报" in mail.text
    assert "c.xlsx" not in mail.text
    later = answer_to(good, bad, answered=[key_of("a" * 64)])
    assert later is not None
    assert later.keys == (key_of("b" * 64), GONE_BACK + "b" * 64)
    assert answer_to(good, bad, answered=mail.keys) is None
    assert answer_to(logo) is None
    assert answer_to() is None


def test_the_record_knows_every_file_of_an_answer(tmp_path: Path) -> None:
    mail = answer_to(reviewed(Verdict.ACCEPTED), reviewed(Verdict.RETURNED, EMPTY, sha="b" * 64))
    assert mail is not None
    record = SentRecord(tmp_path / "sent.jsonl")
    record.write(mail, "begun", NOW)  # and killed: nobody knows whether it went out
    record = SentRecord(tmp_path / "sent.jsonl")
    assert all(record.last([key_of(sha * 64)]) for sha in "ab")


@pytest.mark.parametrize(
    "change",
    [
        {"automatic": True},
        {"bounce": True},
        {"listed": True},
        {"sender": ""},
        {"sender": "office@office.example"},
        {"sender": "Office@Office.example"},
        {"sender": "mailer-daemon@units.example"},
        {"sender": "no-reply@units.example"},
        {"sender": "noreply+123@units.example"},
        {"sender": "bounce-77@units.example"},
        {"sender": "not an address"},
        {"sender": "a@units.example\r\nBcc: x@y.example"},
    ],
)
def test_programs_lists_and_ourselves_get_no_answer(change: dict[str, Any]) -> None:
    mail = replace(MAIL, **change)
    assert not may_answer(SETTINGS, mail)
    assert answer_to(reviewed(Verdict.ACCEPTED), mail=mail) is None


def test_strangers_get_no_answer_and_nobody_does_by_default() -> None:
    assert answer_to(reviewed(Verdict.ACCEPTED)) is not None
    assert answer_to(reviewed(Verdict.ACCEPTED), sender=None) is None
    assert answer_to(reviewed(Verdict.ACCEPTED), settings=replace(SETTINGS, answers=False)) is None
    assert not MailSettings().answers


def test_our_own_answer_coming_back_is_not_answered() -> None:
    mail = answer_to(reviewed(Verdict.RETURNED, EMPTY))
    assert mail is not None
    unpacked = unpack("x.eml", to_message(replace(mail, to=("office@office.example",)), SETTINGS, NOW))
    assert unpacked is not None
    assert unpacked.mail is not None
    assert not may_answer(replace(SETTINGS, address="else@office.example"), unpacked.mail)


@pytest.mark.parametrize("subject", ["Re: 报送", "回复：报送", "回复: 报送", "答复：报送"])
def test_a_subject_is_marked_once(subject: str) -> None:
    mail = answer_to(reviewed(Verdict.ACCEPTED), mail=replace(MAIL, subject=subject))
    assert mail is not None
    assert mail.subject == subject


def test_without_a_subject_the_templates_stands() -> None:
    mail = answer_to(reviewed(Verdict.ACCEPTED), mail=replace(MAIL, subject=""))
    assert mail is not None
    assert mail.subject == "已收到养老服务处报送的第一季度工作目标完成情况"


def test_a_long_thread_keeps_its_root() -> None:
    ids = tuple(f"<{i}@units.example>" for i in range(50))
    mail = answer_to(reviewed(Verdict.ACCEPTED), mail=replace(MAIL, references=ids))
    assert mail is not None
    assert mail.references[0] == ids[0]
    assert mail.references[-1] == MAIL.message_id
    assert len(mail.references) == 10


def test_a_letter_beside_the_report_does_not_send_the_mail_back() -> None:
    letter = reviewed(Verdict.HELD, finding("no_form", found="一张表"), sha="b" * 64, round_=None)
    mail = answer_to(reviewed(Verdict.ACCEPTED), letter)
    assert mail is not None
    assert "已接收" in mail.text
    assert "b.xlsx：已收到，正由我们核对" in mail.text
    assert "修改" not in mail.text
    assert mail.attachments == ()
    mail = answer_to(letter)
    assert mail is not None
    assert "b.xlsx：需要修改后重报" in mail.text


def test_a_letter_is_for_people_to_answer() -> None:
    assert answer_to(reviewed(Verdict.HELD, finding("letter", division=ELDERLY.name, text="预计周五报"))) is None


def test_the_codes_exist() -> None:
    from toolkit.mail.answers import ASK_AGAIN

    assert set(KINDS) >= ASK_AGAIN | FOR_THE_OFFICE
    assert all(KINDS[c].severity is Severity.HOLD for c in ASK_AGAIN)


def test_a_form_of_another_division_is_named_and_its_blank_goes_back() -> None:
    other = office().divisions[1]
    file = replace(reviewed(Verdict.RETURNED, EMPTY), division=other)
    mail = answer_to(file)
    assert mail is not None
    assert f"a.xlsx（{other.name}的表）：需要修改后重报" in mail.text
    assert [a.name for a in mail.attachments] == [form(other.name).name]
    own = answer_to(replace(file, division=ELDERLY))
    assert own is not None
    assert "的表）" not in own.text
    assert [a.name for a in own.attachments] == [form(ELDERLY.name).name]


def test_another_years_form_is_left_to_its_workspace() -> None:
    """NOW is in March 2023."""
    next_years = reviewed(Verdict.HELD, finding("wrong_year", found=2024, year=2023), round_=None)
    assert answer_to(next_years) is None
    old = finding("wrong_year", found=2022, year=2023)
    told = answer_to(reviewed(Verdict.HELD, old, round_=None))  # its year is over: the wrong form was taken
    assert told is not None
    assert "需要修改后重报" in told.text
    assert left_to_another_year([old], NOW.replace(month=1))


def test_a_broken_archive_is_asked_for_again() -> None:
    mail = answer_to(reviewed(Verdict.HELD, finding("empty_container", kind="ZIP 压缩包"), round_=None))
    assert mail is not None
    assert "需要修改后重报" in mail.text


def test_what_cannot_be_opened_beside_a_report_does_not_ask_for_the_report_again() -> None:
    good = reviewed(Verdict.ACCEPTED)
    photos = Reviewed("照片.zip", "b" * 64, Verdict.HELD, None, (finding("encrypted"),))
    mail = answer_to(good, photos)
    assert mail is not None
    assert "已收到" not in mail.subject
    assert "照片.zip：没能打开，不影响报送的表" in mail.text
    assert "重新报送" not in mail.text
    assert mail.attachments == ()
    second = Reviewed("儿童福利处第一季度.xlsx", "c" * 64, Verdict.HELD, None, (finding("unreadable", why="坏了"),))
    mail = answer_to(good, second)
    assert mail is not None
    assert "儿童福利处第一季度.xlsx：需要修改后重报" in mail.text


def test_every_form_that_goes_back_is_attached() -> None:
    children = Division("儿童福利处")
    one = replace(reviewed(Verdict.RETURNED, EMPTY), division=ELDERLY)
    two = replace(reviewed(Verdict.RETURNED, EMPTY, sha="b" * 64), division=children)
    mail = answer_to(one, two)
    assert mail is not None
    assert [a.name for a in mail.attachments] == [form_name(ELDERLY.name), form_name(children.name)]


def test_what_has_nothing_to_do_with_reports_is_not_answered() -> None:
    other = replace(MAIL, subject="体检名单", references=(), body="请查收体检名单")
    nothing = finding("no_form", found="名单")
    letter = Reviewed("体检名单.xlsx", "a" * 64, Verdict.HELD, None, (nothing,))
    assert answer_to(letter, mail=other) is None
    assert answer_to(letter, mail=replace(other, subject="第一季度报送")) is not None
    assert answer_to(letter, mail=replace(other, in_reply_to="<annex2.abc@office.example>")) is not None
    assert answer_to(reviewed(Verdict.RETURNED, EMPTY), mail=other) is not None  # it was recognised


def test_what_lay_in_the_mailbox_for_long_is_left_to_a_person() -> None:
    done: set[str] = set()
    old = NOW - timedelta(days=80)
    files = [reviewed(Verdict.RETURNED, EMPTY)]
    assert answer(composer(SETTINGS), MAIL, ELDERLY, old, files, lambda *_: (), done.__contains__, NOW) is None
