"""An invented office, and how other programs see what it sends."""

from __future__ import annotations

import email
import email.policy
from datetime import date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from toolkit.mail.compose import Attachment, Composer
from toolkit.mail.files import read_texts
from toolkit.mail.settings import MailSettings
from toolkit.model import Division, Office, Round, Task

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2023, 3, 27, 9, 30, tzinfo=ZONE)
SECRET = b"k" * 32
ROUND = Round("2023Q1", "第一季度", date(2023, 4, 5), upstream_due=date(2023, 4, 20))
NAMES = ("养老服务处", "社会救助处", "儿童福利处")


def office(*mails: str, **more: Any) -> Office:
    """Three divisions that owe a report, with these addresses."""
    mails = mails or ("yanglao@units.example", "jiuzhu@units.example", "ertong@units.example")
    tasks = tuple(
        Task(f"2023-{i:02}", i, True, "民生实事", f"第{i}项工作", None, "赵六", NAMES[i % 3]) for i in range(1, 7)
    )
    divisions = tuple(
        Division(name, contact="钱七", mail=mail, leader="赵六", **more)
        for name, mail in zip(NAMES, mails, strict=True)
    )
    return Office("市民政局", 2023, "Asia/Shanghai", tasks, (ROUND,), divisions, {"单位": "市民政局", "年度": "2023"})


def form_name(division: str) -> str:
    return f"2023年市民政局{division}第一季度工作目标完成情况.xlsx"


def form(division: str) -> Attachment:
    return Attachment(form_name(division), f"表格{division}".encode() * 100)


def composer(settings: MailSettings | None = None, of: Office | None = None) -> Composer:
    settings = settings or MailSettings(address="office@office.example", name="市民政局办公室")
    return Composer(of or office(), settings, read_texts(Path("nowhere")), SECRET)


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message
