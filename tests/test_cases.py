"""Each folder of tests/cases is a return as a division sent it, with what is right to make of it.

A case needs no code: the files in its folder go into the inbox of a fresh workspace, and `expected.toml` says

    about = "…"                        what happened here
    now = 2023-04-03T10:00:00          when it is collected
    needs = "libreoffice"              optional: skipped where that is missing (libreoffice, py7zr)
    decision = "接收此件"              optional: what a person then writes on 待处理 about the held file

    [[before]]                         optional: what was collected earlier, from a folder inside the case
    file = "earlier/一季度.xlsx"
    now = 2023-04-03T10:00:00
    verdict = "accepted"

    [files."回复.eml!附件.zip!报表.xlsx"]  every file met, by the way to it
    verdict = "accepted with remarks"  or a list, where either will do
    division = "社会救助处"            "" where it must not be recognised; left out: not looked at
    round = "2023Q1"
    codes = ["no_stamp"]               findings that must be there …
    exact = true                       … and no others

    [ledger.2023Q1]                    all that 任务台账 holds afterwards, by 序号
    2 = "……"

    [decided.2023Q1]                   the same, once the decision is carried out

The workspace is `open_office`: the shipped master with invented leaders, under a key that is no secret, so that the
stamps of forms made by tests/cases/make.py are genuine.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from english import in_english, names_of, not_english
from libreoffice import missing

from toolkit.cli.show import outcome_text
from toolkit.collect import check_file, collect
from toolkit.collected import Collected
from toolkit.intake.archive import Archive
from toolkit.language import Text
from toolkit.ledger import Outcome
from toolkit.master import schema
from toolkit.master.store import load
from toolkit.model import Verdict, plain
from toolkit.opening import open_workspace
from toolkit.provenance import rebuild
from toolkit.returns.findings import KINDS
from toolkit.workspace import Workspace
from toolkit.xlsx import Workbook
from toolkit.xlsx.refs import cell_name

CASES = Path(__file__).with_name("cases")
KEY = "01" * 32
LEADERS = {
    "养老服务处": "周正平",
    "社会救助处": "吴明",
    "慈善社工处": "郑雅琴",
    "儿童福利处": "郑雅琴",
    "基层政权处": "郑雅琴",
}
PADDED_TASK, PADDED = 13, "吴  明"  # as the notice pads a short name to the width of others

Texts = Mapping[str, Mapping[str, str]]  # round key -> 序号 -> 完成情况


@dataclass(frozen=True, slots=True)
class Earlier:
    file: str
    now: datetime
    verdict: str


@dataclass(frozen=True, slots=True)
class FileExpected:
    verdict: str | list[str]
    division: str | None = None
    round: str | None = None
    codes: list[str] = field(default_factory=list)
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A case's expected.toml."""

    about: str
    now: datetime
    files: Mapping[str, FileExpected] = field(default_factory=dict)
    ledger: Texts = field(default_factory=dict)
    before: tuple[Earlier, ...] = ()
    needs: str = ""
    decision: str = ""
    decided: Texts = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Case:
        """Raises TypeError for an entry that it does not know."""
        said: dict[str, Any] = tomllib.loads((folder / "expected.toml").read_text("utf-8"))
        said["before"] = tuple(Earlier(**e) for e in said.get("before", ()))
        said["files"] = {n: FileExpected(**f) for n, f in said.get("files", {}).items()}
        return cls(**said)


def open_office(root: Path) -> Workspace:
    """The office that every case is about."""
    workspace = Workspace(root)
    workspace.state.mkdir(parents=True)
    (workspace.state / "key").write_text(KEY, "ascii")
    open_workspace(root)
    book = Workbook.open(workspace.master)
    for sheet_name, name_header, leader_header in (
        ("任务台账", "牵头处室", "分管领导"),
        ("处室", "名称", "分管领导"),
        ("报送情况", "处室", "分管领导"),
    ):
        sheet, columns = book.sheet(sheet_name), dict[str, int]()
        for number, cells in sheet.rows():
            if not columns:
                found = {str(v): c for c, v in cells.items()}
                columns = found if {name_header, leader_header} <= found.keys() else {}
                continue
            leader = LEADERS.get(str(cells.get(columns[name_header])))
            padded = sheet_name == "任务台账" and cells.get(columns["序号"]) == PADDED_TASK
            if leader is not None:
                sheet.set(cell_name(number, columns[leader_header]), PADDED if padded else leader)
        assert columns, sheet_name
    # On the same day as the first quarter's: every case shows that the one is not taken for the other.
    row = {"编号": "2023P1", "名称": "第一季度配合任务", "表种": "配合任务", "截止日期": date(2023, 4, 5)}
    book.table("报送节点").append([row])
    workspace.master.write_bytes(book.to_bytes())
    return workspace


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The office as it was opened, to be copied."""
    root = tmp_path_factory.mktemp("cases") / "工作区"
    open_office(root)
    return root


@pytest.fixture
def office(pristine: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(pristine, tmp_path / "工作区")
    return Workspace(tmp_path / "工作区")


def folders() -> list[Path]:
    return sorted(p.parent for p in CASES.glob("*/expected.toml"))


def take_in(workspace: Workspace, files: list[Path], now: datetime) -> Collected:
    """Put files into the inbox, in this order, and collect."""
    for i, file in enumerate(files):
        target = workspace.inbox / file.name
        shutil.copyfile(file, target)
        os.utime(target, (i, i))
    return collect(workspace, [], now, workers=0)


def ledger(workspace: Workspace) -> dict[str, dict[str, str]]:
    """The texts that 任务台账 holds."""
    master = load(workspace).master
    numbers = {t.key: str(t.no) for t in master.office.tasks}
    texts: dict[str, dict[str, str]] = {}
    for (task, round_key), text in master.status.items():
        if text:
            texts.setdefault(round_key, {})[numbers[task]] = text
    return texts


def staffs_own(workspace: Workspace) -> list[list[object]]:
    """任务台账 without the columns that annex2 writes."""
    rounds = load(workspace).master.office.rounds
    written = {c.header for r in rounds for c in schema.round_columns(r.name)}
    rows = [cells for _, cells in Workbook.open(workspace.master).sheet("任务台账").rows()]
    ours = {c for cells in rows for c, v in cells.items() if v in written}
    return [[v for c, v in sorted(cells.items()) if c not in ours] for cells in rows]


def decide(workspace: Workspace, decision: str) -> None:
    """Write into 处理意见 of the file that waits."""
    book = Workbook.open(workspace.master)
    sheet = book.sheet("待处理")
    columns: dict[str, int] = {}
    waiting = []
    for number, cells in sheet.rows():
        if not columns:
            found = {str(v): c for c, v in cells.items()}
            columns = found if "处理意见" in found else {}
        elif str(cells.get(columns[schema.ITEM_KEY], "")).startswith("file:"):
            waiting.append(number)
    (row,) = waiting
    sheet.set(cell_name(row, columns["处理意见"]), decision)
    workspace.master.write_bytes(book.to_bytes())


def differences(found: Mapping[str, Outcome], expected: Mapping[str, FileExpected]) -> Iterator[str]:
    """Where what was made of the files is not what is right."""
    if found.keys() != expected.keys():
        yield f"files met: {sorted(found)}, expected: {sorted(expected)}"
    for path in found.keys() & expected.keys():
        outcome, right = found[path], expected[path]
        receipt, codes = outcome.receipt, [f.code for f in outcome.findings]
        told = "; ".join(f"{f.code} {f.where} {f.message}" for f in outcome.findings)
        allowed = [right.verdict] if isinstance(right.verdict, str) else right.verdict
        assert set(allowed) <= {v.value for v in Verdict}, allowed
        if receipt.verdict not in allowed:
            yield f"{path}: {receipt.verdict}, expected {right.verdict} ({told})"
        for name, is_, want in (
            ("division", receipt.division, right.division),
            ("round", receipt.round, right.round),
        ):
            # Whose it seems to be; the ledger below says that it does not count.
            guessed = want == "" and receipt.verdict is Verdict.HELD
            if want is not None and is_ != want and not guessed:
                yield f"{path}: {name} is {is_!r}, expected {want!r}"
        if set(right.codes) - set(codes) or (right.exact and set(codes) - set(right.codes)):
            yield f"{path}: {codes}, expected {right.codes}{' and no others' if right.exact else ''} ({told})"


@pytest.mark.parametrize("folder", folders(), ids=lambda p: p.name)
def test_case(folder: Path, office: Workspace) -> None:
    case = Case.read(folder)
    reason = {
        "libreoffice": missing(),
        "py7zr": "" if importlib.util.find_spec("py7zr") else "py7zr is not installed",
        "": "",
    }[case.needs]
    if reason:
        pytest.skip(reason)
    for earlier in case.before:
        outcomes = take_in(office, [folder / earlier.file], earlier.now).outcomes
        assert [o.receipt.verdict for o in outcomes if o.new] == [earlier.verdict], "what came earlier"
    own = staffs_own(office)
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != "expected.toml")
    wrong: list[str] = []
    checks = len(files) == 1 and case.needs != "libreoffice"  # which takes seconds to start
    if checks:  # what `check` tells beforehand
        master = office.master.read_bytes()
        checked = {o.arrival.path.removeprefix(f"{files[0]}"): o for o in check_file(office, files[0], case.now)}
        told = {path: (o.receipt.verdict, [f.code for f in o.findings]) for path, o in checked.items()}
        assert office.master.read_bytes() == master
    done = take_in(office, files, case.now)
    found = {o.arrival.path.removeprefix("inbox/"): o for o in done.outcomes if o.new}
    if checks and told != {
        p.removeprefix(files[0].name): (o.receipt.verdict, [f.code for f in o.findings]) for p, o in found.items()
    }:
        wrong.append(f"check told: {told}")
    wrong += differences(found, case.files)
    if (holds := ledger(office)) != case.ledger:
        wrong.append(f"任务台账: {holds}, expected {dict(case.ledger)}")
    if staffs_own(office) != own:
        wrong.append("任务台账: columns that are not annex2's have changed")
    if rebuilt := _rebuilt(office):
        wrong.append(f"rebuild: {rebuilt}")
    wrong += [f"not English: {line}" for line in _not_english(office, done.outcomes)]
    once_more = collect(office, [], case.now, workers=0)  # what a note of the run before promises
    if once_more.changed or any(o.new for o in once_more.outcomes) or once_more.open_items != done.open_items:
        wrong.append("a second run finds something to do")
    if case.decision:
        decide(office, case.decision)
        again = collect(office, [], case.now, workers=0)
        if not all(result.startswith("已") for _, result in again.decided) or not again.decided:
            wrong.append(f"decided: {[result for _, result in again.decided]}")
        if (holds := ledger(office)) != case.decided:
            wrong.append(f"任务台账, once decided: {holds}, expected {dict(case.decided)}")
        if rebuilt := _rebuilt(office):
            wrong.append(f"rebuild, once decided: {rebuilt}")
    assert not wrong, "\n".join([case.about, *wrong])


def _not_english(workspace: Workspace, outcomes: Iterable[Outcome]) -> Iterator[str]:
    """What an English console says of files, as far as it is Chinese of the program's own."""
    names = names_of(workspace)
    for o in outcomes:
        with in_english():
            told = outcome_text(o)
        places = {f.where for f in o.findings if not isinstance(f.where, Text)}
        yield from not_english(told, {*names, o.arrival.path, o.arrival.name, *places} - {""})


def _rebuilt(workspace: Workspace) -> list[str]:
    """What `rebuild` says differs."""
    secret = workspace.secret()
    return [d.message for d in rebuild(load(workspace).master, Archive(workspace.archive), secret).differences]


def test_there_are_cases_and_their_codes_exist() -> None:
    """A code that no finding has would pass for ever as one that must not be there."""
    cases = [Case.read(f) for f in folders()]
    assert len(cases) >= 60
    unknown = {c for case in cases for f in case.files.values() for c in f.codes} - KINDS.keys()
    assert not unknown


def test_every_finding_is_provoked_by_some_test() -> None:
    told = "".join(p.read_text("utf-8") for k in ("*.py", "*.toml") for p in CASES.parent.rglob(k))
    untold = [code for code in KINDS if f'"{code}"' not in told]
    assert not untold


def test_no_name_of_the_notice_stands_in_the_office(office: Workspace) -> None:
    leaders = {plain(t.leader) for t in load(office).master.office.tasks}
    assert leaders <= {plain(v) for v in LEADERS.values()}
