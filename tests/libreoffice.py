"""A real LibreOffice, driven over UNO, for tests; `needs_libreoffice` skips where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).with_name("uno_driver.py")


@cache
def uno_python() -> str | None:
    """A Python that can import `uno`: LibreOffice's own, or the system's."""
    for candidate in ("/usr/bin/python3", "/usr/lib/libreoffice/program/python"):
        if shutil.which(candidate):
            done = subprocess.run([candidate, "-c", "import uno"], capture_output=True, check=False)
            if done.returncode == 0:
                return candidate
    return None


def missing() -> str:
    """Why LibreOffice cannot be driven here; empty where it can."""
    if shutil.which("soffice") is None:
        return "LibreOffice (soffice) is not installed"
    return "" if uno_python() else "no Python with the uno module (Debian: python3-uno)"


needs_libreoffice = pytest.mark.skipif(bool(missing()), reason=missing() or "present")


class LibreOffice:
    """One running LibreOffice; each attribute is a command of the driver."""

    def __init__(self) -> None:
        python = uno_python()
        assert python
        self._process = subprocess.Popen(
            [python, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "the driver ended"}
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["ok"]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            assert self._process.stdin
            plain = {k: str(v) if isinstance(v, Path) else v for k, v in arguments.items()}
            self._process.stdin.write(json.dumps([name, plain]) + "\n")
            self._process.stdin.flush()
            return self._answer()

        return call

    def quit(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.write('["quit", {}]\n')
        self._process.stdin.close()
        self._process.wait(30)
