"""One set of expectations for both writers: the closed file, and the workbook that is open in Excel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Annex2
from excel_client import carry_out, open_in_excel
from openpyxl import load_workbook

from toolkit.master import live, store
from toolkit.xlsx import Workbook

NOW, LATER = "2023-04-03T10:00", "2023-04-04T10:00"
Collect = Callable[..., dict[str, object]]
EXCEL = b"\x06" + "王小明".encode("gb18030").ljust(54, b" ")


@pytest.fixture(params=["closed", "live"])
def collect(request: pytest.FixtureRequest, annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> Collect:
    """`annex2 collect`, writing by one of the two ways."""

    def run(now: str = NOW) -> dict[str, object]:
        if request.param == "closed":
            return annex2.json("collect", now=now)
        book = open_in_excel(annex2.master)
        owner = annex2.root / "~$master.xlsx"
        owner.write_bytes(EXCEL)
        monkeypatch.setattr(store, "find_open", lambda _: book)
        before = annex2.master.read_bytes()
        done = annex2.json("collect", now=now)
        assert annex2.master.read_bytes() == before  # only Excel itself saves what it has open
        actions = book.json()["actions"]
        assert carry_out(annex2.master, actions) == (1 if actions else 0)
        owner.unlink()
        return done  # type: ignore[no-any-return]

    annex2("fanout", "2023Q1")
    return run


def test_texts_states_receipts_and_tracker(annex2: Annex2, collect: Collect) -> None:
    annex2.deliver("社会救助处", name="一.xlsx", texts=["甲一", "乙一"], approver="李超")
    annex2.deliver("基层政权处", name="二.xlsx", texts=["社区40个"])
    (annex2.root / "inbox" / "三.txt").write_text("说明", "utf-8")
    done = collect()
    assert done["merged_cells"] == 3
    assert (annex2.status_text(2), annex2.status_text(13), annex2.status_text(14)) == ("甲一", "乙一", "社区40个")
    assert annex2.status_text(2, "第一季度报送状态") == "按时"
    receipts = annex2.cells("收件记录")
    assert [r["编号"] for r in receipts] == [1, 2, 3]
    assert all((annex2.root / str(r["归档位置"])).is_file() for r in receipts)
    assert receipts[0]["收到时间"].isoformat() == "2023-04-03T10:00:00"
    (row,) = (r for r in annex2.cells("报送情况") if r["处室"] == "社会救助处")
    assert row["第一季度"].isoformat() == "2023-04-03T10:00:00"
    (item,) = (r for r in annex2.cells("待处理") if str(r["标识"]).startswith("file:"))
    assert item["问题"]
    sheet = load_workbook(annex2.master)["收件记录"]
    assert sheet.cell(4, 2).number_format == sheet.cell(6, 2).number_format == "yyyy-mm-dd hh:mm"
    assert sheet.cell(6, 9).alignment.wrap_text


def test_again_changes_nothing(annex2: Annex2, collect: Collect) -> None:
    annex2.deliver("社会救助处", texts=["甲一", "乙一"])
    collect()
    settled = annex2.master.read_bytes()
    assert collect(LATER)["merged_cells"] == 0
    assert annex2.master.read_bytes() == settled


TEXTS = ("=SUM(A1:A9)", "+86 完成", "-5%", "@all", "'引号开头", "2023-04-05", "007", "1/2", "TRUE")


@pytest.mark.parametrize("text", TEXTS)
def test_text_stays_text(annex2: Annex2, collect: Collect, text: str) -> None:
    annex2.deliver("社会救助处", name="一.xlsx", texts=["x", "y"])
    form = Workbook.open(annex2.root / "inbox" / "一.xlsx")
    form.sheet("附件2").set("C5", text)
    (annex2.root / "inbox" / "一.xlsx").write_bytes(form.to_bytes())
    collect()
    book = Workbook.open(annex2.master)
    found = [(n, cells[9]) for n, cells in book.sheet("任务台账").rows() if cells.get(1) == 2]
    assert [v for _, v in found] == [text]
    assert book.sheet("任务台账").formula(f"I{found[0][0]}") is None
    assert annex2.json("rebuild")["differences"] == []


def test_a_person_s_edit_wins(annex2: Annex2, collect: Collect) -> None:
    annex2.deliver("社会救助处", name="一.xlsx", texts=["甲一", "乙一"])
    collect()
    book = load_workbook(annex2.master)
    for row in book["任务台账"].iter_rows():
        for cell in row:
            if cell.value == "甲一":
                cell.value = "人改的"
    book.save(annex2.master)
    annex2.deliver("社会救助处", name="二.xlsx", texts=["甲二", "乙二"])
    collect(LATER)
    assert (annex2.status_text(2), annex2.status_text(13)) == ("人改的", "乙二")
    assert any(str(r["标识"]).startswith("conflict:") for r in annex2.cells("待处理"))


def test_excel_that_refuses_leaves_the_files_pending(annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell is being typed into: Excel rejects the call; nothing is lost and the next run writes it."""
    annex2("fanout", "2023Q1")
    annex2.deliver("社会救助处", texts=["甲一", "乙一"])
    book = open_in_excel(annex2.master)

    class Rejecting:
        def __getattr__(self, name: str) -> object:
            if name == "save":
                raise OSError("RPC_E_CALL_REJECTED")
            return getattr(book, name)

    owner = annex2.root / "~$master.xlsx"
    owner.write_bytes(EXCEL)
    with monkeypatch.context() as patch:
        patch.setattr(store, "find_open", lambda _: Rejecting())
        status, out, _ = annex2("collect", now=NOW)
    assert status == 1
    assert "按回车或 Esc" in out
    owner.unlink()
    for path in (annex2.root / "inbox").iterdir():
        path.unlink()
    assert annex2.json("collect", now=LATER)["merged_cells"] == 2


def test_no_excel_here(tmp_path: Path) -> None:
    with contextlib.suppress(ImportError):
        assert live.find_open(tmp_path / "master.xlsx") is None
