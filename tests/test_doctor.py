"""doctor: a tick or what to do, and a bundle that gives nothing away."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from conftest import Annex2
from openpyxl import load_workbook

from toolkit.cli import main


def checks(annex2: Annex2) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for c in annex2.json("doctor", "--no-mailbox"):
        found.setdefault(str(c["topic"]), []).append(c)
    return found


def test_a_sound_workspace(annex2: Annex2) -> None:
    found = checks(annex2)
    assert all(c["ok"] is not False for topic in ("程序", "工作区", "总表", "模板", "磁盘") for c in found[topic])
    assert "21 项任务" in str(found["总表"][0]["message"])
    assert annex2("doctor", "--no-mailbox")[0] in (0, 1)


def test_what_is_wrong_is_named_with_a_remedy(annex2: Annex2) -> None:
    (annex2.root / "templates" / "annex2.xlsx").write_bytes(b"broken")
    (annex2.root / "~$master.xlsx").write_bytes(b"")
    book = load_workbook(annex2.master)
    book["任务台账"]["G4"].value = "养老处"
    book.save(annex2.master)
    found = checks(annex2)
    bad = [c for topic in found.values() for c in topic if c["ok"] is False]
    said = " ".join(f"{c['message']}{c['remedy']}" for c in bad)
    assert "养老处" in said
    assert "annex2.xlsx" in said
    assert all(c["remedy"] for c in bad)
    assert any("打开" in str(c["message"]) for c in found["总表"])
    assert annex2("doctor", "--no-mailbox")[0] == 1


def test_a_master_that_cannot_be_read_does_not_stop_it(annex2: Annex2) -> None:
    annex2("collect")  # leaves the program's own folder
    annex2.master.write_bytes(b"broken")
    found = checks(annex2)
    assert found["总表"][-1]["ok"] is False
    annex2.master.unlink()
    assert checks(annex2)["总表"][-1]["ok"] is False


def test_the_bundle_holds_no_contents(annex2: Annex2, tmp_path: Path) -> None:
    book = load_workbook(annex2.master)
    book["任务台账"]["I4"].value = "绝密的完成情况"
    book.save(annex2.master)
    target = tmp_path / "诊断.zip"
    annex2("doctor", "--no-mailbox", "--zip", target)
    with zipfile.ZipFile(io.BytesIO(target.read_bytes())) as z:
        text = "".join(z.read(n).decode("utf-8-sig") for n in z.namelist())
    assert "Python" in text
    assert "绝密" not in text
    assert (annex2.root / ".annex2" / "key").read_text() not in text


def test_outside_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--no-mailbox"]) in (0, 1)


def put(annex2: Annex2, sheet: str, of: str, column: int, value: object) -> None:
    """Type into the row whose first cell says `of`, as Excel keeps what was typed."""
    book = load_workbook(annex2.master)
    row = next(r for r in book[sheet].iter_rows() if r[0].value == of)
    row[column].value = value
    book.save(annex2.master)


@pytest.mark.parametrize(("part_of_day", "late"), [(17.5 / 24, True), (1, False), (0.999306, False)])
def test_a_time_of_day_that_was_typed_is_a_number_to_excel(annex2: Annex2, part_of_day: float, late: bool) -> None:
    put(annex2, "设置", "截止时刻", 1, part_of_day)
    assert all(c["ok"] for c in checks(annex2)["总表"][:1])
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", texts=("一", "二"))
    annex2("collect", now="2023-04-05T18:00")
    assert annex2.status_text(2, "第一季度报送状态") == ("逾期" if late else "按时")


def test_per_cents_that_were_typed_are_hundredths_to_excel() -> None:
    from toolkit.master.indicators import pace_limits

    limits = pace_limits({"序时黄灯": "0.1", "序时红灯": "20%", "序时进度": "0.25、0.5、0.75、1"}, "设置")
    assert (limits.yellow, limits.red, limits.quarters) == (10, 20, (25, 50, 75, 100))


@pytest.mark.parametrize(
    ("item", "typed", "said"),
    [
        ("催报间隔", "有空就催", "不是天数"),
        ("工作时间", None, "没有填写工作时间"),
        ("抄送领导", "看情况", "不要就空着"),
    ],
)
def test_a_setting_that_only_reminders_read_is_looked_at(annex2: Annex2, item: str, typed: str, said: str) -> None:
    put(annex2, "设置", item, 1, typed)
    bad = [f"{c['message']}{c['remedy']}" for c in checks(annex2)["设置"] if c["ok"] is False]
    assert any(said in b for b in bad), bad


@pytest.mark.parametrize(("item", "typed"), [("催报间隔", "每3天"), ("抄送领导", "否"), ("工作时间", "9：00—17：00")])
def test_what_people_write_for_days_and_hours(annex2: Annex2, item: str, typed: str) -> None:
    put(annex2, "设置", item, 1, typed)
    assert all(c["ok"] for c in checks(annex2)["设置"])


def test_a_job_that_cannot_be_understood_is_looked_at(annex2: Annex2) -> None:
    job = annex2.cells("定时任务")[0]
    header = list(job)
    put(annex2, "定时任务", str(job[header[0]]), header.index("时间"), "上午九点")
    assert [c for c in checks(annex2)["定时任务"] if c["ok"] is False]


@pytest.mark.parametrize("word", ["停用", "否", "暂停", "禁 用"])
def test_a_job_that_is_switched_off_in_other_words_is_off(annex2: Annex2, word: str) -> None:
    job = annex2.cells("定时任务")[0]
    header = list(job)
    put(annex2, "定时任务", str(job[header[0]]), header.index("时间"), "上午九点")
    put(annex2, "定时任务", str(job[header[0]]), header.index("状态"), word)
    assert "定时任务" not in checks(annex2)


def test_a_renamed_column_of_addresses_is_told(annex2: Annex2) -> None:
    book = load_workbook(annex2.master)
    sheet = book["处室"]
    cell = next(c for r in sheet.iter_rows(max_row=4) for c in r if c.value == "邮箱")
    cell.value = "电子邮箱"
    (table,) = sheet.tables.values()
    next(c for c in table.tableColumns if c.name == "邮箱").name = "电子邮箱"
    book.save(annex2.master)
    assert "“电子邮箱”要是它，把列名改回“邮箱”" in str(annex2("collect"))
