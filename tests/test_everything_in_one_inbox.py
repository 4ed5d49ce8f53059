"""Containers, mails and hostile files through `collect`: every file has a verdict, and nothing but forms is merged."""

from __future__ import annotations

import io
import resource
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from conftest import Annex2, fill
from openpyxl import load_workbook

from toolkit import reviewer
from toolkit.returns.review import Review

NOW = "2023-04-03T10:00"


def verdicts(done: dict[str, list[dict[str, object]]]) -> dict[str, object]:
    return {str(f["path"]): f["verdict"] for f in done["files"]}


class GbkEntry(zipfile.ZipInfo):
    """A name as Chinese Windows writes it: in GBK, without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gbk"), self.flag_bits


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            z.writestr(GbkEntry(name), data)
    return out.getvalue()


def test_a_form_in_a_zip_in_a_mail(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    form = fill(annex2.form("社会救助处").read_bytes(), ["甲", "乙"], "李超")
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "jz@example.gov.cn", "报送一季度完成情况"
    mail["Received"] = "from a by b; Sun, 02 Apr 2023 09:30:00 +0800"
    mail.set_content("见附件。")
    mail.add_attachment(zipped(**{"报表.xlsx": form}), maintype="application", subtype="zip", filename="附件.zip")
    mail.add_attachment(b"\x89PNG\r\n\x1a\n" + b"0" * 99, maintype="image", subtype="png", filename="签字页.png")
    (annex2.root / "inbox" / "回复.eml").write_bytes(mail.as_bytes())
    done = annex2.json("collect", now=NOW)
    found = verdicts(done)
    assert found["inbox/回复.eml!附件.zip!报表.xlsx"] == "accepted"
    assert found["inbox/回复.eml"] == found["inbox/回复.eml!附件.zip"] == "ignored"
    assert annex2.status_text(2) == "甲"
    receipts = {r["文件名"]: r for r in annex2.cells("收件记录")}
    assert set(receipts) == {"回复.eml", "附件.zip", "报表.xlsx", "签字页.png"}
    # it counts from when the mail server had it
    assert receipts["报表.xlsx"]["收到时间"].isoformat() == "2023-04-02T09:30:00"
    assert all((annex2.root / str(r["归档位置"])).is_file() for r in receipts.values())
    settled = annex2.master.read_bytes()
    again = annex2.json("collect", now="2023-04-04T10:00")
    assert verdicts(again).keys() == found.keys()
    assert annex2.master.read_bytes() == settled
    assert annex2.json("rebuild")["differences"] == []
    told = annex2.json("check", annex2.root / "inbox" / "回复.eml", now=NOW)
    assert len(told["files"]) == 4


def test_a_signed_page_beside_the_form_is_evidence(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    form = fill(annex2.form("社会救助处").read_bytes(), ["甲", "乙"], "李超")
    page = b"%PDF-1.4\n" + b"0" * 200
    (annex2.root / "inbox" / "报送.zip").write_bytes(zipped(**{"报表.xlsx": form, "签字页.pdf": page}))
    (annex2.root / "inbox" / "只有扫描件.pdf").write_bytes(page + b"1")
    found = verdicts(annex2.json("collect", now=NOW))
    assert found["inbox/报送.zip!签字页.pdf"] == "ignored"
    assert found["inbox/只有扫描件.pdf"] == "held"


def test_mails_that_are_no_reports(annex2: Annex2) -> None:
    def mail(name: str, text: str = "内容", **headers: str) -> None:
        m = EmailMessage()
        m["From"], m["To"] = headers.pop("sender", "a@example.org"), "office@example.org"
        for key, value in headers.items():
            m[key.replace("_", "-")] = value
        m.set_content(text)
        (annex2.root / "inbox" / name).write_bytes(m.as_bytes())

    mail("闲聊.eml", Subject="收到，谢谢")
    mail("外出.eml", Subject="自动回复：我在出差", Auto_Submitted="auto-replied")
    link = "https://mail.qq.com/cgi-bin/ftnExs_download?k=1&t=exs_ftn_download"
    mail("网盘.eml", f"从QQ邮箱发来的超大附件\n{link}", Subject="报表")
    found = verdicts(annex2.json("collect", now=NOW))
    assert found == {"inbox/闲聊.eml": "ignored", "inbox/外出.eml": "ignored", "inbox/网盘.eml": "held"}


def peak() -> int:
    """KiB of this process, ever."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("corpus", ["odd-workbooks", "mail"])
def test_a_corpus_in_one_inbox(annex2: Annex2, shared: Path, corpus: str) -> None:
    """Odd, damaged, encrypted and hostile files: the run ends, each has a verdict and a reason, nothing is merged."""
    files = sorted(p for p in (shared / "corpus" / corpus).iterdir() if p.is_file())
    assert len(files) > 100
    before_it = peak()
    before = [r["第一季度完成情况"] for r in annex2.cells("任务台账")]
    status, out, error = annex2("collect", *files, "--json", now=NOW)
    assert status == 1, error
    assert out
    receipts = annex2.cells("收件记录")
    names = {r["文件名"] for r in receipts}
    assert {p.name for p in files} <= names
    assert all(r["结论"] in ("待裁定", "不处理", "退回修改") and r["原因"] for r in receipts)
    assert [r["第一季度完成情况"] for r in annex2.cells("任务台账")] == before
    assert peak() <= max(before_it, 1 << 20)  # 1 GiB, or what another test took
    settled = annex2.master.read_bytes()
    annex2("collect", *files, now=NOW)
    assert annex2.master.read_bytes() == settled


def test_a_form_whose_rows_were_all_deleted(annex2: Annex2) -> None:
    annex2("fanout", "2023Q1")
    book = load_workbook(annex2.form("社会救助处"))
    sheet = book.worksheets[0]
    header = next(n for n in range(1, 10) if sheet.cell(n, 1).value == "序号")
    sheet.delete_rows(header + 1, sheet.max_row)
    book.save(annex2.root / "inbox" / "社会救助处.xlsx")
    annex2.deliver("儿童福利处")
    done = annex2.json("collect", now=NOW)
    assert "accepted" in verdicts(done).values()
    assert verdicts(done)["inbox/社会救助处.xlsx"] == "returned for correction", done


def test_a_fault_of_the_review_costs_its_file_and_not_the_run(annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处")
    annex2.deliver("儿童福利处")

    def review(*given: object, **named: object) -> Review:
        if "儿童福利处" in str(named["file_name"]):
            raise RuntimeError("the fault")
        return reviewer.review_before(*given, **named)  # type: ignore[attr-defined,no-any-return]

    monkeypatch.setattr(reviewer, "review_before", reviewer.review, raising=False)
    monkeypatch.setattr(reviewer, "review", review)
    monkeypatch.delenv("ANNEX2_DEBUG")
    done = annex2.json("collect", now=NOW)
    assert sorted(map(str, verdicts(done).values())) == ["accepted", "held"]
    (held,) = (f for f in done["files"] if f["verdict"] == "held")
    assert [f["code"] for f in held["findings"]] == ["reader_crashed"]
    assert "RuntimeError" in held["findings"][0]["message"]
