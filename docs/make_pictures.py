"""Makes the pictures in docs/img: `python docs/make_pictures.py`.

Real screens only: workbooks and pages as LibreOffice and Chromium show them, the window under Xvfb.  Run after a
change of the look of the master, a form, a page or the window.  Needs LibreOffice, poppler-utils, ImageMagick,
Chromium, Xvfb and a Chinese font.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import load_workbook

from toolkit.collect import collect
from toolkit.demo import run as demo
from toolkit.forms.fanout import fan_out, the_round
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.opening import open_workspace
from toolkit.scheduled import write_page
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook, cell_name

IMAGES = Path(__file__).with_name("img")
DPI = 100
COLOURS = 64
MOST_BYTES = 150_000
QUARTER = datetime(2023, 4, 6, 9)  # noqa: DTZ001  naive by contract: the day after the first quarter's due date


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        demo(work / "demo", io.StringIO())
        desk = a_quarter(work / "2023报送")
        year, now = work / "demo/master.xlsx", desk.master
        autumn = min((work / "demo/archive/versions").glob("master 2024*"))  # as it was before the year's last round
        figures = next((work / "demo/outbox/2023Q1").glob("*养老服务处*.xlsx"))
        form = next((desk.outbox / "2023Q1").glob("*社会救助处*.xlsx"))
        book_pictures(
            work,
            {
                year: {
                    "tracker": "目标任务报送情况",
                    "ledger": "目标任务台账",
                    "receipts": "收到的每一份文件都有一行",
                },
                autumn: {"indicators": "一行一个可以量化的指标"},
                figures: {"figures": "只填数字"},
                now: {
                    "guide": "一、这是什么",
                    "attention": "待处理事项",
                    "divisions": "处室（单位）名录",
                    "rounds": "截止日期当天报送算按时",
                    "jobs": "按这里的时间自动运行",
                    "settings": "改“值”这一列",
                },
                form: {"form": "工作目标完成情况"},
                desk.inbox / "填好的表.xlsx": {"form-filled": "工作目标完成情况"},
            },
        )
        page_picture(work, next((work / "demo/summary").glob("*.html")), "summary", 900)
        page = write_page(desk, QUARTER, work / "status.html")
        page_picture(work, page, "status-page", 900)
        window_picture(desk)
    heavy = [p.name for p in IMAGES.glob("*.png") if p.stat().st_size > MOST_BYTES]
    if heavy:
        print(f"heavier than {MOST_BYTES} bytes: {', '.join(heavy)}", file=sys.stderr)
    return 1 if heavy else 0


def a_quarter(root: Path) -> Workspace:
    """A workspace on the day after the first due date: one report whole, one with a gap, one broken, one away; and an
    edit by hand that a correction disagrees with."""
    desk = open_workspace(root, now=datetime(2023, 3, 1, 9)).workspace  # noqa: DTZ001  naive by contract
    office = load(desk).master.office
    forms = {p.form.division: p.path for p in fan_out(desk, office, the_round(office, "2023Q1"))}
    fill(forms["养老服务处"], desk.inbox / "养老服务处一季度.xlsx")
    fill(forms["社会救助处"], desk.inbox / "社会救助处一季度.xlsx", gap=1)
    fill(forms["社会救助处"], desk.root / "填好的表.xlsx")
    (desk.inbox / "儿童福利处.xlsx").write_bytes(forms["儿童福利处"].read_bytes()[:4000])
    collect(desk, [], datetime(2023, 4, 4, 15))  # noqa: DTZ001
    by_hand(desk, "第一季度完成情况", "（办公室核对过。）")
    fill(forms["养老服务处"], desk.inbox / "养老服务处一季度（更正）.xlsx", more="（按最新口径更正。）")
    collect(desk, [], datetime(2023, 4, 5, 10))  # noqa: DTZ001
    shutil.move(desk.root / "填好的表.xlsx", desk.inbox)
    return desk


def by_hand(desk: Workspace, header: str, more: str) -> None:
    """The office adds words to the first task's cell under a header."""
    loaded = load(desk)
    layout, task = loaded.master.layouts[Sheet.TASKS], loaded.master.office.tasks[0]
    column = layout.column(header)
    assert column
    book = Workbook.from_bytes(loaded.data)
    text = loaded.master.status[task.key, "2023Q1"]
    book.sheet(layout.sheet).set(cell_name(layout.rows[task.key], column), text + more)
    desk.master.write_bytes(book.to_bytes())


def fill(form: Path, target: Path, *, gap: int | None = None, more: str = "") -> None:
    """A form as a division saves it, the row `gap` left empty."""
    book = load_workbook(form)
    sheet = book.worksheets[0]
    rows = [r for r in range(1, sheet.max_row + 1) if isinstance(sheet.cell(r, 1).value, int)]
    for i, row in enumerate(rows):
        done = f"截至一季度末，累计完成全年目标的{22 + i * 3}%，组织推进会{i + 1}次，按序时推进。{more}"
        sheet.cell(row, 3).value = None if i == gap else done
    for row in range(rows[-1], sheet.max_row + 1):
        label = str(sheet.cell(row, 2).value or "")
        if "审定日期" in label:
            sheet.cell(row, 3).value = date(2023, 4, 3)
        elif "审定" in label:
            sheet.cell(row, 3).value = "张三"
    book.save(target)


def book_pictures(work: Path, wanted: dict[Path, dict[str, str]]) -> None:
    """For each workbook: the first page that holds the words, as IMAGES/name.png."""
    copies = []
    for number, book in enumerate(wanted):
        copies.append(work / f"{number}.xlsx")
        shutil.copy(book, copies[-1])
    profile = f"-env:UserInstallation=file://{work}/profile"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(work), *map(str, copies)]
    subprocess.run(convert, check=True, capture_output=True)
    for copy, pictures in zip(copies, wanted.values(), strict=True):
        pdf = copy.with_suffix(".pdf")
        text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True)
        pages = [page.replace(" ", "") for page in text.stdout.split("\f")]
        for name, words in pictures.items():
            page = next(i for i, t in enumerate(pages, start=1) if words in t)
            stem = IMAGES / name
            only = ["-f", str(page), "-l", str(page)]
            above = ["-x", "0", "-y", "0", "-W", "9999", "-H", str(round(foot(pdf, only) * DPI / 72))]
            subprocess.run(
                ["pdftoppm", *only, *above, "-singlefile", "-r", str(DPI), "-png", str(pdf), str(stem)], check=True
            )
            finish(stem.with_suffix(".png"))


def foot(pdf: Path, page: Sequence[str]) -> float:
    """Where a page's last line begins, which is its number, in points from the top."""
    done = subprocess.run(["pdftotext", "-bbox", *page, str(pdf), "-"], check=True, capture_output=True, text=True)
    words = [(float(m[1]), float(m[2])) for m in re.finditer(r'yMin="(\S+)" xMax="\S+" yMax="(\S+)"', done.stdout)]
    last = max(bottom for _, bottom in words)
    return min(top for top, bottom in words if bottom > last - 6) - 2


def finish(path: Path) -> None:
    """Without empty margins, in few colours."""
    trim = ["-trim", "-bordercolor", "white", "-border", "12", "+dither", "-colors", str(COLOURS)]
    subprocess.run(["mogrify", "-background", "white", *trim, str(path)], check=True)


def page_picture(work: Path, page: Path, name: str, height: int) -> None:
    target = IMAGES / f"{name}.png"
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    options = [
        "--headless",
        "--no-sandbox",
        "--virtual-time-budget=5000",
        "--hide-scrollbars",
        f"--user-data-dir={work}/browser",
    ]
    shot = [f"--window-size=1000,{height}", f"--screenshot={target}", page.resolve().as_uri()]
    subprocess.run([browser, *options, *shot], check=True, capture_output=True)
    finish(target)


def window_picture(desk: Workspace) -> None:
    """The window, after the forms went out and the returns were collected."""
    reader, writer = os.pipe()
    screen = ["-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(["Xvfb", *screen], pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as f:
        os.environ["DISPLAY"] = f":{f.readline().strip()}"
    try:
        window = press(desk, ["发放表格", "收集回收", "查看情况"])
        target = IMAGES / "panel.png"
        subprocess.run(["import", "-window", window, str(target)], check=True)
        finish(target)
    finally:
        server.terminate()
        server.wait(10)


def press(desk: Workspace, buttons: Sequence[str]) -> str:
    """Show the window and press its buttons, one after another; it stays on the screen.  Returns its id."""
    import time
    import tkinter

    from toolkit.panel.window import Panel
    from toolkit.panel.work import Desk

    root = tkinter.Tk()
    work = Desk(desk, QUARTER)
    panel = Panel(root, work, lambda _: None)
    for name in buttons:
        root.update()
        panel.buttons[name].invoke()
        end = time.monotonic() + 30
        while time.monotonic() < end and (work.busy or not work.events.empty()):
            root.update()
            time.sleep(0.02)
        time.sleep(0.2)
        root.update()
    root.geometry("+0+0")
    root.lift()
    for _ in range(20):
        root.update()
        time.sleep(0.02)
    return str(root.winfo_id())


if __name__ == "__main__":
    sys.exit(main())
