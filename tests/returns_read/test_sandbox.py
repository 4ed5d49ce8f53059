"""Files that hang, crash or eat memory cost themselves, never the run; real files, real processes."""

from __future__ import annotations

import io
import multiprocessing
import os
import resource
import signal
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from made_forms import ITEM, form, part, repacked

from toolkit.intake.deliveries import MOST_ALONG
from toolkit.intake.unpack import Unpacked, walk
from toolkit.model import Finding
from toolkit.returns.read import Reading
from toolkit.returns.sandbox import Given, ReaderPool

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX signals and limits to look at the pool")

GOOD = form()


def slow() -> bytes:
    """A web page with so many empty rows that reading it takes some seconds."""
    return b"<html><table>" + b"<tr/>" * 3_000_000 + b"</table></html>"


def crashing() -> bytes:
    """A workbook that ours refuses for its merge, and for whose used range calamine asks for 400 GB: it aborts."""
    sheet = part(GOOD, "xl/worksheets/sheet1.xml")
    sheet = sheet.replace(b'<mergeCell ref="A1:E1"', b'<mergeCell ref="A1:ZZZZZ1"')
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return repacked(GOOD, {"xl/worksheets/sheet1.xml": sheet.replace(b"</sheetData>", far)})


def greedy() -> bytes:
    """Text that takes several times its own 60 MB."""
    return "序号,完成情况\n".encode() * (3 << 20)


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(2, seconds=1.5) as pool:
        yield pool


def code(outcome: object) -> str:
    return outcome.code if isinstance(outcome, Finding) else "read"


def test_hostile_files_among_good_ones(pool: ReaderPool) -> None:
    files = [(GOOD, "a"), (crashing(), "b"), (GOOD, "c"), (slow(), "d"), (b"", "e"), (GOOD, "f")]
    assert [code(r) for r in pool.read_many(files)] == [
        "read", "reader_crashed", "read", "too_slow", "unreadable", "read",
    ]  # fmt: skip


def test_hostile_file_in_the_middle_of_what_one_process_was_handed() -> None:
    """What it had read before and not yet answered for is read again; only the one file pays."""
    with ReaderPool(1, seconds=1.5) as pool:
        for bad, told in ((crashing(), "reader_crashed"), (slow(), "too_slow")):
            texts = [f"序号,{n}\n".encode() for n in range(8)]
            found = list(pool.read_many((data, "x.csv") for data in (*texts[:4], bad, *texts[4:])))
            assert [code(r) for r in found] == ["read"] * 4 + [told] + ["read"] * 4
            assert [r.grids[0].rows[1][2] for r in found if isinstance(r, Reading)] == [str(n) for n in range(8)]


def test_file_that_eats_memory() -> None:
    with ReaderPool(1, memory=250 << 20) as pool:
        files = [(GOOD, "a"), (greedy(), "b"), (GOOD, "c")]
        assert [code(r) for r in pool.read_many(files)] == ["read", "too_big", "read"]


def test_good_files_in_order(pool: ReaderPool) -> None:
    texts = [f"序号,{n}\n".encode() for n in range(300)]
    found = [r.grids[0].rows[1][2] for r in pool.read_many((t, "x.csv") for t in texts) if isinstance(r, Reading)]
    assert found == [str(n) for n in range(300)]


def test_unpacking_between_two_results(pool: ReaderPool) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("a.xlsx", GOOD)
    seen = 0
    for reading in pool.read_many([(GOOD, "x")] * 20):
        assert isinstance(reading, Reading)
        unpacked = pool.unpack("x.zip", out.getvalue())
        assert isinstance(unpacked, Unpacked)
        assert pool.unpack("a.xlsx", unpacked.members[0].data) is None
        seen += 1
    assert seen == 20


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            z.writestr(f"{name}.xlsx", data)
    return out.getvalue()


def test_what_is_inside_costs_itself(pool: ReaderPool) -> None:
    """A hostile file among good ones, in a container among good containers."""
    good, bad = zipped(a=GOOD, b=GOOD), zipped(a=GOOD, b=crashing(), c=slow(), d=GOOD)
    found = list(pool.open_many(Given(data, "x.zip") for data in (good, good, bad, good, bad, good)))
    assert [[code(p.reading) for p in parts if p.findings is None] for parts in found] == [
        ["read", "read"], ["read", "read"], ["read", "reader_crashed", "too_slow", "read"], ["read", "read"],
        ["read", "reader_crashed", "too_slow", "read"], ["read", "read"],
    ]  # fmt: skip
    assert [p.way for p in found[2]] == ["", "!a.xlsx", "!b.xlsx", "!c.xlsx", "!d.xlsx"]


@pytest.mark.parametrize("workers", [0, 1])
def test_opening_is_unpacking_and_reading(workers: int) -> None:
    many = zipped(**{f"f{n}": GOOD for n in range(MOST_ALONG + 3)})
    with ReaderPool(workers) as pool:
        given = [Given(many, "x.zip"), Given(many, "x.zip", read=False), Given(GOOD, "x")]
        parts, listed, alone = pool.open_many(given)
        assert [code(p.reading) for p in alone] == ["read"]
        assert alone[0].reading == pool.read(GOOD)
    assert [p.reading for p in listed] == [None] * len(listed)
    assert [p.reading is None for p in parts] == [True] + [False] * MOST_ALONG + [True] * 3  # the rest is for several
    assert [replace(p, reading=None) for p in parts] == list(listed)


def test_a_further_process_is_started_when_it_pays() -> None:
    others = len(multiprocessing.active_children())
    with ReaderPool(4) as pool:
        assert [code(r) for r in pool.read_many([(GOOD, "a")] * 40)] == ["read"] * 40
        few = len(multiprocessing.active_children()) - others
        heavy = b"<html><table>" + b"<tr/>" * 100_000 + b"</table></html>"
        assert len(list(pool.read_many([(heavy, "a")] * 20))) == 20
        assert few < len(multiprocessing.active_children()) - others


def test_stopping_half_way(pool: ReaderPool) -> None:
    for _ in pool.read_many([(GOOD, "x")] * 50):
        break
    assert code(pool.read(GOOD)) == "read"


def test_process_killed_from_outside(pool: ReaderPool) -> None:
    assert code(pool.read(GOOD)) == "read"
    for child in multiprocessing.active_children():
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    assert code(pool.read(GOOD)) == "read"


def test_nothing_is_left_behind() -> None:
    others = {p.pid for p in multiprocessing.active_children()}
    with ReaderPool(1, seconds=0.5) as pool:
        assert code(pool.read(slow())) == "too_slow"
        pool.read(GOOD)
        ours = {p.pid for p in multiprocessing.active_children()} - others
        assert ours
    deadline = time.monotonic() + 5
    while ours & {p.pid for p in multiprocessing.active_children()} and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not ours & {p.pid for p in multiprocessing.active_children()}


def test_without_processes() -> None:
    with ReaderPool(0) as pool:
        reading = pool.read(GOOD)
        assert isinstance(reading, Reading)
        assert reading.grids[0].rows[3][2] == ITEM
        assert code(pool.read(b"%PDF-1.4")) == "not_a_table"
        assert pool.unpack("x", GOOD) is None


def peak() -> int:
    """KiB of this process, ever."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_the_corpora_end_by_themselves(shared: Path) -> None:
    """Every odd workbook and mail, with everything inside them."""
    files = [p for d in ("odd-workbooks", "mail") for p in sorted((shared / "corpus" / d).iterdir())]
    assert len(files) > 200
    before_it = peak()
    seen: Counter[str] = Counter()
    with ReaderPool(2) as pool:
        for path in files:
            for found in walk(path.name, path.read_bytes(), pool.unpack):
                if found.unpacked is None:
                    outcome = pool.read(found.data, found.name)
                    assert isinstance(outcome, Reading) or outcome.remedy
                    seen[code(outcome)] += 1
                elif isinstance(found.unpacked, Finding):
                    seen[code(found.unpacked)] += 1
                else:
                    seen["unpacked"] += 1
                    assert all(f.message and f.remedy for f in found.unpacked.findings)
    assert seen["read"] > 100
    assert seen["unpacked"] > 100
    assert not seen.keys() & {"too_slow", "too_big", "reader_crashed", "bomb"}, seen
    assert peak() <= max(before_it, 1 << 20)  # 1 GiB, or what another test took
