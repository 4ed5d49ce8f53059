"""master.xlsx -> Master: the office, what stands in the cells annex2 may write, and where each thing is.

Columns are found by header text on each sheet, wherever staff moved them; rows by key.
Works on any `Source` of rows, so that a closed file and a live Excel are read by the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Protocol

from toolkit.calendar import office_zone
from toolkit.cells import as_date, as_moment, as_text, split_names
from toolkit.errors import MasterError
from toolkit.master import schema
from toolkit.master.schema import Column, Sheet
from toolkit.master.waiting import DUE_LABEL, REMIND_LABEL, tracker_formula
from toolkit.model import (
    CityUnits,
    Division,
    Office,
    Receipt,
    Round,
    RoundKind,
    Task,
    Verdict,
    Written,
    plain,
)
from toolkit.xlsx import Formula, Value, cell_name, column_letters

HEADER_SEARCH = 60
"""Rows searched for a sheet's headers: staff may put lines above a table, but not a page of them."""


class Source(Protocol):
    """Rows of a workbook, closed or live."""

    @property
    def sheet_names(self) -> tuple[str, ...]: ...

    def rows(self, sheet: str) -> Iterable[tuple[int, Mapping[int, Value]]]:
        """(row number, column number -> value) of the non-empty cells, top to bottom, 1-based."""
        ...


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a sheet's columns and rows are."""

    sheet: str  # the name as the workbook spells it
    header_row: int
    columns: Mapping[str, int]  # header, as `header_key` folds it -> column number
    rows: Mapping[str, int]  # key of a row -> row number
    last_row: int

    def column(self, header: str) -> int | None:
        return self.columns.get(header_key(header))


@dataclass(frozen=True, slots=True)
class Item:
    """A row of 待处理."""

    key: str  # 标识: what it is about, e.g. conflict:2023-01:2023Q1:9f86d081
    no: int
    decision: str = ""  # 处理意见
    result: str = ""  # 处理结果
    kind: str = ""  # 事项
    place: str = ""  # 位置
    problem: str = ""  # 问题
    advice: str = ""  # 怎么办


@dataclass(frozen=True, slots=True)
class Master:
    """Everything annex2 reads from the master."""

    office: Office
    zone: tzinfo
    status: Mapping[tuple[str, str], str]  # (task key, round key) -> 完成情况
    states: Mapping[tuple[str, str], str]  # (task key, round key) -> 报送状态
    tracker: Mapping[tuple[str, str], Value]  # (division, round key) -> cell, None where a formula or nothing
    receipts: tuple[Receipt, ...]
    items: tuple[Item, ...]
    layouts: Mapping[Sheet, Layout]
    keyless: Mapping[str, int] = field(default_factory=dict)  # task key given while reading -> row
    tracker_lines: Mapping[str, int] = field(default_factory=dict)  # label above the tracker's table -> row

    def waiting(self, round_key: str) -> Formula | None:
        """The formula of a 报送情况 cell while nothing was received; None where its lines cannot be found."""
        round_ = self.office.round(round_key)
        column = self.layouts[Sheet.TRACKER].column(round_.name) if round_ else None
        due, remind = self.tracker_lines.get(DUE_LABEL), self.tracker_lines.get(REMIND_LABEL)
        if column is None or due is None or remind is None:
            return None
        return Formula(tracker_formula(column_letters(column), due, remind).removeprefix("="))


def header_key(text: str) -> str:
    """A header as it is compared: full/half width, white space and line breaks do not count."""
    return plain(text).replace("(", "").replace(")", "").upper()


def read_master(source: Source, name: str = "master.xlsx") -> Master:
    """Read a master.

    Raises MasterError naming the sheet, column or cell for: a needed sheet or column that is missing
    or stands twice, a date or number that is none, a task without division, a round key used twice.
    """
    reader = _Reader(source, name)
    settings = reader.settings()
    organisation = settings.get(schema.SETTING_ORGANISATION, "").strip()
    if not organisation:
        raise MasterError(
            "没有填写单位", where=f"{name} {Sheet.SETTINGS}", remedy="在“单位”一行填上单位名称，如 市民政局"
        )
    year_text = plain(settings.get(schema.SETTING_YEAR, ""))
    year_match = re.fullmatch(r"(\d{4})(\.0)?年?", year_text)
    if not year_match:
        raise MasterError(f"年度“{year_text}”不是四位年份", where=f"{name} {Sheet.SETTINGS}", remedy="填写如 2023")
    year = int(year_match[1])
    timezone = settings.get(schema.SETTING_TIMEZONE, "").strip() or "Asia/Shanghai"
    zone = office_zone(timezone)
    rounds = reader.rounds()
    tasks, status, states, task_layout, keyless = reader.tasks(year, rounds)
    divisions, division_layout = reader.divisions()
    office = Office(organisation, year, timezone, tasks, rounds, divisions, settings)
    tracker, tracker_layout, lines = reader.tracker(office, zone)
    receipts, receipt_layout = reader.receipts(zone)
    items, item_layout = reader.items()
    return Master(
        office,
        zone,
        status,
        states,
        tracker,
        receipts,
        items,
        {
            Sheet.TASKS: task_layout,
            Sheet.DIVISIONS: division_layout,
            Sheet.TRACKER: tracker_layout,
            Sheet.RECEIPTS: receipt_layout,
            Sheet.ATTENTION: item_layout,
        },
        keyless,
        lines,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One data row, read by header."""

    reader: _Reader
    layout: Layout
    number: int
    cells: Mapping[int, Value]

    def raw(self, header: str) -> Value:
        column = self.layout.column(header)
        return None if column is None else self.cells.get(column)

    def text(self, header: str) -> str:
        return as_text(self.raw(header))

    def where(self, header: str) -> str:
        column = self.layout.column(header) or 1
        return f"{self.reader.name} {self.layout.sheet}!{cell_name(self.number, column)}"

    def date(self, header: str) -> date | None:
        value = self.raw(header)
        if value is None or as_text(value) == "":
            return None
        found = as_date(value)
        if found is None:
            raise MasterError(
                f"{header}“{as_text(value)}”不是日期", where=self.where(header), remedy="写成 2023-04-05 这样的日期"
            )
        return found

    def moment(self, header: str, zone: tzinfo) -> datetime | None:
        value = self.raw(header)
        if value is None or as_text(value) == "":
            return None
        found = as_moment(value, zone)
        if found is None:
            raise MasterError(
                f"{header}“{as_text(value)}”不是时间",
                where=self.where(header),
                remedy="写成 2023-04-05 17:00 这样的时间",
            )
        return found

    def integer(self, header: str, default: int | None = None) -> int:
        value = self.raw(header)
        text = as_text(value)
        if text == "" and default is not None:
            return default
        match = re.fullmatch(r"(\d+)(?:\.0*)?\*?", plain(text).replace("★", "*"))
        if not match:
            raise MasterError(f"{header}“{text}”不是整数", where=self.where(header), remedy="填写一个整数")
        return int(match[1])


class _Reader:
    def __init__(self, source: Source, name: str) -> None:
        self.source, self.name = source, name
        self._sheets = {header_key(s): s for s in source.sheet_names}

    def sheet_rows(self, sheet: Sheet, columns: Iterable[Column]) -> tuple[Layout, list[_Row]]:
        """A sheet's layout and its non-empty data rows.  `rows` of the layout is left empty."""
        columns = tuple(columns)
        spelled = self._sheets.get(header_key(sheet))
        if spelled is None:
            raise MasterError(
                f"缺少工作表“{sheet}”",
                where=self.name,
                remedy=f"把改了名的工作表改回“{sheet}”；如被删除，用 annex2 init 新建的总表对照补上",
            )
        needed = [c.header for c in columns if c.needed]
        wanted = {header_key(c.header) for c in columns}
        rows: Iterator[tuple[int, Mapping[int, Value]]] = iter(self.source.rows(spelled))
        best: tuple[int, int, dict[str, int], set[str]] | None = None
        seen: list[tuple[int, Mapping[int, Value]]] = []
        for number, cells in rows:
            found: dict[str, int] = {}
            twice: set[str] = set()
            for column, value in cells.items():
                key = header_key(value) if isinstance(value, str) else ""
                if key in found and key in wanted:
                    twice.add(value if isinstance(value, str) else key)
                elif key:
                    found[key] = column
            score = len(wanted & found.keys())
            if score and (best is None or score > best[0]):
                best = (score, number, found, twice)
                seen = []
            else:
                seen.append((number, cells))
            if number >= HEADER_SEARCH or (best and best[0] == len(wanted)):
                break
        header = best[2] if best else {}
        missing = [h for h in needed if header_key(h) not in header]
        if missing:
            raise MasterError(
                f"工作表“{spelled}”里找不到列“{'”“'.join(missing)}”",
                where=self.name,
                remedy="把表头改回原来的文字（列可以移动，但不能改名或删除）",
            )
        assert best is not None
        if best[3]:
            raise MasterError(
                f"工作表“{spelled}”里有两列都叫“{'”“'.join(sorted(best[3]))}”",
                where=self.name,
                remedy="把其中一列改名或删除",
            )
        layout = Layout(spelled, best[1], header, {}, best[1])
        data = [_Row(self, layout, n, c) for n, c in (*seen, *rows) if n > best[1]]
        kept = [r for r in data if any(as_text(r.raw(c.header)) for c in columns)]
        return layout, kept

    def settings(self) -> dict[str, str]:
        _, rows = self.sheet_rows(Sheet.SETTINGS, schema.COLUMNS[Sheet.SETTINGS])
        return {r.text("项目"): r.text("值") for r in rows if r.text("项目")}

    def rounds(self) -> tuple[Round, ...]:
        _, rows = self.sheet_rows(Sheet.ROUNDS, schema.COLUMNS[Sheet.ROUNDS])
        rounds: list[Round] = []
        for r in rows:
            key, name, kind = r.text("编号"), r.text("名称"), r.text("表种")
            due = r.date("截止日期")
            for header, value in (("编号", key), ("名称", name)):
                if not value:
                    raise MasterError(f"没有填写{header}", where=r.where(header), remedy=f"填上{header}，或删去这一行")
            if due is None:
                raise MasterError(f"{name} 没有截止日期", where=r.where("截止日期"), remedy="填上日期")
            if kind not in schema.ROUND_KINDS:
                kinds = "、".join(schema.ROUND_KINDS)
                raise MasterError(f"表种“{kind}”不认识", where=r.where("表种"), remedy=f"从下拉列表中选：{kinds}")
            if any(key.upper() == o.key.upper() or plain(name) == plain(o.name) for o in rounds):
                raise MasterError(f"编号或名称与别的节点重复：{key} {name}", where=r.where("编号"), remedy="改成不同的")
            rounds.append(
                Round(key, name, due, RoundKind(kind), r.date("上报截止"), r.integer("提前提醒天数", default=7))
            )
        if not rounds:
            raise MasterError("没有一个报送节点", where=f"{self.name} {Sheet.ROUNDS}", remedy="至少填写一个节点")
        return tuple(rounds)

    def tasks(
        self, year: int, rounds: tuple[Round, ...]
    ) -> tuple[
        tuple[Task, ...], dict[tuple[str, str], str], dict[tuple[str, str], str], Layout, dict[str, int]
    ]:
        collecting = [r for r in rounds if r.kind is RoundKind.PROGRESS]
        layout, rows = self.sheet_rows(Sheet.TASKS, schema.task_columns([r.name for r in collecting]))
        tasks: list[Task] = []
        places: dict[str, int] = {}
        keyless: dict[str, int] = {}
        status: dict[tuple[str, str], str] = {}
        states: dict[tuple[str, str], str] = {}
        given = {plain(r.text(schema.TASK_KEY)) for r in rows}
        for r in rows:
            text = r.text("工作事项")
            if not text:
                continue  # a section heading or a note of the staff's
            no = r.integer("序号")
            division = r.text("牵头处室")
            if not division:
                raise MasterError(f"第 {no} 项没有牵头处室", where=r.where("牵头处室"), remedy="填上牵头处室")
            key = plain(r.text(schema.TASK_KEY))
            if not key or key in places:  # a new row, or one copied from another with its hidden key
                key = _fresh_key(f"{year}-{no:02d}", given | places.keys())
                keyless[key] = r.number
            places[key] = r.number
            tasks.append(
                Task(
                    key,
                    no,
                    bool(plain(r.text("牵头(★)"))),
                    r.text("类别"),
                    text,
                    parse_city_units(r.text("市级单位")),
                    plain(r.text("分管领导")),
                    division,
                    split_names(r.text("责任处室(单位)")),
                )
            )
            for round_ in collecting:
                columns = schema.round_columns(round_.name)
                status[key, round_.key] = r.text(columns[0].header)
                states[key, round_.key] = r.text(columns[1].header)
        if not tasks:
            raise MasterError("没有一项任务", where=f"{self.name} {Sheet.TASKS}", remedy="填写任务，或从通知新建总表")
        last = max(r.number for r in rows)
        return tuple(tasks), status, states, _placed(layout, places, last), keyless

    def divisions(self) -> tuple[tuple[Division, ...], Layout]:
        layout, rows = self.sheet_rows(Sheet.DIVISIONS, schema.COLUMNS[Sheet.DIVISIONS])
        divisions: list[Division] = []
        for r in rows:
            name = r.text("名称")
            if name:
                divisions.append(
                    Division(
                        name,
                        split_names(r.text("别名")),
                        r.text("联系人"),
                        r.text("邮箱"),
                        split_names(r.text("抄送")),
                        plain(r.text("分管领导")),
                    )
                )
        places = {r.text("名称"): r.number for r in rows}
        return tuple(divisions), _placed(layout, places, max((r.number for r in rows), default=layout.header_row))

    def tracker(
        self, office: Office, zone: tzinfo
    ) -> tuple[dict[tuple[str, str], Value], Layout, dict[str, int]]:
        columns = [Column(schema.TRACKER_DIVISION, 0, needed=True), Column(schema.TRACKER_LEADER, 0)]
        columns += [Column(r.name, 0, needed=r.kind is RoundKind.PROGRESS) for r in office.rounds]
        layout, rows = self.sheet_rows(Sheet.TRACKER, columns)
        cells: dict[tuple[str, str], Value] = {}
        places: dict[str, int] = {}
        for r in rows:
            known = office.division(r.text(schema.TRACKER_DIVISION))
            name = known.name if known else r.text(schema.TRACKER_DIVISION)
            if not name:
                continue
            places[name] = r.number
            for round_ in office.rounds:
                value = r.raw(round_.name)
                cells[name, round_.key] = as_moment(value, zone) or value
        lines: dict[str, int] = {}
        for number, line in self.source.rows(layout.sheet):
            if number >= layout.header_row:
                break
            lines.update({as_text(v): number for v in line.values() if isinstance(v, str)})
        return cells, _placed(layout, places, max((r.number for r in rows), default=layout.header_row)), lines

    def receipts(self, zone: tzinfo) -> tuple[tuple[Receipt, ...], Layout]:
        layout, rows = self.sheet_rows(Sheet.RECEIPTS, schema.COLUMNS[Sheet.RECEIPTS])
        receipts: list[Receipt] = []
        for r in rows:
            verdict = Verdict.from_label(r.text("结论"))
            received = r.moment("收到时间", zone)
            if verdict is None or received is None:
                raise MasterError(
                    "收件记录的“结论”或“收到时间”被改动，不再认识",
                    where=r.where("结论"),
                    remedy=f"结论只能是：{'、'.join(v.label for v in Verdict)}；要改收到时间请填“认定时间”",
                )
            receipts.append(
                Receipt(
                    r.integer("编号"),
                    received,
                    r.text("来源"),
                    r.text("文件名"),
                    plain(r.text("SHA-256")).lower(),
                    r.text("处室"),
                    r.text("节点"),
                    verdict,
                    r.text("原因"),
                    r.text("归档位置"),
                    r.moment("认定时间", zone),
                    parse_written(r.text("写入记录")),
                    r.number,
                )
            )
        places = {str(r.no): r.row for r in receipts}
        last = max((r.number for r in rows), default=layout.header_row)
        receipts.sort(key=lambda r: r.no)
        return tuple(receipts), _placed(layout, places, last)

    def items(self) -> tuple[tuple[Item, ...], Layout]:
        layout, rows = self.sheet_rows(Sheet.ATTENTION, schema.COLUMNS[Sheet.ATTENTION])
        items = [
            Item(
                r.text(schema.ITEM_KEY),
                r.integer("编号", default=0),
                *(r.text(h) for h in ("处理意见", "处理结果", "事项", "位置", "问题", "怎么办")),
            )
            for r in rows
        ]
        places = {i.key: r.number for i, r in zip(items, rows, strict=True) if i.key}
        return tuple(items), _placed(layout, places, max((r.number for r in rows), default=layout.header_row))


def _placed(layout: Layout, rows: Mapping[str, int], last: int) -> Layout:
    return Layout(layout.sheet, layout.header_row, layout.columns, rows, last)


def _fresh_key(wanted: str, taken: set[str]) -> str:
    key, n = wanted, 1
    while key in taken:
        n += 1
        key = f"{wanted}-{n}"
    return key


def parse_city_units(text: str) -> CityUnits | None:
    """市责任单位：市妇联、市残联"""
    role, colon, units = text.replace(":", "：").partition("：")
    if not colon:
        return CityUnits("市责任单位", split_names(text)) if text else None
    return CityUnits(role.strip(), split_names(units))


def format_written(written: Iterable[Written]) -> str:
    """写入记录: `2023-01:9f86d081a2b3:+:按时:20230404T0905 2023-03:…`; + where the text was taken."""
    return " ".join(f"{w.task}:{w.digest}:{'+' if w.taken else '-'}:{w.state}:{w.at}" for w in written)


def parse_written(text: str) -> tuple[Written, ...]:
    """The inverse of `format_written`; pieces that are not of its form are passed over."""
    pieces = (entry.split(":") for entry in text.split())
    return tuple(Written(p[0], p[1], p[2] == "+", p[3], "".join(p[4:])) for p in pieces if len(p) >= 4)
