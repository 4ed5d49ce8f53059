"""运行日志 for clerks: when, what, with what result; Chinese, a line each, rotated.

Each entry opens, writes and closes the file: several programs may write, and on Windows none keeps another from
rotating it.  A log that cannot be written never stops the work that it tells of.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

LIMIT = 512 * 1024
"""Bytes of one file: some 5,000 lines, which 记事本 still opens at once."""
KEPT = 5

_BOM = "\ufeff"  # 记事本 of Windows 7 takes a file without one for GBK


@dataclass(frozen=True, slots=True)
class Logbook:
    """The files 运行日志.txt (newest), 运行日志.1.txt, … in a folder."""

    folder: Path
    limit: int = LIMIT
    kept: int = KEPT

    @property
    def path(self) -> Path:
        return self.folder / "运行日志.txt"

    def write(self, when: datetime, what: str, result: str) -> None:
        """Add a line: 2023-04-04 09:00:03　收取回件　收到 3 份文件，接收 2 份."""
        line = f"{when:%Y-%m-%d %H:%M:%S}　{_one_line(what)}　{_one_line(result)}\n"
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._rotate(len(line.encode()))
            new = not self.path.exists()
            with self.path.open("a", encoding="utf-8", newline="\r\n") as f:
                f.write(_BOM + line if new else line)

    def write_once(self, when: datetime, what: str, result: str) -> None:
        """Add a line, unless it was added that day: for what is met at every look, in whatever process."""
        said = f"　{_one_line(what)}　{_one_line(result)}"
        with contextlib.suppress(OSError):
            lines = self.path.read_text("utf-8-sig").splitlines()
            if any(line.startswith(f"{when:%Y-%m-%d}") and line.endswith(said) for line in lines):
                return
        self.write(when, what, result)

    def lines(self) -> list[str]:
        """All lines that are kept, oldest first."""
        files = [self._old(n) for n in range(self.kept, 0, -1)] + [self.path]
        texts = (f.read_text("utf-8-sig") for f in files if f.exists())
        return [line for text in texts for line in text.splitlines()]

    def _rotate(self, more: int) -> None:
        try:
            if self.path.stat().st_size + more <= self.limit:
                return
        except FileNotFoundError:
            return
        # Someone has one open (Windows): the log grows a little beyond its limit instead.
        with contextlib.suppress(OSError):
            self._old(self.kept).unlink(missing_ok=True)
            for n in range(self.kept - 1, 0, -1):
                if self._old(n).exists():
                    self._old(n).replace(self._old(n + 1))
            self.path.replace(self._old(1))

    def _old(self, n: int) -> Path:
        return self.folder / f"运行日志.{n}.txt"


def _one_line(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return "；".join([*(line.rstrip("。；") for line in lines[:-1]), *lines[-1:]])
