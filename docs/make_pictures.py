"""Makes the pictures in docs/img from the demo's year: `python docs/make_pictures.py`.

Needs LibreOffice, poppler-utils and a Chinese font; run after a change of the master's or a form's look.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from toolkit.demo import run

IMAGES = Path(__file__).with_name("img")
DPI = 110


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run(work / "demo", io.StringIO())
        form = next((work / "demo/outbox/2023Q1").glob("*社会救助处*.xlsx"))
        picture(work, work / "demo/master.xlsx", "目标任务报送情况", "tracker")
        picture(work, work / "demo/master.xlsx", "目标任务台账", "ledger")
        picture(work, work / "demo/master.xlsx", "待处理事项", "attention")
        picture(work, form, "工作目标完成情况", "form")
    return 0


def picture(work: Path, book: Path, words: str, name: str) -> None:
    """The first page of a workbook that holds `words`, as IMAGES/name.png, without its empty margins."""
    profile = f"-env:UserInstallation=file://{work}/profile"
    convert = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(work), str(book)]
    subprocess.run(convert, check=True, capture_output=True)
    pdf = work / f"{book.stem}.pdf"
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    page = next(i for i, t in enumerate(text.split("\f"), start=1) if words in t.replace(" ", ""))
    stem = IMAGES / name
    only = ["-f", str(page), "-l", str(page), "-singlefile", "-r", str(DPI), "-png"]
    subprocess.run(["pdftoppm", *only, str(pdf), str(stem)], check=True)
    subprocess.run(["mogrify", "-trim", "-bordercolor", "white", "-border", "12", f"{stem}.png"], check=False)


if __name__ == "__main__":
    sys.exit(main())
