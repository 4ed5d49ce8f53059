"""运行日志: a line an entry, readable in 记事本, rotated, never in the way."""

from __future__ import annotations

from pathlib import Path

from toolkit.logbook import Logbook

from .office import at


def test_lines(tmp_path: Path) -> None:
    book = Logbook(tmp_path / "日志")
    book.write(at("2023-04-04 09:00:03"), "收取回件", "收到 3 份文件，接收 2 份")
    book.write(at("2023-04-04 09:10"), "催报", "不能发信\n怎么办：检查 设置\n")
    data = book.path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf2023-04-04 09:00:03")  # marked as UTF-8, once
    assert data.count(b"\xef\xbb\xbf") == 1
    assert data.count(b"\r\n") == 2
    assert book.lines() == [
        "2023-04-04 09:00:03　收取回件　收到 3 份文件，接收 2 份",
        "2023-04-04 09:10:00　催报　不能发信；怎么办：检查 设置",
    ]


def test_rotates(tmp_path: Path) -> None:
    book = Logbook(tmp_path, limit=400, kept=2)
    for n in range(60):
        book.write(at("2023-04-04 09:00"), "收取", f"第{n}次")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["运行日志.1.txt", "运行日志.2.txt", "运行日志.txt"]
    assert all(p.stat().st_size <= 400 for p in tmp_path.iterdir())
    kept = book.lines()
    assert kept[-1].endswith("第59次")
    numbers = [int(line.rpartition("第")[2].removesuffix("次")) for line in kept]
    assert numbers == list(range(numbers[0], 60))
    assert len(numbers) > 15


def test_never_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    Logbook(tmp_path / "file").write(at("2023-04-04 09:00"), "收取", "完成")  # no folder can be made there
    assert Logbook(tmp_path / "none").lines() == []
