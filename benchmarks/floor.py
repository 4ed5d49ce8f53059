"""The least that any program must do with the same bytes; it understands none of them.

python -m benchmarks.floor unpacked FORMS OUT     (prepares `write`: what stands in the forms, not deflated)
python -m benchmarks.floor write UNPACKED OUT     deflate what differs between forms, write each form
python -m benchmarks.floor durable UNPACKED OUT   the same with fsync and rename, as nothing may be half-written
python -m benchmarks.floor collect WORKSPACE OUT  read, hash and inflate each return and the master; deflate and
                                                  write the master
python -m benchmarks.floor nothing                start Python
"""

from __future__ import annotations

import hashlib
import io
import pickle
import sys
import zipfile
import zlib
from pathlib import Path


def unpacked(forms: Path, out: Path) -> None:
    paths = sorted(forms.glob("*.xlsx"))
    common: dict[str, bytes] = {}
    for path in (paths[0], paths[-1]):
        with zipfile.ZipFile(path) as z:
            for name in z.namelist():
                data = z.read(name)
                if common.setdefault(name, data) != data:
                    common[name] = b""
    with out.open("wb") as f:
        for path in paths:
            with zipfile.ZipFile(path) as z:
                changed = [(n, z.read(n)) for n in z.namelist() if not common.get(n)]
                rest = path.stat().st_size - sum(z.getinfo(n).compress_size for n, _ in changed)
            pickle.dump((path.name, changed, b"x" * rest), f)


def write(source: Path, out: Path, durable: bool = False) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as f:
        while True:
            try:
                name, changed, rest = pickle.load(f)
            except EOFError:
                return
            parts = []
            for _, data in changed:
                deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
                parts.append(deflate.compress(data) + deflate.flush())
            if durable:
                from toolkit.workspace import write_durably

                write_durably(out / name, b"".join((*parts, rest)))
            else:
                (out / name).write_bytes(b"".join((*parts, rest)))


def collect(root: Path, out: Path) -> None:
    for path in sorted((root / "inbox").glob("*.xlsx")):
        data = path.read_bytes()
        hashlib.sha256(data).hexdigest()
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            for name in z.namelist():
                z.read(name)
    deflated = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
    with zipfile.ZipFile(root / "master.xlsx") as z, deflated as w:
        for name in z.namelist():
            w.writestr(name, z.read(name))


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    verbs = {
        "unpacked": unpacked,
        "write": write,
        "durable": lambda source, out: write(source, out, durable=True),
        "collect": collect,
        "nothing": lambda: None,
    }
    verbs[what](*map(Path, words))
