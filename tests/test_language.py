"""The console in Chinese and in English: one catalogue, complete; pages, workbooks and JSON the same in both."""

from __future__ import annotations

import ast
import gettext
import importlib.util
import io
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from conftest import Annex2
from notices import write_notice

from toolkit.cli import main
from toolkit.errors import Annex2Error
from toolkit.language import CATALOGUE, CHINESE, ENGLISH, VARIABLE, choose, preferred, recalled, said, tr
from toolkit.returns.findings import finding
from toolkit.returns.wording import call_row
from toolkit.xlsx import Workbook, WorkbookError

ROOT = Path(__file__).resolve().parents[1]
HAN = re.compile("[\u3400-\u9fff]")
NOW = "2023-04-06T09:00"


@pytest.fixture(scope="module")
def made() -> Any:
    pytest.importorskip("babel")
    spec = importlib.util.spec_from_file_location("make_catalogue", ROOT / "docs" / "make_catalogue.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _chinese_again() -> Iterator[None]:
    yield
    choose(CHINESE)


# the catalogue


def test_every_sentence_has_its_english(made: Any) -> None:
    said_now, kept = made.extracted(), made.kept()
    assert {m.id for m in said_now} == {m.id for m in kept}, "run python docs/make_catalogue.py"
    assert made.missing(kept) == []
    assert [m.id for m in kept if m.id and m.fuzzy] == []


def test_the_english_fills_in_the_same(made: Any) -> None:
    for message in made.kept():
        if message.id:
            assert holes(message.string) == holes(message.id), message.id


def holes(template: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(template)} - {None}


def test_the_english_is_english(made: Any) -> None:
    """But for names of sheets and columns, which stand in quotation marks as in the workbook."""
    for message in made.kept():
        if message.id:
            assert not HAN.search(re.sub("“[^”]*”", "", message.string)), message.id


def test_what_is_shipped_is_compiled_from_it(made: Any) -> None:
    with CATALOGUE.open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    kept = gettext.GNUTranslations(io.BytesIO(made.compiled(made.kept())))
    assert {m.id: shipped.gettext(m.id) for m in made.kept() if m.id} == {
        m.id: kept.gettext(m.id) for m in made.kept() if m.id
    }


@pytest.mark.parametrize("path", sorted((ROOT / "toolkit" / "cli").glob("*.py")), ids=lambda p: p.name)
def test_the_command_line_says_nothing_past_the_catalogue(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    looked_up = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("tr", "said", "say")
        for part in ast.walk(node.args[0])
    }
    looked_up |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    past = [
        f"{path.name}:{node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and HAN.search(node.value)
        and id(node) not in looked_up
    ]
    assert past == []


@pytest.mark.parametrize("path", sorted((ROOT / "toolkit").rglob("*.py")), ids=lambda p: p.name)
def test_an_error_is_a_sentence_of_the_catalogue(path: Path) -> None:
    """What any error says and what to do, but for `where`: names of files, sheets and cells."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith(REFUSALS)
    ]
    said_by = [a for c in calls for a in _sentences(c)]
    past = [
        f"{path.name}:{a.lineno}: {ast.unparse(a)}"
        for a in said_by
        if any(_han(part) for part in _unsaid(a))
    ]
    assert past == []


@pytest.mark.parametrize("path", sorted((ROOT / "toolkit").rglob("*.py")), ids=lambda p: p.name)
def test_what_a_finding_is_filled_with_can_be_said(path: Path) -> None:
    makers = ("finding", "Unreadable", "Bomb", "complain")
    filled = [
        k.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in makers
        for k in node.keywords
    ]
    past = [f"{path.name}:{a.lineno}: {ast.unparse(a)}" for a in filled if any(_han(part) for part in _unsaid(a))]
    assert past == []


def _han(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(HAN.search(node.value))


def _sentences(call: ast.Call) -> Iterator[ast.expr]:
    if isinstance(call.func, ast.Name) and call.func.id == "Doubt":
        yield from call.args[2:3]  # task, sheet, message; what to do stands in the workbook alone
    else:
        yield from call.args[:2]
        yield from (k.value for k in call.keywords if k.arg != "where")


REFUSALS = ("Error", "Busy", "Denied", "Refused", "Unknown", "Doubt")
"""How what is raised, or asked of a person, ends."""


def _unsaid(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression outside of calls: of `tr`, and of what looks things up."""
    if not isinstance(node, ast.Call):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _unsaid(child)


def test_what_the_workbook_refuses_is_told_in_english(tmp_path: Path) -> None:
    empty = tmp_path / "a.xlsx"
    empty.touch()
    with pytest.raises(WorkbookError) as refused:
        Workbook.open(empty)
    choose(ENGLISH)
    error = Annex2Error(refused.value.message, where="a.xlsx")
    assert error.told() == "a.xlsx: The file is empty (0 bytes). Get it again."


# the choice


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, CHINESE),
        ({"LANG": "C"}, CHINESE),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, CHINESE),
        ({"LANG": "C.UTF-8"}, CHINESE),
        ({"LANG": "en_US.UTF-8"}, ENGLISH),
        ({"LC_MESSAGES": "en_GB", "LANG": "zh_CN.UTF-8"}, ENGLISH),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, CHINESE),
        ({"LANG": "de_DE.UTF-8"}, CHINESE),
        ({VARIABLE: "zh", "LANG": "en_US.UTF-8"}, CHINESE),
        ({VARIABLE: "en", "LANG": "zh_CN.UTF-8"}, ENGLISH),
        ({VARIABLE: "en_GB"}, ENGLISH),
        ({VARIABLE: "fr", "LANG": "en_US.UTF-8"}, ENGLISH),
    ],
)
def test_the_language_is_chosen(environment: dict[str, str], language: str) -> None:
    assert preferred(environment) == language


# sentences


def test_a_sentence_is_chinese_for_everybody_else() -> None:
    text = tr("已恢复{restored}", restored=tr("（空）"))
    choose(ENGLISH)
    assert text == "已恢复（空）"
    assert f"{text}" == "已恢复（空）"
    assert said(text) == "Restored (empty)"
    assert said(pickle.loads(pickle.dumps(text))) == "Restored (empty)"
    assert said("处室里的名字{") == "处室里的名字{"


def test_a_sentence_that_was_kept_is_said_again() -> None:
    made = finding("placeholder", "附件2!C5", label=call_row(3, "新建社区老年人服务中心"), text="无").message
    kept = str.__str__(made)
    assert recalled(kept) is kept
    choose(ENGLISH)
    assert said(recalled(kept)) == said(made) == "“完成情况” of item 3 “新建社区老年人服务中心” says no more than “无”"
    nested = str.__str__(finding("unreadable", why=tr("文件是空的")).message)
    assert said(recalled(nested)) == "The file cannot be opened: The file is empty"
    assert recalled("处室自己写的一句话") == "处室自己写的一句话"


def test_an_error_is_told_in_the_consoles_language() -> None:
    error = Annex2Error(tr("（空）"), where="a.xlsx", remedy=tr("用 -w 指明那一年的工作区"))
    choose(ENGLISH)
    assert str(error) == "a.xlsx：（空）。\n怎么办：用 -w 指明那一年的工作区"
    assert error.told() == "a.xlsx: (empty).\nWhat to do: Name that year's workspace with -w"


# the verbs

DATA = re.compile(
    r"“[^”]*”|[\w（）()-]+\.(?:xlsx|docx|html|eml)|\S*(?:处|局|季度|全年|年|莉莉)\b|archive/\S+|第一季度|附件2!\w+"
)
"""Names of sheets, files, divisions, rounds and people: they are the same in every language."""


def english(text: str, *names: str) -> list[str]:
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return [line for line in text.splitlines() if HAN.search(DATA.sub("", line))]


def test_the_quick_start_in_english(annex2: Annex2, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, ENGLISH)
    names = [d["名称"] for d in annex2.cells("处室")] + [str(d["分管领导"]) for d in annex2.cells("处室")]
    names += [str(tmp_path), "".join(tmp_path.parts[-1:])]
    leader = {d["名称"]: d["分管领导"] for d in annex2.cells("处室")}
    write_notice(tmp_path / "notice.docx")
    _, out, err = annex2("init", tmp_path / "made", "--notice", tmp_path / "notice.docx")
    assert out.startswith("The workspace is ready")
    for words, start in (
        (("fanout", "2023Q1"), "division"),
        (("collect",), "[accepted] inbox/one.xlsx"),
        (("status", "2023Q1"), "2023Q1"),
        (("remind", "--dry-run"), ""),
        (("summary",), "Made summary/"),
        (("restore",), "number"),
        (("rebuild",), "Recomputed"),
    ):
        if words == ("collect",):
            annex2.deliver("养老服务处", name="one.xlsx", approver=leader["养老服务处"])
        _, out, err = annex2(*words, now="2023-04-03T10:00")
        assert out.startswith(start)
        if words[0] != "remind":  # it shows the mails, which are Chinese
            assert english(out + err, *names) == [], out + err


@pytest.mark.parametrize("words", [("status",), ("check", "inbox"), ("rebuild",), ("summary",)])
def test_json_is_the_same_in_both(words: tuple[str, ...], annex2: Annex2, monkeypatch: pytest.MonkeyPatch) -> None:
    annex2("fanout", "2023Q1", now=NOW)
    file = annex2.deliver("社会救助处", texts=["救助体系已覆盖。", None])
    words = tuple(str(file) if w == "inbox" else w for w in words)
    chinese = annex2.json(*words, now=NOW)
    monkeypatch.setenv(VARIABLE, ENGLISH)
    assert annex2.json(*words, now=NOW) == chinese


def test_help_is_english(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(VARIABLE, ENGLISH)
    assert main(["--help"]) == 0
    verbs = re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE)
    assert "collect" in verbs
    for verb in verbs:
        assert main([verb, "--help"]) == 0
    for wrong in (["stauts"], ["fanout"], ["trace", "1"], ["collect", "--workers", "x"], ["--now", "x", "status"]):
        assert main(wrong) == 2
    captured = capsys.readouterr()
    assert not HAN.search(re.sub("“[^”]*”", "", captured.out + captured.err))
