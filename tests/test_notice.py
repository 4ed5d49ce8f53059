"""The Word notice -> tasks: the real one, and an invented one in many hands."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED
from notices import ISSUER, ORGANISATION, ROUNDS, TASKS, TITLE, UNSEPARATED, YEAR, write_notice

from toolkit.errors import NoticeError
from toolkit.model import CityUnits, Task
from toolkit.notice import Doubt, read_notice, source
from toolkit.notice.header import find_annex
from toolkit.notice.leaders import read_leaders
from toolkit.notice.names import split_units, vocabulary
from toolkit.notice.tasks import city_units, read_tasks
from toolkit.notice.word import Block, Cell, Row, Table
from toolkit.opening import doubts_of

SEED = SHARED / "seed"
real = pytest.mark.skipif(not (SEED / "notice.docx").exists(), reason="the real notice is not at hand here")
soffice = pytest.mark.skipif(source.find_soffice() is None, reason="LibreOffice is not installed")

SPLIT = f"附件1 序号{UNSEPARATED}「责任处室（单位）」"


def convert(path: Path, kind: str, folder: Path) -> Path:
    program = source.find_soffice()
    assert program
    profile = (folder / "test-profile").as_uri()
    out = folder / "converted"
    subprocess.run(
        [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", kind, "--outdir", out, path],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return next(out.iterdir())


def places(doubts: tuple[Doubt, ...]) -> list[str]:
    return [d.where for d in doubts]


# The real notice


@real
def test_the_real_notice() -> None:
    notice = read_notice(SEED / "notice.docx")
    expected = json.loads((SEED / "tasks.json").read_text("utf-8"))
    assert (notice.title, notice.issuer, notice.year) == (expected["title"], expected["issuer"], expected["year"])
    assert notice.organisation == "市民政局"
    assert [(r.key, r.name, r.due, r.upstream_due) for r in notice.rounds] == [
        (p["key"], p["name"], date.fromisoformat(p["due"]), None) for p in expected["periods"]
    ]
    assert len(notice.tasks) == len(expected["tasks"]) == 21
    for task, e in zip(notice.tasks, expected["tasks"], strict=True):
        units = {task.city_units.role: list(task.city_units.units)} if task.city_units else {}
        assert (task.key, task.no, task.starred, task.section) == (
            f"2023-{e['no']:02d}",
            e["no"],
            e["starred"],
            e["section"],
        )
        assert (task.text, units) == (e["text"], e["external_units"])
        assert (task.leader, task.division, list(task.responsible)) == (
            e["leader"],
            e["lead_division"],
            e["responsible"],
        )
    (doubt,) = notice.doubts
    assert (doubt.task, doubt.where) == ("2023-21", "附件1 序号21「责任处室（单位）」")
    assert "社会事务处、养老服务处、市低保中心" in doubt.message


@real
@soffice
def test_the_real_notice_as_doc(tmp_path: Path) -> None:
    expected = read_notice(SEED / "notice.docx")
    assert read_notice(convert(SEED / "notice.docx", "doc", tmp_path)) == expected


# The invented notice, in many hands

VARIANTS: dict[str, dict[str, Any]] = {
    "as typed": {},
    "units on lines": {"separator": "\n"},
    "units in paragraphs": {"separator": "¶"},
    "units with 、": {"separator": "、"},
    "units with ，": {"separator": "，"},
    "units with ；": {"separator": "；"},
    "units with spaces": {"separator": "  "},
    "units with full-width spaces": {"separator": "\u3000"},
    "units with /": {"separator": "/"},
    "repeated header": {"repeat_header": 4},
    "unmerged sections": {"unmerged_sections": True},
    "star first": {"star": "*1"},
    "full-width star": {"star": "1＊"},
    "black star first": {"star": "★1"},
    "superscript star": {"star": "superscript"},
    "star as symbol": {"star": "sym"},
    "star before the text": {"star": "text"},
    "half-width brackets": {"brackets": "()"},
    "merged leaders": {"merged_leaders": True},
    "tracked changes": {"tracked": True},
    "automatic numbers": {"automatic": True},
    "content controls": {"controls": True},
    "text boxes": {"text_boxes": True},
    "extra tables": {"extra_tables": True},
    "second table with header": {"split_after": 9},
    "second table without header": {"split_after": 9, "split_header": False},
    "shifted rows": {"shifted": True},
    "ditto": {"ditto": True},
    "other words": {"header": ("编 号", "责任事项", "分管局领导", "牵头单位", "配合处室")},
    "lead division as 责任处室": {"header": ("序号", "目标任务", "责任领导", "责任处室", "配合单位")},
    "everything": {
        "separator": "¶", "star": "superscript", "brackets": "()", "repeat_header": 5, "unmerged_sections": True,
        "merged_leaders": True, "text_boxes": True, "extra_tables": True, "shifted": True,
    },
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_hand_gives_the_same_tasks(tmp_path: Path, variant: dict[str, Any]) -> None:
    notice = read_notice(write_notice(tmp_path / "通知.docx", **variant))
    assert notice.tasks == TASKS
    assert (notice.title, notice.issuer, notice.organisation, notice.year) == (TITLE, ISSUER, ORGANISATION, YEAR)
    assert notice.rounds == ROUNDS
    expected = [] if variant.get("separator") else [SPLIT]
    if variant.get("automatic"):
        expected.insert(0, "附件1「序号」")
    if variant.get("extra_tables"):
        expected.insert(0, "附件1")
    assert places(notice.doubts) == expected


@soffice
@pytest.mark.parametrize("star", ["1*", "sym"])
@pytest.mark.parametrize("kind", ["doc", "docx", "rtf", "odt"])
def test_through_libreoffice(tmp_path: Path, kind: str, star: str) -> None:
    path = convert(write_notice(tmp_path / "通知.docx", merged_leaders=True, star=star), kind, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    notice = read_notice(path)
    assert (notice.tasks, notice.rounds, notice.organisation) == (TASKS, ROUNDS, ORGANISATION)
    assert places(notice.doubts) == [SPLIT]
    assert sorted(tmp_path.rglob("*")) == before


@soffice
def test_wps_suffix_and_wrong_suffix(tmp_path: Path) -> None:
    old = convert(write_notice(tmp_path / "通知.docx"), "doc", tmp_path)
    assert read_notice(old.rename(tmp_path / "通知.wps")).tasks == TASKS
    assert read_notice((tmp_path / "通知.docx").rename(tmp_path / "其实是docx.doc")).tasks == TASKS


def test_strict_open_xml(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "a.docx")
    _rewrite(
        path,
        lambda xml: xml.replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        ),
    )
    assert read_notice(path).tasks == TASKS


def test_nothing_is_written(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx")
    data = path.read_bytes()
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        read_notice(path)
    finally:
        tmp_path.chmod(0o755)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == data


# What a person must confirm


def edit(no: int, column: int, text: str) -> Callable[[list[list[str]]], list[list[str]]]:
    """A change to one cell of the row with this 序号."""

    def change(rows: list[list[str]]) -> list[list[str]]:
        for row in rows:
            if row[0].strip("*") == str(no) and len(row) > 1:
                row[column] = text
        return rows

    return change


def doubts(tmp_path: Path, **variant: Any) -> list[Doubt]:
    """The doubts beyond the one about the cell without separators, none of which may be left without a sentence."""
    notice = read_notice(write_notice(tmp_path / "通知.docx", separator="、", **variant))
    assert all(d.where and d.message and d.remedy for d in notice.doubts)
    assert {d.task for d in notice.doubts} <= {"", *(t.key for t in notice.tasks)}
    assert len({t.key for t in notice.tasks}) == len(notice.tasks)
    return list(notice.doubts)


def test_the_unseparated_cell(tmp_path: Path) -> None:
    (doubt,) = read_notice(write_notice(tmp_path / "通知.docx")).doubts
    assert doubt.task == f"{YEAR}-15"
    assert doubt.where == SPLIT
    assert (
        doubt.message
        == "“水库移民处供水节水处市河道中心”中间没有分隔，按3个单位拆开：水库移民处、供水节水处、市河道中心"
    )
    assert "任务台账" in doubt.remedy


CASES: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("leader missing", {"rows": edit(5, 2, "")}, "2024-05", "附件1 序号5「分管领导」", "没有分管领导"),
    ("two leaders", {"rows": edit(5, 2, "闻舟、祝晓岚")}, "2024-05", "附件1 序号5「分管领导」", "有2位"),
    ("division missing", {"rows": edit(5, 3, "")}, "2024-05", "附件1 序号5「牵头处室」", "没有牵头处室"),
    ("two divisions", {"rows": edit(5, 3, "河湖管理处、水土保持处")}, "2024-05", "附件1 序号5「牵头处室」", "有2个"),
    ("odd unit", {"rows": edit(5, 4, "另行通知")}, "2024-05", "附件1 序号5「责任处室（单位）」", "名称不完整"),
    ("same number twice", {"rows": edit(6, 0, "5")}, "2024-05-2", "附件1 序号5「序号」（表格第8行）", "出现了2次"),
    ("number missing", {"rows": edit(6, 0, "")}, "2024-06", "附件1 表格第8行「序号」", "没有序号，暂按6编"),
    ("number unreadable", {"rows": edit(6, 0, "六")}, "2024-06", "附件1 表格第8行「序号」", "不是数字"),
    ("gap", {"rows": edit(15, 0, "18")}, "", "附件1「序号」", "14后面是18"),
    ("text missing", {"rows": edit(6, 1, "")}, "", "附件1 表格第8行", "没有工作事项"),
    ("counts of starred", {"counts": (10, 6)}, "", "正文", "牵头任务有10项，附件1里读出9项"),
    ("counts of unstarred", {"counts": (9, 5)}, "", "正文", "配合任务有5项，附件1里读出6项"),
    ("year unclear", {"caption": "2023年水务目标任务责任分解方案"}, "", "标题", "2024年、2023年"),
    (
        "bracket left open",
        {"rows": edit(5, 1, "用水量下降。（市牵头单位：市发改委")},
        "2024-05",
        "附件1 序号5「工作事项」",
        "没有右半边",
    ),
    (
        "two groups of city units",
        {"rows": edit(5, 1, "用水量下降。（市责任单位：市统计局）（市牵头单位：市发改委）")},
        "2024-05",
        "附件1 序号5「工作事项」",
        "有2组市级单位",
    ),
    (
        "deadline missing",
        {"deadlines": "于2024年4月8日、7月8日及2025年1月8日前，将第一、第二、第三季度及全年完成情况"},
        "",
        "正文",
        "报送时限有3个",
    ),
    ("no deadlines", {"deadlines": "按要求"}, "", "正文", "没有读出"),
    (
        "deadline of another year",
        {"deadlines": "于2023年4月8日前，将第一季度完成情况"},
        "",
        "正文",
        "第一季度的报送时限2023-04-08不在这一期结束前后",
    ),
    ("no such day", {"deadlines": "于2024年2月30日前，将第一季度完成情况"}, "", "正文", "日历上"),
    ("organisation missing", {"form_title": "工作目标完成情况表"}, "", "附件2 标题", "暂按“市水务局”"),
]


@pytest.mark.parametrize("case", CASES, ids=[c[0] for c in CASES])
def test_a_doubt(tmp_path: Path, case: tuple[str, dict[str, Any], str, str, str]) -> None:
    _, variant, task, where, message = case
    found = doubts(tmp_path, **variant)
    assert any((d.task, d.where) == (task, where) and message in d.message for d in found), found


def test_no_star_anywhere(tmp_path: Path) -> None:
    def bare(rows: list[list[str]]) -> list[list[str]]:
        return [[row[0].strip("*"), *row[1:]] for row in rows]

    notice = read_notice(write_notice(tmp_path / "通知.docx", rows=bare))
    assert not any(t.starred for t in notice.tasks)
    assert any("9项" in d.message and "0项" in d.message for d in notice.doubts)


def test_numbers_that_restart_in_each_section(tmp_path: Path) -> None:
    def restart(rows: list[list[str]]) -> list[list[str]]:
        no = 0
        for row in rows:
            no = 0 if len(row) == 1 else no + 1
            if no:
                row[0] = f"{no}{'*' * row[0].endswith('*')}"
        return rows

    notice = read_notice(write_notice(tmp_path / "通知.docx", rows=restart, separator="、"))
    assert [replace(t, key="", no=0) for t in notice.tasks] == [replace(t, key="", no=0) for t in TASKS]
    assert len({t.key for t in notice.tasks}) == 15
    assert [d.message for d in notice.doubts] == ["序号在每个类别里都从1数起，有重复"]


def test_deadlines_pair_by_month_when_one_is_missing(tmp_path: Path) -> None:
    text = "于2024年4月8日、10月8日及2025年1月8日前，将第一、第二、第三季度及全年完成情况"
    notice = read_notice(write_notice(tmp_path / "通知.docx", deadlines=text))
    assert notice.rounds == (ROUNDS[0], replace(ROUNDS[1], due=date(2024, 7, 5)), ROUNDS[2], ROUNDS[3])
    assert notice.guessed == ("2024Q2",)
    assert "第二季度的报送时限没有读出来，暂按期后5日前列出" in [d.message for d in doubts_of(notice)]


@pytest.mark.parametrize(
    ("text", "doubted"),
    [
        ("于2024年4月8日前、7月8日前、10月8日前及次年1月8日前，将第一至第三季度和全年完成情况", False),
        ("第一季度于2024年4月8日前，第二季度于7月8日前，第三季度于10月8日前，全年于2025年1月8日前，将完成情况", False),
        ("分别于4月8日、7月8日、10月8日、次年1月8日之前将一季度、上半年、前三季度、全年完成情况", False),
        ("于2024年4月8日、7月8日、10月8日及2025年1月8日前，将各季度及全年完成情况", True),
        ("于２０２４年４月８日、7月8日、10月8日和1月8日前，将第一、二、三季度及第四季度（全年）情况", True),
    ],
)
def test_deadlines_in_other_words(tmp_path: Path, text: str, doubted: bool) -> None:
    notice = read_notice(write_notice(tmp_path / "通知.docx", deadlines=text, separator="、"))
    assert [r.due for r in notice.rounds] == [r.due for r in ROUNDS]
    assert [r.key[4:] for r in notice.rounds] in (["Q1", "Q2", "Q3", "Y"], ["Q1", "H1", "Q3", "Y"])
    assert [d.where for d in notice.doubts] == ["正文"] * doubted


# Names


@pytest.mark.parametrize(
    ("lines", "names", "cut"),
    [
        (["社会事务处养老服务处市低保中心"], ["社会事务处", "养老服务处", "市低保中心"], True),
        (["甲乙丙处丁戊己处"], ["甲乙丙处", "丁戊己处"], True),
        (["社会事务处、养老服务处"], ["社会事务处", "养老服务处"], False),
        (["社会事务处；养老服务处／办公室"], ["社会事务处", "养老服务处", "办公室"], False),
        (["社会事务处", "养老服务处"], ["社会事务处", "养老服务处"], False),
        (["社 会 事 务 处"], ["社会事务处"], False),
        (["养老服务", "处"], ["养老服务处"], False),
        (["社会事务", "处养老服务", "处"], ["社会事务处", "养老服务处"], True),
        (["养老服务处（牵头）"], ["养老服务处"], False),
        (["养老服务处", "（牵头）"], ["养老服务处"], False),
        (["社会救助处（牵头）养老服务处（配合）"], ["社会救助处", "养老服务处"], True),
        (["救助管理站（未保中心、接待点）"], ["救助管理站（未保中心、接待点）"], False),
        (["市社会福利院市救助管理站"], ["市社会福利院", "市救助管理站"], True),
        (["养老服务中心管理处"], ["养老服务中心管理处"], False),
        (["办公室"], ["办公室"], False),
        (["人事教育处财务处办公室机关党委"], ["人事教育处", "财务处", "办公室", "机关党委"], True),
        (["局机关各处室局属各单位"], ["局机关各处室", "局属各单位"], True),
        (["社会事务处  (救助站) 养老服务处"], ["社会事务处(救助站)", "养老服务处"], False),
        (["机关党委养老服务处"], ["机关党委", "养老服务处"], True),
        (["1.养老服务处 2.社会事务处"], ["养老服务处", "社会事务处"], False),
        (["工会、团委"], ["工会", "团委"], False),
        (["养老服务处、养老服务处"], ["养老服务处"], False),
        (["各区", "养老服务处"], ["各区", "养老服务处"], False),
        (["无"], [], False),
        (["/"], [], False),
        (["——"], [], False),
        ([], [], False),
    ],
)
def test_units(lines: list[str], names: list[str], cut: bool) -> None:
    units = split_units(lines, frozenset({"养老服务处", "市低保中心", "社会救助处"}))
    assert (list(units.names), bool(units.cut)) == (names, cut)


def test_what_is_known() -> None:
    cells = [["养老服务处"], ["甲乙处、丙丁戊中心"], ["养老服务处社会事务处"], ["机关党委养老服务处"], ["随便写的"], []]
    assert vocabulary(cells) == {"养老服务处", "甲乙处", "丙丁戊中心"}


def test_lead_that_is_marked() -> None:
    units = split_units(["养老服务处、社会救助处（牵头）"], frozenset())
    assert (units.names, units.lead) == (("养老服务处", "社会救助处"), "社会救助处")


@pytest.mark.parametrize("text", ["（" * 500 + "处", "处" * 500, "甲" * 5000, "）（处）（处", "养老服务处" * 200])
def test_absurd_cells_end(text: str) -> None:
    assert split_units([text], frozenset({"养老服务处"})).names


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["李  超"], ["李超"]),
        (["李\u3000超"], ["李超"]),
        (["李", "超"], ["李超"]),
        (["李超", "王五一"], ["李超", "王五一"]),
        (["李超 王五一"], ["李超", "王五一"]),
        (["李超、王五一"], ["李超", "王五一"]),
        (["欧阳 建国"], ["欧阳建国"]),
        (["李  超", "王  明"], ["李超", "王明"]),
        (["邓永付", "李  超"], ["邓永付", "李超"]),
        (["李  明    王建国"], ["李明", "王建国"]),
        (["李 明 王 建 国"], ["李明", "王建国"]),
        (["欧阳  修", "李  白"], ["欧阳修", "李白"]),
        (["仉  超", "亓  明"], ["仉超", "亓明"]),
        (["市 政 府 领 导"], []),
        (["王明李强"], ["王明李强"]),
        (["吉狄马加"], ["吉狄马加"]),
        (["古丽·艾山江"], ["古丽·艾山江"]),
        (["王明（安全）"], ["王明（安全）"]),
        (["王总工程师"], ["王总工程师"]),
        (["王明\\李强"], ["王明", "李强"]),
        (["王明高高飞"], ["王明高高飞"]),
        (["司马相如"], ["司马相如"]),
        (["阿依古丽"], ["阿依古丽"]),
        (["主管：王明；配合：李强"], ["王明", "李强"]),
        (["王明、各分管领导"], ["王明"]),
        (["/"], []),
        ([], []),
    ],
)
def test_leaders(lines: list[str], names: list[str]) -> None:
    assert list(read_leaders(lines, frozenset()).names) == names


@pytest.mark.parametrize(
    ("text", "rest", "role", "units"),
    [
        ("做事。（市责任单位：各区人民政府）", "做事。", "市责任单位", ["各区人民政府"]),
        ("做事。(市牵头单位:市发改委)", "做事。", "市牵头单位", ["市发改委"]),
        ("做事（市牵头单位：市发改委）。", "做事。", "市牵头单位", ["市发改委"]),
        ("（站）。（市责任单位：甲局（乙），丙委;丁局）", "（站）。", "市责任单位", ["甲局（乙）", "丙委", "丁局"]),
        ("做事。（ 市责任单位： 市妇联 、市残联 ）", "做事。", "市责任单位", ["市妇联", "市残联"]),
        ("做事。（市责任单位：市妇联)", "做事。", "市责任单位", ["市妇联"]),
        ("中心（站）70个。", "中心（站）70个。", None, []),
    ],
)  # fmt: skip
def test_city_units(text: str, rest: str, role: str | None, units: list[str]) -> None:
    got, city, unclear = city_units(text)
    assert (got, city and city.role, list(city.units) if city else []) == (rest, role, units)
    assert not unclear


# Layouts, as tables of cells


def table(*rows: str) -> Table:
    """A grid written as rows of cells parted by |; `>` goes on with the cell to the left, `^` with the one above."""
    done: list[Row] = []
    for text in rows:
        row: list[Cell] = []
        for column, content in enumerate(text.split("|")):
            content = content.strip()
            if content == ">":
                row[-1] = replace(row[-1], end=column + 1)
            elif content == "^":
                above = next(c for c in done[-1] if c.start == column)
                row.append(replace(above, carried=True))
            else:
                row.append(Cell(column, column + 1, tuple(t for t in content.split("/") if t)))
        done.append(tuple(row))
    return tuple(done)


HEADER = "序号|工作事项|分管领导|牵头处室|责任处室（单位）"


def tasks_of(*blocks: Block) -> tuple[tuple[Task, ...], list[str]]:
    tasks, found = read_tasks(find_annex(blocks).lines, 2024)
    return tasks, [d.message for d in found]


LAYOUTS: dict[str, tuple[Block, ...]] = {
    "plain": (table(HEADER, "一、甲类|>|>|>|>", "1*|做一事。|甲某|一二处|", "2|做二事。|乙某|三四处|一二处"),),
    "caption in the table": (
        table(
            "任务分解表|>|>|>|>", HEADER, "一、甲类||||", "1*|做一事。|甲某|一二处|",
            "2|做二事。|乙某|三四处|一二处",
        ),
    ),
    "header of two rows": (
        table(
            "序号|工作事项|责任分工|>|>", "^|^|分管领导|牵头|配合", "一、甲类|>|>|>|>", "1*|做一事。|甲某|一二处|/",
            "2|做二事。|乙某|三四处|一二处",
        ),
    ),
    "column of sections": (
        table(
            "类别|序号|工作事项|分管领导|牵头处室|责任处室", "一、甲类|1*|做一事。|甲某|一二处|",
            "^|2|做二事。|乙某|三四处|一二处",
        ),
    ),
    "more columns": (
        table(
            "序号|工作事项|完成时限|分管领导|牵头处室|责任处室|备注", "一、甲类|>|>|>|>|>|>",
            "1*|做一事。|6月|甲某|一二处||无", "2|做二事。|7月|乙某|三四处|一二处|",
        ),
    ),
    "header wider than the cells": (
        table(
            "序号|工作事项|>|分管领导|牵头处室|责任处室", "一、甲类|>|>|>|>|>", "1*|做一|事。|甲某|一二处|",
            "2|做二事。|>|乙某|三四处|一二处",
        ),
    ),
    "a table for each section": (
        "一、甲类", table(HEADER, "1*|做一事。|甲某|一二处|"), "", table(HEADER, "2|做二事。|乙某|三四处|一二处"),
    ),
    "short table first": (
        "一、甲类", table(HEADER, "1*|做一事。|甲某|一二处|"),
        table("2|做二事。|乙某|三四处|一二处", "注：略。|>|>|>|>"),
    ),
    "notes and totals": (
        table(
            HEADER, "一、甲类|>|>|>|>", "1*|做一事。|甲某|一二处|", "2|做二事。|乙某|三四处|一二处", "合计|>|>|>|>",
            "注：*为我局牵头任务。|>|>|>|>",
        ),
    ),
    "task over two rows": (
        table(
            HEADER, "一、甲类|>|>|>|>", "1*|做一事。|甲某|一二处|", "2|做二事。|乙某|三四处|",
            "^|^|^|^|一二处",
        ),
    ),
    "broken lines": (
        table(HEADER, "一、甲类|>|>|>|>", "1/*|做/一事。|甲/某|一二/处|", "２|做二事。|乙  某|三四/处|一/二处"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("blocks", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_layout(blocks: tuple[Block, ...]) -> None:
    tasks, messages = tasks_of(*blocks)
    assert tasks == (
        Task("2024-01", 1, True, "甲类", "做一事。", None, "甲某", "一二处"),
        Task("2024-02", 2, False, "甲类", "做二事。", None, "乙某", "三四处", ("一二处",)),
    )
    assert not messages


def test_no_numbers_at_all() -> None:
    tasks, messages = tasks_of(table("工作事项|牵头处室", "做一事。|一二处", "做二事。|三四处"))
    assert [t.no for t in tasks] == [1, 2]
    assert "附件1没有写序号，按先后编为1至2" in messages


def test_a_column_of_city_units() -> None:
    tasks, _ = tasks_of(
        table(
            "序号|工作事项|市级单位|分管领导|牵头处室",
            "1*|做一事。|甲局、乙局|甲某|一二处",
            "2|做二事。|丙委|乙某|三四处",
        )
    )
    assert [t.city_units for t in tasks] == [
        CityUnits("市责任单位", ("甲局", "乙局")),
        CityUnits("市牵头单位", ("丙委",)),
    ]


def test_another_table_with_such_a_header_is_left_out() -> None:
    small, large = (
        table(HEADER, "1|旧事。|甲某|一二处|"),
        table(HEADER, "1|做一事。|甲某|一二处|", "2|做二事。|乙某|三四处|"),
    )
    for blocks in ((small, "附件2", large), (large, "附件2", small)):
        annex = find_annex(blocks)
        assert len(annex.twins) == 1
        assert [t.text for t in read_tasks(annex.lines, 2024)[0]] == ["做一事。", "做二事。"]


def test_a_row_broken_by_hand_is_shown() -> None:
    tasks, messages = tasks_of(table(HEADER, "1|做一事，并且|甲某|一二处|", "|做好它的后面一半工作。|||"))
    assert len(tasks) == 1
    assert "做好它的后面一半工作。" in messages[0]


def test_other_marks_are_known_from_the_legend(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx", separator="、")
    _rewrite(path, lambda xml: xml.replace(b"*", "▲".encode()))
    notice = read_notice(path)
    assert notice.tasks == TASKS
    assert not notice.doubts


def test_a_damaged_file_never_breaks_the_reader(tmp_path: Path) -> None:
    data = write_notice(tmp_path / "通知.docx").read_bytes()
    chance = random.Random(20241124)
    path = tmp_path / "坏.docx"
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 5, 50))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken[: chance.choice((len(broken), chance.randrange(len(broken))))])
        with contextlib.suppress(NoticeError):
            read_notice(path)


# Failures


def _rewrite(path: Path, change: Callable[[bytes], bytes], part: str = "word/document.xml") -> None:
    with zipfile.ZipFile(path) as package:
        parts = {n: package.read(n) for n in package.namelist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)


def refusal(path: Path) -> NoticeError:
    """The error, which must name the file and say what to do."""
    with pytest.raises(NoticeError) as caught:
        read_notice(path)
    error = caught.value
    assert error.where.startswith(str(path))
    assert error.remedy
    assert error.exit_status == 2
    return error


BYTES = {
    "empty": (b"", "空的"),
    "text": ("一、二、三".encode(), "只是文字"),
    "text in gbk": ("这是通知".encode("gb18030"), "只是文字"),
    "noise": (bytes(range(256)), "不是 Word 的格式"),
    "pdf": (b"%PDF-1.7\n", "PDF"),
    "scan": (b"\x89PNG\r\n\x1a\n" + bytes(40), "这是图片"),
    "cut zip": (b"PK\x03\x04" + bytes(100), "损坏"),
    "encrypted": (source._OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "密码"),
    "old excel": (source._OLE + bytes(600) + "Workbook".encode("utf-16-le"), "别的 Office 文件"),
    "encrypted doc": (
        source._OLE + bytes(504) + b"\xec\xa5" + bytes(9) + b"\x01" + bytes(500) + "WordDocument".encode("utf-16-le"),
        "密码",
    ),
}


@pytest.mark.parametrize(("data", "what"), BYTES.values(), ids=BYTES.keys())
def test_not_a_word_file(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "通知.docx"
    path.write_bytes(data)
    assert what in refusal(path).what


def test_missing_and_folder(tmp_path: Path) -> None:
    assert "找不到" in refusal(tmp_path / "没有.docx").what
    assert "文件夹" in refusal(tmp_path).what


def test_word_owner_file(tmp_path: Path) -> None:
    path = tmp_path / "~$通知.docx"
    path.write_bytes(b"\x05user")
    assert "临时文件" in refusal(path).what


@pytest.mark.skipif(os.name == "nt", reason="file modes: only on Linux and macOS")
def test_no_permission(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx")
    path.chmod(0)
    root = os.geteuid() == 0
    for folder in (tmp_path, *tmp_path.parents) if root else ():
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    if root:
        os.seteuid(65534)  # root reads everything
    try:
        assert "占用" in refusal(path).what
    finally:
        if root:
            os.seteuid(0)


def test_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_notice(tmp_path / "通知.docx")

    def locked(_: Path) -> bytes:
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert "占用" in refusal(path).what


def test_other_packages(tmp_path: Path) -> None:
    for part, what in (("xl/workbook.xml", "Excel"), ("ppt/presentation.xml", "演示文稿"), ("a.txt", "不是 Word 文件")):
        path = tmp_path / "通知.docx"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr(part, "<a/>")
        assert what in refusal(path).what


def test_cut_file(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "损坏" in refusal(path).what


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[: len(xml) // 2],
        lambda _: b"",
        lambda _: b"<a/>",
        lambda xml: xml.replace(b"<w:body>", b"<w:rump>").replace(b"</w:body>", b"</w:rump>"),
    ],
    ids=["cut", "empty", "other", "without body"],
)
def test_damaged_xml(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = write_notice(tmp_path / "通知.docx")
    _rewrite(path, change)
    assert "损坏" in refusal(path).what


def test_wrong_checksum(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx")
    with zipfile.ZipFile(path) as package:
        entry = package.getinfo("word/document.xml")
    data = bytearray(path.read_bytes())
    at = entry.header_offset + 200
    data[at : at + 50] = bytes(50)
    path.write_bytes(data)
    assert "损坏" in refusal(path).what


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_doctype_is_refused(tmp_path: Path, encoding: str) -> None:
    path = write_notice(tmp_path / "通知.docx")
    bomb = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><w>&b;</w>'
    _rewrite(path, lambda _: f'<?xml version="1.0" encoding="{encoding}"?>{bomb}'.encode(encoding))
    assert "DOCTYPE" in refusal(path).what


def test_part_that_unpacks_too_large(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx")
    _rewrite(path, lambda xml: xml.replace(b"</w:body>", b" " * source.MOST_BYTES + b"</w:body>"))
    assert path.stat().st_size < 1_000_000
    assert "太大" in refusal(path).what


def test_without_the_table(tmp_path: Path) -> None:
    from docx import Document

    path = tmp_path / "通知.docx"
    document = Document()
    document.add_paragraph("2024年的通知")
    document.save(str(path))
    error = refusal(path)
    assert "一张表也没有" in error.what
    assert "文本框" in error.remedy
    table = document.add_table(1, 3)
    for cell, text in zip(table.rows[0].cells, ("序号", "责任事项", "完成情况"), strict=True):
        cell.text = text
    document.save(str(path))
    error = refusal(path)
    assert "「工作事项」" in error.what
    assert "「牵头处室」" in error.what
    assert "文件里有 1 张表，第一行分别是：序号｜责任事项｜完成情况" in error.what


def test_table_without_tasks(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx", rows=lambda rows: rows[:1])
    assert "一项任务也没有" in refusal(path).what


def test_no_year_anywhere(tmp_path: Path) -> None:
    path = write_notice(tmp_path / "通知.docx")
    _rewrite(path, lambda xml: xml.replace("2024年".encode(), b"").replace("2025年".encode(), b""))
    assert "年度" in refusal(path).what


def test_old_word_without_libreoffice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "通知.doc"
    path.write_bytes(source._OLE + bytes(600) + "WordDocument".encode("utf-16-le"))
    monkeypatch.setattr(source, "find_soffice", lambda: None)
    error = refusal(path)
    assert "LibreOffice" in error.what
    assert "另存为 .docx" in error.remedy


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
@pytest.mark.parametrize(("script", "what"), [("sleep 60", "秒还没有完成"), ("exit 1", "转换不了")])
def test_conversion_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, what: str) -> None:
    path = tmp_path / "通知.doc"
    path.write_bytes(source._OLE + bytes(600) + "WordDocument".encode("utf-16-le"))
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(source, "find_soffice", lambda: str(program))
    monkeypatch.setattr(source, "CONVERT_SECONDS", 1)
    assert what in refusal(path).what


@soffice
def test_damaged_old_word(tmp_path: Path) -> None:
    path = tmp_path / "通知.doc"
    path.write_bytes(source._OLE + bytes(600) + "WordDocument".encode("utf-16-le"))
    refusal(path)
