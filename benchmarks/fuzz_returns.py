"""Mutated returns into the readers: none may raise, hang or take the process with it.

    python benchmarks/fuzz_returns.py [--inputs 20000] [--seed 1] [FOLDER ...]

The seeds are a form in every format that can be made here without another program, and every file in the FOLDERs.
Inputs are read and unpacked in this process's own children, in batches; what raised, what killed its process and what
took longer than two seconds is listed with its seed, so that it can be made again.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import sys
import time
import traceback
import zipfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / p) for p in (".", "tests", "tests/returns_read", "tests/intake")]
BATCH = 200
SLOW = 2.0


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """One mutation, or several, of a file: of its bytes, or of a part inside it packed again."""
    if data.startswith(b"PK") and chance.random() < 0.7:
        return _mutated_part(data, chance, others)
    return _mutated_bytes(data, chance, others)


def _mutated_bytes(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        if not out:
            break
        at = chance.randrange(len(out))
        kind = chance.randrange(8)
        if kind == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at] = chance.choice((0, 255, 127, 128, 10, 34, 60))
        elif kind == 2:
            del out[at : at + chance.choice((1, 4, 64, 512))]
        elif kind == 3:
            out[at:at] = out[at : at + chance.choice((1, 8, 128, 1024))]
        elif kind == 4:
            out[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\x80"))
        elif kind == 5:
            out = out[:at]
        elif kind == 6:
            other = chance.choice(others)
            start = chance.randrange(max(1, len(other)))
            out[at : at + 64] = other[start : start + 64]
        else:
            word = chance.choice(_WORDS)
            out[at : at + len(word) if chance.random() < 0.5 else at] = word
    return bytes(out)


_WORDS = (
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<a>", b"</row>", b' r="XFD1048576"', b' ref="A1:XFD1048576"',
    b"<v>99999999999</v>", b' r="ZZZZ99999999"', b' gridSpan="99999"', b"\xff\xfe", b"=?utf-8?B?", b"\r\n\r\n", b"--b",
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"filename*0*=utf-8''%", b"_xD800_", b"-1", b"1e999", b"NaN",
    b' table:number-rows-repeated="1048576"', b"]]>", b"<![CDATA[", b"&#0;", b"&#xD800;", "镕".encode("gb18030"),
)  # fmt: skip


def _mutated_part(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        names = old.namelist()
        parts = {n: old.read(n) for n in names}
    victim = chance.choice(names)
    kind = chance.randrange(6)
    if kind == 0:
        other = chance.choice(names)
        parts[victim], parts[other] = parts[other], parts[victim]
    elif kind == 1:
        del parts[victim]
    elif kind == 2:
        parts[victim + chance.choice(("", ".xml", "/x", "\\..\\y"))] = parts.pop(victim)
    else:
        parts[victim] = _mutated_bytes(parts[victim], chance, others)
    with zipfile.ZipFile(out, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))) as new:
        for name, body in parts.items():
            new.writestr(name, body)
    return out.getvalue()


def seeds(folders: list[Path]) -> list[bytes]:
    """The files that inputs are made from."""
    import made_forms
    import made_outlook
    from test_mail_files import mail
    from test_read_formats import CSV, SS, document
    from test_unpack_archives import rar, zipped

    form = made_forms.form()
    made = [form, document(), document(widths=True), CSV.encode("gb18030"), CSV.encode("utf-16")]
    made.append(mail(b"; filename=a.xlsx"))
    head = '<?xml version="1.0"?>'
    cell = '<Cell><Data ss:Type="Number">7</Data></Cell>'
    sheet = f'<Worksheet ss:Name="a"><Table><Row>{cell}</Row></Table></Worksheet>'
    made.append(f'{head}<Workbook xmlns="{SS}" xmlns:ss="{SS}">{sheet}</Workbook>'.encode())
    made.append(f"<html><table><tr><td rowspan=2>{made_forms.TITLE}</td></tr><tr><td>x</td></tr></table>".encode("gbk"))
    made += [zipped({"甲/a.csv": b"1,2"}), rar(("a.csv", b"1,2")), made_outlook.tnef("主题", ("表.xlsx", b"1"))]
    properties = made_outlook.properties({0x37: "主题", 0x1000: "text", 0x39: 133_251_307_500_000_000}, 32)
    made.append(made_outlook.ole({**properties, **made_outlook.attachments({0x3707: "表.csv", 0x3701: b"1,2"})}))
    made += [_seven_zip(), gzip.compress(form), _ods()]
    found = [p.read_bytes() for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()]
    return [*made, *(d for d in found if len(d) < 200_000)]


def _seven_zip() -> bytes:
    import py7zr

    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as z:
        z.writestr(b"1,2", "a.csv")
    return out.getvalue()


def _ods() -> bytes:
    """A spreadsheet as LibreOffice writes one, in little."""
    ns = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<office:document-content xmlns:office="{ns}office:1.0" xmlns:table="{ns}table:1.0" xmlns:text="{ns}text:1.0">'
        '<office:body><office:spreadsheet><table:table table:name="a">'
        '<table:table-row table:number-rows-repeated="3">'
        '<table:table-cell office:value-type="string" table:number-columns-spanned="2"><text:p>x<text:s text:c="3"/>'
        '</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="7"/></table:table-row>'
        "</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        z.writestr("content.xml", content)
    return out.getvalue()


_SEEDS: list[bytes] = []


def _prepare(folders: list[Path]) -> None:
    import os

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)  # what a panic prints
    _SEEDS[:] = seeds(folders)


def batch(first: int, seed: int, count: int) -> tuple[Counter[str], list[str]]:
    """Inputs first … first + count: outcomes, and what went wrong."""
    from toolkit.intake.unpack import Unpacked, walk
    from toolkit.model import Finding
    from toolkit.returns.formats import word
    from toolkit.returns.read import read_return

    word.find_soffice = lambda: None  # type: ignore[assignment]  # LibreOffice is not what is tested
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(first, first + count):
        chance = random.Random(f"{seed}/{number}")
        data = mutated(chance.choice(_SEEDS), chance, _SEEDS)
        began = time.monotonic()
        try:
            for found in walk("x", data):
                if found.unpacked is None:
                    read = read_return(found.data, found.name)
                    outcomes[read.code if isinstance(read, Finding) else "read"] += 1
                elif isinstance(found.unpacked, Unpacked):
                    outcomes["unpacked"] += 1
                    outcomes.update(f.code for f in found.unpacked.findings)
                else:
                    outcomes[found.unpacked.code] += 1
        except BaseException as e:
            last = traceback.extract_tb(e.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            wrong.append(f"input {number}: {type(e).__name__} at {place} {str(e)[:80]}")
        if time.monotonic() - began > SLOW:
            wrong.append(f"input {number}: took {time.monotonic() - began:.1f} s")
    return outcomes, wrong


def fuzz(inputs: int, seed: int, folders: list[Path], workers: int = 2) -> tuple[Counter[str], list[str]]:
    """All inputs, the batches dealt out to processes."""
    seeds(folders)  # what is wrong with them is said here, not in a process that then seems to have been killed
    starts = range(0, inputs, BATCH)
    with ThreadPoolExecutor(workers) as threads:
        lanes = [[(a, min(BATCH, inputs - a)) for a in starts[n::workers]] for n in range(workers)]
        done = list(threads.map(lambda lane: _lane(lane, seed, folders), lanes))
    return sum((o for o, _ in done), Counter[str]()), [w for _, wrong in done for w in wrong]


def _lane(todo: list[tuple[int, int]], seed: int, folders: list[Path]) -> tuple[Counter[str], list[str]]:
    """Batches in one process, a new one when it was killed; that batch is then done again one by one."""
    outcomes, wrong = Counter[str](), list[str]()

    def start() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, get_context("spawn"), _prepare, (folders,))

    pool = start()
    while todo:
        first, count = todo.pop(0)
        try:
            found, bad = pool.submit(batch, first, seed, count).result()
            outcomes += found
            wrong += bad
        except BrokenProcessPool:
            pool = start()
            if count == 1:
                wrong.append(f"input {first}: killed its process")
            else:
                todo = [(first + n, 1) for n in range(count)] + todo
    pool.shutdown()
    return outcomes, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    outcomes, wrong = fuzz(given.inputs, given.seed, given.folders)
    print(f"{given.inputs} inputs in {time.monotonic() - began:.0f} s: {dict(outcomes.most_common())}")
    print("\n".join(wrong) or "nothing raised, nothing hung")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
