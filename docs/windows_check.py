"""What only a Windows computer with Excel can show: run there, read 绿 or 红.

    python docs/windows_check.py

Makes a scratch workspace, opens its master in Excel, lets annex2 collect into the open workbook, and looks at what
Excel then shows and saves.  Needs Excel and `pip install -e .`; closes what it opened.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

NOW = datetime(2023, 4, 3, 10)  # noqa: DTZ001  the office's own time
TEXT = "=SUM(A1:A9) 不是公式\n2023-04-05 也不是日期"


def main() -> int:
    import xlwings

    from toolkit.cli import main as annex2
    from toolkit.xlsx import Workbook

    results: list[bool] = []

    def see(what: str, seen: Callable[[], bool]) -> None:
        try:
            good, note = bool(seen()), ""
        except Exception as e:  # a check that cannot be made is red
            good, note = False, f"（{type(e).__name__}: {e}）"
        results.append(good)
        print(f"{'绿' if good else '红'}  {what}{note}")

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder, "工作区")
        run = ["-w", str(root), "--now", NOW.isoformat()]
        annex2(["init", str(root)])
        annex2([*run, "fanout", "2023Q1"])
        form = next((root / "outbox/2023Q1").glob("*社会救助处*.xlsx"))
        book = Workbook.open(form)
        book.sheet("附件2").set("C5", TEXT)
        book.sheet("附件2").set("C6", "标准已统一。")
        (root / "inbox" / form.name).write_bytes(book.to_bytes())

        with excel(xlwings) as app:
            live = app.books.open(str(root / "master.xlsx"))
            see("Excel 打开总表时没有提示修复", lambda: live.name == "master.xlsx")
            see("旁边有 ~$master.xlsx", lambda: (root / "~$master.xlsx").exists())
            ledger = live.sheets["任务台账"]
            ledger.range("AC5").value = "还没有保存的批注"
            with contextlib.redirect_stdout(io.StringIO()) as said:
                status = annex2([*run, "collect"])
            see(f"annex2 collect 写进了打开的总表（退出状态 {status}）", lambda: "写入台账 2 格" in said.getvalue())
            row = next(r for r in range(4, 40) if ledger.range((r, 1)).value == 2)
            see("文字原样是文字", lambda: ledger.range((row, 9)).value == TEXT and not has_formula(ledger, row))
            see("人没有保存的内容还在", lambda: ledger.range("AC5").value == "还没有保存的批注")
            receipts = live.sheets["收件记录"]
            see("收件记录的表格长了一行，格式相同", lambda: receipts.tables[0].range.shape[0] >= 2)
            see("报送情况的格子变绿（看屏幕）", lambda: live.sheets["报送情况"].used_range.value is not None)
            time.sleep(2)
            live.close()
            again = Workbook.open(root / "master.xlsx")
            see("Excel 已存盘", lambda: any(TEXT in c.values() for _, c in again.sheet("任务台账").rows()))
            other = app.books.open(str(next((root / "outbox/2023Q1").glob("*养老服务处*.xlsx"))))
            see("表格打开时没有提示修复", lambda: other.sheets[0].range("A2").value.startswith("2023年"))
            see("只有要填的格子能填", lambda: other.sheets[0].api.ProtectContents)
            other.close()
        see("没有人打开时，同一份文件再收一遍，总表不变", lambda: unchanged(annex2, run, root))
    print("全部为绿" if all(results) else f"有 {results.count(False)} 项为红，请把以上全部内容发给维护的人")
    return 0 if all(results) else 1


@contextlib.contextmanager
def excel(xlwings) -> Iterator[object]:  # type: ignore[no-untyped-def]
    app = xlwings.App(visible=True, add_book=False)
    try:
        yield app
    finally:
        app.quit()


def has_formula(sheet, row: int) -> bool:  # type: ignore[no-untyped-def]
    return bool(sheet.range((row, 9)).api.HasFormula)


def unchanged(annex2, run, root: Path) -> bool:  # type: ignore[no-untyped-def]
    before = (root / "master.xlsx").read_bytes()
    annex2([*run, "collect"])
    return (root / "master.xlsx").read_bytes() == before


if __name__ == "__main__":
    sys.exit(main())
