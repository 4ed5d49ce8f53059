"""Formulas: their references, found and moved; all other text stays as it is.

The lexer tells references from strings, sheet names, numbers, function and defined names, and structured references
(ECMA-376 Part 1, 18.17.2). It does not judge formulas.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.language import tr
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.refs import MAX_COLUMN, MAX_ROW, RowMap, column_letters, column_number

_SHEET = r"(?:'(?:[^']|'')+'|(?:\[[^\]]*\])?[\w.]+(?::[\w.]+)?|\[[^\]]*\])!"
_END = r"(?![\w.(!\[?\\])"
_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
_TOKEN = re.compile(
    rf"""
    (?P<string>"(?:[^"]|"")*")
  | (?P<error>\#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|[A-Z_]{{3,}}[!?]))
  | (?P<sheet>{_SHEET})?(?:
        (?P<a>{_CELL})(?::(?P<b>{_CELL}))?{_END}
      | (?P<columns>\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}){_END}
      | (?P<r1>\$?[0-9]{{1,7}}):(?P<r2>\$?[0-9]{{1,7}}){_END}
    )
  | (?P<other>{_SHEET}|[0-9]+\.?[0-9]*(?:[Ee][+-]?[0-9]+)?|\.[0-9]+(?:[Ee][+-]?[0-9]+)?|[\w\\.?]+)
  | (?P<bracket>\[)
""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Point:
    column: int  # 0 for a whole row
    fixed_column: bool
    row: int
    fixed_row: bool

    @classmethod
    def parse(cls, text: str) -> _Point | None:
        m = re.fullmatch(r"(\$?)([A-Za-z]*)(\$?)([0-9]+)", text)
        assert m is not None
        column, row = column_number(m[2]), int(m[4])
        if not 1 <= row <= MAX_ROW or column > MAX_COLUMN:
            return None
        if not m[2]:  # $3: the dollar belongs to the row
            return cls(0, True, row, bool(m[1]))
        return cls(column, bool(m[1]), row, bool(m[3]))

    def __str__(self) -> str:
        column = ("$" if self.fixed_column else "") + column_letters(self.column) if self.column else ""
        return f"{column}{'$' if self.fixed_row else ''}{self.row}"

    def at(self, row: int) -> _Point:
        return _Point(self.column, self.fixed_column, row, self.fixed_row)


_Rule = Callable[[str, _Point, _Point | None], str | None]


def _rewrite(text: str, rule: _Rule) -> str:
    """Passes each reference to `rule(sheet, first, last or None)`; None from it keeps the reference as written."""
    out: list[str] = []
    at = 0
    while at < len(text):
        m = _TOKEN.match(text, at)
        if m is None:
            out.append(text[at])
            at += 1
            continue
        at = m.end()
        new = None
        if m["bracket"]:
            at = _closing(text, m.start())
        elif m["a"] or m["r1"]:
            first = _Point.parse(m["a"] or m["r1"])
            last = _Point.parse(m["b"] or m["r2"]) if m["b"] or m["r2"] else None
            if first is not None and (last is not None or not (m["b"] or m["r2"])):
                new = rule(m["sheet"] or "", first, last)
                if new is not None:
                    new = (m["sheet"] or "") + new
        out.append(new if new is not None else text[m.start() : at])
    return "".join(out)


def _closing(text: str, at: int) -> int:
    """Just behind the bracket that closes the one at `at`; an apostrophe makes the next character plain."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char == "'":
            at += 1
        elif char == "[":
            depth += 1
        elif char == "]":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at


def _sheet_name(prefix: str) -> str:
    """'It''s'! -> It's; empty for none."""
    name = prefix[:-1]
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def translate(text: str, rows: int, columns: int) -> str:
    """The formula as it reads when copied so many rows down and columns right."""

    def move(point: _Point) -> _Point | None:
        row = point.row if point.fixed_row else point.row + rows
        column = point.column if point.fixed_column or not point.column else point.column + columns
        if not 1 <= row <= MAX_ROW or (point.column and not 1 <= column <= MAX_COLUMN):
            return None
        return _Point(column, point.fixed_column, row, point.fixed_row)

    def rule(_: str, first: _Point, last: _Point | None) -> str:
        a, b = move(first), move(last) if last else None
        if a is None or (last and b is None):
            return "#REF!"
        return f"{a}:{b}" if b else str(a)

    if not columns:
        return _rewrite(text, rule)
    return (
        _COLUMN_RANGE.sub(lambda m: _translate_columns(m, columns), _rewrite(text, rule))
        if ":" in text
        else _rewrite(text, rule)
    )


_COLUMN_RANGE = re.compile(
    rf"""("(?:[^"]|"")*"|'(?:[^']|'')*'|\[[^\]]*\]|[\w.]+\()|(?<![\w.$])(\$?)([A-Za-z]{{1,3}}):(\$?)([A-Za-z]{{1,3}}){_END}"""
)


def _translate_columns(m: re.Match[str], columns: int) -> str:
    if m[1]:
        return m[0]
    numbers = [column_number(m[i + 1]) + (0 if m[i] else columns) for i in (2, 4)]
    if not all(1 <= n <= MAX_COLUMN for n in numbers):
        return "#REF!"
    return f"{m[2]}{column_letters(numbers[0])}:{m[4]}{column_letters(numbers[1])}"


def has_reference(text: str) -> bool:
    """Whether any A1-style reference is in the formula."""
    found = False

    def rule(*_: object) -> None:
        nonlocal found
        found = True

    _rewrite(text, rule)
    return found


@dataclass(frozen=True, slots=True)
class RowMove:
    """Rows that move on one sheet, as formulas everywhere see it."""

    rows: RowMap
    sheet: str
    order: tuple[str, ...]  # all sheets, for references that span several

    def formula(self, text: str, on_sheet: bool, *, inside: bool = False, carried: int | None = None) -> str:
        """The formula after the move.

        `on_sheet`: it stands on the sheet itself, so references without a sheet count too. `inside`: it stands in the
        repeated row, so ranges within that row do not grow. `carried`: it belongs to a range of several rows whose
        first row moved by that much; its relative rows follow that row (conditional formats, validations).
        """

        def rule(prefix: str, first: _Point, last: _Point | None) -> str | None:
            if not self._concerns(prefix, on_sheet, first, last):
                return None
            return self._moved(first, last, inside, carried)

        return _rewrite(text, rule)

    def _concerns(self, prefix: str, on_sheet: bool, first: _Point, last: _Point | None) -> bool:
        if not prefix:
            return on_sheet
        name = _sheet_name(prefix).casefold()
        if name == self.sheet.casefold():
            return True
        if ":" in name and "[" not in name:
            order = [s.casefold() for s in self.order]
            ends = name.split(":")
            if all(e in order for e in ends):
                span = sorted(order.index(e) for e in ends)
                here = order.index(self.sheet.casefold())
                if span[0] <= here <= span[1] and (last or first).row >= self.rows.lowest:
                    raise WorkbookError(
                        Reason.IMMOVABLE,
                        tr(
                            "有公式同时引用多张工作表的这些行（{prefix}），不能只移动其中一张的行。请在 Excel 里操作",
                            prefix=prefix,
                        ),
                        self.sheet,
                    )
        return False

    def _moved(self, first: _Point, last: _Point | None, inside: bool, carried: int | None) -> str:
        if carried is not None and not (first.fixed_row and (last is None or last.fixed_row)):
            points = [p if p.fixed_row else p.at(p.row + carried) for p in (first, last) if p is not None]
            if points[0].fixed_row and (row := self.rows.row(points[0].row)):
                points[0] = points[0].at(row)
            return ":".join(map(str, points)) if all(1 <= p.row <= MAX_ROW for p in points) else "#REF!"
        if last is None:
            row = self.rows.row(first.row)
            return str(first.at(row)) if row else "#REF!"
        low, high = sorted((first.row, last.row))
        rows = self.rows.rows(low, high, grows=not inside)
        if rows is None:
            return "#REF!"
        if first.row <= last.row:
            return f"{first.at(rows[0])}:{last.at(rows[1])}"
        return f"{first.at(rows[1])}:{last.at(rows[0])}"


@dataclass(frozen=True, slots=True)
class TableGrowth:
    """A table whose last data row moves from `last` to `to`, as formulas everywhere see it."""

    sheet: str
    columns: range
    starts: frozenset[int]  # the header's row and the first data row
    last: int
    to: int

    def formula(self, text: str, on_sheet: bool, *, absolute: bool = False) -> str:
        """The formula with ranges over all data rows of the table extended; `absolute`: only up to a `$` row.

        A range with room for more rows than there were is extended when they are more than it has room for.
        """

        def rule(prefix: str, first: _Point, last: _Point | None) -> str | None:
            here = _sheet_name(prefix).casefold() == self.sheet.casefold() if prefix else on_sheet
            if not here or last is None or first.row not in self.starts or not self.last <= last.row < self.to:
                return None
            if first.column not in self.columns or last.column not in self.columns or (absolute and not last.fixed_row):
                return None
            return f"{first}:{last.at(self.to)}"

        return _rewrite(text, rule)
