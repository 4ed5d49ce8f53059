"""What the documents show is so: commands run, screens agree, sentences are said, links and pictures lead somewhere."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import shutil
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import Annex2
from docx import Document
from notices import write_notice

from toolkit.cli import main
from toolkit.cli.parser import make_parser
from toolkit.opening import open_workspace
from toolkit.returns.findings import HEADERS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(DOCS.glob("*.md")))
NOW = "2023-04-06T09:00"
MOST_BYTES = 150_000

NOT_RUN = {
    "demo": "takes seconds; run by tests/test_cycle.py",
    "panel": "opens a window; driven by tests/test_panel.py",
    "excel install": "needs Excel; the add-in is tested by tests/test_excel.py",
    "excel uninstall": "needs Excel; likewise",
    "schedule run": "runs until it is stopped; the loop is tested by tests/tracking/test_jobs.py",
    "schedule install": "would register with this computer's scheduler; tested by tests/tracking",
}
"""Verbs that are only parsed, and why."""

NEED_MORE = ("fanout", "init", "fill")
"""Verbs that a sentence may name without what they are about."""

DRY = ("send", "remind")
"""Verbs that would mail: run with --dry-run unless they make drafts."""

PLACEHOLDERS = {
    "ROUND": "2023Q1",
    "NAME": "养老服务处",
    "FILE": "报来的文件.xlsx",
    "FORM": "市政府表.xlsx",
    "HEADER": "完成情况",
    "DIR": "新的",
    "PATH": "inbox",
    "TASK": "3",
    "YEAR": "2023",
    "N": "1",
    "...": "",
    "D:\\报送\\2023报送": ".",
    "D:\\下载\\报表.xlsx": "报来的文件.xlsx",
}
"""Words of a page that stand for something of the reader's."""


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def commands_of(page: Path) -> Iterator[str]:
    """Each `annex2 …` of a page: in code blocks, and in sentences and tables."""
    fence = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    text = text_of(page)
    for m in fence.finditer(text):
        if m[1] == "sh":
            for line in m[2].splitlines():
                yield from (part.strip() for part in re.sub(r"\s+#.*", "", line).split("&&"))
    yield from re.findall(r"`([^`\n]+)`", fence.sub("", text))


def spelled(page: Path) -> set[str]:
    """The commands of a page without what may be left out, and with it."""
    found = set()
    for command in commands_of(page):
        words = re.sub(r"^python -m toolkit\b", "annex2", command)
        if words.startswith("annex2 ") and not words.startswith("annex2 …"):
            stem, *others = words.split(" / ")  # install / uninstall
            for other in others:
                found.add(f"{stem.rpartition(' ')[0]} {other}")
            words = stem
            found |= {re.sub(r"\[[^\]]*\]", "", words), words.replace("[", "").replace("]", "")}
    return {" ".join(w.split()) for w in found}


def arguments(command: str) -> list[str]:
    words = shlex.split(command.replace("\\", "\\\\"))[1:]
    if words[0] == "init":
        words = ["notice.docx" if w == "FILE" else w for w in words]
    if words[0] == "rollover":  # its notice is next year's
        there = {"FILE": "notice.docx", "YEAR": "2024", "DIR": "../2024报送"}
        words = [there.get(w, w) for w in words]
    return [w for w in (PLACEHOLDERS.get(w, w) for w in words) if w]


SHOWN = sorted({c for page in PAGES for c in spelled(page)})


def test_commands_are_found() -> None:
    assert {"annex2 collect", "annex2 fanout 2023Q1", "annex2 fanout ROUND --division NAME"} <= set(SHOWN)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace after one run."""
    annex2 = Annex2(tmp_path_factory.mktemp("docs") / "2023报送")
    open_workspace(annex2.root)
    annex2("fanout", "2023Q1", now=NOW)
    annex2.deliver("养老服务处", name="养老.xlsx")
    status, _, err = annex2("collect", now=NOW)
    assert status == 0, err
    shutil.move(annex2.deliver("社会救助处"), annex2.root / "报来的文件.xlsx")
    shutil.copy(annex2.form("养老服务处"), annex2.root / "市政府表.xlsx")
    write_notice(annex2.root / "通知.docx")
    shutil.copy(annex2.root / "通知.docx", annex2.root / "notice.docx")
    return annex2.root


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_that_is_shown_runs(
    command: str, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arguments(command)
    if any(w in ("-h", "--help", "--version") for w in words):
        assert main(words) == 0
        return
    if len(words) == 1 and words[0] in NEED_MORE:
        return
    options = make_parser().parse_args(words)
    name = " ".join(filter(None, (options.word, getattr(options, "what", ""))))
    if name in NOT_RUN and not getattr(options, "once", False):
        return
    if getattr(options, "cluster", ""):  # tests/test_workers.py has one
        return
    # `-w 2023报送` is said from outside; `init` makes a new one beside it.
    here = shutil.copytree(desk, tmp_path / "2023报送")
    monkeypatch.chdir(tmp_path if "2023报送" in words and options.word != "init" else here)
    if options.word in DRY and not (options.dry_run or options.drafts):
        words.append("--dry-run")
    now = [] if options.now else ["--now", NOW]
    assert main([*now, *words]) in (0, 1), capsys.readouterr()


def test_transcripts(annex2: Annex2) -> None:
    """快速上手: the screen as it looks."""
    text = text_of(DOCS / "快速上手.md")
    pairs = re.findall(r"```sh\nannex2 ([^\n]+)\n```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert [p[0].split()[0] for p in pairs] == ["fanout", "collect", "status"]
    for command, screen in pairs:
        collecting = command == "collect"
        if collecting:
            leader = {d["名称"]: d["分管领导"] for d in annex2.cells("处室")}
            annex2.deliver("养老服务处", name="养老.xlsx", approver=leader["养老服务处"])
            gap = ["救助体系已覆盖。", None]
            annex2.deliver("社会救助处", name="救助.xlsx", texts=gap, approver=leader["社会救助处"])
            annex2.deliver("儿童福利处", name="儿童.xlsx", approver=None, day=None)
        now = {"fanout": "2023-03-20T09:00", "collect": "2023-04-03T10:00"}.get(command.split()[0], NOW)
        _, out, _ = annex2(*command.split(), now=now)
        assert out == screen


@cache
def sentences() -> tuple[str, ...]:
    """Every string of the program, … where something is filled in."""
    found = []
    for path in sorted((ROOT / "toolkit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else _hole(p) for p in node.values)
                found.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                for name, word in {"master": "master.xlsx", **HEADERS}.items():
                    text = text.replace(f"{{{name}}}", word)
                found.append(re.sub(r"\{[^{}]*\}", "…", text))
    return tuple(found)


def _hole(part: ast.expr) -> str:
    value = part.value if isinstance(part, ast.FormattedValue) else None
    return "master.xlsx" if isinstance(value, ast.Name) and value.id == "MASTER" else "…"


def _troubles() -> Iterator[str]:
    """The sentences that 问题与处理 explains: its headings, and the first column of the hints."""
    text = text_of(DOCS / "问题与处理.md")
    yield from re.findall(r"^### (.+)$", text, re.MULTILINE)
    hints = text.partition("\n## 收表：只是提示")[2].partition("\n## ")[0]
    yield from re.findall(r"^\| `([^`]+)`", hints, re.MULTILINE)


@pytest.mark.parametrize("sentence", list(_troubles()))
def test_a_sentence_that_is_explained_is_said(sentence: str) -> None:
    if sentence == "没有填写审定人、审定日期":  # put together from two words
        sentence = "没有填写…"
    pieces = [re.escape(p.strip()) for p in sentence.split("…") if p.strip()]
    pattern = re.compile(".*".join(pieces), re.DOTALL)
    assert any(pattern.search(s) for s in sentences())


def script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_the_codes() -> None:
    made = script("make_reference")
    assert text_of(made.TARGET) == made.reference(), "run python docs/make_reference.py"


def test_the_handout_says_what_its_page_says() -> None:
    made = script("make_handout")
    now, there = made.handout(), Document(str(made.TARGET))
    assert [p.text for p in there.paragraphs] == [p.text for p in now.paragraphs], "run python docs/make_handout.py"
    shown = [len(d.inline_shapes) for d in (now, there)]
    assert shown == [2, 2]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)):
        if re.match(r"\w+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name) if name else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def anchors(page: Path) -> set[str]:
    """The names by which GitHub reaches a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {
        "".join(c for c in h.lower().replace(" ", "-") if c in "-_" or unicodedata.category(c)[0] in "LN")
        for h in headings
    }


def test_pictures_are_shown_and_light() -> None:
    shown = {Path(t).name for page in PAGES for t in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text_of(page))}
    made = {p.name: p.stat().st_size for p in (DOCS / "img").iterdir()}
    assert made.keys() == shown
    assert max(made.values()) < MOST_BYTES


def test_no_group_is_possessive() -> None:
    """Python 3.11.0 to 3.11.4, Debian 12's among them, match `(?:…)*+` wrongly: `(?>(?:…)*)` says the same."""
    for path in (ROOT / "toolkit").rglob("*.py"):
        code = (line.partition("  #")[0] for line in path.read_text("utf-8").splitlines() if line.lstrip()[:1] != "#")
        assert not [line for line in code if re.search(r"\)(?:[*+?]|\{[\d,]*\})\+", line)], path
