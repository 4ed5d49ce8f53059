"""python -m benchmarks [--n 10,100,1000] [--only fanout,collect,again,status,summary,big,small]
                     [--tasks 12] [--folder FOLDER] [--write docs/scale.md]

Runs every comparison in one go and prints a Markdown table of ratios.  CPU is user and system time of whole processes
with their children; memory is the peak of the largest single process.  Workspaces are built once and kept below
--folder, since building a master of 120,000 rows takes minutes.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import NOW, ROOT, ROUND, Cost, annex2, best, script
from toolkit.collected import SETTLED_NS

VERBS = ("small", "fanout", "collect", "again", "status", "summary", "big")
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
SLOW = 20_000
"""Forms beyond which openpyxl is not waited for."""
BIG = (5000, 10, 100)
"""The big master: divisions, tasks of each, and how many of the divisions answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    what: str
    n: int
    who: str
    cost: Cost
    ours: Cost
    unit: int = 0  # what the time is divided by; 0: nothing

    def __str__(self) -> str:
        each = f"{1000 * self.cost.cpu / self.unit:.2f}" if self.unit else ""
        times = "1" if self.cost is self.ours else _times(self.cost / self.ours)
        return (
            f"| {self.what} | {self.n:,} | {self.who} | {times} | {self.cost.mib:.0f} | {self.cost.cpu:.2f} | {each} |"
        )


HEAD = """| what | N | who | CPU, annex2 = 1 | peak MiB | CPU s | ms each |
| --- | ---: | --- | ---: | ---: | ---: | ---: |"""


def _times(x: float) -> str:
    return f"{x:.1f}" if x >= 10 else f"{x:.2f}"


class Bench:
    """The comparisons, over workspaces kept below a folder."""

    def __init__(self, folder: Path, tasks: int = 12) -> None:
        """`tasks`: of each division."""
        self._folder, self._tasks = folder, tasks

    def workspace(self, n: int, tasks: int = 0, answers: int | None = None) -> Path:
        """A fresh copy of the campaign of N divisions."""
        tasks = tasks or self._tasks
        made = self._folder / f"office-{n}-{tasks}-{answers or n}"
        if not (made / "ready").exists():
            say(f"building {made.name}")
            words = ["--tasks", tasks, *(("--answer", answers) if answers else ())]
            script("campaign", n, made, *words)
            (made / "ready").touch()
        work = self._folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(made, work, copy_function=_link)
        shutil.copyfile(made / "master.xlsx", work / "master.xlsx.own")
        (work / "master.xlsx.own").replace(work / "master.xlsx")
        return work

    def out(self, name: str) -> Path:
        """A place for what a peer writes, empty."""
        path = self._folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)
        return path

    # the comparisons

    def small(self) -> Iterator[Line]:
        """What every call costs."""
        work = self.workspace(10)
        bare = best(lambda: script("floor", "nothing"), 5)
        for what, words in (("--help", ["--help"]), ("status, 10 divisions", ["--now", NOW, "status"])):
            ours = best(lambda words=words: annex2(work, *words), 5)
            yield Line(what, 10, "annex2", ours, ours)
            yield Line(what, 10, "starting Python alone", bare, ours)

    def fanout(self, n: int) -> Iterator[Line]:
        work = self.workspace(n)
        ours = best(lambda: (shutil.rmtree(work / "outbox"), annex2(work, "fanout", ROUND))[1], times(n))
        forms = work / "outbox" / ROUND
        _expect(len(list(forms.glob("*.xlsx"))) == n, "fanout made other than N forms")
        yield Line("fanout", n, "annex2", ours, ours, n)
        if n <= SLOW:
            yield Line("fanout", n, "openpyxl load, fill, save", self.peer("fill_openpyxl", work), ours, n)
        raw = self.out("unpacked")
        script("floor", "unpacked", forms, raw)
        for how in ("write", "durable"):
            cost = best(lambda how=how: script("floor", how, raw, self.out("forms")), times(n))
            name = "floor: deflate and write" + (", fsync and rename" if how == "durable" else "")
            yield Line("fanout", n, name, cost, ours, n)

    def collect(self, n: int) -> Iterator[Line]:
        """Archive, review and merge; then again with nothing new, status and summary of the outcome."""
        first = best(lambda: self.collected(n), times(n))
        yield Line("collect", n, "annex2", first, first, n)
        alone = best(lambda: self.collected(n, "--workers", 0), times(n))
        yield Line("collect", n, "annex2, --workers 0", alone, first, n)
        work = self.workspace(n)
        if n <= SLOW:
            yield Line("collect", n, "pandas + openpyxl", self.peer("merge_pandas", work), first, n)
        yield Line("collect", n, "calamine + polars + XlsxWriter", self.peer("merge_polars", work), first, n)
        floor = best(lambda: script("floor", "collect", work, self.out("floor.xlsx")), times(n))
        yield Line("collect", n, "floor: read, hash, inflate; write master", floor, first, n)

    def again(self, n: int) -> Iterator[Line]:
        self.workspace(n)
        time.sleep(SETTLED_NS / 1e9)  # a return that is seconds old is looked at again; an office's are older
        first = self.collect_in(self._folder / "work")
        work = self._folder / "work"
        ours = best(lambda: self.collect_in(work), times(n))
        yield Line("re-collect, nothing new", n, "annex2", ours, ours, n)
        yield Line("re-collect, nothing new", n, "annex2, the first time", first, ours, n)

    def status(self, n: int) -> Iterator[Line]:
        self.collected(n)
        work = self._folder / "work"
        ours = best(lambda: annex2(work, "--now", NOW, "status"), times(n))
        yield Line("status", n, "annex2", ours, ours, n)
        yield Line("status", n, "pandas + openpyxl, counting", self.peer("count_pandas", work, out=False), ours, n)

    def summary(self, n: int) -> Iterator[Line]:
        first = self.collected(n)
        ours = annex2(self._folder / "work", "--now", NOW, "summary")
        yield Line("summary", n, "annex2", ours, ours, n)
        yield Line("summary", n, "annex2, collect", first, ours, n)

    def big(self) -> Iterator[Line]:
        """1,000 new cells into a master of 50,000 task rows."""
        n, tasks, answers = BIG
        what, cells = f"{answers * tasks:,} cells into {n * tasks:,} rows", answers * tasks
        self.workspace(n, tasks, answers)
        work = self._folder / "work"
        (work / "archive").mkdir(exist_ok=True)
        merge = best(lambda: script("merge_cells", self.workspace(n, tasks, answers)), 2)
        yield Line(what, n, "annex2, merging alone", merge, merge, cells)
        whole = self.collect_in(self.workspace(n, tasks, answers))
        yield Line(what, n, "annex2 collect, whole", whole, merge, cells)
        work = self.workspace(n, tasks, answers)
        yield Line(what, n, "openpyxl load, edit, save", self.peer("edit_openpyxl", work), merge, cells)

    def collected(self, n: int, *words: object) -> Cost:
        return self.collect_in(self.workspace(n), *words)

    def collect_in(self, work: Path, *words: object) -> Cost:
        cost = annex2(work, "--now", NOW, "collect", "--no-mailbox", *words)
        came, kept = (len(list((work / d).rglob("*.xlsx"))) for d in ("inbox", "archive/originals"))
        _expect(came == kept, f"{came} files came, {kept} are archived")
        return cost

    def peer(self, name: str, work: Path, out: bool = True) -> Cost:
        words = (work, self.out(f"{name}.xlsx")) if out else (work,)
        return script(f"peers.{name}", *words)


def _link(source: str, target: str) -> str:
    """Nobody writes into a return or a form in place: a link will do."""
    os.link(source, target)
    return target


def _expect(true: bool, otherwise: str) -> None:
    if not true:
        raise RuntimeError(otherwise)


def times(n: int) -> int:
    """How often a measurement is taken; the cheapest counts."""
    return 3 if n < 1000 else 1


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def lines(bench: Bench, sizes: Sequence[int], only: Sequence[str]) -> Iterator[Line]:
    for verb in only:
        runs: list[tuple[int, Callable[[], Iterator[Line]]]] = (
            [(0, getattr(bench, verb))]
            if verb in ("small", "big")
            else [(n, lambda n=n, verb=verb: getattr(bench, verb)(n)) for n in sizes]
        )
        for n, run in runs:
            say(f"{verb} {n or ''}")
            yield from run()


def table(found: Sequence[Line]) -> str:
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%h"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    about = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores; after commit {commit}."
    return "\n".join((about, "", HEAD, *map(str, found)))


def put(path: Path, text: str) -> None:
    """Between the marks of a document; behind everything where it has none."""
    old = path.read_text("utf-8") if path.exists() else ""
    if BEGIN not in old:
        old += f"\n{BEGIN}\n{END}\n"
    head, _, rest = old.partition(BEGIN)
    path.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--n", default="10,100,1000", help="numbers of divisions")
    parser.add_argument("--tasks", type=int, default=12, help="of each division; 100,000 divisions of 12 have no room")
    parser.add_argument("--only", default=",".join(VERBS), help="which comparisons")
    parser.add_argument("--write", type=Path, help="put the table between the marks of this document")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "annex2-benchmarks")
    options = parser.parse_args()
    only = options.only.split(",")
    if unknown := set(only) - set(VERBS):
        parser.error(f"no comparison {', '.join(sorted(unknown))}; there are {', '.join(VERBS)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    found = []
    for line in lines(Bench(options.folder, options.tasks), [int(n) for n in options.n.split(",")], only):
        found.append(line)
        say(str(line))
    text = table(found)
    print(text)
    if options.write:
        put(options.write, text)


if __name__ == "__main__":
    main()
