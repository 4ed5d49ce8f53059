"""A file held for what its mail said is accepted as it was proposed."""

from __future__ import annotations

from email.message import EmailMessage

from conftest import Annex2, fill
from test_master_edits_by_people import decide

FIRST, SECOND, LATER = "2023-04-03T10:00", "2023-07-03T10:00", "2023-07-04T10:00"


def test_accepted_as_the_subject_says(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", texts=["第一季度的进展。", "第一季度的标准。"])
    annex2("collect", now=FIRST)
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "jz@units.example", "报送二季度完成情况"
    mail.set_content("见附件。")
    again = fill(annex2.form("社会救助处").read_bytes(), ["第二季度的进展。", "第二季度的标准。"])
    mail.add_attachment(again, maintype="application", subtype="octet-stream", filename="报表.xlsx")
    (annex2.root / "inbox" / "报送.eml").write_bytes(mail.as_bytes())
    found = {f["name"]: f for f in annex2.json("collect", now=SECOND)["files"]}
    assert found["报表.xlsx"]["verdict"] == "held"
    assert annex2.status_text(2) == "第一季度的进展。"
    decide(annex2, "接收此件", "file")
    annex2("collect", now=LATER)
    assert annex2.status_text(2) == "第一季度的进展。"
    assert annex2.status_text(2, "第二季度完成情况") == "第二季度的进展。"
    assert annex2.json("rebuild")["differences"] == []
