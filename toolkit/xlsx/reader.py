"""Cells as values: shared strings, styles that mean dates, cached results of formulas."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from toolkit.language import tr
from toolkit.xlsx.cellxml import Cell
from toolkit.xlsx.errors import Reason, WorkbookError
from toolkit.xlsx.package import Package
from toolkit.xlsx.refs import MAX_COLUMN, column_of
from toolkit.xlsx.rowshape import Kind, Shape, Shapes
from toolkit.xlsx.scan import check, mask, plain, unescape, unescape_all
from toolkit.xlsx.sheetxml import SheetXml
from toolkit.xlsx.styles import Styles
from toolkit.xlsx.values import CellError, Value, decode_text, from_serial, number, text_reader

_SST = re.compile(rb"<([^\s/>!?]*?)sst[\s/>]")


class SharedStrings:
    """sharedStrings.xml, each string decoded when first asked for."""

    def __init__(self, package: Package, part: str | None) -> None:
        self._package, self._part = package, part
        self._xml = b""
        self._starts: array[int] | None = None
        self._texts: dict[int, str] = {}

    def __getitem__(self, index: int) -> str:
        if self._starts is None:
            self._starts = self._load()
        text = self._texts.get(index)
        if text is None:
            if not 0 <= index < len(self._starts) - 1:
                raise WorkbookError(
                    Reason.DAMAGED, tr("工作簿的文字表已损坏，请用 Excel 打开修复并另存后再试"), self._part or ""
                )
            text = self._texts[index] = self._read(plain(self._xml[self._starts[index] : self._starts[index + 1]]))
        return text

    def _load(self) -> array[int]:
        if self._part is None or not self._package.has(self._part):
            return array("q", [0])
        xml = self._package.xml(self._part)
        scan = mask(xml) if check(xml, self._part) else xml
        root = _SST.search(scan)
        prefix = root[1] if root else b""
        self._xml, self._read = xml, text_reader(prefix)
        starts = array("q", (m.start() for m in re.finditer(rb"<" + re.escape(prefix) + rb"si(?=[\s/>])", scan)))
        starts.append(len(xml))
        return starts


_SHORT, _KEPT = 256, 10_000
"""Bytes of a text that is likely to stand in many rows, and how many of those are remembered."""
_short: dict[bytes, str] = {}
"""Texts as written -> read: one object for what stands in many rows, and in many workbooks."""

_BLOCK = 512
"""Rows that are read together."""

_SAMPLE = 16
"""Texts of a column that are looked at to tell whether texts come again in it."""

_NUMBER = (b"", b"n")
_STORED = (*_NUMBER, b"s", b"str")

_MANY = 64
"""Rows from which on it pays to learn what they have in common."""

_Later = tuple[Any, int, bytes]
"""A row or a column of values, a place in it, and the text there as it is written."""

_Groups = tuple[bytes | None, ...]

_Singly = Callable[[int, bytes], dict[int, Value]]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a sheet, one below the other, in columns."""

    numbers: Sequence[int]
    columns: Mapping[int, Sequence[Value]]
    """By column number, ascending: a value of each row, None where it holds nothing; without columns that are empty."""

    @classmethod
    def of(cls, rows: Sequence[tuple[int, Mapping[int, Value]]]) -> Block:
        """From the rows' values by column number."""
        columns = sorted({column for _, cells in rows for column in cells})
        return cls([place for place, _ in rows], {c: [cells.get(c) for _, cells in rows] for c in columns})

    def row(self, i: int) -> dict[int, Value]:
        """The values of the row in one place, by column number."""
        return {column: value for column, values in self.columns.items() if (value := values[i]) is not None}

    def rows(self) -> Iterator[tuple[int, dict[int, Value]]]:
        """Number and values of each row that holds something."""
        for i, place in enumerate(self.numbers):
            if cells := self.row(i):
                yield place, cells

    def at(self, places: Sequence[int]) -> Block:
        """The rows in these places."""
        if len(places) == len(self.numbers):
            return self
        columns = {column: [values[i] for i in places] for column, values in self.columns.items()}
        return Block([self.numbers[i] for i in places], columns)


def _together(
    parts: Sequence[tuple[Sequence[int], Mapping[int, Sequence[Value]]]], size: int
) -> dict[int, Sequence[Value]]:
    """Columns of so many rows, from the columns of some of them each, with their places."""
    if len(parts) == 1:
        return dict(parts[0][1])
    whole: dict[int, list[Value]] = {c: [None] * size for c in sorted({c for _, columns in parts for c in columns})}
    for at, columns in parts:
        for column, values in columns.items():
            target = whole[column]
            for i, value in zip(at, values, strict=True):
                target[i] = value
    return dict(whole)


class Reader:
    """Reads the cells of one workbook's sheets."""

    def __init__(self, strings: SharedStrings, styles: Styles, date1904: bool) -> None:
        self._strings, self._styles, self._date1904 = strings, styles, date1904

    def rows(self, sheet: SheetXml, singly: _Singly) -> Iterator[tuple[int, dict[int, Value]]]:
        """Number and values of each row that holds something; `singly` as in `blocks`."""
        if len(sheet.numbers()) > _MANY:
            for block in self.blocks(sheet, singly):
                yield from block.rows()
            return
        yield from (row for row in self._few(sheet, singly) if row[1])

    def blocks(self, sheet: SheetXml, singly: _Singly) -> Iterator[Block]:
        """The sheet's rows; `singly` reads one that is not written in the usual way, from its number and bytes."""
        if len(sheet.numbers()) <= _MANY:
            if few := self._few(sheet, singly):
                yield Block.of(few)
            return
        shapes = Shapes(sheet.prefix)
        rows, unchecked = sheet.rows_as_they_are(), not sheet.checked
        while held := list(islice(rows, _BLOCK)):
            alike: dict[Shape, tuple[list[int], list[_Groups]]] = {}
            others: list[tuple[int, dict[int, Value]]] = []
            for i, (place, row) in enumerate(held):
                if (found := shapes.match(row)) is not None:
                    shape, match = found
                    if shape not in alike:
                        alike[shape] = [], []
                    at, groups = alike[shape]
                    at.append(i)
                    groups.append(match.groups())
                    continue
                if unchecked:
                    check(row, f"{sheet.part}!{place}")  # told with its row
                others.append((i, self.row(sheet, place, row, singly)))
                shapes.learn(row)
            read: list[tuple[Sequence[int], Mapping[int, Sequence[Value]]]] = []
            for shape, (at, groups) in alike.items():
                try:
                    read.append((at, self._shaped(shape, groups)))
                except WorkbookError:  # some text is missing: whose it is, is found out row by row
                    others += ((i, self.row(sheet, *held[i], singly)) for i in at)
            if others:
                others.sort()
                block = Block.of(others)
                read.append((block.numbers, block.columns))
            yield Block([place for place, _ in held], _together(read, len(held)))
        sheet.checked = True

    def _few(self, sheet: SheetXml, singly: _Singly) -> list[tuple[int, dict[int, Value]]]:
        """Number and values of each row, by ascending column; all texts that are not known yet are decoded at once."""
        found: list[tuple[int, dict[int, Value]]] = []
        later: list[_Later] = []
        unchecked = not sheet.checked
        for place, row in sheet.rows_as_they_are():
            if unchecked:
                check(row, f"{sheet.part}!{place}")  # told with its row
            if (cells := self._usual_row(sheet, row, later)) is None:
                cells = dict(sorted(singly(place, row).items()))
            found.append((place, cells))
        self._decode(later)
        sheet.checked = True
        return found

    def row(self, sheet: SheetXml, number: int, row: bytes, singly: _Singly) -> dict[int, Value]:
        """The values of one row, as `blocks` reads it."""
        later: list[_Later] = []
        if (cells := self._usual_row(sheet, row, later)) is None:
            return singly(number, row)
        self._decode(later)
        return cells

    def _shaped(self, shape: Shape, rows: Sequence[_Groups]) -> dict[int, list[Value]]:
        """The columns of rows that were matched by one shape; WorkbookError for a text that is missing."""
        found: dict[int, list[Value]] = {}
        later: list[_Later] = []
        groups = iter(zip(*rows, strict=True))
        next(groups)
        for column, kind in shape.columns:
            if kind is Kind.INLINE:
                values = self._texts(next(groups), later)
            elif kind is Kind.NUMBER:
                values = self._numbers(next(groups), next(groups))
            elif kind is Kind.FORMULA:
                stored = zip(next(groups), next(groups), next(groups), next(groups), strict=True)
                values = [self._stored(word, style, raw) if raw else None for style, word, _, raw in stored]
            else:
                strings = self._strings
                values = [None if raw is None else strings[int(raw)] or None for raw in next(groups)]
                if kind is Kind.TEXT:
                    self._texts(next(groups), later, values)
            found[column] = values
        self._decode(later)
        return found

    @staticmethod
    def _texts(raws: Sequence[bytes | None], later: list[_Later], values: list[Value] | None = None) -> list[Value]:
        """Texts as they are written -> read, where there is one into `values`; new ones are left for `later`."""
        short = _short
        if values is None:
            full = [raw for raw in raws if raw]
            some = full[:_SAMPLE]
            if len(full) == len(raws) and len(set(some)) == _SAMPLE and not any(map(short.get, some)):
                return [decode_text(text) for text in unescape_all(full)]  # likely to be all different
            values = [None] * len(raws)
        for i, raw in enumerate(raws):
            if raw:
                if (known := short.get(raw)) is None:
                    later.append((values, i, raw))
                else:
                    values[i] = known
        return values

    def _numbers(self, styles: Sequence[bytes | None], raws: Sequence[bytes | None]) -> list[Value]:
        plainly = {style for style in set(styles) if style is None or not self._styles.kind(int(style))}
        return [
            None
            if not raw
            else int(raw)
            if style in plainly and len(raw) < 19 and raw.isdigit()
            else self._stored(None, style, raw)
            for style, raw in zip(styles, raws, strict=True)
        ]

    def _stored(self, kind: bytes | None, style: bytes | None, raw: bytes) -> Value:
        """What is stored in a cell (`<v>`) of type s, n, str or none; WorkbookError for a text that is missing."""
        if kind == b"s":
            return self._strings[int(raw)] or None
        if kind == b"str":
            return decode_text(unescape(raw)) or None
        index = int(style or 0)
        if len(raw) < 19 and raw.isdigit() and not (index and self._styles.kind(index)):
            return int(raw)
        return self._number(unescape(raw), index)

    @staticmethod
    def _decode(later: list[_Later]) -> None:
        short = _short
        for (cells, at, raw), read in zip(later, unescape_all([raw for *_, raw in later]), strict=True):
            text = short.get(raw)
            if text is None:
                text = decode_text(read)
                if len(raw) <= _SHORT and len(short) < _KEPT:
                    short[raw] = text
            cells[at] = text

    def _usual_row(self, sheet: SheetXml, row: bytes, later: list[_Later]) -> dict[int, Value] | None:
        """The values of a row whose cells are all written in the usual way, one right behind the other.

        None if they are not: read them singly.  New texts are left for `later`; their columns have a place already.
        """
        pieces = iter(sheet.patterns.pieces.findall(row))
        head: bytes = next(pieces)[-1]
        if head.find(b">") != len(head) - 1:  # nearly never: text behind the tag, or a `>` in an attribute
            opened = sheet.patterns.row.match(row)
            if opened is None or opened.end() != len(head):
                return None
        found: dict[int, Value] = {}
        known, first, last = _short.get, len(later), 0
        for letters, style, kind, filled, text, raw, other in pieces:
            if other:
                if other.startswith(b"</"):
                    return found
                break
            if not filled and kind in _NUMBER:
                continue
            column = column_of(letters)
            if not last < column <= MAX_COLUMN:
                break
            last = column
            if text:
                if kind != b"inlineStr":
                    break
                if (value := known(text)) is None:
                    later.append((found, column, text))
                found[column] = value
            elif raw:
                if kind not in _STORED or (kind == b"s" and not raw.isdigit()):
                    break
                try:
                    stored = self._stored(kind, style, raw)
                except WorkbookError:
                    break
                if stored is not None:
                    found[column] = stored
        else:
            return found
        del later[first:]
        return None

    def row_texts(
        self, sheet: SheetXml, number: int, looks: Mapping[tuple[bytes, bytes], tuple[float, float, int]]
    ) -> list[tuple[str, float, float]] | None:
        """A row's texts, with the width and the size that `looks` gives for letters and style of their cells.

        Hidden ones and those that are negligible there are left out.  None where not all cells are written in the
        usual way.
        """
        row = sheet.row(number) or b""
        filled = sheet.patterns.usual_filled.findall(row)
        end = b"</" + sheet.prefix + b"c>"
        if len(filled) != row.count(end) - row.count(b'">' + end):
            return None
        plainly = b"&" not in row and b"_" not in row and b"\r" not in row
        found = []
        for letters, style, kind, raw, text in filled:
            if kind == b"inlineStr":
                if not text:
                    continue
                width, size, negligible = looks[letters, style]
                if len(text) <= negligible and plainly and b"\n" not in text:
                    continue  # no character takes more half-widths than bytes
                value = text.decode("utf-8", "replace") if plainly else decode_text(unescape(text))
            elif kind == b"s" and raw.isdigit():
                try:
                    if not (value := self._strings[int(raw)]):
                        continue
                except WorkbookError:
                    return None
                width, size, _ = looks[letters, style]
            elif kind in (b"", b"n") and raw and not raw.strip(b"0123456789.eE+-"):
                continue  # a number, or a day and its time
            else:
                return None
            if width and value:
                found.append((value, width, size))
        return found

    def value(self, sheet: SheetXml, cell: Cell) -> Value:
        """The cell's value, for a formula the result that was stored with it; None when it is empty."""
        inner = cell.inner
        if not inner:
            return None
        a = cell.attributes
        kind = a.get(b"t", b"n")
        inner = plain(inner)
        if kind == b"inlineStr":
            return text_reader(sheet.prefix)(inner) or None
        m = sheet.patterns.value.search(inner)
        if m is None:
            return None
        raw = m[1]
        if kind == b"s":
            return self._shared(raw, cell)
        if kind == b"n":
            return self._number(unescape(raw), cell.style)
        text = unescape(raw)
        if kind == b"str":
            return decode_text(text) or None
        if kind == b"b":
            return text.strip() in ("1", "true")
        if kind == b"e":
            return CellError(text.strip())
        return self._iso_date(text) if kind == b"d" else text

    def _shared(self, raw: bytes, cell: Cell) -> str | None:
        try:
            return self._strings[int(raw)] or None
        except (ValueError, WorkbookError) as e:
            raise WorkbookError(
                Reason.DAMAGED,
                tr("单元格 {cell} 的文字已损坏，请用 Excel 打开修复并另存后再试", cell=cell.name),
                cell.name,
            ) from e

    def _number(self, text: str, style: int) -> Value:
        try:
            value = number(text)
        except ValueError:
            return text.strip() or None
        kind = self._styles.kind(style) if style else ""
        if value >= 0 and (kind == "date" or (kind == "time" and value >= 1)):
            return from_serial(value, self._date1904) or value
        return value

    @staticmethod
    def _iso_date(text: str) -> Value:
        try:
            return datetime.fromisoformat(text.strip())
        except ValueError:
            return text.strip() or None
