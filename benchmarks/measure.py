"""What a whole process costs: CPU of it and of its children, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUND = "2023Q1"
NOW = "2023-04-03T10:00"
"""What the workspaces of `campaign` collect, and when.

They stand here since what measures must stay small: Linux counts a child's peak memory from its parent's at the fork.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process with everything that it started."""

    cpu: float  # seconds, user and system
    wall: float
    mib: float  # of the largest single process
    output: str = ""

    def __truediv__(self, other: Cost) -> float:
        """How many times the other's CPU time this one took."""
        return self.cpu / max(other.cpu, 1e-9)


def annex2(workspace: Path, *words: object) -> Cost:
    """The command as a person runs it."""
    # 1: done, and something needs a person
    return run(["-m", "toolkit", "-w", str(workspace), *map(str, words)], fine=(0, 1))


def script(module: str, *words: object) -> Cost:
    """A module of `benchmarks`."""
    return run(["-m", f"benchmarks.{module}", *map(str, words)])


def run(words: Sequence[str], fine: Sequence[int] = (0,)) -> Cost:
    """Python with these words.  Raises RuntimeError with the end of its stderr where its status is another."""
    environment = as_installed()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, *words], stdout=out, stderr=err, cwd=ROOT, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode not in fine:
            raise RuntimeError(f"{' '.join(words)}\n{err.read()[-2000:].decode('utf-8', 'replace')}")
        kib = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
        return Cost(used.ru_utime + used.ru_stime, wall, kib / 1024, out.read().decode("utf-8", "replace"))


@cache
def as_installed() -> dict[str, str]:
    """The environment of a process that finds the modules compiled, as pip leaves them; whatever is set here."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-m", "compileall", "-q", "toolkit", "benchmarks"], cwd=ROOT, check=True)
    return environment


def best(measure: Callable[[], Cost], times: int) -> Cost:
    """The cheapest of several measurements: what others on the machine add is never negative."""
    return min((measure() for _ in range(times)), key=lambda c: c.cpu)
