"""Every verb at an English console, over an office where a great deal goes wrong: no Chinese of the program's own."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from english import names_of, not_english
from notices import write_notice
from openpyxl import load_workbook
from test_cases import CASES, Case, folders, open_office
from test_told import closed_port, give_everybody_mail

from toolkit.cli import main
from toolkit.cli.parser import make_parser
from toolkit.language import CHINESE, ENGLISH, VARIABLE, choose
from toolkit.master import schema
from toolkit.master.schema import Sheet
from toolkit.master.store import load
from toolkit.workspace import Workspace

_PLACE = re.compile(r"(?m)^    [^:“]*: ")
"""Sheet and cell of a finding; tests/test_cases.py looks at those that the program words itself."""

_MADE = re.compile(r"\S+\.(?:xlsx|docx|html|eml)\b")
"""What the program's own files are called."""


class Console:
    """The command at an English console; keeps what it said."""

    def __init__(self, root: Path) -> None:
        self.workspace, self.verbs, self.faults = Workspace(root), set[str](), list[str]()
        self.data: set[str] = {p.name for folder in folders() for p in folder.rglob("*")}

    def __call__(self, *words: object, now: str = "2023-04-10T09:00", quoting: bool = False) -> tuple[int, str]:
        """`quoting`: it shows mails, which are Chinese."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = main(["-w", str(self.workspace.root), "--now", now, *map(str, words)])
        self.verbs.add(str(words[0]))
        if not quoting:
            master = load(self.workspace).master
            known = {*names_of(self.workspace), *self.data}
            for r in master.receipts:
                known |= {r.name, f"{r.source}/{r.name}", f"{r.source}!{r.name}"}
            known |= {t.text for t in master.office.tasks} | {j.name for j in master.jobs} | {*schema.JOB_ACTIONS}
            known |= {str(s) for s in Sheet}
            told = _MADE.sub("", _PLACE.sub("", out.getvalue()))
            for line in not_english(told, known - {""}):
                self.faults.append(f"{words[0]}: {line}")
        return status, out.getvalue()


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    root = tmp_path / "office"
    open_office(root)
    monkeypatch.setenv(VARIABLE, ENGLISH)
    yield Console(root)
    choose(CHINESE)


def everything(folder: Path) -> None:
    """The files of all cases, as if they had come on one day."""
    for n, case in enumerate(f for f in folders() if not Case.read(f).needs):
        for file in sorted(p for p in case.iterdir() if p.is_file() and p.name != "expected.toml"):
            target = folder / f"{n:03}" / file.name
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, target)


def type_in(console: Console, sheet: str, key: str, header: str, value: object) -> None:
    """What a person types into the row whose first cells hold `key`."""
    book = load_workbook(console.workspace.master)
    (table,) = book[sheet].tables.values()
    rows = list(book[sheet][table.ref])
    column = [c.value for c in rows[0]].index(header)
    for row in rows[1:]:
        if key in ("*", *(str(c.value) for c in row)):
            row[column].value = value
    book.save(console.workspace.master)


def test_every_verb(console: Console, tmp_path: Path) -> None:
    assert CASES.is_dir()
    root = console.workspace.root
    write_notice(tmp_path / "notice.docx")
    assert console("init", tmp_path / "new", "--notice", tmp_path / "notice.docx")[0] == 1
    console("fanout", "2023Q1")
    console("send", "2023Q1")
    console("send", "2023Q1", "--dry-run", quoting=True)
    everything(root / "inbox")
    _, out = console("collect")
    assert len(re.findall(r"(?m)^    ", out)) > 150
    console("collect")
    for file in sorted((root / "inbox").rglob("*.xls"))[:2]:
        console("check", file)
    book = load_workbook(console.workspace.master)
    (table,) = book["待处理"].tables.values()
    rows = [[c.value for c in row] for row in book["待处理"][table.ref]]
    at = {h: i for i, h in enumerate(rows[0])}
    wishes = ["接收此件", "不接收", "接收此件某处室", "已处理", "胡乱写的"]
    wishes += ["保留台账", "采用报送", "采用", "不采用", "同意销号"]
    for n, row in enumerate(rows[1:]):
        type_in(console, "待处理", str(row[at[schema.ITEM_KEY]]), "处理意见", wishes[n % len(wishes)])
    assert "Item" in console("collect")[1]
    type_in(console, "收件记录", "2", "审定", "也许")
    type_in(console, "报送情况", "养老服务处", "第二季度", "2023-04-05")
    for words in (("status",), ("status", "2023Q1"), ("approval", "2023Q1"), ("approval",), ("bulletin", "2023Q1")):
        console(*words)
    for words in (("remind",), ("remind", "2023Q1", "--drafts"), ("send", "2023Q1", "--drafts"), ("summary",)):
        console(*words)
    for form in sorted((root / "outbox" / "2023Q1").glob("*.xlsx"))[:2]:
        console("fill", form, quoting=True)
    console("remind", "--dry-run", quoting=True)
    type_in(console, "定时任务", "*", schema.JOB_ENABLED, schema.JOB_ON)
    for words in (("schedule", "list"), ("schedule", "run", "--once"), ("schedule", "install", "--print")):
        console(*words, quoting="--print" in words)
    console("trace", "1", "2023Q1", quoting=True)
    for words in (("rebuild",), ("restore",), ("restore", "1"), ("doctor", "--no-mailbox")):
        console(*words)
    console("excel", "install", "--folder", tmp_path)
    console("excel", "uninstall", "--folder", tmp_path)
    console("rollover", "2024", tmp_path / "next", now="2024-01-05T09:00")
    console("demo", tmp_path / "new")
    assert "\n".join(console.faults) == ""
    parsers = make_parser()._subparsers
    assert parsers is not None
    (choices,) = (a.choices for a in parsers._group_actions)
    assert set(choices or ()) - console.verbs == {"panel"}  # a window for staff


def test_a_mail_server_that_does_not_answer(console: Console) -> None:
    with closed_port() as port:
        give_everybody_mail(Annex2(console.workspace.root), port)
        _, out = console("send", "2023Q1")
        console("send", "2023Q1", now="2023-04-10T09:00")
        console("remind")
        console("doctor")
        console("collect")
    assert out.count("The server does not listen on this port") == 1
    assert "4 divisions above" in out
    assert "\n".join(console.faults) == ""


def test_every_error_of_words(console: Console) -> None:
    for words in (
        ("fanout", "2023Q9"),
        ("fanout", "2023Q1", "--division", "没有的处"),
        ("check", "没有.xlsx"),
        ("collect", "没有.xlsx"),
        ("trace", "99", "2023Q1"),
        ("restore", "9"),
        ("summary", "2019"),
        ("rollover", "2023"),
        ("send", "2023Q1"),
        ("schedule", "run", "--once"),
    ):
        console.data |= {"没有的处", "没有.xlsx"}
        console(*words)
    assert "\n".join(console.faults) == ""


