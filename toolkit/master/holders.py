"""Who has a workbook open, as the office programs themselves say beside it.

Excel and WPS put `~$master.xlsx` there (Excel: a length byte and the user's name in the system's code page, from byte
55 on the same in UTF-16), LibreOffice `.~lock.master.xlsx#` (name, user and host, parted by commas).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from toolkit.language import tr


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has a file open."""

    name: str  # as people read it
    file: Path  # what says so


def holder_of(path: Path) -> Holder | None:
    """Who has the file open, or None.

    A file that another program on Windows keeps to itself without an owner file is noticed when it is written.
    """
    excel = path.with_name(f"~${path.name}")
    libre = path.with_name(f".~lock.{path.name}#")
    for file, reader in ((excel, _excel_user), (libre, _libreoffice_user)):
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            continue
        except OSError:  # Excel itself holds its owner file
            return Holder("Excel 或 WPS（在这台或别的计算机上）", file)
        if not _dead(file):
            return Holder(reader(data), file)
    return None


def _dead(file: Path) -> bool:
    """On Windows a running Excel keeps its owner file open, so one that can be deleted was left by a crash."""
    if os.name != "nt" or not file.name.startswith("~$"):
        return False
    try:
        file.unlink()
    except OSError:
        return False
    return True


def _excel_user(data: bytes) -> str:
    length = data[0] if data else 0
    wide = data[55:]
    count = int.from_bytes(wide[:2], "little") if len(wide) >= 2 else 0
    if 0 < count <= 54 and len(wide) >= 2 + 2 * count:
        name = wide[2 : 2 + 2 * count].decode("utf-16-le", "replace")
    elif 0 < length <= 54:
        name = data[1 : 1 + length].decode("gb18030", "replace")
    else:
        name = ""
    name = "".join(c for c in name if c.isprintable()).strip()
    return tr("“{name}”用 Excel 或 WPS ", name=name) if name else tr(" Excel 或 WPS ")


def _libreoffice_user(data: bytes) -> str:
    fields = [f.strip() for f in data.decode("utf-8", "replace").split(",")]
    user = next((f for f in fields[:2] if f), "")
    host = fields[2] if len(fields) > 2 else ""
    who = f"{user}（{host}）" if user and host else user or host
    return tr("“{who}”用 LibreOffice ", who=who) if who else " LibreOffice "
