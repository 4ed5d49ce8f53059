"""Mutated returns into the readers: none may raise, hang or take the run with it.

    python benchmarks/fuzz_returns.py [--inputs 20000] [--seed 1] [FOLDER ...]

The seeds are a form in every format that can be made here without another program, and every file in the FOLDERs.
Inputs go the way that a real one goes: through a ReaderPool, unpacked and read at all depths.  Listed are an exception
that left a reader, a signal that killed one (an abort in calamine, which asks for the whole used range at once, is what
the pool is for) and what took longer than two seconds, each with its number, so that it can be made again.
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import random
import sys
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / p) for p in (".", "tests", "tests/returns_read", "tests/intake")]

from toolkit.intake.unpack import walk  # noqa: E402
from toolkit.model import Finding  # noqa: E402
from toolkit.returns.sandbox import ReaderPool  # noqa: E402

SLOW = 2.0


def mutated(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """One mutation, or several, of a file: of its bytes, or of a part inside it packed again."""
    if data.startswith(b"PK") and chance.random() < 0.7:
        try:
            return _mutated_part(data, chance, others)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error):
            pass  # a seed that is damaged already
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


def _lane(numbers: range, seed: int, made: list[bytes]) -> tuple[Counter[str], list[str]]:
    """The inputs of these numbers through a pool of one process."""
    outcomes, wrong = Counter[str](), list[str]()
    with ReaderPool(1) as pool:
        for number in numbers:
            chance = random.Random(f"{seed}/{number}")
            data = mutated(chance.choice(made), chance, made)
            began = time.monotonic()
            for found in _findings(data, pool):
                code = "read" if found is None else found.code
                outcomes[code] += 1
                if code == "reader_crashed" and found is not None:
                    outcomes["killed" if "信号" in found.message else "raised"] += 1
                    wrong.append(f"input {number}: {found.message}")
            if time.monotonic() - began > SLOW:
                wrong.append(f"input {number}: took {time.monotonic() - began:.1f} s")
    return outcomes, wrong


def _findings(data: bytes, pool: ReaderPool) -> Iterator[Finding | None]:
    """What became of an input and of everything in it; None for what was read."""
    for found in walk("x", data, pool.unpack):
        if found.unpacked is None:
            read = pool.read(found.data, found.name)
            yield read if isinstance(read, Finding) else None
        elif isinstance(found.unpacked, Finding):
            yield found.unpacked
        else:
            yield from found.unpacked.findings


def fuzz(inputs: int, seed: int, folders: list[Path], lanes: int = 2) -> tuple[Counter[str], list[str]]:
    """(outcomes, what went wrong) of the inputs 0 … `inputs`."""
    made = seeds(folders)
    # Without soffice on the path: LibreOffice is not what is tested, and takes a second an input.
    path, os.environ["PATH"] = os.environ.get("PATH", ""), "/nowhere"
    try:
        with ThreadPoolExecutor(lanes) as threads:
            done = list(threads.map(lambda n: _lane(range(n, inputs, lanes), seed, made), range(lanes)))
    finally:
        os.environ["PATH"] = path
    return sum((o for o, _ in done), Counter[str]()), [w for _, wrong in done for w in wrong]


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
    return 1 if outcomes["raised"] else 0


if __name__ == "__main__":
    sys.exit(main())
