"""LibreOffice, where it is installed, as a converter: bytes in, bytes out, in a folder and a profile of its own.

It runs no macros and follows no links of the file; it is stopped, with all its children, when it takes too long.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from toolkit.errors import Annex2Error
from toolkit.language import tr

FILTERS = {".docx": "docx:MS Word 2007 XML", ".xlsx": "xlsx:Calc MS Excel 2007 XML", ".pdf": "pdf"}

# In the profile before its first use.  Macros off altogether; links never updated; nothing fetched from outside.
_SETTINGS = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Office.Calc/Content/Update", "Link", "1"),
)


class ConversionError(Annex2Error):
    """LibreOffice is missing, or did not convert a file; `slow` when it was stopped."""

    def __init__(self, what: str, *, remedy: str = "", slow: bool = False) -> None:
        super().__init__(what, remedy=remedy)
        self.slow = slow


def find_soffice() -> str | None:
    """LibreOffice's program, or None."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return found
    folders = [os.environ.get(v) for v in ("PROGRAMFILES", "PROGRAMFILES(X86)")]
    places = [Path(f, "LibreOffice", "program", "soffice.exe") for f in folders if f]
    places.append(Path("/Applications/LibreOffice.app/Contents/MacOS/soffice"))
    return next((str(p) for p in places if p.is_file()), None)


def convert(data: bytes, suffix: str, to: str, *, program: str, seconds: float, most: int, remedy: str = "") -> bytes:
    """A file of the kind `suffix` as one of the kind `to` (a key of FILTERS), of at most `most` bytes.

    Raises ConversionError.
    """
    with tempfile.TemporaryDirectory(prefix="annex2-convert-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, result = folder / f"file{suffix}", folder / "out" / f"file{to}"
        source.write_bytes(data)
        # A profile of its own: with the user's, a LibreOffice that is open would take the job and save nothing here.
        profile = folder / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_registry(), encoding="utf-8")
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", FILTERS[to], "--outdir", str(result.parent), str(source)]
        if not _run(command, seconds, remedy):
            raise ConversionError(
                tr("LibreOffice 转换 {seconds:g} 秒还没有完成，已停止", seconds=seconds), remedy=remedy, slow=True
            )
        with contextlib.suppress(OSError):
            if result.stat().st_size <= most:
                return result.read_bytes()
    raise ConversionError(tr("LibreOffice 转换不了这个文件，可能已损坏或有密码"), remedy=remedy)


def _registry() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{items}</oor:items>"
    )


def _unlimited() -> None:
    """A reader process may have little memory (returns/sandbox.py); LibreOffice reserves more than it uses."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _run(command: list[str], seconds: float, remedy: str) -> bool:
    """Runs to the end, whatever it says; False when it took too long and was stopped with all its children."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=None if sys.platform == "win32" else _unlimited,
        )
    except OSError as e:
        raise ConversionError(tr("LibreOffice 启动不了（{e}）", e=e), remedy=remedy) from None
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            # soffice is a script that starts the real program: the whole group must go.
            with contextlib.suppress(OSError):
                if sys.platform == "win32":
                    subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
                else:
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
